use serde_json::Value;

use crate::{
    cli::{
        Answer, DONE, Failure,
        csv::{self, Csv},
        format,
        open::Context,
        table::{Cell, Look, Table},
    },
    ops::runs::{self, Code, ComparedMetric, Comparison},
};

/// Show runs beside each other: what differs, and which is best
///
/// Metrics are compared by their best value, or their last where nobody knows which way is better; the best is marked, and
/// each says how far it is from the first run. Of parameters, code, data and surroundings only what differs is shown.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce runs compare brave-otter-7 calm-heron-2\n  sconce runs compare brave-otter-7 calm-heron-2 --diff\n  sconce runs compare brave-otter-7 calm-heron-2 --markdown > pull-request.md"
)]
pub struct Compare {
    /// Names, or enough leading digits of ids: 2 to 8.
    #[arg(required = true, num_args = 2..)]
    runs: Vec<String>,
    /// Parameters that are the same, too.
    #[arg(long)]
    all: bool,
    /// How the changes to the code differ, where the commit is the same.
    #[arg(long, conflicts_with_all = ["csv", "markdown", "json"])]
    diff: bool,
    /// For other programs, numbers as they are.
    #[arg(long, conflicts_with_all = ["json", "markdown"])]
    csv: bool,
    /// For a pull request.
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

impl Compare {
    pub fn run(self, context: &Context) -> Answer {
        let ws = context.workspace()?;
        let mut ids = vec![];
        for run in &self.runs {
            let id = runs::find(&ws, run)?;
            if ids.contains(&id) {
                let message = format!("{} is named twice: it stands once", format::short(run));
                context.out.warn(&message);
            } else {
                ids.push(id);
            }
        }
        let comparison = runs::compare(&ws, &ids)?;
        let out = &context.out;
        if out.is_json() {
            out.json(&comparison)?;
        } else if self.csv {
            out.raw(as_csv(&comparison, self.all).text())?;
        } else if self.markdown {
            out.raw(&table(&comparison, self.all).markdown())?;
        } else {
            out.table(&table(&comparison, self.all))?;
            changes(context, &comparison, self.diff)?;
        }
        Ok(DONE)
    }
}

fn table(comparison: &Comparison, with_same: bool) -> Table {
    let titles = comparison.runs.iter().map(|run| run.name.as_str());
    let mut table = titles.fold(Table::default().text(""), Table::number);
    let mut row = |name: &str, cells: Vec<Cell>| {
        table.row([Cell::from(name)].into_iter().chain(cells).collect());
    };
    let states = comparison.runs.iter().map(|run| run.state.word());
    row(
        "state",
        states.map(|word| word.to_string().into()).collect(),
    );
    for (name, values) in &comparison.params {
        row(name, values.iter().map(value).collect());
    }
    for (name, same) in comparison.same_params.iter().filter(|_| with_same) {
        let same = Some(same.clone());
        row(name, comparison.runs.iter().map(|_| value(&same)).collect());
    }
    for metric in &comparison.metrics {
        row(&title(metric), best(metric));
        if metric.direction.is_some() && metric.last != metric.values {
            let last = metric.last.iter();
            let cells = last.map(|value| format::metric(&metric.metric, *value).into());
            row(&format!("{}@last", metric.metric), cells.collect());
        }
    }
    if differ(&comparison.code) {
        row(
            "code",
            comparison
                .code
                .iter()
                .map(|code| commit(code.as_ref()))
                .collect(),
        );
    }
    if differ(&comparison.data) {
        let hashes = comparison.data.iter();
        let cells = hashes.map(|hash| hash.as_deref().map_or("·", |hash| head(hash)).into());
        row("data", cells.collect());
    }
    for (name, values) in &comparison.surroundings {
        row(name, values.iter().map(value).collect());
    }
    table
}

fn differ<T: PartialEq>(values: &[T]) -> bool {
    values.windows(2).any(|pair| pair[0] != pair[1])
}

fn title(metric: &ComparedMetric) -> String {
    match metric.direction {
        Some(_) => format!("{}@best", metric.metric),
        None => metric.metric.clone(),
    }
}

fn value(value: &Option<Value>) -> Cell {
    let text = value.as_ref().map(format::json);
    text.unwrap_or_else(|| "·".to_owned()).into()
}

/// `* 0.9120 (+0.0110)`: the mark of the best, and how far from the first.
fn best(metric: &ComparedMetric) -> Vec<Cell> {
    let deltas = metric.values.iter().zip(&metric.deltas).enumerate();
    let cells = deltas.map(|(at, (value, delta))| {
        let is_best = metric.best == Some(at);
        let mark = if is_best { "* " } else { "" };
        let text = format::metric(&metric.metric, *value);
        let far = match delta {
            Some(delta) if *delta < 0.0 => {
                format!(" (-{})", format::metric(&metric.metric, Some(-delta)))
            }
            Some(delta) => format!(" (+{})", format::metric(&metric.metric, Some(*delta))),
            None => String::new(),
        };
        let cell = Cell::from(format!("{mark}{text}{far}"));
        if is_best { cell.look(Look::Bold) } else { cell }
    });
    cells.collect()
}

/// `e751949a + changes`
fn commit(code: Option<&Code>) -> Cell {
    let Some(code) = code else {
        return "·".into();
    };
    let commit = code.commit.as_deref().map_or("no commit", head);
    let changes = if code.dirty { " + changes" } else { "" };
    format!("{commit}{changes}").into()
}

fn head(hash: &str) -> &str {
    hash.get(..8).unwrap_or(hash)
}

/// How the code of each run differs from that of the first.
fn changes(context: &Context, comparison: &Comparison, with_diff: bool) -> Result<(), Failure> {
    let out = &context.out;
    let first = &comparison.runs[0].name;
    let others = comparison.runs.iter().zip(&comparison.code_changes);
    for (run, changes) in others {
        let Some(changes) = changes else {
            continue;
        };
        if !with_diff {
            out.say(&format!(
                "hint: {} and {first} were started with other changes to the code: --diff shows them",
                run.name
            ));
            continue;
        }
        out.line(format!(
            "\nchanges of {} against those of {first}",
            run.name
        ))?;
        out.line(format::safe_lines(changes))?;
    }
    let commits = comparison.code.iter().flatten();
    let mut commits: Vec<&str> = commits.filter_map(|code| code.commit.as_deref()).collect();
    commits.dedup();
    if let [one, other, ..] = commits.as_slice() {
        out.say(&format!(
            "hint: `git diff {} {}` shows what lies between the commits",
            head(one),
            head(other)
        ));
    }
    Ok(())
}

fn as_csv(comparison: &Comparison, with_same: bool) -> Csv {
    let names = comparison.runs.iter().map(|run| run.name.as_str());
    let mut csv = Csv::titled(["what", "name"].into_iter().chain(names));
    let mut row = |what: &str, name: &str, fields: Vec<String>| {
        csv.row([what.to_owned(), name.to_owned()].into_iter().chain(fields));
    };
    let numbers = |values: &[Option<f64>]| values.iter().map(|value| csv::field(*value)).collect();
    let values = |values: &[Option<Value>]| {
        let fields = values.iter().map(|value| csv::json(value.as_ref()));
        fields.collect::<Vec<_>>()
    };
    let states = comparison.runs.iter().map(|run| run.state.word());
    row(
        "state",
        "state",
        states.map(|word| word.to_string()).collect(),
    );
    for (name, found) in &comparison.params {
        row("param", name, values(found));
    }
    for (name, same) in comparison.same_params.iter().filter(|_| with_same) {
        let fields = comparison.runs.iter().map(|_| csv::json(Some(same)));
        row("param", name, fields.collect());
    }
    for metric in &comparison.metrics {
        row("metric", &title(metric), numbers(&metric.values));
        row("delta", &title(metric), numbers(&metric.deltas));
        if metric.direction.is_some() {
            row(
                "metric",
                &format!("{}@last", metric.metric),
                numbers(&metric.last),
            );
        }
    }
    let code = |field: fn(&Code) -> String| {
        let all = comparison.code.iter();
        all.map(|code| csv::field(code.as_ref().map(field)))
            .collect()
    };
    row(
        "code",
        "commit",
        code(|code| csv::field(code.commit.as_ref())),
    );
    row("code", "dirty", code(|code| code.dirty.to_string()));
    row(
        "data",
        "hash",
        comparison
            .data
            .iter()
            .map(|hash| csv::field(hash.as_ref()))
            .collect(),
    );
    for (name, found) in &comparison.surroundings {
        row("surroundings", name, values(found));
    }
    csv
}
