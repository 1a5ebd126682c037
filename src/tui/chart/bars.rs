//! Two distributions beside each other: a bar of the reference and one of now for each category or bin.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use crate::tui::{look::Look, text, theme::Role};

/// Shares of one category or bin, 0 to 1. What is not known is NaN.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    pub label: String,
    pub reference: f64,
    pub now: f64,
}

/// What one side is of.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    pub name: String,
    /// Values that were counted.
    pub count: u64,
}

/// Bars in pairs. The sides differ by their shade, not only by their colour.
pub struct PairedBars<'a> {
    pub look: &'a Look,
    pub reference: &'a Side,
    pub now: &'a Side,
    pub pairs: &'a [Pair],
    /// How likely a difference like this is where there is none.
    pub p_value: Option<f64>,
}

/// Fewer values say little about a distribution.
pub const ENOUGH: u64 = 200;

const MOST_LABEL: usize = 24;
/// Columns of a share: ` 100.0%`.
const SHARE: usize = 7;

impl PairedBars<'_> {
    /// A head that says what is compared, and a row for each pair; those for which there is no room are counted.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect) {
        let area = area.intersection(buffer.area);
        if area.is_empty() {
            return;
        }
        let wide = usize::from(area.width);
        let widest = self.pairs.iter().map(|pair| text::width(&pair.label)).max();
        let label = widest.unwrap_or(0).min(MOST_LABEL).min(wide / 3);
        let side = wide.saturating_sub(label + 1) / 2;
        let mut lines = vec![self.head(label, side)];
        if self.pairs.is_empty() {
            let nothing = self.look.span(" nothing to compare", Role::Dim);
            lines.push(nothing.into());
        }
        let shares = self
            .pairs
            .iter()
            .flat_map(|pair| [pair.reference, pair.now]);
        let most = shares.filter(|share| share.is_finite()).fold(0.0, f64::max);
        let room = usize::from(area.height).saturating_sub(1);
        let shown = match self.pairs.len() <= room {
            true => self.pairs.len(),
            false => room.saturating_sub(1),
        };
        lines.extend((self.pairs[..shown].iter()).map(|pair| self.row(pair, label, side, most)));
        if shown < self.pairs.len() {
            let hidden = format!(" {} more", self.pairs.len() - shown);
            lines.push(self.look.span(hidden, Role::Dim).into());
        }
        self.look.lines(buffer, area, lines);
    }

    fn head(&self, label: usize, side: usize) -> Line<'static> {
        let look = self.look;
        let mut spans = vec![Span::raw(" ".repeat(label + 1))];
        let (reference, now) = look.charset.sides();
        let parts = [
            (reference, Role::Dim, self.reference),
            (now, Role::Accent, self.now),
        ];
        for (number, (shade, role, part)) in parts.into_iter().enumerate() {
            let count = format!(" n={}", text::count(part.count as i64));
            let low = if part.count < ENOUGH { " low n" } else { "" };
            let fixed = text::width(&count) + text::width(low) + 3;
            let name = look.clip(&part.name, side.saturating_sub(fixed));
            let p_value = self.p_value.filter(|_| number == 1);
            let p_value = p_value.map_or(String::new(), |p| format!(" p={}", text::rough(p)));
            let used = text::width(&name) + fixed - 1;
            // Whose bars these are is worth more.
            let has_room = used + text::width(&p_value) < side;
            let p_value = if has_room { p_value } else { String::new() };
            let used = used + text::width(&p_value);
            spans.push(look.span(format!("{shade} "), role));
            spans.push(look.span(format!("{name}{count}{p_value}"), Role::Dim));
            spans.push(look.span(low, Role::Warn));
            spans.push(Span::raw(" ".repeat(side.saturating_sub(used))));
        }
        Line::from(spans)
    }

    fn row(&self, pair: &Pair, label: usize, side: usize, most: f64) -> Line<'static> {
        let look = self.look;
        let (reference, now) = look.charset.sides();
        let mut spans = vec![Span::raw(look.cell(&pair.label, label) + " ")];
        let parts = [
            (reference, pair.reference, Role::Dim),
            (now, pair.now, Role::Accent),
        ];
        for (shade, share, role) in parts {
            let room = side.saturating_sub(SHARE + 1);
            let length = match share.is_finite() && 0.0 < most {
                true => (share / most * room as f64).round().clamp(0.0, room as f64) as usize,
                false => 0,
            };
            // What is there is seen, however little it is.
            let length = length.max(usize::from(0.0 < share && 0 < room));
            let told = match share.is_finite() {
                true => format!("{:.1}%", share * 100.0),
                false => "n/a".to_owned(),
            };
            spans.push(look.span(shade.repeat(length), role));
            let told = text::cell(&format!(" {told}"), side.saturating_sub(length), "");
            spans.push(Span::raw(told));
        }
        Line::from(spans)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::{fixture, glyphs::Charset, theme::Theme};

    fn picture(charset: Charset, pairs: &[Pair], now: u64, width: u16, height: u16) -> String {
        let look = Look {
            theme: Theme::Mono,
            charset,
            ..Look::default()
        };
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        let side = |name: &str, count| Side {
            name: name.to_owned(),
            count,
        };
        PairedBars {
            look: &look,
            reference: &side("v14 train", 60_000),
            now: &side("last hour", now),
            pairs,
            p_value: Some(0.0123),
        }
        .draw(&mut buffer, area);
        fixture::edged(&buffer)
    }

    fn pairs() -> Vec<Pair> {
        let pair = |label: &str, reference, now| Pair {
            label: label.to_owned(),
            reference,
            now,
        };
        vec![
            pair("dog", 0.5, 0.3),
            pair("cat", 0.3, 0.65),
            pair("car", 0.199, 0.05),
            pair("an unheard-of animal", 0.001, 0.0),
            pair("missing", f64::NAN, 0.0),
        ]
    }

    #[test]
    fn pairs_stand_beside_each_other() {
        insta::assert_snapshot!(
            "bars_wide",
            picture(Charset::Braille, &pairs(), 1_204, 90, 6)
        );
        insta::assert_snapshot!(
            "bars_narrow_ascii",
            picture(Charset::Ascii, &pairs(), 120, 50, 4)
        );
    }

    #[test]
    fn few_values_and_no_pairs_are_told() {
        assert!(picture(Charset::Ascii, &pairs(), 199, 90, 6).contains("n=199 p=0.0123 low n"));
        assert!(!picture(Charset::Ascii, &pairs(), 200, 90, 6).contains("low n"));
        assert!(picture(Charset::Ascii, &[], 0, 60, 3).contains("nothing to compare"));
    }

    #[test]
    fn no_size_panics() {
        for width in 1..40 {
            for height in 1..8 {
                picture(Charset::Block, &pairs(), 5, width, height);
            }
        }
    }
}
