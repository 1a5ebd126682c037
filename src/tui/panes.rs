//! The panes that the bench is made of, each a file, in whatever layout a person likes.
//!
//! All of them look at one selection: the list of runs, and the board of the run that is selected in it.

pub mod beside;
mod charts;
mod data;
mod facts;
mod jobs;
mod log;
mod runs;
pub mod tiling;

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    action::Action,
    effect::{Answer, Effect},
    event::{Ticket, Tickets},
    look,
    shared::{Reaction, Shared, Target},
    theme::Role,
    views::selection::Selection,
};
use crate::config::screens;

/// A part of the bench.
pub trait Pane {
    /// Sections of the keymap, the nearer first; those of the bench and of the whole screen follow them.
    fn contexts(&self) -> &'static [&'static str];

    fn act(&mut self, action: Action, selection: &mut Selection, shared: &Shared) -> Reaction;

    fn draw(
        &mut self,
        buffer: &mut Buffer,
        area: Rect,
        selection: &mut Selection,
        shared: &Shared,
        is_focused: bool,
    );

    /// What the last frame showed of its own, beside the selection, and lacks.
    fn ask(&mut self, _: &mut Tickets) -> Vec<Effect> {
        vec![]
    }

    fn expire(&mut self) {}

    fn loaded(&mut self, _: Ticket, answer: Answer) -> Option<Answer> {
        Some(answer)
    }

    /// What verbs act on while this pane has the keys.
    fn target(&self, selection: &Selection) -> Option<Target> {
        selection.target()
    }

    /// What verbs act on: what is marked, or else its target.
    fn targets(&self, selection: &Selection) -> Vec<Target> {
        selection.list.targets()
    }

    /// What it shows grows without the store saying so.
    fn is_following(&self) -> bool {
        false
    }
}

/// A pane of the selected run where there is none, with what to do about it.
fn draw_nothing(
    buffer: &mut Buffer,
    area: Rect,
    name: &str,
    selection: &Selection,
    shared: &Shared,
    is_focused: bool,
) {
    let look = &shared.look;
    let pane = look::Pane::new(name.to_owned()).focused(is_focused);
    let inner = look.pane(buffer, area, &pane);
    let text = look.clip(selection.nothing(), usize::from(inner.width));
    look.line(buffer, inner, look.span(text, Role::Dim).into());
}

/// A new pane of a kind.
pub fn of(kind: screens::Pane) -> Box<dyn Pane> {
    match kind {
        screens::Pane::Runs => Box::new(runs::Runs),
        screens::Pane::Training => Box::new(charts::Charts::Training),
        screens::Pane::Charts => Box::new(charts::Charts::Alone),
        screens::Pane::Facts => Box::new(facts::Facts::default()),
        screens::Pane::Log => Box::new(log::Log::default()),
        screens::Pane::Data => Box::new(data::Versions::default()),
        screens::Pane::Jobs => Box::new(jobs::Queue::default()),
    }
}

/// The least room in which a pane says something: columns and rows with its frame.
pub fn least(kind: screens::Pane) -> (u16, u16) {
    match kind {
        screens::Pane::Runs | screens::Pane::Data | screens::Pane::Jobs => (40, 4),
        screens::Pane::Training | screens::Pane::Charts => (24, 4),
        screens::Pane::Facts => (24, 3),
        screens::Pane::Log => (30, 3),
    }
}
