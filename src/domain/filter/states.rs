//! What the state of a run alone decides: most runs of a large store have ended, and need not be looked at for a filter that
//! asks for runs at work.

use super::{Expr, Field, Filter, Op, Test, Value};
use crate::domain::runs::StateWord;

impl Filter {
    /// Does it let runs of this state through? `None` where that depends on more than the state.
    pub fn of_state(&self, state: StateWord) -> Option<bool> {
        self.expr().map_or(Some(true), |expr| expr.of_state(state))
    }
}

impl Expr {
    fn of_state(&self, state: StateWord) -> Option<bool> {
        match self {
            Self::And(parts) => unless(false, parts, state),
            Self::Or(parts) => unless(true, parts, state),
            Self::Not(part) => part.of_state(state).map(|is_in| !is_in),
            Self::Has(Field::State) => Some(true),
            Self::Test(test) if test.field == Field::State => Some(test.of_state(state)),
            Self::Saved(_) => Some(false),
            Self::Word(_) | Self::Regex(_) | Self::Fuzzy(_) | Self::Has(_) | Self::Test(_) => None,
        }
    }
}

/// One part with this answer decides; else all must be known, and have the other one.
fn unless(decisive: bool, parts: &[Expr], state: StateWord) -> Option<bool> {
    let mut whole = Some(!decisive);
    for part in parts {
        match part.of_state(state) {
            Some(is_in) if is_in == decisive => return Some(decisive),
            Some(_) => {}
            None => whole = None,
        }
    }
    whole
}

impl Test {
    /// Does a test of the state let this one through?
    fn of_state(&self, state: StateWord) -> bool {
        self.values.contains(&Value::State(state)) != (self.op == Op::NotEqual)
    }
}
