//! The screen in a pseudo-terminal on a large store, each figure beside its budget: the real binary, real keys.
//!
//! `cargo bench --bench screen -- DIR [quiet|live]` measures on the store in DIR, which `cargo bench --bench store -- DIR`
//! seeds. Three programs log into it ten times a second while the live figures are taken (fewer where there are
//! fewer cores), and are stopped at the end.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "common/screen.rs"]
mod screen;

use std::{
    env,
    num::NonZero,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use self::screen::{Screen, ms, row};

const BINARY: &str = env!("CARGO_BIN_EXE_sconce");
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];
/// A screen that says nothing for so long has nothing more to say to a key whose answer stands ready, and to one whose
/// answer must be looked for in the store.
const ANSWERED: Duration = Duration::from_millis(100);
const SETTLED: Duration = Duration::from_secs(2);
/// No message stays longer.
const TOLD: Duration = Duration::from_secs(9);

fn main() {
    let mut args = env::args().skip(1).filter(|arg| !arg.starts_with("--"));
    let (dir, only) = (args.next().map(PathBuf::from), args.next());
    let wants = |part: &str| only.as_deref().is_none_or(|only| only == part);
    let Some(dir) = dir.filter(|dir| dir.join("store.db").exists()) else {
        println!("say which store: cargo bench --bench screen -- DIR (--bench store seeds one)");
        return;
    };
    // The program is measured, not the disk.
    let read = std::fs::read(dir.join("store.db")).map(|bytes| bytes.len());
    read.expect("the store can be read");
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
    // Each has a core to itself.
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let live: Vec<String> = (0..cores.min(3))
        .map(|_| start_program(&dir, home.path()))
        .collect();
    println!("{} programs log", live.len());
    for run in &live {
        until_running(&dir, home.path(), run);
    }
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
    let mut screen = start(dir, home, size);
    let first = screen.until_frame();
    row(&label("start to first frame, ms"), ms(first), 50.0);
    let rows = screen.until_text(newest);
    row(&label("start to first rows, ms"), ms(first + rows), 100.0);
    screen.settle(SETTLED);
    screen.press("1");
    screen.settle(SETTLED);
    let mut keys: Vec<f64> = (0..200)
        .map(|i| screen.answer(if i % 40 < 20 { "j" } else { "k" }, ANSWERED))
        .collect();
    keys.sort_by(f64::total_cmp);
    row(&label("key to last byte, p50 ms"), keys[100], 8.0);
    row(&label("key to last byte, p99 ms"), keys[198], 30.0);
    // A key that is held, and let go.
    for _ in 0..60 {
        screen.press("j");
        screen.listen(Duration::from_millis(33));
    }
    let late = screen.frames_within(ANSWERED);
    row(&label("frames after a held key"), late as f64, 1.0);
    let mut pages = [(); 5].map(|()| screen.answer("\x06", SETTLED));
    pages.sort_by(f64::total_cmp);
    row(&label("page, the middle of five, ms"), pages[2], 30.0);
    screen.press("/");
    screen.settle(SETTLED);
    for (text, what) in [
        // The last key of each makes another list.
        ("otter-7", "filter a word, ms"),
        (" state:lost", "filter a state too, ms"),
        (" val/auc>2.78", "filter a metric too, ms"),
    ] {
        let (last, rest) = text.split_at(text.len() - 1);
        screen.press(last);
        screen.settle(SETTLED);
        row(&label(what), screen.answer(rest, SETTLED), 30.0);
    }
    screen.press("\r");
    screen.settle(SETTLED);
    screen.press("\x1b");
    screen.settle(TOLD);
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
    let mut screen = start(dir, home, size);
    screen.until_frame();
    screen.press("2");
    screen.listen(Duration::from_secs(3));
    let before = screen.cpu();
    let (seconds, bytes) = screen.listen(Duration::from_secs(60));
    row(
        &label("bytes a second, live"),
        bytes as f64 / seconds,
        budget as f64,
    );
    let cpu = (screen.cpu() - before) / seconds;
    row(&label("CPU live, % of a core"), cpu * 100.0, 2.0);
    screen.leave();
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

fn until_running(dir: &Path, home: &Path, run: &str) {
    let begun = Instant::now();
    let is_running = || {
        let shown = command(dir, home, &["--json", "runs", "show", run]);
        let shown: serde_json::Value = serde_json::from_slice(&shown).expect("it prints JSON");
        shown["run"]["state"] == "running"
    };
    while !is_running() {
        assert!(begun.elapsed() < screen::PATIENCE, "{run} does not start");
        thread::sleep(Duration::from_millis(100));
    }
}

fn start(dir: &Path, home: &Path, size: (u16, u16)) -> Screen {
    let env = [
        ("HOME", home.as_os_str()),
        ("SCONCE_STORE", dir.as_os_str()),
        ("TERM", "xterm-256color".as_ref()),
        ("LC_ALL", "C.UTF-8".as_ref()),
        ("PATH", "/usr/bin:/bin".as_ref()),
    ];
    Screen::start(&[BINARY.as_ref(), "--fresh".as_ref()], &env, size)
}
