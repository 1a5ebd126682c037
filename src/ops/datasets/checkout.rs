//! Getting a version's content back.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{add::from_places, find, vault};
use crate::{
    domain::datasets::Version,
    ops::{Error, Kind, Result},
    vault::{
        CheckedOut, Error as VaultError, Outside, Progress, Source, Target,
        manifest::{Entry, Kind as What},
    },
    workspace::Workspace,
};

/// Writes a version's files into a folder. What is there and the same is left alone, what differs is replaced only where that
/// is allowed, and nothing else in the folder is touched.
///
/// # Errors
///
/// [`Kind::Conflict`], before anything is written: other files are in the way.
pub fn check_out(
    ws: &Workspace,
    text: &str,
    folder: &Path,
    replaces: bool,
    progress: &Progress,
) -> Result<(Version, CheckedOut)> {
    let version = find(ws, text)?;
    let outside = Places::of(&version);
    let target = Target {
        folder,
        replaces,
        from: version.is_reference.then_some(&outside as &dyn Outside),
    };
    let vault = vault(ws);
    let done = vault.open()?.check_out(&version.hash, &target, progress)?;
    Ok((version, done))
}

/// A path of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct File {
    pub path: String,
    pub bytes: u64,
}

/// The paths of a version, in order.
pub fn files(ws: &Workspace, version: &Version) -> Result<Vec<File>> {
    let vault = vault(ws);
    let mut files = vec![];
    vault.open()?.walk(&version.hash, &mut |entry| {
        files.push(File {
            path: entry.path.shown(),
            bytes: entry.bytes(),
        });
        Ok(())
    })?;
    Ok(files)
}

/// Hands over the content of one file of a version; of the only one, where no path is given.
///
/// # Errors
///
/// [`Kind::NotFound`]: the version has no such file; [`Kind::Invalid`]: it has several and none is named.
pub fn read(
    ws: &Workspace,
    text: &str,
    path: Option<&str>,
    take: &mut dyn FnMut(&[u8]) -> std::io::Result<()>,
) -> Result<Version> {
    let version = find(ws, text)?;
    let entry = &one_file(ws, &version, path)?;
    let from = version
        .is_reference
        .then(|| Places::of(&version).path(entry));
    let vault = vault(ws);
    let open = vault.open()?;
    let mut closed = None;
    let handed = open.read(entry, from.as_deref(), &mut |chunk| {
        take(chunk).map_err(|error| {
            closed = Some(error);
            VaultError::Interrupted
        })
    });
    match closed {
        Some(error) => {
            let message = "cannot write the output";
            Err(Error::new(Kind::Environment, message).because(error))
        }
        None => handed.map_err(Error::from).map(|()| version),
    }
}

/// The file of a version at a path; the only one, where no path is given.
pub(super) fn one_file(ws: &Workspace, version: &Version, path: Option<&str>) -> Result<Entry> {
    let vault = vault(ws);
    let mut found = vec![];
    vault.open()?.walk(&version.hash, &mut |entry| {
        let is_meant = path.is_none_or(|path| entry.path.bytes() == path.as_bytes());
        if is_meant && found.len() < 2 && matches!(entry.kind, What::File { .. }) {
            found.push(entry);
        }
        Ok(())
    })?;
    let name = version.name();
    match (found.pop(), found.is_empty(), path) {
        (Some(entry), true, _) => Ok(entry),
        (Some(_), false, _) => {
            let message = format!("{name} has {} files", version.files);
            let hint = format!("name one: {name}/PATH in a preset, `sconce data cat {name} PATH`");
            Err(Error::new(Kind::Invalid, message).hint(hint))
        }
        (None, _, path) => {
            let message = match path {
                Some(path) => format!("{name} has no file {path:?}"),
                None => format!("{name} has no file"),
            };
            let hint = format!("`sconce data show {name} --files` lists them");
            Err(Error::new(Kind::NotFound, message).hint(hint))
        }
    }
}

/// Where the files of a version lie that only names them.
#[derive(Debug)]
pub(super) struct Places(Vec<Source>);

impl Places {
    pub fn of(version: &Version) -> Self {
        Self(from_places(&version.sources))
    }
}

impl Outside for Places {
    fn path(&self, entry: &Entry) -> PathBuf {
        use std::os::unix::ffi::OsStrExt as _;
        let below = |part: &[u8]| PathBuf::from(std::ffi::OsStr::from_bytes(part));
        for source in &self.0 {
            let Some(name) = &source.name else {
                return source.at.join(below(entry.path.bytes()));
            };
            match entry.path.bytes().strip_prefix(name.bytes()) {
                Some([]) => return source.at.clone(),
                Some([b'/', rest @ ..]) => return source.at.join(below(rest)),
                _ => {}
            }
        }
        below(entry.path.bytes())
    }
}
