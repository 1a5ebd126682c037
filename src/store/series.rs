//! Series of metrics: a chart of any series at any zoom costs what the screen is wide, not what the series is long.
//!
//! A series is one metric of one run; a step below its last one (a resume from an older checkpoint) starts its next
//! *segment*, a row of its own in `series`, and nothing else knows about segments. Its points are numbered from 0 and
//! stand in three places:
//!
//! - `chunk`: sealed blocks of [`BLOCK`] points, and above them a pyramid of pages of 64 buckets. A page is written
//!   once, when the eight pages below it are complete, so nothing in `chunk` is ever changed.
//! - `part`: open points of one series, waiting for their block to fill.
//! - `pending`: the newest open points of all series of a run, one row a commit. A commit costs what is new, never what
//!   is open. Every `LAP` commits each series moves its points on into a part, a few series a commit, and rows that
//!   all series have left behind are deleted.
//!
//! Readers take chunks, parts and pending rows in this order and skip the numbers they already have, so that a row that
//! outlived its use is harmless. Every blob begins with a checksum: damage is an error that names its place.

mod chart;
mod chunk;
mod codec;
mod columns;
mod flaws;
mod open;
mod pace;
mod page;
mod pyramid;
mod read;
mod summary;
mod tail;
#[cfg(test)]
mod tests;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::domain::ids::RunId;
pub use chart::{chart, chart_along};
pub use flaws::flaws;
pub use open::{Open, Saved};
pub use read::{extent, points, value_at};
pub use summary::{each_value, summaries, values};

/// The tables of this module; `runs` must stand before it.
pub const SCHEMA: &str = include_str!("../../assets/migrations/0002_series.sql");

/// Points of a sealed block.
pub const BLOCK: usize = 4_096;
/// Buckets of a page.
const PAGE: usize = 64;
/// Points of a bucket of the lowest level.
const BASE: usize = BLOCK / PAGE;
/// Buckets that one bucket of the next level holds.
const FAN: usize = 8;
/// Commits in which every series of a run moves its open points from `pending` into `part` once, when they are small.
const LAP: usize = 64;
/// A part grows until it holds this many points.
const PART: u64 = 256;
/// Series ids stand above the 36 bits of a number in a key of 63.
const MOST_SERIES: i64 = 1 << 27;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error(
        "{series} is damaged in {chunk}: {what}; restore the store from a backup or delete the run"
    )]
    Corrupt {
        series: String,
        chunk: String,
        what: &'static str,
    },
    #[error(
        "the store is full: it holds {MOST_SERIES} series; delete runs that are no longer needed"
    )]
    Full,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Bytes that the points of a run take in the database, pages of charts included.
pub fn bytes(conn: &Connection, run: &RunId) -> Result<u64> {
    let mut query = conn.prepare_cached(
        "select coalesce((select sum((select coalesce(sum(length(data)), 0) from chunk where chunk.id between series.id << 36 and (series.id << 36) + 0xfffffffff)
              + (select coalesce(sum(length(data)), 0) from part where part.id between series.id << 36 and (series.id << 36) + 0xfffffffff))
              from series where run = ?1), 0)
            + (select coalesce(sum(length(data)), 0) from pending where run = ?1)",
    )?;
    Ok(query.query_row([run.to_string()], |row| row.get::<_, i64>(0))? as u64)
}

/// Holds what several statements read at one state of the store; inside a transaction that is given already.
fn snapshot(conn: &Connection) -> Result<Option<Transaction<'_>>> {
    if !conn.is_autocommit() {
        return Ok(None);
    }
    Ok(Some(conn.unchecked_transaction()?))
}

/// The first key of a series in `chunk` and `part`; the keys up to the next series' first are all its own.
fn first_key(series: i64) -> i64 {
    series << 36
}

/// What stands where in words, for an error: the name is looked up only now that it is needed.
fn corrupt(conn: &Connection, series: i64, chunk: String, damage: codec::Damage) -> Error {
    let name = conn
        .query_row(
            "select metric, run, segment from series where id = ?",
            params![series],
            |row| {
                let (metric, run): (String, String) = (row.get(0)?, row.get(1)?);
                let segment: i64 = row.get(2)?;
                Ok(format!(
                    "series {metric:?} of run {run}, segment {segment},"
                ))
            },
        )
        .optional();
    let series = match name {
        Ok(Some(name)) => name,
        _ => format!("series {series}"),
    };
    Error::Corrupt {
        series,
        chunk,
        what: damage.0,
    }
}
