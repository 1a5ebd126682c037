//! The chart itself: axes, limits, bands, lines, what is not finite or does not fit, events, the crosshair.

mod axes;
mod marks;
mod parts;
mod trace;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::Style,
};

pub use self::parts::{Parts, columns};
use self::trace::Layer;
use super::{
    ChartData,
    axis::{Axis, Track},
    band::Band,
    column,
    dots::Dots,
    ticks::{Kind, Scale},
};
use crate::{
    domain::series::Bucket,
    tui::{look::Look, theme::Role},
};

/// One series of a chart: of any run. The slot gives its colour, its rhythm and its letter.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    pub label: &'a str,
    pub slot: usize,
    /// What of it is not finite, in a word: `NaN×4`.
    pub badge: Option<&'a str>,
    /// How the run's points become places on the axis.
    pub track: Track,
    pub data: &'a ChartData,
}

impl Line<'_> {
    pub fn letter(&self) -> char {
        letter(self.slot)
    }
}

/// What the line of a slot is called.
pub fn letter(slot: usize) -> char {
    char::from(b'a' + (slot % 26) as u8)
}

/// A value that a series should not pass. Lines of both kinds differ in their pattern, not only in their colour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    Warn(f64),
    Alert(f64),
}

impl Limit {
    pub fn value(self) -> f64 {
        match self {
            Self::Warn(value) | Self::Alert(value) => value,
        }
    }

    fn role(self) -> Role {
        match self {
            Self::Warn(_) => Role::LimitWarn,
            Self::Alert(_) => Role::LimitAlert,
        }
    }
}

/// Something that happened at a place of the axis; its letter stands below the lines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tick {
    pub place: i64,
    pub letter: char,
    pub role: Role,
}

/// What to draw.
pub struct Plot<'a> {
    pub look: &'a Look,
    pub axis: Axis,
    /// In order: the first eight have a line each, the others are a band with their median.
    pub lines: &'a [Line<'a>],
    /// Of groups of runs, one each.
    pub bands: &'a [Band],
    pub limits: &'a [Limit],
    pub events: &'a [Tick],
    pub kind: Kind,
    /// The axis leaves out the hundredth of the values at either end.
    pub is_clipped: bool,
    /// The place under the crosshair.
    pub crosshair: Option<i64>,
    /// What an empty chart waits for, if that is known.
    pub awaits: Option<&'a str>,
}

/// Lines that have a colour and a mark of their own.
pub const SLOTS: usize = 8;
/// Marks of lines where there are no dots.
pub const MARKS: [char; SLOTS] = ['*', 'o', '+', 'x', '#', '@', '%', '&'];

impl<'a> Plot<'a> {
    /// Some lines with nothing beside them.
    pub fn new(look: &'a Look, axis: Axis, lines: &'a [Line<'a>]) -> Self {
        Self {
            look,
            axis,
            lines,
            bands: &[],
            limits: &[],
            events: &[],
            kind: Kind::Linear,
            is_clipped: false,
            crosshair: None,
            awaits: None,
        }
    }

    /// The lines that are drawn each by itself.
    pub fn named(&self) -> &'a [Line<'a>] {
        &self.lines[..self.lines.len().min(SLOTS)]
    }

    /// Those that are only part of a band.
    pub fn others(&self) -> &'a [Line<'a>] {
        &self.lines[self.lines.len().min(SLOTS)..]
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect) {
        let area = area.intersection(buffer.area);
        let parts = Parts::of(self, area);
        if parts.plot.is_empty() {
            return;
        }
        let has_values = self.has_values();
        let scale = self.scale();
        self.draw_values(buffer, &parts, has_values.then_some(&scale));
        self.draw_places(buffer, &parts);
        self.draw_limits(buffer, parts.plot, &scale);
        self.draw_flaws(buffer, &parts);
        self.draw_events(buffer, &parts);
        if !has_values {
            self.draw_nothing(buffer, parts.plot);
            return;
        }
        let mut dots = Dots::new(self.look.charset, parts.plot);
        self.set_dots(&mut dots, &scale);
        self.draw_crosshair(buffer, parts.plot);
        let theme = self.look.theme;
        let style = |layer: u8| match Layer::of(layer) {
            Layer::Faint(slot) => theme.raw(slot),
            Layer::Bright(slot) => theme.series(slot),
            Layer::Band => self.look.style(Role::Dim),
        };
        let mark = |layer: u8| match Layer::of(layer) {
            Layer::Faint(_) => '.',
            Layer::Bright(slot) => MARKS[slot],
            Layer::Band => ':',
        };
        dots.draw(buffer, parts.plot, style, mark);
        self.draw_clipped(buffer, parts.plot, &scale);
        self.draw_strip(buffer, &parts);
        self.cross_dots(buffer, parts.plot);
        self.draw_far_limits(buffer, parts.plot, &scale);
        self.draw_letters(buffer, parts.plot, &scale);
        self.label_single_point(buffer, parts.plot, &scale);
    }

    fn buckets(&self) -> impl Iterator<Item = &'a Bucket> {
        self.lines.iter().flat_map(|line| line.data.buckets())
    }

    fn has_values(&self) -> bool {
        self.buckets().any(|bucket| 0 < bucket.finite)
            || self.bands.iter().any(|band| band.range().is_some())
    }

    /// The axis around all finite values in sight.
    pub fn scale(&self) -> Scale {
        let values = self.values();
        let (low, high) = match self.is_clipped {
            true => middle(&values),
            false => self.with_limits(extremes(values.iter().copied())),
        };
        Scale::around(self.kind, low, high, small(&values))
    }

    /// The least and the greatest value of each column, and the ends of the bands, as far as the axis can show them.
    fn values(&self) -> Vec<f64> {
        let of_lines = self.buckets().filter(|bucket| 0 < bucket.finite);
        let of_lines = of_lines.flat_map(|bucket| {
            let both = [bucket.min, bucket.max];
            both.into_iter().take(1 + usize::from(1 < bucket.finite))
        });
        let of_bands = self.bands.iter().filter_map(Band::range);
        of_lines
            .chain(of_bands.flat_map(|(low, high)| [low, high]))
            .filter(|value| self.kind != Kind::Log || 0.0 < *value)
            .collect()
    }

    /// Limits are in sight where that leaves the lines a third of the height.
    fn with_limits(&self, (low, high): (f64, f64)) -> (f64, f64) {
        let limits = self.limits.iter().map(|limit| limit.value());
        let wide = limits
            .filter(|limit| limit.is_finite() && (self.kind != Kind::Log || 0.0 < *limit))
            .fold((low, high), |(low, high), limit| {
                (low.min(limit), high.max(limit))
            });
        let is_flat = high <= low;
        match is_flat || wide.1 - wide.0 <= (high - low) * 3.0 || self.kind != Kind::Linear {
            true => wide,
            false => (low, high),
        }
    }

    /// Columns that reach beyond the axis.
    pub fn clipped(&self) -> usize {
        if !self.is_clipped {
            return 0;
        }
        let scale = self.scale();
        let is_beyond = |bucket: &&Bucket| {
            0 < bucket.finite && (scale.is_above(bucket.max) || scale.is_below(bucket.min))
        };
        self.buckets().filter(is_beyond).count()
    }

    fn cell_column(&self, plot: Rect, place: i64) -> Option<u16> {
        let column = column(self.axis.from, self.axis.to, usize::from(plot.width), place)?;
        Some(plot.x + column as u16)
    }
}

fn extremes(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    })
}

/// Fewer values have no outlier.
const ENOUGH: usize = 10;

/// The 1st and the 99th percentile, by rank and rounded inwards, so that one outlier of few values is left out too.
fn middle(values: &[f64]) -> (f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let off = match sorted.len() {
        few if few < ENOUGH => 0,
        many => many.div_ceil(100),
    };
    match (sorted.get(off), sorted.iter().nth_back(off)) {
        (Some(low), Some(high)) => (*low, *high),
        _ => extremes(sorted.into_iter()),
    }
}

/// A size that one value in twenty is below, zeros left out; 0 where there is none.
fn small(values: &[f64]) -> f64 {
    let sizes = values.iter().map(|value| value.abs());
    let mut sizes: Vec<f64> = sizes.filter(|size| 0.0 < *size).collect();
    if sizes.is_empty() {
        return 0.0;
    }
    let at = sizes.len() / 20;
    *sizes.select_nth_unstable_by(at, f64::total_cmp).1
}

fn not_finite(bucket: &Bucket) -> u32 {
    bucket.nan + bucket.positive_infinite + bucket.negative_infinite
}

fn put(buffer: &mut Buffer, x: u16, y: u16, symbol: &str, style: Style) {
    if let Some(cell) = buffer.cell_mut(Position::new(x, y)) {
        cell.set_symbol(symbol).set_style(style);
    }
}

#[cfg(test)]
mod tests;
