//! What changed from one version to another: what two trees share is not looked at.

use std::cmp::Ordering;

use super::{Branch, Entry, Name, Node, Root, codec, unreadable};
use crate::{domain::hashes::Hash, vault::error::Result};

/// A path that is not the same in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Added(Entry),
    Removed(Entry),
    /// What it was and what it is now.
    Changed(Entry, Entry),
}

impl Change {
    /// What it is about: the entry as it is now, or was where it is gone.
    pub fn entry(&self) -> &Entry {
        match self {
            Self::Added(entry) | Self::Removed(entry) | Self::Changed(_, entry) => entry,
        }
    }
}

/// Hands over every change from one tree to another, in the order of paths.
pub fn changes(
    old: &Root,
    new: &Root,
    load: &mut dyn FnMut(&Hash) -> Result<Vec<u8>>,
    take: &mut dyn FnMut(Change) -> Result<()>,
) -> Result<()> {
    let (mut old, mut new) = (Walk::from(old), Walk::from(new));
    while let Some(step) = step(old.0.last(), new.0.last()) {
        match step {
            Step::Skip => {
                old.0.pop();
                new.0.pop();
            }
            Step::OpenOld => old.open(load)?,
            Step::OpenNew => new.open(load)?,
            Step::Removed => take(Change::Removed(old.entry()))?,
            Step::Added => take(Change::Added(new.entry()))?,
            Step::Both => {
                let (was, is) = (old.entry(), new.entry());
                if was.kind != is.kind {
                    take(Change::Changed(was, is))?;
                }
            }
        }
    }
    Ok(())
}

enum Step {
    Skip,
    OpenOld,
    OpenNew,
    Removed,
    Added,
    Both,
}

/// What to do where the two walks stand. Of two nodes the one that holds more is opened, so that both walks come to nodes
/// that can be the same.
fn step(old: Option<&Item>, new: Option<&Item>) -> Option<Step> {
    use Item::{Entry, Node};
    Some(match (old, new) {
        (None, None) => return None,
        (Some(Node(a)), Some(Node(b))) if a.hash == b.hash => Step::Skip,
        (Some(Node(a)), Some(Node(b))) if a.files < b.files => Step::OpenNew,
        (Some(Node(_)), _) => Step::OpenOld,
        (_, Some(Node(_))) => Step::OpenNew,
        (Some(Entry(_)), None) => Step::Removed,
        (None, Some(Entry(_))) => Step::Added,
        (Some(Entry(a)), Some(Entry(b))) => match a.path.cmp(&b.path) {
            Ordering::Less => Step::Removed,
            Ordering::Greater => Step::Added,
            Ordering::Equal => Step::Both,
        },
    })
}

enum Item {
    Node(Branch),
    Entry(Entry),
}

/// What of a tree is still to come, the next at the end.
struct Walk(Vec<Item>);

impl Walk {
    fn from(root: &Root) -> Self {
        Self(vec![Item::Node(Branch {
            first: Name(vec![]),
            hash: root.hash,
            files: root.files,
            bytes: root.bytes,
        })])
    }

    fn open(&mut self, load: &mut dyn FnMut(&Hash) -> Result<Vec<u8>>) -> Result<()> {
        let Some(Item::Node(node)) = self.0.pop() else {
            unreachable!("only nodes are opened");
        };
        match codec::decode(&load(&node.hash)?).ok_or(unreadable(&node.hash))? {
            Node::Leaf(entries) => self.0.extend(entries.into_iter().rev().map(Item::Entry)),
            Node::Inner(nodes) => self.0.extend(nodes.into_iter().rev().map(Item::Node)),
        }
        Ok(())
    }

    fn entry(&mut self) -> Entry {
        match self.0.pop() {
            Some(Item::Entry(entry)) => entry,
            _ => unreachable!("nodes are opened first"),
        }
    }
}
