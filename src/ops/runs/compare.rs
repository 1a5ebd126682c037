//! Runs beside each other: what was asked, what came of it, and from which code, data and surroundings.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::get;
use crate::{
    domain::{
        diff,
        ids::RunId,
        jobs::Work,
        metrics::{Direction, MetricValue, Summary},
        runs::Run,
        text::counted,
    },
    jobs::request,
    ops::{Error, Kind, Result, series},
    store::{self, runs as rows},
    workspace::Workspace,
};

/// The most runs that stand beside each other.
pub const MOST: usize = 8;

/// Runs beside each other. Each list of values has one for each run, in their order; the first run is the baseline.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    pub runs: Vec<Run>,
    /// Parameters whose values differ.
    pub params: Vec<Beside>,
    /// Parameters that all have with the same value.
    pub same_params: Vec<(String, Value)>,
    pub metrics: Vec<ComparedMetric>,
    pub code: Vec<Option<Code>>,
    /// The changes that a run was started with against those of the baseline, as a unified diff of two diffs; `None` for
    /// the baseline, where a commit differs, and where both have the same.
    pub code_changes: Vec<Option<String>>,
    /// What was captured of the surroundings and differs: host, system, memory, arguments, variables, version of Sconce.
    pub surroundings: Vec<Beside>,
    /// BLAKE3 of the data file; `None` for a foreign program.
    pub data: Vec<Option<String>>,
}

/// One name, and each run's value.
pub type Beside = (String, Vec<Option<Value>>);

/// A metric of several runs.
#[derive(Clone, Debug, Serialize)]
pub struct ComparedMetric {
    pub metric: String,
    /// `None` where nobody knows which way is better.
    pub direction: Option<Direction>,
    /// Each run's best value; its last where no best is known, as of a learning rate.
    pub values: Vec<Option<f64>>,
    pub last: Vec<Option<f64>>,
    /// Which of the values is better than all others.
    pub best: Option<usize>,
    /// How far each value is from the baseline's; `None` for the baseline, and where one of them is not finite.
    pub deltas: Vec<Option<f64>>,
}

/// From which code a run was started.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Code {
    /// `None` in a repository without one.
    pub commit: Option<String>,
    pub branch: Option<String>,
    /// Were tracked files changed since?
    pub dirty: bool,
    /// Those changes were longer than what is kept.
    pub cut: bool,
    #[serde(skip)]
    diff: String,
}

impl Code {
    fn of(captured: &Value) -> Option<Self> {
        let git = captured.get("git").filter(|git| git.is_object())?;
        let text = |key: &str| git[key].as_str().map(str::to_owned);
        let is = |key: &str| git[key].as_bool().unwrap_or(false);
        Some(Self {
            commit: text("commit"),
            branch: text("branch"),
            dirty: is("dirty"),
            cut: is("cut"),
            diff: text("diff").unwrap_or_default(),
        })
    }
}

/// Sets runs beside each other, in the order in which they are named.
///
/// # Errors
///
/// [`Kind::Invalid`]: fewer than 2 or more than [`MOST`]; [`Kind::NotFound`].
pub fn compare(ws: &Workspace, ids: &[RunId]) -> Result<Comparison> {
    if !(2..=MOST).contains(&ids.len()) {
        let message = format!("{} cannot be compared", counted(ids.len() as u64, "run"));
        return Err(Error::new(Kind::Invalid, message)
            .hint(format!("2 to {MOST} runs stand beside each other")));
    }
    let runs: Vec<Run> = ids.iter().map(|id| get(ws, id)).collect::<Result<_>>()?;
    let summaries: Vec<Vec<Summary>> = ids
        .iter()
        .map(|id| series::summaries(ws, id))
        .collect::<Result<_>>()?;
    let captured: Vec<Value> = ws.store.read(|tx| {
        let captured = ids.iter().map(|id| rows::captured(tx, id));
        Ok::<_, Error>(captured.collect::<store::Result<_>>()?)
    })?;
    let names: BTreeSet<&str> = summaries
        .iter()
        .flatten()
        .map(|summary| summary.metric.as_str())
        .collect();
    let (params, same) = beside(
        &runs
            .iter()
            .map(|run| run.params.clone())
            .collect::<Vec<_>>(),
    );
    let code: Vec<Option<Code>> = captured.iter().map(Code::of).collect();
    Ok(Comparison {
        params,
        same_params: same
            .into_iter()
            .filter_map(|(name, values)| Some((name, values.into_iter().next()??)))
            .collect(),
        metrics: names
            .into_iter()
            .map(|metric| compare_metric(metric, &summaries))
            .collect(),
        code_changes: code
            .iter()
            .map(|other| changes(code[0].as_ref(), other.as_ref()))
            .collect(),
        code,
        surroundings: beside(&captured.iter().map(surroundings).collect::<Vec<_>>()).0,
        data: ids.iter().map(|id| data_of(ws, id)).collect(),
        runs,
    })
}

/// By name, what differs between several maps and what does not.
fn beside(maps: &[BTreeMap<String, Value>]) -> (Vec<Beside>, Vec<Beside>) {
    let names: BTreeSet<String> = maps.iter().flat_map(BTreeMap::keys).cloned().collect();
    let rows = names.into_iter().map(|name| {
        let values: Vec<Option<Value>> = maps.iter().map(|map| map.get(&name).cloned()).collect();
        (name, values)
    });
    rows.partition(|(_, values)| values.windows(2).any(|pair| pair[0] != pair[1]))
}

/// What was captured beside the code, each variable under a name of its own.
fn surroundings(captured: &Value) -> BTreeMap<String, Value> {
    let mut flat = BTreeMap::new();
    for (key, value) in captured.as_object().into_iter().flatten() {
        match (key.as_str(), value) {
            ("git" | "env_names", _) => {}
            (_, Value::Object(inner)) => {
                let inner = inner.iter();
                flat.extend(inner.map(|(name, value)| (format!("{key}.{name}"), value.clone())));
            }
            _ => drop(flat.insert(key.clone(), value.clone())),
        }
    }
    flat
}

fn changes(baseline: Option<&Code>, other: Option<&Code>) -> Option<String> {
    let (baseline, other) = (baseline?, other?);
    if baseline.commit != other.commit {
        return None;
    }
    Some(diff::unified(&baseline.diff, &other.diff)).filter(|diff| !diff.is_empty())
}

/// As the frozen request has it, which is gone where a program removed it.
fn data_of(ws: &Workspace, id: &RunId) -> Option<String> {
    match request::frozen(&ws.run_dir(id)).ok()?.work {
        Work::Train(training) => Some(training.data_hash),
        Work::Command(_) => None,
    }
}

fn compare_metric(metric: &str, summaries: &[Vec<Summary>]) -> ComparedMetric {
    let direction = Direction::of(metric);
    let which = match direction {
        Some(_) => MetricValue::Best,
        None => MetricValue::Last,
    };
    let all = |which| -> Vec<Option<f64>> {
        let of_run = |run: &Vec<Summary>| {
            run.iter()
                .find(|summary| summary.metric == metric)?
                .value(which)
        };
        summaries.iter().map(of_run).collect()
    };
    let values = all(which);
    let finite = |value: &Option<f64>| value.filter(|value| value.is_finite());
    let numbered = values
        .iter()
        .enumerate()
        .filter_map(|(i, value)| Some((i, finite(value)?)));
    let best = direction.and_then(|direction| Some(direction.best(numbered)?.0));
    // Where several are as good, none is the best.
    let is_alone = |best: &usize| {
        values
            .iter()
            .filter(|value| **value == values[*best])
            .count()
            == 1
    };
    let best = best.filter(is_alone);
    let baseline = values.first().and_then(finite);
    let others = values.iter().skip(1);
    let deltas = others.map(|value| Some(finite(value)? - baseline?));
    ComparedMetric {
        metric: metric.to_owned(),
        direction,
        deltas: [None].into_iter().chain(deltas).collect(),
        last: all(MetricValue::Last),
        values,
        best,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{domain::runs::Ending, ops::fixture::Shop};

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
        assert_eq!(auc.deltas, [None, Some(0.25)]);
        assert_eq!(auc.last, [Some(0.5), Some(0.75)]);
    }

    #[test]
    fn only_what_differs_is_told_of_code_and_surroundings() {
        let shop = Shop::open();
        let captured = |commit: &str, lr: &str, cuda: &str| {
            json!({
                "host": "gpu01", "cpus": 8, "env": {"CUDA_VISIBLE_DEVICES": cuda, "LANG": "C"},
                "env_names": [cuda],
                "git": {"commit": commit, "branch": "main", "dirty": true, "diff": format!("+++ b/train.py\n-lr = 1\n+lr = {lr}\n")},
            })
        };
        let run = |name: &str, seed: u32, captured: &Value| {
            let params = [("seed", json!(seed)), ("lr", json!(0.1))];
            shop.run(name, Ending::Done, &params, captured)
        };
        let ids = [
            run("a", 1, &captured("c1", "2", "0")),
            run("b", 2, &captured("c1", "3", "0")),
            run("c", 1, &captured("c2", "2", "1")),
            run("d", 1, &json!({})),
        ];
        let found = compare(&shop, &ids).unwrap();
        assert_eq!(found.params.len(), 1);
        assert_eq!(found.params[0].0, "seed");
        assert_eq!(found.same_params, [("lr".to_owned(), json!(0.1))]);
        assert_eq!(
            found.code_changes[1].as_deref(),
            Some("@@ -1,3 +1,3 @@\n +++ b/train.py\n -lr = 1\n-+lr = 2\n++lr = 3\n")
        );
        assert_eq!(found.code_changes[2..], [None, None]);
        assert_eq!(
            found.code[2].as_ref().unwrap().commit.as_deref(),
            Some("c2")
        );
        let three = compare(&shop, &ids[..3]).unwrap();
        let names: Vec<&str> = three
            .surroundings
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(names, ["env.CUDA_VISIBLE_DEVICES"]);
        assert!(found.surroundings.iter().any(|(name, _)| name == "host"));
    }

    #[test]
    fn two_to_eight_runs_stand_beside_each_other() {
        let shop = Shop::open();
        let ids: Vec<RunId> = (0..9)
            .map(|at| shop.done(&format!("run-{at}"), &[]))
            .collect();
        for wrong in [&ids[..1], &ids] {
            assert_eq!(compare(&shop, wrong).unwrap_err().kind, Kind::Invalid);
        }
        assert_eq!(compare(&shop, &ids[..8]).unwrap().runs.len(), 8);
    }
}
