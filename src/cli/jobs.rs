use clap::Subcommand;
use serde_json::json;

use super::{
    Answer, DONE, Failure, columns,
    csv::{self, Csv},
    format,
    open::Context,
    table::{Cell, Table},
};
use crate::{
    domain::{jobs::JobState, runs::RunState},
    ops::{
        Error, Kind,
        jobs::{self, JobRow},
        runs,
    },
    workspace::Workspace,
};

/// Show the queue, and order it
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  sconce jobs\n  sconce jobs priority brave-otter-7 90")]
pub struct Jobs {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// At most so many ended ones.
    #[arg(long, default_value_t = 20)]
    limit: u64,
    /// For other programs, numbers as they are.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Put a queued job before or behind others; larger goes first
    #[command(after_long_help = "Example:\n  sconce jobs priority brave-otter-7 90")]
    Priority {
        run: String,
        #[arg(allow_negative_numbers = true)]
        priority: i32,
    },
    /// Take a queued job out of the queue
    #[command(after_long_help = "Example:\n  sconce jobs cancel brave-otter-7")]
    Cancel { run: String },
}

impl Jobs {
    pub fn run(self, context: &Context) -> Answer {
        let ws = context.workspace()?;
        match self.verb {
            None => print(context, &ws, self.limit, self.csv)?,
            Some(Verb::Priority { run, priority }) => {
                jobs::set_priority(&ws, &runs::find(&ws, &run)?, priority)?;
                let out = &context.out;
                if out.is_json() {
                    out.json(&json!({ "run": run, "priority": priority }))?;
                } else {
                    out.line(format!("{run}: priority {priority}"))?;
                }
            }
            Some(Verb::Cancel { run }) => cancel(context, &ws, &run)?,
        }
        Ok(DONE)
    }
}

fn cancel(context: &Context, ws: &Workspace, name: &str) -> Result<(), Failure> {
    let run = runs::get(ws, &runs::find(ws, name)?)?;
    if run.state != RunState::Queued {
        let message = format!("{} is {}, not queued", run.name, run.state.word());
        let hint = format!(
            "`sconce runs stop {}` stops a run wherever it stands",
            run.name
        );
        return Err(Error::new(Kind::Conflict, message).hint(hint).into());
    }
    let run = runs::stop(ws, &run.id, runs::Stop::Now)?;
    if context.out.is_json() {
        return context.out.json(&run);
    }
    context.out.line(format!("{}: out of the queue", run.name))
}

/// Prints the queue: live and queued jobs first, then the newest ended ones.
pub fn print(context: &Context, ws: &Workspace, limit: u64, is_csv: bool) -> Result<(), Failure> {
    let (out, rows) = (&context.out, jobs::list(ws, limit)?);
    if out.is_json() {
        return out.json(&rows);
    }
    if is_csv {
        return out.raw(as_csv(&rows).text());
    }
    if rows.is_empty() {
        out.say("no jobs yet: `sconce train PRESET` or `sconce run -- COMMAND` queues one");
        return Ok(());
    }
    let has_attempts = rows.iter().any(|row| row.job.attempt != 1);
    let mut table = Table::default().word("run");
    if has_attempts {
        table = table.number("attempt");
    }
    let table = table.word("state").number("priority").number("step");
    let mut table = table.word("slot").text("waits for").number("age");
    for row in &rows {
        let attempt = match row.job.attempt {
            1 => Cell::default(),
            attempt => attempt.to_string().into(),
        };
        let name = [row.name.as_str().into(), attempt];
        let mut cells: Vec<Cell> = name
            .into_iter()
            .take(1 + usize::from(has_attempts))
            .collect();
        cells.extend([
            columns::state(row.run_state.word()),
            row.job.priority.to_string().into(),
            format::steps(&row.progress).into(),
            held(row).into(),
            row.waits.as_deref().unwrap_or_default().into(),
            format::age(row.job.created, ws.now()).into(),
        ]);
        table.row(cells);
    }
    out.table(&table)
}

fn as_csv(rows: &[JobRow]) -> Csv {
    let titles = [
        "run",
        "id",
        "attempt",
        "state",
        "priority",
        "step",
        "slot",
        "waits for",
        "created",
    ];
    let mut csv = Csv::titled(titles);
    for row in rows {
        csv.row([
            row.name.clone(),
            row.job.run.to_string(),
            row.job.attempt.to_string(),
            row.run_state.word().to_string(),
            row.job.priority.to_string(),
            csv::field(row.progress.known_step()),
            held(row),
            csv::field(row.waits.as_ref()),
            row.job.created.rfc3339(),
        ]);
    }
    csv
}

/// `cores 0,1 gpu 0`, for a job that holds one.
fn held(row: &JobRow) -> String {
    let JobState::Leased { slot, .. } = &row.job.state else {
        return String::new();
    };
    let list = |numbers: &[u32]| {
        numbers
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(",")
    };
    let gpus = if slot.gpus.is_empty() {
        String::new()
    } else {
        format!(" gpu {}", list(&slot.gpus))
    };
    format!("core {}{gpus}", list(&slot.cpus))
}
