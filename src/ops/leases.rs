//! Leases: which queued job gets which cores and GPUs, and whether its request is what its row says.

use std::{io, path::PathBuf};

use super::{Error, Kind, Result, jobs::used};
use crate::{
    domain::{
        events::{Event, What},
        jobs::{Job, JobState, Request, Slot, Work},
        runs::{Ending, RunKind, RunState, StateWord},
    },
    jobs::{self, request, slots},
    store::{Connection, events, jobs as rows, runs as run_rows},
    workspace::Workspace,
};

/// A job that holds a slot.
#[derive(Clone, Debug)]
pub struct Leased {
    pub job: Job,
    pub name: String,
    /// Is the run a foreign program?
    pub is_foreign: bool,
    /// What was asked for, with its slot; or why that is not known: what began is looked after all the same.
    pub request: std::result::Result<Request, String>,
    /// The run's folder.
    pub dir: PathBuf,
}

/// Leases the next queued job of this user that fits into what is free on this machine, by priority and then age. A
/// large job waits without holding up a small one that fits.
///
/// # Errors
///
/// The store's; and when nothing else could be leased, that a request cannot be read now: its job stays queued.
pub fn lease(ws: &Workspace, capacity: &Slot) -> Result<Option<Leased>> {
    let (leased, trouble) = ws.store.write(|tx| {
        let mut trouble = None;
        let open = rows::open(tx)?;
        let used = used(ws, &open);
        for job in open {
            if job.state != JobState::Queued || !is_ours(ws, &job) || !may_start(ws, tx, &job)? {
                continue;
            }
            let Some(slot) = slots::assign(capacity, &used, &job.needs) else {
                continue;
            };
            let request = match verified(ws, &job) {
                Ok(request) => request,
                Err(Doubt::Wrong(why)) => {
                    refuse(ws, tx, &job, &why)?;
                    continue;
                }
                Err(Doubt::Unreadable(error)) => {
                    trouble.get_or_insert(error);
                    continue;
                }
            };
            let leased = JobState::Leased {
                slot: slot.clone(),
                since: ws.now(),
            };
            if rows::set_state(tx, &job.id, "queued", &leased)? {
                return Ok((Some(with_slot(ws, job, request, slot)), trouble));
            }
        }
        Ok::<_, Error>((None, trouble))
    })?;
    match (leased, trouble) {
        (None, Some(error)) => Err(error),
        (leased, _) => Ok(leased),
    }
}

/// Jobs of this user and host that hold a slot: what an agent that starts takes over from one that died. One whose
/// request cannot be read now is left out and keeps its slot; beside them stands the first trouble of this kind.
pub fn leased(ws: &Workspace) -> Result<(Vec<Leased>, Result<()>)> {
    let open = ws.store.read(|tx| Ok::<_, Error>(rows::open(tx)?))?;
    let (mut found, mut looked) = (vec![], Ok(()));
    for job in open.into_iter().filter(|job| is_ours(ws, job)) {
        let JobState::Leased { slot, .. } = &job.state else {
            continue;
        };
        let slot = slot.clone();
        let request = match frozen(ws, &job) {
            Ok(Some(request)) => Ok(request),
            Ok(None) => verified(ws, &job),
            Err(doubt) => Err(doubt),
        };
        match request {
            Ok(request) => found.push(with_slot(ws, job, request, slot)),
            Err(Doubt::Wrong(why)) => found.extend(without_request(ws, job, why)?),
            Err(Doubt::Unreadable(error)) => looked = looked.and(Err(error)),
        }
    }
    Ok((found, looked))
}

/// A program can remove or replace every file of its run, the request among them.
fn without_request(ws: &Workspace, job: Job, why: String) -> Result<Option<Leased>> {
    let run = ws
        .store
        .read(|tx| Ok::<_, Error>(run_rows::get(tx, &job.run)?))?;
    Ok(run.map(|run| Leased {
        dir: ws.run_dir(&job.run),
        name: run.name,
        is_foreign: run.kind == RunKind::Command,
        request: Err(why),
        job,
    }))
}

/// Drops a leased job that never began and whose request is not what its row says.
///
/// # Errors
///
/// The store's.
pub fn refuse_leased(ws: &Workspace, job: &Job, why: &str) -> Result<()> {
    ws.store.write(|tx| refuse(ws, tx, job, why))
}

/// Is there a job of this user for this machine, waiting or holding a slot? Not in a store that this user can only read.
pub fn has_work(ws: &Workspace) -> Result<bool> {
    if ws.store.is_read_only() {
        return Ok(false);
    }
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
        name: request.name.clone(),
        is_foreign: matches!(request.work, Work::Command(_)),
        request: Ok(Request {
            slot,
            care,
            ..request
        }),
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

/// Why a job has no request to go by.
enum Doubt {
    /// What is there is not what was submitted, or nothing is: no waiting mends it.
    Wrong(String),
    /// It cannot be read now: a full table of files, a disk that does not answer.
    Unreadable(Error),
}

impl From<jobs::Error> for Doubt {
    fn from(error: jobs::Error) -> Self {
        match &error {
            jobs::Error::File { source, .. } if !is_no_file(source.kind()) => {
                let message = "cannot read what a job was asked to do";
                Self::Unreadable(
                    Error::new(Kind::Environment, message)
                        .hint("check the owner and the mode of the store's folder: `sconce doctor`")
                        .because(error),
                )
            }
            _ => Self::Wrong(jobs::told(&error)),
        }
    }
}

/// Nothing, or something that is no file, stands in its place: so it stays.
fn is_no_file(kind: io::ErrorKind) -> bool {
    use io::ErrorKind as K;
    matches!(
        kind,
        K::NotFound | K::NotADirectory | K::IsADirectory | K::InvalidData
    )
}

/// The request as an agent froze it in the run's folder, when it did.
fn frozen(ws: &Workspace, job: &Job) -> std::result::Result<Option<Request>, Doubt> {
    let request = match request::frozen(&ws.run_dir(&job.run)).map_err(Doubt::from) {
        Ok(request) => request,
        Err(Doubt::Wrong(_)) => return Ok(None),
        Err(doubt) => return Err(doubt),
    };
    Ok(((request.job, request.attempt) == (job.id, job.attempt)).then_some(request))
}

/// The request behind a row: the file is the authority, and it must be this user's own.
fn verified(ws: &Workspace, job: &Job) -> std::result::Result<Request, Doubt> {
    let dir = ws.run_dir(&job.run);
    if matches!(dir.try_exists(), Ok(false)) {
        return Err(Doubt::Wrong(format!("the run's folder {dir:?} is gone")));
    }
    let request = request::submitted(&ws.root, ws.actor().uid, &job.id, &job.request)?;
    let is_same = (request.job, request.run, request.attempt) == (job.id, job.run, job.attempt);
    if is_same {
        Ok(request)
    } else {
        let why = "the request speaks of another run than the row";
        Err(Doubt::Wrong(why.to_owned()))
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
    // Nobody will start it: what may hold secrets goes now. Without it the job is refused again, should this not be stored.
    let _ = request::withdraw(&ws.root, job.actor.uid, &job.id, &ws.run_dir(&job.run));
    if let Some(run) = run_rows::get(tx, &job.run)?.filter(|run| !run.state.has_ended()) {
        let how = match run.state {
            RunState::Queued => Ending::Stopped { by: why.clone() },
            // It was begun, and what is left of it cannot be looked after.
            _ => Ending::Lost,
        };
        super::runs::end(tx, &run.id, run.state.started(), ws.now(), how)?;
    }
    let target = format!("job {} of {}", job.id, job.actor);
    let before = rows::word(&job.state).to_owned();
    super::audited(ws, tx, action, target, Some(before), Some(why))
}
