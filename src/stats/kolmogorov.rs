//! The distribution of Kolmogorov's statistic: how far a sample's distribution function is from the one it was drawn from.
//!
//! Which formula serves where is from R. Simard and P. L'Ecuyer, "Computing the two-sided Kolmogorov–Smirnov distribution"
//! (2011), which maps the plane of n and x: exact where that is affordable, elsewhere an expansion whose error falls with n².
//! Kolmogorov's own limit is not used: in the tail it is off by as much as its value.

use std::f64::consts::{PI, TAU};

use super::special::{deviance, stirling_error};

/// Up to so many values everything is exact.
const SMALL: u64 = 140;
/// More than so many terms of Smirnov's sum are sampled.
const TERMS: u64 = 1 << 15;
/// Terms of the theta functions. With nx² below 2.2 the first that is left out weighs less than e⁻⁹⁰.
const THETA_TERMS: u32 = 6;

/// How likely the two-sided statistic of `n` values is at least `x`.
pub fn tail(n: u64, x: f64) -> f64 {
    let count = n as f64;
    let (scaled, squared) = (count * x, count * x * x);
    let probability = if scaled <= 0.5 {
        1.0
    } else if 1.0 <= x || 370.0 <= squared {
        0.0
    } else if scaled <= 1.0 {
        1.0 - lowest(count, scaled)
    } else if 0.5 <= x || (if n <= SMALL { 4.0 } else { 2.2 }) <= squared {
        // That both sides are exceeded at once is impossible in the first case and does not show in the others.
        2.0 * one_sided_tail(n, x)
    } else if n <= SMALL || (n <= 100_000 && count * x.powf(1.5) <= 1.4) {
        1.0 - durbin(n, x)
    } else {
        1.0 - pelz_good(count, x)
    };
    probability.clamp(0.0, 1.0)
}

/// P(Dₙ < x) for ½ ≤ nx ≤ 1: n! ((2nx − 1)/n)ⁿ, of H. Ruben and J. Gambino (1982).
fn lowest(count: f64, scaled: f64) -> f64 {
    (factorial_over_power(count) + count * (2.0 * scaled - 1.0).ln()).exp()
}

/// ln(n!/nⁿ)
fn factorial_over_power(count: f64) -> f64 {
    stirling_error(count) + 0.5 * (TAU * count).ln() - count
}

/// How likely the one-sided statistic of `n` values is at least `x`, for 0 < x < 1: N. Smirnov (1944), exact.
///
/// Its terms are binomial probabilities, x · P(v of n at x + v/n) / (x + v/n). Of many they draw a bell that is flat at both
/// ends, and a sum over every k-th point of such a curve, times k, is the sum over all to far more digits than are here.
fn one_sided_tail(n: u64, x: f64) -> f64 {
    let count = n as f64;
    let (scaled, last) = (count * x, (count * (1.0 - x)).floor() as u64);
    let stride = 1 + last / TERMS;
    let whole = stirling_error(count);
    let term = |successes: u64| {
        let (successes, failures) = (successes as f64, (n - successes) as f64);
        let exponent = whole
            - stirling_error(successes)
            - stirling_error(failures)
            - deviance(successes, successes + scaled)
            - deviance(failures, (failures - scaled).max(0.0));
        (count / (TAU * successes * failures)).sqrt() * exponent.exp() * x / (x + successes / count)
    };
    let terms: f64 = (1..=last).step_by(stride as usize).map(term).sum();
    let none = (count * (-x).ln_1p()).exp();
    none + stride as f64 * terms
}

/// P(Dₙ < x), exact: J. Durbin (1968) in the form of G. Marsaglia, W. Tsang and J. Wang, "Evaluating Kolmogorov's
/// distribution" (2003): an entry of the n-th power of a matrix, times n!/nⁿ.
fn durbin(n: u64, x: f64) -> f64 {
    let scaled = n as f64 * x;
    let k = scaled.ceil() as usize;
    let mut base = Scaled::of(durbin_matrix(k, k as f64 - scaled));
    let mut power = Scaled::one(base.size);
    let mut left = n;
    while 0 < left {
        if left % 2 == 1 {
            power = power.times(&base);
        }
        base = base.times(&base);
        left /= 2;
    }
    let entry = power.cells[(k - 1) * power.size + k - 1];
    (entry.ln() + power.exponent + factorial_over_power(n as f64)).exp()
}

/// The matrix of 2k − 1 rows: 1/(i − j + 1)! from one above the diagonal downward, less what `h` takes of its first column
/// and last row.
fn durbin_matrix(k: usize, h: f64) -> Vec<f64> {
    let size = 2 * k - 1;
    let mut inverse = vec![1.0; size + 1];
    for at in 1..=size {
        inverse[at] = inverse[at - 1] / at as f64;
    }
    let mut cells = vec![0.0; size * size];
    for row in 0..size {
        for column in 0..size.min(row + 2) {
            cells[row * size + column] = inverse[row + 1 - column];
        }
    }
    let corner = (size - 1) * size;
    for at in 0..size {
        let taken = h.powi(at as i32 + 1) * inverse[at + 1];
        cells[at * size] -= taken;
        cells[corner + size - 1 - at] -= taken;
    }
    let both = (2.0 * h - 1.0).max(0.0).powi(size as i32);
    cells[corner] += both * inverse[size];
    cells
}

/// A square matrix times eᵉˣᵖᵒⁿᵉⁿᵗ.
struct Scaled {
    size: usize,
    cells: Vec<f64>,
    exponent: f64,
}

impl Scaled {
    fn of(cells: Vec<f64>) -> Self {
        Self {
            size: cells.len().isqrt(),
            cells,
            exponent: 0.0,
        }
    }

    fn one(size: usize) -> Self {
        let cells = (0..size * size).map(|at| f64::from(u8::from(at % (size + 1) == 0)));
        Self::of(cells.collect())
    }

    /// The product, its largest cell brought to 1.
    fn times(&self, other: &Self) -> Self {
        let size = self.size;
        let mut cells = vec![0.0; size * size];
        for (row, out) in cells.chunks_exact_mut(size).enumerate() {
            for (at, factor) in self.cells[row * size..][..size].iter().enumerate() {
                for (cell, other) in out.iter_mut().zip(&other.cells[at * size..]) {
                    *cell += factor * other;
                }
            }
        }
        let largest = cells.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        cells.iter_mut().for_each(|cell| *cell /= largest);
        Self {
            size,
            cells,
            exponent: self.exponent + other.exponent + largest.ln(),
        }
    }
}

/// P(Dₙ < x) for many values: W. Pelz and I. Good, "Approximating the lower tail-areas of the Kolmogorov–Smirnov one-sample
/// statistic" (1976): Kolmogorov's limit and three corrections, each smaller by √n.
fn pelz_good(count: f64, x: f64) -> f64 {
    let z = count.sqrt() * x;
    let (z2, z4, z6) = (z.powi(2), z.powi(4), z.powi(6));
    let (pi2, pi4, pi6) = (PI.powi(2), PI.powi(4), PI.powi(6));
    let mut sums = [0.0; 4];
    for k in 1..=THETA_TERMS {
        let odd = f64::from(2 * k - 1);
        let (m2, m4, m6) = (odd.powi(2), odd.powi(4), odd.powi(6));
        let weight = (-pi2 * m2 / (8.0 * z2)).exp();
        let second = (6.0 * z6 + 2.0 * z4)
            + pi2 / 4.0 * (2.0 * z4 - 5.0 * z2) * m2
            + pi4 / 16.0 * (1.0 - 2.0 * z2) * m4;
        let third = -(30.0 * z6 + 90.0 * z4 * z4)
            + pi2 / 4.0 * (135.0 * z4 - 96.0 * z6) * m2
            + pi4 / 16.0 * (212.0 * z4 - 60.0 * z2) * m4
            + pi6 / 64.0 * (5.0 - 30.0 * z2) * m6;
        sums[0] += weight / z;
        sums[1] += weight * (pi2 / 4.0 * m2 - z2) / (6.0 * z4);
        sums[2] += weight * second / (72.0 * z.powi(7));
        sums[3] += weight * third / (6_480.0 * z.powi(10));
        let whole = f64::from(k).powi(2);
        let weight = whole * (-pi2 * whole / (2.0 * z2)).exp();
        sums[2] -= weight * pi2 / (36.0 * z.powi(3));
        sums[3] += weight * pi2 * (3.0 * z2 - pi2 * whole) / (216.0 * z6);
    }
    let root = count.sqrt();
    let corrected = sums.iter().rev().fold(0.0, |sum, term| sum / root + term);
    TAU.sqrt() * corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against G. Steck's determinant (1971) in exact fractions.
    #[test]
    fn small_samples_have_the_exact_tail() {
        let cases = [
            (1, 0.75, 0.5),
            (2, 0.3, 0.98),
            (2, 0.6, 0.32),
            (3, 0.25, 0.972222222222222),
            (5, 0.4, 0.3088),
            (8, 0.3, 0.390114340209961),
            (10, 0.2, 0.74871904),
            (10, 0.274, 0.371520384543496),
            (20, 0.05, 0.999999976798038),
            (20, 0.15, 0.704467154944287),
            (20, 0.294, 0.0500939462310777),
            (30, 0.1, 0.89607826800509),
            (30, 0.25, 0.0387241567011045),
            (30, 0.45, 4.60170836663682e-6),
            (12, 0.95, 4.88281250000005e-16),
        ];
        for (n, x, wanted) in cases {
            // At 30 values and nx² = 6 the other side is left out, for which the paper allows ten digits.
            near(tail(n, x), wanted, 1e-9, &format!("{n} values at {x}"));
        }
    }

    #[test]
    fn smirnovs_sum_is_exact() {
        let cases = [
            (20, 0.1, 0.629071018884963),
            (1_000, 0.05, 0.00650603739054517),
            (1_000, 0.3, 1.29535785286842e-80),
            (5_000, 0.03, 0.000120796172113334),
        ];
        for (n, x, wanted) in cases {
            near(
                one_sided_tail(n, x),
                wanted,
                1e-11,
                &format!("{n} values at {x}"),
            );
        }
    }

    #[test]
    fn every_kth_term_of_a_long_sum_is_enough() {
        for n in [200_000, 1_000_000, 50_000_000] {
            for squared in [2.2, 5.0, 50.0, 300.0] {
                let x = (squared / n as f64).sqrt();
                // The sum's own expansion (V. Li-Chien, 1956): its error is of the order of n^(−3/2).
                let root = (n as f64).sqrt();
                let z = x * root;
                let expansion = (-2.0 * z * z).exp()
                    * (1.0 - 2.0 * z / (3.0 * root)
                        + 2.0 / (3.0 * n as f64) * z * z * (1.0 - 2.0 * z * z / 3.0));
                let allowed = 20.0 * (1.0 + z.powi(6)) / (n as f64).powf(1.5);
                near(
                    one_sided_tail(n, x),
                    expansion,
                    allowed,
                    &format!("{n} values at {x}"),
                );
            }
        }
    }

    #[test]
    fn formulas_agree_where_one_gives_way_to_another() {
        for n in [141, 1_000, 20_000_u64] {
            let count = n as f64;
            let x = (1.4 / count).powf(2.0 / 3.0);
            let (exact, expansion) = (1.0 - durbin(n, x), 1.0 - pelz_good(count, x));
            near(
                expansion,
                exact,
                0.1 / count.powi(2),
                &format!("{n} values at {x}, from below"),
            );
            let x = (2.2 / count).sqrt();
            let (expansion, one_sided) = (1.0 - pelz_good(count, x), 2.0 * one_sided_tail(n, x));
            near(
                expansion,
                one_sided,
                5e-6 + 20.0 / count.powi(2),
                &format!("{n} values at {x}, from above"),
            );
        }
    }

    #[test]
    fn the_tail_falls_from_one_to_nothing() {
        for n in [1, 2, 10, 140, 141, 9_999, 100_001, 3_000_000] {
            let tails: Vec<f64> = (0..=400)
                .map(|at| {
                    tail(
                        n,
                        f64::from(at) / 400.0 * (4.0 / (n as f64).sqrt()).min(1.0),
                    )
                })
                .collect();
            assert_eq!(tails[0], 1.0);
            assert!(
                tails.is_sorted_by(|left, right| right - left <= 1e-7),
                "{n}: {tails:?}"
            );
            assert!(tails[400] < 1e-12, "{n}: {}", tails[400]);
        }
    }

    fn near(found: f64, wanted: f64, digits: f64, what: &str) {
        let is_near = (found - wanted).abs() <= digits * wanted;
        assert!(is_near, "{what}: {found:e}, not {wanted:e}");
    }
}
