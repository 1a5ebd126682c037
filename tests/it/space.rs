//! A place of its own for each test: a home, a store, a cleared environment, and the real binary.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

pub struct Space {
    root: tempfile::TempDir,
}

/// What a command answered.
pub struct Answer {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Answer {
    pub fn of(mut command: Command) -> Self {
        let Output {
            status,
            stdout,
            stderr,
        } = command.output().unwrap();
        Self {
            code: status.code(),
            out: String::from_utf8_lossy(&stdout).into_owned(),
            err: String::from_utf8_lossy(&stderr).into_owned(),
        }
    }
}

impl Space {
    /// With a store.
    pub fn new() -> Self {
        let space = Self::bare();
        space.ok(&["init"]);
        space
    }

    /// Without a store: the one that is named is not there.
    pub fn bare() -> Self {
        let space = Self {
            root: tempfile::tempdir().unwrap(),
        };
        for folder in ["work", "home"] {
            std::fs::create_dir(space.path(folder)).unwrap();
        }
        // Agents of tests end soon, so that nothing is left behind.
        space.write("work/sconce.toml", "[agent]\nidle_seconds = 1\ncpus = 2\n");
        space
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub fn store(&self) -> PathBuf {
        self.path("store")
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sconce"));
        command
            .args(args)
            .current_dir(self.path("work"))
            .env_clear()
            .stdin(Stdio::null());
        command.envs(self.environment());
        command
    }

    pub fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        vec![
            ("PATH", std::env::var_os("PATH").unwrap_or_default().into()),
            ("HOME", self.path("home")),
            ("XDG_CONFIG_HOME", self.path("home/config")),
            ("XDG_DATA_HOME", self.path("home/data")),
            ("XDG_STATE_HOME", self.path("home/state")),
            ("XDG_CACHE_HOME", self.path("home/cache")),
            ("SCONCE_STORE", self.store()),
            ("USER", "ana".into()),
            ("TZ", "UTC".into()),
            ("LC_ALL", "C.UTF-8".into()),
        ]
    }

    pub fn run(&self, args: &[&str]) -> Answer {
        Answer::of(self.command(args))
    }

    /// Runs a command that must succeed.
    #[track_caller]
    pub fn ok(&self, args: &[&str]) -> String {
        let answer = self.run(args);
        assert_eq!(
            answer.code,
            Some(0),
            "{args:?}\n{}{}",
            answer.out,
            answer.err
        );
        answer.out
    }

    /// The JSON that a command prints.
    #[track_caller]
    pub fn json(&self, args: &[&str]) -> Value {
        let args: Vec<&str> = ["--json"].iter().chain(args).copied().collect();
        let text = self.ok(&args);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{args:?}: {error}\n{text}"))
    }

    /// Queues a preset and gives the run's name.
    #[track_caller]
    pub fn train(&self, args: &[&str]) -> String {
        let args: Vec<&str> = ["train"].iter().chain(args).copied().collect();
        self.json(&args)["name"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub fn show(&self, run: &str) -> Value {
        self.json(&["runs", "show", run])
    }

    #[track_caller]
    pub fn state(&self, run: &str) -> String {
        self.show(run)["run"]["state"].as_str().unwrap().to_owned()
    }

    /// The folder of a run.
    #[track_caller]
    pub fn dir(&self, run: &str) -> PathBuf {
        PathBuf::from(self.show(run)["dir"].as_str().unwrap())
    }
}

impl Drop for Space {
    /// Nothing of a test lives on, whatever became of it.
    fn drop(&mut self) {
        let store = self.store();
        for pid in processes_about(&store) {
            let _ = Command::new("kill")
                .args(["-9", &pid.to_string()])
                .stderr(Stdio::null())
                .status();
        }
    }
}

/// Processes whose command line names a path.
pub fn processes_about(path: &Path) -> Vec<u32> {
    let wanted = path.to_string_lossy().into_owned();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_string_lossy().parse::<u32>().ok());
    let about = |pid: &u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(&wanted) && *pid != std::process::id()
    };
    pids.filter(about).collect()
}

/// Waits until something is so, and fails with its sentence when it never is.
#[track_caller]
pub fn eventually(sentence: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(
            begun.elapsed() < Duration::from_secs(120),
            "never: {sentence}"
        );
        thread::sleep(Duration::from_millis(20));
    }
}

/// Kills a process, unless it has ended by itself a moment ago.
pub fn kill(pid: u32) {
    let killed = Command::new("kill").args(["-9", &pid.to_string()]).status();
    let is_gone = || !Path::new(&format!("/proc/{pid}")).exists();
    assert!(killed.unwrap().success() || is_gone());
}
