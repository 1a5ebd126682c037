//! What wakes the screen, and how answers find their question.

use super::effect::{Answer, Done};
use crate::ops;

/// Everything that can happen to the screen. Closed on purpose: to see what drives the program, read this list.
#[derive(Debug)]
pub enum Event {
    /// Keys, pastes, focus, the size of the terminal.
    Input(crossterm::event::Event),
    /// The store is open, or is not.
    Opened(ops::Result<Opened>),
    /// Another process committed to the store.
    StoreChanged,
    /// The store cannot be watched any more.
    WatchFailed(ops::Error),
    /// The open store was removed, or another is at its path.
    StoreGone(ops::Error),
    /// Work has waited for the store for a second, or does not any more.
    StoreBusy(bool),
    Loaded(Ticket, Answer),
    Done(Done),
    /// A text, told in words, was copied: by which way, or why not.
    Copied(String, Result<String, String>),
    /// The moment that `App::wake_at` asked for.
    Woken,
    /// The terminal is ours again after a suspension; what it shows is not known.
    Resumed,
    /// A link was slow to take a frame, or is fast again.
    Link(Link),
    /// End because of this signal.
    Signal(i32),
}

/// What is known of a store once it is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    pub actor: String,
    pub host: String,
    pub root: String,
}

/// How the terminal takes what it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    Fast,
    /// One write took longer than 50 ms.
    Slow,
}

/// Numbers questions, so that an answer to an old one can be dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// Hands out tickets, none twice.
#[derive(Debug, Default)]
pub struct Tickets(u64);

impl Tickets {
    pub fn draw(&mut self) -> Ticket {
        self.0 += 1;
        Ticket(self.0)
    }
}
