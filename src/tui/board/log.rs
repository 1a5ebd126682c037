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

/// A line as a terminal would leave it: without the sequences that colour it or move in it, only what was written after
/// the last return to its beginning, and without what was rubbed out.
pub fn plain(line: &str) -> String {
    let line = without_escapes(line);
    let line = line.trim_end_matches('\r');
    let line = line.rsplit('\r').next().unwrap_or(line);
    let mut left = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '\u{8}' => drop(left.pop()),
            c => left.push(c),
        }
    }
    left
}

/// Without CSI, OSC and the other sequences that begin with ESC (ECMA-48, 5.3 to 5.6), also where their end is missing.
fn without_escapes(line: &str) -> String {
    let mut kept = String::with_capacity(line.len());
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        let kind = match c {
            '\u{1b}' => rest.next(),
            '\u{9b}' => Some('['),
            '\u{9d}' => Some(']'),
            c => {
                kept.push(c);
                continue;
            }
        };
        match kind {
            Some('[') => drop(rest.by_ref().find(|c| !matches!(c, ' '..='?'))),
            Some(']' | 'P' | 'X' | '^' | '_') => {
                let end = rest.find(|c| matches!(c, '\u{7}' | '\u{1b}' | '\u{9c}'));
                if end == Some('\u{1b}') {
                    rest.next_if_eq(&'\\');
                }
            }
            Some(' '..='/') => drop(rest.by_ref().find(|c| !matches!(c, ' '..='/'))),
            _ => {}
        }
    }
    kept
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
    fn a_line_is_what_a_terminal_would_leave_of_it() {
        for (line, want) in [
            ("plain", "plain"),
            (" 10%|#   |\r 50%|##  |\r100%|####|", "100%|####|"),
            ("  3%|#|\r", "  3%|#|"),
            ("\u{1b}[31mERROR\u{1b}[0m: x\u{1b}[K", "ERROR: x"),
            ("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{7}", "link"),
            ("\u{1b}(B\u{9b}1mbold", "bold"),
            ("-\u{8}\\\u{8}|\u{8}/", "/"),
            ("\u{8}\u{8}a", "a"),
            ("cut \u{1b}]0;title", "cut "),
        ] {
            assert_eq!(plain(line), want);
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
        fn nothing_is_left_that_moves_the_cursor(line in "([a-z]|\r|\u{8}|\u{1b}|\\[|\\]|;|[0-9]|m|\u{7}|\\\\|\u{9b}){0,60}") {
            let left = plain(&line);
            prop_assert!(!left.contains(['\r', '\u{8}', '\u{1b}', '\u{9b}', '\u{9d}']), "{:?}", left);
            prop_assert_eq!(plain(&left), left);
        }

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
