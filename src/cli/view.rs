use clap::ValueEnum;
use serde_json::json;

use super::{
    Answer, DONE, Failure, columns, data, jobs,
    open::Context,
    runs::{print_list, print_run},
};
use crate::{
    domain::{
        filter::Filter,
        teletype,
        text::{self, counted},
    },
    ops::{
        Error, Kind, logs,
        runs::{self, ListRequest},
    },
    workspace::Workspace,
};

/// Lines of a run's output, and the bytes that they are looked for in.
const LINES: usize = 20;
const LOG: u64 = 64 << 10;

/// Print a view of the screen as text
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce view bench --plain\n  sconce view live --json\n  sconce view run brave-otter-7\n  sconce view data penguins@v3\n  sconce view runs --csv"
)]
pub struct View {
    /// The view.
    name: Name,
    /// Of `run`, which one: a name, or enough leading digits of an id; of `data`, a version.
    run: Option<String>,
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
    /// Runs at work; with none, the one that ended last.
    Live,
    /// Data versions; of one, what is known of it, what is in its tables, and what changed.
    Data,
    Jobs,
    /// One run: how far it is, its metrics, parameters, files, and the end of its output.
    Run,
}

impl View {
    pub fn run(self, context: &Context) -> Answer {
        if let (Some(run), false) = (&self.run, matches!(self.name, Name::Run | Name::Data)) {
            let error = Error::new(
                Kind::Invalid,
                format!("this view is not of one run: {run:?}"),
            );
            return Err(error.hint(format!("`sconce view run {run}` is")).into());
        }
        let ws = context.workspace()?;
        match self.name {
            Name::Runs => self.list(context, &ws, "")?,
            Name::Live => self.live(context, &ws)?,
            Name::Run => self.one(context, &ws)?,
            Name::Data if let Some(version) = &self.run => {
                if self.csv {
                    let error = Error::new(Kind::Invalid, "a version is more than one table");
                    let hint = format!("`sconce view data {version} --json`");
                    return Err(error.hint(hint).into());
                }
                data::print_version(context, &ws, version)?;
            }
            Name::Data => data::print(context, &ws, self.limit, self.csv)?,
            Name::Jobs => jobs::print(context, &ws, self.limit, self.csv)?,
            Name::Bench if self.csv => {
                let error = Error::new(Kind::Invalid, "the bench is more than one table");
                return Err(error.hint("`sconce view bench --json`").into());
            }
            Name::Bench => self.bench(context, &ws)?,
        }
        Ok(DONE)
    }

    /// What is at work; with nothing there the run that ended last, as the screen has it.
    fn live(&self, context: &Context, ws: &Workspace) -> Result<(), Failure> {
        let at_work = runs::list(ws, &self.request(runs::AT_WORK)?)?;
        if !at_work.rows.is_empty() || !self.filter.is_empty() {
            return self.list(context, ws, runs::AT_WORK);
        }
        let ended = runs::list(ws, &self.request(runs::ENDED)?)?;
        let last = ended.rows.iter().max_by_key(|row| row.run.state.ended());
        let Some(last) = last else {
            context
                .out
                .say("nothing is at work, and nothing has ended yet");
            return self.list(context, ws, runs::AT_WORK);
        };
        context.out.say("nothing is at work; this run ended last");
        self.list(context, ws, &format!("id:{}", last.run.id))
    }

    /// What a run's page shows, one part below the other.
    fn one(&self, context: &Context, ws: &Workspace) -> Result<(), Failure> {
        let Some(run) = &self.run else {
            let error = Error::new(Kind::Invalid, "which run?");
            return Err(error
                .hint("`sconce view run NAME`; `sconce runs` lists them")
                .into());
        };
        if self.csv {
            let error = Error::new(Kind::Invalid, "a run is more than one table");
            return Err(error.hint(format!("`sconce view run {run} --json`")).into());
        }
        let detail = runs::show(ws, &runs::find(ws, run)?)?;
        let log = logs::read(ws, &detail.run.id, logs::Part::Tail, LOG)?;
        let lines = teletype::lines(&log.text);
        let newest = &lines[lines.len().saturating_sub(LINES)..];
        let out = &context.out;
        if out.is_json() {
            return out.json(&json!({ "run": detail, "log": newest }));
        }
        print_run(context, ws, &detail)?;
        if !newest.is_empty() {
            out.line("\nlog")?;
        }
        for line in newest {
            out.line(format!("  {}", text::shown(line)))?;
        }
        Ok(())
    }

    fn list(&self, context: &Context, ws: &Workspace, only: &str) -> Result<(), Failure> {
        let columns = columns::columns(columns::USUAL)?;
        print_list(context, ws, &self.request(only)?, &columns, self.csv)?;
        Ok(())
    }

    fn bench(&self, context: &Context, ws: &Workspace) -> Result<(), Failure> {
        let (out, counts) = (&context.out, runs::counts(ws)?);
        if out.is_json() {
            let live = runs::list(ws, &self.request(runs::AT_WORK)?)?;
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
            self.list(context, ws, runs::AT_WORK)?;
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
