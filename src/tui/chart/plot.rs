//! The chart itself: axes, lines, what is not finite, seams of resumed runs, the crosshair.

mod axes;
mod trace;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::{Modifier, Style},
};

use self::trace::Layer;
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

/// Lines that have a colour and a mark of their own; more of them begin anew.
const SLOTS: usize = 8;
/// Marks of lines where there are no dots.
const MARKS: [char; SLOTS] = ['*', 'o', '+', 'x', '#', '@', '%', '&'];

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
        let has_values = self.buckets().any(|bucket| 0 < bucket.finite);
        self.draw_values(buffer, area.x, parts, has_values.then_some(&scale));
        if parts.has_axis {
            self.draw_steps(buffer, parts.plot);
        }
        self.draw_marks(buffer, parts);
        if !has_values {
            self.draw_nothing(buffer, parts.plot);
            return;
        }
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
        self.cross_dots(buffer, parts.plot);
        self.label_single_point(buffer, parts.plot, &scale);
        self.draw_seams(buffer, parts.plot);
    }

    /// Where nothing can be drawn: why.
    fn draw_nothing(&self, buffer: &mut Buffer, plot: Rect) {
        let sum = |count: fn(&Bucket) -> u32| -> u64 {
            self.buckets().map(|bucket| u64::from(count(bucket))).sum()
        };
        let nan = sum(|bucket| bucket.nan);
        let infinite = sum(|bucket| bucket.positive_infinite + bucket.negative_infinite);
        let text = match (nan, infinite) {
            (0, 0) => "no points in these steps".to_owned(),
            (1, 0) => "the only value is NaN".to_owned(),
            (0, 1) => "the only value is infinite".to_owned(),
            (nan, 0) => format!("all {nan} values are NaN"),
            (0, infinite) => format!("all {infinite} values are infinite"),
            _ => format!("no finite value: NaN×{nan} inf×{infinite}"),
        };
        let role = if nan + infinite == 0 {
            Role::Dim
        } else {
            Role::Error
        };
        let text = self.look.clip(&text, usize::from(plot.width));
        let x = plot.x + (plot.width - text::width(&text) as u16) / 2;
        buffer.set_string(x, plot.y + plot.height / 2, text, self.look.style(role));
    }

    /// A dot alone is easily missed: its value stands beside it.
    fn label_single_point(&self, buffer: &mut Buffer, plot: Rect, scale: &Scale) {
        let with_points = |line: &&Line<'_>| {
            let mut buckets = line.data.raw.iter().flat_map(|segment| &segment.columns);
            buckets.any(|bucket| 0 < bucket.finite)
        };
        let points: u64 = self.buckets().map(|bucket| bucket.finite).sum();
        let bucket = self.buckets().find(|bucket| 0 < bucket.finite);
        let (1, Some(line), Some(bucket)) = (points, self.lines.iter().find(with_points), bucket)
        else {
            return;
        };
        let place = self
            .cell_column(plot, bucket.step)
            .zip(scale.row(bucket.last, usize::from(plot.height)));
        let Some((x, row)) = place else {
            return;
        };
        let value = text::value(bucket.last);
        let width = text::width(&value) as u16;
        let x = match x.checked_sub(width + 1) {
            Some(before) if plot.x <= before => before,
            _ => x + 2,
        };
        if x + width <= plot.right() {
            let style = self.look.theme.series(line.slot);
            buffer.set_string(x, plot.y + row as u16, value, style);
        }
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

    /// The hairline where a line is drawn in its place: there the cells are turned inside out.
    fn cross_dots(&self, buffer: &mut Buffer, plot: Rect) {
        let Some(x) = self.crosshair.and_then(|step| self.cell_column(plot, step)) else {
            return;
        };
        let hairline = self.look.charset.crosshair();
        for y in plot.top()..plot.bottom() {
            if let Some(cell) = buffer.cell_mut(Position::new(x, y))
                && cell.symbol() != hairline
            {
                cell.modifier |= Modifier::REVERSED;
            }
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

fn not_finite(bucket: &Bucket) -> u32 {
    bucket.nan + bucket.positive_infinite + bucket.negative_infinite
}

fn put(buffer: &mut Buffer, x: u16, y: u16, symbol: &str, style: Style) {
    if let Some(cell) = buffer.cell_mut(Position::new(x, y)) {
        cell.set_symbol(symbol).set_style(style);
    }
}

#[cfg(test)]
mod tests;
