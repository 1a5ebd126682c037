//! Versions between stores, through a folder and through an S3-compatible server on this machine's loopback.

use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread::{self, JoinHandle},
    time::Duration,
};

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use serde_json::Value;
use tokio::{net::TcpListener, runtime, sync::oneshot};

use crate::{
    data::{noise, same, write},
    space::{Answer, Space},
};

const KEY: &str = "who";
const SECRET: &str = "nobody knows";

/// A server with one bucket, `data`, in a folder.
struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    fn start(root: &Path, address: &str) -> Self {
        fs::create_dir_all(root.join("data")).unwrap();
        let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(root).unwrap());
        service.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let service = service.build();
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind(address)).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, mut stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            runtime.block_on(async {
                loop {
                    let socket = tokio::select! {
                        accepted = listener.accept() => accepted.unwrap().0,
                        _ = &mut stopped => return,
                    };
                    let served = http1::Builder::new()
                        .serve_connection(TokioIo::new(socket), service.clone());
                    tokio::spawn(served);
                }
            });
        });
        Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// All connections end with it, whatever is under way.
impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn command(space: &Space, args: &[&str], secret: &str) -> Command {
    let mut command = space.command(args);
    command
        .env("AWS_ACCESS_KEY_ID", KEY)
        .env("AWS_SECRET_ACCESS_KEY", secret);
    command
}

fn run(space: &Space, args: &[&str]) -> Answer {
    Answer::of(command(space, args, SECRET))
}

#[track_caller]
fn json(space: &Space, args: &[&str]) -> Value {
    let answer = run(space, &[&["--json"], args].concat());
    assert_eq!(answer.code, Some(0), "{args:?}: {}", answer.err);
    serde_json::from_str(&answer.out).unwrap()
}

fn packs(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "pack"))
        .collect()
}

fn flip(pack: &Path) {
    let mut bytes = fs::read(pack).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::set_permissions(pack, fs::Permissions::from_mode(0o640)).unwrap();
    fs::write(pack, bytes).unwrap();
}

#[track_caller]
fn is_written_out(space: &Space, version: &str, original: &Path) {
    let out = space.path(&format!("out/{version}"));
    let _ = fs::remove_dir_all(&out);
    space.ok(&["data", "checkout", version, out.to_str().unwrap()]);
    same(original, &out);
}

#[test]
fn versions_go_to_a_bucket_and_come_back_bit_for_bit() {
    let (here, there) = (Space::new(), Space::new());
    let server = Server::start(&here.path("s3"), "127.0.0.1:0");
    let data = here.path("work/data");
    // More than one part of a pack, and many small files.
    write(&data, "large", noise(1, 20_000_000));
    for at in 0..300 {
        write(&data, &format!("small/{at}"), noise(at, 900));
    }
    here.ok(&["data", "add", "set", "data", "--tag", "raw"]);
    let kept = here.path("kept");
    let copied = Command::new("cp")
        .arg("-r")
        .args([&data, &kept])
        .status()
        .unwrap();
    assert!(copied.success());
    let url = "s3://data/team/a";
    let endpoint = server.url();
    let add = [
        "data",
        "remote",
        "add",
        "origin",
        url,
        "--endpoint",
        &endpoint,
    ];
    let known = json(&here, &add);
    assert_eq!(known["endpoint"], endpoint);
    let pushed = json(&here, &["data", "push"]);
    assert_eq!(pushed["versions"][0]["is_new"], true);
    let first = pushed["bytes"].as_u64().unwrap();
    assert!(20_000_000 < first, "{first}");
    // What is there does not travel again.
    let again = json(&here, &["data", "push", "set@raw"]);
    assert_eq!((&again["packs"], &again["bytes"]), (&0.into(), &0.into()));
    write(&data, "small/7", noise(7_777, 900));
    here.ok(&["data", "add", "set", "data"]);
    let second = json(&here, &["data", "push"])["bytes"].as_u64().unwrap();
    assert!(second < 60_000, "{second} bytes travelled for 900 new ones");

    let cloned = json(&there, &["data", "clone", url, "--endpoint", &endpoint]);
    assert_eq!(cloned["bytes"].as_u64().unwrap(), first + second);
    is_written_out(&there, "set@raw", &kept);
    is_written_out(&there, "set@v2", &data);
    let log = |space: &Space| space.json(&["data", "log", "set"]);
    assert_eq!(log(&here), log(&there));
    there.ok(&["data", "verify"]);
    assert_eq!(json(&there, &["data", "pull"])["bytes"], 0);
    // A version that comes of there has its parent's content here: only what is new travels.
    write(&there.path("work/data"), "note", "seen");
    fs::copy(data.join("large"), there.path("work/data/large")).unwrap();
    there.ok(&["data", "add", "set", "data"]);
    let third = json(&there, &["data", "push", "set"])["bytes"]
        .as_u64()
        .unwrap();
    assert!(third < 5_000, "{third}");
    json(&here, &["data", "pull", "set@v3"]);
    is_written_out(&here, "set@v3", &there.path("work/data"));
    let actions = json(&here, &["data", "remote", "show"]);
    assert_eq!(actions.as_array().unwrap().len(), 3);
}

#[test]
fn what_is_damaged_here_is_whole_again_after_a_pull_and_what_is_damaged_there_does_not_come() {
    let (here, there) = (Space::new(), Space::new());
    let disk = here.path("disk");
    let url = disk.to_str().unwrap();
    write(&here.path("work"), "bad.bin", noise(1, 400_000));
    write(&here.path("work"), "good.bin", noise(2, 400_000));
    here.ok(&["data", "add", "bad", "bad.bin"]);
    let pack = packs(&here.store().join("vault/packs")).remove(0);
    here.ok(&["data", "add", "good", "good.bin"]);
    here.ok(&["data", "remote", "add", "origin", url]);
    here.ok(&["data", "push"]);
    flip(&pack);
    let verify = here.run(&["data", "verify"]);
    assert_eq!(verify.code, Some(1));
    assert!(verify.out.contains("bad@v1: bad.bin: "), "{}", verify.out);
    let refused = here.run(&["data", "checkout", "bad", "out"]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.err.contains("pulling the version"),
        "{}",
        refused.err
    );
    // Damage does not spread.
    let other = here.path("other");
    here.ok(&["data", "remote", "add", "other", other.to_str().unwrap()]);
    let refused = here.run(&["data", "push", "bad", "--remote", "other"]);
    assert_eq!(refused.code, Some(2), "{}", refused.err);
    here.ok(&["data", "push", "good", "--remote", "other"]);
    let pulled = here.json(&["data", "pull", "bad", "--remote", "origin"]);
    assert_eq!(pulled["packs"], 1);
    here.ok(&["data", "verify"]);
    assert_eq!(
        here.run(&["data", "cat", "bad"]).code,
        Some(0),
        "the file is whole again"
    );

    // Adding the same again heals as well.
    flip(&pack);
    assert_eq!(here.run(&["data", "verify"]).code, Some(1));
    here.ok(&["data", "add", "bad", "bad.bin"]);
    assert_eq!(here.run(&["data", "cat", "bad"]).code, Some(0));

    flip(&disk.join("packs").join(pack.file_name().unwrap()));
    let refused = there.run(&["data", "clone", url]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("bad@v1 stays: "), "{}", refused.err);
    assert!(refused.err.contains("damaged"), "{}", refused.err);
    // What is whole there came.
    let came = there.json(&["data", "list"]);
    assert_eq!(came.as_array().unwrap().len(), 1);
    there.ok(&["data", "cat", "good"]);
    let refused = there.run(&["data", "pull", "bad"]);
    assert_eq!(refused.code, Some(2), "{}", refused.out);
    there.ok(&["data", "verify"]);
}

#[test]
fn a_damaged_remote_is_named_and_mended_from_where_all_is_whole() {
    let (here, elsewhere) = (Space::new(), Space::new());
    let disk = here.path("disk");
    let url = disk.to_str().unwrap();
    for (space, name, seed) in [(&here, "a", 1), (&here, "b", 2), (&elsewhere, "c", 3)] {
        write(&space.path("work"), "x.bin", noise(seed, 400_000));
        space.ok(&["data", "add", name, "x.bin"]);
    }
    here.ok(&["data", "remote", "add", "origin", url]);
    here.ok(&["data", "push"]);
    elsewhere.ok(&["data", "remote", "add", "origin", url]);
    elsewhere.ok(&["data", "push"]);
    let sound = here.json(&["data", "remote", "verify"]);
    assert_eq!(
        (&sound["versions"], &sound["packs"]),
        (&3.into(), &3.into())
    );

    for pack in packs(&disk.join("packs")) {
        flip(&pack);
    }
    let told = here.run(&["data", "remote", "verify", "origin"]);
    assert_eq!(told.code, Some(1), "{}", told.err);
    for name in ["a@v1", "b@v1", "c@v1"] {
        assert!(
            told.out.contains(&format!("{name} needs it")),
            "{}",
            told.out
        );
    }
    // Here c was never whole: its pack stays, and the others come again.
    let mended = here.run(&["data", "remote", "verify", "--mend"]);
    assert_eq!(mended.code, Some(1), "{}", mended.err);
    assert!(
        mended
            .out
            .contains("a@v1 was sent again\nb@v1 was sent again"),
        "{}",
        mended.out
    );
    assert_eq!(fs::read_dir(disk.join("packs")).unwrap().count(), 3);
    let mended = elsewhere.run(&["data", "remote", "verify", "--mend"]);
    assert_eq!(mended.code, Some(0), "{} {}", mended.out, mended.err);
    assert!(
        mended
            .out
            .contains("c@v1 was sent again\norigin: whole again"),
        "{}",
        mended.out
    );
    here.ok(&["data", "remote", "verify"]);
    let third = Space::new();
    third.ok(&["data", "clone", url]);
    third.ok(&["data", "verify"]);
}

#[test]
fn a_push_or_a_pull_that_is_killed_goes_on_and_nothing_half_is_listed() {
    let here = Space::new();
    let server = Server::start(&here.path("s3"), "127.0.0.1:0");
    let endpoint = server.url();
    let data = here.path("work/data");
    let remote = [
        "data",
        "remote",
        "add",
        "origin",
        "s3://data",
        "--endpoint",
        &endpoint,
    ];
    json(&here, &remote);
    let killed = |space: &Space, args: &[&str], after: u64| {
        let mut child = command(space, args, SECRET)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(after));
        child.kill().unwrap();
        !child.wait().unwrap().success()
    };
    let mut hits = 0;
    for round in 0..8 {
        write(&data, "large", noise(round, 30_000_000));
        here.ok(&["data", "add", "set", "data"]);
        let version = format!("set@v{}", round + 1);
        let after = 20 + 40 * round;
        hits += u32::from(killed(&here, &["data", "push"], after));
        // What is listed is whole.
        let listed = json(&here, &["data", "remote", "show"]);
        let there = Space::new();
        let clone = ["data", "clone", "s3://data", "--endpoint", &endpoint];
        let cloned = json(&there, &clone);
        assert_eq!(
            cloned["versions"].as_array().unwrap().len(),
            listed.as_array().unwrap().len()
        );
        json(&here, &["data", "push"]);
        hits += u32::from(killed(&there, &["data", "pull"], after));
        there.ok(&["data", "verify"]);
        json(&there, &["data", "pull"]);
        is_written_out(&there, &version, &data);
        there.ok(&["data", "verify"]);
        there.ok(&["data", "gc"]);
        let left = fs::read_dir(there.store().join("vault/packs")).unwrap();
        let left = left.filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            !name.to_str().unwrap().ends_with(".pack")
        });
        assert_eq!(left.count(), 0);
    }
    assert!(6 < hits, "only {hits} of 16 kills met work");
}

#[test]
fn a_server_that_goes_away_is_said_and_the_rest_goes_when_it_is_back() {
    let here = Space::new();
    let root = here.path("s3");
    let server = Server::start(&root, "127.0.0.1:0");
    let (endpoint, address) = (server.url(), server.address.to_string());
    write(&here.path("work"), "x.bin", noise(1, 100_000));
    here.ok(&["data", "add", "x", "x.bin"]);
    let remote = [
        "data",
        "remote",
        "add",
        "origin",
        "s3://data/a",
        "--endpoint",
        &endpoint,
    ];
    json(&here, &remote);
    let stranger = Answer::of(command(&here, &["data", "push"], "a guess"));
    assert_eq!(stranger.code, Some(2));
    assert!(
        stranger.err.contains("AWS_SECRET_ACCESS_KEY"),
        "{}",
        stranger.err
    );
    drop(server);
    let gone = run(&here, &["data", "push"]);
    assert_eq!(gone.code, Some(2), "{}", gone.out);
    assert!(gone.err.contains("s3://data/a"), "{}", gone.err);
    let server = Server::start(&root, &address);
    assert_eq!(json(&here, &["data", "push"])["packs"], 1);
    let none = run(
        &here,
        &[
            "data",
            "clone",
            "s3://data/b",
            "--name",
            "b",
            "--endpoint",
            &server.url(),
        ],
    );
    assert_eq!(none.code, Some(2));
    assert!(none.err.contains("is no remote"), "{}", none.err);
}

#[test]
fn two_versions_of_one_name_are_told_apart() {
    let (here, there) = (Space::new(), Space::new());
    let disk = here.path("disk");
    let url = disk.to_str().unwrap();
    write(&here.path("work"), "x.csv", "a\n1\n");
    write(&there.path("work"), "x.csv", "a\n2\n");
    for space in [&here, &there] {
        space.ok(&["data", "add", "x", "x.csv", "--tag", "mine"]);
        space.ok(&["data", "remote", "add", "origin", url]);
    }
    here.ok(&["data", "push"]);
    for verb in ["push", "pull"] {
        let refused = there.run(&["data", verb, "x"]);
        assert_eq!(refused.code, Some(2), "{verb}: {}", refused.out);
        assert!(refused.err.contains("another x@v1"), "{}", refused.err);
    }
    // Of all, those that can travel do, whatever else lies there.
    there.ok(&["data", "add", "free", "x.csv"]);
    write(&disk.join("versions"), ".DS_Store", "of another program");
    write(&disk.join("versions/x"), "v9.json", "{}");
    let pushed = there.run(&["--json", "data", "push"]);
    assert_eq!(pushed.code, Some(1), "{}", pushed.err);
    let pushed: Value = serde_json::from_str(&pushed.out).unwrap();
    assert_eq!(pushed["versions"][0]["dataset"], "free");
    assert_eq!(pushed["refused"][0]["name"], "x@v1");
    let pulled = here.run(&["data", "pull"]);
    assert_eq!(pulled.code, Some(1));
    assert!(pulled.err.contains("x/v9.json stays"), "{}", pulled.err);
    assert_eq!(here.ok(&["data", "cat", "free"]), "a\n2\n");
    let refused = here.run(&["data", "pull", "x@v9"]);
    assert!(refused.err.contains("cannot be read"), "{}", refused.err);
    // What is in the trash comes out of it.
    here.ok(&["data", "rm", "free@v1"]);
    here.ok(&["data", "pull", "free@v1"]);
    assert_eq!(here.ok(&["data", "cat", "free"]), "a\n2\n");

    there.ok(&["data", "push", "x", "--as", "y"]);
    there.ok(&["data", "pull", "x", "--as", "z"]);
    assert_eq!(there.ok(&["data", "cat", "z@mine"]), "a\n1\n");
    here.ok(&["data", "pull", "y"]);
    assert_eq!(here.ok(&["data", "cat", "y"]), "a\n2\n");
    // A tag that is elsewhere here stays there.
    write(&here.path("work"), "x.csv", "a\n3\n");
    here.ok(&["data", "add", "y", "x.csv", "--tag", "mine"]);
    let pulled = here.json(&["data", "pull", "y@v1"]);
    let kept = serde_json::json!({"tag": "mine", "on": 2});
    assert_eq!(pulled["versions"][0]["kept_tags"][0], kept);
    let tagged = || {
        let shown = here.json(&["data", "remote", "show"]);
        let tagged = shown.as_array().unwrap().iter();
        let tagged = tagged.filter(|version| version["tags"] == serde_json::json!(["mine"]));
        let name = |version: &Value| {
            format!(
                "{}@v{}",
                version["dataset"].as_str().unwrap(),
                version["number"]
            )
        };
        tagged.map(name).collect::<Vec<_>>()
    };
    let told = here.run(&["data", "push", "y"]);
    assert_eq!(told.code, Some(0), "{}", told.err);
    assert!(
        told.err.contains("the tag mine stays on v1 there"),
        "{}",
        told.err
    );
    assert_eq!(tagged(), ["x@v1", "y@v1"]);
    here.ok(&["data", "push", "y", "--move-tags"]);
    assert_eq!(tagged(), ["x@v1", "y@v2"]);
}
