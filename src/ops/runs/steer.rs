//! Runs steered: stopped, paused, resumed; orphans adopted or killed.

use super::{add_event, audited, change, end, get, gone};
use crate::{
    domain::{
        control::Want,
        events::{Process, What},
        ids::RunId,
        jobs::JobState,
        runs::{Activity, Ending, Run, RunKind, RunState, StateWord},
    },
    jobs::{control, process},
    ops::{Error, Kind, Result, jobs},
    store::{self, events, jobs as job_rows},
    workspace::Workspace,
};

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
    if !run.state.has_ended() {
        own(ws, &run)?;
    }
    let want = match how {
        Stop::Gently => Want::StopAfterStep,
        Stop::Now => Want::Stop,
    };
    match run.state {
        RunState::Queued => stop_queued(ws, &run, want),
        RunState::Running { .. } => ask(ws, id, want),
        RunState::Orphaned { .. } => kill(ws, id),
        RunState::Ended { .. } => Err(has_ended(&run)),
    }
}

/// Takes a queued run out of the queue; one whose worker is just being started finds the command when it looks.
fn stop_queued(ws: &Workspace, run: &Run, want: Want) -> Result<Run> {
    let mut dropped = None;
    let run = change(ws, &run.id, "runs.stop", |tx, run| {
        let job = job_rows::of_run(tx, &run.id)?.ok_or_else(|| gone(&run.id))?;
        let before = Some(run.state.word().to_string());
        match job.state {
            JobState::Queued => {}
            JobState::Leased { .. } => {
                leave(ws, tx, run, job.attempt, want)?;
                return Ok((before, None));
            }
            JobState::Ended { .. } | JobState::Dropped { .. } => return Err(has_ended(run)),
        }
        let by = ws.actor().to_string();
        let state = JobState::Dropped {
            at: ws.now(),
            why: format!("stopped by {by}"),
        };
        job_rows::set_state(tx, &job.id, "queued", &state)?;
        end(tx, &run.id, None, ws.now(), Ending::Stopped { by })?;
        dropped = Some(job);
        Ok((before, Some(StateWord::Stopped.to_string())))
    })?;
    if let Some(job) = dropped {
        jobs::withdraw(ws, &job)?;
    }
    Ok(run)
}

fn has_ended(run: &Run) -> Error {
    Error::new(
        Kind::Conflict,
        format!("{} has ended: {}", run.name, run.state.word()),
    )
    .hint("`sconce runs resume` makes a new attempt of a training")
}

/// Asks a run to pause where it stands.
pub fn pause(ws: &Workspace, id: &RunId) -> Result<Run> {
    ask(ws, id, Want::Pause)
}

/// Writes a checkpoint now; training goes on.
pub fn checkpoint(ws: &Workspace, id: &RunId) -> Result<Run> {
    let run = get(ws, id)?;
    if run.kind == RunKind::Command {
        let hint = "only a training of sconce writes checkpoints when it is asked";
        return Err(is_foreign(&run).hint(hint));
    }
    ask(ws, id, Want::Checkpoint)
}

/// What became of a resume.
#[derive(Clone, Debug)]
pub struct Resumed {
    pub run: Run,
    /// `false` where a new attempt begins at step 0, for want of one.
    pub has_checkpoint: bool,
}

impl Resumed {
    /// What is said of it.
    pub fn sentence(&self) -> &'static str {
        if self.has_checkpoint {
            "goes on"
        } else {
            "no checkpoint: starts from step 0"
        }
    }
}

/// Goes on: a paused run runs again; a training that ended before it was done becomes a new attempt from its last
/// checkpoint, or from step 0 where there is none.
pub fn resume(ws: &Workspace, id: &RunId) -> Result<Resumed> {
    let run = get(ws, id)?;
    if run.state.has_ended() {
        own(ws, &run)?;
    }
    if run.trashed.is_some() {
        let message = format!("{} is in the trash", run.name);
        return Err(Error::new(Kind::Conflict, message)
            .hint(format!("`sconce runs restore {}` first", run.name)));
    }
    match run.state {
        RunState::Running {
            activity: Activity::Paused,
            ..
        } => ask(ws, id, Want::Run).map(|run| Resumed {
            run,
            has_checkpoint: true,
        }),
        RunState::Ended { .. } if run.kind == RunKind::Command => {
            Err(is_foreign(&run).hint("start it again with `sconce run -- …`"))
        }
        RunState::Ended {
            how: Ending::Done, ..
        } => {
            let preset = run.preset.as_deref().unwrap_or("PRESET");
            let message = format!("{} is done", run.name);
            Err(Error::new(Kind::Conflict, message)
                .hint(format!("`sconce train {preset}` starts anew")))
        }
        RunState::Ended { .. } => jobs::resume(ws, &run),
        _ => Err(Error::new(
            Kind::Conflict,
            format!("{} is {}", run.name, run.state.word()),
        )
        .hint("only a paused or an ended run can be resumed")),
    }
}

fn is_foreign(run: &Run) -> Error {
    Error::new(Kind::Invalid, format!("{} is a foreign program", run.name))
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
    change(ws, id, &format!("runs.{want}"), |tx, run| {
        leave(ws, tx, run, run.attempt, want)?;
        Ok((Some(run.state.word().to_string()), None))
    })
}

/// Leaves the command in the run's folder, and its event in the store. Inside the transaction: when the file cannot be
/// written, nobody is told that the run was asked.
fn leave(
    ws: &Workspace,
    tx: &store::Connection,
    run: &Run,
    attempt: u32,
    want: Want,
) -> Result<()> {
    let by = ws.actor().to_string();
    let asked =
        control::ask(&ws.run_dir(&run.id), attempt, want, &by, ws.now()).map_err(|error| {
            Error::new(
                Kind::Environment,
                format!("cannot leave a command for {}", run.name),
            )
            .hint("check the mode of its folder")
            .because(error)
        })?;
    let seq = asked.seq;
    add_event(ws, tx, run, What::Asked { seq, want, by })
}

/// Refuses, and records the refusal, when the run belongs to somebody else.
pub(in crate::ops) fn own(ws: &Workspace, run: &Run) -> Result<()> {
    if run.actor.uid == ws.actor().uid {
        return Ok(());
    }
    // The refusal is a line too: its transaction is committed.
    ws.store.write(|tx| Ok::<_, Error>(own_in(ws, tx, run)))?
}

/// The same in a transaction that the refusal does not end.
pub(super) fn own_in(ws: &Workspace, tx: &store::Connection, run: &Run) -> Result<()> {
    if run.actor.uid == ws.actor().uid {
        return Ok(());
    }
    let whose = format!("belongs to {}", run.actor);
    audited(ws, tx, run, "runs.refused", None, Some(whose.clone()))?;
    Err(Error::new(Kind::Conflict, format!("{} {whose}", run.name))
        .hint("ask them: nobody steers a run of somebody else"))
}
