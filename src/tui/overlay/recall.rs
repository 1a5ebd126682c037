//! What a filter can be made of without typing it: those that were kept before, and the names that it can use.

use std::collections::BTreeMap;

use strum::IntoEnumIterator as _;

use super::input::Input;
use crate::{
    domain::{
        filter::{Expr, FIELDS, Field, Filter, Op, TRASH, Test, Value},
        runs::{RunKind, StateWord},
    },
    ops::runs::Names,
    tui::action::Action,
};

#[derive(Debug, Default)]
pub struct Recall {
    /// Filters that were kept, the newest last.
    history: Vec<String>,
    /// Which of them stands in the input, and what stood there before.
    recalled: Option<(usize, String)>,
    /// Saved filters, fields, metrics and parameters, as a filter writes them.
    words: Vec<String>,
    /// What runs have in fields, by their names.
    values: BTreeMap<&'static str, Vec<String>>,
    offered: Option<Offered>,
}

/// Words for the end of a text.
#[derive(Debug)]
struct Offered {
    before: String,
    words: Vec<String>,
    at: usize,
    /// The text as it was made of the word.
    text: String,
}

/// So many filters are remembered.
pub const MOST: usize = 50;

impl Recall {
    pub fn of(history: Vec<String>) -> Self {
        let words = FIELDS.iter().map(|(field, _)| format!("{field}:"));
        let states = StateWord::iter().map(|word| word.to_string());
        let kinds = [RunKind::Train, RunKind::Command].map(|kind| kind.to_string());
        let values = [
            ("state", states.collect()),
            ("kind", kinds.to_vec()),
            ("in", vec![TRASH.to_owned()]),
        ];
        Self {
            history,
            words: words.collect(),
            values: BTreeMap::from(values),
            ..Self::default()
        }
    }

    /// Takes in what the store knows.
    pub fn named(&mut self, names: &Names) {
        self.values.extend(names.values.clone());
        let plain = |name: &&String| !name.contains(|c: char| c.is_whitespace() || c == '"');
        let filters = names.filters.iter().map(|name| format!("@{name}"));
        let metrics = names.metrics.iter().filter(plain).cloned();
        let params = names.params.iter().filter(plain);
        let params = params.map(|name| format!("p.{name}"));
        self.words = filters
            .chain(std::mem::take(&mut self.words))
            .chain(metrics)
            .chain(params)
            .collect();
    }

    /// Up and down walk through the filters that were kept, Tab completes the last word. Says whether the text changed.
    pub fn act(&mut self, action: Option<Action>, input: &mut Input) -> bool {
        let text = match action {
            Some(Action::Up) => self.earlier(&input.text),
            Some(Action::Down) => self.later(),
            Some(Action::NextPane) => self.complete(&input.text, 1),
            Some(Action::PreviousPane) => self.complete(&input.text, -1),
            _ => None,
        };
        let is_new = text.is_some();
        if let Some(text) = text {
            *input = Input::of(&text);
        }
        is_new
    }

    fn earlier(&mut self, text: &str) -> Option<String> {
        let (at, typed) = match &self.recalled {
            Some((at, typed)) => (*at, typed.clone()),
            None => (self.history.len(), text.to_owned()),
        };
        let at = at.checked_sub(1)?;
        self.recalled = Some((at, typed));
        self.history.get(at).cloned()
    }

    fn later(&mut self) -> Option<String> {
        let (at, typed) = self.recalled.take()?;
        match self.history.get(at + 1) {
            Some(text) => {
                self.recalled = Some((at + 1, typed));
                Some(text.clone())
            }
            None => Some(typed),
        }
    }

    fn complete(&mut self, text: &str, by: isize) -> Option<String> {
        let is_known = self
            .offered
            .as_ref()
            .is_some_and(|offered| offered.text == text);
        if !is_known {
            let (from, words) = match last_value(text) {
                Some((from, field)) => (from, self.values_of(field, &text[from..])),
                None => (last_word(text), self.names(&text[last_word(text)..])),
            };
            self.offered = Some(Offered {
                before: text[..from].to_owned(),
                words,
                at: usize::MAX,
                text: text.to_owned(),
            });
        }
        let offered = self
            .offered
            .as_mut()
            .filter(|offered| !offered.words.is_empty())?;
        let count = offered.words.len();
        offered.at = match (offered.at, by) {
            (usize::MAX, 1) => 0,
            (usize::MAX, _) => count - 1,
            (at, by) => (at + count).saturating_add_signed(by) % count,
        };
        offered.text = offered.before.clone() + &offered.words[offered.at];
        Some(offered.text.clone())
    }
    /// The names that begin so.
    fn names(&self, begun: &str) -> Vec<String> {
        let begun = begun.to_lowercase();
        let fits = |word: &&String| word.to_lowercase().starts_with(&begun);
        // Begun with the name of a parameter, its prefix is understood.
        let is_param = |word: &&String| {
            let name = word.strip_prefix("p.");
            name.is_some_and(|name| name.to_lowercase().starts_with(&begun))
        };
        let words = self.words.iter();
        let words = words.filter(|word| fits(word) || is_param(word));
        words.cloned().collect()
    }

    /// The values of a field that begin so.
    fn values_of(&self, field: &Field, begun: &str) -> Vec<String> {
        let begun = begun.trim_start_matches('"').to_lowercase();
        let name = FIELDS.iter().find(|(_, known)| known == field);
        let values = name.and_then(|(name, _)| self.values.get(name));
        let values = values.into_iter().flatten();
        let values = values.filter(|value| value.to_lowercase().starts_with(&begun));
        values.map(|value| written(field, value)).collect()
    }
}

/// Where the value begins that a filter ends in, and the field that it is of; `None` where it ends in no value of a field.
fn last_value(text: &str) -> Option<(usize, &'static Field)> {
    let from = text
        .rfind(|c: char| c.is_whitespace() || c == '(')
        .map_or(0, |at| at + 1);
    let term = &text[from..];
    let op = term.find([':', '='])?;
    let name = term[..op]
        .trim_start_matches(['-', '!'])
        .trim_end_matches('!');
    let (_, field) = FIELDS.iter().find(|(known, _)| *known == name)?;
    let begins = term.rfind('|').filter(|at| op < *at).unwrap_or(op) + 1;
    Some((from + begins, field))
}

/// A value as a filter writes it: in quotes, where it must be.
fn written(field: &Field, value: &str) -> String {
    let test = Test {
        field: field.clone(),
        op: Op::Is,
        values: vec![Value::Text(value.to_owned())],
    };
    let whole = Filter::from(Expr::Test(test)).to_string();
    let value = whole.split_once(':').map(|(_, value)| value);
    value.unwrap_or_default().to_owned()
}

/// Where the last word of a filter begins: behind a blank, a bracket, an alternative, or the sign that turns it round.
fn last_word(text: &str) -> usize {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '(' | '|');
    let from = text.rfind(is_end).map_or(0, |at| at + 1);
    let signs = text[from..].find(|c: char| !matches!(c, '-' | '!'));
    from + signs.unwrap_or(text.len() - from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recall() -> Recall {
        let mut recall = Recall::of(vec!["state:done".into(), "tag:junk".into()]);
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        recall.named(&Names {
            params: owned(&["optimiser.lr", "two words"]),
            metrics: owned(&["val/auc", "val/loss"]),
            filters: owned(&["night"]),
            values: BTreeMap::from([
                ("experiment", owned(&["demand", "fraud", "fraud-2"])),
                ("preset", owned(&["two words"])),
                ("user", owned(&["ana"])),
            ]),
        });
        recall
    }

    #[test]
    fn tab_walks_through_the_names_that_the_last_word_begins() {
        let cases = [
            ("@n", vec!["@night"]),
            ("state:done -(@", vec!["state:done -(@night"]),
            ("x|va", vec!["x|val/auc", "x|val/loss", "x|val/auc"]),
            ("-VAL/L", vec!["-val/loss"]),
            ("opt", vec!["p.optimiser.lr"]),
            ("nam", vec!["name:"]),
        ];
        for (text, wanted) in cases {
            let (mut recall, mut input) = (recall(), Input::of(text));
            for wanted in wanted {
                assert!(recall.act(Some(Action::NextPane), &mut input), "{text}");
                assert_eq!(input.text, wanted, "{text}");
            }
        }
        let (mut recall, mut input) = (recall(), Input::of("val/"));
        recall.act(Some(Action::PreviousPane), &mut input);
        assert_eq!(input.text, "val/loss");
        let mut nothing = Input::of("zzz");
        assert!(!recall.act(Some(Action::NextPane), &mut nothing));
        assert_eq!(nothing.text, "zzz");
    }

    #[test]
    fn up_goes_back_through_the_filters_that_were_kept_and_down_returns() {
        let (mut recall, mut input) = (recall(), Input::of("ty"));
        let mut walk = |action: Action| {
            recall.act(Some(action), &mut input);
            input.text.clone()
        };
        let walked = [
            Action::Up,
            Action::Up,
            Action::Up,
            Action::Down,
            Action::Down,
        ]
        .map(&mut walk);
        assert_eq!(
            walked,
            ["tag:junk", "state:done", "state:done", "tag:junk", "ty"]
        );
    }

    #[test]
    fn tab_behind_a_field_walks_through_its_values() {
        let cases = [
            ("state:fa", vec!["state:failed"]),
            (
                "-state:done|st",
                vec!["-state:done|stalled", "-state:done|stopped"],
            ),
            (
                "experiment:f",
                vec!["experiment:fraud", "experiment:fraud-2"],
            ),
            ("experiment=fraud-", vec!["experiment=fraud-2"]),
            ("(user:", vec!["(user:ana"]),
            ("kind:", vec!["kind:train", "kind:command"]),
            ("in:", vec!["in:trash"]),
            ("preset:t", vec!["preset:\"two words\""]),
        ];
        for (text, wanted) in cases {
            let (mut recall, mut input) = (recall(), Input::of(text));
            for wanted in wanted {
                assert!(recall.act(Some(Action::NextPane), &mut input), "{text}");
                assert_eq!(input.text, wanted, "{text}");
            }
        }
        // What is no field of the filter has no values.
        let mut nothing = Input::of("val/auc:");
        assert!(!recall().act(Some(Action::NextPane), &mut nothing));
    }
}
