//! Charts of metrics that tell the truth: every extreme is drawn, what is not finite is marked and never joined, a smoothed
//! line is made from the points and not from the picture.
//!
//! A view that has charts keeps a [`view::ChartView`] (how they are looked at) and a [`Series`] (what is known of each run's
//! metrics). A frame asks for what it shows with [`Series::want`], in as many columns as [`pane::dots`] says, makes a
//! [`plot::Line`] of each series that is known, in its order and with its run's [`axis::Track`], and draws a
//! [`pane::Framed`]. Lines of one run and of several are the same to all of them.

pub mod axis;
pub mod band;
pub mod bars;
pub mod dots;
pub mod heatmap;
pub mod histogram;
mod labels;
pub mod legend;
pub mod origin;
pub mod pane;
pub mod plot;
mod readout;
pub mod smooth;
pub mod ticks;
pub mod view;

use std::collections::BTreeMap;

use super::{
    event::{Ticket, Tickets},
    remote::Remote,
};
use crate::{
    domain::{
        ids::RunId,
        series::{Bucket, Extent, Key, Point, Segment, Window},
    },
    ops,
    workspace::Workspace,
};

/// A question for a series: as many columns as dots across, over the steps, or the times, `from..=to`.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartQuestion {
    pub run: RunId,
    pub metric: String,
    pub key: Key,
    pub from: i64,
    pub to: i64,
    pub dots: usize,
    /// The weight of the smoothing; 0 for none.
    pub smooth: f64,
}

/// What a chart is drawn from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChartData {
    pub key: Key,
    pub from: i64,
    pub to: i64,
    pub raw: Vec<Segment>,
    /// Beside `raw`, smoothed; empty without smoothing.
    pub smooth: Vec<Segment>,
    /// The smoothing is over columns, because the series has more points than are read for a chart.
    pub is_of_columns: bool,
    /// The first points in sight that are not finite, each where it stands.
    pub flaws: Vec<Point>,
    /// From where to where the whole series reaches.
    pub extent: Option<Extent>,
}

/// Series of up to this many points have smoothed lines made from the points themselves.
const SMOOTHED_POINTS: u64 = 50_000;
/// More points that are not finite are marked by their columns only.
const MOST_FLAWS: usize = 500;

impl ChartData {
    pub fn read(ws: &Workspace, question: &ChartQuestion) -> ops::Result<Self> {
        let ChartQuestion {
            run,
            metric,
            key,
            from,
            to,
            dots,
            smooth,
        } = question;
        let (key, from, to) = (*key, *from, *to);
        let window = Window {
            from,
            to,
            columns: *dots,
            slack: 0.25,
        };
        let raw = ops::series::chart_along(ws, run, metric, &window, key)?;
        let flaws = ops::series::flaws(ws, run, metric, key, from..=to, MOST_FLAWS)?;
        let extent = ops::series::extent(ws, run, metric)?;
        let mut data = Self {
            key,
            from,
            to,
            raw,
            flaws: flaws.into_iter().map(|(_, point)| point).collect(),
            extent,
            ..Self::default()
        };
        if *smooth <= 0.0 {
            return Ok(data);
        }
        let points = extent.map_or(0, |extent| extent.points);
        data.is_of_columns = SMOOTHED_POINTS < points;
        if data.is_of_columns {
            let columns = data.raw.iter();
            data.smooth = columns
                .map(|segment| smooth::columns(segment, *smooth))
                .collect();
            return Ok(data);
        }
        // From the first point on, so that a zoom does not change the line.
        let last = match key {
            Key::Step => to,
            Key::Time => i64::MAX,
        };
        let points = ops::series::points(ws, run, metric, i64::MIN, last, usize::MAX)?;
        data.smooth = smoothed(&points, *smooth, &window, key);
        Ok(data)
    }

    /// The columns of all segments.
    pub fn buckets(&self) -> impl Iterator<Item = &Bucket> {
        self.raw.iter().flat_map(|segment| &segment.columns)
    }
}

/// The smoothed series of each segment, in the columns of the window.
pub fn smoothed(points: &[(u32, Point)], weight: f64, window: &Window, key: Key) -> Vec<Segment> {
    points
        .chunk_by(|(a, _), (b, _)| a == b)
        .map(|points| {
            let values: Vec<f64> = points.iter().map(|(_, point)| point.value).collect();
            let mut columns = vec![Bucket::EMPTY; window.columns];
            for ((_, point), value) in points.iter().zip(smooth::ema(&values, weight)) {
                let place = column(window.from, window.to, window.columns, key.of(point));
                if let Some(column) = place {
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

/// The column in which a place of `from..=to` is drawn: the first in the first, the last in the last, the others by their
/// distance.
pub fn column(from: i64, to: i64, columns: usize, place: i64) -> Option<usize> {
    if place < from || to < place || columns == 0 {
        return None;
    }
    let (at, span) = (
        i128::from(place) - i128::from(from),
        i128::from(to) - i128::from(from),
    );
    let column = usize::try_from(at * columns as i128 / span.max(1)).ok()?;
    Some(column.min(columns - 1))
}

/// The series of some charts, each by its run and its metric, fetched as far as they are shown.
#[derive(Debug, Default)]
pub struct Series {
    by_name: BTreeMap<(RunId, String), Remote<ChartQuestion, ChartData>>,
}

impl Series {
    /// Notes that this frame shows a series.
    pub fn want(&mut self, question: ChartQuestion) {
        let name = (question.run, question.metric.clone());
        self.by_name.entry(name).or_default().want(question);
    }

    pub fn get(&self, run: RunId, metric: &str) -> Option<&ChartData> {
        self.find(run, metric)?.value.as_ref()
    }

    pub fn error(&self, run: RunId, metric: &str) -> Option<&ops::Error> {
        self.find(run, metric)?.error.as_ref()
    }

    fn find(&self, run: RunId, metric: &str) -> Option<&Remote<ChartQuestion, ChartData>> {
        self.by_name.get(&(run, metric.to_owned()))
    }

    /// All that are known.
    pub fn iter(&self) -> impl Iterator<Item = (RunId, &str, &ChartData)> {
        self.by_name
            .iter()
            .filter_map(|((run, metric), data)| Some((*run, metric.as_str(), data.value.as_ref()?)))
    }

    pub fn expire(&mut self) {
        self.by_name.values_mut().for_each(Remote::expire);
    }

    /// What to fetch for the last frame.
    pub fn ask(&mut self, tickets: &mut Tickets) -> Vec<(Ticket, ChartQuestion)> {
        let series = self.by_name.values_mut();
        series.filter_map(|series| series.ask(tickets)).collect()
    }

    /// Takes in the answer to a ticket, or gives it back where it is of another's charts.
    pub fn loaded(
        &mut self,
        ticket: Ticket,
        result: ops::Result<ChartData>,
    ) -> Option<ops::Result<ChartData>> {
        let mut series = self.by_name.values_mut();
        match series.find(|series| series.awaits(ticket)) {
            Some(series) => series.answer(result),
            None => return Some(result),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
        fn a_smoothed_line_does_not_depend_on_the_zoom_the_width_or_what_follows(values in proptest::collection::vec(-10.0..10.0f64, 40..80), cut in 0i64..25, columns in 1usize..64) {
            let points: Vec<(u32, Point)> = values.iter().enumerate().map(|(at, value)| (0, Point { step: at as i64, time: 0, value: *value })).collect();
            let last = |points: &[(u32, Point)], from, columns: usize| {
                let window = Window { from, to: 39, columns, slack: 0.25 };
                smoothed(points, 0.9, &window, Key::Step)[0].columns[columns - 1].last
            };
            let want = last(&points[..40], 0, 16);
            prop_assert!((want - last(&points[..40], cut, columns)).abs() < 1e-12);
            prop_assert!((want - last(&points, 0, 16)).abs() < 1e-12);
        }
    }
}
