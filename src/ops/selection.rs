//! Which runs a list shows, in which order: by SQL where an index can answer, in memory where a filter or a metric decides.

use std::{
    cmp::{Ordering, Reverse},
    collections::{BTreeSet, HashMap},
};

use super::{
    Result,
    runs::{ListRequest, MetricColumn, Sort, SortKey},
};
use crate::{
    domain::{
        filter::{Filter, Seen},
        ids::RunId,
        metrics::Summary,
        runs::Run,
        time::Timestamp,
    },
    store::{self, Connection, runs as rows, series},
};

/// A part of a list.
pub struct Page {
    /// How many runs match.
    pub matched: u64,
    /// The place of the first run in the whole list.
    pub offset: u64,
    /// Without their tags and parameters.
    pub runs: Vec<Run>,
    /// A name in the filter or the order was met in no run: perhaps no run has it.
    pub has_unseen: bool,
}

/// The part of the list that was asked for, or the part around the run that was asked for.
pub fn page(tx: &Connection, request: &ListRequest, now: Timestamp) -> Result<Page> {
    let Sort { key, descending } = &request.sort;
    match (request.filter.is_empty(), order(key)) {
        (true, Some(order)) => {
            let place = match &request.around {
                Some(id) => rows::place(tx, id, order, *descending)?,
                None => None,
            };
            let offset = first(request, place);
            let ids = rows::page(tx, &[], order, *descending, offset, request.limit)?;
            let runs: Vec<Option<Run>> = ids
                .iter()
                .map(|id| rows::get(tx, id))
                .collect::<store::Result<_>>()?;
            Ok(Page {
                matched: rows::count(tx, &[])?,
                offset,
                runs: runs.into_iter().flatten().collect(),
                has_unseen: false,
            })
        }
        _ => {
            let (mut runs, unseen) = matching(tx, &request.filter, now)?;
            let is_sorted = sort(tx, &mut runs, &request.sort, now)?;
            let matched = runs.len() as u64;
            let place = request
                .around
                .and_then(|id| runs.iter().position(|run| run.id == id));
            let offset = first(request, place.map(|place| place as u64));
            Ok(Page {
                matched,
                offset,
                runs: runs
                    .into_iter()
                    .skip(offset as usize)
                    .take(request.limit as usize)
                    .collect(),
                has_unseen: unseen || !is_sorted,
            })
        }
    }
}

/// Where the part starts: where it was asked for, unless the run that must be in it stands elsewhere, or nowhere.
fn first(request: &ListRequest, place: Option<u64>) -> u64 {
    let (offset, limit) = (request.offset, request.limit);
    match place {
        Some(place) if place < offset || offset.saturating_add(limit) <= place => {
            place.saturating_sub(limit / 2)
        }
        _ => offset,
    }
}

/// One row of values for each run, beside the columns.
pub fn values(
    tx: &Connection,
    runs: &[Run],
    columns: &[MetricColumn],
) -> Result<Vec<Vec<Option<f64>>>> {
    let ids: Vec<RunId> = runs.iter().map(|run| run.id).collect();
    let mut table = vec![Vec::with_capacity(columns.len()); runs.len()];
    for column in columns {
        let summaries = series::values(tx, &ids, &column.metric).map_err(store::Error::from)?;
        for (row, summary) in table.iter_mut().zip(summaries) {
            row.push(summary.and_then(|summary| summary.value(column.value)));
        }
    }
    Ok(table)
}

fn order(key: &SortKey) -> Option<rows::Order> {
    match key {
        SortKey::Created => Some(rows::Order::Created),
        SortKey::Name => Some(rows::Order::Name),
        SortKey::State => Some(rows::Order::State),
        SortKey::Step => Some(rows::Order::Step),
        SortKey::Dur | SortKey::Metric(_) => None,
    }
}

/// Every run that the filter lets through, newest first, and whether a name of the filter was met in no run. Reads only
/// the metrics and parameters that the filter names.
fn matching(tx: &Connection, filter: &Filter, now: Timestamp) -> Result<(Vec<Run>, bool)> {
    let mut runs = rows::all_bare(tx)?;
    if filter.is_empty() {
        return Ok((runs, false));
    }
    let mut seen = BTreeSet::new();
    let at: HashMap<RunId, usize> = runs
        .iter()
        .enumerate()
        .map(|(i, run)| (run.id, i))
        .collect();
    for (id, tag) in rows::all_tags(tx)? {
        if let Some(i) = at.get(&id) {
            runs[*i].tags.insert(tag);
        }
    }
    let names = filter.fields();
    let params: BTreeSet<&String> = names.params.iter().chain(&names.either).collect();
    for name in params {
        for (id, whole, value) in rows::all_of_param(tx, name)? {
            seen.insert(name);
            if let Some(i) = at.get(&id) {
                runs[*i].params.insert(whole, value);
            }
        }
    }
    let ids: Vec<RunId> = runs.iter().map(|run| run.id).collect();
    let mut metrics: Vec<Vec<Summary>> = vec![vec![]; runs.len()];
    for name in names.metrics.iter().chain(&names.either) {
        let summaries = series::values(tx, &ids, name).map_err(store::Error::from)?;
        if summaries.iter().any(Option::is_some) {
            seen.insert(name);
        }
        for (of_run, summary) in metrics.iter_mut().zip(summaries) {
            of_run.extend(summary);
        }
    }
    let mut asked = names
        .metrics
        .iter()
        .chain(&names.params)
        .chain(&names.either);
    let has_unseen = asked.any(|name| !seen.contains(name));
    let matched = runs
        .into_iter()
        .zip(metrics)
        .filter(|(run, metrics)| filter.matches(&Seen { run, metrics, now }));
    Ok((matched.map(|(run, _)| run).collect(), has_unseen))
}

/// Runs come newest first and every sort here is stable, so ties stay in that order. `false` where no run has the metric.
fn sort(tx: &Connection, runs: &mut [Run], sort: &Sort, now: Timestamp) -> Result<bool> {
    let down = sort.descending;
    match &sort.key {
        SortKey::Created => sort_by(runs, down, |run| run.created),
        SortKey::Name => sort_by(runs, down, |run| run.name.to_lowercase()),
        SortKey::State => sort_by(runs, down, |run| run.state.word().to_string()),
        SortKey::Step => sort_by(runs, down, |run| run.progress.step),
        SortKey::Dur => {
            let dur = |run: &Run| run.state.duration(now).map(|ms| ms as f64);
            runs.sort_by(|a, b| compare(dur(a).as_ref(), dur(b).as_ref(), down));
        }
        SortKey::Metric(column) => {
            let values = by_metric(tx, runs, column)?;
            runs.sort_by(|a, b| compare(values.get(&a.id), values.get(&b.id), down));
            return Ok(!values.is_empty());
        }
    }
    Ok(true)
}

fn sort_by<K: Ord>(runs: &mut [Run], descending: bool, key: impl Fn(&Run) -> K) {
    if descending {
        runs.sort_by_cached_key(|run| Reverse(key(run)));
    } else {
        runs.sort_by_cached_key(key);
    }
}

fn by_metric(tx: &Connection, runs: &[Run], column: &MetricColumn) -> Result<HashMap<RunId, f64>> {
    let ids: Vec<RunId> = runs.iter().map(|run| run.id).collect();
    let summaries = series::values(tx, &ids, &column.metric).map_err(store::Error::from)?;
    let value = |(id, summary): (RunId, Option<Summary>)| {
        summary?.value(column.value).map(|value| (id, value))
    };
    Ok(ids.into_iter().zip(summaries).filter_map(value).collect())
}

/// What has no value, or NaN, stands last either way; no value after NaN.
fn compare(a: Option<&f64>, b: Option<&f64>, descending: bool) -> Ordering {
    let rank = |value: Option<&f64>| match value {
        Some(value) if !value.is_nan() => 0,
        Some(_) => 1,
        None => 2,
    };
    match (a, b) {
        (Some(a), Some(b)) if !a.is_nan() && !b.is_nan() => {
            let ordering = a.total_cmp(b);
            if descending {
                ordering.reverse()
            } else {
                ordering
            }
        }
        _ => rank(a).cmp(&rank(b)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        actors::Actor,
        ids::Id,
        runs::{Progress, RunKind, RunState},
    };

    fn queued(name: &str, created: i64) -> Run {
        Run {
            id: RunId(Id::from_bytes([created as u8; 16])),
            name: name.to_owned(),
            experiment: String::new(),
            kind: RunKind::Train,
            preset: None,
            state: RunState::Queued,
            actor: Actor {
                uid: 0,
                name: String::new(),
                host: String::new(),
            },
            created: Timestamp(created),
            attempt: 1,
            progress: Progress::default(),
            tags: Default::default(),
            params: Default::default(),
            note: String::new(),
        }
    }

    #[test]
    fn a_part_starts_where_it_was_asked_for_unless_its_run_stands_elsewhere() {
        let request = ListRequest {
            offset: 64,
            limit: 64,
            ..ListRequest::default()
        };
        let cases = [
            (None, 64),
            (Some(64), 64),
            (Some(127), 64),
            (Some(128), 96),
            (Some(63), 31),
            (Some(3), 0),
        ];
        for (place, offset) in cases {
            assert_eq!(first(&request, place), offset, "{place:?}");
        }
    }

    #[test]
    fn ties_go_to_the_newer_run_either_way() {
        let names = |runs: &[Run]| runs.iter().map(|run| run.name.clone()).collect::<Vec<_>>();
        for descending in [false, true] {
            let mut runs = [queued("new", 2), queued("old", 1)];
            sort_by(&mut runs, descending, |run| run.state.word().to_string());
            assert_eq!(names(&runs), ["new", "old"]);
        }
        let mut runs = [queued("a", 2), queued("b", 1)];
        sort_by(&mut runs, true, |run| run.name.clone());
        assert_eq!(names(&runs), ["b", "a"]);
    }

    #[test]
    fn what_has_no_value_stands_last_either_way() {
        for descending in [false, true] {
            let mut values = [
                None,
                Some(2.0),
                Some(f64::NAN),
                Some(1.0),
                Some(f64::INFINITY),
            ];
            values.sort_by(|a: &Option<f64>, b| compare(a.as_ref(), b.as_ref(), descending));
            let finite: Vec<f64> = values[..3].iter().map(|value| value.unwrap()).collect();
            let expected = if descending {
                [f64::INFINITY, 2.0, 1.0]
            } else {
                [1.0, 2.0, f64::INFINITY]
            };
            assert_eq!(finite, expected);
            assert!(values[3].unwrap().is_nan() && values[4].is_none());
        }
    }
}
