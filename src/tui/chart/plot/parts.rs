//! Where the parts of a chart lie in its area.

use ratatui::layout::Rect;

use super::{Plot, not_finite};
use crate::tui::{
    chart::{dots::Dots, ticks::Kind},
    look::Look,
};

/// The plot, and the rows above and below it as far as there is room and something to show in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub plot: Rect,
    /// Columns at the left of the plot for the labels of values and the line beside them.
    pub gutter: u16,
    /// What is not finite.
    pub flaws: Option<u16>,
    /// What has no place on a log axis.
    pub strip: Option<u16>,
    pub events: Option<u16>,
    /// The labels of places.
    pub places: Option<u16>,
}

/// Of a fixed width, so that growing values do not shift the picture.
const GUTTER: u16 = 8;

impl Parts {
    pub fn of(plot: &Plot<'_>, area: Rect) -> Self {
        let mut buckets = plot.buckets();
        let has_flaws = buckets.any(|bucket| 0 < not_finite(bucket));
        let has_events =
            !plot.events.is_empty() || plot.named().iter().any(|line| 1 < line.data.raw.len());
        let has_strip = plot.kind == Kind::Log
            && plot
                .buckets()
                .any(|bucket| 0 < bucket.finite && bucket.min <= 0.0);
        Self::laid(area, has_flaws, has_strip, has_events)
    }

    fn laid(area: Rect, has_flaws: bool, has_strip: bool, has_events: bool) -> Self {
        let gutter = if 24 <= area.width { GUTTER } else { 0 };
        let mut parts = Self {
            plot: Rect {
                x: area.x + gutter,
                width: area.width - gutter,
                ..area
            },
            gutter,
            ..Self::default()
        };
        if has_flaws && 3 <= area.height {
            parts.flaws = Some(area.y);
            parts.plot.y += 1;
            parts.plot.height -= 1;
        }
        let mut bottom = |is_wanted: bool, least: u16| {
            let is_given = is_wanted && least <= area.height;
            parts.plot.height -= u16::from(is_given);
            is_given.then_some(parts.plot.bottom())
        };
        let places = bottom(true, 4);
        let events = bottom(has_events, 6);
        let strip = bottom(has_strip, 5);
        Self {
            places,
            events,
            strip,
            ..parts
        }
    }
}

/// Dot columns of a chart of this size: what to ask a series for.
pub fn columns(look: &Look, area: Rect) -> usize {
    let plot = Parts::laid(area, false, false, false).plot;
    usize::from(plot.width) * Dots::per_cell(look.charset).0
}
