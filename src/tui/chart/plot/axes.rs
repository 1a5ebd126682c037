//! The axes of a chart: values at the left, places below, limits across, the crosshair.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::Modifier,
};

use super::{Limit, Parts, Plot, put};
use crate::tui::{chart::ticks::Scale, text, theme::Role};

impl Plot<'_> {
    /// The line at the left with its labels; none without a scale.
    pub(super) fn draw_values(&self, buffer: &mut Buffer, parts: &Parts, scale: Option<&Scale>) {
        if parts.gutter == 0 {
            return;
        }
        let (axis, border) = (self.look.style(Role::Axis), self.look.style(Role::Guide));
        let plot = parts.plot;
        let left = plot.x - parts.gutter;
        for y in plot.top()..plot.bottom() {
            let line = self.look.charset.border().vertical;
            put(buffer, plot.x - 1, y, line, border);
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
        if let (Some(base), Some(y)) = (ticks.base, parts.places) {
            let base = text::cell_right(&base, width, self.look.charset.ellipsis());
            buffer.set_stringn(left, y, base, width, axis);
        }
    }

    pub(super) fn draw_places(&self, buffer: &mut Buffer, parts: &Parts) {
        let Some(y) = parts.places else {
            return;
        };
        let wide = usize::from(parts.plot.width);
        for (at, label) in self.axis.labels(wide) {
            let x = parts.plot.x + at as u16;
            buffer.set_stringn(x, y, label, wide - at, self.look.style(Role::Axis));
        }
    }

    /// The limits in sight, across the plot.
    pub(super) fn draw_limits(&self, buffer: &mut Buffer, plot: Rect, scale: &Scale) {
        for limit in self.limits.iter().filter(|limit| !is_beyond(scale, limit)) {
            let Some(row) = scale.row(limit.value(), usize::from(plot.height)) else {
                continue;
            };
            let line = self.look.charset.limit(matches!(limit, Limit::Alert(_)));
            let style = self.look.style(limit.role());
            for x in plot.left()..plot.right() {
                put(buffer, x, plot.y + row as u16, line, style);
            }
        }
    }

    /// The values of those that are not, at the edges they lie behind, over the lines.
    pub(super) fn draw_far_limits(&self, buffer: &mut Buffer, plot: Rect, scale: &Scale) {
        for limit in self.limits.iter().filter(|limit| is_beyond(scale, limit)) {
            let Some(row) = scale.row(limit.value(), usize::from(plot.height)) else {
                continue;
            };
            let word = match limit {
                Limit::Warn(_) => "warn",
                Limit::Alert(_) => "alert",
            };
            let arrow = self.look.charset.sorted(scale.is_above(limit.value()));
            let label = format!("{word} {} {arrow}", text::rough(limit.value()));
            let width = text::width(&label) as u16;
            if width <= plot.width {
                let (x, y) = (plot.right() - width, plot.y + row as u16);
                buffer.set_string(x, y, label, self.look.style(limit.role()));
            }
        }
    }

    pub(super) fn draw_crosshair(&self, buffer: &mut Buffer, plot: Rect) {
        let Some(x) = self.crosshair.and_then(|at| self.cell_column(plot, at)) else {
            return;
        };
        let (hairline, style) = (
            self.look.charset.crosshair(),
            self.look.style(Role::Crosshair),
        );
        (plot.top()..plot.bottom()).for_each(|y| put(buffer, x, y, hairline, style));
    }

    /// The hairline where a line is drawn in its place: there the cells are turned inside out.
    pub(super) fn cross_dots(&self, buffer: &mut Buffer, plot: Rect) {
        let Some(x) = self.crosshair.and_then(|at| self.cell_column(plot, at)) else {
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
}

fn is_beyond(scale: &Scale, limit: &Limit) -> bool {
    scale.is_above(limit.value()) || scale.is_below(limit.value())
}
