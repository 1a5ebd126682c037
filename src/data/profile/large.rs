//! The profile of a table that need not fit into memory: its rows are handed over twice, in pieces. The first time tells
//! what each column holds and its range, the second time counts.
//!
//! All is as [`super::profile`] finds it, but for quantiles, which are those of a random sample where there are more rows
//! than are kept, and for what is not counted to its end: distinct values and repeated rows.

mod tally;

use std::{collections::HashMap, fs::File, ops::ControlFlow, path::Path};

use rayon::prelude::*;

use self::tally::Tallies;
use super::{Cells, Kind, Refusal, Table, Verdict, kind, sample};
use crate::data::{
    pieces::{self, Format, Piece, Pieces, TooLong},
    read::{read_slices, read_texts},
    read_content,
};

/// Bytes of a slice of a Parquet file, unpacked.
const SLICE: usize = 32 << 20;

/// Gives a file's content from its begin, in parts of any length.
pub type Give<'a, E> = dyn FnMut(&mut dyn FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> + 'a;

/// Is a table of this name told record from record, so that it can be looked at in pieces?
pub fn is_of_lines(name: &Path) -> bool {
    format(name).is_some()
}

fn format(name: &Path) -> Option<Format> {
    let ending = name.extension()?.to_str()?.to_ascii_lowercase();
    match ending.as_str() {
        "csv" | "tsv" => Some(Format::Csv),
        "ndjson" | "jsonl" => Some(Format::Lines),
        _ => None,
    }
}

/// Profiles a file of this name whose content is given twice.
///
/// # Errors
///
/// What `give` ends with; that it is no table is a verdict.
pub fn judge<E>(name: &Path, give: &mut Give<E>) -> Result<Verdict, E> {
    judge_in(name, pieces::USUAL, give)
}

/// As [`judge`], in pieces of so many bytes, about.
fn judge_in<E>(name: &Path, usual: usize, give: &mut Give<E>) -> Result<Verdict, E> {
    let Some(format) = format(name) else {
        let why = "it has no lines".to_owned();
        return Ok(Verdict::NotRead { why });
    };
    let look = Look {
        name,
        format,
        usual,
    };
    let types = match format {
        Format::Csv => Types::Told,
        Format::Lines => Types::Kept,
    };
    in_two_looks(types, &mut |take| look.each(give, take))
}

/// Somebody said that it is enough.
struct Stopped;

/// Profiles a Parquet file, whose rows are read twice; `None` when `stop` says so meanwhile.
pub fn judge_parquet(name: &Path, file: &File, stop: &dyn Fn() -> bool) -> Option<Verdict> {
    judge_slices(name, file, SLICE, stop)
}

/// As [`judge_parquet`], in slices of so many bytes, about.
fn judge_slices(
    name: &Path,
    file: &File,
    usual: usize,
    stop: &dyn Fn() -> bool,
) -> Option<Verdict> {
    let verdict = in_two_looks(Types::Kept, &mut |take| {
        let read = read_slices(name, file, usual, &mut |table| {
            if stop() {
                return ControlFlow::Break(());
            }
            take(&table);
            ControlFlow::Continue(())
        });
        match read {
            Ok(ControlFlow::Continue(())) => Ok(None),
            Ok(ControlFlow::Break(())) => Err(Stopped),
            Err(error) => Ok(Some(Refusal::NotRead(error.to_string()))),
        }
    });
    verdict.ok()
}

/// What gives all pieces of a table, or says why there is none.
type Each<'a, E> = dyn FnMut(&mut dyn FnMut(&Table)) -> Result<Option<Refusal>, E> + 'a;

fn in_two_looks<E>(types: Types, each: &mut Each<E>) -> Result<Verdict, E> {
    let mut shapes = Shapes::new(types);
    if let Some(refusal) = each(&mut |table| shapes.add(table))? {
        return Ok(refusal.into());
    }
    let mut tallies = Tallies::new(shapes);
    match each(&mut |table| tallies.add(table))? {
        Some(refusal) => Ok(refusal.into()),
        None => Ok(Verdict::Profiled(tallies.finish())),
    }
}

/// How a file is looked at.
#[derive(Clone, Copy)]
struct Look<'a> {
    name: &'a Path,
    format: Format,
    usual: usize,
}

impl Look<'_> {
    /// Hands over each piece of a file as a table; says why it is none.
    fn each<E>(
        self,
        give: &mut Give<E>,
        take: &mut dyn FnMut(&Table),
    ) -> Result<Option<Refusal>, E> {
        let mut pieces = Pieces::new(self.format, self.usual);
        let mut read = |piece: Piece| self.read(&piece, take);
        let mut refused = None;
        give(&mut |part| {
            // What comes after is not looked at.
            if refused.is_none() {
                refused = pieces.push(part, &mut read).err();
            }
            Ok(())
        })?;
        Ok(match refused {
            Some(refusal) => Some(refusal),
            None => pieces.finish(&mut read).err(),
        })
    }

    fn read(self, piece: &Piece, take: &mut dyn FnMut(&Table)) -> Result<(), Refusal> {
        let table = match self.format {
            Format::Csv => read_texts(self.name, piece.text),
            Format::Lines => read_content(self.name, piece.text),
        };
        match table {
            Ok(table) => take(&table),
            // Blank lines at the end.
            Err(error) if error.is_of_no_rows() && 0 < piece.lines_before => {}
            Err(error) => {
                let error = error.further_down(piece.lines_before);
                return Err(Refusal::NotRead(error.to_string()));
            }
        }
        Ok(())
    }
}

impl From<TooLong> for Refusal {
    fn from(_: TooLong) -> Self {
        let why = "a line is longer than 64 MiB, or a quote is opened and never closed";
        Self::NotRead(why.to_owned())
    }
}

/// How the pieces of a table have types.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Types {
    /// All cells are texts. What they are as a table is told here.
    Told,
    /// Each piece has those of the file.
    Kept,
}

/// What the columns hold, found in a first look.
struct Shapes {
    types: Types,
    /// In the order in which they are met.
    columns: Vec<(String, Shape)>,
    places: HashMap<String, usize>,
}

#[derive(Clone, Copy)]
struct Shape {
    kind: Kind,
    range: Option<(f64, f64)>,
}

impl Shapes {
    fn new(types: Types) -> Self {
        Self {
            types,
            columns: vec![],
            places: HashMap::new(),
        }
    }

    fn add(&mut self, table: &Table) {
        let rows = table.rows();
        let found: Vec<Shape> = table
            .all_cells()
            .par_iter()
            .map(|cells| Shape::of(cells, rows, self.types))
            .collect();
        for (name, shape) in table.columns().into_iter().zip(found) {
            match self.places.get(name) {
                Some(at) => self.columns[*at].1.join(shape),
                None => {
                    self.places.insert(name.to_owned(), self.columns.len());
                    self.columns.push((name.to_owned(), shape));
                }
            }
        }
    }
}

impl Shape {
    fn of(cells: &Cells, rows: usize, types: Types) -> Self {
        let kind = match kind(cells, rows) {
            Kind::Text if types == Types::Told && are_flags(cells, rows) => Kind::Flag,
            kind => kind,
        };
        let range = match kind.is_number() {
            true => sample(cells, kind, rows).range(),
            false => None,
        };
        Self { kind, range }
    }

    /// What holds both.
    fn join(&mut self, other: Self) {
        use Kind::{Date, Empty, Moment, Real, Text, Whole};
        self.kind = match (self.kind, other.kind) {
            (one, other) if one == other => one,
            (Empty, kind) | (kind, Empty) => kind,
            (Whole | Real, Whole | Real) => Real,
            (Date | Moment, Date | Moment) => Moment,
            _ => Text,
        };
        self.range = match (self.range, other.range) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (range, other) => range.or(other),
        };
    }
}

fn are_flags(cells: &Cells, rows: usize) -> bool {
    let mut texts = (0..rows).filter_map(|row| cells.text(row));
    matches!(cells, Cells::Text(_)) && texts.all(|text| matches!(&*text, "true" | "false"))
}

#[cfg(test)]
mod tests;
