//! Smoothing: the debiased exponential moving average, as TensorBoard draws it.

use crate::domain::series::{Bucket, Segment};

/// The weights a person can step through.
pub const WEIGHTS: [f64; 8] = [0.0, 0.6, 0.8, 0.9, 0.95, 0.99, 0.995, 0.999];

/// `last ← last·w + (1 − w)·y`, then `last / (1 − w^n)` over the n finite values so far, so that the first values are not
/// drawn towards zero. What is not finite passes through and is not accumulated; a constant series stays as it is.
pub fn ema(values: &[f64], weight: f64) -> Vec<f64> {
    let mut average = Average::new(weight);
    let mut finite = values.iter().copied().filter(|value| value.is_finite());
    let first = finite.next();
    if first.is_none_or(|first| finite.all(|value| value == first)) {
        return values.to_vec();
    }
    values.iter().map(|value| average.next(*value)).collect()
}

/// The average of the columns' means, for series too long to be read point by point.
pub fn columns(segment: &Segment, weight: f64) -> Segment {
    let means: Vec<f64> = segment.columns.iter().filter_map(Bucket::mean).collect();
    let mut smoothed = ema(&means, weight).into_iter();
    let columns = segment
        .columns
        .iter()
        .map(|column| match column.mean() {
            None => Bucket::EMPTY,
            Some(mean) => {
                let value = smoothed.next().unwrap_or(mean);
                Bucket {
                    step: column.step,
                    time: column.time,
                    finite: 1,
                    sum: value,
                    min: value,
                    max: value,
                    first: value,
                    last: value,
                    ..Bucket::EMPTY
                }
            }
        })
        .collect();
    Segment {
        number: segment.number,
        columns,
    }
}

struct Average {
    weight: f64,
    last: f64,
    /// weight^n, for the n values so far.
    power: f64,
}

impl Average {
    fn new(weight: f64) -> Self {
        Self {
            weight: weight.clamp(0.0, 1.0),
            last: 0.0,
            power: 1.0,
        }
    }

    fn next(&mut self, value: f64) -> f64 {
        if !value.is_finite() {
            return value;
        }
        self.last = self.last * self.weight + (1.0 - self.weight) * value;
        self.power *= self.weight;
        let debias = if self.weight == 1.0 {
            1.0
        } else {
            1.0 - self.power
        };
        self.last / debias
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn close(a: &[f64], b: &[f64]) -> bool {
        a.len() == b.len()
            && a.iter()
                .zip(b)
                .all(|(a, b)| (a - b).abs() < 1e-12 || (a.is_nan() && b.is_nan()) || a == b)
    }

    #[test]
    fn it_is_the_average_that_tensorboard_draws() {
        let third = (0.36 * 0.4 + 0.6 * 0.2) / (1.0 - 0.216);
        assert!(
            close(&ema(&[1.0, 0.5, 0.0], 0.6), &[1.0, 0.6875, third]),
            "{:?}",
            ema(&[1.0, 0.5, 0.0], 0.6)
        );
        assert!((third - 0.336_734_693_877_551).abs() < 1e-12);
        assert!(close(&ema(&[5.0, 5.0, 5.0], 0.9), &[5.0; 3]));
        assert!(close(&ema(&[1.0, 2.0], 0.0), &[1.0, 2.0]));
        assert!(close(&ema(&[1.0, 2.0], 1.0), &[0.0, 0.0]));
        assert!(close(&ema(&[7.0], 0.99), &[7.0]));
        assert!(ema(&[], 0.9).is_empty());
    }

    #[test]
    fn what_is_not_finite_passes_through_and_leaves_the_average_alone() {
        let with = ema(&[1.0, f64::NAN, 0.5, f64::INFINITY, 0.0], 0.6);
        let without = ema(&[1.0, 0.5, 0.0], 0.6);
        assert!(close(&[with[0], with[2], with[4]], &without));
        assert!(with[1].is_nan() && with[3] == f64::INFINITY);
    }

    proptest! {
        #[test]
        fn it_stays_within_the_values_and_does_not_look_ahead(values in proptest::collection::vec(-1e3..1e3f64, 2..60), weight in 0.0..0.999f64, cut in 2usize..60) {
            let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(*v), high.max(*v)));
            let smooth = ema(&values, weight);
            prop_assert!(smooth.iter().all(|v| low - 1e-9 <= *v && *v <= high + 1e-9));
            let cut = cut.min(values.len());
            prop_assume!(values[..cut].iter().any(|v| *v != values[0]));
            prop_assert_eq!(&ema(&values[..cut], weight)[..], &smooth[..cut]);
        }
    }
}
