//! Messages: one line for a while, then gone; the same one twice is one with a count.

use super::theme::Role;
use crate::domain::time::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    pub until: Timestamp,
}

/// The messages on show; the newest is the one in the status line.
#[derive(Debug, Default)]
pub struct Toasts(Option<Toast>);

impl Toasts {
    /// An error is not covered by lesser news while it is on show.
    pub fn say(&mut self, level: Level, text: String, now: Timestamp) {
        let times = match &self.0 {
            Some(shown) if shown.text == text => shown.times + 1,
            Some(shown)
                if shown.level == Level::Error && level == Level::Info && now < shown.until =>
            {
                return;
            }
            _ => 1,
        };
        self.0 = Some(Toast {
            level,
            text,
            times,
            until: Timestamp(now.0 + level.shown_for_ms()),
        });
    }

    pub fn shown(&self) -> Option<&Toast> {
        self.0.as_ref()
    }

    /// Takes away what was shown long enough. Says whether something went.
    pub fn pass(&mut self, now: Timestamp) -> bool {
        let is_over = self.0.as_ref().is_some_and(|toast| toast.until <= now);
        if is_over {
            self.0 = None;
        }
        is_over
    }

    /// Takes a message back that is no longer true.
    pub fn take_back(&mut self, text: &str) {
        self.0.take_if(|toast| toast.text == text);
    }

    /// A key answers an error, and what was said of the last key.
    pub fn dismiss_trouble(&mut self) {
        self.0.take_if(|toast| toast.level != Level::Info);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_counted_covered_and_pass() {
        let mut toasts = Toasts::default();
        toasts.say(Level::Error, "disk full".into(), Timestamp(0));
        toasts.say(Level::Error, "disk full".into(), Timestamp(10));
        toasts.say(Level::Info, "saved".into(), Timestamp(20));
        assert_eq!(
            toasts
                .shown()
                .map(|toast| (toast.text.as_str(), toast.times)),
            Some(("disk full", 2))
        );
        assert!(!toasts.pass(Timestamp(30_009)));
        assert!(toasts.pass(Timestamp(30_010)));
        assert_eq!(toasts.shown(), None);
    }
}
