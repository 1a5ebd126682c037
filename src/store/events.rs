//! A run's history.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Error, Result, runs::json};
use crate::domain::{
    events::{Event, What},
    ids::RunId,
    runs::Ending,
    time::Timestamp,
};

pub fn insert(tx: &Connection, run: &RunId, event: &Event) -> Result<()> {
    tx.prepare_cached("insert into events (run, time, step, body) values (?1, ?2, ?3, ?4)")?
        .execute(params![
            run.to_string(),
            event.time.0,
            event.step,
            json(&event.what)
        ])?;
    Ok(())
}

/// The whole history, oldest first.
pub fn of(tx: &Connection, run: &RunId) -> Result<Vec<Event>> {
    let mut query =
        tx.prepare_cached("select time, step, body from events where run = ?1 order by id")?;
    let rows = query.query_map([run.to_string()], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?))
    })?;
    rows.map(|row| {
        let (time, step, body) = row?;
        Ok(Event {
            time: Timestamp(time),
            step,
            what: read(&body)?,
        })
    })
    .collect()
}

/// How an attempt of a run ended, and when; `None` while it has not. Each ends once, and before the next begins: the n-th
/// end is that of the n-th attempt.
pub fn end_of(tx: &Connection, run: &RunId, attempt: u32) -> Result<Option<(Timestamp, Ending)>> {
    let mut query = tx.prepare_cached(
        "select time, body from events where run = ?1 and body ->> 'event' = 'ended' order by id limit 1 offset ?2",
    )?;
    let found: Option<(i64, String)> = query
        .query_row(params![run.to_string(), attempt.saturating_sub(1)], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let Some((time, body)) = found else {
        return Ok(None);
    };
    Ok(match read(&body)? {
        What::Ended { how } => Some((Timestamp(time), how)),
        _ => None,
    })
}

fn read(body: &str) -> Result<What> {
    serde_json::from_str(body).map_err(|error| Error::Row {
        table: "events",
        what: format!("{body}: {error}"),
    })
}
