//! The chart itself: axes, lines, what is not finite, seams of resumed runs, the crosshair.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::Style,
};

use super::{
    ChartData, column,
    dots::Dots,
    ticks::{Kind, Scale},
};
use crate::{
    domain::series::{Bucket, Segment},
    tui::{look::Look, text, theme::Role},
};

/// One series of a chart; the slot gives its colour and its letter.
pub struct Line<'a> {
    pub label: &'a str,
    pub slot: usize,
    pub data: &'a ChartData,
}

/// What to draw.
pub struct Plot<'a> {
    pub look: &'a Look,
    pub lines: &'a [Line<'a>],
    pub from: i64,
    pub to: i64,
    pub kind: Kind,
    /// The step under the crosshair.
    pub crosshair: Option<i64>,
}

/// Marks of lines where there are no dots.
const MARKS: [char; 8] = ['*', 'o', '+', 'x', '#', '@', '%', '&'];

/// Where the parts of a chart lie in its area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    pub plot: Rect,
    gutter: u16,
    has_axis: bool,
    has_marks: bool,
}

const GUTTER: u16 = 8;

/// The parts of a chart of this size. The gutter has a fixed width, so that growing values do not shift the picture.
pub fn parts(area: Rect, has_marks: bool) -> Parts {
    let gutter = if 24 <= area.width { GUTTER } else { 0 };
    let has_axis = 4 <= area.height;
    let has_marks = has_marks && 3 <= area.height;
    let (top, bottom) = (u16::from(has_marks), if has_axis { 1 } else { 0 });
    Parts {
        plot: Rect {
            x: area.x + gutter.min(area.width),
            y: area.y + top.min(area.height),
            width: area.width.saturating_sub(gutter),
            height: area.height.saturating_sub(top + bottom),
        },
        gutter,
        has_axis,
        has_marks,
    }
}

/// Dot columns of a chart of this size: what to ask a series for.
pub fn columns(look: &Look, area: Rect) -> usize {
    usize::from(parts(area, false).plot.width) * Dots::per_cell(look.charset).0
}

impl Plot<'_> {
    pub fn draw(&self, buffer: &mut Buffer, area: Rect) {
        let area = area.intersection(buffer.area);
        let has_marks = self.buckets().any(|bucket| 0 < not_finite(bucket));
        let parts = parts(area, has_marks);
        if parts.plot.is_empty() {
            return;
        }
        let scale = self.scale();
        self.draw_axes(buffer, area, parts, &scale);
        let mut dots = Dots::new(self.look.charset, parts.plot);
        self.set_dots(&mut dots, &scale);
        self.draw_crosshair(buffer, parts.plot);
        let theme = self.look.theme;
        let style = |layer: u8| match Layer::of(layer) {
            Layer::Faint(slot) => theme.raw(slot),
            Layer::Bright(slot) => theme.series(slot),
        };
        let mark = |layer: u8| match Layer::of(layer) {
            Layer::Faint(_) => '.',
            Layer::Bright(slot) => MARKS[slot],
        };
        dots.draw(buffer, parts.plot, style, mark);
        self.draw_marks(buffer, parts);
        self.draw_seams(buffer, parts.plot);
    }

    fn segments(&self) -> impl Iterator<Item = &Segment> {
        self.lines.iter().flat_map(|line| &line.data.raw)
    }

    fn buckets(&self) -> impl Iterator<Item = &Bucket> {
        self.segments().flat_map(|segment| &segment.columns)
    }

    /// The axis around all finite values in sight.
    pub fn scale(&self) -> Scale {
        let (low, high) = self.buckets().filter(|bucket| 0 < bucket.finite).fold(
            (f64::INFINITY, f64::NEG_INFINITY),
            |(low, high), bucket| {
                let least = if self.kind == Kind::Log && bucket.min <= 0.0 {
                    bucket.max
                } else {
                    bucket.min
                };
                (low.min(least), high.max(bucket.max))
            },
        );
        Scale::around(self.kind, low, high)
    }

    fn set_dots(&self, dots: &mut Dots, scale: &Scale) {
        for line in self.lines {
            let slot = line.slot % 8;
            let is_smooth = !line.data.smooth.is_empty();
            for (segment, until) in with_ends(&line.data.raw) {
                let newest = if is_smooth {
                    Layer::Faint(slot)
                } else {
                    Layer::Bright(slot)
                };
                self.trace(dots, scale, line.data, segment, |step| {
                    if until <= step {
                        Layer::Faint(slot)
                    } else {
                        newest
                    }
                });
            }
        }
        for line in self.lines {
            for (segment, until) in with_ends(&line.data.smooth) {
                self.trace(dots, scale, line.data, segment, |step| {
                    if until <= step {
                        Layer::Faint(line.slot % 8)
                    } else {
                        Layer::Bright(line.slot % 8)
                    }
                });
            }
        }
    }

    /// A segment: each column from its least to its greatest value, joined last to first. Where something is not finite,
    /// nothing is joined.
    fn trace(
        &self,
        dots: &mut Dots,
        scale: &Scale,
        data: &ChartData,
        segment: &Segment,
        layer: impl Fn(i64) -> Layer,
    ) {
        let (columns, rows) = (dots.columns(), dots.rows());
        let is_same =
            data.from == self.from && data.to == self.to && segment.columns.len() == columns;
        let mut before: Option<(usize, usize)> = None;
        for (at, bucket) in segment.columns.iter().enumerate() {
            if bucket.is_empty() {
                continue;
            }
            let place = if is_same {
                Some(at)
            } else {
                column(self.from, self.to, columns, bucket.step)
            };
            let (Some(place), true) = (place, 0 < bucket.finite) else {
                before = None;
                continue;
            };
            let layer = layer(bucket.step).number();
            let row = |value: f64| scale.row(value, rows);
            // On a log axis what is not positive reaches down to the edge.
            let floor = |value: f64| row(value).unwrap_or(rows.saturating_sub(1));
            if let Some(top) = row(bucket.max) {
                dots.rise(place, top, floor(bucket.min), layer);
            }
            let is_whole = not_finite(bucket) == 0;
            if let (Some(before), Some(first), true) = (before, row(bucket.first), is_whole) {
                dots.line(before, (place, first), layer);
            }
            before = row(bucket.last)
                .filter(|_| is_whole)
                .map(|row| (place, row));
        }
    }

    fn draw_axes(&self, buffer: &mut Buffer, area: Rect, parts: Parts, scale: &Scale) {
        let (axis, border) = (self.look.style(Role::Axis), self.look.style(Role::Guide));
        let lines = self.look.charset.border();
        let plot = parts.plot;
        if 0 < parts.gutter {
            for y in plot.top()..plot.bottom() {
                put(buffer, plot.x - 1, y, lines.vertical, border);
            }
            for (row, label) in scale.labels(usize::from(plot.height)) {
                let width = usize::from(parts.gutter) - 2;
                let label = text::cell_right(&label, width, "");
                buffer.set_stringn(area.x, plot.y + row as u16, label, width, axis);
            }
        }
        if parts.has_axis {
            self.draw_steps(buffer, plot, axis);
        }
    }

    /// Labels of steps below the plot: both ends, and the middle where there is room.
    fn draw_steps(&self, buffer: &mut Buffer, plot: Rect, style: Style) {
        let y = plot.bottom();
        let (first, last) = (text::scaled(self.from as f64), text::scaled(self.to as f64));
        let middle = text::scaled(self.from as f64 / 2.0 + self.to as f64 / 2.0);
        let width = usize::from(plot.width);
        let needed = text::width(&first) + text::width(&last) + 2;
        if needed <= width {
            buffer.set_stringn(plot.x, y, &first, width, style);
            let x = plot.right() - text::width(&last) as u16;
            buffer.set_stringn(x, y, &last, width, style);
        }
        if needed + text::width(&middle) + 12 <= width && middle != first && middle != last {
            let x = plot.x + plot.width / 2 - (text::width(&middle) / 2) as u16;
            buffer.set_stringn(x, y, &middle, width, style);
        }
    }

    fn draw_crosshair(&self, buffer: &mut Buffer, plot: Rect) {
        let Some(x) = self.crosshair.and_then(|step| self.cell_column(plot, step)) else {
            return;
        };
        for y in plot.top()..plot.bottom() {
            put(
                buffer,
                x,
                y,
                self.look.charset.crosshair(),
                self.look.style(Role::Crosshair),
            );
        }
    }

    /// What is not finite, in a row of its own above the plot.
    fn draw_marks(&self, buffer: &mut Buffer, parts: Parts) {
        if !parts.has_marks {
            return;
        }
        for bucket in self.buckets() {
            let mark = if 0 < bucket.nan {
                "!"
            } else if 0 < bucket.positive_infinite {
                "^"
            } else if 0 < bucket.negative_infinite {
                "v"
            } else {
                continue;
            };
            if let Some(x) = self.cell_column(parts.plot, bucket.step) {
                put(
                    buffer,
                    x,
                    parts.plot.y - 1,
                    mark,
                    self.look.style(Role::Error),
                );
            }
        }
    }

    fn draw_seams(&self, buffer: &mut Buffer, plot: Rect) {
        for line in self.lines {
            for segment in line.data.raw.iter().skip(1) {
                let first = segment.columns.iter().find(|bucket| !bucket.is_empty());
                if let Some(x) = first.and_then(|bucket| self.cell_column(plot, bucket.step)) {
                    put(
                        buffer,
                        x,
                        plot.bottom() - 1,
                        self.look.charset.seam(),
                        self.look.style(Role::Warn),
                    );
                }
            }
        }
    }

    fn cell_column(&self, plot: Rect, step: i64) -> Option<u16> {
        let column = column(self.from, self.to, usize::from(plot.width), step)?;
        Some(plot.x + column as u16)
    }
}

/// What a dot belongs to.
#[derive(Clone, Copy)]
enum Layer {
    Faint(usize),
    Bright(usize),
}

impl Layer {
    fn number(self) -> u8 {
        match self {
            Self::Faint(slot) => slot as u8,
            Self::Bright(slot) => 8 + slot as u8,
        }
    }

    fn of(number: u8) -> Self {
        let slot = usize::from(number % 8);
        if number < 8 {
            Self::Faint(slot)
        } else {
            Self::Bright(slot)
        }
    }
}

/// Segments with the step from which a later one stands in their place.
fn with_ends(segments: &[Segment]) -> impl Iterator<Item = (&Segment, i64)> {
    segments.iter().enumerate().map(|(at, segment)| {
        let starts = segments[at + 1..]
            .iter()
            .filter_map(|later| later.columns.iter().map(|bucket| bucket.step).min());
        (segment, starts.min().unwrap_or(i64::MAX))
    })
}

fn not_finite(bucket: &Bucket) -> u32 {
    bucket.nan + bucket.positive_infinite + bucket.negative_infinite
}

fn put(buffer: &mut Buffer, x: u16, y: u16, symbol: &str, style: Style) {
    if let Some(cell) = buffer.cell_mut(Position::new(x, y)) {
        cell.set_symbol(symbol).set_style(style);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use strum::IntoEnumIterator as _;

    use super::*;
    use crate::domain::series::Window;
    use crate::{
        domain::series::Point,
        tui::{chart::smoothed, glyphs::Charset, theme::Theme},
    };

    fn data(values: &[f64], dots: usize) -> ChartData {
        let to = values.len() as i64 - 1;
        let mut columns = vec![Bucket::EMPTY; dots];
        for (step, value) in values.iter().enumerate() {
            if let Some(at) = column(0, to, dots, step as i64) {
                columns[at].add(Point {
                    step: step as i64,
                    time: 0,
                    value: *value,
                });
            }
        }
        ChartData {
            from: 0,
            to,
            raw: vec![Segment { number: 0, columns }],
            ..ChartData::default()
        }
    }

    fn picture(data: &ChartData, look: &Look, width: u16, height: u16, kind: Kind) -> Buffer {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        let lines = [Line {
            label: "loss",
            slot: 0,
            data,
        }];
        Plot {
            look,
            lines: &lines,
            from: data.from,
            to: data.to,
            kind,
            crosshair: None,
        }
        .draw(&mut buffer, area);
        buffer
    }

    fn look(charset: Charset) -> Look {
        Look {
            theme: Theme::Mono,
            charset,
            ..Look::default()
        }
    }

    fn text(buffer: &Buffer) -> String {
        let rows = buffer.content.chunks(usize::from(buffer.area.width));
        rows.map(|row| {
            row.iter()
                .map(ratatui::buffer::Cell::symbol)
                .collect::<String>()
                .trim_end()
                .to_owned()
                + "\n"
        })
        .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_spike_lights_its_column_at_its_own_row(length in 300usize..3_000, at in 0usize..3_000, width in 30u16..120, height in 6u16..30, up in any::<bool>()) {
            let at = at % length;
            let mut values: Vec<f64> = (0..length).map(|i| 1.0 + (i as f64 / 50.0).sin() * 0.1).collect();
            values[at] = if up { 9.0 } else { -9.0 };
            let look = look(Charset::Braille);
            let area = Rect::new(0, 0, width, height);
            let plot_area = parts(area, false).plot;
            let mut dots = Dots::new(look.charset, plot_area);
            let data = data(&values, dots.columns());
            let lines = [Line { label: "loss", slot: 0, data: &data }];
            let plot = Plot { look: &look, lines: &lines, from: data.from, to: data.to, kind: Kind::Linear, crosshair: None };
            let scale = plot.scale();
            plot.set_dots(&mut dots, &scale);
            let spot = column(data.from, data.to, dots.columns(), at as i64).unwrap();
            let row = scale.row(values[at], dots.rows()).unwrap();
            let near = row.saturating_sub(1)..=row + 1;
            prop_assert!(near.clone().any(|row| dots.is_set(spot, row)));
        }

        #[test]
        fn nothing_is_drawn_outside_the_finite_values(values in proptest::collection::vec(prop_oneof![4 => 0.0..10.0f64, 1 => Just(f64::NAN), 1 => Just(f64::INFINITY), 1 => Just(f64::NEG_INFINITY)], 2..200)) {
            let look = look(Charset::Braille);
            let area = Rect::new(0, 0, 60, 12);
            let mut dots = Dots::new(look.charset, parts(area, true).plot);
            let data = data(&values, dots.columns());
            let lines = [Line { label: "loss", slot: 0, data: &data }];
            let plot = Plot { look: &look, lines: &lines, from: data.from, to: data.to, kind: Kind::Linear, crosshair: None };
            let scale = plot.scale();
            plot.set_dots(&mut dots, &scale);
            let finite: Vec<(usize, usize)> = values.iter().enumerate().filter(|(_, v)| v.is_finite()).map(|(step, v)| {
                (column(data.from, data.to, dots.columns(), step as i64).unwrap(), scale.row(*v, dots.rows()).unwrap())
            }).collect();
            let span = |of: fn(&(usize, usize)) -> usize| (finite.iter().map(of).min().unwrap_or(usize::MAX), finite.iter().map(of).max().unwrap_or(0));
            let ((left, right), (top, bottom)) = (span(|dot| dot.0), span(|dot| dot.1));
            for column in 0..dots.columns() {
                for row in (0..dots.rows()).filter(|row| dots.is_set(column, *row)) {
                    prop_assert!(left <= column && column <= right && top <= row && row <= bottom);
                }
            }
        }

        #[test]
        fn no_size_and_no_value_panics(width in 1u16..200, height in 1u16..60, values in proptest::collection::vec(prop_oneof![any::<f64>(), -1e300..1e300f64, 1e-300..1e-290f64], 1..50), log in any::<bool>()) {
            let kind = if log { Kind::Log } else { Kind::Linear };
            for charset in Charset::iter() {
                let look = look(charset);
                let dots = columns(&look, Rect::new(0, 0, width, height));
                picture(&data(&values, dots), &look, width, height, kind);
            }
        }
    }

    #[test]
    fn a_chart_with_a_hole_of_nan_says_so_and_joins_nothing_over_it() {
        let mut values: Vec<f64> = (0..40).map(|i| f64::from(40 - i) / 10.0).collect();
        values[20..24].fill(f64::NAN);
        insta::assert_snapshot!(text(&picture(
            &data(&values, 32),
            &look(Charset::Ascii),
            40,
            10,
            Kind::Linear
        )));
    }

    #[test]
    fn a_log_chart_has_decades() {
        let values: Vec<f64> = (0..60).map(|i| 10f64.powf(-f64::from(i) / 20.0)).collect();
        insta::assert_snapshot!(text(&picture(
            &data(&values, 64),
            &look(Charset::Braille),
            40,
            10,
            Kind::Log
        )));
    }

    #[test]
    fn a_resume_leaves_a_seam_and_the_newer_branch_on_top() {
        let window = Window {
            from: 0,
            to: 99,
            columns: 64,
            slack: 0.25,
        };
        let point = |step: i64, value: f64| Point {
            step,
            time: 0,
            value,
        };
        let points: Vec<(u32, Point)> = (0..60)
            .map(|step| (0, point(step, 2.0)))
            .chain((40..100).map(|step| (1, point(step, 1.0))))
            .collect();
        let data = ChartData {
            from: 0,
            to: 99,
            raw: smoothed(&points, 0.0, &window),
            ..ChartData::default()
        };
        insta::assert_snapshot!(text(&picture(
            &data,
            &look(Charset::Braille),
            40,
            8,
            Kind::Linear
        )));
    }
}
