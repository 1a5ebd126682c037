//! A training in its worker: what the loop tells goes to the journal, what is asked goes to the loop.

use std::{
    fs::File,
    io::Write as _,
    sync::{
        atomic::{AtomicI64, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use super::{
    files,
    system::{self, Sampler},
    worker::{self, Call, Desk},
};
use crate::{
    domain::{
        control::{Control, Want},
        events::What,
        jobs::{Exit, Training},
        records::{End, EndState, Record},
        runs::Progress,
    },
    train::{self, Observer, Order, Outcome},
};

/// How long a paused training waits between two looks at its control file.
const WAIT: Duration = Duration::from_millis(50);

/// Trains, and says how it ended.
pub(super) fn run(desk: Desk<'_>, training: &Training) -> End {
    let step = AtomicI64::new(0);
    let (request, dir) = (desk.request, desk.dir);
    let trained = thread::scope(|scope| {
        // Dropped however the training ends: then the recording ends too.
        let (_ends, ended) = mpsc::channel();
        let every = Duration::from_millis(request.care.system_ms);
        if !every.is_zero() {
            let (journal, step) = (desk.journal, &step);
            scope.spawn(move || {
                let step = || step.load(Ordering::Relaxed);
                system::keep_recording(Sampler::own(), every, journal, step, &ended);
            });
        }
        let mut watch = Watch {
            desk,
            step: &step,
            is_paused: false,
            progress: Progress::default(),
            log: files::append(&dir.join("output.log")).ok(),
            said: String::new(),
        };
        let trained = train::train(training, &request.name, dir, &mut watch);
        trained.map(|outcome| (outcome, watch.said))
    });
    match trained {
        Ok((Outcome::Done, said)) => End {
            state: EndState::Done,
            exit: Some(Exit::Code(0)),
            message: said,
        },
        Ok((Outcome::Stopped { by }, _)) => End {
            state: EndState::Stopped,
            exit: Some(Exit::Code(0)),
            message: by,
        },
        Err(error) => worker::failed(Exit::Code(1), super::told(&error)),
    }
}

struct Watch<'a> {
    desk: Desk<'a>,
    step: &'a AtomicI64,
    is_paused: bool,
    progress: Progress,
    /// What people read: a line an epoch. Without it training goes on.
    log: Option<File>,
    /// What the training said last: why it ended before its last epoch.
    said: String,
}

impl Observer for Watch<'_> {
    fn record(&mut self, record: Record) {
        if let Some(step) = record.step {
            self.step.store(step, Ordering::Relaxed);
        }
        if let Some(progress) = record.progress {
            self.progress = progress;
        }
        if let (Some(log), Some(line)) = (&mut self.log, line(&record, &self.progress)) {
            let _ = log.write_all(line.as_bytes());
        }
        if let Some(said) = &record.log {
            self.said.clone_from(said);
        }
        self.desk.journal.record(record);
    }

    fn order(&mut self, step: i64) -> Order {
        self.step.store(step, Ordering::Relaxed);
        let mut called = self.desk.calls.try_recv().ok();
        loop {
            if called == Some(Call::Terminate) {
                return self.terminated(step);
            }
            if let Some(order) = self.asked(step) {
                return order;
            }
            if !self.is_paused {
                return Order::Go;
            }
            called = self.desk.calls.recv_timeout(WAIT).ok();
        }
    }
}

/// The line of the log for a record that says something, or measures the model on rows it was not trained on.
fn line(record: &Record, progress: &Progress) -> Option<String> {
    if let Some(said) = &record.log {
        return Some(format!("{said}\n"));
    }
    let is_measured = |name: &str| name.starts_with("val/") || name.starts_with("test/");
    if !record.metrics.iter().any(|(name, _)| is_measured(name)) {
        return None;
    }
    let mut line = format!("step {}", record.step.unwrap_or(progress.step));
    if let (Some(epoch), Some(epochs)) = (progress.epoch, progress.epochs) {
        line = format!("epoch {epoch:.0}/{epochs}  {line}");
    }
    for (name, value) in record
        .metrics
        .iter()
        .filter(|(name, _)| is_measured(name) || name == "train/loss")
    {
        line.push_str(&format!("  {name} {value:.4}"));
    }
    line.push('\n');
    Some(line)
}

impl Watch<'_> {
    /// The system ends this process: what can be kept is kept.
    fn terminated(&self, step: i64) -> Order {
        let by = "the system (signal 15)".to_owned();
        self.say(
            step,
            What::Noticed {
                what: format!("{by} wants it to end"),
            },
        );
        Order::StopAfterStep { by }
    }

    /// Answers the next command, when there is one; `None` when the loop has nothing to do for it.
    fn asked(&mut self, step: i64) -> Option<Order> {
        let Control { seq, want, by, .. } = self.desk.inbox.poll()?;
        self.say(
            step,
            What::Answered {
                seq,
                want,
                refused: None,
            },
        );
        match want {
            Want::Run => self.is_paused = false,
            Want::Pause => self.is_paused = true,
            Want::Checkpoint => return Some(Order::Checkpoint),
            Want::StopAfterStep => return Some(Order::StopAfterStep { by }),
            Want::Stop => return Some(Order::StopNow { by }),
        }
        None
    }

    fn say(&self, step: i64, what: What) {
        self.desk.journal.record(Record {
            step: Some(step),
            event: Some(what),
            ..Record::default()
        });
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{
        domain::{records, time::Timestamp},
        jobs::{
            control::{self, Inbox},
            journal::{self, Writer},
            request,
        },
    };

    /// Gives the orders that follow from a list of commands, one a step, and the answers in the journal.
    fn orders(dir: &Path, act: impl FnOnce(&mut Watch<'_>)) -> Vec<What> {
        let request = request::tests::command(&["none"], dir);
        let path = journal::path(dir, 1);
        let journal = Writer::open(&path, false).unwrap();
        let (caller, calls) = mpsc::channel();
        let step = AtomicI64::new(0);
        let mut watch = Watch {
            desk: Desk {
                dir,
                request: &request,
                journal: &journal,
                inbox: Inbox::new(dir, 1),
                calls,
                caller,
            },
            step: &step,
            is_paused: false,
            progress: Progress::default(),
            log: None,
            said: String::new(),
        };
        act(&mut watch);
        drop(watch);
        journal.close(Duration::from_secs(60)).unwrap();
        let text = std::fs::read(path).unwrap();
        text.split(|byte| *byte == b'\n')
            .filter_map(|line| records::parse(line).ok()?.event)
            .collect()
    }

    fn ask(dir: &Path, want: Want) {
        control::ask(dir, 1, want, "ana@box", Timestamp(0)).unwrap();
    }

    /// The inbox is looked at only so often: ask until it was.
    fn next(watch: &mut Watch<'_>) -> Order {
        loop {
            match watch.order(1) {
                Order::Go => {}
                other => return other,
            }
        }
    }

    #[test]
    fn commands_become_orders_and_are_answered() {
        let dir = tempfile::tempdir().unwrap();
        let by = "ana@box".to_owned();
        let answers = orders(dir.path(), |watch| {
            assert_eq!(watch.order(0), Order::Go);
            ask(dir.path(), Want::Checkpoint);
            assert_eq!(next(watch), Order::Checkpoint);
            ask(dir.path(), Want::StopAfterStep);
            assert_eq!(next(watch), Order::StopAfterStep { by: by.clone() });
            ask(dir.path(), Want::Stop);
            assert_eq!(next(watch), Order::StopNow { by });
            watch.desk.caller.send(Call::Terminate).unwrap();
            assert!(matches!(next(watch), Order::StopAfterStep { .. }));
        });
        assert_eq!(answers.len(), 4);
        assert_eq!(
            answers[0],
            What::Answered {
                seq: 1,
                want: Want::Checkpoint,
                refused: None
            }
        );
    }

    #[test]
    fn a_pause_lasts_until_it_is_lifted_and_lets_a_stop_through() {
        let dir = tempfile::tempdir().unwrap();
        orders(dir.path(), |watch| {
            ask(dir.path(), Want::Pause);
            thread::scope(|scope| {
                let lifted = scope.spawn(|| {
                    let journal = journal::path(dir.path(), 1);
                    crate::jobs::testing::eventually("the pause is answered", || {
                        std::fs::read_to_string(&journal).unwrap().contains("pause")
                    });
                    ask(dir.path(), Want::Run);
                });
                while !lifted.is_finished() {
                    assert_eq!(watch.order(1), Order::Go);
                }
            });
            assert!(!watch.is_paused);
            watch.is_paused = true;
            ask(dir.path(), Want::Stop);
            assert!(matches!(watch.order(2), Order::StopNow { .. }));
        });
    }
}
