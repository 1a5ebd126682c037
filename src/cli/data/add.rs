use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

use serde_json::json;

use super::profile;
use crate::{
    cli::{Answer, DONE, Failure, INTERRUPTED, Out, format, open::Context, progress::watch},
    domain::{
        datasets::Version,
        text::{counted, shown},
    },
    ops::{
        self, Error, Kind,
        datasets::{self, Profiles},
    },
    workspace::Workspace,
};

/// Make a version of files and folders
///
/// One folder alone stands for what is in it; else each path has its own name in the version. Where nothing changed since
/// the newest version, none is made. All or nothing: whatever goes wrong leaves what was there before.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce data add penguins penguins.csv -m 'as collected'\n  sconce data add images ./train --tag raw\n  sconce data add logs 'logs/*.ndjson'\n  sconce data add big /mnt/lake/2026 --reference\n  sconce data add events - --as events.csv -m 'of today'\n  sconce data add raw dump.parquet --no-profile\n  sconce data add penguins ./penguins --split 'train=train/*.csv' --split test=test.csv"
)]
pub struct Add {
    /// The data set; made when it is not there.
    name: String,
    /// Files, folders, patterns such as 'logs/*.csv'; `-` for what comes in on standard input.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Why, in a few words.
    #[arg(short, long, default_value = "")]
    message: String,
    /// A tag of the version, taken from the one that had it; may be given again.
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// What a single file is called in the version.
    #[arg(long = "as", value_name = "PATH")]
    called: Option<OsString>,
    /// Keep names and hashes alone; the content stays where it is.
    #[arg(long)]
    reference: bool,
    /// A file of the version that is part of a split, or a pattern of such; may be given again. `sconce data leaks` then
    /// tells what splits have in common.
    #[arg(long, value_name = "NAME=PATH", value_parser = split)]
    split: Vec<(String, String)>,
    /// Do not look into tables; `sconce data profile` does it later.
    #[arg(long)]
    no_profile: bool,
}

impl Add {
    pub fn run(self, context: &Context) -> Answer {
        let ws = context.workspace()?;
        let is_stream = self.paths == [Path::new("-")];
        if is_stream && self.called.is_none() {
            return Err(invalid("standard input has no name", "give it one: --as data.csv").into());
        }
        if is_stream && self.reference {
            return Err(invalid("standard input stays nowhere", "leave --reference out").into());
        }
        let request = datasets::Add {
            dataset: self.name,
            paths: match is_stream {
                true => vec![],
                false => expand(&context.environment.cwd, &self.paths)?,
            },
            called: self.called,
            message: self.message,
            tags: self.tag,
            is_reference: self.reference,
            splits: self.split,
        };
        if request.called.is_some() && request.paths.len() > 1 {
            return Err(invalid("--as names one file", "add the others without it").into());
        }
        let out = &context.out;
        let added = watch(out, |progress| match is_stream {
            true => datasets::add_stream(&ws, &request, &mut io::stdin().lock(), progress),
            false => datasets::add(&ws, &request, progress),
        })?;
        let Some(added) = added else {
            out.say("interrupted: nothing was added");
            return Ok(INTERRUPTED);
        };
        let (profiles, code) = match self.no_profile {
            true => (None, DONE),
            false => profiled(out, &ws, &added.version)?,
        };
        if out.is_json() {
            let mut value = serde_json::to_value(&added).unwrap_or_default();
            if let Some(profiles) = profiles {
                value["profile"] = json!(profiles);
            }
            out.json(&value)?;
            return Ok(code);
        }
        let version = &added.version;
        let files = counted(version.files, "file");
        let size = format::bytes(version.bytes);
        let what = match (added.is_new, version.is_reference) {
            (false, _) => "nothing changed".to_owned(),
            (true, true) => "kept by name".to_owned(),
            (true, false) => format!("{} stored", format::bytes(version.stored)),
        };
        out.line(format!("{}  {files}, {size}, {what}", version.name()))?;
        for profiles in profiles.iter() {
            for refusal in profiles.tables.iter().filter_map(profile::refusal) {
                out.say(&refusal);
            }
            if let Some(left_out) = profile::left_out(profiles) {
                out.say(&left_out);
            }
        }
        Ok(code)
    }
}

fn split(text: &str) -> Result<(String, String), String> {
    let (name, path) = text
        .split_once('=')
        .ok_or("write it as in train=train.csv")?;
    Ok((name.to_owned(), path.to_owned()))
}

/// Looks into the tables of a version that is safely added: whatever goes wrong now is said and takes nothing back.
fn profiled(
    out: &Out,
    ws: &Workspace,
    version: &Version,
) -> Result<(Option<Profiles>, u8), Failure> {
    let name = version.name();
    let (why, code) = match watch(out, |progress| datasets::profile(ws, &name, progress)) {
        Ok(Some((_, profiles))) => return Ok((Some(profiles), DONE)),
        Ok(None) => ("interrupted".to_owned(), INTERRUPTED),
        Err(Failure::Error(error)) => (error.to_string(), DONE),
        Err(failure) => return Err(failure),
    };
    out.say(&format!(
        "{name} is added and not profiled: {why}; `sconce data profile {name}` does it"
    ));
    Ok((None, code))
}

/// Paths, with patterns in the place of which what they match stands.
fn expand(cwd: &Path, paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut all = vec![];
    for path in paths {
        let whole = cwd.join(path);
        let is_pattern = path
            .to_str()
            .is_some_and(|text| text.contains(['*', '?', '[']));
        if whole.exists() || !is_pattern {
            all.push(whole);
            continue;
        }
        let pattern = whole.display().to_string();
        let wrong = |error: glob::PatternError| {
            invalid(&format!("{} is no pattern", shown(&pattern)), error.msg)
        };
        let before = all.len();
        for found in glob::glob(&pattern).map_err(wrong)? {
            all.push(found.map_err(|error| {
                Error::new(Kind::Environment, "cannot look for files").because(error)
            })?);
        }
        if all.len() == before {
            let message = format!("nothing matches {}", shown(&path.display().to_string()));
            return Err(Error::new(Kind::NotFound, message).into());
        }
    }
    Ok(all)
}

fn invalid(message: &str, hint: &str) -> ops::Error {
    Error::new(Kind::Invalid, message).hint(hint)
}
