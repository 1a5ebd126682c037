//! What is known of a run besides its curves: the machine, metrics, parameters, history, files.

use ratatui::text::{Line, Span};
use serde_json::Value;

use crate::{
    domain::{
        events::{Event, What},
        metrics::Summary,
    },
    ops::runs::Detail,
    tui::{
        look::{Look, fit},
        shared::Shared,
        text,
        theme::Role,
    },
};

/// All of it as lines, each cut to the width.
pub fn lines(detail: &Detail, shared: &Shared, columns: usize) -> Vec<Line<'static>> {
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
    let (system, model): (Vec<_>, Vec<_>) = detail
        .metrics
        .iter()
        .partition(|summary| summary.metric.starts_with("system/"));
    if run.state.is_live() && !system.is_empty() {
        head(&mut lines, look, "SYSTEM");
        lines.extend(system.iter().map(|summary| machine(look, summary, columns)));
    }
    if !model.is_empty() {
        head(&mut lines, look, "METRICS");
        lines.extend(model.iter().map(|summary| metric(look, summary, columns)));
    }
    if !run.params.is_empty() {
        head(&mut lines, look, "PARAMETERS");
        let params = run.params.iter();
        lines.extend(params.map(|(name, value)| pair(look, name, &plain(value), columns)));
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
            pair(
                look,
                file.kind.as_deref().unwrap_or("file"),
                &file.path,
                columns,
            )
        }));
    }
    let captured = captured(&detail.captured);
    if !captured.is_empty() {
        head(&mut lines, look, "CAPTURED");
        lines.extend(
            captured
                .iter()
                .map(|(name, value)| pair(look, name, value, columns)),
        );
    }
    lines
}

/// A run with more checkpoints than this has the older ones in `sconce runs show`.
const MOST_EVENTS: usize = 200;

fn head(lines: &mut Vec<Line<'static>>, look: &Look, title: &'static str) {
    lines.push(Line::default());
    lines.push(Line::from(look.span(format!(" {title}"), Role::Title)));
}

fn pair(look: &Look, name: &str, value: &str, columns: usize) -> Line<'static> {
    let wide = 14.max(columns / 3).min(columns);
    let value = look.clip(value, columns.saturating_sub(wide + 2));
    Line::from(vec![
        look.span(format!(" {} ", look.cell(name, wide)), Role::Dim),
        Span::raw(value),
    ])
}

fn metric(look: &Look, summary: &Summary, columns: usize) -> Line<'static> {
    let best = match summary.best() {
        Some(best) => format!("{} @{}", text::value(best.value), text::count(best.step)),
        None => "-".to_owned(),
    };
    let wide = columns.saturating_sub(12 + 19).clamp(8, 24);
    let mut spans = vec![
        look.span(format!(" {} ", look.cell(&summary.metric, wide)), Role::Dim),
        Span::raw(look.cell_right(&text::value(summary.last), 9)),
        look.span(format!("  best {best}"), Role::Dim),
    ];
    if 0 < summary.nan + summary.infinite {
        spans.push(look.span(
            format!("  NaN {}", summary.nan + summary.infinite),
            Role::Error,
        ));
    }
    fit(spans, columns, look.charset.ellipsis())
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

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
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
                    .map(|(key, value)| (format!("{name}.{key}"), plain(value))),
            ),
            Value::Null => {}
            other => pairs.push((name.clone(), plain(other))),
        }
    }
    pairs
}

fn history(event: &Event, shared: &Shared, columns: usize) -> Line<'static> {
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
