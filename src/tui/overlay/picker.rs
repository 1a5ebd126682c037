//! Names to choose from, found as one types: one of them, or several in an order.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};
use strum::IntoEnumIterator as _;

use super::{Key, Outcome, draw_search, framed, input::Input};
use crate::{
    ops::{
        self,
        runs::{By, FIELDS, Names},
    },
    tui::{
        action::Action,
        list::field::{self, Field, Known},
        shared::{Reply, Shared},
        text,
        theme::Role,
        trouble,
    },
};

/// What is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// Columns of the list of runs: several, in their order.
    Columns,
    Metric,
    Parameter,
}

#[derive(Debug)]
pub struct Picker {
    pub what: Pick,
    pub input: Input,
    /// What is chosen, in its order.
    chosen: Vec<String>,
    /// What was chosen when it was opened.
    before: Vec<String>,
    /// All that can be chosen, with what it is.
    names: Vec<(String, &'static str)>,
    index: usize,
    height: usize,
    /// Names of the store are to come.
    pub awaits_names: bool,
    error: Option<ops::Error>,
}

const WIDTH: u16 = 64;
/// Rows of the list, where there is room for more too.
const MOST_ROWS: u16 = 24;

impl Picker {
    /// Names that the view knows.
    pub fn of_names(what: Pick, chosen: Vec<String>, names: Vec<String>) -> Self {
        let mut picker = Self::of_store(what, chosen);
        picker.names = names.into_iter().map(|name| (name, "")).collect();
        picker.awaits_names = false;
        picker.stand();
        picker
    }

    /// Names that the store knows: see [`Picker::named`].
    pub fn of_store(what: Pick, chosen: Vec<String>) -> Self {
        let known = Known::iter().map(|known| (known.to_string(), known.about()));
        Self {
            names: match what {
                Pick::Columns => known.collect(),
                Pick::Metric | Pick::Parameter => vec![],
            },
            what,
            input: Input::default(),
            before: chosen.clone(),
            chosen,
            index: 0,
            height: 0,
            awaits_names: true,
            error: None,
        }
    }

    /// Takes in what the store knows.
    pub fn named(&mut self, result: ops::Result<Names>) {
        self.awaits_names = false;
        let names = match result {
            Ok(names) => names,
            Err(error) => {
                self.error = Some(error);
                return;
            }
        };
        let params = names.params.into_iter();
        match self.what {
            Pick::Columns => {
                let mut metrics = names.metrics;
                metrics.sort_by_key(|name| judged(name));
                let metrics = metrics.iter().flat_map(|name| field::values(name));
                let metrics = metrics.map(|field| (field.to_string(), "metric"));
                self.names.extend(metrics);
                let params = params.map(|name| Field::Param(name).to_string());
                self.names.extend(params.map(|name| (name, "parameter")));
            }
            Pick::Metric => self.names = names.metrics.into_iter().map(|name| (name, "")).collect(),
            Pick::Parameter => {
                // A parameter with the name of what every run has is told from it.
                let fields = FIELDS
                    .iter()
                    .map(|(name, about)| ((*name).to_owned(), *about));
                let params = params.map(|name| match By::of(&name) {
                    By::Field(_) => (format!("p.{name}"), "parameter"),
                    By::Param(_) => (name, "parameter"),
                });
                self.names = fields.chain(params).collect();
            }
        }
        self.stand();
    }

    /// Stands on what is chosen.
    fn stand(&mut self) {
        let rows = self.rows();
        let at = rows.iter().position(|(name, _)| self.chosen.contains(name));
        if self.what != Pick::Columns && self.input.text.is_empty() {
            self.index = at.unwrap_or(0);
        }
    }

    /// What is listed: what is chosen of several first, in its order.
    fn rows(&self) -> Vec<(String, &'static str)> {
        let wanted = self.input.text.to_lowercase();
        let about = |name: &String| {
            let known = self.names.iter().find(|(known, _)| known == name);
            known.map_or("", |(_, about)| *about)
        };
        let mut rows: Vec<(String, &'static str)> = match self.what {
            Pick::Columns => {
                let first = self.chosen.iter().map(|name| (name.clone(), about(name)));
                let rest = self.names.iter();
                let rest = rest.filter(|(name, _)| !self.chosen.contains(name));
                first.chain(rest.cloned()).collect()
            }
            Pick::Metric | Pick::Parameter => self.names.clone(),
        };
        rows.retain(|(name, about)| {
            name.to_lowercase().contains(&wanted) || about.contains(&wanted)
        });
        if !wanted.is_empty() {
            rows.sort_by_key(|(name, about)| nearness(name, about, &wanted));
        }
        rows
    }

    fn reply(&self, is_over: bool) -> Outcome {
        Outcome::Reply {
            reply: Reply::Picked(self.what, self.chosen.clone()),
            is_over,
        }
    }

    pub fn key(&mut self, key: Key) -> Outcome {
        use crossterm::event::KeyCode;
        let is_many = self.what == Pick::Columns;
        match key.chord.code {
            KeyCode::Char(' ') if is_many => return self.toggle(),
            KeyCode::Left if is_many => return self.carry(-1),
            KeyCode::Right if is_many => return self.carry(1),
            _ => {}
        }
        if self.input.key(key.chord) {
            self.index = 0;
            return Outcome::Stay;
        }
        let rows = self.rows();
        let last = rows.len().saturating_sub(1);
        match key.action {
            Some(Action::Open) if is_many => return self.reply(true),
            Some(Action::Open) => {
                let Some((name, _)) = rows.get(self.index) else {
                    return Outcome::Stay;
                };
                self.chosen = vec![name.clone()];
                return self.reply(true);
            }
            Some(Action::Escape | Action::Interrupt) if is_many => {
                self.chosen = self.before.clone();
                return self.reply(true);
            }
            Some(Action::Escape | Action::Interrupt) => return Outcome::Close,
            _ => {}
        }
        let moved = key.moved(self.index, self.height, last);
        self.index = moved.unwrap_or(self.index).min(last);
        Outcome::Stay
    }

    /// Shows a column, or takes it away: at once, so that one sees what it does.
    fn toggle(&mut self) -> Outcome {
        let rows = self.rows();
        let Some((name, _)) = rows.get(self.index) else {
            return Outcome::Stay;
        };
        match self.chosen.iter().position(|chosen| chosen == name) {
            Some(at) => drop(self.chosen.remove(at)),
            None => self.chosen.push(name.clone()),
        }
        self.follow(name);
        self.reply(false)
    }

    /// Moves a column among those that are shown.
    fn carry(&mut self, by: isize) -> Outcome {
        let rows = self.rows();
        let Some((name, _)) = rows.get(self.index) else {
            return Outcome::Stay;
        };
        let Some(at) = self.chosen.iter().position(|chosen| chosen == name) else {
            return Outcome::Stay;
        };
        let to = at.saturating_add_signed(by).min(self.chosen.len() - 1);
        self.chosen.swap(at, to);
        self.follow(name);
        self.reply(false)
    }

    /// The cursor goes where a name went.
    fn follow(&mut self, name: &str) {
        let at = self.rows().iter().position(|(row, _)| row == name);
        self.index = at.unwrap_or(self.index);
    }

    pub fn hints(&self) -> Vec<(&'static str, &'static str)> {
        match self.what {
            Pick::Columns => vec![
                ("Esc", "as it was"),
                ("Space", "show or hide"),
                ("← →", "move it"),
                ("Enter", "keep"),
                ("a-z", "search"),
            ],
            Pick::Metric | Pick::Parameter => vec![
                ("Esc", "close"),
                ("↑ ↓", "choose"),
                ("Enter", "take"),
                ("a-z", "search"),
            ],
        }
    }

    pub fn draw(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) -> Option<Position> {
        let look = &shared.look;
        let title = match self.what {
            Pick::Columns => "columns",
            Pick::Metric => "metric",
            Pick::Parameter => "group by",
        };
        let rows = self.rows();
        // As high as it is without a search, so that it does not jump while one types.
        let all = self.names.len().max(self.chosen.len()) as u16;
        let height = all.clamp(4, MOST_ROWS) + 1;
        let inner = framed(buffer, area, look, title, (WIDTH, height));
        if inner.height < 2 {
            return None;
        }
        let (list, cursor) = draw_search(buffer, inner, look, &self.input);
        self.height = usize::from(list.height);
        match (&self.error, rows.is_empty()) {
            (Some(error), _) => trouble::draw(buffer, list, look, error),
            (None, true) => {
                let text = match self.awaits_names {
                    true => " …",
                    false => " nothing of this name",
                };
                look.line(buffer, list, look.span(text, Role::Dim).into());
            }
            (None, false) => self.draw_rows(buffer, list, &rows, shared),
        }
        cursor
    }

    fn draw_rows(
        &self,
        buffer: &mut Buffer,
        list: Rect,
        rows: &[(String, &'static str)],
        shared: &Shared,
    ) {
        let look = &shared.look;
        let first = (self.index + 1).saturating_sub(usize::from(list.height));
        let widest = rows.iter().map(|(name, _)| text::width(name)).max();
        let wide = widest
            .unwrap_or(0)
            .clamp(8, usize::from(list.width) * 3 / 5);
        for ((at, (name, about)), place) in rows.iter().enumerate().skip(first).zip(list.rows()) {
            let mark = match self.chosen.contains(name) {
                true => look.span(format!(" {} ", look.charset.mark()), Role::Mark),
                false => Span::raw("   "),
            };
            let line = vec![
                mark,
                Span::raw(look.cell(name, wide)),
                look.span(format!("  {about}"), Role::Dim),
            ];
            look.line(buffer, place, Line::from(line));
            if at == self.index {
                shared.focus_on(place);
                buffer.set_style(place, look.style(Role::Selected));
            }
        }
    }
}

/// Runs are judged by what they do on rows that were not trained on: those metrics first, those of the machine last.
fn judged(metric: &str) -> u8 {
    match metric.split('/').next() {
        Some("val") => 0,
        Some("train") => 1,
        Some("system") => 4,
        Some("test") => 3,
        _ => 2,
    }
}

/// How near a name is to what was typed: the name itself first, then one that ends in it, parameters before metrics, of
/// which there are many alike; what only holds it comes last.
fn nearness(name: &str, about: &str, typed: &str) -> u8 {
    let name = name.to_lowercase();
    let bare = name.split('@').next().unwrap_or_default();
    let is_metric = u8::from(about == "metric");
    match bare.rsplit(['.', '/']).next() {
        _ if name == typed || bare == typed => 0,
        Some(last) if last == typed => 1 + is_metric,
        _ => 3,
    }
}
