//! Runs beside each other.

use std::collections::BTreeSet;

use serde::Serialize;

use super::get;
use crate::{
    domain::{
        ids::RunId,
        metrics::{Direction, MetricValue, Summary},
        runs::Run,
    },
    ops::{Result, series},
    workspace::Workspace,
};

/// Runs beside each other.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    pub runs: Vec<Run>,
    /// Parameters whose values differ, and each run's value.
    pub params: Vec<(String, Vec<Option<serde_json::Value>>)>,
    pub metrics: Vec<ComparedMetric>,
}

/// A metric of several runs.
#[derive(Clone, Debug, Serialize)]
pub struct ComparedMetric {
    pub metric: String,
    /// Each run's best value; its last where no best is known, as of a learning rate.
    pub values: Vec<Option<f64>>,
    /// Which of them is best.
    pub best: Option<usize>,
}

/// Sets runs beside each other, in the order in which they are named.
pub fn compare(ws: &Workspace, ids: &[RunId]) -> Result<Comparison> {
    let runs: Vec<Run> = ids.iter().map(|id| get(ws, id)).collect::<Result<_>>()?;
    let summaries: Vec<Vec<Summary>> = ids
        .iter()
        .map(|id| series::summaries(ws, id))
        .collect::<Result<_>>()?;
    let names: BTreeSet<&str> = summaries
        .iter()
        .flatten()
        .map(|summary| summary.metric.as_str())
        .collect();
    let keys: BTreeSet<&str> = runs
        .iter()
        .flat_map(|run| run.params.keys())
        .map(String::as_str)
        .collect();
    let params = keys
        .into_iter()
        .map(|key| {
            (
                key.to_owned(),
                runs.iter()
                    .map(|run| run.params.get(key).cloned())
                    .collect::<Vec<_>>(),
            )
        })
        .filter(|(_, values)| values.windows(2).any(|pair| pair[0] != pair[1]))
        .collect();
    let metrics = names
        .into_iter()
        .map(|metric| compare_metric(metric, &summaries))
        .collect();
    Ok(Comparison {
        runs,
        params,
        metrics,
    })
}

fn compare_metric(metric: &str, summaries: &[Vec<Summary>]) -> ComparedMetric {
    let direction = Direction::of(metric);
    let which = match direction {
        Some(_) => MetricValue::Best,
        None => MetricValue::Last,
    };
    let value_of = |run: &Vec<Summary>| {
        run.iter()
            .find(|summary| summary.metric == metric)?
            .value(which)
    };
    let values: Vec<Option<f64>> = summaries.iter().map(value_of).collect();
    let finite = values.iter().enumerate().filter_map(|(i, value)| {
        value
            .filter(|value| value.is_finite())
            .map(|value| (i, value))
    });
    let best = direction.and_then(|direction| {
        let better = finite.reduce(|best, next| match direction.is_better(next.1, best.1) {
            true => next,
            false => best,
        });
        better.map(|(i, _)| i)
    });
    ComparedMetric {
        metric: metric.to_owned(),
        values,
        best,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_best_is_compared_by_its_last_value_and_marked_nowhere() {
        let run = |metric: &str, last| {
            let extreme = |value| Some(crate::domain::metrics::Extreme { value, step: 1 });
            vec![Summary {
                metric: metric.to_owned(),
                points: 2,
                nan: 0,
                infinite: 0,
                last,
                last_step: 2,
                min: extreme(0.25),
                max: extreme(last + 1.0),
                mean: Some(last),
            }]
        };
        let compared = |metric| compare_metric(metric, &[run(metric, 0.5), run(metric, 0.75)]);
        let rate = compared("lr");
        assert_eq!(
            (rate.values, rate.best),
            (vec![Some(0.5), Some(0.75)], None)
        );
        let auc = compared("val/auc");
        assert_eq!(
            (auc.values, auc.best),
            (vec![Some(1.5), Some(1.75)], Some(1))
        );
    }
}
