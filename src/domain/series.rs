//! Series of points and their summary in buckets: what a chart is drawn from.

use serde::Serialize;

/// One value of one metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub step: i64,
    /// Milliseconds since 1970.
    pub time: i64,
    pub value: f64,
}

/// A summary of consecutive points of one segment. Extremes, sum, first and last are over finite values; what is not
/// finite is counted, so that one diverged point neither hides a spike nor flattens the chart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bucket {
    pub step: i64,
    pub time: i64,
    pub finite: u64,
    pub nan: u32,
    pub positive_infinite: u32,
    pub negative_infinite: u32,
    pub sum: f64,
    pub min: f64,
    pub max: f64,
    pub first: f64,
    pub last: f64,
}

impl Bucket {
    /// Holds nothing: `step` is `i64::MAX`, extremes are turned around, first and last are NaN.
    pub const EMPTY: Self = Self {
        step: i64::MAX,
        time: 0,
        finite: 0,
        nan: 0,
        positive_infinite: 0,
        negative_infinite: 0,
        sum: 0.0,
        min: f64::INFINITY,
        max: f64::NEG_INFINITY,
        first: f64::NAN,
        last: f64::NAN,
    };

    pub fn is_empty(&self) -> bool {
        self.points() == 0
    }

    pub fn points(&self) -> u64 {
        self.finite
            + u64::from(self.nan)
            + u64::from(self.positive_infinite)
            + u64::from(self.negative_infinite)
    }

    /// The mean of the finite values, if there is one.
    pub fn mean(&self) -> Option<f64> {
        (0 < self.finite).then(|| self.sum / self.finite as f64)
    }

    /// Takes in the next point in order.
    #[inline]
    pub fn add(&mut self, point: Point) {
        if self.step == i64::MAX {
            (self.step, self.time) = (point.step, point.time);
        }
        let value = point.value;
        if value.is_finite() {
            self.min = self.min.min(value);
            self.max = self.max.max(value);
            if self.finite == 0 {
                self.first = value;
            }
            self.last = value;
            self.sum += value;
            self.finite += 1;
        } else if value.is_nan() {
            self.nan += 1;
        } else if 0.0 < value {
            self.positive_infinite += 1;
        } else {
            self.negative_infinite += 1;
        }
    }

    /// Takes in the next bucket in order.
    pub fn merge(&mut self, next: &Self) {
        if self.step == i64::MAX {
            (self.step, self.time) = (next.step, next.time);
        }
        if self.finite == 0 {
            self.first = next.first;
        }
        if 0 < next.finite {
            self.last = next.last;
        }
        self.finite += next.finite;
        self.nan += next.nan;
        self.positive_infinite += next.positive_infinite;
        self.negative_infinite += next.negative_infinite;
        self.sum += next.sum;
        self.min = self.min.min(next.min);
        self.max = self.max.max(next.max);
    }
}

/// What the points of a series are told apart by along a chart. Steps never fall within a segment; a clock may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Key {
    #[default]
    Step,
    /// Milliseconds since 1970.
    Time,
}

impl Key {
    #[inline]
    pub fn of(self, point: &Point) -> i64 {
        match self {
            Self::Step => point.step,
            Self::Time => point.time,
        }
    }

    /// Where a bucket begins.
    #[inline]
    pub fn start(self, bucket: &Bucket) -> i64 {
        match self {
            Self::Step => bucket.step,
            Self::Time => bucket.time,
        }
    }
}

/// From where to where a series reaches, over all its segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    pub points: u64,
    pub first_step: i64,
    pub last_step: i64,
    pub first_time: i64,
    pub last_time: i64,
}

/// A question to a series: `columns` columns over the steps `from..=to`.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    pub from: i64,
    pub to: i64,
    pub columns: usize,
    /// How far outside its column a bucket may be drawn, as a part of a column: 0.25 to draw, 0 to read out.
    pub slack: f64,
}

/// One segment of a series, reduced to the columns of a window. A resume from an older step starts a new segment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Segment {
    pub number: u32,
    pub columns: Vec<Bucket>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bucket(values: &[f64], from: usize) -> Bucket {
        let mut bucket = Bucket::EMPTY;
        for (i, value) in values.iter().enumerate() {
            bucket.add(Point {
                step: (from + i) as i64,
                time: (from + i) as i64,
                value: *value,
            });
        }
        bucket
    }

    proptest! {
        #[test]
        fn merging_two_buckets_equals_adding_all_their_points(values in proptest::collection::vec(proptest::num::f32::ANY, 0..200), cut in 0usize..200) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let cut = cut.min(values.len());
            let mut merged = bucket(&values[..cut], 0);
            merged.merge(&bucket(&values[cut..], cut));
            let whole = bucket(&values, 0);
            prop_assert_eq!(merged.points(), values.len() as u64);
            prop_assert_eq!((merged.step, merged.nan, merged.finite), (whole.step, whole.nan, whole.finite));
            prop_assert_eq!((merged.min, merged.max), (whole.min, whole.max));
            prop_assert_eq!((merged.first.to_bits(), merged.last.to_bits()), (whole.first.to_bits(), whole.last.to_bits()));
        }
    }

    #[test]
    fn what_is_not_finite_is_counted_and_touches_no_extreme() {
        let bucket = bucket(
            &[
                f64::NAN,
                2.0,
                f64::INFINITY,
                1.0,
                f64::NEG_INFINITY,
                f64::NAN,
            ],
            0,
        );
        assert_eq!(
            (
                bucket.nan,
                bucket.positive_infinite,
                bucket.negative_infinite,
                bucket.finite
            ),
            (2, 1, 1, 2)
        );
        assert_eq!(
            (
                bucket.min,
                bucket.max,
                bucket.first,
                bucket.last,
                bucket.sum
            ),
            (1.0, 2.0, 2.0, 1.0, 3.0)
        );
    }
}
