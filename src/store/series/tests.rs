//! The laws of the series store, against points kept in a plain list.

mod costs;
mod damage;

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};
use rusqlite::Connection;

use super::*;
use crate::domain::{
    ids::{Id, RunId},
    metrics::{Extreme, Summary},
    series::{Bucket, Key, Point, Segment, Window},
    time::Timestamp,
};

fn run(number: u8) -> RunId {
    RunId(Id::from_bytes([number; 16]))
}

fn store() -> Connection {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch("pragma foreign_keys = on; create table runs (id text primary key) strict;")
        .unwrap();
    conn.execute_batch(SCHEMA).unwrap();
    for number in 0..4 {
        conn.execute("insert into runs values (?)", [run(number).to_string()])
            .unwrap();
    }
    conn
}

fn point(step: i64, value: f64) -> Point {
    Point {
        step,
        time: 1_790_000_000_000 + step * 250,
        value,
    }
}

/// Takes points in, one line each, `commit` lines a save.
fn take_in(conn: &Connection, metric: &str, points: &[Point], commit: usize) -> Open {
    let mut open = Open::load(conn, &run(0)).unwrap();
    for lines in points.chunks(commit) {
        for point in lines {
            let metrics = [(metric.to_owned(), point.value)];
            open.add(Some(point.step), Timestamp(point.time), &metrics);
        }
        open.save(conn).unwrap();
    }
    open
}

fn all(conn: &Connection, metric: &str) -> Vec<(u32, Point)> {
    points(conn, &run(0), metric, i64::MIN, i64::MAX, usize::MAX).unwrap()
}

/// Points with their segments, as bits: NaN equals NaN, and 0.0 does not equal -0.0.
fn bits(points: &[(u32, Point)]) -> Vec<(u32, i64, i64, u64)> {
    points
        .iter()
        .map(|(segment, point)| (*segment, point.step, point.time, point.value.to_bits()))
        .collect()
}

/// What the segments of these points should be.
fn segmented(points: &[Point]) -> Vec<(u32, Point)> {
    let mut segment = 0;
    let mut before = i64::MIN;
    points
        .iter()
        .map(|point| {
            segment += u32::from(point.step < before);
            before = point.step;
            (segment, *point)
        })
        .collect()
}

fn brute_force(points: &[(u32, Point)], window: &Window) -> Vec<Segment> {
    let mut charted: BTreeMap<u32, Vec<Bucket>> = BTreeMap::new();
    let span = i128::from(window.to) - i128::from(window.from);
    for (segment, point) in points {
        let offset = i128::from(point.step) - i128::from(window.from);
        if 0 <= offset && offset <= span {
            let column = (offset * window.columns as i128 / span.max(1)) as usize;
            charted
                .entry(*segment)
                .or_insert_with(|| vec![Bucket::EMPTY; window.columns])
                [column.min(window.columns - 1)]
            .add(*point);
        }
    }
    charted
        .into_iter()
        .map(|(number, columns)| Segment { number, columns })
        .collect()
}

/// Everything of a bucket but its sum, which depends on the order of adding.
fn exact(bucket: &Bucket) -> impl PartialEq + std::fmt::Debug + use<> {
    (
        (bucket.step, bucket.time, bucket.finite, bucket.nan),
        (bucket.positive_infinite, bucket.negative_infinite),
        [bucket.min, bucket.max, bucket.first, bucket.last].map(f64::to_bits),
    )
}

fn assert_equal(got: &[Segment], want: &[Segment]) {
    let numbers = |segments: &[Segment]| segments.iter().map(|s| s.number).collect::<Vec<_>>();
    assert_eq!(numbers(got), numbers(want));
    for (got, want) in got.iter().zip(want) {
        for (i, (got, want)) in got.columns.iter().zip(&want.columns).enumerate() {
            assert_eq!(exact(got), exact(want), "column {i}");
            let scale = got.min.abs().max(got.max.abs()) * got.finite as f64;
            assert!(
                got.is_empty() || got.finite == 0 || (got.sum - want.sum).abs() <= 1e-9 * scale,
                "column {i}: the sum is {} and should be {}",
                got.sum,
                want.sum
            );
        }
    }
}

/// A series that repeats a short pattern: 60,000 points drawn one by one would take the time, and no one could read them.
#[derive(Clone, Debug)]
struct Drawn {
    pattern: Vec<(i64, f64)>,
    length: usize,
    resumes: Vec<(prop::sample::Index, i64)>,
}

impl Drawn {
    fn points(&self) -> Vec<Point> {
        let back: BTreeMap<usize, i64> = self
            .resumes
            .iter()
            .map(|(i, steps)| (i.index(self.length), *steps))
            .collect();
        let mut at = 0;
        let mut next = |i: usize| {
            let (step, value) = self.pattern[i % self.pattern.len()];
            at += step - back.get(&i).copied().unwrap_or(0);
            point(at, value + (i / 7) as f64)
        };
        (0..self.length).map(&mut next).collect()
    }
}

/// Steps that mostly go up, at times repeat, leap or go back, with values that are at times no numbers.
fn series(longest: usize) -> impl Strategy<Value = Drawn> {
    let step = prop_oneof![
        400 => Just(1i64),
        60 => Just(0),
        40 => 2i64..9,
        1 => 1_000i64..100_000,
    ];
    let value = prop_oneof![
        200 => (-1e3f32..1e3).prop_map(f64::from),
        20 => -1e6f64..1e6,
        2 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NEG_INFINITY),
        1 => Just(-0.0),
        1 => Just(1e12),
    ];
    let resumes = vec((any::<prop::sample::Index>(), 1i64..5_000), 0..3);
    (vec((step, value), 1..400), 1..=longest, resumes).prop_map(|(pattern, length, resumes)| {
        Drawn {
            pattern,
            length,
            resumes,
        }
    })
}

fn windows() -> impl Strategy<Value = Vec<(f64, f64, usize)>> {
    vec((-0.2f64..1.1, 0.0f64..1.3, 1usize..300), 1..6)
}

/// A window that begins at a part of the series' extent and is as wide as another.
fn window(points: &[Point], (from, wide, columns): (f64, f64, usize), slack: f64) -> Window {
    let first = points.iter().map(|p| p.step).min().unwrap();
    let last = points.iter().map(|p| p.step).max().unwrap();
    let span = (last - first) as f64;
    let from = first + (span * from) as i64;
    Window {
        from,
        to: from + (span * wide) as i64,
        columns,
        slack,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn without_slack_every_point_is_in_its_column(drawn in series(60_000), windows in windows(), commit in 1usize..20_000) {
        let points = drawn.points();
        let conn = store();
        take_in(&conn, "loss", &points, commit.max(points.len() / 50));
        let listed = segmented(&points);
        for part in windows {
            let window = window(&points, part, 0.0);
            let got = chart(&conn, &run(0), "loss", &window).unwrap();
            assert_equal(&got, &brute_force(&listed, &window));
        }
    }

    #[test]
    fn with_slack_no_point_is_lost_or_far_from_its_column(drawn in series(60_000), windows in windows(), slack in 0.01f64..0.5) {
        let points = drawn.points();
        let conn = store();
        take_in(&conn, "loss", &points, 5_000);
        let listed = segmented(&points);
        for part in windows {
            let window = window(&points, part, slack);
            let got = chart(&conn, &run(0), "loss", &window).unwrap();
            let column = (window.to - window.from + 1) as f64 / window.columns as f64;
            let reach = (slack * column) as i64 + 1;
            for want in brute_force(&listed, &window) {
                let got = got.iter().find(|segment| segment.number == want.number).expect("its points are lost");
                let got_whole = whole(&got.columns);
                let want_whole = whole(&want.columns);
                prop_assert!(want_whole.points() <= got_whole.points());
                prop_assert!(want_whole.nan <= got_whole.nan);
                prop_assert!(want_whole.positive_infinite <= got_whole.positive_infinite);
                prop_assert!(want_whole.negative_infinite <= got_whole.negative_infinite);
                prop_assert!(got_whole.min <= want_whole.min && want_whole.max <= got_whole.max);

                // Nor is one counted twice: no more stand there than in the window and its reach.
                let wider = Window { to: window.to + reach, ..window.clone() };
                let most = brute_force(&listed, &wider).into_iter().find(|segment| segment.number == want.number);
                prop_assert!(got_whole.points() <= most.map_or(0, |segment| whole(&segment.columns).points()));

                // Every column's extremes are met by its own points or those just behind it.
                for (i, bucket) in got.columns.iter().enumerate().filter(|(_, bucket)| 0 < bucket.finite) {
                    let first = window.from + (column * i as f64) as i64 - 1;
                    let last = window.from + (column * (i + 1) as f64) as i64 + reach + 1;
                    let near = |value: f64| listed.iter().any(|(_, p)| first <= p.step && p.step <= last && p.value == value);
                    prop_assert!(near(bucket.min) && near(bucket.max), "column {}", i);
                }
            }
        }
    }

    #[test]
    fn a_spike_anywhere_is_seen_at_any_zoom(length in 1usize..80_000, at in any::<prop::sample::Index>(), zooms in vec((0.0f64..1.0, 1usize..300), 1..6)) {
        let at = at.index(length);
        let points: Vec<Point> = (0..length).map(|i| point(i as i64, if i == at { 1e9 } else { 0.5 })).collect();
        let conn = store();
        take_in(&conn, "loss", &points, 7_777);
        for (zoom, columns) in zooms {
            let around = (length as f64 * zoom) as i64;
            for slack in [0.0, 0.25] {
                let window = Window { from: at as i64 - around, to: at as i64 + around / 2, columns, slack };
                let charted = chart(&conn, &run(0), "loss", &window).unwrap();
                prop_assert_eq!(charted[0].columns.iter().filter(|bucket| bucket.max == 1e9).count(), 1);
            }
        }
    }

    #[test]
    fn a_run_loaded_after_any_save_goes_on_as_if_it_had_never_stopped(drawn in series(12_000), saves in vec(1usize..900, 1..40), reload in vec(any::<bool>(), 40)) {
        let points = drawn.points();
        let conn = store();
        let mut open = Open::load(&conn, &run(0)).unwrap();
        let mut at = 0;
        for (i, lines) in saves.iter().cycle().enumerate() {
            let next = points.len().min(at + lines);
            for point in &points[at..next] {
                let second = ("second".to_owned(), -point.value);
                let metrics = [("loss".to_owned(), point.value), second];
                open.add(Some(point.step), Timestamp(point.time), &metrics[..1 + point.step as usize % 2]);
            }
            open.save(&conn).unwrap();
            at = next;
            if reload[i % reload.len()] {
                open = Open::load(&conn, &run(0)).unwrap();
            }
            if at == points.len() {
                break;
            }
        }
        prop_assert_eq!(bits(&all(&conn, "loss")), bits(&segmented(&points)));
        let odd: Vec<Point> = points.iter().filter(|p| p.step.rem_euclid(2) == 1).map(|p| Point { value: -p.value, ..*p }).collect();
        prop_assert_eq!(bits(&all(&conn, "second")), bits(&segmented(&odd)));
        while !open.settle(&conn).unwrap() {}
        prop_assert_eq!(bits(&all(&conn, "loss")), bits(&segmented(&points)));
        prop_assert_eq!(bits(&all(&conn, "second")), bits(&segmented(&odd)));
        Open::load(&conn, &run(0)).unwrap();
    }

    #[test]
    fn raw_points_are_found_by_their_steps(drawn in series(20_000), part in (-0.2f64..1.1, 0.0f64..0.5), limit in 0usize..6_000) {
        let points = drawn.points();
        let conn = store();
        take_in(&conn, "loss", &points, 3_000);
        let window = window(&points, (part.0, part.1, 1), 0.0);
        let got = super::points(&conn, &run(0), "loss", window.from, window.to, limit).unwrap();
        let mut want = segmented(&points);
        want.retain(|(_, point)| window.from <= point.step && point.step <= window.to);
        want.truncate(limit);
        prop_assert_eq!(bits(&got), bits(&want));
    }

    #[test]
    fn the_value_at_a_step_is_that_of_the_newest_point_until_then(drawn in series(12_000), at in -0.1f64..1.2, commit in 1usize..3_000) {
        let conn = store();
        let points = drawn.points();
        take_in(&conn, "loss", &points, commit);
        let furthest = points.iter().map(|point| point.step).max().unwrap_or(0);
        let step = (furthest as f64 * at) as i64;
        let segments = segmented(&points);
        let reached = points.last().is_some_and(|last| step <= last.step);
        let newest = segments.iter().rev().map(|(segment, _)| *segment)
            .find(|segment| segments.iter().any(|(other, point)| other == segment && point.step <= step));
        let want = segments.iter().rev().find(|(segment, point)| Some(*segment) == newest && point.step <= step)
            .filter(|_| reached);
        let found = value_at(&conn, &run(0), "loss", step).unwrap();
        prop_assert_eq!(found.map(f64::to_bits), want.map(|(_, point)| point.value.to_bits()));
    }

    #[test]
    fn the_row_of_a_series_says_what_its_points_say(drawn in series(3_000), commit in 1usize..500) {
        let points = drawn.points();
        let conn = store();
        take_in(&conn, "loss", &points, commit);
        let finite: Vec<&Point> = points.iter().filter(|p| p.value.is_finite()).collect();
        let first = |better: fn(f64, f64) -> bool| finite.iter().copied().reduce(|best, p| if better(p.value, best.value) { p } else { best });
        let got = summaries(&conn, &run(0)).unwrap().remove(0);
        prop_assert_eq!(got.points, points.len() as u64);
        prop_assert_eq!(got.nan, points.iter().filter(|p| p.value.is_nan()).count() as u64);
        prop_assert_eq!(got.infinite, points.iter().filter(|p| p.value.is_infinite()).count() as u64);
        prop_assert_eq!((got.last.to_bits(), got.last_step), points.last().map(|p| (p.value.to_bits(), p.step)).unwrap());
        prop_assert_eq!(got.min.map(|e| (e.value, e.step)), first(|a, b| a < b).map(|p| (p.value, p.step)));
        prop_assert_eq!(got.max.map(|e| (e.value, e.step)), first(|a, b| b < a).map(|p| (p.value, p.step)));
        let steps = || points.iter().map(|p| p.step);
        let got = extent(&conn, &run(0), "loss").unwrap().unwrap();
        prop_assert_eq!((Some(got.first_step), Some(got.last_step)), (steps().min(), steps().max()));
        prop_assert_eq!((got.points, Some(got.first_time)), (points.len() as u64, points.first().map(|p| p.time)));
    }

    #[test]
    fn what_is_not_finite_is_found_where_it_stands(drawn in series(9_000), part in (0.0..1.0f64, 0.0..1.0f64), commit in 1usize..3_000, limit in 1usize..50) {
        let points = drawn.points();
        let conn = store();
        take_in(&conn, "loss", &points, commit);
        let window = window(&points, (part.0, part.1, 1), 0.0);
        let got = flaws(&conn, &run(0), "loss", Key::Step, window.from..=window.to, limit).unwrap();
        let mut want = segmented(&points);
        want.retain(|(_, p)| window.from <= p.step && p.step <= window.to && !p.value.is_finite());
        want.truncate(limit);
        prop_assert_eq!(bits(&got), bits(&want));
    }

    #[test]
    fn along_time_every_point_is_in_its_column(length in 1usize..9_000, columns in 1usize..300, part in (0.0..1.0f64, 0.0..1.0f64)) {
        // Steps at an even pace of a clock that now and then stands still for long.
        let points: Vec<Point> = (0..length as i64)
            .map(|step| Point { step, time: step * 100 + step / 1_000 * 500_000, value: step as f64 })
            .collect();
        let conn = store();
        take_in(&conn, "loss", &points, 3_000);
        let last = points[length - 1].time as f64;
        let (from, to) = ((part.0.min(part.1) * last) as i64, (part.0.max(part.1) * last) as i64);
        let window = Window { from, to, columns, slack: 0.0 };
        let got = chart_along(&conn, &run(0), "loss", &window, Key::Time).unwrap();
        let mut want = vec![Bucket::EMPTY; columns];
        for point in points.iter().filter(|p| from <= p.time && p.time <= to) {
            let at = ((point.time - from) as i128 * columns as i128 / ((to - from) as i128).max(1)) as usize;
            want[at.min(columns - 1)].add(*point);
        }
        let shape = |columns: &[Bucket]| -> Vec<_> { columns.iter().map(|c| (c.step, c.finite, c.min.to_bits(), c.max.to_bits())).collect() };
        match got.first() {
            Some(segment) => prop_assert_eq!(shape(&segment.columns), shape(&want)),
            None => prop_assert!(want.iter().all(Bucket::is_empty)),
        }
    }
}

fn whole(columns: &[Bucket]) -> Bucket {
    columns.iter().fold(Bucket::EMPTY, |mut whole, column| {
        if !column.is_empty() {
            whole.merge(column);
        }
        whole
    })
}

#[test]
fn a_line_without_a_step_stands_behind_the_last_point_of_each_series() {
    let conn = store();
    let mut open = Open::load(&conn, &run(0)).unwrap();
    let line = |names: &[&str]| -> Vec<(String, f64)> {
        names.iter().map(|name| ((*name).to_owned(), 1.0)).collect()
    };
    open.add(None, Timestamp(1), &line(&["a"]));
    open.add(Some(7), Timestamp(2), &line(&["a", "b"]));
    open.add(None, Timestamp(3), &line(&["b", "a", "c"]));
    open.save(&conn).unwrap();
    let steps = |metric| {
        all(&conn, metric)
            .iter()
            .map(|(_, p)| p.step)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (steps("a"), steps("b"), steps("c")),
        (vec![0, 7, 8], vec![7, 8], vec![0])
    );
}

#[test]
fn summaries_and_columns_are_merged_over_segments() {
    let conn = store();
    let points = [
        (5, 3.0),
        (6, 1.0),
        (7, f64::NAN),
        (2, 1.0),
        (3, f64::INFINITY),
        (4, 9.0),
    ];
    let points = points.map(|(step, value)| point(step, value));
    take_in(&conn, "loss", &points, 2);
    take_in(&conn, "only/nan", &[point(1, f64::NAN)], 1);
    let mut other = Open::load(&conn, &run(1)).unwrap();
    other.add(Some(1), Timestamp(1), &[("loss".to_owned(), 0.25)]);
    other.save(&conn).unwrap();

    let summary = Summary {
        metric: "loss".into(),
        points: 6,
        nan: 1,
        infinite: 1,
        last: 9.0,
        last_step: 4,
        min: Some(Extreme {
            value: 1.0,
            step: 6,
        }),
        max: Some(Extreme {
            value: 9.0,
            step: 4,
        }),
        mean: Some(3.5),
    };
    let of_run = summaries(&conn, &run(0)).unwrap();
    assert_eq!(of_run[0], summary);
    assert_eq!(of_run[1].metric, "only/nan");
    assert!(of_run[1].last.is_nan() && of_run[1].mean.is_none() && of_run[1].min.is_none());
    let column = values(&conn, &[run(3), run(1), run(0)], "loss").unwrap();
    assert_eq!(column[0], None);
    assert_eq!(column[1].as_ref().map(|s| s.last), Some(0.25));
    assert_eq!(column[2], Some(summary));
    let reach = extent(&conn, &run(0), "loss").unwrap().unwrap();
    assert_eq!((reach.points, reach.first_step, reach.last_step), (6, 2, 7));
    assert_eq!(extent(&conn, &run(0), "none").unwrap(), None);
}

#[test]
fn the_pace_outlives_a_reload() {
    for length in [3, 100, 4_096, 5_000] {
        let conn = store();
        let points: Vec<Point> = (0..length).map(|i| point(i, 0.5)).collect();
        let open = take_in(&conn, "loss", &points, 64);
        let want = Some((Timestamp(point(length - 1, 0.0).time), 250));
        assert_eq!(open.pace(), want);
        assert_eq!(Open::load(&conn, &run(0)).unwrap().pace(), want);
    }
}

#[test]
fn the_machine_s_points_are_no_steps() {
    let conn = store();
    let mut open = Open::load(&conn, &run(0)).unwrap();
    let named = |name: &str| (name.to_owned(), 1.0);
    for second in 0..9 {
        let time = Timestamp(second * 1_000);
        if second < 4 {
            open.add(Some(second), time, &[named("system/cpu"), named("loss")]);
        } else {
            open.add(Some(second), time, &[named("system/cpu")]);
        }
    }
    open.save(&conn).unwrap();
    let want = Some((Timestamp(3_000), 1_000));
    assert_eq!(open.pace(), want);
    assert_eq!(Open::load(&conn, &run(0)).unwrap().pace(), want);
}

#[test]
fn the_first_and_the_last_step_of_a_window_stand_at_its_ends() {
    let conn = store();
    let points: Vec<Point> = (0..10).map(|step| point(step, 1.0)).collect();
    take_in(&conn, "loss", &points, 10);
    let window = Window {
        from: 0,
        to: 9,
        columns: 80,
        slack: 0.25,
    };
    let charted = chart(&conn, &run(0), "loss", &window).unwrap();
    let lit: Vec<usize> = (0..80)
        .filter(|at| !charted[0].columns[*at].is_empty())
        .collect();
    assert_eq!(lit, [0, 8, 17, 26, 35, 44, 53, 62, 71, 79]);
}

#[test]
fn steps_at_the_ends_of_what_can_be_counted_are_charted() {
    let conn = store();
    let steps = [i64::MIN, -1, 0, i64::MAX - 1];
    take_in(
        &conn,
        "loss",
        &steps.map(|step| Point {
            step,
            time: 0,
            value: 1.0,
        }),
        1,
    );
    for (from, to) in [(i64::MIN, i64::MAX), (i64::MIN, i64::MIN), (-5, i64::MAX)] {
        let window = Window {
            from,
            to,
            columns: 7,
            slack: 0.0,
        };
        let got = chart(&conn, &run(0), "loss", &window).unwrap();
        assert_equal(&got, &brute_force(&all(&conn, "loss"), &window));
    }
    let no_window = |from, to, columns| Window {
        from,
        to,
        columns,
        slack: f64::NAN,
    };
    assert!(
        chart(&conn, &run(0), "loss", &no_window(0, 9, 0))
            .unwrap()
            .is_empty()
    );
    assert!(
        chart(&conn, &run(0), "loss", &no_window(9, 0, 5))
            .unwrap()
            .is_empty()
    );
    assert!(
        chart(&conn, &run(0), "loss", &no_window(1, 9, 5))
            .unwrap()
            .is_empty()
    );
}

/// Ids of pending rows used to begin anew once all were deleted: rows still needed were then taken for old ones.
#[test]
fn small_commits_after_large_ones_lose_nothing() {
    let conn = store();
    let mut open = Open::load(&conn, &run(0)).unwrap();
    let lines = [vec![1; 200], vec![2_000; 4], vec![1; 300]].concat();
    let mut step = 0;
    for lines in lines {
        for _ in 0..lines {
            let value = step as f64;
            let metrics = [("a".to_owned(), value), ("b".to_owned(), -value)];
            open.add(Some(step), Timestamp(step), &metrics);
            step += 1;
        }
        open.save(&conn).unwrap();
        Open::load(&conn, &run(0)).unwrap();
    }
    for metric in ["a", "b"] {
        assert_eq!(all(&conn, metric).len(), step as usize);
    }
}
