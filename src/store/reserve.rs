//! Space kept back on the store's disk, so that a store whose disk is full can still be opened: to be looked into, and
//! to free some.
//!
//! SQLite needs a few pages beside the database before it reads a line of it. Without them nothing could be removed by
//! the program whose hint says to remove something.

use std::{fs::OpenOptions, os::unix::fs::MetadataExt, path::Path};

use rustix::fs::{FallocateFlags, fallocate};

use super::{disk, open_with_mode};

const NAME: &str = "store.reserve";
/// What a session of a person's commands needs, many times over.
const BYTES: u64 = 1 << 20;
/// A disk with less is left alone: what is reserved there is missing elsewhere.
const ROOM: u64 = 64 << 20;
/// With less than this a change of a person's making is helped before it is tried.
const SCARCE: u64 = 128 << 10;

/// Makes the reserve where it is missing and the disk has room. A disk that cannot promise space gives none.
pub(super) fn keep(root: &Path, mode: u32) {
    let path = root.join(NAME);
    if is_kept(&path) || disk::free(root).is_none_or(|free| free < ROOM) {
        return;
    }
    let Ok(file) = open_with_mode(&path, mode) else {
        return;
    };
    let _ = fallocate(&file, FallocateFlags::empty(), 0, BYTES);
}

/// Gives the reserve back to the disk. The file stays, empty: in a folder that a group shares only its maker could
/// remove it. `false` where there was nothing to give.
pub(super) fn release(root: &Path) -> bool {
    let path = root.join(NAME);
    if !is_kept(&path) {
        return false;
    }
    let file = OpenOptions::new().write(true).open(&path);
    file.and_then(|file| file.set_len(0)).is_ok()
}

/// Gives the reserve back where a transaction could not be written without it.
pub(super) fn release_if_scarce(root: &Path) {
    if disk::free(root).is_some_and(|free| free < SCARCE) {
        release(root);
    }
}

fn is_kept(path: &Path) -> bool {
    path.metadata().is_ok_and(|meta| 0 < meta.blocks())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn space_is_kept_once_given_back_once_and_kept_again() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert!(!release(root));
        keep(root, 0o600);
        let bytes = || root.join(NAME).metadata().unwrap().blocks() * 512;
        assert!(BYTES <= bytes(), "{}", bytes());
        assert!(release(root));
        assert_eq!(bytes(), 0);
        assert!(!release(root));
        keep(root, 0o600);
        assert!(BYTES <= bytes());
    }
}
