//! The whole screen as a value: events in, effects out, and a picture of it on demand. No clock, no disk, no terminal.

mod adding;
mod calls;
mod commands;
mod draw;
mod palette;
mod point;
mod typed;
mod yank;

use std::{collections::VecDeque, time::Duration};

use ratatui::layout::{Position, Rect};

use self::{adding::Adding, calls::Calls, commands::Then, yank::Undo};
use super::{
    Ended, How, Notify, Options, Rate,
    access::{Access, Motion},
    chord::Chord,
    effect::{Answer, DataVerb, Done, Effect, Verb},
    event::{Event, Link, Ticket, Tickets},
    keymap::Keymap,
    overlay::{Overlay, version::VersionForm},
    place::{Place, Spot},
    remote::Remote,
    session::Session,
    shared::Shared,
    theme::Theme,
    toast::{Level, Toasts},
    views::{Root, stacks::Stacks},
};
use crate::{
    config::screens::{Screen, Screens},
    domain::time::Timestamp,
    ops::{
        self,
        candidates::{self, Candidate},
        presets::Offer,
        runs::{Counts, Names, News},
    },
};

pub struct App {
    shared: Shared,
    keymap: Keymap,
    rate: Rate,
    /// What counts where the screen in force says nothing.
    usual_rate: Rate,
    access: Access,
    is_link_slow: bool,
    screens: Screens,
    demo: bool,
    size: Rect,
    store: StoreState,
    stacks: Stacks,
    counts: Remote<(), Counts>,
    offers: Remote<(), Vec<Offer>>,
    names: Remote<(), Names>,
    overlays: Vec<Overlay>,
    typed: Vec<Chord>,
    typed_at: Timestamp,
    /// Keys typed before what they act on was there.
    held: VecDeque<Chord>,
    toasts: Toasts,
    /// The message that is true only for the list in front.
    remark: Option<String>,
    /// The open store is not the one at its path any more.
    gone: Option<ops::Error>,
    /// Since when work waits for the store.
    busy: Option<Timestamp>,
    drawn: Timestamp,
    /// Since when updates are held, and how many there were since.
    frozen: Option<(Timestamp, u64)>,
    interrupted: Option<Timestamp>,
    followed: Timestamp,
    tickets: Tickets,
    /// What filters need was read ahead.
    is_warm: bool,
    /// What waits for runs to be looked up.
    pending: Vec<(Ticket, Then)>,
    /// What is copied once it is read.
    yanks: Vec<(Ticket, String)>,
    candidates: Remote<candidates::Question, Vec<Candidate>>,
    /// Command lines, the newest last.
    history: Vec<String>,
    /// Names of what was picked from the palette, the newest first.
    recent: Vec<String>,
    undo: Option<Undo>,
    /// A change that is being taken back: it is not offered to be taken back once more.
    taken_back: Option<Verb>,
    /// A data version that is being made.
    adding: Option<Adding>,
    /// One that could not be made, to be mended.
    unmade: Option<VersionForm>,
    paths: Remote<String, Vec<String>>,
    /// What to say of the newest change, and since when, where it cannot be taken back.
    instead: Option<(Timestamp, String)>,
    calls: Calls,
    notify: Notify,
    themes: Vec<(String, Theme)>,
    /// A person asked for it here, and may take it back.
    is_read_only_asked: bool,
    cursor: Option<Position>,
    /// The picture may have changed.
    pub is_dirty: bool,
    pub how: Option<How>,
}

enum StoreState {
    Opening,
    Open,
    Failed(ops::Error),
}

/// How often data is drawn anew on a screen, where it does not say so as usual.
fn rate_of(screen: &Screen, usual: Rate, access: Access) -> Rate {
    access.motion.rate(screen.rate.unwrap_or(usual))
}

/// The box of keys that may follow opens after this.
const WHICH_KEY_MS: i64 = 250;
/// Work has waited this long when the screen is told that the store is busy.
const BUSY_MS: i64 = 1_000;
/// More keys than a person types ahead of a list.
const MOST_HELD: usize = 64;
/// Two interrupts within this leave.
const INTERRUPT_MS: i64 = 2_000;

impl App {
    pub fn new(options: &Options, keymap: Keymap, size: (u16, u16), now: Timestamp) -> Self {
        let shared = Shared::new(now, options);
        Self {
            rate: rate_of(&shared.screen.1, options.rate, options.access),
            usual_rate: options.rate,
            shared,
            keymap,
            access: options.access,
            is_link_slow: false,
            screens: options.screens.clone(),
            demo: options.is_demo,
            size: Rect::new(0, 0, size.0, size.1),
            store: StoreState::Opening,
            stacks: Stacks::of(&options.session),
            counts: Remote::default(),
            offers: Remote::default(),
            names: Remote::default(),
            overlays: vec![],
            typed: vec![],
            typed_at: now,
            held: VecDeque::new(),
            toasts: Toasts::default(),
            remark: None,
            gone: None,
            busy: None,
            drawn: now,
            frozen: (options.access.motion == Motion::None).then_some((now, 0)),
            interrupted: None,
            followed: now,
            tickets: Tickets::default(),
            is_warm: false,
            pending: vec![],
            yanks: vec![],
            candidates: Remote::default(),
            history: vec![],
            recent: vec![],
            undo: None,
            taken_back: None,
            adding: None,
            unmade: None,
            paths: Remote::default(),
            instead: None,
            calls: Calls::new(now),
            notify: options.notify,
            themes: options.themes.clone(),
            is_read_only_asked: false,
            cursor: None,
            is_dirty: true,
            how: None,
        }
    }

    pub fn start(&self) -> Vec<Effect> {
        vec![Effect::Open]
    }

    /// Takes in what happened at `now`.
    pub fn handle(&mut self, now: Timestamp, event: Event) -> Vec<Effect> {
        self.shared.now = now;
        self.is_dirty |= self.toasts.pass(now);
        let mut effects = self.happen(event);
        effects.extend(self.release());
        effects
    }

    fn happen(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Input(input) => return self.input(input),
            Event::Opened(Ok(opened)) => {
                if self.gone.take().is_some() {
                    self.forget();
                }
                (self.shared.store, self.store) = (opened, StoreState::Open);
                self.expire();
            }
            Event::Opened(Err(error)) => {
                self.store = StoreState::Failed(error);
                self.is_dirty = true;
            }
            Event::StoreChanged => match &mut self.frozen {
                Some((_, missed)) => {
                    *missed += 1;
                    self.calls.expire();
                    self.is_dirty = true;
                }
                None => self.expire(),
            },
            Event::WatchFailed(error) => self.complain(&error),
            Event::StoreGone(error) => {
                self.gone = Some(error);
                self.is_dirty = true;
            }
            Event::StoreBusy(is_busy) => {
                self.busy = is_busy.then_some(Timestamp(self.shared.now.0 - BUSY_MS));
                self.is_dirty = true;
            }
            Event::Loaded(ticket, answer) => {
                let is_list = matches!(answer, Answer::Table(Ok(_)));
                let mut effects = self.loaded(ticket, answer);
                // The rows are on the screen: now is the time for what the next question needs.
                if is_list && !std::mem::replace(&mut self.is_warm, true) {
                    effects.push(Effect::Warm);
                }
                return effects;
            }
            Event::Copied(what, how) => self.copied(&what, how),
            Event::Done(done) => self.done(done),
            Event::Woken => self.woken(),
            Event::Resumed => {
                self.is_dirty = true;
                return vec![Effect::Repaint];
            }
            Event::Link(link) => {
                self.is_link_slow = link == Link::Slow;
                self.is_dirty = true;
                return vec![Effect::Pace(self.pace())];
            }
            Event::Signal(signal) => self.how = Some(How::Signal(signal)),
        }
        vec![]
    }

    /// How often the data on the screen is renewed.
    pub fn pace(&self) -> Duration {
        self.rate().pace()
    }

    /// The rate that was chosen, as far as the link can bear it.
    fn rate(&self) -> Rate {
        if self.is_link_slow {
            Rate::Slow
        } else {
            self.rate
        }
    }

    /// When something on the screen changes by itself; `None` while nothing does.
    pub fn wake_at(&self) -> Option<Timestamp> {
        let toast = self.toasts.next();
        let which_key =
            (!self.typed.is_empty()).then_some(Timestamp(self.typed_at.0 + WHICH_KEY_MS));
        let which_key = which_key.filter(|at| self.shared.now < *at);
        let pace = i64::try_from(self.pace().as_millis()).unwrap_or(i64::MAX);
        let is_following =
            self.frozen.is_none() && self.is_open() && self.stacks.front_ref().is_following();
        let follow = is_following.then_some(Timestamp(self.followed.0 + pace));
        // Over a slow link seconds pass in steps.
        let age = (self.shared.next_age()).map(|after| Timestamp(self.drawn.0 + after.max(pace)));
        let busy = (self.busy).map(|since| {
            Timestamp(self.shared.now.0 + 1_000 - self.shared.now.since(since) % 1_000)
        });
        let is_at_work = self.adding.is_some() || self.stacks.front_ref().is_at_work();
        let work = is_at_work.then_some(Timestamp(self.drawn.0 + pace));
        [toast, which_key, follow, age, busy, work]
            .into_iter()
            .flatten()
            .min()
    }

    /// Shows another screen: its layout, its filter, its colours, its pace.
    ///
    /// # Errors
    ///
    /// There is none of this name: says which there are.
    pub fn choose_screen(&mut self, name: &str) -> Result<Vec<Effect>, String> {
        let Some(screen) = self.screens.get(name).cloned() else {
            let names: Vec<&str> = self.screens.keys().map(String::as_str).collect();
            return Err(format!(
                "there is no screen {name:?}: there are {}",
                names.join(", ")
            ));
        };
        self.rate = rate_of(&screen, self.usual_rate, self.access);
        self.stacks.go(screen.start.unwrap_or_default());
        self.shared.show(name, screen, &self.themes);
        self.is_dirty = true;
        Ok(vec![Effect::Pace(self.pace())])
    }

    /// What is open.
    pub fn session(&self) -> Session {
        Session {
            charts: self.shared.charts(),
            ..self.stacks.session()
        }
    }

    pub fn ended(&self) -> Option<Ended> {
        Some(Ended {
            how: self.how?,
            still_running: self.counts.value.map_or(0, |counts| counts.live),
            host: self.shared.store.host.clone(),
            session: self.session(),
        })
    }

    fn woken(&mut self) {
        let pace = i64::try_from(self.pace().as_millis()).unwrap_or(i64::MAX);
        if self.followed.0 + pace <= self.shared.now.0 {
            self.followed = self.shared.now;
            if self.frozen.is_none() && self.stacks.front_ref().is_following() {
                self.stacks.front().expire();
            }
        }
        self.is_dirty = true;
    }

    fn is_open(&self) -> bool {
        matches!(self.store, StoreState::Open)
    }

    /// What lies over the bench and the lists when there is nothing in them: a welcome.
    fn is_card_shown(&self) -> bool {
        match &self.store {
            StoreState::Failed(error) => error.kind == ops::Kind::NotFound,
            // Data may be kept before the first run.
            StoreState::Open if self.stacks.root() == Root::Data => false,
            StoreState::Open => self.counts.value.is_some_and(|counts| counts.runs == 0),
            StoreState::Opening => false,
        }
    }

    /// Another store was opened in the place of the last: nothing that is known is true of it.
    fn forget(&mut self) {
        self.stacks = Stacks::of(&Session {
            root: self.stacks.root(),
            stacks: vec![],
            charts: self.shared.charts(),
        });
        self.overlays.clear();
        self.toasts = Toasts::default();
        self.counts = Remote::default();
        self.candidates = Remote::default();
        self.calls = Calls::new(self.shared.now);
        (self.undo, self.instead) = (None, None);
        (self.taken_back, self.unmade) = (None, None);
        self.paths = Remote::default();
        self.pending.clear();
        self.yanks.clear();
    }

    fn expire(&mut self) {
        self.is_dirty = true;
        self.counts.expire();
        self.calls.expire();
        self.stacks.all().for_each(|view| view.expire());
    }

    fn contexts(&self) -> Vec<&'static str> {
        let mut contexts = self.stacks.front_ref().contexts().to_vec();
        if self.is_card_shown() {
            contexts = vec!["card"];
        }
        contexts.push("global");
        contexts
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Vec<Effect> {
        self.is_dirty = true;
        let answer = match answer {
            Answer::Runs(runs) => {
                let mut pending = self.pending.iter();
                let Some(at) = pending.position(|(open, _)| *open == ticket) else {
                    return vec![];
                };
                let (_, then) = self.pending.remove(at);
                return self.looked_up(then, runs);
            }
            Answer::Yank(text) => {
                let mut yanks = self.yanks.iter();
                let Some(at) = yanks.position(|(open, _)| *open == ticket) else {
                    return vec![];
                };
                let (_, what) = self.yanks.remove(at);
                return self.yanked(what, text);
            }
            Answer::News(news) if self.calls.awaits(ticket) => return self.heard(news),
            Answer::Candidates(found) if self.candidates.awaits(ticket) => {
                if let (Some(Overlay::Palette(palette)), Ok(found)) =
                    (self.overlays.last_mut(), &found)
                {
                    palette.found(found.clone());
                }
                self.candidates.answer(found);
                return vec![];
            }
            Answer::Paths(result) if self.paths.awaits(ticket) => {
                if let (Some(Overlay::Version(form)), Ok(found)) =
                    (self.overlays.last_mut(), &result)
                {
                    form.found(found.clone());
                }
                self.paths.answer(result);
                return vec![];
            }
            Answer::Counts(result) if self.counts.awaits(ticket) => {
                self.counts.answer(result);
                return vec![];
            }
            Answer::Offers(result) if self.offers.awaits(ticket) => {
                if let Some(Overlay::Form(form)) = self.overlays.last_mut() {
                    form.offered(result);
                }
                self.offers = Remote::default();
                return vec![];
            }
            Answer::Names(result) if self.names.awaits(ticket) => {
                match (self.overlays.last_mut(), result) {
                    (Some(Overlay::Picker(picker)), result) => picker.named(result),
                    (Some(Overlay::Prompt(prompt)), Ok(names)) => prompt.recall.named(&names),
                    (Some(Overlay::Menu(menu)), Ok(names)) => menu.named(&names),
                    (Some(Overlay::Line(line)), Ok(names)) => line.named(&names),
                    _ => {}
                }
                self.names = Remote::default();
                return vec![];
            }
            answer => answer,
        };
        let mut left = Some(answer);
        for view in self.stacks.all() {
            let Some(answer) = left else { break };
            left = view.loaded(ticket, answer);
        }
        vec![]
    }

    /// Runs of this person ended badly: says so, and calls them where they may not look.
    fn heard(&mut self, news: ops::Result<News>) -> Vec<Effect> {
        let told = self.calls.answer(news);
        for text in &told {
            self.say(Level::Warn, text.clone());
        }
        let [first, more @ ..] = &told[..] else {
            return vec![];
        };
        if self.notify == Notify::None || !self.calls.is_due(self.shared.now) {
            return vec![];
        }
        let call = match more.len() {
            0 => first.clone(),
            more => format!("{first}, and {more} more"),
        };
        vec![Effect::Call(call)]
    }

    fn done(&mut self, done: Done) {
        self.expire();
        match (&done.verb, &done.result) {
            (Verb::Trash(ids, _), Ok(_)) => self.stacks.all().for_each(|view| view.forget(ids)),
            (Verb::Data(DataVerb::Trash(ids, _) | DataVerb::Restore(ids)), Ok(_)) => {
                self.stacks.all().for_each(|view| view.forget_versions(ids));
            }
            // They leave the list of the trash alone.
            (Verb::Restore(ids), Ok(_)) if self.shows_trash() => self.stacks.front().forget(ids),
            _ => {}
        }
        match (done.verb, done.result) {
            (Verb::Train { .. }, Err(error)) => match self.overlays.last_mut() {
                Some(Overlay::Form(form)) => form.refused(error),
                _ => self.complain(&error),
            },
            (Verb::Train { .. }, Ok(said)) => {
                if matches!(self.overlays.last(), Some(Overlay::Form(_))) {
                    self.overlays.pop();
                }
                self.say(Level::Info, said.text);
                if let Some(run) = said.run {
                    self.open(&Place::of(Spot::Run(run)));
                }
            }
            (Verb::Data(DataVerb::Add(_, work)), result) => self.added(&work, result),
            (verb, Ok(said)) => self.say_done(&verb, said),
            (_, Err(error)) => self.complain(&error),
        }
    }

    /// Is the list in front one of runs in the trash?
    fn shows_trash(&self) -> bool {
        let list = self.stacks.front_ref().list();
        list.is_some_and(|list| list.filter.filter.is_about_trash())
    }

    fn say(&mut self, level: Level, text: impl Into<String>) {
        self.toasts.say(level, text.into(), self.shared.now);
        self.is_dirty = true;
    }

    /// What was remarked of a list is not true of the next.
    fn take_remark_back(&mut self) {
        if let Some(remark) = self.remark.take() {
            self.toasts.take_back(&remark);
        }
    }

    fn complain(&mut self, error: &ops::Error) {
        self.say(Level::Error, error.with_hint());
    }
}

#[cfg(test)]
mod looks;
#[cfg(test)]
mod tests;
