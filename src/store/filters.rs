//! Filters kept under a name.

use rusqlite::{Connection, Row, params};

use super::Result;
use crate::domain::{actors::Actor, filter::Saved, time::Timestamp};

/// The filters of all lists of runs: the only kind there is.
const LIST: &str = "runs";

/// All of them, by name.
pub fn all(tx: &Connection) -> Result<Vec<Saved>> {
    let mut query = tx.prepare_cached(
        "select name, text, uid, user, host, created from filters where list = ?1 order by name",
    )?;
    let rows = query.query_map([LIST], saved)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn saved(row: &Row) -> rusqlite::Result<Saved> {
    Ok(Saved {
        name: row.get(0)?,
        text: row.get(1)?,
        actor: Actor {
            uid: row.get(2)?,
            name: row.get(3)?,
            host: row.get(4)?,
        },
        created: Timestamp(row.get(5)?),
    })
}

/// Adds a filter, or takes the place of the one of its name.
pub fn put(tx: &Connection, filter: &Saved) -> Result<()> {
    tx.prepare_cached(
        "insert or replace into filters (list, name, text, uid, user, host, created)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        LIST,
        filter.name,
        filter.text,
        filter.actor.uid,
        filter.actor.name,
        filter.actor.host,
        filter.created.0
    ])?;
    Ok(())
}

/// Takes a filter away.
pub fn remove(tx: &Connection, name: &str) -> Result<()> {
    tx.prepare_cached("delete from filters where list = ?1 and name = ?2")?
        .execute([LIST, name])?;
    Ok(())
}
