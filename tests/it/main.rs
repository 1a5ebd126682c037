//! Whole-program tests in one binary, so that the large libraries are linked once.

#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod clipboard;
mod colours;
mod commands;
mod data;
mod data_content;
mod data_remote;
mod data_screen;
mod keys;
mod layers;
mod link;
mod lists;
mod runs;
mod screen;
mod seeded;
mod space;
mod store;
mod terminal;
mod trash;
