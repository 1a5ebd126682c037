//! The charts of a run: as many as fit, pages of them, one selected, all under one crosshair.

use ratatui::{buffer::Buffer, layout::Rect, text::Span};

use super::{
    Board, Group,
    progress::{not_finite, refused_lines},
};
use crate::{
    domain::series::{Bucket, Segment},
    tui::{
        chart::{
            ChartData,
            plot::{self, Line, Plot},
            ticks::Kind,
        },
        look::{Look, Pane, fit},
        shared::Shared,
        text,
        theme::Role,
    },
};

/// A chart below this size shows too little to be one of many.
const LEAST: (u16, u16) = (36, 9);

/// Where panes have no lower border, a chart of this height has a line for what stands under the crosshair.
const ROOM_FOR_FOOT: u16 = 7;

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
        let look = &shared.look;
        let text = match refused_lines(board) {
            Some(refused) => look.span(format!(" {refused}"), Role::Warn),
            None => look.span(text, Role::Dim),
        };
        look.line(buffer, inner, text.into());
        return;
    }
    let selected = board.view.selected.min(groups.len() - 1);
    let most = match board.view.is_alone {
        true => 1,
        false => grid(area, groups.len()).len(),
    };
    board.view.page = most;
    let (page, pages) = (selected / most, groups.len().div_ceil(most));
    let shown = &groups[page * most..groups.len().min((page + 1) * most)];
    for (at, (group, cell)) in shown.iter().zip(grid(area, shown.len())).enumerate() {
        let number = page * most + at;
        let place = (1 < pages).then(|| format!("[{}/{pages}]", page + 1));
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
    (is_focused, place): (bool, Option<String>),
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
    let place = place.filter(|_| is_focused).into_iter();
    let place: Vec<String> = place.collect();
    let note = [settings(board, &lines), place.clone()].concat().join("  ");
    let title_room = TitleRoom {
        columns: usize::from(area.width).saturating_sub(4),
        note: place.first().map_or(0, |place| place.len() + 3),
    };
    let (_, to) = board.domain();
    let step = (board.view.crosshair).or_else(|| Some(board.last_of(group)?.min(to)));
    let foot_room = usize::from(room.width).saturating_sub(2);
    let pane = Pane {
        title: title(board, group, &lines, look, title_room),
        note: vec![look.span(note, Role::Dim)],
        foot: step.map_or(vec![], |step| readout(look, &lines, step, foot_room)),
        is_focused,
    };
    let mut inner = look.pane(buffer, area, &pane);
    if !look.has_borders && ROOM_FOR_FOOT <= inner.height {
        inner.height -= 1;
        let row = Rect {
            y: inner.bottom(),
            height: 1,
            ..inner
        };
        let mut foot = pane.foot;
        foot.insert(0, Span::raw(" "));
        look.line(
            buffer,
            row,
            fit(foot, usize::from(row.width), look.charset.ellipsis()),
        );
    }
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

/// Columns for a title, and of these what a note at its right wants.
#[derive(Clone, Copy)]
struct TitleRoom {
    columns: usize,
    note: usize,
}

/// The names of the series, and that their lines are smoothed: that stays when names are cut.
fn title(
    board: &Board,
    group: &Group,
    lines: &[Line<'_>],
    look: &Look,
    room: TitleRoom,
) -> Vec<Span<'static>> {
    let is_smoothed = lines.iter().any(|line| !line.data.smooth.is_empty());
    let mark = match is_smoothed {
        true => format!(
            "  ema {}",
            format!("{}", board.view.weight()).trim_start_matches('0')
        ),
        false => String::new(),
    };
    let columns = room.columns.saturating_sub(mark.len());
    let whole = legend(board, group, look, false);
    let mut title = match width(&whole) + room.note <= columns {
        true => whole,
        false => {
            fit(
                legend(board, group, look, true),
                columns,
                look.charset.ellipsis(),
            )
            .spans
        }
    };
    title.push(look.span(mark, Role::Dim));
    title
}

/// Each series' name in its colour, with a letter where there are several, and what of it is not finite. Short, what the
/// names share is said once: `loss  a train  b val`.
fn legend(board: &Board, group: &Group, look: &Look, is_short: bool) -> Vec<Span<'static>> {
    let has_letters = 1 < group.metrics.len();
    let is_short = is_short && has_letters;
    let summaries = || board.detail.value.iter().flat_map(|detail| &detail.metrics);
    let mut spans = vec![];
    if is_short {
        spans.push(Span::raw(crate::domain::text::shown(&group.name)));
    }
    for (slot, metric) in group.metrics.iter().enumerate() {
        if !spans.is_empty() {
            spans.push(Span::raw("  "));
        }
        let name = match metric.split_once('/') {
            Some((split, name)) if is_short && name == group.name => split,
            _ => metric,
        };
        let label = match has_letters {
            true => format!("{} {name}", char::from(b'a' + slot as u8)),
            false => name.to_owned(),
        };
        spans.push(Span::styled(
            crate::domain::text::shown(&label),
            look.theme.series(slot),
        ));
        let bad = summaries()
            .find(|summary| summary.metric == *metric)
            .and_then(not_finite);
        if let Some(bad) = bad {
            spans.push(look.span(format!(" {bad}"), Role::Error));
        }
    }
    spans
}

fn settings(board: &Board, lines: &[Line<'_>]) -> Vec<String> {
    let mut settings = vec![];
    if lines.iter().any(|line| line.data.is_of_columns) {
        settings.push("ema of columns".to_owned());
    }
    if board.view.kind == Kind::Log {
        settings.push("log".to_owned());
    }
    if let Some((from, to)) = board.view.zoom {
        settings.push(format!("steps {}–{}", text::count(from), text::count(to)));
    }
    settings
}

/// What stands under the crosshair, or last: `step 15,120  a 0.4033 ema 0.4127 [0.388…0.951]`. Where that is too long, the
/// ranges give way, then the smoothed values, and only at the end what would not fit.
fn readout(look: &Look, lines: &[Line<'_>], step: i64, columns: usize) -> Vec<Span<'static>> {
    if lines.is_empty() {
        return vec![];
    }
    let written = |detail| {
        let head = match detail {
            Detail::Least => text::count(step),
            _ => format!("step {}", text::count(step)),
        };
        let mut spans = vec![look.span(head, Role::Dim)];
        for line in lines {
            let reading = reading(look, line, step, 1 < lines.len(), detail);
            // Half a number reads as another one.
            if detail == Detail::Least && columns < width(&spans) + width(&reading) {
                spans.push(look.span(look.charset.ellipsis(), Role::Dim));
                break;
            }
            spans.extend(reading);
        }
        spans
    };
    [Detail::Range, Detail::Smooth, Detail::Value]
        .into_iter()
        .map(written)
        .find(|spans| width(spans) <= columns)
        .unwrap_or_else(|| written(Detail::Least))
}

fn width(spans: &[Span<'_>]) -> usize {
    spans.iter().map(Span::width).sum()
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Detail {
    Least,
    Value,
    Smooth,
    Range,
}

/// The value of one line at a step, and that of its smoothed line beside it.
fn reading(
    look: &Look,
    line: &Line<'_>,
    step: i64,
    has_letter: bool,
    detail: Detail,
) -> Vec<Span<'static>> {
    let Some(bucket) = at(&line.data.raw, step) else {
        return vec![];
    };
    let smooth = at(&line.data.smooth, step).filter(|_| 0 < bucket.finite);
    let letter = match has_letter {
        true => format!("{} ", char::from(b'a' + (line.slot % 8) as u8)),
        false => String::new(),
    };
    let (low, high) = (line.data.raw.iter().flat_map(|segment| &segment.columns))
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), bucket| {
            (low.min(bucket.min), high.max(bucket.max))
        });
    let written = |value: f64| match detail {
        Detail::Least => text::rough(value),
        _ => text::among(value, low, high),
    };
    let value = match bucket {
        _ if 0 < bucket.finite => written(bucket.last),
        _ if 0 < bucket.nan => "NaN".to_owned(),
        _ if 0 < bucket.positive_infinite => "inf".to_owned(),
        _ => "-inf".to_owned(),
    };
    let gap = if detail == Detail::Least { " " } else { "  " };
    let mut spans = vec![
        Span::raw(gap),
        Span::styled(letter + &value, look.theme.series(line.slot)),
    ];
    // Said once where both are one, as of a single point.
    let smooth = smooth.map(|bucket| written(bucket.last));
    let smooth = smooth.filter(|smooth| Detail::Smooth <= detail && *smooth != value);
    if let Some(smooth) = smooth {
        spans.push(look.span(format!(" ema {smooth}"), Role::Dim));
    }
    if Detail::Range <= detail && 1 < bucket.finite {
        let (min, max) = (written(bucket.min), written(bucket.max));
        spans.push(look.span(format!(" [{min}…{max}]"), Role::Dim));
    }
    spans
}

/// The points nearest to a step, of the newest segment that has some as near.
fn at(segments: &[Segment], step: i64) -> Option<&Bucket> {
    let distance = |bucket: &&Bucket| bucket.step.abs_diff(step);
    let newest_first = segments.iter().rev();
    newest_first
        .flat_map(|segment| &segment.columns)
        .filter(|bucket| !bucket.is_empty())
        .min_by_key(distance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::series::Point,
        tui::{action::Action, fixture},
    };

    fn data(points: &[(i64, f64)], smooth: Option<f64>) -> ChartData {
        let segment = |points: &[(i64, f64)]| {
            let columns = points.iter().map(|(step, value)| {
                let (step, value) = (*step, *value);
                let mut bucket = Bucket::EMPTY;
                for value in [value, value + 0.5] {
                    let time = 0;
                    bucket.add(Point { step, time, value });
                }
                bucket
            });
            vec![Segment {
                number: 0,
                columns: columns.collect(),
            }]
        };
        ChartData {
            raw: segment(points),
            smooth: smooth.map_or(vec![], |value| segment(&[(points[0].0, value)])),
            ..ChartData::default()
        }
    }

    #[test]
    fn charts_that_do_not_fit_are_on_pages_and_one_can_be_alone() {
        let shared = fixture::shared();
        let mut board = Board::of(fixture::id(1));
        let detail = fixture::detail(fixture::run(1, "calm-heron-2"));
        board.know(Ok(Box::new(detail)));
        let area = Rect::new(0, 0, 80, 12);
        let titles = |board: &mut Board| -> String {
            let mut buffer = Buffer::empty(area);
            draw(board, &mut buffer, area, &shared, true);
            (0..80).map(|x| buffer[(x, 0)].symbol()).collect()
        };
        let both = titles(&mut board);
        assert!(both.contains("[1/2]") && both.contains("val/auc"), "{both}");
        board.act(Action::PageDown);
        let next = titles(&mut board);
        assert!(next.contains("[2/2]") && next.contains("▌lr"), "{next}");
        board.view.is_alone = true;
        let alone = titles(&mut board);
        assert!(
            alone.contains("[3/4]") && !alone.contains("rows_per"),
            "{alone}"
        );
    }

    #[test]
    fn a_readout_gives_up_ranges_then_smoothed_values_and_never_a_value() {
        let (a, b) = (
            data(&[(15_210, 1.0)], Some(2.0)),
            data(&[(15_000, 3.0)], None),
        );
        let line = |label, slot, data| Line { label, slot, data };
        let lines = [line("train/loss", 0, &a), line("val/loss", 1, &b)];
        let read = |columns| -> String {
            let spans = readout(&Look::default(), &lines, 15_210, columns);
            spans.iter().map(|span| span.content.as_ref()).collect()
        };
        assert_eq!(
            read(80),
            "step 15,210  a 1.500 ema 2.500 [1.000…1.500]  b 3.500 [3.000…3.500]"
        );
        assert_eq!(read(50), "step 15,210  a 1.500 ema 2.500  b 3.500");
        assert_eq!(read(36), "step 15,210  a 1.500  b 3.500");
        assert_eq!(read(26), "15,210 a 1.50 b 3.50");
        assert_eq!(read(16), "15,210 a 1.50…");
    }

    #[test]
    fn a_smoothed_chart_says_so_in_its_title_however_narrow() {
        let shared = fixture::shared();
        let mut board = Board::of(fixture::id(1));
        let mut detail = fixture::detail(fixture::run(1, "calm-heron-2"));
        let loss = detail.metrics.iter_mut().find(|m| m.metric == "val/loss");
        loss.expect("the fixture has it").nan = 4;
        board.know(Ok(Box::new(detail)));
        let group = board.groups()[0].clone();
        let smoothed = data(&[(1, 1.0)], Some(2.0));
        let line = |slot| Line {
            label: "loss",
            slot,
            data: &smoothed,
        };
        let lines = [line(0), line(1)];
        let titled = |columns, note| -> String {
            let room = TitleRoom { columns, note };
            let spans = title(&board, &group, &lines, &shared.look, room);
            spans.iter().map(|span| span.content.as_ref()).collect()
        };
        let cases = [
            (60, 0, "a train/loss  b val/loss NaN×4  ema .6"),
            (40, 8, "loss  a train  b val NaN×4  ema .6"),
            (24, 0, "loss  a train  …  ema .6"),
        ];
        for (columns, note, want) in cases {
            assert_eq!(titled(columns, note), want);
        }
    }
}
