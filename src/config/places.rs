//! Where things are kept: the XDG folders, and the store.

use std::{
    collections::BTreeMap,
    fmt,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use super::{Environment, Error, Loaded, Place, Result, files::read};
use crate::domain::datasets::FileOf;

/// The folders of this user.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Places {
    pub config: PathBuf,
    pub data: PathBuf,
    pub state: PathBuf,
    pub cache: PathBuf,
}

impl Places {
    /// By the XDG rules; `None` where the user has no home.
    pub(super) fn find() -> Option<Self> {
        let dirs = directories::ProjectDirs::from("", "", "sconce")?;
        Some(Self {
            config: dirs.config_dir().to_owned(),
            data: dirs.data_dir().to_owned(),
            // Where a system has no folder for state, it is kept beside the data.
            state: dirs.state_dir().unwrap_or(dirs.data_dir()).to_owned(),
            cache: dirs.cache_dir().to_owned(),
        })
    }

    /// The same in a home that the environment does not name.
    pub(super) fn below(home: &Path, vars: &BTreeMap<String, String>) -> Self {
        let place = |name: &str, usual: &str| {
            let said = vars.get(name).map(PathBuf::from);
            said.filter(|path| path.is_absolute())
                .unwrap_or_else(|| home.join(usual))
                .join("sconce")
        };
        Self {
            config: place("XDG_CONFIG_HOME", ".config"),
            data: place("XDG_DATA_HOME", ".local/share"),
            state: place("XDG_STATE_HOME", ".local/state"),
            cache: place("XDG_CACHE_HOME", ".cache"),
        }
    }

    /// The store when nothing else says where it is.
    pub fn store(&self) -> PathBuf {
        self.data.join("store")
    }

    /// The store of the demonstration.
    pub fn demo(&self) -> PathBuf {
        self.data.join("demo")
    }
}

/// The store's folder, and what led to it. The folder need not be there yet.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Found {
    pub path: PathBuf,
    pub why: Why,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    Flag,
    Variable,
    /// A folder `.sconce` here or above.
    Folder,
    /// A file `.sconce` here or above that names the folder.
    Pointer(PathBuf),
    Setting(Place),
    /// Nothing said otherwise.
    Default,
}

impl Why {
    /// May a command that needs a store make one there? Where a person named the folder it must be there already: a
    /// name that is wrong by a letter would hide every run.
    pub fn may_be_made(&self) -> bool {
        matches!(self, Self::Folder | Self::Default)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("--store"),
            Self::Variable => f.write_str("SCONCE_STORE"),
            Self::Folder => f.write_str("the nearest .sconce"),
            Self::Pointer(file) => write!(f, "the pointer {}", file.display()),
            Self::Setting(place) => write!(f, "store.path at {place}"),
            Self::Default => f.write_str("the data folder of this user"),
        }
    }
}

/// Finds the store: `--store`, `SCONCE_STORE`, the nearest `.sconce` upward (a folder, or a file that points to one),
/// `store.path`, the user's data folder.
pub fn find_store(loaded: &Loaded, flag: Option<&Path>) -> Result<Found> {
    let environment = &loaded.environment;
    if let Some(path) = flag {
        let path = environment.cwd.join(path);
        return Ok(Found {
            path,
            why: Why::Flag,
        });
    }
    if let Some(text) = environment.var("SCONCE_STORE") {
        let path = expanded(
            &anchored(text, &environment.cwd, &environment.home),
            environment,
        );
        let why = Why::Variable;
        return Ok(Found { path, why });
    }
    if let Some(path) = environment.upward(".sconce") {
        if path.is_dir() {
            let why = Why::Folder;
            return Ok(Found { path, why });
        }
        return pointed(path, environment);
    }
    if let Some(path) = &loaded.config.store.path {
        let path = expanded(&path.to_string_lossy(), environment);
        let why = loaded
            .place("store.path")
            .cloned()
            .map_or(Why::Default, Why::Setting);
        return Ok(Found { path, why });
    }
    Ok(Found {
        path: environment.places.store(),
        why: Why::Default,
    })
}

fn pointed(file: PathBuf, environment: &Environment) -> Result<Found> {
    let text = read(&file)?.ok_or_else(|| Error::Missing(file.clone()))?;
    let wrong = |why: &str| Error::Pointer {
        path: file.clone(),
        why: why.to_owned(),
    };
    let line = text.trim();
    if line.is_empty() {
        return Err(wrong("a pointer to a store that names none"));
    }
    if line.contains('\n') {
        return Err(wrong("a pointer to a store with more than one line"));
    }
    let folder = file.parent().unwrap_or(&environment.cwd);
    Ok(Found {
        path: expanded(&anchored(line, folder, &environment.home), environment),
        why: Why::Pointer(file),
    })
}

/// Makes a store's folder that only its owner may enter.
pub fn make_private(root: &Path) -> Result<()> {
    let made = std::fs::create_dir_all(root)
        .and_then(|()| std::fs::set_permissions(root, std::fs::Permissions::from_mode(0o700)));
    made.map_err(|source| Error::Write {
        path: root.to_owned(),
        source,
    })
}

/// The number of a group of this machine.
pub fn group(name: &str) -> Result<u32> {
    let table = std::fs::read_to_string("/etc/group").unwrap_or_default();
    gid_in(&table, name).ok_or_else(|| Error::NoGroup(name.to_owned()))
}

/// Writes the pointer that leads to a store.
pub fn point(file: &Path, root: &Path) -> Result<()> {
    std::fs::write(file, format!("{}\n", root.display())).map_err(|source| Error::Write {
        path: file.to_owned(),
        source,
    })
}

/// The number of a group, by name or as a number.
fn gid_in(table: &str, group: &str) -> Option<u32> {
    let named = table.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next()? == group).then(|| fields.nth(1)?.parse().ok())?
    });
    named.or_else(|| group.parse().ok())
}

/// `{host}` and `{user}` filled in, so that one line serves several machines and people.
fn expanded(path: &str, environment: &Environment) -> PathBuf {
    PathBuf::from(
        path.replace("{host}", &environment.host)
            .replace("{user}", &environment.user),
    )
}

/// A path made absolute: `~/` is the home folder, what is relative starts at `folder`, `demo:NAME` and
/// `NAME@v3` stay.
pub(super) fn anchored(text: &str, folder: &Path, home: &Path) -> String {
    if text.starts_with("demo:") || FileOf::parse(text).is_some() {
        return text.to_owned();
    }
    let path = match text.strip_prefix("~/") {
        Some(rest) => home.join(rest),
        None => folder.join(text),
    };
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_known_by_name_or_number() {
        let table = "root:x:0:\nml:x:1007:ana,eve\nbroken\n";
        assert_eq!(gid_in(table, "ml"), Some(1007));
        assert_eq!(gid_in(table, "44"), Some(44));
        assert_eq!(gid_in(table, "none"), None);
    }

    #[test]
    fn a_store_folder_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o7777;
        let own = folder.path().join("a/own");
        make_private(&own).unwrap();
        assert_eq!(mode(&own), 0o700);
    }

    #[test]
    fn a_group_that_is_not_there_is_said_to_be() {
        assert!(matches!(group("no such group"), Err(Error::NoGroup(_))));
    }
}
