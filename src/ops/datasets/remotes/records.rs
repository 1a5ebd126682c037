//! What a remote knows of versions.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        datasets::{Reference, Split, Version, Which, is_name, is_tag},
        hashes::Hash,
        remotes::Remote,
    },
    ops::{Error, Kind, Result},
    vault::{self, Progress},
};

/// What a remote knows of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    #[serde(flatten)]
    pub version: Version,
    pub splits: Vec<Split>,
    /// The packs of the remote that hold it.
    pub packs: Vec<Hash>,
}

/// The record that a person means.
pub(super) fn at_remote(
    there: &vault::Remote,
    remote: &Remote,
    text: &str,
    progress: &Progress,
) -> Result<Record> {
    let Some(wanted) = Reference::parse(text) else {
        let message = format!("{text:?} names no version");
        return Err(Error::new(Kind::Invalid, message).hint("write NAME, NAME@v3 or NAME@TAG"));
    };
    let Listed {
        records: mut of_set,
        unreadable: broken,
    } = records(there, &wanted.dataset, progress)?;
    let at = match &wanted.which {
        Which::Latest => of_set.len().checked_sub(1),
        Which::Number(number) => {
            let is_it = |record: &Record| record.version.number == *number;
            of_set.iter().position(is_it)
        }
        Which::Tag(tag) => {
            let has_it = |record: &Record| record.version.tags.contains(tag);
            of_set.iter().position(has_it)
        }
    };
    at.map(|at| of_set.remove(at)).ok_or_else(|| {
        if let Which::Number(number) = wanted.which
            && broken.contains(&path_of(&wanted.dataset, number))
        {
            return unreadable(there, &wanted);
        }
        let message = format!("{} has no {wanted}", remote.name);
        let hint = format!(
            "`sconce data remote show {}` lists what it has",
            remote.name
        );
        Error::new(Kind::NotFound, message).hint(hint)
    })
}

/// What a remote says of versions.
#[derive(Default)]
pub(super) struct Listed {
    /// In the order of data sets and numbers.
    pub records: Vec<Record>,
    /// The names of those that cannot be read.
    pub unreadable: Vec<String>,
}

impl Record {
    /// With what the remote knows of the version already: nothing of that is taken away.
    pub fn joined(mut self, before: Option<&Self>) -> Self {
        let Some(before) = before else {
            return self;
        };
        let new = std::mem::take(&mut self.version.tags);
        let mut joined = match self.version.is_reference && !before.version.is_reference {
            // What is only named here is whole there.
            true => before.clone(),
            false => self,
        };
        joined.version.tags.clone_from(&before.version.tags);
        for tag in new {
            if !joined.version.tags.contains(&tag) {
                joined.version.tags.push(tag);
            }
        }
        if joined.splits.is_empty() {
            joined.splits.clone_from(&before.splits);
        }
        joined
    }
}

impl Listed {
    /// A version with the same content.
    pub fn like(&self, version: &Version) -> Option<&Version> {
        let mut known = self.records.iter().map(|known| &known.version);
        known.find(|known| known.hash == version.hash)
    }

    pub fn join(&mut self, other: Self) {
        self.records.extend(other.records);
        self.unreadable.extend(other.unreadable);
    }
}

/// The records of one data set, or of all. What has not the name of a record is somebody else's.
pub(super) fn records(there: &vault::Remote, dataset: &str, progress: &Progress) -> Result<Listed> {
    let mut names = there.records(dataset, progress)?;
    names.retain(|name| {
        let number = name
            .split_once("/v")
            .and_then(|(_, rest)| rest.strip_suffix(".json"));
        number.is_some_and(|number| number.parse::<u32>().is_ok())
    });
    let read = there.read(&names, progress)?;
    let mut listed = Listed::default();
    for (name, bytes) in names.into_iter().zip(read) {
        // Between the list and the reading, one may have gone.
        let Some(bytes) = bytes else { continue };
        match understood(&name, &bytes) {
            Some(record) => listed.records.push(record),
            None => listed.unreadable.push(name),
        }
    }
    listed.records.sort_by_key(|record| record.version.id());
    Ok(listed)
}

pub(super) fn unreadable(there: &vault::Remote, version: &dyn std::fmt::Display) -> Error {
    let message = format!("the record of {version} in {} cannot be read", there.url());
    Error::new(Kind::Environment, message).hint("delete it there and push the version again")
}

/// A record, if it is one and says what its name says: what comes from outside is believed no further than that.
fn understood(name: &str, bytes: &[u8]) -> Option<Record> {
    let record: Record = serde_json::from_slice(bytes).ok()?;
    let version = &record.version;
    let is_sound = is_name(&version.dataset)
        && 0 < version.number
        && name == path(version)
        && version.tags.iter().all(|tag| is_tag(tag))
        && record.splits.iter().all(|split| is_name(&split.name))
        && version.stored <= i64::MAX as u64;
    is_sound.then_some(record)
}

pub(super) fn keep(
    there: &vault::Remote,
    record: &Record,
    may_replace: bool,
    progress: &Progress,
) -> Result<bool> {
    let bytes = serde_json::to_vec_pretty(record).expect("a record is plain data");
    Ok(there.keep(&path(&record.version), &bytes, may_replace, progress)?)
}

/// Where the record of a version is.
pub(super) fn path(version: &Version) -> String {
    path_of(&version.dataset, version.number)
}

fn path_of(dataset: &str, number: u32) -> String {
    format!("{dataset}/v{number}.json")
}
