//! Does one sample tend to lie above another?

use serde::Serialize;

use super::{NotEnough, enough, sample::Sample, special::normal_tail, steps::steps};

/// The Mann–Whitney test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MannWhitney {
    /// U of the reference: in how many pairs of values, one of each sample, the reference's is the greater; a tie counts half.
    pub statistic: f64,
    /// The same as a share of all pairs: 0.5 when neither tends to be greater, 1 when all of the reference lies above.
    pub superiority: f64,
    /// How likely a U at least so far from the middle is if both samples come from one population; two-sided.
    pub p: f64,
}

/// By the normal approximation with corrections for ties and continuity: H. Mann and D. Whitney, "On a test of whether one
/// of two random variables is stochastically larger than the other" (1947); E. Lehmann, "Nonparametrics" (1975), section 1.4.
///
/// # Errors
/// [`NotEnough`] with less than two values on either side.
pub fn mann_whitney(reference: &Sample, current: &Sample) -> Result<MannWhitney, NotEnough> {
    let (left, right) = (reference.count(), current.count());
    enough(left, right)?;
    let (mut twice_wins, mut ties) = (0_u128, 0.0);
    let (mut left_below, mut right_below) = (0, 0);
    for step in steps(reference, current) {
        let (lefts, rights) = (step.reference - left_below, step.current - right_below);
        twice_wins += u128::from(lefts) * u128::from(right_below + step.current);
        let tied = (lefts + rights) as f64;
        ties += tied * (tied - 1.0) * (tied + 1.0);
        (left_below, right_below) = (step.reference, step.current);
    }
    let (left, right) = (left as f64, right as f64);
    let (all, pairs) = (left + right, left * right);
    let statistic = twice_wins as f64 / 2.0;
    let variance = pairs / 12.0 * ((all + 1.0) - ties / (all * (all - 1.0)));
    Ok(MannWhitney {
        statistic,
        superiority: statistic / pairs,
        p: two_sided((statistic - pairs / 2.0).abs() - 0.5, variance),
    })
}

fn two_sided(apart: f64, variance: f64) -> f64 {
    if apart <= 0.0 || variance <= 0.0 {
        return 1.0;
    }
    2.0 * normal_tail(apart / variance.sqrt())
}
