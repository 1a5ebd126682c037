//! How charts are looked at, and what the keys do to that.

use super::{
    ChartData,
    axis::{Along, Axis, Track},
    smooth::WEIGHTS,
    ticks::Kind,
};
use crate::tui::{action::Action, place::Settings};

/// The settings that all charts of a view share.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartView {
    /// An index into the weights of the smoothing.
    pub smooth: usize,
    pub kind: Kind,
    pub along: Along,
    /// Outliers are left out of the vertical axis.
    pub is_clipped: bool,
    /// Many like series are a heat map instead of lines.
    pub is_heat: bool,
    /// A part of the axis, or all of it.
    pub zoom: Option<(i64, i64)>,
    /// The part moves on with the last point.
    pub is_following: bool,
    /// The place under the crosshair.
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
            along: Along::Step,
            is_clipped: false,
            is_heat: false,
            zoom: None,
            is_following: false,
            crosshair: None,
            selected: 0,
            wanted: None,
            is_alone: false,
            page: 1,
        }
    }
}

/// What the keys act on, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Field {
    pub charts: usize,
    /// The axis of everything there is.
    pub whole: Axis,
    /// The last place of all charts, and of the selected one.
    pub newest: i64,
    pub last: i64,
    /// Places in sight where it has points, in order.
    pub samples: Vec<i64>,
    /// Those where a point is not finite, in order.
    pub flaws: Vec<i64>,
    /// What its points can be counted by.
    pub alongs: Vec<Along>,
}

/// The places where the first of some series has points, and those where any has one that is not finite, each in order.
pub fn places<'a>(
    mut series: impl Iterator<Item = (Track, &'a ChartData)>,
) -> (Vec<i64>, Vec<i64>) {
    let (mut samples, mut flaws) = (vec![], vec![]);
    if let Some((track, data)) = series.next() {
        let filled = data.buckets().filter(|bucket| !bucket.is_empty());
        samples.extend(filled.map(|bucket| track.place(bucket)));
        flaws.extend(data.flaws.iter().map(|point| track.place_of(point)));
    }
    for (track, data) in series {
        flaws.extend(data.flaws.iter().map(|point| track.place_of(point)));
    }
    (in_order(samples), in_order(flaws))
}

/// Each place once, from the least up.
pub fn in_order(places: impl IntoIterator<Item = i64>) -> Vec<i64> {
    let mut places: Vec<i64> = places.into_iter().collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// A zoom is of no fewer places.
const LEAST: i64 = 4;

impl ChartView {
    pub fn weight(&self) -> f64 {
        WEIGHTS[self.smooth.min(WEIGHTS.len() - 1)]
    }

    /// The part of the axis in sight.
    pub fn axis(&self, whole: Axis, newest: i64) -> Axis {
        match self.zoom {
            Some((from, to)) if self.is_following => whole.following(to - from, newest),
            Some((from, to)) => Axis { from, to, ..whole },
            None => whole,
        }
    }

    /// What the keys of a chart do. Says whether it meant something.
    pub fn act(&mut self, action: Action, field: &Field) -> bool {
        let axis = self.axis(field.whole, field.newest);
        let by = |columns: i64| (axis.span() / 100).max(1).saturating_mul(columns);
        let here = self.crosshair.unwrap_or(field.last.min(axis.to));
        let most = field.charts.saturating_sub(1);
        match action {
            Action::Left => self.walk(here, -by(1), axis, field),
            Action::Right => self.walk(here, by(1), axis, field),
            Action::FarLeft => self.walk(here, -by(10), axis, field),
            Action::FarRight => self.walk(here, by(10), axis, field),
            Action::LineStart => self.walk(axis.from, 0, axis, field),
            Action::LineEnd => {
                let last = field.last.clamp(axis.from, axis.to);
                self.crosshair = Some(last);
            }
            Action::NextMatch | Action::PreviousMatch => {
                return self.jump(action == Action::NextMatch, field);
            }
            Action::PreviousSibling => self.selected = self.selected.saturating_sub(1),
            Action::NextSibling => self.selected = (self.selected + 1).min(most),
            Action::PageUp => self.selected = self.selected.saturating_sub(self.page),
            Action::PageDown => self.selected = (self.selected + self.page).min(most),
            Action::Along => return self.turn(field),
            Action::LogScale => self.kind = self.kind.next(),
            Action::Clip => self.is_clipped = !self.is_clipped,
            Action::Heat => self.is_heat = !self.is_heat,
            Action::Matter => self.follow(axis),
            Action::SmoothLess => self.smooth = self.smooth.saturating_sub(1),
            Action::SmoothMore => self.smooth = (self.smooth + 1).min(WEIGHTS.len() - 1),
            Action::ZoomIn => self.zoom_to(here, axis.span() / 2, field),
            Action::ZoomOut => self.zoom_to(here, axis.span().saturating_mul(2), field),
            Action::Fit => self.fit(),
            Action::PanLeft => self.pan(-(axis.span() / 4).max(1), axis, field),
            Action::PanRight => self.pan((axis.span() / 4).max(1), axis, field),
            Action::Escape if self.crosshair.is_some() => self.crosshair = None,
            Action::Escape if self.zoom.is_some() => self.fit(),
            _ => return false,
        }
        true
    }

    /// Moves the crosshair to the first point at or behind a place, in the way it goes; without points, to the place.
    fn walk(&mut self, here: i64, by: i64, axis: Axis, field: &Field) {
        let wanted = here.saturating_add(by).clamp(axis.from, axis.to);
        let seen = || {
            let samples = field.samples.iter().copied();
            samples.filter(|at| axis.from <= *at && *at <= axis.to)
        };
        let found = match by < 0 {
            true => seen().rfind(|at| *at <= wanted).or(seen().next()),
            false => seen().find(|at| wanted <= *at).or(seen().next_back()),
        };
        self.crosshair = Some(found.unwrap_or(wanted));
    }

    /// Moves the crosshair to the next point that is not finite; behind the last one comes the first.
    fn jump(&mut self, is_forward: bool, field: &Field) -> bool {
        let flaws = &field.flaws;
        let here = self.crosshair;
        let found = match is_forward {
            true => {
                let next = flaws.iter().find(|at| here.is_none_or(|here| here < **at));
                next.or(flaws.first())
            }
            false => {
                let before = flaws.iter().rfind(|at| here.is_none_or(|here| **at < here));
                before.or(flaws.last())
            }
        };
        self.crosshair = found.copied().or(here);
        found.is_some()
    }

    /// Counts by the next of what can be counted.
    fn turn(&mut self, field: &Field) -> bool {
        let at = field.alongs.iter().position(|along| *along == self.along);
        let next = at.map_or(0, |at| at + 1) % field.alongs.len().max(1);
        let next = field.alongs.get(next).copied().unwrap_or_default();
        if next == self.along {
            return false;
        }
        self.along = next;
        // Both are places of the axis that was.
        self.crosshair = None;
        self.fit();
        true
    }

    fn fit(&mut self) {
        (self.zoom, self.is_following) = (None, false);
    }

    /// Shows the end as it grows, a quarter of everything if no other part was chosen; or stays where it is.
    fn follow(&mut self, axis: Axis) {
        self.is_following = !self.is_following;
        let part = match self.zoom {
            Some(_) => axis.span(),
            None => (axis.span() / 4).max(LEAST),
        };
        self.zoom = Some(match self.is_following {
            true => (axis.to.saturating_sub(part), axis.to),
            false => (axis.from, axis.to),
        });
    }

    fn zoom_to(&mut self, middle: i64, span: i64, field: &Field) {
        let Axis { from, to, .. } = field.whole;
        let span = span.max(LEAST);
        if field.whole.span() <= span {
            self.fit();
            return;
        }
        let start = middle.saturating_sub(span / 2).clamp(from, to - span);
        self.zoom = Some((start, start + span));
    }

    fn pan(&mut self, by: i64, axis: Axis, field: &Field) {
        if self.zoom.is_none() {
            return;
        }
        let (low, high) = (field.whole.from, field.whole.to);
        let span = axis.span();
        let from = (axis.from.saturating_add(by)).clamp(low, (high - span).max(low));
        (self.zoom, self.is_following) = (Some((from, from + span)), false);
    }

    /// For [`ChartView::restore`].
    pub fn settings(&self) -> Settings {
        let part = self.zoom.map(|(from, to)| format!("{from}..{to}"));
        let at = self.crosshair.map(|place| place.to_string());
        let along = (self.along != Along::Step).then(|| self.along.to_string());
        let kind = (self.kind != Kind::Linear).then(|| self.kind.to_string());
        Settings::default()
            .with("along", along.unwrap_or_default())
            .with("x", part.unwrap_or_default())
            .with("y", kind.unwrap_or_default())
            .with("at", at.unwrap_or_default())
    }

    /// Puts the axes and the crosshair back to what they were, and the chart once it is known.
    pub fn restore(&mut self, settings: &Settings) {
        let range = settings.get("x").and_then(|x| x.split_once(".."));
        self.zoom = range.and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
        self.zoom = self.zoom.filter(|(from, to)| from < to);
        self.along = settings.read("along").unwrap_or_default();
        self.kind = settings.read("y").unwrap_or_default();
        self.crosshair = settings.read("at");
        self.wanted = settings.get("metric").map(str::to_owned);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field() -> Field {
        Field {
            charts: 3,
            whole: Axis {
                to: 2_000,
                ..Axis::default()
            },
            newest: 400,
            last: 400,
            ..Field::default()
        }
    }

    #[test]
    fn zooming_and_panning_stay_inside_the_run() {
        let mut view = ChartView::default();
        let field = Field {
            last: 1_840,
            ..field()
        };
        let axis = |view: &ChartView| {
            let axis = view.axis(field.whole, field.last);
            (axis.from, axis.to)
        };
        let moves = [Action::ZoomIn, Action::ZoomIn].into_iter();
        for action in moves.chain([Action::PanRight; 6]) {
            view.act(action, &field);
            let (from, to) = axis(&view);
            assert!(0 <= from && to <= 2_000 && from < to, "{from} {to}");
        }
        assert_eq!(axis(&view), (1_500, 2_000));
        view.act(Action::ZoomOut, &field);
        view.act(Action::ZoomOut, &field);
        assert_eq!(axis(&view), (0, 2_000));
    }

    #[test]
    fn the_crosshair_walks_and_leaves() {
        let (mut view, field) = (ChartView::default(), field());
        assert!(!view.act(Action::Escape, &field));
        view.act(Action::LineStart, &field);
        view.act(Action::FarRight, &field);
        assert_eq!(view.crosshair, Some(200));
        assert!(view.act(Action::Escape, &field));
        assert_eq!(view.crosshair, None);
    }

    #[test]
    fn the_crosshair_stops_at_points_only() {
        let mut view = ChartView::default();
        let field = Field {
            samples: vec![10, 100, 105, 110, 300],
            ..field()
        };
        let mut after = |action| {
            view.act(action, &field);
            view.crosshair.unwrap()
        };
        let walked = [
            Action::LineStart,
            Action::Right,
            Action::Right,
            Action::Right,
            Action::Right,
            Action::Left,
            Action::Left,
            Action::FarLeft,
        ]
        .map(&mut after);
        assert_eq!(walked, [10, 100, 300, 300, 300, 110, 10, 10]);
    }

    #[test]
    fn the_crosshair_jumps_from_one_flaw_to_the_next_and_round_again() {
        let mut view = ChartView::default();
        let field = Field {
            flaws: vec![15, 70, 71],
            ..field()
        };
        let (next, before) = (Action::NextMatch, Action::PreviousMatch);
        let mut after = |action| {
            assert!(view.act(action, &field));
            view.crosshair.unwrap()
        };
        let jumped = [next, next, next, next, before, before].map(&mut after);
        assert_eq!(jumped, [15, 70, 71, 15, 71, 70]);
        assert!(!view.act(next, &self::field()), "there is none");
        assert_eq!(view.crosshair, Some(70));
    }

    #[test]
    fn another_axis_shows_all_of_it() {
        let mut view = ChartView {
            zoom: Some((0, 100)),
            crosshair: Some(5),
            ..ChartView::default()
        };
        let mut field = field();
        assert!(!view.act(Action::Along, &field), "there is no other");
        field.alongs = vec![Along::Step, Along::Wall, Along::Epoch];
        let turned = [(); 4].map(|()| {
            assert!(view.act(Action::Along, &field));
            view.along
        });
        assert_eq!(
            turned,
            [Along::Wall, Along::Epoch, Along::Step, Along::Wall]
        );
        assert_eq!((view.zoom, view.crosshair), (None, None));
    }

    #[test]
    fn a_followed_end_stays_in_sight_until_one_looks_elsewhere() {
        let (mut view, mut field) = (ChartView::default(), field());
        view.act(Action::Matter, &field);
        for last in [400, 900, 1_300] {
            field.newest = last;
            let axis = view.axis(field.whole, last);
            assert_eq!(axis.span(), 500);
            assert!(axis.from <= last && last < axis.to);
        }
        view.act(Action::PanLeft, &field);
        let stood = view.axis(field.whole, 1_300);
        assert_eq!(view.axis(field.whole, 2_000), stood);
    }

    #[test]
    fn a_view_is_put_back_to_what_it_was() {
        let view = ChartView {
            along: Along::RelTime,
            kind: Kind::Symlog,
            zoom: Some((5, 50)),
            crosshair: Some(7),
            ..ChartView::default()
        };
        let mut other = ChartView::default();
        other.restore(&view.settings());
        assert_eq!(other, view);
    }
}
