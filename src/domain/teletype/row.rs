//! A line of the screen while it can still change.

use super::{Line, Pen};

/// Marks above and below one character.
const MOST_MARKS: usize = 3;

#[derive(Clone, Debug, Default)]
pub struct Row {
    pub start: u64,
    pub cells: Vec<Cell>,
    pub goes_on: bool,
}

#[derive(Clone, Debug)]
pub struct Cell {
    pub c: char,
    pub marks: String,
    pub pen: Pen,
    pub part: Part,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Whole,
    /// The left half of a wide character.
    Left,
    Right,
}

pub const BLANK: Cell = Cell {
    c: ' ',
    marks: String::new(),
    pen: Pen {
        colour: None,
        is_bold: false,
    },
    part: Part::Whole,
};

impl Row {
    pub fn is_blank(&self) -> bool {
        let is_blank = |cell: &Cell| cell.c == ' ' && cell.marks.is_empty();
        self.cells.iter().all(is_blank)
    }

    pub fn put(&mut self, column: usize, c: char, width: usize, pen: Pen) {
        self.part_at(column);
        self.part_at(column + width);
        if self.cells.len() < column + width {
            self.cells.resize(column + width, BLANK);
        }
        let cell = |c, part| Cell {
            c,
            marks: String::new(),
            pen,
            part,
        };
        if width == 2 {
            self.cells[column] = cell(c, Part::Left);
            self.cells[column + 1] = cell(' ', Part::Right);
        } else {
            self.cells[column] = cell(c, Part::Whole);
        }
    }

    /// A wide character that a change between two columns would tear goes.
    pub fn part_at(&mut self, column: usize) {
        if let Some(cell) = self.cells.get(column)
            && cell.part == Part::Right
        {
            self.cells[column - 1] = BLANK;
            self.cells[column] = BLANK;
        }
    }

    /// Puts a mark over the character before a column.
    pub fn mark(&mut self, column: usize, mark: char) {
        let Some(mut at) = column.checked_sub(1) else {
            return;
        };
        if self.cells.len() <= at {
            self.cells.resize(at + 1, BLANK);
        }
        if self.cells[at].part == Part::Right {
            at -= 1;
        }
        let marks = &mut self.cells[at].marks;
        if marks.chars().count() < MOST_MARKS {
            marks.push(mark);
        }
    }

    pub fn line(&self) -> Line {
        let mut line = Line {
            start: self.start,
            goes_on: self.goes_on,
            ..Line::default()
        };
        for cell in self.cells.iter().filter(|cell| cell.part != Part::Right) {
            line.text.push(cell.c);
            line.text.push_str(&cell.marks);
            let end = line.text.len();
            match line.pens.last_mut() {
                Some((last, pen)) if *pen == cell.pen => *last = end,
                _ => line.pens.push((end, cell.pen)),
            }
        }
        if !self.goes_on {
            line.text.truncate(line.text.trim_end_matches(' ').len());
        }
        let length = line.text.len();
        line.pens
            .iter_mut()
            .for_each(|(end, _)| *end = (*end).min(length));
        line.pens.dedup_by_key(|(end, _)| *end);
        line
    }
}
