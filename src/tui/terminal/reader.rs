//! The thread that reads what is typed. It ends with the process: a blocking read cannot be called off.

use std::thread;

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};
use tokio::sync::mpsc::UnboundedSender;

use super::parser::Parser;
use crate::tui::event::Event;

pub fn start(events: &UnboundedSender<Event>) {
    let events = events.clone();
    thread::spawn(move || read(&events));
}

/// Reads until the terminal is gone, which its watcher tells.
fn read(events: &UnboundedSender<Event>) {
    let input = rustix::stdio::stdin();
    let mut parser = Parser::default();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let patience = parser
            .patience()
            .and_then(|span| Timespec::try_from(span).ok());
        let mut watched = [PollFd::new(&input, PollFlags::IN)];
        let inputs = match poll(&mut watched, patience.as_ref()) {
            Ok(0) => parser.quiet(),
            Ok(_) => match rustix::io::read(input, &mut buffer) {
                Ok(0) => return,
                Ok(count) => parser.feed(&buffer[..count]),
                Err(Errno::INTR | Errno::AGAIN) => continue,
                Err(_) => return,
            },
            Err(Errno::INTR) => continue,
            Err(_) => return,
        };
        for input in inputs {
            if events.send(Event::Input(input)).is_err() {
                return;
            }
        }
    }
}
