//! The charts of the selected run.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::tui::{
    action::Action,
    board::charts,
    shared::{Reaction, Shared},
    views::selection::Selection,
};

pub struct Charts;

impl super::Pane for Charts {
    fn contexts(&self) -> &'static [&'static str] {
        &["live", "list"]
    }

    fn act(&mut self, action: Action, selection: &mut Selection, _: &Shared) -> Reaction {
        act_on_charts(action, selection)
    }

    fn draw(
        &mut self,
        buffer: &mut Buffer,
        area: Rect,
        selection: &mut Selection,
        shared: &Shared,
        is_focused: bool,
    ) {
        match selection.show() {
            Some((board, _)) => charts::draw(board, buffer, area, shared, is_focused),
            None => {
                super::draw_nothing(buffer, area, "charts", selection, shared, is_focused);
            }
        }
    }
}

/// What the keys of charts mean, then those of the list: where charts have the keys, rows are still walked.
pub fn act_on_charts(action: Action, selection: &mut Selection) -> Reaction {
    let board = selection.board.as_mut();
    if action != Action::Open && board.is_some_and(|board| board.act(action)) {
        return Reaction::Done;
    }
    selection.list.act(action)
}
