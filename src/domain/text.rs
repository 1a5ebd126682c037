//! Text from outside (names, log lines, cells of a table) made safe to show in a terminal.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The text with every character replaced by `�` that is not seen where it stands: controls, escape sequences' lead
/// bytes, marks that turn the direction of writing, format and joining characters, Unicode's own line ends. Line ends
/// become `⏎`, tabs a blank. Clusters that terminals give different widths (families, skin tones, presentation
/// selectors) are reduced to their first character, flags to their letters.
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

/// The cluster, or its first character where the width of the whole is not that of its characters.
fn agreed(cluster: &str) -> &str {
    let Some((end, _)) = cluster.char_indices().nth(1) else {
        return cluster;
    };
    let (first, rest) = cluster.split_at(end);
    let sum: usize = cluster.chars().filter_map(char::width).sum();
    let is_selected = 1 < first.width() && rest.chars().any(is_unsafe);
    if cluster.width() != sum || is_selected {
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
}
