//! The points of a series that are not finite, found without reading those that are.

use std::ops::RangeInclusive;

use rusqlite::Connection;

use super::{
    FAN, Result, chunk,
    pyramid::{Pyramid, stretches},
    read::segments,
    snapshot, tail,
};
use crate::domain::{
    ids::RunId,
    series::{Bucket, Key, Point},
};

/// The first `limit` points of `keys` that are not finite, in order, segment by segment with its number. A series that has
/// none costs no more than its row.
pub fn flaws(
    conn: &Connection,
    run: &RunId,
    metric: &str,
    key: Key,
    keys: RangeInclusive<i64>,
    limit: usize,
) -> Result<Vec<(u32, Point)>> {
    let _snapshot = snapshot(conn)?;
    let run = run.to_string();
    let mut found = vec![];
    for row in segments(conn, &run, metric)? {
        let is_near = key == Key::Time || row.meets(*keys.start(), *keys.end());
        if row.flaws == 0 || !is_near {
            continue;
        }
        let blocks = chunk::blocks(conn, row.id)?;
        let stretches = stretches(blocks);
        let highest = stretches.first().map_or(0, |stretch| stretch.level);
        let mut search = Search {
            pyramid: Pyramid::new(conn, row.id, highest),
            key,
            keys: keys.clone(),
            limit,
            segment: row.segment,
            found: &mut found,
        };
        for stretch in stretches {
            search.visit(stretch.level, stretch.buckets)?;
        }
        let open = tail::open_points(conn, &run, row.id, blocks)?;
        open.points().for_each(|point| search.note(point));
    }
    Ok(found)
}

struct Search<'a> {
    pyramid: Pyramid<'a>,
    key: Key,
    keys: RangeInclusive<i64>,
    limit: usize,
    segment: u32,
    found: &'a mut Vec<(u32, Point)>,
}

impl Search<'_> {
    fn visit(&mut self, level: u32, buckets: std::ops::Range<u64>) -> Result<()> {
        for number in buckets {
            if self.limit <= self.found.len() {
                return Ok(());
            }
            let bucket = self.pyramid.bucket(level, number)?;
            if self.key == Key::Step && *self.keys.end() < bucket.step {
                return Ok(());
            }
            if !is_flawed(&bucket) {
                continue;
            }
            if level == 1 {
                let points: Vec<Point> = self.pyramid.points(number)?.collect();
                points.into_iter().for_each(|point| self.note(point));
            } else {
                let children = number * FAN as u64..(number + 1) * FAN as u64;
                self.visit(level - 1, children)?;
            }
        }
        Ok(())
    }

    fn note(&mut self, point: Point) {
        let is_inside = self.keys.contains(&self.key.of(&point));
        if is_inside && !point.value.is_finite() && self.found.len() < self.limit {
            self.found.push((self.segment, point));
        }
    }
}

fn is_flawed(bucket: &Bucket) -> bool {
    0 < bucket.nan + bucket.positive_infinite + bucket.negative_infinite
}
