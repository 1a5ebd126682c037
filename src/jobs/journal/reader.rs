//! The reader: takes in what was appended since, whole lines only, whatever happened to the file in between.

use std::{
    fs::{File, Metadata},
    io,
    os::unix::fs::{FileExt as _, MetadataExt as _},
    path::{Path, PathBuf},
};

use crate::{domain::records::LONGEST_LINE, jobs::files};

/// The most that is read at once, whatever the budget.
const MOST: usize = 64 << 20;

/// Reads a journal that is being written.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    /// `None` until its writer has made it.
    file: Option<File>,
    /// Bytes taken; it always stands after a newline, or at 0.
    offset: u64,
    /// The inode of the file that they were taken from; 0 when it is not known.
    inode: u64,
    /// Within a line that is too long to be a record: how far its end was looked for.
    skipped: u64,
    /// It was told that no file stands in the journal's place.
    is_barred: bool,
}

/// What was read at once, and where to go on after it: `offset` and `inode` are kept with what was taken in, so that
/// each line is taken once.
#[derive(Debug, Default)]
pub struct Batch {
    pub happenings: Vec<Happening>,
    pub offset: u64,
    pub inode: u64,
    /// Bytes taken.
    pub bytes: u64,
    /// Nothing whole is left to read now.
    pub is_at_end: bool,
}

impl Batch {
    /// Nothing was taken.
    pub fn is_empty(&self) -> bool {
        self.happenings.is_empty() && self.bytes == 0
    }
}

/// One thing that a journal shows, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A whole line, without its newline. Blank ones are none.
    Line(Vec<u8>),
    /// A line longer than a record can be was passed over.
    TooLong,
    /// The file became shorter than what was taken of it.
    Shortened { from: u64, to: u64 },
    /// Another file stands in its place.
    Replaced,
    /// A folder, a link, a pipe: no file stands in its place.
    Barred,
}

/// What stands in a journal's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// The file that is held, or none.
    Held,
    /// Another than the one that is held and not read to its end.
    Behind,
    /// No file.
    Barred,
}

impl Reader {
    /// Reads on from where a journal was left; one that is not there yet is empty.
    pub fn new(path: &Path, offset: u64, inode: u64) -> Self {
        Self {
            path: path.to_owned(),
            file: None,
            offset,
            inode,
            skipped: 0,
            is_barred: false,
        }
    }

    /// Is there anything that was not taken yet? Costs a look or two at sizes.
    pub fn has_news(&self) -> bool {
        let held = self.file.as_ref().and_then(|file| file.metadata().ok());
        if held.is_some_and(|meta| meta.len() != self.offset) {
            return true;
        }
        match std::fs::symlink_metadata(&self.path) {
            Ok(meta) if meta.is_file() => (meta.len(), meta.ino()) != (self.offset, self.inode),
            Ok(_) => !self.is_barred,
            Err(_) => false,
        }
    }

    /// The next whole lines, about `budget` bytes of them at most, though never less than one line. A line without its
    /// end waits for it.
    ///
    /// # Errors
    ///
    /// The file cannot be read; the position stays.
    pub fn read(&mut self, budget: u64) -> io::Result<Batch> {
        let mut batch = Batch {
            is_at_end: true,
            ..Batch::default()
        };
        let found = self.open()?;
        if found == Found::Barred && !self.is_barred {
            self.is_barred = true;
            batch.happenings.push(Happening::Barred);
        }
        if let Some(file) = self.file.take() {
            let begun = (self.offset, self.inode, self.skipped);
            let read = file
                .metadata()
                .and_then(|meta| self.lines(&file, &meta, budget, &mut batch));
            self.file = Some(file);
            if let Err(error) = read {
                (self.offset, self.inode, self.skipped) = begun;
                return Err(error);
            }
        }
        // Another waits behind it.
        batch.is_at_end &= found != Found::Behind;
        (batch.offset, batch.inode) = (self.offset, self.inode);
        Ok(batch)
    }

    fn lines(
        &mut self,
        file: &File,
        meta: &Metadata,
        budget: u64,
        batch: &mut Batch,
    ) -> io::Result<()> {
        batch.happenings.extend(self.find_place(file, meta)?);
        let begun = self.offset;
        let left = usize::try_from(meta.len() - begun).unwrap_or(usize::MAX);
        // A budget that ends within a line is raised until the line fits, or is too long to be a record.
        let mut wanted = usize::try_from(budget).unwrap_or(usize::MAX).clamp(1, MOST);
        let (bytes, whole) = loop {
            let bytes = read_at_most(file, begun, wanted.min(left))?;
            let whole = end_of_last_line(&bytes);
            if 0 < whole || bytes.len() < wanted || LONGEST_LINE < wanted {
                break (bytes, whole);
            }
            wanted = (wanted * 4).max(1 << 16);
        };
        self.offset += whole as u64;
        batch.is_at_end = left <= bytes.len();
        if whole == 0 && LONGEST_LINE < bytes.len() {
            let is_passed = self.pass_over(file)?;
            batch
                .happenings
                .extend(is_passed.then_some(Happening::TooLong));
            batch.is_at_end = !is_passed;
        }
        let lines = bytes[..whole].split(|byte| *byte == b'\n');
        let lines = lines.filter(|line| !line.trim_ascii().is_empty());
        batch
            .happenings
            .extend(lines.map(|line| Happening::Line(line.to_vec())));
        batch.bytes = self.offset - begun;
        Ok(())
    }

    /// Holds the file that is to be read now: what stands at the path, or what stood there as long as whole lines of it
    /// are left.
    fn open(&mut self) -> io::Result<Found> {
        let meta = match std::fs::symlink_metadata(&self.path) {
            Ok(meta) if meta.is_file() => meta,
            Ok(_) => return Ok(Found::Barred),
            // One that was removed is read to its end.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Held),
            Err(error) => return Err(error),
        };
        self.is_barred = false;
        if let Some(file) = &self.file {
            let held = file.metadata()?;
            if (held.dev(), held.ino()) == (meta.dev(), meta.ino()) {
                return Ok(Found::Held);
            }
            if has_whole_line(file, self.offset)? {
                return Ok(Found::Behind);
            }
        }
        self.file = Some(files::open(&self.path)?);
        Ok(Found::Held)
    }

    /// Compares the file with what is known of it. One that became shorter goes on at its last whole line. Another file is
    /// a copy when a line ends in it where the last one taken did, and goes on there; else it is read from its beginning.
    fn find_place(&mut self, file: &File, meta: &Metadata) -> io::Result<Option<Happening>> {
        let is_other = self.inode != 0 && self.inode != meta.ino();
        let (from, to) = (self.offset, meta.len());
        let found = if is_other {
            let is_copy = from <= to && ends_line(file, from)?;
            self.offset = if is_copy { from } else { 0 };
            Some(Happening::Replaced)
        } else if to < from {
            self.offset = end_before(file, to)?;
            Some(Happening::Shortened { from, to })
        } else {
            None
        };
        if found.is_some() {
            self.skipped = 0;
        }
        self.inode = meta.ino();
        Ok(found)
    }

    /// Looks for the end of a line that is too long; `true` when it is there and the offset stands after it.
    fn pass_over(&mut self, file: &File) -> io::Result<bool> {
        let mut block = vec![0; 1 << 16];
        let mut from = (self.offset + LONGEST_LINE as u64).max(self.skipped);
        loop {
            let read = file.read_at(&mut block, from)?;
            if let Some(at) = block[..read].iter().position(|byte| *byte == b'\n') {
                self.offset = from + at as u64 + 1;
                self.skipped = 0;
                return Ok(true);
            }
            from += read as u64;
            self.skipped = from;
            if read == 0 {
                return Ok(false);
            }
        }
    }
}

/// Does a line end just before this byte?
fn ends_line(file: &File, at: u64) -> io::Result<bool> {
    let Some(last) = at.checked_sub(1) else {
        return Ok(true);
    };
    let mut byte = [0];
    file.read_exact_at(&mut byte, last)?;
    Ok(byte == [b'\n'])
}

fn has_whole_line(file: &File, mut from: u64) -> io::Result<bool> {
    let mut block = vec![0; 1 << 16];
    loop {
        match file.read_at(&mut block, from)? {
            0 => return Ok(false),
            read if block[..read].contains(&b'\n') => return Ok(true),
            read => from += read as u64,
        }
    }
}

/// The end of the last whole line within the first `size` bytes.
fn end_before(file: &File, size: u64) -> io::Result<u64> {
    let mut block = vec![0; 1 << 16];
    let mut to = size;
    while 0 < to {
        let from = to.saturating_sub(block.len() as u64);
        let part = &mut block[..(to - from) as usize];
        file.read_exact_at(part, from)?;
        match end_of_last_line(part) {
            0 => to = from,
            end => return Ok(from + end as u64),
        }
    }
    Ok(0)
}

fn end_of_last_line(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1)
}

fn read_at_most(file: &File, from: u64, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; most];
    let mut filled = 0;
    while filled < most {
        match file.read_at(&mut bytes[filled..], from + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
