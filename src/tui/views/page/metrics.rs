//! All metrics of a run as a table: of thousands, only the rows in sight are made and only their courses fetched.

use std::cmp::Ordering;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    domain::metrics::{Summary, is_of_machine},
    tui::{
        action::Action,
        board::{Board, Group, charts, progress::not_finite, trends::Trends},
        look::{Look, Pane, fit},
        rows::Rows,
        shared::Shared,
        text,
        theme::Role,
    },
};

pub struct Metrics {
    /// Words that a metric's name must hold.
    pub filter: String,
    sort: Sort,
    rows: Rows,
    /// The metric under the cursor; it stays there when others come.
    selected: Option<String>,
    /// Places of the metrics that are shown, in their order, and what they were made for.
    order: Vec<usize>,
    made_for: Option<(u64, String, Sort)>,
    pub trends: Trends,
    opened: Option<Group>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            filter: String::new(),
            sort: Sort::Name,
            rows: Rows::with_cursor(),
            selected: None,
            order: vec![],
            made_for: None,
            trends: Trends::default(),
            opened: None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumIter, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
enum Sort {
    Name,
    Last,
    Min,
    Max,
    Mean,
    Points,
    #[strum(serialize = "NaN")]
    NotFinite,
}

/// Columns of a course.
const TREND: usize = 12;
/// A name is given this much before a column is.
const NAME: usize = 24;

impl Metrics {
    pub fn has_opened(&self) -> bool {
        self.opened.is_some()
    }

    /// Closes the chart that was opened.
    pub fn close(&mut self) -> bool {
        self.opened.take().is_some()
    }

    pub fn act(&mut self, action: Action, board: &Board) -> bool {
        match action {
            Action::Open => self.open(board),
            Action::Sort => {
                use strum::IntoEnumIterator as _;
                let mut sorts = Sort::iter().cycle().skip_while(|sort| *sort != self.sort);
                self.sort = sorts.nth(1).unwrap_or(Sort::Name);
                self.selected = None;
            }
            Action::Escape if !self.filter.is_empty() => self.filter.clear(),
            action => {
                let moved = self.rows.act(action);
                if moved {
                    self.selected = self.summary(board, self.rows.index).map(name_of);
                }
                return moved;
            }
        }
        true
    }

    fn open(&mut self, board: &Board) {
        let Some(summary) = self.summary(board, self.rows.index) else {
            return;
        };
        // With its other splits, where it has a chart; what is the machine's, or one of many alike, has one of its own.
        let groups = board.groups();
        let group = groups
            .iter()
            .find(|group| !group.is_many() && group.metrics.contains(&summary.metric));
        self.opened = Some(group.cloned().unwrap_or_else(|| Group {
            name: summary.metric.clone(),
            metrics: vec![summary.metric.clone()],
        }));
    }

    fn summary<'a>(&self, board: &'a Board, row: usize) -> Option<&'a Summary> {
        let detail = board.detail.value.as_ref()?;
        detail.metrics.get(*self.order.get(row)?)
    }

    pub fn draw(&mut self, board: &mut Board, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        if let Some(group) = self.opened.clone() {
            charts::draw_one(board, &group, buffer, area, shared, (true, None));
            return;
        }
        self.arrange(board);
        let look = &shared.look;
        let total = board
            .detail
            .value
            .as_ref()
            .map_or(0, |detail| detail.metrics.len());
        let mut note = format!("by {}", <&str>::from(self.sort));
        let mut title = "metrics".to_owned();
        if !self.filter.is_empty() {
            title += &format!("  /{}", crate::domain::text::shown(&self.filter));
            let (some, all) = (
                text::count(self.order.len() as i64),
                text::count(total as i64),
            );
            note = format!("{some} of {all}  {note}");
        }
        let pane = Pane::new(title)
            .note(vec![look.span(note, Role::Dim)])
            .focused(true);
        let inner = look.pane(buffer, area, &pane);
        if self.order.is_empty() {
            let why = match (&board.detail.value, total) {
                (None, _) => " …",
                (_, 0) => " no metric yet",
                _ => " no metric has this in its name",
            };
            look.line(buffer, inner, look.span(why, Role::Dim).into());
            return;
        }
        let body = Rect {
            y: inner.y + 1,
            height: inner.height.saturating_sub(1),
            ..inner
        };
        self.rows.fit(self.order.len(), usize::from(body.height));
        let shown: Vec<&Summary> = (self.rows.shown())
            .filter_map(|row| self.summary(board, row))
            .collect();
        let columns = Columns::of(usize::from(inner.width), &shown);
        if columns.has(Column::Trend) {
            let shown = shown.iter().copied();
            self.trends.want(board.id, shown, TREND);
        }
        look.line(buffer, inner, columns.head(look));
        let lines = (shown.iter())
            .map(|summary| columns.row(summary, self.trends.of(&summary.metric), look));
        look.lines(buffer, body, lines);
        self.rows.mark(buffer, body, shared);
    }

    /// Puts the metrics in order, once for each answer, filter and order.
    fn arrange(&mut self, board: &Board) {
        let wanted = (board.loads, self.filter.clone(), self.sort);
        if self.made_for.as_ref() == Some(&wanted) {
            return;
        }
        self.made_for = Some(wanted);
        let metrics = board
            .detail
            .value
            .as_ref()
            .map_or(&[][..], |detail| &detail.metrics);
        let words: Vec<String> = self
            .filter
            .split_whitespace()
            .map(str::to_lowercase)
            .collect();
        let has = |summary: &Summary| {
            let name = summary.metric.to_lowercase();
            words.iter().all(|word| name.contains(word))
        };
        self.order = (0..metrics.len()).filter(|at| has(&metrics[*at])).collect();
        let sort = self.sort;
        self.order
            .sort_by(|a, b| sort.compare(&metrics[*a], &metrics[*b]));
        let names = |name: &String| {
            let mut order = self.order.iter();
            order.position(|at| metrics[*at].metric == *name)
        };
        self.rows.index = self.selected.as_ref().and_then(names).unwrap_or(0);
    }
}

fn name_of(summary: &Summary) -> String {
    summary.metric.clone()
}

impl Sort {
    /// Names upwards, values from the greatest down; what has none stands last. Ties are left as they were: by name.
    fn compare(self, a: &Summary, b: &Summary) -> Ordering {
        let falling = |value: fn(&Summary) -> f64| {
            let (a, b) = (value(a), value(b));
            a.is_nan().cmp(&b.is_nan()).then(b.total_cmp(&a))
        };
        match self {
            Self::Name => a.metric.cmp(&b.metric),
            Self::Last => falling(|summary| summary.last),
            Self::Min => falling(|summary| summary.min.map_or(f64::NAN, |least| least.value)),
            Self::Max => falling(|summary| summary.max.map_or(f64::NAN, |most| most.value)),
            Self::Mean => falling(|summary| summary.mean.unwrap_or(f64::NAN)),
            Self::Points => b.points.cmp(&a.points),
            Self::NotFinite => (b.nan + b.infinite).cmp(&(a.nan + a.infinite)),
        }
    }
}

/// A value of a metric; memory in the units of memory.
fn written(metric: &str, value: f64) -> String {
    let is_memory = is_of_machine(metric) && metric.ends_with("memory");
    match is_memory && value.is_finite() {
        true => text::bytes(value),
        false => text::value(value),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Last,
    Best,
    At,
    Min,
    Max,
    Mean,
    Points,
    NotFinite,
    Trend,
}

use Column::{At, Best, Last, Max, Mean, Min, NotFinite, Points, Trend as Course};

/// In their order on the screen: heading, columns, and how early it goes where room is short.
const COLUMNS: [(Column, &str, usize, u8); 9] = [
    (Last, "LAST", 9, 0),
    (Best, "BEST", 9, 2),
    (At, "@STEP", 9, 3),
    (Min, "MIN", 9, 6),
    (Max, "MAX", 9, 7),
    (Mean, "MEAN", 9, 8),
    (Points, "N", 9, 4),
    (NotFinite, "NOT FINITE", 11, 1),
    (Course, "COURSE", TREND, 5),
];

struct Columns {
    name: usize,
    shown: Vec<(Column, &'static str, usize)>,
    width: usize,
}

impl Columns {
    fn of(width: usize, shown: &[&Summary]) -> Self {
        let is_whole = shown.iter().all(|summary| not_finite(summary).is_none());
        let mut columns: Vec<_> = COLUMNS.to_vec();
        columns.retain(|(column, ..)| *column != NotFinite || !is_whole);
        let widest = shown
            .iter()
            .map(|summary| text::width(&summary.metric))
            .max();
        let name = widest.unwrap_or(0).clamp(8, NAME);
        let taken = |columns: &[(Column, &str, usize, u8)]| {
            columns
                .iter()
                .map(|(_, _, wide, _)| wide + 1)
                .sum::<usize>()
        };
        while width < name + 3 + taken(&columns) {
            let first = columns.iter().map(|(.., early)| *early).max();
            columns.retain(|(.., early)| Some(*early) != first);
            if columns.is_empty() {
                break;
            }
        }
        let left = width.saturating_sub(3 + taken(&columns));
        Self {
            name: widest.unwrap_or(0).max(8).min(left),
            shown: columns
                .into_iter()
                .map(|(column, title, wide, _)| (column, title, wide))
                .collect(),
            width,
        }
    }

    fn has(&self, column: Column) -> bool {
        self.shown.iter().any(|(shown, ..)| *shown == column)
    }

    fn head(&self, look: &Look) -> Line<'static> {
        let mut head = format!(" {} ", look.cell("METRIC", self.name));
        for (column, title, wide) in &self.shown {
            let title = match column {
                Course => look.cell(title, *wide),
                _ => look.cell_right(title, *wide),
            };
            head += &format!(" {title}");
        }
        fit(
            vec![look.span(head, Role::Dim)],
            self.width,
            look.charset.ellipsis(),
        )
    }

    fn row(&self, summary: &Summary, course: &[Option<f64>], look: &Look) -> Line<'static> {
        let name = text::squeeze(&summary.metric, self.name, look.charset.ellipsis());
        let mut spans = vec![Span::raw(format!(" {} ", look.cell(&name, self.name)))];
        let best = summary.best();
        for (column, _, wide) in &self.shown {
            let written = |value: f64| written(&summary.metric, value);
            let value = |value: Option<f64>| (value.map_or(String::new(), written), Role::Dim);
            let (cell, role) = match column {
                Last if summary.last.is_finite() => (written(summary.last), Role::Text),
                Last => (text::value(summary.last), Role::Error),
                Best => (
                    best.map_or(String::new(), |best| written(best.value)),
                    Role::Ok,
                ),
                At => (
                    best.map_or(String::new(), |best| text::count(best.step)),
                    Role::Dim,
                ),
                Min => value(summary.min.map(|least| least.value)),
                Max => value(summary.max.map(|most| most.value)),
                Mean => value(summary.mean),
                Points => (text::count(summary.points as i64), Role::Dim),
                NotFinite => (not_finite(summary).unwrap_or_default(), Role::Error),
                Course => {
                    let course = look.sparkline(course);
                    spans.push(Span::raw(" "));
                    spans.push(look.span(look.cell(&course, *wide), Role::Dim));
                    continue;
                }
            };
            spans.push(Span::raw(" "));
            spans.push(look.span(look.cell_right(&cell, *wide), role));
        }
        fit(spans, self.width, look.charset.ellipsis())
    }
}
