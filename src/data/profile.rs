//! What is in a table, column by column, in a few numbers each.

pub mod large;

use std::{collections::HashMap, path::Path};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    Table,
    cells::{Cells, MICROS_A_DAY, civil, parse_number},
    parquet, read_content, rows,
};
use crate::{
    domain::text::shortened,
    stats::{Bins, LEVELS, Sample},
};

/// A table of more bytes is profiled in pieces ([`large`]).
pub const MOST_WHOLE: u64 = 8 << 20;
/// A file of more bytes is not compared: it would have to be read into memory whole.
pub const MOST_BYTES: u64 = 256 << 20;
/// A Parquet file that holds more values is not read whole: packed well, a small file is a large table.
pub const MOST_VALUES: u64 = 100_000_000;
/// Distinct texts are counted up to here; beyond, there are "more than" so many. Distinct numbers are always counted.
pub const MOST_DISTINCT: u64 = 1_000_000;
/// A table of more rows is not compared: each row is remembered in 16 bytes.
pub const MOST_ROWS: u64 = 20_000_000;
/// The most bins of a histogram.
pub const MOST_BINS: u64 = 20;
/// The most categories that are named.
pub const MOST_NAMED: usize = 10;
/// With fewer rows, values that all differ are no sign of an id.
const FEWEST_IDS: u64 = 20;
/// Characters that are kept of the name of a category.
const LONGEST_NAME: usize = 200;

/// What is known of the content of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "verdict")]
pub enum Verdict {
    Profiled(Profile),
    /// It does not read as a table.
    NotRead {
        why: String,
    },
    /// It is larger than what is read for a profile.
    TooLarge {
        why: String,
    },
}

/// Why a file is not read as a table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{0}")]
    NotRead(String),
    #[error("larger than {0}")]
    TooLarge(String),
}

impl From<Refusal> for Verdict {
    fn from(refusal: Refusal) -> Self {
        let why = refusal.to_string();
        match refusal {
            Refusal::NotRead(_) => Self::NotRead { why },
            Refusal::TooLarge(_) => Self::TooLarge { why },
        }
    }
}

/// A table in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    pub rows: u64,
    /// Rows that say again what one before them says; of a table of very many rows, not counted.
    pub repeated_rows: Option<u64>,
    /// In the order of the file.
    pub columns: Vec<Column>,
}

/// A column in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
    /// Cells without a value: empty, or a word that means it (`NA`, `null`, …). NaN and infinities are not among them.
    pub nulls: u64,
    pub distinct: Distinct,
    /// Every row holds the same, be it nothing.
    pub is_constant: bool,
    /// A text or whole number that is another in every row, of at least 20: a name of the row, not a property.
    pub is_id: bool,
    /// Of numbers, and of dates as days since 1970 in UTC.
    pub numbers: Option<Numbers>,
    /// The first and last of dates, ISO 8601 in UTC.
    pub span: Option<[String; 2]>,
    /// The commonest texts, the commonest first, at most [`MOST_NAMED`]; none where there are too many to count.
    pub top: Vec<Category>,
    /// Rows with a text that is not among them.
    pub rest: u64,
}

/// What a column holds. A text is a number or a date when all its cells read as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Kind {
    Whole,
    Real,
    Flag,
    Text,
    Date,
    Moment,
    /// No cell has a value.
    Empty,
    /// Lists, bytes and the like, of which only the name is known.
    Other,
}

impl Kind {
    /// Has it an order and distances? Dates have: their days.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Whole | Self::Real | Self::Date | Self::Moment)
    }
}

/// How many values differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distinct {
    pub count: u64,
    /// There are more than `count`; how many was not counted.
    pub is_more: bool,
}

/// Of the finite values of a column, in their unit. Whole numbers beyond 2^53 are rounded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Numbers {
    pub min: f64,
    pub max: f64,
    pub mean: f64,
    /// The standard deviation as an estimate for the population (divided by the count less one); none for one value.
    pub deviation: Option<f64>,
    /// Linear between neighbours.
    pub quantiles: Vec<Quantile>,
    /// None for a single value.
    pub histogram: Option<Histogram>,
    pub nans: u64,
    pub infinities: u64,
}

/// The value below which a share of the values lies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantile {
    /// 0 to 1.
    pub level: f64,
    pub value: f64,
}

/// Bins of equal width from the least value to the greatest, as many as values differ, at most [`MOST_BINS`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// One more than there are bins. A value on an edge is in the bin above it, the greatest in the last.
    pub edges: Vec<f64>,
    pub counts: Vec<u64>,
}

/// A text and how many rows hold it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    pub name: String,
    pub count: u64,
}

/// Is a file of this name a table, by its ending?
pub fn is_tabular(name: &Path) -> bool {
    const ENDINGS: [&str; 6] = ["csv", "tsv", "parquet", "pq", "ndjson", "jsonl"];
    let ending = name.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| ENDINGS.contains(&ending.to_ascii_lowercase().as_str()))
}

/// Is a file of so many bytes too large to be read?
///
/// # Errors
///
/// [`Refusal::TooLarge`].
pub fn check_size(bytes: u64) -> Result<(), Refusal> {
    match MOST_BYTES < bytes {
        true => Err(Refusal::TooLarge(format!("{} MiB", MOST_BYTES >> 20))),
        false => Ok(()),
    }
}

/// Reads the content of a file of this name for a profile or a comparison.
///
/// # Errors
///
/// It is too large for it, or no table.
pub fn read(name: &Path, bytes: &[u8]) -> Result<Table, Refusal> {
    check_size(bytes.len() as u64)?;
    if parquet::is_named_so(name) && MOST_VALUES < parquet::claimed_values(bytes) {
        let limit = format!("{} million values", MOST_VALUES / 1_000_000);
        return Err(Refusal::TooLarge(limit));
    }
    let table = read_content(name, bytes).map_err(|error| Refusal::NotRead(error.to_string()))?;
    match MOST_ROWS < table.rows() as u64 {
        true => {
            let limit = format!("{} million rows", MOST_ROWS / 1_000_000);
            Err(Refusal::TooLarge(limit))
        }
        false => Ok(table),
    }
}

/// Profiles the content of a file of this name; `None` when `stop` says so meanwhile.
pub fn judge(name: &Path, bytes: &[u8], stop: &(dyn Fn() -> bool + Sync)) -> Option<Verdict> {
    match read(name, bytes) {
        Ok(table) => Some(Verdict::Profiled(profile(&table, stop)?)),
        Err(refusal) => Some(refusal.into()),
    }
}

/// Profiles a table; `None` when `stop` says so meanwhile.
pub fn profile(table: &Table, stop: &(dyn Fn() -> bool + Sync)) -> Option<Profile> {
    let rows = table.rows();
    let all = table.all_cells();
    let columns: Option<Vec<Column>> = table
        .columns()
        .par_iter()
        .zip(&all)
        .map(|(name, cells)| (!stop()).then(|| column(name, cells, rows)))
        .collect();
    let columns = columns?;
    let repeated_rows = rows::repeated(rows::identities(&all, rows));
    (!stop()).then_some(Profile {
        rows: rows as u64,
        repeated_rows: Some(repeated_rows),
        columns,
    })
}

fn column(name: &str, cells: &Cells, rows: usize) -> Column {
    let kind = kind(cells, rows);
    let numbers = kind.is_number().then(|| sample(cells, kind, rows));
    let found = match (kind, &numbers) {
        (Kind::Other, _) => Found::default(),
        (Kind::Whole, Some(sample)) => Found {
            distinct: exactly(distinct_wholes(cells, rows)),
            ..Found::of_numbers(sample)
        },
        (_, Some(sample)) => Found::of_numbers(sample),
        (_, None) => Found::of_texts(cells, rows, MOST_DISTINCT),
    };
    let rows = rows as u64;
    let differ = found.distinct.count + u64::from(0 < found.missing);
    let names_rows = matches!(kind, Kind::Whole | Kind::Text) && found.distinct.count == rows;
    Column {
        name: name.to_owned(),
        kind,
        nulls: found.nulls,
        distinct: found.distinct,
        is_constant: kind != Kind::Other && differ <= 1,
        is_id: FEWEST_IDS <= rows && names_rows || found.distinct.is_more && found.is_all_new,
        span: numbers
            .as_ref()
            .and_then(|sample| span(sample.range()?, kind)),
        numbers: numbers.as_ref().and_then(in_numbers),
        top: found.top,
        rest: found.rest,
    }
}

pub(super) fn kind(cells: &Cells, rows: usize) -> Kind {
    let is_empty = || (0..rows).all(|row| cells.is_missing(row));
    match cells {
        Cells::Whole(_) => Kind::Whole,
        Cells::Real(_) => Kind::Real,
        Cells::Flag(_) => Kind::Flag,
        Cells::Day(_) => Kind::Date,
        Cells::Moment(..) => Kind::Moment,
        Cells::Other(_) => Kind::Other,
        Cells::Nothing => Kind::Empty,
        Cells::Text(_) if is_empty() => Kind::Empty,
        Cells::Text(_) => text_kind(cells, rows),
    }
}

fn text_kind(cells: &Cells, rows: usize) -> Kind {
    let texts = || (0..rows).filter_map(|row| cells.text(row));
    let is_short = |text: &str| text.trim().len() == "2026-10-01".len();
    if (0..rows).all(|row| cells.moment(row).is_ok()) {
        return match texts().all(|text| is_short(&text)) {
            true => Kind::Date,
            false => Kind::Moment,
        };
    }
    match (0..rows).all(|row| cells.number(row).is_ok()) {
        true if texts().all(|text| text.trim().parse::<i64>().is_ok()) => Kind::Whole,
        true => Kind::Real,
        false => Kind::Text,
    }
}

/// Whole numbers that differ, told apart beyond 2^53 too, where many ids lie.
fn distinct_wholes(cells: &Cells, rows: usize) -> u64 {
    let mut wholes: Vec<i64> = wholes(cells, rows).collect();
    wholes.sort_unstable();
    wholes.dedup();
    wholes.len() as u64
}

/// The whole numbers of a column, be they texts.
fn wholes(cells: &Cells, rows: usize) -> impl Iterator<Item = i64> + '_ {
    (0..rows).filter_map(move |row| match cells {
        Cells::Whole(cells) => cells.get(row),
        cells => cells.text(row)?.trim().parse().ok(),
    })
}

fn exactly(count: u64) -> Distinct {
    Distinct {
        count,
        is_more: false,
    }
}

/// The numbers of a column, dates as days since 1970.
pub(super) fn sample(cells: &Cells, kind: Kind, rows: usize) -> Sample {
    let is_date = matches!(kind, Kind::Date | Kind::Moment);
    let number = |row| match cells {
        _ if is_date => {
            let at = cells.moment(row).ok().flatten()?;
            Some(at as f64 / MICROS_A_DAY as f64)
        }
        Cells::Real(cells) => cells.get(row),
        Cells::Text(_) => parse_number(&cells.text(row)?),
        _ => cells.number(row).ok().flatten(),
    };
    (0..rows).map(number).collect()
}

/// The first and last date of days since 1970.
pub(super) fn span((first, last): (f64, f64), kind: Kind) -> Option<[String; 2]> {
    Some([date(first, kind)?, date(last, kind)?])
}

/// Days since 1970 as a column of this kind writes them; `None` where it holds no dates.
pub fn date(days: f64, kind: Kind) -> Option<String> {
    let at = || civil((days * MICROS_A_DAY as f64).round() as i64);
    match kind {
        Kind::Date => Some(at()?.date().to_string()),
        Kind::Moment => Some(at()?.to_string()),
        _ => None,
    }
}

fn in_numbers(sample: &Sample) -> Option<Numbers> {
    let summary = sample.summary()?;
    let quantiles = LEVELS.iter().zip(summary.quantiles);
    let count = summary.distinct.clamp(1, MOST_BINS) as usize;
    let bins = Bins::of_equal_width(sample, count);
    Some(Numbers {
        min: summary.min,
        max: summary.max,
        mean: summary.mean,
        // That of the largest numbers can be beyond them.
        deviation: summary.sample_deviation.filter(|found| found.is_finite()),
        quantiles: quantiles
            .map(|(level, value)| Quantile {
                level: *level,
                value,
            })
            .collect(),
        histogram: bins.ok().map(|bins| Histogram {
            counts: bins.count(sample),
            edges: bins.edges().to_vec(),
        }),
        nans: sample.missing.nans,
        infinities: sample.missing.above + sample.missing.below,
    })
}

/// What was counted in a column.
struct Found {
    nulls: u64,
    /// Cells without a value that can be counted: nulls, NaN, infinities.
    missing: u64,
    distinct: Distinct,
    /// No value came twice before the counting ended.
    is_all_new: bool,
    top: Vec<Category>,
    rest: u64,
}

impl Default for Found {
    fn default() -> Self {
        Self {
            nulls: 0,
            missing: 0,
            distinct: exactly(0),
            is_all_new: false,
            top: vec![],
            rest: 0,
        }
    }
}

impl Found {
    fn of_numbers(sample: &Sample) -> Self {
        let differ = sample.values().chunk_by(|a, b| a == b).count() as u64;
        Self {
            nulls: sample.missing.nulls,
            missing: sample.rows() - sample.count(),
            distinct: exactly(differ),
            ..Self::default()
        }
    }

    fn of_texts(cells: &Cells, rows: usize, most: u64) -> Self {
        let mut counts: HashMap<_, u64> = HashMap::new();
        let (mut nulls, mut is_more) = (0, false);
        for row in 0..rows {
            let Some(text) = cells.text(row) else {
                nulls += 1;
                continue;
            };
            if let Some(count) = counts.get_mut(&text) {
                *count += 1;
            } else if (counts.len() as u64) < most {
                counts.insert(text, 1);
            } else {
                is_more = true;
            }
        }
        let distinct = Distinct {
            count: counts.len() as u64,
            is_more,
        };
        let is_all_new = nulls == 0 && counts.values().all(|count| *count == 1);
        let mut top: Vec<_> = counts.into_iter().collect();
        top.sort_unstable_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
        top.truncate(if is_more { 0 } else { MOST_NAMED });
        let named: u64 = top.iter().map(|(_, count)| count).sum();
        Self {
            nulls,
            missing: nulls,
            distinct,
            is_all_new,
            rest: rows as u64 - nulls - named,
            top: top
                .into_iter()
                .map(|(name, count)| Category {
                    name: shortened(&name, LONGEST_NAME).into_owned(),
                    count,
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests;
