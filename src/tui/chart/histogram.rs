//! How values are distributed: a bar for each bin.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::tui::{look::Look, text, theme::Role};

/// Counts of values in bins side by side, drawn upwards.
pub struct Histogram<'a> {
    pub look: &'a Look,
    /// The ends of the bins in order: one more than there are bins.
    pub edges: &'a [f64],
    pub counts: &'a [u64],
    /// Values that are in no bin.
    pub nan: u64,
    pub infinite: u64,
    /// What stands below the first and the last bin where that is no plain number.
    pub ends: Option<[String; 2]>,
}

/// The same in one row: a cell for each bin, or for neighbouring bins together, as high as its count; blank where nothing is.
pub fn row(look: &Look, counts: &[u64], columns: usize) -> String {
    let counts = fitting(counts, columns);
    let most = counts.iter().copied().max().unwrap_or(0);
    let levels = look.charset.levels();
    let cell = |count: &u64| match count {
        0 => " ",
        count => {
            levels[((*count as f64 / most as f64 * levels.len() as f64).ceil() as usize)
                .clamp(1, levels.len())
                - 1]
        }
    };
    counts.iter().map(cell).collect()
}

impl Histogram<'_> {
    /// Bars from the lowest row up, above them the greatest count, below them the ends of the first and the last bin. Bins
    /// for which there is no column are drawn together.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect) {
        let area = area.intersection(buffer.area);
        if area.is_empty() {
            return;
        }
        let total: u64 = self.counts.iter().sum();
        if total == 0 || self.edges.len() != self.counts.len() + 1 {
            self.draw_nothing(buffer, area);
            return;
        }
        let (top, bottom) = (u16::from(2 < area.height), u16::from(1 < area.height));
        let bars = Rect {
            y: area.y + top,
            height: area.height - top - bottom,
            ..area
        };
        let counts = fitting(self.counts, usize::from(area.width));
        let most = counts.iter().copied().max().unwrap_or(0);
        let each = usize::from(area.width) / counts.len();
        for (at, count) in counts.iter().enumerate() {
            let left = bars.x + (at * each) as u16;
            // Between wide bars there is a gap.
            let width = if 2 < each { each - 1 } else { each } as u16;
            let bar = Rect {
                x: left,
                width,
                ..bars
            };
            self.draw_bar(buffer, bar, *count, most);
        }
        if 0 < top {
            self.draw_head(buffer, area, most);
        }
        if 0 < bottom {
            self.draw_ends(buffer, area);
        }
    }

    fn draw_bar(&self, buffer: &mut Buffer, bar: Rect, count: u64, most: u64) {
        let levels = self.look.charset.levels();
        let steps = usize::from(bar.height) * levels.len();
        let height = (count as f64 / most as f64 * steps as f64).round() as usize;
        // What was counted is seen, however little it is.
        let height = height.max(usize::from(0 < count));
        let style = self.look.style(Role::Accent);
        for (row, y) in (bar.top()..bar.bottom()).rev().enumerate() {
            let filled = height.saturating_sub(row * levels.len()).min(levels.len());
            let Some(level) = filled.checked_sub(1) else {
                break;
            };
            let text = levels[level].repeat(usize::from(bar.width));
            buffer.set_string(bar.x, y, text, style);
        }
    }

    fn draw_head(&self, buffer: &mut Buffer, area: Rect, most: u64) {
        let wide = usize::from(area.width);
        let most = self
            .look
            .clip(&format!("{} at most", text::count(most as i64)), wide);
        buffer.set_string(area.x, area.y, &most, self.look.style(Role::Axis));
        let Some(bad) = self.bad() else {
            return;
        };
        let width = text::width(&bad);
        if text::width(&most) + 2 + width <= wide {
            let x = area.right() - width as u16;
            buffer.set_string(x, area.y, bad, self.look.style(Role::Error));
        }
    }

    fn draw_ends(&self, buffer: &mut Buffer, area: Rect) {
        let wide = usize::from(area.width);
        let ends = [self.edges.first(), self.edges.last()].map(Option::<&f64>::copied);
        let [Some(first), Some(last)] = ends else {
            return;
        };
        let (first, last) = match &self.ends {
            Some([first, last]) => (first.clone(), last.clone()),
            None => (text::rough(first), text::rough(last)),
        };
        if wide < text::width(&first) + 2 + text::width(&last) {
            return;
        }
        let (y, style) = (area.bottom() - 1, self.look.style(Role::Axis));
        buffer.set_string(area.x, y, first, style);
        let x = area.right() - text::width(&last) as u16;
        buffer.set_string(x, y, last, style);
    }

    fn bad(&self) -> Option<String> {
        let told = [("NaN", self.nan), ("inf", self.infinite)]
            .into_iter()
            .filter(|(_, count)| 0 < *count)
            .map(|(word, count)| format!("{word}×{}", text::count(count as i64)));
        let told: Vec<String> = told.collect();
        (!told.is_empty()).then(|| told.join(" "))
    }

    fn draw_nothing(&self, buffer: &mut Buffer, area: Rect) {
        let (text, role) = match self.bad() {
            Some(bad) => (format!("no finite value: {bad}"), Role::Error),
            None => ("no values".to_owned(), Role::Dim),
        };
        let text = self.look.clip(&text, usize::from(area.width));
        let x = area.x + (area.width - text::width(&text) as u16) / 2;
        buffer.set_string(x, area.y + area.height / 2, text, self.look.style(role));
    }
}

/// Neighbouring bins added up until there are no more than columns.
fn fitting(counts: &[u64], columns: usize) -> Vec<u64> {
    let together = counts.len().div_ceil(columns.max(1)).max(1);
    counts
        .chunks(together)
        .map(|bins| bins.iter().sum())
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tui::{fixture, glyphs::Charset, theme::Theme};

    fn picture(charset: Charset, counts: &[u64], nan: u64, width: u16, height: u16) -> String {
        let look = Look {
            theme: Theme::Mono,
            charset,
            ..Look::default()
        };
        let edges: Vec<f64> = (0..=counts.len()).map(|at| at as f64 / 2.0 - 1.0).collect();
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        let histogram = Histogram {
            look: &look,
            edges: &edges,
            counts,
            nan,
            infinite: 0,
            ends: None,
        };
        histogram.draw(&mut buffer, area);
        fixture::edged(&buffer)
    }

    #[test]
    fn bars_are_as_high_as_their_counts() {
        let counts = [1, 4, 9, 16, 20, 14, 7, 3, 0, 1];
        insta::assert_snapshot!(
            "histogram_wide",
            picture(Charset::Braille, &counts, 3, 60, 8)
        );
        insta::assert_snapshot!(
            "histogram_narrow_ascii",
            picture(Charset::Ascii, &counts, 0, 20, 6)
        );
    }

    #[test]
    fn a_row_has_a_cell_for_each_bin_and_none_where_nothing_is() {
        let told = |counts: &[u64], columns| row(&Look::default(), counts, columns);
        assert_eq!(told(&[0, 1, 400, 800], 20), " ▁▄█");
        assert_eq!(told(&[5, 5], 20), "██");
        assert_eq!(told(&[1, 1, 4, 4], 2), "▂█");
        assert_eq!([told(&[0, 0], 20), told(&[], 20)], ["  ", ""]);
    }

    #[test]
    fn nothing_and_nan_are_told() {
        assert!(picture(Charset::Ascii, &[], 0, 30, 5).contains("no values"));
        assert!(picture(Charset::Ascii, &[0, 0], 12, 30, 5).contains("no finite value: NaN×12"));
        assert!(picture(Charset::Ascii, &[7], 0, 30, 5).contains("7 at most"));
    }

    proptest! {
        #[test]
        fn bins_that_are_drawn_together_lose_no_count(counts in proptest::collection::vec(0u64..1_000, 1..300), columns in 1usize..80) {
            let fitting = fitting(&counts, columns);
            prop_assert!(fitting.len() <= columns);
            prop_assert_eq!(fitting.iter().sum::<u64>(), counts.iter().sum::<u64>());
        }

        #[test]
        fn no_size_panics(counts in proptest::collection::vec(0u64..1_000, 0..80), width in 1u16..90, height in 1u16..20) {
            picture(Charset::Block, &counts, 1, width, height);
        }
    }
}
