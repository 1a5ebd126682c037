//! Reading again all that a remote has, and sending anew what is damaged there.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::Ordering,
};

use serde::Serialize;

use super::{Asked, open, push::push, records::records};
use crate::{
    domain::{hashes::Hash, remotes::Remote},
    ops::{Result, audited},
    vault::Progress,
    workspace::Workspace,
};

/// What a remote is like.
#[derive(Clone, Debug, Serialize)]
pub struct RemoteVerified {
    pub remote: Remote,
    /// Versions that were looked at, and the packs that hold them.
    pub versions: u64,
    pub packs: u64,
    pub bytes: u64,
    pub damaged: Vec<DamagedPack>,
    /// Versions that were whole here and are whole there again.
    pub mended: Vec<String>,
}

impl RemoteVerified {
    /// Is all whole there now?
    pub fn is_whole(&self) -> bool {
        let mut affected = self.damaged.iter().flat_map(|pack| &pack.versions);
        affected.all(|version| self.mended.contains(version))
    }
}

/// A pack of a remote that is damaged or missing, and the versions that need it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DamagedPack {
    pub pack: Hash,
    pub versions: Vec<String>,
}

/// Reads all that a remote's versions need to the last byte. Where it is to be mended, damaged packs are set aside and the
/// versions of them that are whole here are sent again.
///
/// # Errors
///
/// [`crate::ops::Kind::NotFound`]: there is no such remote; [`crate::ops::Kind::Environment`]: it does not answer, or what
/// would mend it is damaged here too.
pub fn verify_remote(
    ws: &Workspace,
    remote: Option<&str>,
    is_to_be_mended: bool,
    progress: &Progress,
) -> Result<RemoteVerified> {
    let (remote, there) = open(ws, remote, progress)?;
    let known = records(&there, "", progress)?.records;
    let mut users: BTreeMap<Hash, Vec<String>> = BTreeMap::new();
    for record in &known {
        for pack in &record.packs {
            users.entry(*pack).or_default().push(record.version.name());
        }
    }
    let packs: BTreeSet<Hash> = users.keys().copied().collect();
    let damaged = there.verify(&packs, progress)?;
    let mut verified = RemoteVerified {
        remote,
        versions: known.len() as u64,
        packs: packs.len() as u64,
        bytes: progress.bytes.load(Ordering::Relaxed),
        damaged: vec![],
        mended: vec![],
    };
    for pack in &damaged {
        let versions = users.remove(pack).unwrap_or_default();
        verified.damaged.push(DamagedPack {
            pack: *pack,
            versions,
        });
    }
    if damaged.is_empty() || !is_to_be_mended {
        return Ok(verified);
    }
    for pack in &damaged {
        there.set_aside(pack, progress)?;
        let (target, before) = (verified.remote.name.clone(), Some(pack.to_string()));
        ws.store
            .write(|tx| audited(ws, tx, "data.remote.set-aside", target, before, None))?;
    }
    let affected = known
        .iter()
        .filter(|record| record.packs.iter().any(|pack| damaged.contains(pack)));
    let mut names = vec![];
    for record in affected {
        let name = record.version.name();
        let here = super::super::find(ws, &name);
        if here.is_ok_and(|here| here.hash == record.version.hash && here.trashed.is_none()) {
            names.push(name);
        }
    }
    if !names.is_empty() {
        let asked = Asked {
            remote: Some(verified.remote.name.clone()),
            versions: names.clone(),
            ..Asked::default()
        };
        push(ws, &asked, progress)?;
    }
    verified.mended = names;
    Ok(verified)
}
