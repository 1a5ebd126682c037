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
    /// The state of the target when it was asked about.
    pub asked_of: (crate::domain::ids::RunId, StateWord),
    /// The last key, or the opening: answers count only a while after it.
    quiet_since: Timestamp,
}

#[derive(Clone, Debug)]
struct Answer {
    key: char,
    label: &'static str,
    verb: Verb,
}

/// Keys typed ahead, or repeated by a finger that stayed down, are no answer.
const ARMED_AFTER_MS: i64 = 300;

impl Confirm {
    /// Whether to stop a run at work, with what is lost by it.
    pub fn stop(target: &Target, loses: &str, shared: &Shared) -> Self {
        let (id, name) = (target.id, crate::domain::text::shown(&target.name));
        let word = target.state.word();
        let stop = |key: char, label: &'static str, how: Stop| Answer {
            key,
            label,
            verb: Verb::Stop(id, how),
        };
        let answers = match (word, target.kind) {
            (StateWord::Orphaned, _) => vec![stop('y', "Kill", Stop::Now)],
            (_, Some(RunKind::Command)) => vec![
                stop('y', "Stop", Stop::Gently),
                stop('n', "Stop now, no time to end", Stop::Now),
            ],
            _ => vec![
                stop('y', "Stop after this step, with a checkpoint", Stop::Gently),
                stop('n', "Stop now, without one", Stop::Now),
            ],
        };
        let lines = vec![loses.to_owned(), format!("sconce runs stop {name}")];
        Self {
            title: format!("Stop {name}?"),
            lines,
            keep: "Keep running",
            answers,
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
        match key.action {
            Some(Action::Open | Action::Back | Action::Escape | Action::Interrupt) => {
                Outcome::Close
            }
            _ => Outcome::Stay,
        }
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look) {
        let widest = self
            .lines
            .iter()
            .map(|line| text::width(line) as u16)
            .max()
            .unwrap_or(0);
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
        lines.push(Line::from(vec![
            Span::raw(" "),
            look.span(format!("[ {} ]", self.keep), Role::Banner),
            look.span("  Enter", Role::Key),
        ]));
        for answer in &self.answers {
            lines.push(Line::from(vec![
                look.span(format!(" {} ", answer.key), Role::Key),
                Span::raw(answer.label),
            ]));
        }
        let inner = framed(buffer, area, look, &self.title, (width, lines.len() as u16));
        look.lines(buffer, inner, lines);
    }
}
