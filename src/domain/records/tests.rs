use proptest::prelude::*;

use super::*;

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(0.1)
    ]
}

#[test]
fn the_worker_knows_better_unless_the_program_ended_well() {
    let end = |state, exit, message: &str| End {
        state,
        exit,
        message: message.to_owned(),
    };
    let code = |code| Some(Exit::Code(code));
    use EndState::{Done, Failed, Stopped};
    let cases = [
        (
            end(Failed, None, "diverged"),
            end(Done, code(0), ""),
            end(Failed, code(0), "diverged"),
        ),
        (
            end(Done, None, ""),
            end(Failed, code(3), "boom"),
            end(Failed, code(3), "boom"),
        ),
        (
            end(Failed, None, "diverged"),
            end(Failed, code(3), "boom"),
            end(Failed, code(3), "diverged"),
        ),
        (
            end(Done, None, ""),
            end(Stopped, code(0), "ana"),
            end(Stopped, code(0), "ana"),
        ),
        (
            end(Failed, code(1), "x"),
            end(Done, code(0), ""),
            end(Done, code(0), ""),
        ),
    ];
    for (program, worker, expected) in cases {
        assert_eq!(program.then(worker), expected);
    }
}

/// Numbers, and what only nearly is one.
fn number_like() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
        "[-+]?[0-9]{0,3}[.]?[0-9]{0,2}([eE][-+]?[0-9]{0,3})?",
        Just("NaN".to_owned()),
        Just("-Infinity".to_owned()),
    ]
}

proptest! {
    #[test]
    fn a_line_reads_back_as_it_was_written(
        step in proptest::option::of(any::<i64>()),
        time in proptest::option::of(any::<i64>()),
        metrics in proptest::collection::vec(("[a-z/é\"\\\\]{1,12}", value()), 0..6),
        note in proptest::option::of(".*"),
    ) {
        let names: std::collections::BTreeSet<_> = metrics.iter().map(|(name, _)| name.clone()).collect();
        prop_assume!(names.len() == metrics.len());
        let record = Record { step, time, metrics, note, ..Record::default() };
        let mut line = vec![];
        write(&record, &mut line);
        prop_assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
        let read = parse(&line[..line.len() - 1]).unwrap();
        let bits = |record: &Record| record.metrics.iter().map(|(name, v)| (name.clone(), if v.is_nan() { u64::MAX } else { v.to_bits() })).collect::<Vec<_>>();
        prop_assert_eq!(bits(&read), bits(&record));
        prop_assert_eq!((read.step, read.time, read.note), (record.step, record.time, record.note));
    }

    #[test]
    fn no_line_of_any_bytes_panics(line in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&line);
    }

    #[test]
    fn what_the_short_way_reads_the_long_way_reads_alike(
        (step, time) in (number_like(), number_like()),
        metrics in proptest::collection::vec(("[a-z\t\u{1}é]{1,2}", number_like()), 1..5),
        again in proptest::option::of(number_like()),
    ) {
        let metrics: Vec<String> = metrics
            .iter()
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        let mut line = format!("{{\"step\":{step},\"time\":{time},\"metrics\":{{{}}}", metrics.join(","));
        if let Some(value) = again {
            line += &format!(",\"metrics\":{{\"a\":{value}}}");
        }
        line.push('}');
        let mut short = Record::default();
        if scan::metrics_line(line.as_bytes(), &mut short) {
            let sorted = |mut record: Record| {
                record.metrics.sort_by(|a, b| a.0.cmp(&b.0));
                format!("{record:?}")
            };
            let long = parse_object(line.as_bytes()).map(sorted);
            prop_assert_eq!(long, Ok(sorted(short)), "{}", line);
        }
    }

    #[test]
    fn a_line_cut_anywhere_is_bad_or_empty_but_never_half_believed(cut in 0usize..60) {
        let line = br#"{"step":12,"time":1700000000000,"metrics":{"loss":0.31,"b":2}}"#;
        prop_assert!(parse(&line[..cut.min(line.len() - 1)]).is_err());
    }
}

#[test]
fn what_others_write_is_understood() {
    let nan = |line: &str| parse(line.as_bytes()).unwrap().metrics[0].1.is_nan();
    assert!(nan(r#"{"step":1,"metrics":{"loss":NaN}}"#));
    assert!(nan(r#"{"step":1,"metrics":{"loss":"nan"}}"#));
    assert!(nan(r#"{"step":1,"metrics":{"loss":null}}"#));
    assert!(nan(
        r#"{"note":"NaN is \"fine\"","step":1,"metrics":{"loss":NaN}}"#
    ));
    let one = |line: &str| parse(line.as_bytes()).unwrap().metrics[0].1;
    assert_eq!(one(r#"{"metrics":{"loss":-Infinity}}"#), f64::NEG_INFINITY);
    assert_eq!(one(r#"{"metrics":{"loss":1e3}}"#), 1e3);
    assert_eq!(one(r#"{"metrics":{"ok":true}}"#), 1.0);
    assert_eq!(parse(br#"{"step":12.0}"#).unwrap().step, Some(12));
    assert_eq!(
        parse(br#"{"time":"2026-01-01T00:00:00Z"}"#).unwrap().time,
        Some(1_767_225_600_000)
    );
    assert_eq!(
        parse(br#"{"new":[1,{"a":2}],"step":3}"#).unwrap(),
        Record {
            step: Some(3),
            ..Record::default()
        }
    );
}

#[test]
fn the_order_of_keys_does_not_matter() {
    let lines: [&[u8]; 2] = [
        br#"{"step":5,"progress":{"epoch":1.5}}"#,
        br#"{"progress":{"epoch":1.5},"step":5}"#,
    ];
    for line in lines {
        assert_eq!(parse(line).unwrap().progress.unwrap().step, 5);
    }
}

#[test]
fn a_bad_line_says_what_is_wrong_with_it() {
    let cases: [(&[u8], &str); 7] = [
        (
            b"",
            "not a JSON object: EOF while parsing a value at line 1 column 0",
        ),
        (b"[1]", "not a JSON object: it is a list"),
        (
            b"{\"step\":1.5}",
            "\"step\" is a number: a whole number is expected",
        ),
        (
            b"{\"metrics\":[1]}",
            "\"metrics\" is a list: an object of numbers is expected",
        ),
        (
            b"{\"metrics\":{\"loss\":1e999}}",
            "not a JSON object: number out of range at line 1 column 24",
        ),
        (
            b"{\"metrics\":{\"loss\":.5}}",
            "not a JSON object: expected value at line 1 column 20",
        ),
        (
            b"{\"tags\":[1]}",
            "\"tags\" is a number: a list of texts is expected",
        ),
    ];
    for (line, message) in cases {
        assert_eq!(
            parse(line).unwrap_err().to_string(),
            message,
            "{}",
            String::from_utf8_lossy(line)
        );
    }
    assert_eq!(parse(&vec![b' '; LONGEST_LINE + 1]), Err(BadLine::TooLong));
}

#[test]
fn a_bad_metric_takes_no_good_one_with_it() {
    let cases = [
        (
            r#"{"metrics":{"loss":1,"z":"bad"}}"#,
            "1 metric is left out: \"z\" is a text: a number is expected",
        ),
        (
            r#"{"metrics":{"a":[],"loss":1,"z":{}},"step":3}"#,
            "2 metrics are left out: \"a\" is a list: a number is expected",
        ),
        (
            r#"{"metrics":{"a\u001bb":2,"loss":1}}"#,
            "1 metric is left out: \"a\\u{1b}b\" cannot be the name of a metric",
        ),
    ];
    for (line, why) in cases {
        let record = parse(line.as_bytes()).unwrap();
        assert_eq!(record.metrics, [("loss".to_owned(), 1.0)], "{line}");
        assert_eq!(record.left_out.unwrap().to_string(), why);
    }
    let twice = parse(br#"{"metrics":{"a":1,"b":2,"a":3}}"#).unwrap();
    assert_eq!(
        twice.metrics,
        [("a".to_owned(), 3.0), ("b".to_owned(), 2.0)]
    );
}

#[test]
fn an_event_of_a_newer_writer_is_skipped_and_the_rest_is_kept() {
    let record = parse(br#"{"event":{"event":"teleported"},"metrics":{"loss":1}}"#).unwrap();
    assert_eq!((record.event, record.metrics.len()), (None, 1));
}
