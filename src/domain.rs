//! The nouns of Sconce, their states and their rules.
//!
//! Nothing here reads a file, a clock or the environment: every function is a pure one over values that the
//! rooms above pass in. That makes this the room where rules are tested as tables and laws.

pub mod actors;
pub mod audit;
pub mod control;
pub mod datasets;
pub mod diff;
pub mod disks;
pub mod events;
pub mod evidence;
pub mod filter;
pub mod fuzzy;
pub mod hashes;
pub mod ids;
pub mod jobs;
pub mod metrics;
pub mod presets;
pub mod records;
pub mod remotes;
pub mod runs;
pub mod schemas;
pub mod series;
pub mod teletype;
pub mod text;
pub mod time;
pub mod wording;
