//! Runs that end badly while nobody looks: a person is called.

use std::collections::BTreeSet;

use crate::{
    domain::{
        ids::RunId,
        jobs::Exit,
        runs::{Ending, Run, RunState},
        text::{shortened, shown},
        time::Timestamp,
    },
    ops::{self, runs::News},
    tui::{
        effect::Effect,
        event::{Ticket, Tickets},
        remote::Remote,
    },
};

/// What is known of the runs of a person, and when they were called.
#[derive(Debug)]
pub(super) struct Calls {
    news: Remote<(), News>,
    /// The news are known up to this change of the store.
    change: Option<i64>,
    /// What ended before the screen opened is no news.
    since: Timestamp,
    told: BTreeSet<(RunId, u32)>,
    /// Does the terminal have the focus? Not every one says.
    pub has_focus: Option<bool>,
    called: Option<Timestamp>,
}

/// One call in so much time is enough.
const BETWEEN_MS: i64 = 30_000;
/// The longest reason of a failure that is told.
const REASON: usize = 80;

impl Calls {
    pub fn new(now: Timestamp) -> Self {
        Self {
            news: Remote::default(),
            change: None,
            since: now,
            told: BTreeSet::new(),
            has_focus: None,
            called: None,
        }
    }

    pub fn expire(&mut self) {
        self.news.expire();
    }

    pub fn ask(&mut self, tickets: &mut Tickets) -> Option<Effect> {
        self.news.want(());
        let (ticket, ()) = self.news.ask(tickets)?;
        Some(Effect::News(ticket, self.change))
    }

    pub fn awaits(&self, ticket: Ticket) -> bool {
        self.news.awaits(ticket)
    }

    /// Takes news in; gives back what to tell.
    pub fn answer(&mut self, news: ops::Result<News>) -> Vec<String> {
        let heard = news.as_ref().ok().cloned();
        self.news.answer(news);
        let Some(News {
            change,
            ended_badly,
        }) = heard
        else {
            return vec![];
        };
        self.change = Some(change);
        let told = ended_badly.iter().filter_map(|run| self.tell(run));
        told.collect()
    }

    fn tell(&mut self, run: &Run) -> Option<String> {
        let RunState::Ended { at, how, .. } = &run.state else {
            return None;
        };
        let name = shown(&run.name);
        let told = match how {
            Ending::Failed {
                exit: exit @ Exit::Signal(_),
                ..
            } => format!("{name} failed: {exit}"),
            Ending::Failed { message, .. } => {
                let line = message.lines().next_back().unwrap_or_default();
                let reason = shown(line);
                format!("{name} failed: {}", shortened(&reason, REASON))
            }
            Ending::Lost => format!("{name} was lost"),
            _ => return None,
        };
        (self.since <= *at && self.told.insert((run.id, run.attempt))).then_some(told)
    }

    /// Shall the person be called now? Not where they look, and not again and again.
    pub fn is_due(&mut self, now: Timestamp) -> bool {
        let is_quiet = self
            .called
            .is_none_or(|called| BETWEEN_MS <= now.since(called));
        let is_due = is_quiet && self.has_focus != Some(true);
        if is_due {
            self.called = Some(now);
        }
        is_due
    }
}
