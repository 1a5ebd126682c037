//! Words that are searched by more than their letters: regular expressions and letters in order.

use std::fmt;

use regex::{Regex, RegexBuilder};

/// What a compiled expression may take, so that `(a{999}){999}` is a mistake and no gigabyte.
const LARGEST: usize = 1 << 20;

/// A regular expression, compiled once. Without a capital it matches either case.
#[derive(Clone, Debug)]
pub struct Pattern {
    written: String,
    regex: Regex,
}

/// How it was written decides what it is.
impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

impl Pattern {
    /// Compiles an expression; `\/` is a slash, which needs no escape here.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in a few words.
    pub fn new(text: &str) -> Result<Self, String> {
        let written = unescaped(text);
        if written.is_empty() {
            return Err("a regular expression is missing between these".to_owned());
        }
        let built = RegexBuilder::new(&written)
            .case_insensitive(!has_capital(&written))
            .size_limit(LARGEST)
            .dfa_size_limit(LARGEST)
            .build();
        match built {
            Ok(regex) => Ok(Self { written, regex }),
            Err(regex::Error::CompiledTooBig(_)) => {
                Err("this regular expression is too large".to_owned())
            }
            Err(error) => Err(format!("this is no regular expression: {}", reason(&error))),
        }
    }

    pub fn is_in(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

/// As a filter writes it, between slashes.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("/")?;
        let mut chars = self.written.chars();
        while let Some(c) = chars.next() {
            match c {
                '/' => f.write_str("\\/")?,
                '\\' => {
                    f.write_str("\\")?;
                    chars.next().map_or(Ok(()), |next| write!(f, "{next}"))?;
                }
                c => write!(f, "{c}")?,
            }
        }
        f.write_str("/")
    }
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, chars.clone().next()) {
            ('\\', Some('/')) => {}
            ('\\', Some(next)) => {
                plain.extend(['\\', next]);
                chars.next();
            }
            (c, _) => plain.push(c),
        }
    }
    plain
}

/// A capital that stands for itself: `\S` and `\p{Lu}` have none.
fn has_capital(pattern: &str) -> bool {
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c == '\\' {
            let is_class = matches!(chars.next(), Some('p' | 'P'));
            if is_class && chars.clone().next() == Some('{') {
                chars.by_ref().find(|c| *c == '}');
            }
        } else if c.is_uppercase() {
            return true;
        }
    }
    false
}

/// The last line of what the compiler says: those before it draw the expression, and it stands in the filter already.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default().trim();
    last.trim_start_matches("error: ").to_owned()
}

/// Do the letters of `wanted` stand in `text` in their order, whatever stands between them?
pub fn in_order(text: &str, wanted: &str) -> bool {
    let is_cased = super::is_cased(wanted);
    if text.is_ascii() {
        let mut left = text.bytes().map(char::from);
        return wanted
            .chars()
            .all(|want| left.any(|c| c == want || !is_cased && c.eq_ignore_ascii_case(&want)));
    }
    let mut left = text.chars();
    wanted.chars().all(|want| {
        left.any(|c| c == want || !is_cased && c.to_lowercase().eq(want.to_lowercase()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_without_a_capital_matches_either_case() {
        let cases = [
            ("otter-[0-9]+$", "brave-OTTER-7", true),
            ("Otter", "brave-otter-7", false),
            (r"\Sotter", "brave-Otter", true),
            (r"\p{Lu}tter", "brave-otter", true),
            ("a/b", "x/a/b", true),
            (r"a\/b", "x/a/b", true),
            (r"a\\/b", r"a\/b", true),
        ];
        for (pattern, text, is_in) in cases {
            assert_eq!(
                Pattern::new(pattern).unwrap().is_in(text),
                is_in,
                "{pattern}"
            );
        }
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        let cases = [
            ("", "missing"),
            ("(a", "unclosed group"),
            ("(a{999}){999}", "too large"),
        ];
        for (pattern, why) in cases {
            let error = Pattern::new(pattern).unwrap_err();
            assert!(error.contains(why), "{pattern}: {error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn letters_in_order_are_found_with_anything_between() {
        assert!(in_order("brave-otter-7", "brot7"));
        assert!(in_order("Brave-Otter-7", "brot7"));
        assert!(!in_order("brave-otter-7", "bROT"));
        assert!(!in_order("brave-otter-7", "7b"));
        assert!(in_order("brave-otter-7", ""));
    }
}
