//! The chart of one metric of all runs: what its axis can count, and how the points of each run stand on it.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Compare, Part, charted, frame};
use crate::{
    domain::ids::RunId,
    tui::{
        chart::{
            ChartData, ChartQuestion,
            axis::{Along, Axis, Track},
            origin::Origin,
            pane::{self, Framed},
            plot::{self, Plot},
            view::{Field, in_order},
        },
        shared::Shared,
        theme::Role,
        trouble,
    },
};

impl Compare {
    fn origin(&self, run: RunId, metric: &str) -> Origin {
        let extent = self.data(run, metric).and_then(|data| data.extent);
        let comparison = self.answer.value.iter();
        let mut runs = comparison.flat_map(|comparison| &comparison.runs);
        Origin::of(runs.find(|known| known.id == run), extent.into_iter())
    }

    fn data(&self, run: RunId, metric: &str) -> Option<&ChartData> {
        self.series.get(run, metric)
    }

    /// How the points of a run stand on the axis; by their steps where it does not tell.
    fn track(&self, run: RunId, metric: &str) -> Track {
        let along = self.along(metric);
        self.origin(run, metric).track(along).unwrap_or_default()
    }

    /// What the points of all runs can be counted by.
    fn alongs(&self, metric: &str) -> Vec<Along> {
        let origins = self.ids.iter().map(|id| self.origin(*id, metric).alongs());
        let origins: Vec<Vec<Along>> = origins.collect();
        let mut alongs = Along::ALL.to_vec();
        alongs.retain(|along| match along {
            // Runs that begin elsewhere are set over each other by it.
            Along::RelStep => origins.iter().any(|known| known.contains(along)),
            along => origins.iter().all(|known| known.contains(along)),
        });
        alongs
    }

    /// What the axis counts, as far as all runs tell it.
    fn along(&self, metric: &str) -> Along {
        let is_known = self.alongs(metric).contains(&self.view.along);
        if is_known {
            self.view.along
        } else {
            Along::Step
        }
    }

    /// The first and the last place of a run that has the metric, or that may have it while its points are on their way.
    fn places(&self, run: RunId, metric: &str) -> Option<(i64, i64)> {
        let track = self.track(run, metric);
        let is_time = self.along(metric).is_time();
        if let Some(data) = self.data(run, metric) {
            let extent = data.extent?;
            let (first, last) = match is_time {
                true => (extent.first_time, extent.last_time),
                false => (extent.first_step, extent.last_step),
            };
            return Some((track.of(first), track.of(last)));
        }
        let comparison = self.answer.value.as_deref()?;
        let run = comparison.runs.iter().find(|known| known.id == run)?;
        (!is_time).then(|| (0, track.of(run.progress.step)))
    }

    fn whole(&self, metric: &str) -> Axis {
        let places = || self.ids.iter().filter_map(|id| self.places(*id, metric));
        let first = places().map(|(first, _)| first).min().unwrap_or(0);
        let last = places().map(|(_, last)| last).max().unwrap_or(1);
        let comparison = self.answer.value.iter();
        let mut runs = comparison.flat_map(|comparison| &comparison.runs);
        let is_over = runs.all(|run| run.state.has_ended());
        Axis::around(self.along(metric), first, last, None, is_over)
    }

    fn last(&self, metric: &str) -> i64 {
        let places = self.ids.iter().filter_map(|id| self.places(*id, metric));
        places.map(|(_, last)| last).max().unwrap_or(0)
    }

    pub(super) fn field(&self) -> Field {
        let metric = self.metric().unwrap_or_default();
        let charts = self
            .answer
            .value
            .as_deref()
            .map_or(0, |all| charted(all).len());
        let known = |id: &RunId| Some((self.track(*id, &metric), self.data(*id, &metric)?));
        let data: Vec<(Track, &ChartData)> = self.ids.iter().filter_map(known).collect();
        let samples = data.iter().flat_map(|(track, data)| {
            let buckets = data.buckets().filter(|bucket| !bucket.is_empty());
            buckets.map(|bucket| track.place(bucket))
        });
        let flaws = data
            .iter()
            .flat_map(|(track, data)| data.flaws.iter().map(|point| track.place_of(point)));
        Field {
            charts,
            whole: self.whole(&metric),
            last: self.last(&metric),
            newest: self.last(&metric),
            samples: in_order(samples),
            flaws: in_order(flaws),
            alongs: self.alongs(&metric),
        }
    }

    pub(super) fn draw_chart(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let look = &shared.look;
        let is_focused = self.part == Part::Chart;
        let Some(metric) = self.metric() else {
            let inner = frame(look, buffer, area, "chart", is_focused);
            let text = match self.answer.value {
                Some(_) => " no run has a metric to draw",
                None => " …",
            };
            look.line(buffer, inner, look.span(text, Role::Dim).into());
            return;
        };
        let axis = self.view.axis(self.whole(&metric), self.last(&metric));
        let dots = pane::dots(look, area, self.ids.len());
        for id in self.ids.clone() {
            let track = self.track(id, &metric);
            let (from, to) = track.keys(axis.from, axis.to);
            self.series.want(ChartQuestion {
                run: id,
                metric: metric.clone(),
                key: track.key,
                from,
                to,
                dots,
                smooth: self.view.weight(),
            });
        }
        let names = self.names();
        let line = |(slot, id): (usize, &RunId)| {
            let data = self.data(*id, &metric)?;
            Some(plot::Line {
                label: names.get(slot).map_or("", String::as_str),
                slot,
                badge: None,
                track: self.track(*id, &metric),
                data,
            })
        };
        let mut lines: Vec<plot::Line<'_>> = self.ids.iter().enumerate().filter_map(line).collect();
        // The focused one is drawn over the others.
        lines.sort_by_key(|line| line.slot == self.focused);
        let count = self.field().charts;
        let last = self.last(&metric).min(axis.to);
        let framed = Framed {
            name: &metric,
            plot: Plot {
                kind: self.view.kind,
                is_clipped: self.view.is_clipped,
                crosshair: self.view.crosshair,
                ..Plot::new(look, axis, &lines)
            },
            weight: match lines.iter().any(|line| !line.data.smooth.is_empty()) {
                true => self.view.weight(),
                false => 0.0,
            },
            // What Enter opens, for who sees no colours.
            notes: vec![format!("[{}]", plot::letter(self.focused))],
            place: Some(format!("{}/{count}", self.view.selected + 1)),
            at: self.view.crosshair.or(Some(last)),
            // The table below has the best values, which may be others.
            read: match self.view.crosshair {
                Some(_) => "",
                None => "last  ",
            },
            is_focused,
        };
        if !lines.is_empty() {
            framed.draw(buffer, area);
            return;
        }
        let Some(inner) = framed.frame(buffer, area) else {
            return;
        };
        let error = self
            .ids
            .iter()
            .find_map(|id| self.series.error(*id, &metric));
        match error {
            Some(error) => trouble::draw(buffer, inner, look, error),
            None => look.line(buffer, inner, look.span(" …", Role::Dim).into()),
        }
    }
}
