//! Colours by role. State is a glyph and a word first; the colour only repeats it.
//!
//! Palettes are indices of the 256-colour cube, so that terminals, and multiplexers that reduce colours, show the same;
//! the background is always the terminal's own.

use ratatui::style::{Color, Modifier, Style};

use crate::domain::runs::StateWord;

/// What a piece of the screen is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumIter)]
pub enum Role {
    Text,
    Dim,
    Accent,
    Title,
    Key,
    Border,
    BorderFocus,
    Selected,
    SelectedElsewhere,
    /// The mark of a row that was chosen.
    Mark,
    Ok,
    Running,
    Warn,
    Error,
    Quiet,
    Banner,
    Axis,
    Guide,
    Crosshair,
}

#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumString, strum::EnumIter, strum::Display,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Theme {
    #[default]
    Dark,
    Light,
    /// The terminal's own 16 colours.
    #[strum(serialize = "16")]
    Sixteen,
    /// No colour at all: bold, underline, reverse.
    Mono,
}

const SERIES_DARK: [u8; 8] = [81, 220, 171, 156, 167, 254, 34, 103];
const SERIES_LIGHT: [u8; 8] = [21, 130, 163, 235, 88, 243, 55, 53];
const SERIES_SIXTEEN: [Color; 8] = [
    Color::Cyan,
    Color::Yellow,
    Color::Green,
    Color::Magenta,
    Color::Blue,
    Color::Red,
    Color::White,
    Color::Reset,
];

impl Theme {
    /// What fits a terminal, by its own words: palettes of 256 colours only where it has them.
    pub fn detect(term: &str, has_no_colour: bool, is_light: bool) -> Self {
        match term {
            _ if has_no_colour => Self::Mono,
            "linux" | "screen" | "xterm" => Self::Sixteen,
            term if term.starts_with("vt") => Self::Mono,
            term if term.ends_with("-16color") || term.ends_with("-8color") => Self::Sixteen,
            _ if is_light => Self::Light,
            _ => Self::Dark,
        }
    }

    pub fn style(self, role: Role) -> Style {
        let style = Style::new();
        match self {
            Self::Mono => style.add_modifier(modifier(role, true)),
            Self::Sixteen => style.fg(sixteen(role)).add_modifier(modifier(role, true)),
            Self::Dark => indexed(style, role, dark(role)).add_modifier(modifier(role, false)),
            Self::Light => indexed(style, role, light(role)).add_modifier(modifier(role, false)),
        }
    }

    /// The colour of the n-th line of a chart.
    pub fn series(self, slot: usize) -> Style {
        let slot = slot % 8;
        match self {
            Self::Dark => Style::new().fg(Color::Indexed(SERIES_DARK[slot])),
            Self::Light => Style::new().fg(Color::Indexed(SERIES_LIGHT[slot])),
            Self::Sixteen => Style::new().fg(SERIES_SIXTEEN[slot]),
            Self::Mono => Style::new(),
        }
    }

    /// The raw points under a smoothed line.
    pub fn raw(self, slot: usize) -> Style {
        match self {
            Self::Dark | Self::Light => self.style(Role::Dim),
            Self::Sixteen | Self::Mono => self.series(slot),
        }
    }
}

pub fn state_role(state: StateWord) -> Role {
    match state {
        StateWord::Running => Role::Running,
        StateWord::Paused | StateWord::Stalled | StateWord::Orphaned | StateWord::EndedUnseen => {
            Role::Warn
        }
        StateWord::Done => Role::Ok,
        StateWord::Failed | StateWord::Lost => Role::Error,
        StateWord::Queued | StateWord::Stopped => Role::Quiet,
    }
}

fn indexed(style: Style, role: Role, index: Option<u8>) -> Style {
    match (role, index) {
        (_, None) => style,
        (Role::Selected | Role::SelectedElsewhere, Some(index)) => style.bg(Color::Indexed(index)),
        (_, Some(index)) => style.fg(Color::Indexed(index)),
    }
}

fn dark(role: Role) -> Option<u8> {
    Some(match role {
        Role::Text => return None,
        Role::Dim | Role::Quiet | Role::Axis => 245,
        Role::Accent
        | Role::Title
        | Role::Key
        | Role::BorderFocus
        | Role::Running
        | Role::Banner => 75,
        Role::Border => 240,
        Role::Selected => 238,
        Role::SelectedElsewhere => 236,
        Role::Ok => 114,
        Role::Warn | Role::Mark => 214,
        Role::Error => 203,
        Role::Guide => 238,
        Role::Crosshair => 231,
    })
}

fn light(role: Role) -> Option<u8> {
    Some(match role {
        Role::Text => return None,
        Role::Dim | Role::Quiet | Role::Axis => 241,
        Role::Accent
        | Role::Title
        | Role::Key
        | Role::BorderFocus
        | Role::Running
        | Role::Banner => 25,
        Role::Border => 250,
        Role::Selected => 254,
        Role::SelectedElsewhere => 255,
        Role::Ok => 28,
        Role::Warn | Role::Mark => 94,
        Role::Error => 124,
        Role::Guide => 252,
        Role::Crosshair => 16,
    })
}

fn sixteen(role: Role) -> Color {
    match role {
        Role::Accent
        | Role::Title
        | Role::Key
        | Role::BorderFocus
        | Role::Running
        | Role::Banner => Color::Cyan,
        Role::Ok => Color::Green,
        Role::Warn | Role::Mark => Color::Yellow,
        Role::Error => Color::Red,
        _ => Color::Reset,
    }
}

/// What a role has besides its colour; `plain` themes, which have few colours or none, lean on it more.
fn modifier(role: Role, plain: bool) -> Modifier {
    match role {
        Role::Title | Role::BorderFocus => Modifier::BOLD,
        Role::Banner => Modifier::REVERSED | Modifier::BOLD,
        Role::Selected if plain => Modifier::REVERSED,
        Role::Selected => Modifier::BOLD,
        Role::SelectedElsewhere if plain => Modifier::UNDERLINED,
        Role::Accent | Role::Key | Role::Running | Role::Warn | Role::Mark if plain => {
            Modifier::BOLD
        }
        Role::Error if plain => Modifier::BOLD | Modifier::REVERSED,
        _ => Modifier::empty(),
    }
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator as _;

    use super::*;

    #[test]
    fn a_terminal_gets_no_more_colours_than_it_has() {
        let cases = [
            ("xterm-256color", Theme::Dark),
            ("tmux-256color", Theme::Dark),
            ("xterm-16color", Theme::Sixteen),
            ("xterm-8color", Theme::Sixteen),
            ("screen", Theme::Sixteen),
            ("vt100", Theme::Mono),
        ];
        for (term, theme) in cases {
            assert_eq!(Theme::detect(term, false, false), theme, "{term}");
            assert_eq!(Theme::detect(term, true, false), Theme::Mono, "{term}");
        }
        assert_eq!(Theme::detect("xterm-kitty", false, true), Theme::Light);
        assert_eq!(Theme::detect("xterm-16color", false, true), Theme::Sixteen);
    }

    #[test]
    fn mono_names_no_colour() {
        for role in Role::iter() {
            let style = Theme::Mono.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
        }
        assert!((0..9).all(|slot| Theme::Mono.series(slot) == Style::new()));
    }

    #[test]
    fn the_background_is_the_terminal_s_except_where_a_row_is_selected() {
        for theme in Theme::iter() {
            for role in Role::iter()
                .filter(|role| !matches!(role, Role::Selected | Role::SelectedElsewhere))
            {
                assert_eq!(theme.style(role).bg, None, "{theme} {role:?}");
            }
        }
    }

    #[test]
    fn sixteen_colours_stay_below_sixteen() {
        for role in Role::iter() {
            let style = Theme::Sixteen.style(role);
            assert!(
                ![style.fg, style.bg]
                    .iter()
                    .any(|color| matches!(color, Some(Color::Indexed(_) | Color::Rgb(..))))
            );
        }
    }
}
