use clap::Subcommand;
use serde_json::json;

use super::{Answer, DONE, Failure, NO, open::Context};
use crate::{agent, ops};

/// Start, stop and look at the agent, which runs the queue
///
/// It starts by itself when there is something to do and ends when there is nothing left. Stopping it stops no training:
/// the next agent takes the journals up.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  sconce agent status\n  sconce agent install")]
pub struct Agent {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Start one for this store, unless one lives
    #[command(after_long_help = "Example:\n  sconce agent start")]
    Start,
    /// Stop the one of this store; training goes on
    #[command(after_long_help = "Example:\n  sconce agent stop")]
    Stop,
    /// Say whether one lives; the exit code is 1 when none does
    #[command(after_long_help = "Example:\n  sconce agent status --json")]
    Status,
    /// Let the system start one after a reboot
    #[command(after_long_help = "Example:\n  sconce agent install")]
    Install,
    /// Be the agent
    #[command(hide = true)]
    Run,
}

impl Agent {
    pub fn run(self, context: &Context) -> Answer {
        let loaded = context.sound_config()?;
        let root = context.store(&loaded)?.path;
        let out = &context.out;
        match self.verb {
            Verb::Start => {
                let is_first = !agent::status(&root)?.is_running;
                ops::jobs::wake(&context.open(&loaded)?)?;
                if out.is_json() {
                    out.json(&json!({ "started": is_first }))?;
                } else if is_first {
                    out.line("started")?;
                } else {
                    out.line("one runs already")?;
                }
            }
            Verb::Run => agent::run(
                || {
                    let ws = context.agents_workspace(&loaded);
                    ws.map_err(Failure::into_error)
                },
                &root,
            )?,
            Verb::Stop => {
                let stopped = agent::stop(&root)?;
                let said = if stopped {
                    "stopped; training goes on"
                } else {
                    "no agent runs"
                };
                if out.is_json() {
                    out.json(&json!({ "stopped": stopped }))?;
                } else {
                    out.line(said)?;
                }
            }
            Verb::Status => {
                let status = agent::status(&root)?;
                if out.is_json() {
                    out.json(&status)?;
                } else {
                    out.line(said(&status))?;
                }
                return Ok(if status.is_running { DONE } else { NO });
            }
            Verb::Install => {
                let ws = context.open(&loaded)?;
                let units = context.environment.home.join(".config/systemd/user");
                let installed = agent::install::install(
                    &ws.surroundings.program,
                    &root,
                    &units,
                    &context.environment.user,
                )?;
                if out.is_json() {
                    out.json(&installed)?;
                } else {
                    print_installed(context, &installed)?;
                }
            }
        }
        Ok(DONE)
    }
}

/// The state of an agent in a sentence.
pub fn said(status: &agent::Status) -> String {
    match (status.is_running, status.pid, status.since) {
        (true, Some(pid), Some(since)) => {
            format!("runs as process {pid} since {}", since.rfc3339())
        }
        (true, ..) => "runs".to_owned(),
        (false, ..) => "none runs; it starts by itself when there is something to do".to_owned(),
    }
}

fn print_installed(
    context: &Context,
    installed: &agent::install::Installed,
) -> Result<(), Failure> {
    if let Some(unit) = &installed.unit {
        context.out.line(format!("wrote {}", unit.display()))?;
        context.out.line(format!("next: {}", installed.next))?;
    } else {
        context
            .out
            .line("there is no systemd here: add this line with `crontab -e`")?;
        context.out.line(&installed.next)?;
    }
    if installed.is_lingering == Some(false) {
        context
            .out
            .warn("nothing of yours runs after you log out: `loginctl enable-linger` changes that");
    }
    Ok(())
}
