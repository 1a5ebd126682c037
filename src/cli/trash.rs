use clap::Subcommand;

use super::{Answer, DONE, Failure, format, open::Context, reason::Because, table::Table};
use crate::{
    domain::{text::counted, time::Timestamp},
    ops::runs::{self, InTrash, Which},
};

/// Show what is in the trash, and remove it for good
///
/// Runs come here by `sconce runs rm`, go back by `sconce runs restore`, and are gone for good after 7 days
/// (`[store] trash_days`), when an agent next runs out of work.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  sconce trash\n  sconce trash purge --all --yes")]
pub struct Trash {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List what is in the trash
    #[command(after_long_help = "Example:\n  sconce trash list --json")]
    List,
    /// Remove runs whose time in the trash is over; shows them first
    #[command(
        after_long_help = "Without --yes nothing is removed: the command shows what would go.\n\nExample:\n  sconce trash purge --all --yes"
    )]
    Purge {
        /// Those too whose time is not over.
        #[arg(long)]
        all: bool,
        /// Remove them: this cannot be undone.
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        because: Because,
    },
}

impl Trash {
    pub fn run(self, context: &Context) -> Answer {
        match self.verb {
            None | Some(Verb::List) => list(context),
            Some(Verb::Purge { all, yes, because }) => {
                let which = if all { Which::All } else { Which::Due };
                purge(context, which, !yes, &because.reason)
            }
        }
    }
}

fn list(context: &Context) -> Answer {
    let ws = context.workspace()?;
    if !ws.store.is_read_only() {
        runs::finish_purges(&ws)?;
    }
    let (out, found) = (&context.out, runs::in_trash(&ws)?);
    if out.is_json() {
        out.json(&found)?;
        return Ok(DONE);
    }
    table(context, &found, ws.now())?;
    let bytes = found.iter().map(|found| found.bytes).sum();
    match found.len() {
        0 => out.say("the trash is empty"),
        many => out.line(format!(
            "{}, {} to be freed",
            counted(many as u64, "run"),
            format::bytes(bytes)
        ))?,
    }
    Ok(DONE)
}

fn table(context: &Context, found: &[InTrash], now: Timestamp) -> Result<(), Failure> {
    if found.is_empty() {
        return Ok(());
    }
    let mut table = Table::default()
        .word("state")
        .text("name")
        .text("by")
        .number("since")
        .number("gone in")
        .number("size");
    for InTrash { run, bytes, until } in found {
        let (by, since) = match &run.trashed {
            Some(trashed) => (trashed.by.as_str(), format::age(trashed.at, now)),
            None => ("", String::new()),
        };
        table.row(vec![
            super::columns::state(run.state.word()),
            run.name.as_str().into(),
            by.into(),
            since.into(),
            match now < *until {
                true => format::age(now, *until).into(),
                false => "now".into(),
            },
            format::bytes(*bytes).into(),
        ]);
    }
    context.out.table(&table)
}

fn purge(context: &Context, which: Which, dry: bool, reason: &str) -> Answer {
    let ws = context.workspace()?;
    let purged = runs::purge(&ws, which, dry, reason)?;
    let out = &context.out;
    if out.is_json() {
        out.json(&purged)?;
        return Ok(DONE);
    }
    table(context, &purged.runs, ws.now())?;
    let size = format::bytes(purged.bytes);
    match (purged.runs.len() as u64, dry) {
        (0, _) if which == Which::Due => out.line("nothing is due")?,
        (0, _) => out.line("nothing of yours is in the trash")?,
        (many, true) => {
            out.line(format!("{} would go, {size}", counted(many, "run")))?;
            out.say("hint: --yes removes them for good");
        }
        (many, false) => out.line(format!("{} gone, {size} freed", counted(many, "run")))?,
    }
    Ok(DONE)
}
