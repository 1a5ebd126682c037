//! Rows of runs, and what hangs on them: parameters, tags, notes, artifacts.

mod params;

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, Row, params, types::Value};

use super::{Error, Result};
use crate::domain::{
    actors::Actor,
    ids::{Id, RunId},
    records::Artifact,
    runs::{Progress, Run, RunState, StateWord, Tag, Trashed},
    time::Timestamp,
};
pub use params::{
    each_of_param, known_metrics, known_names, known_params, remove_param, run_params, set_param,
};

/// Adds a run. Says `false`, and adds nothing, when the name is taken.
pub fn insert(tx: &Connection, run: &Run, captured: &serde_json::Value) -> Result<bool> {
    let added = tx
        .prepare_cached(
            "insert into runs (id, name, experiment, kind, preset, state, detail, uid, user, host, created, attempt, note)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) on conflict (name) do nothing",
        )?
        .execute(params![
            run.id.to_string(),
            run.name,
            run.experiment,
            run.kind.to_string(),
            run.preset,
            run.state.word().to_string(),
            json(&run.state),
            run.actor.uid,
            run.actor.name,
            run.actor.host,
            run.created.0,
            run.attempt,
            run.note,
        ])?;
    if added == 0 {
        return Ok(false);
    }
    tx.prepare_cached("insert into captured (run, body) values (?1, ?2)")?
        .execute([run.id.to_string(), captured.to_string()])?;
    for tag in &run.tags {
        add_tag(tx, &run.id, tag)?;
    }
    for (name, value) in &run.params {
        set_param(tx, &run.id, name, value)?;
    }
    Ok(true)
}

const COLUMNS: &str = "id, name, experiment, kind, preset, detail, uid, user, host, created, attempt, step, steps, epoch, epochs, note, trashed, trashed_by";

/// A run with its tags and parameters.
pub fn get(tx: &Connection, id: &RunId) -> Result<Option<Run>> {
    let mut query = tx.prepare_cached(&format!("select {COLUMNS} from runs where id = ?1"))?;
    let found = query
        .query_row([id.to_string()], |row| Ok(bare(row)))
        .optional()?
        .transpose()?;
    found.map(|run| complete(tx, run)).transpose()
}

/// Every run without tags and parameters, in no order.
pub fn all_bare(tx: &Connection) -> Result<Vec<Run>> {
    let mut runs = vec![];
    each_bare(tx, |run| runs.push(run))?;
    Ok(runs)
}

/// Hands over every run without tags and parameters, in no order, one at a time: all of them may be too much to hold.
pub fn each_bare(tx: &Connection, mut take: impl FnMut(Run)) -> Result<()> {
    let mut query = tx.prepare_cached(&format!("select {COLUMNS} from runs"))?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        take(bare(row)?);
    }
    Ok(())
}

pub fn ids(tx: &Connection) -> Result<Vec<RunId>> {
    let mut query = tx.prepare_cached("select id from runs")?;
    let rows = query.query_map([], |row| row.get::<_, String>(0))?;
    rows.map(|row| parse_id("runs", &row?)).collect()
}

/// The number of the newest change of any run; it only ever grows.
pub fn newest_change(tx: &Connection) -> Result<i64> {
    let mut query = tx.prepare_cached("select newest from run_changes")?;
    Ok(query.query_row([], |row| row.get(0))?)
}

/// The runs that changed after a change, without tags and parameters, in no order.
pub fn changed_since(tx: &Connection, change: i64) -> Result<Vec<Run>> {
    let mut query = tx.prepare_cached(&format!("select {COLUMNS} from runs where ?1 < changed"))?;
    let rows = query.query_map([change], |row| Ok(bare(row)))?;
    rows.map(|row| row.map_err(Error::from)?).collect()
}

/// Says that something of a run changed which its row does not show: its series.
pub fn touch(tx: &Connection, id: &RunId) -> Result<()> {
    tx.prepare_cached("update run_changes set newest = newest + 1")?
        .execute([])?;
    tx.prepare_cached("update runs set changed = (select newest from run_changes) where id = ?1")?
        .execute([id.to_string()])?;
    Ok(())
}

/// Adds tags and parameters to a bare run.
pub fn complete(tx: &Connection, run: Run) -> Result<Run> {
    Ok(Run {
        tags: tags(tx, &run.id)?,
        params: run_params(tx, &run.id)?,
        ..run
    })
}

fn bare(row: &Row) -> Result<Run> {
    let broken = |what: String| Error::Row {
        table: "runs",
        what,
    };
    let id: String = row.get(0)?;
    let kind: String = row.get(3)?;
    let detail: String = row.get(5)?;
    Ok(Run {
        id: id.parse().map_err(|_| broken(id.clone()))?,
        name: row.get(1)?,
        experiment: row.get(2)?,
        kind: kind.parse().map_err(|_| broken(kind.clone()))?,
        preset: row.get(4)?,
        state: serde_json::from_str(&detail)
            .map_err(|error| broken(format!("{detail}: {error}")))?,
        actor: Actor {
            uid: row.get(6)?,
            name: row.get(7)?,
            host: row.get(8)?,
        },
        created: Timestamp(row.get(9)?),
        attempt: row.get(10)?,
        progress: Progress {
            step: row.get(11)?,
            steps: row.get(12)?,
            epoch: row.get(13)?,
            epochs: row.get(14)?,
        },
        note: row.get(15)?,
        trashed: row
            .get::<_, Option<i64>>(16)?
            .map(|at| {
                Ok::<_, Error>(Trashed {
                    at: Timestamp(at),
                    by: row.get(17)?,
                })
            })
            .transpose()?,
        tags: BTreeSet::new(),
        params: BTreeMap::new(),
    })
}

/// What SQL can sort by itself, with indexes or over one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Created,
    Name,
    State,
    Step,
}

impl Order {
    /// Does the database keep the runs in this order, or must it look at all of them?
    pub fn has_index(self) -> bool {
        matches!(self, Self::Created | Self::State)
    }
}

/// A page of ids, without the trash. `states` empty means all. Ties go to the newer run.
pub fn page(
    tx: &Connection,
    states: &[StateWord],
    order: Order,
    descending: bool,
    offset: u64,
    limit: u64,
) -> Result<Vec<RunId>> {
    let column = match order {
        Order::Created => "created",
        Order::Name => "name collate nocase",
        Order::State => "state",
        Order::Step => "step",
    };
    let way = if descending { "desc" } else { "asc" };
    let tie = if order == Order::Created {
        "id"
    } else {
        "created desc, id"
    };
    let sql = format!(
        "select id from runs where {} {} order by {column} {way}, {tie} limit ? offset ?",
        outside_trash(order),
        in_states(states)
    );
    let mut values: Vec<Value> = states
        .iter()
        .map(|state| Value::Text(state.to_string()))
        .collect();
    values.extend([whole(limit), whole(offset)]);
    let mut query = tx.prepare_cached(&sql)?;
    let rows = query.query_map(rusqlite::params_from_iter(values), |row| {
        row.get::<_, String>(0)
    })?;
    rows.map(|row| parse_id("runs", &row?)).collect()
}

/// Where no index has the order, none of them helps: the plus keeps the table from being read by one.
fn outside_trash(order: Order) -> &'static str {
    match order.has_index() {
        true => "trashed is null",
        false => "+trashed is null",
    }
}

/// How many runs stand before this one in an order; `None` when it is not there, or in the trash.
pub fn place(tx: &Connection, id: &RunId, order: Order, descending: bool) -> Result<Option<u64>> {
    let (column, collate) = match order {
        Order::Created => ("created", ""),
        Order::Name => ("name", "collate nocase"),
        Order::State => ("state", ""),
        Order::Step => ("step", ""),
    };
    let before = if descending { ">" } else { "<" };
    // The same ties as in `page`.
    let tie = if order == Order::Created {
        "runs.id < own.id"
    } else {
        "(runs.created > own.created or (runs.created = own.created and runs.id < own.id))"
    };
    let (first, then) = (
        format!("runs.{column} {before} own.{column} {collate}"),
        format!("runs.{column} = own.{column} {collate} and {tie}"),
    );
    let count = |which: &str| {
        let outside = outside_trash(order);
        format!("(select count(*) from runs where {outside} and ({which}))")
    };
    let counted = match order.has_index() {
        // With an `or` between them, every entry of the index would be looked at.
        true => format!("{} + {}", count(&first), count(&then)),
        false => count(&format!("{first} or ({then})")),
    };
    let sql = format!("select {counted} from runs as own where own.id = ? and own.trashed is null");
    let place = tx
        .prepare_cached(&sql)?
        .query_row([id.to_string()], |row| row.get::<_, i64>(0))
        .optional()?;
    Ok(place.map(|place| place as u64))
}

/// How many runs are in one of these states, or in any where none is named, without the trash.
pub fn count(tx: &Connection, states: &[StateWord]) -> Result<u64> {
    let sql = match states {
        // A table is counted faster than a part of it.
        [] => "select (select count(*) from runs) - (select count(*) from runs where trashed is not null)".to_owned(),
        _ => format!("select count(*) from runs where trashed is null {}", in_states(states)),
    };
    let values = states.iter().map(ToString::to_string);
    Ok(tx
        .prepare_cached(&sql)?
        .query_row(rusqlite::params_from_iter(values), |row| {
            row.get::<_, i64>(0)
        })? as u64)
}

fn in_states(states: &[StateWord]) -> String {
    match states.len() {
        0 => String::new(),
        n => format!("and state in ({})", vec!["?"; n].join(", ")),
    }
}

/// How many runs there are, with the trash.
pub fn count_all(tx: &Connection) -> Result<u64> {
    let mut query = tx.prepare_cached("select count(*) from runs")?;
    Ok(query.query_row([], |row| row.get::<_, i64>(0))? as u64)
}

/// The runs in the trash, without tags and parameters, the newest there first.
pub fn in_trash(tx: &Connection) -> Result<Vec<Run>> {
    let mut query = tx.prepare_cached(&format!(
        "select {COLUMNS} from runs where trashed is not null order by trashed desc, created desc, id"
    ))?;
    let rows = query.query_map([], |row| Ok(bare(row)))?;
    rows.map(|row| row.map_err(Error::from)?).collect()
}

/// Puts a run into the trash, or takes it out.
pub fn set_trashed(tx: &Connection, id: &RunId, trashed: Option<&Trashed>) -> Result<()> {
    tx.prepare_cached("update runs set trashed = ?2, trashed_by = ?3 where id = ?1")?
        .execute(params![
            id.to_string(),
            trashed.map(|trashed| trashed.at.0),
            trashed.map(|trashed| &trashed.by)
        ])?;
    Ok(())
}

/// Removes a run and all that hangs on it.
pub fn delete(tx: &Connection, id: &RunId) -> Result<()> {
    tx.prepare_cached("delete from runs where id = ?1")?
        .execute([id.to_string()])?;
    Ok(())
}

pub fn by_name(tx: &Connection, name: &str) -> Result<Option<RunId>> {
    let found: Option<String> = tx
        .prepare_cached("select id from runs where name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    found.map(|id| parse_id("runs", &id)).transpose()
}

/// Ids that begin with these hex digits, at most `limit`.
pub fn by_prefix(tx: &Connection, prefix: &str, limit: u64) -> Result<Vec<RunId>> {
    let mut query = tx.prepare_cached(
        "select id from runs where id >= ?1 and id < ?1 || 'g' order by id limit ?2",
    )?;
    let rows = query.query_map(params![prefix, whole(limit)], |row| row.get::<_, String>(0))?;
    rows.map(|row| parse_id("runs", &row?)).collect()
}

/// The ids just before and just after an id in order: they decide its shortest unique prefix.
pub fn neighbours(tx: &Connection, id: &RunId) -> Result<Vec<Id>> {
    let mut query = tx.prepare_cached(
        "select max(id) from runs where id < ?1 union all select min(id) from runs where id > ?1",
    )?;
    let rows = query.query_map([id.to_string()], |row| row.get::<_, Option<String>>(0))?;
    let found: Vec<Option<String>> = rows.collect::<rusqlite::Result<_>>()?;
    found
        .into_iter()
        .flatten()
        .map(|id| parse_id::<RunId>("runs", &id).map(|id| id.0))
        .collect()
}

/// The names of the newest runs: what a person who misspelt one may have meant.
pub fn names(tx: &Connection, limit: u64) -> Result<Vec<String>> {
    let mut query = tx.prepare_cached("select name from runs order by created desc limit ?1")?;
    let rows = query.query_map([whole(limit)], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub fn set_state(tx: &Connection, id: &RunId, state: &RunState) -> Result<()> {
    tx.prepare_cached("update runs set state = ?2, detail = ?3 where id = ?1")?
        .execute(params![
            id.to_string(),
            state.word().to_string(),
            json(state)
        ])?;
    Ok(())
}

pub fn set_attempt(tx: &Connection, id: &RunId, attempt: u32) -> Result<()> {
    tx.prepare_cached("update runs set attempt = ?2 where id = ?1")?
        .execute(params![id.to_string(), attempt])?;
    Ok(())
}

/// Totals that are not said again stay.
pub fn set_progress(tx: &Connection, id: &RunId, progress: &Progress) -> Result<()> {
    let Progress {
        step,
        steps,
        epoch,
        epochs,
    } = progress;
    tx.prepare_cached(
        "update runs set step = ?2, steps = coalesce(?3, steps), epoch = coalesce(?4, epoch), epochs = coalesce(?5, epochs) where id = ?1",
    )?
    .execute(params![id.to_string(), step, steps, epoch, epochs])?;
    Ok(())
}

pub fn set_note(tx: &Connection, id: &RunId, note: &str) -> Result<()> {
    tx.prepare_cached("update runs set note = ?2 where id = ?1")?
        .execute(params![id.to_string(), note])?;
    Ok(())
}

pub fn captured(tx: &Connection, id: &RunId) -> Result<serde_json::Value> {
    let text: String = tx
        .prepare_cached("select body from captured where run = ?1")?
        .query_row([id.to_string()], |row| row.get(0))?;
    serde_json::from_str(&text).map_err(|error| Error::Row {
        table: "runs",
        what: format!("captured: {error}"),
    })
}

pub fn set_captured(tx: &Connection, id: &RunId, captured: &serde_json::Value) -> Result<()> {
    tx.prepare_cached("update captured set body = ?2 where run = ?1")?
        .execute(params![id.to_string(), captured.to_string()])?;
    Ok(())
}

pub fn tags(tx: &Connection, id: &RunId) -> Result<BTreeSet<Tag>> {
    let mut query = tx.prepare_cached("select tag from tags where run = ?1 order by tag")?;
    let rows = query.query_map([id.to_string()], |row| row.get::<_, String>(0))?;
    rows.map(|row| {
        Tag::try_from(row?).map_err(|error| Error::Row {
            table: "tags",
            what: error.to_string(),
        })
    })
    .collect()
}

/// Hands over every tag of every run, those of a run in their order.
pub fn each_tag(tx: &Connection, mut take: impl FnMut(RunId, &str)) -> Result<()> {
    let mut query = tx.prepare_cached("select run, tag from tags order by run, tag")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (run, tag) = (text(row, 0)?, text(row, 1)?);
        take(parse_id("runs", run)?, tag);
    }
    Ok(())
}

pub fn add_tag(tx: &Connection, id: &RunId, tag: &Tag) -> Result<()> {
    tx.prepare_cached("insert into tags (run, tag) values (?1, ?2) on conflict do nothing")?
        .execute([&id.to_string(), tag.as_str()])?;
    Ok(())
}

pub fn remove_tag(tx: &Connection, id: &RunId, tag: &Tag) -> Result<()> {
    tx.prepare_cached("delete from tags where run = ?1 and tag = ?2")?
        .execute([&id.to_string(), tag.as_str()])?;
    Ok(())
}

/// Experiments by name, each with how many runs it has outside the trash.
pub fn experiments(tx: &Connection) -> Result<Vec<(String, u64)>> {
    let mut query = tx.prepare_cached(
        "select experiment, count(*) from runs where trashed is null group by experiment order by experiment",
    )?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub fn artifacts(tx: &Connection, id: &RunId) -> Result<Vec<Artifact>> {
    let mut query =
        tx.prepare_cached("select path, kind from artifacts where run = ?1 order by path")?;
    let rows = query.query_map([id.to_string()], |row| {
        Ok(Artifact {
            path: row.get(0)?,
            kind: row.get(1)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub fn add_artifact(tx: &Connection, id: &RunId, artifact: &Artifact) -> Result<()> {
    tx.prepare_cached("insert into artifacts (run, path, kind) values (?1, ?2, ?3) on conflict do update set kind = excluded.kind")?
        .execute(params![id.to_string(), artifact.path, artifact.kind])?;
    Ok(())
}

pub(super) fn parse_id<T: std::str::FromStr>(table: &'static str, text: &str) -> Result<T> {
    text.parse().map_err(|_| Error::Row {
        table,
        what: format!("{text:?} is no id"),
    })
}

/// A text of a row, without a copy.
pub(super) fn text<'a>(row: &'a Row, at: usize) -> Result<&'a str> {
    let text = row.get_ref(at)?.as_str();
    text.map_err(|error| rusqlite::Error::from(error).into())
}

/// SQLite counts in signed 64 bits.
pub(super) fn whole(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

pub(super) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("an enum of texts and numbers is always JSON")
}

#[cfg(test)]
pub(super) mod tests {
    use super::{super::Store, *};
    use crate::domain::runs::RunKind;

    pub fn run(number: u8, params: &[&str]) -> Run {
        Run {
            id: RunId(Id::from_bytes([number; 16])),
            name: format!("run-{number}"),
            experiment: String::new(),
            kind: RunKind::Command,
            preset: None,
            state: RunState::Queued,
            actor: Actor {
                uid: 1,
                name: "ana".to_owned(),
                host: "gpu01".to_owned(),
            },
            created: Timestamp(i64::from(number)),
            attempt: 1,
            progress: Progress::default(),
            tags: BTreeSet::new(),
            params: params
                .iter()
                .map(|name| ((*name).to_owned(), number.into()))
                .collect(),
            note: String::new(),
            trashed: None,
        }
    }

    #[test]
    fn the_place_of_a_run_is_where_the_list_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let checked = store.write(|tx| {
            for number in 0..24 {
                let mut run = run(number, &[]);
                // Names that differ in case, and ties in all else.
                run.name = format!(
                    "{}-{number}",
                    ["ant", "Bee", "ANT"][usize::from(number) % 3]
                );
                run.created = Timestamp(i64::from(number / 4));
                run.progress.step = i64::from(number % 5);
                insert(tx, &run, &serde_json::json!({}))?;
            }
            let trashed = Trashed {
                at: Timestamp(1),
                by: "ana".to_owned(),
            };
            let thrown = RunId(Id::from_bytes([7; 16]));
            set_trashed(tx, &thrown, Some(&trashed))?;
            for order in [Order::Created, Order::Name, Order::State, Order::Step] {
                for descending in [false, true] {
                    let ids = page(tx, &[], order, descending, 0, 100)?;
                    assert_eq!(ids.len(), 23);
                    assert_eq!(place(tx, &thrown, order, descending)?, None);
                    for (at, id) in ids.iter().enumerate() {
                        let place = place(tx, id, order, descending)?;
                        assert_eq!(place, Some(at as u64), "{order:?} {descending}");
                    }
                }
            }
            place(tx, &RunId(Id::from_bytes([99; 16])), Order::Name, true)
        });
        assert_eq!(checked.unwrap(), None);
    }
}
