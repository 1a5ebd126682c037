//! A file becomes a table.

use std::path::{Path, PathBuf};

use polars::prelude::DataFrame;

use super::Error;

/// A table as it was read, and the hash of its bytes.
#[derive(Clone, Debug)]
pub struct Table {
    pub(super) frame: DataFrame,
    pub(super) path: PathBuf,
    hash: String,
}

impl Table {
    pub fn rows(&self) -> usize {
        self.frame.height()
    }

    pub fn columns(&self) -> Vec<&str> {
        todo!()
    }

    /// BLAKE3 of the file's bytes, hex.
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

/// Reads CSV, Parquet or NDJSON (`.ndjson`, `.jsonl`), told apart by the file's ending.
pub fn read(_path: &Path) -> Result<Table, Error> {
    todo!()
}

/// BLAKE3 of the file's bytes, hex.
pub fn hash_file(_path: &Path) -> Result<String, Error> {
    todo!()
}
