//! The bench: the panes of the workbench together. Runs and training; others join as their rooms do.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Root, View, page::indented, selection::Selection, split_across, split_down};
use crate::tui::{
    action::Action,
    board::{charts, progress},
    effect::{Answer, Effect},
    event::{Ticket, Tickets},
    look::Pane,
    place::{Place, Settings, Spot},
    shared::{Reaction, Shared, Target},
    theme::Role,
};

#[derive(Default)]
pub struct Bench {
    selection: Selection,
    focus: Part,
    is_zoomed: bool,
}

/// The panes in reading order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Runs,
    Training,
}

/// Columns from which the panes stand beside each other.
const ROOM_BESIDE: u16 = 100;

impl Bench {
    pub fn at(settings: &Settings) -> Self {
        let mut bench = Self::default();
        bench.selection.list.restore(settings);
        bench
    }

    /// The panes and their places.
    fn layout(&self, area: Rect) -> Vec<(Part, Rect)> {
        if self.is_zoomed {
            return vec![(self.focus, area)];
        }
        let (first, second) = if ROOM_BESIDE <= area.width {
            split_across(area, area.width * 2 / 5)
        } else {
            split_down(
                area,
                (area.height * 2 / 5).max(area.height.saturating_sub(16)),
            )
        };
        vec![(Part::Runs, first), (Part::Training, second)]
    }

    fn draw_runs(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let is_focused = self.focus == Part::Runs;
        let note = self.selection.list.note(&shared.look);
        let inner = shared.look.pane(
            buffer,
            area,
            &Pane::new("runs").note(note).focused(is_focused),
        );
        self.selection.list.draw(buffer, inner, shared, is_focused);
    }

    fn draw_training(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let look = &shared.look;
        let is_focused = self.focus == Part::Training;
        let Some((board, run)) = self.selection.show() else {
            let inner = look.pane(buffer, area, &Pane::new("training").focused(is_focused));
            look.line(
                buffer,
                inner,
                look.span(" the selected run is shown here", Role::Dim)
                    .into(),
            );
            return;
        };
        let note = vec![look.span(look.clip(&run.experiment, 24), Role::Dim)];
        let title = format!("training  {}", look.clip(&run.name, 32));
        let inner = look.pane(
            buffer,
            area,
            &Pane::new(title).note(note).focused(is_focused),
        );
        let width = usize::from(inner.width).saturating_sub(2);
        let (head, body) = split_down(inner, if inner.height < 8 { 1 } else { 2 });
        let lines = match head.height {
            2 => progress::lines(board, shared, width).to_vec(),
            _ => vec![progress::headline(board, shared, width)],
        };
        look.lines(buffer, head, lines.into_iter().map(indented));
        // The frame of the pane is enough; its charts have rules.
        let mut inner_shared = shared.clone();
        inner_shared.look.has_borders = false;
        charts::draw(board, buffer, body, &inner_shared, is_focused);
    }
}

impl View for Bench {
    fn contexts(&self) -> &'static [&'static str] {
        match self.focus {
            Part::Runs => &["bench", "table", "list"],
            Part::Training => &["bench", "live", "list"],
        }
    }

    fn act(&mut self, action: Action, _: &Shared) -> Reaction {
        match action {
            Action::NextPane | Action::PreviousPane => {
                self.focus = match self.focus {
                    Part::Runs => Part::Training,
                    Part::Training => Part::Runs,
                };
            }
            Action::Zoom => self.is_zoomed = !self.is_zoomed,
            Action::Open => return self.selection.list.act(action),
            action => {
                let is_meant = self.focus == Part::Training
                    && self
                        .selection
                        .board
                        .as_mut()
                        .is_some_and(|board| board.act(action));
                if is_meant {
                    return Reaction::Done;
                }
                if action == Action::Escape && self.is_zoomed {
                    self.is_zoomed = false;
                    return Reaction::Done;
                }
                return self.selection.list.act(action);
            }
        }
        Reaction::Done
    }

    fn draw(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        for (part, area) in self.layout(area) {
            match part {
                Part::Runs => self.draw_runs(buffer, area, shared),
                Part::Training => self.draw_training(buffer, area, shared),
            }
        }
    }

    fn ask(&mut self, tickets: &mut Tickets) -> Vec<Effect> {
        self.selection.ask(tickets)
    }

    fn expire(&mut self) {
        self.selection.expire();
    }

    fn awaits(&self, action: Action) -> bool {
        self.selection.list.awaits(action)
    }

    fn remark(&mut self) -> Option<String> {
        self.selection.remark()
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        self.selection.loaded(ticket, answer)
    }

    fn target(&self) -> Option<Target> {
        self.selection.target()
    }

    fn name(&self) -> String {
        "bench".to_owned()
    }

    fn place(&self) -> Place {
        Place {
            spot: Spot::Root(Root::Bench),
            settings: self.selection.list.settings(),
        }
    }

    fn crumb(&self) -> String {
        "bench".to_owned()
    }

    fn hints(&self) -> &'static [Action] {
        &[
            Action::Open,
            Action::Stop,
            Action::Resume,
            Action::Train,
            Action::NextPane,
            Action::Zoom,
            Action::Tag,
        ]
    }
}
