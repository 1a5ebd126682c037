//! What is in a version: a list of paths, each with what it takes to make it again, as a tree of chunks. Nodes end where the
//! hash of a path says so, whatever stands beside it: lists that differ in one path share all nodes but a few, and equal
//! lists are equal trees. The hash of the root is the version's identity.
//!
//! Nothing of time or owner is in it, so that the same content is the same version wherever it is read.

use std::cmp::Ordering;

use serde::Serialize;

use super::error::{Error, Result};
use crate::domain::{hashes::Hash, text};

mod codec;
pub mod compare;

pub(super) use codec::{Rest, put, put_entry};

/// A path and what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub path: Name,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    File {
        size: u64,
        is_executable: bool,
        content: Content,
    },
    Link {
        target: Vec<u8>,
    },
    /// A folder with nothing in it.
    Folder,
}

/// The chunks of a file, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    Chunks(Vec<Piece>),
    /// Chunks that list the chunks, for a file that has many.
    Lists(Vec<Hash>),
}

/// A chunk and its length in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    pub hash: Hash,
    pub length: u32,
}

/// A path inside a version: names with `/` between them, as bytes, none of them empty, `.` or `..`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name(Vec<u8>);

impl Name {
    /// `None` where this is no path inside a folder.
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        let is_sound = |part: &[u8]| !matches!(part, b"" | b"." | b"..") && !part.contains(&0);
        let is_path = bytes.split(|byte| *byte == b'/').all(is_sound);
        is_path.then_some(Self(bytes))
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The names that it consists of.
    pub fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|byte| *byte == b'/')
    }

    /// Is it a path below another?
    fn is_below(&self, above: &Self) -> bool {
        let rest = self.0.strip_prefix(&above.0[..]);
        rest.is_some_and(|rest| rest.starts_with(b"/"))
    }

    /// As it can be shown: what is no text or would not be seen is escaped.
    pub fn shown(&self) -> String {
        text::shown(&String::from_utf8_lossy(&self.0))
    }
}

/// As a walk through folders meets them: what is in a folder before what begins with its name.
impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(other.parts())
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.0))
    }
}

/// A whole list of paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Root {
    pub hash: Hash,
    /// Files, links and empty folders.
    pub files: u64,
    /// Bytes of all files.
    pub bytes: u64,
}

/// A node above others: where it is and what is below it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Branch {
    first: Name,
    hash: Hash,
    files: u64,
    bytes: u64,
}

#[derive(Debug, PartialEq, Eq)]
enum Node {
    Leaf(Vec<Entry>),
    Inner(Vec<Branch>),
}

/// One node in so many, on average, is the last of its parent.
const USUAL: u64 = 128;
/// A node is never longer.
const MOST: usize = 2048;
/// More chunks than this are listed in chunks of their own.
const INLINE: usize = 16;

/// Keeps some bytes as a chunk.
pub trait Keep {
    fn keep(&mut self, bytes: Vec<u8>) -> Result<Hash>;
}

/// Builds a tree from paths in their order.
#[derive(Default)]
pub struct Builder {
    leaf: Vec<Entry>,
    /// Unfinished inner nodes, the lowest first.
    inner: Vec<Vec<Branch>>,
    last: Option<Name>,
}

impl Builder {
    /// Adds a path, which must come after all others.
    ///
    /// # Errors
    ///
    /// [`Error::Twice`]: it does not.
    pub fn add(&mut self, keep: &mut impl Keep, entry: Entry) -> Result<()> {
        let is_out_of_place = |last: &Name| entry.path <= *last || entry.path.is_below(last);
        if self.last.as_ref().is_some_and(is_out_of_place) {
            let path = entry.path.shown();
            return Err(Error::Twice { path });
        }
        self.last = Some(entry.path.clone());
        let is_last = ends(&entry.path, 0) || self.leaf.len() + 1 == MOST;
        self.leaf.push(entry);
        match is_last {
            true => self.end_leaf(keep),
            false => Ok(()),
        }
    }

    /// The whole list; `None` for an empty one.
    pub fn finish(mut self, keep: &mut impl Keep) -> Result<Option<Root>> {
        if !self.leaf.is_empty() {
            self.end_leaf(keep)?;
        }
        let mut level = 0;
        while level < self.inner.len() {
            let is_top = level + 1 == self.inner.len();
            match (is_top, self.inner[level].len()) {
                (true, 1) => break,
                (false, 0) => {}
                _ => self.end_inner(keep, level)?,
            }
            level += 1;
        }
        let top = self.inner.pop().and_then(|mut top| top.pop());
        Ok(top.map(|root| Root {
            hash: root.hash,
            files: root.files,
            bytes: root.bytes,
        }))
    }

    fn end_leaf(&mut self, keep: &mut impl Keep) -> Result<()> {
        let entries = std::mem::take(&mut self.leaf);
        let branch = Branch {
            first: entries[0].path.clone(),
            files: entries.len() as u64,
            bytes: entries.iter().map(Entry::bytes).sum(),
            hash: keep.keep(codec::encode(&Node::Leaf(entries)))?,
        };
        self.branch(keep, 0, branch)
    }

    fn end_inner(&mut self, keep: &mut impl Keep, level: usize) -> Result<()> {
        let branches = std::mem::take(&mut self.inner[level]);
        let branch = Branch {
            first: branches[0].first.clone(),
            files: branches.iter().map(|branch| branch.files).sum(),
            bytes: branches.iter().map(|branch| branch.bytes).sum(),
            hash: keep.keep(codec::encode(&Node::Inner(branches)))?,
        };
        self.branch(keep, level + 1, branch)
    }

    fn branch(&mut self, keep: &mut impl Keep, level: usize, branch: Branch) -> Result<()> {
        if self.inner.len() == level {
            self.inner.push(vec![]);
        }
        let is_last = ends(&branch.first, level as u32 + 1) || self.inner[level].len() + 1 == MOST;
        self.inner[level].push(branch);
        // A node of one would be its child once more.
        match is_last && 1 < self.inner[level].len() {
            true => self.end_inner(keep, level),
            false => Ok(()),
        }
    }
}

/// Does a node of this level end with this path?
fn ends(path: &Name, level: u32) -> bool {
    let hash = Hash::of(path.bytes());
    let start: [u8; 8] = hash.bytes()[..8].try_into().expect("8 of 32 bytes");
    (u64::from_le_bytes(start) / USUAL.pow(level)).is_multiple_of(USUAL)
}

impl Entry {
    /// Bytes of the file.
    pub fn bytes(&self) -> u64 {
        match self.kind {
            Kind::File { size, .. } => size,
            Kind::Link { .. } | Kind::Folder => 0,
        }
    }
}

impl Content {
    /// What these chunks are kept as: lists of them, where they are many. A list ends where a chunk's hash says so.
    pub fn of(keep: &mut impl Keep, pieces: Vec<Piece>) -> Result<Self> {
        if pieces.len() <= INLINE {
            return Ok(Self::Chunks(pieces));
        }
        let (mut lists, mut list) = (vec![], vec![]);
        for piece in pieces {
            list.push(piece);
            let is_last = u64::from(piece.hash.bytes()[0]) % USUAL == 0;
            if is_last || list.len() == MOST {
                lists.push(keep.keep(codec::encode_list(&list))?);
                list.clear();
            }
        }
        if !list.is_empty() {
            lists.push(keep.keep(codec::encode_list(&list))?);
        }
        Ok(Self::Lists(lists))
    }

    /// The chunks of the file, in their order, handed over list by list.
    pub fn pieces(
        &self,
        load: &mut dyn FnMut(&Hash) -> Result<Vec<u8>>,
        take: &mut dyn FnMut(&Piece) -> Result<()>,
    ) -> Result<()> {
        match self {
            Self::Chunks(pieces) => pieces.iter().try_for_each(take),
            Self::Lists(lists) => lists.iter().try_for_each(|hash| {
                let list = codec::decode_list(&load(hash)?).ok_or(unreadable(hash))?;
                list.iter().try_for_each(&mut *take)
            }),
        }
    }
}

fn unreadable(hash: &Hash) -> Error {
    Error::Manifest {
        hash: *hash,
        what: "it is none that this program writes",
    }
}

/// What a walk through a tree comes by.
pub enum Met<'a> {
    /// A node, before what is in it.
    Node(&'a Hash),
    Entry(Entry),
    /// A node that cannot be read; the walk goes on after it.
    Lost(Error),
}

/// Nodes from a tree's root to its leaves: each level holds a hundred times what the one below does.
const DEEPEST: u32 = 16;

/// Hands over what is in a tree, in order.
///
/// # Errors
///
/// [`Error::Manifest`]: the paths are not in order, something lies below what is no folder, or the tree has no end: this
/// program wrote no such tree. What `take` ends with.
pub fn walk(
    root: &Hash,
    load: &mut dyn FnMut(&Hash) -> Result<Vec<u8>>,
    take: &mut dyn FnMut(Met) -> Result<()>,
) -> Result<()> {
    let mut last: Option<Name> = None;
    walk_below(root, DEEPEST, load, &mut |met| {
        if let Met::Entry(entry) = &met {
            let follows = |last: &Name| *last < entry.path && !entry.path.is_below(last);
            if !last.as_ref().is_none_or(follows) {
                return Err(unreadable(root));
            }
            last = Some(entry.path.clone());
        }
        take(met)
    })
}

fn walk_below(
    root: &Hash,
    levels: u32,
    load: &mut dyn FnMut(&Hash) -> Result<Vec<u8>>,
    take: &mut dyn FnMut(Met) -> Result<()>,
) -> Result<()> {
    take(Met::Node(root))?;
    let node = load(root).and_then(|bytes| codec::decode(&bytes).ok_or(unreadable(root)));
    match node {
        Err(error) => take(Met::Lost(error)),
        Ok(Node::Leaf(mut entries)) => entries
            .drain(..)
            .try_for_each(|entry| take(Met::Entry(entry))),
        Ok(Node::Inner(_)) if levels == 0 => take(Met::Lost(unreadable(root))),
        Ok(Node::Inner(branches)) => branches
            .iter()
            .try_for_each(|branch| walk_below(&branch.hash, levels - 1, load, take)),
    }
}

#[cfg(test)]
mod tests;
