//! File systems, by the numbers that the kernel gives them.

/// A kind of file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSystem {
    pub name: &'static str,
    /// Other hosts may have it mounted too.
    pub is_network: bool,
}

/// Names and whether they are shared over a network, by the number that `statfs` gives (linux/magic.h).
const KNOWN: [(u32, &str, bool); 19] = [
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

/// The file system with this number. The kernel's field is 32 bits wide on some machines, where large numbers read as
/// negative.
pub fn file_system(number: i64) -> Option<FileSystem> {
    let known = KNOWN
        .iter()
        .find(|(known, ..)| i64::from(*known) == number & 0xffff_ffff)?;
    Some(FileSystem {
        name: known.1,
        is_network: known.2,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_told_from_local_ones() {
        let is_network = |number| file_system(number).is_some_and(|found| found.is_network);
        assert!(is_network(0x6969) && is_network(i64::from(0xff53_4d42_u32 as i32)));
        for local in [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0x1234] {
            assert!(!is_network(local));
        }
    }
}
