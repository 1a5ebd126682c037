//! What changed from one table to another: its columns, its rows, and how the values of each column lie.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

use rayon::prelude::*;
use serde::Serialize;

use super::{
    Error, Table,
    cells::Cells,
    profile::{Kind, MOST_NAMED, kind, sample},
    rows::identities,
};
use crate::stats::{
    Bins, Category, ChiSquare, Contingency, Distances, KolmogorovSmirnov, NotEnough, Sample, Tally,
    kolmogorov_smirnov, wasserstein,
};

/// Bins of equal count over the reference, for the distances of numbers.
pub const BINS: usize = 10;
/// Columns with more different texts are not compared: they are names of rows.
pub const MOST_CATEGORIES: usize = 10_000;

/// What changed from an old table to a new one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    pub schema: SchemaChange,
    pub rows: RowChange,
    /// The columns that both have, those first whose values lie most differently.
    pub columns: Vec<ColumnChange>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SchemaChange {
    pub added: Vec<String>,
    pub removed: Vec<String>,
    /// Columns whose cells are of another kind now.
    pub retyped: Vec<Retyped>,
}

impl SchemaChange {
    pub fn is_none(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.retyped.is_empty()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Retyped {
    pub name: String,
    pub old: Kind,
    pub new: Kind,
}

/// How many rows came and went. Rows are the same where they hold the same in the columns that both tables have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RowChange {
    pub old: u64,
    pub new: u64,
    pub added: u64,
    pub removed: u64,
    /// Rows of one key that hold something else now; `None` where no key tells which row is which: a changed row is one
    /// that was removed and one that was added.
    pub changed: Option<u64>,
}

/// How the values of a column lie in both tables.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColumnChange {
    pub name: String,
    /// Cells without a value, before and after.
    pub nulls: [u64; 2],
    /// What it holds now.
    pub kind: Kind,
    #[serde(flatten)]
    pub drift: Drift,
}

/// How many values of both tables lie in each of the bins of which the distances are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BinCounts {
    /// One more than there are bins; the outer two take in what lies beyond them.
    pub edges: Vec<f64>,
    pub old: Vec<u64>,
    pub new: Vec<u64>,
}

/// What to make of a column that is not as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
pub enum Moved {
    /// Samples of one population differ as much.
    #[strum(to_string = "as by chance")]
    ByChance,
    #[strum(to_string = "a little")]
    Little,
    #[strum(to_string = "some")]
    Some,
    #[strum(to_string = "much")]
    Much,
}

/// How likely chance alone may make one of all the columns of a table differ so, for that it is believed.
const LEVEL: f64 = 0.05;
/// Stability indices from which a change is some, and from which it is much: N. Siddiqi (2006).
const SOME: f64 = 0.1;
const MUCH: f64 = 0.25;

/// How far the values of a column in two tables are apart. The old table is the reference.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "compared_as")]
pub enum Drift {
    /// Dates are compared in days.
    Numbers {
        /// Over [`BINS`] bins of equal count, or as many of equal width where the values are too few for that.
        distances: Distances,
        kolmogorov_smirnov: KolmogorovSmirnov,
        /// In the unit of the values.
        wasserstein: f64,
        bins: BinCounts,
    },
    Categories {
        distances: Distances,
        chi_square: ChiSquare,
        /// Those with the most rows, at most [`MOST_NAMED`].
        commonest: Vec<Category>,
        /// Rows of all others, before and after.
        rest: [u64; 2],
        /// Categories that the old table has not.
        unseen: Vec<Category>,
        /// Categories that the new table has not.
        missing: Vec<Category>,
    },
    /// Why there are no distances.
    Nothing { why: String },
}

impl ColumnChange {
    /// The Jensen–Shannon distance, 0 to 1.
    pub fn distance(&self) -> Option<f64> {
        match &self.drift {
            Drift::Numbers { distances, .. } | Drift::Categories { distances, .. } => {
                Some(distances.jensen_shannon)
            }
            Drift::Nothing { .. } => None,
        }
    }

    /// How likely chance alone makes the values differ so.
    pub fn p(&self) -> Option<f64> {
        match &self.drift {
            Drift::Numbers {
                kolmogorov_smirnov, ..
            } => Some(kolmogorov_smirnov.p),
            Drift::Categories { chi_square, .. } => Some(chi_square.p),
            Drift::Nothing { .. } => None,
        }
    }

    /// The population stability index.
    pub fn psi(&self) -> Option<f64> {
        match &self.drift {
            Drift::Numbers { distances, .. } | Drift::Categories { distances, .. } => {
                Some(distances.psi)
            }
            Drift::Nothing { .. } => None,
        }
    }
}

impl Change {
    /// What to make of one of the columns. The more of them are tested, the more likely chance makes one differ, so each has
    /// its part of the level alone: O. Dunn, "Multiple comparisons among means" (1961). `None` where there are no distances.
    pub fn moved(&self, column: &ColumnChange) -> Option<Moved> {
        let tested = self.columns.iter().filter_map(ColumnChange::p).count();
        let (p, psi) = (column.p()?, column.psi()?);
        Some(match psi {
            _ if LEVEL <= p * tested as f64 => Moved::ByChance,
            ..SOME => Moved::Little,
            ..MUCH => Moved::Some,
            _ => Moved::Much,
        })
    }
}

/// Why rows cannot be told apart by a key, and in which table.
#[derive(Debug)]
pub struct Refused {
    pub side: Side,
    pub error: Error,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Old,
    New,
}

impl Side {
    fn refuses(self) -> impl Fn(Error) -> Refused {
        move |error| Refused { side: self, error }
    }
}

/// Compares two tables. With a key, rows are told apart by what they hold in its columns; `stop` ends it with `None`.
///
/// # Errors
///
/// A column of the key is not in both tables; a row has no value there, or another has the same.
pub fn compare(
    old: &Table,
    new: &Table,
    key: &[String],
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Option<Change>, Refused> {
    let shared = Shared::of(old, new);
    let rows = row_change(old, new, &shared, key)?;
    let columns: Option<Vec<ColumnChange>> = (0..shared.names.len())
        .into_par_iter()
        .map(|at| (!stop()).then(|| shared.column(at)))
        .collect();
    let Some(mut columns) = columns else {
        return Ok(None);
    };
    let order = |column: &ColumnChange| column.distance().unwrap_or(-1.0);
    // Columns as far apart as each other stay in the order of the file.
    columns.sort_by(|a, b| order(b).total_cmp(&order(a)));
    Ok(Some(Change {
        schema: schema_change(old, new, &shared),
        rows,
        columns,
    }))
}

/// The columns that both tables have, in the order of the new one.
struct Shared<'a> {
    names: Vec<&'a str>,
    old: Vec<Cells>,
    new: Vec<Cells>,
    kinds: Vec<[Kind; 2]>,
    rows: [usize; 2],
}

impl<'a> Shared<'a> {
    fn of(old: &Table, new: &'a Table) -> Self {
        let mut known: HashMap<&str, Cells> =
            old.columns().into_iter().zip(old.all_cells()).collect();
        let (mut names, mut before, mut after) = (vec![], vec![], vec![]);
        for (name, cells) in new.columns().into_iter().zip(new.all_cells()) {
            if let Some(old) = known.remove(name) {
                names.push(name);
                before.push(old);
                after.push(cells);
            }
        }
        let rows = [old.rows(), new.rows()];
        let kinds = before.par_iter().zip(&after);
        Self {
            kinds: kinds
                .map(|(before, after)| [kind(before, rows[0]), kind(after, rows[1])])
                .collect(),
            old: before,
            new: after,
            names,
            rows,
        }
    }

    fn column(&self, at: usize) -> ColumnChange {
        let (old, new, [before, after]) = (&self.old[at], &self.new[at], self.kinds[at]);
        let missing = |cells: &Cells, rows| {
            let is_missing = |row: &usize| cells.is_missing(*row);
            (0..rows).filter(is_missing).count() as u64
        };
        let drift = match (before, after) {
            (Kind::Empty, _) | (_, Kind::Empty) => nothing("a side has no values"),
            (Kind::Other, _) | (_, Kind::Other) => nothing("values of this type have no order"),
            _ if is_moment(before) != is_moment(after) => retyped(before, after),
            _ if before.is_number() != after.is_number() => retyped(before, after),
            _ if before.is_number() => {
                let (old, new) = (
                    sample(old, before, self.rows[0]),
                    sample(new, after, self.rows[1]),
                );
                of_numbers(&old, &new).unwrap_or_else(not_enough)
            }
            _ => {
                let texts = |cells: &Cells, rows| (0..rows).map(|row| cells.text(row)).collect();
                of_categories(&texts(old, self.rows[0]), &texts(new, self.rows[1]))
            }
        };
        ColumnChange {
            name: self.names[at].to_owned(),
            nulls: [missing(old, self.rows[0]), missing(new, self.rows[1])],
            kind: after,
            drift,
        }
    }
}

fn is_moment(kind: Kind) -> bool {
    matches!(kind, Kind::Date | Kind::Moment)
}

fn nothing(why: impl Into<String>) -> Drift {
    Drift::Nothing { why: why.into() }
}

fn retyped(old: Kind, new: Kind) -> Drift {
    nothing(format!("it was {old} and is {new}"))
}

fn not_enough(why: NotEnough) -> Drift {
    nothing(format!("not enough data: {why}"))
}

fn of_numbers(old: &Sample, new: &Sample) -> Result<Drift, NotEnough> {
    let binned = Bins::of_equal_count(old, BINS)?.compare(old, new);
    let binned = match binned {
        Err(NotEnough::OneBin) => Bins::of_equal_width(old, BINS)?.compare(old, new),
        binned => binned,
    };
    let binned = binned?;
    Ok(Drift::Numbers {
        distances: binned.distances,
        kolmogorov_smirnov: kolmogorov_smirnov(old, new)?,
        wasserstein: wasserstein(old, new)?,
        bins: BinCounts {
            edges: binned.bins.edges().to_vec(),
            old: binned.reference,
            new: binned.current,
        },
    })
}

fn of_categories(old: &Tally, new: &Tally) -> Drift {
    let most = old.counts.len().max(new.counts.len());
    if MOST_CATEGORIES < most {
        return nothing(format!(
            "{most} different texts: at most {MOST_CATEGORIES} are compared"
        ));
    }
    let both = Contingency::of(old, new);
    let (distances, chi_square) = match (both.distances(), both.chi_square()) {
        (Ok(distances), Ok(chi_square)) => (distances, chi_square),
        (Err(why), _) | (_, Err(why)) => return not_enough(why),
    };
    let unseen = both.unseen().cloned().collect();
    let missing = both.missing().cloned().collect();
    let mut commonest = both.categories;
    commonest.sort_by_key(|category| Reverse(category.reference + category.current));
    let others = commonest.split_off(commonest.len().min(MOST_NAMED));
    Drift::Categories {
        distances,
        chi_square,
        commonest,
        rest: [
            others.iter().map(|category| category.reference).sum(),
            others.iter().map(|category| category.current).sum(),
        ],
        unseen,
        missing,
    }
}

fn schema_change(old: &Table, new: &Table, shared: &Shared) -> SchemaChange {
    let both: HashSet<&str> = shared.names.iter().copied().collect();
    let alone = |table: &Table| -> Vec<String> {
        let names = table.columns().into_iter();
        let alone = names.filter(|name| !both.contains(name));
        alone.map(ToOwned::to_owned).collect()
    };
    let kinds = shared.names.iter().zip(&shared.kinds);
    let retyped = kinds.filter(|(_, [old, new])| old != new);
    SchemaChange {
        added: alone(new),
        removed: alone(old),
        retyped: retyped
            .map(|(name, [old, new])| Retyped {
                name: (*name).to_owned(),
                old: *old,
                new: *new,
            })
            .collect(),
    }
}

fn row_change(
    old: &Table,
    new: &Table,
    shared: &Shared,
    key: &[String],
) -> Result<RowChange, Refused> {
    let before = identities(&shared.old, old.rows());
    let after = identities(&shared.new, new.rows());
    let (rows_before, rows_after) = (old.rows() as u64, new.rows() as u64);
    let (stayed, changed) = match key {
        // Rows of nothing would all be the same.
        [] if shared.names.is_empty() => (0, None),
        [] => (in_both(&before, &after), None),
        key => {
            let old = Keys::of(old, key).map_err(Side::Old.refuses())?;
            let new = Keys::of(new, key).map_err(Side::New.refuses())?;
            let known = old.unique().map_err(Side::Old.refuses())?;
            new.unique().map_err(Side::New.refuses())?;
            let (mut stayed, mut changed) = (0, 0);
            for (row, key) in new.identities.iter().enumerate() {
                if let Some(place) = known.get(key) {
                    stayed += 1;
                    changed += u64::from(before[*place] != after[row]);
                }
            }
            (stayed, Some(changed))
        }
    };
    Ok(RowChange {
        old: rows_before,
        new: rows_after,
        added: rows_after - stayed,
        removed: rows_before - stayed,
        changed,
    })
}

/// Rows of one table that have a partner of their own in the other.
fn in_both(old: &[u128], new: &[u128]) -> u64 {
    let mut left: HashMap<u128, u64> = HashMap::with_capacity(old.len());
    for row in old {
        *left.entry(*row).or_default() += 1;
    }
    let mut stayed = 0;
    for row in new {
        if let Some(count) = left.get_mut(row).filter(|count| 0 < **count) {
            *count -= 1;
            stayed += 1;
        }
    }
    stayed
}

/// What the rows of a table hold in the columns of a key.
pub(super) struct Keys {
    names: String,
    columns: Vec<Cells>,
    pub identities: Vec<u128>,
}

impl Keys {
    /// # Errors
    ///
    /// There is no such column, or a row has no value in it.
    pub fn of(table: &Table, key: &[String]) -> Result<Self, Error> {
        let columns: Vec<Cells> = key
            .iter()
            .map(|name| table.cells(name, "key"))
            .collect::<Result<_, _>>()?;
        for (name, cells) in key.iter().zip(&columns) {
            if let Some(row) = (0..table.rows()).find(|row| cells.is_missing(*row)) {
                return Err(Error::NoKey {
                    row: row + 1,
                    column: name.clone(),
                });
            }
        }
        Ok(Self {
            names: key.join(", "),
            identities: identities(&columns, table.rows()),
            columns,
        })
    }

    /// The key of a row, as text.
    pub fn text(&self, row: usize) -> String {
        let cells = self
            .columns
            .iter()
            .map(|cells| cells.text(row).unwrap_or_default());
        cells.collect::<Vec<_>>().join(", ")
    }

    /// The row of each key.
    fn unique(&self) -> Result<HashMap<u128, usize>, Error> {
        let mut rows = HashMap::with_capacity(self.identities.len());
        for (row, key) in self.identities.iter().enumerate() {
            if let Some(first) = rows.insert(*key, row) {
                return Err(Error::TwoOfAKey {
                    columns: self.names.clone(),
                    key: self.text(row),
                    first: first + 1,
                    second: row + 1,
                });
            }
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests;
