//! Work that the screen asks for and never does itself: the only callers of `ops`.

mod data;
mod list;
mod page;
mod verb;
mod yank;

use std::time::Duration;

pub use self::{
    data::{DataVerb, NewVersion, data_tags},
    list::{GroupsQuestion, Matching, Own, RunRow, Table, TableQuestion},
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
    work::Work,
};
use crate::{
    domain::{
        datasets::{Version, VersionId},
        ids::RunId,
        presets::Preset,
        runs::Run,
    },
    ops::{
        self,
        candidates::{self, Candidate},
        datasets,
        files::FileRow,
        jobs::JobRow,
        lineage::Lineage,
        logs::{Chunk, Found},
        paths,
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
    /// Versions of data sets: those outside the trash, or those in it.
    Versions(Ticket, Kept),
    Version(Ticket, VersionId),
    /// What changed from one version to another.
    Changes(Ticket, VersionId, VersionId),
    /// What is known of the tables of a version.
    Profiles(Ticket, VersionId),
    /// Look into the tables of a version.
    Profile(Ticket, VersionId, Work),
    /// What changed inside the tables, from one version to another.
    Contents(Ticket, VersionId, VersionId, Work),
    /// What the splits of a version have in common.
    Leaks(Ticket, VersionId, Work),
    /// What a path that is being typed may go on to.
    Paths(Ticket, String),
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
/// Changed files that are shown.
pub const CHANGES: usize = 200;
/// Rows of the queue that are shown.
pub const JOB_ROWS: u64 = 500;

/// Which versions a list is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kept {
    #[default]
    Outside,
    InTrash,
}

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
    Versions(ops::Result<Vec<Version>>),
    Version(ops::Result<Box<datasets::Detail>>),
    Changes(ops::Result<Box<datasets::Comparison>>),
    Profiles(ops::Result<Box<datasets::Profiles>>),
    Contents(ops::Result<Box<datasets::Contents>>),
    Leaks(ops::Result<Box<datasets::Leaks>>),
    Paths(ops::Result<Vec<String>>),
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
                | (Self::Version(..), Self::Version(..))
                | (Self::Changes(..), Self::Changes(..))
                | (Self::Profiles(..), Self::Profiles(..))
                | (Self::Paths(..), Self::Paths(..))
                | (Self::Counts(_), Self::Counts(_))
                | (Self::Candidates(..), Self::Candidates(..))
                | (Self::News(..), Self::News(..))
        )
    }

    /// May it take minutes? Then it keeps no question waiting.
    pub fn is_long(&self) -> bool {
        matches!(
            self,
            Self::Profile(..)
                | Self::Contents(..)
                | Self::Leaks(..)
                | Self::Do(Verb::Data(DataVerb::Add(..)))
        )
    }

    /// Does it, or says why the store is not there to do it in. `None` for what the loop does itself.
    pub fn perform(self, ws: ops::Result<&Workspace>) -> Option<Event> {
        let (ticket, answer) = match self {
            Self::Open => return Some(Event::Opened(ws.map(opened))),
            Self::Table(ticket, question) => (
                ticket,
                Answer::Table(ws.and_then(|ws| table(ws, &question))),
            ),
            Self::Detail(ticket, id) => {
                let detail = ws.and_then(|ws| ops::runs::show(ws, &id));
                (ticket, Answer::Detail(detail.map(Box::new)))
            }
            Self::Chart(ticket, question) => (
                ticket,
                Answer::Chart(ws.and_then(|ws| ChartData::read(ws, &question))),
            ),
            Self::Log(ticket, LogQuestion { run, part }) => {
                let chunk = ws.and_then(|ws| ops::logs::read(ws, &run, part, LOG_BYTES));
                (ticket, Answer::Log(chunk))
            }
            Self::Compare(ticket, ids) => {
                let found = ws.and_then(|ws| ops::runs::compare(ws, &ids));
                (ticket, Answer::Compare(found.map(Box::new)))
            }
            Self::Groups(ticket, question) => {
                let found = ws.and_then(|ws| ops::runs::groups(ws, &question.request()));
                (ticket, Answer::Groups(found.map(Box::new)))
            }
            Self::Names(ticket) => (ticket, Answer::Names(ws.and_then(ops::runs::names))),
            Self::Experiments(ticket) => (
                ticket,
                Answer::Experiments(ws.and_then(ops::runs::experiments)),
            ),
            Self::Matching(ticket, question) => (
                ticket,
                Answer::Matching(ws.and_then(|ws| matching(ws, &question))),
            ),
            Self::Find(ticket, question) => {
                (ticket, Answer::Find(ws.and_then(|ws| question.answer(ws))))
            }
            Self::Rates(ticket, question) => {
                (ticket, Answer::Rates(ws.and_then(|ws| question.answer(ws))))
            }
            Self::Trends(ticket, question) => (
                ticket,
                Answer::Trends(ws.and_then(|ws| question.answer(ws))),
            ),
            Self::Files(ticket, id) => (
                ticket,
                Answer::Files(ws.and_then(|ws| ops::files::list(ws, &id))),
            ),
            Self::Lineage(ticket, id) => (
                ticket,
                Answer::Lineage(ws.and_then(|ws| ops::lineage::of(ws, &id))),
            ),
            Self::Jobs(ticket) => (
                ticket,
                Answer::Jobs(ws.and_then(|ws| ops::jobs::list(ws, JOB_ROWS))),
            ),
            Self::Versions(ticket, kept) => {
                let list = match kept {
                    Kept::Outside => datasets::versions,
                    Kept::InTrash => datasets::in_trash,
                };
                (ticket, Answer::Versions(ws.and_then(list)))
            }
            Self::Version(ticket, id) => {
                let detail = ws.and_then(|ws| datasets::show(ws, &id.to_string()));
                (ticket, Answer::Version(detail.map(Box::new)))
            }
            Self::Changes(ticket, old, new) => {
                let (old, new) = (old.to_string(), new.to_string());
                let found = ws.and_then(|ws| datasets::compare(ws, &old, &new, CHANGES));
                (ticket, Answer::Changes(found.map(Box::new)))
            }
            Self::Profiles(ticket, id) => (
                ticket,
                Answer::Profiles(ws.and_then(|ws| data::profiles(ws, &id))),
            ),
            Self::Profile(ticket, id, work) => (
                ticket,
                Answer::Profiles(ws.and_then(|ws| data::profile(ws, &id, &work))),
            ),
            Self::Contents(ticket, old, new, work) => {
                let found = ws.and_then(|ws| data::contents(ws, &old, &new, &work));
                (ticket, Answer::Contents(found))
            }
            Self::Leaks(ticket, id, work) => (
                ticket,
                Answer::Leaks(ws.and_then(|ws| data::leaks(ws, &id, &work))),
            ),
            Self::Paths(ticket, text) => {
                let found = ws.map(|ws| paths::beginning(ws, &text, data::PATHS));
                (ticket, Answer::Paths(found))
            }
            Self::Offers(ticket) => (ticket, Answer::Offers(ws.map(ops::presets::list))),
            Self::Counts(ticket) => (ticket, Answer::Counts(ws.and_then(ops::runs::counts))),
            Self::Runs(ticket, wanted) => {
                (ticket, Answer::Runs(ws.and_then(|ws| runs(ws, &wanted))))
            }
            Self::Candidates(ticket, question) => {
                let found = ws.and_then(|ws| candidates::find(ws, &question));
                (ticket, Answer::Candidates(found))
            }
            Self::Yank(ticket, what, ids) => {
                (ticket, Answer::Yank(ws.and_then(|ws| what.of(ws, &ids))))
            }
            Self::News(ticket, since) => (
                ticket,
                Answer::News(ws.and_then(|ws| ops::runs::news(ws, since))),
            ),
            Self::Do(verb) => {
                let result = ws.and_then(|ws| verb.perform(ws));
                return Some(Event::Done(Done { verb, result }));
            }
            Self::Warm => {
                // Whoever filters reads it again, and is told what is wrong.
                let _ = ws.and_then(ops::runs::warm);
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
mod tests {
    use super::*;
    use crate::tui::fixture;

    #[test]
    fn a_newer_list_replaces_one_that_waits_and_a_verb_never_is() {
        let table = |number| Effect::Table(Ticket(number), fixture::table_question());
        let verb = || Effect::Do(Verb::Pause(fixture::id(1)));
        assert!(table(2).replaces(&table(1)));
        assert!(!verb().replaces(&verb()));
        assert!(!table(2).replaces(&verb()));
    }
}
