//! Everything a person can do, one file a noun: a request in, plain data out.
//!
//! Front ends (`agent`, `tui`, `cli`) call this room and nothing below it for what they do and show. What changes state
//! takes the actor from the workspace, checks, and commits its audit line in the same transaction.

pub mod candidates;
pub mod error;
pub mod files;
pub mod filters;
#[cfg(test)]
mod fixture;
pub mod health;
pub mod intake;
pub mod jobs;
pub mod leases;
pub mod lineage;
pub mod logs;
pub mod presets;
pub mod runs;
mod selection;
pub mod series;
pub mod upkeep;

pub use error::{Error, Kind, Result};
