//! The characters the screen is drawn with, in three tiers: what a terminal's font can be trusted to have.

use ratatui::buffer::Buffer;

use crate::domain::runs::StateWord;

#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumString, strum::EnumIter, strum::Display,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Charset {
    /// Dots, two across and four down in a cell.
    #[default]
    Braille,
    /// Half blocks, two down in a cell.
    Block,
    /// Nothing beyond ASCII.
    Ascii,
}

/// Lines of a border: horizontal, vertical, corners clockwise from the top left.
pub struct Border {
    pub horizontal: &'static str,
    pub vertical: &'static str,
    pub corners: [&'static str; 4],
}

const LINES: Border = Border {
    horizontal: "─",
    vertical: "│",
    corners: ["╭", "╮", "╯", "╰"],
};
const ASCII_LINES: Border = Border {
    horizontal: "-",
    vertical: "|",
    corners: ["+", "+", "+", "+"],
};

impl Charset {
    /// What fits a terminal, by its own words: braille where text is UTF-8, but not on the Linux console, whose font has none.
    pub fn detect(term: &str, is_utf8: bool) -> Self {
        match (is_utf8, term) {
            (false, _) => Self::Ascii,
            (true, "linux") => Self::Block,
            (true, _) => Self::Braille,
        }
    }

    fn is_ascii(self) -> bool {
        self == Self::Ascii
    }

    /// In a terminal without UTF-8, spells what the screen and the names on it are written with in ASCII.
    pub fn spell(self, buffer: &mut Buffer) {
        if !self.is_ascii() {
            return;
        }
        for cell in buffer
            .content
            .iter_mut()
            .filter(|cell| !cell.symbol().is_ascii())
        {
            let ascii = match cell.symbol() {
                "…" => "~",
                "·" | "–" => "-",
                "×" => "x",
                "‹" | "←" => "<",
                "›" | "→" => ">",
                "↑" | "▲" => "^",
                "↓" | "▼" => "v",
                _ => "?",
            };
            cell.set_symbol(ascii);
        }
    }

    pub fn border(self) -> &'static Border {
        if self.is_ascii() {
            &ASCII_LINES
        } else {
            &LINES
        }
    }

    pub fn state(self, state: StateWord) -> &'static str {
        let (glyph, ascii) = match state {
            StateWord::Queued => ("◌", "~"),
            StateWord::Running => ("●", "*"),
            StateWord::Paused => ("◐", "="),
            StateWord::Stalled => ("!", "!"),
            StateWord::Orphaned => ("◇", "o"),
            StateWord::Done => ("✓", "v"),
            StateWord::Failed => ("✗", "x"),
            StateWord::Stopped => ("■", "-"),
            StateWord::Lost | StateWord::EndedUnseen => ("?", "?"),
        };
        if self.is_ascii() { ascii } else { glyph }
    }

    /// The gutter of the focused pane, and of the cursor's row.
    pub fn gutter(self) -> &'static str {
        if self.is_ascii() { ">" } else { "▌" }
    }

    /// The mark of a row that was chosen.
    pub fn mark(self) -> &'static str {
        "#"
    }

    pub fn ellipsis(self) -> &'static str {
        if self.is_ascii() { "~" } else { "…" }
    }

    pub fn dot(self) -> &'static str {
        if self.is_ascii() { "-" } else { "·" }
    }

    /// A bar: full and empty cells.
    pub fn bar(self) -> (&'static str, &'static str) {
        if self.is_ascii() {
            ("#", ".")
        } else {
            ("━", "─")
        }
    }

    /// Heights of a sparkline, lowest first.
    pub fn levels(self) -> &'static [&'static str] {
        match self {
            Self::Ascii => &["_", ".", "-", "=", "#"],
            _ => &["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
        }
    }

    /// The mark of a column that the rows are ordered by: its values grow downwards, or fall.
    pub fn sorted(self, is_growing: bool) -> &'static str {
        match (self.is_ascii(), is_growing) {
            (false, true) => "▲",
            (false, false) => "▼",
            (true, true) => "^",
            (true, false) => "v",
        }
    }

    pub fn crosshair(self) -> &'static str {
        if self.is_ascii() { "|" } else { "│" }
    }

    pub fn seam(self) -> &'static str {
        if self.is_ascii() { "%" } else { "↻" }
    }
}
