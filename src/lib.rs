#![doc = include_str!("../ARCHITECTURE.md")]

pub mod domain;
pub mod stats;

pub mod config;
pub mod store;
pub mod vault;

pub mod data;
pub mod train;

pub mod workspace;

pub mod jobs;
pub mod ops;

pub mod agent;
pub mod cli;
pub mod tui;
