//! Journals taken in: points, events and the new offset of each journal, committed together.

use std::{collections::HashMap, path::Path};

use super::{Error, Kind, Result, leases::Leased, logs};
use crate::{
    domain::{
        control::Want,
        events::{Event, Process, What},
        evidence::{Evidence, judge},
        ids::RunId,
        jobs::{Exit, JobState, Work},
        metrics,
        records::{self, Record},
        runs::{Activity, Ending, Progress, RunState, StateWord, Tag},
        time::Timestamp,
    },
    jobs::{
        journal::{self, Happening, Reader},
        lock, process,
    },
    store::{self, Connection, events, jobs as job_rows, journals, runs as rows, series},
    workspace::Workspace,
};

/// The journals being taken in. All of it can be rebuilt from the store: what is lost with the process costs a read.
#[derive(Default)]
pub struct Intake {
    runs: HashMap<RunId, Following>,
}

/// One journal, with the run's open series.
struct Following {
    attempt: u32,
    reader: Reader,
    position: journals::Position,
    series: series::Open,
    progress: Progress,
}

/// What one turn took in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    pub bytes: u64,
    pub points: u64,
    /// Nothing is left to read of these journals now.
    pub caught_up: bool,
}

impl Intake {
    /// Takes in at most `budget` bytes of new whole lines of the journals of these runs, in one transaction, so that a
    /// kill at any moment loses no point and takes none twice.
    pub fn take_in(&mut self, ws: &Workspace, runs: &[Leased], budget: u64) -> Result<Taken> {
        let now = ws.now();
        let (mut taken, mut batches) = (Taken { caught_up: true, ..Taken::default() }, vec![]);
        for run in runs {
            let following = self.following(ws, run)?;
            let batch = following.reader.read(budget / runs.len() as u64).map_err(|error| unreadable(run, error))?;
            taken.caught_up &= batch.is_at_end;
            taken.bytes += batch.bytes;
            if !batch.is_empty() {
                batches.push((run, batch));
            }
        }
        if batches.is_empty() {
            return Ok(taken);
        }
        let stored = ws.store.record(|tx| {
            for (run, batch) in &batches {
                let following = self.runs.get_mut(&run.job.run).expect("it was made above");
                taken.points += following.store(tx, &run.job.run, batch, now)?;
            }
            Ok::<_, Error>(())
        });
        if let Err(error) = stored {
            // What is open in memory ran ahead of the store: it is read again from there.
            for (run, _) in batches {
                self.runs.remove(&run.job.run);
            }
            return Err(error);
        }
        Ok(taken)
    }

    /// Judges a run from evidence and stores its state when it changed. A run that has ended frees its slot, and its
    /// journal is compressed. `exit` is what its parent saw, when this process was it.
    pub fn judge(&mut self, ws: &Workspace, run: &Leased, exit: Option<Exit>) -> Result<RunState> {
        // The lock first, the journal after it: what a worker wrote before it let go is then all read.
        let is_lock_held = lock::is_held(&run.dir.join("lock")).map_err(|error| unreadable(run, error))?;
        while !self.take_in(ws, std::slice::from_ref(run), TURN)?.caught_up {}
        let pace = self.following(ws, run)?.series.pace();
        let end = self.following(ws, run)?.position.end.clone();
        let (before, history) = ws.store.read(|tx| {
            let before = rows::get(tx, &run.job.run)?.ok_or_else(|| Error::new(Kind::Bug, "a leased job has no run"))?;
            Ok::<_, Error>((before.state, events::of(tx, &run.job.run)?))
        })?;
        let told = Told::of(&history, run.job.attempt);
        let is_foreign = matches!(run.request.work, Work::Command(_));
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

    fn settle(&mut self, ws: &Workspace, run: &Leased, before: &RunState, after: &RunState) -> Result<()> {
        let id = &run.job.run;
        if before != after && !before.has_ended() {
            ws.store.write(|tx| {
                rows::set_state(tx, id, after)?;
                if let Some(what) = noticed(before, after) {
                    let event = Event { time: ws.now(), step: None, what: What::Noticed { what } };
                    events::insert(tx, id, &event)?;
                }
                Ok::<_, Error>(())
            })?;
        }
        if after.has_ended() {
            let freed = ws.store.write(|tx| {
                Ok::<_, Error>(job_rows::set_state(tx, &run.job.id, "leased", &JobState::Ended { at: ws.now() })?)
            })?;
            self.runs.remove(id);
            if freed {
                // A journal that cannot be compressed stays as it is: nothing depends on it.
                let _ = journal::compress(&run.dir, run.job.attempt);
            }
        }
        Ok(())
    }

    fn following(&mut self, ws: &Workspace, run: &Leased) -> Result<&mut Following> {
        let (id, attempt) = (run.job.run, run.job.attempt);
        if self.runs.get(&id).is_none_or(|known| known.attempt != attempt) {
            let following = ws.store.read(|tx| {
                let position = journals::get(tx, &id, attempt)?;
                let progress = rows::get(tx, &id)?.map(|run| run.progress).unwrap_or_default();
                let reader = Reader::new(&journal::path(&run.dir, attempt), position.read, position.inode);
                let series = series::Open::load(tx, &id).map_err(store::Error::from)?;
                Ok::<_, Error>(Following { attempt, reader, position, series, progress })
            })?;
            self.runs.insert(id, following);
        }
        Ok(self.runs.get_mut(&id).expect("it was put there a line above"))
    }
}

/// How much of a journal is read before it is stored.
const TURN: u64 = 8 << 20;

fn unreadable(run: &Leased, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(Kind::Environment, format!("cannot look into the folder of {}", run.request.name))
        .hint("check its owner and mode")
        .because(error)
}

impl Following {
    /// Stores one batch of lines and where reading goes on. Gives the number of points.
    fn store(&mut self, tx: &Connection, run: &RunId, batch: &journal::Batch, now: Timestamp) -> Result<u64> {
        let (mut points, mut bad, mut first_bad) = (0, 0, None);
        let progress = self.progress;
        for happening in &batch.happenings {
            match happening {
                Happening::Line(line) => match records::parse(line) {
                    Ok(record) => points += self.record(tx, run, &record, now)?,
                    Err(error) => {
                        bad += 1;
                        first_bad.get_or_insert_with(|| error.to_string());
                    }
                },
                Happening::TooLong => {
                    bad += 1;
                    first_bad.get_or_insert_with(|| records::BadLine::TooLong.to_string());
                }
                Happening::Shortened { from, to } => {
                    let what = What::Shortened { from: *from, to: *to };
                    events::insert(tx, run, &Event { time: now, step: None, what })?;
                }
            }
        }
        if let Some(first) = first_bad {
            let what = What::BadLines { count: bad, first };
            events::insert(tx, run, &Event { time: now, step: None, what })?;
        }
        if self.progress != progress {
            rows::set_progress(tx, run, &self.progress)?;
        }
        self.series.save(tx).map_err(store::Error::from)?;
        (self.position.read, self.position.inode) = (batch.offset, batch.inode);
        self.position.bad += bad;
        journals::set(tx, run, self.attempt, &self.position)?;
        Ok(points)
    }

    fn record(&mut self, tx: &Connection, run: &RunId, record: &Record, now: Timestamp) -> Result<u64> {
        let time = record.time.map_or(now, Timestamp);
        let event = |what| Event { time, step: record.step, what };
        if !record.metrics.is_empty() {
            self.series.add(tx, record.step, time.0, &record.metrics).map_err(store::Error::from)?;
        }
        for (name, value) in record.params.iter().filter(|(name, _)| metrics::is_name(name)) {
            rows::set_param(tx, run, name, value)?;
        }
        for tag in record.tags.iter().filter_map(|tag| Tag::try_from(tag.clone()).ok()) {
            rows::add_tag(tx, run, &tag)?;
        }
        if let Some(note) = &record.note {
            rows::set_note(tx, run, note)?;
        }
        for artifact in record.artifacts.iter().filter(|artifact| stays_inside(&artifact.path)) {
            rows::add_artifact(tx, run, artifact)?;
        }
        if let Some(text) = &record.log {
            events::insert(tx, run, &event(What::Said { text: text.chars().take(LONGEST_SAID).collect() }))?;
        }
        self.follow_progress(record);
        if let Some(what) = &record.event {
            apply(tx, run, time, what)?;
            events::insert(tx, run, &event(what.clone()))?;
        }
        if let Some(end) = &record.end {
            self.position.end = Some(end.clone());
        }
        Ok(record.metrics.len() as u64)
    }

    fn follow_progress(&mut self, record: &Record) {
        let known = &mut self.progress;
        if let Some(said) = &record.progress {
            *known = Progress {
                step: said.step,
                steps: said.steps.or(known.steps),
                epoch: said.epoch.or(known.epoch),
                epochs: said.epochs.or(known.epochs),
            };
        } else if let Some(step) = record.step {
            known.step = step;
        }
    }
}

/// Characters kept of one log line of a journal.
const LONGEST_SAID: usize = 4_096;

/// What an event of a worker says of the run's state.
fn apply(tx: &Connection, run: &RunId, time: Timestamp, what: &What) -> Result<()> {
    let activity = match what {
        What::Started { .. } | What::Answered { want: Want::Run, refused: None, .. } => Activity::Working,
        What::Answered { want: Want::Pause, refused: None, .. } => Activity::Paused,
        _ => return Ok(()),
    };
    let known = rows::get(tx, run)?.map(|run| run.state);
    let since = match known {
        Some(RunState::Running { since, .. }) => since,
        Some(RunState::Ended { .. }) | None => return Ok(()),
        _ => time,
    };
    Ok(rows::set_state(tx, run, &RunState::Running { since, activity })?)
}

/// Artifacts are named below the run's folder and stay there.
fn stays_inside(path: &str) -> bool {
    let path = Path::new(path);
    path.components().next().is_some() && path.components().all(|part| matches!(part, std::path::Component::Normal(_)))
}

/// What a run's history tells of its present attempt.
#[derive(Default)]
struct Told {
    started: Option<Timestamp>,
    program: Option<Process>,
    stopped_by: Option<String>,
    is_paused: bool,
}

impl Told {
    fn of(history: &[Event], attempt: u32) -> Self {
        let mut told = Self::default();
        for Event { time, what, .. } in history {
            match what {
                What::Started { attempt: started, .. } if *started == attempt => {
                    told = Self { started: Some(*time), ..Self::default() };
                }
                What::Spawned { process } => told.program = Some(process.clone()),
                What::Asked { want: Want::Stop | Want::StopAfterStep, by, .. } | What::Killed { by } => told.stopped_by = Some(by.clone()),
                What::Answered { want: Want::Pause, refused: None, .. } => told.is_paused = true,
                What::Answered { want: Want::Run, refused: None, .. } => told.is_paused = false,
                _ => {}
            }
        }
        told
    }
}

fn last_lines(dir: &Path, is_foreign: bool) -> String {
    logs::last_lines(&dir.join(if is_foreign { "output.log" } else { "worker.log" }), 2_048)
}

/// The sentence for a change that nobody asked for.
fn noticed(before: &RunState, after: &RunState) -> Option<String> {
    match after {
        RunState::Orphaned { .. } => Some("the worker is gone, the program runs on".to_owned()),
        RunState::Ended { how: Ending::Lost, .. } => Some("the worker is gone and did not say how it ended".to_owned()),
        RunState::Ended { how: Ending::Unseen, .. } => Some("the program ended while nobody watched it".to_owned()),
        RunState::Running { .. } if before.word() == StateWord::Orphaned => Some("a worker watches the program again".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_artifact_stays_in_its_folder() {
        for inside in ["model.bin", "a/b.txt"] {
            assert!(stays_inside(inside));
        }
        for outside in ["", "/etc/passwd", "../x", "a/../../x", "."] {
            assert!(!stays_inside(outside), "{outside}");
        }
    }
}
