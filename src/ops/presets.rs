//! Presets: what the config offers, and a preset with a person's overrides applied.

use super::Result;
use crate::{domain::presets::Preset, workspace::Workspace};

/// A preset by name, its origin and one line about it.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Offer {
    pub name: String,
    pub preset: Preset,
    /// `shipped`, or the file that says it.
    pub origin: String,
}

/// The presets of the config files and those that Sconce ships, by name.
pub fn list(_ws: &Workspace) -> Vec<Offer> {
    todo!()
}

/// A preset with `key=value` overrides (`optimiser.lr=3e-4`, `lr=3e-4` where only one key ends so).
pub fn resolve(_ws: &Workspace, _name: &str, _overrides: &[String]) -> Result<Preset> {
    todo!()
}
