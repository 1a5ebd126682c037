use std::path::PathBuf;

use serde_json::json;

use super::{
    Answer, DONE, Failure,
    open::Context,
    table::{Cell, Look, Table},
};
use crate::{
    config::trust,
    ops::{Error, Kind},
};

/// Trust a project's sconce.toml as it is now
///
/// A project's file can say which environment variables are kept with their values, and where the store is: that does
/// not count before you trust the file. Trust is yours alone, by path and hash: a changed file must be trusted again.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce trust\n  sconce trust --list\n  sconce trust ../other/sconce.toml --revoke"
)]
pub struct Trust {
    /// The file; the nearest sconce.toml upward when nothing is said.
    file: Option<PathBuf>,
    /// Show what is trusted.
    #[arg(long, conflicts_with_all = ["file", "revoke"])]
    list: bool,
    /// Trust it no longer.
    #[arg(long)]
    revoke: bool,
}

impl Trust {
    pub fn run(self, context: &Context) -> Answer {
        if self.list {
            return list(context);
        }
        let file = self.file(context)?;
        let (places, out) = (&context.environment.places, &context.out);
        context.environment.may_make(&places.state)?;
        if self.revoke {
            trust::revoke(places, &file)?;
            out.say(&format!("{} is not trusted any more", file.display()));
            return Ok(DONE);
        }
        let trusted = trust::add(places, &file)?;
        if out.is_json() {
            out.json(&trusted)?;
        } else {
            out.line(format!(
                "{} is trusted as it is now",
                trusted.path.display()
            ))?;
        }
        Ok(DONE)
    }

    fn file(&self, context: &Context) -> Result<PathBuf, Failure> {
        let environment = &context.environment;
        let named = self.file.as_ref().map(|file| environment.cwd.join(file));
        let found = named.or_else(|| environment.upward("sconce.toml"));
        let missing = || Error::new(Kind::NotFound, "there is no sconce.toml here or above");
        Ok(found.ok_or_else(missing)?)
    }
}

fn list(context: &Context) -> Answer {
    let (out, all) = (&context.out, trust::list(&context.environment.places)?);
    if out.is_json() {
        let rows = all.iter().map(|trusted| {
            json!({ "path": trusted.path, "hash": trusted.hash, "counts": trusted.counts() })
        });
        out.json(&rows.collect::<Vec<_>>())?;
        return Ok(DONE);
    }
    let mut table = Table::default().text("file").word("hash").word("");
    for trusted in &all {
        let hash = trusted.hash.get(..16).unwrap_or(&trusted.hash);
        let note = if trusted.counts() {
            Cell::default()
        } else {
            Cell::from("changed since: does not count").look(Look::Warning)
        };
        let path = trusted.path.display().to_string();
        table.row(vec![path.into(), hash.into(), note]);
    }
    if all.is_empty() {
        out.say("nothing is trusted");
    } else {
        out.table(&table)?;
    }
    Ok(DONE)
}
