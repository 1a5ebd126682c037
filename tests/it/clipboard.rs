//! What leaves the screen beside its frames: copied texts, through a terminal and through a tmux, and the mouse's modes.

use std::{os::unix::fs::PermissionsExt as _, process::Command};

use crate::{
    screen::{Screen, outside_of_frames},
    seeded,
    space::{Space, eventually},
};

const NAME: &str = "run-39";

fn seeded_space() -> Space {
    let space = Space::new();
    seeded::seed(&space.store());
    space
}

/// The screen on the list of runs, the cursor on the newest.
fn listed(screen: &mut Screen) {
    screen.until(NAME);
    screen.press("1gg");
    screen.until("runs");
}

fn written(screen: &Screen) -> String {
    String::from_utf8_lossy(&screen.bytes()).into_owned()
}

#[test]
fn a_copied_name_goes_to_the_terminal_between_two_frames_and_into_a_file() {
    let space = seeded_space();
    let mut screen = Screen::start(&space, &["--fresh"]);
    listed(&mut screen);
    screen.press("yn");
    screen.until("yanked the name");
    let path = space.path("home/cache/sconce/yank.txt");
    let name = std::fs::read_to_string(&path).unwrap();
    assert!(
        screen
            .text()
            .contains(&format!("yanked the name {name} via OSC 52"))
    );
    let mode = path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    // `run-` in base64, and one piece.
    let aside = outside_of_frames(&written(&screen));
    let begins = aside
        .find("\x1b]52;c;cnVuL")
        .unwrap_or_else(|| panic!("{aside:?}"));
    assert!(aside[begins..].contains("\x1b\\"), "{aside:?}");
    screen.press("q");
    assert_eq!(screen.end(), 0);
}

#[test]
fn inside_of_tmux_a_copied_name_reaches_its_buffer_and_the_terminal_around_it() {
    let tmux = |args: &[&str]| Command::new("tmux").args(args).output();
    // A machine without tmux copies nothing through one.
    if tmux(&["-V"]).is_err() {
        return;
    }
    let space = seeded_space();
    let socket = space.path("tmux");
    let socket = socket.to_str().unwrap();
    let server = ["-S", socket, "-f", "/dev/null"];
    let sconce = env!("CARGO_BIN_EXE_sconce");
    let argv = [&["tmux"][..], &server, &["new-session", sconce, "--fresh"]].concat();
    let mut screen = Screen::of(&space, &argv);
    listed(&mut screen);
    screen.press("yn");
    screen.until("via tmux");
    let name = std::fs::read_to_string(space.path("home/cache/sconce/yank.txt")).unwrap();
    let buffer = tmux(&["-S", socket, "show-buffer"]).unwrap();
    assert_eq!(String::from_utf8_lossy(&buffer.stdout), name);
    eventually("the terminal around it has the text", || {
        written(&screen).contains("\x1b]52;")
    });
    tmux(&["-S", socket, "kill-server"]).unwrap();
    screen.end();
}

#[test]
fn the_mouse_is_told_only_where_it_was_asked_for_and_its_modes_are_undone() {
    let space = seeded_space();
    let mut screen = Screen::start(&space, &["--fresh"]);
    listed(&mut screen);
    assert!(!written(&screen).contains("?1006h"));
    screen.press(":set mouse on\r");
    screen.until("shift-drag selects text");
    eventually("the mouse is on", || {
        written(&screen).contains("\x1b[?1002h\x1b[?1006h")
    });
    // The second tab.
    screen.send(b"\x1b[<0;4;1M\x1b[<0;4;1m");
    screen.press("q");
    screen.end();
    assert!(
        screen.last_words().contains("?1006l"),
        "{}",
        screen.last_words()
    );
}
