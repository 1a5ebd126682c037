//! From where, and in which units, the points of a run can be counted.

use super::axis::{Along, EPOCH, Track};
use crate::domain::{
    runs::{Run, RunKind},
    series::{Extent, Key},
};

/// What a run tells of how its points stand on an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Origin {
    pub step: Option<i64>,
    /// Milliseconds since 1970.
    pub time: Option<i64>,
    /// Steps of an epoch.
    pub epoch: Option<f64>,
    /// Rows of a step.
    pub rows: Option<f64>,
}

impl Origin {
    /// What a run tells, and its series as far as they are known.
    pub fn of(run: Option<&Run>, extents: impl Iterator<Item = Extent>) -> Self {
        let origin = Self {
            epoch: run.and_then(steps_of_epoch),
            rows: run.and_then(rows_of_step),
            ..Self::default()
        };
        let earlier = |a: Option<i64>, b: i64| Some(a.map_or(b, |a| a.min(b)));
        extents.fold(origin, |origin, extent| Self {
            step: earlier(origin.step, extent.first_step),
            time: earlier(origin.time, extent.first_time),
            ..origin
        })
    }

    /// What the points can be counted by. Where the first step is the first of all, there are no others to count from.
    pub fn alongs(&self) -> Vec<Along> {
        let is_late = self.step.is_some_and(|first| 1 < first);
        let mut alongs = Along::ALL.to_vec();
        alongs.retain(|along| match along {
            Along::RelStep => is_late,
            Along::Wall => self.time.is_some(),
            along => self.track(*along).is_ok(),
        });
        alongs
    }

    /// The way onto an axis, or why there is none.
    pub fn track(&self, along: Along) -> Result<Track, &'static str> {
        let steps = Track::default();
        let positive = |unit: Option<f64>| unit.filter(|unit| unit.is_finite() && 0.0 < *unit);
        Ok(match along {
            Along::Step => steps,
            Along::RelStep => Track {
                origin: self.step.ok_or("there is no first step yet")?,
                ..steps
            },
            Along::RelTime => Track {
                key: Key::Time,
                origin: self.time.ok_or("there is no first point yet")?,
                ..steps
            },
            Along::Wall => Track {
                key: Key::Time,
                ..steps
            },
            Along::Epoch => {
                let epoch = positive(self.epoch).ok_or("the steps of an epoch are not known")?;
                Track {
                    unit: EPOCH as f64 / epoch,
                    ..steps
                }
            }
            Along::Samples => Track {
                unit: positive(self.rows).ok_or("the rows of a step are not known")?,
                ..steps
            },
        })
    }
}

/// Steps of an epoch, from what is planned; `None` where the run does not say.
fn steps_of_epoch(run: &Run) -> Option<f64> {
    let (steps, epochs) = (run.progress.steps?, run.progress.epochs?);
    (0 < steps && 0 < epochs).then(|| steps as f64 / epochs as f64)
}

/// Rows that a step of our own training takes in, every batch counted as full.
fn rows_of_step(run: &Run) -> Option<f64> {
    let number = |name: &str| run.params.get(name)?.as_f64();
    let batch = number("train.batch").filter(|_| run.kind == RunKind::Train)?;
    Some(batch * number("train.accumulate").unwrap_or(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::fixture;

    #[test]
    fn an_axis_whose_data_is_missing_says_what() {
        let none = Origin::default();
        assert!(none.track(Along::Step).is_ok() && none.track(Along::Wall).is_ok());
        for (along, why) in [
            (Along::RelStep, "there is no first step yet"),
            (Along::RelTime, "there is no first point yet"),
            (Along::Epoch, "the steps of an epoch are not known"),
            (Along::Samples, "the rows of a step are not known"),
        ] {
            assert_eq!(none.track(along), Err(why));
        }
    }

    #[test]
    fn a_run_tells_what_it_can_be_counted_by() {
        let extent = |first_step| Extent {
            points: 9,
            first_step,
            last_step: 4_000,
            first_time: 1_000 + first_step,
            last_time: 9_000,
        };
        let run = fixture::run(1, "calm-heron-2");
        let late = Origin::of(Some(&run), [extent(500), extent(40)].into_iter());
        let want = Origin {
            step: Some(40),
            time: Some(1_040),
            epoch: Some(40.0),
            rows: Some(64.0),
        };
        assert_eq!((late, late.alongs()), (want, Along::ALL.to_vec()));
        let early = Origin::of(None, [extent(1)].into_iter());
        assert_eq!(early.alongs(), [Along::Step, Along::RelTime, Along::Wall]);
    }
}
