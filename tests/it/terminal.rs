//! The screen in a pseudo-terminal: the real binary, real keys, a terminal that goes away.

use std::{
    io::{Read, Write},
    num::NonZero,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::space::{Space, eventually};

pub(crate) struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    screen: Arc<Mutex<vt100::Parser>>,
    bytes: Arc<Mutex<Vec<u8>>>,
    is_leaving: Arc<AtomicBool>,
    reading: thread::JoinHandle<()>,
}

impl Terminal {
    /// The program with these arguments.
    pub(crate) fn start(space: &Space, args: &[&str]) -> Self {
        Self::of(space, &[&[env!("CARGO_BIN_EXE_sconce")], args].concat())
    }

    /// Any program, in the environment of the space.
    pub(crate) fn of(space: &Space, argv: &[&str]) -> Self {
        let pair = native_pty_system()
            .openpty(PtySize {
                rows: 40,
                cols: 120,
                pixel_width: 0,
                pixel_height: 0,
            })
            .unwrap();
        let mut command = CommandBuilder::new(argv[0]);
        command.args(&argv[1..]);
        command.env_clear();
        command.cwd(space.path("work"));
        for (name, value) in space.environment() {
            command.env(name, value);
        }
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let screen = Arc::new(Mutex::new(vt100::Parser::new(
            NonZero::new(40).unwrap(),
            NonZero::new(120).unwrap(),
            0,
        )));
        let bytes = Arc::new(Mutex::new(vec![]));
        let mut output = pair.master.try_clone_reader().unwrap();
        let (shown, all) = (Arc::clone(&screen), Arc::clone(&bytes));
        let is_leaving = Arc::new(AtomicBool::new(false));
        let watched = Arc::clone(&is_leaving);
        let reading = thread::spawn(move || {
            let mut buffer = [0; 65_536];
            while let Ok(read @ 1..) = output.read(&mut buffer)
                && !watched.load(Ordering::Acquire)
            {
                shown.lock().unwrap().process(&buffer[..read]);
                all.lock().unwrap().extend_from_slice(&buffer[..read]);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self {
            master: pair.master,
            keys,
            child,
            screen,
            bytes,
            is_leaving,
            reading,
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().unwrap().clone()
    }

    fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    #[track_caller]
    pub(crate) fn until(&self, text: &str) {
        eventually(&format!("{text:?} is on the screen"), || {
            self.text().contains(text)
        });
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Closes the terminal as a lost connection does.
    fn hang_up(self) -> Box<dyn Child + Send + Sync> {
        let Self {
            master,
            mut keys,
            child,
            is_leaving,
            reading,
            ..
        } = self;
        is_leaving.store(true, Ordering::Release);
        // The reader holds the terminal open too: whatever the key makes the screen draw wakes it for the last time.
        keys.write_all(b"?").unwrap();
        reading.join().unwrap();
        drop(keys);
        drop(master);
        child
    }
}

#[test]
fn runs_finish_when_the_terminal_goes_away_and_a_new_screen_shows_them_whole() {
    let space = Space::new();
    let terminal = Terminal::start(&space, &["demo"]);
    terminal.until("training");
    let mut screen = terminal.hang_up();
    eventually("the screen has ended", || {
        screen.try_wait().unwrap().is_some()
    });
    let demo = space.path("home/data/sconce/demo");
    let demo = demo.to_str().unwrap();
    let rows = space.json(&["--store", demo, "runs"])["rows"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(rows.len(), 10);
    let (long, others): (Vec<_>, Vec<_>) = rows
        .iter()
        .partition(|row| row["note"].as_str().unwrap().starts_with("long"));
    let name = |row: &serde_json::Value| row["name"].as_str().unwrap().to_owned();
    let [long] = long[..] else {
        panic!("one is long: {rows:?}");
    };
    space.ok(&["--store", demo, "runs", "stop", &name(long)]);
    space.run(&["--store", demo, "runs", "wait", &name(long)]);
    for row in others {
        space.ok(&["--store", demo, "runs", "wait", &name(row)]);
    }
    let mut terminal = Terminal::start(&space, &["demo"]);
    terminal.until("done");
    terminal.press("q");
    eventually("q ends the screen", || {
        terminal
            .child
            .try_wait()
            .unwrap()
            .is_some_and(|status| status.exit_code() == 0)
    });
    let again = space.json(&["--store", demo, "runs"])["rows"].clone();
    assert_eq!(again.as_array().unwrap().len(), 10, "it was only opened");
}

#[test]
fn the_terminal_is_left_as_it_was_found() {
    let space = Space::new();
    let mut terminal = Terminal::start(&space, &[]);
    terminal.until("welcome");
    terminal.press("q");
    eventually("q ends the screen", || {
        terminal.child.try_wait().unwrap().is_some()
    });
    let text = || String::from_utf8_lossy(&terminal.bytes.lock().unwrap()).into_owned();
    for mode in ["?1049", "?2004", "?25"] {
        let (on, off) = if mode == "?25" {
            ('l', 'h')
        } else {
            ('h', 'l')
        };
        // What it wrote last may still be on its way through the terminal.
        eventually(&format!("{mode} is undone"), || {
            let text = text();
            text.rfind(&format!("\u{1b}[{mode}{on}")) < text.rfind(&format!("\u{1b}[{mode}{off}"))
        });
    }
    let text = text();
    let (begun, ended) = (text.rfind("\u{1b}[?2026h"), text.rfind("\u{1b}[?2026l"));
    assert!(begun.is_some() && begun < ended, "a frame was left open");
}

#[test]
fn without_a_terminal_the_screen_says_what_to_do() {
    let space = Space::new();
    let answer = space.run(&[]);
    assert_eq!(answer.code, Some(2));
    assert!(
        answer.err.contains("terminal") && answer.err.contains("hint"),
        "{}",
        answer.err
    );
}
