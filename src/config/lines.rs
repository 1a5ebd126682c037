//! Settings that come one by one, from the environment and from flags, as lines of TOML with their names.

use std::collections::BTreeMap;

use toml::{Value, de::DeValue};

use super::{Config, Error, Result};

/// Sections whose keys may stand in the environment: `SCONCE_AGENT_IDLE_SECONDS=30`. Other variables that begin with
/// `SCONCE_` are not settings.
const SECTIONS: [&str; 8] = [
    "a11y",
    "agent",
    "capture",
    "clipboard",
    "notify",
    "store",
    "term",
    "ui",
];

pub(super) fn of_variables(vars: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let lines = vars.iter().filter_map(|(name, text)| {
        let words = name.strip_prefix("SCONCE_")?.to_ascii_lowercase();
        let (section, key) = words.split_once('_')?;
        let is_key = key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !SECTIONS.contains(&section) || key.is_empty() || !is_key {
            return None;
        }
        let key = format!("{section}.{key}");
        Some((name.clone(), format!("{key} = {}", literal(&key, text))))
    });
    lines.collect()
}

pub(super) fn of_flags(flags: &[String]) -> Result<Vec<(String, String)>> {
    let lines = flags.iter().map(|flag| {
        let refuse = || Error::Flag(flag.clone());
        let (key, text) = flag.split_once('=').ok_or_else(refuse)?;
        let key = key.trim();
        if key.is_empty() || key.contains(['\n', '#', '=', '[']) {
            return Err(refuse());
        }
        Ok((
            format!("--config {flag}"),
            format!("{key} = {}", literal(key, text.trim())),
        ))
    });
    lines.collect()
}

/// The text as the key's default asks for it: a text needs no quotes, a list of texts may be written with commas.
fn literal(key: &str, text: &str) -> String {
    let is_toml = !text.contains('\n') && DeValue::parse(text).is_ok();
    match default(key) {
        Some(Value::String(_)) if !(is_toml && text.starts_with(['"', '\''])) => quoted(text),
        Some(Value::Array(_)) if !is_toml => {
            let items: Vec<String> = text.split(',').map(|item| quoted(item.trim())).collect();
            format!("[{}]", items.join(", "))
        }
        _ if is_toml => text.to_owned(),
        _ => quoted(text),
    }
}

fn default(key: &str) -> Option<Value> {
    let defaults = toml::Table::try_from(Config::default()).ok()?;
    let (section, key) = key.split_once('.')?;
    defaults.get(section)?.get(key).cloned()
}

/// A text as JSON writes it is one that TOML reads, on one line; only DEL must be escaped besides.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text)
        .to_string()
        .replace('\u{7f}', "\\u007f")
}
