//! A table of text, too long for the memory, as tables that are not.

/// Bytes of a piece, about.
pub(super) const USUAL: usize = 4 << 20;
/// A record that is longer is none.
pub(super) const LONGEST: usize = 64 << 20;

/// How the records of a file are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// A line end in quotes is part of a cell, and every piece needs the first record: the names.
    Csv,
    /// A line is a record.
    Lines,
}

/// Cuts what comes, in parts of any length, after whole records. Every piece of CSV begins with the first record.
pub(super) struct Pieces {
    format: Format,
    usual: usize,
    /// The first record of CSV, with its line end.
    header: Vec<u8>,
    /// What has come and is in no piece yet, after the header.
    pending: Vec<u8>,
    /// Bytes of `pending` that were looked at, and those up to the end of the last whole record among them.
    seen: usize,
    whole: usize,
    is_quoted: bool,
    /// Lines before `pending`, without those of the header.
    lines: usize,
}

/// A piece, and how many lines of the file its own second line stands below the file's.
pub(super) struct Piece<'a> {
    pub text: &'a [u8],
    pub lines_before: usize,
}

/// A record is longer than [`LONGEST`].
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

impl Pieces {
    pub fn new(format: Format, usual: usize) -> Self {
        Self {
            format,
            usual,
            header: vec![],
            pending: vec![],
            seen: 0,
            whole: 0,
            is_quoted: false,
            lines: 0,
        }
    }

    /// Takes what comes next, and hands over what is whole with it.
    pub fn push<E: From<TooLong>>(
        &mut self,
        part: &[u8],
        take: &mut dyn FnMut(Piece) -> Result<(), E>,
    ) -> Result<(), E> {
        self.pending.extend_from_slice(part);
        for at in self.seen..self.pending.len() {
            match self.pending[at] {
                b'"' if self.format == Format::Csv => self.is_quoted = !self.is_quoted,
                b'\n' if !self.is_quoted => self.whole = at + 1,
                _ => continue,
            }
            if self.format == Format::Csv && self.header.is_empty() && 0 < self.whole {
                self.header = self.pending[..self.whole].to_vec();
            }
        }
        self.seen = self.pending.len();
        if self.pending.len() < self.usual {
            return Ok(());
        }
        if self.whole <= self.own_header() {
            return match LONGEST < self.pending.len() {
                true => Err(TooLong.into()),
                false => Ok(()),
            };
        }
        self.hand_over(self.whole, take)
    }

    /// Hands over the rest.
    pub fn finish<E>(mut self, take: &mut dyn FnMut(Piece) -> Result<(), E>) -> Result<(), E> {
        match self.own_header() < self.pending.len() || self.lines == 0 {
            true => self.hand_over(self.pending.len(), take),
            false => Ok(()),
        }
    }

    /// Bytes of the header in `pending`: it stands there until the first piece is handed over.
    fn own_header(&self) -> usize {
        match self.lines {
            0 => self.header.len(),
            _ => 0,
        }
    }

    fn hand_over<E>(
        &mut self,
        end: usize,
        take: &mut dyn FnMut(Piece) -> Result<(), E>,
    ) -> Result<(), E> {
        let rest = self.pending.split_off(end);
        let is_first = self.lines == 0;
        let mut piece = std::mem::replace(&mut self.pending, rest);
        let lines = piece.iter().filter(|byte| **byte == b'\n').count();
        if !is_first && !self.header.is_empty() {
            piece.splice(..0, self.header.iter().copied());
        }
        let lines_before = match is_first {
            true => 0,
            false => self.lines - self.header.iter().filter(|byte| **byte == b'\n').count(),
        };
        self.lines += lines.max(1);
        (self.seen, self.whole) = (self.pending.len(), 0);
        take(Piece {
            text: &piece,
            lines_before,
        })
    }
}
