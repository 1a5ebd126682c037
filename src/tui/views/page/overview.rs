//! A run at a glance: its charts, the machine, what is known besides, the end of its log; as many beside each other as
//! there is room for.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::Page;
use crate::tui::{
    board::{charts, facts},
    look::{Pane, split_across, split_down},
    shared::Shared,
    theme::Role,
};

/// Columns from which the parts of the overview stand beside each other, and those from which the log is below them all.
const ROOM_BESIDE: u16 = 100;
const ROOM_BELOW: u16 = 160;
/// On a wide screen this part of it stands right of the charts: two or three of those beside each other are wide enough.
const ASIDE: u16 = 3;

impl Page {
    pub(super) fn draw_overview(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        match area.width {
            _ if self.is_zoomed => self.draw_charts(buffer, area, shared),
            ..ROOM_BESIDE => self.draw_narrow(buffer, area, shared),
            ROOM_BESIDE..ROOM_BELOW => {
                let (charts, aside) = split_across(area, area.width * 2 / 3);
                self.draw_charts(buffer, charts, shared);
                let (above, log) = split_down(aside, aside.height * 3 / 5);
                self.draw_aside(buffer, above, shared);
                self.draw_log(buffer, log, shared, false);
            }
            _ => {
                let (above, log) = split_down(area, area.height - (area.height / 4).clamp(5, 16));
                let (charts, aside) = split_across(above, above.width - above.width / ASIDE);
                self.draw_charts(buffer, charts, shared);
                self.draw_aside(buffer, aside, shared);
                self.draw_log(buffer, log, shared, false);
            }
        }
    }

    /// The charts, below them a line on the machine and the end of the log where there is room.
    fn draw_narrow(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let log = if 16 <= area.height { 4 } else { 0 };
        let (above, log) = split_down(area, area.height - log);
        let machine = self
            .system
            .line(&self.board, shared, usize::from(area.width));
        let machine = machine.filter(|_| 10 <= above.height);
        let (charts, below) = split_down(above, above.height - u16::from(machine.is_some()));
        self.draw_charts(buffer, charts, shared);
        if let Some(machine) = machine {
            shared.look.line(buffer, below, machine);
        }
        if !log.is_empty() {
            self.draw_log(buffer, log, shared, false);
        }
    }

    fn draw_charts(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        self.board.view.is_alone = self.is_zoomed;
        charts::draw(&mut self.board, buffer, area, shared, true);
    }

    pub(super) fn draw_log(
        &mut self,
        buffer: &mut Buffer,
        area: Rect,
        shared: &Shared,
        is_focused: bool,
    ) {
        self.log.want(self.board.id);
        let run = self.board.run();
        let grows = run.is_none_or(|run| !run.state.has_ended());
        self.log.draw(buffer, area, shared, is_focused, grows);
    }

    /// The machine while the run is at work, and what is known besides.
    fn draw_aside(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let look = &shared.look;
        let width = usize::from(area.width).saturating_sub(2);
        let machine = self.system.lines(&self.board, shared, width);
        let height = match machine.is_empty() {
            true => 0,
            false => (machine.len() as u16 + 2).min(area.height / 2),
        };
        let (system, rest) = split_down(area, height);
        if !system.is_empty() {
            let inner = look.pane(buffer, system, &Pane::new("system"));
            look.lines(buffer, inner, machine);
        }
        let lines = match &self.board.detail.value {
            Some(detail) => facts::beside_machine(detail, shared, width),
            None => vec![Line::from(look.span(" …", Role::Dim))],
        };
        let room = usize::from(rest.height.saturating_sub(2));
        let more = lines.len().saturating_sub(room);
        let note = match more {
            0 => String::new(),
            more => format!("{more} more"),
        };
        let pane = Pane::new("facts").note(vec![look.span(note, Role::Dim)]);
        let inner = look.pane(buffer, rest, &pane);
        look.lines(buffer, inner, lines);
    }
}
