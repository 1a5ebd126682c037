//! Which rows train, which choose and which judge.

use super::{Error, Plan, Table};
use crate::domain::presets::Preset;

/// Row numbers of each part, from 0, ascending (in time order when split by time). No row stands in two parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    pub train: Vec<u32>,
    pub validation: Vec<u32>,
    pub test: Vec<u32>,
}

pub fn split(_table: &Table, _plan: &Plan, _preset: &Preset, _seed: u64) -> Result<Parts, Error> {
    todo!()
}
