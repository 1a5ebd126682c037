//! Pages: 64 buckets of one level, column by column.

use super::{
    BASE, FAN, PAGE,
    codec::{self, Cursor, Damage, Decoded},
    columns::Columns,
};
use crate::domain::series::Bucket;

/// How many points a bucket of this level holds: 64, 512, 4,096 … from level 1 on.
pub fn bucket_points(level: u32) -> u64 {
    (BASE as u64) << (3 * (level - 1))
}

/// The page above one block.
pub fn of_block(points: &Columns, from: usize) -> Vec<Bucket> {
    let bucket = |first: usize| {
        let mut bucket = Bucket::EMPTY;
        (first..first + BASE).for_each(|i| bucket.add(points.point(i)));
        bucket
    };
    (0..PAGE).map(|i| bucket(from + i * BASE)).collect()
}

/// Adds what one page gives to the page above it: an eighth.
pub fn reduce_into(above: &mut Vec<Bucket>, below: &[Bucket]) {
    for eight in below.chunks_exact(FAN) {
        let mut bucket = Bucket::EMPTY;
        eight.iter().for_each(|next| bucket.merge(next));
        above.push(bucket);
    }
}

const COUNTS: [fn(&mut Bucket) -> &mut u32; 3] = [
    |bucket| &mut bucket.nan,
    |bucket| &mut bucket.positive_infinite,
    |bucket| &mut bucket.negative_infinite,
];
const VALUES: [fn(&mut Bucket) -> &mut f64; 5] = [
    |bucket| &mut bucket.min,
    |bucket| &mut bucket.max,
    |bucket| &mut bucket.first,
    |bucket| &mut bucket.last,
    |bucket| &mut bucket.sum,
];

/// A page as a blob. How many values of a bucket are finite is not written: its level says how many points it holds.
pub fn encode(buckets: &[Bucket]) -> Vec<u8> {
    let mut out = codec::blob();
    codec::put_ints(&mut out, &column(buckets, |bucket| bucket.step));
    codec::put_ints(&mut out, &column(buckets, |bucket| bucket.time));
    for count in COUNTS {
        let counts: Vec<i64> = buckets
            .iter()
            .copied()
            .map(|mut bucket| i64::from(*count(&mut bucket)))
            .collect();
        codec::put_ints(&mut out, &counts);
    }
    for value in VALUES {
        let values: Vec<f64> = buckets
            .iter()
            .copied()
            .map(|mut bucket| *value(&mut bucket))
            .collect();
        codec::put_plain(&mut out, &values);
    }
    codec::stamp(&mut out);
    out
}

fn column(buckets: &[Bucket], of: impl Fn(&Bucket) -> i64) -> Vec<i64> {
    buckets.iter().map(of).collect()
}

pub fn decode(level: u32, blob: &[u8]) -> Decoded<Vec<Bucket>> {
    let mut read: Cursor<'_> = codec::body(blob)?;
    let mut buckets = vec![Bucket::EMPTY; PAGE];
    let (steps, times) = (read.ints(PAGE)?, read.ints(PAGE)?);
    for (bucket, (step, time)) in buckets.iter_mut().zip(steps.into_iter().zip(times)) {
        (bucket.step, bucket.time) = (step, time);
    }
    for count in COUNTS {
        for (bucket, number) in buckets.iter_mut().zip(read.ints(PAGE)?) {
            *count(bucket) = u32::try_from(number).map_err(|_| IMPOSSIBLE)?;
        }
    }
    for value in VALUES {
        for (bucket, number) in buckets.iter_mut().zip(read.values(PAGE)?) {
            *value(bucket) = number;
        }
    }
    for bucket in &mut buckets {
        bucket.finite = bucket_points(level)
            .checked_sub(bucket.points())
            .ok_or(IMPOSSIBLE)?;
    }
    Ok(buckets)
}

const IMPOSSIBLE: Damage = Damage("a count cannot be right");
