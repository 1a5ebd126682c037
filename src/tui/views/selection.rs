//! A list of runs, and the board of the one that is selected.

use crate::{
    domain::runs::Run,
    tui::{
        board::Board,
        effect::{Answer, Effect},
        event::{Ticket, Tickets},
        list::RunList,
        shared::Target,
    },
};

/// A list of runs, and the board of the selected one for as long as it is shown.
#[derive(Default)]
pub struct Selection {
    pub list: RunList,
    pub board: Option<Board>,
}

impl Selection {
    /// The selected run and its board, of which this frame shows something; `None` when no run is selected.
    pub fn show(&mut self) -> Option<(&mut Board, &Run)> {
        let Some(row) = self.list.selected() else {
            self.board = None;
            return None;
        };
        let id = row.run.id;
        if self.board.as_ref().is_none_or(|board| board.id != id) {
            self.board = Some(Board::of(id));
        }
        let board = self.board.as_mut()?;
        board.detail.want(id);
        Some((board, &row.run))
    }

    pub fn ask(&mut self, tickets: &mut Tickets) -> Vec<Effect> {
        let mut effects = self.list.ask(tickets);
        let board = self.board.iter_mut().flat_map(|board| board.ask(tickets));
        effects.extend(board);
        effects
    }

    pub fn expire(&mut self) {
        self.list.expire();
        self.board.iter_mut().for_each(Board::expire);
    }

    pub fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        let answer = self.list.loaded(ticket, answer)?;
        match &mut self.board {
            Some(board) => board.loaded(ticket, answer),
            None => Some(answer),
        }
    }

    /// What to say once of the list.
    pub fn remark(&mut self) -> Option<String> {
        if let Some(said) = self.list.take_said() {
            return Some(said);
        }
        let name = self.list.take_gone()?;
        Some(format!("{name} no longer matches"))
    }

    pub fn target(&self) -> Option<Target> {
        Some(Target::from(&self.list.selected()?.run))
    }
}
