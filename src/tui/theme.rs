//! Colours by role. State is a glyph and a word first; the colour only repeats it.
//!
//! A theme is a file of tokens (`assets/themes/*.toml`, or a person's own beside their config), read by the same parser.
//! Shipped palettes are indices of the 256-colour cube, so that terminals, and multiplexers that reduce colours, show the
//! same; the background is the terminal's own, except where a theme gives `fg` a background.

pub mod audit;
pub mod choice;
pub mod depth;
pub mod measure;
mod read;

use std::sync::LazyLock;

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier, Style},
};

pub use self::{depth::Depth, read::Wrong};
use crate::domain::{runs::StateWord, text::nearest};

/// What a piece of the screen is for. The token that a theme colours it by is its text.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    strum::EnumCount,
    strum::EnumIter,
    strum::EnumString,
    strum::IntoStaticStr,
)]
pub enum Role {
    #[strum(serialize = "fg")]
    Text,
    #[strum(serialize = "fg.dim")]
    Dim,
    #[strum(serialize = "accent")]
    Accent,
    #[strum(serialize = "title")]
    Title,
    #[strum(serialize = "key.hint")]
    Key,
    #[strum(serialize = "border")]
    Border,
    #[strum(serialize = "border.focus")]
    BorderFocus,
    /// The cursor's row.
    #[strum(serialize = "sel")]
    Selected,
    /// The cursor's row of a pane that has not the focus.
    #[strum(serialize = "sel.inactive")]
    SelectedElsewhere,
    /// The mark of a row that was chosen.
    #[strum(serialize = "mark")]
    Mark,
    #[strum(serialize = "state.ok")]
    Ok,
    #[strum(serialize = "state.running")]
    Running,
    #[strum(serialize = "state.warn")]
    Warn,
    #[strum(serialize = "state.err")]
    Error,
    #[strum(serialize = "state.queued")]
    Queued,
    #[strum(serialize = "state.stopped")]
    Stopped,
    #[strum(serialize = "sev.info")]
    SeverityInfo,
    #[strum(serialize = "sev.warn")]
    SeverityWarn,
    #[strum(serialize = "sev.crit")]
    SeverityCritical,
    #[strum(serialize = "stage.production")]
    Production,
    #[strum(serialize = "diff.add")]
    Added,
    #[strum(serialize = "diff.del")]
    Removed,
    #[strum(serialize = "diff.chg")]
    Changed,
    /// A word that stands out: the view in front, the button that Enter presses.
    #[strum(serialize = "banner")]
    Banner,
    #[strum(serialize = "banner.frozen")]
    Frozen,
    #[strum(serialize = "banner.readonly")]
    ReadOnly,
    #[strum(serialize = "banner.demo")]
    Demo,
    #[strum(serialize = "banner.stale")]
    Stale,
    /// A count that wants to be looked at.
    #[strum(serialize = "badge")]
    Badge,
    #[strum(serialize = "toast.info")]
    ToastInfo,
    #[strum(serialize = "toast.warn")]
    ToastWarn,
    #[strum(serialize = "toast.err")]
    ToastError,
    #[strum(serialize = "input.err")]
    InputError,
    #[strum(serialize = "chart.axis")]
    Axis,
    #[strum(serialize = "chart.grid")]
    Guide,
    #[strum(serialize = "chart.crosshair")]
    Crosshair,
    /// A limit that warns, and one beyond which it is bad.
    #[strum(serialize = "chart.warn")]
    LimitWarn,
    #[strum(serialize = "chart.alert")]
    LimitAlert,
}

impl Role {
    pub fn token(self) -> &'static str {
        self.into()
    }
}

/// A theme by its name, or one of a person's own.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Theme {
    #[default]
    Dark,
    Light,
    /// High contrast, on a background of its own.
    HighContrast,
    /// States whose hues stay apart for the colour-blind.
    BlindDark,
    BlindLight,
    /// The terminal's own 16 colours.
    Sixteen,
    /// No colour at all: bold, underline, reverse.
    Mono,
    /// Read from a file, or fitted to a terminal; made once and kept as long as the screen is up.
    Own(&'static Palette),
}

/// Every token with its style.
#[derive(Clone, Debug, PartialEq)]
pub struct Palette {
    pub background: Background,
    roles: [Style; <Role as strum::EnumCount>::COUNT],
    /// `None`: raw points have the colour of their series.
    raw: Option<Style>,
    series: [Style; SERIES],
    heat: [Style; HEAT],
}

/// What a theme is to be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::Display)]
#[strum(serialize_all = "kebab-case")]
pub enum Background {
    Dark,
    Light,
    /// The background that it gives `fg`.
    Own,
    /// Any: its colours are the terminal's, and nobody knows what those are.
    Any,
}

impl Background {
    /// What can be read on the grounds of a theme for this background, whatever the terminal's own text is.
    fn ink(self) -> Option<Color> {
        match self {
            Self::Dark => Some(Color::Indexed(255)),
            Self::Light => Some(Color::Indexed(16)),
            Self::Own | Self::Any => None,
        }
    }
}

/// The modifiers of a style by the keys of a theme's file.
pub const MODIFIERS: [(&str, Modifier); 3] = [
    ("bold", Modifier::BOLD),
    ("underline", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
];

/// Lines that a chart tells apart.
pub const SERIES: usize = 8;
/// Levels of a heat map, least first.
pub const HEAT: usize = 5;

const SOURCES: [(Theme, &str, &str); 7] = [
    (
        Theme::Dark,
        "dark",
        include_str!("../../assets/themes/dark.toml"),
    ),
    (
        Theme::Light,
        "light",
        include_str!("../../assets/themes/light.toml"),
    ),
    (
        Theme::HighContrast,
        "hc",
        include_str!("../../assets/themes/hc.toml"),
    ),
    (
        Theme::BlindDark,
        "cb-dark",
        include_str!("../../assets/themes/cb-dark.toml"),
    ),
    (
        Theme::BlindLight,
        "cb-light",
        include_str!("../../assets/themes/cb-light.toml"),
    ),
    (
        Theme::Sixteen,
        "16",
        include_str!("../../assets/themes/16.toml"),
    ),
    (
        Theme::Mono,
        "mono",
        include_str!("../../assets/themes/mono.toml"),
    ),
];

static SHIPPED: LazyLock<[Palette; 7]> = LazyLock::new(|| {
    SOURCES.map(|(_, name, text)| {
        read::palette(text).unwrap_or_else(|wrong| unreachable!("the theme {name}: {wrong}"))
    })
});

impl Theme {
    pub const SHIPPED: [Self; 7] = [
        Self::Dark,
        Self::Light,
        Self::HighContrast,
        Self::BlindDark,
        Self::BlindLight,
        Self::Sixteen,
        Self::Mono,
    ];

    /// The shipped theme of this name.
    pub fn named(name: &str) -> Option<Self> {
        let mut sources = SOURCES.iter();
        sources
            .find(|(_, known, _)| *known == name)
            .map(|(theme, ..)| *theme)
    }

    /// The name of a shipped theme; a person's own knows only its file's.
    pub fn name(self) -> Option<&'static str> {
        self.shipped().map(|at| SOURCES[at].1)
    }

    /// The file of a shipped theme: what a person's own can start from.
    pub fn source(self) -> Option<&'static str> {
        self.shipped().map(|at| SOURCES[at].2)
    }

    /// Reads the text of a person's own theme. It is kept until the program ends.
    ///
    /// # Errors
    /// No TOML, a token that is not known, a value that is no colour.
    pub fn read(text: &str) -> Result<Self, Wrong> {
        Ok(Self::own(read::palette(text)?))
    }

    fn own(palette: Palette) -> Self {
        Self::Own(Box::leak(Box::new(palette)))
    }

    fn shipped(self) -> Option<usize> {
        SOURCES.iter().position(|(theme, ..)| *theme == self)
    }

    pub fn palette(self) -> &'static Palette {
        match (self, self.shipped()) {
            (Self::Own(palette), _) => palette,
            (_, at) => &SHIPPED[at.unwrap_or(0)],
        }
    }

    pub fn style(self, role: Role) -> Style {
        self.palette().roles[role as usize]
    }

    /// The colour of the n-th line of a chart.
    pub fn series(self, slot: usize) -> Style {
        self.palette().series[slot % SERIES]
    }

    /// The raw points under a smoothed line.
    pub fn raw(self, slot: usize) -> Style {
        self.palette().raw.unwrap_or_else(|| self.series(slot))
    }

    /// A cell of a heat map; levels beyond the greatest look like it.
    pub fn heat(self, level: usize) -> Style {
        self.palette().heat[level.min(HEAT - 1)]
    }

    /// Gives what was drawn without colour the theme's own text and background, where it has them, and else an ink where a
    /// row has a ground: on a terminal that the theme was not made for, the cursor's row can be read too.
    pub fn ground(self, buffer: &mut Buffer) {
        let text = self.style(Role::Text);
        if let Some(ink) = self.palette().background.ink() {
            let is_bare = |cell: &&mut Cell| cell.fg == Color::Reset && cell.bg != Color::Reset;
            let bare = buffer.content.iter_mut().filter(is_bare);
            bare.filter(|cell| !cell.modifier.contains(Modifier::REVERSED))
                .for_each(|cell| cell.fg = ink);
        }
        let (Some(fg), Some(bg)) = (text.fg, text.bg) else {
            return;
        };
        for cell in &mut buffer.content {
            if cell.fg == Color::Reset {
                cell.fg = fg;
            }
            if cell.bg == Color::Reset {
                cell.bg = bg;
            }
        }
    }
}

/// The names of the shipped themes, as a person writes them.
pub fn names() -> impl Iterator<Item = &'static str> {
    SOURCES.iter().map(|(_, name, _)| *name)
}

/// Every token that a theme can give a colour to.
pub fn tokens() -> impl Iterator<Item = &'static str> {
    use strum::IntoEnumIterator as _;
    Role::iter().map(Role::token).chain(read::BESIDE_ROLES)
}

fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, known).map(|near| format!("did you mean {near:?}?"))
}

pub fn state_role(state: StateWord) -> Role {
    match state {
        StateWord::Running => Role::Running,
        StateWord::Paused | StateWord::Stalled | StateWord::Orphaned | StateWord::EndedUnseen => {
            Role::Warn
        }
        StateWord::Done => Role::Ok,
        StateWord::Failed | StateWord::Lost => Role::Error,
        StateWord::Queued => Role::Queued,
        StateWord::Stopped => Role::Stopped,
    }
}

#[cfg(test)]
mod tests;
