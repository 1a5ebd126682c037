//! For those who hear the screen, or cannot bear what moves by itself.

use ratatui::{buffer::Buffer, layout::Position};

use super::{Rate, look::Look};

/// How the screen is made easier to follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// The terminal's cursor stands on the focused row or field, whose line screen readers read.
    pub cursor_follows_focus: bool,
    /// The status line says what the focus is on, as a sentence.
    pub announces: bool,
    pub motion: Motion,
}

/// How much may move by itself.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumIter, strum::EnumString, strum::Display,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Motion {
    /// Nothing: updates are held from the start, as a key holds and lets them go.
    None,
    /// As over a slow link.
    Reduced,
    #[default]
    Full,
}

impl Motion {
    pub fn rate(self, rate: Rate) -> Rate {
        match self {
            Self::Full => rate,
            Self::None | Self::Reduced => Rate::Slow,
        }
    }
}

/// What stands in the row of a position, as far as the frame around it, in a sentence: `runs: done, quiet-lynx-4, 3m.`
pub fn sentence(buffer: &Buffer, at: Position, look: &Look, place: &str) -> String {
    let is_edge = |x: u16| buffer[(x, at.y)].symbol() == look.charset.border().vertical;
    let area = buffer.area;
    let left = (area.left()..at.x).rev().find(|x| is_edge(*x));
    let right = (at.x..area.right()).find(|x| is_edge(*x));
    let row = left.map_or(area.left(), |x| x + 1)..right.unwrap_or(area.right());
    let symbols = row.map(|x| buffer[(x, at.y)].symbol());
    // A glyph says what the word beside it says too, and two blanks part columns.
    let is_said = |symbol: &&str| symbol.is_ascii() || symbol.contains(char::is_alphanumeric);
    let text: String = symbols
        .map(|symbol| Some(symbol).filter(is_said).unwrap_or(" "))
        .collect();
    let parts = text.split("  ").map(str::trim);
    let parts = parts.filter(|part| part.contains(char::is_alphanumeric));
    let parts: Vec<&str> = parts.collect();
    format!("{place}: {}.", parts.join(", "))
}
