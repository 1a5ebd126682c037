//! The screen: views of the store, kept up to date, from which trainings are started and steered.
//!
//! Events go in, effects come out, and the picture is a function of the state:
//!
//! ```text
//! keys, size, store changed ──> App::handle ──> state, effects ──> threads ──> ops
//!                                    ^                                          │
//!                                    └──────── Event::Loaded(ticket, answer) <──┘
//! frame due and dirty ──> App::view_frame ──> mailbox of one ──> writer ──> terminal
//! ```
//!
//! `App` reads no clock, no disk and no terminal: time comes with each event. `effect` alone calls `ops`; `terminal` alone
//! owns the terminal. Nothing that runs depends on the screen: closing it costs nothing.

pub mod access;
pub mod action;
pub mod app;
pub mod board;
pub mod chart;
pub mod chord;
pub mod chrome;
pub mod clipboard;
pub mod command;
pub mod effect;
pub mod event;
pub mod glyphs;
pub mod keymap;
pub mod list;
pub mod look;
pub mod overlay;
pub mod panes;
pub mod place;
mod private;
pub mod remote;
pub mod rows;
pub mod runner;
pub mod scroll;
pub mod session;
pub mod shared;
pub mod table;
pub mod terminal;
pub mod text;
pub mod theme;
pub mod toast;
pub mod trouble;
pub mod verbs;
pub mod views;
pub mod work;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod stage;

use std::{
    io,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use ratatui::{TerminalOptions, Viewport, backend::CrosstermBackend, buffer::Buffer, layout::Rect};
use tokio::{sync::mpsc, time::timeout};

use self::{
    access::Access, app::App, clipboard::Clipboard, effect::Effect, event::Event, glyphs::Charset,
    keymap::Keymap, runner::Runner, session::Session, terminal::Terminal, theme::Theme,
};
use crate::{config::screens::Screens, domain::time::Timestamp, ops};

pub use self::runner::Open;
pub use crate::config::screens::Rate;

/// How the screen shall be. The caller reads config and environment; nothing here does.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub theme: Theme,
    pub charset: Charset,
    /// The terminal draws characters of ambiguous width two columns wide.
    pub is_ambiguous_wide: bool,
    pub access: Access,
    pub rate: Rate,
    /// Screens by name, and the one in force.
    pub screens: Screens,
    pub screen: String,
    /// What to open.
    pub session: Session,
    pub is_read_only: bool,
    /// The store is the demo's: a banner says so.
    pub is_demo: bool,
    /// The metric shown first in lists; empty means each run's own.
    pub metric: String,
    /// Columns of lists of runs; none for the usual ones.
    pub columns: Vec<list::field::Field>,
    pub keys: Keymap,
    /// The themes that can be chosen, by name.
    pub themes: Vec<(String, Theme)>,
    pub clipboard: Clipboard,
    pub notify: Notify,
    pub has_mouse: bool,
    /// What `TERM` says.
    pub term: String,
    /// The file for what others print while the screen is up; without it that is thrown away.
    pub stray: Option<PathBuf>,
}

/// How a person is called who may look elsewhere.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumIter, strum::EnumString, strum::Display,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Notify {
    #[default]
    Bell,
    /// The terminal's own notification.
    Osc9,
    None,
}

impl Rate {
    /// The time between two looks at the data.
    pub fn pace(self) -> Duration {
        Duration::from_secs(match self {
            Self::Local => 1,
            Self::Ssh => 2,
            Self::Slow => 5,
        })
    }
}

/// How the screen came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub how: How,
    /// Runs at work when it ended; they go on.
    pub still_running: u64,
    pub host: String,
    /// What was open.
    pub session: Session,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Quit,
    /// The person asked for the demo, which has a store of its own.
    Demo,
    /// A signal asked; 1 is a terminal that went away.
    Signal(i32),
}

impl How {
    /// The exit code that the shell expects.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Quit | Self::Demo => 0,
            Self::Signal(signal) => u8::try_from(128 + signal).unwrap_or(255),
        }
    }
}

/// What to do where no screen can be shown.
const WITHOUT_SCREEN: &str = "`sconce view bench` prints the same as text";
/// At most 60 frames a second.
const FRAME: Duration = Duration::from_millis(16);
/// After a rest, frames may come so much before their time: what a key asks for comes in two or three answers, each of
/// which asks for the next, and none of them shall wait.
const AHEAD: Duration = Duration::from_millis(48);
/// What comes later than this after the last key was not asked for by it.
const ASKED: Duration = Duration::from_secs(1);
/// What changes by itself comes in several answers, too: a frame waits so long for the others.
const GATHER: Duration = Duration::from_millis(60);

/// Shows the screen until a person or a signal ends it. The terminal is restored when this returns, and when it panics.
///
/// # Errors
/// No terminal, or one that cannot move its cursor. A store that cannot be opened is no error here: the screen says so and
/// offers to try again.
pub fn run(open: Open, options: &Options) -> ops::Result<Ended> {
    if options.term == "dumb" {
        return Err(ops::Error::new(
            ops::Kind::Environment,
            "this terminal cannot move its cursor: TERM is dumb",
        )
        .hint(WITHOUT_SCREEN));
    }
    let (sender, mut inbox) = mpsc::unbounded_channel();
    let terminal = Terminal::take(&sender, options.stray.clone())?;
    let mut app = App::new(options, options.keys.clone(), terminal.size(), now());
    let runner = Runner::start(open, &sender, app.pace());
    terminal.set_mouse(options.has_mouse);
    let mut screen = Screen {
        app: &mut app,
        terminal: &terminal,
        runner: &runner,
        events: sender,
        clipboard: options.clipboard.clone(),
        notify: options.notify,
        due: Instant::now(),
        touched: Instant::now(),
        dirty: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let runtime = runtime.map_err(|error| {
        ops::Error::new(
            ops::Kind::Environment,
            "the screen's loop cannot be started",
        )
        .because(error)
    })?;
    runtime.block_on(screen.run(&mut inbox))
}

/// The loop and what it moves between.
struct Screen<'a> {
    app: &'a mut App,
    terminal: &'a Terminal,
    runner: &'a Runner,
    events: mpsc::UnboundedSender<Event>,
    clipboard: Clipboard,
    notify: Notify,
    /// When the next frame would come if frames came evenly.
    due: Instant,
    /// When a key came last, or the screen was opened.
    touched: Instant,
    /// Since when something is to be drawn.
    dirty: Option<Instant>,
}

impl Screen<'_> {
    async fn run(&mut self, inbox: &mut mpsc::UnboundedReceiver<Event>) -> ops::Result<Ended> {
        let first = self.app.start();
        self.perform(first);
        loop {
            if let Some(ended) = self.app.ended() {
                return Ok(ended);
            }
            self.draw();
            let event = match self.patience() {
                Some(patience) => timeout(patience, inbox.recv()).await,
                None => Ok(inbox.recv().await),
            };
            match event {
                Ok(Some(event)) => self.take(event),
                Ok(None) => {
                    return Err(ops::Error::new(
                        ops::Kind::Bug,
                        "the threads of the screen are gone",
                    ));
                }
                Err(_) if self.app.wake_at().is_some_and(|at| at <= now()) => {
                    self.take(Event::Woken);
                }
                Err(_) => {}
            }
            // All that waits is taken in before anything is drawn: a held key costs one frame, not thirty.
            while let Ok(event) = inbox.try_recv() {
                self.take(event);
            }
        }
    }

    fn take(&mut self, event: Event) {
        if matches!(event, Event::Input(_)) {
            self.touched = Instant::now();
        }
        let effects = self.app.handle(now(), event);
        self.perform(effects);
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Suspend => {
                    if let Err(why) = self.terminal.suspend() {
                        self.app.refuse(now(), why);
                    }
                }
                Effect::Repaint => {
                    self.terminal.forget();
                    self.app.is_dirty = true;
                }
                Effect::Pace(pace) => self.runner.set_pace(pace),
                Effect::Copy(what, text) => self.copy(what, text),
                Effect::Mouse(is_on) => self.terminal.set_mouse(is_on),
                Effect::Call(text) => self.call(&text),
                effect => self.runner.perform(effect),
            }
        }
    }

    /// Copies a text in a thread of its own: a multiplexer may take its time.
    fn copy(&self, what: String, text: String) {
        let (clipboard, events) = (self.clipboard.clone(), self.events.clone());
        let mailbox = self.terminal.mailbox();
        thread::spawn(move || {
            let how = clipboard.copy(&text, |bytes| mailbox.say(&bytes));
            // Nobody hears it when the screen has ended meanwhile.
            let _ = events.send(Event::Copied(what, how));
        });
    }

    /// Calls a person by way of the terminal.
    fn call(&self, text: &str) {
        let bytes = match self.notify {
            Notify::Bell => "\x07".to_owned(),
            Notify::Osc9 => format!("\x1b]9;{text}\x1b\\"),
            Notify::None => return,
        };
        self.terminal.mailbox().say(bytes.as_bytes());
    }

    /// Composes a frame if one is due, and fetches what it lacks.
    fn draw(&mut self) {
        let now = Instant::now();
        if self.app.is_dirty {
            self.dirty.get_or_insert(now);
        }
        if self.frame_at().is_none_or(|at| now < at) {
            return;
        }
        self.dirty = None;
        self.due = self.due.max(now) + FRAME;
        let (width, height) = self.terminal.size();
        let buffer = compose(self.app, Rect::new(0, 0, width, height));
        self.terminal.show(buffer, self.app.cursor());
        let effects = self.app.ask();
        self.perform(effects);
    }

    /// When the next frame may be drawn, if there is anything to draw.
    fn frame_at(&self) -> Option<Instant> {
        let since = self.dirty.filter(|_| self.app.is_dirty)?;
        let is_asked_for = since < self.touched + ASKED;
        Some(match is_asked_for {
            true => self.due.checked_sub(AHEAD).unwrap_or(since),
            false => self.due.max(since + GATHER),
        })
    }

    /// How long to wait for an event: until the next frame may be drawn, or something moves by itself, or for ever.
    fn patience(&self) -> Option<Duration> {
        let frame = self.frame_at();
        let frame = frame.map(|at| at.saturating_duration_since(Instant::now()));
        let wake = self.app.wake_at().map(|at| {
            let left = at.since(now());
            Duration::from_millis(u64::try_from(left).unwrap_or(0))
        });
        [frame, wake].into_iter().flatten().min()
    }
}

/// The picture of the screen at a size.
pub fn compose(app: &mut App, area: Rect) -> Buffer {
    let options = TerminalOptions {
        viewport: Viewport::Fixed(area),
    };
    let mut canvas = ratatui::Terminal::with_options(CrosstermBackend::new(io::sink()), options)
        .expect("a fixed area asks the terminal nothing");
    app.view_frame(&mut canvas.get_frame());
    std::mem::take(canvas.current_buffer_mut())
}

fn now() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_millisecond())
}
