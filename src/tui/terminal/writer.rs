//! The writer of frames: a mailbox of one, so that a slow link gets the newest frame and never a queue of old ones.

use std::{
    io::Write,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use ratatui::{
    backend::{Backend as _, CrosstermBackend},
    buffer::Buffer,
    layout::Position,
};
use tokio::sync::mpsc::UnboundedSender;

use super::Tty;
use crate::tui::event::{Event, Link};

/// A write that takes longer says that the link is slow.
const SLOW: Duration = Duration::from_millis(50);
/// How long a link must be fast to count as such again.
const RECOVERED: Duration = Duration::from_secs(30);

/// What the terminal shall show.
pub struct Frame {
    pub buffer: Buffer,
    pub cursor: Option<Position>,
}

/// A frame, and whether everything must be painted anew.
type Due = (Frame, bool);

#[derive(Default)]
pub struct Mailbox {
    state: Mutex<State>,
    filled: Condvar,
}

#[derive(Default)]
struct State {
    frame: Option<Frame>,
    /// Bytes that change nothing that is shown.
    aside: Vec<u8>,
    is_forgotten: bool,
    is_closed: bool,
}

impl Mailbox {
    pub fn put(&self, frame: Frame) {
        self.state().frame = Some(frame);
        self.filled.notify_one();
    }

    pub fn forget(&self) {
        self.state().is_forgotten = true;
    }

    /// Says something to the terminal between two frames, in one piece: it changes nothing that is shown.
    pub fn say(&self, bytes: &[u8]) {
        self.state().aside.extend_from_slice(bytes);
        self.filled.notify_one();
    }

    pub fn close(&self) {
        self.state().is_closed = true;
        self.filled.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for something to write: bytes to say aside, a frame, and with it whether everything must be painted anew.
    fn take(&self) -> Option<(Vec<u8>, Option<Due>)> {
        let mut state = self.state();
        loop {
            if state.is_closed {
                return None;
            }
            let (frame, aside) = (state.frame.take(), std::mem::take(&mut state.aside));
            if frame.is_some() || !aside.is_empty() {
                let frame = frame.map(|frame| (frame, std::mem::take(&mut state.is_forgotten)));
                return Some((aside, frame));
            }
            state = self
                .filled
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

pub fn start(mailbox: &Arc<Mailbox>, tty: &Arc<Tty>, events: &UnboundedSender<Event>) {
    let (mailbox, tty, events) = (mailbox.clone(), tty.clone(), events.clone());
    thread::spawn(move || {
        let mut encoder = Encoder::default();
        let mut slow_since = None::<Instant>;
        while let Some((aside, frame)) = mailbox.take() {
            if !aside.is_empty() {
                let _ = tty.write(&aside);
            }
            let Some((frame, is_forgotten)) = frame else {
                continue;
            };
            if is_forgotten {
                encoder.forget();
            }
            let Some(bytes) = encoder.encode(frame) else {
                continue;
            };
            let begun = Instant::now();
            // A terminal that takes nothing any more has hung up, which its watcher tells.
            if tty.write(&bytes).is_err() {
                encoder.forget();
            }
            let link = match (SLOW < begun.elapsed(), slow_since) {
                (true, since) => {
                    slow_since = Some(Instant::now());
                    since.is_none().then_some(Link::Slow)
                }
                (false, Some(since)) if RECOVERED < since.elapsed() => {
                    slow_since = None;
                    Some(Link::Fast)
                }
                (false, _) => None,
            };
            if link.is_some_and(|link| events.send(Event::Link(link)).is_err()) {
                return;
            }
        }
    });
}

/// Turns frames into the bytes that change the last one written into the next.
#[derive(Default)]
pub struct Encoder {
    written: Option<(Buffer, Option<Position>)>,
}

impl Encoder {
    pub fn forget(&mut self) {
        self.written = None;
    }

    /// The bytes of a frame inside one synchronized update; `None` when nothing changes.
    pub fn encode(&mut self, frame: Frame) -> Option<Vec<u8>> {
        let Frame { buffer, cursor } = frame;
        let mut bytes = Vec::with_capacity(4 << 10);
        let mut put = |text: &str| bytes.extend_from_slice(text.as_bytes());
        put("\x1b[?2026h\x1b[?25l");
        let blank;
        let before = match &self.written {
            Some((before, at)) if before.area == buffer.area => {
                if *before == buffer && *at == cursor {
                    return None;
                }
                before
            }
            _ => {
                put("\x1b[0m\x1b[2J");
                blank = Buffer::empty(buffer.area);
                &blank
            }
        };
        let changes = before.diff(&buffer);
        if !changes.is_empty() {
            CrosstermBackend::new(&mut bytes)
                .draw(changes.into_iter())
                .expect("writing to memory cannot fail");
        }
        if let Some(cursor) = cursor {
            let (row, column) = (cursor.y + 1, cursor.x + 1);
            write!(bytes, "\x1b[{row};{column}H\x1b[?25h").expect("writing to memory cannot fail");
        }
        bytes.extend_from_slice(b"\x1b[?2026l");
        self.written = Some((buffer, cursor));
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use ratatui::{
        layout::Rect,
        style::{Modifier, Style},
    };

    use super::*;

    fn frame(text: &str, cursor: Option<Position>) -> Frame {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 2));
        buffer.set_string(0, 0, text, Style::new().add_modifier(Modifier::REVERSED));
        Frame { buffer, cursor }
    }

    fn text(bytes: Option<Vec<u8>>) -> String {
        String::from_utf8(bytes.unwrap()).unwrap()
    }

    #[test]
    fn an_unchanged_frame_is_no_byte() {
        let mut encoder = Encoder::default();
        assert!(encoder.encode(frame("runs", None)).is_some());
        assert!(encoder.encode(frame("runs", None)).is_none());
        assert!(
            encoder
                .encode(frame("runs", Some(Position::new(0, 0))))
                .is_some()
        );
    }

    #[test]
    fn each_frame_is_one_synchronized_update_of_what_changed() {
        let mut encoder = Encoder::default();
        encoder.encode(frame("12 runs", None));
        let bytes = text(encoder.encode(frame("13 runs", None)));
        assert!(
            bytes.starts_with("\x1b[?2026h") && bytes.ends_with("\x1b[?2026l"),
            "{bytes:?}"
        );
        assert!(
            bytes.contains('3') && !bytes.contains("runs") && !bytes.contains("2J"),
            "{bytes:?}"
        );
    }

    #[test]
    fn what_is_forgotten_is_painted_whole() {
        let mut encoder = Encoder::default();
        encoder.encode(frame("runs", None));
        encoder.forget();
        let bytes = text(encoder.encode(frame("runs", None)));
        assert!(
            bytes.contains("\x1b[2J") && bytes.contains("runs"),
            "{bytes:?}"
        );
    }

    #[test]
    fn the_cursor_is_hidden_while_a_frame_is_written() {
        let bytes = text(Encoder::default().encode(frame("name", Some(Position::new(4, 1)))));
        assert!(
            bytes.contains("\x1b[?25l") && bytes.contains("\x1b[2;5H\x1b[?25h"),
            "{bytes:?}"
        );
    }

    #[test]
    fn only_the_newest_frame_waits() {
        let mailbox = Mailbox::default();
        mailbox.put(frame("old", None));
        mailbox.put(frame("new", None));
        let (_, taken) = mailbox.take().unwrap();
        assert_eq!(taken.unwrap().0.buffer[(0, 0)].symbol(), "n");
        // What is said aside is in no frame, and none of it is dropped.
        mailbox.say(b"a");
        mailbox.say(b"b");
        let (aside, frame) = mailbox.take().unwrap();
        assert_eq!((&aside[..], frame.is_none()), (&b"ab"[..], true));
        mailbox.close();
        assert!(mailbox.take().is_none());
    }
}
