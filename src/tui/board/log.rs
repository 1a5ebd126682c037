//! The end of a run's output: followed, or held where a person scrolled to.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    domain::text::plain,
    ops::logs::Chunk,
    tui::{action::Action, look::Pane, remote::Remote, scroll, shared::Shared, text, theme::Role},
};

/// Where in the log a person looks.
#[derive(Clone, Debug, Default)]
pub struct LogView {
    /// Where the first line shown begins in the file; `None` follows the end.
    held: Option<u64>,
    /// What is shown: the newest end of the log, or the older one that still has the line held.
    chunk: Chunk,
    /// Where its lines begin in the file.
    starts: Vec<u64>,
    height: usize,
}

impl LogView {
    pub fn is_following(&self) -> bool {
        self.held.is_none()
    }

    pub fn act(&mut self, action: Action) -> bool {
        let most = self.starts.len().saturating_sub(self.height.max(1));
        let top = match action {
            Action::Matter => Some(most),
            action => scroll::moved(action, self.top(), self.height, most),
        };
        let Some(top) = top else {
            return false;
        };
        self.held = self.starts.get(top).copied().filter(|_| top < most);
        true
    }

    /// The first line shown.
    fn top(&self) -> usize {
        let most = self.starts.len().saturating_sub(self.height);
        match self.held {
            Some(held) => self.starts.partition_point(|start| *start < held).min(most),
            None => most,
        }
    }

    /// Takes the newest end of the log, unless a line is held that it does not have any more.
    fn take(&mut self, chunk: &Chunk) {
        if self.held.is_some_and(|held| held < chunk.from) || self.chunk == *chunk {
            return;
        }
        self.chunk = chunk.clone();
        let mut at = chunk.from;
        self.starts = (chunk.text.split_inclusive('\n'))
            .map(|line| {
                let start = at;
                at += line.len() as u64;
                start
            })
            .collect();
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
        if let Some(chunk) = &log.value {
            self.take(chunk);
        }
        let pane = Pane::new("log")
            .note(vec![look.span(self.note(), Role::Dim)])
            .focused(is_focused);
        let inner = look.pane(buffer, area, &pane);
        if log.value.is_none() {
            match &log.error {
                Some(error) => crate::tui::trouble::draw(buffer, inner, look, error),
                None => look.line(buffer, inner, look.span(" …", Role::Dim).into()),
            }
            return;
        }
        if self.starts.is_empty() {
            look.line(buffer, inner, look.span(" no output yet", Role::Dim).into());
        }
        self.height = usize::from(inner.height);
        let width = usize::from(inner.width).saturating_sub(1);
        let lines = self.chunk.text.lines().skip(self.top());
        look.lines(
            buffer,
            inner,
            lines.map(|line| {
                let line = plain(line);
                Line::from(vec![
                    Span::raw(" "),
                    Span::styled(look.clip(&line, width), look.style(role(&line))),
                ])
            }),
        );
    }

    fn note(&self) -> String {
        let what = match self.held {
            None => "following",
            Some(_) => "held, f follows",
        };
        let Chunk { from, to, size, .. } = self.chunk;
        match from {
            0 => what.to_owned(),
            _ => format!(
                "{what}, last {} of {}",
                text::bytes((to - from) as f64),
                text::bytes(size as f64)
            ),
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthChar as _;

    use super::*;

    fn shared() -> Shared {
        let mut shared = crate::tui::fixture::shared();
        shared.look.has_borders = true;
        shared
    }

    fn draw(view: &mut LogView, chunk: Chunk) -> Vec<String> {
        let area = Rect::new(0, 0, 40, 6);
        let mut buffer = Buffer::empty(area);
        let mut log = Remote::<u8, Chunk>::default();
        log.answer(Ok(chunk));
        view.draw(&log, &mut buffer, area, &shared(), false);
        let rows = buffer.content.chunks(40);
        rows.map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect())
            .collect()
    }

    /// Lines `first..last` as the end of a log, each of 8 bytes.
    fn chunk(first: u64, last: u64) -> Chunk {
        let text: String = (first..last).map(|line| format!("{line:>7}\n")).collect();
        Chunk {
            from: first * 8,
            to: last * 8,
            size: last * 8,
            text,
        }
    }

    #[test]
    fn a_held_log_stays_at_its_line_when_the_end_moves_on() {
        let mut view = LogView::default();
        draw(&mut view, chunk(0, 100));
        for _ in 0..10 {
            view.act(Action::Up);
        }
        let held = draw(&mut view, chunk(0, 100));
        assert!(held[1].contains(" 86 "), "{held:?}");
        for (first, last) in [(0, 200), (50, 250), (86, 300), (5_000, 6_000)] {
            let rows = draw(&mut view, chunk(first, last));
            assert_eq!(rows[1..5], held[1..5], "{first}");
            assert!(!view.is_following());
        }
        view.act(Action::Matter);
        let rows = draw(&mut view, chunk(5_000, 6_000));
        assert!(
            view.is_following() && rows[4].contains(" 5999 "),
            "{rows:?}"
        );
    }

    proptest! {
        #[test]
        fn the_border_stands_beside_any_line(line in "([a-z]|👨\u{200d}👩|🇩🇪|❤\u{fe0f}|\u{200b}|👍🏽|漢|\u{301}|\u{202e}|لا|\u{1b}){0,40}") {
            let text = line + "\n";
            let size = text.len() as u64;
            let rows = draw(&mut LogView::default(), Chunk { from: 0, to: size, size, text });
            let row = &rows[1];
            prop_assert!(row.ends_with('│'), "{row:?}");
            // A wide character's second cell is a blank in the buffer.
            let wide = row.chars().filter(|c| c.width() == Some(2)).count();
            let width: usize = row.chars().filter_map(char::width).sum();
            prop_assert_eq!(width - wide, 40, "{:?}", row);
        }
    }
}
