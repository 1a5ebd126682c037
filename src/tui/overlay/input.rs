//! A line of text being typed.

use crossterm::event::KeyCode;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::tui::{chord::Chord, look::Look, text, theme::Role};

/// The longest text that is taken.
const LONGEST: usize = 4_096;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    pub text: String,
    /// Bytes before the cursor.
    cursor: usize,
}

/// What came of a paste.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pasted {
    Whole,
    /// The first of so many lines.
    FirstLine(usize),
    /// Nothing: the text would have so many bytes.
    TooLong(usize),
}

impl Pasted {
    /// What a person should know of it.
    pub fn remark(self) -> Option<String> {
        let count = |bytes: usize| text::count(bytes as i64);
        match self {
            Self::Whole => None,
            Self::FirstLine(lines) => Some(format!(
                "the first of {} pasted lines was taken",
                count(lines)
            )),
            Self::TooLong(bytes) => Some(format!(
                "pasted text is too long ({} of {} bytes): nothing taken",
                count(bytes),
                count(LONGEST)
            )),
        }
    }
}

impl Input {
    pub fn of(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            cursor: text.len(),
        }
    }

    /// Edits by a key. Says whether it was one for a text.
    pub fn key(&mut self, chord: Chord) -> bool {
        match (chord.typed(), chord.code) {
            (Some(c), _) => self.insert(&c.to_string()),
            (None, KeyCode::Backspace) if !chord.alt => {
                let from = self.before();
                self.text.replace_range(from..self.cursor, "");
                self.cursor = from;
            }
            (None, KeyCode::Delete) => {
                let to = self.after();
                self.text.replace_range(self.cursor..to, "");
            }
            (None, KeyCode::Char('u')) if chord.ctrl => {
                self.text.replace_range(..self.cursor, "");
                self.cursor = 0;
            }
            (None, KeyCode::Char('w')) if chord.ctrl => {
                let head = self.text[..self.cursor].trim_end();
                let from = head.rfind(' ').map_or(0, |at| at + 1);
                self.text.replace_range(from..self.cursor, "");
                self.cursor = from;
            }
            (None, KeyCode::Left) => self.cursor = self.before(),
            (None, KeyCode::Right) => self.cursor = self.after(),
            (None, KeyCode::Home) => self.cursor = 0,
            (None, KeyCode::End) => self.cursor = self.text.len(),
            _ => return false,
        }
        true
    }

    /// The first line of a pasted text; the rest would have to be typed as keys, which is never done.
    /// Terminals send the ends of lines as CR, as LF or as both.
    pub fn paste(&mut self, text: &str) -> Pasted {
        let mut lines = text.split(['\r', '\n']).filter(|line| !line.is_empty());
        let line = lines.next().unwrap_or_default();
        let line: String = line.chars().filter(|c| !c.is_control()).collect();
        let bytes = self.text.len() + line.len();
        if LONGEST < bytes {
            return Pasted::TooLong(bytes);
        }
        self.insert(&line);
        match lines.count() {
            0 => Pasted::Whole,
            more => Pasted::FirstLine(1 + more),
        }
    }

    fn insert(&mut self, text: &str) {
        if self.text.len() + text.len() <= LONGEST {
            self.text.insert_str(self.cursor, text);
            self.cursor += text.len();
        }
    }

    fn before(&self) -> usize {
        self.text[..self.cursor]
            .grapheme_indices(true)
            .next_back()
            .map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.text[self.cursor..]
            .graphemes(true)
            .next()
            .map_or(self.text.len(), |next| self.cursor + next.len())
    }

    /// The text, scrolled so that the cursor is in `columns`, and the column of the cursor.
    pub fn draw(&self, look: &Look, columns: usize) -> (Line<'static>, u16) {
        let room = columns.saturating_sub(1);
        let (mut start, mut width) = (self.cursor, 0);
        // From the cursor back: what is far to its left is not looked at.
        for (at, grapheme) in self.text[..self.cursor].grapheme_indices(true).rev() {
            let more = text::width(&crate::domain::text::shown(grapheme));
            if room < width + more {
                break;
            }
            (start, width) = (at, width + more);
        }
        let seen = text::clip(&self.text[start..], columns, "");
        (
            Line::from(Span::styled(seen, look.style(Role::Text))),
            width as u16,
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(input: &mut Input, keys: &str) {
        for key in keys.split(' ') {
            input.key(key.parse().unwrap());
        }
    }

    #[test]
    fn a_text_is_edited_as_anywhere() {
        let mut input = Input::of("lr=3e-4");
        keys(&mut input, "left left left left backspace 1 end 5");
        assert_eq!(input.text, "lr13e-45");
        keys(&mut input, "home delete delete ctrl-u end ctrl-w");
        assert_eq!(input.text, "");
        assert!(!input.key("enter".parse().unwrap()));
    }

    #[test]
    fn a_paste_is_one_harmless_line() {
        let mut input = Input::default();
        for end in ["\n", "\r", "\r\n"] {
            let text = format!("a\u{1b}b{end}rm -rf{end}");
            assert_eq!(input.paste(&text), Pasted::FirstLine(2), "{end:?}");
            assert_eq!(input.paste(&format!("c{end}")), Pasted::Whole);
        }
        assert_eq!(input.text, "abcabcabc");
    }

    #[test]
    fn a_paste_that_is_too_long_says_so_and_leaves_the_text() {
        let mut input = Input::of("name:");
        let pasted = input.paste(&"x".repeat(5_000));
        assert_eq!(
            pasted.remark().as_deref(),
            Some("pasted text is too long (5,005 of 4,096 bytes): nothing taken")
        );
        assert_eq!(input.text, "name:");
    }

    proptest! {
        #[test]
        fn no_text_and_no_key_breaks_it(text in any::<String>(), moves in proptest::collection::vec(0usize..6, 0..40), columns in 1usize..20) {
            let mut input = Input::of(&text);
            for at in moves {
                keys(&mut input, ["left", "right", "backspace", "delete", "é", "ctrl-w"][at]);
                let (_, column) = input.draw(&Look::default(), columns);
                prop_assert!(usize::from(column) <= columns);
            }
        }
    }
}
