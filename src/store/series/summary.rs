//! What a table says of a series: kept in its row as points arrive, so that no point is read for it.

use std::collections::HashMap;

use rusqlite::{Connection, Row};

use super::Result;
use crate::domain::{
    ids::RunId,
    metrics::{Extreme, Summary},
    series::Point,
};

/// The sums of one segment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sums {
    pub points: u64,
    pub nan: u64,
    pub infinite: u64,
    pub first_step: i64,
    pub last_step: i64,
    pub last_time: i64,
    pub last: f64,
    pub sum: f64,
    pub min: Option<Extreme>,
    pub max: Option<Extreme>,
}

impl Sums {
    pub const NONE: Self = Self {
        points: 0,
        nan: 0,
        infinite: 0,
        first_step: 0,
        last_step: 0,
        last_time: 0,
        last: f64::NAN,
        sum: 0.0,
        min: None,
        max: None,
    };

    #[inline]
    pub fn add(&mut self, point: Point) {
        let Point { step, time, value } = point;
        if self.points == 0 {
            self.first_step = step;
        }
        self.points += 1;
        (self.last_step, self.last_time, self.last) = (step, time, value);
        if value.is_nan() {
            self.nan += 1;
        } else if value.is_infinite() {
            self.infinite += 1;
        } else {
            self.sum += value;
            if self.min.is_none_or(|min| value < min.value) {
                self.min = Some(Extreme { value, step });
            }
            if self.max.is_none_or(|max| max.value < value) {
                self.max = Some(Extreme { value, step });
            }
        }
    }

    /// Takes in the next segment. An extreme that is met again stays where it was met first.
    fn merge(&mut self, next: &Self) {
        let first_step = match self.points {
            0 => next.first_step,
            _ => self.first_step.min(next.first_step),
        };
        let lower = |a: Extreme, b: Extreme| if b.value < a.value { b } else { a };
        let higher = |a: Extreme, b: Extreme| if a.value < b.value { b } else { a };
        *self = Self {
            points: self.points + next.points,
            nan: self.nan + next.nan,
            infinite: self.infinite + next.infinite,
            first_step,
            sum: self.sum + next.sum,
            min: either(self.min, next.min, lower),
            max: either(self.max, next.max, higher),
            ..*next
        };
    }

    /// Columns of `series` that [`Sums::read`] wants, in its order.
    pub const COLUMNS: &str = "points, nan, infinite, first_step, last_step, last_time, last, sum, min, min_step, max, max_step";

    /// Reads the columns from the `at`th on.
    pub fn read(row: &Row<'_>, at: usize) -> rusqlite::Result<Self> {
        let float = |i| Ok::<_, rusqlite::Error>(row.get::<_, Option<f64>>(i)?.unwrap_or(f64::NAN));
        let extreme = |i| {
            let (value, step): (Option<f64>, Option<i64>) = (row.get(i)?, row.get(i + 1)?);
            Ok::<_, rusqlite::Error>(value.zip(step).map(|(value, step)| Extreme { value, step }))
        };
        Ok(Self {
            points: row.get::<_, i64>(at)? as u64,
            nan: row.get::<_, i64>(at + 1)? as u64,
            infinite: row.get::<_, i64>(at + 2)? as u64,
            first_step: row.get(at + 3)?,
            last_step: row.get(at + 4)?,
            last_time: row.get(at + 5)?,
            last: float(at + 6)?,
            sum: float(at + 7)?,
            min: extreme(at + 8)?,
            max: extreme(at + 10)?,
        })
    }

    pub fn write(&self, conn: &Connection, series: i64) -> Result<()> {
        conn.prepare_cached(
            "update series set points = ?, nan = ?, infinite = ?, first_step = ?, last_step = ?, last_time = ?,
                last = ?, sum = ?, min = ?, min_step = ?, max = ?, max_step = ? where id = ?",
        )?
        .execute((
            self.points as i64,
            self.nan as i64,
            self.infinite as i64,
            self.first_step,
            self.last_step,
            self.last_time,
            self.last,
            self.sum,
            self.min.map(|min| min.value),
            self.min.map(|min| min.step),
            self.max.map(|max| max.value),
            self.max.map(|max| max.step),
            series,
        ))?;
        Ok(())
    }

    fn summary(&self, metric: String) -> Summary {
        let finite = self.points - self.nan - self.infinite;
        Summary {
            metric,
            points: self.points,
            nan: self.nan,
            infinite: self.infinite,
            last: self.last,
            last_step: self.last_step,
            min: self.min,
            max: self.max,
            mean: (0 < finite).then(|| self.sum / finite as f64),
        }
    }
}

fn either<T>(a: Option<T>, b: Option<T>, both: impl FnOnce(T, T) -> T) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(both(a, b)),
        (a, b) => a.or(b),
    }
}

/// What is known of every series of a run, by name, over all segments.
pub fn summaries(conn: &Connection, run: &RunId) -> Result<Vec<Summary>> {
    let mut query = conn.prepare_cached(&format!(
        "select metric, {} from series where run = ? order by metric, segment",
        Sums::COLUMNS
    ))?;
    let mut rows = query.query([run.to_string()])?;
    let mut merged: Vec<(String, Sums)> = vec![];
    while let Some(row) = rows.next()? {
        let (metric, sums) = (row.get(0)?, Sums::read(row, 1)?);
        match merged.last_mut() {
            Some((last, whole)) if *last == metric => whole.merge(&sums),
            _ => merged.push((metric, sums)),
        }
    }
    Ok(merged
        .into_iter()
        .map(|(metric, sums)| sums.summary(metric))
        .collect())
}

/// Hands over what is known of one metric in every run that has it.
pub fn each_value(
    conn: &Connection,
    metric: &str,
    mut take: impl FnMut(RunId, &Summary),
) -> Result<()> {
    let mut query = conn.prepare_cached(&format!(
        "select run, {} from series where metric = ?1 order by run, segment",
        Sums::COLUMNS
    ))?;
    let mut rows = query.query([metric])?;
    let mut give = |(run, sums): (RunId, Sums)| take(run, &sums.summary(metric.to_owned()));
    let mut merged: Option<(RunId, Sums)> = None;
    while let Some(row) = rows.next()? {
        // A run's id in a row is a reference to a run: none is broken.
        let Ok(run) = row.get_ref(0)?.as_str().unwrap_or_default().parse() else {
            continue;
        };
        let sums = Sums::read(row, 1)?;
        match &mut merged {
            Some((last, whole)) if *last == run => whole.merge(&sums),
            _ => merged.replace((run, sums)).into_iter().for_each(&mut give),
        }
    }
    merged.into_iter().for_each(give);
    Ok(())
}

/// A column of a table: what is known of one metric in each of these runs, beside them; `None` where a run has none.
pub fn values(conn: &Connection, runs: &[RunId], metric: &str) -> Result<Vec<Option<Summary>>> {
    let texts: Vec<String> = runs.iter().map(ToString::to_string).collect();
    let list = serde_json::to_string(&texts).expect("a list of texts is always JSON");
    let mut query = conn.prepare_cached(&format!(
        "select run, {} from json_each(?1) as wanted
         cross join series on series.run = wanted.value and series.metric = ?2 order by segment",
        Sums::COLUMNS
    ))?;
    let mut rows = query.query((list, metric))?;
    let mut merged: HashMap<String, Sums> = HashMap::new();
    while let Some(row) = rows.next()? {
        let sums = Sums::read(row, 1)?;
        merged
            .entry(row.get(0)?)
            .and_modify(|whole| whole.merge(&sums))
            .or_insert(sums);
    }
    let summary = |run| merged.get(run).map(|sums| sums.summary(metric.to_owned()));
    Ok(texts.iter().map(summary).collect())
}
