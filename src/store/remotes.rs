//! Places that keep versions of data besides this store.

use rusqlite::{Connection, params};

use super::Result;
use crate::domain::remotes::Remote;

/// All of them, by name.
pub fn all(tx: &Connection) -> Result<Vec<Remote>> {
    let mut query =
        tx.prepare_cached("select name, url, endpoint, region from remotes order by name")?;
    let rows = query.query_map([], |row| {
        Ok(Remote {
            name: row.get(0)?,
            url: row.get(1)?,
            endpoint: row.get(2)?,
            region: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Takes one in; its name must be free.
pub fn insert(tx: &Connection, remote: &Remote) -> Result<()> {
    tx.prepare_cached("insert into remotes (name, url, endpoint, region) values (?1, ?2, ?3, ?4)")?
        .execute(params![
            remote.name,
            remote.url,
            remote.endpoint,
            remote.region
        ])?;
    Ok(())
}

pub fn delete(tx: &Connection, name: &str) -> Result<()> {
    tx.prepare_cached("delete from remotes where name = ?1")?
        .execute([name])?;
    Ok(())
}
