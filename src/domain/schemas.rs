//! What the columns of a table are.

use serde::{Deserialize, Serialize};

/// What a column holds, for the eyes of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum ColumnKind {
    Number,
    Category,
    /// A day or a moment.
    Date,
}

/// One column: its name and what it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    pub kind: ColumnKind,
    pub nulls: u64,
}
