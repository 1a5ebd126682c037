//! How far the selected run is, and its charts.

use ratatui::{buffer::Buffer, layout::Rect};

use super::charts::act_on_charts;
use crate::tui::{
    action::Action,
    board::{charts, progress},
    look,
    shared::{Reaction, Shared},
    theme::Role,
    views::selection::Selection,
};

pub struct Training;

impl super::Pane for Training {
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
        let look = &shared.look;
        let Some((board, run)) = selection.show() else {
            let pane = look::Pane::new("training").focused(is_focused);
            let inner = look.pane(buffer, area, &pane);
            let text = " the selected run is shown here";
            look.line(buffer, inner, look.span(text, Role::Dim).into());
            return;
        };
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
}
