use super::{Answer, DONE, format, open::Context, reason::Because, table::Table};
use crate::ops::upkeep;

/// Free what is not needed any more; shows it first
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Without --yes nothing is removed: the command shows what would go, and why.\n\nExamples:\n  sconce prune\n  sconce prune --yes"
)]
pub struct Prune {
    /// Remove it.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    because: Because,
}

impl Prune {
    pub fn run(self, context: &Context) -> Answer {
        let ws = context.workspace()?;
        let pruned = upkeep::prune(&ws, !self.yes, &self.because.reason)?;
        let out = &context.out;
        if out.is_json() {
            out.json(&pruned)?;
            return Ok(DONE);
        }
        let mut table = Table::default()
            .word("run")
            .text("file")
            .number("size")
            .text("why");
        for file in &pruned.files {
            table.row(vec![
                file.run.as_str().into(),
                file.path.display().to_string().into(),
                format::bytes(file.bytes).into(),
                file.why.as_str().into(),
            ]);
        }
        if !pruned.files.is_empty() {
            out.table(&table)?;
        }
        let size = format::bytes(pruned.bytes);
        match (pruned.files.is_empty(), pruned.dry) {
            (true, _) => out.line("nothing to free")?,
            (false, true) => {
                out.line(format!("{size} can be freed"))?;
                out.say("hint: `sconce prune --yes` removes these files");
            }
            (false, false) => out.line(format!("{size} freed"))?,
        }
        Ok(DONE)
    }
}
