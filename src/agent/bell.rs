//! What wakes an agent before its next turn is due.

use std::{io, sync::mpsc, thread, time::Duration};

use signal_hook::{
    consts::{SIGCHLD, SIGINT, SIGTERM},
    iterator::Signals,
};

/// Rings when a child ends, and when the system wants this process to end.
pub struct Bell(pub(super) mpsc::Receiver<Ring>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ring {
    /// It is time for the next turn.
    Turn,
    /// It is time to end.
    End,
}

impl Bell {
    /// Hears the signals of this process from now on.
    ///
    /// # Errors
    ///
    /// Signals cannot be heard.
    pub fn hang() -> io::Result<Self> {
        let mut signals = Signals::new([SIGTERM, SIGINT, SIGCHLD])?;
        let (ring, heard) = mpsc::channel();
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                for signal in signals.forever() {
                    let said = if signal == SIGCHLD {
                        Ring::Turn
                    } else {
                        Ring::End
                    };
                    if ring.send(said).is_err() {
                        return;
                    }
                }
            })?;
        Ok(Self(heard))
    }

    /// Waits until something rings, or for so long.
    pub fn wait(&self, pause: Duration) -> Ring {
        let first = self.0.recv_timeout(pause).unwrap_or(Ring::Turn);
        // Children that end together ring once.
        self.0.try_iter().fold(
            first,
            |last, ring| if last == Ring::End { last } else { ring },
        )
    }
}
