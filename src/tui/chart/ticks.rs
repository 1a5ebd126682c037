//! Axes: which values stand beside which rows, and how a value becomes a row.

use super::labels;

/// How values become heights.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, strum::Display, strum::EnumString, strum::EnumIter,
)]
pub enum Kind {
    #[default]
    #[strum(serialize = "lin")]
    Linear,
    /// Decades; values of zero and below have no row.
    #[strum(serialize = "log")]
    Log,
    /// Decades on both sides of a linear middle around zero.
    #[strum(serialize = "symlog")]
    Symlog,
}

impl Kind {
    /// The one that comes after it when a person steps through them.
    pub fn next(self) -> Self {
        match self {
            Self::Linear => Self::Log,
            Self::Log => Self::Symlog,
            Self::Symlog => Self::Linear,
        }
    }
}

/// The vertical axis: bounds, and the way between them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    pub kind: Kind,
    pub low: f64,
    pub high: f64,
    /// Of a symlog axis, a power of ten: it is linear from minus this to this.
    middle: f64,
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
    /// above and below; no finite value at all gives 0 to 1. `small` is a size that few of the values fall below: where a
    /// symlog axis becomes linear.
    pub fn around(kind: Kind, low: f64, high: f64, small: f64) -> Self {
        match kind {
            _ if !(low.is_finite() && high.is_finite() && low <= high) => {
                Self::of(Kind::Linear, 0.0, 1.0)
            }
            Kind::Linear => Self::linear(low, high),
            Kind::Log if 0.0 < high => Self::decades(if 0.0 < low { low } else { high }, high),
            Kind::Log => Self::decades(0.1, 1.0),
            Kind::Symlog => Self::symmetric(low, high, small),
        }
    }

    fn of(kind: Kind, low: f64, high: f64) -> Self {
        Self {
            kind,
            low,
            high,
            middle: 1.0,
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
        Self::of(Kind::Linear, from, to)
    }

    fn decades(low: f64, high: f64) -> Self {
        let (from, to) = (low.log10().floor(), high.log10().ceil());
        let from = if to <= from { to - 1.0 } else { from };
        let low = 10f64.powf(from).max(f64::MIN_POSITIVE);
        Self::of(Kind::Log, low, 10f64.powf(to).min(f64::MAX))
    }

    /// Bounds on zero, the ends of the linear middle, or decades beyond it.
    fn symmetric(low: f64, high: f64, small: f64) -> Self {
        let middle = match 0.0 < small && small.is_finite() {
            true => 10f64.powf(small.log10().floor()).max(f64::MIN_POSITIVE),
            false => 1.0,
        };
        let (low, mut high) = (-node_above(-low, middle), node_above(high, middle));
        if high <= low {
            high = match low {
                low if middle <= low => low * 10.0,
                low if 0.0 <= low => middle,
                low if -middle <= low => 0.0,
                low => low / 10.0,
            };
        }
        Self {
            kind: Kind::Symlog,
            low: low.max(f64::MIN),
            high: high.min(f64::MAX),
            middle,
        }
    }

    /// Where a value lies on an axis without bounds.
    fn height(&self, value: f64) -> f64 {
        match self.kind {
            // Halved, so that the span of the largest doubles does not overflow.
            Kind::Linear => value / 2.0,
            Kind::Log => value.log10(),
            Kind::Symlog if value.abs() <= self.middle => value / self.middle,
            Kind::Symlog => value.signum() * (1.0 + value.abs().log10() - self.middle.log10()),
        }
    }

    /// The dot row of a value, 0 at the top of `rows`. `None` for what has no place on the axis.
    pub fn row(&self, value: f64, rows: usize) -> Option<usize> {
        if rows == 0 || !value.is_finite() || (self.kind == Kind::Log && value <= 0.0) {
            return None;
        }
        let (low, high) = (self.height(self.low), self.height(self.high));
        let share = (self.height(value) - low) / (high - low);
        if !share.is_finite() {
            return None;
        }
        let last = (rows - 1) as f64;
        Some((last - (share.clamp(0.0, 1.0) * last)).round() as usize)
    }

    /// Is a value beyond the upper end, by more than rounding?
    pub fn is_above(&self, value: f64) -> bool {
        self.high + self.high.abs() * 1e-9 < value
    }

    /// Is a value beyond the lower end? What is not positive is below every log axis.
    pub fn is_below(&self, value: f64) -> bool {
        value < self.low - self.low.abs() * 1e-9
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
            Kind::Log | Kind::Symlog => {
                let values = match self.kind {
                    Kind::Log => self.powers(wanted),
                    _ => self.nodes(wanted),
                };
                let texts = values.iter().map(|value| labels::round(*value)).collect();
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

    /// Decades, as many as fit; with their 2 and 5 where there is room for those too.
    fn powers(&self, wanted: usize) -> Vec<f64> {
        let (from, to) = (exponent(self.low), exponent(self.high));
        let wanted = wanted as i32;
        let every = ((to - from + wanted - 1) / wanted).max(1);
        let times: &[f64] = match (to - from) * 3 <= wanted {
            true => &[1.0, 2.0, 5.0],
            false => &[1.0],
        };
        (from..=to)
            .step_by(every.unsigned_abs() as usize)
            .flat_map(|power| times.iter().map(move |times| times * 10f64.powi(power)))
            .filter(|value| *value <= self.high * (1.0 + 1e-9))
            .collect()
    }

    /// Zero, the ends of the linear middle and the decades beyond, as many as fit, counted from zero outwards.
    fn nodes(&self, wanted: usize) -> Vec<f64> {
        let number = |bound: f64| match bound == 0.0 {
            true => 0,
            false => {
                let beyond = exponent(bound.abs()) - exponent(self.middle) + 1;
                if bound < 0.0 { -beyond } else { beyond }
            }
        };
        let (from, to) = (number(self.low), number(self.high));
        let wanted = wanted as i32;
        let every = ((to - from + wanted - 1) / wanted).max(1);
        let value = |number: i32| match number {
            0 => 0.0,
            number => {
                let power = exponent(self.middle) + number.abs() - 1;
                f64::from(number.signum()) * 10f64.powi(power)
            }
        };
        (from..=to)
            .filter(|number| (number - from.max(to.min(0))) % every == 0)
            .map(value)
            .collect()
    }
}

fn exponent(power_of_ten: f64) -> i32 {
    power_of_ten.log10().round() as i32
}

/// The lowest of zero, the ends of the linear middle and the decades beyond it that is no less than a value.
fn node_above(value: f64, middle: f64) -> f64 {
    match value {
        value if middle < value => 10f64.powf(value.log10().ceil()),
        value if 0.0 < value => middle,
        value if -middle < value => 0.0,
        value => -10f64.powf((-value).log10().floor()).max(middle),
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

    fn kind() -> impl Strategy<Value = Kind> {
        prop_oneof![Just(Kind::Linear), Just(Kind::Log), Just(Kind::Symlog)]
    }

    proptest! {
        #[test]
        fn bounds_hold_the_data_and_labels_are_unique(a in size(), b in size(), small in -300.0..300.0f64, rows in 1usize..60, kind in kind()) {
            let (low, high) = (a.min(b), a.max(b));
            let scale = Scale::around(kind, low, high, 10f64.powf(small).min(high.abs()));
            prop_assert!(scale.low < scale.high, "{scale:?}");
            if kind != Kind::Log || 0.0 < high {
                prop_assert!(high <= scale.high * (1.0 + 1e-9) || scale.high == 0.0 || high <= scale.high + high.abs() * 1e-9, "{scale:?}");
            }
            let labels = scale.ticks(rows, 7).labels;
            let mut texts: Vec<&String> = labels.iter().map(|(_, text)| text).collect();
            texts.sort();
            texts.dedup();
            prop_assert_eq!(texts.len(), labels.len());
            prop_assert!(labels.iter().all(|(row, _)| *row < rows));
            prop_assert!(labels.len() <= 10, "{labels:?}");
            prop_assert!(labels.iter().all(|(_, text)| text.len() <= 7), "{labels:?}");
        }

        #[test]
        fn a_larger_value_never_stands_lower(a in size(), b in size(), small in -20.0..20.0f64, rows in 1usize..200, kind in kind()) {
            let scale = Scale::around(kind, a.min(b), a.max(b), 10f64.powf(small));
            if let (Some(high), Some(low)) = (scale.row(a.max(b), rows), scale.row(a.min(b), rows)) {
                prop_assert!(high <= low);
            }
        }

        #[test]
        fn every_axis_between_a_trillionth_and_a_trillion_has_labels(low in -12i32..12, times in 1.0..9.9f64, decades in 0i32..8, minus in any::<bool>(), kind in kind()) {
            let (a, b) = (times * 10f64.powi(low), times * 10f64.powi(low + decades));
            let (a, b) = if minus && kind != Kind::Log { (-b, a) } else { (a, b) };
            let scale = Scale::around(kind, a, b, a.abs().min(b.abs()));
            let labels = scale.ticks(24, 7).labels;
            prop_assert!(2 <= labels.len(), "{scale:?} {labels:?}");
        }
    }

    #[test]
    fn axes_end_on_round_values() {
        let around = |low, high| {
            let scale = Scale::around(Kind::Linear, low, high, 0.0);
            (scale.low, scale.high)
        };
        assert_eq!(around(0.03, 2.3), (0.0, 3.0));
        assert_eq!(around(0.0, 0.0), (0.0, 0.0001));
        assert_eq!(around(-5.0, -1.0), (-5.0, -1.0));
        assert_eq!(around(f64::INFINITY, f64::NEG_INFINITY), (0.0, 1.0));
        let scale = Scale::around(Kind::Log, 3e-4, 0.5, 0.0);
        assert!((scale.low - 1e-4).abs() < 1e-15 && (scale.high - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_narrow_range_over_a_large_number_has_an_axis_that_tells() {
        let ticks = Scale::around(Kind::Linear, 1e9, 1e9 + 0.1, 0.0).ticks(12, 7);
        assert_eq!(ticks.base.as_deref(), Some("1e9"));
        let texts: Vec<&str> = ticks.labels.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["+0.10", "+0.05", "+0.00"]);
    }

    #[test]
    fn values_of_zero_and_below_have_no_row_on_a_log_axis() {
        let scale = Scale::around(Kind::Log, 0.0, 10.0, 0.0);
        assert_eq!(
            (scale.row(0.0, 10), scale.row(-1.0, 10), scale.row(10.0, 10)),
            (None, None, Some(0))
        );
        let none = Scale::around(Kind::Log, -3.0, 0.0, 0.0);
        assert_eq!((none.kind, none.low), (Kind::Log, 0.1));
    }

    #[test]
    fn a_log_axis_has_decades_and_where_there_is_room_their_2_and_5() {
        let labels = |kind, low, high, rows| {
            let labels = Scale::around(kind, low, high, 0.3).ticks(rows, 7).labels;
            let texts: Vec<String> = labels.into_iter().map(|(_, text)| text).collect();
            texts.join(" ")
        };
        assert_eq!(
            labels(Kind::Log, 1e-12, 1e12, 24),
            "1T 1G 1M 1000 1 0.001 1e-6 1e-9 1e-12"
        );
        assert_eq!(
            labels(Kind::Log, 0.02, 0.8, 24),
            "1 0.5 0.2 0.1 0.05 0.02 0.01"
        );
        assert_eq!(labels(Kind::Symlog, -40.0, 900.0, 30), "100 1 0 -1 -100");
        assert_eq!(labels(Kind::Symlog, 0.0, 0.0, 9), "0.1 0");
        assert_eq!(labels(Kind::Symlog, -0.05, 0.2, 9), "1 0.1 0 -0.1");
    }
}
