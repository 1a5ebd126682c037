//! Which chunk lies where: the tables of all packs in one, kept in a file so that opening a vault need not read each pack.
//! The file is a copy: what it says of packs that are gone is dropped, packs that it does not know are read, and where it is
//! damaged or not there, all are.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fs::File,
    path::{Path, PathBuf},
    sync::Mutex,
};

use super::{
    checked, chunks,
    error::{Error, Result, io},
    pack::{self, Slot},
};
use crate::domain::hashes::Hash;

const HEAD: [u8; 8] = *b"sconcei1";
const ROW: usize = 52;

/// Where every chunk of a vault lies.
pub struct Index {
    folder: PathBuf,
    packs: Vec<Hash>,
    /// In the order of hashes. A chunk that two packs hold is there twice.
    places: Vec<Place>,
    /// Packs whose tables cannot be read.
    damaged: Vec<Error>,
    /// Copies that were damaged when all was read the last time: they do not count as held.
    suspects: HashSet<(u32, Hash)>,
    open: Mutex<HashMap<u32, File>>,
}

/// Packs, each with a chunk whose copy there is not what was written.
pub type Suspects = Vec<(Hash, Hash)>;

/// So many packs are kept open.
const MOST_OPEN: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    slot: Slot,
    pack: u32,
}

impl Index {
    /// What lies in the packs of a folder, with the help of the file that the last one left, without the copies that are
    /// known to be damaged.
    pub fn open(folder: &Path, file: &Path, suspects: &Suspects) -> Result<Self> {
        let there: BTreeSet<Hash> = pack::all(folder)?.into_iter().collect();
        let (known, places) = load(file).unwrap_or_default();
        let mut index = Self {
            folder: folder.to_owned(),
            packs: there.iter().copied().collect(),
            places: vec![],
            damaged: vec![],
            suspects: HashSet::new(),
            open: Mutex::default(),
        };
        let numbers: BTreeMap<Hash, u32> = index.packs.iter().copied().zip(0..).collect();
        let suspects = suspects.iter();
        let suspects = suspects.filter_map(|(pack, chunk)| Some((*numbers.get(pack)?, *chunk)));
        index.suspects = suspects.collect();
        let number = |pack: u32| numbers.get(known.get(pack as usize)?).copied();
        let kept = places.into_iter().filter_map(|place| {
            let pack = number(place.pack)?;
            Some(Place { pack, ..place })
        });
        index.places = kept.collect();
        let known: BTreeSet<Hash> = known.into_iter().collect();
        let mut is_sorted = index.places.is_sorted();
        for name in there.difference(&known) {
            match pack::slots(&pack::path(folder, name), name) {
                Ok(slots) => {
                    let pack = numbers[name];
                    index
                        .places
                        .extend(slots.into_iter().map(|slot| Place { slot, pack }));
                    is_sorted = false;
                }
                // One that cannot be read keeps nobody from the others.
                Err(error) => index.damaged.push(error),
            }
        }
        if !is_sorted {
            index.places.sort_unstable();
        }
        Ok(index)
    }

    /// Adds what packs hold. One that was there before, and damaged, was written anew.
    pub fn add(&mut self, packs: Vec<pack::Sealed>) {
        for (name, slots) in packs {
            let known = self.packs.iter().position(|known| *known == name);
            let pack = known.unwrap_or(self.packs.len()) as u32;
            match known {
                Some(_) => self.forget(pack),
                None => self.packs.push(name),
            }
            self.places
                .extend(slots.into_iter().map(|slot| Place { slot, pack }));
        }
        self.places.sort_unstable();
    }

    fn forget(&mut self, pack: u32) {
        self.places.retain(|place| place.pack != pack);
        self.suspects.retain(|(suspect, _)| *suspect != pack);
        let open = self.open.get_mut();
        open.unwrap_or_else(std::sync::PoisonError::into_inner)
            .remove(&pack);
    }

    /// Leaves the file for the next one. Packs with unreadable tables stay unknown to it.
    pub fn save(&self, file: &Path) -> Result<()> {
        let mut bytes = Vec::with_capacity(8 + self.packs.len() * 32 + self.places.len() * ROW);
        let unreadable: BTreeSet<PathBuf> = self.damaged.iter().filter_map(damaged_path).collect();
        let is_read = |name: &&Hash| !unreadable.contains(&pack::path(&self.folder, name));
        let packs: Vec<&Hash> = self.packs.iter().collect();
        bytes.extend_from_slice(&(packs.len() as u64).to_le_bytes());
        for name in &packs {
            match is_read(name) {
                true => bytes.extend_from_slice(name.bytes()),
                false => bytes.extend_from_slice(&[0; 32]),
            }
        }
        for place in &self.places {
            bytes.extend_from_slice(place.slot.hash.bytes());
            bytes.extend_from_slice(&place.slot.offset.to_le_bytes());
            bytes.extend_from_slice(&place.slot.stored.to_le_bytes());
            bytes.extend_from_slice(&place.slot.length.to_le_bytes());
            bytes.extend_from_slice(&place.pack.to_le_bytes());
        }
        checked::replace(file, HEAD, &bytes)
    }

    /// Is a chunk here, in a copy that is not known to be damaged?
    pub fn holds(&self, hash: &Hash) -> bool {
        self.sound(hash).next().is_some()
    }

    /// The packs that hold a chunk, without those where it is known to be damaged.
    pub fn packs_of(&self, hash: &Hash) -> impl Iterator<Item = &Hash> {
        self.sound(hash)
            .map(|place| &self.packs[place.pack as usize])
    }

    fn sound(&self, hash: &Hash) -> impl Iterator<Item = &Place> {
        let copies = self.copies(hash).iter();
        copies.filter(|place| {
            self.suspects.is_empty() || !self.suspects.contains(&(place.pack, place.slot.hash))
        })
    }

    /// The content of a chunk, from whichever copy is whole.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`]; [`Error::Damaged`].
    pub fn read(&self, hash: &Hash) -> Result<Vec<u8>> {
        let copies = self.copies(hash);
        let mut trouble = Error::Missing { hash: *hash };
        for place in copies {
            let stored = self.stored_bytes(place);
            match stored.and_then(|stored| chunks::unpress(hash, stored, place.slot.length)) {
                Ok(content) => return Ok(content),
                Err(error) => trouble = error,
            }
        }
        Err(trouble)
    }

    /// Every pack with its slots, in the order in which they lie there.
    pub fn by_pack(&self) -> Vec<pack::Sealed> {
        let mut packs: Vec<pack::Sealed> = self.packs.iter().map(|name| (*name, vec![])).collect();
        for place in &self.places {
            packs[place.pack as usize].1.push(place.slot);
        }
        for (_, slots) in &mut packs {
            slots.sort_unstable_by_key(|slot| slot.offset);
        }
        packs
    }

    /// Packs whose tables cannot be read.
    pub fn damaged(&self) -> &[Error] {
        &self.damaged
    }

    fn copies(&self, hash: &Hash) -> &[Place] {
        let from = self.places.partition_point(|place| place.slot.hash < *hash);
        let same = self.places[from..].iter();
        let count = same.take_while(|place| place.slot.hash == *hash).count();
        &self.places[from..from + count]
    }

    fn stored_bytes(&self, place: &Place) -> Result<Vec<u8>> {
        let name = &self.packs[place.pack as usize];
        let path = pack::path(&self.folder, name);
        let mut open = self
            .open
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if MOST_OPEN <= open.len() && !open.contains_key(&place.pack) {
            open.clear();
        }
        let file = match open.entry(place.pack) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => entry.insert(pack::open(&path)?),
        };
        let file = file.try_clone().map_err(io("read", &path))?;
        drop(open);
        match pack::stored(&file, &place.slot) {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                let hash = place.slot.hash;
                Err(Error::Damaged { hash })
            }
            Err(error) => Err(io("read", &path)(error)),
        }
    }
}

fn damaged_path(error: &Error) -> Option<PathBuf> {
    match error {
        Error::Pack { path, .. } | Error::Io { path, .. } => Some(path.clone()),
        _ => None,
    }
}

/// The packs and places that a file holds; `None` where it is not whole.
fn load(file: &Path) -> Option<(Vec<Hash>, Vec<Place>)> {
    let body = checked::read(file, HEAD)?;
    let (count, body) = body.split_at_checked(8)?;
    let count = u64::from_le_bytes(count.try_into().ok()?) as usize;
    let (packs, rows) = body.split_at_checked(count.checked_mul(32)?)?;
    let packs = packs.chunks_exact(32);
    let packs = packs.map(|name| Hash::from_bytes(name.try_into().expect("32 bytes")));
    let number = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().expect("4 bytes"));
    let places = rows.chunks_exact(ROW).map(|row| Place {
        slot: Slot {
            hash: Hash::from_bytes(row[..32].try_into().expect("32 bytes")),
            offset: u64::from_le_bytes(row[32..40].try_into().expect("8 bytes")),
            stored: number(&row[40..44]),
            length: number(&row[44..48]),
        },
        pack: number(&row[48..52]),
    });
    Some((packs.collect(), places.collect()))
}
