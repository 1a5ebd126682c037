//! How far each journal was taken in.

use rusqlite::{Connection, OptionalExtension, params};

use super::Result;
use crate::domain::ids::RunId;

/// Where reading goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Bytes taken in: always the end of a whole line.
    pub read: u64,
    /// The file they were read from; 0 before the first.
    pub inode: u64,
    /// Lines that were no record.
    pub bad: u64,
}

pub fn get(tx: &Connection, run: &RunId, attempt: u32) -> Result<Position> {
    let found = tx
        .prepare_cached("select read, inode, bad from journals where run = ?1 and attempt = ?2")?
        .query_row(params![run.to_string(), attempt], |row| {
            Ok(Position { read: row.get::<_, i64>(0)? as u64, inode: row.get::<_, i64>(1)? as u64, bad: row.get::<_, i64>(2)? as u64 })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

pub fn set(tx: &Connection, run: &RunId, attempt: u32, position: &Position) -> Result<()> {
    let Position { read, inode, bad } = *position;
    tx.prepare_cached(
        "insert into journals (run, attempt, read, inode, bad) values (?1, ?2, ?3, ?4, ?5)
         on conflict do update set read = excluded.read, inode = excluded.inode, bad = excluded.bad",
    )?
    .execute(params![run.to_string(), attempt, read as i64, inode as i64, bad as i64])?;
    Ok(())
}
