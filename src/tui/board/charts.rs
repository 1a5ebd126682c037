//! The charts of a run: as many as fit, pages of them, one selected, all under one crosshair.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Board, Group,
    progress::{not_finite, refused_lines},
};
use crate::{
    domain::{
        events::{Event, What},
        runs::{Ending, Run, RunKind},
        series::Key,
    },
    tui::{
        chart::{
            axis::{Axis, Track},
            heatmap::Heatmap,
            pane::{self, Framed},
            plot::{Line, Plot, Tick},
        },
        look::Pane,
        shared::Shared,
        text,
        theme::Role,
        trouble,
    },
};

/// A chart below this size shows too little to be one of many.
const LEAST: (u16, u16) = (36, 9);
/// From so many metrics on one is looked for by its name.
pub const MANY: usize = 64;

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

/// Rectangles for `count` charts, one below the other.
pub fn stacked(area: Rect, count: usize) -> Vec<Rect> {
    let part = |at: usize| (usize::from(area.height) * at / count.max(1)) as u16;
    let place = |at: usize| Rect {
        y: area.y + part(at),
        height: part(at + 1) - part(at),
        ..area
    };
    (0..count).map(place).collect()
}

pub fn draw(board: &mut Board, buffer: &mut Buffer, area: Rect, shared: &Shared, is_focused: bool) {
    let groups = board.groups();
    if groups.is_empty() {
        let pane = Pane::new("charts").focused(is_focused);
        let inner = shared.look.pane(buffer, area, &pane);
        let text = match board.run() {
            None => " …".to_owned(),
            Some(run) if run.state.has_ended() => " no points: this run wrote no metric".to_owned(),
            Some(run) => match awaited(run) {
                Some(step) => format!(" no points yet — first log expected at step {step}"),
                None => " no points yet".to_owned(),
            },
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

/// The step at which our own training logs first.
fn awaited(run: &Run) -> Option<String> {
    let every = run.params.get("train.log_every")?.as_i64()?;
    (run.kind == RunKind::Train).then(|| text::count(every))
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
    let dots = pane::dots(look, area, group.metrics.len());
    let (axis, track) = (board.axis(), board.track());
    for metric in &group.metrics {
        board.want_chart(metric, dots, &axis, &track);
    }
    let badges: Vec<Option<String>> = (group.metrics.iter())
        .map(|metric| badge(board, metric))
        .collect();
    let lines: Vec<Line<'_>> = (group.metrics.iter().zip(&badges).enumerate())
        .filter_map(|(slot, (metric, badge))| {
            Some(Line {
                label: metric,
                slot,
                badge: badge.as_deref(),
                track,
                data: board.charts.get(board.id, metric)?,
            })
        })
        .collect();
    let events = board.detail.value.iter();
    let events = events.flat_map(|detail| ticks(&detail.events, &track));
    // Checkpoints are many: a chart among others has better use for the row.
    let is_shown = |tick: &Tick| board.view.is_alone || tick.role != Role::Dim;
    let events: Vec<Tick> = events.filter(is_shown).collect();
    let last = board.last_of(group).map(|last| last.min(axis.to));
    let mut framed = Framed {
        name: &group.name,
        plot: Plot {
            kind: board.view.kind,
            is_clipped: board.view.is_clipped,
            crosshair: board.view.crosshair,
            events: &events,
            ..Plot::new(look, axis, &lines)
        },
        weight: match lines.iter().any(|line| !line.data.smooth.is_empty()) {
            true => board.view.weight(),
            false => 0.0,
        },
        notes: notes(board, &axis, &lines),
        place: place.filter(|_| is_focused),
        at: board.view.crosshair.or(last),
        read: "",
        is_focused,
    };
    if lines.is_empty() {
        let Some(inner) = framed.frame(buffer, area) else {
            return;
        };
        let mut errors =
            (group.metrics.iter()).filter_map(|metric| board.charts.error(board.id, metric));
        match errors.next() {
            Some(error) => trouble::draw(buffer, inner, look, error),
            None => look.line(buffer, inner, look.span(" …", Role::Dim).into()),
        }
        return;
    }
    if !(group.is_many() && board.view.is_heat) {
        framed.draw(buffer, area);
        return;
    }
    let map = Heatmap {
        look,
        axis,
        lines: &lines,
        kind: board.view.kind,
        crosshair: board.view.crosshair,
    };
    framed.notes.splice(0..0, map.key());
    if let Some(inner) = framed.frame(buffer, area) {
        map.draw(buffer, inner);
    }
}

/// What of a series is not finite, and where that is if it is in sight: `NaN×4 @15,120`.
fn badge(board: &Board, metric: &str) -> Option<String> {
    let mut summaries = board.detail.value.iter().flat_map(|detail| &detail.metrics);
    let bad = not_finite(summaries.find(|summary| summary.metric == *metric)?)?;
    let data = board.charts.get(board.id, metric);
    let first = data.and_then(|data| data.flaws.first());
    Some(match first {
        Some(point) => format!("{bad} @{}", text::count(point.step)),
        None => bad,
    })
}

fn notes(board: &Board, axis: &Axis, lines: &[Line<'_>]) -> Vec<String> {
    let mut notes = vec![];
    if lines.iter().any(|line| line.data.is_of_columns) {
        notes.push("ema of columns".to_owned());
    }
    match board.view.zoom {
        Some(_) if board.view.is_following => notes.push("follows".to_owned()),
        Some(_) => {
            let (from, to) = (axis.along.told(axis.from), axis.along.told(axis.to));
            notes.push(format!("{from} – {to}"));
        }
        None => {}
    }
    notes
}

/// The events that are worth a letter, those of little weight first: a later one stands above them.
fn ticks(events: &[Event], track: &Track) -> Vec<Tick> {
    let letter = |event: &Event| match &event.what {
        What::Checkpoint { .. } => Some((0, 'C', Role::Dim)),
        What::Noticed { .. } => Some((1, 'N', Role::Warn)),
        What::CheckpointFailed { .. } => Some((2, 'C', Role::Error)),
        What::Resumed { .. } => Some((3, 'R', Role::Warn)),
        What::Ended { how } => match how {
            Ending::Done => None,
            Ending::Stopped { .. } => Some((4, 'S', Role::Warn)),
            Ending::Failed { .. } => Some((4, 'F', Role::Error)),
            Ending::Lost | Ending::Unseen => Some((4, 'L', Role::Error)),
        },
        _ => None,
    };
    let place = |event: &Event| match (track.key, &event.what) {
        (Key::Time, _) => Some(track.of(event.time.0)),
        (Key::Step, What::Resumed { from }) => Some(track.of(*from)),
        (Key::Step, _) => event.step.map(|step| track.of(step)),
    };
    let mut ticks: Vec<(u8, Tick)> = (events.iter())
        .filter_map(|event| {
            let (weight, letter, role) = letter(event)?;
            let place = place(event)?;
            Some((
                weight,
                Tick {
                    place,
                    letter,
                    role,
                },
            ))
        })
        .collect();
    ticks.sort_by_key(|(weight, _)| *weight);
    ticks.into_iter().map(|(_, tick)| tick).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::{action::Action, fixture};

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
        assert!(both.contains("[1/2]") && both.contains("auc"), "{both}");
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
    fn what_happened_has_a_letter_where_it_happened() {
        let event = |seconds, step, what| Event {
            time: fixture::ago(seconds),
            step,
            what,
        };
        let how = Ending::Stopped { by: "ana".into() };
        let events = [
            event(50, Some(40), What::Ended { how }),
            event(40, None, What::Resumed { from: 30 }),
            event(30, Some(20), What::CheckpointFailed { why: "full".into() }),
            event(20, None, What::Submitted { by: "ana".into() }),
        ];
        let told = |track| -> String {
            let ticks = ticks(&events, &track).into_iter();
            ticks
                .map(|tick| format!("{}{} ", tick.letter, tick.place))
                .collect()
        };
        assert_eq!(told(Track::default()), "C20 R30 S40 ");
        let track = Track {
            key: Key::Time,
            origin: fixture::ago(50).0,
            unit: 1.0,
        };
        assert_eq!(told(track), "C20000 R10000 S0 ");
    }

    #[test]
    fn many_like_series_are_lines_or_a_heat_map() {
        let shared = fixture::shared();
        let mut detail = fixture::detail(fixture::run(1, "calm-heron-2"));
        let names: Vec<String> = (0..10).map(|layer| format!("layer.{layer}/grad")).collect();
        detail.metrics = names.iter().map(|name| fixture::summary(name)).collect();
        let mut board = Board::of(detail.run.id);
        board.know(Ok(Box::new(detail)));
        let area = Rect::new(0, 0, 120, 16);
        let mut tickets = crate::tui::event::Tickets::default();
        let mut picture = |board: &mut Board| -> String {
            for _ in 0..2 {
                let mut buffer = Buffer::empty(area);
                draw(board, &mut buffer, area, &shared, true);
                for (ticket, question) in board.charts.ask(&mut tickets) {
                    let data = fixture::chart(question.from, question.to, question.dots, 1_840);
                    assert!(board.charts.loaded(ticket, Ok(data)).is_none());
                }
                if board.charts.iter().count() == 10 {
                    return fixture::text(&buffer);
                }
            }
            unreachable!("all charts are answered by the second frame")
        };
        picture(&mut board);
        let lines = picture(&mut board);
        assert!(lines.contains("2 others: range, median"), "{lines}");
        assert!(board.act(Action::Heat));
        let heat = picture(&mut board);
        assert!(
            heat.contains("layer.9/grad") && heat.contains('▓'),
            "{heat}"
        );
    }
}
