//! Tags, notes, and what is taken out of a run's record.

use super::many::{ByFilter, told};
use crate::{
    cli::{Answer, DONE, format, open::Context, train},
    domain::runs as nouns,
    ops::{
        Error, Kind,
        runs::{self, Left, Why},
    },
};

/// Tag runs
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "sconce runs tag [OPTIONS] RUN[,RUN…] [TAG…]\n       sconce runs tag [OPTIONS] --filter FILTER [TAG…]",
    after_long_help = "Examples:\n  sconce runs tag brave-otter-7 baseline team:vision\n  sconce runs tag brave-otter-7,calm-heron-2 --remove junk\n  sconce runs tag --filter 'val/auc<0.5' junk --dry-run"
)]
pub struct Tag {
    /// The run, or several with commas between them, and then its tags; tags alone with --filter.
    #[arg(value_name = "RUN TAG", required_unless_present = "filter")]
    words: Vec<String>,
    /// Take a tag away; may be given again.
    #[arg(long, value_name = "TAG")]
    remove: Vec<String>,
    #[command(flatten)]
    by: ByFilter,
}

impl Tag {
    pub fn run(self, context: &Context) -> Answer {
        let (names, tags) = names_first(&self.by, &self.words);
        if tags.is_empty() && self.remove.is_empty() {
            let error = Error::new(Kind::Invalid, "no tag is named");
            return Err(error.hint("`sconce runs tag --help`").into());
        }
        let (add, remove) = (train::tags(tags)?, train::tags(&self.remove)?);
        let ws = context.workspace()?;
        let Some(ids) = self.by.ids(context, &ws, &names, |_| true)? else {
            return Ok(DONE);
        };
        told(context, runs::tag_all(&ws, &ids, &add, &remove)?, |run| {
            let tags: Vec<&str> = run.tags.iter().map(nouns::Tag::as_str).collect();
            format!("tags: {}", tags.join(" "))
        })
    }
}

/// Set the note of runs
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "sconce runs note [OPTIONS] RUN[,RUN…] TEXT\n       sconce runs note [OPTIONS] --filter FILTER TEXT",
    after_long_help = "An empty text takes the note away.\n\nExamples:\n  sconce runs note brave-otter-7 'diverged after the warm-up'\n  sconce runs note --filter 'experiment:sweep state:lost' 'the box went down'"
)]
pub struct Note {
    /// The run, or several with commas between them, and then the text; the text alone with --filter.
    #[arg(value_name = "RUN TEXT", required = true, num_args = 1..=2)]
    words: Vec<String>,
    #[command(flatten)]
    by: ByFilter,
}

impl Note {
    pub fn run(self, context: &Context) -> Answer {
        let (names, text) = names_first(&self.by, &self.words);
        let [text] = text else {
            let error = Error::new(Kind::Invalid, "a run and one text are wanted");
            return Err(error
                .hint("put the text in quotes; an empty one takes the note away")
                .into());
        };
        let ws = context.workspace()?;
        let Some(ids) = self.by.ids(context, &ws, &names, |_| true)? else {
            return Ok(DONE);
        };
        told(context, runs::note_all(&ws, &ids, text)?, |_| {
            "noted".to_owned()
        })
    }
}

/// The names of runs in the first word, where no filter says which runs are meant, and the other words.
fn names_first<'a>(by: &ByFilter, words: &'a [String]) -> (Vec<String>, &'a [String]) {
    match (by.filter.is_none(), words) {
        (true, [first, rest @ ..]) => (first.split(',').map(str::to_owned).collect(), rest),
        _ => (vec![], words),
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
