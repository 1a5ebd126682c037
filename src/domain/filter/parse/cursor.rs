//! The text of a filter and how far it is read: names, quotes, operators, keywords.

use std::ops::Range;

use super::{Error, Op, Result};

pub(super) struct Parser<'a> {
    pub text: &'a str,
    pub at: usize,
}

impl<'a> Parser<'a> {
    /// The name at hand, up to an operator or the end of the word.
    pub fn take_name(&mut self) -> &'a str {
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

    /// All up to the end of the word.
    pub fn take_word(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(ends_word).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// Refuses what stands right behind a term without a blank.
    pub fn word_ends(&self, hint: &str) -> Result<()> {
        match self.rest().chars().next() {
            Some(c) if !ends_word(c) => Err(self.wrong(
                self.at..self.at + c.len_utf8(),
                "a blank is missing before this",
                Some(hint.to_owned()),
            )),
            _ => Ok(()),
        }
    }

    pub fn quoted(&mut self) -> Result<String> {
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
    pub fn name_end(&self) -> bool {
        self.op_ahead().is_some() || self.rest().starts_with('@')
    }

    pub fn op_ahead(&self) -> Option<Op> {
        op_at(self.rest())
    }

    pub fn is_half_an_op(&self) -> bool {
        self.rest().starts_with('!')
    }

    pub fn keyword(&mut self, word: &str) -> bool {
        let is_there = self.is_keyword(word);
        if is_there {
            self.at += word.len();
        }
        is_there
    }

    /// A keyword stands alone: `order` does not start with one, nor does `or:1`.
    pub fn is_keyword(&mut self, word: &str) -> bool {
        self.blanks();
        let rest = self.rest();
        rest.get(..word.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(word))
            && rest[word.len()..]
                .chars()
                .next()
                .is_none_or(|c| c.is_whitespace() || matches!(c, '(' | ')' | '|' | '"'))
    }

    pub fn eat(&mut self, what: &str) -> bool {
        self.blanks();
        self.eat_here(what)
    }

    pub fn eat_here(&mut self, what: &str) -> bool {
        let is_there = self.rest().starts_with(what);
        if is_there {
            self.at += what.len();
        }
        is_there
    }

    pub fn blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub fn wrong(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        hint: Option<String>,
    ) -> Error {
        Error {
            span,
            message: message.into(),
            hint,
        }
    }
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || "()|\"".contains(c)
}

pub(super) fn op_at(rest: &str) -> Option<Op> {
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
