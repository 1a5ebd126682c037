//! Sending versions to a remote.

use std::collections::BTreeSet;

use super::{
    super::{find_in, in_trash_already, rows, vault},
    Arrival, Asked, Carried, Fate, Refused, Staying, Tag, clash, content, open,
    records::{Listed, Record, keep, path, records, unreadable},
    rename, taken,
};
use crate::{
    domain::datasets::Version,
    ops::{Error, Result, audited},
    vault::{self as content_vault, Open, Progress},
    workspace::Workspace,
};

/// Sends versions to a remote: those that are meant, or all outside the trash but those whose name is another's there. Only
/// packs that it lacks travel, and a version is listed there once all of it is there. Nothing that is known there of a version
/// is taken away: tags and splits that it has stay.
///
/// # Errors
///
/// [`crate::ops::Kind::NotFound`]; [`crate::ops::Kind::Conflict`]: the remote has another version of that name;
/// [`crate::ops::Kind::Environment`]: it does not answer, or a version is damaged here.
pub fn push(ws: &Workspace, asked: &Asked, progress: &Progress) -> Result<Carried> {
    let mut ours = meant(ws, &asked.versions)?;
    rename(&mut ours, asked.called.as_deref(), |record| {
        &mut record.version
    })?;
    let (remote, there) = open(ws, asked.remote.as_deref(), progress)?;
    let known = match asked.are_all() {
        // A version that is taken may be there under any name.
        true => records(&there, "", progress)?,
        false => {
            let mut known = Listed::default();
            let names: BTreeSet<&str> = ours
                .iter()
                .map(|record| record.version.dataset.as_str())
                .collect();
            for name in names {
                known.join(records(&there, name, progress)?);
            }
            known
        }
    };
    let fate = |version: &Version| {
        let mut others = known.records.iter().map(|known| &known.version);
        match others.find(|other| clash(other, version)) {
            Some(other) => match known.like(version).filter(|_| asked.are_all()) {
                Some(same) => Ok(Fate::IsKnown(same.name())),
                None => Err(taken(&remote.name, other)),
            },
            None if known.unreadable.contains(&path(version)) => {
                Err(unreadable(&there, &version.id()))
            }
            None => Ok(Fate::Travels),
        }
    };
    let staying = Staying::out_of(&mut ours, asked.are_all(), |record| &record.version, fate)?;
    let vault = vault(ws);
    let open = vault.open()?;
    let mut carried = Carried {
        remote,
        versions: vec![],
        refused: staying.refused,
        known: staying.known,
        packs: 0,
        bytes: 0,
    };
    let (ours, damaged) = whole(&open, ours);
    for (record, error) in damaged {
        let name = record.version.name();
        if !asked.are_all() {
            let error = Error::from(error);
            let message = format!("{name}: {}", error.message);
            return Err(Error { message, ..error });
        }
        let why = error.to_string();
        carried.refused.push(Refused { name, why });
    }
    let contents: Vec<content_vault::Version> =
        ours.iter().map(|record| content(&record.version)).collect();
    let pushed = open.push(&there, &contents, progress)?;
    (carried.packs, carried.bytes) = (pushed.sent, pushed.bytes);
    let mut known = known.records;
    for (ours, packs) in ours.into_iter().zip(pushed.packs) {
        let id = ours.version.id();
        let before = known.iter().find(|known| known.version.id() == id).cloned();
        let mut arrival = Arrival::of(ours.version.clone(), before.is_none());
        let mut record = Record { packs, ..ours }.joined(before.as_ref());
        let mut moved = vec![];
        for tag in std::mem::take(&mut record.version.tags) {
            let has_it = |other: &&mut Record| {
                other.version.dataset == id.dataset
                    && other.version.number != id.number
                    && other.version.tags.contains(&tag)
            };
            match known.iter_mut().find(has_it) {
                None => record.version.tags.push(tag),
                Some(other) => {
                    let on = other.version.number;
                    if asked.moves_tags {
                        other.version.tags.retain(|known| *known != tag);
                        moved.push(other.clone());
                        record.version.tags.push(tag.clone());
                        arrival.moved_tags.push(Tag { tag, on });
                    } else {
                        arrival.kept_tags.push(Tag { tag, on });
                    }
                }
            }
        }
        let is_other = before.as_ref() != Some(&record);
        if is_other && !keep(&there, &record, !arrival.is_new, progress)? {
            return Err(taken(&carried.remote.name, &record.version));
        }
        for other in &moved {
            keep(&there, other, true, progress)?;
        }
        if arrival.is_new {
            let after = Some(carried.remote.url.clone());
            let target = record.version.name();
            ws.store
                .write(|tx| audited(ws, tx, "data.push", target, None, after))?;
        }
        carried.versions.push(arrival);
    }
    Ok(carried)
}

/// Those of which all is here, and the others with what is wrong with them.
fn whole(
    open: &Open<'_>,
    records: Vec<Record>,
) -> (Vec<Record>, Vec<(Record, content_vault::Error)>) {
    let (mut whole, mut damaged) = (vec![], vec![]);
    for record in records {
        match open.check(&content(&record.version)) {
            Ok(_) => whole.push(record),
            Err(error) => damaged.push((record, error)),
        }
    }
    (whole, damaged)
}

/// What is known here of the versions that are to be sent, in the order of data sets and numbers. Their packs are not known
/// yet.
fn meant(ws: &Workspace, texts: &[String]) -> Result<Vec<Record>> {
    ws.store.read(|tx| {
        let mut versions: Vec<Version> = match texts {
            [] => {
                let mut all = rows::all(tx)?;
                all.retain(|version| version.trashed.is_none());
                all
            }
            texts => {
                let found = texts.iter().map(|text| {
                    let version = find_in(tx, text)?;
                    match version.trashed {
                        None => Ok(version),
                        Some(_) => Err(in_trash_already(&version)),
                    }
                });
                found.collect::<Result<_>>()?
            }
        };
        versions.sort_by_key(Version::id);
        versions.dedup_by_key(|version| version.id());
        let records = versions.into_iter().map(|version| {
            Ok(Record {
                splits: rows::splits(tx, &version)?,
                packs: vec![],
                version,
            })
        });
        records.collect()
    })
}
