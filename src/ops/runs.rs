//! Runs: list, show, compare, steer, label.

mod compare;
mod steer;

use std::{
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use serde::Serialize;

pub(super) use self::steer::own;
pub use self::{
    compare::{ComparedMetric, Comparison, compare},
    steer::{Stop, adopt, checkpoint, kill, pause, resume, stop},
};
use super::{Error, Kind, Result, selection};
pub use crate::domain::metrics::MetricValue;
use crate::{
    domain::{
        events::{Event, What},
        filter::Filter,
        ids::{Id, JobId, RunId, unique_prefix},
        metrics::Summary,
        records::Artifact,
        runs::{Run, StateWord, Tag},
        text::nearest,
        time::Timestamp,
    },
    store::{self, audit, events, jobs as job_rows, runs as rows, series},
    train::checkpoints,
    workspace::Workspace,
};

/// Which runs, in which order, with which columns.
#[derive(Clone, Debug, Default)]
pub struct ListRequest {
    pub filter: Filter,
    pub sort: Sort,
    pub columns: Vec<MetricColumn>,
    pub offset: u64,
    pub limit: u64,
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
    /// Runs in the store.
    pub total: u64,
    /// Runs that the filter lets through.
    pub matched: u64,
    /// Runs at work now, whatever the filter.
    pub live: u64,
    pub rows: Vec<Row>,
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
    pub metrics: Vec<Summary>,
    pub events: Vec<Event>,
    pub artifacts: Vec<Artifact>,
    /// What was captured: arguments, git, environment, host.
    pub captured: serde_json::Value,
    /// When a checkpoint was last written: what every epoch does is in no history.
    pub kept: Option<Timestamp>,
    /// The run's folder.
    pub dir: PathBuf,
}

/// The least number of digits that an id is shown with.
const PREFIX: usize = 4;

/// Lists the runs that a request asks for, all from one look at the store.
pub fn list(ws: &Workspace, request: &ListRequest) -> Result<Listing> {
    let now = ws.now();
    ws.store.read(|tx| {
        let total = rows::count(tx, &[])?;
        let live = rows::count(tx, &LIVE)?;
        let (matched, page) = selection::page(tx, request, now)?;
        let values = selection::values(tx, &page, &request.columns)?;
        let listed = page.into_iter().zip(values).map(|(run, values)| {
            let run = rows::complete(tx, run)?;
            Ok::<_, Error>(Row {
                prefix: prefix(&run.id, &rows::neighbours(tx, &run.id)?),
                run,
                values,
            })
        });
        Ok(Listing {
            total,
            matched,
            live,
            rows: listed.collect::<Result<_>>()?,
        })
    })
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
                let error = Error::new(Kind::NotFound, format!("there is no run {text:?}"));
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
        Ok(Detail {
            prefix: prefix(id, &rows::neighbours(tx, id)?),
            job: job_rows::of_run(tx, id)?.map(|job| job.id),
            metrics: series::summaries(tx, id).map_err(store::Error::from)?,
            events: events::of(tx, id)?,
            artifacts: rows::artifacts(tx, id)?,
            captured: rows::captured(tx, id)?,
            kept: last_checkpoint(&ws.run_dir(id)),
            dir: ws.run_dir(id),
            run,
        })
    })
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
    pub queued: u64,
}

/// The counts a status line shows.
pub fn counts(ws: &Workspace) -> Result<Counts> {
    ws.store.read(|tx| {
        Ok(Counts {
            runs: rows::count(tx, &[])?,
            live: rows::count(tx, &LIVE)?,
            queued: rows::count(tx, &[StateWord::Queued])?,
        })
    })
}

/// Adds tags to a run, then takes others away.
pub fn tag(ws: &Workspace, id: &RunId, add: &[Tag], remove: &[Tag]) -> Result<Run> {
    change(ws, id, "runs.tag", |tx, run| {
        for tag in add {
            rows::add_tag(tx, &run.id, tag)?;
        }
        for tag in remove {
            rows::remove_tag(tx, &run.id, tag)?;
        }
        let words = |tags: &mut dyn Iterator<Item = &Tag>| {
            tags.map(Tag::as_str).collect::<Vec<_>>().join(" ")
        };
        Ok((
            Some(words(&mut run.tags.iter())),
            Some(words(&mut rows::tags(tx, &run.id)?.iter())),
        ))
    })
}

/// Sets the note of a run; an empty one takes it away.
pub fn note(ws: &Workspace, id: &RunId, text: &str) -> Result<Run> {
    change(ws, id, "runs.note", |tx, run| {
        rows::set_note(tx, &run.id, text)?;
        Ok((Some(run.note.clone()), Some(text.to_owned())))
    })
}

/// Removes one captured field for good: `argv`, `diff`, `env.NAME`, another key of what was captured, `param.NAME` or `note`.
/// What was removed is not in the audit line.
pub fn redact(ws: &Workspace, id: &RunId, field: &str) -> Result<Run> {
    steer::own(ws, &get(ws, id)?)?;
    change(ws, id, "runs.redact", |tx, run| {
        let mut captured = rows::captured(tx, &run.id)?;
        let is_done = match field.split_once('.') {
            _ if field == "note" => {
                rows::set_note(tx, &run.id, "")?;
                true
            }
            Some(("param", name)) => rows::remove_param(tx, &run.id, name)?,
            _ => redact_captured(&mut captured, field),
        };
        if !is_done {
            let known = captured
                .as_object()
                .into_iter()
                .flatten()
                .map(|(key, _)| key.as_str());
            let error = Error::new(
                Kind::NotFound,
                format!("{} has no captured field {field:?}", run.name),
            );
            return Err(error.hint(format!(
                "there are {}, env.NAME, param.NAME and note",
                known.collect::<Vec<_>>().join(", ")
            )));
        }
        rows::set_captured(tx, &run.id, &captured)?;
        add_event(
            ws,
            tx,
            run,
            What::Redacted {
                field: field.to_owned(),
                by: ws.actor().to_string(),
            },
        )?;
        Ok((None, Some(field.to_owned())))
    })
}

/// Names may hold dots themselves: what stands before the first one is the group.
fn redact_captured(captured: &mut serde_json::Value, field: &str) -> bool {
    let found = match field.split_once('.') {
        _ if field == "diff" => captured.pointer_mut("/git/diff"),
        Some((group, name)) => captured
            .get_mut(group)
            .and_then(|group| group.get_mut(name)),
        None => captured.get_mut(field),
    };
    match found {
        Some(value) => {
            *value = "redacted".into();
            true
        }
        None => false,
    }
}

/// One change of a run and its audit line. `edit` gives what stood before and what stands after.
fn change(
    ws: &Workspace,
    id: &RunId,
    action: &str,
    edit: impl FnOnce(&store::Connection, &Run) -> Result<(Option<String>, Option<String>)>,
) -> Result<Run> {
    ws.store.write(|tx| {
        let run = rows::get(tx, id)?.ok_or_else(|| gone(id))?;
        let (before, after) = edit(tx, &run)?;
        audited(ws, tx, &run, action, before, after)?;
        rows::get(tx, id)?.ok_or_else(|| gone(id))
    })
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
    let entry = audit::Entry {
        actor: ws.actor(),
        time: ws.now(),
        action,
        target: format!("{} {}", run.id, run.name),
        before,
        after,
    };
    audit::append(tx, entry)?;
    Ok(())
}

fn add_event(ws: &Workspace, tx: &store::Connection, run: &Run, what: What) -> Result<()> {
    Ok(events::insert(
        tx,
        &run.id,
        &Event {
            time: ws.now(),
            step: Some(run.progress.step),
            what,
        },
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_captured_field_is_removed_by_the_name_that_people_know() {
        let captured = serde_json::json!({
            "argv": ["train"],
            "env": {"A.B/C": "secret"},
            "git": {"commit": "c", "diff": "+token"},
        });
        for (field, kept) in [("argv", 2), ("env.A.B/C", 2), ("diff", 2), ("git.diff", 2)] {
            let mut found = captured.clone();
            assert!(redact_captured(&mut found, field), "{field}");
            let text = found.to_string();
            let secrets = ["train", "secret", "+token"];
            let left = secrets.iter().filter(|secret| text.contains(**secret));
            assert_eq!(left.count(), kept, "{field}");
        }
        for field in ["env.D", "nothing", "git.nothing", ""] {
            assert!(!redact_captured(&mut captured.clone(), field), "{field}");
        }
    }
}
