//! Where the cursor of a table stands: on a row by its id, never on a row number.

use super::{Row, Window};
use crate::tui::{action::Action, scroll};

/// The cursor, and the part of the rows that is in sight.
#[derive(Clone, Debug)]
pub struct Cursor<I> {
    /// The row under the cursor. `None` while the cursor stands where nothing is at hand yet: then no verb has a target.
    id: Option<I>,
    index: u64,
    top: u64,
    height: u64,
}

impl<I> Default for Cursor<I> {
    fn default() -> Self {
        Self {
            id: None,
            index: 0,
            top: 0,
            height: 0,
        }
    }
}

impl<I: Clone + PartialEq> Cursor<I> {
    /// Puts the cursor on a row that is perhaps not at hand yet.
    pub fn aim(&mut self, id: I) {
        self.id = Some(id);
    }

    pub fn id(&self) -> Option<&I> {
        self.id.as_ref()
    }

    pub fn index(&self) -> u64 {
        self.index
    }

    /// The place of the first row in sight.
    pub fn top(&self) -> u64 {
        self.top
    }

    pub fn height(&self) -> u64 {
        self.height
    }

    /// Moves as the keys of every list do. Says whether the action moves a cursor.
    pub fn act<R: Row<Id = I>>(&mut self, action: Action, rows: Window<'_, R>) -> bool {
        let last = rows.len.saturating_sub(1) as usize;
        let moved = scroll::moved(action, self.index as usize, self.height as usize, last);
        if let Some(index) = moved {
            self.go(index as u64, rows);
        }
        moved.is_some()
    }

    /// Goes to a place.
    pub fn go<R: Row<Id = I>>(&mut self, index: u64, rows: Window<'_, R>) {
        self.index = index.min(rows.len.saturating_sub(1));
        self.id = rows.get(self.index).map(Row::id);
    }

    /// Stands with the row of the cursor, which is at this place now. A table that was scrolled scrolls along, so that the
    /// row stays where it is seen.
    pub fn stand(&mut self, index: u64) {
        if 0 < self.top {
            self.top = (self.top + index).saturating_sub(self.index);
        }
        self.index = index;
    }

    /// The row under the cursor, when it is known where it stands.
    pub fn row<'r, R: Row<Id = I>>(&self, rows: Window<'r, R>) -> Option<&'r R> {
        let row = rows.get(self.index)?;
        (self.id.as_ref() == Some(&row.id())).then_some(row)
    }

    /// Scrolls so that the cursor is among so many rows in sight.
    pub fn show(&mut self, height: u64) {
        self.height = height;
        self.top = self.top.min(self.index);
        if self.top + height <= self.index {
            self.top = self.index + 1 - height.max(1);
        }
    }
}
