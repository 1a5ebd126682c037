//! The end of a run's output: followed, or held where a person scrolled to.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    ops::logs::Chunk,
    tui::{action::Action, look::Pane, remote::Remote, scroll, shared::Shared, text, theme::Role},
};

/// Where in the log a person looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogView {
    /// Lines between the last one shown and the end; 0 follows.
    pub above_end: usize,
    height: usize,
    lines: usize,
}

impl LogView {
    pub fn act(&mut self, action: Action) -> bool {
        let most = self.lines.saturating_sub(self.height.max(1));
        let top = most.saturating_sub(self.above_end);
        let top = match action {
            Action::Matter => Some(most),
            action => scroll::moved(action, top, self.height, most),
        };
        self.above_end = top.map_or(self.above_end, |top| most - top);
        top.is_some()
    }

    pub fn draw<Q: Clone + PartialEq>(
        &mut self,
        log: &Remote<Q, Chunk>,
        buffer: &mut Buffer,
        area: Rect,
        shared: &Shared,
        is_focused: bool,
    ) {
        let look = &shared.look;
        let chunk = log.value.as_ref();
        let pane = Pane::new("log")
            .note(vec![look.span(self.note(chunk), Role::Dim)])
            .focused(is_focused);
        let inner = look.pane(buffer, area, &pane);
        let Some(chunk) = chunk else {
            match &log.error {
                Some(error) => crate::tui::trouble::draw(buffer, inner, look, error),
                None => look.line(buffer, inner, look.span(" …", Role::Dim).into()),
            }
            return;
        };
        let lines: Vec<&str> = chunk.text.lines().collect();
        if lines.is_empty() {
            look.line(buffer, inner, look.span(" no output yet", Role::Dim).into());
        }
        // Held where it is while lines are added below.
        if 0 < self.above_end {
            self.above_end += lines.len().saturating_sub(self.lines);
        }
        (self.height, self.lines) = (usize::from(inner.height), lines.len());
        self.above_end = self.above_end.min(lines.len().saturating_sub(self.height));
        let end = lines.len() - self.above_end;
        let shown = &lines[end.saturating_sub(self.height)..end];
        let width = usize::from(inner.width).saturating_sub(1);
        look.lines(
            buffer,
            inner,
            shown.iter().map(|line| {
                Line::from(vec![
                    Span::raw(" "),
                    Span::styled(look.clip(line, width), look.style(role(line))),
                ])
            }),
        );
    }

    fn note(&self, chunk: Option<&Chunk>) -> String {
        let Some(chunk) = chunk else {
            return String::new();
        };
        let what = if self.above_end == 0 {
            "following"
        } else {
            "held, f follows"
        };
        if chunk.from == 0 {
            what.to_owned()
        } else {
            format!(
                "{what}, last {} of {}",
                text::bytes((chunk.to - chunk.from) as f64),
                text::bytes(chunk.size as f64)
            )
        }
    }
}

/// Lines that say of themselves that they matter.
fn role(line: &str) -> Role {
    let start: String = line.chars().take(80).collect();
    if ["ERROR", "error:", "panicked", "Traceback"]
        .iter()
        .any(|word| start.contains(word))
    {
        Role::Error
    } else if ["WARN", "warning:"].iter().any(|word| start.contains(word)) {
        Role::Warn
    } else {
        Role::Text
    }
}
