//! The columns of a table: which of them fit, and how wide each is. A column is as wide as what it shows.

use std::borrow::Cow;

use ratatui::text::Span;

use crate::tui::{
    look::{Look, fit},
    text,
    theme::Role,
};

/// What stands in one row of one column.
#[derive(Clone, Debug, Default)]
pub struct Cell(pub Vec<Span<'static>>);

impl Cell {
    /// Text from anywhere, in one colour.
    pub fn of(text: impl AsRef<str>, look: &Look, role: Role) -> Self {
        Self(vec![look.span(look.clip(text.as_ref(), WIDEST), role)])
    }

    /// The sign for what is not there.
    pub fn nothing(look: &Look) -> Self {
        Self(vec![look.span(look.charset.dot(), Role::Dim)])
    }

    fn width(&self) -> usize {
        self.0.iter().map(|span| text::width(&span.content)).sum()
    }

    fn text(&self) -> String {
        self.0.iter().map(|span| span.content.as_ref()).collect()
    }
}

/// More of a text is never looked at.
const WIDEST: usize = 200;

impl From<Span<'static>> for Cell {
    fn from(span: Span<'static>) -> Self {
        Self(vec![span])
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Align {
    Left,
    Right,
    /// Numbers stand with their points below each other.
    Decimal,
}

/// One column of rows `R`: its title, what stands in it, and how it gives way where there is little room.
pub struct Column<'a, R> {
    title: Cow<'a, str>,
    cell: Box<dyn Fn(&R) -> Cell + 'a>,
    align: Align,
    /// 0 is always there; of the others the greatest gives way first.
    rank: u8,
    /// What it gets before others are shown beside it.
    least: usize,
    /// Wider cells are cut.
    most: usize,
    /// A longer title is cut rather than the column made wider.
    head: usize,
    is_filling: bool,
    sorted: Option<bool>,
}

impl<'a, R> Column<'a, R> {
    /// A column of texts that is always there.
    pub fn new(title: impl Into<Cow<'a, str>>, cell: impl Fn(&R) -> Cell + 'a) -> Self {
        Self {
            title: title.into(),
            cell: Box::new(cell),
            align: Align::Left,
            rank: 0,
            least: usize::MAX,
            most: 32,
            head: usize::MAX,
            is_filling: false,
            sorted: None,
        }
    }

    /// Its texts stand at the right.
    pub fn right(self) -> Self {
        let align = Align::Right;
        Self { align, ..self }
    }

    /// Its numbers stand with their points below each other.
    pub fn decimal(self) -> Self {
        let align = Align::Decimal;
        Self { align, ..self }
    }

    /// It is left out where there is no room; those of a greater rank before those of a lesser one.
    pub fn gives_way(self, rank: u8) -> Self {
        Self { rank, ..self }
    }

    /// Wider cells are cut.
    pub fn most(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// It is cut to so many columns of characters before another one is left out.
    pub fn least(self, least: usize) -> Self {
        Self { least, ..self }
    }

    /// A longer title is cut, unless the cells need the room anyway.
    pub fn head(self, head: usize) -> Self {
        Self { head, ..self }
    }

    /// It takes the room that is left.
    pub fn fills(self) -> Self {
        Self {
            is_filling: true,
            ..self
        }
    }

    /// The rows are ordered by it: its values grow downwards, or fall.
    pub fn sorted(self, sorted: Option<bool>) -> Self {
        Self { sorted, ..self }
    }

    fn title(&self, look: &Look) -> String {
        let title = crate::domain::text::shown(&self.title);
        let mark = (self.sorted).map_or("", |is_growing| look.charset.sorted(is_growing));
        title + mark
    }
}

/// The columns that are in sight, with their widths, and the cells of the rows that they were measured by.
pub struct Fitted {
    pub shown: Vec<Shown>,
    /// Columns that were passed over, and others that are left out.
    pub hidden: (usize, usize),
}

/// A column in sight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its place among all columns.
    pub at: usize,
    pub width: usize,
    /// Columns of characters after the decimal point, where numbers stand by it.
    after: usize,
}

impl Fitted {
    /// Chooses columns for a width, by the cells of some rows. With `skip`, so many of the columns that can give way are
    /// passed over, and those after them are shown in their order.
    pub fn new<R>(
        columns: &[Column<'_, R>],
        cells: &[Vec<Cell>],
        width: usize,
        skip: usize,
        look: &Look,
    ) -> Self {
        let wanted: Vec<Shown> = (columns.iter().enumerate())
            .map(|(at, column)| measured(at, column, cells, look))
            .collect();
        let least = |at: usize| columns[at].least.min(wanted[at].width);
        let mut is_shown: Vec<bool> = columns.iter().map(|column| column.rank == 0).collect();
        // One for the cursor's gutter, one after each column.
        let mut used = 1
            + (0..columns.len())
                .filter(|at| is_shown[*at])
                .map(|at| least(at) + 1)
                .sum::<usize>();
        let optional: Vec<usize> = (0..columns.len()).filter(|at| !is_shown[*at]).collect();
        let mut candidates: Vec<usize> = optional.iter().skip(skip).copied().collect();
        if skip == 0 {
            candidates.sort_by_key(|at| columns[*at].rank);
        }
        for at in candidates {
            // The blank after the last column needs no room.
            let fits = used + least(at) <= width;
            if fits {
                used += least(at) + 1;
                is_shown[at] = true;
            } else if 0 < skip {
                break;
            }
        }
        let mut shown: Vec<Shown> = wanted.clone();
        shown.retain(|column| is_shown[column.at]);
        for column in &mut shown {
            column.width = least(column.at);
        }
        share(&mut shown, &wanted, columns, width);
        let passed = skip.min(optional.len());
        let hidden = optional.iter().filter(|at| !is_shown[**at]).count();
        Self {
            shown,
            hidden: (passed, hidden - passed),
        }
    }
}

fn measured<R>(at: usize, column: &Column<'_, R>, cells: &[Vec<Cell>], look: &Look) -> Shown {
    let cells = || cells.iter().map(|row| &row[at]);
    let (width, after) = match column.align {
        Align::Decimal => {
            let parts = || cells().filter_map(|cell| parts(&cell.text()));
            let before = parts().map(|(before, _)| before).max().unwrap_or(0);
            let after = parts().map(|(_, after)| after).max().unwrap_or(0);
            let whole = cells().map(Cell::width).max().unwrap_or(0);
            (whole.max(before + after), after)
        }
        _ => (cells().map(Cell::width).max().unwrap_or(0), 0),
    };
    let head = text::width(&column.title(look)).min(column.head);
    Shown {
        at,
        width: width.max(head).min(column.most),
        after,
    }
}

/// Columns of characters of a number before its point, and from the point on; nothing of a text that is no number.
fn parts(number: &str) -> Option<(usize, usize)> {
    let begins = number.strip_prefix('-').unwrap_or(number);
    if !begins.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let whole = text::width(number);
    let before = number.find(['.', 'e']).unwrap_or(number.len());
    Some((before, whole.saturating_sub(before)))
}

/// Gives the room that is left to the columns that want more, or takes what is too much from the widest.
fn share<R>(shown: &mut [Shown], wanted: &[Shown], columns: &[Column<'_, R>], width: usize) {
    // The blank after the last column needs no room.
    let used = shown.iter().map(|column| column.width + 1).sum::<usize>();
    let mut over = used.saturating_sub(width);
    while 0 < over {
        let Some(widest) = shown.iter_mut().max_by_key(|column| column.width) else {
            return;
        };
        let less = over.min(widest.width.saturating_sub(LEAST));
        if less == 0 {
            return;
        }
        // Two that are as wide give way by turns.
        widest.width -= less.div_ceil(2);
        over -= less.div_ceil(2);
    }
    let mut free = width.saturating_sub(used);
    let mut by_rank: Vec<usize> = (0..shown.len()).collect();
    by_rank.sort_by_key(|place| columns[shown[*place].at].rank);
    for place in by_rank {
        let column = &mut shown[place];
        let wanted = wanted[column.at].width;
        let more = match columns[column.at].is_filling {
            true => free,
            false => free.min(wanted.saturating_sub(column.width)),
        };
        column.width += more;
        free -= more;
    }
}

/// No column is cut to less.
const LEAST: usize = 4;

impl<R> Column<'_, R> {
    pub fn cell(&self, row: &R) -> Cell {
        (self.cell)(row)
    }

    /// The title in its width.
    pub fn draw_head(&self, shown: &Shown, look: &Look) -> String {
        let title = text::squeeze(&self.title(look), shown.width, look.charset.ellipsis());
        match self.align {
            Align::Left => look.cell(&title, shown.width),
            _ => look.cell_right(&title, shown.width),
        }
    }

    /// The cell in its width, with blanks around it.
    pub fn draw_cell(&self, cell: &Cell, shown: &Shown, look: &Look) -> Vec<Span<'static>> {
        let width = cell.width();
        let free = shown.width.saturating_sub(width);
        let before = match self.align {
            Align::Left => 0,
            Align::Right => free,
            Align::Decimal => match parts(&cell.text()) {
                Some((_, after)) => free.saturating_sub(shown.after.saturating_sub(after)),
                None => free,
            },
        };
        let mut spans = vec![];
        if 0 < before {
            spans.push(Span::raw(" ".repeat(before)));
        }
        match width <= shown.width {
            true => spans.extend(cell.0.iter().cloned()),
            false => spans.extend(fit(cell.0.clone(), shown.width, look.charset.ellipsis()).spans),
        }
        let used: usize = spans.iter().map(Span::width).sum();
        if used < shown.width {
            spans.push(Span::raw(" ".repeat(shown.width - used)));
        }
        spans
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn look() -> Look {
        Look::default()
    }

    /// A column whose cell is the n-th of the row's texts.
    fn column(at: usize, title: &'static str) -> Column<'static, Vec<String>> {
        Column::new(title, move |row: &Vec<String>| {
            Cell::of(row[at].clone(), &look(), Role::Text)
        })
    }

    fn cells(columns: &[Column<'_, Vec<String>>], rows: &[Vec<String>]) -> Vec<Vec<Cell>> {
        let cells = |row| columns.iter().map(|column| column.cell(row)).collect();
        rows.iter().map(cells).collect()
    }

    fn rows(texts: &[&[&str]]) -> Vec<Vec<String>> {
        let row = |row: &&[&str]| row.iter().map(|text| (*text).to_owned()).collect();
        texts.iter().map(row).collect()
    }

    fn drawn(column: Column<'_, Vec<String>>, texts: &[&str]) -> Vec<String> {
        let rows: Vec<Vec<String>> = texts.iter().map(|text| vec![(*text).to_owned()]).collect();
        let columns = [column];
        let cells = cells(&columns, &rows);
        let fitted = Fitted::new(&columns, &cells, 40, 0, &look());
        let line = |row: &Vec<Cell>| -> String {
            let spans = columns[0].draw_cell(&row[0], &fitted.shown[0], &look());
            spans.iter().map(|span| span.content.as_ref()).collect()
        };
        cells.iter().map(line).collect()
    }

    #[test]
    fn numbers_stand_by_their_points_and_what_is_none_at_the_right() {
        assert_eq!(
            drawn(
                column(0, "X").decimal(),
                &["0.9941", "12.35", "123457", "2.7e-5", "NaN", "·", "-0.5"]
            ),
            [
                "     0.9941",
                "    12.35  ",
                "123457     ",
                "     2.7e-5",
                "        NaN",
                "          ·",
                "    -0.5   ",
            ]
        );
        assert_eq!(
            drawn(column(0, "X").right(), &["1.5", "10"]),
            ["1.5", " 10"]
        );
        assert_eq!(drawn(column(0, "AGE").right(), &["1h"]), [" 1h"]);
    }

    #[test]
    fn columns_give_way_by_their_rank_and_are_shown_in_their_order() {
        let columns = [
            column(0, "NAME"),
            column(1, "TAGS").gives_way(1),
            column(2, "AGE").gives_way(3),
            column(3, "STEP").gives_way(2),
        ];
        let rows = rows(&[&["0123456789", "tag", "1h", "4000"]]);
        let titles = |width: usize, skip: usize| {
            let fitted = Fitted::new(&columns, &cells(&columns, &rows), width, skip, &look());
            let titles = fitted.shown.iter().map(|shown| &*columns[shown.at].title);
            (titles.collect::<Vec<_>>().join(" "), fitted.hidden)
        };
        assert_eq!(titles(40, 0), ("NAME TAGS AGE STEP".into(), (0, 0)));
        assert_eq!(titles(22, 0), ("NAME TAGS STEP".into(), (0, 1)));
        assert_eq!(titles(19, 0), ("NAME TAGS".into(), (0, 2)));
        assert_eq!(titles(12, 0), ("NAME".into(), (0, 3)));
        assert_eq!(titles(19, 1), ("NAME AGE".into(), (1, 1)));
        assert_eq!(titles(40, 2), ("NAME STEP".into(), (2, 0)));
    }

    #[test]
    fn one_column_is_cut_before_another_is_left_out_and_takes_the_room_that_is_left() {
        let columns = [
            column(0, "NAME").least(5),
            column(1, "TAGS").gives_way(1),
            column(2, "WHY").gives_way(2).least(3).fills(),
        ];
        let rows = rows(&[&["0123456789", "tag", "x"]]);
        let widths = |width: usize| {
            let fitted = Fitted::new(&columns, &cells(&columns, &rows), width, 0, &look());
            let widths: Vec<usize> = fitted.shown.iter().map(|shown| shown.width).collect();
            widths
        };
        assert_eq!(widths(30), [10, 4, 13]);
        assert_eq!(widths(15), [5, 4, 3]);
        assert_eq!(widths(12), [6, 4]);
        assert_eq!(widths(8), [7]);
    }

    #[test]
    fn a_long_title_is_cut_in_its_middle_rather_than_its_column_made_wide() {
        let column = column(0, "VAL/AVERAGE_PRECISION")
            .head(10)
            .sorted(Some(false));
        let columns = [column];
        let fitted = Fitted::new(
            &columns,
            &cells(&columns, &rows(&[&["0.5"]])),
            40,
            0,
            &look(),
        );
        let head = columns[0].draw_head(&fitted.shown[0], &look());
        assert_eq!(head, "VAL/A…ION▼");
    }

    proptest! {
        #[test]
        fn all_that_is_shown_fits_and_no_column_is_shown_twice(
            width in 20usize..200,
            skip in 0usize..6,
            texts in prop::collection::vec(prop::collection::vec("[a-z0-9.漢]{0,40}", 6), 0..5),
            ranks in prop::collection::vec(0u8..4, 6),
        ) {
            let columns: Vec<_> = ranks.iter().enumerate().map(|(at, rank)| {
                // As many as fit when each is cut to its least are always there.
                let rank = if at < 3 { *rank } else { rank + 1 };
                column(at, "TITLE").gives_way(rank).decimal()
            }).collect();
            let cells = cells(&columns, &texts);
            let fitted = Fitted::new(&columns, &cells, width, skip, &look());
            let used: usize = fitted.shown.iter().map(|shown| shown.width + 1).sum();
            prop_assert!(used <= width, "{} of {width}", used);
            prop_assert!(fitted.shown.windows(2).all(|pair| pair[0].at < pair[1].at));
            let kept = columns.iter().filter(|column| column.rank == 0).count();
            prop_assert!(kept <= fitted.shown.len());
            let all = fitted.shown.len() + fitted.hidden.0 + fitted.hidden.1;
            prop_assert_eq!(all, columns.len());
            for row in &cells {
                for shown in &fitted.shown {
                    let spans = columns[shown.at].draw_cell(&row[shown.at], shown, &look());
                    let drawn: usize = spans.iter().map(Span::width).sum();
                    prop_assert_eq!(drawn, shown.width);
                }
            }
        }
    }
}
