//! The threads beside the screen's own: those that perform effects, and the one that watches the store.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock},
    thread,
    time::{Duration, Instant},
};

use tokio::sync::mpsc::UnboundedSender;

use super::{effect::Effect, event::Event};
use crate::{ops, workspace::Workspace};

/// Opens the project; called again when a person retries.
pub type Open = Arc<dyn Fn() -> ops::Result<Workspace> + Send + Sync>;

/// How often a look at the store's revision costs next to nothing and is still soon enough.
const WATCH: Duration = Duration::from_millis(250);
/// Enough to draw a list while a verb waits for the store.
const THREADS: usize = 3;

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
    is_closed: bool,
    /// The least time between two `StoreChanged`.
    pace: Duration,
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
        for _ in 0..THREADS {
            let (shared, events) = (shared.clone(), events.clone());
            thread::spawn(move || shared.work(&events));
        }
        let (watched, events) = (shared.clone(), events.clone());
        thread::spawn(move || watched.watch(&events));
        Self { shared }
    }

    pub fn perform(&self, effect: Effect) {
        let mut queue = self.shared.queue();
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

    fn work(&self, events: &UnboundedSender<Event>) {
        while let Some(effect) = self.next() {
            let event = self.attempt(effect);
            if event.is_some_and(|event| events.send(event).is_err()) {
                return;
            }
        }
    }

    fn next(&self) -> Option<Effect> {
        let mut queue = self.queue();
        loop {
            if queue.is_closed {
                return None;
            }
            match queue.waiting.pop_front() {
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
        let outcome = catch_unwind(AssertUnwindSafe(|| match self.ready(&effect) {
            Ok(ws) => effect.perform(&ws),
            Err(error) => effect.fail(error),
        }));
        outcome.unwrap_or_else(|panic| spare.fail(bug(panic.as_ref())))
    }

    /// Tells of changes, at most once in the pace.
    fn watch(&self, events: &UnboundedSender<Event>) {
        let (mut known, mut told, mut is_news) = (None, None::<Instant>, false);
        loop {
            thread::sleep(WATCH);
            let pace = match self.queue() {
                queue if queue.is_closed => return,
                queue => queue.pace,
            };
            let Some(ws) = self.workspace() else { continue };
            match ops::upkeep::revision(&ws) {
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
}
