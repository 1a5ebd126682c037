//! What the person set: layers of files, presets, keys, and the places where things are kept.
//!
//! Only this room reads the environment. Rooms above are handed a [`Config`] and [`Places`].

mod settings;

pub use settings::{AgentSettings, CaptureSettings, Config, StoreSettings, UiSettings};
