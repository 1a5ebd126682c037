//! Where the distribution functions of two samples step.

use std::iter;

use super::sample::Sample;

/// A value of either sample, and how many values of each are at or below it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    pub value: f64,
    pub reference: u64,
    pub current: u64,
}

/// All values that occur in either sample, ascending, each once.
pub fn steps(reference: &Sample, current: &Sample) -> impl Iterator<Item = Step> {
    let (reference, current) = (reference.values(), current.values());
    let (mut left, mut right) = (0, 0);
    iter::from_fn(move || {
        let value = match (reference.get(left), current.get(right)) {
            (Some(left), Some(right)) => left.min(*right),
            (Some(value), None) | (None, Some(value)) => *value,
            (None, None) => return None,
        };
        left = past(reference, left, value);
        right = past(current, right, value);
        Some(Step {
            value,
            reference: left as u64,
            current: right as u64,
        })
    })
}

/// The place after those that equal `value`.
fn past(values: &[f64], mut at: usize, value: f64) -> usize {
    while values.get(at) == Some(&value) {
        at += 1;
    }
    at
}

impl Step {
    /// How far the distribution functions are apart here, as a whole number of parts of one in the product of both counts.
    pub fn gap(&self, reference: u64, current: u64) -> u128 {
        let left = u128::from(self.reference) * u128::from(current);
        left.abs_diff(u128::from(self.current) * u128::from(reference))
    }
}
