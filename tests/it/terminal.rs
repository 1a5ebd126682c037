//! The screen in a pseudo-terminal: the real binary, real keys, a terminal that goes away.

use std::process::Command;

use crate::{
    screen::{Screen, is_same, outside_of_frames},
    seeded,
    space::{Space, eventually},
};

/// What the screen says when it takes the terminal, and when it gives it back.
const TAKEN: &str = "\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[?1004h";
const GIVEN_BACK: &str = "\x1b[?2026l\x1b[0m\x1b[?1004l\x1b[?2004l\x1b[?25h\x1b[?1049l";

#[test]
fn runs_finish_when_the_terminal_goes_away_and_a_new_screen_shows_them_whole() {
    let space = Space::new();
    let terminal = Screen::start(&space, &["demo"]);
    terminal.until("training");
    let mut screen = terminal.hang_up();
    let mut code = None;
    eventually("the screen has ended", || {
        code = screen.try_wait().unwrap();
        code.is_some()
    });
    assert_eq!(code.unwrap().exit_code(), 129);
    let demo = space.path("home/data/sconce/demo");
    let demo = demo.to_str().unwrap();
    let rows = space.json(&["--store", demo, "runs"])["rows"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(rows.len(), 10);
    let (long, others): (Vec<_>, Vec<_>) = rows
        .iter()
        .partition(|row| row["note"].as_str().unwrap().starts_with("long"));
    let name = |row: &serde_json::Value| row["name"].as_str().unwrap().to_owned();
    let [long] = long[..] else {
        panic!("one is long: {rows:?}");
    };
    space.ok(&["--store", demo, "runs", "stop", &name(long)]);
    space.run(&["--store", demo, "runs", "wait", &name(long)]);
    for row in others {
        space.ok(&["--store", demo, "runs", "wait", &name(row)]);
    }
    let mut terminal = Screen::start(&space, &["demo"]);
    // The list names every state; which run the bench shows first is its own choice.
    terminal.press("1");
    terminal.until("done");
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
    let again = space.json(&["--store", demo, "runs"])["rows"].clone();
    assert_eq!(again.as_array().unwrap().len(), 10, "it was only opened");
}

#[test]
fn however_it_ends_the_terminal_is_left_as_it_was_found_and_every_frame_is_whole() {
    for (signal, code) in [(None, 0), (Some("TERM"), 143), (Some("INT"), 130)] {
        let space = seeded_space();
        let mut screen = Screen::start(&space, &[]);
        screen.until("run-36");
        eventually("it takes keys one by one", || {
            !screen.modes().contains("ICANON")
        });
        for key in ["1", "j", "\r", "l", "\x1b", "2", "7", "0"] {
            screen.press(key);
        }
        screen.until("training");
        match signal {
            None => screen.press("q"),
            Some(signal) => kill(signal, screen.child.process_id().unwrap()),
        }
        assert_eq!(screen.end(), code, "{signal:?}");
        for mode in ["ICANON", "ECHO", "ISIG", "ICRNL", "OPOST"] {
            assert!(screen.modes().contains(mode), "{mode}");
        }
        let said = screen.last_words();
        assert_eq!(outside_of_frames(&said), TAKEN.to_owned() + GIVEN_BACK);
        assert!(!screen.is_up());
    }
}

/// The other tests look through one library's eyes; another's must see the same.
#[test]
fn terminals_that_others_wrote_agree_on_what_is_shown() {
    let space = seeded_space();
    let mut screen = Screen::start(&space, &["--fresh"]);
    screen.until("run-36");
    let mut other = avt::Terminal::new(120, 40).unwrap();
    let mut fed = 0;
    for keys in [
        "1", "G", "\r", "\t", "q", "w", "q", "?", "\x07", "2", "\x10",
    ] {
        screen.press(keys);
        screen.settle();
        let bytes = screen.bytes();
        other.feed(str::from_utf8(&bytes[fed..]).unwrap());
        fed = bytes.len();
        let shown = other.screen();
        let text = screen.text();
        let ours: Vec<&str> = text.lines().collect();
        for row in 0..40 {
            let theirs = shown.line(row).unwrap().text();
            let ours = ours.get(row).unwrap_or(&"");
            assert_eq!(theirs.trim_end(), ours.trim_end(), "{keys:?}, row {row}");
        }
    }
    screen.press("\x07");
    screen.press("q");
    assert_eq!(screen.end(), 0);
}

#[test]
fn a_terminal_that_changes_its_size_all_the_time_shows_the_last_one_whole() {
    let space = seeded_space();
    let mut screen = Screen::start(&space, &[]);
    screen.until("run-36");
    screen.press("1");
    screen.until("EXPERIMENT");
    for i in 0..200 {
        let (width, height) = (40 + (i * 37) % 160, 10 + (i * 13) % 50);
        screen.resize(width, height);
        // There and back again: what was cut off is not there any more.
        if i % 3 == 0 {
            screen.resize(41, 11);
            screen.resize(width, height);
        }
    }
    for (width, height) in [(100, 30), (60, 12), (100, 30)] {
        screen.resize(width, height);
    }
    screen.until("Enter open");
    screen.press("j");
    screen.until("run-36");
    screen.is_as_painted_anew();
    assert_eq!(screen.blank_frames(), 0);
}

#[test]
fn a_screen_that_is_suspended_gives_the_terminal_to_the_shell_and_fg_brings_it_back() {
    let space = seeded_space();
    let mut shell = shell(&space);
    shell.press("sconce\r");
    shell.until("run-36");
    assert!(shell.is_up());
    for _ in 0..2 {
        shell.press("\x1a");
        shell.until("Stopped");
        assert!(!shell.is_up());
        shell.press("echo $((6 * 7))\r");
        shell.until("42");
        shell.press("clear; fg\r");
        eventually("it is back", || shell.is_up());
        shell.until("run-36");
        shell.is_as_painted_anew();
    }
    shell.press("q");
    eventually("it has left", || !shell.is_up());
    // What is typed before the shell asks for it is thrown away with the late answers.
    eventually("the shell asks", || shell.text().trim_end().ends_with('>'));
    shell.press("echo end $?\r");
    shell.until("end 0");
}

#[test]
fn what_a_terminal_answers_late_is_not_typed_into_the_shell() {
    let space = seeded_space();
    let mut shell = shell(&space);
    shell.press("sconce\r");
    shell.until("run-36");
    shell.press("q\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\\x1b[?64;1;2c\x1b[24;80R");
    eventually("it has left", || !shell.is_up());
    // What is typed before the shell asks for it is thrown away with the late answers.
    eventually("the shell asks", || shell.text().trim_end().ends_with('>'));
    shell.press("echo end $?\r");
    shell.until("end 0");
    assert!(!shell.text().contains("1e1e") && !shell.text().contains("64;"));
}

#[test]
fn a_screen_whose_terminal_dies_ends_though_nobody_sends_it_a_signal() {
    let space = seeded_space();
    // The shell leads the session and is deaf to the signal, and its children are not told.
    let script = r#"trap "" HUP; $0; echo $? > ended"#;
    let shell = Screen::of(
        &space,
        &["/bin/sh", "-c", script, env!("CARGO_BIN_EXE_sconce")],
    );
    shell.until("run-36");
    let _shell = shell.hang_up();
    let ended = space.path("work/ended");
    eventually("the screen has ended", || {
        std::fs::read_to_string(&ended).is_ok_and(|code| code.trim() == "129")
    });
}

#[test]
fn what_others_print_goes_to_the_log_and_not_on_the_screen() {
    let space = seeded_space();
    let mut screen = Screen::start(&space, &[]);
    screen.until("run-36");
    screen.settle();
    let before = screen.picture();
    for fd in [1, 2] {
        let output = screen.process().join(format!("fd/{fd}"));
        let output = std::fs::File::options().append(true).open(output);
        std::io::Write::write_all(&mut output.unwrap(), b"a library speaks\n").unwrap();
    }
    screen.is_as_painted_anew();
    is_same(&before, &screen.picture());
    let log = space.path("home/state/sconce/screen.log");
    let log = std::fs::read_to_string(log).unwrap();
    assert_eq!(log, "a library speaks\n".repeat(2));
}

#[test]
fn without_a_terminal_the_screen_says_what_to_do() {
    let space = Space::new();
    let answer = space.run(&[]);
    assert_eq!(answer.code, Some(2));
    assert!(
        answer.err.contains("terminal") && answer.err.contains("hint"),
        "{}",
        answer.err
    );
}

fn seeded_space() -> Space {
    let space = Space::bare();
    seeded::seed(&space.store());
    space
}

/// A shell with job control, that knows the program.
fn shell(space: &Space) -> Screen {
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_sconce"));
    let folder = binary.parent().unwrap().display();
    let mut shell = Screen::of(space, &["/bin/bash", "--norc", "--noprofile", "-i"]);
    shell.press(&format!("PS1='> ' PATH={folder}:$PATH; clear\r"));
    shell.until("> ");
    shell
}

fn kill(signal: &str, pid: u32) {
    let status = Command::new("kill")
        .args(["-s", signal, &pid.to_string()])
        .status();
    assert!(status.unwrap().success());
}
