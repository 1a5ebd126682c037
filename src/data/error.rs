//! Everything that can be wrong with data, by row, column or file, and what to do about it.

#[derive(Debug, thiserror::Error)]
pub enum Error {}
