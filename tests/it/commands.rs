//! What the commands answer: refusals, warnings, and the shapes that scripts read.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::space::{Answer, Space, eventually};

/// A foreign program that has ended well, by its name.
fn ended(space: &Space, args: &[&str]) -> String {
    let args: Vec<&str> = ["run", "--detach", "--"]
        .iter()
        .chain(args)
        .copied()
        .collect();
    let run = space.json(&args)["name"].as_str().unwrap().to_owned();
    space.run(&["runs", "wait", &run]);
    run
}

#[test]
fn what_the_machine_could_never_give_is_refused_at_once() {
    let space = Space::new();
    for need in [
        ["--cpus", "9999"],
        ["--gpus", "9999"],
        ["--memory", "999999999"],
    ] {
        let args: Vec<&str> = ["run"]
            .iter()
            .chain(&need)
            .chain(&["--", "true"])
            .copied()
            .collect();
        let answer = space.run(&args);
        assert_eq!(answer.code, Some(2), "{}", answer.err);
        assert!(answer.err.contains("9999"), "{}", answer.err);
        assert!(answer.err.contains("on this machine"), "{}", answer.err);
    }
    let training = space.run(&["train", "diagnosis", "-S", "threads=64"]);
    assert_eq!(training.code, Some(2));
    assert!(training.err.contains("64 CPUs wanted"), "{}", training.err);
    assert_eq!(space.json(&["runs"])["total"], 0);
}

#[test]
fn a_command_that_waits_says_for_what() {
    let space = Space::new();
    let first = space.json(&["run", "--detach", "--", "sleep", "3"])["name"]
        .as_str()
        .unwrap()
        .to_owned();
    let answer = space.run(&["run", "--after", &first, "--", "true"]);
    assert_eq!(answer.code, Some(0));
    assert!(
        answer.err.contains(&format!("waits: after {first}")),
        "{}",
        answer.err
    );
}

#[test]
fn a_program_that_cannot_be_started_says_why() {
    let space = Space::new();
    let answer = space.run(&["run", "--", "no-such-program"]);
    assert_eq!(answer.code, Some(127));
    assert!(
        answer
            .err
            .contains("error: cannot start \"no-such-program\""),
        "{}",
        answer.err
    );
    let killed = space.run(&["run", "--", "sh", "-c", "echo here; kill -9 $$"]);
    assert_eq!(killed.code, Some(137));
    assert!(
        killed.err.contains("failed, killed by SIGKILL (9)"),
        "{}",
        killed.err
    );
    let without_dashes = space.run(&["run", "no-such-program"]);
    assert_eq!(without_dashes.code, Some(2));
    assert!(
        without_dashes
            .err
            .contains("hint: put `--` before the command: sconce run -- no-such-program"),
        "{}",
        without_dashes.err
    );
}

#[test]
fn what_was_redacted_stands_in_no_file_of_ours() {
    let space = Space::new();
    let run = ended(&space, &["sh", "-c", "true", "hunter2"]);
    let dir = space.dir(&run);
    let holds = |name: &str| {
        let text = std::fs::read_to_string(dir.join(name)).unwrap();
        text.contains("hunter2")
    };
    assert!(holds("job.json"));
    let answer = space.json(&["runs", "redact", &run, "argv"]);
    assert!(!answer["elsewhere"].as_array().unwrap().is_empty());
    assert!(!holds("job.json"));
    assert_eq!(space.show(&run)["captured"]["argv"], "redacted");
    let unknown = space.run(&["runs", "redact", &run, "argw"]);
    let help = space.ok(&["runs", "redact", "--help"]);
    for field in ["argv", "cwd", "env.NAME", "param.NAME"] {
        assert!(unknown.err.contains(field), "{}", unknown.err);
        assert!(help.contains(field), "{help}");
    }

    let running = space.json(&["run", "--detach", "--", "sleep", "600"])["name"]
        .as_str()
        .unwrap()
        .to_owned();
    let refused = space.run(&["runs", "redact", &running, "argv"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("hint:"), "{}", refused.err);
    assert_eq!(
        space.show(&running)["captured"]["argv"],
        json!(["sleep", "600"])
    );
}

/// The files below a folder that hold a text.
fn files_with(folder: &Path, text: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let found = entries.flat_map(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return files_with(&path, text);
        }
        // Files come and go while an agent works.
        let bytes = std::fs::read(&path).unwrap_or_default();
        let holds = bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes());
        holds.then_some(path).into_iter().collect()
    });
    found.collect()
}

#[test]
fn the_bytes_of_what_was_redacted_are_in_no_file_of_the_store() {
    let space = Space::new();
    let run = ended(&space, &["sh", "-c", "true", "hunter2"]);
    space.ok(&["runs", "note", &run, "the word is hunter2"]);
    space.ok(&["runs", "note", &run, "hunter2 is the word"]);
    assert!(!files_with(&space.store(), "hunter2").is_empty());
    for field in ["note", "argv"] {
        space.ok(&["runs", "redact", &run, field]);
    }
    assert_eq!(files_with(&space.store(), "hunter2"), Vec::<PathBuf>::new());
}

#[test]
fn a_redacted_parameter_stays_only_where_the_answer_says() {
    let space = Space::new();
    let lr = "0.00123457";
    let set = format!("lr={lr}");
    let run = space.train(&["diagnosis", "-S", "epochs=1", "-S", &set]);
    space.ok(&["runs", "wait", &run]);
    space.ok(&["runs", "redact", &run, "argv"]);
    let answer = space.json(&["runs", "redact", &run, "param.optimiser.lr"]);
    let left = answer["elsewhere"].as_array().unwrap();
    let left: Vec<PathBuf> = left
        .iter()
        .map(|left| left["path"].as_str().unwrap().into())
        .collect();
    let found = files_with(&space.store(), lr);
    assert!(found.iter().all(|file| left.contains(file)), "{found:?}");
    assert!(left.contains(&space.dir(&run).join("package/model.toml")));
    let resumed = space.run(&["runs", "resume", &run]);
    assert_eq!(resumed.code, Some(2), "{}", resumed.out);
}

#[test]
fn a_mistake_in_a_file_takes_no_run_out_of_hand() {
    let space = Space::new();
    let run = space.json(&["run", "--detach", "--", "sleep", "600"])["name"]
        .as_str()
        .unwrap()
        .to_owned();
    eventually("it runs", || space.state(&run) == "running");
    let sound = std::fs::read_to_string(space.path("work/sconce.toml")).unwrap();
    space.write(
        "work/sconce.toml",
        &format!("{sound}[presets.new]\nabout = 'x'\n"),
    );
    for args in [
        &["runs"][..],
        &["runs", "stop", &run, "--now"],
        &["runs", "show", &run],
        &["jobs"],
        &["agent", "start"],
        &["config", "path"],
        &["usage"],
        &["view", "runs"],
    ] {
        let answer = space.run(args);
        assert_eq!(answer.code, Some(0), "{args:?}: {}", answer.err);
        let warnings = answer.err.matches("warning:").count();
        assert_eq!(warnings, 1, "{args:?}: {}", answer.err);
        assert!(answer.err.contains("sconce.toml:"), "{}", answer.err);
    }
    for args in [
        &["train", "fraud"][..],
        &["run", "--", "true"],
        &["config", "check"],
        &["config", "show"],
    ] {
        assert_eq!(space.run(args).code, Some(2), "{args:?}");
    }
    let doctor = space.run(&["doctor"]);
    assert_eq!(doctor.code, Some(1));
    for part in ["sconce.toml:", "store"] {
        assert!(doctor.out.contains(part), "{}", doctor.out);
    }
}

#[test]
fn how_a_run_ended_is_told_wherever_it_is_looked_at() {
    let space = Space::new();
    let done = space.json(&["train", "diagnosis", "-S", "epochs=1", "--wait"]);
    assert_eq!(
        (&done["state"], &done["exit"]),
        (&json!("done"), &json!({ "code": 0 }))
    );
    let run = ended(&space, &["sh", "-c", "echo no luck; exit 3"]);
    let watched = space.run(&["watch", &run]);
    assert_eq!(watched.code, Some(1));
    let how = "failed, exit code 3: no luck; step ·";
    assert!(watched.out.contains(how), "{}", watched.out);
    space.ok(&["runs", "redact", &run, "cwd"]);
    let events = space.ok(&["runs", "events", &run]);
    let redacted = events.lines().find(|line| line.contains("cwd removed"));
    assert!(redacted.unwrap().contains('·'), "{events}");
    assert!(space.show(&run)["run"]["progress"]["step"].is_null());
}

#[test]
fn a_variable_that_is_named_and_not_kept_is_told_of() {
    let space = Space::new();
    let mut command = space.command(&[
        "--config",
        "capture.env=['HF_TOKEN', 'HF_HOME']",
        "run",
        "--",
        "true",
    ]);
    command.env("HF_TOKEN", "hunter2").env("HF_HOME", "/tmp");
    let answer = Answer::of(command);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    assert_eq!(
        answer.err.matches("is not kept").count(),
        1,
        "{}",
        answer.err
    );
    assert!(
        answer.err.contains("HF_TOKEN is not kept"),
        "{}",
        answer.err
    );
}

#[test]
fn a_resume_says_where_it_begins() {
    let space = Space::new();
    let done = space.train(&["diagnosis", "-S", "epochs=1", "--wait"]);
    let refused = space.run(&["runs", "resume", &done]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.err.contains("is done") && refused.err.contains("sconce train diagnosis"),
        "{}",
        refused.err
    );

    let run = space.train(&["fraud", "-S", "epochs=100000", "-S", "patience=0"]);
    eventually("it trains", || {
        5 < space.show(&run)["run"]["progress"]["step"]
            .as_i64()
            .unwrap_or(0)
    });
    space.ok(&["runs", "stop", &run]);
    space.run(&["runs", "wait", &run]);
    std::fs::remove_dir_all(space.dir(&run).join("checkpoints")).unwrap();
    let answer = space.ok(&["runs", "resume", &run]);
    assert!(
        answer.contains("no checkpoint: starts from step 0"),
        "{answer}"
    );
    let events = space.ok(&["runs", "events", &run]);
    assert!(
        events.contains("no checkpoint: starts from step 0"),
        "{events}"
    );
    space.ok(&["runs", "stop", &run]);
}

#[test]
fn a_program_of_another_language_is_asked_for_no_checkpoint() {
    let space = Space::new();
    let run = ended(&space, &["true"]);
    for verb in ["checkpoint", "resume"] {
        let refused = space.run(&["runs", verb, &run]);
        assert_eq!(refused.code, Some(2));
        assert!(refused.err.contains("foreign program"), "{}", refused.err);
    }
}

#[test]
fn a_misspelt_metric_is_noticed_and_the_list_is_printed_all_the_same() {
    let space = Space::new();
    let script =
        r#"echo '{"step":1,"metrics":{"val/acc":0.5},"params":{"lr":1}}' >> $SCONCE_JOURNAL"#;
    let run = ended(&space, &["sh", "-c", script]);
    let meant = "no run has \"val/acu\": did you mean val/acc?";
    for args in [
        &["runs", "val/acu>0.3"][..],
        &["runs", "--sort", "val/acu"],
        &["runs", "--columns", "name,val/acu"],
    ] {
        let answer = space.run(args);
        assert_eq!(answer.code, Some(0), "{}", answer.err);
        assert!(answer.err.contains(meant), "{args:?}: {}", answer.err);
    }
    let columns = space.run(&["runs", "--columns", "name,p.nope,p.lr,val/acc"]);
    assert!(
        columns.err.contains("no run has \"nope\""),
        "{}",
        columns.err
    );
    assert!(columns.out.contains(&run), "{}", columns.out);
    for args in [
        &["runs", "val/acc>0.3", "lr:1"][..],
        &["runs", "--sort", "dur"],
        &["runs", "--sort", "age"],
        &["runs", "--sort", "name", "--", "-junk"],
    ] {
        let answer = space.run(args);
        assert_eq!(
            (answer.code, answer.err.as_str()),
            (Some(0), ""),
            "{args:?}"
        );
        assert!(answer.out.contains(&run), "{args:?}: {}", answer.out);
    }
    let listing = space.json(&["runs", "val/acu>0.3"]);
    assert_eq!(
        listing["unknown"],
        json!([{ "name": "val/acu", "nearest": "val/acc" }])
    );
}

#[test]
fn a_page_of_a_run_says_what_it_was_made_from_and_nothing_endless() {
    let space = Space::new();
    let run = ended(&space, &["sh", "-c", "exit 3", "a b"]);
    let note = "x".repeat(100_000);
    space.ok(&["runs", "note", &run, &note]);
    let page = space.ok(&["runs", "show", &run]);
    for part in [
        "sh -c 'exit 3' 'a b'",
        "exit code 3",
        "started",
        "dur",
        "host",
        "PATH",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.len() < 20_000 && page.contains("xxx…"));
    assert!(!page.contains(&format!("{run}: failed")), "{page}");
    assert_eq!(space.show(&run)["run"]["note"], note);
}

#[test]
fn a_view_of_one_run_has_the_end_of_its_output_and_live_names_what_ended_last() {
    let space = Space::new();
    let live = space.run(&["view", "live", "--plain"]);
    assert!(live.err.contains("nothing has ended yet"), "{}", live.err);
    let bars = "printf ' 50%%|#\\r100%%|##\\n\\033[31mred\\033[0m\\n'";
    let run = ended(&space, &["sh", "-c", bars]);
    let page = space.ok(&["view", "run", &run, "--plain"]);
    assert!(page.contains("\nlog\n  100%|##\n  red\n"), "{page}");
    assert_eq!(
        space.json(&["view", "run", &run])["log"],
        json!(["100%|##", "red"])
    );
    let live = space.run(&["view", "live", "--plain"]);
    assert!(live.err.contains("this run ended last"), "{}", live.err);
    assert!(live.out.contains(&run), "{}", live.out);
    assert_eq!(space.run(&["view", "run"]).code, Some(2));
    assert_eq!(space.run(&["view", "jobs", &run]).code, Some(2));
}

#[test]
fn a_state_has_one_shape_for_scripts() {
    let space = Space::new();
    ended(&space, &["sh", "-c", "exit 3"]);
    let (run, job) = (
        space.json(&["runs"])["rows"][0].clone(),
        space.json(&["jobs"])[0]["run_state"].clone(),
    );
    for key in ["state", "started", "ended", "exit", "message", "stopped_by"] {
        assert!(run.get(key).is_some(), "{key}: {run}");
        assert_eq!(run[key], job[key], "{key}");
    }
    assert_eq!(job["exit"], json!({ "code": 3 }));
    assert!(job["stopped_by"].is_null());
}

#[test]
fn a_mistake_in_the_arguments_is_told_like_any_other() {
    let space = Space::new();
    let text = space.run(&["run", "--cpus", "many", "--", "true"]);
    assert_eq!(text.code, Some(2));
    assert!(
        text.err.starts_with("error: invalid value 'many'")
            && text.err.ends_with("hint: `sconce run --help`\n"),
        "{}",
        text.err
    );
    let filter = space.run(&["runs", "-tag:junk"]);
    assert_eq!(filter.code, Some(2));
    assert!(
        filter.err.contains("sconce runs -- '-tag:junk'"),
        "{}",
        filter.err
    );
    let answer = space.run(&["--json", "runs", "compare"]);
    let error: serde_json::Value = serde_json::from_str(&answer.err).unwrap();
    assert_eq!(error["error"]["kind"], "invalid");
    assert!(
        error["error"]["message"].as_str().unwrap().contains("RUNS"),
        "{error}"
    );
    assert_eq!(error["error"]["hint"], "`sconce runs compare --help`");
}

#[test]
fn what_prints_prints_json_too() {
    let space = Space::new();
    let checked = space.json(&["config", "check"]);
    assert!(checked["values"].is_u64(), "{checked}");
    let run = space.json(&["run", "--detach", "--", "sleep", "600"])["name"]
        .as_str()
        .unwrap()
        .to_owned();
    let next = space.json(&["run", "--detach", "--after", &run, "--", "true"])["name"]
        .as_str()
        .unwrap()
        .to_owned();
    eventually("an agent runs", || space.state(&run) == "running");
    assert_eq!(space.json(&["jobs", "priority", &next, "7"])["priority"], 7);
    assert_eq!(space.json(&["agent", "start"])["started"], false);
    assert_eq!(space.json(&["agent", "stop"])["stopped"], true);
    let shown = space.json(&["config", "show", "agent"]);
    let cpus = shown["settings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|setting| setting["key"] == "agent.cpus")
        .unwrap()
        .clone();
    assert_eq!(cpus["value"], 2);
    assert_eq!(
        space.ok(&["config", "show", "agent.cpus"]),
        "agent.cpus = 2\n"
    );
    assert_eq!(space.run(&["config", "show", "agent.cpu"]).code, Some(2));
}

#[test]
fn a_store_in_a_repository_is_no_news_to_git() {
    let space = Space::new();
    let mut init = space.command(&["init"]);
    init.env_remove("SCONCE_STORE");
    let answer = crate::space::Answer::of(init);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    let ignored = std::fs::read_to_string(space.path("work/.sconce/.gitignore")).unwrap();
    assert_eq!(ignored, "*\n");
}

#[test]
fn a_run_that_is_named_twice_stands_once_in_a_comparison() {
    let space = Space::new();
    let (a, b) = (ended(&space, &["true"]), ended(&space, &["true"]));
    let answer = space.run(&["runs", "compare", &a, &b, &a]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    let told = format!("{a} is named twice: it stands once");
    assert!(answer.err.contains(&told), "{}", answer.err);
    let head = answer.out.lines().next().unwrap();
    assert_eq!(head.matches(&a).count(), 1, "{head}");
    let alone = space.run(&["runs", "compare", &a, &a]);
    assert!(
        alone.err.contains("1 run cannot be compared"),
        "{}",
        alone.err
    );
}

#[test]
fn what_is_no_run_and_no_view_is_told_with_the_views_there_are() {
    let space = Space::new();
    ended(&space, &["true"]);
    let answer = space.run(&["open", "jbos"]);
    assert!(
        answer.err.contains("no run and no view \"jbos\""),
        "{}",
        answer.err
    );
    assert!(
        answer.err.contains("the views are jobs, "),
        "{}",
        answer.err
    );
    let answer = space.run(&["open", &"x".repeat(50_000)]);
    assert!(answer.err.len() < 500, "{}", answer.err);
}

#[test]
fn what_the_machine_does_not_have_is_warned_of_in_the_configuration() {
    let space = Space::new();
    let answer = space.run(&["--config", "agent.cpus=9999", "config", "check"]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    assert!(answer.err.contains("agent.cpus is 9999"), "{}", answer.err);
    assert!(answer.out.contains("1 warning"), "{}", answer.out);
}

#[test]
fn one_endless_name_widens_no_other_line_and_is_whole_for_scripts() {
    let space = Space::new();
    let name = "x".repeat(10_000);
    let args = ["run", "--detach", "--experiment", &name, "--", "true"];
    let run = space.json(&args)["name"].as_str().unwrap().to_owned();
    space.run(&["runs", "wait", &run]);
    let listed = space.run(&["runs"]);
    let longest = listed.out.lines().map(|line| line.chars().count()).max();
    assert!(longest < Some(200), "{}", listed.out);
    assert_eq!(space.json(&["runs"])["rows"][0]["experiment"], json!(name));
}
