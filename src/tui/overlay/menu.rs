//! A short list to choose from: by its keys, or by moving to it.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::{Key, Outcome, framed};
use crate::{
    ops::runs::{Names, Sort, SortKey},
    tui::{action::Action, look::Look, text, theme::Role},
};

#[derive(Debug)]
pub struct Menu {
    title: String,
    choices: Vec<Choice>,
    index: usize,
    pub is_of_verbs: bool,
    /// Of orders, the one in force, and whether it falls.
    now: Option<(usize, bool)>,
    /// Orders by metrics that are choices too where the store has such a metric.
    perhaps: Vec<(String, Sort)>,
}

#[derive(Clone, Debug)]
pub struct Choice {
    /// The key that takes it.
    pub key: Option<char>,
    pub label: String,
    /// Why it cannot be taken now.
    pub refusal: Option<String>,
    pub take: Take,
}

/// What a choice comes to.
#[derive(Clone, Debug)]
pub enum Take {
    Sort(Sort),
    Act(Action),
}

impl Choice {
    /// An order, by its place.
    fn of((at, (label, sort)): (usize, (String, Sort))) -> Self {
        Self {
            // Digits choose, so that no arrow is needed.
            key: char::from_digit(at as u32 + 1, 10),
            label,
            refusal: None,
            take: Take::Sort(sort),
        }
    }
}

impl Menu {
    /// Orders of the list of runs, standing on the one in force. What is `perhaps` one comes with [`Menu::named`].
    pub fn sort(choices: Vec<(String, Sort)>, perhaps: Vec<(String, Sort)>, now: &Sort) -> Self {
        let index = choices.iter().position(|(_, sort)| sort == now);
        Self {
            title: "sort by".to_owned(),
            index: index.unwrap_or(0),
            choices: choices.into_iter().enumerate().map(Choice::of).collect(),
            is_of_verbs: false,
            // As ages grow where dates fall: so it stands over the column too.
            now: index.map(|at| (at, now.descending != (now.key == SortKey::Created))),
            perhaps,
        }
    }

    /// Names of the store would tell of more choices.
    pub fn awaits_names(&self) -> bool {
        !self.perhaps.is_empty()
    }

    /// Takes in which metrics the store has: the orders by them come last, so that no other moves.
    pub fn named(&mut self, names: &Names) {
        for (label, sort) in std::mem::take(&mut self.perhaps) {
            let is_known = match &sort.key {
                SortKey::Metric(column) => names.metrics.contains(&column.metric),
                _ => true,
            };
            if is_known {
                let at = self.choices.len();
                self.choices.push(Choice::of((at, (label, sort))));
            }
        }
    }

    /// All that can be done with what the cursor stands on, by the keys that do it everywhere.
    pub fn verbs(title: String, choices: Vec<Choice>) -> Self {
        Self {
            title,
            index: choices
                .iter()
                .position(|choice| choice.refusal.is_none())
                .unwrap_or(0),
            choices,
            is_of_verbs: true,
            now: None,
            perhaps: vec![],
        }
    }

    pub fn key(&mut self, key: Key) -> Outcome {
        let typed = key.chord.typed();
        let named = self.choices.iter();
        let named = typed.and_then(|c| named.clone().position(|choice| choice.key == Some(c)));
        if let Some(at) = named {
            return self.take(at);
        }
        let last = self.choices.len().saturating_sub(1);
        match key.action {
            Some(Action::Down | Action::NextPane) => self.index = (self.index + 1).min(last),
            Some(Action::Up | Action::PreviousPane) => self.index = self.index.saturating_sub(1),
            Some(Action::First | Action::PageUp) => self.index = 0,
            Some(Action::Last | Action::PageDown) => self.index = last,
            Some(Action::Open) => return self.take(self.index),
            Some(Action::Back | Action::Escape | Action::Interrupt) => return Outcome::Close,
            _ => {}
        }
        Outcome::Stay
    }

    fn take(&mut self, at: usize) -> Outcome {
        let Some(choice) = self.choices.get(at) else {
            return Outcome::Close;
        };
        match &choice.take {
            // What cannot be done says why when it is tried.
            Take::Act(action) => Outcome::Act(*action),
            Take::Sort(sort) => Outcome::Sort(sort.clone()),
        }
    }

    /// Draws itself; gives back the row of what would be taken.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look) -> Rect {
        let labels = self.choices.iter();
        let mut labels: Vec<String> = labels
            .map(|choice| match &choice.refusal {
                Some(why) => format!("{}: {why}", choice.label),
                None => choice.label.clone(),
            })
            .collect();
        if let Some((at, falls)) = self.now {
            // With the sign that stands over the column.
            labels[at] += &format!("  {} now", look.charset.sorted(!falls));
        }
        let widest = labels.iter().map(|label| text::width(label)).max();
        let title = text::width(&self.title) + 4;
        let width = widest.unwrap_or(0).max(16).max(title) + 6;
        let size = (width.min(90) as u16, self.choices.len() as u16);
        let inner = framed(buffer, area, look, &self.title, size);
        let first = (self.index + 1).saturating_sub(usize::from(inner.height));
        let mut focus = Rect::ZERO;
        let shown = self.choices.iter().zip(labels).enumerate().skip(first);
        for (line, (at, (choice, label))) in inner.rows().zip(shown) {
            let key = choice.key.map_or(" ".to_owned(), String::from);
            let label = look.clip(&label, usize::from(inner.width).saturating_sub(4));
            let role = if choice.refusal.is_some() {
                Role::Dim
            } else {
                Role::Text
            };
            let spans = vec![
                look.span(format!(" {key} "), Role::Key),
                look.span(label, role),
            ];
            look.line(buffer, line, Line::from(spans));
            if at == self.index {
                buffer.set_style(line, look.style(Role::Selected));
                focus = line;
            }
        }
        focus
    }
}
