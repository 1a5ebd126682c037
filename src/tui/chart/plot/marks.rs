//! What stands on a chart besides its lines: what is not finite, what does not fit, events, letters, words.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Band, Dots, Line, Parts, Plot, letter, not_finite, put};
use crate::{
    domain::series::Bucket,
    tui::{chart::ticks::Scale, glyphs::Charset, text, theme::Role},
};

impl Plot<'_> {
    /// What is not finite, in a row of its own above the plot, each where it stands.
    pub(super) fn draw_flaws(&self, buffer: &mut Buffer, parts: &Parts) {
        let Some(y) = parts.flaws else {
            return;
        };
        let style = self.look.style(Role::Error);
        let mut mark = |place: i64, symbol: &str| {
            if let Some(x) = self.cell_column(parts.plot, place) {
                put(buffer, x, y, symbol, style);
            }
        };
        for line in self.lines {
            let known = line.data.flaws.len() as u64;
            let all: u64 = (line.data.buckets())
                .map(|bucket| u64::from(not_finite(bucket)))
                .sum();
            // More than were read are marked where their columns begin.
            if known < all {
                for bucket in line.data.buckets() {
                    let symbol = match bucket {
                        _ if 0 < bucket.nan => "!",
                        _ if 0 < bucket.positive_infinite => "^",
                        _ if 0 < bucket.negative_infinite => "v",
                        _ => continue,
                    };
                    mark(line.track.place(bucket), symbol);
                }
            }
            for point in &line.data.flaws {
                let symbol = match point.value {
                    value if value.is_nan() => "!",
                    value if 0.0 < value => "^",
                    _ => "v",
                };
                mark(line.track.place_of(point), symbol);
            }
        }
    }

    /// Columns with values that a log axis has no place for, and how many these are.
    pub(super) fn draw_strip(&self, buffer: &mut Buffer, parts: &Parts) {
        let Some(y) = parts.strip else {
            return;
        };
        let mark = self.look.charset.levels()[0];
        let (mut count, mut is_all) = (0, true);
        for line in self.lines {
            let style = self.look.theme.series(line.slot);
            let below = |bucket: &&Bucket| 0 < bucket.finite && bucket.min <= 0.0;
            for bucket in line.data.buckets().filter(below) {
                match bucket.max <= 0.0 {
                    true => count += bucket.finite,
                    // Some of its values are above: how many, a column does not say.
                    false => (count, is_all) = (count + 1, false),
                }
                if let Some(x) = self.cell_column(parts.plot, line.track.place(bucket)) {
                    put(buffer, x, y, mark, style);
                }
            }
        }
        if parts.gutter == 0 {
            return;
        }
        let sign = match self.look.charset {
            Charset::Ascii => "<=0",
            _ => "≤0",
        };
        let more = if is_all { "" } else { "+" };
        let width = usize::from(parts.gutter) - 1;
        let count = text::scaled(count as f64);
        let label = [" ×", "×"].map(|times| format!("{sign}{times}{count}{more}"));
        let label = (label.into_iter().find(|label| text::width(label) <= width))
            .unwrap_or_else(|| sign.to_owned());
        let label = text::cell_right(&label, width, "");
        let left = parts.plot.x - parts.gutter;
        buffer.set_stringn(left, y, label, width, self.look.style(Role::Warn));
    }

    /// Marks at the edges where a column reaches beyond the axis.
    pub(super) fn draw_clipped(&self, buffer: &mut Buffer, plot: Rect, scale: &Scale) {
        if !self.is_clipped {
            return;
        }
        let style = self.look.style(Role::Warn);
        for line in self.lines {
            for bucket in line.data.buckets().filter(|bucket| 0 < bucket.finite) {
                let Some(x) = self.cell_column(plot, line.track.place(bucket)) else {
                    continue;
                };
                if scale.is_above(bucket.max) {
                    put(buffer, x, plot.y, self.look.charset.sorted(true), style);
                }
                if scale.is_below(bucket.min) {
                    let bottom = plot.bottom() - 1;
                    put(buffer, x, bottom, self.look.charset.sorted(false), style);
                }
            }
        }
    }

    /// The letters of events and the seams of resumed runs: in a row of their own, or over the lowest of the plot.
    pub(super) fn draw_events(&self, buffer: &mut Buffer, parts: &Parts) {
        let y = parts.events.unwrap_or(parts.plot.bottom() - 1);
        for event in self.events {
            if let Some(x) = self.cell_column(parts.plot, event.place) {
                let letter = event.letter.to_string();
                put(buffer, x, y, &letter, self.look.style(event.role));
            }
        }
        for line in self.named() {
            for segment in line.data.raw.iter().skip(1) {
                let first = segment.columns.iter().find(|bucket| !bucket.is_empty());
                let place = first.map(|bucket| line.track.place(bucket));
                if let Some(x) = place.and_then(|place| self.cell_column(parts.plot, place)) {
                    let (seam, style) = (self.look.charset.seam(), self.look.style(Role::Warn));
                    put(buffer, x, y, seam, style);
                }
            }
        }
    }

    /// The letter of each line, and of each band, behind its last point, where there are several; none over another.
    pub(super) fn draw_letters(&self, buffer: &mut Buffer, plot: Rect, scale: &Scale) {
        let lines = self.named().iter().filter(|_| 1 < self.lines.len());
        let of_lines = lines.filter_map(|line| Some((line.slot, self.end(plot, scale, line)?)));
        let bands = self.bands.iter().filter(|_| 1 < self.bands.len());
        let of_bands =
            bands.filter_map(|band| Some((band.slot?, self.end_of_band(plot, scale, band)?)));
        let mut taken: Vec<(u16, u16)> = vec![];
        for (slot, (x, y)) in of_lines.chain(of_bands) {
            let x = if x + 1 < plot.right() { x + 1 } else { x };
            let near = [0, -1, 1, -2, 2].map(|by| i32::from(y) + by);
            let free = near.into_iter().find_map(|y| {
                let y = u16::try_from(y).ok()?;
                let is_free = plot.top() <= y && y < plot.bottom() && !taken.contains(&(x, y));
                is_free.then_some(y)
            });
            if let Some(y) = free {
                taken.push((x, y));
                let letter = letter(slot).to_string();
                put(buffer, x, y, &letter, self.look.theme.series(slot));
            }
        }
    }

    /// The cell of a line's last point.
    fn end(&self, plot: Rect, scale: &Scale, line: &Line<'_>) -> Option<(u16, u16)> {
        let segments = match line.data.smooth.is_empty() {
            true => &line.data.raw,
            false => &line.data.smooth,
        };
        let columns = &segments.last()?.columns;
        let last = columns.iter().rfind(|bucket| 0 < bucket.finite)?;
        let row = scale.row(last.last, usize::from(plot.height))?;
        let x = self.cell_column(plot, line.track.place(last))?;
        Some((x, plot.y + row as u16))
    }

    /// The cell of the last point of a band's middle.
    fn end_of_band(&self, plot: Rect, scale: &Scale, band: &Band) -> Option<(u16, u16)> {
        let at = band.columns.iter().rposition(Option::is_some)?;
        let row = scale.row(band.columns[at]?.mid, usize::from(plot.height))?;
        let (across, _) = Dots::per_cell(self.look.charset);
        Some((plot.x + (at / across) as u16, plot.y + row as u16))
    }

    /// Where nothing can be drawn: why.
    pub(super) fn draw_nothing(&self, buffer: &mut Buffer, plot: Rect) {
        let sum = |count: fn(&Bucket) -> u32| -> u64 {
            self.buckets().map(|bucket| u64::from(count(bucket))).sum()
        };
        let nan = sum(|bucket| bucket.nan);
        let infinite = sum(|bucket| bucket.positive_infinite + bucket.negative_infinite);
        let text = match (nan, infinite) {
            (0, 0) => match self.awaits {
                Some(what) => format!("no points yet — {what}"),
                None => "no points here".to_owned(),
            },
            (1, 0) => "the only value is NaN".to_owned(),
            (0, 1) => "the only value is infinite".to_owned(),
            (nan, 0) => format!("all {nan} values NaN"),
            (0, infinite) => format!("all {infinite} values infinite"),
            _ => format!("no finite value: NaN×{nan} inf×{infinite}"),
        };
        let role = if nan + infinite == 0 {
            Role::Dim
        } else {
            Role::Error
        };
        let text = self.look.clip(&text, usize::from(plot.width));
        let x = plot.x + (plot.width - text::width(&text) as u16) / 2;
        buffer.set_string(x, plot.y + plot.height / 2, text, self.look.style(role));
    }

    /// A dot alone is easily missed: its value stands beside it.
    pub(super) fn label_single_point(&self, buffer: &mut Buffer, plot: Rect, scale: &Scale) {
        let points: u64 = self.buckets().map(|bucket| bucket.finite).sum();
        let mut of_lines = (self.lines.iter())
            .flat_map(|line| line.data.buckets().map(move |bucket| (line, bucket)));
        let first = of_lines.find(|(_, bucket)| 0 < bucket.finite);
        let (1, Some((line, bucket))) = (points, first) else {
            return;
        };
        let place = self.cell_column(plot, line.track.place(bucket));
        let row = scale.row(bucket.last, usize::from(plot.height));
        let Some((x, row)) = place.zip(row) else {
            return;
        };
        let value = text::value(bucket.last);
        let width = text::width(&value) as u16;
        let x = match x.checked_sub(width + 1) {
            Some(before) if plot.x <= before => before,
            _ => x + 2,
        };
        if x + width <= plot.right() {
            let style = self.look.theme.series(line.slot);
            buffer.set_string(x, plot.y + row as u16, value, style);
        }
    }
}
