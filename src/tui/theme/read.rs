//! Reading a theme: TOML with a token on each line, over the theme that it extends.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use strum::IntoEnumIterator as _;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    Background, HEAT, MODIFIERS, Palette, Role, SERIES, SOURCES, did_you_mean, names, tokens,
};
use crate::domain::wording::in_words;

/// Tokens that are no role of their own.
pub const BESIDE_ROLES: [&str; 3] = ["chart.raw", "series", "heat"];
/// What a theme says of itself.
const ABOUT: [&str; 2] = ["extends", "background"];
/// A theme extends this one if it does not name another.
const ROOT: &str = "dark";
const COLOURS: [(&str, Color); 17] = [
    ("default", Color::Reset),
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("bright-black", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::White),
];

const WHAT_A_COLOUR_IS: &str =
    "an index from 0 to 255, \"#rrggbb\", a colour such as \"cyan\" or a token such as \"accent\"";

/// What is wrong with a theme, and where. The caller names the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct Wrong {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    pub message: String,
    pub hint: Option<String>,
}

/// A mistake before its place is counted out: where it begins, what it is, what to do.
struct Mistake(usize, String, Option<String>);

/// What a token is given, before the tokens that it names are looked up.
#[derive(Clone, Debug)]
enum Value {
    Colour(Paint),
    Style {
        fg: Option<Paint>,
        bg: Option<Paint>,
        modifiers: Modifier,
    },
    List(Vec<Paint>),
    /// `chart.raw` alone: the colour of the series.
    Series,
}

/// A colour, or the token that has it, with its place; `None` where that is in another text.
#[derive(Clone, Debug)]
enum Paint {
    Colour(Color),
    Token(String, Option<usize>),
}

/// The tokens that led to one, each with the place where it was named.
type Way = Vec<(String, Option<usize>)>;

type Values = BTreeMap<String, Value>;

impl Value {
    /// What is inherited stands in no line of the text that inherits it.
    fn forget_places(&mut self) {
        let paints: Vec<&mut Paint> = match self {
            Self::Colour(paint) => vec![paint],
            Self::Style { fg, bg, .. } => fg.iter_mut().chain(bg).collect(),
            Self::List(paints) => paints.iter_mut().collect(),
            Self::Series => vec![],
        };
        for paint in paints {
            if let Paint::Token(_, place) = paint {
                *place = None;
            }
        }
    }
}

/// Reads a theme.
///
/// # Errors
/// No TOML, a token that is not known, a value that is no colour, tokens that name each other in a ring.
pub fn palette(text: &str) -> Result<Palette, Wrong> {
    let placed = |Mistake(at, message, hint): Mistake| {
        let before = text.get(..at).unwrap_or_default();
        Wrong {
            line: before.matches('\n').count() + 1,
            column: before.chars().rev().take_while(|c| *c != '\n').count() + 1,
            message,
            hint,
        }
    };
    let (values, background) = values(text).map_err(placed)?;
    built(&values, background).map_err(placed)
}

/// The tokens of a text over those that it extends.
fn values(text: &str) -> Result<(Values, Background), Mistake> {
    let parsed = DeTable::parse(text).map_err(|error| {
        let (message, hint) = in_words(error.message());
        Mistake(error.span().map_or(0, |span| span.start), message, hint)
    })?;
    let mut entries = vec![];
    flatten(parsed.get_ref(), "", &mut entries)?;
    let is_root = text == SOURCES[0].2;
    let (mut values, mut background) = match entries.iter().find(|(key, _)| key == "extends") {
        None if is_root => (Values::new(), Background::Dark),
        None => values_of(ROOT),
        Some((_, value)) => {
            let name = string(value)?;
            let known = names().any(|known| known == name);
            known.then(|| values_of(name)).ok_or_else(|| {
                let hint = did_you_mean(name, names());
                let message = format!("no theme {name:?} is shipped");
                Mistake(start(value), message, hint)
            })?
        }
    };
    for (key, value) in &entries {
        match key.as_str() {
            "extends" => {}
            "background" => {
                let word = string(value)?;
                background = word.parse().map_err(|_| {
                    let hint = "one of dark, light, own, any".to_owned();
                    let message = format!("background cannot be {word:?}");
                    Mistake(start(value), message, Some(hint))
                })?;
            }
            token => drop(values.insert(token.to_owned(), self::value(token, value)?)),
        }
    }
    Ok((values, background))
}

fn values_of(name: &str) -> (Values, Background) {
    let source = SOURCES.iter().find(|(_, known, _)| *known == name);
    let (.., text) = source.expect("the caller knows the name");
    let (mut values, background) = values(text).unwrap_or_else(|Mistake(at, message, _)| {
        unreachable!("the theme {name} at {at}: {message}")
    });
    values.values_mut().for_each(Value::forget_places);
    (values, background)
}

type Entry<'t, 'i> = (String, &'t Spanned<DeValue<'i>>);

/// Every token with its value. `[state]` with `ok` below it is the token `state.ok`.
fn flatten<'t, 'i>(
    table: &'t DeTable<'i>,
    prefix: &str,
    entries: &mut Vec<Entry<'t, 'i>>,
) -> Result<(), Mistake> {
    for (name, value) in table {
        let key = format!("{prefix}{}", name.get_ref());
        let is_known = tokens().chain(ABOUT).any(|token| token == key);
        match value.get_ref() {
            _ if is_known => entries.push((key, value)),
            DeValue::Table(below)
                if tokens().any(|token| token.starts_with(&format!("{key}."))) =>
            {
                flatten(below, &format!("{key}."), entries)?;
            }
            _ => {
                let hint = did_you_mean(&key, tokens().chain(ABOUT));
                let hint =
                    hint.unwrap_or_else(|| "`sconce theme show dark` has them all".to_owned());
                let message = format!("there is no token {key:?}");
                return Err(Mistake(name.span().start, message, Some(hint)));
            }
        }
    }
    Ok(())
}

fn value(token: &str, value: &Spanned<DeValue<'_>>) -> Result<Value, Mistake> {
    let wanted = match token {
        "series" => Some(SERIES),
        "heat" => Some(HEAT),
        _ => None,
    };
    match (value.get_ref(), wanted) {
        (DeValue::Array(list), Some(wanted)) if list.len() == wanted => {
            let paints = list.iter().map(paint).collect::<Result<_, _>>()?;
            Ok(Value::List(paints))
        }
        (_, Some(wanted)) => {
            let message = format!("{token} must be a list of {wanted} colours");
            Err(Mistake(start(value), message, None))
        }
        (DeValue::String(text), None) if token == "chart.raw" && text == "series" => {
            Ok(Value::Series)
        }
        (DeValue::Table(table), None) => style(table),
        _ => Ok(Value::Colour(paint(value)?)),
    }
}

fn style(table: &DeTable<'_>) -> Result<Value, Mistake> {
    let (mut fg, mut bg, mut modifiers) = (None, None, Modifier::empty());
    for (name, value) in table {
        let key = name.get_ref().as_ref();
        let modifier = MODIFIERS.iter().find(|(known, _)| *known == key);
        match (key, modifier, value.get_ref().as_bool()) {
            ("fg", ..) => fg = Some(paint(value)?),
            ("bg", ..) => bg = Some(paint(value)?),
            (_, Some((_, modifier)), Some(is_on)) => modifiers.set(*modifier, is_on),
            (_, Some(_), None) => {
                let message = format!("{key} is true or false");
                return Err(Mistake(start(value), message, None));
            }
            (_, None, _) => {
                let known = ["fg", "bg"]
                    .into_iter()
                    .chain(MODIFIERS.map(|(name, _)| name));
                let hint = did_you_mean(key, known.clone());
                let all = || format!("one of {}", known.collect::<Vec<_>>().join(", "));
                let message = format!("unknown key {key:?}");
                return Err(Mistake(
                    name.span().start,
                    message,
                    Some(hint.unwrap_or_else(all)),
                ));
            }
        }
    }
    Ok(Value::Style { fg, bg, modifiers })
}

/// An index, `"#rrggbb"`, the name of a colour or of a token.
fn paint(value: &Spanned<DeValue<'_>>) -> Result<Paint, Mistake> {
    if let Some(number) = value.get_ref().as_integer() {
        let index = match number.radix() {
            10 => number.as_str().replace('_', "").parse().ok(),
            _ => None,
        };
        let message = || format!("{} is no index of a colour: 0 to 255", number.as_str());
        return match index {
            Some(index) => Ok(Paint::Colour(Color::Indexed(index))),
            None => Err(Mistake(start(value), message(), None)),
        };
    }
    let text = string(value)?;
    if let Some((_, colour)) = COLOURS.iter().find(|(name, _)| *name == text) {
        return Ok(Paint::Colour(*colour));
    }
    if let Some(digits) = text.strip_prefix('#') {
        let is_hex = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u32::from_str_radix(digits, 16).ok().filter(|_| is_hex);
        return match number {
            Some(number) => Ok(Paint::Colour(Color::from_u32(number))),
            None => Err(Mistake(
                start(value),
                format!("{text:?} is no colour"),
                Some("write six digits, as in \"#5fafff\"".to_owned()),
            )),
        };
    }
    if Role::iter().any(|role| role.token() == text) {
        return Ok(Paint::Token(text.to_owned(), Some(start(value))));
    }
    let known = COLOURS.map(|(name, _)| name);
    let hint = did_you_mean(text, known.into_iter().chain(tokens()));
    let hint = hint.unwrap_or_else(|| WHAT_A_COLOUR_IS.to_owned());
    let message = format!("{text:?} is neither a colour nor a token");
    Err(Mistake(start(value), message, Some(hint)))
}

fn string<'t>(value: &'t Spanned<DeValue<'_>>) -> Result<&'t str, Mistake> {
    value.get_ref().as_str().ok_or_else(|| {
        let message = format!("a text is expected, not {}", value.get_ref().type_str());
        Mistake(start(value), message, None)
    })
}

fn start(value: &Spanned<DeValue<'_>>) -> usize {
    value.span().start
}

fn built(values: &Values, background: Background) -> Result<Palette, Mistake> {
    let style = |token: &str| resolved(values, token, None, &mut vec![]);
    let mut roles = [Style::new(); <Role as strum::EnumCount>::COUNT];
    for role in Role::iter() {
        roles[role as usize] = style(role.token())?;
    }
    let raw = match values.get("chart.raw") {
        Some(Value::Series) => None,
        _ => Some(style("chart.raw")?),
    };
    Ok(Palette {
        background,
        roles,
        raw,
        series: list(values, "series")?,
        heat: list(values, "heat")?,
    })
}

fn list<const N: usize>(values: &Values, token: &str) -> Result<[Style; N], Mistake> {
    let mut styles = [Style::new(); N];
    if let Some(Value::List(paints)) = values.get(token) {
        for (style, paint) in styles.iter_mut().zip(paints) {
            style.fg = colour(values, paint, &mut vec![])?.filter(|colour| *colour != Color::Reset);
        }
    }
    Ok(styles)
}

/// The style of a token that was named at `place`.
fn resolved(
    values: &Values,
    token: &str,
    place: Option<usize>,
    way: &mut Way,
) -> Result<Style, Mistake> {
    let is_ring = way.iter().any(|(passed, _)| passed == token);
    way.push((token.to_owned(), place));
    if is_ring {
        return Err(ring(way));
    }
    let style = match values.get(token) {
        Some(Value::Colour(Paint::Token(name, place))) => resolved(values, name, *place, way)?,
        // What is in no colour keeps that of what it lies on; in a table, `default` takes it away.
        Some(Value::Colour(Paint::Colour(Color::Reset))) => Style::new(),
        Some(Value::Colour(paint)) => Style {
            fg: colour(values, paint, way)?,
            ..Style::new()
        },
        Some(Value::Style { fg, bg, modifiers }) => {
            let mut find = |paint: &Option<Paint>| match paint {
                Some(paint) => colour(values, paint, way),
                None => Ok(None),
            };
            let style = Style {
                fg: find(fg)?,
                bg: find(bg)?,
                ..Style::new()
            };
            style.add_modifier(*modifiers)
        }
        Some(Value::List(_) | Value::Series) | None => Style::new(),
    };
    way.pop();
    Ok(style)
}

fn colour(values: &Values, paint: &Paint, way: &mut Way) -> Result<Option<Color>, Mistake> {
    match paint {
        Paint::Colour(colour) => Ok(Some(*colour)),
        Paint::Token(name, place) => Ok(resolved(values, name, *place, way)?.fg),
    }
}

fn ring(way: &Way) -> Mistake {
    let names: Vec<&str> = way.iter().map(|(token, _)| token.as_str()).collect();
    let at = way.iter().find_map(|(_, place)| *place).unwrap_or(0);
    let message = format!(
        "tokens that name each other have no colour: {}",
        names.join(" -> ")
    );
    Mistake(at, message, Some("give one of them a colour".to_owned()))
}

/// What a file calls one of the 16 colours.
pub fn name_of(colour: Color) -> Option<&'static str> {
    let mut known = COLOURS.iter();
    known
        .find(|(_, known)| *known == colour)
        .map(|(name, _)| *name)
}
