//! What changed inside the tables of two versions.

use std::sync::atomic::Ordering;

use serde::Serialize;

use super::{
    compare::{Comparison, root},
    profile::{MOST_TABLES, announce, content, is_table, name},
    vault,
};
use crate::{
    data::{
        Table,
        compare::{self as tables, Change, Refused, Side},
        profile::{self, Refusal},
    },
    domain::datasets::Version,
    ops::{Error, Result},
    vault::{
        Error as VaultError, Open, Progress,
        manifest::{Entry, compare::Change as Changed},
    },
    workspace::Workspace,
};

/// What changed inside the tables that two versions have in common.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contents {
    pub tables: Vec<TableChange>,
    /// Tables beyond [`MOST_TABLES`], which are not compared.
    pub left_out: u64,
}

/// What changed inside one of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TableChange {
    /// In the new version.
    pub path: String,
    /// In the old version.
    pub old_path: String,
    #[serde(flatten)]
    pub verdict: Compared,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "verdict")]
pub enum Compared {
    Compared(Change),
    NotCompared { why: String },
}

/// Compares the tables that are at one path in both versions and not the same; and where each version has one table alone,
/// these two. With a key, rows are told apart by what they hold in its columns.
///
/// # Errors
///
/// [`Kind::Invalid`](crate::ops::Kind): the only table has no such column in one of the versions, or two rows of one key.
/// Where there are several tables that is the verdict on the one table.
pub fn compare_contents(
    ws: &Workspace,
    comparison: &Comparison,
    key: &[String],
    progress: &Progress,
) -> Result<Contents> {
    let vault = vault(ws);
    let open = vault.open()?;
    let (pairs, left_out) = pairs(&open, comparison)?;
    let entries: Vec<Entry> = pairs.iter().flatten().cloned().collect();
    announce(progress, &entries);
    let mut changes = vec![];
    for pair in &pairs {
        let [old, new] = pair;
        let verdict = match of_pair(&open, comparison, pair, key, progress)? {
            Ok(verdict) => verdict,
            Err(refused) if pairs.len() == 1 => return Err(refused),
            Err(refused) => not_compared(refused.to_string()),
        };
        changes.push(TableChange {
            path: new.path.shown(),
            old_path: old.path.shown(),
            verdict,
        });
        progress.files.fetch_add(2, Ordering::Relaxed);
    }
    Ok(Contents {
        tables: changes,
        left_out,
    })
}

/// The tables to compare, old and new, and how many more there are.
fn pairs(open: &Open<'_>, comparison: &Comparison) -> Result<(Vec<[Entry; 2]>, u64)> {
    let (mut pairs, mut left_out) = (vec![], 0);
    let (was, is) = (root(&comparison.old), root(&comparison.new));
    open.compare(&was, &is, &mut |change| {
        match change {
            Changed::Changed(old, new) if is_table(&old) && is_table(&new) => {
                match pairs.len() < MOST_TABLES {
                    true => pairs.push([old, new]),
                    false => left_out += 1,
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    if pairs.is_empty()
        && let (Some(old), Some(new)) = (
            only_table(open, &comparison.old)?,
            only_table(open, &comparison.new)?,
        )
        && old.path != new.path
    {
        pairs.push([old, new]);
    }
    Ok((pairs, left_out))
}

fn only_table(open: &Open<'_>, version: &Version) -> Result<Option<Entry>> {
    let (mut table, mut count) = (None, 0);
    open.walk(&version.hash, &mut |entry| {
        if is_table(&entry) {
            count += 1;
            table = Some(entry);
        }
        Ok(())
    })?;
    Ok(table.filter(|_| count == 1))
}

/// Compares two tables; the inner error is the key's.
fn of_pair(
    open: &Open<'_>,
    comparison: &Comparison,
    [old, new]: &[Entry; 2],
    key: &[String],
    progress: &Progress,
) -> Result<Result<Compared>> {
    let read = |version: &Version, entry: &Entry| read(open, version, entry, progress);
    let (old_table, new_table) = match (read(&comparison.old, old)?, read(&comparison.new, new)?) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(why), _) => {
            return Ok(Ok(not_compared(in_version(&comparison.old, &why))));
        }
        (_, Err(why)) => {
            return Ok(Ok(not_compared(in_version(&comparison.new, &why))));
        }
    };
    let stop = || progress.is_interrupted.load(Ordering::Relaxed);
    match tables::compare(&old_table, &new_table, key, &stop) {
        Ok(Some(change)) => Ok(Ok(Compared::Compared(change))),
        Ok(None) => Err(VaultError::Interrupted.into()),
        Err(Refused { side, error }) => {
            let version = match side {
                Side::Old => &comparison.old,
                Side::New => &comparison.new,
            };
            let error = Error::from(error);
            let message = in_version(version, &error.message);
            Ok(Err(Error { message, ..error }))
        }
    }
}

/// The table in a file of a version, or why it is none.
pub(super) fn read(
    open: &Open<'_>,
    version: &Version,
    entry: &Entry,
    progress: &Progress,
) -> Result<std::result::Result<Table, String>> {
    let why = |refusal| match refusal {
        Refusal::NotRead(why) => why,
        Refusal::TooLarge(_) => format!("{} is {refusal}", entry.path.shown()),
    };
    if let Err(refusal) = profile::check_size(entry.bytes()) {
        return Ok(Err(why(refusal)));
    }
    let bytes = content(open, version, entry, progress)?;
    Ok(profile::read(name(entry), &bytes).map_err(why))
}

fn in_version(version: &Version, why: &str) -> String {
    format!("{}: {why}", version.name())
}

fn not_compared(why: String) -> Compared {
    Compared::NotCompared { why }
}
