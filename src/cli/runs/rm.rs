//! Into the trash, and out of it.

use super::many::{ByFilter, told};
use crate::{
    cli::{Answer, DONE, open::Context, reason::Because},
    ops::runs,
};

/// Put ended runs into the trash; `sconce runs restore` takes them out
///
/// Lists leave them out then, unless a filter asks for `in:trash`. After 7 days (`[store] trash_days`) they are gone for
/// good.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce runs rm brave-otter-7 calm-heron-2\n  sconce runs rm --filter 'state:failed age>30d' --dry-run"
)]
pub struct Rm {
    #[arg(conflicts_with = "filter")]
    runs: Vec<String>,
    #[command(flatten)]
    by: ByFilter,
    #[command(flatten)]
    because: Because,
}

impl Rm {
    pub fn run(self, context: &Context) -> Answer {
        let ws = context.workspace()?;
        let fits = |run: &crate::domain::runs::Run| run.trashed.is_none();
        let Some(ids) = self.by.ids(context, &ws, &self.runs, fits)? else {
            return Ok(DONE);
        };
        told(
            context,
            runs::trash(&ws, &ids, &self.because.reason)?,
            |_| "in the trash".to_owned(),
        )
    }
}

/// Take runs out of the trash
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce runs restore brave-otter-7\n  sconce runs restore --filter 'in:trash tag:baseline'"
)]
pub struct Restore {
    #[arg(conflicts_with = "filter")]
    runs: Vec<String>,
    #[command(flatten)]
    by: ByFilter,
}

impl Restore {
    pub fn run(self, context: &Context) -> Answer {
        let ws = context.workspace()?;
        let Some(ids) = self
            .by
            .ids(context, &ws, &self.runs, |run| run.trashed.is_some())?
        else {
            return Ok(DONE);
        };
        told(context, runs::restore(&ws, &ids)?, |_| {
            "out of the trash".to_owned()
        })
    }
}
