//! Data versions through the whole program, with processes that are really killed.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use crate::space::{Answer, Space};

/// Bytes that no compression makes fewer, the same for the same seed.
pub fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let words = (0..length.div_ceil(8)).flat_map(|_| next().to_le_bytes());
    words.take(length).collect()
}

pub fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// Do two folders hold the same?
#[track_caller]
pub fn same(a: &Path, b: &Path) {
    let diff = Command::new("diff")
        .arg("-r")
        .args([a, b])
        .output()
        .unwrap();
    assert!(
        diff.status.success(),
        "{}",
        String::from_utf8_lossy(&diff.stdout)
    );
}

fn packs(space: &Space) -> Vec<PathBuf> {
    let entries = fs::read_dir(space.store().join("vault/packs")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn two_versions_are_kept_compared_and_written_out_again() {
    let space = Space::new();
    let penguins = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/data/breast_cancer.csv");
    let original = fs::read_to_string(penguins).unwrap();
    let data = space.path("work/data");
    write(&data, "cells.csv", &original);
    write(&data, "notes/how.txt", "by hand");
    let first = space.ok(&[
        "data",
        "add",
        "cells",
        "data",
        "-m",
        "as collected",
        "--tag",
        "raw",
    ]);
    assert!(first.starts_with("cells@v1  2 files, "), "{first}");
    let kept = space.path("kept");
    Command::new("cp")
        .arg("-r")
        .args([&data, &kept])
        .status()
        .unwrap();
    assert_eq!(
        space.ok(&["data", "status", "cells"]),
        "cells@v1: 2 files, nothing changed\n"
    );

    let fewer: String = original
        .lines()
        .take(400)
        .map(|line| format!("{line}\n"))
        .collect();
    write(&data, "cells.csv", &fewer);
    write(&data, "more.csv", "a\n1\n");
    fs::remove_file(data.join("notes/how.txt")).unwrap();
    let status = space.run(&["data", "status", "cells"]);
    assert_eq!(status.code, Some(1));
    assert_eq!(
        status.out,
        "+ more.csv\n+ notes\n~ cells.csv\n- notes/how.txt\ncells@v1: 2 added, 1 changed, 1 removed, 0 as they were\n"
    );
    space.ok(&["data", "add", "cells", "data"]);
    let diff = space.run(&["data", "diff", "cells@raw", "cells"]);
    assert_eq!(diff.code, Some(1), "{}", diff.err);
    let last = diff.out.lines().last().unwrap();
    assert!(
        last.starts_with("cells@v1 to cells@v2: 2 added, 1 removed, 1 changed"),
        "{last}"
    );
    assert_eq!(
        space.run(&["data", "diff", "cells@v1", "cells@raw"]).code,
        Some(0)
    );

    for (version, original) in [("cells@v1", &kept), ("cells@v2", &data)] {
        let out = space.path(&version.replace('@', "-"));
        space.ok(&["data", "checkout", version, out.to_str().unwrap()]);
        same(original, &out);
    }
    let refused = space.run(&["data", "checkout", "cells@v1", "data"]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.err.contains("cells.csv") && refused.err.contains("--force"),
        "{}",
        refused.err
    );
    assert_eq!(
        space.ok(&["data", "cat", "cells@raw", "cells.csv"]),
        original
    );

    let log = space.json(&["data", "log", "cells"]);
    assert_eq!(log[0]["number"], 2);
    assert_eq!(
        (&log[1]["tags"][0], &log[1]["message"]),
        (&"raw".into(), &"as collected".into())
    );
    space.ok(&["data", "verify"]);
    space.ok(&["data", "rm", "cells"]);
    assert_eq!(space.json(&["data", "show", "cells"])["number"], 1);
    space.ok(&["data", "restore", "cells@v2"]);
    assert_eq!(space.json(&["data", "gc", "--dry-run"])["unneeded"], 0);
}

#[test]
fn a_flipped_byte_is_named_and_the_others_still_work() {
    let space = Space::new();
    write(&space.path("work"), "bad.bin", noise(1, 400_000));
    write(&space.path("work"), "good.bin", noise(2, 400_000));
    space.ok(&["data", "add", "bad", "bad.bin"]);
    let pack = packs(&space).pop().unwrap();
    space.ok(&["data", "add", "good", "good.bin"]);
    let mut bytes = fs::read(&pack).unwrap();
    bytes[200_000] ^= 1;
    fs::set_permissions(&pack, fs::Permissions::from_mode(0o640)).unwrap();
    fs::write(&pack, bytes).unwrap();
    let verify = space.run(&["data", "verify"]);
    assert_eq!(verify.code, Some(1));
    assert!(verify.out.contains("bad@v1: bad.bin: "), "{}", verify.out);
    assert!(!verify.out.contains("good"), "{}", verify.out);
    let out = space.path("out");
    let refused = space.run(&["data", "checkout", "bad", out.to_str().unwrap()]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("damaged"), "{}", refused.err);
    assert!(!out.join("bad.bin").exists());
    space.ok(&["data", "checkout", "good", out.to_str().unwrap()]);
}

#[test]
fn a_full_disk_leaves_what_was_there() {
    let space = Space::new();
    write(&space.path("work"), "small.bin", noise(1, 10_000));
    space.ok(&["data", "add", "set", "small.bin"]);
    write(&space.path("work"), "large.bin", noise(2, 3_000_000));
    // No file may grow beyond a million bytes: to the program a full disk.
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -f 1000; trap '' XFSZ; exec \"$@\"", "sh"])
        .arg(env!("CARGO_BIN_EXE_sconce"))
        .args(["data", "add", "set", "large.bin"])
        .current_dir(space.path("work"))
        .env_clear()
        .envs(space.environment())
        .stdin(Stdio::null());
    let refused = Answer::of(command);
    assert_eq!(refused.code, Some(2), "{}{}", refused.out, refused.err);
    assert_eq!(packs(&space).len(), 1);
    space.ok(&["data", "verify"]);
    assert_eq!(
        space
            .json(&["data", "log", "set"])
            .as_array()
            .unwrap()
            .len(),
        1
    );
    space.ok(&["data", "add", "set", "large.bin"]);
}

/// Kills a command after some milliseconds. Says whether it was still at work.
fn killed(space: &Space, args: &[&str], after: u64) -> bool {
    let mut command = space.command(args);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_millis(after));
    child.kill().unwrap();
    !child.wait().unwrap().success()
}

#[test]
fn a_kill_at_any_moment_leaves_the_old_state_or_the_new() {
    let space = Space::new();
    space.write(
        "work/sconce.toml",
        "[agent]\nidle_seconds = 1\n[store]\ntrash_days = 0\nunneeded_hours = 0\n",
    );
    let data = space.path("work/data");
    for at in 0..400 {
        write(&data, &format!("small/{at}"), noise(at, 2_000));
    }
    write(&data, "large", noise(1_000, 8_000_000));
    space.ok(&["data", "add", "set", "data", "--tag", "kept"]);
    let kept = space.path("kept");
    Command::new("cp")
        .arg("-r")
        .args([&data, &kept])
        .status()
        .unwrap();
    let mut hits = 0;
    for round in 0..25 {
        write(&data, "large", noise(2_000 + round, 8_000_000));
        write(
            &data,
            &format!("small/{round}"),
            noise(3_000 + round, 2_000),
        );
        // From the first look to the last line, more often early.
        let moment = round * round / 5 + 3;
        hits += u32::from(killed(&space, &["data", "add", "set", "data"], moment));
        space.ok(&["data", "verify"]);
        space.ok(&["data", "add", "set", "data"]);
        let newest = space.json(&["data", "show", "set"])["number"].to_string();
        let newest = format!("set@v{newest}");
        if space.json(&["data", "show", &newest])["tags"]
            .as_array()
            .unwrap()
            .is_empty()
        {
            space.ok(&["data", "rm", &newest]);
        }
        hits += u32::from(killed(&space, &["data", "gc"], moment));
        space.ok(&["data", "verify"]);
        if round % 5 == 0 {
            space.ok(&["data", "gc"]);
        }
    }
    assert!(10 < hits, "only {hits} of 50 kills met work");
    space.ok(&["data", "gc"]);
    space.ok(&["data", "gc"]);
    let left: u64 = packs(&space)
        .iter()
        .map(|pack| fs::metadata(pack).unwrap().len())
        .sum();
    assert!(
        left < 20_000_000,
        "{left} bytes are left of a version of 8.8 MB"
    );
    let out = space.path("out");
    space.ok(&["data", "checkout", "set@kept", out.to_str().unwrap()]);
    same(&kept, &out);
}

#[test]
fn additions_and_collections_at_once_lose_nothing() {
    let space = Space::new();
    space.write(
        "work/sconce.toml",
        "[agent]\nidle_seconds = 1\n[store]\ntrash_days = 0\nunneeded_hours = 0\n",
    );
    write(&space.path("work/a"), "x", noise(1, 300_000));
    write(&space.path("work/b"), "x", noise(2, 300_000));
    space.ok(&["data", "add", "a", "a"]);
    thread::scope(|scope| {
        let adder = |name: &'static str, seed: u64| {
            let space = &space;
            move || {
                let folder = space.path("work").join(name);
                for round in 0..12 {
                    // Every other time the content of before, which a collection may just be about to take.
                    write(&folder, "y", noise(seed + round % 2, 400_000));
                    space.ok(&["data", "add", name, name]);
                    let out = space.path(&format!("out-{name}-{round}"));
                    space.ok(&["data", "checkout", name, out.to_str().unwrap()]);
                    same(&folder, &out);
                    let newest = space.json(&["data", "show", name])["number"].to_string();
                    if newest != "1" {
                        space.ok(&["data", "rm", &format!("{name}@v{newest}")]);
                    }
                }
            }
        };
        let adders = [scope.spawn(adder("a", 10)), scope.spawn(adder("b", 20))];
        while !adders.iter().all(thread::ScopedJoinHandle::is_finished) {
            space.ok(&["data", "gc"]);
        }
    });
    space.ok(&["data", "verify"]);
}

#[test]
fn what_cannot_be_done_is_said_with_what_to_do() {
    let space = Space::new();
    write(&space.path("work"), "x.csv", "a\n1\n");
    let cases: [(&[&str], &str); 8] = [
        (&["data", "add", "x", "no.csv"], "no.csv is not there"),
        (&["data", "add", "a b", "x.csv"], "cannot be the name"),
        (&["data", "add", "x", "/dev/null"], "a device"),
        (&["data", "add", "x", "*.parquet"], "nothing matches"),
        (&["data", "add", "x", "-"], "--as"),
        (&["data", "log", "x"], "data add NAME PATH"),
        (&["data", "show", "x@v1"], "there is no data set"),
        (
            &["data", "checkout", "0badf00d", "out"],
            "there is no data set",
        ),
    ];
    for (args, expected) in cases {
        let refused = space.run(args);
        assert_eq!(refused.code, Some(2), "{args:?}");
        assert!(refused.err.contains(expected), "{args:?}: {}", refused.err);
        assert_eq!(refused.out, "", "{args:?}");
    }
    assert_eq!(
        space
            .ok(&["data", "add", "x", "*.csv", "--reference"])
            .lines()
            .count(),
        1
    );
    let show = space.ok(&["data", "show", "x"]);
    assert!(show.contains("the content stays where it is"), "{show}");
    space.ok(&["data", "add", "x", "x.csv"]);
    let refused = space.run(&["train", "diagnosis", "-S", "data=x"]);
    assert!(refused.err.contains("x@latest"), "{}", refused.err);
}

#[test]
fn a_training_reads_a_version_through_the_vault_and_names_it_everywhere() {
    let space = Space::new();
    let cells = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/data/breast_cancer.csv");
    fs::copy(&cells, space.path("work/cells.csv")).unwrap();
    write(&space.path("work"), "notes.txt", "beside it");
    space.ok(&[
        "data",
        "add",
        "cells",
        "cells.csv",
        "notes.txt",
        "--tag",
        "clean",
    ]);
    fs::remove_file(space.path("work/cells.csv")).unwrap();
    let data = "data=cells@clean/cells.csv";
    let asked = [
        "--json",
        "train",
        "diagnosis",
        "-S",
        data,
        "-S",
        "train.epochs=2",
        "--wait",
    ];
    let ended: serde_json::Value = serde_json::from_str(&space.ok(&asked)).unwrap();
    let run = ended["name"].as_str().unwrap();
    assert_eq!(ended["state"], "done");
    // The word of today may mean another version tomorrow.
    assert_eq!(ended["params"]["data"], "cells@v1/cells.csv");
    assert_eq!(
        space.json(&["data", "show", "cells@v1"])["runs"][0]["name"],
        run
    );
    let folder = space
        .store()
        .join("runs")
        .join(ended["id"].as_str().unwrap());
    let model: toml::Table = fs::read_to_string(folder.join("package/model.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let hash = &space.json(&["data", "show", "cells"])["hash"];
    assert_eq!(model["data_version"].as_str(), Some("cells@v1"));
    assert_eq!(model["data_version_hash"].as_str(), hash.as_str());
    space.ok(&["data", "untag", "cells@clean"]);
    let refused = space.run(&["data", "rm", "cells@v1"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains(run), "{}", refused.err);
    for (data, expected) in [
        ("cells@v1", "has 2 files"),
        ("cells@v1/no.csv", "has no file"),
        ("cells@v9", "there is no cells@v9"),
        ("cell@v1", "did you mean cells?"),
    ] {
        let refused = space.run(&["train", "diagnosis", "-S", &format!("data={data}")]);
        assert_eq!(refused.code, Some(2), "{data}");
        assert!(refused.err.contains(expected), "{data}: {}", refused.err);
    }
    // What is not what it was is not trained on.
    let pack = packs(&space).pop().unwrap();
    let mut bytes = fs::read(&pack).unwrap();
    bytes[1_000] ^= 1;
    fs::set_permissions(&pack, fs::Permissions::from_mode(0o640)).unwrap();
    fs::write(&pack, bytes).unwrap();
    let refused = space.run(&["train", "diagnosis", "-S", "data=cells@v1/cells.csv"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("damaged"), "{}", refused.err);
}
