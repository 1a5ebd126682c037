//! What can go wrong with a store, told apart as far as a person would act differently.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use super::series;

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{} is on a network file system ({kind})", path.display())]
    NetworkDisk { path: PathBuf, kind: &'static str },
    #[error("the store has schema {found}, this program knows {known}")]
    Newer { found: u32, known: u32 },
    #[error(
        "{} cannot be written, so its schema cannot be brought from {found} to {known}", path.display()
    )]
    OlderReadOnly {
        path: PathBuf,
        found: u32,
        known: u32,
    },
    #[error(
        "the schema must be brought from {from} to {to}, and other processes keep the store open"
    )]
    InUse { from: u32, to: u32 },
    #[error("another process has kept the store locked for 10 seconds")]
    Busy,
    #[error("{} cannot be written", path.display())]
    ReadOnly { path: PathBuf },
    #[error("the disk is full")]
    Full,
    #[error("{what}")]
    Damaged { what: String },
    #[error("write-ahead logging cannot be used for {}: the answer was {mode:?}", path.display())]
    NoWriteAheadLog { path: PathBuf, mode: String },
    #[error("{} cannot be used", path.display())]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("a row of {table} cannot be read: {what}")]
    Row { table: &'static str, what: String },
    #[error(transparent)]
    Series(series::Error),
    #[error(transparent)]
    Sqlite(rusqlite::Error),
}

impl Error {
    /// An error met while opening: a file that may not be written says so by name.
    pub(super) fn opening(path: &Path, error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::ReadOnly {
                    path: path.to_owned(),
                }
            }
            _ => error.into(),
        }
    }
}

/// SQLITE_IOERR_SHMSIZE, from <https://sqlite.org/rescode.html#ioerr_shmsize>.
const IOERR_SHMSIZE: i32 = 4874;

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::ReadOnly) => Self::ReadOnly {
                path: PathBuf::from("store.db"),
            },
            Some(ErrorCode::DiskFull) => Self::Full,
            // The file that readers and writers share could not grow.
            _ if error.sqlite_error().map(|error| error.extended_code) == Some(IOERR_SHMSIZE) => {
                Self::Full
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged {
                what: error.to_string(),
            },
            _ => Self::Sqlite(error),
        }
    }
}

impl From<series::Error> for Error {
    fn from(error: series::Error) -> Self {
        match error {
            series::Error::Sqlite(error) => error.into(),
            other => Self::Series(other),
        }
    }
}
