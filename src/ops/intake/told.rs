//! What a run's history tells of its present attempt.

use crate::domain::{
    control::Want,
    events::{Event, Process, What},
    time::Timestamp,
};

/// What a run's history tells of its present attempt.
#[derive(Default)]
pub struct Told {
    pub started: Option<Timestamp>,
    pub worker: Option<Process>,
    pub program: Option<Process>,
    /// Who asked it to stop, or killed its program.
    pub stopped_by: Option<String>,
    pub is_paused: bool,
}

impl Told {
    pub fn of(history: &[Event], attempt: u32) -> Self {
        let mut told = Self::default();
        for Event { time, what, .. } in history {
            match what {
                What::Started {
                    attempt: started,
                    process,
                    ..
                } if *started == attempt => {
                    told = Self {
                        started: Some(*time),
                        worker: Some(process.clone()),
                        ..Self::default()
                    };
                }
                What::Spawned { process } => told.program = Some(process.clone()),
                What::Asked {
                    want: Want::Stop | Want::StopAfterStep,
                    by,
                    ..
                }
                | What::Killed { by } => told.stopped_by = Some(by.clone()),
                What::Answered {
                    want: Want::Pause,
                    refused: None,
                    ..
                } => told.is_paused = true,
                What::Answered {
                    want: Want::Run,
                    refused: None,
                    ..
                } => told.is_paused = false,
                _ => {}
            }
        }
        told
    }
}
