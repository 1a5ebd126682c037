//! What this room promises of files: every bad one ends in an error that names the row or column, and nothing panics.

use std::{fs, path::PathBuf};

use polars::prelude::{DataFrame, DataType, IntoColumn as _, NamedFrom, ParquetWriter, Series, df};
use proptest::prelude::*;

use super::*;

/// A file in a folder that goes away with the value.
pub(super) struct Written {
    _dir: tempfile::TempDir,
    pub path: PathBuf,
}

pub(super) fn write(name: &str, bytes: impl AsRef<[u8]>) -> Written {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    Written { _dir: dir, path }
}

pub(super) fn table(csv: &str) -> Table {
    read(&write("t.csv", csv).path).unwrap()
}

/// A preset that predicts `target`, with further lines of TOML.
pub(super) fn preset(task: &str, target: &str, more: &str) -> Preset {
    toml::from_str(&format!(
        "task = {task:?}\ndata = \"t.csv\"\ntarget = {target:?}\n{more}"
    ))
    .unwrap()
}

pub(super) fn classify(target: &str) -> Preset {
    preset("classification", target, "")
}

/// `rows` rows of a number, a category and a class.
pub(super) fn healthy(rows: usize) -> String {
    let mut csv = "size,colour,kind\n".to_owned();
    for row in 0..rows {
        let (colour, kind) = (["red", "blue"][row / 2 % 2], ["cat", "dog"][row % 2]);
        csv += &format!("{}.5,{colour},{kind}\n", row * 7 % 11);
    }
    csv
}

fn message(name: &str, bytes: impl AsRef<[u8]>) -> String {
    let file = write(name, bytes);
    let prepared = read(&file.path).and_then(|table| prepare(&table, &classify("kind"), 1));
    let error = prepared.unwrap_err();
    let dir = file.path.parent().unwrap().display().to_string();
    error.to_string().replace(&format!("{dir}/"), "")
}

#[test]
fn a_bad_file_is_refused_by_line_row_or_column() {
    let cases: [(&str, &[u8], &str); 33] = [
        ("t.csv", b"", "t.csv is empty"),
        ("t.csv", b"\n \n", "t.csv is empty"),
        ("t.csv", b"a,kind\n", "t.csv has columns but no rows"),
        ("t.csv", b"a,kind\n1,x\n", "'kind' is 'x' in every row"),
        (
            "t.csv",
            b"a,kind\n1,x\n2,y\n",
            "2 rows with a target are too few for three parts: at least 3",
        ),
        (
            "t.csv",
            b"a,kind\n1,x\n2\n",
            "line 3 of t.csv has 1 cells, the header has 2",
        ),
        (
            "t.csv",
            b"a,kind\n1,x\n2,y,z\n",
            "line 3 of t.csv has 3 cells, the header has 2",
        ),
        (
            "t.csv",
            b"a,kind\n1,\"x\n2,y\n",
            "line 2 of t.csv: a quote is opened and never closed",
        ),
        (
            "t.csv",
            b"a,kind\n1,x\ntwo,y\n3,x\n4,y\n",
            "row 2 of column 'a' holds 'two', which is no number",
        ),
        (
            "t.csv",
            b"a,kind\n2026-01-01,x\nsoon,y\n2026-01-02,x\n2026-01-03,y\n",
            "row 2 of column 'a' holds 'soon', which is no date",
        ),
        (
            "t.csv",
            b"1,2.5\n1,x\n2,y\n",
            "the first line of t.csv holds only numbers",
        ),
        ("t.csv", b",kind\n1,x\n", "column 1 of t.csv has no name"),
        (
            "t.csv",
            b"a,kind,a\n1,x,1\n",
            "columns 1 and 3 of t.csv are both named 'a'",
        ),
        (
            "t.csv",
            b"a,kind\n1,caf\xe9\n",
            "line 2 of t.csv is not UTF-8: convert the file with iconv -f latin1 -t utf8",
        ),
        (
            "t.csv",
            b"\xff\xfea\0,\0k\0",
            "t.csv is UTF-16: convert the file with iconv -f utf-16 -t utf-8",
        ),
        (
            "t.csv",
            b"a\0,\0k\0",
            "t.csv is UTF-16: convert the file with iconv -f utf-16le",
        ),
        (
            "t.csv",
            b"\0a\0,\0k",
            "t.csv is UTF-16: convert the file with iconv -f utf-16be",
        ),
        (
            "t.csv",
            b"a,kind\n1,x\n\0,y\n",
            "line 3 of t.csv: it holds a NUL byte",
        ),
        (
            "t.csv",
            b"a,kind\r1,x\r2,y\r",
            "the lines of t.csv end in CR alone",
        ),
        (
            "t.csv",
            b"5.1,3.5,x\n1,2,y\n",
            "there is no column 'kind' (target): there are '5.1', '3.5', 'x'; is the first line a header?",
        ),
        (
            "t.csv",
            b"a,kind\n1,x\n2,x\n3,x\n",
            "'kind' is 'x' in every row: two classes or more",
        ),
        (
            "t.csv",
            b"a,kind\n1,\n2,NA\n3,\n",
            "the target 'kind' has no values",
        ),
        (
            "t.csv",
            b"a,kind\n1,x\n1,y\n1,x\n",
            "no column is left to learn from; column 'a' is left out: it is '1' in every row",
        ),
        (
            "t.csv",
            b"a,kimd\n1,x\n2,y\n",
            "there is no column 'kind' (target): did you mean 'kimd'?",
        ),
        (
            "t.csv",
            b"a\x1b[2J,kind\n1,x\nb,y\n3,x\n4,x\n",
            "column 'a\u{fffd}[2J' holds 'b'",
        ),
        (
            "t.ndjson",
            b"{\"a\":1,\"kind\":\"x\"}\n{\"a\":2\n",
            "line 2 of t.ndjson: not one JSON object",
        ),
        (
            "t.jsonl",
            b"[1,2]\n",
            "line 1 of t.jsonl: not one JSON object",
        ),
        (
            "t.ndjson",
            b"{\"a\":1,\"kind\":\"x\"}\n{\"a\":true}\n",
            "line 2 of t.ndjson: 'a' is true or false here and a number before: make it one of them",
        ),
        (
            "t.ndjson",
            b"{\"a\":1,\"kind\":\"x\"}\n\n{\"a\":{\"b\":1}}\n",
            "line 3 of t.ndjson: 'a' is a list or an object: write plain values",
        ),
        (
            "t.ndjson",
            b"{\"a\":1,\"kind\":\"x\"}\n{\"a\":\"p\",\"kind\":\"y\"}\n{\"a\":2.5,\"kind\":\"y\"}\n",
            "row 2 of column 'a' holds 'p', which is no number",
        ),
        (
            "t.parquet",
            b"PAR1 is not enough PAR1",
            "cannot read t.parquet",
        ),
        ("t.xlsx", b"a,kind\n1,x\n", "t.xlsx ends in none of .csv"),
        ("t", b"a,kind\n1,x\n", "t ends in none of .csv"),
    ];
    for (name, bytes, expected) in cases {
        let message = message(name, bytes);
        assert!(message.contains(expected), "{message}\n  lacks: {expected}");
        assert!(!message.chars().any(char::is_control), "{message:?}");
    }
}

#[test]
fn integers_of_any_length_are_read_and_nothing_is_printed() {
    let long = "{\"a\":99999999999999999999,\"kind\":\"x\"}\n{\"a\":2,\"kind\":\"y\"}\n";
    let table = read(&write("t.ndjson", long).path).unwrap();
    let cells = table.cells("a", "features").unwrap();
    assert_eq!(cells.number(0), Ok(Some(1e20)));
    assert_eq!(cells.number(1), Ok(Some(2.0)));
}

#[test]
fn a_target_that_cannot_be_learnt_is_known_before_training() {
    let rows = |y: &dyn Fn(usize) -> String| {
        let lines = (0..300).map(|row| format!("{}.5,{}\n", row * 7 % 11, y(row)));
        write("t.csv", "x,y\n".to_owned() + &lines.collect::<String>())
    };
    let refused = |task: &str, y: &dyn Fn(usize) -> String| {
        let preset = preset(task, "y", "");
        let table = read(&rows(y).path).unwrap();
        let plan = inspect(&table, &preset);
        plan.and_then(|plan| split(&table, &plan, &preset, 1).map(drop))
            .unwrap_err()
            .to_string()
    };
    type Cell<'a> = &'a dyn Fn(usize) -> String;
    let cases: [(&str, Cell, &str); 4] = [
        (
            "regression",
            &|_| "7".to_owned(),
            "is the same number in every training row",
        ),
        (
            "classification",
            &|row| format!("{}.25", row * 3),
            "has 300 classes in 300 rows: is it a regression? use task = \"regression\"",
        ),
        (
            "classification",
            &|row| format!("n{row}"),
            "has 300 classes in 300 rows: a class needs rows to learn from; is it a name",
        ),
        (
            "regression",
            &|row| format!("{row}e35"),
            "row 2 of the target 'y' is 1e35: beyond ±1e30",
        ),
    ];
    for (task, y, wanted) in cases {
        let said = refused(task, y);
        assert!(said.contains(wanted), "{said}");
    }
}

#[test]
fn what_is_infinite_is_said_with_its_first_row() {
    let mut csv = "x,z,y\n".to_owned();
    for row in 0..40 {
        let cell = |at: usize| {
            if row % 10 == at {
                "inf".to_owned()
            } else {
                (row * 7 % 11).to_string()
            }
        };
        csv += &format!(
            "{},{},{}\n",
            cell(3),
            row % 7,
            if row == 5 {
                "-1e999".to_owned()
            } else {
                cell(11)
            }
        );
    }
    let plan = inspect(&table(&csv), &preset("regression", "y", "")).unwrap();
    let said = plan.warnings.join("\n");
    for wanted in [
        "4 rows of column 'x' are infinite, the first is row 4: they count as missing",
        "row 6 of column 'y' is infinite and counts as missing",
        "1 row is left out: the target 'y' is missing there",
    ] {
        assert!(said.contains(wanted), "{said}");
    }
}

/// Which of several was named used to be left to chance.
#[test]
fn of_several_mistakes_the_first_is_named() {
    for _ in 0..20 {
        let said = message("t.ndjson", "{\"b\":[1],\"a\":{},\"kind\":[]}\n");
        assert!(said.contains("line 1 of t.ndjson: 'b' is a list"), "{said}");
    }
}

#[test]
fn a_place_without_a_readable_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let absent = read(&dir.path().join("no.csv")).unwrap_err();
    assert!(matches!(absent, Error::Absent { .. }), "{absent}");
    let folder = read(dir.path()).unwrap_err();
    assert!(matches!(folder, Error::Folder { .. }), "{folder}");
    assert!(matches!(hash_file(dir.path()), Err(Error::Folder { .. })));
    let pipe = dir.path().join("pipe.csv");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        0o600.into(),
        0,
    )
    .unwrap();
    assert!(matches!(read(&pipe), Err(Error::NotAFile { .. })));
}

#[test]
fn a_file_whose_bytes_changed_is_refused() {
    let file = write("t.csv", healthy(60));
    let hash = hash_file(&file.path).unwrap();
    assert_eq!(read(&file.path).unwrap().hash(), hash);
    read_unchanged(&file.path, &hash).unwrap();
    fs::write(&file.path, healthy(61)).unwrap();
    let error = read_unchanged(&file.path, &hash).unwrap_err();
    assert!(matches!(error, Error::Changed { .. }), "{error}");
}

#[test]
fn ten_thousand_columns_are_read_and_too_many_refused() {
    let wide = |columns: usize| {
        let names: Vec<String> = (0..columns).map(|i| format!("c{i}")).collect();
        let mut csv = names.join(",") + ",kind\n";
        for row in 0..12 {
            let cells: Vec<String> = (0..columns)
                .map(|i| ((row * 7 + i) % 5).to_string())
                .collect();
            csv += &format!("{},{}\n", cells.join(","), ["x", "y"][row % 2]);
        }
        write("t.csv", csv)
    };
    let prepared = prepare(&read(&wide(10_000).path).unwrap(), &classify("kind"), 1).unwrap();
    assert_eq!(prepared.plan.features.len(), 10_000);
    let error = read(&wide(read::MOST_COLUMNS).path).unwrap_err();
    assert!(
        matches!(
            error,
            Error::TooWide {
                found: 20_001,
                limit: 20_000,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn the_same_rows_are_the_same_table_in_every_format() {
    let csv = write(
        "t.csv",
        "\u{feff}when;n;flag;text;kind\r\n2026-01-01;1.5;true;a;x\r\n2026-01-02;;false;\"b;c\";y\r\n2026-01-03;3;true;;x\r\n\r\n",
    );
    let ndjson = write(
        "t.ndjson",
        concat!(
            "{\"when\":\"2026-01-01\",\"n\":1.5,\"flag\":true,\"text\":\"a\",\"kind\":\"x\"}\n",
            "{\"when\":\"2026-01-02\",\"flag\":false,\"text\":\"b;c\",\"kind\":\"y\"}\n\n",
            "{\"when\":\"2026-01-03\",\"n\":3,\"flag\":true,\"text\":null,\"kind\":\"x\"}\n",
        ),
    );
    let days = Series::new("when".into(), [20_454_i32, 20_455, 20_456])
        .cast(&polars::prelude::DataType::Date)
        .unwrap();
    let mut frame = df!(
        "n" => [Some(1.5), None, Some(3.0)],
        "flag" => [true, false, true],
        "text" => [Some("a"), Some("b;c"), None],
        "kind" => ["x", "y", "x"],
    )
    .unwrap();
    frame.insert_column(0, days.into()).unwrap();
    let parquet = write("t.parquet", parquet(&mut frame));
    let preset = preset("classification", "kind", "features.rare = 1");
    let encoded = [&csv, &ndjson, &parquet].map(|file| {
        let table = read(&file.path).unwrap();
        let plan = inspect(&table, &preset).unwrap();
        let encoder = Encoder::fit(&table, &plan, &preset, &[0, 1, 2]).unwrap();
        (plan, encoder.encode(&table, &[0, 1, 2]).unwrap(), encoder)
    });
    assert_eq!(encoded[0], encoded[1]);
    assert_eq!(encoded[0], encoded[2]);
    let kinds: Vec<String> = encoded[0]
        .0
        .features
        .iter()
        .map(|column| column.kind.to_string())
        .collect();
    assert_eq!(kinds, ["date", "number", "category", "category"]);
}

pub(super) fn parquet(frame: &mut DataFrame) -> Vec<u8> {
    let mut bytes = vec![];
    ParquetWriter::new(&mut bytes).finish(frame).unwrap();
    bytes
}

/// As pandas and Arrow write them when they are told to save space.
#[test]
fn integers_of_every_width_are_read_from_parquet() {
    let cases = [
        (DataType::Int8, -128, 127),
        (DataType::Int16, -32_768, 32_767),
        (DataType::Int32, -2_147_483_648, 2_147_483_647),
        (DataType::Int64, i64::MIN, i64::MAX),
        (DataType::UInt8, 0, 255),
        (DataType::UInt16, 0, 65_535),
        (DataType::UInt32, 0, 4_294_967_295),
    ];
    for (dtype, least, greatest) in cases {
        let cells = Series::new("n".into(), [Some(least), None, Some(greatest)]);
        let cells = cells.strict_cast(&dtype).unwrap();
        let mut frame = DataFrame::new(3, vec![cells.into_column()]).unwrap();
        let file = write("t.parquet", parquet(&mut frame));
        let cells = read(&file.path).unwrap().all_cells();
        let texts: Vec<_> = (0..3).map(|row| cells[0].text(row)).collect();
        let expected = [least.to_string(), greatest.to_string()];
        assert_eq!(texts[0].as_deref(), Some(&expected[0][..]), "{dtype}");
        assert_eq!(texts[1], None, "{dtype}");
        assert_eq!(texts[2].as_deref(), Some(&expected[1][..]), "{dtype}");
        assert_eq!(cells[0].number(2), Ok(Some(greatest as f64)), "{dtype}");
    }
}

#[test]
fn preparing_twice_gives_the_same_bits_and_another_seed_another_split() {
    let file = write("t.csv", healthy(200));
    let table = read(&file.path).unwrap();
    let prepared = |seed| prepare(&table, &classify("kind"), seed).unwrap();
    let (first, again, other) = (prepared(7), prepared(7), prepared(8));
    assert_eq!(first.encoder, again.encoder);
    assert_eq!(
        (&first.train, &first.validation, &first.test),
        (&again.train, &again.validation, &again.test)
    );
    assert_ne!(first.train, other.train);
}

#[test]
fn the_shipped_presets_prepare_their_shipped_data_without_a_leak() {
    #[derive(serde::Deserialize)]
    struct Shipped {
        presets: crate::domain::presets::Presets,
    }
    let shipped: Shipped = toml::from_str(include_str!("../../assets/presets.toml")).unwrap();
    assert_eq!(shipped.presets.len(), 3);
    for (name, preset) in &shipped.presets {
        let set = preset.data.strip_prefix("demo:").unwrap();
        let file = write("t.csv", demo(set).unwrap());
        let prepared = prepare(&read(&file.path).unwrap(), preset, preset.seed).unwrap();
        assert_eq!(prepared.plan.warnings, Vec::<String>::new(), "{name}");
        assert!(!preset.about.is_empty());
        for part in [&prepared.train, &prepared.validation, &prepared.test] {
            assert!(part.numbers.iter().all(|number| number.is_finite()));
        }
    }
}

/// Bytes that are often nearly a table.
fn rubbish() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..8),
        prop::sample::select(vec![
            ",",
            "\n",
            "\r\n",
            "\"",
            "a",
            "1",
            "-1e999",
            "kind",
            "NaN",
            "{\"kind\":",
            "}",
            "[",
            "null",
            "true",
            ":",
            "2026-01-01",
            "\u{feff}",
            ";",
            "\t",
            "x",
            "{\"kind\":1}\n",
            "0",
            "é",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Reads and, where that succeeds, goes all the way: what is left is that it returns.
fn go_all_the_way(name: &str, bytes: &[u8]) {
    let file = write(name, bytes);
    if let Ok(table) = read(&file.path) {
        let _ = prepare(&table, &classify("kind"), 1);
        let _ = prepare(&table, &preset("regression", "kind", ""), 1);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in rubbish(), name in prop::sample::select(vec!["t.csv", "t.ndjson", "t.parquet"])) {
        go_all_the_way(name, &bytes);
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_damaged_parquet_file_makes_it_panic(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>(), is_cut in any::<bool>()) {
        let mut frame = df!(
            "a" => (0..40).map(f64::from).collect::<Vec<_>>(),
            "b" => (0..40).map(|row| ["p", "q", "r"][row % 3]).collect::<Vec<_>>(),
            "kind" => (0..40).map(|row| ["x", "y"][row % 2]).collect::<Vec<_>>(),
        ).unwrap();
        let mut bytes = parquet(&mut frame);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if is_cut {
            bytes.remove(cut.index(bytes.len()));
        }
        go_all_the_way("t.parquet", &bytes);
    }
}

#[test]
fn a_target_that_was_hardly_meant_is_the_first_thing_said() {
    let mut csv = "size,day,kind\n".to_owned();
    for row in 0..40 {
        let (day, kind) = (1 + row % 2, ["cat", "dog"][row / 2 % 2]);
        csv += &format!("{}.5,2026-10-0{day},{kind}\n", row * 7 % 11);
    }
    let table = table(&csv);
    let by = |column: &str| format!("[split]\nkind = \"group\"\nby = {column:?}\n");
    let cases = [
        ("day", String::new(), "holds dates: is"),
        (
            "day",
            by("day"),
            "holds dates and is the column that the split goes by",
        ),
        (
            "kind",
            by("kind"),
            "is also the column that the split goes by",
        ),
    ];
    for (target, more, why) in cases {
        let plan = inspect(&table, &preset("classification", target, &more)).unwrap();
        assert!(plan.warnings[0].contains(why), "{:?}", plan.warnings);
    }
    let plan = inspect(&table, &classify("kind")).unwrap();
    assert!(!plan.warnings.iter().any(|said| said.contains("predicted?")));
}
