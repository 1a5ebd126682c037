//! What was read of files the last time, by their stamps: looking at a million unchanged files again reads none of them.
//!
//! The file is a copy of what can be had by reading: where a block of it is damaged, the files from there on are read again.
//! A file that was changed just before it was looked at is read again too: its next change may leave its times as they are.
//!
//! ```text
//! file   = "sconces1" { length of the block (4) · start of its hash (8) · block }
//! block  = { stamp · entry }
//! ```

use std::{
    fs::{self, File},
    io::{BufReader, BufWriter, Read as _, Write as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::{
    error::{Result, io},
    fresh,
    manifest::{Entry, Name, Rest, put, put_entry},
    scan::Stamp,
};
use crate::domain::hashes::Hash;

const HEAD: &[u8; 8] = b"sconces1";
const BLOCK: usize = 64 << 10;
const MOST: usize = 64 << 20;
/// File systems count time in steps; a kernel's are ten milliseconds, some disks' two seconds.
const COARSE: Duration = Duration::from_secs(2);

/// The stamps of the last time, asked for in the order of paths.
pub struct Known {
    file: Option<BufReader<File>>,
    block: Vec<u8>,
    at: usize,
    next: Option<(Stamp, Entry)>,
}

impl Known {
    pub fn open(path: &Path) -> Self {
        let mut file = File::open(path).ok().map(BufReader::new);
        let mut head = [0; 8];
        let is_known =
            |file: &mut BufReader<File>| file.read_exact(&mut head).is_ok() && head == *HEAD;
        if !file.as_mut().is_some_and(is_known) {
            file = None;
        }
        let mut known = Self {
            file,
            block: vec![],
            at: 0,
            next: None,
        };
        known.step();
        known
    }

    /// What was read of the file at a path when it had this stamp.
    pub fn entry(&mut self, path: &Name, stamp: &Stamp) -> Option<Entry> {
        while self
            .next
            .as_ref()
            .is_some_and(|(_, entry)| entry.path < *path)
        {
            self.step();
        }
        let (known, entry) = self.next.as_ref()?;
        (entry.path == *path && known == stamp).then(|| entry.clone())
    }

    fn step(&mut self) {
        if self.at == self.block.len() && self.read_block().is_none() {
            self.file = None;
            self.next = None;
            return;
        }
        let mut rest = Rest(&self.block[self.at..]);
        self.next = get(&mut rest);
        self.at = self.block.len() - rest.0.len();
        if self.next.is_none() {
            self.file = None;
            self.at = self.block.len();
        }
    }

    fn read_block(&mut self) -> Option<()> {
        let file = self.file.as_mut()?;
        let mut head = [0; 12];
        file.read_exact(&mut head).ok()?;
        let (length, hash) = head.split_at(4);
        let length = u32::from_le_bytes(length.try_into().expect("4 bytes")) as usize;
        self.block
            .resize(Some(length).filter(|length| *length <= MOST)?, 0);
        self.at = 0;
        file.read_exact(&mut self.block).ok()?;
        let is_whole = Hash::of(&self.block).bytes()[..8] == *hash && !self.block.is_empty();
        is_whole.then_some(())
    }
}

/// The files of stamps that were begun and not kept.
pub fn unfinished(root: &Path) -> Result<Vec<PathBuf>> {
    let folder = root.join("stamps");
    let entries = fs::read_dir(&folder).map_err(io("read", &folder))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let is_new = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "new");
    Ok(paths.filter(is_new).collect())
}

/// Stamps as they are taken, for the next time. Kept only once [`Taken::keep`] is called.
pub struct Taken {
    path: PathBuf,
    beside: PathBuf,
    file: BufWriter<File>,
    block: Vec<u8>,
    /// Files that changed later than this may change again unseen.
    until: i64,
    is_kept: bool,
}

impl Taken {
    /// Begins at a moment before the first file is looked at.
    pub fn begin(path: &Path) -> Result<Self> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let stem = path.file_name().unwrap_or_default().to_string_lossy();
        let made = fresh::create(folder, &format!("{stem}."), ".new", 0o640);
        let (file, beside) = made.map_err(io("write", path))?;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let until = now.unwrap_or_default().saturating_sub(COARSE);
        let mut taken = Self {
            path: path.to_owned(),
            file: BufWriter::new(file),
            block: vec![],
            until: until.as_nanos() as i64,
            beside,
            is_kept: false,
        };
        taken.write(HEAD)?;
        Ok(taken)
    }

    pub fn add(&mut self, stamp: &Stamp, entry: &Entry) -> Result<()> {
        if self.until <= stamp.changed || self.until <= stamp.modified {
            return Ok(());
        }
        set(&mut self.block, stamp, entry);
        match BLOCK <= self.block.len() {
            true => self.end_block(),
            false => Ok(()),
        }
    }

    pub fn keep(mut self) -> Result<()> {
        self.end_block()?;
        let ended = self
            .file
            .flush()
            .and_then(|()| fs::rename(&self.beside, &self.path));
        ended.map_err(io("write", &self.path))?;
        self.is_kept = true;
        Ok(())
    }

    fn end_block(&mut self) -> Result<()> {
        if self.block.is_empty() {
            return Ok(());
        }
        let block = std::mem::take(&mut self.block);
        self.write(&(block.len() as u32).to_le_bytes())?;
        self.write(&Hash::of(&block).bytes()[..8])?;
        self.write(&block)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file
            .write_all(bytes)
            .map_err(io("write", &self.beside))
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = fs::remove_file(&self.beside);
        }
    }
}

fn set(block: &mut Vec<u8>, stamp: &Stamp, entry: &Entry) {
    for number in [
        stamp.device,
        stamp.inode,
        stamp.size,
        stamp.modified as u64,
        stamp.changed as u64,
    ] {
        put(block, number);
    }
    block.push(stamp.is_executable.into());
    put_entry(block, entry);
}

fn get(rest: &mut Rest) -> Option<(Stamp, Entry)> {
    let stamp = Stamp {
        device: rest.number()?,
        inode: rest.number()?,
        size: rest.number()?,
        modified: rest.number()? as i64,
        changed: rest.number()? as i64,
        is_executable: rest.byte()? == 1,
    };
    Some((stamp, rest.entry()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::manifest::Kind;

    fn entry(at: usize) -> Entry {
        Entry {
            path: Name::new(format!("{at:06}").into_bytes()).unwrap(),
            kind: Kind::Link {
                target: vec![b'x'; at % 50],
            },
        }
    }

    fn stamp(at: usize) -> Stamp {
        Stamp {
            device: 1,
            inode: at as u64,
            size: u64::MAX,
            modified: -5,
            changed: 7,
            is_executable: at.is_multiple_of(2),
        }
    }

    fn known(path: &Path) -> usize {
        let mut known = Known::open(path);
        let found =
            (0..5000).filter(|at| known.entry(&entry(*at).path, &stamp(*at)) == Some(entry(*at)));
        found.count()
    }

    #[test]
    fn stamps_come_back_as_far_as_their_file_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stamps");
        assert_eq!(known(&path), 0);
        let mut taken = Taken::begin(&path).unwrap();
        for at in 0..5000 {
            taken.add(&stamp(at), &entry(at)).unwrap();
        }
        taken.keep().unwrap();
        assert_eq!(known(&path), 5000);
        let whole = fs::read(&path).unwrap();
        let mut torn = whole.clone();
        *torn.last_mut().unwrap() ^= 1;
        fs::write(&path, torn).unwrap();
        let some = known(&path);
        assert!((1..5000).contains(&some), "{some}");
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        assert!((1..5000).contains(&known(&path)));
        fs::write(&path, "nonsense").unwrap();
        assert_eq!(known(&path), 0);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_of_another_stamp_or_path_is_not_known() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stamps");
        let mut taken = Taken::begin(&path).unwrap();
        let now = Stamp {
            changed: i64::MAX,
            ..stamp(4)
        };
        taken.add(&stamp(3), &entry(3)).unwrap();
        taken.add(&now, &entry(4)).unwrap();
        taken.add(&stamp(6), &entry(6)).unwrap();
        taken.keep().unwrap();
        let mut known = Known::open(&path);
        assert_eq!(known.entry(&entry(2).path, &stamp(2)), None);
        assert_eq!(known.entry(&entry(3).path, &stamp(2)), None);
        assert_eq!(known.entry(&entry(3).path, &stamp(3)), Some(entry(3)));
        assert_eq!(known.entry(&entry(4).path, &now), None);
        assert_eq!(known.entry(&entry(6).path, &stamp(6)), Some(entry(6)));
        assert_eq!(known.entry(&entry(7).path, &stamp(7)), None);
        drop(Taken::begin(&path).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
