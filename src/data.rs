//! Tables: read, understood, split and turned into plain arrays for the trainer.
//!
//! [`read`] takes a file in, [`inspect`] says what its columns are for a preset and everything that can be known to be
//! wrong before training, [`split`] divides its rows, [`Encoder::fit`] learns medians, scales and categories from the
//! training rows alone, and [`Encoder::encode`] turns rows into arrays. [`prepare`] does all of it. The same bytes,
//! preset and seed give the same arrays, bit for bit, on any number of threads.
//!
//! This room is the home of polars: no polars type leaves it.

mod cells;
pub mod compare;
mod csv;
mod demo;
mod encode;
mod error;
mod inputs;
mod inspect;
mod leaks;
mod numbers;
pub mod overlap;
mod parquet;
mod pieces;
pub mod profile;
mod read;
mod rows;
mod split;
mod target;

pub use self::{
    demo::{demo, demo_names},
    encode::{Encoded, Encoder},
    error::Error,
    inspect::{Goal, GoalKind, Plan, inspect},
    leaks::{Leak, Why, leaks},
    read::{Table, hash_file, read, read_content, read_unchanged},
    split::{Parts, split},
    target::Target,
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

/// Inspects a table, splits, fits and encodes it.
pub fn prepare(table: &Table, preset: &Preset, seed: u64) -> Result<Prepared, Error> {
    let mut plan = inspect(table, preset)?;
    let parts = split(table, &plan, preset, seed)?;
    let encoder = Encoder::fit(table, &plan, preset, &parts.train)?;
    plan.warnings.extend_from_slice(encoder.warnings());
    Ok(Prepared {
        train: encoder.encode(table, &parts.train)?,
        validation: encoder.encode(table, &parts.validation)?,
        test: encoder.encode(table, &parts.test)?,
        encoder,
        plan,
    })
}

#[cfg(test)]
mod oracle_tests;
#[cfg(test)]
mod tests;
