//! Saved filters: `@name` in a filter stands for the one that was saved under this name.

use serde::Serialize;

use super::{Expr, Filter};
use crate::domain::{actors::Actor, time::Timestamp};

/// A filter kept under a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Saved {
    pub name: String,
    pub text: String,
    /// Who saved it.
    pub actor: Actor,
    /// When it was saved as it is.
    pub created: Timestamp,
}

/// Can a filter be saved under this name? 1 to 40 letters, digits, `-`, `_` and `.`.
pub fn is_name(name: &str) -> bool {
    (1..=40).contains(&name.chars().count())
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// Why a filter that names others cannot be resolved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    #[error("there is no saved filter @{0}")]
    Unknown(String),
    /// The names on the way round, the first again at the end.
    #[error("the saved filter names itself: {}", way(.0))]
    Circle(Vec<String>),
    #[error("the saved filters in it come to more than {MOST} terms")]
    TooLarge,
}

/// The terms of a filter once every saved one in it is written out: filters that name others twice double with each step.
const MOST: usize = 10_000;

fn way(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("@{name}")).collect();
    names.join(" → ")
}

impl Filter {
    /// The names of saved filters that stand in this one.
    pub fn saved(&self) -> Vec<&str> {
        let mut names = vec![];
        if let Some(expr) = self.expr() {
            expr.saved(&mut names);
        }
        names
    }

    /// The same filter with what was saved in the place of each name.
    ///
    /// # Errors
    ///
    /// A name that nothing is saved under, or one that comes back to itself.
    pub fn resolve(&self, find: &dyn Fn(&str) -> Option<Expr>) -> Result<Self, Unresolved> {
        let mut left = MOST;
        let resolved = self
            .expr()
            .map(|expr| resolved(expr, find, &mut vec![], &mut left));
        Ok(resolved.transpose()?.map_or_else(Self::default, Self::from))
    }
}

impl Expr {
    fn saved<'a>(&'a self, names: &mut Vec<&'a str>) {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.saved(names)),
            Self::Not(part) => part.saved(names),
            Self::Saved(name) => names.push(name),
            Self::Word(_) | Self::Regex(_) | Self::Fuzzy(_) | Self::Has(_) | Self::Test(_) => {}
        }
    }
}

fn resolved(
    expr: &Expr,
    find: &dyn Fn(&str) -> Option<Expr>,
    way: &mut Vec<String>,
    left: &mut usize,
) -> Result<Expr, Unresolved> {
    *left = left.checked_sub(1).ok_or(Unresolved::TooLarge)?;
    let name = match expr {
        Expr::Saved(name) => name,
        Expr::And(parts) => {
            let parts = parts.iter().map(|part| resolved(part, find, way, left));
            return Ok(Expr::all(parts.collect::<Result<_, _>>()?));
        }
        Expr::Or(parts) => {
            let parts = parts.iter().map(|part| resolved(part, find, way, left));
            return Ok(Expr::any(parts.collect::<Result<_, _>>()?));
        }
        Expr::Not(part) => return Ok(Expr::Not(Box::new(resolved(part, find, way, left)?))),
        other => return Ok(other.clone()),
    };
    if let Some(at) = way.iter().position(|passed| passed == name) {
        let mut circle = way.split_off(at);
        circle.push(name.clone());
        return Err(Unresolved::Circle(circle));
    }
    let found = find(name).ok_or_else(|| Unresolved::Unknown(name.clone()))?;
    way.push(name.clone());
    let inner = resolved(&found, find, way, left);
    way.pop();
    inner
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(text: &str) -> Result<String, String> {
        let saved = [
            ("night", "state:done | state:failed"),
            ("good", "@night val/auc>0.9"),
            ("one", "@two"),
            ("two", "x @three"),
            ("three", "-@two"),
            ("lost", "@nowhere"),
        ];
        let find = |name: &str| {
            let found = saved.iter().find(|(known, _)| *known == name)?;
            Filter::parse(found.1).unwrap().expr().cloned()
        };
        let resolved = Filter::parse(text).unwrap().resolve(&find);
        resolved
            .map(|filter| filter.to_string())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_name_stands_for_the_filter_saved_under_it() {
        let cases = [
            ("", ""),
            ("lr>1", "lr>1"),
            ("@night lr>1", "(state:done | state:failed) lr>1"),
            ("-@night", "-(state:done | state:failed)"),
            ("@good | x", "(state:done | state:failed) val/auc>0.9 | x"),
        ];
        for (text, wanted) in cases {
            assert_eq!(resolve(text).as_deref(), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn filters_that_double_with_each_name_are_refused_before_they_fill_the_memory() {
        let find = |name: &str| {
            let level: u32 = name[1..].parse().unwrap();
            let below = level.checked_sub(1);
            let text = below.map_or("x".to_owned(), |below| format!("@l{below} or @l{below}"));
            Filter::parse(&text).unwrap().expr().cloned()
        };
        let resolve = |text: &str| Filter::parse(text).unwrap().resolve(&find);
        assert!(resolve("@l5").is_ok());
        assert_eq!(resolve("@l60"), Err(Unresolved::TooLarge));
    }

    #[test]
    fn a_name_that_leads_nowhere_or_back_is_refused() {
        let cases = [
            ("@nigth", "there is no saved filter @nigth"),
            ("@lost", "there is no saved filter @nowhere"),
            (
                "@one",
                "the saved filter names itself: @two → @three → @two",
            ),
        ];
        for (text, why) in cases {
            assert_eq!(resolve(text), Err(why.to_owned()), "{text}");
        }
    }

    #[test]
    fn names_are_short_words() {
        for name in ["night", "a.b-c_3", "größe"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "two words", "a:b", "a/b", "@a", &"a".repeat(41)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
