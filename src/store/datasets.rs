//! Versions of data sets, their tags, and which runs were made of them.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{Error, Result};
use crate::domain::{actors::Actor, datasets::Version, ids::RunId, runs::Trashed, time::Timestamp};

mod contents;

pub use contents::{forget_profiles, profiles, set_profile, set_splits, splits};

const COLUMNS: &str = "dataset, number, hash, files, bytes, stored, parent, message, repository_commit, is_reference, sources, \
     uid, user, host, created, trashed, trashed_by";

/// All versions, by the name of their data set, the newest first; those in the trash too.
pub fn all(tx: &Connection) -> Result<Vec<Version>> {
    let sql = format!("select {COLUMNS} from data_versions order by dataset, number desc");
    versions(tx, &sql, [])
}

/// The versions of one data set, the newest first; those in the trash too.
pub fn of(tx: &Connection, dataset: &str) -> Result<Vec<Version>> {
    let sql =
        format!("select {COLUMNS} from data_versions where dataset = ?1 order by number desc");
    versions(tx, &sql, [dataset])
}

/// The versions whose hash begins so, the newest first.
pub fn by_hash(tx: &Connection, start: &str) -> Result<Vec<Version>> {
    let sql = format!(
        "select {COLUMNS} from data_versions where hash >= ?1 and hash < ?1 || 'g' order by created desc, dataset, number desc"
    );
    versions(tx, &sql, [start])
}

pub fn get(tx: &Connection, dataset: &str, number: u32) -> Result<Option<Version>> {
    let sql = format!("select {COLUMNS} from data_versions where dataset = ?1 and number = ?2");
    Ok(versions(tx, &sql, params![dataset, number])?.pop())
}

fn versions(tx: &Connection, sql: &str, values: impl rusqlite::Params) -> Result<Vec<Version>> {
    let mut query = tx.prepare_cached(sql)?;
    let rows = query.query_map(values, |row| Ok(version(row)))?;
    let versions = rows.map(|row| row.map_err(Error::from)?);
    versions
        .map(|version| {
            let version = version?;
            let tags = tags(tx, &version.dataset, version.number)?;
            Ok(Version { tags, ..version })
        })
        .collect()
}

fn version(row: &Row) -> Result<Version> {
    let unreadable = |what: String| Error::Row {
        table: "data_versions",
        what,
    };
    let hash: String = row.get(2)?;
    let sources: String = row.get(10)?;
    let trashed: Option<i64> = row.get(15)?;
    Ok(Version {
        dataset: row.get(0)?,
        number: row.get(1)?,
        hash: hash
            .parse()
            .map_err(|_| unreadable(format!("{hash:?} is no hash")))?,
        files: row.get::<_, i64>(3)? as u64,
        bytes: row.get::<_, i64>(4)? as u64,
        stored: row.get::<_, i64>(5)? as u64,
        parent: row.get(6)?,
        message: row.get(7)?,
        tags: vec![],
        commit: row.get(8)?,
        is_reference: row.get(9)?,
        sources: serde_json::from_str(&sources).map_err(|error| unreadable(error.to_string()))?,
        actor: Actor {
            uid: row.get(11)?,
            name: row.get(12)?,
            host: row.get(13)?,
        },
        created: Timestamp(row.get(14)?),
        trashed: match trashed {
            Some(at) => Some(Trashed {
                at: Timestamp(at),
                by: row.get::<_, Option<String>>(16)?.unwrap_or_default(),
            }),
            None => None,
        },
    })
}

fn tags(tx: &Connection, dataset: &str, number: u32) -> Result<Vec<String>> {
    let mut query = tx.prepare_cached(
        "select tag from data_tags where dataset = ?1 and number = ?2 order by tag",
    )?;
    let tags = query.query_map(params![dataset, number], |row| row.get(0))?;
    Ok(tags.collect::<rusqlite::Result<_>>()?)
}

/// The number of the next version of a data set, which nobody gets again.
pub fn next_number(tx: &Connection, dataset: &str) -> Result<u32> {
    let mut query = tx.prepare_cached(
        "insert into datasets (name, last) values (?1, 1)
         on conflict (name) do update set last = last + 1 returning last",
    )?;
    Ok(query.query_row([dataset], |row| row.get(0))?)
}

/// Notes that a number was given elsewhere: it is not given again here.
pub fn take_number(tx: &Connection, dataset: &str, number: u32) -> Result<()> {
    tx.prepare_cached(
        "insert into datasets (name, last) values (?1, ?2)
         on conflict (name) do update set last = max(last, excluded.last)",
    )?
    .execute(params![dataset, number])?;
    Ok(())
}

pub fn insert(tx: &Connection, version: &Version) -> Result<()> {
    let sources = serde_json::to_string(&version.sources).expect("paths are texts");
    tx.prepare_cached(&format!(
        "insert into data_versions ({COLUMNS})
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, null, null)"
    ))?
    .execute(params![
        version.dataset,
        version.number,
        version.hash.to_string(),
        version.files as i64,
        version.bytes as i64,
        version.stored as i64,
        version.parent,
        version.message,
        version.commit,
        version.is_reference,
        sources,
        version.actor.uid,
        version.actor.name,
        version.actor.host,
        version.created.0,
    ])?;
    for tag in &version.tags {
        set_tag(tx, &version.dataset, tag, version.number)?;
    }
    Ok(())
}

/// The number of the version that has a tag.
pub fn tagged(tx: &Connection, dataset: &str, tag: &str) -> Result<Option<u32>> {
    let mut query =
        tx.prepare_cached("select number from data_tags where dataset = ?1 and tag = ?2")?;
    Ok(query
        .query_row([dataset, tag], |row| row.get(0))
        .optional()?)
}

/// Puts a tag on a version, away from the one that had it.
pub fn set_tag(tx: &Connection, dataset: &str, tag: &str, number: u32) -> Result<()> {
    tx.prepare_cached(
        "insert or replace into data_tags (dataset, tag, number) values (?1, ?2, ?3)",
    )?
    .execute(params![dataset, tag, number])?;
    Ok(())
}

pub fn remove_tag(tx: &Connection, dataset: &str, tag: &str) -> Result<()> {
    tx.prepare_cached("delete from data_tags where dataset = ?1 and tag = ?2")?
        .execute([dataset, tag])?;
    Ok(())
}

/// Puts a version into the trash, or takes it out.
pub fn set_trashed(tx: &Connection, version: &Version, trashed: Option<&Trashed>) -> Result<()> {
    tx.prepare_cached(
        "update data_versions set trashed = ?3, trashed_by = ?4 where dataset = ?1 and number = ?2",
    )?
    .execute(params![
        version.dataset,
        version.number,
        trashed.map(|trashed| trashed.at.0),
        trashed.map(|trashed| &trashed.by),
    ])?;
    Ok(())
}

/// Forgets a version. Its content stays in the vault until it is collected.
pub fn delete(tx: &Connection, version: &Version) -> Result<()> {
    tx.prepare_cached("delete from data_versions where dataset = ?1 and number = ?2")?
        .execute(params![version.dataset, version.number])?;
    Ok(())
}

/// Notes that a run was made of a version.
pub fn used(tx: &Connection, run: &RunId, dataset: &str, number: u32) -> Result<()> {
    tx.prepare_cached("insert or ignore into run_data (run, dataset, number) values (?1, ?2, ?3)")?
        .execute(params![run.to_string(), dataset, number])?;
    Ok(())
}

/// The runs that were made of a version, the newest first: id and name.
pub fn runs(tx: &Connection, dataset: &str, number: u32) -> Result<Vec<(RunId, String)>> {
    let mut query = tx.prepare_cached(
        "select runs.id, runs.name from run_data join runs on runs.id = run_data.run
         where dataset = ?1 and number = ?2 order by runs.created desc, runs.id",
    )?;
    let rows = query.query_map(params![dataset, number], |row| {
        Ok((row.get::<_, String>(0)?, row.get(1)?))
    })?;
    rows.map(|row| {
        let (id, name) = row?;
        let id = id.parse().map_err(|_| Error::Row {
            table: "run_data",
            what: format!("{id:?} is no id"),
        })?;
        Ok((id, name))
    })
    .collect()
}

/// The versions that a run was made of: data set and number.
pub fn of_run(tx: &Connection, run: &RunId) -> Result<Vec<(String, u32)>> {
    let mut query = tx.prepare_cached(
        "select dataset, number from run_data where run = ?1 order by dataset, number",
    )?;
    let rows = query.query_map([run.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
