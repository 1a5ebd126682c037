use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::{
    config::Config,
    domain::{
        actors::Actor,
        jobs::{JobState, Needs},
        runs::{Ending, Run, StateWord},
    },
    jobs::testing::eventually,
    ops,
    ops::jobs::{Program, Queueing, Submitted},
    workspace::{Clock, Surroundings},
};

/// A store whose workers are children of this test, through a script that stands for the program.
struct Stage {
    _dir: tempfile::TempDir,
    ws: Workspace,
}

impl Stage {
    fn new() -> Self {
        Self::with(Config::default())
    }

    fn with(mut config: Config) -> Self {
        config.agent.grace_seconds = 1;
        config.capture.system_ms = 0;
        config.capture.git = false;
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("sconce");
        // `worker DIR` works; `agent run` ends at once, so that the test's own agent is the only one.
        let script = format!(
            "#!/bin/sh\n[ \"$1\" = worker ] || exit 0\n\
             SCONCE_TEST_DIR=\"$2\" exec {:?} --ignored --exact --nocapture jobs::worker::tests::work_as_a_child\n",
            std::env::current_exe().unwrap()
        );
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let surroundings = Surroundings {
            actor: Actor {
                uid: rustix::process::getuid().as_raw(),
                name: "ana".to_owned(),
                host: process::host(),
            },
            clock: Clock::System,
            program,
            argv: vec!["sconce".to_owned()],
            cwd: dir.path().to_owned(),
            env: vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned())],
        };
        let ws = Workspace::open(config, &dir.path().join("store"), surroundings).unwrap();
        Self { _dir: dir, ws }
    }

    fn submit(&self, script: &str) -> Submitted {
        self.submit_with(script, Needs::default())
    }

    fn submit_with(&self, script: &str, needs: Needs) -> Submitted {
        let argv = ["sh", "-c", script].map(str::to_owned).to_vec();
        let program = Program {
            argv,
            experiment: None,
            needs,
            queueing: Queueing::default(),
        };
        ops::jobs::program(&self.ws, program).unwrap()
    }

    fn agent(&self) -> Agent<'_> {
        Agent::claim(&self.ws).unwrap().expect("no other agent")
    }

    fn run(&self, id: &RunId) -> Run {
        runs::show(&self.ws, id).unwrap().run
    }

    fn word(&self, id: &RunId) -> StateWord {
        self.run(id).state.word()
    }

    /// Turns until a run is so.
    fn until(&self, agent: &mut Agent<'_>, id: &RunId, word: StateWord) {
        eventually(&format!("the run is {word}"), || {
            agent.turn().unwrap();
            self.word(id) == word
        });
    }

    fn losses(&self, id: &RunId) -> Vec<f64> {
        let points = ops::series::points(&self.ws, id, "loss", i64::MIN, i64::MAX, 100).unwrap();
        points.iter().map(|(_, point)| point.value).collect()
    }

    fn worker(&self, id: &RunId) -> Pid {
        let lock = self.ws.run_dir(id).join("lock");
        let pid = lock::holder(&lock).unwrap().unwrap().pid;
        Pid::from_raw(i32::try_from(pid).unwrap()).unwrap()
    }
}

const ENDLESS: &str = "while :; do sleep 0.05; done";

#[test]
fn a_program_is_queued_started_read_and_judged() {
    let stage = Stage::new();
    let script = r#"for i in 1 2 3; do echo "{\"step\":$i,\"metrics\":{\"loss\":0.$i}}" >> $SCONCE_JOURNAL; done; echo boom; exit 3"#;
    let Submitted { run, .. } = stage.submit(script);
    let mut agent = stage.agent();
    stage.until(&mut agent, &run, StateWord::Failed);
    let RunState::Ended { how, .. } = stage.run(&run).state else {
        panic!("not ended");
    };
    let wanted = Ending::Failed {
        exit: Exit::Code(3),
        message: "boom".to_owned(),
    };
    assert_eq!(how, wanted);
    assert_eq!(stage.losses(&run), [0.1, 0.2, 0.3]);
    eventually("the agent has nothing left to do", || {
        !agent.turn().unwrap().has_work
    });
    assert!(agent.children.is_empty() && agent.exits.is_empty());
    assert!(agent.judged.is_empty() && agent.begun.is_empty());
}

#[test]
fn an_agent_that_dies_at_any_point_is_followed_by_one_that_goes_on() {
    let stage = Stage::new();
    // Leased, and no worker started: as if it had been killed in between.
    let Submitted { run: first, .. } = stage.submit("exit 0");
    let capacity = slots::machine(&stage.ws.config.agent);
    leases::lease(&stage.ws, &capacity).unwrap().unwrap();
    stage.until(&mut stage.agent(), &first, StateWord::Done);
    // At work, and its agent gone; the next one is not its parent.
    let line = r#"echo "{\"step\":1,\"metrics\":{\"loss\":1}}" >> $SCONCE_JOURNAL"#;
    let Submitted { run: second, .. } = stage.submit(&format!(
        "{line}; while [ ! -e done ]; do sleep 0.05; done; {line}; exit 3"
    ));
    let mut agent = stage.agent();
    stage.until(&mut agent, &second, StateWord::Running);
    drop(agent);
    std::fs::write(stage.ws.surroundings.cwd.join("done"), "").unwrap();
    stage.until(&mut stage.agent(), &second, StateWord::Failed);
    assert_eq!(stage.losses(&second).len(), 2);
}

#[test]
fn a_run_that_is_stopped_while_its_worker_is_being_started_is_stopped_by_it() {
    let stage = Stage::new();
    let Submitted { run, .. } = stage.submit(ENDLESS);
    let capacity = slots::machine(&stage.ws.config.agent);
    leases::lease(&stage.ws, &capacity).unwrap().unwrap();
    assert_eq!(stage.word(&run), StateWord::Queued);
    runs::stop(&stage.ws, &run, runs::Stop::Now).unwrap();
    stage.until(&mut stage.agent(), &run, StateWord::Stopped);
}

#[test]
fn an_orphan_keeps_its_slot_until_it_is_killed() {
    let mut config = Config::default();
    config.agent.cpus = 1;
    let stage = Stage::with(config);
    let Submitted { run, .. } = stage.submit(ENDLESS);
    let Submitted { run: waits, .. } = stage.submit("exit 0");
    let mut agent = stage.agent();
    stage.until(&mut agent, &run, StateWord::Running);
    eventually("the program is started", || started(&stage.ws, &run));
    rustix::process::kill_process(stage.worker(&run), Signal::KILL).unwrap();
    stage.until(&mut agent, &run, StateWord::Orphaned);
    agent.turn().unwrap();
    assert_eq!(stage.word(&waits), StateWord::Queued);
    runs::kill(&stage.ws, &run).unwrap();
    eventually("its end is seen", || {
        agent.turn().unwrap();
        stage.run(&run).state.has_ended()
    });
    stage.until(&mut agent, &waits, StateWord::Done);
}

fn started(ws: &Workspace, run: &RunId) -> bool {
    let text = std::fs::read_to_string(ws.run_dir(run).join("journal.1.ndjson"));
    text.is_ok_and(|text| text.contains("spawned"))
}

#[test]
fn an_orphan_that_is_adopted_is_watched_again_and_takes_commands() {
    let stage = Stage::new();
    let Submitted { run, .. } = stage.submit(ENDLESS);
    let mut agent = stage.agent();
    stage.until(&mut agent, &run, StateWord::Running);
    eventually("the program is started", || started(&stage.ws, &run));
    rustix::process::kill_process(stage.worker(&run), Signal::KILL).unwrap();
    stage.until(&mut agent, &run, StateWord::Orphaned);
    runs::adopt(&stage.ws, &run).unwrap();
    stage.until(&mut agent, &run, StateWord::Running);
    runs::stop(&stage.ws, &run, runs::Stop::Now).unwrap();
    stage.until(&mut agent, &run, StateWord::Stopped);
}

#[test]
fn a_worker_that_cannot_be_started_ends_its_run() {
    let stage = Stage::new();
    let Submitted { run, .. } = stage.submit("exit 0");
    std::fs::remove_file(&stage.ws.surroundings.program).unwrap();
    stage.agent().turn().unwrap();
    assert!(stage.run(&run).state.has_ended());
    let job = ops::jobs::list(&stage.ws, 9).unwrap().remove(0).job;
    assert!(matches!(job.state, JobState::Ended { .. }));
}

#[test]
fn a_run_whose_folder_is_gone_is_refused_and_keeps_no_other_from_its_turn() {
    let stage = Stage::new();
    let Submitted { run: first, .. } = stage.submit("exit 0");
    let Submitted { run: second, .. } = stage.submit("exit 0");
    let Submitted { run: third, .. } = stage.submit("exit 0");
    std::fs::remove_dir_all(stage.ws.run_dir(&first)).unwrap();
    let mut agent = stage.agent();
    // This one goes once it has its slot.
    let capacity = slots::machine(&stage.ws.config.agent);
    let leased = leases::lease(&stage.ws, &capacity).unwrap().unwrap();
    assert_eq!(leased.job.run, second);
    std::fs::remove_dir_all(&leased.dir).unwrap();
    eventually("the third is done", || {
        let _ = agent.turn();
        stage.word(&third) == StateWord::Done
    });
    for run in [first, second] {
        assert_eq!(stage.word(&run), StateWord::Stopped);
    }
}

#[test]
fn a_run_whose_request_is_spoilt_while_it_works_is_looked_after_to_its_end() {
    let stage = Stage::new();
    let Submitted { run, .. } = stage.submit("while [ ! -e done ]; do sleep 0.05; done");
    let mut agent = stage.agent();
    stage.until(&mut agent, &run, StateWord::Running);
    let frozen = stage.ws.run_dir(&run).join("job.json");
    std::fs::remove_file(&frozen).unwrap();
    std::fs::create_dir(&frozen).unwrap();
    agent.turn().unwrap();
    assert_eq!(stage.word(&run), StateWord::Running);
    std::fs::write(stage.ws.surroundings.cwd.join("done"), "").unwrap();
    stage.until(&mut agent, &run, StateWord::Done);
}

#[test]
fn what_may_hold_secrets_goes_with_a_job_that_nobody_starts() {
    let stage = Stage::new();
    let left = |run: &RunId| {
        let environment = stage.ws.run_dir(run).join("environment.json").exists();
        let uid = stage.ws.actor().uid.to_string();
        let requests = stage.ws.root.join("requests").join(uid);
        (environment, requests.read_dir().unwrap().count())
    };
    let Submitted { run, .. } = stage.submit("exit 0");
    assert_eq!(left(&run), (true, 1));
    runs::stop(&stage.ws, &run, runs::Stop::Now).unwrap();
    assert_eq!(left(&run), (false, 0));
    // A worker that finds no such program never removes them itself.
    let program = Program {
        argv: ["no-such-program", "--token", "hunter2"]
            .map(str::to_owned)
            .to_vec(),
        experiment: None,
        needs: Needs::default(),
        queueing: Queueing {
            after: vec![run],
            ..Queueing::default()
        },
    };
    let waits = ops::jobs::program(&stage.ws, program.clone()).unwrap().run;
    let free = Program {
        queueing: Queueing::default(),
        ..program
    };
    let fails = ops::jobs::program(&stage.ws, free).unwrap().run;
    stage.until(&mut stage.agent(), &fails, StateWord::Failed);
    assert_eq!(left(&fails), (false, 0));
    let frozen = std::fs::read_to_string(stage.ws.run_dir(&fails).join("job.json")).unwrap();
    assert!(!frozen.contains("hunter2"), "{frozen}");
    assert_eq!(stage.word(&waits), StateWord::Stopped);
    assert_eq!(left(&waits), (false, 0));
}

#[test]
fn nobody_steers_a_run_of_somebody_else() {
    let stage = Stage::new();
    let Submitted { run, .. } = stage.submit("exit 0");
    let mut surroundings = stage.ws.surroundings.clone();
    surroundings.actor.uid += 1;
    surroundings.actor.name = "eve".to_owned();
    let other = Workspace::open(Config::default(), &stage.ws.root, surroundings).unwrap();
    let refused = |answer: Result<()>| {
        let error = answer.unwrap_err();
        assert!(error.message.contains("belongs to ana"), "{error}");
    };
    refused(runs::stop(&other, &run, runs::Stop::Now).map(drop));
    refused(ops::jobs::set_priority(&other, &run, 1));
    assert_eq!(stage.word(&run), StateWord::Queued);
    stage.until(&mut stage.agent(), &run, StateWord::Done);
    refused(runs::resume(&other, &run).map(drop));
}

#[test]
fn a_run_that_has_ended_holds_no_slot() {
    let stage = Stage::new();
    let Submitted { run, .. } = stage.submit("exit 0");
    let mut agent = stage.agent();
    eventually("the run has ended", || {
        agent.turn().unwrap();
        let rows = ops::jobs::list(&stage.ws, 9).unwrap();
        let row = rows.iter().find(|row| row.job.run == run).unwrap();
        let is_closed = matches!(row.job.state, JobState::Ended { .. });
        assert_eq!(row.run_state.has_ended(), is_closed);
        is_closed
    });
}

#[test]
fn there_is_one_agent_at_a_time_and_it_says_which() {
    let stage = Stage::new();
    let root = &stage.ws.root;
    assert!(!status(root).unwrap().is_running);
    assert!(!stop(root).unwrap());
    let agent = stage.agent();
    assert!(Agent::claim(&stage.ws).unwrap().is_none());
    assert_eq!(status(root).unwrap().pid, Some(std::process::id()));
    drop(agent);
    eventually("the lock is free", || !status(root).unwrap().is_running);
}

#[test]
fn an_agent_ends_when_there_was_nothing_to_do_for_a_while() {
    let mut config = Config::default();
    config.agent.idle_seconds = 0;
    let stage = Stage::with(config);
    let Submitted { run, .. } = stage.submit("exit 0");
    let (_ring, heard) = std::sync::mpsc::channel();
    assert!(stage.agent().work(&Bell(heard)).unwrap());
    assert_eq!(stage.word(&run), StateWord::Done);
}

#[test]
fn a_store_that_is_gone_ends_its_agent_and_trouble_that_passes_does_not() {
    let stage = Stage::new();
    let mut trouble = Trouble::default();
    let locked = || Error::new(Kind::Conflict, "the store is locked");
    assert_eq!(trouble.pause(&stage.ws, locked()).unwrap(), TICK);
    assert_eq!(trouble.pause(&stage.ws, locked()).unwrap(), TICK * 2);
    let log = std::fs::read_to_string(spawn::agent_log(&stage.ws.root)).unwrap();
    assert_eq!(log, "the store is locked\n", "said once");
    assert!(
        trouble
            .pause(&stage.ws, Error::new(Kind::Bug, "odd"))
            .is_err()
    );
    std::fs::remove_dir_all(&stage.ws.root).unwrap();
    assert!(trouble.pause(&stage.ws, locked()).is_err());
}
