//! Migrations: numbered, forward only, all that are missing in one transaction, after a copy of the file.

use std::{
    fs::File,
    path::Path,
    time::{Duration, Instant},
};

use rusqlite::{Connection, TransactionBehavior};

use super::{Error, Result, door::Door, open_with_mode, series};

/// Never edited once released; a change is a new file at the end.
const MIGRATIONS: [&str; 8] = [
    include_str!("../../assets/migrations/0001_runs.sql"),
    series::SCHEMA,
    include_str!("../../assets/migrations/0003_indexes.sql"),
    include_str!("../../assets/migrations/0004_changes.sql"),
    include_str!("../../assets/migrations/0005_trash_and_filters.sql"),
    include_str!("../../assets/migrations/0006_datasets.sql"),
    include_str!("../../assets/migrations/0007_profiles.sql"),
    include_str!("../../assets/migrations/0008_remotes.sql"),
];

/// The schema that this program writes.
pub const VERSION: u32 = MIGRATIONS.len() as u32;

/// How long a migration waits for other processes to let go of the store.
const PATIENCE: Duration = Duration::from_secs(15);

/// Checks that a store which can only be read is at [`VERSION`], and leaves `lock`, where there is one, held shared.
pub(super) fn check(root: &Path, door: &Door, lock: Option<&File>) -> Result<()> {
    if let Some(lock) = lock {
        lock.lock_shared().map_err(|source| Error::Io {
            path: root.join("schema.lock"),
            source,
        })?;
    }
    match version(&door.connect()?)? {
        found if VERSION < found => Err(Error::Newer {
            found,
            known: VERSION,
        }),
        found if found < VERSION => Err(Error::OlderReadOnly {
            path: root.to_owned(),
            found,
            known: VERSION,
        }),
        _ => Ok(()),
    }
}

/// Leaves the store at [`VERSION`], with `lock` held shared.
pub(super) fn bring_up_to_date(root: &Path, door: &Door, lock: &File) -> Result<()> {
    let io = |source| Error::Io {
        path: root.join("schema.lock"),
        source,
    };
    lock.lock_shared().map_err(io)?;
    let found = version(&door.connect()?)?;
    match found {
        found if found == VERSION => return Ok(()),
        found if VERSION < found => {
            return Err(Error::Newer {
                found,
                known: VERSION,
            });
        }
        _ => {}
    }
    lock.unlock().map_err(io)?;
    {
        // Whoever holds this asks the others to let go; the kernel frees it should we die.
        let wanted = open_with_mode(&root.join("schema.wanted"), 0o660)?;
        let patience = Instant::now() + PATIENCE;
        wait_for(&wanted, patience, found)?;
        // Nobody else migrates now, so a look is enough: one of several that start at once finds the work done.
        if version(&door.connect()?)? < VERSION {
            wait_for(lock, patience, found)?;
            migrate(root, door)?;
        }
    }
    // A shared lock taken over an exclusive one replaces it.
    lock.lock_shared().map_err(io)
}

/// Is another process waiting to migrate?
pub(super) fn is_wanted_alone(root: &Path) -> bool {
    let Ok(wanted) = File::open(root.join("schema.wanted")) else {
        return false;
    };
    wanted.try_lock_shared().is_err()
}

fn wait_for(lock: &File, patience: Instant, from: u32) -> Result<()> {
    // Locks of this kind have no time limit of their own, so the wait is a poll.
    while lock.try_lock().is_err() {
        if patience < Instant::now() {
            return Err(Error::InUse { from, to: VERSION });
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn migrate(root: &Path, door: &Door) -> Result<()> {
    let mut connection = door.connect()?;
    let found = version(&connection)?;
    let Some(pending) = MIGRATIONS.get(found as usize..) else {
        return Err(Error::Newer {
            found,
            known: VERSION,
        });
    };
    if pending.is_empty() {
        return Ok(());
    }
    if 0 < found {
        keep_copy(&connection, root, found)?;
    } else {
        refuse_what_was_lost(&connection, root)?;
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for migration in pending {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(())
}

/// A database without a schema is that of a new store, unless there are runs beside it: then it was emptied, and a new one
/// would hide them.
fn refuse_what_was_lost(connection: &Connection, root: &Path) -> Result<()> {
    let tables: u32 =
        connection.query_row("select count(*) from sqlite_schema", [], |row| row.get(0))?;
    let damaged = |what: String| Err(Error::Damaged { what });
    if 0 < tables {
        return damaged("store.db has tables and no schema version".to_owned());
    }
    let is_filled = |name: &&str| {
        let mut entries = root.join(name).read_dir().into_iter().flatten();
        entries.next().is_some()
    };
    match ["runs", "requests"].into_iter().find(is_filled) {
        Some(folder) => damaged(format!("store.db is empty and {folder}/ is not")),
        None => Ok(()),
    }
}

/// Copies the database as it is into `store.db.schema-<version>`, once.
fn keep_copy(connection: &Connection, root: &Path, version: u32) -> Result<()> {
    let copy = root.join(format!("store.db.schema-{version}"));
    if copy.exists() {
        return Ok(());
    }
    // SQLite writes it piece by piece and does not sync it: one that was cut off must not be taken for a whole one.
    let draft = root.join(format!("store.db.schema-{version}.new"));
    let io = |source| Error::Io {
        path: draft.clone(),
        source,
    };
    match std::fs::remove_file(&draft) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(error)),
        _ => {}
    }
    let Some(text) = draft.to_str() else {
        let what = "SQLite copies into paths of UTF-8 alone";
        return Err(io(std::io::Error::new(
            std::io::ErrorKind::InvalidInput,
            what,
        )));
    };
    connection.execute("vacuum into ?", [text])?;
    File::open(&draft)
        .and_then(|file| file.sync_all())
        .and_then(|()| std::fs::rename(&draft, &copy))
        .and_then(|()| File::open(root)?.sync_all())
        .map_err(io)
}

fn version(connection: &Connection) -> Result<u32> {
    Ok(connection.query_row("pragma user_version", [], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::{super::Store, *};

    fn set_version(path: &Path, version: u32) {
        Connection::open(path)
            .unwrap()
            .pragma_update(None, "user_version", version)
            .unwrap();
    }

    #[test]
    fn a_newer_store_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        drop(Store::open(folder.path()).unwrap());
        set_version(&folder.path().join("store.db"), VERSION + 1);
        assert!(
            matches!(Store::open(folder.path()), Err(Error::Newer { found, known }) if found == VERSION + 1 && known == VERSION)
        );
    }

    #[test]
    fn an_older_store_is_copied_and_then_brought_up_to_date_with_its_rows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(MIGRATIONS[0]).unwrap();
        connection
            .execute(
                "insert into audit values (1, 1, 1, 'a', 'b', 'c', 'd', null, null, 'e', 'f')",
                [],
            )
            .unwrap();
        drop(connection);
        set_version(&path, 1);
        // A copy that was cut off.
        let draft = folder.path().join("store.db.schema-1.new");
        std::fs::write(&draft, "half").unwrap();
        let store = Store::open(folder.path()).unwrap();
        let lines: i64 = store
            .read(|tx| {
                tx.query_row("select count(*) from audit", [], |row| row.get(0))
                    .map_err(Error::from)
            })
            .unwrap();
        assert_eq!(lines, 1);
        assert!(!draft.exists());
        assert_eq!(
            version(&Connection::open(folder.path().join("store.db.schema-1")).unwrap()).unwrap(),
            1
        );
    }

    #[test]
    fn a_store_that_was_emptied_beside_its_runs_is_damaged_and_not_new() {
        for (folder, sql) in [
            ("runs", ""),
            ("requests", ""),
            ("none", "create table a (b)"),
        ] {
            let root = tempfile::tempdir().unwrap();
            std::fs::create_dir_all(root.path().join(folder).join("x")).unwrap();
            let path = root.path().join("store.db");
            std::fs::write(&path, "").unwrap();
            Connection::open(&path).unwrap().execute_batch(sql).unwrap();
            let found = Store::open(root.path()).map(drop);
            assert!(
                matches!(found, Err(Error::Damaged { .. })),
                "{folder}: {found:?}"
            );
            let version = version(&Connection::open(&path).unwrap()).unwrap();
            assert_eq!(version, 0, "{folder}");
        }
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("runs")).unwrap();
        Store::open(root.path()).unwrap();
    }

    #[test]
    fn a_migration_waits_until_the_others_let_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let older = Connection::open(&path).unwrap();
        older.execute_batch(MIGRATIONS[0]).unwrap();
        drop(older);
        set_version(&path, 1);
        let other = open_with_mode(&folder.path().join("schema.lock"), 0o600).unwrap();
        other.lock_shared().unwrap();
        std::thread::scope(|scope| {
            let opening = scope.spawn(|| Store::open(folder.path()).map(drop));
            while !is_wanted_alone(folder.path()) {
                std::thread::yield_now();
            }
            assert!(!opening.is_finished());
            drop(other);
            opening.join().unwrap().unwrap();
        });
    }
}
