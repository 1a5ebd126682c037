//! What can be wrong with a configuration, and where.

use std::{io, path::PathBuf};

use super::Place;

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no {}", .0.display())]
    Missing(PathBuf),
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    /// It is no file that could be read as a text.
    #[error("{}: {why}", path.display())]
    Unfit { path: PathBuf, why: String },
    #[error("{}: line {line} is not UTF-8", path.display())]
    NotUtf8 { path: PathBuf, line: usize },
    /// A key that is not known, a value of a wrong kind, or no TOML at all.
    #[error("{place}: {message}")]
    Mistake {
        place: Place,
        message: String,
        hint: Option<String>,
    },
    #[error("--config {0:?} is no KEY=VALUE")]
    Flag(String),
    #[error("there is no home folder: neither HOME nor the user's record names one")]
    NoHome,
    #[error("there is no home folder: {} is not there", .0.display())]
    HomeMissing(PathBuf),
    #[error("the working folder is gone")]
    NoWorkingFolder(#[source] io::Error),
    #[error("{}: {why}", path.display())]
    Pointer { path: PathBuf, why: String },
    #[error("there is no group {0:?} on this machine")]
    NoGroup(String),
    #[error("{path:?} cannot be trusted: its path is not UTF-8 or holds a line end")]
    OddPath { path: PathBuf },
    #[error("{} is not trusted, so there is nothing to revoke", .0.display())]
    NotTrusted(PathBuf),
}

impl Error {
    /// What to do now.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Mistake { hint, .. } => hint.clone(),
            Self::Missing(_) => {
                Some("`sconce config path` lists the files that are looked for".to_owned())
            }
            Self::Flag(_) => Some("for example --config ui.theme=light".to_owned()),
            Self::NoHome => Some("set HOME, or XDG_CONFIG_HOME and XDG_DATA_HOME".to_owned()),
            Self::NoWorkingFolder(_) => Some("change to a folder that exists".to_owned()),
            Self::Pointer { .. } => {
                Some("a pointer holds one line: the path of the store's folder".to_owned())
            }
            Self::NoGroup(_) => Some("`getent group` lists the groups".to_owned()),
            Self::OddPath { .. } => Some("rename its folder".to_owned()),
            Self::NotTrusted(_) => Some("`sconce trust --list` shows what is trusted".to_owned()),
            Self::HomeMissing(_) => Some(
                "set HOME to a folder that is there, or name a store: `sconce --store DIR init`"
                    .to_owned(),
            ),
            Self::Unfit { .. } => Some("remove it, or put a text file in its place".to_owned()),
            Self::NotUtf8 { path, .. } => Some(format!(
                "save it as UTF-8: `iconv -f latin1 -t utf-8 {}` if it is Latin-1",
                path.display()
            )),
            Self::Read { source, .. } | Self::Write { source, .. } => {
                Some(advice(source).to_owned())
            }
        }
    }
}

fn advice(error: &io::Error) -> &'static str {
    if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) {
        return "it is a link that leads back to itself: remove it";
    }
    match error.kind() {
        io::ErrorKind::NotADirectory => "a part of its path is no folder: is HOME right?",
        io::ErrorKind::StorageFull => "free some space on its disk",
        _ => "check its owner and mode, and that its disk is not mounted read-only",
    }
}
