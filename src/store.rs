//! SQLite: the one room that speaks SQL.
//!
//! A store is a folder: `store.db` with its write-ahead log, `schema.lock`, a folder for each run. [`Store`] opens it
//! and hands out transactions; the files beside this one hold the queries, one noun a file, as functions over a
//! connection, so that a use case composes them into one transaction.
//!
//! What is absent: no query decides a rule of the domain, and nothing here knows a process or a journal.

pub mod audit;
pub mod datasets;
pub mod disk;
mod door;
mod error;
pub mod events;
pub mod filters;
pub mod index;
pub mod jobs;
pub mod journals;
pub mod remotes;
mod reserve;
pub mod runs;
mod schema;
pub mod series;

use std::{
    fs::{File, OpenOptions},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rusqlite::{Transaction, TransactionBehavior, backup::StepResult};

use door::Door;
pub use error::{Error, Result};
pub use rusqlite::Connection;
pub use schema::VERSION;

/// Bytes of the write-ahead log from which on it is moved into the database.
const LONG_LOG: u64 = 16 << 20;

/// The open store. Cheap to share between threads: readers take a connection from a pool, writers wait for theirs.
pub struct Store {
    root: PathBuf,
    door: Door,
    /// Waits for the disk at each commit: for what a person was told is saved.
    full: Mutex<Connection>,
    /// Leaves the moment of writing to the system: for metrics, whose journal is the truth.
    fast: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    watch: Mutex<Connection>,
    /// Held shared for as long as the store is open, so that no migration happens under us.
    schema: Option<File>,
    is_relieving: Arc<AtomicBool>,
    /// Device and inode of the database, by which it is known from another at its path.
    file: (u64, u64),
}

/// What is at the path of an open store now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The store itself.
    Here,
    /// Nothing: what is written is lost.
    Removed,
    /// Another store, which nothing is written to.
    Replaced,
}

impl Store {
    /// Opens the store in a folder, makes it when it is not there, and brings its schema up to date. One that this user
    /// cannot write is opened to be read. On a full disk the space kept back for this is given up.
    pub fn open(root: &Path) -> Result<Self> {
        let store = match Self::open_as_it_is(root) {
            Err(Error::Full) if reserve::release(root) => Self::open_as_it_is(root),
            answer => answer,
        }?;
        if !store.is_read_only() {
            reserve::keep(root, file_mode(root));
        }
        Ok(store)
    }

    fn open_as_it_is(root: &Path) -> Result<Self> {
        disk::refuse_network(root)?;
        let io = |source| Error::Io {
            path: root.to_owned(),
            source,
        };
        if !root.exists() {
            make_private_folder(root).map_err(io)?;
        }
        let door = Door::of(root);
        let schema = match door.can_write {
            true => Some(prepare(root, &door)?),
            false => {
                // A copy on a medium that cannot be written has no lock, and nobody who could migrate it.
                let lock = File::open(root.join("schema.lock")).ok();
                schema::check(root, &door, lock.as_ref())?;
                lock
            }
        };
        let (full, fast) = (door.connect()?, door.connect()?);
        if door.can_write {
            full.pragma_update(None, "synchronous", "full")?;
            // What a person takes out is overwritten, whole pages too.
            full.pragma_update(None, "secure_delete", "on")?;
            // A commit that also moves the log into the database takes ten times as long as one that does not.
            fast.pragma_update(None, "wal_autocheckpoint", 0)?;
        }
        let watch = door.connect()?;
        let file = identity(&door.path).map_err(io)?;
        Ok(Self {
            file,
            root: root.to_owned(),
            door,
            full: Mutex::new(full),
            fast: Mutex::new(fast),
            readers: Mutex::new(vec![]),
            watch: Mutex::new(watch),
            schema,
            is_relieving: Arc::default(),
        })
    }

    /// Is there a store in this folder?
    pub fn is_at(root: &Path) -> bool {
        root.join("store.db").exists()
    }

    /// Can this user only read the store? Whatever writes is refused then.
    pub fn is_read_only(&self) -> bool {
        !self.door.can_write
    }

    /// For what writes files before it writes rows.
    ///
    /// # Errors
    ///
    /// This user can only read the store.
    pub fn must_be_writable(&self) -> Result<()> {
        if self.is_read_only() {
            return Err(Error::ReadOnly {
                path: self.door.path.clone(),
            });
        }
        Ok(())
    }

    /// A transaction that is on the disk when this returns: for what a person was told is saved.
    pub fn write<T, E: From<Error>>(
        &self,
        change: impl FnOnce(&Transaction) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        reserve::release_if_scarce(&self.root);
        transact(&mut hold(&self.full), change)
    }

    /// A transaction that survives a kill, and a loss of power up to the last moments: for what journals can tell again.
    pub fn record<T, E: From<Error>>(
        &self,
        change: impl FnOnce(&Transaction) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let answer = transact(&mut hold(&self.fast), change);
        self.relieve();
        answer
    }

    /// Moves the whole log into the database and empties it, so that nothing stands there which was since removed. `false`
    /// where somebody kept it busy.
    ///
    /// # Errors
    ///
    /// The disk refuses.
    pub fn empty_log(&self) -> Result<bool> {
        let full = hold(&self.full);
        let busy: i64 = full.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get(0))?;
        Ok(busy == 0)
    }

    /// A consistent look at the store.
    pub fn read<T, E: From<Error>>(
        &self,
        look: impl FnOnce(&Connection) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let pooled = hold(&self.readers).pop();
        let mut connection = match pooled {
            Some(connection) => connection,
            None => self.door.connect()?,
        };
        let answer = {
            let snapshot = connection.transaction().map_err(Error::from)?;
            look(&snapshot)
        };
        hold(&self.readers).push(connection);
        answer
    }

    /// A number that changes with every commit of any process; costs no read of the disk.
    pub fn revision(&self) -> Result<u64> {
        Ok(
            hold(&self.watch).query_row("pragma data_version", [], |row| row.get::<_, i64>(0))?
                as u64,
        )
    }

    /// Is the database still at its path? One that was deleted or replaced is written to as if nothing were wrong.
    pub fn standing(&self) -> Standing {
        match identity(&self.root.join("store.db")) {
            Ok(file) if file == self.file => Standing::Here,
            Ok(_) => Standing::Replaced,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Standing::Removed,
            // A folder that cannot be looked into says nothing of what is in it.
            Err(_) => Standing::Here,
        }
    }

    /// Does another process wait to bring the schema up to date? Long-lived processes then step down.
    pub fn is_wanted_alone(&self) -> bool {
        schema::is_wanted_alone(&self.root)
    }

    /// Copies the database into a file while others read and write.
    pub fn copy_to(&self, file: &Path) -> Result<()> {
        let source = self.door.connect()?;
        let mut copy = Connection::open(file)?;
        let backup = rusqlite::backup::Backup::new(&source, &mut copy)?;
        // In one step, which is one snapshot: between two, any commit would make it begin anew, and while runs are
        // taken in it would never end.
        if !matches!(backup.step(-1)?, StepResult::Done) {
            return Err(Error::Busy);
        }
        drop(backup);
        copy.pragma_update(None, "journal_mode", "delete")?;
        // A copy of a damaged store must not take the place of a good one.
        match first_damage(&copy)? {
            Some(what) => Err(Error::Damaged { what }),
            None => Ok(()),
        }
    }

    /// Can a writer have its turn within this time? Changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] when another process keeps the store locked; [`Error::ReadOnly`].
    pub fn try_to_write(&self, patience: Duration) -> Result<()> {
        self.must_be_writable()?;
        let connection = self.door.connect()?;
        connection.busy_timeout(patience)?;
        Ok(connection.execute_batch("begin immediate; rollback")?)
    }

    /// The first thing that is wrong with the database's pages; reads all of them.
    pub fn first_damage(&self) -> Result<Option<String>> {
        first_damage(&self.door.connect()?)
    }

    /// Bytes of the database and its log.
    pub fn bytes(&self) -> u64 {
        ["store.db", "store.db-wal"]
            .iter()
            .filter_map(|name| self.root.join(name).metadata().ok())
            .map(|meta| meta.len())
            .sum()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // Closing is not enough: a child between fork and exec still has the file open, and with it the lock.
        let _ = self.schema.as_ref().map(File::unlock);
    }
}

impl Store {
    /// Moves a log that has grown long into the database, on a thread and a connection of its own.
    fn relieve(&self) {
        let door = self.door.clone();
        let length = self
            .root
            .join("store.db-wal")
            .metadata()
            .map_or(0, |meta| meta.len());
        if length < LONG_LOG || self.is_relieving.swap(true, Ordering::AcqRel) {
            return;
        }
        let is_relieving = Arc::clone(&self.is_relieving);
        let relieved = std::thread::Builder::new().spawn(move || {
            // One that is refused, by a reader or a full disk, is tried again after the next commit.
            let _ = door.connect().and_then(|connection| {
                let moved = connection.query_row("pragma wal_checkpoint(passive)", [], |_| Ok(()));
                moved.map_err(Error::from)
            });
            is_relieving.store(false, Ordering::Release);
        });
        if relieved.is_err() {
            self.is_relieving.store(false, Ordering::Release);
        }
    }
}

/// Makes the files of a store that are not there, and brings it up to date. The lock is held shared.
fn prepare(root: &Path, door: &Door) -> Result<File> {
    let mode = file_mode(root);
    let lock = open_with_mode(&root.join("schema.lock"), mode)?;
    if !door.path.exists() {
        drop(open_with_mode(&door.path, mode)?);
    }
    schema::bring_up_to_date(root, door, &lock)?;
    Ok(lock)
}

/// The mode of the files of a store: a group that shares it writes them.
fn file_mode(root: &Path) -> u32 {
    match disk::is_group_writable(root) {
        true => 0o660,
        false => 0o600,
    }
}

fn first_damage(connection: &Connection) -> Result<Option<String>> {
    let found: String = connection.query_row("pragma quick_check(1)", [], |row| row.get(0))?;
    Ok((found != "ok").then_some(found))
}

fn identity(path: &Path) -> std::io::Result<(u64, u64)> {
    let meta = path.metadata()?;
    Ok((meta.dev(), meta.ino()))
}

/// Makes a folder that only its owner enters.
pub fn make_private_folder(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
}

/// Makes a folder for a store that a group shares: the group is inherited by what is made in it, and nobody removes what
/// another made. Users make folders of their own below `runs`, `requests` and `shipped`.
pub fn prepare_shared(root: &Path, gid: u32) -> Result<()> {
    for folder in [
        root.to_owned(),
        root.join("runs"),
        root.join("requests"),
        root.join("shipped"),
    ] {
        let made = || {
            std::fs::create_dir_all(&folder)?;
            std::os::unix::fs::chown(&folder, None, Some(gid))?;
            // After the change of group, which may clear bits of the mode.
            std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o3770))
        };
        made().map_err(|source| Error::Io {
            path: folder.clone(),
            source,
        })?;
    }
    Ok(())
}

/// Opens a file, making it with exactly this mode whatever the umask says.
fn open_with_mode(path: &Path, mode: u32) -> Result<File> {
    let io = |source| Error::Io {
        path: path.to_owned(),
        source,
    };
    let is_new = !path.exists();
    let file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(mode)
        .open(path)
        .map_err(io)?;
    if is_new {
        file.set_permissions(std::fs::Permissions::from_mode(mode))
            .map_err(io)?;
    }
    Ok(file)
}

fn transact<T, E: From<Error>>(
    connection: &mut Connection,
    change: impl FnOnce(&Transaction) -> std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    // Immediate: a transaction that reads first and writes later could find that another was faster.
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(Error::from)?;
    let answer = change(&transaction)?;
    transaction.commit().map_err(Error::from)?;
    Ok(answer)
}

/// A connection whose holder panicked has rolled its transaction back: it is as good as before.
fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_revision_changes_when_another_process_commits() {
        let folder = tempfile::tempdir().unwrap();
        let (ours, theirs) = (
            Store::open(folder.path()).unwrap(),
            Store::open(folder.path()).unwrap(),
        );
        let before = ours.revision().unwrap();
        assert_eq!(ours.revision().unwrap(), before);
        let line = "insert into audit values (1, 1, 1, 'a', 'b', 'c', 'd', null, null, 'e', 'f')";
        theirs
            .write(|tx| tx.execute(line, []).map_err(Error::from))
            .unwrap();
        assert_ne!(ours.revision().unwrap(), before);
    }

    #[test]
    fn a_store_is_private_whatever_the_umask_says() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("store");
        drop(Store::open(&root).unwrap());
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o7777;
        assert_eq!(
            (
                mode(&root),
                mode(&root.join("store.db")),
                mode(&root.join("schema.lock"))
            ),
            (0o700, 0o600, 0o600)
        );
    }

    #[test]
    fn a_store_knows_when_another_or_nothing_is_at_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let (root, aside) = (folder.path().join("store"), folder.path().join("aside"));
        let store = Store::open(&root).unwrap();
        assert_eq!(store.standing(), Standing::Here);
        std::fs::rename(&root, &aside).unwrap();
        assert_eq!(store.standing(), Standing::Removed);
        let other = Store::open(&root).unwrap();
        assert_eq!(
            (store.standing(), other.standing()),
            (Standing::Replaced, Standing::Here)
        );
    }

    #[test]
    fn sixteen_threads_open_a_fresh_store_at_once() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..16)
                .map(|_| scope.spawn(|| Store::open(folder.path()).map(drop)))
                .collect();
            for thread in threads {
                thread.join().unwrap().unwrap();
            }
        });
    }

    #[test]
    fn a_file_that_is_no_database_is_said_to_be_damaged() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("store.db"), vec![7; 8_192]).unwrap();
        assert!(matches!(
            Store::open(folder.path()),
            Err(Error::Damaged { .. })
        ));
    }

    #[test]
    fn a_lock_that_another_keeps_and_a_page_that_is_damaged_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        store.try_to_write(Duration::ZERO).unwrap();
        assert_eq!(store.first_damage().unwrap(), None);
        let other = Connection::open(folder.path().join("store.db")).unwrap();
        other.execute_batch("begin exclusive").unwrap();
        let refused = store.try_to_write(Duration::ZERO);
        assert!(matches!(refused, Err(Error::Busy)), "{refused:?}");
        drop((other, store));

        use std::os::unix::fs::FileExt as _;
        let path = folder.path().join("store.db");
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        let pages = file.metadata().unwrap().len() / 4096;
        file.write_all_at(&[0xa5; 4096], (pages / 2) * 4096)
            .unwrap();
        // Whoever opens it may meet the page already.
        let found = Store::open(folder.path()).and_then(|store| store.first_damage());
        let is_found = matches!(found, Ok(Some(_)) | Err(Error::Damaged { .. }));
        assert!(is_found, "{found:?}");
    }

    /// A copy in steps used to begin anew at each commit of another process, and never came to its end.
    #[test]
    fn a_copy_comes_to_its_end_while_others_write() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let add = |text: &str| {
            let sql =
                "insert into audit values (null, 1, 1, 'a', 'b', 'c', ?1, null, null, 'e', 'f')";
            store.record(|tx| tx.execute(sql, [text]).map_err(Error::from))
        };
        for _ in 0..160 {
            add(&"x".repeat(256 << 10)).unwrap();
        }
        let copy = folder.path().join("copy.db");
        let is_copied = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_copied.load(Ordering::Acquire) {
                    add("y").unwrap();
                }
            });
            let copied = store.copy_to(&copy);
            is_copied.store(true, Ordering::Release);
            copied.unwrap();
        });
        let copy = Connection::open(&copy).unwrap();
        let lines: i64 = copy
            .query_row("select count(*) from audit", [], |row| row.get(0))
            .unwrap();
        assert!(160 <= lines);
    }

    #[test]
    fn a_failed_change_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let change = store.write(|tx| {
            tx.execute(
                "insert into audit values (1, 1, 1, 'a', 'b', 'c', 'd', null, null, 'e', 'f')",
                [],
            )
            .map_err(Error::from)?;
            Err::<(), _>(Error::Full)
        });
        assert!(change.is_err());
        let lines: i64 = store
            .read(|tx| {
                tx.query_row("select count(*) from audit", [], |row| row.get(0))
                    .map_err(Error::from)
            })
            .unwrap();
        assert_eq!(lines, 0);
    }
}
