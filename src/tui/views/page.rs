//! A run's page: how far it is, and in tabs its charts, metrics, log, parameters, files, where it came from, its history.

mod files;
mod lineage;
mod metrics;
mod overview;
mod params;
mod picker;

use ratatui::{buffer::Buffer, layout::Rect, text::Span};
use strum::IntoEnumIterator as _;

use self::{files::Files, lineage::Origin, metrics::Metrics, params::Params, picker::Picker};
use super::View;
use crate::{
    domain::ids::RunId,
    tui::{
        action::Action,
        board::{Board, charts, facts, log::LogView, progress, system::System},
        effect::{Answer, Effect},
        event::{Ticket, Tickets},
        look::{fit, indented, split_down},
        overlay::{
            Overlay,
            prompt::{Prompt, Purpose},
        },
        place::{Place, Settings, Spot},
        rows::Rows,
        shared::{Reaction, Reply, Shared, Target},
        text,
        theme::Role,
        trouble,
    },
};

pub struct Page {
    pub board: Board,
    tab: Tab,
    is_zoomed: bool,
    log: LogView,
    system: System,
    metrics: Metrics,
    params: Params,
    files: Files,
    lineage: Origin,
    lines: Rows,
    picker: Option<Picker>,
}

/// The parts of a page that are looked at one at a time.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    strum::EnumIter,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[strum(serialize_all = "kebab-case")]
enum Tab {
    #[default]
    Overview,
    Metrics,
    Logs,
    Params,
    Artifacts,
    Lineage,
    History,
}

/// Columns over which pairs are read together.
const READ: usize = 100;
/// Rows of a body that has none for the names of the tabs.
const LEAST_WITH_TABS: u16 = 10;

impl Page {
    pub fn of(id: RunId) -> Self {
        Self {
            board: Board::of(id),
            tab: Tab::default(),
            is_zoomed: false,
            log: LogView::default(),
            system: System::default(),
            metrics: Metrics::default(),
            params: Params::default(),
            files: Files::default(),
            lineage: Origin::default(),
            lines: Rows::default(),
            picker: None,
        }
    }

    pub fn at(id: RunId, settings: &Settings) -> Self {
        let mut page = Self::of(id);
        page.restore(settings);
        page
    }

    fn restore(&mut self, settings: &Settings) {
        self.board.restore(settings);
        self.log.restore(settings);
        self.tab = settings.read("tab").unwrap_or_default();
    }

    /// How the page is set, for [`Page::at`].
    pub fn settings(&self) -> Settings {
        let settings = self.log.settings(self.board.settings());
        match self.tab {
            Tab::Overview => settings,
            tab => settings.with("tab", <&str>::from(tab)),
        }
    }

    fn turn(&mut self, by: usize) {
        let tabs: Vec<Tab> = Tab::iter().collect();
        let at = tabs.iter().position(|tab| *tab == self.tab).unwrap_or(0);
        self.tab = tabs[(at + by) % tabs.len()];
        self.lines = Rows::default();
    }

    pub fn is_overview(&self) -> bool {
        self.tab == Tab::Overview && self.picker.is_none()
    }

    /// The keys act on charts.
    fn is_charted(&self) -> bool {
        self.tab == Tab::Overview || self.tab == Tab::Metrics && self.metrics.has_opened()
    }

    /// What the keys of the tab in front do. Says whether it meant something.
    fn act_in_tab(&mut self, action: Action) -> bool {
        match self.tab {
            Tab::Logs => self.log.act(action),
            Tab::Metrics if !self.metrics.has_opened() => self.metrics.act(action, &self.board),
            Tab::Metrics => {
                action == Action::Escape && (self.board.act(Action::Escape) || self.metrics.close())
            }
            Tab::Params => self.params.act(action),
            Tab::Artifacts => self.files.act(action),
            Tab::Lineage | Tab::History => self.lines.act(action),
            Tab::Overview => false,
        }
    }

    fn act_on_charts(&mut self, action: Action) -> bool {
        match action {
            Action::Zoom | Action::Open => self.is_zoomed = !self.is_zoomed,
            Action::Escape if self.is_zoomed => self.is_zoomed = false,
            // Rows of charts: up and down walk them as `[` and `]` do.
            Action::Down => return self.board.act(Action::NextSibling),
            Action::Up => return self.board.act(Action::PreviousSibling),
            action => return self.board.act(action),
        }
        true
    }

    /// The text that the tab's lines are searched for or filtered by; `None` where nothing is.
    fn searched(&self) -> Option<&str> {
        match self.tab {
            Tab::Logs => Some(self.log.searched()),
            Tab::Metrics if !self.metrics.has_opened() => Some(&self.metrics.filter),
            Tab::Params => Some(&self.params.filter),
            // Charts are looked for by the names of their metrics.
            Tab::Overview if self.has_many_metrics() => Some(""),
            _ => None,
        }
    }

    /// More than a person pages through.
    fn has_many_metrics(&self) -> bool {
        let detail = self.board.detail.value.as_ref();
        detail.is_some_and(|detail| charts::MANY <= detail.metrics.len())
    }

    fn pick(&mut self, action: Action, shared: &Shared) -> Reaction {
        let Some(picker) = &mut self.picker else {
            return Reaction::None;
        };
        if picker.act(action) {
            if let Some(run) = self.board.run() {
                shared.arrange(&run.experiment, &picker.arrangement());
            }
            return Reaction::Done;
        }
        match action {
            Action::Back | Action::Escape | Action::Charts | Action::Interrupt => {
                self.picker = None;
                Reaction::Done
            }
            _ => Reaction::None,
        }
    }
}

impl View for Page {
    fn contexts(&self) -> &'static [&'static str] {
        match self.is_charted() {
            _ if self.picker.is_some() => &["picker", "page", "list"],
            true => &["live", "page", "list"],
            false => &["page", "list"],
        }
    }

    fn act(&mut self, action: Action, shared: &Shared) -> Reaction {
        if self.picker.is_some() {
            return self.pick(action, shared);
        }
        if let Some(why) = self.board.refuses(action).filter(|_| self.is_charted()) {
            return Reaction::Refuse(why.to_owned());
        }
        let meant = match action {
            Action::NextPane => {
                self.turn(1);
                true
            }
            Action::PreviousPane => {
                self.turn(Tab::iter().count() - 1);
                true
            }
            Action::Filter if self.searched().is_some() => {
                if self.tab == Tab::Overview {
                    self.tab = Tab::Metrics;
                }
                let text = self.searched().unwrap_or_default();
                let prompt = Prompt::new(Purpose::Search, text);
                return Reaction::Overlay(Box::new(Overlay::Prompt(prompt)));
            }
            Action::Open if self.tab == Tab::Lineage => {
                return match self.lineage.version() {
                    Some(id) => Reaction::Open(Place::of(Spot::Version(id.clone()))),
                    None => Reaction::Refuse("this run was made of no data version".to_owned()),
                };
            }
            Action::Charts if self.tab == Tab::Overview => {
                self.picker = Some(Picker::of(&self.board));
                true
            }
            action if self.act_in_tab(action) => true,
            action if self.is_charted() => self.act_on_charts(action),
            _ => false,
        };
        if meant {
            Reaction::Done
        } else {
            Reaction::None
        }
    }

    fn reply(&mut self, reply: Reply) -> Reaction {
        let Reply::Search { text, is_whole } = reply else {
            return Reaction::None;
        };
        match self.tab {
            // A log may be long: it is searched for the whole text only.
            Tab::Logs if is_whole => self.log.search(&text),
            Tab::Metrics => self.metrics.filter = text,
            Tab::Params => self.params.filter = text,
            _ => {}
        }
        Reaction::Done
    }

    fn draw(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        self.board.detail.want(self.board.id);
        if let (Some(error), None) = (&self.board.detail.error, &self.board.detail.value) {
            trouble::draw(buffer, area, &shared.look, error);
            return;
        }
        self.board.want_rates();
        if let Some(run) = self.board.run() {
            let arrangement = shared.arrangement(&run.experiment);
            self.board.arrange(&arrangement);
        }
        let body = progress::draw(&self.board, buffer, area, shared);
        let (tabs, body) = split_down(body, u16::from(LEAST_WITH_TABS <= body.height));
        self.draw_tabs(buffer, tabs, shared);
        self.draw_tab(buffer, body, shared);
        if let Some(picker) = &mut self.picker {
            picker.draw(buffer, body, shared);
        }
    }

    fn ask(&mut self, tickets: &mut Tickets) -> Vec<Effect> {
        let mut effects = self.board.ask(tickets);
        effects.extend(self.log.ask(tickets));
        effects.extend(self.system.trends.ask(tickets));
        effects.extend(self.metrics.trends.ask(tickets));
        effects.extend(self.params.ask(tickets));
        effects.extend(self.files.ask(tickets));
        effects.extend(self.lineage.ask(tickets));
        effects
    }

    fn expire(&mut self) {
        self.board.expire();
        self.log.expire();
        self.files.expire();
        self.lineage.expire();
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        let answer = self.board.loaded(ticket, answer)?;
        let answer = self.log.loaded(ticket, answer)?;
        let answer = self.system.trends.loaded(ticket, answer)?;
        let answer = self.metrics.trends.loaded(ticket, answer)?;
        let answer = self.params.loaded(ticket, answer)?;
        let answer = self.files.loaded(ticket, answer)?;
        self.lineage.loaded(ticket, answer)
    }

    fn target(&self) -> Option<Target> {
        self.board.run().map(Target::from)
    }

    fn name(&self) -> String {
        self.board
            .run()
            .map_or("…".to_owned(), |run| run.name.clone())
    }

    fn place(&self) -> Place {
        Place {
            spot: Spot::Run(self.board.id),
            settings: self.settings(),
        }
    }

    fn crumb(&self) -> String {
        match self.tab {
            Tab::Overview if self.has_many_metrics() => {
                let detail = self.board.detail.value.as_ref();
                let count = detail.map_or(0, |detail| detail.metrics.len());
                format!("{}  {} metrics", self.name(), text::count(count as i64))
            }
            Tab::Overview => self.name(),
            tab => format!("{} > {}", self.name(), <&str>::from(tab)),
        }
    }

    fn hints(&self) -> &'static [Action] {
        use Action::{
            Back, Charts, Down, Filter, Left, LogScale, Matter, NextMatch, NextPane, NextSibling,
            Open, Resume, Right, SmoothMore, Sort, Stop, Train, Wrap, ZoomIn,
        };
        match self.tab {
            _ if self.picker.is_some() => &[Open, Left, Right, Back],
            _ if self.is_charted() => &[
                Stop,
                Resume,
                NextPane,
                Back,
                Filter,
                Train,
                NextSibling,
                Charts,
                Left,
                SmoothMore,
                LogScale,
                ZoomIn,
            ],
            Tab::Logs => &[Filter, NextMatch, Matter, Wrap, NextPane, Stop, Back, Down],
            Tab::Metrics => &[Open, Filter, Sort, NextPane, Stop, Back, Down],
            Tab::Params => &[Open, Filter, NextPane, Stop, Back, Down],
            _ => &[Down, NextPane, Stop, Resume, Back],
        }
    }

    fn awaits(&self, _: Action) -> bool {
        self.board.detail.is_blank()
    }

    fn offers(&self, action: Action) -> bool {
        use Action::{
            Down, FarLeft, FarRight, Fit, Left, LineEnd, LineStart, LogScale, NextSibling, Open,
            PanLeft, PanRight, PreviousSibling, Right, SmoothLess, SmoothMore, Up, Zoom, ZoomIn,
            ZoomOut,
        };
        let groups = if self.is_charted() {
            self.board.groups().len()
        } else {
            0
        };
        let has_picker = self.picker.is_some();
        match action {
            Left | Right if has_picker => true,
            NextSibling | PreviousSibling => 1 < groups && !has_picker,
            Down | Up if self.tab == Tab::Overview => 1 < groups || has_picker,
            Action::Matter if self.is_charted() => 0 < groups,
            Action::Heat | Action::NextMatch | Action::PreviousMatch | Action::Along
                if self.is_charted() =>
            {
                0 < groups && self.board.refuses(action).is_none()
            }
            Action::Heat | Action::Along => false,
            Action::Clip => 0 < groups,
            Left | Right | FarLeft | FarRight | LineStart | LineEnd => 0 < groups,
            LogScale | SmoothLess | SmoothMore => 0 < groups,
            ZoomIn | ZoomOut | Fit | PanLeft | PanRight => 0 < groups,
            Zoom => self.tab == Tab::Overview,
            // On the overview there is nothing to open but the charts in their picker.
            Open => has_picker || matches!(self.tab, Tab::Metrics | Tab::Params),
            Action::Filter => self.searched().is_some(),
            Action::Sort => self.tab == Tab::Metrics && !self.metrics.has_opened(),
            Action::Matter | Action::Wrap => self.tab == Tab::Logs,
            Action::NextMatch | Action::PreviousMatch => {
                self.tab == Tab::Logs && !self.log.searched().is_empty()
            }
            Action::Charts => self.tab == Tab::Overview && 0 < groups,
            _ => true,
        }
    }

    fn label(&self, action: Action) -> Option<&'static str> {
        let has_picker = self.picker.is_some();
        Some(match action {
            Action::Open if has_picker => "show or hide",
            Action::Left if has_picker => "earlier",
            Action::Right if has_picker => "later",
            Action::Back if has_picker => "close",
            Action::Down if has_picker => "next chart",
            Action::Up if has_picker => "previous chart",
            Action::NextPane => "next tab",
            Action::PreviousPane => "previous tab",
            Action::NextSibling => "next chart",
            Action::PreviousSibling => "previous chart",
            Action::Down if self.is_charted() => "next chart",
            Action::Up if self.is_charted() => "previous chart",
            Action::Open if self.tab == Tab::Metrics => "chart",
            Action::Open if self.tab == Tab::Params => "fold",
            Action::Open if self.tab == Tab::Lineage => "open the data version",
            Action::Down if !matches!(self.tab, Tab::Metrics | Tab::Params) => "scroll down",
            Action::Up if !matches!(self.tab, Tab::Metrics | Tab::Params) => "scroll up",
            Action::Filter if self.tab == Tab::Logs => "search",
            Action::Filter if self.tab == Tab::Overview => "find a metric",
            Action::Matter if self.is_charted() => "follow the last points",
            Action::Matter => "follow",
            Action::NextMatch if !self.is_charted() => "next match",
            Action::PreviousMatch if !self.is_charted() => "previous match",
            Action::Wrap => "wrap",
            Action::Charts => "charts",
            _ => return None,
        })
    }

    fn is_following(&self) -> bool {
        let has_log = matches!(self.tab, Tab::Overview | Tab::Logs);
        has_log && self.board.is_live() && self.log.is_following()
    }
}

impl Page {
    /// The names of the tabs, the one in front standing out.
    fn draw_tabs(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let look = &shared.look;
        let width = usize::from(area.width);
        let counted = |tab: Tab| {
            let detail = self.board.detail.value.as_ref()?;
            let count = match tab {
                Tab::Metrics => detail.metrics.len(),
                Tab::Params => detail.run.params.len(),
                Tab::Artifacts => detail.artifacts.len(),
                Tab::History => detail.events.len(),
                _ => return None,
            };
            Some(text::count(count as i64))
        };
        let name = |tab: Tab, has_count: bool| {
            let count = counted(tab).filter(|_| has_count);
            let count = count.map_or(String::new(), |count| format!(" {count}"));
            format!(" {}{count} ", <&str>::from(tab))
        };
        // Where there is no room for all, the counts go first, then the names of the others.
        let whole = |has_count| {
            Tab::iter()
                .map(|tab| name(tab, has_count).len() + 1)
                .sum::<usize>()
        };
        let has_counts = whole(true) < width;
        let is_whole = whole(false) < width;
        let mut spans = vec![];
        for (at, tab) in Tab::iter().enumerate() {
            let name = match is_whole || tab == self.tab {
                true => name(tab, has_counts),
                false => format!(" {} ", at + 1),
            };
            let role = match tab == self.tab {
                true => Role::Banner,
                false => Role::Dim,
            };
            spans.push(look.span(name, role));
            spans.push(Span::raw(" "));
        }
        look.line(
            buffer,
            area,
            indented(fit(spans, width.saturating_sub(1), look.charset.ellipsis())),
        );
    }

    fn draw_tab(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let board = &mut self.board;
        let detail = board.detail.value.as_ref();
        let width = usize::from(area.width).saturating_sub(2);
        match (self.tab, detail) {
            (Tab::Overview, _) => self.draw_overview(buffer, area, shared),
            (Tab::Logs, _) => self.draw_log(buffer, area, shared, true),
            (Tab::Metrics, _) => self.metrics.draw(board, buffer, area, shared),
            (Tab::Params, Some(detail)) => self.params.draw(detail, buffer, area, shared),
            (Tab::Artifacts, Some(detail)) => self.files.draw(detail, buffer, area, shared),
            (Tab::Lineage, Some(detail)) => {
                let lines = self.lineage.lines(detail, shared, width.min(READ));
                self.lines
                    .draw_lines("lineage", lines, buffer, area, shared);
            }
            (Tab::History, Some(detail)) => {
                let events = &detail.events;
                let line =
                    |at: usize| facts::history(&events[events.len() - 1 - at], shared, width);
                let inner = self
                    .lines
                    .frame("history", events.len(), buffer, area, shared);
                let shown = self.lines.shown().map(line);
                shared.look.lines(buffer, inner, shown);
            }
            (_, None) => shared
                .look
                .line(buffer, area, shared.look.span(" …", Role::Dim).into()),
        }
    }
}

#[cfg(test)]
mod tests;
