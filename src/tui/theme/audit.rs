//! What a theme is worth to eyes: the contrast of every token, and how far lines and states stand apart.

use ratatui::style::{Color, Style};
use serde::Serialize;
use strum::IntoEnumIterator as _;

use super::{
    Background, Palette, Role,
    measure::{Rgb, Vision, contrast, difference, rgb},
};

/// Contrast that text needs, and what is no text but must be seen: WCAG 2.2, 1.4.3 and 1.4.11.
const TEXT: f64 = 4.5;
const GRAPHIC: f64 = 3.0;
/// Colours that are nearer may be taken for each other.
pub const APART: f64 = 20.0;

/// Backgrounds that people have: black, two usual dark ones; white, a usual light one.
const DARK: [Rgb; 3] = [[0; 3], [0x1e; 3], [0x28, 0x2c, 0x34]];
const LIGHT: [Rgb; 2] = [[0xff; 3], [0xfd, 0xf6, 0xe3]];

/// All that was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub tokens: Vec<Token>,
    pub apart: Vec<Apart>,
}

/// One token on every background.
#[derive(Clone, Debug, Serialize)]
pub struct Token {
    pub token: String,
    /// `default` is the terminal's own.
    pub colour: String,
    /// The least contrast it needs; `None` for what only decorates.
    pub need: Option<f64>,
    /// On each background; empty where a colour is the terminal's own.
    pub contrast: Vec<On>,
    pub is_good: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct On {
    pub background: String,
    pub contrast: f64,
    pub need: f64,
}

/// The two colours of a set that are nearest to an eye.
#[derive(Clone, Debug, Serialize)]
pub struct Apart {
    pub set: &'static str,
    pub vision: String,
    pub difference: f64,
    pub nearest: [String; 2],
    pub is_good: bool,
}

impl Report {
    /// Nothing is too faint. Colours that are near each other are no fault: a letter or a word tells them apart too.
    pub fn is_good(&self) -> bool {
        self.tokens.iter().all(|token| token.is_good)
    }
}

impl Palette {
    /// Every token by its name, in the order of the theme's file.
    pub fn styles(&self) -> Vec<(String, Style)> {
        let roles = Role::iter().map(|role| (role.token().to_owned(), self.roles[role as usize]));
        let raw = self.raw.map(|raw| ("chart.raw".to_owned(), raw));
        let series = self.series.iter().enumerate();
        let series = series.map(|(at, style)| (format!("series.{}", at + 1), *style));
        let heat = self.heat.iter().enumerate();
        let heat = heat.map(|(at, style)| (format!("heat.{at}"), *style));
        roles.chain(raw).chain(series).chain(heat).collect()
    }

    pub fn report(&self) -> Report {
        let grounds = self.grounds();
        let rows = [Role::Selected, Role::SelectedElsewhere].map(|role| {
            let ground = self.roles[role as usize].bg.and_then(rgb);
            ground.map(|ground| (role.token().to_owned(), ground))
        });
        let rows: Vec<(String, Rgb)> = rows.into_iter().flatten().collect();
        let measure = |(token, style): (String, Style)| {
            let need = need(&token);
            measured(token, style, need, &grounds, &rows)
        };
        Report {
            tokens: self.styles().into_iter().map(measure).collect(),
            apart: self.apart(),
        }
    }

    fn grounds(&self) -> Vec<(String, Rgb)> {
        let own = self.roles[Role::Text as usize].bg.and_then(rgb);
        let grounds = match self.background {
            Background::Dark => DARK.to_vec(),
            Background::Light => LIGHT.to_vec(),
            Background::Own => own.into_iter().collect(),
            Background::Any => vec![],
        };
        grounds
            .into_iter()
            .map(|ground| (hex(ground), ground))
            .collect()
    }

    fn apart(&self) -> Vec<Apart> {
        let states = [
            Role::Ok,
            Role::Running,
            Role::Warn,
            Role::Error,
            Role::Stopped,
        ];
        let states = states.map(|role| (role.token().to_owned(), self.roles[role as usize]));
        let series = self.series.iter().enumerate();
        let series: Vec<_> = series
            .map(|(at, style)| (format!("series.{}", at + 1), *style))
            .collect();
        let sets = [("series", series), ("states", states.to_vec())];
        let each = sets.iter().flat_map(|(set, styles)| {
            let known: Vec<(String, Rgb)> = styles
                .iter()
                .filter_map(|(token, style)| Some((token.clone(), rgb(style.fg?)?)))
                .collect();
            Vision::iter().filter_map(move |vision| nearest(set, vision, &known))
        });
        each.collect()
    }
}

/// What a token needs: text more than a line, what only decorates nothing.
fn need(token: &str) -> Option<f64> {
    match token {
        "border" | "chart.grid" | "sel" | "sel.inactive" => None,
        token if token.starts_with("heat.") => None,
        "border.focus" | "chart.crosshair" | "chart.raw" | "chart.warn" | "chart.alert" => {
            Some(GRAPHIC)
        }
        token if token.starts_with("series.") => Some(GRAPHIC),
        _ => Some(TEXT),
    }
}

fn measured(
    token: String,
    style: Style,
    need: Option<f64>,
    grounds: &[(String, Rgb)],
    rows: &[(String, Rgb)],
) -> Token {
    let colour = style.fg.and_then(rgb);
    let mut on = vec![];
    if let (Some(colour), Some(need)) = (colour, need) {
        let place = |need: f64| {
            move |(name, ground): &(String, Rgb)| On {
                background: name.clone(),
                contrast: contrast(colour, *ground),
                need,
            }
        };
        on.extend(grounds.iter().map(place(need)));
        // The cursor's row is bold, and what it says stands in other rows too.
        let is_text = need == TEXT;
        on.extend(rows.iter().filter(|_| is_text).map(place(GRAPHIC)));
    }
    // Most schemes make it as dark as the background.
    let is_grey = matches!(style.fg, Some(Color::DarkGray | Color::Indexed(8)));
    Token {
        token,
        colour: written(style.fg.or(style.bg)),
        need,
        is_good: on.iter().all(|on| on.need <= on.contrast) && !(is_grey && need == Some(TEXT)),
        contrast: on,
    }
}

fn nearest(set: &'static str, vision: Vision, known: &[(String, Rgb)]) -> Option<Apart> {
    let pairs = known
        .iter()
        .enumerate()
        .flat_map(|(at, a)| known[at + 1..].iter().map(move |b| (a, b)));
    let far = |a: &(String, Rgb), b: &(String, Rgb)| difference(a.1, b.1, vision);
    let (a, b) = pairs.min_by(|(a, b), (c, d)| far(a, b).total_cmp(&far(c, d)))?;
    Some(Apart {
        set,
        vision: vision.to_string(),
        difference: far(a, b),
        nearest: [a.0.clone(), b.0.clone()],
        is_good: APART <= far(a, b),
    })
}

/// A colour as a theme's file writes it.
pub fn written(colour: Option<Color>) -> String {
    match colour {
        None | Some(Color::Reset) => "default".to_owned(),
        Some(Color::Indexed(index)) => index.to_string(),
        Some(Color::Rgb(red, green, blue)) => hex([red, green, blue]),
        Some(named) => super::read::name_of(named).unwrap_or("default").to_owned(),
    }
}

fn hex([red, green, blue]: Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}
