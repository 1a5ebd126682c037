//! Which line is which: in the title, or in a column of its own where there is room.

use ratatui::{buffer::Buffer, layout::Rect, text::Line as Text, text::Span};

use super::{
    plot::{Line, Plot},
    readout::{told, value_at},
};
use crate::{
    domain::text::shown,
    tui::{look::fit, text, theme::Role},
};

/// Columns from which a chart of several lines has its legend at the right.
const ROOM: u16 = 100;
/// Columns of that legend.
const WIDE: u16 = 28;

/// The part of a chart's area that its legend takes; 0 where it stands in the title.
pub fn width(area: Rect, lines: usize) -> u16 {
    if ROOM <= area.width && 1 < lines {
        WIDE
    } else {
        0
    }
}

/// Each line's name in its colour, with its letter where there are several, and what of it is not finite. Short, what the
/// names share is said once: `loss  a train  b val`.
pub fn in_title(plot: &Plot<'_>, name: &str, is_short: bool) -> Vec<Span<'static>> {
    let look = plot.look;
    let has_letters = 1 < plot.lines.len();
    let is_said = (plot.lines.iter()).all(|line| is_named(line.label, name));
    let is_short = is_short && has_letters;
    let mut spans = vec![];
    if is_short || !is_said || plot.lines.is_empty() {
        spans.push(Span::raw(shown(name)));
    }
    for line in by_value(plot) {
        if !spans.is_empty() {
            spans.push(Span::raw("  "));
        }
        let label = match line.label.split_once('/') {
            Some((split, rest)) if is_short && rest == name => split,
            _ => line.label,
        };
        let label = match has_letters {
            true => format!("{} {label}", line.letter()),
            false => label.to_owned(),
        };
        spans.push(Span::styled(shown(&label), look.theme.series(line.slot)));
        if let Some(badge) = line.badge {
            spans.push(look.span(format!(" {badge}"), Role::Error));
        }
    }
    for (label, slot) in grouped(plot) {
        let style = slot.map_or(look.style(Role::Dim), |slot| look.theme.series(slot));
        spans.push(Span::styled(format!("  {label}"), style));
    }
    spans
}

/// A legend of a row for each line, the greatest value at the crosshair first. Values give way before names.
pub fn in_column(plot: &Plot<'_>, buffer: &mut Buffer, area: Rect) {
    let look = plot.look;
    let wide = usize::from(area.width).saturating_sub(2);
    let row = |name: &str, value: String, style| {
        let left = wide.saturating_sub(text::width(name) + 1);
        let value = if text::width(&value) <= left {
            value
        } else {
            String::new()
        };
        let name = look.clip(name, wide);
        let between = wide.saturating_sub(text::width(&name) + text::width(&value));
        Text::from(vec![
            Span::styled(format!(" {name}"), style),
            Span::raw(" ".repeat(between)),
            Span::raw(value),
        ])
    };
    let mut rows = vec![];
    for line in by_value(plot) {
        let place = plot.crosshair.unwrap_or(plot.axis.to);
        let value = value_at(line, place).map_or(String::new(), |value| told(line, value));
        let name = format!("{} {}", line.letter(), line.label);
        rows.push(row(&name, value, look.theme.series(line.slot)));
        if let Some(badge) = line.badge {
            rows.push(Text::from(look.span(format!("   {badge}"), Role::Error)));
        }
    }
    for (label, slot) in grouped(plot) {
        let style = slot.map_or(look.style(Role::Dim), |slot| look.theme.series(slot));
        rows.push(row(&label, String::new(), style));
    }
    let height = usize::from(area.height);
    if height < rows.len() {
        let hidden = rows.len() - height + 1;
        rows.truncate(height.saturating_sub(1));
        rows.push(Text::from(look.span(format!(" {hidden} more"), Role::Dim)));
    }
    let ellipsis = look.charset.ellipsis();
    let rows = (rows.into_iter()).map(|row| fit(row.spans, wide + 1, ellipsis));
    look.lines(buffer, area, rows);
}

/// The bands by name: those of groups, and the one of the lines that have no letter.
fn grouped(plot: &Plot<'_>) -> Vec<(String, Option<usize>)> {
    let bands = plot.bands.iter().map(|band| {
        let label = format!("{} n={}", shown(&band.label), band.count);
        (label, band.slot)
    });
    let others = plot.others().len();
    let others = (0 < others).then(|| (format!("{others} others: range, median"), None));
    bands.chain(others).collect()
}

/// The lines by their letters; with a crosshair, by their values there.
fn by_value<'a>(plot: &Plot<'a>) -> Vec<&'a Line<'a>> {
    let mut lines: Vec<&Line<'_>> = plot.named().iter().collect();
    lines.sort_by_key(|line| line.slot);
    if let Some(place) = plot.crosshair {
        let value = |line: &Line<'_>| value_at(line, place).filter(|value| !value.is_nan());
        let key = |line: &Line<'_>| value(line).unwrap_or(f64::NEG_INFINITY);
        lines.sort_by(|a, b| key(b).total_cmp(&key(a)));
    }
    lines
}

/// A label that says the chart's name already: `val/loss` of `loss`.
fn is_named(label: &str, name: &str) -> bool {
    label == name || label.split_once('/').is_some_and(|(_, rest)| rest == name)
}
