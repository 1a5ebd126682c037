//! Data versions.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::tui::{
    action::Action,
    effect::{Answer, Effect},
    event::{Ticket, Tickets},
    shared::{Reaction, Shared, Target},
    views::{View as _, data::Data, selection::Selection},
};

#[derive(Default)]
pub struct Versions(Data);

impl super::Pane for Versions {
    fn contexts(&self) -> &'static [&'static str] {
        &["table", "list"]
    }

    fn act(&mut self, action: Action, _: &mut Selection, _: &Shared) -> Reaction {
        match action {
            Action::Open => self.0.open(),
            action => self.0.go(action),
        }
    }

    fn draw(
        &mut self,
        buffer: &mut Buffer,
        area: Rect,
        _: &mut Selection,
        shared: &Shared,
        is_focused: bool,
    ) {
        self.0.draw_alone(buffer, area, shared, is_focused);
    }

    fn ask(&mut self, tickets: &mut Tickets) -> Vec<Effect> {
        self.0.ask(tickets)
    }

    fn expire(&mut self) {
        self.0.expire();
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        self.0.loaded(ticket, answer)
    }

    fn target(&self, _: &Selection) -> Option<Target> {
        self.0.target()
    }

    fn targets(&self, _: &Selection) -> Vec<Target> {
        self.0.targets()
    }
}
