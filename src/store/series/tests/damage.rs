//! What is damaged or gone is said, by series and place; what is deleted leaves nothing.

use super::*;

#[test]
fn damage_to_any_blob_is_an_error_that_names_series_and_place() {
    let conn = store();
    let points: Vec<Point> = (0..9 * 4_096 + 2_000).map(|i| point(i, i as f64)).collect();
    take_in(&conn, "train/loss", &points, 40);
    for table in ["chunk", "part", "pending"] {
        let ids: Vec<i64> = conn
            .prepare(&format!("select id from {table}"))
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert!(!ids.is_empty(), "{table} is empty");
        for id in ids {
            let update = format!("update {table} set data = ? where id = {id}");
            let good: Vec<u8> = conn
                .query_row(
                    &format!("select data from {table} where id = {id}"),
                    [],
                    |row| row.get(0),
                )
                .unwrap();
            let mut flipped = good.clone();
            flipped[good.len() / 2] ^= 4;
            for bad in [flipped, good[..good.len() - 1].to_vec(), vec![]] {
                conn.execute(&update, [bad]).unwrap();
                let window = Window {
                    from: -1,
                    to: points.len() as i64,
                    columns: 11,
                    slack: 0.0,
                };
                let charted = chart(&conn, &run(0), "train/loss", &window);
                let listed = super::points(&conn, &run(0), "train/loss", 0, i64::MAX, usize::MAX);
                // A chart reads no more than it must, and a list reads no page but to find its first block.
                let errors: Vec<Error> = [charted.err(), listed.err()]
                    .into_iter()
                    .flatten()
                    .collect();
                let is_read = table != "chunk" || id >> 32 & 0xf == 0;
                assert!(!is_read || !errors.is_empty(), "{table} {id} was believed");
                for error in errors {
                    let text = error.to_string();
                    assert!(text.contains("\"train/loss\""), "{text}");
                    assert!(matches!(error, Error::Corrupt { .. }), "{text}");
                }
            }
            conn.execute(&update, [good]).unwrap();
        }
    }
    assert_eq!(all(&conn, "train/loss").len(), points.len());
}

#[test]
fn a_missing_block_is_an_error_as_are_missing_open_points() {
    let conn = store();
    let points: Vec<Point> = (0..10_000).map(|i| point(i, 0.5)).collect();
    take_in(&conn, "loss", &points, 100);
    let said = |result: Result<Open>| {
        result
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    };
    conn.execute_batch("begin; delete from pending; delete from part")
        .unwrap();
    assert!(said(Open::load(&conn, &run(0))).contains("points are missing at its end"));
    conn.execute_batch("rollback; delete from chunk where id & 0xfffffffff = 0")
        .unwrap();
    let error = super::points(&conn, &run(0), "loss", 0, 10, 10).unwrap_err();
    assert!(
        error.to_string().contains("in block 0: it is missing"),
        "{error}"
    );
}

#[test]
fn a_deleted_run_leaves_nothing_behind_and_takes_nothing_with_it() {
    let count = |conn: &Connection, table: &str| -> i64 {
        conn.query_row(&format!("select count(*) from {table}"), [], |row| {
            row.get(0)
        })
        .unwrap()
    };
    let delete = |conn: &Connection, run: RunId| {
        conn.execute("delete from runs where id = ?", [run.to_string()])
            .unwrap();
    };
    let conn = store();
    let points: Vec<Point> = (0..10_000).map(|i| point(i, 0.5)).collect();
    take_in(&conn, "loss", &points, 100);
    let mut other = Open::load(&conn, &run(1)).unwrap();
    for i in 0..9_000 {
        other.add(Some(i), Timestamp(i), &[("loss".to_owned(), 1.0)]);
        if i % 50 == 0 {
            other.save(&conn).unwrap();
        }
    }
    other.save(&conn).unwrap();
    delete(&conn, run(0));
    assert!(all(&conn, "loss").is_empty());
    let kept = super::points(&conn, &run(1), "loss", 0, i64::MAX, usize::MAX).unwrap();
    assert_eq!(kept.len(), 9_000);
    delete(&conn, run(1));
    for table in ["series", "chunk", "part", "pending"] {
        assert_eq!(count(&conn, table), 0, "{table}");
    }
}
