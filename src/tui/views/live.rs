//! A run at work, followed: its page, and the other runs at work to go to.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{View, page::Page, split_down};
use crate::{
    domain::ids::RunId,
    tui::{
        action::Action,
        effect::{Answer, Effect},
        event::{Ticket, Tickets},
        list::RunList,
        look::fit,
        shared::{Reaction, Shared, Target},
        theme::Role,
    },
};

pub struct Live {
    /// Runs at work.
    list: RunList,
    page: Option<Page>,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            list: RunList::filtered("state:running|paused|stalled|orphaned"),
            page: None,
        }
    }
}

/// More runs at work than this are in the list of runs.
const MOST: u64 = 32;

impl Live {
    fn others(&self) -> Vec<RunId> {
        self.list.rows().iter().map(|row| row.run.id).collect()
    }

    /// The page of the run next to this one among those at work.
    fn go(&mut self, forward: bool) -> Reaction {
        let ids = self.others();
        let here = self.page.as_ref().map(|page| page.board.id);
        let at = ids.iter().position(|id| Some(*id) == here);
        let next = match (at, forward) {
            (None, _) => ids.first(),
            (Some(at), true) => ids.get(at + 1),
            (Some(at), false) => at.checked_sub(1).and_then(|at| ids.get(at)),
        };
        match next {
            Some(id) => self.page = Some(Page::of(*id)),
            None => return Reaction::Refuse("no other run is at work".into()),
        }
        Reaction::Done
    }

    fn draw_strip(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let look = &shared.look;
        let here = self.page.as_ref().map(|page| page.board.id);
        let mut spans = vec![Span::raw(" ")];
        for row in self.list.rows() {
            let run = &row.run;
            let percent = match run.progress.steps {
                Some(steps) if 0 < steps => {
                    let share = run.progress.step as f64 / steps as f64;
                    format!(" {:.0}%", (share * 100.0).floor())
                }
                _ => String::new(),
            };
            let word = run.state.word();
            let text = format!(
                "{} {}{percent}",
                look.charset.state(word),
                look.clip(&run.name, 24)
            );
            let role = if Some(run.id) == here {
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
        if matches!(action, Action::Down | Action::Up) && self.contexts()[0] == "live" {
            return self.go(action == Action::Down);
        }
        match &mut self.page {
            Some(page) => page.act(action, shared),
            None => Reaction::None,
        }
    }

    fn draw(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        self.list.want(shared, MOST, 0);
        if self.page.is_none() {
            self.page = self.others().first().map(|id| Page::of(*id));
        }
        let strip = u16::from(1 < self.list.rows().len());
        let (top, body) = split_down(area, strip);
        if 0 < strip {
            self.draw_strip(buffer, top, shared);
        }
        let look = &shared.look;
        match &mut self.page {
            Some(page) => page.draw(buffer, body, shared),
            None if self.list.total().is_none() => {
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
        let page = self.page.iter_mut().flat_map(|page| page.ask(tickets));
        list.into_iter().chain(page).collect()
    }

    fn expire(&mut self) {
        self.list.expire();
        self.page.iter_mut().for_each(View::expire);
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        let answer = self.list.loaded(ticket, answer)?;
        match &mut self.page {
            Some(page) => page.loaded(ticket, answer),
            None => Some(answer),
        }
    }

    fn target(&self) -> Option<Target> {
        self.page.as_ref()?.target()
    }

    fn crumb(&self) -> String {
        match &self.page {
            Some(page) => format!("live > {}", page.crumb()),
            None => "live".to_owned(),
        }
    }

    fn hints(&self) -> &'static [Action] {
        self.page.as_ref().map_or(&[Action::Train], View::hints)
    }

    fn is_following(&self) -> bool {
        self.page.as_ref().is_some_and(View::is_following)
    }
}
