//! The learning rate over the steps of a training.

use std::f64::consts::PI;

use crate::domain::presets::{Schedule, ScheduleKind};

/// Where a one-cycle schedule starts: this part of the full rate (Smith and Topin 2018 use 1/25).
const ONE_CYCLE_START: f64 = 0.04;

/// The learning rate of a step, counted from 0, of `steps` in all.
pub fn rate(schedule: &Schedule, full: f64, step: u64, steps: u64) -> f64 {
    let rising = (schedule.warmup.clamp(0.0, 1.0) * steps as f64).round() as u64;
    if step < rising {
        let part = (step + 1) as f64 / (rising + 1) as f64;
        return full
            * match schedule.kind {
                ScheduleKind::Constant | ScheduleKind::Cosine => part,
                ScheduleKind::OneCycle => {
                    ONE_CYCLE_START + (1.0 - ONE_CYCLE_START) * (1.0 - half_wave(part))
                }
            };
    }
    match schedule.kind {
        ScheduleKind::Constant => full,
        ScheduleKind::Cosine | ScheduleKind::OneCycle => {
            let last = steps.saturating_sub(rising + 1).max(1);
            let part = ((step - rising) as f64 / last as f64).min(1.0);
            full * (schedule.floor + (1.0 - schedule.floor) * half_wave(part))
        }
    }
}

/// From 1 to 0 as `part` goes from 0 to 1, along half a cosine.
fn half_wave(part: f64) -> f64 {
    0.5 * (1.0 + (PI * part).cos())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KINDS: [ScheduleKind; 3] = [
        ScheduleKind::Constant,
        ScheduleKind::Cosine,
        ScheduleKind::OneCycle,
    ];

    fn schedule(kind: ScheduleKind, warmup: f64, floor: f64) -> Schedule {
        Schedule {
            kind,
            warmup,
            floor,
        }
    }

    proptest! {
        #[test]
        fn a_rate_is_above_zero_and_never_above_the_full_one(kind in 0usize..3, warmup in 0.0..=1.0, floor in 0.001..=1.0, steps in 1u64..300) {
            let schedule = schedule(KINDS[kind], warmup, floor);
            let rates: Vec<f64> = (0..steps).map(|step| rate(&schedule, 2.0, step, steps)).collect();
            for rate in &rates {
                prop_assert!(0.0 < *rate && *rate <= 2.0 + 1e-12, "{rates:?}");
            }
            let top = rates.iter().position(|r| *r == rates.iter().copied().fold(0.0, f64::max)).unwrap();
            prop_assert!(rates[..=top].is_sorted(), "rises to its height: {rates:?}");
            prop_assert!(rates[top..].is_sorted_by(|a, b| b <= a), "then only falls: {rates:?}");
        }
    }

    #[test]
    fn rates_at_the_ends_are_the_ones_asked_for() {
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        close(
            rate(&schedule(ScheduleKind::Constant, 0.0, 0.0), 0.1, 7, 10),
            0.1,
        );
        close(
            rate(&schedule(ScheduleKind::Cosine, 0.0, 0.1), 1.0, 0, 11),
            1.0,
        );
        close(
            rate(&schedule(ScheduleKind::Cosine, 0.0, 0.1), 1.0, 5, 11),
            0.55,
        );
        close(
            rate(&schedule(ScheduleKind::Cosine, 0.0, 0.1), 1.0, 10, 11),
            0.1,
        );
        close(
            rate(&schedule(ScheduleKind::Cosine, 0.4, 0.1), 1.0, 1, 10),
            0.4,
        );
        close(
            rate(&schedule(ScheduleKind::OneCycle, 0.5, 0.0), 1.0, 5, 10),
            1.0,
        );
    }
}
