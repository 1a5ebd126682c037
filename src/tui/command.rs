//! The commands of `:`: one table, from which the line is read and completed, and the palette and the help are made.
//!
//! ```text
//! verb [object] [arguments] [/filter]        :runs /state:failed    :runs stop brave-otter-7    :set mouse on
//! ```

use std::ops::Range;

use strum::IntoEnumIterator as _;

use super::{Rate, action::Action, glyphs::Charset, place::Place, verbs, views::Root};
use crate::{
    domain::{
        filter::{self, Filter},
        runs::Tag,
        text::nearest,
    },
    ops::runs::{FIELDS, Sort, SortKey},
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

/// What completes words: as things are now.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// Names of the runs in the list in front.
    pub runs: Vec<String>,
    pub metrics: Vec<String>,
    pub themes: Vec<String>,
    pub screens: Vec<String>,
}

/// The table.
pub static COMMANDS: [Command; 27] = [
    Command {
        name: "bench",
        args: "[/FILTER]",
        help: "all panes together",
        takes: &[Takes::Filter],
        action: Some(Action::Bench),
        read: |rest| go(Root::Bench, rest),
    },
    Command {
        name: "runs",
        args: "[/FILTER]",
        help: "the list of runs: those that a filter lets through",
        takes: &[Takes::Filter],
        action: Some(Action::Runs),
        read: |rest| go(Root::Runs, rest),
    },
    Command {
        name: "live",
        args: "",
        help: "a run at work",
        takes: &[],
        action: Some(Action::Live),
        read: |rest| rest.only(Step::Go(Root::Live, None)),
    },
    Command {
        name: "jobs",
        args: "",
        help: "the queue",
        takes: &[],
        action: Some(Action::Jobs),
        read: |rest| rest.only(Step::Go(Root::Jobs, None)),
    },
    Command {
        name: "open",
        args: "NAME|LINK",
        help: "a run by its name or id, or what a link names",
        takes: &[Takes::Run],
        action: None,
        read: open,
    },
    Command {
        name: "screen",
        args: "NAME",
        help: "another layout of the bench, with its filter and its pace",
        takes: &[Takes::Screen],
        action: None,
        read: |rest| Ok(Step::Screen(rest.last("the name of a screen")?)),
    },
    Command {
        name: "runs stop",
        args: "[NAME…]",
        help: "stop runs, after a question; queued ones leave the queue",
        takes: &[Takes::Run],
        action: Some(Action::Stop),
        read: |rest| verb(Action::Stop, rest),
    },
    Command {
        name: "runs pause",
        args: "[NAME…]",
        help: "let runs wait",
        takes: &[Takes::Run],
        action: Some(Action::Pause),
        read: |rest| verb(Action::Pause, rest),
    },
    Command {
        name: "runs resume",
        args: "[NAME…]",
        help: "let runs go on: after a pause, after an end, or watched again",
        takes: &[Takes::Run],
        action: Some(Action::Resume),
        read: |rest| verb(Action::Resume, rest),
    },
    Command {
        name: "runs checkpoint",
        args: "[NAME…]",
        help: "let runs keep a checkpoint now",
        takes: &[Takes::Run],
        action: Some(Action::Checkpoint),
        read: |rest| verb(Action::Checkpoint, rest),
    },
    Command {
        name: "runs tag",
        args: "NAME TAG… -TAG…",
        help: "tag a run; -TAG takes one away",
        takes: &[Takes::Run, Takes::Text],
        action: Some(Action::Tag),
        read: tag,
    },
    Command {
        name: "runs note",
        args: "NAME TEXT",
        help: "give a run a note; no text takes it away",
        takes: &[Takes::Run, Takes::Text],
        action: Some(Action::Note),
        read: note,
    },
    Command {
        name: "train",
        args: "",
        help: "train from a preset: a form",
        takes: &[],
        action: Some(Action::Train),
        read: |rest| rest.only(Step::Act(Action::Train)),
    },
    Command {
        name: "sort",
        args: "[-]FIELD|METRIC",
        help: "order the list in front; - the other way round",
        takes: &[Takes::Order],
        action: Some(Action::Sort),
        read: sort,
    },
    Command {
        name: "group",
        args: "[experiment|preset|user|host|kind|PARAM]",
        help: "the runs of the list in front by the values that they have; without a name, a choice",
        takes: &[Takes::Group],
        action: Some(Action::Groups),
        read: |rest| match rest.is_done() {
            true => Ok(Step::Act(Action::Groups)),
            false => Ok(Step::Group(rest.last("what to group by")?)),
        },
    },
    Command {
        name: "save",
        args: "@NAME",
        help: "keep the filter in front under a name, which stands for it in every filter",
        takes: &[Takes::Text],
        action: None,
        read: save,
    },
    Command {
        name: "theme",
        args: "NAME",
        help: "other colours, until the screen ends",
        takes: &[Takes::Theme],
        action: None,
        read: |rest| Ok(Step::Theme(rest.last("the name of a theme")?)),
    },
    Command {
        name: "set rate",
        args: "local|ssh|slow",
        help: "how often data is drawn anew",
        takes: &[Takes::Rate],
        action: None,
        read: |rest| Ok(Step::Rate(rest.one_of(&Rate::iter().collect::<Vec<_>>())?)),
    },
    Command {
        name: "set charset",
        args: "braille|block|ascii",
        help: "what charts are drawn with",
        takes: &[Takes::Charset],
        action: None,
        read: |rest| {
            let known: Vec<Charset> = Charset::iter().collect();
            Ok(Step::Charset(rest.one_of(&known)?))
        },
    },
    Command {
        name: "set metric",
        args: "[METRIC]",
        help: "the metric shown first; without one, each run's own",
        takes: &[Takes::Metric],
        action: None,
        read: |rest| {
            let metric = rest
                .word()
                .map_or(String::new(), |(_, word)| word.to_owned());
            rest.only(Step::Metric(metric))
        },
    },
    Command {
        name: "set mouse",
        args: "on|off",
        help: "click, wheel and drag; with shift the terminal selects text as before",
        takes: &[Takes::OnOff],
        action: None,
        read: |rest| Ok(Step::Mouse(rest.on_off()?)),
    },
    Command {
        name: "read-only",
        args: "[off]",
        help: "refuse all that changes something",
        takes: &[Takes::OnOff],
        action: None,
        read: |rest| {
            let is_on = rest.is_done() || rest.on_off()?;
            rest.only(Step::ReadOnly(is_on))
        },
    },
    Command {
        name: "messages",
        args: "",
        help: "what was said so far",
        takes: &[],
        action: Some(Action::Messages),
        read: |rest| rest.only(Step::Messages),
    },
    Command {
        name: "refresh",
        args: "",
        help: "read the store again",
        takes: &[],
        action: Some(Action::Refresh),
        read: |rest| rest.only(Step::Act(Action::Refresh)),
    },
    Command {
        name: "freeze",
        args: "",
        help: "stop the updates of the screen, or let them go on",
        takes: &[],
        action: Some(Action::Freeze),
        read: |rest| rest.only(Step::Act(Action::Freeze)),
    },
    Command {
        name: "help",
        args: "",
        help: "the keys that work here",
        takes: &[],
        action: Some(Action::Help),
        read: |rest| rest.only(Step::Act(Action::Help)),
    },
    Command {
        name: "quit",
        args: "",
        help: "leave the screen; what runs goes on",
        takes: &[],
        action: None,
        read: |rest| rest.only(Step::Quit),
    },
];

/// A line from where it is not read yet.
struct Rest<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Rest<'a> {
    /// The next word, with the byte where it begins.
    fn word(&mut self) -> Option<(usize, &'a str)> {
        let rest = &self.line[self.at..];
        let start = self.at + rest.len() - rest.trim_start().len();
        let rest = &self.line[start..];
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        self.at = start + end;
        (0 < end).then(|| (start, &rest[..end]))
    }

    /// All that is left, without the blanks around it.
    fn tail(&mut self) -> (usize, &'a str) {
        let rest = &self.line[self.at..];
        let start = self.at + rest.len() - rest.trim_start().len();
        self.at = self.line.len();
        (start, rest.trim())
    }

    fn is_done(&self) -> bool {
        self.line[self.at..].trim().is_empty()
    }

    /// The step, if nothing is left.
    fn only(&mut self, step: Step) -> Result<Step, Wrong> {
        self.end().map(|()| step)
    }

    fn end(&mut self) -> Result<(), Wrong> {
        match self.word() {
            None => Ok(()),
            Some((at, word)) => Err(Wrong::new(at, format!("{word:?} is one word too many"))),
        }
    }

    fn need(&mut self, what: &str) -> Result<(usize, &'a str), Wrong> {
        let end = self.line.len();
        self.word()
            .ok_or_else(|| Wrong::new(end, format!("{what} is missing")))
    }

    /// The only word that is left.
    fn last(&mut self, what: &str) -> Result<String, Wrong> {
        let (_, word) = self.need(what)?;
        self.end()?;
        Ok(word.to_owned())
    }

    fn one_of<T: Copy + ToString>(&mut self, known: &[T]) -> Result<T, Wrong> {
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

    fn on_off(&mut self) -> Result<bool, Wrong> {
        Ok(self.one_of(&["on", "off"])? == "on")
    }
}

fn go(root: Root, rest: &mut Rest<'_>) -> Result<Step, Wrong> {
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

fn open(rest: &mut Rest<'_>) -> Result<Step, Wrong> {
    let (at, word) = rest.need("a run's name, or a link")?;
    let step = match word.parse::<Place>() {
        Ok(place) => Step::Open(place),
        Err(error) if word.contains("://") => return Err(Wrong::new(at, error.to_string())),
        Err(_) => Step::Find(word.to_owned()),
    };
    rest.only(step)
}

fn verb(action: Action, rest: &mut Rest<'_>) -> Result<Step, Wrong> {
    let names = std::iter::from_fn(|| rest.word()).map(|(_, name)| name.to_owned());
    Ok(Step::Verb(action, names.collect()))
}

fn tag(rest: &mut Rest<'_>) -> Result<Step, Wrong> {
    let (_, name) = rest.need("a run's name")?;
    let (at, text) = rest.tail();
    let (add, remove) = verbs::tags(text).map_err(|why| Wrong::new(at, why))?;
    if add.is_empty() && remove.is_empty() {
        return Err(Wrong::new(at, "a tag is missing"));
    }
    Ok(Step::Tag(name.to_owned(), add, remove))
}

fn note(rest: &mut Rest<'_>) -> Result<Step, Wrong> {
    let (_, name) = rest.need("a run's name")?;
    Ok(Step::Note(name.to_owned(), rest.tail().1.to_owned()))
}

fn sort(rest: &mut Rest<'_>) -> Result<Step, Wrong> {
    let (at, word) = rest.need("a field or a metric")?;
    let (name, is_reverse) = match word.strip_prefix('-') {
        Some(name) => (name, true),
        None => (word, false),
    };
    let sort = Sort::parse(name, is_reverse).map_err(|error| {
        let hint = error.hint.as_ref();
        let hint = hint.map_or(String::new(), |hint| format!(": {hint}"));
        Wrong::new(at, format!("{}{hint}", error.message))
    })?;
    rest.only(Step::Sort(sort))
}

fn save(rest: &mut Rest<'_>) -> Result<Step, Wrong> {
    let (at, word) = rest.need("@ and a name")?;
    let name = word.strip_prefix('@').filter(|name| filter::is_name(name));
    let name = name.ok_or_else(|| {
        let message = format!("{word:?} is no @ and a name of letters, digits, `-`, `_` and `.`");
        Wrong::new(at, message)
    })?;
    rest.only(Step::Save(name.to_owned()))
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

/// What may stand at the end of a line instead of its last word: the bytes that are replaced, and by what.
pub fn completions(line: &str, live: &Live) -> (Range<usize>, Vec<String>) {
    let names = COMMANDS.iter().map(|command| command.name);
    let typed = line.trim_start();
    let lead = line.len() - typed.len();
    let mut found: Vec<String> = names
        .filter(|name| name.starts_with(typed))
        .map(str::to_owned)
        .collect();
    if !found.is_empty() {
        // A name that is typed out goes on with its arguments.
        found
            .retain(|name| name != typed || find(name).is_some_and(|known| known.takes.is_empty()));
        return (lead..line.len(), found);
    }
    let Some((command, end)) = of(line).filter(|(_, end)| *end < line.len()) else {
        return (line.len()..line.len(), vec![]);
    };
    let start = line.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let before = line[end..start].split_whitespace().count();
    let last = command.takes.len().saturating_sub(1);
    let word = &line[start..];
    match command.takes.get(before.min(last)) {
        Some(Takes::Filter) => filters(line, end, start),
        Some(takes) => {
            let known = takes.words(live).into_iter();
            let known = known.filter(|known| known.starts_with(word) && known != word);
            (start..line.len(), known.collect())
        }
        None => (start..line.len(), vec![]),
    }
}

/// Fields of the filter that the last word begins.
fn filters(line: &str, end: usize, start: usize) -> (Range<usize>, Vec<String>) {
    let first = line[end..].find('/').map(|at| end + at + 1);
    let start = first.map_or(start, |first| start.max(first));
    let word = &line[start..];
    if first.is_none() {
        let offer = if word.is_empty() {
            vec!["/".to_owned()]
        } else {
            vec![]
        };
        return (start..line.len(), offer);
    }
    let fields = filter::FIELDS.iter().map(|(name, _)| format!("{name}:"));
    let fields = fields.filter(|name| name.starts_with(word) && name != word);
    (start..line.len(), fields.collect())
}

impl Takes {
    fn words(self, live: &Live) -> Vec<String> {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        match self {
            Self::Run => live.runs.clone(),
            Self::Metric => live.metrics.clone(),
            Self::Theme => live.themes.clone(),
            Self::Screen => live.screens.clone(),
            Self::Order => {
                let fields = [
                    SortKey::Created,
                    SortKey::Name,
                    SortKey::State,
                    SortKey::Step,
                    SortKey::Dur,
                ];
                let word = |key: SortKey| {
                    let descending = false;
                    Sort { key, descending }.word().0
                };
                let fields = fields.map(word).into_iter();
                fields.chain(live.metrics.clone()).collect()
            }
            Self::Group => FIELDS.iter().map(|(name, _)| (*name).to_owned()).collect(),
            Self::Rate => Rate::iter().map(|rate| rate.to_string()).collect(),
            Self::Charset => Charset::iter().map(|charset| charset.to_string()).collect(),
            Self::OnOff => owned(&["on", "off"]),
            Self::Filter | Self::Text => vec![],
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tui::{fixture, place::Spot};

    fn live() -> Live {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Live {
            runs: owned(&["brave-otter-7", "brave-owl-1", "calm-heron-2"]),
            metrics: owned(&["val/auc", "val/loss"]),
            themes: owned(&["dark", "light"]),
            screens: owned(&["default", "oncall"]),
        }
    }

    #[test]
    fn commands_are_read() {
        let link = Place::of(Spot::Run(fixture::id(1)));
        let text = |text: &str| text.to_owned();
        let tags = |word: &str| vec![Tag::try_from(word.to_owned()).unwrap()];
        let cases = [
            ("bench", Step::Go(Root::Bench, None)),
            ("  runs ", Step::Go(Root::Runs, None)),
            (
                "runs /state:failed age<2d",
                Step::Go(Root::Runs, Some(text("state:failed age<2d"))),
            ),
            ("runs /", Step::Go(Root::Runs, Some(String::new()))),
            ("open brave-otter-7", Step::Find(text("brave-otter-7"))),
            (&format!("open {link}"), Step::Open(link.clone())),
            (
                "runs stop a b",
                Step::Verb(Action::Stop, vec![text("a"), text("b")]),
            ),
            ("runs pause", Step::Verb(Action::Pause, vec![])),
            (
                "runs tag a keep -junk",
                Step::Tag(text("a"), tags("keep"), tags("junk")),
            ),
            (
                "runs note a went  flat",
                Step::Note(text("a"), text("went  flat")),
            ),
            ("runs note a", Step::Note(text("a"), String::new())),
            ("sort -name", Step::Sort(Sort::parse("name", true).unwrap())),
            ("set rate ssh", Step::Rate(Rate::Ssh)),
            ("set mouse off", Step::Mouse(false)),
            ("set metric", Step::Metric(String::new())),
            ("read-only", Step::ReadOnly(true)),
            ("read-only off", Step::ReadOnly(false)),
            ("theme light", Step::Theme(text("light"))),
            ("save @night-runs", Step::Save(text("night-runs"))),
            ("quit", Step::Quit),
        ];
        for (line, step) in cases {
            assert_eq!(read(line), Ok(step), "{line}");
        }
    }

    #[test]
    fn a_wrong_command_says_what_is_wrong_and_where() {
        let cases = [
            ("", 0, "write a command; Tab shows which there are"),
            (
                "rnus",
                0,
                r#"there is no command "rnus": did you mean runs?"#,
            ),
            ("set", 3, "set what? One of rate, charset, metric, mouse"),
            (
                "set moose on",
                3,
                "set what? One of rate, charset, metric, mouse",
            ),
            ("set rate fast", 9, r#""fast" is none of local, ssh, slow"#),
            ("set mouse", 9, "on, off is missing"),
            ("jobs now", 5, r#""now" is one word too many"#),
            ("theme light dark", 12, r#""dark" is one word too many"#),
            ("open", 4, "a run's name, or a link is missing"),
            (
                "open sconce://rnus",
                5,
                r#"there is no view "rnus"; there are runs, jobs, bench, live"#,
            ),
            (
                "runs failed",
                5,
                "write a filter with / before it, or a verb: stop, tag",
            ),
            ("runs tag a", 10, "a tag is missing"),
            ("save", 4, "@ and a name is missing"),
            (
                "save night",
                5,
                r#""night" is no @ and a name of letters, digits, `-`, `_` and `.`"#,
            ),
        ];
        for (line, at, message) in cases {
            assert_eq!(read(line), Err(Wrong::new(at, message)), "{line}");
        }
        // A filter is wrong where the filter is.
        assert_eq!(read("runs /a state:").unwrap_err().at, 8);
        assert!(
            read("sort user")
                .unwrap_err()
                .message
                .contains("one of created")
        );
    }

    #[test]
    fn words_are_completed_from_what_is_there() {
        let cases: [(&str, usize, &[&str]); 13] = [
            ("be", 0, &["bench"]),
            ("runs s", 0, &["runs stop"]),
            (
                "set ",
                0,
                &["set rate", "set charset", "set metric", "set mouse"],
            ),
            ("live", 0, &["live"]),
            ("open brave", 5, &["brave-otter-7", "brave-owl-1"]),
            ("runs stop calm-heron-2 brave-ow", 23, &["brave-owl-1"]),
            ("runs tag brave-owl-1 x", 21, &[]),
            ("set mouse ", 10, &["on", "off"]),
            ("set rate s", 9, &["ssh", "slow"]),
            ("sort val", 5, &["val/auc", "val/loss"]),
            ("theme l", 6, &["light"]),
            ("runs /sta", 6, &["state:"]),
            ("runs /state:failed na", 19, &["name:"]),
        ];
        for (line, start, words) in cases {
            let (range, found) = completions(line, &live());
            assert_eq!(
                (range, &found[..]),
                (
                    start..line.len(),
                    &words
                        .iter()
                        .map(|word| (*word).to_owned())
                        .collect::<Vec<_>>()[..]
                ),
                "{line}"
            );
        }
    }

    #[test]
    fn the_table_names_each_command_once_and_says_what_it_does() {
        let mut names: Vec<&str> = COMMANDS.iter().map(|command| command.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), COMMANDS.len());
        for command in &COMMANDS {
            assert!(!command.help.is_empty(), "{}", command.name);
            assert!(command.name.split(' ').count() <= 2, "{}", command.name);
        }
    }

    proptest! {
        #[test]
        fn no_line_breaks_it(line in ".{0,30}", pick in 0usize..26, tail in " ?[/a-zé -]{0,20}") {
            let known = format!("{}{tail}", COMMANDS[pick].name);
            for line in [line, known] {
                if let Err(wrong) = read(&line) {
                    prop_assert!(line.is_char_boundary(wrong.at.min(line.len())));
                }
                let (range, _) = completions(&line, &live());
                prop_assert!(line.get(range).is_some());
            }
        }
    }
}
