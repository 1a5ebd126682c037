//! How well a text fits what a person typed of it: letters in their order, the nearer together the better.

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{AtomKind, CaseMatching, Normalization, Pattern},
};

/// What was typed: words, each of which must fit. Small letters fit either case, letters without accents fit those with.
pub struct Fuzzy {
    pattern: Pattern,
    matcher: Matcher,
    characters: Vec<char>,
}

impl Fuzzy {
    pub fn new(typed: &str) -> Self {
        let (case, accents) = (CaseMatching::Smart, Normalization::Smart);
        Self {
            pattern: Pattern::new(typed, case, accents, AtomKind::Fuzzy),
            matcher: Matcher::new(Config::DEFAULT),
            characters: vec![],
        }
    }

    /// Nothing was typed: everything fits, and nothing better than another.
    pub fn is_empty(&self) -> bool {
        self.pattern.atoms.is_empty()
    }

    /// How well a text fits, the greater the better; `None` when it does not.
    pub fn score(&mut self, text: &str) -> Option<u32> {
        let text = Utf32Str::new(text, &mut self.characters);
        self.pattern.score(text, &mut self.matcher)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_fit_in_their_order_and_near_ones_fit_better() {
        let cases = [
            ("bot", "brave-otter-7", true),
            ("otter brave", "brave-otter-7", true),
            ("tb", "brave-otter-7", false),
            ("", "anything", true),
            ("BOT", "brave-otter-7", false),
            ("cafe", "Café", true),
            ("漢", "a漢字", true),
            ("!b ^o", "plain words, no language", false),
        ];
        for (typed, text, fits) in cases {
            assert_eq!(
                Fuzzy::new(typed).score(text).is_some(),
                fits,
                "{typed} {text}"
            );
        }
        let mut fuzzy = Fuzzy::new("stop");
        assert!(fuzzy.score("set top") < fuzzy.score("runs stop"));
    }
}
