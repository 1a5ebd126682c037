//! What changed inside the tables of two versions: columns that came and went, rows, and how far the values of each column moved.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::super::stats::figure;
use crate::{
    data::{
        compare::{BinCounts, Change, ColumnChange, Drift, Moved, SchemaChange},
        profile::Kind,
    },
    domain::text::{counted, share},
    ops::datasets::{Compared, Contents, TableChange},
    stats::Category,
    tui::{
        action::Action,
        chart::bars::{Pair, PairedBars, Side},
        look::{Look, fit, split_down},
        shared::{Reaction, Shared},
        table::{self, Cell, Column, Sheet, Table, Window},
        text,
        theme::Role,
    },
};

/// Where one is among the tables that changed.
#[derive(Default)]
pub struct Tables {
    /// The table in front.
    at: usize,
    table: Table<u64>,
}

/// A column, and what to make of it.
struct Row<'a> {
    at: u64,
    column: &'a ColumnChange,
    moved: Option<Moved>,
    /// Of both tables.
    rows: [u64; 2],
}

impl table::Row for Row<'_> {
    type Id = u64;

    fn id(&self) -> u64 {
        self.at
    }

    fn name(&self) -> &str {
        &self.column.name
    }
}

/// Rows from which the values of one column are drawn beside each other, and how many that takes.
const ROOM_FOR_ONE: u16 = 13;
const ONE: u16 = 8;
/// Lines for columns that came and went.
const SCHEMA: usize = 3;

impl Tables {
    pub fn act(&mut self, action: Action, found: &Contents) -> Reaction {
        match action {
            Action::NextSibling if self.at + 1 < found.tables.len() => self.turn(self.at + 1),
            Action::PreviousSibling if 0 < self.at => self.turn(self.at - 1),
            Action::NextSibling | Action::PreviousSibling if 1 < found.tables.len() => {
                return Reaction::Refuse("there is no other table on this side".to_owned());
            }
            action => {
                let rows = found.tables.get(self.at).and_then(compared).map(rows);
                let rows = rows.unwrap_or_default();
                return self.table.act(action, Window::whole(&rows));
            }
        }
        Reaction::Done
    }

    fn turn(&mut self, at: usize) {
        (self.at, self.table) = (at, Table::default());
    }

    /// Draws the table in front; `sides` are the numbers of the versions.
    pub fn draw(
        &mut self,
        buffer: &mut Buffer,
        area: Rect,
        shared: &Shared,
        (found, sides): (&Contents, (u32, u32)),
        is_focused: bool,
    ) {
        let look = &shared.look;
        let width = usize::from(area.width);
        let Some(front) = found.tables.get(self.at) else {
            let text = " no table is in both and not the same: d shows the files";
            return look.line(
                buffer,
                area,
                look.span(look.clip(text, width), Role::Dim).into(),
            );
        };
        let mut head = vec![title(front, self.at, found, look, width)];
        let change = match &front.verdict {
            Compared::Compared(change) => change,
            Compared::NotCompared { why } => {
                let told = text::wrap(&format!("not compared: {why}"), width.saturating_sub(2));
                let told = told.into_iter();
                head.extend(told.map(|line| look.span(format!(" {line}"), Role::Warn).into()));
                return look.lines(buffer, area, head);
            }
        };
        head.push(told_rows(change, look, width));
        head.extend(schema(&change.schema, look, width));
        let (above, rest) = split_down(area, head.len() as u16);
        look.lines(buffer, above, head);
        let rows = rows(change);
        let one = if ROOM_FOR_ONE <= rest.height { ONE } else { 0 };
        // A short table leaves the rest to the column that is close up.
        let (list, below) = split_down(rest, (rest.height - one).min(rows.len() as u16 + 1));
        if self.table.cursor.id().is_none() {
            self.table.settle(Window::whole(&rows), None, true);
        }
        let sheet = Sheet {
            columns: columns(look),
            rows: Some(Window::whole(&rows)),
            error: None,
            empty: vec![Line::from(" they have no column in common")],
        };
        self.table.draw(buffer, list, shared, &sheet, is_focused);
        if let Some(row) = self.table.row(Window::whole(&rows)).filter(|_| 0 < one) {
            draw_one(buffer, split_down(below, 1).1, look, row, sides);
        }
    }
}

fn compared(table: &TableChange) -> Option<&Change> {
    match &table.verdict {
        Compared::Compared(change) => Some(change),
        Compared::NotCompared { .. } => None,
    }
}

fn rows(change: &Change) -> Vec<Row<'_>> {
    let numbered = change.columns.iter().zip(0..);
    let row = |(column, at)| Row {
        at,
        column,
        moved: change.moved(column),
        rows: [change.rows.old, change.rows.new],
    };
    numbered.map(row).collect()
}

fn title(
    front: &TableChange,
    at: usize,
    found: &Contents,
    look: &Look,
    width: usize,
) -> Line<'static> {
    let path = match front.old_path == front.path {
        true => front.path.clone(),
        false => format!("{} to {}", front.old_path, front.path),
    };
    let more = match found.tables.len() as u64 + found.left_out {
        1 => String::new(),
        all => format!("  table {} of {all}: [ ]", at + 1),
    };
    let room = width.saturating_sub(text::width(&more) + 1);
    let path = text::squeeze(&path, room, look.charset.ellipsis());
    let spans = vec![
        look.span(format!(" {path}"), Role::Accent),
        look.span(more, Role::Dim),
    ];
    fit(spans, width, look.charset.ellipsis())
}

/// `344 to 341 rows  +0  -3`.
fn told_rows(change: &Change, look: &Look, width: usize) -> Line<'static> {
    let rows = &change.rows;
    let number = |count: u64| text::count(count as i64);
    let part =
        |told: String, count: u64, role| look.span(told, if 0 < count { role } else { Role::Dim });
    let new = counted(rows.new, "row");
    let mut spans = vec![
        Span::raw(format!(" {} to {new}", number(rows.old))),
        part(
            format!("  +{} added", number(rows.added)),
            rows.added,
            Role::Added,
        ),
        part(
            format!("  -{} removed", number(rows.removed)),
            rows.removed,
            Role::Removed,
        ),
    ];
    if let Some(changed) = rows.changed {
        let told = format!("  ~{} changed", number(changed));
        spans.push(part(told, changed, Role::Changed));
    }
    fit(spans, width, look.charset.ellipsis())
}

/// Columns that came, went, or hold another kind.
fn schema(schema: &SchemaChange, look: &Look, width: usize) -> Vec<Line<'static>> {
    let line = |sign: &str, role, names: &[String]| {
        let told = format!(" {sign} {} {}", column_word(names.len()), names.join(", "));
        Line::from(look.span(look.clip(&told, width), role))
    };
    let mut lines = vec![];
    if !schema.added.is_empty() {
        lines.push(line("+", Role::Added, &schema.added));
    }
    if !schema.removed.is_empty() {
        lines.push(line("-", Role::Removed, &schema.removed));
    }
    let retyped = schema.retyped.iter();
    let retyped: Vec<String> = retyped
        .map(|column| format!("{} ({} to {})", column.name, column.old, column.new))
        .collect();
    if !retyped.is_empty() {
        lines.push(line("~", Role::Changed, &retyped));
    }
    lines.truncate(SCHEMA);
    lines
}

fn column_word(count: usize) -> &'static str {
    if count == 1 { "column" } else { "columns" }
}

fn columns(look: &Look) -> Vec<Column<'_, Row<'_>>> {
    let figure = |title, of: fn(&ColumnChange) -> Option<f64>| {
        Column::new(title, move |row: &Row<'_>| match of(row.column) {
            Some(value) => Cell::of(thousandths(value), look, Role::Text),
            None => Cell::default(),
        })
        .right()
    };
    vec![
        Column::new("COLUMN", |row: &Row<'_>| {
            Cell::of(&row.column.name, look, Role::Text)
        })
        .least(14)
        .most(28),
        Column::new("MOVED", |row: &Row<'_>| moved(row, look)),
        figure("JS", ColumnChange::distance).gives_way(2),
        figure("PSI", ColumnChange::psi).gives_way(3),
        figure("P", ColumnChange::p).gives_way(1),
        Column::new("BY", |row: &Row<'_>| match &row.column.drift {
            Drift::Numbers { wasserstein, .. } => {
                Cell::of(text::rough(*wasserstein), look, Role::Text)
            }
            Drift::Categories { .. } | Drift::Nothing { .. } => Cell::default(),
        })
        .right()
        .gives_way(5),
        Column::new("NULLS", |row: &Row<'_>| nulls(row, look))
            .right()
            .gives_way(4),
        Column::new("", |row: &Row<'_>| {
            Cell::of(words(row.column), look, Role::Dim)
        })
        .least(8)
        .most(80)
        .gives_way(6)
        .fills(),
    ]
}

/// `0.283`, `<0.001`: less is as good as nothing to the eye, and never reads as nothing.
fn thousandths(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        value if (0.0..0.001).contains(&value) => "<0.001".to_owned(),
        value => format!("{value:.3}"),
    }
}

fn moved(row: &Row<'_>, look: &Look) -> Cell {
    let Some(moved) = row.moved else {
        return Cell::nothing(look);
    };
    let role = match moved {
        Moved::ByChance => Role::Dim,
        Moved::Little => Role::Text,
        Moved::Some => Role::Warn,
        Moved::Much => Role::Error,
    };
    Cell::of(moved.to_string(), look, role)
}

/// The share of cells without a value, where it changed with what it was.
fn nulls(row: &Row<'_>, look: &Look) -> Cell {
    let [before, after] = [0, 1].map(|side| share(row.column.nulls[side], row.rows[side]));
    match before == after {
        true => Cell::of(after, look, Role::Dim),
        false => Cell::of(format!("{before} to {after}"), look, Role::Warn),
    }
}

/// Categories that came and went, or why there are no distances.
fn words(column: &ColumnChange) -> String {
    const NAMED: usize = 3;
    let named = |word: &str, categories: &[Category]| {
        let named = categories.iter().take(NAMED);
        let mut names: Vec<&str> = named.map(|category| category.name.as_str()).collect();
        if NAMED < categories.len() {
            names.push("and more");
        }
        (!names.is_empty()).then(|| format!("{word}: {}", names.join(", ")))
    };
    match &column.drift {
        Drift::Numbers { .. } => String::new(),
        Drift::Categories {
            unseen, missing, ..
        } => {
            let parts = [named("new", unseen), named("gone", missing)];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            parts.join("; ")
        }
        Drift::Nothing { why } => why.clone(),
    }
}

/// How the values of one column lie in both tables.
fn draw_one(buffer: &mut Buffer, area: Rect, look: &Look, row: &Row<'_>, (old, new): (u32, u32)) {
    let pairs = pairs(row.column);
    let counts = counts(row.column);
    let side = |number: u32, count| Side {
        name: format!("v{number}"),
        count,
    };
    let bars = PairedBars {
        look,
        reference: &side(old, counts[0]),
        now: &side(new, counts[1]),
        pairs: &pairs,
        p_value: row.column.p(),
    };
    bars.draw(buffer, split_indent(area));
}

fn split_indent(area: Rect) -> Rect {
    crate::tui::look::split_across(area, 1).1
}

/// Values of both tables that are compared.
fn counts(column: &ColumnChange) -> [u64; 2] {
    match &column.drift {
        Drift::Numbers { bins, .. } => [bins.old.iter().sum(), bins.new.iter().sum()],
        Drift::Categories {
            commonest, rest, ..
        } => {
            let of = |count: fn(&Category) -> u64| commonest.iter().map(count).sum::<u64>();
            [
                of(|category| category.reference) + rest[0],
                of(|category| category.current) + rest[1],
            ]
        }
        Drift::Nothing { .. } => [0, 0],
    }
}

/// A pair of shares for each bin, or for each of the commonest categories.
fn pairs(column: &ColumnChange) -> Vec<Pair> {
    let all = counts(column);
    let pair = |label: String, old: u64, new: u64| Pair {
        label,
        reference: old as f64 / all[0] as f64,
        now: new as f64 / all[1] as f64,
    };
    match &column.drift {
        Drift::Numbers { bins, .. } => {
            let labels = labels(bins, column.kind).into_iter();
            let counts = bins.old.iter().zip(&bins.new);
            let pairs = labels.zip(counts);
            pairs
                .map(|(label, (old, new))| pair(label, *old, *new))
                .collect()
        }
        Drift::Categories {
            commonest, rest, ..
        } => {
            let named = commonest.iter();
            let named = named.map(|category| {
                let name = category.name.clone();
                pair(name, category.reference, category.current)
            });
            let others = (*rest != [0, 0]).then(|| pair("others".to_owned(), rest[0], rest[1]));
            named.chain(others).collect()
        }
        Drift::Nothing { .. } => vec![],
    }
}

/// What each bin reaches over; the outer two are open.
fn labels(bins: &BinCounts, kind: Kind) -> Vec<String> {
    let last = bins.old.len().saturating_sub(1);
    let label = |(at, ends): (usize, &[f64])| {
        let [from, to] = [0, 1].map(|end| short(ends[end], kind));
        match at {
            0 => format!("to {to}"),
            at if at == last => format!("from {from}"),
            _ => format!("{from} to {to}"),
        }
    };
    bins.edges.windows(2).enumerate().map(label).collect()
}

fn short(value: f64, kind: Kind) -> String {
    match kind {
        Kind::Date | Kind::Moment => figure(value, kind),
        _ => text::short(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_never_reads_as_nothing() {
        let cases = [
            (0.0, "0"),
            (1e-300, "<0.001"),
            (0.000_999, "<0.001"),
            (0.001, "0.001"),
            (1.13, "1.130"),
        ];
        for (value, text) in cases {
            assert_eq!(thousandths(value), text);
        }
    }

    #[test]
    fn the_outer_bins_are_open_and_dates_are_dates() {
        let bins = BinCounts {
            edges: vec![0.0, 1.0, 2.5, 4.0],
            old: vec![1; 3],
            new: vec![1; 3],
        };
        assert_eq!(labels(&bins, Kind::Real), ["to 1", "1 to 2.5", "from 2.5"]);
        let days = labels(&bins, Kind::Date);
        assert_eq!(days[0], "to 1970-01-02");
    }
}
