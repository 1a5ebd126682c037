//! Journals taken in: points, events and the new offset of each journal, committed together.

mod taking;
mod told;

use std::{
    collections::{HashMap, hash_map::Entry},
    path::Path,
};

use self::{taking::Taking, told::Told};
use super::{Error, Kind, Result, leases::Leased};
use crate::{
    domain::{
        events::{Event, What},
        evidence::{Evidence, judge},
        ids::RunId,
        jobs::{Exit, JobState},
        runs::{RunState, StateWord},
        time::Timestamp,
    },
    jobs::{
        files,
        journal::{self, Reader},
        lock, process, request,
    },
    store::{self, Connection, events, jobs as job_rows, runs as rows},
    workspace::Workspace,
};

/// The journals being taken in. All of it can be rebuilt from the store: what is lost with the process costs a read.
#[derive(Default)]
pub struct Intake {
    runs: HashMap<RunId, Following>,
}

/// One journal, and what was taken in of it.
struct Following {
    reader: Reader,
    taking: Taking,
}

/// What one turn took in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    pub bytes: u64,
    pub points: u64,
    /// Nothing is left to read of these journals now.
    pub caught_up: bool,
}

impl Taken {
    fn add(&mut self, more: Self) {
        self.bytes += more.bytes;
        self.points += more.points;
        self.caught_up &= more.caught_up;
    }
}

impl Intake {
    /// Takes in at most about `budget` bytes of new whole lines of the journals of these runs, in one transaction, so
    /// that a kill at any moment loses no point and takes none twice. One that cannot be read keeps no other out.
    ///
    /// # Errors
    ///
    /// The first journal that cannot be read; the store cannot be written.
    pub fn take_in(&mut self, ws: &Workspace, runs: &[Leased], budget: u64) -> Result<Taken> {
        let (mut news, mut went) = (vec![], Ok(()));
        for run in runs {
            match self.following(ws, run) {
                Ok(following) if following.reader.has_news() => news.push(run),
                Ok(_) => {}
                Err(error) => went = went.and(Err(error)),
            }
        }
        let share = budget / news.len().max(1) as u64;
        // Read before the store is locked: nobody waits there for a disk that does not answer.
        let mut batches = vec![];
        for run in news {
            match self.following(ws, run)?.reader.read(share) {
                Ok(batch) => batches.push((run.job.run, batch)),
                Err(error) => went = went.and(Err(unreadable(run, error))),
            }
        }
        let taken = self.store(ws, &batches)?;
        went.map(|()| taken)
    }

    fn store(&mut self, ws: &Workspace, batches: &[(RunId, journal::Batch)]) -> Result<Taken> {
        let mut taken = Taken {
            caught_up: true,
            ..Taken::default()
        };
        if batches.is_empty() {
            return Ok(taken);
        }
        let now = ws.now();
        let stored = ws.store.record(|tx| {
            for (run, batch) in batches {
                let following = self.runs.get_mut(run).expect("it was read from");
                taken.add(following.taking.store(tx, batch, now)?);
            }
            Ok::<_, Error>(taken)
        });
        // What is open in memory may have run ahead of the store: it is read again from there.
        stored.inspect_err(|_| {
            for (run, _) in batches {
                self.runs.remove(run);
            }
        })
    }

    /// Judges a run from evidence and stores its state when it changed. A run that has ended frees its slot, and its
    /// journal is compressed. `exit` is what its parent saw, when this process was it.
    pub fn judge(&mut self, ws: &Workspace, run: &Leased, exit: Option<Exit>) -> Result<RunState> {
        // The lock first, the journal after it: what a worker wrote before it let go is then all read.
        let is_lock_held =
            lock::is_held(&run.dir.join("lock")).map_err(|error| unreadable(run, error))?;
        while !self.take_in(ws, std::slice::from_ref(run), TURN)?.caught_up {}
        let Taking {
            series, position, ..
        } = &self.following(ws, run)?.taking;
        let (pace, end) = (series.pace(), position.end.clone());
        let (before, history) = ws.store.read(|tx| {
            let before = rows::get(tx, &run.job.run)?
                .ok_or_else(|| Error::new(Kind::Bug, "a leased job has no run"))?;
            Ok::<_, Error>((before.state, events::of(tx, &run.job.run)?))
        })?;
        let told = Told::of(&history, run.job.attempt);
        let is_foreign = run.is_foreign;
        let after = judge(&Evidence {
            now: ws.now(),
            started: told.started,
            is_lock_held,
            program: told.program.map(|program| {
                let lives = process::group_lives(&program);
                (program, lives)
            }),
            end,
            last_step: pace,
            is_paused: told.is_paused,
            exit,
            stopped_by: told.stopped_by,
            last_lines: last_lines(&run.dir, is_foreign),
            is_foreign,
        });
        self.settle(ws, run, &before, &after)?;
        Ok(after)
    }

    fn settle(
        &mut self,
        ws: &Workspace,
        run: &Leased,
        before: &RunState,
        after: &RunState,
    ) -> Result<()> {
        if after.has_ended() {
            return self.close(ws, run, before, after);
        }
        if before == after {
            return Ok(());
        }
        ws.store
            .write(|tx| store_state(tx, &run.job.run, before, after, ws.now()))
    }

    /// Packs what the run left open, and ends run and job together: whoever sees the run ended finds its slot free and
    /// may resume it. Its journal is compressed after that.
    fn close(
        &mut self,
        ws: &Workspace,
        run: &Leased,
        before: &RunState,
        after: &RunState,
    ) -> Result<()> {
        let series = &mut self.following(ws, run)?.taking.series;
        while !ws
            .store
            .record(|tx| series.settle(tx).map_err(store::Error::from))?
        {}
        self.runs.remove(&run.job.run);
        let freed = ws.store.write(|tx| {
            let now = ws.now();
            store_state(tx, &run.job.run, before, after, now)?;
            let ended = JobState::Ended { at: now };
            Ok::<_, Error>(job_rows::set_state(tx, &run.job.id, "leased", &ended)?)
        })?;
        if freed {
            // What cannot be compressed or removed stays as it is: nothing depends on it.
            let _ = journal::compress(&run.dir, run.job.attempt);
            if let Ok(request) = &run.request {
                let _ = request::seal(&run.dir, request);
            }
            let _ = request::forget(&ws.root, ws.actor().uid, &run.job.id);
        }
        Ok(())
    }

    fn following(&mut self, ws: &Workspace, run: &Leased) -> Result<&mut Following> {
        let (id, attempt) = (run.job.run, run.job.attempt);
        self.runs
            .retain(|known, following| *known != id || following.taking.attempt == attempt);
        Ok(match self.runs.entry(id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(Following::load(ws, run)?),
        })
    }
}

/// Stores a run's new state, with a line in its history where nobody asked for the change. What has ended stays so.
fn store_state(
    tx: &Connection,
    run: &RunId,
    before: &RunState,
    after: &RunState,
    now: Timestamp,
) -> Result<()> {
    if before == after || before.has_ended() {
        return Ok(());
    }
    if let RunState::Ended { started, how, .. } = after {
        return super::runs::end(tx, run, *started, now, how.clone());
    }
    rows::set_state(tx, run, after)?;
    if let Some(what) = noticed(before, after) {
        let event = Event {
            time: now,
            step: None,
            what: What::Noticed { what },
        };
        events::insert(tx, run, &event)?;
    }
    Ok(())
}

/// Was this attempt begun, as far as the store knows? Its journal may be gone.
pub fn was_begun(ws: &Workspace, run: &Leased) -> Result<bool> {
    let taking = Taking::load(ws, run.job.run, run.job.attempt)?;
    Ok(taking.was_begun())
}

/// How much of a journal is read before it is stored.
const TURN: u64 = 8 << 20;

fn unreadable(run: &Leased, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(
        Kind::Environment,
        format!("cannot look into the folder of {}", run.name),
    )
    .hint("check its owner and mode")
    .because(error)
}

impl Following {
    fn load(ws: &Workspace, run: &Leased) -> Result<Self> {
        let taking = Taking::load(ws, run.job.run, run.job.attempt)?;
        let path = journal::path(&run.dir, run.job.attempt);
        let reader = Reader::new(&path, taking.position.read, taking.position.inode);
        Ok(Self { reader, taking })
    }
}

fn last_lines(dir: &Path, is_foreign: bool) -> String {
    let log = if is_foreign {
        "output.log"
    } else {
        "worker.log"
    };
    files::last_lines(&dir.join(log), files::LAST_LINES)
}

/// The sentence for a change that nobody asked for.
fn noticed(before: &RunState, after: &RunState) -> Option<String> {
    match after {
        RunState::Orphaned { .. } => Some("the worker is gone, the program runs on".to_owned()),
        RunState::Running { .. } if before.word() == StateWord::Orphaned => {
            Some("a worker watches the program again".to_owned())
        }
        _ => None,
    }
}
