//! Data versions: what they are called, and what is known of each.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{actors::Actor, hashes::Hash, runs::Trashed, time::Timestamp};

/// A version of a data set: a list of files under one hash. It never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The data set's name.
    pub dataset: String,
    /// Counts from 1; a number is given once.
    pub number: u32,
    /// The hash of its manifest: equal content has equal hashes.
    pub hash: Hash,
    pub files: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// Bytes that it added to the vault.
    pub stored: u64,
    /// The newest version when it was made.
    pub parent: Option<u32>,
    pub message: String,
    pub tags: Vec<String>,
    pub actor: Actor,
    pub created: Timestamp,
    /// The commit of the repository it was made in.
    pub commit: Option<String>,
    /// Its content stays where it is and is only named.
    pub is_reference: bool,
    /// Where its files were.
    pub sources: Vec<Place>,
    pub trashed: Option<Trashed>,
}

/// By what a version is known: it keeps both for ever.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct VersionId {
    pub dataset: String,
    pub number: u32,
}

impl VersionId {
    /// Reads `penguins@v3`; `None` where that is not the name of one version for ever.
    pub fn parse(text: &str) -> Option<Self> {
        let Reference { dataset, which } = Reference::parse(text)?;
        match which {
            Which::Number(number) => Some(Self { dataset, number }),
            Which::Latest | Which::Tag(_) => None,
        }
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@v{}", self.dataset, self.number)
    }
}

/// A path that was added, and what it is called in the version; a folder without a name stands at the top.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub at: String,
    pub name: Option<String>,
}

/// A part of a version that is kept apart from its other parts: `train`, `test`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    pub name: String,
    /// Paths in the version.
    pub paths: Vec<String>,
}

impl Version {
    /// How it is written everywhere: `penguins@v3`.
    pub fn name(&self) -> String {
        self.id().to_string()
    }

    pub fn id(&self) -> VersionId {
        VersionId {
            dataset: self.dataset.clone(),
            number: self.number,
        }
    }
}

/// What a person writes to mean a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    pub dataset: String,
    pub which: Which,
}

/// Which version of a data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The newest outside the trash.
    Latest,
    Number(u32),
    Tag(String),
}

/// The word for [`Which::Latest`].
pub const LATEST: &str = "latest";

impl Reference {
    /// Reads `NAME`, `NAME@latest`, `NAME@v3` or `NAME@TAG`; `None` where it is none of these.
    pub fn parse(text: &str) -> Option<Self> {
        let (dataset, which) = match text.split_once('@') {
            None => (text, Which::Latest),
            Some((dataset, which)) => (dataset, Which::parse(which)?),
        };
        is_name(dataset).then(|| Self {
            dataset: dataset.to_owned(),
            which,
        })
    }
}

impl Which {
    fn parse(text: &str) -> Option<Self> {
        if text == LATEST {
            return Some(Self::Latest);
        }
        let number = text
            .strip_prefix('v')
            .and_then(|digits| digits.parse().ok());
        match number {
            Some(number) => Some(Self::Number(number)),
            None => is_name(text).then(|| Self::Tag(text.to_owned())),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.which {
            Which::Latest => f.write_str(&self.dataset),
            Which::Number(number) => write!(f, "{}@v{number}", self.dataset),
            Which::Tag(tag) => write!(f, "{}@{tag}", self.dataset),
        }
    }
}

/// A file of a version, as a preset names it: `penguins@v3`, `penguins@clean`, or `images@v2/labels.csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileOf {
    pub version: Reference,
    /// Its path in the version; needed where that has several files.
    pub path: Option<String>,
}

impl FileOf {
    /// `None` where the text means a file on the disk: what has a `/` before its `@`, or a `.` in what follows that.
    pub fn parse(text: &str) -> Option<Self> {
        let (version, path) = match text.split_once('/') {
            Some((version, path)) => (version, Some(path.to_owned())),
            None => (text, None),
        };
        let (_, which) = version.split_once('@')?;
        if which.contains('.') {
            return None;
        }
        Some(Self {
            version: Reference::parse(version)?,
            path,
        })
    }
}

/// Can this be the name of a data set, or a tag? 1 to 64 letters, digits, `-`, `_` and `.`, the first a letter or digit.
pub fn is_name(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=64).contains(&text.len())
        && text.chars().all(is_plain)
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// Can this be a tag of a version? A name that does not read as a version already.
pub fn is_tag(text: &str) -> bool {
    matches!(Which::parse(text), Some(Which::Tag(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_meant_by_name_number_tag_or_the_word_latest() {
        let cases = [
            ("penguins", Which::Latest),
            ("penguins@latest", Which::Latest),
            ("penguins@v3", Which::Number(3)),
            ("penguins@clean", Which::Tag("clean".to_owned())),
            ("penguins@v", Which::Tag("v".to_owned())),
            ("penguins@v3b", Which::Tag("v3b".to_owned())),
        ];
        for (text, which) in cases {
            let read = Reference::parse(text).unwrap();
            assert_eq!(
                (&read.dataset[..], &read.which),
                ("penguins", &which),
                "{text}"
            );
            let written = read.to_string();
            assert_eq!(Reference::parse(&written), Some(read), "{written}");
        }
        for text in [
            "",
            "@v1",
            "a@",
            "a@b@c",
            "a b",
            ".a",
            "-a",
            "a/b",
            "ä",
            &"a".repeat(65),
        ] {
            assert_eq!(Reference::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_file_of_a_version_is_told_from_one_on_the_disk() {
        let cases = [
            ("penguins@v3", Some(("penguins@v3", None))),
            ("images@raw/a/b.csv", Some(("images@raw", Some("a/b.csv")))),
            ("penguins", None),
            ("./penguins@v3", None),
            ("/data/penguins@v3", None),
            ("penguins@v3.csv", None),
            ("penguins.csv", None),
            ("demo:fraud", None),
        ];
        for (text, expected) in cases {
            let read = FileOf::parse(text);
            let read = read.as_ref();
            let read = read.map(|file| (file.version.to_string(), file.path.as_deref()));
            let expected = expected.map(|(version, path)| (version.to_owned(), path));
            assert_eq!(read, expected, "{text}");
        }
    }

    #[test]
    fn a_tag_is_not_what_means_something_else() {
        for (text, expected) in [
            ("clean", true),
            ("latest", false),
            ("v3", false),
            ("", false),
        ] {
            assert_eq!(is_tag(text), expected, "{text}");
        }
    }
}
