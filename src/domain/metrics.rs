//! Metrics: their names, which way is better, and what a table says of one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Is more better, or less?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    Higher,
    Lower,
}

impl Direction {
    /// Told from the metric's own name, its last part after `/`; `None` where nothing is known of it: a learning rate has
    /// no best.
    pub fn of(metric: &str) -> Option<Self> {
        const HIGHER: [&str; 13] = [
            "acc",
            "accuracy",
            "ap",
            "auc",
            "average_precision",
            "bleu",
            "f1",
            "iou",
            "map",
            "ndcg",
            "precision",
            "r2",
            "recall",
        ];
        const LOWER: [&str; 8] = [
            "brier",
            "ece",
            "latency",
            "mae",
            "mse",
            "perplexity",
            "ppl",
            "rmse",
        ];
        let name = metric.rsplit('/').next().unwrap_or(metric);
        let name = name.to_ascii_lowercase();
        // `recall@10` is a recall.
        let name = name.split('@').next().unwrap_or_default();
        let is_part = |word: &str| name.split(['_', '-', '.', ' ']).any(|part| part == word);
        // What is lost comes first: `f1_loss` is a loss.
        if ["loss", "error", "err", "nll"]
            .iter()
            .any(|word| is_part(word))
            || LOWER.contains(&name)
        {
            return Some(Self::Lower);
        }
        let is_higher = HIGHER.contains(&name) || HIGHER.iter().any(|word| is_part(word));
        let is_lower = LOWER.iter().any(|word| is_part(word));
        match (is_higher, is_lower) {
            (true, false) => Some(Self::Higher),
            (false, true) => Some(Self::Lower),
            _ => None,
        }
    }

    pub fn is_better(self, a: f64, than: f64) -> bool {
        match self {
            Self::Higher => than < a,
            Self::Lower => a < than,
        }
    }

    /// The best of several, each with its value; of those that are as good, the first.
    pub fn best<T>(self, all: impl Iterator<Item = (T, f64)>) -> Option<(T, f64)> {
        all.reduce(|best, next| match self.is_better(next.1, best.1) {
            true => next,
            false => best,
        })
    }
}

/// Which number of a series a table, a filter or an order looks at.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum MetricValue {
    Last,
    Min,
    Max,
    Mean,
    /// The least or the greatest, by the metric's direction; nothing where that is not known.
    Best,
}

/// What is known of a series without reading its points. Extremes are over finite values.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    pub metric: String,
    pub points: u64,
    pub nan: u64,
    pub infinite: u64,
    /// NaN when the last point was one.
    pub last: f64,
    pub last_step: i64,
    pub min: Option<Extreme>,
    pub max: Option<Extreme>,
    pub mean: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Extreme {
    pub value: f64,
    pub step: i64,
}

/// The numbers of a series that filters, orders and groups look at; NaN stands for those of no finite value.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    pub last: f64,
    pub last_step: i64,
    pub min: f64,
    pub max: f64,
    pub mean: f64,
}

impl Figures {
    /// `None` for a series without points.
    pub fn of(summary: &Summary) -> Option<Self> {
        let value = |extreme: Option<Extreme>| extreme.map_or(f64::NAN, |extreme| extreme.value);
        (0 < summary.points).then(|| Self {
            last: summary.last,
            last_step: summary.last_step,
            min: value(summary.min),
            max: value(summary.max),
            mean: summary.mean.unwrap_or(f64::NAN),
        })
    }

    /// One of them. The metric's direction says which is the best; none is where that is not known.
    pub fn value(&self, which: MetricValue, direction: Option<Direction>) -> Option<f64> {
        Some(match (which, direction) {
            (MetricValue::Last, _) => self.last,
            (MetricValue::Mean, _) => self.mean,
            (MetricValue::Min, _) | (MetricValue::Best, Some(Direction::Lower)) => self.min,
            (MetricValue::Max, _) | (MetricValue::Best, Some(Direction::Higher)) => self.max,
            (MetricValue::Best, None) => return None,
        })
    }
}

impl Summary {
    /// One number of the series; NaN where it has points and none of them is finite.
    pub fn value(&self, which: MetricValue) -> Option<f64> {
        Figures::of(self)?.value(which, Direction::of(&self.metric))
    }

    /// The best value by the metric's direction; `None` where that is not known.
    pub fn best(&self) -> Option<Extreme> {
        match Direction::of(&self.metric)? {
            Direction::Higher => self.max,
            Direction::Lower => self.min,
        }
    }
}

/// Metric names: 1 to 256 characters, none of them a control character.
pub fn is_name(text: &str) -> bool {
    (1..=256).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

/// A metric of the machine and not of the program on it: its points come by the clock, whether or not the program gets
/// anywhere.
pub fn is_of_machine(name: &str) -> bool {
    name.starts_with("system/")
}

/// Metrics that say most about a model, the one that says more first.
pub const SCORES: [&str; 8] = [
    "val/auc",
    "val/r2",
    "val/accuracy",
    "val/acc",
    "val/f1",
    "val/rmse",
    "val/mae",
    "val/loss",
];

/// The metric that says most about a run with these parameters: the one asked for; the one its checkpoints are judged
/// by, unless that is a loss and there is a score; a validation score; a loss; the first that is not the machine's.
pub fn primary<'a>(
    summaries: &'a [Summary],
    params: &BTreeMap<String, Value>,
    asked: &str,
) -> Option<&'a Summary> {
    let named = |name: &str| summaries.iter().find(|summary| summary.metric == name);
    let judged = ["train.best", "best"]
        .iter()
        .find_map(|key| params.get(*key)?.as_str())
        .filter(|metric| !metric.ends_with("loss"));
    let is_loss = |summary: &&Summary| summary.metric.ends_with("loss");
    let is_model = |summary: &&Summary| !is_of_machine(&summary.metric);
    named(asked)
        .or_else(|| judged.and_then(named))
        .or_else(|| SCORES.into_iter().find_map(named))
        .or_else(|| summaries.iter().find(is_loss))
        .or_else(|| summaries.iter().find(is_model))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(metric: &str) -> Summary {
        let extreme = |value| Some(Extreme { value, step: 1 });
        Summary {
            metric: metric.to_owned(),
            points: 2,
            nan: 0,
            infinite: 0,
            last: 2.0,
            last_step: 2,
            min: extreme(1.0),
            max: extreme(2.0),
            mean: Some(1.5),
        }
    }

    #[test]
    fn the_name_says_which_way_is_better() {
        let cases = [
            (
                Some(Direction::Higher),
                "val/auc accuracy test/R2 recall@10 val/top5_acc macro_f1",
            ),
            (
                Some(Direction::Lower),
                "train/loss val/rmse mae val/loss_ce f1_loss val_error latency_ms",
            ),
            (
                None,
                "lr grad_norm system/cpu system/memory unknown class lossy rows_per_second",
            ),
        ];
        for (direction, metrics) in cases {
            for metric in metrics.split(' ') {
                assert_eq!(Direction::of(metric), direction, "{metric}");
            }
        }
    }

    #[test]
    fn what_has_no_known_direction_has_no_best() {
        let mut summary = summary("lr");
        assert_eq!(
            (summary.best(), summary.value(MetricValue::Best)),
            (None, None)
        );
        summary.metric = "loss".to_owned();
        assert_eq!(summary.value(MetricValue::Best), Some(1.0));
    }

    #[test]
    fn the_metric_of_a_run_is_the_one_it_is_judged_by() {
        let summaries = ["system/cpu", "train/loss", "val/auc", "val/f1", "val/loss"].map(summary);
        let mut params = BTreeMap::new();
        let name = |params: &BTreeMap<String, Value>, asked: &str| {
            primary(&summaries, params, asked).map(|summary| summary.metric.clone())
        };
        assert_eq!(name(&params, ""), Some("val/auc".into()));
        assert_eq!(name(&params, "val/loss"), Some("val/loss".into()));
        params.insert("train.best".to_owned(), "val/f1".into());
        assert_eq!(name(&params, ""), Some("val/f1".into()));
        params.insert("train.best".to_owned(), "val/loss".into());
        assert_eq!(name(&params, ""), Some("val/auc".into()));
        assert_eq!(primary(&summaries[..1], &params, ""), None);
    }
}
