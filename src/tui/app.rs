//! The whole screen as a value: events in, effects out, and a picture of it on demand. No clock, no disk, no terminal.

use std::{collections::HashMap, time::Duration};

use crossterm::event::{Event as Input, KeyEventKind};
use ratatui::{
    Frame,
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::{
    Ended, How, Options, Rate,
    action::Action,
    chord::{Chord, Keys},
    chrome,
    effect::{Answer, Done, Effect, Verb},
    event::{Event, Link, Ticket, Tickets},
    keymap::{Keymap, Lookup},
    look::Look,
    overlay::{
        Key, Outcome, Overlay,
        form::Form,
        help::{Binding, Help},
        prompt::Purpose,
    },
    remote::Remote,
    shared::{Reaction, Shared, Target},
    toast::{Level, Toasts},
    trouble, verbs,
    views::{Root, View, bench::Bench, card, jobs::Jobs, live::Live, page::Page, runs::Runs},
};
use crate::{
    domain::{ids::RunId, time::Timestamp},
    ops::{self, presets::Offer, runs::Counts},
};

pub struct App {
    shared: Shared,
    keymap: Keymap,
    rate: Rate,
    is_link_slow: bool,
    demo: bool,
    size: Rect,
    store: StoreState,
    root: Root,
    last_root: Root,
    bench: Bench,
    runs: Runs,
    live: Live,
    jobs: Jobs,
    /// The run's page that lies over a view; each view keeps its own.
    pages: HashMap<Root, Page>,
    counts: Remote<(), Counts>,
    offers: Remote<(), Vec<Offer>>,
    overlays: Vec<Overlay>,
    typed: Vec<Chord>,
    typed_at: Timestamp,
    toasts: Toasts,
    /// Since when updates are held, and how many there were since.
    frozen: Option<(Timestamp, u64)>,
    interrupted: Option<Timestamp>,
    followed: Timestamp,
    tickets: Tickets,
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

/// The box of keys that may follow opens after this.
const WHICH_KEY_MS: i64 = 250;
/// Two interrupts within this leave.
const INTERRUPT_MS: i64 = 2_000;

impl App {
    pub fn new(options: &Options, keymap: Keymap, size: (u16, u16), now: Timestamp) -> Self {
        let look = Look {
            theme: options.theme,
            charset: options.charset,
            has_borders: false,
        };
        Self {
            shared: Shared {
                now,
                look,
                store: super::event::Opened::default(),
                metric: options.metric.clone(),
                is_read_only: options.is_read_only,
            },
            keymap,
            rate: options.rate,
            is_link_slow: false,
            demo: options.is_demo,
            size: Rect::new(0, 0, size.0, size.1),
            store: StoreState::Opening,
            root: options.start,
            last_root: Root::Runs,
            bench: Bench::default(),
            runs: Runs::default(),
            live: Live::default(),
            jobs: Jobs::default(),
            pages: HashMap::new(),
            counts: Remote::default(),
            offers: Remote::default(),
            overlays: vec![],
            typed: vec![],
            typed_at: now,
            toasts: Toasts::default(),
            frozen: None,
            interrupted: None,
            followed: now,
            tickets: Tickets::default(),
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
        match event {
            Event::Input(input) => return self.input(input),
            Event::Opened(Ok(opened)) => {
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
                    self.is_dirty = true;
                }
                None => self.expire(),
            },
            Event::WatchFailed(error) => self.complain(&error),
            Event::Loaded(ticket, answer) => self.loaded(ticket, answer),
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
        if self.is_link_slow {
            Rate::Slow.pace()
        } else {
            self.rate.pace()
        }
    }

    /// When something on the screen changes by itself; `None` while nothing does.
    pub fn wake_at(&self) -> Option<Timestamp> {
        let toast = self.toasts.shown().map(|toast| toast.until);
        let which_key =
            (!self.typed.is_empty()).then_some(Timestamp(self.typed_at.0 + WHICH_KEY_MS));
        let which_key = which_key.filter(|at| self.shared.now < *at);
        let pace = i64::try_from(self.pace().as_millis()).unwrap_or(i64::MAX);
        let is_following =
            self.frozen.is_none() && self.is_open() && self.view_ref().is_following();
        let follow = is_following.then_some(Timestamp(self.followed.0 + pace));
        [toast, which_key, follow].into_iter().flatten().min()
    }

    pub fn ended(&self) -> Option<Ended> {
        Some(Ended {
            how: self.how?,
            still_running: self.counts.value.map_or(0, |counts| counts.live),
            host: self.shared.store.host.clone(),
        })
    }

    fn woken(&mut self) {
        let pace = i64::try_from(self.pace().as_millis()).unwrap_or(i64::MAX);
        if self.followed.0 + pace <= self.shared.now.0 {
            self.followed = self.shared.now;
            if self.frozen.is_none() && self.view_ref().is_following() {
                self.view().expire();
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
            StoreState::Open => self.counts.value.is_some_and(|counts| counts.runs == 0),
            StoreState::Opening => false,
        }
    }

    fn expire(&mut self) {
        self.is_dirty = true;
        self.counts.expire();
        let views: [&mut dyn View; 4] = [
            &mut self.bench,
            &mut self.runs,
            &mut self.live,
            &mut self.jobs,
        ];
        views.into_iter().for_each(View::expire);
        self.pages.values_mut().for_each(View::expire);
    }

    /// The view in front: a run's page, or the view below it.
    fn view(&mut self) -> &mut dyn View {
        if let Some(page) = self.pages.get_mut(&self.root) {
            return page;
        }
        match self.root {
            Root::Bench => &mut self.bench,
            Root::Runs => &mut self.runs,
            Root::Live => &mut self.live,
            Root::Jobs => &mut self.jobs,
        }
    }

    fn view_ref(&self) -> &dyn View {
        if let Some(page) = self.pages.get(&self.root) {
            return page;
        }
        match self.root {
            Root::Bench => &self.bench,
            Root::Runs => &self.runs,
            Root::Live => &self.live,
            Root::Jobs => &self.jobs,
        }
    }

    fn contexts(&self) -> Vec<&'static str> {
        let mut contexts = self.view_ref().contexts().to_vec();
        if self.is_card_shown() {
            contexts = vec!["card"];
        }
        contexts.push("global");
        contexts
    }

    // ---- what comes back ----

    fn loaded(&mut self, ticket: Ticket, answer: Answer) {
        self.is_dirty = true;
        let answer = match answer {
            Answer::Counts(result) if self.counts.awaits(ticket) => {
                return self.counts.answer(result);
            }
            Answer::Offers(result) if self.offers.awaits(ticket) => {
                if let Some(Overlay::Form(form)) = self.overlays.last_mut() {
                    form.offered(result);
                }
                self.offers = Remote::default();
                return;
            }
            answer => answer,
        };
        let views: [&mut dyn View; 4] = [
            &mut self.bench,
            &mut self.runs,
            &mut self.live,
            &mut self.jobs,
        ];
        let pages = self.pages.values_mut().map(|page| page as &mut dyn View);
        let mut left = Some(answer);
        for view in views.into_iter().chain(pages) {
            let Some(answer) = left else { return };
            left = view.loaded(ticket, answer);
        }
    }

    fn done(&mut self, done: Done) {
        self.expire();
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
                    self.open(run);
                }
            }
            (_, Ok(said)) => self.say(Level::Info, said.text),
            (_, Err(error)) => self.complain(&error),
        }
    }

    fn say(&mut self, level: Level, text: impl Into<String>) {
        self.toasts.say(level, text.into(), self.shared.now);
        self.is_dirty = true;
    }

    fn complain(&mut self, error: &ops::Error) {
        let hint = error
            .hint
            .as_ref()
            .map_or(String::new(), |hint| format!(": {hint}"));
        self.say(Level::Error, format!("{error}{hint}"));
    }

    // ---- what is typed ----

    fn input(&mut self, input: Input) -> Vec<Effect> {
        match input {
            Input::Key(key) if key.kind != KeyEventKind::Release => self.key(key.into()),
            Input::Paste(text) => self.paste(&text),
            Input::Resize(width, height) => {
                self.size = Rect::new(0, 0, width, height);
                self.is_dirty = true;
                vec![]
            }
            _ => vec![],
        }
    }

    fn key(&mut self, chord: Chord) -> Vec<Effect> {
        self.is_dirty = true;
        self.toasts.dismiss_error();
        if !self.fits() {
            return self.small_key(chord);
        }
        if let Some(overlay) = self.overlays.last_mut() {
            let action = match self.keymap.lookup(&["overlay"], &[chord]) {
                Lookup::Action(action) => Some(action),
                _ => None,
            };
            if let Some(action @ (Action::Suspend | Action::Repaint)) = action {
                return self.act(action);
            }
            let key = Key {
                chord,
                action,
                at: self.shared.now,
            };
            let outcome = overlay.key(key);
            return self.settle(outcome);
        }
        self.typed.push(chord);
        self.typed_at = self.shared.now;
        let lookup = self.keymap.lookup(&self.contexts(), &self.typed);
        if lookup == Lookup::More {
            return vec![];
        }
        let typed = Keys(std::mem::take(&mut self.typed));
        match lookup {
            Lookup::Action(action) => self.act(action),
            _ if typed.0.len() == 2 => {
                // Leaving a prefix is no mistake.
                if !matches!(
                    self.keymap.lookup(&["global"], &typed.0[1..]),
                    Lookup::Action(Action::Escape)
                ) {
                    self.say(
                        Level::Warn,
                        format!("{}: not bound here, ? for keys", typed.short()),
                    );
                }
                vec![]
            }
            _ => {
                self.say(
                    Level::Warn,
                    format!("{}: not bound here, ? for keys", typed.short()),
                );
                vec![]
            }
        }
    }

    fn fits(&self) -> bool {
        chrome::LEAST.0 <= self.size.width && chrome::LEAST.1 <= self.size.height
    }

    /// Where nothing can be shown, leaving still works.
    fn small_key(&mut self, chord: Chord) -> Vec<Effect> {
        match self.keymap.lookup(&["global"], &[chord]) {
            Lookup::Action(Action::Back) => {
                self.how = Some(How::Quit);
                vec![]
            }
            Lookup::Action(action @ (Action::Interrupt | Action::Suspend | Action::Repaint)) => {
                self.act(action)
            }
            _ => vec![],
        }
    }

    fn paste(&mut self, text: &str) -> Vec<Effect> {
        self.is_dirty = true;
        match self
            .overlays
            .last_mut()
            .and_then(|overlay| overlay.paste(text))
        {
            Some(outcome) => self.settle(outcome),
            None => {
                self.say(Level::Warn, "a paste goes into inputs only");
                vec![]
            }
        }
    }

    /// Carries out what an overlay came to.
    fn settle(&mut self, outcome: Outcome) -> Vec<Effect> {
        match outcome {
            Outcome::Stay => {}
            Outcome::Close => _ = self.overlays.pop(),
            Outcome::Act(action) => {
                self.overlays.pop();
                return self.act(action);
            }
            Outcome::Do(verb) => return self.confirmed(verb),
            Outcome::Try(verb) => return vec![Effect::Do(verb)],
            Outcome::Sort(sort) => {
                self.overlays.pop();
                self.runs.list.sort = sort;
            }
            Outcome::Typed(Purpose::Filter, text) => self.runs.list.set_filter(&text),
            Outcome::Typed(..) => {}
            Outcome::Abandoned(purpose, text) => {
                self.overlays.pop();
                if purpose == Purpose::Filter {
                    self.runs.list.set_filter(&text);
                }
            }
            Outcome::Entered(purpose, text) => {
                self.overlays.pop();
                return self.entered(&purpose, &text);
            }
        }
        vec![]
    }

    fn entered(&mut self, purpose: &Purpose, text: &str) -> Vec<Effect> {
        match purpose {
            Purpose::Filter => self.runs.list.set_filter(text),
            Purpose::Note(id) => return vec![Effect::Do(Verb::Note(*id, text.to_owned()))],
            Purpose::Tags(id) => match verbs::tags(text) {
                Ok((add, remove)) if add.is_empty() && remove.is_empty() => {}
                Ok((add, remove)) => return vec![Effect::Do(Verb::Tag(*id, add, remove))],
                Err(why) => self.say(Level::Error, why),
            },
        }
        vec![]
    }

    /// A question was answered: done, unless what it asked about has changed meanwhile; then it is asked anew.
    fn confirmed(&mut self, verb: Verb) -> Vec<Effect> {
        let asked = match self.overlays.pop() {
            Some(Overlay::Confirm(confirm)) => Some(confirm.asked_of),
            _ => None,
        };
        let target = self.view_ref().target();
        let changed = asked
            .zip(target)
            .filter(|((id, word), target)| *id == target.id && *word != target.state.word());
        let Some(((_, was), target)) = changed else {
            return vec![Effect::Do(verb)];
        };
        if let Some(why) = verbs::refusal(Action::Stop, Some(&target), &self.shared) {
            self.say(Level::Warn, why);
        } else {
            let confirm = verbs::stop(&target, &self.shared).changed(was);
            self.overlays.push(Overlay::Confirm(confirm));
        }
        vec![]
    }

    /// Does what a person asked for: the view first, then the screen as a whole.
    pub fn act(&mut self, action: Action) -> Vec<Effect> {
        self.is_dirty = true;
        let target = self.view_ref().target();
        if let Some(why) = verbs::refusal(action, target.as_ref(), &self.shared) {
            self.say(Level::Warn, why);
            return vec![];
        }
        if self.is_open() && !self.is_card_shown() {
            let shared = self.shared.clone();
            let mut reaction = self.view().act(action, &shared);
            if let (Reaction::None, Some(target)) = (&reaction, &target) {
                reaction = verbs::reaction(action, target, &shared);
            }
            match reaction {
                Reaction::None => {}
                Reaction::Done => return vec![],
                Reaction::Do(verb) => return vec![Effect::Do(verb)],
                Reaction::Open(run) => {
                    self.open(run);
                    return vec![];
                }
                Reaction::Overlay(overlay) => {
                    self.overlays.push(*overlay);
                    return vec![];
                }
                Reaction::Refuse(why) => {
                    self.say(Level::Warn, why);
                    return vec![];
                }
            }
        }
        self.act_globally(action)
    }

    fn act_globally(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Back => self.back(),
            Action::Escape => _ = self.pages.remove(&self.root),
            Action::Bench => self.go(Root::Bench),
            Action::Runs => self.go(Root::Runs),
            Action::Live => self.go(Root::Live),
            Action::Jobs => self.go(Root::Jobs),
            Action::LastView => self.go(self.last_root),
            Action::Help => self
                .overlays
                .push(Overlay::Help(Help::new(self.bindings()))),
            Action::Demo => self.how = Some(How::Demo),
            Action::Refresh if self.is_open() => self.expire(),
            Action::Refresh => {
                self.store = StoreState::Opening;
                return vec![Effect::Open];
            }
            Action::Freeze => match self.frozen.take() {
                Some(_) => self.expire(),
                None => self.frozen = Some((self.shared.now, 0)),
            },
            Action::Train if self.is_open() => {
                self.overlays.push(Overlay::Form(Form::default()));
                self.offers.want(());
            }
            Action::Interrupt => self.interrupt(),
            Action::Suspend => return vec![Effect::Suspend],
            Action::Repaint => return vec![Effect::Repaint],
            other => self.say(
                Level::Warn,
                format!("{}: nothing to do it to here", other.help()),
            ),
        }
        vec![]
    }

    fn open(&mut self, run: RunId) {
        self.pages.insert(self.root, Page::of(run));
    }

    fn go(&mut self, root: Root) {
        if root != self.root {
            self.last_root = std::mem::replace(&mut self.root, root);
        }
    }

    fn back(&mut self) {
        if self.pages.remove(&self.root).is_none() {
            self.how = Some(How::Quit);
        }
    }

    fn interrupt(&mut self) {
        if !self.overlays.is_empty() {
            self.overlays.pop();
            return;
        }
        match self.interrupted.replace(self.shared.now) {
            Some(before) if self.shared.now.since(before) <= INTERRUPT_MS => {
                self.how = Some(How::Quit);
            }
            _ => self.say(Level::Info, "once more to leave"),
        }
    }

    /// Every action that has a key here, and why some cannot be done now.
    fn bindings(&self) -> Vec<Binding> {
        let target: Option<Target> = self.view_ref().target();
        self.keymap
            .bindings(&self.contexts())
            .into_iter()
            .map(|(action, keys)| Binding {
                action,
                keys,
                refusal: verbs::refusal(action, target.as_ref(), &self.shared),
            })
            .collect()
    }

    /// What the terminal itself refuses.
    pub fn refuse(&mut self, now: Timestamp, why: &str) {
        self.shared.now = now;
        self.say(Level::Warn, why);
    }

    // ---- what is seen ----

    /// Draws the whole screen from its state.
    pub fn view_frame(&mut self, frame: &mut Frame<'_>) {
        let area = frame.area();
        self.size = area;
        self.cursor = None;
        self.shared.look.has_borders = 100 <= area.width;
        let buffer = frame.buffer_mut();
        if self.fits() {
            self.draw(buffer, area);
        } else if !area.is_empty() {
            chrome::too_small(buffer, area, &self.shared.look);
        }
        self.shared.look.charset.spell(frame.buffer_mut());
        self.is_dirty = false;
        if let Some(cursor) = self.cursor {
            frame.set_cursor_position(cursor);
        }
    }

    /// Where the cursor of an input stands in the last frame.
    pub fn cursor(&self) -> Option<Position> {
        self.cursor
    }

    /// What the last frame showed and lacks.
    pub fn ask(&mut self) -> Vec<Effect> {
        if !self.is_open() {
            return vec![];
        }
        self.counts.want(());
        let mut effects: Vec<Effect> = self
            .counts
            .ask(&mut self.tickets)
            .map(|(ticket, ())| Effect::Counts(ticket))
            .into_iter()
            .collect();
        effects.extend(
            self.offers
                .ask(&mut self.tickets)
                .map(|(ticket, ())| Effect::Offers(ticket)),
        );
        let mut tickets = std::mem::take(&mut self.tickets);
        effects.extend(self.view().ask(&mut tickets));
        self.tickets = tickets;
        effects
    }

    fn draw(&mut self, buffer: &mut Buffer, area: Rect) {
        let rows = chrome::rows(area);
        let shared = self.shared.clone();
        let look = &shared.look;
        if !rows.tabs.is_empty() {
            chrome::tabs(buffer, rows.tabs, look, self.root);
        }
        match &self.store {
            StoreState::Open if self.is_card_shown() => {
                card::draw(buffer, rows.body, &shared, true);
            }
            StoreState::Open => self.view().draw(buffer, rows.body, &shared),
            StoreState::Opening => {}
            StoreState::Failed(_) if self.is_card_shown() => {
                card::draw(buffer, rows.body, &shared, false);
            }
            StoreState::Failed(error) => trouble::draw(buffer, rows.body, look, error),
        }
        if let Some(remark) = self.view().remark() {
            self.say(Level::Info, remark);
        }
        let counts = chrome::counts(look, self.counts.value.unwrap_or_default());
        let mut crumb = self.view_ref().crumb();
        if self.pages.contains_key(&self.root) {
            crumb = format!("{} > {crumb}", self.root.title().to_lowercase());
        }
        chrome::crumb(buffer, rows.crumb, look, &crumb, counts);
        if !rows.status.is_empty() {
            chrome::status(
                buffer,
                rows.status,
                look,
                &self.banners(),
                &self.facts(),
                self.toasts.shown(),
            );
        }
        chrome::hints(buffer, rows.hints, look, &self.hints());
        if rows.status.is_empty()
            && let Some(toast) = self.toasts.shown()
        {
            // Where there is no status line, news borrow that of the hints.
            buffer.set_style(rows.hints, ratatui::style::Style::reset());
            for cell in rows.hints.positions() {
                buffer[cell].set_symbol(" ");
            }
            chrome::status(buffer, rows.hints, look, &[], "", Some(toast));
        }
        let above_hints = Rect {
            height: area.height - rows.hints.height,
            ..area
        };
        if let Some(overlay) = self.overlays.last_mut() {
            self.cursor = overlay.draw(buffer, above_hints, &shared);
        } else if !self.typed.is_empty() && WHICH_KEY_MS <= shared.now.since(self.typed_at) {
            let choices = self.keymap.continuations(&self.contexts(), &self.typed);
            let typed = Keys(self.typed.clone()).short();
            chrome::which_key(buffer, above_hints, look, &typed, &choices);
        }
    }

    fn hints(&self) -> Vec<(Keys, Action)> {
        let contexts = self.contexts();
        let wanted: &[Action] = if self.is_card_shown() {
            &[Action::Demo, Action::Train, Action::Back]
        } else if self.is_open() {
            self.view_ref().hints()
        } else {
            &[Action::Refresh, Action::Back]
        };
        let actions = wanted.iter().copied().chain([Action::Back, Action::Help]);
        let mut hints: Vec<(Keys, Action)> = vec![];
        for action in actions {
            let key = self.keymap.keys_of(&contexts, action).into_iter().next();
            if let Some(keys) = key.filter(|_| hints.iter().all(|(_, other)| *other != action)) {
                hints.push((keys, action));
            }
        }
        hints
    }

    fn banners(&self) -> Vec<String> {
        let mut banners = vec![];
        if let Some((since, missed)) = self.frozen {
            let ago = crate::domain::time::Span(self.shared.now.since(since));
            banners.push(format!("FROZEN {ago} · {missed} newer"));
        }
        if self.shared.is_read_only {
            banners.push("READ-ONLY".into());
        }
        if self.demo {
            banners.push("DEMO".into());
        }
        banners
    }

    fn facts(&self) -> String {
        let store = match &self.store {
            StoreState::Opening => "opening the store …".to_owned(),
            StoreState::Open => format!("{}@{}", self.shared.store.actor, self.shared.store.host),
            StoreState::Failed(_) => "no store".to_owned(),
        };
        let rate = if self.is_link_slow {
            Rate::Slow
        } else {
            self.rate
        };
        match rate {
            Rate::Local => store,
            rate => format!("{store}  {rate} {}s", rate.pace().as_secs()),
        }
    }
}

#[cfg(test)]
mod tests;
