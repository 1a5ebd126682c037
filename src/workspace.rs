//! The open project: the one value that is passed on.

use std::{
    path::{Path, PathBuf},
    sync::Mutex,
};

use crate::{
    config::Config,
    domain::{
        actors::Actor,
        ids::{Id, RunId},
        time::Timestamp,
    },
    store::{self, Store, index::Index},
};

/// The open project: config, store, clock, ids, actor.
pub struct Workspace {
    pub config: Config,
    pub store: Store,
    /// The runs in memory, once somebody looked through them.
    pub index: Mutex<Index>,
    /// The store's folder.
    pub root: PathBuf,
    pub surroundings: Surroundings,
}

/// What a program is told of the world around it when it starts.
#[derive(Clone, Debug)]
pub struct Surroundings {
    pub actor: Actor,
    pub clock: Clock,
    /// The program to start as agent and as worker: this one.
    pub program: PathBuf,
    /// How this process was started: kept with what it submits.
    pub argv: Vec<String>,
    pub cwd: PathBuf,
    pub env: Vec<(String, String)>,
}

/// Where the time comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    System,
    /// Stands still; tests set it.
    Fixed(Timestamp),
}

impl Workspace {
    /// Opens the store in a folder, making it when it is not there.
    pub fn open(config: Config, root: &Path, surroundings: Surroundings) -> store::Result<Self> {
        let store = Store::open(root)?;
        Ok(Self {
            config,
            store,
            index: Mutex::default(),
            root: root.to_owned(),
            surroundings,
        })
    }

    pub fn actor(&self) -> &Actor {
        &self.surroundings.actor
    }

    pub fn now(&self) -> Timestamp {
        match self.surroundings.clock {
            Clock::System => Timestamp(jiff::Timestamp::now().as_millisecond()),
            Clock::Fixed(moment) => moment,
        }
    }

    pub fn random_id(&self) -> Id {
        Id::from_bytes(random_bytes())
    }

    /// Four random bytes, for a name.
    pub fn random_word(&self) -> [u8; 4] {
        random_bytes()
    }

    /// The folder of a run: `runs/<id>`.
    pub fn run_dir(&self, id: &RunId) -> PathBuf {
        self.root.join("runs").join(id.to_string())
    }
}

fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the kernel has random bytes for whoever asks");
    bytes
}
