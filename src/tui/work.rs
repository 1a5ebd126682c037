//! Long work that a person asks for: how far it is, a way to stop it, and what it came to.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    event::{Ticket, Tickets},
    text,
};
use crate::ops::{self, datasets::Progress};

/// A piece of long work, in the hands of those who do it and of those who wait for it.
#[derive(Clone, Debug, Default)]
pub struct Work(Arc<Progress>);

/// Each piece is equal to itself alone.
impl PartialEq for Work {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Work {
    pub fn progress(&self) -> &Progress {
        &self.0
    }

    /// It ends at the next clean place.
    pub fn stop(&self) {
        self.0.is_interrupted.store(true, Ordering::Relaxed);
    }

    pub fn is_stopped(&self) -> bool {
        self.0.is_interrupted.load(Ordering::Relaxed)
    }

    /// Its next part is counted from nothing.
    pub fn begin_part(&self) {
        let Progress {
            all_files,
            all_bytes,
            files,
            bytes,
            ..
        } = &*self.0;
        for number in [all_files, all_bytes, files, bytes] {
            number.store(0, Ordering::Relaxed);
        }
    }

    /// `12 of 40 files, 1.2G of 3.0G`, as far as that is known.
    pub fn told(&self) -> String {
        let now = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let (files, all_files) = (now(&self.0.files), now(&self.0.all_files));
        let (bytes, all_bytes) = (now(&self.0.bytes), now(&self.0.all_bytes));
        let mut parts = vec![];
        if 1 < all_files {
            let (files, all) = (text::count(files as i64), text::count(all_files as i64));
            parts.push(format!("{files} of {all} files"));
        }
        if 0 < all_bytes {
            let (bytes, all) = (text::bytes(bytes as f64), text::bytes(all_bytes as f64));
            parts.push(format!("{bytes} of {all}"));
        }
        parts.join(", ")
    }
}

/// Answers that are found when somebody asks for them, one at a time, and kept: what was found once is not looked for again.
#[derive(Debug)]
pub struct OnDemand<Q, T> {
    /// The newest last.
    known: VecDeque<(Q, ops::Result<T>)>,
    at_work: Option<AtWork<Q>>,
}

#[derive(Debug)]
struct AtWork<Q> {
    question: Q,
    work: Work,
    /// `None` until it is begun.
    ticket: Option<Ticket>,
}

/// So many answers are kept.
const KEPT: usize = 8;

impl<Q, T> Default for OnDemand<Q, T> {
    fn default() -> Self {
        Self {
            known: VecDeque::new(),
            at_work: None,
        }
    }
}

impl<Q: Clone + PartialEq, T> OnDemand<Q, T> {
    /// Asks. What failed before is tried again.
    ///
    /// # Errors
    ///
    /// Another question is not answered yet: that one.
    pub fn want(&mut self, question: Q) -> Result<(), &Q> {
        if self.known(&question).is_some_and(Result::is_ok) {
            return Ok(());
        }
        match &self.at_work {
            Some(at_work) if at_work.question == question => {}
            Some(_) => {
                let at_work = self.at_work.as_ref();
                return Err(&at_work.expect("there is one").question);
            }
            None => {
                self.known.retain(|(known, _)| *known != question);
                self.at_work = Some(AtWork {
                    question,
                    work: Work::default(),
                    ticket: None,
                });
            }
        }
        Ok(())
    }

    /// Gives the open question up. Says whether there was one.
    pub fn stop(&mut self) -> bool {
        let at_work = self.at_work.take();
        at_work.iter().for_each(|at_work| at_work.work.stop());
        at_work.is_some()
    }

    /// What is to be begun.
    pub fn ask(&mut self, tickets: &mut Tickets) -> Option<(Ticket, Q, Work)> {
        let at_work = self.at_work.as_mut().filter(|work| work.ticket.is_none())?;
        let ticket = tickets.draw();
        at_work.ticket = Some(ticket);
        Some((ticket, at_work.question.clone(), at_work.work.clone()))
    }

    pub fn awaits(&self, ticket: Ticket) -> bool {
        let at_work = self.at_work.as_ref();
        at_work.is_some_and(|at_work| at_work.ticket == Some(ticket))
    }

    /// Takes the answer to the open question.
    pub fn answer(&mut self, result: ops::Result<T>) {
        let Some(at_work) = self.at_work.take() else {
            return;
        };
        self.known.push_back((at_work.question, result));
        if KEPT < self.known.len() {
            self.known.pop_front();
        }
    }

    pub fn known(&self, question: &Q) -> Option<&ops::Result<T>> {
        let mut known = self.known.iter();
        let found = known.find(|(known, _)| known == question);
        found.map(|(_, result)| result)
    }

    /// The open question, and how far its answer is.
    pub fn at_work(&self) -> Option<(&Q, &Work)> {
        let at_work = self.at_work.as_ref()?;
        Some((&at_work.question, &at_work.work))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_once_is_not_looked_for_again() {
        let (mut found, mut tickets) = (OnDemand::<u8, &str>::default(), Tickets::default());
        found.want(1).unwrap();
        found.want(1).unwrap();
        assert_eq!(found.want(2), Err(&1));
        let (ticket, question, work) = found.ask(&mut tickets).unwrap();
        assert!(question == 1 && found.awaits(ticket) && found.ask(&mut tickets).is_none());
        assert_eq!(found.at_work(), Some((&1, &work)));
        found.answer(Ok("one"));
        found.want(1).unwrap();
        assert!(found.ask(&mut tickets).is_none());
        assert_eq!(found.known(&1).unwrap().as_ref().ok(), Some(&"one"));
    }

    #[test]
    fn what_is_given_up_is_stopped_and_its_answer_is_nobody_s() {
        let (mut found, mut tickets) = (OnDemand::<u8, &str>::default(), Tickets::default());
        found.want(1).unwrap();
        let (ticket, _, work) = found.ask(&mut tickets).unwrap();
        assert!(found.stop() && !found.stop() && work.is_stopped());
        assert!(!found.awaits(ticket));
        found.want(1).unwrap();
        let (again, _, work) = found.ask(&mut tickets).unwrap();
        assert!(again != ticket && !work.is_stopped());
        let error = ops::Error::new(ops::Kind::Environment, "the disk is gone");
        found.answer(Err(error));
        assert!(found.known(&1).unwrap().is_err());
        found.want(1).unwrap();
        assert!(found.ask(&mut tickets).is_some(), "it is tried again");
    }

    #[test]
    fn so_many_answers_are_kept() {
        let mut found = OnDemand::<usize, usize>::default();
        for number in 0..=KEPT {
            found.want(number).unwrap();
            found.answer(Ok(number));
        }
        assert!(found.known(&0).is_none() && found.known(&1).is_some());
    }

    #[test]
    fn how_far_it_is_is_told_as_far_as_it_is_known() {
        let work = Work::default();
        assert_eq!(work.told(), "");
        let set = |number: &AtomicU64, to| number.store(to, Ordering::Relaxed);
        set(&work.progress().all_bytes, 3 << 20);
        set(&work.progress().all_files, 1);
        assert_eq!(work.told(), "0B of 3.0M");
        set(&work.progress().all_files, 40);
        set(&work.progress().files, 12);
        assert_eq!(work.told(), "12 of 40 files, 0B of 3.0M");
        work.begin_part();
        assert_eq!((work.told(), work.is_stopped()), (String::new(), false));
    }
}
