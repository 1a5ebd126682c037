//! The threads beside the screen's own: those that perform effects, and the one that watches the store.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock},
    thread,
    time::{Duration, Instant},
};

use tokio::sync::mpsc::UnboundedSender;

use super::{
    effect::{Effect, Verb},
    event::Event,
};
use crate::{ops, workspace::Workspace};

/// Opens the project; called again when a person retries.
pub type Open = Arc<dyn Fn() -> ops::Result<Workspace> + Send + Sync>;

/// How often a look at the store's revision costs next to nothing and is still soon enough.
const WATCH: Duration = Duration::from_millis(250);
/// Enough to draw a list while a verb waits for the store.
const THREADS: usize = 3;
/// Work that takes its time has threads of its own.
const LONG_THREADS: usize = 2;
/// Work that takes longer waits for the store.
const PATIENCE: Duration = Duration::from_secs(1);

/// Performs effects in their order of arrival, a few at a time.
pub struct Runner {
    shared: Arc<Shared>,
}

struct Shared {
    open: Open,
    workspace: RwLock<Option<Arc<Workspace>>>,
    queue: Mutex<Queue>,
    filled: Condvar,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Effect>,
    /// Work that takes its time.
    long: VecDeque<Effect>,
    is_closed: bool,
    /// The least time between two `StoreChanged`.
    pace: Duration,
    /// Since when each thread is at work that asks the store; the last is the one that watches it.
    at_work: [Option<Instant>; THREADS + 1],
}

impl Runner {
    /// Starts the threads. They end when the runner is dropped; one inside a call of `ops` ends with the process.
    pub fn start(open: Open, events: &UnboundedSender<Event>, pace: Duration) -> Self {
        let shared = Arc::new(Shared {
            open,
            workspace: RwLock::default(),
            queue: Mutex::new(Queue {
                pace,
                ..Queue::default()
            }),
            filled: Condvar::new(),
        });
        for number in 0..THREADS {
            let (shared, events) = (shared.clone(), events.clone());
            thread::spawn(move || shared.work(number, &events));
        }
        for _ in 0..LONG_THREADS {
            let (shared, events) = (shared.clone(), events.clone());
            thread::spawn(move || shared.work_long(&events));
        }
        let (watched, news) = (shared.clone(), events.clone());
        thread::spawn(move || watched.watch(&news));
        let (timed, news) = (shared.clone(), events.clone());
        thread::spawn(move || timed.time(&news));
        Self { shared }
    }

    pub fn perform(&self, effect: Effect) {
        let mut queue = self.shared.queue();
        if effect.is_long() {
            queue.long.push_back(effect);
            return self.shared.filled.notify_all();
        }
        match queue
            .waiting
            .iter()
            .position(|waiting| effect.replaces(waiting))
        {
            Some(at) => queue.waiting[at] = effect,
            None => queue.waiting.push_back(effect),
        }
        self.shared.filled.notify_all();
    }

    /// Changes how often the screen hears of the store.
    pub fn set_pace(&self, pace: Duration) {
        self.shared.queue().pace = pace;
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.shared.queue().is_closed = true;
        self.shared.filled.notify_all();
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn workspace(&self) -> Option<Arc<Workspace>> {
        self.workspace
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn work(&self, number: usize, events: &UnboundedSender<Event>) {
        while let Some(effect) = self.next(|queue| &mut queue.waiting) {
            // A training is checked against its data first, which may take its time.
            let is_slow = matches!(effect, Effect::Do(Verb::Train { .. }));
            let event = self.timed(number, is_slow, || self.attempt(effect));
            if event.is_some_and(|event| events.send(event).is_err()) {
                return;
            }
        }
    }

    fn work_long(&self, events: &UnboundedSender<Event>) {
        while let Some(effect) = self.next(|queue| &mut queue.long) {
            let event = self.attempt(effect);
            if event.is_some_and(|event| events.send(event).is_err()) {
                return;
            }
        }
    }

    /// Does a piece of work, and lets `time` know how long it takes.
    fn timed<T>(&self, number: usize, is_slow: bool, work: impl FnOnce() -> T) -> T {
        let mark = |since| {
            self.queue().at_work[number] = since;
            self.filled.notify_all();
        };
        mark((!is_slow).then(Instant::now));
        let answer = work();
        mark(None);
        answer
    }

    /// Says when work has waited too long, and when none does any more.
    fn time(&self, events: &UnboundedSender<Event>) {
        let mut is_busy = false;
        let mut queue = self.queue();
        while !queue.is_closed {
            let waited = queue.at_work.iter().flatten().map(Instant::elapsed).max();
            let is_late = waited.is_some_and(|waited| PATIENCE <= waited);
            if is_late != is_busy {
                is_busy = is_late;
                if events.send(Event::StoreBusy(is_busy)).is_err() {
                    return;
                }
            }
            queue = match waited {
                Some(waited) if !is_late => {
                    let left = PATIENCE.saturating_sub(waited);
                    let waiting = self.filled.wait_timeout(queue, left);
                    waiting.unwrap_or_else(PoisonError::into_inner).0
                }
                _ => {
                    let waiting = self.filled.wait(queue);
                    waiting.unwrap_or_else(PoisonError::into_inner)
                }
            };
        }
    }

    fn next(&self, line: fn(&mut Queue) -> &mut VecDeque<Effect>) -> Option<Effect> {
        let mut queue = self.queue();
        loop {
            if queue.is_closed {
                return None;
            }
            match line(&mut queue).pop_front() {
                Some(effect) => return Some(effect),
                None => {
                    queue = self
                        .filled
                        .wait(queue)
                        .unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    /// The open project, opened now when that is what is asked.
    fn ready(&self, effect: &Effect) -> ops::Result<Arc<Workspace>> {
        if let (Some(ws), false) = (self.workspace(), matches!(effect, Effect::Open)) {
            return Ok(ws);
        }
        let ws = Arc::new((self.open)()?);
        *self
            .workspace
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Some(ws.clone());
        Ok(ws)
    }

    /// A panic in `ops` costs the pane its answer, not the person the screen.
    fn attempt(&self, effect: Effect) -> Option<Event> {
        let spare = effect.clone();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let ws = self.ready(&effect).and_then(|ws| {
                // What is written into a store that was removed is lost: better to say so.
                if matches!(effect, Effect::Do(_)) {
                    let gone = |error: ops::Error| error.hint("r opens what is there now");
                    ops::upkeep::in_place(&ws).map_err(gone)?;
                }
                Ok(ws)
            });
            match ws {
                Ok(ws) => effect.perform(Ok(&ws)),
                Err(error) => effect.perform(Err(error)),
            }
        }));
        outcome.unwrap_or_else(|panic| spare.perform(Err(bug(panic.as_ref()))))
    }

    /// Tells of changes, at most once in the pace.
    fn watch(&self, events: &UnboundedSender<Event>) {
        let (mut known, mut told, mut is_news) = (None, None::<Instant>, false);
        let mut is_gone = false;
        loop {
            thread::sleep(WATCH);
            let pace = match self.queue() {
                queue if queue.is_closed => return,
                queue => queue.pace,
            };
            let Some(ws) = self.workspace() else { continue };
            let was_gone = is_gone;
            let place = ops::upkeep::in_place(&ws);
            is_gone = place.is_err();
            if let Err(error) = place {
                if !was_gone && events.send(Event::StoreGone(error)).is_err() {
                    return;
                }
                continue;
            }
            match self.timed(THREADS, false, || ops::upkeep::revision(&ws)) {
                Ok(revision) => {
                    is_news |= known != Some(revision);
                    known = Some(revision);
                }
                Err(error) if known.take().is_some() => {
                    if events.send(Event::WatchFailed(error)).is_err() {
                        return;
                    }
                }
                Err(_) => {}
            }
            if is_news && told.is_none_or(|told| pace <= told.elapsed()) {
                (is_news, told) = (false, Some(Instant::now()));
                if events.send(Event::StoreChanged).is_err() {
                    return;
                }
            }
        }
    }
}

fn bug(panic: &(dyn std::any::Any + Send)) -> ops::Error {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it does not say why");
    ops::Error::new(ops::Kind::Bug, format!("this failed inside sconce: {text}"))
        .hint("press r to try again; the log of the screen says more")
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::tui::event::Ticket;

    #[test]
    fn a_panic_while_the_store_is_opened_is_an_answer_like_any_other() {
        let (sender, mut inbox) = mpsc::unbounded_channel();
        let open: Open = Arc::new(|| panic!("no such luck"));
        let runner = Runner::start(open, &sender, Duration::ZERO);
        // More of them than there are threads.
        for _ in 0..=THREADS {
            runner.perform(Effect::Open);
            let Some(Event::Opened(Err(error))) = inbox.blocking_recv() else {
                panic!("no answer");
            };
            assert_eq!(error.kind, ops::Kind::Bug);
            assert!(error.message.contains("no such luck"), "{error}");
        }
        runner.perform(Effect::Counts(Ticket(1)));
        assert!(matches!(inbox.blocking_recv(), Some(Event::Loaded(..))));
    }

    #[test]
    fn work_that_waits_long_is_told_until_it_is_done() {
        let (sender, mut inbox) = mpsc::unbounded_channel();
        let (go_on, waits) = std::sync::mpsc::channel::<()>();
        let waits = Mutex::new(waits);
        let open: Open = Arc::new(move || {
            let _ = waits.lock().unwrap().recv();
            Err(ops::Error::new(ops::Kind::Conflict, "the store is locked"))
        });
        let runner = Runner::start(open, &sender, Duration::ZERO);
        runner.perform(Effect::Open);
        assert!(matches!(
            inbox.blocking_recv(),
            Some(Event::StoreBusy(true))
        ));
        go_on.send(()).unwrap();
        let mut next = || inbox.blocking_recv().unwrap();
        let (one, other) = (next(), next());
        let is_open = |event: &Event| matches!(event, Event::Opened(Err(_)));
        let is_calm = |event: &Event| matches!(event, Event::StoreBusy(false));
        assert!(is_open(&one) && is_calm(&other) || is_calm(&one) && is_open(&other));
    }

    #[test]
    fn long_work_keeps_no_question_waiting() {
        let (sender, mut inbox) = mpsc::unbounded_channel();
        let locked = || ops::Error::new(ops::Kind::Conflict, "the store is locked");
        let open: Open = Arc::new(move || Err(locked()));
        // Nobody does any of it yet.
        let shared = Shared {
            open,
            workspace: RwLock::default(),
            queue: Mutex::default(),
            filled: Condvar::new(),
        };
        let runner = Runner {
            shared: Arc::new(shared),
        };
        let id = crate::tui::fixture::versions().remove(1).id();
        for number in 0..9 {
            let work = crate::tui::work::Work::default();
            runner.perform(Effect::Profile(Ticket(number), id.clone(), work));
        }
        runner.perform(Effect::Counts(Ticket(9)));
        let (shared, events) = (runner.shared.clone(), sender);
        let worker = thread::spawn(move || shared.work(0, &events));
        assert!(matches!(
            inbox.blocking_recv(),
            Some(Event::Loaded(Ticket(9), _))
        ));
        drop(runner);
        worker.join().unwrap();
    }

    #[test]
    fn nothing_is_written_into_a_store_that_was_removed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("store");
        let here = root.clone();
        let open: Open = Arc::new(move || workspace(&here));
        let (sender, mut inbox) = mpsc::unbounded_channel();
        let runner = Runner::start(open, &sender, Duration::ZERO);
        runner.perform(Effect::Open);
        let mut until = |wanted: fn(&Event) -> bool| {
            loop {
                let event = inbox.blocking_recv().unwrap();
                if wanted(&event) {
                    return event;
                }
            }
        };
        until(|event| matches!(event, Event::Opened(Ok(_))));
        std::fs::remove_dir_all(&root).unwrap();
        let gone = until(|event| matches!(event, Event::StoreGone(_)));
        assert!(
            matches!(gone, Event::StoreGone(error) if error.message == "the store was removed")
        );
        runner.perform(Effect::Do(Verb::Note(
            crate::tui::fixture::id(1),
            "lost".into(),
        )));
        let Event::Done(done) = until(|event| matches!(event, Event::Done(_))) else {
            unreachable!("it waits for nothing else");
        };
        assert_eq!(done.result.unwrap_err().message, "the store was removed");
        assert!(!root.exists());
    }

    fn workspace(root: &std::path::Path) -> ops::Result<Workspace> {
        let surroundings = crate::workspace::Surroundings {
            actor: crate::tui::fixture::actor(),
            clock: crate::workspace::Clock::System,
            program: std::path::PathBuf::new(),
            argv: vec![],
            cwd: std::path::PathBuf::new(),
            env: vec![],
        };
        let config = crate::config::Config::default();
        Ok(Workspace::open(config, root, surroundings)?)
    }
}
