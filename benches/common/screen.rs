//! A program on a pseudo-terminal, with what it costs: time, bytes, CPU, memory.

#![allow(dead_code, reason = "each bench needs a part of it")]
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::{
    ffi::OsStr,
    io::{Read as _, Write},
    num::NonZero,
    path::PathBuf,
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// What ends a frame: synchronized output is switched off.
const FRAME_END: &[u8] = b"\x1b[?2026l";
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The program on a terminal of its own.
pub struct Screen {
    child: Box<dyn Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    pub shown: vt100::Parser,
    /// The end of what came last, in which a mark may be cut.
    tail: Vec<u8>,
    /// What came since questions were answered last, as far as it may hold one.
    asked: Vec<u8>,
}

impl Screen {
    /// Starts `argv` with these variables and no others.
    pub fn start(argv: &[&OsStr], env: &[(&str, &OsStr)], (cols, rows): (u16, u16)) -> Self {
        let pair = native_pty_system()
            .openpty(PtySize {
                rows,
                cols,
                pixel_width: 0,
                pixel_height: 0,
            })
            .expect("there is a pseudo-terminal");
        let mut command = CommandBuilder::new(argv[0]);
        command.args(&argv[1..]);
        command.env_clear();
        for (name, value) in env {
            command.env(name, value);
        }
        let mut reader = pair
            .master
            .try_clone_reader()
            .expect("a terminal can be read");
        let (sender, output) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 65_536];
            while let Ok(read @ 1..) = reader.read(&mut buffer)
                && sender.send(buffer[..read].to_vec()).is_ok()
            {}
        });
        let keys = pair
            .master
            .take_writer()
            .expect("a terminal can be typed at");
        let child = pair
            .slave
            .spawn_command(command)
            .expect("the program starts");
        let size = |cells| NonZero::new(cells).expect("a size is no zero");
        Self {
            child,
            _master: pair.master,
            keys,
            output,
            shown: vt100::Parser::new(size(rows), size(cols), 0),
            tail: vec![],
            asked: vec![],
        }
    }

    pub fn press(&mut self, keys: &str) {
        self.keys
            .write_all(keys.as_bytes())
            .and_then(|()| self.keys.flush())
            .expect("a terminal can be typed at");
    }

    /// Bytes that come within the time; `true` when a frame ended in them.
    pub fn take(&mut self, within: Duration) -> Option<(usize, bool)> {
        let bytes = match self.output.recv_timeout(within) {
            Ok(bytes) => bytes,
            Err(RecvTimeoutError::Timeout) => return None,
            Err(RecvTimeoutError::Disconnected) => panic!("the screen has ended"),
        };
        self.shown.process(&bytes);
        self.asked.truncate(64 << 10);
        self.asked.extend_from_slice(&bytes);
        self.tail.extend_from_slice(&bytes);
        let has_ended = self
            .tail
            .windows(FRAME_END.len())
            .any(|part| part == FRAME_END);
        let keep = self.tail.len().min(FRAME_END.len() - 1);
        self.tail.drain(..self.tail.len() - keep);
        Some((bytes.len(), has_ended))
    }

    /// The time until the next frame has come whole.
    pub fn until_frame(&mut self) -> Duration {
        let begun = Instant::now();
        while !matches!(self.take(PATIENCE), Some((_, true))) {
            assert!(begun.elapsed() < PATIENCE, "no frame comes");
        }
        begun.elapsed()
    }

    pub fn until_text(&mut self, text: &str) -> Duration {
        let begun = Instant::now();
        while !self.shown.screen().contents().contains(text) {
            self.take(PATIENCE);
            assert!(begun.elapsed() < PATIENCE, "never shown: {text}");
        }
        begun.elapsed()
    }

    /// Presses keys, and gives the milliseconds until the last byte of the answer: until nothing came for `quiet`.
    pub fn answer(&mut self, keys: &str, quiet: Duration) -> f64 {
        self.answer_and_bytes(keys, quiet).0
    }

    /// The same, with the bytes that came.
    pub fn answer_and_bytes(&mut self, keys: &str, quiet: Duration) -> (f64, usize) {
        let begun = Instant::now();
        self.press(keys);
        let (mut last, mut bytes) = (begun, 0);
        while let Some((count, _)) = self.take(quiet) {
            (last, bytes) = (Instant::now(), bytes + count);
        }
        (ms(last - begun), bytes)
    }

    /// Answers what programs ask of a terminal before they draw.
    pub fn answer_questions(&mut self) {
        for (question, answer) in [
            ("\x1b]10;?", "\x1b]10;rgb:e0e0/e0e0/e0e0\x1b\\"),
            ("\x1b]11;?", "\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\"),
            ("\x1b[6n", "\x1b[1;1R"),
            ("\x1b[c", "\x1b[?62;22c"),
        ] {
            if self
                .asked
                .windows(question.len())
                .any(|part| part == question.as_bytes())
            {
                self.press(answer);
            }
        }
        self.asked.clear();
    }

    /// Frames that end until nothing came for so long.
    pub fn frames_within(&mut self, quiet: Duration) -> usize {
        let mut frames = 0;
        while let Some((_, has_ended)) = self.take(quiet) {
            frames += usize::from(has_ended);
        }
        frames
    }

    /// Waits until nothing came for so long.
    pub fn settle(&mut self, quiet: Duration) {
        while self.take(quiet).is_some() {}
    }

    /// Seconds listened, and the bytes that came.
    pub fn listen(&mut self, span: Duration) -> (f64, usize) {
        let (begun, mut bytes) = (Instant::now(), 0);
        while let Some(left) = span.checked_sub(begun.elapsed()) {
            bytes += self.take(left).map_or(0, |(count, _)| count);
        }
        (begun.elapsed().as_secs_f64(), bytes)
    }

    /// The program and what it started.
    fn processes(&self) -> Vec<PathBuf> {
        let mut pids = vec![self.child.process_id().expect("it runs")];
        let mut next = 0;
        while let Some(pid) = pids.get(next) {
            let children = format!("/proc/{pid}/task/{pid}/children");
            let children = std::fs::read_to_string(children).unwrap_or_default();
            pids.extend(
                children
                    .split_whitespace()
                    .filter_map(|pid| pid.parse::<u32>().ok()),
            );
            next += 1;
        }
        pids.iter()
            .map(|pid| PathBuf::from(format!("/proc/{pid}")))
            .collect()
    }

    /// Seconds of CPU so far, to the hundredth that Linux counts in.
    pub fn cpu(&self) -> f64 {
        let of = |process: &PathBuf| {
            let stat = std::fs::read_to_string(process.join("stat")).unwrap_or_default();
            let after = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
            let ticks = after.split_whitespace().skip(11).take(2);
            ticks
                .filter_map(|ticks| ticks.parse::<f64>().ok())
                .sum::<f64>()
                / 100.0
        };
        self.processes().iter().map(of).sum()
    }

    /// Resident megabytes.
    pub fn memory(&self) -> f64 {
        let of = |process: &PathBuf| {
            let status = std::fs::read_to_string(process.join("status")).unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
            let kilobytes =
                line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
            kilobytes.unwrap_or_default() / 1e3
        };
        self.processes().iter().map(of).sum()
    }

    pub fn leave(mut self) {
        self.press("q");
        while self.output.recv_timeout(PATIENCE).is_ok() {}
        let _ = self.child.wait();
    }
}

pub fn ms(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}

/// One line of a table of figures beside their budgets.
pub fn row(what: &str, measured: f64, budget: f64) {
    let verdict = if measured <= budget { "" } else { "  over" };
    println!("{what:<44}{measured:>12.2}{budget:>12.1}{verdict}");
}
