//! Parameters of runs, and the names that runs know.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};

use super::{parse_id, text};
use crate::{
    domain::ids::RunId,
    store::{Error, Result},
};

pub fn run_params(tx: &Connection, id: &RunId) -> Result<BTreeMap<String, serde_json::Value>> {
    let mut query = tx.prepare_cached("select name, value from params where run = ?1")?;
    let rows = query.query_map([id.to_string()], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    rows.map(|row| {
        let (name, value) = row?;
        Ok((name, param(&value)?))
    })
    .collect()
}

/// Hands over the parameters of all runs that this name may mean, each with its whole name: the one of this name, and
/// dotted ones that end in it (see [`crate::domain::filter::param`]).
pub fn each_of_param(
    tx: &Connection,
    name: &str,
    mut take: impl FnMut(RunId, &str, serde_json::Value),
) -> Result<()> {
    // There are few names and many rows: the names are stepped through in the index, one look each.
    let mut query = tx.prepare_cached(
        "with recursive names(name) as (
             select min(name) from params
             union all
             select (select min(name) from params where names.name < params.name) from names where name is not null
         )
         select run, name, value from params where name in (
             select name from names where name = ?1 or substr(name, -1 - length(?1)) = '.' || ?1
         )",
    )?;
    let mut rows = query.query([name])?;
    while let Some(row) = rows.next()? {
        let value = param(text(row, 2)?)?;
        take(parse_id("params", text(row, 0)?)?, text(row, 1)?, value);
    }
    Ok(())
}

fn param(value: &str) -> Result<serde_json::Value> {
    serde_json::from_str(value).map_err(|error| Error::Row {
        table: "params",
        what: error.to_string(),
    })
}

pub fn set_param(tx: &Connection, id: &RunId, name: &str, value: &serde_json::Value) -> Result<()> {
    tx.prepare_cached("insert into params (run, name, value) values (?1, ?2, ?3) on conflict do update set value = excluded.value")?
        .execute(params![id.to_string(), name, value.to_string()])?;
    Ok(())
}

pub fn remove_param(tx: &Connection, id: &RunId, name: &str) -> Result<bool> {
    Ok(tx
        .prepare_cached("delete from params where run = ?1 and name = ?2")?
        .execute([&id.to_string(), name])?
        != 0)
}

/// The names of all parameters and metrics that any run has.
pub fn known_names(tx: &Connection) -> Result<BTreeSet<String>> {
    let mut names = known_params(tx)?;
    names.extend(known_metrics(tx)?);
    Ok(names)
}

/// The names of all parameters that any run has.
pub fn known_params(tx: &Connection) -> Result<BTreeSet<String>> {
    // There are few names and many rows: the names are stepped through in the index, one look each.
    stepped(
        tx,
        "with recursive param(name) as (
             select min(name) from params
             union all
             select (select min(name) from params where param.name < params.name) from param where name is not null
         )
         select name from param where name is not null",
    )
}

/// The names of all metrics that any run has.
pub fn known_metrics(tx: &Connection) -> Result<BTreeSet<String>> {
    stepped(
        tx,
        "with recursive metric(name) as (
             select min(metric) from series
             union all
             select (select min(metric) from series where metric.name < series.metric) from metric where name is not null
         )
         select name from metric where name is not null",
    )
}

fn stepped(tx: &Connection, sql: &str) -> Result<BTreeSet<String>> {
    let mut query = tx.prepare_cached(sql)?;
    let rows = query.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        Store,
        runs::{insert, tests::run},
    };

    /// A filter by `lr` used to find no run whose program calls it `optimiser.lr`.
    #[test]
    fn a_parameter_is_found_by_the_end_of_its_dotted_name() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let found = store.write(|tx| {
            insert(tx, &run(1, &["lr"]), &serde_json::json!({}))?;
            insert(
                tx,
                &run(2, &["optimiser.lr", "flr", "lr.x"]),
                &serde_json::json!({}),
            )?;
            insert(tx, &run(3, &["seed"]), &serde_json::json!({}))?;
            let mut names = vec![];
            each_of_param(tx, "lr", |_, name, _| names.push(name.to_owned()))?;
            Ok::<_, Error>(names)
        });
        let mut names = found.unwrap();
        names.sort();
        assert_eq!(names, ["lr", "optimiser.lr"]);
    }
}
