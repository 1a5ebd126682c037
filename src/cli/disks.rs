//! The disk that a folder stands on.

use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use crate::{config::Environment, domain::disks::file_system};

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
    let number = stat.f_type;
    file_system(number).map_or_else(
        || (format!("{number:#x}"), false),
        |found| (found.name.to_owned(), found.is_network),
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
