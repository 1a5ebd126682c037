//! The state of a run, judged from evidence: never from what a process once promised.

use super::{
    events::Process,
    jobs::Exit,
    records::{End, EndState},
    runs::{Activity, Ending, RunState},
    time::Timestamp,
};

/// A run without a step for this many of its own median steps is stalled.
pub const STALLED_AFTER_STEPS: i64 = 5;
/// But never before this: short steps vary more than long ones.
pub const STALLED_AFTER_MS: i64 = 30_000;

/// What can be seen of a run whose job holds a slot.
#[derive(Clone, Debug)]
pub struct Evidence {
    pub now: Timestamp,
    /// When its worker took the lock, by the journal.
    pub started: Option<Timestamp>,
    pub is_lock_held: bool,
    /// The foreign program, when one was spawned: its identity and whether it still lives.
    pub program: Option<(Process, bool)>,
    /// The last line of the journal, when it says so.
    pub end: Option<End>,
    /// The time of the last step, and the median of the spans between steps.
    pub last_step: Option<(Timestamp, i64)>,
    pub is_paused: bool,
    /// Its worker exited, and this process was its parent and saw how.
    pub exit: Option<Exit>,
    /// Who asked it to stop.
    pub stopped_by: Option<String>,
    /// The last lines of output, for the message of a failure.
    pub last_lines: String,
    /// Is the run a foreign program?
    pub is_foreign: bool,
}

/// Judges where a run stands.
///
/// The order of belief: an end in the journal (of a foreign program, which may write one itself and work on, only once
/// nothing is at work any more); a held lock; a living program without a worker (orphaned); an exit
/// that a parent saw; nothing at all (lost, or ended unseen for a foreign program that was once spawned).
pub fn judge(evidence: &Evidence) -> RunState {
    let Evidence {
        now, started, end, ..
    } = evidence;
    let ended = |how| RunState::Ended {
        started: *started,
        at: *now,
        how,
    };
    let since = started.unwrap_or(*now);
    let program_lives = evidence.program.as_ref().is_some_and(|(_, lives)| *lives);
    let is_at_work = evidence.is_lock_held || program_lives;
    match end {
        // A worker writes its end before it lets go of the lock: what it said stands either way.
        Some(end) if !(evidence.is_foreign && is_at_work) => ended(ending(end, evidence)),
        _ if evidence.is_lock_held => RunState::Running {
            since,
            activity: activity(evidence),
        },
        _ if program_lives => RunState::Orphaned { since },
        _ => ended(match (evidence.exit, &evidence.stopped_by) {
            (Some(_), Some(by)) => Ending::Stopped { by: by.clone() },
            (Some(exit), None) if !evidence.is_foreign && exit != Exit::Code(0) => Ending::Failed {
                exit,
                message: evidence.last_lines.clone(),
            },
            _ if evidence.program.is_some() => Ending::Unseen,
            _ => Ending::Lost,
        }),
    }
}

fn ending(end: &End, evidence: &Evidence) -> Ending {
    match end.state {
        EndState::Done => Ending::Done,
        EndState::Stopped => {
            let by = if end.message.is_empty() {
                evidence.stopped_by.clone().unwrap_or_default()
            } else {
                end.message.clone()
            };
            Ending::Stopped { by }
        }
        EndState::Failed => Ending::Failed {
            exit: end.exit.unwrap_or(Exit::Code(1)),
            message: end.message.clone(),
        },
    }
}

fn activity(evidence: &Evidence) -> Activity {
    let Evidence { now, .. } = evidence;
    match evidence.last_step {
        _ if evidence.is_paused => Activity::Paused,
        Some((last, median))
            if (median.saturating_mul(STALLED_AFTER_STEPS)).max(STALLED_AFTER_MS)
                < now.since(last) =>
        {
            Activity::Stalled { last }
        }
        _ => Activity::Working,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence() -> Evidence {
        Evidence {
            now: Timestamp(1_000_000),
            started: Some(Timestamp(1_000)),
            is_lock_held: false,
            program: None,
            end: None,
            last_step: None,
            is_paused: false,
            exit: None,
            stopped_by: None,
            last_lines: "out of memory".to_owned(),
            is_foreign: false,
        }
    }

    fn program(lives: bool) -> Option<(Process, bool)> {
        Some((
            Process {
                pid: 7,
                start: 1,
                boot: "b".to_owned(),
                host: "h".to_owned(),
            },
            lives,
        ))
    }

    #[test]
    fn a_state_follows_from_evidence() {
        let failed = End {
            state: EndState::Failed,
            exit: Some(Exit::Code(3)),
            message: "boom".to_owned(),
        };
        let cases: Vec<(&str, Evidence)> = vec![
            (
                "running",
                Evidence {
                    is_lock_held: true,
                    ..evidence()
                },
            ),
            (
                "paused",
                Evidence {
                    is_lock_held: true,
                    is_paused: true,
                    ..evidence()
                },
            ),
            (
                "running",
                Evidence {
                    is_lock_held: true,
                    last_step: Some((Timestamp(980_000), 1)),
                    ..evidence()
                },
            ),
            (
                "stalled",
                Evidence {
                    is_lock_held: true,
                    last_step: Some((Timestamp(960_000), 1)),
                    ..evidence()
                },
            ),
            (
                "running",
                Evidence {
                    is_lock_held: true,
                    last_step: Some((Timestamp(900_000), 60_000)),
                    ..evidence()
                },
            ),
            (
                "failed",
                Evidence {
                    is_lock_held: true,
                    end: Some(failed.clone()),
                    ..evidence()
                },
            ),
            (
                "running",
                Evidence {
                    is_lock_held: true,
                    is_foreign: true,
                    program: program(true),
                    end: Some(failed.clone()),
                    ..evidence()
                },
            ),
            (
                "orphaned",
                Evidence {
                    is_foreign: true,
                    program: program(true),
                    end: Some(failed.clone()),
                    ..evidence()
                },
            ),
            (
                "failed",
                Evidence {
                    is_foreign: true,
                    program: program(false),
                    end: Some(failed.clone()),
                    ..evidence()
                },
            ),
            (
                "failed",
                Evidence {
                    exit: Some(Exit::Signal(9)),
                    ..evidence()
                },
            ),
            (
                "stopped",
                Evidence {
                    exit: Some(Exit::Signal(15)),
                    stopped_by: Some("ana".to_owned()),
                    ..evidence()
                },
            ),
            ("lost", evidence()),
            (
                "lost",
                Evidence {
                    exit: Some(Exit::Code(0)),
                    ..evidence()
                },
            ),
            (
                "orphaned",
                Evidence {
                    program: program(true),
                    is_foreign: true,
                    ..evidence()
                },
            ),
            (
                "orphaned",
                Evidence {
                    program: program(true),
                    is_foreign: true,
                    exit: Some(Exit::Signal(9)),
                    ..evidence()
                },
            ),
            (
                "ended-unseen",
                Evidence {
                    program: program(false),
                    is_foreign: true,
                    exit: Some(Exit::Signal(9)),
                    ..evidence()
                },
            ),
            (
                "lost",
                Evidence {
                    is_foreign: true,
                    exit: Some(Exit::Signal(9)),
                    ..evidence()
                },
            ),
        ];
        for (word, evidence) in cases {
            assert_eq!(judge(&evidence).word().to_string(), word, "{evidence:?}");
        }
    }

    #[test]
    fn a_failure_keeps_the_code_and_the_last_lines() {
        let end = End {
            state: EndState::Failed,
            exit: Some(Exit::Code(3)),
            message: "boom".to_owned(),
        };
        let RunState::Ended {
            how: Ending::Failed { exit, message },
            ..
        } = judge(&Evidence {
            end: Some(end),
            ..evidence()
        })
        else {
            panic!("not failed");
        };
        assert_eq!((exit, message.as_str()), (Exit::Code(3), "boom"));
    }
}
