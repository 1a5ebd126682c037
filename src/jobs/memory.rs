//! What the kernel tells of processes that it ended for want of memory.

use std::{fs, path::Path};

/// Where control groups are mounted.
const GROUPS: &str = "/sys/fs/cgroup";

/// How many processes of this one's control group the kernel has ended for want of memory; `None` where it does not say. A
/// program that this process starts belongs to the same group, or to one below, which is counted with it.
pub fn kills() -> Option<u64> {
    let own = fs::read_to_string("/proc/self/cgroup").ok()?;
    kills_in(Path::new(GROUPS), &own)
}

/// By the lines of `/proc/self/cgroup`, see cgroups(7): version 2 counts in `memory.events`, version 1 in
/// `memory.oom_control`.
fn kills_in(groups: &Path, own: &str) -> Option<u64> {
    own.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?.trim_start_matches('/'));
        let file = match controllers {
            "" => groups.join(path).join("memory.events"),
            "memory" => groups.join("memory").join(path).join("memory.oom_control"),
            _ => return None,
        };
        let text = fs::read_to_string(file).ok()?;
        let count = |line: &str| line.strip_prefix("oom_kill ")?.trim().parse().ok();
        text.lines().find_map(count)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_of_control_groups_count_what_the_kernel_ended() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            "user/a/memory.events",
            "low 0\nhigh 0\nmax 7\noom 4\noom_kill 3\noom_group_kill 0\n",
        );
        write(
            "memory/box/memory.oom_control",
            "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
        );
        let cases = [
            ("0::/user/a\n", Some(3)),
            ("9:cpu,cpuacct:/box\n4:memory:/box\n", Some(2)),
            ("0::/user\n", None),
            ("", None),
            ("nonsense\n4:memory\n", None),
        ];
        for (own, kills) in cases {
            assert_eq!(kills_in(dir.path(), own), kills, "{own}");
        }
    }
}
