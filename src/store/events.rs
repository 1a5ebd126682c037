//! A run's history.

use rusqlite::{Connection, params};

use super::{Error, Result, runs::json};
use crate::domain::{
    events::{Event, What},
    ids::RunId,
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
        let what: What = serde_json::from_str(&body).map_err(|error| Error::Row {
            table: "events",
            what: format!("{body}: {error}"),
        })?;
        Ok(Event {
            time: Timestamp(time),
            step,
            what,
        })
    })
    .collect()
}
