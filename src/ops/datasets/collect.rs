//! Freeing what nothing needs: versions whose time in the trash is over, then content that no version needs.

use serde::Serialize;

use super::rows;
use crate::{
    domain::{datasets::Version, time::Timestamp},
    ops::{Error, Result, audited},
    store::Connection,
    vault,
    workspace::Workspace,
};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// What a collection freed, or would free.
#[derive(Clone, Debug, Serialize)]
pub struct Collected {
    /// Nothing was removed: this is what would be.
    pub dry: bool,
    /// Versions whose time in the trash was over.
    pub removed: Vec<Removal>,
    /// What each version alone needs.
    pub versions: Vec<Weight>,
    /// Bytes of packs that versions need, that nothing needs, and of the latter those that were freed.
    pub needed: u64,
    pub unneeded: u64,
    pub freed: u64,
    /// When what is unneeded and was not freed can go: the earliest.
    pub next: Option<Timestamp>,
}

/// A version that leaves for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Removal {
    pub name: String,
    pub trashed: Timestamp,
}

/// What would go with a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Weight {
    pub name: String,
    /// Bytes of packs that no other version needs.
    pub own: u64,
}

/// Removes versions whose time in the trash is over, and content that two collections found unneeded, a day apart
/// (`[store] unneeded_hours`).
pub fn collect(ws: &Workspace, is_dry: bool) -> Result<Collected> {
    let due = ws.store.read(|tx| due(ws, tx))?;
    if !is_dry {
        super::add::sweep_streams(ws)?;
        ws.store.write(|tx| {
            for version in &self::due(ws, tx)? {
                rows::delete(tx, version)?;
                let before = Some(version.hash.to_string());
                audited(ws, tx, "data.remove", version.name(), before, None)?;
            }
            rows::forget_profiles(tx)?;
            Ok::<_, Error>(())
        })?;
    }
    let mut versions = vec![];
    let mut list = || {
        let all = ws.store.read(|tx| Ok::<_, Error>(rows::all(tx)?));
        let all = all.map_err(|error| vault::Error::Unknown(error.to_string()))?;
        // A dry look counts what would be gone as gone.
        let stay =
            |version: &Version| !is_dry || !due.iter().any(|due| due.name() == version.name());
        versions = all.into_iter().filter(stay).collect();
        Ok(versions
            .iter()
            .map(|version: &Version| version.hash)
            .collect())
    };
    let hours = i64::from(ws.config.store.unneeded_hours);
    let found = super::vault(ws).collect(ws.now(), hours * HOUR, is_dry, &mut list)?;
    let weights = versions
        .iter()
        .zip(&found.own)
        .map(|(version, own)| Weight {
            name: version.name(),
            own: *own,
        });
    let removed = due.iter().filter_map(|version| {
        Some(Removal {
            name: version.name(),
            trashed: version.trashed.as_ref()?.at,
        })
    });
    Ok(Collected {
        dry: is_dry,
        removed: removed.collect(),
        versions: weights.collect(),
        needed: found.needed,
        unneeded: found.unneeded,
        freed: found.freed,
        next: found.next,
    })
}

/// Versions whose time in the trash is over. What a run was made of stays.
fn due(ws: &Workspace, tx: &Connection) -> Result<Vec<Version>> {
    let days = i64::from(ws.config.store.trash_days);
    let is_due = |version: &Version| {
        let trashed = version.trashed.as_ref();
        trashed.is_some_and(|trashed| trashed.at.0.saturating_add(days * DAY) <= ws.now().0)
    };
    let mut due = vec![];
    for version in rows::all(tx)?.into_iter().filter(is_due) {
        if rows::runs(tx, &version.dataset, version.number)?.is_empty() {
            due.push(version);
        }
    }
    Ok(due)
}
