//! The screen over a bad line: through ssh, in a network of its own, with a round trip of 300 ms, 3 % of the packets lost
//! each way and 56 kbit/s. Each step of a session, with the time until its last byte came, and the bytes.
//!
//! `cargo bench --bench link -- DIR` shows the store in DIR, which `cargo bench --bench store -- DIR` seeds. It needs root,
//! and `ip`, `tc`, `ssh` and `sshd` (Debian: iproute2, openssh-server); without them it says so and measures nothing.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "common/screen.rs"]
mod screen;

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use self::screen::{Screen, row};

const BINARY: &str = env!("CARGO_BIN_EXE_sconce");
/// Each way; half of the round trip.
const LINE: &str = "delay 150ms loss 3% rate 56kbit limit 100";
/// So long a silence is not the line's any more.
const QUIET: Duration = Duration::from_secs(4);
/// The time in which a step must have come to rest, in ms.
const BUDGET: f64 = 3_000.0;

fn main() {
    let mut args = env::args().skip(1).filter(|arg| !arg.starts_with("--"));
    let Some(dir) = args.next().map(PathBuf::from) else {
        println!("say which store: cargo bench --bench link -- DIR (--bench store seeds one)");
        return;
    };
    if let Some(missing) = ["ip", "tc", "ssh", "ssh-keygen", "/usr/sbin/sshd"]
        .into_iter()
        .find(|program| !does(&["sh", "-c", &format!("command -v {program}")]))
    {
        println!("not measured: there is no {missing}");
        return;
    }
    let folder = tempfile::tempdir().expect("there is room for a home");
    let Some(line) = Line::lay(folder.path()) else {
        println!("not measured: only root can lay a line of its own");
        return;
    };
    println!("{LINE}, each way");
    println!("{:<44}{:>12}{:>12}", "", "measured", "budget");
    session(&line, &dir, folder.path());
}

/// A person looks around, and leaves.
fn session(line: &Line, dir: &Path, home: &Path) {
    let mut screen = line.start(dir, home);
    let step = |screen: &mut Screen, what: &str, keys: &str| {
        let (ms, bytes) = screen.answer_and_bytes(keys, QUIET);
        row(&format!("{what}, ms"), ms, BUDGET);
        println!("{:<44}{bytes:>12}", "  bytes");
    };
    screen.until_text("runs");
    // What a link must be given time for is counted from here.
    step(&mut screen, "the rest of the first picture", "");
    step(&mut screen, "runs", "1");
    step(&mut screen, "twenty rows down", &"j".repeat(20));
    step(&mut screen, "filter", "/otter");
    step(&mut screen, "filter kept", "\r");
    step(&mut screen, "filter cleared", "\x07");
    step(&mut screen, "sort by name", "s3");
    step(&mut screen, "a run", "\r");
    step(&mut screen, "its crosshair, ten columns", &"l".repeat(10));
    step(&mut screen, "back", "\x07\x07");
    step(&mut screen, "the bench", "0");
    step(&mut screen, "help", "?");
    step(&mut screen, "help closed", "\x07");
    let before = screen.shown.screen().contents();
    step(&mut screen, "painted anew", "\x0c");
    let is_same = screen.shown.screen().contents() == before;
    println!(
        "the picture is as painted anew: {}",
        if is_same { "yes" } else { "NO" }
    );
    let run = start_program(dir, home);
    step(&mut screen, "a run at work", "2");
    let (seconds, bytes) = screen.listen(Duration::from_secs(30));
    row("bytes a second, live", bytes as f64 / seconds, 500.0);
    step(&mut screen, "a key beside it", "]");
    let _ = sconce(dir, home)
        .args(["runs", "stop", "--now", &run])
        .output();
    screen.settle(QUIET);
    screen.leave();
}

fn sconce(dir: &Path, home: &Path) -> Command {
    let mut command = Command::new(BINARY);
    command.env("HOME", home).env("SCONCE_STORE", dir);
    command
}

/// A program that logs ten times a second.
fn start_program(dir: &Path, home: &Path) -> String {
    let script = r#"i=0; while :; do i=$((i+1)); echo "{\"step\":$i,\"metrics\":{\"loss\":0.$((i%97)),\"acc\":0.$((i%89))}}" >> $SCONCE_JOURNAL; sleep 0.1; done"#;
    let args = [
        "--json", "run", "--detach", "--memory", "1", "--", "sh", "-c", script,
    ];
    let output = sconce(dir, home).args(args).output();
    let output = output.expect("the program starts").stdout;
    let said: serde_json::Value = serde_json::from_slice(&output).expect("it prints JSON");
    said["name"].as_str().unwrap_or_default().to_owned()
}

/// A network of its own with a server in it, behind a bad line. All of it goes when it is dropped.
struct Line {
    name: String,
    server: Child,
    folder: PathBuf,
}

impl Line {
    fn lay(folder: &Path) -> Option<Self> {
        let name = format!("sconce{}", std::process::id() % 10_000);
        let (ours, theirs) = (format!("{name}a"), format!("{name}b"));
        let words = |text: String| does(&text.split(' ').collect::<Vec<_>>());
        if !words(format!("ip netns add {name}")) {
            return None;
        }
        let inside = format!("ip netns exec {name}");
        let steps = [
            format!("ip link add {ours} type veth peer name {theirs} netns {name}"),
            format!("ip addr add 10.77.0.1/30 dev {ours}"),
            format!("ip link set {ours} up"),
            format!("{inside} ip addr add 10.77.0.2/30 dev {theirs}"),
            format!("{inside} ip link set {theirs} up"),
            format!("{inside} ip link set lo up"),
            format!("tc qdisc add dev {ours} root netem {LINE}"),
            format!("{inside} tc qdisc add dev {theirs} root netem {LINE}"),
        ];
        let is_laid = steps.into_iter().all(words);
        let server = Self::serve(&name, folder).filter(|_| is_laid);
        match server {
            Some(server) => Some(Self {
                name,
                server,
                folder: folder.to_owned(),
            }),
            None => {
                does(&["ip", "netns", "del", &name]);
                None
            }
        }
    }

    fn serve(name: &str, folder: &Path) -> Option<Child> {
        let path = |file: &str| folder.join(file).display().to_string();
        for key in ["host", "key"] {
            does(&[
                "ssh-keygen",
                "-q",
                "-t",
                "ed25519",
                "-N",
                "",
                "-f",
                &path(key),
            ]);
        }
        fs::copy(path("key.pub"), path("allowed")).ok()?;
        fs::create_dir_all("/run/sshd").ok()?;
        let config = [
            "Port 2222".to_owned(),
            "UsePAM no".to_owned(),
            "StrictModes no".to_owned(),
            "PrintMotd no".to_owned(),
            "PermitRootLogin yes".to_owned(),
            format!("HostKey {}", path("host")),
            format!("AuthorizedKeysFile {}", path("allowed")),
            format!("PidFile {}", path("sshd.pid")),
        ];
        fs::write(path("sshd_config"), config.join("\n")).ok()?;
        let server = Command::new("ip")
            .args(["netns", "exec", name, "/usr/sbin/sshd", "-D", "-f"])
            .arg(path("sshd_config"))
            .stderr(Stdio::null())
            .spawn();
        // It is asked until it answers.
        thread::sleep(Duration::from_millis(500));
        server.ok()
    }

    /// The screen at the other end.
    fn start(&self, dir: &Path, home: &Path) -> Screen {
        let path = |file: &str| self.folder.join(file).display().to_string();
        let there = format!(
            "env HOME={} SCONCE_STORE={} LC_ALL=C.UTF-8 {BINARY}",
            home.display(),
            dir.display()
        );
        let key = path("key");
        let argv = [
            "ssh",
            "-tt",
            "-F",
            "none",
            "-p",
            "2222",
            "-i",
            &key,
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            "UserKnownHostsFile=/dev/null",
            "-o",
            "LogLevel=ERROR",
            "-o",
            "ConnectTimeout=60",
            "root@10.77.0.2",
            &there,
        ];
        let argv = argv.map(OsStr::new);
        let env = [
            ("TERM", "xterm-256color".as_ref()),
            ("PATH", "/usr/bin:/bin".as_ref()),
            ("HOME", home.as_os_str()),
        ];
        Screen::start(&argv, &env, (80, 24))
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
        does(&["ip", "netns", "del", &self.name]);
    }
}

/// Runs a command; says whether it succeeded.
fn does(argv: &[&str]) -> bool {
    let mut command = Command::new(argv[0]);
    command.args(&argv[1..]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
