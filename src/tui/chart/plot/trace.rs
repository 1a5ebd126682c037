//! The lines of a chart as dots, and which of them lies above which.

use super::{Line, Plot, SLOTS, not_finite};
use crate::{
    domain::series::{Bucket, Segment},
    tui::chart::{
        band::Band,
        column,
        dots::{Dots, Pen},
        ticks::Scale,
    },
};

/// Dots and gaps of each slot's line, where a chart has several: the first is whole, and no two are alike.
const RHYTHMS: [&[usize]; SLOTS] = [
    &[],
    &[6, 2],
    &[4, 2],
    &[2, 2],
    &[6, 2, 1, 2],
    &[4, 2, 1, 2],
    &[10, 3],
    &[1, 2],
];

/// A point further behind the one before than so many of the usual distances is not joined to it, along time.
const GAP: i64 = 5;

impl Plot<'_> {
    /// Sets the dots of all lines: bands first, above them the raw lines, then the smoothed ones. What a later segment
    /// stands in for is faint.
    pub(super) fn set_dots(&self, dots: &mut Dots, scale: &Scale) {
        if let Some(band) = Band::range_of("", self.others(), &self.axis, dots.columns()) {
            set_band(dots, scale, &band);
        }
        self.bands
            .iter()
            .for_each(|band| set_band(dots, scale, band));
        for line in self.named() {
            let is_smooth = !line.data.smooth.is_empty();
            for (segment, until) in with_ends(&line.data.raw) {
                self.trace(dots, scale, line, segment, |step| {
                    self.pen(line.slot, is_smooth || until <= step)
                });
            }
        }
        for line in self.named() {
            for (segment, until) in with_ends(&line.data.smooth) {
                self.trace(dots, scale, line, segment, |step| {
                    self.pen(line.slot, until <= step)
                });
            }
        }
    }

    /// Rhythms tell lines apart in every theme as soon as there are two, so that a chart reads the same without colour.
    fn pen(&self, slot: usize, is_faint: bool) -> Pen {
        let slot = slot % SLOTS;
        match is_faint {
            true => Pen::solid(Layer::Faint(slot).number()),
            false => Pen {
                layer: Layer::Bright(slot).number(),
                rhythm: if 1 < self.lines.len() && !self.look.charset.has_marks() {
                    RHYTHMS[slot]
                } else {
                    &[]
                },
            },
        }
    }

    /// A segment: each column from its least to its greatest value, joined last to first. Where something is not finite,
    /// nothing is joined, and along time neither where points stopped coming for long.
    fn trace(
        &self,
        dots: &mut Dots,
        scale: &Scale,
        line: &Line<'_>,
        segment: &Segment,
        pen: impl Fn(i64) -> Pen,
    ) {
        let (columns, rows) = (dots.columns(), dots.rows());
        let (axis, data) = (&self.axis, line.data);
        let is_same = data.key == line.track.key
            && line.track.keys(axis.from, axis.to) == (data.from, data.to)
            && line.track.unit == 1.0
            && segment.columns.len() == columns;
        let widest = match axis.along.is_time() {
            true => widest(line, segment),
            false => i64::MAX,
        };
        let mut before: Option<(usize, usize, i64)> = None;
        for (at, bucket) in segment.columns.iter().enumerate() {
            if bucket.is_empty() {
                continue;
            }
            let place = line.track.place(bucket);
            let spot = match is_same {
                true => Some(at),
                false => column(axis.from, axis.to, columns, place),
            };
            let (Some(spot), true) = (spot, 0 < bucket.finite) else {
                before = None;
                continue;
            };
            let pen = pen(bucket.step);
            let row = |value: f64| scale.row(value, rows);
            // On a log axis what is not positive reaches down to the edge.
            let floor = |value: f64| row(value).unwrap_or(rows.saturating_sub(1));
            if let Some(top) = row(bucket.max) {
                dots.rise(spot, top, floor(bucket.min), pen);
            }
            let is_whole = not_finite(bucket) == 0;
            let near = before.filter(|(_, _, then)| place.saturating_sub(*then) <= widest);
            if let (Some((x, y, _)), Some(first), true) = (near, row(bucket.first), is_whole) {
                dots.line((x, y), (spot, first), pen);
            }
            before = row(bucket.last)
                .filter(|_| is_whole)
                .map(|row| (spot, row, place));
        }
    }
}

/// The widest gap of a segment that is still joined.
fn widest(line: &Line<'_>, segment: &Segment) -> i64 {
    let filled = segment.columns.iter().filter(|bucket| !bucket.is_empty());
    let places: Vec<i64> = filled.map(|bucket| line.track.place(bucket)).collect();
    let gaps = places
        .windows(2)
        .map(|pair| pair[1].saturating_sub(pair[0]));
    let mut gaps: Vec<i64> = gaps.filter(|gap| 0 < *gap).collect();
    if gaps.is_empty() {
        return i64::MAX;
    }
    let middle = gaps.len() / 2;
    let (_, median, _) = gaps.select_nth_unstable(middle);
    median.saturating_mul(GAP)
}

/// A band: its edges, sparse dots between them, and its middle.
fn set_band(dots: &mut Dots, scale: &Scale, band: &Band) {
    let rows = dots.rows();
    let thin = Pen {
        layer: Layer::Band.number(),
        rhythm: &[1, 1],
    };
    for (at, spread) in band.columns.iter().enumerate() {
        let Some(spread) = spread else {
            continue;
        };
        let row = |value| scale.row(value, rows).unwrap_or(rows.saturating_sub(1));
        let (top, bottom) = (row(spread.upper), row(spread.lower));
        let inside = (top..=bottom).filter(|row| (at + 2 * row).is_multiple_of(4));
        inside.for_each(|row| dots.set(at, row, thin.layer));
        let before = at
            .checked_sub(1)
            .and_then(|at| band.columns.get(at)?.as_ref());
        let before = before.unwrap_or(spread);
        let from = at.saturating_sub(1);
        dots.line((from, row(before.upper)), (at, top), thin);
        dots.line((from, row(before.lower)), (at, bottom), thin);
    }
    let middle = Pen::solid(match band.slot {
        Some(slot) => Layer::Bright(slot % SLOTS).number(),
        None => Layer::Band.number(),
    });
    let mut before: Option<(usize, usize)> = None;
    for (at, spread) in band.columns.iter().enumerate() {
        let here = spread.and_then(|spread| Some((at, scale.row(spread.mid, rows)?)));
        if let Some(here) = here {
            dots.line(before.unwrap_or(here), here, middle);
        }
        before = here;
    }
}

/// What a dot belongs to.
#[derive(Clone, Copy)]
pub enum Layer {
    Faint(usize),
    Bright(usize),
    Band,
}

impl Layer {
    fn number(self) -> u8 {
        match self {
            Self::Faint(slot) => slot as u8,
            Self::Bright(slot) => (SLOTS + slot) as u8,
            Self::Band => 2 * SLOTS as u8,
        }
    }

    pub fn of(number: u8) -> Self {
        let number = usize::from(number);
        match number / SLOTS {
            0 => Self::Faint(number),
            1 => Self::Bright(number % SLOTS),
            _ => Self::Band,
        }
    }
}

/// Segments with the step from which a later one stands in their place.
fn with_ends(segments: &[Segment]) -> impl Iterator<Item = (&Segment, i64)> {
    let first = |segment: &Segment| -> Option<i64> {
        segment
            .columns
            .iter()
            .map(|bucket: &Bucket| bucket.step)
            .min()
    };
    segments.iter().enumerate().map(move |(at, segment)| {
        let starts = segments[at + 1..].iter().filter_map(first);
        (segment, starts.min().unwrap_or(i64::MAX))
    })
}
