//! The list of runs: a window on as many as there are. The cursor stands on a run, never on a row number.

mod columns;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use self::columns::{Column, Kind, TREND};
use super::{
    action::Action,
    effect::{Answer, Effect, Own, Table, TableQuestion},
    event::{Ticket, Tickets},
    look::Look,
    remote::Remote,
    scroll,
    shared::{Reaction, Shared},
    text,
    theme::Role,
    trouble,
};
use crate::{
    domain::{
        filter::{self, Filter},
        ids::RunId,
    },
    ops::runs::{Row, Sort},
};

/// Rows are fetched in blocks of this many, so that moving the cursor asks rarely.
const BLOCK: u64 = 64;

#[derive(Default)]
pub struct RunList {
    table: Remote<TableQuestion, Table>,
    pub filter: FilterText,
    pub sort: Sort,
    selected: Option<RunId>,
    index: u64,
    top: u64,
    height: u64,
    /// The selected run left the list: its name.
    pub gone: Option<String>,
}

/// A filter as it is typed: the last good one stays in force while the text is wrong.
#[derive(Debug, Default)]
pub struct FilterText {
    pub text: String,
    pub filter: Filter,
    pub error: Option<filter::Error>,
}

impl FilterText {
    pub fn set(&mut self, text: &str) {
        text.clone_into(&mut self.text);
        match Filter::parse(text) {
            Ok(filter) => (self.filter, self.error) = (filter, None),
            Err(error) => self.error = Some(error),
        }
    }
}

impl RunList {
    pub fn filtered(text: &str) -> Self {
        let mut list = Self::default();
        list.filter.set(text);
        list
    }

    pub fn act(&mut self, action: Action) -> Reaction {
        if action == Action::Open {
            return match self.selected() {
                Some(row) => Reaction::Open(row.run.id),
                None => Reaction::Refuse("no run is selected".into()),
            };
        }
        let last = self.matched().saturating_sub(1);
        let page = self.height as usize;
        let Some(index) = scroll::moved(action, self.index as usize, page, last as usize) else {
            return Reaction::None;
        };
        self.index = index as u64;
        self.selected = self.row(self.index).map(|(row, _)| row.run.id);
        self.gone = None;
        Reaction::Done
    }

    pub fn selected(&self) -> Option<&Row> {
        self.row(self.index).map(|(row, _)| row)
    }

    pub fn rows(&self) -> &[Row] {
        self.table
            .value
            .as_ref()
            .map_or(&[], |table| &table.listing.rows)
    }

    pub fn total(&self) -> Option<u64> {
        Some(self.table.value.as_ref()?.listing.total)
    }

    pub fn matched(&self) -> u64 {
        self.table
            .value
            .as_ref()
            .map_or(0, |table| table.listing.matched)
    }

    pub fn expire(&mut self) {
        self.table.expire();
    }

    pub fn ask(&mut self, tickets: &mut Tickets) -> Option<Effect> {
        let (ticket, question) = self.table.ask(tickets)?;
        Some(Effect::Table(ticket, question))
    }

    pub fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        match answer {
            Answer::Table(result) if self.table.awaits(ticket) => {
                let known = self.selected().map(|row| row.run.name.clone());
                self.table.answer(result);
                self.reselect(known);
                None
            }
            other => Some(other),
        }
    }

    /// Puts the cursor back on its run, wherever that stands now.
    fn reselect(&mut self, known: Option<String>) {
        let Some(table) = &self.table.value else {
            return;
        };
        let at = |id: &RunId| table.listing.rows.iter().position(|row| row.run.id == *id);
        match self.selected.as_ref().and_then(at) {
            Some(at) => self.index = table.offset + at as u64,
            None => {
                let has_all = table.listing.rows.len() as u64 == table.listing.matched;
                self.gone = known.filter(|_| has_all && self.selected.is_some());
                self.index = self.index.min(table.listing.matched.saturating_sub(1));
                self.selected = self.row(self.index).map(|(row, _)| row.run.id);
            }
        }
    }

    fn row(&self, index: u64) -> Option<(&Row, &Own)> {
        let table = self.table.value.as_ref()?;
        let at = usize::try_from(index.checked_sub(table.offset)?).ok()?;
        Some((table.listing.rows.get(at)?, table.own.get(at)?))
    }

    /// The window to fetch when it is not drawn, or not drawn yet.
    pub fn want(&mut self, shared: &Shared, rows: u64, trend: usize) {
        let offset = self.top / BLOCK * BLOCK;
        self.table.want(TableQuestion {
            filter: self.filter.filter.clone(),
            sort: self.sort.clone(),
            offset,
            limit: (self.top - offset + rows).div_ceil(BLOCK).max(1) * BLOCK,
            trend,
            metric: shared.metric.clone(),
        });
    }

    pub fn draw(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared, is_focused: bool) {
        let columns = columns::fitting(area.width, &shared.look);
        self.height = u64::from(area.height.saturating_sub(1));
        self.top = self.top.min(self.index);
        if self.top + self.height <= self.index {
            self.top = self.index + 1 - self.height.max(1);
        }
        let has_trend = columns.iter().any(|column| column.kind == Kind::Trend);
        self.want(shared, self.height, if has_trend { TREND } else { 0 });
        if let (Some(error), None) = (&self.table.error, &self.table.value) {
            trouble::draw(buffer, area, &shared.look, error);
            return;
        }
        if self.table.value.is_none() {
            shared
                .look
                .line(buffer, area, Line::from(shared.look.span(" …", Role::Dim)));
            return;
        }
        if self.matched() == 0 {
            self.draw_empty(buffer, area, shared);
            return;
        }
        self.draw_head(buffer, area, &columns, &shared.look);
        for (at, line) in area.rows().skip(1).enumerate() {
            let index = self.top + at as u64;
            if self.matched() <= index {
                break;
            }
            self.draw_row(buffer, line, index, &columns, shared, is_focused);
        }
    }

    fn draw_empty(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let total = self.total().unwrap_or(0);
        let look = &shared.look;
        let lines = if self.filter.text.is_empty() {
            vec![
                Line::from(" no runs yet"),
                Line::from(vec![
                    look.span(" C", Role::Key),
                    Span::raw(" train one from a preset"),
                ]),
            ]
        } else {
            vec![
                Line::from(look.clip(
                    &format!(
                        " no runs match {} (0 of {})",
                        self.filter.text,
                        text::count(total as i64)
                    ),
                    usize::from(area.width),
                )),
                Line::from(vec![
                    look.span(" Esc", Role::Key),
                    Span::raw(" clears the filter"),
                ]),
            ]
        };
        look.lines(buffer, area, lines);
    }

    fn draw_head(&self, buffer: &mut Buffer, area: Rect, columns: &[Column], look: &Look) {
        let mut line = " ".to_owned();
        for column in columns {
            let title = match column.kind {
                Kind::Metric => self.metric_title(),
                kind => kind.title().to_owned(),
            };
            line += &if column.kind.is_number() {
                look.cell_right(&title, column.width)
            } else {
                look.cell(&title, column.width)
            };
            line.push(' ');
        }
        look.line(buffer, area, Line::from(look.span(line, Role::Dim)));
    }

    /// The metric's name when all rows have the same.
    fn metric_title(&self) -> String {
        let table = self.table.value.as_ref();
        let mut names = table
            .into_iter()
            .flat_map(|table| &table.own)
            .filter_map(|own| Some(own.summary.as_ref()?.metric.as_str()));
        match names.next() {
            Some(first) if names.all(|name| name == first) => first.to_uppercase(),
            _ => "BEST".to_owned(),
        }
    }

    fn draw_row(
        &self,
        buffer: &mut Buffer,
        area: Rect,
        index: u64,
        columns: &[Column],
        shared: &Shared,
        is_focused: bool,
    ) {
        let look = &shared.look;
        let is_selected = index == self.index;
        let gutter = if is_selected {
            look.charset.gutter()
        } else {
            " "
        };
        let mut spans = vec![look.span(gutter, Role::Accent)];
        match self.row(index) {
            Some((row, own)) => {
                for column in columns {
                    spans.push(columns::cell(row, own, *column, shared));
                    spans.push(Span::raw(" "));
                }
            }
            None => spans.push(look.span("…", Role::Dim)),
        }
        look.line(buffer, area, Line::from(spans));
        if is_selected {
            let role = if is_focused {
                Role::Selected
            } else {
                Role::SelectedElsewhere
            };
            buffer.set_style(area.intersection(buffer.area), look.style(role));
        }
    }

    /// `31 of 1,204`, or what went wrong with the filter or the last look into the store.
    pub fn note(&self, look: &Look) -> Vec<Span<'static>> {
        if let Some(error) = &self.table.error {
            return vec![look.span(
                format!(
                    "{} {error}",
                    look.charset.state(crate::domain::runs::StateWord::Failed)
                ),
                Role::Error,
            )];
        }
        let Some(total) = self.total() else {
            return vec![];
        };
        let matched = text::count(self.matched() as i64);
        let text = if self.filter.text.is_empty() {
            text::count(total as i64)
        } else {
            format!("{matched} of {}", text::count(total as i64))
        };
        vec![look.span(text, Role::Dim)]
    }

    /// The metrics that stand first beside the runs in sight, each once.
    pub fn metrics(&self) -> Vec<String> {
        let table = self.table.value.as_ref();
        let names = table.into_iter().flat_map(|table| &table.own);
        let mut metrics: Vec<String> = names
            .filter_map(|own| Some(own.summary.as_ref()?.metric.clone()))
            .collect();
        metrics.sort();
        metrics.dedup();
        metrics
    }
}
