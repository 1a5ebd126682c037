use std::{fs::OpenOptions, io::Write as _};

use proptest::prelude::*;

use super::*;
use crate::domain::records::{self, Record};

fn append(path: &Path, bytes: &[u8]) {
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    file.write_all(bytes).unwrap();
}

/// Reads until nothing whole is left: records, the number of bad lines, and what else happened.
fn drain(reader: &mut Reader, budget: u64) -> (Vec<Record>, u64, Vec<Happening>) {
    let (mut records, mut bad, mut others) = (vec![], 0, vec![]);
    loop {
        let batch = reader.read(budget).unwrap();
        for happening in batch.happenings {
            match happening {
                Happening::Line(line) => match records::parse(&line) {
                    Ok(record) => records.push(record),
                    Err(_) => bad += 1,
                },
                Happening::TooLong => bad += 1,
                other => others.push(other),
            }
        }
        if batch.is_at_end {
            return (records, bad, others);
        }
    }
}

fn steps(records: &[Record]) -> Vec<i64> {
    records.iter().filter_map(|record| record.step).collect()
}

fn open(path: &Path) -> Reader {
    Reader::new(path, 0, 0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn a_stream_cut_anywhere_gives_each_record_exactly_once(
        lines in prop::collection::vec(prop_oneof![
            6 => (0i64..1_000, "[ -~]{0,60}").prop_map(|(step, note)| {
                let mut line = vec![];
                let note = Some(note);
                records::write(&Record { step: Some(step), note, ..Record::default() }, &mut line);
                line
            }),
            1 => prop::collection::vec(any::<u8>(), 0..40).prop_map(|mut bytes| { bytes.push(b'\n'); bytes }),
        ], 0..30),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        budgets in prop::collection::vec(1u64..200, 1..8),
        reopened in any::<bool>(),
    ) {
        let bytes = lines.concat();
        let mut expected = vec![];
        for line in bytes.split(|byte| *byte == b'\n') {
            expected.extend(records::parse(line));
        }
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.push(bytes.len());
        cuts.sort_unstable();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal");
        append(&path, b"");
        let mut reader = open(&path);
        let mut read = vec![];
        let mut from = 0;
        for (nth, cut) in cuts.into_iter().enumerate() {
            append(&path, &bytes[from..cut]);
            from = cut;
            if reopened {
                reader = Reader::new(&path, reader.offset, reader.inode);
            }
            read.extend(drain(&mut reader, budgets[nth % budgets.len()]).0);
        }
        prop_assert_eq!(read, expected);
        prop_assert_eq!(reader.offset, bytes.len() as u64);
    }
}

#[test]
fn a_torn_line_waits_for_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    append(&path, b"{\"step\":1}\n{\"step\":2");
    let mut reader = open(&path);
    assert_eq!(steps(&drain(&mut reader, 1 << 20).0), [1]);
    assert_eq!(reader.offset, 11);
    append(&path, b"2}\n");
    assert_eq!(steps(&drain(&mut reader, 1 << 20).0), [22]);
}

#[test]
fn a_journal_that_became_shorter_is_an_event_and_goes_on_at_its_last_whole_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    append(&path, b"{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n");
    let mut reader = open(&path);
    drain(&mut reader, 1 << 20);
    OpenOptions::new()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(15)
        .unwrap();
    let (records, bad, events) = drain(&mut reader, 1 << 20);
    assert_eq!((records.len(), bad), (0, 0));
    assert_eq!(events, [Happening::Shortened { from: 33, to: 15 }]);
    assert_eq!(reader.offset, 11);
    append(&path, b"\n{\"step\":4}\n");
    let (records, bad, events) = drain(&mut reader, 1 << 20);
    assert_eq!((steps(&records), bad, events.len()), (vec![4], 1, 0));
}

#[test]
fn a_copy_put_in_its_place_is_an_event_and_is_not_taken_twice() {
    let dir = tempfile::tempdir().unwrap();
    let (path, copy) = (dir.path().join("journal"), dir.path().join("copy"));
    append(&path, b"{\"step\":1}\n{\"step\":2}\n");
    let mut reader = open(&path);
    drain(&mut reader, 1 << 20);
    std::fs::copy(&path, &copy).unwrap();
    append(&copy, b"{\"step\":3}\n");
    std::fs::rename(&copy, &path).unwrap();
    let (records, bad, events) = drain(&mut reader, 1 << 20);
    assert_eq!((steps(&records), bad), (vec![3], 0));
    assert_eq!(events, [Happening::Replaced]);
    assert_eq!(drain(&mut reader, 1 << 20).2, []);
}

#[test]
fn lines_of_a_megabyte_are_read_whatever_the_budget() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let long = format!(
        "{{\"step\":1,\"note\":\"{}\"}}\n{{\"step\":2}}\n",
        "x".repeat(1 << 20)
    );
    append(&path, long.as_bytes());
    let (records, bad, _) = drain(&mut open(&path), 100);
    assert_eq!((steps(&records), bad), (vec![1, 2], 0));
}

#[test]
fn a_line_too_long_to_be_a_record_is_counted_and_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    append(&path, b"{\"step\":1}\n");
    append(&path, &vec![b'x'; LONGEST_LINE + 100_000]);
    let mut reader = open(&path);
    let (records, bad, _) = drain(&mut reader, 1 << 16);
    assert_eq!(
        (steps(&records), bad),
        (vec![1], 0),
        "its end may still come"
    );
    assert_eq!(reader.offset, 11);
    append(&path, &vec![b'x'; 200_000]);
    append(&path, b"\n{\"step\":2}\n");
    let (records, bad, _) = drain(&mut reader, 1 << 16);
    assert_eq!((steps(&records), bad), (vec![2], 1));
}

#[test]
fn binary_rubbish_is_counted_and_blank_lines_are_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    append(&path, b"\x00\xff\xfe\n\n  \n[1]\n{\"step\":1}\n");
    let (records, bad, _) = drain(&mut open(&path), 1 << 20);
    assert_eq!((steps(&records), bad), (vec![1], 2));
}

#[test]
fn a_journal_that_is_not_there_yet_is_empty() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let mut reader = open(&path);
    let batch = reader.read(1 << 20).unwrap();
    assert!(batch.is_empty() && batch.is_at_end);
    append(&path, b"{\"step\":1}\n");
    assert_eq!(steps(&drain(&mut reader, 1 << 20).0), [1]);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(drain(&mut reader, 1 << 20), (vec![], 0, vec![]));
}

#[test]
fn another_file_in_its_place_is_read_from_its_beginning_once_the_first_is_read_to_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    append(&path, b"{\"step\":1}\n{\"step\":2}\n");
    let mut reader = open(&path);
    drain(&mut reader, 1 << 20);
    append(&path, b"{\"step\":3}\n{\"st");
    std::fs::remove_file(&path).unwrap();
    assert!(reader.has_news());
    append(&path, b"{\"step\":10}\n");
    let (records, bad, events) = drain(&mut reader, 1 << 20);
    assert_eq!((steps(&records), bad), (vec![3, 10], 0));
    assert_eq!(events, [Happening::Replaced]);
    assert!(!reader.has_news());
}

#[test]
fn what_is_no_file_is_told_once_and_never_waited_for() {
    let odd: [fn(&Path); 3] = [
        |path| std::fs::create_dir(path).unwrap(),
        |path| std::os::unix::fs::symlink("/dev/zero", path).unwrap(),
        |path| {
            let fifo = std::process::Command::new("mkfifo").arg(path).status();
            assert!(fifo.unwrap().success());
        },
    ];
    for make in odd {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal");
        append(&path, b"{\"step\":1}\n");
        let mut reader = open(&path);
        drain(&mut reader, 1 << 20);
        append(&path, b"{\"step\":2}\n");
        std::fs::rename(&path, dir.path().join("away")).unwrap();
        make(&path);
        assert!(reader.has_news());
        let (records, bad, events) = drain(&mut reader, 1 << 20);
        assert_eq!((steps(&records), bad), (vec![2], 0));
        assert_eq!(events, [Happening::Barred]);
        assert!(!reader.has_news());
        assert_eq!(drain(&mut reader, 1 << 20).2, []);
        std::fs::rename(&path, dir.path().join("odd")).unwrap();
        append(&path, b"{\"step\":3}\n");
        assert_eq!(steps(&drain(&mut reader, 1 << 20).0), [3]);
    }
}
