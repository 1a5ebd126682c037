use clap::ValueEnum;
use serde_json::json;

use super::{Answer, DONE, Failure, columns, jobs, open::Context, runs::print_list};
use crate::{
    domain::{filter::Filter, text::counted},
    ops::{
        Error, Kind,
        runs::{self, ListRequest},
    },
    workspace::Workspace,
};

/// Runs at work, as the Live view shows them.
const LIVE: &str = "state:running|paused|stalled|orphaned";

/// Print a view of the screen as text
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce view bench --plain\n  sconce view live --json\n  sconce view runs --csv"
)]
pub struct View {
    /// The view.
    name: Name,
    /// Text, which it is without --json too.
    #[arg(long, conflicts_with_all = ["json", "csv"])]
    plain: bool,
    /// For other programs, numbers as they are; of every view that is one table.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Which runs, in the language of `sconce runs`.
    #[arg(long, default_value = "", allow_hyphen_values = true)]
    filter: String,
    /// At most so many rows.
    #[arg(long, default_value_t = 50)]
    limit: u64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Name {
    /// What is counted, what is at work, what came last.
    Bench,
    Runs,
    /// Runs at work.
    Live,
    Jobs,
}

impl View {
    pub fn run(self, context: &Context) -> Answer {
        let ws = context.workspace()?;
        match self.name {
            Name::Runs => self.list(context, &ws, "")?,
            Name::Live => self.list(context, &ws, LIVE)?,
            Name::Jobs => jobs::print(context, &ws, self.limit, self.csv)?,
            Name::Bench if self.csv => {
                let error = Error::new(Kind::Invalid, "the bench is more than one table");
                return Err(error.hint("`sconce view bench --json`").into());
            }
            Name::Bench => self.bench(context, &ws)?,
        }
        Ok(DONE)
    }

    fn list(&self, context: &Context, ws: &Workspace, only: &str) -> Result<(), Failure> {
        let columns = columns::columns(columns::USUAL)?;
        print_list(context, ws, &self.request(only)?, &columns, self.csv)?;
        Ok(())
    }

    fn bench(&self, context: &Context, ws: &Workspace) -> Result<(), Failure> {
        let (out, counts) = (&context.out, runs::counts(ws)?);
        if out.is_json() {
            let live = runs::list(ws, &self.request(LIVE)?)?;
            let newest = runs::list(ws, &self.request("")?)?;
            return out
                .json(&json!({ "counts": counts, "live": live.rows, "newest": newest.rows }));
        }
        out.line(format!(
            "{}, {} at work, {} queued",
            counted(counts.runs, "run"),
            counts.live,
            counts.queued
        ))?;
        if 0 < counts.live {
            out.line("\nat work")?;
            self.list(context, ws, LIVE)?;
        }
        out.line("\nnewest")?;
        self.list(context, ws, "")
    }

    fn request(&self, only: &str) -> Result<ListRequest, Failure> {
        // Each is read alone first, so that a mistake is placed in what the person wrote.
        let own = super::runs::parse_filter(&self.filter)?;
        let filter = match (only.is_empty(), own.is_empty()) {
            (_, true) => only.to_owned(),
            (true, false) => own.to_string(),
            (false, false) => format!("{only} ({own})"),
        };
        let filter = Filter::parse(&filter)
            .map_err(|error| Error::new(Kind::Bug, "two filters do not make one").because(error))?;
        Ok(ListRequest {
            filter,
            limit: self.limit,
            ..ListRequest::default()
        })
    }
}
