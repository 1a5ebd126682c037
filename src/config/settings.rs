//! The settings and their defaults: `config.example.toml` says the same, and a test compares the two.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::screens::Screens;
use crate::domain::presets::Presets;

/// Everything a config file can say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub store: StoreSettings,
    pub agent: AgentSettings,
    pub capture: CaptureSettings,
    pub ui: UiSettings,
    pub term: TermSettings,
    pub a11y: AccessSettings,
    pub clipboard: ClipboardSettings,
    pub notify: NotifySettings,
    /// Keys by the name of their action: `global.stop = ["X"]`.
    pub keys: BTreeMap<String, Vec<String>>,
    pub presets: Presets,
    /// Screens by name.
    pub screen: Screens,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreSettings {
    /// The store's folder; may hold `{host}` and `{user}`. Without it: the nearest `.sconce` upward, or the XDG data folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// Days that a run or a data version stays in the trash before it is gone for good.
    pub trash_days: u32,
    /// Hours that content of the vault stays after a collection found that nothing needs it.
    pub unneeded_hours: u32,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            path: None,
            trash_days: 7,
            unneeded_hours: 24,
        }
    }
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
    /// `auto`, or the name of a theme: a shipped one, or one of a person's own.
    pub theme: String,
    /// `auto`, octant, braille, block or ascii; octants only by choice, as few fonts have them.
    pub charset: String,
    /// `auto`, local, ssh or slow: how often data is drawn anew.
    pub rate: String,
    /// All keys that change state are refused.
    pub read_only: bool,
    /// Click, wheel and drag are the screen's; with shift the terminal selects text as before.
    pub mouse: bool,
    /// The metric shown first in lists of runs; empty means each run's own.
    pub metric: String,
    /// Columns of lists of runs: fields, metrics, parameters; empty means the usual ones.
    pub columns: Vec<String>,
}

impl Default for UiSettings {
    fn default() -> Self {
        Self {
            theme: "auto".into(),
            charset: "auto".into(),
            rate: "auto".into(),
            read_only: false,
            mouse: false,
            metric: String::new(),
            columns: vec![],
        }
    }
}

/// What the terminal does that it does not say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TermSettings {
    /// The columns of a character whose width East Asian and other fonts disagree about: 1 or 2.
    pub ambiguous: u8,
}

impl Default for TermSettings {
    fn default() -> Self {
        Self { ambiguous: 1 }
    }
}

/// How the screen is made easier to follow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessSettings {
    /// The terminal's cursor stands on the focused row or field.
    pub cursor_follows_focus: bool,
    /// The status line says what the focus is on.
    pub announce: bool,
    /// full, reduced or none: how much may move by itself.
    pub motion: String,
}

impl Default for AccessSettings {
    fn default() -> Self {
        Self {
            cursor_follows_focus: false,
            announce: false,
            motion: "full".into(),
        }
    }
}

/// Where copied texts go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClipboardSettings {
    /// auto, tmux, osc52, file or none.
    pub route: String,
}

impl Default for ClipboardSettings {
    fn default() -> Self {
        Self {
            route: "auto".into(),
        }
    }
}

/// How a person is called who may look elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NotifySettings {
    /// bell, osc9 or none.
    pub route: String,
}

impl Default for NotifySettings {
    fn default() -> Self {
        Self {
            route: "bell".into(),
        }
    }
}
