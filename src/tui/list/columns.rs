//! The columns of the list of runs: which fit, and what stands in them. Each is as wide as what it shows.

use std::collections::BTreeSet;

use ratatui::text::Span;

use crate::{
    domain::{
        metrics::Direction,
        runs::{Run, RunState, Tag},
    },
    ops::runs::{Row, Sort, SortKey},
    tui::{
        effect::Own,
        shared::Shared,
        text,
        theme::{Role, state_role},
    },
};

/// Columns of characters that a sparkline takes.
pub const TREND: usize = 8;
/// A longer name, experiment or list of tags is cut.
const NAME: usize = 32;
const EXPERIMENT: usize = 16;
const TAGS: usize = 18;
/// What a name gets before anything else is shown beside it.
const WISHED: usize = 18;

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

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub kind: Kind,
    pub title: String,
    pub width: usize,
}

impl Kind {
    fn title(self) -> &'static str {
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

    /// Is this the column that an order goes by, and do its values grow downwards then?
    fn sorted(self, sort: &Sort) -> Option<bool> {
        match (self, &sort.key) {
            // The newest has the least age.
            (Self::Age, SortKey::Created) => Some(sort.descending),
            (Self::Name, SortKey::Name)
            | (Self::State, SortKey::State)
            | (Self::Step, SortKey::Step)
            | (Self::Metric, SortKey::Metric(_)) => Some(!sort.descending),
            _ => None,
        }
    }
}

/// The columns of a list, for the rows that are known of it.
pub struct Columns {
    pub list: Vec<Column>,
    /// The rows differ in the metric they show: each names its own.
    is_mixed: bool,
}

impl Columns {
    /// The columns that fit: state, name and metric always; the rest as far as there is room.
    pub fn fitting(width: u16, rows: &[(&Row, &Own)], sort: &Sort, shared: &Shared) -> Self {
        let (width, look) = (usize::from(width), &shared.look);
        let metrics: BTreeSet<&str> = rows
            .iter()
            .filter_map(|(_, own)| Some(own.summary.as_ref()?.metric.as_str()))
            .collect();
        let mut columns = Self {
            list: vec![],
            is_mixed: 1 < metrics.len(),
        };
        let column = |columns: &Self, kind: Kind, most: usize| {
            let mut title = match (kind, metrics.first()) {
                (Kind::Metric, Some(metric)) if !columns.is_mixed => metric.to_uppercase(),
                _ => kind.title().to_owned(),
            };
            if let Some(is_growing) = kind.sorted(sort) {
                title += look.charset.sorted(is_growing);
            }
            let cells = rows
                .iter()
                .map(|(row, own)| text::width(&columns.text(kind, row, own, shared).0));
            // The name of a metric is cut before a column of numbers is made wider than they are.
            let head = text::width(&title).min(if kind == Kind::Metric { 10 } else { most });
            Column {
                width: cells.max().unwrap_or(0).max(head).min(most),
                kind,
                title,
            }
        };
        let is_wide = 56 <= width;
        let state = match is_wide {
            true => column(&columns, Kind::State, 14),
            false => column(&columns, Kind::Glyph, 1),
        };
        let name = column(&columns, Kind::Name, NAME);
        let metric = column(&columns, Kind::Metric, 20);
        // One for the cursor's gutter, one after each column.
        let mut used = 1 + state.width + 1 + metric.width + 1 + name.width.min(WISHED) + 1;
        let experiments: BTreeSet<&str> = rows
            .iter()
            .map(|(row, _)| row.run.experiment.as_str())
            .collect();
        let mut others = vec![column(&columns, Kind::Age, 5)];
        if is_wide && 1 < experiments.len() {
            others.push(column(&columns, Kind::Experiment, EXPERIMENT));
        }
        others.push(column(&columns, Kind::Step, 24));
        if is_wide {
            others.push(Column {
                kind: Kind::Trend,
                title: Kind::Trend.title().to_owned(),
                width: TREND,
            });
        }
        if rows.iter().any(|(row, _)| !row.run.tags.is_empty()) {
            others.push(column(&columns, Kind::Tags, TAGS));
        }
        others.retain(|column| {
            let fits = used + column.width < width;
            used += if fits { column.width + 1 } else { 0 };
            fits
        });
        // In the order in which they are read, whatever the order in which they give way.
        let place = |kind: Kind| match kind {
            Kind::Step => 0,
            Kind::Age => 1,
            Kind::Trend => 2,
            Kind::Experiment => 3,
            _ => 4,
        };
        others.sort_by_key(|column| place(column.kind));
        let free = width.saturating_sub(used);
        let name = Column {
            width: name.width.min(name.width.min(WISHED) + free),
            ..name
        };
        columns.list = [state, name, metric].into_iter().chain(others).collect();
        // Where not even these fit, the name gives way.
        let over = columns.width().saturating_sub(width);
        columns.list[1].width = columns.list[1].width.saturating_sub(over).max(4);
        columns
    }

    fn width(&self) -> usize {
        1 + self
            .list
            .iter()
            .map(|column| column.width + 1)
            .sum::<usize>()
    }

    pub fn has(&self, kind: Kind) -> bool {
        self.list.iter().any(|column| column.kind == kind)
    }

    /// What a column shows of a run.
    pub fn cell(&self, column: &Column, row: &Row, own: &Own, shared: &Shared) -> Span<'static> {
        let (look, width) = (&shared.look, column.width);
        let (mut content, role) = self.text(column.kind, row, own, shared);
        if column.kind == Kind::Metric && width < text::width(&content) {
            // The number is worth more than the name before it.
            let number = content.rsplit(' ').next().unwrap_or_default().to_owned();
            let room = width.saturating_sub(text::width(&number) + 1);
            content = format!("{} {number}", look.clip(&content, room));
        }
        let cell = match column.kind.is_number() {
            true => look.cell_right(&content, width),
            false => look.cell(&content, width),
        };
        look.span(cell, role)
    }

    fn text(&self, kind: Kind, row: &Row, own: &Own, shared: &Shared) -> (String, Role) {
        let (look, run) = (&shared.look, &row.run);
        let word = run.state.word();
        let nothing = || (look.charset.dot().to_owned(), Role::Dim);
        match kind {
            Kind::Glyph => (look.charset.state(word).to_owned(), state_role(word)),
            Kind::State => (look.state(word).content.into_owned(), state_role(word)),
            Kind::Name => (run.name.clone(), Role::Text),
            Kind::Metric => match &own.summary {
                Some(summary) => {
                    let (value, role) = match summary.best() {
                        Some(best) => (text::value(best.value), Role::Text),
                        // Nobody knows which way is better: no number is its best.
                        None if Direction::of(&summary.metric).is_none() => return nothing(),
                        None => ("NaN".to_owned(), Role::Error),
                    };
                    let short = summary.metric.rsplit('/').next().unwrap_or_default();
                    match self.is_mixed {
                        true => (format!("{short} {value}"), role),
                        false => (value, role),
                    }
                }
                None => nothing(),
            },
            Kind::Tags => {
                let tags: Vec<&str> = run.tags.iter().map(Tag::as_str).collect();
                (tags.join(" "), Role::Dim)
            }
            Kind::Experiment => (run.experiment.clone(), Role::Dim),
            Kind::Step => match steps(run) {
                Some(steps) => (steps, Role::Text),
                None => nothing(),
            },
            Kind::Age => (shared.age(run.created), Role::Dim),
            Kind::Trend => (look.sparkline(&own.trend), Role::Accent),
        }
    }
}

/// `1,840/4,000` while it runs, `4,000` when it has ended; nothing of a run that had no step.
fn steps(run: &Run) -> Option<String> {
    let (step, state) = (run.progress.step, &run.state);
    match run.progress.steps {
        _ if *state == RunState::Queued => None,
        Some(total) if !state.has_ended() => {
            Some(format!("{}/{}", text::count(step), text::count(total)))
        }
        _ => (0 < step).then(|| text::count(step)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        ops::runs::{MetricColumn, MetricValue},
        tui::fixture,
    };

    fn head(width: u16, table: &crate::tui::effect::Table, sort: &Sort) -> Vec<(String, usize)> {
        let rows: Vec<_> = table.listing.rows.iter().zip(&table.own).collect();
        let columns = Columns::fitting(width, &rows, sort, &fixture::shared());
        columns
            .list
            .into_iter()
            .map(|column| (column.title, column.width))
            .collect()
    }

    #[test]
    fn rows_that_differ_in_their_metric_name_it() {
        let mut table = fixture::table(vec![fixture::run(1, "a"), fixture::run(2, "b")]);
        let cells = |table: &crate::tui::effect::Table| {
            let rows: Vec<_> = table.listing.rows.iter().zip(&table.own).collect();
            let shared = fixture::shared();
            let columns = Columns::fitting(80, &rows, &Sort::default(), &shared);
            let metric = &columns.list[2];
            let cell = |(row, own): &(&Row, &Own)| {
                columns
                    .cell(metric, row, own, &shared)
                    .content
                    .trim()
                    .to_owned()
            };
            (
                metric.title.clone(),
                rows.iter().map(cell).collect::<Vec<_>>(),
            )
        };
        assert_eq!(
            cells(&table),
            ("VAL/AUC".into(), vec!["0.9941".into(), "0.9941".into()])
        );
        table.own[1].summary = Some(fixture::summary("val/loss"));
        assert_eq!(
            cells(&table),
            (
                "BEST".into(),
                vec!["auc 0.9941".into(), "loss 0.3981".into()]
            )
        );
    }

    #[test]
    fn the_order_stands_in_the_head() {
        let table = fixture::table(fixture::runs());
        let titles = |key: SortKey, descending: bool| {
            let head = head(100, &table, &Sort { key, descending });
            head.into_iter()
                .map(|(title, _)| title)
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert!(titles(SortKey::Created, true).contains("AGE▲"));
        assert!(titles(SortKey::Created, false).contains("AGE▼"));
        assert!(titles(SortKey::Step, true).contains("STEP▼"));
        let metric = MetricColumn {
            metric: "val/auc".into(),
            value: MetricValue::Best,
        };
        assert!(titles(SortKey::Metric(metric), true).contains("VAL/AUC▼"));
    }

    #[test]
    fn experiments_are_told_apart_where_there_are_several() {
        let mut runs = fixture::runs();
        let has = |runs: &[Run]| {
            let head = head(70, &fixture::table(runs.to_vec()), &Sort::default());
            head.iter().any(|(title, _)| title == "EXPERIMENT")
        };
        assert!(!has(&runs));
        runs[0].experiment = "demand".into();
        assert!(has(&runs));
    }

    #[test]
    fn a_run_without_a_step_shows_none_and_a_long_one_is_shown_whole() {
        let mut run = fixture::run(1, "a");
        run.progress = crate::domain::runs::Progress::default();
        assert_eq!(steps(&run), None);
        let mut long = fixture::running(2, "b");
        (long.progress.step, long.progress.steps) = (1_234_567, Some(2_000_000));
        let table = fixture::table(vec![long]);
        let head = head(80, &table, &Sort::default());
        assert!(
            head.contains(&("STEP".into(), "1,234,567/2,000,000".len())),
            "{head:?}"
        );
    }

    proptest! {
        #[test]
        fn the_columns_fit(width in 38u16..220, name in "[a-z漢]{0,60}", experiment in "[a-z]{0,30}", steps in 0i64..i64::MAX / 2) {
            let mut runs = fixture::runs();
            runs[1].name = name;
            runs[2].experiment = experiment;
            (runs[0].progress.step, runs[0].progress.steps) = (steps, Some(steps));
            let columns = head(width, &fixture::table(runs), &Sort::default());
            let used = 1 + columns.iter().map(|(_, width)| width + 1).sum::<usize>();
            prop_assert!(used <= usize::from(width) + 1, "{columns:?}");
        }
    }
}
