use std::path::PathBuf;

use super::{Answer, DONE, format, open::Context};
use crate::{domain::text::counted, ops::upkeep};

/// Copy the store into a new folder, consistent while everything runs
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:\n  sconce backup /mnt/backup/sconce-2026-10-01")]
pub struct Backup {
    /// A folder that is not there yet.
    dir: PathBuf,
}

impl Backup {
    pub fn run(self, context: &Context) -> Answer {
        let ws = context.workspace()?;
        let backup = upkeep::backup(&ws, &context.environment.cwd.join(&self.dir))?;
        let out = &context.out;
        if out.is_json() {
            out.json(&backup)?;
        } else {
            let size = format::bytes(backup.bytes);
            out.line(format!(
                "{}, {size} in {}",
                counted(backup.runs, "run"),
                backup.path.display()
            ))?;
        }
        Ok(DONE)
    }
}
