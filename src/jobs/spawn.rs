//! Agents and workers started as processes of their own: no terminal, logs in files. Each leaves its parent's session
//! as the first thing it does.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
};

use super::{Error, Result, files};
use crate::{domain::jobs::Exit, train};

/// Starts `PROGRAM worker DIR`; what it says outside its journal goes to `worker.log` there.
///
/// # Errors
///
/// The log cannot be opened or the program cannot be started; the latter is said in the log too.
pub fn worker(program: &Path, dir: &Path) -> Result<Child> {
    let mut command = Command::new(program);
    command.arg("worker").arg(dir);
    // Candle's own threads wait for each other by spinning, and slow down even a training that uses one.
    command.env(train::CANDLE_THREADS, "1");
    start(command, &dir.join("worker.log"))
}

/// Starts `PROGRAM agent run --store ROOT`; its log is `agent.<uid>.log` there. The second of two ends at once.
///
/// # Errors
///
/// As [`worker`].
pub fn agent(program: &Path, root: &Path) -> Result<()> {
    let mut command = Command::new(program);
    command.args(["agent", "run", "--store"]).arg(root);
    let mut child = start(command, &agent_log(root))?;
    // Waited for, so that an agent which ends before this process does leaves no trace in the table of processes.
    thread::spawn(move || child.wait());
    Ok(())
}

/// The log of this user's agent.
pub fn agent_log(root: &Path) -> PathBuf {
    let uid = rustix::process::getuid().as_raw();
    root.join(format!("agent.{uid}.log"))
}

/// The lock that the agent of this user holds for life.
pub fn agent_lock(root: &Path) -> PathBuf {
    let uid = rustix::process::getuid().as_raw();
    root.join(format!("agent.{uid}.lock"))
}

fn start(mut command: Command, log: &Path) -> Result<Child> {
    let output = files::append(log)?;
    let errors = output.try_clone().map_err(super::file("open", log))?;
    let started = command
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .spawn();
    started.map_err(|source| {
        let program = command.get_program().to_string_lossy().into_owned();
        let error = Error::Start { program, source };
        note(log, &error);
        error
    })
}

/// Adds an error and its causes to a log, for those who look there; a log that cannot be written is no second error.
pub fn note(log: &Path, error: &dyn std::error::Error) {
    let Ok(mut log) = files::append(log) else {
        return;
    };
    let line = super::told(error) + "\n";
    let _ = std::io::Write::write_all(&mut log, line.as_bytes());
}

/// How a process ended, in our words.
pub fn exit(status: ExitStatus) -> Exit {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Code(code),
        (None, Some(signal)) => Exit::Signal(signal),
        // Only a process that was waited for as it stopped has neither; none is.
        (None, None) => Exit::Code(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_gets_its_folder_and_its_log() {
        let dir = tempfile::tempdir().unwrap();
        let mut child = worker(Path::new("echo"), dir.path()).unwrap();
        assert_eq!(exit(child.wait().unwrap()), Exit::Code(0));
        let log = std::fs::read_to_string(dir.path().join("worker.log")).unwrap();
        assert_eq!(log, format!("worker {}\n", dir.path().display()));
    }

    #[test]
    fn a_program_that_is_not_there_says_so_in_the_log() {
        let dir = tempfile::tempdir().unwrap();
        assert!(worker(Path::new("/no/such/program"), dir.path()).is_err());
        let log = std::fs::read_to_string(dir.path().join("worker.log")).unwrap();
        assert!(
            log.starts_with("cannot start \"/no/such/program\": No such file"),
            "{log}"
        );
    }

    #[test]
    fn a_signal_is_told_from_a_code() {
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        child.kill().unwrap();
        assert_eq!(exit(child.wait().unwrap()), Exit::Signal(9));
    }
}
