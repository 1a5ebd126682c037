//! What the selected run prints.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    domain::ids::RunId,
    tui::{
        action::Action,
        board::log::LogView,
        look,
        shared::{Reaction, Shared},
        views::selection::Selection,
    },
};

#[derive(Default)]
pub struct Log {
    view: LogView,
    of: Option<RunId>,
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
        let Some((board, run)) = selection.show() else {
            let pane = look::Pane::new("log").focused(is_focused);
            shared.look.pane(buffer, area, &pane);
            self.is_live = false;
            return;
        };
        if self.of.replace(run.id) != Some(run.id) {
            self.view = LogView::default();
        }
        self.is_live = run.state.is_live();
        board.log.want(run.id);
        self.view.draw(&board.log, buffer, area, shared, is_focused);
    }

    fn is_following(&self) -> bool {
        self.is_live && self.view.is_following()
    }
}
