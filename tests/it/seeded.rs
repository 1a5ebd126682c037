//! A store with runs in every state and points in them, made without training anything; and what is in it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use sconce::{
    config::Config,
    domain::{
        actors::Actor,
        ids::{Id, JobId, RunId},
        jobs::{Exit, Job, JobState, Needs},
        runs::{Ending, Progress, Run, RunKind, RunState},
        time::Timestamp,
    },
    store::{self, Store, jobs, runs, series},
    workspace::{Clock, Surroundings, Workspace},
};

const START: i64 = 1_767_225_600_000;

/// Forty runs, of which the three newest wait in the queue of a machine that is not this one.
pub fn seed(dir: &Path) {
    let store = Store::open(dir).unwrap();
    store
        .record(|tx| (0..40).try_for_each(|number| add(tx, number)))
        .unwrap();
}

pub fn open(dir: &Path) -> Workspace {
    let surroundings = Surroundings {
        actor: actor(),
        clock: Clock::System,
        program: PathBuf::from("/bin/false"),
        argv: vec![],
        cwd: dir.to_owned(),
        env: vec![],
    };
    Workspace::open(Config::default(), dir, surroundings).unwrap()
}

fn actor() -> Actor {
    Actor {
        uid: 1_000,
        name: "ana".to_owned(),
        host: "gpu01".to_owned(),
    }
}

fn add(tx: &store::Connection, number: u8) -> store::Result<()> {
    let id = RunId(Id::from_bytes([number + 1; 16]));
    let created = Timestamp(START + i64::from(number) * 60_000);
    let ended = |how| RunState::Ended {
        started: Some(created),
        at: Timestamp(created.0 + 50_000),
        how,
    };
    let failed = Ending::Failed {
        exit: Exit::Code(3),
        message: "loss is NaN at step 211".to_owned(),
    };
    let run = Run {
        id,
        name: format!("run-{number:02}"),
        experiment: ["diagnosis", "fraud"][usize::from(number % 2)].to_owned(),
        kind: RunKind::Train,
        preset: Some("fraud".to_owned()),
        state: match number {
            37.. => RunState::Queued,
            _ if number % 5 == 1 => ended(failed),
            _ if number % 5 == 2 => ended(Ending::Lost),
            _ => ended(Ending::Done),
        },
        actor: actor(),
        created,
        attempt: 1,
        progress: Progress::default(),
        tags: [].into(),
        params: [("lr".to_owned(), 1e-3.into())].into(),
        note: String::new(),
        trashed: None,
    };
    runs::insert(tx, &run, &serde_json::json!({}))?;
    if run.state == RunState::Queued {
        let job = Job {
            id: JobId(id.0),
            run: id,
            attempt: 1,
            actor: run.actor.clone(),
            created,
            priority: 50,
            after: vec![],
            needs: Needs::default(),
            state: JobState::Queued,
            request: String::new(),
        };
        return jobs::insert(tx, &job);
    }
    let steps = 500;
    let progress = Progress {
        step: steps,
        steps: Some(steps),
        epoch: Some(5.0),
        epochs: Some(5),
    };
    runs::set_progress(tx, &id, &progress)?;
    let mut open = series::Open::load(tx, &id)?;
    for step in 0..steps {
        let value = 1.0 / (1.0 + step as f64 / 50.0) + f64::from(number) / 100.0;
        let line = ["train/loss", "val/auc", "lr"].map(|name| (name.to_owned(), value));
        open.add(Some(step), Timestamp(created.0 + step * 10), &line);
    }
    while !open.settle(tx)? {}
    Ok(())
}

/// Every row of every table, without what tags and notes change: those, their audit lines and the counts of changes.
pub fn rows(dir: &Path) -> BTreeMap<String, Vec<String>> {
    let store = rusqlite::Connection::open(dir.join("store.db")).unwrap();
    let texts = |sql: &str| -> Vec<String> {
        let mut query = store.prepare(sql).unwrap();
        let rows = query.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let tables = texts(
        "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by 1",
    );
    let counted = ["tags", "run_changes"];
    let tables = tables
        .into_iter()
        .filter(|name| !counted.contains(&name.as_str()));
    tables
        .map(|table| {
            let columns = texts(&format!(
                "select name from pragma_table_info('{table}') where not ('{table}' = 'runs' and name in ('note', 'changed'))"
            ));
            let columns: Vec<String> = columns.iter().map(|name| format!("quote({name})")).collect();
            let columns = columns.join(" || ',' || ");
            let only = match table.as_str() {
                "audit" => "where action not in ('runs.tag', 'runs.note')",
                _ => "",
            };
            let rows = texts(&format!("select {columns} from {table} {only} order by 1"));
            (table, rows)
        })
        .collect()
}
