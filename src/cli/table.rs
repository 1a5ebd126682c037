//! Tables of text: aligned, and as wide as the terminal.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::format::short;
use crate::domain::text::{shortened, shown};

/// Between two columns.
const GAP: usize = 2;
/// A column that gives room keeps at least this much.
const LEAST: usize = 6;
/// Where no terminal bounds the table, as in a pipe, a column is no wider, but for the last one, which takes no room from
/// others: a single long text would push all that stands behind it out of sight.
const WIDEST: usize = 100;

/// Rows of cells under titles.
#[derive(Clone, Debug, Default)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

#[derive(Clone, Debug)]
struct Column {
    title: String,
    is_right: bool,
    /// May be cut when the terminal is narrow.
    gives: bool,
}

/// A text, made safe to show and cut where it is endless, and its look.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    text: String,
    look: Look,
}

/// Never alone in what it says: the words say it too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    #[default]
    Plain,
    Bold,
    Dim,
    Good,
    Warning,
    Bad,
}

impl Look {
    fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Bold => Some("1"),
            Self::Dim => Some("2"),
            Self::Good => Some("32"),
            Self::Warning => Some("33"),
            Self::Bad => Some("31"),
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self {
            text: short(text),
            look: Look::Plain,
        }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl Cell {
    pub fn look(self, look: Look) -> Self {
        Self { look, ..self }
    }
}

impl Table {
    /// A column whose texts stand left and are cut when the terminal is narrow.
    pub fn text(self, title: &str) -> Self {
        self.column(title, false, true)
    }

    /// A column whose texts stand left and are never cut.
    pub fn word(self, title: &str) -> Self {
        self.column(title, false, false)
    }

    /// A column of numbers.
    pub fn number(self, title: &str) -> Self {
        self.column(title, true, false)
    }

    fn column(mut self, title: &str, is_right: bool, gives: bool) -> Self {
        self.columns.push(Column {
            title: shown(&shortened(title, WIDEST)),
            is_right,
            gives,
        });
        self
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A row; cells that are missing are empty.
    pub fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// The lines, cut to a width where one is given; else a long text alone is cut. Columns without a title anywhere have no line of titles.
    pub fn lines(&self, width: Option<usize>, has_colour: bool) -> Vec<String> {
        let widths = self.widths(width);
        let titles: Vec<Cell> = self
            .columns
            .iter()
            .map(|column| Cell::from(column.title.as_str()).look(Look::Bold))
            .collect();
        let has_titles = self.columns.iter().any(|column| !column.title.is_empty());
        let head = has_titles.then_some(&titles);
        head.into_iter()
            .chain(&self.rows)
            .map(|cells| self.line(cells, &widths, has_colour))
            .collect()
    }

    /// As Markdown writes tables, whole.
    pub fn markdown(&self) -> String {
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let cells = cells.map(|cell| cell.replace('|', "\\|"));
            format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
        };
        let mut text = line(&mut self.columns.iter().map(|column| column.title.as_str()));
        text.push_str(&line(&mut self.columns.iter().map(
            |column| match column.is_right {
                true => "---:",
                false => "---",
            },
        )));
        for row in &self.rows {
            text.push_str(&line(&mut row.iter().map(|cell| cell.text.as_str())));
        }
        text
    }

    /// Natural widths; where they are too wide together, the widest column that gives is narrowed again and again.
    fn widths(&self, width: Option<usize>) -> Vec<usize> {
        let mut widths: Vec<usize> = (0..self.columns.len())
            .map(|at| {
                let cells = self.rows.iter().filter_map(|row| row.get(at));
                let widest = cells.map(|cell| cell.text.width()).max().unwrap_or(0);
                widest.max(self.columns[at].title.width())
            })
            .collect();
        let Some(width) = width else {
            let last = widths.len().saturating_sub(1);
            for (width, column) in widths.iter_mut().zip(&self.columns).take(last) {
                if column.gives {
                    *width = (*width).min(WIDEST);
                }
            }
            return widths;
        };
        let gaps = GAP * widths.len().saturating_sub(1);
        let mut over = (widths.iter().sum::<usize>() + gaps).saturating_sub(width);
        while 0 < over {
            let giving =
                (0..widths.len()).filter(|at| self.columns[*at].gives && LEAST < widths[*at]);
            let Some(widest) = giving.max_by_key(|at| widths[*at]) else {
                break;
            };
            widths[widest] -= 1;
            over -= 1;
        }
        widths
    }

    fn line(&self, cells: &[Cell], widths: &[usize], has_colour: bool) -> String {
        let mut line = String::new();
        let last = cells
            .iter()
            .rposition(|cell| !cell.text.is_empty())
            .unwrap_or(0);
        for (at, (cell, column)) in cells.iter().zip(&self.columns).enumerate().take(last + 1) {
            let text = cut(&cell.text, widths[at]);
            let padding = " ".repeat(widths[at].saturating_sub(text.width()));
            let code = cell.look.code().filter(|_| has_colour);
            let (before, after) = match (column.is_right, at == last) {
                (true, _) => (padding.as_str(), ""),
                (false, true) => ("", ""),
                (false, false) => ("", padding.as_str()),
            };
            line.push_str(before);
            match code {
                Some(code) => line.push_str(&format!("\u{1b}[{code}m{text}\u{1b}[0m")),
                None => line.push_str(&text),
            }
            line.push_str(after);
            if at < last {
                line.push_str(&" ".repeat(GAP));
            }
        }
        line
    }
}

/// The text in at most `width` cells, `…` where something is missing.
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for cluster in text.graphemes(true) {
        if width < kept.width() + cluster.width() + 1 {
            break;
        }
        kept.push_str(cluster);
    }
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table() -> Table {
        let mut table = Table::default().text("name").number("loss").word("state");
        table.row(vec!["brave-otter-7".into(), "0.5".into(), "done".into()]);
        table.row(vec![
            "größe\u{1b}[2J".into(),
            "12.25".into(),
            Cell::from("failed").look(Look::Bad),
        ]);
        table
    }

    #[test]
    fn columns_are_aligned_and_text_from_outside_is_harmless() {
        let wanted = [
            "name            loss  state",
            "brave-otter-7    0.5  done",
            "größe�[2J      12.25  failed",
        ];
        assert_eq!(table().lines(None, false), wanted);
    }

    #[test]
    fn a_narrow_terminal_cuts_the_widest_text() {
        let wanted = [
            "name       loss  state",
            "brave-o…    0.5  done",
            "größe�[…  12.25  failed",
        ];
        assert_eq!(table().lines(Some(23), false), wanted);
    }

    #[test]
    fn without_a_terminal_a_long_text_pads_no_other_row() {
        let title = "z".repeat(50_000);
        let mut wide = Table::default().number(&title).text("name");
        wide.row(vec!["1".into(), "a".into()]);
        assert!(wide.lines(None, false)[1].len() < 110);
        let mut table = Table::default().text("experiment").text("note");
        table.row(vec!["x".repeat(300).into(), "y".repeat(300).into()]);
        table.row(vec!["a".into(), "b".into()]);
        let lines = table.lines(None, false);
        assert_eq!(
            lines[1],
            format!("{}…  {}", "x".repeat(99), "y".repeat(300))
        );
        assert_eq!(lines[2], format!("a{}b", " ".repeat(101)));
    }

    #[test]
    fn markdown_has_all_of_it() {
        let wanted = "| name | loss | state |\n| --- | ---: | --- |\n| brave-otter-7 | 0.5 | done |\n| größe�[2J | 12.25 | failed |\n";
        assert_eq!(table().markdown(), wanted);
        let mut table = Table::default().text("a|b");
        table.row(vec!["c|d".into()]);
        assert!(table.markdown().ends_with("| c\\|d |\n"));
    }

    #[test]
    fn colour_adds_nothing_to_what_is_said() {
        let coloured = table().lines(None, true).join("\n");
        assert!(coloured.contains("\u{1b}[31mfailed\u{1b}[0m"));
        let stripped = coloured
            .replace("\u{1b}[31m", "")
            .replace("\u{1b}[1m", "")
            .replace("\u{1b}[0m", "");
        assert_eq!(stripped, table().lines(None, false).join("\n"));
    }

    proptest! {
        #[test]
        fn what_is_cut_fits_and_what_fits_is_not_cut(text in "\\PC{0,20}", width in 1usize..24) {
            let cut = cut(&text, width);
            prop_assert!(cut.width() <= width);
            prop_assert_eq!(cut == text, text.width() <= width);
        }
    }
}
