//! A store in a folder of its own, and runs in it that no program was started for.

use std::{collections::BTreeMap, ops::Deref};

use serde_json::{Value, json};

use crate::{
    config::Config,
    domain::{
        actors::Actor,
        filter::Filter,
        ids::RunId,
        runs::{Activity, Ending, Progress, Run, RunKind, RunState},
        time::Timestamp,
    },
    store::{self, runs as rows, series},
    workspace::{Clock, Surroundings, Workspace},
};

/// 2026-10-03T00:00:00Z.
pub const NOW: Timestamp = Timestamp(1_790_985_600_000);

pub struct Shop {
    pub ws: Workspace,
    _folder: tempfile::TempDir,
}

impl Deref for Shop {
    type Target = Workspace;

    fn deref(&self) -> &Workspace {
        &self.ws
    }
}

impl Shop {
    pub fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let surroundings = Surroundings {
            actor: Actor {
                uid: rustix::process::getuid().as_raw(),
                name: "ana".to_owned(),
                host: "box".to_owned(),
            },
            clock: Clock::Fixed(NOW),
            program: "/bin/true".into(),
            argv: vec![],
            cwd: folder.path().to_owned(),
            env: vec![],
        };
        let root = folder.path().join("store");
        Self {
            ws: Workspace::open(Config::default(), &root, surroundings).unwrap(),
            _folder: folder,
        }
    }

    /// A run that is done, with its folder.
    pub fn done(&self, name: &str, params: &[(&str, Value)]) -> RunId {
        self.run(name, Ending::Done, params, &json!({}))
    }

    pub fn run(
        &self,
        name: &str,
        how: Ending,
        params: &[(&str, Value)],
        captured: &Value,
    ) -> RunId {
        let state = RunState::Ended {
            started: Some(Timestamp(NOW.0 - 60_000)),
            at: NOW,
            how,
        };
        let params = params.iter().cloned();
        let run = Run {
            id: RunId(self.ws.random_id()),
            name: name.to_owned(),
            experiment: "e".to_owned(),
            kind: RunKind::Train,
            preset: None,
            state: state.clone(),
            actor: self.ws.actor().clone(),
            created: NOW,
            attempt: 1,
            progress: Progress::default(),
            tags: [].into(),
            params: params
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<BTreeMap<_, _>>(),
            note: String::new(),
            trashed: None,
        };
        self.write(|tx| rows::insert(tx, &run, captured).map(drop));
        std::fs::create_dir_all(self.ws.run_dir(&run.id)).unwrap();
        run.id
    }

    /// Lets a run be at work.
    pub fn start(&self, run: &RunId) {
        let state = RunState::Running {
            since: NOW,
            activity: Activity::Working,
        };
        self.write(|tx| rows::set_state(tx, run, &state));
    }

    /// Adds a point at each of the steps 1, 2, …
    pub fn points(&self, run: &RunId, metric: &str, values: &[f64]) {
        self.write(|tx| {
            let mut open = series::Open::load(tx, run)?;
            for (step, value) in (1..).zip(values) {
                open.add(Some(step), NOW, &[(metric.to_owned(), *value)]);
            }
            open.save(tx)?;
            rows::touch(tx, run)
        });
    }

    pub fn write(&self, change: impl FnOnce(&store::Connection) -> store::Result<()>) {
        self.ws.store.write(|tx| change(tx)).unwrap();
    }
}

pub fn filter(text: &str) -> Filter {
    Filter::parse(text).unwrap()
}
