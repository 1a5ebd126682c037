//! Reading again all that a remote has, and sending anew what is damaged there.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::Ordering,
};

use serde::Serialize;

use super::{
    super::{find, vault},
    Asked, content, open,
    push::push,
    records::{Record, records},
};
use crate::{
    domain::{hashes::Hash, remotes::Remote},
    ops::{Result, audited},
    vault::{Open, Progress},
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
        let mut damaged = self.damaged.iter();
        let is_mended = |version: &String| self.mended.contains(version);
        damaged.all(|pack| pack.versions.iter().all(is_mended))
    }
}

/// A pack of a remote that is damaged or missing, and the versions that need it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DamagedPack {
    pub pack: Hash,
    pub versions: Vec<String>,
}

/// Reads all that a remote's versions need to the last byte. Where it is to be mended, damaged packs of which all versions are
/// whole here are set aside, and these versions sent again.
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
    let vault = vault(ws);
    let open = vault.open()?;
    let whole: BTreeSet<String> = known
        .iter()
        .filter(|record| is_here(ws, &open, record))
        .map(|record| record.version.name())
        .collect();
    let mut again = BTreeSet::new();
    for pack in damaged {
        let versions = users.remove(&pack).unwrap_or_default();
        // What is whole in it stays there for the others, which nobody here could send.
        if is_to_be_mended && versions.iter().all(|version| whole.contains(version)) {
            there.set_aside(&pack, progress)?;
            let (target, before) = (verified.remote.name.clone(), Some(pack.to_string()));
            ws.store
                .write(|tx| audited(ws, tx, "data.remote.set-aside", target, before, None))?;
            again.extend(versions.iter().cloned());
        }
        verified.damaged.push(DamagedPack { pack, versions });
    }
    drop(open);
    verified.mended = again.into_iter().collect();
    if !verified.mended.is_empty() {
        let asked = Asked {
            remote: Some(verified.remote.name.clone()),
            versions: verified.mended.clone(),
            ..Asked::default()
        };
        push(ws, &asked, progress)?;
    }
    Ok(verified)
}

/// Is a remote's version here too, and all of it?
fn is_here(ws: &Workspace, open: &Open<'_>, record: &Record) -> bool {
    let here = find(ws, &record.version.name());
    here.is_ok_and(|here| here.hash == record.version.hash && here.trashed.is_none())
        && open.check(&content(&record.version)).is_ok()
}
