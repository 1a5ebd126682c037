//! Signals and hang-ups: whatever ends the screen, the terminal is given back first, and nothing spins on a dead one.

use std::{
    io,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use crossterm::event::Event as Input;
use rustix::event::{PollFd, PollFlags, poll};
use signal_hook::{
    consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH},
    iterator::Signals,
    low_level::emulate_default_handler,
};
use tokio::sync::mpsc::UnboundedSender;

use super::{Tty, writer::Mailbox};
use crate::tui::event::Event;

/// How long the screen's own thread may take to end after the terminal is gone.
const LAST_WORDS: Duration = Duration::from_millis(400);

pub fn watch(
    tty: &Arc<Tty>,
    mailbox: &Arc<Mailbox>,
    events: &UnboundedSender<Event>,
) -> io::Result<()> {
    let signals = Signals::new([SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGCONT, SIGQUIT, SIGWINCH])?;
    let (ours, painted, sender) = (tty.clone(), mailbox.clone(), events.clone());
    thread::spawn(move || listen(signals, &ours, &painted, &sender));
    let (ours, sender) = (tty.clone(), events.clone());
    thread::spawn(move || hang_up(&ours, &sender));
    Ok(())
}

fn listen(
    mut signals: Signals,
    tty: &Arc<Tty>,
    painted: &Mailbox,
    events: &UnboundedSender<Event>,
) {
    let mut asked = false;
    for signal in signals.forever() {
        match signal {
            SIGTSTP => {
                tty.leave();
                // Stops here, and goes on when the shell continues us.
                let _ = emulate_default_handler(SIGTSTP);
            }
            SIGCONT => {
                let _ = tty.enter();
                if events.send(Event::Resumed).is_err() {
                    return;
                }
            }
            SIGWINCH => {
                // What was cut off does not come back by itself when the size does.
                painted.forget();
                let (width, height) = tty.size();
                let resized = Event::Input(Input::Resize(width, height));
                if events.send(resized).is_err() {
                    return;
                }
            }
            SIGQUIT => {
                tty.leave();
                let _ = emulate_default_handler(SIGQUIT);
            }
            // Asked twice, or by nobody who listens: at once.
            _ if asked || events.send(Event::Signal(signal)).is_err() => end(tty, signal),
            SIGHUP => {
                thread::sleep(LAST_WORDS);
                end(tty, signal);
            }
            _ => asked = true,
        }
    }
}

/// Waits for the terminal to go away: a read of a dead one never says so while SIGHUP is ignored.
fn hang_up(tty: &Arc<Tty>, events: &UnboundedSender<Event>) {
    loop {
        let mut watched = [PollFd::new(&tty.file, PollFlags::empty())];
        match poll(&mut watched, None) {
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            _ => break,
        }
    }
    if events.send(Event::Signal(SIGHUP)).is_ok() {
        thread::sleep(LAST_WORDS);
    }
    end(tty, SIGHUP);
}

fn end(tty: &Arc<Tty>, signal: i32) -> ! {
    // A terminal that hung up is not there to be given back.
    if signal != SIGHUP {
        let (tty, (left, is_left)) = (tty.clone(), mpsc::channel());
        thread::spawn(move || {
            tty.leave();
            let _ = left.send(());
        });
        // A write to it may be stuck behind a dead link: that must not keep a process which was told to end.
        let _ = is_left.recv_timeout(LAST_WORDS);
    }
    std::process::exit(128 + signal)
}
