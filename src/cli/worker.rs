use std::path::PathBuf;

use super::BUG;

/// Do the work of one run; the agent starts it
#[derive(Debug, clap::Args)]
#[command(hide = true)]
pub struct Worker {
    /// The run's folder.
    dir: PathBuf,
}

impl Worker {
    pub fn run(self) -> u8 {
        u8::try_from(crate::jobs::worker::run(&self.dir)).unwrap_or(BUG)
    }
}
