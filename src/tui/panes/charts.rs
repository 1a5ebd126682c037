//! The charts of the selected run, alone or below how far it is.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::tui::{
    action::Action,
    board::{charts, progress},
    look,
    shared::{Reaction, Shared},
    theme::Role,
    views::selection::Selection,
};

pub enum Charts {
    Alone,
    /// Below the lines on the run, in one frame.
    Training,
}

impl super::Pane for Charts {
    fn contexts(&self) -> &'static [&'static str] {
        &["live", "list"]
    }

    /// What the keys of charts mean, then those of the list: where charts have the keys, rows are still walked.
    fn act(&mut self, action: Action, selection: &mut Selection, _: &Shared) -> Reaction {
        let board = selection.board.as_mut();
        if action != Action::Open && board.is_some_and(|board| board.act(action)) {
            return Reaction::Done;
        }
        selection.list.act(action)
    }

    fn draw(
        &mut self,
        buffer: &mut Buffer,
        area: Rect,
        selection: &mut Selection,
        shared: &Shared,
        is_focused: bool,
    ) {
        let look = &shared.look;
        match (self, selection.show()) {
            (Self::Alone, Some((board, _))) => {
                charts::draw(board, buffer, area, shared, is_focused);
            }
            (Self::Training, Some((board, run))) => {
                let note = vec![look.span(look.clip(&run.experiment, 24), Role::Dim)];
                let title = format!("training  {}", look.clip(&run.name, 32));
                let pane = look::Pane::new(title).note(note).focused(is_focused);
                let inner = look.pane(buffer, area, &pane);
                let body = progress::draw(board, buffer, inner, shared);
                // The frame of the pane is enough; its charts have rules.
                let mut inside = shared.clone();
                inside.look.has_borders = false;
                charts::draw(board, buffer, body, &inside, is_focused);
            }
            (Self::Alone, None) => {
                super::draw_nothing(buffer, area, "charts", selection, shared, is_focused);
            }
            (Self::Training, None) => {
                super::draw_nothing(buffer, area, "training", selection, shared, is_focused);
            }
        }
    }
}
