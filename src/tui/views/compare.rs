//! Runs beside each other: one metric of all of them in a chart, and below it what they differ in.

mod chart;
mod parts;

use ratatui::{buffer::Buffer, layout::Rect};

use self::parts::{Sides, Value};
use super::View;
use crate::{
    domain::{
        ids::RunId,
        metrics::{SCORES, is_of_machine},
    },
    ops::runs::Comparison,
    tui::{
        action::Action,
        chart::{Series, plot::letter, view::ChartView},
        effect::{Answer, Effect},
        event::{Ticket, Tickets},
        look::{Look, Pane, split_across, split_down},
        overlay::{
            Overlay,
            picker::{Pick, Picker},
        },
        panes::beside,
        place::{Place, Settings, Spot},
        remote::Remote,
        rows::Rows,
        shared::{Reaction, Reply, Shared, Target},
        table::{Table, Window},
        theme::Role,
        trouble,
    },
};

pub struct Compare {
    /// In the order in which they were marked: each keeps its letter and its colour.
    ids: Vec<RunId>,
    /// The one that the others are set against.
    baseline: usize,
    /// The run that Enter opens.
    focused: usize,
    /// With the baseline first.
    answer: Remote<Vec<RunId>, Box<Comparison>>,
    series: Series,
    view: ChartView,
    part: Part,
    /// Where the parts of the last frame stood.
    places: Vec<(Part, Rect)>,
    /// What all runs have alike is listed too.
    has_all: bool,
    is_zoomed: bool,
    params: Table<String>,
    metrics: Table<String>,
    code: Rows,
}

/// What the keys act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Chart,
    Params,
    Metrics,
    Code,
}

const PARTS: [Part; 4] = [Part::Chart, Part::Params, Part::Metrics, Part::Code];
/// Columns from which two parts stand beside each other, and from which all do.
const ROOM_FOR_TWO: u16 = 100;
const ROOM_FOR_ALL: u16 = 160;

impl Compare {
    pub fn at(ids: &[RunId], settings: &Settings) -> Self {
        let baseline: usize = settings.read("baseline").unwrap_or(0);
        // A run beside itself says nothing.
        let mut once: Vec<RunId> = vec![];
        for id in ids {
            if !once.contains(id) {
                once.push(*id);
            }
        }
        let mut view = ChartView::default();
        view.restore(settings);
        Self {
            baseline: baseline.min(once.len().saturating_sub(1)),
            ids: once,
            focused: 0,
            answer: Remote::default(),
            series: Series::default(),
            view,
            part: Part::Chart,
            places: vec![],
            has_all: false,
            is_zoomed: false,
            params: Table::default(),
            metrics: Table::default(),
            code: Rows::default(),
        }
    }

    /// The runs as they are asked for: the baseline first.
    fn order(&self) -> Vec<RunId> {
        let mut order = self.ids.clone();
        if self.baseline < order.len() {
            let baseline = order.remove(self.baseline);
            order.insert(0, baseline);
        }
        order
    }

    fn sides(&self) -> Option<Sides<'_>> {
        let comparison = self.answer.value.as_deref()?;
        Sides::new(comparison, &self.ids, self.baseline, self.focused)
    }

    /// The metric in the chart. One that says more about a model comes first, then one that more of the runs have.
    fn metric(&self) -> Option<String> {
        let comparison = self.answer.value.as_deref()?;
        let metrics = charted(comparison);
        metrics.get(self.view.selected).cloned()
    }

    /// The metric that the person wished for, or the one that says most, once metrics are known.
    fn select_metric(&mut self, shown_first: &str) {
        let Some(comparison) = self.answer.value.as_deref() else {
            return;
        };
        let metrics = charted(comparison);
        let wished = self.view.wanted.take();
        let wished = wished.as_deref().unwrap_or(shown_first);
        let known = |name: &str| metrics.iter().position(|metric| metric == name);
        let telling = || SCORES.iter().find_map(|score| known(score));
        let loss = || metrics.iter().position(|metric| metric.ends_with("loss"));
        let found = known(wished).or_else(telling).or_else(loss);
        self.view.selected = found.unwrap_or(0);
        self.follow_metric();
    }

    /// The cursor of the table of metrics stands on the one in the chart.
    fn follow_metric(&mut self) {
        let Some(metric) = self.metric() else {
            return;
        };
        let rows = self
            .sides()
            .map(|sides| sides.metrics())
            .unwrap_or_default();
        self.metrics.cursor.aim(metric);
        self.metrics.settle(Window::whole(&rows), None, false);
    }

    fn turn(&mut self, by: usize) {
        let at = PARTS.iter().position(|part| *part == self.part);
        self.part = PARTS[(at.unwrap_or(0) + by) % PARTS.len()];
    }

    /// Another run has the focus.
    fn focus(&mut self, by: isize) {
        let last = self.ids.len().saturating_sub(1);
        self.focused = self.focused.saturating_add_signed(by).min(last);
    }

    fn act_on_part(&mut self, action: Action) -> Reaction {
        match (self.part, action) {
            (Part::Chart, Action::Down) => self.focus(1),
            (Part::Chart, Action::Up) => self.focus(-1),
            (Part::Params | Part::Metrics | Part::Code, Action::Left) => self.focus(-1),
            (Part::Params | Part::Metrics | Part::Code, Action::Right) => self.focus(1),
            (Part::Params, action) => {
                let rows = self.sides().map(|sides| sides.params(self.has_all));
                return self
                    .params
                    .act(action, Window::whole(&rows.unwrap_or_default()));
            }
            (Part::Metrics, action) => {
                let rows = self
                    .sides()
                    .map(|sides| sides.metrics())
                    .unwrap_or_default();
                let reaction = self.metrics.act(action, Window::whole(&rows));
                let row = self.metrics.row(Window::whole(&rows));
                if let Some(row) = row {
                    self.view.wanted = Some(row.name.clone());
                    self.select_metric("");
                }
                return reaction;
            }
            (Part::Code, action) if self.code.act(action) => {}
            _ => return Reaction::None,
        }
        Reaction::Done
    }

    fn layout(&self, area: Rect) -> Vec<(Part, Rect)> {
        if self.is_zoomed {
            return vec![(self.part, area)];
        }
        let below = match self.part {
            Part::Chart => Part::Params,
            part => part,
        };
        let (chart, rest) = split_down(area, area.height * 11 / 20);
        let mut parts = vec![(Part::Chart, chart)];
        if area.width < ROOM_FOR_TWO {
            parts.push((below, rest));
        } else if area.width < ROOM_FOR_ALL {
            let (left, right) = split_across(rest, rest.width / 2);
            let first = if below == Part::Code {
                Part::Code
            } else {
                Part::Params
            };
            parts.extend([(first, left), (Part::Metrics, right)]);
        } else {
            let (left, rest) = split_across(rest, rest.width / 3);
            let (middle, right) = split_across(rest, rest.width / 2);
            parts.extend([
                (Part::Params, left),
                (Part::Metrics, middle),
                (Part::Code, right),
            ]);
        }
        parts
    }

    fn draw_part(&mut self, buffer: &mut Buffer, area: Rect, part: Part, shared: &Shared) {
        let is_focused = part == self.part;
        match part {
            Part::Chart => self.draw_chart(buffer, area, shared),
            Part::Params => {
                let title = if self.has_all {
                    "parameters"
                } else {
                    "parameters that differ"
                };
                let inner = frame(&shared.look, buffer, area, title, is_focused);
                let mut table = std::mem::take(&mut self.params);
                if let Some(sides) = self.sides() {
                    let rows = sides.params(self.has_all);
                    let empty = match sides.has_params() {
                        true => " no parameter differs: d shows all",
                        false => " no run has a parameter",
                    };
                    let table = (&mut table, &rows[..]);
                    sides.draw(buffer, inner, shared, table, (empty, is_focused));
                }
                self.params = table;
            }
            Part::Metrics => {
                let look = &shared.look;
                let values = look.span("best values, else the last", Role::Dim);
                let pane = Pane::new("metrics").note(vec![values]);
                let inner = look.pane(buffer, area, &pane.focused(is_focused));
                let mut table = std::mem::take(&mut self.metrics);
                if let Some(sides) = self.sides() {
                    let rows = sides.metrics();
                    let table = (&mut table, &rows[..]);
                    sides.draw(
                        buffer,
                        inner,
                        shared,
                        table,
                        (" no run has a metric", is_focused),
                    );
                }
                self.metrics = table;
            }
            Part::Code => {
                let inner = frame(
                    &shared.look,
                    buffer,
                    area,
                    "code and surroundings",
                    is_focused,
                );
                let width = usize::from(inner.width);
                let lines = self.sides().map(|sides| sides.code(&shared.look, width));
                let lines = lines.unwrap_or_default();
                self.code.fit(lines.len(), usize::from(inner.height));
                let lines = lines.into_iter().skip(self.code.index);
                shared.look.lines(buffer, inner, lines);
            }
        }
    }

    /// The names of the runs in the order of their letters.
    fn names(&self) -> Vec<String> {
        let comparison = self.answer.value.iter();
        let runs: Vec<_> = comparison.flat_map(|comparison| &comparison.runs).collect();
        let name = |id: &RunId| {
            let run = runs.iter().find(|run| run.id == *id);
            run.map_or_else(|| id.to_string()[..8].to_owned(), |run| run.name.clone())
        };
        self.ids.iter().map(name).collect()
    }
}

/// The metrics that have a place in the chart: not those of the machine.
fn charted(comparison: &Comparison) -> Vec<String> {
    let names = comparison.metrics.iter().map(|metric| &metric.metric);
    let model = names.filter(|name| !is_of_machine(name));
    model.cloned().collect()
}

fn frame(look: &Look, buffer: &mut Buffer, area: Rect, title: &str, is_focused: bool) -> Rect {
    look.pane(
        buffer,
        area,
        &Pane::new(title.to_owned()).focused(is_focused),
    )
}

impl View for Compare {
    fn contexts(&self) -> &'static [&'static str] {
        &["compare", "live", "list"]
    }

    fn act(&mut self, action: Action, _: &Shared) -> Reaction {
        if let Some(reaction) = beside::step(&self.places, &mut self.part, action) {
            return reaction;
        }
        match action {
            Action::NextPane => self.turn(1),
            Action::PreviousPane => self.turn(PARTS.len() - 1),
            Action::Zoom => self.is_zoomed = !self.is_zoomed,
            Action::Escape if self.is_zoomed => self.is_zoomed = false,
            Action::Baseline => self.baseline = self.focused,
            Action::Difference => self.has_all = !self.has_all,
            Action::Metric => {
                let metrics = self.answer.value.as_deref().map(charted);
                let chosen = self.metric().into_iter().collect();
                let picker = Picker::of_names(Pick::Metric, chosen, metrics.unwrap_or_default());
                return Reaction::Overlay(Box::new(Overlay::Picker(picker)));
            }
            Action::Open => {
                return match self.ids.get(self.focused) {
                    Some(id) => Reaction::Open(Place::of(Spot::Run(*id))),
                    None => Reaction::Refuse("no run is selected".into()),
                };
            }
            Action::PreviousSibling | Action::NextSibling => {
                let field = self.field();
                self.view.act(action, &field);
                self.follow_metric();
            }
            action => {
                let reaction = self.act_on_part(action);
                if !matches!(reaction, Reaction::None) {
                    return reaction;
                }
                let field = self.field();
                if !self.view.act(action, &field) {
                    return Reaction::None;
                }
            }
        }
        Reaction::Done
    }

    fn draw(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        self.answer.want(self.order());
        if let (Some(error), None) = (&self.answer.error, &self.answer.value) {
            trouble::draw(buffer, area, &shared.look, error);
            return;
        }
        if self.metrics.cursor.id().is_none() {
            self.select_metric(&shared.metric);
        }
        self.places = self.layout(area);
        for (part, area) in self.places.clone() {
            self.draw_part(buffer, area, part, shared);
        }
    }

    fn ask(&mut self, tickets: &mut Tickets) -> Vec<Effect> {
        let answer = self.answer.ask(tickets);
        let answer = answer.map(|(ticket, ids)| Effect::Compare(ticket, ids));
        let charts = self.series.ask(tickets).into_iter();
        let charts = charts.map(|(ticket, question)| Effect::Chart(ticket, question));
        answer.into_iter().chain(charts).collect()
    }

    fn expire(&mut self) {
        self.answer.expire();
        self.series.expire();
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        match answer {
            Answer::Compare(result) if self.answer.awaits(ticket) => {
                let charted = self.metric();
                self.answer.answer(result);
                if charted.is_some() {
                    // Others may have come before it.
                    self.view.wanted = charted;
                    self.select_metric("");
                }
                let rows = self.sides().map(|sides| sides.params(self.has_all));
                let rows: Vec<Value> = rows.unwrap_or_default();
                self.params.settle(Window::whole(&rows), None, true);
                None
            }
            Answer::Chart(result) => self.series.loaded(ticket, result).map(Answer::Chart),
            other => Some(other),
        }
    }

    fn target(&self) -> Option<Target> {
        let comparison = self.answer.value.as_deref()?;
        let id = self.ids.get(self.focused)?;
        let run = comparison.runs.iter().find(|run| run.id == *id)?;
        Some(Target::from(run))
    }

    fn reply(&mut self, reply: Reply) -> Reaction {
        let Reply::Picked(Pick::Metric, words) = reply else {
            return Reaction::None;
        };
        self.view.wanted = words.into_iter().next();
        self.select_metric("");
        Reaction::Done
    }

    fn name(&self) -> String {
        "compare".to_owned()
    }

    fn place(&self) -> Place {
        let settings = self.view.settings();
        Place {
            spot: Spot::Compare(self.ids.clone()),
            settings: settings
                .with("metric", self.metric().unwrap_or_default())
                .with(
                    "baseline",
                    match self.baseline {
                        0 => String::new(),
                        at => at.to_string(),
                    },
                ),
        }
    }

    fn crumb(&self) -> String {
        let names = self.names().into_iter().enumerate();
        let named = names.map(|(at, name)| {
            let base = if at == self.baseline { "*base" } else { "" };
            format!("{} {name}{base}", letter(at))
        });
        format!("compare {}", named.collect::<Vec<_>>().join("  "))
    }

    fn label(&self, action: Action) -> Option<&'static str> {
        match (self.part, action) {
            (Part::Chart, Action::Down) => Some("next run"),
            (Part::Chart, Action::Up) => Some("previous run"),
            (Part::Chart, _) => None,
            (_, Action::Left) => Some("previous run"),
            (_, Action::Right) => Some("next run"),
            _ => None,
        }
    }

    fn hints(&self) -> &'static [Action] {
        &[
            Action::Open,
            Action::NextPane,
            Action::NextSibling,
            Action::Baseline,
            Action::Difference,
            Action::Along,
            Action::LogScale,
            Action::Zoom,
        ]
    }

    fn awaits(&self, _: Action) -> bool {
        self.answer.is_blank()
    }
}

#[cfg(test)]
mod tests;
