//! Open points as the store keeps them: parts by series, pending rows by commit.

use rusqlite::{Connection, params};

use super::{
    Result, chunk,
    codec::{self, Cursor, Decoded},
    columns::{Base, Columns},
    corrupt, first_key,
};

/// The open points of a series: those that are in no block yet.
pub fn open_points(conn: &Connection, run: &str, series: i64, blocks: u64) -> Result<Columns> {
    let mut points = Columns::starting_at(chunk::sealed(blocks));
    read_parts(conn, series, &mut points)?;
    let mut query = conn.prepare_cached(PENDING)?;
    let mut rows = query.query([run])?;
    while let Some(row) = rows.next()? {
        let blob = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        let read = each_entry(blob, |entry| {
            if entry.series == series {
                entry.read_into(&mut points)?;
            }
            Ok(())
        });
        if let Err(damage) = read {
            return Err(corrupt(conn, series, commit(row.get(0)?), damage));
        }
    }
    Ok(points)
}

/// Rows of `pending` of a run, oldest first.
pub const PENDING: &str = "select id, data from pending where run = ? order by id";

/// The name of a pending row in an error.
pub fn commit(id: i64) -> String {
    format!("the open points of commit {id}")
}

/// Adds the parts of a series to the points before them. Gives each part's first number and the number behind it.
pub fn read_parts(conn: &Connection, series: i64, points: &mut Columns) -> Result<Vec<(u64, u64)>> {
    let mut query =
        conn.prepare_cached("select id, data from part where id between ? and ? order by id")?;
    let mut rows = query.query([first_key(series), first_key(series + 1) - 1])?;
    let mut parts = vec![];
    while let Some(row) = rows.next()? {
        let from = (row.get::<_, i64>(0)? - first_key(series)) as u64;
        let blob = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        let end = read_part(from, blob, points)
            .map_err(|damage| corrupt(conn, series, part(from), damage))?;
        parts.push((from, end));
    }
    Ok(parts)
}

/// First number of the last part of a series, and the number behind that part.
pub fn last_part(conn: &Connection, series: i64) -> Result<Option<(u64, u64)>> {
    let mut query = conn.prepare_cached(
        "select id, data from part where id between ? and ? order by id desc limit 1",
    )?;
    let mut rows = query.query([first_key(series), first_key(series + 1) - 1])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let from = (row.get::<_, i64>(0)? - first_key(series)) as u64;
    let blob = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
    let end = read_part(from, blob, &mut Columns::starting_at(from))
        .map_err(|damage| corrupt(conn, series, part(from), damage))?;
    Ok(Some((from, end)))
}

fn part(from: u64) -> String {
    format!("the open points from number {from} on")
}

fn read_part(from: u64, blob: &[u8], points: &mut Columns) -> Decoded<u64> {
    let mut read = codec::body(blob)?;
    let mut end = from;
    while !read.is_empty() {
        end = points.read_piece(end, Base::default(), &mut read)?;
    }
    Ok(end)
}

/// Writes points as a new part.
pub fn write_part(conn: &Connection, series: i64, points: &Columns) -> Result<()> {
    let mut blob = codec::blob();
    points.put_piece(points.at, Base::default(), &mut blob);
    insert_part(conn, series, points.at, blob)
}

/// Writes all open points of a series as one part, packed.
pub fn write_packed_part(conn: &Connection, series: i64, points: &Columns) -> Result<()> {
    let mut blob = codec::blob();
    points.put_packed(&mut blob);
    insert_part(conn, series, points.at, blob)
}

fn insert_part(conn: &Connection, series: i64, from: u64, mut blob: Vec<u8>) -> Result<()> {
    codec::stamp(&mut blob);
    conn.prepare_cached("insert into part (id, data) values (?, ?)")?
        .execute((first_key(series) + from as i64, blob))?;
    Ok(())
}

/// Appends points to the part that begins at number `from`.
pub fn append_part(conn: &Connection, series: i64, from: u64, points: &Columns) -> Result<()> {
    let key = first_key(series) + from as i64;
    let mut blob: Vec<u8> = conn
        .prepare_cached("select data from part where id = ?")?
        .query_row([key], |row| row.get(0))?;
    // The old bytes are checked before a new checksum would make them good.
    codec::body(&blob).map_err(|damage| corrupt(conn, series, part(from), damage))?;
    points.put_piece(points.at, Base::default(), &mut blob);
    codec::stamp(&mut blob);
    conn.prepare_cached("update part set data = ? where id = ?")?
        .execute(params![blob, key])?;
    Ok(())
}

/// Deletes the parts of a series that begin at number `last` or before.
pub fn delete_parts(conn: &Connection, series: i64, last: u64) -> Result<()> {
    conn.prepare_cached("delete from part where id between ? and ?")?
        .execute([first_key(series), first_key(series) + last as i64])?;
    Ok(())
}

/// A pending row while it is written: the new points of many series, in the order of their ids.
#[derive(Default)]
pub struct Commit {
    blob: Vec<u8>,
    base: Option<Base>,
    series: i64,
    piece: Vec<u8>,
}

impl Commit {
    /// Adds the points of a series from number `from` on.
    pub fn add(&mut self, series: i64, points: &Columns, from: u64) {
        let base = *self.base.get_or_insert_with(|| {
            let base = Base::of(points.point((from - points.at) as usize));
            self.blob = codec::blob();
            codec::put_signed(&mut self.blob, base.step);
            codec::put_signed(&mut self.blob, base.time);
            base
        });
        self.piece.clear();
        points.put_piece(from, base, &mut self.piece);
        codec::put_signed(&mut self.blob, series.wrapping_sub(self.series));
        codec::put(&mut self.blob, from);
        codec::put(&mut self.blob, self.piece.len() as u64);
        self.blob.extend(&self.piece);
        self.series = series;
    }

    /// Stores the row, if it has anything; gives its id.
    pub fn write(mut self, conn: &Connection, run: &str) -> Result<Option<i64>> {
        if self.base.is_none() {
            return Ok(None);
        }
        codec::stamp(&mut self.blob);
        conn.prepare_cached("insert into pending (run, data) values (?, ?)")?
            .execute((run, self.blob))?;
        Ok(Some(conn.last_insert_rowid()))
    }
}

/// What a pending row holds of one series.
pub struct Entry<'a> {
    pub series: i64,
    from: u64,
    base: Base,
    piece: Cursor<'a>,
}

impl Entry<'_> {
    pub fn read_into(mut self, points: &mut Columns) -> Decoded<()> {
        points.read_piece(self.from, self.base, &mut self.piece)?;
        Ok(())
    }
}

pub fn each_entry<'a>(
    blob: &'a [u8],
    mut take: impl FnMut(Entry<'a>) -> Decoded<()>,
) -> Decoded<()> {
    let mut read = codec::body(blob)?;
    let base = Base {
        step: read.signed()?,
        time: read.signed()?,
    };
    let mut series = 0i64;
    while !read.is_empty() {
        series = series.wrapping_add(read.signed()?);
        let (from, length) = (read.number()?, read.number()?);
        let piece = read.part(length)?;
        take(Entry {
            series,
            from,
            base,
            piece,
        })?;
    }
    Ok(())
}
