//! Start a training: a preset, and what of it shall be otherwise this time.

use crossterm::event::KeyCode;
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};
use serde_json::Value;

use super::{Key, Outcome, framed, input::Input};
use crate::{
    domain::presets::Preset,
    ops::{self, presets::Offer},
    tui::{
        action::Action,
        effect::Verb,
        look::{Look, fit},
        theme::Role,
        trouble,
    },
};

#[derive(Debug, Default)]
pub struct Form {
    offers: Vec<Offer>,
    preset: usize,
    note: Input,
    fields: Vec<Field>,
    /// 0 is the preset, 1 the note, then the fields.
    index: usize,
    /// Submitted, and not answered yet.
    is_waiting: bool,
    is_loaded: bool,
    error: Option<ops::Error>,
}

#[derive(Debug)]
struct Field {
    name: String,
    shipped: String,
    input: Input,
}

/// What people change most, first.
const FIRST: [&str; 8] = [
    "train.epochs",
    "optimiser.lr",
    "train.batch",
    "net.kind",
    "net.hidden",
    "net.dropout",
    "seed",
    "device",
];

impl Form {
    pub fn offered(&mut self, offers: ops::Result<Vec<Offer>>) {
        match offers {
            Ok(offers) => {
                (self.offers, self.is_loaded) = (offers, true);
                self.choose(0);
            }
            Err(error) => self.error = Some(error),
        }
    }

    /// The training could not be queued: the form stays as it was filled in.
    pub fn refused(&mut self, error: ops::Error) {
        (self.error, self.is_waiting) = (Some(error), false);
    }

    fn choose(&mut self, at: usize) {
        self.preset = at;
        self.fields = self
            .offers
            .get(at)
            .map_or(vec![], |offer| fields(&offer.preset));
        self.error = None;
    }

    fn overrides(&self) -> Vec<String> {
        self.fields
            .iter()
            .filter(|field| field.input.text != field.shipped)
            .map(|field| format!("{}={}", field.name, field.input.text))
            .collect()
    }

    fn input(&mut self) -> Option<&mut Input> {
        match self.index {
            0 => None,
            1 => Some(&mut self.note),
            index => self.fields.get_mut(index - 2).map(|field| &mut field.input),
        }
    }

    pub fn paste(&mut self, text: &str) {
        if let Some(input) = self.input() {
            input.paste(text);
        }
    }

    pub fn key(&mut self, key: Key) -> Outcome {
        let last = 1 + self.fields.len();
        if self.index == 0 {
            match key.chord.code {
                KeyCode::Left | KeyCode::Char('h') => {
                    self.choose(self.preset.saturating_sub(1));
                    return Outcome::Stay;
                }
                KeyCode::Right | KeyCode::Char('l' | ' ') => {
                    self.choose((self.preset + 1).min(self.offers.len().saturating_sub(1)));
                    return Outcome::Stay;
                }
                KeyCode::Backspace => return Outcome::Close,
                _ => {}
            }
        } else if self.input().is_some_and(|input| input.key(key.chord)) {
            self.error = None;
            return Outcome::Stay;
        }
        match key.action {
            Some(Action::Down | Action::NextPane) => self.index = (self.index + 1).min(last),
            Some(Action::Up | Action::PreviousPane) => self.index = self.index.saturating_sub(1),
            Some(Action::PageDown) => self.index = (self.index + 8).min(last),
            Some(Action::PageUp) => self.index = self.index.saturating_sub(8),
            Some(Action::Open) => return self.submit(),
            Some(Action::Escape | Action::Interrupt | Action::Back) => return Outcome::Close,
            _ => {}
        }
        Outcome::Stay
    }

    fn submit(&mut self) -> Outcome {
        let Some(offer) = self.offers.get(self.preset).filter(|_| !self.is_waiting) else {
            return Outcome::Stay;
        };
        self.is_waiting = true;
        self.error = None;
        Outcome::Try(Verb::Train {
            preset: offer.name.clone(),
            overrides: self.overrides(),
            note: self.note.text.clone(),
        })
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look) -> Option<Position> {
        let rows = 2 + self.fields.len() as u16;
        let inner = framed(buffer, area, look, "train", (70, (rows + 5).min(28)));
        let width = usize::from(inner.width);
        let foot = self.foot(look, width);
        let (list, below) =
            crate::tui::views::split_down(inner, inner.height.saturating_sub(foot.len() as u16));
        look.lines(buffer, below, foot);
        if !self.is_loaded {
            look.line(buffer, list, Line::from(look.span(" …", Role::Dim)));
            return None;
        }
        if self.offers.is_empty() {
            look.line(
                buffer,
                list,
                Line::from(" no presets: a project's sconce.toml has them under [presets.NAME]"),
            );
            return None;
        }
        let mut cursor = None;
        let first = (self.index + 1).saturating_sub(usize::from(list.height));
        for (place, at) in list.rows().zip(first..=1 + self.fields.len()) {
            let column = self.draw_row(buffer, place, at, look);
            if at == self.index {
                buffer.set_style(place, look.style(Role::Selected));
                cursor = column.map(|column| {
                    Position::new(column.min(place.right().saturating_sub(1)), place.y)
                });
            }
        }
        cursor
    }

    /// Draws a row; gives back the column of its text cursor.
    fn draw_row(&self, buffer: &mut Buffer, place: Rect, at: usize, look: &Look) -> Option<u16> {
        let lead = 24.min(place.width / 2);
        let name = |text: &str| look.cell(&format!(" {text}"), usize::from(lead));
        let value = Rect {
            x: place.x + lead,
            width: place.width - lead,
            ..place
        };
        let width = usize::from(value.width);
        let (label, input, is_changed) = match at {
            0 => {
                look.line(
                    buffer,
                    place,
                    Line::from(look.span(name("preset"), Role::Dim)),
                );
                let offer = &self.offers[self.preset];
                let text = format!("‹ {} ›  {}", offer.name, offer.preset.about);
                look.line(buffer, value, Line::from(look.clip(&text, width)));
                return None;
            }
            1 => ("note", &self.note, !self.note.text.is_empty()),
            at => {
                let field = &self.fields[at - 2];
                (
                    field.name.as_str(),
                    &field.input,
                    field.input.text != field.shipped,
                )
            }
        };
        let role = if is_changed { Role::Accent } else { Role::Dim };
        look.line(buffer, place, Line::from(look.span(name(label), role)));
        let (line, column) = input.draw(look, width);
        look.line(buffer, value, line);
        Some(value.x + column)
    }

    fn foot(&self, look: &Look, width: usize) -> Vec<Line<'static>> {
        let mut lines = vec![Line::default()];
        match &self.error {
            Some(error) => {
                let mut told = trouble::lines(look, error, width);
                told.pop();
                lines.extend(told.into_iter().take(4));
            }
            None => {
                let overrides = self.overrides();
                let preset = self
                    .offers
                    .get(self.preset)
                    .map_or("", |offer| offer.name.as_str());
                let sets: String = overrides.iter().map(|set| format!(" -S {set}")).collect();
                let line = look.clip(&format!(" sconce train {preset}{sets}"), width);
                lines.push(Line::from(look.span(line, Role::Dim)));
            }
        }
        let keys = if self.is_waiting {
            vec![look.span(" checking the data …", Role::Dim)]
        } else {
            vec![
                look.span(" Enter", Role::Key),
                Span::raw(" train  "),
                look.span("↑ ↓", Role::Key),
                Span::raw(" field  "),
                look.span("← →", Role::Key),
                Span::raw(" preset  "),
                look.span("^g", Role::Key),
                Span::raw(" cancel"),
            ]
        };
        lines.push(fit(keys, width, look.charset.ellipsis()));
        lines
    }
}

/// The settings of a preset as `key = value`, those that people change most first.
fn fields(preset: &Preset) -> Vec<Field> {
    let mut flat = vec![];
    let value = serde_json::to_value(preset).unwrap_or_default();
    flatten("", &value, &mut flat);
    flat.retain(|(name, _)| name != "about");
    flat.sort_by_key(|(name, _)| {
        FIRST
            .iter()
            .position(|first| first == name)
            .unwrap_or(FIRST.len())
    });
    flat.into_iter()
        .map(|(name, shipped)| Field {
            name,
            input: Input::of(&shipped),
            shipped,
        })
        .collect()
}

fn flatten(prefix: &str, value: &Value, flat: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = if prefix.is_empty() {
                    name.clone()
                } else {
                    format!("{prefix}.{name}")
                };
                flatten(&name, value, flat);
            }
        }
        Value::String(text) => flat.push((prefix.to_owned(), text.clone())),
        other => flat.push((prefix.to_owned(), other.to_string())),
    }
}
