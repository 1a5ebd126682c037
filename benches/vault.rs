//! Keeping data versions, beside restic and DVC where they are installed, and beside what any of them must do at least:
//! read all bytes, hash them, write them, and compress what can be.
//!
//! `cargo bench --bench vault -- DIR` writes 2 GiB of noise into DIR (one file of 1 GiB, 10,000 small ones) and 1 GiB of rows,
//! and prints for each step seconds, CPU seconds, memory at most, and what it added to the store. It needs some 12 GiB.
//! `RESTIC` and `DVC` name the programs where they are not on the path.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::{
    env, fs,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rand::{Rng as _, SeedableRng as _};

const LARGE: usize = 1 << 30;
const SMALL: usize = 10_000;
/// One row in a hundred of the large file is new.
const NEW: usize = LARGE / 100;
const ROW: usize = 64;

fn main() {
    let mut args = env::args().skip(1).filter(|arg| !arg.starts_with("--"));
    let Some(dir) = args.next().map(PathBuf::from) else {
        println!("say where: cargo bench --bench vault -- DIR");
        return;
    };
    let data = dir.join("data");
    write_noise(&data);
    let rows = dir.join("rows.csv");
    write_rows(&rows);
    println!(
        "{:<44}{:>9}{:>9}{:>9}{:>11}",
        "", "s", "CPU s", "MB", "stored MB"
    );
    limits(&data, &rows);
    let tools = [Tool::sconce(&dir), Tool::restic(&dir), Tool::dvc(&dir)];
    for tool in tools.into_iter().flatten() {
        tool.measure(&data, &rows, &dir);
    }
}

/// What a step took.
struct Cost {
    seconds: f64,
    cpu: f64,
    memory: f64,
}

fn say(what: &str, cost: &Cost, stored: Option<u64>) {
    let stored = stored.map_or_else(String::new, |bytes| format!("{:.1}", bytes as f64 / 1e6));
    let memory = match cost.memory {
        0.0 => String::new(),
        memory => format!("{memory:.0}"),
    };
    println!(
        "{what:<44}{:>9.2}{:>9.2}{memory:>9}{stored:>11}",
        cost.seconds, cost.cpu
    );
}

/// What everybody must do: read, hash, write, and of rows, compress.
fn limits(data: &Path, rows: &Path) {
    let timed = |what: &str, work: &mut dyn FnMut()| {
        let (begun, cpu) = (Instant::now(), cpu_of("self", false));
        work();
        let cost = Cost {
            seconds: begun.elapsed().as_secs_f64(),
            cpu: cpu_of("self", false) - cpu,
            memory: 0.0,
        };
        say(what, &cost, None);
    };
    read(data, |_| {});
    timed("read 2 GiB of noise", &mut || read(data, |_| {}));
    timed("read and hash 2 GiB of noise", &mut || {
        let mut hasher = blake3::Hasher::new();
        read(data, |bytes| {
            hasher.update(bytes);
        });
    });
    let copy = data.with_extension("copy");
    timed("read and write 2 GiB of noise", &mut || {
        let mut file = fs::File::create(&copy).expect("there is room");
        read(data, |bytes| file.write_all(bytes).expect("there is room"));
    });
    let _ = fs::remove_file(&copy);
    timed("read, hash and zstd -1 1 GiB of rows", &mut || {
        let mut hasher = blake3::Hasher::new();
        let mut zstd =
            zstd::stream::write::Encoder::new(std::io::sink(), 1).expect("a level of zstd");
        read(rows, |bytes| {
            hasher.update(bytes);
            zstd.write_all(bytes).expect("a sink takes all");
        });
    });
}

/// Gives all bytes below a path, piece by piece.
fn read(path: &Path, mut take: impl FnMut(&[u8])) {
    let mut buffer = vec![0; 1 << 20];
    for file in files(path) {
        let mut file = fs::File::open(file).expect("it was written");
        loop {
            match file.read(&mut buffer).expect("it can be read") {
                0 => break,
                count => take(&buffer[..count]),
            }
        }
    }
}

/// A program that keeps versions.
struct Tool {
    name: &'static str,
    program: PathBuf,
    /// Where it keeps them, and its environment.
    store: PathBuf,
    env: Vec<(&'static str, String)>,
    init: Option<Vec<&'static str>>,
    add: fn(&str) -> Vec<String>,
    get: fn(&str, &str) -> Vec<String>,
    status: Option<fn(&str) -> Vec<String>>,
    /// Says what is in a table.
    profile: Option<fn(&str) -> Vec<String>>,
}

impl Tool {
    #[expect(clippy::unnecessary_wraps, reason = "the others may not be there")]
    fn sconce(dir: &Path) -> Option<Self> {
        let store = dir.join("sconce");
        Some(Self {
            name: "sconce",
            program: env!("CARGO_BIN_EXE_sconce").into(),
            env: vec![("SCONCE_STORE", store.display().to_string())],
            store,
            init: Some(vec!["init"]),
            add: |path| words(&["data", "add", &name(path), path, "--no-profile"]),
            get: |path, to| words(&["data", "checkout", &name(path), to]),
            status: Some(|path| words(&["data", "status", &name(path)])),
            profile: Some(|path| words(&["data", "profile", &name(path)])),
        })
    }

    fn restic(dir: &Path) -> Option<Self> {
        let store = dir.join("restic");
        Some(Self {
            name: "restic",
            program: found("RESTIC", "restic", "version")?,
            env: vec![
                ("RESTIC_REPOSITORY", store.display().to_string()),
                ("RESTIC_PASSWORD", "bench".to_owned()),
                (
                    "RESTIC_CACHE_DIR",
                    dir.join("restic-cache").display().to_string(),
                ),
            ],
            store,
            init: Some(vec!["init"]),
            add: |path| words(&["backup", "--quiet", path]),
            get: |path, to| words(&["restore", "latest", "--path", path, "--target", to]),
            status: None,
            profile: None,
        })
    }

    fn dvc(dir: &Path) -> Option<Self> {
        Some(Self {
            name: "dvc",
            program: found("DVC", "dvc", "--version")?,
            env: vec![("DVC_NO_ANALYTICS", "1".to_owned())],
            store: dir.join(".dvc"),
            init: Some(vec!["init", "--no-scm", "--quiet"]),
            add: |path| words(&["add", "--quiet", path]),
            get: |path, _| words(&["checkout", "--quiet", "--force", path]),
            status: Some(|path| words(&["status", "--quiet", path])),
            profile: None,
        })
    }

    fn measure(&self, data: &Path, rows: &Path, dir: &Path) {
        println!();
        let _ = fs::remove_dir_all(&self.store);
        if let Some(init) = &self.init {
            self.run(&words(init), dir);
        }
        let (large, small) = (data.join("large"), data.join("small"));
        self.step("add 1 GiB of noise", &(self.add)(text(&large)), dir);
        self.step(
            "add 10,000 files, 1 GiB of noise",
            &(self.add)(text(&small)),
            dir,
        );
        if let Some(status) = self.status {
            self.step(
                "status of 10,000 files, unchanged",
                &status(text(&small)),
                dir,
            );
        }
        self.step("add them again, unchanged", &(self.add)(text(&small)), dir);
        let old = fs::read(&large).expect("it was written");
        for (place, at) in [("front", 0), ("middle", LARGE / 2), ("end", LARGE)] {
            let mut new = old.clone();
            new.splice(at..at, noise(at as u64 + 77, NEW));
            fs::write(&large, new).expect("there is room");
            let what = format!("add {:.1} MB new at the {place}", NEW as f64 / 1e6);
            self.step(&what, &(self.add)(text(&large)), dir);
        }
        let mut all_over = old.clone();
        for row in (0..LARGE / ROW).step_by(100) {
            all_over[row * ROW..][..8].copy_from_slice(&(row as u64).to_le_bytes());
        }
        fs::write(&large, all_over).expect("there is room");
        self.step(
            "add one row in 100 changed all over",
            &(self.add)(text(&large)),
            dir,
        );
        fs::write(&large, old).expect("there is room");
        self.step("add 1 GiB of rows", &(self.add)(text(rows)), dir);
        if let Some(profile) = self.profile {
            self.step("look into these rows", &profile(text(rows)), dir);
        }
        let out = dir.join("out");
        let _ = fs::remove_dir_all(&out);
        if self.name == "dvc" {
            // It writes what is missing to where it was.
            fs::remove_dir_all(&small).expect("it is there");
        }
        self.step(
            "write out 10,000 files",
            &(self.get)(text(&small), text(&out)),
            dir,
        );
        let _ = fs::remove_dir_all(&out);
    }

    fn step(&self, what: &str, args: &[String], dir: &Path) {
        let before = weight(&self.store);
        let cost = self.run(args, dir);
        let stored = weight(&self.store).saturating_sub(before);
        say(&format!("{:<8}{what}", self.name), &cost, Some(stored));
    }

    fn run(&self, args: &[String], dir: &Path) -> Cost {
        let (begun, cpu) = (Instant::now(), cpu_of("self", true));
        let mut child = Command::new(&self.program)
            .args(args)
            .current_dir(dir)
            .envs(self.env.iter().cloned())
            .stdout(Stdio::null())
            .stdin(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut memory: f64 = 0.0;
        let status = loop {
            memory = memory.max(peak(child.id()));
            if let Some(status) = child.try_wait().expect("it is our child") {
                break status;
            }
            thread::sleep(Duration::from_millis(5));
        };
        assert!(status.success(), "{} {args:?}: {status}", self.name);
        Cost {
            seconds: begun.elapsed().as_secs_f64(),
            cpu: cpu_of("self", true) - cpu,
            memory,
        }
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the folder's name is a text")
}

/// The data set of a path: its last name, without what a name cannot have.
fn name(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

fn found(variable: &str, name: &str, word: &str) -> Option<PathBuf> {
    let program = env::var(variable).unwrap_or_else(|_| name.to_owned());
    let asked = Command::new(&program)
        .arg(word)
        .stdout(Stdio::null())
        .status();
    match asked.is_ok_and(|status| status.success()) {
        true => Some(program.into()),
        false => {
            println!("{name} is not here: it is not measured");
            None
        }
    }
}

/// Seconds of CPU that a process has used, or that its children had used when they ended.
fn cpu_of(process: &str, is_of_children: bool) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let from = if is_of_children { 13 } else { 11 };
    let ticks = fields[from..from + 2]
        .iter()
        .filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

/// Memory that a process held at most, in MB.
fn peak(process: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or_default() * 1024.0 / 1e6
}

/// Bytes of all files below a folder.
fn weight(folder: &Path) -> u64 {
    files(folder)
        .iter()
        .filter_map(|file| fs::metadata(file).ok())
        .map(|meta| meta.len())
        .sum()
}

fn files(path: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    let mut left = vec![path.to_owned()];
    while let Some(path) = left.pop() {
        match fs::read_dir(&path) {
            Ok(entries) => left.extend(entries.flatten().map(|entry| entry.path())),
            Err(_) if path.is_file() => found.push(path),
            Err(_) => {}
        }
    }
    found
}

fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rand_chacha::ChaCha8Rng::seed_from_u64(seed).fill_bytes(&mut bytes);
    bytes
}

fn write_noise(data: &Path) {
    fs::create_dir_all(data.join("small")).expect("the folder can be made");
    let large = data.join("large");
    if !large.exists() {
        fs::write(&large, noise(1, LARGE)).expect("there is room");
    }
    for at in 0..SMALL {
        let path = data.join(format!("small/{at:05}"));
        if !path.exists() {
            fs::write(path, noise(at as u64 + 2, LARGE / SMALL)).expect("there is room");
        }
    }
}

/// Rows as a logger writes them: numbers that wander, names that come back.
fn write_rows(path: &Path) {
    if path.exists() {
        return;
    }
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(3);
    let mut file = std::io::BufWriter::new(fs::File::create(path).expect("there is room"));
    let (mut written, mut row, mut value) = (0, 0u64, 20.0);
    while written < LARGE {
        value += (random.next_u32() % 2_001) as f64 / 1e4 - 0.1;
        let place = ["north", "south", "harbour", "mill"][random.next_u32() as usize % 4];
        let line = format!(
            "{row},2026-10-{:02},{place},{value:.4},{}\n",
            row / 1_000_000 % 28 + 1,
            random.next_u32() % 500
        );
        file.write_all(line.as_bytes()).expect("there is room");
        written += line.len();
        row += 1;
    }
}
