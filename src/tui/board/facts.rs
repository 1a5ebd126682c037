//! What is known of a run besides its curves: the machine, metrics, parameters, history, files.

use ratatui::text::{Line, Span};
use serde_json::Value;

use crate::{
    domain::{
        events::{Event, What},
        metrics::Summary,
        runs::{Ending, RunState, why},
    },
    ops::runs::Detail,
    tui::{
        board::progress::not_finite,
        look::{Look, fit},
        shared::Shared,
        text,
        theme::Role,
    },
};

/// Lines of the reason of a failure; the log has the rest.
const MOST_REASON: usize = 6;

/// All of it as lines, each cut to the width.
pub fn lines(detail: &Detail, shared: &Shared, columns: usize) -> Vec<Line<'static>> {
    all(detail, shared, columns, true)
}

/// As [`lines`], where what the run takes of its machine stands beside it already.
pub fn beside_machine(detail: &Detail, shared: &Shared, columns: usize) -> Vec<Line<'static>> {
    all(detail, shared, columns, false)
}

fn all(detail: &Detail, shared: &Shared, columns: usize, has_machine: bool) -> Vec<Line<'static>> {
    let look = &shared.look;
    let mut lines = vec![];
    let run = &detail.run;
    let id = run.id.to_string();
    let short = &id[..detail.prefix.clamp(4, id.len())];
    lines.push(pair(
        look,
        "run",
        &format!("{} · {short} · attempt {}", run.experiment, run.attempt),
        columns,
    ));
    lines.push(pair(
        look,
        "by",
        &format!("{}, {} ago", run.actor, shared.age(run.created)),
        columns,
    ));
    if let RunState::Ended {
        how: Ending::Failed { exit, message },
        ..
    } = &run.state
    {
        let (why, room) = (why(*exit, message), columns.saturating_sub(2));
        let told = text::wrapped(&why, room, MOST_REASON, look.charset.ellipsis());
        let told = told.into_iter();
        lines.extend(told.map(|line| Line::from(look.span(format!(" {line}"), Role::Error))));
    }
    if !run.tags.is_empty() {
        let tags: Vec<&str> = run
            .tags
            .iter()
            .map(crate::domain::runs::Tag::as_str)
            .collect();
        lines.push(pair(look, "tags", &tags.join(" "), columns));
    }
    if !run.note.is_empty() {
        lines.push(pair(look, "note", &run.note, columns));
    }
    let of = |kind: Kind| -> Vec<&Summary> {
        let mut found: Vec<&Summary> = (detail.metrics.iter())
            .filter(|summary| Kind::of(&summary.metric) == kind)
            .collect();
        found.sort_by_key(|summary| !summary.metric.starts_with("val/"));
        found
    };
    let (judged, trained) = (of(Kind::Judged), of(Kind::Train));
    let in_sight = judged.iter().take(MOST_METRICS);
    let in_sight = in_sight.chain(trained.iter().take(MOST_METRICS));
    let widths = Widths::of(in_sight.copied(), columns);
    if !judged.is_empty() {
        head(&mut lines, look, "METRICS");
        let shown = judged.iter().take(MOST_METRICS);
        lines.extend(shown.map(|summary| metric(look, summary, &widths)));
        lines.extend(others(look, judged.len()));
    }
    if !run.params.is_empty() {
        head(&mut lines, look, "PARAMETERS");
        let params: Vec<(&str, String)> = (run.params.iter())
            .map(|(name, value)| (name.as_str(), text::plain(value)))
            .collect();
        lines.extend(pairs(look, &params, columns));
    }
    if !trained.is_empty() {
        head(&mut lines, look, "TRAINING");
        let shown = trained.iter().take(MOST_METRICS);
        lines.extend(shown.map(|summary| metric(look, summary, &widths)));
        lines.extend(others(look, trained.len()));
    }
    let system = of(Kind::System);
    if has_machine && run.state.is_live() && !system.is_empty() {
        head(&mut lines, look, "SYSTEM");
        lines.extend(system.iter().map(|summary| machine(look, summary, columns)));
    }
    if !detail.events.is_empty() {
        head(&mut lines, look, "HISTORY");
        let events = detail.events.iter().rev().take(MOST_EVENTS);
        lines.extend(events.map(|event| history(event, shared, columns)));
    }
    if !detail.artifacts.is_empty() {
        head(&mut lines, look, "FILES");
        let files = detail.artifacts.iter();
        lines.extend(files.map(|file| {
            let kind = file.kind.as_deref().unwrap_or("file");
            let is_missing = detail.missing.contains(&file.path);
            let missing = if is_missing { "  missing" } else { "" };
            let mut line = pair(
                look,
                kind,
                &file.path,
                columns.saturating_sub(missing.len()),
            );
            line.spans.push(look.span(missing, Role::Error));
            line
        }));
    }
    let captured = captured(&detail.captured);
    if !captured.is_empty() {
        head(&mut lines, look, "CAPTURED");
        let captured: Vec<(&str, String)> = (captured.iter())
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        lines.extend(pairs(look, &captured, columns));
    }
    lines
}

/// Where a metric stands among the others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Over rows that were not trained on, or of no split.
    Judged,
    Train,
    System,
}

impl Kind {
    fn of(metric: &str) -> Self {
        match metric.split_once('/') {
            Some(("system", _)) => Self::System,
            Some(("train", _)) => Self::Train,
            _ => Self::Judged,
        }
    }
}

/// More metrics of a kind than this are a table of their own.
const MOST_METRICS: usize = 24;

/// How many metrics are not named.
fn others(look: &Look, count: usize) -> Option<Line<'static>> {
    let more = count.checked_sub(MOST_METRICS).filter(|more| 0 < *more)?;
    let text = format!(" and {} more", text::count(more as i64));
    Some(Line::from(look.span(text, Role::Dim)))
}

/// A run with more checkpoints than this has the older ones in `sconce runs show`.
const MOST_EVENTS: usize = 200;

pub fn head(lines: &mut Vec<Line<'static>>, look: &Look, title: &'static str) {
    lines.push(Line::default());
    lines.push(Line::from(look.span(format!(" {title}"), Role::Title)));
}

fn name_width(columns: usize) -> usize {
    14.max(columns / 3).min(columns)
}

fn pair(look: &Look, name: &str, value: &str, columns: usize) -> Line<'static> {
    let wide = name_width(columns);
    let value = look.clip(value, columns.saturating_sub(wide + 2));
    Line::from(vec![
        look.span(format!(" {} ", look.cell(name, wide)), Role::Dim),
        Span::raw(value),
    ])
}

/// Pairs whose names take one width: the widest, but not more than half.
pub fn pairs(look: &Look, pairs: &[(&str, String)], columns: usize) -> Vec<Line<'static>> {
    let widest = pairs.iter().map(|(name, _)| text::width(name)).max();
    let half = (columns / 2).max(1);
    let wide = widest
        .unwrap_or(0)
        .clamp(name_width(columns).min(half), half);
    let line = |(name, value): &(&str, String)| {
        let name = text::squeeze(name, wide, look.charset.ellipsis());
        Line::from(vec![
            look.span(format!(" {} ", look.cell(&name, wide)), Role::Dim),
            Span::raw(look.clip(value, columns.saturating_sub(wide + 2))),
        ])
    };
    pairs.iter().map(line).collect()
}

/// The columns of a table of metrics, each as wide as its widest value.
struct Widths {
    name: usize,
    last: usize,
    best: usize,
    step: usize,
    /// There is room for the step of the best value.
    has_step: bool,
}

impl Widths {
    fn of<'a>(metrics: impl Iterator<Item = &'a Summary>, columns: usize) -> Self {
        let mut widths = Self {
            name: 0,
            last: 0,
            best: 0,
            step: 0,
            has_step: true,
        };
        for summary in metrics {
            let (last, best) = figures(summary);
            widths.name = widths.name.max(text::width(&summary.metric));
            widths.last = widths.last.max(last.len());
            if let Some((best, step)) = best {
                widths.best = widths.best.max(best.len());
                widths.step = widths.step.max(step.len());
            }
        }
        let figures = widths.last + widths.best + " ".len() + 2 + "  best ".len();
        let step = widths.step + " @".len();
        widths.has_step = figures + step + LEAST_NAME <= columns;
        let beside = figures + if widths.has_step { step } else { 0 };
        let room = columns.saturating_sub(beside).max(LEAST_NAME);
        widths.name = widths.name.min(room);
        widths
    }
}

/// A name is not cut to less than this for the sake of what stands beside it.
const LEAST_NAME: usize = 10;

/// The last value; the best and its step, where it is known what is best and there was a choice.
fn figures(summary: &Summary) -> (String, Option<(String, String)>) {
    let best = summary.best().filter(|_| 1 < summary.points);
    match best {
        Some(best) => {
            let (last, value) = text::apart(summary.last, best.value);
            (last, Some((value, text::count(best.step))))
        }
        None => (text::value(summary.last), None),
    }
}

fn metric(look: &Look, summary: &Summary, widths: &Widths) -> Line<'static> {
    let (last, best) = figures(summary);
    let name = text::squeeze(&summary.metric, widths.name, look.charset.ellipsis());
    let mut spans = vec![
        look.span(format!(" {}  ", look.cell(&name, widths.name)), Role::Dim),
        Span::raw(look.cell_right(&last, widths.last)),
    ];
    if let Some((value, step)) = best {
        let value = look.cell_right(&value, widths.best);
        let mut best = format!("  best {value}");
        if widths.has_step {
            best += &format!(" @{step:<wide$}", wide = widths.step);
        }
        spans.push(look.span(best, Role::Dim));
    }
    if let Some(bad) = not_finite(summary) {
        spans.push(look.span(format!("  {bad}"), Role::Error));
    }
    Line::from(spans)
}

/// A figure of the machine, with a bar where it is a share.
fn machine(look: &Look, summary: &Summary, columns: usize) -> Line<'static> {
    let name = summary.metric.trim_start_matches("system/");
    let mut spans = vec![look.span(
        format!(" {} ", look.cell(name, 16.min(columns / 2))),
        Role::Dim,
    )];
    let is_share = ["percent", "util", "cpu"]
        .iter()
        .any(|part| name.contains(part));
    let is_size = ["bytes", "memory", "rss", "mem"]
        .iter()
        .any(|part| name.contains(part));
    if is_share && !is_size {
        spans.extend(look.bar(summary.last / 100.0, 10.min(columns / 4)));
        spans.push(Span::raw(format!(" {:.0}%", summary.last)));
    } else if is_size && !name.contains("percent") {
        spans.push(Span::raw(text::bytes(summary.last)));
    } else {
        spans.push(Span::raw(text::scaled(summary.last)));
    }
    fit(spans, columns, look.charset.ellipsis())
}

/// What was captured, flattened by a level: `git.commit`, `host`.
fn captured(value: &Value) -> Vec<(String, String)> {
    let Value::Object(fields) = value else {
        return vec![];
    };
    let mut pairs = vec![];
    for (name, value) in fields {
        match value {
            Value::Object(inner) => pairs.extend(
                inner
                    .iter()
                    .map(|(key, value)| (format!("{name}.{key}"), text::plain(value))),
            ),
            Value::Null => {}
            other => pairs.push((name.clone(), text::plain(other))),
        }
    }
    pairs
}

/// A line of the history: how long ago, and what.
pub fn history(event: &Event, shared: &Shared, columns: usize) -> Line<'static> {
    let look = &shared.look;
    let ago = shared.age(event.time);
    let at = event
        .step
        .map_or(String::new(), |step| format!(" @{}", text::count(step)));
    let text = event.what.sentence();
    let spans = vec![
        look.span(format!(" {ago:>6} "), Role::Dim),
        look.span(
            look.clip(&format!("{text}{at}"), columns.saturating_sub(9)),
            role(&event.what),
        ),
    ];
    fit(spans, columns, look.charset.ellipsis())
}

/// How an event is meant.
fn role(what: &What) -> Role {
    match what {
        What::CheckpointFailed { .. } | What::Refused { .. } => Role::Error,
        What::Answered {
            refused: Some(_), ..
        }
        | What::Thinned { .. }
        | What::Shortened { .. }
        | What::BadLines { .. }
        | What::Noticed { .. }
        | What::Killed { .. } => Role::Warn,
        _ => Role::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::jobs::Exit, tui::fixture};

    fn told(exit: Exit, message: &str, columns: usize) -> Vec<String> {
        let mut run = fixture::failed(1, "calm-heron-2");
        let RunState::Ended { how, .. } = &mut run.state else {
            panic!("it has ended");
        };
        *how = Ending::Failed {
            exit,
            message: message.to_owned(),
        };
        let lines = lines(&fixture::detail(run), &fixture::shared(), columns);
        lines.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn of_a_failure_the_line_that_says_why_is_told_whole() {
        let frames = "  File \"train.py\", line 12, in step\n".repeat(8);
        let message = format!(
            "Traceback (most recent call last):\n{frames}ValueError: shapes (64, 30) and (32, 2) do not fit\n"
        );
        let lines = told(Exit::Code(1), &message, 40);
        assert_eq!(
            lines[2..5],
            [
                " exit code 1: ValueError: shapes (64,",
                " 30) and (32, 2) do not fit",
                " tags           baseline",
            ]
        );
        let long = told(Exit::Code(1), &"word ".repeat(200), 40);
        assert!(long[7].ends_with('…'), "{long:?}");
        let killed = told(Exit::Signal(9), "step 1\nstep 2", 60);
        assert_eq!(killed[2], " killed by SIGKILL (9); last output: step 2");
    }
}
