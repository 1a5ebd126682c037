//! Runs: list, show, compare, steer, label.

use std::path::PathBuf;

use serde::Serialize;

use super::{Error, Kind, Result, jobs, selection, series};
pub use crate::domain::metrics::MetricValue;
use crate::{
    domain::{
        control::Want,
        events::{Event, Process, What},
        filter::Filter,
        ids::{Id, JobId, RunId, unique_prefix},
        jobs::JobState,
        metrics::{Direction, Summary},
        records::Artifact,
        runs::{Activity, Ending, Run, RunState, StateWord, Tag},
        text::nearest,
    },
    jobs::{control, process},
    store::{self, audit, events, jobs as job_rows, runs as rows},
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
    pub prefix: usize,
    pub job: Option<JobId>,
    pub metrics: Vec<Summary>,
    pub events: Vec<Event>,
    pub artifacts: Vec<Artifact>,
    /// What was captured: arguments, git, environment, host.
    pub captured: serde_json::Value,
    pub dir: PathBuf,
}

/// The least number of digits that an id is shown with.
const PREFIX: usize = 4;

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

pub fn show(ws: &Workspace, id: &RunId) -> Result<Detail> {
    let metrics = series::summaries(ws, id)?;
    ws.store.read(|tx| {
        let run = rows::get(tx, id)?.ok_or_else(|| gone(id))?;
        Ok(Detail {
            prefix: prefix(id, &rows::neighbours(tx, id)?),
            job: job_rows::of_run(tx, id)?.map(|job| job.id),
            metrics,
            events: events::of(tx, id)?,
            artifacts: rows::artifacts(tx, id)?,
            captured: rows::captured(tx, id)?,
            dir: ws.run_dir(id),
            run,
        })
    })
}

fn gone(id: &RunId) -> Error {
    Error::new(Kind::NotFound, format!("there is no run {id}")).hint("`sconce runs` lists them")
}

/// A run without its metrics.
pub fn get(ws: &Workspace, id: &RunId) -> Result<Run> {
    ws.store
        .read(|tx| rows::get(tx, id)?.ok_or_else(|| gone(id)))
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub runs: u64,
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

pub fn note(ws: &Workspace, id: &RunId, text: &str) -> Result<Run> {
    change(ws, id, "runs.note", |tx, run| {
        rows::set_note(tx, &run.id, text)?;
        Ok((Some(run.note.clone()), Some(text.to_owned())))
    })
}

/// Removes one captured field for good: `argv`, `diff`, `env.NAME`, another key of what was captured, `param.NAME` or `note`.
/// What was removed is not in the audit line.
pub fn redact(ws: &Workspace, id: &RunId, field: &str) -> Result<Run> {
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

fn redact_captured(captured: &mut serde_json::Value, field: &str) -> bool {
    let pointer: String = field.split('.').map(|part| format!("/{part}")).collect();
    match captured.pointer_mut(&pointer) {
        Some(value) => {
            *value = "redacted".into();
            true
        }
        None => false,
    }
}

/// How a stop is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// After this step, with a checkpoint.
    Gently,
    /// At once.
    Now,
}

/// Stops a run wherever it stands: a queued one is dropped, a running one is asked, an orphaned one is killed.
pub fn stop(ws: &Workspace, id: &RunId, how: Stop) -> Result<Run> {
    let run = get(ws, id)?;
    match run.state {
        RunState::Queued => change(ws, id, "runs.stop", |tx, run| {
            let by = ws.actor().to_string();
            let job = job_rows::of_run(tx, &run.id)?.ok_or_else(|| gone(&run.id))?;
            let dropped = JobState::Dropped {
                at: ws.now(),
                why: format!("stopped by {by}"),
            };
            if !job_rows::set_state(tx, &job.id, "queued", &dropped)? {
                return Err(Error::new(
                    Kind::Conflict,
                    format!("{} has just been started", run.name),
                )
                .hint("stop it again"));
            }
            let ended = RunState::Ended {
                started: None,
                at: ws.now(),
                how: Ending::Stopped { by },
            };
            rows::set_state(tx, &run.id, &ended)?;
            Ok((
                Some(StateWord::Queued.to_string()),
                Some(StateWord::Stopped.to_string()),
            ))
        }),
        RunState::Running { .. } => ask(
            ws,
            id,
            if how == Stop::Now {
                Want::Stop
            } else {
                Want::StopAfterStep
            },
        ),
        RunState::Orphaned { .. } => kill(ws, id),
        RunState::Ended { .. } => Err(has_ended(&run)),
    }
}

fn has_ended(run: &Run) -> Error {
    Error::new(
        Kind::Conflict,
        format!("{} has ended: {}", run.name, run.state.word()),
    )
    .hint("`sconce runs resume` makes a new attempt of a training")
}

pub fn pause(ws: &Workspace, id: &RunId) -> Result<Run> {
    ask(ws, id, Want::Pause)
}

/// Writes a checkpoint now; training goes on.
pub fn checkpoint(ws: &Workspace, id: &RunId) -> Result<Run> {
    ask(ws, id, Want::Checkpoint)
}

/// Goes on: a paused run runs again; an ended training becomes a new attempt from its last checkpoint.
pub fn resume(ws: &Workspace, id: &RunId) -> Result<Run> {
    let run = get(ws, id)?;
    match run.state {
        RunState::Running {
            activity: Activity::Paused,
            ..
        } => ask(ws, id, Want::Run),
        RunState::Ended { .. } => jobs::resume(ws, &run),
        _ => Err(Error::new(
            Kind::Conflict,
            format!("{} is {}", run.name, run.state.word()),
        )
        .hint("only a paused or an ended run can be resumed")),
    }
}

/// Watches an orphaned program again: its end will be seen, its exit code will not.
pub fn adopt(ws: &Workspace, id: &RunId) -> Result<Run> {
    let run = get(ws, id)?;
    orphan(ws, &run)?;
    let run = change(ws, id, "runs.adopt", |tx, run| {
        add_event(
            ws,
            tx,
            run,
            What::Adopted {
                by: ws.actor().to_string(),
            },
        )?;
        Ok((None, None))
    })?;
    jobs::wake(ws)?;
    Ok(run)
}

/// Kills an orphaned program's process group.
pub fn kill(ws: &Workspace, id: &RunId) -> Result<Run> {
    let run = get(ws, id)?;
    let program = orphan(ws, &run)?;
    let run = change(ws, id, "runs.kill", |tx, run| {
        add_event(
            ws,
            tx,
            run,
            What::Killed {
                by: ws.actor().to_string(),
            },
        )?;
        Ok((Some(StateWord::Orphaned.to_string()), None))
    })?;
    process::kill_group(&program).map_err(|error| {
        Error::new(
            Kind::Environment,
            format!("cannot kill the program of {}", run.name),
        )
        .hint("is it yours?")
        .because(error)
    })?;
    jobs::wake(ws)?;
    Ok(run)
}

/// The program that an orphaned run left behind.
fn orphan(ws: &Workspace, run: &Run) -> Result<Process> {
    own(ws, run)?;
    if !matches!(run.state, RunState::Orphaned { .. }) {
        let hint = "only a program whose worker is gone can be adopted or killed; `sconce runs stop` ends any other run";
        return Err(Error::new(
            Kind::Conflict,
            format!("{} is {}", run.name, run.state.word()),
        )
        .hint(hint));
    }
    let history = ws
        .store
        .read(|tx| Ok::<_, Error>(events::of(tx, &run.id)?))?;
    let spawned = history
        .into_iter()
        .rev()
        .find_map(|event| match event.what {
            What::Spawned { process } => Some(process),
            _ => None,
        });
    spawned.ok_or_else(|| {
        Error::new(
            Kind::Bug,
            format!("{} is orphaned and never started a program", run.name),
        )
    })
}

/// Leaves a command for the run's worker, which answers in the journal.
fn ask(ws: &Workspace, id: &RunId, want: Want) -> Result<Run> {
    let run = get(ws, id)?;
    if !matches!(run.state, RunState::Running { .. }) {
        return Err(if run.state.has_ended() {
            has_ended(&run)
        } else {
            Error::new(
                Kind::Conflict,
                format!("{} is {}", run.name, run.state.word()),
            )
            .hint("it takes commands once it runs")
        });
    }
    own(ws, &run)?;
    let by = ws.actor().to_string();
    change(ws, id, &format!("runs.{want}"), |tx, run| {
        // Inside the transaction: when the file cannot be written, nobody is told that the run was asked.
        let asked = control::ask(&ws.run_dir(&run.id), run.attempt, want, &by, ws.now()).map_err(
            |error| {
                Error::new(
                    Kind::Environment,
                    format!("cannot leave a command for {}", run.name),
                )
                .hint("check the mode of its folder")
                .because(error)
            },
        )?;
        add_event(
            ws,
            tx,
            run,
            What::Asked {
                seq: asked.seq,
                want,
                by,
            },
        )?;
        Ok((Some(run.state.word().to_string()), None))
    })
}

/// Refuses, and records the refusal, when the run belongs to somebody else.
fn own(ws: &Workspace, run: &Run) -> Result<()> {
    let actor = ws.actor();
    if run.actor.uid == actor.uid {
        return Ok(());
    }
    ws.store.write(|tx| {
        let entry = audit::Entry {
            actor,
            time: ws.now(),
            action: "runs.refused",
            target: format!("{} {}", run.id, run.name),
            before: None,
            after: Some(format!("belongs to {}", run.actor)),
        };
        audit::append(tx, entry).map(drop)
    })?;
    Err(Error::new(
        Kind::Conflict,
        format!("{} belongs to {}", run.name, run.actor),
    )
    .hint("ask them: nobody steers a run of somebody else"))
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
        let target = format!("{} {}", run.id, run.name);
        audit::append(
            tx,
            audit::Entry {
                actor: ws.actor(),
                time: ws.now(),
                action,
                target,
                before,
                after,
            },
        )?;
        rows::get(tx, id)?.ok_or_else(|| gone(id))
    })
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

/// Runs beside each other.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    pub runs: Vec<Run>,
    /// Parameters whose values differ, and each run's value.
    pub params: Vec<(String, Vec<Option<serde_json::Value>>)>,
    pub metrics: Vec<ComparedMetric>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ComparedMetric {
    pub metric: String,
    /// Each run's best value.
    pub values: Vec<Option<f64>>,
    /// Which of them is best.
    pub best: Option<usize>,
}

pub fn compare(ws: &Workspace, ids: &[RunId]) -> Result<Comparison> {
    let runs: Vec<Run> = ids.iter().map(|id| get(ws, id)).collect::<Result<_>>()?;
    let summaries: Vec<Vec<Summary>> = ids
        .iter()
        .map(|id| series::summaries(ws, id))
        .collect::<Result<_>>()?;
    let names: std::collections::BTreeSet<&str> = summaries
        .iter()
        .flatten()
        .map(|summary| summary.metric.as_str())
        .collect();
    let keys: std::collections::BTreeSet<&str> = runs
        .iter()
        .flat_map(|run| run.params.keys())
        .map(String::as_str)
        .collect();
    let params = keys
        .into_iter()
        .map(|key| {
            (
                key.to_owned(),
                runs.iter()
                    .map(|run| run.params.get(key).cloned())
                    .collect::<Vec<_>>(),
            )
        })
        .filter(|(_, values)| values.windows(2).any(|pair| pair[0] != pair[1]))
        .collect();
    let metrics = names
        .into_iter()
        .map(|metric| compare_metric(metric, &summaries))
        .collect();
    Ok(Comparison {
        runs,
        params,
        metrics,
    })
}

fn compare_metric(metric: &str, summaries: &[Vec<Summary>]) -> ComparedMetric {
    let direction = Direction::of(metric);
    let best_of = |run: &Vec<Summary>| {
        run.iter()
            .find(|summary| summary.metric == metric)?
            .value(MetricValue::Best)
    };
    let values: Vec<Option<f64>> = summaries.iter().map(best_of).collect();
    let finite = values.iter().enumerate().filter_map(|(i, value)| {
        value
            .filter(|value| value.is_finite())
            .map(|value| (i, value))
    });
    let best = finite
        .reduce(|best, next| {
            if direction.is_better(next.1, best.1) {
                next
            } else {
                best
            }
        })
        .map(|(i, _)| i);
    ComparedMetric {
        metric: metric.to_owned(),
        values,
        best,
    }
}
