use super::{Answer, DONE, Failure, open::Context, table::Table, wait};
use crate::{
    domain::{jobs::PRIORITY, runs::Tag, text::shown},
    ops::{self, Error, Kind, jobs, presets, runs},
    workspace::Workspace,
};

/// Train a model from a preset; without one, list the presets
///
/// The training runs in a worker of its own and outlives this terminal. What can be known to be wrong (the file, the
/// target, a column, the device) is said before it is queued.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce train\n  sconce train diagnosis -S lr=3e-4 -S net.hidden=[256,256] --wait\n  sconce train fraud --after brave-otter-7 --tag baseline"
)]
pub struct Train {
    /// A preset's name.
    preset: Option<String>,
    /// Set one key of the preset; a short name will do where only one key ends so.
    #[arg(
        short = 'S',
        long = "set",
        value_name = "KEY=VALUE",
        requires = "preset"
    )]
    overrides: Vec<String>,
    #[command(flatten)]
    queueing: Queueing,
    /// Wait for its end; Ctrl-C leaves it going.
    #[arg(long, requires = "preset")]
    wait: bool,
}

/// How a job is queued, and what its run is called.
#[derive(Debug, clap::Args)]
pub struct Queueing {
    /// Larger goes first.
    #[arg(long, default_value_t = PRIORITY, allow_negative_numbers = true)]
    priority: i32,
    /// Start only when this run is done; may be given again.
    #[arg(long, value_name = "RUN")]
    after: Vec<String>,
    /// A tag of the run; may be given again.
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// A note on the run.
    #[arg(long, default_value = "")]
    note: String,
}

impl Queueing {
    /// With the runs that are meant.
    pub fn resolve(self, ws: &Workspace) -> ops::Result<jobs::Queueing> {
        let after = self.after.iter().map(|run| runs::find(ws, run));
        Ok(jobs::Queueing {
            priority: self.priority,
            after: after.collect::<ops::Result<_>>()?,
            tags: tags(&self.tag)?,
            note: self.note,
        })
    }
}

/// Words as tags.
pub fn tags(words: &[String]) -> ops::Result<Vec<Tag>> {
    let tags = words.iter().map(|word| {
        Tag::try_from(word.clone()).map_err(|error| Error::new(Kind::Invalid, error.to_string()))
    });
    tags.collect()
}

impl Train {
    pub fn run(self, context: &Context) -> Answer {
        let ws = context.workspace_to_begin()?;
        let Some(name) = self.preset.clone() else {
            return list(context, &ws);
        };
        let request = jobs::Train {
            preset: presets::resolve(&ws, &name, &self.overrides)?,
            name,
            queueing: self.queueing.resolve(&ws)?,
        };
        let submitted = jobs::train(&ws, request)?;
        let out = &context.out;
        // One document a command: of a run that is waited for, it is the run as it ended.
        if !(self.wait && out.is_json()) {
            say_submitted(context, &submitted)?;
        }
        if !self.wait {
            return Ok(DONE);
        }
        match wait::until_ended(&ws, out, &submitted.run, |_| Ok(()), || Ok(()))? {
            wait::Waited::Ended(run) => {
                if out.is_json() {
                    out.json(&run)?;
                }
                out.say(&wait::how_it_ended(&run));
                Ok(wait::code(&run))
            }
            wait::Waited::Interrupted(run) => Ok(wait::goes_on(out, &run)),
        }
    }
}

/// Warnings that are shown, most weighty first; JSON has them all.
const MOST_WARNINGS: usize = 8;

pub fn say_warnings(context: &Context, warnings: &[String]) {
    let out = &context.out;
    for warning in warnings.iter().take(MOST_WARNINGS) {
        out.warn(&shown(warning));
    }
    let more = warnings.len().saturating_sub(MOST_WARNINGS);
    if 0 < more {
        out.warn(&format!("and {more} more"));
    }
}

/// Prints what was queued: one line, or one object.
pub fn say_submitted(context: &Context, submitted: &jobs::Submitted) -> Result<(), Failure> {
    let out = &context.out;
    say_warnings(context, &submitted.warnings);
    if out.is_json() {
        return out.json(submitted);
    }
    out.line(&submitted.name)
}

fn list(context: &Context, ws: &Workspace) -> Answer {
    let (out, offers) = (&context.out, presets::list(ws));
    if out.is_json() {
        out.json(&offers)?;
        return Ok(DONE);
    }
    let mut table = Table::default()
        .word("preset")
        .word("task")
        .text("data")
        .text("about");
    for offer in &offers {
        let preset = &offer.preset;
        table.row(vec![
            offer.name.as_str().into(),
            preset.task.to_string().into(),
            preset.data.as_str().into(),
            preset.about.as_str().into(),
        ]);
    }
    if offers.is_empty() {
        out.say("no presets: config.example.toml shows how one is written");
    } else {
        out.table(&table)?;
    }
    Ok(DONE)
}
