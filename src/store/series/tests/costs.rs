//! What charts read and commits write.

use super::{super::chart::reduce, *};

#[test]
fn a_chart_of_two_million_points_reads_what_its_columns_ask() {
    let conn = store();
    let points: Vec<Point> = (0..2_000_000).map(|i| point(i, (i % 977) as f64)).collect();
    take_in(&conn, "loss", &points, 500_000);
    let run = run(0).to_string();
    let row = read::segments(&conn, &run, "loss").unwrap().remove(0);
    for zoom in [1.0, 0.3, 0.1, 0.01, 0.001, 0.0001, 0.000_001] {
        for slack in [0.0, 0.25] {
            let wide = (2e6 * zoom) as i64;
            let window = Window {
                from: 1_000_000 - wide / 2,
                to: 1_000_000 + wide / 2,
                columns: 240,
                slack,
            };
            let (_, reads) = reduce(&conn, &run, &row, &window, Key::Step).unwrap();
            // Exact: at each of 240 edges a page of each of 4 levels and a block, at most. With slack no edge is walked
            // to the ground, and 32 buckets a column at most are 120 pages and a few at the ends.
            let most = if slack == 0.0 { 240 * 5 } else { 160 };
            assert!(reads <= most, "{reads} reads at zoom {zoom}, slack {slack}");
        }
    }
}

#[test]
fn the_pyramid_is_used_even_when_no_level_is_left_over() {
    for blocks in [1, 7, 8, 9, 63, 64, 65, 72] {
        let conn = store();
        let points: Vec<Point> = (0..blocks * 4_096).map(|i| point(i, i as f64)).collect();
        take_in(&conn, "loss", &points, points.len());
        let window = Window {
            from: 0,
            to: blocks * 4_096 - 1,
            columns: 1,
            slack: 0.0,
        };
        let run = run(0).to_string();
        let row = read::segments(&conn, &run, "loss").unwrap().remove(0);
        let (columns, reads) = reduce(&conn, &run, &row, &window, Key::Step).unwrap();
        assert_eq!(columns[0].points(), points.len() as u64);
        assert_eq!(columns[0].max, (points.len() - 1) as f64);
        assert!(reads <= 25, "{reads} reads for {blocks} blocks");
    }
}

#[test]
fn a_commit_of_many_series_is_small_whichever_it_is() {
    let conn = store();
    let names: Vec<String> = (0..300).map(|i| format!("layer/{i}")).collect();
    let mut open = Open::load(&conn, &run(0)).unwrap();
    let changes = |conn: &Connection| conn.total_changes();
    let (mut most, mut most_pending, mut blocks) = (0, 0, 0);
    for step in 0..9_000 {
        let line: Vec<_> = names
            .iter()
            .map(|name| (name.clone(), step as f64 / 3.0))
            .collect();
        open.add(Some(step), Timestamp(step * 250), &line);
        let before = changes(&conn);
        blocks += open.save(&conn).unwrap().blocks;
        // The first commit makes 300 rows more.
        if 0 < step {
            most = most.max(changes(&conn) - before);
        }
        let pending: i64 = conn
            .query_row("select count(*) from pending", [], |row| row.get(0))
            .unwrap();
        most_pending = most_pending.max(pending);
    }
    assert_eq!(blocks, 2 * 300);
    // 300 rows of series, the pending row, 5 parts, 2 blocks with their pages and 18 parts each; once a lap 64 rows go.
    assert!(
        most <= 300 + 1 + 5 + 2 * (2 + 18) + 64,
        "{most} rows in one commit"
    );
    assert!(
        most_pending <= 2 * LAP as i64,
        "{most_pending} pending rows"
    );
    assert!(
        open.unparted() <= 300 * LAP as u64,
        "{} points in memory",
        open.unparted()
    );
}

#[test]
fn settled_points_take_less_room_and_the_run_can_go_on() {
    let conn = store();
    let points: Vec<Point> = (0..3_000)
        .map(|i| point(i, f64::from((i as f32).sin())))
        .collect();
    let mut open = take_in(&conn, "loss", &points[..2_000], 10);
    let size = || -> i64 {
        conn.query_row("select sum(length(data)) from (select data from part union all select data from pending)", [], |row| row.get(0)).unwrap()
    };
    let before = size();
    assert!(open.settle(&conn).unwrap());
    assert!(size() < before * 3 / 4, "{} after {before}", size());
    let parts: i64 = conn
        .query_row("select count(*) from part", [], |row| row.get(0))
        .unwrap();
    assert_eq!(parts, 1);
    take_in(&conn, "loss", &points[2_000..], 10);
    assert_eq!(bits(&all(&conn, "loss")), bits(&segmented(&points)));
}
