//! The worker: one process for one attempt at a run, which outlives whoever started it.

use std::{
    any::Any,
    io,
    panic::{self, AssertUnwindSafe},
    path::Path,
    sync::{Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};

use super::{
    Result,
    control::Inbox,
    file, foreign,
    journal::{self, Happening, Reader, Writer},
    lock, process, request, spawn, training,
};
use crate::domain::{
    events::{Process, What},
    jobs::{Exit, Request, Work},
    records::{self, End, EndState, Record},
    time::Timestamp,
};

/// How long a full disk is waited for once the work has ended.
const LAST_PATIENCE: Duration = Duration::from_secs(300);

/// What a worker is told from outside its control file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// The system wants it to end: TERM or INT.
    Terminate,
    /// The program that it watches has exited.
    Exited,
}

/// What the work of an attempt needs at hand.
pub struct Desk<'a> {
    pub dir: &'a Path,
    pub request: &'a Request,
    pub journal: &'a Writer,
    pub inbox: Inbox,
    pub calls: mpsc::Receiver<Call>,
    /// The other end of `calls`.
    pub caller: mpsc::Sender<Call>,
}

/// Does what `job.json` in a run's folder asks, and gives the exit code of the process: 0 when the work is done or was
/// stopped, 1 when it failed, 2 when it could not be begun (`worker.log` says why).
///
/// To be called first of all in a process of its own: it leaves its parent's session.
pub fn run(dir: &Path) -> i32 {
    process::leave_session();
    keep_panics();
    let (caller, calls) = mpsc::channel();
    // A program that is started in another folder must find the journal too.
    let dir = &std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let worked = hear_signals(caller.clone())
        .map_err(file("watch signals in", dir))
        .and_then(|()| work(dir, caller, calls));
    match worked {
        Ok(None | Some(EndState::Done | EndState::Stopped)) => 0,
        Ok(Some(EndState::Failed)) => 1,
        Err(error) => {
            spawn::note(&dir.join("worker.log"), &error);
            2
        }
    }
}

fn hear_signals(caller: mpsc::Sender<Call>) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            for _ in signals.forever() {
                if caller.send(Call::Terminate).is_err() {
                    return;
                }
            }
        })?;
    Ok(())
}

/// The attempt, from its lock to its last line. `None` when there was nothing left to do, or how it ended is not known.
fn work(
    dir: &Path,
    caller: mpsc::Sender<Call>,
    calls: mpsc::Receiver<Call>,
) -> Result<Option<EndState>> {
    let _lock = lock::claim(&dir.join("lock"), now())?;
    let request = request::frozen(dir)?;
    let path = journal::path(dir, request.attempt);
    let past = Past::of(&path)?;
    let is_foreign = matches!(request.work, Work::Command(_));
    let journal = Writer::open(&path, is_foreign).map_err(file("open", &path))?;
    let desk = Desk {
        dir,
        request: &request,
        journal: &journal,
        inbox: Inbox::new(dir, request.attempt),
        calls,
        caller,
    };
    let end = match past {
        Past::Nothing => Some(begin(desk)),
        Past::Program(program) => foreign::adopt(desk, program),
        Past::Begun => None,
    };
    if let Some(end) = &end {
        journal.record(Record {
            end: Some(end.clone()),
            ..Record::default()
        });
    }
    journal.close(LAST_PATIENCE).map_err(file("write", path))?;
    Ok(end.map(|end| end.state))
}

fn begin(desk: Desk<'_>) -> End {
    let started = process::own().map(|process| What::Started {
        attempt: desk.request.attempt,
        process,
        slot: desk.request.slot.clone(),
    });
    desk.journal.record(Record {
        event: started,
        ..Record::default()
    });
    let worked = panic::catch_unwind(AssertUnwindSafe(|| match &desk.request.work {
        Work::Train(training) => training::run(desk, training),
        Work::Command(command) => foreign::run(desk, command),
    }));
    worked.unwrap_or_else(|payload| failed(Exit::Code(101), panicked(&*payload)))
}

/// The end of work that failed.
pub(super) fn failed(exit: Exit, message: String) -> End {
    End {
        state: EndState::Failed,
        exit: Some(exit),
        message,
    }
}

/// Was this attempt begun? A worker never begins one twice: what became of the first time, its journal and its process
/// tell.
///
/// # Errors
///
/// The journal cannot be read.
pub fn was_begun(dir: &Path, attempt: u32) -> Result<bool> {
    let mut is_begun = false;
    // It is the first line of every worker, so this does not read far.
    each_event(&journal::path(dir, attempt), |event| {
        is_begun |= matches!(event, What::Started { .. });
        !is_begun
    })?;
    Ok(is_begun)
}

/// What an earlier worker of the same attempt left behind.
enum Past {
    /// There was none.
    Nothing,
    /// It is gone and its work with it, or done.
    Begun,
    /// It is gone, and the program that it started lives.
    Program(Process),
}

impl Past {
    fn of(journal: &Path) -> Result<Self> {
        let (mut is_begun, mut program) = (false, None);
        each_event(journal, |event| {
            match event {
                What::Started { .. } => is_begun = true,
                What::Spawned { process } => program = Some(process),
                _ => {}
            }
            true
        })?;
        Ok(match program.filter(process::group_lives) {
            Some(program) => Self::Program(program),
            None if is_begun => Self::Begun,
            None => Self::Nothing,
        })
    }
}

/// Gives the events of a journal in order, for as long as they are wanted.
fn each_event(journal: &Path, mut is_more_wanted: impl FnMut(What) -> bool) -> Result<()> {
    let mut reader = Reader::new(journal, 0, 0);
    loop {
        let batch = reader.read(1 << 16).map_err(file("read", journal))?;
        for happening in batch.happenings {
            let Happening::Line(line) = happening else {
                continue;
            };
            let Ok(Some(event)) = records::parse(&line).map(|record| record.event) else {
                continue;
            };
            if !is_more_wanted(event) {
                return Ok(());
            }
        }
        if batch.is_at_end {
            return Ok(());
        }
    }
}

fn now() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_millisecond())
}

static LAST_PANIC: Mutex<Option<String>> = Mutex::new(None);

/// Keeps the place and words of a panic for the run's end; the log gets them as ever.
fn keep_panics() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        *LAST_PANIC.lock().unwrap_or_else(PoisonError::into_inner) = Some(info.to_string());
        before(info);
    }));
}

fn panicked(payload: &(dyn Any + Send)) -> String {
    let kept = LAST_PANIC
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    kept.unwrap_or_else(|| {
        let said = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        format!("panicked: {}", said.unwrap_or("without a word"))
    })
}

#[cfg(test)]
#[path = "worker_tests.rs"]
mod tests;
