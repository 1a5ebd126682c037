//! Jobs: submit, list, order, cancel; and what the agent needs: lease, start, end.

use serde::Serialize;

use super::Result;
use crate::{
    domain::{
        ids::{JobId, RunId},
        jobs::{Job, Needs},
        presets::Preset,
        runs::{RunState, Tag},
    },
    workspace::Workspace,
};

/// A training to be queued.
#[derive(Clone, Debug)]
pub struct Train {
    /// The preset's name, for the run's page.
    pub name: String,
    /// The preset, overrides applied.
    pub preset: Preset,
    pub priority: i32,
    pub after: Vec<RunId>,
    pub tags: Vec<Tag>,
    pub note: String,
}

/// A foreign program to be queued.
#[derive(Clone, Debug)]
pub struct Command {
    pub argv: Vec<String>,
    pub cwd: std::path::PathBuf,
    /// The caller's whole environment; what is kept of it is decided by the capture rules.
    pub env: Vec<(String, String)>,
    pub experiment: Option<String>,
    pub needs: Needs,
    pub priority: i32,
    pub after: Vec<RunId>,
    pub tags: Vec<Tag>,
    pub note: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Submitted {
    pub run: RunId,
    pub job: JobId,
    pub name: String,
}

/// Checks what can be known before training starts (data file, target, columns, device), queues the job, wakes the agent.
pub fn train(_ws: &Workspace, _request: Train) -> Result<Submitted> {
    todo!()
}

pub fn command(_ws: &Workspace, _request: Command) -> Result<Submitted> {
    todo!()
}

/// A row of the queue as people read it.
#[derive(Clone, Debug, Serialize)]
pub struct JobRow {
    #[serde(flatten)]
    pub job: Job,
    pub name: String,
    pub experiment: String,
    pub run_state: RunState,
    pub progress: crate::domain::runs::Progress,
    /// Why a queued job waits, in words: `after calm-heron-2`, `no GPU free`, `4 CPUs wanted, 2 on this machine`.
    pub waits: Option<String>,
}

/// Live and queued jobs first, then the newest ended ones, at most `limit`.
pub fn list(_ws: &Workspace, _limit: u64) -> Result<Vec<JobRow>> {
    todo!()
}

pub fn set_priority(_ws: &Workspace, _run: &RunId, _priority: i32) -> Result<()> {
    todo!()
}
