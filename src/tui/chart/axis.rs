//! What a chart counts along its horizontal axis, where the points of a run fall on it, and what stands below.

use super::{column, ticks::nice};
use crate::{
    domain::{
        series::{Bucket, Key, Point},
        time::{Span, Timestamp},
    },
    tui::text,
};

/// What is counted.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, strum::Display, strum::EnumString, strum::EnumIter,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Along {
    #[default]
    Step,
    /// Steps since the run's first one.
    RelStep,
    /// Time since the run's first point.
    RelTime,
    /// The clock, in UTC.
    Wall,
    Epoch,
    /// Rows that were trained on.
    Samples,
}

impl Along {
    /// All of them, in the order in which a person steps through them.
    pub const ALL: [Self; 6] = [
        Self::Step,
        Self::RelStep,
        Self::RelTime,
        Self::Wall,
        Self::Epoch,
        Self::Samples,
    ];

    pub fn is_time(self) -> bool {
        matches!(self, Self::RelTime | Self::Wall)
    }

    /// A place in words: `step 15,120`, `1h09m`, `12:04:31Z`, `epoch 12.1`.
    pub fn told(self, place: i64) -> String {
        match self {
            Self::Step => format!("step {}", text::count(place)),
            Self::RelStep => format!("step +{}", text::count(place)),
            Self::RelTime => lasted(place),
            Self::Wall => clock(place, 11..19) + "Z",
            Self::Epoch => format!("epoch {}", epochs(place)),
            Self::Samples => format!("{} samples", text::count(place)),
        }
    }
}

/// Places of an axis for each epoch: it is counted in thousandths.
pub const EPOCH: i64 = 1_000;

/// How the points of one run become places on an axis: `(key - origin) · unit`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Track {
    pub key: Key,
    pub origin: i64,
    pub unit: f64,
}

impl Default for Track {
    fn default() -> Self {
        Self {
            key: Key::Step,
            origin: 0,
            unit: 1.0,
        }
    }
}

impl Track {
    /// Where a step, or a time, lies on the axis.
    pub fn of(&self, key: i64) -> i64 {
        let from = key.saturating_sub(self.origin);
        match self.unit == 1.0 {
            true => from,
            false => (from as f64 * self.unit).round() as i64,
        }
    }

    pub fn place(&self, bucket: &Bucket) -> i64 {
        self.of(self.key.start(bucket))
    }

    pub fn place_of(&self, point: &Point) -> i64 {
        self.of(self.key.of(point))
    }

    /// The steps, or times, of a stretch of the axis.
    pub fn keys(&self, from: i64, to: i64) -> (i64, i64) {
        let key = |place: i64, whole: fn(f64) -> f64| {
            let from = match self.unit == 1.0 {
                true => place,
                false => whole(place as f64 / self.unit) as i64,
            };
            from.saturating_add(self.origin)
        };
        (key(from, f64::floor), key(to, f64::ceil))
    }
}

/// The axis of a chart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Axis {
    pub along: Along,
    pub from: i64,
    pub to: i64,
}

impl Axis {
    /// The axis of all places from `first` to `last`. Of a run at work it ends on round places beyond the last point, so
    /// that a growing series moves it only now and then, and not beyond what is planned.
    pub fn around(along: Along, first: i64, last: i64, plan: Option<i64>, is_over: bool) -> Self {
        let (from, to) = match along {
            Along::Wall if is_over => (first, last.max(first.saturating_add(1))),
            Along::Wall => (
                first,
                first.saturating_add(reaching(last.saturating_sub(first))),
            ),
            _ if is_over && plan.is_none() => (0, last.max(1)),
            Along::RelTime => (0, reaching(last)),
            Along::Epoch => {
                let whole = |place: i64| (place.saturating_add(EPOCH - 1)).div_euclid(EPOCH);
                let (from, to) = domain(whole(last), plan.map(whole), 1);
                (from, to.saturating_mul(EPOCH))
            }
            Along::Step | Along::RelStep => domain(last, plan, STEPS),
            Along::Samples => domain(last, plan, SAMPLES),
        };
        Self { along, from, to }
    }

    pub fn span(&self) -> i64 {
        self.to.saturating_sub(self.from).max(1)
    }

    /// A window of the same width that holds the last point and moves on by a quarter of itself, so that most new points
    /// leave the axis alone.
    pub fn following(&self, width: i64, last: i64) -> Self {
        let quarter = (width / 4).max(1);
        let to = (last.div_euclid(quarter).saturating_add(1)).saturating_mul(quarter);
        let to = to.max(self.from.saturating_add(width));
        Self {
            from: to.saturating_sub(width),
            to,
            ..*self
        }
    }

    /// What stands below a plot of so many cells: both ends exactly, and round places between them where there is room.
    pub fn labels(&self, wide: usize) -> Vec<(usize, String)> {
        let (first, last) = (self.label(self.from), self.label(self.to));
        let (before, behind) = (text::width(&first), text::width(&last));
        if wide < before + APART + behind {
            return vec![];
        }
        let end = wide - behind;
        let mut free = before + APART;
        let mut labels = vec![(0, first)];
        let most = wide
            / if self.along == Along::Wall {
                WIDE
            } else {
                ROOM
            };
        for place in self.round_places(most) {
            let label = self.label(place);
            let width = text::width(&label);
            let Some(middle) = column(self.from, self.to, wide, place) else {
                continue;
            };
            let at = middle.saturating_sub(width / 2);
            if free <= at && at + width + APART <= end {
                free = at + width + APART;
                labels.push((at, label));
            }
        }
        labels.push((end, last));
        labels
    }

    fn label(&self, place: i64) -> String {
        match self.along {
            Along::Step | Along::Samples => text::whole(place),
            Along::RelStep => format!("+{}", text::whole(place)),
            Along::RelTime => lasted(place),
            Along::Wall if self.span() < 10 * MINUTE => clock(place, 11..19),
            Along::Wall if self.span() < 20 * HOUR => clock(place, 11..16),
            Along::Wall => clock(place, 5..16),
            Along::Epoch => epochs(place),
        }
    }

    /// At most about `most` round places between the ends.
    fn round_places(&self, most: usize) -> impl Iterator<Item = i64> + use<> {
        let (from, to) = (self.from, self.to);
        let least = to.abs_diff(from) as f64 / most.max(1) as f64;
        let by = match self.along.is_time() {
            true => lasting(least.min(i64::MAX as f64) as i64),
            false => nice(least).max(1.0) as i64,
        };
        let first = from.div_euclid(by).saturating_add(1).checked_mul(by);
        std::iter::successors(first, move |place| place.checked_add(by))
            .take_while(move |place| *place < to)
    }
}

/// Blanks between two labels.
const APART: usize = 3;
/// Columns for each label.
const ROOM: usize = 10;
/// Columns for each label that has a date.
const WIDE: usize = 14;

/// Up to so many steps, or samples, the axis moves in large jumps: a run is through them in no time, and each jump draws
/// the whole chart anew.
const STEPS: i64 = 100;
const SAMPLES: i64 = 10_000;

/// The steps a chart of a live run spans: up to the next round number after the last one, so that a growing series moves
/// the axis only now and then, but not beyond the planned total; all of the plan once half of it is done.
fn domain(last: i64, total: Option<i64>, early: i64) -> (i64, i64) {
    let fitting = match last {
        ..=0 => 1,
        last if last < early => rung(last, &COARSE),
        // From here on no jump leaves much of the chart empty.
        last => rung(last, &FINE),
    };
    match total.filter(|total| last <= *total && 0 < *total) {
        Some(total) if total / 2 < last => (0, total),
        Some(total) => (0, fitting.min(total)),
        None => (0, fitting),
    }
}

/// Tenths of a power of ten on which an axis ends; of the fine ones each is at most two thirds more than the one before.
const COARSE: [i64; 3] = [10, 20, 50];
const FINE: [i64; 6] = [10, 15, 20, 30, 50, 70];

/// The next whole number at or after a place that is so many tenths of a power of ten.
fn rung(last: i64, tenths: &[i64]) -> i64 {
    let mut power: i128 = 1;
    loop {
        let products = tenths.iter().map(|tenths| power * i128::from(*tenths));
        let mut whole = products.filter(|product| product % 10 == 0);
        if let Some(product) = whole.find(|product| i128::from(last) <= product / 10) {
            return i64::try_from(product / 10).unwrap_or(i64::MAX);
        }
        power *= 10;
    }
}

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The next round length of time, from a millisecond on.
fn lasting(ms: i64) -> i64 {
    let rounds = [1, 2, 5, 10, 20, 30];
    let clock = (rounds.map(|by| by * SECOND).into_iter())
        .chain(rounds.map(|by| by * MINUTE))
        .chain([1, 2, 3, 6, 12].map(|by| by * HOUR));
    match ms {
        ..SECOND => rung(ms.max(1), &COARSE).min(SECOND),
        _ => clock
            .into_iter()
            .find(|round| ms <= *round)
            .unwrap_or_else(|| {
                let days = ms.div_euclid(DAY) + i64::from(ms.rem_euclid(DAY) != 0);
                rung(days, &COARSE).saturating_mul(DAY)
            }),
    }
}

/// How far an axis of time reaches that holds so much of it: as round, and closer where a run spends its time.
fn reaching(ms: i64) -> i64 {
    let minutes = [1, 2, 3, 5, 7, 10, 15, 20, 30, 45];
    let hours = [60, 90, 120, 180, 240, 360, 480, 720, 1_080];
    let mut rounds = minutes.into_iter().chain(hours).map(|by| by * MINUTE);
    match ms {
        ..MINUTE => lasting(ms),
        _ => rounds.find(|round| ms <= *round).unwrap_or_else(|| {
            let days = ms.div_euclid(DAY) + i64::from(ms.rem_euclid(DAY) != 0);
            rung(days, &FINE).saturating_mul(DAY)
        }),
    }
}

/// A length of time: `450ms`, `4s`, `1h09m`.
fn lasted(ms: i64) -> String {
    match ms {
        0 => "0".to_owned(),
        ..0 => format!("-{}", lasted(ms.saturating_neg())),
        1..SECOND => format!("{ms}ms"),
        SECOND..10_000 if ms % SECOND != 0 => format!("{}s", text::short(ms as f64 / 1e3)),
        _ => Span(ms).to_string(),
    }
}

/// A part of `2026-10-01T12:04:05.123Z`, with a blank between date and time.
fn clock(ms: i64, part: std::ops::Range<usize>) -> String {
    let text = Timestamp(ms).rfc3339();
    let part = text.get(part).unwrap_or(&text);
    part.replace('T', " ")
}

fn epochs(thousandths: i64) -> String {
    let text = format!("{:.3}", thousandths as f64 / EPOCH as f64);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use strum::IntoEnumIterator as _;

    use super::*;
    use crate::tui::chart::origin::Origin;

    #[test]
    fn the_axis_of_an_unplanned_run_moves_in_jumps() {
        let domain = |last, total| domain(last, total, STEPS);
        let ends: Vec<i64> = [0, 1, 2, 3, 6, 11, 49, 51, i64::MAX]
            .map(|last| domain(last, None).1)
            .to_vec();
        assert_eq!(ends, [1, 1, 2, 5, 10, 20, 50, 100, i64::MAX]);
        assert_eq!(domain(400, Some(4_000)), (0, 500));
        assert_eq!(domain(501, Some(4_000)), (0, 700));
        assert_eq!(domain(1_999, Some(4_000)), (0, 2_000));
        assert_eq!(domain(2_001, Some(4_000)), (0, 4_000));
        assert_eq!(domain(21, Some(45)), (0, 45), "a rung above the plan");
        assert_eq!(
            domain(4_001, Some(4_000)),
            (0, 5_000),
            "a plan that was outrun is no plan"
        );
        let mut jumps: Vec<i64> = (1..10_000).map(|last| domain(last, None).1).collect();
        jumps.dedup();
        assert_eq!(jumps.len(), 19);
    }

    proptest! {
        #[test]
        fn once_a_run_is_under_way_most_of_its_axis_is_in_use(last in STEPS..i64::MAX / 2, ms in MINUTE..1_000 * DAY) {
            let to = domain(last, None, STEPS).1;
            prop_assert!(last <= to && i128::from(to) * 3 <= i128::from(last) * 5, "{last} {to}");
            let to = reaching(ms);
            prop_assert!(ms <= to && to <= ms * 2, "{ms} {to}");
        }
    }

    #[test]
    fn while_600_points_arrive_the_labels_change_a_few_times() {
        for along in Along::iter() {
            let origin = Origin {
                step: Some(0),
                time: Some(1_790_000_000_000),
                epoch: Some(40.0),
                rows: Some(64.0),
            };
            let track = origin.track(along).unwrap();
            let place = |step: i64| match along.is_time() {
                true => track.of(1_790_000_000_000 + step * 1_000),
                false => track.of(step),
            };
            let mut seen: Vec<Vec<(usize, String)>> = (1..=600)
                .map(|step| Axis::around(along, place(0), place(step), None, false).labels(60))
                .collect();
            seen.dedup();
            assert!(seen.len() <= 12, "{along}: {}", seen.len());
        }
    }

    #[test]
    fn a_followed_end_moves_on_by_quarters() {
        let axis = Axis {
            to: 10_000,
            ..Axis::default()
        };
        let at = |last| {
            let axis = axis.following(400, last);
            (axis.from, axis.to)
        };
        assert_eq!(at(1_000), (700, 1_100));
        assert_eq!(at(1_099), (700, 1_100));
        assert_eq!(at(1_100), (800, 1_200));
        assert_eq!(at(10), (0, 400), "not before the beginning");
        let mut windows: Vec<(i64, i64)> = (1_000..2_000).map(at).collect();
        windows.dedup();
        assert_eq!(windows.len(), 10);
    }

    #[test]
    fn places_are_told_in_what_is_counted() {
        let noon = 1_790_856_245_123;
        let cases = [
            (Along::Step, 15_120, "step 15,120"),
            (Along::RelStep, 15_120, "step +15,120"),
            (Along::RelTime, 4_140_000, "1h09m"),
            (Along::RelTime, 1_500, "1.5s"),
            (Along::Wall, noon, "12:04:05Z"),
            (Along::Epoch, 12_100, "epoch 12.1"),
            (Along::Samples, 1_280_004, "1,280,004 samples"),
        ];
        for (along, place, want) in cases {
            assert_eq!(along.told(place), want);
        }
    }

    #[test]
    fn each_axis_has_labels_of_its_own_kind() {
        let labels = |along, from, to| -> String {
            let labels = Axis { along, from, to }.labels(60);
            let texts: Vec<String> = labels.into_iter().map(|(_, text)| text).collect();
            texts.join(" | ")
        };
        let noon = 1_790_856_000_000;
        assert_eq!(
            labels(Along::Step, 0, 50_000),
            "0 | 10k | 20k | 30k | 40k | 50k"
        );
        assert_eq!(
            labels(Along::RelTime, 0, HOUR),
            "0 | 10m | 20m | 30m | 40m | 50m | 1h"
        );
        assert_eq!(
            labels(Along::Wall, noon, noon + HOUR),
            "12:00 | 12:20 | 12:40 | 13:00"
        );
        assert_eq!(
            labels(Along::Wall, noon, noon + 2 * DAY),
            "10-01 12:00 | 10-02 12:00 | 10-03 12:00"
        );
        assert_eq!(labels(Along::Epoch, 0, 5_000), "0 | 1 | 2 | 3 | 4 | 5");
        assert_eq!(
            labels(Along::Samples, 0, 2_000_000),
            "0 | 500k | 1M | 1.5M | 2M"
        );
    }

    proptest! {
        #[test]
        fn a_stretch_of_the_axis_asks_for_all_the_keys_in_it(origin in -1_000i64..1_000, unit in 0.01..100.0f64, from in 0i64..10_000, span in 0i64..10_000, key in -2_000i64..50_000) {
            for unit in [1.0, unit] {
                let track = Track { key: Key::Step, origin, unit };
                let (first, last) = track.keys(from, from + span);
                let place = track.of(key);
                if from < place && place < from + span {
                    prop_assert!(first <= key && key <= last);
                }
            }
        }

        #[test]
        fn no_axis_is_too_long_to_label(from in any::<i64>(), to in any::<i64>(), wide in 0usize..200) {
            for along in Along::iter() {
                let (from, to) = (from.min(to), from.max(to));
                let labels = Axis { along, from, to }.labels(wide);
                prop_assert!(labels.iter().all(|(at, text)| at + text::width(text) <= wide));
            }
        }
    }
}
