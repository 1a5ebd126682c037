//! The program on a pseudo-terminal: what it is sent, what it shows, what it writes byte for byte.

use std::{
    io::{Read, Write},
    num::NonZero,
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::space::{Space, eventually};

/// Begins and ends a frame.
pub const BEGIN: &str = "\x1b[?2026h";
pub const END: &str = "\x1b[?2026l";

pub struct Screen {
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    pub child: Box<dyn Child + Send + Sync>,
    /// The program's side of the terminal.
    tty: PathBuf,
    seen: Arc<Mutex<Seen>>,
    flow: Arc<Flow>,
    reading: thread::JoinHandle<()>,
}

/// What came from the terminal.
struct Seen {
    shown: vt100::Parser,
    bytes: Vec<u8>,
    /// Frames that left nothing to be seen.
    blank: usize,
}

/// Holds the reader up, as a slow link does, and lets it go at the end.
#[derive(Default)]
struct Flow {
    is_held: Mutex<bool>,
    changed: Condvar,
    is_leaving: AtomicBool,
}

impl Screen {
    /// The program with these arguments.
    pub fn start(space: &Space, args: &[&str]) -> Self {
        Self::of(space, &[&[env!("CARGO_BIN_EXE_sconce")], args].concat())
    }

    /// Any program, in the environment of the space.
    pub fn of(space: &Space, argv: &[&str]) -> Self {
        let (width, height) = (120, 40);
        let pair = native_pty_system().openpty(size(width, height)).unwrap();
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
        let input = format!("/proc/{}/fd/0", child.process_id().unwrap());
        let tty = std::fs::read_link(input).unwrap();
        let seen = Arc::new(Mutex::new(Seen {
            shown: vt100::Parser::new(cells(height), cells(width), 0),
            bytes: vec![],
            blank: 0,
        }));
        let flow = Arc::<Flow>::default();
        let mut output = pair.master.try_clone_reader().unwrap();
        let (ours, held) = (Arc::clone(&seen), Arc::clone(&flow));
        let reading = thread::spawn(move || {
            let mut buffer = [0; 65_536];
            while held.goes_on()
                && let Ok(read @ 1..) = output.read(&mut buffer)
                && !held.is_leaving.load(Ordering::Acquire)
            {
                ours.lock().unwrap().take(&buffer[..read]);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self {
            master: pair.master,
            keys,
            child,
            tty,
            seen,
            flow,
            reading,
        }
    }

    pub fn text(&self) -> String {
        self.seen.lock().unwrap().shown.screen().contents()
    }

    /// What is to be seen, row by row: text, colours, and the cursor.
    pub fn picture(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        let screen = seen.shown.screen();
        let (height, width) = screen.size();
        let cursor = (!screen.hide_cursor()).then(|| screen.cursor_position());
        let cells = |row: u16| (0..width.get()).filter_map(move |column| screen.cell(row, column));
        let rows = (0..height.get()).map(|row| cells(row).map(look).collect::<String>());
        rows.chain([format!("{cursor:?}")]).collect()
    }

    /// Is the alternate screen up?
    pub fn is_up(&self) -> bool {
        self.seen.lock().unwrap().shown.screen().alternate_screen()
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.seen.lock().unwrap().bytes.clone()
    }

    pub fn blank_frames(&self) -> usize {
        self.seen.lock().unwrap().blank
    }

    /// The line discipline of the terminal, as it is now.
    pub fn modes(&self) -> String {
        let tty = std::fs::File::open(&self.tty).unwrap();
        format!("{:?}", rustix::termios::tcgetattr(tty).unwrap())
    }

    /// How many frames came whole.
    pub fn frames(&self) -> usize {
        String::from_utf8_lossy(&self.bytes()).matches(END).count()
    }

    #[track_caller]
    pub fn until(&self, text: &str) {
        let said = format!("{text:?} is on the screen");
        let mut last = String::new();
        let is_shown = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            eventually(&said, || {
                last = self.text();
                last.contains(text)
            });
        }));
        assert!(is_shown.is_ok(), "{said}:\n{last}");
    }

    pub fn press(&mut self, keys: &str) {
        self.send(keys.as_bytes());
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.keys.write_all(bytes).unwrap();
        self.keys.flush().unwrap();
    }

    pub fn resize(&self, width: u16, height: u16) {
        // A terminal changes its own size first, then tells.
        let mut seen = self.seen.lock().unwrap();
        let screen = seen.shown.screen_mut();
        screen.set_size(cells(height), cells(width));
        self.master.resize(size(width, height)).unwrap();
    }

    /// Takes nothing more from the terminal, until it is let go.
    pub fn hold(&self, is_held: bool) {
        *self.flow.is_held.lock().unwrap() = is_held;
        self.flow.changed.notify_all();
    }

    /// Waits until nothing more comes. Over a store in which nothing happens that is soon so, and for good.
    pub fn settle(&self) {
        let count = || self.seen.lock().unwrap().bytes.len();
        let (mut seen, mut since) = (count(), Instant::now());
        eventually("it comes to rest", || {
            let now = count();
            if now != seen {
                (seen, since) = (now, Instant::now());
            }
            Duration::from_secs(1) < since.elapsed()
        });
    }

    /// Lets it come to rest and be painted anew: that must be what stood there before.
    #[track_caller]
    pub fn is_as_painted_anew(&mut self) {
        self.settle();
        let (before, painted) = (self.picture(), self.paintings());
        self.press("\x0c");
        eventually("it is painted anew", || painted < self.paintings());
        let after = self.picture();
        is_same(&before, &after);
    }

    /// How many frames were painted whole.
    pub fn paintings(&self) -> usize {
        let bytes = self.bytes();
        let text = String::from_utf8_lossy(&bytes);
        let frames = text.split(END).filter(|frame| frame.contains(BEGIN));
        // The last piece has no end yet.
        let whole = frames.filter(|frame| frame.contains("\x1b[2J")).count();
        let is_open = text
            .rsplit(END)
            .next()
            .is_some_and(|rest| rest.contains("\x1b[2J"));
        whole - usize::from(is_open)
    }

    /// Waits for the end of the program; gives its exit code.
    pub fn end(&mut self) -> u32 {
        let mut code = None;
        eventually("the screen has ended", || {
            code = self.child.try_wait().unwrap();
            code.is_some()
        });
        code.unwrap().exit_code()
    }

    /// All that was written, once the program has ended and its last words have come.
    pub fn last_words(&self) -> String {
        eventually("the terminal has no writer any more", || {
            self.reading.is_finished()
        });
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    pub fn process(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}", self.child.process_id().unwrap()))
    }

    /// Megabytes that were resident at most so far.
    pub fn most_memory(&self) -> u64 {
        let status = std::fs::read_to_string(self.process().join("status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.unwrap().split_whitespace().next().unwrap();
        kilobytes.parse::<u64>().unwrap() / 1_000
    }

    /// Closes the terminal as a lost connection does.
    pub fn hang_up(self) -> Box<dyn Child + Send + Sync> {
        let Self {
            master,
            mut keys,
            child,
            flow,
            reading,
            ..
        } = self;
        flow.is_leaving.store(true, Ordering::Release);
        // The reader holds the terminal open too: whatever the key makes the screen draw wakes it for the last time.
        keys.write_all(b"?").unwrap();
        reading.join().unwrap();
        drop(keys);
        drop(master);
        child
    }
}

impl Seen {
    fn take(&mut self, bytes: &[u8]) {
        let from = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        let (mut done, end) = (from, END.as_bytes());
        // A mark may begin in what came before.
        let mut at = from.saturating_sub(end.len() - 1);
        while let Some(found) = find(&self.bytes[at..], end) {
            at += found + end.len();
            self.shown.process(&self.bytes[done..at]);
            done = at;
            let screen = self.shown.screen();
            self.blank += usize::from(screen.contents().trim().is_empty());
        }
        self.shown.process(&self.bytes[done..]);
    }
}

/// Compares pictures, and names the first row that differs.
#[track_caller]
pub fn is_same(before: &[String], after: &[String]) {
    for (row, (before, after)) in before.iter().zip(after).enumerate() {
        assert_eq!(before, after, "row {row}");
    }
    assert_eq!(before.len(), after.len());
}

/// A cell as eyes see it: a blank has no colour of its letters.
fn look(cell: &vt100::Cell) -> String {
    let ground = (cell.bgcolor(), cell.inverse(), cell.underline());
    let text = cell.contents().trim();
    let ground = match ground {
        (vt100::Color::Default, false, false) => String::new(),
        ground => format!("{ground:?}"),
    };
    if text.is_empty() {
        return format!(" {ground}");
    }
    let bold = if cell.bold() { "*" } else { "" };
    let colour = match cell.fgcolor() {
        vt100::Color::Idx(number) => number.to_string(),
        _ => String::new(),
    };
    format!("{text}{colour}{bold}{ground}")
}

impl Flow {
    /// Waits while it is held.
    fn goes_on(&self) -> bool {
        let mut is_held = self.is_held.lock().unwrap();
        while *is_held {
            is_held = self.changed.wait(is_held).unwrap();
        }
        true
    }
}

/// What stands between the frames of an output, in which frames neither overlap nor stay open.
#[track_caller]
pub fn outside_of_frames(output: &str) -> String {
    let mut outside = String::new();
    let mut rest = output;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        outside.push_str(before);
        let (frame, left) = after.split_once(END).expect("every frame is ended");
        assert!(!frame.contains(BEGIN), "a frame begins inside a frame");
        rest = left;
    }
    outside + rest
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|part| part == wanted)
}

fn size(width: u16, height: u16) -> PtySize {
    PtySize {
        rows: height,
        cols: width,
        pixel_width: 0,
        pixel_height: 0,
    }
}

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap()
}
