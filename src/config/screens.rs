//! Screens by name: what the bench is made of, and how the screen is set with it.
//!
//! A layout is a list of rows, each a pane or a list of columns, each of those a pane or a list of rows, and so on:
//!
//! ```toml
//! [screen.oncall]
//! layout.M = [["runs@40%", ["training@60%", "log"]]]
//! ```

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, SeqAccess, Visitor},
    ser::SerializeSeq as _,
};
use strum::IntoEnumIterator as _;

use crate::domain::text::nearest;

pub type Screens = BTreeMap<String, Screen>;

/// The screen that is shown when none is named.
pub const DEFAULT: &str = "default";
/// More panes cannot be told apart.
pub const MOST_PANES: usize = 12;

/// One way to set the screen. What it does not say is as `[ui]` has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Screen {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theme: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
    /// The metric shown first in lists of runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// Columns of lists of runs, as `ui.columns` names them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// The view that is in front at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Root>,
    /// The filter that the runs of the bench begin with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    pub layout: Layouts,
}

impl Screen {
    /// Says nothing of what a flag said: flags count over every file.
    pub fn yield_to(&mut self, is_said_by_flag: impl Fn(&str) -> bool) {
        fn forget<T>(value: &mut Option<T>, is_said: bool) {
            value.take_if(|_| is_said);
        }
        forget(&mut self.theme, is_said_by_flag("ui.theme"));
        forget(&mut self.rate, is_said_by_flag("ui.rate"));
        forget(&mut self.read_only, is_said_by_flag("ui.read_only"));
        forget(&mut self.metric, is_said_by_flag("ui.metric"));
        forget(&mut self.columns, is_said_by_flag("ui.columns"));
    }
}

/// The screens that come with Sconce.
pub fn shipped() -> Screens {
    #[derive(Deserialize)]
    struct Shipped {
        screen: Screens,
    }
    let shipped: Shipped = toml::from_str(include_str!("../../assets/screens.toml"))
        .expect("a test reads assets/screens.toml");
    shipped.screen
}

/// Layouts by the width of the screen: below 100 columns, below 160, and above. A width without one has that of the next
/// smaller that has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Layouts {
    #[serde(rename = "S", skip_serializing_if = "Option::is_none")]
    pub small: Option<Layout>,
    #[serde(rename = "M", skip_serializing_if = "Option::is_none")]
    pub medium: Option<Layout>,
    #[serde(rename = "L", skip_serializing_if = "Option::is_none")]
    pub large: Option<Layout>,
}

impl Layouts {
    /// The layout for so many columns; `None` where nothing is said of that width or a smaller one.
    pub fn fitting(&self, width: u16) -> Option<&Layout> {
        let by_width = [(160, &self.large), (100, &self.medium), (0, &self.small)];
        let fitting = by_width.into_iter().filter(|(least, _)| *least <= width);
        fitting.filter_map(|(_, layout)| layout.as_ref()).next()
    }
}

/// A part of the screen and how it is split. The outermost list is of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    pub part: Part,
    /// Of the room of the list that it stands in, in percent; without one, an equal share of what is left.
    pub share: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Pane(Pane),
    Split(Vec<Layout>),
}

/// How often data is drawn anew: as often as the link can bear.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Rate {
    #[default]
    Local,
    Ssh,
    Slow,
}

/// The views that have a key of their own, above which others open.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Root {
    #[default]
    Bench,
    Runs,
    Live,
    Data,
    Jobs,
}

/// What a part of the bench shows.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::EnumIter, strum::EnumString,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Pane {
    /// The list of runs. The panes beside it show the selected one; without it, the newest at work.
    Runs,
    /// How far the run is, and its charts.
    Training,
    /// Its charts alone.
    Charts,
    /// What is known of it.
    Facts,
    /// What it prints.
    Log,
    /// Data versions.
    Data,
    /// The queue.
    Jobs,
}

impl From<Pane> for Layout {
    fn from(pane: Pane) -> Self {
        Self {
            part: Part::Pane(pane),
            share: None,
        }
    }
}

impl Layout {
    /// The panes in reading order.
    pub fn panes(&self) -> Vec<Pane> {
        match &self.part {
            Part::Pane(pane) => vec![*pane],
            Part::Split(parts) => parts.iter().flat_map(Self::panes).collect(),
        }
    }
}

/// Why a text is no pane.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPane {
    #[error("there is no pane {name:?}; {known}")]
    Unknown { name: String, known: String },
    #[error("{0:?}: the share of a pane is a percentage from 5% to 95%, as in runs@40%")]
    Share(String),
}

impl FromStr for Layout {
    type Err = NotAPane;

    fn from_str(text: &str) -> Result<Self, NotAPane> {
        let (name, share) = match text.split_once('@') {
            Some((name, share)) => (name, Some(percent(share, text)?)),
            None => (text, None),
        };
        let pane = name.parse().map_err(|_| {
            let panes: Vec<String> = Pane::iter().map(|pane| pane.to_string()).collect();
            let near = nearest(name, panes.iter().map(String::as_str));
            NotAPane::Unknown {
                name: name.to_owned(),
                known: match near {
                    Some(near) => format!("{near:?} is one"),
                    None => format!("the panes are {}", panes.join(", ")),
                },
            }
        })?;
        Ok(Self {
            part: Part::Pane(pane),
            share,
        })
    }
}

fn percent(share: &str, text: &str) -> Result<u16, NotAPane> {
    let number = share.strip_suffix('%').and_then(|share| share.parse().ok());
    number
        .filter(|percent| (5..=95).contains(percent))
        .ok_or_else(|| NotAPane::Share(text.to_owned()))
}

impl<'de> Deserialize<'de> for Layout {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let layout = deserializer.deserialize_any(Reader)?;
        let panes = layout.panes();
        if MOST_PANES < panes.len() {
            let message = format!(
                "a layout has at most {MOST_PANES} panes, not {}",
                panes.len()
            );
            return Err(de::Error::custom(message));
        }
        let again = (1..panes.len()).find(|at| panes[..*at].contains(&panes[*at]));
        if let Some(at) = again {
            let message = format!(
                "the pane \"{}\" stands twice in a layout: once is enough",
                panes[at]
            );
            return Err(de::Error::custom(message));
        }
        Ok(layout)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Layout;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a pane, as \"runs\" or \"runs@40%\", or a list of panes")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Layout, E> {
        text.parse().map_err(E::custom)
    }

    /// A list may begin with its own share: `["@40%", "runs", "log"]`.
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Layout, A::Error> {
        let (mut share, mut parts) = (None, vec![]);
        while let Some(item) = list.next_element::<Item>()? {
            match item {
                Item::Part(part) => parts.push(part),
                Item::Share(percent) if parts.is_empty() && share.is_none() => {
                    share = Some(percent);
                }
                Item::Share(_) => {
                    return Err(de::Error::custom("the share of a list stands first in it"));
                }
            }
        }
        if parts.is_empty() {
            return Err(de::Error::custom("a layout without a pane"));
        }
        Ok(Layout {
            part: Part::Split(parts),
            share,
        })
    }
}

enum Item {
    Part(Layout),
    Share(u16),
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ItemReader;
        impl<'de> Visitor<'de> for ItemReader {
            type Value = Item;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Reader.expecting(f)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Item, E> {
                match text.strip_prefix('@') {
                    Some(share) => percent(share, text).map(Item::Share).map_err(E::custom),
                    None => Reader.visit_str(text).map(Item::Part),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Item, A::Error> {
                Reader.visit_seq(list).map(Item::Part)
            }
        }
        deserializer.deserialize_any(ItemReader)
    }
}

impl Serialize for Layout {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let share = self.share.map(|share| format!("@{share}%"));
        match &self.part {
            Part::Pane(pane) => {
                serializer.serialize_str(&format!("{pane}{}", share.unwrap_or_default()))
            }
            Part::Split(parts) => {
                let mut list = serializer.serialize_seq(None)?;
                share
                    .iter()
                    .try_for_each(|share| list.serialize_element(share))?;
                parts
                    .iter()
                    .try_for_each(|part| list.serialize_element(part))?;
                list.end()
            }
        }
    }
}

#[cfg(test)]
pub mod testing {
    use proptest::prelude::*;

    use super::*;

    /// Nested layouts with at most so many parts in each list.
    pub fn layouts(most: usize) -> impl Strategy<Value = Layout> {
        let share = || prop::option::of(5u16..=95);
        let panes: Vec<Pane> = Pane::iter().collect();
        let pane = (prop::sample::select(panes), share()).prop_map(|(pane, share)| Layout {
            share,
            ..Layout::from(pane)
        });
        pane.prop_recursive(3, 12, most as u32, move |inner| {
            (prop::collection::vec(inner, 1..=most), share()).prop_map(|(parts, share)| Layout {
                part: Part::Split(parts),
                share,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Screen, String> {
        toml::from_str(text).map_err(|error: toml::de::Error| error.message().to_owned())
    }

    #[test]
    fn a_layout_says_what_is_wrong_with_it() {
        let cases = [
            (
                r#"layout.S = ["rusn"]"#,
                r#"there is no pane "rusn"; "runs" is one"#,
            ),
            (
                r#"layout.S = ["runs@140%"]"#,
                r#""runs@140%": the share of a pane is a percentage from 5% to 95%, as in runs@40%"#,
            ),
            (r#"layout.S = [[]]"#, "a layout without a pane"),
            (
                r#"layout.S = ["runs", ["log@40%", "runs"]]"#,
                r#"the pane "runs" stands twice in a layout: once is enough"#,
            ),
            (
                r#"layout.S = ["runs", "@40%"]"#,
                "the share of a list stands first in it",
            ),
        ];
        for (text, message) in cases {
            assert_eq!(read(text).unwrap_err(), message);
        }
        let many = format!("layout.M = [{}]", "\"log\",".repeat(13));
        assert_eq!(
            read(&many).unwrap_err(),
            "a layout has at most 12 panes, not 13"
        );
    }

    #[test]
    fn every_screen_that_is_shipped_has_a_layout_for_the_smallest() {
        let screens = shipped();
        assert!(screens.contains_key(DEFAULT));
        assert!(screens.values().all(|screen| screen.layout.small.is_some()));
    }

    #[test]
    fn a_width_without_a_layout_has_that_of_the_next_smaller() {
        let screen = read("layout.S = [\"runs\"]\nlayout.L = [\"log\"]").unwrap();
        let first = |width| screen.layout.fitting(width).map(|layout| layout.panes()[0]);
        let wanted = [(80, Pane::Runs), (120, Pane::Runs), (200, Pane::Log)];
        for (width, pane) in wanted {
            assert_eq!(first(width), Some(pane));
        }
        assert_eq!(Layouts::default().fitting(80), None);
    }

    /// Gives each part a pane of its own, as long as there are any.
    fn distinct(layout: &mut Layout, panes: &mut Vec<Pane>) -> bool {
        match &mut layout.part {
            Part::Pane(pane) => panes.pop().map(|other| *pane = other).is_some(),
            Part::Split(parts) => parts.iter_mut().all(|part| distinct(part, panes)),
        }
    }

    /// Layouts as a person may write them: no pane stands in them twice.
    fn written() -> impl Strategy<Value = Layout> {
        let panes = Just(Pane::iter().collect::<Vec<_>>()).prop_shuffle();
        let layouts = (testing::layouts(2), panes);
        layouts.prop_filter_map("more parts than panes", |(mut layout, mut panes)| {
            distinct(&mut layout, &mut panes).then_some(layout)
        })
    }

    proptest! {
        #[test]
        fn a_layout_is_read_as_it_is_written(layout in written()) {
            let mut screen = Screen::default();
            screen.layout.small = Some(layout);
            let text = toml::to_string(&screen).unwrap();
            prop_assert_eq!(toml::from_str::<Screen>(&text).unwrap(), screen);
        }
    }
}
