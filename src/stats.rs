//! The arithmetic of comparing two samples: is this version of the data like that one, and how far is it from it?
//!
//! Numbers become a [`Sample`], which is sorted once and then walked by every statistic: [`Summary`],
//! [`kolmogorov_smirnov`], [`mann_whitney`], [`wasserstein`], and over [`Bins`] the [`Distances`].
//! Names become a [`Tally`], and two of them a [`Contingency`].
//!
//! Nothing here reads a file or a clock, and nothing panics. Where the data cannot carry a number the answer is
//! [`NotEnough`], which is a result and no fault. Which of two samples is the reference matters only where it is said to:
//! the edges of bins are the reference's.

mod bins;
mod categories;
mod distances;
mod kolmogorov;
mod kolmogorov_smirnov;
mod mann_whitney;
mod sample;
mod special;
mod steps;
mod sum;
mod wasserstein;

use serde::Serialize;

pub use self::{
    bins::{Binned, Bins},
    categories::{Category, ChiSquare, Contingency, Tally},
    distances::Distances,
    kolmogorov_smirnov::{KolmogorovSmirnov, kolmogorov_smirnov},
    mann_whitney::{MannWhitney, mann_whitney},
    sample::{LEVELS, Missing, Sample, Summary},
    wasserstein::wasserstein,
};

/// The fewest values, present and finite, that either side of a comparison must have.
pub const FEWEST: u64 = 2;

/// Why two samples cannot be compared by a statistic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "not_enough")]
pub enum NotEnough {
    #[error("the reference has {found} usable values: at least {FEWEST} are needed")]
    Reference { found: u64 },
    #[error("the current sample has {found} usable values: at least {FEWEST} are needed")]
    Current { found: u64 },
    /// Association needs two categories.
    #[error("all rows of both samples are in one category: there is nothing to tell apart")]
    OneCategory,
    /// A correction for chance finds nothing but chance.
    #[error("no category has two rows: the samples are too small for so many categories")]
    NoRepeats,
    /// The quantiles of a constant, or of a column of two values, are no edges between anything; a distance of 0 over
    /// the one bin they leave would say that every sample is like every other.
    #[error("the reference's quantiles leave one bin: compare over bins of equal width")]
    OneBin,
    /// The edges of bins of equal width would fall onto each other.
    #[error("the reference's values are too close for their size: no bins fit between them")]
    TooNarrow,
}

/// Refuses a comparison with too little on either side.
fn enough(reference: u64, current: u64) -> Result<(), NotEnough> {
    if reference < FEWEST {
        return Err(NotEnough::Reference { found: reference });
    }
    if current < FEWEST {
        return Err(NotEnough::Current { found: current });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
