//! Which runs a list shows, in which order: by SQL where an index of the database can answer, in memory where a filter or a
//! metric decides, or where all runs are in memory anyway.

use std::{cell::Cell, cmp::Reverse, sync::PoisonError};

use strum::IntoEnumIterator as _;

use super::{
    Result,
    runs::{ListRequest, MetricColumn, Sort, SortKey},
};
use crate::{
    domain::{
        filter::{Facts, Filter, Seen},
        ids::RunId,
        runs::StateWord,
        time::Timestamp,
    },
    store::{
        self, Connection,
        index::{Index, View},
        runs as rows, series,
    },
    workspace::Workspace,
};

/// A part of a list.
pub struct Page {
    /// How many runs match.
    pub matched: u64,
    /// The place of the first run in the whole list.
    pub offset: u64,
    pub ids: Vec<RunId>,
    /// A name in the filter or the order was met in no run: perhaps no run has it.
    pub has_unseen: bool,
}

/// The part of the list that was asked for, or the part around the run that was asked for.
pub fn page(
    ws: &Workspace,
    tx: &Connection,
    request: &ListRequest,
    now: Timestamp,
) -> Result<Page> {
    let Sort { key, descending } = &request.sort;
    let order = order(key).filter(|_| request.filter.is_empty());
    if let Some(order) = order.filter(|order| order.has_index()) {
        return page_in_order(tx, request, order, *descending);
    }
    let mut index = ws.index.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(order) = order.filter(|_| index.runs().is_empty()) {
        drop(index);
        return page_in_order(tx, request, order, *descending);
    }
    let mut has_unseen = prepare(tx, &mut index, &request.filter)?;
    if let SortKey::Metric(column) = key {
        index.want_metric(tx, &column.metric)?;
        has_unseen |= index.has_unseen([&column.metric].into_iter());
    }
    let mut found = matching(tx, &index, &request.filter, now)?;
    sort(&mut index, &mut found, &request.sort, now);
    let runs = index.runs();
    let around = request.around.and_then(|sight| runs.place(&sight.run));
    let place = around.and_then(|around| found.iter().position(|at| *at == around));
    let offset = first(request, place.map(|place| place as u64), found.len() as u64);
    let part = found.iter().skip(offset as usize);
    Ok(Page {
        matched: found.len() as u64,
        offset,
        ids: part
            .take(request.limit as usize)
            .map(|at| runs.get(*at).id())
            .collect(),
        has_unseen,
    })
}

/// Reads all runs into memory.
pub fn warm(ws: &Workspace, tx: &Connection) -> Result<()> {
    let mut index = ws.index.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(index.refresh(tx)?)
}

/// What is asked of runs beside the filter.
#[derive(Default)]
pub struct Wanted<'a> {
    pub params: Vec<&'a str>,
    pub metrics: Vec<&'a str>,
}

/// Hands over each run that a filter lets through, newest first; of its parameters and metrics, the wanted are known. Says
/// whether one of these was met in no run.
pub fn each(
    ws: &Workspace,
    tx: &Connection,
    filter: &Filter,
    wanted: &Wanted,
    mut take: impl FnMut(View),
) -> Result<bool> {
    let mut index = ws.index.lock().unwrap_or_else(PoisonError::into_inner);
    prepare(tx, &mut index, filter)?;
    for name in &wanted.params {
        index.want_param(tx, name)?;
    }
    for name in &wanted.metrics {
        index.want_metric(tx, name)?;
    }
    for at in matching(tx, &index, filter, ws.now())? {
        take(index.runs().get(at));
    }
    Ok(index.has_unseen(wanted.params.iter().chain(&wanted.metrics)))
}

/// Brings the index up to date with all that a filter asks for. Says whether a name was met in no run.
fn prepare(tx: &Connection, index: &mut Index, filter: &Filter) -> Result<bool> {
    index.refresh(tx)?;
    let names = filter.fields();
    for name in names.params.iter().chain(&names.either) {
        index.want_param(tx, name)?;
    }
    let metrics = || names.metrics.iter().chain(&names.either);
    for name in metrics() {
        index.want_metric(tx, name)?;
    }
    Ok(index.has_unseen(metrics().chain(&names.params)))
}

/// A part of all runs, by an order that SQL has.
fn page_in_order(
    tx: &Connection,
    request: &ListRequest,
    order: rows::Order,
    descending: bool,
) -> Result<Page> {
    let place = match &request.around {
        Some(sight) => rows::place(tx, &sight.run, order, descending)?,
        None => None,
    };
    let matched = rows::count(tx, &[])?;
    let offset = first(request, place, matched);
    let ids = rows::page(tx, &[], order, descending, offset, request.limit)?;
    Ok(Page {
        matched,
        offset,
        ids,
        has_unseen: false,
    })
}

/// Where the part starts: where it was asked for, unless the run that must be in it stands elsewhere, or nowhere.
fn first(request: &ListRequest, place: Option<u64>, matched: u64) -> u64 {
    let (offset, limit) = (request.offset, request.limit);
    match (request.around, place) {
        (Some(sight), Some(place)) => sight.start(place, matched, offset, limit),
        _ => offset,
    }
}

/// One row of values for each run, beside the columns.
pub fn values(
    tx: &Connection,
    ids: &[RunId],
    columns: &[MetricColumn],
) -> Result<Vec<Vec<Option<f64>>>> {
    let mut table = vec![Vec::with_capacity(columns.len()); ids.len()];
    for column in columns {
        let summaries = series::values(tx, ids, &column.metric).map_err(store::Error::from)?;
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

/// The places of the runs that the filter lets through, newest first. Those in the trash are left out unless it asks for
/// them.
fn matching(tx: &Connection, index: &Index, filter: &Filter, now: Timestamp) -> Result<Vec<usize>> {
    let with_trash = filter.is_about_trash();
    let trouble = Cell::new(None);
    let matches = |at: usize| {
        let run = &index.runs().get(at);
        filter.matches(&Seen {
            run,
            metric: &|name, which| run.metric(name, which),
            metric_at: &|name, step| {
                let value = index.metric_at(tx, name, step, at);
                value.unwrap_or_else(|error| {
                    trouble.set(Some(error));
                    None
                })
            },
            now,
        })
    };
    let by_state = StateWord::iter().map(|state| filter.of_state(state));
    let by_state: Vec<Option<bool>> = by_state.collect();
    let standings = index.runs().standings().iter().enumerate().rev();
    let found = standings
        .filter(|(_, run)| with_trash || !run.is_in_trash)
        .filter(|(at, run)| by_state[run.state as usize].unwrap_or_else(|| matches(*at)))
        .map(|(at, _)| at)
        .collect();
    match trouble.take() {
        Some(error) => Err(error.into()),
        None => Ok(found),
    }
}

/// Runs come newest first and every sort here is stable, so ties stay in that order.
fn sort(index: &mut Index, found: &mut [usize], sort: &Sort, now: Timestamp) {
    let down = sort.descending;
    if sort.key == SortKey::Name {
        let ranks = index.ranks();
        return sort_by(found, down, |at| ranks[at]);
    }
    let runs = index.runs();
    match &sort.key {
        SortKey::Created if down => {}
        SortKey::Created => sort_by(found, down, |at| runs.get(at).created()),
        SortKey::Name => {}
        SortKey::State => sort_by(found, down, |at| <&str>::from(runs.get(at).state())),
        SortKey::Step => sort_by(found, down, |at| runs.get(at).step()),
        SortKey::Dur => sort_by_number(found, down, |at| {
            runs.get(at).duration(now).map(|ms| ms as f64)
        }),
        SortKey::Metric(column) => sort_by_number(found, down, |at| {
            runs.get(at).metric(&column.metric, column.value)
        }),
    }
}

fn sort_by<K: Ord>(found: &mut [usize], descending: bool, key: impl Fn(usize) -> K) {
    if descending {
        found.sort_by_cached_key(|at| Reverse(key(*at)));
    } else {
        found.sort_by_cached_key(|at| key(*at));
    }
}

fn sort_by_number(found: &mut [usize], descending: bool, value: impl Fn(usize) -> Option<f64>) {
    found.sort_by_cached_key(|at| in_order(value(*at), descending));
}

/// A number that sorts as the value does. What has no value, or NaN, stands last either way; no value after NaN.
fn in_order(value: Option<f64>, descending: bool) -> u64 {
    const SIGN: u64 = 1 << 63;
    match value {
        None => u64::MAX,
        Some(value) if value.is_nan() => u64::MAX - 1,
        Some(value) => {
            // The bits of what is not negative are in order; those of what is negative run the other way.
            let bits = value.to_bits();
            let ascending = if bits & SIGN == 0 { bits | SIGN } else { !bits };
            if descending { !ascending } else { ascending }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        domain::ids::Id,
        ops::{fixture::Shop, runs::Sight},
    };

    #[test]
    fn a_part_starts_where_it_was_asked_for_unless_what_is_in_sight_stands_elsewhere() {
        let sight = Sight {
            run: RunId(Id::from_bytes([0; 16])),
            before: 10,
            after: 9,
        };
        // Parts of 64 of 300 runs, asked for from 64 on.
        let cases = [(74, 64), (118, 64), (119, 87), (73, 41), (3, 0), (299, 258)];
        for (place, start) in cases {
            assert_eq!(sight.start(place, 300, 64, 64), start, "{place}");
        }
    }

    proptest! {
        #[test]
        fn a_part_holds_what_is_in_sight(
            before in 0u64..60, after in 0u64..60, place in 0u64..400, more in 1u64..400, offset in 0u64..500, limit in 1u64..200,
        ) {
            let matched = place + more;
            let sight = Sight { run: RunId(Id::from_bytes([0; 16])), before, after };
            let start = sight.start(place, matched, offset, limit);
            prop_assert!(start <= place && place < start + limit);
            let height = before + 1 + after;
            if height <= limit {
                let top = place.saturating_sub(before).min(matched.saturating_sub(height));
                prop_assert!(start <= top && (top + height).min(matched) <= start + limit);
            }
        }
    }

    #[test]
    fn an_order_is_the_same_whether_the_database_or_the_memory_answers() {
        let shop = Shop::open();
        let ids = ["Bee", "ant-7", "ANT-7", "bee-1", "wren"].map(|name| shop.done(name, &[]));
        let list = |key: &SortKey, descending, around: Option<RunId>| {
            let request = ListRequest {
                sort: Sort {
                    key: key.clone(),
                    descending,
                },
                limit: 2,
                around: around.map(|run| Sight {
                    run,
                    before: 0,
                    after: 0,
                }),
                ..ListRequest::default()
            };
            let listing = crate::ops::runs::list(&shop, &request).unwrap();
            let ids: Vec<RunId> = listing.rows.iter().map(|row| row.run.id).collect();
            (listing.matched, listing.offset, ids)
        };
        let all = || {
            let keys = [SortKey::Name, SortKey::Step, SortKey::State];
            let lists = keys.iter().flat_map(|key| {
                let around = [None].into_iter().chain(ids.map(Some));
                around.flat_map(|id| [false, true].map(|down| list(key, down, id)))
            });
            lists.collect::<Vec<_>>()
        };
        let from_database = all();
        crate::ops::runs::warm(&shop).unwrap();
        assert_eq!(all(), from_database);
    }

    #[test]
    fn ties_go_to_the_newer_run_either_way() {
        let keys = [7, 7, 3];
        for (descending, expected) in [(false, [2, 1, 0]), (true, [1, 0, 2])] {
            let mut newest_first = [2, 1, 0];
            sort_by(&mut newest_first, descending, |at| keys[at]);
            assert_eq!(newest_first, expected);
        }
    }

    proptest! {
        #[test]
        fn values_sort_as_numbers_do(a: f64, b: f64) {
            let keys = |descending| (in_order(Some(a), descending), in_order(Some(b), descending));
            let ((a_up, b_up), (a_down, b_down)) = (keys(false), keys(true));
            match (a.is_nan(), b.is_nan()) {
                (false, false) => {
                    prop_assert_eq!(a_up.cmp(&b_up), a.total_cmp(&b));
                    prop_assert_eq!(a_down.cmp(&b_down), b.total_cmp(&a));
                }
                (a_is, b_is) => {
                    prop_assert_eq!(a_up.cmp(&b_up), a_is.cmp(&b_is));
                    prop_assert_eq!(a_down.cmp(&b_down), a_is.cmp(&b_is));
                }
            }
            prop_assert!(a_up < in_order(None, false) && a_down < in_order(None, true));
        }
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
            values.sort_by_key(|value| in_order(*value, descending));
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
