//! The look of a log: its lines in their colours, matches marked, long lines cut or wrapped.

use std::ops::Range;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line as Row, Span},
};
use unicode_segmentation::UnicodeSegmentation as _;

use super::LogView;
use crate::{
    domain::{
        teletype::{Line, Pen},
        text::shown,
    },
    tui::{
        look::{Look, Pane, fit},
        shared::Shared,
        text,
        theme::{Role, Theme},
        trouble,
    },
};

impl LogView {
    /// Draws the log of a run; one that `grows` no more is not said to be followed.
    pub fn draw(
        &mut self,
        buffer: &mut Buffer,
        area: Rect,
        shared: &Shared,
        is_focused: bool,
        grows: bool,
    ) {
        let look = &shared.look;
        let (note, role) = self.note(grows);
        let pane = Pane::new("log")
            .note(vec![look.span(note, role)])
            .focused(is_focused);
        let inner = look.pane(buffer, area, &pane);
        if let (Some(error), false) = (&self.chunk.error, self.is_known) {
            trouble::draw(buffer, inner, look, error);
            return;
        }
        self.height = usize::from(inner.height);
        let width = usize::from(inner.width).saturating_sub(1).max(1);
        self.most = self.last_top(width);
        if self.written() == 0 {
            let text = look.clip(&self.nothing(), usize::from(inner.width));
            look.line(buffer, inner, look.span(text, Role::Dim).into());
            return;
        }
        let lines = (self.top()..).map_while(|index| self.line(index));
        let rows = lines.flat_map(|line| self.rows(line, width, look));
        look.lines(buffer, inner, rows.take(self.height));
    }

    /// What to say where no line shows anything.
    fn nothing(&self) -> String {
        match self.size {
            _ if !self.is_known || self.looks_back() => " …".to_owned(),
            0 => " no output yet".to_owned(),
            size => format!(
                " {} of output, nothing in it to see",
                text::bytes(size as f64)
            ),
        }
    }

    /// The first line of the last screenful; blank lines at the end are not part of it.
    fn last_top(&self, width: usize) -> usize {
        let end = self.written();
        let (mut top, mut room) = (end, self.height);
        while let Some(line) = top.checked_sub(1).and_then(|at| self.line(at)) {
            let rows = match self.wraps {
                true => text::width(&shown(&line.text)).div_ceil(width).max(1),
                false => 1,
            };
            if room < rows && top < end {
                break;
            }
            room = room.saturating_sub(rows);
            top -= 1;
        }
        top
    }

    fn rows(&self, line: &Line, width: usize, look: &Look) -> Vec<Row<'static>> {
        let spans = self.spans(line, look);
        let rows = match self.wraps {
            true => wrapped(spans, width),
            false => vec![fit(spans, width, look.charset.ellipsis())],
        };
        rows.into_iter()
            .map(|mut row| {
                row.spans.insert(0, Span::raw(" "));
                row
            })
            .collect()
    }

    /// The line in its colours, what is sought in it marked.
    fn spans(&self, line: &Line, look: &Look) -> Vec<Span<'static>> {
        let search = self.search.as_ref();
        let matches = search.map_or(vec![], |search| search.sought.places(&line.text));
        let plain = look.style(role(&line.text));
        let mut from = 0;
        let mut spans = vec![];
        for (end, pen) in &line.pens {
            let style = match *pen == Pen::default() {
                true => plain,
                false => inked(look.theme, *pen),
            };
            pieces(&line.text, from..*end, &matches, |piece, is_match| {
                let style = match is_match {
                    true => style.patch(look.style(Role::Selected)),
                    false => style,
                };
                spans.push(Span::styled(shown(piece), style));
            });
            from = *end;
        }
        spans
    }

    fn note(&self, grows: bool) -> (String, Role) {
        let mut parts = vec![];
        if let Some(search) = &self.search {
            parts.push(match search.said {
                "" => format!("/{}", shown(&search.text)),
                said => said.to_owned(),
            });
        }
        if self.wraps {
            parts.push("wrapped".to_owned());
        }
        let (is_all, size) = (self.from == 0, text::bytes(self.size as f64));
        parts.push(match (self.held, self.top()) {
            (None, _) if grows => "following".to_owned(),
            (None, _) => "end".to_owned(),
            (Some(_), 0) if is_all => "top".to_owned(),
            (Some(held), _) if 0 < self.size => {
                format!("{:.0}% of {size}", held as f64 / self.size as f64 * 100.0)
            }
            _ => "held".to_owned(),
        });
        let role = match &self.search {
            Some(search) if search.said.starts_with("no ") => Role::Warn,
            _ => Role::Dim,
        };
        (parts.join("  "), role)
    }
}

/// A part of a text, cut where matches begin and end.
fn pieces(
    text: &str,
    part: Range<usize>,
    matches: &[Range<usize>],
    mut push: impl FnMut(&str, bool),
) {
    let mut from = part.start;
    for found in matches {
        let (start, end) = (found.start.max(from), found.end.min(part.end));
        if start < end {
            if from < start {
                push(&text[from..start], false);
            }
            push(&text[start..end], true);
            from = end;
        }
    }
    if from < part.end {
        push(&text[from..part.end], false);
    }
}

/// A program's colour as the theme has it. Black and white are the text's own: on one background or the other they would
/// not be seen. Without colours a program's are dropped.
fn inked(theme: Theme, pen: Pen) -> Style {
    let role = match pen.colour {
        Some(1 | 9) => Role::Error,
        Some(2 | 10) => Role::Ok,
        Some(3 | 11) => Role::Warn,
        Some(4 | 6 | 12 | 14) => Role::Running,
        Some(8) => Role::Dim,
        Some(5 | 13) => return theme.series(MAGENTA),
        _ => Role::Text,
    };
    let mut style = Style::new();
    style.fg = theme.style(role).fg;
    match pen.is_bold && theme != Theme::Mono {
        true => style.bold(),
        false => style,
    }
}

/// The slot of a series that is magenta in every theme.
const MAGENTA: usize = 3;

/// Spans over rows of a width, broken where they are full.
fn wrapped(spans: Vec<Span<'static>>, width: usize) -> Vec<Row<'static>> {
    let mut rows = vec![Row::default()];
    let mut used = 0;
    for span in spans {
        let mut piece = String::new();
        for grapheme in span.content.graphemes(true) {
            let wide = text::width(grapheme);
            if width < used + wide && 0 < used {
                let full = std::mem::take(&mut piece);
                rows.extend_last(Span::styled(full, span.style));
                rows.push(Row::default());
                used = 0;
            }
            piece.push_str(grapheme);
            used += wide;
        }
        rows.extend_last(Span::styled(piece, span.style));
    }
    rows
}

trait ExtendLast {
    fn extend_last(&mut self, span: Span<'static>);
}

impl ExtendLast for Vec<Row<'static>> {
    fn extend_last(&mut self, span: Span<'static>) {
        if let Some(row) = self.last_mut().filter(|_| !span.content.is_empty()) {
            row.spans.push(span);
        }
    }
}

/// Lines that say of themselves that they matter.
fn role(line: &str) -> Role {
    let start: String = line.chars().take(80).collect();
    let has = |words: &[&str]| words.iter().any(|word| start.contains(word));
    if has(&["ERROR", "error:", "Error:", "panicked", "Traceback"]) {
        Role::Error
    } else if has(&["WARN", "warning:", "Warning:"]) {
        Role::Warn
    } else {
        Role::Text
    }
}
