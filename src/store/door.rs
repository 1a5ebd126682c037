//! How connections to a store's database are opened: to write, to read, or to read what nobody can change.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};
use rustix::fs::Access;

use super::{Error, Result};

/// How long a writer waits for another before the store counts as busy.
pub(super) const BUSY: Duration = Duration::from_secs(10);

/// Where the database is and what this user can do with it.
#[derive(Clone, Debug)]
pub(super) struct Door {
    pub path: PathBuf,
    pub can_write: bool,
}

impl Door {
    /// Looks at a store's folder. One that is not there can be written.
    pub fn of(root: &Path) -> Self {
        let path = root.join("store.db");
        let may_write = |path: &Path| rustix::fs::access(path, Access::WRITE_OK).is_ok();
        let can_write = !path.exists() || (may_write(root) && may_write(&path));
        Self { path, can_write }
    }

    pub fn connect(&self) -> Result<Connection> {
        match self.can_write {
            true => self.connect_to_write(),
            false => self.connect_to_read(),
        }
    }

    fn connect_to_write(&self) -> Result<Connection> {
        let path = &self.path;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)
            .map_err(|error| Error::opening(path, error))?;
        connection.busy_timeout(BUSY)?;
        let mode: String = connection
            .query_row("pragma journal_mode = wal", [], |row| row.get(0))
            .map_err(|error| Error::opening(path, error))?;
        if mode != "wal" {
            return Err(Error::NoWriteAheadLog {
                path: path.to_owned(),
                mode,
            });
        }
        connection.execute_batch(
            "pragma synchronous = normal; pragma foreign_keys = on; pragma cache_size = -16000; pragma wal_autocheckpoint = 4000;
             pragma journal_size_limit = 67108864; pragma temp_store = memory; pragma secure_delete = fast;",
        )?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    }

    fn connect_to_read(&self) -> Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_URI;
        // With neither a log nor the memory that its users share, nobody works in the store and the database is whole in
        // its file; SQLite would make both to read it, and is told that it need not.
        let is_in_use = ["store.db-shm", "store.db-wal"]
            .iter()
            .any(|name| self.path.with_file_name(name).exists());
        let immutable = u8::from(!is_in_use);
        let uri = format!("file:{}?mode=ro&immutable={immutable}", in_uri(&self.path));
        let connection = Connection::open_with_flags(uri, flags)
            .map_err(|error| Error::opening(&self.path, error))?;
        connection.busy_timeout(BUSY)?;
        connection
            .execute_batch("pragma cache_size = -16000; pragma temp_store = memory;")
            .map_err(|error| Error::opening(&self.path, error))?;
        connection
            .query_row("select count(*) from sqlite_schema", [], |_| Ok(()))
            .map_err(|error| Error::opening(&self.path, error))?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    }
}

/// A path as a URI holds it: every byte that could mean something else is written as `%XX`.
fn in_uri(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt as _;
    let bytes = path.as_os_str().as_bytes();
    let is_plain =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_');
    bytes
        .iter()
        .map(|byte| match is_plain(byte) {
            true => char::from(*byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_a_uri_means_no_more_than_itself() {
        assert_eq!(
            in_uri(Path::new("/a b/c?d#e%é")),
            "/a%20b/c%3Fd%23e%25%C3%A9"
        );
    }

    #[test]
    fn a_store_at_rest_is_read_without_a_trace_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("a b?c#d");
        drop(super::super::Store::open(&root).unwrap());
        for name in ["store.db-wal", "store.db-shm"] {
            assert!(!root.join(name).exists());
        }
        let door = Door {
            path: root.join("store.db"),
            can_write: false,
        };
        let connection = door.connect().unwrap();
        let lines: i64 = connection
            .query_row("select count(*) from audit", [], |row| row.get(0))
            .unwrap();
        assert_eq!(lines, 0);
        let refused = Error::from(connection.execute("delete from audit", []).unwrap_err());
        assert!(matches!(refused, Error::ReadOnly { .. }), "{refused:?}");
        assert!(!root.join("store.db-shm").exists());
    }
}
