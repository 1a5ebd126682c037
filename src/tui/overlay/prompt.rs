//! One line to type: a filter, tags, a note.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::Line,
    widgets::{Clear, Widget as _},
};

use super::{Key, Outcome, input::Input, recall::Recall};
use crate::{
    domain::{
        datasets::VersionId,
        filter::{self, Filter},
        ids::RunId,
    },
    tui::{action::Action, look::Look, text, theme::Role},
};

#[derive(Debug)]
pub struct Prompt {
    pub purpose: Purpose,
    pub input: Input,
    before: String,
    /// Of a filter.
    pub recall: Recall,
}

/// What the text is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    Filter,
    /// Something to be found in what is shown.
    Search,
    /// Tags with blanks between; one with `-` before it is taken away.
    Tags(Vec<RunId>),
    Note(RunId),
    /// The same of a data version.
    DataTags(VersionId),
}

impl Prompt {
    pub fn new(purpose: Purpose, text: &str) -> Self {
        Self {
            purpose,
            input: Input::of(text),
            before: text.to_owned(),
            recall: Recall::default(),
        }
    }

    /// With the filters that were kept before.
    pub fn recalling(self, history: Vec<String>) -> Self {
        let recall = Recall::of(history);
        Self { recall, ..self }
    }

    pub fn typed(&self) -> Outcome {
        Outcome::Typed(self.purpose.clone(), self.input.text.clone())
    }

    pub fn key(&mut self, key: Key) -> Outcome {
        // An empty text and one more step back leaves the prompt, so that Esc is not needed for it.
        let is_back =
            key.chord.code == crossterm::event::KeyCode::Backspace && self.input.text.is_empty();
        if !is_back && self.input.key(key.chord) {
            return self.typed();
        }
        if self.purpose == Purpose::Filter && self.recall.act(key.action, &mut self.input) {
            return self.typed();
        }
        match key.action {
            // A wrong filter is not taken: it stays to be mended.
            Some(Action::Open) if self.error().is_some() => Outcome::Stay,
            Some(Action::Open) => Outcome::Entered(self.purpose.clone(), self.input.text.clone()),
            Some(Action::Escape | Action::Interrupt) => {
                Outcome::Abandoned(self.purpose.clone(), self.before.clone())
            }
            _ if is_back => Outcome::Entered(self.purpose.clone(), String::new()),
            _ => Outcome::Stay,
        }
    }

    fn error(&self) -> Option<filter::Error> {
        match self.purpose {
            Purpose::Filter => Filter::parse(&self.input.text).err(),
            Purpose::Search | Purpose::Tags(_) | Purpose::Note(_) | Purpose::DataTags(_) => None,
        }
    }

    pub fn hints(&self) -> Vec<(&'static str, &'static str)> {
        let (take, give_up) = match self.purpose {
            Purpose::Filter => ("keep", "as it was"),
            Purpose::Search => ("search", "as it was"),
            Purpose::Tags(_) | Purpose::DataTags(_) => ("tag", "cancel"),
            Purpose::Note(_) => ("keep the note", "cancel"),
        };
        let more: &[(&str, &str)] = match self.purpose {
            Purpose::Filter => &[("Tab", "complete"), ("↑", "an earlier one")],
            Purpose::Tags(_) | Purpose::DataTags(_) | Purpose::Note(_) | Purpose::Search => &[],
        };
        let mut hints = vec![("Esc", give_up), ("Enter", take)];
        hints.extend(more);
        hints.extend([("^u", "clear"), ("^w", "a word back")]);
        hints
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look) -> Option<Position> {
        let title = match self.purpose {
            Purpose::Filter | Purpose::Search => " / ",
            Purpose::Tags(_) | Purpose::DataTags(_) => " tags (-tag removes): ",
            Purpose::Note(_) => " note: ",
        };
        let wrong = self.error().map(|error| {
            let hint = error.hint.map_or(String::new(), |hint| format!(", {hint}"));
            (error.span.start, format!("{}{hint}", error.message))
        });
        let cursor = draw_line(buffer, area, look, title, &self.input, wrong);
        if let (Purpose::Filter, Some(at)) = (&self.purpose, cursor)
            && self.input.text.is_empty()
        {
            let room = area.right().saturating_sub(at.x);
            let place = Rect::new(at.x, at.y, room, 1);
            let text = examples(usize::from(room));
            look.line(buffer, place, look.span(text, Role::Dim).into());
        }
        cursor
    }
}

/// Filters that show what can be asked for.
const EXAMPLES: [&str; 4] = ["failed", "experiment:fraud", "val/loss<0.2", "tag:baseline"];

/// As many examples as fit.
fn examples(columns: usize) -> String {
    let shown = (1..=EXAMPLES.len())
        .rev()
        .map(|count| EXAMPLES[..count].join("  "));
    let mut shown = shown.filter(|text| text::width(text) <= columns);
    shown.next().unwrap_or_default()
}

/// Draws a line of text at the foot of an area, and below it what is wrong with it, from a byte on. Gives back where the
/// cursor stands.
pub fn draw_line(
    buffer: &mut Buffer,
    area: Rect,
    look: &Look,
    title: &str,
    input: &Input,
    wrong: Option<(usize, String)>,
) -> Option<Position> {
    let height = if wrong.is_some() { 2 } else { 1 }.min(area.height);
    let place = Rect {
        y: area.bottom() - height,
        height,
        ..area
    };
    Clear.render(place, buffer);
    let lead = text::width(title) as u16;
    look.line(buffer, place, Line::from(look.span(title, Role::Key)));
    let field = Rect {
        x: place.x + lead.min(place.width),
        width: place.width.saturating_sub(lead),
        height: 1.min(place.height),
        ..place
    };
    let (line, column) = input.draw(look, usize::from(field.width));
    look.line(buffer, field, line);
    if let Some((at, message)) = wrong {
        // The caret stands under what is wrong, as far as the text is in sight.
        let before = &input.text[..input.text.floor_char_boundary(at)];
        let indent = usize::from(lead) + text::width(before);
        let message = format!(
            "{}^ {message}",
            " ".repeat(indent.min(usize::from(area.width) / 2))
        );
        let below = Rect {
            y: place.y + 1,
            height: place.height - 1,
            ..place
        };
        let message = look.clip(&message, usize::from(area.width));
        look.line(
            buffer,
            below,
            Line::from(look.span(message, Role::InputError)),
        );
    }
    (!field.is_empty()).then(|| Position::new(field.x + column.min(field.width - 1), field.y))
}
