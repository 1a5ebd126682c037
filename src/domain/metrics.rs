//! Metrics: their names, which way is better, and what a table says of one.

use serde::{Deserialize, Serialize};

/// Is more better, or less?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    Higher,
    Lower,
}

impl Direction {
    /// Told from the metric's own name, its last part after `/`: what is not known to grow is taken as a loss.
    pub fn of(metric: &str) -> Self {
        const HIGHER: [&str; 13] = [
            "acc",
            "accuracy",
            "ap",
            "auc",
            "average_precision",
            "f1",
            "precision",
            "r2",
            "recall",
            "score",
            "rows_per_second",
            "throughput",
            "ndcg",
        ];
        let name = metric
            .rsplit('/')
            .next()
            .unwrap_or(metric)
            .to_ascii_lowercase();
        if HIGHER
            .iter()
            .any(|known| name == *known || name.starts_with(&format!("{known}@")))
        {
            Self::Higher
        } else {
            Self::Lower
        }
    }

    pub fn is_better(self, a: f64, than: f64) -> bool {
        match self {
            Self::Higher => than < a,
            Self::Lower => a < than,
        }
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
    /// The least or the greatest, by the metric's direction.
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

impl Summary {
    /// One number of the series; NaN where it has points and none of them is finite.
    pub fn value(&self, which: MetricValue) -> Option<f64> {
        let extreme = |extreme: Option<Extreme>| extreme.map_or(f64::NAN, |extreme| extreme.value);
        (0 < self.points).then(|| match which {
            MetricValue::Last => self.last,
            MetricValue::Min => extreme(self.min),
            MetricValue::Max => extreme(self.max),
            MetricValue::Mean => self.mean.unwrap_or(f64::NAN),
            MetricValue::Best => extreme(self.best()),
        })
    }

    /// The best value by the metric's direction.
    pub fn best(&self) -> Option<Extreme> {
        match Direction::of(&self.metric) {
            Direction::Higher => self.max,
            Direction::Lower => self.min,
        }
    }
}

/// Metric names: 1 to 256 characters, none of them a control character.
pub fn is_name(text: &str) -> bool {
    (1..=256).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_which_way_is_better() {
        for metric in ["val/auc", "accuracy", "test/R2", "recall@10"] {
            assert_eq!(Direction::of(metric), Direction::Higher, "{metric}");
        }
        for metric in ["train/loss", "val/rmse", "mae", "unknown", "class"] {
            assert_eq!(Direction::of(metric), Direction::Lower, "{metric}");
        }
    }
}
