use std::path::PathBuf;

use serde_json::json;

use super::{contents, no_if};
use crate::{
    cli::{
        Answer, Failure, INTERRUPTED, Out, format, open::Context, progress::watch, table::Table,
    },
    domain::text::counted,
    ops::datasets::{self, Comparison, FileChange},
};

/// Compare the files of two versions, and the tables in them
///
/// Tables that are in both are compared by what is in them: columns and rows that came, went or changed, and how far the
/// values of each column moved: the Jensen-Shannon distance (JS, 0 to 1), the population stability index (PSI: below 0.1
/// little, above 0.25 much), how likely chance alone does as much (p: Kolmogorov-Smirnov for numbers, chi-square for
/// categories), the Wasserstein distance in the unit of the values (by), and what to make of it (moved): "as by chance" where
/// the p-values of so many columns are no evidence, else a little, some or much by the PSI. Those that moved farthest come
/// first.
///
/// Exit code 0 where nothing differs, 1 where something does.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce data diff penguins@v1 penguins@v2\n  sconce data diff penguins@v1 penguins --key id,year\n  sconce data diff images@raw images --no-content --json"
)]
pub struct Diff {
    old: String,
    new: String,
    /// List so many files at most; 0 for all.
    #[arg(long, default_value_t = 100)]
    limit: usize,
    /// Columns that tell which row is which, so that changed rows can be told.
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    key: Vec<String>,
    /// Compare files alone, not what is in tables.
    #[arg(long, conflicts_with = "key")]
    no_content: bool,
}

impl Diff {
    pub fn run(self, context: &Context) -> Answer {
        let ws = context.workspace()?;
        let most = if self.limit == 0 {
            usize::MAX
        } else {
            self.limit
        };
        let found = datasets::compare(&ws, &self.old, &self.new, most)?;
        let out = &context.out;
        let all = found.added + found.removed + found.changed;
        let contents = match self.no_content {
            true => None,
            false => {
                let compared = watch(out, |progress| {
                    datasets::compare_contents(&ws, &found, &self.key, progress)
                })?;
                let Some(contents) = compared else {
                    return Ok(INTERRUPTED);
                };
                Some(contents)
            }
        };
        if out.is_json() {
            let mut value = serde_json::to_value(&found).unwrap_or_default();
            if let Some(contents) = contents {
                value["content"] = json!(contents);
            }
            out.json(&value)?;
            return Ok(no_if(0 < all));
        }
        list_files(out, &found)?;
        let more = all - found.files.len() as u64;
        if 0 < more {
            out.say(&format!("and {more} more: --limit 0 lists all"));
        }
        if let Some(contents) = contents.filter(|contents| !contents.tables.is_empty()) {
            contents::print(out, &contents)?;
            out.line("")?;
        }
        out.line(sum(&found))?;
        Ok(no_if(0 < all))
    }
}

/// The files that changed as far as they are listed, and a sentence on all.
pub fn print_files(out: &Out, found: &Comparison) -> Result<(), Failure> {
    list_files(out, found)?;
    out.line(sum(found))
}

fn list_files(out: &Out, found: &Comparison) -> Result<(), Failure> {
    let mut table = Table::default().word("").text("").number("");
    for file in &found.files {
        let (sign, size) = change(file);
        table.row(vec![sign.into(), file.path.as_str().into(), size.into()]);
    }
    out.table(&table)
}

fn sum(found: &Comparison) -> String {
    let (old, new) = (&found.old, &found.new);
    format!(
        "{} to {}: {} added, {} removed, {} changed; {} to {}",
        old.name(),
        new.name(),
        found.added,
        found.removed,
        found.changed,
        format::bytes(old.bytes),
        format::bytes(new.bytes),
    )
}

fn change(file: &FileChange) -> (&'static str, String) {
    match (file.old, file.new) {
        (None, new) => ("+", format::bytes(new.unwrap_or_default())),
        (Some(old), None) => ("-", format::bytes(old)),
        (Some(old), Some(new)) if old == new => ("~", format::bytes(new)),
        (Some(old), Some(new)) => (
            "~",
            format!("{} to {}", format::bytes(old), format::bytes(new)),
        ),
    }
}

/// Say what changed in files since they were added
///
/// Files are compared with the newest version, or the one that is named; files whose times and size are as they were are
/// not read. Exit code 0 where nothing changed, 1 where something did.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce data status penguins\n  sconce data status images@v2 ./train"
)]
pub struct Status {
    version: String,
    /// Where the files are now; without any, where they were.
    paths: Vec<PathBuf>,
}

/// Paths of one kind that are listed; JSON has them all.
const MOST: usize = 100;

impl Status {
    pub fn run(self, context: &Context) -> Answer {
        let ws = context.workspace()?;
        let out = &context.out;
        let cwd = &context.environment.cwd;
        let paths: Vec<PathBuf> = self.paths.iter().map(|path| cwd.join(path)).collect();
        let found = watch(out, |progress| {
            datasets::status(&ws, &self.version, &paths, progress)
        })?;
        let Some((version, status)) = found else {
            return Ok(INTERRUPTED);
        };
        let all = status.added.len() + status.changed.len() + status.removed.len();
        if out.is_json() {
            out.json(&json!({ "version": version.name(), "added": status.added, "changed": status.changed, "removed": status.removed, "same": status.same }))?;
            return Ok(no_if(0 < all));
        }
        let kinds = [
            ("+", &status.added),
            ("~", &status.changed),
            ("-", &status.removed),
        ];
        for (sign, paths) in kinds {
            for path in paths.iter().take(MOST) {
                out.line(format!("{sign} {path}"))?;
            }
            if let Some(more) = paths.len().checked_sub(MOST).filter(|more| 0 < *more) {
                out.line(format!("{sign} and {more} more"))?;
            }
        }
        let same = counted(status.same, "file");
        match all {
            0 => out.line(format!("{}: {same}, nothing changed", version.name()))?,
            _ => out.line(format!(
                "{}: {} added, {} changed, {} removed, {} as they were",
                version.name(),
                status.added.len(),
                status.changed.len(),
                status.removed.len(),
                status.same,
            ))?,
        }
        Ok(no_if(0 < all))
    }
}
