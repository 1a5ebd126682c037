//! What is taken out of a run's record for good.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use super::{add_event, change, get, steer};
use crate::{
    domain::{
        events::What,
        ids::RunId,
        jobs::{Command, Request, Work},
        runs::{Run, RunKind, StateWord},
    },
    jobs::{self, request},
    ops::{Error, Kind, Result},
    store::{Connection, runs as rows},
    workspace::Workspace,
};

/// What can be taken out, as people are told of it.
pub const REDACTABLE: &str =
    "argv, cwd, host, os, git, diff, env, env.NAME, env_names, param.NAME and note";

/// What stands where something was taken out.
const REDACTED: &str = "redacted";

/// What was taken out, and what may hold it still.
#[derive(Clone, Debug, Serialize)]
pub struct Redacted {
    #[serde(flatten)]
    pub run: Run,
    /// Files of the run's folder that the program itself wrote: what it told of the field stays there.
    pub elsewhere: Vec<PathBuf>,
}

/// Removes one field for good, one of [`REDACTABLE`], from the run's record and from the request in its folder. What was
/// removed is not in the audit line.
///
/// # Errors
///
/// [`Kind::NotFound`] for a field that the run does not have; [`Kind::Conflict`] where the run's request must be rewritten
/// and still counts.
pub fn redact(ws: &Workspace, id: &RunId, field: &str) -> Result<Redacted> {
    steer::own(ws, &get(ws, id)?)?;
    let dir = ws.run_dir(id);
    let run = change(ws, id, "runs.redact", |tx, run| {
        if !remove(tx, run, field)? {
            let message = format!("{} has no field {field:?}", run.name);
            return Err(Error::new(Kind::NotFound, message)
                .hint(format!("what can be removed: {REDACTABLE}")));
        }
        if run.kind == RunKind::Command && ["argv", "cwd"].contains(&field) {
            rewrite_request(&dir, run, field)?;
        }
        let what = What::Redacted {
            field: field.to_owned(),
            by: ws.actor().to_string(),
        };
        add_event(ws, tx, run, what)?;
        Ok((None, Some(field.to_owned())))
    })?;
    let elsewhere = written_by_the_program(&dir);
    Ok(Redacted { run, elsewhere })
}

/// Takes a field out of the rows; `false` where there is none.
fn remove(tx: &Connection, run: &Run, field: &str) -> Result<bool> {
    if field == "note" {
        rows::set_note(tx, &run.id, "")?;
        return Ok(true);
    }
    // Names may hold dots themselves: what stands before the first one is the group.
    if let Some(("param", name)) = field.split_once('.') {
        return Ok(rows::remove_param(tx, &run.id, name)?);
    }
    let mut captured = rows::captured(tx, &run.id)?;
    let is_there = redact_captured(&mut captured, field);
    rows::set_captured(tx, &run.id, &captured)?;
    Ok(is_there)
}

fn redact_captured(captured: &mut Value, field: &str) -> bool {
    let found = match field.split_once('.') {
        _ if field == "diff" => captured.pointer_mut("/git/diff"),
        Some((group, name)) => captured
            .get_mut(group)
            .and_then(|group| group.get_mut(name)),
        None => captured.get_mut(field),
    };
    match found {
        Some(value) => {
            *value = REDACTED.into();
            true
        }
        None => false,
    }
}

/// Takes command line or folder out of the request that is frozen in the run's folder. One that never started has none.
fn rewrite_request(dir: &Path, run: &Run, field: &str) -> Result<()> {
    if !run.state.has_ended() {
        let word = run.state.word();
        let doing = match word {
            StateWord::Queued => "waits to be started with it",
            _ => "is still at work",
        };
        return Err(
            Error::new(Kind::Conflict, format!("{} {doing}", run.name)).hint(format!(
                "stop it or wait for its end: `sconce runs wait {}`",
                run.name
            )),
        );
    }
    let frozen = match request::frozen(dir) {
        Err(jobs::Error::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            return Ok(());
        }
        frozen => frozen.map_err(|error| unchanged(run, error))?,
    };
    let Work::Command(command) = frozen.work else {
        return Ok(());
    };
    let command = match field {
        "argv" => Command {
            argv: vec![REDACTED.to_owned()],
            ..command
        },
        _ => Command {
            cwd: REDACTED.into(),
            ..command
        },
    };
    let request = Request {
        work: Work::Command(command),
        ..frozen
    };
    request::freeze(dir, &request).map_err(|error| unchanged(run, error))
}

fn unchanged(run: &Run, error: jobs::Error) -> Error {
    let message = format!("cannot take it out of the request of {}", run.name);
    Error::new(Kind::Environment, message)
        .hint("check the owner and the mode of its folder: nothing was removed")
        .because(error)
}

fn written_by_the_program(dir: &Path) -> Vec<PathBuf> {
    let is_its_own = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name == "output.log" || name.starts_with("journal.")
    };
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(is_its_own)
        .collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_captured_field_is_removed_by_the_name_that_people_know() {
        let captured = serde_json::json!({
            "argv": ["train"],
            "env": {"A.B/C": "secret"},
            "git": {"commit": "c", "diff": "+token"},
        });
        for (field, kept) in [("argv", 2), ("env.A.B/C", 2), ("diff", 2), ("git.diff", 2)] {
            let mut found = captured.clone();
            assert!(redact_captured(&mut found, field), "{field}");
            let text = found.to_string();
            let secrets = ["train", "secret", "+token"];
            let left = secrets.iter().filter(|secret| text.contains(**secret));
            assert_eq!(left.count(), kept, "{field}");
        }
        for field in ["env.D", "nothing", "git.nothing", ""] {
            assert!(!redact_captured(&mut captured.clone(), field), "{field}");
        }
    }
}
