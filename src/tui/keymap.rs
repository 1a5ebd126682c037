//! Which keys mean what: one table by context, from which the help is made too.

use std::collections::{BTreeMap, HashMap};

use crossterm::event::KeyCode;
use strum::IntoEnumIterator as _;

use super::{
    action::Action,
    chord::{Chord, Keys, NotAKey},
};
use crate::domain::text::nearest;

/// Context, keys, action.
#[derive(Clone, Debug)]
pub struct Keymap(HashMap<String, HashMap<Keys, Action>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    Action(Action),
    /// A longer binding starts like this.
    More,
    Nothing,
}

/// What is wrong with the keys of a config. The caller names the file.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Wrong {
    #[error("keys.{name:?}: no such action{}", hint.as_ref().map(|name| format!("; {name:?} is one")).unwrap_or_default())]
    UnknownAction { name: String, hint: Option<String> },
    #[error("keys.{name:?}: {source}")]
    NotAKey { name: String, source: NotAKey },
    #[error("keys.{name:?}: {keys:?} cannot be bound: {why}")]
    Forbidden {
        name: String,
        keys: String,
        why: &'static str,
    },
    #[error("keys.{name:?}: {keys:?} would change things: verbs are upper case, or '+' and '-'")]
    LowerCase { name: String, keys: String },
    #[error("keys.{name:?}: {keys:?} is bound to {other:?} already")]
    Duplicate {
        name: String,
        keys: String,
        other: String,
    },
    #[error(
        "keys.{name:?}: {keys:?} and {others:?}, which is bound to {other:?}, begin alike: one is never reached"
    )]
    Hides {
        name: String,
        keys: String,
        others: String,
        other: String,
    },
}

impl Wrong {
    /// The name in the config that it stands at.
    pub fn name(&self) -> &str {
        match self {
            Self::UnknownAction { name, .. }
            | Self::NotAKey { name, .. }
            | Self::Forbidden { name, .. }
            | Self::LowerCase { name, .. }
            | Self::Duplicate { name, .. }
            | Self::Hides { name, .. } => name,
        }
    }
}

/// The context whose keys work in every view.
const EVERYWHERE: &str = "global";
/// What lies over a view has keys of its own: none of the view's reach it.
const OVER: &str = "overlay";

impl Default for Keymap {
    fn default() -> Self {
        Self::shipped()
    }
}

/// Actions with the keys that reach each of them.
pub type Bindings = Vec<(Action, Vec<Keys>)>;

impl Keymap {
    /// The keys that Sconce ships.
    pub fn shipped() -> Self {
        let table: HashMap<String, HashMap<String, Action>> =
            toml::from_str(include_str!("../../assets/keymap.toml"))
                .expect("a test reads assets/keymap.toml");
        let parse = |(keys, action): (String, Action)| {
            (
                keys.parse().expect("a test reads assets/keymap.toml"),
                action,
            )
        };
        Self(
            table
                .into_iter()
                .map(|(context, keys)| (context, keys.into_iter().map(parse).collect()))
                .collect(),
        )
    }

    /// Gives actions other keys: `runs.sort` to `["o"]` takes the old keys of `sort` in `runs` away; an empty list unbinds.
    pub fn remap(mut self, keys: &BTreeMap<String, Vec<String>>) -> Result<Self, Wrong> {
        let named: Vec<(String, Action)> = keys
            .keys()
            .map(|name| self.named(name))
            .collect::<Result<_, _>>()?;
        // All old keys go before the first new one comes, so that two actions may change places.
        for (context, action) in &named {
            let table = self.0.entry(context.clone()).or_default();
            table.retain(|_, bound| bound != action);
        }
        for ((name, texts), (context, action)) in keys.iter().zip(named) {
            for text in texts {
                let keys = checked(name, text, action)?;
                self.refuse_taken(name, text, &context, &keys)?;
                let table = self.0.entry(context.clone()).or_default();
                table.insert(keys, action);
            }
        }
        Ok(self)
    }

    /// No key has two meanings in a view, and none is the beginning of another.
    fn refuse_taken(&self, name: &str, text: &str, context: &str, new: &Keys) -> Result<(), Wrong> {
        let meets = |other: &str| {
            let is_global = [context, other].contains(&EVERYWHERE);
            other == context || is_global && ![context, other].contains(&OVER)
        };
        for (other, table) in self.0.iter().filter(|(other, _)| meets(other)) {
            for (keys, bound) in table {
                let (name, text) = (name.to_owned(), text.to_owned());
                let bound = format!("{other}.{}", bound.name());
                if keys == new {
                    return Err(Wrong::Duplicate {
                        name,
                        keys: text,
                        other: bound,
                    });
                }
                if keys.0.starts_with(&new.0) || new.0.starts_with(&keys.0) {
                    return Err(Wrong::Hides {
                        name,
                        keys: text,
                        others: keys.to_string(),
                        other: bound,
                    });
                }
            }
        }
        Ok(())
    }

    fn named(&self, name: &str) -> Result<(String, Action), Wrong> {
        let known = name.split_once('.').and_then(|(context, action)| {
            let action: Action = action.parse().ok()?;
            self.0[context_of(&self.0, context)?]
                .values()
                .any(|bound| *bound == action)
                .then(|| (context.to_owned(), action))
        });
        known.ok_or_else(|| {
            let names = self.names();
            let action = name.rsplit('.').next().unwrap_or_default();
            let same = names
                .iter()
                .find(|known| known.ends_with(&format!(".{action}")));
            let near = || nearest(name, names.iter().map(String::as_str));
            Wrong::UnknownAction {
                name: name.to_owned(),
                hint: same.map(String::as_str).or_else(near).map(str::to_owned),
            }
        })
    }

    /// Every action that has a key, as a config names it.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .0
            .iter()
            .flat_map(|(context, keys)| {
                keys.values()
                    .map(move |action| format!("{context}.{}", action.name()))
            })
            .collect();
        names.sort();
        names.dedup();
        names
    }

    /// Every action with its keys by context: those that work everywhere first, those of what lies over a view last.
    pub fn contexts(&self) -> Vec<(&str, Bindings)> {
        let mut names: Vec<&str> = self.0.keys().map(String::as_str).collect();
        names.sort_by_key(|name| (*name == OVER, *name != EVERYWHERE, *name != "list", *name));
        names
            .into_iter()
            .map(|name| (name, self.bindings(&[name])))
            .collect()
    }

    /// What of the rules for keys is broken. A config that breaks one is refused before: this is for the shipped table, and
    /// for whoever doubts.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = vec![];
        for (context, table) in &self.0 {
            for (keys, action) in table {
                let name = format!("{context}.{}", action.name());
                if let Err(wrong) = checked(&name, &keys.to_string(), *action) {
                    faults.push(wrong.to_string());
                }
                let longer =
                    |other: &&Keys| keys.0.len() < other.0.len() && other.0.starts_with(&keys.0);
                for other in table.keys().filter(longer) {
                    faults.push(format!(
                        "keys.{name:?}: {keys} keeps {other} from being typed"
                    ));
                }
                if action.help().is_empty() {
                    faults.push(format!("keys.{name:?}: the help does not name it"));
                }
                if action.changes_state() && action.command().is_none() {
                    faults.push(format!("keys.{name:?}: no command does the same"));
                }
            }
        }
        for action in Action::iter().filter(|action| action.changes_state()) {
            let mut keys: Vec<String> = self
                .0
                .values()
                .flatten()
                .filter(|(_, bound)| **bound == action)
                .map(|(keys, _)| keys.to_string())
                .collect();
            keys.sort();
            keys.dedup();
            if 1 < keys.len() {
                faults.push(format!(
                    "{}: a verb has one key in all views, not {}",
                    action.name(),
                    keys.join(" and ")
                ));
            }
        }
        faults.sort();
        faults
    }

    /// Earlier contexts shadow later ones.
    pub fn lookup(&self, contexts: &[&str], typed: &[Chord]) -> Lookup {
        let tables = || contexts.iter().filter_map(|context| self.0.get(*context));
        let wanted = Keys(typed.to_vec());
        if let Some(action) = tables().find_map(|table| table.get(&wanted)) {
            return Lookup::Action(*action);
        }
        let starts = |keys: &Keys| typed.len() < keys.0.len() && keys.0.starts_with(typed);
        match tables().any(|table| table.keys().any(starts)) {
            true => Lookup::More,
            false => Lookup::Nothing,
        }
    }

    /// What can follow the keys typed so far: the rest of the keys, and the action.
    pub fn continuations(&self, contexts: &[&str], typed: &[Chord]) -> Vec<(Keys, Action)> {
        self.bindings(contexts)
            .into_iter()
            .flat_map(|(action, keys)| keys.into_iter().map(move |keys| (keys, action)))
            .filter(|(keys, _)| typed.len() < keys.0.len() && keys.0.starts_with(typed))
            .map(|(keys, action)| (Keys(keys.0[typed.len()..].to_vec()), action))
            .collect()
    }

    /// Actions with the keys that reach them in these contexts, in the order of `Action`.
    pub fn bindings(&self, contexts: &[&str]) -> Bindings {
        Action::iter()
            .map(|action| (action, self.keys_of(contexts, action)))
            .filter(|(_, keys)| !keys.is_empty())
            .collect()
    }

    /// The keys of an action: Enter, then the shortest to write first.
    pub fn keys_of(&self, contexts: &[&str], action: Action) -> Vec<Keys> {
        let mut keys: Vec<Keys> = contexts
            .iter()
            .filter_map(|context| self.0.get(*context))
            .flat_map(|table| table.iter().filter(|(_, bound)| **bound == action))
            .map(|(keys, _)| keys.clone())
            .filter(|keys| self.lookup(contexts, &keys.0) == Lookup::Action(action))
            .collect();
        let is_enter = |keys: &Keys| keys.0 == [Chord::plain(KeyCode::Enter)];
        keys.sort_by_key(|keys| {
            (
                !is_enter(keys),
                keys.0.len(),
                keys.to_string().len(),
                keys.to_string(),
            )
        });
        keys.dedup();
        keys
    }
}

fn context_of<'a>(
    tables: &'a HashMap<String, HashMap<Keys, Action>>,
    name: &str,
) -> Option<&'a str> {
    tables.get_key_value(name).map(|(name, _)| name.as_str())
}

fn checked(name: &str, text: &str, action: Action) -> Result<Keys, Wrong> {
    let keys: Keys = text.parse().map_err(|source| Wrong::NotAKey {
        name: name.to_owned(),
        source,
    })?;
    if let Some(why) = keys.0.iter().find_map(|chord| chord.forbidden()) {
        return Err(Wrong::Forbidden {
            name: name.to_owned(),
            keys: text.to_owned(),
            why,
        });
    }
    let usual = [('c', Action::Interrupt), ('z', Action::Suspend)];
    let is_usual = |chord: &Chord, (c, meaning): &(char, Action)| {
        chord.ctrl && chord.code == KeyCode::Char(*c) && action != *meaning
    };
    if keys
        .0
        .iter()
        .any(|chord| usual.iter().any(|usual| is_usual(chord, usual)))
    {
        return Err(Wrong::Forbidden {
            name: name.to_owned(),
            keys: text.to_owned(),
            why: "it keeps its usual meaning",
        });
    }
    if action.changes_state() && !is_verb(&keys) {
        return Err(Wrong::LowerCase {
            name: name.to_owned(),
            keys: text.to_owned(),
        });
    }
    Ok(keys)
}

fn is_verb(keys: &Keys) -> bool {
    let typed = |chord: &Chord| chord.typed();
    keys.0.len() == 1
        && keys
            .0
            .iter()
            .filter_map(typed)
            .any(|c| c.is_uppercase() || matches!(c, '+' | '-'))
}

#[cfg(test)]
mod tests;
