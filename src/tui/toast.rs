//! Messages: on show for a while, then kept to be read again; the same one twice is one with a count.

use std::collections::VecDeque;

use super::theme::Role;
use crate::domain::time::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "kebab-case")]
pub enum Level {
    Info,
    Warn,
    Error,
}

impl Level {
    fn shown_for_ms(self) -> i64 {
        match self {
            Self::Info => 4_000,
            Self::Warn => 8_000,
            Self::Error => 30_000,
        }
    }

    pub fn role(self) -> Role {
        match self {
            Self::Info => Role::ToastInfo,
            Self::Warn => Role::ToastWarn,
            Self::Error => Role::ToastError,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    pub level: Level,
    pub text: String,
    pub times: u32,
    /// When it was said last.
    pub at: Timestamp,
    /// It is on show until then.
    until: Option<Timestamp>,
}

impl Toast {
    /// Its text, and how often it was said where that is more than once.
    pub fn told(&self) -> String {
        let text = crate::domain::text::shown(&self.text);
        match self.times {
            1 => text,
            times => format!("{text} ×{times}"),
        }
    }
}

/// So many messages are kept.
const MOST: usize = 500;
/// So many are on show together, where there is room.
const STACKED: usize = 3;

/// The messages that were said, the newest last.
#[derive(Debug, Default)]
pub struct Toasts(VecDeque<Toast>);

impl Toasts {
    pub fn say(&mut self, level: Level, text: String, now: Timestamp) {
        self.say_for(level.shown_for_ms(), level, text, now);
    }

    /// Says something that is shown for so many milliseconds.
    pub fn say_for(&mut self, ms: i64, level: Level, text: String, now: Timestamp) {
        let same = self.0.iter().rposition(|toast| toast.text == text);
        let is_last = same.is_some_and(|at| at + 1 == self.0.len());
        let same = same.filter(|at| is_last || self.0[*at].until.is_some());
        let times = same
            .and_then(|at| self.0.remove(at))
            .map_or(0, |toast| toast.times);
        self.0.push_back(Toast {
            level,
            text,
            times: times + 1,
            at: now,
            until: Some(Timestamp(now.0 + ms)),
        });
        if MOST < self.0.len() {
            self.0.pop_front();
        }
    }

    /// All that was said, the newest first.
    pub fn kept(&self) -> impl Iterator<Item = &Toast> {
        self.0.iter().rev()
    }

    fn on_show(&self) -> impl Iterator<Item = &Toast> {
        self.kept().filter(|toast| toast.until.is_some())
    }

    /// The one message of a line: the newest, but no lesser news in the place of an error.
    pub fn shown(&self) -> Option<&Toast> {
        let newest = self.on_show().next()?;
        let mut errors = self.on_show().filter(|toast| toast.level == Level::Error);
        match newest.level {
            Level::Info => errors.next().or(Some(newest)),
            _ => Some(newest),
        }
    }

    /// The newest messages on show, the newest last; among them what the one line would show.
    pub fn stack(&self) -> Vec<&Toast> {
        let first = self.shown();
        let others = self.on_show().filter(|toast| Some(*toast) != first);
        let mut stack: Vec<&Toast> = first.into_iter().chain(others).take(STACKED).collect();
        stack.reverse();
        stack.sort_by_key(|toast| toast.at);
        stack
    }

    /// When the next of them goes.
    pub fn next(&self) -> Option<Timestamp> {
        self.on_show().filter_map(|toast| toast.until).min()
    }

    /// Takes away what was shown long enough. Says whether something went.
    pub fn pass(&mut self, now: Timestamp) -> bool {
        self.hide(|toast| toast.until.is_some_and(|until| until <= now))
    }

    /// Takes a message back that is no longer true.
    pub fn take_back(&mut self, text: &str) {
        self.hide(|toast| toast.text == text);
    }

    /// A key answers an error, and what was said of the last key.
    pub fn dismiss_trouble(&mut self) {
        self.hide(|toast| toast.level != Level::Info);
    }

    fn hide(&mut self, is_over: impl Fn(&Toast) -> bool) -> bool {
        let mut has_gone = false;
        for toast in self.0.iter_mut().filter(|toast| toast.until.is_some()) {
            if is_over(toast) {
                (toast.until, has_gone) = (None, true);
            }
        }
        has_gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(toasts: &Toasts) -> Option<(&str, u32)> {
        toasts
            .shown()
            .map(|toast| (toast.text.as_str(), toast.times))
    }

    #[test]
    fn messages_are_counted_covered_and_pass() {
        let mut toasts = Toasts::default();
        toasts.say(Level::Error, "disk full".into(), Timestamp(0));
        toasts.say(Level::Error, "disk full".into(), Timestamp(10));
        toasts.say(Level::Info, "saved".into(), Timestamp(20));
        assert_eq!(said(&toasts), Some(("disk full", 2)));
        assert_eq!(toasts.next(), Some(Timestamp(4_020)));
        assert!(toasts.pass(Timestamp(30_009)));
        assert_eq!(said(&toasts), Some(("disk full", 2)));
        assert!(toasts.pass(Timestamp(30_010)));
        assert_eq!(said(&toasts), None);
        assert!(!toasts.pass(Timestamp(30_011)));
    }

    #[test]
    fn three_are_on_show_and_an_error_is_one_of_them() {
        let mut toasts = Toasts::default();
        toasts.say(Level::Error, "disk full".into(), Timestamp(0));
        for (at, text) in ["a", "b", "c", "d"].into_iter().enumerate() {
            toasts.say(Level::Info, text.into(), Timestamp(1 + at as i64));
        }
        let texts = |toasts: &Toasts| -> Vec<String> {
            toasts
                .stack()
                .iter()
                .map(|toast| toast.text.clone())
                .collect()
        };
        assert_eq!(texts(&toasts), ["disk full", "c", "d"]);
        toasts.dismiss_trouble();
        assert_eq!(texts(&toasts), ["b", "c", "d"]);
        toasts.take_back("d");
        assert_eq!(texts(&toasts), ["a", "b", "c"]);
    }

    #[test]
    fn what_was_said_is_kept_and_the_oldest_goes() {
        let mut toasts = Toasts::default();
        for number in 0..600 {
            toasts.say(Level::Info, format!("{number}"), Timestamp(number));
        }
        toasts.pass(Timestamp(99_000));
        let kept: Vec<&str> = toasts.kept().map(|toast| toast.text.as_str()).collect();
        assert_eq!((kept.len(), kept[0], kept[499]), (500, "599", "100"));
        // Said again at once it is the same message, said again later it is another.
        toasts.say(Level::Info, "599".into(), Timestamp(99_001));
        toasts.say(Level::Info, "598".into(), Timestamp(99_002));
        let kept: Vec<_> = toasts
            .kept()
            .map(|toast| (toast.text.as_str(), toast.times))
            .collect();
        assert_eq!(kept[..3], [("598", 1), ("599", 2), ("598", 1)]);
    }
}
