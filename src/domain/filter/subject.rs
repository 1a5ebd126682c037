//! What a filter is asked of.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::domain::{
    ids::RunId,
    metrics::{MetricValue, Summary},
    runs::{Run, RunKind, StateWord, Tag},
    time::Timestamp,
};

/// What a filter looks at.
pub trait Subject {
    fn id(&self) -> RunId;
    fn name(&self) -> &str;
    fn state(&self) -> StateWord;
    fn kind(&self) -> RunKind;
    fn tags(&self) -> impl Iterator<Item = &str>;
    fn user(&self) -> &str;
    fn host(&self) -> &str;
    fn note(&self) -> &str;
    fn experiment(&self) -> &str;
    fn preset(&self) -> Option<&str>;
    fn created(&self) -> Timestamp;
    fn now(&self) -> Timestamp;
    /// Milliseconds from its start to its end, or to now.
    fn duration(&self) -> Option<i64>;
    fn step(&self) -> i64;
    fn epoch(&self) -> Option<f64>;
    fn param(&self, name: &str) -> Option<&Json>;
    /// `None` where the run has no such series, NaN where its value is one.
    fn metric(&self, name: &str, value: MetricValue) -> Option<f64>;
}

/// A run with its metrics, at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    pub run: &'a Run,
    pub metrics: &'a [Summary],
    pub now: Timestamp,
}

impl Subject for Seen<'_> {
    fn id(&self) -> RunId {
        self.run.id
    }

    fn name(&self) -> &str {
        &self.run.name
    }

    fn state(&self) -> StateWord {
        self.run.state.word()
    }

    fn kind(&self) -> RunKind {
        self.run.kind
    }

    fn tags(&self) -> impl Iterator<Item = &str> {
        self.run.tags.iter().map(Tag::as_str)
    }

    fn user(&self) -> &str {
        &self.run.actor.name
    }

    fn host(&self) -> &str {
        &self.run.actor.host
    }

    fn note(&self) -> &str {
        &self.run.note
    }

    fn experiment(&self) -> &str {
        &self.run.experiment
    }

    fn preset(&self) -> Option<&str> {
        self.run.preset.as_deref()
    }

    fn created(&self) -> Timestamp {
        self.run.created
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn duration(&self) -> Option<i64> {
        let started = self.run.state.started()?;
        Some(self.run.state.ended().unwrap_or(self.now).since(started))
    }

    fn step(&self) -> i64 {
        self.run.progress.step
    }

    fn epoch(&self) -> Option<f64> {
        self.run.progress.epoch
    }

    fn param(&self, name: &str) -> Option<&Json> {
        param(&self.run.params, name)
    }

    fn metric(&self, name: &str, value: MetricValue) -> Option<f64> {
        self.metrics
            .iter()
            .find(|summary| summary.metric == name)?
            .value(value)
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
pub(super) fn ends_in(long: &str, name: &str) -> bool {
    long.strip_suffix(name)
        .is_some_and(|head| head.ends_with('.'))
}
