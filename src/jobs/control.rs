//! Commands to a running worker: one small file, replaced by rename.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::{Result, file, files, lock};
use crate::domain::{
    control::{Control, Want},
    time::Timestamp,
};

/// The time between two looks at the file.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Asks the worker of an attempt for something; the answer comes in its journal, under the `seq` given back.
///
/// Two that ask at once get different numbers; the later one is what the worker does.
///
/// # Errors
///
/// The run's folder cannot be written.
pub fn ask(dir: &Path, attempt: u32, want: Want, by: &str, now: Timestamp) -> Result<Control> {
    let _alone = lock::claim(&dir.join("control.lock"), now)?;
    let seq = read(dir)?.map_or(1, |last| last.seq + 1);
    let control = Control {
        seq,
        attempt,
        want,
        by: by.to_owned(),
    };
    let text = serde_json::to_vec(&control).expect("a control is plain texts and numbers");
    files::replace(&path(dir), &text, 0o640)?;
    Ok(control)
}

/// What was last asked, if anything was. A file that is no control reads as none: a worker does not die of it.
///
/// # Errors
///
/// The file is there and cannot be read.
pub fn read(dir: &Path) -> Result<Option<Control>> {
    let path = path(dir);
    match files::read(&path) {
        Ok(text) => Ok(serde_json::from_slice(&text).ok()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(file("read", path)(error)),
    }
}

fn path(dir: &Path) -> PathBuf {
    dir.join("control.json")
}

/// The worker's side: gives each command of its attempt once.
#[derive(Debug)]
pub struct Inbox {
    dir: PathBuf,
    attempt: u32,
    answered: u64,
    looked: Option<Instant>,
}

impl Inbox {
    pub fn new(dir: &Path, attempt: u32) -> Self {
        Self {
            dir: dir.to_owned(),
            attempt,
            answered: 0,
            looked: None,
        }
    }

    /// The next command, when there is one; looks at most every 50 ms, so that asking costs a step nothing.
    pub fn poll(&mut self) -> Option<Control> {
        if self
            .looked
            .is_some_and(|looked| looked.elapsed() < LOOK_EVERY)
        {
            return None;
        }
        self.looked = Some(Instant::now());
        self.look()
    }

    /// As [`Inbox::poll`], whenever it is called.
    pub fn look(&mut self) -> Option<Control> {
        // A folder that cannot be read now may be read at the next look; the work goes on either way.
        let control = read(&self.dir).ok().flatten()?;
        let is_new = control.attempt == self.attempt && self.answered < control.seq;
        is_new.then(|| {
            self.answered = control.seq;
            control
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(0);

    #[test]
    fn a_command_is_met_once_and_only_by_its_own_attempt() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = Inbox::new(dir.path(), 1);
        assert_eq!(first.look(), None);
        let pause = ask(dir.path(), 1, Want::Pause, "ana@box", NOW).unwrap();
        assert_eq!(first.look(), Some(pause));
        assert_eq!(first.look(), None);
        let stop = ask(dir.path(), 1, Want::Stop, "ana@box", NOW).unwrap();
        let mut second = Inbox::new(dir.path(), 2);
        assert_eq!(second.look(), None, "a resumed run meets no old command");
        assert_eq!(first.look(), Some(stop));
    }

    #[test]
    fn numbers_grow_over_attempts_and_those_who_ask_at_once_get_different_ones() {
        let dir = tempfile::tempdir().unwrap();
        let seqs: std::collections::BTreeSet<u64> = std::thread::scope(|scope| {
            let asking: Vec<_> = (0..8)
                .map(|attempt| {
                    let dir = dir.path();
                    scope.spawn(move || ask(dir, attempt, Want::Checkpoint, "a", NOW).unwrap().seq)
                })
                .collect();
            asking
                .into_iter()
                .map(|asked| asked.join().unwrap())
                .collect()
        });
        assert_eq!(seqs, (1..=8).collect());
    }

    #[test]
    fn a_broken_control_file_is_no_command() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(path(dir.path()), b"{\"seq\":1,\"wa").unwrap();
        assert_eq!(Inbox::new(dir.path(), 1).look(), None);
        assert_eq!(
            ask(dir.path(), 1, Want::Run, "a", NOW).unwrap().seq,
            1,
            "asking anew repairs it"
        );
    }
}
