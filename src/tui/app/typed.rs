//! Keys and pastes: to the overlay in front, then to the view, then to the screen as a whole.

use crossterm::event::{Event as Input, KeyEventKind};
use ratatui::layout::Rect;

use super::{App, INTERRUPT_MS, MOST_HELD, StoreState};
use crate::{
    domain::{ids::RunId, time::Timestamp},
    tui::{
        How,
        action::Action,
        chord::{Chord, Keys},
        chrome,
        effect::{Effect, Verb, data_tags},
        keymap::Lookup,
        overlay::{
            Key, Outcome, Overlay,
            form::Form,
            help::{Binding, Help},
            prompt::Purpose,
        },
        place::{Place, Spot},
        shared::{Reaction, Reply, Target},
        toast::Level,
        verbs,
        views::{Root, stacks::Stacks},
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
            Input::Mouse(event) => self.mouse(event),
            Input::FocusGained => self.focused(true),
            Input::FocusLost => self.focused(false),
            _ => vec![],
        }
    }

    fn focused(&mut self, has_focus: bool) -> Vec<Effect> {
        self.calls.has_focus = Some(has_focus);
        vec![]
    }

    pub(super) fn key(&mut self, chord: Chord) -> Vec<Effect> {
        self.is_dirty = true;
        self.toasts.dismiss_trouble();
        if !self.fits() {
            return self.small_key(chord);
        }
        if !self.held.is_empty() {
            if !self.cuts_in(chord) {
                self.hold(&[chord]);
                return vec![];
            }
            self.held.clear();
        }
        self.press(chord)
    }

    /// Leaving and giving up wait for nothing.
    fn cuts_in(&self, chord: Chord) -> bool {
        use Action::{Back, Escape, Interrupt, Repaint, Suspend};
        matches!(
            self.keymap.lookup(&["global"], &[chord]),
            Lookup::Action(Back | Escape | Interrupt | Repaint | Suspend)
        )
    }

    fn hold(&mut self, chords: &[Chord]) {
        let room = MOST_HELD.saturating_sub(self.held.len());
        self.held.extend(chords.iter().take(room));
    }

    /// Presses the keys that were typed ahead, as far as what they act on is there.
    pub(super) fn release(&mut self) -> Vec<Effect> {
        let mut effects = vec![];
        while let Some(chord) = self.held.pop_front() {
            let rest = std::mem::take(&mut self.held);
            effects.extend(self.press(chord));
            let must_wait_on = !self.held.is_empty();
            self.held.extend(rest);
            if must_wait_on {
                break;
            }
        }
        effects
    }

    /// Does what this action acts on come first?
    fn must_wait(&self, action: Action) -> bool {
        use Action::{
            Back, Backward, Command, Demo, Escape, Forward, Freeze, Help, Interrupt, LastView,
            Messages, Palette, Refresh, Repaint, Suspend,
        };
        let waits_for_nothing = matches!(
            action,
            Back | Backward | Demo | Escape | Forward | Freeze | Help | Interrupt | LastView
        ) || matches!(
            action,
            Refresh | Repaint | Suspend | Command | Messages | Palette
        ) || Root::of(action).is_some();
        if waits_for_nothing {
            return false;
        }
        match self.store {
            StoreState::Opening => true,
            StoreState::Open if self.is_card_shown() => false,
            StoreState::Open => self.stacks.front_ref().awaits(action),
            StoreState::Failed(_) => false,
        }
    }

    fn press(&mut self, chord: Chord) -> Vec<Effect> {
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
            Lookup::Action(action) if self.must_wait(action) => {
                self.hold(&typed.0);
                vec![]
            }
            Lookup::Action(action) => self.act(action),
            // Leaving a prefix is no mistake.
            _ if typed.0.len() == 2 && self.leaves(&typed.0[1..]) => vec![],
            _ => {
                let message = format!("{}: not bound here, ? for keys", typed.short());
                self.say(Level::Warn, message);
                vec![]
            }
        }
    }

    fn leaves(&self, chords: &[Chord]) -> bool {
        self.keymap.lookup(&["global"], chords) == Lookup::Action(Action::Escape)
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
            Some((outcome, pasted)) => {
                if let Some(remark) = pasted.remark() {
                    self.say(Level::Warn, remark);
                }
                self.settle(outcome)
            }
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
            Outcome::Close => {
                if matches!(self.overlays.pop(), Some(Overlay::Confirm(_))) {
                    self.say(Level::Info, "nothing was changed");
                }
            }
            Outcome::Act(action) => {
                self.overlays.pop();
                return self.act(action);
            }
            Outcome::Do(verb) => return self.confirmed(verb),
            Outcome::Command(line) => return self.command(&line),
            Outcome::Pick(name, does) => {
                self.overlays.pop();
                return self.picked(name, does);
            }
            Outcome::Copy(what, text) => return vec![Effect::Copy(what.to_owned(), text)],
            Outcome::Point(at) => {
                self.overlays.pop();
                self.point(at);
            }
            Outcome::Try(verb) => return vec![Effect::Do(verb)],
            Outcome::Add(new) => return self.add(new),
            Outcome::Sort(sort) => {
                self.overlays.pop();
                return self.reply(Reply::Sort(sort));
            }
            Outcome::Reply { reply, is_over } => {
                if is_over {
                    self.overlays.pop();
                }
                return self.reply(reply);
            }
            Outcome::Typed(Purpose::Filter, text) => return self.reply(Reply::Filter(text)),
            Outcome::Typed(Purpose::Search, text) => return self.search(text, false),
            Outcome::Typed(..) => {}
            Outcome::Abandoned(purpose, text) => {
                self.overlays.pop();
                match purpose {
                    Purpose::Filter => return self.reply(Reply::Filter(text)),
                    Purpose::Search => return self.search(text, true),
                    _ => {}
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
            Purpose::Filter => return self.reply(Reply::Filter(text.to_owned())),
            Purpose::Search => return self.search(text.to_owned(), true),
            Purpose::Note(id) => {
                let targets = self.stacks.front_ref().targets();
                return self.change(Verb::Note(*id, text.to_owned()), &targets);
            }
            Purpose::Tags(ids) => match verbs::tags(text) {
                Ok((add, remove)) if add.is_empty() && remove.is_empty() => {}
                Ok((add, remove)) => {
                    let verb = |id: &RunId| Verb::Tag(*id, add.clone(), remove.clone());
                    let targets = self.stacks.front_ref().targets();
                    return self.change(Verb::each(ids.iter().map(verb)), &targets);
                }
                Err(why) => self.say(Level::Error, why),
            },
            Purpose::DataTags(id) => match data_tags(id, text) {
                Ok(verbs) if verbs.is_empty() => {}
                Ok(verbs) => return vec![Effect::Do(Verb::each(verbs))],
                Err(why) => self.say(Level::Error, why),
            },
        }
        vec![]
    }

    fn search(&mut self, text: String, is_whole: bool) -> Vec<Effect> {
        self.reply(Reply::Search { text, is_whole })
    }

    pub(super) fn reply(&mut self, reply: Reply) -> Vec<Effect> {
        self.take_remark_back();
        let reaction = self.stacks.front().reply(reply);
        self.react(reaction)
    }

    /// Does what a person asked for: the view first, then the screen as a whole.
    pub fn act(&mut self, action: Action) -> Vec<Effect> {
        self.is_dirty = true;
        let targets = self.stacks.front_ref().targets();
        if let Some(why) = self.refusal_here(action, &targets) {
            self.say(Level::Warn, why);
            return vec![];
        }
        if action == Action::Undo && self.goes_first(self.stacks.front_ref().undoable()) {
            return self.take_back();
        }
        if self.is_open() && !self.is_card_shown() {
            let shared = self.shared.clone();
            let mut reaction = self.stacks.front().act(action, &shared);
            if matches!(reaction, Reaction::None) {
                reaction = verbs::reaction(action, &targets, &shared);
            }
            if !matches!(reaction, Reaction::None) {
                return self.react(reaction);
            }
        }
        self.act_globally(action)
    }

    pub(super) fn react(&mut self, reaction: Reaction) -> Vec<Effect> {
        match reaction {
            Reaction::None | Reaction::Done => {}
            Reaction::Do(verb) => return vec![Effect::Do(verb)],
            Reaction::Open(place) => self.open(&place),
            Reaction::Overlay(mut overlay) => {
                if let Overlay::Version(form) = &mut *overlay
                    && let Some(unmade) = self.unmade.take()
                {
                    *form = unmade;
                }
                let awaits_names = match &*overlay {
                    Overlay::Picker(picker) => picker.awaits_names,
                    Overlay::Prompt(prompt) => prompt.purpose == Purpose::Filter,
                    Overlay::Menu(menu) => menu.awaits_names(),
                    _ => false,
                };
                if awaits_names {
                    self.names.want(());
                }
                self.overlays.push(*overlay);
            }
            Reaction::Refuse(why) => self.say(Level::Warn, why),
        }
        vec![]
    }

    /// Why an action cannot be done now.
    pub(super) fn refusal(&self, action: Action, targets: &[Target]) -> Option<String> {
        let is_verb = action.changes_state() || matches!(action, Action::Tag | Action::Note);
        match &self.gone {
            // The status says why.
            Some(_) if is_verb => Some("nothing can be changed until then".to_owned()),
            _ => verbs::refusal(action, targets, &self.shared),
        }
    }

    /// The same of what the view in front has: its own verbs, or those on runs.
    pub(super) fn refusal_here(&self, action: Action, targets: &[Target]) -> Option<String> {
        let front = self.stacks.front_ref();
        if self.is_card_shown() || !front.does(action) {
            return self.refusal(action, targets);
        }
        if verbs::is_locked(action, &self.shared) {
            return Some(verbs::LOCKED.to_owned());
        }
        match (&self.gone, &self.adding) {
            (Some(_), _) => Some("nothing can be changed until then".to_owned()),
            (None, Some(_)) if action == Action::Add => {
                Some("a version is being made: one at a time".to_owned())
            }
            _ => front.refuses(action),
        }
    }

    fn act_globally(&mut self, action: Action) -> Vec<Effect> {
        match action {
            action if let Some(root) = Root::of(action) => {
                if self.stacks.go(root) {
                    self.take_remark_back();
                }
            }
            Action::Back => self.back(),
            Action::Escape => {
                self.take_remark_back();
                self.stacks.close();
            }
            Action::LastView => self.moved(Stacks::go_last),
            Action::Backward => self.moved(Stacks::backward),
            Action::Forward => self.moved(Stacks::forward),
            Action::Help => {
                let help = Help::new(self.view_name(), self.bindings(), self.elsewhere());
                self.overlays.push(Overlay::Help(help));
            }
            Action::Command => self.command_line(""),
            Action::Palette => self.open_palette(),
            Action::Messages => self.show_messages(),
            Action::Menu => self.open_menu(),
            Action::Jump => self.open_jump(),
            Action::Undo => return self.take_back(),
            Action::YankId
            | Action::YankName
            | Action::YankPath
            | Action::YankLink
            | Action::YankRow
            | Action::YankJson
            | Action::YankCommand => return self.yank(action),
            Action::Demo => self.how = Some(How::Demo),
            Action::Refresh if self.is_open() && self.gone.is_none() => self.expire(),
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
            other => self.say(Level::Warn, nothing_for(other)),
        }
        vec![]
    }

    pub(super) fn open(&mut self, place: &Place) {
        self.take_remark_back();
        self.stacks.open(place.view());
    }

    /// Another view is in front, if the move could be made.
    fn moved(&mut self, go: impl FnOnce(&mut Stacks) -> bool) {
        if go(&mut self.stacks) {
            self.take_remark_back();
        } else {
            self.say(Level::Info, "there is no view to go to");
        }
    }

    fn back(&mut self) {
        if self.stacks.close() {
            return;
        }
        let is_warned = self.interrupted.is_some_and(|at| self.is_at_once(at));
        if self.adding.is_some() && !is_warned {
            self.interrupted = Some(self.shared.now);
            let text = "once more leaves, and nothing is added";
            return self.say(Level::Warn, text);
        }
        self.how = Some(How::Quit);
    }

    /// Is this so little ago that a second key goes with the first?
    fn is_at_once(&self, before: Timestamp) -> bool {
        self.shared.now.since(before) <= INTERRUPT_MS
    }

    fn interrupt(&mut self) {
        if !self.overlays.is_empty() {
            self.overlays.pop();
            return;
        }
        if self.stop_adding() {
            return;
        }
        match self.interrupted.replace(self.shared.now) {
            Some(before) if self.is_at_once(before) => {
                self.how = Some(How::Quit);
            }
            _ => self.say(Level::Info, "once more to leave"),
        }
    }

    /// Every action that has a key and a use here, and why some cannot be done now.
    pub(super) fn bindings(&self) -> Vec<Binding> {
        let targets = self.stacks.front_ref().targets();
        self.keymap
            .bindings(&self.contexts())
            .into_iter()
            .filter(|(action, _)| self.is_offered(*action))
            .map(|(action, keys)| Binding {
                action,
                label: self.label(action).to_owned(),
                keys,
                refusal: self.refusal_here(action, &targets),
            })
            .collect()
    }

    /// The keys of the other views, for who looks for one of them here.
    pub(super) fn elsewhere(&self) -> Vec<(&'static str, Binding)> {
        let here = self.contexts();
        let views: [(&str, &[&str]); 8] = [
            ("Runs", &["runs"]),
            ("tables", &["table"]),
            ("Compare", &["compare"]),
            ("Groups", &["groups"]),
            ("a run's page", &["live"]),
            ("Data", &["data"]),
            ("Jobs", &["jobs"]),
            ("the welcome", &["card"]),
        ];
        let others = views
            .into_iter()
            .filter(|(_, contexts)| !here.contains(&contexts[0]));
        let bindings = others.flat_map(|(view, contexts)| {
            let bindings = self.keymap.bindings(contexts).into_iter();
            bindings.map(move |(action, keys)| {
                let label = action.help().to_owned();
                (
                    view,
                    Binding {
                        action,
                        label,
                        keys,
                        refusal: None,
                    },
                )
            })
        });
        bindings.collect()
    }

    pub(super) fn is_offered(&self, action: Action) -> bool {
        self.is_card_shown() || self.stacks.front_ref().offers(action)
    }

    /// What an action does here, in words.
    pub(super) fn label(&self, action: Action) -> &'static str {
        let is_root = self.stacks.is_root();
        match action {
            Action::Back if is_root || self.is_card_shown() => "leave",
            Action::Back => "back",
            Action::Resume if self.is_trash_in_front() => "restore: out of the trash",
            action => self
                .stacks
                .front_ref()
                .label(action)
                .unwrap_or_else(|| action.help()),
        }
    }

    /// What kind of view is in front.
    fn view_name(&self) -> String {
        let front = self.stacks.front_ref();
        match front.place().spot {
            _ if self.is_card_shown() => "the welcome".to_owned(),
            Spot::Run(_) => "a run's page".to_owned(),
            Spot::Version(_) => "a data version".to_owned(),
            _ => crate::domain::text::shown(&front.name()),
        }
    }

    /// Are verbs on runs that are in the trash?
    fn is_trash_in_front(&self) -> bool {
        let targets = self.stacks.front_ref().targets();
        targets.iter().any(|target| target.is_trashed)
    }

    /// What the terminal itself refuses.
    pub fn refuse(&mut self, now: Timestamp, why: &str) {
        self.shared.now = now;
        self.say(Level::Warn, why);
    }
}

/// Why a key that has a meaning has none here.
fn nothing_for(action: Action) -> String {
    match action {
        Action::NextPane
        | Action::PreviousPane
        | Action::FocusLeft
        | Action::FocusDown
        | Action::FocusUp
        | Action::FocusRight => "there is no other pane here".to_owned(),
        Action::Zoom => "this pane has all the room already".to_owned(),
        Action::NextSibling | Action::PreviousSibling => "there is no other one here".to_owned(),
        Action::Train => "there is no store to train in".to_owned(),
        action => format!("{}: there is nothing here for it", action.help()),
    }
}
