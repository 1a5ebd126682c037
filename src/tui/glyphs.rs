//! The characters the screen is drawn with, in three tiers: what a terminal's font can be trusted to have.

use ratatui::buffer::Buffer;
use unicode_width::UnicodeWidthStr as _;

use crate::domain::runs::StateWord;

#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumString, strum::EnumIter, strum::Display,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Charset {
    /// Dots, two across and four down in a cell.
    #[default]
    Braille,
    /// The same dots as blocks without gaps, for fonts that have them: only by choice.
    Octant,
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

    /// Spells in ASCII what a terminal cannot show: without UTF-8 all else, and where characters of ambiguous width (UAX
    /// 11) take two columns, those, which would push the rest of their line to the right.
    pub fn spell(self, buffer: &mut Buffer, is_ambiguous_wide: bool) {
        let is_strange = |symbol: &str| match self {
            _ if symbol.is_ascii() => false,
            Self::Ascii => true,
            Self::Octant | Self::Braille | Self::Block => {
                is_ambiguous_wide && symbol.width() != symbol.width_cjk()
            }
        };
        for cell in &mut buffer.content {
            if is_strange(cell.symbol()) {
                cell.set_symbol(ascii(cell.symbol()));
            }
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

    /// The marks of a branch that is open and of one that is folded.
    pub fn fold(self) -> (&'static str, &'static str) {
        if self.is_ascii() {
            ("-", "+")
        } else {
            ("▾", "▸")
        }
    }

    /// Levels of a heat map, coolest first.
    pub fn shades(self) -> [&'static str; 5] {
        if self.is_ascii() {
            [" ", ".", ":", "+", "#"]
        } else {
            [" ", "░", "▒", "▓", "█"]
        }
    }

    /// Bars of a reference, and of what is compared with it.
    pub fn sides(self) -> (&'static str, &'static str) {
        if self.is_ascii() {
            (".", "#")
        } else {
            ("░", "█")
        }
    }

    /// Lines of a chart are told apart by a mark of their own instead of dots.
    pub fn has_marks(self) -> bool {
        self.is_ascii()
    }

    /// The line of a limit: of one that warns, and of one that alerts.
    pub fn limit(self, is_alert: bool) -> &'static str {
        match (self.is_ascii(), is_alert) {
            (false, false) => "┄",
            (false, true) => "═",
            (true, false) => "-",
            (true, true) => "=",
        }
    }

    pub fn crosshair(self) -> &'static str {
        if self.is_ascii() { "|" } else { "│" }
    }

    pub fn seam(self) -> &'static str {
        if self.is_ascii() { "%" } else { "↻" }
    }
}

/// What stands for a character in ASCII.
fn ascii(symbol: &str) -> &'static str {
    match symbol {
        "…" => "~",
        "·" | "–" | "─" | "■" => "-",
        "×" => "x",
        "‹" | "←" => "<",
        "›" | "→" | "▌" => ">",
        "↑" | "▲" => "^",
        "↓" | "▼" => "v",
        "│" => "|",
        "╭" | "╮" | "╯" | "╰" => "+",
        "●" => "*",
        "◐" => "=",
        "◇" => "o",
        "◌" => "~",
        "━" | "█" | "▇" | "▀" => "#",
        "▁" => "_",
        "▂" | "▃" | "▄" => ".",
        "▅" | "▆" => "=",
        _ => "?",
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use strum::IntoEnumIterator as _;

    use super::*;

    /// Every character that the screen itself draws with.
    fn glyphs(charset: Charset) -> Vec<&'static str> {
        let border = charset.border();
        let (full, empty) = charset.bar();
        let words = StateWord::iter().map(|state| charset.state(state));
        let single = [
            border.horizontal,
            border.vertical,
            charset.gutter(),
            charset.ellipsis(),
            charset.dot(),
            full,
            empty,
            charset.sorted(true),
            charset.sorted(false),
            charset.crosshair(),
            charset.seam(),
        ];
        let all = words.chain(single).chain(border.corners);
        all.chain(charset.levels().iter().copied()).collect()
    }

    fn spelt(text: &str, charset: Charset, is_ambiguous_wide: bool) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, text.width() as u16, 1));
        buffer.set_string(0, 0, text, ratatui::style::Style::new());
        charset.spell(&mut buffer, is_ambiguous_wide);
        buffer
            .content
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect()
    }

    #[test]
    fn every_glyph_takes_one_column_and_two_states_never_share_one() {
        for charset in Charset::iter() {
            for glyph in glyphs(charset) {
                assert_eq!(glyph.width(), 1, "{glyph}");
                assert!(glyph.is_ascii() || charset != Charset::Ascii, "{glyph}");
            }
            let mut states: Vec<_> = StateWord::iter()
                .filter(|state| *state != StateWord::EndedUnseen)
                .map(|state| charset.state(state))
                .collect();
            states.sort_unstable();
            let count = states.len();
            states.dedup();
            assert_eq!(states.len(), count, "{charset}");
        }
    }

    #[test]
    fn where_ambiguous_characters_are_wide_every_glyph_still_takes_one_column_and_means_something()
    {
        for charset in Charset::iter() {
            for glyph in glyphs(charset) {
                let spelt = spelt(glyph, charset, true);
                assert_eq!(spelt.width_cjk(), 1, "{glyph} -> {spelt}");
                assert!(spelt != "?" || glyph == "?", "{glyph} has no spelling");
                assert_eq!(self::spelt(glyph, charset, false), glyph);
            }
        }
        assert_eq!(spelt("⡁漢字 ±", Charset::Braille, true), "⡁漢 字  ?");
    }
}
