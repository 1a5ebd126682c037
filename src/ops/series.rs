//! Series of metrics: what a chart asks for.

use super::Result;
use crate::{
    domain::{
        ids::RunId,
        metrics::Summary,
        series::{Point, Segment, Window},
    },
    workspace::Workspace,
};

pub fn summaries(_ws: &Workspace, _run: &RunId) -> Result<Vec<Summary>> {
    todo!()
}

/// The first and the last step of a series over all its segments; `None` when it has no point.
pub fn extent(_ws: &Workspace, _run: &RunId, _metric: &str) -> Result<Option<(i64, i64)>> {
    todo!()
}

/// A series reduced to the columns of a window, segment by segment. Costs what the window is wide.
pub fn chart(
    _ws: &Workspace,
    _run: &RunId,
    _metric: &str,
    _window: &Window,
) -> Result<Vec<Segment>> {
    todo!()
}

/// Raw points of the steps `from..=to` in order, at most `limit` of them, segment numbers beside them.
pub fn points(
    _ws: &Workspace,
    _run: &RunId,
    _metric: &str,
    _from: i64,
    _to: i64,
    _limit: usize,
) -> Result<Vec<(u32, Point)>> {
    todo!()
}
