//! From the bytes of a terminal to keys, pastes and focus. What a terminal answers to questions, ours or those of a
//! program before us, is told from keys by its form and is nobody's; it is never typed, however it is cut.
//!
//! The forms are those of ECMA-48 with the keys of xterm; see <https://invisible-island.net/xterm/ctlseqs/ctlseqs.html>.

use std::time::Duration;

use crossterm::event::{
    Event as Input, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent,
    MouseEventKind,
};

const ESCAPE: u8 = 0x1b;
const BELL: u8 = 0x07;
/// What ends a paste.
const PASTE_END: &[u8] = b"\x1b[201~";
/// The part of a paste that is kept, in bytes: more than any input takes, less than hurts.
const LONGEST_PASTE: usize = 16 << 20;
/// More than any key or answer has between its introducer and its last letter.
const LONGEST_CONTROL: usize = 64;
/// An escape with nothing after it for so long was the key.
const ESCAPE_ALONE: Duration = Duration::from_millis(50);
/// What was begun and does not go on for so long will not: a link may lose a packet on the way.
const BROKEN_OFF: Duration = Duration::from_secs(1);

/// Takes bytes as they come, cut anywhere.
#[derive(Debug, Default)]
pub struct Parser {
    state: State,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Ground,
    /// The first bytes of a character.
    Character(Vec<u8>),
    /// An escape.
    Escape,
    /// An escape and a letter that begins a text, or that was pressed with Alt.
    Introduced(u8),
    /// `ESC [` and its parameters.
    Control(Vec<u8>),
    /// The text of an answer, to its end: it is not kept.
    Text {
        is_escaped: bool,
    },
    /// So many bytes more belong to what was seen.
    Skip(u8),
    Paste(Paste),
}

#[derive(Debug, Default)]
struct Paste {
    text: Vec<u8>,
    /// So many bytes of the end have come.
    ending: usize,
    /// It was handed over as far as it came, and its end is still awaited.
    is_overdue: bool,
}

impl Parser {
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Input> {
        if let Some(key) = self.key_after_broken_paste(bytes) {
            return vec![key];
        }
        let mut inputs = vec![];
        for byte in bytes {
            self.byte(*byte, &mut inputs);
        }
        inputs
    }

    /// How long to wait for what follows; `None` when nothing was begun.
    pub fn patience(&self) -> Option<Duration> {
        match &self.state {
            State::Ground => None,
            State::Escape => Some(ESCAPE_ALONE),
            State::Paste(paste) if paste.is_overdue && paste.text.is_empty() => None,
            _ => Some(BROKEN_OFF),
        }
    }

    /// Nothing has followed within the patience.
    pub fn quiet(&mut self) -> Vec<Input> {
        match std::mem::take(&mut self.state) {
            State::Escape => vec![key(KeyCode::Esc)],
            State::Introduced(letter) => vec![with_alt(letter)],
            State::Control(sent) if sent.is_empty() => vec![with_alt(b'[')],
            State::Paste(mut paste) => {
                let text = std::mem::take(&mut paste.text);
                paste.is_overdue = true;
                self.state = State::Paste(paste);
                pasted(&text)
            }
            _ => vec![],
        }
    }

    /// The end of a paste was lost: what comes in bulk is still a part of it, and a key alone is a key.
    fn key_after_broken_paste(&mut self, bytes: &[u8]) -> Option<Input> {
        let State::Paste(paste) = &self.state else {
            return None;
        };
        if !paste.is_overdue || 0 < paste.ending || !paste.text.is_empty() {
            return None;
        }
        let mut alone = Self::default();
        let mut inputs = alone.feed(bytes);
        if let State::Escape = alone.state {
            inputs.extend(alone.quiet());
        }
        let [Input::Key(_)] = inputs[..] else {
            return None;
        };
        self.state = alone.state;
        inputs.pop()
    }

    fn byte(&mut self, byte: u8, inputs: &mut Vec<Input>) {
        match std::mem::take(&mut self.state) {
            State::Ground => self.ground(byte, inputs),
            State::Character(mut bytes) => {
                if byte & 0xc0 != 0x80 {
                    return self.ground(byte, inputs);
                }
                bytes.push(byte);
                match std::str::from_utf8(&bytes) {
                    Ok(text) => inputs.extend(text.chars().map(|c| key(KeyCode::Char(c)))),
                    Err(error) if error.error_len().is_none() => {
                        self.state = State::Character(bytes);
                    }
                    Err(_) => {}
                }
            }
            State::Escape => self.escaped(byte, inputs),
            State::Introduced(b'O') => match (byte, cursor_key(byte)) {
                (ESCAPE, _) => self.state = State::Escape,
                (b'M', _) => inputs.push(key(KeyCode::Enter)),
                (_, code) => inputs.extend(code.map(key)),
            },
            State::Introduced(_) => self.text(byte, false, inputs),
            State::Text { is_escaped } => self.text(byte, is_escaped, inputs),
            State::Control(sent) => self.control(sent, byte, inputs),
            State::Skip(more) => {
                if 1 < more {
                    self.state = State::Skip(more - 1);
                }
            }
            State::Paste(paste) => self.paste(paste, byte, inputs),
        }
    }

    fn ground(&mut self, byte: u8, inputs: &mut Vec<Input>) {
        match byte {
            ESCAPE => self.state = State::Escape,
            0xc2..=0xf4 => self.state = State::Character(vec![byte]),
            _ => inputs.extend(plain(byte).map(Input::Key)),
        }
    }

    fn escaped(&mut self, byte: u8, inputs: &mut Vec<Input>) {
        match byte {
            ESCAPE => {
                inputs.push(key(KeyCode::Esc));
                self.state = State::Escape;
            }
            b'[' => self.state = State::Control(vec![]),
            b'O' | b']' | b'P' | b'X' | b'^' | b'_' => self.state = State::Introduced(byte),
            0x80.. => self.ground(byte, inputs),
            _ => inputs.push(with_alt(byte)),
        }
    }

    /// A text runs to a bell or to `ESC \`. A control key ends it too and is pressed, so that nobody is locked out.
    fn text(&mut self, byte: u8, is_escaped: bool, inputs: &mut Vec<Input>) {
        match byte {
            b'\\' if is_escaped => {}
            _ if is_escaped => self.escaped(byte, inputs),
            BELL => {}
            ESCAPE => self.state = State::Text { is_escaped: true },
            ..0x20 => self.ground(byte, inputs),
            _ => self.state = State::Text { is_escaped: false },
        }
    }

    fn control(&mut self, mut sent: Vec<u8>, byte: u8, inputs: &mut Vec<Input>) {
        match byte {
            0x20..=0x3f => {
                if sent.len() < LONGEST_CONTROL {
                    sent.push(byte);
                }
                self.state = State::Control(sent);
            }
            // The function keys of the Linux console, and the mouse of X10, say more after their letter.
            b'[' if sent.is_empty() => self.state = State::Skip(1),
            b'M' if sent.is_empty() => self.state = State::Skip(3),
            b'~' if sent == b"200" => self.state = State::Paste(Paste::default()),
            0x40..=0x7e => inputs.extend(meaning(&sent, byte)),
            _ => self.ground(byte, inputs),
        }
    }

    fn paste(&mut self, mut paste: Paste, byte: u8, inputs: &mut Vec<Input>) {
        if byte == PASTE_END[paste.ending] {
            paste.ending += 1;
        } else {
            let begun = std::mem::take(&mut paste.ending);
            paste.keep(&PASTE_END[..begun]);
            if byte == ESCAPE {
                paste.ending = 1;
            } else {
                paste.keep(&[byte]);
            }
        }
        if paste.ending < PASTE_END.len() {
            self.state = State::Paste(paste);
        } else if !paste.is_overdue || !paste.text.is_empty() {
            inputs.extend(pasted(&paste.text));
        }
    }
}

impl Paste {
    fn keep(&mut self, bytes: &[u8]) {
        let room = LONGEST_PASTE - self.text.len();
        self.text.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

/// Nothing pasted is nothing that happened.
fn pasted(text: &[u8]) -> Vec<Input> {
    if text.is_empty() {
        return vec![];
    }
    vec![Input::Paste(String::from_utf8_lossy(text).into_owned())]
}

fn key(code: KeyCode) -> Input {
    Input::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

fn with_alt(byte: u8) -> Input {
    let mut pressed = plain(byte).unwrap_or_else(|| KeyCode::Esc.into());
    pressed.modifiers |= KeyModifiers::ALT;
    Input::Key(pressed)
}

/// The key of one byte of ASCII.
fn plain(byte: u8) -> Option<KeyEvent> {
    let ctrl = |c: u8| KeyEvent::new(KeyCode::Char(char::from(c)), KeyModifiers::CONTROL);
    Some(match byte {
        b'\r' | b'\n' => KeyCode::Enter.into(),
        b'\t' => KeyCode::Tab.into(),
        0x7f => KeyCode::Backspace.into(),
        0 => ctrl(b' '),
        0x01..=0x1a => ctrl(byte - 1 + b'a'),
        0x1c..=0x1f => ctrl(byte - 0x1c + b'4'),
        0x20..0x7f => KeyCode::Char(char::from(byte)).into(),
        _ => return None,
    })
}

fn cursor_key(letter: u8) -> Option<KeyCode> {
    Some(match letter {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'H' => KeyCode::Home,
        b'F' => KeyCode::End,
        b'P' => KeyCode::F(1),
        b'Q' => KeyCode::F(2),
        b'S' => KeyCode::F(4),
        _ => return None,
    })
}

fn numbered_key(number: u32) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        _ => return None,
    })
}

/// The key of a number that a terminal gives to a character.
fn coded_key(code: u32) -> Option<KeyCode> {
    Some(match code {
        9 => KeyCode::Tab,
        13 => KeyCode::Enter,
        27 => KeyCode::Esc,
        127 => KeyCode::Backspace,
        // The private use area holds keys for which nothing here is bound.
        0xe000..=0xf8ff => return None,
        code => KeyCode::Char(char::from_u32(code).filter(|c| !c.is_control())?),
    })
}

/// What a control sequence says that came whole; nothing for the answers of a terminal.
fn meaning(sent: &[u8], letter: u8) -> Option<Input> {
    let sent = std::str::from_utf8(sent).ok()?;
    if let (Some(told), b'M' | b'm') = (sent.strip_prefix('<'), letter) {
        return pointed(told, letter == b'M').map(Input::Mouse);
    }
    // A mark at the front makes it private to the terminal, and one at the end is of answers alone.
    if !sent.bytes().all(|byte| matches!(byte, b'0'..=b';')) {
        return None;
    }
    let mut numbers = sent.split(';').map(numbers_of);
    let (first, second, third) = (numbers.next()?, numbers.next(), numbers.next());
    let code = match letter {
        b'I' if sent.is_empty() => return Some(Input::FocusGained),
        b'O' if sent.is_empty() => return Some(Input::FocusLost),
        b'Z' => KeyCode::BackTab,
        b'~' if first.0 == Some(27) => coded_key(third?.0?)?,
        b'~' => numbered_key(first.0?)?,
        b'u' => coded_key(first.0?)?,
        letter => cursor_key(letter)?,
    };
    let (modifiers, kind) = second.unwrap_or_default();
    let kind = match kind {
        Some(2) => KeyEventKind::Repeat,
        Some(3) => KeyEventKind::Release,
        _ => KeyEventKind::Press,
    };
    let modifiers = modifiers_of(modifiers.unwrap_or(1));
    Some(Input::Key(KeyEvent::new_with_kind(code, modifiers, kind)))
}

/// What the mouse did, as terminals tell it since xterm 277: buttons, column, row. Moves without a button are nothing here.
fn pointed(told: &str, is_down: bool) -> Option<MouseEvent> {
    let mut numbers = told.split(';').map(|number| number.parse::<u16>().ok());
    let mut next = || numbers.next().flatten();
    let (buttons, column, row) = (next()?, next()?, next()?);
    let button = match buttons & 3 {
        0 => MouseButton::Left,
        1 => MouseButton::Middle,
        2 => MouseButton::Right,
        _ => return None,
    };
    let (is_drag, is_wheel) = (buttons & 32 != 0, buttons & 64 != 0);
    let kind = match (is_wheel, button, is_drag, is_down) {
        _ if buttons & 128 != 0 => return None,
        (true, MouseButton::Left, ..) => MouseEventKind::ScrollUp,
        (true, MouseButton::Middle, ..) => MouseEventKind::ScrollDown,
        (true, ..) => return None,
        (_, button, true, _) => MouseEventKind::Drag(button),
        (_, button, _, true) => MouseEventKind::Down(button),
        (_, button, _, false) => MouseEventKind::Up(button),
    };
    Some(MouseEvent {
        kind,
        column: column.checked_sub(1)?,
        row: row.checked_sub(1)?,
        modifiers: modifiers_of(1 + u32::from(buttons >> 2 & 7)),
    })
}

/// A parameter and what stands after its colon.
fn numbers_of(text: &str) -> (Option<u32>, Option<u32>) {
    let mut parts = text.split(':').map(|part| part.parse().ok());
    (parts.next().flatten(), parts.next().flatten())
}

fn modifiers_of(number: u32) -> KeyModifiers {
    let bits = number.saturating_sub(1);
    [
        KeyModifiers::SHIFT,
        KeyModifiers::ALT,
        KeyModifiers::CONTROL,
    ]
    .into_iter()
    .enumerate()
    .filter(|(at, _)| bits & (1 << at) != 0)
    .map(|(_, modifier)| modifier)
    .collect()
}

#[cfg(test)]
pub mod tests {
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
}
