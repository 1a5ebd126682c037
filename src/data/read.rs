//! A file becomes a table.

use std::{
    cell::Cell,
    collections::HashMap,
    fs,
    io::{self, Cursor},
    ops::ControlFlow,
    panic::{self, AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Once,
    thread,
};

use polars::prelude::{
    Column, CsvReadOptions, DataFrame, JsonFormat, JsonReader, NullValues, ParquetReader,
    PlSmallStr, PolarsResult, SerReader, polars_err,
};
use serde_json::Value;

use super::{
    Error,
    cells::{Cells, MISSING},
    csv,
    error::{meant, quoted},
    numbers, parquet,
};
use crate::domain::text;

/// The most columns a table may have.
pub const MOST_COLUMNS: usize = 20_000;
/// The most rows a table may have: row numbers are `u32`.
pub const MOST_ROWS: usize = u32::MAX as usize - 1;

const DAMAGED: &str = "the file is damaged";

/// A table as it was read, and the hash of its bytes.
#[derive(Clone, Debug)]
pub struct Table {
    frame: DataFrame,
    hash: String,
}

impl Table {
    pub fn rows(&self) -> usize {
        self.frame.height()
    }

    /// The names of the columns, in the order of the file.
    pub fn columns(&self) -> Vec<&str> {
        let names = self.frame.get_column_names();
        names.into_iter().map(PlSmallStr::as_str).collect()
    }

    /// BLAKE3 of the file's bytes, hex.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The cells of all columns, in the order of the file.
    pub(super) fn all_cells(&self) -> Vec<Cells> {
        self.frame.columns().iter().map(Cells::of).collect()
    }

    /// The cells of a column; `role` says who asks, for the error when there is none.
    pub(super) fn cells(&self, name: &str, role: &'static str) -> Result<Cells, Error> {
        match self.frame.column(name) {
            Ok(column) => Ok(Cells::of(column)),
            Err(_) => Err(Error::NoColumn {
                role,
                name: name.to_owned(),
                meant: meant(name, role, &self.columns()),
            }),
        }
    }
}

/// Reads CSV (`.csv`, `.tsv`; separated by comma, semicolon or tab), Parquet (`.parquet`, `.pq`) or NDJSON (`.ndjson`, `.jsonl`),
/// told apart by the file's ending.
pub fn read(path: &Path) -> Result<Table, Error> {
    let (bytes, hash) = load(path)?;
    parse(path, &bytes, hash)
}

/// As [`read`], from the bytes of a file of this name.
pub fn read_content(name: &Path, bytes: &[u8]) -> Result<Table, Error> {
    parse(name, bytes, blake3::hash(bytes).to_hex().to_string())
}

/// As [`read_content`], of CSV, with all cells as texts.
pub(super) fn read_texts(name: &Path, bytes: &[u8]) -> Result<Table, Error> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::Empty {
            path: name.to_owned(),
        });
    }
    let frame = parse_csv_by(name, bytes, Some(0))?;
    check_size(name, frame.width(), frame.height())?;
    Ok(Table {
        frame,
        hash: String::new(),
    })
}

/// As [`read`], but a file whose BLAKE3 hash (hex) is another is refused before it is parsed.
pub fn read_unchanged(path: &Path, expected: &str) -> Result<Table, Error> {
    let (bytes, hash) = load(path)?;
    if hash != expected {
        return Err(Error::Changed {
            path: path.to_owned(),
            expected: expected.to_owned(),
            found: hash,
        });
    }
    parse(path, &bytes, hash)
}

/// BLAKE3 of the file's bytes, hex, read in pieces.
pub fn hash_file(path: &Path) -> Result<String, Error> {
    let mut hasher = blake3::Hasher::new();
    let mut file = open(path)?;
    io::copy(&mut file, &mut hasher).map_err(|source| io_error(path, source))?;
    Ok(hasher.finalize().to_hex().to_string())
}

fn open(path: &Path) -> Result<fs::File, Error> {
    // Looked at before it is opened: opening a pipe would wait for its writer.
    let metadata = fs::metadata(path).map_err(|source| io_error(path, source))?;
    let path_owned = || path.to_owned();
    if metadata.is_dir() {
        return Err(Error::Folder { path: path_owned() });
    }
    if !metadata.is_file() {
        return Err(Error::NotAFile { path: path_owned() });
    }
    fs::File::open(path).map_err(|source| io_error(path, source))
}

fn io_error(path: &Path, source: io::Error) -> Error {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::NotFound => Error::Absent { path },
        _ => Error::Io { path, source },
    }
}

/// The bytes that are hashed are the bytes that are parsed: nothing can slip in between.
fn load(path: &Path) -> Result<(Vec<u8>, String), Error> {
    let mut bytes = vec![];
    io::Read::read_to_end(&mut open(path)?, &mut bytes).map_err(|source| io_error(path, source))?;
    let hash = blake3::hash(&bytes).to_hex().to_string();
    Ok((bytes, hash))
}

fn parse(path: &Path, bytes: &[u8], hash: String) -> Result<Table, Error> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    let ending = ending.unwrap_or_default().to_ascii_lowercase();
    let parse = match ending.as_str() {
        "csv" | "tsv" => parse_csv,
        "ndjson" | "jsonl" => parse_ndjson,
        "parquet" | "pq" => parse_parquet,
        _ => {
            return Err(Error::Ending {
                path: path.to_owned(),
            });
        }
    };
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::Empty {
            path: path.to_owned(),
        });
    }
    let frame = parse(path, bytes)?;
    check_size(path, frame.width(), frame.height())?;
    check_level(path, &frame)?;
    Ok(Table { frame, hash })
}

/// Hands over a Parquet file in tables of so many bytes each, about, until `take` says that it is enough.
///
/// # Errors
///
/// It is no such file, it is damaged, or it has no rows.
pub(super) fn read_slices(
    path: &Path,
    file: &fs::File,
    usual: usize,
    take: &mut dyn FnMut(Table) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, Error> {
    let reader = || Ok::<_, io::Error>(ParquetReader::new(file.try_clone()?));
    let (metadata, width) = guarded(path, || {
        if !parquet::is_plausible(&mut &*file, MOST_ROWS)? {
            return Err(polars_err!(ComputeError: "{DAMAGED}"));
        }
        let mut reader = reader()?;
        Ok((reader.get_metadata()?.clone(), reader.schema()?.len()))
    })?;
    let rows = parquet::rows(&metadata);
    // Of a slice there are never too many rows.
    check_size(path, width, rows.min(MOST_ROWS))?;
    let step = parquet::rows_in(&metadata, usual);
    for from in (0..rows).step_by(step) {
        let expected = step.min(rows - from);
        let frame = guarded(path, || {
            let mut reader = reader()?.with_slice(Some((from, expected)));
            reader.set_metadata(metadata.clone());
            let mut frame = reader.finish()?;
            frame.rechunk_mut();
            Ok(frame)
        })?;
        check_level(path, &frame)?;
        if frame.height() != expected {
            return Err(unreadable(path, DAMAGED.to_owned()));
        }
        let hash = String::new();
        if take(Table { frame, hash }).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// A damaged Parquet file can have columns of different lengths, and polars does not mind.
fn check_level(path: &Path, frame: &DataFrame) -> Result<(), Error> {
    let is_level = |column: &Column| column.len() == frame.height();
    match frame.columns().iter().all(is_level) {
        true => Ok(()),
        false => Err(unreadable(path, DAMAGED.to_owned())),
    }
}

fn check_size(path: &Path, columns: usize, rows: usize) -> Result<(), Error> {
    let path = || path.to_owned();
    if MOST_COLUMNS < columns {
        return Err(Error::TooWide {
            path: path(),
            found: columns,
            limit: MOST_COLUMNS,
        });
    }
    if rows == 0 || columns == 0 {
        return Err(Error::NoRows { path: path() });
    }
    if MOST_ROWS < rows {
        return Err(Error::TooLong {
            path: path(),
            found: rows,
            limit: MOST_ROWS,
        });
    }
    Ok(())
}

fn parse_csv(path: &Path, bytes: &[u8]) -> Result<DataFrame, Error> {
    parse_csv_by(path, bytes, None)
}

/// The type of a column is told from so many rows: from all, or from none, so that all are texts.
fn parse_csv_by(path: &Path, bytes: &[u8], look_at: Option<usize>) -> Result<DataFrame, Error> {
    let text = text_of(path, bytes)?;
    if !text.contains('\n') && text.trim_end_matches('\r').contains('\r') {
        return Err(Error::CarriageReturns {
            path: path.to_owned(),
        });
    }
    let shape = csv::scan(text).map_err(|fault| csv_error(path, &fault))?;
    check_names(path, &shape.names)?;
    check_size(path, shape.names.len(), shape.rows)?;
    // Blank lines at the end are no rows; in a file of one column they are empty cells.
    let cells = if shape.names.len() == 1 {
        text
    } else {
        text.trim_end_matches(['\r', '\n'])
    };
    let read = |look_at: Option<usize>| {
        guarded(path, || {
            CsvReadOptions::default()
                .with_infer_schema_length(look_at)
                // One chunk a column: a cell is found without a search.
                .with_rechunk(true)
                .map_parse_options(|options| {
                    options
                        .with_separator(shape.separator)
                        .with_null_values(Some(NullValues::AllColumns(missing_words())))
                })
                .into_reader_with_file_handle(Cursor::new(cells.as_bytes()))
                .finish()
        })
    };
    // Whole columns are looked at. Where a cell still does not fit (an integer of 30 digits), all is read as text, and
    // `Cells` finds the numbers.
    let mut frame = read(look_at).or_else(|_| read(Some(0)))?;
    if (frame.width(), frame.height()) != (shape.names.len(), shape.rows) {
        let (columns, rows) = (shape.names.len(), shape.rows);
        let why = format!(
            "it reads as {} columns and {} rows, but holds {columns} and {rows}",
            frame.width(),
            frame.height(),
        );
        return Err(unreadable(path, why));
    }
    guarded(path, || frame.set_column_names(&shape.names))?;
    Ok(frame)
}

fn missing_words() -> Vec<PlSmallStr> {
    MISSING
        .iter()
        .map(|word| PlSmallStr::from_static(word))
        .collect()
}

fn csv_error(path: &Path, fault: &csv::Fault) -> Error {
    let (path, line) = (path.to_owned(), fault.line);
    match fault.what {
        csv::What::Ragged { found, expected } => Error::Ragged {
            path,
            line,
            found,
            expected,
        },
        _ => Error::Line {
            path,
            line,
            why: fault.what.sentence().to_owned(),
        },
    }
}

fn check_names(path: &Path, names: &[String]) -> Result<(), Error> {
    if names.iter().all(|name| name.trim().parse::<f64>().is_ok()) {
        return Err(Error::NoHeader {
            path: path.to_owned(),
        });
    }
    let mut seen = HashMap::new();
    for (number, name) in (1..).zip(names) {
        if name.trim().is_empty() {
            return Err(Error::Nameless {
                path: path.to_owned(),
                number,
            });
        }
        if let Some(first) = seen.insert(name, number) {
            return Err(Error::Duplicate {
                path: path.to_owned(),
                name: name.clone(),
                first,
                second: number,
            });
        }
    }
    Ok(())
}

fn parse_ndjson(path: &Path, bytes: &[u8]) -> Result<DataFrame, Error> {
    let text = text_of(path, bytes)?;
    let mut kinds = HashMap::new();
    for (line, object) in (1..).zip(text.lines()) {
        if !object.trim().is_empty() {
            check_object(object, &mut kinds).map_err(|why| Error::Line {
                path: path.to_owned(),
                line,
                why,
            })?;
        }
    }
    let text = numbers::widened(text);
    guarded(path, || {
        JsonReader::new(Cursor::new(text.as_bytes()))
            .with_json_format(JsonFormat::JsonLines)
            .infer_schema_len(None)
            .finish()
    })
}

/// Is the line one object of plain values, of the types they had before? Numbers and texts may mix: `inspect` tells which
/// of them are mistakes.
fn check_object(object: &str, kinds: &mut HashMap<String, &'static str>) -> Result<(), String> {
    let object: serde_json::Map<String, Value> = serde_json::from_str(object)
        .map_err(|error| format!("not one JSON object: {}", text::shown(&error.to_string())))?;
    for (name, value) in object {
        let kind = match value {
            Value::Null => continue,
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) | Value::Object(_) => {
                let name = quoted(&name);
                return Err(format!("{name} is a list or an object: write plain values"));
            }
        };
        let before = *kinds.entry(name.clone()).or_insert(kind);
        if before != kind && [before, kind].contains(&"true or false") {
            let name = quoted(&name);
            return Err(format!(
                "{name} is {kind} here and {before} before: make it one of them"
            ));
        }
    }
    Ok(())
}

fn parse_parquet(path: &Path, bytes: &[u8]) -> Result<DataFrame, Error> {
    guarded(path, || {
        if !parquet::is_plausible(&mut Cursor::new(bytes), MOST_ROWS)? {
            return Err(polars_err!(ComputeError: "{DAMAGED}"));
        }
        let mut frame = ParquetReader::new(Cursor::new(bytes)).finish()?;
        frame.rechunk_mut();
        Ok(frame)
    })
}

fn text_of<'a>(path: &Path, bytes: &'a [u8]) -> Result<&'a str, Error> {
    if let Some(encoding) = utf16(bytes) {
        return Err(Error::Utf16 {
            path: path.to_owned(),
            encoding,
        });
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let line = |at: usize| 1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count();
    let text = std::str::from_utf8(bytes).map_err(|error| Error::NotUtf8 {
        path: path.to_owned(),
        line: line(error.valid_up_to()),
    })?;
    match bytes.iter().position(|byte| *byte == 0) {
        Some(at) => Err(Error::Line {
            path: path.to_owned(),
            line: line(at),
            why: "it holds a NUL byte: remove it, for example with tr -d '\\0'".to_owned(),
        }),
        None => Ok(text),
    }
}

/// What `iconv` calls the encoding of a text whose letters take two bytes each: the mark at its begin tells, or that every
/// other byte is NUL.
fn utf16(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Some("utf-16");
    }
    let begin = &bytes[..bytes.len().min(64)];
    let is_every = |first: usize| {
        4 <= begin.len() && begin.iter().skip(first).step_by(2).all(|byte| *byte == 0)
    };
    match (is_every(0), is_every(1)) {
        (false, true) => Some("utf-16le"),
        (true, false) => Some("utf-16be"),
        _ => None,
    }
}

/// The one place where a panic is caught: polars' readers panic on some damaged files, and a damaged file is the
/// file's fault, not a bug of the program. What they were building is dropped, so no broken state is left, and nothing is
/// printed: the error says it.
fn guarded<T>(path: &Path, read: impl FnOnce() -> PolarsResult<T>) -> Result<T, Error> {
    hush();
    let was_reading = IS_READING.replace(true);
    let caught = catch_unwind(AssertUnwindSafe(read));
    IS_READING.set(was_reading);
    match caught {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(unreadable(path, error.to_string())),
        Err(_) => Err(unreadable(path, DAMAGED.to_owned())),
    }
}

thread_local! {
    static IS_READING: Cell<bool> = const { Cell::new(false) };
}

/// From now on, panics of a thread that reads, and of those that polars keeps for this, print nothing.
fn hush() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panicked| {
            let is_polars = thread::current()
                .name()
                .is_some_and(|name| name.starts_with("polars"));
            if !IS_READING.get() && !is_polars {
                before(panicked);
            }
        }));
    });
}

fn unreadable(path: &Path, why: String) -> Error {
    Error::Unreadable {
        path: PathBuf::from(path),
        why,
    }
}
