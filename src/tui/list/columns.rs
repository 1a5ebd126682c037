//! The columns of the list of runs: which fit, and what stands in them.

use ratatui::text::Span;

use crate::{
    domain::{
        metrics::Direction,
        runs::{Run, RunState, Tag},
    },
    ops::runs::Row,
    tui::{
        effect::Own,
        look::Look,
        shared::Shared,
        text,
        theme::{Role, state_role},
    },
};

/// Columns of characters that a sparkline takes.
pub const TREND: usize = 8;

/// What a column shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Glyph,
    State,
    Name,
    Metric,
    Tags,
    Experiment,
    Step,
    Age,
    Trend,
}

#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub kind: Kind,
    pub width: usize,
}

impl Kind {
    pub fn title(self) -> &'static str {
        match self {
            Self::Glyph => "",
            Self::State => "STATE",
            Self::Name => "NAME",
            Self::Metric => "BEST",
            Self::Tags => "TAGS",
            Self::Experiment => "EXPERIMENT",
            Self::Step => "STEP",
            Self::Age => "AGE",
            Self::Trend => "TREND",
        }
    }

    pub fn is_number(self) -> bool {
        matches!(self, Self::Metric | Self::Step | Self::Age)
    }
}

/// The columns that fit: state, name and metric always; the rest as far as there is room.
pub fn fitting(width: u16, look: &Look) -> Vec<Column> {
    let width = usize::from(width);
    let wide = 56 <= width;
    let (state, state_width) = if wide {
        (Kind::State, 11)
    } else {
        (Kind::Glyph, 1)
    };
    let mut columns = vec![
        Column {
            kind: state,
            width: state_width,
        },
        Column {
            kind: Kind::Name,
            width: 10,
        },
        Column {
            kind: Kind::Metric,
            width: 9,
        },
    ];
    let mut used: usize = 1 + columns.iter().map(|column| column.width + 1).sum::<usize>();
    // A name takes what it needs before anything else is shown beside it.
    let wished = if wide { 18 } else { 14 };
    let room = |used: usize| width.saturating_sub(used + wished - 10);
    for (kind, columns_wide) in [
        (Kind::Step, 13),
        (Kind::Age, 6),
        (Kind::Trend, TREND),
        (Kind::Experiment, 14),
        (Kind::Tags, 18),
    ] {
        if columns_wide < room(used) && (look.has_borders || wide || kind != Kind::Trend) {
            used += columns_wide + 1;
            columns.push(Column {
                kind,
                width: columns_wide,
            });
        }
    }
    columns[1].width = (10 + width.saturating_sub(used)).min(32);
    columns
}

/// What a column shows of a run.
pub fn cell(row: &Row, own: &Own, column: Column, shared: &Shared) -> Span<'static> {
    let (look, run, width) = (&shared.look, &row.run, column.width);
    let plain = |text: &str, role: Role| {
        let text = if column.kind.is_number() {
            look.cell_right(text, width)
        } else {
            look.cell(text, width)
        };
        look.span(text, role)
    };
    let word = run.state.word();
    match column.kind {
        Kind::Glyph => plain(look.charset.state(word), state_role(word)),
        Kind::State => {
            let span = look.state(word);
            let text = look.cell(&span.content, width);
            Span::styled(text, span.style)
        }
        Kind::Name => plain(&run.name, Role::Text),
        Kind::Metric => match own.summary.as_ref() {
            Some(summary) => match summary.best() {
                Some(best) => plain(&text::value(best.value), Role::Text),
                // Nobody knows which way is better: no number is its best.
                None if Direction::of(&summary.metric).is_none() => plain("-", Role::Dim),
                None => plain("NaN", Role::Error),
            },
            None => plain("-", Role::Dim),
        },
        Kind::Tags => {
            let tags: Vec<&str> = run.tags.iter().map(Tag::as_str).collect();
            plain(&tags.join(" "), Role::Dim)
        }
        Kind::Experiment => plain(&run.experiment, Role::Dim),
        Kind::Step => plain(
            &steps(run.progress.step, run.progress.steps, &run.state),
            Role::Text,
        ),
        Kind::Age => plain(&age(run, shared), Role::Dim),
        Kind::Trend => plain(&look.sparkline(&own.trend), Role::Accent),
    }
}

/// `1,840/4,000` while it runs, `4,000` when it has ended.
fn steps(step: i64, total: Option<i64>, state: &RunState) -> String {
    match (total, state) {
        (_, RunState::Queued) => "-".to_owned(),
        (Some(total), state) if !state.has_ended() => {
            format!("{}/{}", text::count(step), text::count(total))
        }
        _ => text::count(step),
    }
}

/// Since it was made.
fn age(run: &Run, shared: &Shared) -> String {
    text::span(shared.now.since(run.created))
}
