//! The words of a line, and what each command makes of them.

use super::{Step, Wrong};
use crate::{
    domain::filter::{self, Filter},
    ops::runs::Sort,
    tui::{action::Action, place::Place, verbs, views::Root},
};

/// A line from where it is not read yet.
pub struct Rest<'a> {
    pub line: &'a str,
    pub at: usize,
}

impl<'a> Rest<'a> {
    /// The next word, with the byte where it begins.
    pub fn word(&mut self) -> Option<(usize, &'a str)> {
        let rest = &self.line[self.at..];
        let start = self.at + rest.len() - rest.trim_start().len();
        let rest = &self.line[start..];
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        self.at = start + end;
        (0 < end).then(|| (start, &rest[..end]))
    }

    /// All that is left, without the blanks around it.
    pub fn tail(&mut self) -> (usize, &'a str) {
        let rest = &self.line[self.at..];
        let start = self.at + rest.len() - rest.trim_start().len();
        self.at = self.line.len();
        (start, rest.trim())
    }

    pub fn is_done(&self) -> bool {
        self.line[self.at..].trim().is_empty()
    }

    /// The step, if nothing is left.
    pub fn only(&mut self, step: Step) -> Result<Step, Wrong> {
        self.end().map(|()| step)
    }

    pub fn end(&mut self) -> Result<(), Wrong> {
        match self.word() {
            None => Ok(()),
            Some((at, word)) => Err(Wrong::new(at, format!("{word:?} is one word too many"))),
        }
    }

    pub fn need(&mut self, what: &str) -> Result<(usize, &'a str), Wrong> {
        let end = self.line.len();
        self.word()
            .ok_or_else(|| Wrong::new(end, format!("{what} is missing")))
    }

    /// The only word that is left.
    pub fn last(&mut self, what: &str) -> Result<String, Wrong> {
        let (_, word) = self.need(what)?;
        self.end()?;
        Ok(word.to_owned())
    }

    pub fn one_of<T: Copy + ToString>(&mut self, known: &[T]) -> Result<T, Wrong> {
        let names: Vec<String> = known.iter().map(ToString::to_string).collect();
        let (at, word) = self.need(&names.join(", "))?;
        let found = names.iter().position(|name| name == word);
        let found = found.ok_or_else(|| {
            let message = format!("{word:?} is none of {}", names.join(", "));
            Wrong::new(at, message)
        })?;
        self.end()?;
        Ok(known[found])
    }

    pub fn on_off(&mut self) -> Result<bool, Wrong> {
        Ok(self.one_of(&["on", "off"])? == "on")
    }
}

pub fn go(root: Root, rest: &mut Rest<'_>) -> Result<Step, Wrong> {
    let (at, tail) = rest.tail();
    if tail.is_empty() {
        return Ok(Step::Go(root, None));
    }
    let Some(filter) = tail.strip_prefix('/') else {
        let message = "write a filter with / before it, or a verb: stop, tag";
        return Err(Wrong::new(at, message));
    };
    if let Err(error) = Filter::parse(filter) {
        let hint = error.hint.map_or(String::new(), |hint| format!(", {hint}"));
        let message = format!("{}{hint}", error.message);
        return Err(Wrong::new(at + 1 + error.span.start, message));
    }
    Ok(Step::Go(root, Some(filter.to_owned())))
}

pub fn open(rest: &mut Rest<'_>) -> Result<Step, Wrong> {
    let (at, word) = rest.need("a run's name, or a link")?;
    let step = match word.parse::<Place>() {
        Ok(place) => Step::Open(place),
        Err(error) if word.contains("://") => return Err(Wrong::new(at, error.to_string())),
        Err(_) => Step::Find(word.to_owned()),
    };
    rest.only(step)
}

pub fn verb(action: Action, rest: &mut Rest<'_>) -> Result<Step, Wrong> {
    let names = std::iter::from_fn(|| rest.word()).map(|(_, name)| name.to_owned());
    Ok(Step::Verb(action, names.collect()))
}

pub fn tag(rest: &mut Rest<'_>) -> Result<Step, Wrong> {
    let (_, name) = rest.need("a run's name")?;
    let (at, text) = rest.tail();
    let (add, remove) = verbs::tags(text).map_err(|why| Wrong::new(at, why))?;
    if add.is_empty() && remove.is_empty() {
        return Err(Wrong::new(at, "a tag is missing"));
    }
    Ok(Step::Tag(name.to_owned(), add, remove))
}

pub fn note(rest: &mut Rest<'_>) -> Result<Step, Wrong> {
    let (_, name) = rest.need("a run's name")?;
    Ok(Step::Note(name.to_owned(), rest.tail().1.to_owned()))
}

pub fn sort(rest: &mut Rest<'_>) -> Result<Step, Wrong> {
    let (at, word) = rest.need("a field or a metric")?;
    let (name, is_reverse) = match word.strip_prefix('-') {
        Some(name) => (name, true),
        None => (word, false),
    };
    let sort = Sort::parse(name, is_reverse);
    let sort = sort.map_err(|error| Wrong::new(at, error.with_hint()))?;
    rest.only(Step::Sort(sort))
}

pub fn save(rest: &mut Rest<'_>) -> Result<Step, Wrong> {
    let (at, word) = rest.need("@ and a name")?;
    let name = word.strip_prefix('@').filter(|name| filter::is_name(name));
    let name = name.ok_or_else(|| {
        let message = format!("{word:?} is no @ and a name of letters, digits, `-`, `_` and `.`");
        Wrong::new(at, message)
    })?;
    rest.only(Step::Save(name.to_owned()))
}
