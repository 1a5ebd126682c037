//! Everything that can be wrong with data: by row, column or file, and what to do about it.

use std::{io, path::PathBuf};

use crate::domain::text::{nearest, shown};

/// Why data cannot be used. Lines and rows count from 1; a row is a row of data, the header is none.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{} does not exist", file(.path))]
    Absent { path: PathBuf },
    #[error("{} is a folder: name one file in it", file(.path))]
    Folder { path: PathBuf },
    #[error("{} is no regular file", file(.path))]
    NotAFile { path: PathBuf },
    #[error("cannot read {}", file(.path))]
    Io { path: PathBuf, source: io::Error },
    #[error("{} ends in none of .csv, .tsv, .parquet, .ndjson, .jsonl: convert or rename it", file(.path))]
    Ending { path: PathBuf },
    #[error("{} is empty", file(.path))]
    Empty { path: PathBuf },
    #[error("{} has changed: its hash was {} and is {} now; submit the training again to use it as it is", file(.path), short(.expected), short(.found))]
    Changed {
        path: PathBuf,
        expected: String,
        found: String,
    },
    #[error("line {line} of {} is not UTF-8: convert the file with iconv -f latin1 -t utf8", file(.path))]
    NotUtf8 { path: PathBuf, line: usize },
    #[error("{} is UTF-16: convert the file with iconv -f {encoding} -t utf-8", file(.path))]
    Utf16 {
        path: PathBuf,
        encoding: &'static str,
    },
    #[error("the lines of {} end in CR alone: convert the file with tr '\\r' '\\n'", file(.path))]
    CarriageReturns { path: PathBuf },
    #[error("line {line} of {} has {found} cells, the header has {expected}: add what is missing, or quote the cell that holds a separator", file(.path))]
    Ragged {
        path: PathBuf,
        line: usize,
        found: usize,
        expected: usize,
    },
    #[error("line {line} of {}: {why}", file(.path))]
    Line {
        path: PathBuf,
        line: usize,
        why: String,
    },
    #[error("the first line of {} holds only numbers: add a line of column names before it", file(.path))]
    NoHeader { path: PathBuf },
    #[error("column {number} of {} has no name: name it in the first line, or remove it (an index is often written so)", file(.path))]
    Nameless { path: PathBuf, number: usize },
    #[error("columns {first} and {second} of {} are both named {}: rename one", file(.path), quoted(.name))]
    Duplicate {
        path: PathBuf,
        name: String,
        first: usize,
        second: usize,
    },
    #[error("{} has {found} columns, at most {limit} are read: leave some out", file(.path))]
    TooWide {
        path: PathBuf,
        found: usize,
        limit: usize,
    },
    #[error("{} has {found} rows, at most {limit} are read: divide it", file(.path))]
    TooLong {
        path: PathBuf,
        found: usize,
        limit: usize,
    },
    #[error("{} has columns but no rows", file(.path))]
    NoRows { path: PathBuf },
    #[error("cannot read {}: {}", file(.path), shown(.why))]
    Unreadable { path: PathBuf, why: String },

    #[error("there is no column {} ({role}): {meant}", quoted(.name))]
    NoColumn {
        /// Who asked for it: `target`, `features.exclude`.
        role: &'static str,
        name: String,
        /// The one that was perhaps meant, or those that there are.
        meant: String,
    },
    #[error("column {} is named in {first} and in {second}: keep one", quoted(.name))]
    Conflict {
        name: String,
        first: &'static str,
        second: &'static str,
    },
    #[error("row {row} of column {} holds {}, which is no {wanted}: mend the cell, or list the column under features.categories or features.exclude", quoted(.column), quoted(.cell))]
    Mixed {
        column: String,
        row: usize,
        cell: String,
        wanted: &'static str,
    },
    #[error("column {} holds {dtype}, which cannot be a {wanted}", quoted(.column))]
    Unfit {
        column: String,
        dtype: String,
        wanted: &'static str,
    },
    #[error("no column is left to learn from{}", .left_out.iter().map(|why| format!("; {why}")).collect::<String>())]
    NoFeatures {
        /// A sentence for each column that was not excluded.
        left_out: Vec<String>,
    },
    #[error("the target {} has no values", quoted(.target))]
    NoTargets { target: String },
    #[error("the target {} is {} in every row: two classes or more are needed", quoted(.target), quoted(.class))]
    OneClass { target: String, class: String },
    #[error("the target {} has {found} classes, at most {limit} are learnt: is it a number to predict (task = \"regression\")?", quoted(.target))]
    ManyClasses {
        target: String,
        found: usize,
        limit: usize,
    },
    #[error("the target {} has {found} classes in {rows} rows: {}", quoted(.target), if *.are_numbers {
        "is it a regression? use task = \"regression\""
    } else {
        "a class needs rows to learn from; is it a name or an id?"
    })]
    FewRowsAClass {
        target: String,
        found: usize,
        rows: usize,
        are_numbers: bool,
    },
    #[error("row {row} of the target {} is {value:e}: beyond ±{most:e} errors cannot be added up, so predict it in another unit", quoted(.target))]
    HugeTarget {
        target: String,
        row: usize,
        value: f64,
        most: f64,
    },
    #[error("row {row} of the target {} holds {}, which is no number: mend the cell, or use task = \"classification\"", quoted(.target), quoted(.cell))]
    NotANumber {
        target: String,
        row: usize,
        cell: String,
    },
    #[error("row {row} of the target {} holds {}, which is none of the classes the model knows", quoted(.target), quoted(.class))]
    UnknownClass {
        target: String,
        row: usize,
        class: String,
    },
    #[error("row {row} has no target {}", quoted(.target))]
    NoTarget { target: String, row: usize },
    #[error("the target {} is the same number in every training row: there is nothing to learn", quoted(.target))]
    ConstantTarget { target: String },

    #[error(
        "split.validation is {validation} and split.test is {test}: both must be above 0 and together at most 0.9"
    )]
    Shares { validation: f64, test: f64 },
    #[error("{found} rows with a target are too few for three parts: at least {needed} are needed")]
    TooFewRows { found: usize, needed: usize },
    #[error("column {} holds {found} groups, too few for three parts: at least 3 are needed", quoted(.column))]
    TooFewGroups { column: String, found: usize },
    #[error("split.kind = \"{kind}\" needs {needs}")]
    SplitNeeds {
        kind: crate::domain::presets::SplitKind,
        needs: &'static str,
    },
    #[error("row {row} of column {} has no time to split by: fill it in or remove the row", quoted(.column))]
    NoTime { column: String, row: usize },
    #[error("row {row} has no value in column {}, which is to tell the rows apart: fill it in or choose another key", quoted(.column))]
    NoKey { row: usize, column: String },
    #[error("it shares no column with the other tables: name splits of one table")]
    NoneShared,
    #[error("rows {first} and {second} both have {} in {}: choose a key that no two rows share", quoted(.key), quoted(.columns))]
    TwoOfAKey {
        columns: String,
        key: String,
        first: usize,
        second: usize,
    },
    #[error("row {row} is not in the table of {rows} rows")]
    NoRow { row: usize, rows: usize },
}

impl Error {
    /// Is it that there is nothing to read?
    pub(super) fn is_of_no_rows(&self) -> bool {
        matches!(self, Self::Empty { .. } | Self::NoRows { .. })
    }

    /// As it is where the text began so many lines further down.
    pub(super) fn further_down(mut self, lines: usize) -> Self {
        match &mut self {
            Self::NotUtf8 { line, .. } | Self::Ragged { line, .. } | Self::Line { line, .. } => {
                *line += lines;
            }
            _ => {}
        }
        self
    }
}

/// Text from outside, short and safe to show, in quotes.
pub(super) fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let short: String = text.chars().take(LONGEST).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("'{}{more}'", shown(&short))
}

fn file(path: &std::path::Path) -> String {
    shown(&path.display().to_string())
}

fn short(hash: &str) -> String {
    hash.chars().take(12).collect()
}

/// What to say to someone who named a column that is not there.
pub(super) fn meant(name: &str, role: &str, columns: &[&str]) -> String {
    if let Some(near) = nearest(name, columns.iter().copied()) {
        return format!("did you mean {}?", quoted(near));
    }
    const SHOWN: usize = 8;
    let mut names: Vec<String> = columns
        .iter()
        .take(SHOWN)
        .map(|name| quoted(name))
        .collect();
    if SHOWN < columns.len() {
        names.push(format!("… ({} in all)", columns.len()));
    }
    let question = match role {
        "target" => "; is the first line a header?",
        _ => "",
    };
    format!("there are {}{question}", names.join(", "))
}
