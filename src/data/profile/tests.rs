use proptest::prelude::*;

use super::*;
use crate::data::{demo, tests};

fn of(csv: &str) -> Profile {
    profile(&tests::table(csv), &|| false).unwrap()
}

fn of_demo(name: &str) -> Profile {
    let bytes = demo(name).unwrap();
    let Some(Verdict::Profiled(profile)) = judge("t.csv".as_ref(), bytes, &|| false) else {
        panic!("{name} does not profile");
    };
    profile
}

#[track_caller]
fn column<'a>(profile: &'a Profile, name: &str) -> &'a Column {
    let found = profile.columns.iter().find(|column| column.name == name);
    found.unwrap_or_else(|| panic!("there is no {name}"))
}

/// Rows, rows that repeat, and the figures of columns of the shipped data, against Python 3: `csv.DictReader`, `math.fsum`,
/// `statistics.stdev`, `statistics.quantiles(x, n=100, method="inclusive")` at 1, 5, 25, 50, 75, 95, 99, and bins counted as
/// `int((x - min) / (max - min) * n)`.
#[test]
fn the_shipped_data_has_the_figures_that_python_finds() {
    let cells = of_demo("breast_cancer");
    assert_eq!((cells.rows, cells.repeated_rows), (569, Some(0)));
    assert_eq!(cells.columns.len(), 31);
    let bikes = of_demo("bikeshare_2011");
    assert_eq!((bikes.rows, bikes.repeated_rows), (8_645, Some(0)));
    let sites = of_demo("phishing");
    assert_eq!((sites.rows, sites.repeated_rows), (1_250, Some(587)));

    let radius = column(&cells, "mean_radius");
    assert_eq!((radius.kind, radius.distinct.count), (Kind::Real, 456));
    let cases: [(&Column, [f64; 4], [f64; 7]); 3] = [
        (
            radius,
            [6.981, 28.11, 14.127291739894552, 3.5240488262120775],
            [8.45836, 9.5292, 11.7, 13.37, 15.78, 20.576, 24.3716],
        ),
        (
            column(&bikes, "bikers"),
            [1.0, 651.0, 143.79444765760556, 133.79785413838658],
            [1.0, 4.0, 31.0, 109.0, 211.0, 419.8, 553.56],
        ),
        (
            column(&bikes, "temp"),
            [0.02, 0.96, 0.48906882591093115, 0.19794344193848246],
            [0.12, 0.18, 0.32, 0.5, 0.66, 0.8, 0.88],
        ),
    ];
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-12 * b.abs();
    for (column, [min, max, mean, deviation], quantiles) in cases {
        let found = column.numbers.as_ref().unwrap();
        assert_eq!((found.min, found.max), (min, max), "{}", column.name);
        assert!(near(found.mean, mean), "{}: {}", column.name, found.mean);
        assert!(near(found.deviation.unwrap(), deviation), "{}", column.name);
        for (found, wanted) in found.quantiles.iter().zip(quantiles) {
            assert!(near(found.value, wanted), "{}: {found:?}", column.name);
        }
    }
    let counts = |column: &Column| {
        let numbers = column.numbers.as_ref().unwrap();
        numbers.histogram.as_ref().unwrap().counts.clone()
    };
    let expected = [
        4, 15, 31, 48, 93, 92, 71, 58, 32, 23, 22, 28, 27, 11, 2, 5, 2, 2, 0, 3,
    ];
    assert_eq!(counts(radius), expected);
    assert_eq!(counts(column(&sites, "long_url")), [410, 538, 302]);
    assert_eq!(counts(column(&sites, "age_of_domain")), [500, 750]);
}

/// Against `collections.Counter` of Python 3.
#[test]
fn the_commonest_texts_are_named_and_the_rest_is_counted() {
    let bikes = of_demo("bikeshare_2011");
    let month = column(&bikes, "mnth");
    assert_eq!((month.kind, month.distinct.count), (Kind::Text, 12));
    let top: Vec<(&str, u64)> = month
        .top
        .iter()
        .map(|category| (category.name.as_str(), category.count))
        .collect();
    let expected = [
        ("July", 744),
        ("May", 744),
        ("Oct", 743),
        ("Dec", 741),
        ("Aug", 731),
        ("March", 730),
        ("June", 720),
        ("April", 719),
        ("Nov", 719),
        ("Sept", 717),
    ];
    assert_eq!(top, expected);
    // January and February.
    assert_eq!(month.rest, 688 + 649);
    let weather = column(&bikes, "weathersit");
    let counts: Vec<u64> = weather.top.iter().map(|category| category.count).collect();
    assert_eq!((counts, weather.rest), (vec![5_645, 2_218, 781, 1], 0));
}

#[test]
fn what_a_column_is_follows_from_its_cells() {
    let cases = [
        ("1\n2\n", Kind::Whole),
        ("1\n2.5\n", Kind::Real),
        ("true\nfalse\n", Kind::Flag),
        ("x\n1\n", Kind::Text),
        ("2026-10-01\n2026-10-02\n", Kind::Date),
        ("2026-10-01\n2026-10-02 12:00:00\n", Kind::Moment),
        ("2026-10-01T12:00:00+02:00\nNA\n", Kind::Moment),
        ("NA\n\n", Kind::Empty),
        ("\"NA\"\n\"  \"\n", Kind::Empty),
        ("99999999999999999999999999\n1\n", Kind::Real),
    ];
    for (cells, kind) in cases {
        let profile = of(&format!("a,b\n{}", cells.replace('\n', ",x\n")));
        assert_eq!(profile.columns[0].kind, kind, "{cells:?}");
    }
}

#[test]
fn dates_have_a_span_and_their_days_are_counted() {
    let profile = of("a,b\n2026-10-01,x\n1969-12-31,x\nNA,x\n");
    let dates = &profile.columns[0];
    let expected = ["1969-12-31".to_owned(), "2026-10-01".to_owned()];
    assert_eq!(dates.span, Some(expected));
    assert_eq!((dates.nulls, dates.distinct.count), (1, 2));
    // `(date(2026, 10, 1) - date(1970, 1, 1)).days` of Python.
    let numbers = dates.numbers.as_ref().unwrap();
    assert_eq!((numbers.min, numbers.max), (-1.0, 20_727.0));
    let moments = of("a,b\n2026-10-01T12:30:00,x\n2026-10-01T12:30:00.25Z,y\n");
    let expected = ["2026-10-01T12:30:00", "2026-10-01T12:30:00.25"];
    assert_eq!(
        moments.columns[0].span,
        Some(expected.map(ToOwned::to_owned))
    );
}

#[test]
fn constants_and_ids_are_told() {
    let rows = |count: u32, cell: fn(u32) -> String| -> Column {
        let cells: String = (0..count).map(|row| cell(row) + ",y\n").collect();
        of(&format!("a,b\n{cells}")).columns.swap_remove(0)
    };
    let cases: [(&str, Column, bool, bool); 8] = [
        ("counter", rows(20, |row| row.to_string()), false, true),
        ("few rows", rows(19, |row| row.to_string()), false, false),
        ("names", rows(20, |row| format!("n{row}")), false, true),
        ("measures", rows(20, |row| format!("{row}.5")), false, false),
        ("one", rows(20, |_| "1".to_owned()), true, false),
        ("nothing", rows(20, |_| "NA".to_owned()), true, false),
        (
            "one or nothing",
            rows(20, |row| ["x", ""][row as usize % 2].to_owned()),
            false,
            false,
        ),
        (
            "twins",
            rows(20, |row| format!("n{}", row.min(18))),
            false,
            false,
        ),
    ];
    for (what, column, is_constant, is_id) in cases {
        assert_eq!(
            (column.is_constant, column.is_id),
            (is_constant, is_id),
            "{what}"
        );
    }
}

#[test]
fn what_is_no_number_is_counted_apart() {
    let profile = of("a,b\n1.5,x\ninf,x\n-inf,x\nNA,x\n2.5,x\n");
    let numbers = profile.columns[0].numbers.as_ref().unwrap();
    assert_eq!((numbers.nans, numbers.infinities), (0, 2));
    assert_eq!((profile.columns[0].nulls, numbers.max), (1, 2.5));
}

#[test]
fn ids_beyond_what_a_float_tells_apart_are_counted() {
    let first = 1_u64 << 60;
    let rows: String = (first..first + 30).map(|id| format!("{id},x\n")).collect();
    let profile = of(&format!("id,b\n{rows}"));
    assert_eq!(
        (profile.columns[0].distinct.count, profile.columns[0].is_id),
        (30, true)
    );
}

#[test]
fn where_there_are_too_many_texts_there_are_more_than_were_counted() {
    let table = tests::table("a,b\nx,1\ny,1\nx,1\nz,1\nNA,1\n");
    let cells = &table.all_cells()[0];
    let found = |most| Found::of_texts(cells, table.rows(), most);
    let exact = found(3);
    assert_eq!(exact.distinct, exactly(3));
    assert_eq!(
        (exact.nulls, exact.rest, exact.top[0].name.as_str()),
        (1, 0, "x")
    );
    let more = found(2);
    let expected = Distinct {
        count: 2,
        is_more: true,
    };
    assert_eq!(more.distinct, expected);
    // Who was not counted may be as common as who was.
    assert_eq!((more.nulls, more.rest, more.top), (1, 4, vec![]));
}

#[test]
fn a_file_that_is_no_table_has_a_verdict() {
    let judged = |name: &str, bytes: &[u8]| judge(name.as_ref(), bytes, &|| false).unwrap();
    let Verdict::NotRead { why } = judged("t.csv", b"a,b\n1,2\n3\n") else {
        panic!("it was read");
    };
    assert!(why.starts_with("line 3 of t.csv has 1 cells"), "{why}");
    assert!(matches!(
        judged("t.parquet", b"PAR1PAR1"),
        Verdict::NotRead { .. }
    ));
    assert_eq!(check_size(MOST_BYTES), Ok(()));
    let refusal = check_size(MOST_BYTES + 1).unwrap_err();
    assert_eq!(refusal.to_string(), "larger than 256 MiB");
    assert!(matches!(refusal.into(), Verdict::TooLarge { .. }));
    assert_eq!(judge("t.csv".as_ref(), b"a,b\n1,2\n", &|| true), None);
}

#[test]
fn a_table_is_known_by_its_ending() {
    for (name, expected) in [
        ("a.csv", true),
        ("b/a.TSV", true),
        ("a.parquet", true),
        ("a.pq", true),
        ("a.ndjson", true),
        ("a.jsonl", true),
        ("a.json", false),
        ("csv", false),
        ("a.csv.gz", false),
    ] {
        assert_eq!(is_tabular(name.as_ref()), expected, "{name}");
    }
}

proptest! {
    #[test]
    fn every_row_is_counted_once_and_a_profile_is_read_as_it_was_written(
        cells in prop::collection::vec(
            (prop::option::of(-50i32..50), prop::option::of("[a-z]{0,2}"), prop::option::of(-1e6f64..1e6)),
            1..60,
        )
    ) {
        let mut csv = "whole,text,real,one\n".to_owned();
        for (whole, text, real) in &cells {
            let whole = whole.map_or_else(String::new, |cell| cell.to_string());
            let real = real.map_or_else(String::new, |cell| cell.to_string());
            csv += &format!("{whole},{},{real},1\n", text.clone().unwrap_or_default());
        }
        let profile = of(&csv);
        let rows = cells.len() as u64;
        prop_assert_eq!(profile.rows, rows);
        for column in &profile.columns {
            prop_assert!(column.nulls <= rows);
            prop_assert!(column.distinct.count <= rows - column.nulls);
            if let Some(numbers) = &column.numbers {
                prop_assert!(numbers.min <= numbers.mean && numbers.mean <= numbers.max);
                let in_order = numbers.quantiles.is_sorted_by(|a, b| a.value <= b.value);
                prop_assert!(in_order);
                if let Some(histogram) = &numbers.histogram {
                    prop_assert_eq!(histogram.edges.len(), histogram.counts.len() + 1);
                    prop_assert!(histogram.counts.len() as u64 <= MOST_BINS);
                    prop_assert_eq!(histogram.counts.iter().sum::<u64>(), rows - column.nulls);
                }
            } else {
                let named: u64 = column.top.iter().map(|category| category.count).sum();
                prop_assert_eq!(named + column.rest + column.nulls, rows);
            }
        }
        let text = serde_json::to_string(&profile).unwrap();
        prop_assert_eq!(serde_json::from_str::<Profile>(&text).unwrap(), profile);
    }
}
