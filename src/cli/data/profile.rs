use crate::{
    cli::{
        Answer, DONE, Failure, INTERRUPTED, Out, format, open::Context, progress::watch,
        table::Table,
    },
    data::profile::{Column, Distinct, Histogram, Kind, Verdict},
    domain::text::{counted, share},
    ops::datasets::{self, MOST_TABLES, Profiles, TableProfile},
};

/// Say what is in the tables of a version, column by column
///
/// CSV, TSV, Parquet and NDJSON files, told by their ending, 20 of them at most, are read once and what is found is kept:
/// types, missing and distinct values, least, mean and greatest, the commonest texts. --json has it whole, with quantiles and
/// histograms. Tables may be of any length.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce data profile penguins@v2\n  sconce data profile penguins --json"
)]
pub struct Profile {
    version: String,
}

impl Profile {
    pub fn run(self, context: &Context) -> Answer {
        let ws = context.workspace()?;
        let out = &context.out;
        let found = watch(out, |progress| {
            datasets::profile(&ws, &self.version, progress)
        })?;
        let Some((version, profiles)) = found else {
            out.say("interrupted: what was found so far is kept; do it again to go on");
            return Ok(INTERRUPTED);
        };
        if out.is_json() {
            out.json(&profiles)?;
            return Ok(DONE);
        }
        if profiles.tables.is_empty() {
            out.say(&format!("{} holds no table", version.name()));
        }
        print(out, &profiles)?;
        Ok(DONE)
    }
}

/// The tables of a version, one after another.
pub fn print(out: &Out, profiles: &Profiles) -> Result<(), Failure> {
    for (at, table) in profiles.tables.iter().enumerate() {
        if 0 < at {
            out.line("")?;
        }
        print_table(out, table)?;
    }
    if let Some(sentence) = left_out(profiles) {
        out.say(&sentence);
    }
    Ok(())
}

/// That there are tables which are not profiled.
pub fn left_out(profiles: &Profiles) -> Option<String> {
    let more = counted(profiles.left_out, "more table");
    (0 < profiles.left_out).then(|| format!("{more} not profiled: the first {MOST_TABLES} are"))
}

/// Why a table has no profile.
pub fn refusal(table: &TableProfile) -> Option<String> {
    match &table.verdict {
        Verdict::Profiled(_) => None,
        Verdict::NotRead { why } => Some(format!("{} was not read: {why}", table.path)),
        Verdict::TooLarge { why } => Some(format!("{} was not profiled: {why}", table.path)),
    }
}

fn print_table(out: &Out, found: &TableProfile) -> Result<(), Failure> {
    let Verdict::Profiled(profile) = &found.verdict else {
        return out.line(refusal(found).unwrap_or_default());
    };
    let repeated = match profile.repeated_rows {
        None => ", not looked through for rows that come again".to_owned(),
        Some(0) => String::new(),
        Some(rows) => format!(", {} of them again", counted(rows, "row")),
    };
    out.line(format!(
        "{}: {}, {}{repeated}",
        found.path,
        counted(profile.rows, "row"),
        counted(profile.columns.len() as u64, "column"),
    ))?;
    let mut table = Table::default()
        .text("column")
        .word("type")
        .number("missing")
        .number("distinct")
        .number("min")
        .number("mean")
        .number("max")
        .text("values");
    for column in &profile.columns {
        let [min, mean, max] = figures(column);
        table.row(vec![
            column.name.as_str().into(),
            column.kind.to_string().into(),
            share(column.nulls, profile.rows).into(),
            distinct(column.distinct).into(),
            min.into(),
            mean.into(),
            max.into(),
            values(column, profile.rows, out.is_terminal()).into(),
        ]);
    }
    out.table(&table)
}

fn figures(column: &Column) -> [String; 3] {
    if let Some([first, last]) = &column.span {
        return [first.clone(), String::new(), last.clone()];
    }
    match &column.numbers {
        Some(numbers) => {
            [numbers.min, numbers.mean, numbers.max].map(|figure| format::number(Some(figure)))
        }
        None => Default::default(),
    }
}

fn distinct(found: Distinct) -> String {
    let count = format::number(Some(found.count as f64));
    match (found.is_more, found.count) {
        (true, _) => format!("more than {count}"),
        (false, _) => count,
    }
}

/// What one would look at first: that a column says nothing or names its rows, the commonest texts, or how numbers lie.
fn values(column: &Column, rows: u64, has_picture: bool) -> String {
    if column.is_constant && column.kind != Kind::Empty {
        return "constant".to_owned();
    }
    if column.is_id {
        return "differs in every row".to_owned();
    }
    let histogram = column
        .numbers
        .as_ref()
        .and_then(|numbers| numbers.histogram.as_ref());
    match histogram {
        Some(histogram) if has_picture => picture(histogram),
        Some(_) => String::new(),
        None => commonest(column, rows),
    }
}

/// A cell for each bin, as high as its count.
fn picture(histogram: &Histogram) -> String {
    const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = histogram.counts.iter().copied().max().unwrap_or(0);
    let height = |count: &u64| match count {
        0 => ' ',
        count => HEIGHTS[((count * 8).div_ceil(most.max(1)) as usize).clamp(1, 8) - 1],
    };
    histogram.counts.iter().map(height).collect()
}

fn commonest(column: &Column, rows: u64) -> String {
    const NAMED: usize = 3;
    let named = column.top.iter().take(NAMED);
    let mut parts: Vec<String> = named
        .map(|category| {
            format!(
                "{} {}",
                format::short(&category.name),
                share(category.count, rows)
            )
        })
        .collect();
    if NAMED < column.top.len() {
        parts.push("…".to_owned());
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_is_a_cell_a_bin_and_nothing_is_where_nothing_is() {
        let histogram = |counts: &[u64]| Histogram {
            edges: vec![],
            counts: counts.to_vec(),
        };
        assert_eq!(picture(&histogram(&[0, 1, 400, 800])), " ▁▄█");
        assert_eq!(picture(&histogram(&[5, 5])), "██");
        assert_eq!(picture(&histogram(&[0, 0])), "  ");
    }
}
