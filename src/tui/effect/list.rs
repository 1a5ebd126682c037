//! What lists of runs ask for.

use super::page::course;
use crate::{
    domain::{
        filter::Filter,
        metrics::{Summary, primary},
        runs::Run,
    },
    ops::{
        self,
        runs::{BandRequest, GroupRequest, ListRequest, MetricColumn, Sight, Sort, Unknown},
    },
    workspace::Workspace,
};

/// A window of the list of runs.
#[derive(Clone, Debug, PartialEq)]
pub struct TableQuestion {
    pub filter: Filter,
    pub sort: Sort,
    /// Metrics beside each run.
    pub columns: Vec<MetricColumn>,
    pub offset: u64,
    pub limit: u64,
    /// Columns of the sparkline beside each run; 0 for none.
    pub trend: usize,
    /// The metric shown first; empty means each run's own.
    pub metric: String,
    /// This run shall be in the window, wherever it stands by now.
    pub around: Option<Sight>,
}

/// A window of the list, each run with the metric that says most about it.
#[derive(Clone, Debug)]
pub struct Table {
    /// Runs in the store.
    pub total: u64,
    /// Runs in the list.
    pub matched: u64,
    /// Names in the filter and the order that no run has.
    pub unknown: Vec<Unknown>,
    /// The place of the first row in the whole list.
    pub offset: u64,
    pub rows: Vec<RunRow>,
}

/// A run in a list.
#[derive(Clone, Debug)]
pub struct RunRow {
    pub run: Run,
    /// How many leading digits of the id tell this run from every other.
    pub prefix: usize,
    /// Beside the columns of the question.
    pub values: Vec<Option<f64>>,
    pub own: Own,
}

#[derive(Clone, Debug, Default)]
pub struct Own {
    pub summary: Option<Summary>,
    /// Means over equal parts of the run; `None` where a part has no finite value.
    pub trend: Vec<Option<f64>>,
}

/// The runs of a list, or a part of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Matching {
    pub filter: Filter,
    pub sort: Sort,
    /// From which place on, and how many; `None` for all.
    pub part: Option<(u64, u64)>,
}

pub fn table(ws: &Workspace, question: &TableQuestion) -> ops::Result<Table> {
    let listing = ops::runs::list(
        ws,
        &ListRequest {
            filter: question.filter.clone(),
            sort: question.sort.clone(),
            columns: question.columns.clone(),
            offset: question.offset,
            limit: question.limit,
            around: question.around,
        },
    )?;
    let rows = listing.rows.into_iter().map(|row| {
        Ok(RunRow {
            own: own(ws, &row.run, question)?,
            run: row.run,
            prefix: row.prefix,
            values: row.values,
        })
    });
    Ok(Table {
        total: listing.total,
        matched: listing.matched,
        unknown: listing.unknown,
        offset: listing.offset,
        rows: rows.collect::<ops::Result<_>>()?,
    })
}

fn own(ws: &Workspace, run: &Run, question: &TableQuestion) -> ops::Result<Own> {
    let summaries = ops::series::summaries(ws, &run.id)?;
    let Some(summary) = primary(&summaries, &run.params, &question.metric).cloned() else {
        return Ok(Own::default());
    };
    let trend = if 0 < question.trend {
        course(
            ws,
            &run.id,
            &summary.metric,
            summary.last_step,
            question.trend,
        )?
    } else {
        vec![]
    };
    Ok(Own {
        summary: Some(summary),
        trend,
    })
}

pub fn matching(ws: &Workspace, question: &Matching) -> ops::Result<Vec<Run>> {
    let Some((offset, limit)) = question.part else {
        return ops::runs::matching(ws, &question.filter);
    };
    let listing = ops::runs::list(
        ws,
        &ListRequest {
            filter: question.filter.clone(),
            sort: question.sort.clone(),
            offset,
            limit,
            ..ListRequest::default()
        },
    )?;
    Ok(listing.rows.into_iter().map(|row| row.run).collect())
}

/// Runs by the values of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupsQuestion {
    pub filter: Filter,
    pub by: String,
    pub metric: Option<MetricColumn>,
    /// Columns of dots of a chart of bands; 0 for none.
    pub dots: usize,
}

/// Runs of a group that its band is made of, the newest.
const BAND_RUNS: usize = 50;

impl GroupsQuestion {
    pub fn request(&self) -> GroupRequest {
        GroupRequest {
            filter: self.filter.clone(),
            by: self.by.clone(),
            metric: self.metric.clone(),
            band: (0 < self.dots).then_some(BandRequest {
                columns: self.dots,
                runs: BAND_RUNS,
            }),
        }
    }
}
