//! Whole-program tests in one binary, so that the large libraries are linked once.

#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod commands;
mod layers;
mod runs;
mod space;
mod store;
mod terminal;
mod trash;
