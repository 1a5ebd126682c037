//! Charts of metrics that tell the truth: every extreme is drawn, what is not finite is marked and never joined, a smoothed
//! line is made from the points and not from the picture.

pub mod dots;
mod labels;
pub mod plot;
pub mod smooth;
pub mod ticks;

use crate::{
    domain::{
        ids::RunId,
        series::{Bucket, Point, Segment, Window},
    },
    ops,
    workspace::Workspace,
};

/// A question for a series: as many columns as dots across, over the steps `from..=to`.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartQuestion {
    pub run: RunId,
    pub metric: String,
    pub from: i64,
    pub to: i64,
    pub dots: usize,
    /// The weight of the smoothing; 0 for none.
    pub smooth: f64,
}

/// What a chart is drawn from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChartData {
    pub from: i64,
    pub to: i64,
    pub raw: Vec<Segment>,
    /// Beside `raw`, smoothed; empty without smoothing.
    pub smooth: Vec<Segment>,
    /// The smoothing is over columns, because the series has more points than are read for a chart.
    pub is_of_columns: bool,
}

/// Up to this many points a smoothed line is made from the points themselves.
const SMOOTHED_POINTS: usize = 50_000;

impl ChartData {
    pub fn read(ws: &Workspace, question: &ChartQuestion) -> ops::Result<Self> {
        let ChartQuestion {
            run,
            metric,
            from,
            to,
            dots,
            smooth,
        } = question;
        let window = Window {
            from: *from,
            to: *to,
            columns: *dots,
            slack: 0.25,
        };
        let raw = ops::series::chart(ws, run, metric, &window)?;
        let mut data = Self {
            from: *from,
            to: *to,
            raw,
            ..Self::default()
        };
        if 0.0 < *smooth {
            // From the first point on, so that a zoom does not change the line.
            let points = ops::series::points(ws, run, metric, i64::MIN, *to, SMOOTHED_POINTS + 1)?;
            data.is_of_columns = SMOOTHED_POINTS < points.len();
            data.smooth = if data.is_of_columns {
                data.raw
                    .iter()
                    .map(|segment| smooth::columns(segment, *smooth))
                    .collect()
            } else {
                smoothed(&points, *smooth, &window)
            };
        }
        Ok(data)
    }
}

/// The smoothed series of each segment, in the columns of the window.
pub fn smoothed(points: &[(u32, Point)], weight: f64, window: &Window) -> Vec<Segment> {
    points
        .chunk_by(|(a, _), (b, _)| a == b)
        .map(|points| {
            let values: Vec<f64> = points.iter().map(|(_, point)| point.value).collect();
            let mut columns = vec![Bucket::EMPTY; window.columns];
            for ((_, point), value) in points.iter().zip(smooth::ema(&values, weight)) {
                if let Some(column) = column(window.from, window.to, window.columns, point.step) {
                    columns[column].add(Point { value, ..*point });
                }
            }
            Segment {
                number: points[0].0,
                columns,
            }
        })
        .collect()
}

/// The column in which a step of `from..=to` is drawn: the first step in the first, the last in the last, the others by
/// their distance.
pub fn column(from: i64, to: i64, columns: usize, step: i64) -> Option<usize> {
    if step < from || to < step || columns == 0 {
        return None;
    }
    let (at, span) = (
        i128::from(step) - i128::from(from),
        i128::from(to) - i128::from(from),
    );
    let column = usize::try_from(at * columns as i128 / span.max(1)).ok()?;
    Some(column.min(columns - 1))
}

/// The steps a chart of a live run spans: up to the next of 1, 2, 5, 10, 20, … after the last one, so that a growing
/// series moves the axis only now and then, but not beyond the planned total; all of the plan once half of it is done.
pub fn domain(last: i64, total: Option<i64>) -> (i64, i64) {
    let fitting = rung(last.max(1));
    match total.filter(|total| last <= *total && 0 < *total) {
        Some(total) if total / 2 < last => (0, total),
        Some(total) => (0, fitting.min(total)),
        None => (0, fitting),
    }
}

fn rung(last: i64) -> i64 {
    let mut ten: i64 = 1;
    loop {
        for times in [1, 2, 5] {
            match ten.checked_mul(times) {
                Some(rung) if last <= rung => return rung,
                Some(_) => {}
                None => return i64::MAX,
            }
        }
        match ten.checked_mul(10) {
            Some(next) => ten = next,
            None => return i64::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_axis_of_an_unplanned_run_moves_in_jumps() {
        let ends: Vec<i64> = [0, 1, 2, 3, 6, 11, 49, 51, i64::MAX]
            .map(|last| domain(last, None).1)
            .to_vec();
        assert_eq!(ends, [1, 1, 2, 5, 10, 20, 50, 100, i64::MAX]);
        assert_eq!(domain(400, Some(4_000)), (0, 500));
        assert_eq!(domain(1_999, Some(4_000)), (0, 2_000));
        assert_eq!(domain(2_001, Some(4_000)), (0, 4_000));
        assert_eq!(domain(201, Some(450)), (0, 450), "a rung above the plan");
        assert_eq!(
            domain(4_001, Some(4_000)),
            (0, 5_000),
            "a plan that was outrun is no plan"
        );
        let mut jumps: Vec<i64> = (1..10_000).map(|last| domain(last, None).1).collect();
        jumps.dedup();
        assert_eq!(jumps.len(), 13);
    }

    proptest! {
        #[test]
        fn columns_cover_the_window_in_order(from in -1_000i64..1_000, span in 0i64..5_000, columns in 1usize..300) {
            let to = from + span;
            let of = |step| column(from, to, columns, step);
            prop_assert_eq!(of(from), Some(0));
            prop_assert_eq!(of(to), Some(if from < to { columns - 1 } else { 0 }));
            prop_assert_eq!((of(from - 1), of(to + 1)), (None, None));
            prop_assert!((from..to).all(|step| of(step) <= of(step + 1)));
        }

        #[test]
        fn a_smoothed_line_does_not_depend_on_the_zoom(values in proptest::collection::vec(-10.0..10.0f64, 40..80), cut in 0i64..25) {
            let points: Vec<(u32, Point)> = values.iter().enumerate().map(|(at, value)| (0, Point { step: at as i64, time: 0, value: *value })).collect();
            let last = |from| {
                let window = Window { from, to: 39, columns: 16, slack: 0.25 };
                smoothed(&points[..40], 0.9, &window)[0].columns[15].last
            };
            prop_assert_eq!(last(0).to_bits(), last(cut).to_bits());
        }
    }
}
