//! The list of runs; the panes beside it show the selected one.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::tui::{
    action::Action,
    look,
    shared::{Reaction, Shared},
    views::selection::Selection,
};

pub struct Runs;

impl super::Pane for Runs {
    fn contexts(&self) -> &'static [&'static str] {
        &["bench", "table", "list"]
    }

    fn act(&mut self, action: Action, selection: &mut Selection, _: &Shared) -> Reaction {
        match action {
            Action::Compare => selection.compare(),
            action => selection.list.act(action),
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
        let note = selection.list.note(&shared.look);
        let pane = look::Pane::new("runs").note(note).focused(is_focused);
        let inner = shared.look.pane(buffer, area, &pane);
        selection.list.draw(buffer, inner, shared, is_focused);
    }
}
