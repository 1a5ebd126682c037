//! A run's page: how far it is, its charts, its facts, its log.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::{View, split_across, split_down};
use crate::{
    domain::ids::RunId,
    tui::{
        action::Action,
        board::{Board, charts, facts, log::LogView, progress},
        effect::{Answer, Effect},
        event::{Ticket, Tickets},
        look::Pane,
        place::{Place, Settings, Spot},
        scroll,
        shared::{Reaction, Shared, Target},
        theme::Role,
        trouble,
    },
};

pub struct Page {
    pub board: Board,
    focus: Part,
    is_zoomed: bool,
    facts_top: usize,
    facts_lines: usize,
    facts_height: usize,
    log: LogView,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Charts,
    Facts,
    Log,
}

const PARTS: [Part; 3] = [Part::Charts, Part::Facts, Part::Log];
/// Columns from which the parts stand beside each other.
const ROOM_BESIDE: u16 = 100;

impl Page {
    pub fn of(id: RunId) -> Self {
        Self {
            board: Board::of(id),
            focus: Part::Charts,
            is_zoomed: false,
            facts_top: 0,
            facts_lines: 0,
            facts_height: 0,
            log: LogView::default(),
        }
    }

    pub fn at(id: RunId, settings: &Settings) -> Self {
        let mut page = Self::of(id);
        page.board.restore(settings);
        page
    }

    fn turn(&mut self, by: usize) {
        let at = PARTS
            .iter()
            .position(|part| *part == self.focus)
            .unwrap_or(0);
        self.focus = PARTS[(at + by) % PARTS.len()];
    }

    fn scroll_facts(&mut self, action: Action) -> bool {
        let most = self.facts_lines.saturating_sub(self.facts_height.max(1));
        let top = scroll::moved(action, self.facts_top, self.facts_height, most);
        self.facts_top = top.unwrap_or(self.facts_top);
        top.is_some()
    }
}

impl View for Page {
    fn contexts(&self) -> &'static [&'static str] {
        match self.focus {
            Part::Charts => &["live", "list"],
            Part::Facts => &["list", "live"],
            Part::Log => &["list", "live"],
        }
    }

    fn act(&mut self, action: Action, _: &Shared) -> Reaction {
        if let Some(why) = self
            .board
            .refuses(action)
            .filter(|_| self.focus != Part::Log)
        {
            return Reaction::Refuse(why.to_owned());
        }
        let meant = match action {
            Action::NextPane => {
                self.turn(1);
                true
            }
            Action::PreviousPane => {
                self.turn(PARTS.len() - 1);
                true
            }
            Action::Zoom => {
                self.is_zoomed = !self.is_zoomed;
                true
            }
            Action::Open if self.focus == Part::Charts => {
                self.is_zoomed = !self.is_zoomed;
                true
            }
            Action::Escape if self.is_zoomed => {
                self.is_zoomed = false;
                true
            }
            action if self.focus == Part::Log && self.log.act(action) => true,
            action if self.focus == Part::Facts && self.scroll_facts(action) => true,
            // Rows of charts: up and down walk them as `[` and `]` do.
            Action::Down if self.focus == Part::Charts => self.board.act(Action::NextSibling),
            Action::Up if self.focus == Part::Charts => self.board.act(Action::PreviousSibling),
            action => self.board.act(action),
        };
        if meant {
            Reaction::Done
        } else {
            Reaction::None
        }
    }

    fn draw(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        self.board.detail.want(self.board.id);
        if let (Some(error), None) = (&self.board.detail.error, &self.board.detail.value) {
            trouble::draw(buffer, area, &shared.look, error);
            return;
        }
        let (head, body) = split_down(area, if area.height < 8 { 1 } else { 2 });
        let width = usize::from(area.width).saturating_sub(2);
        let lines = match head.height {
            2 => progress::lines(&self.board, shared, width).to_vec(),
            _ => vec![progress::headline(&self.board, shared, width)],
        };
        shared
            .look
            .lines(buffer, head, lines.into_iter().map(indented));
        if self.is_zoomed || area.width < ROOM_BESIDE {
            self.draw_narrow(buffer, body, shared);
        } else {
            let (left, right) = split_across(body, body.width * 3 / 5);
            let (facts, log) = split_down(right, right.height * 3 / 5);
            for (part, area) in [(Part::Charts, left), (Part::Facts, facts), (Part::Log, log)] {
                self.draw_part(part, buffer, area, shared);
            }
        }
    }

    fn ask(&mut self, tickets: &mut Tickets) -> Vec<Effect> {
        self.board.ask(tickets)
    }

    fn expire(&mut self) {
        self.board.expire();
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        self.board.loaded(ticket, answer)
    }

    fn target(&self) -> Option<Target> {
        self.board.run().map(Target::from)
    }

    fn name(&self) -> String {
        self.crumb()
    }

    fn place(&self) -> Place {
        Place {
            spot: Spot::Run(self.board.id),
            settings: self.board.settings(),
        }
    }

    fn crumb(&self) -> String {
        self.board
            .run()
            .map_or("…".to_owned(), |run| run.name.clone())
    }

    fn hints(&self) -> &'static [Action] {
        match self.focus {
            Part::Charts => &[
                Action::Stop,
                Action::Resume,
                Action::Back,
                Action::Train,
                Action::NextPane,
                Action::NextSibling,
                Action::Left,
                Action::SmoothMore,
                Action::LogScale,
                Action::ZoomIn,
            ],
            _ => &[
                Action::Down,
                Action::Up,
                Action::Stop,
                Action::Resume,
                Action::Back,
                Action::Train,
                Action::NextPane,
                Action::Zoom,
                Action::Tag,
                Action::Note,
            ],
        }
    }

    fn awaits(&self, _: Action) -> bool {
        self.board.detail.is_blank()
    }

    fn offers(&self, action: Action) -> bool {
        use Action::{
            FarLeft, FarRight, Fit, Left, LineEnd, LineStart, LogScale, NextSibling, PanLeft,
            PanRight, PreviousSibling, Right, SmoothLess, SmoothMore, ZoomIn, ZoomOut,
        };
        let groups = self.board.groups().len();
        match action {
            NextSibling | PreviousSibling => 1 < groups,
            Action::Down | Action::Up if self.focus == Part::Charts => 1 < groups,
            Action::Matter => match self.focus {
                Part::Charts => 0 < groups,
                Part::Facts => false,
                Part::Log => true,
            },
            Action::Heat | Action::NextMatch | Action::PreviousMatch | Action::Along => {
                0 < groups && self.board.refuses(action).is_none()
            }
            Action::Clip => 0 < groups,
            // There is nothing to open on a page.
            Action::Open => false,
            Left | Right | FarLeft | FarRight | LineStart | LineEnd => 0 < groups,
            LogScale | SmoothLess | SmoothMore => 0 < groups,
            ZoomIn | ZoomOut | Fit | PanLeft | PanRight => 0 < groups,
            _ => true,
        }
    }

    fn label(&self, action: Action) -> Option<&'static str> {
        let is_charts = self.focus == Part::Charts;
        Some(match action {
            Action::Down | Action::NextSibling if is_charts => "next chart",
            Action::Up | Action::PreviousSibling if is_charts => "previous chart",
            Action::NextSibling => "next chart",
            Action::PreviousSibling => "previous chart",
            Action::Down => "scroll down",
            Action::Up => "scroll up",
            Action::First => "top",
            Action::Last => "end",
            Action::Matter if is_charts => "follow the last points",
            Action::Matter => "follow the log's end",
            _ => return None,
        })
    }

    fn is_following(&self) -> bool {
        self.board.is_live() && self.log.is_following()
    }
}

impl Page {
    /// One part at a time, with the end of the log below the charts where there is room.
    fn draw_narrow(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        if self.focus == Part::Charts && !self.is_zoomed && 16 <= area.height {
            let (charts, log) = split_down(area, area.height - 5);
            self.draw_part(Part::Charts, buffer, charts, shared);
            self.draw_part(Part::Log, buffer, log, shared);
        } else {
            self.draw_part(self.focus, buffer, area, shared);
        }
    }

    fn draw_part(&mut self, part: Part, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let is_focused = self.focus == part;
        match part {
            Part::Charts => {
                self.board.view.is_alone = self.is_zoomed;
                charts::draw(&mut self.board, buffer, area, shared, is_focused);
            }
            Part::Log => {
                self.board.log.want(self.board.id);
                self.log
                    .draw(&self.board.log, buffer, area, shared, is_focused);
            }
            Part::Facts => self.draw_facts(buffer, area, shared, is_focused),
        }
    }

    fn draw_facts(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared, is_focused: bool) {
        let look = &shared.look;
        let width = usize::from(area.width).saturating_sub(2);
        let lines = match &self.board.detail.value {
            Some(detail) => facts::lines(detail, shared, width),
            None => vec![Line::from(look.span(" …", Role::Dim))],
        };
        self.facts_lines = lines.len();
        let note = match lines.len().checked_sub(self.facts_top + self.facts_height) {
            Some(more) if 0 < more && 0 < self.facts_height => format!("{more} more"),
            _ => String::new(),
        };
        let pane = Pane::new("facts")
            .note(vec![look.span(note, Role::Dim)])
            .focused(is_focused);
        let inner = look.pane(buffer, area, &pane);
        self.facts_height = usize::from(inner.height);
        self.facts_top = self
            .facts_top
            .min(lines.len().saturating_sub(self.facts_height));
        look.lines(buffer, inner, lines.into_iter().skip(self.facts_top));
    }
}

pub fn indented(mut line: Line<'static>) -> Line<'static> {
    line.spans.insert(0, " ".into());
    line
}
