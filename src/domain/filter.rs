//! The filter language of every list of runs.
//!
//! ```text
//! query = and { ("|" | "or") and }
//! and   = not { ["and"] not }
//! not   = { "-" | "!" | "not" } term
//! term  = "(" query ")" | "has:" field | field op value | word | "\"" words "\"" | "/" regex "/" | "~" letters | "@" saved
//! op    = ":" | "=" | "!=" | "<" | "<=" | ">" | ">="
//! value = one | list ("a|b|c") | range ("a..b", "a..", "..b", both ends included)
//! field = id name state tag user host created age dur step epoch note experiment preset kind data
//!       | "in" (with the one value "trash")
//!       | a metric, with @last (when nothing is said), @best, @min, @max, @mean or @step=N
//!       | a parameter, with "p." or "cfg." before it where its name means something else
//! ```
//!
//! `:` contains in texts (small letters match either case) and equals elsewhere; `=` is exact. `id` matches from its start,
//! `tag` as a whole. `data` is what a run was made of: of a data version, its data set, `v3`, or both (`penguins@v3`). Numbers may end in `k`, `M`, `G` or `%`, and may be `nan` or `inf`; `age` and `dur` take spans (`2h30m`);
//! `created` takes a day or a moment, in UTC. `a!=b` is `-a=b`: it lets through what has no `a`. A bare word is searched in id, name, tags, note
//! and experiment, and is a state where it names one.
//! A name in quotes is a metric or a parameter, whatever it looks like. `/regex/` is searched where a word is, `~letters` in
//! name and tags: its letters in their order, whatever stands between. `@night` stands for the filter that was saved under
//! this name ([`Filter::resolve`]). `@step=N` is what a metric was at a step: its newest point there or before, of a run
//! that came so far. Runs in the trash are seen by filters that ask for `in:trash` alone.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{
    datasets::FileOf,
    ids::RunId,
    metrics::MetricValue,
    runs::{RunKind, StateWord},
    text,
};

mod amounts;
mod parse;
mod patterns;
mod saved;
mod seen;
mod states;
mod write;

pub use patterns::Pattern;
pub use saved::{Saved, Unresolved, is_name};
pub use seen::{Facts, Seen, ends_in, param};

/// A parsed filter; the empty one lets everything through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter(Option<Expr>);

/// What is asked of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    /// A word searched in id, name, tags, note and experiment, or a state's own.
    Word(String),
    /// A pattern searched where a word is.
    Regex(Pattern),
    /// Letters in their order, in the name or a tag.
    Fuzzy(String),
    /// The filter saved under this name; lets nothing through until it is resolved.
    Saved(String),
    /// The run has this at all.
    Has(Field),
    Test(Test),
}

/// One field against one value, or against any of several.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    pub field: Field,
    pub op: Op,
    /// More than one only for `:`, `=` and `!=`.
    pub values: Vec<Value>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    Id,
    Name,
    State,
    Tag,
    User,
    Host,
    Created,
    /// The span since it was created.
    Age,
    /// The span from the start of its newest attempt to its end, or to now.
    Dur,
    Step,
    Epoch,
    Note,
    Experiment,
    Preset,
    Kind,
    /// The data that a run was made of: the parameter of this name.
    Data,
    /// The trash, or nowhere else.
    In,
    Metric {
        name: String,
        value: MetricValue,
    },
    /// A metric as it was at a step.
    MetricAt {
        name: String,
        step: i64,
    },
    Param(String),
    /// A metric where the run has one of this name (its last value), else a parameter.
    Named(String),
}

/// The fields that every run has, by the names that filters know.
pub const FIELDS: [(&str, Field); 17] = [
    ("id", Field::Id),
    ("name", Field::Name),
    ("state", Field::State),
    ("tag", Field::Tag),
    ("user", Field::User),
    ("host", Field::Host),
    ("created", Field::Created),
    ("age", Field::Age),
    ("dur", Field::Dur),
    ("step", Field::Step),
    ("epoch", Field::Epoch),
    ("note", Field::Note),
    ("experiment", Field::Experiment),
    ("preset", Field::Preset),
    ("kind", Field::Kind),
    (DATA, Field::Data),
    ("in", Field::In),
];

/// The parameter that says what data a run was made of.
const DATA: &str = "data";

/// The one value of `in`.
pub const TRASH: &str = "trash";

#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
pub enum Op {
    #[strum(to_string = ":")]
    Is,
    #[strum(to_string = "=")]
    Equal,
    #[strum(to_string = "!=")]
    NotEqual,
    #[strum(to_string = "<")]
    Less,
    #[strum(to_string = "<=")]
    LessEqual,
    #[strum(to_string = ">")]
    More,
    #[strum(to_string = ">=")]
    MoreEqual,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(String),
    State(StateWord),
    Kind(RunKind),
    Amount(Amount),
    /// Both ends are in it; an absent end is open.
    Range(Option<Amount>, Option<Amount>),
}

/// A number, a span in milliseconds or a stretch of time in milliseconds since 1970, as the field wants it.
/// A day reaches from its first millisecond to its last.
#[derive(Clone, Debug)]
pub struct Amount {
    pub written: String,
    pub from: f64,
    pub to: f64,
}

/// How it was written decides what it is, so that NaN equals NaN here.
impl PartialEq for Amount {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

/// Why a text is no filter: where, what, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// Bytes of the text.
    pub span: std::ops::Range<usize>,
    pub message: String,
    pub hint: Option<String>,
}

/// The names a filter asks for beside the fields that every run has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    pub metrics: BTreeSet<String>,
    pub params: BTreeSet<String>,
    /// Either: a metric where the run has one, else a parameter.
    pub either: BTreeSet<String>,
}

impl Filter {
    /// Reads a filter; blanks alone are the empty one.
    pub fn parse(text: &str) -> Result<Self, Error> {
        parse::query(text).map(Self)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub fn expr(&self) -> Option<&Expr> {
        self.0.as_ref()
    }

    pub fn matches<R: Facts>(&self, seen: &Seen<R>) -> bool {
        self.0.as_ref().is_none_or(|expr| expr.matches(seen))
    }

    /// Does it ask for runs in the trash, so that they are not left out?
    pub fn is_about_trash(&self) -> bool {
        self.0.as_ref().is_some_and(Expr::is_about_trash)
    }

    /// The same of runs in the trash alone.
    pub fn and_in_trash(self) -> Self {
        let in_trash = Expr::Has(Field::In);
        Self::from(Expr::all(self.0.into_iter().chain([in_trash]).collect()))
    }

    /// The metrics and parameters that must be at hand to evaluate this filter.
    pub fn fields(&self) -> Names {
        let mut names = Names::default();
        if let Some(expr) = &self.0 {
            expr.names(&mut names);
        }
        names
    }

    /// The first name that is not [`is_known`], and what was perhaps meant.
    pub fn unknown_name(&self, known: &BTreeSet<String>) -> Option<(String, Option<String>)> {
        let Names {
            metrics,
            params,
            either,
        } = self.fields();
        let name = metrics
            .into_iter()
            .chain(params)
            .chain(either)
            .find(|name| !is_known(name, known))?;
        let nearest = meant(&name, known);
        Some((name, nearest))
    }
}

/// Is a metric or a parameter of this name, or of a dotted name that ends so, among those that there are?
pub fn is_known(name: &str, known: &BTreeSet<String>) -> bool {
    known.contains(name) || known.iter().any(|known| seen::ends_in(known, name))
}

/// What was perhaps meant by a name that nothing has.
pub fn meant(name: &str, known: &BTreeSet<String>) -> Option<String> {
    let known = known.iter().map(String::as_str);
    let candidates = known.chain(FIELDS.iter().map(|(field, _)| *field));
    text::nearest(name, candidates).map(str::to_owned)
}

impl From<Expr> for Filter {
    fn from(expr: Expr) -> Self {
        Self(Some(expr))
    }
}

impl Expr {
    pub fn matches<R: Facts>(&self, seen: &Seen<R>) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.matches(seen)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(seen)),
            Self::Not(part) => !part.matches(seen),
            Self::Word(word) => found(word, seen.run),
            Self::Regex(pattern) => found_by(pattern, seen.run),
            Self::Fuzzy(letters) => {
                patterns::in_order(seen.run.name(), letters)
                    || seen.run.tags().any(|tag| patterns::in_order(tag, letters))
            }
            Self::Saved(_) => false,
            Self::Has(field) => has(field, seen),
            Self::Test(test) => test.matches(seen),
        }
    }

    fn is_about_trash(&self) -> bool {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().any(Self::is_about_trash),
            Self::Not(part) => part.is_about_trash(),
            Self::Has(field) | Self::Test(Test { field, .. }) => *field == Field::In,
            Self::Word(_) | Self::Regex(_) | Self::Fuzzy(_) | Self::Saved(_) => false,
        }
    }

    fn names(&self, names: &mut Names) {
        let field = match self {
            Self::And(parts) | Self::Or(parts) => {
                return parts.iter().for_each(|part| part.names(names));
            }
            Self::Not(part) => return part.names(names),
            Self::Word(_) | Self::Regex(_) | Self::Fuzzy(_) | Self::Saved(_) => return,
            Self::Has(field) | Self::Test(Test { field, .. }) => field,
        };
        match field {
            Field::Metric { name, .. } | Field::MetricAt { name, .. } => {
                names.metrics.insert(name.clone())
            }
            Field::Param(name) => names.params.insert(name.clone()),
            Field::Named(name) => names.either.insert(name.clone()),
            Field::Data => names.params.insert(DATA.to_owned()),
            _ => false,
        };
    }
}

fn found(word: &str, run: &impl Facts) -> bool {
    contains(run.name(), word)
        || contains(run.note(), word)
        || run.tags().any(|tag| contains(tag, word))
        || contains(run.experiment(), word)
        || <&str>::from(run.state()) == word
        || starts(run.id(), word)
}

fn found_by(pattern: &Pattern, run: &impl Facts) -> bool {
    pattern.is_in(run.name())
        || pattern.is_in(run.note())
        || run.tags().any(|tag| pattern.is_in(tag))
        || pattern.is_in(&run.id().0.digits())
}

fn has<R: Facts>(field: &Field, seen: &Seen<R>) -> bool {
    let run = seen.run;
    match field {
        Field::Id
        | Field::Name
        | Field::State
        | Field::User
        | Field::Host
        | Field::Created
        | Field::Age
        | Field::Kind => true,
        Field::Tag => run.tags().next().is_some(),
        Field::Dur => run.duration(seen.now).is_some(),
        Field::Step => 0 < run.step(),
        Field::Epoch => run.epoch().is_some(),
        Field::Note => !run.note().is_empty(),
        Field::Experiment => !run.experiment().is_empty(),
        Field::Preset => run.preset().is_some(),
        Field::In => run.is_in_trash(),
        Field::Data => run.param(DATA).is_some(),
        Field::Metric { name, value } => (seen.metric)(name, *value).is_some(),
        Field::MetricAt { name, step } => (seen.metric_at)(name, *step).is_some(),
        Field::Param(name) => run.param(name).is_some(),
        Field::Named(name) => {
            (seen.metric)(name, MetricValue::Last).is_some() || run.param(name).is_some()
        }
    }
}

impl Test {
    fn matches<R: Facts>(&self, seen: &Seen<R>) -> bool {
        let any = self.values.iter().any(|value| self.holds(value, seen));
        any != (self.op == Op::NotEqual)
    }

    /// Does one value fit? `!=` is asked as `=` here.
    fn holds<R: Facts>(&self, value: &Value, seen: &Seen<R>) -> bool {
        let run = seen.run;
        let text = |text: &str| self.text(text, value);
        let amount = |amount: Option<f64>| amount.is_some_and(|x| self.amount(x, value));
        let param = |name| {
            let param = run.param(name);
            param.is_some_and(|param| self.json(param, value))
        };
        match &self.field {
            Field::Id => matches!(value, Value::Text(start) if starts(run.id(), start)),
            Field::Name => text(run.name()),
            Field::State => matches!(value, Value::State(state) if *state == run.state()),
            Field::Kind => matches!(value, Value::Kind(kind) if *kind == run.kind()),
            Field::Tag => run.tags().any(|tag| self.whole(tag, value)),
            Field::User => text(run.user()),
            Field::Host => text(run.host()),
            Field::Note => text(run.note()),
            Field::Experiment => text(run.experiment()),
            Field::Preset => run.preset().is_some_and(text),
            Field::Created => amount(Some(run.created().0 as f64)),
            Field::Age => amount(Some(seen.now.since(run.created()) as f64)),
            Field::Dur => amount(run.duration(seen.now).map(|ms| ms as f64)),
            Field::Step => amount(Some(run.step() as f64)),
            Field::Epoch => amount(run.epoch()),
            // The parser takes no other value.
            Field::In => run.is_in_trash(),
            Field::Data => {
                let data = run.param(DATA).and_then(Json::as_str);
                data.is_some_and(|data| self.data(data, value))
            }
            Field::Metric { name, value } => amount((seen.metric)(name, *value)),
            Field::MetricAt { name, step } => amount((seen.metric_at)(name, *step)),
            Field::Param(name) => param(name),
            Field::Named(name) => match (seen.metric)(name, MetricValue::Last) {
                Some(x) => self.amount(x, value),
                None => param(name),
            },
        }
    }

    fn text(&self, text: &str, value: &Value) -> bool {
        let (Value::Text(wanted)
        | Value::Amount(Amount {
            written: wanted, ..
        })) = value
        else {
            return false;
        };
        match self.op {
            Op::Is => contains(text, wanted),
            _ => text == wanted,
        }
    }

    /// Of a version, its number is not a text that another number begins with.
    fn data(&self, data: &str, value: &Value) -> bool {
        let Some(FileOf { version, .. }) = FileOf::parse(data) else {
            return self.text(data, value);
        };
        let Value::Text(wanted) = value else {
            return false;
        };
        let name = version.to_string();
        let number = name.rsplit('@').next().unwrap_or_default();
        let is_meant = [data, &name, number, &version.dataset].contains(&wanted.as_str());
        is_meant || self.op == Op::Is && !wanted.contains('@') && contains(&version.dataset, wanted)
    }

    fn whole(&self, text: &str, value: &Value) -> bool {
        let Value::Text(wanted) = value else {
            return false;
        };
        text == wanted || self.op == Op::Is && !is_cased(wanted) && folds_to(text, wanted)
    }

    fn json(&self, param: &Json, value: &Value) -> bool {
        let number = match param {
            Json::Number(number) => number.as_f64(),
            Json::String(text) => amounts::number(text),
            _ => None,
        };
        match (number, value) {
            (Some(x), Value::Amount(_) | Value::Range(..)) => self.amount(x, value),
            (_, _) if !matches!(self.op, Op::Is | Op::Equal | Op::NotEqual) => false,
            (_, _) => match param {
                Json::String(text) => self.text(text, value),
                other => self.text(&other.to_string(), value),
            },
        }
    }

    fn amount(&self, x: f64, value: &Value) -> bool {
        let (from, to) = match value {
            // The parser takes NaN only where equality is asked.
            Value::Amount(Amount { from, .. }) if from.is_nan() => return x.is_nan(),
            Value::Amount(Amount { from, to, .. }) => (*from, *to),
            Value::Range(from, to) => (
                from.as_ref()
                    .map_or(f64::NEG_INFINITY, |amount| amount.from),
                to.as_ref().map_or(f64::INFINITY, |amount| amount.to),
            ),
            _ => return false,
        };
        match self.op {
            Op::Is | Op::Equal | Op::NotEqual => from <= x && x <= to,
            Op::Less => x < from,
            Op::LessEqual => x <= to,
            Op::More => to < x,
            Op::MoreEqual => from <= x,
        }
    }
}

/// Small letters match either case, a capital asks for the case as it is.
fn contains(text: &str, wanted: &str) -> bool {
    if wanted.is_empty() || is_cased(wanted) {
        return text.contains(wanted);
    }
    // Most texts need no copy in small letters: this is asked of every run.
    if text.is_ascii() {
        let (text, wanted) = (text.as_bytes(), wanted.as_bytes());
        let begins = |byte: &u8| byte.to_ascii_lowercase() == wanted[0];
        return text
            .windows(wanted.len())
            .any(|part| begins(&part[0]) && part.eq_ignore_ascii_case(wanted));
    }
    text.to_lowercase().contains(wanted)
}

/// Is this the text in small letters?
fn folds_to(text: &str, small: &str) -> bool {
    match text.is_ascii() {
        true => text.eq_ignore_ascii_case(small),
        false => text.to_lowercase() == small,
    }
}

fn starts(id: RunId, start: &str) -> bool {
    !start.is_empty() && id.0.starts_with(start)
}

fn is_cased(wanted: &str) -> bool {
    wanted.chars().any(char::is_uppercase)
}

#[cfg(test)]
mod tests;
