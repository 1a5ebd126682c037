//! From the bytes of a terminal to keys, pastes and focus. What a terminal answers to questions, ours or those of a
//! program before us, is told from keys by its form and is nobody's; it is never typed, however it is cut.
//!
//! The forms are those of ECMA-48 with the keys of xterm; see <https://invisible-island.net/xterm/ctlseqs/ctlseqs.html>.

mod keys;

use std::time::Duration;

use crossterm::event::{Event as Input, KeyCode};

use self::keys::{cursor_key, key, meaning, plain, with_alt};

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

#[cfg(test)]
pub mod tests;
