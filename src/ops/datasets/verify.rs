//! Reading everything again.

use serde::Serialize;

use super::rows;
use crate::{
    ops::{Error, Result},
    vault::{self, Progress},
    workspace::Workspace,
};

/// What a look at the whole vault found.
#[derive(Clone, Debug, Serialize)]
pub struct Verified {
    /// Versions that were looked at, those in the trash too.
    pub versions: u64,
    pub packs: u64,
    pub chunks: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Parts of versions that are gone; none where all is well.
    pub damaged: Vec<Damaged>,
    /// Packs with something in them that is not what was written, needed or not.
    pub packs_damaged: Vec<String>,
}

/// A file of a version that cannot be had any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Damaged {
    pub version: String,
    /// `None` where the list of the version's files itself is damaged.
    pub path: Option<String>,
    pub what: String,
}

/// Reads and hashes all that the vault holds, and looks whether every version is whole. Of a version that is only
/// referenced, its list of files is looked at, not the files.
pub fn verify(ws: &Workspace, progress: &Progress) -> Result<Verified> {
    let vault = super::vault(ws);
    let open = vault.open()?;
    let versions = ws.store.read(|tx| Ok::<_, Error>(rows::all(tx)?))?;
    let looked: Vec<vault::Version> = versions
        .iter()
        .map(|version| vault::Version {
            root: &version.hash,
            is_reference: version.is_reference,
        })
        .collect();
    let found = open.verify(&looked, progress)?;
    let damaged = found.damages.into_iter().map(|damage| Damaged {
        version: versions[damage.version].name(),
        path: damage.path,
        what: damage.what,
    });
    Ok(Verified {
        versions: versions.len() as u64,
        packs: found.packs,
        chunks: found.chunks,
        bytes: found.bytes,
        damaged: damaged.collect(),
        packs_damaged: found.packs_damaged,
    })
}
