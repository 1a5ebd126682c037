//! One column as one or more inputs of the net: what is learnt of it, and how a cell is turned into it.
//!
//! - A number is standardised by the training rows' mean and standard deviation; where it is missing, their median stands
//!   in, and a second input says so if training rows lacked it too.
//! - A category is an index: 0 missing, 1 other, then the values that are frequent enough.
//! - A date is a few numbers: year, month, weekday and hour (each of these as a point on a circle, so that December is
//!   next to January) and days since the first training day, in UTC. What never varies is dropped: dates without time
//!   have no hour.

use std::{collections::HashMap, f64::consts::TAU};

use serde::{Deserialize, Serialize};

use super::{
    Error,
    cells::{Cells, civil},
    inspect::{in_order, word},
};
use crate::domain::{
    presets::Features,
    schemas::{Column, ColumnKind},
};

/// Standardised numbers are held within this many standard deviations: what a wild cell yields stays finite in `f32`.
const FARTHEST: f64 = 1e6;
const MICROS_A_DAY: i64 = 86_400_000_000;

/// The index of a missing category.
pub(super) const MISSING: u32 = 0;
/// The index of a category that training saw too rarely or never.
pub(super) const OTHER: u32 = 1;
const FIRST_VALUE: u32 = 2;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub(super) enum Input {
    Number {
        name: String,
        /// Stands in for a missing cell: the median.
        fill: f64,
        /// Absent when all that training saw was one number, here or not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scale: Option<Scale>,
        /// A 0/1 input says where a cell was missing.
        flag: bool,
    },
    Category {
        name: String,
        values: Vec<String>,
    },
    Date {
        name: String,
        /// Microseconds since 1970: the median.
        fill: i64,
        /// Days since 1970: the first that training saw.
        first: i64,
        parts: Vec<Part>,
        flag: bool,
    },
}

/// What an input takes up in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    Numbers(usize),
    /// One index below this.
    Category(usize),
}

impl Input {
    /// What the rows teach of a column; nothing when it is the same in all of them.
    pub fn fit(
        column: &Column,
        cells: &Cells,
        rows: &[u32],
        features: &Features,
    ) -> Result<Option<Self>, Error> {
        let name = column.name.clone();
        match column.kind {
            ColumnKind::Number => fit_number(name, cells, rows),
            ColumnKind::Category => Ok(fit_category(name, cells, rows, features)),
            ColumnKind::Date => fit_date(name, cells, rows),
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Number { name, .. } | Self::Category { name, .. } | Self::Date { name, .. } => {
                name
            }
        }
    }

    pub fn width(&self) -> Width {
        match self {
            Self::Number { scale, flag, .. } => {
                Width::Numbers(usize::from(scale.is_some()) + usize::from(*flag))
            }
            Self::Category { values, .. } => Width::Category(FIRST_VALUE as usize + values.len()),
            Self::Date { parts, flag, .. } => Width::Numbers(parts.len() + usize::from(*flag)),
        }
    }

    /// Writes the numbers of one row; a category has none.
    pub fn numbers(&self, cells: &Cells, row: usize, out: &mut [f32]) -> Result<(), Error> {
        let mut out = out.iter_mut();
        let mut write = |number: f32| {
            if let Some(place) = out.next() {
                *place = number;
            }
        };
        let (is_missing, flag) = match self {
            Self::Number {
                name,
                fill,
                scale,
                flag,
            } => {
                let number = number(name, cells, row)?;
                if let Some(scale) = scale {
                    write(scale.apply(number.unwrap_or(*fill)));
                }
                (number.is_none(), flag)
            }
            Self::Date {
                name,
                fill,
                first,
                parts,
                flag,
            } => {
                let moment = moment(name, cells, row)?;
                for part in parts {
                    let value = part.of.value(moment.unwrap_or(*fill), *first);
                    write(part.scale.apply(value));
                }
                (moment.is_none(), flag)
            }
            Self::Category { .. } => return Ok(()),
        };
        if *flag {
            write(f32::from(u8::from(is_missing)));
        }
        Ok(())
    }

    /// How the values of a category are found; a number has none.
    pub fn index(&self) -> Index<'_> {
        let values: &[String] = match self {
            Self::Category { values, .. } => values,
            Self::Number { .. } | Self::Date { .. } => &[],
        };
        let places = values.iter().map(String::as_str).zip(FIRST_VALUE..);
        Index(places.collect())
    }
}

/// The index of each value of a category.
pub(super) struct Index<'a>(HashMap<&'a str, u32>);

impl Index<'_> {
    pub fn of(&self, cells: &Cells, row: usize) -> u32 {
        match cells.text(row) {
            Some(value) => self.0.get(value.as_ref()).copied().unwrap_or(OTHER),
            None => MISSING,
        }
    }
}

fn fit_number(name: String, cells: &Cells, rows: &[u32]) -> Result<Option<Input>, Error> {
    let mut present = rows
        .iter()
        .filter_map(|row| number(&name, cells, *row as usize).transpose())
        .collect::<Result<Vec<f64>, Error>>()?;
    let flag = !present.is_empty() && present.len() < rows.len();
    present.sort_unstable_by(f64::total_cmp);
    let fill = median(&present).unwrap_or_default();
    // Cells that are filled in count as what they are filled with.
    let filled: Vec<f64> = rows
        .iter()
        .map(|row| Ok(number(&name, cells, *row as usize)?.unwrap_or(fill)))
        .collect::<Result<_, Error>>()?;
    let scale = Scale::fit(&filled);
    Ok((flag || scale.is_some()).then_some(Input::Number {
        name,
        fill,
        scale,
        flag,
    }))
}

fn fit_category(name: String, cells: &Cells, rows: &[u32], features: &Features) -> Option<Input> {
    let mut counts: HashMap<String, u64> = HashMap::new();
    let mut missing = 0;
    for row in rows {
        match cells.text(*row as usize) {
            Some(value) => match counts.get_mut(value.as_ref()) {
                Some(count) => *count += 1,
                None => {
                    counts.insert(value.into_owned(), 1);
                }
            },
            None => missing += 1,
        }
    }
    let total = counts.len();
    let frequent: Vec<String> = counts
        .into_iter()
        .filter(|(_, count)| features.rare <= *count)
        .map(|(value, _)| value)
        .collect();
    let others = usize::from(frequent.len() < total);
    let distinct = frequent.len() + others + usize::from(0 < missing);
    (1 < distinct).then(|| Input::Category {
        name,
        values: in_order(frequent),
    })
}

fn fit_date(name: String, cells: &Cells, rows: &[u32]) -> Result<Option<Input>, Error> {
    let mut present = rows
        .iter()
        .filter_map(|row| moment(&name, cells, *row as usize).transpose())
        .collect::<Result<Vec<i64>, Error>>()?;
    let flag = !present.is_empty() && present.len() < rows.len();
    present.sort_unstable();
    // The lower one of two in the middle: a moment that was there.
    let fill = present
        .get(present.len().saturating_sub(1) / 2)
        .copied()
        .unwrap_or_default();
    let first = present
        .first()
        .copied()
        .unwrap_or_default()
        .div_euclid(MICROS_A_DAY);
    let filled: Vec<i64> = rows
        .iter()
        .map(|row| Ok(moment(&name, cells, *row as usize)?.unwrap_or(fill)))
        .collect::<Result<_, Error>>()?;
    let parts: Vec<Part> = DatePart::ALL
        .into_iter()
        .filter_map(|of| {
            let values: Vec<f64> = filled.iter().map(|at| of.value(*at, first)).collect();
            let scale = Scale::fit(&values)?;
            Some(Part { of, scale })
        })
        .collect();
    Ok((flag || !parts.is_empty()).then_some(Input::Date {
        name,
        fill,
        first,
        parts,
        flag,
    }))
}

fn number(name: &str, cells: &Cells, row: usize) -> Result<Option<f64>, Error> {
    cells
        .number(row)
        .map_err(|cell| misfit(name, row, cell, ColumnKind::Number))
}

fn moment(name: &str, cells: &Cells, row: usize) -> Result<Option<i64>, Error> {
    cells
        .moment(row)
        .map_err(|cell| misfit(name, row, cell, ColumnKind::Date))
}

fn misfit(name: &str, row: usize, cell: String, wanted: ColumnKind) -> Error {
    Error::Mixed {
        column: name.to_owned(),
        row: row + 1,
        cell,
        wanted: word(wanted),
    }
}

fn median(sorted: &[f64]) -> Option<f64> {
    let upper = sorted.get(sorted.len() / 2)?;
    let lower = sorted[(sorted.len() - 1) / 2];
    // Halved first: the sum of two large numbers may not be one.
    Some(if lower == *upper {
        lower
    } else {
        lower / 2.0 + upper / 2.0
    })
}

/// The mean and the standard deviation (of the whole population) that numbers are standardised by.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Scale {
    pub mean: f64,
    pub sd: f64,
}

impl Scale {
    /// Nothing when the numbers do not vary. They are finite; taken relative to the largest, so that no square overflows.
    pub fn fit(numbers: &[f64]) -> Option<Self> {
        let unit = numbers
            .iter()
            .fold(0.0, |most, number| number.abs().max(most));
        let first = numbers.first()?;
        if numbers.iter().all(|number| number == first) {
            return None;
        }
        let n = numbers.len() as f64;
        let mean = numbers.iter().map(|number| number / unit).sum::<f64>() / n;
        let square = |number: &f64| (number / unit - mean).powi(2);
        let sd = (numbers.iter().map(square).sum::<f64>() / n).sqrt();
        let scale = Self {
            mean: mean * unit,
            sd: sd * unit,
        };
        (0.0 < scale.sd && scale.sd.is_finite()).then_some(scale)
    }

    pub fn apply(self, number: f64) -> f32 {
        let standardised = (number - self.mean) / self.sd;
        if standardised.is_nan() {
            return 0.0;
        }
        standardised.clamp(-FARTHEST, FARTHEST) as f32
    }
}

/// One number of a date.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Part {
    pub of: DatePart,
    #[serde(flatten)]
    pub scale: Scale,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum DatePart {
    Year,
    MonthSin,
    MonthCos,
    WeekdaySin,
    WeekdayCos,
    HourSin,
    HourCos,
    /// Since the first training day, with the part of the day that is past.
    Days,
}

impl DatePart {
    const ALL: [Self; 8] = [
        Self::Year,
        Self::MonthSin,
        Self::MonthCos,
        Self::WeekdaySin,
        Self::WeekdayCos,
        Self::HourSin,
        Self::HourCos,
        Self::Days,
    ];

    fn value(self, micros: i64, first_day: i64) -> f64 {
        let Some(at) = civil(micros) else {
            return 0.0;
        };
        let turn = |part: i8, of: f64| f64::from(part) / of * TAU;
        let month = turn(at.month() - 1, 12.0);
        let weekday = turn(at.weekday().to_monday_zero_offset(), 7.0);
        let hour = turn(at.hour(), 24.0);
        match self {
            Self::Year => f64::from(at.year()),
            Self::MonthSin => month.sin(),
            Self::MonthCos => month.cos(),
            Self::WeekdaySin => weekday.sin(),
            Self::WeekdayCos => weekday.cos(),
            Self::HourSin => hour.sin(),
            Self::HourCos => hour.cos(),
            Self::Days => micros as f64 / MICROS_A_DAY as f64 - first_day as f64,
        }
    }
}
