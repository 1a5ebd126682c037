//! Logs: the output of a run, by byte range.

use super::Result;
use crate::{domain::ids::RunId, workspace::Workspace};

/// A part of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    pub from: u64,
    pub to: u64,
    /// The size of the file when it was read.
    pub size: u64,
    pub text: String,
}

/// At most `budget` bytes of a run's output from `from`, or its last `budget` bytes; whole lines where there are any.
pub fn read(_ws: &Workspace, _run: &RunId, _from: Option<u64>, _budget: u64) -> Result<Chunk> {
    todo!()
}
