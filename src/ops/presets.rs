//! Presets: what the config offers, and a preset with a person's overrides applied.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Error, Kind, Result};
use crate::{
    domain::{presets::Preset, text::nearest},
    workspace::Workspace,
};

/// A preset by its name.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Offer {
    pub name: String,
    pub preset: Preset,
}

/// The presets of the config files and those that Sconce ships, by name.
pub fn list(ws: &Workspace) -> Vec<Offer> {
    ws.config
        .presets
        .iter()
        .map(|(name, preset)| Offer {
            name: name.clone(),
            preset: preset.clone(),
        })
        .collect()
}

/// A preset with `key=value` overrides applied: `optimiser.lr=3e-4`, or `lr=3e-4` where only one key ends so.
pub fn resolve(ws: &Workspace, name: &str, overrides: &[String]) -> Result<Preset> {
    let presets = &ws.config.presets;
    let Some(preset) = presets.get(name) else {
        let names = presets.keys().map(String::as_str);
        let hint = match nearest(name, names.clone()) {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("there are {}", names.collect::<Vec<_>>().join(", ")),
        };
        return Err(Error::new(Kind::NotFound, format!("there is no preset {name:?}")).hint(hint));
    };
    apply(preset, overrides)
}

/// The preset with overrides applied, each checked against the keys that there are.
pub fn apply(preset: &Preset, overrides: &[String]) -> Result<Preset> {
    let mut tree = tree(preset);
    let keys: Vec<String> = parameters(preset)
        .into_keys()
        .chain([
            "split.by".to_owned(),
            "experiment".to_owned(),
            "about".to_owned(),
        ])
        .collect();
    for text in overrides {
        let Some((key, value)) = text.split_once('=') else {
            return Err(Error::new(Kind::Invalid, format!("{text:?} sets nothing"))
                .hint("write -S key=value, for example -S lr=3e-4"));
        };
        let path = full_key(&keys, key.trim())?;
        set(&mut tree, &path, parse_value(value.trim()));
    }
    serde_json::from_value(Value::Object(tree)).map_err(|error| {
        Error::new(Kind::Invalid, "the overrides do not make a preset")
            .hint("values are written as in the config: numbers bare, lists in [ ]")
            .because(error)
    })
}

/// Every number and choice of a preset by its dotted key: `optimiser.lr`.
pub fn parameters(preset: &Preset) -> BTreeMap<String, Value> {
    fn walk(prefix: &str, map: &Map<String, Value>, out: &mut BTreeMap<String, Value>) {
        for (key, value) in map {
            let path = if prefix.is_empty() {
                key.clone()
            } else {
                format!("{prefix}.{key}")
            };
            match value {
                Value::Object(inner) => walk(&path, inner, out),
                _ => drop(out.insert(path, value.clone())),
            }
        }
    }
    let mut out = BTreeMap::new();
    walk("", &tree(preset), &mut out);
    out.remove("about");
    out
}

/// The same by short names: `lr` where only one key ends so, `net.kind` where several do.
pub fn short_parameters(preset: &Preset) -> BTreeMap<String, Value> {
    let all = parameters(preset);
    let mut ends: BTreeMap<&str, u32> = BTreeMap::new();
    for key in all.keys() {
        *ends.entry(last(key)).or_default() += 1;
    }
    all.iter()
        .map(|(key, value)| {
            (
                if ends[last(key)] == 1 { last(key) } else { key }.to_owned(),
                value.clone(),
            )
        })
        .collect()
}

fn last(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

fn full_key(keys: &[String], key: &str) -> Result<String> {
    if keys.iter().any(|known| known == key) {
        return Ok(key.to_owned());
    }
    let ending: Vec<&String> = keys.iter().filter(|known| last(known) == key).collect();
    match ending.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let names = keys
                .iter()
                .map(String::as_str)
                .chain(keys.iter().map(|key| last(key)));
            let error = Error::new(Kind::Invalid, format!("a preset has no key {key:?}"));
            Err(match nearest(key, names) {
                Some(near) => error.hint(format!("did you mean {near:?}?")),
                None => error.hint("`sconce config show` lists the keys of every preset"),
            })
        }
        several => {
            let several: Vec<&str> = several.iter().map(|key| key.as_str()).collect();
            Err(
                Error::new(Kind::Invalid, format!("{key:?} could be several keys"))
                    .hint(format!("write one of {}", several.join(", "))),
            )
        }
    }
}

fn set(tree: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => drop(tree.insert(path.to_owned(), value)),
        Some((first, rest)) => {
            if let Value::Object(inner) = tree
                .entry(first)
                .or_insert_with(|| Value::Object(Map::new()))
            {
                set(inner, rest, value);
            }
        }
    }
}

/// A value as TOML writes it; a bare word is a text.
fn parse_value(text: &str) -> Value {
    let parsed: Option<toml::Table> = toml::from_str(&format!("value = {text}")).ok();
    let value = parsed.and_then(|mut table| table.remove("value"));
    match value.map(serde_json::to_value) {
        Some(Ok(value)) => value,
        _ => Value::String(text.to_owned()),
    }
}

fn tree(preset: &Preset) -> Map<String, Value> {
    match serde_json::to_value(preset) {
        Ok(Value::Object(tree)) => tree,
        _ => unreachable!("a preset is a table of texts and numbers"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::presets::{NetKind, OptimiserKind};

    fn preset() -> Preset {
        toml::from_str("task = 'classification'\ndata = 'demo:x'\ntarget = 'y'").unwrap()
    }

    fn with(overrides: &[&str]) -> Result<Preset> {
        apply(
            &preset(),
            &overrides
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn overrides_change_what_they_name() {
        let changed = with(&[
            "lr=3e-4",
            "net.kind=residual",
            "hidden=[32, 16]",
            "optimiser.kind=sgd",
            "by=day",
        ])
        .unwrap();
        assert_eq!(changed.optimiser.lr, 3e-4);
        assert_eq!(
            (changed.net.kind, changed.net.hidden),
            (NetKind::Residual, vec![32, 16])
        );
        assert_eq!(
            (changed.optimiser.kind, changed.split.by.as_deref()),
            (OptimiserKind::Sgd, Some("day"))
        );
    }

    #[test]
    fn a_bad_override_says_what_to_write() {
        let hint = |text: &str| with(&[text]).unwrap_err().hint.unwrap();
        assert_eq!(hint("lrr=1"), "did you mean \"lr\"?");
        assert_eq!(
            hint("kind=sgd"),
            "write one of net.kind, optimiser.kind, schedule.kind, split.kind"
        );
        assert_eq!(hint("lr"), "write -S key=value, for example -S lr=3e-4");
        assert!(with(&["lr=fast"]).is_err());
    }

    #[test]
    fn parameters_have_short_names_where_they_are_clear() {
        let short = short_parameters(&preset());
        assert_eq!(short["lr"], 1e-3);
        assert_eq!(short["net.kind"], "mlp");
        assert!(!short.contains_key("kind"));
    }
}
