//! Which charts stand on the page, and in which order: kept for all runs of the experiment.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use crate::tui::{
    action::Action,
    board::{Board, Group, arrangement::Arrangement},
    overlay::framed,
    rows::Rows,
    shared::Shared,
    text,
    theme::Role,
};

pub struct Picker {
    charts: Vec<(Group, bool)>,
    rows: Rows,
}

impl Picker {
    /// The charts of a board as they are arranged.
    pub fn of(board: &Board) -> Self {
        Self {
            charts: board.arranged(),
            rows: Rows::with_cursor(),
        }
    }

    /// What the charts come to.
    pub fn arrangement(&self) -> Arrangement {
        let charts = self.charts.iter();
        Arrangement::keep(charts.map(|(group, is_shown)| (group.name.as_str(), *is_shown)))
    }

    pub fn act(&mut self, action: Action) -> bool {
        let at = self.rows.index;
        match action {
            Action::Open => {
                if let Some((_, is_shown)) = self.charts.get_mut(at) {
                    *is_shown = !*is_shown;
                }
            }
            Action::Left if 0 < at => {
                self.charts.swap(at, at - 1);
                self.rows.index = at - 1;
            }
            Action::Right if at + 1 < self.charts.len() => {
                self.charts.swap(at, at + 1);
                self.rows.index = at + 1;
            }
            Action::Left | Action::Right => {}
            action => return self.rows.act(action),
        }
        true
    }

    pub fn draw(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let look = &shared.look;
        let names = self
            .charts
            .iter()
            .map(|(group, _)| text::width(&group.name));
        let name = names.max().unwrap_or(0).clamp(8, 32);
        let size = (name as u16 + 36, self.charts.len().min(200) as u16);
        let inner = framed(buffer, area, look, "charts", size);
        self.rows.fit(self.charts.len(), usize::from(inner.height));
        let width = usize::from(inner.width);
        let line = |(group, is_shown): &(Group, bool)| {
            let mark = if *is_shown { "[x]" } else { "[ ]" };
            let name = look.cell(&group.name, name);
            let metrics = look.clip(
                &group.metrics.join(" "),
                width.saturating_sub(text::width(&name) + 8),
            );
            Line::from(vec![
                look.span(format!(" {mark} "), Role::Key),
                Span::raw(format!("{name}  ")),
                look.span(metrics, Role::Dim),
            ])
        };
        let shown = &self.charts[self.rows.shown()];
        look.lines(buffer, inner, shown.iter().map(line));
        self.rows.mark(buffer, inner, shared);
    }
}
