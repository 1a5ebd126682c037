use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use super::{
    Answer, DONE,
    open::Context,
    table::{Cell, Look, Table},
};
use crate::config;

/// Show and check the configuration
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce config show --origin\n  sconce config check sconce.toml"
)]
pub struct Config {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Check files: every key known, every value of its kind
    #[command(after_long_help = "Example:\n  sconce config check config.example.toml")]
    Check {
        /// Without a file, all that count here are checked together.
        files: Vec<PathBuf>,
    },
    /// Show every setting as it counts now
    #[command(after_long_help = "Example:\n  sconce config show --origin")]
    Show {
        /// Say who said it.
        #[arg(long)]
        origin: bool,
    },
    /// Show the files that are looked for, and the store that is found
    #[command(after_long_help = "Example:\n  sconce config path")]
    Path,
}

impl Config {
    pub fn run(self, context: &Context) -> Answer {
        match self.verb {
            Verb::Check { files } => check(context, &files),
            Verb::Show { origin } => show(context, origin),
            Verb::Path => path(context),
        }
    }
}

fn check(context: &Context, files: &[PathBuf]) -> Answer {
    let out = &context.out;
    if files.is_empty() {
        let loaded = context.config()?;
        let found = loaded.files.iter().filter(|file| file.found).count();
        out.line(format!(
            "{found} files, {} values: all well",
            loaded.said.len()
        ))?;
    }
    for file in files {
        let values = config::check(&context.environment, &context.environment.cwd.join(file))?;
        out.line(format!("{}: {values} values, all well", file.display()))?;
    }
    Ok(DONE)
}

fn show(context: &Context, origin: bool) -> Answer {
    let (out, loaded) = (&context.out, context.config()?);
    let settings = loaded.settings();
    let said_at = |place: &Option<&config::Place>| match place {
        Some(place) => place.to_string(),
        None => "default".to_owned(),
    };
    if out.is_json() {
        let rows: Vec<_> = settings
            .iter()
            .map(|(key, value, place)| json!({ "key": key, "value": value, "origin": said_at(place) }))
            .collect();
        out.json(&json!({ "settings": rows, "inert": loaded.inert }))?;
        return Ok(DONE);
    }
    if !origin {
        for (key, value, _) in &settings {
            out.line(format!("{key} = {value}"))?;
        }
        return Ok(DONE);
    }
    let mut table = Table::default().text("key").text("value").text("said at");
    for (key, value, place) in &settings {
        let said: Cell = said_at(place).into();
        let said = if place.is_some() {
            said
        } else {
            said.look(Look::Dim)
        };
        table.row(vec![key.as_str().into(), value.as_str().into(), said]);
    }
    for setting in &loaded.inert {
        let said = format!("{} (does not count: not trusted)", setting.place);
        table.row(vec![
            setting.key.as_str().into(),
            setting.value.as_str().into(),
            Cell::from(said).look(Look::Warning),
        ]);
    }
    out.table(&table)?;
    Ok(DONE)
}

fn path(context: &Context) -> Answer {
    let (out, loaded) = (&context.out, context.config()?);
    let store = context.store(&loaded)?;
    let places = &context.environment.places;
    if out.is_json() {
        out.json(&json!({ "files": loaded.files, "store": store, "places": places }))?;
        return Ok(DONE);
    }
    let mut table = Table::default().word("").text("").text("");
    for file in &loaded.files {
        let note = match (file.found, file.trusted) {
            (false, _) => "not there",
            (true, Some(false)) => "found, not trusted",
            (true, _) => "found",
        };
        table.row(vec![
            "config".into(),
            file.path.display().to_string().into(),
            note.into(),
        ]);
    }
    let why = format!("by {}", store.why);
    table.row(vec![
        "store".into(),
        store.path.display().to_string().into(),
        why.into(),
    ]);
    for (name, path) in [
        ("data", &places.data),
        ("state", &places.state),
        ("cache", &places.cache),
    ] {
        table.row(vec![
            name.into(),
            path.display().to_string().into(),
            "".into(),
        ]);
    }
    out.table(&table)?;
    Ok(DONE)
}
