//! How an error looks in a pane: what, why, what next. The rest of the screen goes on.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::{look::Look, text, theme::Role};
use crate::{domain::runs::StateWord, ops};

pub fn draw(buffer: &mut Buffer, area: Rect, look: &Look, error: &ops::Error) {
    look.lines(buffer, area, lines(look, error, usize::from(area.width)));
}

pub fn lines(look: &Look, error: &ops::Error, width: usize) -> Vec<Line<'static>> {
    let glyph = look.charset.state(StateWord::Failed);
    let room = width.saturating_sub(4);
    let mut lines = vec![];
    let mut push = |text: &str, lead: &str, role: Role| {
        for (at, line) in text::wrap(text, room).into_iter().enumerate() {
            let lead = if at == 0 { lead } else { "" };
            lines.push(Line::from(look.span(format!(" {lead:<2}{line}"), role)));
        }
    };
    push(&error.message, glyph, Role::Error);
    for cause in error.causes() {
        // A cause that begins with what was said already adds only its rest.
        let more = cause.strip_prefix(&error.message).unwrap_or(&cause);
        let more = more.trim_start_matches(": ");
        if !more.is_empty() {
            push(more, "", Role::Dim);
        }
    }
    if let Some(hint) = &error.hint {
        push(hint, "", Role::Text);
    }
    lines.push(Line::from(vec![
        look.span("   r", Role::Key),
        look.span(" tries again", Role::Text),
    ]));
    lines
}
