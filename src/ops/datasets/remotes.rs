//! Versions beside this store: where they are kept, sending them there, fetching them from there.

mod pull;
mod push;
mod records;
mod verify;

use std::{cmp::Reverse, collections::BTreeSet};

use serde::Serialize;

use self::records::records;
pub use self::{
    pull::{clone, pull},
    push::push,
    verify::{DamagedPack, RemoteVerified, verify_remote},
};
use crate::{
    domain::{
        datasets::{Version, is_name},
        remotes::{ORIGIN, Place, Remote},
        text::nearest,
    },
    ops::{Error, Kind, Result, audited},
    store::{Connection, remotes as known},
    vault::{self, Progress},
    workspace::Workspace,
};

/// What is to go to a remote or to come from one.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// May be left out where one is known, or one is called `origin`.
    pub remote: Option<String>,
    /// All where none are named.
    pub versions: Vec<String>,
    /// What their data set is called where they go.
    pub called: Option<String>,
    /// A tag that another version has where they go is taken from it.
    pub moves_tags: bool,
}

impl Asked {
    fn are_all(&self) -> bool {
        self.versions.is_empty()
    }
}

/// What went to a remote or came from one.
#[derive(Clone, Debug, Serialize)]
pub struct Carried {
    pub remote: Remote,
    /// In the order of data sets and numbers.
    pub versions: Vec<Arrival>,
    /// Of all, those that stay where they are.
    pub refused: Vec<Refused>,
    /// Of all, those that the other end has under another name.
    pub known: Vec<Known>,
    /// Packs that travelled, and their bytes.
    pub packs: u64,
    pub bytes: u64,
}

/// A version that did not travel with the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    pub name: String,
    pub why: String,
}

/// A version whose name another one has at the other end, where the same content has another name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Known {
    pub name: String,
    pub known_as: String,
}

/// A version that is now at both ends.
#[derive(Clone, Debug, Serialize)]
pub struct Arrival {
    #[serde(flatten)]
    pub version: Version,
    /// It was not there before, or in the trash.
    pub is_new: bool,
    /// Content of it was damaged here and came anew.
    pub is_mended: bool,
    /// Tags that it has where it came from, and that another version has where it went: they stay there.
    pub kept_tags: Vec<Tag>,
    /// Tags that were on another version where it went.
    pub moved_tags: Vec<Tag>,
}

impl Arrival {
    fn of(version: Version, is_new: bool) -> Self {
        Self {
            version,
            is_new,
            is_mended: false,
            kept_tags: vec![],
            moved_tags: vec![],
        }
    }
}

/// A tag, and the number of the version that has or had it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tag {
    pub tag: String,
    pub on: u32,
}

/// What becomes of a version that is to travel.
enum Fate {
    Travels,
    /// It is there, under this name.
    IsKnown(String),
}

/// The remotes that are known, by name.
pub fn remotes(ws: &Workspace) -> Result<Vec<Remote>> {
    ws.store.read(|tx| Ok(known::all(tx)?))
}

/// Makes a place known, and a remote of it where nothing is there yet.
///
/// # Errors
///
/// [`Kind::Invalid`]: the name or the address cannot be one; [`Kind::Conflict`]: the name is taken; [`Kind::NotFound`]:
/// something else is there; [`Kind::Environment`]: it does not answer, or lets nobody in.
pub fn add_remote(ws: &Workspace, remote: &Remote, progress: &Progress) -> Result<()> {
    if !is_name(&remote.name) {
        let message = format!("{:?} cannot be the name of a remote", remote.name);
        return Err(Error::new(Kind::Invalid, message)
            .hint("1 to 64 letters, digits, `-`, `_` and `.`, the first a letter or digit"));
    }
    let invalid = |message: String, hint: &str| Err(Error::new(Kind::Invalid, message).hint(hint));
    match Place::parse(&remote.url) {
        None => {
            let message = format!("{:?} is no address of a remote", remote.url);
            return invalid(message, "write a folder or s3://BUCKET/PREFIX");
        }
        Some(Place::Folder(_)) if remote.endpoint.is_some() || remote.region.is_some() => {
            let message = "a folder has no endpoint and no region".to_owned();
            return invalid(message, "leave --endpoint and --region out");
        }
        Some(_) => {}
    }
    let taken = |tx: &Connection| {
        let all = known::all(tx)?;
        match all.into_iter().find(|known| known.name == remote.name) {
            None => Ok(()),
            Some(known) => {
                let message = format!("{} is known already: {}", known.name, known.url);
                let hint = format!("`sconce data remote rm {}` forgets it", known.name);
                Err(Error::new(Kind::Conflict, message).hint(hint))
            }
        }
    };
    ws.store.read(taken)?;
    vault::Remote::make(remote, progress)?;
    ws.store.write(|tx| {
        taken(tx)?;
        known::insert(tx, remote)?;
        let (target, after) = (remote.name.clone(), Some(remote.url.clone()));
        audited(ws, tx, "data.remote.add", target, None, after)
    })
}

/// Forgets a remote. What is there stays.
///
/// # Errors
///
/// [`Kind::NotFound`].
pub fn forget_remote(ws: &Workspace, name: &str) -> Result<Remote> {
    ws.store.write(|tx| {
        let remote = named(known::all(tx)?, Some(name))?;
        known::delete(tx, name)?;
        let (target, before) = (remote.name.clone(), Some(remote.url.clone()));
        audited(ws, tx, "data.remote.remove", target, before, None)?;
        Ok(remote)
    })
}

/// The versions that a remote has, by the name of their data set, the newest first.
pub fn offered(ws: &Workspace, remote: Option<&str>, progress: &Progress) -> Result<Vec<Version>> {
    let (_, there) = open(ws, remote, progress)?;
    let records = records(&there, "", progress)?.records;
    let mut versions: Vec<Version> = records.into_iter().map(|record| record.version).collect();
    versions.sort_by_key(|version| (version.dataset.clone(), Reverse(version.number)));
    Ok(versions)
}

/// Gives versions, which must be of one data set, another one's name.
fn rename<T>(
    versions: &mut [T],
    called: Option<&str>,
    version: impl Fn(&mut T) -> &mut Version,
) -> Result<()> {
    let Some(called) = called else {
        return Ok(());
    };
    let invalid = |message: String, hint: &str| Err(Error::new(Kind::Invalid, message).hint(hint));
    if !is_name(called) {
        let message = format!("{called:?} cannot be the name of a data set");
        return invalid(message, "letters, digits, `-`, `_` and `.`");
    }
    let sets: BTreeSet<String> = versions
        .iter_mut()
        .map(|one| version(one).dataset.clone())
        .collect();
    if 1 < sets.len() {
        let message = "several data sets cannot have one name".to_owned();
        return invalid(message, "name versions of one data set");
    }
    for one in versions {
        let one = version(one);
        one.dataset = called.to_owned();
        // The version before it is of the data set that it came from.
        one.parent = None;
    }
    Ok(())
}

fn open(
    ws: &Workspace,
    name: Option<&str>,
    progress: &Progress,
) -> Result<(Remote, vault::Remote)> {
    let remote = named(remotes(ws)?, name)?;
    let there = vault::Remote::open(&remote, progress)?;
    Ok((remote, there))
}

/// The remote that is meant: the one of that name; without a name, the only one or `origin`.
fn named(mut all: Vec<Remote>, name: Option<&str>) -> Result<Remote> {
    let wanted = match (name, &all[..]) {
        (Some(name), _) => name,
        (None, []) => {
            let message = "no remote is known";
            return Err(Error::new(Kind::NotFound, message)
                .hint("`sconce data remote add origin /mnt/disk/sconce` makes one"));
        }
        (None, [_]) => return Ok(all.remove(0)),
        (None, _) => ORIGIN,
    };
    if let Some(at) = all.iter().position(|remote| remote.name == wanted) {
        return Ok(all.remove(at));
    }
    let names: Vec<&str> = all.iter().map(|remote| remote.name.as_str()).collect();
    Err(match (name, nearest(wanted, names.iter().copied())) {
        (None, _) => {
            let message = format!("several remotes are known: {}", names.join(", "));
            Error::new(Kind::Invalid, message).hint("name one with --remote")
        }
        (Some(_), near) => {
            let error = Error::new(Kind::NotFound, format!("there is no remote {wanted:?}"));
            match near {
                Some(near) => error.hint(format!("did you mean {near}?")),
                None => error.hint("`sconce data remote` lists them"),
            }
        }
    })
}

/// What of some versions does not travel, and why.
#[derive(Default)]
struct Staying {
    refused: Vec<Refused>,
    known: Vec<Known>,
}

impl Staying {
    /// Takes out those versions that are not free to travel. Where not all were meant, the first is an error.
    fn out_of<T>(
        versions: &mut Vec<T>,
        are_all: bool,
        version: impl Fn(&T) -> &Version,
        fate: impl Fn(&Version) -> Result<Fate>,
    ) -> Result<Self> {
        let mut staying = Self::default();
        let mut free = vec![];
        for one in versions.drain(..) {
            let name = version(&one).name();
            match fate(version(&one)) {
                Ok(Fate::Travels) => free.push(one),
                Ok(Fate::IsKnown(known_as)) => staying.known.push(Known { name, known_as }),
                Err(error) if are_all => staying.refused.push(Refused {
                    name,
                    why: error.message,
                }),
                Err(error) => return Err(error),
            }
        }
        *versions = free;
        Ok(staying)
    }
}

fn content(version: &Version) -> vault::Version<'_> {
    vault::Version {
        root: &version.hash,
        is_reference: version.is_reference,
    }
}

/// Have two versions one name and not one content?
fn clash(one: &Version, other: &Version) -> bool {
    one.id() == other.id() && one.hash != other.hash
}

/// A version has the name of another, which `whose` has.
fn taken(whose: &str, version: &Version) -> Error {
    let mut message = format!(
        "{whose} has another {}, {} by {}",
        version.name(),
        version.hash.short(),
        version.actor
    );
    if version.trashed.is_some() {
        message += ", in the trash";
    }
    Error::new(Kind::Conflict, message).hint("--as NAME has it travel under another name")
}
