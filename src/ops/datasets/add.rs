//! Making a version of files, and looking whether the files are still the same.

use std::{
    ffi::OsString,
    fs,
    io::{Read, Write as _},
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::{Path, PathBuf},
    sync::atomic::Ordering,
};

use serde::Serialize;

use super::{check_tag, find_in, put_tag, rows, splits};
use crate::{
    domain::{
        datasets::{Place, Split, Version, is_name},
        text::shown,
    },
    jobs::capture,
    ops::{Error, Kind, Result, audited},
    store::Connection,
    vault::{self, Keeping, Progress, Source, Status, manifest::Name},
    workspace::Workspace,
};

/// A version to be made.
#[derive(Clone, Debug, Default)]
pub struct Add {
    pub dataset: String,
    /// Files and folders. One folder alone stands for what is in it; else each has its own name in the version.
    pub paths: Vec<PathBuf>,
    /// What a single path that is a file is called in the version, where not by its own name.
    pub called: Option<OsString>,
    pub message: String,
    pub tags: Vec<String>,
    /// The content stays where it is and is only named.
    pub is_reference: bool,
    /// Names of splits with paths in the version, or patterns of them; one name may stand several times. Where there are
    /// none, a version that is there keeps those it has.
    pub splits: Vec<(String, String)>,
}

/// A version as it was made, or found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Added {
    #[serde(flatten)]
    pub version: Version,
    /// `false` where the newest version has the same content: none was made.
    pub is_new: bool,
    /// Bytes of content that was not in the vault before.
    pub new_bytes: u64,
    /// Bytes of files that were read.
    pub read: u64,
}

/// Makes a version of some files, unless the newest is the same. Tags go on it either way.
///
/// # Errors
///
/// [`Kind::Invalid`]: the name or a tag cannot be one, a path has no content (a pipe, a device), two paths have one name;
/// [`Kind::NotFound`]: a path is not there; [`Kind::Conflict`]: a file changed while it was read; [`Kind::Environment`]: a path
/// cannot be read, the disk is full. In each case nothing was added.
pub fn add(ws: &Workspace, request: &Add, progress: &Progress) -> Result<Added> {
    let sources = sources(&request.paths, request.called.as_ref())?;
    let places = places(&sources);
    add_sources(ws, request, &sources, &places, progress)
}

/// Makes a version of one file whose content is handed over, see [`add`]. It is called as the request says.
pub fn add_stream(
    ws: &Workspace,
    request: &Add,
    content: &mut dyn Read,
    progress: &Progress,
) -> Result<Added> {
    let spool = Spool::fill(ws, content, progress)?;
    let sources = sources(std::slice::from_ref(&spool.path), request.called.as_ref())?;
    add_sources(ws, request, &sources, &[], progress)
}

fn add_sources(
    ws: &Workspace,
    request: &Add,
    sources: &[Source],
    places: &[Place],
    progress: &Progress,
) -> Result<Added> {
    if !is_name(&request.dataset) {
        let message = format!("{:?} cannot be the name of a data set", request.dataset);
        return Err(Error::new(Kind::Invalid, message)
            .hint("1 to 64 letters, digits, `-`, `_` and `.`, the first a letter or digit"));
    }
    request.tags.iter().try_for_each(|tag| check_tag(tag))?;
    let keeping = match request.is_reference {
        true => Keeping::Names,
        false => Keeping::Content,
    };
    let commit = capture::commit(&ws.surroundings.cwd);
    let vault = super::vault(ws);
    // Nothing is collected before the version is stored.
    let mut open = vault.open()?;
    let added = open.add(sources, keeping, progress)?;
    let Some(root) = added.root else {
        let message = "there is nothing to add";
        return Err(Error::new(Kind::Invalid, message).hint("the folder is empty"));
    };
    let splits = splits::resolve(&open, &root.hash, &request.splits)?;
    ws.store.write(|tx| {
        let newest = rows::of(tx, &request.dataset)?;
        let newest = newest.into_iter().find(|version| version.trashed.is_none());
        let same = newest.as_ref().filter(|newest| {
            newest.hash == root.hash && (request.is_reference || !newest.is_reference)
        });
        let is_new = same.is_none();
        let number = match same {
            Some(same) => same.number,
            None => rows::next_number(tx, &request.dataset)?,
        };
        if is_new {
            let version = Version {
                dataset: request.dataset.clone(),
                number,
                hash: root.hash,
                files: root.files,
                bytes: root.bytes,
                stored: added.stored,
                parent: newest.as_ref().map(|newest| newest.number),
                message: request.message.clone(),
                tags: vec![],
                actor: ws.actor().clone(),
                created: ws.now(),
                commit: commit.clone(),
                is_reference: request.is_reference,
                sources: places.to_vec(),
                trashed: None,
            };
            rows::insert(tx, &version)?;
            let (target, after) = (version.name(), Some(root.hash.to_string()));
            let before = newest.as_ref().map(|newest| newest.hash.to_string());
            audited(ws, tx, "data.add", target, before, after)?;
        }
        if !splits.is_empty() {
            declare(ws, tx, &request.dataset, number, &splits)?;
        }
        let name = format!("{}@v{number}", request.dataset);
        let version = find_in(tx, &name)?;
        for tag in &request.tags {
            put_tag(ws, tx, &version, tag)?;
        }
        Ok(Added {
            version: find_in(tx, &name)?,
            is_new,
            new_bytes: added.new,
            read: added.read,
        })
    })
}

/// Gives a version its splits, unless it has them.
fn declare(
    ws: &Workspace,
    tx: &Connection,
    dataset: &str,
    number: u32,
    splits: &[Split],
) -> Result<()> {
    let version = find_in(tx, &format!("{dataset}@v{number}"))?;
    let before = rows::splits(tx, &version)?;
    if before == splits {
        return Ok(());
    }
    rows::set_splits(tx, dataset, number, splits)?;
    let words = |splits: &[Split]| {
        let names: Vec<&str> = splits.iter().map(|split| split.name.as_str()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    let (before, after) = (words(&before), words(splits));
    audited(ws, tx, "data.split", version.name(), before, after)
}

/// Compares the files that a version was made of, or others, with the version.
pub fn status(
    ws: &Workspace,
    text: &str,
    paths: &[PathBuf],
    progress: &Progress,
) -> Result<(Version, Status)> {
    let version = super::find(ws, text)?;
    let sources = match paths {
        [] if version.sources.is_empty() => {
            let message = format!("{} came in on a stream, from no place", version.name());
            return Err(
                Error::new(Kind::Invalid, message).hint("name the files to compare with it")
            );
        }
        [] => from_places(&version.sources),
        paths => sources(paths, None)?,
    };
    let vault = super::vault(ws);
    let status = vault.open()?.status(&version.hash, &sources, progress)?;
    Ok((version, status))
}

/// What came in on a stream, as a file of the store for as long as it is being added. It is locked as long.
struct Spool {
    path: PathBuf,
    _file: fs::File,
}

/// Deletes what came in on streams of processes that are gone.
pub(super) fn sweep_streams(ws: &Workspace) -> Result<()> {
    let failed = |error: std::io::Error| {
        let message = format!("cannot sweep {}", ws.root.display());
        Error::new(Kind::Environment, message).because(error)
    };
    for entry in fs::read_dir(&ws.root).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default();
        let is_stream = name.as_bytes().starts_with(STREAM.as_bytes()) && path.is_file();
        if is_stream && fs::File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = fs::remove_file(&path);
        }
    }
    Ok(())
}

const STREAM: &str = "stream.";

impl Spool {
    fn fill(ws: &Workspace, content: &mut dyn Read, progress: &Progress) -> Result<Self> {
        let path = ws.root.join(format!("{STREAM}{}", std::process::id()));
        let failed = |error: std::io::Error| {
            let message = format!("cannot keep the stream in {}", ws.root.display());
            Error::new(Kind::Environment, message).because(error)
        };
        let mut file = fs::File::create(&path).map_err(failed)?;
        file.lock().map_err(failed)?;
        let spool = Self {
            path,
            _file: file.try_clone().map_err(failed)?,
        };
        let mut block = vec![0; 1 << 20];
        loop {
            let read = match content.read(&mut block) {
                Ok(0) => return Ok(spool),
                Ok(read) => read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => 0,
                Err(error) => return Err(failed(error)),
            };
            if progress.is_interrupted.load(Ordering::Relaxed) {
                return Err(vault::Error::Interrupted.into());
            }
            file.write_all(&block[..read]).map_err(failed)?;
        }
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn sources(paths: &[PathBuf], called: Option<&OsString>) -> Result<Vec<Source>> {
    let own = |path: &Path| {
        let name = path.file_name().map(|name| name.as_bytes().to_vec());
        let name = name.and_then(Name::new).ok_or_else(|| {
            let message = format!(
                "{} has no name of its own",
                shown(&path.display().to_string())
            );
            Error::new(Kind::Invalid, message).hint("write the folder's whole path")
        });
        name.map(Some)
    };
    if let ([path], Some(called)) = (paths, called) {
        let name = Name::new(called.as_bytes().to_vec());
        let message = || format!("{} cannot be a path in a version", called.display());
        let name = name.ok_or_else(|| Error::new(Kind::Invalid, message()))?;
        return Ok(vec![Source {
            at: path.clone(),
            name: Some(name),
        }]);
    }
    let is_whole = paths.len() == 1;
    paths
        .iter()
        .map(|path| {
            let at = fs::canonicalize(path).map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound => {
                    let message = format!("{} is not there", shown(&path.display().to_string()));
                    Error::new(Kind::NotFound, message)
                }
                _ => {
                    let message = format!("cannot read {}", shown(&path.display().to_string()));
                    Error::new(Kind::Environment, message).because(error)
                }
            })?;
            let name = match is_whole && at.is_dir() {
                true => None,
                false => own(path).or_else(|_| own(&at))?,
            };
            Ok(Source { at, name })
        })
        .collect()
}

fn places(sources: &[Source]) -> Vec<Place> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    sources
        .iter()
        .map(|source| Place {
            at: text(source.at.as_os_str().as_bytes()),
            name: source.name.as_ref().map(|name| text(name.bytes())),
        })
        .collect()
}

pub(super) fn from_places(places: &[Place]) -> Vec<Source> {
    let name = |name: &String| Name::new(name.clone().into_bytes());
    places
        .iter()
        .map(|place| Source {
            at: PathBuf::from(OsString::from_vec(place.at.clone().into_bytes())),
            name: place.name.as_ref().and_then(name),
        })
        .collect()
}
