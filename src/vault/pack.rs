//! A pack: many chunks in one file that is never changed once it has its name.
//!
//! ```text
//! pack    = "sconcep1" { chunk } table trailer
//! chunk   = its bytes, as they are or as one zstd frame, whichever is shorter
//! table   = { hash (32) · offset (8) · stored length (4) · length (4) }, in the order of the chunks
//! trailer = number of chunks (8) · "1pecnocs"
//! ```
//!
//! Numbers are little-endian. A pack has the BLAKE3 hash of its table for a name; the table names each chunk by its hash, so
//! that whoever reads knows whether any byte is another than was written.

use std::{
    fs::{self, File},
    io::{BufWriter, Write as _},
    os::unix::fs::{FileExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use super::{
    error::{Error, Result, io},
    fresh, open_at_once,
};
use crate::domain::hashes::Hash;

const HEAD: &[u8; 8] = b"sconcep1";
const TAIL: &[u8; 8] = b"1pecnocs";
const ROW: usize = 48;
const TRAILER: u64 = 16;
/// Bytes of a chunk: those of files are shorter by far, those that list files are not.
const LONGEST: u32 = 256 << 20;
/// Bytes that wait to be written together: usual chunks are longer, and are not copied for it.
const BUFFER: usize = 64 << 10;
/// Packs that have no name yet.
const NEW: &str = ".new";
/// Packs of which not all has come yet.
const PART: &str = ".part";

/// Where a chunk lies in a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    pub hash: Hash,
    pub offset: u64,
    /// Bytes in the pack; fewer than its length where it is compressed.
    pub stored: u32,
    pub length: u32,
}

/// A whole pack's name and where its chunks lie.
pub type Sealed = (Hash, Vec<Slot>);

/// A pack that is being written. Dropped before it is sealed, it leaves nothing.
pub struct Writer {
    path: PathBuf,
    file: BufWriter<File>,
    at: u64,
    slots: Vec<Slot>,
    is_sealed: bool,
}

impl Writer {
    /// Begins a pack in the folder of packs.
    pub fn create(folder: &Path) -> Result<Self> {
        let (file, path) = unfinished(folder)?;
        let mut new = Self {
            file: BufWriter::with_capacity(BUFFER, file),
            path,
            at: 0,
            slots: vec![],
            is_sealed: false,
        };
        new.write(HEAD)?;
        Ok(new)
    }

    /// Adds a chunk of this length, whose bytes are compressed where they are fewer.
    pub fn add(&mut self, hash: Hash, length: u32, stored: &[u8]) -> Result<()> {
        self.slots.push(Slot {
            hash,
            offset: self.at,
            stored: stored.len() as u32,
            length,
        });
        self.write(stored)
    }

    /// Bytes so far.
    pub fn written(&self) -> u64 {
        self.at
    }

    /// Gives the pack its name once all of it is on the disk.
    pub fn seal(mut self) -> Result<Sealed> {
        let table = encode(&self.slots);
        let name = Hash::of(&table);
        self.write(&table)?;
        self.write(&(self.slots.len() as u64).to_le_bytes())?;
        self.write(TAIL)?;
        self.file.flush().map_err(io("write", &self.path))?;
        seal(self.file.get_ref(), &self.path, &name)?;
        self.is_sealed = true;
        Ok((name, std::mem::take(&mut self.slots)))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file
            .write_all(bytes)
            .map_err(io("write", &self.path))?;
        self.at += bytes.len() as u64;
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.is_sealed {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Makes a file among the packs that is none yet. What is left of it is swept by a collection.
pub(super) fn unfinished(folder: &Path) -> Result<(File, PathBuf)> {
    fresh::create(folder, "", NEW, 0o640).map_err(io("write", folder))
}

/// Gives a file that is a whole pack its name, once all of it is on the disk.
pub fn seal(file: &File, at: &Path, name: &Hash) -> Result<()> {
    // Nobody writes a sealed pack again.
    file.set_permissions(fs::Permissions::from_mode(0o440))
        .and_then(|()| file.sync_all())
        .map_err(io("write", at))?;
    let folder = at.parent().unwrap_or(Path::new("."));
    let sealed = path(folder, name);
    fs::rename(at, &sealed).map_err(io("write", &sealed))?;
    sync(folder)
}

/// Has the disk keep the names in a folder.
pub(super) fn sync(folder: &Path) -> Result<()> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(io("write", folder))
}

/// Where the pack of this name lies.
pub fn path(folder: &Path, name: &Hash) -> PathBuf {
    folder.join(format!("{name}.pack"))
}

/// Where what has come of a pack lies.
pub fn part(folder: &Path, name: &Hash) -> PathBuf {
    folder.join(format!("{name}{PART}"))
}

/// The names of all sealed packs, in order.
pub fn all(folder: &Path) -> Result<Vec<Hash>> {
    let names = names(folder)?;
    let names = names.iter().filter_map(|name| name.strip_suffix(".pack"));
    let mut packs: Vec<Hash> = names.filter_map(|name| name.parse().ok()).collect();
    packs.sort_unstable();
    Ok(packs)
}

/// The packs that somebody began to write or to fetch and did not seal.
pub fn unsealed(folder: &Path) -> Result<Vec<PathBuf>> {
    let names = names(folder)?;
    let names = names
        .iter()
        .filter(|name| name.ends_with(NEW) || name.ends_with(PART));
    Ok(names.map(|name| folder.join(name)).collect())
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(vec![]),
        Err(error) => return Err(io("read", folder)(error)),
    };
    let names = entries.map(|entry| Ok(entry?.file_name().into_string().ok()));
    let names = names.filter_map(std::io::Result::transpose);
    names
        .collect::<std::io::Result<_>>()
        .map_err(io("read", folder))
}

/// Opens a pack to be read.
///
/// # Errors
///
/// [`Error::Pack`]: what stands at its place is no file.
pub fn open(path: &Path) -> Result<File> {
    let file = open_at_once(path).map_err(io("read", path))?;
    if !file.metadata().map_err(io("read", path))?.is_file() {
        let path = path.to_owned();
        let what = "it is no file";
        return Err(Error::Pack { path, what });
    }
    Ok(file)
}

/// Which chunks a pack holds, and where.
///
/// # Errors
///
/// [`Error::Pack`]: its table is not the one that gave it its name.
pub fn slots(path: &Path, name: &Hash) -> Result<Vec<Slot>> {
    let damaged = |what| Error::Pack {
        path: path.to_owned(),
        what,
    };
    let file = open(path)?;
    let length = file.metadata().map_err(io("read", path))?.len();
    let last = |count: u64| {
        let from = length
            .checked_sub(count)
            .ok_or_else(|| damaged("it is cut short"))?;
        let mut bytes = vec![0; count as usize];
        file.read_exact_at(&mut bytes, from)
            .map_err(io("read", path))?;
        Ok(bytes)
    };
    let tail = tail(&last(TRAILER)?).filter(|tail| *tail <= length);
    let tail = last(tail.ok_or_else(|| damaged("its end is missing"))?)?;
    table(&tail, name).ok_or_else(|| damaged("its table is not what it was"))
}

/// How many bytes at the end of a pack, as its last ones say, are its table and trailer. `None` where they say nothing.
pub fn tail(end: &[u8]) -> Option<u64> {
    let (_, trailer) = end.split_at_checked(end.len().checked_sub(TRAILER as usize)?)?;
    let (count, tail) = trailer.split_at(8);
    let count = u64::from_le_bytes(count.try_into().expect("eight of sixteen bytes"));
    let rows = count.checked_mul(ROW as u64).filter(|_| tail == TAIL)?;
    rows.checked_add(TRAILER)
}

/// The chunks that a table lists, which with the trailer behind it ends these bytes. `None` where it is not the one that gave
/// the pack its name.
pub fn table(end: &[u8], name: &Hash) -> Option<Vec<Slot>> {
    let from = end.len().checked_sub(tail(end)? as usize)?;
    let table = &end[from..end.len() - TRAILER as usize];
    let slots = (Hash::of(table) == *name).then(|| decode(table))?;
    // What comes from elsewhere may say anything; as much memory is asked for as it says.
    let is_sound = |slot: &Slot| slot.stored <= slot.length && slot.length <= LONGEST;
    slots.iter().all(is_sound).then_some(slots)
}

/// The bytes of a chunk as they stand in an open pack, compressed or not.
pub fn stored(pack: &File, slot: &Slot) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; slot.stored as usize];
    pack.read_exact_at(&mut bytes, slot.offset)?;
    Ok(bytes)
}

fn encode(slots: &[Slot]) -> Vec<u8> {
    let mut table = Vec::with_capacity(slots.len() * ROW);
    for slot in slots {
        table.extend_from_slice(slot.hash.bytes());
        table.extend_from_slice(&slot.offset.to_le_bytes());
        table.extend_from_slice(&slot.stored.to_le_bytes());
        table.extend_from_slice(&slot.length.to_le_bytes());
    }
    table
}

fn decode(table: &[u8]) -> Vec<Slot> {
    let rows = table.chunks_exact(ROW);
    rows.map(|row| {
        let part = |from: usize, to: usize| &row[from..to];
        Slot {
            hash: Hash::from_bytes(part(0, 32).try_into().expect("32 bytes")),
            offset: u64::from_le_bytes(part(32, 40).try_into().expect("8 bytes")),
            stored: u32::from_le_bytes(part(40, 44).try_into().expect("4 bytes")),
            length: u32::from_le_bytes(part(44, 48).try_into().expect("4 bytes")),
        }
    })
    .collect()
}
