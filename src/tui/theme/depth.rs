//! How many colours a terminal has, and themes fitted to that.

use ratatui::style::{Color, Style};

use super::{Background, Palette, Theme, measure};

/// What a terminal can be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, strum::Display)]
#[strum(serialize_all = "kebab-case")]
pub enum Depth {
    /// Its own 16.
    Sixteen,
    /// The cube of 256.
    #[default]
    Cube,
    /// Any red, green and blue.
    True,
}

/// Terminals, by the beginning of `TERM`, that have 16 colours or fewer unless they say otherwise at its end.
const FEW: [&str; 9] = [
    "ansi", "cons25", "cygwin", "linux", "rxvt", "screen", "tmux", "vt", "xterm",
];

impl Depth {
    /// By the terminal's own words: `TERM` and `COLORTERM`.
    pub fn detect(term: &str, colorterm: &str) -> Self {
        if matches!(colorterm, "truecolor" | "24bit") || term.ends_with("-direct") {
            return Self::True;
        }
        let ends = |endings: &[&str]| endings.iter().any(|ending| term.ends_with(ending));
        let is_few = |name: &&str| {
            let rest = term.strip_prefix(*name);
            let is_whole = |rest: &str| rest.is_empty() || rest.starts_with(['.', '-']);
            rest.is_some_and(|rest| *name == "vt" || is_whole(rest))
        };
        match () {
            () if ends(&["-256color", "-kitty", "-ghostty"]) => Self::Cube,
            () if ends(&["-16color", "-8color"]) || FEW.iter().any(is_few) => Self::Sixteen,
            () => Self::Cube,
        }
    }

    fn has(self, colour: Color) -> bool {
        match colour {
            Color::Rgb(..) => self == Self::True,
            Color::Indexed(16..) => Self::Cube <= self,
            _ => true,
        }
    }
}

impl Theme {
    /// The theme in the colours that a terminal has: a colour of 24 bits becomes the nearest of the cube, and where there
    /// is no cube either, a token looks as it does in the theme `16`.
    pub fn fitted(self, depth: Depth) -> Self {
        let palette = self.palette();
        let fitted = palette.fitted(depth);
        if fitted == *palette {
            return self;
        }
        Self::own(fitted)
    }
}

impl Palette {
    fn fitted(&self, depth: Depth) -> Self {
        let few = Theme::Sixteen.palette();
        let fit = |style: Style, plain: Style| fitted(style, depth).unwrap_or(plain);
        let mut fit_all = self.clone();
        for (style, plain) in fit_all.roles.iter_mut().zip(few.roles) {
            *style = fit(*style, plain);
        }
        for (style, plain) in fit_all.series.iter_mut().zip(few.series) {
            *style = fit(*style, plain);
        }
        for (style, plain) in fit_all.heat.iter_mut().zip(few.heat) {
            *style = fit(*style, plain);
        }
        fit_all.raw = self.raw.and_then(|raw| fitted(raw, depth).or(few.raw));
        if depth == Depth::Sixteen {
            fit_all.background = Background::Any;
        }
        fit_all
    }
}

/// `None` where a terminal of few colours has not the style's.
fn fitted(style: Style, depth: Depth) -> Option<Style> {
    let mut colours = style.fg.into_iter().chain(style.bg);
    if depth == Depth::Sixteen && colours.any(|colour| !depth.has(colour)) {
        return None;
    }
    let near = |colour: Color| match colour {
        Color::Rgb(red, green, blue) if !depth.has(colour) => {
            Color::Indexed(measure::nearest_index([red, green, blue]))
        }
        colour => colour,
    };
    Some(Style {
        fg: style.fg.map(near),
        bg: style.bg.map(near),
        ..style
    })
}
