//! Command lines carried out, and what of them waits for a look into the store.

use super::App;
use crate::{
    domain::{
        ids::RunId,
        runs::{Run, Tag},
    },
    ops,
    tui::{
        action::Action,
        command::{self, Live, Step, Wrong},
        effect::{Effect, Verb, Wanted},
        list::RunList,
        overlay::{Overlay, confirm::Confirm, line::CommandLine, messages::Messages, picker::Pick},
        place::{Place, Settings, Spot},
        shared::{Reaction, Reply, Target},
        toast::Level,
        verbs,
        views::{Root, data::Data, groups::Groups},
    },
};

/// What is done with runs once they were looked up.
#[derive(Debug)]
pub(super) enum Then {
    Open,
    Act(Action),
    Tag(Vec<Tag>, Vec<Tag>),
    Note(String),
    /// A question was answered so; what it asked about is looked at once more.
    Confirmed(Box<Confirm>, Verb),
}

/// Lines that are remembered.
const MOST_LINES: usize = 100;

impl App {
    pub(super) fn command_line(&mut self, text: &str) {
        let list = self.stacks.front_ref().list();
        let rows = list.into_iter().flat_map(RunList::rows);
        let mut runs: Vec<String> = rows.map(|row| row.run.name.clone()).collect();
        if runs.is_empty() {
            let targets = self.stacks.front_ref().targets().into_iter();
            runs = targets.map(|target| target.name).collect();
        }
        let live = Live {
            runs,
            metrics: list.map_or(vec![], RunList::metrics),
            themes: self.themes.iter().map(|(name, _)| name.clone()).collect(),
            screens: self.screens.keys().cloned().collect(),
            filters: vec![],
        };
        self.names.want(());
        let line = CommandLine::new(text, self.history.clone(), live);
        self.overlays.push(Overlay::Line(line));
    }

    /// Carries out a line. One that is wrong stays, and says where.
    pub(super) fn command(&mut self, line: &str) -> Vec<Effect> {
        if line.trim().is_empty() {
            self.close_line();
            return vec![];
        }
        self.history.retain(|known| known != line);
        self.history.push(line.to_owned());
        if MOST_LINES < self.history.len() {
            self.history.remove(0);
        }
        match command::read(line).and_then(|step| self.step(step)) {
            Ok(effects) => effects,
            Err(wrong) => {
                self.wrong(wrong);
                vec![]
            }
        }
    }

    /// Says what is wrong with a command: in its line, or where that is closed, as a message.
    fn wrong(&mut self, wrong: Wrong) {
        match self.overlays.last_mut() {
            Some(Overlay::Line(line)) => line.wrong = Some(wrong),
            _ => self.say(Level::Error, wrong.message),
        }
    }

    fn close_line(&mut self) {
        if let Some(Overlay::Line(_)) = self.overlays.last() {
            self.overlays.pop();
        }
    }

    fn step(&mut self, step: Step) -> Result<Vec<Effect>, Wrong> {
        let refused = |why: String| Wrong::new(0, why);
        match step {
            // These wait for an answer, and so does the line.
            Step::Find(name) => return Ok(self.look_up(vec![name], Then::Open)),
            Step::Verb(action, names) if !names.is_empty() => {
                return Ok(self.look_up(names, Then::Act(action)));
            }
            Step::Tag(name, add, remove) => {
                return Ok(self.look_up(vec![name], Then::Tag(add, remove)));
            }
            Step::Note(name, text) => return Ok(self.look_up(vec![name], Then::Note(text))),
            Step::Verb(action, _) => {
                let targets = self.stacks.front_ref().targets();
                if let Some(why) = self.refusal(action, &targets) {
                    return Err(refused(why));
                }
                self.close_line();
                return Ok(self.act(action));
            }
            Step::Sort(sort) => {
                let reaction = self.stacks.front().reply(Reply::Sort(sort));
                if matches!(reaction, Reaction::None) {
                    return Err(refused("there is no list here to put in order".to_owned()));
                }
            }
            Step::Group(by) => {
                self.close_line();
                return Ok(self.group(&by));
            }
            Step::Save(name) => {
                let list = self.stacks.front_ref().list();
                let filter = list.map(|list| list.filter.filter.clone());
                let why = match &filter {
                    _ if self.shared.is_read_only => "this screen is read only",
                    None => "there is no list here whose filter could be kept",
                    Some(filter) if filter.is_empty() => "there is no filter in force",
                    Some(_) => "",
                };
                let Some(filter) = filter.filter(|_| why.is_empty()) else {
                    return Err(refused(why.to_owned()));
                };
                self.close_line();
                return Ok(vec![Effect::Do(Verb::Save(name, filter))]);
            }
            Step::Theme(name) => {
                let themes = self.themes.iter();
                let Some((_, theme)) = themes.clone().find(|(known, _)| *known == name) else {
                    let names: Vec<&str> = themes.map(|(name, _)| name.as_str()).collect();
                    let message = format!("there is no theme {name:?}: {}", names.join(", "));
                    return Err(refused(message));
                };
                self.shared.look.theme = *theme;
            }
            Step::ReadOnly(false) if !self.is_read_only_asked => {
                if self.shared.is_read_only {
                    let message = "the configuration says that this screen is read only";
                    return Err(refused(message.to_owned()));
                }
            }
            Step::ReadOnly(is_on) => {
                self.is_read_only_asked |= is_on && !self.shared.is_read_only;
                self.shared.is_read_only = is_on;
            }
            Step::Screen(name) => {
                let effects = self.choose_screen(&name).map_err(refused)?;
                self.close_line();
                return Ok(effects);
            }
            step => {
                self.close_line();
                return Ok(self.step_at_once(step));
            }
        }
        self.close_line();
        Ok(vec![])
    }

    /// What cannot be refused.
    fn step_at_once(&mut self, step: Step) -> Vec<Effect> {
        match step {
            Step::Act(action) => return self.act(action),
            Step::Go(root, filter) => self.go(root, filter),
            Step::DataTrash => {
                self.stacks.go(Root::Data);
                self.open(&Data::trash());
            }
            Step::Open(place) => self.open(&place),
            Step::Rate(rate) => {
                self.rate = rate;
                return vec![Effect::Pace(self.pace())];
            }
            Step::Charset(charset) => self.shared.look.charset = charset,
            Step::Metric(metric) => self.shared.metric = metric,
            Step::Mouse(is_on) => return self.set_mouse(is_on),
            Step::Messages => self.show_messages(),
            Step::Quit => self.how = Some(crate::tui::How::Quit),
            _ => {}
        }
        vec![]
    }

    /// The runs in front by the values that they have.
    fn group(&mut self, by: &str) -> Vec<Effect> {
        let picked = Reply::Picked(Pick::Parameter, vec![by.to_owned()]);
        let reaction = self.stacks.front().reply(picked);
        if !matches!(reaction, Reaction::None) {
            return self.react(reaction);
        }
        let list = self.stacks.front_ref().list();
        let filter = list.map_or(String::new(), |list| list.filter.text.clone());
        let metric = list.and_then(|list| list.metrics().into_iter().next());
        let settings = Groups::settings(by, metric.as_deref(), &filter);
        self.open(&Place {
            spot: Spot::Groups,
            settings,
        });
        vec![]
    }

    pub(super) fn show_messages(&mut self) {
        let kept = self.toasts.kept().cloned().collect();
        self.overlays.push(Overlay::Messages(Messages::new(kept)));
    }

    /// To a root, with its list filtered so.
    pub(super) fn go(&mut self, root: Root, filter: Option<String>) {
        self.stacks.go(root);
        self.take_remark_back();
        let Some(text) = filter else { return };
        if self.stacks.is_root() {
            self.reply(Reply::Filter(text));
        } else {
            let settings = Settings::default().with("filter", text);
            let spot = Spot::Root(root);
            self.open(&Place { spot, settings });
        }
    }

    fn look_up(&mut self, names: Vec<String>, then: Then) -> Vec<Effect> {
        let ticket = self.tickets.draw();
        self.pending.push((ticket, then));
        vec![Effect::Runs(ticket, Wanted::Named(names))]
    }

    /// A question was answered: its targets are looked at once more before anything is done.
    pub(super) fn confirmed(&mut self, verb: Verb) -> Vec<Effect> {
        let Some(Overlay::Confirm(asked)) = self.overlays.pop() else {
            return vec![Effect::Do(verb)];
        };
        let ids: Vec<RunId> = asked.asked_of().collect();
        if ids.is_empty() {
            // On what is no run: whether it can be done is seen when it is done.
            return vec![Effect::Do(verb)];
        }
        let ticket = self.tickets.draw();
        let then = Then::Confirmed(Box::new(asked), verb);
        self.pending.push((ticket, then));
        vec![Effect::Runs(ticket, Wanted::These(ids))]
    }

    /// The runs were looked up.
    pub(super) fn looked_up(&mut self, then: Then, runs: ops::Result<Vec<Run>>) -> Vec<Effect> {
        let runs = match runs {
            Ok(runs) => runs,
            Err(error) if matches!(self.overlays.last(), Some(Overlay::Line(_))) => {
                self.wrong(Wrong::new(0, error.with_hint()));
                return vec![];
            }
            Err(error) => {
                self.complain(&error);
                return vec![];
            }
        };
        let targets: Vec<Target> = runs.iter().map(Target::from).collect();
        let action = match &then {
            Then::Open => None,
            Then::Act(action) => Some(*action),
            Then::Tag(..) => Some(Action::Tag),
            Then::Note(_) => Some(Action::Note),
            Then::Confirmed(asked, _) => Some(asked.action()),
        };
        if let Some(why) = action.and_then(|action| self.refusal(action, &targets)) {
            let is_asked = matches!(then, Then::Confirmed(..));
            match is_asked {
                true => self.say(Level::Warn, why),
                false => self.wrong(Wrong::new(0, why)),
            }
            return vec![];
        }
        match then {
            Then::Open => {
                self.close_line();
                if let [run] = &runs[..] {
                    self.open(&Place::of(Spot::Run(run.id)));
                }
            }
            Then::Act(action) => {
                self.close_line();
                return self.react(verbs::reaction(action, &targets, &self.shared));
            }
            Then::Tag(add, remove) => {
                self.close_line();
                let verb = |target: &Target| Verb::Tag(target.id, add.clone(), remove.clone());
                return self.change(Verb::each(targets.iter().map(verb)), &targets);
            }
            Then::Note(text) => {
                self.close_line();
                let verb = |target: &Target| Verb::Note(target.id, text.clone());
                return self.change(Verb::each(targets.iter().map(verb)), &targets);
            }
            Then::Confirmed(asked, verb) => {
                let Some(news) = asked.change(&targets) else {
                    return self.change(verb, &targets);
                };
                let again = verbs::reaction(asked.action(), &targets, &self.shared);
                if let Reaction::Overlay(overlay) = again
                    && let Overlay::Confirm(confirm) = *overlay
                {
                    self.overlays.push(Overlay::Confirm(confirm.changed(news)));
                }
            }
        }
        vec![]
    }
}
