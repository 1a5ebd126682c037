//! The real line cut into bins, so that numbers can be counted like categories.

use serde::Serialize;

use super::{Distances, NotEnough, enough, sample::Sample};

/// Bins over the range of a reference. A value on an edge is in the bin above it; the outer two bins take in what lies
/// outside the range, so that every value has its bin.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bins {
    /// Ascending, with least and greatest value of the reference as the outer two (of bins of equal width over a constant:
    /// half a unit around it).
    edges: Vec<f64>,
}

/// Two samples over the same bins.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Binned {
    pub bins: Bins,
    /// Values in each bin.
    pub reference: Vec<u64>,
    pub current: Vec<u64>,
    pub distances: Distances,
}

impl Bins {
    /// Bins that hold equal shares of the reference as far as ties allow: quantiles ([`Sample::quantile`]) that are equal are
    /// one edge, and a reference of one or two values is one bin.
    ///
    /// # Errors
    /// [`NotEnough`] with less than two values.
    pub fn of_equal_count(reference: &Sample, count: usize) -> Result<Self, NotEnough> {
        enough(reference.count(), u64::MAX)?;
        // As a multiple of the step, not as a quotient: other programs cut there.
        let step = 1.0 / count as f64;
        let level = |at: usize| if at < count { at as f64 * step } else { 1.0 };
        let mut edges: Vec<f64> = (0..=count)
            .filter_map(|at| reference.quantile(level(at)))
            .collect();
        edges.dedup();
        Ok(Self { edges })
    }

    /// Bins of equal width over the reference's range.
    ///
    /// # Errors
    /// [`NotEnough`] with less than two values, and where numbers are not fine enough for so many edges in the range.
    pub fn of_equal_width(reference: &Sample, count: usize) -> Result<Self, NotEnough> {
        enough(reference.count(), u64::MAX)?;
        let Some((low, high)) = reference.range() else {
            return Err(NotEnough::Reference { found: 0 });
        };
        let (low, high) = match low < high {
            true => (low, high),
            false => (low - 0.5, high + 0.5),
        };
        let edge = |at: usize| {
            if at < count {
                part(low, high, at, count)
            } else {
                high
            }
        };
        let edges: Vec<f64> = (0..=count).map(edge).collect();
        match edges.is_sorted_by(|left, right| left < right) {
            true => Ok(Self { edges }),
            false => Err(NotEnough::TooNarrow),
        }
    }

    /// The edges of the bins, with those of the range; a constant has one edge only.
    pub fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// The edges between bins.
    pub fn inner(&self) -> &[f64] {
        let last = self.edges.len().saturating_sub(1);
        self.edges.get(1..last).unwrap_or_default()
    }

    /// How many values of a sample are in each bin.
    pub fn count(&self, sample: &Sample) -> Vec<u64> {
        let values = sample.values();
        let places = self
            .inner()
            .iter()
            .map(|edge| values.partition_point(|value| value < edge));
        let mut below = 0;
        places
            .chain([values.len()])
            .map(|place| {
                let count = place - below;
                below = place;
                count as u64
            })
            .collect()
    }

    /// Counts both samples and compares them.
    ///
    /// # Errors
    /// [`NotEnough`] with less than two values on either side or one bin only.
    pub fn compare(self, reference: &Sample, current: &Sample) -> Result<Binned, NotEnough> {
        enough(reference.count(), current.count())?;
        if self.inner().is_empty() {
            return Err(NotEnough::OneBin);
        }
        let (reference, current) = (self.count(reference), self.count(current));
        Ok(Binned {
            distances: Distances::between(&reference, &current)?,
            bins: self,
            reference,
            current,
        })
    }
}

/// The edge after `at` of `count` equal parts.
fn part(low: f64, high: f64, at: usize, count: usize) -> f64 {
    let (at, count) = (at as f64, count as f64);
    let step = (high - low) / count;
    if step.is_infinite() {
        let share = at / count;
        return low * (1.0 - share) + high * share;
    }
    match step == 0.0 {
        // A part of the least numbers is none; all of them are.
        true => at / count * (high - low) + low,
        false => at * step + low,
    }
}
