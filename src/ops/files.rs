//! Files of a run: what it named as made by it, and what else lies in its folder.

use std::path::Path;

use serde::Serialize;

use super::Result;
use crate::{
    domain::{ids::RunId, records::Artifact},
    store::runs as rows,
    workspace::Workspace,
};

/// A file of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileRow {
    /// Below the run's folder.
    pub path: String,
    /// What the run called it: `model`, `plot`.
    pub kind: Option<String>,
    /// In bytes, of a folder that of the files in it; `None` where there is no such file.
    pub size: Option<u64>,
    /// The run named it; others only lie there.
    pub is_named: bool,
}

/// Folders are looked into so deep.
const DEEPEST: usize = 4;
/// More files than this are not listed.
pub const MOST_FILES: usize = 1_000;

/// The files that a run named, then the others in its folder, each by path.
pub fn list(ws: &Workspace, run: &RunId) -> Result<Vec<FileRow>> {
    let named = ws.store.read(|tx| rows::artifacts(tx, run))?;
    Ok(beside(&ws.run_dir(run), named))
}

fn beside(dir: &Path, named: Vec<Artifact>) -> Vec<FileRow> {
    let mut rows: Vec<FileRow> = named
        .into_iter()
        .map(|file| FileRow {
            size: size(&dir.join(&file.path), DEEPEST),
            path: file.path,
            kind: file.kind,
            is_named: true,
        })
        .collect();
    let mut others = vec![];
    walk(dir, "", DEEPEST, &mut others);
    others.retain(|(path, _)| {
        let is_named = |row: &FileRow| {
            let rest = path.strip_prefix(row.path.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        !rows.iter().any(is_named)
    });
    others.sort();
    rows.extend(others.into_iter().map(|(path, size)| FileRow {
        path,
        kind: None,
        size: Some(size),
        is_named: false,
    }));
    rows
}

/// The size of a file, or of what is in a folder. Links are not followed: a program can put anything there.
fn size(path: &Path, deepest: usize) -> Option<u64> {
    let about = path.symlink_metadata().ok()?;
    if !about.is_dir() {
        return Some(about.len());
    }
    let mut files = vec![];
    walk(path, "", deepest, &mut files);
    Some(files.iter().map(|(_, size)| size).sum())
}

fn walk(dir: &Path, prefix: &str, deepest: usize, found: &mut Vec<(String, u64)>) {
    // What cannot be read is not listed.
    let Ok(entries) = std::fs::read_dir(dir) else {
        return;
    };
    for entry in entries.flatten() {
        if MOST_FILES <= found.len() {
            return;
        }
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        match entry.metadata() {
            Ok(about) if about.is_dir() && 1 < deepest => {
                walk(&entry.path(), &format!("{path}/"), deepest - 1, found);
            }
            Ok(about) if !about.is_dir() => found.push((path, about.len())),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_files_come_first_and_missing_ones_have_no_size() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("package")).unwrap();
        for (path, bytes) in [
            ("package/model.toml", 3),
            ("package/weights", 5),
            ("output.log", 7),
        ] {
            std::fs::write(dir.path().join(path), vec![0; bytes]).unwrap();
        }
        let named = |path: &str| Artifact {
            path: path.to_owned(),
            kind: Some("model".to_owned()),
        };
        let rows = beside(dir.path(), vec![named("package/"), named("plot.png")]);
        let told: Vec<_> = rows
            .iter()
            .map(|row| (row.path.as_str(), row.size, row.is_named))
            .collect();
        assert_eq!(
            told,
            [
                ("package/", Some(8), true),
                ("plot.png", None, true),
                ("output.log", Some(7), false),
            ]
        );
    }

    #[test]
    fn a_link_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/", dir.path().join("all")).unwrap();
        let rows = beside(dir.path(), vec![]);
        assert_eq!(rows.len(), 1, "{rows:?}");
    }
}
