//! Files that are being written: each has a name that nobody else's has, whatever process on whatever machine it is.

use std::{
    fs::{File, OpenOptions},
    io::ErrorKind,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// A name in a folder: what it begins with, a number drawn at random, what it ends with.
pub(super) fn path(folder: &Path, begin: &str, end: &str) -> PathBuf {
    folder.join(format!("{begin}{:016x}{end}", rand::random::<u64>()))
}

/// Makes a new file with such a name, which is locked for as long as it is open: who finds it unlocked finds what somebody
/// left who is gone.
///
/// # Errors
///
/// Those of the system.
pub(super) fn create(
    folder: &Path,
    begin: &str,
    end: &str,
    mode: u32,
) -> std::io::Result<(File, PathBuf)> {
    loop {
        let path = path(folder, begin, end);
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&path);
        let file = match opened {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            opened => opened?,
        };
        // A disk that knows no locks has files that nobody sweeps up.
        let is_locked = file.try_lock().is_ok();
        let inode = file.metadata()?.ino();
        // Somebody may have found it before it was locked.
        if !is_locked || path.metadata().is_ok_and(|there| there.ino() == inode) {
            return Ok((file, path));
        }
    }
}

/// Removes a file that nobody is writing any more.
pub(super) fn sweep(path: &Path) {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits() as i32)
        .open(path);
    if opened.is_ok_and(|file| file.try_lock().is_ok()) {
        let _ = std::fs::remove_file(path);
    }
}
