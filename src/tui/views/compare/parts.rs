//! The tables and the text below the chart: what differs, name by name, with a column for each run.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};
use serde_json::Value as Json;

use crate::{
    domain::{ids::RunId, metrics::is_of_machine, text::shown},
    ops::runs::{ComparedMetric, Comparison},
    tui::{
        chart::plot::letter,
        look::Look,
        shared::Shared,
        table::{Cell, Column, Row, Sheet, Table, Window},
        text,
        theme::Role,
    },
};

/// The runs in the order of their letters.
pub struct Sides<'a> {
    comparison: &'a Comparison,
    /// Of each letter, its place in the comparison.
    at: Vec<usize>,
    baseline: usize,
    focused: usize,
}

/// A row of a table: a name, and each run's value by their letters.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    pub name: String,
    pub values: Vec<Option<String>>,
    /// From the baseline's.
    deltas: Vec<Option<f64>>,
    best: Option<usize>,
    differs: bool,
}

impl Row for Value {
    type Id = String;

    fn id(&self) -> String {
        self.name.clone()
    }

    fn name(&self) -> &str {
        &self.name
    }
}

/// From so many columns a run is called by its name.
const ROOM_FOR_NAME: usize = 16;

impl<'a> Sides<'a> {
    /// `None` while the comparison is of other runs.
    pub fn new(
        comparison: &'a Comparison,
        ids: &[RunId],
        baseline: usize,
        focused: usize,
    ) -> Option<Self> {
        let place = |id: &RunId| comparison.runs.iter().position(|run| run.id == *id);
        Some(Self {
            at: ids.iter().map(place).collect::<Option<_>>()?,
            comparison,
            baseline,
            focused,
        })
    }

    fn in_order<T: Clone>(&self, values: &[T]) -> Vec<T> {
        self.at
            .iter()
            .filter_map(|at| values.get(*at).cloned())
            .collect()
    }

    pub fn has_params(&self) -> bool {
        !self.comparison.params.is_empty() || !self.comparison.same_params.is_empty()
    }

    /// Parameters that differ, or all.
    pub fn params(&self, has_all: bool) -> Vec<Value> {
        let written = |value: &Option<Json>| value.as_ref().map(text::plain);
        let differing = self.comparison.params.iter().map(|(name, values)| {
            let values = values.iter().map(written).collect::<Vec<_>>();
            self.value(name, &values, true)
        });
        let mut rows: Vec<Value> = differing.collect();
        if has_all {
            let same = self.comparison.same_params.iter();
            rows.extend(same.map(|(name, value)| {
                let values = vec![Some(text::plain(value)); self.at.len()];
                self.value(name, &values, false)
            }));
            rows.sort_by(|a, b| a.name.cmp(&b.name));
        }
        rows
    }

    fn value(&self, name: &str, values: &[Option<String>], differs: bool) -> Value {
        Value {
            name: name.to_owned(),
            values: self.in_order(values),
            deltas: vec![],
            best: None,
            differs,
        }
    }

    /// All metrics, those of the machine last.
    pub fn metrics(&self) -> Vec<Value> {
        let mut metrics: Vec<&ComparedMetric> = self.comparison.metrics.iter().collect();
        metrics.sort_by_key(|metric| is_of_machine(&metric.metric));
        let row = |metric: &ComparedMetric| Value {
            name: metric.metric.clone(),
            values: self
                .in_order(&metric.values)
                .into_iter()
                .map(|value| value.map(text::value))
                .collect(),
            deltas: self.in_order(&metric.deltas),
            best: metric
                .best
                .and_then(|best| self.at.iter().position(|at| *at == best)),
            differs: true,
        };
        metrics.into_iter().map(row).collect()
    }

    /// A table of such rows.
    pub fn draw(
        &self,
        buffer: &mut Buffer,
        area: Rect,
        shared: &Shared,
        (table, rows): (&mut Table<String>, &[Value]),
        (empty, is_focused): (&str, bool),
    ) {
        let sheet = Sheet {
            columns: self.columns(area.width, &shared.look, rows),
            rows: Some(Window::whole(rows)),
            error: None,
            empty: vec![Line::from(empty.to_owned())],
        };
        table.draw(buffer, area, shared, &sheet, is_focused);
    }

    fn columns<'s>(&'s self, width: u16, look: &'s Look, rows: &[Value]) -> Vec<Column<'s, Value>> {
        let each = usize::from(width / 2) / self.at.len().max(1);
        let has_deltas = rows.iter().any(|row| !row.deltas.is_empty());
        let name = Column::new("NAME", move |row: &Value| {
            let role = if row.differs { Role::Text } else { Role::Dim };
            Cell::of(&row.name, look, role)
        });
        let mut columns = vec![name.least(10).most(usize::from(width / 3).max(10))];
        for at in 0..self.at.len() {
            let column = Column::new(self.title(at, each, look), move |row: &Value| {
                cell(row, at, look)
            });
            // The focused run is never out of sight.
            let rank = 1 + (at as u8).abs_diff(self.focused as u8);
            let rank = if at == self.focused { 0 } else { rank };
            // Values of a parameter are alike; those of metrics are not, and have their distances behind them.
            let column = if has_deltas { column } else { column.decimal() };
            columns.push(column.least(8).most(28).gives_way(rank));
        }
        if has_deltas && 1 < self.at.len() {
            columns.push(Column::new("BEST", move |row: &Value| best(row, look)).gives_way(9));
        }
        columns
    }

    /// The letter of a run, with its name where there is room; the focused one and the baseline have their marks.
    fn title(&self, at: usize, room: usize, look: &Look) -> String {
        let mut title = letter(at).to_string();
        if ROOM_FOR_NAME <= room
            && let Some(run) = self.comparison.runs.get(self.at[at])
        {
            title += &format!(" {}", look.clip(&run.name, room - 6));
        }
        if at == self.baseline {
            title.push('*');
        }
        if at == self.focused {
            title = format!("[{title}]");
        }
        title
    }

    /// From which code, data and surroundings each run came.
    pub fn code(&self, look: &Look, width: usize) -> Vec<Line<'static>> {
        let mut lines = vec![];
        for (at, place) in self.at.iter().enumerate() {
            lines.push(self.code_of(at, *place, look, width));
        }
        let surroundings = &self.comparison.surroundings;
        if !surroundings.is_empty() {
            lines.push(heading(look, "surroundings that differ"));
        }
        for (name, values) in surroundings {
            lines.push(Line::from(look.clip(&format!(" {name}"), width)));
            for (at, value) in self.in_order(values).iter().enumerate() {
                let value = value.as_ref().map_or("·".to_owned(), text::plain);
                let line = format!("   {} {value}", letter(at));
                lines.push(Line::from(look.clip(&line, width)));
            }
        }
        for (at, place) in self.at.iter().enumerate() {
            let changes = self.comparison.code_changes.get(*place).cloned().flatten();
            let Some(changes) = changes else { continue };
            let (this, base) = (letter(at), letter(self.baseline));
            lines.push(heading(
                look,
                &format!("changes of {this} against those of {base}"),
            ));
            lines.extend(changes.lines().map(|line| diff(line, look, width)));
        }
        lines
    }

    fn code_of(&self, at: usize, place: usize, look: &Look, width: usize) -> Line<'static> {
        let mut words = vec![];
        match self.comparison.code.get(place).cloned().flatten() {
            Some(code) => {
                let commit = code.commit.unwrap_or_else(|| "no commit".to_owned());
                words.push(commit.chars().take(10).collect::<String>());
                words.extend(code.branch);
                words.push(if code.dirty { "changed" } else { "clean" }.to_owned());
            }
            None => words.push("no repository".to_owned()),
        }
        if let Some(data) = self.comparison.data.get(place).cloned().flatten() {
            words.push(format!(
                "data {}",
                data.chars().take(10).collect::<String>()
            ));
        }
        let letter = Span::styled(format!(" {} ", letter(at)), look.theme.series(at));
        let words = look.clip(&words.join("  "), width.saturating_sub(3));
        Line::from(vec![letter, Span::raw(words)])
    }
}

/// What stands before lines of a text.
fn heading(look: &Look, text: &str) -> Line<'static> {
    Line::from(look.span(format!(" {text}"), Role::Title))
}

/// A line of a diff in its colour; the sign before it says the same.
fn diff(line: &str, look: &Look, width: usize) -> Line<'static> {
    let role = match line.chars().next() {
        Some('+') => Role::Added,
        Some('-') => Role::Removed,
        Some('@') => Role::Changed,
        _ => Role::Dim,
    };
    let line = look.clip(&shown(line), width.saturating_sub(1));
    Line::from(look.span(format!(" {line}"), role))
}

fn cell(row: &Value, at: usize, look: &Look) -> Cell {
    let Some(value) = row.values.get(at).and_then(Option::as_ref) else {
        return Cell::nothing(look);
    };
    let role = match row.best {
        Some(best) if best == at => Role::Ok,
        _ if value == "NaN" => Role::Error,
        _ if !row.differs => Role::Dim,
        _ => Role::Text,
    };
    let mut cell = Cell::of(value, look, role);
    if let Some(delta) = row.deltas.get(at).copied().flatten() {
        cell.0
            .push(look.span(format!(" {}", signed(delta)), Role::Dim));
    }
    cell
}

/// The letter of the best, and how far it is from the baseline.
fn best(row: &Value, look: &Look) -> Cell {
    let Some(best) = row.best else {
        return Cell::nothing(look);
    };
    let letter = Span::styled(letter(best).to_string(), look.theme.series(best));
    Cell(vec![letter])
}

fn signed(delta: f64) -> String {
    let sign = if delta < 0.0 { "" } else { "+" };
    format!("{sign}{}", text::rough(delta))
}
