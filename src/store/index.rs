//! All runs in memory, for whoever filters and sorts them: read once, and then only what changed since.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
};

use rusqlite::Connection;

use super::{Result, runs as rows, series};
use crate::domain::{filter, ids::RunId, metrics::Summary, runs::Run};

/// So many changed runs are read one by one; more of them, all at once.
const FEW: usize = 500;
/// Values at steps that are kept for a run.
const MOST_STEPS: usize = 8;

/// Every run of a store with its tags, and those parameters and metrics that were asked for.
#[derive(Default)]
pub struct Index {
    /// The newest change that is in here.
    change: i64,
    /// Oldest first, so that a new one is added at the end. Their parameters are those that were asked for.
    runs: Vec<Run>,
    at: HashMap<RunId, usize>,
    /// Names that were asked for, and whether some run has a parameter that they may mean.
    params: BTreeMap<String, bool>,
    /// Each beside the runs.
    metrics: BTreeMap<String, Vec<Option<Summary>>>,
    /// What a metric was at a step, where it was looked up since the run changed.
    at_steps: RefCell<HashMap<RunId, Vec<AtStep>>>,
    /// The place of each run in the order of names; rebuilt when a run was added.
    ranks: Vec<u32>,
}

struct AtStep {
    metric: String,
    step: i64,
    value: Option<f64>,
}

impl Index {
    /// Reads what changed since the last time. A look that is older than what is in here changes nothing.
    ///
    /// # Errors
    ///
    /// The store cannot be read. What was read so far is dropped.
    pub fn refresh(&mut self, tx: &Connection) -> Result<()> {
        let refreshed = self.catch_up(tx);
        if refreshed.is_err() {
            *self = Self::default();
        }
        refreshed
    }

    fn catch_up(&mut self, tx: &Connection) -> Result<()> {
        let newest = rows::newest_change(tx)?;
        if newest < self.change {
            return Ok(());
        }
        if self.runs.is_empty() {
            self.change = newest;
            return self.rebuild(tx);
        }
        let mut changed = rows::changed_since(tx, self.change)?;
        oldest_first(&mut changed);
        self.change = newest;
        let ids: Vec<RunId> = changed.iter().map(|run| run.id).collect();
        for id in &ids {
            self.at_steps.get_mut().remove(id);
        }
        let is_in_order = self.put(changed);
        if !is_in_order || rows::count_all(tx)? != self.runs.len() as u64 {
            // Clocks disagree, or a run was deleted: rare enough to begin anew.
            return self.rebuild(tx);
        }
        self.read_tags(tx, &ids)?;
        self.read_params_of(tx, &ids)?;
        self.read_metrics_of(tx, &ids)
    }

    fn rebuild(&mut self, tx: &Connection) -> Result<()> {
        let params: Vec<String> = std::mem::take(&mut self.params).into_keys().collect();
        let metrics: Vec<String> = std::mem::take(&mut self.metrics).into_keys().collect();
        *self = Self {
            change: self.change,
            ..Self::default()
        };
        let mut runs = rows::all_bare(tx)?;
        oldest_first(&mut runs);
        let ids: Vec<RunId> = runs.iter().map(|run| run.id).collect();
        self.put(runs);
        self.read_tags(tx, &ids)?;
        params
            .iter()
            .try_for_each(|name| self.want_param(tx, name))?;
        metrics
            .iter()
            .try_for_each(|name| self.want_metric(tx, name))
    }

    /// Puts runs in their places; `false` when one that is new is not newer than all others.
    fn put(&mut self, runs: Vec<Run>) -> bool {
        let mut is_in_order = true;
        for run in runs {
            match self.at.get(&run.id) {
                Some(&at) => self.runs[at] = run,
                None => {
                    is_in_order &= self
                        .runs
                        .last()
                        .is_none_or(|last| (last.created, run.id) < (run.created, last.id));
                    self.at.insert(run.id, self.runs.len());
                    self.runs.push(run);
                    self.ranks.clear();
                }
            }
        }
        for column in self.metrics.values_mut() {
            column.resize(self.runs.len(), None);
        }
        is_in_order
    }

    fn read_tags(&mut self, tx: &Connection, ids: &[RunId]) -> Result<()> {
        if ids.len() <= FEW {
            for id in ids {
                self.runs[self.at[id]].tags = rows::tags(tx, id)?;
            }
            return Ok(());
        }
        for (id, tag) in rows::all_tags(tx)? {
            if let Some(&at) = self.at.get(&id) {
                self.runs[at].tags.insert(tag);
            }
        }
        Ok(())
    }

    fn read_params_of(&mut self, tx: &Connection, ids: &[RunId]) -> Result<()> {
        if FEW < ids.len() {
            let names: Vec<String> = std::mem::take(&mut self.params).into_keys().collect();
            return names.iter().try_for_each(|name| self.want_param(tx, name));
        }
        if self.params.is_empty() {
            return Ok(());
        }
        for id in ids {
            let mut params = rows::run_params(tx, id)?;
            params.retain(|whole, _| {
                let mut is_wanted = false;
                for (name, has_run) in &mut self.params {
                    let is_meant = whole == name || filter::ends_in(whole, name);
                    *has_run |= is_meant;
                    is_wanted |= is_meant;
                }
                is_wanted
            });
            self.runs[self.at[id]].params = params;
        }
        Ok(())
    }

    fn read_metrics_of(&mut self, tx: &Connection, ids: &[RunId]) -> Result<()> {
        for (name, column) in &mut self.metrics {
            for (id, summary) in ids.iter().zip(series::values(tx, ids, name)?) {
                column[self.at[id]] = summary;
            }
        }
        Ok(())
    }

    /// Makes sure that the parameters that a name may mean are at hand.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn want_param(&mut self, tx: &Connection, name: &str) -> Result<()> {
        if self.params.contains_key(name) {
            return Ok(());
        }
        let found = rows::all_of_param(tx, name)?;
        self.params.insert(name.to_owned(), !found.is_empty());
        for (id, whole, value) in found {
            if let Some(&at) = self.at.get(&id) {
                self.runs[at].params.insert(whole, value);
            }
        }
        Ok(())
    }

    /// Makes sure that a metric is at hand.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn want_metric(&mut self, tx: &Connection, name: &str) -> Result<()> {
        if self.metrics.contains_key(name) {
            return Ok(());
        }
        let mut column = vec![None; self.runs.len()];
        for (id, summary) in series::values_of_all(tx, name)? {
            if let Some(&at) = self.at.get(&id) {
                column[at] = Some(summary);
            }
        }
        self.metrics.insert(name.to_owned(), column);
        Ok(())
    }

    /// Which of these names that were asked for is neither a parameter nor a metric of any run?
    pub fn has_unseen(&self, mut names: impl Iterator<Item = impl AsRef<str>>) -> bool {
        names.any(|name| {
            let name = name.as_ref();
            let is_param = self.params.get(name).is_some_and(|has_run| *has_run);
            let is_metric = || {
                let column = self.metrics.get(name);
                column.is_some_and(|column| column.iter().any(Option::is_some))
            };
            !is_param && !is_metric()
        })
    }

    /// Oldest first.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// What is known of a metric that was asked for, in the run at a place.
    pub fn metric(&self, name: &str, at: usize) -> Option<&Summary> {
        self.metrics.get(name)?.get(at)?.as_ref()
    }

    /// What a metric that was asked for was at a step, in the run at a place: the value of its newest point there or
    /// before, of a run that came so far. Read when it is asked, and kept.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn metric_at(
        &self,
        tx: &Connection,
        name: &str,
        step: i64,
        at: usize,
    ) -> Result<Option<f64>> {
        let came_so_far = |summary: &&Summary| step <= summary.last_step;
        if self.metric(name, at).filter(came_so_far).is_none() {
            return Ok(None);
        }
        let run = self.runs[at].id;
        let mut all = self.at_steps.borrow_mut();
        let known = all.entry(run).or_default();
        if let Some(found) = known
            .iter()
            .find(|known| known.step == step && known.metric == name)
        {
            return Ok(found.value);
        }
        if known.len() == MOST_STEPS {
            // Somebody is typing a number.
            known.clear();
        }
        let value = series::value_at(tx, &run, name, step)?;
        known.push(AtStep {
            metric: name.to_owned(),
            step,
            value,
        });
        Ok(value)
    }

    /// The place of each run in the order of names, whatever their case.
    pub fn ranks(&mut self) -> &[u32] {
        if self.ranks.len() != self.runs.len() {
            let names: Vec<String> = self
                .runs
                .iter()
                .map(|run| run.name.to_lowercase())
                .collect();
            let mut order: Vec<u32> = (0..names.len() as u32).collect();
            order.sort_unstable_by(|a, b| names[*a as usize].cmp(&names[*b as usize]));
            self.ranks = vec![0; order.len()];
            for (rank, at) in order.into_iter().enumerate() {
                self.ranks[at as usize] = rank as u32;
            }
        }
        &self.ranks
    }
}

/// Lists come newest first, and by id where runs are as new.
fn oldest_first(runs: &mut [Run]) {
    runs.sort_unstable_by(|a, b| (a.created, b.id).cmp(&(b.created, a.id)));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::{
        domain::{
            actors::Actor,
            ids::Id,
            runs::{Ending, Progress, RunKind, RunState, Tag, Trashed},
            time::Timestamp,
        },
        store::{Error, Store},
    };

    #[derive(Clone, Debug)]
    enum Change {
        Make { created: i64 },
        End,
        Tag,
        Untag,
        Param(u8),
        Point(u8),
        Note,
        Trash(bool),
        Delete,
    }

    fn change() -> impl Strategy<Value = Change> {
        prop_oneof![
            4 => (0i64..20).prop_map(|created| Change::Make { created }),
            1 => Just(Change::End),
            1 => Just(Change::Tag),
            1 => Just(Change::Untag),
            1 => any::<u8>().prop_map(Change::Param),
            1 => any::<u8>().prop_map(Change::Point),
            1 => Just(Change::Note),
            1 => any::<bool>().prop_map(Change::Trash),
            1 => Just(Change::Delete),
        ]
    }

    fn id(number: usize) -> RunId {
        RunId(Id::from_bytes([number as u8; 16]))
    }

    fn made(number: usize, created: i64) -> Run {
        Run {
            id: id(number),
            name: format!("run-{number}"),
            experiment: "e".to_owned(),
            kind: RunKind::Train,
            preset: None,
            state: RunState::Queued,
            actor: Actor {
                uid: 1,
                name: "ana".to_owned(),
                host: "gpu01".to_owned(),
            },
            created: Timestamp(created),
            attempt: 1,
            progress: Progress::default(),
            tags: [].into(),
            params: [].into(),
            note: String::new(),
            trashed: None,
        }
    }

    fn apply(tx: &Connection, change: &Change, number: usize) -> Result<()> {
        let id = id(number);
        let tag = Tag::try_from("t".to_owned()).expect("a letter is a tag");
        match change {
            Change::Make { .. } => {}
            Change::End => {
                let state = RunState::Ended {
                    started: None,
                    at: Timestamp(9),
                    how: Ending::Done,
                };
                rows::set_state(tx, &id, &state)?;
            }
            Change::Tag => rows::add_tag(tx, &id, &tag)?,
            Change::Untag => rows::remove_tag(tx, &id, &tag)?,
            Change::Param(value) => rows::set_param(tx, &id, "optimiser.lr", &json!(value))?,
            Change::Point(value) => {
                let mut open = series::Open::load(tx, &id)?;
                let metrics = [("loss".to_owned(), f64::from(*value))];
                open.add(Some(1), Timestamp(1), &metrics);
                open.save(tx)?;
                rows::touch(tx, &id)?;
            }
            Change::Note => rows::set_note(tx, &id, "new")?,
            Change::Trash(is_put) => {
                let trashed = Trashed {
                    at: Timestamp(3),
                    by: "ana".to_owned(),
                };
                rows::set_trashed(tx, &id, Some(&trashed).filter(|_| *is_put))?;
            }
            Change::Delete => {
                tx.execute("delete from runs where id = ?1", [id.to_string()])?;
            }
        }
        Ok(())
    }

    fn seen(index: &Index) -> Vec<(Run, Option<Summary>)> {
        let runs = index.runs().iter().enumerate();
        runs.map(|(at, run)| (run.clone(), index.metric("loss", at).cloned()))
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn an_index_kept_up_to_date_is_one_that_is_made_anew(
            changes in prop::collection::vec((change(), any::<prop::sample::Index>(), any::<bool>()), 1..40),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let store = Store::open(folder.path()).unwrap();
            let want = |index: &mut Index| {
                store.read(|tx| {
                    index.refresh(tx)?;
                    index.want_param(tx, "lr")?;
                    index.want_metric(tx, "loss")
                })
                .unwrap();
            };
            let (mut kept, mut runs) = (Index::default(), 0);
            for (change, which, looks) in changes {
                store.record(|tx| {
                    if let Change::Make { created } = change {
                        rows::insert(tx, &made(runs, created), &json!({}))?;
                        runs += 1;
                    } else if 0 < runs && rows::get(tx, &id(which.index(runs)))?.is_some() {
                        apply(tx, &change, which.index(runs))?;
                    }
                    Ok::<_, Error>(())
                })
                .unwrap();
                if looks {
                    want(&mut kept);
                }
            }
            want(&mut kept);
            let mut anew = Index::default();
            want(&mut anew);
            prop_assert_eq!(seen(&kept), seen(&anew));
            prop_assert_eq!(kept.ranks(), anew.ranks());
        }
    }

    #[test]
    fn only_what_changed_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let number = 50;
        store
            .record(|tx| {
                for run in 0..number {
                    rows::insert(tx, &made(run, run as i64), &json!({}))?;
                }
                Ok::<_, Error>(())
            })
            .unwrap();
        let newest = || store.read(rows::newest_change).unwrap();
        let before = newest();
        assert_eq!(before, number as i64);
        store.record(|tx| apply(tx, &Change::Point(1), 7)).unwrap();
        let changed = store.read(|tx| rows::changed_since(tx, before)).unwrap();
        assert_eq!(
            changed.iter().map(|run| run.id).collect::<Vec<_>>(),
            [id(7)]
        );
    }
}
