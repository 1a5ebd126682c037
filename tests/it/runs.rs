//! Runs from the command line to the store: the real binary, real workers, real kills.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng as _, SeedableRng as _},
};
use serde_json::{Value, json};

use crate::space::{Space, eventually, kill, processes_about};

#[test]
fn a_foreign_program_that_fails_is_kept_with_its_points_its_code_and_its_output() {
    let space = Space::new();
    let script = r#"for i in 1 2 3; do echo "{\"step\":$i,\"metrics\":{\"loss\":0.$i}}" >> $SCONCE_JOURNAL; done; echo no luck; exit 3"#;
    let answer = space.run(&["run", "--", "sh", "-c", script]);
    assert_eq!(answer.code, Some(3), "{}{}", answer.out, answer.err);
    assert!(answer.out.contains("no luck"));
    let run = &space.json(&["runs"])["rows"][0];
    let shown = space.show(run["name"].as_str().unwrap());
    assert_eq!(
        (&shown["run"]["state"], &shown["run"]["exit"]),
        (&json!("failed"), &json!({ "code": 3 }))
    );
    let loss = metric(&shown, "loss");
    assert_eq!(
        (&loss["points"], &loss["last"], &loss["min"]["value"]),
        (&json!(3), &json!(0.3), &json!(0.1))
    );
    assert!(
        space
            .ok(&["runs", "logs", run["name"].as_str().unwrap()])
            .contains("no luck")
    );
}

#[test]
fn a_training_ends_with_a_package_and_its_metrics() {
    let space = Space::new();
    let run = train(&space, "diagnosis", &["--wait"]);
    let shown = space.show(&run);
    assert_eq!(shown["run"]["state"], "done");
    for name in [
        "train/loss",
        "val/auc",
        "test/accuracy",
        "system/rows_per_second",
    ] {
        assert!(metric(&shown, name)["points"].as_u64() >= Some(1), "{name}");
    }
    let package = space.dir(&run).join("package");
    for file in ["model.safetensors", "model.toml", "README.md"] {
        assert!(package.join(file).is_file(), "{file}");
    }
}

#[test]
fn one_seed_decides_everything() {
    let space = Space::new();
    let [first, second, other] = [&[][..], &[], &["-S", "seed=7"]].map(|more| {
        let args: Vec<&str> = ["-S", "epochs=3", "--wait"]
            .iter()
            .chain(more)
            .copied()
            .collect();
        weights(&space, &train(&space, "diagnosis", &args))
    });
    assert_eq!(first, second);
    assert_ne!(first, other);
}

#[test]
fn a_worker_killed_in_the_middle_and_resumed_ends_with_the_bits_of_one_never_interrupted() {
    let space = Space::new();
    let long = [
        "-S",
        "epochs=150",
        "-S",
        "patience=0",
        "-S",
        "checkpoint_every=3",
    ];
    let undisturbed: Vec<&str> = long.iter().chain(&["--wait"]).copied().collect();
    let expected = weights(&space, &train(&space, "fraud", &undisturbed));
    let run = train(&space, "fraud", &long);
    eventually("it has trained for some steps", || 20 < step(&space, &run));
    kill_worker(&space, &run);
    eventually("it is known to have ended", || {
        ["failed", "lost"].contains(&space.state(&run).as_str())
    });
    space.ok(&["runs", "resume", &run]);
    space.ok(&["runs", "wait", &run]);
    let shown = space.show(&run);
    assert_eq!(
        (&shown["run"]["state"], &shown["run"]["attempt"]),
        (&json!("done"), &json!(2))
    );
    assert_eq!(weights(&space, &run), expected);
}

#[test]
fn an_agent_killed_again_and_again_loses_no_point_and_takes_none_twice() {
    let space = Space::new();
    let long = ["-S", "epochs=600", "-S", "patience=0"];
    let undisturbed: Vec<&str> = long.iter().chain(&["--wait"]).copied().collect();
    let expected = train(&space, "fraud", &undisturbed);
    let run = train(&space, "fraud", &long);
    // At ten moments drawn at random from the first half of the training.
    let seed = blake3::hash(space.store().to_string_lossy().as_bytes());
    let mut random = ChaCha8Rng::from_seed(*seed.as_bytes());
    let half = step(&space, &expected) / 2;
    let mut moments: Vec<i64> = (0..10)
        .map(|_| i64::from(random.next_u32()) % half)
        .collect();
    moments.sort_unstable();
    for moment in &moments {
        eventually("it has come so far", || *moment <= step(&space, &run));
        let agents = agents(&space);
        assert!(!agents.is_empty());
        agents.iter().for_each(|pid| kill(*pid));
        space.ok(&["agent", "start"]);
    }
    assert_eq!(space.state(&run), "running", "killed at {moments:?}");
    space.ok(&["runs", "wait", &run]);
    assert_eq!(weights(&space, &run), weights(&space, &expected));
    for name in ["train/loss", "val/loss", "val/auc"] {
        let (ours, theirs) = (
            metric(&space.show(&run), name),
            metric(&space.show(&expected), name),
        );
        for key in ["points", "last", "last_step", "min", "max", "mean"] {
            assert_eq!(
                ours[key], theirs[key],
                "{name} {key}, killed at {moments:?}"
            );
        }
    }
}

#[test]
fn a_program_whose_worker_was_killed_is_orphaned_keeps_its_slot_and_is_killed_by_verb() {
    let space = Space::new();
    space.write("work/sconce.toml", "[agent]\nidle_seconds = 1\ncpus = 1\n");
    let run = space.json(&["run", "--detach", "--", "sleep", "600"])["name"]
        .as_str()
        .unwrap()
        .to_owned();
    eventually("the program runs", || {
        events(&space, &run)
            .iter()
            .any(|event| event["event"] == "spawned")
    });
    kill_worker(&space, &run);
    eventually("it is orphaned", || space.state(&run) == "orphaned");
    let next = space.json(&["run", "--detach", "--", "true"])["name"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(space.state(&next), "queued");
    space.ok(&["runs", "kill", &run]);
    space.ok(&["runs", "wait", &next]);
    assert_eq!(space.state(&next), "done");
    assert!(space.show(&run)["run"]["ended"].is_i64());
}

#[test]
fn a_stopped_run_says_by_whom() {
    let space = Space::new();
    let run = train(
        &space,
        "fraud",
        &["-S", "epochs=100000", "-S", "patience=0"],
    );
    eventually("it trains", || 5 < step(&space, &run));
    space.ok(&["runs", "pause", &run]);
    eventually("it pauses", || space.state(&run) == "paused");
    space.ok(&["runs", "resume", &run]);
    eventually("it goes on", || space.state(&run) == "running");
    space.ok(&["runs", "checkpoint", &run]);
    eventually("it answers", || {
        events(&space, &run)
            .iter()
            .any(|event| event["event"] == "answered" && event["want"] == "checkpoint")
    });
    space.ok(&["runs", "stop", &run]);
    space.run(&["runs", "wait", &run]);
    let shown = space.show(&run);
    assert_eq!(shown["run"]["state"], "stopped");
    assert!(
        shown["run"]["stopped_by"].as_str().unwrap().contains('@'),
        "{}",
        shown["run"]
    );
}

#[test]
fn a_job_row_that_nobody_asked_for_is_refused_named_and_audited() {
    let space = Space::new();
    let run = space.json(&["run", "--detach", "--", "true"])["name"]
        .as_str()
        .unwrap()
        .to_owned();
    space.ok(&["runs", "wait", &run]);
    let store = rusqlite::Connection::open(space.store().join("store.db")).unwrap();
    store
        .execute(
            "insert into jobs select ?1, run, attempt, uid, user, host, created, 99, cpus, memory, gpus, 'queued', '{\"state\":\"queued\"}', request from jobs",
            ["f".repeat(32)],
        )
        .unwrap();
    space.ok(&["agent", "start"]);
    eventually("it is refused", || {
        let why: String = store
            .query_row(
                "select detail from jobs where id = ?1",
                ["f".repeat(32)],
                |row| row.get(0),
            )
            .unwrap();
        why.contains("refused")
    });
    let audited: i64 = store
        .query_row(
            "select count(*) from audit where action = 'jobs.refuse' and target like '%ffff%'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(audited, 1);
    assert!(
        events(&space, &run)
            .iter()
            .any(|event| event["event"] == "refused")
    );
}

#[test]
fn a_program_that_spoils_its_journal_harms_nobody_and_never_runs_twice() {
    let space = Space::new();
    let spoiled = [
        "rm $SCONCE_JOURNAL; mkfifo $SCONCE_JOURNAL",
        "rm $SCONCE_JOURNAL; mkdir $SCONCE_JOURNAL",
        "rm $SCONCE_JOURNAL; ln -s /dev/zero $SCONCE_JOURNAL",
        "rm $SCONCE_JOURNAL",
        "rm -r $SCONCE_RUN_DIR",
        "cd $SCONCE_RUN_DIR; rm job.json; mkfifo job.json",
        "cd $SCONCE_RUN_DIR; rm job.json output.log; mkdir job.json; mkfifo output.log",
    ];
    for (i, how) in spoiled.iter().enumerate() {
        let count = space.path(&format!("count{i}"));
        let script = format!("echo >> {}; sleep 0.3; {how}; exit 0", count.display());
        let run = space.json(&["run", "--detach", "--", "sh", "-c", &script])["name"]
            .as_str()
            .unwrap()
            .to_owned();
        eventually("it runs", || count.exists());
        agents(&space).iter().for_each(|pid| kill(*pid));
        space.ok(&["agent", "start"]);
        // The queue goes on, and so does this run: it comes to an end.
        space.ok(&["run", "--", "true"]);
        space.run(&["runs", "wait", &run]);
        assert!(space.show(&run)["run"]["ended"].is_i64(), "{how}");
        assert_eq!(std::fs::read_to_string(&count).unwrap(), "\n", "{how}");
    }
}

#[test]
fn what_a_program_says_of_its_end_counts_when_it_exits_well() {
    let space = Space::new();
    let script = r#"echo '{"end":{"state":"failed","message":"it diverged"}}' >> $SCONCE_JOURNAL"#;
    assert_eq!(space.run(&["run", "--", "sh", "-c", script]).code, Some(1));
    let run = space.json(&["runs"])["rows"][0]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    let shown = space.show(&run);
    assert_eq!(
        (&shown["run"]["state"], &shown["run"]["message"]),
        (&json!("failed"), &json!("it diverged"))
    );
    let last = events(&space, &run).pop().unwrap();
    assert_eq!(
        (&last["event"], &last["how"]),
        (&json!("ended"), &json!("failed"))
    );
}

#[test]
fn a_run_that_waits_for_one_that_failed_is_dropped() {
    let space = Space::new();
    let first = space.json(&["run", "--detach", "--", "sh", "-c", "sleep 0.2; exit 1"])["name"]
        .as_str()
        .unwrap()
        .to_owned();
    let second = space.json(&["run", "--detach", "--after", &first, "--", "true"])["name"]
        .as_str()
        .unwrap()
        .to_owned();
    space.run(&["runs", "wait", &second]);
    let shown = space.show(&second);
    assert_eq!(shown["run"]["state"], "stopped");
    assert!(
        shown["run"]["stopped_by"]
            .as_str()
            .unwrap()
            .contains(&first)
    );
}

#[test]
fn nan_in_the_loss_stops_the_run_and_says_where() {
    let space = Space::new();
    let run = train(
        &space,
        "diagnosis",
        &["-S", "lr=1000", "-S", "clip=0", "-S", "optimiser.kind=sgd"],
    );
    space.run(&["runs", "wait", &run]);
    let shown = space.show(&run);
    assert_eq!(shown["run"]["state"], "failed");
    let message = shown["run"]["message"].as_str().unwrap();
    for word in ["step", "batch", "rate"] {
        assert!(message.contains(word), "{message}");
    }
}

#[test]
fn no_process_outlives_its_work() {
    let space = Space::new();
    space.ok(&["run", "--", "true"]);
    eventually("the agent has ended", || {
        processes_about(&space.store()).is_empty()
    });
}

fn train(space: &Space, preset: &str, more: &[&str]) -> String {
    let args: Vec<&str> = [preset].iter().chain(more).copied().collect();
    space.train(&args)
}

pub fn metric(shown: &Value, name: &str) -> Value {
    let found = shown["metrics"]
        .as_array()
        .unwrap()
        .iter()
        .find(|metric| metric["metric"] == name);
    found
        .unwrap_or_else(|| panic!("there is no {name}: {shown}"))
        .clone()
}

pub fn events(space: &Space, run: &str) -> Vec<Value> {
    space.show(run)["events"].as_array().unwrap().clone()
}

pub fn step(space: &Space, run: &str) -> i64 {
    space.show(run)["run"]["progress"]["step"]
        .as_i64()
        .unwrap_or(0)
}

pub fn weights(space: &Space, run: &str) -> String {
    let file = space.dir(run).join("package/model.safetensors");
    blake3::hash(
        &std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display())),
    )
    .to_string()
}

fn kill_worker(space: &Space, run: &str) {
    let events = events(space, run);
    let started = events
        .iter()
        .rev()
        .find(|event| event["event"] == "started")
        .unwrap();
    kill(started["process"]["pid"].as_u64().unwrap() as u32);
}

pub fn agents(space: &Space) -> Vec<u32> {
    let is_agent = |pid: &u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line)
            .split('\0')
            .any(|word| word == "agent")
    };
    processes_about(&space.store())
        .into_iter()
        .filter(is_agent)
        .collect()
}
