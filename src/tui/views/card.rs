//! The first thing a person sees: there are no runs yet, and three ways on.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use crate::tui::{look::fit, overlay::framed, shared::Shared, theme::Role};

pub fn draw(buffer: &mut Buffer, area: Rect, shared: &Shared, has_store: bool) {
    let look = &shared.look;
    let key = |key: &'static str, text: &'static str| {
        Line::from(vec![
            look.span(format!("   {key}  "), Role::Key),
            Span::raw(text),
        ])
    };
    let state = if has_store {
        "there are no runs here yet"
    } else {
        "there is no store here yet"
    };
    let width = 68.min(usize::from(area.width.saturating_sub(2)));
    let mut lines = vec![
        Line::from(look.span(
            "  Sconce trains models and keeps what happened.",
            Role::Title,
        )),
        Line::from(format!("  {state}.")),
        key(
            "d",
            "demo: train three models on real data, in a store of its own",
        ),
    ];
    if has_store {
        lines.push(key("C", "train: from a preset, with your changes"));
    }
    lines.extend([key("?", "the keys that work here"), key("q", "leave")]);
    if has_store {
        let root = look.clip(&shared.store.root, width.saturating_sub(10));
        lines.push(Line::from(look.span(format!("  store: {root}"), Role::Dim)));
    }
    // Blank lines only where there is room for everything else; the greeting goes before a key does.
    let room = usize::from(area.height.saturating_sub(2));
    if lines.len() + 4 <= room {
        for at in [lines.len() - usize::from(has_store), 2, 0] {
            lines.insert(at, Line::default());
        }
    }
    let over = lines.len().saturating_sub(room).min(2);
    lines.drain(..over);
    let lines: Vec<Line<'_>> = lines
        .into_iter()
        .map(|line| fit(line.spans, width, look.charset.ellipsis()))
        .collect();
    let inner = framed(buffer, area, look, "welcome", (68, lines.len() as u16 + 1));
    look.lines(buffer, inner, lines);
}
