//! Sealed points: blocks and the pages above them, each written once.

use rusqlite::{Connection, OptionalExtension};

use super::{BLOCK, FAN, Result, codec::Decoded, columns::Columns, corrupt, first_key, page};
use crate::domain::series::Bucket;

fn key(series: i64, level: u32, number: u64) -> i64 {
    first_key(series) | i64::from(level) << 32 | number as i64
}

/// How many blocks of a series are sealed.
pub fn blocks(conn: &Connection, series: i64) -> Result<u64> {
    let last: Option<i64> = conn
        .prepare_cached("select max(id) from chunk where id between ? and ?")?
        .query_row(
            [key(series, 0, 0), key(series, 0, u64::from(u32::MAX))],
            |row| row.get(0),
        )?;
    Ok(last.map_or(0, |last| (last - first_key(series)) as u64 + 1))
}

pub fn block(conn: &Connection, series: i64, number: u64) -> Result<Columns> {
    read(conn, series, 0, number, |blob| {
        Columns::decode_block(number, blob)
    })
}

pub fn page(conn: &Connection, series: i64, level: u32, number: u64) -> Result<Vec<Bucket>> {
    read(conn, series, level, number, |blob| {
        page::decode(level, blob)
    })
}

/// Writes block `number` from the points at `from`, and every page that it completes.
pub fn seal(
    conn: &Connection,
    series: i64,
    number: u64,
    points: &Columns,
    from: usize,
) -> Result<()> {
    write(conn, key(series, 0, number), &points.encode_block(from))?;
    let lowest = page::of_block(points, from);
    write(conn, key(series, 1, number), &page::encode(&lowest))?;

    // Every eighth page completes one above it, and that one perhaps the next.
    let (mut level, mut complete) = (1, number + 1);
    while complete % FAN as u64 == 0 {
        let mut above = vec![];
        for below in complete - FAN as u64..complete {
            page::reduce_into(&mut above, &self::page(conn, series, level, below)?);
        }
        level += 1;
        complete /= FAN as u64;
        write(
            conn,
            key(series, level, complete - 1),
            &page::encode(&above),
        )?;
    }
    Ok(())
}

/// Number of the first point that no block holds.
pub fn sealed(blocks: u64) -> u64 {
    blocks * BLOCK as u64
}

fn write(conn: &Connection, key: i64, blob: &[u8]) -> Result<()> {
    conn.prepare_cached("insert into chunk (id, data) values (?, ?)")?
        .execute((key, blob))?;
    Ok(())
}

fn read<T>(
    conn: &Connection,
    series: i64,
    level: u32,
    number: u64,
    decode: impl FnOnce(&[u8]) -> Decoded<T>,
) -> Result<T> {
    let decoded = conn
        .prepare_cached("select data from chunk where id = ?")?
        .query_row([key(series, level, number)], |row| {
            Ok(decode(row.get_ref(0)?.as_blob()?))
        })
        .optional()?;
    let missing = Err(super::codec::Damage("it is missing"));
    decoded.unwrap_or(missing).map_err(|damage| {
        let name = match level {
            0 => format!("block {number}"),
            _ => format!("page {number} of level {level}"),
        };
        corrupt(conn, series, name, damage)
    })
}
