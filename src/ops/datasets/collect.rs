//! Freeing what nothing needs: versions whose time in the trash is over, then content that no version needs.

use serde::Serialize;

use super::rows;
use crate::{
    domain::{datasets::Version, hashes::Hash, time::Timestamp},
    ops::{Error, Result, audited},
    store::Connection,
    vault::{self, Progress},
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
    /// Versions in the trash whose time is not over.
    pub waiting: Vec<Waiting>,
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

/// A version in the trash, and when a collection may remove it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waiting {
    pub name: String,
    pub until: Timestamp,
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
///
/// # Errors
///
/// [`crate::ops::Kind::Environment`]: a version's list of files is damaged, so that it is not known what it needs. Then
/// nothing was removed.
pub fn collect(ws: &Workspace, is_dry: bool, progress: &Progress) -> Result<Collected> {
    if !is_dry {
        super::add::sweep_streams(ws)?;
    }
    let mut rows = Rows {
        ws,
        due: vec![],
        stay: vec![],
    };
    let hours = i64::from(ws.config.store.unneeded_hours);
    let found = super::vault(ws).collect(ws.now(), hours * HOUR, is_dry, &mut rows, progress)?;
    let Rows { due, stay, .. } = rows;
    let weights = stay.iter().zip(&found.own).map(|(version, own)| Weight {
        name: version.name(),
        own: *own,
    });
    let removed = due.iter().filter_map(|version| {
        Some(Removal {
            name: version.name(),
            trashed: version.trashed.as_ref()?.at,
        })
    });
    let days = i64::from(ws.config.store.trash_days);
    let waiting = stay.iter().filter_map(|version| {
        Some(Waiting {
            name: version.name(),
            until: Timestamp(version.trashed.as_ref()?.at.0.saturating_add(days * DAY)),
        })
    });
    Ok(Collected {
        dry: is_dry,
        removed: removed.collect(),
        waiting: waiting.collect(),
        versions: weights.collect(),
        needed: found.needed,
        unneeded: found.unneeded,
        freed: found.freed,
        next: found.next,
    })
}

/// The versions of the store, as a collection asks for them.
struct Rows<'a> {
    ws: &'a Workspace,
    /// Those that go, and those that stay.
    due: Vec<Version>,
    stay: Vec<Version>,
}

impl vault::Collector for Rows<'_> {
    fn versions(&mut self) -> vault::Result<Vec<Hash>> {
        let known = self.ws.store.read(|tx| {
            let due = due(self.ws, tx)?;
            Ok::<_, Error>((due, rows::all(tx)?))
        });
        let (due, mut all) = known.map_err(|error| unknown(&error))?;
        all.retain(|version| due.iter().all(|due| due.id() != version.id()));
        (self.due, self.stay) = (due, all);
        Ok(self.stay.iter().map(|version| version.hash).collect())
    }

    fn begin(&mut self) -> vault::Result<()> {
        let ws = self.ws;
        let removed = ws.store.write(|tx| {
            // One may have come out of the trash meanwhile.
            let due = due(ws, tx)?;
            for version in &due {
                rows::delete(tx, version)?;
                let before = Some(version.hash.to_string());
                audited(ws, tx, "data.remove", version.name(), before, None)?;
            }
            rows::forget_profiles(tx)?;
            Ok::<_, Error>(due)
        });
        self.due = removed.map_err(|error| unknown(&error))?;
        Ok(())
    }
}

fn unknown(error: &Error) -> vault::Error {
    vault::Error::Unknown(error.to_string())
}

/// Versions whose time in the trash is over. What has a tag, or what a run was made of, stays.
fn due(ws: &Workspace, tx: &Connection) -> Result<Vec<Version>> {
    let days = i64::from(ws.config.store.trash_days);
    let is_due = |version: &Version| {
        let trashed = version.trashed.as_ref();
        trashed.is_some_and(|trashed| trashed.at.0.saturating_add(days * DAY) <= ws.now().0)
    };
    let mut due = vec![];
    for version in rows::all(tx)?.into_iter().filter(is_due) {
        let is_free = rows::runs(tx, &version.dataset, version.number)?.is_empty();
        if is_free && version.tags.is_empty() {
            due.push(version);
        }
    }
    Ok(due)
}
