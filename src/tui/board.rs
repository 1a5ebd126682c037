//! A run's board: what is known of one run, fetched as far as it is shown, and the settings of its charts.

pub mod arrangement;
pub mod charts;
pub mod facts;
mod groups;
pub mod log;
pub mod progress;
pub mod system;
pub mod trends;

use std::rc::Rc;

pub use self::groups::{Group, groups};
use self::{arrangement::Arrangement, groups::charted};
use super::{
    action::Action,
    chart::{
        ChartData, ChartQuestion, Series,
        axis::{Along, Axis, Track},
        origin::Origin,
        view::{self, ChartView, Field},
    },
    effect::{Answer, Effect, RatesQuestion},
    event::{Ticket, Tickets},
    place::Settings,
    remote::Remote,
};
use crate::{
    domain::{
        events::What,
        ids::RunId,
        runs::{Run, RunState},
        series::Key,
        time::Timestamp,
    },
    ops::{runs::Detail, series::Rates},
};

pub struct Board {
    pub id: RunId,
    pub detail: Remote<RunId, Box<Detail>>,
    pub charts: Series,
    /// How fast it goes now.
    pub rates: Remote<RatesQuestion, Option<Rates>>,
    pub view: ChartView,
    /// The charts of the run, as they are wanted.
    groups: Rc<[Group]>,
    arrangement: Arrangement,
    /// How often the detail has come: what is made from it is made once for each.
    pub loads: u64,
}

impl Board {
    pub fn of(id: RunId) -> Self {
        Self {
            id,
            detail: Remote::default(),
            charts: Series::default(),
            rates: Remote::default(),
            view: ChartView::default(),
            groups: Rc::new([]),
            arrangement: Arrangement::default(),
            loads: 0,
        }
    }

    /// How the charts are looked at, for [`Board::restore`].
    pub fn settings(&self) -> Settings {
        let groups = self.groups();
        let group = groups.get(self.view.selected);
        let settings = self.view.settings();
        settings.with("metric", group.map_or("", |group| &group.name))
    }

    pub fn restore(&mut self, settings: &Settings) {
        self.view.restore(settings);
    }

    pub fn run(&self) -> Option<&Run> {
        Some(&self.detail.value.as_ref()?.run)
    }

    pub fn is_live(&self) -> bool {
        self.run().is_some_and(|run| run.state.is_live())
    }

    /// The charts of the run, the loss first unless they are wanted otherwise.
    pub fn groups(&self) -> Rc<[Group]> {
        Rc::clone(&self.groups)
    }

    /// All charts in the order in which they are wanted, and which of them are shown.
    pub fn arranged(&self) -> Vec<(Group, bool)> {
        let metrics = self.detail.value.as_ref().map(|detail| &detail.metrics);
        self.arrangement
            .all(metrics.map_or(vec![], |metrics| groups(metrics)))
    }

    /// From now on these charts are shown, in this order. The selected one stays selected.
    pub fn arrange(&mut self, arrangement: &Arrangement) {
        if self.arrangement == *arrangement {
            return;
        }
        let selected = self.groups.get(self.view.selected);
        let selected = selected.map(|group| group.name.clone());
        self.arrangement = arrangement.clone();
        self.regroup();
        let found = self
            .groups
            .iter()
            .position(|group| Some(&group.name) == selected.as_ref());
        self.view.selected = found.unwrap_or(0);
    }

    fn regroup(&mut self) {
        let metrics = self.detail.value.as_ref().map(|detail| &detail.metrics);
        let groups = metrics.map_or(vec![], |metrics| groups(metrics));
        self.groups = self.arrangement.of(groups).into();
    }

    /// Takes what is known of the run.
    pub fn know(&mut self, detail: crate::ops::Result<Box<Detail>>) {
        self.detail.answer(detail);
        self.loads += 1;
        self.regroup();
        self.select_wanted();
    }

    /// The axis of the charts.
    pub fn axis(&self) -> Axis {
        self.view.axis(self.whole(), self.newest())
    }

    /// How the run's points stand on the axis. What it cannot be counted by, it is not.
    pub fn track(&self) -> Track {
        self.origin().track(self.view.along).unwrap_or_default()
    }

    fn origin(&self) -> Origin {
        let extents = self.charts.iter().filter_map(|(_, _, data)| data.extent);
        Origin::of(self.run(), extents)
    }

    fn whole(&self) -> Axis {
        let track = self.track();
        let along = match self.origin().track(self.view.along) {
            Ok(_) => self.view.along,
            Err(_) => Along::Step,
        };
        let Some(detail) = &self.detail.value else {
            return Axis::around(along, 0, 1, None, false);
        };
        let is_over = detail.run.state.has_ended();
        if along.is_time() {
            let first = self.origin().time.map_or(0, |time| track.of(time));
            return Axis::around(along, first, self.newest(), None, is_over);
        }
        // A plan is worth its room while it is being followed.
        let plan = detail.run.progress.steps.filter(|_| !is_over);
        let plan = plan.map(|steps| track.of(steps));
        Axis::around(along, 0, self.newest(), plan, is_over)
    }

    /// The last place of all charts.
    fn newest(&self) -> i64 {
        let track = self.track();
        let last = match track.key {
            Key::Time => {
                let extents = self.charts.iter().filter_map(|(_, _, data)| data.extent);
                extents.map(|extent| extent.last_time).max()
            }
            Key::Step => {
                let metrics = self
                    .detail
                    .value
                    .iter()
                    .flat_map(|detail| charted(&detail.metrics));
                metrics.map(|summary| summary.last_step).max()
            }
        };
        track.of(last.unwrap_or(0))
    }

    /// The last place of the selected chart.
    fn last_place(&self) -> i64 {
        let groups = self.groups();
        let selected = self.view.selected.min(groups.len().saturating_sub(1));
        let group = groups.get(selected);
        group.and_then(|group| self.last_of(group)).unwrap_or(0)
    }

    /// The last place of a chart.
    pub fn last_of(&self, group: &Group) -> Option<i64> {
        let track = self.track();
        if track.key == Key::Time {
            let known = (group.metrics.iter()).filter_map(|name| self.charts.get(self.id, name));
            let times = known.filter_map(|data| Some(data.extent?.last_time));
            return times.max().map(|time| track.of(time));
        }
        let metrics = self.detail.value.iter().flat_map(|detail| &detail.metrics);
        metrics
            .filter(|summary| group.metrics.contains(&summary.metric))
            .map(|summary| track.of(summary.last_step))
            .max()
    }

    /// Notes that this frame shows a series in so many dot columns.
    pub fn want_chart(&mut self, metric: &str, dots: usize, axis: &Axis, track: &Track) {
        let (from, to) = track.keys(axis.from, axis.to);
        self.charts.want(ChartQuestion {
            run: self.id,
            metric: metric.to_owned(),
            key: track.key,
            from,
            to,
            dots,
            smooth: self.view.weight(),
        });
    }

    pub fn expire(&mut self) {
        self.detail.expire();
        self.rates.expire();
        self.charts.expire();
    }

    pub fn ask(&mut self, tickets: &mut Tickets) -> Vec<Effect> {
        let detail = self
            .detail
            .ask(tickets)
            .map(|(ticket, id)| Effect::Detail(ticket, id));
        let rates =
            (self.rates.ask(tickets)).map(|(ticket, question)| Effect::Rates(ticket, question));
        let charts = self
            .charts
            .ask(tickets)
            .into_iter()
            .map(|(ticket, question)| Effect::Chart(ticket, question));
        detail.into_iter().chain(rates).chain(charts).collect()
    }

    pub fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        match answer {
            Answer::Detail(result) if self.detail.awaits(ticket) => self.know(result),
            Answer::Rates(result) if self.rates.awaits(ticket) => self.rates.answer(result),
            Answer::Chart(result) => {
                return self.charts.loaded(ticket, result).map(Answer::Chart);
            }
            other => return Some(other),
        }
        None
    }

    fn select_wanted(&mut self) {
        let groups = self.groups();
        let Some(wanted) = self.view.wanted.take_if(|_| !groups.is_empty()) else {
            return;
        };
        let found = groups.iter().position(|group| group.name == wanted);
        self.view.selected = found.unwrap_or(self.view.selected);
    }

    /// What the keys of a chart do. Says whether it meant something.
    pub fn act(&mut self, action: Action) -> bool {
        let field = self.field();
        self.view.act(action, &field)
    }

    fn field(&self) -> Field {
        let groups = self.groups();
        let selected = self.view.selected.min(groups.len().saturating_sub(1));
        let metrics = groups.get(selected).map_or(&[][..], |group| &group.metrics);
        let known: Vec<&ChartData> = (metrics.iter())
            .filter_map(|metric| self.charts.get(self.id, metric))
            .collect();
        let track = self.track();
        let (samples, flaws) = view::places(known.into_iter().map(|data| (track, data)));
        Field {
            charts: groups.len(),
            whole: self.whole(),
            last: self.last_place(),
            newest: self.newest(),
            samples,
            flaws,
            alongs: self.origin().alongs(),
        }
    }

    /// Why an action does nothing to the charts as they stand.
    pub fn refuses(&self, action: Action) -> Option<&'static str> {
        let is_many = || {
            let groups = self.groups();
            groups.get(self.view.selected).is_some_and(Group::is_many)
        };
        match action {
            Action::NextMatch | Action::PreviousMatch if self.field().flaws.is_empty() => {
                Some("every value in sight is finite")
            }
            Action::Along if self.origin().alongs().len() < 2 => {
                Some("this run tells nothing but its steps")
            }
            Action::Heat if !is_many() => Some("a heat map is of 8 or more like series"),
            _ => None,
        }
    }

    /// Steps a second since this attempt began, once there were enough of them to tell.
    pub fn pace(&self, now: Timestamp) -> Option<f64> {
        let detail = self.detail.value.as_ref()?;
        let RunState::Running { since, .. } = detail.run.state else {
            return None;
        };
        let resumed = detail
            .events
            .iter()
            .rev()
            .find_map(|event| match event.what {
                What::Resumed { from } if since <= event.time => Some(from),
                _ => None,
            });
        let done = (detail.run.progress.step).saturating_sub(resumed.unwrap_or(0));
        let spent = now.since(since);
        (ENOUGH_STEPS <= done && 0 < spent).then(|| done as f64 * 1000.0 / spent as f64)
    }

    /// Notes that this frame shows how fast the run goes. The series with the most points tells it.
    pub fn want_rates(&mut self) {
        let Some(detail) = self
            .detail
            .value
            .as_ref()
            .filter(|detail| detail.run.state.is_live())
        else {
            return;
        };
        if let Some(densest) = charted(&detail.metrics).max_by_key(|summary| summary.points) {
            let question = RatesQuestion {
                run: self.id,
                metric: densest.metric.clone(),
                points: densest.points,
                last_step: densest.last_step,
            };
            self.rates.want(question);
        }
    }

    /// Milliseconds until the planned end, and how much that may be off.
    ///
    /// `left / rate`, where the rate is that of the last points, or of the whole attempt while they say nothing. It may be
    /// off by `left / rate * spread`: what it would be, was the rest a standard deviation of the last parts slower
    /// ([`crate::ops::series::Rates::of`]). Of a steady run, with a spread of no more than 10 %, that is not worth saying.
    pub fn remaining(&self, now: Timestamp) -> Option<(i64, Option<i64>)> {
        let progress = &self.run()?.progress;
        let left = progress.steps?.saturating_sub(progress.step);
        if left < 0 {
            return None;
        }
        let average = self.pace(now)?;
        let rates = self.rates.value.flatten();
        let rate = rates.map_or(average, |rates| rates.now);
        let rest = left as f64 * 1_000.0 / rate;
        let spread = rates
            .map(|rates| rates.spread)
            .filter(|spread| STEADY < *spread);
        Some((rest as i64, spread.map(|spread| (rest * spread) as i64)))
    }
}

/// Up to this coefficient of variation a pace is steady.
const STEADY: f64 = 0.1;
/// Fewer steps say nothing about the rest.
const ENOUGH_STEPS: i64 = 20;

#[cfg(test)]
mod tests;
