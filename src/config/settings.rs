//! The settings and their defaults: `config.example.toml` says the same, and a test compares the two.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::presets::Presets;

/// Everything a config file can say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub store: StoreSettings,
    pub agent: AgentSettings,
    pub capture: CaptureSettings,
    pub ui: UiSettings,
    /// Keys by the name of their action: `runs.stop = ["X"]`.
    pub keys: BTreeMap<String, Vec<String>>,
    pub presets: Presets,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreSettings {
    /// The store's folder; may hold `{host}` and `{user}`. Without it: the nearest `.sconce` upward, or the XDG data folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
}

/// What the agent may hand out to jobs. 0 means: as much as the machine has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AgentSettings {
    pub cpus: u32,
    /// MiB.
    pub memory: u64,
    /// Numbers of the GPUs; empty means all that are found.
    pub gpus: Vec<u32>,
    /// Seconds without work after which the agent ends.
    pub idle_seconds: u64,
    /// Seconds between TERM and KILL when a foreign program is stopped.
    pub grace_seconds: u64,
}

impl Default for AgentSettings {
    fn default() -> Self {
        Self {
            cpus: 0,
            memory: 0,
            gpus: vec![],
            idle_seconds: 5,
            grace_seconds: 10,
        }
    }
}

/// What is kept of a run's surroundings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CaptureSettings {
    /// Environment variables kept with their values besides the built-in list; `*` at the end stands for any ending.
    pub env: Vec<String>,
    /// The git commit and the diff of tracked files.
    pub git: bool,
    /// Milliseconds between two points of `system/…`; 0 records none.
    pub system_ms: u64,
}

impl Default for CaptureSettings {
    fn default() -> Self {
        Self {
            env: vec![],
            git: true,
            system_ms: 2_000,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UiSettings {
    /// `auto`, or the name of a theme: dark, light, 16, mono.
    pub theme: String,
    /// `auto`, octant, braille, block or ascii; octants only by choice, as few fonts have them.
    pub charset: String,
    /// `auto`, local, ssh or slow: how often data is drawn anew.
    pub rate: String,
    /// All keys that change state are refused.
    pub read_only: bool,
    /// The metric shown first in lists of runs; empty means each run's own.
    pub metric: String,
}

impl Default for UiSettings {
    fn default() -> Self {
        Self {
            theme: "auto".into(),
            charset: "auto".into(),
            rate: "auto".into(),
            read_only: false,
            metric: String::new(),
        }
    }
}
