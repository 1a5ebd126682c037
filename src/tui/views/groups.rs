//! The runs of a list by the values of a parameter: how each value did, in numbers and in a chart.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::Line,
};

use super::{Root, View};
use crate::{
    domain::{filter::Filter, runs::StateWord},
    ops::runs::{By, Group, Grouping, MetricColumn, MetricValue},
    tui::{
        action::Action,
        chart::{
            axis::{Along, Axis},
            band::{Band, Spread},
            pane::{self, Framed},
            plot::{Plot, SLOTS, letter},
            view::{ChartView, Field, in_order},
        },
        effect::{Answer, Effect, GroupsQuestion},
        event::{Ticket, Tickets},
        look::{Look, Pane, split_across, split_down},
        overlay::{
            Overlay,
            picker::{Pick, Picker},
        },
        panes::beside,
        place::{Place, Settings, Spot},
        remote::Remote,
        scroll,
        shared::{Reaction, Reply, Shared, Target},
        table::{Cell, Column, Row, Sheet, Table, Window},
        text,
        theme::{Role, state_role},
        trouble,
    },
};

pub struct Groups {
    by: String,
    metric: Option<MetricColumn>,
    filter: String,
    answer: Remote<GroupsQuestion, Box<Grouping>>,
    /// Beside the groups of the answer.
    rows: Vec<Named>,
    table: Table<String>,
    view: ChartView,
    is_chart_focused: bool,
    is_zoomed: bool,
    /// Where the table and the chart stood in the last frame, and which of them is the chart.
    places: [(bool, Rect); 2],
}

/// A group with its value in words.
struct Named {
    value: String,
    slot: usize,
    group: Group,
}

impl Row for Named {
    type Id = String;

    fn id(&self) -> String {
        self.value.clone()
    }

    fn name(&self) -> &str {
        &self.value
    }
}

/// Columns from which the chart stands beside the table.
const ROOM_BESIDE: u16 = 140;
/// What runs without the parameter are called.
const ABSENT: &str = "(none)";

impl Groups {
    /// How a place of groups is set.
    pub fn settings(by: &str, metric: Option<&str>, filter: &str) -> Settings {
        Settings::default()
            .with("by", by)
            .with("metric", metric.unwrap_or_default())
            .with("filter", filter)
    }

    pub fn at(settings: &Settings) -> Self {
        let metric = settings.get("metric");
        let mut view = ChartView::default();
        view.restore(settings);
        Self {
            by: settings.get("by").unwrap_or_default().to_owned(),
            metric: metric.and_then(|metric| MetricColumn::parse(metric).ok()),
            filter: settings.get("filter").unwrap_or_default().to_owned(),
            answer: Remote::default(),
            rows: vec![],
            table: Table::default(),
            view,
            is_chart_focused: false,
            is_zoomed: false,
            places: Default::default(),
        }
    }

    fn question(&self, dots: usize) -> GroupsQuestion {
        GroupsQuestion {
            filter: Filter::parse(&self.filter).unwrap_or_default(),
            by: self.by.clone(),
            metric: self.metric.clone(),
            dots,
        }
    }

    fn row(&self) -> Option<&Named> {
        self.table.row(Window::whole(&self.rows))
    }

    /// The runs of the group under the cursor.
    fn open(&self) -> Reaction {
        let Some(row) = self.row() else {
            return Reaction::Refuse("no group is selected".into());
        };
        let mut place = Place::of_root(Root::Runs);
        let filter = narrowed(&self.filter, &self.by, row);
        place.settings = Settings::default().with("filter", filter);
        Reaction::Open(place)
    }

    /// The steps of all groups: bands are made over these, and not over a part of them.
    fn axis(&self) -> Option<Axis> {
        let (from, to) = self.answer.value.as_ref()?.steps?;
        Some(Axis {
            along: Along::Step,
            from,
            to: to.max(from + 1),
        })
    }

    fn field(&self) -> Field {
        let whole = self.axis().unwrap_or_default();
        let groups = self.answer.value.iter().flat_map(|all| &all.groups);
        let steps = groups.flat_map(|group| group.band.iter().flatten().filter_map(|at| at.step));
        Field {
            charts: 1,
            whole,
            newest: whole.to,
            last: whole.to,
            samples: in_order(steps),
            ..Field::default()
        }
    }

    fn draw_table(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let look = &shared.look;
        let is_focused = !self.is_chart_focused;
        let note = self.answer.value.as_ref().map(|all| {
            let runs = text::count(all.matched as i64);
            format!("{} groups of {runs} runs", all.groups.len())
        });
        let note = vec![look.span(note.unwrap_or_default(), Role::Dim)];
        let title = match &self.metric {
            Some(column) => format!("{} by {}", column.metric, self.by),
            None => format!("by {}", self.by),
        };
        let pane = Pane::new(title).note(note).focused(is_focused);
        let inner = look.pane(buffer, area, &pane);
        let unknown = self.answer.value.iter().flat_map(|all| &all.unknown);
        let mut empty: Vec<Line<'static>> = vec![Line::from(" no runs match the filter")];
        empty.extend(unknown.map(|unknown| Line::from(format!(" {unknown}"))));
        let sheet = Sheet {
            columns: columns(look, self.metric.is_some(), &self.by),
            rows: (self.answer.value.as_ref()).map(|_| Window::whole(&self.rows)),
            error: self.answer.error.as_ref(),
            empty,
        };
        self.table.draw(buffer, inner, shared, &sheet, is_focused);
    }

    fn draw_chart(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let look = &shared.look;
        let is_focused = self.is_chart_focused;
        let dots = pane::dots(look, area, 0);
        self.answer.want(self.question(dots));
        let name = self.metric.as_ref().map(|column| column.metric.clone());
        let (Some(axis), Some(name)) = (self.axis(), name) else {
            let pane = Pane::new("mean and deviation").focused(is_focused);
            let inner = look.pane(buffer, area, &pane);
            let text = match (&self.answer.value, &self.metric) {
                (_, None) => " m chooses the metric",
                (None, _) => " …",
                (Some(_), _) => " no run of these has a point of it",
            };
            look.line(buffer, inner, look.span(text, Role::Dim).into());
            return;
        };
        let bands: Vec<Band> = self.rows.iter().filter_map(band).collect();
        let framed = Framed {
            name: &name,
            plot: Plot {
                bands: &bands,
                kind: self.view.kind,
                is_clipped: self.view.is_clipped,
                crosshair: self.view.crosshair,
                ..Plot::new(look, axis, &[])
            },
            weight: 0.0,
            notes: vec!["mean ± deviation".to_owned()],
            place: None,
            at: self.view.crosshair,
            read: "",
            is_focused,
        };
        framed.draw(buffer, area);
    }

    fn layout(&self, area: Rect) -> (Rect, Rect) {
        match (self.is_zoomed, self.is_chart_focused) {
            (true, false) => (area, Rect::ZERO),
            (true, true) => (Rect::ZERO, area),
            (false, _) if ROOM_BESIDE <= area.width => split_across(area, area.width / 2),
            (false, _) => {
                let rows = self.rows.len() as u16 + 3;
                split_down(area, rows.clamp(6, (area.height / 2).max(6)))
            }
        }
    }
}

fn columns<'a>(look: &'a Look, has_metric: bool, by: &str) -> Vec<Column<'a, Named>> {
    let number = |of: fn(&Group) -> Option<f64>| {
        move |row: &Named| match of(&row.group) {
            Some(number) => Cell::of(text::value(number), look, Role::Text),
            None => Cell::nothing(look),
        }
    };
    let value = Column::new(by.to_uppercase(), move |row: &Named| {
        let mut cell = Cell(vec![]);
        if row.slot < SLOTS && !row.group.band.is_empty() {
            let letter = format!("{} ", letter(row.slot));
            let style = look.theme.series(row.slot);
            cell.0.push(ratatui::text::Span::styled(letter, style));
        }
        cell.0.extend(Cell::of(&row.value, look, Role::Text).0);
        cell
    });
    let mut columns = vec![
        value.least(10),
        Column::new("RUNS", move |row: &Named| {
            Cell::of(text::count(row.group.runs as i64), look, Role::Text)
        })
        .right(),
    ];
    if has_metric {
        columns.push(Column::new("MEAN", number(|group| Some(group.numbers?.mean))).decimal());
        columns.push(Column::new("± STD", number(|group| group.numbers?.std)).decimal());
    }
    columns.push(Column::new("STATES", move |row: &Named| states(&row.group, look)).gives_way(2));
    if has_metric {
        let min = number(|group| Some(group.numbers?.min));
        let max = number(|group| Some(group.numbers?.max));
        columns.push(Column::new("MIN", min).decimal().gives_way(3));
        columns.push(Column::new("MAX", max).decimal().gives_way(4));
        columns.push(
            Column::new("BEST RUN", move |row: &Named| match &row.group.best {
                Some(best) => Cell::of(&best.name, look, Role::Text),
                None => Cell::nothing(look),
            })
            .least(12)
            .gives_way(1),
        );
        columns.push(
            Column::new("NAN", move |row: &Named| match row.group.not_finite {
                0 => Cell::nothing(look),
                count => Cell::of(text::count(count as i64), look, Role::Error),
            })
            .right()
            .gives_way(5),
        );
    }
    columns
}

/// `✓ 12  ✗ 3`, in their colours.
fn states(group: &Group, look: &Look) -> Cell {
    let mut cell = Cell(vec![]);
    for (state, count) in &group.states {
        let state: StateWord = *state;
        let lead = if cell.0.is_empty() { "" } else { "  " };
        let text = format!(
            "{lead}{} {}",
            look.charset.state(state),
            text::count(*count as i64)
        );
        cell.0.push(look.span(text, state_role(state)));
    }
    cell
}

/// The mean of a group and its deviation, column by column; of a single run its own line.
fn band(row: &Named) -> Option<Band> {
    if SLOTS <= row.slot || row.group.band.iter().all(Option::is_none) {
        return None;
    }
    let spread = |stretch: &Option<crate::ops::runs::Stretch>| {
        let numbers = stretch.as_ref()?.numbers;
        let std = numbers.std.unwrap_or(0.0);
        Some(Spread {
            lower: numbers.mean - std,
            mid: numbers.mean,
            upper: numbers.mean + std,
        })
    };
    Some(Band {
        label: format!("{} {}", letter(row.slot), row.value),
        slot: Some(row.slot),
        count: row.group.drawn as usize,
        columns: row.group.band.iter().map(spread).collect(),
    })
}

fn named((slot, group): (usize, &Group)) -> Named {
    let value = group.value.as_ref();
    let value = value.map_or_else(|| ABSENT.to_owned(), text::plain);
    Named {
        value,
        slot,
        group: group.clone(),
    }
}

/// Does an action look at a part of the axis?
fn is_zoom(action: Action) -> bool {
    use Action::{Fit, Matter, PanLeft, PanRight, ZoomIn, ZoomOut};
    matches!(action, ZoomIn | ZoomOut | Fit | PanLeft | PanRight | Matter)
}

/// The filter of the list, and of it the runs of one group.
fn narrowed(filter: &str, by: &str, row: &Named) -> String {
    let name = match By::of(by) {
        By::Field(field) => field.to_owned(),
        By::Param(name) => format!("p.{name}"),
    };
    let group = match &row.group.value {
        None => format!("-has:{name}"),
        // One of a few words, which no quotes may make a text.
        Some(serde_json::Value::String(text)) if name == "kind" => format!("{name}:{text}"),
        Some(serde_json::Value::String(text)) => {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"");
            format!("{name}=\"{text}\"")
        }
        Some(value) => format!("{name}={value}"),
    };
    match filter {
        "" => group,
        filter => format!("({filter}) {group}"),
    }
}

impl View for Groups {
    fn contexts(&self) -> &'static [&'static str] {
        match self.is_chart_focused {
            true => &["groups", "live", "list"],
            false => &["groups", "table", "list"],
        }
    }

    fn act(&mut self, action: Action, _: &Shared) -> Reaction {
        if let Some(reaction) = beside::step(&self.places, &mut self.is_chart_focused, action) {
            return reaction;
        }
        match action {
            Action::NextPane | Action::PreviousPane => {
                self.is_chart_focused = !self.is_chart_focused;
            }
            Action::Zoom => self.is_zoomed = !self.is_zoomed,
            Action::Escape if self.is_zoomed => self.is_zoomed = false,
            Action::Open => return self.open(),
            Action::Metric => return pick(Pick::Metric, self.metric.as_ref().map(|by| &by.metric)),
            Action::Groups => return pick(Pick::Parameter, Some(&self.by)),
            action if self.is_chart_focused && is_zoom(action) => {
                return Reaction::Refuse("the chart is of all steps of these runs".into());
            }
            action if self.is_chart_focused && scroll::moved(action, 0, 1, 1).is_none() => {
                let field = self.field();
                if !self.view.act(action, &field) {
                    return Reaction::None;
                }
            }
            action => return self.table.act(action, Window::whole(&self.rows)),
        }
        Reaction::Done
    }

    fn draw(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        if self.by.is_empty() {
            let error = crate::ops::Error::new(
                crate::ops::Kind::Invalid,
                "this place names no parameter to group by",
            );
            trouble::draw(buffer, area, &shared.look, &error.hint("w chooses one"));
            return;
        }
        let (table, chart) = self.layout(area);
        self.places = [(false, table), (true, chart)];
        if chart.is_empty() {
            let dots = pane::dots(&shared.look, area, 0);
            self.answer.want(self.question(dots));
        } else {
            self.draw_chart(buffer, chart, shared);
        }
        if !table.is_empty() {
            self.draw_table(buffer, table, shared);
        }
    }

    fn ask(&mut self, tickets: &mut Tickets) -> Vec<Effect> {
        let asked = self.answer.ask(tickets);
        let asked = asked.map(|(ticket, question)| Effect::Groups(ticket, question));
        asked.into_iter().collect()
    }

    fn expire(&mut self) {
        self.answer.expire();
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        match answer {
            Answer::Groups(result) if self.answer.awaits(ticket) => {
                let known = self.row().map(|row| row.value.clone());
                self.answer.answer(result);
                let groups = self.answer.value.iter().flat_map(|all| &all.groups);
                self.rows = groups.enumerate().map(named).collect();
                self.table.settle(Window::whole(&self.rows), known, true);
                None
            }
            other => Some(other),
        }
    }

    fn handles(&self) -> Vec<Position> {
        self.table.handles(self.rows.len() as u64)
    }

    fn point(&mut self, at: Position) {
        let rows = &self.rows;
        self.table.point(at, Window::whole(rows));
    }

    fn target(&self) -> Option<Target> {
        None
    }

    fn reply(&mut self, reply: Reply) -> Reaction {
        match reply {
            Reply::Picked(Pick::Metric, words) => {
                let word = words.first().map_or("", String::as_str);
                self.metric = MetricColumn::parse(word).ok();
            }
            Reply::Picked(Pick::Parameter, words) => {
                self.by = words.into_iter().next().unwrap_or_default();
            }
            _ => return Reaction::None,
        }
        Reaction::Done
    }

    fn name(&self) -> String {
        "groups".to_owned()
    }

    fn place(&self) -> Place {
        let metric = self.metric.as_ref().map(|column| match column.value {
            value if value == MetricColumn::usual(&column.metric) => column.metric.clone(),
            MetricValue::Best => column.metric.clone(),
            value => format!("{}@{value}", column.metric),
        });
        Place {
            spot: Spot::Groups,
            settings: Self::settings(&self.by, metric.as_deref(), &self.filter),
        }
    }

    fn crumb(&self) -> String {
        let filter = match self.filter.as_str() {
            "" => String::new(),
            filter => format!("  /{filter}"),
        };
        format!("groups by {}{filter}", self.by)
    }

    fn offers(&self, action: Action) -> bool {
        !is_zoom(action)
    }

    fn label(&self, action: Action) -> Option<&'static str> {
        match action {
            Action::Open => Some("the runs of the group"),
            Action::Groups => Some("group by another parameter"),
            _ => None,
        }
    }

    fn hints(&self) -> &'static [Action] {
        &[
            Action::Open,
            Action::Metric,
            Action::Groups,
            Action::NextPane,
            Action::Zoom,
        ]
    }

    fn awaits(&self, _: Action) -> bool {
        self.answer.is_blank() && !self.by.is_empty()
    }
}

/// Lets a person choose one name of those in the store.
pub fn pick(what: Pick, chosen: Option<&String>) -> Reaction {
    let chosen = chosen.into_iter().cloned().collect();
    Reaction::Overlay(Box::new(Overlay::Picker(Picker::of_store(what, chosen))))
}

#[cfg(test)]
mod tests;
