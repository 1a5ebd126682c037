//! What the selected run prints.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::tui::{
    action::Action,
    board::log::LogView,
    effect::{Answer, Effect},
    event::{Ticket, Tickets},
    shared::{Reaction, Shared},
    views::selection::Selection,
};

#[derive(Default)]
pub struct Log {
    view: LogView,
    is_live: bool,
}

impl super::Pane for Log {
    fn contexts(&self) -> &'static [&'static str] {
        &["live", "list"]
    }

    fn act(&mut self, action: Action, selection: &mut Selection, _: &Shared) -> Reaction {
        match action != Action::Open && self.view.act(action) {
            true => Reaction::Done,
            false => selection.list.act(action),
        }
    }

    fn draw(
        &mut self,
        buffer: &mut Buffer,
        area: Rect,
        selection: &mut Selection,
        shared: &Shared,
        is_focused: bool,
    ) {
        let Some((_, run)) = selection.show() else {
            super::draw_nothing(buffer, area, "log", selection, shared, is_focused);
            self.is_live = false;
            return;
        };
        self.is_live = run.state.is_live();
        self.view.want(run.id);
        self.view
            .draw(buffer, area, shared, is_focused, !run.state.has_ended());
    }

    fn ask(&mut self, tickets: &mut Tickets) -> Vec<Effect> {
        self.view.ask(tickets)
    }

    fn expire(&mut self) {
        self.view.expire();
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        self.view.loaded(ticket, answer)
    }

    fn is_following(&self) -> bool {
        self.is_live && self.view.is_following()
    }
}
