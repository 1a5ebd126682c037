//! What is known of the selected run.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::tui::{
    action::Action,
    board::facts,
    look,
    rows::Rows,
    shared::{Reaction, Shared},
    views::selection::Selection,
};

#[derive(Default)]
pub struct Facts(Rows);

impl super::Pane for Facts {
    fn contexts(&self) -> &'static [&'static str] {
        &["list"]
    }

    fn act(&mut self, action: Action, selection: &mut Selection, _: &Shared) -> Reaction {
        match self.0.act(action) {
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
        let look = &shared.look;
        let width = usize::from(area.width).saturating_sub(2);
        let (title, lines) = match selection.show() {
            Some((board, run)) => {
                let detail = board.detail.value.as_ref();
                let lines = detail.map(|detail| facts::lines(detail, shared, width));
                let title = format!("facts  {}", look.clip(&run.name, 32));
                (title, lines.unwrap_or_default())
            }
            None => {
                self.0.fit(0, usize::from(area.height));
                super::draw_nothing(buffer, area, "facts", selection, shared, is_focused);
                return;
            }
        };
        let pane = look::Pane::new(title).focused(is_focused);
        let inner = look.pane(buffer, area, &pane);
        self.0.fit(lines.len(), usize::from(inner.height));
        look.lines(buffer, inner, lines.into_iter().skip(self.0.index));
    }
}
