//! Runs by the values of a parameter, or of what every run has.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{MetricColumn, Unknown, unknown};
use crate::{
    domain::{
        filter::{Facts, Filter},
        ids::RunId,
        metrics::Direction,
        runs::StateWord,
        series::{Segment, Window},
    },
    ops::{Result, filters, selection},
    store::{self, Connection, series},
    workspace::Workspace,
};

/// Which runs, by which parameter, with the numbers of which metric.
#[derive(Clone, Debug, Default)]
pub struct GroupRequest {
    pub filter: Filter,
    /// One of [`FIELDS`], or a parameter, by its name or the end of a dotted one; `p.user` is always a parameter.
    pub by: String,
    pub metric: Option<MetricColumn>,
    /// With the metric over its steps.
    pub band: Option<BandRequest>,
}

/// What runs can be grouped by beside their parameters.
pub const FIELDS: [(&str, &str); 5] = [
    ("experiment", "the experiment it belongs to"),
    ("preset", "the preset it was made from"),
    ("user", "who made it"),
    ("host", "where it was made"),
    ("kind", "a training, or a foreign program"),
];

/// What a name to group by means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By<'a> {
    Field(&'a str),
    Param(&'a str),
}

impl<'a> By<'a> {
    pub fn of(name: &'a str) -> Self {
        match name.strip_prefix("p.") {
            Some(param) => Self::Param(param),
            None if FIELDS.iter().any(|(field, _)| *field == name) => Self::Field(name),
            None => Self::Param(name),
        }
    }

    fn value(self, run: &impl Facts) -> Option<Value> {
        let text = |text: &str| Some(Value::from(text));
        match self {
            Self::Param(name) => run.param(name).cloned(),
            Self::Field("experiment") => text(run.experiment()),
            Self::Field("preset") => text(run.preset()?),
            Self::Field("user") => text(run.user()),
            Self::Field("host") => text(run.host()),
            Self::Field(_) => text(&run.kind().to_string()),
        }
    }
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
    /// `None` for those that have none.
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

/// The metric of a group in one column of its steps: over what each run has there, between its first point and its last. A
/// run that ended before, or began later, is not in `numbers.count`: where that is less than `Group::drawn`, the mean is
/// that of fewer runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Stretch {
    /// The first step in this column at which any of them has a point; `None` where all are between two.
    pub step: Option<i64>,
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

/// Groups runs by their values, all from one look at the store.
pub fn groups(ws: &Workspace, request: &GroupRequest) -> Result<Grouping> {
    let (mut grouping, has_unseen) = ws.store.read(|tx| in_groups(ws, tx, request))?;
    if has_unseen {
        let metric = request.metric.iter().map(|column| column.metric.as_str());
        let param = match By::of(&request.by) {
            By::Param(name) => Some(name),
            By::Field(_) => None,
        };
        let names: Vec<&str> = param.into_iter().chain(metric).collect();
        grouping.unknown = unknown(ws, &names)?;
    }
    Ok(grouping)
}

fn in_groups(ws: &Workspace, tx: &Connection, request: &GroupRequest) -> Result<(Grouping, bool)> {
    let filter = filters::resolved(tx, &request.filter)?;
    let metric = request.metric.as_ref();
    let by = By::of(&request.by);
    let wanted = selection::Wanted {
        params: match by {
            By::Param(name) => vec![name],
            By::Field(_) => vec![],
        },
        metrics: metric
            .map(|column| column.metric.as_str())
            .into_iter()
            .collect(),
    };
    let mut members: BTreeMap<Key, (Option<Value>, Vec<Member>)> = BTreeMap::new();
    let has_unseen = selection::each(ws, tx, &filter, &wanted, |run| {
        let value = by.value(&run);
        let (_, group) = members
            .entry(Key::of(value.as_ref()))
            .or_insert_with(|| (value, vec![]));
        group.push(Member {
            id: run.id(),
            name: run.name().to_owned(),
            state: run.state(),
            value: metric.and_then(|column| run.metric(&column.metric, column.value)),
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
    let mut columns: Vec<(Option<i64>, Vec<f64>)> = vec![(None, vec![]); window.columns];
    for run in runs {
        let segments = series::chart(tx, run, metric, window).map_err(store::Error::from)?;
        let met = (0..window.columns)
            .map(|at| newest(&segments, at))
            .collect();
        for ((step, values), (met, value)) in columns.iter_mut().zip(joined(met)) {
            *step = [*step, met].into_iter().flatten().min();
            values.extend(value);
        }
    }
    let stretches = columns.into_iter().map(|(step, values)| {
        let numbers = Numbers::of(&values)?;
        Some(Stretch { step, numbers })
    });
    Ok(stretches.collect())
}

/// What a run has in a column: the step, and the mean where it is finite. Of a run that was resumed from an older step, what
/// came last counts.
fn newest(segments: &[Segment], at: usize) -> Option<(i64, Option<f64>)> {
    let mut buckets = segments.iter().rev().map(|segment| &segment.columns[at]);
    let bucket = buckets.find(|bucket| !bucket.is_empty())?;
    Some((bucket.step, bucket.mean()))
}

/// The same with values on the straight line between those of columns that have one, so that runs whose points lie at
/// different steps have something to compare in each column. No line goes over what is not finite.
fn joined(met: Vec<Option<(i64, Option<f64>)>>) -> Vec<(Option<i64>, Option<f64>)> {
    let known: Vec<(usize, Option<f64>)> = met
        .iter()
        .enumerate()
        .filter_map(|(at, met)| Some((at, (*met)?.1)))
        .collect();
    let mut joined: Vec<_> = met
        .into_iter()
        .map(Option::unzip)
        .map(|(step, value)| (step, value.flatten()))
        .collect();
    for pair in known.windows(2) {
        let ((from, Some(a)), (to, Some(b))) = (pair[0], pair[1]) else {
            continue;
        };
        let between = joined.iter_mut().enumerate().take(to).skip(from + 1);
        for (at, column) in between {
            let share = (at - from) as f64 / (to - from) as f64;
            column.1 = Some(a * (1.0 - share) + b * share);
        }
    }
    joined
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
    fn runs_stand_together_by_what_every_run_has() {
        let shop = Shop::open();
        for (name, user) in [("a", "x"), ("b", "y"), ("c", "x")] {
            shop.done(name, &[("user", json!(user))]);
        }
        let counted = |by: &str| -> Vec<(Option<Value>, u64)> {
            let found = groups(&shop, &request(by, MetricValue::Last)).unwrap();
            let groups = found.groups.iter();
            groups
                .map(|group| (group.value.clone(), group.runs))
                .collect()
        };
        let run = crate::ops::runs::show(&shop, &crate::ops::runs::find(&shop, "a").unwrap())
            .unwrap()
            .run;
        let all = |value: &str| vec![(Some(json!(value)), 3)];
        assert_eq!(counted("experiment"), all(&run.experiment));
        assert_eq!(counted("host"), all(&run.actor.host));
        assert_eq!(counted("kind"), all(&run.kind.to_string()));
        assert_eq!(counted("user"), all(&run.actor.name));
        assert_eq!(
            counted("p.user"),
            [(Some(json!("x")), 2), (Some(json!("y")), 1)]
        );
        let found = groups(&shop, &request("host", MetricValue::Last)).unwrap();
        let unknown: Vec<&str> = found
            .unknown
            .iter()
            .map(|unknown| unknown.name.as_str())
            .collect();
        assert_eq!(unknown, ["val/auc"]);
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
            .map(|stretch| {
                (
                    stretch.step.unwrap(),
                    stretch.numbers.count,
                    stretch.numbers.mean,
                )
            })
            .collect();
        assert_eq!(group.drawn, 2);
        let wanted = [(1, 2, 0.2), (2, 2, 0.3), (3, 1, 0.3), (4, 1, 0.4)];
        for (told, wanted) in told.iter().zip(wanted) {
            assert_eq!((told.0, told.1), (wanted.0, wanted.1));
            assert!((told.2 - wanted.2).abs() < 1e-12, "{told:?} {wanted:?}");
        }
    }

    #[test]
    fn between_its_points_a_run_is_on_the_line_that_joins_them() {
        let none = (None, None);
        let point = |step, value| (Some(step), Some(value));
        let line = |value| (None, Some(value));
        let met = |row: &[(Option<i64>, Option<f64>)]| {
            let met = row.iter().map(|(step, value)| Some(((*step)?, *value)));
            met.collect::<Vec<_>>()
        };
        let cases = [
            // Neither before the first point nor after the last.
            (
                vec![none, point(1, 1.0), none, none, point(4, 4.0), none],
                vec![
                    none,
                    point(1, 1.0),
                    line(2.0),
                    line(3.0),
                    point(4, 4.0),
                    none,
                ],
            ),
            // Nor over a hole of NaN.
            (
                vec![point(0, 1.0), none, (Some(2), None), none, point(4, 5.0)],
                vec![point(0, 1.0), none, (Some(2), None), none, point(4, 5.0)],
            ),
            (vec![none, point(1, 1.0)], vec![none, point(1, 1.0)]),
            (vec![none; 3], vec![none; 3]),
        ];
        for (row, expected) in cases {
            assert_eq!(joined(met(&row)), expected);
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
