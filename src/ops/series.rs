//! Series of metrics: what a chart asks for.

use super::Result;
use crate::{
    domain::{
        ids::RunId,
        metrics::Summary,
        series::{Point, Segment, Window},
    },
    store::{self, series},
    workspace::Workspace,
};

/// What is known of each series of a run, by name.
pub fn summaries(ws: &Workspace, run: &RunId) -> Result<Vec<Summary>> {
    ws.store
        .read(|tx| Ok(series::summaries(tx, run).map_err(store::Error::from)?))
}

/// A series reduced to the columns of a window, segment by segment. Costs what the window is wide.
pub fn chart(ws: &Workspace, run: &RunId, metric: &str, window: &Window) -> Result<Vec<Segment>> {
    ws.store
        .read(|tx| Ok(series::chart(tx, run, metric, window).map_err(store::Error::from)?))
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
