//! The commands of `:`: one table, from which the line is read and completed, and the palette and the help are made.
//!
//! ```text
//! verb [object] [arguments] [/filter]        :runs /state:failed    :runs stop brave-otter-7    :set mouse on
//! ```

mod complete;
mod parse;
mod table;

use self::parse::Rest;
pub use self::{
    complete::{Live, completions},
    table::COMMANDS,
};
use super::{Rate, action::Action, glyphs::Charset, place::Place, views::Root};
use crate::{
    domain::{runs::Tag, text::nearest},
    ops::runs::Sort,
};

/// A line of the table.
pub struct Command {
    /// One word or two: `runs stop`.
    pub name: &'static str,
    /// What may follow, as the help writes it.
    pub args: &'static str,
    pub help: &'static str,
    /// What each word after the name is; the last may come again.
    takes: &'static [Takes],
    /// The action that it is; where that cannot be done, neither can this.
    pub action: Option<Action>,
    read: fn(&mut Rest<'_>) -> Result<Step, Wrong>,
}

/// What a word of a command is, so that it can be completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Run,
    Order,
    Group,
    Filter,
    Theme,
    Screen,
    Rate,
    Charset,
    Metric,
    OnOff,
    Text,
}

/// What a command comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Act(Action),
    /// To a root; the list there is filtered anew where a text is given.
    Go(Root, Option<String>),
    /// To the data versions in the trash.
    DataTrash,
    Open(Place),
    /// The run of this name or id is opened.
    Find(String),
    /// A verb on the runs of these names; on what the cursor stands on where none is named.
    Verb(Action, Vec<String>),
    Tag(String, Vec<Tag>, Vec<Tag>),
    Note(String, String),
    Sort(Sort),
    /// The runs in front by a parameter, or by what every run has.
    Group(String),
    /// The filter in front, under a name.
    Save(String),
    Theme(String),
    Screen(String),
    Rate(Rate),
    Charset(Charset),
    Metric(String),
    Mouse(bool),
    ReadOnly(bool),
    Messages,
    Quit,
}

/// Why a line is no command, and the byte of it where that shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub at: usize,
    pub message: String,
}

impl Wrong {
    pub fn new(at: usize, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { at, message }
    }
}

/// The command that a line begins with: the longest name that fits.
pub fn of(line: &str) -> Option<(&'static Command, usize)> {
    let mut rest = Rest { line, at: 0 };
    let (from, first) = rest.word()?;
    let after_first = rest.at;
    let second = rest.word();
    let two = second.and_then(|(_, second)| find(&format!("{first} {second}")));
    match two {
        Some(command) => Some((command, rest.at)),
        None => Some((find(&line[from..after_first])?, after_first)),
    }
}

fn find(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name == name)
}

/// What a line asks for.
///
/// # Errors
/// It is no command, or its words do not fit: what is wrong, and where.
pub fn read(line: &str) -> Result<Step, Wrong> {
    let Some((command, at)) = of(line) else {
        return Err(unknown(line));
    };
    (command.read)(&mut Rest { line, at })
}

fn unknown(line: &str) -> Wrong {
    let mut rest = Rest { line, at: 0 };
    let Some((at, first)) = rest.word() else {
        return Wrong::new(0, "write a command; Tab shows which there are");
    };
    let begun: Vec<&str> = second_words(first).collect();
    if !begun.is_empty() {
        let message = format!("{first} what? One of {}", begun.join(", "));
        return Wrong::new(rest.at, message);
    }
    let names = COMMANDS.iter().map(|command| command.name);
    let hint = match nearest(first, names) {
        Some(near) => format!(": did you mean {near}?"),
        None => "; Tab shows which there are".to_owned(),
    };
    Wrong::new(at, format!("there is no command {first:?}{hint}"))
}

fn second_words(first: &str) -> impl Iterator<Item = &'static str> {
    let pairs = COMMANDS
        .iter()
        .filter_map(|command| command.name.split_once(' '));
    pairs
        .filter(move |(known, _)| *known == first)
        .map(|(_, second)| second)
}

#[cfg(test)]
mod tests;
