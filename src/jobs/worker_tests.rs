use std::{
    fs,
    path::PathBuf,
    process::{Child, Command as Program, Stdio},
    sync::mpsc,
};

use serde_json::json;

use super::*;
use crate::{
    domain::{
        control::Want,
        jobs::{Care, Training},
    },
    jobs::{Error, control, mask, request::tests::command, testing::eventually},
};

/// A run's folder with a worker on a thread of this process.
struct Stage {
    dir: tempfile::TempDir,
    request: Request,
}

impl Stage {
    fn new(argv: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let request = command(argv, dir.path());
        request::freeze(dir.path(), &request).unwrap();
        Self { dir, request }
    }

    fn sh(script: &str) -> Self {
        Self::new(&["sh", "-c", script])
    }

    fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Works to the end, while `meanwhile` is done beside it.
    fn work(&self, meanwhile: impl FnOnce(&mpsc::Sender<Call>)) -> Result<Option<EndState>> {
        thread::scope(|scope| {
            let (caller, calls) = mpsc::channel();
            let outside = caller.clone();
            let working = scope.spawn(|| work(self.dir(), caller, calls));
            meanwhile(&outside);
            working.join().unwrap()
        })
    }

    fn records(&self) -> Vec<Record> {
        let path = journal::path(self.dir(), self.request.attempt);
        let bytes = fs::read(path).unwrap_or_default();
        let lines = bytes.split(|byte| *byte == b'\n');
        lines.filter_map(|line| records::parse(line).ok()).collect()
    }

    fn events(&self) -> Vec<What> {
        self.records()
            .into_iter()
            .filter_map(|record| record.event)
            .collect()
    }

    fn end(&self) -> End {
        self.records()
            .pop()
            .unwrap()
            .end
            .expect("the last line is the end")
    }

    fn program(&self) -> Option<Process> {
        self.events().into_iter().find_map(|event| match event {
            What::Spawned { process } => Some(process),
            _ => None,
        })
    }

    fn output(&self) -> String {
        fs::read_to_string(self.dir().join("output.log")).unwrap_or_default()
    }

    fn says(&self, text: &str) {
        eventually(text, || self.output().contains(text));
    }

    fn ask(&self, want: Want) {
        control::ask(self.dir(), 1, want, "ana@box", Timestamp(0)).unwrap();
    }

    fn is_answered(&self, wanted: Want) {
        eventually("the answer", || {
            self.events()
                .iter()
                .any(|event| matches!(event, What::Answered { want, .. } if *want == wanted))
        });
    }
}

#[test]
fn a_program_that_fails_leaves_its_points_its_code_and_its_last_words() {
    let stage = Stage::sh(
        r#"for i in 1 2 3; do echo "{\"step\":$i,\"metrics\":{\"loss\":0.$i}}" >> $SCONCE_JOURNAL; done
        echo out; echo boom >&2; exit 3"#,
    );
    assert_eq!(stage.work(|_| {}).unwrap(), Some(EndState::Failed));
    let losses: Vec<_> = stage
        .records()
        .into_iter()
        .flat_map(|record| record.metrics)
        .collect();
    assert_eq!(
        losses,
        [0.1, 0.2, 0.3].map(|loss| ("loss".to_owned(), loss))
    );
    assert_eq!(stage.end(), failed(Exit::Code(3), "out\nboom".to_owned()));
    assert!(matches!(
        &stage.events()[..],
        [What::Started { attempt: 1, .. }, What::Spawned { .. }]
    ));
    assert!(
        stage
            .records()
            .iter()
            .all(|record| record.time.is_some() || !record.metrics.is_empty())
    );
    assert!(was_begun(stage.dir(), 1).unwrap() && !was_begun(stage.dir(), 2).unwrap());
    assert_eq!(
        stage.work(|_| {}).unwrap(),
        None,
        "an attempt is begun once"
    );
    assert_eq!(stage.output(), "out\nboom\n");
}

#[test]
fn a_program_is_told_its_place_and_gets_the_environment_that_was_left_for_it() {
    let mut stage = Stage::new(&[
        "sh",
        "-c",
        "env; pwd; [ -t 0 ] || cat",
        "--token",
        "hunter2",
    ]);
    stage.request.slot.gpus = vec![1, 3];
    request::freeze(stage.dir(), &stage.request).unwrap();
    let environment = [
        ("PATH", "/usr/bin:/bin"),
        ("MINE", "yes"),
        ("HF_TOKEN", "hunter2"),
    ];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    request::write_environment(stage.dir(), &environment).unwrap();
    assert_eq!(stage.work(|_| {}).unwrap(), Some(EndState::Done));
    let output = stage.output();
    let dir = stage.dir().display();
    for line in [
        "MINE=yes".to_owned(),
        "CUDA_VISIBLE_DEVICES=1,3".to_owned(),
        format!("SCONCE_JOURNAL={dir}/journal.1.ndjson"),
        format!("SCONCE_RUN={}", stage.request.run),
        format!("SCONCE_RUN_DIR={dir}"),
        "HF_TOKEN=hunter2".to_owned(),
    ] {
        assert!(
            output.lines().any(|said| said == line),
            "{line} in {output}"
        );
    }
    assert!(!output.contains("HOME="), "only what was left for it");
    fs::remove_file(stage.dir().join("output.log")).unwrap();
    for entry in fs::read_dir(stage.dir()).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!text.contains("hunter2"), "{text}");
    }
    assert!(
        fs::read_to_string(stage.dir().join("job.json"))
            .unwrap()
            .contains(mask::MASK)
    );
}

#[test]
fn what_cannot_be_started_says_why() {
    let cases = [
        (
            "no-such-program",
            "cannot start \"no-such-program\": it is in no folder of PATH",
        ),
        (
            "./nothing",
            "cannot start \"./nothing\": no such program, or it may not be run",
        ),
    ];
    for (name, why) in cases {
        let stage = Stage::new(&[name]);
        let environment = [("PATH".to_owned(), "/usr/bin:/bin".to_owned())];
        request::write_environment(stage.dir(), &environment).unwrap();
        assert_eq!(stage.work(|_| {}).unwrap(), Some(EndState::Failed));
        assert_eq!(stage.end(), failed(Exit::Code(127), why.to_owned()));
    }
    let stage = Stage::sh("true");
    let request = command(&["true"], &stage.dir().join("gone"));
    request::freeze(stage.dir(), &request).unwrap();
    stage.work(|_| {}).unwrap();
    assert!(stage.end().message.ends_with("there is no such folder"));
}

#[test]
fn a_program_is_paused_goes_on_and_is_stopped_by_whom() {
    // One process: a shell whose child is stopped as it is made waits for that, and does not look stopped.
    let stage = Stage::sh("echo ready; exec sleep 600");
    let ended = stage.work(|_| {
        stage.says("ready");
        let program = stage.program().unwrap();
        stage.ask(Want::Checkpoint);
        stage.is_answered(Want::Checkpoint);
        stage.ask(Want::Pause);
        eventually("it is stopped", || process_state(program.pid) == "T");
        stage.is_answered(Want::Pause);
        stage.ask(Want::Run);
        eventually("it goes on", || process_state(program.pid) != "T");
        stage.is_answered(Want::Run);
        stage.ask(Want::Pause);
        eventually("it is stopped again", || process_state(program.pid) == "T");
        stage.ask(Want::StopAfterStep);
    });
    assert_eq!(ended.unwrap(), Some(EndState::Stopped));
    assert_eq!(stage.end().message, "ana@box");
    assert_eq!(stage.end().exit, Some(Exit::Signal(15)));
    let refused: Vec<_> = stage
        .events()
        .into_iter()
        .filter_map(|event| match event {
            What::Answered {
                refused: Some(why),
                want,
                ..
            } => Some((want, why)),
            _ => None,
        })
        .collect();
    assert_eq!(
        refused,
        [(
            Want::Checkpoint,
            "a foreign program makes its checkpoints itself".to_owned()
        )]
    );
}

fn process_state(pid: i32) -> String {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    after
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn a_program_that_will_not_end_is_killed_after_its_grace_or_when_asked_again() {
    for again in [false, true] {
        let mut stage = Stage::sh("trap 'echo no' TERM; echo ready; while :; do sleep 0.05; done");
        stage.request.care.grace_ms = if again { 600_000 } else { 100 };
        request::freeze(stage.dir(), &stage.request).unwrap();
        let ended = stage.work(|caller| {
            stage.says("ready");
            caller.send(Call::Terminate).unwrap();
            stage.says("no");
            if again {
                stage.ask(Want::Stop);
            }
        });
        assert_eq!(ended.unwrap(), Some(EndState::Stopped));
        assert_eq!(stage.end().exit, Some(Exit::Signal(9)));
        assert_eq!(stage.end().message, "the system (signal 15)");
    }
}

#[test]
fn what_a_program_leaves_running_ends_with_it() {
    let stage = Stage::sh("sleep 600 & exit 0");
    assert_eq!(stage.work(|_| {}).unwrap(), Some(EndState::Done));
    let program = stage.program().unwrap();
    eventually("nothing of it lives", || !process::group_lives(&program));
    assert!(
        stage
            .events()
            .iter()
            .any(|event| matches!(event, What::Noticed { .. }))
    );
}

#[test]
fn only_one_works_at_a_run() {
    let stage = Stage::sh("echo ready; while :; do sleep 0.05; done");
    stage
        .work(|_| {
            stage.says("ready");
            let (caller, calls) = mpsc::channel();
            let second = work(stage.dir(), caller, calls);
            assert!(matches!(second, Err(Error::Held { .. })));
            stage.ask(Want::Stop);
        })
        .unwrap();
}

/// Run only as a child of the tests below: a worker in a process of its own.
#[test]
#[ignore = "works at the run of another test"]
fn work_as_a_child() {
    let dir = PathBuf::from(std::env::var_os("SCONCE_TEST_DIR").unwrap());
    std::process::exit(run(&dir));
}

fn worker_command(dir: &Path) -> Program {
    let mut worker = Program::new(std::env::current_exe().unwrap());
    worker
        .args([
            "--ignored",
            "--exact",
            "--nocapture",
            "jobs::worker::tests::work_as_a_child",
        ])
        .env("SCONCE_TEST_DIR", dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    worker
}

fn child(dir: &Path) -> Child {
    worker_command(dir).spawn().unwrap()
}

#[test]
fn a_program_outlives_its_worker_and_can_be_adopted() {
    let stage = Stage::sh("echo ready; while :; do sleep 0.05; done");
    let mut worker = child(stage.dir());
    stage.says("ready");
    worker.kill().unwrap();
    worker.wait().unwrap();
    let program = stage.program().unwrap();
    assert!(process::group_lives(&program));
    assert!(!lock::is_held(&stage.dir().join("lock")).unwrap());
    let ended = stage.work(|_| {
        eventually("it is watched again", || {
            let spawned = |event: &&What| matches!(event, What::Spawned { .. });
            stage.events().iter().filter(spawned).count() == 2
        });
        stage.ask(Want::Stop);
    });
    assert_eq!(ended.unwrap(), Some(EndState::Stopped));
    assert!(!process::group_lives(&program));
}

#[test]
fn an_adopted_program_that_ends_by_itself_has_no_known_end() {
    let stage = Stage::sh("echo ready; while [ ! -e done ]; do sleep 0.05; done; exit 3");
    let mut worker = child(stage.dir());
    stage.says("ready");
    worker.kill().unwrap();
    worker.wait().unwrap();
    let ended = stage.work(|_| fs::write(stage.dir().join("done"), "").unwrap());
    assert_eq!(ended.unwrap(), None);
    assert!(stage.records().iter().all(|record| record.end.is_none()));
}

#[test]
fn a_worker_that_is_told_to_end_ends_its_program() {
    let stage = Stage::sh("echo ready; while :; do sleep 0.05; done");
    let mut worker = child(stage.dir());
    stage.says("ready");
    let pid = rustix::process::Pid::from_child(&worker);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(worker.wait().unwrap().code(), Some(0));
    assert_eq!(stage.end().state, EndState::Stopped);
}

#[test]
fn a_worker_without_a_request_says_so_in_its_log() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(child(dir.path()).wait().unwrap().code(), Some(2));
    let log = fs::read_to_string(dir.path().join("worker.log")).unwrap();
    assert!(
        log.starts_with("cannot read") && log.contains("job.json"),
        "{log}"
    );
}

/// A training on a few rows.
fn training(rows: usize) -> Stage {
    let mut stage = Stage::new(&["none"]);
    let data = stage.dir().join("data.csv");
    let mut csv = "a,b,y\n".to_owned();
    for row in 0..rows {
        csv.push_str(&format!(
            "{},{},{}\n",
            row % 7,
            row % 5,
            u8::from(row % 7 < 3)
        ));
    }
    fs::write(&data, &csv).unwrap();
    let preset = json!({
        "task": "classification", "data": "data.csv", "target": "y",
        "features": {"numbers": ["a", "b"]},
        "train": {"epochs": 3, "batch": 16, "patience": 0},
    });
    stage.request.work = Work::Train(Box::new(Training {
        preset: serde_json::from_value(preset).unwrap(),
        data_hash: blake3::hash(csv.as_bytes()).to_hex().to_string(),
        data,
        seed: 1,
        resume: None,
        version: None,
    }));
    stage.request.care = Care {
        system_ms: 20,
        ..Care::default()
    };
    request::freeze(stage.dir(), &stage.request).unwrap();
    stage
}

#[test]
fn a_training_is_told_line_by_line_to_its_end() {
    let stage = training(200);
    assert_eq!(stage.work(|_| {}).unwrap(), Some(EndState::Done));
    assert_eq!(stage.end().state, EndState::Done);
    let records = stage.records();
    let has = |name: &str| {
        records
            .iter()
            .flat_map(|record| &record.metrics)
            .any(|(metric, _)| metric == name)
    };
    assert!(has("train/loss") && has("val/loss"));
    assert!(stage.dir().join("package").is_dir());
}

#[test]
fn a_training_on_a_file_that_changed_fails_with_a_sentence() {
    let stage = training(200);
    fs::write(stage.dir().join("data.csv"), "a,b,y\n1,2,0\n").unwrap();
    assert_eq!(stage.work(|_| {}).unwrap(), Some(EndState::Failed));
    let end = stage.end();
    assert_eq!(end.exit, Some(Exit::Code(1)));
    assert!(end.message.contains("data.csv"), "{}", end.message);
}

#[test]
fn a_panic_is_a_failure_with_its_words() {
    let payload = panic::catch_unwind(|| panic!("row {} is odd", 7)).unwrap_err();
    let said = panicked(&*payload);
    assert!(
        said.contains("panicked") && said.contains("row 7 is odd"),
        "{said}"
    );
}

#[test]
fn a_run_folder_named_from_here_is_found_from_elsewhere() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("run");
    fs::create_dir(&dir).unwrap();
    let request = command(
        &["sh", "-c", "echo '{\"step\":1}' >> $SCONCE_JOURNAL"],
        Path::new("/"),
    );
    request::freeze(&dir, &request).unwrap();
    let mut worker = worker_command(Path::new("run"))
        .current_dir(root.path())
        .spawn()
        .unwrap();
    assert_eq!(worker.wait().unwrap().code(), Some(0));
    let journal = fs::read_to_string(dir.join("journal.1.ndjson")).unwrap();
    assert!(journal.contains("{\"step\":1}"), "{journal}");
}
