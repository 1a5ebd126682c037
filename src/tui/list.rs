//! The list of runs: a window on as many as there are. The cursor stands on a run, never on a row number.

mod columns;
pub mod field;
mod marking;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};

use self::{
    columns::{Making, TREND, columns},
    field::{Field, Known},
    marking::Marking,
};
use super::{
    action::Action,
    effect::{self, Answer, Effect, Matching, RunRow, TableQuestion},
    event::{Ticket, Tickets},
    look::Look,
    place::{Place, Settings, Spot},
    remote::Remote,
    scroll,
    shared::{Reaction, Shared, Target},
    table::{Row, Sheet, Table, Window},
    text,
    theme::Role,
};
use crate::{
    domain::{
        filter::{self, Filter},
        ids::RunId,
        runs::{RunState, StateWord},
    },
    ops::runs::{Sight, Sort, SortKey},
};

/// Rows are fetched in blocks of this many, so that moving the cursor asks rarely.
const BLOCK: u64 = 32;

#[derive(Default)]
pub struct RunList {
    answer: Remote<TableQuestion, effect::Table>,
    table: Table<RunId>,
    marking: Marking,
    pub filter: FilterText,
    sort: Sort,
    /// The columns that a person chose; `None` for the usual.
    chosen: Option<Vec<Field>>,
    /// The run that the last question asked for.
    asked_around: Option<RunId>,
    /// The list that the last answer was a part of.
    answered: Option<(Filter, Sort)>,
    /// Runs that left by a person's will and were in the last answer still: nobody wonders where they are.
    forgotten: Vec<RunId>,
    /// A person has moved the cursor or chosen the list: the cursor is theirs.
    is_touched: bool,
}

impl Row for RunRow {
    type Id = RunId;

    fn id(&self) -> RunId {
        self.run.id
    }

    fn name(&self) -> &str {
        &self.run.name
    }
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
        let run = self.table.cursor.id().filter(|_| self.is_touched);
        let run = run.map(RunId::to_string);
        let chosen = self.chosen.as_deref().map(field::words);
        Settings::default()
            .with("filter", &self.filter.text)
            .with("sort", sort)
            .with("columns", chosen.unwrap_or_default())
            .with("run", run.unwrap_or_default())
    }

    /// Puts the filter, the order, the columns and the cursor back to what they were.
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
        if let Some(words) = settings.get("columns") {
            self.choose(field::fields(words));
        }
        if let Some(id) = settings.read("run") {
            self.table.cursor.aim(id);
            self.is_touched = true;
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

    /// Shows these columns, or the usual ones where there are none. The name is always among them.
    pub fn choose(&mut self, fields: Vec<Field>) {
        let is_usual = fields.is_empty() || fields == field::usual();
        self.chosen = (!is_usual).then(|| field::with_name(fields));
    }

    pub fn act(&mut self, action: Action) -> Reaction {
        self.is_touched = true;
        if action == Action::Open {
            return match self.selected() {
                Some(row) => Reaction::Open(Place::of(Spot::Run(row.run.id))),
                None => Reaction::Refuse("no run is selected".into()),
            };
        }
        let rows = window(&self.answer);
        let all = Matching {
            filter: self.filter.filter.clone(),
            sort: self.sort.clone(),
            part: None,
        };
        match self.marking.act(action, &mut self.table, rows, all) {
            Reaction::None => self.table.act(action, rows),
            reaction => reaction,
        }
    }

    /// The marked runs, the first marked first.
    pub fn marked(&self) -> Vec<RunId> {
        self.table.marks.ids()
    }

    /// What verbs act on: what is marked, or else the run under the cursor.
    pub fn targets(&self) -> Vec<Target> {
        match self.table.marks.is_empty() {
            true => self
                .selected()
                .map(|row| Target::from(&row.run))
                .into_iter()
                .collect(),
            false => self.marking.targets(&self.table),
        }
    }

    /// Takes the marks of these runs, which leave by a person's will.
    pub fn forget(&mut self, runs: &[RunId]) {
        self.table.marks.retain(|id| !runs.contains(id));
        self.forgotten.extend(runs);
    }

    /// Where its rows stood in the last frame.
    pub fn handles(&self) -> Vec<Position> {
        self.table.handles(self.matched())
    }

    /// Moves the cursor to the row that stood at a position.
    pub fn point(&mut self, at: Position) {
        self.is_touched |= self.table.point(at, window(&self.answer));
    }

    /// The run under the cursor, when it is known where it stands.
    pub fn selected(&self) -> Option<&RunRow> {
        self.table.row(window(&self.answer))
    }

    /// The rows that an action needs are on their way.
    pub fn awaits(&self, action: Action) -> bool {
        match &self.answer.value {
            None => self.answer.error.is_none(),
            // The cursor moves ahead of the rows.
            Some(_) if scroll::moved(action, 0, 1, 1).is_some() => false,
            Some(table) => {
                self.answer.error.is_none() && 0 < table.matched && self.selected().is_none()
            }
        }
    }

    /// The name of the run that left the list under the cursor, once.
    pub fn take_gone(&mut self) -> Option<String> {
        self.table.take_gone()
    }

    /// What came of marking many, once.
    pub fn take_said(&mut self) -> Option<String> {
        self.marking.take_said()
    }

    pub fn rows(&self) -> &[RunRow] {
        window(&self.answer).rows
    }

    pub fn total(&self) -> Option<u64> {
        Some(self.answer.value.as_ref()?.total)
    }

    pub fn matched(&self) -> u64 {
        window(&self.answer).len
    }

    pub fn expire(&mut self) {
        self.answer.expire();
    }

    pub fn ask(&mut self, tickets: &mut Tickets) -> Vec<Effect> {
        let table = self.ask_table(tickets);
        let marking = self.marking.ask(tickets);
        table.into_iter().chain(marking).collect()
    }

    fn ask_table(&mut self, tickets: &mut Tickets) -> Option<Effect> {
        let (ticket, mut question) = self.answer.ask(tickets)?;
        // Wherever the run under the cursor stands by now, the answer shall hold it.
        let cursor = &self.table.cursor;
        self.asked_around = cursor.id().copied();
        question.around = self.asked_around.map(|run| {
            let before = cursor.index() - cursor.top();
            let after = cursor.height().saturating_sub(before + 1);
            Sight { run, before, after }
        });
        Some(Effect::Table(ticket, question))
    }

    pub fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        match answer {
            Answer::Table(result) if self.answer.awaits(ticket) => {
                let known = self.selected();
                let known = known.filter(|row| !self.forgotten.contains(&row.run.id));
                let known = known.map(|row| row.run.name.clone());
                let is_good = result.is_ok();
                self.answer.answer(result);
                if is_good {
                    self.settle(known);
                    let rows = window(&self.answer);
                    self.forgotten.retain(|id| rows.place(id).is_some());
                    self.marking.learn(&self.table, window(&self.answer));
                }
                None
            }
            Answer::Matching(result) if self.marking.awaits(ticket) => {
                self.marking.found(result, &mut self.table);
                None
            }
            other => Some(other),
        }
    }

    /// Puts the cursor back on its run, wherever that stands now.
    fn settle(&mut self, known: Option<String>) {
        let Some(asked) = self.answer.asked() else {
            return;
        };
        let list = Some((asked.filter.clone(), asked.sort.clone()));
        let is_same_list = self.answered == list;
        let is_touched_list = self.answered.is_some() && self.is_touched;
        self.answered = list;
        let rows = window(&self.answer);
        let here = self.table.cursor.id();
        if here.is_some_and(|id| self.asked_around != Some(*id) && rows.place(id).is_none()) {
            // The cursor moved after this was asked: only the next answer can tell where its run is.
            self.answer.expire();
        } else {
            self.table.settle(rows, known, is_same_list);
            if !is_same_list && is_touched_list {
                self.tell_place();
            }
        }
        if let Some(index) = self.telling().filter(|_| !self.is_touched) {
            self.table.cursor.go(index, window(&self.answer));
        }
    }

    /// The cursor stays on its run when the order or the filter changes: far from the first rows that is worth a word.
    fn tell_place(&mut self) {
        let index = self.table.cursor.index();
        let Some(row) = self
            .selected()
            .filter(|_| self.table.cursor.height() <= index)
        else {
            return;
        };
        let (place, all) = (
            text::count(index as i64 + 1),
            text::count(self.matched() as i64),
        );
        let said = format!(
            "{} is row {place} of {all} now: g goes to the first",
            row.run.name
        );
        self.marking.say(said);
    }

    /// Where to stand as long as nobody chose: what waits has nothing to show, what is at work has most.
    fn telling(&self) -> Option<u64> {
        if self
            .selected()
            .is_some_and(|row| row.run.state != RunState::Queued)
        {
            return None;
        }
        let rows = window(&self.answer);
        let is_at_work = |row: &RunRow| row.run.state.word() == StateWord::Running;
        let at = (rows.rows.iter().position(is_at_work))
            .or_else(|| rows.rows.iter().position(|row| row.own.summary.is_some()))?;
        Some(rows.offset + at as u64)
    }

    /// The columns, shown or chosen.
    pub fn fields(&self, shared: &Shared) -> Vec<Field> {
        match &self.chosen {
            Some(chosen) => chosen.clone(),
            None if shared.columns.is_empty() => field::usual(),
            None => field::with_name(shared.columns.to_vec()),
        }
    }

    /// The window to fetch when it is not drawn.
    pub fn want(&mut self, shared: &Shared, rows: u64, trend: usize) {
        self.table.hide();
        self.want_rows(shared, rows, trend);
    }

    fn want_rows(&mut self, shared: &Shared, rows: u64, trend: usize) {
        let top = self.table.cursor.top();
        let offset = top / BLOCK * BLOCK;
        // A list that is ordered by a metric shows that one.
        let metric = match &self.sort.key {
            SortKey::Metric(column) => column.metric.clone(),
            _ => shared.metric.clone(),
        };
        let mut question = TableQuestion {
            filter: self.filter.filter.clone(),
            sort: self.sort.clone(),
            columns: field::metrics(&self.fields(shared)),
            offset,
            limit: (top - offset + rows).div_ceil(BLOCK).max(1) * BLOCK,
            trend,
            metric,
            around: None,
        };
        // Where the answer has the rows in sight, it does not matter from which place on it was asked for.
        if let Some(asked) = self.answer.asked().filter(|_| self.holds(top, rows)) {
            let same = TableQuestion {
                offset: asked.offset,
                limit: asked.limit,
                ..question.clone()
            };
            if *asked == same {
                question = same;
            }
        }
        self.answer.want(question);
    }

    /// Does the answer hold so many rows from a place on, or all that there are?
    fn holds(&self, top: u64, rows: u64) -> bool {
        let window = window(&self.answer);
        let end = window.offset + window.rows.len() as u64;
        window.offset <= top && (top + rows).min(window.len) <= end
    }

    pub fn draw(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared, is_focused: bool) {
        let fields = self.fields(shared);
        let making = Making {
            fields: &fields,
            is_chosen: self.chosen.is_some() || !shared.columns.is_empty(),
            sort: &self.sort,
            width: area.width,
            shared,
        };
        let (made, columns) = columns(&making, window(&self.answer).rows);
        let sheet = Sheet {
            columns,
            rows: self.answer.value.as_ref().map(|_| window(&self.answer)),
            error: self.answer.error.as_ref(),
            empty: self.empty(usize::from(area.width), shared),
        };
        let shown = (self.table).draw(buffer, area, shared, &sheet, is_focused);
        let is_trend = |at: &usize| *made[*at] == Field::Known(Known::Trend);
        let has_trend = shown.iter().any(is_trend);
        drop(sheet);
        let height = u64::from(area.height.saturating_sub(1));
        self.want_rows(shared, height, if has_trend { TREND } else { 0 });
    }

    /// What to say where there is no run.
    fn empty(&self, width: usize, shared: &Shared) -> Vec<Line<'static>> {
        let total = self.total().unwrap_or(0);
        let look = &shared.look;
        if self.filter.text.is_empty() {
            return vec![
                Line::from(" no runs yet"),
                Line::from(vec![
                    look.span(" C", Role::Key),
                    Span::raw(" train one from a preset"),
                ]),
            ];
        }
        let text = &self.filter.text;
        let total = text::count(total as i64);
        let unknown = self.answer.value.iter().flat_map(|table| &table.unknown);
        let unknown = unknown.map(|unknown| Line::from(format!(" {unknown}")));
        let mut lines = vec![Line::from(
            look.clip(&format!(" no runs match {text} (0 of {total})"), width),
        )];
        lines.extend(unknown);
        lines.push(Line::from(vec![
            look.span(" Esc", Role::Key),
            Span::raw(" clears the filter"),
        ]));
        lines
    }

    /// `31 of 1,204`, or what went wrong with the filter or the last look into the store.
    pub fn note(&self, look: &Look) -> Vec<Span<'static>> {
        if let Some(error) = &self.answer.error {
            return vec![look.span(
                format!("{} {error}", look.charset.state(StateWord::Failed)),
                Role::Error,
            )];
        }
        if self.filter.error.is_some() {
            return vec![look.span("filter unfinished", Role::Warn)];
        }
        let mut told = self.counted().unwrap_or_default();
        if let Some(below) = self.table.below(self.matched()) {
            let mark = look.charset.sorted(false);
            told += &format!("  {mark} {} more", text::count(below as i64));
        }
        if let Some(columns) = self.table.more() {
            told += &format!("  {columns}");
        }
        vec![look.span(told, Role::Dim)]
    }

    /// `1,204`, or `31 of 1,204` where a filter is in force.
    pub fn counted(&self) -> Option<String> {
        let total = text::count(self.total()? as i64);
        Some(match self.filter.text.is_empty() {
            true => total,
            false => format!("{} of {total}", text::count(self.matched() as i64)),
        })
    }

    /// `3 marked: Esc clears`, or how many the range takes in that is being chosen; nothing without a mark.
    pub fn told_marks(&self) -> Option<String> {
        let range = self.table.marks.range(self.table.cursor.index());
        let range = range.map(|range| range.end() - range.start() + 1);
        let marked = self.table.marks.len() as i64;
        match (range, marked) {
            (Some(count), 0) => Some(format!("range of {}", text::count(count as i64))),
            (Some(count), _) => Some(format!(
                "{} marked, range of {}",
                text::count(marked),
                text::count(count as i64)
            )),
            (None, 0) => None,
            (None, _) => Some(format!("{} marked: Esc clears", text::count(marked))),
        }
    }

    /// The metrics that stand first beside the runs in sight, each once.
    pub fn metrics(&self) -> Vec<String> {
        let names = self.rows().iter();
        let mut metrics: Vec<String> = names
            .filter_map(|row| Some(row.own.summary.as_ref()?.metric.clone()))
            .collect();
        metrics.sort();
        metrics.dedup();
        metrics
    }
}

fn window(answer: &Remote<TableQuestion, effect::Table>) -> Window<'_, RunRow> {
    match &answer.value {
        Some(table) => Window {
            rows: &table.rows,
            offset: table.offset,
            len: table.matched,
        },
        None => Window::whole(&[]),
    }
}

#[cfg(test)]
mod tests;
