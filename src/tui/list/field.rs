//! What a column of the list of runs can be of, and the words for it: those of filters and of the command line.

use std::fmt;

use crate::{
    domain::metrics::MetricValue,
    ops::runs::{MetricColumn, Sort, SortKey},
};

/// A column that a person can choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    Known(Known),
    Param(String),
    Metric(MetricColumn),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumIter, strum::EnumString)]
#[strum(serialize_all = "kebab-case")]
pub enum Known {
    State,
    Name,
    /// The metric that says most about each run.
    Best,
    Step,
    Age,
    /// The course of that metric.
    Trend,
    Experiment,
    Tag,
    Id,
    Dur,
    Epoch,
    User,
    Host,
    Note,
    Preset,
    Kind,
}

impl Known {
    /// What it says, for who chooses it.
    pub fn about(self) -> &'static str {
        match self {
            Self::State => "its state",
            Self::Name => "its name",
            Self::Best => "the metric that says most about each run",
            Self::Step => "steps done, of how many",
            Self::Age => "since it was made",
            Self::Trend => "the course of that metric",
            Self::Experiment => "the experiment it belongs to",
            Self::Tag => "its tags",
            Self::Id => "as much of its id as tells it from all others",
            Self::Dur => "how long its newest attempt took, or has taken",
            Self::Epoch => "epochs done",
            Self::User => "who made it",
            Self::Host => "where it was made",
            Self::Note => "its note",
            Self::Preset => "the preset it was made from",
            Self::Kind => "a training, or a foreign program",
        }
    }
}

/// What stands in a list when nothing was chosen.
pub const USUAL: [Known; 8] = [
    Known::State,
    Known::Name,
    Known::Best,
    Known::Step,
    Known::Age,
    Known::Trend,
    Known::Experiment,
    Known::Tag,
];

pub fn usual() -> Vec<Field> {
    USUAL.map(Field::Known).to_vec()
}

/// The same columns; one of the name is always among them.
pub fn with_name(mut fields: Vec<Field>) -> Vec<Field> {
    let name = Field::Known(Known::Name);
    if !fields.contains(&name) {
        let is_after_state = fields.first() == Some(&Field::Known(Known::State));
        fields.insert(usize::from(is_after_state), name);
    }
    fields
}

impl Field {
    /// # Errors
    ///
    /// A value that no metric has.
    pub fn parse(word: &str) -> crate::ops::Result<Self> {
        if let Ok(known) = word.parse() {
            return Ok(Self::Known(known));
        }
        match word.strip_prefix("p.") {
            Some(param) => Ok(Self::Param(param.to_owned())),
            None => Ok(Self::Metric(MetricColumn::parse(word)?)),
        }
    }

    /// The order in which its best stands first.
    pub fn sort(&self) -> Option<Sort> {
        match self {
            Self::Known(Known::Best | Known::Trend) | Self::Param(_) => None,
            Self::Metric(_) => Sort::parse(&self.to_string(), false).ok(),
            Self::Known(known) => Sort::parse(&known.to_string(), false).ok(),
        }
    }

    /// Is this the column that an order goes by, and do its values grow downwards then?
    pub fn sorted(&self, sort: &Sort) -> Option<bool> {
        let is_growing = !sort.descending;
        match (self, &sort.key) {
            // The newest has the least age.
            (Self::Known(Known::Age), SortKey::Created) => Some(sort.descending),
            (Self::Known(Known::Name), SortKey::Name)
            | (Self::Known(Known::State), SortKey::State)
            | (Self::Known(Known::Step), SortKey::Step)
            | (Self::Known(Known::Dur), SortKey::Dur) => Some(is_growing),
            (Self::Metric(column), SortKey::Metric(by)) if column == by => Some(is_growing),
            _ => None,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(known) => known.fmt(f),
            Self::Param(name) => write!(f, "p.{name}"),
            Self::Metric(column) => write!(f, "{}@{}", column.metric, column.value),
        }
    }
}

/// Columns as a list of words.
pub fn words(fields: &[Field]) -> String {
    let words: Vec<String> = fields.iter().map(Field::to_string).collect();
    words.join(",")
}

/// The columns of a list of words; what is none is passed over.
pub fn fields(words: &str) -> Vec<Field> {
    let words = words.split(',').filter(|word| !word.is_empty());
    words.filter_map(|word| Field::parse(word).ok()).collect()
}

/// The metrics that are to be fetched for these columns.
pub fn metrics(fields: &[Field]) -> Vec<MetricColumn> {
    let metrics = fields.iter().filter_map(|field| match field {
        Field::Metric(column) => Some(column.clone()),
        _ => None,
    });
    metrics.collect()
}

/// The values of a metric that a column can show.
pub fn values(metric: &str) -> Vec<Field> {
    use MetricValue::{Last, Max, Mean, Min};
    let usual = MetricColumn::usual(metric);
    let mut values = vec![usual];
    values.extend(
        [Last, Min, Max, Mean]
            .into_iter()
            .filter(|value| *value != usual),
    );
    let field = |value| {
        Field::Metric(MetricColumn {
            metric: metric.to_owned(),
            value,
        })
    };
    values.into_iter().map(field).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use strum::IntoEnumIterator as _;

    use super::*;

    #[test]
    fn a_column_is_read_as_it_is_written() {
        let metric = |name: &str, value| {
            let metric = name.to_owned();
            Field::Metric(MetricColumn { metric, value })
        };
        let all = Known::iter().map(Field::Known).chain([
            Field::Param("optimiser.lr".into()),
            metric("val/auc", MetricValue::Best),
            metric("recall@10", MetricValue::Best),
            metric("lr", MetricValue::Last),
        ]);
        let all: Vec<Field> = all.collect();
        assert_eq!(fields(&words(&all)), all);
        assert_eq!(fields("state,,loss@bst,p.lr").len(), 2);
        assert_eq!(fields("val/loss"), [metric("val/loss", MetricValue::Best)]);
        assert_eq!(metrics(&all).len(), 3);
    }

    #[test]
    fn an_order_by_a_column_is_marked_in_that_column() {
        let sortable = [
            Known::Age,
            Known::Name,
            Known::State,
            Known::Step,
            Known::Dur,
        ];
        for known in Known::iter() {
            let sort = Field::Known(known).sort();
            assert_eq!(sort.is_some(), sortable.contains(&known), "{known}");
            if let Some(sort) = sort {
                assert!(Field::Known(known).sorted(&sort).is_some(), "{known}");
                assert!(Field::Param("lr".into()).sorted(&sort).is_none());
            }
        }
        for value in values("val/loss") {
            let sort = value.sort().unwrap();
            assert!(value.sorted(&sort).is_some(), "{value}");
        }
    }

    proptest! {
        #[test]
        fn any_metric_and_any_parameter_can_be_a_column(name in "[a-z][a-z/_.]{0,12}") {
            let all: Vec<Field> = values(&format!("x/{name}")).into_iter().chain([Field::Param(name)]).collect();
            prop_assert!(4 <= all.len());
            for field in all {
                prop_assert_eq!(Field::parse(&field.to_string()).unwrap(), field);
            }
        }
    }
}
