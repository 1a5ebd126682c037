//! A run's board: what is known of one run, fetched as far as it is shown, and the settings of its charts.

pub mod arrangement;
pub mod charts;
pub mod facts;
pub mod log;
pub mod progress;
pub mod system;

use std::{
    collections::{BTreeMap, HashMap},
    rc::Rc,
};

use self::arrangement::Arrangement;

use super::{
    action::Action,
    chart::{self, ChartData, ChartQuestion, smooth::WEIGHTS, ticks::Kind},
    effect::{Answer, Effect, RatesQuestion},
    event::{Ticket, Tickets},
    place::Settings,
    remote::Remote,
};
use crate::{
    domain::{
        events::What,
        ids::RunId,
        metrics::Summary,
        runs::{Run, RunState},
        time::Timestamp,
    },
    ops::{runs::Detail, series::Rates},
};

pub struct Board {
    pub id: RunId,
    pub detail: Remote<RunId, Box<Detail>>,
    pub charts: BTreeMap<String, Remote<ChartQuestion, ChartData>>,
    /// How fast it goes now.
    pub rates: Remote<RatesQuestion, Option<Rates>>,
    pub view: ChartView,
    /// The charts of the run, as they are wanted.
    groups: Rc<[Group]>,
    arrangement: Arrangement,
    /// How often the detail has come: what is made from it is made once for each.
    pub loads: u64,
}

/// How a run's charts are looked at; all of them share it.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartView {
    /// An index into the weights of the smoothing.
    pub smooth: usize,
    pub kind: Kind,
    /// A part of the steps, or all of them.
    pub zoom: Option<(i64, i64)>,
    /// The step under the crosshair.
    pub crosshair: Option<i64>,
    /// The chart that the keys act on.
    pub selected: usize,
    /// The chart to be selected once the charts are known.
    pub wanted: Option<String>,
    /// Only that one is shown.
    pub is_alone: bool,
    /// Charts that were shown at once.
    pub page: usize,
}

impl Default for ChartView {
    fn default() -> Self {
        Self {
            smooth: 1,
            kind: Kind::Linear,
            zoom: None,
            crosshair: None,
            selected: 0,
            wanted: None,
            is_alone: false,
            page: 1,
        }
    }
}

impl ChartView {
    pub fn weight(&self) -> f64 {
        WEIGHTS[self.smooth.min(WEIGHTS.len() - 1)]
    }
}

/// Series that belong into one chart: the same metric of several splits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub name: String,
    pub metrics: Vec<String>,
}

/// Lines in one chart that can still be told apart.
const MOST_LINES: usize = 8;

impl Board {
    pub fn of(id: RunId) -> Self {
        Self {
            id,
            detail: Remote::default(),
            charts: BTreeMap::new(),
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
        let x = self.view.zoom.map(|(from, to)| format!("{from}..{to}"));
        let at = self.view.crosshair.map(|step| step.to_string());
        Settings::default()
            .with("metric", group.map_or("", |group| &group.name))
            .with("x", x.unwrap_or_default())
            .with("at", at.unwrap_or_default())
    }

    /// Puts the zoom and the crosshair back to what they were, and the chart once it is known.
    pub fn restore(&mut self, settings: &Settings) {
        let range = settings.get("x").and_then(|x| x.split_once(".."));
        self.view.zoom = range.and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
        self.view.zoom = self.view.zoom.filter(|(from, to)| from < to);
        self.view.crosshair = settings.read("at");
        self.view.wanted = settings.get("metric").map(str::to_owned);
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

    /// The steps that the charts span.
    pub fn domain(&self) -> (i64, i64) {
        self.view.zoom.unwrap_or_else(|| self.whole())
    }

    fn whole(&self) -> (i64, i64) {
        let Some(detail) = &self.detail.value else {
            return (0, 1);
        };
        let progress = &detail.run.progress;
        let charted = charted(&detail.metrics).map(|summary| summary.last_step);
        let last = charted.max().unwrap_or(0);
        // A plan is worth its room while it is being followed.
        let total = progress.steps.filter(|_| !detail.run.state.has_ended());
        match total {
            None if detail.run.state.has_ended() => (0, last.max(1)),
            total => chart::domain(last, total),
        }
    }

    /// The last step of the selected chart.
    fn last_step(&self) -> i64 {
        let groups = self.groups();
        let selected = self.view.selected.min(groups.len().saturating_sub(1));
        let group = groups.get(selected);
        group.and_then(|group| self.last_of(group)).unwrap_or(0)
    }

    /// The last step of a chart.
    pub fn last_of(&self, group: &Group) -> Option<i64> {
        let metrics = self.detail.value.iter().flat_map(|detail| &detail.metrics);
        metrics
            .filter(|summary| group.metrics.contains(&summary.metric))
            .map(|summary| summary.last_step)
            .max()
    }

    /// Notes that this frame shows a series in so many dot columns.
    pub fn want_chart(&mut self, metric: &str, dots: usize) {
        let (from, to) = self.domain();
        let question = ChartQuestion {
            run: self.id,
            metric: metric.to_owned(),
            from,
            to,
            dots,
            smooth: self.view.weight(),
        };
        self.charts
            .entry(metric.to_owned())
            .or_default()
            .want(question);
    }

    pub fn expire(&mut self) {
        self.detail.expire();
        self.rates.expire();
        self.charts.values_mut().for_each(Remote::expire);
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
            .values_mut()
            .filter_map(|chart| chart.ask(tickets))
            .map(|(ticket, question)| Effect::Chart(ticket, question));
        detail.into_iter().chain(rates).chain(charts).collect()
    }

    pub fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        match answer {
            Answer::Detail(result) if self.detail.awaits(ticket) => self.know(result),
            Answer::Rates(result) if self.rates.awaits(ticket) => self.rates.answer(result),
            Answer::Chart(result) => {
                let asked = self.charts.values_mut().find(|chart| chart.awaits(ticket));
                match asked {
                    Some(chart) => chart.answer(result),
                    None => return Some(Answer::Chart(result)),
                }
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
        let charts = self.groups().len();
        let (from, to) = self.domain();
        let span = to.saturating_sub(from).max(1);
        let last = self.last_step();
        let step_by = |columns: i64| (span / 100).max(1) * columns;
        let here = self.view.crosshair.unwrap_or(last.min(to));
        match action {
            Action::Left => self.point(here.saturating_sub(step_by(1))),
            Action::Right => self.point(here.saturating_add(step_by(1))),
            Action::FarLeft => self.point(here.saturating_sub(step_by(10))),
            Action::FarRight => self.point(here.saturating_add(step_by(10))),
            Action::LineStart => self.point(from),
            Action::LineEnd => self.point(last),
            Action::PreviousSibling => self.view.selected = self.view.selected.saturating_sub(1),
            Action::NextSibling => {
                self.view.selected = (self.view.selected + 1).min(charts.saturating_sub(1));
            }
            Action::PageUp => {
                self.view.selected = self.view.selected.saturating_sub(self.view.page);
            }
            Action::PageDown => {
                let next = self.view.selected + self.view.page;
                self.view.selected = next.min(charts.saturating_sub(1));
            }
            Action::LogScale => {
                self.view.kind = match self.view.kind {
                    Kind::Linear => Kind::Log,
                    Kind::Log => Kind::Linear,
                }
            }
            Action::SmoothLess => self.view.smooth = self.view.smooth.saturating_sub(1),
            Action::SmoothMore => self.view.smooth = (self.view.smooth + 1).min(WEIGHTS.len() - 1),
            Action::ZoomIn => self.zoom_to(here, span / 2),
            Action::ZoomOut => self.zoom_to(here, span.saturating_mul(2)),
            Action::Fit => self.view.zoom = None,
            Action::PanLeft => self.pan(-(span / 4).max(1)),
            Action::PanRight => self.pan((span / 4).max(1)),
            Action::Escape if self.view.crosshair.is_some() => self.view.crosshair = None,
            Action::Escape if self.view.zoom.is_some() => self.view.zoom = None,
            _ => return false,
        }
        true
    }

    fn point(&mut self, step: i64) {
        let (from, to) = self.domain();
        self.view.crosshair = Some(step.clamp(from, to));
    }

    fn zoom_to(&mut self, middle: i64, span: i64) {
        let (low, high) = self.whole();
        let span = span.max(4);
        if high - low <= span {
            self.view.zoom = None;
            return;
        }
        let from = (middle - span / 2).clamp(low, high - span);
        self.view.zoom = Some((from, from + span));
    }

    fn pan(&mut self, by: i64) {
        let Some((from, to)) = self.view.zoom else {
            return;
        };
        let (low, high) = self.whole();
        let span = to - from;
        let from = from.saturating_add(by).clamp(low, (high - span).max(low));
        self.view.zoom = Some((from, from + span));
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

/// Puts `train/loss` and `val/loss` into one chart, the loss first, the machine's own metrics into none.
pub fn groups(metrics: &[Summary]) -> Vec<Group> {
    const SPLITS: [&str; 3] = ["train", "val", "test"];
    let mut groups: Vec<Group> = vec![];
    let mut places = HashMap::new();
    for summary in charted(metrics) {
        let name = match summary.metric.split_once('/') {
            Some((split, name)) if SPLITS.contains(&split) => name,
            _ => &summary.metric,
        };
        let place = places
            .get(name)
            .and_then(|place: &usize| groups.get_mut(*place));
        match place {
            Some(group) if group.metrics.len() < MOST_LINES => {
                group.metrics.push(summary.metric.clone());
            }
            _ => {
                places.insert(name, groups.len());
                groups.push(Group {
                    name: name.to_owned(),
                    metrics: vec![summary.metric.clone()],
                });
            }
        }
    }
    let rank = |group: &Group| {
        let is_judged = group
            .metrics
            .iter()
            .any(|metric| metric.starts_with("val/"));
        match group.name.as_str() {
            "loss" => 0,
            _ if is_judged => 1,
            _ => 2,
        }
    };
    groups.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.name.cmp(&b.name)));
    let split = |metric: &String| SPLITS.iter().position(|split| metric.starts_with(split));
    for group in &mut groups {
        group
            .metrics
            .sort_by_cached_key(|metric| (split(metric).is_none(), split(metric), metric.clone()));
    }
    groups
}

/// The metrics with a place in charts. Those of the machine have steps of their own: of a foreign program, seconds.
fn charted(metrics: &[Summary]) -> impl Iterator<Item = &Summary> {
    metrics
        .iter()
        .filter(|summary| !summary.metric.starts_with("system/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::fixture;

    fn board(step: i64, steps: Option<i64>) -> Board {
        let mut run = fixture::running(1, "calm-heron-2");
        (run.progress.step, run.progress.steps) = (step, steps);
        let mut board = Board::of(run.id);
        board.know(Ok(Box::new(fixture::detail(run))));
        board
    }

    #[test]
    fn splits_of_a_metric_share_a_chart_and_the_loss_comes_first() {
        let metrics = [
            "lr",
            "system/cpu",
            "test/auc",
            "train/loss",
            "val/auc",
            "val/loss",
        ]
        .map(fixture::summary);
        let found: Vec<String> = groups(&metrics)
            .into_iter()
            .map(|group| format!("{}: {}", group.name, group.metrics.join(" ")))
            .collect();
        assert_eq!(
            found,
            [
                "loss: train/loss val/loss",
                "auc: val/auc test/auc",
                "lr: lr"
            ]
        );
    }

    #[test]
    fn the_axis_is_that_of_the_charts_and_its_end_their_last_point() {
        let mut detail = fixture::detail(fixture::run(1, "calm-heron-2"));
        detail.run.progress.step = 5_000;
        let last = |metric: &str, last_step| Summary {
            last_step,
            ..fixture::summary(metric)
        };
        detail.metrics = vec![
            last("lr", 100),
            last("system/cpu", 3_600),
            last("train/loss", 100),
            last("val/loss", 90),
            last("z", 40),
        ];
        let mut board = Board::of(detail.run.id);
        board.know(Ok(Box::new(detail)));
        assert_eq!(board.domain(), (0, 100));
        board.act(Action::LineEnd);
        assert_eq!(board.view.crosshair, Some(100));
        for _ in 0..9 {
            board.act(Action::NextSibling);
        }
        board.act(Action::LineEnd);
        assert_eq!(board.view.crosshair, Some(40));
    }

    #[test]
    fn time_left_is_told_only_after_twenty_steps() {
        let now = Timestamp(fixture::NOW.0 + 1_000);
        let at = |step| {
            let board = board(step, Some(100));
            board.remaining(now).is_some()
        };
        assert_eq!((at(19), at(20)), (false, true));
        let board = board(50, Some(100));
        let since = board.run().unwrap().state.started().unwrap();
        assert_eq!(
            board.remaining(Timestamp(since.0 + 10_000)),
            Some((10_000, None))
        );
        assert_eq!(self::board(50, None).remaining(now), None);
    }

    #[test]
    fn zooming_and_panning_stay_inside_the_run() {
        let mut board = board(400, Some(2_000));
        let whole = board.domain();
        for action in [
            Action::ZoomIn,
            Action::ZoomIn,
            Action::PanRight,
            Action::PanRight,
            Action::PanRight,
            Action::PanRight,
            Action::PanRight,
            Action::PanRight,
        ] {
            board.act(action);
            let (from, to) = board.domain();
            assert!(
                whole.0 <= from && to <= whole.1 && from < to,
                "{action:?}: {from} {to}"
            );
        }
        assert_eq!(board.domain(), (1_500, 2_000));
        board.act(Action::ZoomOut);
        board.act(Action::ZoomOut);
        assert_eq!(board.domain(), whole);
    }

    #[test]
    fn the_crosshair_walks_and_leaves() {
        let mut board = board(400, Some(2_000));
        assert!(!board.act(Action::Escape));
        board.act(Action::LineStart);
        board.act(Action::FarRight);
        assert_eq!(board.view.crosshair, Some(200));
        assert!(board.act(Action::Escape));
        assert_eq!(board.view.crosshair, None);
    }
}
