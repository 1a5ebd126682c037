use std::time::{Duration, Instant};

use serde_json::json;

use super::{Answer, format, open::Context, wait};
use crate::{
    domain::{
        metrics::{Summary, is_of_machine},
        runs::{Ending, Run, RunState},
        text::counted,
    },
    ops::{runs, series},
};

/// Follow a run in plain lines, one for each change
///
/// Nothing moves the cursor: for screen readers, for logs and for pipes. The exit code is 0 when the run is done, 1 when
/// it ended otherwise; Ctrl-C leaves it going.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce watch brave-otter-7\n  sconce watch brave-otter-7 --every 30 --json"
)]
pub struct Watch {
    /// A name, or enough leading digits of an id.
    run: String,
    /// Lines it always prints; said for symmetry with `view`.
    #[arg(long, hide = true)]
    plain: bool,
    /// At most one line in so many seconds.
    #[arg(long, default_value_t = 1, value_name = "SECONDS")]
    every: u64,
}

impl Watch {
    pub fn run(self, context: &Context) -> Answer {
        let ws = context.workspace()?;
        let id = runs::find(&ws, &self.run)?;
        let (out, every) = (&context.out, Duration::from_secs(self.every));
        let (mut last, mut printed) = (String::new(), None::<Instant>);
        let changed = |run: &Run| {
            // One that has ended is told of as of its end, however long ago that is.
            let time = run.state.ended().unwrap_or_else(|| ws.now());
            let is_due = printed.is_none_or(|at| every <= at.elapsed()) || run.state.has_ended();
            if !is_due {
                return Ok(());
            }
            let metrics = series::summaries(&ws, &run.id)?;
            let line = line(run, &metrics);
            if line == last {
                return Ok(());
            }
            printed = Some(Instant::now());
            if out.is_json() {
                out.json_line(&json!({ "time": time, "run": run, "metrics": metrics }))?;
            } else {
                out.line(format!("{} {line}", format::moment(time)))?;
            }
            last = line;
            Ok(())
        };
        Ok(
            match wait::until_ended(&ws, out, &id, changed, || Ok(()))? {
                wait::Waited::Ended(run) => wait::code(&run),
                wait::Waited::Interrupted(run) => wait::goes_on(out, &run),
            },
        )
    }
}

/// `running step 120/800 epoch 1.5000 train/loss 0.3100 val/auc 0.9100`: the last value of each metric. One that ended
/// otherwise than well says how: `failed, exit code 3: out of memory; step 120/800 …`.
fn line(run: &Run, metrics: &[Summary]) -> String {
    let state = match &run.state {
        RunState::Ended { how, .. } if *how != Ending::Done => {
            format!("{};", format::short(&how.to_string()))
        }
        state => state.word().to_string(),
    };
    let mut line = format!("{state} step {}", format::steps(&run.progress));
    if let Some(epoch) = run.progress.epoch {
        line.push_str(&format!(" epoch {}", format::number(Some(epoch))));
    }
    let is_shown = |metric: &&Summary| !is_of_machine(&metric.metric);
    for metric in metrics.iter().filter(is_shown).take(MOST) {
        let name = crate::domain::text::shown(&metric.metric);
        line.push_str(&format!(
            " {name} {}",
            format::metric(&metric.metric, Some(metric.last))
        ));
    }
    let more = metrics.iter().filter(is_shown).count().saturating_sub(MOST);
    if 0 < more {
        line.push_str(&format!(" and {} more", counted(more as u64, "metric")));
    }
    line
}

/// More metrics than this make no line that is read.
const MOST: usize = 32;
