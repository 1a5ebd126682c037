//! What is in the tables of a version.

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    sync::atomic::Ordering,
};

use serde::Serialize;

use super::{checkout::Places, find, rows};
use crate::{
    data::profile::{self as tables, Verdict, large},
    domain::datasets::{Split, Version},
    ops::{Error, Result},
    vault::{
        self, Error as VaultError, Open, Outside as _, Progress,
        manifest::{Entry, Kind as What},
    },
    workspace::Workspace,
};

/// The most tables of a version that are profiled: the first, in the order of paths.
pub const MOST_TABLES: usize = 20;

/// What is known of the tables of a version.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Profiles {
    pub tables: Vec<TableProfile>,
    /// Tables that are still to be profiled.
    pub pending: u64,
    /// Tables beyond [`MOST_TABLES`], which are never profiled.
    pub left_out: u64,
}

/// What is known of one table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TableProfile {
    pub path: String,
    #[serde(flatten)]
    pub verdict: Verdict,
}

impl Profiles {
    /// Rows of all tables of a split together; `None` where one of its files has no profile.
    pub fn rows_of(&self, split: &Split) -> Option<u64> {
        let rows = split.paths.iter().map(|path| {
            let table = self.tables.iter().find(|table| table.path == *path)?;
            match &table.verdict {
                Verdict::Profiled(profile) => Some(profile.rows),
                Verdict::NotRead { .. } | Verdict::TooLarge { .. } => None,
            }
        });
        rows.sum()
    }
}

/// What was found when the tables of a version were profiled; nothing is read.
pub fn profiles(ws: &Workspace, version: &Version) -> Result<Profiles> {
    let vault = super::vault(ws);
    let (tables, left_out) = first_tables(&vault.open()?, version)?;
    let known = known(ws, version)?;
    let found: Vec<TableProfile> = tables
        .iter()
        .filter_map(|entry| of(&known, &entry.path.shown()))
        .collect();
    Ok(Profiles {
        pending: (tables.len() - found.len()) as u64,
        tables: found,
        left_out,
    })
}

/// Profiles the tables of a version that are not yet, and keeps what is found with the version's content. Tables are told
/// by the ending of their name. One that does not read as a table has that as its verdict. What was found before an
/// interruption is kept.
///
/// # Errors
///
/// The content cannot be had: the vault is damaged, or what is only named is not there any more.
pub fn profile(ws: &Workspace, text: &str, progress: &Progress) -> Result<(Version, Profiles)> {
    let version = find(ws, text)?;
    let vault = super::vault(ws);
    let open = vault.open()?;
    let (entries, left_out) = first_tables(&open, &version)?;
    let known = known(ws, &version)?;
    announce(progress, &entries);
    // These are read twice.
    let again = entries.iter().filter(|entry| is_large(entry));
    progress
        .all_bytes
        .fetch_add(again.map(Entry::bytes).sum(), Ordering::Relaxed);
    let mut tables = vec![];
    for entry in &entries {
        let path = entry.path.shown();
        let found = match of(&known, &path) {
            Some(found) => found,
            None => {
                let verdict = judge(&open, &version, entry, progress)?;
                keep(ws, &version, &path, &verdict)?;
                TableProfile { path, verdict }
            }
        };
        tables.push(found);
        progress.files.fetch_add(1, Ordering::Relaxed);
    }
    let profiles = Profiles {
        tables,
        pending: 0,
        left_out,
    };
    Ok((version, profiles))
}

fn judge(
    open: &Open<'_>,
    version: &Version,
    entry: &Entry,
    progress: &Progress,
) -> Result<Verdict> {
    if !is_large(entry) {
        let bytes = content(open, version, entry, progress)?;
        let verdict = tables::judge(name(entry), &bytes, &|| is_interrupted(progress));
        return match verdict {
            // Packed well, a small file is a large table.
            Some(Verdict::TooLarge { .. }) => in_slices(open, version, entry, progress),
            verdict => verdict.ok_or_else(|| VaultError::Interrupted.into()),
        };
    }
    if !large::is_of_lines(name(entry)) {
        return in_slices(open, version, entry, progress);
    }
    let from = outside(version, entry);
    Ok(large::judge(name(entry), &mut |take| {
        open.read(entry, from.as_deref(), &mut |chunk| {
            count(progress, chunk)?;
            take(chunk)
        })
    })?)
}

/// Profiles a Parquet file, whose parts are found from its end: what is in the vault is laid out beside it meanwhile.
fn in_slices(
    open: &Open<'_>,
    version: &Version,
    entry: &Entry,
    progress: &Progress,
) -> Result<Verdict> {
    let from = outside(version, entry);
    let file = open.laid_out(entry, from.as_deref(), &mut |chunk| count(progress, chunk))?;
    let verdict = large::judge_parquet(name(entry), &file, &|| is_interrupted(progress));
    // The second look.
    progress.bytes.fetch_add(entry.bytes(), Ordering::Relaxed);
    verdict.ok_or_else(|| VaultError::Interrupted.into())
}

fn is_interrupted(progress: &Progress) -> bool {
    progress.is_interrupted.load(Ordering::Relaxed)
}

/// So much more was read.
fn count(progress: &Progress, chunk: &[u8]) -> vault::Result<()> {
    if is_interrupted(progress) {
        return Err(VaultError::Interrupted);
    }
    progress
        .bytes
        .fetch_add(chunk.len() as u64, Ordering::Relaxed);
    Ok(())
}

/// Is it looked at in pieces?
fn is_large(entry: &Entry) -> bool {
    tables::MOST_WHOLE < entry.bytes()
}

fn keep(ws: &Workspace, version: &Version, path: &str, verdict: &Verdict) -> Result<()> {
    let text = serde_json::to_string(verdict).expect("a verdict is numbers and texts");
    ws.store
        .write(|tx| Ok::<_, Error>(rows::set_profile(tx, &version.hash, path, &text)?))
}

/// What is kept of the tables of a version; what another program wrote and this one cannot read is as if it were not there.
fn known(ws: &Workspace, version: &Version) -> Result<Vec<(String, Verdict)>> {
    let kept = ws
        .store
        .read(|tx| Ok::<_, Error>(rows::profiles(tx, &version.hash)?))?;
    let read = |(path, text): (String, String)| Some((path, serde_json::from_str(&text).ok()?));
    Ok(kept.into_iter().filter_map(read).collect())
}

fn of(known: &[(String, Verdict)], path: &str) -> Option<TableProfile> {
    let (path, verdict) = known.iter().find(|(of, _)| of == path)?;
    Some(TableProfile {
        path: path.clone(),
        verdict: verdict.clone(),
    })
}

/// The first tables of a version, and how many more there are.
fn first_tables(open: &Open<'_>, version: &Version) -> Result<(Vec<Entry>, u64)> {
    let (mut tables, mut left_out) = (vec![], 0);
    open.walk(&version.hash, &mut |entry| {
        match is_table(&entry) {
            true if tables.len() < MOST_TABLES => tables.push(entry),
            true => left_out += 1,
            false => {}
        }
        Ok(())
    })?;
    Ok((tables, left_out))
}

/// Is this a file whose name says that it is a table?
pub(super) fn is_table(entry: &Entry) -> bool {
    matches!(entry.kind, What::File { .. }) && tables::is_tabular(name(entry))
}

pub(super) fn name(entry: &Entry) -> &Path {
    Path::new(OsStr::from_bytes(entry.path.bytes()))
}

/// Says how much there is to read.
pub(super) fn announce(progress: &Progress, entries: &[Entry]) {
    let bytes = entries.iter().map(Entry::bytes).sum();
    progress
        .all_files
        .store(entries.len() as u64, Ordering::Relaxed);
    progress.all_bytes.store(bytes, Ordering::Relaxed);
}

/// Where the content of what is only named lies.
fn outside(version: &Version, entry: &Entry) -> Option<PathBuf> {
    let is_outside = version.is_reference;
    is_outside.then(|| Places::of(version).path(entry))
}

/// The whole content of a file of a version.
pub(super) fn content(
    open: &Open<'_>,
    version: &Version,
    entry: &Entry,
    progress: &Progress,
) -> Result<Vec<u8>> {
    let from = outside(version, entry);
    let mut bytes = Vec::with_capacity(entry.bytes() as usize);
    open.read(entry, from.as_deref(), &mut |chunk| {
        bytes.extend_from_slice(chunk);
        count(progress, chunk)
    })?;
    Ok(bytes)
}
