//! A series reduced to the columns of a window: a walk down the pyramid that goes no deeper than the columns ask.

use rusqlite::Connection;

use super::{
    BASE, FAN, PAGE, Result, chunk,
    columns::Columns,
    page::bucket_points,
    read::{Row, segments},
    snapshot, tail,
};
use crate::domain::{
    ids::RunId,
    series::{Bucket, Point, Segment, Window},
};

/// A series reduced to the columns of a window, one entry for each segment that has a point in it. Costs what the window
/// is wide, not what the series is long.
///
/// No point is lost or counted twice. With no slack every point is in exactly its column; with slack, a bucket that
/// spans less than that part of a column is put whole where its first step falls.
pub fn chart(
    conn: &Connection,
    run: &RunId,
    metric: &str,
    window: &Window,
) -> Result<Vec<Segment>> {
    if window.columns == 0 || window.to < window.from {
        return Ok(vec![]);
    }
    let _snapshot = snapshot(conn)?;
    let run = run.to_string();
    let mut charted = vec![];
    for row in segments(conn, &run, metric)? {
        if row.meets(window.from, window.to) {
            let (columns, _) = reduce(conn, &run, &row, window)?;
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
) -> Result<(Vec<Bucket>, usize)> {
    let blocks = chunk::blocks(conn, row.id)?;
    let stretches = stretches(blocks);
    let highest = stretches.first().map_or(0, |stretch| stretch.level);
    let mut walk = Walk {
        conn,
        series: row.id,
        axis: Axis::new(window),
        narrow: window.slack.max(0.0) * Axis::new(window).column_width(),
        columns: vec![Bucket::EMPTY; window.columns],
        pages: vec![None; highest as usize + 1],
        block: None,
        reads: 0,
    };
    for (i, stretch) in stretches.iter().enumerate() {
        let end = match stretches.get(i + 1) {
            Some(next) => walk.bucket(next.level, next.buckets.start)?.step,
            None => row.last_step,
        };
        walk.visit(stretch.level, stretch.buckets.clone(), end)?;
    }
    // Open points stand behind the last bucket: a window that ends before needs none of them.
    let is_past = match stretches.last() {
        Some(last) => walk.bucket(last.level, last.buckets.end - 1)?.step <= window.to,
        None => true,
    };
    if is_past {
        let open = tail::open_points(conn, run, row.id, blocks)?;
        open.points().for_each(|point| walk.add(point));
    }
    Ok((walk.columns, walk.reads))
}

/// Consecutive buckets of one level.
struct Stretch {
    level: u32,
    buckets: std::ops::Range<u64>,
}

/// The fewest buckets that cover all blocks: the complete pages of the highest level, then of each level below what
/// those above have not covered yet.
fn stretches(blocks: u64) -> Vec<Stretch> {
    let highest = (1..)
        .take_while(|level| 0 < pages_of(blocks, *level))
        .last()
        .unwrap_or(0);
    let mut covered = 0;
    let mut stretches = vec![];
    for level in (1..=highest).rev() {
        let (start, end) = (
            covered / bucket_points(level),
            pages_of(blocks, level) * PAGE as u64,
        );
        if start < end {
            stretches.push(Stretch {
                level,
                buckets: start..end,
            });
            covered = end * bucket_points(level);
        }
    }
    stretches
}

/// Complete pages of a level.
fn pages_of(blocks: u64, level: u32) -> u64 {
    blocks >> (3 * (level - 1)).min(63)
}

/// Where steps fall among columns: the first step in the first, the last in the last, the others by their distance.
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
    conn: &'a Connection,
    series: i64,
    axis: Axis,
    /// Steps that a bucket may span and still be put whole into the column where it begins.
    narrow: f64,
    columns: Vec<Bucket>,
    /// The page last read of each level, and the block: the walk goes forward, so that each is read once.
    pages: Vec<Option<(u64, Vec<Bucket>)>>,
    block: Option<Columns>,
    reads: usize,
}

impl Walk<'_> {
    /// Brings the points of these buckets into their columns. `end` is a step that none of them passes.
    fn visit(&mut self, level: u32, buckets: std::ops::Range<u64>, end: i64) -> Result<()> {
        let mut bucket = self.bucket(level, buckets.start)?;
        for number in buckets.clone() {
            if self.axis.to < bucket.step {
                return Ok(());
            }
            let next = match number + 1 {
                next if next < buckets.end => Some(self.bucket(level, next)?),
                _ => None,
            };
            // A step may repeat, so the bucket's last point can have the step that the next one begins with.
            let last = next.map_or(end, |next| next.step);
            if self.axis.from <= last {
                match self.whole(bucket.step, last) {
                    Some(column) => self.columns[column].merge(&bucket),
                    None if level == 1 => self.add_points(number)?,
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

    fn bucket(&mut self, level: u32, number: u64) -> Result<Bucket> {
        let (page, at) = (number / PAGE as u64, (number % PAGE as u64) as usize);
        let held = &mut self.pages[level as usize];
        match held {
            Some((number, buckets)) if *number == page => Ok(buckets[at]),
            _ => {
                self.reads += 1;
                let buckets = chunk::page(self.conn, self.series, level, page)?;
                let bucket = buckets[at];
                *held = Some((page, buckets));
                Ok(bucket)
            }
        }
    }

    /// Adds the points under one bucket of the lowest level.
    fn add_points(&mut self, bucket: u64) -> Result<()> {
        let (number, at) = (bucket / PAGE as u64, (bucket % PAGE as u64) as usize);
        let held = self.block.take();
        let block = match held.filter(|block| block.at == chunk::sealed(number)) {
            Some(block) => block,
            None => {
                self.reads += 1;
                chunk::block(self.conn, self.series, number)?
            }
        };
        (at * BASE..(at + 1) * BASE).for_each(|i| self.add(block.point(i)));
        self.block = Some(block);
        Ok(())
    }

    #[inline]
    fn add(&mut self, point: Point) {
        if let Some(column) = self.axis.column(point.step) {
            self.columns[column].add(point);
        }
    }
}
