//! A series reduced to the columns of a window: a walk down the pyramid that goes no deeper than the columns ask.

use rusqlite::Connection;

use super::{
    FAN, Result, chunk,
    pyramid::{Pyramid, stretches},
    read::{Row, segments},
    snapshot, tail,
};
use crate::domain::{
    ids::RunId,
    series::{Bucket, Key, Point, Segment, Window},
};

/// [`chart_along`] a window of steps.
pub fn chart(
    conn: &Connection,
    run: &RunId,
    metric: &str,
    window: &Window,
) -> Result<Vec<Segment>> {
    chart_along(conn, run, metric, window, Key::Step)
}

/// A series reduced to the columns of a window of steps or of times, one entry for each segment that has a point in it. Costs what the window
/// is wide, not what the series is long.
///
/// No point is lost or counted twice. With no slack every point is in exactly its column; with slack, a bucket that
/// spans less than that part of a column is put whole where its first point falls. By time, a clock that was set back and
/// on again within one bucket may leave its points in the bucket's column.
pub fn chart_along(
    conn: &Connection,
    run: &RunId,
    metric: &str,
    window: &Window,
    key: Key,
) -> Result<Vec<Segment>> {
    if window.columns == 0 || window.to < window.from {
        return Ok(vec![]);
    }
    let _snapshot = snapshot(conn)?;
    let run = run.to_string();
    let mut charted = vec![];
    for row in segments(conn, &run, metric)? {
        if key == Key::Time || row.meets(window.from, window.to) {
            let (columns, _) = reduce(conn, &run, &row, window, key)?;
            if columns.iter().any(|column| !column.is_empty()) {
                charted.push(Segment {
                    number: row.segment,
                    columns,
                });
            }
        }
    }
    Ok(charted)
}

/// The columns of one segment, and how many chunks were read for them.
pub(super) fn reduce(
    conn: &Connection,
    run: &str,
    row: &Row,
    window: &Window,
    key: Key,
) -> Result<(Vec<Bucket>, usize)> {
    let blocks = chunk::blocks(conn, row.id)?;
    let stretches = stretches(blocks);
    let highest = stretches.first().map_or(0, |stretch| stretch.level);
    let mut walk = Walk {
        pyramid: Pyramid::new(conn, row.id, highest),
        key,
        axis: Axis::new(window),
        narrow: window.slack.max(0.0) * Axis::new(window).column_width(),
        columns: vec![Bucket::EMPTY; window.columns],
    };
    for (i, stretch) in stretches.iter().enumerate() {
        let end = match stretches.get(i + 1) {
            Some(next) => key.start(&walk.pyramid.bucket(next.level, next.buckets.start)?),
            None => row.end(key),
        };
        walk.visit(stretch.level, stretch.buckets.clone(), end)?;
    }
    // Open points stand behind the last bucket: a window that ends before needs none of them.
    let is_past = match stretches.last() {
        Some(last) if key == Key::Step => {
            let bucket = walk.pyramid.bucket(last.level, last.buckets.end - 1)?;
            bucket.step <= window.to
        }
        _ => true,
    };
    if is_past {
        let open = tail::open_points(conn, run, row.id, blocks)?;
        open.points().for_each(|point| walk.add(point));
    }
    Ok((walk.columns, walk.pyramid.reads))
}

/// Where keys fall among columns: the first in the first, the last in the last, the others by their distance.
struct Axis {
    from: i64,
    to: i64,
    columns: u64,
}

impl Axis {
    fn new(window: &Window) -> Self {
        Self {
            from: window.from,
            to: window.to,
            columns: window.columns as u64,
        }
    }

    fn span(&self) -> u64 {
        self.to.abs_diff(self.from)
    }

    fn column_width(&self) -> f64 {
        self.span() as f64 / self.columns as f64
    }

    #[inline]
    fn column(&self, step: i64) -> Option<usize> {
        if step < self.from || self.to < step {
            return None;
        }
        let (offset, span) = (step.abs_diff(self.from), self.span());
        if 0 < offset && offset == span {
            return Some(self.columns as usize - 1);
        }
        let span = span.max(1);
        // Wide division is an order slower, and hardly ever needed.
        let column = match offset.checked_mul(self.columns) {
            Some(scaled) => scaled / span,
            None => (u128::from(offset) * u128::from(self.columns) / u128::from(span)) as u64,
        };
        Some(column as usize)
    }
}

struct Walk<'a> {
    pyramid: Pyramid<'a>,
    key: Key,
    axis: Axis,
    /// Keys that a bucket may span and still be put whole into the column where it begins.
    narrow: f64,
    columns: Vec<Bucket>,
}

impl Walk<'_> {
    /// Brings the points of these buckets into their columns. `end` is a step that none of them passes.
    fn visit(&mut self, level: u32, buckets: std::ops::Range<u64>, end: i64) -> Result<()> {
        let mut bucket = self.pyramid.bucket(level, buckets.start)?;
        for number in buckets.clone() {
            let first = self.key.start(&bucket);
            if self.axis.to < first && self.key == Key::Step {
                return Ok(());
            }
            let next = match number + 1 {
                next if next < buckets.end => Some(self.pyramid.bucket(level, next)?),
                _ => None,
            };
            // A step may repeat, so the bucket's last point can have the step that the next one begins with.
            let last = next.map_or(end, |next| self.key.start(&next));
            if self.axis.from <= last.max(first) && first.min(last) <= self.axis.to {
                match self.whole(first, last) {
                    Some(column) => self.columns[column].merge(&bucket),
                    None if level == 1 => {
                        for point in self.pyramid.points(number)? {
                            if let Some(column) = self.axis.column(self.key.of(&point)) {
                                self.columns[column].add(point);
                            }
                        }
                    }
                    None => {
                        let children = number * FAN as u64..(number + 1) * FAN as u64;
                        self.visit(level - 1, children, last)?;
                    }
                }
            }
            if let Some(next) = next {
                bucket = next;
            }
        }
        Ok(())
    }

    /// The column that may take a bucket of these steps whole.
    fn whole(&self, first: i64, last: i64) -> Option<usize> {
        let column = self.axis.column(first)?;
        let fits =
            self.axis.column(last) == Some(column) || last.abs_diff(first) as f64 <= self.narrow;
        fits.then_some(column)
    }

    #[inline]
    fn add(&mut self, point: Point) {
        if let Some(column) = self.axis.column(self.key.of(&point)) {
            self.columns[column].add(point);
        }
    }
}
