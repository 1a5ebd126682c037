//! Training: nets, kernels, optimisers, the loop, checkpoints, model packages and predictions.
//!
//! [`train`] does a whole training. It reads the data once, at the start, and checks its hash: a file that changes
//! later changes nothing. Everything that is drawn at random is keyed by the seed and its place (see [`random`]), the
//! order of every sum is fixed, and a checkpoint holds the whole state; so on the CPU the same preset and seed give
//! bit-identical weights, on any number of threads, whether or not the run was killed and resumed in between.
//!
//! This room is the home of candle: no candle type leaves it, except where kernels and nets are measured.

pub mod checkpoints;
pub mod files;
pub mod fit;
pub mod kernels;
pub mod math;
pub mod metrics;
pub mod nets;
pub mod optimisers;
pub mod packages;
pub mod params;
pub mod predict;
pub mod random;
pub mod schedules;
pub mod trainer;

mod card;
mod check;
mod judge;
#[cfg(test)]
mod tests;

use std::{
    io,
    path::{Path, PathBuf},
};

pub use self::{
    check::{check, check_memory, memory_of},
    packages::Package,
    predict::{Predictions, Predictor},
};
use crate::{
    data::{self, Table},
    domain::{
        jobs::Training,
        presets::Device,
        records::{Artifact, Record},
    },
    vault::{self, Vault},
};

/// The environment variable that says on how many threads candle adds up small tensors. Its threads spin while they
/// wait, which takes the core from the trainer: set to 1 before a worker starts, training is up to three times as fast.
/// The weights are the same either way.
pub const CANDLE_THREADS: &str = "CANDLE_NUM_THREADS";

/// What the loop tells and asks at each step.
pub trait Observer {
    /// Takes a record; its time is left to the taker.
    fn record(&mut self, record: Record);

    /// Asked after each step. A pause is waited for inside: it returns when training may go on.
    fn order(&mut self, step: i64) -> Order;
}

/// What is wanted of the loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    Go,
    /// Write a checkpoint, and go on.
    Checkpoint,
    /// Write a checkpoint, and end.
    StopAfterStep {
        by: String,
    },
    /// End at once, without one.
    StopNow {
        by: String,
    },
}

/// How a training ended that did not fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The package is written.
    Done,
    Stopped {
        by: String,
    },
}

/// Why a training or a prediction could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Data(#[from] data::Error),
    #[error(transparent)]
    Vault(#[from] vault::Error),
    /// A number of the preset that nothing can be trained with.
    #[error("{0}")]
    Preset(String),
    #[error("{device} is asked for and cannot be used: {why}")]
    Device { device: Device, why: String },
    #[error(
        "the loss or its gradient is not finite at step {step} (epoch {epoch}, batch {batch}, learning rate {lr}): lower `optimiser.lr`, set `train.clip`, or look for extreme values in the data"
    )]
    NotFinite {
        step: u64,
        epoch: u32,
        batch: u64,
        lr: f64,
    },
    #[error("cannot go on from {path}: {why}", path = path.display())]
    Checkpoint { path: PathBuf, why: String },
    #[error("no model package at {path}: {why}", path = path.display())]
    Package { path: PathBuf, why: String },
    /// Rows that are not what the model was trained on.
    #[error("the rows do not fit the model: {0}")]
    Rows(String),
    #[error("{path}: {source}", path = path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{threads} threads for training could not be started: {why}")]
    Threads { threads: u32, why: String },
    /// Arithmetic that cannot fail on the CPU did: memory of a device, or our bug.
    #[error("tensors: {0}")]
    Tensors(#[from] candle_core::Error),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Trains as asked, in the run's folder `dir`: `checkpoints/` while it runs, `package/` when it is done.
///
/// # Errors
/// What is wrong with preset, data or device, before the first step; a loss that is not finite; a checkpoint to go on
/// from that is broken or another training's; a package that cannot be written. A checkpoint that cannot be written is
/// only an event.
pub fn train(
    training: &Training,
    name: &str,
    dir: &Path,
    observer: &mut dyn Observer,
) -> Result<Outcome> {
    check(&training.preset)?;
    device_available(training.preset.device)?;
    let prepared = data::prepare(&table(training)?, &training.preset, training.seed)?;
    let task = fit::Task::of(&prepared)?;
    let fitted = match fit::fit(training, &task, dir, observer)? {
        fit::End::Stopped { by } => return Ok(Outcome::Stopped { by }),
        fit::End::Fitted(fitted) => fitted,
    };
    let model = packages::Model::new(training, name, &prepared, &task, &fitted);
    for file in packages::write(dir, &model, &fitted.weights)? {
        observer.record(Record {
            artifact: Some(Artifact {
                path: file,
                kind: Some("model".to_owned()),
            }),
            ..Record::default()
        });
    }
    Ok(Outcome::Done)
}

/// The table to train on, as it was when the training was asked for.
fn table(training: &Training) -> Result<Table> {
    let Some(version) = &training.version else {
        return Ok(data::read_unchanged(&training.data, &training.data_hash)?);
    };
    let vault = Vault::of(&version.store);
    let content = vault.file(&version.hash, &training.data, version.outside.as_deref())?;
    Ok(data::read_content(&training.data, &content)?)
}

/// Says whether this build and this machine can train on a device; there is no silent fall back to another.
pub fn device_available(device: Device) -> Result<()> {
    open(device).map(drop)
}

fn open(device: Device) -> Result<candle_core::Device> {
    let missing = |why: String| Error::Device { device, why };
    match device {
        Device::Cpu => Ok(candle_core::Device::Cpu),
        Device::Cuda if !cfg!(feature = "cuda") => Err(missing(
            "this build has no CUDA: build with `--features cuda`, or set `device = \"cpu\"`"
                .to_owned(),
        )),
        Device::Metal if !cfg!(feature = "metal") => Err(missing(
            "this build has no Metal: build with `--features metal` on a Mac, or set `device = \"cpu\"`"
                .to_owned(),
        )),
        Device::Cuda => {
            candle_core::Device::new_cuda(0).map_err(|error| missing(error.to_string()))
        }
        Device::Metal => {
            candle_core::Device::new_metal(0).map_err(|error| missing(error.to_string()))
        }
    }
}
