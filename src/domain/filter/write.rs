//! Writes filters so that they read back as themselves.

use std::fmt::{Display, Formatter, Result};

use strum::IntoEnumIterator as _;

use super::{Expr, FIELDS, Field, Filter, Test, Value, amounts};
use crate::domain::metrics::MetricValue;

impl Expr {
    /// All of these; one stands for itself, and what is already such a list is taken apart.
    pub fn all(parts: Vec<Self>) -> Self {
        let flat = parts.into_iter().flat_map(|part| match part {
            Self::And(parts) => parts,
            part => vec![part],
        });
        Self::one_or(flat.collect(), Self::And)
    }

    /// Any of these.
    pub fn any(parts: Vec<Self>) -> Self {
        let flat = parts.into_iter().flat_map(|part| match part {
            Self::Or(parts) => parts,
            part => vec![part],
        });
        Self::one_or(flat.collect(), Self::Or)
    }

    fn one_or(mut parts: Vec<Self>, list: fn(Vec<Self>) -> Self) -> Self {
        match (parts.len(), parts.pop()) {
            (1, Some(only)) => only,
            (_, last) => {
                parts.extend(last);
                list(parts)
            }
        }
    }
}

impl Display for Filter {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.expr().map_or(Ok(()), |expr| expr.fmt(f))
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Or(parts) => separated(f, parts, " | ", Display::fmt),
            Self::And(parts) => separated(f, parts, " ", |part, f| match part {
                Self::Or(_) => write!(f, "({part})"),
                _ => part.fmt(f),
            }),
            Self::Not(part) => match **part {
                Self::And(_) | Self::Or(_) => write!(f, "-({part})"),
                _ => write!(f, "-{part}"),
            },
            Self::Word(word) => f.write_str(&word_or_quoted(word)),
            Self::Regex(pattern) => pattern.fmt(f),
            Self::Fuzzy(letters) if has_end(letters) => write!(f, "~{}", quoted(letters)),
            Self::Fuzzy(letters) => write!(f, "~{letters}"),
            Self::Saved(name) => write!(f, "@{name}"),
            Self::Has(field) => write!(f, "has:{field}"),
            Self::Test(test) => test.fmt(f),
        }
    }
}

impl Display for Test {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}{}", self.field, self.op)?;
        separated(f, &self.values, "|", |value, f| match value {
            Value::Text(text) => f.write_str(&value_or_quoted(text, &self.field)),
            Value::State(state) => state.fmt(f),
            Value::Kind(kind) => kind.fmt(f),
            Value::Amount(amount) => f.write_str(&amount.written),
            Value::Range(from, to) => {
                let end = |end: &Option<super::Amount>| {
                    end.as_ref()
                        .map_or("", |amount| amount.written.as_str())
                        .to_owned()
                };
                write!(f, "{}..{}", end(from), end(to))
            }
        })
    }
}

fn separated<T>(
    f: &mut Formatter<'_>,
    parts: &[T],
    between: &str,
    write: impl Fn(&T, &mut Formatter<'_>) -> Result,
) -> Result {
    for (i, part) in parts.iter().enumerate() {
        if 0 < i {
            f.write_str(between)?;
        }
        write(part, f)?;
    }
    Ok(())
}

impl Display for Field {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Field::Metric { name, value } => write!(f, "{}@{value}", name_or_quoted(name)),
            Field::MetricAt { name, step } => write!(f, "{}@step={step}", name_or_quoted(name)),
            Field::Param(name) if is_plain(name) => write!(f, "p.{name}"),
            Field::Param(name) => write!(f, "p.{}", quoted(name)),
            Field::Named(name) => {
                let ends_in_value = name.rsplit_once('@').is_some_and(|(_, end)| {
                    let mut names = MetricValue::iter().map(|value| value.to_string());
                    end.is_empty() || near(end, "step") || names.any(|name| near(end, &name))
                });
                if ends_in_value {
                    f.write_str(&quoted(name))
                } else {
                    f.write_str(&name_or_quoted(name))
                }
            }
            plain => {
                let mut known = FIELDS.iter();
                let name = known.find_map(|(name, field)| (field == plain).then_some(*name));
                f.write_str(name.expect("every other field stands in the table"))
            }
        }
    }
}

/// What means something else at the start of a word.
const MARKS: [char; 5] = ['-', '!', '~', '/', '@'];

/// Would a word end within this text?
fn has_end(text: &str) -> bool {
    text.chars()
        .any(|c| c.is_whitespace() || "()|\"".contains(c))
}

fn near(word: &str, name: &str) -> bool {
    word == name || crate::domain::text::nearest(word, [name]).is_some()
}

fn name_or_quoted(name: &str) -> String {
    let means_itself = is_plain(name)
        && !name.starts_with(MARKS)
        && !name.starts_with("p.")
        && !name.starts_with("cfg.")
        && name != "has"
        && FIELDS.iter().all(|(field, _)| *field != name);
    if means_itself {
        name.to_owned()
    } else {
        quoted(name)
    }
}

fn word_or_quoted(word: &str) -> String {
    let is_keyword = ["and", "or", "not"]
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known));
    let means_itself = is_plain(word) && !word.starts_with(MARKS) && word != "p." && word != "cfg.";
    if means_itself && !is_keyword {
        word.to_owned()
    } else {
        quoted(word)
    }
}

/// A text that looks like a number stands in quotes where a number may stand.
fn value_or_quoted(text: &str, field: &Field) -> String {
    let may_be_number = matches!(field, Field::Param(_) | Field::Named(_));
    let looks_like_one = amounts::number(text).is_some() || text.contains("..");
    if is_plain(text) && !(may_be_number && looks_like_one) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

fn is_plain(text: &str) -> bool {
    // What begins with a dash reads as a negation where a word may stand.
    !text.is_empty()
        && !text.starts_with('-')
        && !text
            .chars()
            .any(|c| c.is_whitespace() || "()|\"\\:=<>!".contains(c))
}

fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}
