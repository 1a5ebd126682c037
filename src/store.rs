//! SQLite: the one room that speaks SQL.

pub mod series;

/// The open store.
pub struct Store;
