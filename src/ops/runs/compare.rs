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
    /// Each run's best value.
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
    let best_of = |run: &Vec<Summary>| {
        run.iter()
            .find(|summary| summary.metric == metric)?
            .value(MetricValue::Best)
    };
    let values: Vec<Option<f64>> = summaries.iter().map(best_of).collect();
    let finite = values.iter().enumerate().filter_map(|(i, value)| {
        value
            .filter(|value| value.is_finite())
            .map(|value| (i, value))
    });
    let best = finite
        .reduce(|best, next| {
            if direction.is_some_and(|direction| direction.is_better(next.1, best.1)) {
                next
            } else {
                best
            }
        })
        .map(|(i, _)| i);
    ComparedMetric {
        metric: metric.to_owned(),
        values,
        best,
    }
}
