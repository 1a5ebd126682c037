//! What happened to a run: a line of its history, kept for good and marked on its charts.

use serde::{Deserialize, Serialize};

use super::{control::Want, jobs::Slot, time::Timestamp};

/// One line of a run's history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub time: Timestamp,
    /// The step at which it happened, when it has one.
    pub step: Option<i64>,
    #[serde(flatten)]
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum What {
    Submitted {
        by: String,
    },
    /// A worker took the run's lock. `process` is the evidence that it lives.
    Started {
        attempt: u32,
        process: Process,
        slot: Slot,
    },
    /// The foreign program was started, in a process group of its own.
    Spawned {
        process: Process,
    },
    /// Training goes on from a checkpoint.
    Resumed {
        from: i64,
    },
    Asked {
        seq: u64,
        want: Want,
        by: String,
    },
    /// The worker did what `seq` asked, or says why it could not.
    Answered {
        seq: u64,
        want: Want,
        refused: Option<String>,
    },
    Checkpoint {
        path: String,
        best: bool,
        metric: Option<f64>,
    },
    /// A checkpoint could not be written; the old one stays.
    CheckpointFailed {
        why: String,
    },
    /// A log line of the journal.
    Said {
        text: String,
    },
    /// Points left out of the journal because it could not be written fast enough; extremes were kept.
    Thinned {
        points: u64,
    },
    /// The journal became shorter than what was taken in: `from` bytes known, `to` bytes there.
    Shortened {
        from: u64,
        to: u64,
    },
    /// Lines of the journal that are no record.
    BadLines {
        count: u64,
        first: String,
    },
    /// The worker or its program is gone, and how it ended is known only in part.
    Noticed {
        what: String,
    },
    Adopted {
        by: String,
    },
    Killed {
        by: String,
    },
    Redacted {
        field: String,
        by: String,
    },
    /// A request that the agent would not run: who it came from and why.
    Refused {
        why: String,
    },
}

/// How the log line begins with which a training says that it ended before its last epoch.
pub const STOPPED_EARLY: &str = "stopped early";

/// A process, told from any other with the same number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    pub pid: i32,
    /// Start time in clock ticks since boot, as the kernel counts it.
    pub start: u64,
    pub boot: String,
    pub host: String,
}
