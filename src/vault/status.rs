//! What changed in files since they were added.

use std::iter::Peekable;

use super::{
    Open, Progress,
    error::Result,
    manifest::{Entry, Kind},
    scan::{self, Found, Scan, Source},
    stamps::Known,
};
use crate::domain::hashes::Hash;

/// Paths that are not as a version has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Status {
    pub added: Vec<String>,
    pub changed: Vec<String>,
    pub removed: Vec<String>,
    /// Paths that are as they were.
    pub same: u64,
}

impl Open<'_> {
    /// Compares files with the version that was made of them. Files with the stamp of the last time are not read.
    pub fn status(
        &self,
        version: &Hash,
        sources: &[Source],
        progress: &Progress,
    ) -> Result<Status> {
        let mut look = Look {
            open: self,
            progress,
            known: Known::open(&self.vault.stamps(sources)?),
            scan: Scan::new(sources, self.vault.without())?.peekable(),
            status: Status::default(),
        };
        self.walk(version, &mut |entry| look.at(&entry))?;
        while let Some(found) = look.scan.next().transpose()? {
            look.status.added.push(found.path.shown());
        }
        Ok(look.status)
    }
}

struct Look<'a> {
    open: &'a Open<'a>,
    progress: &'a Progress,
    known: Known,
    scan: Peekable<Scan>,
    status: Status,
}

impl Look<'_> {
    fn at(&mut self, entry: &Entry) -> Result<()> {
        self.progress.check()?;
        // Trouble of the walk is met when it is taken.
        let is_before =
            |found: &Result<Found>| found.as_ref().is_ok_and(|found| found.path < entry.path);
        while let Some(found) = self.scan.next_if(is_before) {
            self.status.added.push(found?.path.shown());
        }
        let is_here = |found: &Result<Found>| {
            found
                .as_ref()
                .map_or(true, |found| found.path == entry.path)
        };
        let Some(found) = self.scan.next_if(is_here).transpose()? else {
            self.status.removed.push(entry.path.shown());
            return Ok(());
        };
        match self.is_same(&found, entry)? {
            true => self.status.same += 1,
            false => self.status.changed.push(entry.path.shown()),
        }
        Ok(())
    }

    fn is_same(&mut self, found: &Found, entry: &Entry) -> Result<bool> {
        Ok(match (&found.kind, &entry.kind) {
            (scan::Kind::EmptyFolder, Kind::Folder) => true,
            (scan::Kind::Link { target: now }, Kind::Link { target }) => now == target,
            (
                scan::Kind::File(stamp),
                Kind::File {
                    size,
                    is_executable,
                    ..
                },
            ) => match self.known.entry(&found.path, stamp) {
                Some(known) => known.kind == entry.kind,
                None => {
                    stamp.size == *size
                        && stamp.is_executable == *is_executable
                        && self.open.is_content(entry, &found.at)?
                }
            },
            _ => false,
        })
    }
}
