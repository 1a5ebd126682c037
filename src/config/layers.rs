//! Layers of settings: parsed with their places, merged as trees, read once.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::Deserialize as _;
use toml::{
    Spanned,
    de::{DeInteger, DeTable, DeValue},
};

use super::{Config, Environment, Error, Result, Setting, places, themes};
use crate::domain::{text::nearest, wording::in_words};

/// Texts that take one of a few words; what is not a type of its own is checked here.
const CHOICES: [([&str; 2], &[&str]); 5] = [
    (["a11y", "motion"], &["full", "reduced", "none"]),
    (
        ["clipboard", "route"],
        &["auto", "tmux", "osc52", "file", "none"],
    ),
    (["notify", "route"], &["bell", "osc9", "none"]),
    (
        ["ui", "charset"],
        &["auto", "octant", "braille", "block", "ascii"],
    ),
    (["ui", "rate"], &["auto", "local", "ssh", "slow"]),
];

/// Who said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Shipped,
    System(PathBuf),
    User(PathBuf),
    Project(PathBuf),
    Environment,
    Flags,
}

impl Origin {
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::System(path) | Self::User(path) | Self::Project(path) => Some(path),
            Self::Shipped | Self::Environment | Self::Flags => None,
        }
    }
}

/// Where a value stands: `sconce.toml:3:7`, `SCONCE_UI_THEME`, `--config`, `shipped`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Place {
    pub file: Option<PathBuf>,
    /// From 1; 0 where there is no file.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What to call it when it is no file.
    pub name: String,
    /// In the space of positions that all layers share.
    #[serde(skip)]
    position: usize,
}

impl Place {
    /// Was it said on the command line?
    pub fn is_flag(&self) -> bool {
        self.file.is_none() && self.name.starts_with("--")
    }

    /// Higher layers rank higher, and later lines in them.
    pub(super) fn rank(&self) -> usize {
        self.position
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "{}:{}:{}", file.display(), self.line, self.column),
            None => f.write_str(&self.name),
        }
    }
}

/// The text of one layer, before it is parsed.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    origin: Origin,
    text: String,
    /// What to call each line, where there is no file.
    names: Vec<String>,
    gated: &'static [[&'static str; 2]],
    left_out: LeftOut,
}

/// What of a layer does not count, because it is not sound.
#[derive(Clone, Debug)]
enum LeftOut {
    Sections(Vec<String>),
    All,
}

impl Layer {
    pub fn new(origin: Origin, text: String) -> Self {
        Self {
            origin,
            text,
            names: vec![],
            gated: &[],
            left_out: LeftOut::Sections(vec![]),
        }
    }

    /// A layer without a file: lines of TOML, each with a name.
    pub fn lines(origin: Origin, lines: Vec<(String, String)>) -> Self {
        let (names, lines): (_, Vec<String>) = lines.into_iter().unzip();
        Self {
            names,
            ..Self::new(origin, lines.join("\n"))
        }
    }

    /// These keys of it do not count.
    pub fn gated(self, gated: &'static [[&'static str; 2]]) -> Self {
        Self { gated, ..self }
    }
}

/// Layers, lowest first, in one space of positions.
///
/// Each is parsed behind as many blanks as the layers before it are long, so that every position in what is merged, and
/// in every error, tells its layer.
pub(super) struct Layers(Vec<(Layer, usize)>);

impl Layers {
    pub fn new(layers: Vec<Layer>) -> Self {
        let mut start = 0;
        let placed = layers.into_iter().map(|layer| {
            let text = " ".repeat(start) + &layer.text;
            let placed = (Layer { text, ..layer }, start);
            start = placed.0.text.len() + 1;
            placed
        });
        Self(placed.collect())
    }

    pub fn merge(&self) -> Result<Merged<'_>> {
        let mut merged = Merged {
            layers: self,
            table: DeTable::new(),
            inert: vec![],
        };
        for (layer, start) in &self.0 {
            let LeftOut::Sections(left_out) = &layer.left_out else {
                continue;
            };
            let parsed =
                DeTable::parse(&layer.text).map_err(|error| self.mistake(&error, *start))?;
            let mut table = parsed.into_inner();
            for section in left_out {
                table.remove(section.as_str());
            }
            join_names(&mut table);
            for path in layer.gated {
                if let Some(value) = remove(&mut table, path) {
                    merged.inert.push(self.setting(path.join("."), &value));
                }
            }
            merge(&mut merged.table, table);
        }
        Ok(merged)
    }

    /// Leaves out the section in which a mistake stands, or its whole layer where that is no TOML. `false` where nothing can
    /// be left out: what a person has just typed is theirs to mend.
    pub fn leave_out(&mut self, fault: &Error) -> bool {
        let Error::Mistake { place, .. } = fault else {
            return false;
        };
        let (number, ..) = self.at(place.position);
        let (layer, _) = &mut self.0[number];
        if matches!(layer.origin, Origin::Shipped | Origin::Flags) {
            return false;
        }
        let section = section_at(&layer.text, place.position);
        layer.left_out = match (&layer.left_out, section) {
            (LeftOut::All, _) => return false,
            (LeftOut::Sections(sections), Some(section)) if !sections.contains(&section) => {
                LeftOut::Sections([sections.as_slice(), &[section]].concat())
            }
            (LeftOut::Sections(_), _) => LeftOut::All,
        };
        true
    }

    fn setting(&self, key: String, value: &Spanned<DeValue<'_>>) -> Setting {
        let (_, layer, _) = self.at(value.span().start);
        Setting {
            key,
            value: layer.text[value.span()].trim().to_owned(),
            place: self.place(value.span().start),
        }
    }

    fn at(&self, position: usize) -> (usize, &Layer, usize) {
        let above = self.0.partition_point(|(_, start)| *start <= position);
        let (layer, start) = &self.0[above.saturating_sub(1)];
        (above.saturating_sub(1), layer, *start)
    }

    fn place(&self, position: usize) -> Place {
        let (_, layer, start) = self.at(position);
        let before = layer.text.get(start..position).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        let (line, column, name) = match &layer.origin {
            Origin::System(_) | Origin::User(_) | Origin::Project(_) => {
                (line, column, String::new())
            }
            Origin::Shipped => (line, column, "shipped".to_owned()),
            Origin::Environment | Origin::Flags => {
                let name = layer.names.get(line - 1).cloned();
                (0, 0, name.unwrap_or_default())
            }
        };
        Place {
            file: layer.origin.file().map(Path::to_owned),
            line,
            column,
            name,
            position,
        }
    }

    fn mistake(&self, error: &toml::de::Error, start: usize) -> Error {
        let position = error.span().map_or(start, |span| span.start.max(start));
        let (message, hint) = in_words(error.message());
        Error::Mistake {
            place: self.place(position),
            message,
            hint,
        }
    }
}

/// What all layers say together.
pub(super) struct Merged<'t> {
    layers: &'t Layers,
    table: DeTable<'t>,
    inert: Vec<Setting>,
}

impl Merged<'_> {
    pub fn inert(&self) -> Vec<Setting> {
        self.inert.clone()
    }

    /// Every value that counts, with its place.
    pub fn said(&self) -> Vec<Setting> {
        let mut said = vec![];
        leaves(&self.table, "", &mut |key, value| {
            said.push(self.layers.setting(key, value));
        });
        said
    }

    /// Reads it. Paths that a file names are made to stand relative to that file.
    pub fn read(mut self, environment: &Environment) -> Result<Config> {
        for (path, choices) in CHOICES {
            self.check_choice(&path, choices)?;
        }
        let own = themes::own(&environment.places);
        let own = own.iter().map(|(name, _)| name.as_str());
        let themes: Vec<&str> = ["auto"]
            .into_iter()
            .chain(themes::SHIPPED)
            .chain(own)
            .collect();
        self.check_choice(&["ui", "theme"], &themes)?;
        for screen in self.names_in("screen") {
            self.check_choice(&["screen", &screen, "theme"], &themes)?;
        }
        self.check_finite()?;
        self.check_columns()?;
        self.anchor(environment);
        let root = Spanned::new(0..0, self.table);
        Config::deserialize(toml::Deserializer::from(root))
            .map_err(|error| self.layers.mistake(&error, 0))
    }

    fn check_choice(&self, path: &[&str], choices: &[&str]) -> Result<()> {
        let Some(value) = find(&self.table, path) else {
            return Ok(());
        };
        let text = value.get_ref().as_str();
        let Some(text) = text.filter(|text| !choices.contains(text)) else {
            return Ok(());
        };
        Err(Error::Mistake {
            place: self.layers.place(value.span().start),
            message: format!("{} cannot be {text:?}", path.join(".")),
            hint: Some(match nearest(text, choices.iter().copied()) {
                Some(near) => format!("did you mean {near:?}?"),
                None => format!("one of {}", choices.join(", ")),
            }),
        })
    }

    /// TOML can write `nan` and `inf`; no setting can be either.
    fn check_finite(&self) -> Result<()> {
        let mut found = None;
        leaves(&self.table, "", &mut |key, value| {
            if is_not_finite(value.get_ref()) {
                found.get_or_insert((key, value.span().start));
            }
        });
        match found {
            Some((key, at)) => Err(Error::Mistake {
                place: self.layers.place(at),
                message: format!("{key} must be a finite number"),
                hint: None,
            }),
            None => Ok(()),
        }
    }

    fn check_columns(&self) -> Result<()> {
        let Some(value) = find(&self.table, &["term", "ambiguous"]) else {
            return Ok(());
        };
        let number = value.get_ref().as_integer().map(DeInteger::as_str);
        match number {
            Some(number) if !matches!(number, "1" | "2") => Err(Error::Mistake {
                place: self.layers.place(value.span().start),
                message: format!("term.ambiguous cannot be {number}"),
                hint: Some("1, or 2 where the terminal draws such characters wide".to_owned()),
            }),
            _ => Ok(()),
        }
    }

    /// The names of the tables in a table.
    fn names_in(&self, key: &str) -> Vec<String> {
        match self.table.get(key).map(Spanned::get_ref) {
            Some(DeValue::Table(tables)) => tables
                .keys()
                .map(|name| name.get_ref().to_string())
                .collect(),
            _ => vec![],
        }
    }

    /// Makes paths absolute: they are relative to the file that says them.
    fn anchor(&mut self, environment: &Environment) {
        let presets = self.names_in("presets");
        let data = presets
            .iter()
            .map(|name| vec!["presets", name.as_str(), "data"]);
        for path in data.chain([vec!["store", "path"]]) {
            let Some(value) = find(&self.table, &path) else {
                continue;
            };
            let Some(text) = value.get_ref().as_str() else {
                continue;
            };
            let file = self.layers.place(value.span().start).file;
            let folder = file
                .as_deref()
                .and_then(Path::parent)
                .unwrap_or(&environment.cwd);
            let absolute = places::anchored(text, folder, &environment.home);
            if let Some(value) = find_mut(&mut self.table, &path) {
                *value.get_mut() = DeValue::String(absolute.into());
            }
        }
    }
}

/// The first key of what stands at a position; `None` where the text is no TOML.
fn section_at(text: &str, position: usize) -> Option<String> {
    fn is_in(value: &Spanned<DeValue<'_>>, position: usize) -> bool {
        let is_below = match value.get_ref() {
            DeValue::Table(table) => is_in_table(table, position),
            _ => false,
        };
        is_below || value.span().contains(&position)
    }
    fn is_in_table(table: &DeTable<'_>, position: usize) -> bool {
        let mut entries = table.iter();
        entries.any(|(key, value)| key.span().contains(&position) || is_in(value, position))
    }
    let parsed = DeTable::parse(text).ok()?;
    let (key, _) = parsed
        .get_ref()
        .iter()
        .find(|(key, value)| key.span().contains(&position) || is_in(value, position))?;
    Some(key.get_ref().to_string())
}

/// The name of an action holds a dot, which TOML takes for a table where it is not quoted: both are `keys."runs.sort"`.
fn join_names(table: &mut DeTable<'_>) {
    let Some(DeValue::Table(keys)) = table.get_mut("keys").map(Spanned::get_mut) else {
        return;
    };
    for (context, mut value) in std::mem::take(keys) {
        let DeValue::Table(actions) = value.get_mut() else {
            keys.insert(context, value);
            continue;
        };
        for (action, value) in std::mem::take(actions) {
            let name = format!("{}.{}", context.get_ref(), action.get_ref());
            keys.insert(Spanned::new(action.span(), name.into()), value);
        }
    }
}

/// Key by key: tables are merged, everything else is replaced.
fn merge<'i>(below: &mut DeTable<'i>, above: DeTable<'i>) {
    for (key, mut value) in above {
        let under = below.get_mut(key.get_ref().as_ref()).map(Spanned::get_mut);
        if let (Some(DeValue::Table(under)), DeValue::Table(over)) = (under, value.get_mut()) {
            merge(under, std::mem::take(over));
        } else {
            below.insert(key, value);
        }
    }
}

fn is_not_finite(value: &DeValue<'_>) -> bool {
    match value {
        DeValue::Float(float) => float
            .as_str()
            .parse::<f64>()
            .is_ok_and(|number| !number.is_finite()),
        DeValue::Array(values) => values.iter().any(|value| is_not_finite(value.get_ref())),
        _ => false,
    }
}

fn find<'t, 'i>(table: &'t DeTable<'i>, path: &[&str]) -> Option<&'t Spanned<DeValue<'i>>> {
    let (first, rest) = path.split_first()?;
    let value = table.get(*first)?;
    match value.get_ref() {
        _ if rest.is_empty() => Some(value),
        DeValue::Table(table) => find(table, rest),
        _ => None,
    }
}

fn find_mut<'t, 'i>(
    table: &'t mut DeTable<'i>,
    path: &[&str],
) -> Option<&'t mut Spanned<DeValue<'i>>> {
    let (first, rest) = path.split_first()?;
    let value = table.get_mut(*first)?;
    if rest.is_empty() {
        return Some(value);
    }
    match value.get_mut() {
        DeValue::Table(table) => find_mut(table, rest),
        _ => None,
    }
}

fn remove<'i>(table: &mut DeTable<'i>, path: &[&str]) -> Option<Spanned<DeValue<'i>>> {
    let (last, folder) = path.split_last()?;
    if folder.is_empty() {
        return table.remove(*last);
    }
    match find_mut(table, folder)?.get_mut() {
        DeValue::Table(table) => table.remove(*last),
        _ => None,
    }
}

fn leaves(table: &DeTable<'_>, prefix: &str, each: &mut impl FnMut(String, &Spanned<DeValue<'_>>)) {
    for (key, value) in table {
        let key = format!("{prefix}{}", quoted_key(key.get_ref()));
        match value.get_ref() {
            DeValue::Table(table) => leaves(table, &format!("{key}."), each),
            _ => each(key, value),
        }
    }
}

/// Every value of a config, defaults included, by its dotted key.
pub(super) fn flat(config: &Config) -> Vec<(String, String)> {
    fn walk(table: &toml::Table, prefix: &str, all: &mut Vec<(String, String)>) {
        for (key, value) in table {
            let key = format!("{prefix}{}", quoted_key(key));
            match value {
                toml::Value::Table(table) => walk(table, &format!("{key}."), all),
                value => all.push((key, value.to_string())),
            }
        }
    }
    let mut all = vec![];
    let table = toml::Table::try_from(config)
        .expect("a config is made of texts, numbers, lists and tables");
    walk(&table, "", &mut all);
    all
}

pub(super) fn quoted_key(key: &str) -> String {
    let is_bare = !key.is_empty()
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if is_bare {
        key.to_owned()
    } else {
        toml::Value::String(key.to_owned()).to_string()
    }
}
