//! The agent: a front end without a face. It leases jobs to slots, starts workers, takes their journals in and judges
//! how runs stand, and does all of it through `ops`.
//!
//! What it knows can be found anew in the store and in the folders of the runs: one that is killed at any moment is
//! followed by another that goes on where it was.

pub mod install;

mod bell;

use std::{
    collections::{HashMap, HashSet},
    os::unix::fs::MetadataExt as _,
    path::Path,
    process::Child,
    thread,
    time::{Duration, Instant},
};

use bell::{Bell, Ring};
use rustix::process::{Pid, Signal};
use serde::Serialize;

use crate::{
    domain::{
        events::What,
        ids::{JobId, RunId},
        jobs::{Exit, Slot},
        runs::RunState,
        time::Timestamp,
    },
    jobs::{self, lock, process, request, slots, spawn, worker},
    ops::{
        Error, Kind, Result,
        intake::{self, Intake},
        leases::{self, Leased},
        runs, upkeep,
    },
    workspace::Workspace,
};

/// The time between two turns.
const TICK: Duration = Duration::from_millis(250);
/// The time between two judgements of a run whose worker lives.
const JUDGE_EVERY: Duration = Duration::from_secs(1);
/// Bytes of journals taken in at a turn; more of them make the next turn come at once.
const BUDGET: u64 = 16 << 20;
/// The longest pause after a turn that failed.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Is the agent's process for a store of this user, until there is nothing left to do for a while, it is told to end, or
/// another process must bring the store up to date. The second of two ends at once.
///
/// To be called first of all in a process of its own: it leaves its parent's session before `open` opens the store.
///
/// # Errors
///
/// The store cannot be opened, or is gone; signals cannot be heard.
pub fn run(open: impl FnOnce() -> Result<Workspace>, root: &Path) -> Result<()> {
    process::leave_session();
    let bell = Bell::hang().map_err(|error| {
        Error::new(Kind::Environment, "the agent cannot hear signals")
            .hint("check the limits of processes and threads: `ulimit -a`")
            .because(error)
    })?;
    if lock::is_held(&spawn::agent_lock(root)).map_err(unusable)? {
        return Ok(());
    }
    let ws = open()?;
    while let Some(mut agent) = Agent::claim(&ws)? {
        if !agent.work(&bell)? {
            return Ok(());
        }
        agent.empty_trash();
        // The lock is let go before the queue is looked at once more: a job queued meanwhile is seen either here, or by
        // the agent that its submitter started.
        drop(agent);
        if !leases::has_work(&ws)? {
            return Ok(());
        }
    }
    Ok(())
}

/// The agent of a store and a user, as long as this value lives.
pub struct Agent<'a> {
    ws: &'a Workspace,
    _lock: lock::Lock,
    intake: Intake,
    capacity: Slot,
    /// Workers that this process started, and how those ended that have.
    children: HashMap<JobId, Child>,
    exits: HashMap<JobId, Exit>,
    judged: HashMap<RunId, Instant>,
    /// Jobs whose worker was seen at work.
    begun: HashSet<JobId>,
}

/// What a turn leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// There are jobs of this user, waiting or at work.
    pub has_work: bool,
    /// More of their journals lies ready.
    pub is_behind: bool,
}

impl<'a> Agent<'a> {
    /// Becomes the agent; `None` when there is another.
    ///
    /// # Errors
    ///
    /// The lock's file cannot be used.
    pub fn claim(ws: &'a Workspace) -> Result<Option<Self>> {
        let lock = match lock::claim(&spawn::agent_lock(&ws.root), ws.now()) {
            Ok(lock) => lock,
            Err(jobs::Error::Held { .. }) => return Ok(None),
            Err(error) => return Err(unusable(error)),
        };
        Ok(Some(Self {
            ws,
            _lock: lock,
            intake: Intake::default(),
            capacity: slots::machine(&ws.config.agent),
            children: HashMap::new(),
            exits: HashMap::new(),
            judged: HashMap::new(),
            begun: HashSet::new(),
        }))
    }

    /// Turns until nothing was left to do for the idle time (`true`), or it must end (`false`).
    fn work(&mut self, bell: &Bell) -> Result<bool> {
        let idle = Duration::from_secs(self.ws.config.agent.idle_seconds);
        let mut busy = Instant::now();
        let mut trouble = Trouble::default();
        loop {
            let pause = match self.turn() {
                Ok(turn) => {
                    trouble = Trouble::default();
                    if turn.has_work {
                        busy = Instant::now();
                    } else if idle <= busy.elapsed() {
                        return Ok(true);
                    }
                    if turn.is_behind { Duration::ZERO } else { TICK }
                }
                Err(error) => trouble.pause(self.ws, error)?,
            };
            if bell.wait(pause) == Ring::End || upkeep::must_step_down(self.ws) {
                return Ok(false);
            }
        }
    }

    /// Removes what was long enough in the trash, now that nobody waits.
    fn empty_trash(&self) {
        if let Err(error) = runs::purge(self.ws, runs::Which::Due, false, "") {
            spawn::note(&spawn::agent_log(&self.ws.root), &error);
        }
    }

    /// Does once all there is to do: takes journals in, judges runs, starts workers for jobs that fit.
    ///
    /// One run in trouble does not keep the others from their turn.
    ///
    /// # Errors
    ///
    /// The first trouble met.
    pub fn turn(&mut self) -> Result<Turn> {
        self.reap();
        let (leased, mut went) = leases::leased(self.ws)?;
        let taken = self.intake.take_in(self.ws, &leased, BUDGET);
        for run in &leased {
            went = went.and(self.look_after(run));
        }
        while let Some(run) = leases::lease(self.ws, &self.capacity)? {
            went = went.and(self.start(&run));
        }
        let taken = taken?;
        went?;
        Ok(Turn {
            has_work: leases::has_work(self.ws)?,
            is_behind: !taken.caught_up,
        })
    }

    fn reap(&mut self) {
        let exits = &mut self.exits;
        self.children.retain(|job, child| match child.try_wait() {
            Ok(Some(status)) => {
                exits.insert(*job, spawn::exit(status));
                false
            }
            Ok(None) => true,
            Err(_) => false,
        });
    }

    fn look_after(&mut self, run: &Leased) -> Result<()> {
        if lock::is_held(&run.dir.join("lock")).map_err(unusable)? {
            // A child that ended while another works at the run was the second of two.
            self.exits.remove(&run.job.id);
            self.begun.insert(run.job.id);
            return self.judge_now_and_then(run);
        }
        if self.children.contains_key(&run.job.id) {
            // It is on its way to its lock, or has let go of it and will be reaped.
            return Ok(());
        }
        let exit = self.exits.get(&run.job.id).copied();
        if exit.is_none() && !self.was_begun(run)? {
            // Leased by an agent that died before it could start the worker.
            return self.start(run);
        }
        match exit {
            // An orphan's program may run for days: there is no haste.
            None => self.judge_now_and_then(run),
            Some(_) => self.judge(run, exit),
        }
    }

    fn was_begun(&mut self, run: &Leased) -> Result<bool> {
        if self.begun.contains(&run.job.id) {
            return Ok(true);
        }
        // A program must not run twice, whatever it did to its journal.
        let was_begun = worker::was_begun(&run.dir, run.job.attempt).map_err(unusable)?
            || intake::was_begun(self.ws, run)?;
        if was_begun {
            self.begun.insert(run.job.id);
        }
        Ok(was_begun)
    }

    fn judge_now_and_then(&mut self, run: &Leased) -> Result<()> {
        let judged = self.judged.get(&run.job.run);
        if judged.is_some_and(|judged| judged.elapsed() < JUDGE_EVERY) {
            return Ok(());
        }
        self.judge(run, None)
    }

    fn judge(&mut self, run: &Leased, exit: Option<Exit>) -> Result<()> {
        let state = self.intake.judge(self.ws, run, exit)?;
        self.judged.insert(run.job.run, Instant::now());
        match state {
            RunState::Orphaned { .. } => {
                self.exits.remove(&run.job.id);
                if is_to_be_adopted(self.ws, &run.job.run)? {
                    // One that cannot be started now is tried again at the next judgement.
                    self.spawn(run);
                }
            }
            RunState::Ended { .. } => {
                self.exits.remove(&run.job.id);
                self.judged.remove(&run.job.run);
                self.begun.remove(&run.job.id);
            }
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, run: &Leased) -> Result<()> {
        let request = match &run.request {
            Ok(request) => request,
            Err(why) => return leases::refuse_leased(self.ws, &run.job, why),
        };
        request::freeze(&run.dir, request).map_err(unusable)?;
        // The frozen one is what counts from here on; the other may hold secrets in its arguments.
        request::forget(&self.ws.root, self.ws.actor().uid, &run.job.id).map_err(unusable)?;
        if self.spawn(run) {
            return Ok(());
        }
        // The run's log has the reason: it goes into the judgement.
        self.judge(run, Some(Exit::Code(127)))
    }

    fn spawn(&mut self, run: &Leased) -> bool {
        let started = spawn::worker(&self.ws.surroundings.program, &run.dir);
        let is_started = started.is_ok();
        if let Ok(child) = started {
            self.children.insert(run.job.id, child);
        }
        is_started
    }
}

/// Did somebody ask for this program to be watched, after it was last started or watched?
fn is_to_be_adopted(ws: &Workspace, run: &RunId) -> Result<bool> {
    let events = runs::show(ws, run)?.events;
    let last = |is: fn(&What) -> bool| events.iter().rposition(|event| is(&event.what));
    let adopted = last(|what| matches!(what, What::Adopted { .. }));
    Ok(last(|what| matches!(what, What::Spawned { .. })) < adopted)
}

/// Turns that fail one after another.
#[derive(Default)]
struct Trouble {
    turns: u32,
    message: String,
}

impl Trouble {
    /// How long to wait before the next try. What no waiting mends is given back.
    fn pause(&mut self, ws: &Workspace, error: Error) -> Result<Duration> {
        if error.kind == Kind::Bug || !ws.root.is_dir() {
            return Err(error);
        }
        self.turns += 1;
        let message = error.to_string();
        if message != self.message {
            spawn::note(&spawn::agent_log(&ws.root), &error);
            self.message = message;
        }
        Ok((TICK * self.turns).min(LONGEST_PAUSE))
    }
}

/// Whether an agent of this user works at a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    pub is_running: bool,
    pub pid: Option<u32>,
    pub since: Option<Timestamp>,
}

/// Says whether an agent of this user works at a store.
///
/// # Errors
///
/// The lock's file cannot be read.
pub fn status(root: &Path) -> Result<Status> {
    let path = spawn::agent_lock(root);
    let is_running = lock::is_held(&path).map_err(unusable)?;
    // What another user could have written is not believed: a pid may be signalled.
    let own = rustix::process::getuid().as_raw();
    let is_own = path.metadata().is_ok_and(|meta| meta.uid() == own);
    let holder = match is_running && is_own {
        true => lock::holder(&path).map_err(unusable)?,
        false => None,
    };
    Ok(Status {
        is_running,
        pid: holder.map(|holder| holder.pid),
        since: holder.map(|holder| holder.since),
    })
}

/// Tells the agent to end, and waits until it has; workers go on. `false` when there was none.
///
/// # Errors
///
/// It cannot be signalled, or has not ended after ten seconds.
pub fn stop(root: &Path) -> Result<bool> {
    let Status {
        is_running, pid, ..
    } = status(root)?;
    if !is_running {
        return Ok(false);
    }
    let pid = pid
        .and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?))
        .ok_or_else(|| {
            Error::new(
                Kind::Environment,
                "the agent does not say which process it is",
            )
            .hint("look for `sconce agent run` among the processes")
        })?;
    rustix::process::kill_process(pid, Signal::TERM).map_err(|error| {
        Error::new(Kind::Environment, "the agent cannot be told to end")
            .hint("is it yours?")
            .because(std::io::Error::from(error))
    })?;
    let told = Instant::now();
    while lock::is_held(&spawn::agent_lock(root)).map_err(unusable)? {
        if Duration::from_secs(10) < told.elapsed() {
            return Err(Error::new(Kind::Environment, "the agent has not ended yet")
                .hint("it was told to: look again in a moment"));
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(true)
}

fn unusable(error: jobs::Error) -> Error {
    Error::new(Kind::Environment, "the agent cannot do its work")
        .hint("check the owner and the mode of the store's folder, and the free space: `sconce doctor`")
        .because(error)
}

#[cfg(test)]
mod tests;
