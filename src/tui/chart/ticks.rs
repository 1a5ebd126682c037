//! Axes: which values stand beside which rows, and how a value becomes a row.

use super::labels;
use crate::tui::text;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    #[default]
    Linear,
    /// Decades; values of zero and below have no row.
    Log,
}

/// The vertical axis: bounds, and the way between them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    pub kind: Kind,
    pub low: f64,
    pub high: f64,
}

/// The labels of an axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticks {
    /// What each label is to be added to, where the values differ by little from a large number.
    pub base: Option<String>,
    /// Rows of cells and texts, from the top down.
    pub labels: Vec<(usize, String)>,
}

impl Scale {
    /// Bounds on round values around the data. Data that is never negative gets no negative axis; a flat series gets room
    /// above and below; no finite value at all gives 0 to 1.
    pub fn around(kind: Kind, low: f64, high: f64) -> Self {
        match kind {
            _ if !(low.is_finite() && high.is_finite() && low <= high) => Self {
                kind: Kind::Linear,
                low: 0.0,
                high: 1.0,
            },
            Kind::Log if 0.0 < high => Self::decades(if 0.0 < low { low } else { high }, high),
            _ => Self::linear(low, high),
        }
    }

    fn linear(low: f64, high: f64) -> Self {
        let (mut from, mut to) = (low, high);
        if high - low <= (high.abs().max(low.abs())) * 1e-12 {
            let room = (high.abs() * 0.1).max(1e-4);
            (from, to) = (low - room, high + room);
        }
        let step = nice((to - from) / 4.0);
        if step.is_finite() && 0.0 < step {
            (from, to) = ((from / step).floor() * step, (to / step).ceil() * step);
        }
        if 0.0 <= low {
            from = from.max(0.0);
        }
        if high <= 0.0 && low < 0.0 {
            to = to.min(0.0);
        }
        if !(from.is_finite() && to.is_finite() && from < to) {
            (from, to) = (
                low,
                if low < high {
                    high
                } else {
                    low + low.abs().max(1.0)
                },
            );
        }
        Self {
            kind: Kind::Linear,
            low: from,
            high: to,
        }
    }

    fn decades(low: f64, high: f64) -> Self {
        let (from, to) = (low.log10().floor(), high.log10().ceil());
        let from = if to <= from { to - 1.0 } else { from };
        Self {
            kind: Kind::Log,
            low: 10f64.powf(from).max(f64::MIN_POSITIVE),
            high: 10f64.powf(to).min(f64::MAX),
        }
    }

    /// The dot row of a value, 0 at the top of `rows`. `None` for what has no place on the axis.
    pub fn row(&self, value: f64, rows: usize) -> Option<usize> {
        if rows == 0 || !value.is_finite() || (self.kind == Kind::Log && value <= 0.0) {
            return None;
        }
        let share = match self.kind {
            // Halved, so that the span of the largest doubles does not overflow.
            Kind::Linear => (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0),
            Kind::Log => {
                (value.log10() - self.low.log10()) / (self.high.log10() - self.low.log10())
            }
        };
        if !share.is_finite() {
            return None;
        }
        let last = (rows - 1) as f64;
        Some((last - (share.clamp(0.0, 1.0) * last)).round() as usize)
    }

    /// What stands beside `rows` rows of cells, at most one label in three rows, none twice and none wider than `columns`.
    pub fn ticks(&self, rows: usize, columns: usize) -> Ticks {
        let wanted = (rows / 3).clamp(1, 8);
        let (values, labels) = match self.kind {
            Kind::Linear => {
                let values = self.steps(wanted);
                let step = match values.as_slice() {
                    [a, b, ..] => b - a,
                    _ => self.high - self.low,
                };
                let labels = labels::of(&values, step, columns);
                (values, labels)
            }
            Kind::Log => {
                let values = self.powers(wanted);
                let texts = values.iter().map(|value| text::short(*value)).collect();
                (values, labels::Labels { base: None, texts })
            }
        };
        let mut ticks: Vec<(usize, String)> = vec![];
        for (value, text) in values.into_iter().zip(labels.texts).rev() {
            let Some(row) = self.row(value, rows) else {
                continue;
            };
            if ticks.iter().all(|(at, other)| *at != row && *other != text) {
                ticks.push((row, text));
            }
        }
        Ticks {
            base: labels.base,
            labels: ticks,
        }
    }

    fn steps(&self, wanted: usize) -> Vec<f64> {
        let mut step = nice((self.high / 2.0 - self.low / 2.0) / wanted as f64 * 2.0);
        if !step.is_finite() || step <= 0.0 {
            return vec![self.low, self.high];
        }
        for _ in 0..3 {
            let first = (self.low / step).ceil();
            let count = (self.high / step).floor() - first;
            if count <= wanted as f64 + 1.0 {
                return (0..=count.max(0.0) as usize)
                    .map(|at| (first + at as f64) * step)
                    .map(|value| {
                        if value.abs() < step * 1e-9 {
                            0.0
                        } else {
                            value
                        }
                    })
                    .collect();
            }
            step = nice(step * 1.5);
        }
        vec![self.low, self.high]
    }

    fn powers(&self, wanted: usize) -> Vec<f64> {
        let (from, to) = (
            self.low.log10().round() as i32,
            self.high.log10().round() as i32,
        );
        let wanted = wanted as i32;
        let every = ((to - from + wanted - 1) / wanted).max(1);
        (from..=to)
            .step_by(every.unsigned_abs() as usize)
            .map(|power| 10f64.powi(power))
            .collect()
    }
}

/// The next of 1, 2, 5, 10 (times a power of ten) at or above a positive value.
pub fn nice(value: f64) -> f64 {
    if !value.is_finite() || value <= 0.0 {
        return value;
    }
    let power = 10f64.powf(value.log10().floor());
    if power == 0.0 {
        return value;
    }
    let times = value / power;
    let rounded = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|nice| times <= nice * (1.0 + 1e-9));
    rounded.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn size() -> impl Strategy<Value = f64> {
        (-300.0..300.0f64, any::<bool>())
            .prop_map(|(power, minus)| 10f64.powf(power) * if minus { -1.0 } else { 1.0 })
    }

    proptest! {
        #[test]
        fn bounds_hold_the_data_and_labels_are_unique(a in size(), b in size(), rows in 1usize..60, log in any::<bool>()) {
            let (low, high) = (a.min(b), a.max(b));
            let kind = if log { Kind::Log } else { Kind::Linear };
            let scale = Scale::around(kind, low, high);
            prop_assert!(scale.low < scale.high, "{scale:?}");
            prop_assert!(high <= scale.high * (1.0 + 1e-9) || scale.high == 0.0 || high <= scale.high + high.abs() * 1e-9, "{scale:?}");
            let labels = scale.ticks(rows, 7).labels;
            let mut texts: Vec<&String> = labels.iter().map(|(_, text)| text).collect();
            texts.sort();
            texts.dedup();
            prop_assert_eq!(texts.len(), labels.len());
            prop_assert!(labels.iter().all(|(row, _)| *row < rows));
            prop_assert!(labels.len() <= 10);
            prop_assert!(kind == Kind::Log || labels.iter().all(|(_, text)| text.len() <= 7), "{labels:?}");
        }

        #[test]
        fn a_larger_value_never_stands_lower(a in size(), b in size(), rows in 1usize..200) {
            let scale = Scale::around(Kind::Linear, a.min(b), a.max(b));
            prop_assert!(scale.row(a.max(b), rows) <= scale.row(a.min(b), rows));
        }
    }

    #[test]
    fn axes_end_on_round_values() {
        let around = |low, high| {
            let scale = Scale::around(Kind::Linear, low, high);
            (scale.low, scale.high)
        };
        assert_eq!(around(0.03, 2.3), (0.0, 3.0));
        assert_eq!(around(0.0, 0.0), (0.0, 0.0001));
        assert_eq!(around(-5.0, -1.0), (-5.0, -1.0));
        assert_eq!(around(f64::INFINITY, f64::NEG_INFINITY), (0.0, 1.0));
        let scale = Scale::around(Kind::Log, 3e-4, 0.5);
        assert!((scale.low - 1e-4).abs() < 1e-15 && (scale.high - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_narrow_range_over_a_large_number_has_an_axis_that_tells() {
        let ticks = Scale::around(Kind::Linear, 1e9, 1e9 + 0.1).ticks(12, 7);
        assert_eq!(ticks.base.as_deref(), Some("1e9"));
        let texts: Vec<&str> = ticks.labels.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["+0.10", "+0.05", "+0.00"]);
    }

    #[test]
    fn values_of_zero_and_below_have_no_row_on_a_log_axis() {
        let scale = Scale::around(Kind::Log, 0.0, 10.0);
        assert_eq!(
            (scale.row(0.0, 10), scale.row(-1.0, 10), scale.row(10.0, 10)),
            (None, None, Some(0))
        );
    }
}
