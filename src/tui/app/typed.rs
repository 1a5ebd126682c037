//! Keys and pastes: to the overlay in front, then to the view, then to the screen as a whole.

use crossterm::event::{Event as Input, KeyEventKind};
use ratatui::layout::Rect;

use super::{App, INTERRUPT_MS, StoreState};
use crate::{
    domain::{ids::RunId, time::Timestamp},
    tui::{
        How,
        action::Action,
        chord::{Chord, Keys},
        chrome,
        effect::{Effect, Verb},
        keymap::Lookup,
        overlay::{
            Key, Outcome, Overlay,
            form::Form,
            help::{Binding, Help},
            prompt::Purpose,
        },
        shared::{Reaction, Target},
        toast::Level,
        verbs,
        views::{Root, page::Page},
    },
};

impl App {
    pub(super) fn input(&mut self, input: Input) -> Vec<Effect> {
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

    pub(super) fn fits(&self) -> bool {
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
                self.runs.set_sort(sort);
            }
            Outcome::Typed(Purpose::Filter, text) => self.runs.set_filter(&text),
            Outcome::Typed(..) => {}
            Outcome::Abandoned(purpose, text) => {
                self.overlays.pop();
                if purpose == Purpose::Filter {
                    self.runs.set_filter(&text);
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
            Purpose::Filter => self.runs.set_filter(text),
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

    pub(super) fn open(&mut self, run: RunId) {
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
}
