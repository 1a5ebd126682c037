//! The reader: takes in what was appended since, whole lines only, whatever happened to the file in between.

use std::{
    fs::{File, Metadata},
    io,
    os::unix::fs::{FileExt as _, MetadataExt as _},
    path::{Path, PathBuf},
};

use crate::domain::records::LONGEST_LINE;

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
        if let Some((file, meta)) = self.open()? {
            let begun = (self.offset, self.inode, self.skipped);
            let read = self.lines(&file, &meta, budget, &mut batch);
            self.file = Some(file);
            if let Err(error) = read {
                (self.offset, self.inode, self.skipped) = begun;
                return Err(error);
            }
        }
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

    /// The file that now stands at the path; `None` when there is none and was none.
    fn open(&mut self) -> io::Result<Option<(File, Metadata)>> {
        let found = match std::fs::metadata(&self.path) {
            Ok(found) => Some(found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let open = match self.file.take() {
            Some(file) => Some((file.metadata()?, file)),
            None => None,
        };
        match (open, found) {
            // One that was removed is read to its end.
            (Some((meta, file)), None) => Ok(Some((file, meta))),
            (Some((meta, file)), Some(found))
                if (meta.dev(), meta.ino()) == (found.dev(), found.ino()) =>
            {
                Ok(Some((file, meta)))
            }
            (_, Some(_)) => {
                let file = File::open(&self.path)?;
                let meta = file.metadata()?;
                Ok(Some((file, meta)))
            }
            (None, None) => Ok(None),
        }
    }

    /// Compares the file with what is known of it, and goes back to its last whole line when it does not reach so far.
    fn find_place(&mut self, file: &File, meta: &Metadata) -> io::Result<Option<Happening>> {
        let is_other = self.inode != 0 && self.inode != meta.ino();
        let (from, to) = (self.offset, meta.len());
        if to < from {
            self.offset = end_before(file, to)?;
            self.skipped = 0;
        } else if is_other {
            // One as long may be a copy: it is one if a line ends where the last one taken did.
            self.offset = end_before(file, from)?;
            self.skipped = 0;
        }
        self.inode = meta.ino();
        Ok(match (to < from, is_other) {
            (true, _) => Some(Happening::Shortened { from, to }),
            (false, true) => Some(Happening::Replaced),
            (false, false) => None,
        })
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
