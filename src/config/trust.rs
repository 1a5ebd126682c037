//! Trust in project files.
//!
//! Whoever can write into a folder that you enter can write a `sconce.toml` there. Most of what it says can do no harm
//! before you start something; what could is inert until you trust the file as it is. A changed file must be trusted again.

use std::{
    fs::{File, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use super::{Error, Places, Result};

/// What a project's file may not say before it is trusted: which more environment variables are kept with their values
/// (they may be secrets), and where the store is (others may read it there).
pub const GATED: [[&str; 2]; 2] = [["capture", "env"], ["store", "path"]];

/// A file and the contents that were trusted.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Trusted {
    pub path: PathBuf,
    /// BLAKE3, hex.
    pub hash: String,
}

impl Trusted {
    /// Is the file still what was trusted?
    pub fn counts(&self) -> bool {
        matches!(super::read(&self.path), Ok(Some(text)) if hash(&text) == self.hash)
    }
}

pub fn list(places: &Places) -> Result<Vec<Trusted>> {
    let text = super::read(&file(places))?.unwrap_or_default();
    let entries = text.lines().filter_map(|line| {
        let (hash, path) = line.split_once(' ')?;
        Some(Trusted {
            path: PathBuf::from(path),
            hash: hash.to_owned(),
        })
    });
    Ok(entries.collect())
}

/// Trusts a file as it is now.
pub fn add(places: &Places, path: &Path) -> Result<Trusted> {
    let text = super::read(path)?.ok_or_else(|| Error::Missing(path.to_owned()))?;
    let trusted = Trusted {
        path: whole(path)?,
        hash: hash(&text),
    };
    // The list holds a file a line: such a path would speak for another file, or not be found again.
    if trusted.path.to_str().is_none_or(|text| text.contains('\n')) {
        return Err(Error::OddPath { path: trusted.path });
    }
    let _lock = lock(places)?;
    let mut all = list(places)?;
    all.retain(|entry| entry.path != trusted.path);
    all.push(trusted.clone());
    write(places, &all)?;
    Ok(trusted)
}

/// Trusts a file no longer; it may be gone.
pub fn revoke(places: &Places, path: &Path) -> Result<()> {
    let whole = whole(path).unwrap_or_else(|_| path.to_owned());
    let _lock = lock(places)?;
    let mut all = list(places)?;
    let before = all.len();
    all.retain(|entry| entry.path != whole);
    if all.len() == before {
        return Err(Error::NotTrusted(whole));
    }
    write(places, &all)
}

pub(super) fn is_trusted(places: &Places, path: &Path, text: &str) -> Result<bool> {
    let wanted = Trusted {
        path: whole(path)?,
        hash: hash(text),
    };
    Ok(list(places)?.contains(&wanted))
}

fn file(places: &Places) -> PathBuf {
    places.state.join("trusted")
}

fn hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

fn whole(path: &Path) -> Result<PathBuf> {
    path.canonicalize().map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })
}

/// Held while the list is read, changed and written: of two that trust at once, none forgets the other's file.
fn lock(places: &Places) -> Result<File> {
    let path = places.state.join("trusted.lock");
    let locked = || {
        std::fs::create_dir_all(&places.state)?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(&path)?;
        file.lock().map(|()| file)
    };
    locked().map_err(|source| Error::Write {
        path: path.clone(),
        source,
    })
}

fn write(places: &Places, all: &[Trusted]) -> Result<()> {
    let (target, draft) = (
        file(places),
        places.state.join(format!("trusted.{}", std::process::id())),
    );
    let text: String = all
        .iter()
        .map(|entry| format!("{} {}\n", entry.hash, entry.path.display()))
        .collect();
    let replace = || {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&draft, &target)
    };
    replace().map_err(|source| Error::Write {
        path: target.clone(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_files_that_are_trusted_at_once_none_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let places = Places::below(folder.path(), &Default::default());
        let files: Vec<PathBuf> = (0..32)
            .map(|number| at(&format!("{number}.toml")))
            .collect();
        std::thread::scope(|scope| {
            for file in &files {
                std::fs::write(file, "").unwrap();
                scope.spawn(|| add(&places, file).unwrap());
            }
        });
        assert_eq!(list(&places).unwrap().len(), files.len());
    }

    /// A folder's name with a line end in it used to add a line of its own to the list.
    #[test]
    fn a_path_cannot_speak_for_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let places = Places {
            config: at("config"),
            data: at("data"),
            state: at("state"),
            cache: at("cache"),
        };
        let odd = at(&format!("a\n{} ", hash("evil")));
        std::fs::create_dir_all(&odd).unwrap();
        std::fs::write(odd.join("sconce.toml"), "").unwrap();
        let refused = add(&places, &odd.join("sconce.toml"));
        assert!(matches!(refused, Err(Error::OddPath { .. })), "{refused:?}");
        assert_eq!(list(&places).unwrap(), []);

        std::fs::write(at("sconce.toml"), "").unwrap();
        let trusted = add(&places, &at("sconce.toml")).unwrap();
        assert_eq!(list(&places).unwrap(), [trusted]);
    }

    #[test]
    fn a_file_that_changed_is_trusted_no_longer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sconce.toml");
        std::fs::write(&path, "a = 1").unwrap();
        let trusted = Trusted {
            path: path.clone(),
            hash: hash("a = 1"),
        };
        assert!(trusted.counts());
        std::fs::write(&path, "a = 2").unwrap();
        assert!(!trusted.counts());
        std::fs::remove_file(&path).unwrap();
        assert!(!trusted.counts());
    }
}
