use std::fmt::Display;

use serde_json::Value;

use crate::{
    cli::{
        Answer, DONE, Failure, columns, format,
        open::Context,
        out::Out,
        table::{Cell, Table},
    },
    domain::{
        runs::{Ending, Run, RunState, Tag},
        text::thousands,
        time::{Span, Timestamp},
    },
    ops::runs::{self, Detail},
    workspace::Workspace,
};

/// Show one run: state, what it was made from, parameters, metrics, files
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce runs show brave-otter-7\n  sconce runs show 3f2a --json"
)]
pub struct Show {
    /// A name, or enough leading digits of an id.
    run: String,
}

impl Show {
    pub fn run(self, context: &Context) -> Answer {
        let ws = context.workspace()?;
        let detail = runs::show(&ws, &runs::find(&ws, &self.run)?)?;
        let out = &context.out;
        if out.is_json() {
            out.json(&detail)?;
            return Ok(DONE);
        }
        print(context, &ws, &detail)?;
        Ok(DONE)
    }
}

/// Prints all that is known of a run.
pub fn print(context: &Context, ws: &Workspace, detail: &Detail) -> Result<(), Failure> {
    let out = &context.out;
    out.table(&head(detail, ws.now()))?;
    section(out, "made from", &made_from(&detail.captured))?;
    section(out, "environment", &environment(&detail.captured))?;
    section(out, "parameters", &params(&detail.run))?;
    section(out, "metrics", &metrics(detail))?;
    section(out, "files", &files(detail))?;
    if let RunState::Ended {
        how: Ending::Failed { message, .. },
        ..
    } = &detail.run.state
        && !message.trim().is_empty()
    {
        let message = format::safe_lines(message.trim_end());
        out.line(format!("\nfailed\n  {}", message.replace('\n', "\n  ")))?;
    }
    Ok(())
}

/// Show what happened to a run
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:\n  sconce runs events brave-otter-7")]
pub struct Events {
    /// A name, or enough leading digits of an id.
    run: String,
}

impl Events {
    pub fn run(self, context: &Context) -> Answer {
        let ws = context.workspace()?;
        let events = runs::show(&ws, &runs::find(&ws, &self.run)?)?.events;
        let out = &context.out;
        if out.is_json() {
            out.json(&events)?;
            return Ok(DONE);
        }
        let mut table = Table::default().word("time").number("step").text("what");
        for event in &events {
            table.row(vec![
                format::moment(event.time).into(),
                event.step.map_or_else(|| "·".to_owned(), thousands).into(),
                event.what.sentence().into(),
            ]);
        }
        out.table(&table)?;
        Ok(DONE)
    }
}

fn section(out: &Out, title: &str, table: &Table) -> Result<(), Failure> {
    if table.is_empty() {
        return Ok(());
    }
    out.line(format!("\n{title}"))?;
    out.table(table)
}

fn head(detail: &Detail, now: Timestamp) -> Table {
    let run = &detail.run;
    let tags: Vec<&str> = run.tags.iter().map(Tag::as_str).collect();
    let moment = |time: Option<Timestamp>| time.map_or_else(String::new, format::moment);
    let (exit, by) = match &run.state {
        RunState::Ended { how, .. } => match how {
            Ending::Failed { exit, .. } => (exit.to_string(), ""),
            Ending::Stopped { by } => (String::new(), by.as_str()),
            Ending::Done | Ending::Lost | Ending::Unseen => (String::new(), ""),
        },
        _ => (String::new(), ""),
    };
    let dur = run.state.duration(now).map(|ms| Span(ms).to_string());
    let trashed = run.trashed.as_ref();
    let trashed = trashed.map(|put| format!("{} by {}", format::moment(put.at), put.by));
    let rows = [
        ("in the trash", trashed.unwrap_or_default()),
        ("exit", exit),
        ("stopped by", by.to_owned()),
        ("id", run.id.to_string()),
        ("experiment", run.experiment.clone()),
        ("preset", run.preset.clone().unwrap_or_default()),
        ("by", run.actor.to_string()),
        ("created", format::moment(run.created)),
        ("started", moment(run.state.started())),
        ("ended", moment(run.state.ended())),
        ("dur", dur.unwrap_or_default()),
        ("attempt", run.attempt.to_string()),
        ("step", format::steps(&run.progress)),
        ("tags", tags.join(" ")),
        ("note", run.note.clone()),
        ("folder", detail.dir.display().to_string()),
    ];
    let mut table = Table::default().word("").text("");
    table.row(vec![
        run.name.as_str().into(),
        columns::state(run.state.word()),
    ]);
    pairs(table, "", rows)
}

/// A row for each value that there is.
fn pairs<N: Display>(
    mut table: Table,
    indent: &str,
    rows: impl IntoIterator<Item = (N, String)>,
) -> Table {
    for (name, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
        table.row(vec![format!("{indent}{name}").into(), value.into()]);
    }
    table
}

/// From what it was made: the command, the folder, the commit, the machine.
fn made_from(captured: &Value) -> Table {
    let text = |path: &str| match captured.pointer(path) {
        None | Some(Value::Null) => String::new(),
        Some(value) => format::json(value),
    };
    let command = match &captured["argv"] {
        Value::Array(words) => {
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            format::command(&words)
        }
        _ => text("/argv"),
    };
    let memory = captured["memory"].as_u64();
    let rows = [
        ("command", command),
        ("in", text("/cwd")),
        ("commit", commit(&captured["git"])),
        ("host", text("/host")),
        ("os", text("/os")),
        ("cores", text("/cpus")),
        (
            "memory",
            memory.map_or_else(|| text("/memory"), |mib| format::bytes(mib << 20)),
        ),
        ("sconce", text("/sconce")),
    ];
    pairs(Table::default().word("").text(""), "  ", rows)
}

/// `3f2a9c… on main, with changes`.
fn commit(git: &Value) -> String {
    let Some(commit) = git["commit"].as_str() else {
        return git.as_str().map(format::short).unwrap_or_default();
    };
    let branch = git["branch"].as_str().map(|branch| format!(" on {branch}"));
    let dirty = match git["dirty"].as_bool() {
        Some(true) => ", with changes",
        Some(false) => ", clean",
        None => "",
    };
    format!("{commit}{}{dirty}", branch.unwrap_or_default())
}

/// The variables that were kept with their values.
fn environment(captured: &Value) -> Table {
    let kept = captured["env"].as_object().into_iter().flatten();
    let rows = kept.map(|(name, value)| (name, format::json(value)));
    pairs(Table::default().text("").text(""), "  ", rows)
}

fn params(run: &Run) -> Table {
    let rows = run
        .params
        .iter()
        .map(|(name, value)| (name, format::json(value)));
    pairs(Table::default().text("").text(""), "  ", rows)
}

fn metrics(detail: &Detail) -> Table {
    let mut table = Table::default()
        .text("")
        .number("best")
        .number("last")
        .number("points")
        .number("NaN");
    let has_infinite = detail.metrics.iter().any(|metric| metric.infinite != 0);
    if has_infinite {
        table = table.number("∞");
    }
    for metric in &detail.metrics {
        let best = metric.best().map(|best| best.value);
        let some = |count: u64| match count {
            0 => String::new(),
            count => thousands(count as i64),
        };
        let mut cells: Vec<Cell> = vec![
            format!("  {}", metric.metric).into(),
            format::metric(&metric.metric, best).into(),
            format::metric(&metric.metric, Some(metric.last)).into(),
            thousands(metric.points as i64).into(),
            some(metric.nan).into(),
        ];
        if has_infinite {
            cells.push(some(metric.infinite).into());
        }
        table.row(cells);
    }
    table
}

fn files(detail: &Detail) -> Table {
    let mut table = Table::default().text("").word("").word("");
    for artifact in &detail.artifacts {
        let kind = artifact.kind.as_deref().unwrap_or_default();
        let is_missing = detail.missing.contains(&artifact.path);
        let missing = if is_missing { "missing" } else { "" };
        let path = format!("  {}", artifact.path);
        table.row(vec![path.into(), kind.into(), missing.into()]);
    }
    table
}
