//! The vault: the content of data versions, each part of it once.
//!
//! Files enter split into chunks where their content says so, each named by its hash, and are written to packs that are
//! never changed. A version is a tree of paths with their chunks ([`manifest`]), itself kept as chunks, under one hash.
//! Nothing in here knows names, numbers or authors of versions: the store does.
//!
//! What is absent: no pack is changed or appended to once it has a name, only replaced by the same chunks, whole; no answer is
//! given from bytes whose hash was not checked; and nothing is deleted but by [`Vault::collect`], which is alone in the vault
//! then.

mod add;
mod checked;
mod checkout;
mod chunks;
mod collect;
mod error;
mod fresh;
mod index;
pub mod manifest;
mod pack;
mod remote;
mod scan;
mod stamps;
mod status;
mod verify;

use std::{
    collections::HashSet,
    fs::{self, File, OpenOptions},
    io::Write as _,
    os::unix::{ffi::OsStrExt as _, fs::DirBuilderExt as _, fs::OpenOptionsExt as _},
    path::{Path, PathBuf},
};

pub use self::{
    add::{Added, Keeping, Progress},
    checkout::{CheckedOut, Outside, Target},
    collect::{Collected, Collector},
    error::{Error, Result},
    remote::{Pulled, Pushed, Remote},
    scan::Source,
    status::Status,
    verify::{Damage, Verified, Version},
};
use self::{
    error::io,
    index::Index,
    manifest::{Entry, Met, Piece, Root, compare},
};
use crate::domain::hashes::Hash;

/// A vault in a folder of the store.
pub struct Vault {
    root: PathBuf,
    /// The store's folder, which is no part of any version.
    without: PathBuf,
}

/// The vault as somebody uses it: nothing is collected meanwhile.
pub struct Open<'a> {
    vault: &'a Vault,
    index: Index,
    _lock: File,
}

impl Vault {
    /// The vault of a store.
    pub fn of(store: &Path) -> Self {
        Self {
            root: store.join("vault"),
            without: store.to_owned(),
        }
    }

    /// Opens it beside others who use it, waiting for who collects. One that is not there is made.
    pub fn open(&self) -> Result<Open<'_>> {
        let lock = self.lock()?;
        lock.lock_shared().map_err(io("lock", &self.root))?;
        self.opened(lock)
    }

    /// The content of one file of a version, each part of it checked. What is only named is read from where it lies.
    ///
    /// # Errors
    ///
    /// [`Error::NotThere`]: the version has no such file; what [`Open::read`] says.
    pub fn file(&self, version: &Hash, path: &Path, outside: Option<&Path>) -> Result<Vec<u8>> {
        let open = self.open()?;
        let mut found = None;
        open.walk(version, &mut |entry| {
            if entry.path.bytes() == path.as_os_str().as_bytes() {
                found = Some(entry);
            }
            Ok(())
        })?;
        let entry = found.ok_or_else(|| Error::NotThere {
            path: path.to_owned(),
        })?;
        let mut content = vec![];
        open.read(&entry, outside, &mut |chunk| {
            content.extend_from_slice(chunk);
            Ok(())
        })?;
        Ok(content)
    }

    fn opened(&self, lock: File) -> Result<Open<'_>> {
        Ok(Open {
            index: self.read_index()?,
            vault: self,
            _lock: lock,
        })
    }

    fn read_index(&self) -> Result<Index> {
        Index::open(&self.packs(), &self.index(), &verify::suspects(&self.root))
    }

    fn lock(&self) -> Result<File> {
        let make = |folder: &Path| {
            let made = fs::DirBuilder::new()
                .recursive(true)
                .mode(0o750)
                .create(folder);
            match made {
                // Who may only read finds it made.
                Err(error) if !folder.is_dir() => Err(io("make", folder)(error)),
                _ => Ok(()),
            }
        };
        make(&self.packs())?;
        make(&self.root.join("stamps"))?;
        let path = self.root.join("vault.lock");
        let opened = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o640)
            .open(&path);
        match opened {
            Err(_) if path.exists() => File::open(&path).map_err(io("open", &path)),
            opened => opened.map_err(io("open", &path)),
        }
    }

    fn packs(&self) -> PathBuf {
        self.root.join("packs")
    }

    fn index(&self) -> PathBuf {
        self.root.join("index")
    }

    fn without(&self) -> &Path {
        &self.without
    }

    /// The file of stamps for these sources.
    fn stamps(&self, sources: &[Source]) -> Result<PathBuf> {
        let mut key = vec![];
        for source in sources {
            let at = fs::canonicalize(&source.at).map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound => Error::NotThere {
                    path: source.at.clone(),
                },
                _ => io("read", &source.at)(error),
            })?;
            key.extend_from_slice(at.as_os_str().as_bytes());
            key.push(0);
            key.extend_from_slice(source.name.as_ref().map_or(b"", |name| name.bytes()));
            key.push(0);
        }
        Ok(self.root.join("stamps").join(Hash::of(&key).short()))
    }
}

impl Open<'_> {
    /// Takes files in: all of them or, where anything is wrong, none. Content that is here already is not stored again.
    ///
    /// # Errors
    ///
    /// A path that is not there, cannot be read, has no content (a pipe) or changed while it was read; a full disk; an
    /// interruption.
    pub fn add(
        &mut self,
        sources: &[Source],
        keeping: Keeping,
        progress: &Progress,
    ) -> Result<Added> {
        let added = add::add(self.vault, &mut self.index, sources, keeping, progress)?;
        // A copy of what the packs say: the next one can do without.
        let _ = self.index.save(&self.vault.index());
        Ok(added)
    }

    /// The paths of a version, in order.
    pub fn walk(&self, version: &Hash, take: &mut dyn FnMut(Entry) -> Result<()>) -> Result<()> {
        let mut met = |met: Met| match met {
            Met::Node(_) => Ok(()),
            Met::Entry(entry) => take(entry),
            Met::Lost(error) => Err(error),
        };
        manifest::walk(version, &mut |hash| self.index.read(hash), &mut met)
    }

    /// Every chunk that a version is made of: the nodes of its tree, the lists of chunks, and the chunks of its files, of
    /// which those that are only named are nowhere. Some come more than once.
    fn chunks(&self, version: &Hash, take: &mut dyn FnMut(&Hash)) -> Result<()> {
        let index = &self.index;
        manifest::walk(version, &mut |hash| index.read(hash), &mut |met| {
            let content = match met {
                Met::Node(hash) => {
                    take(hash);
                    return Ok(());
                }
                Met::Lost(error) => return Err(error),
                Met::Entry(Entry {
                    kind: manifest::Kind::File { content, .. },
                    ..
                }) => content,
                Met::Entry(_) => return Ok(()),
            };
            let mut lists = vec![];
            let mut load = |hash: &Hash| {
                lists.push(*hash);
                index.read(hash)
            };
            content.pieces(&mut load, &mut |piece| {
                take(&piece.hash);
                Ok(())
            })?;
            lists.iter().for_each(&mut *take);
            Ok(())
        })
    }

    /// What changed from one version to another, in the order of paths.
    pub fn compare(
        &self,
        old: &Root,
        new: &Root,
        take: &mut dyn FnMut(compare::Change) -> Result<()>,
    ) -> Result<()> {
        compare::changes(old, new, &mut |hash| self.index.read(hash), take)
    }

    /// Is any of these chunks part of a version?
    ///
    /// # Errors
    ///
    /// Its list of files cannot be read.
    pub fn has_any(&self, version: &Hash, chunks: &HashSet<Hash>) -> Result<bool> {
        let mut has_any = false;
        if !chunks.is_empty() {
            self.chunks(version, &mut |chunk| has_any |= chunks.contains(chunk))?;
        }
        Ok(has_any)
    }

    /// The content of a file, handed over chunk by chunk, each of them checked. What is only referenced is read from where
    /// it lies.
    pub fn read(
        &self,
        entry: &Entry,
        from: Option<&Path>,
        take: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let manifest::Kind::File { content, .. } = &entry.kind else {
            return Ok(());
        };
        let mut file = match from {
            Some(path) => Some((open_file(path)?, path)),
            None => None,
        };
        let mut chunk = |piece: &Piece| match &mut file {
            Some((file, path)) => take(&outside(file, path, piece)?),
            None => take(&self.index.read(&piece.hash)?),
        };
        content.pieces(&mut |hash| self.index.read(hash), &mut chunk)
    }

    /// The content of a file, each part of it checked, as one file that can be read from any place. What is in the vault is
    /// written out for it, into a file without a name that is gone once it is closed; what is only referenced is opened where
    /// it lies. `take` sees all of it go by.
    pub fn laid_out(
        &self,
        entry: &Entry,
        from: Option<&Path>,
        take: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<File> {
        if let Some(path) = from {
            self.read(entry, from, take)?;
            return open_file(path);
        }
        let folder = self.vault.packs();
        let (mut file, path) = pack::unfinished(&folder)?;
        // A kill before this leaves an empty file, which a collection takes.
        fs::remove_file(&path).map_err(io("delete", &path))?;
        self.read(entry, None, &mut |chunk| {
            file.write_all(chunk).map_err(io("write", &path))?;
            take(chunk)
        })?;
        Ok(file)
    }
}

/// Opens a file to be read. A pipe in its place is not waited for.
fn open_at_once(path: &Path) -> std::io::Result<File> {
    let flags = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

/// Opens a file that lies outside.
fn open_file(path: &Path) -> Result<File> {
    let file = open_at_once(path).map_err(io("read", path))?;
    match file.metadata().map_err(io("read", path))?.is_file() {
        true => Ok(file),
        false => Err(Error::Another {
            path: path.to_owned(),
        }),
    }
}

/// The next chunk of a file that lies outside.
fn outside(file: &mut File, path: &Path, piece: &Piece) -> Result<Vec<u8>> {
    use std::io::Read as _;
    let mut chunk = vec![];
    let mut part = file.take(piece.length.into());
    part.read_to_end(&mut chunk).map_err(io("read", path))?;
    match Hash::of(&chunk) == piece.hash {
        true => Ok(chunk),
        false => Err(Error::Another {
            path: path.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests;
