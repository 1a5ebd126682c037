//! The keys that work here, made from the keymap: filtered as one types, run with Enter.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};

use super::{Key, Outcome, framed, input::Input};
use crate::tui::{action::Action, chord::Keys, look::Look, theme::Role};

#[derive(Debug)]
pub struct Help {
    pub input: Input,
    bindings: Vec<Binding>,
    index: usize,
    height: usize,
}

/// An action, its keys, and why it cannot be done now.
#[derive(Debug)]
pub struct Binding {
    pub action: Action,
    pub keys: Vec<Keys>,
    pub refusal: Option<String>,
}

impl Help {
    pub fn new(bindings: Vec<Binding>) -> Self {
        Self {
            input: Input::default(),
            bindings,
            index: 0,
            height: 0,
        }
    }

    fn shown(&self) -> Vec<&Binding> {
        let wanted = self.input.text.to_lowercase();
        let matches = |binding: &&Binding| {
            let keys = binding
                .keys
                .iter()
                .any(|keys| keys.to_string() == self.input.text);
            keys || format!("{} {}", binding.action.name(), binding.action.help()).contains(&wanted)
        };
        self.bindings.iter().filter(matches).collect()
    }

    pub fn key(&mut self, key: Key) -> Outcome {
        // `?` closes what it opened.
        if self.input.text.is_empty() && key.chord.typed() == Some('?') {
            return Outcome::Close;
        }
        if self.input.key(key.chord) {
            self.index = 0;
            return Outcome::Stay;
        }
        let last = self.shown().len().saturating_sub(1);
        let page = self.height.max(1);
        self.index = match key.action {
            Some(Action::Down | Action::NextPane) => self.index + 1,
            Some(Action::Up | Action::PreviousPane) => self.index.saturating_sub(1),
            Some(Action::PageDown) => self.index + page,
            Some(Action::PageUp) => self.index.saturating_sub(page),
            Some(Action::Open) => {
                let chosen = self.shown().get(self.index).map(|binding| binding.action);
                return chosen.map_or(Outcome::Close, Outcome::Act);
            }
            Some(Action::Escape | Action::Interrupt) => return Outcome::Close,
            _ => self.index,
        }
        .min(last);
        Outcome::Stay
    }

    pub fn draw(&mut self, buffer: &mut Buffer, area: Rect, look: &Look) -> Option<Position> {
        let count = self.bindings.len() as u16;
        let inner = framed(buffer, area, look, "keys", (62, count + 2));
        if inner.height < 2 {
            return None;
        }
        let lead = " filter: ";
        look.line(buffer, inner, Line::from(look.span(lead, Role::Dim)));
        let field = Rect {
            x: inner.x + (lead.len() as u16).min(inner.width),
            width: inner.width.saturating_sub(lead.len() as u16),
            height: 1,
            ..inner
        };
        let (line, column) = self.input.draw(look, usize::from(field.width));
        look.line(buffer, field, line);
        let list = Rect {
            y: inner.y + 2.min(inner.height),
            height: inner.height.saturating_sub(2),
            ..inner
        };
        let height = usize::from(list.height);
        let shown = self.shown();
        let first = (self.index + 1).saturating_sub(height);
        for (place, (at, binding)) in list.rows().zip(shown.iter().enumerate().skip(first)) {
            look.line(buffer, place, row(binding, look, usize::from(list.width)));
            if at == self.index {
                buffer.set_style(place, look.style(Role::Selected));
            }
        }
        if shown.is_empty() {
            look.line(
                buffer,
                list,
                Line::from(look.span(" no key does that here", Role::Dim)),
            );
        }
        self.height = height;
        (!field.is_empty()).then(|| Position::new(field.x + column.min(field.width - 1), field.y))
    }
}

fn row(binding: &Binding, look: &Look, columns: usize) -> Line<'static> {
    let keys: Vec<String> = binding.keys.iter().map(Keys::short).collect();
    let mut spans = vec![
        look.span(
            look.cell_right(&keys.join("  "), 18.min(columns / 2)),
            Role::Key,
        ),
        Span::raw("  "),
    ];
    match &binding.refusal {
        Some(why) => spans.push(look.span(format!("{}: {why}", binding.action.help()), Role::Dim)),
        None => spans.push(Span::raw(binding.action.help())),
    }
    crate::tui::look::fit(spans, columns, look.charset.ellipsis())
}
