//! Requests: what a worker does, frozen in a file whose owner and hash are its authority.
//!
//! A submitter's process writes `requests/<uid>/<job>.json` in a folder that it owns; the row of the job in the store
//! is a hint. An agent runs only what its own user wrote, and freezes it as `runs/<id>/job.json` for the worker.

use std::{
    fs::{DirBuilder, File},
    io::{ErrorKind, Read as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _},
    path::{Path, PathBuf},
};

use rustix::fs::{Mode, OFlags};

use super::{Error, Result, file, files, mask};
use crate::domain::{
    ids::JobId,
    jobs::{Command, Request, Work},
};

/// A request larger than this is none.
const LARGEST: u64 = 4 << 20;

/// Where the request of a job stands.
pub fn path(root: &Path, uid: u32, job: &JobId) -> PathBuf {
    folder(root, uid).join(format!("{job}.json"))
}

fn folder(root: &Path, uid: u32) -> PathBuf {
    root.join("requests").join(uid.to_string())
}

/// Writes a request where the agent of this user looks for it, and gives back its BLAKE3 hash, hex.
///
/// # Errors
///
/// The folder cannot be made or written, or another user made it.
pub fn submit(root: &Path, uid: u32, request: &Request) -> Result<String> {
    let folder = folder(root, uid);
    let made = DirBuilder::new()
        .mode(0o700)
        .recursive(false)
        .create(&folder);
    match made {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            std::fs::create_dir_all(root.join("requests"))
                .and_then(|()| DirBuilder::new().mode(0o700).create(&folder))
                .map_err(file("make", &folder))?;
        }
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            return Err(file("make", &folder)(error));
        }
        _ => {}
    }
    check_folder(&folder, uid)?;
    let bytes = bytes(request);
    files::replace(&path(root, uid, &request.job), &bytes, 0o600)?;
    Ok(hash(&bytes))
}

/// Reads a request that this user submitted, if it is what was submitted.
///
/// # Errors
///
/// [`Error::Request`] with the reason when the file or its folder is a link, belongs to another user, can be written by
/// others, or does not have this hash; [`Error::File`] when it cannot be read.
pub fn submitted(root: &Path, uid: u32, job: &JobId, expected: &str) -> Result<Request> {
    let path = path(root, uid, job);
    check_folder(&folder(root, uid), uid)?;
    let refuse = |why: &str| Error::Request {
        path: path.clone(),
        why: why.to_owned(),
    };
    // Opened first and looked at then: what is checked is what is read.
    let opened = rustix::fs::open(
        &path,
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK,
        Mode::empty(),
    );
    let opened = match opened {
        Ok(opened) => File::from(opened),
        Err(rustix::io::Errno::LOOP) => return Err(refuse("it is a link")),
        Err(error) => return Err(file("open", &path)(error.into())),
    };
    let meta = opened.metadata().map_err(file("read", &path))?;
    if !meta.is_file() {
        return Err(refuse("it is no file"));
    }
    check_owner(&path, &meta, uid)?;
    let mut bytes = vec![];
    opened
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(file("read", &path))?;
    if LARGEST < bytes.len() as u64 {
        return Err(refuse("it is larger than 4 MiB"));
    }
    if hash(&bytes) != expected {
        return Err(refuse("it is not what was submitted: its hash differs"));
    }
    let request: Request =
        serde_json::from_slice(&bytes).map_err(|error| refuse(&error.to_string()))?;
    if request.job != *job {
        return Err(refuse("it is the request of another job"));
    }
    Ok(request)
}

/// Forgets a request, once its worker has it. One that is not there is forgotten already.
///
/// # Errors
///
/// The file cannot be removed.
pub fn forget(root: &Path, uid: u32, job: &JobId) -> Result<()> {
    remove(path(root, uid, job))
}

/// Removes what was submitted for a job that no worker will start: its request, and the environment that was left for it.
///
/// # Errors
///
/// A file cannot be removed.
pub fn withdraw(root: &Path, uid: u32, job: &JobId, dir: &Path) -> Result<()> {
    remove(environment_path(dir))?;
    forget(root, uid, job)
}

fn check_folder(folder: &Path, uid: u32) -> Result<()> {
    let meta = folder.symlink_metadata().map_err(file("read", folder))?;
    if !meta.is_dir() {
        return Err(Error::Request {
            path: folder.into(),
            why: "it is no folder".to_owned(),
        });
    }
    check_owner(folder, &meta, uid)
}

fn check_owner(path: &Path, meta: &std::fs::Metadata, uid: u32) -> Result<()> {
    let why = if meta.uid() != uid {
        format!("it belongs to user {}, not to {uid}", meta.uid())
    } else if meta.mode() & 0o022 != 0 {
        format!("others may write it (mode {:03o})", meta.mode() & 0o777)
    } else {
        return Ok(());
    };
    Err(Error::Request {
        path: path.into(),
        why,
    })
}

/// Freezes a request as `job.json` in its run's folder.
///
/// # Errors
///
/// The file cannot be written.
pub fn freeze(dir: &Path, request: &Request) -> Result<()> {
    files::replace(&dir.join("job.json"), &bytes(request), 0o600)
}

/// The request that is frozen in a run's folder.
///
/// # Errors
///
/// [`Error::File`] when it cannot be read, [`Error::Request`] when it is none.
pub fn frozen(dir: &Path) -> Result<Request> {
    let path = dir.join("job.json");
    let bytes = files::read(&path).map_err(file("read", &path))?;
    serde_json::from_slice(&bytes).map_err(|error| Error::Request {
        path,
        why: error.to_string(),
    })
}

/// Puts other values in places of the frozen request, named by JSON pointers; a place that is not there is passed over. What
/// is no request any more, because a number gave way to a word, is never started again.
///
/// # Errors
///
/// [`Error::File`] when it cannot be read or written, [`Error::Request`] when it is no JSON.
pub fn rewrite(dir: &Path, places: &[(String, serde_json::Value)]) -> Result<()> {
    let path = dir.join("job.json");
    let bytes = files::read(&path).map_err(file("read", &path))?;
    let mut request: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|error| Error::Request {
            path: path.clone(),
            why: error.to_string(),
        })?;
    for (place, value) in places {
        if let Some(found) = request.pointer_mut(place) {
            *found = value.clone();
        }
    }
    files::replace(&path, format!("{request:#}").as_bytes(), 0o600)
}

/// Leaves the submitter's environment for the worker of a foreign program, in a file that nobody else may read. The
/// worker removes it once the program has it.
///
/// # Errors
///
/// The file cannot be written.
pub fn write_environment(dir: &Path, environment: &[(String, String)]) -> Result<()> {
    let text = serde_json::to_vec(environment).expect("names and values are texts");
    files::replace(&environment_path(dir), &text, 0o600)
}

/// The environment that was left for a worker, if one was and it can be read.
pub fn environment(dir: &Path) -> Option<Vec<(String, String)>> {
    serde_json::from_slice(&files::read(&environment_path(dir)).ok()?).ok()
}

/// Removes what of a request may hold secrets, once its program was started: the environment, and arguments that look
/// like secrets.
///
/// # Errors
///
/// The folder cannot be written.
pub fn seal(dir: &Path, request: &Request) -> Result<()> {
    remove(environment_path(dir))?;
    let Work::Command(command) = &request.work else {
        return Ok(());
    };
    let argv = mask::argv(&command.argv);
    if argv == command.argv {
        return Ok(());
    }
    let cwd = command.cwd.clone();
    let work = Work::Command(Command { argv, cwd });
    freeze(
        dir,
        &Request {
            work,
            ..request.clone()
        },
    )
}

fn environment_path(dir: &Path) -> PathBuf {
    dir.join("environment.json")
}

fn remove(path: PathBuf) -> Result<()> {
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(file("remove", path)(error)),
        _ => Ok(()),
    }
}

fn bytes(request: &Request) -> Vec<u8> {
    serde_json::to_vec_pretty(request).expect("a request is plain texts and numbers")
}

fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::domain::{
        actors::Actor,
        ids::{Id, RunId},
        jobs::{Care, Slot},
    };

    /// A request to run a program.
    pub fn command(argv: &[&str], cwd: &Path) -> Request {
        Request {
            job: JobId(Id::from_bytes([1; 16])),
            run: RunId(Id::from_bytes([2; 16])),
            name: "brave-otter-7".to_owned(),
            attempt: 1,
            actor: Actor {
                uid: own_uid(),
                name: "ana".to_owned(),
                host: "box".to_owned(),
            },
            work: Work::Command(Command {
                argv: argv.iter().map(|word| (*word).to_owned()).collect(),
                cwd: cwd.to_owned(),
            }),
            slot: Slot::default(),
            care: Care {
                grace_ms: 200,
                system_ms: 0,
            },
        }
    }

    fn own_uid() -> u32 {
        rustix::process::getuid().as_raw()
    }

    fn why(result: Result<Request>) -> String {
        match result {
            Err(Error::Request { why, .. }) => why,
            other => panic!("not refused: {other:?}"),
        }
    }

    #[test]
    fn a_request_reads_back_as_it_was_submitted() {
        let root = tempfile::tempdir().unwrap();
        let request = command(&["true"], root.path());
        let hash = submit(root.path(), own_uid(), &request).unwrap();
        let read = submitted(root.path(), own_uid(), &request.job, &hash).unwrap();
        assert_eq!(read, request);
        let mode = |path: PathBuf| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(path(root.path(), own_uid(), &request.job)), 0o600);
        assert_eq!(mode(folder(root.path(), own_uid())), 0o700);
        forget(root.path(), own_uid(), &request.job).unwrap();
        forget(root.path(), own_uid(), &request.job).unwrap();
        assert!(submitted(root.path(), own_uid(), &request.job, &hash).is_err());
        freeze(root.path(), &request).unwrap();
        assert_eq!(frozen(root.path()).unwrap(), request);
    }

    #[test]
    fn no_secret_of_a_request_outlives_the_start_of_its_program() {
        let dir = tempfile::tempdir().unwrap();
        let request = command(&["train", "--token", "hunter2"], dir.path());
        let environment = [("HF_TOKEN".to_owned(), "hunter2".to_owned())];
        freeze(dir.path(), &request).unwrap();
        write_environment(dir.path(), &environment).unwrap();
        let mode = environment_path(dir.path())
            .metadata()
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(super::environment(dir.path()).unwrap(), environment);
        seal(dir.path(), &request).unwrap();
        seal(dir.path(), &request).unwrap();
        assert_eq!(super::environment(dir.path()), None);
        for entry in std::fs::read_dir(dir.path()).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            assert!(!text.contains("hunter2"), "{text}");
        }
        assert_eq!(frozen(dir.path()).unwrap().job, request.job);
    }

    #[test]
    fn a_request_that_another_could_have_written_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let (root, uid) = (root.path(), own_uid());
        let request = command(&["true"], root);
        let hash = submit(root, uid, &request).unwrap();
        let read = || submitted(root, uid, &request.job, &hash);
        let file = path(root, uid, &request.job);
        let chmod = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };

        chmod(&file, 0o660);
        assert_eq!(why(read()), "others may write it (mode 660)");
        chmod(&file, 0o600);
        chmod(&folder(root, uid), 0o770);
        assert_eq!(why(read()), "others may write it (mode 770)");
        chmod(&folder(root, uid), 0o700);

        let other_hash = "0".repeat(64);
        let other = submitted(root, uid, &request.job, &other_hash);
        assert_eq!(why(other), "it is not what was submitted: its hash differs");
        let stranger = submitted(root, uid + 1, &request.job, &hash);
        assert!(stranger.is_err());

        std::fs::rename(&file, root.join("elsewhere.json")).unwrap();
        std::os::unix::fs::symlink(root.join("elsewhere.json"), &file).unwrap();
        assert_eq!(why(read()), "it is a link");
        std::fs::remove_file(&file).unwrap();
        std::fs::create_dir(&file).unwrap();
        assert_eq!(why(read()), "it is no file");
        std::fs::remove_dir(&file).unwrap();
        std::fs::write(&file, "{}").unwrap();
        chmod(&file, 0o600);
        let empty = submitted(root, uid, &request.job, &super::hash(b"{}"));
        assert_eq!(why(empty), "missing field `job` at line 1 column 2");
    }

    #[test]
    fn a_folder_that_another_user_made_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let stranger = own_uid() + 1;
        std::fs::create_dir_all(folder(root.path(), stranger)).unwrap();
        let request = command(&["true"], root.path());
        let refused = submit(root.path(), stranger, &request).unwrap_err();
        assert!(refused.to_string().contains("belongs to user"), "{refused}");
    }
}
