//! Logs: the output of a run, by byte range.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use super::{Error, Kind, Result};
use crate::{
    domain::{ids::RunId, teletype},
    jobs::files,
    workspace::Workspace,
};

/// A part of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    pub from: u64,
    pub to: u64,
    /// The size of the file when it was read.
    pub size: u64,
    pub text: String,
}

/// Which part of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Its end.
    Tail,
    From(u64),
    /// What stands before a byte.
    Before(u64),
}

/// At most `budget` bytes of a run's output; whole lines where there are any. A run without output has an empty log.
pub fn read(ws: &Workspace, run: &RunId, part: Part, budget: u64) -> Result<Chunk> {
    in_log(ws, run, |path| read_part(path, part, budget))
}

/// A look through a log for a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The byte at which the nearest line with the text begins.
    pub at: Option<u64>,
    /// Lines were looked at as far as here; the search can go on from it unless it is an end of the log.
    pub to: u64,
}

/// Looks for a text in the lines of a run's output from a byte on, or backwards before it, as far as `budget` bytes. A text
/// without capitals is found in any case.
pub fn find(
    ws: &Workspace,
    run: &RunId,
    text: &str,
    from: u64,
    is_forward: bool,
    budget: u64,
) -> Result<Found> {
    let sought = Sought::new(text);
    in_log(ws, run, |path| match is_forward {
        true => find_after(path, &sought, from, budget),
        false => find_before(path, &sought, from, budget),
    })
}

/// A text that lines are searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    text: String,
    any_case: bool,
}

impl Sought {
    pub fn new(text: &str) -> Self {
        Self {
            any_case: !text.chars().any(char::is_uppercase),
            text: text.to_owned(),
        }
    }

    /// Where the text stands in a line, in bytes.
    pub fn places(&self, line: &str) -> Vec<std::ops::Range<usize>> {
        if self.text.is_empty() {
            return vec![];
        }
        // Only ASCII folds without moving what stands behind it.
        let folded = match self.any_case {
            true => line.to_ascii_lowercase(),
            false => line.to_owned(),
        };
        let sought = match self.any_case {
            true => self.text.to_ascii_lowercase(),
            false => self.text.clone(),
        };
        folded
            .match_indices(&sought)
            .map(|(at, found)| at..at + found.len())
            .collect()
    }

    /// Does a line of a log, as it was written, show the text?
    fn is_in(&self, line: &[u8]) -> bool {
        let line = String::from_utf8_lossy(line);
        let is_bare = !line
            .trim_end_matches(['\r', '\n'])
            .contains(|c: char| c.is_control());
        if is_bare {
            return !self.places(&line).is_empty();
        }
        (teletype::lines(&line).iter()).any(|line| !self.places(line).is_empty())
    }
}

fn in_log<T: Default>(
    ws: &Workspace,
    run: &RunId,
    look: impl FnOnce(&Path) -> io::Result<T>,
) -> Result<T> {
    let path = ws.run_dir(run).join("output.log");
    or_nothing(look(&path)).map_err(|error| {
        Error::new(Kind::Environment, "cannot read the log")
            .hint(format!("look at {}", path.display()))
            .because(error)
    })
}

fn or_nothing<T: Default>(looked: io::Result<T>) -> io::Result<T> {
    match looked {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(T::default()),
        looked => looked,
    }
}

pub(crate) fn read_part(path: &Path, part: Part, budget: u64) -> io::Result<Chunk> {
    let file = files::open(path)?;
    let size = file.metadata()?.len();
    let (start, until) = match part {
        Part::Tail => (size.saturating_sub(budget), size),
        Part::From(from) => (from.min(size), size.min(from.saturating_add(budget))),
        Part::Before(to) => (to.min(size).saturating_sub(budget), to.min(size)),
    };
    let bytes = bytes_of(&file, start, until)?;
    // What is read from its end begins at a line, and what is cut at its end waits for the next look, unless it is one
    // endless line.
    let skipped = match part {
        Part::Tail | Part::Before(_) if 0 < start => beginning(&bytes),
        _ => 0,
    };
    let is_cut = start + (bytes.len() as u64) < size && !matches!(part, Part::Before(_));
    let end = match bytes.iter().rposition(|byte| *byte == b'\n') {
        Some(at) if is_cut && skipped <= at => at + 1,
        _ => whole_characters(&bytes).max(skipped),
    };
    let text = String::from_utf8_lossy(&bytes[skipped..end]).into_owned();
    Ok(Chunk {
        from: start + skipped as u64,
        to: start + end as u64,
        size,
        text,
    })
}

fn bytes_of(mut file: &File, start: u64, until: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = vec![];
    file.take(until.saturating_sub(start))
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Where bytes that were cut out begin to be whole: at a line; of one endless line at an escape or a return near its start,
/// for what stands before that may be the end of another.
fn beginning(bytes: &[u8]) -> usize {
    let line = bytes.iter().position(|byte| *byte == b'\n');
    let line = line.map(|at| at + 1).filter(|at| *at < bytes.len());
    let near = bytes.iter().take(LONGEST_ESCAPE);
    let escape = || {
        near.clone()
            .position(|byte| matches!(byte, b'\x1b' | b'\r'))
    };
    line.or_else(escape).unwrap_or(0)
}

/// How many of the bytes are there without a character at their end that is not complete.
fn whole_characters(bytes: &[u8]) -> usize {
    let last = bytes.iter().rev().take(4);
    let lead = last.take_while(|byte| **byte & 0xc0 == 0x80).count() + 1;
    let Some(at) = bytes.len().checked_sub(lead) else {
        return bytes.len();
    };
    match std::str::from_utf8(&bytes[at..]) {
        Err(error) if error.error_len().is_none() => at,
        _ => bytes.len(),
    }
}

pub(crate) fn find_after(
    path: &Path,
    sought: &Sought,
    from: u64,
    budget: u64,
) -> io::Result<Found> {
    let mut file = files::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let mut at = from;
    let mut line = vec![];
    while at < from.saturating_add(budget) {
        line.clear();
        let length = (&mut reader)
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line)?;
        if length == 0 {
            break;
        }
        if sought.is_in(&line) {
            return Ok(Found {
                at: Some(at),
                to: at,
            });
        }
        at += length as u64;
    }
    Ok(Found { at: None, to: at })
}

pub(crate) fn find_before(
    path: &Path,
    sought: &Sought,
    before: u64,
    budget: u64,
) -> io::Result<Found> {
    let mut to = before;
    while 0 < to && before - to < budget {
        let chunk = read_part(path, Part::Before(to), LONGEST_LINE)?;
        let mut start = chunk.from;
        let mut last = None;
        for line in chunk.text.split_inclusive('\n') {
            if sought.is_in(line.as_bytes()) {
                last = Some(start);
            }
            start += line.len() as u64;
        }
        if last.is_some() || chunk.from == to {
            return Ok(Found {
                at: last,
                to: chunk.from,
            });
        }
        to = chunk.from;
    }
    Ok(Found { at: None, to })
}

/// Bytes in which an escape sequence has ended.
const LONGEST_ESCAPE: usize = 64;
/// A longer line is searched in pieces.
const LONGEST_LINE: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn log(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn a_tail_begins_at_a_line() {
        let file = log("first\nsecond\nthird\n");
        let chunk = read_part(file.path(), Part::Tail, 10).unwrap();
        assert_eq!(
            (chunk.text.as_str(), chunk.from, chunk.to, chunk.size),
            ("third\n", 13, 19, 19)
        );
    }

    #[test]
    fn a_tail_of_one_line_begins_at_a_whole_sequence() {
        for (text, wanted) in [
            ("\u{1b}[31mred\u{1b}[0m\u{1b}[K", "\u{1b}[0m\u{1b}[K"),
            (" 40%\r 50%\r 60%\r 70%", "\r 60%\r 70%"),
            ("nothing to begin at", "to begin at"),
        ] {
            let file = log(text);
            let chunk = read_part(file.path(), Part::Tail, 11).unwrap();
            assert_eq!(chunk.text, wanted);
            let before = read_part(file.path(), Part::Before(chunk.from), 99).unwrap();
            assert_eq!(before.text + &chunk.text, text);
        }
    }

    #[test]
    fn reading_on_from_where_it_ended_gives_every_line_once() {
        let text = "a\nbb\nccc\ndddd\nan end without its newline";
        let file = log(text);
        let (mut at, mut read) = (0, String::new());
        loop {
            let chunk = read_part(file.path(), Part::From(at), 7).unwrap();
            if chunk.to == at {
                break;
            }
            read.push_str(&chunk.text);
            at = chunk.to;
        }
        assert_eq!(read, text);
    }

    #[test]
    fn reading_back_from_the_end_gives_every_line_once() {
        let text = "a\nbb\nccc\ndddd\nan end";
        let file = log(text);
        let mut read = read_part(file.path(), Part::Tail, 9).unwrap();
        while 0 < read.from {
            let before = read_part(file.path(), Part::Before(read.from), 7).unwrap();
            assert_eq!(before.to, read.from);
            read.text.insert_str(0, &before.text);
            read.from = before.from;
        }
        assert_eq!(read.text, text);
    }

    #[test]
    fn a_character_that_is_half_written_waits_for_the_rest() {
        let file = log("");
        std::fs::write(file.path(), b"50% \xe2\x96").unwrap();
        let first = read_part(file.path(), Part::Tail, 99).unwrap();
        std::fs::write(file.path(), "50% \u{2588}|").unwrap();
        let then = read_part(file.path(), Part::From(first.to), 99).unwrap();
        assert_eq!((first.text + &then.text).as_str(), "50% \u{2588}|");
        std::fs::write(file.path(), b"no text \xff").unwrap();
        let chunk = read_part(file.path(), Part::Tail, 99).unwrap();
        assert_eq!(chunk.text, "no text \u{fffd}");
    }

    #[test]
    fn a_text_is_found_forwards_and_backwards_however_it_was_written() {
        let text = "epoch 1\nWARN slow\n\u{1b}[31mwa\u{1b}[0mrn\nepoch 2\n";
        let file = log(text);
        let after =
            |text, from| find_after(file.path(), &Sought::new(text), from, 1 << 20).unwrap();
        let before = |text, to| find_before(file.path(), &Sought::new(text), to, 1 << 20).unwrap();
        assert_eq!(after("warn", 0).at, Some(8));
        assert_eq!(after("warn", 9 + 9).at, Some(18));
        assert_eq!(after("WARN", 18).at, None);
        assert_eq!(after("WARN", 18).to, text.len() as u64);
        assert_eq!(before("epoch", text.len() as u64).at, Some(32));
        assert_eq!(before("epoch", 32).at, Some(0));
        assert_eq!(before("nothing", 32), Found { at: None, to: 0 });
    }

    #[test]
    fn a_search_of_a_long_log_goes_on_where_it_stopped() {
        let file = log(&format!("sought\n{}sought\n", "x\n".repeat(50_000)));
        let sought = Sought::new("sought");
        let (mut from, mut steps) = (7, 0);
        let at = loop {
            let found = find_after(file.path(), &sought, from, 10_000).unwrap();
            steps += 1;
            match found.at {
                Some(at) => break at,
                None => from = found.to,
            }
        };
        assert_eq!((at, steps), (100_007, 11));
    }

    #[test]
    fn a_run_without_output_has_an_empty_log() {
        let read = read_part(Path::new("/nonexistent/output.log"), Part::Tail, 10);
        assert_eq!(or_nothing(read).unwrap(), Chunk::default());
    }
}
