//! A column of numbers, cleaned and sorted, and what one line can say of it.

use serde::Serialize;

use super::sum::sum;

/// The quantiles of a [`Summary`].
pub const LEVELS: [f64; 7] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

/// The finite values of a column in ascending order, and how many cells had none. Collected from cells.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    sorted: Vec<f64>,
    pub missing: Missing,
}

/// Cells without a finite value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Missing {
    pub nulls: u64,
    pub nans: u64,
    /// Cells of positive infinity.
    pub above: u64,
    /// Cells of negative infinity.
    pub below: u64,
}

/// A sample in a few numbers, in the unit of its values.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Finite values.
    pub count: u64,
    pub mean: f64,
    /// The deviation of these values from their mean, their squares divided by the count.
    pub deviation: f64,
    /// The same as an estimate for the population behind them, divided by the count less one; none for one value.
    pub sample_deviation: Option<f64>,
    pub min: f64,
    pub max: f64,
    /// At [`LEVELS`]; see [`Sample::quantile`].
    pub quantiles: [f64; 7],
    /// Values that differ.
    pub distinct: u64,
}

impl FromIterator<Option<f64>> for Sample {
    fn from_iter<T: IntoIterator<Item = Option<f64>>>(cells: T) -> Self {
        let cells = cells.into_iter();
        let mut sorted = Vec::with_capacity(cells.size_hint().0);
        let mut missing = Missing::default();
        for cell in cells {
            match cell {
                None => missing.nulls += 1,
                Some(value) if value.is_nan() => missing.nans += 1,
                Some(f64::INFINITY) => missing.above += 1,
                Some(f64::NEG_INFINITY) => missing.below += 1,
                // -0 is 0.
                Some(value) => sorted.push(value + 0.0),
            }
        }
        sorted.sort_unstable_by(f64::total_cmp);
        Self { sorted, missing }
    }
}

impl Sample {
    /// The finite values, ascending.
    pub fn values(&self) -> &[f64] {
        &self.sorted
    }

    /// How many finite values there are.
    pub fn count(&self) -> u64 {
        self.sorted.len() as u64
    }

    /// Cells, with a value or without.
    pub fn rows(&self) -> u64 {
        let Missing {
            nulls,
            nans,
            above,
            below,
        } = self.missing;
        self.count() + nulls + nans + above + below
    }

    /// Least and greatest, or nothing without a value.
    pub fn range(&self) -> Option<(f64, f64)> {
        Some((*self.sorted.first()?, *self.sorted.last()?))
    }

    /// The value below which a share of `level` (0 to 1, clamped) lies, linear between neighbours: definition 7 of
    /// R. Hyndman and Y. Fan, "Sample quantiles in statistical packages" (1996), which R and NumPy use as well. Nothing
    /// without a value.
    pub fn quantile(&self, level: f64) -> Option<f64> {
        let last = self.sorted.len().checked_sub(1)?;
        let place = last as f64 * level.clamp(0.0, 1.0);
        let at = (place as usize).min(last);
        let (low, high) = (self.sorted[at], self.sorted[(at + 1).min(last)]);
        Some(between(low, high, place - at as f64))
    }

    /// Nothing without a value.
    pub fn summary(&self) -> Option<Summary> {
        let (min, max) = self.range()?;
        let count = self.sorted.len() as f64;
        let (mean, squares) = self.moments(min, max);
        let deviation = |divisor: f64| squares.deviation(divisor);
        Some(Summary {
            count: self.count(),
            mean,
            deviation: deviation(count),
            sample_deviation: (1.0 < count).then(|| deviation(count - 1.0)),
            min,
            max,
            quantiles: LEVELS.map(|level| self.quantile(level).expect("there is a value")),
            distinct: 1 + self.sorted.windows(2).filter(|two| two[0] < two[1]).count() as u64,
        })
    }

    /// The mean, and the squares of what values differ from it: two passes, the second corrected for what the mean was
    /// rounded by (T. Chan, G. Golub, R. LeVeque, "Algorithms for computing the sample variance" (1983), equation 1.7).
    fn moments(&self, min: f64, max: f64) -> (f64, Squares) {
        if min == max {
            return (min, Squares::default());
        }
        let scale = scale_for(min.abs().max(max.abs()));
        let count = self.sorted.len() as f64;
        let mean = sum(self.sorted.iter().map(|value| value * scale)) / count;
        let apart = |value: &f64| value * scale - mean;
        let squares = sum(self.sorted.iter().map(|value| apart(value).powi(2)));
        let rounded = sum(self.sorted.iter().map(apart)).powi(2) / count;
        let sum = (squares - rounded).max(0.0);
        ((mean / scale).clamp(min, max), Squares { sum, scale })
    }
}

/// A sum of squares of values that were multiplied by `scale`.
#[derive(Clone, Copy)]
struct Squares {
    sum: f64,
    scale: f64,
}

impl Default for Squares {
    fn default() -> Self {
        Self {
            sum: 0.0,
            scale: 1.0,
        }
    }
}

impl Squares {
    fn deviation(self, divisor: f64) -> f64 {
        (self.sum / divisor).sqrt() / self.scale
    }
}

/// A power of two, so that it rounds nothing, that keeps squares and sums of values up to `largest` in the range of numbers.
fn scale_for(largest: f64) -> f64 {
    let exponent = largest.log2().floor().clamp(-1_000.0, 1_000.0) as i32;
    if exponent.abs() < 300 {
        return 1.0;
    }
    2f64.powi(-exponent)
}

/// `share` of the way from `low` to `high`; exact at both ends, and never beyond them.
fn between(low: f64, high: f64, share: f64) -> f64 {
    let gap = high - low;
    if gap.is_infinite() {
        return low * (1.0 - share) + high * share;
    }
    let value = match share < 0.5 {
        true => low + gap * share,
        false => high - gap * (1.0 - share),
    };
    value.clamp(low, high)
}
