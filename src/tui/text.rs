//! Text and numbers in cells: clipped by what they take on the screen, never by bytes.

use serde_json::Value;
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

/// Text from outside, made safe, with what is too much taken out of its middle: names differ at their ends.
pub fn squeeze(text: &str, columns: usize, ellipsis: &str) -> String {
    let whole = shown(text);
    if width(&whole) <= columns {
        return whole;
    }
    let room = columns.saturating_sub(width(ellipsis));
    let graphemes: Vec<&str> = whole.graphemes(true).collect();
    let fitting = |count: usize, backwards: bool| -> Vec<&str> {
        let mut used = 0;
        let mut fits = |grapheme: &&str| {
            used += grapheme.width();
            used <= count
        };
        if backwards {
            let mut tail: Vec<&str> = graphemes
                .iter()
                .rev()
                .copied()
                .take_while(&mut fits)
                .collect();
            tail.reverse();
            tail
        } else {
            graphemes.iter().copied().take_while(&mut fits).collect()
        }
    };
    let head = fitting(room.div_ceil(2), false).concat();
    let tail = fitting(room - room.div_ceil(2), true).concat();
    clip(&(head + ellipsis + &tail), columns, ellipsis)
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

/// A text over so many lines at most; the last of them says that there is more.
pub fn wrapped(text: &str, columns: usize, most: usize, ellipsis: &str) -> Vec<String> {
    let mut lines = wrap(text, columns);
    if most < lines.len() {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            // Cut where there is no room for the sign.
            let room = columns.saturating_sub(width(ellipsis));
            *last = clip(last, room, "") + ellipsis;
        }
    }
    lines
}

/// Two values as texts that differ where the values do, with as many digits as that takes.
pub fn apart(a: f64, b: f64) -> (String, String) {
    let short = || (value(a), value(b));
    std::iter::once(short())
        .chain((5..=17).map(|count| (digits(a, count), digits(b, count))))
        .find(|(a, b)| a != b)
        .unwrap_or_else(short)
}

/// A value among others from `low` to `high`, with the digits that tell a hundredth of their span.
pub fn among(number: f64, low: f64, high: f64) -> String {
    let span = high - low;
    let most = low.abs().max(high.abs());
    let count = ((most / span).log10().ceil() + 2.0).min(17.0);
    if number.is_finite() && span.is_finite() && 4.0 < count && 0.0 < span {
        digits(number, count as usize)
    } else {
        value(number)
    }
}

/// A value in little room: three significant digits.
pub fn rough(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return value(number);
    }
    match digits(number, 3).split_once('e') {
        Some((digits, power)) => format!(
            "{}e{power}",
            digits.trim_end_matches('0').trim_end_matches('.')
        ),
        None => digits(number, 3),
    }
}

fn digits(number: f64, count: usize) -> String {
    let size = number.abs();
    if !(1e-4..1e15).contains(&size) {
        return format!("{number:.*e}", count - 1);
    }
    let before = size.log10().floor() as i32 + 1;
    let after = usize::try_from(count as i32 - before).unwrap_or(0);
    format!("{number:.after$}")
}

/// A number that was chosen, not measured: all its digits, but not those that only binary arithmetic added.
pub fn exact(number: f64) -> String {
    let rounded = format!("{number:.11e}").parse().unwrap_or(number);
    let size = rounded.abs();
    if size == 0.0 || (1e-3..1e9).contains(&size) || !number.is_finite() {
        format!("{rounded}")
    } else {
        format!("{rounded:e}")
    }
}

/// A value as a person would write it: a text without quotes, a whole number with all its digits.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => number.as_f64().map_or_else(String::new, exact),
        other => other.to_string(),
    }
}

/// A whole number beside an axis, all of it: `500`, `12.5k`, `475k`, `47,123`.
pub fn whole(number: i64) -> String {
    let size = number.unsigned_abs();
    match unit(number as f64).filter(|_| 10_000 <= size) {
        Some((scale, unit)) if size.is_multiple_of(scale as u64 / 100) => {
            format!("{}{unit}", number as f64 / scale)
        }
        _ => thousands(number),
    }
}

/// Units of 1,000.
const UNITS: [(f64, &str); 6] = [
    (1e3, "k"),
    (1e6, "M"),
    (1e9, "G"),
    (1e12, "T"),
    (1e15, "P"),
    (1e18, "E"),
];

/// The greatest unit that a number of this size fills.
pub fn unit(size: f64) -> Option<(f64, &'static str)> {
    UNITS
        .into_iter()
        .rev()
        .find(|(scale, _)| *scale <= size.abs())
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
    let (scale, unit) = unit(number as f64).unwrap_or((1.0, ""));
    format!("{:.1}{unit}", number as f64 / scale)
}

/// A size or a rate with a unit of 1,000: `812`, `21.2k`, `3.4M`.
pub fn scaled(value: f64) -> String {
    let size = value.abs();
    match unit(value) {
        _ if !value.is_finite() || 1e21 <= size => short(value),
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

    #[test]
    fn a_value_loses_no_digit_of_a_whole_number_and_shows_no_quotes() {
        let cases = [
            (Value::from(12_345_678_901_234_u64), "12345678901234"),
            (0.001.into(), "0.001"),
            ((0.1 + 0.2).into(), "0.3"),
            ("warm up".into(), "warm up"),
            (vec![64, 32].into(), "[64,32]"),
        ];
        for (value, text) in cases {
            assert_eq!(plain(&value), text);
        }
    }

    proptest! {
        #[test]
        fn a_cell_takes_exactly_its_columns_and_holds_no_control_character(text in any::<String>(), columns in 0usize..40) {
            let cell = cell(&text, columns, "…");
            prop_assert_eq!(width(&cell), columns);
            prop_assert!(!cell.chars().any(char::is_control));
        }

        #[test]
        fn a_squeezed_name_fits(text in any::<String>(), columns in 0usize..40) {
            prop_assert!(width(&squeeze(&text, columns, "…")) <= columns);
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
        assert_eq!(
            [count(1_049_000_000_000_000), count(i64::MAX)],
            ["1.0P", "9.2E"]
        );
        assert_eq!([scaled(1.049e15), scaled(1e300)], ["1P", "1e300"]);
        assert_eq!(
            [500, 4_000, 12_500, 475_000, 47_123, -20_000, 1_250_000].map(whole),
            ["500", "4,000", "12.5k", "475k", "47,123", "-20k", "1.25M"]
        );
        assert_eq!(
            [0.000_900_000_000_000_000_1, 0.001, 0.3, -2.5e-5, 5e9, 0.0].map(exact),
            ["9e-4", "0.001", "0.3", "-2.5e-5", "5e9", "0"]
        );
    }

    #[test]
    fn values_that_differ_are_told_apart() {
        let told = |a, b| {
            let (a, b) = apart(a, b);
            format!("{a} {b}")
        };
        assert_eq!(told(0.25, 0.5), "0.2500 0.5000");
        assert_eq!(told(1e9, 1e9 + 0.1), "1000000000.0 1000000000.1");
        assert_eq!(told(1e9, 1e9), "1e9 1e9");
        assert_eq!(among(1e9 + 0.02, 1e9, 1e9 + 0.1), "1000000000.02");
        assert_eq!(
            [0.0619, 1_234.5, 1e-9, f64::NAN].map(rough),
            ["0.0619", "1234", "1e-9", "NaN"]
        );
        assert_eq!(among(0.5, 0.0, 2.0), "0.5000");
        assert_eq!(among(2.0, 2.0, 2.0), "2.000");
        assert_eq!(among(0.0, -1.7e308, 1.7e308), "0");
        assert_eq!(told(1.23456e300, 1.23457e300), "1.23456e300 1.23457e300");
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
        assert_eq!(squeeze("val/average_precision", 12, "…"), "val/av…ision");
    }
}
