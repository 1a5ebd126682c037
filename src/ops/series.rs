//! Series of metrics: what a chart asks for.

use std::ops::RangeInclusive;

use super::Result;
use crate::{
    domain::{
        ids::RunId,
        metrics::Summary,
        series::{Extent, Key, Point, Segment, Window},
    },
    store::{self, series},
    workspace::Workspace,
};

/// What is known of each series of a run, by name.
pub fn summaries(ws: &Workspace, run: &RunId) -> Result<Vec<Summary>> {
    ws.store
        .read(|tx| Ok(series::summaries(tx, run).map_err(store::Error::from)?))
}

/// A series reduced to the columns of a window of steps, segment by segment. Costs what the window is wide.
pub fn chart(ws: &Workspace, run: &RunId, metric: &str, window: &Window) -> Result<Vec<Segment>> {
    chart_along(ws, run, metric, window, Key::Step)
}

/// A series reduced to the columns of a window of steps or of times.
pub fn chart_along(
    ws: &Workspace,
    run: &RunId,
    metric: &str,
    window: &Window,
    key: Key,
) -> Result<Vec<Segment>> {
    ws.store.read(|tx| {
        Ok(series::chart_along(tx, run, metric, window, key).map_err(store::Error::from)?)
    })
}

/// From where to where a series reaches; `None` when it has no point.
pub fn extent(ws: &Workspace, run: &RunId, metric: &str) -> Result<Option<Extent>> {
    ws.store
        .read(|tx| Ok(series::extent(tx, run, metric).map_err(store::Error::from)?))
}

/// The first `limit` points in a window that are not finite, in order, segment numbers beside them.
pub fn flaws(
    ws: &Workspace,
    run: &RunId,
    metric: &str,
    key: Key,
    keys: RangeInclusive<i64>,
    limit: usize,
) -> Result<Vec<(u32, Point)>> {
    ws.store.read(|tx| {
        Ok(series::flaws(tx, run, metric, key, keys, limit).map_err(store::Error::from)?)
    })
}

/// Raw points of the steps `from..=to` in order, at most `limit` of them, segment numbers beside them.
pub fn points(
    ws: &Workspace,
    run: &RunId,
    metric: &str,
    from: i64,
    to: i64,
    limit: usize,
) -> Result<Vec<(u32, Point)>> {
    ws.store.read(|tx| {
        Ok(series::points(tx, run, metric, from, to, limit).map_err(store::Error::from)?)
    })
}
