use super::{
    Answer, BUG, DONE, Failure, NO, NOT_DONE, format,
    open::Context,
    train::{Queueing, say_submitted, say_warnings},
    wait,
};
use crate::{
    domain::{
        ids::RunId,
        jobs::{Exit, Needs},
        runs::{Ending, Run as Seen, RunState},
    },
    ops::{jobs, logs},
    workspace::Workspace,
};

/// Bytes of output read at a time.
const CHUNK: u64 = 1 << 16;

/// Run any program and keep what it was, said and measured
///
/// Kept are its arguments, the git commit and diff, the environment by an allow-list, its output, how it ended, and the
/// system's metrics. It finds the path of its journal in SCONCE_JOURNAL: each line that it appends there, such as
/// {"step":1,"metrics":{"loss":0.3}}, is on the screen a moment later.
///
/// The output is shown here and the exit code is the program's. Ctrl-C leaves it running.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce run -- python train.py --lr 3e-4\n  sconce run --gpus 1 --detach -- ./train.sh\n  sconce run --after brave-otter-7 -- python evaluate.py"
)]
pub struct Run {
    /// Queue it and return at once.
    #[arg(long)]
    detach: bool,
    /// The experiment that the run belongs to; without it, the name of the program or of its script.
    #[arg(long)]
    experiment: Option<String>,
    /// Cores to lease.
    #[arg(long, default_value_t = Needs::default().cpus)]
    cpus: u32,
    /// Memory to lease, in MiB.
    #[arg(long, default_value_t = Needs::default().memory)]
    memory: u64,
    /// GPUs to lease.
    #[arg(long, default_value_t = Needs::default().gpus)]
    gpus: u32,
    #[command(flatten)]
    queueing: Queueing,
    /// The program and its arguments, after `--`.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl Run {
    pub fn run(self, context: &Context) -> Answer {
        let ws = context.workspace_to_begin()?;
        let request = jobs::Program {
            queueing: self.queueing.resolve(&ws)?,
            argv: self.command,
            experiment: self.experiment,
            needs: Needs {
                cpus: self.cpus,
                memory: self.memory,
                gpus: self.gpus,
            },
        };
        let submitted = jobs::program(&ws, request)?;
        if self.detach {
            say_submitted(context, &submitted)?;
            return Ok(DONE);
        }
        say_warnings(context, &submitted.warnings);
        context.out.say(&format!("{} is queued", submitted.name));
        follow(context, &ws, &submitted.run)
    }
}

/// Shows the output until the run has ended, and ends as the program did.
fn follow(context: &Context, ws: &Workspace, id: &RunId) -> Answer {
    let out = &context.out;
    let mut at = 0;
    let mut show = || -> Result<(), Failure> {
        if out.is_json() {
            return Ok(());
        }
        loop {
            let chunk = logs::read(ws, id, logs::Part::From(at), CHUNK)?;
            if chunk.to == at {
                return Ok(());
            }
            out.raw(&chunk.text)?;
            at = chunk.to;
        }
    };
    let waited = wait::until_ended(ws, out, id, |_| Ok(()), &mut show)?;
    show()?;
    match waited {
        wait::Waited::Interrupted(run) => Ok(wait::goes_on(out, &run)),
        wait::Waited::Ended(run) => {
            if out.is_json() {
                out.json(&run)?;
            } else if let Some(end) = untold(&run, 0 < at) {
                out.say(&end);
            }
            Ok(exit_code(&run))
        }
    }
}

/// What the output did not say of a run's end.
fn untold(run: &Seen, has_output: bool) -> Option<String> {
    let RunState::Ended { how, .. } = &run.state else {
        return None;
    };
    match how {
        Ending::Done => None,
        Ending::Failed {
            exit: exit @ Exit::Signal(_),
            ..
        } => Some(format!("{}: failed, {exit}", run.name)),
        // The last lines of output have just been seen.
        Ending::Failed {
            exit: Exit::Code(1..),
            ..
        } if has_output => None,
        Ending::Failed { message, .. } if message.trim().is_empty() => None,
        Ending::Failed { message, .. } => {
            Some(format!("error: {}", format::safe_lines(message.trim_end())))
        }
        Ending::Stopped { .. } | Ending::Lost | Ending::Unseen => Some(wait::how_it_ended(run)),
    }
}

/// The program's own code, 1 where it exited well and said that it failed, 128 + n for a signal, 2 where nobody saw its
/// end.
fn exit_code(run: &Seen) -> u8 {
    let RunState::Ended { how, .. } = &run.state else {
        return BUG;
    };
    match how {
        Ending::Done => DONE,
        // It said itself that it failed.
        Ending::Failed {
            exit: Exit::Code(0),
            ..
        } => NO,
        Ending::Failed {
            exit: Exit::Code(code),
            ..
        } => u8::try_from(*code).unwrap_or(NOT_DONE),
        Ending::Failed {
            exit: Exit::Signal(number),
            ..
        } => u8::try_from(128 + number).unwrap_or(NOT_DONE),
        Ending::Stopped { .. } | Ending::Lost | Ending::Unseen => NOT_DONE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        actors::Actor,
        ids::Id,
        runs::{Progress, RunKind},
        time::Timestamp,
    };

    fn ended(how: Ending) -> Seen {
        Seen {
            id: RunId(Id::from_bytes([0; 16])),
            name: "brave-otter-7".to_owned(),
            experiment: "sh".to_owned(),
            kind: RunKind::Command,
            preset: None,
            state: RunState::Ended {
                started: None,
                at: Timestamp(0),
                how,
            },
            actor: Actor {
                uid: 0,
                name: "ana".to_owned(),
                host: "gpu01".to_owned(),
            },
            created: Timestamp(0),
            attempt: 1,
            progress: Progress::default(),
            tags: [].into(),
            params: [].into(),
            note: String::new(),
            trashed: None,
        }
    }

    #[test]
    fn what_the_output_did_not_say_is_said() {
        let failed = |exit| Ending::Failed {
            exit,
            message: "cannot start \"nosuch\": it is in no folder of PATH\n".to_owned(),
        };
        let never_started = "error: cannot start \"nosuch\": it is in no folder of PATH";
        let cases = [
            (Ending::Done, true, None),
            (failed(Exit::Code(3)), true, None),
            (failed(Exit::Code(127)), false, Some(never_started)),
            (failed(Exit::Code(0)), true, Some(never_started)),
            (
                failed(Exit::Signal(9)),
                true,
                Some("brave-otter-7: failed, killed by SIGKILL (9)"),
            ),
            (Ending::Lost, true, Some("brave-otter-7: lost")),
        ];
        for (how, has_output, said) in cases {
            assert_eq!(untold(&ended(how), has_output).as_deref(), said);
        }
    }

    #[test]
    fn a_program_ends_here_as_it_ended_there() {
        let failed = |exit| Ending::Failed {
            exit,
            message: "no\u{1b}[2J luck\nat all\n".to_owned(),
        };
        let stopped = Ending::Stopped {
            by: "ana@gpu01".to_owned(),
        };
        let cases = [
            (Ending::Done, 0, "brave-otter-7: done"),
            (
                failed(Exit::Code(3)),
                3,
                "brave-otter-7: failed, exit code 3\n  no�[2J luck\n  at all",
            ),
            (
                failed(Exit::Signal(9)),
                137,
                "brave-otter-7: failed, killed by SIGKILL (9)\n  no�[2J luck\n  at all",
            ),
            (
                failed(Exit::Code(1000)),
                2,
                "brave-otter-7: failed, exit code 1000\n  no�[2J luck\n  at all",
            ),
            (
                failed(Exit::Code(0)),
                1,
                "brave-otter-7: failed, exit code 0\n  no�[2J luck\n  at all",
            ),
            (stopped, 2, "brave-otter-7: stopped by ana@gpu01"),
            (Ending::Lost, 2, "brave-otter-7: lost"),
            (Ending::Unseen, 2, "brave-otter-7: ended-unseen"),
        ];
        for (how, code, text) in cases {
            let run = ended(how);
            assert_eq!(exit_code(&run), code);
            assert_eq!(wait::how_it_ended(&run), text);
            assert_eq!(wait::code(&run), u8::from(code != 0));
        }
    }
}
