//! Text from outside (names, log lines, cells of a table) made safe to show in a terminal.

/// The text with control characters, escape sequences' lead bytes, marks that turn the direction of writing and
/// Unicode's own line ends replaced by `�`, and line ends by `⏎`. Tabs become a blank.
pub fn shown(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' => '⏎',
            '\t' => ' ',
            c if is_unsafe(c) => '\u{fffd}',
            c => c,
        })
        .collect()
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
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
    }

    #[test]
    fn what_turns_or_breaks_a_line_is_shown_as_unknown() {
        assert_eq!(shown("a\u{61c}b\u{202e}c\u{2028}d"), "a�b�c�d");
        assert_eq!(shown("a\nb\tc"), "a⏎b c");
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
