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
}

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
            let table = self.0.entry(context).or_default();
            for text in texts {
                let keys = checked(name, text, action)?;
                if let Some(other) = table.get(&keys) {
                    return Err(Wrong::Duplicate {
                        name: name.clone(),
                        keys: text.clone(),
                        other: other.name().to_owned(),
                    });
                }
                table.insert(keys, action);
            }
        }
        Ok(self)
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
            Wrong::UnknownAction {
                name: name.to_owned(),
                hint: nearest(name, names.iter().map(String::as_str)).map(str::to_owned),
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
    pub fn bindings(&self, contexts: &[&str]) -> Vec<(Action, Vec<Keys>)> {
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
mod tests {
    use super::*;

    const CONTEXTS: [&str; 9] = [
        "global", "card", "list", "table", "bench", "runs", "live", "jobs", "overlay",
    ];

    fn chords(text: &str) -> Vec<Chord> {
        text.parse::<Keys>().unwrap().0
    }

    fn remap(name: &str, keys: &[&str]) -> Result<Keymap, Wrong> {
        let keys = keys.iter().map(|keys| (*keys).to_owned()).collect();
        Keymap::shipped().remap(&BTreeMap::from([(name.to_owned(), keys)]))
    }

    #[test]
    fn a_prefix_waits_and_the_nearer_context_wins() {
        let keymap = Keymap::shipped();
        let contexts = ["runs", "list", "global"];
        assert_eq!(keymap.lookup(&contexts, &chords("g")), Lookup::More);
        assert_eq!(
            keymap.lookup(&contexts, &chords("g g")),
            Lookup::Action(Action::First)
        );
        assert_eq!(
            keymap.lookup(&contexts, &chords("g r")),
            Lookup::Action(Action::Runs)
        );
        assert_eq!(
            keymap.lookup(&["live", "list", "global"], &chords("l")),
            Lookup::Action(Action::Right)
        );
        assert_eq!(keymap.lookup(&contexts, &chords("b")), Lookup::Nothing);
    }

    #[test]
    fn every_key_follows_the_rules() {
        let keymap = Keymap::shipped();
        for (context, table) in &keymap.0 {
            assert!(CONTEXTS.contains(&context.as_str()), "{context}");
            for (keys, action) in table {
                assert!(keys.0.len() <= 2, "{keys}");
                assert!(
                    keys.0.iter().all(|chord| chord.forbidden().is_none()),
                    "{keys}"
                );
                assert!(
                    !action.changes_state() || is_verb(keys),
                    "{context}: {keys} changes things"
                );
                assert!(!action.help().is_empty(), "{action:?} has no help");
            }
        }
    }

    #[test]
    fn every_action_has_a_plain_key() {
        let keymap = Keymap::shipped();
        let plain = |keys: &Keys| keys.0.iter().all(|chord| !chord.ctrl);
        // What the terminal's own keys have always meant.
        let usual = [
            Action::Interrupt,
            Action::Suspend,
            Action::Repaint,
            Action::HalfDown,
            Action::HalfUp,
        ];
        for action in Action::iter().filter(|action| !usual.contains(action)) {
            let keys = keymap.keys_of(&CONTEXTS, action);
            let any = keymap
                .0
                .values()
                .flatten()
                .any(|(keys, bound)| *bound == action && plain(keys));
            assert!(any, "{action:?} has only {keys:?}");
        }
    }

    #[test]
    fn one_verb_has_one_key_in_every_view() {
        let keymap = Keymap::shipped();
        for action in Action::iter().filter(|action| action.changes_state()) {
            let mut keys: Vec<String> = keymap
                .0
                .values()
                .flatten()
                .filter(|(_, bound)| **bound == action)
                .map(|(keys, _)| keys.to_string())
                .collect();
            keys.dedup();
            assert_eq!(keys.len(), 1, "{action:?}: {keys:?}");
        }
    }

    #[test]
    fn esc_is_never_the_only_way() {
        let keymap = Keymap::shipped();
        for (context, table) in &keymap.0 {
            for (_, action) in table
                .iter()
                .filter(|(keys, _)| **keys == Keys(chords("esc")))
            {
                let others = table
                    .iter()
                    .filter(|(keys, bound)| *bound == action && **keys != Keys(chords("esc")));
                assert!(0 < others.count(), "{context}");
            }
        }
    }

    #[test]
    fn a_remap_takes_the_old_keys_away() {
        let keymap = remap("runs.sort", &["o"]).unwrap();
        assert_eq!(
            keymap.lookup(&["runs"], &chords("o")),
            Lookup::Action(Action::Sort)
        );
        assert_eq!(keymap.lookup(&["runs"], &chords("s")), Lookup::Nothing);
        assert_eq!(
            remap("runs.sort", &[])
                .unwrap()
                .lookup(&["runs"], &chords("s")),
            Lookup::Nothing
        );
    }

    #[test]
    fn two_actions_may_change_places() {
        let swapped = [("runs.sort", "f"), ("runs.matter", "s")]
            .map(|(name, key)| (name.to_owned(), vec![key.to_owned()]));
        let keymap = Keymap::shipped().remap(&swapped.into()).unwrap();
        for (key, action) in [("f", Action::Sort), ("s", Action::Matter)] {
            let typed: Keys = key.parse().unwrap();
            assert_eq!(keymap.lookup(&["runs"], &typed.0), Lookup::Action(action));
        }
    }

    #[test]
    fn a_wrong_remap_says_what_to_write() {
        let cases = [
            (
                "runs.srt",
                "o",
                r#"keys."runs.srt": no such action; "runs.sort" is one"#,
            ),
            (
                "runs.sort",
                "ctrl-s",
                r#"keys."runs.sort": "ctrl-s" cannot be bound: a terminal or multiplexer takes it, or sends it for another key"#,
            ),
            (
                "runs.sort",
                "alt-x",
                r#"keys."runs.sort": "alt-x" cannot be bound: terminals send alt as escape and a key"#,
            ),
            (
                "runs.sort",
                "/",
                r#"keys."runs.sort": "/" is bound to "filter" already"#,
            ),
            (
                "runs.sort",
                "entr",
                r#"keys."runs.sort": "entr" is not a key; "enter" is"#,
            ),
            (
                "global.stop",
                "x",
                r#"keys."global.stop": "x" would change things: verbs are upper case, or '+' and '-'"#,
            ),
        ];
        for (name, keys, message) in cases {
            assert_eq!(remap(name, &[keys]).unwrap_err().to_string(), message);
        }
    }
}
