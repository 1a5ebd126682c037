//! Jobs: submit, list, order.

mod resume;
mod submit;
mod title;

use serde::Serialize;

pub use self::submit::{Program, Queueing, Submitted, Train, program, train};
pub(super) use self::{resume::resume, submit::withdraw};
use super::{Error, Kind, Result, runs};
use crate::{
    domain::{
        ids::RunId,
        jobs::{Job, JobState, Slot},
        runs::{Ending, Progress, RunKind, RunState, StateWord, progressed, stated},
    },
    jobs::{lock, slots, spawn},
    store::{Connection, events, jobs as rows, runs as run_rows},
    workspace::Workspace,
};

/// Starts an agent for this store unless one lives; the second of two ends at once.
pub fn wake(ws: &Workspace) -> Result<()> {
    // One that lives looks at the queue once more after it let go of its lock: it sees what was queued before this look.
    if lock::is_held(&spawn::agent_lock(&ws.root)).unwrap_or(false) {
        return Ok(());
    }
    spawn::agent(&ws.surroundings.program, &ws.root).map_err(|error| {
        Error::new(Kind::Environment, "no agent could be started")
            .hint("what is queued stays so; `sconce agent start` tries again")
            .because(error)
    })
}

/// A row of the queue as people read it.
#[derive(Clone, Debug, Serialize)]
pub struct JobRow {
    #[serde(flatten)]
    pub job: Job,
    pub name: String,
    pub experiment: String,
    pub kind: RunKind,
    /// How the run stands; of an attempt that another followed, how it stood when that one ended.
    #[serde(serialize_with = "stated")]
    pub run_state: RunState,
    /// Of the newest attempt: what the others came to is not known.
    #[serde(serialize_with = "progressed")]
    pub progress: Progress,
    /// Why a queued job waits, in words: `after calm-heron-2`, `no GPU is free`.
    pub waits: Option<String>,
}

/// Live and queued jobs first, then the newest ended ones, at most `limit` of those.
pub fn list(ws: &Workspace, limit: u64) -> Result<Vec<JobRow>> {
    let capacity = slots::machine(&ws.config.agent);
    ws.store.read(|tx| {
        let open = rows::open(tx)?;
        let used = used(ws, &open);
        let closed = rows::closed(tx, limit)?;
        open.into_iter()
            .chain(closed)
            .map(|job| row(ws, tx, job, &capacity, &used))
            .collect()
    })
}

/// Why a run waits, in words; `None` when it does not wait, or starts as soon as an agent sees it.
pub fn waits(ws: &Workspace, run: &RunId) -> Result<Option<String>> {
    ws.store.read(|tx| match rows::of_run(tx, run)? {
        Some(job) => waits_in(ws, tx, &job),
        None => Ok(None),
    })
}

pub(super) fn waits_in(ws: &Workspace, tx: &Connection, job: &Job) -> Result<Option<String>> {
    if job.state != JobState::Queued {
        return Ok(None);
    }
    let capacity = slots::machine(&ws.config.agent);
    reason(ws, tx, job, &capacity, &used(ws, &rows::open(tx)?))
}

/// The slots that jobs hold on this machine.
pub(super) fn used(ws: &Workspace, open: &[Job]) -> Vec<Slot> {
    open.iter()
        .filter_map(|job| held(job, &ws.actor().host))
        .collect()
}

/// The slot that a job holds on a host.
fn held(job: &Job, host: &str) -> Option<Slot> {
    match &job.state {
        JobState::Leased { slot, .. } if job.actor.host == host => Some(slot.clone()),
        _ => None,
    }
}

fn row(
    ws: &Workspace,
    tx: &Connection,
    job: Job,
    capacity: &Slot,
    used: &[Slot],
) -> Result<JobRow> {
    let missing = || Error::new(Kind::Bug, format!("job {} has no run", job.id));
    let run = run_rows::get(tx, &job.run)?.ok_or_else(missing)?;
    let waits = match job.state {
        JobState::Queued => {
            let reason = reason(ws, tx, &job, capacity, used)?;
            Some(reason.unwrap_or_else(|| "starts soon".to_owned()))
        }
        _ => None,
    };
    let (run_state, progress) = match job.attempt < run.attempt {
        true => (stood(tx, &job)?, Progress::default()),
        false => (run.state, run.progress),
    };
    Ok(JobRow {
        name: run.name,
        experiment: run.experiment,
        kind: run.kind,
        run_state,
        progress,
        job,
        waits,
    })
}

/// How a run stood at the end of an attempt that another followed.
fn stood(tx: &Connection, job: &Job) -> Result<RunState> {
    let end = events::end_of(tx, &job.run, job.attempt)?;
    let (at, how) = end.unwrap_or((job.created, Ending::Unseen));
    Ok(RunState::Ended {
        started: None,
        at,
        how,
    })
}

fn reason(
    ws: &Workspace,
    tx: &Connection,
    job: &Job,
    capacity: &Slot,
    used: &[Slot],
) -> Result<Option<String>> {
    for before in &job.after {
        if let Some(run) =
            run_rows::get(tx, before)?.filter(|run| run.state.word() != StateWord::Done)
        {
            return Ok(Some(format!("after {}", run.name)));
        }
    }
    if job.actor.host != ws.actor().host {
        return Ok(Some(format!("for {}", job.actor.host)));
    }
    Ok(slots::shortage(capacity, used, &job.needs))
}

/// Gives a queued job another priority; larger goes first.
pub fn set_priority(ws: &Workspace, run: &RunId, priority: i32) -> Result<()> {
    runs::own(ws, &runs::get(ws, run)?)?;
    ws.store.write(|tx| {
        let found = run_rows::get(tx, run)?.zip(rows::of_run(tx, run)?);
        let Some((run, job)) = found else {
            return Err(Error::new(Kind::NotFound, format!("run {run} has no job"))
                .hint("`sconce jobs` lists them"));
        };
        if !rows::set_priority(tx, &job.id, priority)? {
            return Err(Error::new(
                Kind::Conflict,
                format!("{} does not wait any more", run.name),
            )
            .hint("only a queued job has a priority"));
        }
        let (before, after) = (job.priority.to_string(), priority.to_string());
        runs::audited(ws, tx, &run, "jobs.priority", Some(before), Some(after))
    })
}
