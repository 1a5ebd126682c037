//! What the palette and the menu of verbs list, and what is done with what was picked.

use super::App;
use crate::{
    domain::filter::{Expr, Field, Filter, Op, Test, Value},
    tui::{
        action::Action,
        chord::Keys,
        command::COMMANDS,
        effect::Effect,
        overlay::{
            Overlay,
            menu::{Choice, Menu, Take},
            palette::{Does, Entry, Palette},
        },
        place::{Place, Spot},
        toast::Level,
        views::Root,
    },
};

/// So many are remembered.
const MOST_RECENT: usize = 20;

impl App {
    pub(super) fn open_palette(&mut self) {
        let palette = Palette::new(self.entries(), self.recent.clone());
        self.overlays.push(Overlay::Palette(palette));
    }

    /// Actions, then commands, then what has a key in other views only.
    fn entries(&self) -> Vec<Entry> {
        let bindings = self.bindings();
        let is_listed = |action: Action| action.section() != "move" && action != Action::Palette;
        let actions = bindings.iter().filter(|binding| is_listed(binding.action));
        let actions = actions.map(|binding| Entry {
            keys: short(&binding.keys),
            label: binding.label.clone(),
            scope: binding.action.section().to_owned(),
            refusal: binding.refusal.clone(),
            does: Does::Act(binding.action),
        });
        // A command without words of its own that is an action has a line already.
        let is_new = |action: Option<Action>| {
            action.is_none_or(|action| bindings.iter().all(|binding| binding.action != action))
        };
        let commands = COMMANDS.iter();
        let commands =
            commands.filter(|command| !command.args.is_empty() || is_new(command.action));
        let commands = commands.map(|command| Entry {
            keys: ":".to_owned(),
            label: format!("{}  {}", command.name, command.help),
            scope: "command".to_owned(),
            refusal: command
                .action
                .and_then(|action| self.refusal_of_all(action)),
            does: match command.args {
                "" => Does::Command(command.name),
                _ => Does::Begin(command.name),
            },
        });
        let elsewhere = self.elsewhere().into_iter().map(|(view, binding)| Entry {
            keys: short(&binding.keys),
            label: binding.label,
            scope: view.to_owned(),
            refusal: None,
            does: Does::Nothing,
        });
        actions.chain(commands).chain(elsewhere).collect()
    }

    /// Why an action can be done with no run at all now.
    fn refusal_of_all(&self, action: Action) -> Option<String> {
        let is_change = action.changes_state() || matches!(action, Action::Tag | Action::Note);
        let is_refused = is_change && (self.shared.is_read_only || self.gone.is_some());
        is_refused.then(|| self.refusal(action, &[])).flatten()
    }

    pub(super) fn picked(&mut self, name: String, does: Does) -> Vec<Effect> {
        self.recent.retain(|known| *known != name);
        self.recent.insert(0, name);
        self.recent.truncate(MOST_RECENT);
        match does {
            Does::Act(action) => return self.act(action),
            Does::Command(line) => return self.command(line),
            Does::Begin(name) => self.command_line(&format!("{name} ")),
            Does::Open(id) => self.open(&Place::of(Spot::Run(id))),
            Does::Tagged(tag) => {
                let test = Test {
                    field: Field::Tag,
                    op: Op::Is,
                    values: vec![Value::Text(tag)],
                };
                let filter = Filter::from(Expr::Test(test)).to_string();
                self.go(Root::Runs, Some(filter));
            }
            Does::Nothing => {}
        }
        vec![]
    }

    /// All verbs on what the cursor stands on, each with its key and why it cannot be done now.
    pub(super) fn open_menu(&mut self) {
        let targets = self.stacks.front_ref().targets();
        let front = self.stacks.front_ref();
        let title = match &targets[..] {
            [] if let Some(name) = front.subject() => crate::domain::text::shown(&name),
            [] => return self.say(Level::Warn, "no run is selected"),
            [target] => crate::domain::text::shown(&target.name),
            many => format!("{} runs", many.len()),
        };
        let is_verb = |action: Action| {
            let others = [Action::Menu, Action::Demo, Action::Train, Action::Undo];
            let is_of_runs = action.section() == "runs" && !others.contains(&action);
            action == Action::Open
                || match front.subject() {
                    Some(_) => front.does(action),
                    None => is_of_runs,
                }
        };
        let bindings = self.bindings().into_iter();
        let choices = bindings.filter(|binding| is_verb(binding.action));
        let choices = choices.filter_map(|binding| {
            let single = |keys: &Keys| match &keys.0[..] {
                [chord] => Some(chord.typed()),
                _ => None,
            };
            let keys = binding.keys.iter();
            let key = keys.filter_map(single).max()?;
            Some(Choice {
                // Letters that move through the menu take nothing in it.
                key: key.filter(|key| !"jklq".contains(*key)),
                label: match binding.refusal {
                    // The reason is worth more than the words of what cannot be done.
                    Some(_) => binding
                        .label
                        .split([':', ';'])
                        .next()
                        .unwrap_or_default()
                        .to_owned(),
                    None => binding.label,
                },
                refusal: binding.refusal,
                take: Take::Act(binding.action),
            })
        });
        let menu = Menu::verbs(title, choices.collect());
        self.overlays.push(Overlay::Menu(menu));
    }
}

fn short(keys: &[Keys]) -> String {
    keys.first().map_or(String::new(), Keys::short)
}
