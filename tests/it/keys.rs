//! What keys and the bytes of terminals may do to a store: lower-case keys label runs, and nothing else.

use crossterm::event::{Event as Input, KeyCode};
use ratatui::layout::Rect;
use sconce::{
    domain::time::Timestamp,
    tui::{Options, app::App, compose, effect::Effect, event::Event, keymap::Keymap},
    workspace::Workspace,
};

use crate::{
    screen::{Screen, is_same},
    seeded,
    space::Space,
};

/// Lower-case letters, digits and signs, as the bytes that a keyboard sends; + and - are what priorities are changed by.
const KEYS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789/?[](){}=^$`.,;:'_ \t\r\x1b";

/// Without Enter no question is reached, let alone answered.
#[test]
fn fifty_thousand_lower_case_keys_change_no_more_of_a_store_than_labels() {
    walk(50_000, |code| code != KeyCode::Enter);
}

#[test]
fn with_enter_lower_case_keys_change_no_more_of_a_store_than_labels() {
    walk(2_500, |_| true);
}

/// Presses keys on a screen whose work is really done, at once.
fn walk(presses: u64, is_pressed: impl Fn(KeyCode) -> bool) {
    let folder = tempfile::tempdir().unwrap();
    seeded::seed(folder.path());
    let ws = seeded::open(folder.path());
    let before = seeded::rows(folder.path());
    let mut now = Timestamp(1_790_000_000_000);
    let mut app = App::new(&Options::default(), Keymap::shipped(), (120, 40), now);
    let first = app.start();
    perform(&mut app, &ws, now, first);
    for dice in dice(presses) {
        let code = match dice % 80 {
            at @ 0..60 => match KEYS[at as usize % KEYS.len()] {
                b'\t' => KeyCode::Tab,
                b'\r' => KeyCode::Enter,
                0x1b => KeyCode::Esc,
                byte => KeyCode::Char(char::from(byte)),
            },
            60..65 => KeyCode::Enter,
            65..68 => KeyCode::Esc,
            68..74 => KeyCode::Down,
            74..76 => KeyCode::Up,
            76 => KeyCode::Left,
            77 => KeyCode::Right,
            78 => KeyCode::Backspace,
            _ => KeyCode::End,
        };
        if !is_pressed(code) {
            continue;
        }
        now.0 += 10 + (dice >> 32) as i64 % 600;
        let effects = app.handle(now, Event::Input(Input::Key(code.into())));
        perform(&mut app, &ws, now, effects);
        compose(&mut app, Rect::new(0, 0, 120, 40));
        let asked = app.ask();
        perform(&mut app, &ws, now, asked);
        // The person stays.
        app.how = None;
    }
    assert_eq!(seeded::rows(folder.path()), before);
}

fn perform(app: &mut App, ws: &Workspace, now: Timestamp, effects: Vec<Effect>) {
    for effect in effects {
        if let Some(event) = effect.perform(Ok(ws)) {
            let more = app.handle(now, event);
            perform(app, ws, now, more);
        }
    }
}

/// Numbers that look like chance and are always the same: splitmix64.
fn dice(count: u64) -> impl Iterator<Item = u64> {
    (1..=count).map(|number| {
        let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    })
}

#[test]
fn typed_at_random_in_lower_case_the_real_screen_changes_no_more_than_labels() {
    let space = Space::bare();
    seeded::seed(&space.store());
    let before = seeded::rows(&space.store());
    let mut screen = Screen::start(&space, &[]);
    screen.until("run-36");
    // None that leaves.
    let stays: Vec<u8> = KEYS.iter().copied().filter(|key| *key != b'q').collect();
    let keys: Vec<u8> = dice(1_500)
        .map(|dice| stays[dice as usize % stays.len()])
        .collect();
    for some in keys.chunks(50) {
        // Each Esc by itself: with a letter it would be another key.
        for part in some.split_inclusive(|key| *key == 0x1b) {
            screen.send(part);
        }
    }
    // An interrupt leaves the dialogs, and two in a row the screen. At once: one that comes when the screen has gone is one
    // for the shell.
    screen.send(b"\x03\x03\x03");
    assert_eq!(screen.end(), 0);
    assert_eq!(seeded::rows(&space.store()), before);
}

#[test]
fn what_a_terminal_answers_does_nothing_to_the_real_screen() {
    const REPLIES: [&str; 12] = [
        "\x1b]10;rgb:e4e4/e4e4/e4e4\x1b\\",
        "\x1b]11;rgb:1e1e/1e1e/2e2e\x07",
        "\x1b[?64;1;2;6;9;15;18;21;22c",
        "\x1b[>1;4403;0c",
        "\x1b[24;80R",
        "\x1b[?2026;2$y",
        "\x1b[?0u",
        "\x1b[8;40;120t",
        "\x1bP1$r0 q\x1b\\",
        "\x1bP>|tmux 3.3a\x1b\\",
        "\x1b_Gi=31;OK\x1b\\",
        "\x1b[I\x1b[O\x1b[I",
    ];
    let space = Space::bare();
    seeded::seed(&space.store());
    let before = seeded::rows(&space.store());
    let mut screen = Screen::start(&space, &[]);
    screen.until("run-36");
    // A key that opens each, what is to be seen then, and one that closes it.
    for (open, seen, close) in [
        ("1", "EXPERIMENT", ""),
        ("7", "queued", ""),
        ("0", "training", ""),
        ("1/", "Enter keep", "\x07"),
        ("1s", "1-9 take", "\x07"),
        ("?", "a-z search", "\x07"),
        ("1\r", "runs > ", ""),
    ] {
        screen.press(open);
        screen.until(seen);
        screen.settle();
        let before = screen.picture();
        for reply in REPLIES {
            screen.press(reply);
        }
        screen.is_as_painted_anew();
        is_same(&before, &screen.picture());
        screen.press(close);
    }
    assert_eq!(seeded::rows(&space.store()), before);
}

#[test]
fn a_paste_without_an_end_and_one_of_ten_megabytes_leave_the_keys_alive() {
    let space = Space::bare();
    seeded::seed(&space.store());
    let mut screen = Screen::start(&space, &[]);
    screen.until("run-36");
    screen.press("1/");
    screen.until("Enter keep");
    screen.press("\x1b[200~name:run-0");
    screen.until("name:run-0");
    screen.press("7");
    screen.until("name:run-07");
    screen.send(b"\x1b[200~");
    let before = screen.most_memory();
    for _ in 0..10 {
        screen.send(&vec![b'x'; 1 << 20]);
    }
    screen.send(b"\x1b[201~");
    screen.until("pasted text is too long (10.5M of 4,096 bytes)");
    assert!(screen.most_memory() < before + 100, "megabytes");
    screen.press("\x07");
    screen.until("run-36");
    screen.press("q");
    assert_eq!(screen.end(), 0);
}
