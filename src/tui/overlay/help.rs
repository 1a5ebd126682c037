//! The keys that work here, made from the keymap: filtered as one types, run with Enter.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};

use super::{Key, Outcome, draw_search, framed, input::Input};
use crate::tui::{
    action::Action,
    chord::Keys,
    command::{COMMANDS, Command},
    look::Look,
    text,
    theme::Role,
};

#[derive(Debug)]
pub struct Help {
    /// The view whose keys these are.
    view: String,
    pub input: Input,
    bindings: Vec<Binding>,
    /// Keys of other views, each with the view's name.
    elsewhere: Vec<(&'static str, Binding)>,
    index: usize,
    height: usize,
}

/// An action, its keys, what it does here, and why it cannot be done now.
#[derive(Debug)]
pub struct Binding {
    pub action: Action,
    pub label: String,
    pub keys: Vec<Keys>,
    pub refusal: Option<String>,
}

/// A line of the list.
enum Row<'a> {
    Section(&'static str),
    Here(&'a Binding),
    Elsewhere(&'static str, &'a Binding),
    Command(&'static Command),
}

/// Columns of the box where there is room.
const WIDTH: u16 = 88;
/// Columns of the keys.
const KEYS: usize = 16;

impl Help {
    pub fn new(
        view: String,
        mut bindings: Vec<Binding>,
        elsewhere: Vec<(&'static str, Binding)>,
    ) -> Self {
        bindings.sort_by_key(|binding| place(binding.action.section()));
        Self {
            view,
            input: Input::default(),
            bindings,
            elsewhere,
            index: 0,
            height: 0,
        }
    }

    /// `k:x` asks for what begins with that key, and for nothing else.
    fn matches(&self, binding: &Binding) -> bool {
        if let Some(key) = self.input.text.strip_prefix("k:") {
            let begins = |keys: &Keys| {
                let first = Keys(keys.0[..1].to_vec());
                let whole = [keys.to_string(), keys.short()];
                let first = [first.to_string(), first.short()];
                key.is_empty() || whole.iter().chain(&first).any(|name| name == key)
            };
            return binding.keys.iter().any(begins);
        }
        let wanted = self.input.text.to_lowercase();
        let is_key = |keys: &Keys| [keys.to_string(), keys.short()].contains(&self.input.text);
        let words = format!("{} {}", binding.action.name(), binding.label);
        binding.keys.iter().any(is_key) || words.contains(&wanted)
    }

    /// The actions that can be chosen.
    fn shown(&self) -> Vec<&Binding> {
        let all = self.bindings.iter();
        all.filter(|binding| self.matches(binding)).collect()
    }

    /// What is listed: by section, and for who searches, what the other views have.
    fn rows(&self) -> Vec<Row<'_>> {
        let mut rows = vec![];
        let mut section = "";
        for binding in self.shown() {
            if binding.action.section() != section {
                section = binding.action.section();
                rows.push(Row::Section(section));
            }
            rows.push(Row::Here(binding));
        }
        if !self.input.text.is_empty() {
            let others = self.elsewhere.iter();
            let others: Vec<_> = others.filter(|(_, other)| self.matches(other)).collect();
            if !others.is_empty() {
                rows.push(Row::Section("in other views"));
            }
            rows.extend(
                others
                    .into_iter()
                    .map(|(view, other)| Row::Elsewhere(view, other)),
            );
            let commands: Vec<_> = self.commands().collect();
            if !commands.is_empty() {
                rows.push(Row::Section("commands"));
            }
            rows.extend(commands.into_iter().map(Row::Command));
        }
        rows
    }

    /// The commands that fit the search; `:` alone asks for all.
    fn commands(&self) -> impl Iterator<Item = &'static Command> {
        let wanted = self.input.text.to_lowercase();
        let is_key = wanted.starts_with("k:");
        let wanted = wanted.strip_prefix(':').unwrap_or(&wanted).to_owned();
        let fits = move |command: &&Command| {
            !is_key && (command.name.contains(&wanted) || command.help.contains(&wanted))
        };
        COMMANDS.iter().filter(fits)
    }

    pub fn key(&mut self, key: Key) -> Outcome {
        // `?` closes what it opened.
        if self.input.text.is_empty() && key.chord.typed() == Some('?') {
            return Outcome::Close;
        }
        // Where nothing is typed, there is no end of a text to go to.
        let is_of_list = matches!(key.action, Some(Action::First | Action::Last));
        let is_of_list = is_of_list && key.chord.typed().is_none() && self.input.text.is_empty();
        if !is_of_list && self.input.key(key.chord) {
            self.index = 0;
            return Outcome::Stay;
        }
        let last = self.shown().len().saturating_sub(1);
        match key.action {
            Some(Action::Open) => {
                let chosen = self.shown().get(self.index).map(|binding| binding.action);
                return chosen.map_or(Outcome::Close, Outcome::Act);
            }
            Some(Action::Escape | Action::Interrupt) => return Outcome::Close,
            _ => {}
        }
        let moved = key.moved(self.index, self.height, last);
        self.index = moved.unwrap_or(self.index).min(last);
        Outcome::Stay
    }

    pub fn draw(&mut self, buffer: &mut Buffer, area: Rect, look: &Look) -> Option<Position> {
        // As high as it is without a search, so that it does not jump while one types.
        let sections = self
            .bindings
            .chunk_by(|a, b| a.action.section() == b.action.section());
        let count = (self.bindings.len() + sections.count()) as u16;
        let title = look.clip(&format!("keys: {}", self.view), usize::from(WIDTH / 2));
        let inner = framed(buffer, area, look, &title, (WIDTH, count + 2));
        if inner.height < 2 {
            return None;
        }
        let (list, cursor) = draw_search(buffer, inner, look, &self.input);
        self.height = usize::from(list.height);
        self.draw_rows(buffer, list, look);
        cursor
    }

    fn draw_rows(&self, buffer: &mut Buffer, list: Rect, look: &Look) {
        let rows = self.rows();
        let chosen = rows
            .iter()
            .enumerate()
            .filter(|(_, row)| matches!(row, Row::Here(_)))
            .nth(self.index)
            .map(|(at, _)| at);
        let (height, width) = (usize::from(list.height), usize::from(list.width));
        // The last line says how much more there is.
        let room = if height < rows.len() {
            height - 1
        } else {
            height
        };
        let first = chosen.map_or(0, |at| (at + 1).saturating_sub(room));
        // The heading above the first key is worth a line.
        let first = if first == 1 { 0 } else { first };
        for ((at, row), place) in rows
            .iter()
            .enumerate()
            .skip(first)
            .take(room)
            .zip(list.rows())
        {
            look.line(buffer, place, row.line(look, width));
            if chosen == Some(at) {
                buffer.set_style(place, look.style(Role::Selected));
            }
        }
        let below = rows.len().saturating_sub(first + room);
        if room < height {
            let text = match (below, look.charset.sorted(false)) {
                (0, _) => format!(" {} {first} above", look.charset.sorted(true)),
                (below, mark) => format!(" {mark} {below} more"),
            };
            let place = Rect {
                y: list.bottom() - 1,
                height: 1,
                ..list
            };
            look.line(buffer, place, Line::from(look.span(text, Role::Dim)));
        }
        if rows.is_empty() {
            let text = " no key does that, here or in another view";
            look.line(buffer, list, Line::from(look.span(text, Role::Dim)));
        }
    }
}

/// The sections in the order of the list: what a view has of its own first, what every list has last.
fn place(section: &str) -> usize {
    const ORDER: [&str; 6] = [
        "what is shown",
        "charts",
        "runs",
        "open and back",
        "views",
        "the screen",
    ];
    let place = ORDER.iter().position(|known| *known == section);
    place.unwrap_or(ORDER.len())
}

impl Row<'_> {
    fn line(&self, look: &Look, columns: usize) -> Line<'static> {
        let keys = |binding: &Binding| {
            let keys: Vec<String> = binding.keys.iter().map(Keys::short).collect();
            let keys = look.cell_right(&keys.join("  "), KEYS.min(columns / 3));
            [look.span(keys, Role::Key), Span::raw("  ")]
        };
        let (lead, text, role) = match self {
            Self::Section(name) => {
                return Line::from(look.span(format!(" {name}"), Role::Title));
            }
            Self::Here(binding) => match &binding.refusal {
                // The reason is worth more than the words of what cannot be done.
                Some(why) => {
                    let lead = keys(binding);
                    let used: usize = lead.iter().map(Span::width).sum();
                    let room = columns.saturating_sub(used + text::width(why) + 2);
                    let short = binding.label.split([':', ';']).next();
                    let label = look.clip(short.unwrap_or_default(), room);
                    (lead, format!("{label}: {why}"), Role::Dim)
                }
                None => (keys(binding), binding.label.clone(), Role::Text),
            },
            Self::Command(command) => {
                let name = format!(" :{} {}", command.name, command.args);
                let spans = vec![
                    look.span(name.trim_end().to_owned(), Role::Key),
                    look.span(format!("  {}", command.help), Role::Dim),
                ];
                return crate::tui::look::fit(spans, columns, look.charset.ellipsis());
            }
            Self::Elsewhere(view, binding) => (
                keys(binding),
                format!("{}, in {view}", binding.label),
                Role::Dim,
            ),
        };
        let spans = lead.into_iter().chain([look.span(text, role)]).collect();
        crate::tui::look::fit(spans, columns, look.charset.ellipsis())
    }
}
