//! Locks: a process holds one for life, and the kernel frees it however the process dies.

use std::{
    fs::{File, TryLockError},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    thread,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{Error, Result, file, files};
use crate::domain::time::Timestamp;

/// A claim is tried this often, because a probe takes the lock for an instant.
const TRIES: u32 = 50;
const BETWEEN_TRIES: Duration = Duration::from_millis(10);

/// A lock held by this process until it is dropped. No child inherits it: its file is closed when a program starts.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Who holds a lock, by its own word: written into the file by the holder, believed only while the lock is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub pid: u32,
    pub since: Timestamp,
}

/// Takes the lock at `path`, making the file if need be.
///
/// # Errors
///
/// [`Error::Held`] when another process has it for longer than a probe takes; [`Error::File`] when the file cannot be used.
pub fn claim(path: &Path, now: Timestamp) -> Result<Lock> {
    let mut lock = files::not_through_links()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .mode(0o640)
        .open(path)
        .map_err(file("open", path))?;
    files::let_the_group_read(&lock);
    for _ in 0..TRIES {
        match lock.try_lock() {
            Ok(()) => {
                sign(&mut lock, now).map_err(file("write", path))?;
                return Ok(Lock { _file: lock });
            }
            Err(TryLockError::WouldBlock) => thread::sleep(BETWEEN_TRIES),
            Err(TryLockError::Error(error)) => return Err(file("lock", path)(error)),
        }
    }
    Err(Error::Held { path: path.into() })
}

fn sign(lock: &mut File, now: Timestamp) -> std::io::Result<()> {
    let holder = Holder {
        pid: std::process::id(),
        since: now,
    };
    let text = serde_json::to_vec(&holder)?;
    lock.set_len(0)?;
    // A full disk must not keep a worker from its work: what is written here is for people.
    let _ = lock.write_all(&text);
    Ok(())
}

/// Does a living process hold the lock at `path`?
///
/// # Errors
///
/// The file is there and cannot be opened or locked.
pub fn is_held(path: &Path) -> Result<bool> {
    let lock = match files::not_through_links().read(true).open(path) {
        Ok(lock) => lock,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(file("open", path)(error)),
    };
    match lock.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(file("lock", path)(error)),
    }
}

/// The holder of the lock at `path`, when it is held and says who it is.
///
/// # Errors
///
/// As [`is_held`].
pub fn holder(path: &Path) -> Result<Option<Holder>> {
    if !is_held(path)? {
        return Ok(None);
    }
    let text = std::fs::read(path).map_err(file("read", path))?;
    Ok(serde_json::from_slice(&text).ok())
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;
    use crate::jobs::testing::eventually;

    /// A child of another test may hold a copy of any open file for the instant between its fork and its start.
    fn is_free(path: &Path) {
        eventually("the lock is free", || !is_held(path).unwrap());
    }

    #[test]
    fn a_lock_is_held_until_it_is_dropped_and_says_by_whom() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        assert!(!is_held(&path).unwrap());
        let lock = claim(&path, Timestamp(7)).unwrap();
        assert!(is_held(&path).unwrap());
        let holder = holder(&path).unwrap().unwrap();
        assert_eq!(holder.pid, std::process::id());
        assert_eq!(holder.since, Timestamp(7));
        assert!(matches!(
            claim(&path, Timestamp(8)),
            Err(Error::Held { .. })
        ));
        drop(lock);
        is_free(&path);
        assert_eq!(super::holder(&path).unwrap(), None);
    }

    #[test]
    fn a_link_is_no_lock_and_what_it_points_to_stays_whole() {
        let dir = tempfile::tempdir().unwrap();
        let (target, path) = (dir.path().join("target"), dir.path().join("lock"));
        std::fs::write(&target, "mine").unwrap();
        std::os::unix::fs::symlink(&target, &path).unwrap();
        assert!(matches!(
            claim(&path, Timestamp(0)),
            Err(Error::File { .. })
        ));
        is_held(&path).unwrap_err();
        assert_eq!(std::fs::read(&target).unwrap(), b"mine");
    }

    #[test]
    fn probes_never_keep_a_claim_from_succeeding() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        drop(claim(&path, Timestamp(0)).unwrap());
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let probed = path.clone();
        let prober = thread::spawn(move || {
            while stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
                is_held(&probed).unwrap();
            }
        });
        for _ in 0..200 {
            drop(claim(&path, Timestamp(0)).unwrap());
        }
        drop(stop);
        prober.join().unwrap();
    }

    #[test]
    fn no_child_inherits_a_lock() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let lock = claim(&path, Timestamp(0)).unwrap();
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        drop(lock);
        is_free(&path);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Run only as the child of the test below.
    #[test]
    #[ignore = "holds a lock until it is killed"]
    fn hold_a_lock() {
        let path = std::env::var_os("SCONCE_TEST_LOCK").unwrap();
        let _lock = claim(Path::new(&path), Timestamp(0)).unwrap();
        std::fs::write(Path::new(&path).with_extension("taken"), "").unwrap();
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).unwrap();
    }

    #[test]
    fn a_lock_is_free_once_its_holder_is_killed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--ignored",
                "--exact",
                "--nocapture",
                "jobs::lock::tests::hold_a_lock",
            ])
            .env("SCONCE_TEST_LOCK", &path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        eventually("the child has the lock", || {
            path.with_extension("taken").exists()
        });
        assert!(is_held(&path).unwrap());
        child.kill().unwrap();
        child.wait().unwrap();
        is_free(&path);
    }
}
