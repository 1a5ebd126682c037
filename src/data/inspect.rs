//! What the columns of a table are for a preset.

use serde::{Deserialize, Serialize};

use super::{Error, Table};
use crate::domain::{presets::Preset, schemas::Column};

/// What goes in, what is to come out, and what a person should know before training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// In the order of the file.
    pub features: Vec<Column>,
    pub target: Goal,
    /// One sentence each: what was left out and why, what looks like a leak.
    pub warnings: Vec<String>,
}

/// The column to predict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    pub name: String,
    #[serde(flatten)]
    pub kind: GoalKind,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GoalKind {
    /// The classes in order: numbers by size, everything else by its text. A class's index is its place here.
    Classes(Vec<String>),
    Numbers,
}

pub fn inspect(_table: &Table, _preset: &Preset) -> Result<Plan, Error> {
    todo!()
}
