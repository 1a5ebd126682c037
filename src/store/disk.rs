//! What kind of disk a store would stand on. SQLite's write-ahead log needs memory shared on one host: a network file
//! system may grant it and then lose data.

use std::path::{Path, PathBuf};

use super::{Error, Result};
use crate::domain::disks::file_system;

/// The file system of the folder, or of the nearest folder above it that exists.
#[cfg(target_os = "linux")]
pub fn magic(path: &Path) -> Option<i64> {
    let existing = path
        .ancestors()
        .find(|folder| folder.exists())
        .map_or_else(|| PathBuf::from("."), Path::to_owned);
    let existing = if existing.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        existing
    };
    rustix::fs::statfs(&existing).ok().map(|stat| stat.f_type)
}

#[cfg(not(target_os = "linux"))]
pub fn magic(_path: &Path) -> Option<i64> {
    None
}

/// Bytes that this user may still write at a path.
pub fn free(path: &Path) -> Option<u64> {
    let existing = path.ancestors().find(|folder| folder.exists())?;
    let existing = if existing.as_os_str().is_empty() {
        Path::new(".")
    } else {
        existing
    };
    rustix::fs::statvfs(existing)
        .ok()
        .map(|stat| stat.f_bavail * stat.f_frsize)
}

pub(super) fn refuse_network(path: &Path) -> Result<()> {
    match magic(path)
        .and_then(file_system)
        .filter(|found| found.is_network)
    {
        Some(found) => Err(Error::NetworkDisk {
            path: path.to_owned(),
            kind: found.name,
        }),
        None => Ok(()),
    }
}

/// Does its mode let the group write? That is what a shared store looks like.
pub fn is_group_writable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|meta| meta.permissions().mode() & 0o020 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_yet_stands_on_the_disk_of_the_one_above() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(magic(&folder.path().join("a/b/c")), magic(folder.path()));
        assert!(free(&folder.path().join("a/b")).is_some());
    }
}
