use clap::Subcommand;

use super::{Answer, DONE, NO, open::Context};
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
        let ws = context.workspace()?;
        let out = &context.out;
        match self.verb {
            Verb::Start => ops::jobs::wake(&ws)?,
            Verb::Run => agent::run(ws)?,
            Verb::Stop => {
                let said = if agent::stop(&ws)? {
                    "stopped; training goes on"
                } else {
                    "no agent runs"
                };
                out.say(said);
            }
            Verb::Status => {
                let status = agent::status(&ws)?;
                if out.is_json() {
                    out.json(&status)?;
                } else {
                    out.line(&status)?;
                }
                return Ok(if status.is_running() { DONE } else { NO });
            }
            Verb::Install => {
                let installed = agent::install(&ws)?;
                if out.is_json() {
                    out.json(&installed)?;
                } else {
                    out.line(&installed)?;
                }
            }
        }
        Ok(DONE)
    }
}
