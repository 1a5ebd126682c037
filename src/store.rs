//! SQLite: the one room that speaks SQL.

/// The open store.
pub struct Store;
