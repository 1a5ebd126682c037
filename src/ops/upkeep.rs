//! Upkeep of the store: back it up, weigh it, free space, say how it is.

use std::{
    collections::HashSet,
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{Error, Kind, Result, runs};
use crate::{
    domain::{
        audit::because,
        ids::RunId,
        runs::{Run, StateWord},
    },
    store::{self, Standing, Store, disk, make_private_folder, runs as rows},
    workspace::Workspace,
};

/// Is there a store in this folder?
pub fn is_store(root: &Path) -> bool {
    Store::is_at(root)
}

/// Keeps a store out of the repository in which it stands: nobody commits their runs by mistake.
///
/// # Errors
///
/// The file cannot be written.
pub fn hide_from_git(root: &Path) -> Result<()> {
    let file = root.join(".gitignore");
    fs::write(&file, "*\n").map_err(|error| failed("cannot write", &file, error))
}

/// A backup that was made.
#[derive(Clone, Debug, Serialize)]
pub struct Backup {
    pub path: PathBuf,
    /// Of all its files.
    pub bytes: u64,
    pub runs: u64,
}

/// Copies the store and the run folders into a new folder while everything runs. The database is copied first: journals
/// that grew since hold what it lacks, and are taken in when the copy is opened and worked with.
pub fn backup(ws: &Workspace, to: &Path) -> Result<Backup> {
    if to.exists() && fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(
            Error::new(Kind::Conflict, format!("{} is not empty", to.display()))
                .hint("name a folder that is not there yet"),
        );
    }
    // Beside its place, then renamed: a backup is whole or not there.
    let (beside, _lock) = draft(to)?;
    let copied = copy_all(ws, &beside).inspect_err(|_| drop(fs::remove_dir_all(&beside)))?;
    // Whole on the disk before it has its name.
    rustix::fs::sync();
    let rename = || {
        if to.exists() {
            fs::remove_dir(to)?;
        }
        fs::rename(&beside, to)
    };
    rename().map_err(|error| failed("cannot put the backup in its place", to, error))?;
    Ok(Backup {
        path: to.to_owned(),
        ..copied
    })
}

/// An empty folder beside the backup's place, locked for as long as it is written. What a backup that was killed left in
/// it is removed.
fn draft(to: &Path) -> Result<(PathBuf, File)> {
    let mut name = to.file_name().unwrap_or_default().to_owned();
    name.push(".unfinished");
    let beside = to.with_file_name(name);
    let unusable = |error| failed("cannot make the backup's folder", &beside, error);
    make_private_folder(&beside).map_err(unusable)?;
    let lock = File::open(&beside).map_err(unusable)?;
    let is_ours = lock.try_lock().is_ok()
        // It may have got its name, or gone, between the two lines above.
        && beside.metadata().map_err(unusable)?.ino() == lock.metadata().map_err(unusable)?.ino();
    if !is_ours {
        let message = format!("another backup to {} is being made", to.display());
        return Err(Error::new(Kind::Conflict, message).hint("wait for it, or name another folder"));
    }
    for entry in fs::read_dir(&beside).map_err(unusable)? {
        let entry = entry.map_err(unusable)?;
        let is_folder = entry.file_type().map_err(unusable)?.is_dir();
        let removed = match is_folder {
            true => fs::remove_dir_all(entry.path()),
            false => fs::remove_file(entry.path()),
        };
        removed.map_err(unusable)?;
    }
    Ok((beside, lock))
}

fn copy_all(ws: &Workspace, to: &Path) -> Result<Backup> {
    make_private_folder(to)
        .map_err(|error| failed("cannot make the backup's folder", to, error))?;
    ws.store.copy_to(&to.join("store.db"))?;
    let runs = ws.store.read(|tx| Ok::<_, Error>(rows::count_all(tx)?))?;
    let mut bytes = to.join("store.db").metadata().map_or(0, |meta| meta.len());
    for folder in ["runs", "requests", "shipped"] {
        bytes += copy_folder(&ws.root.join(folder), &to.join(folder))
            .map_err(|error| failed("cannot copy", &ws.root.join(folder), error))?;
    }
    Ok(Backup {
        path: to.to_owned(),
        bytes,
        runs,
    })
}

fn failed(what: &str, path: &Path, error: io::Error) -> Error {
    Error::new(Kind::Environment, format!("{what}: {}", path.display()))
        .hint("check the free space and the folder's mode")
        .because(error)
}

/// Files that vanish meanwhile (a checkpoint replaced by rename) are not missed.
fn copy_folder(from: &Path, to: &Path) -> io::Result<u64> {
    let entries = match fs::read_dir(from) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    make_private_folder(to)?;
    let mut bytes = 0;
    for entry in entries {
        let entry = entry?;
        let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            bytes += copy_folder(&entry.path(), &target)?;
        } else if kind.is_file() {
            match fs::copy(entry.path(), &target) {
                Ok(copied) => bytes += copied,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(bytes)
}

/// Makes a folder for a store that the members of a group share.
pub fn make_shared(root: &Path, gid: u32) -> Result<()> {
    Ok(store::prepare_shared(root, gid)?)
}

/// Bytes by what they are for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// The database with its write-ahead log.
    pub store: u64,
    pub journals: u64,
    pub checkpoints: u64,
    pub packages: u64,
    pub logs: u64,
    pub other: u64,
    /// Folders of runs in the trash, which are in none of the others.
    pub trash: u64,
    /// What the disk has left for this user.
    pub free: u64,
    /// How many runs there are.
    pub runs: u64,
}

/// Weighs the store and the folders of all runs.
pub fn usage(ws: &Workspace) -> Result<Usage> {
    let mut usage = Usage {
        store: ws.store.bytes(),
        free: disk::free(&ws.root).unwrap_or(0),
        runs: ws.store.read(|tx| Ok::<_, Error>(rows::count_all(tx)?))?,
        ..Usage::default()
    };
    let trash = ws.store.read(|tx| Ok::<_, Error>(rows::in_trash(tx)?))?;
    let trash: HashSet<RunId> = trash.iter().map(|run| run.id).collect();
    let runs = ws.root.join("runs");
    each_file(&runs, &mut |path, bytes| {
        let inside = path.strip_prefix(&runs).unwrap_or(path);
        if is_in_trash(inside, &trash) {
            usage.trash += bytes;
            return;
        }
        let name = inside
            .iter()
            .nth(1)
            .map(|part| part.to_string_lossy().into_owned())
            .unwrap_or_default();
        let kind = match name.as_str() {
            "checkpoints" => &mut usage.checkpoints,
            "package" => &mut usage.packages,
            name if name.starts_with("journal.") => &mut usage.journals,
            name if name.ends_with(".log") => &mut usage.logs,
            _ => &mut usage.other,
        };
        *kind += bytes;
    })
    .map_err(|error| failed("cannot look through", &runs, error))?;
    Ok(usage)
}

/// Is a file below `runs` one of a run in the trash, or of one that is being purged?
fn is_in_trash(file: &Path, trash: &HashSet<RunId>) -> bool {
    let Some(folder) = file.iter().next() else {
        return false;
    };
    let run = folder.to_str().and_then(|name| name.parse().ok());
    run.is_some_and(|run| trash.contains(&run)) || runs::buried(Path::new(folder)).is_some()
}

/// Does this user own what is at a path?
pub(super) fn is_own(ws: &Workspace, path: &Path) -> bool {
    path.symlink_metadata()
        .is_ok_and(|meta| meta.uid() == ws.actor().uid)
}

pub(super) fn each_file(folder: &Path, seen: &mut impl FnMut(&Path, u64)) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let meta = match entry.metadata() {
            Ok(meta) => meta,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if meta.is_dir() {
            each_file(&entry.path(), seen)?;
        } else {
            seen(&entry.path(), meta.len());
        }
    }
    Ok(())
}

/// What a prune frees, or freed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Pruned {
    /// Nothing was removed: this is what would be.
    pub dry: bool,
    pub bytes: u64,
    pub files: Vec<PrunedFile>,
}

/// A file that is not needed, of which run, and why.
#[derive(Clone, Debug, Serialize)]
pub struct PrunedFile {
    pub run: String,
    pub path: PathBuf,
    pub bytes: u64,
    pub why: String,
}

/// Frees what rules say is not needed of this user's ended runs that are not in the trash: the last checkpoint of a run that is done (its best one
/// and its package stay), and what a kill left half written. Journals that are whole in the store are compressed by the
/// agent, not removed. The reason, which may be empty, goes into the audit line.
///
/// # Errors
///
/// The first file that cannot be removed; what went before it is in the audit chain all the same.
pub fn prune(ws: &Workspace, dry: bool, reason: &str) -> Result<Pruned> {
    if !dry {
        runs::finish_purges(ws)?;
    }
    let mut runs = ws.store.read(|tx| Ok::<_, Error>(rows::all_bare(tx)?))?;
    runs.sort_by_key(|run| std::cmp::Reverse(run.created));
    let own = runs
        .iter()
        .filter(|run| run.state.has_ended() && run.trashed.is_none())
        .filter(|run| run.actor.uid == ws.actor().uid);
    let mut pruned = Pruned {
        dry,
        ..Pruned::default()
    };
    let removed = own
        .flat_map(|run| not_needed(ws, run))
        .try_for_each(|file| {
            if !dry {
                fs::remove_file(&file.path)
                    .map_err(|error| failed("cannot remove", &file.path, error))?;
            }
            pruned.bytes += file.bytes;
            pruned.files.push(file);
            Ok(())
        });
    if !dry && !pruned.files.is_empty() {
        ws.store.write(|tx| {
            let target = format!("{} files", pruned.files.len());
            let after = because(&format!("{} bytes freed", pruned.bytes), reason);
            super::audited(ws, tx, "store.prune", target, None, Some(after))
        })?;
    }
    removed.map(|()| pruned)
}

fn not_needed(ws: &Workspace, run: &Run) -> Vec<PrunedFile> {
    let dir = ws.run_dir(&run.id);
    let mut found = vec![];
    let mut add = |path: &Path, bytes: u64, why: &str| {
        found.push(PrunedFile {
            run: run.name.clone(),
            path: path.to_owned(),
            bytes,
            why: why.to_owned(),
        });
    };
    let last = dir.join("checkpoints/last.safetensors");
    if run.state.word() == StateWord::Done
        && dir.join("package/model.safetensors").exists()
        && let Ok(meta) = last.metadata()
    {
        let why = "the run is done: nothing goes on from its last checkpoint";
        add(&last, meta.len(), why);
    }
    // A folder that cannot be looked through holds nothing that can be freed.
    let _ = each_file(&dir, &mut |path, bytes| {
        if path
            .extension()
            .is_some_and(|ending| ending == "unfinished")
        {
            add(path, bytes, "left half written");
        }
    });
    found
}

/// Is the open store still the one at its path?
///
/// # Errors
///
/// [`Kind::Conflict`] when it was removed or replaced: what would be written now is lost.
pub fn in_place(ws: &Workspace) -> Result<()> {
    let what = match ws.store.standing() {
        Standing::Here => return Ok(()),
        Standing::Removed => "removed",
        Standing::Replaced => "replaced",
    };
    Err(Error::new(Kind::Conflict, format!("the store was {what}")))
}

/// A number that changes when another process commits to the store; costs no read.
pub fn revision(ws: &Workspace) -> Result<u64> {
    Ok(ws.store.revision()?)
}

/// Does another process wait to bring the store's schema up to date? Whoever lives long then lets go.
pub fn must_step_down(ws: &Workspace) -> bool {
    ws.store.is_wanted_alone()
}
