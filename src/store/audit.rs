//! The audit chain's rows.

use rusqlite::{Connection, OptionalExtension, params};

use super::Result;
use crate::domain::{
    actors::Actor,
    audit::{Line, ROOT, hash},
    time::Timestamp,
};

/// What a line says, before it has its place in the chain.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    pub actor: &'a Actor,
    pub time: Timestamp,
    pub action: &'a str,
    pub target: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// Adds a line at the end of the chain, in the transaction of the change it tells of.
pub fn append(tx: &Connection, entry: Entry) -> Result<Line> {
    let (last, previous) = head(tx)?;
    let mut line = Line {
        seq: last + 1,
        time: entry.time,
        actor: entry.actor.clone(),
        action: entry.action.to_owned(),
        target: entry.target,
        before: entry.before,
        after: entry.after,
        previous,
        hash: String::new(),
    };
    line.hash = hash(&line);
    tx.prepare_cached("insert into audit values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")?
        .execute(params![
            line.seq as i64,
            line.time.0,
            line.actor.uid,
            line.actor.name,
            line.actor.host,
            line.action,
            line.target,
            line.before,
            line.after,
            line.previous,
            line.hash,
        ])?;
    Ok(line)
}

/// The number and the hash of the last line.
pub fn head(tx: &Connection) -> Result<(u64, String)> {
    let found = tx
        .prepare_cached("select seq, hash from audit order by seq desc limit 1")?
        .query_row([], |row| Ok((row.get::<_, i64>(0)? as u64, row.get(1)?)))
        .optional()?;
    Ok(found.unwrap_or((0, ROOT.to_owned())))
}

/// The whole chain, oldest first.
pub fn all(tx: &Connection) -> Result<Vec<Line>> {
    let mut query =
        tx.prepare_cached("select seq, time, uid, user, host, action, target, before, after, previous, hash from audit order by seq")?;
    let rows = query.query_map([], |row| {
        Ok(Line {
            seq: row.get::<_, i64>(0)? as u64,
            time: Timestamp(row.get(1)?),
            actor: Actor {
                uid: row.get(2)?,
                name: row.get(3)?,
                host: row.get(4)?,
            },
            action: row.get(5)?,
            target: row.get(6)?,
            before: row.get(7)?,
            after: row.get(8)?,
            previous: row.get(9)?,
            hash: row.get(10)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
