//! The list of runs: a window on as many as there are. The cursor stands on a run, never on a row number.

mod columns;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};

use self::columns::{Columns, Kind, TREND};
use super::{
    action::Action,
    effect::{Answer, Effect, Own, Table, TableQuestion},
    event::{Ticket, Tickets},
    look::Look,
    place::{Place, Settings, Spot},
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
        runs::{RunState, StateWord},
    },
    ops::runs::{Row, Sort, SortKey},
};

/// Rows are fetched in blocks of this many, so that moving the cursor asks rarely.
const BLOCK: u64 = 64;

#[derive(Default)]
pub struct RunList {
    table: Remote<TableQuestion, Table>,
    pub filter: FilterText,
    sort: Sort,
    /// The run under the cursor. None while the cursor stands where nothing is fetched yet: then no verb has a target.
    selected: Option<RunId>,
    /// The run that the last question asked for.
    asked_around: Option<RunId>,
    /// The list that the last answer was a part of.
    answered: Option<(Filter, Sort)>,
    /// A person has moved the cursor or chosen the list: the cursor is theirs.
    is_touched: bool,
    index: u64,
    top: u64,
    height: u64,
    /// Where the rows stood in the last frame.
    place: Rect,
    /// The selected run left the list by itself: its name.
    gone: Option<String>,
}

/// A filter as it is typed: its finished words are in force while the last one is not finished.
#[derive(Debug, Default)]
pub struct FilterText {
    /// The text of the filter in force.
    pub text: String,
    pub filter: Filter,
    /// What is wrong with the text as it stands in the prompt.
    pub error: Option<filter::Error>,
}

impl FilterText {
    fn set(&mut self, text: &str) {
        match Filter::parse(text) {
            Ok(filter) => (self.text, self.filter, self.error) = (text.to_owned(), filter, None),
            Err(error) => {
                // The word that is being typed is not finished; those before it hold.
                let before = text.trim_end().rsplit_once(char::is_whitespace);
                let before = before.map_or("", |(before, _)| before);
                if let Ok(filter) = Filter::parse(before) {
                    (self.text, self.filter) = (before.to_owned(), filter);
                }
                self.error = Some(error);
            }
        }
    }
}

impl RunList {
    pub fn filtered(text: &str) -> Self {
        let mut list = Self::default();
        list.filter.set(text);
        list
    }

    /// How the list is set, for [`RunList::restore`].
    pub fn settings(&self) -> Settings {
        let (word, is_reverse) = self.sort.word();
        let sort = match (self.sort == Sort::default(), is_reverse) {
            (true, _) => String::new(),
            (false, true) => format!("-{word}"),
            (false, false) => word,
        };
        // A cursor that nobody moved finds its own place again.
        let run = self.selected.filter(|_| self.is_touched);
        let run = run.map(|id| id.to_string());
        Settings::default()
            .with("filter", &self.filter.text)
            .with("sort", sort)
            .with("run", run.unwrap_or_default())
    }

    /// Puts the filter, the order and the cursor back to what they were.
    pub fn restore(&mut self, settings: &Settings) {
        if let Some(text) = settings.get("filter") {
            self.filter.set(text);
        }
        let word = settings.get("sort").unwrap_or("created");
        let (word, is_reverse) = word
            .strip_prefix('-')
            .map_or((word, false), |word| (word, true));
        if let Ok(sort) = Sort::parse(word, is_reverse) {
            self.sort = sort;
        }
        if let Some(id) = settings.read("run") {
            (self.selected, self.is_touched) = (Some(id), true);
        }
    }

    pub fn set_filter(&mut self, text: &str) {
        self.is_touched = true;
        self.filter.set(text);
    }

    pub fn set_sort(&mut self, sort: Sort) {
        self.is_touched = true;
        self.sort = sort;
    }

    pub fn sort(&self) -> &Sort {
        &self.sort
    }

    pub fn act(&mut self, action: Action) -> Reaction {
        self.is_touched = true;
        if action == Action::Open {
            return match self.selected() {
                Some(row) => Reaction::Open(Place::of(Spot::Run(row.run.id))),
                None => Reaction::Refuse("no run is selected".into()),
            };
        }
        let last = self.matched().saturating_sub(1);
        let page = self.height as usize;
        let Some(index) = scroll::moved(action, self.index as usize, page, last as usize) else {
            return Reaction::None;
        };
        self.select(index as u64);
        Reaction::Done
    }

    fn select(&mut self, index: u64) {
        self.index = index;
        self.selected = self.row(index).map(|(row, _)| row.run.id);
    }

    /// Where its rows stood in the last frame.
    pub fn handles(&self) -> Vec<Position> {
        let rows = self.place.rows().map(Rect::as_position);
        let count = self.matched().saturating_sub(self.top);
        rows.take(count as usize).collect()
    }

    /// Moves the cursor to the row that stood at a position.
    pub fn point(&mut self, at: Position) {
        let row = u64::from(at.y.saturating_sub(self.place.y));
        if self.place.contains(at) && self.top + row < self.matched() {
            self.is_touched = true;
            self.select(self.top + row);
        }
    }

    /// The run under the cursor, when it is known where it stands.
    pub fn selected(&self) -> Option<&Row> {
        let (row, _) = self.row(self.index)?;
        (self.selected == Some(row.run.id)).then_some(row)
    }

    /// The rows that an action needs are on their way.
    pub fn awaits(&self, action: Action) -> bool {
        match &self.table.value {
            None => self.table.error.is_none(),
            // The cursor moves ahead of the rows.
            Some(_) if scroll::moved(action, 0, 1, 1).is_some() => false,
            Some(table) => {
                self.table.error.is_none() && 0 < table.listing.matched && self.selected().is_none()
            }
        }
    }

    /// The name of the run that left the list under the cursor, once.
    pub fn take_gone(&mut self) -> Option<String> {
        self.gone.take()
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
        let (ticket, mut question) = self.table.ask(tickets)?;
        // Wherever the run under the cursor stands by now, the answer shall hold it.
        question.around = self.selected;
        self.asked_around = self.selected;
        Some(Effect::Table(ticket, question))
    }

    pub fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        match answer {
            Answer::Table(result) if self.table.awaits(ticket) => {
                let known = self.selected().map(|row| row.run.name.clone());
                let is_good = result.is_ok();
                self.table.answer(result);
                if is_good {
                    self.reselect(known);
                }
                None
            }
            other => Some(other),
        }
    }

    /// Puts the cursor back on its run, wherever that stands now.
    fn reselect(&mut self, known: Option<String>) {
        let (Some(table), Some(asked)) = (&self.table.value, self.table.asked()) else {
            return;
        };
        let list = Some((asked.filter.clone(), asked.sort.clone()));
        let is_same_list = self.answered == list;
        self.answered = list;
        self.gone = None;
        let (offset, matched) = (table.offset, table.listing.matched);
        let at = |id: &RunId| table.listing.rows.iter().position(|row| row.run.id == *id);
        match (self.selected, self.selected.as_ref().and_then(at)) {
            (Some(_), Some(at)) => self.stand(offset + at as u64),
            // The cursor moved after this was asked: only the next answer can tell where its run is.
            (Some(id), None) if self.asked_around != Some(id) => self.table.expire(),
            (Some(_), None) => {
                self.gone = known.filter(|_| is_same_list);
                let index = if is_same_list { self.index } else { 0 };
                self.select(index.min(matched.saturating_sub(1)));
            }
            (None, _) => self.select(self.index.min(matched.saturating_sub(1))),
        }
        if let Some(index) = self.telling().filter(|_| !self.is_touched) {
            self.select(index);
        }
    }

    /// Moves the cursor with its run. A list that was scrolled scrolls along, so that the run stays where it is seen.
    fn stand(&mut self, index: u64) {
        if 0 < self.top {
            self.top = (self.top + index).saturating_sub(self.index);
        }
        self.index = index;
    }

    /// Where to stand as long as nobody chose: what waits has nothing to show, what is at work has most.
    fn telling(&self) -> Option<u64> {
        let waits = |row: &Row| row.run.state == RunState::Queued;
        if self.selected().is_some_and(|row| !waits(row)) {
            return None;
        }
        let table = self.table.value.as_ref()?;
        let rows = &table.listing.rows;
        let at = rows
            .iter()
            .position(|row| row.run.state.word() == StateWord::Running)
            .or_else(|| table.own.iter().position(|own| own.summary.is_some()))?;
        Some(table.offset + at as u64)
    }

    fn row(&self, index: u64) -> Option<(&Row, &Own)> {
        let table = self.table.value.as_ref()?;
        let at = usize::try_from(index.checked_sub(table.offset)?).ok()?;
        Some((table.listing.rows.get(at)?, table.own.get(at)?))
    }

    /// The window to fetch when it is not drawn, or not drawn yet.
    pub fn want(&mut self, shared: &Shared, rows: u64, trend: usize) {
        self.place = Rect::ZERO;
        let offset = self.top / BLOCK * BLOCK;
        // A list that is ordered by a metric shows that one.
        let metric = match &self.sort.key {
            SortKey::Metric(column) => column.metric.clone(),
            _ => shared.metric.clone(),
        };
        self.table.want(TableQuestion {
            filter: self.filter.filter.clone(),
            sort: self.sort.clone(),
            offset,
            limit: (self.top - offset + rows).div_ceil(BLOCK).max(1) * BLOCK,
            trend,
            metric,
            around: None,
        });
    }

    pub fn draw(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared, is_focused: bool) {
        let columns = self.columns(area.width, shared);
        self.height = u64::from(area.height.saturating_sub(1));
        self.top = self.top.min(self.index);
        if self.top + self.height <= self.index {
            self.top = self.index + 1 - self.height.max(1);
        }
        let has_trend = columns.has(Kind::Trend);
        self.want(shared, self.height, if has_trend { TREND } else { 0 });
        self.place = Rect {
            y: area.y + area.height.min(1),
            height: area.height.saturating_sub(1),
            ..area
        };
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

    fn columns(&self, width: u16, shared: &Shared) -> Columns {
        let table = self.table.value.as_ref();
        let rows: Vec<(&Row, &Own)> = table
            .into_iter()
            .flat_map(|table| table.listing.rows.iter().zip(&table.own))
            .collect();
        Columns::fitting(width, &rows, &self.sort, shared)
    }

    fn draw_head(&self, buffer: &mut Buffer, area: Rect, columns: &Columns, look: &Look) {
        let mut line = " ".to_owned();
        for column in &columns.list {
            line += &if column.kind.is_number() {
                look.cell_right(&column.title, column.width)
            } else {
                look.cell(&column.title, column.width)
            };
            line.push(' ');
        }
        look.line(buffer, area, Line::from(look.span(line, Role::Dim)));
    }

    fn draw_row(
        &self,
        buffer: &mut Buffer,
        area: Rect,
        index: u64,
        columns: &Columns,
        shared: &Shared,
        is_focused: bool,
    ) {
        let look = &shared.look;
        let is_here = |(row, _): (&Row, &Own)| self.selected == Some(row.run.id);
        let is_selected = index == self.index && self.row(index).is_none_or(is_here);
        let gutter = if is_selected {
            look.charset.gutter()
        } else {
            " "
        };
        let mut spans = vec![look.span(gutter, Role::Accent)];
        match self.row(index) {
            Some((row, own)) => {
                for column in &columns.list {
                    spans.push(columns.cell(column, row, own, shared));
                    spans.push(Span::raw(" "));
                }
            }
            None => spans.push(look.span("…", Role::Dim)),
        }
        look.line(buffer, area, Line::from(spans));
        if is_selected {
            let role = if is_focused {
                shared.focus_on(area.intersection(buffer.area));
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
                format!("{} {error}", look.charset.state(StateWord::Failed)),
                Role::Error,
            )];
        }
        if self.filter.error.is_some() {
            return vec![look.span("filter unfinished", Role::Warn)];
        }
        vec![look.span(self.counted().unwrap_or_default(), Role::Dim)]
    }

    /// `1,204`, or `31 of 1,204` where a filter is in force.
    pub fn counted(&self) -> Option<String> {
        let total = text::count(self.total()? as i64);
        Some(match self.filter.text.is_empty() {
            true => total,
            false => format!("{} of {total}", text::count(self.matched() as i64)),
        })
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
