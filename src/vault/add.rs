//! Taking files in. One thread walks, reads and cuts, several hash and compress, and the caller's writes packs and builds the
//! manifest, in the order of paths. What is under way at any moment is a few blocks of content, however long the list is.

use std::{
    collections::{BTreeMap, HashSet},
    fs::File,
    io::Read as _,
    mem,
    ops::Range,
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

use super::{
    Vault,
    chunks::{self, Press},
    error::{Error, Result, io},
    index::Index,
    manifest::{Builder, Content, Entry, Keep, Kind, Name, Piece, Root},
    open_at_once, pack,
    scan::{self, Found, Scan, Source, Stamp},
    stamps::{Known, Taken},
    verify,
};
use crate::domain::hashes::Hash;

/// Content that goes through the threads in one piece.
const BLOCK: usize = 2 << 20;
/// Files and chunks that do.
const PARTS: usize = 1024;
/// Bytes from which on a pack is sealed.
const PACK: u64 = 64 << 20;

/// How far an addition is; read by whoever shows it.
#[derive(Debug, Default)]
pub struct Progress {
    /// Files and bytes that there are.
    pub all_files: AtomicU64,
    pub all_bytes: AtomicU64,
    /// Files and bytes that are done.
    pub files: AtomicU64,
    pub bytes: AtomicU64,
    /// Set to stop at the next block.
    pub is_interrupted: AtomicBool,
}

impl Progress {
    pub(super) fn check(&self) -> Result<()> {
        match self.is_interrupted.load(Ordering::Relaxed) {
            true => Err(Error::Interrupted),
            false => Ok(()),
        }
    }
}

/// What an addition came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    /// `None` where there was nothing to add.
    pub root: Option<Root>,
    /// Bytes of content that was in no pack before, and what they take in the new packs, with the manifest.
    pub new: u64,
    pub stored: u64,
    /// Bytes of files that were read.
    pub read: u64,
}

/// Whether the content is kept here, or stays where it is and is only named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    Content,
    Names,
}

/// Parts of files that go through the threads together, with their content in a row.
#[derive(Default)]
struct Block {
    content: Vec<u8>,
    parts: Vec<Part>,
}

enum Part {
    /// An entry that needs no reading.
    Whole(Entry, Option<Stamp>),
    Begin(Name, Stamp),
    Chunk(Range<usize>),
    Hashed(Hashed),
    End,
}

struct Hashed {
    piece: Piece,
    stored: Stored,
}

/// What is to be written of a chunk.
enum Stored {
    Nothing,
    Plain(Range<usize>),
    Pressed(Vec<u8>),
}

/// A block or trouble, with its place in the row.
type Numbered = (u64, Result<Block>);

/// What all threads share.
struct Shop<'a> {
    index: &'a Index,
    /// Chunks that this addition was the first to meet.
    met: Mutex<HashSet<Hash>>,
    keeping: Keeping,
    progress: &'a Progress,
}

pub(super) fn add(
    vault: &Vault,
    index: &mut Index,
    sources: &[Source],
    keeping: Keeping,
    progress: &Progress,
) -> Result<Added> {
    count(vault, sources, progress)?;
    let stamps = vault.stamps(sources)?;
    let taken = Taken::begin(&stamps)?;
    let known = Known::open(&stamps);
    let scan = Scan::new(sources, vault.without())?;
    let shop = Shop {
        index,
        met: Mutex::default(),
        keeping,
        progress,
    };
    let workers = thread::available_parallelism()
        .map_or(2, usize::from)
        .min(16);
    let (to_workers, blocks) = channel();
    let (to_writer, hashed) = channel();
    let (give, passes) = channel();
    // So many blocks are under way at most.
    for _ in 0..2 * workers + 2 {
        give.send(vec![]).expect("the other end is here");
    }
    let blocks = Mutex::new(blocks);
    let mut writer = Writer::new(vault, &shop, taken);
    thread::scope(|scope| {
        let reader = Reader {
            shop: &shop,
            known,
            out: to_workers,
            passes,
            number: 0,
            block: Block::default(),
        };
        scope.spawn(move || reader.run(scan));
        for _ in 0..workers {
            let (blocks, to_writer, shop) = (&blocks, to_writer.clone(), &shop);
            scope.spawn(move || work(shop, blocks, &to_writer));
        }
        drop(to_writer);
        writer.run(hashed, give)
    })?;
    let (added, packs) = writer.finish()?;
    verify::absolve(&vault.root, &packs)?;
    index.add(packs);
    Ok(added)
}

/// Learns how much there is, for whoever waits.
fn count(vault: &Vault, sources: &[Source], progress: &Progress) -> Result<()> {
    for found in Scan::new(sources, vault.without())? {
        progress.check()?;
        if let scan::Kind::File(stamp) = found?.kind {
            progress.all_bytes.fetch_add(stamp.size, Ordering::Relaxed);
        }
        progress.all_files.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// Walks, reads and cuts.
struct Reader<'a> {
    shop: &'a Shop<'a>,
    known: Known,
    out: Sender<Numbered>,
    /// One for each block that may be under way, with the memory for its content: fresh memory would be cleared first.
    passes: Receiver<Vec<u8>>,
    number: u64,
    block: Block,
}

/// The writer has stopped: what is sent finds nobody.
struct Stopped;

impl Reader<'_> {
    fn run(mut self, scan: Scan) {
        for found in scan {
            let taken = found.and_then(|found| self.take(found));
            let sent = match taken {
                Ok(Ok(())) => continue,
                Ok(Err(Stopped)) => return,
                Err(error) => self.out.send((self.number, Err(error))),
            };
            // After trouble nothing follows.
            return drop(sent);
        }
        let _ = self.send_all();
    }

    fn take(&mut self, found: Found) -> Result<std::result::Result<(), Stopped>> {
        self.shop.progress.check()?;
        let path = found.path;
        let entry = |kind| Entry {
            path: path.clone(),
            kind,
        };
        let whole = match found.kind {
            scan::Kind::Link { target } => Part::Whole(entry(Kind::Link { target }), None),
            scan::Kind::EmptyFolder => Part::Whole(entry(Kind::Folder), None),
            scan::Kind::File(stamp) => {
                let known = self.known.entry(&path, &stamp);
                match known.filter(|entry| self.shop.has(entry)) {
                    Some(entry) => Part::Whole(entry, Some(stamp)),
                    None => return self.read(path, &found.at, stamp),
                }
            }
        };
        self.block.parts.push(whole);
        Ok(self.send_if_full())
    }

    fn read(
        &mut self,
        path: Name,
        at: &std::path::Path,
        stamp: Stamp,
    ) -> Result<std::result::Result<(), Stopped>> {
        let mut file = open_at_once(at).map_err(io("read", at))?;
        let is_same = |file: &File| {
            let meta = file.metadata().map_err(io("read", at))?;
            Ok(Stamp::of(&meta) == stamp)
        };
        let changed = || Error::Changed {
            path: at.to_owned(),
        };
        if !is_same(&file)? {
            return Err(changed());
        }
        self.block.parts.push(Part::Begin(path, stamp));
        let mut start = self.block.content.len();
        let mut left = stamp.size;
        loop {
            let content = &mut self.block.content;
            let room = BLOCK.saturating_sub(content.len() - start) as u64;
            let mut part = (&mut file).take(room.min(left));
            let read = part.read_to_end(content).map_err(io("read", at))? as u64;
            if read == 0 && 0 < left {
                return Err(changed());
            }
            left -= read;
            let is_end = left == 0;
            while start < self.block.content.len() {
                let rest = &self.block.content[start..];
                if !is_end && rest.len() < chunks::MOST {
                    break;
                }
                let end = start + chunks::cut(rest);
                self.block.parts.push(Part::Chunk(start..end));
                start = end;
            }
            if is_end {
                break;
            }
            self.shop.progress.check()?;
            if self.send(start).is_err() {
                return Ok(Err(Stopped));
            }
            start = 0;
        }
        if !is_same(&file)? {
            return Err(changed());
        }
        self.block.parts.push(Part::End);
        Ok(self.send_if_full())
    }

    fn send_if_full(&mut self) -> std::result::Result<(), Stopped> {
        let block = &self.block;
        match BLOCK / 2 <= block.content.len() || PARTS <= block.parts.len() {
            true => self.send_all(),
            false => Ok(()),
        }
    }

    fn send_all(&mut self) -> std::result::Result<(), Stopped> {
        self.send(self.block.content.len())
    }

    /// Sends what is read but for what begins here, which the next block begins with.
    fn send(&mut self, rest: usize) -> std::result::Result<(), Stopped> {
        let mut content = self.passes.recv().map_err(|_| Stopped)?;
        content.clear();
        content.extend_from_slice(&self.block.content[rest..]);
        let parts = vec![];
        let mut block = mem::replace(&mut self.block, Block { content, parts });
        block.content.truncate(rest);
        let sent = self.out.send((self.number, Ok(block)));
        self.number += 1;
        sent.map_err(|_| Stopped)
    }
}

impl Shop<'_> {
    /// Is all that an entry is made of in the packs? Where only names are kept, it need not be.
    fn has(&self, entry: &Entry) -> bool {
        let Kind::File { content, .. } = &entry.kind else {
            return true;
        };
        let is_here = |hash: &Hash| match self.index.holds(hash) {
            true => Ok(()),
            false => Err(Error::Missing { hash: *hash }),
        };
        let mut list = |list: &Hash| is_here(list).and_then(|()| self.index.read(list));
        let mut piece = |piece: &Piece| match self.keeping {
            Keeping::Content => is_here(&piece.hash),
            Keeping::Names => Ok(()),
        };
        content.pieces(&mut list, &mut piece).is_ok()
    }

    /// Is this chunk in no pack, and nobody else about to write it?
    fn is_new(&self, hash: &Hash) -> bool {
        let met = || self.met.lock().unwrap_or_else(PoisonError::into_inner);
        !self.index.holds(hash) && met().insert(*hash)
    }
}

/// Hashes and compresses blocks until none comes any more.
fn work(shop: &Shop, blocks: &Mutex<Receiver<Numbered>>, out: &Sender<Numbered>) {
    let mut press = Press::new();
    let next = || {
        let blocks = blocks.lock().unwrap_or_else(PoisonError::into_inner);
        blocks.recv().ok()
    };
    while let Some((number, block)) = next() {
        let block = block.map(|mut block| {
            for part in &mut block.parts {
                if let Part::Chunk(range) = part {
                    let chunk = &block.content[range.clone()];
                    *part = Part::Hashed(shop.hash(&mut press, chunk, range.clone()));
                }
            }
            block
        });
        if out.send((number, block)).is_err() {
            return;
        }
    }
}

impl Shop<'_> {
    fn hash(&self, press: &mut Press, chunk: &[u8], range: Range<usize>) -> Hashed {
        let piece = Piece {
            hash: Hash::of(chunk),
            length: chunk.len() as u32,
        };
        let stored = match self.keeping == Keeping::Content && self.is_new(&piece.hash) {
            false => Stored::Nothing,
            true => match press.press(chunk) {
                pressed if pressed.len() < chunk.len() => Stored::Pressed(pressed.to_vec()),
                _ => Stored::Plain(range),
            },
        };
        Hashed { piece, stored }
    }
}

/// Writes packs and the manifest.
struct Writer<'a> {
    builder: Builder,
    packs: Packs<'a>,
    file: Option<(Name, Stamp, Vec<Piece>)>,
    taken: Taken,
    read: u64,
}

/// The packs of one addition.
struct Packs<'a> {
    shop: &'a Shop<'a>,
    folder: PathBuf,
    press: Press,
    open: Option<pack::Writer>,
    sealed: Vec<pack::Sealed>,
    new: u64,
    stored: u64,
}

impl<'a> Writer<'a> {
    fn new(vault: &Vault, shop: &'a Shop<'a>, taken: Taken) -> Self {
        Self {
            builder: Builder::default(),
            packs: Packs {
                shop,
                folder: vault.packs(),
                press: Press::new(),
                open: None,
                sealed: vec![],
                new: 0,
                stored: 0,
            },
            file: None,
            taken,
            read: 0,
        }
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "dropped on trouble, `give` ends the reader's wait"
    )]
    fn run(&mut self, hashed: Receiver<Numbered>, give: Sender<Vec<u8>>) -> Result<()> {
        let mut waiting = BTreeMap::new();
        let mut next = 0;
        for (number, block) in hashed {
            waiting.insert(number, block);
            while let Some(block) = waiting.remove(&next) {
                let content = self.write(block?)?;
                next += 1;
                // Nobody waits for it once all is read.
                let _ = give.send(content);
            }
        }
        Ok(())
    }

    /// Writes a block, and gives back the memory of its content.
    fn write(&mut self, block: Block) -> Result<Vec<u8>> {
        for part in block.parts {
            match part {
                Part::Whole(entry, stamp) => self.entry(entry, stamp)?,
                Part::Begin(path, stamp) => self.file = Some((path, stamp, vec![])),
                Part::Hashed(Hashed { piece, stored }) => {
                    let stored = match &stored {
                        Stored::Nothing => None,
                        Stored::Plain(range) => Some(&block.content[range.clone()]),
                        Stored::Pressed(bytes) => Some(&bytes[..]),
                    };
                    if let Some(stored) = stored {
                        self.packs.add(&piece, stored)?;
                    }
                    self.read += u64::from(piece.length);
                    let (.., pieces) = self.file.as_mut().expect("a file begins with its name");
                    pieces.push(piece);
                }
                Part::Chunk(_) => unreachable!("every chunk is hashed"),
                Part::End => {
                    let file = self.file.take();
                    let (path, stamp, pieces) = file.expect("a file begins with its name");
                    let kind = Kind::File {
                        size: stamp.size,
                        is_executable: stamp.is_executable,
                        content: Content::of(&mut self.packs, pieces)?,
                    };
                    self.entry(Entry { path, kind }, Some(stamp))?;
                }
            }
        }
        Ok(block.content)
    }

    fn entry(&mut self, entry: Entry, stamp: Option<Stamp>) -> Result<()> {
        let progress = self.packs.shop.progress;
        progress.files.fetch_add(1, Ordering::Relaxed);
        progress.bytes.fetch_add(entry.bytes(), Ordering::Relaxed);
        if let Some(stamp) = &stamp {
            self.taken.add(stamp, &entry)?;
        }
        self.builder.add(&mut self.packs, entry)
    }

    fn finish(mut self) -> Result<(Added, Vec<pack::Sealed>)> {
        self.packs.shop.progress.check()?;
        let root = self.builder.finish(&mut self.packs)?;
        self.packs.seal()?;
        // What was read need not be read again; where that cannot be kept, it is.
        let _ = self.taken.keep();
        let added = Added {
            root,
            new: self.packs.new,
            stored: self.packs.stored,
            read: self.read,
        };
        Ok((added, self.packs.sealed))
    }
}

impl Packs<'_> {
    fn add(&mut self, piece: &Piece, stored: &[u8]) -> Result<()> {
        let open = match &mut self.open {
            Some(open) => open,
            None => self.open.insert(pack::Writer::create(&self.folder)?),
        };
        open.add(piece.hash, piece.length, stored)?;
        self.new += u64::from(piece.length);
        match PACK <= open.written() {
            true => self.seal(),
            false => Ok(()),
        }
    }

    fn seal(&mut self) -> Result<()> {
        if let Some(open) = self.open.take() {
            self.stored += open.written();
            self.sealed.push(open.seal()?);
        }
        Ok(())
    }
}

/// Nodes of the manifest are kept wherever the content is.
impl Keep for Packs<'_> {
    fn keep(&mut self, bytes: Vec<u8>) -> Result<Hash> {
        let piece = Piece {
            hash: Hash::of(&bytes),
            length: bytes.len() as u32,
        };
        if self.shop.is_new(&piece.hash) {
            let mut press = mem::replace(&mut self.press, Press::new());
            let added = self.add(&piece, press.press(&bytes));
            self.press = press;
            added?;
        }
        Ok(piece.hash)
    }
}
