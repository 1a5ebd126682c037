//! The pyramid above the blocks of a segment, read page by page as a walk goes down it.

use rusqlite::Connection;

use super::{BASE, PAGE, Result, chunk, columns::Columns, page::bucket_points};
use crate::domain::series::{Bucket, Point};

/// Consecutive buckets of one level.
pub struct Stretch {
    pub level: u32,
    pub buckets: std::ops::Range<u64>,
}

/// The fewest buckets that cover all blocks: the complete pages of the highest level, then of each level below what
/// those above have not covered yet.
pub fn stretches(blocks: u64) -> Vec<Stretch> {
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

/// The pages of one segment. A walk goes forward, so that holding the last page of each level reads each once.
pub struct Pyramid<'a> {
    conn: &'a Connection,
    series: i64,
    pages: Vec<Option<(u64, Vec<Bucket>)>>,
    block: Option<Columns>,
    /// Chunks read so far.
    pub reads: usize,
}

impl<'a> Pyramid<'a> {
    /// That of a segment with this level at its top.
    pub fn new(conn: &'a Connection, series: i64, highest: u32) -> Self {
        Self {
            conn,
            series,
            pages: vec![None; highest as usize + 1],
            block: None,
            reads: 0,
        }
    }

    pub fn bucket(&mut self, level: u32, number: u64) -> Result<Bucket> {
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

    /// The points under one bucket of the lowest level.
    pub fn points(&mut self, bucket: u64) -> Result<impl Iterator<Item = Point> + '_> {
        let (number, at) = (bucket / PAGE as u64, (bucket % PAGE as u64) as usize);
        let held = self.block.take();
        let block = match held.filter(|block| block.at == chunk::sealed(number)) {
            Some(block) => block,
            None => {
                self.reads += 1;
                chunk::block(self.conn, self.series, number)?
            }
        };
        let block = self.block.insert(block);
        Ok((at * BASE..(at + 1) * BASE).map(|i| block.point(i)))
    }
}
