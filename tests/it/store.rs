//! One store and several programs: of another version, of another person.

use std::{
    fs::{self, File},
    os::unix::{
        fs::{FileExt as _, MetadataExt as _, PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{
    runs::{metric, step, weights},
    space::{Answer, Space, eventually},
};

#[test]
fn a_migration_while_a_run_trains_loses_nothing() {
    let space = Space::new();
    let long = ["-S", "epochs=400", "-S", "patience=0"];
    let undisturbed = space.train(&[&["fraud", "--wait"][..], &long].concat());
    let expected = space.show(&undisturbed);
    let run = space.train(&[&["fraud"][..], &long].concat());
    let dir = space.dir(&run);
    eventually("it trains", || 20 < step(&space, &run));

    // A newer program comes: it asks the others to let go, and waits until they have.
    let wanted = File::create(space.store().join("schema.wanted")).unwrap();
    wanted.lock().unwrap();
    let schema = File::open(space.store().join("schema.lock")).unwrap();
    schema.lock().unwrap();
    let store = rusqlite::Connection::open(space.store().join("store.db")).unwrap();
    let version: u32 = store
        .query_row("pragma user_version", [], |row| row.get(0))
        .unwrap();
    let migrate = |sql: &str, version: u32| {
        let sql = format!("begin immediate; {sql}; pragma user_version = {version}; commit");
        store.execute_batch(&sql).unwrap();
    };
    migrate("create table newer (a any) strict", version + 1);
    drop((wanted, schema));

    // The old one refuses the store now; the training knows nothing of it and ends.
    let refused = space.run(&["runs"]);
    assert_eq!(refused.code, Some(2), "{}", refused.err);
    assert!(refused.err.contains("newer"), "{}", refused.err);
    let lock = File::open(dir.join("lock")).unwrap();
    lock.lock().unwrap();
    drop(lock);
    assert!(dir.join("package/model.toml").is_file());

    migrate("drop table newer", version);
    space.ok(&["agent", "start"]);
    space.ok(&["runs", "wait", &run]);
    assert_eq!(weights(&space, &run), weights(&space, &undisturbed));
    let shown = space.show(&run);
    for name in ["train/loss", "val/loss", "val/auc"] {
        for key in ["points", "last", "last_step", "min", "max", "mean"] {
            let [ours, theirs] = [&shown, &expected].map(|run| metric(run, name)[key].clone());
            assert_eq!(ours, theirs, "{name} {key}");
        }
    }
}

#[test]
fn two_people_share_a_store_and_neither_steers_or_reads_what_is_the_others() {
    if !rustix::process::geteuid().is_root() {
        // Only root can be two people.
        return;
    }
    let space = Space::bare();
    fs::set_permissions(space.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_sconce"), space.path("sconce")).unwrap();
    let [ana, ben] = [(ANA, "ana"), (BEN, "ben")].map(|(uid, name)| Person::new(&space, uid, name));
    let store = space.store();
    space.ok(&[
        "init",
        &store.to_string_lossy(),
        "--shared",
        "--group",
        "users",
    ]);

    let long = ["-S", "epochs=100000", "-S", "patience=0"];
    let of_ana = ana.queue(&[&["train", "fraud"][..], &long].concat());
    let of_ben = ben.queue(&["train", "diagnosis", "-S", "epochs=3"]);
    assert_eq!(ben.run(&["runs", "wait", &of_ben]).code, Some(0));
    eventually("ana's trains beside it", || {
        0 < ben.show(&of_ana)["run"]["progress"]["step"]
            .as_i64()
            .unwrap_or(0)
    });

    let queued = ana.queue(&["run", "--detach", "--after", &of_ana, "--", "true"]);
    let tries: [&[&str]; 6] = [
        &["stop", &of_ana],
        &["kill", &of_ana],
        &["pause", &of_ana],
        &["checkpoint", &of_ana],
        &["redact", &of_ana, "argv"],
        &["stop", &queued],
    ];
    for tried in tries {
        let refused = ben.run(&[&["runs"], tried].concat());
        assert_eq!(refused.code, Some(2), "{tried:?}: {}", refused.err);
        assert!(
            refused.err.contains("belongs to ana"),
            "{tried:?}: {}",
            refused.err
        );
    }
    assert_eq!(ana.show(&of_ana)["run"]["state"], "running");
    assert_eq!(ana.show(&queued)["run"]["state"], "queued");

    // What was asked for, and may hold secrets, is read by its owner alone.
    let dir = ana.show(&of_ana)["dir"].as_str().unwrap().to_owned();
    let job = Path::new(&dir).join("job.json");
    assert_eq!(job.metadata().unwrap().uid(), ANA);
    for path in [job, store.join("requests").join(ANA.to_string())] {
        let read = ben.command(Path::new("cat"), &[&path.to_string_lossy()]);
        assert_ne!(Answer::of(read).code, Some(0), "{}", path.display());
        assert_eq!(path.metadata().unwrap().mode() & 0o077, 0);
    }

    assert_eq!(ana.run(&["runs", "stop", &of_ana]).code, Some(0));
    ana.run(&["runs", "wait", &of_ana]);
    let stopped = ben.show(&of_ana);
    assert_eq!(stopped["run"]["state"], "stopped");
    assert!(
        stopped["run"]["stopped_by"]
            .as_str()
            .unwrap()
            .starts_with("ana@")
    );
    assert_eq!(ben.run(&["runs", "resume", &of_ana]).code, Some(2));
}

#[test]
fn a_store_that_a_person_names_is_never_made_by_a_command_that_reads() {
    let space = Space::bare();
    space.write("work/.sconce", "../elsewhere\n");
    let config = format!("store.path=\"{}\"", space.path("by-config").display());
    let named = space.path("by-flag");
    let by_flag = ["--store", named.to_str().unwrap(), "runs"];
    let tries: [(&[&str], bool, &str); 4] = [
        (&["runs"], true, "store"),
        (&by_flag, true, "by-flag"),
        (&["train", "fraud"], false, "elsewhere"),
        (&["--config", &config, "usage"], false, "by-config"),
    ];
    for (args, has_variable, folder) in tries {
        if args.contains(&"usage") {
            fs::remove_file(space.path("work/.sconce")).unwrap();
        }
        let mut command = space.command(args);
        if !has_variable {
            command.env_remove("SCONCE_STORE");
        }
        let refused = Answer::of(command);
        assert_eq!(refused.code, Some(2), "{args:?} {}", refused.out);
        assert!(
            refused.err.contains("there is no store at"),
            "{}",
            refused.err
        );
        assert!(refused.err.contains(" init`"), "{}", refused.err);
        assert!(!space.path(folder).exists(), "{folder}");
    }
}

#[test]
fn the_usual_store_is_made_but_never_a_home_for_it() {
    let space = Space::bare();
    let run = |home: &str| {
        let mut command = space.command(&["runs"]);
        for name in ["SCONCE_STORE", "XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
            command.env_remove(name);
        }
        Answer::of({
            command.env("HOME", space.path(home));
            command
        })
    };
    let refused = run("none");
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.err.contains("there is no home folder"),
        "{}",
        refused.err
    );
    assert!(!space.path("none").exists());
    assert_eq!(run("home").code, Some(0));
    assert!(
        space
            .path("home/.local/share/sconce/store/store.db")
            .exists()
    );
}

#[test]
fn a_flag_says_where_a_store_is_made_though_the_project_has_one() {
    let space = Space::bare();
    let init = |args: &[&str]| {
        let mut command = space.command(args);
        command.env_remove("SCONCE_STORE");
        Answer::of(command)
    };
    assert_eq!(init(&["init"]).code, Some(0));
    let made = init(&["--store", "new", "init"]);
    assert_eq!(made.code, Some(0), "{}", made.err);
    assert!(space.path("work/new/store.db").exists());
    assert!(space.path("work/.sconce").is_dir());
    assert_eq!(init(&["init", "third"]).code, Some(2));
}

#[test]
fn a_store_that_cannot_be_written_is_read_and_says_so_when_it_should_be_written() {
    if !rustix::process::geteuid().is_root() {
        // Only root can be two people.
        return;
    }
    let space = Space::new();
    let run = space.train(&["diagnosis", "-S", "epochs=2", "--wait"]);
    space.ok(&["agent", "stop"]);
    fs::set_permissions(space.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_sconce"), space.path("sconce")).unwrap();
    let mut opened = Command::new("chmod");
    opened.args(["-R", "a+rX"]).arg(space.store());
    assert_eq!(Answer::of(opened).code, Some(0));
    let ben = Person::new(&space, BEN, "ben");
    assert_eq!(ben.show(&run)["run"]["state"], "done");
    assert_eq!(ben.json(&["runs"])["rows"].as_array().unwrap().len(), 1);
    for args in [&["train", "fraud"][..], &["runs", "tag", &run, "x"]] {
        let refused = ben.run(args);
        assert_eq!(refused.code, Some(2), "{args:?} {}", refused.out);
        assert!(
            refused.err.contains("the store is read-only"),
            "{args:?} {}",
            refused.err
        );
    }
    assert_eq!(ben.run(&["backup", "copy"]).code, Some(0));
    let copy = ben.home().join("work/copy");
    assert_eq!(
        ben.json(&["--store", copy.to_str().unwrap(), "runs"])["total"],
        1
    );
}

#[test]
fn the_doctor_finds_what_is_wrong_with_a_store() {
    let space = Space::new();
    let said = |part: &str| {
        let answer = space.run(&["doctor"]);
        assert_eq!(answer.code, Some(1), "{part}: {}", answer.out);
        assert!(answer.out.contains(part), "{part}: {}", answer.out);
    };
    assert_eq!(space.run(&["doctor"]).code, Some(0));
    space.train(&["diagnosis", "-S", "epochs=1", "--wait"]);
    space.ok(&["agent", "stop"]);
    let database = space.store().join("store.db");
    let store = rusqlite::Connection::open(&database).unwrap();
    store.execute_batch("begin exclusive").unwrap();
    said("keeps the store locked");
    store
        .execute_batch("rollback; update audit set user = 'eve' where seq = 1")
        .unwrap();
    drop(store);
    said("broken at line 1");
    fs::rename(space.store().join("runs"), space.path("runs")).unwrap();
    said("1 of 1 runs have lost their folder");
    let refused = space.run(&["run", "--detach", "--", "true"]);
    assert_eq!(refused.code, Some(2), "{}", refused.out);
    assert!(
        refused.err.contains("runs/ in the store"),
        "{}",
        refused.err
    );
    fs::rename(space.path("runs"), space.store().join("runs")).unwrap();
    fs::write(&database, "").unwrap();
    let refused = space.run(&["runs"]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.err.contains("store.db is empty and runs/ is not"),
        "{}",
        refused.err
    );
    said("the store is damaged");
}

#[test]
fn a_damaged_store_gives_no_backup() {
    let space = Space::new();
    space.ok(&["run", "--", "true"]);
    space.ok(&["agent", "stop"]);
    let database = space.store().join("store.db");
    let store = rusqlite::Connection::open(&database).unwrap();
    store
        .query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))
        .unwrap();
    drop(store);
    let file = fs::OpenOptions::new().write(true).open(&database).unwrap();
    file.write_all_at(&[0xff; 4_096], 4_096).unwrap();
    let refused = space.run(&["backup", "copy"]);
    assert_eq!(refused.code, Some(2), "{}", refused.out);
    assert!(refused.err.contains("damaged"), "{}", refused.err);
    assert!(!space.path("work/copy").exists());
}

#[test]
fn a_backup_that_was_killed_is_swept_away_by_the_next_to_the_same_place() {
    let space = Space::new();
    let left = space.path("work/copy.unfinished");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("store.db"), "half").unwrap();
    let other = File::open(&left).unwrap();
    other.lock().unwrap();
    let refused = space.run(&["backup", "copy"]);
    assert!(refused.err.contains("another backup"), "{}", refused.err);
    drop(other);
    space.ok(&["backup", "copy"]);
    assert!(!left.exists());
    let copy = space.path("work/copy");
    space.ok(&["--store", copy.to_str().unwrap(), "runs"]);
}

/// Numbers that no table of users names, and the group `users` of every Linux.
const ANA: u32 = 4001;
const BEN: u32 = 4002;
const USERS: u32 = 100;

/// Somebody of the group `users` with a home of their own, at the program.
struct Person<'a> {
    space: &'a Space,
    uid: u32,
    name: &'static str,
}

impl<'a> Person<'a> {
    fn new(space: &'a Space, uid: u32, name: &'static str) -> Self {
        let person = Self { space, uid, name };
        for path in [person.home(), person.home().join("work")] {
            fs::create_dir(&path).unwrap();
            chown(path, Some(uid), None).unwrap();
        }
        person
    }

    fn home(&self) -> PathBuf {
        self.space.path(self.name)
    }

    fn command(&self, program: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .env_clear()
            .envs(self.space.environment())
            .env("HOME", self.home())
            .env("USER", self.name)
            .current_dir(self.home().join("work"))
            .stdin(Stdio::null())
            .uid(self.uid)
            .gid(USERS);
        for folder in ["CONFIG", "DATA", "STATE", "CACHE"] {
            command.env_remove(format!("XDG_{folder}_HOME"));
        }
        command
    }

    fn run(&self, args: &[&str]) -> Answer {
        Answer::of(self.command(&self.space.path("sconce"), args))
    }

    #[track_caller]
    fn json(&self, args: &[&str]) -> Value {
        let answer = self.run(&[&["--json"][..], args].concat());
        assert_eq!(answer.code, Some(0), "{args:?} {}", answer.err);
        serde_json::from_str(&answer.out).unwrap()
    }

    #[track_caller]
    fn queue(&self, args: &[&str]) -> String {
        self.json(args)["name"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    fn show(&self, run: &str) -> Value {
        self.json(&["runs", "show", run])
    }
}

/// On a disk of its own, which is filled to the last byte.
#[test]
fn a_store_on_a_full_disk_is_read_and_freed_and_takes_nothing_half() {
    let is_allowed = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "true"])
        .output()
        .is_ok_and(|answer| answer.status.success());
    if !is_allowed {
        #[expect(clippy::print_stderr, reason = "a test says what it could not try")]
        {
            eprintln!("not tried: this user may not mount a disk of its own");
        }
        return;
    }
    let space = Space::bare();
    fs::create_dir(space.store()).unwrap();
    space.write("work/small.csv", "a,b\n1,2\n3,4\n");
    let mut noise = vec![0; 2 << 20];
    let mut state = 1u64;
    for byte in &mut noise {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        *byte = (state >> 56) as u8;
    }
    fs::write(space.path("work/noise.bin"), &noise).unwrap();
    let script = r#"
        mount -t tmpfs -o size=80m none "$SCONCE_STORE" || exit 99
        say() { echo "$1: $2"; }
        "$SCONCE" init >&2; say init $?
        "$SCONCE" data add noise noise.bin -m one >&2; say add $?
        head -c 200M /dev/zero >"$SCONCE_STORE/fill" 2>/dev/null
        "$SCONCE" data list | grep -c noise
        "$SCONCE" runs >&2; say runs $?
        cp noise.bin more.bin; echo more >>more.bin; tr a-m n-z <more.bin >other.bin
        "$SCONCE" data add other other.bin -m two 2>&1 | grep -c 'disk is full'
        "$SCONCE" data list | grep -c other
        "$SCONCE" data cat noise | cmp - noise.bin; say cat $?
        "$SCONCE" data verify >&2; say verify $?
        "$SCONCE" data rm noise@v1 >&2; say rm $?
        rm "$SCONCE_STORE/fill"
        "$SCONCE" data add other other.bin -m two >&2; say again $?
    "#;
    let command = space.command(&[]);
    let environment: Vec<_> = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect();
    let mut command = Command::new("unshare");
    command
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
        .current_dir(space.path("work"))
        .env_clear()
        .envs(environment)
        .env("SCONCE", env!("CARGO_BIN_EXE_sconce"));
    let answer = Answer::of(command);
    let wanted = "init: 0\nadd: 0\n1\nruns: 0\n1\n0\ncat: 0\nverify: 0\nrm: 0\nagain: 0\n";
    assert_eq!(answer.out, wanted, "{}", answer.err);
}
