//! How good predictions are, in doubles and in one pass or one sort each.
//!
//! A metric that its rows do not define (an AUC over one class) is left out, never made up.

/// What the classes of rows were said to be: rows × classes probabilities.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    pub probabilities: &'a [f64],
    pub classes: usize,
    pub targets: &'a [u32],
}

/// The metrics of a classification, in the order in which they are shown.
pub const CLASSIFICATION: [&str; 6] = [
    "loss",
    "accuracy",
    "auc",
    "average_precision",
    "log_loss",
    "f1",
];

/// The metrics of a regression, in the order in which they are shown.
pub const REGRESSION: [&str; 4] = ["loss", "rmse", "mae", "r2"];

/// All metrics of a classification but its loss, which depends on the weights of the classes.
pub fn classification(judged: Judged) -> Vec<(&'static str, f64)> {
    let metrics = [
        ("accuracy", accuracy(judged)),
        ("auc", auc(judged)),
        ("average_precision", average_precision(judged)),
        ("log_loss", log_loss(judged)),
        ("f1", f1(judged)),
    ];
    defined(metrics)
}

/// All metrics of a regression but its loss, in the units of the target.
pub fn regression(predicted: &[f64], actual: &[f64]) -> Vec<(&'static str, f64)> {
    let metrics = [
        ("rmse", rmse(predicted, actual)),
        ("mae", mae(predicted, actual)),
        ("r2", r2(predicted, actual)),
    ];
    defined(metrics)
}

fn defined<const N: usize>(metrics: [(&'static str, Option<f64>); N]) -> Vec<(&'static str, f64)> {
    metrics
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

impl<'a> Judged<'a> {
    fn rows(self) -> impl Iterator<Item = (&'a [f64], usize)> {
        self.probabilities
            .chunks_exact(self.classes)
            .zip(self.targets)
            .map(|(row, target)| (row, *target as usize))
    }

    /// The probability of one class for each row, and whether the row is of it.
    fn one_against_rest(self, class: usize) -> Vec<(f64, bool)> {
        self.rows()
            .map(|(row, target)| (row[class], target == class))
            .collect()
    }

    /// One class of two, the second, or the mean over all classes for which `of` is defined.
    fn positive_or_mean(self, of: impl Fn(Vec<(f64, bool)>) -> Option<f64>) -> Option<f64> {
        if self.classes == 2 {
            return of(self.one_against_rest(1));
        }
        mean((0..self.classes).filter_map(|class| of(self.one_against_rest(class))))
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0);
    for value in values {
        sum += value;
        count += 1;
    }
    (0 < count).then(|| sum / f64::from(count))
}

/// The class with the largest probability; the first of several.
pub fn most_likely(row: &[f64]) -> usize {
    let mut best = 0;
    for (class, value) in row.iter().enumerate() {
        if row[best] < *value {
            best = class;
        }
    }
    best
}

/// The part of rows whose most likely class is the right one.
pub fn accuracy(judged: Judged) -> Option<f64> {
    mean(
        judged
            .rows()
            .map(|(row, target)| f64::from(u8::from(most_likely(row) == target))),
    )
}

/// The mean of `−ln p(right class)`, with p kept above the smallest step of a double.
pub fn log_loss(judged: Judged) -> Option<f64> {
    mean(
        judged
            .rows()
            .map(|(row, target)| -row[target].max(f64::EPSILON).ln()),
    )
}

/// The log loss with each row weighed by its class; the loss that is trained on.
pub fn weighted_log_loss(judged: Judged, weights: &[f32]) -> f64 {
    let (mut sum, mut total) = (0.0, 0.0);
    for (row, target) in judged.rows() {
        let weight = f64::from(weights[target]);
        sum -= weight * row[target].max(f64::EPSILON).ln();
        total += weight;
    }
    sum / total
}

/// The area under the ROC curve: for two classes that of the second; for more the mean of each against the rest.
pub fn auc(judged: Judged) -> Option<f64> {
    judged.positive_or_mean(binary_auc)
}

/// Mann and Whitney's U over all pairs, ties counted as halves.
fn binary_auc(mut rows: Vec<(f64, bool)>) -> Option<f64> {
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut wins) = (0.0, 0.0);
    let mut positives = 0.0;
    for tied in rows.chunk_by(|a, b| a.0 == b.0) {
        let up = tied.iter().filter(|(_, positive)| *positive).count() as f64;
        let down = tied.len() as f64 - up;
        wins += up * (below + 0.5 * down);
        below += down;
        positives += up;
    }
    (0.0 < positives && 0.0 < below).then(|| wins / (positives * below))
}

/// The mean precision over the steps of recall, without interpolation; classes as in [`auc`].
pub fn average_precision(judged: Judged) -> Option<f64> {
    judged.positive_or_mean(binary_average_precision)
}

fn binary_average_precision(mut rows: Vec<(f64, bool)>) -> Option<f64> {
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut seen, mut found, mut sum) = (0.0, 0.0, 0.0);
    for tied in rows.chunk_by(|a, b| a.0 == b.0) {
        let up = tied.iter().filter(|(_, positive)| *positive).count() as f64;
        seen += tied.len() as f64;
        found += up;
        sum += up * found / seen;
    }
    (0.0 < found).then(|| sum / found)
}

/// The harmonic mean of precision and recall: of the second class of two, else the mean over the classes that were
/// there or were said to be. 0 where nothing was found.
pub fn f1(judged: Judged) -> Option<f64> {
    let mut counts = vec![[0.0; 3]; judged.classes];
    for (row, target) in judged.rows() {
        let said = most_likely(row);
        if said == target {
            counts[said][0] += 1.0;
        } else {
            counts[said][1] += 1.0;
            counts[target][2] += 1.0;
        }
    }
    let score = |[right, wrong, missed]: [f64; 3]| {
        let all = 2.0 * right + wrong + missed;
        (0.0 < all).then(|| 2.0 * right / all)
    };
    match counts.as_slice() {
        [_, positive] if !judged.targets.is_empty() => Some(score(*positive).unwrap_or(0.0)),
        counts => mean(counts.iter().copied().filter_map(score)),
    }
}

/// The root of the mean squared error.
pub fn rmse(predicted: &[f64], actual: &[f64]) -> Option<f64> {
    mean(differences(predicted, actual).map(|d| d * d)).map(f64::sqrt)
}

/// The mean absolute error.
pub fn mae(predicted: &[f64], actual: &[f64]) -> Option<f64> {
    mean(differences(predicted, actual).map(f64::abs))
}

/// The part of the variance that is explained: 1 − Σ(error²) / Σ(distance from the mean²). Undefined when all values
/// are equal.
pub fn r2(predicted: &[f64], actual: &[f64]) -> Option<f64> {
    let centre = mean(actual.iter().copied())?;
    let spread: f64 = actual.iter().map(|a| (a - centre).powi(2)).sum();
    let error: f64 = differences(predicted, actual).map(|d| d * d).sum();
    (0.0 < spread).then(|| 1.0 - error / spread)
}

fn differences(predicted: &[f64], actual: &[f64]) -> impl Iterator<Item = f64> {
    predicted.iter().zip(actual).map(|(p, a)| p - a)
}

/// Softmax over each row of scores, in doubles.
pub fn softmax(scores: &[f32], classes: usize) -> Vec<f64> {
    let mut out: Vec<f64> = scores.iter().map(|score| f64::from(*score)).collect();
    for row in out.chunks_exact_mut(classes) {
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut sum = 0.0;
        for value in row.iter_mut() {
            *value = (*value - largest).exp();
            sum += *value;
        }
        for value in row.iter_mut() {
            *value /= sum;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn close(found: Option<f64>, wanted: f64) {
        let found = found.expect("a value");
        assert!((found - wanted).abs() < 1e-9, "{found}, wanted {wanted}");
    }

    /// Two classes with ties, from the probability of the second.
    fn binary(second: &[f64]) -> Vec<f64> {
        second.iter().flat_map(|p| [1.0 - p, *p]).collect()
    }

    // The figures of the next three tests are scikit-learn's, over the same rows.

    #[test]
    fn metrics_of_two_classes_are_those_of_scikit_learn() {
        let probabilities = binary(&[0.1, 0.4, 0.35, 0.8, 0.4, 0.65, 0.9, 0.2]);
        let judged = Judged {
            probabilities: &probabilities,
            classes: 2,
            targets: &[0, 0, 1, 1, 1, 0, 1, 0],
        };
        close(accuracy(judged), 0.625);
        close(auc(judged), 0.78125);
        close(average_precision(judged), 0.816666666667);
        close(log_loss(judged), 0.522971092323);
        close(f1(judged), 0.571428571429);
    }

    #[test]
    fn metrics_of_three_classes_are_those_of_scikit_learn() {
        let judged = Judged {
            probabilities: &[
                0.7, 0.2, 0.1, 0.1, 0.8, 0.1, 0.2, 0.3, 0.5, 0.4, 0.35, 0.25, 0.3, 0.4, 0.3, 0.25,
                0.15, 0.6, 0.5, 0.3, 0.2,
            ],
            classes: 3,
            targets: &[0, 1, 2, 1, 2, 2, 0],
        };
        close(accuracy(judged), 0.714285714286);
        close(auc(judged), 0.966666666667);
        close(average_precision(judged), 0.944444444444);
        close(log_loss(judged), 0.675819058423);
        close(f1(judged), 0.7);
    }

    #[test]
    fn metrics_of_numbers_are_those_of_scikit_learn() {
        let (predicted, actual) = ([2.5, 0.0, 2.0, 8.0, -1.0], [3.0, -0.5, 2.0, 7.0, 1.0]);
        close(rmse(&predicted, &actual), 1.04880884817);
        close(mae(&predicted, &actual), 0.8);
        close(r2(&predicted, &actual), 0.828125);
    }

    #[test]
    fn what_the_rows_do_not_define_is_left_out() {
        let judged = Judged {
            probabilities: &[0.3, 0.7, 0.6, 0.4],
            classes: 2,
            targets: &[1, 1],
        };
        let names: Vec<_> = classification(judged).into_iter().map(|m| m.0).collect();
        assert_eq!(names, ["accuracy", "average_precision", "log_loss", "f1"]);
        let names: Vec<_> = regression(&[1.0], &[2.0])
            .into_iter()
            .map(|m| m.0)
            .collect();
        assert_eq!(names, ["rmse", "mae"]);
        assert_eq!(regression(&[], &[]), []);
        let judged = Judged {
            probabilities: &[],
            targets: &[],
            ..judged
        };
        assert_eq!(classification(judged), []);
    }

    #[test]
    fn a_certain_mistake_costs_much_and_not_everything() {
        let judged = Judged {
            probabilities: &[1.0, 0.0],
            classes: 2,
            targets: &[1],
        };
        close(log_loss(judged), -f64::EPSILON.ln());
    }

    proptest! {
        #[test]
        fn the_auc_is_the_part_of_pairs_in_the_right_order(rows in proptest::collection::vec((0u8..6, any::<bool>()), 1..40)) {
            let rows: Vec<(f64, bool)> = rows.into_iter().map(|(p, is)| (f64::from(p) / 6.0, is)).collect();
            let (mut wins, mut pairs) = (0.0, 0.0);
            for (up, _) in rows.iter().filter(|row| row.1) {
                for (down, _) in rows.iter().filter(|row| !row.1) {
                    pairs += 1.0;
                    wins += if down < up { 1.0 } else if down == up { 0.5 } else { 0.0 };
                }
            }
            match binary_auc(rows) {
                Some(auc) => prop_assert!((auc - wins / pairs).abs() < 1e-12),
                None => prop_assert_eq!(pairs, 0.0),
            }
        }

        #[test]
        fn probabilities_add_up_to_one(scores in proptest::collection::vec(-1e4f32..1e4, 3..30)) {
            let scores = &scores[..scores.len() / 3 * 3];
            for row in softmax(scores, 3).chunks_exact(3) {
                prop_assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            }
        }
    }
}
