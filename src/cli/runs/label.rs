//! Tags, notes, and what is taken out of a run's record.

use crate::{
    cli::{Answer, DONE, format, open::Context, train},
    domain::runs::{self as nouns, Run},
    ops::runs::{self, Left, Why},
};

/// Tag a run
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce runs tag brave-otter-7 baseline team:vision\n  sconce runs tag brave-otter-7 --remove junk"
)]
pub struct Tag {
    run: String,
    #[arg(required_unless_present = "remove")]
    tags: Vec<String>,
    /// Take a tag away; may be given again.
    #[arg(long, value_name = "TAG")]
    remove: Vec<String>,
}

impl Tag {
    pub fn run(self, context: &Context) -> Answer {
        let (add, remove) = (train::tags(&self.tags)?, train::tags(&self.remove)?);
        let ws = context.workspace()?;
        let run = runs::tag(&ws, &runs::find(&ws, &self.run)?, &add, &remove)?;
        let tags: Vec<&str> = run.tags.iter().map(nouns::Tag::as_str).collect();
        answer(context, &run, &format!("tags: {}", tags.join(" ")))
    }
}

/// Set the note of a run
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Example:\n  sconce runs note brave-otter-7 'diverged after the warm-up'"
)]
pub struct Note {
    run: String,
    /// Empty takes the note away.
    text: String,
}

impl Note {
    pub fn run(self, context: &Context) -> Answer {
        let ws = context.workspace()?;
        let run = runs::note(&ws, &runs::find(&ws, &self.run)?, &self.text)?;
        answer(context, &run, "noted")
    }
}

/// Remove one captured field of a run for good
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = format!("Fields are {}. That it was removed, and by whom, stays.\n\nExample:\n  sconce runs redact brave-otter-7 env.CUDA_HOME", runs::REDACTABLE)
)]
pub struct Redact {
    run: String,
    field: String,
}

impl Redact {
    pub fn run(self, context: &Context) -> Answer {
        let ws = context.workspace()?;
        let redacted = runs::redact(&ws, &runs::find(&ws, &self.run)?, &self.field)?;
        let out = &context.out;
        if out.is_json() {
            out.json(&redacted)?;
            return Ok(DONE);
        }
        out.line(format!(
            "{}: {} is removed",
            redacted.run.name,
            format::short(&self.field)
        ))?;
        for Left { path, why } in &redacted.elsewhere {
            let file = format::short(&path.display().to_string());
            out.warn(&match why {
                Why::Told => format!("what the program wrote stays, look into {file}"),
                Why::Sealed => format!(
                    "{file} holds it still: the model is sealed, remove its folder if it must go"
                ),
                Why::Read => {
                    format!("{file} may hold it until all who have the store open have left it")
                }
            });
        }
        Ok(DONE)
    }
}

fn answer(context: &Context, run: &Run, done: &str) -> Answer {
    let out = &context.out;
    if out.is_json() {
        out.json(run)?;
    } else {
        out.line(format!("{}: {}", run.name, format::short(done)))?;
    }
    Ok(DONE)
}
