//! Everything a person can do, one file a noun: a request in, plain data out.
//!
//! Front ends (`agent`, `tui`, `cli`) call this room and nothing below it for what they do and show. What changes state
//! takes the actor from the workspace, checks, and commits its audit line in the same transaction.

pub mod candidates;
pub mod datasets;
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
pub mod paths;
pub mod presets;
pub mod runs;
mod selection;
pub mod series;
pub mod upkeep;

pub use error::{Error, Kind, Result};

use crate::{
    store::{Connection, audit},
    workspace::Workspace,
};

/// Adds the audit line of a change by this person, in the transaction of the change.
fn audited(
    ws: &Workspace,
    tx: &Connection,
    action: &str,
    target: String,
    before: Option<String>,
    after: Option<String>,
) -> Result<()> {
    let entry = audit::Entry {
        actor: ws.actor(),
        time: ws.now(),
        action,
        target,
        before,
        after,
    };
    audit::append(tx, entry)?;
    Ok(())
}
