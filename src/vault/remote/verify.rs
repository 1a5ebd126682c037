//! Reading all that a remote has again.

use std::{collections::BTreeSet, sync::atomic::Ordering};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::{ObjectStoreExt as _, path::Path};

use super::{ASIDE, LARGE, Remote, packed};
use crate::{
    domain::hashes::Hash,
    vault::{Progress, chunks, error::Result, pack},
};

impl Remote {
    /// Reads packs to their last byte. Says which of them are damaged or missing.
    ///
    /// # Errors
    ///
    /// What [`Remote::open`] says.
    pub fn verify(&self, packs: &BTreeSet<Hash>, progress: &Progress) -> Result<BTreeSet<Hash>> {
        progress
            .all_files
            .store(packs.len() as u64, Ordering::Relaxed);
        let looks = packs.iter().map(async |name| {
            progress.check()?;
            let is_sound = self.is_sound(name, progress).await?;
            progress.files.fetch_add(1, Ordering::Relaxed);
            Ok((!is_sound).then_some(*name))
        });
        let looks = stream::iter(looks).buffer_unordered(LARGE);
        let damaged: Vec<Option<Hash>> = self.wait(progress, looks.try_collect())?;
        Ok(damaged.into_iter().flatten().collect())
    }

    /// Takes a damaged pack out of the way, so that whoever has its content sends it again. Nothing of it is deleted.
    ///
    /// # Errors
    ///
    /// What [`Remote::open`] says: it stays.
    pub fn set_aside(&self, pack: &Hash, progress: &Progress) -> Result<()> {
        let (from, to) = (
            packed(pack),
            Path::from_iter([ASIDE, &format!("{pack}.pack")]),
        );
        let moved = async {
            match self.store.rename(&from, &to).await {
                // It is missing: there is nothing in the way.
                Err(object_store::Error::NotFound { .. }) => Ok(()),
                moved => moved.map_err(self.trouble("write to")),
            }
        };
        self.wait(progress, moved)
    }

    async fn is_sound(&self, name: &Hash, progress: &Progress) -> Result<bool> {
        let Some(bytes) = self.get(&packed(name)).await? else {
            return Ok(false);
        };
        progress
            .bytes
            .fetch_add(bytes.len() as u64, Ordering::Relaxed);
        let Some(slots) = pack::table(&bytes, name) else {
            return Ok(false);
        };
        let is_whole = |slot: &pack::Slot| {
            let from = usize::try_from(slot.offset).ok();
            let stored =
                from.and_then(|from| bytes.get(from..from.checked_add(slot.stored as usize)?));
            let content =
                stored.map(|stored| chunks::unpress(&slot.hash, stored.to_vec(), slot.length));
            matches!(content, Some(Ok(_)))
        };
        Ok(slots.iter().all(is_whole))
    }
}
