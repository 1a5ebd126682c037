//! Names, counted, and two counts compared.

use std::collections::HashMap;

use serde::Serialize;

use super::{Distances, NotEnough, enough, special::chi_square_tail, sum::sum};

/// How often each name occurs in a column. Collected from cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub nulls: u64,
    pub counts: HashMap<String, u64>,
}

/// The categories of two samples, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Contingency {
    pub categories: Vec<Category>,
}

/// A category that occurs in either sample, and in how many rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Category {
    pub name: String,
    pub reference: u64,
    pub current: u64,
}

/// Pearson's test of homogeneity: do both samples come from one distribution over the categories?
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ChiSquare {
    /// Σ (observed − expected)² / expected over both rows of the table, 0 or more, without Yates' correction.
    pub statistic: f64,
    /// Categories less one.
    pub degrees: u64,
    /// How likely a statistic at least so large is if they do. 1 where there is one category.
    pub p: f64,
    /// Cells of the table in which less than 5 are expected. Where that is more than a fifth of them, `p` is rough:
    /// W. Cochran, "Some methods for strengthening the common χ² tests" (1954).
    pub sparse: u64,
}

impl<S: AsRef<str>> FromIterator<Option<S>> for Tally {
    fn from_iter<T: IntoIterator<Item = Option<S>>>(cells: T) -> Self {
        let mut tally = Self::default();
        for cell in cells {
            let Some(cell) = cell else {
                tally.nulls += 1;
                continue;
            };
            match tally.counts.get_mut(cell.as_ref()) {
                Some(count) => *count += 1,
                None => {
                    tally.counts.insert(cell.as_ref().to_owned(), 1);
                }
            }
        }
        tally
    }
}

impl Contingency {
    /// The categories of both; those that were counted 0 times in each are none.
    pub fn of(reference: &Tally, current: &Tally) -> Self {
        let mut rows: HashMap<&str, (u64, u64)> = HashMap::new();
        for (name, count) in &reference.counts {
            rows.entry(name).or_default().0 = *count;
        }
        for (name, count) in &current.counts {
            rows.entry(name).or_default().1 = *count;
        }
        let occurs = |(_, counts): &(&str, (u64, u64))| *counts != (0, 0);
        let category = |(name, (reference, current)): (&str, (u64, u64))| Category {
            name: name.to_owned(),
            reference,
            current,
        };
        let mut categories: Vec<Category> = rows.into_iter().filter(occurs).map(category).collect();
        categories.sort_unstable_by(|left, right| left.name.cmp(&right.name));
        Self { categories }
    }

    /// Categories of the current sample that the reference does not know.
    pub fn unseen(&self) -> impl Iterator<Item = &Category> {
        self.categories
            .iter()
            .filter(|category| category.reference == 0)
    }

    /// Categories of the reference that the current sample has not.
    pub fn missing(&self) -> impl Iterator<Item = &Category> {
        self.categories
            .iter()
            .filter(|category| category.current == 0)
    }

    /// # Errors
    /// [`NotEnough`] with less than two rows on either side.
    pub fn distances(&self) -> Result<Distances, NotEnough> {
        let (reference, current) = self.counts();
        Distances::between(&reference, &current)
    }

    /// K. Pearson (1900); A. Agresti, "Categorical data analysis" (2013), section 3.2.
    ///
    /// # Errors
    /// [`NotEnough`] with less than two rows on either side.
    pub fn chi_square(&self) -> Result<ChiSquare, NotEnough> {
        let (left, right) = self.totals()?;
        let all = left + right;
        let mut sparse = 0;
        let cells = self.categories.iter().flat_map(|category| {
            let share = (category.reference + category.current) as f64 / all;
            [(category.reference, left), (category.current, right)]
                .map(|(found, total)| (found as f64, share * total))
        });
        let statistic = sum(cells.map(|(found, expected)| {
            sparse += u64::from(expected < 5.0);
            (found - expected).powi(2) / expected
        }));
        let degrees = self.categories.len() as u64 - 1;
        let p = match degrees {
            0 => 1.0,
            degrees => chi_square_tail(statistic, degrees as f64),
        };
        Ok(ChiSquare {
            statistic,
            degrees,
            p,
            sparse,
        })
    }

    /// How much the sample a row is of tells of its category, 0 (nothing) to 1 (all): √(χ²/n), as one side of the table is
    /// two. H. Cramér, "Mathematical methods of statistics" (1946), section 21.9.
    ///
    /// # Errors
    /// [`NotEnough`] with less than two rows on either side, or one category.
    pub fn cramers_v(&self) -> Result<f64, NotEnough> {
        let (chi, all, _) = self.association()?;
        Ok((chi / all).sqrt().min(1.0))
    }

    /// The same less what chance brings, which with many categories is most of it. W. Bergsma, "A bias-correction for
    /// Cramér's V and Tschuprow's T" (2013).
    ///
    /// # Errors
    /// [`NotEnough`] with less than two rows on either side, one category, or no category of more than one row.
    pub fn cramers_v_corrected(&self) -> Result<f64, NotEnough> {
        let (chi, all, categories) = self.association()?;
        if all <= categories {
            return Err(NotEnough::NoRepeats);
        }
        let (others, columns) = (all - 1.0, categories - 1.0);
        let excess = (chi / all - columns / others).max(0.0);
        let least = (columns - columns.powi(2) / others).min(1.0 - 1.0 / others);
        Ok((excess / least).sqrt().min(1.0))
    }

    /// χ², rows and categories.
    fn association(&self) -> Result<(f64, f64, f64), NotEnough> {
        let (left, right) = self.totals()?;
        if self.categories.len() < 2 {
            return Err(NotEnough::OneCategory);
        }
        Ok((
            self.chi_square()?.statistic,
            left + right,
            self.categories.len() as f64,
        ))
    }

    /// The rows of both samples.
    fn totals(&self) -> Result<(f64, f64), NotEnough> {
        let (reference, current) = self.counts();
        let (left, right) = (reference.iter().sum(), current.iter().sum());
        enough(left, right)?;
        Ok((left as f64, right as f64))
    }

    fn counts(&self) -> (Vec<u64>, Vec<u64>) {
        let both = |category: &Category| (category.reference, category.current);
        self.categories.iter().map(both).unzip()
    }
}
