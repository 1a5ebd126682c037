//! Reads filters: one pass over the text by byte position, with the place of every mistake.

mod cursor;
mod values;

use std::ops::Range;

use strum::IntoEnumIterator as _;

use self::cursor::Parser;
use super::{
    Error, Expr, FIELDS, Field, Op, Pattern, Test,
    amounts::{Wants, number},
    is_name,
};
use crate::domain::{metrics::MetricValue, text::nearest};

/// Parentheses and negations may nest this deep.
const DEEPEST: usize = 64;
/// What makes a name a parameter's.
const PARAM: [&str; 2] = ["p.", "cfg."];
/// What makes a metric one at a step.
const STEP: &str = "step";
/// Whole numbers above this are not told apart as floats.
const FARTHEST: f64 = (1i64 << 53) as f64;

type Result<T> = std::result::Result<T, Error>;

pub(super) fn query(text: &str) -> Result<Option<Expr>> {
    let mut parser = Parser { text, at: 0 };
    parser.blanks();
    if parser.rest().is_empty() {
        return Ok(None);
    }
    let expr = parser.or(0)?;
    match parser.peek() {
        None => Ok(Some(expr)),
        Some(_) => Err(parser.wrong(
            parser.at..parser.at + 1,
            "this parenthesis closes nothing",
            None,
        )),
    }
}

impl Parser<'_> {
    fn or(&mut self, depth: usize) -> Result<Expr> {
        let mut parts = vec![self.and(depth)?];
        while self.eat("|") || self.keyword("or") {
            parts.push(self.and(depth)?);
        }
        Ok(Expr::any(parts))
    }

    fn and(&mut self, depth: usize) -> Result<Expr> {
        let mut parts = vec![self.not(depth)?];
        loop {
            self.blanks();
            if self.rest().is_empty()
                || self.rest().starts_with([')', '|'])
                || self.is_keyword("or")
            {
                return Ok(Expr::all(parts));
            }
            self.keyword("and");
            parts.push(self.not(depth)?);
        }
    }

    fn not(&mut self, depth: usize) -> Result<Expr> {
        self.blanks();
        if depth == DEEPEST {
            let place = self.at..self.text.len();
            return Err(self.wrong(place, "nested too deep: 64 levels are the most", None));
        }
        if self.eat("-") || self.eat("!") || self.keyword("not") {
            return Ok(Expr::Not(Box::new(self.not(depth + 1)?)));
        }
        self.term(depth)
    }

    fn term(&mut self, depth: usize) -> Result<Expr> {
        let start = self.at;
        match self.peek() {
            None | Some(')' | '|') => Err(self.wrong(
                start..(start + 1).min(self.text.len()),
                "a word or a test is missing here",
                Some("for example state:running".to_owned()),
            )),
            Some('(') => {
                self.at += 1;
                let inner = self.or(depth + 1)?;
                if !self.eat(")") {
                    return Err(self.wrong(
                        start..start + 1,
                        "this parenthesis is not closed",
                        None,
                    ));
                }
                Ok(inner)
            }
            Some('"') => {
                let name = self.quoted()?;
                let field = match self.name_end() {
                    false => return Ok(Expr::Word(name)),
                    true => self.metric_value(name)?,
                };
                self.test(field, start)
            }
            Some('/') => self.regex().map(Expr::Regex),
            Some('~') => self.letters().map(Expr::Fuzzy),
            Some('@') => self.saved().map(Expr::Saved),
            Some(_) => self.word_or_test(start),
        }
    }

    fn word_or_test(&mut self, start: usize) -> Result<Expr> {
        let name = self.take_name();
        if let Some(metric) = self.asks_for_step(name) {
            let field = self.metric_at(metric.to_owned())?;
            return self.test(field, start);
        }
        if self.op_ahead().is_none() {
            return match self.peek() {
                // `p."two words"`
                Some('"') if PARAM.contains(&name) => {
                    let field = Field::Param(self.quoted()?);
                    self.test(field, start)
                }
                _ if self.is_half_an_op() => Err(self.wrong(
                    self.at..self.at + 1,
                    "`!` alone compares nothing",
                    Some("write !=".to_owned()),
                )),
                _ => Ok(Expr::Word(name.to_owned())),
            };
        }
        if name.is_empty() {
            let place = start..start + 1;
            return Err(self.wrong(place, "a name is missing before this", Some(fields())));
        }
        if name == "has" && self.op_ahead() == Some(Op::Is) {
            self.at += 1;
            return self.has();
        }
        let field = self.field(name, start)?;
        self.test(field, start)
    }

    fn has(&mut self) -> Result<Expr> {
        let start = self.at;
        let name = match self.peek() {
            Some('"') => {
                let name = self.quoted()?;
                return Ok(Expr::Has(self.metric_value(name)?));
            }
            _ => self.take_name(),
        };
        if PARAM.contains(&name) && self.peek() == Some('"') {
            return Ok(Expr::Has(Field::Param(self.quoted()?)));
        }
        if let Some(metric) = self.asks_for_step(name) {
            return Ok(Expr::Has(self.metric_at(metric.to_owned())?));
        }
        if name.is_empty() {
            let place = start.saturating_sub(4)..start;
            return Err(self.wrong(place, "a name is missing after has:", Some(fields())));
        }
        self.field(name, start).map(Expr::Has)
    }

    /// What a bare name means: a field, `p.NAME`, `METRIC@VALUE`, or a metric or parameter to be seen.
    fn field(&self, name: &str, start: usize) -> Result<Field> {
        let mut params = PARAM.iter().filter_map(|prefix| name.strip_prefix(prefix));
        if let Some(param) = params.find(|name| !name.is_empty()) {
            return Ok(Field::Param(param.to_owned()));
        }
        if let Some((_, field)) = FIELDS.iter().find(|(known, _)| *known == name) {
            return Ok(field.clone());
        }
        let Some((metric, value)) = name
            .rsplit_once('@')
            .filter(|(metric, _)| !metric.is_empty())
        else {
            return Ok(Field::Named(name.to_owned()));
        };
        let named = || Field::Named(name.to_owned());
        let place = start + metric.len()..start + name.len();
        Ok(match self.which(value, place)? {
            Some(value) => Field::Metric {
                name: metric.to_owned(),
                value,
            },
            // `recall@10` is a name.
            None => named(),
        })
    }

    /// `@best` and the like after a name in quotes.
    fn metric_value(&mut self, name: String) -> Result<Field> {
        if !self.eat_here("@") {
            return Ok(Field::Named(name));
        }
        let start = self.at;
        let word = self.take_name();
        if word == STEP && self.op_ahead() == Some(Op::Equal) {
            return self.metric_at(name);
        }
        let place = start - 1..self.at;
        match self.which(word, place.clone())? {
            Some(value) => Ok(Field::Metric { name, value }),
            None => Err(self.wrong(
                place,
                format!("a metric has no value @{word}"),
                Some(values()),
            )),
        }
    }

    fn which(&self, word: &str, place: Range<usize>) -> Result<Option<MetricValue>> {
        if let Ok(value) = word.parse() {
            return Ok(Some(value));
        }
        let names: Vec<String> = MetricValue::iter().map(|value| value.to_string()).collect();
        match nearest(word, names.iter().map(String::as_str).chain([STEP])) {
            Some(STEP) => Err(self.wrong(
                place,
                format!("a metric has no value @{word}"),
                Some("write @step=1000".to_owned()),
            )),
            Some(near) => Err(self.wrong(
                place,
                format!("a metric has no value @{word}"),
                Some(format!("did you mean @{near}?")),
            )),
            None => Ok(None),
        }
    }

    /// The metric of `METRIC@step`, where the step follows.
    fn asks_for_step<'n>(&self, name: &'n str) -> Option<&'n str> {
        let metric = name.strip_suffix(STEP)?.strip_suffix('@')?;
        let is_param = PARAM.iter().any(|prefix| name.starts_with(prefix));
        let is_asked = !metric.is_empty() && !is_param && self.op_ahead() == Some(Op::Equal);
        is_asked.then_some(metric)
    }

    /// The `=1000` of `METRIC@step=1000`.
    fn metric_at(&mut self, name: String) -> Result<Field> {
        self.at += 1;
        let start = self.at;
        let word = self.take_name();
        match number(word).filter(|step| step.fract() == 0.0 && step.abs() < FARTHEST) {
            Some(step) => Ok(Field::MetricAt {
                name,
                step: step as i64,
            }),
            None => Err(self.wrong(
                start - 1..self.at,
                "a step is a whole number",
                Some("write @step=1000".to_owned()),
            )),
        }
    }

    fn regex(&mut self) -> Result<Pattern> {
        let start = self.at;
        let mut is_escaped = false;
        let closes = |c: char| {
            let closes = c == '/' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            closes
        };
        let Some(length) = self.rest()[1..].find(closes) else {
            return Err(self.wrong(
                start..start + 1,
                "this regular expression is not closed",
                Some("put a word that begins with / in quotes".to_owned()),
            ));
        };
        self.at += length + 2;
        let place = start..self.at;
        let pattern = Pattern::new(&self.text[start + 1..self.at - 1])
            .map_err(|why| self.wrong(place, why, None))?;
        self.word_ends("put a word that begins with / in quotes")?;
        Ok(pattern)
    }

    fn letters(&mut self) -> Result<String> {
        let start = self.at;
        self.at += 1;
        let letters = match self.peek() {
            Some('"') => self.quoted()?,
            _ => self.take_word().to_owned(),
        };
        if letters.is_empty() {
            let hint = Some("for example ~brot7, which finds brave-otter-7".to_owned());
            return Err(self.wrong(start..start + 1, "letters are missing after this", hint));
        }
        Ok(letters)
    }

    fn saved(&mut self) -> Result<String> {
        let start = self.at;
        self.at += 1;
        let name = self.take_word();
        if is_name(name) {
            return Ok(name.to_owned());
        }
        Err(self.wrong(
            start..self.at,
            "@ stands before the name of a saved filter",
            Some(
                "names have letters, digits, `-`, `_` and `.`; put other words in quotes"
                    .to_owned(),
            ),
        ))
    }

    fn test(&mut self, field: Field, start: usize) -> Result<Expr> {
        let before = self.at;
        let Some(op) = self.op_ahead() else {
            return Err(self.wrong(start..before, "a comparison is missing after this", None));
        };
        self.at += op.to_string().len();
        if !takes(&field, op) {
            return Err(self.wrong(
                before..self.at,
                format!("{field} cannot be compared with {op}"),
                Some(format!("write {field}:VALUE")),
            ));
        }
        let mut values = vec![self.value(&field, op, start)?];
        while matches!(op, Op::Is | Op::Equal | Op::NotEqual) && self.list_goes_on() {
            self.at += 1;
            values.push(self.value(&field, op, start)?);
        }
        Ok(Expr::Test(Test { field, op, values }))
    }
}

fn takes(field: &Field, op: Op) -> bool {
    match Wants::of(field) {
        Wants::Text | Wants::State | Wants::Kind | Wants::Place => {
            matches!(op, Op::Is | Op::Equal | Op::NotEqual)
        }
        _ => true,
    }
}

fn fields() -> String {
    let names = FIELDS.map(|(name, _)| name);
    format!(
        "fields are {}, and the names of metrics and parameters",
        names.join(", ")
    )
}

fn values() -> String {
    let names: Vec<String> = MetricValue::iter()
        .map(|value| format!("@{value}"))
        .collect();
    format!("one of {}, @{STEP}=1000", names.join(", "))
}
