//! What changed inside tables, for people.

use crate::{
    cli::{Failure, Out, format, table::Table},
    data::compare::{Change, ColumnChange, Drift, SchemaChange},
    domain::text::{counted, share, thousands},
    ops::datasets::{Compared, Contents, MOST_TABLES, TableChange},
    stats::Category,
};

/// Columns that are listed of a table; JSON has them all.
const MOST_COLUMNS: usize = 40;
/// Categories that are named.
const NAMED: usize = 3;

/// The tables, one after another.
pub fn print(out: &Out, contents: &Contents) -> Result<(), Failure> {
    for table in &contents.tables {
        out.line("")?;
        print_table(out, table)?;
    }
    if 0 < contents.left_out {
        let more = counted(contents.left_out, "more table");
        out.say(&format!("{more} not compared: the first {MOST_TABLES} are"));
    }
    Ok(())
}

fn print_table(out: &Out, found: &TableChange) -> Result<(), Failure> {
    let name = match found.old_path == found.path {
        true => found.path.clone(),
        false => format!("{} to {}", found.old_path, found.path),
    };
    let change = match &found.verdict {
        Compared::Compared(change) => change,
        Compared::NotCompared { why } => return out.line(format!("{name}: not compared: {why}")),
    };
    out.line(format!("{name}: {}", rows(change)))?;
    for line in schema(&change.schema) {
        out.line(line)?;
    }
    let mut table = Table::default()
        .text("column")
        .word("missing")
        .number("JS")
        .number("PSI")
        .number("p")
        .number("by")
        .word("moved")
        .text("");
    for column in change.columns.iter().take(MOST_COLUMNS) {
        let [distance, psi, p, by, words] = cells(column);
        let moved = change.moved(column);
        table.row(vec![
            column.name.as_str().into(),
            missing(column, change).into(),
            distance.into(),
            psi.into(),
            p.into(),
            by.into(),
            moved
                .map_or_else(String::new, |moved| moved.to_string())
                .into(),
            words.into(),
        ]);
    }
    out.table(&table)?;
    if let Some(more) = change.columns.len().checked_sub(MOST_COLUMNS + 1) {
        let more = counted(more as u64 + 1, "more column");
        out.say(&format!("and {more}: --json has them all"));
    }
    Ok(())
}

fn rows(change: &Change) -> String {
    let rows = &change.rows;
    let number = |count: u64| thousands(count as i64);
    let changed = rows.changed.map_or_else(String::new, |changed| {
        format!(", {} changed", number(changed))
    });
    format!(
        "{} to {} rows, {} added, {} removed{changed}",
        number(rows.old),
        number(rows.new),
        number(rows.added),
        number(rows.removed),
    )
}

fn schema(schema: &SchemaChange) -> Vec<String> {
    let mut lines = vec![];
    for (word, names) in [("added", &schema.added), ("removed", &schema.removed)] {
        let names: Vec<String> = names.iter().map(|name| format::short(name)).collect();
        if !names.is_empty() {
            lines.push(format!("columns {word}: {}", names.join(", ")));
        }
    }
    let retyped = schema.retyped.iter();
    lines.extend(retyped.map(|column| {
        let name = format::short(&column.name);
        format!("column {name} was {} and is {}", column.old, column.new)
    }));
    lines
}

/// The share of cells without a value, where it changed.
fn missing(column: &ColumnChange, change: &Change) -> String {
    let before = share(column.nulls[0], change.rows.old);
    let after = share(column.nulls[1], change.rows.new);
    match before == after {
        true => before,
        false => format!("{before} to {after}"),
    }
}

/// Distance, stability index, p-value of the test that fits, how far numbers moved, and words.
fn cells(column: &ColumnChange) -> [String; 5] {
    let number = |value: f64| format::number(Some(value));
    match &column.drift {
        Drift::Numbers {
            distances,
            kolmogorov_smirnov,
            wasserstein,
            ..
        } => [
            number(distances.jensen_shannon),
            number(distances.psi),
            number(kolmogorov_smirnov.p),
            number(*wasserstein),
            String::new(),
        ],
        Drift::Categories {
            distances,
            chi_square,
            unseen,
            missing,
            ..
        } => {
            let parts = [names("new", unseen), names("gone", missing)];
            let words: Vec<String> = parts.into_iter().flatten().collect();
            [
                number(distances.jensen_shannon),
                number(distances.psi),
                number(chi_square.p),
                String::new(),
                words.join("; "),
            ]
        }
        Drift::Nothing { why } => {
            let [distance, psi, p, moved] = <[String; 4]>::default();
            [distance, psi, p, moved, why.clone()]
        }
    }
}

fn names(word: &str, categories: &[Category]) -> Option<String> {
    let named = categories.iter().take(NAMED);
    let mut names: Vec<String> = named
        .map(|category| format::short(&category.name))
        .collect();
    if let Some(more) = categories.len().checked_sub(NAMED).filter(|more| 0 < *more) {
        names.push(format!("{more} more"));
    }
    (!categories.is_empty()).then(|| format!("{word}: {}", names.join(", ")))
}
