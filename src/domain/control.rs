//! What is wanted of a running worker: one small file, replaced by rename, answered in the journal.

use serde::{Deserialize, Serialize};

/// `runs/<id>/control.json`. The worker compares `seq` with the last one it answered and skips what was asked of
/// another attempt, so that a resumed run meets no old command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Control {
    /// Grows by one with each command of a run, over all its attempts.
    pub seq: u64,
    /// The attempt it is meant for.
    pub attempt: u32,
    pub want: Want,
    /// Who asked: `ana@gpu01`.
    pub by: String,
}

/// A command to a running worker.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::EnumString,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Want {
    /// Go on after a pause.
    Run,
    Pause,
    /// Write a checkpoint now, and go on.
    Checkpoint,
    /// End after this step, with a checkpoint.
    StopAfterStep,
    /// End at once, without one.
    Stop,
}

impl Want {
    /// What is wanted, in words.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Run => "go on",
            Self::Pause => "pause",
            Self::Checkpoint => "checkpoint",
            Self::StopAfterStep => "stop after this step",
            Self::Stop => "stop at once",
        }
    }
}
