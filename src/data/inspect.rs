//! What the columns of a table are for a preset.
//!
//! Numbers are numbers, also whole ones with few values (`hr`, `1` to `5` stars): their order and distance carry meaning
//! more often than not, and a wrong guess would hide it. A preset lists those that are codes under `features.categories`.
//! Flags are categories. A text is a number or a date when all its cells read as one, else a category when it has at most
//! `features.distinct` values. What is listed is taken as listed.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashSet},
};

use serde::{Deserialize, Serialize};

use super::{
    Error, Table,
    cells::{Cells, parse_number},
    error::quoted,
    leaks::leaks,
};
use crate::domain::{
    presets::{Features, Preset, SplitKind, Task},
    schemas::{Column, ColumnKind},
};

/// The most classes a target may have.
pub const MOST_CLASSES: usize = 1_000;
/// From this many classes on, with less than two rows for each, they are hardly classes.
const MANY_CLASSES: usize = 20;
/// Numbers to predict may be this far from 0: the squares of their errors are added up.
const FARTHEST_TARGET: f64 = 1e30;
/// The fewest rows that can be split into three parts.
pub const FEWEST_ROWS: usize = 3;

/// What goes in, what is to come out, and what a person should know before training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// In the order of the file.
    pub features: Vec<Column>,
    pub target: Goal,
    /// One sentence each: what was left out and why, what looks like a leak.
    pub warnings: Vec<String>,
}

/// The column to predict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    pub name: String,
    pub kind: GoalKind,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GoalKind {
    /// The classes in order: numbers by size, everything else by its text. A class's index is its place here.
    Classes(Vec<String>),
    Numbers,
}

/// Decides what each column is, and finds everything that can be known to be wrong before training.
///
/// The target, what `features.exclude` names and the column of groups of a split by group are no features.
///
/// # Errors
/// A column that is not there, a list that contradicts another, a column of mixed types, a target that cannot be learnt,
/// too few rows.
pub fn inspect(table: &Table, preset: &Preset) -> Result<Plan, Error> {
    let listed = Listed::of(table, preset)?;
    let mut warnings = vec![];
    let target = goal(table, preset, &mut warnings)?;
    let mut features = vec![];
    let mut left_out = vec![];
    for name in table.columns() {
        if name == preset.target || listed.is_left_out(name, preset) {
            continue;
        }
        let cells = table.cells(name, "features")?;
        match kind(name, &cells, table.rows(), listed.kind(name), preset)? {
            Verdict::Feature(column) => {
                if column.kind == ColumnKind::Number {
                    warnings.extend(infinite(name, &cells, table.rows()));
                }
                features.push(column);
            }
            Verdict::LeftOut(why) => {
                left_out.push(format!("column {} is left out: {why}", quoted(name)));
            }
        }
        if counts_rows(&cells, table.rows()) {
            warnings.push(format!(
                "column {} counts the rows: list it under features.exclude unless their order means something",
                quoted(name)
            ));
        }
    }
    if features.is_empty() {
        return Err(Error::NoFeatures { left_out });
    }
    warnings.extend(left_out);
    let mut plan = Plan {
        features,
        target,
        warnings,
    };
    let rows = rows_with_target(table, &plan)?;
    if rows.len() < FEWEST_ROWS {
        return Err(Error::TooFewRows {
            found: rows.len(),
            needed: FEWEST_ROWS,
        });
    }
    let leaks = leaks(table, &plan, &rows);
    plan.warnings.extend(leaks.iter().map(ToString::to_string));
    Ok(plan)
}

/// The rows whose target is known: the others neither train nor judge.
pub(super) fn rows_with_target(table: &Table, plan: &Plan) -> Result<Vec<u32>, Error> {
    let cells = table.cells(&plan.target.name, "target")?;
    let is_number = plan.target.kind == GoalKind::Numbers;
    Ok((0..table.rows())
        .filter(|row| !lacks_target(&cells, *row, is_number))
        .map(|row| row as u32)
        .collect())
}

/// Has the row nothing to predict? To a number, a text that reads as infinity is nothing.
pub(super) fn lacks_target(cells: &Cells, row: usize, is_number: bool) -> bool {
    if is_number {
        return matches!(cells.number(row), Ok(None));
    }
    cells.is_missing(row)
}

/// Numbers by size, everything else by its text.
pub(super) fn in_order(mut values: Vec<String>) -> Vec<String> {
    let numbers: Option<Vec<f64>> = values.iter().map(|value| parse_number(value)).collect();
    match numbers {
        Some(numbers) => {
            let mut pairs: Vec<_> = numbers.into_iter().zip(values).collect();
            pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
            pairs.into_iter().map(|(_, value)| value).collect()
        }
        None => {
            values.sort_unstable();
            values
        }
    }
}

/// What the preset says of columns by name.
struct Listed<'a> {
    features: &'a Features,
    kinds: BTreeMap<&'a str, ColumnKind>,
}

impl<'a> Listed<'a> {
    fn of(table: &Table, preset: &'a Preset) -> Result<Self, Error> {
        let features = &preset.features;
        let lists = [
            ("features.exclude", &features.exclude, None),
            (
                "features.categories",
                &features.categories,
                Some(ColumnKind::Category),
            ),
            (
                "features.numbers",
                &features.numbers,
                Some(ColumnKind::Number),
            ),
            ("features.dates", &features.dates, Some(ColumnKind::Date)),
        ];
        let mut by = BTreeMap::from([(preset.target.as_str(), "target")]);
        let mut kinds = BTreeMap::new();
        table.cells(&preset.target, "target")?;
        for (role, names, kind) in lists {
            for name in names {
                table.cells(name, role)?;
                if let Some(first) = by.insert(name, role) {
                    return Err(Error::Conflict {
                        name: name.clone(),
                        first,
                        second: role,
                    });
                }
                if let Some(kind) = kind {
                    kinds.insert(name.as_str(), kind);
                }
            }
        }
        if let Some(by) = &preset.split.by {
            table.cells(by, "split.by")?;
        }
        Ok(Self { features, kinds })
    }

    fn kind(&self, name: &str) -> Option<ColumnKind> {
        self.kinds.get(name).copied()
    }

    fn is_left_out(&self, name: &str, preset: &Preset) -> bool {
        // A group seen in training never comes again: its name teaches nothing.
        let is_group = preset.split.kind == SplitKind::Group
            && preset.split.by.as_deref() == Some(name)
            && !self.kinds.contains_key(name);
        is_group || self.features.exclude.iter().any(|left| left == name)
    }
}

enum Verdict {
    Feature(Column),
    /// Why.
    LeftOut(String),
}

fn kind(
    name: &str,
    cells: &Cells,
    rows: usize,
    listed: Option<ColumnKind>,
    preset: &Preset,
) -> Result<Verdict, Error> {
    if let Cells::Other(dtype) = cells {
        let Some(wanted) = listed else {
            return Ok(Verdict::LeftOut(format!("it holds {dtype}")));
        };
        return Err(Error::Unfit {
            column: name.to_owned(),
            dtype: dtype.clone(),
            wanted: word(wanted),
        });
    }
    let nulls = (0..rows).filter(|row| cells.is_missing(*row)).count();
    if nulls == rows {
        return Ok(Verdict::LeftOut("every cell is missing".to_owned()));
    }
    if nulls == 0 && is_constant(cells, rows) {
        let value = cells.text(0).unwrap_or_default();
        let why = format!("it is {} in every row", quoted(&value));
        return Ok(Verdict::LeftOut(why));
    }
    let kind = match (listed, cells) {
        (Some(kind), _) => {
            let fits = |row| match kind {
                ColumnKind::Number => cells.number(row).map(|_| ()),
                ColumnKind::Date => cells.moment(row).map(|_| ()),
                ColumnKind::Category => Ok(()),
            };
            if let Some((row, cell)) = first_misfit(rows, fits) {
                return Err(mixed(name, row, cell, kind));
            }
            kind
        }
        (None, Cells::Flag(_)) => ColumnKind::Category,
        (None, Cells::Day(_) | Cells::Moment(..)) => ColumnKind::Date,
        (None, Cells::Text(_)) => match text_kind(name, cells, rows, rows - nulls, preset)? {
            Ok(kind) => kind,
            Err(why) => return Ok(Verdict::LeftOut(why)),
        },
        (None, _) => ColumnKind::Number,
    };
    Ok(Verdict::Feature(Column {
        name: name.to_owned(),
        kind,
        nulls: nulls as u64,
    }))
}

/// What a column of texts is, or why it is left out. Where most cells but not all are numbers or dates, the rest are
/// more likely mistakes than categories.
fn text_kind(
    name: &str,
    cells: &Cells,
    rows: usize,
    present: usize,
    preset: &Preset,
) -> Result<Result<ColumnKind, String>, Error> {
    let number = |row| cells.number(row).map(|_| ());
    let moment = |row| cells.moment(row).map(|_| ());
    let (numbers, dates) = (misfits(rows, number), misfits(rows, moment));
    for (misfits, fits, kind) in [
        (numbers, &number as &dyn Fn(usize) -> _, ColumnKind::Number),
        (dates, &moment, ColumnKind::Date),
    ] {
        if 2 * misfits < present {
            return match first_misfit(rows, fits) {
                Some((row, cell)) => Err(mixed(name, row, cell, kind)),
                None => Ok(Ok(kind)),
            };
        }
    }
    let distinct: HashSet<_> = (0..rows).filter_map(|row| cells.text(row)).collect();
    if (distinct.len() as u64) <= preset.features.distinct {
        return Ok(Ok(ColumnKind::Category));
    }
    Ok(Err(format!(
        "its {} different texts are more than features.distinct = {}; list it under features.categories to keep it",
        distinct.len(),
        preset.features.distinct
    )))
}

fn misfits(rows: usize, fits: impl Fn(usize) -> Result<(), String>) -> usize {
    (0..rows).filter(|row| fits(*row).is_err()).count()
}

fn first_misfit(
    rows: usize,
    fits: impl Fn(usize) -> Result<(), String>,
) -> Option<(usize, String)> {
    (0..rows).find_map(|row| Some((row, fits(row).err()?)))
}

fn mixed(name: &str, row: usize, cell: String, wanted: ColumnKind) -> Error {
    Error::Mixed {
        column: name.to_owned(),
        row: row + 1,
        cell,
        wanted: word(wanted),
    }
}

pub(super) fn word(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Number => "number",
        ColumnKind::Category => "category",
        ColumnKind::Date => "date (2026-10-01, 2026-10-01T12:04:05)",
    }
}

fn is_constant(cells: &Cells, rows: usize) -> bool {
    let first = cells.text(0);
    (1..rows).all(|row| cells.text(row) == first)
}

/// That cells are infinite: how many, and the first.
fn infinite(name: &str, cells: &Cells, rows: usize) -> Option<String> {
    let mut found = (0..rows).filter(|row| cells.is_infinite(*row));
    let first = found.next()? + 1;
    Some(match found.count() {
        0 => format!(
            "row {first} of column {} is infinite and counts as missing",
            quoted(name)
        ),
        more => format!(
            "{} rows of column {} are infinite, the first is row {first}: they count as missing",
            more + 1,
            quoted(name)
        ),
    })
}

/// Does the column step by one from row to row, as an index does?
fn counts_rows(cells: &Cells, rows: usize) -> bool {
    const FEWEST: usize = 20;
    let Cells::Whole(cells) = cells else {
        return false;
    };
    FEWEST <= rows
        && (1..rows).all(|row| match (cells.get(row - 1), cells.get(row)) {
            (Some(before), Some(this)) => before.checked_add(1) == Some(this),
            _ => false,
        })
}

fn goal(table: &Table, preset: &Preset, warnings: &mut Vec<String>) -> Result<Goal, Error> {
    let name = preset.target.clone();
    let cells = table.cells(&name, "target")?;
    if let Cells::Other(dtype) = &cells {
        return Err(Error::Unfit {
            column: name,
            dtype: dtype.clone(),
            wanted: "target",
        });
    }
    warnings.extend(doubt(&cells, table.rows(), preset));
    let is_number = preset.task == Task::Regression;
    let missing = (0..table.rows())
        .filter(|row| lacks_target(&cells, *row, is_number))
        .count();
    if missing == table.rows() {
        return Err(Error::NoTargets { target: name });
    }
    warnings.extend(infinite(&name, &cells, table.rows()));
    if 0 < missing {
        let rows = if missing == 1 { "row is" } else { "rows are" };
        warnings.push(format!(
            "{missing} {rows} left out: the target {} is missing there",
            quoted(&name)
        ));
    }
    let kind = match preset.task {
        Task::Classification => classes(&name, &cells, table.rows(), warnings)?,
        Task::Regression => numbers(&name, &cells, table.rows())?,
    };
    Ok(Goal { name, kind })
}

/// Why the target is perhaps another column than was meant.
fn doubt(cells: &Cells, rows: usize, preset: &Preset) -> Option<String> {
    let is_split_by = preset.split.by.as_ref() == Some(&preset.target);
    let is_date = matches!(
        kind(&preset.target, cells, rows, None, preset),
        Ok(Verdict::Feature(Column {
            kind: ColumnKind::Date,
            ..
        }))
    );
    let why = match (is_split_by, is_date) {
        (true, true) => "holds dates and is the column that the split goes by",
        (true, false) => "is also the column that the split goes by",
        (false, true) => "holds dates",
        (false, false) => return None,
    };
    let target = quoted(&preset.target);
    Some(format!(
        "the target {target} {why}: is it what shall be predicted?"
    ))
}

fn classes(
    name: &str,
    cells: &Cells,
    rows: usize,
    warnings: &mut Vec<String>,
) -> Result<GoalKind, Error> {
    let mut counts: BTreeMap<Cow<'_, str>, usize> = BTreeMap::new();
    for class in (0..rows).filter_map(|row| cells.text(row)) {
        *counts.entry(class).or_default() += 1;
        if MOST_CLASSES < counts.len() {
            let distinct: HashSet<_> = (0..rows).filter_map(|row| cells.text(row)).collect();
            return Err(Error::ManyClasses {
                target: name.to_owned(),
                found: distinct.len(),
                limit: MOST_CLASSES,
            });
        }
    }
    if let (1, Some((class, _))) = (counts.len(), counts.first_key_value()) {
        return Err(Error::OneClass {
            target: name.to_owned(),
            class: class.to_string(),
        });
    }
    let with_class: usize = counts.values().sum();
    if MANY_CLASSES <= counts.len() && with_class < 2 * counts.len() {
        return Err(Error::FewRowsAClass {
            target: name.to_owned(),
            found: counts.len(),
            rows: with_class,
            are_numbers: counts.keys().all(|class| parse_number(class).is_some()),
        });
    }
    for (class, count) in &counts {
        if *count < FEWEST_ROWS {
            let rows = if *count == 1 { "row" } else { "rows" };
            warnings.push(format!(
                "class {} has {count} {rows}: it cannot stand in training, validation and test alike",
                quoted(class)
            ));
        }
    }
    let classes = counts.into_keys().map(Cow::into_owned).collect();
    Ok(GoalKind::Classes(in_order(classes)))
}

fn numbers(name: &str, cells: &Cells, rows: usize) -> Result<GoalKind, Error> {
    let dtype = match cells {
        Cells::Flag(_) => Some("true and false"),
        Cells::Day(_) | Cells::Moment(..) => Some("dates"),
        _ => None,
    };
    if let Some(dtype) = dtype {
        return Err(Error::Unfit {
            column: name.to_owned(),
            dtype: dtype.to_owned(),
            wanted: "number to predict",
        });
    }
    if let Some((row, cell)) = first_misfit(rows, |row| cells.number(row).map(|_| ())) {
        return Err(Error::NotANumber {
            target: name.to_owned(),
            row: row + 1,
            cell,
        });
    }
    let number = |row| cells.number(row).ok().flatten();
    let far = |row| number(row).filter(|number: &f64| FARTHEST_TARGET < number.abs());
    if let Some((row, value)) = (0..rows).find_map(|row| Some((row, far(row)?))) {
        return Err(Error::HugeTarget {
            target: name.to_owned(),
            row: row + 1,
            value,
            most: FARTHEST_TARGET,
        });
    }
    Ok(GoalKind::Numbers)
}

#[cfg(test)]
mod tests;
