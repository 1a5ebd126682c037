//! The one owner of the terminal: its modes, its restoring, its signals, the writer of frames.

mod crash;
pub mod parser;
mod reader;
mod signals;
pub mod writer;

use std::{
    fs::File,
    io::{self, Write as _},
    os::fd::{AsFd as _, OwnedFd},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use ratatui::{buffer::Buffer, layout::Position};
use rustix::termios::{OptionalActions, Termios};
use tokio::sync::mpsc::UnboundedSender;

use self::writer::{Frame, Mailbox};
use super::{WITHOUT_SCREEN, event::Event, private};
use crate::ops;

/// Modes with what undoes them. They are left in the reverse order.
const MODES: [(&str, &str); 4] = [
    ("\x1b[?1049h", "\x1b[?1049l"), // the alternate screen
    ("\x1b[?25l", "\x1b[?25h"),     // no cursor
    ("\x1b[?2004h", "\x1b[?2004l"), // pastes come in brackets
    ("\x1b[?1004h", "\x1b[?1004l"), // focus is told
];

/// Buttons, drags and the wheel of the mouse are told, in numbers of any size; only where a person asked for it.
const MOUSE: (&str, &str) = ("\x1b[?1002h\x1b[?1006h", "\x1b[?1006l\x1b[?1002l");

/// The terminal while the screen is up. Dropping it gives it back.
pub struct Terminal {
    tty: Arc<Tty>,
    mailbox: Arc<Mailbox>,
}

/// The terminal device, ours alone: what others write to standard output goes to a file meanwhile.
pub struct Tty {
    file: File,
    cooked: Termios,
    /// The output and the errors of the process as they were.
    kept: (OwnedFd, OwnedFd),
    stray: Option<PathBuf>,
    is_up: AtomicBool,
    has_mouse: AtomicBool,
    /// The screen has ended: a late continue must not take the terminal again.
    is_over: AtomicBool,
    turn: Mutex<()>,
}

impl Terminal {
    /// Takes the terminal: raw, alternate screen, a writer, signal and hang-up watchers, a panic hook that restores first.
    ///
    /// # Errors
    /// Standard input or output is no terminal, or it refuses the modes.
    pub fn take(events: &UnboundedSender<Event>, stray: Option<PathBuf>) -> ops::Result<Self> {
        let (input, output) = (rustix::stdio::stdin(), rustix::stdio::stdout());
        if !rustix::termios::isatty(input) || !rustix::termios::isatty(output) {
            return Err(refused(
                "the screen needs a terminal for its input and output",
            ));
        }
        let tty = Tty::of(stray)
            .map_err(|error| refused("the terminal cannot be used").because(error))?;
        let tty = Arc::new(tty);
        // The theme alone decides about colour: with NO_COLOR set, crossterm would turn each change of colour into a reset
        // of every attribute, and take the selection with it.
        crossterm::style::force_color_output(true);
        crash::restore_first(&tty);
        // From here on dropping it gives the terminal back, also when it was taken by half.
        let terminal = Self {
            tty,
            mailbox: Arc::default(),
        };
        signals::watch(&terminal.tty, &terminal.mailbox, events)
            .and_then(|()| terminal.tty.enter())
            .map_err(|error| refused("the terminal cannot be used").because(error))?;
        writer::start(&terminal.mailbox, &terminal.tty, events);
        reader::start(events);
        Ok(terminal)
    }

    /// Columns and rows.
    pub fn size(&self) -> (u16, u16) {
        self.tty.size()
    }

    /// Hands a frame to the writer. One that it had not begun is dropped for it.
    pub fn show(&self, buffer: Buffer, cursor: Option<Position>) {
        self.mailbox.put(Frame { buffer, cursor });
    }

    /// Forgets what the terminal shows: the next frame is painted whole.
    pub fn forget(&self) {
        self.mailbox.forget();
    }

    /// What speaks to the terminal beside the frames.
    pub fn mailbox(&self) -> Arc<Mailbox> {
        self.mailbox.clone()
    }

    /// Lets the terminal tell of the mouse, or not.
    pub fn set_mouse(&self, is_on: bool) {
        if self.tty.has_mouse.swap(is_on, Ordering::SeqCst) != is_on {
            let (on, off) = MOUSE;
            self.mailbox.say(if is_on { on } else { off }.as_bytes());
        }
    }

    /// Stops this process and its group until the shell continues it. Says why not when no shell could.
    pub fn suspend(&self) -> Result<(), &'static str> {
        use rustix::process::{Signal, getppid, getsid, kill_current_process_group};
        let ours = getsid(None).ok();
        let has_shell = getppid().is_some_and(|parent| getsid(Some(parent)).ok() == ours)
            && ours != Some(rustix::process::getpid());
        if !has_shell {
            return Err("no shell to return to");
        }
        kill_current_process_group(Signal::TSTP).map_err(|_| "the process could not be stopped")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.mailbox.close();
        self.tty.is_over.store(true, Ordering::SeqCst);
        self.tty.leave();
    }
}

impl Tty {
    fn of(stray: Option<PathBuf>) -> io::Result<Self> {
        let output = rustix::stdio::stdout();
        let cooked = rustix::termios::tcgetattr(rustix::stdio::stdin())?;
        Ok(Self {
            file: File::from(rustix::io::fcntl_dupfd_cloexec(output, 3)?),
            cooked,
            kept: (
                rustix::io::fcntl_dupfd_cloexec(output, 3)?,
                rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stderr(), 3)?,
            ),
            stray,
            is_up: AtomicBool::new(false),
            has_mouse: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
            turn: Mutex::new(()),
        })
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn is_up(&self) -> bool {
        self.is_up.load(Ordering::SeqCst)
    }

    fn size(&self) -> (u16, u16) {
        rustix::termios::tcgetwinsize(&self.file)
            .map_or((80, 24), |size| (size.ws_col, size.ws_row))
    }

    /// Writes a whole frame, unless the terminal was given back meanwhile.
    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let _turn = self.turn();
        if self.is_up() {
            (&self.file).write_all(bytes)
        } else {
            Ok(())
        }
    }

    fn enter(&self) -> io::Result<()> {
        let _turn = self.turn();
        if self.is_over.load(Ordering::SeqCst) || self.is_up.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        let mut raw = self.cooked.clone();
        raw.make_raw();
        rustix::termios::tcsetattr(&self.file, OptionalActions::Now, &raw)?;
        let mut modes: String = MODES.iter().map(|(on, _)| *on).collect();
        if self.has_mouse.load(Ordering::SeqCst) {
            modes += MOUSE.0;
        }
        (&self.file).write_all(modes.as_bytes())?;
        let stray = open_stray(self.stray.as_deref())?;
        rustix::stdio::dup2_stdout(stray.as_fd())?;
        rustix::stdio::dup2_stderr(stray.as_fd())?;
        Ok(())
    }

    /// Undoes everything, once, in reverse. What the terminal still had to say to us is drained, so that no late reply
    /// is typed into the shell. Failures are of no use to anyone here: the terminal is gone.
    fn leave(&self) {
        let _turn = self.turn();
        if !self.is_up.swap(false, Ordering::SeqCst) {
            return;
        }
        let has_mouse = self.has_mouse.load(Ordering::SeqCst);
        let mouse = if has_mouse { MOUSE.1 } else { "" };
        let modes = MODES.iter().rev().map(|(_, off)| *off);
        let modes: String = [mouse].into_iter().chain(modes).collect();
        let _ = (&self.file).write_all(format!("\x1b[?2026l\x1b[0m{modes}").as_bytes());
        let _ = rustix::termios::tcsetattr(&self.file, OptionalActions::Flush, &self.cooked);
        let _ = rustix::stdio::dup2_stdout(&self.kept.0);
        let _ = rustix::stdio::dup2_stderr(&self.kept.1);
    }
}

/// The log of stray output, which may hold anything: for its owner alone.
fn open_stray(path: Option<&Path>) -> io::Result<File> {
    let append = |path: &Path| private::open(path, File::options().append(true));
    match path.map(append) {
        Some(Ok(file)) => Ok(file),
        _ => File::options().write(true).open("/dev/null"),
    }
}

fn refused(message: &str) -> ops::Error {
    ops::Error::new(ops::Kind::Environment, message).hint(WITHOUT_SCREEN)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_log_of_stray_output_is_made_with_its_folder_and_is_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state/sconce/screen.log");
        let mut log = open_stray(Some(&path)).unwrap();
        log.write_all(b"panicked\n").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"panicked\n");
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        // Without a place it is thrown away.
        open_stray(Some(Path::new("/dev/null/screen.log"))).unwrap();
        open_stray(None).unwrap();
    }
}
