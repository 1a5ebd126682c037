//! Long work in the foreground: how far it is and when it will be done, and Ctrl-C, which ends it at a clean place.

use std::{
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc::{RecvTimeoutError, channel},
    },
    thread,
    time::{Duration, Instant},
};

use super::{Failure, Out, format, wait};
use crate::{
    domain::text::thousands,
    ops::{self, datasets::Progress},
};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);
/// Work that is done sooner says nothing of itself, and none says when it will be done before.
const WORTH_A_WORD: Duration = Duration::from_secs(1);

/// Does some work, while a line tells how far it is. `None` where Ctrl-C ended it.
pub fn watch<T>(
    out: &Out,
    work: impl FnOnce(&Progress) -> ops::Result<T>,
) -> Result<Option<T>, Failure> {
    let interrupt = wait::interrupt()?;
    let progress = Progress::default();
    let (done, is_done) = channel::<()>();
    let worked = thread::scope(|scope| {
        let (progress, interrupt) = (&progress, &interrupt);
        scope.spawn(move || {
            let begun = Instant::now();
            let mut was_said = false;
            while is_done.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                let stop = interrupt.load(Ordering::Relaxed);
                progress.is_interrupted.store(stop, Ordering::Relaxed);
                if WORTH_A_WORD <= begun.elapsed() {
                    out.passing(&line(progress, begun.elapsed()));
                    was_said = true;
                }
            }
            if was_said {
                out.passing("");
            }
        });
        let worked = work(progress);
        drop(done);
        worked
    });
    match worked {
        Err(_) if interrupt.load(Ordering::Relaxed) => Ok(None),
        worked => Ok(Some(worked?)),
    }
}

/// `12,345 of 100,000 files, 1.2 GiB of 3.0 GiB, 4 s to go`.
fn line(progress: &Progress, since: Duration) -> String {
    let now = |number: &AtomicU64| number.load(Ordering::Relaxed);
    let (files, bytes) = (now(&progress.files), now(&progress.bytes));
    let (all_files, all_bytes) = (now(&progress.all_files), now(&progress.all_bytes));
    let mut parts = vec![];
    if 0 < all_files {
        parts.push(format!(
            "{} of {} files",
            thousands(files as i64),
            thousands(all_files as i64)
        ));
    }
    parts.push(format!(
        "{} of {}",
        format::bytes(bytes),
        format::bytes(all_bytes)
    ));
    let part = bytes as f64 / all_bytes.max(1) as f64;
    if 0.01 <= part && bytes < all_bytes {
        let left = since.as_secs_f64() * (1.0 - part) / part;
        parts.push(format!("{} s to go", thousands(left.ceil() as i64)));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_how_far_and_how_long_still() {
        let progress = Progress::default();
        let set = |number: &AtomicU64, to| number.store(to, Ordering::Relaxed);
        let second = Duration::from_secs(10);
        set(&progress.all_bytes, 4 << 30);
        assert_eq!(line(&progress, second), "0 B of 4.0 GiB");
        set(&progress.all_files, 12_345);
        set(&progress.files, 9);
        set(&progress.bytes, 1 << 30);
        assert_eq!(
            line(&progress, second),
            "9 of 12,345 files, 1.0 GiB of 4.0 GiB, 30 s to go"
        );
        set(&progress.bytes, 4 << 30);
        assert_eq!(
            line(&progress, second),
            "9 of 12,345 files, 4.0 GiB of 4.0 GiB"
        );
    }
}
