//! How a store is: what a person should know before it costs them a run.

use std::time::Duration;

use super::{Error, Result};
use crate::{
    domain::audit::first_broken,
    store::{audit, runs},
    workspace::Workspace,
};

/// How long a writer may have to wait before the store counts as locked.
const PATIENCE: Duration = Duration::from_secs(1);

/// Can this user write the store now?
///
/// # Errors
///
/// Another process keeps it locked, or it can only be read.
pub fn can_be_written(ws: &Workspace) -> Result<()> {
    Ok(ws.store.try_to_write(PATIENCE)?)
}

/// The first thing that is wrong with the database; reads all of it.
pub fn first_damage(ws: &Workspace) -> Result<Option<String>> {
    Ok(ws.store.first_damage()?)
}

/// The number of the first line of the audit chain that was changed after it was written, and how many lines there are.
pub fn first_changed_line(ws: &Workspace) -> Result<(Option<u64>, u64)> {
    let lines = ws.store.read(|tx| Ok::<_, Error>(audit::all(tx)?))?;
    let count = lines.len() as u64;
    Ok((first_broken(lines), count))
}

/// How many runs have lost their folders.
pub fn runs_without_folders(ws: &Workspace) -> Result<u64> {
    let ids = ws.store.read(|tx| Ok::<_, Error>(runs::ids(tx)?))?;
    let lost = ids.iter().filter(|id| !ws.run_dir(id).is_dir());
    Ok(lost.count() as u64)
}
