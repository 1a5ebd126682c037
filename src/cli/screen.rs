//! `sconce` alone: the screen.

use std::{
    io::{IsTerminal as _, stdin, stdout},
    sync::Arc,
};

use super::{Answer, DONE, open, open::Context};
use crate::{
    config::Loaded,
    ops::{Error, Kind},
    tui,
};

pub fn run(context: &Context) -> Answer {
    let loaded = context.config()?;
    let root = context.store(&loaded)?.path;
    open(context, loaded, root, false)
}

/// Is there a terminal to draw on and to read keys from?
pub fn has_terminal() -> bool {
    stdin().is_terminal() && stdout().is_terminal()
}

/// Opens the screen on a store.
pub fn open(context: &Context, loaded: Loaded, root: std::path::PathBuf, is_demo: bool) -> Answer {
    if !has_terminal() || context.out.is_json() {
        let error = Error::new(Kind::Environment, "the screen needs a terminal to draw on");
        let hint = "in scripts use the commands: `sconce runs`, `sconce view NAME --plain`, `sconce watch RUN`";
        return Err(error.hint(hint).into());
    }
    let options = tui::Options::new(&loaded, is_demo);
    let ended = tui::run(Arc::new(move || open::open(&loaded, root.clone())), options)?;
    for line in ended.lines {
        context.out.line(line)?;
    }
    Ok(if ended.signal == 0 {
        DONE
    } else {
        128 + ended.signal
    })
}
