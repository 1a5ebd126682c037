//! A short list to choose from.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{Key, Outcome, framed};
use crate::{
    ops::runs::Sort,
    tui::{action::Action, look::Look, text, theme::Role},
};

#[derive(Debug)]
pub struct Menu {
    title: &'static str,
    choices: Vec<(String, Sort)>,
    index: usize,
}

impl Menu {
    /// Orders of the list of runs, standing on the one in force.
    pub fn sort(choices: Vec<(String, Sort)>, now: &Sort) -> Self {
        Self {
            title: "sort by",
            index: choices
                .iter()
                .position(|(_, sort)| sort == now)
                .unwrap_or(0),
            choices,
        }
    }

    pub fn key(&mut self, key: Key) -> Outcome {
        // Digits choose, so that no arrow is needed.
        let digit = key.chord.typed().and_then(|c| c.to_digit(10));
        if let Some((_, sort)) =
            digit.and_then(|digit| self.choices.get((digit as usize).checked_sub(1)?))
        {
            return Outcome::Sort(sort.clone());
        }
        let last = self.choices.len().saturating_sub(1);
        match key.action {
            Some(Action::Down | Action::NextPane) => self.index = (self.index + 1).min(last),
            Some(Action::Up | Action::PreviousPane) => self.index = self.index.saturating_sub(1),
            Some(Action::First | Action::PageUp) => self.index = 0,
            Some(Action::Last | Action::PageDown) => self.index = last,
            Some(Action::Open) => {
                return match self.choices.get(self.index) {
                    Some((_, sort)) => Outcome::Sort(sort.clone()),
                    None => Outcome::Close,
                };
            }
            Some(Action::Back | Action::Escape | Action::Interrupt) => return Outcome::Close,
            _ => {}
        }
        Outcome::Stay
    }

    /// Draws itself; gives back the row of the choice.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look) -> Rect {
        let mut chosen = Rect::ZERO;
        let widths = self.choices.iter().map(|(name, _)| text::width(name));
        let width = widths.max().unwrap_or(0).max(16) + 6;
        let size = (width as u16, self.choices.len() as u16);
        let inner = framed(buffer, area, look, self.title, size);
        let first = (self.index + 1).saturating_sub(usize::from(inner.height));
        for (line, (at, (name, _))) in inner
            .rows()
            .zip(self.choices.iter().enumerate().skip(first))
        {
            let number = if at < 9 {
                (at + 1).to_string()
            } else {
                " ".to_owned()
            };
            let name = look.clip(name, usize::from(inner.width).saturating_sub(4));
            look.line(
                buffer,
                line,
                Line::from(vec![
                    look.span(format!(" {number} "), Role::Key),
                    Span::raw(name),
                ]),
            );
            if at == self.index {
                buffer.set_style(line, look.style(Role::Selected));
                chosen = line;
            }
        }
        chosen
    }
}
