use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use super::{
    Answer, DONE, keys,
    open::Context,
    table::{Cell, Look, Table},
};
use crate::{
    config,
    domain::text::{self, counted},
    jobs::slots,
    ops::{self, Error, Kind},
};

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
    #[command(
        after_long_help = "Examples:\n  sconce config show --origin\n  sconce config show agent.cpus"
    )]
    Show {
        /// One key, or all below it: `agent`.
        key: Option<String>,
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
            Verb::Show { key, origin } => show(context, key.as_deref(), origin),
            Verb::Path => path(context),
        }
    }
}

fn check(context: &Context, files: &[PathBuf]) -> Answer {
    let (out, environment) = (&context.out, &context.environment);
    let counted = |values: usize| counted(values as u64, "value");
    let mut checked = vec![];
    for file in files {
        let values = config::check(environment, &environment.cwd.join(file))?;
        checked.push((file, values));
    }
    if files.is_empty() {
        let loaded = context.config()?;
        keys::keymap(&loaded)?;
        let beyond = slots::beyond(&loaded.config.agent);
        beyond.iter().for_each(|beyond| out.warn(beyond));
        let found = loaded.files.iter().filter(|file| file.found);
        let (found, values) = (found.count() as u64, loaded.said.len());
        if out.is_json() {
            out.json(&json!({ "files": found, "values": values }))?;
        } else {
            let files = text::counted(found, "file");
            let verdict = match beyond.len() as u64 {
                0 => "all well".to_owned(),
                warnings => text::counted(warnings, "warning"),
            };
            out.line(format!("{files}, {}: {verdict}", counted(values)))?;
        }
    } else if out.is_json() {
        let rows = checked
            .iter()
            .map(|(file, values)| json!({ "file": file, "values": values }));
        out.json(&rows.collect::<Vec<_>>())?;
    } else {
        for (file, values) in checked {
            out.line(format!("{}: {}, all well", file.display(), counted(values)))?;
        }
    }
    Ok(DONE)
}

/// The settings at or below a key.
fn wanted<'a>(
    loaded: &'a config::Loaded,
    key: Option<&str>,
) -> ops::Result<Vec<(String, String, Option<&'a config::Place>)>> {
    let mut settings = loaded.settings();
    let Some(key) = key else {
        return Ok(settings);
    };
    let known: Vec<String> = settings.iter().map(|(key, ..)| key.clone()).collect();
    settings.retain(|(found, ..)| {
        found == key
            || found
                .strip_prefix(key)
                .is_some_and(|rest| rest.starts_with('.'))
    });
    if !settings.is_empty() {
        return Ok(settings);
    }
    let error = Error::new(Kind::NotFound, format!("there is no setting {key:?}"));
    Err(match text::nearest(key, known.iter().map(String::as_str)) {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None => error.hint("`sconce config show` lists them"),
    })
}

/// A value as TOML writes it, for scripts.
fn typed(value: &str) -> serde_json::Value {
    let table: Option<toml::Table> = toml::from_str(&format!("value = {value}")).ok();
    let typed = table.and_then(|table| serde_json::to_value(table.get("value")?).ok());
    typed.unwrap_or_else(|| value.into())
}

fn show(context: &Context, key: Option<&str>, origin: bool) -> Answer {
    let (out, loaded) = (&context.out, context.config()?);
    let settings = wanted(&loaded, key)?;
    let said_at = |place: &Option<&config::Place>| match place {
        Some(place) => place.to_string(),
        None => "default".to_owned(),
    };
    if out.is_json() {
        let rows: Vec<_> = settings
            .iter()
            .map(|(key, value, place)| json!({ "key": key, "value": typed(value), "origin": said_at(place) }))
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
    let (out, loaded) = (&context.out, context.sound_config()?);
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
