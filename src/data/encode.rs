//! Rows become plain arrays, by what the training rows taught.

use serde::{Deserialize, Serialize};

use super::{Error, Plan, Table};
use crate::domain::presets::Preset;

/// Rows as the net takes them in: every number finite and standardised, every category an index.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoded {
    pub rows: usize,
    /// `rows × Encoder::numbers()`, row by row.
    pub numbers: Vec<f32>,
    /// `rows × Encoder::cardinalities().len()`, row by row; each below its column's cardinality.
    pub categories: Vec<u32>,
    /// Absent when the table has no target column.
    pub target: Option<Target>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// Indices into `Encoder::classes()`.
    Classes(Vec<u32>),
    /// Standardised: `Encoder::unscale` undoes it.
    Numbers(Vec<f32>),
}

/// What the training rows taught: saved in the model package, and used again to serve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Encoder {}

impl Encoder {
    /// Learns from `train_rows` and from no other row.
    pub fn fit(
        _table: &Table,
        _plan: &Plan,
        _preset: &Preset,
        _train_rows: &[u32],
    ) -> Result<Self, Error> {
        todo!()
    }

    pub fn encode(&self, _table: &Table, _rows: &[u32]) -> Result<Encoded, Error> {
        todo!()
    }

    /// Numeric inputs a row.
    pub fn numbers(&self) -> usize {
        todo!()
    }

    /// Indices a categorical input can take, input by input.
    pub fn cardinalities(&self) -> &[usize] {
        todo!()
    }

    /// The classes in order; empty for regression.
    pub fn classes(&self) -> &[String] {
        todo!()
    }

    /// The mean and standard deviation of the target over the training rows; regression only.
    pub fn target_scale(&self) -> Option<(f64, f64)> {
        todo!()
    }

    /// A standardised prediction in the units of the target.
    pub fn unscale(&self, _standardised: f32) -> f64 {
        todo!()
    }

    /// What the training rows made the fit leave out.
    pub fn warnings(&self) -> &[String] {
        todo!()
    }
}
