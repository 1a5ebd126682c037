//! Reading series: their segments, their extent, raw points.

use rusqlite::Connection;

use super::{Result, chunk, columns::Columns, snapshot, tail};
use crate::domain::{
    ids::RunId,
    series::{Extent, Key, Point},
};

/// One segment of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    pub id: i64,
    pub segment: u32,
    pub first_step: i64,
    pub last_step: i64,
    pub last_time: i64,
    pub points: u64,
    /// Those that are not finite.
    pub flaws: u64,
}

impl Row {
    pub fn meets(&self, from: i64, to: i64) -> bool {
        self.first_step <= to && from <= self.last_step
    }

    /// The key that no later one is known of.
    pub fn end(&self, key: Key) -> i64 {
        match key {
            Key::Step => self.last_step,
            Key::Time => self.last_time,
        }
    }
}

/// The segments of a series that have a point, in order.
pub fn segments(conn: &Connection, run: &str, metric: &str) -> Result<Vec<Row>> {
    let mut query = conn.prepare_cached(
        "select id, segment, first_step, last_step, last_time, points, nan + infinite from series
         where run = ? and metric = ? and 0 < points order by segment",
    )?;
    let rows = query.query_map([run, metric], |row| {
        Ok(Row {
            id: row.get(0)?,
            segment: row.get(1)?,
            first_step: row.get(2)?,
            last_step: row.get(3)?,
            last_time: row.get(4)?,
            points: row.get::<_, i64>(5)? as u64,
            flaws: row.get::<_, i64>(6)? as u64,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// From where to where a series reaches over all its segments; `None` when it has no point.
pub fn extent(conn: &Connection, run: &RunId, metric: &str) -> Result<Option<Extent>> {
    let _snapshot = snapshot(conn)?;
    let run = run.to_string();
    let rows = segments(conn, &run, metric)?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let blocks = chunk::blocks(conn, first.id)?;
    let first_time = match blocks {
        0 => {
            let open = tail::open_points(conn, &run, first.id, blocks)?;
            open.points().next().map(|point| point.time)
        }
        _ => Some(chunk::page(conn, first.id, 1, 0)?[0].time),
    };
    let least = |of: fn(&Row) -> i64| rows.iter().map(of).min();
    let most = |of: fn(&Row) -> i64| rows.iter().map(of).max();
    Ok(Some(Extent {
        points: rows.iter().map(|row| row.points).sum(),
        first_step: least(|row| row.first_step).unwrap_or(first.first_step),
        last_step: most(|row| row.last_step).unwrap_or(first.last_step),
        first_time: first_time.unwrap_or(first.last_time),
        last_time: most(|row| row.last_time).unwrap_or(first.last_time),
    }))
}

/// Raw points of the steps `from..=to` in order, segment by segment with its number, at most `limit` of them.
pub fn points(
    conn: &Connection,
    run: &RunId,
    metric: &str,
    from: i64,
    to: i64,
    limit: usize,
) -> Result<Vec<(u32, Point)>> {
    let _snapshot = snapshot(conn)?;
    let run = run.to_string();
    let mut found = vec![];
    for row in segments(conn, &run, metric)? {
        if row.meets(from, to) {
            collect(conn, &run, &row, from..=to, limit, &mut found)?;
        }
    }
    Ok(found)
}

/// The value of the newest point at a step or before it; `None` where the run did not come so far, or has none there.
pub fn value_at(conn: &Connection, run: &RunId, metric: &str, step: i64) -> Result<Option<f64>> {
    let _snapshot = snapshot(conn)?;
    let run = run.to_string();
    let segments = segments(conn, &run, metric)?;
    // What was reached before a resume counts only when it was reached again.
    if segments.last().is_none_or(|newest| newest.last_step < step) {
        return Ok(None);
    }
    let row = segments.iter().rev().find(|row| row.first_step <= step);
    row.map_or(Ok(None), |row| newest_until(conn, &run, row, step))
}

fn newest_until(conn: &Connection, run: &str, row: &Row, step: i64) -> Result<Option<f64>> {
    let newest = |points: &Columns| {
        let behind = points.steps.partition_point(|at| *at <= step);
        behind.checked_sub(1).map(|at| points.values[at])
    };
    let blocks = chunk::blocks(conn, row.id)?;
    if let Some(value) = newest(&tail::open_points(conn, run, row.id, blocks)?) {
        return Ok(Some(value));
    }
    if blocks == 0 {
        return Ok(None);
    }
    let number = first_block(conn, row.id, blocks, step.saturating_add(1))?;
    Ok(newest(&chunk::block(conn, row.id, number)?))
}

fn collect(
    conn: &Connection,
    run: &str,
    row: &Row,
    steps: std::ops::RangeInclusive<i64>,
    limit: usize,
    found: &mut Vec<(u32, Point)>,
) -> Result<()> {
    let blocks = chunk::blocks(conn, row.id)?;
    for number in first_block(conn, row.id, blocks, *steps.start())?..=blocks {
        let points = match number {
            _ if number == blocks => tail::open_points(conn, run, row.id, blocks)?,
            _ => chunk::block(conn, row.id, number)?,
        };
        for point in points.points() {
            if limit <= found.len() || *steps.end() < point.step {
                return Ok(());
            }
            if *steps.start() <= point.step {
                found.push((row.segment, point));
            }
        }
    }
    Ok(())
}

/// The block before the first that begins at `step` or later: points of `step` may stand at its end.
fn first_block(conn: &Connection, series: i64, blocks: u64, step: i64) -> Result<u64> {
    let (mut low, mut high) = (0, blocks);
    while low < high {
        let middle = low + (high - low) / 2;
        if chunk::page(conn, series, 1, middle)?[0].step < step {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low.saturating_sub(1))
}
