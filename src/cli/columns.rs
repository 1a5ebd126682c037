//! Columns of lists of runs, as they are written on the command line.

use super::{
    csv, format,
    table::{Cell, Look},
};
use crate::{
    domain::{
        filter,
        metrics::MetricValue,
        runs::{StateWord, Tag},
        time::Timestamp,
    },
    ops::{
        self,
        runs::{MetricColumn, Row},
    },
};

/// The columns of a list when nothing is said, beside the metrics.
pub const USUAL: &str = "state,id,name,experiment,step,age,dur";

/// One column of a list.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    Field(&'static str),
    Param(String),
    /// A metric; where no run of the list has it, a parameter of this name. The number is its place among the metrics asked for.
    Metric(MetricColumn, usize),
}

/// Words with commas between them, as columns.
pub fn columns(text: &str) -> ops::Result<Vec<Column>> {
    let mut metrics = 0;
    let words = text
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty());
    let columns = words.map(|word| {
        let mut fields = filter::FIELDS.iter();
        // The data of a run is a parameter.
        let field = fields.find(|(field, of)| *field == word && *of != filter::Field::Data);
        if let Some((field, _)) = field {
            return Ok(Column::Field(field));
        }
        if let Some(param) = word.strip_prefix("p.") {
            return Ok(Column::Param(param.to_owned()));
        }
        metrics += 1;
        Ok(Column::Metric(MetricColumn::parse(word)?, metrics - 1))
    });
    columns.collect()
}

/// The metrics that these columns need, in order.
pub fn metrics(columns: &[Column]) -> Vec<MetricColumn> {
    let metrics = columns.iter().filter_map(|column| match column {
        Column::Metric(metric, _) => Some(metric.clone()),
        Column::Field(_) | Column::Param(_) => None,
    });
    metrics.collect()
}

impl Column {
    pub fn title(&self) -> String {
        match self {
            Self::Field(name) => (*name).to_owned(),
            Self::Param(name) => name.clone(),
            // The last value of what has no best is no news.
            Self::Metric(column, _)
                if column.value == MetricValue::Last
                    && MetricColumn::usual(&column.metric) == column.value =>
            {
                column.metric.clone()
            }
            Self::Metric(column, _) => format!("{}@{}", column.metric, column.value),
        }
    }

    pub fn is_number(&self) -> bool {
        match self {
            Self::Field(name) => ["step", "epoch", "age", "dur"].contains(name),
            Self::Param(_) => false,
            Self::Metric(..) => true,
        }
    }

    /// The metric or parameter that none of these rows has, in this column.
    pub fn absent_from(&self, rows: &[Row]) -> Option<&str> {
        let has_param = |row: &Row, name: &str| filter::param(&row.run.params, name).is_some();
        match self {
            Self::Field(_) => None,
            Self::Param(name) => (!rows.iter().any(|row| has_param(row, name))).then_some(name),
            Self::Metric(column, at) => {
                let name = &column.metric;
                let has = |row: &Row| {
                    row.values.get(*at).copied().flatten().is_some() || has_param(row, name)
                };
                (!rows.iter().any(has)).then_some(name)
            }
        }
    }

    pub fn cell(&self, row: &Row, now: Timestamp) -> Cell {
        let run = &row.run;
        match self {
            Self::Metric(column, at) => match row.values.get(*at).copied().flatten() {
                Some(value) => format::metric(&column.metric, Some(value)).into(),
                None => param(row, &column.metric),
            },
            Self::Param(name) => param(row, name),
            Self::Field("state") => state(run.state.word()),
            Self::Field("id") => run.id.to_string()[..row.prefix.clamp(1, 32)].into(),
            Self::Field("name") => run.name.as_str().into(),
            Self::Field("tag") => {
                let tags: Vec<&str> = run.tags.iter().map(Tag::as_str).collect();
                tags.join(",").into()
            }
            Self::Field("user") => run.actor.name.as_str().into(),
            Self::Field("host") => run.actor.host.as_str().into(),
            Self::Field("created") => format::moment(run.created).into(),
            Self::Field("age") => format::age(run.created, now).into(),
            Self::Field("dur") => format::duration(&run.state, now).into(),
            Self::Field("step") => format::steps(&run.progress).into(),
            Self::Field("epoch") => format::number(run.progress.epoch).into(),
            Self::Field("note") => run.note.as_str().into(),
            Self::Field("experiment") => run.experiment.as_str().into(),
            Self::Field("preset") => run.preset.as_deref().unwrap_or("·").into(),
            Self::Field("kind") => run.kind.to_string().into(),
            Self::Field("in") if run.trashed.is_some() => filter::TRASH.into(),
            Self::Field(_) => Cell::default(),
        }
    }

    /// The same for other programs: whole, spans in seconds, nothing where there is nothing.
    pub fn field(&self, row: &Row, now: Timestamp) -> String {
        let run = &row.run;
        let seconds = |ms: i64| (ms as f64 / 1e3).to_string();
        match self {
            Self::Metric(column, at) => match row.values.get(*at).copied().flatten() {
                Some(value) => value.to_string(),
                None => csv::json(filter::param(&run.params, &column.metric)),
            },
            Self::Param(name) => csv::json(filter::param(&run.params, name)),
            Self::Field("state") => run.state.word().to_string(),
            Self::Field("id") => run.id.to_string(),
            Self::Field("name") => run.name.clone(),
            Self::Field("tag") => {
                let tags: Vec<&str> = run.tags.iter().map(Tag::as_str).collect();
                tags.join(" ")
            }
            Self::Field("user") => run.actor.name.clone(),
            Self::Field("host") => run.actor.host.clone(),
            Self::Field("created") => run.created.rfc3339(),
            Self::Field("age") => seconds(now.since(run.created)),
            Self::Field("dur") => run.state.duration(now).map(seconds).unwrap_or_default(),
            Self::Field("step") => csv::field(run.progress.known_step()),
            Self::Field("epoch") => csv::field(run.progress.epoch),
            Self::Field("note") => run.note.clone(),
            Self::Field("experiment") => run.experiment.clone(),
            Self::Field("preset") => csv::field(run.preset.as_ref()),
            Self::Field("kind") => run.kind.to_string(),
            Self::Field("in") if run.trashed.is_some() => filter::TRASH.to_owned(),
            Self::Field(_) => String::new(),
        }
    }
}

fn param(row: &Row, name: &str) -> Cell {
    match filter::param(&row.run.params, name) {
        Some(value) => format::json(value).into(),
        None => Cell::from("·").look(Look::Dim),
    }
}

/// The word of a state, in the colour of what it means.
pub fn state(word: StateWord) -> Cell {
    let look = match word {
        StateWord::Done => Look::Good,
        StateWord::Running => Look::Bold,
        StateWord::Failed | StateWord::Lost => Look::Bad,
        StateWord::Stalled | StateWord::Orphaned | StateWord::EndedUnseen => Look::Warning,
        StateWord::Queued | StateWord::Paused | StateWord::Stopped => Look::Dim,
    };
    Cell::from(word.to_string()).look(look)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::runs::Sort;

    #[test]
    fn columns_are_fields_parameters_and_metrics() {
        let found = columns("state, p.lr,val/auc,loss@last,recall@10").unwrap();
        let metric = |name: &str, value, at| {
            let metric = name.to_owned();
            Column::Metric(MetricColumn { metric, value }, at)
        };
        let wanted = [
            Column::Field("state"),
            Column::Param("lr".to_owned()),
            metric("val/auc", MetricValue::Best, 0),
            metric("loss", MetricValue::Last, 1),
            metric("recall@10", MetricValue::Best, 2),
        ];
        assert_eq!(found, wanted);
        assert_eq!(metrics(&found).len(), 3);
        let titles: Vec<String> = columns("val/auc,val/auc@last,grad_norm,grad_norm@max")
            .unwrap()
            .iter()
            .map(Column::title)
            .collect();
        assert_eq!(
            titles,
            ["val/auc@best", "val/auc@last", "grad_norm", "grad_norm@max"]
        );
        assert!(columns("loss@bst").is_err());
        assert!(
            columns(USUAL)
                .unwrap()
                .iter()
                .all(|column| matches!(column, Column::Field(_)))
        );
    }

    #[test]
    fn the_best_stands_first() {
        let cases = [
            ("created", true),
            ("name", false),
            ("dur", true),
            ("age", true),
            ("val/auc", true),
            ("val/loss", false),
            ("val/loss@max", true),
            ("val/auc@last", true),
            ("val/auc@min", false),
        ];
        for (word, descending) in cases {
            assert_eq!(
                Sort::parse(word, false).unwrap().descending,
                descending,
                "{word}"
            );
            assert_eq!(
                Sort::parse(word, true).unwrap().descending,
                !descending,
                "{word}"
            );
        }
        for field in ["note", "epoch", "experiment"] {
            assert!(Sort::parse(field, false).is_err(), "{field}");
        }
    }
}
