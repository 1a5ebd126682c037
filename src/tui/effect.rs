//! Work that the screen asks for and never does itself: the only callers of `ops`.

mod page;

use std::{collections::BTreeSet, time::Duration};

pub use self::page::{FindQuestion, LogQuestion, RatesQuestion, Trend, TrendsQuestion};
use super::{
    chart::{ChartData, ChartQuestion},
    event::{Event, Opened, Ticket},
};
use crate::{
    domain::{
        filter::Filter,
        ids::RunId,
        metrics::Summary,
        presets::Preset,
        runs::{Run, RunState, Tag},
        series::Window,
    },
    ops::{
        self,
        candidates::{self, Candidate},
        files::FileRow,
        jobs::JobRow,
        lineage::Lineage,
        logs::{Chunk, Found},
        presets::Offer,
        runs::{
            BandRequest, Comparison, Counts, Detail, GroupRequest, Grouping, ListRequest,
            MetricColumn, Names, News, Unknown,
        },
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

/// Which runs are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Names, or beginnings of ids.
    Named(Vec<String>),
    These(Vec<RunId>),
}

/// What of a run only the store knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Yank {
    /// Its folder.
    Path,
    /// One line, tabs between its cells.
    Row,
    Json,
}

/// A window of the list of runs.
#[derive(Clone, Debug, PartialEq)]
pub struct TableQuestion {
    pub filter: crate::domain::filter::Filter,
    pub sort: ops::runs::Sort,
    /// Metrics beside each run.
    pub columns: Vec<MetricColumn>,
    pub offset: u64,
    pub limit: u64,
    /// Columns of the sparkline beside each run; 0 for none.
    pub trend: usize,
    /// The metric shown first; empty means each run's own.
    pub metric: String,
    /// This run shall be in the window, wherever it stands by now.
    pub around: Option<RunId>,
}

/// A window of the list, each run with the metric that says most about it.
#[derive(Clone, Debug)]
pub struct Table {
    /// Runs in the store.
    pub total: u64,
    /// Runs in the list.
    pub matched: u64,
    /// Names in the filter and the order that no run has.
    pub unknown: Vec<Unknown>,
    /// The place of the first row in the whole list.
    pub offset: u64,
    pub rows: Vec<RunRow>,
}

/// The runs of a list, or a part of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Matching {
    pub filter: crate::domain::filter::Filter,
    pub sort: ops::runs::Sort,
    /// From which place on, and how many; `None` for all.
    pub part: Option<(u64, u64)>,
}

/// Runs by the values of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupsQuestion {
    pub filter: crate::domain::filter::Filter,
    pub by: String,
    pub metric: Option<MetricColumn>,
    /// Columns of dots of a chart of bands; 0 for none.
    pub dots: usize,
}

/// Runs of a group that its band is made of, the newest.
const BAND_RUNS: usize = 50;

impl GroupsQuestion {
    fn request(&self) -> GroupRequest {
        GroupRequest {
            filter: self.filter.clone(),
            by: self.by.clone(),
            metric: self.metric.clone(),
            band: (0 < self.dots).then_some(BandRequest {
                columns: self.dots,
                runs: BAND_RUNS,
            }),
        }
    }
}

/// A run in a list.
#[derive(Clone, Debug)]
pub struct RunRow {
    pub run: Run,
    /// How many leading digits of the id tell this run from every other.
    pub prefix: usize,
    /// Beside the columns of the question.
    pub values: Vec<Option<f64>>,
    pub own: Own,
}

#[derive(Clone, Debug, Default)]
pub struct Own {
    pub summary: Option<Summary>,
    /// Means over equal parts of the run; `None` where a part has no finite value.
    pub trend: Vec<Option<f64>>,
}

/// Bytes of a log that are kept on the screen.
pub const LOG_BYTES: u64 = 128 << 10;
/// Rows of the queue that are shown.
pub const JOB_ROWS: u64 = 500;

/// What changes something.
#[derive(Clone, Debug, PartialEq)]
pub enum Verb {
    Stop(RunId, ops::runs::Stop),
    Pause(RunId),
    Resume(RunId),
    Adopt(RunId),
    Checkpoint(RunId),
    Tag(RunId, Vec<Tag>, Vec<Tag>),
    Note(RunId, String),
    Priority(RunId, i32),
    /// Keeps a filter under a name.
    Save(String, Filter),
    /// One after the other, as far as each is possible.
    Each(Vec<Verb>),
    /// Into the trash, together.
    Trash(Vec<RunId>),
    /// Out of it.
    Restore(Vec<RunId>),
    Train {
        preset: String,
        overrides: Vec<String>,
        note: String,
    },
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

#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    pub text: String,
    /// A run to open, when one was made.
    pub run: Option<RunId>,
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

fn runs(ws: &Workspace, wanted: &Wanted) -> ops::Result<Vec<Run>> {
    let ids = match wanted {
        Wanted::These(ids) => ids.clone(),
        Wanted::Named(names) => names
            .iter()
            .map(|name| ops::runs::find(ws, name))
            .collect::<ops::Result<_>>()?,
    };
    ids.iter().map(|id| ops::runs::get(ws, id)).collect()
}

impl Yank {
    fn of(self, ws: &Workspace, ids: &[RunId]) -> ops::Result<String> {
        let details = ids.iter().map(|id| ops::runs::show(ws, id));
        match self {
            Self::Path => {
                let paths = ids.iter().map(|id| ws.run_dir(id).display().to_string());
                Ok(paths.collect::<Vec<_>>().join("\n"))
            }
            Self::Row => {
                let rows = details.map(|detail| Ok(row(&detail?)));
                Ok(rows.collect::<ops::Result<Vec<_>>>()?.join("\n"))
            }
            Self::Json => {
                let mut details = details.collect::<ops::Result<Vec<_>>>()?;
                let json = match details.len() {
                    1 => serde_json::to_string_pretty(&details.remove(0)),
                    _ => serde_json::to_string_pretty(&details),
                };
                json.map_err(|error| {
                    let message = "what is known of the run cannot be written as JSON";
                    ops::Error::new(ops::Kind::Bug, message).because(error)
                })
            }
        }
    }
}

/// Name, id, state, experiment, day it was made, step, tags, note, and the last value of each metric with its name.
fn row(detail: &Detail) -> String {
    let run = &detail.run;
    let tags: Vec<&str> = run.tags.iter().map(Tag::as_str).collect();
    let cells = [
        run.name.clone(),
        run.id.to_string(),
        run.state.word().to_string(),
        run.experiment.clone(),
        run.created.rfc3339(),
        run.progress.step.to_string(),
        tags.join(" "),
        run.note.clone(),
    ];
    let metrics = detail.metrics.iter();
    let metrics = metrics.map(|summary| format!("{}={}", summary.metric, summary.last));
    // A cell that held a tab would be two.
    let cells = cells.into_iter().chain(metrics);
    let cells: Vec<String> = cells
        .map(|cell| cell.replace(char::is_control, " "))
        .collect();
    cells.join("\t")
}

fn opened(ws: &Workspace) -> Opened {
    Opened {
        actor: ws.actor().name.clone(),
        host: ws.actor().host.clone(),
        root: ws.root.display().to_string(),
    }
}

impl Verb {
    /// One verb on several runs; on one it is that verb.
    pub fn each(verbs: impl IntoIterator<Item = Self>) -> Self {
        let mut verbs: Vec<Self> = verbs.into_iter().collect();
        match verbs.len() {
            1 => verbs.remove(0),
            _ => Self::Each(verbs),
        }
    }

    /// The run it is about; `None` for one that is about several, or makes one.
    pub fn run(&self) -> Option<RunId> {
        match self {
            Self::Stop(id, _)
            | Self::Pause(id)
            | Self::Resume(id)
            | Self::Adopt(id)
            | Self::Checkpoint(id)
            | Self::Tag(id, ..)
            | Self::Note(id, _)
            | Self::Priority(id, _) => Some(*id),
            Self::Each(_)
            | Self::Save(..)
            | Self::Trash(_)
            | Self::Restore(_)
            | Self::Train { .. } => None,
        }
    }

    fn perform(&self, ws: &Workspace) -> ops::Result<Said> {
        use ops::runs::{self, Stop};
        let of = |text: &str, run: Run| Said {
            text: format!("{}: {text}", run.name),
            run: None,
        };
        Ok(match self {
            Self::Each(verbs) => return each(verbs, ws),
            Self::Save(name, filter) => {
                let saved = ops::filters::save(ws, name, filter)?;
                Said {
                    text: format!("@{} stands for {}", saved.name, saved.text),
                    run: None,
                }
            }
            Self::Trash(ids) => return trash(ws, ids),
            Self::Restore(ids) => {
                let report = runs::restore(ws, ids)?;
                return told(&report, "back from the trash");
            }
            Self::Stop(id, how) => {
                let run = runs::stop(ws, id, *how)?;
                let text = match (&run.state, how) {
                    (RunState::Ended { .. }, _) => "stopped before it began",
                    (RunState::Orphaned { .. }, _) => "killed",
                    (_, Stop::Gently) => "asked to stop after this step",
                    (_, Stop::Now) => "asked to stop now",
                };
                of(text, run)
            }
            Self::Pause(id) => of("asked to pause", runs::pause(ws, id)?),
            Self::Resume(id) => {
                let resumed = runs::resume(ws, id)?;
                of(resumed.sentence(), resumed.run)
            }
            Self::Adopt(id) => of("watched again", runs::adopt(ws, id)?),
            Self::Checkpoint(id) => of("asked for a checkpoint", runs::checkpoint(ws, id)?),
            Self::Tag(id, add, remove) => of("tags kept", runs::tag(ws, id, add, remove)?),
            Self::Note(id, text) => of("note kept", runs::note(ws, id, text)?),
            Self::Priority(id, priority) => {
                ops::jobs::set_priority(ws, id, *priority)?;
                Said {
                    text: format!("priority {priority}"),
                    run: None,
                }
            }
            Self::Train {
                preset,
                overrides,
                note,
            } => {
                let submitted = ops::jobs::train(
                    ws,
                    ops::jobs::Train {
                        name: preset.clone(),
                        preset: ops::presets::resolve(ws, preset, overrides)?,
                        queueing: ops::jobs::Queueing {
                            note: note.clone(),
                            ..Default::default()
                        },
                    },
                )?;
                Said {
                    text: format!("{} queued", submitted.name),
                    run: Some(submitted.run),
                }
            }
        })
    }
}

/// Says what goes free, and how the runs come back.
fn trash(ws: &Workspace, ids: &[RunId]) -> ops::Result<Said> {
    let report = ops::runs::trash(ws, ids)?;
    let mut said = told(&report, "in the trash")?;
    let done: BTreeSet<RunId> = report.done().map(|run| run.id).collect();
    let found = ops::runs::in_trash(ws)?.into_iter();
    let bytes: u64 = found
        .filter(|found| done.contains(&found.run.id))
        .map(|found| found.bytes)
        .sum();
    let days = u64::from(ws.config.store.trash_days);
    let in_days = crate::domain::text::counted(days, "day");
    let bytes = super::text::bytes(bytes as f64);
    said.text += &format!(": {bytes} go free in {in_days}");
    Ok(said)
}

/// What became of several runs, in a sentence; an error where nothing was done.
fn told(report: &ops::runs::Report, done: &str) -> ops::Result<Said> {
    let names: Vec<&str> = report.done().map(|run| run.name.as_str()).collect();
    let refused = report.refused().next();
    let text = match (&names[..], refused) {
        ([], Some((_, error))) => {
            let refusal = ops::Error::new(error.kind, error.message.clone());
            return Err(match &error.hint {
                Some(hint) => refusal.hint(hint.clone()),
                None => refusal,
            });
        }
        ([name], None) => format!("{name} is {done}"),
        (names, None) => format!("{} runs are {done}", names.len()),
        (names, Some((_, error))) => {
            let count = names.len() + report.refused().count();
            format!("{} of {count} runs are {done}; {error}", names.len())
        }
    };
    Ok(Said { text, run: None })
}

/// Tells of the first, and how many others there were. One that is refused keeps none of the others.
fn each(verbs: &[Verb], ws: &Workspace) -> ops::Result<Said> {
    let (mut done, mut refused) = (vec![], vec![]);
    for verb in verbs {
        match verb.perform(ws) {
            Ok(said) => done.push(said.text),
            Err(error) => refused.push(error),
        }
    }
    let count = verbs.len();
    let first = done.first().cloned().unwrap_or_default();
    match (refused.into_iter().next(), done.len()) {
        (Some(error), 0) => Err(error),
        (Some(mut error), so_many) => {
            error.message = format!("{so_many} of {count} done: {}", error.message);
            Err(error)
        }
        (None, 1) => Ok(Said {
            text: first,
            run: None,
        }),
        (None, so_many) => Ok(Said {
            text: format!("{first}, and {} more", so_many - 1),
            run: None,
        }),
    }
}

fn table(ws: &Workspace, question: &TableQuestion) -> ops::Result<Table> {
    let listing = ops::runs::list(
        ws,
        &ListRequest {
            filter: question.filter.clone(),
            sort: question.sort.clone(),
            columns: question.columns.clone(),
            offset: question.offset,
            limit: question.limit,
            around: question.around,
        },
    )?;
    let rows = listing.rows.into_iter().map(|row| {
        Ok(RunRow {
            own: own(ws, &row.run, question)?,
            run: row.run,
            prefix: row.prefix,
            values: row.values,
        })
    });
    Ok(Table {
        total: listing.total,
        matched: listing.matched,
        unknown: listing.unknown,
        offset: listing.offset,
        rows: rows.collect::<ops::Result<_>>()?,
    })
}

fn matching(ws: &Workspace, question: &Matching) -> ops::Result<Vec<Run>> {
    let Some((offset, limit)) = question.part else {
        return ops::runs::matching(ws, &question.filter);
    };
    let listing = ops::runs::list(
        ws,
        &ListRequest {
            filter: question.filter.clone(),
            sort: question.sort.clone(),
            offset,
            limit,
            ..ListRequest::default()
        },
    )?;
    Ok(listing.rows.into_iter().map(|row| row.run).collect())
}

fn own(ws: &Workspace, run: &Run, question: &TableQuestion) -> ops::Result<Own> {
    let summaries = ops::series::summaries(ws, &run.id)?;
    let Some(summary) = primary(&summaries, run, &question.metric).cloned() else {
        return Ok(Own::default());
    };
    let trend = if 0 < question.trend {
        trend(ws, run, &summary, question.trend)?
    } else {
        vec![]
    };
    Ok(Own {
        summary: Some(summary),
        trend,
    })
}

fn trend(
    ws: &Workspace,
    run: &Run,
    summary: &Summary,
    columns: usize,
) -> ops::Result<Vec<Option<f64>>> {
    let window = Window {
        from: 0,
        to: summary.last_step.max(1),
        columns,
        slack: 0.25,
    };
    let segments = ops::series::chart(ws, &run.id, &summary.metric, &window)?;
    let mut trend = vec![None; columns];
    for segment in &segments {
        for (at, bucket) in segment.columns.iter().enumerate().take(columns) {
            trend[at] = bucket.mean().or(trend[at]);
        }
    }
    Ok(trend)
}

/// What is wrong with one change of a preset; looks at nothing but the two.
pub fn wrong_override(preset: &Preset, change: String) -> Option<ops::Error> {
    ops::presets::apply(preset, &[change]).err()
}

/// Metrics that say most about a model, the one that says more first.
pub const SCORES: [&str; 8] = [
    "val/auc",
    "val/r2",
    "val/accuracy",
    "val/acc",
    "val/f1",
    "val/rmse",
    "val/mae",
    "val/loss",
];

/// The metric that says most about a run: the one asked for; the one its checkpoints are judged by, unless that is a
/// loss and there is a score; a validation score; a loss; the first that is not the machine's.
pub fn primary<'a>(summaries: &'a [Summary], run: &Run, asked: &str) -> Option<&'a Summary> {
    let named = |name: &str| summaries.iter().find(|summary| summary.metric == name);
    let judged = ["train.best", "best"]
        .iter()
        .find_map(|key| run.params.get(*key)?.as_str())
        .filter(|metric| !metric.ends_with("loss"));
    let is_loss = |summary: &&Summary| summary.metric.ends_with("loss");
    let is_model = |summary: &&Summary| !summary.metric.starts_with("system/");
    named(asked)
        .or_else(|| judged.and_then(named))
        .or_else(|| SCORES.into_iter().find_map(named))
        .or_else(|| summaries.iter().find(is_loss))
        .or_else(|| summaries.iter().find(is_model))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::fixture;

    #[test]
    fn the_metric_of_a_run_is_the_one_it_is_judged_by() {
        let summaries =
            ["system/cpu", "train/loss", "val/auc", "val/f1", "val/loss"].map(fixture::summary);
        let mut run = fixture::run(1, "calm-heron-2");
        let name = |run: &Run, asked: &str| {
            primary(&summaries, run, asked).map(|summary| summary.metric.clone())
        };
        assert_eq!(name(&run, ""), Some("val/auc".into()));
        assert_eq!(name(&run, "val/loss"), Some("val/loss".into()));
        run.params.insert("train.best".into(), "val/f1".into());
        assert_eq!(name(&run, ""), Some("val/f1".into()));
        run.params.insert("train.best".into(), "val/loss".into());
        assert_eq!(name(&run, ""), Some("val/auc".into()));
        assert_eq!(primary(&summaries[..1], &run, ""), None);
    }

    #[test]
    fn a_newer_list_replaces_one_that_waits_and_a_verb_never_is() {
        let table = |number| Effect::Table(Ticket(number), fixture::table_question());
        let verb = || Effect::Do(Verb::Pause(fixture::id(1)));
        assert!(table(2).replaces(&table(1)));
        assert!(!verb().replaces(&verb()));
        assert!(!table(2).replaces(&verb()));
    }
}
