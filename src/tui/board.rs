//! A run's board: what is known of one run, fetched as far as it is shown, and the settings of its charts.

pub mod charts;
pub mod facts;
pub mod log;
pub mod progress;

use std::collections::BTreeMap;

use super::{
    action::Action,
    chart::{
        ChartData, ChartQuestion, Series,
        axis::{Along, Axis, Track},
        origin::Origin,
        view::{self, ChartView, Field},
    },
    effect::{Answer, Effect},
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
    ops::{logs::Chunk, runs::Detail},
};

pub struct Board {
    pub id: RunId,
    pub detail: Remote<RunId, Box<Detail>>,
    pub charts: Series,
    pub log: Remote<RunId, Chunk>,
    pub view: ChartView,
}

/// Series that belong into one chart: the same metric of several splits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub name: String,
    pub metrics: Vec<String>,
}

impl Group {
    /// Series that are better seen as a heat map.
    pub fn is_many(&self) -> bool {
        MANY <= self.metrics.len()
    }
}

/// Lines in one chart that can still be told apart.
const MOST_LINES: usize = 8;
/// From so many on, series whose names differ only by a number share a chart.
const MANY: usize = 8;

impl Board {
    pub fn of(id: RunId) -> Self {
        Self {
            id,
            detail: Remote::default(),
            charts: Series::default(),
            log: Remote::default(),
            view: ChartView::default(),
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

    /// The charts of the run, the loss first.
    pub fn groups(&self) -> Vec<Group> {
        self.detail
            .value
            .as_ref()
            .map_or(vec![], |detail| groups(&detail.metrics))
    }

    /// The axis of the charts.
    pub fn axis(&self) -> Axis {
        self.view.axis(self.whole(), self.last_place())
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
            let extents = || self.charts.iter().filter_map(|(_, _, data)| data.extent);
            let first = extents().map(|extent| extent.first_time).min();
            let last = extents().map(|extent| extent.last_time).max();
            let (first, last) = (first.unwrap_or(0), last.unwrap_or(0));
            return Axis::around(along, track.of(first), track.of(last), None, is_over);
        }
        let charted = charted(&detail.metrics).map(|summary| summary.last_step);
        let last = track.of(charted.max().unwrap_or(0));
        // A plan is worth its room while it is being followed.
        let plan = detail.run.progress.steps.filter(|_| !is_over);
        Axis::around(along, 0, last, plan.map(|steps| track.of(steps)), is_over)
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
        if self.view.along.is_time() {
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
    pub fn want_chart(&mut self, metric: &str, dots: usize) {
        let (axis, track) = (self.axis(), self.track());
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
        self.log.expire();
        self.charts.expire();
    }

    pub fn ask(&mut self, tickets: &mut Tickets) -> Vec<Effect> {
        let detail = self
            .detail
            .ask(tickets)
            .map(|(ticket, id)| Effect::Detail(ticket, id));
        let log = self
            .log
            .ask(tickets)
            .map(|(ticket, id)| Effect::Log(ticket, id));
        let charts = self
            .charts
            .ask(tickets)
            .into_iter()
            .map(|(ticket, question)| Effect::Chart(ticket, question));
        detail.into_iter().chain(log).chain(charts).collect()
    }

    pub fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        match answer {
            Answer::Detail(result) if self.detail.awaits(ticket) => {
                self.detail.answer(result);
                self.select_wanted();
            }
            Answer::Log(result) if self.log.awaits(ticket) => self.log.answer(result),
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

    /// Milliseconds until the planned end, at the pace so far.
    pub fn remaining(&self, now: Timestamp) -> Option<i64> {
        let progress = &self.run()?.progress;
        let left = progress.steps?.saturating_sub(progress.step);
        if left < 0 {
            return None;
        }
        Some((left as f64 * 1000.0 / self.pace(now)?) as i64)
    }
}

/// Fewer steps say nothing about the rest.
const ENOUGH_STEPS: i64 = 20;

/// Puts `train/loss` and `val/loss` into one chart, the loss first, the machine's own metrics into none.
pub fn groups(metrics: &[Summary]) -> Vec<Group> {
    const SPLITS: [&str; 3] = ["train", "val", "test"];
    let mut groups = alike(metrics);
    let many: Vec<String> = (groups.iter())
        .flat_map(|group| group.metrics.clone())
        .collect();
    for summary in charted(metrics).filter(|summary| !many.contains(&summary.metric)) {
        let name = match summary.metric.split_once('/') {
            Some((split, name)) if SPLITS.contains(&split) => name,
            _ => &summary.metric,
        };
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) if group.metrics.len() < MOST_LINES => {
                group.metrics.push(summary.metric.clone());
            }
            _ => groups.push(Group {
                name: name.to_owned(),
                metrics: vec![summary.metric.clone()],
            }),
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
    for group in groups.iter_mut().filter(|group| !group.is_many()) {
        group
            .metrics
            .sort_by_key(|metric| (split(metric).is_none(), split(metric), metric.clone()));
    }
    groups
}

/// Series whose names differ by one number only, where there are many: `layer.0/grad`, `layer.1/grad` as `layer.*/grad`.
fn alike(metrics: &[Summary]) -> Vec<Group> {
    let mut by_form: BTreeMap<String, Vec<(u64, String)>> = BTreeMap::new();
    for summary in charted(metrics) {
        let name = &summary.metric;
        let is_digit = |c: char| c.is_ascii_digit();
        let Some(from) = name.find(is_digit) else {
            continue;
        };
        let digits = name[from..]
            .find(|c| !is_digit(c))
            .unwrap_or(name.len() - from);
        let (number, rest) = name[from..].split_at(digits);
        if let Ok(number) = number.parse() {
            let form = format!("{}*{rest}", &name[..from]);
            by_form
                .entry(form)
                .or_default()
                .push((number, name.clone()));
        }
    }
    by_form
        .into_iter()
        .map(|(name, mut metrics)| {
            metrics.sort();
            let metrics = metrics.into_iter().map(|(_, metric)| metric).collect();
            Group { name, metrics }
        })
        .filter(Group::is_many)
        .collect()
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
    use crate::{domain::runs::RunKind, tui::fixture};

    fn board(step: i64, steps: Option<i64>) -> Board {
        let mut run = fixture::running(1, "calm-heron-2");
        (run.progress.step, run.progress.steps) = (step, steps);
        let mut board = Board::of(run.id);
        board.detail.answer(Ok(Box::new(fixture::detail(run))));
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
        board.detail.answer(Ok(Box::new(detail)));
        assert_eq!((board.axis().from, board.axis().to), (0, 100));
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
        assert_eq!(board.remaining(Timestamp(since.0 + 10_000)), Some(10_000));
        assert_eq!(self::board(50, None).remaining(now), None);
    }

    #[test]
    fn many_series_that_differ_by_a_number_share_a_chart() {
        let names: Vec<String> = (0..12).map(|layer| format!("layer.{layer}/grad")).collect();
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        names.extend(["recall@1", "recall@5", "val/loss"]);
        names.sort_unstable();
        let metrics: Vec<Summary> = names.into_iter().map(fixture::summary).collect();
        let groups = groups(&metrics);
        let found: Vec<(&str, usize)> = (groups.iter())
            .map(|group| (group.name.as_str(), group.metrics.len()))
            .collect();
        assert_eq!(
            found,
            [
                ("loss", 1),
                ("layer.*/grad", 12),
                ("recall@1", 1),
                ("recall@5", 1)
            ]
        );
        let last = &groups[1].metrics[11];
        assert_eq!(last, "layer.11/grad", "by number, not by letter");
    }

    #[test]
    fn a_run_is_counted_by_what_it_tells() {
        let mut board = board(400, Some(4_000));
        assert_eq!(
            board.origin().alongs(),
            [Along::Step, Along::Epoch, Along::Samples]
        );
        board.view.along = Along::Epoch;
        assert_eq!(
            board.axis(),
            Axis {
                along: Along::Epoch,
                from: 0,
                to: 50_000
            }
        );
        let detail = board.detail.value.as_mut().unwrap();
        (detail.run.progress.epochs, detail.run.kind) = (None, RunKind::Command);
        assert_eq!(board.origin().alongs(), [Along::Step]);
        assert_eq!(board.axis().along, Along::Step, "what was chosen is gone");
    }
}
