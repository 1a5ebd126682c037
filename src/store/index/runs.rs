//! Runs in memory, each as small as what filters, orders and groups read of it.

use std::{
    collections::{BTreeMap, HashMap},
    num::NonZero,
    sync::Arc,
};

use serde_json::Value as Json;

use crate::domain::{
    filter::Facts,
    ids::RunId,
    metrics::{Direction, Figures, MetricValue},
    runs::{Run, RunKind, StateWord},
    time::Timestamp,
};

/// Every run of a store, oldest first, and beside them the parameters and metrics that were asked for.
#[derive(Default)]
pub struct Runs {
    entries: Vec<Entry>,
    /// What decides about most runs, once more and close together: a look through all of them stays in the cache.
    standings: Vec<Standing>,
    at: HashMap<RunId, u32>,
    /// All names in a row, in the order of the runs: whoever looks through them goes straight ahead. No name changes.
    names: String,
    words: Words,
    pub(super) params: BTreeMap<String, Column<Json>>,
    pub(super) metrics: BTreeMap<String, Metric>,
    /// The place of each run in the order of names; rebuilt when a run was added.
    ranks: Vec<u32>,
}

/// What is kept of a run itself.
struct Entry {
    id: RunId,
    name: Span,
    note: Box<str>,
    tags: Box<[Word]>,
    experiment: Word,
    user: Word,
    host: Word,
    preset: Option<Word>,
    created: Timestamp,
    started: Option<Timestamp>,
    ended: Option<Timestamp>,
    epoch: Option<f64>,
    step: i64,
    standing: Standing,
    kind: RunKind,
}

#[derive(Clone, Copy)]
pub struct Standing {
    pub state: StateWord,
    pub is_in_trash: bool,
}

/// A part of the names, in bytes.
#[derive(Clone, Copy)]
struct Span {
    from: u32,
    to: u32,
}

/// A text that many runs have.
#[derive(Clone, Copy)]
struct Word(NonZero<u32>);

/// Each text once. One that no run has any more stays until the runs are read anew.
#[derive(Default)]
struct Words {
    texts: Vec<Arc<str>>,
    known: HashMap<Arc<str>, Word>,
}

pub(super) struct Metric {
    pub direction: Option<Direction>,
    pub figures: Column<Figures>,
}

/// Values beside the runs, as far as there are any.
pub(super) struct Column<T>(Vec<Option<T>>);

/// One of the runs.
#[derive(Clone, Copy)]
pub struct View<'a> {
    runs: &'a Runs,
    at: usize,
}

impl Runs {
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The run at a place, which must be less than [`Runs::len`].
    pub fn get(&self, at: usize) -> View<'_> {
        View { runs: self, at }
    }

    /// The state of every run, oldest first.
    pub fn standings(&self) -> &[Standing] {
        &self.standings
    }

    pub fn place(&self, id: &RunId) -> Option<usize> {
        self.at.get(id).map(|at| *at as usize)
    }

    /// The place of each run in the order of names, whatever their case; names that are the same then share one.
    pub fn ranks(&mut self) -> &[u32] {
        if self.ranks.len() != self.entries.len() {
            let names = self.entries.iter().map(|entry| entry.name.of(&self.names));
            let names: Vec<String> = names.map(str::to_lowercase).collect();
            let name = |at: u32| &names[at as usize];
            let mut order: Vec<u32> = (0..names.len() as u32).collect();
            order.sort_unstable_by(|a, b| name(*a).cmp(name(*b)));
            self.ranks = vec![0; order.len()];
            for pair in order.windows(2) {
                let is_next = u32::from(name(pair[0]) != name(pair[1]));
                self.ranks[pair[1] as usize] = self.ranks[pair[0] as usize] + is_next;
            }
        }
        &self.ranks
    }

    /// Each tag of runs outside the trash with how many of them have it, in no order.
    pub fn tags(&self) -> Vec<(&str, u64)> {
        let mut counts = vec![0; self.words.texts.len()];
        let kept = self
            .entries
            .iter()
            .filter(|entry| !entry.standing.is_in_trash);
        for tag in kept.flat_map(|entry| &entry.tags) {
            counts[tag.place()] += 1;
        }
        let counted = self.words.texts.iter().zip(counts);
        counted
            .filter(|(_, count)| 0 < *count)
            .map(|(text, count)| (&**text, count))
            .collect()
    }

    pub(super) fn with_capacity(count: usize) -> Self {
        Self {
            entries: Vec::with_capacity(count),
            ..Self::default()
        }
    }

    /// Adds a run wherever it stands among the others; [`Runs::settle`] must follow.
    pub(super) fn add(&mut self, run: Run) {
        let entry = self.entry(run);
        self.entries.push(entry);
    }

    /// Puts the runs that were added in their order.
    pub(super) fn settle(&mut self) {
        // Lists come newest first, and by id where runs are as new.
        self.entries
            .sort_unstable_by(|a, b| (a.created, b.id).cmp(&(b.created, a.id)));
        let unordered = std::mem::take(&mut self.names);
        self.names.reserve_exact(unordered.len());
        for entry in &mut self.entries {
            entry.name = Span::add(&mut self.names, entry.name.of(&unordered));
        }
        let places = self.entries.iter().zip(0..);
        self.at = places.map(|(entry, at)| (entry.id, at)).collect();
        self.standings = self.entries.iter().map(|entry| entry.standing).collect();
    }

    /// Puts a run in its place; `false` when it is new and not newer than all others.
    pub(super) fn put(&mut self, run: Run) -> bool {
        let entry = self.entry(run);
        if let Some(at) = self.place(&entry.id) {
            self.standings[at] = entry.standing;
            self.entries[at] = entry;
            return true;
        }
        let last = self.entries.last();
        let is_in_order =
            last.is_none_or(|last| (last.created, entry.id) < (entry.created, last.id));
        self.at.insert(entry.id, self.entries.len() as u32);
        self.standings.push(entry.standing);
        self.entries.push(entry);
        self.ranks.clear();
        is_in_order
    }

    /// Adds a tag to the run at a place.
    pub(super) fn add_tag(&mut self, at: usize, tag: &str) {
        let word = self.words.of(tag);
        let mut tags = std::mem::take(&mut self.entries[at].tags).into_vec();
        tags.push(word);
        self.entries[at].tags = tags.into_boxed_slice();
    }

    fn entry(&mut self, run: Run) -> Entry {
        let known = self.place(&run.id).map(|at| self.entries[at].name);
        let name = known.unwrap_or_else(|| Span::add(&mut self.names, &run.name));
        let words = &mut self.words;
        Entry {
            id: run.id,
            name,
            note: run.note.into_boxed_str(),
            tags: run.tags.iter().map(|tag| words.of(tag.as_str())).collect(),
            experiment: words.of(&run.experiment),
            user: words.of(&run.actor.name),
            host: words.of(&run.actor.host),
            preset: run.preset.map(|preset| words.of(&preset)),
            created: run.created,
            started: run.state.started(),
            ended: run.state.ended(),
            epoch: run.progress.epoch,
            step: run.progress.step,
            standing: Standing {
                state: run.state.word(),
                is_in_trash: run.trashed.is_some(),
            },
            kind: run.kind,
        }
    }
}

impl Span {
    fn add(names: &mut String, name: &str) -> Self {
        let end =
            |names: &String| u32::try_from(names.len()).expect("so many names are in no memory");
        let from = end(names);
        names.push_str(name);
        Self {
            from,
            to: end(names),
        }
    }

    fn of(self, names: &str) -> &str {
        &names[self.from as usize..self.to as usize]
    }
}

impl Word {
    /// Among the texts; numbers begin with 1, so that no word takes no room.
    fn place(self) -> usize {
        self.0.get() as usize - 1
    }
}

impl Words {
    fn of(&mut self, text: &str) -> Word {
        if let Some(word) = self.known.get(text) {
            return *word;
        }
        let text: Arc<str> = text.into();
        self.texts.push(text.clone());
        let count = u32::try_from(self.texts.len()).ok().and_then(NonZero::new);
        let word = Word(count.expect("so many texts are in no memory"));
        self.known.insert(text, word);
        word
    }

    fn text(&self, word: Word) -> &str {
        &self.texts[word.place()]
    }
}

impl<T> Column<T> {
    pub fn new() -> Self {
        Self(vec![])
    }

    pub fn get(&self, at: usize) -> Option<&T> {
        self.0.get(at)?.as_ref()
    }

    pub fn set(&mut self, at: usize, value: Option<T>) {
        if self.0.len() <= at {
            if value.is_none() {
                return;
            }
            self.0.resize_with(at + 1, || None);
        }
        self.0[at] = value;
    }

    /// Has no run a value?
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }
}

impl View<'_> {
    /// A number of a metric that was asked for; `None` where the run has no such series, NaN where its value is one.
    pub fn metric(&self, name: &str, which: MetricValue) -> Option<f64> {
        let metric = self.runs.metrics.get(name)?;
        metric.figures.get(self.at)?.value(which, metric.direction)
    }

    fn entry(&self) -> &Entry {
        &self.runs.entries[self.at]
    }

    fn text(&self, word: Word) -> &str {
        self.runs.words.text(word)
    }
}

impl Facts for View<'_> {
    fn id(&self) -> RunId {
        self.entry().id
    }

    fn name(&self) -> &str {
        self.entry().name.of(&self.runs.names)
    }

    fn note(&self) -> &str {
        &self.entry().note
    }

    fn experiment(&self) -> &str {
        self.text(self.entry().experiment)
    }

    fn preset(&self) -> Option<&str> {
        Some(self.text(self.entry().preset?))
    }

    fn user(&self) -> &str {
        self.text(self.entry().user)
    }

    fn host(&self) -> &str {
        self.text(self.entry().host)
    }

    fn tags(&self) -> impl Iterator<Item = &str> {
        self.entry().tags.iter().map(|tag| self.text(*tag))
    }

    fn kind(&self) -> RunKind {
        self.entry().kind
    }

    fn state(&self) -> StateWord {
        self.entry().standing.state
    }

    fn created(&self) -> Timestamp {
        self.entry().created
    }

    fn duration(&self, now: Timestamp) -> Option<i64> {
        let entry = self.entry();
        Some(entry.ended.unwrap_or(now).since(entry.started?))
    }

    fn step(&self) -> i64 {
        self.entry().step
    }

    fn epoch(&self) -> Option<f64> {
        self.entry().epoch
    }

    fn is_in_trash(&self) -> bool {
        self.entry().standing.is_in_trash
    }

    /// One that was asked for.
    fn param(&self, name: &str) -> Option<&Json> {
        self.runs.params.get(name)?.get(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100,000 runs of a team's store must leave room beside them.
    #[test]
    fn a_run_takes_few_bytes() {
        assert!(size_of::<Entry>() <= 144, "{}", size_of::<Entry>());
    }
}
