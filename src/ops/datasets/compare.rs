//! What changed between two versions, file by file.

use serde::Serialize;

use super::{find, vault};
use crate::{
    domain::datasets::Version,
    ops::Result,
    vault::manifest::{Entry, Root, compare::Change},
    workspace::Workspace,
};

/// Two versions beside each other.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    pub old: Version,
    pub new: Version,
    /// How many paths were added, removed and changed.
    pub added: u64,
    pub removed: u64,
    pub changed: u64,
    /// The first of them, in the order of paths.
    pub files: Vec<FileChange>,
}

/// A path that is not the same in both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileChange {
    pub path: String,
    /// Bytes before and after; `None` where there is no such file.
    pub old: Option<u64>,
    pub new: Option<u64>,
}

/// Compares the files of two versions and lists so many of those that differ. What the versions share is not looked at.
pub fn compare(ws: &Workspace, old: &str, new: &str, most: usize) -> Result<Comparison> {
    let (old, new) = (find(ws, old)?, find(ws, new)?);
    let mut comparison = Comparison {
        added: 0,
        removed: 0,
        changed: 0,
        files: vec![],
        old,
        new,
    };
    let vault = vault(ws);
    let open = vault.open()?;
    let (was, is) = (root(&comparison.old), root(&comparison.new));
    open.compare(&was, &is, &mut |change| {
        let (count, old, new) = match &change {
            Change::Added(entry) => (&mut comparison.added, None, Some(entry)),
            Change::Removed(entry) => (&mut comparison.removed, Some(entry), None),
            Change::Changed(old, new) => (&mut comparison.changed, Some(old), Some(new)),
        };
        *count += 1;
        if comparison.files.len() < most {
            comparison.files.push(FileChange {
                path: change.entry().path.shown(),
                old: old.map(Entry::bytes),
                new: new.map(Entry::bytes),
            });
        }
        Ok(())
    })?;
    Ok(comparison)
}

pub(super) fn root(version: &Version) -> Root {
    Root {
        hash: version.hash,
        files: version.files,
        bytes: version.bytes,
    }
}
