//! What stands in the columns of the list of runs.

use std::collections::BTreeSet;

use super::field::{Field, Known};
use crate::{
    domain::{
        filter,
        metrics::Direction,
        runs::{Run, RunState, Tag},
    },
    ops::runs::{MetricColumn, Sort, SortKey},
    tui::{
        effect::RunRow,
        shared::Shared,
        table::{Cell, Column},
        text,
        theme::{Role, state_role},
    },
};

/// Columns of characters that a sparkline takes.
pub const TREND: usize = 8;
/// From this width on a state is a word.
const WIDE: u16 = 56;
/// The rank of what gives way before all else.
const MINOR: u8 = 6;

/// How the columns of a list are made.
pub struct Making<'a> {
    pub fields: &'a [Field],
    /// A person chose the columns: all of them have a place.
    pub is_chosen: bool,
    pub sort: &'a Sort,
    pub width: u16,
    pub shared: &'a Shared,
}

/// The columns for the rows that are known, each with what it is of.
pub fn columns<'a>(
    making: &Making<'a>,
    rows: &[RunRow],
) -> (Vec<&'a Field>, Vec<Column<'a, RunRow>>) {
    let metrics: BTreeSet<&str> = rows
        .iter()
        .filter_map(|row| Some(row.own.summary.as_ref()?.metric.as_str()))
        .collect();
    let is_shown = |field: &&Field| match field {
        _ if making.is_chosen => true,
        // Where all rows say the same, there is nothing to read.
        Field::Known(Known::Experiment) => {
            let mut experiments = rows.iter().map(|row| &row.run.experiment);
            let first = experiments.next();
            experiments.any(|other| Some(other) != first)
        }
        Field::Known(Known::Tag) => rows.iter().any(|row| !row.run.tags.is_empty()),
        _ => true,
    };
    let fields: Vec<&'a Field> = making.fields.iter().filter(is_shown).collect();
    let primary = Field::Known(Known::Best);
    let has_primary = fields.contains(&&primary);
    let mut values = 0;
    let (mut made, mut columns) = (vec![], vec![]);
    for field in fields {
        let column = match field {
            Field::Known(field) => match making.known(*field, &metrics) {
                column if making.is_minor(*field) => column.gives_way(MINOR),
                column => column,
            },
            Field::Param(name) => making.param(name),
            Field::Metric(metric) => {
                let column = making.metric(metric, values);
                values += 1;
                match values == 1 && !has_primary {
                    true => column.gives_way(0),
                    false => column,
                }
            }
        };
        made.push(field);
        columns.push(match field {
            Field::Known(Known::Best) => column,
            field => column.sorted(field.sorted(making.sort)),
        });
    }
    (made, columns)
}

impl<'a> Making<'a> {
    /// On a narrow screen how a run is comes before what it is among others, unless a person chose the columns.
    fn is_minor(&self, known: Known) -> bool {
        let is_minor = matches!(known, Known::Experiment | Known::Tag | Known::Trend);
        is_minor && !self.is_chosen && self.width < WIDE
    }

    fn known(&self, known: Known, metrics: &BTreeSet<&str>) -> Column<'a, RunRow> {
        let look = &self.shared.look;
        let title = known.to_string().to_uppercase();
        let shared = self.shared;
        let text = |role: Role, of: fn(&Run) -> String| {
            Column::new(title.clone(), move |row: &RunRow| match of(&row.run) {
                text if text.is_empty() => Cell::nothing(look),
                text => Cell::of(text, look, role),
            })
        };
        match known {
            Known::State if self.width < WIDE => Column::new("", move |row: &RunRow| {
                let word = row.run.state.word();
                look.span(look.charset.state(word), state_role(word)).into()
            }),
            Known::State => Column::new(title, move |row: &RunRow| {
                look.state(row.run.state.word()).into()
            }),
            Known::Name => text(Role::Text, |run| run.name.clone()).least(18),
            Known::Best => self.best(metrics),
            Known::Step => Column::new(title, move |row: &RunRow| match steps(&row.run) {
                Some(steps) => Cell::of(steps, look, Role::Text),
                None => Cell::nothing(look),
            })
            .right()
            .gives_way(3),
            Known::Age => Column::new(title, move |row: &RunRow| {
                Cell::of(shared.age(row.run.created), look, Role::Dim)
            })
            .right()
            .gives_way(4),
            Known::Trend => Column::new(title, move |row: &RunRow| {
                // As wide without its values as with them: else the column would come and go with what it asks for.
                let trend = look.cell(&look.sparkline(&row.own.trend), TREND);
                look.span(trend, Role::Dim).into()
            })
            .least(TREND)
            .gives_way(5),
            Known::Tag => text(Role::Dim, |run| {
                let tags: Vec<&str> = run.tags.iter().map(Tag::as_str).collect();
                tags.join(" ")
            })
            .most(18)
            .gives_way(1),
            Known::Experiment => text(Role::Dim, |run| run.experiment.clone())
                .most(16)
                .gives_way(2),
            Known::Id => Column::new(title, move |row: &RunRow| {
                let id = row.run.id.to_string();
                Cell::of(&id[..row.prefix.clamp(1, id.len())], look, Role::Dim)
            }),
            Known::Dur => Column::new(title, move |row: &RunRow| {
                match row.run.state.duration(shared.now) {
                    Some(ms) => {
                        Cell::of(crate::domain::time::Span(ms).to_string(), look, Role::Text)
                    }
                    None => Cell::nothing(look),
                }
            })
            .right()
            .gives_way(3),
            Known::Epoch => Column::new(title, move |row: &RunRow| match row.run.progress.epoch {
                Some(epoch) => Cell::of(text::short(epoch), look, Role::Text),
                None => Cell::nothing(look),
            })
            .decimal()
            .gives_way(3),
            Known::User => text(Role::Dim, |run| run.actor.name.clone())
                .most(12)
                .gives_way(3),
            Known::Host => text(Role::Dim, |run| run.actor.host.clone())
                .most(16)
                .gives_way(3),
            Known::Note => text(Role::Dim, |run| run.note.clone())
                .least(12)
                .most(60)
                .gives_way(2),
            Known::Preset => text(Role::Dim, |run| run.preset.clone().unwrap_or_default())
                .most(16)
                .gives_way(3),
            Known::Kind => text(Role::Dim, |run| run.kind.to_string()).gives_way(3),
        }
    }

    /// The metric that says most about each run; where these differ, each row names its own.
    fn best(&self, metrics: &BTreeSet<&str>) -> Column<'a, RunRow> {
        let look = &self.shared.look;
        let is_mixed = 1 < metrics.len();
        let title = match metrics.first() {
            Some(metric) if !is_mixed => metric.to_uppercase(),
            _ => "BEST".to_owned(),
        };
        let sorted = match &self.sort.key {
            SortKey::Metric(by) => {
                let is_this = !is_mixed && metrics.contains(by.metric.as_str());
                is_this.then_some(!self.sort.descending)
            }
            _ => None,
        };
        let column = Column::new(title, move |row: &RunRow| {
            let Some(summary) = &row.own.summary else {
                return Cell::nothing(look);
            };
            let (value, role) = match summary.best() {
                Some(best) => (text::value(best.value), Role::Text),
                // Nobody knows which way is better: no number is its best.
                None if Direction::of(&summary.metric).is_none() => return Cell::nothing(look),
                None => ("NaN".to_owned(), Role::Error),
            };
            let short = summary.metric.rsplit('/').next().unwrap_or_default();
            match is_mixed {
                // The number is worth more than the name before it.
                true => Cell::of(format!("{} {value}", look.clip(short, 12)), look, role),
                false => Cell::of(value, look, role),
            }
        });
        let column = match is_mixed {
            true => column.right(),
            false => column.decimal(),
        };
        column.head(10).most(24).sorted(sorted)
    }

    /// The n-th of the metrics that were fetched beside the rows.
    fn metric(&self, metric: &MetricColumn, at: usize) -> Column<'a, RunRow> {
        let look = &self.shared.look;
        let name = &metric.metric;
        let title = match metric.value == MetricColumn::usual(name) {
            true => name.clone(),
            false => format!("{name}@{}", metric.value),
        };
        Column::new(title.to_uppercase(), move |row: &RunRow| {
            match row.values.get(at).copied().flatten() {
                Some(value) if value.is_nan() => Cell::of("NaN", look, Role::Error),
                Some(value) => Cell::of(text::value(value), look, Role::Text),
                None => Cell::nothing(look),
            }
        })
        .decimal()
        .head(12)
        .gives_way(2)
    }

    fn param(&self, name: &str) -> Column<'a, RunRow> {
        let look = &self.shared.look;
        // The last part of a path says enough, unless another column has the same.
        let short = name.rsplit('.').next().unwrap_or(name);
        let alike = self.fields.iter().filter(|field| match field {
            Field::Param(other) => other.rsplit('.').next() == Some(short),
            _ => false,
        });
        let title = match alike.count() {
            0 | 1 => short,
            _ => name,
        };
        let name = name.to_owned();
        Column::new(
            title.to_uppercase(),
            move |row: &RunRow| match filter::param(&row.run.params, &name) {
                Some(value) => Cell::of(text::plain(value), look, Role::Text),
                None => Cell::nothing(look),
            },
        )
        .decimal()
        .head(12)
        .most(24)
        .gives_way(2)
    }
}

/// `1,840/4,000` while it runs, `4,000` when it has ended or has outrun its plan; nothing of a run that had no step.
fn steps(run: &Run) -> Option<String> {
    let (step, state) = (run.progress.step, &run.state);
    match run.progress.steps {
        _ if *state == RunState::Queued => None,
        Some(total) if step <= total && !state.has_ended() => {
            Some(format!("{}/{}", text::count(step), text::count(total)))
        }
        _ => (0 < step).then(|| text::count(step)),
    }
}

#[cfg(test)]
mod tests {
    use ratatui::{buffer::Buffer, layout::Rect};

    use super::*;
    use crate::{
        domain::metrics::MetricValue,
        tui::{
            effect::Table,
            fixture,
            list::field,
            table::{self, Sheet, Window},
        },
    };

    /// The lines of a list, drawn.
    fn drawn(table: &Table, width: u16, fields: &[Field], sort: &Sort) -> Vec<String> {
        let shared = fixture::shared();
        let making = Making {
            fields,
            is_chosen: *fields != *field::usual(),
            sort,
            width,
            shared: &shared,
        };
        let (_, columns) = columns(&making, &table.rows);
        let sheet = Sheet {
            columns,
            rows: Some(Window::whole(&table.rows)),
            error: None,
            empty: vec![],
        };
        let area = Rect::new(0, 0, width, 12);
        let mut buffer = Buffer::empty(area);
        table::Table::default().draw(&mut buffer, area, &shared, &sheet, true);
        let line = |y: u16| -> String { (0..width).map(|x| buffer[(x, y)].symbol()).collect() };
        (0..=table.rows.len() as u16)
            .map(|y| line(y).trim_end().to_owned())
            .collect()
    }

    fn usual(table: &Table, width: u16) -> Vec<String> {
        drawn(table, width, &field::usual(), &Sort::default())
    }

    #[test]
    fn rows_that_differ_in_their_metric_name_it() {
        let mut table = fixture::table(vec![fixture::run(1, "a"), fixture::run(2, "b")]);
        let lines = usual(&table, 80);
        assert!(lines[0].contains("VAL/AUC") && lines[1].contains(" 0.9941 "));
        table.rows[1].own.summary = Some(fixture::summary("val/loss"));
        let lines = usual(&table, 80);
        assert!(lines[0].contains("BEST"), "{lines:?}");
        assert!(lines[1].contains(" auc 0.9941 ") && lines[2].contains(" loss 0.3981 "));
    }

    #[test]
    fn the_order_stands_in_the_head() {
        let table = fixture::table(fixture::runs());
        let head = |word: &str, is_reverse: bool| {
            let sort = Sort::parse(word, is_reverse).unwrap();
            drawn(&table, 100, &field::usual(), &sort).remove(0)
        };
        let cases = [
            ("created", false, "AGE▲"),
            ("created", true, "AGE▼"),
            ("step", false, "STEP▼"),
            ("val/auc", false, "VAL/AUC▼"),
            ("name", false, "NAME▲"),
        ];
        for (word, is_reverse, title) in cases {
            let head = head(word, is_reverse);
            assert!(head.contains(title), "{word}: {head}");
        }
    }

    #[test]
    fn experiments_and_tags_are_there_where_they_tell_something_or_were_chosen() {
        let mut runs = fixture::runs();
        let heads = |runs: &[Run]| usual(&fixture::table(runs.to_vec()), 100).remove(0);
        assert!(!heads(&runs).contains("EXPERIMENT") && heads(&runs).contains("TAG"));
        runs[0].experiment = "demand".into();
        assert!(heads(&runs).contains("EXPERIMENT"));
        runs.iter_mut().for_each(|run| run.tags.clear());
        assert!(!heads(&runs).contains("TAG"));
        let chosen = field::fields("name,tag,experiment");
        let table = fixture::table(vec![runs[1].clone()]);
        let head = drawn(&table, 60, &chosen, &Sort::default()).remove(0);
        assert_eq!(
            head.split_whitespace().collect::<Vec<_>>(),
            ["NAME", "TAG", "EXPERIMENT"]
        );
    }

    #[test]
    fn a_run_without_a_step_shows_none_and_a_long_one_is_shown_whole() {
        let mut run = fixture::run(1, "a");
        run.progress = crate::domain::runs::Progress::default();
        assert_eq!(steps(&run), None);
        let mut long = fixture::running(2, "b");
        (long.progress.step, long.progress.steps) = (1_234_567, Some(2_000_000));
        let lines = usual(&fixture::table(vec![long]), 80);
        assert!(lines[1].contains("1,234,567/2,000,000"), "{lines:?}");
    }

    #[test]
    fn chosen_columns_are_parameters_and_values_of_metrics() {
        let mut table = fixture::table(vec![fixture::run(1, "a"), fixture::run(2, "b")]);
        table.rows[0].values = vec![Some(0.25), Some(f64::NAN)];
        table.rows[1].values = vec![Some(12.5), None];
        let fields = field::fields("state,name,val/loss,train/loss@last,p.optimiser.lr,id");
        assert_eq!(
            field::metrics(&fields)[1].value,
            MetricValue::Last,
            "in the order of the values"
        );
        let lines = drawn(&table, 100, &fields, &Sort::default());
        let words = |at: usize| lines[at].split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(words(0), "STATE NAME VAL/LOSS TRAIN/…@LAST LR ID");
        assert_eq!(words(1), "✓ done a 0.2500 NaN 0.001 0101");
        assert_eq!(words(2), "✓ done b 12.50 · 0.001 0202");
    }

    #[test]
    fn what_is_left_out_first_is_what_says_least() {
        let mut runs = fixture::runs();
        runs[0].experiment = "demand".into();
        let table = fixture::table(runs);
        let mut heads: Vec<String> = (WIDE..=130)
            .rev()
            .map(|width| {
                let head = usual(&table, width).remove(0);
                let known = head.split_whitespace();
                let known = known.filter(|word| !word.contains('…'));
                known.collect::<Vec<_>>().join(" ")
            })
            .collect();
        heads.dedup();
        let all = "STATE NAME VAL/AUC STEP AGE▲ TREND EXPERIMENT TAG";
        assert_eq!(
            heads,
            [
                all,
                "STATE NAME VAL/AUC STEP AGE▲ EXPERIMENT TAG",
                "STATE NAME VAL/AUC STEP EXPERIMENT TAG",
                // What is narrow fits where what says more does not.
                "STATE NAME VAL/AUC AGE▲ EXPERIMENT TAG",
                "STATE NAME VAL/AUC EXPERIMENT TAG",
                "STATE NAME VAL/AUC AGE▲ TAG",
            ]
        );
    }

    #[test]
    fn every_column_that_is_left_out_is_counted() {
        let mut runs = fixture::runs();
        runs[0].experiment = "demand".into();
        let (table, shared) = (fixture::table(runs), fixture::shared());
        for width in [44, 60, 90] {
            let fields = field::usual();
            let making = Making {
                fields: &fields,
                is_chosen: false,
                sort: &Sort::default(),
                width,
                shared: &shared,
            };
            let (_, columns) = columns(&making, &table.rows);
            let sheet = Sheet {
                columns,
                rows: Some(Window::whole(&table.rows)),
                error: None,
                empty: vec![],
            };
            let area = Rect::new(0, 0, width, 12);
            let mut drawn = table::Table::default();
            let shown = drawn.draw(&mut Buffer::empty(area), area, &shared, &sheet, true);
            let left = (fields.len() - shown.len()) as u64;
            let told = crate::domain::text::counted(left, "column");
            let told = (0 < left).then(|| format!("{told} more: L"));
            assert_eq!(drawn.more(), told, "{width}");
        }
    }
}
