//! The few special functions that p-values need, to about 1e-13.
//!
//! All of them stand on two pieces that C. Loader, "Fast and accurate computation of binomial probabilities" (2000), takes
//! apart: how far a factorial is from Stirling's formula, and the deviance of a count from its mean. Neither subtracts large
//! logarithms from each other, so that nothing is lost with millions of rows.

use std::f64::consts::TAU;

/// How far Γ(x + 1) is from Stirling's formula: ln Γ(x + 1) − ln(√(2πx) (x/e)ˣ), for 0 < x.
pub fn stirling_error(x: f64) -> f64 {
    let (mut x, mut error) = (x, 0.0);
    // Γ(x + 2) = (x + 1) Γ(x + 1), to where five terms of the series are enough.
    while x < 16.0 {
        error += (x + 0.5) * (1.0 / x).ln_1p() - 1.0;
        x += 1.0;
    }
    let square = x * x;
    let series = 1.0 / 1_680.0 - 1.0 / 1_188.0 / square;
    let series = 1.0 / 1_260.0 - series / square;
    let series = 1.0 / 360.0 - series / square;
    error + (1.0 / 12.0 - series / square) / x
}

/// x ln(x / mean) + mean − x for 0 < x and 0 ≤ mean: 0 where they are equal, infinite where the mean is 0.
pub fn deviance(x: f64, mean: f64) -> f64 {
    let apart = (mean - x) / x;
    if apart == f64::INFINITY {
        return apart;
    }
    x * (apart - apart.ln_1p())
}

/// The upper tail of the chi-square distribution: how likely a value of at least `x` is with that many degrees of freedom,
/// for 0 < `degrees`.
pub fn chi_square_tail(x: f64, degrees: f64) -> f64 {
    upper_gamma(degrees / 2.0, x / 2.0)
}

/// The upper tail of the normal distribution, for 0 ≤ z.
pub fn normal_tail(z: f64) -> f64 {
    0.5 * upper_gamma(0.5, z * z / 2.0)
}

/// Q(a, x), the regularised upper incomplete gamma function, for 0 < a: NIST's Digital Library of Mathematical Functions,
/// 8.11.4 (series) and 8.9.2 (continued fraction).
fn upper_gamma(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    if x == f64::INFINITY {
        return 0.0;
    }
    // xᵃ e⁻ˣ / Γ(a + 1)
    let density = (-stirling_error(a) - deviance(a, x)).exp() / (TAU * a).sqrt();
    let tail = match x < a + 1.0 {
        true => 1.0 - density * series(a, x),
        false => density * a * fraction(a, x),
    };
    tail.clamp(0.0, 1.0)
}

/// 1 + x/(a+1) + x²/((a+1)(a+2)) + …: terms that fall ever faster, for x < a + 1.
fn series(a: f64, x: f64) -> f64 {
    let (mut total, mut term, mut next) = (1.0, 1.0, a + 1.0);
    while total * f64::EPSILON / 4.0 < term {
        term *= x / next;
        total += term;
        next += 1.0;
    }
    total
}

/// 1/(x+1−a − 1(1−a)/(x+3−a − 2(2−a)/(x+5−a − …))) for a + 1 ≤ x, by W. Lentz' method: "Numerical recipes" (2007), section 5.2.
fn fraction(a: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - a;
    let mut c = f64::INFINITY;
    let mut d = 1.0 / b;
    let mut value = d;
    let mut number = 0.0;
    loop {
        number += 1.0;
        let numerator = -number * (number - a);
        b += 2.0;
        d = 1.0 / nonzero(numerator * d + b);
        c = nonzero(b + numerator / c);
        let change = c * d;
        value *= change;
        let is_moving = 1e-15 < (change - 1.0).abs();
        if !is_moving {
            return value;
        }
    }
}

fn nonzero(value: f64) -> f64 {
    match value == 0.0 {
        true => f64::MIN_POSITIVE,
        false => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against mpmath 1.3.0 with 40 digits.
    #[test]
    fn the_functions_have_twelve_digits_in_the_middle_and_in_the_tails() {
        let gamma = [
            (0.5, 0.1, 0.654720846018577),
            (0.5, 2.0, 0.0455002638963584),
            (0.5, 500.0, 1.79583278480073e-219),
            (1.0, 1.0, 0.367879441171442),
            (2.5, 3.6, 0.206185919709556),
            (121.0, 117.25, 0.623280479100082),
            (250.0, 180.0, 0.99999952810557),
            (250.0, 400.0, 3.17700765923857e-16),
            (5e5, 5e5, 0.499811936803394),
            (5e5, 503_000.0, 1.14450841829491e-5),
            (5e5, 497_000.0, 0.999989344073547),
            (1_000.5, 2_000.0, 9.68965060349349e-136),
        ];
        for (a, x, wanted) in gamma {
            near(upper_gamma(a, x), wanted, &format!("Q({a}, {x})"));
        }
        let normal = [
            (0.0, 0.5),
            (0.5, 0.308537538725987),
            (1.0, 0.158655253931457),
            (3.0, 0.00134989803163009),
            (10.0, 7.61985302416053e-24),
            (30.0, 4.90671392714819e-198),
        ];
        for (z, wanted) in normal {
            near(normal_tail(z), wanted, &format!("the tail above {z}"));
        }
        let stirling = [
            (0.5, 0.153426409720027),
            (1.0, 0.0810614667953273),
            (2.5, 0.0331628735199363),
            (7.0, 0.0118967099458918),
            (15.5, 0.00537559903292683),
            (16.0, 0.00520765591960964),
            (100.0, 0.000833330555634915),
            (1e6, 8.33333333333306e-8),
        ];
        for (x, wanted) in stirling {
            near(
                stirling_error(x),
                wanted,
                &format!("Stirling's error at {x}"),
            );
        }
    }

    #[test]
    fn the_ends_are_exact() {
        for a in [0.5, 1.0, 7.0, 1e6] {
            assert_eq!(upper_gamma(a, 0.0), 1.0);
            assert_eq!(upper_gamma(a, f64::INFINITY), 0.0);
            assert_eq!(upper_gamma(a, f64::MAX), 0.0);
        }
        assert_eq!(deviance(3.0, 3.0), 0.0);
        assert_eq!(deviance(3.0, 0.0), f64::INFINITY);
    }

    fn near(found: f64, wanted: f64, what: &str) {
        let is_near = (found - wanted).abs() <= 1e-12 * wanted;
        assert!(is_near, "{what}: {found:e}, not {wanted:e}");
    }
}
