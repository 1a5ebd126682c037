//! Tables: read, understood, split and turned into plain arrays for the trainer.
//!
//! [`read`] takes a file in, [`inspect`] says what its columns are for a preset and everything that can be known to be
//! wrong before training, [`split`] divides its rows, [`Encoder::fit`] learns medians, scales and categories from the
//! training rows alone, and [`Encoder::encode`] turns rows into arrays. [`prepare`] does all of it. The same bytes,
//! preset and seed give the same arrays, bit for bit, on any number of threads.
//!
//! This room is the home of polars: no polars type leaves it.

mod cells;
mod csv;
mod demo;
mod encode;
mod error;
mod inspect;
mod leaks;
mod read;
mod split;

use std::path::Path;

pub use self::{
    demo::{demo, demo_names},
    encode::{Encoded, Encoder, Target},
    error::Error,
    inspect::{Goal, GoalKind, Plan, inspect},
    leaks::{Leak, leaks},
    read::{Table, hash_file, read},
    split::{Parts, split},
};
use crate::domain::presets::Preset;

/// A data file, ready for the trainer.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub encoder: Encoder,
    /// Its warnings hold those of the fit too.
    pub plan: Plan,
    pub train: Encoded,
    pub validation: Encoded,
    pub test: Encoded,
}

/// Reads, inspects, splits, fits and encodes. With `expected_hash` (BLAKE3, hex) a file of other bytes is refused.
pub fn prepare(
    _preset: &Preset,
    _seed: u64,
    _path: &Path,
    _expected_hash: Option<&str>,
) -> Result<Prepared, Error> {
    todo!()
}
