use super::no_if;
use crate::{
    cli::{Answer, Failure, INTERRUPTED, Out, format, open::Context, progress::watch},
    data::overlap::{Common, Look, Overlap},
    domain::text::shown,
    ops::datasets,
};

/// Look for rows that the splits of a version have in common
///
/// The splits are those that were declared when it was added (`sconce data add --split`). Rows are the same where they hold
/// the same in the columns that all the tables have. Exit code 0 where the splits are apart, 1 where they are not.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce data leaks penguins@v2\n  sconce data leaks visits --key patient\n  sconce data leaks sales --key shop,day --time day --json"
)]
pub struct Leaks {
    version: String,
    /// Columns that say what a row is about: the same may not be in two splits.
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    key: Vec<String>,
    /// The column that says when: a split may not begin before the one declared before it ends.
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
}

impl Leaks {
    pub fn run(self, context: &Context) -> Answer {
        let ws = context.workspace()?;
        let out = &context.out;
        let look = Look {
            key: self.key,
            time: self.time,
        };
        let found = watch(out, |progress| {
            datasets::leaks(&ws, &self.version, &look, progress)
        })?;
        let Some(found) = found else {
            return Ok(INTERRUPTED);
        };
        if out.is_json() {
            out.json(&found)?;
            return Ok(no_if(found.is_any()));
        }
        for overlap in &found.overlaps {
            print(out, overlap, &look)?;
        }
        Ok(no_if(found.is_any()))
    }
}

fn print(out: &Out, overlap: &Overlap, look: &Look) -> Result<(), Failure> {
    let Overlap { earlier, later, .. } = overlap;
    let number = |count: u64| format::number(Some(count as f64));
    if !overlap.is_any() {
        let [before, after] = overlap.counts.map(number);
        return out.line(format!(
            "{earlier} ({before}) and {later} ({after}): nothing in common"
        ));
    }
    out.line(format!("{earlier} and {later}:"))?;
    let common = |what: &str, common: &Common| -> Result<(), Failure> {
        if common.count == 0 {
            return Ok(());
        }
        let [count, all] = [common.count, overlap.counts[1]].map(number);
        out.line(format!("  {what} {earlier}: {count} of {all}"))?;
        for example in &common.examples {
            out.line(format!("    {}", shown(example)))?;
        }
        Ok(())
    };
    common(&format!("rows of {later} in"), &overlap.rows)?;
    if let Some(keys) = &overlap.keys {
        let key = format::short(&look.key.join(", "));
        let what = format!("rows of {later} with a {key} that is in");
        common(&what, keys)?;
    }
    if let Some(times) = overlap.times.as_ref().filter(|times| times.is_mixed) {
        out.line(format!(
            "  {later} begins at {}, before {earlier} ends at {}",
            times.begins, times.ends
        ))?;
    }
    Ok(())
}
