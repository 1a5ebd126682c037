//! Deleting what nothing needs any more. A chunk goes when two collections, some time apart, both found that no version needs
//! it: what was added meanwhile, or is being brought back, is never lost to a collection that looked too early.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
    time::Duration,
};

use super::{
    Open, Progress, Vault, checked, chunks,
    error::{Result, io},
    index::Index,
    pack::{self, Slot},
    stamps,
};
use crate::domain::{hashes::Hash, time::Timestamp};

const HEAD: [u8; 8] = *b"sconceu1";
const ROW: usize = 40;

/// What a collection found and did; bytes are those of packs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// Bytes that each version alone needs, in the order in which they were given.
    pub own: Vec<u64>,
    /// Bytes that versions need.
    pub needed: u64,
    /// Bytes that nothing needs, and of these, those that go: the others wait for a later collection.
    pub unneeded: u64,
    pub freed: u64,
    /// Packs that were deleted or written anew without what goes.
    pub packs: u64,
    /// Packs that somebody began and did not finish.
    pub unsealed: u64,
    /// The earliest time at which what waits can go.
    pub next: Option<Timestamp>,
}

/// Between two looks whether others still use the vault.
const LOOK: Duration = Duration::from_millis(50);

/// Who knows the versions that there are.
pub trait Collector {
    /// Those that stay.
    ///
    /// # Errors
    ///
    /// [`super::Error::Unknown`]: it is not known which.
    fn versions(&mut self) -> Result<Vec<Hash>>;

    /// The others may be forgotten.
    ///
    /// # Errors
    ///
    /// [`super::Error::Unknown`]: they could not be; then nothing is deleted.
    fn begin(&mut self) -> Result<()>;
}

/// Chunks and since when nothing needs them.
type Unneeded = HashMap<Hash, Timestamp>;

/// Who needs a chunk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needed {
    By(usize),
    BySeveral,
}

impl Vault {
    /// Deletes what none of these versions needs and none needed at a collection so many milliseconds before. With `is_dry`,
    /// says what it would do. `begin` is called once it is known that it can be done, and before anything is deleted.
    ///
    /// # Errors
    ///
    /// A version's list of files cannot be read: what it needs is not known, so nothing is deleted. [`super::Error::Interrupted`]:
    /// others use the vault, and they are waited for no longer.
    pub fn collect(
        &self,
        now: Timestamp,
        grace: i64,
        is_dry: bool,
        shop: &mut dyn Collector,
        progress: &Progress,
    ) -> Result<Collected> {
        let lock = self.lock()?;
        match is_dry {
            true => lock.lock_shared().map_err(io("lock", &self.root))?,
            false => self.be_alone(&lock, progress)?,
        }
        // Alone now: whoever was adding has stored the version.
        let versions = shop.versions()?;
        let open = self.opened(lock)?;
        let needed = needed(&open, &versions)?;
        let path = self.root.join("unneeded");
        let known = load(&path).unwrap_or_default();
        let packs = open.index.by_pack();
        let unneeded = unneeded(&packs, &needed, &known, now);
        let goes = |hash: &Hash| {
            let since = unneeded.get(hash);
            since.is_some_and(|since| known.contains_key(hash) && since.0 + grace <= now.0)
        };
        let mut collected = sum(&packs, &needed, versions.len(), &goes);
        let waiting = unneeded.iter().filter(|(hash, _)| !goes(hash));
        let first = waiting.map(|(_, since)| since.0 + grace).min();
        collected.next = first.map(Timestamp);
        let unsealed = pack::unsealed(&self.packs())?;
        collected.unsealed = unsealed.len() as u64;
        if is_dry {
            return Ok(collected);
        }
        shop.begin()?;
        for path in unsealed.into_iter().chain(stamps::unfinished(&self.root)?) {
            fs::remove_file(&path).map_err(io("delete", &path))?;
        }
        // First what is known, so that a collection that is cut off is a collection.
        save(&path, &unneeded)?;
        for (name, slots) in &packs {
            collected.packs += u64::from(self.clean(&open.index, name, slots, &goes)?);
        }
        if 0 < collected.packs {
            pack::sync(&self.packs())?;
            let index = self.read_index()?;
            let left: Unneeded = unneeded
                .into_iter()
                .filter(|(hash, _)| index.holds(hash))
                .collect();
            save(&path, &left)?;
            let _ = index.save(&self.index());
        }
        Ok(collected)
    }

    /// Waits until nobody else uses the vault.
    fn be_alone(&self, lock: &fs::File, progress: &Progress) -> Result<()> {
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(()),
                // A lock of this kind cannot be waited for with an ear for Ctrl-C, so the wait is a poll.
                Err(fs::TryLockError::WouldBlock) => std::thread::sleep(LOOK),
                Err(fs::TryLockError::Error(error)) => return Err(io("lock", &self.root)(error)),
            }
            progress.check()?;
        }
    }

    /// Deletes a pack of which everything goes, and writes one anew of which half goes. Says whether it did.
    fn clean(
        &self,
        index: &Index,
        name: &Hash,
        slots: &[Slot],
        goes: &dyn Fn(&Hash) -> bool,
    ) -> Result<bool> {
        let (gone, kept): (Vec<&Slot>, Vec<&Slot>) =
            slots.iter().partition(|slot| goes(&slot.hash));
        if gone.is_empty() || bytes(&gone) < bytes(&kept) {
            return Ok(false);
        }
        if !kept.is_empty() {
            let mut new = pack::Writer::create(&self.packs())?;
            let mut press = chunks::Press::new();
            for slot in kept {
                let Ok(content) = index.read(&slot.hash) else {
                    // What is damaged is left as it is, for whoever can mend it.
                    return Ok(false);
                };
                new.add(slot.hash, slot.length, press.press(&content))?;
            }
            new.seal()?;
        }
        let path = pack::path(&self.packs(), name);
        fs::remove_file(&path).map_err(io("delete", &path))?;
        Ok(true)
    }
}

fn bytes(slots: &[&Slot]) -> u64 {
    slots.iter().map(|slot| u64::from(slot.stored)).sum()
}

/// Every chunk that a version is made of, its nodes and lists too.
fn needed(open: &Open, versions: &[Hash]) -> Result<HashMap<Hash, Needed>> {
    let mut needed: HashMap<Hash, Needed> = HashMap::new();
    for (at, root) in versions.iter().enumerate() {
        open.chunks(root, &mut |hash| {
            let by = needed.entry(*hash).or_insert(Needed::By(at));
            if *by != Needed::By(at) {
                *by = Needed::BySeveral;
            }
        })?;
    }
    Ok(needed)
}

/// What no version needs, each with the first collection that found so. A time that is still to come was told by a clock that
/// was wrong.
fn unneeded(
    packs: &[pack::Sealed],
    needed: &HashMap<Hash, Needed>,
    known: &Unneeded,
    now: Timestamp,
) -> Unneeded {
    let all = packs.iter().flat_map(|(_, slots)| slots);
    let unneeded = all.filter(|slot| !needed.contains_key(&slot.hash));
    unneeded
        .map(|slot| {
            let since = known.get(&slot.hash).copied().unwrap_or(now);
            (slot.hash, since.min(now))
        })
        .collect()
}

fn sum(
    packs: &[pack::Sealed],
    needed: &HashMap<Hash, Needed>,
    versions: usize,
    goes: &dyn Fn(&Hash) -> bool,
) -> Collected {
    let mut sum = Collected {
        own: vec![0; versions],
        ..Collected::default()
    };
    let mut met = HashSet::new();
    for slot in packs.iter().flat_map(|(_, slots)| slots) {
        let stored = u64::from(slot.stored);
        match needed.get(&slot.hash) {
            Some(Needed::By(at)) if met.insert(slot.hash) => sum.own[*at] += stored,
            _ => {}
        }
        match needed.contains_key(&slot.hash) {
            true => sum.needed += stored,
            false => sum.unneeded += stored,
        }
        if goes(&slot.hash) {
            sum.freed += stored;
        }
    }
    sum
}

fn load(path: &Path) -> Option<Unneeded> {
    let rows = checked::read(path, HEAD)?;
    let rows = rows.chunks_exact(ROW).map(|row| {
        let (hash, since) = row.split_at(32);
        let since = i64::from_le_bytes(since.try_into().expect("8 of 40 bytes"));
        let hash = Hash::from_bytes(hash.try_into().expect("32 of 40 bytes"));
        (hash, Timestamp(since))
    });
    Some(rows.collect())
}

fn save(path: &Path, unneeded: &Unneeded) -> Result<()> {
    let mut bytes = Vec::with_capacity(unneeded.len() * ROW);
    for (hash, since) in unneeded {
        bytes.extend_from_slice(hash.bytes());
        bytes.extend_from_slice(&since.0.to_le_bytes());
    }
    checked::replace(path, HEAD, &bytes)
}
