//! Waiting for runs: until the store changes, or until Ctrl-C, which leaves the run going.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::{DONE, Failure, INTERRUPTED, NO, Out, format};
use crate::{
    domain::{
        ids::RunId,
        runs::{Ending, Run, RunState, StateWord},
    },
    ops::{self, jobs, runs, upkeep},
    workspace::Workspace,
};

/// Between two looks at the store's revision, which cost no read.
const LOOK: Duration = Duration::from_millis(50);
/// After so long without a change an agent is woken, in case the last one was killed.
const QUIET: Duration = Duration::from_secs(5);

/// How a wait ended.
pub enum Waited {
    Ended(Run),
    /// Ctrl-C: the run goes on.
    Interrupted(Run),
}

/// A queued run that waits longer than this is worth a word.
const WORTH_A_WORD: Duration = Duration::from_secs(1);

/// Looks at a run whenever the store changes, and at every turn lets the caller do its part, until the run has ended.
/// Says why one waits that is not started at once.
pub fn until_ended(
    ws: &Workspace,
    out: &Out,
    id: &RunId,
    mut changed: impl FnMut(&Run) -> Result<(), Failure>,
    mut each_turn: impl FnMut() -> Result<(), Failure>,
) -> Result<Waited, Failure> {
    let interrupt = interrupt()?;
    let (mut seen, mut last_change) = (None, Instant::now());
    let mut run = runs::get(ws, id)?;
    let mut reason = Reason::default();
    loop {
        let revision = upkeep::revision(ws)?;
        if seen != Some(revision) {
            (seen, last_change) = (Some(revision), Instant::now());
            run = runs::get(ws, id)?;
            changed(&run)?;
            reason.is_old = true;
        }
        if run.state == RunState::Queued {
            reason.say(ws, out, &run)?;
        }
        each_turn()?;
        if run.state.has_ended() {
            return Ok(Waited::Ended(run));
        }
        if interrupt.load(Ordering::Relaxed) {
            return Ok(Waited::Interrupted(run));
        }
        if QUIET <= last_change.elapsed() {
            last_change = Instant::now();
            jobs::wake(ws)?;
        }
        thread::sleep(LOOK);
    }
}

/// Why a queued run waits, and what was said of it.
struct Reason {
    since: Instant,
    /// The store has changed since it was looked up.
    is_old: bool,
    said: Option<String>,
}

impl Default for Reason {
    fn default() -> Self {
        Self {
            since: Instant::now(),
            is_old: true,
            said: None,
        }
    }
}

impl Reason {
    /// Says it when it has held for a while, and again when it is another.
    fn say(&mut self, ws: &Workspace, out: &Out, run: &Run) -> Result<(), Failure> {
        if !self.is_old || self.since.elapsed() < WORTH_A_WORD {
            return Ok(());
        }
        self.is_old = false;
        let reason = jobs::waits(ws, &run.id)?;
        if reason != self.said
            && let Some(reason) = &reason
        {
            out.say(&format!("{} waits: {}", run.name, format::short(reason)));
        }
        self.said = reason;
        Ok(())
    }
}

/// Waits for several runs, one after another, saying how each ended. The code is 0 when all are done.
pub fn for_all(ws: &Workspace, out: &Out, ids: &[RunId]) -> Result<u8, Failure> {
    let mut ended = vec![];
    for id in ids {
        match until_ended(ws, out, id, |_| Ok(()), || Ok(()))? {
            Waited::Ended(run) => {
                if !out.is_json() {
                    out.line(how_it_ended(&run))?;
                }
                ended.push(run);
            }
            Waited::Interrupted(run) => return Ok(goes_on(out, &run)),
        }
    }
    if out.is_json() {
        out.json(&ended)?;
    }
    Ok(ended.iter().map(code).max().unwrap_or(DONE))
}

/// 0 for a run that is done, 1 for one that ended otherwise.
pub fn code(run: &Run) -> u8 {
    match run.state.word() {
        StateWord::Done => DONE,
        _ => NO,
    }
}

/// `brave-otter-7: failed, exit code 3`, with the last lines of output below.
pub fn how_it_ended(run: &Run) -> String {
    let text = format!("{}: {}", run.name, run.state.word());
    match &run.state {
        RunState::Ended {
            how: Ending::Failed { exit, message },
            ..
        } => {
            let message = format::safe_lines(message.trim_end());
            let below = if message.is_empty() {
                String::new()
            } else {
                format!("\n  {}", message.replace('\n', "\n  "))
            };
            format!("{text}, {exit}{below}")
        }
        RunState::Ended {
            how: Ending::Stopped { by },
            ..
        } if !by.is_empty() => {
            format!("{text} by {}", format::short(by))
        }
        _ => text,
    }
}

/// Says that a run goes on without us, and gives the exit code.
pub fn goes_on(out: &Out, run: &Run) -> u8 {
    let name = &run.name;
    out.say(&format!(
        "{name} goes on: `sconce runs wait {name}` waits again, `sconce runs stop {name}` stops it"
    ));
    INTERRUPTED
}

/// Set by Ctrl-C from here on; a second one ends the program at once.
pub fn interrupt() -> ops::Result<Arc<AtomicBool>> {
    use signal_hook::{consts::SIGINT, flag};
    let pressed = Arc::new(AtomicBool::new(false));
    let registered =
        flag::register_conditional_shutdown(SIGINT, i32::from(INTERRUPTED), Arc::clone(&pressed))
            .and_then(|_| flag::register(SIGINT, Arc::clone(&pressed)));
    registered.map_err(|error| {
        ops::Error::new(ops::Kind::Environment, "cannot listen for Ctrl-C").because(error)
    })?;
    Ok(pressed)
}
