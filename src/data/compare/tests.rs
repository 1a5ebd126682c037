use proptest::prelude::*;

use super::*;
use crate::data::tests::table;

fn of(old: &str, new: &str, key: &[&str]) -> Result<Change, Refused> {
    let key: Vec<String> = key.iter().map(ToString::to_string).collect();
    let found = compare(&table(old), &table(new), &key, &|| false)?;
    Ok(found.expect("nothing stopped it"))
}

fn rows(old: &str, new: &str, key: &[&str]) -> [Option<u64>; 3] {
    let rows = of(old, new, key).unwrap().rows;
    [Some(rows.added), Some(rows.removed), rows.changed]
}

const OLD: &str = "id,site,x\n1,a,10\n2,a,20\n3,b,30\n";

#[test]
fn rows_are_matched_by_what_they_hold_or_by_a_key() {
    type Case<'a> = (&'a str, &'a [&'a str], [Option<u64>; 3]);
    let cases: [Case; 9] = [
        (OLD, &[], [Some(0), Some(0), None]),
        (OLD, &["id"], [Some(0), Some(0), Some(0)]),
        // Another order of rows and columns changes nothing.
        (
            "x,id,site\n30,3,b\n10,1,a\n20,2,a\n",
            &[],
            [Some(0), Some(0), None],
        ),
        (
            "id,site,x\n1,a,11\n2,a,20\n4,b,40\n",
            &[],
            [Some(2), Some(2), None],
        ),
        (
            "id,site,x\n1,a,11\n2,a,20\n4,b,40\n",
            &["id"],
            [Some(1), Some(1), Some(1)],
        ),
        (
            "id,site,x\n1,b,10\n2,a,20\n3,b,30\n",
            &["id", "site"],
            [Some(1), Some(1), Some(0)],
        ),
        // A row that is there twice now has come once.
        (
            "id,site,x\n1,a,10\n1,a,10\n2,a,20\n3,b,30\n",
            &[],
            [Some(1), Some(0), None],
        ),
        ("other\n1\n2\n", &[], [Some(2), Some(3), None]),
        // What is held in a column that came is no change of the row.
        (
            "id,x,y\n1,10,5\n2,20,6\n3,30,7\n",
            &["id"],
            [Some(0), Some(0), Some(0)],
        ),
    ];
    for (new, key, expected) in cases {
        assert_eq!(rows(OLD, new, key), expected, "{new:?} by {key:?}");
    }
}

#[test]
fn a_key_that_does_not_tell_rows_apart_is_refused_by_its_rows() {
    let refused = |new: &str, key: &[&str]| {
        let refused = of(OLD, new, key).unwrap_err();
        (refused.side, refused.error.to_string())
    };
    let (side, why) = refused(OLD, &["site"]);
    assert_eq!(side, Side::Old);
    assert!(
        why.starts_with("rows 1 and 2 both have 'a' in 'site'"),
        "{why}"
    );
    let twice = "id,site,x\n1,a,1\n2,b,1\n1,a,2\n";
    let (side, why) = refused(twice, &["id", "site"]);
    assert_eq!(side, Side::New);
    assert!(
        why.starts_with("rows 1 and 3 both have '1, a' in 'id, site'"),
        "{why}"
    );
    let (_, why) = refused("id,x\n1,1\n,2\n", &["id"]);
    assert!(
        why.starts_with("row 2 has no value in column 'id'"),
        "{why}"
    );
    let (side, why) = refused("ids,x\n1,1\n", &["id"]);
    assert_eq!(side, Side::New);
    assert!(
        why.starts_with("there is no column 'id' (key): did you mean 'ids'?"),
        "{why}"
    );
}

#[test]
fn columns_come_go_and_become_something_else() {
    let schema = of(OLD, "id,x,y\n1,many,5\n2,20,6\n", &[]).unwrap().schema;
    assert_eq!(schema.added, ["y"]);
    assert_eq!(schema.removed, ["site"]);
    let expected = Retyped {
        name: "x".to_owned(),
        old: Kind::Whole,
        new: Kind::Text,
    };
    assert_eq!(schema.retyped, [expected]);
    assert!(of(OLD, OLD, &[]).unwrap().schema.is_none());
}

fn column<'a>(change: &'a Change, name: &str) -> &'a ColumnChange {
    let found = change.columns.iter().find(|column| column.name == name);
    found.unwrap()
}

/// By hand. `x` moves by 1 at every value: the Wasserstein distance is 1. Of 10 numbers in 10 bins the first is empty
/// afterwards and the last holds two; the distribution functions are a tenth apart. `kind` has shares of (½, ½) and (½, ⅕,
/// 3/10): χ² = 0 + 9/7 + 3 with 2 degrees, so p = exp(−χ²/2); half of the Jensen–Shannon divergence to base 2 is
/// ½ (½ log₂(½ / 7/20) + 1/5 log₂(1/5 / 7/20) + 3/10).
#[test]
fn distances_are_those_of_the_values() {
    let csv = |first: u32, kinds: [&str; 10]| {
        let rows = kinds.iter().zip(first..);
        let rows: String = rows.map(|(kind, x)| format!("{x},{kind}\n")).collect();
        format!("x,kind\n{rows}")
    };
    let old = csv(1, ["a", "a", "a", "a", "a", "b", "b", "b", "b", "b"]);
    let new = csv(2, ["a", "a", "a", "a", "a", "b", "b", "c", "c", "c"]);
    let change = of(&old, &new, &[]).unwrap();
    let Drift::Numbers {
        distances,
        kolmogorov_smirnov,
        wasserstein,
        bins,
    } = &column(&change, "x").drift
    else {
        panic!("{change:?}");
    };
    assert!((wasserstein - 1.0).abs() < 1e-12, "{wasserstein}");
    assert!((kolmogorov_smirnov.statistic - 0.1).abs() < 1e-12);
    assert!(
        (distances.total_variation - 0.1).abs() < 1e-12,
        "{distances:?}"
    );
    assert_eq!((bins.edges.len(), bins.old.len()), (11, 10), "{bins:?}");
    assert_eq!(bins.old, [1; 10]);
    assert_eq!(bins.new, [0, 1, 1, 1, 1, 1, 1, 1, 1, 2]);
    let Drift::Categories {
        distances,
        chi_square,
        commonest,
        rest,
        unseen,
        missing,
    } = &column(&change, "kind").drift
    else {
        panic!("{change:?}");
    };
    let statistic = 9.0 / 7.0 + 3.0;
    assert!((chi_square.statistic - statistic).abs() < 1e-12);
    assert!((chi_square.p - f64::exp(-statistic / 2.0)).abs() < 1e-12);
    let part = |p: f64| p * (p / 0.35).log2();
    let divergence = (part(0.5) + part(0.2) + 0.3) / 2.0;
    assert!((distances.jensen_shannon - divergence.sqrt()).abs() < 1e-12);
    assert_eq!(unseen.len(), 1);
    assert_eq!((unseen[0].name.as_str(), unseen[0].current), ("c", 3));
    let names: Vec<&str> = commonest.iter().map(|known| known.name.as_str()).collect();
    assert_eq!((names, *rest), (vec!["a", "b", "c"], [0, 0]));
    assert_eq!(missing.len(), 0);
    // The one that is farther away stands first.
    assert_eq!(change.columns[0].name, "kind");
}

#[test]
fn what_cannot_be_compared_says_why() {
    let cases = [
        (
            "a,b\n1,x\n",
            "a,b\n2,y\n",
            "a",
            "not enough data: the reference has 1",
        ),
        (
            "a,b\n1,x\n",
            "a,b\n2,y\n",
            "b",
            "not enough data: the reference has 1",
        ),
        (
            "a,b\n1,x\n2,y\n",
            "a,b\nNA,x\nNA,y\n",
            "a",
            "a side has no values",
        ),
        (
            "a,b\n1,x\n2,y\n",
            "a,b\none,x\ntwo,y\n",
            "a",
            "it was whole and is text",
        ),
        (
            "a,b\n1,x\n2,y\n",
            "a,b\n2026-10-01,x\n2026-10-02,y\n",
            "a",
            "it was whole and is date",
        ),
    ];
    for (old, new, name, expected) in cases {
        let change = of(old, new, &[]).unwrap();
        let Drift::Nothing { why } = &column(&change, name).drift else {
            panic!("{new:?}: {change:?}");
        };
        assert!(why.starts_with(expected), "{new:?}: {why}");
    }
    // A constant has no quantiles to cut at, and is still told from what moved away.
    let change = of("a,b\n5,x\n5,x\n", "a,b\n7,x\n7,x\n", &[]).unwrap();
    assert_eq!(column(&change, "a").distance(), Some(1.0));
}

fn written(cells: &[(u8, Option<u8>)]) -> String {
    let rows = cells.iter().enumerate();
    let rows = rows.map(|(row, (a, b))| {
        let b = b.map_or_else(String::new, |b| format!("t{b}"));
        format!("{row},{a},{b}\n")
    });
    format!("id,a,b\n{}", rows.collect::<String>())
}

proptest! {
    #[test]
    fn a_table_is_the_same_as_itself_and_what_a_key_calls_changed_went_and_came(
        old in prop::collection::vec((0u8..4, prop::option::of(0u8..3)), 2..30),
        new in prop::collection::vec((0u8..4, prop::option::of(0u8..3)), 2..30),
    ) {
        let (old, new) = (written(&old), written(&new));
        let same = of(&old, &old, &["id"]).unwrap();
        prop_assert_eq!((same.rows.added, same.rows.removed, same.rows.changed), (0, 0, Some(0)));
        for column in &same.columns {
            prop_assert!(column.distance().is_none_or(|distance| distance == 0.0));
        }
        let (by_row, by_key) = (of(&old, &new, &[]).unwrap(), of(&old, &new, &["id"]).unwrap());
        let changed = by_key.rows.changed.unwrap();
        prop_assert_eq!(by_row.rows.added, by_key.rows.added + changed);
        prop_assert_eq!(by_row.rows.removed, by_key.rows.removed + changed);
        let back = of(&new, &old, &[]).unwrap();
        prop_assert_eq!((back.rows.added, back.rows.removed), (by_row.rows.removed, by_row.rows.added));
        let distances: Vec<_> = by_row.columns.iter().map(|column| column.distance().unwrap_or(-1.0)).collect();
        prop_assert!(distances.is_sorted_by(|a, b| b <= a));
    }
}

/// 200 rows of each side: a shift by a tenth of a standard deviation is nothing that chance does not do, one by three is much. A
/// column of chance alone is not believed the sooner for that there are many of them.
#[test]
fn a_column_is_believed_to_have_moved_where_chance_does_not_explain_it() {
    let csv = |shift: f64, kind: &dyn Fn(usize) -> &'static str| {
        let row = |at: usize| {
            let value = (at * 7_919 % 200) as f64;
            let near = value + shift;
            let far = value + 30.0 * shift;
            format!("{near},{far},{}\n", kind(at))
        };
        let rows: String = (0..200).map(row).collect();
        format!("near,far,kind\n{rows}")
    };
    let old = csv(0.0, &|at| if at % 2 == 0 { "a" } else { "b" });
    let new = csv(5.0, &|at| if at % 20 < 11 { "a" } else { "b" });
    let change = of(&old, &new, &[]).unwrap();
    let moved = |name: &str| change.moved(column(&change, name));
    assert_eq!(moved("near"), Some(Moved::ByChance));
    assert_eq!(moved("far"), Some(Moved::Much));
    assert_eq!(moved("kind"), Some(Moved::ByChance));
    assert_eq!(Moved::ByChance.to_string(), "as by chance");
}

#[test]
fn categories_beyond_those_that_are_named_are_counted_together() {
    let csv = |rows: usize| {
        let rows: String = (0..rows).map(|at| format!("k{},1\n", at % 15)).collect();
        format!("kind,one\n{rows}")
    };
    let change = of(&csv(30), &csv(60), &[]).unwrap();
    let Drift::Categories {
        commonest, rest, ..
    } = &column(&change, "kind").drift
    else {
        panic!("{change:?}");
    };
    assert_eq!((commonest.len(), *rest), (MOST_NAMED, [10, 20]));
}
