//! The writer: takes records without ever making its caller wait, and puts whole lines into a file.

use std::{
    fs::File,
    io::{self, ErrorKind},
    mem,
    os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::thin::thin;
use crate::{
    domain::{
        events::What,
        records::{self, Record},
    },
    jobs::files,
};

/// Records that may wait; one more, and points are thinned.
const CAPACITY: usize = 16_384;
/// Records written at once.
const BATCH: usize = 4_096;
/// How long points wait for company. Events and ends do not wait.
const LINGER: Duration = Duration::from_millis(20);
/// The pause after a write that failed; it doubles up to the second.
const RETRY: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));
/// How long a line that another process has begun is waited for.
const OTHERS_PATIENCE: Duration = Duration::from_secs(1);

/// Where lines go. A file does all of this; tests have worse ones.
pub trait Sink: Send + 'static {
    /// Gets ready for more: asked before each write.
    fn prepare(&mut self) -> io::Result<()> {
        Ok(())
    }
    /// Appends bytes and says how many; fewer than all is a short write.
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize>;
    /// Does it end inside a line?
    fn is_torn(&mut self) -> io::Result<bool>;
    fn sync(&mut self) -> io::Result<()>;
}

/// The file at a path, whatever becomes of the one that was opened there first.
struct Place {
    path: PathBuf,
    file: File,
}

impl Place {
    fn open(path: &Path) -> io::Result<Self> {
        let file = files::not_through_links()
            .create(true)
            .append(true)
            .read(true)
            .mode(0o640)
            .open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("no regular file"));
        }
        files::let_the_group_read(&file);
        Ok(Self {
            path: path.to_owned(),
            file,
        })
    }
}

impl Sink for Place {
    /// A program may remove or replace its journal: how its run ends must be told all the same, where readers look.
    fn prepare(&mut self) -> io::Result<()> {
        let held = self.file.metadata()?;
        let is_there = std::fs::symlink_metadata(&self.path)
            .is_ok_and(|meta| (meta.dev(), meta.ino()) == (held.dev(), held.ino()));
        if !is_there && let Ok(anew) = Self::open(&self.path) {
            *self = anew;
        }
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::Write::write(&mut self.file, bytes)
    }

    fn is_torn(&mut self) -> io::Result<bool> {
        let Some(last) = self.file.metadata()?.len().checked_sub(1) else {
            return Ok(false);
        };
        let mut byte = [b'\n'];
        self.file.read_at(&mut byte, last)?;
        Ok(byte != [b'\n'])
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_all()
    }
}

/// Writes a journal from a thread of its own.
///
/// [`Writer::record`] never waits for the disk. While lines cannot be written they are held and tried again; when too
/// many wait, points are thinned, extremes kept, and the number left out is itself recorded. A line that was cut by a
/// full disk or a kill is ended by a newline before the next, so that it spoils no other.
#[derive(Debug)]
pub struct Writer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    queue: Vec<Record>,
    /// The length at which the queue is thinned, when it is not the capacity.
    thin_at: usize,
    left_out: u64,
    is_urgent: bool,
    recorded: u64,
    written: u64,
    /// Nothing more will come; what cannot be written by then is given up.
    closing: Option<Instant>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // No code that holds it can leave it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer {
    /// Opens the journal at `path` for appending, and makes it (mode 0640) if it is not there.
    ///
    /// `is_shared` says that another process writes to it too, whole lines like this one: a line that it has begun is
    /// given a moment to end.
    ///
    /// # Errors
    ///
    /// The file cannot be opened.
    pub fn open(path: &Path, is_shared: bool) -> io::Result<Self> {
        Self::to(Place::open(path)?, is_shared)
    }

    /// Writes to any sink.
    ///
    /// # Errors
    ///
    /// No thread can be started.
    pub fn to(sink: impl Sink, is_shared: bool) -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let pen = Pen {
            sink,
            shared: Arc::clone(&shared),
            others_patience: if is_shared {
                OTHERS_PATIENCE
            } else {
                Duration::ZERO
            },
        };
        let thread = thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || pen.run())?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Takes a record; one without a time gets the present one.
    pub fn record(&self, mut record: Record) {
        record.time.get_or_insert_with(now);
        let mut state = self.shared.state();
        let is_urgent = record.event.is_some() || record.end.is_some() || record.log.is_some();
        state.is_urgent |= is_urgent;
        state.recorded += 1;
        state.queue.push(record);
        if CAPACITY.max(state.thin_at) <= state.queue.len() {
            let left_out = thin(&mut state.queue);
            state.left_out += left_out;
            // What cannot be thinned further is not tried again at every record.
            state.thin_at = state.queue.len() * 2;
        }
        if is_urgent || state.queue.len() == 1 {
            self.shared.changed.notify_all();
        }
    }

    /// Waits until everything recorded so far is in the file; `false` when that took longer than `patience`.
    pub fn flush(&self, patience: Duration) -> bool {
        let mut state = self.shared.state();
        let wanted = state.recorded;
        state.is_urgent = true;
        self.shared.changed.notify_all();
        let (state, _) = self
            .shared
            .changed
            .wait_timeout_while(state, patience, |state| state.written < wanted)
            .unwrap_or_else(PoisonError::into_inner);
        wanted <= state.written
    }

    /// Writes what is left and syncs the file; gives up on a disk that stays full for longer than `patience`.
    ///
    /// # Errors
    ///
    /// What kept the last lines from being written.
    pub fn close(mut self, patience: Duration) -> io::Result<()> {
        self.end(patience)
    }

    fn end(&mut self, patience: Duration) -> io::Result<()> {
        let Some(thread) = self.thread.take() else {
            return Ok(());
        };
        self.shared.state().closing = Some(Instant::now() + patience);
        self.shared.changed.notify_all();
        thread
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the journal's thread panicked")))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Only a worker that unwinds comes here without having closed; there is nobody to tell.
        let _ = self.end(Duration::ZERO);
    }
}

fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// The writer's half on the thread.
struct Pen<S> {
    sink: S,
    shared: Arc<Shared>,
    others_patience: Duration,
}

impl<S: Sink> Pen<S> {
    fn run(mut self) -> io::Result<()> {
        let mut lines = vec![];
        while let Some(batch) = self.take() {
            batch
                .iter()
                .for_each(|record| records::write(record, &mut lines));
            self.put_all(&mut lines)?;
            let mut state = self.shared.state();
            // Records that were thinned away count as written: nothing of them is waited for.
            state.written = state.recorded - state.queue.len() as u64;
            drop(state);
            self.shared.changed.notify_all();
        }
        self.sink.sync()
    }

    /// The next records to write, once there are some worth a write; `None` at the end.
    fn take<'a>(&'a self) -> Option<Vec<Record>> {
        let shared = &self.shared;
        let wait = |state: MutexGuard<'a, State>, patience, until: fn(&State) -> bool| {
            shared
                .changed
                .wait_timeout_while(state, patience, |state| {
                    state.closing.is_none() && !until(state)
                })
                .unwrap_or_else(PoisonError::into_inner)
                .0
        };
        let mut state = shared.state();
        while state.queue.is_empty() && state.closing.is_none() {
            state = wait(state, Duration::MAX, |state| !state.queue.is_empty());
        }
        if state.queue.is_empty() {
            return None;
        }
        state = wait(state, LINGER, |state| {
            state.is_urgent || BATCH <= state.queue.len()
        });
        let mut batch = mem::take(&mut state.queue);
        if BATCH < batch.len() {
            state.queue = batch.split_off(BATCH);
        } else {
            state.is_urgent = false;
            state.thin_at = 0;
        }
        if 0 < state.left_out {
            let points = mem::take(&mut state.left_out);
            batch.insert(
                0,
                Record {
                    time: Some(now()),
                    event: Some(What::Thinned { points }),
                    ..Record::default()
                },
            );
        }
        Some(batch)
    }

    /// Writes lines until they are written, or until the end and its patience have come.
    fn put_all(&mut self, lines: &mut Vec<u8>) -> io::Result<()> {
        let (mut pause, longest) = RETRY;
        let begun = Instant::now();
        while !lines.is_empty() {
            let closing = self.shared.state().closing;
            let waits_for_others = closing.is_none() && begun.elapsed() < self.others_patience;
            match self.put(lines, waits_for_others) {
                Ok(()) => pause = RETRY.0,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    if closing.is_some_and(|deadline| deadline <= Instant::now()) {
                        return Err(error);
                    }
                    self.rest(pause, closing);
                    pause = (pause * 2).min(longest);
                }
            }
        }
        Ok(())
    }

    fn rest(&self, pause: Duration, closing: Option<Instant>) {
        let was_closing = closing.is_some();
        let _ = self
            .shared
            .changed
            .wait_timeout_while(self.shared.state(), pause, |state| {
                state.closing.is_some() == was_closing
            });
    }

    /// One write, and what of the lines it did not write stays, whole.
    fn put(&mut self, lines: &mut Vec<u8>, waits_for_others: bool) -> io::Result<()> {
        self.sink.prepare()?;
        let is_torn = self.sink.is_torn()?;
        if is_torn && waits_for_others {
            return Err(ErrorKind::WouldBlock.into());
        }
        if is_torn {
            lines.insert(0, b'\n');
        }
        let written = self.sink.append(lines);
        let keep_from = match written {
            Ok(count) => whole(lines, count).max(usize::from(is_torn)),
            Err(_) => usize::from(is_torn),
        };
        lines.drain(..keep_from);
        match written {
            Ok(0) => Err(ErrorKind::WriteZero.into()),
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// How many of the bytes need no second try when the first `written` of them were written: whole lines, and one that
/// lacks only its newline, which the next write begins with.
fn whole(lines: &[u8], written: usize) -> usize {
    if lines.get(written) == Some(&b'\n') {
        return written + 1;
    }
    lines[..written]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1)
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
