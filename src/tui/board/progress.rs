//! How far a run is, and how it goes: two lines.

use ratatui::text::{Line, Span};

use crate::{
    domain::{
        events::What,
        metrics::Summary,
        runs::{Activity, Ending, Run, RunState},
        time::Span as TimeSpan,
    },
    tui::{board::Board, look::fit, shared::Shared, text, theme::Role},
};

/// The state and the figures of the run, as many as fit, the weightier first.
pub fn headline(board: &Board, shared: &Shared, columns: usize) -> Line<'static> {
    let look = &shared.look;
    let Some(detail) = &board.detail.value else {
        return Line::from(look.span("…", Role::Dim));
    };
    let run = &detail.run;
    let mut spans = vec![look.state(run.state.word())];
    let mut push = |text: String| spans.push(Span::raw(format!("  {text}")));
    match &run.state {
        RunState::Ended { how, .. } => {
            if let (Some(started), Some(ended)) = (run.state.started(), run.state.ended()) {
                push(format!("in {}", TimeSpan(ended.since(started))));
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
    fit(spans, columns, look.charset.ellipsis())
}

fn steps(run: &Run) -> String {
    let progress = &run.progress;
    let mut text = match progress.steps {
        Some(steps) => format!("step {}/{}", text::count(progress.step), text::count(steps)),
        None => format!("step {}", text::count(progress.step)),
    };
    if let (Some(epoch), Some(epochs)) = (progress.epoch, progress.epochs) {
        text = format!("epoch {epoch:.0}/{epochs}  {text}");
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
    // What has ended early is as done as it will be: a bar would say otherwise.
    let share = match run.progress.steps {
        Some(steps) if 0 < steps && !run.state.has_ended() => {
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
    let kept = detail
        .events
        .iter()
        .rev()
        .find_map(|event| match event.what {
            What::Checkpoint { .. } => Some(event.time),
            _ => None,
        });
    if let Some(time) = kept {
        let ago = shared.age(time);
        notes.push(look.span(format!("checkpoint {ago} ago"), Role::Dim));
    }
    let bad: u64 = detail
        .metrics
        .iter()
        .map(|summary| summary.nan + summary.infinite)
        .sum();
    if 0 < bad {
        notes.push(look.span(format!("  NaN {bad}"), Role::Error));
    }
    notes
}
