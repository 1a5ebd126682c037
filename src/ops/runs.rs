//! Runs: list, show, compare, steer, label.

use serde::Serialize;

use super::Result;
pub use crate::domain::metrics::MetricValue;
use crate::{
    domain::{
        events::Event,
        filter::Filter,
        ids::{JobId, RunId},
        metrics::Summary,
        records::Artifact,
        runs::{Run, Tag},
    },
    workspace::Workspace,
};

/// Which runs, in which order, with which columns.
#[derive(Clone, Debug, Default)]
pub struct ListRequest {
    pub filter: Filter,
    pub sort: Sort,
    pub columns: Vec<MetricColumn>,
    pub offset: u64,
    pub limit: u64,
}

/// The order of a list; ties go to the newer run. NaN and absent values stand last either way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sort {
    pub key: SortKey,
    pub descending: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self {
            key: SortKey::Created,
            descending: true,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SortKey {
    Created,
    Name,
    State,
    Step,
    Metric(MetricColumn),
}

/// One number of a series: `val/auc@best`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MetricColumn {
    pub metric: String,
    pub value: MetricValue,
}

#[derive(Clone, Debug, Serialize)]
pub struct Listing {
    /// Runs in the store.
    pub total: u64,
    /// Runs that the filter lets through.
    pub matched: u64,
    /// Runs at work now, whatever the filter.
    pub live: u64,
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    #[serde(flatten)]
    pub run: Run,
    /// How many leading digits of the id tell this run from every other.
    pub prefix: usize,
    /// Beside `ListRequest::columns`; `None` where the run has no such series, NaN where its value is one.
    pub values: Vec<Option<f64>>,
}

/// A run's page.
#[derive(Clone, Debug, Serialize)]
pub struct Detail {
    pub run: Run,
    pub prefix: usize,
    pub job: Option<JobId>,
    pub metrics: Vec<Summary>,
    pub events: Vec<Event>,
    pub artifacts: Vec<Artifact>,
    /// What was captured: arguments, git, environment, host.
    pub captured: serde_json::Value,
    pub dir: std::path::PathBuf,
}

pub fn list(_ws: &Workspace, _request: &ListRequest) -> Result<Listing> {
    todo!()
}

/// The run a person means by a name or the shortest unique prefix of an id.
pub fn find(_ws: &Workspace, _text: &str) -> Result<RunId> {
    todo!()
}

pub fn show(_ws: &Workspace, _id: &RunId) -> Result<Detail> {
    todo!()
}

/// The counts a status line shows: live, queued.
pub fn counts(_ws: &Workspace) -> Result<Counts> {
    todo!()
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub runs: u64,
    pub live: u64,
    pub queued: u64,
}

pub fn tag(_ws: &Workspace, _id: &RunId, _add: &[Tag], _remove: &[Tag]) -> Result<Run> {
    todo!()
}

pub fn note(_ws: &Workspace, _id: &RunId, _text: &str) -> Result<Run> {
    todo!()
}

/// Removes one captured field (`env.NAME`, `argv`, `diff`, `param.NAME`, `note`) for good.
pub fn redact(_ws: &Workspace, _id: &RunId, _field: &str) -> Result<Run> {
    todo!()
}

/// How a stop is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// After this step, with a checkpoint.
    Gently,
    /// At once.
    Now,
}

/// Stops a run wherever it stands: a queued one is dropped, a running one is asked, an orphaned one is signalled.
pub fn stop(_ws: &Workspace, _id: &RunId, _how: Stop) -> Result<Run> {
    todo!()
}

pub fn pause(_ws: &Workspace, _id: &RunId) -> Result<Run> {
    todo!()
}

/// Goes on: a paused run runs again; an ended training becomes a new attempt from its last checkpoint.
pub fn resume(_ws: &Workspace, _id: &RunId) -> Result<Run> {
    todo!()
}

pub fn checkpoint(_ws: &Workspace, _id: &RunId) -> Result<Run> {
    todo!()
}

/// Watches an orphaned program again; its end will be seen, its exit code will not.
pub fn adopt(_ws: &Workspace, _id: &RunId) -> Result<Run> {
    todo!()
}

/// Kills an orphaned program's process group.
pub fn kill(_ws: &Workspace, _id: &RunId) -> Result<Run> {
    todo!()
}

/// Runs beside each other.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    pub runs: Vec<Run>,
    /// Parameters whose values differ, and each run's value.
    pub params: Vec<(String, Vec<Option<serde_json::Value>>)>,
    pub metrics: Vec<ComparedMetric>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ComparedMetric {
    pub metric: String,
    /// Each run's best value.
    pub values: Vec<Option<f64>>,
    /// Which of them is best.
    pub best: Option<usize>,
}

pub fn compare(_ws: &Workspace, _ids: &[RunId]) -> Result<Comparison> {
    todo!()
}
