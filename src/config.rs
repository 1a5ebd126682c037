//! What the person set: layers of files, presets, keys, and the places where things are kept.
//!
//! Only this room reads the environment. Rooms above are handed a [`Config`] and [`Places`].
//!
//! Layers, each over the one before: what is shipped, `/etc/sconce/config.toml`, the user's `config.toml`, the nearest
//! `sconce.toml` upward, `SCONCE_<SECTION>_<KEY>`, `--config KEY=VALUE`. They are merged as trees, key by key, and read
//! once. What a project's file may not say before it is trusted stands in [`trust::GATED`].

mod environment;
mod error;
mod files;
mod layers;
mod lines;
pub mod places;
pub mod screens;
mod settings;
pub mod themes;
pub mod trust;

use std::path::{Path, PathBuf};

pub use environment::Environment;
pub use error::{Error, Result};
pub use layers::{Origin, Place};
pub use places::Places;
pub use settings::{
    AccessSettings, AgentSettings, CaptureSettings, ClipboardSettings, Config, NotifySettings,
    StoreSettings, TermSettings, UiSettings,
};

use crate::domain::presets::Presets;
use files::read;
use layers::{Layer, Layers};

const SHIPPED: &str = concat!(
    include_str!("../assets/presets.toml"),
    include_str!("../assets/screens.toml")
);

/// The configuration as it counts now, and where each part of it was said.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub config: Config,
    pub environment: Environment,
    /// The files that were looked for, lowest layer first.
    pub files: Vec<File>,
    /// What a project's file says and what does not count, because the file is not trusted.
    pub inert: Vec<Setting>,
    /// Every value that some layer says and that counts.
    pub said: Vec<Setting>,
}

/// One value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Setting {
    /// Dotted: `agent.idle_seconds`.
    pub key: String,
    /// As TOML writes it.
    pub value: String,
    pub place: Place,
}

/// A config file that was looked for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct File {
    pub path: PathBuf,
    pub found: bool,
    /// Only a project's file needs trust, and only for the keys in [`trust::GATED`].
    pub trusted: Option<bool>,
}

impl Loaded {
    /// Where a key, or anything below it, was said last; `None` for a default.
    pub fn place(&self, key: &str) -> Option<&Place> {
        let below = format!("{key}.");
        let exact = self.said.iter().find(|setting| setting.key == key);
        let inside = self
            .said
            .iter()
            .filter(|setting| setting.key.starts_with(&below));
        exact
            .or_else(|| inside.max_by_key(|setting| setting.place.rank()))
            .map(|setting| &setting.place)
    }

    /// Where the keys of an action were said.
    pub fn place_of_keys(&self, action: &str) -> Option<&Place> {
        self.place(&format!("keys.{}", layers::quoted_key(action)))
    }

    /// Every key with its value, defaults included, and where it was said.
    pub fn settings(&self) -> Vec<(String, String, Option<&Place>)> {
        layers::flat(&self.config)
            .into_iter()
            .map(|(key, value)| {
                let place = self.place(&key);
                (key, value, place)
            })
            .collect()
    }
}

/// Reads every layer. `flags` are `KEY=VALUE` texts.
pub fn load(environment: &Environment, flags: &[String]) -> Result<Loaded> {
    assemble(environment, flags, &mut Err)
}

/// Reads what is sound, and says what is not: a file that cannot be read, or the section of it that holds a mistake, does
/// not count. For whoever must go on whatever a file says.
///
/// # Errors
///
/// A mistake in the flags: whoever made it is there to mend it.
pub fn load_sound(environment: &Environment, flags: &[String]) -> Result<(Loaded, Vec<Error>)> {
    let mut faults = vec![];
    let loaded = assemble(environment, flags, &mut |fault| {
        faults.push(fault);
        Ok(())
    })?;
    Ok((loaded, faults))
}

/// Reads every layer; what is faulty is left out where `go_on` does not refuse.
fn assemble(
    environment: &Environment,
    flags: &[String],
    go_on: &mut dyn FnMut(Error) -> Result<()>,
) -> Result<Loaded> {
    let mut files = vec![];
    let mut layers = vec![Layer::new(Origin::Shipped, SHIPPED.to_owned())];
    for origin in [
        Some(Origin::System(environment.system.clone())),
        Some(Origin::User(environment.places.config.join("config.toml"))),
        environment.upward("sconce.toml").map(Origin::Project),
    ] {
        let Some((origin, path)) = origin.and_then(|origin| {
            let path = origin.file()?.to_owned();
            Some((origin, path))
        }) else {
            continue;
        };
        let (text, found) = match read(&path) {
            Ok(text) => (text.clone(), text.is_some()),
            Err(fault) => {
                go_on(fault)?;
                (None, true)
            }
        };
        let trusted = match (&origin, &text) {
            (Origin::Project(_), Some(text)) => {
                let trusted = trust::is_trusted(&environment.places, &path, text);
                Some(trusted.or_else(|fault| go_on(fault).map(|()| false))?)
            }
            _ => None,
        };
        files.push(File {
            path,
            found,
            trusted,
        });
        if let Some(text) = text {
            let layer = Layer::new(origin, text);
            layers.push(if trusted == Some(false) {
                layer.gated(&trust::GATED)
            } else {
                layer
            });
        }
    }
    layers.push(Layer::lines(
        Origin::Environment,
        lines::of_variables(&environment.vars),
    ));
    // Each flag is a layer of its own, so that the last one counts.
    layers.extend(
        lines::of_flags(flags)?
            .into_iter()
            .map(|line| Layer::lines(Origin::Flags, vec![line])),
    );

    let mut layers = Layers::new(layers);
    loop {
        match read_together(&layers, environment) {
            Ok((config, said, inert)) => {
                return Ok(Loaded {
                    config,
                    environment: environment.clone(),
                    files,
                    inert,
                    said,
                });
            }
            Err(fault) if layers.leave_out(&fault) => go_on(fault)?,
            Err(fault) => return Err(fault),
        }
    }
}

/// What the layers come to, every value that counts with its place, and what is inert.
fn read_together(
    layers: &Layers,
    environment: &Environment,
) -> Result<(Config, Vec<Setting>, Vec<Setting>)> {
    let merged = layers.merge()?;
    let (said, inert) = (merged.said(), merged.inert());
    Ok((merged.read(environment)?, said, inert))
}

/// The presets that come with Sconce, as they are.
pub fn shipped(environment: &Environment) -> Result<Presets> {
    let layers = Layers::new(vec![Layer::new(Origin::Shipped, SHIPPED.to_owned())]);
    Ok(layers.merge()?.read(environment)?.presets)
}

/// Reads one file over what is shipped, and says how many values it holds.
pub fn check(environment: &Environment, path: &Path) -> Result<usize> {
    let text = read(path)?.ok_or_else(|| Error::Missing(path.to_owned()))?;
    let shipped = Layer::new(Origin::Shipped, SHIPPED.to_owned());
    let file = Layer::new(Origin::User(path.to_owned()), text);
    let layers = Layers::new(vec![shipped, file]);
    let merged = layers.merge()?;
    let is_here = |setting: &&Setting| setting.place.file.as_deref() == Some(path);
    let count = merged.said().iter().filter(is_here).count();
    merged.read(environment)?;
    Ok(count)
}

#[cfg(test)]
mod tests;
