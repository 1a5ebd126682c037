//! The parts that a version is divided into, and what they have in common that they should not.

use serde::Serialize;

use super::{
    contents::read,
    find,
    profile::{announce, is_table},
    rows, vault,
};
use crate::{
    data::overlap::{Look, Overlap, Part, overlaps},
    domain::{
        datasets::{Split, Version, is_name},
        hashes::Hash,
        text::shown,
    },
    ops::{Error, Kind, Result},
    vault::{Open, Progress, manifest::Entry},
    workspace::Workspace,
};

/// The most tables of a version whose splits are looked at: all are in memory at once.
pub const MOST_SPLIT_TABLES: usize = 20;

/// What the splits of a version have in common.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Leaks {
    pub version: String,
    pub splits: Vec<Split>,
    /// Of every two splits, in the order of their declaration.
    pub overlaps: Vec<Overlap>,
}

impl Leaks {
    pub fn is_any(&self) -> bool {
        self.overlaps.iter().any(Overlap::is_any)
    }
}

/// The splits of a version, in the order of their declaration; none where none were declared.
pub fn splits(ws: &Workspace, version: &Version) -> Result<Vec<Split>> {
    ws.store
        .read(|tx| Ok::<_, Error>(rows::splits(tx, version)?))
}

/// Looks for rows that are in two splits of a version, and where it is asked for, for keys that are, and for times that are
/// mixed.
///
/// # Errors
///
/// [`Kind::Conflict`]: no two splits were declared; [`Kind::Invalid`]: a file of a split is no table, or has not the columns
/// that are asked for.
pub fn leaks(ws: &Workspace, text: &str, look: &Look, progress: &Progress) -> Result<Leaks> {
    let version = find(ws, text)?;
    let splits = splits(ws, &version)?;
    if splits.len() < 2 {
        let message = format!("{} has no two splits", version.name());
        return Err(Error::new(Kind::Conflict, message).hint(format!(
            "declare them: `sconce data add {} PATH --split train=train.csv --split test=test.csv`",
            version.dataset
        )));
    }
    let vault = vault(ws);
    let open = vault.open()?;
    let entries = entries(&open, &version, &splits)?;
    let all: Vec<Entry> = entries.iter().flatten().cloned().collect();
    announce(progress, &all);
    let mut parts = vec![];
    for (split, entries) in splits.iter().zip(&entries) {
        let mut tables = vec![];
        for entry in entries {
            let table = read(&open, &version, entry, progress)?;
            let table = table.map_err(|why| Error::new(Kind::Invalid, why))?;
            tables.push((entry.path.shown(), table));
        }
        parts.push(Part {
            name: split.name.clone(),
            tables,
        });
    }
    let overlaps = overlaps(&parts, look).map_err(|refused| {
        let error = Error::from(refused.error);
        let message = format!("{}: {}", refused.table, error.message);
        Error { message, ..error }
    })?;
    Ok(Leaks {
        version: version.name(),
        splits,
        overlaps,
    })
}

/// The tables of each split.
fn entries(open: &Open<'_>, version: &Version, splits: &[Split]) -> Result<Vec<Vec<Entry>>> {
    let mut found: Vec<Vec<Entry>> = vec![vec![]; splits.len()];
    let mut odd = None;
    open.walk(&version.hash, &mut |entry| {
        let path = entry.path.shown();
        let place = splits.iter().position(|split| split.paths.contains(&path));
        match place {
            Some(at) if is_table(&entry) => found[at].push(entry),
            Some(_) => odd = Some(path),
            None => {}
        }
        Ok(())
    })?;
    if let Some(path) = odd {
        let message = format!("{path} is in a split and no table");
        return Err(Error::new(Kind::Invalid, message)
            .hint("tables are files that end in .csv, .tsv, .parquet, .ndjson, .jsonl"));
    }
    let count: usize = found.iter().map(Vec::len).sum();
    if MOST_SPLIT_TABLES < count {
        let message =
            format!("the splits are {count} tables: at most {MOST_SPLIT_TABLES} are read");
        return Err(Error::new(Kind::Invalid, message).hint("join the tables of each split"));
    }
    Ok(found)
}

/// The splits that patterns of paths mean in a list of files. Patterns that are given under one name are one split.
///
/// # Errors
///
/// [`Kind::Invalid`]: a name or a pattern is none, a pattern matches nothing, a file is in two splits.
pub(super) fn resolve(
    open: &Open<'_>,
    root: &Hash,
    wanted: &[(String, String)],
) -> Result<Vec<Split>> {
    let invalid = |message: String| Error::new(Kind::Invalid, message);
    let mut paths = vec![];
    if !wanted.is_empty() {
        open.walk(root, &mut |entry| {
            paths.push(entry.path.shown());
            Ok(())
        })?;
    }
    let mut splits: Vec<Split> = vec![];
    for (name, pattern) in wanted {
        if !is_name(name) {
            return Err(invalid(format!("{name:?} cannot be the name of a split"))
                .hint("write it as in --split train=train.csv"));
        }
        let found = matching(&paths, pattern)?;
        if found.is_empty() {
            let message = format!(
                "no file of the version matches {} of split {name}",
                shown(pattern)
            );
            return Err(invalid(message)
                .hint("paths are those in the version: `sconce data show NAME --files`"));
        }
        for path in found {
            let of = splits.iter().find(|split| split.paths.contains(path));
            if let Some(other) = of.filter(|split| split.name != *name) {
                return Err(invalid(format!(
                    "{path} is in two splits, {} and {name}",
                    other.name
                )));
            }
            match splits.iter_mut().find(|split| split.name == *name) {
                Some(split) if split.paths.contains(path) => {}
                Some(split) => split.paths.push(path.clone()),
                None => splits.push(Split {
                    name: name.clone(),
                    paths: vec![path.clone()],
                }),
            }
        }
    }
    Ok(splits)
}

/// The paths that a pattern means: the very path, or those that it matches; a `*` stays in its folder, `**` does not.
fn matching<'a>(paths: &'a [String], pattern: &str) -> Result<Vec<&'a String>> {
    if let Some(path) = paths.iter().find(|path| *path == pattern) {
        return Ok(vec![path]);
    }
    let glob = glob::Pattern::new(pattern).map_err(|error| {
        let message = format!("{} is no pattern", shown(pattern));
        Error::new(Kind::Invalid, message).hint(error.msg)
    })?;
    let options = glob::MatchOptions {
        require_literal_separator: true,
        ..glob::MatchOptions::new()
    };
    let is_match = |path: &&String| glob.matches_with(path, options);
    Ok(paths.iter().filter(is_match).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_means_paths_of_the_version() {
        let paths = [
            "a[1].csv",
            "train/1.csv",
            "train/2.csv",
            "train/old/1.csv",
            "x.csv",
        ];
        let paths = paths.map(ToOwned::to_owned);
        let cases: [(&str, &[&str]); 6] = [
            ("x.csv", &["x.csv"]),
            ("a[1].csv", &["a[1].csv"]),
            ("train/*.csv", &["train/1.csv", "train/2.csv"]),
            (
                "train/**",
                &["train/1.csv", "train/2.csv", "train/old/1.csv"],
            ),
            ("*.csv", &["a[1].csv", "x.csv"]),
            ("no.csv", &[]),
        ];
        for (pattern, expected) in cases {
            assert_eq!(matching(&paths, pattern).unwrap(), expected, "{pattern}");
        }
        assert!(matching(&paths, "a[").is_err());
    }
}
