//! A canvas of dots: the same picture in braille, octants, half blocks or ASCII, only finer or coarser.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::Style,
};

use crate::tui::glyphs::Charset;

/// Dots over an area of cells. A cell has one style: that of the last dot set in it, and dots of another style that stood
/// there are taken away, so that colours do not bleed into each other.
pub struct Dots {
    charset: Charset,
    width: usize,
    height: usize,
    cells: Vec<Cell>,
}

/// How dots are set: in which layer, and of a line in which rhythm.
#[derive(Clone, Copy, Debug)]
pub struct Pen {
    pub layer: u8,
    /// Dots and gaps in turn; empty for a line without gaps. Counted from the left edge, so that a line that grows does
    /// not crawl.
    pub rhythm: &'static [usize],
}

/// A rise of so many dots is drawn also where its line has a gap: no spike falls into one.
const TALL: usize = 3;

impl Pen {
    pub fn solid(layer: u8) -> Self {
        Self { layer, rhythm: &[] }
    }

    fn is_down(&self, column: usize) -> bool {
        let period: usize = self.rhythm.iter().sum();
        let Some(mut at) = column.checked_rem(period) else {
            return true;
        };
        for (number, length) in self.rhythm.iter().enumerate() {
            match at.checked_sub(*length) {
                Some(rest) => at = rest,
                None => return number % 2 == 0,
            }
        }
        true
    }
}

#[derive(Clone, Copy, Default)]
struct Cell {
    dots: u8,
    layer: u8,
}

impl Dots {
    pub fn new(charset: Charset, area: Rect) -> Self {
        let (width, height) = (usize::from(area.width), usize::from(area.height));
        Self {
            charset,
            width,
            height,
            cells: vec![Cell::default(); width * height],
        }
    }

    /// Dots in a cell, across and down.
    pub fn per_cell(charset: Charset) -> (usize, usize) {
        match charset {
            Charset::Braille | Charset::Octant => (2, 4),
            Charset::Block => (1, 2),
            Charset::Ascii => (1, 1),
        }
    }

    pub fn columns(&self) -> usize {
        self.width * Self::per_cell(self.charset).0
    }

    pub fn rows(&self) -> usize {
        self.height * Self::per_cell(self.charset).1
    }

    /// Sets a dot of a layer; later layers lie above earlier ones.
    pub fn set(&mut self, column: usize, row: usize, layer: u8) {
        let (across, down) = Self::per_cell(self.charset);
        if self.columns() <= column || self.rows() <= row {
            return;
        }
        let cell = &mut self.cells[row / down * self.width + column / across];
        if cell.layer != layer {
            *cell = Cell { dots: 0, layer };
        }
        cell.dots |= 1 << ((column % across) * down + row % down);
    }

    /// A vertical run of dots, both ends included, in any order.
    pub fn rise(&mut self, column: usize, a: usize, b: usize, pen: Pen) {
        let (low, high) = (a.min(b), a.max(b).min(self.rows().saturating_sub(1)));
        if pen.is_down(column) || TALL <= high.saturating_sub(low) + 1 {
            (low..=high).for_each(|row| self.set(column, row, pen.layer));
        }
    }

    /// A straight line between two dots.
    pub fn line(&mut self, from: (usize, usize), to: (usize, usize), pen: Pen) {
        let (from, to) = if from.0 <= to.0 {
            (from, to)
        } else {
            (to, from)
        };
        let across = to.0 - from.0;
        if across == 0 {
            self.rise(from.0, from.1, to.1, pen);
            return;
        }
        let at = |column: usize| {
            let share = (column - from.0) as f64 / across as f64;
            (from.1 as f64 + share * (to.1 as f64 - from.1 as f64)).round() as usize
        };
        for column in from.0..=to.0 {
            let row = at(column);
            // Half of each rise belongs to either column, so that steep lines have no holes.
            let middle = |other: usize| (row + at(other)).div_ceil(2);
            let (mut low, mut high) = (row, row);
            for neighbour in [column.saturating_sub(1).max(from.0), (column + 1).min(to.0)] {
                low = low.min(middle(neighbour));
                high = high.max(middle(neighbour));
            }
            self.rise(column, low, high, pen);
        }
    }

    /// Is this dot set, in any layer?
    pub fn is_set(&self, column: usize, row: usize) -> bool {
        let (across, down) = Self::per_cell(self.charset);
        column < self.columns()
            && row < self.rows()
            && self.cells[row / down * self.width + column / across].dots
                & (1 << ((column % across) * down + row % down))
                != 0
    }

    pub fn draw(
        &self,
        buffer: &mut Buffer,
        area: Rect,
        style: impl Fn(u8) -> Style,
        mark: impl Fn(u8) -> char,
    ) {
        for (at, cell) in self
            .cells
            .iter()
            .enumerate()
            .filter(|(_, cell)| cell.dots != 0)
        {
            let place = Position::new(
                area.x + (at % self.width) as u16,
                area.y + (at / self.width) as u16,
            );
            if let Some(target) = buffer.cell_mut(place) {
                target
                    .set_char(self.glyph(*cell, &mark))
                    .set_style(style(cell.layer));
            }
        }
    }

    fn glyph(&self, cell: Cell, mark: impl Fn(u8) -> char) -> char {
        match self.charset {
            Charset::Braille => braille(cell.dots),
            Charset::Octant => octant(cell.dots),
            Charset::Block => match cell.dots {
                1 => '▀',
                2 => '▄',
                _ => '█',
            },
            Charset::Ascii => mark(cell.layer),
        }
    }
}

/// The braille pattern of dots numbered down the left column, then down the right one.
fn braille(dots: u8) -> char {
    const BITS: [u32; 8] = [0x01, 0x02, 0x04, 0x40, 0x08, 0x10, 0x20, 0x80];
    let bits = (0..8)
        .filter(|dot| dots & (1 << dot) != 0)
        .fold(0, |bits, dot| bits | BITS[dot]);
    char::from_u32(0x2800 + bits).expect("braille patterns are one block of 256 characters")
}

/// The same dots without gaps between them.
fn octant(dots: u8) -> char {
    // The table counts along rows: left and right in turn.
    let row_by_row = (0..8)
        .filter(|dot| dots & (1 << dot) != 0)
        .fold(0, |bits, dot| bits | 1 << ((dot % 4) * 2 + dot / 4));
    ratatui::symbols::pixel::OCTANTS[row_by_row]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use strum::IntoEnumIterator as _;

    use super::*;

    fn dots(charset: Charset) -> Dots {
        Dots::new(charset, Rect::new(0, 0, 10, 5))
    }

    #[test]
    fn dots_make_the_patterns_of_their_tier() {
        for (charset, text) in [
            (Charset::Braille, "⡁"),
            (Charset::Octant, "𜴶"),
            (Charset::Block, "▀"),
            (Charset::Ascii, "*"),
        ] {
            let area = Rect::new(0, 0, 1, 1);
            let mut dots = Dots::new(charset, area);
            dots.set(0, 0, 0);
            if Dots::per_cell(charset).1 == 4 {
                dots.set(0, 3, 0);
            }
            let mut buffer = Buffer::empty(area);
            dots.draw(&mut buffer, area, |_| Style::new(), |_| '*');
            assert_eq!(buffer[(0, 0)].symbol(), text);
        }
    }

    proptest! {
        #[test]
        fn a_line_has_no_holes_and_stays_in_its_box(x0 in 0usize..20, y0 in 0usize..20, x1 in 0usize..20, y1 in 0usize..20) {
            let mut dots = dots(Charset::Braille);
            dots.line((x0, y0), (x1, y1), Pen::solid(0));
            prop_assert!(dots.is_set(x0, y0) && dots.is_set(x1, y1));
            for column in 0..20 {
                let set: Vec<usize> = (0..20).filter(|row| dots.is_set(column, *row)).collect();
                let inside = x0.min(x1) <= column && column <= x0.max(x1);
                prop_assert_eq!(!set.is_empty(), inside);
                prop_assert!(set.iter().all(|row| y0.min(y1) <= *row && *row <= y0.max(y1)));
                prop_assert!(set.windows(2).all(|pair| pair[1] == pair[0] + 1));
            }
        }

        #[test]
        fn a_line_with_gaps_has_its_dots_where_the_rhythm_says_and_hides_no_rise(columns in 8usize..20, row in 0usize..17, spike in 0usize..8) {
            let pen = Pen { layer: 0, rhythm: &[6, 2] };
            let mut dots = dots(Charset::Braille);
            dots.line((0, row), (columns, row), pen);
            for column in 0..=columns {
                prop_assert_eq!(dots.is_set(column, row), column % 8 < 6);
            }
            dots.rise(spike, row, row + 2, pen);
            prop_assert!((row..row + 3).all(|row| dots.is_set(spike, row)));
        }

        #[test]
        fn dots_outside_are_dropped(column in 0usize..100, row in 0usize..100) {
            for charset in Charset::iter() {
                dots(charset).set(column, row, 1);
            }
        }
    }
}
