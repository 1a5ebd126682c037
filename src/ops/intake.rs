//! Journals taken in: points, events and the new offset of each journal, committed together.

use std::{
    collections::HashMap,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

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
        lock, process, request,
    },
    store::{self, Connection, events, jobs as job_rows, journals, runs as rows, series},
    workspace::Workspace,
};

/// The journals being taken in. All of it can be rebuilt from the store: what is lost with the process costs a read.
#[derive(Default)]
pub struct Intake {
    runs: HashMap<RunId, Following>,
}

/// One journal, and what was taken in of it.
struct Following {
    path: PathBuf,
    reader: Reader,
    taking: Taking,
}

/// How far one attempt at a run was taken in, with the run's open series.
struct Taking {
    run: RunId,
    attempt: u32,
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

impl Taken {
    fn add(&mut self, more: Self) {
        self.bytes += more.bytes;
        self.points += more.points;
        self.caught_up &= more.caught_up;
    }
}

impl Intake {
    /// Takes in at most about `budget` bytes of new whole lines of the journals of these runs, in one transaction, so
    /// that a kill at any moment loses no point and takes none twice.
    pub fn take_in(&mut self, ws: &Workspace, runs: &[Leased], budget: u64) -> Result<Taken> {
        let now = ws.now();
        let mut news = vec![];
        for run in runs {
            if self.following(ws, run)?.has_news() {
                news.push(run);
            }
        }
        if news.is_empty() {
            return Ok(Taken {
                caught_up: true,
                ..Taken::default()
            });
        }
        let stored = ws.store.record(|tx| {
            let mut taken = Taken {
                caught_up: true,
                ..Taken::default()
            };
            for run in &news {
                let following = self.runs.get_mut(&run.job.run).expect("it was made above");
                taken.add(following.take(tx, run, budget / news.len() as u64, now)?);
            }
            Ok::<_, Error>(taken)
        });
        // What is open in memory may have run ahead of the store: it is read again from there.
        stored.inspect_err(|_| {
            for run in &news {
                self.runs.remove(&run.job.run);
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
            .write(|tx| turn(tx, &run.job.run, before, after, ws.now()))
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
            turn(tx, &run.job.run, before, after, now)?;
            let ended = JobState::Ended { at: now };
            Ok::<_, Error>(job_rows::set_state(tx, &run.job.id, "leased", &ended)?)
        })?;
        if freed {
            // What cannot be compressed or removed stays as it is: nothing depends on it.
            let _ = journal::compress(&run.dir, run.job.attempt);
            let _ = request::withdraw(&ws.root, ws.actor().uid, &run.job.id, &run.dir);
        }
        Ok(())
    }

    fn following(&mut self, ws: &Workspace, run: &Leased) -> Result<&mut Following> {
        let (id, attempt) = (run.job.run, run.job.attempt);
        if self
            .runs
            .get(&id)
            .is_none_or(|known| known.taking.attempt != attempt)
        {
            let taking = ws.store.read(|tx| {
                let position = journals::get(tx, &id, attempt)?;
                let progress = rows::get(tx, &id)?
                    .map(|run| run.progress)
                    .unwrap_or_default();
                let series = series::Open::load(tx, &id).map_err(store::Error::from)?;
                Ok::<_, Error>(Taking {
                    run: id,
                    attempt,
                    position,
                    series,
                    progress,
                })
            })?;
            let path = journal::path(&run.dir, attempt);
            let reader = Reader::new(&path, taking.position.read, taking.position.inode);
            self.runs.insert(
                id,
                Following {
                    path,
                    reader,
                    taking,
                },
            );
        }
        Ok(self
            .runs
            .get_mut(&id)
            .expect("it was put there a line above"))
    }
}

/// Stores a run's new state, with a word in its history where nobody asked for the change. What has ended stays so.
fn turn(
    tx: &Connection,
    run: &RunId,
    before: &RunState,
    after: &RunState,
    now: Timestamp,
) -> Result<()> {
    if before == after || before.has_ended() {
        return Ok(());
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

/// How much of a journal is read before it is stored.
const TURN: u64 = 8 << 20;

fn unreadable(run: &Leased, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(
        Kind::Environment,
        format!("cannot look into the folder of {}", run.request.name),
    )
    .hint("check its owner and mode")
    .because(error)
}

impl Following {
    /// Is there anything in the file that was not taken in? Costs one look at its size.
    fn has_news(&self) -> bool {
        let known = &self.taking.position;
        self.path
            .metadata()
            .is_ok_and(|meta| (meta.len(), meta.ino()) != (known.read, known.inode))
    }

    fn take(
        &mut self,
        tx: &Connection,
        run: &Leased,
        budget: u64,
        now: Timestamp,
    ) -> Result<Taken> {
        let batch = self
            .reader
            .read(budget)
            .map_err(|error| unreadable(run, error))?;
        self.taking.store(tx, &batch, now)
    }
}

impl Taking {
    /// Stores one batch of lines and where reading goes on.
    fn store(&mut self, tx: &Connection, batch: &journal::Batch, now: Timestamp) -> Result<Taken> {
        let known = self.progress;
        let (mut points, mut bad) = (0, vec![]);
        for happening in &batch.happenings {
            match happening {
                Happening::Line(line) => match records::parse(line) {
                    Ok(record) => {
                        points += record.metrics.len() as u64;
                        self.record(tx, &record, now)?;
                    }
                    Err(error) => bad.push(error),
                },
                Happening::TooLong => bad.push(records::BadLine::TooLong),
                Happening::Shortened { from, to } => self.tell(
                    tx,
                    now,
                    None,
                    What::Shortened {
                        from: *from,
                        to: *to,
                    },
                )?,
                Happening::Replaced => {
                    let what = "another file stands in the journal's place".to_owned();
                    self.tell(tx, now, None, What::Noticed { what })?;
                }
            }
        }
        if let Some(first) = bad.first() {
            let what = What::BadLines {
                count: bad.len() as u64,
                first: first.to_string(),
            };
            self.tell(tx, now, None, what)?;
        }
        if self.progress != known {
            rows::set_progress(tx, &self.run, &self.progress)?;
        }
        self.series.save(tx).map_err(store::Error::from)?;
        (self.position.read, self.position.inode) = (batch.offset, batch.inode);
        self.position.bad += bad.len() as u64;
        journals::set(tx, &self.run, self.attempt, &self.position)?;
        Ok(Taken {
            bytes: batch.bytes,
            points,
            caught_up: batch.is_at_end,
        })
    }

    fn tell(&self, tx: &Connection, time: Timestamp, step: Option<i64>, what: What) -> Result<()> {
        Ok(events::insert(tx, &self.run, &Event { time, step, what })?)
    }

    fn record(&mut self, tx: &Connection, record: &Record, now: Timestamp) -> Result<()> {
        let run = &self.run;
        let time = record.time.map_or(now, Timestamp);
        if !record.metrics.is_empty() {
            self.series.add(record.step, time, &record.metrics);
        }
        for (name, value) in record
            .params
            .iter()
            .filter(|(name, _)| metrics::is_name(name))
        {
            rows::set_param(tx, run, name, value)?;
        }
        for tag in record
            .tags
            .iter()
            .filter_map(|tag| Tag::try_from(tag.clone()).ok())
        {
            rows::add_tag(tx, run, &tag)?;
        }
        if let Some(note) = &record.note {
            rows::set_note(tx, run, note)?;
        }
        for artifact in record
            .artifacts
            .iter()
            .filter(|artifact| stays_inside(&artifact.path))
        {
            rows::add_artifact(tx, run, artifact)?;
        }
        if let Some(text) = &record.log {
            self.tell(
                tx,
                time,
                record.step,
                What::Said {
                    text: text.chars().take(LONGEST_SAID).collect(),
                },
            )?;
        }
        if let Some(what) = &record.event {
            apply(tx, run, time, what)?;
            self.tell(tx, time, record.step, what.clone())?;
        }
        if let Some(end) = &record.end {
            self.position.end = Some(end.clone());
        }
        self.follow_progress(record);
        Ok(())
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
        } else if let Some(step) = record.step.filter(|_| !is_of_the_system(record)) {
            known.step = step;
        }
    }
}

/// Points of the machine count seconds, not the program's steps.
fn is_of_the_system(record: &Record) -> bool {
    !record.metrics.is_empty()
        && record
            .metrics
            .iter()
            .all(|(name, _)| name.starts_with("system/"))
}

/// Characters kept of one log line of a journal.
const LONGEST_SAID: usize = 4_096;

/// What an event of a worker says of the run's state.
fn apply(tx: &Connection, run: &RunId, time: Timestamp, what: &What) -> Result<()> {
    let activity = match what {
        What::Started { .. }
        | What::Answered {
            want: Want::Run,
            refused: None,
            ..
        } => Activity::Working,
        What::Answered {
            want: Want::Pause,
            refused: None,
            ..
        } => Activity::Paused,
        _ => return Ok(()),
    };
    let known = rows::get(tx, run)?.map(|run| run.state);
    let since = match known {
        Some(RunState::Running { since, .. }) => since,
        Some(RunState::Ended { .. }) | None => return Ok(()),
        _ => time,
    };
    Ok(rows::set_state(
        tx,
        run,
        &RunState::Running { since, activity },
    )?)
}

/// Artifacts are named below the run's folder and stay there.
fn stays_inside(path: &str) -> bool {
    let path = Path::new(path);
    path.components().next().is_some()
        && path
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)))
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
                What::Started {
                    attempt: started, ..
                } if *started == attempt => {
                    told = Self {
                        started: Some(*time),
                        ..Self::default()
                    };
                }
                What::Spawned { process } => told.program = Some(process.clone()),
                What::Asked {
                    want: Want::Stop | Want::StopAfterStep,
                    by,
                    ..
                }
                | What::Killed { by } => told.stopped_by = Some(by.clone()),
                What::Answered {
                    want: Want::Pause,
                    refused: None,
                    ..
                } => told.is_paused = true,
                What::Answered {
                    want: Want::Run,
                    refused: None,
                    ..
                } => told.is_paused = false,
                _ => {}
            }
        }
        told
    }
}

fn last_lines(dir: &Path, is_foreign: bool) -> String {
    logs::last_lines(
        &dir.join(if is_foreign {
            "output.log"
        } else {
            "worker.log"
        }),
        2_048,
    )
}

/// The sentence for a change that nobody asked for.
fn noticed(before: &RunState, after: &RunState) -> Option<String> {
    match after {
        RunState::Orphaned { .. } => Some("the worker is gone, the program runs on".to_owned()),
        RunState::Ended {
            how: Ending::Lost, ..
        } => Some("the worker is gone and did not say how it ended".to_owned()),
        RunState::Ended {
            how: Ending::Unseen,
            ..
        } => Some("the program ended while nobody watched it".to_owned()),
        RunState::Running { .. } if before.word() == StateWord::Orphaned => {
            Some("a worker watches the program again".to_owned())
        }
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
