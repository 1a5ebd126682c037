//! Filters and their texts, drawn at random.

use proptest::prelude::*;
use strum::IntoEnumIterator as _;

use super::{NOW, lets, run};
use crate::domain::{
    filter::{Amount, Expr, FIELDS, Field, Filter, Op, Pattern, Test, Value},
    metrics::MetricValue,
    runs::{Ending, Run, RunKind, RunState, StateWord},
};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z/._@-]{1,6}",
        "[ -~äß€]{1,8}",
        Just("or".to_owned()),
        Just("p.x".to_owned()),
        Just("1..2".to_owned()),
        Just("has".to_owned()),
        Just("val/loss@best".to_owned()),
        Just("state".to_owned()),
        Just("x@step".to_owned()),
        Just("cfg.x".to_owned()),
        Just("/x/".to_owned()),
        Just("@night".to_owned()),
    ]
}

fn field() -> impl Strategy<Value = Field> {
    prop_oneof![
        proptest::sample::select(FIELDS.to_vec()).prop_map(|(_, field)| field),
        (
            text(),
            proptest::sample::select(MetricValue::iter().collect::<Vec<_>>())
        )
            .prop_map(|(name, value)| Field::Metric { name, value }),
        (text(), -9i64..100_000).prop_map(|(name, step)| Field::MetricAt { name, step }),
        text().prop_map(Field::Param),
        text().prop_map(Field::Named),
    ]
}

/// What stands for a value of a field, as it would be written.
fn values(field: &Field) -> BoxedStrategy<Vec<Value>> {
    let amounts = |written: &[&'static str]| {
        let written = written.to_vec();
        let one = proptest::sample::select(written).prop_map(|written| Amount {
            written: written.to_owned(),
            from: 0.0,
            to: 0.0,
        });
        let one = one.boxed();
        let range = (one.clone(), proptest::option::of(one.clone()))
            .prop_map(|(from, to)| Value::Range(Some(from), to));
        let open = one.clone().prop_map(|to| Value::Range(None, Some(to)));
        prop_oneof![one.prop_map(Value::Amount), range, open].boxed()
    };
    const NUMBERS: [&str; 6] = ["3", ".4", "-1e-4", "20k", "30%", "-inf"];
    let one = match field {
        Field::State => proptest::sample::select(StateWord::iter().collect::<Vec<_>>())
            .prop_map(Value::State)
            .boxed(),
        Field::Kind => Just(Value::Kind(RunKind::Command)).boxed(),
        Field::In => Just(Value::Text("trash".to_owned())).boxed(),
        Field::Age | Field::Dur => amounts(&["2h30m", "1.5d", "90s"]),
        Field::Created => amounts(&["2026-10-01", "2026-10-01T12:00", "2026-10-01T12:00:00Z"]),
        Field::Step | Field::Epoch | Field::Metric { .. } | Field::MetricAt { .. } => {
            amounts(&NUMBERS)
        }
        Field::Param(_) | Field::Named(_) => {
            prop_oneof![amounts(&NUMBERS), text().prop_map(Value::Text)].boxed()
        }
        _ => text().prop_map(Value::Text).boxed(),
    };
    proptest::collection::vec(one, 1..3).boxed()
}

fn expr() -> impl Strategy<Value = Expr> {
    let ops = proptest::sample::select(vec![Op::Is, Op::Equal, Op::NotEqual]);
    let test = field().prop_flat_map(|field| (values(&field), Just(field)));
    let leaf = prop_oneof![
        text().prop_map(Expr::Word),
        text().prop_map(Expr::Fuzzy),
        "[a-z0-9._-]{1,6}".prop_map(Expr::Saved),
        "([a-z/. ()|\"]|\\\\[/dSw.\\\\]){1,6}"
            .prop_filter_map("no pattern", |text| Pattern::new(&text).ok())
            .prop_map(Expr::Regex),
        field().prop_map(Expr::Has),
        (test, ops).prop_map(|((values, field), op)| Expr::Test(Test { field, op, values })),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let several = proptest::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            several.clone().prop_map(Expr::all),
            several.prop_map(Expr::any),
            inner.prop_map(|part| Expr::Not(Box::new(part))),
        ]
    })
}

/// With parentheses around everything that has parts, so that nothing is left to precedence.
fn parenthesised(expr: &Expr) -> String {
    let joined = |parts: &[Expr], between| {
        let parts: Vec<String> = parts.iter().map(parenthesised).collect();
        format!("({})", parts.join(between))
    };
    match expr {
        Expr::And(parts) => joined(parts, " and "),
        Expr::Or(parts) => joined(parts, " or "),
        Expr::Not(part) => format!("(not {})", parenthesised(part)),
        other => other.to_string(),
    }
}

proptest! {
    #[test]
    fn not_binds_before_and_and_and_before_or(expr in expr()) {
        let filter = Filter::from(expr);
        let written = filter.expr().map(parenthesised).unwrap_or_default();
        prop_assert_eq!(Filter::parse(&written), Filter::parse(&filter.to_string()), "{}", written);
    }

    #[test]
    fn what_a_state_decides_is_what_is_decided(expr in expr()) {
        let filter = Filter::from(expr);
        let ended = |how| RunState::Ended { started: None, at: NOW, how };
        let states = [RunState::Queued, run().state, RunState::Orphaned { since: NOW }, ended(Ending::Done)];
        for state in states {
            if let Some(by_state) = filter.of_state(state.word()) {
                prop_assert_eq!(lets(&filter, &Run { state, ..run() }), by_state, "{}", filter);
            }
        }
    }

    #[test]
    fn a_filter_reads_back_as_it_was_written(expr in expr()) {
        let filter = Filter::from(expr);
        let written = filter.to_string();
        let read = Filter::parse(&written);
        prop_assert_eq!(read.as_ref(), Ok(&filter), "{}", written);
    }

    #[test]
    fn any_text_is_a_filter_or_a_mistake_inside_it(text in "[a-z0-9 :=<>!()|\"@.~\\\\/-]{0,24}|\\PC{0,12}") {
        match Filter::parse(&text) {
            Ok(filter) => {
                let written = filter.to_string();
                prop_assert_eq!(Filter::parse(&written), Ok(filter), "{}", written);
            }
            Err(error) => {
                prop_assert!(error.span.start <= error.span.end && error.span.end <= text.len());
                prop_assert!(text.get(error.span.clone()).is_some(), "{:?}", error);
            }
        }
    }
}
