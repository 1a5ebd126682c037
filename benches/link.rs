//! The screen over a bad line: through ssh to this machine, with a round trip of 300 ms, 56 kbit/s and 3 % of the packets
//! lost, each of which holds up all that comes after it until it is sent again. Each step of a session, with the time
//! until its last byte came, and the bytes. The line is made here, byte by byte, so that it is the same everywhere.
//!
//! `cargo bench --bench link -- DIR` shows the store in DIR, which `cargo bench --bench store -- DIR` seeds. It needs
//! `ssh`, `ssh-keygen` and `sshd` (Debian: openssh-server); without them it says so and measures nothing.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "common/screen.rs"]
mod screen;

use std::{
    env,
    ffi::OsStr,
    fs,
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use self::screen::{Screen, ms, row};

const BINARY: &str = env!("CARGO_BIN_EXE_sconce");
/// Each way; half of the round trip.
const DELAY: Duration = Duration::from_millis(150);
/// 56 kbit/s, in bytes a second.
const SPEED: f64 = 7_000.0;
const PACKET: usize = 1_400;
/// One packet in so many is lost, and sent again after so long.
const LOST: u64 = 33;
const SENT_AGAIN: Duration = Duration::from_millis(600);
/// More than this is not on its way at once: then the sender waits.
const WINDOW: usize = 24;
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
    if let Some(missing) = ["ssh", "ssh-keygen", "/usr/sbin/sshd"]
        .into_iter()
        .find(|program| !does(&["sh", "-c", &format!("command -v {program}")]))
    {
        println!("not measured: there is no {missing}");
        return;
    }
    let folder = tempfile::tempdir().expect("there is room for a home");
    let Some(line) = Line::lay(folder.path()) else {
        println!("not measured: no server could be started");
        return;
    };
    println!("{DELAY:?} and 1 of {LOST} packets lost each way, {SPEED} bytes a second");
    println!("{:<44}{:>12}{:>12}", "", "measured", "budget");
    session(&line, &dir, folder.path());
}

/// A person looks around, and leaves.
fn session(line: &Line, dir: &Path, home: &Path) {
    let mut screen = line.start(dir, home);
    let step = |screen: &mut Screen, what: &str, keys: &str| {
        let (taken, bytes) = screen.answer_and_bytes(keys, QUIET);
        row(&format!("{what}, ms"), taken, BUDGET);
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
    let picture = |screen: &Screen| {
        let text = screen.shown.screen().contents();
        text.lines()
            .map(str::trim_end)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let before = picture(&screen);
    step(&mut screen, "painted anew", "\x0c");
    let after = picture(&screen);
    let different = before
        .iter()
        .zip(&after)
        .filter(|(before, after)| before != after);
    let different: Vec<_> = different.collect();
    println!("rows that are not as painted anew: {}", different.len());
    for (before, after) in different {
        println!("  {before}\n  {after}");
    }
    let run = start_program(dir, home);
    // What is at work is drawn again and again: a step ends with what was asked for.
    screen.press("2");
    row("a run at work, ms", ms(screen.until_text(&run)), BUDGET);
    let (seconds, bytes) = screen.listen(Duration::from_secs(30));
    row("bytes a second, live", bytes as f64 / seconds, 500.0);
    screen.press("?");
    let help = screen.until_text("previous chart");
    row("help beside it, ms", ms(help), BUDGET);
    screen.press("\x07");
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

/// A server, behind a bad line. Both end when this is dropped.
struct Line {
    server: Child,
    port: u16,
    folder: PathBuf,
}

impl Line {
    fn lay(folder: &Path) -> Option<Self> {
        let near = TcpListener::bind("127.0.0.1:0").ok()?;
        let far = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let (port, far) = (near.local_addr().ok()?.port(), far.ok()?.port());
        let server = serve(folder, far)?;
        thread::spawn(move || {
            while let Ok((ours, _)) = near.accept() {
                let theirs = TcpStream::connect(("127.0.0.1", far)).expect("the server listens");
                for (from, to, seed) in [(&ours, &theirs, 1), (&theirs, &ours, 2)] {
                    let ends = (from.try_clone(), to.try_clone());
                    let (Ok(from), Ok(to)) = ends else { return };
                    carry(from, to, seed);
                }
            }
        });
        Some(Self {
            server,
            port,
            folder: folder.to_owned(),
        })
    }

    /// The screen at the other end.
    fn start(&self, dir: &Path, home: &Path) -> Screen {
        let path = |file: &str| self.folder.join(file).display().to_string();
        let there = format!(
            "env HOME={} SCONCE_STORE={} LC_ALL=C.UTF-8 {BINARY} --fresh",
            home.display(),
            dir.display()
        );
        let (key, port) = (path("key"), self.port.to_string());
        let argv = [
            "ssh",
            "-tt",
            "-F",
            "none",
            "-p",
            &port,
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
            "127.0.0.1",
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
    }
}

/// A server for this user alone, once it answers.
fn serve(folder: &Path, port: u16) -> Option<Child> {
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
    // It wants this folder where it is run by root.
    let _ = fs::create_dir_all("/run/sshd");
    let config = [
        format!("Port {port}"),
        "ListenAddress 127.0.0.1".to_owned(),
        "UsePAM no".to_owned(),
        "StrictModes no".to_owned(),
        "PrintMotd no".to_owned(),
        "PermitRootLogin yes".to_owned(),
        format!("HostKey {}", path("host")),
        format!("AuthorizedKeysFile {}", path("allowed")),
        format!("PidFile {}", path("sshd.pid")),
    ];
    fs::write(path("sshd_config"), config.join("\n")).ok()?;
    let mut command = Command::new("/usr/sbin/sshd");
    command.args(["-D", "-f"]).arg(path("sshd_config"));
    let mut server = command.stderr(Stdio::null()).spawn().ok()?;
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if server.try_wait().ok()?.is_some() {
            return None;
        }
        thread::sleep(Duration::from_millis(20));
    }
    Some(server)
}

/// Carries bytes one way, as the line lets them through.
fn carry(mut from: TcpStream, mut to: TcpStream, mut dice: u64) {
    let (sender, on_the_way) = mpsc::sync_channel::<(Instant, Vec<u8>)>(WINDOW);
    thread::spawn(move || {
        let (mut buffer, mut free) = ([0; PACKET], Instant::now());
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            // splitmix64: the same packets are lost each time.
            dice = dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = (dice ^ (dice >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            free = free.max(Instant::now()) + Duration::from_secs_f64((count + 40) as f64 / SPEED);
            if (mixed ^ (mixed >> 31)).is_multiple_of(LOST) {
                free += SENT_AGAIN;
            }
            if sender
                .send((free + DELAY, buffer[..count].to_vec()))
                .is_err()
            {
                return;
            }
        }
    });
    thread::spawn(move || {
        for (due, bytes) in on_the_way {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                return;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
}

/// Runs a command; says whether it succeeded.
fn does(argv: &[&str]) -> bool {
    let mut command = Command::new(argv[0]);
    command.args(&argv[1..]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
