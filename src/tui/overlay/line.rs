//! The command line: completed from what is there, mended where it stands, and remembered.

use crossterm::event::KeyCode;
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
    widgets::{Clear, Widget as _},
};

use super::{Key, Outcome, input::Input, prompt};
use crate::{
    ops::runs::Names,
    tui::{
        action::Action,
        command::{self, Live, Wrong},
        look::Look,
        text,
        theme::Role,
    },
};

#[derive(Debug, Default)]
pub struct CommandLine {
    pub input: Input,
    /// Lines entered before, the newest last.
    history: Vec<String>,
    /// Which of them stands in the input, and what stood there before.
    recalled: Option<(usize, String)>,
    live: Live,
    offered: Option<Offered>,
    pub wrong: Option<Wrong>,
}

/// Words to choose from, for the end of a line.
#[derive(Debug)]
struct Offered {
    before: String,
    words: Vec<String>,
    at: usize,
}

impl CommandLine {
    pub fn new(text: &str, history: Vec<String>, live: Live) -> Self {
        Self {
            input: Input::of(text),
            history,
            live,
            ..Self::default()
        }
    }

    pub fn key(&mut self, key: Key) -> Outcome {
        let is_back = key.chord.code == KeyCode::Backspace && self.input.text.is_empty();
        if is_back {
            return Outcome::Close;
        }
        if self.input.key(key.chord) {
            self.edited();
            return Outcome::Stay;
        }
        match key.action {
            Some(Action::Open) => return Outcome::Command(self.input.text.clone()),
            Some(Action::NextPane) => self.complete(true),
            Some(Action::PreviousPane) => self.complete(false),
            Some(Action::Up) => self.recall(true),
            Some(Action::Down) => self.recall(false),
            Some(Action::Escape | Action::Interrupt) => return Outcome::Close,
            _ => {}
        }
        Outcome::Stay
    }

    /// The metrics of all runs and the saved filters, once they are known.
    pub fn named(&mut self, names: &Names) {
        self.live.filters = names
            .filters
            .iter()
            .map(|name| format!("@{name}"))
            .collect();
        let known = &mut self.live.metrics;
        let others = names.metrics.iter().filter(|name| !known.contains(name));
        let others: Vec<String> = others.cloned().collect();
        known.extend(others);
    }

    /// What was said of the text is said of another.
    pub fn edited(&mut self) {
        (self.offered, self.recalled, self.wrong) = (None, None, None);
    }

    /// Takes the next word that fits; all that they have in common first.
    fn complete(&mut self, is_forward: bool) {
        self.wrong = None;
        if let Some(offered) = &mut self.offered {
            let count = offered.words.len();
            offered.at = (offered.at + if is_forward { 1 } else { count - 1 }) % count;
            let text = format!("{}{}", offered.before, offered.words[offered.at]);
            self.input = Input::of(&text);
            return;
        }
        let (range, words) = command::completions(&self.input.text, &self.live);
        let before = self.input.text[..range.start].to_owned();
        match &words[..] {
            [] => {}
            [word] => {
                let blank = if word.ends_with([':', '/']) { "" } else { " " };
                self.input = Input::of(&format!("{before}{word}{blank}"));
            }
            _ => {
                let common = common(&words);
                let at = if is_forward { 0 } else { words.len() - 1 };
                let is_news = self.input.text.len() < before.len() + common.len();
                let word = if is_news { common } else { words[at].clone() };
                self.input = Input::of(&format!("{before}{word}"));
                // The first step shows what there is; the next chooses.
                self.offered = (!is_news).then_some(Offered { before, words, at });
            }
        }
    }

    /// Brings an earlier line that begins like what was typed, or what was typed.
    fn recall(&mut self, is_older: bool) {
        let (at, typed) = match self.recalled.take() {
            Some((at, typed)) => (at, typed),
            None => (self.history.len(), self.input.text.clone()),
        };
        let fits = |at: &usize| self.history[*at].starts_with(&typed);
        let found = match is_older {
            true => (0..at).rev().find(fits),
            false => (at + 1..self.history.len()).find(fits),
        };
        (self.offered, self.wrong) = (None, None);
        match (found, is_older) {
            (Some(found), _) => {
                self.input = Input::of(&self.history[found]);
                self.recalled = Some((found, typed));
            }
            (None, true) if at < self.history.len() => self.recalled = Some((at, typed)),
            (None, true) => {}
            (None, false) => self.input = Input::of(&typed),
        }
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look) -> Option<Position> {
        let above = Rect {
            y: area.bottom().saturating_sub(2),
            height: 1,
            ..area
        };
        let wrong = self.wrong.as_ref();
        let wrong = wrong.map(|wrong| (wrong.at, wrong.message.clone()));
        let is_wrong = wrong.is_some();
        let cursor = prompt::draw_line(buffer, area, look, ":", &self.input, wrong);
        let above = Rect {
            y: above.y.saturating_sub(u16::from(is_wrong)),
            ..above
        };
        if area.y <= above.y && 2 < area.height {
            Clear.render(above, buffer);
            look.line(buffer, above, self.beside(look, usize::from(area.width)));
        }
        cursor
    }

    /// What fits the end of the line, or how the command in it goes on.
    fn beside(&self, look: &Look, columns: usize) -> Line<'static> {
        let (words, at) = match &self.offered {
            Some(offered) => (offered.words.clone(), Some(offered.at)),
            None => (command::completions(&self.input.text, &self.live).1, None),
        };
        let mut spans = vec![Span::raw(" ")];
        if let Some((known, _)) = command::of(&self.input.text)
            && (self.offered.is_none() || words.is_empty())
        {
            let head = format!("{} {}", known.name, known.args);
            spans.push(look.span(head.trim_end().to_owned(), Role::Key));
            spans.push(look.span(format!("  {}  ", known.help), Role::Dim));
        }
        let mut room = columns.saturating_sub(spans.iter().map(Span::width).sum());
        // The chosen one is in sight.
        let first = at.map_or(0, |at| at.saturating_sub(3));
        for (number, word) in words.iter().enumerate().skip(first) {
            let word = format!(" {} ", look.clip(word, 40));
            if room < text::width(&word) {
                break;
            }
            room -= text::width(&word);
            let role = if at == Some(number) {
                Role::Banner
            } else {
                Role::Dim
            };
            spans.push(look.span(word, role));
        }
        crate::tui::look::fit(spans, columns, look.charset.ellipsis())
    }
}

/// What all words begin with.
fn common(words: &[String]) -> String {
    let first = words.first().cloned().unwrap_or_default();
    words.iter().fold(first, |common, word| {
        let same = common.chars().zip(word.chars());
        same.take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::time::Timestamp,
        tui::keymap::{Keymap, Lookup},
    };

    fn line(history: &[&str]) -> CommandLine {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let live = Live {
            runs: owned(&["brave-otter-7", "brave-owl-1"]),
            ..Live::default()
        };
        CommandLine::new("", owned(history), live)
    }

    fn keys(line: &mut CommandLine, keys: &str) -> String {
        let keymap = Keymap::shipped();
        for key in keys.split(' ') {
            let chord = key.parse().unwrap();
            let action = match keymap.lookup(&["overlay"], &[chord]) {
                Lookup::Action(action) => Some(action),
                _ => None,
            };
            let at = Timestamp(0);
            line.key(Key { chord, action, at });
        }
        line.input.text.clone()
    }

    #[test]
    fn tab_takes_what_is_common_then_each_in_turn() {
        let mut line = line(&[]);
        assert_eq!(keys(&mut line, "o p tab"), "open ");
        assert_eq!(keys(&mut line, "b tab"), "open brave-o");
        assert_eq!(keys(&mut line, "tab"), "open brave-otter-7");
        assert_eq!(keys(&mut line, "tab"), "open brave-owl-1");
        assert_eq!(keys(&mut line, "tab"), "open brave-otter-7");
        assert_eq!(keys(&mut line, "backtab"), "open brave-owl-1");
    }

    #[test]
    fn earlier_lines_come_back_by_how_they_begin() {
        let mut line = line(&["runs", "theme dark", "runs stop a", "quit"]);
        assert_eq!(keys(&mut line, "up"), "quit");
        assert_eq!(keys(&mut line, "down"), "");
        assert_eq!(keys(&mut line, "r up"), "runs stop a");
        assert_eq!(keys(&mut line, "up"), "runs");
        assert_eq!(keys(&mut line, "up"), "runs");
        assert_eq!(keys(&mut line, "down"), "runs stop a");
        assert_eq!(keys(&mut line, "down"), "r");
    }
}
