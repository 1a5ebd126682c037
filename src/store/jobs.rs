//! The queue.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    Error, Result,
    runs::{json, parse_id, whole},
};
use crate::domain::{
    actors::Actor,
    ids::{JobId, RunId},
    jobs::{Job, JobState, Needs},
    time::Timestamp,
};

pub fn insert(tx: &Connection, job: &Job) -> Result<()> {
    tx.prepare_cached(
        "insert into jobs (id, run, attempt, uid, user, host, created, priority, cpus, memory, gpus, state, detail, request)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?
    .execute(params![
        job.id.to_string(),
        job.run.to_string(),
        job.attempt,
        job.actor.uid,
        job.actor.name,
        job.actor.host,
        job.created.0,
        job.priority,
        job.needs.cpus,
        job.needs.memory as i64,
        job.needs.gpus,
        word(&job.state),
        json(&job.state),
        job.request,
    ])?;
    for run in &job.after {
        tx.prepare_cached(
            "insert into job_after (job, run) values (?1, ?2) on conflict do nothing",
        )?
        .execute([job.id.to_string(), run.to_string()])?;
    }
    Ok(())
}

const COLUMNS: &str =
    "id, run, attempt, uid, user, host, created, priority, cpus, memory, gpus, detail, request";

pub fn get(tx: &Connection, id: &JobId) -> Result<Option<Job>> {
    let mut query = tx.prepare_cached(&format!("select {COLUMNS} from jobs where id = ?1"))?;
    let found = query
        .query_row([id.to_string()], |row| Ok(bare(row)))
        .optional()?
        .transpose()?;
    found.map(|job| with_after(tx, job)).transpose()
}

/// The job of a run's newest attempt.
pub fn of_run(tx: &Connection, run: &RunId) -> Result<Option<Job>> {
    let mut query = tx.prepare_cached(&format!(
        "select {COLUMNS} from jobs where run = ?1 order by attempt desc limit 1"
    ))?;
    let found = query
        .query_row([run.to_string()], |row| Ok(bare(row)))
        .optional()?
        .transpose()?;
    found.map(|job| with_after(tx, job)).transpose()
}

/// Jobs that wait or hold a slot: those that hold one first, then by priority and age.
pub fn open(tx: &Connection) -> Result<Vec<Job>> {
    select(
        tx,
        "where state in ('queued', 'leased') order by state = 'queued', priority desc, created, id",
        [],
    )
}

/// Jobs that ended or were dropped, newest first, without those of runs in the trash.
pub fn closed(tx: &Connection, limit: u64) -> Result<Vec<Job>> {
    select(
        tx,
        "where state in ('ended', 'dropped')
             and not exists (select 1 from runs where runs.id = jobs.run and runs.trashed is not null)
         order by created desc, id limit ?1",
        [whole(limit)],
    )
}

fn select(tx: &Connection, rest: &str, params: impl rusqlite::Params) -> Result<Vec<Job>> {
    let mut query = tx.prepare_cached(&format!("select {COLUMNS} from jobs {rest}"))?;
    let rows = query.query_map(params, |row| Ok(bare(row)))?;
    let jobs: Vec<Job> = rows
        .map(|row| row.map_err(Error::from)?)
        .collect::<Result<_>>()?;
    jobs.into_iter().map(|job| with_after(tx, job)).collect()
}

fn bare(row: &Row) -> Result<Job> {
    let detail: String = row.get(11)?;
    Ok(Job {
        id: parse_id("jobs", &row.get::<_, String>(0)?)?,
        run: parse_id("jobs", &row.get::<_, String>(1)?)?,
        attempt: row.get(2)?,
        actor: Actor {
            uid: row.get(3)?,
            name: row.get(4)?,
            host: row.get(5)?,
        },
        created: Timestamp(row.get(6)?),
        priority: row.get(7)?,
        after: vec![],
        needs: Needs {
            cpus: row.get(8)?,
            memory: row.get::<_, i64>(9)? as u64,
            gpus: row.get(10)?,
        },
        state: serde_json::from_str(&detail).map_err(|error| Error::Row {
            table: "jobs",
            what: format!("{detail}: {error}"),
        })?,
        request: row.get(12)?,
    })
}

fn with_after(tx: &Connection, mut job: Job) -> Result<Job> {
    let mut query = tx.prepare_cached("select run from job_after where job = ?1 order by run")?;
    let rows = query.query_map([job.id.to_string()], |row| row.get::<_, String>(0))?;
    job.after = rows
        .map(|row| parse_id("jobs", &row?))
        .collect::<Result<_>>()?;
    Ok(job)
}

/// Moves a job from one state to another. Says `false` when it was not in the first any more: somebody was faster.
pub fn set_state(tx: &Connection, id: &JobId, from: &str, to: &JobState) -> Result<bool> {
    let changed = tx
        .prepare_cached("update jobs set state = ?3, detail = ?4 where id = ?1 and state = ?2")?
        .execute(params![id.to_string(), from, word(to), json(to)])?;
    Ok(changed == 1)
}

pub fn set_priority(tx: &Connection, id: &JobId, priority: i32) -> Result<bool> {
    let changed = tx
        .prepare_cached("update jobs set priority = ?2 where id = ?1 and state = 'queued'")?
        .execute(params![id.to_string(), priority])?;
    Ok(changed == 1)
}

/// The word that stands for a state in the queue's index.
pub fn word(state: &JobState) -> &'static str {
    match state {
        JobState::Queued => "queued",
        JobState::Leased { .. } => "leased",
        JobState::Ended { .. } => "ended",
        JobState::Dropped { .. } => "dropped",
    }
}
