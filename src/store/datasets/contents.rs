//! What is known of the tables in versions, and the splits that versions declare.

use rusqlite::{Connection, params};

use super::super::{Error, Result};
use crate::domain::{
    datasets::{Split, Version},
    hashes::Hash,
};

/// The profiles of the tables under a hash, as JSON, by path.
pub fn profiles(tx: &Connection, hash: &Hash) -> Result<Vec<(String, String)>> {
    let mut query =
        tx.prepare_cached("select path, profile from data_profiles where hash = ?1 order by path")?;
    let rows = query.query_map([hash.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Keeps a profile in the place of what was there.
pub fn set_profile(tx: &Connection, hash: &Hash, path: &str, profile: &str) -> Result<()> {
    tx.prepare_cached(
        "insert or replace into data_profiles (hash, path, profile) values (?1, ?2, ?3)",
    )?
    .execute(params![hash.to_string(), path, profile])?;
    Ok(())
}

/// Forgets the profiles of content that no version has any more.
pub fn forget_profiles(tx: &Connection) -> Result<()> {
    tx.prepare_cached(
        "delete from data_profiles where hash not in (select hash from data_versions)",
    )?
    .execute([])?;
    Ok(())
}

/// The splits of a version, in the order of their declaration.
pub fn splits(tx: &Connection, version: &Version) -> Result<Vec<Split>> {
    let mut query = tx.prepare_cached(
        "select name, paths from data_splits where dataset = ?1 and number = ?2 order by position",
    )?;
    let rows = query.query_map(params![version.dataset, version.number], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    rows.map(|row| {
        let (name, paths) = row?;
        let paths = serde_json::from_str(&paths).map_err(|error| Error::Row {
            table: "data_splits",
            what: error.to_string(),
        })?;
        Ok(Split { name, paths })
    })
    .collect()
}

/// Gives a version these splits in the place of those it had.
pub fn set_splits(tx: &Connection, dataset: &str, number: u32, splits: &[Split]) -> Result<()> {
    tx.prepare_cached("delete from data_splits where dataset = ?1 and number = ?2")?
        .execute(params![dataset, number])?;
    for (position, split) in splits.iter().enumerate() {
        let paths = serde_json::to_string(&split.paths).expect("paths are texts");
        tx.prepare_cached(
            "insert into data_splits (dataset, number, position, name, paths) values (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![dataset, number, position as i64, split.name, paths])?;
    }
    Ok(())
}
