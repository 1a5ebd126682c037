//! Letters over all that can be gone to: one or two of them go there.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::{Key, Outcome};
use crate::tui::{action::Action, look::Look, theme::Role};

#[derive(Debug)]
pub struct Jump {
    /// Where the letters stand, and what is pointed at by them.
    marks: Vec<(String, Position)>,
    typed: String,
}

/// Keys of the middle row first: they lie under the fingers.
const LETTERS: &str = "asdfghjklqwertyuiopzxcvbnm";

impl Jump {
    /// The places in the order in which they get the shorter and nearer letters.
    pub fn over(places: Vec<Position>) -> Self {
        let labels = labels(places.len());
        Self {
            marks: labels.into_iter().zip(places).collect(),
            typed: String::new(),
        }
    }

    pub fn key(&mut self, key: Key) -> Outcome {
        if matches!(key.action, Some(Action::Escape | Action::Interrupt)) {
            return Outcome::Close;
        }
        let Some(letter) = key.chord.typed() else {
            return Outcome::Close;
        };
        self.typed.push(letter);
        let found = self.marks.iter().find(|(label, _)| *label == self.typed);
        if let Some((_, at)) = found {
            return Outcome::Point(*at);
        }
        let mut marks = self.marks.iter();
        match marks.any(|(label, _)| label.starts_with(&self.typed)) {
            true => Outcome::Stay,
            false => Outcome::Close,
        }
    }

    pub fn draw(&self, buffer: &mut Buffer, look: &Look) {
        for (label, at) in &self.marks {
            let Some(rest) = label.strip_prefix(&self.typed) else {
                continue;
            };
            let width = (rest.len() as u16).min(buffer.area.right().saturating_sub(at.x));
            let place = Rect::new(at.x, at.y, width, 1);
            look.line(buffer, place, look.span(rest, Role::Banner).into());
        }
    }
}

/// So many labels, none of which another begins with: single letters as far as they go, then pairs.
fn labels(count: usize) -> Vec<String> {
    let letters: Vec<char> = LETTERS.chars().collect();
    // Each first letter that is given up makes pairs with all.
    let firsts = (0..=letters.len())
        .find(|firsts| count <= letters.len() - firsts + firsts * letters.len())
        .unwrap_or(letters.len());
    let singles = letters[..letters.len() - firsts]
        .iter()
        .map(char::to_string);
    let pairs = letters[letters.len() - firsts..]
        .iter()
        .flat_map(|first| letters.iter().map(move |second| format!("{first}{second}")));
    singles.chain(pairs).take(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_label_begins_another_and_few_are_one_letter() {
        for count in [0, 1, 26, 27, 60, 676, 700] {
            let labels = labels(count);
            assert_eq!(labels.len(), count.min(676));
            let begins = |a: &String, b: &String| a != b && b.starts_with(a.as_str());
            assert!(!labels.iter().any(|a| labels.iter().any(|b| begins(a, b))));
            assert_eq!(count <= 26, labels.iter().all(|label| label.len() == 1));
        }
        assert_eq!(labels(3), ["a", "s", "d"]);
    }
}
