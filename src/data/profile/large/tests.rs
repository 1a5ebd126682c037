use std::{convert::Infallible, io::Write as _};

use polars::prelude::{DataFrame, NamedFrom as _, ParquetWriter, Series, df};
use proptest::prelude::*;

use super::*;
use crate::data::profile::{Profile, judge as judge_whole};

fn given(name: &str, content: &[u8], part: usize, usual: usize) -> Verdict {
    let mut give = |take: &mut dyn FnMut(&[u8]) -> Result<(), Infallible>| {
        content.chunks(part.max(1)).try_for_each(take)
    };
    let Ok(verdict) = judge_in(name.as_ref(), usual, &mut give);
    verdict
}

/// The same but for what rounding does to means and deviations.
fn same(a: &Verdict, b: &Verdict) {
    let (Verdict::Profiled(a), Verdict::Profiled(b)) = (a, b) else {
        return assert_eq!(a, b);
    };
    let rounded = |profile: &Profile| {
        let mut profile = profile.clone();
        // Of objects whose names come and go, in another order.
        profile.columns.sort_by(|a, b| a.name.cmp(&b.name));
        for numbers in profile
            .columns
            .iter_mut()
            .filter_map(|column| column.numbers.as_mut())
        {
            (numbers.mean, numbers.deviation) = (0.0, None);
        }
        profile
    };
    assert_eq!(rounded(a), rounded(b));
    let of = |name: &str| b.columns.iter().find(|column| column.name == name);
    let both = a.columns.iter().filter_map(|a| Some((a, of(&a.name)?)));
    for (a, b) in both.filter_map(|(a, b)| Some((a.numbers.as_ref()?, b.numbers.as_ref()?))) {
        let scale = a.max.abs().max(a.min.abs()).max(1e-300);
        assert!((a.mean - b.mean).abs() <= 1e-12 * scale, "{a:?} {b:?}");
        let deviations = a.deviation.unwrap_or(0.0) - b.deviation.unwrap_or(0.0);
        assert!(deviations.abs() <= 1e-9 * scale, "{a:?} {b:?}");
    }
}

#[test]
fn real_tables_are_the_same_in_pieces() {
    for name in ["breast_cancer.csv", "bikeshare_2011.csv", "phishing.csv"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("assets/data")
            .join(name);
        let content = std::fs::read(path).unwrap();
        let whole = judge_whole(name.as_ref(), &content, &|| false).unwrap();
        for (part, usual) in [(1_000, 4_000), (1 << 20, 30_000), (77, 1 << 30)] {
            same(&given(name, &content, part, usual), &whole);
        }
    }
}

fn whole(name: &str, content: &str) -> Verdict {
    judge_whole(name.as_ref(), content.as_bytes(), &|| false).unwrap()
}

#[test]
fn what_is_no_table_is_told_by_the_line_of_the_file() {
    let rows = "12345,abc\n".repeat(50);
    for wrong in ["1,2,3\n", "\n1,2\n", "a\"b,2\n", "1,\"a\n"] {
        let content = format!("a,b\n{rows}{wrong}{rows}");
        let expected = whole("t.csv", &content);
        assert!(matches!(expected, Verdict::NotRead { .. }), "{wrong:?}");
        let found = given("t.csv", content.as_bytes(), 7, 100);
        assert!(
            matches!(found, Verdict::NotRead { .. }),
            "{wrong:?} {found:?}"
        );
        // An open quote ends elsewhere, and a blank line that ends a piece is only seen by what follows.
        if wrong == "1,2,3\n" {
            assert_eq!(found, expected);
        }
    }
    for content in ["", "\n\n", "a,b\n", "1,2\n3,4\n", "a,a\n1,2\n"] {
        let found = given("t.csv", content.as_bytes(), 3, 4);
        assert_eq!(found, whole("t.csv", content), "{content:?}");
    }
    let long = given("t.csv", &[b'a'; 70 << 20], 1 << 20, 1 << 20);
    assert!(matches!(long, Verdict::NotRead { why } if why.contains("64 MiB")));
}

fn cell() -> BoxedStrategy<String> {
    prop_oneof![
        4 => "[0-9]{1,3}",
        2 => "-?[0-9]{1,3}\\.[0-9]{1,2}",
        1 => "true|false",
        1 => "2026-1[0-2]-0[1-9]",
        1 => "2026-10-01 12:0[0-9]:00",
        2 => Just(String::new()),
        1 => Just("NA".to_owned()),
        1 => Just("inf".to_owned()),
        2 => "[a-c]{1,2}",
        1 => Just("\"a,\n\"\"b\"".to_owned()),
    ]
    .boxed()
}

/// A Parquet file of groups of so many rows, in pages of so many bytes.
fn packed(mut frame: DataFrame, group: usize, page: usize) -> Vec<u8> {
    let mut bytes = vec![];
    ParquetWriter::new(&mut bytes)
        .with_row_group_size(Some(group))
        .with_data_page_size(Some(page))
        .finish(&mut frame)
        .unwrap();
    bytes
}

fn sliced(content: &[u8], usual: usize, stop: &dyn Fn() -> bool) -> Option<Verdict> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(content).unwrap();
    judge_slices("t.parquet".as_ref(), &file, usual, stop)
}

fn rows_of_all_types(rows: i64) -> DataFrame {
    let wholes = || 0..rows;
    df!(
        "id" => wholes().map(|n| (1 << 53) + n).collect::<Vec<_>>(),
        "real" => wholes().map(|n| (n % 7 != 0).then(|| (n % 91) as f64 / 7.0 - 3.0)).collect::<Vec<_>>(),
        "rare" => wholes().map(|n| if n == 5 { f64::NAN } else { f64::INFINITY }).collect::<Vec<_>>(),
        "text" => wholes().map(|n| format!("t{}", n % 13)).collect::<Vec<_>>(),
        "flag" => wholes().map(|n| n % 3 == 0).collect::<Vec<_>>(),
        "word" => wholes().map(|n| ["true", "false"][n as usize % 2]).collect::<Vec<_>>(),
        "number" => wholes().map(|n| ["3", "03", "3.0"][n as usize % 3]).collect::<Vec<_>>(),
        "list" => wholes().map(|n| Series::new("".into(), [n])).collect::<Vec<_>>(),
    )
    .unwrap()
}

#[test]
fn parquet_is_the_same_in_slices() {
    let frame = rows_of_all_types(5_000);
    for (group, page, usual) in [(5_000, 1 << 20, 1), (700, 4_000, 1), (64, 100, 1 << 20)] {
        let content = packed(frame.clone(), group, page);
        let found = sliced(&content, usual, &|| false).unwrap();
        let whole = judge_whole("t.parquet".as_ref(), &content, &|| false).unwrap();
        assert!(matches!(&found, Verdict::Profiled(profile) if profile.rows == 5_000));
        same(&found, &whole);
    }
}

#[test]
fn a_damaged_parquet_file_is_no_table_and_ends_nothing() {
    let content = packed(rows_of_all_types(3_000), 1_000, 2_000);
    for cut in [0, 3, content.len() / 2, content.len() - 1] {
        let found = sliced(&content[..cut], 1, &|| false).unwrap();
        assert!(matches!(found, Verdict::NotRead { .. }), "{cut} {found:?}");
    }
    let mut refused = 0;
    for at in (0..content.len()).step_by(content.len() / 300) {
        let mut damaged = content.clone();
        damaged[at] ^= 0x55;
        let found = sliced(&damaged, 1, &|| false).unwrap();
        refused += u32::from(matches!(found, Verdict::NotRead { .. }));
    }
    assert!(0 < refused);
}

#[test]
fn slices_end_where_they_are_stopped() {
    let content = packed(rows_of_all_types(3_000), 1_000, 2_000);
    let looks = std::cell::Cell::new(0);
    let found = sliced(&content, 1, &|| {
        looks.set(looks.get() + 1);
        looks.get() == 2
    });
    assert_eq!((found, looks.get()), (None, 2));
}

/// In a text table `true` is a flag and `03` is three; in one that has types of its own they are the texts that they are.
#[test]
fn texts_of_a_table_with_types_stay_texts() {
    let line = |n: usize| {
        let (word, number) = (["true", "false"][n % 2], ["3", "03"][n % 2]);
        format!("{{\"word\":\"{word}\",\"number\":\"{number}\"}}\n")
    };
    let content: String = (0..40).map(line).collect();
    let found = given("t.ndjson", content.as_bytes(), 50, 100);
    same(&found, &whole("t.ndjson", &content));
}

proptest! {
    #[test]
    fn in_pieces_a_table_is_what_it_is_as_a_whole(
        rows in proptest::collection::vec([cell(), cell(), "[0-9]{1,2}".boxed()], 1..60),
        usual in 1usize..200,
        part in 1usize..50,
    ) {
        let lines = rows.iter().map(|row| row.join(",") + "\n");
        let content = format!("a,\"b\n\",c\n{}", lines.collect::<String>());
        let found = given("t.csv", content.as_bytes(), part, usual);
        same(&found, &whole("t.csv", &content));
    }

    #[test]
    fn lines_of_objects_are_the_same_in_pieces(
        rows in proptest::collection::vec((0..3, -99i32..99, "[a-c]{0,2}", any::<bool>()), 1..60),
        usual in 1usize..200,
        part in 1usize..50,
    ) {
        let line = |(which, number, text, is_half): &(i32, i32, String, bool)| match which {
            0 => format!("{{\"n\":{number},\"t\":\"{text}\"}}\n"),
            1 if *is_half => format!("{{\"n\":{number}.5}}\n"),
            _ => format!("{{\"t\":null,\"n\":{number}}}\n"),
        };
        let content: String = rows.iter().map(line).collect();
        let found = given("t.ndjson", content.as_bytes(), part, usual);
        same(&found, &whole("t.ndjson", &content));
    }
}
