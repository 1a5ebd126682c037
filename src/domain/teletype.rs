//! What a terminal would show of a program's output: carriage returns, progress bars of several lines and colours come to
//! the lines that a person would have read.
//!
//! A teletype is a terminal of a fixed size whose upper lines move onto paper as they scroll away. It knows what programs
//! write to be followed: text, `\r`, `\n`, backspace, tab, moves of the cursor, erasing, colours (ECMA-48; `CSI A` to `G`,
//! `J`, `K`, `m`). Other sequences are left out. It takes in each byte once, and what it keeps is bounded by its size.

mod colour;
mod row;

use std::collections::VecDeque;

use unicode_width::UnicodeWidthChar as _;

use self::{
    colour::{of_light, of_palette},
    row::{BLANK, Row},
};

/// A line that was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The byte of the output at which it began.
    pub start: u64,
    pub text: String,
    /// Where in the text a pen was last used, in order: up to the first end the first pen, and so on.
    pub pens: Vec<(usize, Pen)>,
    /// It goes on in the next line, for it was longer than a line can be.
    pub goes_on: bool,
}

/// How a character was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pen {
    /// One of a terminal's 16 colours; `None` is its own.
    pub colour: Option<u8>,
    pub is_bold: bool,
}

/// Lines and columns of a log's terminal: more lines than a program has bars, and columns than a line that is read.
const SIZE: (usize, usize) = (50, 4_096);
/// Numbers in one sequence.
const MOST_NUMBERS: usize = 16;
/// Columns between stops of the tabulator.
const TAB: usize = 8;
/// No terminal is as high: who goes down so many lines wants its last one, wherever that is.
const BOTTOM: usize = 200;

#[derive(Clone, Debug)]
pub struct Teletype {
    height: usize,
    width: usize,
    /// Lines that can still change, at least one.
    screen: VecDeque<Row>,
    /// Lines that cannot, until they are taken.
    paper: Vec<Line>,
    row: usize,
    /// One past the last column while the next character waits to wrap.
    column: usize,
    pen: Pen,
    reading: Reading,
    /// Bytes taken in.
    at: u64,
}

/// What was begun and is not complete.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reading {
    Text,
    Escape,
    /// An escape of several characters that means nothing here.
    Skipped,
    /// `CSI`: its numbers, the last one still growing; an odd one has signs among them and means nothing here.
    Control {
        numbers: Vec<u16>,
        is_odd: bool,
    },
    /// A title, a link: text that is not shown.
    Hidden {
        ends: bool,
    },
}

impl Teletype {
    /// For output that begins at a byte of its file.
    pub fn at(start: u64) -> Self {
        Self::sized(SIZE.0, SIZE.1, start)
    }

    fn sized(height: usize, width: usize, start: u64) -> Self {
        let first = Row {
            start,
            ..Row::default()
        };
        Self {
            height,
            width,
            screen: VecDeque::from([first]),
            paper: vec![],
            row: 0,
            column: 0,
            pen: Pen::default(),
            reading: Reading::Text,
            at: start,
        }
    }

    pub fn write(&mut self, text: &str) {
        for c in text.chars() {
            self.at += c.len_utf8() as u64;
            self.take(c);
        }
    }

    /// The lines that have become final since they were last taken.
    pub fn take_paper(&mut self) -> Vec<Line> {
        std::mem::take(&mut self.paper)
    }

    /// The lines that may still change, but for blank ones at the end: the one with the cursor too while it is blank.
    pub fn screen(&self) -> Vec<Line> {
        let written = self.screen.iter().rposition(|row| !row.is_blank());
        let count = written.map_or(0, |at| at + 1);
        self.screen.iter().take(count).map(Row::line).collect()
    }

    fn take(&mut self, c: char) {
        let reading = std::mem::replace(&mut self.reading, Reading::Text);
        self.reading = match (reading, c) {
            (_, '\u{18}' | '\u{1a}') => Reading::Text,
            (Reading::Hidden { ends: true }, '\\') => Reading::Text,
            // A title that never ends would take the rest of the log with it.
            (Reading::Hidden { .. }, '\n') => {
                self.control('\n');
                Reading::Text
            }
            (Reading::Hidden { ends: false }, '\u{7}' | '\u{9c}') => Reading::Text,
            (Reading::Hidden { ends: false }, c) => Reading::Hidden {
                ends: c == '\u{1b}',
            },
            (Reading::Hidden { ends: true }, c) => escaped(c),
            (_, '\u{1b}') => Reading::Escape,
            (Reading::Text, '\u{9b}') => control_sequence(),
            (Reading::Text, '\u{90}' | '\u{9d}'..='\u{9f}') => Reading::Hidden { ends: false },
            (reading, c) if c < ' ' => {
                self.control(c);
                reading
            }
            (Reading::Text, c) => {
                self.print(c);
                Reading::Text
            }
            (Reading::Escape, c) => escaped(c),
            (Reading::Skipped, ' '..='/') => Reading::Skipped,
            (Reading::Skipped, _) => Reading::Text,
            (Reading::Control { numbers, is_odd }, c) => self.sequence(numbers, is_odd, c),
        };
    }

    fn sequence(&mut self, mut numbers: Vec<u16>, mut is_odd: bool, c: char) -> Reading {
        match c {
            '0'..='9' => {
                if let Some(last) = numbers.last_mut() {
                    let digit = c as u16 - '0' as u16;
                    *last = last.saturating_mul(10).saturating_add(digit);
                }
            }
            ';' | ':' if numbers.len() < MOST_NUMBERS => numbers.push(0),
            ' '..='?' => is_odd = true,
            '@'..='~' => {
                if !is_odd {
                    self.obey(&numbers, c);
                }
                return Reading::Text;
            }
            _ => return Reading::Text,
        }
        Reading::Control { numbers, is_odd }
    }

    fn control(&mut self, c: char) {
        match c {
            '\u{8}' => self.column = self.column.saturating_sub(1),
            '\t' => self.column = ((self.column / TAB + 1) * TAB).min(self.width - 1),
            // Captured output has no carriage returns before its line ends: a terminal's driver adds them.
            '\n' => {
                self.column = 0;
                self.feed();
            }
            '\u{b}' | '\u{c}' => self.feed(),
            '\r' => self.column = 0,
            _ => {}
        }
    }

    fn obey(&mut self, numbers: &[u16], c: char) {
        let first = usize::from(numbers.first().copied().unwrap_or(0));
        let count = first.max(1);
        match c {
            'A' => self.row = self.row.saturating_sub(count),
            'B' => self.down(count),
            'C' => self.column = (self.column + count).min(self.width - 1),
            'D' => self.column = self.column.saturating_sub(count),
            'E' => {
                self.column = 0;
                self.down(count);
            }
            'F' => {
                self.column = 0;
                self.row = self.row.saturating_sub(count);
            }
            'G' => self.column = (count - 1).min(self.width - 1),
            'J' if first == 0 => {
                for row in self.screen.iter_mut().skip(self.row + 1) {
                    (row.cells, row.goes_on) = (vec![], false);
                }
                self.erase(0);
            }
            'K' => self.erase(first),
            'm' => self.colour(numbers),
            _ => {}
        }
    }

    /// Erases from the cursor to the end of the line (0), from its beginning to the cursor (1), or all of it (2).
    fn erase(&mut self, what: usize) {
        let column = self.column;
        let row = &mut self.screen[self.row];
        match what {
            0 if column < row.cells.len() => {
                row.part_at(column);
                row.cells.truncate(column);
                row.goes_on = false;
            }
            1 => {
                row.part_at(column + 1);
                let count = (column + 1).min(row.cells.len());
                row.cells[..count].fill(BLANK);
            }
            2 => row.cells.clear(),
            _ => return,
        }
        row.goes_on &= !row.cells.is_empty();
    }

    /// Down by so many lines; of a log the bottom is its last line, not one far below it.
    fn down(&mut self, count: usize) {
        let lowest = match BOTTOM <= count {
            true => self.screen.len() - 1,
            false => self.height - 1,
        };
        let to = (self.row + count).min(lowest);
        while self.row < to {
            self.feed();
        }
    }

    /// The cursor one line down; at the end of the screen its first line is final.
    fn feed(&mut self) {
        if self.row + 1 < self.height {
            self.row += 1;
        } else if let Some(row) = self.screen.pop_front() {
            self.paper.push(row.line());
        }
        if self.screen.len() <= self.row {
            self.screen.push_back(Row {
                start: self.at,
                ..Row::default()
            });
        }
    }

    fn print(&mut self, c: char) {
        let Some(width) = c.width().map(|width| width.min(2)) else {
            return;
        };
        if width == 0 {
            return self.screen[self.row].mark(self.column, c);
        }
        if self.width < width {
            return;
        }
        if self.width < self.column + width {
            self.screen[self.row].goes_on = true;
            // The line it goes on in begins with this character.
            self.at -= c.len_utf8() as u64;
            self.column = 0;
            self.feed();
            self.at += c.len_utf8() as u64;
        }
        self.screen[self.row].put(self.column, c, width, self.pen);
        self.column += width;
    }

    fn colour(&mut self, numbers: &[u16]) {
        let mut numbers = numbers.iter().copied();
        while let Some(number) = numbers.next() {
            let pen = &mut self.pen;
            match number {
                0 => *pen = Pen::default(),
                1 => pen.is_bold = true,
                2 | 22 => pen.is_bold = false,
                30..=37 => pen.colour = Some((number - 30) as u8),
                90..=97 => pen.colour = Some((number - 82) as u8),
                39 => pen.colour = None,
                38 | 48 => {
                    let colour = match numbers.next() {
                        Some(5) => numbers.next().and_then(of_palette),
                        Some(2) => {
                            let mut part = || numbers.next();
                            of_light(part(), part(), part())
                        }
                        _ => return,
                    };
                    if colour.is_none() {
                        return;
                    }
                    if number == 38 {
                        self.pen.colour = colour;
                    }
                }
                _ => {}
            }
        }
    }
}

/// What follows an escape.
fn escaped(c: char) -> Reading {
    match c {
        '[' => control_sequence(),
        ']' | 'P' | 'X' | '^' | '_' => Reading::Hidden { ends: false },
        ' '..='/' => Reading::Skipped,
        '\u{1b}' => Reading::Escape,
        _ => Reading::Text,
    }
}

fn control_sequence() -> Reading {
    Reading::Control {
        numbers: vec![0],
        is_odd: false,
    }
}

/// The lines that a terminal would have left of a text.
pub fn lines(text: &str) -> Vec<String> {
    let mut teletype = Teletype::at(0);
    teletype.write(text);
    let paper = teletype.take_paper().into_iter();
    paper
        .chain(teletype.screen())
        .map(|line| line.text)
        .collect()
}

#[cfg(test)]
mod tests;
