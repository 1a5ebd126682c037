//! Whatever can be done or opened, by a few of its letters: actions, commands, runs, tags.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::Line,
};

use super::{
    Key, Outcome, framed,
    input::{Input, Pasted},
};
use crate::{
    domain::{fuzzy::Fuzzy, ids::RunId, text::shown},
    ops::candidates::{Candidate, Of, Question},
    tui::{action::Action, look::fit, scroll, shared::Shared, text, theme::Role},
};

#[derive(Debug)]
pub struct Palette {
    pub input: Input,
    /// Actions and commands, in the order of the help.
    entries: Vec<Entry>,
    /// Names of what was done last, the newest first.
    recent: Vec<String>,
    /// What the store has for the text, or had for the last one.
    candidates: Vec<Entry>,
    index: usize,
    height: usize,
}

/// A line of the palette.
#[derive(Clone, Debug)]
pub struct Entry {
    pub keys: String,
    pub label: String,
    /// Where it belongs to: a view, a command, an experiment.
    pub scope: String,
    /// Why it cannot be done now.
    pub refusal: Option<String>,
    pub does: Does,
}

/// What an entry does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Does {
    Act(Action),
    /// Carries out a command that needs no more words.
    Command(&'static str),
    /// Begins a command line.
    Begin(&'static str),
    Open(RunId),
    /// The runs with a tag.
    Tagged(String),
    /// It belongs to another view: only its key is told.
    Nothing,
}

/// What is looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    All,
    /// `>`
    Actions,
    /// `@`
    Runs,
    /// `#`
    Tags,
    /// `?`: by what it does, wherever that is.
    Help,
}

/// Columns of the box where there is room, and rows of the list.
const WIDTH: u16 = 92;
const ROWS: u16 = 16;
const KEYS: usize = 10;
/// More candidates than fit are not fetched.
const MOST: usize = 50;

impl Palette {
    pub fn new(entries: Vec<Entry>, recent: Vec<String>) -> Self {
        Self {
            input: Input::default(),
            entries,
            recent,
            candidates: vec![],
            index: 0,
            height: 1,
        }
    }

    /// What is looked through, and the text without the sign for it.
    fn wanted(&self) -> (Scope, &str) {
        let text = self.input.text.as_str();
        let signs = [
            ('>', Scope::Actions),
            ('@', Scope::Runs),
            ('#', Scope::Tags),
            ('?', Scope::Help),
        ];
        let mut found = signs.into_iter();
        let found = found.find_map(|(sign, scope)| Some((scope, text.strip_prefix(sign)?)));
        let (scope, text) = found.unwrap_or((Scope::All, text));
        (scope, text.trim_start())
    }

    /// What to ask the store for the text as it stands.
    pub fn question(&self) -> Option<Question> {
        let (scope, text) = self.wanted();
        let of = match scope {
            Scope::All if text.is_empty() => return None,
            Scope::All | Scope::Runs => Of::Runs,
            Scope::Tags => Of::Tags,
            Scope::Actions | Scope::Help => return None,
        };
        Some(Question {
            text: text.to_owned(),
            of,
            limit: MOST,
        })
    }

    pub fn paste(&mut self, text: &str) -> Pasted {
        self.index = 0;
        self.input.paste(text)
    }

    pub fn found(&mut self, candidates: Vec<Candidate>) {
        self.candidates = candidates.into_iter().map(Entry::from).collect();
    }

    /// The entries that fit the text, the best first.
    fn shown(&self) -> Vec<&Entry> {
        let (scope, text) = self.wanted();
        let own = self.entries.iter().filter(|entry| match scope {
            Scope::All | Scope::Actions => entry.does != Does::Nothing,
            Scope::Help => true,
            Scope::Runs | Scope::Tags => false,
        });
        let found = self.candidates.iter().filter(|entry| match scope {
            Scope::All | Scope::Runs => matches!(entry.does, Does::Open(_)),
            Scope::Tags => matches!(entry.does, Does::Tagged(_)),
            Scope::Actions | Scope::Help => false,
        });
        let mut fuzzy = Fuzzy::new(text);
        if fuzzy.is_empty() {
            let recent = |entry: &&Entry| {
                let place = self.recent.iter().position(|name| *name == entry.name());
                place.unwrap_or(usize::MAX)
            };
            let found = found.filter(|_| scope != Scope::All);
            let mut shown: Vec<&Entry> = own.chain(found).collect();
            shown.sort_by_key(recent);
            return shown;
        }
        let mut scored = |entry: &'_ Entry| {
            let score = fuzzy.score(&entry.label)?;
            Some((entry.whole_words(text), score, entry.refusal.is_none()))
        };
        let mut shown: Vec<((usize, u32, bool), &Entry)> = own
            .chain(found)
            .filter_map(|entry| Some((scored(entry)?, entry)))
            .collect();
        shown.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        shown.into_iter().map(|(_, entry)| entry).collect()
    }

    pub fn key(&mut self, key: Key) -> Outcome {
        let is_back = key.chord.code == crossterm::event::KeyCode::Backspace;
        if is_back && self.input.text.is_empty() {
            return Outcome::Close;
        }
        if self.input.key(key.chord) {
            self.index = 0;
            return Outcome::Stay;
        }
        let chosen = || self.shown().get(self.index).map(|entry| (*entry).clone());
        let last = self.shown().len().saturating_sub(1);
        match key.action {
            Some(Action::Open) => {
                let Some(entry) = chosen() else {
                    return Outcome::Stay;
                };
                return match entry.refusal {
                    // It stays grey, and the reason stands beside it.
                    Some(_) => Outcome::Stay,
                    None if entry.does == Does::Nothing => Outcome::Stay,
                    None => Outcome::Pick(entry.name(), entry.does),
                };
            }
            Some(Action::NextPane) => return self.complete(chosen()),
            Some(Action::Escape | Action::Interrupt) => return Outcome::Close,
            Some(action) => {
                let moved = scroll::moved(action, self.index, self.height, last);
                self.index = moved.unwrap_or(self.index);
            }
            None => {}
        }
        Outcome::Stay
    }

    /// A command goes on in its line; the text of anything else is written out.
    fn complete(&mut self, chosen: Option<Entry>) -> Outcome {
        let Some(entry) = chosen else {
            return Outcome::Stay;
        };
        if let Does::Command(name) | Does::Begin(name) = entry.does {
            return Outcome::Pick(entry.name(), Does::Begin(name));
        }
        let sign = self.input.text.chars().next();
        let sign = sign.filter(|sign| ">@#?".contains(*sign));
        let label = match &entry.does {
            Does::Tagged(tag) => tag,
            _ => &entry.label,
        };
        self.input = Input::of(&format!(
            "{}{label}",
            sign.map_or(String::new(), String::from)
        ));
        self.index = 0;
        Outcome::Stay
    }

    pub fn draw(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) -> Option<Position> {
        let look = &shared.look;
        let inner = framed(buffer, area, look, "palette", (WIDTH, ROWS + 1));
        if inner.height < 2 {
            return None;
        }
        let (line, column) = self
            .input
            .draw(look, usize::from(inner.width).saturating_sub(2));
        let field = Rect {
            x: inner.x + 1.min(inner.width),
            width: inner.width.saturating_sub(2),
            height: 1,
            ..inner
        };
        if self.input.text.is_empty() {
            let text = "a few letters of what you want;  > actions  @ runs  # tags  ? help";
            let text = look.clip(text, usize::from(field.width));
            look.line(buffer, field, Line::from(look.span(text, Role::Dim)));
        }
        look.line(buffer, field, line);
        let list = Rect {
            y: inner.y + 1,
            height: inner.height - 1,
            ..inner
        };
        self.height = usize::from(list.height);
        let shown = self.shown();
        let first = (self.index + 1).saturating_sub(self.height);
        for ((at, entry), place) in shown.iter().enumerate().skip(first).zip(list.rows()) {
            let line = entry.line(shared, usize::from(list.width));
            look.line(buffer, place, line);
            if at == self.index {
                buffer.set_style(place, look.style(Role::Selected));
            }
        }
        if shown.is_empty() {
            let text = " nothing here is called like that";
            look.line(buffer, list, Line::from(look.span(text, Role::Dim)));
        }
        Some(Position::new(
            field.x + column.min(field.width.max(1) - 1),
            field.y,
        ))
    }
}

impl Entry {
    /// What it is remembered by.
    fn name(&self) -> String {
        format!("{:?}", self.does)
    }

    /// How many of the typed words are whole words of what it does: who types those knows what they want.
    fn whole_words(&self, typed: &str) -> usize {
        if !matches!(self.does, Does::Act(_) | Does::Command(_) | Does::Begin(_)) {
            return 0;
        }
        let label = self.label.to_lowercase();
        let words: Vec<&str> = label.split(|c: char| !c.is_alphanumeric()).collect();
        let typed = typed.to_lowercase();
        let typed = typed.split_whitespace();
        typed.filter(|word| words.contains(word)).count()
    }

    fn line(&self, shared: &Shared, columns: usize) -> Line<'static> {
        let look = &shared.look;
        let keys = look.cell_right(&self.keys, KEYS.min(columns / 3));
        let scope = look.clip(&self.scope, columns / 4);
        let room = columns.saturating_sub(text::width(&keys) + text::width(&scope) + 4);
        let (label, role) = match &self.refusal {
            Some(why) => (format!("{}: {why}", self.label), Role::Dim),
            None if self.does == Does::Nothing => (self.label.clone(), Role::Dim),
            None => (self.label.clone(), Role::Text),
        };
        let spans = vec![
            look.span(keys, Role::Key),
            look.span(format!("  {} ", look.cell(&label, room)), role),
            look.span(scope, Role::Dim),
        ];
        fit(spans, columns, look.charset.ellipsis())
    }
}

impl From<Candidate> for Entry {
    fn from(candidate: Candidate) -> Self {
        match candidate {
            Candidate::Run {
                id,
                name,
                experiment,
                state,
                by,
            } => Self {
                keys: state.to_string(),
                label: match by {
                    Some(by) => format!("{}  {}", shown(&name), shown(&by)),
                    None => shown(&name),
                },
                scope: shown(&experiment),
                refusal: None,
                does: Does::Open(id),
            },
            Candidate::Tag { tag, runs } => Self {
                keys: String::new(),
                label: format!("#{}", tag.as_str()),
                scope: crate::domain::text::counted(runs, "run"),
                refusal: None,
                does: Does::Tagged(tag.as_str().to_owned()),
            },
        }
    }
}
