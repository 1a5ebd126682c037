use super::*;
use crate::data::tests::{classify, healthy, preset, table};

#[test]
fn what_is_left_out_is_said() {
    let mut csv = "id,nothing,same,note,kind\n".to_owned();
    for row in 0..1_200 {
        csv += &format!("{row},,7,note {row},{}\n", ["x", "y"][row % 2]);
    }
    let plan = inspect(&table(&csv), &classify("kind")).unwrap();
    assert_eq!(
        plan.warnings,
        [
            "column 'id' counts the rows: list it under features.exclude unless their order means something",
            "column 'nothing' is left out: every cell is missing",
            "column 'same' is left out: it is '7' in every row",
            "column 'note' is left out: its 1200 different texts are more than features.distinct = 1000; list it under features.categories to keep it",
        ]
    );
    assert_eq!(plan.features.len(), 1);
}

#[test]
fn lists_that_name_no_column_or_contradict_each_other_are_refused() {
    let table = table(&healthy(30));
    let cases = [
        (
            "features.exclude = [\"colours\"]",
            "there is no column 'colours' (features.exclude): did you mean 'colour'?",
        ),
        ("split.by = \"day\"", "there is no column 'day' (split.by)"),
        (
            "features.numbers = [\"size\"]\nfeatures.categories = [\"size\"]",
            "column 'size' is named in features.categories and in features.numbers",
        ),
        (
            "features.exclude = [\"kind\"]",
            "column 'kind' is named in target and in features.exclude",
        ),
        (
            "features.numbers = [\"colour\"]",
            "row 1 of column 'colour' holds 'red', which is no number",
        ),
        (
            "features.dates = [\"size\"]",
            "row 1 of column 'size' holds '0.5', which is no date",
        ),
    ];
    for (more, expected) in cases {
        let error = inspect(&table, &preset("classification", "kind", more)).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn the_target_is_understood_or_refused() {
    let classes = |csv: &str| {
        let preset = preset("classification", "y", "");
        inspect(&table(csv), &preset).map(|plan| plan.target.kind)
    };
    let in_order = |classes: &[&str]| {
        GoalKind::Classes(classes.iter().map(|class| (*class).to_owned()).collect())
    };
    assert_eq!(
        classes("a,y\n1,10\n2,9\n3,10\n").unwrap(),
        in_order(&["9", "10"])
    );
    assert_eq!(
        classes("a,y\n1,0.0\n2,-1.5\n3,0.0\n").unwrap(),
        in_order(&["-1.5", "0"])
    );
    assert_eq!(
        classes("a,y\n1,no\n2,maybe\n3,yes\n").unwrap(),
        in_order(&["maybe", "no", "yes"])
    );
    assert_eq!(
        classes("a,y\n1,true\n2,false\n3,true\n").unwrap(),
        in_order(&["false", "true"])
    );
    let numbers = |csv: &str| inspect(&table(csv), &preset("regression", "y", ""));
    assert_eq!(
        numbers("a,y\n1,10\n2,9.5\n3,10\n").unwrap().target.kind,
        GoalKind::Numbers
    );
    let plan = numbers("a,y\n1,10\n2,inf\n3,10\n4,NaN\n5,2\n").unwrap();
    assert_eq!(
        plan.warnings,
        [
            "row 2 of column 'y' is infinite and counts as missing",
            "2 rows are left out: the target 'y' is missing there"
        ]
    );
    // A cell that no integer type holds makes texts of all columns.
    let plan = numbers("a,y\n123456789012345678901234567890,10\n2,inf\n3,10\n4,9\n5,2\n").unwrap();
    assert_eq!(
        plan.warnings,
        [
            "row 2 of column 'y' is infinite and counts as missing",
            "1 row is left out: the target 'y' is missing there"
        ]
    );
    let cases = [
        (
            "a,y\n1,10\n2,many\n3,10\n",
            "row 2 of the target 'y' holds 'many', which is no number",
        ),
        (
            "a,y\n1,true\n2,false\n3,true\n",
            "column 'y' holds true and false, which cannot be a number to predict",
        ),
    ];
    for (csv, expected) in cases {
        let error = numbers(csv).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    let many: String = (0..1_500).map(|row| format!("{row},{row}.5\n")).collect();
    let error = classes(&format!("a,y\n{many}")).unwrap_err();
    assert!(
        error.to_string().contains("has 1500 classes, at most 1000"),
        "{error}"
    );
}

#[test]
fn numbers_that_no_integer_type_holds_are_still_numbers() {
    let plan = inspect(
        &table("a,kind\n123456789012345678901234567890,x\n2,y\n 3,x\n\"4\",y\n"),
        &classify("kind"),
    )
    .unwrap();
    assert_eq!(plan.features[0].kind.to_string(), "number");
}
