//! Versions beside this store: where they are kept, sending them there, fetching them from there.

use std::{cmp::Reverse, collections::BTreeSet};

use serde::{Deserialize, Serialize};

use super::{find_in, rows};
use crate::{
    domain::{
        datasets::{Reference, Split, Version, Which, is_name, is_tag},
        hashes::Hash,
        remotes::{ORIGIN, Place, Remote},
        text::nearest,
    },
    ops::{Error, Kind, Result, audited},
    store::{Connection, remotes as known},
    vault::{self, Progress},
    workspace::Workspace,
};

/// What went to a remote or came from one.
#[derive(Clone, Debug, Serialize)]
pub struct Carried {
    pub remote: Remote,
    /// In the order of data sets and numbers.
    pub versions: Vec<Arrival>,
    /// Packs that travelled, and their bytes.
    pub packs: u64,
    pub bytes: u64,
}

/// A version that is now at both ends.
#[derive(Clone, Debug, Serialize)]
pub struct Arrival {
    #[serde(flatten)]
    pub version: Version,
    /// It was not there before.
    pub is_new: bool,
    /// Tags that it has there and not here, where another version has them.
    pub kept_tags: Vec<String>,
}

/// What a remote knows of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    #[serde(flatten)]
    version: Version,
    splits: Vec<Split>,
    /// The packs of the remote that hold it.
    packs: Vec<Hash>,
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
    let mut records = records(&there, "", progress)?;
    let mut versions: Vec<Version> = records.drain(..).map(|record| record.version).collect();
    versions.sort_by_key(|version| (version.dataset.clone(), Reverse(version.number)));
    Ok(versions)
}

/// Sends versions to a remote: those that are meant, or all outside the trash. Only packs that it lacks travel, and a version
/// is listed there once all of it is there.
///
/// # Errors
///
/// [`Kind::NotFound`]; [`Kind::Conflict`]: the remote has another version of that name; [`Kind::Environment`]: it does not
/// answer, or a version is damaged here.
pub fn push(
    ws: &Workspace,
    remote: Option<&str>,
    texts: &[String],
    called: Option<&str>,
    progress: &Progress,
) -> Result<Carried> {
    let mut versions = meant(ws, texts)?;
    rename(&mut versions, called, |version| version)?;
    let (remote, there) = open(ws, remote, progress)?;
    let names: BTreeSet<&str> = versions
        .iter()
        .map(|version| version.dataset.as_str())
        .collect();
    let mut known = vec![];
    for name in names {
        known.extend(records(&there, name, progress)?);
    }
    for version in &versions {
        if let Some(other) = known.iter().find(|known| clash(&known.version, version)) {
            return Err(taken(&remote.name, &other.version));
        }
    }
    let vault = super::vault(ws);
    let open = vault.open()?;
    let contents: Vec<vault::Version> = versions.iter().map(content).collect();
    let pushed = open.push(&there, &contents, progress)?;
    let mut carried = Carried {
        remote,
        versions: vec![],
        packs: pushed.sent,
        bytes: pushed.bytes,
    };
    for (version, packs) in versions.into_iter().zip(pushed.packs) {
        let before = known
            .iter()
            .find(|known| known.version.id() == version.id());
        let splits = ws
            .store
            .read(|tx| Ok::<_, Error>(rows::splits(tx, &version)?))?;
        let record = Record {
            version,
            splits,
            packs,
        };
        let is_new = before.is_none();
        if before != Some(&record) && !keep(&there, &record, !is_new, progress)? {
            return Err(taken(&carried.remote.name, &record.version));
        }
        move_tags(&there, &mut known, &record.version, progress)?;
        if is_new {
            let after = Some(carried.remote.url.clone());
            let target = record.version.name();
            ws.store
                .write(|tx| audited(ws, tx, "data.push", target, None, after))?;
        }
        carried.versions.push(Arrival {
            version: record.version,
            is_new,
            kept_tags: vec![],
        });
    }
    Ok(carried)
}

/// Fetches versions from a remote: those that are meant, or all of them. Only what is missing here travels, damaged content
/// included, and all that comes is looked at before it counts.
///
/// # Errors
///
/// [`Kind::NotFound`]; [`Kind::Conflict`]: another version has the name here; [`Kind::Environment`]: the remote does not
/// answer, or is damaged.
pub fn pull(
    ws: &Workspace,
    remote: Option<&str>,
    texts: &[String],
    called: Option<&str>,
    progress: &Progress,
) -> Result<Carried> {
    let (remote, there) = open(ws, remote, progress)?;
    let mut wanted = match texts {
        [] => records(&there, "", progress)?,
        texts => {
            let mut wanted: Vec<Record> = vec![];
            for text in texts {
                let record = at_remote(&there, &remote, text, progress)?;
                if wanted.iter().all(|other| other != &record) {
                    wanted.push(record);
                }
            }
            wanted
        }
    };
    rename(&mut wanted, called, |record| &mut record.version)?;
    // Before anything travels.
    ws.store.read(|tx| {
        wanted
            .iter()
            .try_for_each(|record| free(tx, &record.version))
    })?;
    let vault = super::vault(ws);
    // Nothing is collected before the versions are stored.
    let mut open = vault.open()?;
    let packs = wanted.iter().flat_map(|record| &record.packs);
    let came = open.pull(&there, &packs.copied().collect(), progress)?;
    for record in &wanted {
        open.check(&content(&record.version))
            .map_err(|error| match error {
                vault::Error::Missing { hash } => vault::Error::Lacks {
                    url: there.url().to_owned(),
                    hash,
                },
                error => error,
            })?;
    }
    let versions = ws.store.write(|tx| {
        let arrivals = wanted.iter().map(|record| arrive(ws, tx, &remote, record));
        arrivals.collect::<Result<_>>()
    })?;
    Ok(Carried {
        remote,
        versions,
        packs: came.packs,
        bytes: came.bytes,
    })
}

/// Makes a remote known, unless it is, and fetches all its versions.
///
/// # Errors
///
/// [`Kind::Conflict`]: another remote has the name; what [`add_remote`] and [`pull`] say.
pub fn clone(ws: &Workspace, remote: &Remote, progress: &Progress) -> Result<Carried> {
    if !remotes(ws)?.contains(remote) {
        // A place with nothing in it is more likely a slip of the hand.
        vault::Remote::open(remote, progress)?;
        add_remote(ws, remote, progress)?;
    }
    pull(ws, Some(&remote.name), &[], None, progress)
}

/// Writes a version down that has come, unless it is known.
fn arrive(ws: &Workspace, tx: &Connection, from: &Remote, record: &Record) -> Result<Arrival> {
    let version = &record.version;
    free(tx, version)?;
    let is_new = rows::get(tx, &version.dataset, version.number)?.is_none();
    let mut kept_tags = vec![];
    if is_new {
        rows::take_number(tx, &version.dataset, version.number)?;
        let untagged = Version {
            tags: vec![],
            trashed: None,
            ..version.clone()
        };
        rows::insert(tx, &untagged)?;
        rows::set_splits(tx, &version.dataset, version.number, &record.splits)?;
        let (before, after) = (Some(from.url.clone()), Some(version.hash.to_string()));
        audited(ws, tx, "data.pull", version.name(), before, after)?;
    }
    for tag in &version.tags {
        match rows::tagged(tx, &version.dataset, tag)? {
            Some(number) if number == version.number => {}
            Some(_) => kept_tags.push(tag.clone()),
            None => {
                rows::set_tag(tx, &version.dataset, tag, version.number)?;
                let target = format!("{}@{tag}", version.dataset);
                let after = Some(format!("v{}", version.number));
                audited(ws, tx, "data.tag", target, None, after)?;
            }
        }
    }
    Ok(Arrival {
        version: find_in(tx, &version.name())?,
        is_new,
        kept_tags,
    })
}

/// The versions that are to be sent, in the order of data sets and numbers.
fn meant(ws: &Workspace, texts: &[String]) -> Result<Vec<Version>> {
    let mut versions = ws.store.read(|tx| {
        if texts.is_empty() {
            let all = rows::all(tx)?.into_iter();
            return Ok(all.filter(|version| version.trashed.is_none()).collect());
        }
        let found = texts.iter().map(|text| {
            let version = find_in(tx, text)?;
            match version.trashed {
                None => Ok(version),
                Some(_) => {
                    let message = format!("{} is in the trash", version.name());
                    let hint = format!("`sconce data restore {}` takes it out", version.name());
                    Err(Error::new(Kind::Conflict, message).hint(hint))
                }
            }
        });
        found.collect::<Result<Vec<_>>>()
    })?;
    versions.sort_by_key(Version::id);
    versions.dedup_by_key(|version| version.id());
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
        version(one).dataset = called.to_owned();
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

/// The record that a person means.
fn at_remote(
    there: &vault::Remote,
    remote: &Remote,
    text: &str,
    progress: &Progress,
) -> Result<Record> {
    let Some(wanted) = Reference::parse(text) else {
        let message = format!("{text:?} names no version");
        return Err(Error::new(Kind::Invalid, message).hint("write NAME, NAME@v3 or NAME@TAG"));
    };
    let mut of_set = records(there, &wanted.dataset, progress)?;
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
        let message = format!("{} has no {wanted}", remote.name);
        let hint = format!(
            "`sconce data remote show {}` lists what it has",
            remote.name
        );
        Error::new(Kind::NotFound, message).hint(hint)
    })
}

/// The records of one data set, or of all, in the order of numbers.
fn records(there: &vault::Remote, dataset: &str, progress: &Progress) -> Result<Vec<Record>> {
    let names = there.records(dataset, progress)?;
    let read = there.read(&names, progress)?;
    let mut records = vec![];
    // Between the list and the reading, one may have gone.
    for (name, bytes) in names.iter().zip(read) {
        let Some(bytes) = bytes else { continue };
        records.push(understood(name, &bytes).ok_or_else(|| {
            let message = format!("{} has a record that cannot be read: {name}", there.url());
            Error::new(Kind::Environment, message)
                .hint("delete it there and push the version again")
        })?);
    }
    records.sort_by_key(|record: &Record| record.version.id());
    Ok(records)
}

/// A record, if it is one and says what its name says: what comes from outside is believed no further than that.
fn understood(name: &str, bytes: &[u8]) -> Option<Record> {
    let record: Record = serde_json::from_slice(bytes).ok()?;
    let version = &record.version;
    let is_sound = is_name(&version.dataset)
        && 0 < version.number
        && name == path(version)
        && version.tags.iter().all(|tag| is_tag(tag));
    is_sound.then_some(record)
}

fn keep(
    there: &vault::Remote,
    record: &Record,
    may_replace: bool,
    progress: &Progress,
) -> Result<bool> {
    let bytes = serde_json::to_vec_pretty(record).expect("a record is plain data");
    Ok(there.keep(&path(&record.version), &bytes, may_replace, progress)?)
}

/// A tag is on one version: those that this one has are taken from the others.
fn move_tags(
    there: &vault::Remote,
    known: &mut [Record],
    version: &Version,
    progress: &Progress,
) -> Result<()> {
    for other in known {
        let is_other = other.version.dataset == version.dataset
            && other.version.number != version.number
            && other
                .version
                .tags
                .iter()
                .any(|tag| version.tags.contains(tag));
        if is_other {
            other.version.tags.retain(|tag| !version.tags.contains(tag));
            keep(there, other, true, progress)?;
        }
    }
    Ok(())
}

/// Where the record of a version is.
fn path(version: &Version) -> String {
    format!("{}/v{}.json", version.dataset, version.number)
}

fn content(version: &Version) -> vault::Version<'_> {
    vault::Version {
        root: &version.hash,
        is_reference: version.is_reference,
    }
}

fn clash(one: &Version, other: &Version) -> bool {
    one.id() == other.id() && one.hash != other.hash
}

/// Is the name of a version its own, or nobody's?
fn free(tx: &Connection, version: &Version) -> Result<()> {
    match rows::get(tx, &version.dataset, version.number)? {
        Some(here) if clash(&here, version) => Err(taken("this store", &here)),
        _ => Ok(()),
    }
}

fn taken(whose: &str, version: &Version) -> Error {
    let message = format!(
        "{whose} has another {}, {} by {}",
        version.name(),
        version.hash.short(),
        version.actor
    );
    Error::new(Kind::Conflict, message).hint("--as NAME gives yours the name of another data set")
}
