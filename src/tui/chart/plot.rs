//! The chart itself: axes, lines, what is not finite, seams of resumed runs, the crosshair.

mod trace;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::Style,
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
