//! Jobs: the mechanics by which work is done outside the program that asked for it.
//!
//! A worker is a process of its own that reads `job.json` and `control.json` in its run's folder, holds the folder's
//! lock for life and appends to a journal there; it never opens the store. What this room offers to the rooms below:
//! journals written and read, locks held and probed, commands asked, requests frozen and checked, programs started and
//! watched, surroundings captured.

pub mod capture;
pub mod control;
pub mod files;
pub mod foreign;
pub mod journal;
pub mod lock;
pub mod mask;
mod memory;
pub mod process;
pub mod request;
pub mod slots;
pub mod spawn;
pub mod system;
pub mod training;
pub mod worker;

use std::{io, path::PathBuf};

/// What can go wrong with the files and processes of jobs.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot {verb} {path:?}")]
    File {
        verb: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("{path:?} is no request: {why}")]
    Request { path: PathBuf, why: String },
    #[error("cannot start {program:?}")]
    Start { program: String, source: io::Error },
    #[error("another process works on {path:?}")]
    Held { path: PathBuf },
    #[error("process group {group} cannot be signalled")]
    Signal { group: i32, source: io::Error },
    #[error("process group {group} is gone")]
    Gone { group: i32 },
}

pub type Result<T> = std::result::Result<T, Error>;

/// An error and its causes in one line, each said once.
pub fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.ends_with(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}

/// Turns an I/O error into one that names the file.
pub(crate) fn file(
    verb: &'static str,
    path: impl Into<PathBuf>,
) -> impl FnOnce(io::Error) -> Error {
    let path = path.into();
    move |source| Error::File { verb, path, source }
}

#[cfg(test)]
pub(crate) mod testing {
    use std::{
        thread,
        time::{Duration, Instant},
    };

    /// Waits until something is so, and fails with its sentence when it never is.
    pub fn eventually(sentence: &str, mut is_so: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !is_so() {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "never: {sentence}"
            );
            thread::sleep(Duration::from_millis(5));
        }
    }
}
