//! Text from outside (names, log lines, cells of a table) made safe to show in a terminal.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The text with every character replaced by `�` that is not seen where it stands: controls, escape sequences' lead
/// bytes, marks that turn the direction of writing, format and joining characters, Unicode's own line ends. Line ends
/// become `⏎`, tabs a blank. Clusters that terminals give different widths (families, skin tones, presentation
/// selectors) are reduced to their first character, flags to their letters; a mark with no letter under it becomes `�`.
pub fn shown(text: &str) -> String {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    text.graphemes(true)
        .flat_map(|cluster| agreed(cluster).chars())
        .map(|c| match c {
            '\n' => '⏎',
            '\t' => ' ',
            c if is_unsafe(c) => '\u{fffd}',
            '\u{1f1e6}'..='\u{1f1ff}' => letter(c),
            c => c,
        })
        .collect()
}

/// The cluster, or its first character where the width of the whole is not that of its characters. A mark without a letter
/// to stand on would be drawn onto what is before the text.
fn agreed(cluster: &str) -> &str {
    if cluster.chars().next().and_then(char::width) == Some(0) {
        return "\u{fffd}";
    }
    let Some((end, _)) = cluster.char_indices().nth(1) else {
        return cluster;
    };
    let (first, rest) = cluster.split_at(end);
    let sum: usize = cluster.chars().filter_map(char::width).sum();
    let is_selected = 1 < first.width() && rest.chars().any(is_unsafe);
    // No character takes more than two columns, and no cell of a screen holds more.
    if cluster.width() != sum || 2 < sum || is_selected {
        return first;
    }
    cluster
}

/// The letter of a regional indicator: two of them are a flag to some terminals, and two letters to others.
fn letter(indicator: char) -> char {
    let at = u32::from(indicator) - 0x1f1e6;
    char::from_u32(u32::from('A') + at).unwrap_or('\u{fffd}')
}

/// Controls (Cc), format characters (Cf), line and paragraph separators (Zl, Zp), variation selectors, skin tones.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}'
            | '\u{34f}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{1f3fb}'..='\u{1f3ff}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Puts what is like a word, misspelt perhaps, before what is not; what is as like keeps its order.
pub fn similar_first(word: &str, candidates: &mut [String]) {
    // Whoever writes an endless word has none of them in mind.
    let word = shortened(word, 100).to_lowercase();
    candidates.sort_by_cached_key(|candidate| {
        strsim::damerau_levenshtein(&word, &candidate.to_lowercase())
    });
}

/// The candidate nearest to a misspelt word, when it is near enough to be meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let distance = |candidate: &str| strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
    let nearest = candidates
        .into_iter()
        .min_by_key(|candidate| distance(candidate))?;
    let longest = word.chars().count().max(nearest.chars().count());
    (distance(nearest) * 5 <= longest * 2).then_some(nearest)
}

/// The first `most` characters, and `…` where something is missing.
pub fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// `1 file`, `1,200 files`.
pub fn counted(count: u64, noun: &str) -> String {
    let many = if count == 1 { "" } else { "s" };
    let number = i64::try_from(count).map_or_else(|_| count.to_string(), thousands);
    format!("{number} {noun}{many}")
}

/// A part as a share: `0`, `<0.1%`, `12.5%`.
pub fn share(part: u64, all: u64) -> String {
    let percent = 100.0 * part as f64 / all.max(1) as f64;
    match part {
        0 => "0".to_owned(),
        _ if percent < 0.1 => "<0.1%".to_owned(),
        _ => format!("{percent:.1}%"),
    }
}

/// A measured value in at most 9 columns: four significant digits, `NaN`, `inf`.
pub fn value(value: f64) -> String {
    let size = value.abs();
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if 0.0 < value { "inf" } else { "-inf" }.to_owned()
    } else if size == 0.0 {
        "0".to_owned()
    } else if !(1e-4..1e6).contains(&size) {
        let mut text = format!("{value:.2e}");
        if 9 < text.len() {
            text = format!("{value:.1e}");
        }
        match text.split_once('e') {
            Some((digits, power)) => {
                let digits = digits.trim_end_matches('0').trim_end_matches('.');
                format!("{digits}e{power}")
            }
            None => text,
        }
    } else {
        let before = size.log10().floor() as i32 + 1;
        let after = usize::try_from(4 - before).unwrap_or(0).min(6);
        format!("{value:.after$}")
    }
}

/// A whole number with commas: `1,280,004`.
pub fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if 0 < at && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_shown_can_steer_a_terminal(text in any::<String>()) {
            prop_assert!(!shown(&text).chars().any(|c| c.is_control() || is_unsafe(c)));
        }

        #[test]
        fn a_value_fits_nine_columns(v in any::<f64>()) {
            prop_assert!(value(v).len() <= 9, "{}", value(v));
        }

        #[test]
        fn what_is_shortened_begins_as_it_did(text in "\\PC{0,20}", most in 0usize..24) {
            let short = shortened(&text, most);
            prop_assert_eq!(short == text, text.chars().count() <= most);
            prop_assert!(text.starts_with(short.trim_end_matches('…')));
        }

        #[test]
        fn terminals_agree_on_the_width_of_what_is_shown(text in "[a❤👍👨👩👧🏽🇩🇪1\u{200d}\u{fe0f}\u{20e3}\u{301}क्षลำლ가\u{1160}\u{11a8}\u{1b05}\u{17d2}ក]{0,12}|\\PC{0,20}") {
            for cluster in shown(&text).graphemes(true) {
                let sum: usize = cluster.chars().filter_map(char::width).sum();
                prop_assert_eq!(cluster.width(), sum, "{:?}", cluster);
            }
        }
    }

    #[test]
    fn what_turns_or_breaks_a_line_is_shown_as_unknown() {
        assert_eq!(shown("a\u{61c}b\u{202e}c\u{2028}d"), "a�b�c�d");
        assert_eq!(shown("a\nb\tc"), "a⏎b c");
    }

    #[test]
    fn things_are_counted_as_people_do() {
        let cases = [(0, "0 files"), (1, "1 file"), (12_345, "12,345 files")];
        for (count, text) in cases {
            assert_eq!(counted(count, "file"), text);
        }
        assert_eq!(thousands(-1_280_004), "-1,280,004");
        assert_eq!(thousands(-280), "-280");
    }

    #[test]
    fn what_is_not_seen_is_shown_and_what_is_wide_has_one_width() {
        for (text, want) in [
            ("a\u{200b}b\u{200d}c\u{2060}d\u{feff}", "a�b�c�d�"),
            ("a\u{fe0f}", "a�"),
            ("👨\u{200d}👩\u{200d}👧 ❤\u{fe0f} 👍🏽", "👨 ❤ 👍"),
            ("🇩🇪", "DE"),
            ("1\u{fe0f}\u{20e3}", "1"),
            ("cafe\u{301} 漢字", "cafe\u{301} 漢字"),
        ] {
            assert_eq!(shown(text), want);
        }
    }

    #[test]
    fn the_nearest_word_is_offered_only_when_it_is_near() {
        let names = ["diagnosis", "fraud", "demand"];
        assert_eq!(nearest("diagnsois", names), Some("diagnosis"));
        assert_eq!(nearest("Fraud", names), Some("fraud"));
        assert_eq!(nearest("weather", names), None);
        assert_eq!(nearest("x", []), None);
    }

    #[test]
    fn a_share_that_is_not_nothing_never_reads_so() {
        let cases = [
            (0, 10, "0"),
            (1, 10, "10.0%"),
            (1, 100_000, "<0.1%"),
            (10, 10, "100.0%"),
            (0, 0, "0"),
        ];
        for (part, all, text) in cases {
            assert_eq!(share(part, all), text);
        }
    }
}
