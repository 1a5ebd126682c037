//! What the agent does to the store: leases, journals taken in, ends applied. One transaction each.

use std::collections::HashMap;

use super::Result;
use crate::{
    domain::{
        events::What,
        ids::RunId,
        jobs::{Exit, Job, Request, Slot},
    },
    workspace::Workspace,
};

/// A job that got a slot: its request is checked and its run's folder is ready.
#[derive(Clone, Debug)]
pub struct Leased {
    pub job: Job,
    pub request: Request,
    pub dir: std::path::PathBuf,
}

/// Leases the next queued job of this user that fits into what is free on this machine, by priority and then age.
/// Requests that do not equal their row are refused, named and audited.
pub fn lease(_ws: &Workspace, _capacity: &Slot) -> Result<Option<Leased>> {
    todo!()
}

/// Jobs of this user and host that hold a slot.
pub fn leased(_ws: &Workspace) -> Result<Vec<Leased>> {
    todo!()
}

/// Is there a queued job of this user that could run on this machine, now or later?
pub fn has_work(_ws: &Workspace) -> Result<bool> {
    todo!()
}

/// The journals being taken in: open files and open series, all of which can be rebuilt from the store.
#[derive(Default)]
pub struct Intake {
    _runs: HashMap<RunId, ()>,
}

/// What one turn took in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    pub bytes: u64,
    pub points: u64,
    /// Nothing is left to read of these journals now.
    pub caught_up: bool,
}

impl Intake {
    /// Takes in at most `budget` bytes of new whole lines of the journals of these runs. Points, events and the new
    /// offsets are committed together, so that a kill at any moment loses none and takes none twice.
    pub fn take_in(&mut self, _ws: &Workspace, _runs: &[Leased], _budget: u64) -> Result<Taken> {
        todo!()
    }

    /// Judges a run from evidence after its journal was taken in whole, stores the state when it changed, and frees the
    /// slot when the run has ended. `exit` is what its parent saw, when this process was it.
    pub fn judge(
        &mut self,
        _ws: &Workspace,
        _run: &Leased,
        _exit: Option<Exit>,
    ) -> Result<crate::domain::runs::RunState> {
        todo!()
    }
}

/// Adds a line to a run's history.
pub fn note_event(_ws: &Workspace, _run: &RunId, _what: What) -> Result<()> {
    todo!()
}
