//! Presets: what the config offers, and a preset with a person's overrides applied.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Error, Kind, Result};
use crate::{
    domain::{presets::Preset, text::nearest, wording::in_words},
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
    let unset = ["split.by", "experiment", "about"].map(str::to_owned);
    let keys: BTreeSet<String> = parameters(preset).into_keys().chain(unset).collect();
    overrides.iter().try_fold(preset.clone(), |preset, text| {
        apply_one(&preset, &keys, text)
    })
}

fn apply_one(preset: &Preset, keys: &BTreeSet<String>, text: &str) -> Result<Preset> {
    let example = "write -S key=value, for example -S lr=3e-4";
    let Some((key, value)) = text.split_once('=') else {
        return Err(Error::new(Kind::Invalid, format!("{text:?} sets nothing")).hint(example));
    };
    if text.contains(['\n', '\r']) {
        let message = format!("{text:?} holds a line end: an override sets one key");
        return Err(Error::new(Kind::Invalid, message).hint(example));
    }
    let (path, value) = (full_key(keys, key.trim())?, value.trim());
    let refuse = |why: (String, Option<String>)| {
        let hint = why.1.unwrap_or_else(|| {
            "values are written as in the config: numbers bare, lists in [ ]".to_owned()
        });
        Error::new(Kind::Invalid, format!("{path} cannot be {value:?}"))
            .hint(hint)
            .because(why.0)
    };
    let Some(parsed) = parse_value(value) else {
        return Err(refuse(("a finite number is expected".to_owned(), None)));
    };
    let mut tree = tree(preset);
    set(&mut tree, &path, parsed);
    serde_json::from_value(Value::Object(tree))
        .map_err(|error| refuse(in_words(&error.to_string())))
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

fn last(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

fn full_key(keys: &BTreeSet<String>, key: &str) -> Result<String> {
    if keys.contains(key) {
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

/// A value as TOML writes it; a bare word is a text. Nothing where a number in it is not finite, which JSON cannot hold.
fn parse_value(text: &str) -> Option<Value> {
    fn is_finite(value: &toml::Value) -> bool {
        match value {
            toml::Value::Float(number) => number.is_finite(),
            toml::Value::Array(values) => values.iter().all(is_finite),
            _ => true,
        }
    }
    let parsed: Option<toml::Table> = toml::from_str(&format!("value = {text}")).ok();
    let Some(value) = parsed.and_then(|mut table| table.remove("value")) else {
        return Some(Value::String(text.to_owned()));
    };
    is_finite(&value)
        .then(|| serde_json::to_value(value).ok())
        .flatten()
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
    fn a_value_that_does_not_fit_is_named_by_its_key() {
        let said = |text: &str| {
            let error = with(&[text]).unwrap_err();
            format!("{error}: {}", error.causes().join(": "))
        };
        let cases = [
            (
                "lr=abc",
                "optimiser.lr cannot be \"abc\": a number is expected, not the text \"abc\"",
            ),
            ("hidden=[", "net.hidden cannot be \"[\""),
            ("task=zz", "task cannot be \"zz\": unknown word \"zz\""),
            (
                "lr=nan",
                "optimiser.lr cannot be \"nan\": a finite number is expected",
            ),
            ("lr=-inf", "optimiser.lr cannot be \"-inf\""),
            ("epochs=-1", "a whole number from 0 on is expected, not -1"),
            ("epochs=1\nbatch=0", "holds a line end"),
        ];
        for (text, wanted) in cases {
            assert!(said(text).contains(wanted), "{}", said(text));
        }
        let mut timed = preset();
        timed.split.by = Some("day".to_owned());
        let by = apply(&timed, &["by=hour".to_owned()]).unwrap().split.by;
        assert_eq!(by.as_deref(), Some("hour"));
    }

    #[test]
    fn a_run_is_found_by_the_names_that_overrides_have() {
        let all = parameters(&preset());
        assert_eq!(all["optimiser.lr"], 1e-3);
        assert_eq!(all["net.kind"], "mlp");
        for key in all.keys().filter(|key| *key != "data") {
            assert!(full_key(&all.keys().cloned().collect(), key).is_ok());
        }
    }
}
