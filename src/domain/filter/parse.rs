//! Reads filters: one pass over the text by byte position, with the place of every mistake.

use std::ops::Range;

use strum::IntoEnumIterator as _;

use super::{Amount, Error, Expr, FIELDS, Field, Op, Test, Value, amounts::Wants};
use crate::domain::{
    metrics::MetricValue,
    runs::{RunKind, StateWord},
    text::nearest,
};

/// Parentheses and negations may nest this deep.
const DEEPEST: usize = 64;

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

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
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
            Some('~') => Err(self.wrong(
                start..start + 1,
                "`~` has no meaning at the start of a word",
                Some("put the word in quotes".to_owned()),
            )),
            Some(_) => self.word_or_test(start),
        }
    }

    fn word_or_test(&mut self, start: usize) -> Result<Expr> {
        let name = self.take_name();
        if self.op_ahead().is_none() {
            return match self.peek() {
                // `p."two words"`
                Some('"') if name == "p." => {
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
        if name == "p." && self.peek() == Some('"') {
            return Ok(Expr::Has(Field::Param(self.quoted()?)));
        }
        if name.is_empty() {
            let place = start.saturating_sub(4)..start;
            return Err(self.wrong(place, "a name is missing after has:", Some(fields())));
        }
        self.field(name, start).map(Expr::Has)
    }

    /// What a bare name means: a field, `p.NAME`, `METRIC@VALUE`, or a metric or parameter to be seen.
    fn field(&self, name: &str, start: usize) -> Result<Field> {
        if let Some(param) = name.strip_prefix("p.").filter(|name| !name.is_empty()) {
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
        match nearest(word, names.iter().map(String::as_str)) {
            Some(near) => Err(self.wrong(
                place,
                format!("a metric has no value @{word}"),
                Some(format!("did you mean @{near}?")),
            )),
            None => Ok(None),
        }
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

    fn value(&mut self, field: &Field, op: Op, start: usize) -> Result<Value> {
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
            let before = &self.text[start..from];
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
            format!("{field} is compared with no text"),
            example(field),
        ))
    }

    fn bare_value(&self, field: &Field, op: Op, word: &str, place: Range<usize>) -> Result<Value> {
        let equality = matches!(op, Op::Is | Op::Equal | Op::NotEqual);
        let wants = Wants::of(field);
        let refuse = |hint| {
            Err(self.wrong(
                place.clone(),
                format!("{word:?} is no value of {field}"),
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
    fn list_goes_on(&self) -> bool {
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

    /// The name at hand, up to an operator or the end of the word.
    fn take_name(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest
            .char_indices()
            .find(|(at, c)| {
                c.is_whitespace() || "()|\":=<>".contains(*c) || rest[*at..].starts_with("!=")
            })
            .map_or(rest.len(), |(at, _)| at);
        self.at += end;
        &rest[..end]
    }

    fn quoted(&mut self) -> Result<String> {
        let start = self.at;
        let mut text = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.at = start + at + 1;
                    return Ok(text);
                }
                '\\' => text.extend(chars.next().map(|(_, c)| c)),
                c => text.push(c),
            }
        }
        Err(self.wrong(start..start + 1, "this quote is not closed", None))
    }

    /// Does what stands after a quoted word make it a name?
    fn name_end(&self) -> bool {
        self.op_ahead().is_some() || self.rest().starts_with('@')
    }

    fn op_ahead(&self) -> Option<Op> {
        op_at(self.rest())
    }

    fn is_half_an_op(&self) -> bool {
        self.rest().starts_with('!')
    }

    fn keyword(&mut self, word: &str) -> bool {
        let is_there = self.is_keyword(word);
        if is_there {
            self.at += word.len();
        }
        is_there
    }

    /// A keyword stands alone: `order` does not start with one, nor does `or:1`.
    fn is_keyword(&mut self, word: &str) -> bool {
        self.blanks();
        let rest = self.rest();
        rest.get(..word.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(word))
            && rest[word.len()..]
                .chars()
                .next()
                .is_none_or(|c| c.is_whitespace() || matches!(c, '(' | ')' | '|' | '"'))
    }

    fn eat(&mut self, what: &str) -> bool {
        self.blanks();
        self.eat_here(what)
    }

    fn eat_here(&mut self, what: &str) -> bool {
        let is_there = self.rest().starts_with(what);
        if is_there {
            self.at += what.len();
        }
        is_there
    }

    fn blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn wrong(&self, span: Range<usize>, message: impl Into<String>, hint: Option<String>) -> Error {
        Error {
            span,
            message: message.into(),
            hint,
        }
    }
}

fn op_at(rest: &str) -> Option<Op> {
    const OPS: [Op; 7] = [
        Op::LessEqual,
        Op::MoreEqual,
        Op::NotEqual,
        Op::Less,
        Op::More,
        Op::Equal,
        Op::Is,
    ];
    OPS.into_iter().find(|op| rest.starts_with(&op.to_string()))
}

fn takes(field: &Field, op: Op) -> bool {
    match Wants::of(field) {
        Wants::Text | Wants::State | Wants::Kind => matches!(op, Op::Is | Op::Equal | Op::NotEqual),
        _ => true,
    }
}

fn choices<T: std::fmt::Display>(word: &str, all: impl Iterator<Item = T>) -> Option<String> {
    let all: Vec<String> = all.map(|choice| choice.to_string()).collect();
    Some(match nearest(word, all.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("one of {}", all.join(", ")),
    })
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
    format!("one of {}", names.join(", "))
}

fn example(field: &Field) -> Option<String> {
    Some(match Wants::of(field) {
        Wants::Text => format!("for example {field}:word"),
        Wants::State => format!("for example {field}:running"),
        Wants::Kind => format!("{field}:train or {field}:command"),
        Wants::Number | Wants::Loose => {
            format!("numbers are 3, .4, 1e-4, 20k, 30%, nan: {field}<0.4")
        }
        Wants::Span => format!("spans have a unit: {field}<2h30m"),
        Wants::Moment => format!("a day or a moment: {field}>=2026-10-01"),
    })
}
