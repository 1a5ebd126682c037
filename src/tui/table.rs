//! The table of every list: a window on as many rows as there are, of which only those in sight are drawn.
//!
//! A view that shows a list keeps a [`Table`] beside its answer, and says for each frame what the columns are:
//!
//! ```ignore
//! impl Row for Monitor {
//!     type Id = MonitorId;
//!     fn id(&self) -> MonitorId { self.id }
//!     fn name(&self) -> &str { &self.feature }
//! }
//!
//! #[derive(Default)]
//! struct Drift { rows: Remote<(), Vec<Monitor>>, table: Table<MonitorId> }
//!
//! // draw
//! self.rows.want(());
//! let look = &shared.look;
//! let rows = self.rows.value.as_ref().map(|rows| Window::whole(rows));
//! let sheet = Sheet {
//!     columns: vec![
//!         Column::new("FEATURE", |row: &Monitor| Cell::of(&row.feature, look, Role::Text)).least(12),
//!         Column::new("PSI", |row: &Monitor| Cell::of(text::value(row.psi), look, Role::Text)).decimal(),
//!         Column::new("TREND", |row: &Monitor| look.span(look.sparkline(&row.trend), Role::Accent).into()).gives_way(2),
//!         Column::new("SINCE", |row: &Monitor| Cell::of(shared.age(row.since), look, Role::Dim)).right().gives_way(1),
//!     ],
//!     rows,
//!     error: self.rows.error.as_ref(),
//!     empty: vec![Line::from(" no feature drifts")],
//! };
//! self.table.draw(buffer, area, shared, &sheet, is_focused);
//!
//! // act: `Reaction::None` is for keys that are not a table's
//! let rows = Window::whole(self.rows.value.as_deref().unwrap_or_default());
//! self.table.act(action, rows)
//!
//! // loaded: the cursor stays on its row, wherever that stands now
//! self.rows.answer(result);
//! let rows = Window::whole(self.rows.value.as_deref().unwrap_or_default());
//! self.table.settle(rows, None, true);
//!
//! // target, Enter: the row under the cursor
//! self.table.row(rows)
//! ```
//!
//! The cursor, the marks, moving, scrolling across, sorting marks, loading, emptiness and trouble are the table's.

mod columns;
mod cursor;
mod marks;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};

use self::columns::Fitted;
pub use self::{
    columns::{Cell, Column},
    cursor::Cursor,
    marks::Marks,
};
use super::{
    action::Action,
    look::Look,
    shared::{Reaction, Shared},
    theme::Role,
    trouble,
};
use crate::{domain::text::counted, ops};

/// A row of a table.
pub trait Row {
    /// What tells it from all others, whatever becomes of it.
    type Id: Clone + Ord;

    fn id(&self) -> Self::Id;

    /// What it is called when it has left the list.
    fn name(&self) -> &str;
}

/// The rows that are at hand, and where they stand among all.
#[derive(Debug)]
pub struct Window<'a, R> {
    pub rows: &'a [R],
    /// The place of the first of them.
    pub offset: u64,
    /// How many rows there are.
    pub len: u64,
}

impl<R> Clone for Window<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Window<'_, R> {}

impl<'a, R> Window<'a, R> {
    /// All rows are at hand.
    pub fn whole(rows: &'a [R]) -> Self {
        Self {
            rows,
            offset: 0,
            len: rows.len() as u64,
        }
    }

    pub fn get(&self, index: u64) -> Option<&'a R> {
        let at = usize::try_from(index.checked_sub(self.offset)?).ok()?;
        self.rows.get(at)
    }
}

impl<R: Row> Window<'_, R> {
    /// Where a row stands, if it is at hand.
    pub fn place(&self, id: &R::Id) -> Option<u64> {
        let at = self.rows.iter().position(|row| row.id() == *id)?;
        Some(self.offset + at as u64)
    }
}

/// What a table shows in a frame.
pub struct Sheet<'a, R> {
    /// In the order in which they are read.
    pub columns: Vec<Column<'a, R>>,
    /// `None` while nothing is known.
    pub rows: Option<Window<'a, R>>,
    /// What went wrong; shown where there are no rows.
    pub error: Option<&'a ops::Error>,
    /// What to say when there is no row.
    pub empty: Vec<Line<'a>>,
}

/// Where a person is in a list.
pub struct Table<I> {
    pub cursor: Cursor<I>,
    pub marks: Marks<I>,
    /// Columns that were scrolled out at the left, of those that can give way.
    skip: usize,
    /// Columns that were passed over in the last frame, and others that had no room.
    hidden: (usize, usize),
    /// The row under the cursor left the list by itself: its name.
    gone: Option<String>,
    /// Where the rows stood in the last frame.
    place: Rect,
}

impl<I> Default for Table<I> {
    fn default() -> Self {
        Self {
            cursor: Cursor::default(),
            marks: Marks::default(),
            skip: 0,
            hidden: (0, 0),
            gone: None,
            place: Rect::ZERO,
        }
    }
}

/// Rows that decide about the widths of columns are those of so many around the ones in sight: while one scrolls among
/// them, columns stay where they are.
const BLOCK: u64 = 64;

impl<I: Clone + Ord> Table<I> {
    /// What the keys of every table do: they move the cursor and the columns.
    pub fn act<R: Row<Id = I>>(&mut self, action: Action, rows: Window<'_, R>) -> Reaction {
        match action {
            Action::ColumnsRight if 0 < self.hidden.1 => self.skip += 1,
            Action::ColumnsLeft if 0 < self.skip => self.skip -= 1,
            Action::ColumnsLeft | Action::ColumnsRight => {
                return Reaction::Refuse("there are no more columns on this side".into());
            }
            action if self.cursor.act(action, rows) => {}
            _ => return Reaction::None,
        }
        Reaction::Done
    }

    /// The row under the cursor, when it is known where it stands.
    pub fn row<'r, R: Row<Id = I>>(&self, rows: Window<'r, R>) -> Option<&'r R> {
        self.cursor.row(rows)
    }

    /// This frame shows none of its rows.
    pub fn hide(&mut self) {
        self.place = Rect::ZERO;
    }

    /// Where its rows stood in the last frame, of so many that there are.
    pub fn handles(&self, len: u64) -> Vec<Position> {
        let rows = self.place.rows().map(Rect::as_position);
        let count = len.saturating_sub(self.cursor.top());
        rows.take(usize::try_from(count).unwrap_or(usize::MAX))
            .collect()
    }

    /// Moves the cursor to the row that stood at a position. Says whether one did.
    pub fn point<R: Row<Id = I>>(&mut self, at: Position, rows: Window<'_, R>) -> bool {
        let index = self.cursor.top() + u64::from(at.y.saturating_sub(self.place.y));
        let is_row = self.place.contains(at) && index < rows.len;
        if is_row {
            self.cursor.go(index, rows);
        }
        is_row
    }

    /// The name of the row that left the list under the cursor, once.
    pub fn take_gone(&mut self) -> Option<String> {
        self.gone.take()
    }

    /// Puts the cursor back on its row when rows have come. `known` is the name of the row that it stood on, and
    /// `is_same_list` says that neither filter nor order were changed meanwhile: then a row that is not there any more has
    /// left the list, and the cursor goes to the one that follows it.
    pub fn settle<R: Row<Id = I>>(
        &mut self,
        rows: Window<'_, R>,
        known: Option<String>,
        is_same_list: bool,
    ) {
        self.gone = None;
        let begin = self.marks.from().and_then(|(id, _)| rows.place(id));
        begin.into_iter().for_each(|index| self.marks.moved(index));
        let here = self.cursor.id().map(|id| rows.place(id));
        match here {
            Some(Some(index)) => self.cursor.stand(index),
            Some(None) => {
                self.gone = known.filter(|_| is_same_list);
                let index = if is_same_list { self.cursor.index() } else { 0 };
                self.cursor.go(index, rows);
            }
            None => self.cursor.go(self.cursor.index(), rows),
        }
    }

    /// Draws the head and the rows in sight. Gives back which of the columns had room.
    pub fn draw<R: Row<Id = I>>(
        &mut self,
        buffer: &mut Buffer,
        area: Rect,
        shared: &Shared,
        sheet: &Sheet<'_, R>,
        is_focused: bool,
    ) -> Vec<usize> {
        let look = &shared.look;
        self.place = Rect {
            y: area.y + area.height.min(1),
            height: area.height.saturating_sub(1),
            ..area
        };
        self.cursor.show(u64::from(area.height.saturating_sub(1)));
        let all = || (0..sheet.columns.len()).collect();
        let Some(rows) = sheet.rows else {
            match sheet.error {
                Some(error) => trouble::draw(buffer, area, look, error),
                None => look.line(buffer, area, look.span(" …", Role::Dim).into()),
            }
            return all();
        };
        if rows.len == 0 {
            look.lines(buffer, area, sheet.empty.iter().cloned());
            return all();
        }
        let near = self.near(rows);
        let cell = |row: &R| {
            sheet
                .columns
                .iter()
                .map(|column| column.cell(row))
                .collect()
        };
        let cells: Vec<Vec<Cell>> = near.rows.iter().map(cell).collect();
        let width = usize::from(area.width);
        let fit = |skip| Fitted::new(&sheet.columns, &cells, width, skip, look);
        let mut fitted = fit(self.skip);
        // Columns that were scrolled out come back where there is room for them.
        while 0 < self.skip {
            let more = fit(self.skip - 1);
            if 0 < more.hidden.1 {
                break;
            }
            (fitted, self.skip) = (more, self.skip - 1);
        }
        self.hidden = fitted.hidden;
        self.draw_head(buffer, area, &fitted, sheet, look);
        for (at, line) in area.rows().skip(1).enumerate() {
            let index = self.cursor.top() + at as u64;
            if rows.len <= index {
                break;
            }
            let at = index.checked_sub(near.offset).map(|at| at as usize);
            let known = at.and_then(|at| Some((near.rows.get(at)?, cells.get(at)?)));
            self.draw_row(
                buffer,
                line,
                (index, known),
                &fitted,
                sheet,
                (shared, is_focused),
            );
        }
        fitted.shown.iter().map(|shown| shown.at).collect()
    }

    /// The rows at hand around those in sight.
    fn near<'r, R>(&self, rows: Window<'r, R>) -> Window<'r, R> {
        let (top, bottom) = (self.cursor.top(), self.cursor.top() + self.cursor.height());
        let (from, to) = (top / BLOCK * BLOCK, bottom.div_ceil(BLOCK) * BLOCK);
        let at = |index: u64| {
            let at = index.saturating_sub(rows.offset);
            usize::try_from(at).map_or(rows.rows.len(), |at| at.min(rows.rows.len()))
        };
        let first = at(from);
        Window {
            rows: &rows.rows[first..at(to).max(first)],
            offset: rows.offset + first as u64,
            ..rows
        }
    }

    fn draw_head<R>(
        &self,
        buffer: &mut Buffer,
        area: Rect,
        fitted: &Fitted,
        sheet: &Sheet<'_, R>,
        look: &Look,
    ) {
        let mut line = " ".to_owned();
        for shown in &fitted.shown {
            line += &sheet.columns[shown.at].draw_head(shown, look);
            line.push(' ');
        }
        look.line(buffer, area, Line::from(look.span(line, Role::Dim)));
    }

    fn draw_row<R: Row<Id = I>>(
        &self,
        buffer: &mut Buffer,
        area: Rect,
        (index, known): (u64, Option<(&R, &Vec<Cell>)>),
        fitted: &Fitted,
        sheet: &Sheet<'_, R>,
        (shared, is_focused): (&Shared, bool),
    ) {
        let look = &shared.look;
        let is_here = |(row, _): (&R, &Vec<Cell>)| self.cursor.id() == Some(&row.id());
        let is_selected = index == self.cursor.index() && known.is_none_or(is_here);
        let mut spans = vec![self.gutter(index, known.map(|(row, _)| row), is_selected, look)];
        match known {
            Some((_, cells)) => {
                for shown in &fitted.shown {
                    spans.extend(sheet.columns[shown.at].draw_cell(&cells[shown.at], shown, look));
                    spans.push(Span::raw(" "));
                }
            }
            None => spans.push(look.span("…", Role::Dim)),
        }
        look.line(buffer, area, Line::from(spans));
        if is_selected {
            let place = area.intersection(buffer.area);
            let role = match is_focused {
                true => Role::Selected,
                false => Role::SelectedElsewhere,
            };
            if is_focused {
                shared.focus_on(place);
            }
            buffer.set_style(place, look.style(role));
        }
    }

    fn gutter<R: Row<Id = I>>(
        &self,
        index: u64,
        row: Option<&R>,
        is_selected: bool,
        look: &Look,
    ) -> Span<'static> {
        let is_in_range = self.marks.range(self.cursor.index());
        let is_in_range = is_in_range.is_some_and(|range| range.contains(&index));
        let is_marked = row.is_some_and(|row| self.marks.contains(&row.id()));
        match (is_marked || is_in_range, is_selected) {
            (true, _) => look.span(look.charset.mark(), Role::Mark),
            (false, true) => look.span(look.charset.gutter(), Role::Accent),
            (false, false) => Span::raw(" "),
        }
    }

    /// How many of so many rows stand below those that the last frame showed; `None` where it showed the last, or none.
    pub fn below(&self, len: u64) -> Option<u64> {
        let shown = u64::from(self.place.height);
        let end = self.cursor.top() + shown;
        len.checked_sub(end).filter(|below| 0 < shown && 0 < *below)
    }

    /// What to say of columns that had no room in the last frame, and how to come to them.
    pub fn more(&self) -> Option<String> {
        let told = |hidden: usize, key| format!("{} more: {key}", counted(hidden as u64, "column"));
        match self.hidden {
            (0, 0) => None,
            (left, 0) => Some(told(left, 'H')),
            (_, right) => Some(told(right, 'L')),
        }
    }
}

#[cfg(test)]
mod tests;
