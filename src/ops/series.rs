//! Series of metrics: what a chart asks for.

use std::ops::RangeInclusive;

use super::Result;
use crate::{
    domain::{
        ids::RunId,
        metrics::Summary,
        series::{Extent, Key, Point, Segment, Window},
        time::Timestamp,
    },
    store::{self, series},
    workspace::Workspace,
};

/// What is known of each series of a run, by name.
pub fn summaries(ws: &Workspace, run: &RunId) -> Result<Vec<Summary>> {
    ws.store
        .read(|tx| Ok(series::summaries(tx, run).map_err(store::Error::from)?))
}

/// A series reduced to the columns of a window of steps, segment by segment. Costs what the window is wide.
pub fn chart(ws: &Workspace, run: &RunId, metric: &str, window: &Window) -> Result<Vec<Segment>> {
    chart_along(ws, run, metric, window, Key::Step)
}

/// A series reduced to the columns of a window of steps or of times.
pub fn chart_along(
    ws: &Workspace,
    run: &RunId,
    metric: &str,
    window: &Window,
    key: Key,
) -> Result<Vec<Segment>> {
    ws.store.read(|tx| {
        Ok(series::chart_along(tx, run, metric, window, key).map_err(store::Error::from)?)
    })
}

/// From where to where a series reaches; `None` when it has no point.
pub fn extent(ws: &Workspace, run: &RunId, metric: &str) -> Result<Option<Extent>> {
    ws.store
        .read(|tx| Ok(series::extent(tx, run, metric).map_err(store::Error::from)?))
}

/// The first `limit` points in a window that are not finite, in order, segment numbers beside them.
pub fn flaws(
    ws: &Workspace,
    run: &RunId,
    metric: &str,
    key: Key,
    keys: RangeInclusive<i64>,
    limit: usize,
) -> Result<Vec<(u32, Point)>> {
    ws.store.read(|tx| {
        Ok(series::flaws(tx, run, metric, key, keys, limit).map_err(store::Error::from)?)
    })
}

/// Raw points of the steps `from..=to` in order, at most `limit` of them, segment numbers beside them.
pub fn points(
    ws: &Workspace,
    run: &RunId,
    metric: &str,
    from: i64,
    to: i64,
    limit: usize,
) -> Result<Vec<(u32, Point)>> {
    ws.store.read(|tx| {
        Ok(series::points(tx, run, metric, from, to, limit).map_err(store::Error::from)?)
    })
}

/// How fast a run goes now.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Rates {
    /// Steps a second over the last points.
    pub now: f64,
    /// How unsteady that is: the coefficient of variation of the time that a step takes, see [`Rates::of`].
    pub spread: f64,
    /// When the last point was written.
    pub last: Timestamp,
}

/// Points that are looked back at.
const LOOKED_BACK: i64 = 256;
/// Parts of these whose paces are compared.
const PARTS: usize = 8;

impl Rates {
    /// From points in order of their steps.
    ///
    /// `now` is the steps between the first and the last point by the time between them. For `spread` the points are cut
    /// into 8 parts of as many points; with `t` the time of a step in each part, it is `sd(t) / mean(t)`, the standard
    /// deviation with `n - 1`. Parts, and not single steps, because a clock of milliseconds says nothing of fast ones.
    pub fn of(points: &[Point]) -> Option<Self> {
        let (first, last) = (points.first()?, points.last()?);
        let span = |a: &Point, b: &Point| (b.time - a.time) as f64 / (b.step - a.step) as f64;
        if last.step <= first.step || last.time <= first.time {
            return None;
        }
        let ends: Vec<&Point> = (0..=PARTS)
            .map(|part| &points[(points.len() - 1) * part / PARTS])
            .collect();
        let times: Vec<f64> = ends
            .windows(2)
            .filter(|ends| ends[0].step < ends[1].step)
            .map(|ends| span(ends[0], ends[1]))
            .collect();
        let count = times.len() as f64;
        let mean = times.iter().sum::<f64>() / count;
        let square: f64 = times.iter().map(|time| (time - mean).powi(2)).sum();
        // A clock that was set back leaves times that are none.
        let spread = match 1.0 < count && 0.0 < mean {
            true => (square / (count - 1.0)).sqrt() / mean,
            false => 0.0,
        };
        Some(Self {
            now: 1_000.0 / span(first, last),
            spread,
            last: Timestamp(last.time),
        })
    }
}

/// How fast a run goes, told by the last points of a series of which the number of points and the last step are known;
/// `None` where they say nothing.
pub fn rates(
    ws: &Workspace,
    run: &RunId,
    metric: &str,
    count: u64,
    last_step: i64,
) -> Result<Option<Rates>> {
    let between = last_step / i64::try_from(count).unwrap_or(i64::MAX).max(1);
    let from = last_step.saturating_sub(between.max(1).saturating_mul(LOOKED_BACK));
    let points = points(ws, run, metric, from, last_step, 4 * LOOKED_BACK as usize)?;
    // A resume begins a segment: the time between two attempts is nobody's pace.
    let newest = points.last().map(|(segment, _)| *segment);
    let of_newest = points
        .iter()
        .filter(|(segment, _)| Some(*segment) == newest);
    let points: Vec<Point> = of_newest.map(|(_, point)| *point).collect();
    Ok(Rates::of(&points))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn points(times: impl IntoIterator<Item = i64>) -> Vec<Point> {
        let point = |(step, time): (usize, i64)| Point {
            step: step as i64 * 10,
            time,
            value: 0.0,
        };
        times.into_iter().enumerate().map(point).collect()
    }

    #[test]
    fn an_even_pace_has_no_spread_and_one_that_halves_has() {
        let even = Rates::of(&points((0..65).map(|at| at * 500))).unwrap();
        assert_eq!((even.now, even.spread), (20.0, 0.0));
        let slower = (0..33)
            .map(|at| at * 500)
            .chain((1..33).map(|at| 16_000 + at * 1_000));
        let slower = Rates::of(&points(slower)).unwrap();
        // Four parts of 50 ms a step and four of 100: a mean of 75 and a deviation of 26.7.
        assert!((slower.spread - 0.356).abs() < 0.001, "{slower:?}");
    }

    #[test]
    fn too_little_says_nothing() {
        assert_eq!(Rates::of(&points([])), None);
        assert_eq!(Rates::of(&points([5])), None);
        assert_eq!(Rates::of(&points([5, 5, 5])), None);
        assert_eq!(Rates::of(&points([9, 5])), None);
    }

    proptest! {
        #[test]
        fn a_rate_is_a_number(times in prop::collection::vec(0i64..1_000_000, 0..300)) {
            if let Some(rates) = Rates::of(&points(times)) {
                prop_assert!(rates.now.is_finite() && 0.0 < rates.now);
                prop_assert!(rates.spread.is_finite() && 0.0 <= rates.spread);
            }
        }
    }
}
