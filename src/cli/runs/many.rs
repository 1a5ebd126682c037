//! Several runs at once: named one by one, or by a filter with a look first.

use super::parse_filter;
use crate::{
    cli::{Answer, DONE, Failure, NOT_DONE, format, open::Context, table::Table},
    domain::{ids::RunId, runs::Run, text::counted},
    ops::{
        Error, Kind, Result,
        runs::{self, Report},
    },
    workspace::Workspace,
};

/// Above this many, a filter's runs are not touched without `--yes`.
const MANY: usize = 20;

#[derive(Debug, clap::Args)]
pub struct ByFilter {
    /// Those that a filter lets through, in the language of `sconce runs`.
    #[arg(long, value_name = "FILTER", allow_hyphen_values = true)]
    pub filter: Option<String>,
    /// Say which, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Also more than 20 of a filter's runs.
    #[arg(long)]
    yes: bool,
}

impl ByFilter {
    /// The runs that are meant; `None` where it was only asked which. `fits` leaves out those of a filter that the command
    /// is not for.
    pub fn ids(
        &self,
        context: &Context,
        ws: &Workspace,
        names: &[String],
        fits: impl Fn(&Run) -> bool,
    ) -> std::result::Result<Option<Vec<RunId>>, Failure> {
        let found: Vec<Run> = match &self.filter {
            None if names.is_empty() => {
                let error = Error::new(Kind::Invalid, "no run is named");
                return Err(error.hint("name runs, or say --filter FILTER").into());
            }
            None => {
                let named = names
                    .iter()
                    .map(|name| runs::get(ws, &runs::find(ws, name)?));
                named.collect::<Result<_>>()?
            }
            Some(filter) => {
                let filter = parse_filter(filter)?;
                if filter.is_empty() {
                    let error = Error::new(Kind::Invalid, "an empty filter lets every run through");
                    return Err(error.hint("say which, as in state:failed").into());
                }
                let mut found = runs::matching(ws, &filter)?;
                found.retain(fits);
                found
            }
        };
        if self.dry_run {
            show(context, &found)?;
            return Ok(None);
        }
        if self.filter.is_some() && MANY < found.len() && !self.yes {
            let message = format!(
                "the filter lets {} through",
                counted(found.len() as u64, "run")
            );
            return Err(Error::new(Kind::Conflict, message)
                .hint("--dry-run says which, --yes goes on")
                .into());
        }
        Ok(Some(found.iter().map(|run| run.id).collect()))
    }
}

fn show(context: &Context, found: &[Run]) -> std::result::Result<(), Failure> {
    let out = &context.out;
    if out.is_json() {
        return out.json(&found);
    }
    let mut table = Table::default()
        .word("state")
        .text("name")
        .text("experiment");
    for run in found {
        table.row(vec![
            crate::cli::columns::state(run.state.word()),
            run.name.as_str().into(),
            run.experiment.as_str().into(),
        ]);
    }
    if !found.is_empty() {
        out.table(&table)?;
    }
    out.say(&format!(
        "{}, nothing was changed",
        counted(found.len() as u64, "run")
    ));
    Ok(())
}

/// Says what became of each; one that was alone and refused is the failure of the command.
pub fn told(context: &Context, mut report: Report, said: impl Fn(&Run) -> String) -> Answer {
    let out = &context.out;
    if let [one] = report.0.as_mut_slice()
        && one.result.is_err()
    {
        let alone = report.0.remove(0);
        return Err(alone.result.map(drop).expect_err("it was looked at").into());
    }
    if out.is_json() {
        out.json(&report)?;
    } else {
        for run in report.done() {
            out.line(format!("{}: {}", run.name, format::short(&said(run))))?;
        }
        for (_, error) in report.refused() {
            let hint = error.hint.as_deref().map(|hint| format!(" ({hint})"));
            out.warn(&format::short(&format!(
                "{error}{}",
                hint.unwrap_or_default()
            )));
        }
        if report.0.is_empty() {
            out.say("no run matches");
        }
    }
    let is_done = report.refused().next().is_none();
    Ok(if is_done { DONE } else { NOT_DONE })
}
