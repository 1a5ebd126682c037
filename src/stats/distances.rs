//! How far apart two distributions over the same bins or categories are.

use serde::Serialize;

use super::{NotEnough, enough, sum::sum};

/// A share below this is taken for it where a logarithm of a ratio would be infinite.
const FLOOR: f64 = 1e-4;

/// Distances of two distributions. Each is 0 for equal ones and, but for the last, at most 1; all are symmetric.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Distances {
    /// The share that would have to move to make one of the other: half the sum of all differences.
    pub total_variation: f64,
    /// The difference of the share that differs most.
    pub largest: f64,
    /// E. Hellinger (1909): √(½ Σ (√p − √q)²).
    pub hellinger: f64,
    /// The square root of J. Lin's divergence (1991) to base 2, a metric: D. Endres and J. Schindelin, "A new metric for
    /// probability distributions" (2003).
    pub jensen_shannon: f64,
    /// The population stability index, Σ (p − q) ln(p/q) with shares of less than 0.0001 taken as 0.0001; 0 or more. N.
    /// Siddiqi, "Credit risk scorecards" (2006), chapter 9: below 0.1 little has changed, above 0.25 much. It grows with the
    /// number of bins, and in small samples by chance.
    pub psi: f64,
}

impl Distances {
    /// Between how many values of either sample fell into each bin; both slices are as long as there are bins.
    ///
    /// # Errors
    /// [`NotEnough`] with less than two values on either side.
    pub fn between(reference: &[u64], current: &[u64]) -> Result<Self, NotEnough> {
        let total = |counts: &[u64]| counts.iter().sum::<u64>();
        let (left, right) = (total(reference), total(current));
        enough(left, right)?;
        let share = move |(&p, &q): (&u64, &u64)| (p as f64 / left as f64, q as f64 / right as f64);
        let shares = || reference.iter().zip(current).map(share);
        let apart = || shares().map(|(p, q)| (p - q).abs());
        let roots = sum(shares().map(|(p, q)| (p.sqrt() - q.sqrt()).powi(2)));
        let divergence = sum(shares().map(|(p, q)| divergence(p, q) + divergence(q, p)));
        Ok(Self {
            total_variation: (sum(apart()) / 2.0).min(1.0),
            largest: apart().fold(0.0, f64::max),
            hellinger: (roots / 2.0).clamp(0.0, 1.0).sqrt(),
            jensen_shannon: (divergence / 2.0).clamp(0.0, 1.0).sqrt(),
            psi: sum(shares().map(|(p, q)| psi(p, q))),
        })
    }
}

/// p log₂(p / m), where m is the middle of both.
fn divergence(p: f64, q: f64) -> f64 {
    match p == 0.0 {
        true => 0.0,
        false => p * (2.0 * p / (p + q)).log2(),
    }
}

fn psi(p: f64, q: f64) -> f64 {
    let (p, q) = (p.max(FLOOR), q.max(FLOOR));
    (p - q) * (p / q).ln()
}
