//! Runs by the values of a parameter.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{MetricColumn, Unknown, unknown};
use crate::{
    domain::{
        filter::{self, Filter},
        ids::RunId,
        metrics::Direction,
        runs::{Run, StateWord},
        series::Window,
    },
    ops::{Result, filters, selection},
    store::{self, Connection, series},
    workspace::Workspace,
};

/// Which runs, by which parameter, with the numbers of which metric.
#[derive(Clone, Debug, Default)]
pub struct GroupRequest {
    pub filter: Filter,
    /// A parameter, by its name or the end of a dotted one.
    pub by: String,
    pub metric: Option<MetricColumn>,
    /// With the metric over its steps.
    pub band: Option<BandRequest>,
}

/// How a band is drawn.
#[derive(Clone, Copy, Debug)]
pub struct BandRequest {
    pub columns: usize,
    /// So many runs of each group, the newest.
    pub runs: usize,
}

/// Runs by the values of a parameter: by number, then by text, then those that have none.
#[derive(Clone, Debug, Serialize)]
pub struct Grouping {
    pub by: String,
    pub metric: Option<MetricColumn>,
    /// The runs that the filter lets through.
    pub matched: u64,
    /// Of the parameter and the metric, what no run has: perhaps misspelt.
    pub unknown: Vec<Unknown>,
    pub groups: Vec<Group>,
    /// The steps that bands reach over; `None` where there is none.
    pub steps: Option<(i64, i64)>,
}

/// Runs that have one value.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// `None` for those that have no such parameter.
    pub value: Option<Value>,
    pub runs: u64,
    pub states: BTreeMap<StateWord, u64>,
    /// Over the metric's finite values; `None` where there are none.
    pub numbers: Option<Numbers>,
    /// Runs whose value is NaN or infinite, which are in none of the numbers.
    pub not_finite: u64,
    /// The run with the best of them; `None` where nobody knows which way is better.
    pub best: Option<Best>,
    /// Beside the columns of the steps; empty unless asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub band: Vec<Option<Stretch>>,
    /// How many runs are in the band.
    #[serde(skip_serializing_if = "is_zero")]
    pub drawn: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Mean and spread of several numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Numbers {
    pub count: u64,
    pub mean: f64,
    /// Of the sample, by n − 1; `None` for a single one.
    pub std: Option<f64>,
    pub min: f64,
    pub max: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Best {
    pub id: RunId,
    pub name: String,
    pub value: f64,
}

/// The metric of a group in one column of its steps: each run's mean there, over the runs that have a point in it. A run
/// that ended before, or began later, is not in `numbers.count`: where that is less than `Group::drawn`, the mean is that
/// of fewer runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Stretch {
    /// The first step in this column that any of them has.
    pub step: i64,
    #[serde(flatten)]
    pub numbers: Numbers,
}

impl Numbers {
    /// `None` of nothing. What is not finite must be left out before.
    fn of(values: &[f64]) -> Option<Self> {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Some(Self {
            count: values.len() as u64,
            mean,
            std: (1 < values.len()).then(|| (squares / (count - 1.0)).sqrt()),
            min: values.iter().copied().reduce(f64::min)?,
            max: values.iter().copied().reduce(f64::max)?,
        })
    }
}

/// What a value is told from others by: numbers by their size, however they are written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(u64),
    Text(String),
    Absent,
}

impl Key {
    fn of(value: Option<&Value>) -> Self {
        match value {
            None => Self::Absent,
            Some(value) => match value.as_f64() {
                Some(number) => Self::Number(ordered(number)),
                None => Self::Text(value.to_string()),
            },
        }
    }
}

/// Bits that are in the order of the numbers; no parameter is NaN, and both zeros are one.
fn ordered(number: f64) -> u64 {
    let bits = (number + 0.0).to_bits();
    match number < 0.0 {
        true => !bits,
        false => bits | 1 << 63,
    }
}

struct Member {
    id: RunId,
    name: String,
    state: StateWord,
    value: Option<f64>,
}

/// Groups runs by the values of a parameter, all from one look at the store.
pub fn groups(ws: &Workspace, request: &GroupRequest) -> Result<Grouping> {
    let (mut grouping, has_unseen) = ws.store.read(|tx| in_groups(ws, tx, request))?;
    if has_unseen {
        let metric = request.metric.iter().map(|column| column.metric.as_str());
        let names: Vec<&str> = [request.by.as_str()].into_iter().chain(metric).collect();
        grouping.unknown = unknown(ws, &names)?;
    }
    Ok(grouping)
}

fn in_groups(ws: &Workspace, tx: &Connection, request: &GroupRequest) -> Result<(Grouping, bool)> {
    let filter = filters::resolved(tx, &request.filter)?;
    let metric = request.metric.as_ref();
    let wanted = selection::Wanted {
        params: vec![request.by.as_str()],
        metrics: metric
            .map(|column| column.metric.as_str())
            .into_iter()
            .collect(),
    };
    let mut members: BTreeMap<Key, (Option<Value>, Vec<Member>)> = BTreeMap::new();
    let has_unseen = selection::each(ws, tx, &filter, &wanted, |run: &Run, summary| {
        let value = filter::param(&run.params, &request.by);
        let (_, group) = members
            .entry(Key::of(value))
            .or_insert_with(|| (value.cloned(), vec![]));
        group.push(Member {
            id: run.id,
            name: run.name.clone(),
            state: run.state.word(),
            value: metric.and_then(|column| summary(&column.metric)?.value(column.value)),
        });
    })?;
    let mut grouping = Grouping {
        by: request.by.clone(),
        metric: request.metric.clone(),
        matched: members.values().map(|(_, group)| group.len() as u64).sum(),
        unknown: vec![],
        groups: members
            .values()
            .map(|(value, group)| counted(value.clone(), group, metric))
            .collect(),
        steps: None,
    };
    if let (Some(column), Some(band)) = (metric, request.band) {
        let drawn: Vec<Vec<RunId>> = members
            .values()
            .map(|(_, group)| {
                let with_points = group.iter().filter(|member| member.value.is_some());
                with_points
                    .take(band.runs)
                    .map(|member| member.id)
                    .collect()
            })
            .collect();
        grouping.steps = extent(tx, &column.metric, &drawn)?;
        if let Some((from, to)) = grouping.steps {
            let window = Window {
                from,
                to,
                columns: band.columns,
                slack: 0.0,
            };
            for (group, runs) in grouping.groups.iter_mut().zip(&drawn) {
                group.band = stretches(tx, &column.metric, runs, &window)?;
                group.drawn = runs.len() as u64;
            }
        }
    }
    Ok((grouping, has_unseen))
}

fn counted(value: Option<Value>, group: &[Member], metric: Option<&MetricColumn>) -> Group {
    let mut states = BTreeMap::new();
    for member in group {
        *states.entry(member.state).or_default() += 1;
    }
    let values: Vec<f64> = group.iter().filter_map(|member| member.value).collect();
    let finite: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
    Group {
        value,
        runs: group.len() as u64,
        states,
        numbers: Numbers::of(&finite),
        not_finite: (values.len() - finite.len()) as u64,
        best: metric.and_then(|column| best(group, column)),
        band: vec![],
        drawn: 0,
    }
}

/// Of several that are as good, the newest.
fn best(group: &[Member], column: &MetricColumn) -> Option<Best> {
    let direction = Direction::of(&column.metric)?;
    let valued = group
        .iter()
        .filter_map(|member| Some((member, member.value.filter(|x| x.is_finite())?)));
    let best = direction.best(valued);
    best.map(|(member, value)| Best {
        id: member.id,
        name: member.name.clone(),
        value,
    })
}

/// The first and the last step of all these series.
fn extent(tx: &Connection, metric: &str, groups: &[Vec<RunId>]) -> Result<Option<(i64, i64)>> {
    let mut whole: Option<(i64, i64)> = None;
    for run in groups.iter().flatten() {
        let one = series::extent(tx, run, metric).map_err(store::Error::from)?;
        let one = one.map(|extent| (extent.first_step, extent.last_step));
        whole = match (whole, one) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (whole, one) => whole.or(one),
        };
    }
    Ok(whole)
}

fn stretches(
    tx: &Connection,
    metric: &str,
    runs: &[RunId],
    window: &Window,
) -> Result<Vec<Option<Stretch>>> {
    let mut columns: Vec<(i64, Vec<f64>)> = vec![(i64::MAX, vec![]); window.columns];
    for run in runs {
        let segments = series::chart(tx, run, metric, window).map_err(store::Error::from)?;
        for (at, column) in columns.iter_mut().enumerate() {
            // Of a run that was resumed from an older step, what came last counts.
            let buckets = segments.iter().rev().map(|segment| &segment.columns[at]);
            let mut met = buckets.filter(|bucket| !bucket.is_empty());
            if let Some(bucket) = met.next()
                && let Some(mean) = bucket.mean()
            {
                column.0 = column.0.min(bucket.step);
                column.1.push(mean);
            }
        }
    }
    let stretches = columns.into_iter().map(|(step, values)| {
        let numbers = Numbers::of(&values)?;
        Some(Stretch { step, numbers })
    });
    Ok(stretches.collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::domain::metrics::MetricValue;
    use crate::ops::fixture::{Shop, filter};

    fn request(by: &str, value: MetricValue) -> GroupRequest {
        GroupRequest {
            by: by.to_owned(),
            metric: Some(MetricColumn {
                metric: "val/auc".to_owned(),
                value,
            }),
            ..GroupRequest::default()
        }
    }

    #[test]
    fn runs_stand_together_by_the_value_of_a_parameter() {
        let shop = Shop::open();
        let values = [json!(0.1), json!(1e-1), json!(3), json!("auto"), json!(-2)];
        for (at, lr) in values.into_iter().enumerate() {
            let run = shop.done(&format!("run-{at}"), &[("optimiser.lr", lr)]);
            shop.points(&run, "val/auc", &[0.9, 0.1 * at as f64]);
        }
        shop.done("none", &[]);
        let found = groups(&shop, &request("lr", MetricValue::Last)).unwrap();
        let keys: Vec<Option<Value>> = found
            .groups
            .iter()
            .map(|group| group.value.clone())
            .collect();
        assert_eq!(
            keys,
            [
                Some(json!(-2)),
                Some(json!(0.1)),
                Some(json!(3)),
                Some(json!("auto")),
                None
            ]
        );
        let two = &found.groups[1];
        assert_eq!((two.runs, two.states[&StateWord::Done]), (2, 2));
        let numbers = two.numbers.unwrap();
        assert_eq!((numbers.count, numbers.min, numbers.max), (2, 0.0, 0.1));
        assert!((numbers.mean - 0.05).abs() < 1e-12);
        assert!((numbers.std.unwrap() - 0.1 / 2f64.sqrt()).abs() < 1e-12);
        assert_eq!(two.best.as_ref().unwrap().name, "run-1");
        assert_eq!(found.groups[0].numbers.unwrap().std, None);
        assert_eq!(found.groups[4].numbers, None);
        assert_eq!((found.matched, found.unknown.len()), (6, 0));
    }

    #[test]
    fn what_is_not_finite_is_counted_beside_the_numbers() {
        let shop = Shop::open();
        for (name, last) in [("a", 0.5), ("b", f64::NAN), ("c", f64::INFINITY)] {
            let run = shop.done(name, &[("lr", json!(1))]);
            shop.points(&run, "val/auc", &[last]);
        }
        let found = groups(&shop, &request("lr", MetricValue::Last)).unwrap();
        let group = &found.groups[0];
        assert_eq!((group.numbers.unwrap().count, group.not_finite), (1, 2));
    }

    #[test]
    fn a_band_says_over_how_many_runs_it_is() {
        let shop = Shop::open();
        for (name, values) in [("long", &[0.1, 0.2, 0.3, 0.4][..]), ("short", &[0.3, 0.4])] {
            let run = shop.done(name, &[("lr", json!(1))]);
            shop.points(&run, "val/auc", values);
        }
        let asked = GroupRequest {
            filter: filter("state:done"),
            band: Some(BandRequest {
                columns: 4,
                runs: 8,
            }),
            ..request("lr", MetricValue::Best)
        };
        let found = groups(&shop, &asked).unwrap();
        assert_eq!(found.steps, Some((1, 4)));
        let group = &found.groups[0];
        let told: Vec<(i64, u64, f64)> = group
            .band
            .iter()
            .map(|stretch| stretch.unwrap())
            .map(|stretch| (stretch.step, stretch.numbers.count, stretch.numbers.mean))
            .collect();
        assert_eq!(group.drawn, 2);
        let wanted = [(1, 2, 0.2), (2, 2, 0.3), (3, 1, 0.3), (4, 1, 0.4)];
        for (told, wanted) in told.iter().zip(wanted) {
            assert_eq!((told.0, told.1), (wanted.0, wanted.1));
            assert!((told.2 - wanted.2).abs() < 1e-12, "{told:?} {wanted:?}");
        }
    }

    #[test]
    fn a_parameter_that_no_run_has_is_named() {
        let shop = Shop::open();
        shop.done("a", &[("optimiser", json!("sgd"))]);
        let found = groups(&shop, &request("optimizer", MetricValue::Best)).unwrap();
        assert_eq!(found.unknown[0].nearest.as_deref(), Some("optimiser"));
        assert_eq!(found.unknown.len(), 2);
    }

    proptest! {
        #[test]
        fn numbers_are_in_order_whatever_their_signs(a in -1e9f64..1e9, b in -1e9f64..1e9) {
            prop_assert_eq!(ordered(a).cmp(&ordered(b)), a.total_cmp(&b));
            prop_assert_eq!(ordered(0.0), ordered(-0.0));
        }
    }
}
