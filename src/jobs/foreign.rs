//! A foreign program in its worker: started in a process group of its own, watched, steered by signals.

use std::{
    fs,
    io::Write as _,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command as Program, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use rustix::{
    io::retry_on_intr,
    process::{Pid, Signal, WaitId, WaitIdOptions},
};

use super::{
    files,
    journal::{self, Writer},
    memory, process, request, spawn,
    system::{self, Sampler},
    worker::{self, Call, Desk},
};
use crate::domain::{
    control::{Control, Want},
    events::{OUT_OF_MEMORY, Process, What},
    jobs::{Command, Exit},
    records::{End, EndState, Record},
};

/// The time between two looks at the control file.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// The time between two looks for a program that is no child: each goes through all processes.
const LOOK_FOR_LIFE_EVERY: Duration = Duration::from_secs(1);
/// How long the identity of a program may take to reach the disk before it is started all the same.
const PATIENCE: Duration = Duration::from_secs(5);

/// Waits for a line before it becomes the program: without one (its worker died) it never does. So no program runs
/// whose identity is not in the journal.
const GATE: &str = r#"read -r go && exec "$@" </dev/null"#;

/// Starts the program, watches it to its end, and says how it ended. It appends its own lines to the same journal.
pub(super) fn run(desk: Desk<'_>, command: &Command) -> End {
    let cannot = |why: String| worker::failed(Exit::Code(127), why);
    let mut child = match start(&desk, command) {
        Ok(child) => child,
        Err(why) => return cannot(why),
    };
    let starved = memory::kills();
    let pid = i32::try_from(child.id()).unwrap_or_default();
    let Some(program) = process::identity(pid) else {
        let _ = child.kill();
        let _ = child.wait();
        return cannot("cannot find its process after it was started".to_owned());
    };
    say(
        &desk,
        What::Spawned {
            process: program.clone(),
        },
    );
    desk.journal.flush(PATIENCE);
    if let Some(mut gate) = child.stdin.take() {
        // A gate that died tells so by its exit code.
        let _ = gate.write_all(b"go\n");
    }
    if let Err(error) = request::seal(desk.dir, desk.request) {
        spawn::note(&desk.dir.join("worker.log"), &error);
    }
    let journal = desk.journal;
    let over = thread::scope(|scope| {
        let caller = desk.caller.clone();
        // Left unreaped, so that its number, and its group's, stay its own until the group is dealt with.
        scope.spawn(move || {
            if let Some(pid) = Pid::from_raw(pid) {
                let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
                // A signal to this process is no end of the program's.
                let _ = retry_on_intr(|| rustix::process::waitid(WaitId::Pid(pid), options));
            }
            let _ = caller.send(Call::Exited);
        });
        Watch::new(desk, program).until_it_ends()
    });
    let exit = match child.wait() {
        Ok(status) => spawn::exit(status),
        Err(error) => return cannot(format!("cannot learn how it ended: {error}")),
    };
    let kills = starved.zip(memory::kills());
    let is_starved = kills.is_some_and(|(before, after)| before < after);
    if is_starved && exit == Exit::Signal(9) && over.by.is_none() {
        let what = OUT_OF_MEMORY.to_owned();
        note(journal, What::Noticed { what });
    }
    ending(exit, over.by, || {
        files::last_lines(&over.log, files::LAST_LINES)
    })
}

/// Watches a program whose worker is gone. Its exit code went with that worker, so that only a stop that was asked for
/// here gives an end.
pub(super) fn adopt(desk: Desk<'_>, program: Process) -> Option<End> {
    // Said anew: whoever reads the history sees that the program is watched again.
    say(
        &desk,
        What::Spawned {
            process: program.clone(),
        },
    );
    let over = thread::scope(|scope| {
        let (caller, watched) = (desk.caller.clone(), program.clone());
        scope.spawn(move || {
            while process::group_lives(&watched) {
                thread::sleep(LOOK_FOR_LIFE_EVERY);
            }
            let _ = caller.send(Call::Exited);
        });
        Watch::new(desk, program).until_it_ends()
    });
    over.by.map(|by| End {
        state: EndState::Stopped,
        exit: None,
        message: by,
    })
}

fn ending(exit: Exit, stopped_by: Option<String>, last_lines: impl FnOnce() -> String) -> End {
    match (exit, stopped_by) {
        (_, Some(by)) => End {
            state: EndState::Stopped,
            exit: Some(exit),
            message: by,
        },
        (Exit::Code(0), None) => End {
            state: EndState::Done,
            exit: Some(exit),
            message: String::new(),
        },
        (_, None) => worker::failed(exit, last_lines()),
    }
}

/// Starts the gate that will become the program; an error is the sentence for the run's end.
fn start(desk: &Desk<'_>, command: &Command) -> Result<Child, String> {
    let environment = request::environment(desk.dir);
    let path = environment.as_ref().and_then(|environment| {
        let found = environment.iter().find(|(name, _)| name == "PATH");
        found.map(|(_, value)| value.as_str())
    });
    find(command, path)?;
    let told = |what: &str, error: &dyn std::fmt::Display| format!("cannot {what}: {error}");
    let output = files::append(&desk.dir.join("output.log"))
        .map_err(|error| told("write its output", &error))?;
    let errors = output
        .try_clone()
        .map_err(|error| told("write its output", &error))?;
    let mut gate = Program::new("/bin/sh");
    gate.args(["-c", GATE, "sh"])
        .args(&command.argv)
        .current_dir(&command.cwd)
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(output)
        .stderr(errors);
    if let Some(environment) = environment {
        gate.env_clear().envs(environment);
    }
    let request = desk.request;
    gate.env("SCONCE_JOURNAL", journal::path(desk.dir, request.attempt))
        .env("SCONCE_RUN", request.run.to_string())
        .env("SCONCE_RUN_DIR", desk.dir);
    if !request.slot.gpus.is_empty() {
        let gpus: Vec<String> = request.slot.gpus.iter().map(u32::to_string).collect();
        gate.env("CUDA_VISIBLE_DEVICES", gpus.join(","));
    }
    gate.spawn()
        .map_err(|error| told("start a shell for it", &error))
}

/// Finds what can be wrong with a command before it is started, for a better word than a shell's. Where the PATH is not
/// known, the shell has the word.
fn find(command: &Command, path: Option<&str>) -> Result<(), String> {
    let Command { argv, cwd } = command;
    let Some(name) = argv.first() else {
        return Err("there is no command".to_owned());
    };
    if !cwd.is_dir() {
        return Err(format!(
            "cannot start {name:?} in {cwd:?}: there is no such folder"
        ));
    }
    let can_run = |file: &Path| {
        fs::metadata(file)
            .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
    };
    if name.contains('/') {
        return match can_run(&cwd.join(name)) {
            true => Ok(()),
            false => Err(format!(
                "cannot start {name:?}: no such program, or it may not be run"
            )),
        };
    }
    let mut folders = path.into_iter().flat_map(|path| path.split(':'));
    match path.is_none() || folders.any(|folder| can_run(&cwd.join(folder).join(name))) {
        true => Ok(()),
        false => Err(format!("cannot start {name:?}: it is in no folder of PATH")),
    }
}

fn say(desk: &Desk<'_>, what: What) {
    note(desk.journal, what);
}

fn note(journal: &Writer, what: What) {
    journal.record(Record {
        event: Some(what),
        ..Record::default()
    });
}

/// What is left to know once a program has ended.
struct Over {
    /// Who had it stopped.
    by: Option<String>,
    log: PathBuf,
}

/// A program that is being watched.
struct Watch<'a> {
    desk: Desk<'a>,
    program: Process,
    stopping: Option<Stopping>,
}

struct Stopping {
    by: String,
    kill_at: Option<Instant>,
}

impl<'a> Watch<'a> {
    fn new(desk: Desk<'a>, program: Process) -> Self {
        Self {
            desk,
            program,
            stopping: None,
        }
    }

    fn until_it_ends(mut self) -> Over {
        thread::scope(|scope| {
            // Dropped at the end: then the recording ends too.
            let (_ends, ended) = mpsc::channel();
            let every = Duration::from_millis(self.desk.request.care.system_ms);
            if !every.is_zero() {
                let journal = self.desk.journal;
                let root = u32::try_from(self.program.pid).unwrap_or_default();
                // A program that says nothing of steps has its seconds for them.
                let begun = Instant::now();
                let seconds = move || i64::try_from(begun.elapsed().as_secs()).unwrap_or(i64::MAX);
                scope.spawn(move || {
                    system::keep_recording(Sampler::tree(root), every, journal, seconds, &ended);
                });
            }
            self.watch();
        });
        self.end_what_is_left();
        Over {
            by: self.stopping.map(|stopping| stopping.by),
            log: self.desk.dir.join("output.log"),
        }
    }

    fn watch(&mut self) {
        loop {
            match self.desk.calls.recv_timeout(LOOK_EVERY) {
                Ok(Call::Exited) => return,
                // One that cannot be signalled is gone, which is heard of next.
                Ok(Call::Terminate) => drop(self.stop("the system (signal 15)".to_owned())),
                Err(_) => {}
            }
            if let Some(control) = self.desk.inbox.look() {
                self.answer(control);
            }
            self.kill_when_due();
        }
    }

    fn answer(&mut self, control: Control) {
        let Control { seq, want, by, .. } = control;
        let done = match want {
            Want::Run => self.signal(Signal::CONT),
            Want::Pause if self.stopping.is_some() => Err("it is being stopped".to_owned()),
            Want::Pause => self.signal(Signal::STOP),
            Want::Stop | Want::StopAfterStep => self.stop(by),
            Want::Checkpoint => Err("a foreign program makes its checkpoints itself".to_owned()),
        };
        say(
            &self.desk,
            What::Answered {
                seq,
                want,
                refused: done.err(),
            },
        );
    }

    /// Asks it to end; asked a second time, ends it.
    fn stop(&mut self, by: String) -> Result<(), String> {
        if self.stopping.is_some() {
            return self.signal(Signal::KILL);
        }
        let grace = Duration::from_millis(self.desk.request.care.grace_ms);
        self.stopping = Some(Stopping {
            by,
            kill_at: Instant::now().checked_add(grace),
        });
        self.signal(Signal::TERM)?;
        // One that is paused meets the signal only when it goes on; any other may be gone by now.
        let _ = self.signal(Signal::CONT);
        Ok(())
    }

    fn kill_when_due(&mut self) {
        let due = self.stopping.as_mut().and_then(|stopping| {
            let is_due = stopping.kill_at.is_some_and(|at| at <= Instant::now());
            is_due.then(|| stopping.kill_at.take())
        });
        if due.is_some() {
            // One that is gone by now is gone as was wanted.
            let _ = self.signal(Signal::KILL);
        }
    }

    fn signal(&self, signal: Signal) -> Result<(), String> {
        process::signal_group(&self.program, signal).map_err(|error| error.to_string())
    }

    /// What the program left running in its group ends with it: a slot that is free again must be free.
    fn end_what_is_left(&self) {
        if !process::group_lives(&self.program) {
            return;
        }
        say(
            &self.desk,
            What::Noticed {
                what: "the program left others running; they are ended".to_owned(),
            },
        );
        let grace = Duration::from_millis(self.desk.request.care.grace_ms);
        let begun = Instant::now();
        let _ = self.signal(Signal::TERM);
        let _ = self.signal(Signal::CONT);
        while process::group_lives(&self.program) && begun.elapsed() < grace {
            thread::sleep(LOOK_EVERY.min(grace));
        }
        let _ = self.signal(Signal::KILL);
    }
}
