//! Migrations: numbered, forward only, all that are missing in one transaction, after a copy of the file.

use std::{
    fs::File,
    path::Path,
    time::{Duration, Instant},
};

use rusqlite::{Connection, TransactionBehavior};

use super::{Error, Result, connect, open_with_mode, series};

/// Never edited once released; a change is a new file at the end.
const MIGRATIONS: [&str; 2] = [
    include_str!("../../assets/migrations/0001_runs.sql"),
    series::SCHEMA,
];

/// The schema that this program writes.
pub const VERSION: u32 = MIGRATIONS.len() as u32;

/// How long a migration waits for other processes to let go of the store.
const PATIENCE: Duration = Duration::from_secs(15);

/// Leaves the store at [`VERSION`], with `lock` held shared.
pub(super) fn bring_up_to_date(root: &Path, path: &Path, lock: &File) -> Result<()> {
    let io = |source| Error::Io {
        path: root.join("schema.lock"),
        source,
    };
    lock.lock_shared().map_err(io)?;
    let found = version(&connect(path)?)?;
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
        wanted.lock().map_err(io)?;
        // Nobody else migrates now, so a look is enough: one of several that start at once finds the work done.
        if version(&connect(path)?)? < VERSION {
            take_alone(lock, found)?;
            migrate(root, path)?;
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

fn take_alone(lock: &File, from: u32) -> Result<()> {
    let patience = Instant::now() + PATIENCE;
    // Locks of this kind have no time limit of their own, so the wait is a poll.
    while lock.try_lock().is_err() {
        if patience < Instant::now() {
            return Err(Error::InUse { from, to: VERSION });
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn migrate(root: &Path, path: &Path) -> Result<()> {
    let mut connection = connect(path)?;
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
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for migration in pending {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(())
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
    connection.execute("vacuum into ?", [draft.to_string_lossy()])?;
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
    fn a_migration_waits_until_the_others_let_go() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        set_version(&folder.path().join("store.db"), 1);
        // The schema is at its newest already, so take back what the second migration made.
        store
            .write(|tx| {
                tx.execute_batch(
                    "drop table pending; drop table part; drop table chunk; drop table series;",
                )
                .map_err(Error::from)
            })
            .unwrap();
        std::thread::scope(|scope| {
            let opening = scope.spawn(|| Store::open(folder.path()).map(drop));
            while !store.is_wanted_alone() {
                std::thread::yield_now();
            }
            assert!(!opening.is_finished());
            drop(store);
            opening.join().unwrap().unwrap();
        });
    }
}
