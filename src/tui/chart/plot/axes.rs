//! The axes of a chart: values at the left, steps below.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::{Parts, Plot, column, put};
use crate::tui::{
    chart::ticks::{Scale, nice},
    text,
    theme::Role,
};

/// Blanks between two labels of steps.
const APART: usize = 3;
/// Columns for each label of a step.
const ROOM: usize = 10;

impl Plot<'_> {
    /// The line at the left with its labels; none without a scale.
    pub(super) fn draw_values(
        &self,
        buffer: &mut Buffer,
        left: u16,
        parts: Parts,
        scale: Option<&Scale>,
    ) {
        if parts.gutter == 0 {
            return;
        }
        let (axis, border) = (self.look.style(Role::Axis), self.look.style(Role::Guide));
        let plot = parts.plot;
        for y in plot.top()..plot.bottom() {
            put(
                buffer,
                plot.x - 1,
                y,
                self.look.charset.border().vertical,
                border,
            );
        }
        let Some(scale) = scale else {
            return;
        };
        let width = usize::from(parts.gutter) - 1;
        let ticks = scale.ticks(usize::from(plot.height), width);
        for (row, label) in &ticks.labels {
            let label = text::cell_right(label, width, "");
            buffer.set_stringn(left, plot.y + *row as u16, label, width, axis);
        }
        if let Some(base) = ticks.base.filter(|_| parts.has_axis) {
            let base = text::cell_right(&base, width, self.look.charset.ellipsis());
            buffer.set_stringn(left, plot.bottom(), base, width, axis);
        }
    }

    /// Labels of steps below the plot: both ends exactly, and round steps between them where there is room.
    pub(super) fn draw_steps(&self, buffer: &mut Buffer, plot: Rect) {
        let style = self.look.style(Role::Axis);
        let wide = usize::from(plot.width);
        let (first, last) = (text::whole(self.from), text::whole(self.to));
        if wide < text::width(&first) + APART + text::width(&last) {
            return;
        }
        let mut write = |at: usize, label: &str, style: Style| {
            buffer.set_stringn(plot.x + at as u16, plot.bottom(), label, wide - at, style);
        };
        let end = wide - text::width(&last);
        write(0, &first, style);
        write(end, &last, style);
        let mut free = text::width(&first) + APART;
        for step in self.round_steps(wide / ROOM) {
            let label = text::whole(step);
            let Some(middle) = column(self.from, self.to, wide, step) else {
                continue;
            };
            let at = middle.saturating_sub(text::width(&label) / 2);
            if free <= at && at + text::width(&label) + APART <= end {
                write(at, &label, style);
                free = at + text::width(&label) + APART;
            }
        }
    }

    /// At most about `most` whole, round steps between the ends.
    fn round_steps(&self, most: usize) -> impl Iterator<Item = i64> + use<> {
        let (from, to) = (self.from, self.to);
        let span = to.abs_diff(from) as f64;
        let by = nice(span / most.max(1) as f64).max(1.0) as i64;
        let first = from.div_euclid(by).saturating_add(1).checked_mul(by);
        std::iter::successors(first, move |step| step.checked_add(by))
            .take_while(move |step| *step < to)
    }
}
