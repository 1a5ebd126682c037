use super::{Answer, DONE, format, open::Context, table::Table};
use crate::{domain::text::counted, ops::upkeep};

/// Show what the store takes on the disk
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:\n  sconce usage --json")]
pub struct Usage {}

impl Usage {
    pub fn run(self, context: &Context) -> Answer {
        let ws = context.workspace()?;
        let usage = upkeep::usage(&ws)?;
        let out = &context.out;
        if out.is_json() {
            out.json(&usage)?;
            return Ok(DONE);
        }
        let mut table = Table::default().word("").number("").text("");
        let rows = [
            ("store", usage.store, "metrics, runs, audit"),
            ("journals", usage.journals, "what workers wrote"),
            ("checkpoints", usage.checkpoints, "to resume from"),
            ("packages", usage.packages, "trained models"),
            ("logs", usage.logs, "output of programs"),
            ("other", usage.other, ""),
            ("trash", usage.trash, "`sconce trash` lists it"),
            ("free", usage.free, "on this disk"),
        ];
        for (name, bytes, what) in rows {
            table.row(vec![name.into(), format::bytes(bytes).into(), what.into()]);
        }
        out.table(&table)?;
        let runs = counted(usage.runs, "run");
        out.line(format!("{runs} in {}", ws.root.display()))?;
        Ok(DONE)
    }
}
