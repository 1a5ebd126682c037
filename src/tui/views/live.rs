//! A run at work, followed: its page, and the other runs at work to go to.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{Root, View, page::Page};
use crate::{
    domain::{
        ids::RunId,
        runs::{Run, StateWord},
    },
    ops::runs::{AT_WORK, ENDED},
    tui::{
        action::Action,
        effect::{Answer, Effect},
        event::{Ticket, Tickets},
        list::RunList,
        look::{Pane, fit, split_across, split_down},
        place::{Place, Settings},
        shared::{Reaction, Reply, Shared, Target},
        text,
        theme::{Role, state_role},
    },
};

pub struct Live {
    /// Runs at work.
    list: RunList,
    /// What to show while nothing is at work: the newest that have ended.
    ended: RunList,
    page: Option<Page>,
    /// How the first page is looked at.
    settings: Settings,
    /// The page is there for want of a run at work.
    is_stopgap: bool,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            list: RunList::filtered(AT_WORK),
            ended: RunList::filtered(ENDED),
            page: None,
            settings: Settings::default(),
            is_stopgap: false,
        }
    }
}

/// Columns from which the runs at work stand in a list beside the page, and those of the list.
const ROOM_FOR_LIST: u16 = 160;
const LIST: u16 = 34;
/// More runs at work than this are in the list of runs.
const MOST: u64 = 32;

impl Live {
    fn others(&self) -> Vec<RunId> {
        self.list.rows().iter().map(|row| row.run.id).collect()
    }

    fn here(&self) -> Option<RunId> {
        self.page.as_ref().map(|page| page.board.id)
    }

    /// Set as a person left it.
    pub fn at(settings: &Settings) -> Self {
        Self {
            settings: settings.clone(),
            ..Self::default()
        }
    }

    /// How the page is looked at, for the next run too: its tab, but not a zoom into this one's steps.
    fn looked(&self) -> Settings {
        let settings = self
            .page
            .as_ref()
            .map_or(self.settings.clone(), Page::settings);
        let kept = ["tab", "wrap"].into_iter();
        kept.fold(Settings::default(), |kept, name| {
            kept.with(name, settings.get(name).unwrap_or_default())
        })
    }

    /// The run that ended last.
    fn last(&self) -> Option<RunId> {
        let rows = self.ended.rows().iter();
        let last = rows.max_by_key(|row| row.run.state.ended())?;
        Some(last.run.id)
    }

    /// The page of the run next to this one among those at work; after the last comes the first.
    fn go(&mut self, forward: bool) -> Reaction {
        let ids = self.others();
        let at = ids.iter().position(|id| Some(*id) == self.here());
        let next = match (at, forward) {
            (None, _) => 0,
            (Some(at), true) => at + 1,
            (Some(at), false) => at + ids.len() - 1,
        };
        let next = ids.get(next % ids.len().max(1));
        match next.filter(|id| Some(**id) != self.here()) {
            Some(id) => self.page = Some(Page::at(*id, &self.looked())),
            None => return Reaction::Refuse("no other run is at work".into()),
        }
        Reaction::Done
    }

    /// The run on show, once it is not at work any more.
    fn ended_here(&self) -> Option<&Run> {
        let run = self.page.as_ref()?.board.run()?;
        run.state.has_ended().then_some(run)
    }

    /// The runs to choose from. One that has ended under the eyes of a person stays where they look.
    fn choice(&self) -> impl Iterator<Item = &Run> {
        let ended = self.ended_here();
        let at_work = self.list.rows().iter().map(|row| &row.run);
        let others = at_work.filter(move |run| ended.is_none_or(|ended| ended.id != run.id));
        ended.into_iter().chain(others)
    }

    /// The runs one below the other, that on show marked.
    fn draw_list(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let look = &shared.look;
        let runs: Vec<&Run> = self.choice().collect();
        let pane = Pane::new(format!("live runs {}", runs.len()));
        let inner = look.pane(buffer, area, &pane);
        let height = usize::from(inner.height);
        let here = runs.iter().position(|run| Some(run.id) == self.here());
        let top = (here.unwrap_or(0) + 1).saturating_sub(height);
        for (row, run) in inner.rows().zip(runs.iter().skip(top)) {
            let is_here = Some(run.id) == self.here();
            look.line(
                buffer,
                row,
                self.listed(run, is_here, usize::from(row.width), shared),
            );
            if is_here {
                let row = row.intersection(buffer.area);
                shared.focus_on(row);
                buffer.set_style(row, look.style(Role::SelectedElsewhere));
            }
        }
    }

    /// A run in the list: its state, its name, and at the right how far it is.
    fn listed(&self, run: &Run, is_here: bool, width: usize, shared: &Shared) -> Line<'static> {
        let look = &shared.look;
        let word = run.state.word();
        let how = match word {
            StateWord::Running => far(run),
            word => Some(word.to_string()),
        };
        let how = how.unwrap_or_default();
        let name = width.saturating_sub(text::width(&how) + 6);
        let gutter = if is_here { look.charset.gutter() } else { " " };
        let role = if is_here { Role::Title } else { Role::Text };
        let spans = vec![
            look.span(gutter, Role::Accent),
            look.span(format!("{} ", look.charset.state(word)), state_role(word)),
            look.span(look.cell(&run.name, name), role),
            look.span(format!("  {how}"), Role::Dim),
        ];
        fit(spans, width, look.charset.ellipsis())
    }

    fn draw_strip(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let look = &shared.look;
        let mut spans = vec![Span::raw(" ")];
        for run in self.choice() {
            let how = match run.state.ended() {
                Some(at) => format!("  {} ago", shared.age(at)),
                None => far(run).map_or(String::new(), |far| format!(" {far}")),
            };
            let word = run.state.word();
            let state = if run.state.has_ended() {
                format!("  {word}")
            } else {
                String::new()
            };
            let name = look.clip(&run.name, 24);
            let text = format!("{} {name}{state}{how}", look.charset.state(word));
            let role = if Some(run.id) == self.here() {
                Role::Title
            } else {
                Role::Dim
            };
            spans.push(look.span(text, role));
            spans.push(Span::raw("   "));
        }
        look.line(
            buffer,
            area,
            fit(spans, usize::from(area.width), look.charset.ellipsis()),
        );
    }
}

/// How much of its plan a run has done.
fn far(run: &Run) -> Option<String> {
    run.progress.percent()
}

impl View for Live {
    fn contexts(&self) -> &'static [&'static str] {
        self.page.as_ref().map_or(&["live", "list"], View::contexts)
    }

    fn act(&mut self, action: Action, shared: &Shared) -> Reaction {
        if matches!(action, Action::NextSibling | Action::PreviousSibling) {
            return self.go(action == Action::NextSibling);
        }
        match &mut self.page {
            Some(page) => page.act(action, shared),
            None => Reaction::None,
        }
    }

    fn draw(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        self.list.want(shared, MOST, 0);
        let is_idle = self.list.total().is_some() && self.list.rows().is_empty();
        if is_idle && self.page.is_none() {
            self.ended.want(shared, MOST, 0);
        }
        let at_work = self.others().first().copied();
        if self.page.is_none() || (self.is_stopgap && at_work.is_some()) {
            let settings = self.looked();
            let run = at_work.or_else(|| self.last());
            self.page = run.map(|id| Page::at(id, &settings));
            self.is_stopgap = at_work.is_none();
        }
        // Of one run its page says it all.
        let has_others = 1 < self.choice().count();
        let body = match has_others {
            false => area,
            true if ROOM_FOR_LIST <= area.width => {
                let (list, body) = split_across(area, LIST);
                self.draw_list(buffer, list, shared);
                body
            }
            true => {
                let (strip, body) = split_down(area, 1);
                self.draw_strip(buffer, strip, shared);
                body
            }
        };
        let look = &shared.look;
        match &mut self.page {
            Some(page) => page.draw(buffer, body, shared),
            None if self.list.total().is_none() || self.ended.total().is_none() => {
                look.line(buffer, body, look.span(" …", Role::Dim).into());
            }
            None => look.lines(
                buffer,
                body,
                [
                    Line::from(" nothing runs"),
                    Line::from(vec![
                        look.span(" C", Role::Key),
                        Span::raw(" train from a preset   "),
                        look.span("1", Role::Key),
                        Span::raw(" all runs"),
                    ]),
                ],
            ),
        }
    }

    fn ask(&mut self, tickets: &mut Tickets) -> Vec<Effect> {
        let list = self.list.ask(tickets);
        let ended = self.ended.ask(tickets);
        let page = self.page.iter_mut().flat_map(|page| page.ask(tickets));
        list.into_iter().chain(ended).chain(page).collect()
    }

    fn expire(&mut self) {
        self.list.expire();
        self.ended.expire();
        self.page.iter_mut().for_each(View::expire);
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        let answer = self.list.loaded(ticket, answer)?;
        let answer = self.ended.loaded(ticket, answer)?;
        match &mut self.page {
            Some(page) => page.loaded(ticket, answer),
            None => Some(answer),
        }
    }

    fn target(&self) -> Option<Target> {
        self.page.as_ref()?.target()
    }

    fn name(&self) -> String {
        "live".to_owned()
    }

    fn place(&self) -> Place {
        Place {
            settings: self.looked(),
            ..Place::of_root(Root::Live)
        }
    }

    fn reply(&mut self, reply: Reply) -> Reaction {
        match &mut self.page {
            Some(page) => page.reply(reply),
            None => Reaction::None,
        }
    }

    fn crumb(&self) -> String {
        match &self.page {
            Some(page) => format!("live > {}", page.crumb()),
            None => "live".to_owned(),
        }
    }

    fn hints(&self) -> &'static [Action] {
        match &self.page {
            None => return &[Action::Train],
            Some(page) if !page.is_overview() => return page.hints(),
            Some(_) => {}
        }
        &[
            Action::NextSibling,
            Action::Stop,
            Action::Resume,
            Action::Back,
            Action::Train,
            Action::NextPane,
            Action::Down,
            Action::Left,
            Action::SmoothMore,
            Action::LogScale,
        ]
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            Action::NextSibling | Action::PreviousSibling => {
                self.others().iter().any(|id| Some(*id) != self.here())
            }
            action => self.page.as_ref().is_none_or(|page| page.offers(action)),
        }
    }

    fn label(&self, action: Action) -> Option<&'static str> {
        match action {
            Action::NextSibling => Some("next run"),
            Action::PreviousSibling => Some("previous run"),
            action => self.page.as_ref()?.label(action),
        }
    }

    fn awaits(&self, action: Action) -> bool {
        match &self.page {
            Some(page) => page.awaits(action),
            None => self.list.awaits(action),
        }
    }

    fn is_following(&self) -> bool {
        self.page.as_ref().is_some_and(View::is_following)
    }
}
