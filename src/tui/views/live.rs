//! A run at work, followed: its page, and the other runs at work to go to.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{Root, View, page::Page, split_down};
use crate::{
    domain::{ids::RunId, runs::Run},
    tui::{
        action::Action,
        effect::{Answer, Effect},
        event::{Ticket, Tickets},
        list::RunList,
        look::fit,
        place::Place,
        shared::{Reaction, Shared, Target},
        theme::Role,
    },
};

pub struct Live {
    /// Runs at work.
    list: RunList,
    /// What to show while nothing is at work: the newest that have ended.
    ended: RunList,
    page: Option<Page>,
    /// The page is there for want of a run at work.
    is_stopgap: bool,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            list: RunList::filtered(AT_WORK),
            ended: RunList::filtered(&format!("-({AT_WORK}|queued)")),
            page: None,
            is_stopgap: false,
        }
    }
}

const AT_WORK: &str = "state:running|paused|stalled|orphaned";
/// More runs at work than this are in the list of runs.
const MOST: u64 = 32;

impl Live {
    fn others(&self) -> Vec<RunId> {
        self.list.rows().iter().map(|row| row.run.id).collect()
    }

    fn here(&self) -> Option<RunId> {
        self.page.as_ref().map(|page| page.board.id)
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
            Some(id) => self.page = Some(Page::of(*id)),
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

    fn draw_strip(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let look = &shared.look;
        let mut spans = vec![Span::raw(" ")];
        for run in self.choice() {
            let how = match (run.state.ended(), run.progress.steps) {
                (Some(at), _) => format!("  {} ago", shared.age(at)),
                (None, Some(steps)) if 0 < steps => {
                    let share = run.progress.step as f64 / steps as f64;
                    format!(" {:.0}%", (share * 100.0).floor())
                }
                _ => String::new(),
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
            self.page = at_work.or_else(|| self.last()).map(Page::of);
            self.is_stopgap = at_work.is_none();
        }
        // Of one run its page says it all.
        let strip = u16::from(1 < self.choice().count());
        let (top, body) = split_down(area, strip);
        if 0 < strip {
            self.draw_strip(buffer, top, shared);
        }
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
        Place::of_root(Root::Live)
    }

    fn crumb(&self) -> String {
        match &self.page {
            Some(page) => format!("live > {}", page.crumb()),
            None => "live".to_owned(),
        }
    }

    fn hints(&self) -> &'static [Action] {
        if self.page.is_none() {
            return &[Action::Train];
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
