//! Orders and columns of lists of runs, as they are written: `val/auc`, `val/auc@last`, `name`.

use super::{MetricColumn, Sort, SortKey};
use crate::{
    domain::{
        filter,
        metrics::{Direction, MetricValue},
    },
    ops::{Error, Kind, Result},
};

impl MetricColumn {
    /// `val/auc`, `val/auc@last`: the best value unless another is named; the last where nobody knows which way is better.
    ///
    /// # Errors
    ///
    /// A value that no metric has.
    pub fn parse(word: &str) -> Result<Self> {
        let (name, value) = match word.rsplit_once('@') {
            None => (word, Self::usual(word)),
            Some((name, value)) => match value.parse() {
                Ok(value) => (name, value),
                // `recall@10` is a name.
                Err(_) if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                    (word, Self::usual(word))
                }
                Err(_) => {
                    let message = format!("a metric has no value @{value}");
                    let hint = "one of @last, @min, @max, @mean, @best";
                    return Err(Error::new(Kind::Invalid, message).hint(hint));
                }
            },
        };
        Ok(Self {
            metric: name.to_owned(),
            value,
        })
    }

    /// The best value, or the last where nobody knows which way is better.
    pub fn usual(metric: &str) -> MetricValue {
        match Direction::of(metric) {
            Some(_) => MetricValue::Best,
            None => MetricValue::Last,
        }
    }
}

impl Sort {
    /// The order that a word asks for: the best, the newest or the first of the alphabet stands first, or last in reverse.
    ///
    /// # Errors
    ///
    /// A field that nothing can be sorted by, or a value that no metric has.
    pub fn parse(word: &str, is_reverse: bool) -> Result<Self> {
        let key = match word {
            "created" | "age" => SortKey::Created,
            "name" => SortKey::Name,
            "state" => SortKey::State,
            "step" => SortKey::Step,
            "dur" => SortKey::Dur,
            field if filter::FIELDS.iter().any(|(name, _)| *name == field) => {
                let message = format!("runs cannot be sorted by {field}");
                let hint =
                    "one of created, age, dur, name, state, step, or a metric such as val/auc";
                return Err(Error::new(Kind::Invalid, message).hint(hint));
            }
            metric => SortKey::Metric(MetricColumn::parse(metric)?),
        };
        Ok(Self {
            descending: key.is_usually_descending() != is_reverse,
            key,
        })
    }

    /// The word that asks for this order, and whether it is asked in reverse.
    pub fn word(&self) -> (String, bool) {
        let word = match &self.key {
            SortKey::Created => "created".to_owned(),
            SortKey::Name => "name".to_owned(),
            SortKey::State => "state".to_owned(),
            SortKey::Step => "step".to_owned(),
            SortKey::Dur => "dur".to_owned(),
            SortKey::Metric(column) => format!("{}@{}", column.metric, column.value),
        };
        (word, self.descending != self.key.is_usually_descending())
    }
}

impl SortKey {
    fn is_usually_descending(&self) -> bool {
        match self {
            Self::Created | Self::Step | Self::Dur => true,
            Self::Name | Self::State => false,
            Self::Metric(column) => match column.value {
                MetricValue::Min => false,
                MetricValue::Max => true,
                MetricValue::Best | MetricValue::Last | MetricValue::Mean => {
                    Direction::of(&column.metric) != Some(Direction::Lower)
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read_as_it_is_written() {
        for word in [
            "created",
            "name",
            "state",
            "step",
            "dur",
            "val/auc@best",
            "loss@min",
            "p@1@last",
        ] {
            for is_reverse in [false, true] {
                let sort = Sort::parse(word, is_reverse).unwrap();
                assert_eq!(sort.word(), (word.to_owned(), is_reverse));
            }
        }
        assert_eq!(Sort::default().word(), ("created".to_owned(), false));
    }
}
