//! Processes: one told from any other with the same number, and groups of them signalled.

use rustix::process::{Pid, Signal};

use super::{Error, Result};
use crate::domain::events::Process;

/// The name of this machine.
pub fn host() -> String {
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}

/// This process.
pub fn own() -> Option<Process> {
    identity(rustix::process::getpid().as_raw_nonzero().get())
}

/// The identity of a living process; `None` when there is none with this number.
pub fn identity(pid: i32) -> Option<Process> {
    let start = kernel::start(pid)?;
    Some(Process {
        pid,
        start,
        boot: kernel::boot(),
        host: host(),
    })
}

/// Does this very process still live? One of another host, or of before the last boot, does not live here; neither
/// does one that has exited and waits for its parent.
pub fn lives(process: &Process) -> bool {
    is_of_here(process) && kernel::start(process.pid) == Some(process.start)
}

/// Does any member live of the process group that this process was made the leader of?
///
/// The leader may be gone: as long as a member lives, the kernel gives its number to no other group.
pub fn group_lives(leader: &Process) -> bool {
    is_of_here(leader)
        && kernel::start(leader.pid).is_none_or(|start| start == leader.start)
        && kernel::group_lives(leader.pid)
}

fn is_of_here(process: &Process) -> bool {
    process.boot == kernel::boot() && process.host == host()
}

/// Signals the process group that this process was made the leader of.
///
/// # Errors
///
/// [`Error::Gone`] when no member lives, [`Error::Signal`] when the kernel refuses.
pub fn signal_group(leader: &Process, signal: Signal) -> Result<()> {
    let group = leader.pid;
    let Some(pid) = Pid::from_raw(group).filter(|_| group_lives(leader)) else {
        return Err(Error::Gone { group });
    };
    match rustix::process::kill_process_group(pid, signal) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::SRCH) => Err(Error::Gone { group }),
        Err(error) => Err(Error::Signal {
            group,
            source: error.into(),
        }),
    }
}

/// Kills the process group that this process was made the leader of. One that is gone already is as was wanted.
///
/// # Errors
///
/// [`Error::Signal`] when the kernel refuses.
pub fn kill_group(leader: &Process) -> Result<()> {
    match signal_group(leader, Signal::KILL) {
        Err(Error::Gone { .. }) => Ok(()),
        other => other,
    }
}

/// Leaves the session of whoever started this process, so that no hang-up of a terminal reaches it. To be called first
/// of all, before there are threads, a runtime or a database.
pub fn leave_session() {
    if rustix::process::setsid().is_ok() {
        return;
    }
    // It leads a group already (started by hand from a shell, or by an init system): then a hang-up is let pass.
    let ignored = std::sync::Arc::default();
    let _ = signal_hook::flag::register(signal_hook::consts::SIGHUP, ignored);
}

#[cfg(target_os = "linux")]
mod kernel {
    use std::{fs, sync::OnceLock};

    /// Names this boot of the machine.
    pub fn boot() -> String {
        static BOOT: OnceLock<String> = OnceLock::new();
        BOOT.get_or_init(|| {
            fs::read_to_string("/proc/sys/kernel/random/boot_id")
                .map(|id| id.trim().to_owned())
                .unwrap_or_default()
        })
        .clone()
    }

    /// The start time of a process that is at work, in clock ticks since boot.
    pub fn start(pid: i32) -> Option<u64> {
        let stat = Stat::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?;
        stat.is_alive.then_some(stat.start)
    }

    pub fn group_lives(group: i32) -> bool {
        let Ok(entries) = fs::read_dir("/proc") else {
            return false;
        };
        entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok())
            .filter_map(|pid| Stat::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?))
            .any(|stat| stat.is_alive && stat.group == group)
    }

    /// What `/proc/<pid>/stat` says; see proc_pid_stat(5).
    #[derive(Debug, PartialEq)]
    pub struct Stat {
        pub is_alive: bool,
        pub group: i32,
        pub start: u64,
    }

    impl Stat {
        pub fn parse(text: &str) -> Option<Self> {
            // The name stands in parentheses and may itself hold any of them, and blanks.
            let (_, rest) = text.rsplit_once(')')?;
            let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
            Some(Self {
                is_alive: !matches!(*fields.first()?, "Z" | "X" | "x"),
                group: fields.get(2)?.parse().ok()?,
                start: fields.get(19)?.parse().ok()?,
            })
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod kernel {
    use rustix::process::{Pid, test_kill_process_group};
    use sysinfo::{ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, System};

    /// Names this boot of the machine: the second it began.
    pub fn boot() -> String {
        System::boot_time().to_string()
    }

    /// The start time of a process that is at work, in seconds since 1970.
    pub fn start(pid: i32) -> Option<u64> {
        let pid = sysinfo::Pid::from_u32(u32::try_from(pid).ok()?);
        let mut system = System::new();
        system.refresh_processes_specifics(
            ProcessesToUpdate::Some(&[pid]),
            true,
            ProcessRefreshKind::nothing(),
        );
        let process = system.process(pid)?;
        let is_alive = !matches!(
            process.status(),
            ProcessStatus::Zombie | ProcessStatus::Dead
        );
        is_alive.then(|| process.start_time())
    }

    pub fn group_lives(group: i32) -> bool {
        Pid::from_raw(group).is_some_and(|group| test_kill_process_group(group).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::process::CommandExt as _, process::Command};

    use super::*;
    use crate::jobs::testing::eventually;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_name_in_the_kernels_table_may_hold_anything() {
        let rest = "7 41 40 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 99";
        let parse = |text: &str| kernel::Stat::parse(text);
        let alive = kernel::Stat {
            is_alive: true,
            group: 41,
            start: 12_345,
        };
        for name in ["sleep", "a) R 1 (b", "", ") Z 1"] {
            assert_eq!(
                parse(&format!("42 ({name}) S {rest}")).as_ref(),
                Some(&alive)
            );
        }
        assert!(!parse(&format!("42 (x) Z {rest}")).unwrap().is_alive);
        for text in ["", "42 (x) S", "42 (x) S a b c", "no parentheses"] {
            assert_eq!(parse(text), None);
        }
    }

    #[test]
    fn a_process_is_told_from_another_with_its_number() {
        let own = own().unwrap();
        assert!(lives(&own));
        let others = [
            Process {
                start: own.start + 1,
                ..own.clone()
            },
            Process {
                boot: "another".to_owned(),
                ..own.clone()
            },
            Process {
                host: "another".to_owned(),
                ..own
            },
        ];
        for other in others {
            assert!(!lives(&other), "{other:?}");
            assert!(!group_lives(&other), "{other:?}");
        }
    }

    #[test]
    fn a_group_lives_on_without_its_leader_until_its_last_member_is_gone() {
        let mut leader = Command::new("sh")
            .args(["-c", "sleep 600 & read line"])
            .stdin(std::process::Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let process = identity(i32::try_from(leader.id()).unwrap()).unwrap();
        assert!(lives(&process) && group_lives(&process));
        drop(leader.stdin.take());
        leader.wait().unwrap();
        assert!(!lives(&process));
        assert!(group_lives(&process));
        kill_group(&process).unwrap();
        eventually("the group is gone", || !group_lives(&process));
        assert!(matches!(
            signal_group(&process, Signal::KILL),
            Err(Error::Gone { .. })
        ));
        kill_group(&process).unwrap();
    }

    #[test]
    fn one_that_exited_and_waits_for_its_parent_does_not_live() {
        let mut child = Command::new("sleep")
            .arg("600")
            .process_group(0)
            .spawn()
            .unwrap();
        let process = identity(i32::try_from(child.id()).unwrap()).unwrap();
        child.kill().unwrap();
        eventually("it is seen as dead", || !lives(&process));
        assert!(!group_lives(&process));
        child.wait().unwrap();
    }
}
