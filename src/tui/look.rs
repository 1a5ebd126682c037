//! How things are drawn everywhere: colours, characters, frames around panes, one-line pieces.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
    text::{Line, Span},
    widgets::Widget as _,
};

use super::{
    glyphs::Charset,
    text,
    theme::{Role, Theme, state_role},
};
use crate::domain::runs::StateWord;

/// What every drawing function is given.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    pub theme: Theme,
    pub charset: Charset,
    /// Panes have borders; on narrow screens a rule above each is all there is room for.
    pub has_borders: bool,
}

impl Look {
    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    pub fn span<'a>(&self, text: impl Into<std::borrow::Cow<'a, str>>, role: Role) -> Span<'a> {
        Span::styled(text, self.style(role))
    }

    pub fn clip(&self, text: &str, columns: usize) -> String {
        text::clip(text, columns, self.charset.ellipsis())
    }

    pub fn cell(&self, text: &str, columns: usize) -> String {
        text::cell(text, columns, self.charset.ellipsis())
    }

    pub fn cell_right(&self, text: &str, columns: usize) -> String {
        text::cell_right(text, columns, self.charset.ellipsis())
    }

    /// `● running`, in its colour.
    pub fn state(&self, state: StateWord) -> Span<'static> {
        self.span(
            format!("{} {state}", self.charset.state(state)),
            state_role(state),
        )
    }

    /// A line in an area, cut at its right edge.
    pub fn line(&self, buffer: &mut Buffer, area: Rect, line: Line<'_>) {
        let area = area.intersection(buffer.area);
        if !area.is_empty() {
            line.render(Rect { height: 1, ..area }, buffer);
        }
    }

    /// Lines from the top of an area down.
    pub fn lines<'a>(
        &self,
        buffer: &mut Buffer,
        area: Rect,
        lines: impl IntoIterator<Item = Line<'a>>,
    ) {
        for (row, line) in area.rows().zip(lines) {
            self.line(buffer, row, line);
        }
    }

    /// A pane's frame: its title, a note at the right, and the area inside.
    pub fn pane(&self, buffer: &mut Buffer, area: Rect, pane: &Pane<'_>) -> Rect {
        let area = area.intersection(buffer.area);
        if area.is_empty() {
            return area;
        }
        let lines = self.charset.border();
        let role = if pane.is_focused {
            Role::BorderFocus
        } else {
            Role::Border
        };
        let style = self.style(role);
        let is_boxed = self.has_borders && 2 <= area.width && 3 <= area.height;
        let rule = lines.horizontal.repeat(usize::from(area.width));
        buffer.set_stringn(area.x, area.y, &rule, usize::from(area.width), style);
        if is_boxed {
            let (right, bottom) = (area.right() - 1, area.bottom() - 1);
            buffer.set_stringn(area.x, bottom, &rule, usize::from(area.width), style);
            for y in area.y + 1..bottom {
                buffer.set_string(area.x, y, lines.vertical, style);
                buffer.set_string(right, y, lines.vertical, style);
            }
            let places = [
                (area.x, area.y),
                (right, area.y),
                (right, bottom),
                (area.x, bottom),
            ];
            for ((x, y), corner) in places.into_iter().zip(lines.corners) {
                buffer.set_string(x, y, corner, style);
            }
        }
        self.titles(buffer, area, pane);
        if is_boxed {
            self.foot(buffer, area, pane);
            Rect {
                x: area.x + 1,
                y: area.y + 1,
                width: area.width - 2,
                height: area.height - 2,
            }
        } else {
            Rect {
                y: area.y + 1,
                height: area.height - 1,
                ..area
            }
        }
    }

    fn titles(&self, buffer: &mut Buffer, area: Rect, pane: &Pane<'_>) {
        let edge = 1;
        let room = usize::from(area.width.saturating_sub(2 * edge));
        let gutter = if pane.is_focused {
            self.charset.gutter()
        } else {
            " "
        };
        let role = if pane.is_focused {
            Role::Title
        } else {
            Role::Dim
        };
        if !pane.is_focused && pane.title.iter().all(|span| span.content.is_empty()) {
            return;
        }
        let mut spans = vec![self.span(gutter, Role::BorderFocus)];
        spans.extend(pane.title.iter().cloned().map(|span| {
            let style = self.style(role).patch(span.style);
            span.style(style)
        }));
        spans.push(Span::raw(" "));
        let title = fit(spans, room, self.charset.ellipsis());
        let used = title.width();
        let at = |x: u16, width: usize| Rect::new(area.x + x, area.y, width as u16, 1);
        self.line(buffer, at(edge, used.min(room)), title);
        let left = room.saturating_sub(used + 3);
        let whole: usize = pane.note.iter().map(Span::width).sum();
        // A word or two of a note say nothing.
        let note = match whole <= left || LEAST_NOTE <= left {
            true => fit(pane.note.to_vec(), left, self.charset.ellipsis()),
            false => Line::default(),
        };
        let width = note.width();
        if 0 < width && used + width + 3 <= room {
            let x = area.width - edge - width as u16 - 2;
            let mut spans = vec![Span::raw(" ")];
            spans.extend(note.spans.into_iter().map(light));
            spans.push(Span::raw(" "));
            self.line(buffer, at(x, width + 2), Line::from(spans));
        }
    }

    fn foot(&self, buffer: &mut Buffer, area: Rect, pane: &Pane<'_>) {
        let room = usize::from(area.width).saturating_sub(4);
        let foot = fit(pane.foot.to_vec(), room, self.charset.ellipsis());
        let width = foot.width();
        if width == 0 {
            return;
        }
        let mut spans = vec![Span::raw(" ")];
        spans.extend(foot.spans.into_iter().map(light));
        spans.push(Span::raw(" "));
        let place = Rect::new(area.x + 1, area.bottom() - 1, width as u16 + 2, 1);
        self.line(buffer, place, Line::from(spans));
    }

    /// A bar that shows a share of 0 to 1.
    pub fn bar(&self, share: f64, columns: usize) -> Vec<Span<'static>> {
        let (full, empty) = self.charset.bar();
        let share = if share.is_finite() {
            share.clamp(0.0, 1.0)
        } else {
            0.0
        };
        let done = (share * columns as f64).floor() as usize;
        vec![
            self.span(full.repeat(done), Role::Accent),
            self.span(empty.repeat(columns.saturating_sub(done)), Role::Border),
        ]
    }

    /// Values as heights between the least and the greatest of them, side by side: of a few, a short line without gaps.
    /// Far outliers stand at its edges, so that one bad start does not flatten all that followed.
    pub fn sparkline(&self, values: &[Option<f64>]) -> String {
        let levels = self.charset.levels();
        let known = values.iter().flatten().copied();
        let finite: Vec<f64> = known.filter(|value| value.is_finite()).collect();
        let (low, high) = whiskers(&finite);
        let last = levels.len() - 1;
        let level = |value: &f64| {
            let share = (value - low) / (high - low);
            let level = match share.is_nan() {
                true => last / 2,
                false => (share.clamp(0.0, 1.0) * last as f64).round() as usize,
            };
            levels[level]
        };
        finite.iter().map(level).collect()
    }
}

/// The whiskers of a box plot: the extremes, but no further from the middle half than one and a half times its width.
fn whiskers(values: &[f64]) -> (f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (Some(low), Some(high)) = (sorted.first(), sorted.last()) else {
        return (0.0, 0.0);
    };
    let quarter = |quarters: usize| sorted[(sorted.len() - 1) * quarters / 4];
    let reach = 1.5 * (quarter(3) - quarter(1));
    match 0.0 < reach {
        true => (low.max(quarter(1) - reach), high.min(quarter(3) + reach)),
        false => (*low, *high),
    }
}

/// A note is cut to no less.
const LEAST_NOTE: usize = 12;

/// A span that does not take over that the border below it is bold.
fn light(span: Span<'_>) -> Span<'_> {
    span.patch_style(Style::new().remove_modifier(Modifier::BOLD))
}

/// The frame of a pane.
pub struct Pane<'a> {
    pub title: Vec<Span<'a>>,
    pub note: Vec<Span<'a>>,
    /// On the lower border, where there is one.
    pub foot: Vec<Span<'a>>,
    pub is_focused: bool,
}

impl<'a> Pane<'a> {
    pub fn new(title: impl Into<std::borrow::Cow<'a, str>>) -> Self {
        Self {
            title: vec![Span::raw(title)],
            note: vec![],
            foot: vec![],
            is_focused: false,
        }
    }

    pub fn note(self, note: Vec<Span<'a>>) -> Self {
        Self { note, ..self }
    }

    pub fn focused(self, is_focused: bool) -> Self {
        Self { is_focused, ..self }
    }
}

/// Spans cut to a width.
pub fn fit<'a>(spans: Vec<Span<'a>>, columns: usize, ellipsis: &str) -> Line<'a> {
    let mut left = columns;
    let mut fitting = vec![];
    for span in spans {
        let width = text::width(&span.content);
        if width <= left {
            left -= width;
            fitting.push(span);
        } else {
            let clipped = text::clip(&span.content, left, ellipsis);
            fitting.push(Span::styled(clipped, span.style));
            break;
        }
    }
    Line::from(fitting)
}

/// A line with a blank before it.
pub fn indented(mut line: Line<'static>) -> Line<'static> {
    line.spans.insert(0, " ".into());
    line
}

/// An area cut in two: so many columns at its left, and the others.
pub fn split_across(area: Rect, left: u16) -> (Rect, Rect) {
    let left = left.min(area.width);
    let right = Rect {
        x: area.x + left,
        width: area.width - left,
        ..area
    };
    (
        Rect {
            width: left,
            ..area
        },
        right,
    )
}

/// An area cut in two: so many rows at its top, and the others.
pub fn split_down(area: Rect, top: u16) -> (Rect, Rect) {
    let top = top.min(area.height);
    let bottom = Rect {
        y: area.y + top,
        height: area.height - top,
        ..area
    };
    (
        Rect {
            height: top,
            ..area
        },
        bottom,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_of_few_values_has_no_gaps() {
        let values = [Some(1.0), None, Some(f64::NAN), Some(0.5), None, Some(0.0)];
        assert_eq!(Look::default().sparkline(&values), "█▅▁");
        assert_eq!(Look::default().sparkline(&[None; 8]), "");
    }

    #[test]
    fn a_sparkline_shows_what_followed_a_bad_start_and_a_constant_as_the_middle() {
        let line = |values: &[f64]| {
            let values: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
            Look::default().sparkline(&values)
        };
        let auc = [0.5, 0.97, 0.98, 0.985, 0.99, 0.99, 0.991, 0.991];
        assert_eq!(line(&auc), "▁▅▆▇████");
        assert_eq!(line(&[0.9; 3]), "▄▄▄");
        assert_eq!(line(&[0.5, 0.9, 0.9, 0.9, 0.9]), "▁████");
    }
}
