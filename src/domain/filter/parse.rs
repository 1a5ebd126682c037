//! Reads filters: one pass over the text by byte position, with the place of every mistake.

mod cursor;
mod values;

use std::ops::Range;

use strum::IntoEnumIterator as _;

use self::cursor::Parser;
use super::{Error, Expr, FIELDS, Field, Op, Test, amounts::Wants};
use crate::domain::{metrics::MetricValue, text::nearest};

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
}

fn takes(field: &Field, op: Op) -> bool {
    match Wants::of(field) {
        Wants::Text | Wants::State | Wants::Kind => matches!(op, Op::Is | Op::Equal | Op::NotEqual),
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
    format!("one of {}", names.join(", "))
}
