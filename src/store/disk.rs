//! What kind of disk a store would stand on. SQLite's write-ahead log needs memory shared on one host: a network file
//! system may grant it and then lose data.

use std::path::{Path, PathBuf};

use super::{Error, Result};

/// File systems that other hosts may have mounted too, by the number that `statfs` gives (linux/magic.h).
const NETWORK: [(i64, &str); 11] = [
    (0x6969, "nfs"),
    (0x517b, "smb"),
    (0xff53_4d42, "cifs"),
    (0xfe53_4d42, "smb2"),
    (0x0102_1997, "9p"),
    (0x0bd0_0bd0, "lustre"),
    (0x4750_4653, "gpfs"),
    (0x00c3_6400, "ceph"),
    (0x1983_0326, "beegfs"),
    (0x5346_414f, "afs"),
    (0x7461_636f, "ocfs2"),
];

/// The network file system's name, when the number is one's.
pub fn network(magic: i64) -> Option<&'static str> {
    NETWORK
        .iter()
        .find(|(number, _)| *number == magic & 0xffff_ffff)
        .map(|(_, name)| *name)
}

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
    rustix::fs::statfs(&existing)
        .ok()
        .map(|stat| stat.f_type as i64)
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
    match magic(path).and_then(network) {
        Some(kind) => Err(Error::NetworkDisk {
            path: path.to_owned(),
            kind,
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
    fn network_file_systems_are_told_from_local_ones() {
        assert_eq!(network(0x6969), Some("nfs"));
        // The field is 32 bits wide on some machines, and the number then reads as negative.
        assert_eq!(network(i64::from(0xff53_4d42_u32 as i32)), Some("cifs"));
        for local in [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994] {
            assert_eq!(network(local), None);
        }
    }

    #[test]
    fn a_folder_that_is_not_there_yet_stands_on_the_disk_of_the_one_above() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(magic(&folder.path().join("a/b/c")), magic(folder.path()));
        assert!(free(&folder.path().join("a/b")).is_some());
    }
}
