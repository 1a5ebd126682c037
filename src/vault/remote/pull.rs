//! Fetching what is missing here.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fs::{self, File, OpenOptions, TryLockError},
    io::Write as _,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::Path,
    sync::{Mutex, PoisonError, atomic::Ordering},
};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::{GetOptions, GetRange};
use tokio::time;

use super::{LARGE, LOOK, Remote, SILENCE, SMALL, packed};
use crate::{
    domain::hashes::Hash,
    vault::{
        Open, Progress, Version,
        error::{Error, Result, io},
        manifest::{Entry, Kind, Root},
        pack, verify,
    },
};

/// What came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pulled {
    /// Packs that were not here, or not whole.
    pub packs: u64,
    /// Bytes that travelled for it.
    pub bytes: u64,
    came: BTreeSet<Hash>,
    /// Packs that did not come, because they are damaged there.
    pub damaged: BTreeSet<Hash>,
    /// Chunks of which the copy here was damaged and is whole again.
    pub mended: HashSet<Hash>,
}

impl Open<'_> {
    /// Fetches those of a remote's packs of which anything is missing or damaged here. Each is looked at before it counts;
    /// what has come of one when it is cut off is gone on with the next time. One that is damaged there keeps no other back.
    ///
    /// # Errors
    ///
    /// What [`Remote::open`] says.
    pub fn pull(
        &mut self,
        from: &Remote,
        packs: &BTreeSet<Hash>,
        progress: &Progress,
    ) -> Result<Pulled> {
        let folder = self.vault.packs();
        let mut pulled = Pulled::default();
        let looks = packs
            .iter()
            .map(async |name| unless_damaged(self.size_of_missing(from, name).await));
        let looks = stream::iter(looks).buffered(SMALL).try_collect();
        let sizes: Vec<Option<Option<u64>>> = from.wait(progress, looks)?;
        let mut missing: Vec<(&Hash, u64)> = vec![];
        for (name, size) in packs.iter().zip(sizes) {
            match size {
                Some(size) => missing.extend(size.map(|size| (name, size))),
                None => drop(pulled.damaged.insert(*name)),
            }
        }
        let all = missing.iter().map(|(_, size)| size).sum();
        progress.all_bytes.store(all, Ordering::Relaxed);
        let came = Mutex::new(BTreeMap::new());
        let fetches = missing.iter().map(async |(name, size)| {
            let fetched = from.fetch(&folder, name, *size, progress).await;
            let bytes = unless_damaged(fetched)?;
            let mut came = came.lock().unwrap_or_else(PoisonError::into_inner);
            came.insert(**name, bytes);
            Ok(())
        });
        let fetches = stream::iter(fetches).buffer_unordered(LARGE);
        let fetched: Result<()> = from.wait(progress, fetches.try_collect());
        for (name, bytes) in came.into_inner().unwrap_or_else(PoisonError::into_inner) {
            match bytes {
                Some(bytes) => {
                    pulled.packs += 1;
                    pulled.bytes += bytes;
                    pulled.came.insert(name);
                }
                None => drop(pulled.damaged.insert(name)),
            }
        }
        // What came before trouble came is here.
        pulled.mended = self.know(&pulled.came)?;
        fetched?;
        Ok(pulled)
    }

    /// Is all of a version here? Says how much it is.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`], [`Error::Damaged`]: what is not.
    pub fn check(&self, version: &Version) -> Result<Root> {
        let mut lacks = None;
        self.chunks(version.root, &mut |chunk| {
            if !self.index.holds(chunk) && !version.is_reference {
                lacks.get_or_insert(*chunk);
            }
        })?;
        if let Some(hash) = lacks {
            return Err(Error::Missing { hash });
        }
        let mut root = Root {
            hash: *version.root,
            files: 0,
            bytes: 0,
        };
        self.walk(version.root, &mut |entry| {
            let bytes = root.bytes.checked_add(entry.bytes());
            let sound = bytes.filter(|bytes| *bytes <= i64::MAX as u64);
            root.bytes = sound
                .filter(|_| {
                    self.length(&entry)
                        .is_ok_and(|length| length == entry.bytes())
                })
                .ok_or(Error::Manifest {
                    hash: *version.root,
                    what: "a file is not as long as its parts",
                })?;
            root.files += 1;
            Ok(())
        })?;
        Ok(root)
    }

    /// Bytes of the parts of a file.
    fn length(&self, entry: &Entry) -> Result<u64> {
        let Kind::File { content, .. } = &entry.kind else {
            return Ok(0);
        };
        let mut length = 0u64;
        content.pieces(&mut |hash| self.index.read(hash), &mut |piece| {
            length = length.saturating_add(piece.length.into());
            Ok(())
        })?;
        Ok(length)
    }

    /// The size of a pack of which anything is missing here.
    async fn size_of_missing(&self, from: &Remote, name: &Hash) -> Result<Option<u64>> {
        let ours = pack::path(&self.vault.packs(), name);
        let is_here = |slots: &[pack::Slot]| slots.iter().all(|slot| self.index.holds(&slot.hash));
        if pack::slots(&ours, name).is_ok_and(|slots| is_here(&slots)) {
            return Ok(None);
        }
        let (slots, size) = from.table(name).await?;
        Ok((!is_here(&slots)).then_some(size))
    }

    /// Takes packs that have come into the index. Says what was damaged in them before and is mended.
    fn know(&mut self, came: &BTreeSet<Hash>) -> Result<HashSet<Hash>> {
        let root = &self.vault.root;
        let of_these = |(pack, _): &(Hash, Hash)| came.contains(pack);
        let suspects = verify::suspects(root);
        let mended = suspects.into_iter().filter(of_these);
        let mended: HashSet<Hash> = mended.map(|(_, chunk)| chunk).collect();
        if !mended.is_empty() {
            verify::suspect(root, |known| known.retain(|suspect| !of_these(suspect)))?;
        }
        self.index = self.vault.read_index()?;
        let _ = self.index.save(&self.vault.index());
        Ok(mended)
    }
}

/// What came, or nothing where it is damaged at the other end.
fn unless_damaged<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(Error::Sent { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Remote {
    /// Fetches a pack, going on where the last one ended. Gives the bytes that travelled.
    async fn fetch(
        &self,
        folder: &Path,
        name: &Hash,
        size: u64,
        progress: &Progress,
    ) -> Result<u64> {
        let inode = || fs::metadata(pack::path(folder, name)).map(|meta| meta.ino());
        let before = inode().ok();
        let mut part = loop {
            match Part::open(folder, name)? {
                Some(part) => break part,
                None => time::sleep(LOOK).await,
            }
        };
        if inode().ok() != before {
            // Whoever had it in hand was done with it.
            let _ = fs::remove_file(&part.path);
            return Ok(0);
        }
        let mut travelled = 0;
        loop {
            let begun = part.length.min(size);
            progress.bytes.fetch_add(begun, Ordering::Relaxed);
            let came = self.rest(&mut part, name, size, progress).await?;
            travelled += came;
            match part.check(name, progress) {
                Ok(()) => break,
                Err(Error::Interrupted) => return Err(Error::Interrupted),
                // What was here of it may have been of another day: once more from its beginning.
                Err(_) if 0 < begun => {
                    progress.bytes.fetch_sub(begun + came, Ordering::Relaxed);
                    part.cut(0)?;
                }
                Err(_) => {
                    let _ = fs::remove_file(&part.path);
                    return Err(self.damaged(name));
                }
            }
        }
        pack::seal(&part.file, &part.path, name)?;
        Ok(travelled)
    }

    /// Fetches what is missing at the end of a part.
    async fn rest(
        &self,
        part: &mut Part,
        name: &Hash,
        size: u64,
        progress: &Progress,
    ) -> Result<u64> {
        if size < part.length {
            part.cut(0)?;
        }
        if part.length == size {
            return Ok(0);
        }
        let options = GetOptions {
            range: Some(GetRange::Offset(part.length)),
            ..GetOptions::default()
        };
        let trouble = self.trouble("read");
        let got = self.store.get_opts(&packed(name), options).await;
        let mut pieces = got.map_err(&trouble)?.into_stream();
        let mut travelled = 0;
        loop {
            let piece = time::timeout(SILENCE, pieces.next()).await;
            let piece = piece.map_err(|_| Error::Silent {
                url: self.url.clone(),
            })?;
            let Some(piece) = piece else {
                return Ok(travelled);
            };
            let piece = piece.map_err(&trouble)?;
            progress.check()?;
            part.write(&piece)?;
            travelled += piece.len() as u64;
            progress
                .bytes
                .fetch_add(piece.len() as u64, Ordering::Relaxed);
        }
    }
}

/// What has come of a pack, for one process at a time.
struct Part {
    path: std::path::PathBuf,
    file: File,
    length: u64,
}

impl Part {
    /// `None` where another process has it.
    fn open(folder: &Path, name: &Hash) -> Result<Option<Self>> {
        let path = pack::part(folder, name);
        loop {
            let file = OpenOptions::new()
                .read(true)
                .append(true)
                .create(true)
                .mode(0o640)
                .open(&path)
                .map_err(io("write", &path))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(io("lock", &path)(error)),
            }
            let meta = file.metadata().map_err(io("read", &path))?;
            // Whoever had it may have given it its name meanwhile: a pack is never appended to.
            if fs::metadata(&path).is_ok_and(|there| there.ino() == meta.ino()) {
                return Ok(Some(Self {
                    length: meta.len(),
                    path,
                    file,
                }));
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file
            .write_all(bytes)
            .map_err(io("write", &self.path))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn cut(&mut self, length: u64) -> Result<()> {
        self.file.set_len(length).map_err(io("write", &self.path))?;
        self.length = length;
        Ok(())
    }

    /// Is it the whole pack, as it was written?
    fn check(&self, name: &Hash, progress: &Progress) -> Result<()> {
        let slots = pack::slots(&self.path, name)?;
        verify::sound(&self.path, &slots, &mut |slot, is_sound| {
            progress.check()?;
            match is_sound {
                true => Ok(()),
                false => Err(Error::Damaged { hash: slot.hash }),
            }
        })
    }
}
