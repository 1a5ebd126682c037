//! Keys as people write them: `X`, `ctrl-d`, `g g`.

use std::{fmt, str::FromStr};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde::{Deserialize, Deserializer, de::Error as _};

/// One key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd)]
pub struct Chord {
    pub ctrl: bool,
    pub alt: bool,
    pub code: KeyCode,
}

/// Why a text is not a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAKey {
    #[error("{text:?} is not a key{}", hint.map(|name| format!("; {name:?} is")).unwrap_or_default())]
    Unknown {
        text: String,
        hint: Option<&'static str>,
    },
    #[error("{0:?} is more than two keys in a row")]
    TooLong(String),
    #[error("no key is written")]
    Empty,
}

const NAMED: [(&str, KeyCode); 16] = [
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("space", KeyCode::Char(' ')),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
];

impl Chord {
    pub const fn plain(code: KeyCode) -> Self {
        Self {
            ctrl: false,
            alt: false,
            code,
        }
    }

    /// The character that it types into an input.
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }

    /// Why no action may be bound to it; terminals and multiplexers keep these for themselves.
    pub fn forbidden(self) -> Option<&'static str> {
        match self.code {
            _ if self.alt => Some("terminals send alt as escape and a key"),
            KeyCode::F(_) => Some("desktops and terminals take the function keys"),
            KeyCode::Char(c) if self.ctrl && "abihjmqs [\\]".contains(c) => {
                Some("a terminal or multiplexer takes it, or sends it for another key")
            }
            KeyCode::Char(c) if self.ctrl && c.is_uppercase() => {
                Some("most terminals send ctrl-shift as ctrl alone")
            }
            _ => None,
        }
    }
}

impl From<KeyEvent> for Chord {
    fn from(key: KeyEvent) -> Self {
        // A shifted character is a character of its own, whether or not the terminal reports the shift.
        let is_back = key.code == KeyCode::Tab && key.modifiers.contains(KeyModifiers::SHIFT);
        Self {
            ctrl: key.modifiers.contains(KeyModifiers::CONTROL),
            alt: key.modifiers.contains(KeyModifiers::ALT),
            code: if is_back { KeyCode::BackTab } else { key.code },
        }
    }
}

impl FromStr for Chord {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let (mut ctrl, mut alt, mut rest) = (false, false, text);
        loop {
            rest = match rest.split_once('-') {
                Some(("ctrl", tail)) if !tail.is_empty() => {
                    ctrl = true;
                    tail
                }
                Some(("alt", tail)) if !tail.is_empty() => {
                    alt = true;
                    tail
                }
                _ => break,
            };
        }
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_control() => KeyCode::Char(c),
            (None, _) => return Err(NotAKey::Empty),
            _ => match named(rest) {
                Some(code) => code,
                None => {
                    let hint = crate::domain::text::nearest(rest, NAMED.map(|(name, _)| name));
                    return Err(NotAKey::Unknown {
                        text: text.to_owned(),
                        hint,
                    });
                }
            },
        };
        Ok(Self { ctrl, alt, code })
    }
}

fn named(text: &str) -> Option<KeyCode> {
    let function = text
        .strip_prefix('f')
        .and_then(|number| number.parse().ok())
        .filter(|number| (1..=12).contains(number));
    NAMED
        .iter()
        .find(|(name, _)| *name == text)
        .map(|(_, code)| *code)
        .or(function.map(KeyCode::F))
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (on, name) in [(self.ctrl, "ctrl-"), (self.alt, "alt-")] {
            if on {
                f.write_str(name)?;
            }
        }
        match (NAMED.iter().find(|(_, code)| *code == self.code), self.code) {
            (Some((name, _)), _) => f.write_str(name),
            (None, KeyCode::Char(c)) => write!(f, "{c}"),
            (None, KeyCode::F(number)) => write!(f, "f{number}"),
            _ => f.write_str("?"),
        }
    }
}

/// One key, or two in a row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Keys(pub Vec<Chord>);

impl Keys {
    /// As a hint shows it: arrows for arrow keys, `^d` for `ctrl-d`.
    pub fn short(&self) -> String {
        let short = |chord: &Chord| match chord.code {
            KeyCode::Up => "↑".to_owned(),
            KeyCode::Down => "↓".to_owned(),
            KeyCode::Left => "←".to_owned(),
            KeyCode::Right => "→".to_owned(),
            KeyCode::Enter => "Enter".to_owned(),
            KeyCode::Tab => "Tab".to_owned(),
            KeyCode::BackTab => "S-Tab".to_owned(),
            KeyCode::Esc => "Esc".to_owned(),
            KeyCode::Backspace => "Bksp".to_owned(),
            KeyCode::Delete => "Del".to_owned(),
            KeyCode::Insert => "Ins".to_owned(),
            KeyCode::Home => "Home".to_owned(),
            KeyCode::End => "End".to_owned(),
            KeyCode::PageUp => "PgUp".to_owned(),
            KeyCode::PageDown => "PgDn".to_owned(),
            KeyCode::Char(' ') => "Space".to_owned(),
            KeyCode::Char(c) if chord.ctrl => format!("^{c}"),
            _ => chord.to_string(),
        };
        self.0.iter().map(short).collect::<Vec<_>>().join(" ")
    }
}

impl FromStr for Keys {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let chords: Vec<Chord> = text.split(' ').map(str::parse).collect::<Result<_, _>>()?;
        match chords.len() {
            1 | 2 => Ok(Self(chords)),
            _ => Err(NotAKey::TooLong(text.to_owned())),
        }
    }
}

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let chords: Vec<String> = self.0.iter().map(Chord::to_string).collect();
        f.pad(&chords.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code() -> impl Strategy<Value = KeyCode> {
        prop_oneof![
            proptest::sample::select(NAMED.map(|(_, code)| code).to_vec()),
            proptest::char::range('!', '~').prop_map(KeyCode::Char),
            (1u8..=12).prop_map(KeyCode::F),
        ]
    }

    proptest! {
        #[test]
        fn keys_read_back_as_they_are_printed(chords in proptest::collection::vec((any::<bool>(), any::<bool>(), code()), 1..3)) {
            let keys = Keys(chords.into_iter().map(|(ctrl, alt, code)| Chord { ctrl, alt, code }).collect());
            prop_assert_eq!(keys.to_string().parse::<Keys>(), Ok(keys));
        }

        #[test]
        fn no_text_panics(text in ".{0,12}") {
            let _ = text.parse::<Keys>();
        }
    }

    #[test]
    fn a_misspelt_key_names_the_one_that_was_meant() {
        let error = "entr".parse::<Chord>().unwrap_err();
        assert_eq!(error.to_string(), "\"entr\" is not a key; \"enter\" is");
        assert_eq!(
            "g g g".parse::<Keys>(),
            Err(NotAKey::TooLong("g g g".into()))
        );
        assert_eq!("".parse::<Keys>(), Err(NotAKey::Empty));
    }
}
