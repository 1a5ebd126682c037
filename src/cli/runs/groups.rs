use strum::IntoEnumIterator as _;

use crate::{
    cli::{
        Failure,
        csv::{self, Csv},
        format,
        open::Context,
        table::{Cell, Look, Table},
    },
    domain::runs::StateWord,
    ops::runs::{self, Group, GroupRequest, Grouping, MetricColumn},
    workspace::Workspace,
};

/// Prints runs by the values of a parameter: a table, CSV or an object.
pub fn print(
    context: &Context,
    ws: &Workspace,
    request: &GroupRequest,
    limit: usize,
    is_csv: bool,
) -> Result<(), Failure> {
    let out = &context.out;
    let mut grouping = runs::groups(ws, request)?;
    for unknown in &grouping.unknown {
        out.warn(&format::short(&unknown.to_string()));
    }
    let all = grouping.groups.len();
    grouping.groups.truncate(limit);
    if out.is_json() {
        return out.json(&grouping);
    }
    if is_csv {
        return out.raw(as_csv(&grouping).text());
    }
    if grouping.groups.is_empty() {
        out.say("no run matches");
        return Ok(());
    }
    out.table(&table(&grouping))?;
    if limit < all {
        out.say(&format!("{limit} of {all} values: --limit shows more"));
    }
    Ok(())
}

fn title(metric: &MetricColumn) -> String {
    format!("{}@{}", metric.metric, metric.value)
}

fn table(grouping: &Grouping) -> Table {
    let mut table = Table::default()
        .text(&grouping.by)
        .number("runs")
        .text("states");
    if let Some(metric) = &grouping.metric {
        table = table
            .number(&format!("mean of {}", title(metric)))
            .number("± std")
            .number("min")
            .number("max")
            .text("best run");
    }
    for group in &grouping.groups {
        table.row(cells(group, grouping.metric.as_ref()));
    }
    table
}

fn cells(group: &Group, metric: Option<&MetricColumn>) -> Vec<Cell> {
    let value = match &group.value {
        Some(value) => format::json(value).into(),
        None => Cell::from("·").look(Look::Dim),
    };
    let states: Vec<String> = group
        .states
        .iter()
        .map(|(state, count)| format!("{count} {state}"))
        .collect();
    let mut cells = vec![
        value,
        group.runs.to_string().into(),
        states.join(", ").into(),
    ];
    if let Some(metric) = metric {
        let number = |value| Cell::from(format::metric(&metric.metric, value));
        let numbers = group.numbers;
        cells.extend([
            number(numbers.map(|numbers| numbers.mean)),
            number(numbers.and_then(|numbers| numbers.std)),
            number(numbers.map(|numbers| numbers.min)),
            number(numbers.map(|numbers| numbers.max)),
            group.best.as_ref().map_or("", |best| &best.name).into(),
        ]);
    }
    cells
}

fn as_csv(grouping: &Grouping) -> Csv {
    let states: Vec<String> = StateWord::iter().map(|state| state.to_string()).collect();
    let mut titles = vec![grouping.by.as_str(), "runs"];
    titles.extend(states.iter().map(String::as_str));
    if grouping.metric.is_some() {
        titles.extend([
            "count",
            "not finite",
            "mean",
            "std",
            "min",
            "max",
            "best",
            "best run",
        ]);
    }
    let mut csv = Csv::titled(titles);
    for group in &grouping.groups {
        let mut fields = vec![csv::json(group.value.as_ref()), group.runs.to_string()];
        fields.extend(StateWord::iter().map(|state| {
            let count = group.states.get(&state).copied();
            count.unwrap_or(0).to_string()
        }));
        if grouping.metric.is_some() {
            let numbers = group.numbers;
            let best = group.best.as_ref();
            fields.extend([
                numbers.map_or(0, |numbers| numbers.count).to_string(),
                group.not_finite.to_string(),
                csv::field(numbers.map(|numbers| numbers.mean)),
                csv::field(numbers.and_then(|numbers| numbers.std)),
                csv::field(numbers.map(|numbers| numbers.min)),
                csv::field(numbers.map(|numbers| numbers.max)),
                csv::field(best.map(|best| best.value)),
                csv::field(best.map(|best| &best.name)),
            ]);
        }
        csv.row(fields);
    }
    csv
}

/// The metric that is named, or the one that the settings name.
pub fn metric(ws: &Workspace, named: Option<&str>) -> Result<Option<MetricColumn>, Failure> {
    let word = named.unwrap_or(&ws.config.ui.metric);
    match word {
        "" => Ok(None),
        word => Ok(Some(MetricColumn::parse(word)?)),
    }
}
