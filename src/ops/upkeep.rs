//! Upkeep of the store: back it up, weigh it, free space, say how it is.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::Result;
use crate::workspace::Workspace;

#[derive(Clone, Debug, Serialize)]
pub struct Backup {
    pub path: PathBuf,
    pub bytes: u64,
    pub runs: u64,
}

/// Copies the store and the run folders into a new folder while everything runs.
pub fn backup(_ws: &Workspace, _to: &Path) -> Result<Backup> {
    todo!()
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Usage {
    pub store: u64,
    pub journals: u64,
    pub checkpoints: u64,
    pub packages: u64,
    pub logs: u64,
    pub other: u64,
    pub free: u64,
    pub runs: u64,
}

pub fn usage(_ws: &Workspace) -> Result<Usage> {
    todo!()
}

/// What a prune frees, or freed.
#[derive(Clone, Debug, Serialize)]
pub struct Pruned {
    pub dry: bool,
    pub bytes: u64,
    pub files: Vec<PrunedFile>,
}

#[derive(Clone, Debug, Serialize)]
pub struct PrunedFile {
    pub run: String,
    pub path: PathBuf,
    pub bytes: u64,
    pub why: String,
}

/// Frees what rules say is not needed: checkpoints that are neither best nor last, journals already taken in and compressed.
pub fn prune(_ws: &Workspace, _dry: bool) -> Result<Pruned> {
    todo!()
}

/// A number that changes when another process commits to the store; costs no read.
pub fn revision(_ws: &Workspace) -> Result<u64> {
    todo!()
}
