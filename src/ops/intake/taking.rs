//! One journal taken in: each line into the rows it speaks of, and where reading goes on.

use std::path::{Component, Path};

use super::{Taken, told::Told};
use crate::{
    domain::{
        control::Want,
        events::{Event, Process, What},
        ids::RunId,
        metrics,
        records::{self, Artifact, BadLine, Record},
        runs::{Activity, Progress, RunState, Tag},
        time::Timestamp,
    },
    jobs::journal::{self, Happening},
    ops::Result,
    store::{self, Connection, events, journals, runs as rows, series},
    workspace::Workspace,
};

/// How far one attempt at a run was taken in, with the run's open series.
pub(super) struct Taking {
    run: RunId,
    pub attempt: u32,
    pub position: journals::Position,
    pub series: series::Open,
    progress: Progress,
    /// The processes of this attempt, once its worker named them.
    worker: Option<Process>,
    program: Option<Process>,
}

impl Taking {
    /// How far the store says that it was taken in.
    pub fn load(ws: &Workspace, run: RunId, attempt: u32) -> Result<Self> {
        ws.store.read(|tx| {
            let known = rows::get(tx, &run)?;
            let told = Told::of(&events::of(tx, &run)?, attempt);
            Ok(Self {
                run,
                attempt,
                position: journals::get(tx, &run, attempt)?,
                series: series::Open::load(tx, &run).map_err(store::Error::from)?,
                progress: known.map(|run| run.progress).unwrap_or_default(),
                worker: told.worker,
                program: told.program,
            })
        })
    }

    /// Did its worker ever say anything?
    pub fn was_begun(&self) -> bool {
        self.worker.is_some() || 0 < self.position.read
    }

    /// Stores one batch of lines and where reading goes on.
    pub fn store(
        &mut self,
        tx: &Connection,
        batch: &journal::Batch,
        now: Timestamp,
    ) -> Result<Taken> {
        let known = self.progress;
        let (mut points, mut bad) = (0, vec![]);
        for happening in &batch.happenings {
            match happening {
                Happening::Line(line) => match records::parse(line) {
                    Ok(mut record) => {
                        bad.extend(record.left_out.take());
                        points += record.metrics.len() as u64;
                        self.record(tx, &record, now, &mut bad)?;
                    }
                    Err(error) => bad.push(error),
                },
                Happening::TooLong => bad.push(BadLine::TooLong),
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
                Happening::Barred => {
                    let what = "no regular file stands in the journal's place".to_owned();
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
        if 0 < points {
            rows::touch(tx, &self.run)?;
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

    fn record(
        &mut self,
        tx: &Connection,
        record: &Record,
        now: Timestamp,
        bad: &mut Vec<BadLine>,
    ) -> Result<()> {
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
        match &record.artifact {
            Some(artifact) if stays_inside(&artifact.path) => {
                rows::add_artifact(tx, run, artifact)?;
            }
            Some(Artifact { path, .. }) => bad.push(BadLine::Artifact(path.clone())),
            None => {}
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
        match &record.event {
            Some(what) if self.believes(what) => {
                apply(tx, &self.run, time, what)?;
                self.tell(tx, time, record.step, what.clone())?;
            }
            Some(_) => bad.push(BadLine::OtherProcess),
            None => {}
        }
        if let Some(end) = &record.end {
            self.position.end = Some(match self.position.end.take() {
                Some(before) => before.then(end.clone()),
                None => end.clone(),
            });
        }
        self.follow_progress(record);
        Ok(())
    }

    /// A program writes into the journal of its worker, and could name any process as the one to stop: the first that
    /// was named counts, which is the worker's word, since the program starts after it.
    fn believes(&mut self, what: &What) -> bool {
        let (known, said) = match what {
            What::Started { process, .. } => (&mut self.worker, process),
            What::Spawned { process } => (&mut self.program, process),
            _ => return true,
        };
        known.get_or_insert_with(|| said.clone()) == said
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
            .all(|(name, _)| metrics::is_of_machine(name))
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
            .all(|part| matches!(part, Component::Normal(_)))
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
