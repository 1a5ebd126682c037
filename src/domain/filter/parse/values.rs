//! What stands behind an operator: texts, states, amounts and ranges, one or a list of them.

use std::{borrow::Cow, ops::Range};

use strum::IntoEnumIterator as _;

use super::{
    Op, Result,
    cursor::{Parser, op_at},
};
use crate::domain::{
    filter::{Amount, Field, TRASH, Value, amounts::Wants},
    runs::{RunKind, StateWord},
    text::{nearest, shortened},
};

/// Characters of a part of the filter that are said again in a message.
const LONGEST: usize = 60;

impl Parser<'_> {
    pub fn value(&mut self, field: &Field, op: Op, start: usize) -> Result<Value> {
        let from = self.at;
        if self.peek() == Some('"') {
            let text = self.quoted()?;
            return self.quoted_value(field, op, text, from..self.at);
        }
        let len = self
            .rest()
            .find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '|' | '"'))
            .unwrap_or(self.rest().len());
        self.at += len;
        let (word, place) = (&self.text[from..self.at], from..self.at);
        if word.is_empty() {
            let before = quoted(&self.text[start..from]);
            return Err(self.wrong(
                start..from,
                format!("a value is missing after {before}"),
                example(field),
            ));
        }
        self.bare_value(field, op, word, place)
    }

    fn quoted_value(
        &self,
        field: &Field,
        op: Op,
        text: String,
        place: Range<usize>,
    ) -> Result<Value> {
        let is_text = matches!(Wants::of(field), Wants::Text | Wants::Loose);
        if is_text && matches!(op, Op::Is | Op::Equal | Op::NotEqual) {
            return Ok(Value::Text(text));
        }
        Err(self.wrong(
            place,
            format!("{} is compared with no text", quoted(&field.to_string())),
            example(field),
        ))
    }

    fn bare_value(&self, field: &Field, op: Op, word: &str, place: Range<usize>) -> Result<Value> {
        let equality = matches!(op, Op::Is | Op::Equal | Op::NotEqual);
        let wants = Wants::of(field);
        let refuse = |hint| {
            Err(self.wrong(
                place.clone(),
                format!(
                    "{:?} is no value of {}",
                    quoted(word),
                    quoted(&field.to_string())
                ),
                hint,
            ))
        };
        match wants {
            Wants::Text => return Ok(Value::Text(word.to_owned())),
            Wants::State => {
                return match word.parse() {
                    Ok(state) => Ok(Value::State(state)),
                    Err(_) => refuse(choices(word, StateWord::iter())),
                };
            }
            Wants::Kind => {
                return match word.parse() {
                    Ok(kind) => Ok(Value::Kind(kind)),
                    Err(_) => refuse(choices(
                        word,
                        [RunKind::Train, RunKind::Command].into_iter(),
                    )),
                };
            }
            Wants::Place => {
                return match word {
                    TRASH => Ok(Value::Text(word.to_owned())),
                    _ => refuse(example(field)),
                };
            }
            Wants::Loose | Wants::Number | Wants::Span | Wants::Moment => {}
        }
        let amount = |text: &str| {
            let (from, to) = wants.read(text)?;
            let written = text.to_owned();
            Some(Amount { written, from, to })
        };
        if let Some(amount) = amount(word) {
            if amount.from.is_nan() && !equality {
                return refuse(Some(format!(
                    "nothing is less or more than nan: write {field}:nan"
                )));
            }
            return Ok(Value::Amount(amount));
        }
        if let Some((from, to)) = word.split_once("..").filter(|_| equality)
            && (from.is_empty() || amount(from).is_some())
            && (to.is_empty() || amount(to).is_some())
            && !(from.is_empty() && to.is_empty())
        {
            return Ok(Value::Range(amount(from), amount(to)));
        }
        match wants {
            Wants::Loose if equality => Ok(Value::Text(word.to_owned())),
            _ => refuse(example(field)),
        }
    }

    /// Is the `|` ahead part of a list? Not where a test of its own follows: `a:1|b:2`.
    pub fn list_goes_on(&self) -> bool {
        let Some(next) = self.rest().strip_prefix('|') else {
            return false;
        };
        if next.starts_with('"') {
            return true;
        }
        let name: &str = next.trim_start_matches(['-', '!']);
        if name.is_empty() || next.starts_with(|c: char| c.is_whitespace() || "()|".contains(c)) {
            return false;
        }
        let end = name
            .find(|c: char| c.is_whitespace() || "()|\":=<>!".contains(c))
            .unwrap_or(name.len());
        let is_named = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
        !(is_named && op_at(&name[end..]).is_some())
    }
}

/// A part of the filter as a message names it, however long it is.
pub(super) fn quoted(part: &str) -> Cow<'_, str> {
    shortened(part, LONGEST)
}

fn choices<T: std::fmt::Display>(word: &str, all: impl Iterator<Item = T>) -> Option<String> {
    let all: Vec<String> = all.map(|choice| choice.to_string()).collect();
    Some(match nearest(word, all.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("one of {}", all.join(", ")),
    })
}

fn example(field: &Field) -> Option<String> {
    let name = quoted(&field.to_string()).into_owned();
    Some(match Wants::of(field) {
        Wants::Text => format!("for example {name}:word"),
        Wants::State => format!("for example {name}:running"),
        Wants::Kind => format!("{name}:train or {name}:command"),
        Wants::Place => format!("write {name}:{TRASH}"),
        Wants::Number | Wants::Loose => {
            format!("numbers are 3, .4, 1e-4, 20k, 30%, nan: {name}<0.4")
        }
        Wants::Span => format!("spans have a unit: {name}<2h30m"),
        Wants::Moment => format!("a day or a moment: {name}>=2026-10-01"),
    })
}
