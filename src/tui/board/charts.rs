//! The charts of a run: as many as fit, pages of them, one selected, all under one crosshair.

use ratatui::{buffer::Buffer, layout::Rect, text::Span};

use super::{Board, Group};
use crate::{
    domain::series::Bucket,
    tui::{
        chart::{
            ChartData,
            plot::{self, Line, Plot},
            ticks::Kind,
        },
        look::Pane,
        shared::Shared,
        text,
        theme::Role,
    },
};

/// A chart below this size shows too little to be one of many.
const LEAST: (u16, u16) = (36, 9);

/// Rectangles for `count` charts, row by row; fewer when there is no room for all.
pub fn grid(area: Rect, count: usize) -> Vec<Rect> {
    let across = usize::from(area.width / LEAST.0)
        .clamp(1, 4)
        .min(count.max(1));
    let down = usize::from(area.height / LEAST.1).max(1);
    let rows = count.div_ceil(across).clamp(1, down);
    // A grid that would leave most of its last row empty is narrower instead.
    let across = across.min(count.div_ceil(rows)).max(1);
    let mut cells = vec![];
    for row in 0..rows {
        for column in 0..across {
            let part = |size: u16, at: usize, of: usize| (usize::from(size) * at / of) as u16;
            let (x, right) = (
                part(area.width, column, across),
                part(area.width, column + 1, across),
            );
            let (y, bottom) = (
                part(area.height, row, rows),
                part(area.height, row + 1, rows),
            );
            cells.push(Rect::new(area.x + x, area.y + y, right - x, bottom - y));
        }
    }
    cells.truncate(count);
    cells
}

pub fn draw(board: &mut Board, buffer: &mut Buffer, area: Rect, shared: &Shared, is_focused: bool) {
    let groups = board.groups();
    if groups.is_empty() {
        let pane = Pane::new("charts").focused(is_focused);
        let inner = shared.look.pane(buffer, area, &pane);
        let text = match &board.detail.value {
            None => " …",
            Some(detail) if detail.run.state.has_ended() => " no points: this run wrote no metric",
            Some(_) => " no points yet",
        };
        shared
            .look
            .line(buffer, inner, shared.look.span(text, Role::Dim).into());
        return;
    }
    let selected = board.view.selected.min(groups.len() - 1);
    let most = grid(area, groups.len()).len();
    let page = selected / most;
    let shown = &groups[page * most..groups.len().min((page + 1) * most)];
    for (at, (group, cell)) in shown.iter().zip(grid(area, shown.len())).enumerate() {
        let number = page * most + at;
        let place = (most < groups.len()).then_some((number + 1, groups.len()));
        draw_one(
            board,
            group,
            buffer,
            cell,
            shared,
            (is_focused && number == selected, place),
        );
    }
}

/// One chart in its frame.
pub fn draw_one(
    board: &mut Board,
    group: &Group,
    buffer: &mut Buffer,
    area: Rect,
    shared: &Shared,
    (is_focused, place): (bool, Option<(usize, usize)>),
) {
    let look = &shared.look;
    let room = Rect {
        width: area
            .width
            .saturating_sub(if look.has_borders { 2 } else { 0 }),
        ..area
    };
    let dots = plot::columns(look, room);
    for metric in &group.metrics {
        board.want_chart(metric, dots);
    }
    let known: Vec<(usize, &String, &ChartData)> = group
        .metrics
        .iter()
        .enumerate()
        .filter_map(|(slot, metric)| {
            Some((slot, metric, board.charts.get(metric)?.value.as_ref()?))
        })
        .collect();
    let lines: Vec<Line<'_>> = known
        .iter()
        .map(|(slot, metric, data)| Line {
            label: metric,
            slot: *slot,
            data,
        })
        .collect();
    let readout = board.view.crosshair.map(|step| readout(&lines, step));
    let mut note = readout.unwrap_or_else(|| settings(board, &lines));
    if let Some((number, of)) = place.filter(|_| is_focused) {
        note += &format!("  {number}/{of}");
    }
    let pane = Pane {
        title: legend(group, &lines, shared),
        note: vec![look.span(note, Role::Dim)],
        is_focused,
    };
    let inner = look.pane(buffer, area, &pane);
    let trouble = group
        .metrics
        .iter()
        .find_map(|metric| board.charts.get(metric)?.error.as_ref());
    match trouble {
        Some(error) if lines.is_empty() => crate::tui::trouble::draw(buffer, inner, look, error),
        _ if lines.is_empty() => look.line(buffer, inner, look.span(" …", Role::Dim).into()),
        _ => {
            let (from, to) = board.domain();
            Plot {
                look,
                lines: &lines,
                from,
                to,
                kind: board.view.kind,
                crosshair: board.view.crosshair,
            }
            .draw(buffer, inner);
        }
    }
}

/// Each series' name in its colour, with a letter where there are several, and what of it is not finite.
fn legend(group: &Group, lines: &[Line<'_>], shared: &Shared) -> Vec<Span<'static>> {
    let theme = shared.look.theme;
    let mut spans = vec![];
    for (slot, metric) in group.metrics.iter().enumerate() {
        if 0 < slot {
            spans.push(Span::raw("  "));
        }
        let letter = char::from(b'a' + slot as u8);
        let label = if 1 < group.metrics.len() {
            format!("{letter} {metric}")
        } else {
            metric.clone()
        };
        spans.push(Span::styled(
            crate::domain::text::shown(&label),
            theme.series(slot),
        ));
        let bad = lines
            .iter()
            .find(|line| line.slot == slot)
            .and_then(|line| not_finite(line.data));
        if let Some(bad) = bad {
            spans.push(shared.look.span(format!(" {bad}"), Role::Error));
        }
    }
    spans
}

/// `NaN×3 @15,120`: how many, and the first of them.
fn not_finite(data: &ChartData) -> Option<String> {
    let buckets = || data.raw.iter().flat_map(|segment| &segment.columns);
    let sum = |count: fn(&Bucket) -> u32| {
        buckets()
            .map(|bucket| u64::from(count(bucket)))
            .sum::<u64>()
    };
    let nan = sum(|bucket| bucket.nan);
    let infinite = sum(|bucket| bucket.positive_infinite + bucket.negative_infinite);
    let first = buckets()
        .filter(|bucket| bucket.finite < bucket.points())
        .map(|bucket| bucket.step)
        .min()?;
    let mut parts = vec![];
    for (name, count) in [("NaN", nan), ("inf", infinite)] {
        if 0 < count {
            parts.push(format!("{name}×{count}"));
        }
    }
    Some(format!("{} @{}", parts.join(" "), text::count(first)))
}

fn settings(board: &Board, lines: &[Line<'_>]) -> String {
    let mut settings = vec![];
    let weight = board.view.weight();
    if 0.0 < weight && lines.iter().any(|line| !line.data.smooth.is_empty()) {
        let of = if lines.iter().any(|line| line.data.is_of_columns) {
            " of columns"
        } else {
            ""
        };
        settings.push(format!(
            "ema {}{of}",
            format!("{weight}").trim_start_matches('0')
        ));
    }
    if board.view.kind == Kind::Log {
        settings.push("log".to_owned());
    }
    if let Some((from, to)) = board.view.zoom {
        settings.push(format!("steps {}–{}", text::count(from), text::count(to)));
    }
    settings.join("  ")
}

/// What stands under the crosshair: `step 15,120  a .4127 [.388 … .951 of 312]`.
fn readout(lines: &[Line<'_>], step: i64) -> String {
    let mut readout = format!("step {}", text::count(step));
    for line in lines {
        let Some(bucket) = at(line.data, step) else {
            continue;
        };
        let letter = char::from(b'a' + (line.slot % 8) as u8);
        let value = match bucket.finite {
            0 => "not finite".to_owned(),
            _ => text::value(bucket.last),
        };
        readout += &format!("  {letter} {value}");
        if 1 < bucket.points() && 0 < bucket.finite && lines.len() == 1 {
            let (min, max) = (text::value(bucket.min), text::value(bucket.max));
            readout += &format!(" [{min} … {max} of {}]", bucket.points());
        }
    }
    readout
}

/// The points of the newest segment nearest to a step.
fn at(data: &ChartData, step: i64) -> Option<&Bucket> {
    let distance = |bucket: &&Bucket| bucket.step.abs_diff(step);
    data.raw
        .iter()
        .flat_map(|segment| &segment.columns)
        .filter(|bucket| !bucket.is_empty())
        .min_by_key(distance)
}
