//! A value that lives in the store: the last answer stays on the screen while a new one is on its way.

use super::event::{Ticket, Tickets};
use crate::ops;

/// The answer to a question, as far as it is known.
///
/// Drawing says what it needs (`want`); after the frame, `ask` says whether that must be fetched. Only the answer to the
/// newest question counts, an error stands beside the last good answer, and no question is repeated while it is open,
/// so that a slow store is never asked faster than it answers.
#[derive(Debug)]
pub struct Remote<Q, T> {
    pub value: Option<T>,
    pub error: Option<ops::Error>,
    wanted: Option<Q>,
    asked: Option<Q>,
    open: Option<Ticket>,
    stale: bool,
}

impl<Q, T> Default for Remote<Q, T> {
    fn default() -> Self {
        Self {
            value: None,
            error: None,
            wanted: None,
            asked: None,
            open: None,
            stale: false,
        }
    }
}

impl<Q: Clone + PartialEq, T> Remote<Q, T> {
    /// Notes that this frame shows the answer to `question`.
    pub fn want(&mut self, question: Q) {
        self.wanted = Some(question);
    }

    /// What to fetch for the last frame, if it is not on its way. A frame that did not show it wants nothing.
    pub fn ask(&mut self, tickets: &mut Tickets) -> Option<(Ticket, Q)> {
        let wanted = self.wanted.take()?;
        let is_same = self.asked.as_ref() == Some(&wanted);
        if is_same && (self.open.is_some() || !self.stale) {
            return None;
        }
        let ticket = tickets.draw();
        (self.open, self.stale, self.asked) = (Some(ticket), false, Some(wanted.clone()));
        Some((ticket, wanted))
    }

    /// The store has changed: the next frame that shows the value asks again.
    pub fn expire(&mut self) {
        self.stale = true;
    }

    pub fn awaits(&self, ticket: Ticket) -> bool {
        self.open == Some(ticket)
    }

    /// Takes the answer to `ticket`, which `awaits` has told to be ours.
    pub fn answer(&mut self, result: ops::Result<T>) {
        self.open = None;
        match result {
            Ok(value) => (self.value, self.error) = (Some(value), None),
            Err(error) => self.error = Some(error),
        }
    }

    /// Nothing is known yet and nothing went wrong.
    pub fn is_blank(&self) -> bool {
        self.value.is_none() && self.error.is_none()
    }

    /// The question of which `value` is the answer, or will be.
    pub fn asked(&self) -> Option<&Q> {
        self.asked.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> ops::Error {
        ops::Error::new(ops::Kind::Environment, "the disk is gone")
    }

    #[test]
    fn a_late_answer_to_an_old_question_is_nobody_s() {
        let (mut remote, mut tickets) = (Remote::<u8, &str>::default(), Tickets::default());
        remote.want(1);
        let (old, _) = remote.ask(&mut tickets).unwrap();
        remote.want(2);
        let (new, question) = remote.ask(&mut tickets).unwrap();
        assert_eq!(
            (question, remote.awaits(old), remote.awaits(new)),
            (2, false, true)
        );
        remote.answer(Ok("two"));
        assert_eq!(remote.value, Some("two"));
    }

    #[test]
    fn what_is_shown_unchanged_is_fetched_once() {
        let (mut remote, mut tickets) = (Remote::<u8, &str>::default(), Tickets::default());
        remote.want(1);
        assert!(remote.ask(&mut tickets).is_some());
        remote.want(1);
        assert!(remote.ask(&mut tickets).is_none(), "it is on its way");
        remote.answer(Ok("one"));
        remote.want(1);
        assert!(remote.ask(&mut tickets).is_none(), "it is here");
        remote.expire();
        assert!(remote.ask(&mut tickets).is_none(), "no frame shows it");
        remote.want(1);
        assert!(remote.ask(&mut tickets).is_some(), "it has changed");
    }

    #[test]
    fn a_change_while_a_question_is_open_is_asked_about_after_its_answer() {
        let (mut remote, mut tickets) = (Remote::<u8, &str>::default(), Tickets::default());
        remote.want(1);
        remote.ask(&mut tickets);
        remote.expire();
        remote.want(1);
        assert!(remote.ask(&mut tickets).is_none());
        remote.answer(Ok("old"));
        remote.want(1);
        assert!(remote.ask(&mut tickets).is_some());
    }

    #[test]
    fn an_error_stands_beside_the_last_answer() {
        let mut remote = Remote::<u8, &str>::default();
        remote.answer(Ok("one"));
        remote.answer(Err(failure()));
        assert_eq!((remote.value, remote.error.is_some()), (Some("one"), true));
        remote.answer(Ok("two"));
        assert!(remote.error.is_none());
    }
}
