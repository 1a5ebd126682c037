//! Many series as one band: how far they spread, and what lies in their middle.

use super::{axis::Axis, column, plot::Line};

/// Of one column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub lower: f64,
    pub mid: f64,
    pub upper: f64,
}

/// Spreads by dot column, `None` where no series has a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    pub label: String,
    /// The colour of its middle; without one it is as faint as its edges.
    pub slot: Option<usize>,
    /// Series in it.
    pub count: usize,
    pub columns: Vec<Option<Spread>>,
}

impl Band {
    /// From the least to the greatest value, around the median. `None` without a series.
    pub fn range_of(label: &str, lines: &[Line<'_>], axis: &Axis, columns: usize) -> Option<Self> {
        Self::of(label, lines, axis, columns, |values| {
            values.sort_by(f64::total_cmp);
            let (low, high) = (values.first()?, values.last()?);
            let (a, b) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
            Some(Spread {
                lower: *low,
                mid: a / 2.0 + b / 2.0,
                upper: *high,
            })
        })
    }

    /// The standard deviation of the series around their mean. `None` without a series.
    pub fn deviation_of(
        label: &str,
        lines: &[Line<'_>],
        axis: &Axis,
        columns: usize,
    ) -> Option<Self> {
        Self::of(label, lines, axis, columns, |values| {
            let count = values.len() as f64;
            let mean = values.iter().map(|value| value / count).sum::<f64>();
            let square = |value: &f64| (value - mean).powi(2) / (count - 1.0).max(1.0);
            let deviation = values.iter().map(square).sum::<f64>().sqrt();
            mean.is_finite().then_some(Spread {
                lower: mean - deviation,
                mid: mean,
                upper: mean + deviation,
            })
        })
    }

    fn of(
        label: &str,
        lines: &[Line<'_>],
        axis: &Axis,
        columns: usize,
        spread: impl Fn(&mut Vec<f64>) -> Option<Spread>,
    ) -> Option<Self> {
        if lines.is_empty() {
            return None;
        }
        let mut values: Vec<Vec<f64>> = vec![vec![]; columns];
        for line in lines {
            for (at, value) in along(line, axis, columns) {
                values[at].push(value);
            }
        }
        Some(Self {
            label: label.to_owned(),
            slot: None,
            count: lines.len(),
            columns: values.iter_mut().map(spread).collect(),
        })
    }

    /// The least and the greatest value in it.
    pub fn range(&self) -> Option<(f64, f64)> {
        let spreads = self.columns.iter().flatten();
        spreads
            .map(|spread| (spread.lower, spread.upper))
            .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }
}

/// A line's value in each column between its first and its last point: series whose points lie at different places have
/// something to compare in every column. An extreme within a column stands for it.
fn along(line: &Line<'_>, axis: &Axis, columns: usize) -> Vec<(usize, f64)> {
    let segments = match line.data.smooth.is_empty() {
        true => &line.data.raw,
        false => &line.data.smooth,
    };
    let mut known: Vec<(usize, f64)> = vec![];
    for bucket in segments.iter().flat_map(|segment| &segment.columns) {
        let place = line.track.place(bucket);
        let spot = column(axis.from, axis.to, columns, place).filter(|_| 0 < bucket.finite);
        let Some(spot) = spot else {
            continue;
        };
        // A later segment stands in the place of what it repeats.
        while known.pop_if(|(at, _)| spot <= *at).is_some() {}
        known.push((spot, bucket.last));
    }
    let mut values = vec![];
    for pair in known.windows(2) {
        let ((from, a), (to, b)) = (pair[0], pair[1]);
        for at in from..to {
            let share = (at - from) as f64 / (to - from) as f64;
            values.push((at, a * (1.0 - share) + b * share));
        }
    }
    values.extend(known.last());
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::series::{Bucket, Point, Segment},
        tui::chart::{ChartData, axis::Track},
    };

    fn data(points: &[(i64, f64)]) -> ChartData {
        let mut columns = vec![Bucket::EMPTY; 5];
        for (step, value) in points {
            let (step, value) = (*step, *value);
            columns[step as usize].add(Point {
                step,
                time: 0,
                value,
            });
        }
        ChartData {
            to: 4,
            raw: vec![Segment { number: 0, columns }],
            ..ChartData::default()
        }
    }

    fn line(data: &ChartData) -> Line<'_> {
        Line {
            label: "loss",
            slot: 0,
            badge: None,
            track: Track::default(),
            data,
        }
    }

    #[test]
    fn a_band_has_a_value_of_each_series_wherever_it_has_points_on_both_sides() {
        let axis = Axis {
            to: 4,
            ..Axis::default()
        };
        let (a, b, c) = (
            data(&[(0, 0.0), (4, 4.0)]),
            data(&[(1, 5.0), (3, 7.0)]),
            data(&[(2, 4.0)]),
        );
        let lines = [line(&a), line(&b), line(&c)];
        let told = |band: Option<Band>| -> Vec<_> {
            let columns = band.unwrap().columns.into_iter();
            let columns = columns.map(|spread| spread.unwrap());
            columns.map(|s| (s.lower, s.mid, s.upper)).collect()
        };
        assert_eq!(
            told(Band::range_of("", &lines, &axis, 5)),
            [
                (0.0, 0.0, 0.0),
                (1.0, 3.0, 5.0),
                (2.0, 4.0, 6.0),
                (3.0, 5.0, 7.0),
                (4.0, 4.0, 4.0)
            ]
        );
        assert_eq!(
            told(Band::deviation_of("", &lines, &axis, 5))[2],
            (2.0, 4.0, 6.0)
        );
        assert_eq!(Band::range_of("", &[], &axis, 5), None);
    }
}
