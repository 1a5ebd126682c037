//! Logs: the output of a run, by byte range.

use std::{
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use super::{Error, Kind, Result};
use crate::{domain::ids::RunId, jobs::files, workspace::Workspace};

/// A part of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    pub from: u64,
    pub to: u64,
    /// The size of the file when it was read.
    pub size: u64,
    pub text: String,
}

/// At most `budget` bytes of a run's output from `from`, or its last `budget` bytes; whole lines where there are any.
/// A run without output has an empty log.
pub fn read(ws: &Workspace, run: &RunId, from: Option<u64>, budget: u64) -> Result<Chunk> {
    let path = ws.run_dir(run).join("output.log");
    part(&path, from, budget).map_err(|error| {
        Error::new(Kind::Environment, "cannot read the log")
            .hint(format!("look at {}", path.display()))
            .because(error)
    })
}

fn part(path: &Path, from: Option<u64>, budget: u64) -> io::Result<Chunk> {
    let mut file = match files::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Chunk::default()),
        Err(error) => return Err(error),
    };
    let size = file.metadata()?.len();
    let start = from.unwrap_or(size.saturating_sub(budget)).min(size);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = vec![];
    file.take(budget.min(size - start))
        .read_to_end(&mut bytes)?;
    // A tail begins at a line, and what is cut at its end waits for the next look, unless it is one endless line.
    let skipped = match from {
        None if 0 < start => bytes
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1),
        _ => 0,
    };
    let is_cut = start + (bytes.len() as u64) < size;
    let end = match bytes.iter().rposition(|byte| *byte == b'\n') {
        Some(at) if is_cut && skipped <= at => at + 1,
        _ => bytes.len(),
    };
    let text = String::from_utf8_lossy(&bytes[skipped..end]).into_owned();
    Ok(Chunk {
        from: start + skipped as u64,
        to: start + end as u64,
        size,
        text,
    })
}

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
        let chunk = part(file.path(), None, 10).unwrap();
        assert_eq!(
            (chunk.text.as_str(), chunk.from, chunk.to, chunk.size),
            ("third\n", 13, 19, 19)
        );
    }

    #[test]
    fn reading_on_from_where_it_ended_gives_every_line_once() {
        let text = "a\nbb\nccc\ndddd\nan end without its newline";
        let file = log(text);
        let (mut at, mut read) = (0, String::new());
        loop {
            let chunk = part(file.path(), Some(at), 7).unwrap();
            if chunk.to == at {
                break;
            }
            read.push_str(&chunk.text);
            at = chunk.to;
        }
        assert_eq!(read, text);
    }

    #[test]
    fn a_run_without_output_has_an_empty_log() {
        assert_eq!(
            part(Path::new("/nonexistent/output.log"), None, 10).unwrap(),
            Chunk::default()
        );
    }
}
