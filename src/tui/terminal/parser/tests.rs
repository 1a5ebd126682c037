use crossterm::event::{KeyEventKind, MouseButton, MouseEventKind};
use proptest::prelude::*;

use super::*;
use crate::tui::chord::Chord;

/// What terminals send without being keys.
pub const REPLIES: [&str; 20] = [
    "\x1b]10;rgb:e4e4/e4e4/e4e4\x1b\\",
    "\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
    "\x1b]11;rgb:1e1e/1e1e/2e2e\x07",
    "\x1b]4;1;rgb:cdcd/0000/0000\x07",
    "\x1b]52;c;cm0gLXJmIC8=\x07",
    "\x1b]lqXy! title\x1b\\",
    "\x1b[?64;1;2;6;9;15;18;21;22c",
    "\x1b[?1;2c",
    "\x1b[>1;4403;0c",
    "\x1b[=0;0c",
    "\x1b[24;80R",
    "\x1b[?24;80R",
    "\x1b[?2026;2$y",
    "\x1b[4;1$y",
    "\x1b[?0u",
    "\x1b[8;40;120t",
    "\x1bP1$r0 q\x1b\\",
    "\x1bP>|tmux 3.3a\x1b\\",
    "\x1b_Gi=31;OK\x1b\\",
    "\x1b[<35;12;7M",
];

fn keys(inputs: &[Input]) -> String {
    let key = |input: &Input| match input {
        Input::Key(event) => Chord::from(*event).to_string(),
        Input::Paste(text) => format!("paste({text})"),
        other => format!("{other:?}"),
    };
    inputs.iter().map(key).collect::<Vec<_>>().join(" ")
}

/// What comes of parts with a long silence between them.
fn said(parts: &[&str]) -> String {
    let mut parser = Parser::default();
    let mut inputs = vec![];
    for part in parts {
        inputs.extend(parser.feed(part.as_bytes()));
        inputs.extend(
            parser
                .patience()
                .map(|_| parser.quiet())
                .into_iter()
                .flatten(),
        );
    }
    keys(&inputs)
}

#[test]
fn every_key_has_its_bytes() {
    for (bytes, wanted) in [
        ("jX é漢😀", "j X space é 漢 😀"),
        ("\r\n\t\x7f", "enter enter tab backspace"),
        (
            "\x01\x03\x1a\x1c\0",
            "ctrl-a ctrl-c ctrl-z ctrl-4 ctrl-space",
        ),
        ("\x1b[A\x1bOA\x1b[1;5A", "up up ctrl-up"),
        ("\x1b[B\x1b[C\x1b[D\x1b[H\x1b[F", "down right left home end"),
        (
            "\x1b[5~\x1b[6~\x1b[3~\x1b[2~",
            "pageup pagedown delete insert",
        ),
        ("\x1b[1~\x1b[4~\x1b[7~\x1b[8~", "home end home end"),
        ("\x1b[3;5~\x1b[Z\x1bOM", "ctrl-delete backtab enter"),
        ("\x1b[106;5u\x1b[27u\x1b[27;5;106~", "ctrl-j esc ctrl-j"),
        ("\x1b[57358u", ""),
        ("\x1bj\x1b\r", "alt-j alt-enter"),
        ("\x1b[I\x1b[O", "FocusGained FocusLost"),
        ("\x1b", "esc"),
        ("\x1b\x1b", "esc esc"),
        ("\x1b\x1b[A", "esc up"),
        ("\x1b[200~a\x1b[31mb\r\x1b[201~j", "paste(a\x1b[31mb\r) j"),
        ("\x1b[200~\x1b[201~j", "j"),
        ("\x1b[201~\x1b[[A\x1b[M !!j", "j"),
        ("\u{80}\u{9b}", "\u{80} \u{9b}"),
    ] {
        assert_eq!(said(&[bytes]), wanted, "{bytes:?}");
    }
}

#[test]
fn the_mouse_is_told_by_buttons_column_and_row() {
    use MouseEventKind::{Down, Drag, ScrollDown, ScrollUp, Up};
    let left = MouseButton::Left;
    let cases = [
        ("\x1b[<0;1;1M", Some((Down(left), 0, 0))),
        ("\x1b[<0;300;200m", Some((Up(left), 299, 199))),
        ("\x1b[<32;5;6M", Some((Drag(left), 4, 5))),
        ("\x1b[<2;5;6M", Some((Down(MouseButton::Right), 4, 5))),
        ("\x1b[<64;5;6M", Some((ScrollUp, 4, 5))),
        ("\x1b[<65;5;6M", Some((ScrollDown, 4, 5))),
        ("\x1b[<35;5;6M", None),
        ("\x1b[<0;0;6M", None),
        ("\x1b[<0;99999;6M", None),
        ("\x1b[<0;5M", None),
    ];
    for (bytes, wanted) in cases {
        let inputs = Parser::default().feed(bytes.as_bytes());
        let told = inputs.into_iter().map(|input| match input {
            Input::Mouse(event) => (event.kind, event.column, event.row),
            other => panic!("{other:?}"),
        });
        assert_eq!(
            told.collect::<Vec<_>>(),
            Vec::from_iter(wanted),
            "{bytes:?}"
        );
    }
}

#[test]
fn what_a_terminal_answers_is_no_key_wherever_it_is_cut() {
    for reply in REPLIES {
        for at in 0..reply.len() {
            let mut parser = Parser::default();
            let mut inputs = parser.feed(&reply.as_bytes()[..at]);
            inputs.extend(parser.feed(&reply.as_bytes()[at..]));
            assert!(inputs.is_empty(), "{reply:?} at {at}: {}", keys(&inputs));
            assert!(parser.patience().is_none(), "{reply:?}");
            assert_eq!(keys(&parser.feed(b"j")), "j", "{reply:?}");
        }
    }
}

#[test]
fn an_answer_that_is_held_up_on_its_way_is_still_no_key() {
    for reply in REPLIES {
        for at in 2..reply.len() {
            let mut parser = Parser::default();
            let inputs = parser.feed(&reply.as_bytes()[..at]);
            assert!(
                inputs.is_empty() && Some(ESCAPE_ALONE) < parser.patience()
                    || reply.as_bytes()[at] == b'\\'
            );
        }
    }
}

#[test]
fn what_breaks_off_locks_nobody_out() {
    for (parts, wanted) in [
        (vec!["\x1b]11;rgb:1e", "j"], "j"),
        (vec!["\x1b]11;rgb:1e\x03"], "ctrl-c"),
        (vec!["\x1b]11;rgb:1e\x1b[A"], "up"),
        (vec!["\x1b[?2026", "j"], "j"),
        (vec!["\x1b[12\x03"], "ctrl-c"),
        (vec!["\x1b]", "j"], "alt-] j"),
        (vec!["\x1b[", "j"], "alt-[ j"),
        (vec!["\x1bO", "j"], "alt-O j"),
        (vec!["\x1b[M", "j"], "j"),
        (vec!["\u{e9}"], "é"),
    ] {
        assert_eq!(said(&parts), wanted, "{parts:?}");
    }
    let mut parser = Parser::default();
    assert_eq!(keys(&parser.feed(b"\xe6\xbcj\xff\xc3(")), "j (");
}

#[test]
fn a_paste_whose_end_is_lost_is_taken_and_the_next_key_is_a_key() {
    assert_eq!(said(&["\x1b[200~one", "j", "k"]), "paste(one) j k");
    assert_eq!(said(&["\x1b[200~one", "\x1b", "j"]), "paste(one) esc j");
    assert_eq!(said(&["\x1b[200~one", "\x1b[A", "j"]), "paste(one) up j");
    // It only was slow: none of it is typed.
    assert_eq!(
        said(&["\x1b[200~one", "Xy two", "\x1b[201~", "j"]),
        "paste(one) paste(Xy two) j"
    );
}

#[test]
fn a_paste_of_any_size_is_bounded() {
    let mut parser = Parser::default();
    parser.feed(b"\x1b[200~");
    let part = vec![b'x'; 1 << 20];
    for _ in 0..20 {
        assert!(parser.feed(&part).is_empty());
    }
    let inputs = parser.feed(b"\x1b[201~j");
    let [Input::Paste(text), Input::Key(_)] = &inputs[..] else {
        panic!("{inputs:?}");
    };
    assert_eq!(text.len(), LONGEST_PASTE);
}

#[test]
fn a_key_that_is_let_go_says_so() {
    let inputs = Parser::default().feed(b"\x1b[106;1:3u\x1b[1;1:2B");
    let [Input::Key(first), Input::Key(second)] = inputs[..] else {
        panic!("{inputs:?}");
    };
    assert_eq!(
        (first.kind, second.kind),
        (KeyEventKind::Release, KeyEventKind::Repeat)
    );
}

proptest! {
    #[test]
    fn however_bytes_are_cut_they_mean_the_same(parts in proptest::collection::vec(proptest::collection::vec(prop_oneof![any::<u8>(), proptest::sample::select(b"\x1b[]OP_0123;?$~\\\x07uRcMA".to_vec())], 0..12), 0..8)) {
        let whole = Parser::default().feed(&parts.concat());
        let mut parser = Parser::default();
        let cut: Vec<Input> = parts.iter().flat_map(|part| parser.feed(part)).collect();
        prop_assert_eq!(whole, cut);
        // And a key is a key again after a silence or two, in a paste as well.
        while parser.patience().is_some() {
            parser.quiet();
        }
        prop_assert_eq!(keys(&parser.feed(b"j")), "j");
    }
}
