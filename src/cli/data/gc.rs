use super::no_if;
use crate::{
    cli::{Answer, DONE, INTERRUPTED, format, open::Context, progress::watch, table::Table},
    domain::text::counted,
    ops::datasets,
};

/// Free what no version needs
///
/// First versions go whose time in the trash is over, then content that no version needs and none needed at a collection
/// at least a day before.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  sconce data gc --dry-run\n  sconce data gc")]
pub struct Gc {
    /// Say what would go, and what each version alone needs.
    #[arg(long)]
    dry_run: bool,
}

impl Gc {
    pub fn run(self, context: &Context) -> Answer {
        let ws = context.workspace()?;
        let out = &context.out;
        let found = watch(out, |progress| {
            datasets::collect(&ws, self.dry_run, progress)
        })?;
        let Some(found) = found else {
            return Ok(INTERRUPTED);
        };
        if out.is_json() {
            out.json(&found)?;
            return Ok(DONE);
        }
        if self.dry_run && !found.versions.is_empty() {
            let mut table = Table::default()
                .word("version")
                .number("needed by it alone");
            for weight in &found.versions {
                table.row(vec![
                    weight.name.as_str().into(),
                    format::bytes(weight.own).into(),
                ]);
            }
            out.table(&table)?;
        }
        let would = if self.dry_run { "would be " } else { "" };
        for removal in &found.removed {
            out.line(format!("{} {would}removed", removal.name))?;
        }
        out.line(format!(
            "{} {would}freed, {} needed",
            format::bytes(found.freed),
            format::bytes(found.needed)
        ))?;
        for waiting in &found.waiting {
            out.line(format!(
                "{} is in the trash until {}",
                waiting.name,
                format::moment(waiting.until)
            ))?;
        }
        if let Some(next) = found.next {
            let waiting = format::bytes(found.unneeded - found.freed);
            out.line(format!(
                "{waiting} more are needed by nothing: they go at a collection after {}",
                format::moment(next)
            ))?;
        }
        Ok(DONE)
    }
}

/// Read everything again and look whether every version is whole
///
/// Each chunk of each pack is read and hashed. Exit code 0 where all is well, 1 where anything is damaged.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:\n  sconce data verify")]
pub struct Verify {}

impl Verify {
    pub fn run(self, context: &Context) -> Answer {
        let ws = context.workspace()?;
        let out = &context.out;
        let Some(found) = watch(out, |progress| datasets::verify(&ws, progress))? else {
            return Ok(INTERRUPTED);
        };
        let is_bad = !found.damaged.is_empty() || !found.packs_damaged.is_empty();
        if out.is_json() {
            out.json(&found)?;
            return Ok(no_if(is_bad));
        }
        for pack in &found.packs_damaged {
            out.line(format!("damaged: {pack}"))?;
        }
        for damage in &found.damaged {
            let path = damage.path.as_deref().unwrap_or("its list of files");
            out.line(format!("{}: {path}: {}", damage.version, damage.what))?;
        }
        let versions = counted(found.versions, "version");
        let read = format!(
            "{} chunks, {} read",
            found.chunks,
            format::bytes(found.bytes)
        );
        match (found.damaged.is_empty(), is_bad) {
            (_, false) => out.line(format!("{versions} whole: {read}"))?,
            (true, true) => out.line(format!(
                "{versions} whole, other content is damaged: {read}"
            ))?,
            (false, _) => out.line(format!(
                "{} damaged, {versions} looked at: {read}",
                counted(found.damaged.len() as u64, "file"),
            ))?,
        }
        Ok(no_if(is_bad))
    }
}
