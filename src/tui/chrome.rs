//! What stands around every view: tabs, the line that says where one is, status, key hints, the keys that may follow.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
    widgets::{Clear, Widget as _},
};
use strum::IntoEnumIterator as _;

use super::{
    action::Action,
    chord::Keys,
    look::{Look, Pane, fit},
    theme::{Role, state_role},
    toast::Toast,
    views::Root,
};
use crate::{domain::runs::StateWord, ops::runs::Counts};

/// Columns of a message in the corner, and the lines of it that are shown there.
const TOAST: u16 = 60;
const TOAST_LINES: usize = 3;

/// Below this the screen says so and waits.
pub const LEAST: (u16, u16) = (40, 10);

/// The rows of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    pub tabs: Rect,
    pub crumb: Rect,
    pub body: Rect,
    pub status: Rect,
    pub hints: Rect,
}

/// Short screens keep where one is and the hints; the tabs go first, then the status.
pub fn rows(area: Rect) -> Rows {
    let has_tabs = 20 <= area.height;
    let has_status = 14 <= area.height;
    let mut y = area.y;
    let mut take = |height: u16| {
        let row = Rect { y, height, ..area };
        y += height;
        row
    };
    let around = 2 + u16::from(has_tabs) + u16::from(has_status);
    Rows {
        tabs: take(u16::from(has_tabs)),
        crumb: take(1.min(area.height)),
        body: take(area.height.saturating_sub(around)),
        status: take(u16::from(has_status)),
        hints: take(u16::from(1 < area.height)),
    }
}

/// Columns from which tabs have their names.
const ROOM_FOR_NAMES: u16 = 60;

/// Where each tab stands.
pub fn tab_places(area: Rect, here: Root) -> Vec<(Root, Rect)> {
    let mut x = area.x + 1;
    let places = Root::iter().map(|root| {
        let title = super::text::width(root.title()) as u16;
        let is_named = root == here || ROOM_FOR_NAMES <= area.width;
        let width = if is_named { title + 4 } else { 3 };
        let place = Rect {
            x,
            width,
            height: area.height.min(1),
            ..area
        };
        x += width;
        (root, place.intersection(area))
    });
    places.filter(|(_, place)| !place.is_empty()).collect()
}

/// Where each name in the line that says where one is stands.
pub fn crumbs(area: Rect, names: &[String]) -> Vec<Rect> {
    let mut x = area.x + 1;
    let places = names.iter().map(|name| {
        let width = super::text::width(&crate::domain::text::shown(name)) as u16;
        let place = Rect { x, width, ..area };
        x = x.saturating_add(width).saturating_add(3);
        place.intersection(area)
    });
    places.collect()
}

pub fn tabs(buffer: &mut Buffer, area: Rect, look: &Look, here: Root) {
    let is_narrow = area.width < ROOM_FOR_NAMES;
    let mut spans = vec![Span::raw(" ")];
    for root in Root::iter() {
        let (key, title) = (root.key(), root.title());
        if root == here {
            spans.push(look.span(format!(" {key} {title} "), Role::Banner));
        } else if is_narrow {
            spans.push(look.span(format!(" {key} "), Role::Key));
        } else {
            spans.push(look.span(format!(" {key} "), Role::Key));
            spans.push(look.span(format!("{title} "), Role::Dim));
        }
    }
    look.line(
        buffer,
        area,
        fit(spans, usize::from(area.width), look.charset.ellipsis()),
    );
}

/// Where one is, and at the right how the whole is doing.
pub fn crumb(buffer: &mut Buffer, area: Rect, look: &Look, crumb: &str, right: Vec<Span<'_>>) {
    let right = fit(right, usize::from(area.width) / 2, look.charset.ellipsis());
    let room = usize::from(area.width).saturating_sub(right.width() + 3);
    look.line(
        buffer,
        area,
        Line::from(look.span(format!(" {}", look.clip(crumb, room)), Role::Title)),
    );
    let width = right.width() as u16;
    let place = Rect {
        x: area.right().saturating_sub(width + 1),
        width,
        ..area
    };
    look.line(buffer, place, right);
}

pub fn counts<'a>(look: &Look, counts: Counts) -> Vec<Span<'a>> {
    let running = counts.live.saturating_sub(counts.orphaned);
    let parts = [
        (running, StateWord::Running),
        (counts.orphaned, StateWord::Orphaned),
        (counts.queued, StateWord::Queued),
    ];
    let mut spans = vec![];
    for (count, state) in parts.into_iter().filter(|(count, _)| 0 < *count) {
        let (lead, glyph) = (
            if spans.is_empty() { "" } else { "  " },
            look.charset.state(state),
        );
        spans.push(look.span(format!("{lead}{glyph} {count} {state}"), state_role(state)));
    }
    spans
}

/// Banners, the store, and the newest message.
pub fn status(
    buffer: &mut Buffer,
    area: Rect,
    look: &Look,
    banners: &[(Role, String)],
    facts: &str,
    toast: Option<&Toast>,
) {
    let mut spans = vec![Span::raw(" ")];
    for (role, banner) in banners {
        spans.push(look.span(format!(" {banner} "), *role));
        spans.push(Span::raw(" "));
    }
    match toast {
        Some(toast) => spans.push(look.span(toast.told(), toast.level.role())),
        None => spans.push(look.span(crate::domain::text::shown(facts), Role::Dim)),
    }
    look.line(
        buffer,
        area,
        fit(
            spans,
            usize::from(area.width).saturating_sub(1),
            look.charset.ellipsis(),
        ),
    );
}

/// Keys with what they do. Those at the end give way first; the first never does, and stands last.
pub fn hints(buffer: &mut Buffer, area: Rect, look: &Look, hints: &[(String, String)]) {
    let width =
        |(keys, label): &(String, String)| super::text::width(keys) + super::text::width(label) + 3;
    let Some((first, others)) = hints.split_first() else {
        return;
    };
    let mut room = usize::from(area.width).saturating_sub(1 + width(first));
    let mut spans = vec![Span::raw(" ")];
    let fitting = others.iter().take_while(|hint| {
        let fits = width(hint) <= room;
        room = room.saturating_sub(width(hint));
        fits
    });
    for (keys, label) in fitting.collect::<Vec<_>>().into_iter().chain([first]) {
        spans.push(look.span(keys, Role::Key));
        spans.push(look.span(format!(" {label}  "), Role::Dim));
    }
    look.line(
        buffer,
        area,
        fit(spans, usize::from(area.width), look.charset.ellipsis()),
    );
}

/// The newest messages in the corner where they hide nothing that the keys act on.
pub fn toasts(
    buffer: &mut Buffer,
    area: Rect,
    look: &Look,
    toasts: &[&Toast],
    focus: Option<Position>,
) {
    let widest = area.width.min(TOAST) as usize;
    let lines: Vec<(String, Role)> = toasts
        .iter()
        .flat_map(|toast| {
            let lines = super::text::wrap(&toast.told(), widest).into_iter();
            lines
                .take(TOAST_LINES)
                .map(|line| (line, toast.level.role()))
        })
        .collect();
    let width = lines.iter().map(|(line, _)| super::text::width(line)).max();
    let (width, height) = (width.unwrap_or(0) as u16 + 4, lines.len() as u16 + 2);
    if lines.is_empty() || area.width < width || area.height < height {
        return;
    }
    let free = |place: &Rect| focus.is_none_or(|at| !(place.top()..place.bottom()).contains(&at.y));
    let places = (area.y..=area.bottom() - height).rev();
    let places = places.map(|y| Rect::new(area.right() - width, y, width, height));
    let places: Vec<Rect> = places.filter(free).collect();
    // As low as they hide no text; where there is text everywhere, low.
    let without_text = places.iter().find(|place| !has_text(buffer, **place));
    let Some(place) = without_text.or(places.first()).copied() else {
        return;
    };
    Clear.render(place, buffer);
    let look = Look {
        has_borders: true,
        ..*look
    };
    let inner = look.pane(buffer, place, &Pane::new(""));
    let lines = lines.into_iter();
    let lines = lines.map(|(line, role)| Line::from(look.span(format!(" {line}"), role)));
    look.lines(buffer, inner, lines);
}

/// Does something stand there that is read? Frames and the dots of charts are not.
fn has_text(buffer: &Buffer, place: Rect) -> bool {
    let is_read = |c: char| c.is_alphanumeric();
    let mut cells = place.intersection(buffer.area).positions();
    cells.any(|at| buffer[at].symbol().chars().any(is_read))
}

/// What may follow the keys typed so far.
pub fn which_key(
    buffer: &mut Buffer,
    area: Rect,
    look: &Look,
    typed: &str,
    choices: &[(Keys, Action)],
) {
    let rows: Vec<String> = choices
        .iter()
        .map(|(keys, action)| format!(" {:>5}  {}", keys.short(), action.help()))
        .collect();
    let width = rows
        .iter()
        .map(|row| super::text::width(row))
        .max()
        .unwrap_or(0) as u16
        + 4;
    let size = (
        width.min(area.width),
        (rows.len() as u16 + 2).min(area.height),
    );
    let place = Rect::new(
        area.right() - size.0,
        area.bottom() - size.1,
        size.0,
        size.1,
    );
    Clear.render(place, buffer);
    let look = Look {
        has_borders: true,
        ..*look
    };
    let inner = look.pane(
        buffer,
        place,
        &Pane::new(format!("{typed} …")).focused(true),
    );
    look.lines(buffer, inner, rows.into_iter().map(Line::from));
}

pub fn too_small(buffer: &mut Buffer, area: Rect, look: &Look) {
    let have = format!("{}x{}", area.width, area.height);
    let need = format!("{}x{} needed", LEAST.0, LEAST.1);
    let texts = [
        format!("{have}: {need}, q leaves"),
        format!("{have}: {need}"),
        format!("{have} is small"),
        have,
    ];
    let fits = |text: &&String| super::text::width(text) <= usize::from(area.width);
    if let Some(text) = texts.iter().find(fits) {
        look.line(buffer, area, Line::from(text.as_str()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_cover_the_screen_once() {
        for height in 1..60 {
            let area = Rect::new(0, 0, 80, height);
            let rows = rows(area);
            let all = [rows.tabs, rows.crumb, rows.body, rows.status, rows.hints];
            assert_eq!(
                all.iter().map(|row| row.height).sum::<u16>(),
                height,
                "{height}"
            );
            assert!(all.windows(2).all(|pair| pair[0].bottom() == pair[1].y));
        }
    }
}
