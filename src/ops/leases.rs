//! Leases: which queued job gets which cores and GPUs, and whether its request is what its row says.

use std::path::PathBuf;

use super::{Error, Result, jobs::held};
use crate::{
    domain::{
        events::{Event, What},
        jobs::{Job, JobState, Request, Slot},
        runs::{Ending, RunState, StateWord},
    },
    jobs::{request, slots},
    store::{Connection, audit, events, jobs as rows, runs as run_rows},
    workspace::Workspace,
};

/// A job that holds a slot.
#[derive(Clone, Debug)]
pub struct Leased {
    pub job: Job,
    /// With its slot.
    pub request: Request,
    /// The run's folder.
    pub dir: PathBuf,
}

/// Leases the next queued job of this user that fits into what is free on this machine, by priority and then age. A
/// large job waits without holding up a small one that fits.
pub fn lease(ws: &Workspace, capacity: &Slot) -> Result<Option<Leased>> {
    ws.store.write(|tx| {
        let open = rows::open(tx)?;
        let used: Vec<Slot> = open
            .iter()
            .filter_map(|job| held(job, &ws.actor().host))
            .collect();
        for job in open {
            if job.state != JobState::Queued || !is_ours(ws, &job) || !may_start(ws, tx, &job)? {
                continue;
            }
            let Some(slot) = slots::assign(capacity, &used, &job.needs) else {
                continue;
            };
            let request = match verified(ws, &job) {
                Ok(request) => request,
                Err(why) => {
                    refuse(ws, tx, &job, &why)?;
                    continue;
                }
            };
            let leased = JobState::Leased {
                slot: slot.clone(),
                since: ws.now(),
            };
            if rows::set_state(tx, &job.id, "queued", &leased)? {
                return Ok(Some(with_slot(ws, job, request, slot)));
            }
        }
        Ok(None)
    })
}

/// Jobs of this user and host that hold a slot: what an agent that starts takes over from one that died.
pub fn leased(ws: &Workspace) -> Result<Vec<Leased>> {
    let open = ws.store.read(|tx| Ok::<_, Error>(rows::open(tx)?))?;
    let mut found = vec![];
    for job in open.into_iter().filter(|job| is_ours(ws, job)) {
        let JobState::Leased { slot, .. } = &job.state else {
            continue;
        };
        let slot = slot.clone();
        let request = match frozen(ws, &job) {
            Some(request) => Ok(request),
            None => verified(ws, &job),
        };
        match request {
            Ok(request) => found.push(with_slot(ws, job, request, slot)),
            // A leased row that no request stands behind was never leased by an agent.
            Err(why) => ws.store.write(|tx| refuse(ws, tx, &job, &why))?,
        }
    }
    Ok(found)
}

/// Is there a job of this user for this machine, waiting or holding a slot?
pub fn has_work(ws: &Workspace) -> Result<bool> {
    ws.store
        .read(|tx| Ok(rows::open(tx)?.iter().any(|job| is_ours(ws, job))))
}

fn is_ours(ws: &Workspace, job: &Job) -> bool {
    job.actor.uid == ws.actor().uid && job.actor.host == ws.actor().host
}

fn with_slot(ws: &Workspace, job: Job, request: Request, slot: Slot) -> Leased {
    let care = crate::domain::jobs::Care {
        grace_ms: ws.config.agent.grace_seconds.saturating_mul(1_000),
        system_ms: ws.config.capture.system_ms,
    };
    Leased {
        dir: ws.run_dir(&job.run),
        request: Request {
            slot,
            care,
            ..request
        },
        job,
    }
}

/// Have the runs that it waits for ended well? When one of them never can, the job is dropped.
fn may_start(ws: &Workspace, tx: &Connection, job: &Job) -> Result<bool> {
    for id in &job.after {
        let Some(run) = run_rows::get(tx, id)? else {
            continue;
        };
        match run.state.word() {
            StateWord::Done => {}
            word if run.state.has_ended() => {
                drop_job(
                    ws,
                    tx,
                    job,
                    format!("{}, which it waited for, is {word}", run.name),
                    "jobs.drop",
                )?;
                return Ok(false);
            }
            _ => return Ok(false),
        }
    }
    Ok(true)
}

/// The request as an agent froze it in the run's folder, when it did.
fn frozen(ws: &Workspace, job: &Job) -> Option<Request> {
    let request = request::frozen(&ws.run_dir(&job.run)).ok()?;
    ((request.job, request.attempt) == (job.id, job.attempt)).then_some(request)
}

/// The request behind a row: the file is the authority, and it must be this user's own.
fn verified(ws: &Workspace, job: &Job) -> std::result::Result<Request, String> {
    let request =
        request::submitted(&ws.root, ws.actor().uid, &job.id, &job.request).map_err(|error| {
            let mut text = error.to_string();
            let mut cause = std::error::Error::source(&error);
            while let Some(next) = cause {
                text = format!("{text}: {next}");
                cause = next.source();
            }
            text
        })?;
    let is_same = (request.job, request.run, request.attempt) == (job.id, job.run, job.attempt);
    if is_same {
        Ok(request)
    } else {
        Err("the request speaks of another run than the row".to_owned())
    }
}

fn refuse(ws: &Workspace, tx: &Connection, job: &Job, why: &str) -> Result<()> {
    events::insert(
        tx,
        &job.run,
        &Event {
            time: ws.now(),
            step: None,
            what: What::Refused {
                why: why.to_owned(),
            },
        },
    )?;
    drop_job(ws, tx, job, format!("refused: {why}"), "jobs.refuse")
}

fn drop_job(ws: &Workspace, tx: &Connection, job: &Job, why: String, action: &str) -> Result<()> {
    let state = JobState::Dropped {
        at: ws.now(),
        why: why.clone(),
    };
    if !rows::set_state(tx, &job.id, rows::word(&job.state), &state)? {
        return Ok(());
    }
    if let Some(run) = run_rows::get(tx, &job.run)?.filter(|run| !run.state.has_ended()) {
        let how = Ending::Stopped { by: why.clone() };
        run_rows::set_state(
            tx,
            &run.id,
            &RunState::Ended {
                started: None,
                at: ws.now(),
                how,
            },
        )?;
    }
    let target = format!("job {} of {}", job.id, job.actor);
    let entry = audit::Entry {
        actor: ws.actor(),
        time: ws.now(),
        action,
        target,
        before: Some(rows::word(&job.state).to_owned()),
        after: Some(why),
    };
    audit::append(tx, entry)?;
    Ok(())
}
