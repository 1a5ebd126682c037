//! The bytes of a node.
//!
//! ```text
//! node   = kind (1) · count · { entry | branch | piece }
//! entry  = kind (1) · path · what the kind needs
//! branch = hash (32) · path of its first entry · files · bytes
//! piece  = hash (32) · length
//! ```
//!
//! Numbers are LEB128, texts have their length before them. A node has one spelling: what reads back as something that would
//! be written otherwise is refused.

use super::{Branch, Content, Entry, Kind, Name, Node, Piece};
use crate::domain::hashes::Hash;

const LEAF: u8 = b'L';
const INNER: u8 = b'I';
const LIST: u8 = b'C';

const FILE: u8 = 0;
const PROGRAM: u8 = 1;
const LINK: u8 = 2;
const FOLDER: u8 = 3;

const CHUNKS: u8 = 0;
const LISTS: u8 = 1;

pub fn encode(node: &Node) -> Vec<u8> {
    let mut bytes = vec![];
    match node {
        Node::Leaf(entries) => {
            begin(&mut bytes, LEAF, entries.len());
            entries
                .iter()
                .for_each(|entry| put_entry(&mut bytes, entry));
        }
        Node::Inner(branches) => {
            begin(&mut bytes, INNER, branches.len());
            for branch in branches {
                bytes.extend_from_slice(branch.hash.bytes());
                put_text(&mut bytes, branch.first.bytes());
                put(&mut bytes, branch.files);
                put(&mut bytes, branch.bytes);
            }
        }
    }
    bytes
}

/// `None` where the bytes are no node.
pub fn decode(bytes: &[u8]) -> Option<Node> {
    let mut rest = Rest(bytes);
    let kind = rest.byte()?;
    let count = rest.number()?;
    let node = match kind {
        LEAF => Node::Leaf((0..count).map(|_| rest.entry()).collect::<Option<_>>()?),
        INNER => Node::Inner((0..count).map(|_| rest.branch()).collect::<Option<_>>()?),
        _ => return None,
    };
    rest.0.is_empty().then_some(node)
}

pub fn encode_list(pieces: &[Piece]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(8 + pieces.len() * 36);
    begin(&mut bytes, LIST, pieces.len());
    pieces.iter().for_each(|piece| put_piece(&mut bytes, piece));
    bytes
}

pub fn decode_list(bytes: &[u8]) -> Option<Vec<Piece>> {
    let mut rest = Rest(bytes);
    let is_list = rest.byte()? == LIST;
    let count = rest.number().filter(|_| is_list)?;
    let pieces = (0..count).map(|_| rest.piece()).collect::<Option<_>>()?;
    rest.0.is_empty().then_some(pieces)
}

/// One entry alone, as the files of stamps hold it.
pub fn put_entry(bytes: &mut Vec<u8>, entry: &Entry) {
    match &entry.kind {
        Kind::File {
            size,
            is_executable,
            content,
        } => {
            bytes.push(if *is_executable { PROGRAM } else { FILE });
            put_text(bytes, entry.path.bytes());
            put(bytes, *size);
            put_content(bytes, content);
        }
        Kind::Link { target } => {
            bytes.push(LINK);
            put_text(bytes, entry.path.bytes());
            put_text(bytes, target);
        }
        Kind::Folder => {
            bytes.push(FOLDER);
            put_text(bytes, entry.path.bytes());
        }
    }
}

fn put_content(bytes: &mut Vec<u8>, content: &Content) {
    match content {
        Content::Chunks(pieces) => {
            begin(bytes, CHUNKS, pieces.len());
            pieces.iter().for_each(|piece| put_piece(bytes, piece));
        }
        Content::Lists(lists) => {
            begin(bytes, LISTS, lists.len());
            lists
                .iter()
                .for_each(|hash| bytes.extend_from_slice(hash.bytes()));
        }
    }
}

fn put_piece(bytes: &mut Vec<u8>, piece: &Piece) {
    bytes.extend_from_slice(piece.hash.bytes());
    put(bytes, piece.length.into());
}

fn begin(bytes: &mut Vec<u8>, kind: u8, count: usize) {
    bytes.push(kind);
    put(bytes, count as u64);
}

fn put_text(bytes: &mut Vec<u8>, text: &[u8]) {
    put(bytes, text.len() as u64);
    bytes.extend_from_slice(text);
}

pub fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while 0x80 <= number {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// What is not read yet.
pub struct Rest<'a>(pub &'a [u8]);

impl<'a> Rest<'a> {
    pub fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (part, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(part)
    }

    pub fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            // Nothing may be lost at the top, and no zero may stand there.
            if part << shift >> shift != part || (0 < shift && byte == 0) {
                return None;
            }
            number |= part << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        self.take(usize::try_from(length).ok()?)
    }

    fn name(&mut self) -> Option<Name> {
        Name::new(self.text()?.to_vec())
    }

    fn hash(&mut self) -> Option<Hash> {
        Some(Hash::from_bytes(self.take(32)?.try_into().ok()?))
    }

    fn piece(&mut self) -> Option<Piece> {
        Some(Piece {
            hash: self.hash()?,
            length: u32::try_from(self.number()?).ok()?,
        })
    }

    pub fn entry(&mut self) -> Option<Entry> {
        let kind = self.byte()?;
        let path = self.name()?;
        let kind = match kind {
            FILE | PROGRAM => Kind::File {
                size: self.number()?,
                is_executable: kind == PROGRAM,
                content: self.content()?,
            },
            LINK => Kind::Link {
                target: self.text()?.to_vec(),
            },
            FOLDER => Kind::Folder,
            _ => return None,
        };
        Some(Entry { path, kind })
    }

    fn content(&mut self) -> Option<Content> {
        let kind = self.byte()?;
        let count = self.number()?;
        match kind {
            CHUNKS => (0..count)
                .map(|_| self.piece())
                .collect::<Option<_>>()
                .map(Content::Chunks),
            LISTS => (0..count)
                .map(|_| self.hash())
                .collect::<Option<_>>()
                .map(Content::Lists),
            _ => None,
        }
    }

    fn branch(&mut self) -> Option<Branch> {
        Some(Branch {
            hash: self.hash()?,
            first: self.name()?,
            files: self.number()?,
            bytes: self.number()?,
        })
    }
}
