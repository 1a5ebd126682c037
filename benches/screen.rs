//! The screen in a pseudo-terminal on a large store, each figure beside its budget: the real binary, real keys.
//!
//! `cargo bench --bench screen -- DIR [quiet|live]` measures on the store in DIR, which `cargo bench --bench store -- DIR`
//! seeds. Three programs log into it ten times a second while the live figures are taken, and are stopped at the end.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::{
    env,
    io::{Read as _, Write},
    num::NonZero,
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

const BINARY: &str = env!("CARGO_BIN_EXE_sconce");
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];
/// What ends a frame: synchronized output is switched off.
const FRAME_END: &[u8] = b"\x1b[?2026l";
/// A screen that says nothing for so long has nothing more to say to a key whose answer stands ready, and to one whose
/// answer must be looked for in the store.
const ANSWERED: Duration = Duration::from_millis(100);
const SETTLED: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(20);

fn main() {
    let mut args = env::args().skip(1).filter(|arg| !arg.starts_with("--"));
    let (dir, only) = (args.next().map(PathBuf::from), args.next());
    let wants = |part: &str| only.as_deref().is_none_or(|only| only == part);
    let Some(dir) = dir.filter(|dir| dir.join("store.db").exists()) else {
        println!("say which store: cargo bench --bench screen -- DIR (--bench store seeds one)");
        return;
    };
    let home = tempfile::tempdir().expect("there is room for a home");
    let newest = command(&dir, home.path(), &["--json", "runs", "--limit", "1"]);
    let newest: serde_json::Value = serde_json::from_slice(&newest).expect("it prints JSON");
    let total = newest["total"].as_u64().unwrap_or_default();
    let newest = newest["rows"][0]["name"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    println!("{total} runs in {}", dir.display());
    println!("{:<44}{:>12}{:>12}", "", "measured", "budget");
    for size in SIZES.into_iter().filter(|_| wants("quiet")) {
        quiet(&dir, home.path(), size, &newest);
    }
    if !wants("live") {
        return;
    }
    let live: Vec<String> = (0..3).map(|_| start_program(&dir, home.path())).collect();
    for (size, budget) in SIZES.into_iter().zip([400, 1_000, 2_500]) {
        busy(&dir, home.path(), size, budget);
    }
    for run in live {
        command(&dir, home.path(), &["runs", "stop", "--now", &run]);
    }
}

/// What the screen costs while nothing in the store changes.
fn quiet(dir: &Path, home: &Path, size: (u16, u16), newest: &str) {
    let label = |what: &str| format!("{}x{} {what}", size.0, size.1);
    let mut screen = Screen::start(dir, home, size);
    let first = screen.until_frame();
    row(&label("start to first frame, ms"), ms(first), 50.0);
    let rows = screen.until_text(newest);
    row(&label("start to first rows, ms"), ms(first + rows), 100.0);
    screen.settle();
    screen.press("1");
    screen.settle();
    let mut keys: Vec<f64> = (0..200)
        .map(|i| screen.answer(if i % 40 < 20 { "j" } else { "k" }, ANSWERED))
        .collect();
    keys.sort_by(f64::total_cmp);
    row(&label("key to last byte, p50 ms"), keys[100], 8.0);
    row(&label("key to last byte, p99 ms"), keys[198], 30.0);
    row(&label("page, ms"), screen.answer("\x06", SETTLED), 30.0);
    screen.press("/");
    screen.settle();
    for (text, what) in [
        ("otter", "filter a word, ms"),
        (" state:lost", "filter a state too, ms"),
        (" val/auc>0.5", "filter a metric too, ms"),
    ] {
        let (last, rest) = text.split_at(text.len() - 1);
        screen.press(last);
        screen.settle();
        row(&label(what), screen.answer(rest, SETTLED), 30.0);
    }
    screen.press("\r");
    screen.settle();
    screen.press("\x1b");
    screen.settle();
    let before = screen.cpu();
    let (idle, bytes) = screen.listen(Duration::from_secs(10));
    row(&label("bytes a second, idle"), bytes as f64 / idle, 0.0);
    let cpu = (screen.cpu() - before) / idle;
    row(&label("CPU idle, % of a core"), cpu * 100.0, 0.3);
    row(&label("memory, MB"), screen.memory(), 25.0 + 64.0);
    screen.leave();
}

/// What it costs while three programs log.
fn busy(dir: &Path, home: &Path, size: (u16, u16), budget: u64) {
    let label = |what: &str| format!("{}x{} {what}", size.0, size.1);
    let mut screen = Screen::start(dir, home, size);
    screen.until_frame();
    screen.press("2");
    screen.listen(Duration::from_secs(3));
    let before = screen.cpu();
    let (seconds, bytes) = screen.listen(Duration::from_secs(20));
    row(
        &label("bytes a second, live"),
        bytes as f64 / seconds,
        budget as f64,
    );
    let cpu = (screen.cpu() - before) / seconds;
    row(&label("CPU live, % of a core"), cpu * 100.0, 2.0);
    screen.leave();
}

fn row(what: &str, measured: f64, budget: f64) {
    let verdict = if measured <= budget { "" } else { "  over" };
    println!("{what:<44}{measured:>12.2}{budget:>12.1}{verdict}");
}

fn ms(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}

fn command(dir: &Path, home: &Path, args: &[&str]) -> Vec<u8> {
    let output = Command::new(BINARY)
        .args(args)
        .env("HOME", home)
        .env("SCONCE_STORE", dir)
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{args:?}: {output:?}");
    output.stdout
}

fn start_program(dir: &Path, home: &Path) -> String {
    let script = r#"i=0; while :; do i=$((i+1)); echo "{\"step\":$i,\"metrics\":{\"loss\":0.$((i%97)),\"acc\":0.$((i%89))}}" >> $SCONCE_JOURNAL; sleep 0.1; done"#;
    let args = [
        "--json", "run", "--detach", "--memory", "1", "--", "sh", "-c", script,
    ];
    let said: serde_json::Value =
        serde_json::from_slice(&command(dir, home, &args)).expect("it prints JSON");
    said["name"].as_str().unwrap_or_default().to_owned()
}

/// The program on a terminal of its own.
struct Screen {
    child: Box<dyn Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    shown: vt100::Parser,
    /// The end of what came last, in which a mark may be cut.
    tail: Vec<u8>,
}

impl Screen {
    fn start(dir: &Path, home: &Path, (cols, rows): (u16, u16)) -> Self {
        let pair = native_pty_system()
            .openpty(PtySize {
                rows,
                cols,
                pixel_width: 0,
                pixel_height: 0,
            })
            .expect("there is a pseudo-terminal");
        let mut command = CommandBuilder::new(BINARY);
        command.env_clear();
        for (name, value) in [
            ("HOME", home.as_os_str()),
            ("SCONCE_STORE", dir.as_os_str()),
            ("TERM", "xterm-256color".as_ref()),
            ("LC_ALL", "C.UTF-8".as_ref()),
            ("PATH", "/usr/bin:/bin".as_ref()),
        ] {
            command.env(name, value);
        }
        let mut reader = pair
            .master
            .try_clone_reader()
            .expect("a terminal can be read");
        let (sender, output) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 65_536];
            while let Ok(read @ 1..) = reader.read(&mut buffer)
                && sender.send(buffer[..read].to_vec()).is_ok()
            {}
        });
        let keys = pair
            .master
            .take_writer()
            .expect("a terminal can be typed at");
        let child = pair
            .slave
            .spawn_command(command)
            .expect("the program starts");
        let size = |cells| NonZero::new(cells).expect("a size is no zero");
        Self {
            child,
            _master: pair.master,
            keys,
            output,
            shown: vt100::Parser::new(size(rows), size(cols), 0),
            tail: vec![],
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys
            .write_all(keys.as_bytes())
            .and_then(|()| self.keys.flush())
            .expect("a terminal can be typed at");
    }

    /// Bytes that come within the time; `true` when a frame ended in them.
    fn take(&mut self, within: Duration) -> Option<(usize, bool)> {
        let bytes = match self.output.recv_timeout(within) {
            Ok(bytes) => bytes,
            Err(RecvTimeoutError::Timeout) => return None,
            Err(RecvTimeoutError::Disconnected) => panic!("the screen has ended"),
        };
        self.shown.process(&bytes);
        self.tail.extend_from_slice(&bytes);
        let has_ended = self
            .tail
            .windows(FRAME_END.len())
            .any(|part| part == FRAME_END);
        let keep = self.tail.len().min(FRAME_END.len() - 1);
        self.tail.drain(..self.tail.len() - keep);
        Some((bytes.len(), has_ended))
    }

    /// The time until the next frame has come whole.
    fn until_frame(&mut self) -> Duration {
        let begun = Instant::now();
        while !matches!(self.take(PATIENCE), Some((_, true))) {
            assert!(begun.elapsed() < PATIENCE, "no frame comes");
        }
        begun.elapsed()
    }

    fn until_text(&mut self, text: &str) -> Duration {
        let begun = Instant::now();
        while !self.shown.screen().contents().contains(text) {
            self.take(PATIENCE);
            assert!(begun.elapsed() < PATIENCE, "never shown: {text}");
        }
        begun.elapsed()
    }

    /// Presses keys, and gives the milliseconds until the last byte of the answer: until nothing came for `quiet`.
    fn answer(&mut self, keys: &str, quiet: Duration) -> f64 {
        let begun = Instant::now();
        self.press(keys);
        let mut last = begun;
        while self.take(quiet).is_some() {
            last = Instant::now();
        }
        ms(last - begun)
    }

    fn settle(&mut self) {
        while self.take(SETTLED).is_some() {}
    }

    /// Seconds listened, and the bytes that came.
    fn listen(&mut self, span: Duration) -> (f64, usize) {
        let (begun, mut bytes) = (Instant::now(), 0);
        while let Some(left) = span.checked_sub(begun.elapsed()) {
            bytes += self.take(left).map_or(0, |(count, _)| count);
        }
        (begun.elapsed().as_secs_f64(), bytes)
    }

    fn process(&self) -> PathBuf {
        let pid = self.child.process_id().expect("it runs");
        PathBuf::from(format!("/proc/{pid}"))
    }

    /// Seconds of CPU so far, to the hundredth that Linux counts in.
    fn cpu(&self) -> f64 {
        let stat = std::fs::read_to_string(self.process().join("stat")).unwrap_or_default();
        let after = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks = after.split_whitespace().skip(11).take(2);
        ticks
            .filter_map(|ticks| ticks.parse::<f64>().ok())
            .sum::<f64>()
            / 100.0
    }

    /// Resident megabytes.
    fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(self.process().join("status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kilobytes.unwrap_or_default() / 1e3
    }

    fn leave(mut self) {
        self.press("q");
        while self.output.recv_timeout(PATIENCE).is_ok() {}
        let _ = self.child.wait();
    }
}
