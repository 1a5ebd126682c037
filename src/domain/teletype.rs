//! What a terminal would show of a program's output: carriage returns, progress bars of several lines and colours come to
//! the lines that a person would have read.
//!
//! A teletype is a terminal of a fixed size whose upper lines move onto paper as they scroll away. It knows what programs
//! write to be followed: text, `\r`, `\n`, backspace, tab, moves of the cursor, erasing, colours (ECMA-48; `CSI A` to `G`,
//! `J`, `K`, `m`). Other sequences are left out. It takes in each byte once, and what it keeps is bounded by its size.

use std::collections::VecDeque;

use unicode_width::UnicodeWidthChar as _;

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
/// Marks above and below one character.
const MOST_MARKS: usize = 3;
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

#[derive(Clone, Debug, Default)]
struct Row {
    start: u64,
    cells: Vec<Cell>,
    goes_on: bool,
}

#[derive(Clone, Debug)]
struct Cell {
    c: char,
    marks: String,
    pen: Pen,
    part: Part,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Whole,
    /// The left half of a wide character.
    Left,
    Right,
}

const BLANK: Cell = Cell {
    c: ' ',
    marks: String::new(),
    pen: Pen {
        colour: None,
        is_bold: false,
    },
    part: Part::Whole,
};

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

/// The nearest of 16 colours to one of a palette of 256: its cube of 6 by 6 by 6, its greys.
fn of_palette(index: u16) -> Option<u8> {
    match index {
        0..16 => Some(index as u8),
        16..232 => {
            let level = |part: u16| match part {
                0 => 0,
                part => 55 + 40 * part,
            };
            let at = index - 16;
            of_light(
                Some(level(at / 36)),
                Some(level(at / 6 % 6)),
                Some(level(at % 6)),
            )
        }
        232..256 => Some(of_grey(8 + 10 * (index - 232))),
        _ => None,
    }
}

/// The nearest of 16 colours to red, green and blue of 0 to 255: by which of them are strong, and how bright it is.
fn of_light(red: Option<u16>, green: Option<u16>, blue: Option<u16>) -> Option<u8> {
    let parts = [red?, green?, blue?];
    if parts.iter().any(|part| 255 < *part) {
        return None;
    }
    let (most, least) = (*parts.iter().max()?, *parts.iter().min()?);
    if most - least < 32 {
        return Some(of_grey((most + least) / 2));
    }
    let middle = (most + least) / 2;
    let hue = parts
        .iter()
        .zip([1, 2, 4])
        .filter(|(part, _)| middle < **part)
        .map(|(_, bit)| bit)
        .sum::<u8>();
    Some(if 215 < most { hue + 8 } else { hue })
}

fn of_grey(light: u16) -> u8 {
    match light {
        ..48 => 0,
        48..152 => 8,
        152..216 => 7,
        _ => 15,
    }
}

impl Row {
    fn is_blank(&self) -> bool {
        let is_blank = |cell: &Cell| cell.c == ' ' && cell.marks.is_empty();
        self.cells.iter().all(is_blank)
    }

    fn put(&mut self, column: usize, c: char, width: usize, pen: Pen) {
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
    fn part_at(&mut self, column: usize) {
        if let Some(cell) = self.cells.get(column)
            && cell.part == Part::Right
        {
            self.cells[column - 1] = BLANK;
            self.cells[column] = BLANK;
        }
    }

    /// Puts a mark over the character before a column.
    fn mark(&mut self, column: usize, mark: char) {
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

    fn line(&self) -> Line {
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEIGHT: u16 = 6;
    const WIDTH: u16 = 20;

    /// What programs write to be followed.
    fn piece() -> impl Strategy<Value = String> {
        let moves = (
            0u16..7,
            prop::sample::select(vec!['A', 'B', 'C', 'D', 'E', 'F', 'G']),
        )
            .prop_map(|(count, c)| match count {
                0 => format!("\u{1b}[{c}"),
                count => format!("\u{1b}[{count}{c}"),
            });
        let colours = prop::sample::select(vec![
            "0", "", "1", "2", "22", "31", "37", "90", "97", "39", "38;5;9", "1;32", "48;5;200",
            "4;33",
        ])
        .prop_map(|numbers| format!("\u{1b}[{numbers}m"));
        let dropped = prop::sample::select(vec![
            "\u{1b}[?25l",
            "\u{1b}[?7l",
            "\u{1b}(B",
            "\u{1b}]0;title\u{7}",
            "\u{1b}]8;;http://x\u{1b}\\",
            "\u{1b}=",
            "\u{7}",
            "\u{1b}[6n",
            "\u{1b}Pq\u{1b}\\",
        ]);
        prop_oneof![
            6 => "[a-z ]{0,9}",
            2 => prop::sample::select(vec!["漢", "字字", "e\u{301}", "🦀", "漢\u{301}", "█▏"]).prop_map(str::to_owned),
            3 => prop::sample::select(vec!["\r", "\n", "\u{8}", "\t", "\r\n"]).prop_map(str::to_owned),
            3 => moves,
            2 => prop::sample::select(vec!["\u{1b}[K", "\u{1b}[0K", "\u{1b}[1K", "\u{1b}[2K", "\u{1b}[J"]).prop_map(str::to_owned),
            2 => colours,
            1 => dropped.prop_map(str::to_owned),
        ]
    }

    /// The cells of a screen: their text and colour, blanks without.
    type Shown = Vec<Vec<(String, Option<u8>, bool)>>;

    fn nonzero(size: u16) -> std::num::NonZeroU16 {
        std::num::NonZeroU16::new(size).unwrap()
    }

    fn shown_by_a_terminal(text: &str) -> Shown {
        let mut terminal = vt100::Parser::new(nonzero(HEIGHT), nonzero(WIDTH), 10_000);
        // What is captured has not passed a terminal's driver.
        terminal.process(text.replace('\n', "\r\n").as_bytes());
        let rows = (0..HEIGHT).map(|row| {
            let cell = |column| {
                let cell = terminal.screen().cell(row, column).unwrap();
                let colour = match cell.fgcolor() {
                    vt100::Color::Idx(colour) => Some(colour),
                    _ => None,
                };
                (cell.contents().to_owned(), colour, cell.bold())
            };
            (0..WIDTH).map(cell).map(normal).collect()
        });
        rows.collect()
    }

    fn shown_here(teletype: &Teletype) -> Shown {
        let rows = (0..usize::from(HEIGHT)).map(|row| {
            let cells = teletype.screen.get(row).map_or(&[][..], |row| &row.cells);
            let cell = |column: usize| match cells.get(column) {
                Some(cell) if cell.part != Part::Right => {
                    let text = format!("{}{}", cell.c, cell.marks);
                    (text, cell.pen.colour, cell.pen.is_bold)
                }
                _ => (String::new(), None, false),
            };
            (0..usize::from(WIDTH)).map(cell).map(normal).collect()
        });
        rows.collect()
    }

    fn normal(cell: (String, Option<u8>, bool)) -> (String, Option<u8>, bool) {
        match cell.0.trim() {
            "" => (String::new(), None, false),
            _ => cell,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn it_shows_what_a_terminal_shows(pieces in prop::collection::vec(piece(), 0..60)) {
            let text = pieces.concat();
            let mut teletype = Teletype::sized(HEIGHT.into(), WIDTH.into(), 0);
            teletype.write(&text);
            prop_assert_eq!(shown_here(&teletype), shown_by_a_terminal(&text), "{:?}", text);
        }

        #[test]
        fn it_does_not_matter_how_the_output_is_cut(pieces in prop::collection::vec(piece(), 0..40), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8)) {
            let text = pieces.concat();
            let mut whole = Teletype::sized(HEIGHT.into(), WIDTH.into(), 0);
            whole.write(&text);
            let chars: Vec<char> = text.chars().collect();
            let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(chars.len() + 1)).collect();
            ends.sort_unstable();
            ends.push(chars.len());
            let (mut parts, mut from) = (Teletype::sized(HEIGHT.into(), WIDTH.into(), 0), 0);
            for end in ends {
                parts.write(&chars[from..end].iter().collect::<String>());
                from = end;
            }
            prop_assert_eq!(parts.take_paper(), whole.take_paper());
            prop_assert_eq!(parts.screen(), whole.screen());
        }

        #[test]
        fn lines_begin_in_order_and_nothing_moves_the_cursor(text in "([a-z漢]|\r|\n|\u{8}|\u{1b}|\\[|\\]|;|[0-9]|[A-K]|m|\u{7}|\u{9b}){0,80}") {
            let mut teletype = Teletype::sized(4, 10, 100);
            teletype.write(&text);
            let lines: Vec<Line> = teletype.take_paper().into_iter().chain(teletype.screen()).collect();
            prop_assert!(lines.is_sorted_by_key(|line| line.start));
            for line in &lines {
                prop_assert!(!line.text.chars().any(char::is_control), "{:?}", line);
                prop_assert!(line.pens.iter().map(|(end, _)| *end).max().unwrap_or(0) == line.text.len());
            }
        }
    }

    #[test]
    fn bars_of_several_lines_come_to_their_last_state() {
        let two_bars = "start\n\rA:  0%\n\rB:  0%\u{1b}[A\rA: 50%\n\rB: 50%\u{1b}[A\rA:100%\n\rB:100%\u{1b}[K\nend\n";
        assert_eq!(lines(two_bars), ["start", "A:100%", "B:100%", "end"]);
    }

    #[test]
    fn a_line_is_what_a_terminal_would_leave_of_it() {
        for (line, want) in [
            ("plain", "plain"),
            (" 10%|#   |\r 50%|##  |\r100%|####|", "100%|####|"),
            ("  3%|#|\r", "  3%|#|"),
            ("long line\rshort", "shortline"),
            ("\u{1b}[31mERROR\u{1b}[0m: x\u{1b}[K", "ERROR: x"),
            ("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{7}", "link"),
            ("\u{1b}(B\u{9b}1mbold", "bold"),
            ("-\u{8}\\\u{8}|\u{8}/", "/"),
            ("a\tb", "a       b"),
            ("cut \u{1b}]0;title", "cut"),
        ] {
            assert_eq!(lines(line), [want]);
        }
        assert_eq!(lines("title \u{1b}]0;x\nnext"), ["title", "next"]);
        assert_eq!(lines("a\n\n  b\n\n"), ["a", "", "  b"]);
    }

    #[test]
    fn a_jump_to_the_bottom_of_the_screen_leaves_no_gap() {
        for jump in ["\u{1b}[999B\r", "\u{1b}[999E", "\u{1b}[9999;9999H"] {
            assert_eq!(lines(&format!("a\nb\n{jump}c\n")), ["a", "b", "c"]);
        }
        assert_eq!(lines("a\u{1b}[A\u{1b}[2Bb"), ["a", "", " b"]);
    }

    #[test]
    fn lines_keep_their_colours_and_the_byte_they_began_at() {
        let mut teletype = Teletype::at(7);
        teletype.write("ok\n\u{1b}[1;31mbad\u{1b}[0m end\n");
        let lines = teletype.screen();
        let red = Pen {
            colour: Some(1),
            is_bold: true,
        };
        assert_eq!((lines[0].start, lines[1].start), (7, 10));
        assert_eq!(lines[1].pens, [(3, red), (7, Pen::default())]);
    }

    #[test]
    fn colours_of_many_come_to_one_of_sixteen() {
        let cases = [
            (9, 9),
            (196, 9),
            (22, 2),
            (27, 12),
            (240, 8),
            (255, 15),
            (88, 1),
            (51, 14),
        ];
        for (index, colour) in cases {
            assert_eq!(of_palette(index), Some(colour), "{index}");
        }
        assert_eq!(of_palette(256), None);
    }

    #[test]
    fn what_it_keeps_is_bounded() {
        let mut teletype = Teletype::at(0);
        for _ in 0..100 {
            teletype.write(&"\u{1b}[B\u{301}x".repeat(5_000));
            teletype.write(&"\r 50%".repeat(5_000));
            teletype.take_paper();
        }
        assert!(teletype.screen.len() <= SIZE.0);
        assert!(teletype.screen.iter().all(|row| row.cells.len() <= SIZE.1));
    }
}
