//! How fast a run goes: the times of its last steps.

use std::collections::VecDeque;

use crate::domain::time::Timestamp;

/// Spans between steps that are looked back at.
const SPANS: usize = 64;

#[derive(Clone, Debug, Default)]
pub struct Pace {
    step: i64,
    newest: i64,
    /// When each of the last steps was first heard of.
    times: VecDeque<i64>,
}

impl Pace {
    #[inline]
    pub fn add(&mut self, step: i64, time: i64) {
        self.newest = time;
        if step == self.step && !self.times.is_empty() {
            return;
        }
        self.step = step;
        if SPANS < self.times.len() {
            self.times.pop_front();
        }
        self.times.push_back(time);
    }

    /// The time of the newest point, and the median of the last spans between steps in milliseconds; `None` before the
    /// second step.
    pub fn get(&self) -> Option<(Timestamp, i64)> {
        let mut spans: Vec<i64> = self
            .times
            .iter()
            .zip(self.times.iter().skip(1))
            .map(|(a, b)| Timestamp(*b).since(Timestamp(*a)))
            .collect();
        if spans.is_empty() {
            return None;
        }
        let middle = spans.len() / 2;
        let (_, median, _) = spans.select_nth_unstable(middle);
        Some((Timestamp(self.newest), *median))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(points: &[(i64, i64)]) -> Option<(Timestamp, i64)> {
        let mut pace = Pace::default();
        points
            .iter()
            .for_each(|(step, time)| pace.add(*step, *time));
        pace.get()
    }

    #[test]
    fn the_pace_is_the_median_span_between_steps() {
        let cases: [(&[(i64, i64)], _); 6] = [
            (&[], None),
            (&[(1, 100)], None),
            (&[(1, 100), (1, 900)], None),
            (&[(1, 100), (2, 150)], Some((150, 50))),
            (
                &[(1, 100), (2, 150), (2, 170), (3, 210), (4, 9_000)],
                Some((9_000, 60)),
            ),
            (&[(5, 100), (6, 50), (7, 60)], Some((60, 10))),
        ];
        for (points, want) in cases {
            let want = want.map(|(newest, span)| (Timestamp(newest), span));
            assert_eq!(pace(points), want, "{points:?}");
        }
    }

    #[test]
    fn only_the_last_64_spans_count() {
        let slow = (0..1_000).map(|i| (i, i * 1_000));
        let fast = (1_000..1_064).map(|i| (i, 999_000 + (i - 999) * 10));
        let points: Vec<_> = slow.chain(fast).collect();
        assert_eq!(pace(&points), Some((Timestamp(999_650 - 10), 10)));
    }
}
