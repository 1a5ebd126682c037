//! What is in the tables of a version: their columns in numbers, and one of them close up.

mod one;

use std::cmp::Reverse;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    data::profile::{self, Kind, Numbers, Profile, Verdict},
    domain::{
        datasets::{Split, VersionId},
        text::{counted, share},
    },
    ops::datasets::{Profiles, TableProfile},
    tui::{
        action::Action,
        chart::histogram,
        effect::{Answer, Effect},
        event::{Ticket, Tickets},
        look::{Look, fit, split_down},
        remote::Remote,
        shared::{Reaction, Shared},
        table::{self, Cell, Sheet, Table, Window},
        text,
        theme::Role,
        trouble,
        work::OnDemand,
    },
};

#[derive(Default)]
pub struct Statistics {
    known: Remote<VersionId, Box<Profiles>>,
    /// The version that the last answer is about.
    answered: Option<VersionId>,
    found: OnDemand<VersionId, Box<Profiles>>,
    /// The version of the last frame.
    of: Option<VersionId>,
    /// The table in front, of those of the version, the largest first.
    at: usize,
    table: Table<u64>,
}

/// A column of a table with what its row needs besides.
struct Row<'a> {
    at: u64,
    column: &'a profile::Column,
    /// Of the table.
    rows: u64,
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

/// Rows from which one column is drawn close up, and how many that takes.
const ROOM_FOR_ONE: u16 = 17;
const ONE: u16 = 9;
/// Cells of a histogram in a row.
const LINE: usize = 12;
/// Categories that are named in a row.
const NAMED: usize = 3;

impl Statistics {
    /// Moves among columns and tables, and asks for what is not known yet.
    pub fn act(&mut self, action: Action) -> Reaction {
        let count = self.profiles().map_or(0, |found| found.tables.len());
        match action {
            Action::NextSibling if self.at + 1 < count => self.turn(self.at + 1),
            Action::PreviousSibling if 0 < self.at => self.turn(self.at - 1),
            // With one table alone they lead to the next version.
            Action::NextSibling | Action::PreviousSibling if 1 < count => {
                return Reaction::Refuse("there is no other table on this side".to_owned());
            }
            Action::Open if self.is_pending() => {
                let Some(of) = self.of.clone() else {
                    return Reaction::None;
                };
                if let Err(other) = self.found.want(of) {
                    return Reaction::Refuse(format!("{other} is being looked into: Esc stops it"));
                }
            }
            Action::Open => {
                return Reaction::Refuse("all that was found in the tables is here".to_owned());
            }
            Action::Escape | Action::Interrupt if self.found.stop() => {}
            action => {
                let mut table = std::mem::take(&mut self.table);
                let found = self.profiles().map(|found| in_order(found));
                let front = found.and_then(|found| found.get(self.at).copied());
                let rows = front.and_then(profile_of).map_or(vec![], rows);
                let reaction = table.act(action, Window::whole(&rows));
                self.table = table;
                return reaction;
            }
        }
        Reaction::Done
    }

    fn turn(&mut self, at: usize) {
        (self.at, self.table) = (at, Table::default());
    }

    /// Tables of the version are not looked into yet.
    pub fn is_pending(&self) -> bool {
        self.profiles().is_some_and(|found| 0 < found.pending)
    }

    pub fn is_at_work(&self) -> bool {
        self.found.at_work().is_some()
    }

    /// What is known of the version of the last frame.
    fn profiles(&self) -> Option<&Profiles> {
        let of = self.of.as_ref()?;
        if let Some(Ok(found)) = self.found.known(of) {
            return Some(found);
        }
        let known = self.known.value.as_deref();
        known.filter(|_| self.is_answered() && self.known.error.is_none())
    }

    /// The last answer is about the version of the last frame.
    fn is_answered(&self) -> bool {
        self.of.is_some() && self.answered == self.of
    }

    /// How many tables there are, and which of them is in front.
    pub fn note(&self) -> Option<String> {
        let found = self.profiles()?;
        let count = found.tables.len() as u64 + found.left_out;
        (1 < count).then(|| format!("table {} of {count}: [ ]", self.at + 1))
    }

    /// Draws what is known of a version.
    pub fn draw(
        &mut self,
        buffer: &mut Buffer,
        area: Rect,
        shared: &Shared,
        (of, splits): (&VersionId, &[Split]),
        is_focused: bool,
    ) {
        if self.of.as_ref() != Some(of) {
            self.turn(0);
            self.of = Some(of.clone());
        }
        self.known.want(of.clone());
        let mut table = std::mem::take(&mut self.table);
        let looks = (shared, is_focused);
        self.draw_known(buffer, area, looks, splits, &mut table);
        self.table = table;
    }

    fn draw_known(
        &self,
        buffer: &mut Buffer,
        area: Rect,
        (shared, is_focused): (&Shared, bool),
        splits: &[Split],
        table: &mut Table<u64>,
    ) {
        let look = &shared.look;
        let width = usize::from(area.width);
        if let Some(lines) = self.instead(look, width) {
            return look.lines(buffer, area, lines);
        }
        let Some(found) = self.profiles() else {
            return look.line(buffer, area, look.span(" …", Role::Dim).into());
        };
        let Some(front) = in_order(found).get(self.at).copied() else {
            let text = " it holds no table: nothing to tell of columns";
            return look.line(
                buffer,
                area,
                look.span(look.clip(text, width), Role::Dim).into(),
            );
        };
        let Some(profile) = profile_of(front) else {
            return look.lines(buffer, area, refused(front, look, width));
        };
        let mut head = vec![title(&front.path, profile, look, width)];
        head.extend(told_splits(found, splits, look, width));
        let (above, rest) = split_down(area, head.len() as u16);
        look.lines(buffer, above, head);
        let rows = rows(profile);
        let has_room = ROOM_FOR_ONE <= rest.height;
        let one = if has_room { ONE } else { 0 };
        // A short table leaves the rest to the column that is close up.
        let most = rest.height - one;
        let (list, below) = split_down(rest, most.min(rows.len() as u16 + 1));
        let sheet = Sheet {
            columns: columns(look),
            rows: Some(Window::whole(&rows)),
            error: None,
            empty: vec![Line::from(" it has no columns")],
        };
        if table.cursor.id().is_none() {
            table.settle(Window::whole(&rows), None, true);
        }
        table.draw(buffer, list, shared, &sheet, is_focused);
        if let Some(row) = table.row(Window::whole(&rows)).filter(|_| has_room) {
            one::draw(buffer, below, look, row);
        }
    }

    /// What is shown where there are no numbers yet.
    fn instead(&self, look: &Look, width: usize) -> Option<Vec<Line<'static>>> {
        let of = self.of.as_ref()?;
        if let Some((_, work)) = self.found.at_work().filter(|(at, _)| *at == of) {
            let told = format!(" looking into the tables … {}", work.told());
            return Some(vec![
                look.span(look.clip(&told, width), Role::Text).into(),
                keys(look, &[("Esc", "stops it")]),
            ]);
        }
        if let Some(Err(error)) = self.found.known(of) {
            let mut lines = trouble::lines(look, error, width);
            lines.pop();
            lines.push(keys(look, &[("Enter", "tries again")]));
            return Some(lines);
        }
        if let Some(error) = self.known.error.as_ref().filter(|_| self.is_answered()) {
            return Some(trouble::lines(look, error, width));
        }
        self.is_pending().then(|| {
            vec![
                look.span(" its tables were not looked into yet", Role::Text)
                    .into(),
                keys(look, &[("Enter", "does it now")]),
            ]
        })
    }

    pub fn ask(&mut self, tickets: &mut Tickets) -> Vec<Effect> {
        let known = self.known.ask(tickets);
        let known = known.map(|(ticket, id)| Effect::Profiles(ticket, id));
        let found = self.found.ask(tickets);
        let found = found.map(|(ticket, id, work)| Effect::Profile(ticket, id, work));
        known.into_iter().chain(found).collect()
    }

    /// What a version holds never changes; what is not found yet may be found by others.
    pub fn expire(&mut self) {
        if self.is_pending() || self.known.error.is_some() {
            self.known.expire();
        }
    }

    pub fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        match answer {
            Answer::Profiles(result) if self.known.awaits(ticket) => {
                self.answered = self.known.asked().cloned();
                self.known.answer(result);
            }
            Answer::Profiles(result) if self.found.awaits(ticket) => self.found.answer(result),
            other => return Some(other),
        }
        None
    }
}

/// Keys with what they do, below a sentence.
pub fn keys(look: &Look, keys: &[(&'static str, &'static str)]) -> Line<'static> {
    let spans = keys.iter().flat_map(|(key, what)| {
        [
            look.span(format!(" {key}"), Role::Key),
            look.span(format!(" {what} "), Role::Dim),
        ]
    });
    Line::from(spans.collect::<Vec<_>>())
}

/// The tables of a version, the largest first; those that are none at the end.
fn in_order(found: &Profiles) -> Vec<&TableProfile> {
    let mut tables: Vec<&TableProfile> = found.tables.iter().collect();
    tables.sort_by_key(|table| Reverse(profile_of(table).map(|profile| profile.rows)));
    tables
}

/// What is in a table that could be read.
fn profile_of(table: &TableProfile) -> Option<&Profile> {
    match &table.verdict {
        Verdict::Profiled(profile) => Some(profile),
        Verdict::NotRead { .. } | Verdict::TooLarge { .. } => None,
    }
}

fn rows(profile: &Profile) -> Vec<Row<'_>> {
    let numbered = profile.columns.iter().zip(0..);
    let row = |(column, at)| Row {
        at,
        column,
        rows: profile.rows,
    };
    numbered.map(row).collect()
}

/// Why a table has no numbers.
fn refused(table: &TableProfile, look: &Look, width: usize) -> Vec<Line<'static>> {
    let why = match &table.verdict {
        Verdict::Profiled(_) => return vec![],
        Verdict::NotRead { why } => format!("{} was not read: {why}", table.path),
        Verdict::TooLarge { why } => format!("{} was not looked into: {why}", table.path),
    };
    let wrapped = text::wrap(&why, width.saturating_sub(2)).into_iter();
    wrapped
        .map(|line| look.span(format!(" {line}"), Role::Warn).into())
        .collect()
}

/// `penguins.csv  344 rows, 7 columns  2 repeated (0.6%)`.
fn title(path: &str, profile: &Profile, look: &Look, width: usize) -> Line<'static> {
    let size = format!(
        "  {}, {}",
        counted(profile.rows, "row"),
        counted(profile.columns.len() as u64, "column")
    );
    let again = match profile.repeated_rows {
        None => String::new(),
        Some(0) => "  no row twice".to_owned(),
        Some(rows) => format!(
            "  {} repeated ({})",
            text::count(rows as i64),
            share(rows, profile.rows)
        ),
    };
    let role = match profile.repeated_rows {
        None | Some(0) => Role::Dim,
        _ => Role::Warn,
    };
    let room = width.saturating_sub(text::width(&size) + text::width(&again) + 1);
    let path = text::squeeze(path, room.max(8), look.charset.ellipsis());
    let spans = vec![
        look.span(format!(" {path}"), Role::Accent),
        Span::raw(size),
        look.span(again, role),
    ];
    fit(spans, width, look.charset.ellipsis())
}

/// `splits  train 1,152,004  test 64,002`; nothing where none are declared.
fn told_splits(
    found: &Profiles,
    splits: &[Split],
    look: &Look,
    width: usize,
) -> Option<Line<'static>> {
    if splits.is_empty() {
        return None;
    }
    let mut spans = vec![look.span(" splits", Role::Dim)];
    for split in splits {
        let rows = match found.rows_of(split) {
            Some(rows) => counted(rows, "row"),
            None => counted(split.paths.len() as u64, "file"),
        };
        spans.push(Span::raw(format!("  {}", look.clip(&split.name, 24))));
        spans.push(look.span(format!(" {rows}"), Role::Dim));
    }
    Some(fit(spans, width, look.charset.ellipsis()))
}

fn columns(look: &Look) -> Vec<table::Column<'_, Row<'_>>> {
    let figure = |title, of: fn(&Numbers) -> Option<f64>| {
        table::Column::new(title, move |row: &Row<'_>| {
            let numbers = row.column.numbers.as_ref();
            match numbers.and_then(of) {
                Some(value) => Cell::of(figure(value, row.column.kind), look, Role::Text),
                None => Cell::default(),
            }
        })
    };
    vec![
        table::Column::new("COLUMN", |row: &Row<'_>| {
            Cell::of(&row.column.name, look, Role::Text)
        })
        .least(14)
        .most(28),
        table::Column::new("TYPE", |row: &Row<'_>| {
            Cell::of(row.column.kind.to_string(), look, Role::Dim)
        })
        .gives_way(6),
        table::Column::new("NULLS", |row: &Row<'_>| {
            let role = if row.column.nulls == 0 {
                Role::Dim
            } else {
                Role::Warn
            };
            Cell::of(share(row.column.nulls, row.rows), look, role)
        })
        .right()
        .gives_way(2),
        table::Column::new("DISTINCT", |row: &Row<'_>| {
            let sign = if row.column.distinct.is_more { ">" } else { "" };
            let count = text::count(row.column.distinct.count as i64);
            Cell::of(format!("{sign}{count}"), look, Role::Dim)
        })
        .right()
        .gives_way(7),
        figure("MIN", |numbers| Some(numbers.min))
            .right()
            .gives_way(4),
        figure("P50", median).right().gives_way(3),
        figure("MEAN", |numbers| Some(numbers.mean))
            .right()
            .gives_way(8),
        figure("MAX", |numbers| Some(numbers.max))
            .right()
            .gives_way(5),
        table::Column::new("VALUES", move |row: &Row<'_>| values(row, look))
            .most(60)
            .least(2 * LINE)
            .gives_way(1)
            .fills(),
    ]
}

fn median(numbers: &Numbers) -> Option<f64> {
    let mut quantiles = numbers.quantiles.iter();
    quantiles
        .find(|quantile| quantile.level == 0.5)
        .map(|quantile| quantile.value)
}

/// A number of a column, dates as such.
pub fn figure(value: f64, kind: Kind) -> String {
    profile::date(value, kind).unwrap_or_else(|| text::short(value))
}

/// What one looks at first: that a column says nothing or names its rows, how numbers lie, or the commonest texts.
fn values(row: &Row<'_>, look: &Look) -> Cell {
    let column = row.column;
    let word = |word: &'static str, role| Cell::from(look.span(word, role));
    if column.kind == Kind::Empty {
        return word("no value", Role::Warn);
    }
    if column.is_constant {
        return word("constant", Role::Warn);
    }
    if let Some(histogram) = column.numbers.as_ref().and_then(|n| n.histogram.as_ref()) {
        let mut spans =
            vec![look.span(histogram::row(look, &histogram.counts, LINE), Role::Accent)];
        if column.is_id {
            spans.push(look.span("  differs in every row", Role::Dim));
        }
        return Cell(spans);
    }
    if column.is_id {
        return word("differs in every row", Role::Dim);
    }
    let named = column.top.iter().take(NAMED);
    let mut spans: Vec<Span<'static>> = named
        .flat_map(|category| {
            let name = look.clip(&category.name, 20);
            let part = share(category.count, row.rows);
            [Span::raw(name), look.span(format!(" {part}  "), Role::Dim)]
        })
        .collect();
    if NAMED < column.top.len() {
        spans.push(look.span(look.charset.ellipsis(), Role::Dim));
    }
    Cell(spans)
}
