use std::sync::{Arc, Mutex};

use proptest::prelude::*;

use super::*;
use crate::domain::records::{End, EndState};

const PATIENCE: Duration = Duration::from_secs(60);

fn point(step: i64) -> Record {
    Record {
        step: Some(step),
        time: Some(1),
        metrics: vec![("loss".to_owned(), step as f64)],
        ..Record::default()
    }
}

fn read(bytes: &[u8]) -> (Vec<Record>, u64) {
    let mut records = vec![];
    let mut bad = 0;
    for line in bytes.split(|byte| *byte == b'\n') {
        match records::parse(line) {
            Ok(record) => records.push(record),
            Err(_) if line.is_empty() => {}
            Err(_) => bad += 1,
        }
    }
    (records, bad)
}

/// A disk that does what a script says at each write: `Some(n)` takes at most `n` bytes, `None` is full. When the
/// script is over it takes everything.
#[derive(Clone, Default)]
struct BadDisk {
    bytes: Arc<Mutex<Vec<u8>>>,
    script: Arc<Mutex<Vec<Option<usize>>>>,
}

impl Sink for BadDisk {
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut script = self.script.lock().unwrap();
        let said = match script.is_empty() {
            true => Some(usize::MAX),
            false => script.remove(0),
        };
        let count = match said {
            Some(most) => most.min(bytes.len()),
            None => return Err(ErrorKind::StorageFull.into()),
        };
        self.bytes.lock().unwrap().extend(&bytes[..count]);
        Ok(count)
    }

    fn is_torn(&mut self) -> io::Result<bool> {
        Ok(self
            .bytes
            .lock()
            .unwrap()
            .last()
            .is_some_and(|byte| *byte != b'\n'))
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn short_writes_and_full_disks_lose_nothing_and_double_nothing(
        script in prop::collection::vec(prop_oneof![
            6 => (0usize..200).prop_map(Some),
            1 => Just(None),
        ], 0..12),
        records in 1i64..60,
        left_by_a_kill in "(|\\{\"step\":9\\}|\\{\"step\":9,\"metr)",
    ) {
        let disk = BadDisk::default();
        disk.bytes.lock().unwrap().extend(left_by_a_kill.as_bytes());
        *disk.script.lock().unwrap() = script;
        let writer = Writer::to(disk.clone(), false).unwrap();
        let sent: Vec<Record> = (0..records).map(point).collect();
        sent.iter().for_each(|record| writer.record(record.clone()));
        writer.close(PATIENCE).unwrap();
        let (mut read, _) = read(&disk.bytes.lock().unwrap());
        if left_by_a_kill.ends_with('}') {
            prop_assert_eq!(read.remove(0).step, Some(9));
        }
        prop_assert_eq!(read, sent);
    }
}

#[test]
fn a_line_cut_just_before_its_newline_is_not_written_twice() {
    let disk = BadDisk::default();
    let mut line = vec![];
    records::write(&point(1), &mut line);
    *disk.script.lock().unwrap() = vec![Some(line.len() - 1)];
    let writer = Writer::to(disk.clone(), false).unwrap();
    writer.record(point(1));
    writer.record(point(2));
    writer.close(PATIENCE).unwrap();
    let (read, bad) = read(&disk.bytes.lock().unwrap());
    assert_eq!((read, bad), (vec![point(1), point(2)], 0));
}

#[test]
fn a_full_disk_thins_points_keeps_events_and_never_keeps_the_trainer_waiting() {
    let disk = BadDisk::default();
    let full = vec![None; 10_000];
    *disk.script.lock().unwrap() = full;
    let writer = Writer::to(disk.clone(), false).unwrap();
    let count = 5 * CAPACITY as i64;
    for step in 0..count {
        writer.record(point(step));
        if step == 1_000 {
            writer.record(Record {
                event: Some(What::Resumed { from: 1 }),
                ..Record::default()
            });
        }
    }
    assert!(!writer.flush(Duration::ZERO));
    assert!(writer.shared.state().queue.len() < 2 * CAPACITY);
    disk.script.lock().unwrap().clear();
    writer.close(PATIENCE).unwrap();
    let (read, bad) = read(&disk.bytes.lock().unwrap());
    assert_eq!(bad, 0);
    let left_out: u64 = read
        .iter()
        .filter_map(|record| match record.event {
            Some(What::Thinned { points }) => Some(points),
            _ => None,
        })
        .sum();
    let points: Vec<i64> = read
        .iter()
        .filter(|record| !record.metrics.is_empty())
        .filter_map(|record| record.step)
        .collect();
    assert!(0 < left_out);
    assert_eq!(points.len() as u64 + left_out, count as u64);
    assert_eq!((points[0], points[points.len() - 1]), (0, count - 1));
    let events = read
        .iter()
        .filter(|record| record.event == Some(What::Resumed { from: 1 }));
    assert_eq!(events.count(), 1);
}

#[test]
fn a_disk_that_stays_full_is_given_up_when_patience_ends() {
    let full = Place {
        path: "/dev/full".into(),
        file: std::fs::OpenOptions::new()
            .read(true)
            .append(true)
            .open("/dev/full")
            .unwrap(),
    };
    let writer = Writer::to(full, false).unwrap();
    writer.record(point(1));
    let error = writer.close(Duration::from_millis(100)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StorageFull);
}

#[test]
fn a_line_that_another_process_began_is_given_a_moment_to_end() {
    let disk = BadDisk::default();
    let others: &[u8] = br#"{"step":5,"metrics":{"theirs":"#;
    disk.bytes.lock().unwrap().extend(others);
    let writer = Writer::to(disk.clone(), true).unwrap();
    writer.record(point(1));
    assert!(!writer.flush(Duration::from_millis(60)), "it waits");
    disk.bytes.lock().unwrap().extend(b"1}}\n");
    assert!(writer.flush(PATIENCE));
    // This one never ends: its writer died.
    disk.bytes.lock().unwrap().extend(others);
    writer.record(point(2));
    assert!(writer.flush(PATIENCE));
    writer.close(PATIENCE).unwrap();
    let (read, bad) = read(&disk.bytes.lock().unwrap());
    let steps: Vec<_> = read.iter().map(|record| record.step).collect();
    assert_eq!((steps, bad), (vec![Some(5), Some(1), Some(2)], 1));
}

#[test]
fn two_writers_of_one_file_do_not_tear_each_others_lines() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let writers = [true, true].map(|shared| Writer::open(&path, shared).unwrap());
    for step in 0..5_000 {
        writers[(step % 2) as usize].record(point(step));
    }
    for writer in writers {
        writer.close(PATIENCE).unwrap();
    }
    let (read, bad) = read(&std::fs::read(&path).unwrap());
    let steps: std::collections::BTreeSet<_> = read.iter().map(|record| record.step).collect();
    assert_eq!((read.len(), steps.len(), bad), (5_000, 5_000, 0));
}

#[test]
fn a_record_is_stamped_and_a_writer_that_is_dropped_still_writes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let writer = Writer::open(&path, false).unwrap();
    let end = End {
        state: EndState::Done,
        exit: None,
        message: String::new(),
    };
    writer.record(Record {
        end: Some(end.clone()),
        ..Record::default()
    });
    drop(writer);
    let (read, _) = read(&std::fs::read(&path).unwrap());
    assert_eq!(read[0].end, Some(end));
    assert!(read[0].time.is_some_and(|time| 1_600_000_000_000 < time));
}

#[test]
fn a_journal_that_was_taken_away_is_written_on_where_readers_look() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let writer = Writer::open(&path, true).unwrap();
    writer.record(point(1));
    assert!(writer.flush(PATIENCE));
    std::fs::remove_file(&path).unwrap();
    writer.record(point(2));
    assert!(writer.flush(PATIENCE));
    assert_eq!(read(&std::fs::read(&path).unwrap()), (vec![point(2)], 0));
    // Where no file can be, it stays with the one that it has.
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    writer.record(point(3));
    writer.close(PATIENCE).unwrap();
}
