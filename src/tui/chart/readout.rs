//! What stands under the crosshair, in numbers.

use ratatui::text::Span;

use super::{axis::Along, plot::Line};
use crate::{
    domain::series::{Bucket, Key, Segment},
    tui::{chart::axis::Axis, look::Look, text, theme::Role},
};

/// What stands at a place: `step 15,120  a 0.4033 ema 0.4127 [0.388…0.951 n=312]`. Where that is too long, the ranges give
/// way, then the smoothed values, and only at the end what would not fit.
pub fn readout(
    look: &Look,
    axis: &Axis,
    lines: &[Line<'_>],
    place: i64,
    columns: usize,
) -> Vec<Span<'static>> {
    if lines.is_empty() {
        return vec![];
    }
    let written = |detail| {
        let head = match (axis.along, detail) {
            (Along::Step, Detail::Least) => text::count(place),
            (along, Detail::Range) if along.is_time() => {
                let nearest = lines
                    .iter()
                    .find_map(|line| at(line, &line.data.raw, place));
                let step = nearest.map(|bucket| format!(" · step {}", text::count(bucket.step)));
                along.told(place) + &step.unwrap_or_default()
            }
            (along, _) => along.told(place),
        };
        let mut spans = vec![look.span(head, Role::Dim)];
        for line in lines {
            let reading = reading(look, line, place, 1 < lines.len(), detail);
            // Half a number reads as another one.
            if detail == Detail::Least && columns < width(&spans) + width(&reading) {
                spans.push(look.span(look.charset.ellipsis(), Role::Dim));
                break;
            }
            spans.extend(reading);
        }
        spans
    };
    [Detail::Range, Detail::Smooth, Detail::Value]
        .into_iter()
        .map(written)
        .find(|spans| width(spans) <= columns)
        .unwrap_or_else(|| written(Detail::Least))
}

pub fn width(spans: &[Span<'_>]) -> usize {
    spans.iter().map(Span::width).sum()
}

/// The value of a line nearest to a place, or what it is instead of one.
pub fn value_at(line: &Line<'_>, place: i64) -> Option<f64> {
    let flaw = line.data.flaws.iter();
    let mut flaw = flaw.filter(|point| line.track.place_of(point) == place);
    match flaw.next_back() {
        Some(point) => Some(point.value),
        None => Some(standing(at(line, &line.data.raw, place)?)),
    }
}

/// A line's value as it is written among its others in sight.
pub fn told(line: &Line<'_>, value: f64) -> String {
    let (low, high) = (line.data.buckets())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), bucket| {
            (low.min(bucket.min), high.max(bucket.max))
        });
    match value {
        value if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "inf".to_owned(),
        f64::NEG_INFINITY => "-inf".to_owned(),
        value => text::among(value, low, high),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Detail {
    Least,
    Value,
    Smooth,
    Range,
}

/// The value of one line at a place, and that of its smoothed line beside it.
fn reading(
    look: &Look,
    line: &Line<'_>,
    place: i64,
    has_letter: bool,
    detail: Detail,
) -> Vec<Span<'static>> {
    let (Some(bucket), Some(number)) = (at(line, &line.data.raw, place), value_at(line, place))
    else {
        return vec![];
    };
    let is_finite = number.is_finite();
    let letter = match has_letter {
        true => format!("{} ", line.letter()),
        false => String::new(),
    };
    let written = |value: f64| match detail {
        Detail::Least if value.is_finite() => text::rough(value),
        _ => told(line, value),
    };
    let value = written(number);
    let style = match is_finite {
        true => look.theme.series(line.slot),
        false => look.style(Role::Error),
    };
    let gap = if detail == Detail::Least { " " } else { "  " };
    let mut spans = vec![Span::raw(gap), Span::styled(letter + &value, style)];
    // Said once where both are one, as of a single point.
    let smooth = at(line, &line.data.smooth, place).filter(|_| is_finite);
    let smooth = smooth.map(|bucket| written(bucket.last));
    let smooth = smooth.filter(|smooth| Detail::Smooth <= detail && *smooth != value);
    if let Some(smooth) = smooth {
        spans.push(look.span(format!(" ema {smooth}"), Role::Dim));
    }
    let points = bucket.points();
    if Detail::Range <= detail && 1 < points && 0 < bucket.finite {
        let (min, max) = (written(bucket.min), written(bucket.max));
        let count = text::count(points as i64);
        spans.push(look.span(format!(" [{min}…{max} n={count}]"), Role::Dim));
    }
    spans
}

fn standing(bucket: &Bucket) -> f64 {
    match bucket {
        _ if 0 < bucket.finite => bucket.last,
        _ if 0 < bucket.nan => f64::NAN,
        _ if 0 < bucket.positive_infinite => f64::INFINITY,
        _ => f64::NEG_INFINITY,
    }
}

/// The points nearest to a place, of the newest segment that has some as near.
fn at<'a>(line: &Line<'_>, segments: &'a [Segment], place: i64) -> Option<&'a Bucket> {
    let key = |bucket: &Bucket| match line.track.key {
        Key::Step => line.track.of(bucket.step),
        Key::Time => line.track.of(bucket.time),
    };
    let newest_first = segments.iter().rev();
    newest_first
        .flat_map(|segment| &segment.columns)
        .filter(|bucket| !bucket.is_empty())
        .min_by_key(|bucket| key(bucket).abs_diff(place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::series::Point,
        tui::chart::{ChartData, axis::Track},
    };

    /// Columns of points, each with another half above it.
    fn data(points: &[(i64, f64)], smooth: Option<f64>) -> ChartData {
        let segment = |points: &[(i64, f64)]| {
            let columns = points.iter().map(|(step, value)| {
                let mut bucket = Bucket::EMPTY;
                for value in [*value, value + 0.5] {
                    bucket.add(Point {
                        step: *step,
                        time: step * 1_000,
                        value,
                    });
                }
                bucket
            });
            vec![Segment {
                number: 0,
                columns: columns.collect(),
            }]
        };
        ChartData {
            raw: segment(points),
            smooth: smooth.map_or(vec![], |value| segment(&[(points[0].0, value)])),
            ..ChartData::default()
        }
    }

    fn line(label: &'static str, slot: usize, data: &'static ChartData) -> Line<'static> {
        Line {
            label,
            slot,
            badge: None,
            track: Track::default(),
            data,
        }
    }

    fn read(axis: &Axis, lines: &[Line<'_>], place: i64, columns: usize) -> String {
        let spans = readout(&Look::default(), axis, lines, place, columns);
        spans.iter().map(|span| span.content.as_ref()).collect()
    }

    #[test]
    fn a_readout_gives_up_ranges_then_smoothed_values_and_never_a_value() {
        let a = Box::leak(Box::new(data(&[(15_210, 1.0)], Some(2.0))));
        let b = Box::leak(Box::new(data(&[(15_000, 3.0)], None)));
        let lines = [line("train/loss", 0, a), line("val/loss", 1, b)];
        let read = |columns| read(&Axis::default(), &lines, 15_210, columns);
        assert_eq!(
            read(90),
            "step 15,210  a 1.500 ema 2.500 [1.000…1.500 n=2]  b 3.500 [3.000…3.500 n=2]"
        );
        assert_eq!(read(50), "step 15,210  a 1.500 ema 2.500  b 3.500");
        assert_eq!(read(36), "step 15,210  a 1.500  b 3.500");
        assert_eq!(read(26), "15,210 a 1.50 b 3.50");
        assert_eq!(read(16), "15,210 a 1.50…");
    }

    #[test]
    fn a_value_that_is_not_finite_is_read_where_it_stands() {
        let mut data = data(&[(10, 1.0), (20, 2.0)], None);
        data.flaws = vec![Point {
            step: 13,
            time: 0,
            value: f64::NEG_INFINITY,
        }];
        let data = Box::leak(Box::new(data));
        let lines = [line("loss", 0, data)];
        let read = |place| read(&Axis::default(), &lines, place, 20);
        assert_eq!(read(13), "step 13  -inf");
        assert_eq!(read(12), "step 12  1.500");
    }

    #[test]
    fn along_time_the_step_is_told_too() {
        let data = Box::leak(Box::new(data(&[(600, 1.0)], None)));
        let mut line = line("loss", 0, data);
        line.track.key = Key::Time;
        let axis = Axis {
            along: Along::RelTime,
            from: 0,
            to: 1_000_000,
        };
        assert_eq!(
            read(&axis, &[line], 600_000, 80),
            "10m · step 600  1.500 [1.000…1.500 n=2]"
        );
    }
}
