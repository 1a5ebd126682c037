//! Making a version's files again: each written whole beside its place and renamed into it; what is there already and the
//! same is left alone.

use std::{
    collections::HashSet,
    ffi::OsStr,
    fs::{self, File},
    io::{ErrorKind, Seek as _, Write as _},
    os::unix::{
        ffi::OsStrExt as _,
        fs::{MetadataExt as _, symlink},
    },
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use rayon::prelude::*;
use rustix::{
    fs::{CWD, RenameFlags, renameat_with},
    io::Errno,
};

use super::{
    Open, Progress,
    error::{Error, Result, io},
    fresh,
    manifest::{Entry, Kind},
    open_file,
    scan::{UNFINISHED, is_store, sweep},
};
use crate::domain::hashes::Hash;

/// Where a version goes.
#[derive(Clone, Debug)]
pub struct Target<'a> {
    pub folder: &'a Path,
    /// Files that are in the way are replaced; folders never are.
    pub replaces: bool,
    /// Where the content of a version lies that is only referenced.
    pub from: Option<&'a dyn Outside>,
}

/// Finds the content that lies outside.
pub trait Outside: std::fmt::Debug + Sync {
    fn path(&self, entry: &Entry) -> PathBuf;
}

/// What a check-out came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct CheckedOut {
    /// Files that were written, and those that were there already.
    pub written: u64,
    pub same: u64,
    /// Bytes written.
    pub bytes: u64,
}

/// Files that are looked at or written together.
const BATCH: usize = 512;

/// What stands where an entry belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum There {
    Nothing,
    Same,
    Other,
    /// Something that is not replaced.
    Stays,
}

impl Open<'_> {
    /// Writes a version's files into a folder.
    ///
    /// # Errors
    ///
    /// [`Error::Store`]: the folder is inside a store; [`Error::InTheWay`], before anything is written: files that differ,
    /// unless they may be replaced, folders where the version has files, and stores. [`Error::Damaged`], [`Error::Missing`], a full disk: what was written until then is whole.
    pub fn check_out(
        &self,
        version: &Hash,
        target: &Target,
        progress: &Progress,
    ) -> Result<CheckedOut> {
        let whole = target
            .folder
            .ancestors()
            .find_map(|at| at.canonicalize().ok());
        let whole = whole.unwrap_or_default();
        if let Some(store) = whole.ancestors().find(|at| is_store(at)) {
            let path = store.to_owned();
            return Err(Error::Store { path });
        }
        let mut blocked = vec![];
        let mut there = vec![];
        self.in_batches(version, progress, &mut |entries| {
            let found: Result<Vec<There>> = entries
                .par_iter()
                .map(|entry| self.there(entry, target))
                .collect();
            for (entry, found) in entries.iter().zip(found?) {
                if found == There::Stays || (found == There::Other && !target.replaces) {
                    blocked.push(entry.path.shown());
                }
                progress
                    .all_bytes
                    .fetch_add(entry.bytes(), Ordering::Relaxed);
                there.push(found);
            }
            Ok(())
        })?;
        if !blocked.is_empty() {
            return Err(Error::InTheWay { paths: blocked });
        }
        progress
            .all_files
            .store(there.len() as u64, Ordering::Relaxed);
        let (written, bytes) = (AtomicU64::new(0), AtomicU64::new(0));
        let mut done = 0;
        let mut swept = HashSet::new();
        self.in_batches(version, progress, &mut |entries| {
            let found = &there[done..done + entries.len()];
            for (entry, _) in entries
                .iter()
                .zip(found)
                .filter(|(_, found)| **found != There::Same)
            {
                let folder = folder_of(target.folder, entry);
                if !swept.contains(&folder) {
                    // Nothing is touched through a link.
                    if blocked_above(target.folder, entry)? == There::Same {
                        sweep(&folder);
                    }
                    swept.insert(folder);
                }
            }
            done += entries.len();
            let pairs = entries.par_iter().zip(found);
            pairs.try_for_each(|(entry, found)| {
                progress.check()?;
                if *found != There::Same {
                    self.make(entry, *found, target)?;
                    written.fetch_add(1, Ordering::Relaxed);
                    bytes.fetch_add(entry.bytes(), Ordering::Relaxed);
                }
                progress.files.fetch_add(1, Ordering::Relaxed);
                progress.bytes.fetch_add(entry.bytes(), Ordering::Relaxed);
                Ok(())
            })
        })?;
        let written = written.into_inner();
        Ok(CheckedOut {
            written,
            same: there.len() as u64 - written,
            bytes: bytes.into_inner(),
        })
    }

    fn in_batches(
        &self,
        version: &Hash,
        progress: &Progress,
        take: &mut dyn FnMut(&[Entry]) -> Result<()>,
    ) -> Result<()> {
        let mut batch = Vec::with_capacity(BATCH);
        self.walk(version, &mut |entry| {
            batch.push(entry);
            if batch.len() < BATCH {
                return Ok(());
            }
            progress.check()?;
            take(&batch)?;
            batch.clear();
            Ok(())
        })?;
        take(&batch)
    }

    fn there(&self, entry: &Entry, target: &Target) -> Result<There> {
        match blocked_above(target.folder, entry)? {
            There::Same => {}
            other => return Ok(other),
        }
        let path = path(target.folder, entry);
        let meta = match fs::symlink_metadata(&path) {
            Ok(meta) => meta,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(There::Nothing),
            Err(error) => return Err(io("read", &path)(error)),
        };
        let is_same = match &entry.kind {
            Kind::Folder => meta.is_dir(),
            Kind::Link { target } => {
                let known = fs::read_link(&path);
                known.is_ok_and(|known| known.as_os_str().as_bytes() == target)
            }
            Kind::File {
                size,
                is_executable,
                ..
            } => {
                meta.is_file()
                    && meta.len() == *size
                    && (meta.mode() & 0o100 != 0) == *is_executable
                    && self.is_content(entry, &path)?
            }
        };
        Ok(match (is_same, meta.is_dir()) {
            (true, _) => There::Same,
            (false, true) => There::Stays,
            (false, false) => There::Other,
        })
    }

    /// Has a file the content of an entry?
    pub(super) fn is_content(&self, entry: &Entry, path: &Path) -> Result<bool> {
        match self.read(entry, Some(path), &mut |_| Ok(())) {
            Ok(()) => Ok(true),
            Err(Error::Another { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn make(&self, entry: &Entry, there: There, target: &Target) -> Result<()> {
        let path = path(target.folder, entry);
        let folder = folder_of(target.folder, entry);
        if there == There::Other {
            make_way(target.folder, entry)?;
        }
        // It may have come since all was looked at: nothing is written through a link.
        if !matches!(
            blocked_above(target.folder, entry)?,
            There::Same | There::Nothing
        ) {
            return Err(in_the_way(entry));
        }
        fs::create_dir_all(&folder).map_err(io("make", &folder))?;
        match &entry.kind {
            Kind::Folder => {
                if fs::symlink_metadata(&path).is_ok_and(|meta| !meta.is_dir()) {
                    fs::remove_file(&path).map_err(io("replace", &path))?;
                }
                fs::create_dir_all(&path).map_err(io("make", &path))
            }
            Kind::Link { target } => {
                let [begin, end] = UNFINISHED;
                let beside = fresh::path(&folder, begin, end);
                let made = symlink(OsStr::from_bytes(target), &beside).map_err(io("write", &path));
                made.and_then(|()| place(entry, &beside, &path, there))
            }
            Kind::File { is_executable, .. } => {
                let from = target.from.map(|outside| outside.path(entry));
                let mode = if *is_executable { 0o777 } else { 0o666 };
                let [begin, end] = UNFINISHED;
                let made = fresh::create(&folder, begin, end, mode);
                let (file, beside) = made.map_err(io("write", &path))?;
                let is_shared = match &from {
                    Some(from) => self.share(entry, from, &file, &beside),
                    None => Ok(false),
                };
                let written = is_shared.and_then(|is_shared| match is_shared {
                    true => Ok(()),
                    false => self.write(entry, from.as_deref(), &file, &path),
                });
                let kept = written.and_then(|()| match there {
                    // What it replaces is gone then: it must have come to the disk.
                    There::Other => file.sync_data().map_err(io("write", &path)),
                    _ => Ok(()),
                });
                kept.and_then(|()| place(entry, &beside, &path, there))
                    .inspect_err(|_| drop(fs::remove_file(&beside)))
            }
        }
    }

    /// Has the disk share the content of a file that lies outside, where it can (reflink). What is shared then is looked at,
    /// not what it was taken from, which may change meanwhile. Says whether it could.
    #[cfg(target_os = "linux")]
    fn share(&self, entry: &Entry, from: &Path, to: &File, beside: &Path) -> Result<bool> {
        if rustix::fs::ioctl_ficlone(to, open_file(from)?).is_err() {
            return Ok(false);
        }
        let length = to.metadata().map_err(io("read", beside))?.len();
        match length == entry.bytes() && self.is_content(entry, beside)? {
            true => Ok(true),
            false => Err(Error::Another {
                path: from.to_owned(),
            }),
        }
    }

    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as on Linux")]
    fn share(&self, _: &Entry, _: &Path, _: &File, _: &Path) -> Result<bool> {
        Ok(false)
    }

    fn write(&self, entry: &Entry, from: Option<&Path>, mut to: &File, at: &Path) -> Result<()> {
        let mut ends_in_hole = false;
        self.read(entry, from, &mut |chunk| {
            // What is nothing but zeros takes no room: a file of holes is one again.
            ends_in_hole = chunk.iter().all(|byte| *byte == 0);
            let written = match ends_in_hole {
                true => to.seek_relative(chunk.len() as i64),
                false => to.write_all(chunk),
            };
            written.map_err(io("write", at))
        })?;
        match ends_in_hole {
            true => to.set_len(entry.bytes()).map_err(io("write", at)),
            false => Ok(()),
        }
    }
}

/// Gives what was written its name. Where nothing was when all was looked at, what came since is not replaced.
fn place(entry: &Entry, beside: &Path, path: &Path, there: There) -> Result<()> {
    let renamed = match there {
        There::Other => fs::rename(beside, path),
        _ => match renameat_with(CWD, beside, CWD, path, RenameFlags::NOREPLACE) {
            Err(Errno::EXIST) => {
                let _ = fs::remove_file(beside);
                return Err(in_the_way(entry));
            }
            // A disk that cannot say so.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => fs::rename(beside, path),
            renamed => renamed.map_err(Into::into),
        },
    };
    renamed.map_err(|error| {
        let _ = fs::remove_file(beside);
        io("write", path)(error)
    })
}

fn in_the_way(entry: &Entry) -> Error {
    Error::InTheWay {
        paths: vec![entry.path.shown()],
    }
}

fn path(folder: &Path, entry: &Entry) -> PathBuf {
    folder.join(OsStr::from_bytes(entry.path.bytes()))
}

/// The folder that an entry lies in.
fn folder_of(folder: &Path, entry: &Entry) -> PathBuf {
    let path = path(folder, entry);
    path.parent().unwrap_or(folder).to_owned()
}

/// The folders that must be there for an entry, from the top.
fn folders<'a>(folder: &'a Path, entry: &'a Entry) -> impl Iterator<Item = PathBuf> + 'a {
    let count = entry.path.parts().count() - 1;
    entry
        .path
        .parts()
        .take(count)
        .scan(folder.to_owned(), |at, part| {
            at.push(OsStr::from_bytes(part));
            Some(at.clone())
        })
}

/// A link or file in the place of a folder: what is written must not go through it. [`There::Same`] where nothing is.
fn blocked_above(folder: &Path, entry: &Entry) -> Result<There> {
    for above in folders(folder, entry) {
        match fs::symlink_metadata(&above) {
            Ok(meta) if meta.is_dir() && is_store(&above) => return Ok(There::Stays),
            Ok(meta) if meta.is_dir() => {}
            Ok(_) => return Ok(There::Other),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(There::Nothing),
            Err(error) => return Err(io("read", &above)(error)),
        }
    }
    Ok(There::Same)
}

/// Takes away the file or link that stands in the place of a folder above an entry.
fn make_way(folder: &Path, entry: &Entry) -> Result<()> {
    for above in folders(folder, entry) {
        let Ok(meta) = fs::symlink_metadata(&above) else {
            return Ok(());
        };
        if !meta.is_dir() {
            return match fs::remove_file(&above) {
                // Another thread had a file below it too.
                Err(error) if error.kind() != ErrorKind::NotFound && !above.is_dir() => {
                    Err(io("replace", &above)(error))
                }
                _ => Ok(()),
            };
        }
    }
    Ok(())
}
