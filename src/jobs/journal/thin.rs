//! Fewer points of the same shape, for when a journal cannot be written as fast as it grows.

use std::collections::{HashMap, HashSet};

use crate::domain::records::Record;

/// Points of a metric of which the first, the last, the least, the greatest and the first that is no number are kept.
const CHUNK: usize = 16;

/// Leaves points out of the queue, keeping extremes, and says how many. Only metrics and overtaken progress are left
/// out: an event, a parameter, a line of a log stays.
pub fn thin(queue: &mut Vec<Record>) -> u64 {
    let kept = kept(queue);
    let last_progress = queue.iter().rposition(|record| record.progress.is_some());
    let mut left_out = 0;
    let mut at = 0;
    queue.retain_mut(|record| {
        let before = record.metrics.len();
        let mut nth = 0;
        record.metrics.retain(|_| {
            nth += 1;
            kept.contains(&(at, nth - 1))
        });
        left_out += (before - record.metrics.len()) as u64;
        if last_progress != Some(at) {
            record.progress = None;
        }
        at += 1;
        says_something(record)
    });
    left_out
}

/// The place of a point: its record, and which of the record's metrics it is.
type Place = (usize, usize);

fn kept(queue: &[Record]) -> HashSet<Place> {
    let mut series: HashMap<&str, Vec<(Place, f64)>> = HashMap::new();
    for (at, record) in queue.iter().enumerate() {
        for (nth, (name, value)) in record.metrics.iter().enumerate() {
            let points = series.entry(name).or_default();
            points.push(((at, nth), *value));
        }
    }
    series
        .values()
        .flat_map(|points| points.chunks(CHUNK))
        .flat_map(extremes)
        .collect()
}

fn extremes(points: &[(Place, f64)]) -> impl Iterator<Item = Place> + use<> {
    let numbers = || points.iter().filter(|(_, value)| !value.is_nan());
    let found = [
        points.first(),
        points.last(),
        numbers().min_by(|a, b| a.1.total_cmp(&b.1)),
        numbers().max_by(|a, b| a.1.total_cmp(&b.1)),
        points.iter().find(|(_, value)| value.is_nan()),
    ];
    found
        .map(|point| point.map(|(place, _)| *place))
        .into_iter()
        .flatten()
}

fn says_something(record: &Record) -> bool {
    let bare = Record {
        step: record.step,
        time: record.time,
        ..Record::default()
    };
    *record != bare
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{events::What, runs::Progress};

    fn points(values: &[f64]) -> Vec<Record> {
        let record = |(step, value): (usize, &f64)| Record {
            step: Some(step as i64),
            time: Some(7),
            metrics: vec![("loss".to_owned(), *value)],
            ..Record::default()
        };
        values.iter().enumerate().map(record).collect()
    }

    fn values(queue: &[Record]) -> Vec<f64> {
        queue
            .iter()
            .flat_map(|record| &record.metrics)
            .map(|(_, value)| *value)
            .collect()
    }

    proptest! {
        #[test]
        fn extremes_and_ends_survive_and_every_point_is_counted(
            values_in in prop::collection::vec(prop_oneof![
                8 => any::<f64>(), 1 => Just(f64::NAN), 1 => Just(f64::INFINITY),
            ], 1..300),
        ) {
            let mut queue = points(&values_in);
            let left_out = thin(&mut queue);
            let kept = values(&queue);
            prop_assert_eq!(kept.len() as u64 + left_out, values_in.len() as u64);
            prop_assert!(kept.len() <= values_in.len().div_ceil(CHUNK) * 5);
            let extreme = |values: &[f64]| {
                let numbers: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
                (
                    numbers.iter().copied().min_by(f64::total_cmp).map(f64::to_bits),
                    numbers.iter().copied().max_by(f64::total_cmp).map(f64::to_bits),
                    values.iter().any(|v| v.is_nan()),
                    values.first().map(|v| v.to_bits()),
                    values.last().map(|v| v.to_bits()),
                )
            };
            prop_assert_eq!(extreme(&kept), extreme(&values_in));
            let steps: Vec<_> = queue.iter().map(|record| record.step).collect();
            prop_assert!(steps.is_sorted());
        }
    }

    #[test]
    fn only_points_and_overtaken_progress_are_left_out() {
        let mut queue = points(&[1.0; 64]);
        queue[5].note = Some("kept".to_owned());
        queue[6].event = Some(What::Resumed { from: 1 });
        queue[7].progress = Some(Progress::default());
        queue[8].progress = Some(Progress {
            step: 8,
            ..Progress::default()
        });
        queue[9].log = Some("line".to_owned());
        thin(&mut queue);
        assert_eq!(
            queue.iter().filter(|record| record.note.is_some()).count(),
            1
        );
        assert_eq!(
            queue.iter().filter(|record| record.event.is_some()).count(),
            1
        );
        assert_eq!(
            queue.iter().filter(|record| record.log.is_some()).count(),
            1
        );
        let progress: Vec<_> = queue.iter().filter_map(|record| record.progress).collect();
        assert_eq!(progress.len(), 1);
        assert_eq!(progress[0].step, 8);
    }
}
