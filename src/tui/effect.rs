//! Work that the screen asks for and never does itself: the only callers of `ops`.

mod list;
mod page;
mod verb;
mod yank;

use std::time::Duration;

pub use self::{
    list::{GroupsQuestion, Matching, Own, RunRow, SCORES, Table, TableQuestion, primary},
    page::{FindQuestion, LogQuestion, RatesQuestion, Trend, TrendsQuestion},
    verb::{Said, Verb},
    yank::{Wanted, Yank},
};
use self::{
    list::{matching, table},
    yank::runs,
};
use super::{
    chart::{ChartData, ChartQuestion},
    event::{Event, Opened, Ticket},
};
use crate::{
    domain::{ids::RunId, presets::Preset, runs::Run},
    ops::{
        self,
        candidates::{self, Candidate},
        files::FileRow,
        jobs::JobRow,
        lineage::Lineage,
        logs::{Chunk, Found},
        presets::Offer,
        runs::{Comparison, Counts, Detail, Grouping, Names, News},
        series::Rates,
    },
    workspace::Workspace,
};

/// What `App` wants done.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Open the store, anew if it was open.
    Open,
    Table(Ticket, TableQuestion),
    Detail(Ticket, RunId),
    Chart(Ticket, ChartQuestion),
    Compare(Ticket, Vec<RunId>),
    Groups(Ticket, GroupsQuestion),
    Names(Ticket),
    /// Experiments with their runs counted.
    Experiments(Ticket),
    /// Runs of a list, to be marked.
    Matching(Ticket, Matching),
    Log(Ticket, LogQuestion),
    Find(Ticket, FindQuestion),
    Rates(Ticket, RatesQuestion),
    Trends(Ticket, TrendsQuestion),
    Files(Ticket, RunId),
    Lineage(Ticket, RunId),
    Jobs(Ticket),
    Offers(Ticket),
    Counts(Ticket),
    /// Runs as they are now.
    Runs(Ticket, Wanted),
    Candidates(Ticket, candidates::Question),
    Yank(Ticket, Yank, Vec<RunId>),
    /// Runs of this person that ended badly since a change of the store.
    News(Ticket, Option<i64>),
    Do(Verb),
    /// Read what filters and orders need, before the first is asked for.
    Warm,
    /// Hear of the store's changes this often.
    Pace(Duration),
    /// Give the terminal back to the shell until it returns it.
    Suspend,
    /// Forget what the terminal is thought to show.
    Repaint,
    /// Put a text where it can be pasted from; what it is, in words.
    Copy(String, String),
    /// Let the terminal tell of the mouse, or not.
    Mouse(bool),
    /// Call a person who may look elsewhere, with this sentence.
    Call(String),
}

/// Bytes of a log that are kept on the screen.
pub const LOG_BYTES: u64 = 128 << 10;
/// Rows of the queue that are shown.
pub const JOB_ROWS: u64 = 500;

/// An answer to a question of a pane.
#[derive(Debug)]
pub enum Answer {
    Table(ops::Result<Table>),
    Detail(ops::Result<Box<Detail>>),
    Chart(ops::Result<ChartData>),
    Log(ops::Result<Chunk>),
    Compare(ops::Result<Box<Comparison>>),
    Groups(ops::Result<Box<Grouping>>),
    Names(ops::Result<Names>),
    Experiments(ops::Result<Vec<(String, u64)>>),
    Matching(ops::Result<Vec<Run>>),
    Find(ops::Result<Found>),
    Rates(ops::Result<Option<Rates>>),
    Trends(ops::Result<Vec<Trend>>),
    Files(ops::Result<Vec<FileRow>>),
    Lineage(ops::Result<Lineage>),
    Jobs(ops::Result<Vec<JobRow>>),
    Offers(ops::Result<Vec<Offer>>),
    Counts(ops::Result<Counts>),
    Runs(ops::Result<Vec<Run>>),
    Candidates(ops::Result<Vec<Candidate>>),
    Yank(ops::Result<String>),
    News(ops::Result<News>),
}

/// A verb came to its end: the sentence for the message line.
#[derive(Debug)]
pub struct Done {
    pub verb: Verb,
    pub result: ops::Result<Said>,
}

impl Effect {
    /// Questions of the same kind replace each other while they wait in line: a held key must not queue a hundred lists.
    /// Charts and logs are of many panes, so each of those stands for itself.
    pub fn replaces(&self, waiting: &Self) -> bool {
        matches!(
            (self, waiting),
            (Self::Table(..), Self::Table(..))
                | (Self::Jobs(_), Self::Jobs(_))
                | (Self::Counts(_), Self::Counts(_))
                | (Self::Candidates(..), Self::Candidates(..))
                | (Self::News(..), Self::News(..))
        )
    }

    /// Does it. `None` for what the loop does itself.
    pub fn perform(self, ws: &Workspace) -> Option<Event> {
        let (ticket, answer) = match self {
            Self::Open => return Some(Event::Opened(Ok(opened(ws)))),
            Self::Table(ticket, question) => (ticket, Answer::Table(table(ws, &question))),
            Self::Detail(ticket, id) => (
                ticket,
                Answer::Detail(ops::runs::show(ws, &id).map(Box::new)),
            ),
            Self::Chart(ticket, question) => {
                (ticket, Answer::Chart(ChartData::read(ws, &question)))
            }
            Self::Log(ticket, LogQuestion { run, part }) => (
                ticket,
                Answer::Log(ops::logs::read(ws, &run, part, LOG_BYTES)),
            ),
            Self::Compare(ticket, ids) => {
                let found = ops::runs::compare(ws, &ids).map(Box::new);
                (ticket, Answer::Compare(found))
            }
            Self::Groups(ticket, question) => {
                let found = ops::runs::groups(ws, &question.request()).map(Box::new);
                (ticket, Answer::Groups(found))
            }
            Self::Names(ticket) => (ticket, Answer::Names(ops::runs::names(ws))),
            Self::Experiments(ticket) => (ticket, Answer::Experiments(ops::runs::experiments(ws))),
            Self::Matching(ticket, question) => (ticket, Answer::Matching(matching(ws, &question))),
            Self::Find(ticket, question) => (ticket, Answer::Find(question.answer(ws))),
            Self::Rates(ticket, question) => (ticket, Answer::Rates(question.answer(ws))),
            Self::Trends(ticket, question) => (ticket, Answer::Trends(question.answer(ws))),
            Self::Files(ticket, id) => (ticket, Answer::Files(ops::files::list(ws, &id))),
            Self::Lineage(ticket, id) => (ticket, Answer::Lineage(ops::lineage::of(ws, &id))),
            Self::Jobs(ticket) => (ticket, Answer::Jobs(ops::jobs::list(ws, JOB_ROWS))),
            Self::Offers(ticket) => (ticket, Answer::Offers(Ok(ops::presets::list(ws)))),
            Self::Counts(ticket) => (ticket, Answer::Counts(ops::runs::counts(ws))),
            Self::Runs(ticket, wanted) => (ticket, Answer::Runs(runs(ws, &wanted))),
            Self::Candidates(ticket, question) => {
                let found = candidates::find(ws, &question);
                (ticket, Answer::Candidates(found))
            }
            Self::Yank(ticket, what, ids) => (ticket, Answer::Yank(what.of(ws, &ids))),
            Self::News(ticket, since) => (ticket, Answer::News(ops::runs::news(ws, since))),
            Self::Do(verb) => {
                let result = verb.perform(ws);
                return Some(Event::Done(Done { verb, result }));
            }
            Self::Warm => {
                // Whoever filters reads it again, and is told what is wrong.
                let _ = ops::runs::warm(ws);
                return None;
            }
            Self::Pace(_)
            | Self::Suspend
            | Self::Repaint
            | Self::Copy(..)
            | Self::Mouse(_)
            | Self::Call(_) => return None,
        };
        Some(Event::Loaded(ticket, answer))
    }

    /// What to say when it could not even be tried.
    pub fn fail(self, error: ops::Error) -> Option<Event> {
        let (ticket, answer) = match self {
            Self::Open => return Some(Event::Opened(Err(error))),
            Self::Table(ticket, _) => (ticket, Answer::Table(Err(error))),
            Self::Detail(ticket, _) => (ticket, Answer::Detail(Err(error))),
            Self::Chart(ticket, _) => (ticket, Answer::Chart(Err(error))),
            Self::Log(ticket, _) => (ticket, Answer::Log(Err(error))),
            Self::Compare(ticket, _) => (ticket, Answer::Compare(Err(error))),
            Self::Groups(ticket, _) => (ticket, Answer::Groups(Err(error))),
            Self::Names(ticket) => (ticket, Answer::Names(Err(error))),
            Self::Experiments(ticket) => (ticket, Answer::Experiments(Err(error))),
            Self::Matching(ticket, _) => (ticket, Answer::Matching(Err(error))),
            Self::Find(ticket, _) => (ticket, Answer::Find(Err(error))),
            Self::Rates(ticket, _) => (ticket, Answer::Rates(Err(error))),
            Self::Trends(ticket, _) => (ticket, Answer::Trends(Err(error))),
            Self::Files(ticket, _) => (ticket, Answer::Files(Err(error))),
            Self::Lineage(ticket, _) => (ticket, Answer::Lineage(Err(error))),
            Self::Jobs(ticket) => (ticket, Answer::Jobs(Err(error))),
            Self::Offers(ticket) => (ticket, Answer::Offers(Err(error))),
            Self::Counts(ticket) => (ticket, Answer::Counts(Err(error))),
            Self::Runs(ticket, _) => (ticket, Answer::Runs(Err(error))),
            Self::Candidates(ticket, _) => (ticket, Answer::Candidates(Err(error))),
            Self::Yank(ticket, ..) => (ticket, Answer::Yank(Err(error))),
            Self::News(ticket, _) => (ticket, Answer::News(Err(error))),
            Self::Do(verb) => {
                return Some(Event::Done(Done {
                    verb,
                    result: Err(error),
                }));
            }
            Self::Warm
            | Self::Pace(_)
            | Self::Suspend
            | Self::Repaint
            | Self::Copy(..)
            | Self::Mouse(_)
            | Self::Call(_) => return None,
        };
        Some(Event::Loaded(ticket, answer))
    }
}

fn opened(ws: &Workspace) -> Opened {
    Opened {
        actor: ws.actor().name.clone(),
        host: ws.actor().host.clone(),
        root: ws.root.display().to_string(),
    }
}

/// What is wrong with one change of a preset; looks at nothing but the two.
pub fn wrong_override(preset: &Preset, change: String) -> Option<ops::Error> {
    ops::presets::apply(preset, &[change]).err()
}

#[cfg(test)]
mod tests;
