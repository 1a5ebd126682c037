//! What lies at some paths of the file system, in the order of a manifest.

use std::{
    fs::{self, Metadata},
    os::unix::{
        ffi::{OsStrExt as _, OsStringExt as _},
        fs::{FileTypeExt as _, MetadataExt as _},
    },
    path::{Path, PathBuf},
};

use super::{
    error::{Error, Result, io},
    fresh,
    manifest::Name,
};

/// A path to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub at: PathBuf,
    /// What it is called in the version. What is in a folder without a name stands at the top.
    pub name: Option<Name>,
}

/// What was met.
#[derive(Debug)]
pub struct Found {
    pub path: Name,
    pub at: PathBuf,
    pub kind: Kind,
}

#[derive(Debug)]
pub enum Kind {
    File(Stamp),
    Link { target: Vec<u8> },
    EmptyFolder,
}

/// By what a file is known to be the one that was read, as long as nobody turns back the clock and the content too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub device: u64,
    pub inode: u64,
    pub size: u64,
    /// Nanoseconds since 1970.
    pub modified: i64,
    pub changed: i64,
    pub is_executable: bool,
}

impl Stamp {
    pub fn of(meta: &Metadata) -> Self {
        let nanos = |seconds: i64, nanos: i64| seconds.saturating_mul(1_000_000_000) + nanos;
        Self {
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.len(),
            modified: nanos(meta.mtime(), meta.mtime_nsec()),
            changed: nanos(meta.ctime(), meta.ctime_nsec()),
            is_executable: meta.mode() & 0o100 != 0,
        }
    }
}

/// Is this the folder of a store? Its files change as it is used, and are nobody's data.
pub(super) fn is_store(folder: &Path) -> bool {
    folder.join("store.db").is_file() && folder.join("schema.lock").is_file()
}

/// What files are called that are not yet written to their end, around what tells them apart.
pub(super) const UNFINISHED: [&str; 2] = [".sconce-", ".part"];

/// Takes away what was left unfinished in a folder by processes that are gone. What cannot be looked at or removed stays:
/// nobody adds it to a version.
pub(super) fn sweep(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let unfinished = entries.filter(|entry| is_unfinished(entry.file_name().as_bytes()));
    unfinished.for_each(|entry| fresh::sweep(&entry.path()));
}

fn is_unfinished(name: &[u8]) -> bool {
    let [before, after] = UNFINISHED.map(str::as_bytes);
    name.starts_with(before) && name.ends_with(after)
}

/// Walks through sources. A source that is a link is followed, links inside are kept as links.
pub struct Scan {
    /// Folders that are being walked, each with what is still to come, the next at the end.
    folders: Vec<Vec<(PathBuf, Option<Name>)>>,
    /// Device and inode of a folder that is left out: the store's own. Those of other stores are too.
    without: Option<(u64, u64)>,
}

impl Scan {
    /// # Errors
    ///
    /// [`Error::Twice`]: two sources have one name, or one without a name is not alone.
    pub fn new(sources: &[Source], without: &Path) -> Result<Self> {
        let mut sources: Vec<_> = sources
            .iter()
            .map(|source| (source.at.clone(), source.name.clone()))
            .collect();
        sources.sort_by(|a, b| b.1.cmp(&a.1));
        let mut pairs = sources.windows(2);
        if let Some([(at, name), _]) =
            pairs.find(|pair| pair[1].1.is_none() || pair[0].1 == pair[1].1)
        {
            let path = name
                .as_ref()
                .map_or_else(|| at.display().to_string(), Name::shown);
            return Err(Error::Twice { path });
        }
        let without = fs::metadata(without).ok();
        Ok(Self {
            folders: vec![sources],
            without: without.map(|meta| (meta.dev(), meta.ino())),
        })
    }

    fn look(&mut self, at: PathBuf, name: Option<Name>) -> Result<Option<Found>> {
        let meta = match self.folders.len() {
            1 => fs::metadata(&at),
            _ => fs::symlink_metadata(&at),
        };
        let meta = meta.map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::NotThere { path: at.clone() },
            _ => io("read", &at)(error),
        })?;
        let kind = meta.file_type();
        if kind.is_dir() {
            return self.enter(at, name, &meta);
        }
        let Some(path) = name else {
            let what = "a single file without a name";
            return Err(Error::Special { path: at, what });
        };
        let special = |what| Error::Special {
            path: at.clone(),
            what,
        };
        let kind = match kind {
            _ if kind.is_file() => Kind::File(Stamp::of(&meta)),
            _ if kind.is_symlink() => {
                let target = fs::read_link(&at).map_err(io("read", &at))?;
                let target = target.into_os_string().into_vec();
                Kind::Link { target }
            }
            _ if kind.is_fifo() => return Err(special("a pipe")),
            _ if kind.is_socket() => return Err(special("a socket")),
            _ => return Err(special("a device")),
        };
        Ok(Some(Found { path, at, kind }))
    }

    fn enter(&mut self, at: PathBuf, name: Option<Name>, meta: &Metadata) -> Result<Option<Found>> {
        if self.without == Some((meta.dev(), meta.ino())) || is_store(&at) {
            return Ok(None);
        }
        let entries = fs::read_dir(&at).map_err(io("read", &at))?;
        let mut inside = vec![];
        for entry in entries {
            let own = entry.map_err(io("read", &at))?.file_name();
            if is_unfinished(own.as_bytes()) {
                continue;
            }
            let path = match &name {
                Some(folder) => [folder.bytes(), b"/", own.as_bytes()].concat(),
                None => own.as_bytes().to_vec(),
            };
            inside.push((at.join(&own), Name::new(path)));
        }
        inside.sort_by(|a, b| b.1.cmp(&a.1));
        let is_empty = inside.is_empty();
        self.folders.push(inside);
        let kind = Kind::EmptyFolder;
        Ok(name
            .filter(|_| is_empty)
            .map(|path| Found { path, at, kind }))
    }
}

impl Iterator for Scan {
    type Item = Result<Found>;

    fn next(&mut self) -> Option<Result<Found>> {
        loop {
            let Some((at, name)) = self.folders.last_mut()?.pop() else {
                self.folders.pop();
                continue;
            };
            if let Some(found) = self.look(at, name).transpose() {
                return Some(found);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn names(folder: &Path, without: &Path) -> Result<Vec<String>> {
        let source = Source {
            at: folder.to_owned(),
            name: None,
        };
        let found = Scan::new(&[source], without)?;
        found.map(|found| Ok(found?.path.shown())).collect()
    }

    #[test]
    fn a_folder_is_walked_in_the_order_of_a_manifest() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["a", "a/empty", "b", "store"] {
            fs::create_dir(at(name)).unwrap();
        }
        for name in ["a/2", "a/1", "a.b", "a-b", "b/x", "store/y", "z"] {
            fs::write(at(name), "").unwrap();
        }
        // A link that leads in a circle, and one that leads nowhere.
        symlink("..", at("b/up")).unwrap();
        symlink("nowhere", at("b/zero")).unwrap();
        let expected = [
            "a/1", "a/2", "a/empty", "a-b", "a.b", "b/up", "b/x", "b/zero", "z",
        ];
        assert_eq!(names(folder.path(), &at("store")).unwrap(), expected);
        let link = at("b/up");
        assert_eq!(names(&link, &at("store")).unwrap(), expected);
    }

    #[test]
    fn other_stores_and_unfinished_files_are_no_data() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("a/.sconce")).unwrap();
        fs::create_dir(at("b")).unwrap();
        for name in [
            "a/.sconce/store.db",
            "a/.sconce/schema.lock",
            "a/x",
            "b/store.db",
        ] {
            fs::write(at(name), "").unwrap();
        }
        fs::write(at("b").join(".sconce-7.part"), "").unwrap();
        let found = names(folder.path(), Path::new("none")).unwrap();
        assert_eq!(found, ["a/x", "b/store.db"]);
    }

    #[test]
    fn what_has_no_content_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .unwrap();
        let error = names(folder.path(), Path::new("none")).unwrap_err();
        assert!(matches!(&error, Error::Special { path, what: "a pipe" } if *path == pipe));
        let error = names(&folder.path().join("no"), Path::new("none")).unwrap_err();
        assert!(matches!(error, Error::NotThere { .. }));
    }
}
