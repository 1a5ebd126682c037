use std::ops::Range;

use super::{VERBS, groups};
use crate::{
    cli::{
        Answer, DONE, Failure,
        columns::{self, Column},
        csv::Csv,
        format,
        open::Context,
        table::Table,
    },
    domain::{
        filter::{self, Filter},
        text::nearest,
    },
    ops::{
        self, Error, Kind,
        runs::{self, GroupRequest, ListRequest, Listing, Sort},
    },
    workspace::Workspace,
};

#[derive(Debug, clap::Args)]
pub struct List {
    /// Which runs; see above. Write `--` before one that begins with `-`.
    filter: Vec<String>,
    /// created, age, dur, name, state, step, or a metric (`val/auc`, `val/loss@last`); the best or newest first.
    #[arg(long, default_value = "created")]
    sort: String,
    /// The other way round.
    #[arg(long)]
    reverse: bool,
    /// Fields, metrics (`val/auc`, `val/loss@last`) and parameters (`p.lr`), with commas between them.
    #[arg(long)]
    columns: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 50)]
    limit: u64,
    /// Those in the trash, which are left out otherwise.
    #[arg(long)]
    trash: bool,
    /// Together by the values of a parameter, with the numbers of a metric.
    #[arg(long, value_name = "PARAM", conflicts_with_all = ["sort", "reverse", "columns"])]
    group_by: Option<String>,
    /// Of groups: `val/auc`, `val/loss@last`.
    #[arg(long, requires = "group_by")]
    metric: Option<String>,
    /// For other programs, numbers as they are.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

impl List {
    pub fn run(self, context: &Context) -> Answer {
        let mut filter = parse(&self.filter.join(" "))?;
        if self.trash {
            filter = filter.and_in_trash();
        }
        let ws = context.workspace()?;
        if let Some(by) = self.group_by {
            let request = GroupRequest {
                filter,
                by: by.strip_prefix("p.").unwrap_or(&by).to_owned(),
                metric: groups::metric(&ws, self.metric.as_deref())?,
                band: None,
            };
            groups::print(context, &ws, &request, self.limit as usize, self.csv)?;
            return Ok(DONE);
        }
        let usual = match ws.config.ui.metric.as_str() {
            "" => columns::USUAL.to_owned(),
            metric => format!("{},{metric}", columns::USUAL),
        };
        let columns = columns::columns(self.columns.as_deref().unwrap_or(&usual))?;
        let request = ListRequest {
            sort: Sort::parse(&self.sort, self.reverse)?,
            columns: columns::metrics(&columns),
            offset: 0,
            limit: self.limit,
            filter,
            around: None,
        };
        let listing = print(context, &ws, &request, &columns, self.csv)?;
        if listing.matched == 0 && 0 < listing.total {
            let verb = self.filter.first().and_then(|word| nearest(word, VERBS));
            if let Some(verb) = verb.filter(|_| 1 < self.filter.len()) {
                context
                    .out
                    .say(&format!("hint: did you mean `sconce runs {verb}`?"));
            }
        }
        Ok(DONE)
    }
}

/// Prints a list of runs: a table and what it leaves out, CSV, or an object.
pub fn print(
    context: &Context,
    ws: &Workspace,
    request: &ListRequest,
    columns: &[Column],
    is_csv: bool,
) -> Result<Listing, Failure> {
    let (out, listing) = (&context.out, runs::list(ws, request)?);
    // A column that is empty in all that is shown is asked of all runs.
    let empty: Vec<&str> = match listing.rows.as_slice() {
        [] => vec![],
        rows => columns
            .iter()
            .filter_map(|column| column.absent_from(rows))
            .collect(),
    };
    let mut unknown = listing.unknown.clone();
    unknown.extend(runs::unknown(ws, &empty)?);
    unknown.dedup();
    for unknown in &unknown {
        out.warn(&format::short(&unknown.to_string()));
    }
    if out.is_json() {
        out.json(&listing)?;
        return Ok(listing);
    }
    if is_csv {
        let mut csv = Csv::titled(columns.iter().map(Column::title));
        for row in &listing.rows {
            csv.row(columns.iter().map(|column| column.field(row, ws.now())));
        }
        out.raw(csv.text())?;
        return Ok(listing);
    }
    let mut table = columns
        .iter()
        .fold(Table::default(), |table, column| match column {
            Column::Field("name" | "experiment" | "note" | "tag") | Column::Param(_) => {
                table.text(&column.title())
            }
            column if column.is_number() => table.number(&column.title()),
            column => table.word(&column.title()),
        });
    for row in &listing.rows {
        table.row(
            columns
                .iter()
                .map(|column| column.cell(row, ws.now()))
                .collect(),
        );
    }
    if !listing.rows.is_empty() {
        out.table(&table)?;
    }
    let shown = listing.rows.len() as u64;
    match (listing.total, listing.matched) {
        (0, _) => out.say(
            "no runs yet: `sconce train` lists presets, `sconce run -- COMMAND` runs any program",
        ),
        (total, 0) => out.say(&format!("no run matches (0 of {total})")),
        (total, matched) if shown < matched => {
            out.say(&format!(
                "{shown} of {matched} that match, {total} in all: --limit shows more"
            ));
        }
        _ => {}
    }
    Ok(listing)
}

/// Reads a filter; a mistake is shown in its place.
pub fn parse(text: &str) -> ops::Result<Filter> {
    Filter::parse(text).map_err(|error| explain(text, &error))
}

/// Characters of a filter that are said again around a mistake, and of these, before it.
const SHOWN: usize = 120;
const BEFORE: usize = 40;

/// What of a filter stands around a part of it, and the characters of that at which the part is.
fn around(text: &str, part: &Range<usize>) -> (String, Range<usize>) {
    let start = text[..part.start].chars().count();
    let end = start + text[part.clone()].chars().count();
    if text.chars().count() <= SHOWN {
        return (text.to_owned(), start..end);
    }
    let from = start.saturating_sub(BEFORE);
    let shown: String = text.chars().skip(from).take(SHOWN).collect();
    let lead = if 0 < from { "…" } else { "" };
    let tail = if text.chars().nth(from + SHOWN).is_some() {
        "…"
    } else {
        ""
    };
    let at = |place: usize| (place - from).min(SHOWN) + lead.chars().count();
    (format!("{lead}{shown}{tail}"), at(start)..at(end))
}

fn explain(text: &str, error: &filter::Error) -> Error {
    let (line, place) = around(text, &error.span);
    let (before, marked) = (place.start, place.len().max(1));
    let place = format!("{line}\n{}{}", " ".repeat(before), "^".repeat(marked));
    let explained =
        Error::new(Kind::Invalid, format!("cannot read the filter: {error}")).because(place);
    match &error.hint {
        Some(hint) => explained.hint(hint),
        None => explained,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_in_a_filter_is_shown_in_its_place() {
        let error = parse("größe:3 state:runing").unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot read the filter: \"runing\" is no value of state"
        );
        assert_eq!(
            error.causes(),
            ["größe:3 state:runing\n              ^^^^^^"]
        );
        assert_eq!(error.hint.as_deref(), Some("did you mean running?"));
    }

    #[test]
    fn of_an_endless_filter_only_what_is_around_the_mistake_is_said() {
        let many = "größe:3 ".repeat(6_000);
        for text in [
            format!("{}:", "x".repeat(50_000)),
            format!("{many}state:runing {many}"),
            format!("{many}state:{}", "y".repeat(50_000)),
            "lr>".repeat(20_000),
        ] {
            let error = parse(&text).unwrap_err();
            let said = format!("{error}{:?}{:?}", error.causes(), error.hint);
            assert!(said.len() < 1_000, "{said}");
        }
        let error = parse(&format!("{many}state:runing {many}")).unwrap_err();
        let cause = &error.causes()[0];
        let (line, marks) = cause.split_once('\n').unwrap();
        let at = marks.find('^').unwrap();
        let marked: String = line.chars().skip(at).take(marks.len() - at).collect();
        assert_eq!(marked, "runing");
    }
}
