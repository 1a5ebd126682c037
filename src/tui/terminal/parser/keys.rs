//! What bytes and sequences that came whole mean: keys, the mouse, focus.

use crossterm::event::{
    Event as Input, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent,
    MouseEventKind,
};

pub fn key(code: KeyCode) -> Input {
    Input::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

pub fn with_alt(byte: u8) -> Input {
    let mut pressed = plain(byte).unwrap_or_else(|| KeyCode::Esc.into());
    pressed.modifiers |= KeyModifiers::ALT;
    Input::Key(pressed)
}

/// The key of one byte of ASCII.
pub fn plain(byte: u8) -> Option<KeyEvent> {
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

pub fn cursor_key(letter: u8) -> Option<KeyCode> {
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

/// What a control sequence says that came whole; nothing for the answers of a terminal.
pub fn meaning(sent: &[u8], letter: u8) -> Option<Input> {
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
