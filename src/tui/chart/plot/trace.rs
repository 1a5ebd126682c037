//! The lines of a chart as dots, and which of them lies above which.

use super::{Plot, SLOTS, not_finite};
use crate::{
    domain::series::Segment,
    tui::chart::{ChartData, column, dots::Dots, ticks::Scale},
};

impl Plot<'_> {
    /// Sets the dots of all lines: the raw ones first, the smoothed ones above them. What a later segment stands in for is
    /// faint.
    pub(super) fn set_dots(&self, dots: &mut Dots, scale: &Scale) {
        let layer = |slot: usize, is_faint: bool| match is_faint {
            true => Layer::Faint(slot % SLOTS),
            false => Layer::Bright(slot % SLOTS),
        };
        for line in self.lines {
            let is_smooth = !line.data.smooth.is_empty();
            for (segment, until) in with_ends(&line.data.raw) {
                self.trace(dots, scale, line.data, segment, |step| {
                    layer(line.slot, is_smooth || until <= step)
                });
            }
        }
        for line in self.lines {
            for (segment, until) in with_ends(&line.data.smooth) {
                self.trace(dots, scale, line.data, segment, |step| {
                    layer(line.slot, until <= step)
                });
            }
        }
    }

    /// A segment: each column from its least to its greatest value, joined last to first. Where something is not finite,
    /// nothing is joined.
    fn trace(
        &self,
        dots: &mut Dots,
        scale: &Scale,
        data: &ChartData,
        segment: &Segment,
        layer: impl Fn(i64) -> Layer,
    ) {
        let (columns, rows) = (dots.columns(), dots.rows());
        let is_same =
            data.from == self.from && data.to == self.to && segment.columns.len() == columns;
        let mut before: Option<(usize, usize)> = None;
        for (at, bucket) in segment.columns.iter().enumerate() {
            if bucket.is_empty() {
                continue;
            }
            let place = if is_same {
                Some(at)
            } else {
                column(self.from, self.to, columns, bucket.step)
            };
            let (Some(place), true) = (place, 0 < bucket.finite) else {
                before = None;
                continue;
            };
            let layer = layer(bucket.step).number();
            let row = |value: f64| scale.row(value, rows);
            // On a log axis what is not positive reaches down to the edge.
            let floor = |value: f64| row(value).unwrap_or(rows.saturating_sub(1));
            if let Some(top) = row(bucket.max) {
                dots.rise(place, top, floor(bucket.min), layer);
            }
            let is_whole = not_finite(bucket) == 0;
            if let (Some(before), Some(first), true) = (before, row(bucket.first), is_whole) {
                dots.line(before, (place, first), layer);
            }
            before = row(bucket.last)
                .filter(|_| is_whole)
                .map(|row| (place, row));
        }
    }
}

/// What a dot belongs to.
#[derive(Clone, Copy)]
pub enum Layer {
    Faint(usize),
    Bright(usize),
}

impl Layer {
    fn number(self) -> u8 {
        match self {
            Self::Faint(slot) => slot as u8,
            Self::Bright(slot) => (SLOTS + slot) as u8,
        }
    }

    pub fn of(number: u8) -> Self {
        let slot = usize::from(number) % SLOTS;
        if usize::from(number) < SLOTS {
            Self::Faint(slot)
        } else {
            Self::Bright(slot)
        }
    }
}

/// Segments with the step from which a later one stands in their place.
fn with_ends(segments: &[Segment]) -> impl Iterator<Item = (&Segment, i64)> {
    segments.iter().enumerate().map(|(at, segment)| {
        let starts = segments[at + 1..]
            .iter()
            .filter_map(|later| later.columns.iter().map(|bucket| bucket.step).min());
        (segment, starts.min().unwrap_or(i64::MAX))
    })
}
