//! Fetching versions from a remote.

use super::{
    super::{find_in, put_tag, rows, vault},
    Arrival, Asked, Carried, Fate, Refused, Staying, Tag, add_remote, clash, content, open,
    records::{Record, at_remote, records},
    remotes, rename, taken,
};
use crate::{
    domain::{datasets::Version, remotes::Remote},
    ops::{Result, audited},
    store::Connection,
    vault::{self as content_vault, Open, Progress, Pulled},
    workspace::Workspace,
};

/// Fetches versions from a remote: those that are meant, or all but those whose name is another's here. Only what is missing
/// here travels, damaged content included, and all that comes is looked at before it counts. What is in the trash here comes
/// out of it.
///
/// # Errors
///
/// [`crate::ops::Kind::NotFound`]; [`crate::ops::Kind::Conflict`]: another version has the name here; [`crate::ops::Kind::Environment`]: the remote does not
/// answer, or is damaged.
pub fn pull(ws: &Workspace, asked: &Asked, progress: &Progress) -> Result<Carried> {
    let (remote, there) = open(ws, asked.remote.as_deref(), progress)?;
    let mut refused = vec![];
    let mut wanted = match &asked.versions[..] {
        [] => {
            let listed = records(&there, "", progress)?;
            refused.extend(listed.unreadable.into_iter().map(|name| Refused {
                name,
                why: "its record cannot be read".to_owned(),
            }));
            listed.records
        }
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
    rename(&mut wanted, asked.called.as_deref(), |record| {
        &mut record.version
    })?;
    // Before anything travels.
    let are_all = asked.are_all();
    let staying = ws.store.read(|tx| {
        let fate = |version: &Version| fate(tx, version, are_all);
        Staying::out_of(&mut wanted, are_all, |record| &record.version, fate)
    })?;
    refused.extend(staying.refused);
    let vault = vault(ws);
    // Nothing is collected before the versions are stored.
    let mut open = vault.open()?;
    let packs = wanted.iter().flat_map(|record| &record.packs);
    let came = open.pull(&there, &packs.copied().collect(), progress)?;
    let mut arrived = vec![];
    for mut record in wanted {
        match whole(&open, &there, &came, &mut record) {
            Ok(is_mended) => arrived.push((record, is_mended)),
            Err(error) if are_all => refused.push(Refused {
                name: record.version.name(),
                why: error.to_string(),
            }),
            Err(error) => return Err(error.into()),
        }
    }
    let versions = ws.store.write(|tx| {
        let arrivals = arrived
            .iter()
            .map(|(record, is_mended)| arrive(ws, tx, (&remote, asked), record, *is_mended));
        arrivals.collect::<Result<_>>()
    })?;
    Ok(Carried {
        remote,
        versions,
        refused,
        known: staying.known,
        packs: came.packs,
        bytes: came.bytes,
    })
}

/// Is all of a version here, after what came? Takes over how much it is, and says whether any of it was damaged before.
fn whole(
    open: &Open<'_>,
    there: &content_vault::Remote,
    came: &Pulled,
    record: &mut Record,
) -> content_vault::Result<bool> {
    let damaged = record.packs.iter().find(|pack| came.damaged.contains(pack));
    let version = &mut record.version;
    let root = open.check(&content(version)).map_err(|error| {
        let url = there.url().to_owned();
        match (error, damaged) {
            (content_vault::Error::Missing { .. }, Some(pack)) => {
                content_vault::Error::Sent { url, pack: *pack }
            }
            (content_vault::Error::Missing { hash }, None) => {
                content_vault::Error::Lacks { url, hash }
            }
            (error, _) => error,
        }
    })?;
    // What is here is believed, not what is said of it.
    (version.files, version.bytes) = (root.files, root.bytes);
    open.has_any(&version.hash, &came.mended)
}

/// Makes a remote known, unless it is, and fetches all its versions.
///
/// # Errors
///
/// [`crate::ops::Kind::Conflict`]: another remote has the name; what [`add_remote`] and [`pull`] say.
pub fn clone(ws: &Workspace, remote: &Remote, progress: &Progress) -> Result<Carried> {
    if !remotes(ws)?.contains(remote) {
        // A place with nothing in it is more likely a slip of the hand.
        content_vault::Remote::open(remote, progress)?;
        add_remote(ws, remote, progress)?;
    }
    let asked = Asked {
        remote: Some(remote.name.clone()),
        ..Asked::default()
    };
    pull(ws, &asked, progress)
}

/// Writes a version down that has come, unless it is known.
fn arrive(
    ws: &Workspace,
    tx: &Connection,
    (from, asked): (&Remote, &Asked),
    record: &Record,
    is_mended: bool,
) -> Result<Arrival> {
    let version = &record.version;
    fate(tx, version, false)?;
    let here = rows::get(tx, &version.dataset, version.number)?;
    let is_new = here.as_ref().is_none_or(|here| here.trashed.is_some());
    let (mut kept_tags, mut moved_tags) = (vec![], vec![]);
    if let Some(here) = here.filter(|_| is_new) {
        rows::set_trashed(tx, &here, None)?;
        let before = Some("trash".to_owned());
        audited(ws, tx, "data.restore", version.name(), before, None)?;
    } else if is_new {
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
            Some(on) => {
                let tag = tag.clone();
                if asked.moves_tags {
                    put_tag(ws, tx, version, &tag)?;
                    moved_tags.push(Tag { tag, on });
                } else {
                    kept_tags.push(Tag { tag, on });
                }
            }
            None => drop(put_tag(ws, tx, version, tag)?),
        }
    }
    Ok(Arrival {
        version: find_in(tx, &version.name())?,
        is_new,
        is_mended,
        kept_tags,
        moved_tags,
    })
}

/// Does a version travel? It does where its name is its own here, or nobody's.
fn fate(tx: &Connection, version: &Version, are_all: bool) -> Result<Fate> {
    let here = rows::get(tx, &version.dataset, version.number)?;
    let Some(here) = here.filter(|here| clash(here, version)) else {
        return Ok(Fate::Travels);
    };
    let mut all = match are_all {
        true => rows::all(tx)?.into_iter(),
        false => vec![].into_iter(),
    };
    match all.find(|other| other.hash == version.hash && other.trashed.is_none()) {
        Some(same) => Ok(Fate::IsKnown(same.name())),
        None => Err(taken("this store", &here)),
    }
}
