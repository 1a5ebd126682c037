//! The loop: epochs of steps, each told to the observer, each able to be the last.

use std::{
    path::{Component, Path},
    time::{Duration, Instant},
};

use super::{
    Error, Observer, Order, Result,
    checkpoints::{self, Best, Checkpoint, Position},
    files::{self, Named},
    judge::{all, judge, sample},
    math::Math,
    nets::Ends,
    open,
    predict::{Goal, fits},
    trainer::Trainer,
};
use crate::{
    data::{Encoded, Prepared},
    domain::{
        events::{STOPPED_EARLY, What},
        jobs::Training,
        metrics::Direction,
        records::Record,
        runs::Progress,
    },
};

/// Between two records of progress or throughput, so that tiny steps do not fill the journal.
const BETWEEN_REPORTS: Duration = Duration::from_millis(500);
/// What is to be learned, and from which rows.
#[derive(Clone, Debug)]
pub struct Task<'a> {
    pub ends: Ends,
    pub goal: Goal,
    pub train: &'a Encoded,
    pub validation: &'a Encoded,
    pub test: &'a Encoded,
}

impl<'a> Task<'a> {
    pub fn of(prepared: &'a Prepared) -> Result<Self> {
        let encoder = &prepared.encoder;
        let goal = Goal::of(encoder);
        let task = Self {
            ends: goal.ends(encoder),
            goal,
            train: &prepared.train,
            validation: &prepared.validation,
            test: &prepared.test,
        };
        for part in [task.train, task.validation, task.test] {
            fits(&task.ends, part)?;
        }
        Ok(task)
    }
}

/// How the loop ended.
#[derive(Debug)]
pub enum End {
    Fitted(Fitted),
    Stopped { by: String },
}

/// What a whole training gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// Those of the best epoch.
    pub weights: Vec<Named>,
    /// `val/…` and `test/…` with these weights.
    pub metrics: Vec<(String, f64)>,
    /// The step of the best epoch, and how many were made.
    pub best_step: u64,
    pub steps: u64,
    pub epochs: u32,
}

/// Trains on rows that are ready; see [`super::train`]. Checkpoints go beneath `dir`.
pub fn fit(
    training: &Training,
    task: &Task,
    dir: &Path,
    observer: &mut dyn Observer,
) -> Result<End> {
    let settings = &training.preset.train;
    let device = open(training.preset.device)?;
    let threads = Threads::new(settings.threads)?;
    let math = if device.is_cpu() {
        Math::fused(settings.threads as usize)
    } else {
        Math::plain()
    };
    let mut fit = Fit {
        training,
        task,
        dir,
        observer,
        fingerprint: checkpoints::fingerprint(training),
        trainer: Trainer::new(training, task, math, device)?,
        threads,
        position: Position::default(),
        best: vec![],
        sample: sample(training.seed, task),
        speed: Speed::default(),
        reported: None,
    };
    fit.check_best()?;
    if let Some(from) = &training.resume {
        fit.resume(from)?;
    }
    if let Some(by) = fit.run()? {
        return Ok(End::Stopped { by });
    }
    fit.finish().map(End::Fitted)
}

struct Fit<'a> {
    training: &'a Training,
    task: &'a Task<'a>,
    dir: &'a Path,
    observer: &'a mut dyn Observer,
    fingerprint: String,
    trainer: Trainer<'a>,
    threads: Threads,
    position: Position,
    /// The parameters of the best epoch so far.
    best: Vec<Named>,
    /// Rows of the training split over which its metrics are taken.
    sample: Vec<u32>,
    speed: Speed,
    /// When progress was last told.
    reported: Option<Instant>,
}

impl Fit<'_> {
    /// Trains to the end, or until somebody stops it.
    fn run(&mut self) -> Result<Option<String>> {
        self.report_progress();
        while !self.is_over() {
            if self.position.batch < self.trainer.batches.in_epoch {
                self.step()?;
                let step = self.position.step as i64;
                match self.observer.order(step) {
                    Order::Go => {}
                    Order::Checkpoint => self.checkpoint(checkpoints::LAST)?,
                    Order::StopAfterStep { by } => {
                        self.checkpoint(checkpoints::LAST)?;
                        return Ok(Some(by));
                    }
                    Order::StopNow { by } => return Ok(Some(by)),
                }
            }
            if self.position.batch == self.trainer.batches.in_epoch {
                self.end_epoch()?;
            }
        }
        if self.position.epoch < self.training.preset.train.epochs {
            self.say_stopped_early();
        }
        Ok(None)
    }

    fn say_stopped_early(&mut self) {
        let Position { epoch, waited, .. } = self.position;
        let metric = &self.training.preset.train.best;
        let best = epoch - waited.min(epoch);
        let text = format!(
            "{STOPPED_EARLY}: no better {metric} for {waited} epochs; best at epoch {best}"
        );
        self.observer.record(Record {
            step: Some(self.position.step as i64),
            log: Some(text),
            ..Record::default()
        });
    }

    /// The metric that chooses the best epoch must exist over the validation rows (an AUC wants two classes).
    fn check_best(&self) -> Result<()> {
        let best = &self.training.preset.train.best;
        let found = self.judge("val", self.task.validation, &all(self.task.validation))?;
        if found.iter().any(|(name, _)| name == best) {
            return Ok(());
        }
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        Err(Error::Preset(format!(
            "`train.best` is {best:?}, which the {} validation rows do not define: take one of {}, or a larger \
             `split.validation`",
            self.task.validation.rows,
            names.join(", ")
        )))
    }

    fn is_over(&self) -> bool {
        let settings = &self.training.preset.train;
        let is_late = 0 < settings.patience && settings.patience <= self.position.waited;
        settings.epochs <= self.position.epoch || is_late
    }

    fn step(&mut self) -> Result<()> {
        let started = Instant::now();
        let (trainer, position) = (&mut self.trainer, &self.position);
        let made = self.threads.run(|| trainer.step(position))?;
        self.speed.add(made.rows, started.elapsed());
        self.position.step += 1;
        self.position.batch += made.batches;

        let settings = &self.training.preset.train;
        let step = self.position.step;
        if step.is_multiple_of(settings.log_every) {
            self.record_metrics(vec![
                ("train/loss".to_owned(), made.loss),
                ("train/lr".to_owned(), made.lr),
                ("train/grad_norm".to_owned(), made.norm),
            ]);
        }
        if self
            .reported
            .is_none_or(|at| BETWEEN_REPORTS <= at.elapsed())
        {
            self.report_progress();
            self.report_speed();
        }
        let every = settings.checkpoint_every;
        if 0 < every && step.is_multiple_of(every) {
            self.checkpoint(checkpoints::LAST)?;
        }
        Ok(())
    }

    /// Judges the epoch, keeps it when it is the best, and writes a checkpoint.
    fn end_epoch(&mut self) -> Result<()> {
        self.position.epoch += 1;
        self.position.batch = 0;
        // Before the metrics: who reads both takes them for those of this epoch.
        self.report_progress();
        let mut found = self.judge("train", self.task.train, &self.sample)?;
        // The loss of the training split is the one of its steps.
        found.retain(|(name, _)| name != "train/loss");
        let validation = self.judge("val", self.task.validation, &all(self.task.validation))?;
        found.extend(validation.iter().cloned());
        self.record_metrics(found);
        self.report_speed();

        if self.keep_best(validation)? {
            self.checkpoint(checkpoints::BEST)?;
        }
        // What every epoch does is no event.
        self.write_checkpoint(checkpoints::LAST).map(drop)
    }

    /// Keeps the parameters when the epoch is better than all before it. An epoch whose metric is not defined is not.
    fn keep_best(&mut self, validation: Vec<(String, f64)>) -> Result<bool> {
        let name = &self.training.preset.train.best;
        let value = validation
            .iter()
            .find(|(found, value)| found == name && value.is_finite())
            .map(|(_, value)| *value);
        let is_better = value.is_some_and(|value| match &self.position.best {
            Some(best) => Direction::of(name).is_some_and(|way| way.is_better(value, best.value)),
            None => true,
        });
        let Some(value) = value.filter(|_| is_better) else {
            self.position.waited += 1;
            return Ok(false);
        };
        self.position.waited = 0;
        self.position.best = Some(Best {
            value,
            step: self.position.step,
            metrics: validation,
        });
        self.best = self.trainer.params.values()?;
        Ok(true)
    }

    /// Takes the best weights back and judges them on the test split.
    fn finish(mut self) -> Result<Fitted> {
        let mut metrics = vec![];
        let mut best_step = self.position.step;
        if let Some(best) = self.position.best.take() {
            let fits = self.trainer.params.set(&self.best)?;
            fits.map_err(|why| self.broken(checkpoints::LAST.as_ref(), why))?;
            (metrics, best_step) = (best.metrics, best.step);
        }
        let test = self.judge("test", self.task.test, &all(self.task.test))?;
        self.record_metrics(test.clone());
        self.report_progress();
        metrics.extend(test);
        Ok(Fitted {
            weights: self.trainer.params.values()?,
            metrics,
            best_step,
            steps: self.position.step,
            epochs: self.position.epoch,
        })
    }

    fn judge(&self, split: &str, data: &Encoded, rows: &[u32]) -> Result<Vec<(String, f64)>> {
        let trainer = &self.trainer;
        let outputs = self.threads.run(|| trainer.outputs(data, rows))?;
        if !outputs.iter().all(|output| output.is_finite()) {
            let Position { step, epoch, .. } = self.position;
            return Err(Error::NotFinite {
                step,
                epoch,
                batch: trainer.batches.in_epoch,
                lr: trainer.lr(step.saturating_sub(1)),
            });
        }
        let found = judge(self.task.goal, &outputs, data, rows, &trainer.weights);
        let named = found
            .into_iter()
            .map(|(name, value)| (format!("{split}/{name}"), value));
        Ok(named.collect())
    }

    fn record_metrics(&mut self, metrics: Vec<(String, f64)>) {
        let step = Some(self.position.step as i64);
        self.observer.record(Record {
            step,
            metrics,
            ..Record::default()
        });
    }

    fn record_event(&mut self, event: What) {
        let step = Some(self.position.step as i64);
        self.observer.record(Record {
            step,
            event: Some(event),
            ..Record::default()
        });
    }

    fn report_progress(&mut self) {
        self.reported = Some(Instant::now());
        let (step, batches) = (self.position.step, self.trainer.batches);
        let part = self.position.batch as f64 / batches.in_epoch.max(1) as f64;
        let epochs = i64::from(self.training.preset.train.epochs);
        let progress = Progress {
            step: step as i64,
            steps: Some(batches.steps as i64),
            epoch: Some(f64::from(self.position.epoch) + part),
            epochs: Some(epochs),
        };
        self.observer.record(Record {
            step: Some(step as i64),
            progress: Some(progress),
            ..Record::default()
        });
    }

    fn report_speed(&mut self) {
        if let Some(speed) = self.speed.take() {
            self.record_metrics(vec![("system/rows_per_second".to_owned(), speed)]);
        }
    }

    /// Writes a checkpoint and tells of it.
    fn checkpoint(&mut self, file: &str) -> Result<()> {
        if self.write_checkpoint(file)? {
            self.record_event(What::Checkpoint {
                path: file.to_owned(),
                best: file == checkpoints::BEST,
                metric: self.position.best.as_ref().map(|best| best.value),
            });
        }
        Ok(())
    }

    /// Writes the whole state, or tells why it could not: training goes on either way, and the older file stays.
    fn write_checkpoint(&mut self, file: &str) -> Result<bool> {
        let checkpoint = Checkpoint {
            position: self.position.clone(),
            params: self.trainer.params.values()?,
            optimiser: self.trainer.optimiser.state(&self.trainer.params)?,
            updates: self.trainer.optimiser.updates(),
            best: self.best.clone(),
        };
        let written = checkpoint.encode(&self.fingerprint).and_then(|content| {
            files::replace(&self.dir.join(file), &content).map_err(|error| error.to_string())
        });
        if let Err(why) = &written {
            self.record_event(What::CheckpointFailed {
                why: format!("{file}: {why}"),
            });
        }
        Ok(written.is_ok())
    }

    fn resume(&mut self, from: &Path) -> Result<()> {
        if from
            .components()
            .any(|c| !matches!(c, Component::Normal(_)))
        {
            return Err(self.broken(from, "a checkpoint lies within its run's folder".to_owned()));
        }
        let checkpoint = Checkpoint::read(&self.dir.join(from), &self.fingerprint)?;
        let trainer = &mut self.trainer;
        let fits = trainer
            .params
            .set(&checkpoint.params)?
            .and(trainer.optimiser.set_state(
                &trainer.params,
                &checkpoint.optimiser,
                checkpoint.updates,
            )?);
        fits.map_err(|why| self.broken(from, why))?;
        self.position = checkpoint.position;
        self.best = checkpoint.best;
        self.record_event(What::Resumed {
            from: self.position.step as i64,
        });
        Ok(())
    }

    fn broken(&self, file: &Path, why: String) -> Error {
        Error::Checkpoint {
            path: self.dir.join(file),
            why,
        }
    }
}

/// Where the arithmetic runs: on this thread, or in a pool of its own.
struct Threads(Option<rayon::ThreadPool>);

impl Threads {
    fn new(threads: u32) -> Result<Self> {
        if threads < 2 {
            return Ok(Self(None));
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads as usize)
            .thread_name(|i| format!("train-{i}"))
            .build()
            .map_err(|error| Error::Threads {
                threads,
                why: error.to_string(),
            })?;
        Ok(Self(Some(pool)))
    }

    fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match &self.0 {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }
}

/// Rows a second over the steps themselves: neither pauses nor checkpoints count.
#[derive(Default)]
struct Speed {
    rows: u64,
    busy: Duration,
}

impl Speed {
    fn add(&mut self, rows: u64, busy: Duration) {
        self.rows += rows;
        self.busy += busy;
    }

    fn take(&mut self) -> Option<f64> {
        let Self { rows, busy } = std::mem::take(self);
        (0 < rows && !busy.is_zero()).then(|| rows as f64 / busy.as_secs_f64())
    }
}
