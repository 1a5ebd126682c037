//! What happened to a run: a line of its history, kept for good and marked on its charts.

use serde::{Deserialize, Serialize};

use super::{control::Want, jobs::Slot, runs::Ending, text, time::Timestamp};

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
    /// It ended; an attempt that is resumed ends again.
    Ended {
        #[serde(flatten)]
        how: Ending,
    },
    /// Something that nobody asked for was seen.
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

/// What is noticed of a killed program where the kernel says that it ended one meanwhile.
pub const OUT_OF_MEMORY: &str =
    "perhaps out of memory: the kernel ended a process of its group for want of it";

/// A process, told from any other with the same number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    pub pid: i32,
    /// Start time in clock ticks since boot, as the kernel counts it.
    pub start: u64,
    pub boot: String,
    pub host: String,
}

impl What {
    /// It in words. Texts from outside stand in it as they are, of any length.
    pub fn sentence(&self) -> String {
        match self {
            Self::Said { text } => text.clone(),
            Self::Submitted { by } => format!("submitted by {by}"),
            Self::Started {
                attempt, process, ..
            } => format!(
                "attempt {attempt} started, process {} on {}",
                process.pid, process.host
            ),
            Self::Spawned { process } => format!("program started, process {}", process.pid),
            Self::Resumed { from } => format!("goes on from step {}", text::thousands(*from)),
            Self::Asked { want, by, .. } => format!("{by} asked: {}", want.sentence()),
            Self::Answered {
                want,
                refused: None,
                ..
            } => format!("done: {}", want.sentence()),
            Self::Answered {
                want,
                refused: Some(why),
                ..
            } => format!("refused: {}: {why}", want.sentence()),
            Self::Checkpoint { best, metric, .. } => {
                let best = if *best { ", the best" } else { "" };
                let metric =
                    metric.map_or_else(String::new, |value| format!(": {}", text::value(value)));
                format!("checkpoint{best}{metric}")
            }
            Self::CheckpointFailed { why } => format!("no checkpoint: {why}"),
            Self::Thinned { points } => format!(
                "{} left out, extremes kept: the journal was too slow",
                text::counted(*points, "point")
            ),
            Self::Shortened { from, to } => {
                format!("the journal shrank from {from} to {to} bytes")
            }
            Self::BadLines { count: 1, first } => {
                format!("1 line of the journal is no record: {first}")
            }
            Self::BadLines { count, first } => format!(
                "{} of the journal are no records, the first: {first}",
                text::counted(*count, "line")
            ),
            Self::Ended { how } => how.to_string(),
            Self::Noticed { what } => what.clone(),
            Self::Adopted { by } => format!("watched again by {by}"),
            Self::Killed { by } => format!("killed by {by}"),
            Self::Redacted { field, by } => format!("{field} removed by {by}"),
            Self::Refused { why } => format!("refused: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_and_several_are_said_as_people_do() {
        let bad = |count| What::BadLines {
            count,
            first: "not a JSON object".to_owned(),
        };
        let cases = [
            (
                bad(1),
                "1 line of the journal is no record: not a JSON object",
            ),
            (
                bad(1_200),
                "1,200 lines of the journal are no records, the first: not a JSON object",
            ),
            (
                What::Thinned { points: 1 },
                "1 point left out, extremes kept: the journal was too slow",
            ),
            (
                What::Checkpoint {
                    path: "checkpoints/best.safetensors".to_owned(),
                    best: true,
                    metric: Some(0.93),
                },
                "checkpoint, the best: 0.9300",
            ),
        ];
        for (what, sentence) in cases {
            assert_eq!(what.sentence(), sentence);
        }
    }
}
