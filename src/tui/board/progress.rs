//! How far a run is, and how it goes: two lines.

use ratatui::text::{Line, Span};

use crate::{
    domain::{
        events::{STOPPED_EARLY, What},
        metrics::Summary,
        runs::{Activity, Ending, Run, RunState},
        time::Span as TimeSpan,
    },
    ops::runs::Detail,
    tui::{board::Board, look::fit, shared::Shared, text, theme::Role},
};

/// Two lines on the run. Of one that has ended, what does not fit into the first goes into the second.
pub fn lines(board: &Board, shared: &Shared, columns: usize) -> [Line<'static>; 2] {
    if board.run().is_none_or(|run| !run.state.has_ended()) {
        return [
            headline(board, shared, columns),
            bar(board, shared, columns),
        ];
    }
    let mut room = columns;
    let (first, mut second): (Vec<_>, Vec<_>) =
        headwords(board, shared).into_iter().partition(|word| {
            let fits = word.width() <= room;
            room -= if fits { word.width() } else { 0 };
            fits
        });
    if let Some(word) = second.first_mut() {
        word.content = word.content.trim_start().to_owned().into();
    }
    let notes = notes(board, shared);
    if !second.is_empty() && !notes.is_empty() {
        second.push(Span::raw("  "));
    }
    second.extend(notes);
    let ellipsis = shared.look.charset.ellipsis();
    [first, second].map(|spans| fit(spans, columns, ellipsis))
}

/// The state and the figures of the run, as many as fit, the weightier first.
pub fn headline(board: &Board, shared: &Shared, columns: usize) -> Line<'static> {
    fit(
        headwords(board, shared),
        columns,
        shared.look.charset.ellipsis(),
    )
}

fn headwords(board: &Board, shared: &Shared) -> Vec<Span<'static>> {
    let look = &shared.look;
    let Some(detail) = &board.detail.value else {
        return vec![look.span("…", Role::Dim)];
    };
    let run = &detail.run;
    let mut spans = vec![look.state(run.state.word())];
    let mut push = |text: String| spans.push(Span::raw(format!("  {text}")));
    match &run.state {
        RunState::Ended { how, .. } => {
            if let (Some(started), Some(ended)) = (run.state.started(), run.state.ended()) {
                push(format!("in {}", lasted(ended.since(started))));
            }
            if let Some(early) = stopped_early(detail) {
                push(early.to_owned());
            }
            if let Some(text) = ending(how) {
                push(text);
            }
            if 0 < run.progress.step {
                push(steps(run));
            }
        }
        RunState::Running {
            activity: Activity::Stalled { last },
            ..
        } => {
            push(format!("no step for {}", shared.age(*last)));
            push(steps(run));
        }
        RunState::Queued => push(match &detail.waits {
            Some(why) => format!("waits: {why}"),
            None => "waits for its turn".to_owned(),
        }),
        _ => {
            push(steps(run));
            figures(board, shared).into_iter().for_each(&mut push);
        }
    }
    spans
}

/// A duration; of seconds with their tenths, so that a short run does not take `0s`.
fn lasted(ms: i64) -> String {
    match ms {
        0..10_000 => format!("{:.1}s", ms as f64 / 1_000.0),
        _ => TimeSpan(ms).to_string(),
    }
}

/// What this attempt said of ending before its last epoch: otherwise 128 of 8,000 epochs look cut short.
fn stopped_early(detail: &Detail) -> Option<&str> {
    let newest_first = detail.events.iter().rev();
    newest_first
        .take_while(|event| !matches!(event.what, What::Started { .. }))
        .find_map(|event| match &event.what {
            What::Said { text } if text.starts_with(STOPPED_EARLY) => Some(text.as_str()),
            _ => None,
        })
}

fn steps(run: &Run) -> String {
    let progress = &run.progress;
    let mut text = match progress.steps {
        Some(steps) => format!("step {}/{}", text::count(progress.step), text::count(steps)),
        None => format!("step {}", text::count(progress.step)),
    };
    if let (Some(epoch), Some(epochs)) = (progress.epoch, progress.epochs) {
        // The one at work, counted from 1.
        text = format!("epoch {:.0}/{epochs}  {text}", epoch.ceil().max(1.0));
    }
    text
}

fn figures(board: &Board, shared: &Shared) -> Vec<String> {
    let mut figures = vec![];
    let last = |ending: &str| find(board, ending).map(|summary| summary.last);
    match (last("rows_per_second"), board.pace(shared.now)) {
        (Some(rows), _) if rows.is_finite() => {
            figures.push(format!("{} rows/s", text::scaled(rows)));
        }
        (_, Some(pace)) => figures.push(format!("{} steps/s", text::scaled(pace))),
        _ => {}
    }
    if let Some(left) = board.remaining(shared.now) {
        figures.push(format!("ETA {}", TimeSpan(left)));
    }
    for (name, ending) in [("lr", "lr"), ("grad", "grad_norm")] {
        if let Some(value) = last(ending) {
            figures.push(format!("{name} {}", text::value(value)));
        }
    }
    figures
}

/// The metric of this name, whatever split or group it stands in.
fn find<'a>(board: &'a Board, name: &str) -> Option<&'a Summary> {
    let mut metrics = board.detail.value.iter().flat_map(|detail| &detail.metrics);
    metrics.find(|summary| summary.metric.rsplit('/').next() == Some(name))
}

pub fn ending(how: &Ending) -> Option<String> {
    match how {
        Ending::Done => None,
        Ending::Failed { exit, message } if message.is_empty() => Some(exit.to_string()),
        Ending::Failed { exit, message } => Some(format!(
            "{exit}: {}",
            message.lines().last().unwrap_or_default()
        )),
        Ending::Stopped { by } if by.is_empty() => None,
        Ending::Stopped { by } => Some(format!("by {by}")),
        Ending::Lost => Some("its process is gone and did not say why".to_owned()),
        Ending::Unseen => Some("its end was not seen".to_owned()),
    }
}

/// A bar over the planned steps, and what is known besides.
pub fn bar(board: &Board, shared: &Shared, columns: usize) -> Line<'static> {
    let look = &shared.look;
    let Some(run) = board.run() else {
        return Line::default();
    };
    // What has ended early is as done as it will be, and a plan that was outrun is none: a bar would say otherwise.
    let share = match run.progress.steps {
        Some(steps) if 0 < steps && run.progress.step <= steps && !run.state.has_ended() => {
            run.progress.step as f64 / steps as f64
        }
        _ => return Line::from(notes(board, shared)),
    };
    let notes = notes(board, shared);
    let percent = format!(" {:.0}%", (share * 100.0).floor());
    let beside: usize = notes.iter().map(Span::width).sum::<usize>() + percent.len() + 2;
    let wide = columns.saturating_sub(beside).clamp(8.min(columns), 60);
    let mut spans = look.bar(share, wide);
    spans.push(Span::raw(percent));
    spans.push(Span::raw("  "));
    spans.extend(notes);
    fit(spans, columns, look.charset.ellipsis())
}

fn notes(board: &Board, shared: &Shared) -> Vec<Span<'static>> {
    let look = &shared.look;
    let Some(detail) = &board.detail.value else {
        return vec![];
    };
    let mut notes = vec![];
    if let Some(time) = detail.kept {
        let ago = shared.age(time);
        notes.push(look.span(format!("checkpoint {ago} ago"), Role::Dim));
    }
    let mut bad = (detail.metrics.iter())
        .filter_map(|summary| Some(format!("{} {}", summary.metric, not_finite(summary)?)));
    let named: Vec<String> = bad.by_ref().take(MOST_NAMED).collect();
    if !named.is_empty() {
        let more = match bad.count() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let text = crate::domain::text::shown(&named.join(", "));
        notes.push(look.span(format!("{text}{more}"), Role::Error));
    }
    if let Some(refused) = refused_lines(board) {
        notes.push(look.span(refused, Role::Warn));
    }
    for at in (1..notes.len()).rev() {
        notes.insert(at, Span::raw("  "));
    }
    notes
}

/// Metrics that are named as not finite; of the others, how many.
const MOST_NAMED: usize = 2;

/// `NaN×40 inf×3`, where a series has such values.
pub fn not_finite(summary: &Summary) -> Option<String> {
    let parts = [("NaN", summary.nan), ("inf", summary.infinite)];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(_, count)| 0 < *count)
        .map(|(name, count)| format!("{name}×{count}"))
        .collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// How much of the journal was refused: without it, a run that wrote nothing readable looks like one that wrote nothing.
pub fn refused_lines(board: &Board) -> Option<String> {
    let events = &board.detail.value.as_ref()?.events;
    let refused: u64 = events
        .iter()
        .map(|event| match event.what {
            What::BadLines { count, .. } => count,
            _ => 0,
        })
        .sum();
    match refused {
        0 => None,
        1 => Some("a line of the journal is no record: see history".to_owned()),
        _ => Some(format!(
            "{} lines of the journal are no records: see history",
            text::count(refused as i64)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::events::Event, tui::fixture};

    fn board(run: Run, events: Vec<What>) -> Board {
        let mut detail = fixture::detail(run);
        detail.kept = None;
        detail.events.extend(events.into_iter().map(|what| Event {
            time: fixture::NOW,
            step: None,
            what,
        }));
        for (metric, nan, infinite) in [("lr", 40, 0), ("train/loss", 40, 3), ("val/loss", 0, 1)] {
            let mut metrics = detail.metrics.iter_mut();
            let summary = metrics.find(|known| known.metric == metric);
            let summary = summary.expect("the fixture has it");
            (summary.nan, summary.infinite) = (nan, infinite);
        }
        let mut board = Board::of(detail.run.id);
        board.detail.answer(Ok(Box::new(detail)));
        board
    }

    #[test]
    fn a_run_that_ended_before_its_last_epoch_says_why() {
        let text = "stopped early: no better val/loss for 12 epochs; best at epoch 116";
        let said = What::Said {
            text: text.to_owned(),
        };
        let board = board(fixture::run(1, "calm-heron-2"), vec![said]);
        let line = headline(&board, &fixture::shared(), 200).to_string();
        assert!(line.contains(text), "{line}");
        assert_eq!(
            [lasted(400), lasted(9_940), lasted(61_000)],
            ["0.4s", "9.9s", "1m01s"]
        );
    }

    #[test]
    fn what_does_not_fit_beside_how_a_run_ended_goes_below() {
        let text = "stopped early: no better val/loss for 12 epochs; best at epoch 116";
        let said = What::Said {
            text: text.to_owned(),
        };
        let board = board(fixture::run(1, "calm-heron-2"), vec![said]);
        let [first, second] = lines(&board, &fixture::shared(), 70);
        assert_eq!(
            first.to_string(),
            "✓ done  in 3m40s  epoch 100/100  step 4,000/4,000"
        );
        assert!(second.to_string().starts_with(text), "{second}");
        let [first, second] = lines(&board, &fixture::shared(), 200);
        assert!(first.to_string().contains(text), "{first}");
        assert!(second.to_string().starts_with("lr NaN×40"), "{second}");
    }

    #[test]
    fn the_epoch_at_work_is_counted_from_one() {
        let at = |epoch| {
            let mut run = fixture::running(1, "calm-heron-2");
            run.progress.epoch = Some(epoch);
            let line = headline(&board(run, vec![]), &fixture::shared(), 200).to_string();
            line.split_whitespace().nth(3).map(str::to_owned)
        };
        let found = [0.0, 0.4, 1.0, 1.01, 99.9, 100.0].map(|epoch| at(epoch).unwrap());
        assert_eq!(
            found,
            ["1/100", "1/100", "1/100", "2/100", "100/100", "100/100"]
        );
    }

    #[test]
    fn what_is_not_finite_is_named_and_refused_lines_are_counted() {
        let bad = |count| What::BadLines {
            count,
            first: "not JSON".to_owned(),
        };
        let board = board(fixture::run(1, "calm-heron-2"), vec![bad(20), bad(9)]);
        assert_eq!(
            bar(&board, &fixture::shared(), 200).to_string(),
            "lr NaN×40, train/loss NaN×40 inf×3 and 1 more  29 lines of the journal are no records: see history"
        );
    }
}
