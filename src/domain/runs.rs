//! Runs: one attempt or more at training a model or running a foreign program, and the states they can be in.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{Deserialize, Serialize};

use super::{actors::Actor, ids::RunId, jobs::Exit, time::Timestamp};

/// What a run is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::EnumString,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum RunKind {
    /// Trained by Sconce from a preset.
    Train,
    /// A foreign program, started by `sconce run --`.
    Command,
}

/// Where a run stands. Each state carries what it must have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum RunState {
    /// A job waits for a slot, or for another job.
    Queued,
    /// A worker holds the run's lock.
    Running {
        since: Timestamp,
        activity: Activity,
    },
    /// The worker of a foreign program is gone, the program still runs.
    Orphaned { since: Timestamp },
    Ended {
        started: Option<Timestamp>,
        at: Timestamp,
        how: Ending,
    },
}

/// What a running run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activity {
    Working,
    Paused,
    /// No step for a multiple of its own median step; `last` is the last one's time.
    Stalled {
        last: Timestamp,
    },
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "how")]
pub enum Ending {
    Done,
    /// The last lines of output stand in `message`.
    Failed {
        exit: Exit,
        message: String,
    },
    /// Stopped by a person, named.
    Stopped {
        by: String,
    },
    /// The process went away without saying how it ended.
    Lost,
    /// A foreign program ended while nobody watched: how is not known.
    Unseen,
}

/// As its history says it, on one line.
impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Failed { exit, message } => write!(f, "failed, {}", why(*exit, message)),
            Self::Stopped { by } => write!(f, "stopped by {by}"),
            Self::Lost => f.write_str("lost: its worker is gone and did not say how it ended"),
            Self::Unseen => f.write_str("ended unseen: the program ended while nobody watched it"),
        }
    }
}

/// Why something failed, on one line: how it ended, and the last line that it said. Of a program that ended by itself that
/// line mostly names the fault; one that was killed said it before it knew of any.
pub fn why(exit: Exit, message: &str) -> String {
    let last = message.lines().rev().find(|line| !line.trim().is_empty());
    match (last.map(str::trim), exit) {
        (None, exit) => exit.to_string(),
        (Some(last), Exit::Code(_)) => format!("{exit}: {last}"),
        (Some(last), Exit::Signal(_)) => format!("{exit}; last output: {last}"),
    }
}

/// The word for a state, in tables, filters and `--json`.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::EnumIter,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum StateWord {
    Queued,
    Running,
    Paused,
    Stalled,
    Orphaned,
    Done,
    Failed,
    Stopped,
    Lost,
    EndedUnseen,
}

impl RunState {
    pub fn word(&self) -> StateWord {
        match self {
            Self::Queued => StateWord::Queued,
            Self::Running {
                activity: Activity::Working,
                ..
            } => StateWord::Running,
            Self::Running {
                activity: Activity::Paused,
                ..
            } => StateWord::Paused,
            Self::Running {
                activity: Activity::Stalled { .. },
                ..
            } => StateWord::Stalled,
            Self::Orphaned { .. } => StateWord::Orphaned,
            Self::Ended {
                how: Ending::Done, ..
            } => StateWord::Done,
            Self::Ended {
                how: Ending::Failed { .. },
                ..
            } => StateWord::Failed,
            Self::Ended {
                how: Ending::Stopped { .. },
                ..
            } => StateWord::Stopped,
            Self::Ended {
                how: Ending::Lost, ..
            } => StateWord::Lost,
            Self::Ended {
                how: Ending::Unseen,
                ..
            } => StateWord::EndedUnseen,
        }
    }

    /// A process may still be at work for it.
    pub fn is_live(&self) -> bool {
        matches!(self, Self::Running { .. } | Self::Orphaned { .. })
    }

    pub fn has_ended(&self) -> bool {
        matches!(self, Self::Ended { .. })
    }

    pub fn started(&self) -> Option<Timestamp> {
        match self {
            Self::Queued => None,
            Self::Running { since, .. } | Self::Orphaned { since } => Some(*since),
            Self::Ended { started, .. } => *started,
        }
    }

    pub fn ended(&self) -> Option<Timestamp> {
        match self {
            Self::Ended { at, .. } => Some(*at),
            _ => None,
        }
    }

    /// Milliseconds from the start of the newest attempt to its end, or to now; `None` where that attempt never started.
    pub fn duration(&self, now: Timestamp) -> Option<i64> {
        let started = self.started()?;
        Some(self.ended().unwrap_or(now).since(started))
    }
}

/// How far a run is; totals are absent when the program did not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    pub step: i64,
    pub steps: Option<i64>,
    /// Whole epochs done, fractional when the steps of an epoch are known.
    pub epoch: Option<f64>,
    pub epochs: Option<i64>,
}

impl Progress {
    /// The step; `None` where nothing was ever told of one.
    pub fn known_step(&self) -> Option<i64> {
        let is_untold = self.step == 0 && self.steps.is_none() && self.epoch.is_none();
        (!is_untold).then_some(self.step)
    }

    /// The plan, where more steps were done than it has.
    pub fn outrun(&self) -> Option<i64> {
        self.steps.filter(|steps| *steps < self.step)
    }

    /// The share of the plan that is done, `60%`; a plan that was outrun is more than done.
    pub fn percent(&self) -> Option<String> {
        let steps = self.steps.filter(|steps| 0 < *steps)?;
        Some(match self.outrun() {
            Some(_) => ">100%".to_owned(),
            None => format!("{:.0}%", (self.step as f64 / steps as f64 * 100.0).floor()),
        })
    }
}

/// A run as its page shows it, without its metrics.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Run {
    pub id: RunId,
    pub name: String,
    pub experiment: String,
    pub kind: RunKind,
    pub preset: Option<String>,
    #[serde(flatten, serialize_with = "stated")]
    pub state: RunState,
    pub actor: Actor,
    pub created: Timestamp,
    /// 1 for the first try; a resume adds one.
    pub attempt: u32,
    #[serde(serialize_with = "progressed")]
    pub progress: Progress,
    pub tags: BTreeSet<Tag>,
    pub params: BTreeMap<String, serde_json::Value>,
    pub note: String,
    /// `None` for a run that is not in the trash.
    pub trashed: Option<Trashed>,
}

/// Who put a run into the trash, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trashed {
    pub at: Timestamp,
    pub by: String,
}

/// A state as scripts read it: its word, and beside it the facts that it may carry, `null` where it does not.
pub fn stated<S: serde::Serializer>(state: &RunState, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Stated<'a> {
        state: StateWord,
        started: Option<Timestamp>,
        ended: Option<Timestamp>,
        exit: Option<Exit>,
        message: Option<&'a str>,
        stopped_by: Option<&'a str>,
    }
    let how = match state {
        RunState::Ended { how, .. } => Some(how),
        _ => None,
    };
    let (exit, message) = match how {
        Some(Ending::Failed { exit, message }) => (Some(*exit), Some(message.as_str())),
        Some(Ending::Done) => (Some(Exit::Code(0)), None),
        _ => (None, None),
    };
    let stopped_by = match how {
        Some(Ending::Stopped { by }) => Some(by.as_str()),
        _ => None,
    };
    let (started, ended) = (state.started(), state.ended());
    Stated {
        state: state.word(),
        started,
        ended,
        exit,
        message: message.filter(|message| !message.is_empty()),
        stopped_by,
    }
    .serialize(serializer)
}

/// A progress as scripts read it: its step is `null` before there was one.
pub fn progressed<S: serde::Serializer>(
    progress: &Progress,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Progressed {
        step: Option<i64>,
        steps: Option<i64>,
        epoch: Option<f64>,
        epochs: Option<i64>,
    }
    Progressed {
        step: progress.known_step(),
        steps: progress.steps,
        epoch: progress.epoch,
        epochs: progress.epochs,
    }
    .serialize(serializer)
}

/// A label of a run: 1 to 64 letters, digits, `.`, `_`, `-`, `:` or `/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tag(String);

/// Why a text cannot be a tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} cannot be a tag: 1 to 64 letters, digits, '.', '_', '-', ':' or '/'")]
pub struct NotATag(pub String);

impl Tag {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Tag {
    type Error = NotATag;

    fn try_from(text: String) -> Result<Self, NotATag> {
        let fits = (1..=64).contains(&text.chars().count())
            && text
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | ':' | '/'));
        if fits {
            Ok(Self(text))
        } else {
            Err(NotATag(text))
        }
    }
}

impl From<Tag> for String {
    fn from(tag: Tag) -> Self {
        tag.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_that_was_outrun_is_more_than_done() {
        let told = |step, steps| {
            let progress = Progress {
                step,
                steps,
                ..Progress::default()
            };
            (progress.percent(), progress.outrun())
        };
        let percent = |text: &str| Some(text.to_owned());
        assert_eq!(told(99, Some(100)), (percent("99%"), None));
        assert_eq!(told(100, Some(100)), (percent("100%"), None));
        assert_eq!(told(120, Some(100)), (percent(">100%"), Some(100)));
        assert_eq!(told(3, Some(0)), (None, Some(0)));
        assert_eq!(told(3, None), (None, None));
    }

    #[test]
    fn a_tag_is_one_short_word() {
        for text in ["baseline", "v1.2", "team:vision", "größe", "a/b"] {
            assert_eq!(Tag::try_from(text.to_owned()).unwrap().as_str(), text);
        }
        for text in [
            "",
            "two words",
            "new\nline",
            "a".repeat(65).as_str(),
            "esc\u{1b}[0m",
        ] {
            assert_eq!(
                Tag::try_from(text.to_owned()),
                Err(NotATag(text.to_owned()))
            );
        }
    }

    #[test]
    fn what_has_nothing_to_say_is_null_for_scripts() {
        let shape = |how| {
            let state = RunState::Ended {
                started: None,
                at: Timestamp(1),
                how,
            };
            stated(&state, serde_json::value::Serializer).unwrap()
        };
        let done = shape(Ending::Done);
        assert_eq!(done["exit"], serde_json::json!({ "code": 0 }));
        let silent = shape(Ending::Failed {
            exit: Exit::Code(3),
            message: String::new(),
        });
        assert_eq!(silent["exit"], serde_json::json!({ "code": 3 }));
        assert!(silent["message"].is_null() && shape(Ending::Lost)["exit"].is_null());
        let step = |progress| {
            progressed(&progress, serde_json::value::Serializer).unwrap()["step"].clone()
        };
        assert!(step(Progress::default()).is_null());
        let begun = Progress {
            steps: Some(800),
            ..Progress::default()
        };
        assert_eq!(step(begun), 0);
    }

    #[test]
    fn every_state_has_its_word() {
        let at = Timestamp(1);
        let ended = |how| RunState::Ended {
            started: None,
            at,
            how,
        };
        let running = |activity| RunState::Running {
            since: at,
            activity,
        };
        let cases = [
            (RunState::Queued, "queued"),
            (running(Activity::Working), "running"),
            (running(Activity::Paused), "paused"),
            (running(Activity::Stalled { last: at }), "stalled"),
            (RunState::Orphaned { since: at }, "orphaned"),
            (ended(Ending::Done), "done"),
            (
                ended(Ending::Failed {
                    exit: Exit::Code(3),
                    message: String::new(),
                }),
                "failed",
            ),
            (
                ended(Ending::Stopped {
                    by: "ana".to_owned(),
                }),
                "stopped",
            ),
            (ended(Ending::Lost), "lost"),
            (ended(Ending::Unseen), "ended-unseen"),
        ];
        for (state, word) in cases {
            assert_eq!(state.word().to_string(), word);
        }
    }

    #[test]
    fn the_last_line_of_a_failure_is_its_reason_but_not_of_one_that_was_killed() {
        let told = |exit, message: &str| {
            let message = message.to_owned();
            Ending::Failed { exit, message }.to_string()
        };
        let traceback =
            "Traceback (most recent call last):\n  File \"t.py\", line 3\nValueError: no\n\n";
        assert_eq!(
            told(Exit::Code(1), traceback),
            "failed, exit code 1: ValueError: no"
        );
        assert_eq!(
            told(Exit::Signal(9), "step 1\nstep 2\n"),
            "failed, killed by SIGKILL (9); last output: step 2"
        );
        assert_eq!(
            told(Exit::Signal(9), " \n"),
            "failed, killed by SIGKILL (9)"
        );
    }
}
