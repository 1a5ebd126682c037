//! What is taken out of a run's record for good.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Value, json};

use super::{add_event, change, get, steer};
use crate::{
    domain::{
        events::What,
        ids::RunId,
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
    /// Files that hold, or may hold, what was taken out of the record.
    pub elsewhere: Vec<Left>,
}

/// A file that was left as it is.
#[derive(Clone, Debug, Serialize)]
pub struct Left {
    pub path: PathBuf,
    pub why: Why,
}

/// Why a file was left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The program itself wrote it: what it told of the field stays there.
    Told,
    /// It belongs to a model that is sealed by the hashes of its files.
    Sealed,
    /// The log of the database, which somebody reads just now: it goes when the last of them leaves.
    Read,
}

/// Removes one field for good, one of [`REDACTABLE`], from the run's record and from the request in its folder. What was
/// removed is not in the audit line, and its bytes are in no file of the store.
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
        let places = places_in_request(run, field);
        if !places.is_empty() {
            rewrite_request(&dir, run, &places)?;
        }
        let what = What::Redacted {
            field: field.to_owned(),
            by: ws.actor().to_string(),
        };
        add_event(ws, tx, run, what)?;
        Ok((None, Some(field.to_owned())))
    })?;
    let mut elsewhere = written_by_the_program(&dir);
    if run.kind == RunKind::Train && field.starts_with("param.") {
        elsewhere.extend(sealed(&dir));
    }
    if !ws.store.empty_log()? {
        let path = ws.root.join("store.db-wal");
        let why = Why::Read;
        elsewhere.push(Left { path, why });
    }
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

/// Where the request that is frozen in the run's folder holds a field, and what shall stand there.
fn places_in_request(run: &Run, field: &str) -> Vec<(String, Value)> {
    let place = |at: &str, value: Value| (format!("/work/{at}"), value);
    match (run.kind, field.split_once('.')) {
        (RunKind::Command, None) if field == "argv" => vec![place("argv", json!([REDACTED]))],
        (RunKind::Command, None) if field == "cwd" => vec![place("cwd", REDACTED.into())],
        (RunKind::Train, Some(("param", name))) => {
            let in_preset = place(
                &format!("preset/{}", name.replace('.', "/")),
                REDACTED.into(),
            );
            // These two stand beside the preset too, as they were resolved.
            let beside = ["data", "seed"]
                .into_iter()
                .filter(|beside| *beside == name);
            let beside = beside.map(|name| place(name, REDACTED.into()));
            [in_preset].into_iter().chain(beside).collect()
        }
        _ => vec![],
    }
}

/// Takes values out of the request that is frozen in the run's folder. One that never started has none.
fn rewrite_request(dir: &Path, run: &Run, places: &[(String, Value)]) -> Result<()> {
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
    match request::rewrite(dir, places) {
        Err(jobs::Error::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            Ok(())
        }
        rewritten => rewritten.map_err(|error| unchanged(run, error)),
    }
}

fn unchanged(run: &Run, error: jobs::Error) -> Error {
    let message = format!("cannot take it out of the request of {}", run.name);
    Error::new(Kind::Environment, message)
        .hint("check the owner and the mode of its folder: nothing was removed")
        .because(error)
}

fn written_by_the_program(dir: &Path) -> Vec<Left> {
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
    let why = Why::Told;
    files.into_iter().map(|path| Left { path, why }).collect()
}

/// The files of a trained model that tell of its parameters.
fn sealed(dir: &Path) -> impl Iterator<Item = Left> {
    let files = ["model.toml", "README.md"].map(|name| dir.join("package").join(name));
    let why = Why::Sealed;
    let files = files.into_iter().filter(|path| path.exists());
    files.map(move |path| Left { path, why })
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
