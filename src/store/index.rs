//! All runs in memory, for whoever filters and sorts them: read once, and then only what changed since.

mod runs;
#[cfg(test)]
mod tests;

use std::{cell::RefCell, cmp::Reverse};

use rusqlite::Connection;

use self::runs::{Column, Metric};
pub use self::runs::{Runs, Standing, View};
use super::{Result, runs as rows, series};
use crate::domain::{
    filter::{self, Facts},
    ids::RunId,
    metrics::{Direction, Figures},
};

/// So many changed runs are read one by one; more of them, all at once.
const FEW: usize = 500;
/// So many metrics at steps are kept.
const MOST_STEPS: usize = 8;

/// Every run of a store as far as filters, orders and groups read it, with those parameters and metrics that were asked
/// for.
#[derive(Default)]
pub struct Index {
    /// The newest change that is in here.
    change: i64,
    runs: Runs,
    /// What metrics were at steps, where that was looked up since the run changed.
    at_steps: RefCell<Vec<AtStep>>,
}

struct AtStep {
    metric: String,
    step: i64,
    /// `Some(None)` where a run was looked up and did not come so far.
    values: Column<Option<f64>>,
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
        if newest <= self.change {
            return Ok(());
        }
        let since = std::mem::replace(&mut self.change, newest);
        if self.runs.is_empty() {
            return self.rebuild(tx);
        }
        let mut changed = rows::changed_since(tx, since)?;
        if FEW < changed.len() {
            return self.rebuild(tx);
        }
        changed.sort_unstable_by_key(|run| (run.created, Reverse(run.id)));
        let ids: Vec<RunId> = changed.iter().map(|run| run.id).collect();
        let mut is_in_order = true;
        for mut run in changed {
            run.tags = rows::tags(tx, &run.id)?;
            is_in_order &= self.runs.put(run);
        }
        if !is_in_order || rows::count_all(tx)? != self.runs.len() as u64 {
            // Clocks disagree, or a run was deleted: rare enough to begin anew.
            return self.rebuild(tx);
        }
        self.read_params_of(tx, &ids)?;
        self.read_metrics_of(tx, &ids)?;
        self.forget_steps_of(&ids);
        Ok(())
    }

    fn rebuild(&mut self, tx: &Connection) -> Result<()> {
        let old = std::mem::take(&mut self.runs);
        let (params, metrics) = (old.params.into_keys(), old.metrics.into_keys());
        self.at_steps.get_mut().clear();
        let mut runs = Runs::with_capacity(rows::count_all(tx)? as usize);
        rows::each_bare(tx, |run| runs.add(run))?;
        runs.settle();
        rows::each_tag(tx, |id, tag| {
            if let Some(at) = runs.place(&id) {
                runs.add_tag(at, tag);
            }
        })?;
        self.runs = runs;
        for name in params {
            self.want_param(tx, &name)?;
        }
        for name in metrics {
            self.want_metric(tx, &name)?;
        }
        Ok(())
    }

    fn read_params_of(&mut self, tx: &Connection, ids: &[RunId]) -> Result<()> {
        if self.runs.params.is_empty() {
            return Ok(());
        }
        for id in ids {
            let Some(at) = self.runs.place(id) else {
                continue;
            };
            let params = rows::run_params(tx, id)?;
            for (name, column) in &mut self.runs.params {
                column.set(at, filter::param(&params, name).cloned());
            }
        }
        Ok(())
    }

    fn read_metrics_of(&mut self, tx: &Connection, ids: &[RunId]) -> Result<()> {
        let places: Vec<Option<usize>> = ids.iter().map(|id| self.runs.place(id)).collect();
        for (name, metric) in &mut self.runs.metrics {
            let summaries = series::values(tx, ids, name)?;
            for (at, summary) in places.iter().zip(summaries) {
                if let Some(at) = at {
                    metric
                        .figures
                        .set(*at, summary.as_ref().and_then(Figures::of));
                }
            }
        }
        Ok(())
    }

    fn forget_steps_of(&mut self, ids: &[RunId]) {
        for known in self.at_steps.get_mut() {
            for at in ids.iter().filter_map(|id| self.runs.place(id)) {
                known.values.set(at, None);
            }
        }
    }

    /// Makes sure that what a name means is at hand, where it means a parameter.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn want_param(&mut self, tx: &Connection, name: &str) -> Result<()> {
        if self.runs.params.contains_key(name) {
            return Ok(());
        }
        let mut column = Column::new();
        // How many parameters of a run may be meant; the one of this very name is meant wherever there is one.
        let mut met = vec![Met::None; self.runs.len()];
        rows::each_of_param(tx, name, |id, whole, value| {
            let Some(at) = self.runs.place(&id) else {
                return;
            };
            met[at] = match met[at] {
                Met::Whole => return,
                _ if whole == name => Met::Whole,
                Met::None => Met::Ending,
                Met::Ending | Met::Endings => Met::Endings,
            };
            column.set(at, (met[at] != Met::Endings).then_some(value));
        })?;
        self.runs.params.insert(name.to_owned(), column);
        Ok(())
    }

    /// Makes sure that a metric is at hand.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn want_metric(&mut self, tx: &Connection, name: &str) -> Result<()> {
        if self.runs.metrics.contains_key(name) {
            return Ok(());
        }
        let mut figures = Column::new();
        series::each_value(tx, name, |id, summary| {
            if let Some(at) = self.runs.place(&id) {
                figures.set(at, Figures::of(summary));
            }
        })?;
        let metric = Metric {
            direction: Direction::of(name),
            figures,
        };
        self.runs.metrics.insert(name.to_owned(), metric);
        Ok(())
    }

    /// Is one of these names that were asked for neither a parameter nor a metric of any run?
    pub fn has_unseen(&self, mut names: impl Iterator<Item = impl AsRef<str>>) -> bool {
        names.any(|name| {
            let (param, metric) = (
                self.runs.params.get(name.as_ref()),
                self.runs.metrics.get(name.as_ref()),
            );
            param.is_none_or(Column::is_empty)
                && metric.is_none_or(|metric| metric.figures.is_empty())
        })
    }

    pub fn runs(&self) -> &Runs {
        &self.runs
    }

    /// See [`Runs::ranks`].
    pub fn ranks(&mut self) -> &[u32] {
        self.runs.ranks()
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
        let metric = self.runs.metrics.get(name);
        let figures = metric.and_then(|metric| metric.figures.get(at));
        if figures.is_none_or(|figures| figures.last_step < step) {
            return Ok(None);
        }
        let mut all = self.at_steps.borrow_mut();
        let is_asked = |known: &AtStep| known.step == step && known.metric == name;
        let known = match all.iter().position(is_asked) {
            Some(known) => known,
            None => {
                if all.len() == MOST_STEPS {
                    // Somebody is typing a number.
                    all.remove(0);
                }
                all.push(AtStep {
                    metric: name.to_owned(),
                    step,
                    values: Column::new(),
                });
                all.len() - 1
            }
        };
        if let Some(value) = all[known].values.get(at) {
            return Ok(*value);
        }
        let value = series::value_at(tx, &self.runs.get(at).id(), name, step)?;
        all[known].values.set(at, Some(value));
        Ok(value)
    }
}

/// How a name was met among the parameters of a run.
#[derive(Clone, Copy, PartialEq)]
enum Met {
    None,
    /// Once, as the end of a dotted name.
    Ending,
    /// More often so: which is meant is not known.
    Endings,
    /// As a whole name.
    Whole,
}
