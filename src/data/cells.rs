//! The cells of a column, one at a time, as a number, a text or a moment.
//!
//! Training and serving both read cells through here, so that a cell means the same whatever file it came from: `3`,
//! `3.0` and `"3"` are one category, and an empty text, NaN and infinity are all missing.

use std::borrow::Cow;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use polars::prelude::{
    BooleanChunked, Column, DataType, Float64Chunked, Int64Chunked, StringChunked, TimeUnit,
};

/// Texts that mean a missing cell, besides the empty one.
pub(super) const MISSING: [&str; 7] = ["NA", "N/A", "n/a", "NaN", "nan", "NULL", "null"];

/// Bytes of the longest of them.
const LONGEST_MISSING: usize = {
    let (mut longest, mut at) = (0, 0);
    while at < MISSING.len() {
        if longest < MISSING[at].len() {
            longest = MISSING[at].len();
        }
        at += 1;
    }
    longest
};

pub(super) const MICROS_A_DAY: i64 = 86_400_000_000;

/// A column whose type is known.
#[derive(Clone, Debug)]
pub(super) enum Cells {
    Whole(Int64Chunked),
    Real(Float64Chunked),
    Flag(BooleanChunked),
    Text(StringChunked),
    /// Days since 1970.
    Day(Int64Chunked),
    /// Since 1970 in UTC.
    Moment(Int64Chunked, TimeUnit),
    /// No cell has a value or a type.
    Nothing,
    /// A type that no net takes in, by its name: lists, bytes.
    Other(String),
}

/// A cell that is not what was asked for: its text.
pub(super) type Misfit = String;

impl Cells {
    pub fn of(column: &Column) -> Self {
        let dtype = column.dtype();
        Self::known(column, dtype).unwrap_or_else(|| Self::Other(dtype.to_string()))
    }

    fn known(column: &Column, dtype: &DataType) -> Option<Self> {
        let to = |dtype: &DataType| column.cast(dtype).ok();
        let whole = || Some(to(&DataType::Int64)?.i64().ok()?.rechunk().into_owned());
        Some(match dtype {
            DataType::Null => Self::Nothing,
            DataType::Boolean => Self::Flag(column.bool().ok()?.clone()),
            DataType::String => Self::Text(column.str().ok()?.clone()),
            DataType::Date => Self::Day(whole()?),
            DataType::Datetime(unit, _) => Self::Moment(whole()?, *unit),
            // Its upper half does not fit into i64.
            DataType::UInt64 => Self::Real(to(&DataType::Float64)?.f64().ok()?.clone()),
            dtype if dtype.is_integer() => Self::Whole(whole()?),
            dtype if dtype.is_primitive_numeric() || dtype.is_decimal() => {
                Self::Real(to(&DataType::Float64)?.f64().ok()?.clone())
            }
            dtype if dtype.is_categorical() || dtype.is_enum() => {
                Self::Text(to(&DataType::String)?.str().ok()?.clone())
            }
            _ => return None,
        })
    }

    /// A finite number, or nothing where the cell is missing. Flags are 0 and 1, moments days since 1970.
    pub fn number(&self, row: usize) -> Result<Option<f64>, Misfit> {
        let number = match self {
            Self::Whole(cells) => cells.get(row).map(|cell| cell as f64),
            Self::Real(cells) => cells.get(row),
            Self::Flag(cells) => cells.get(row).map(|cell| f64::from(u8::from(cell))),
            Self::Day(cells) => cells.get(row).map(|cell| cell as f64),
            Self::Moment(..) => self.moment(row)?.map(|at| at as f64 / MICROS_A_DAY as f64),
            Self::Text(cells) => match present(cells, row) {
                Some(cell) => Some(parse_number(cell).ok_or_else(|| cell.to_owned())?),
                None => None,
            },
            Self::Nothing => None,
            Self::Other(dtype) => return Err(dtype.clone()),
        };
        Ok(number.filter(|number| number.is_finite()))
    }

    /// Does the cell hold an infinite number? It counts as missing, and a person should know.
    pub fn is_infinite(&self, row: usize) -> bool {
        match self {
            Self::Real(cells) => cells.get(row).is_some_and(f64::is_infinite),
            Self::Text(cells) => present(cells, row)
                .and_then(parse_number)
                .is_some_and(f64::is_infinite),
            _ => false,
        }
    }

    /// The cell as the name of a category or class, or nothing where it is missing.
    pub fn text(&self, row: usize) -> Option<Cow<'_, str>> {
        match self {
            Self::Whole(cells) => cells.get(row).map(|cell| cell.to_string().into()),
            Self::Real(cells) => {
                let cell = cells.get(row).filter(|cell| cell.is_finite())?;
                // -0 is 0.
                Some((cell + 0.0).to_string().into())
            }
            Self::Flag(cells) => cells.get(row).map(|cell| cell.to_string().into()),
            Self::Text(cells) => present(cells, row).map(Cow::Borrowed),
            Self::Day(_) | Self::Moment(..) => {
                let at = self.moment(row).ok()??;
                Some(civil(at)?.to_string().into())
            }
            Self::Nothing | Self::Other(_) => None,
        }
    }

    /// Microseconds since 1970 in UTC, or nothing where the cell is missing or beyond the years -9999 to 9999. Texts are
    /// ISO 8601: `2026-10-01`, `2026-10-01 12:04:05`, `2026-10-01T12:04:05+02:00`; without an offset they are taken as UTC.
    pub fn moment(&self, row: usize) -> Result<Option<i64>, Misfit> {
        let micros = match self {
            Self::Day(cells) => cells
                .get(row)
                .and_then(|cell| cell.checked_mul(MICROS_A_DAY)),
            Self::Moment(cells, unit) => cells.get(row).and_then(|cell| match unit {
                TimeUnit::Nanoseconds => Some(cell.div_euclid(1_000)),
                TimeUnit::Microseconds => Some(cell),
                TimeUnit::Milliseconds => cell.checked_mul(1_000),
            }),
            Self::Text(cells) => match present(cells, row) {
                Some(cell) => Some(parse_moment(cell).ok_or_else(|| cell.to_owned())?),
                None => None,
            },
            Self::Nothing => None,
            Self::Whole(_) | Self::Real(_) | Self::Flag(_) => match self.text(row) {
                Some(cell) => return Err(cell.into_owned()),
                None => None,
            },
            Self::Other(dtype) => return Err(dtype.clone()),
        };
        Ok(micros.filter(|micros| civil(*micros).is_some()))
    }

    /// Is there a value? NaN and infinities are none.
    pub fn is_missing(&self, row: usize) -> bool {
        match self {
            Self::Whole(cells) | Self::Day(cells) | Self::Moment(cells, _) => {
                cells.get(row).is_none()
            }
            Self::Real(cells) => !cells.get(row).is_some_and(f64::is_finite),
            Self::Flag(cells) => cells.get(row).is_none(),
            Self::Text(cells) => present(cells, row).is_none(),
            Self::Nothing | Self::Other(_) => true,
        }
    }
}

fn present(cells: &StringChunked, row: usize) -> Option<&str> {
    let cell = cells.get(row)?;
    let word = trimmed(cell);
    let is_missing = word.is_empty() || word.len() <= LONGEST_MISSING && MISSING.contains(&word);
    (!is_missing).then_some(cell)
}

/// Without blanks around it. Most cells have none, which their first and last byte tell.
fn trimmed(cell: &str) -> &str {
    match cell.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => cell,
        _ => cell.trim(),
    }
}

/// A decimal number; `inf` is one too, and counts as missing later.
pub(super) fn parse_number(text: &str) -> Option<f64> {
    trimmed(text).parse().ok()
}

fn parse_moment(text: &str) -> Option<i64> {
    let text = trimmed(text);
    // The short forms without hyphens are as likely numbers or codes.
    if !text.get(1..)?.contains('-') {
        return None;
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.as_microsecond());
    }
    let civil: DateTime = text.parse().ok()?;
    let moment = TimeZone::UTC.to_timestamp(civil).ok()?;
    Some(moment.as_microsecond())
}

/// The calendar's view of a moment, in UTC.
pub(super) fn civil(micros: i64) -> Option<DateTime> {
    let moment = Timestamp::from_microsecond(micros).ok()?;
    Some(TimeZone::UTC.to_datetime(moment))
}
