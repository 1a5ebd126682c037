//! Start a training: a preset, and what of it shall be otherwise this time.

use crossterm::event::KeyCode;
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::Line,
};
use serde_json::Value;

use super::{
    Key, Outcome, framed,
    input::{Input, Pasted},
};
use crate::{
    domain::presets::Preset,
    ops::{self, presets::Offer},
    tui::{
        action::Action,
        effect::{Verb, wrong_override},
        look::{Look, split_down},
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
    /// The field was just come to: what is typed replaces what stands there.
    is_fresh: bool,
    /// Submitted, and not answered yet.
    is_waiting: bool,
    is_loaded: bool,
    error: Option<ops::Error>,
    /// The field that cannot be taken, and why.
    wrong: Option<(usize, String)>,
}

#[derive(Debug)]
struct Field {
    name: String,
    shipped: String,
    input: Input,
}

impl Field {
    /// Why its text cannot stand there, in words.
    fn problem(&self, offer: &Offer) -> Option<String> {
        let change = format!("{}={}", self.name, self.input.text);
        let error = wrong_override(&offer.preset, change)?;
        let name = self.name.rsplit('.').next().unwrap_or_default();
        let cause = error.causes().into_iter().next();
        let expected = cause
            .as_deref()
            .and_then(|cause| cause.split_once("expected "));
        let problem = match expected.and_then(|(_, expected)| in_words(expected)) {
            Some(wanted) => format!("{wanted} is expected"),
            None => cause.unwrap_or(error.message),
        };
        Some(format!("{name}: {problem}"))
    }
}

/// What a setting takes, for who does not know the names of types.
fn in_words(expected: &str) -> Option<String> {
    Some(match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a string" => "a word".to_owned(),
        "a sequence" => "a list like [64, 32]".to_owned(),
        text if text.starts_with("a nonzero") => "a whole number above 0".to_owned(),
        text if text.starts_with("one of ") => text.replace('`', ""),
        text if text.starts_with('`') => text.replace('`', ""),
        _ => return None,
    })
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
        (self.error, self.wrong) = (None, None);
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

    /// `None` where the cursor stands in no input.
    pub fn paste(&mut self, text: &str) -> Option<Pasted> {
        self.wrong = None;
        self.input().map(|input| input.paste(text))
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
        } else {
            let replaces = self.is_fresh && key.chord.typed().is_some();
            if let Some(input) = self.input().filter(|_| replaces) {
                *input = Input::default();
            }
            if self.input().is_some_and(|input| input.key(key.chord)) {
                (self.error, self.wrong, self.is_fresh) = (None, None, false);
                return Outcome::Stay;
            }
        }
        let before = self.index;
        match key.action {
            Some(Action::Down | Action::NextPane) => self.index = (self.index + 1).min(last),
            Some(Action::Up | Action::PreviousPane) => self.index = self.index.saturating_sub(1),
            Some(Action::PageDown) => self.index = (self.index + 8).min(last),
            Some(Action::PageUp) => self.index = self.index.saturating_sub(8),
            Some(Action::Open) => return self.submit(),
            Some(Action::Escape | Action::Interrupt | Action::Back) => return Outcome::Close,
            _ => {}
        }
        self.is_fresh |= self.index != before;
        Outcome::Stay
    }

    fn submit(&mut self) -> Outcome {
        let Some(offer) = self.offers.get(self.preset).filter(|_| !self.is_waiting) else {
            return Outcome::Stay;
        };
        // Each change alone first, so that a mistake is shown where it was made.
        let changed = |field: &Field| field.input.text != field.shipped;
        let wrong = self.fields.iter().enumerate().find_map(|(at, field)| {
            let problem = field.problem(offer).filter(|_| changed(field))?;
            Some((at, problem))
        });
        if let Some((at, problem)) = wrong {
            self.index = at + 2;
            self.wrong = Some((at, problem));
            return Outcome::Stay;
        }
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
        let inner = framed(buffer, area, look, "train", (70, rows + 3));
        let width = usize::from(inner.width);
        let foot = self.foot(look, width);
        let (list, below) = split_down(inner, inner.height.saturating_sub(foot.len() as u16));
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
        let all = 2 + self.fields.len();
        // Where not all fields fit, the last line says how many more there are.
        let height = usize::from(list.height);
        let room = if height < all {
            height.saturating_sub(1)
        } else {
            height
        };
        let first = (self.index + 1).saturating_sub(room);
        let below = all.saturating_sub(first + room);
        if room < all && 0 < list.height {
            let text = match below {
                0 => format!(" {} {first} above", look.charset.sorted(true)),
                below => format!(" {} {below} more", look.charset.sorted(false)),
            };
            let place = Rect {
                y: list.bottom() - 1,
                height: 1,
                ..list
            };
            look.line(buffer, place, Line::from(look.span(text, Role::Dim)));
        }
        let list = Rect {
            height: room as u16,
            ..list
        };
        for (place, at) in list.rows().zip(first..=1 + self.fields.len()) {
            let column = self.draw_row(buffer, place, at, look);
            if at == self.index {
                buffer.set_style(place, look.style(Role::Selected));
                let column = column.min(place.right().saturating_sub(1));
                cursor = Some(Position::new(column, place.y));
            }
        }
        cursor
    }

    /// Draws a row; gives back the column of its cursor.
    fn draw_row(&self, buffer: &mut Buffer, place: Rect, at: usize, look: &Look) -> u16 {
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
                return value.x;
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
        let is_wrong = matches!(&self.wrong, Some((wrong, _)) if wrong + 2 == at);
        let role = match (is_wrong, is_changed) {
            (true, _) => Role::Error,
            (false, true) => Role::Accent,
            (false, false) => Role::Dim,
        };
        look.line(buffer, place, Line::from(look.span(name(label), role)));
        let (line, column) = input.draw(look, width);
        look.line(buffer, value, line);
        value.x + column
    }

    fn foot(&self, look: &Look, width: usize) -> Vec<Line<'static>> {
        let mut lines = vec![Line::default()];
        match (&self.wrong, &self.error) {
            (Some((_, problem)), _) => {
                let glyph = look.charset.state(crate::domain::runs::StateWord::Failed);
                let text = look.clip(&format!(" {glyph} {problem}"), width);
                lines.push(Line::from(look.span(text, Role::Error)));
            }
            (None, Some(error)) => {
                let mut told = trouble::lines(look, error, width);
                told.pop();
                lines.extend(told.into_iter().take(4));
            }
            (None, None) => {
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
        if self.is_waiting {
            lines.push(Line::from(look.span(" checking the data …", Role::Dim)));
        }
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
