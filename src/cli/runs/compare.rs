use crate::{
    cli::{
        Answer, DONE, format,
        open::Context,
        table::{Cell, Look, Table},
    },
    ops::runs,
};

/// Show runs beside each other: what differs, and which is best
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:\n  sconce runs compare brave-otter-7 calm-heron-2")]
pub struct Compare {
    /// Names, or enough leading digits of ids.
    #[arg(required = true, num_args = 2..)]
    runs: Vec<String>,
}

impl Compare {
    pub fn run(self, context: &Context) -> Answer {
        let ws = context.workspace()?;
        let ids = self
            .runs
            .iter()
            .map(|run| runs::find(&ws, run))
            .collect::<Result<Vec<_>, _>>()?;
        let comparison = runs::compare(&ws, &ids)?;
        let out = &context.out;
        if out.is_json() {
            out.json(&comparison)?;
            return Ok(DONE);
        }
        let titles = comparison.runs.iter().map(|run| run.name.as_str());
        let mut table = titles.fold(Table::default().text(""), Table::number);
        let states = comparison
            .runs
            .iter()
            .map(|run| run.state.word().to_string().into());
        table.row([Cell::from("state")].into_iter().chain(states).collect());
        for (name, values) in &comparison.params {
            let cells = values.iter().map(|value| {
                value
                    .as_ref()
                    .map_or_else(|| "·".into(), |value| format::json(value).into())
            });
            table.row(
                [Cell::from(name.as_str())]
                    .into_iter()
                    .chain(cells)
                    .collect(),
            );
        }
        for metric in &comparison.metrics {
            let cells = metric.values.iter().enumerate().map(|(at, value)| {
                let is_best = metric.best == Some(at);
                let mark = if is_best { "* " } else { "" };
                let cell = Cell::from(format!("{mark}{}", format::metric(&metric.metric, *value)));
                if is_best { cell.look(Look::Bold) } else { cell }
            });
            table.row(
                [Cell::from(metric.metric.as_str())]
                    .into_iter()
                    .chain(cells)
                    .collect(),
            );
        }
        out.table(&table)?;
        Ok(DONE)
    }
}
