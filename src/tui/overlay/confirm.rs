//! A question before work is lost. Keeping is the focused answer; only the printed keys do anything else.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{Key, Outcome, framed};
use crate::{
    domain::{
        runs::{RunKind, StateWord},
        time::Timestamp,
    },
    ops::runs::Stop,
    tui::{
        action::Action,
        effect::Verb,
        look::Look,
        shared::{Shared, Target},
        text,
        theme::Role,
    },
};

#[derive(Debug)]
pub struct Confirm {
    title: String,
    lines: Vec<String>,
    keep: &'static str,
    answers: Vec<Answer>,
    /// The button that Enter presses; 0 keeps.
    focus: usize,
    /// The state of the target when it was asked about.
    pub asked_of: (crate::domain::ids::RunId, StateWord),
    /// The last key, or the opening: answers count only a while after it.
    quiet_since: Timestamp,
}

#[derive(Clone, Debug)]
struct Answer {
    key: char,
    button: &'static str,
    means: &'static str,
    verb: Verb,
}

/// Keys typed ahead, or repeated by a finger that stayed down, are no answer.
const ARMED_AFTER_MS: i64 = 300;

impl Confirm {
    /// Whether to stop a run, with what is lost by it.
    pub fn stop(target: &Target, loses: &str, shared: &Shared) -> Self {
        let (id, name) = (target.id, crate::domain::text::shown(&target.name));
        let word = target.state.word();
        let stop = |key: char, button: &'static str, means: &'static str, how: Stop| Answer {
            key,
            button,
            means,
            verb: Verb::Stop(id, how),
        };
        let answers = match (word, target.kind) {
            (StateWord::Queued, _) => {
                vec![stop('y', "Stop", "it leaves the queue", Stop::Now)]
            }
            (StateWord::Orphaned, _) => vec![stop('y', "Kill", "at once", Stop::Now)],
            (_, Some(RunKind::Command)) => vec![
                stop('y', "Stop", "it may end in order", Stop::Gently),
                stop('!', "Stop now", "without time to end", Stop::Now),
            ],
            _ => vec![
                stop(
                    'y',
                    "Stop",
                    "after this step, with a checkpoint",
                    Stop::Gently,
                ),
                stop('!', "Stop now", "without a checkpoint", Stop::Now),
            ],
        };
        let lines = vec![loses.to_owned(), format!("sconce runs stop {name}")];
        Self {
            title: format!("Stop {name}?"),
            lines,
            keep: if word == StateWord::Queued {
                "Keep queued"
            } else {
                "Keep running"
            },
            answers,
            focus: 0,
            asked_of: (id, word),
            quiet_since: shared.now,
        }
    }

    /// The dialog says that what it asks about has changed.
    pub fn changed(mut self, was: StateWord) -> Self {
        self.lines.insert(
            0,
            format!(
                "it was {was} when you were asked, it is {} now",
                self.asked_of.1
            ),
        );
        self
    }

    pub fn key(&mut self, key: Key) -> Outcome {
        let is_armed = ARMED_AFTER_MS <= key.at.since(self.quiet_since);
        let answer = key
            .chord
            .typed()
            .and_then(|c| self.answers.iter().find(|answer| answer.key == c));
        if let Some(answer) = answer {
            self.quiet_since = key.at;
            return if is_armed {
                Outcome::Do(answer.verb.clone())
            } else {
                Outcome::Stay
            };
        }
        if key.chord.typed() == Some('n') {
            return Outcome::Close;
        }
        match key.action {
            Some(Action::Open) => match self.focus.checked_sub(1) {
                None => return Outcome::Close,
                Some(at) if is_armed => return Outcome::Do(self.answers[at].verb.clone()),
                Some(_) => self.quiet_since = key.at,
            },
            Some(Action::Down | Action::NextPane) => {
                self.focus = (self.focus + 1).min(self.answers.len());
                self.quiet_since = key.at;
            }
            Some(Action::Up | Action::PreviousPane) => self.focus = self.focus.saturating_sub(1),
            Some(Action::Back | Action::Escape | Action::Interrupt) => return Outcome::Close,
            _ => {}
        }
        Outcome::Stay
    }

    pub fn hints(&self) -> Vec<(&'static str, &'static str)> {
        let keep = if self.asked_of.1 == StateWord::Queued {
            "keep queued"
        } else {
            "keep running"
        };
        let mut hints = vec![("n", keep), ("Tab", "choose"), ("Enter", "do it")];
        let named = |answer: &Answer| match (answer.key, answer.button) {
            ('y', "Kill") => ("y", "kill"),
            ('y', _) => ("y", "stop"),
            _ => ("!", "stop now"),
        };
        hints.extend(self.answers.iter().map(named));
        hints
    }

    /// Draws itself; gives back the row of the button that Enter presses.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look) -> Rect {
        let wide = self
            .answers
            .iter()
            .map(|answer| answer.button)
            .fold(text::width(self.keep), |wide, button| {
                wide.max(text::width(button))
            });
        let told = self.lines.iter().map(|line| text::width(line));
        let meant = (self.answers.iter()).map(|answer| wide + 11 + text::width(answer.means));
        let widest = told.chain(meant).max().unwrap_or(0) as u16;
        let width = widest.clamp(46, 70) + 2;
        let inside = usize::from(width.min(area.width.saturating_sub(2))).saturating_sub(2);
        let mut lines: Vec<Line<'_>> = vec![];
        for text in &self.lines {
            lines.extend(
                text::wrap(text, inside.max(1))
                    .into_iter()
                    .map(|line| Line::from(format!(" {line}"))),
            );
        }
        lines.push(Line::default());
        let keep = (self.keep, 'n', "");
        let others = self.answers.iter();
        let others = others.map(|answer| (answer.button, answer.key, answer.means));
        let first = lines.len();
        for (at, (button, key, means)) in [keep].into_iter().chain(others).enumerate() {
            let role = if at == self.focus {
                Role::Banner
            } else {
                Role::Text
            };
            lines.push(Line::from(vec![
                Span::raw(" "),
                look.span(format!("[ {button} ]"), role),
                Span::raw(" ".repeat(wide.saturating_sub(text::width(button)) + 2)),
                look.span(key.to_string(), Role::Key),
                look.span(format!("  {means}"), Role::Dim),
            ]));
        }
        let inner = framed(buffer, area, look, &self.title, (width, lines.len() as u16));
        look.lines(buffer, inner, lines);
        inner.rows().nth(first + self.focus).unwrap_or(Rect::ZERO)
    }
}
