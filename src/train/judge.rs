//! The metrics of one split.

use super::{
    fit::Task,
    metrics::{self, Judged},
    predict::{Goal, Predictions},
    random,
};
use crate::data::{Encoded, Target};

/// The training split's own metrics are over at least this many of its rows, and at least as many as the validation has.
const LEAST_SAMPLE: usize = 2_000;

/// The metrics of one split, its loss first.
pub fn judge(
    goal: Goal,
    outputs: &[f32],
    data: &Encoded,
    rows: &[u32],
    weights: &[f32],
) -> Vec<(&'static str, f64)> {
    if rows.is_empty() {
        return vec![];
    }
    match (&data.target, goal.read(outputs)) {
        (Some(Target::Classes(targets)), Predictions::Probabilities { classes, values }) => {
            let targets: Vec<u32> = rows.iter().map(|row| targets[*row as usize]).collect();
            let judged = Judged {
                probabilities: &values,
                classes,
                targets: &targets,
            };
            let mut found = vec![("loss", metrics::weighted_log_loss(judged, weights))];
            found.extend(metrics::classification(judged));
            found
        }
        (Some(Target::Numbers(targets)), Predictions::Numbers(predicted)) => {
            let targets = rows.iter().map(|row| targets[*row as usize]);
            let errors = outputs.iter().zip(targets.clone());
            let squares: f64 = errors
                .map(|(output, target)| (f64::from(*output) - f64::from(target)).powi(2))
                .sum();
            let actual: Vec<f64> = targets.map(|target| goal.unscaled(target)).collect();
            let mut found = vec![("loss", squares / rows.len() as f64)];
            found.extend(metrics::regression(&predicted, &actual));
            found
        }
        _ => vec![],
    }
}

/// Every row.
pub fn all(data: &Encoded) -> Vec<u32> {
    (0..data.rows as u32).collect()
}

/// Rows of the training split whose metrics stand for all of it.
pub fn sample(seed: u64, task: &Task) -> Vec<u32> {
    let mut rows = random::permutation(&mut random::stream(seed, "sample", &[]), task.train.rows);
    rows.truncate(task.validation.rows.max(LEAST_SAMPLE));
    rows
}
