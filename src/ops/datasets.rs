//! Versions of data sets: who made which of what, by what names they go, and what may leave.

use std::{ffi::OsString, os::unix::ffi::OsStringExt as _, path::PathBuf};

use serde::Serialize;

use super::{Error, Kind, Result, audited};
use crate::{
    domain::{
        datasets::{FileOf, LATEST, Reference, Split, Version, Which, is_tag},
        ids::RunId,
        jobs::DataVersion,
        runs::Trashed,
        text::nearest,
    },
    store::{Connection, datasets as rows},
    vault::{Outside as _, Vault},
    workspace::Workspace,
};

mod add;
mod checkout;
mod collect;
mod compare;
mod contents;
mod profile;
mod remotes;
mod splits;
mod verify;

pub use self::{
    add::{Add, Added, add, add_stream, status},
    checkout::{File, check_out, files, read},
    collect::{Collected, Removal, Weight, collect},
    compare::{Comparison, FileChange, compare},
    contents::{Compared, Contents, TableChange, compare_contents},
    profile::{MOST_TABLES, Profiles, TableProfile, profile, profiles},
    remotes::{
        Arrival, Asked, Carried, DamagedPack, RemoteVerified, Tag, add_remote, clone,
        forget_remote, offered, pull, push, remotes, verify_remote,
    },
    splits::{Leaks, leaks},
    verify::{Damaged, Verified, verify},
};
pub use crate::vault::{CheckedOut, Progress, Status};

/// A data set at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dataset {
    pub name: String,
    /// Versions outside the trash.
    pub versions: u64,
    /// The newest of them.
    pub latest: Version,
}

/// All that is known of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Detail {
    #[serde(flatten)]
    pub version: Version,
    /// The parts that it is divided into, as they were declared.
    pub splits: Vec<Split>,
    /// Runs that were made of it, the newest first.
    pub runs: Vec<UsedBy>,
}

/// A run that was made of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UsedBy {
    pub id: RunId,
    pub name: String,
}

/// The data sets that have a version outside the trash, by name.
pub fn list(ws: &Workspace) -> Result<Vec<Dataset>> {
    let all = ws.store.read(|tx| Ok::<_, Error>(rows::all(tx)?))?;
    let mut sets: Vec<Dataset> = vec![];
    for version in all.into_iter().filter(|version| version.trashed.is_none()) {
        match sets.last_mut().filter(|set| set.name == version.dataset) {
            Some(set) => set.versions += 1,
            None => sets.push(Dataset {
                name: version.dataset.clone(),
                versions: 1,
                latest: version,
            }),
        }
    }
    Ok(sets)
}

/// All versions outside the trash, by the name of their data set, the newest first.
pub fn versions(ws: &Workspace) -> Result<Vec<Version>> {
    let mut all = ws.store.read(|tx| Ok::<_, Error>(rows::all(tx)?))?;
    all.retain(|version| version.trashed.is_none());
    Ok(all)
}

/// The versions of a data set, the newest first; with the trash, those in it too.
///
/// # Errors
///
/// [`Kind::NotFound`]: no data set has this name.
pub fn log(ws: &Workspace, dataset: &str, with_trash: bool) -> Result<Vec<Version>> {
    ws.store.read(|tx| {
        let mut versions = rows::of(tx, dataset)?;
        if versions.is_empty() {
            return Err(unknown(tx, dataset)?);
        }
        versions.retain(|version| with_trash || version.trashed.is_none());
        Ok(versions)
    })
}

/// The versions in the trash, the newest there first.
pub fn in_trash(ws: &Workspace) -> Result<Vec<Version>> {
    let mut found = ws.store.read(|tx| Ok::<_, Error>(rows::all(tx)?))?;
    found.retain(|version| version.trashed.is_some());
    found.sort_by_key(|version| {
        std::cmp::Reverse(version.trashed.as_ref().map(|trashed| trashed.at))
    });
    Ok(found)
}

/// The version that a person means: `NAME`, `NAME@v3`, `NAME@TAG`, `NAME@latest`, or the first digits of its hash.
///
/// # Errors
///
/// [`Kind::NotFound`] with what was perhaps meant; [`Kind::Invalid`]: the digits begin the hashes of different contents, or
/// the text is no name at all.
pub fn find(ws: &Workspace, text: &str) -> Result<Version> {
    ws.store.read(|tx| find_in(tx, text))
}

/// A version with all that is known of it.
pub fn show(ws: &Workspace, text: &str) -> Result<Detail> {
    ws.store.read(|tx| {
        let version = find_in(tx, text)?;
        let runs = rows::runs(tx, &version.dataset, version.number)?;
        let runs = runs.into_iter().map(|(id, name)| UsedBy { id, name });
        Ok(Detail {
            runs: runs.collect(),
            splits: rows::splits(tx, &version)?,
            version,
        })
    })
}

fn find_in(tx: &Connection, text: &str) -> Result<Version> {
    let Some(wanted) = Reference::parse(text) else {
        let message = format!("{text:?} names no version");
        return Err(Error::new(Kind::Invalid, message)
            .hint("write NAME, NAME@v3, NAME@TAG, or the first digits of a hash"));
    };
    let versions = rows::of(tx, &wanted.dataset)?;
    if versions.is_empty() {
        return match wanted.which {
            Which::Latest => by_hash(tx, &wanted.dataset),
            _ => Err(unknown(tx, &wanted.dataset)?),
        };
    }
    let number = match &wanted.which {
        Which::Number(number) => Some(*number),
        Which::Tag(tag) => rows::tagged(tx, &wanted.dataset, tag)?,
        Which::Latest => {
            let outside = versions.iter().find(|version| version.trashed.is_none());
            outside.map(|version| version.number)
        }
    };
    let found = versions
        .iter()
        .find(|version| Some(version.number) == number);
    found.cloned().ok_or_else(|| {
        let message = match &wanted.which {
            Which::Latest => format!("all versions of {} are in the trash", wanted.dataset),
            _ => format!("there is no {wanted}"),
        };
        let newest = &versions[0];
        let hint = match &wanted.which {
            Which::Latest => format!("`sconce data restore {}` takes one out", newest.name()),
            _ => format!(
                "the newest is {}; `sconce data log {}` lists all",
                newest.name(),
                wanted.dataset
            ),
        };
        Error::new(Kind::NotFound, message).hint(hint)
    })
}

/// Digits of a hash that mean a version: fewer are too likely to be a word.
const FEWEST: usize = 4;

fn by_hash(tx: &Connection, text: &str) -> Result<Version> {
    let start = text.to_ascii_lowercase();
    let is_start =
        (FEWEST..=64).contains(&start.len()) && start.bytes().all(|c| c.is_ascii_hexdigit());
    if !is_start {
        return Err(unknown(tx, text)?);
    }
    let found = rows::by_hash(tx, &start)?;
    let Some(first) = found.first() else {
        return Err(unknown(tx, text)?);
    };
    if let Some(other) = found.iter().find(|version| version.hash != first.hash) {
        let message = format!(
            "{text} begins the hashes of {} and {}",
            first.name(),
            other.name()
        );
        return Err(Error::new(Kind::Invalid, message).hint("write more of its digits"));
    }
    let outside = found.iter().find(|version| version.trashed.is_none());
    Ok(outside.unwrap_or(first).clone())
}

/// No data set has this name, nor any version this hash.
fn unknown(tx: &Connection, name: &str) -> Result<Error> {
    let all = rows::all(tx)?;
    let names = all.iter().map(|version| version.dataset.as_str());
    let error = Error::new(Kind::NotFound, format!("there is no data set {name:?}"));
    Ok(match (nearest(name, names), all.is_empty()) {
        (Some(near), _) => error.hint(format!("did you mean {near}?")),
        (None, true) => error.hint("there is none yet: `sconce data add NAME PATH` makes one"),
        (None, false) => error.hint("`sconce data` lists them"),
    })
}

/// Puts a tag on a version, away from the one that had it. Says which one that was.
///
/// # Errors
///
/// [`Kind::Invalid`]: the word cannot be a tag; [`Kind::NotFound`].
pub fn tag(ws: &Workspace, text: &str, tag: &str) -> Result<(Version, Option<u32>)> {
    check_tag(tag)?;
    ws.store.write(|tx| {
        let version = find_in(tx, text)?;
        if version.trashed.is_some() {
            return Err(in_trash_already(&version));
        }
        let before = put_tag(ws, tx, &version, tag)?;
        Ok((find_in(tx, &version.name())?, before))
    })
}

/// Has a tag be on this version. Says which version had it, if another did.
fn put_tag(ws: &Workspace, tx: &Connection, version: &Version, tag: &str) -> Result<Option<u32>> {
    let before = rows::tagged(tx, &version.dataset, tag)?;
    if before == Some(version.number) {
        return Ok(None);
    }
    rows::set_tag(tx, &version.dataset, tag, version.number)?;
    let target = format!("{}@{tag}", version.dataset);
    let number = |number: u32| format!("v{number}");
    let after = Some(number(version.number));
    audited(ws, tx, "data.tag", target, before.map(number), after)?;
    Ok(before)
}

fn in_trash_already(version: &Version) -> Error {
    let message = format!("{} is in the trash", version.name());
    let hint = format!("`sconce data restore {}` takes it out", version.name());
    Error::new(Kind::Conflict, message).hint(hint)
}

/// Takes a tag away.
///
/// # Errors
///
/// [`Kind::NotFound`]: there is no such tag.
pub fn untag(ws: &Workspace, dataset: &str, tag: &str) -> Result<Version> {
    ws.store.write(|tx| {
        let version = find_in(tx, &format!("{dataset}@{tag}"))?;
        if !version.tags.iter().any(|known| known == tag) {
            let message = format!("{tag:?} is no tag of {dataset}");
            return Err(Error::new(Kind::NotFound, message));
        }
        rows::remove_tag(tx, dataset, tag)?;
        let (target, before) = (format!("{dataset}@{tag}"), format!("v{}", version.number));
        audited(ws, tx, "data.untag", target, Some(before), None)?;
        find_in(tx, &version.name())
    })
}

fn check_tag(tag: &str) -> Result<()> {
    if is_tag(tag) {
        return Ok(());
    }
    let message = format!("{tag:?} cannot be a tag");
    let hint = match tag == LATEST || tag.starts_with('v') {
        true => "it means a version already: `latest` and `v3` are taken",
        false => "1 to 64 letters, digits, `-`, `_` and `.`, the first a letter or digit",
    };
    Err(Error::new(Kind::Invalid, message).hint(hint))
}

/// Puts versions into the trash: their content is kept until their time there is over, and what a run was made of never goes.
///
/// # Errors
///
/// [`Kind::Conflict`]: a version has a tag, was used by a run, or is in the trash already. Then none of them goes there.
pub fn trash(ws: &Workspace, texts: &[String], reason: &str) -> Result<Vec<Version>> {
    let trashed = Trashed {
        at: ws.now(),
        by: ws.actor().to_string(),
    };
    ws.store.write(|tx| {
        let mut done = vec![];
        for text in texts {
            let version = find_in(tx, text)?;
            let name = version.name();
            let refuse =
                |message: String, hint: String| Err(Error::new(Kind::Conflict, message).hint(hint));
            if version.trashed.is_some() {
                let message = format!("{name} is in the trash already");
                return refuse(message, "`sconce data trash` lists it".to_owned());
            }
            if let Some(tag) = version.tags.first() {
                let message = format!("{name} has the tag {tag}");
                let hint = format!("`sconce data untag {}@{tag}` first", version.dataset);
                return refuse(message, hint);
            }
            let runs = rows::runs(tx, &version.dataset, version.number)?;
            if let Some((_, run)) = runs.first() {
                let message = format!("{} runs were made of {name}, the newest {run}", runs.len());
                return refuse(
                    message,
                    "what a run was made of is kept as long as the run".to_owned(),
                );
            }
            rows::set_trashed(tx, &version, Some(&trashed))?;
            let after = crate::domain::audit::because("trash", reason);
            audited(ws, tx, "data.trash", name, None, Some(after))?;
            done.push(Version {
                trashed: Some(trashed.clone()),
                ..version
            });
        }
        Ok(done)
    })
}

/// Takes versions out of the trash.
///
/// # Errors
///
/// [`Kind::Conflict`]: one is not in it.
pub fn restore(ws: &Workspace, texts: &[String]) -> Result<Vec<Version>> {
    ws.store.write(|tx| {
        let mut done = vec![];
        for text in texts {
            let version = find_in(tx, text)?;
            if version.trashed.is_none() {
                let message = format!("{} is not in the trash", version.name());
                return Err(
                    Error::new(Kind::Conflict, message).hint("`sconce data trash` lists what is")
                );
            }
            rows::set_trashed(tx, &version, None)?;
            audited(
                ws,
                tx,
                "data.restore",
                version.name(),
                Some("trash".to_owned()),
                None,
            )?;
            done.push(Version {
                trashed: None,
                ..version
            });
        }
        Ok(done)
    })
}

/// The file that a preset means by a version, pinned: what `latest` or a tag means now.
pub(super) fn pinned(ws: &Workspace, file: &FileOf) -> Result<(Version, DataVersion, PathBuf)> {
    let version = find(ws, &file.version.to_string())?;
    let entry = checkout::one_file(ws, &version, file.path.as_deref())?;
    let outside = checkout::Places::of(&version);
    let pinned = DataVersion {
        name: version.name(),
        hash: version.hash,
        store: ws.root.clone(),
        outside: version.is_reference.then(|| outside.path(&entry)),
    };
    let path = PathBuf::from(OsString::from_vec(entry.path.bytes().to_vec()));
    Ok((version, pinned, path))
}

/// Notes that a run is made of a version.
///
/// # Errors
///
/// [`Kind::Conflict`]: it went into the trash meanwhile.
pub(super) fn used(tx: &Connection, run: &RunId, version: &Version) -> Result<()> {
    let now = rows::get(tx, &version.dataset, version.number)?;
    if now.is_none_or(|now| now.trashed.is_some()) {
        let message = format!("{} is in the trash", version.name());
        let hint = format!("`sconce data restore {}` takes it out", version.name());
        return Err(Error::new(Kind::Conflict, message).hint(hint));
    }
    Ok(rows::used(tx, run, &version.dataset, version.number)?)
}

fn vault(ws: &Workspace) -> Vault {
    Vault::of(&ws.root)
}

#[cfg(test)]
mod tests;
