//! Commands to runs, one verb each, for one run or several.

use super::many::{ByFilter, told};
use crate::{
    cli::{Answer, DONE, open::Context, wait},
    domain::{ids::RunId, runs::Run},
    ops::{self, runs},
    workspace::Workspace,
};

/// Stop runs: after this step, with a checkpoint
///
/// A queued run is dropped, a program is sent TERM and, after a grace, KILL.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce runs stop brave-otter-7\n  sconce runs stop brave-otter-7 --now\n  sconce runs stop --filter 'experiment:sweep' --dry-run"
)]
pub struct Stop {
    #[arg(conflicts_with = "filter")]
    runs: Vec<String>,
    /// At once, without a checkpoint.
    #[arg(long)]
    now: bool,
    #[command(flatten)]
    by: ByFilter,
}

impl Stop {
    pub fn run(self, context: &Context) -> Answer {
        let how = if self.now {
            runs::Stop::Now
        } else {
            runs::Stop::Gently
        };
        let ws = context.workspace()?;
        let fits = |run: &Run| !run.state.has_ended();
        let Some(ids) = self.by.ids(context, &ws, &self.runs, fits)? else {
            return Ok(DONE);
        };
        told(context, runs::stop_all(&ws, &ids, how)?, |_| {
            "asked to stop".to_owned()
        })
    }
}

/// Pause runs; resume lets them go on
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:\n  sconce runs pause brave-otter-7")]
pub struct Pause {
    #[arg(required = true)]
    runs: Vec<String>,
}

impl Pause {
    pub fn run(self, context: &Context) -> Answer {
        each(context, &self.runs, |ws, id| {
            Ok((runs::pause(ws, id)?, "asked to pause"))
        })
    }
}

/// Write a checkpoint now
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:\n  sconce runs checkpoint brave-otter-7")]
pub struct Checkpoint {
    #[arg(required = true)]
    runs: Vec<String>,
}

impl Checkpoint {
    pub fn run(self, context: &Context) -> Answer {
        each(context, &self.runs, |ws, id| {
            Ok((runs::checkpoint(ws, id)?, "asked for a checkpoint"))
        })
    }
}

/// Let runs go on: a paused one from where it stands, a training that ended before it was done from its last checkpoint
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:\n  sconce runs resume brave-otter-7")]
pub struct Resume {
    #[arg(required = true)]
    runs: Vec<String>,
}

impl Resume {
    pub fn run(self, context: &Context) -> Answer {
        each(context, &self.runs, |ws, id| {
            let resumed = runs::resume(ws, id)?;
            let said = resumed.sentence();
            Ok((resumed.run, said))
        })
    }
}

/// Watch an orphaned program again: its end will be seen, its exit code will not
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:\n  sconce runs adopt brave-otter-7")]
pub struct Adopt {
    #[arg(required = true)]
    runs: Vec<String>,
}

impl Adopt {
    pub fn run(self, context: &Context) -> Answer {
        each(context, &self.runs, |ws, id| {
            Ok((runs::adopt(ws, id)?, "adopted"))
        })
    }
}

/// Kill an orphaned program, with all that it started
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:\n  sconce runs kill brave-otter-7")]
pub struct Kill {
    #[arg(required = true)]
    runs: Vec<String>,
}

impl Kill {
    pub fn run(self, context: &Context) -> Answer {
        each(context, &self.runs, |ws, id| {
            Ok((runs::kill(ws, id)?, "killed"))
        })
    }
}

/// Wait until runs have ended; Ctrl-C leaves them going
///
/// The exit code is 0 when all are done, 1 when one ended otherwise.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:\n  sconce runs wait brave-otter-7 calm-heron-2")]
pub struct Wait {
    #[arg(required = true)]
    runs: Vec<String>,
}

impl Wait {
    pub fn run(self, context: &Context) -> Answer {
        let ws = context.workspace()?;
        let ids = find(&ws, &self.runs)?;
        wait::for_all(&ws, &context.out, &ids)
    }
}

fn find(ws: &Workspace, names: &[String]) -> ops::Result<Vec<RunId>> {
    names.iter().map(|name| runs::find(ws, name)).collect()
}

/// Does it to each run, after all names were found.
fn each(
    context: &Context,
    names: &[String],
    steer: impl Fn(&Workspace, &RunId) -> ops::Result<(Run, &'static str)>,
) -> Answer {
    let ws = context.workspace()?;
    let ids = find(&ws, names)?;
    let out = &context.out;
    let mut steered = vec![];
    for id in &ids {
        let (run, said) = steer(&ws, id)?;
        if !out.is_json() {
            out.line(format!("{}: {said}", run.name))?;
        }
        steered.push(run);
    }
    if out.is_json() {
        out.json(&steered)?;
    }
    Ok(DONE)
}
