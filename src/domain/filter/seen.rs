//! What a filter is asked of: a run, seen at a moment.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::domain::{
    ids::RunId,
    metrics::MetricValue,
    runs::{Run, RunKind, StateWord, Tag},
    time::Timestamp,
};

/// What filters read of a run, however it is kept.
pub trait Facts {
    fn id(&self) -> RunId;
    fn name(&self) -> &str;
    fn note(&self) -> &str;
    fn experiment(&self) -> &str;
    fn preset(&self) -> Option<&str>;
    fn user(&self) -> &str;
    fn host(&self) -> &str;
    /// In their order.
    fn tags(&self) -> impl Iterator<Item = &str>;
    fn kind(&self) -> RunKind;
    fn state(&self) -> StateWord;
    fn created(&self) -> Timestamp;
    /// Milliseconds, see [`crate::domain::runs::RunState::duration`].
    fn duration(&self, now: Timestamp) -> Option<i64>;
    fn step(&self) -> i64;
    fn epoch(&self) -> Option<f64>;
    fn is_in_trash(&self) -> bool;
    /// What a name means, see [`param`].
    fn param(&self, name: &str) -> Option<&Json>;
}

/// A run with its metrics, at a moment.
pub struct Seen<'a, R> {
    pub run: &'a R,
    /// A number of a metric, by its name: `None` where the run has no such series, NaN where its value is one.
    pub metric: &'a dyn Fn(&str, MetricValue) -> Option<f64>,
    /// What a metric was at a step.
    pub metric_at: &'a dyn Fn(&str, i64) -> Option<f64>,
    pub now: Timestamp,
}

impl Facts for Run {
    fn id(&self) -> RunId {
        self.id
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn note(&self) -> &str {
        &self.note
    }

    fn experiment(&self) -> &str {
        &self.experiment
    }

    fn preset(&self) -> Option<&str> {
        self.preset.as_deref()
    }

    fn user(&self) -> &str {
        &self.actor.name
    }

    fn host(&self) -> &str {
        &self.actor.host
    }

    fn tags(&self) -> impl Iterator<Item = &str> {
        self.tags.iter().map(Tag::as_str)
    }

    fn kind(&self) -> RunKind {
        self.kind
    }

    fn state(&self) -> StateWord {
        self.state.word()
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn duration(&self, now: Timestamp) -> Option<i64> {
        self.state.duration(now)
    }

    fn step(&self) -> i64 {
        self.progress.step
    }

    fn epoch(&self) -> Option<f64> {
        self.progress.epoch
    }

    fn is_in_trash(&self) -> bool {
        self.trashed.is_some()
    }

    fn param(&self, name: &str) -> Option<&Json> {
        param(&self.params, name)
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
