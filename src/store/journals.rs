//! How far each journal was taken in.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Error, Result, runs::json};
use crate::domain::{ids::RunId, records::End};

/// Where reading goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Bytes taken in: always the end of a whole line.
    pub read: u64,
    /// The file they were read from; 0 before the first.
    pub inode: u64,
    /// Lines that were no record.
    pub bad: u64,
    /// How its writer said that the attempt ended.
    pub end: Option<End>,
}

pub fn get(tx: &Connection, run: &RunId, attempt: u32) -> Result<Position> {
    let found = tx
        .prepare_cached(
            "select read, inode, bad, ended from journals where run = ?1 and attempt = ?2",
        )?
        .query_row(params![run.to_string(), attempt], |row| {
            let numbers = [row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?];
            Ok((numbers, row.get::<_, Option<String>>(3)?))
        })
        .optional()?;
    let Some(([read, inode, bad], end)) = found else {
        return Ok(Position::default());
    };
    let end = end.map(|text| serde_json::from_str(&text)).transpose();
    let end = end.map_err(|error| Error::Row {
        table: "journals",
        what: error.to_string(),
    })?;
    Ok(Position {
        read: read as u64,
        inode: inode as u64,
        bad: bad as u64,
        end,
    })
}

pub fn set(tx: &Connection, run: &RunId, attempt: u32, position: &Position) -> Result<()> {
    let Position {
        read,
        inode,
        bad,
        end,
    } = position;
    let end = end.as_ref().map(json);
    tx.prepare_cached(
        "insert into journals (run, attempt, read, inode, bad, ended) values (?1, ?2, ?3, ?4, ?5, ?6)
         on conflict do update set read = excluded.read, inode = excluded.inode, bad = excluded.bad, ended = excluded.ended",
    )?
    .execute(params![run.to_string(), attempt, *read as i64, *inode as i64, *bad as i64, end])?;
    Ok(())
}
