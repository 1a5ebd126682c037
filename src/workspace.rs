//! The open project: the one value that is passed on.

use std::path::{Path, PathBuf};

use crate::{
    config::Config,
    domain::{
        actors::Actor,
        ids::{Id, RunId},
        time::Timestamp,
    },
    store::Store,
};

/// The open project: config, store, clock, ids, actor.
pub struct Workspace {
    pub config: Config,
    pub store: Store,
    /// The store's folder.
    pub root: PathBuf,
    pub actor: Actor,
    pub clock: Clock,
    /// The program to start as agent and worker: this one.
    pub program: PathBuf,
}

/// Where the time comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    System,
    /// Stands still; tests set it.
    Fixed(Timestamp),
}

impl Workspace {
    pub fn now(&self) -> Timestamp {
        todo!()
    }

    pub fn random_id(&self) -> Id {
        todo!()
    }

    /// The folder of a run: `runs/<id>`.
    pub fn run_dir(&self, id: &RunId) -> PathBuf {
        self.root.join("runs").join(id.to_string())
    }

    pub fn root(&self) -> &Path {
        &self.root
    }
}
