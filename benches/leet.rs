//! The same fifty series of a hundred thousand points each, in Sconce and in W&B's LEET, beside each other: how long until
//! the first chart, and what it costs until the picture stands.
//!
//! `cargo bench --bench leet -- DIR [PYTHON]` writes both into DIR once, and measures them each time. PYTHON is one that
//! can `import wandb` (`pip install wandb`); without it ours is measured alone.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "common/screen.rs"]
mod screen;

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use sconce::{
    domain::{
        actors::Actor,
        ids::{Id, RunId},
        runs::{Ending, Progress, Run, RunKind, RunState},
        time::Timestamp,
    },
    store::{self, Store, runs, series},
};

use self::screen::{Screen, ms};

const METRICS: usize = 50;
const STEPS: i64 = 100_000;
/// A picture that stays as it is for so long stands.
const STANDS: Duration = Duration::from_secs(5);
const AT_MOST: Duration = Duration::from_secs(300);

fn main() {
    let mut args = env::args().skip(1).filter(|arg| !arg.starts_with("--"));
    let Some(dir) = args.next().map(PathBuf::from) else {
        println!("say where: cargo bench --bench leet -- DIR [PYTHON]");
        return;
    };
    let python = args.next().unwrap_or_else(|| "python3".to_owned());
    std::fs::create_dir_all(&dir).expect("the folder can be made");
    let store = dir.join("store");
    if !store.join("store.db").exists() {
        let begun = Instant::now();
        seed(&store);
        println!(
            "written for Sconce in {:.1} s",
            begun.elapsed().as_secs_f64()
        );
    }
    println!("{METRICS} series of {STEPS} points, on 120 columns and 40 rows");
    let headings = ["first chart", "stands", "CPU", "memory", "bytes"];
    println!(
        "{:<10}{}",
        "",
        headings.map(|text| format!("{text:>14}")).concat()
    );
    let ours = [OsStr::new(env!("CARGO_BIN_EXE_sconce"))];
    let env = [("SCONCE_STORE", store.as_os_str())];
    measure("sconce", &ours, &env, &dir);
    let Some(run) = offline_run(&dir, &python) else {
        println!("LEET is not measured: {python} cannot import wandb");
        return;
    };
    let theirs = [
        python.as_ref(),
        "-m".as_ref(),
        "wandb".as_ref(),
        "beta".as_ref(),
        "leet".as_ref(),
        "run".as_ref(),
        run.as_os_str(),
    ];
    measure("leet", &theirs, &[], &dir);
}

fn measure(name: &str, argv: &[&OsStr], more: &[(&str, &OsStr)], home: &Path) {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut env = vec![
        ("HOME", home.as_os_str()),
        ("PATH", path.as_os_str()),
        ("TERM", "xterm-256color".as_ref()),
        ("LC_ALL", "C.UTF-8".as_ref()),
    ];
    env.extend(more);
    let begun = Instant::now();
    let mut screen = Screen::start(argv, &env, (120, 40));
    let (mut first, mut bytes, mut picture, mut since) = (None, 0, String::new(), begun);
    let (mut cpu, mut memory) = (0.0, 0.0_f64);
    while since.elapsed() < STANDS && begun.elapsed() < AT_MOST {
        bytes += screen
            .take(Duration::from_millis(50))
            .map_or(0, |(count, _)| count);
        screen.answer_questions();
        memory = memory.max(screen.memory());
        let shown = screen.shown.screen().contents();
        if first.is_none() && shown.contains(is_dots) {
            first = Some(begun.elapsed());
        }
        if shown != picture {
            (picture, since, cpu) = (shown, Instant::now(), screen.cpu());
        }
    }
    println!(
        "{name:<10}{:>11.0} ms{:>11.0} ms{:>12.2} s{memory:>11.0} MB{bytes:>14}",
        first.map_or(f64::NAN, ms),
        ms(since - begun),
        cpu,
    );
    screen.leave();
}

/// What both draw their lines with.
fn is_dots(c: char) -> bool {
    ('\u{2801}'..='\u{28ff}').contains(&c)
}

/// The offline run in a folder, written when it is not there.
fn offline_run(dir: &Path, python: &str) -> Option<PathBuf> {
    let run = dir.join("wandb/latest-run");
    if !run.exists() {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/leet.py");
        let numbers = [METRICS.to_string(), STEPS.to_string()];
        let status = Command::new(python)
            .arg(script)
            .arg(dir)
            .args(numbers)
            .status();
        status.ok().filter(std::process::ExitStatus::success)?;
    }
    let import = Command::new(python).args(["-c", "import wandb"]).status();
    import.ok().filter(std::process::ExitStatus::success)?;
    run.canonicalize().ok()
}

fn seed(dir: &Path) {
    let store = Store::open(dir).expect("the folder can hold a store");
    std::fs::create_dir_all(dir.join("runs")).expect("the folder can hold runs");
    store.record(|tx| add_run(tx)).expect("a run can be stored");
}

fn add_run(tx: &store::Connection) -> store::Result<()> {
    let (id, created) = (RunId(Id::from_bytes([1; 16])), Timestamp(1_767_225_600_000));
    let run = Run {
        id,
        name: "brave-otter-1".to_owned(),
        experiment: "bench".to_owned(),
        kind: RunKind::Train,
        preset: None,
        state: RunState::Ended {
            started: Some(created),
            at: Timestamp(created.0 + STEPS * 10),
            how: Ending::Done,
        },
        actor: Actor {
            uid: 1_000,
            name: "ana".to_owned(),
            host: "gpu01".to_owned(),
        },
        created,
        attempt: 1,
        progress: Progress::default(),
        tags: [].into(),
        params: [].into(),
        note: String::new(),
        trashed: None,
    };
    runs::insert(tx, &run, &serde_json::json!({}))?;
    let progress = Progress {
        step: STEPS,
        steps: Some(STEPS),
        epoch: None,
        epochs: None,
    };
    runs::set_progress(tx, &id, &progress)?;
    let mut open = series::Open::load(tx, &id)?;
    let mut line: Vec<(String, f64)> = (0..METRICS)
        .map(|i| (format!("metric/{i:02}"), 0.0))
        .collect();
    for step in 0..STEPS {
        let decay = 1.0 / (1.0 + step as f64 / 1_000.0);
        for (i, (_, value)) in line.iter_mut().enumerate() {
            let noise = (step * 7_919 + i as i64 * 104_729) % 101;
            *value = (1 + i) as f64 * decay + noise as f64 / 1_010.0;
        }
        open.add(Some(step), Timestamp(created.0 + step * 10), &line);
        if step % 4_096 == 4_095 {
            open.save(tx)?;
        }
    }
    while !open.settle(tx)? {}
    Ok(())
}
