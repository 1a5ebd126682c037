use clap::Subcommand;
use serde_json::json;

use super::{Answer, DONE, format, open::Context, runs::parse_filter, table::Table};
use crate::ops::filters;

/// List filters kept under a name, keep one, remove one
///
/// A saved filter stands for itself in every filter, on the screen too: `@night lr>1e-4`.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce filters\n  sconce filters save night 'state:done|failed age<12h'\n  sconce runs '@night -tag:junk'"
)]
pub struct Filters {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List saved filters
    #[command(after_long_help = "Example:\n  sconce filters list --json")]
    List,
    /// Keep a filter under a name, in the place of the one before
    #[command(
        after_long_help = "Put `--` before a filter that begins with `-`.\n\nExample:\n  sconce filters save night 'state:done|failed age<12h'"
    )]
    Save {
        /// Letters, digits, `-`, `_` and `.`; it is used as `@NAME`.
        name: String,
        /// In the language of `sconce runs`.
        #[arg(required = true)]
        filter: Vec<String>,
    },
    /// Remove a saved filter
    #[command(after_long_help = "Example:\n  sconce filters rm night")]
    Rm { name: String },
}

impl Filters {
    pub fn run(self, context: &Context) -> Answer {
        match self.verb {
            None | Some(Verb::List) => list(context),
            Some(Verb::Save { name, filter }) => save(context, bare(&name), &filter.join(" ")),
            Some(Verb::Rm { name }) => remove(context, bare(&name)),
        }
    }
}

/// A name may be written as it is used.
fn bare(name: &str) -> &str {
    name.strip_prefix('@').unwrap_or(name)
}

fn list(context: &Context) -> Answer {
    let ws = context.workspace()?;
    let (out, all) = (&context.out, filters::list(&ws)?);
    if out.is_json() {
        out.json(&all)?;
        return Ok(DONE);
    }
    if all.is_empty() {
        out.say("no filter is saved: `sconce filters save NAME FILTER` keeps one");
        return Ok(DONE);
    }
    let mut table = Table::default()
        .word("name")
        .text("filter")
        .word("by")
        .number("saved");
    for saved in &all {
        table.row(vec![
            format!("@{}", saved.name).into(),
            saved.text.as_str().into(),
            saved.actor.name.as_str().into(),
            format::age(saved.created, ws.now()).into(),
        ]);
    }
    out.table(&table)?;
    Ok(DONE)
}

fn save(context: &Context, name: &str, text: &str) -> Answer {
    let filter = parse_filter(text)?;
    let saved = filters::save(&context.workspace()?, name, &filter)?;
    let out = &context.out;
    if out.is_json() {
        out.json(&saved)?;
    } else {
        out.line(format!("@{}: {}", saved.name, format::short(&saved.text)))?;
    }
    Ok(DONE)
}

fn remove(context: &Context, name: &str) -> Answer {
    filters::remove(&context.workspace()?, name)?;
    let out = &context.out;
    if out.is_json() {
        out.json(&json!({ "name": name, "removed": true }))?;
    } else {
        out.line(format!("@{name} is removed"))?;
    }
    Ok(DONE)
}
