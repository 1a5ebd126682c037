//! The arrows between the rooms of ARCHITECTURE.md, as a test.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The rooms in order: each may use those before it.
const ROOMS: [&str; 13] = [
    "domain",
    "stats",
    "config",
    "store",
    "vault",
    "data",
    "train",
    "workspace",
    "jobs",
    "ops",
    "agent",
    "tui",
    "cli",
];

/// Front ends, which never reach past `ops` into these.
const FRONT_ENDS: [&str; 3] = ["agent", "tui", "cli"];
const BEHIND_OPS: [&str; 2] = ["store", "vault"];

/// A library and the one room that may name it.
const HOMES: [(&str, &str); 12] = [
    ("rusqlite", "store"),
    ("pco", "store"),
    ("fastcdc", "vault"),
    ("object_store", "vault"),
    ("polars", "data"),
    ("polars_parquet", "data"),
    ("candle_core", "train"),
    ("ratatui", "tui"),
    ("crossterm", "tui"),
    ("clap", "cli"),
    ("directories", "config"),
    ("nucleo_matcher", "domain"),
];

#[test]
fn no_arrow_between_rooms_runs_up() {
    let wrong: Vec<String> = sources(Path::new("src"))
        .iter()
        .flat_map(|file| wrong_arrows(file))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_arrow_that_runs_up_is_found() {
    let found = |room, text| arrows_of(room, text).len();
    assert_eq!(found("domain", "use crate::store;"), 1);
    assert_eq!(found("store", "use crate::{domain::ids, ops::runs};"), 1);
    assert_eq!(found("tui", "let x = crate::store::runs::get();"), 1);
    assert_eq!(
        found("data", "use polars::prelude::*;\nuse crate::domain::ids;"),
        0
    );
    assert_eq!(found("ops", "use rusqlite::Connection;"), 1);
    assert_eq!(found("ops", "//! crate::tui is only spoken of here"), 0);
}

#[test]
fn unsafe_code_is_allowed_in_the_kernels_alone() {
    let lifted: Vec<PathBuf> = sources(Path::new("src"))
        .into_iter()
        .filter(|file| {
            fs::read_to_string(file)
                .unwrap()
                .contains("expect(unsafe_code")
                || fs::read_to_string(file)
                    .unwrap()
                    .contains("allow(unsafe_code")
        })
        .filter(|file| {
            !file.starts_with("src/train/kernels") && file != Path::new("src/train/kernels.rs")
        })
        .collect();
    assert_eq!(lifted, Vec::<PathBuf>::new());
}

#[test]
fn operations_known_to_lose_gradients_are_not_used() {
    const WRONG: [&str; 6] = [
        "candle_nn",
        ".max_pool2d",
        "softmax_last_dim",
        "layer_norm(",
        "rms_norm(",
        ".set_seed(",
    ];
    for file in sources(Path::new("src/train")) {
        let text = code(&fs::read_to_string(&file).unwrap());
        for name in WRONG {
            assert!(!text.contains(name), "{}: {name}", file.display());
        }
    }
}

fn wrong_arrows(file: &Path) -> Vec<String> {
    let room = room_of(file);
    let text = fs::read_to_string(file).unwrap();
    arrows_of(&room, &text)
        .into_iter()
        .map(|arrow| format!("{}: {arrow}", file.display()))
        .collect()
}

fn arrows_of(room: &str, text: &str) -> Vec<String> {
    let Some(rank) = ROOMS.iter().position(|name| *name == room) else {
        return vec![];
    };
    let text = code(text);
    let mut wrong = vec![];
    for (above, other) in ROOMS.iter().enumerate() {
        let is_up = rank < above || (FRONT_ENDS.contains(&room) && BEHIND_OPS.contains(other));
        if is_up && uses(&text, other) {
            wrong.push(format!("{room} must not use {other}"));
        }
    }
    for (library, home) in HOMES {
        if room != home && text.contains(&format!("{library}::")) {
            wrong.push(format!("only {home} may name {library}"));
        }
    }
    wrong
}

/// Does the code name a room, as a path or inside the braces of a `use`?
fn uses(text: &str, room: &str) -> bool {
    let in_path = text
        .match_indices(&format!("crate::{room}"))
        .any(|(at, found)| ends_a_word(&text[at + found.len()..]));
    let in_braces = text.split("crate::{").skip(1).any(|rest| {
        let group = top_level(rest);
        group
            .iter()
            .any(|part| part.trim().strip_prefix(room).is_some_and(ends_a_word))
    });
    in_path || in_braces
}

fn ends_a_word(rest: &str) -> bool {
    !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// The parts of a brace group, split at its own commas.
fn top_level(text: &str) -> Vec<String> {
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for c in text.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(c);
    }
    parts
}

/// The text without its comments.
fn code(text: &str) -> String {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn room_of(file: &Path) -> String {
    let first = file
        .strip_prefix("src")
        .unwrap()
        .components()
        .next()
        .unwrap();
    first
        .as_os_str()
        .to_string_lossy()
        .trim_end_matches(".rs")
        .to_owned()
}

fn sources(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => sources(&path),
            false => vec![path],
        })
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .collect()
}
