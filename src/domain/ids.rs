//! Ids and names: 128 random bits, a name a person can say, the shortest prefix that is still unique.

use std::{fmt, ops::Deref, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// 128 random bits, written as 32 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id([u8; 16]);

impl Id {
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// As it is written, without an allocation.
    pub fn digits(&self) -> Digits {
        let mut digits = [0; 32];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
        }
        Digits(digits)
    }

    /// Do its digits begin with these? Capitals are as good as small letters.
    pub fn starts_with(&self, start: &str) -> bool {
        let halves = self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let wanted = start.chars().map(|c| c.to_digit(16));
        start.len() <= 32
            && wanted
                .zip(halves)
                .all(|(want, half)| want == Some(half.into()))
    }
}

const fn digit(half: u8) -> u8 {
    b"0123456789abcdef"[half as usize]
}

/// The digits of an id.
pub struct Digits([u8; 32]);

impl Deref for Digits {
    type Target = str;

    fn deref(&self) -> &str {
        std::str::from_utf8(&self.0).expect("hex digits are ASCII")
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.digits())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an id: 32 hex digits are expected")]
pub struct NotAnId(pub String);

impl FromStr for Id {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let refuse = || NotAnId(text.to_owned());
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(refuse());
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| refuse())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| refuse())?;
        }
        Ok(Self(bytes))
    }
}

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Id);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                text.parse().map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }
    };
}

id_type!(
    /// One training run or one run of a foreign program.
    RunId
);
id_type!(
    /// One piece of work that the agent gives a slot: an attempt at a run.
    JobId
);

const ADJECTIVES: [&str; 64] = [
    "able", "airy", "amber", "apt", "avid", "bold", "brave", "brisk", "calm", "civil", "clear",
    "clever", "crisp", "deft", "eager", "early", "easy", "fair", "fine", "firm", "fleet", "fond",
    "frank", "fresh", "gentle", "glad", "grand", "hardy", "honest", "humble", "ideal", "jolly",
    "keen", "kind", "large", "lively", "loyal", "lucid", "lucky", "merry", "mild", "neat", "noble",
    "patient", "plain", "proud", "quick", "quiet", "rapid", "ready", "rosy", "sharp", "silent",
    "sleek", "smart", "solid", "steady", "sunny", "swift", "tidy", "vivid", "warm", "wise",
    "witty",
];

const ANIMALS: [&str; 64] = [
    "adder", "badger", "bat", "bear", "beaver", "bison", "boar", "bream", "carp", "cat", "civet",
    "cod", "cougar", "crane", "crow", "deer", "dove", "eagle", "eel", "egret", "elk", "falcon",
    "ferret", "finch", "fox", "gecko", "goose", "grouse", "hare", "hawk", "heron", "horse", "ibex",
    "ibis", "jay", "kite", "lark", "lemur", "lion", "llama", "lynx", "marten", "mink", "mole",
    "moose", "newt", "otter", "owl", "panda", "perch", "pike", "puffin", "quail", "raven", "robin",
    "seal", "shrew", "stoat", "stork", "swan", "tapir", "trout", "wolf", "wren",
];

/// A name made from random bytes: `brave-otter-7`. 64 × 64 × 1,000 of them, so a store asks again when one is taken.
pub fn name(bytes: [u8; 4]) -> String {
    let adjective = ADJECTIVES[usize::from(bytes[0]) % ADJECTIVES.len()];
    let animal = ANIMALS[usize::from(bytes[1]) % ANIMALS.len()];
    let number = u16::from_le_bytes([bytes[2], bytes[3]]) % 1_000;
    format!("{adjective}-{animal}-{number}")
}

/// How many leading hex digits tell `id` from each of its `neighbours` (the ids just before and after it in
/// order are enough), at least `least`.
pub fn unique_prefix(id: &Id, neighbours: &[Id], least: usize) -> usize {
    let text = id.to_string();
    let shared = |other: &Id| {
        text.bytes()
            .zip(other.to_string().bytes())
            .take_while(|(a, b)| a == b)
            .count()
    };
    neighbours
        .iter()
        .filter(|other| *other != id)
        .map(|other| shared(other) + 1)
        .fold(least, usize::max)
        .min(32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_reads_back_as_it_was_written(bytes: [u8; 16]) {
            let id = Id::from_bytes(bytes);
            prop_assert_eq!(id.to_string().parse::<Id>().unwrap(), id);
            let bytes = bytes.map(|byte| format!("{byte:02x}"));
            prop_assert_eq!(id.to_string(), bytes.concat());
        }

        #[test]
        fn a_unique_prefix_tells_an_id_from_its_neighbours(ids in proptest::collection::btree_set(any::<[u8; 16]>(), 2..40)) {
            let ids: Vec<Id> = ids.into_iter().map(Id::from_bytes).collect();
            for id in &ids {
                let length = unique_prefix(id, &ids, 4);
                let prefix = &id.to_string()[..length];
                prop_assert_eq!(ids.iter().filter(|other| other.to_string().starts_with(prefix)).count(), 1);
            }
        }
    }

    #[test]
    fn an_id_starts_with_its_digits_in_either_case() {
        let id = Id::from_bytes([0x3f; 16]);
        let whole = "3f".repeat(16);
        for start in ["", "3", "3f3", "3F3f", &whole] {
            assert!(id.starts_with(start), "{start}");
        }
        for start in ["f", "33", "3é", &format!("{whole}3")] {
            assert!(!id.starts_with(start), "{start}");
        }
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in [
            "",
            "12",
            "g".repeat(32).as_str(),
            "é".repeat(16).as_str(),
            "1".repeat(33).as_str(),
        ] {
            assert_eq!(text.parse::<Id>(), Err(NotAnId(text.to_owned())));
        }
    }

    #[test]
    fn names_are_words_a_person_can_say() {
        assert_eq!(name([6, 46, 7, 0]), "brave-otter-7");
    }
}
