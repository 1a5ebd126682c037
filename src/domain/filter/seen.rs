//! What a filter is asked of: a run, seen at a moment.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::domain::{
    ids::RunId,
    metrics::{MetricValue, Summary},
    runs::{Run, RunKind, StateWord, Tag},
    time::Timestamp,
};

/// A run with its metrics, at a moment.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    pub run: &'a Run,
    /// What is known of a metric by its name.
    pub metric: &'a dyn Fn(&str) -> Option<&'a Summary>,
    /// What a metric was at a step.
    pub metric_at: &'a dyn Fn(&str, i64) -> Option<f64>,
    pub now: Timestamp,
}

impl Seen<'_> {
    pub(super) fn id(&self) -> RunId {
        self.run.id
    }

    pub(super) fn name(&self) -> &str {
        &self.run.name
    }

    pub(super) fn state(&self) -> StateWord {
        self.run.state.word()
    }

    pub(super) fn kind(&self) -> RunKind {
        self.run.kind
    }

    pub(super) fn tags(&self) -> impl Iterator<Item = &str> {
        self.run.tags.iter().map(Tag::as_str)
    }

    pub(super) fn user(&self) -> &str {
        &self.run.actor.name
    }

    pub(super) fn host(&self) -> &str {
        &self.run.actor.host
    }

    pub(super) fn note(&self) -> &str {
        &self.run.note
    }

    pub(super) fn experiment(&self) -> &str {
        &self.run.experiment
    }

    pub(super) fn preset(&self) -> Option<&str> {
        self.run.preset.as_deref()
    }

    pub(super) fn created(&self) -> Timestamp {
        self.run.created
    }

    pub(super) fn duration(&self) -> Option<i64> {
        self.run.state.duration(self.now)
    }

    pub(super) fn step(&self) -> i64 {
        self.run.progress.step
    }

    pub(super) fn epoch(&self) -> Option<f64> {
        self.run.progress.epoch
    }

    pub(super) fn is_in_trash(&self) -> bool {
        self.run.trashed.is_some()
    }

    pub(super) fn metric_at(&self, name: &str, step: i64) -> Option<f64> {
        (self.metric_at)(name, step)
    }

    pub(super) fn param(&self, name: &str) -> Option<&Json> {
        param(&self.run.params, name)
    }

    /// `None` where the run has no such series, NaN where its value is one.
    pub(super) fn metric(&self, name: &str, value: MetricValue) -> Option<f64> {
        (self.metric)(name)?.value(value)
    }
}

/// A parameter by its whole name, or by the end of a dotted one (`lr` for `optimiser.lr`) where only one ends so.
pub fn param<'a>(params: &'a BTreeMap<String, Json>, name: &str) -> Option<&'a Json> {
    if let Some(value) = params.get(name) {
        return Some(value);
    }
    let mut endings = params.iter().filter(|(long, _)| ends_in(long, name));
    match (endings.next(), endings.next()) {
        (Some((_, value)), None) => Some(value),
        _ => None,
    }
}

/// Is `name` the last part of the dotted name `long`?
pub fn ends_in(long: &str, name: &str) -> bool {
    long.strip_suffix(name)
        .is_some_and(|head| head.ends_with('.'))
}
