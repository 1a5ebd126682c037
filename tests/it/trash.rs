//! The trash, and what is done to many runs at once.

use std::{fs, path::PathBuf, process::Stdio};

use crate::{
    runs::agents,
    space::{Space, eventually},
};

/// A foreign program that has ended, by its name.
fn ended(space: &Space) -> String {
    let run = space.json(&["run", "--detach", "--", "true"])["name"]
        .as_str()
        .unwrap()
        .to_owned();
    space.run(&["runs", "wait", &run]);
    run
}

/// Ids of runs that are copies of one that ended, each with many files in its folder.
fn copies(space: &Space, count: usize, files: usize) -> Vec<String> {
    let id = space.show(&ended(space))["run"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let store = rusqlite::Connection::open(space.store().join("store.db")).unwrap();
    let columns: Vec<String> = store
        .prepare("select name from pragma_table_info('runs') where name not in ('id', 'name')")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let columns = columns.join(", ");
    let copy = format!(
        "insert into runs (id, name, {columns}) select ?1, ?2, {columns} from runs where id = ?3"
    );
    let ids: Vec<String> = (0..count).map(|number| format!("{number:032x}")).collect();
    for (number, new) in ids.iter().enumerate() {
        store
            .execute(&copy, [new, &format!("copy-{number}"), &id])
            .unwrap();
        let captured = "insert into captured (run, body) values (?1, '{}')";
        store.execute(captured, [new]).unwrap();
        let folder = space.store().join("runs").join(new);
        fs::create_dir_all(folder.join("checkpoints")).unwrap();
        for file in 0..files {
            fs::write(folder.join(format!("checkpoints/{file}")), "x").unwrap();
        }
    }
    ids
}

#[test]
fn a_purge_that_is_killed_leaves_every_run_whole_or_gone() {
    const FILES: usize = 200;
    let space = Space::new();
    let ids = copies(&space, 40, FILES);
    let refused = space.run(&["runs", "rm", "--filter", "name:copy"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("40 runs"), "{}", refused.err);
    space.ok(&["runs", "rm", "--filter", "name:copy", "--yes"]);

    let runs = space.store().join("runs");
    let tombstones = || -> Vec<PathBuf> {
        let entries = fs::read_dir(&runs)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        entries
            .filter(|path| path.extension().is_some_and(|end| end == "purged"))
            .collect()
    };
    let rows = || -> Vec<String> {
        let found = space.json(&["runs", "in:trash", "--limit", "100"]);
        let rows = found["rows"].as_array().unwrap().iter();
        rows.map(|row| row["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let mut cuts = 0;
    for _ in 0..6 {
        let mut purge = space
            .command(&["trash", "purge", "--all", "--yes"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let before = rows().len();
        while tombstones().is_empty() && purge.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        purge.kill().unwrap();
        purge.wait().unwrap();
        cuts += usize::from(!tombstones().is_empty());
        assert!(before <= ids.len());

        // Whoever looks next ends what was cut off.
        space.ok(&["trash"]);
        assert_eq!(tombstones(), Vec::<PathBuf>::new());
        let left = rows();
        for id in &ids {
            let folder = runs.join(id);
            assert_eq!(folder.exists(), left.contains(id), "{id}");
            if folder.exists() {
                assert_eq!(
                    fs::read_dir(folder.join("checkpoints")).unwrap().count(),
                    FILES
                );
            }
        }
    }
    assert!(0 < cuts, "no purge was cut off");
    space.ok(&["trash", "purge", "--all", "--yes"]);
    assert_eq!(space.json(&["trash"]), serde_json::json!([]));
    assert_eq!(space.json(&["runs"])["total"], 1);
}

#[test]
fn a_run_goes_into_the_trash_and_comes_back_as_it_was() {
    let space = Space::new();
    let (run, live) = (ended(&space), "sleep 600");
    let before = space.show(&run);
    let live = space.json(&["run", "--detach", "--", "sh", "-c", live])["name"]
        .as_str()
        .unwrap()
        .to_owned();
    eventually("it runs", || space.state(&live) == "running");

    let both = space.run(&["runs", "rm", &run, &live]);
    assert_eq!(both.code, Some(2));
    assert_eq!(both.out, format!("{run}: in the trash\n"));
    assert!(
        both.err.contains(&format!("{live} is running")),
        "{}",
        both.err
    );
    let alone = space.run(&["--json", "runs", "rm", &live]);
    assert!(alone.err.contains("\"kind\":\"conflict\""), "{}", alone.err);

    let listed = space.json(&["runs"]);
    assert_eq!(
        (&listed["total"], &listed["matched"]),
        (&1.into(), &1.into())
    );
    assert_eq!(
        space.json(&["runs", "in:trash"])["rows"][0]["name"],
        run.as_str()
    );
    let trash = space.json(&["trash"]);
    assert!(trash[0]["trashed"]["by"].as_str().unwrap().contains('@'));
    assert!(0 < trash[0]["bytes"].as_u64().unwrap());
    let text = space.ok(&["trash"]);
    assert!(text.contains(" 7d ") || text.contains(" 6d23h "), "{text}");
    assert_eq!(space.json(&["runs", "--trash"])["matched"], 1);
    assert!(space.ok(&["runs", "show", &run]).contains("in the trash"));
    assert_eq!(space.json(&["jobs"]).as_array().unwrap().len(), 1);
    let resume = space.run(&["runs", "resume", &run]);
    assert!(resume.err.contains("is in the trash"), "{}", resume.err);
    assert!(
        space
            .ok(&["trash", "purge", "--yes"])
            .contains("nothing is due")
    );

    space.ok(&["runs", "restore", &run]);
    assert_eq!(space.show(&run)["run"], before["run"]);
    space.ok(&["runs", "stop", &live, "--now"]);
}

#[test]
fn what_was_long_enough_in_the_trash_goes_when_an_agent_has_done_its_work() {
    let space = Space::new();
    let run = ended(&space);
    let dir = space.dir(&run);
    space.ok(&["--config", "store.trash_days=0", "runs", "rm", &run]);
    space.write(
        "work/sconce.toml",
        "[agent]\nidle_seconds = 0\n[store]\ntrash_days = 0\n",
    );
    eventually("its agent ended", || agents(&space).is_empty());
    assert!(dir.exists());
    ended(&space);
    eventually("the next one empties the trash", || !dir.exists());
    assert_eq!(space.run(&["runs", "show", &run]).code, Some(2));
}

#[test]
fn verbs_over_a_filter_say_first_and_touch_only_what_it_lets_through() {
    let space = Space::new();
    let (one, two) = (ended(&space), ended(&space));
    let dry = space.run(&["runs", "tag", "--filter", "state:done", "keep", "--dry-run"]);
    assert!(
        dry.out.contains(&one) && dry.out.contains(&two),
        "{}",
        dry.out
    );
    assert!(
        dry.err.contains("2 runs, nothing was changed"),
        "{}",
        dry.err
    );
    assert_eq!(space.json(&["runs", "tag:keep"])["matched"], 0);
    space.ok(&["runs", "tag", &format!("{one},{two}"), "keep"]);
    space.ok(&["runs", "tag", "--filter", &one, "best"]);
    assert_eq!(space.json(&["runs", "tag:keep"])["matched"], 2);
    assert_eq!(
        space.json(&["runs", "tag:best"])["rows"][0]["name"],
        one.as_str()
    );
    space.ok(&["runs", "note", "--filter", "-tag:best", "the other"]);
    assert_eq!(space.show(&two)["run"]["note"], "the other");
    let stopped = space.run(&["runs", "stop", "--filter", "tag:keep"]);
    assert_eq!(
        (stopped.code, stopped.err.as_str()),
        (Some(0), "no run matches\n")
    );
    for wrong in [
        &["runs", "stop"][..],
        &["runs", "tag", &one],
        &["runs", "rm", "--filter", "state:x"],
    ] {
        assert_eq!(space.run(wrong).code, Some(2), "{wrong:?}");
    }
}

#[test]
fn a_filter_is_kept_under_a_name_and_used_by_it() {
    let space = Space::new();
    let run = ended(&space);
    space.ok(&["filters", "save", "good", "state:done"]);
    assert_eq!(
        space.json(&["runs", "@good"])["rows"][0]["name"],
        run.as_str()
    );
    assert_eq!(space.json(&["runs", "--", "-@good"])["matched"], 0);
    assert_eq!(space.json(&["filters"])[0]["text"], "state:done");
    assert!(space.ok(&["filters", "list"]).contains("@good"));
    assert!(
        space
            .ok(&["view", "runs", "--filter", "@good"])
            .contains(&run)
    );
    let unknown = space.run(&["runs", "@godo"]);
    assert_eq!(unknown.code, Some(2));
    assert!(
        unknown.err.contains("did you mean @good?"),
        "{}",
        unknown.err
    );
    assert_eq!(
        space.run(&["filters", "save", "good", "x", "@good"]).code,
        Some(2)
    );
    space.ok(&["filters", "rm", "@good"]);
    assert_eq!(space.run(&["filters", "rm", "good"]).code, Some(2));
}
