//! Runs: list, show, compare, steer, label.

mod compare;
mod groups;
mod many;
mod order;
mod redact;
mod steer;
mod trash;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::PoisonError,
    time::UNIX_EPOCH,
};

use serde::Serialize;

pub use self::{
    compare::{Beside, Code, ComparedMetric, Comparison, MOST, compare},
    groups::{
        BandRequest, Best, By, FIELDS, Group, GroupRequest, Grouping, Numbers, Stretch, groups,
    },
    many::{Outcome, Report, matching, note_all, stop_all, tag_all},
    redact::{Left, REDACTABLE, Redacted, Why, redact},
    steer::{Resumed, Stop, adopt, checkpoint, kill, pause, resume, stop},
    trash::{InTrash, Purge, Which, finish_purges, in_trash, purge, restore, trash},
};
pub(super) use self::{steer::own, trash::buried};
use super::{Error, Kind, Result, filters, jobs, selection};
pub use crate::domain::metrics::MetricValue;
use crate::{
    domain::{
        events::{Event, What},
        filter::{self, Facts as _, Filter},
        ids::{Id, JobId, RunId, unique_prefix},
        metrics::Summary,
        records::Artifact,
        runs::{Ending, Run, RunState, StateWord, Tag},
        text::{counted, nearest, shortened},
        time::Timestamp,
    },
    store::{self, events, index::Runs, jobs as job_rows, runs as rows, series},
    train::checkpoints,
    workspace::Workspace,
};

/// The filter of runs at work, and that of runs that have ended.
pub const AT_WORK: &str = "state:running|paused|stalled|orphaned";
pub const ENDED: &str = "-(state:running|paused|stalled|orphaned|queued)";

/// Which runs, in which order, with which columns.
#[derive(Clone, Debug, Default)]
pub struct ListRequest {
    pub filter: Filter,
    pub sort: Sort,
    pub columns: Vec<MetricColumn>,
    pub offset: u64,
    pub limit: u64,
    /// This run shall be among the rows wherever it stands in the list: they start elsewhere if need be.
    pub around: Option<Sight>,
}

/// A run on a screen, between so many rows before and after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    pub run: RunId,
    pub before: u64,
    pub after: u64,
}

impl Sight {
    /// Where `limit` rows of a list of so many must start to hold what is in sight when the run stands at a place: from
    /// `offset` on, where that does.
    pub fn start(&self, place: u64, matched: u64, offset: u64, limit: u64) -> u64 {
        let height = (self.before + 1 + self.after).min(limit);
        let top = place.saturating_sub(self.before.min(limit.saturating_sub(1)));
        let top = top.min(matched.saturating_sub(height));
        if offset <= top && top + height <= offset.saturating_add(limit) {
            return offset;
        }
        top.saturating_sub((limit - height) / 2)
    }
}

/// The order of a list; ties go to the newer run. NaN and absent values stand last either way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sort {
    pub key: SortKey,
    pub descending: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self {
            key: SortKey::Created,
            descending: true,
        }
    }
}

/// What a list is ordered by.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SortKey {
    Created,
    Name,
    State,
    Step,
    /// How long the newest attempt took, or has taken until now.
    Dur,
    Metric(MetricColumn),
}

/// One number of a series: `val/auc@best`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MetricColumn {
    pub metric: String,
    pub value: MetricValue,
}

/// A part of a list, and how long the whole is.
#[derive(Clone, Debug, Serialize)]
pub struct Listing {
    /// Runs in the store; those in the trash among them where the filter asks for it.
    pub total: u64,
    /// Runs that the filter lets through.
    pub matched: u64,
    /// Runs at work now, whatever the filter.
    pub live: u64,
    /// Names in the filter and the order that no run has: perhaps misspelt.
    pub unknown: Vec<Unknown>,
    /// The place of the first row in the whole list.
    #[serde(skip)]
    pub offset: u64,
    pub rows: Vec<Row>,
}

/// A metric or a parameter that no run has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unknown {
    pub name: String,
    /// What was perhaps meant.
    pub nearest: Option<String>,
}

impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no run has {:?}", self.name)?;
        match &self.nearest {
            Some(nearest) => write!(f, ": did you mean {nearest}?"),
            None => Ok(()),
        }
    }
}

/// A run in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    #[serde(flatten)]
    pub run: Run,
    /// How many leading digits of the id tell this run from every other.
    pub prefix: usize,
    /// Beside `ListRequest::columns`; `None` where the run has no such series, NaN where its value is one.
    pub values: Vec<Option<f64>>,
}

/// A run's page.
#[derive(Clone, Debug, Serialize)]
pub struct Detail {
    pub run: Run,
    /// How many leading digits of the id tell this run from every other.
    pub prefix: usize,
    /// Of the newest attempt.
    pub job: Option<JobId>,
    /// Why a queued run waits, in words: `after calm-heron-2`, `no GPU is free`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits: Option<String>,
    pub metrics: Vec<Summary>,
    pub events: Vec<Event>,
    pub artifacts: Vec<Artifact>,
    /// Those of them that are not there, by path.
    pub missing: Vec<String>,
    /// What was captured: arguments, git, environment, host.
    pub captured: serde_json::Value,
    /// When a checkpoint was last written: what every epoch does is in no history.
    pub kept: Option<Timestamp>,
    /// The run's folder.
    pub dir: PathBuf,
}

/// The least number of digits that an id is shown with.
const PREFIX: usize = 4;

/// Reads what filters and orders need into memory, so that the first of them does not wait for it.
pub fn warm(ws: &Workspace) -> Result<()> {
    ws.store.read(|tx| selection::warm(ws, tx))
}

/// Lists the runs that a request asks for, all from one look at the store.
pub fn list(ws: &Workspace, request: &ListRequest) -> Result<Listing> {
    let now = ws.now();
    ws.store.read(|tx| {
        let request = &ListRequest {
            filter: filters::resolved(tx, &request.filter)?,
            ..request.clone()
        };
        // Of those that it could let through.
        let total = match request.filter.is_about_trash() {
            true => rows::count_all(tx)?,
            false => rows::count(tx, &[])?,
        };
        let live = rows::count(tx, &LIVE)?;
        let page = selection::page(ws, tx, request, now)?;
        let values = selection::values(tx, &page.ids, &request.columns)?;
        // All names are looked up only where one of these seems to be none.
        let unknown = match page.has_unseen && 0 < total {
            true => unknown_in(&rows::known_names(tx)?, request),
            false => vec![],
        };
        let listed = page.ids.iter().zip(values).map(|(id, values)| {
            let Some(run) = rows::get(tx, id)? else {
                return Ok(None);
            };
            let prefix = prefix(id, &rows::neighbours(tx, id)?);
            Ok(Some(Row {
                run,
                prefix,
                values,
            }))
        });
        Ok(Listing {
            total,
            matched: page.matched,
            live,
            unknown,
            offset: page.offset,
            // What another thread knows already, this look at the store may not have.
            rows: listed
                .filter_map(Result::transpose)
                .collect::<Result<_>>()?,
        })
    })
}

/// Which of these metrics and parameters no run has. Where there are no runs, nothing is unknown.
pub fn unknown(ws: &Workspace, names: &[&str]) -> Result<Vec<Unknown>> {
    if names.is_empty() {
        return Ok(vec![]);
    }
    let known = ws.store.read(|tx| Ok::<_, Error>(rows::known_names(tx)?))?;
    let strange = names.iter().filter(|name| !filter::is_known(name, &known));
    Ok(strange
        .map(|name| Unknown {
            name: (*name).to_owned(),
            nearest: filter::meant(name, &known),
        })
        .collect())
}

/// The experiments of all runs that are not in the trash, each with how many it has.
pub fn experiments(ws: &Workspace) -> Result<Vec<(String, u64)>> {
    ws.store.read(|tx| Ok(rows::experiments(tx)?))
}

/// What columns, orders and filters can name.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Names {
    pub params: Vec<String>,
    pub metrics: Vec<String>,
    /// Saved filters.
    pub filters: Vec<String>,
    /// What runs outside the trash have in these fields: data, experiment, host, preset, tag, user.
    pub values: BTreeMap<&'static str, Vec<String>>,
}

/// The names of all parameters and metrics that any run has, and of the saved filters; the values of what every run has.
pub fn names(ws: &Workspace) -> Result<Names> {
    let filters = filters::list(ws)?;
    let mut index = ws.index.lock().unwrap_or_else(PoisonError::into_inner);
    ws.store.read(|tx| {
        index.refresh(tx)?;
        index.want_param(tx, "data")?;
        Ok(Names {
            filters: filters.into_iter().map(|saved| saved.name).collect(),
            params: rows::known_params(tx)?.into_iter().collect(),
            metrics: rows::known_metrics(tx)?.into_iter().collect(),
            values: values(index.runs()),
        })
    })
}

fn values(runs: &Runs) -> BTreeMap<&'static str, Vec<String>> {
    let mut known: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    let mut take = |field: &'static str, value: &str| {
        let known = known.entry(field).or_default();
        if !value.is_empty() && !known.contains(value) {
            known.insert(value.to_owned());
        }
    };
    for at in 0..runs.len() {
        let run = runs.get(at);
        if run.is_in_trash() {
            continue;
        }
        take("experiment", run.experiment());
        take("host", run.host());
        take("preset", run.preset().unwrap_or_default());
        take("user", run.user());
        let data = run.param("data").and_then(serde_json::Value::as_str);
        take("data", data.unwrap_or_default());
        run.tags().for_each(|tag| take("tag", tag));
    }
    let listed = known.into_iter();
    listed
        .map(|(field, values)| (field, values.into_iter().collect()))
        .collect()
}

fn unknown_in(known: &BTreeSet<String>, request: &ListRequest) -> Vec<Unknown> {
    let in_sort = match &request.sort.key {
        SortKey::Metric(column) if !known.contains(&column.metric) => {
            Some((column.metric.clone(), filter::meant(&column.metric, known)))
        }
        _ => None,
    };
    let names = request
        .filter
        .unknown_name(known)
        .into_iter()
        .chain(in_sort);
    names
        .map(|(name, nearest)| Unknown { name, nearest })
        .collect()
}

const LIVE: [StateWord; 4] = [
    StateWord::Running,
    StateWord::Paused,
    StateWord::Stalled,
    StateWord::Orphaned,
];

fn prefix(id: &RunId, neighbours: &[Id]) -> usize {
    unique_prefix(&id.0, neighbours, PREFIX)
}

/// The run a person means by a name or the shortest unique prefix of an id.
///
/// # Errors
///
/// [`Kind::NotFound`] with the nearest name, [`Kind::Invalid`] when the prefix begins several ids.
pub fn find(ws: &Workspace, text: &str) -> Result<RunId> {
    ws.store.read(|tx| {
        if let Some(id) = rows::by_name(tx, text)? {
            return Ok(id);
        }
        let is_prefix = (1..=32).contains(&text.len())
            && text
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let found = if is_prefix {
            rows::by_prefix(tx, text, 4)?
        } else {
            vec![]
        };
        match found.as_slice() {
            [one] => Ok(*one),
            [] => {
                let names = rows::names(tx, 10_000)?;
                let error = Error::new(
                    Kind::NotFound,
                    format!("there is no run {:?}", shortened(text, 60)),
                );
                Err(match nearest(text, names.iter().map(String::as_str)) {
                    Some(near) => error.hint(format!("did you mean {near}?")),
                    None => error.hint("`sconce runs` lists them"),
                })
            }
            several => {
                let several: Vec<String> = several.iter().map(ToString::to_string).collect();
                Err(
                    Error::new(Kind::Invalid, format!("{text:?} begins several ids"))
                        .hint(format!("write more of it: {}", several.join(", "))),
                )
            }
        }
    })
}

/// All that a run's page shows, from one look at the store.
pub fn show(ws: &Workspace, id: &RunId) -> Result<Detail> {
    ws.store.read(|tx| {
        let run = rows::get(tx, id)?.ok_or_else(|| gone(id))?;
        let job = job_rows::of_run(tx, id)?;
        let artifacts = rows::artifacts(tx, id)?;
        let waits = match &job {
            Some(job) => jobs::waits_in(ws, tx, job)?,
            None => None,
        };
        Ok(Detail {
            prefix: prefix(id, &rows::neighbours(tx, id)?),
            job: job.map(|job| job.id),
            waits,
            metrics: series::summaries(tx, id).map_err(store::Error::from)?,
            events: events::of(tx, id)?,
            missing: missing(&ws.run_dir(id), &artifacts),
            artifacts,
            captured: rows::captured(tx, id)?,
            kept: last_checkpoint(&ws.run_dir(id)),
            dir: ws.run_dir(id),
            run,
        })
    })
}

fn missing(dir: &Path, artifacts: &[Artifact]) -> Vec<String> {
    let is_missing = |path: &&String| dir.join(path).symlink_metadata().is_err();
    let paths = artifacts.iter().map(|file| &file.path);
    paths.filter(is_missing).cloned().collect()
}

/// When the newer of the two checkpoint files was written.
fn last_checkpoint(dir: &Path) -> Option<Timestamp> {
    let written = [checkpoints::LAST, checkpoints::BEST].map(|file| {
        let time = dir.join(file).metadata().ok()?.modified().ok()?;
        let since = time.duration_since(UNIX_EPOCH).ok()?;
        Some(Timestamp(i64::try_from(since.as_millis()).ok()?))
    });
    written.into_iter().flatten().max()
}

fn gone(id: &RunId) -> Error {
    Error::new(Kind::NotFound, format!("there is no run {id}")).hint("`sconce runs` lists them")
}

/// A run without its metrics.
pub fn get(ws: &Workspace, id: &RunId) -> Result<Run> {
    ws.store
        .read(|tx| rows::get(tx, id)?.ok_or_else(|| gone(id)))
}

/// How many runs there are, and how they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All of them.
    pub runs: u64,
    /// At work.
    pub live: u64,
    /// Those of the live ones that nobody watches.
    pub orphaned: u64,
    pub queued: u64,
}

/// What happened to the runs of a person since they looked the last time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct News {
    /// Up to which change of the store this tells.
    pub change: i64,
    /// Runs of theirs that failed or were lost.
    pub ended_badly: Vec<Run>,
}

/// The news since a change of the store; without one, none: only from where on to ask.
pub fn news(ws: &Workspace, since: Option<i64>) -> Result<News> {
    ws.store.read(|tx| {
        let change = rows::newest_change(tx)?;
        let changed = match since {
            Some(since) if since < change => rows::changed_since(tx, since)?,
            _ => vec![],
        };
        let is_bad = |run: &Run| matches!(run.state.word(), StateWord::Failed | StateWord::Lost);
        let ended_badly = changed.into_iter();
        Ok(News {
            change,
            ended_badly: ended_badly
                .filter(|run| run.actor.uid == ws.actor().uid && is_bad(run))
                .collect(),
        })
    })
}

/// The counts a status line shows.
pub fn counts(ws: &Workspace) -> Result<Counts> {
    ws.store.read(|tx| {
        Ok(Counts {
            runs: rows::count(tx, &[])?,
            live: rows::count(tx, &LIVE)?,
            orphaned: rows::count(tx, &[StateWord::Orphaned])?,
            queued: rows::count(tx, &[StateWord::Queued])?,
        })
    })
}

/// Adds tags to a run, then takes others away.
pub fn tag(ws: &Workspace, id: &RunId, add: &[Tag], remove: &[Tag]) -> Result<Run> {
    change(ws, id, "runs.tag", |tx, run| relabel(tx, run, add, remove))
}

/// Sets the note of a run; an empty one takes it away.
pub fn note(ws: &Workspace, id: &RunId, text: &str) -> Result<Run> {
    change(ws, id, "runs.note", |tx, run| renote(tx, run, text))
}

/// What stood before a change and what stands after it, for the audit line.
type Edited = (Option<String>, Option<String>);

fn relabel(tx: &store::Connection, run: &Run, add: &[Tag], remove: &[Tag]) -> Result<Edited> {
    for tag in add {
        rows::add_tag(tx, &run.id, tag)?;
    }
    for tag in remove {
        rows::remove_tag(tx, &run.id, tag)?;
    }
    let words =
        |tags: &mut dyn Iterator<Item = &Tag>| tags.map(Tag::as_str).collect::<Vec<_>>().join(" ");
    Ok((
        Some(words(&mut run.tags.iter())),
        Some(words(&mut rows::tags(tx, &run.id)?.iter())),
    ))
}

/// The audit line holds none of the text: lines stay for good, and a note can be taken out.
fn renote(tx: &store::Connection, run: &Run, text: &str) -> Result<Edited> {
    rows::set_note(tx, &run.id, text)?;
    let length = |note: &str| Some(counted(note.chars().count() as u64, "character"));
    Ok((length(&run.note), length(text)))
}

/// One change of a run and its audit line. `edit` gives what stood before and what stands after.
fn change(
    ws: &Workspace,
    id: &RunId,
    action: &str,
    edit: impl FnOnce(&store::Connection, &Run) -> Result<Edited>,
) -> Result<Run> {
    ws.store.write(|tx| {
        let run = rows::get(tx, id)?.ok_or_else(|| gone(id))?;
        let (before, after) = edit(tx, &run)?;
        audited(ws, tx, &run, action, before, after)?;
        rows::get(tx, id)?.ok_or_else(|| gone(id))
    })
}

/// Ends a run, with the line of its history that says how.
pub(super) fn end(
    tx: &store::Connection,
    run: &RunId,
    started: Option<Timestamp>,
    at: Timestamp,
    how: Ending,
) -> Result<()> {
    let state = RunState::Ended {
        started,
        at,
        how: how.clone(),
    };
    rows::set_state(tx, run, &state)?;
    let event = Event {
        time: at,
        step: None,
        what: What::Ended { how },
    };
    Ok(events::insert(tx, run, &event)?)
}

/// Adds the audit line of a change of a run, in the transaction of the change.
pub(super) fn audited(
    ws: &Workspace,
    tx: &store::Connection,
    run: &Run,
    action: &str,
    before: Option<String>,
    after: Option<String>,
) -> Result<()> {
    let target = format!("{} {}", run.id, run.name);
    crate::ops::audited(ws, tx, action, target, before, after)
}

fn add_event(ws: &Workspace, tx: &store::Connection, run: &Run, what: What) -> Result<()> {
    Ok(events::insert(
        tx,
        &run.id,
        &Event {
            time: ws.now(),
            step: run.progress.known_step(),
            what,
        },
    )?)
}
