//! Rows of any number, of which only those in sight are made: with a cursor, or as a text that scrolls.

use std::ops::Range;

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::{action::Action, look::Pane, scroll, shared::Shared, text, theme::Role};

/// Where one is among rows.
#[derive(Debug, Default)]
pub struct Rows {
    /// The row under the cursor; of a text, its first in sight.
    pub index: usize,
    top: usize,
    height: usize,
    count: usize,
    has_cursor: bool,
}

impl Rows {
    pub fn with_cursor() -> Self {
        Self {
            has_cursor: true,
            ..Self::default()
        }
    }

    pub fn act(&mut self, action: Action) -> bool {
        let in_sight = if self.has_cursor {
            1
        } else {
            self.height.max(1)
        };
        let last = self.count.saturating_sub(in_sight);
        let index = scroll::moved(action, self.index, self.height, last);
        self.index = index.unwrap_or(self.index);
        index.is_some()
    }

    /// Fits what is in sight to so many rows in such a height.
    pub fn fit(&mut self, count: usize, height: usize) {
        (self.count, self.height) = (count, height);
        let in_sight = if self.has_cursor { 1 } else { height };
        self.index = self.index.min(count.saturating_sub(in_sight));
        if !self.has_cursor {
            self.top = self.index;
            return;
        }
        self.top = self.top.min(self.index).min(count.saturating_sub(height));
        if self.top + height <= self.index {
            self.top = self.index + 1 - height.max(1);
        }
    }

    /// The rows in sight.
    pub fn shown(&self) -> Range<usize> {
        self.top..(self.top + self.height).min(self.count)
    }

    /// A frame for so many lines of a text; gives back its inside.
    pub fn frame(
        &mut self,
        title: &'static str,
        count: usize,
        buffer: &mut Buffer,
        area: Rect,
        shared: &Shared,
    ) -> Rect {
        let look = &shared.look;
        let below = count.saturating_sub(self.index + usize::from(area.height.saturating_sub(2)));
        let note = match below {
            0 => String::new(),
            below => format!("{} more", text::count(below as i64)),
        };
        let pane = Pane::new(title)
            .note(vec![look.span(note, Role::Dim)])
            .focused(true);
        let inner = look.pane(buffer, area, &pane);
        self.fit(count, usize::from(inner.height));
        inner
    }

    /// Lines of a text in their frame.
    pub fn draw_lines(
        &mut self,
        title: &'static str,
        lines: Vec<Line<'static>>,
        buffer: &mut Buffer,
        area: Rect,
        shared: &Shared,
    ) {
        let inner = self.frame(title, lines.len(), buffer, area, shared);
        let shown = self.shown();
        let lines = lines.into_iter().skip(shown.start).take(shown.len());
        shared.look.lines(buffer, inner, lines);
    }

    /// Marks the cursor's row among rows that begin at the top of an area.
    pub fn mark(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let row = area.rows().nth(self.index - self.top);
        if let Some(row) = row.filter(|_| self.index < self.count) {
            let row = row.intersection(buffer.area);
            shared.focus_on(row);
            buffer.set_style(row, shared.look.style(Role::Selected));
        }
    }
}
