//! The disk that a folder stands on.

use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use crate::config::Environment;

/// Names of file systems by the number that `statfs` gives (linux/magic.h), and whether they are shared over a network.
#[cfg(target_os = "linux")]
const KINDS: [(u32, &str, bool); 19] = [
    (0xef53, "ext4", false),
    (0x5846_5342, "xfs", false),
    (0x9123_683e, "btrfs", false),
    (0x2fc1_2fc1, "zfs", false),
    (0x0102_1994, "tmpfs", false),
    (0x794c_7630, "overlay", false),
    (0xf2f5_2010, "f2fs", false),
    (0x6573_5546, "fuse", false),
    (0x6969, "nfs", true),
    (0x517b, "smb", true),
    (0xff53_4d42, "cifs", true),
    (0xfe53_4d42, "smb2", true),
    (0x0102_1997, "9p", true),
    (0x0bd0_0bd0, "lustre", true),
    (0x4750_4653, "gpfs", true),
    (0x00c3_6400, "ceph", true),
    (0x1983_0326, "beegfs", true),
    (0x5346_414f, "afs", true),
    (0x7461_636f, "ocfs2", true),
];

/// What is known of a disk.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Disk {
    /// The folder that was looked at: the wanted one, or the nearest above it that exists.
    pub folder: PathBuf,
    pub kind: String,
    pub is_network: bool,
    /// Bytes that this user may still write.
    pub free: u64,
    pub is_writable: bool,
}

/// The disk under a folder that need not exist yet.
pub fn under(path: &Path) -> Option<Disk> {
    let folder = path.ancestors().find(|folder| folder.exists())?.to_owned();
    let (kind, is_network) = kind(&folder);
    let stat = rustix::fs::statvfs(&folder).ok()?;
    Some(Disk {
        kind,
        is_network,
        free: stat.f_bavail * stat.f_frsize,
        is_writable: access(&folder, Access::WRITE_OK | Access::EXEC_OK).is_ok(),
        folder,
    })
}

/// Folders on local disks where a store could stand, the roomiest first.
pub fn offers(environment: &Environment) -> Vec<Disk> {
    let user = &environment.user;
    let usual = ["/scratch", "/local", "/data", "/mnt", "/var/tmp", "/tmp"].map(PathBuf::from);
    let own = ["/scratch", "/local", "/data"].map(|folder| Path::new(folder).join(user));
    let mut offers: Vec<Disk> = [environment.places.data.clone(), environment.home.clone()]
        .into_iter()
        .chain(own)
        .chain(usual)
        .filter(|folder| folder.is_dir())
        .filter_map(|folder| under(&folder))
        .filter(|disk| disk.is_writable && !disk.is_network)
        .collect();
    offers.sort_by_key(|disk| std::cmp::Reverse(disk.free));
    offers
}

#[cfg(target_os = "linux")]
fn kind(folder: &Path) -> (String, bool) {
    let Ok(stat) = rustix::fs::statfs(folder) else {
        return ("unknown".to_owned(), false);
    };
    let number = stat.f_type as u32;
    let known = KINDS.iter().find(|(magic, ..)| *magic == number);
    known.map_or_else(
        || (format!("{number:#x}"), false),
        |(_, name, network)| ((*name).to_owned(), *network),
    )
}

#[cfg(not(target_os = "linux"))]
fn kind(_folder: &Path) -> (String, bool) {
    ("unknown".to_owned(), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_yet_stands_on_the_disk_of_the_one_above() {
        let folder = tempfile::tempdir().unwrap();
        let disk = under(&folder.path().join("a/b")).unwrap();
        assert_eq!(disk.folder, folder.path());
        assert!(disk.is_writable);
    }
}
