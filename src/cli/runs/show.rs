use crate::{
    cli::{
        Answer, DONE, Failure, columns, format, open::Context, out::Out, table::Table,
        wait::how_it_ended,
    },
    domain::runs::{Run, Tag},
    ops::runs::{self, Detail},
};

/// Show one run: state, parameters, metrics, files
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
        out.table(&head(&detail))?;
        section(out, "parameters", &params(&detail.run))?;
        section(out, "metrics", &metrics(&detail))?;
        section(out, "files", &files(&detail))?;
        if detail.run.state.has_ended() {
            out.line("")?;
            out.line(how_it_ended(&detail.run))?;
        }
        Ok(DONE)
    }
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
                event
                    .step
                    .map_or_else(String::new, |step| step.to_string())
                    .into(),
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

fn head(detail: &Detail) -> Table {
    let run = &detail.run;
    let tags: Vec<&str> = run.tags.iter().map(Tag::as_str).collect();
    let id = run.id.to_string();
    let rows = [
        ("id", id),
        ("experiment", run.experiment.clone()),
        ("preset", run.preset.clone().unwrap_or_default()),
        ("by", run.actor.to_string()),
        ("created", format::moment(run.created)),
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
    for (name, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
        table.row(vec![name.into(), value.into()]);
    }
    table
}

fn params(run: &Run) -> Table {
    let mut table = Table::default().text("").text("");
    for (name, value) in &run.params {
        table.row(vec![format!("  {name}").into(), format::json(value).into()]);
    }
    table
}

fn metrics(detail: &Detail) -> Table {
    let mut table = Table::default()
        .text("")
        .number("best")
        .number("last")
        .number("points")
        .number("NaN");
    for metric in &detail.metrics {
        let best = metric.best().map(|best| best.value);
        let nan = if metric.nan == 0 {
            String::new()
        } else {
            metric.nan.to_string()
        };
        table.row(vec![
            format!("  {}", metric.metric).into(),
            format::number(best).into(),
            format::number(Some(metric.last)).into(),
            metric.points.to_string().into(),
            nan.into(),
        ]);
    }
    table
}

fn files(detail: &Detail) -> Table {
    let mut table = Table::default().text("").word("");
    for artifact in &detail.artifacts {
        let kind = artifact.kind.as_deref().unwrap_or_default();
        table.row(vec![format!("  {}", artifact.path).into(), kind.into()]);
    }
    table
}
