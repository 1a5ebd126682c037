//! Whole-program tests in one binary, so that the large libraries are linked once.

mod layers;
mod runs;
mod space;
mod terminal;
