//! Text and numbers in cells: clipped by what they take on the screen, never by bytes.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr;

pub use crate::domain::text::value;
use crate::domain::{
    text::{shown, thousands},
    time::Span,
};

/// How many columns a text takes.
pub fn width(text: &str) -> usize {
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// Text from outside, made safe and cut to `columns` with an ellipsis.
pub fn clip(text: &str, columns: usize, ellipsis: &str) -> String {
    // What cannot be seen is not made safe either: names may be megabytes long.
    let seen: String = text.chars().take(columns.saturating_mul(8) + 8).collect();
    let text = shown(&seen);
    if width(&text) <= columns {
        return text;
    }
    let room = columns.saturating_sub(width(ellipsis));
    let mut used = 0;
    let mut clipped: String = text
        .graphemes(true)
        .take_while(|grapheme| {
            used += grapheme.width();
            used <= room
        })
        .collect();
    if width(ellipsis) <= columns {
        clipped.push_str(ellipsis);
    }
    clipped
}

/// `clip`, filled up with blanks to exactly `columns`.
pub fn cell(text: &str, columns: usize, ellipsis: &str) -> String {
    let clipped = clip(text, columns, ellipsis);
    let blanks = columns.saturating_sub(width(&clipped));
    clipped + &" ".repeat(blanks)
}

/// `clip`, pushed to the right of `columns`.
pub fn cell_right(text: &str, columns: usize, ellipsis: &str) -> String {
    let clipped = clip(text, columns, ellipsis);
    " ".repeat(columns.saturating_sub(width(&clipped))) + &clipped
}

/// A text over lines of at most `columns`, broken at blanks where there are any.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = vec![];
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in shown(paragraph).split(' ') {
            if !line.is_empty() && columns < width(&line) + 1 + width(word) {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            for grapheme in word.graphemes(true) {
                if columns < width(&line) + grapheme.width() {
                    lines.push(std::mem::take(&mut line));
                }
                line.push_str(grapheme);
            }
        }
        lines.push(line);
    }
    lines
}

/// A round value without the zeros at its end: `0.5`, `2`.
pub fn short(number: f64) -> String {
    let text = value(number);
    if text.contains('.') && !text.contains('e') {
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    text
}

/// A whole number with commas up to 7 digits, with a unit beyond: `1,280,004`, `12.8M`.
pub fn count(number: i64) -> String {
    if number.unsigned_abs() < 10_000_000 {
        return thousands(number);
    }
    let size = number as f64;
    let (size, unit) = [(1e9, "G"), (1e6, "M")]
        .into_iter()
        .find(|(scale, _)| *scale <= size.abs())
        .map_or((size, ""), |(scale, unit)| (size / scale, unit));
    format!("{size:.1}{unit}")
}

/// A size or a rate with a unit of 1,000: `812`, `21.2k`, `3.4M`.
pub fn scaled(value: f64) -> String {
    let size = value.abs();
    let units = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    match units.into_iter().find(|(scale, _)| *scale <= size) {
        Some((scale, unit)) if 100.0 <= size / scale => format!("{:.0}{unit}", value / scale),
        Some((scale, unit)) => format!("{}{unit}", short_tenths(value / scale)),
        None if 100.0 <= size || size.fract() == 0.0 => format!("{value:.0}"),
        None => format!("{value:.1}"),
    }
}

fn short_tenths(value: f64) -> String {
    let text = format!("{value:.1}");
    text.trim_end_matches(".0").to_owned()
}

/// Bytes in units of 1,024: `71.2G`.
pub fn bytes(bytes: f64) -> String {
    const UNITS: [&str; 5] = ["B", "K", "M", "G", "T"];
    let (mut size, mut unit) = (bytes, 0);
    while 1024.0 <= size.abs() && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    if unit == 0 || 100.0 <= size.abs() {
        format!("{size:.0}{}", UNITS[unit])
    } else {
        format!("{size:.1}{}", UNITS[unit])
    }
}

/// A span of milliseconds in its largest unit: `3h`.
pub fn span(ms: i64) -> String {
    let text = Span(ms).to_string();
    match text.find(|c: char| c.is_alphabetic()) {
        Some(end) => text[..=end].to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cell_takes_exactly_its_columns_and_holds_no_control_character(text in any::<String>(), columns in 0usize..40) {
            let cell = cell(&text, columns, "…");
            prop_assert_eq!(width(&cell), columns);
            prop_assert!(!cell.chars().any(char::is_control));
        }

        #[test]
        fn wrapped_lines_fit_unless_one_character_does_not(text in "[a-z ñ漢🦀]{0,80}", columns in 2usize..30) {
            prop_assert!(wrap(&text, columns).iter().all(|line| width(line) <= columns));
        }
    }

    #[test]
    fn numbers_are_written_as_people_read_them() {
        for (number, text) in [
            (0.0, "0"),
            (0.9941, "0.9941"),
            (-0.031, "-0.03100"),
            (12.3456, "12.35"),
            (123_456.7, "123457"),
            (2.7e-5, "2.7e-5"),
            (1e300, "1e300"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(value(number), text);
        }
        assert_eq!(
            [count(0), count(-1_234), count(1_280_004), count(12_800_000)],
            ["0", "-1,234", "1,280,004", "12.8M"]
        );
        assert_eq!(
            [
                scaled(812.0),
                scaled(21_200.0),
                scaled(212_000.0),
                scaled(3.4e6)
            ],
            ["812", "21.2k", "212k", "3.4M"]
        );
        assert_eq!(
            [bytes(12.0), bytes(1536.0), bytes(7.6e10)],
            ["12B", "1.5K", "70.8G"]
        );
    }

    #[test]
    fn hostile_names_are_made_harmless_before_they_are_cut() {
        assert_eq!(
            clip("a\u{1b}]52;c;x\u{7}b", 20, "…"),
            "a\u{fffd}]52;c;x\u{fffd}b"
        );
        assert_eq!(clip("漢字漢字", 5, "…"), "漢字…");
        assert_eq!(clip("wide", 0, "…"), "");
        assert_eq!(clip(&"x".repeat(10_000), 4, "…"), "xxx…");
    }
}
