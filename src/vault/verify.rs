//! Reading everything again: each chunk of each pack against its hash, each version against the chunks.

use std::{collections::HashSet, fs, path::Path, sync::atomic::Ordering};

use rayon::prelude::*;

use super::{
    Open, Progress, checked, chunks,
    error::{Error, Result, io},
    index::{Index, Suspects},
    manifest::{self, Entry, Kind, Met, Piece},
    pack::{self, Slot},
};
use crate::domain::hashes::Hash;

/// A version to be looked at.
#[derive(Clone, Copy, Debug)]
pub struct Version<'a> {
    pub root: &'a Hash,
    /// Its content lies outside and is not looked at.
    pub is_reference: bool,
}

/// What a look at everything found.
#[derive(Debug, Default)]
pub struct Verified {
    pub packs: u64,
    pub chunks: u64,
    /// Bytes read from packs.
    pub bytes: u64,
    pub damages: Vec<Damage>,
    /// Packs with something in them that is not what was written, needed or not.
    pub packs_damaged: Vec<String>,
}

/// A part of a version that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Its place among the versions that were looked at.
    pub version: usize,
    /// The file; `None` where the list of files itself is damaged.
    pub path: Option<String>,
    pub what: String,
}

impl Open<'_> {
    /// Reads all packs and looks whether each version is whole. Copies that are damaged do not count as held from now on:
    /// adding or pulling what they were brings them back.
    pub fn verify(&self, versions: &[Version], progress: &Progress) -> Result<Verified> {
        let packs = self.index.by_pack();
        let all: u64 = packs.iter().map(|(_, slots)| bytes(slots)).sum();
        progress.all_bytes.store(all, Ordering::Relaxed);
        let folder = self.vault.packs();
        let looked: Vec<Vec<Hash>> = packs
            .par_iter()
            .map(|(name, slots)| look(&pack::path(&folder, name), slots, progress))
            .collect::<Result<_>>()?;
        let mut verified = Verified {
            packs: packs.len() as u64,
            chunks: packs.iter().map(|(_, slots)| slots.len() as u64).sum(),
            bytes: all,
            ..Verified::default()
        };
        let unreadable = self.index.damaged().iter().map(ToString::to_string);
        verified.packs_damaged.extend(unreadable);
        for ((name, _), bad) in packs.iter().zip(&looked).filter(|(_, bad)| !bad.is_empty()) {
            verified.packs_damaged.push(format!(
                "{}: {} of its chunks are not what was written",
                pack::path(&folder, name).display(),
                bad.len()
            ));
        }
        let mut suspects: Suspects = vec![];
        for ((name, slots), bad) in packs.iter().zip(&looked) {
            suspects.extend(bad.iter().map(|chunk| (*name, *chunk)));
            // What the index alone knows of is lost with it.
            if !slots.is_empty()
                && let Err(error) = pack::slots(&pack::path(&folder, name), name)
            {
                verified.packs_damaged.push(error.to_string());
                suspects.extend(slots.iter().map(|slot| (*name, slot.hash)));
            }
        }
        match suspect(&self.vault.root, |known| *known = suspects) {
            // Who may only read leaves what is known as it is.
            Err(Error::Io { source, .. }) if is_not_allowed(&source) => {}
            answer => answer?,
        }
        let suspects: HashSet<Hash> = looked.into_iter().flatten().collect();
        // Of some there may be a whole copy in another pack.
        let bad = suspects
            .into_par_iter()
            .filter(|hash| self.index.read(hash).is_err());
        let bad: HashSet<Hash> = bad.collect();
        for (at, version) in versions.iter().enumerate() {
            progress.check()?;
            let damages = Damages {
                index: &self.index,
                bad: &bad,
                version: at,
                found: &mut verified.damages,
            };
            damages.look(version)?;
        }
        Ok(verified)
    }
}

const HEAD: [u8; 8] = *b"sconced1";
const ROW: usize = 64;

/// The damaged copies that the last look at everything found.
pub(super) fn suspects(root: &Path) -> Suspects {
    let rows = checked::read(&root.join("damaged"), HEAD).unwrap_or_default();
    let hash = |bytes: &[u8]| Hash::from_bytes(bytes.try_into().expect("32 bytes"));
    let rows = rows.chunks_exact(ROW);
    rows.map(|row| (hash(&row[..32]), hash(&row[32..])))
        .collect()
}

fn is_not_allowed(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem)
}

/// Changes what is known of damaged copies, one process after the other.
pub(super) fn suspect(root: &Path, change: impl FnOnce(&mut Suspects)) -> Result<()> {
    let _lock = lock(root)?;
    let mut known = suspects(root);
    change(&mut known);
    keep(&root.join("damaged"), &known)
}

fn lock(root: &Path) -> Result<fs::File> {
    let path = root.join("damaged.lock");
    let file = fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(&path)
        .map_err(io("open", &path))?;
    file.lock().map_err(io("lock", &path))?;
    Ok(file)
}

fn keep(path: &Path, suspects: &Suspects) -> Result<()> {
    if suspects.is_empty() {
        return match fs::remove_file(path) {
            Err(error) if path.exists() => Err(io("delete", path)(error)),
            _ => Ok(()),
        };
    }
    let mut rows = Vec::with_capacity(suspects.len() * ROW);
    for (pack, chunk) in suspects {
        rows.extend_from_slice(pack.bytes());
        rows.extend_from_slice(chunk.bytes());
    }
    checked::replace(path, HEAD, &rows)
}

/// Packs that were written anew are not damaged any more.
pub(super) fn absolve(root: &Path, packs: &[pack::Sealed]) -> Result<()> {
    if suspects(root).is_empty() {
        return Ok(());
    }
    suspect(root, |known| {
        known.retain(|(pack, _)| packs.iter().all(|(name, _)| name != pack));
    })
}

fn bytes(slots: &[Slot]) -> u64 {
    slots.iter().map(|slot| u64::from(slot.stored)).sum()
}

/// The chunks of a pack that are not what was written.
fn look(path: &Path, slots: &[Slot], progress: &Progress) -> Result<Vec<Hash>> {
    let mut bad = vec![];
    sound(path, slots, &mut |slot, is_sound| {
        progress.check()?;
        if !is_sound {
            bad.push(slot.hash);
        }
        progress
            .bytes
            .fetch_add(slot.stored.into(), Ordering::Relaxed);
        Ok(())
    })?;
    Ok(bad)
}

/// Reads a pack and says of each chunk whether it is what was written.
pub(super) fn sound(
    path: &Path,
    slots: &[Slot],
    take: &mut dyn FnMut(&Slot, bool) -> Result<()>,
) -> Result<()> {
    // A part of a disk that cannot be read is damage like any other.
    let file = pack::open(path).ok();
    for slot in slots {
        let stored = file.as_ref().and_then(|file| pack::stored(file, slot).ok());
        let content = stored.map(|stored| chunks::unpress(&slot.hash, stored, slot.length));
        take(slot, matches!(content, Some(Ok(_))))?;
    }
    Ok(())
}

struct Damages<'a> {
    index: &'a Index,
    bad: &'a HashSet<Hash>,
    version: usize,
    found: &'a mut Vec<Damage>,
}

impl Damages<'_> {
    fn look(mut self, version: &Version) -> Result<()> {
        let index = self.index;
        manifest::walk(version.root, &mut |hash| index.read(hash), &mut |met| {
            match met {
                Met::Node(_) => {}
                Met::Lost(error) => self.add(None, &error),
                Met::Entry(entry) if version.is_reference => self.lists(&entry),
                Met::Entry(entry) => self.entry(&entry),
            }
            Ok(())
        })
    }

    fn entry(&mut self, entry: &Entry) {
        let Kind::File { content, .. } = &entry.kind else {
            return;
        };
        let mut is_whole = |piece: &Piece| {
            let hash = piece.hash;
            match (self.index.holds(&hash), self.bad.contains(&hash)) {
                (false, _) => Err(Error::Missing { hash }),
                (true, true) => Err(Error::Damaged { hash }),
                (true, false) => Ok(()),
            }
        };
        let whole = content.pieces(&mut |hash| self.index.read(hash), &mut is_whole);
        if let Err(error) = whole {
            self.add(Some(entry), &error);
        }
    }

    /// Of what is only referenced, the lists of chunks are here.
    fn lists(&mut self, entry: &Entry) {
        if let Kind::File { content, .. } = &entry.kind
            && let Err(error) = content.pieces(&mut |hash| self.index.read(hash), &mut |_| Ok(()))
        {
            self.add(Some(entry), &error);
        }
    }

    fn add(&mut self, entry: Option<&Entry>, error: &Error) {
        self.found.push(Damage {
            version: self.version,
            path: entry.map(|entry| entry.path.shown()),
            what: error.to_string(),
        });
    }
}
