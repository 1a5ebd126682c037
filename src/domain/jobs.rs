//! Jobs: an attempt at a run, waiting for a slot or holding one, and the frozen request a worker reads.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::{
    actors::Actor,
    hashes::Hash,
    ids::{JobId, RunId},
    presets::Preset,
    time::Timestamp,
};

/// The priority of a job that nobody gave one; larger goes first.
pub const PRIORITY: i32 = 50;

/// What a job asks of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needs {
    pub cpus: u32,
    /// MiB.
    pub memory: u64,
    pub gpus: u32,
}

impl Default for Needs {
    fn default() -> Self {
        Self {
            cpus: 1,
            memory: 512,
            gpus: 0,
        }
    }
}

/// What a job was given: numbers of cores and of GPUs, and MiB of memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    pub cpus: Vec<u32>,
    pub memory: u64,
    pub gpus: Vec<u32>,
}

/// Where a job stands. The state of the *run* is the one people look at; this one is the queue's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum JobState {
    Queued,
    /// It holds a slot: its worker is being started, or runs, or is orphaned.
    Leased {
        slot: Slot,
        since: Timestamp,
    },
    Ended {
        at: Timestamp,
    },
    /// Never started: cancelled, refused, or what it waited for failed.
    Dropped {
        at: Timestamp,
        why: String,
    },
}

/// A row of the queue.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Job {
    pub id: JobId,
    pub run: RunId,
    pub attempt: u32,
    pub actor: Actor,
    pub created: Timestamp,
    pub priority: i32,
    /// Runs that must be done first.
    pub after: Vec<RunId>,
    pub needs: Needs,
    #[serde(flatten)]
    pub state: JobState,
    /// BLAKE3 of the request file, hex: the row is a hint, the file is the authority.
    pub request: String,
}

/// The frozen request: what a worker does, in `runs/<id>/job.json`. A worker reads this and never the store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    pub job: JobId,
    pub run: RunId,
    pub name: String,
    pub attempt: u32,
    pub actor: Actor,
    pub work: Work,
    /// Filled in by the agent when it leases a slot.
    #[serde(default)]
    pub slot: Slot,
    /// Filled in by the agent, from its settings.
    #[serde(default)]
    pub care: Care,
}

/// How a worker looks after its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Care {
    /// Milliseconds between TERM and KILL when a foreign program is stopped.
    pub grace_ms: u64,
    /// Milliseconds between two points of `system/…`; 0 records none.
    pub system_ms: u64,
}

impl Default for Care {
    fn default() -> Self {
        Self {
            grace_ms: 10_000,
            system_ms: 2_000,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Work {
    Train(Box<Training>),
    Command(Command),
}

/// A training, resolved: nothing is looked up any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Training {
    pub preset: Preset,
    /// The data file, absolute; of a version, its path in there.
    pub data: PathBuf,
    /// The version that the file is read from, through the vault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<DataVersion>,
    /// BLAKE3 of the data file when the run was submitted, hex. A worker that reads other bytes stops with an error.
    pub data_hash: String,
    pub seed: u64,
    /// A checkpoint to go on from, relative to the run's folder.
    pub resume: Option<PathBuf>,
}

/// A data version that a job reads, resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataVersion {
    /// How people call it: `penguins@v2`.
    pub name: String,
    /// The hash of its manifest.
    pub hash: Hash,
    /// The store whose vault holds it.
    pub store: PathBuf,
    /// Where the file lies, of a version that only names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside: Option<PathBuf>,
}

/// A foreign program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    pub argv: Vec<String>,
    pub cwd: PathBuf,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exit {
    Code(i32),
    Signal(i32),
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(number) => match signal(*number) {
                Some(name) => write!(f, "killed by {name} ({number})"),
                None => write!(f, "killed by signal {number}"),
            },
        }
    }
}

/// The name of a signal that ends programs, where its number is the same on all systems; see signal(7).
fn signal(number: i32) -> Option<&'static str> {
    Some(match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_said_by_its_name() {
        let cases = [
            (Exit::Code(3), "exit code 3"),
            (Exit::Signal(9), "killed by SIGKILL (9)"),
            (Exit::Signal(11), "killed by SIGSEGV (11)"),
            (Exit::Signal(40), "killed by signal 40"),
        ];
        for (exit, told) in cases {
            assert_eq!(exit.to_string(), told);
        }
    }
}
