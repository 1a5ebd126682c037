//! A run that is being taken in: its newest points in memory, everything else in the store.

use std::collections::HashMap;

use rusqlite::Connection;

use super::{
    BLOCK, Error, LAP, MOST_SERIES, PART, Result, chunk,
    columns::Columns,
    corrupt,
    pace::Pace,
    summary::Sums,
    tail::{self, Commit},
};
use crate::domain::{ids::RunId, metrics::is_of_machine, series::Point, time::Timestamp};

/// The open series of a run. All of it can be rebuilt from the store: after an error, or when the transaction around
/// [`Open::save`] was rolled back, drop it and load again.
pub struct Open {
    run: String,
    series: Vec<Series>,
    by_name: HashMap<String, usize>,
    /// Which series stood at this place of the line before: saves the look-up by name.
    by_place: Vec<usize>,
    pace: Pace,
    lap: Lap,
}

/// What one save stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    pub points: u64,
    pub blocks: u64,
}

/// One segment of one metric.
struct Series {
    /// 0 until its row is made.
    id: i64,
    metric: String,
    segment: u32,
    sums: Sums,
    /// Points below this number are in blocks.
    sealed: u64,
    /// Where the part begins that may still grow; `tail.at` when there is none.
    part: u64,
    /// Points that are in no block and in no part.
    tail: Columns,
    /// Points below this number are in the store.
    saved: u64,
    /// How many points there were when the open ones were last packed.
    settled: u64,
}

/// The walk over all series that moves open points from pending rows into parts.
#[derive(Default)]
struct Lap {
    next: usize,
    due: usize,
    /// The newest pending row of the run, and the newest that stood when the lap began: at its end that one and all
    /// before it are of no more use.
    newest: i64,
    behind: i64,
}

impl Open {
    /// Rebuilds the open series of a run from the store; an unknown run has none.
    pub fn load(conn: &Connection, run: &RunId) -> Result<Self> {
        let _snapshot = super::snapshot(conn)?;
        let mut open = Self {
            run: run.to_string(),
            series: vec![],
            by_name: HashMap::new(),
            by_place: vec![],
            pace: Pace::default(),
            lap: Lap::default(),
        };
        open.load_rows(conn)?;
        open.load_pending(conn)?;
        for series in &mut open.series {
            series.saved = series.tail.end();
            if series.saved != series.sums.points {
                let damage = super::codec::Damage("points are missing at its end");
                return Err(corrupt(conn, series.id, "its open points".into(), damage));
            }
        }
        open.load_pace(conn)?;
        Ok(open)
    }

    fn load_rows(&mut self, conn: &Connection) -> Result<()> {
        let mut query = conn.prepare_cached(&format!(
            "select id, metric, segment, {} from series where run = ? order by id",
            Sums::COLUMNS
        ))?;
        let mut rows = query.query([&self.run])?;
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            let sealed = chunk::sealed(chunk::blocks(conn, id)?);
            let (part, parted) = match tail::last_part(conn, id)? {
                Some((from, end)) if sealed < end => (from, end),
                _ => (sealed, sealed),
            };
            let metric: String = row.get(1)?;
            // Segments come in the order of their ids: the last one stays open.
            self.by_name.insert(metric.clone(), self.series.len());
            self.series.push(Series {
                id,
                metric,
                segment: row.get(2)?,
                sums: Sums::read(row, 3)?,
                sealed,
                part,
                tail: Columns::starting_at(parted),
                saved: parted,
                settled: 0,
            });
        }
        Ok(())
    }

    fn load_pending(&mut self, conn: &Connection) -> Result<()> {
        let by_id: HashMap<i64, usize> = self
            .series
            .iter()
            .enumerate()
            .map(|(i, series)| (series.id, i))
            .collect();
        let mut query = conn.prepare_cached(tail::PENDING)?;
        let mut rows = query.query([&self.run])?;
        while let Some(row) = rows.next()? {
            self.lap.newest = row.get(0)?;
            let blob = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            let mut at = 0;
            let read = tail::each_entry(blob, |entry| {
                at = entry.series;
                let Some(i) = by_id.get(&entry.series) else {
                    return Ok(());
                };
                entry.read_into(&mut self.series[*i].tail)
            });
            read.map_err(|damage| corrupt(conn, at, tail::commit(self.lap.newest), damage))?;
        }
        self.lap.behind = self.lap.newest;
        Ok(())
    }

    /// The pace is told from the series that was heard of last.
    fn load_pace(&mut self, conn: &Connection) -> Result<()> {
        let stepped = self
            .series
            .iter()
            .filter(|series| !is_of_machine(&series.metric));
        let Some(series) = stepped.max_by_key(|series| series.sums.last_time) else {
            return Ok(());
        };
        let blocks = chunk::blocks(conn, series.id)?;
        if 0 < blocks {
            let last = chunk::block(conn, series.id, blocks - 1)?;
            last.points().for_each(|p| self.pace.add(p.step, p.time));
        }
        let open = tail::open_points(conn, &self.run, series.id, blocks)?;
        open.points().for_each(|p| self.pace.add(p.step, p.time));
        Ok(())
    }

    /// Takes in the metrics of one line. A line without a step stands, for each of its series, one step behind that
    /// series' last one (at 0 when it is the first). A step below a series' last one opens the next segment; equal steps
    /// stay. Nothing is stored before [`Open::save`].
    pub fn add(&mut self, step: Option<i64>, time: Timestamp, metrics: &[(String, f64)]) {
        let mut is_paced = false;
        for (place, (metric, value)) in metrics.iter().enumerate() {
            let i = self.series_of(place, metric, step);
            let series = &mut self.series[i];
            let step = step.unwrap_or_else(|| series.next_step());
            let point = Point {
                step,
                time: time.0,
                value: *value,
            };
            series.tail.push(point);
            series.sums.add(point);
            if !is_paced && !is_of_machine(metric) {
                self.pace.add(step, time.0);
                is_paced = true;
            }
        }
    }

    /// The time of the newest point, and the median of the last 64 spans between steps in milliseconds; `None` before
    /// the second step.
    pub fn pace(&self) -> Option<(Timestamp, i64)> {
        self.pace.get()
    }

    fn series_of(&mut self, place: usize, metric: &str, step: Option<i64>) -> usize {
        let known = match self.by_place.get(place) {
            Some(i) if self.series[*i].metric == metric => Some(*i),
            _ => self.by_name.get(metric).copied(),
        };
        let i = match known {
            Some(i) if !self.series[i].is_before(step) => i,
            known => self.begin(metric, known),
        };
        if self.by_place.len() <= place {
            self.by_place.resize(place + 1, i);
        }
        self.by_place[place] = i;
        i
    }

    fn begin(&mut self, metric: &str, before: Option<usize>) -> usize {
        let i = self.series.len();
        self.series.push(Series {
            id: 0,
            metric: metric.to_owned(),
            segment: before.map_or(0, |before| self.series[before].segment + 1),
            sums: Sums::NONE,
            sealed: 0,
            part: 0,
            tail: Columns::default(),
            saved: 0,
            settled: 0,
        });
        self.by_name.insert(metric.to_owned(), i);
        i
    }

    /// Stores what was added since the last save. Belongs into a transaction of the caller, with whatever else says how
    /// far the run was taken in.
    pub fn save(&mut self, conn: &Connection) -> Result<Saved> {
        let points: u64 = self.series.iter().map(Series::unsaved).sum();
        if points == 0 {
            return Ok(Saved::default());
        }
        for series in self.series.iter_mut().filter(|series| 0 < series.unsaved()) {
            if series.id == 0 {
                series.id = create(conn, &self.run, series)?;
            }
            series.sums.write(conn, series.id)?;
        }
        let blocks = self.seal(conn, points)?;
        self.walk(conn, points)?;
        self.save_rest(conn)?;
        Ok(Saved { points, blocks })
    }

    /// Seals full blocks. Series that are written together fill together, so that only so many are sealed a commit:
    /// twice what comes in, so that those who wait are fewer with every commit.
    fn seal(&mut self, conn: &Connection, fresh: u64) -> Result<u64> {
        let most = 2 * fresh.div_ceil(BLOCK as u64);
        let mut left = most;
        for series in &mut self.series {
            let blocks = series.full_blocks().min(left);
            if 0 < blocks {
                series.seal(conn, blocks)?;
                left -= blocks;
            }
        }
        Ok(most - left)
    }

    /// Goes a stretch of the lap, so that each series has its turn once in `LAP` commits, and sooner where commits are
    /// large: whoever reads one series must go through the pending rows of all.
    fn walk(&mut self, conn: &Connection, fresh: u64) -> Result<()> {
        self.lap.due += self.series.len().max(fresh as usize / 4);
        for _ in 0..(self.lap.due / LAP).min(self.series.len()) {
            self.series[self.lap.next].move_to_part(conn)?;
            self.lap.next += 1;
            if self.lap.next == self.series.len() {
                conn.prepare_cached("delete from pending where run = ? and id <= ?")?
                    .execute((&self.run, self.lap.behind))?;
                self.lap.next = 0;
                self.lap.behind = self.lap.newest;
            }
        }
        self.lap.due %= LAP;
        Ok(())
    }

    /// The rest goes into one row, but for what is a good part by itself.
    fn save_rest(&mut self, conn: &Connection) -> Result<()> {
        let mut commit = Commit::default();
        for series in self.series.iter_mut().filter(|series| 0 < series.unsaved()) {
            if PART <= series.unsaved() {
                series.move_to_part(conn)?;
            } else {
                commit.add(series.id, &series.tail, series.saved);
                series.saved = series.tail.end();
            }
        }
        if let Some(id) = commit.write(conn, &self.run)? {
            self.lap.newest = id;
        }
        Ok(())
    }

    /// Points held in memory.
    #[cfg(test)]
    pub(super) fn unparted(&self) -> u64 {
        self.series
            .iter()
            .map(|series| series.tail.len() as u64)
            .sum()
    }

    /// Packs the open points of an ended run, which would otherwise wait for blocks that never fill. At most 64 series a
    /// call; says whether all are done. The run may go on afterwards.
    pub fn settle(&mut self, conn: &Connection) -> Result<bool> {
        self.save(conn)?;
        let mut left = 64;
        for series in &mut self.series {
            if left == 0 {
                return Ok(false);
            }
            if series.settle(conn)? {
                left -= 1;
            }
        }
        conn.execute("delete from pending where run = ?", [&self.run])?;
        Ok(true)
    }
}

fn create(conn: &Connection, run: &str, series: &Series) -> Result<i64> {
    conn.prepare_cached("insert into series (run, metric, segment) values (?, ?, ?)")?
        .execute((run, &series.metric, series.segment))?;
    let id = conn.last_insert_rowid();
    if MOST_SERIES <= id {
        return Err(Error::Full);
    }
    Ok(id)
}

impl Series {
    fn is_before(&self, step: Option<i64>) -> bool {
        step.is_some_and(|step| 0 < self.sums.points && step < self.sums.last_step)
    }

    fn next_step(&self) -> i64 {
        match self.sums.points {
            0 => 0,
            _ => self.sums.last_step.saturating_add(1),
        }
    }

    fn unsaved(&self) -> u64 {
        self.tail.end() - self.saved
    }

    fn full_blocks(&self) -> u64 {
        (self.tail.end() - self.sealed) / BLOCK as u64
    }

    fn seal(&mut self, conn: &Connection, blocks: u64) -> Result<()> {
        let (open, parts) = self.open_points(conn)?;
        for i in 0..blocks {
            let number = self.sealed / BLOCK as u64 + i;
            chunk::seal(conn, self.id, number, &open, i as usize * BLOCK)?;
        }
        self.sealed += chunk::sealed(blocks);
        // A part that reaches beyond the blocks stays until the next one is sealed.
        let used = parts.iter().take_while(|(_, end)| *end <= self.sealed);
        if let Some((last, _)) = used.last() {
            tail::delete_parts(conn, self.id, *last)?;
        }
        if self.tail.at <= self.sealed {
            self.tail.forget_until(self.sealed);
            self.part = self.sealed;
            self.saved = self.saved.max(self.sealed);
        }
        Ok(())
    }

    fn move_to_part(&mut self, conn: &Connection) -> Result<()> {
        if self.tail.is_empty() {
            return Ok(());
        }
        let grown = self.tail.at - self.part;
        if 0 < grown && grown < PART {
            tail::append_part(conn, self.id, self.part, &self.tail)?;
        } else {
            tail::write_part(conn, self.id, &self.tail)?;
            self.part = self.tail.at;
        }
        self.saved = self.tail.end();
        self.tail.forget_until(self.saved);
        Ok(())
    }

    /// Replaces what is open by one packed part; says whether there was anything to do.
    fn settle(&mut self, conn: &Connection) -> Result<bool> {
        if self.settled == self.tail.end() {
            return Ok(false);
        }
        if 0 < self.full_blocks() {
            self.seal(conn, self.full_blocks())?;
        }
        let (open, _) = self.open_points(conn)?;
        tail::delete_parts(conn, self.id, open.end())?;
        if !open.is_empty() {
            tail::write_packed_part(conn, self.id, &open)?;
        }
        (self.part, self.saved, self.settled) = (self.sealed, open.end(), open.end());
        self.tail.forget_until(self.saved);
        Ok(true)
    }

    /// What no block holds, and the parts that hold it: first number and the number behind.
    fn open_points(&self, conn: &Connection) -> Result<(Columns, Vec<(u64, u64)>)> {
        let mut open = Columns::starting_at(self.sealed);
        let parts = tail::read_parts(conn, self.id, &mut open)?;
        open.follow(&self.tail)
            .map_err(|damage| corrupt(conn, self.id, "its open points".into(), damage))?;
        Ok((open, parts))
    }
}
