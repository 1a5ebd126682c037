//! Are two samples from one population?

use serde::Serialize;

use super::{NotEnough, enough, kolmogorov, sample::Sample, steps::steps};

/// Up to so many values on the longer side the p-value is exact.
pub const MOST_EXACT: u64 = 10_000;

/// The two-sample Kolmogorov–Smirnov test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct KolmogorovSmirnov {
    /// The widest gap between the two distribution functions, 0 to 1.
    pub statistic: f64,
    /// The (least) value at which they are so far apart.
    pub at: f64,
    /// How likely a gap at least so wide is if both samples come from one population without ties; ties make it too large,
    /// never too small.
    pub p: f64,
    /// Is `p` counted from all orders of the values, not taken from the distribution of large samples?
    pub is_exact: bool,
}

/// The p-value is exact up to 10,000 values on the longer side; above it is that of a sample of mn/(m + n) values against its
/// own distribution, which is how SciPy's `ks_2samp` takes it as well.
///
/// # Errors
/// [`NotEnough`] with less than two values on either side.
pub fn kolmogorov_smirnov(
    reference: &Sample,
    current: &Sample,
) -> Result<KolmogorovSmirnov, NotEnough> {
    let (left, right) = (reference.count(), current.count());
    enough(left, right)?;
    let (mut gap, mut at) = (0, f64::NEG_INFINITY);
    for step in steps(reference, current) {
        let here = step.gap(left, right);
        if gap < here || at == f64::NEG_INFINITY {
            (gap, at) = (here, step.value);
        }
    }
    let statistic = gap as f64 / (left as f64 * right as f64);
    let is_exact = left.max(right) <= MOST_EXACT;
    let p = match is_exact {
        true => exact_tail(left, right, gap as u64),
        false => {
            let (left, right) = (left as f64, right as f64);
            let effective = left * right / (left + right);
            kolmogorov::tail(effective.round_ties_even() as u64, statistic)
        }
    };
    Ok(KolmogorovSmirnov {
        statistic,
        at,
        p,
        is_exact,
    })
}

/// How likely the gap is at least `gap` parts of mn.
fn exact_tail(left: u64, right: u64, gap: u64) -> f64 {
    if gap == 0 {
        return 1.0;
    }
    let tail = match left == right {
        true => equal_sizes(left, gap / left),
        false => lattice(left.max(right), left.min(right), gap),
    };
    tail.clamp(0.0, 1.0)
}

/// Both samples have `n` values, and the gap is `h` of them: 2 (C(2n, n−h) − C(2n, n−2h) + C(2n, n−3h) − …) / C(2n, n), of
/// B. Gnedenko and V. Korolyuk (1951), from the last term to the first, each as a multiple of the one before it.
fn equal_sizes(n: u64, h: u64) -> f64 {
    let later = (0..=n / h).rev().fold(0.0, |later, term| {
        let (above, below) = (n - term * h, n + term * h);
        let ratio: f64 = (0..h.min(above + 1))
            .map(|at| (above - at) as f64 / (below + at + 1) as f64)
            .product();
        ratio * (1.0 - later)
    });
    2.0 * later
}

/// The share of all orders of m and n values, as paths over a lattice from (0, 0) to (m, n), that leave the band in which the
/// distribution functions are less than `gap` apart: J. Hodges, "The significance probability of the Smirnov two-sample
/// test" (1958), section 4. Kept as the probability to have left, as T. Viehmann, "Numerically more stable computation of the
/// p-values for the two-sample Kolmogorov–Smirnov test" (2021), has it, so that small ones keep their digits.
///
/// A path to (i, j) came from (i − 1, j) with probability i/(i + j), from (i, j − 1) else; points of one diagonal
/// i + j = s need only those of the one before.
fn lattice(m: u64, n: u64, gap: u64) -> f64 {
    let (m, n, gap) = (m as i64, n as i64, gap as i64);
    let numbers: Vec<f64> = (0..=n).map(|number| number as f64).collect();
    // At j + 1: the probability to have left the band on the way to (s − j, j). Outside of it that is 1.
    let mut before = vec![1.0; n as usize + 3];
    before[1] = 0.0;
    let mut after = before.clone();
    for s in 1..=m + n {
        let first = ((s * n - gap).div_euclid(m + n) + 1).max(s - m).max(0);
        let last = (s * n + gap - 1).div_euclid(m + n).min(s).min(n);
        if last < first {
            return 1.0;
        }
        let (first, last, s) = (first as usize, last as usize, s as f64);
        let from_left = &before[first + 1..=last + 1];
        let from_below = &before[first..=last];
        let points = after[first + 1..=last + 1].iter_mut();
        for (((point, left), below), j) in
            points.zip(from_left).zip(from_below).zip(&numbers[first..])
        {
            *point = (left * (s - j) + below * j) / s;
        }
        (after[first], after[last + 2]) = (1.0, 1.0);
        (before, after) = (after, before);
    }
    before[n as usize + 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the paths counted in whole numbers.
    #[test]
    fn the_exact_tail_is_the_share_of_orders_that_are_so_far_apart() {
        let cases = [
            (2, 2, 2, 1.0),
            (2, 2, 4, 0.333333333333333),
            (3, 2, 3, 0.9),
            (3, 2, 6, 0.2),
            (5, 3, 7, 0.678571428571429),
            (7, 4, 12, 0.660606060606061),
            (10, 10, 40, 0.41752365281777),
            (10, 10, 100, 1.0825088224469e-5),
            (12, 8, 48, 0.149559418909264),
            (40, 30, 300, 0.203754785234229),
            (100, 60, 1_500, 0.0154956534695747),
            (100, 60, 4_000, 2.45830352927895e-16),
            (50, 50, 1_500, 1.06249623853858e-8),
        ];
        for (m, n, gap, wanted) in cases {
            for found in [
                exact_tail(m, n, gap),
                exact_tail(n, m, gap),
                lattice(m, n, gap),
            ] {
                let is_near = (found - wanted).abs() <= 1e-12 * wanted;
                assert!(is_near, "{m} and {n} at {gap}: {found:e}, not {wanted:e}");
            }
        }
    }

    #[test]
    fn exact_and_asymptotic_tails_meet() {
        for (m, n) in [(10_000, 10_000), (10_000, 9_999), (10_000, 2_500)] {
            for share in [0.01, 0.02, 0.03] {
                let gap = (share * (m * n) as f64) as u64 / n * n;
                let (left, right) = (m as f64, n as f64);
                let effective = left * right / (left + right);
                let exact = exact_tail(m, n, gap);
                let asymptotic = kolmogorov::tail(effective as u64, gap as f64 / (left * right));
                assert!(
                    (exact - asymptotic).abs() < 0.03 * exact,
                    "{m} and {n}: {exact}, {asymptotic}"
                );
            }
        }
    }
}
