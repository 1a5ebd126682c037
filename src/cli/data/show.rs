//! All that is known of one version.

use serde_json::json;

use super::{diff, profile};
use crate::{
    cli::{Answer, DONE, Failure, Out, format, open::Context, table::Table},
    domain::{datasets::Version, text::counted},
    ops::datasets::{self, Detail, Profiles},
    workspace::Workspace,
};

pub fn show(context: &Context, text: &str, with_files: bool, with_columns: bool) -> Answer {
    let ws = context.workspace()?;
    let detail = datasets::show(&ws, text)?;
    let files = match with_files {
        true => Some(datasets::files(&ws, &detail.version)?),
        false => None,
    };
    let profiles = match with_columns {
        true => Some(datasets::profiles(&ws, &detail.version)?),
        false => None,
    };
    let out = &context.out;
    if out.is_json() {
        let mut value = serde_json::to_value(&detail).unwrap_or_default();
        if let Some(files) = files {
            value["contents"] = json!(files);
        }
        if let Some(profiles) = profiles {
            value["profile"] = json!(profiles);
        }
        out.json(&value)?;
        return Ok(DONE);
    }
    print_facts(out, &detail)?;
    if let Some(files) = files {
        let mut table = Table::default().number("size").text("file");
        for file in &files {
            table.row(vec![
                format::bytes(file.bytes).into(),
                file.path.as_str().into(),
            ]);
        }
        out.line("")?;
        out.table(&table)?;
    }
    if let Some(profiles) = profiles {
        print_profiles(out, &detail.version, &profiles)?;
    }
    Ok(DONE)
}

fn print_facts(out: &Out, detail: &Detail) -> Result<(), Failure> {
    let version = &detail.version;
    let mut table = Table::default().word("").text("");
    let mut fact = |name: &str, value: String| table.row(vec![name.into(), value.into()]);
    fact("version", version.name());
    fact("hash", version.hash.to_string());
    let size = format::bytes(version.bytes);
    fact(
        "content",
        format!("{}, {size}", counted(version.files, "file")),
    );
    match version.is_reference {
        true => fact("kept", "by name: the content stays where it is".to_owned()),
        false => fact(
            "stored",
            format!("{} more than before", format::bytes(version.stored)),
        ),
    }
    fact(
        "made",
        format!("{} by {}", format::moment(version.created), version.actor),
    );
    if !version.message.is_empty() {
        fact("message", version.message.clone());
    }
    if !version.tags.is_empty() {
        fact("tags", version.tags.join(" "));
    }
    if let Some(parent) = version.parent {
        fact("after", format!("{}@v{parent}", version.dataset));
    }
    if let Some(commit) = &version.commit {
        fact("commit", commit.clone());
    }
    for place in &version.sources {
        fact("from", place.at.clone());
    }
    if let Some(trashed) = &version.trashed {
        fact(
            "trash",
            format!("since {} by {}", format::moment(trashed.at), trashed.by),
        );
    }
    for split in &detail.splits {
        fact(
            "split",
            format!("{}: {}", split.name, split.paths.join(", ")),
        );
    }
    for run in &detail.runs {
        fact("run", run.name.clone());
    }
    out.table(&table)
}

fn print_profiles(out: &Out, version: &Version, profiles: &Profiles) -> Result<(), Failure> {
    out.line("")?;
    profile::print(out, profiles)?;
    if 0 < profiles.pending {
        let tables = counted(profiles.pending, "table");
        let name = version.name();
        out.say(&format!(
            "{tables} not profiled yet: `sconce data profile {name}` does it"
        ));
    }
    Ok(())
}

/// Files that are listed of what changed in a version.
const CHANGES: usize = 100;

/// What the screen shows of a version: what is known of it, what is in its tables, and the files that changed since the
/// version before it.
pub fn print_version(context: &Context, ws: &Workspace, text: &str) -> Result<(), Failure> {
    let detail = datasets::show(ws, text)?;
    let version = &detail.version;
    let profiles = datasets::profiles(ws, version)?;
    let before = version
        .parent
        .map(|number| format!("{}@v{number}", version.dataset));
    // One that is gone for good cannot be compared with.
    let before = before.filter(|before| datasets::find(ws, before).is_ok());
    let changes = match before {
        Some(before) => Some(datasets::compare(ws, &before, &version.name(), CHANGES)?),
        None => None,
    };
    let out = &context.out;
    if out.is_json() {
        return out.json(&json!({ "version": detail, "profile": profiles, "changes": changes }));
    }
    print_facts(out, &detail)?;
    print_profiles(out, version, &profiles)?;
    if let Some(changes) = changes {
        out.line("")?;
        diff::print_files(out, &changes)?;
    }
    Ok(())
}
