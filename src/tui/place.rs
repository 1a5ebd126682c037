//! A place on the screen: what a link names, what the session keeps, and what a view can be put back to.
//!
//! ```text
//! sconce://runs?filter=state%3Afailed&sort=val%2Fauc%40best
//! sconce://run/0f3c6a…?metric=loss&x=14000..15300
//! sconce://data/penguins@v3
//! ```

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use strum::IntoEnumIterator as _;

use super::views::Root;
use crate::domain::{
    datasets::VersionId,
    ids::RunId,
    text::{shortened, similar_first},
};

/// A view, and how it is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub spot: Spot,
    pub settings: Settings,
}

/// What a view is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spot {
    Root(Root),
    Run(RunId),
    /// Runs beside each other.
    Compare(Vec<RunId>),
    /// The runs of a list by the values of a parameter.
    Groups,
    /// A data version.
    Version(VersionId),
}

/// Words by name. Each view knows its own and passes over the others, so that an old link still opens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings(BTreeMap<String, String>);

impl Settings {
    /// With one more word; an empty one is left out.
    pub fn with(mut self, name: &str, word: impl Into<String>) -> Self {
        let word = word.into();
        if !word.is_empty() {
            self.0.insert(name.to_owned(), word);
        }
        self
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The word of this name, if it can be read as a `T`.
    pub fn read<T: FromStr>(&self, name: &str) -> Option<T> {
        self.get(name)?.parse().ok()
    }
}

/// Why a text is no link to a place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPlace {
    #[error("a link begins with sconce://, not {:?}", shortened(.0, LONGEST))]
    Scheme(String),
    #[error("there is no view {:?}; there are {}", shortened(name, LONGEST), views.join(", "))]
    View {
        name: String,
        /// Those that there are, the nearest first.
        views: Vec<String>,
    },
    #[error("{:?} is not the whole id of a run", shortened(.0, LONGEST))]
    Run(String),
    #[error("{:?} is no data version: one is written penguins@v3", shortened(.0, LONGEST))]
    Version(String),
}

const SCHEME: &str = "sconce://";
/// Characters of a wrong link that are said again.
const LONGEST: usize = 60;

impl Place {
    pub fn of_root(root: Root) -> Self {
        Self::of(Spot::Root(root))
    }

    /// The root above which it is opened.
    pub fn root(&self) -> Root {
        match self.spot {
            Spot::Root(root) => root,
            Spot::Run(_) | Spot::Compare(_) | Spot::Groups => Root::Runs,
            Spot::Version(_) => Root::Data,
        }
    }

    pub fn is_root(&self) -> bool {
        matches!(self.spot, Spot::Root(_))
    }

    pub fn of(spot: Spot) -> Self {
        Self {
            spot,
            settings: Settings::default(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}")?;
        match &self.spot {
            Spot::Root(root) => write!(f, "{root}")?,
            Spot::Run(id) => write!(f, "run/{id}")?,
            Spot::Compare(ids) => {
                let ids: Vec<String> = ids.iter().map(RunId::to_string).collect();
                write!(f, "compare/{}", ids.join("+"))?;
            }
            Spot::Groups => write!(f, "groups")?,
            Spot::Version(id) => write!(f, "data/{id}")?,
        }
        if self.settings == Settings::default() {
            return Ok(());
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.settings.0);
        write!(f, "?{}", query.finish())
    }
}

impl FromStr for Place {
    type Err = NotAPlace;

    fn from_str(link: &str) -> Result<Self, NotAPlace> {
        let rest = link
            .strip_prefix(SCHEME)
            .ok_or_else(|| NotAPlace::Scheme(link.to_owned()))?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let pairs = form_urlencoded::parse(query.as_bytes());
        let settings = pairs.fold(Settings::default(), |settings, (name, word)| {
            settings.with(&name, word)
        });
        let path = path.trim_end_matches('/');
        let spot = match path.split_once('/') {
            Some(("run", id)) => Spot::Run(id.parse().map_err(|_| NotAPlace::Run(id.to_owned()))?),
            Some(("compare", ids)) => {
                let id = |id: &str| id.parse().map_err(|_| NotAPlace::Run(id.to_owned()));
                Spot::Compare(ids.split('+').map(id).collect::<Result<_, _>>()?)
            }
            Some(("data", name)) => {
                let id = VersionId::parse(name);
                Spot::Version(id.ok_or_else(|| NotAPlace::Version(name.to_owned()))?)
            }
            None if path == "groups" => Spot::Groups,
            _ => Spot::Root(root(path)?),
        };
        Ok(Self { spot, settings })
    }
}

fn root(name: &str) -> Result<Root, NotAPlace> {
    name.parse().map_err(|_| NotAPlace::View {
        name: name.to_owned(),
        views: views(name),
    })
}

/// The names of all roots, those like a word first.
pub fn views(word: &str) -> Vec<String> {
    let mut names: Vec<String> = Root::iter().map(|root| root.to_string()).collect();
    similar_first(word, &mut names);
    names
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tui::fixture;

    #[test]
    fn a_wrong_link_says_what_is_wrong() {
        let cases = [
            (
                "http://runs",
                r#"a link begins with sconce://, not "http://runs""#,
            ),
            (
                "sconce://rnus",
                r#"there is no view "rnus"; there are runs, jobs, bench, live, data"#,
            ),
            ("sconce://run/12", r#""12" is not the whole id of a run"#),
            (
                "sconce://data/penguins@clean",
                r#""penguins@clean" is no data version: one is written penguins@v3"#,
            ),
        ];
        for (link, message) in cases {
            assert_eq!(link.parse::<Place>().unwrap_err().to_string(), message);
        }
    }

    proptest! {
        #[test]
        fn a_place_is_read_as_it_is_written(words in prop::collection::btree_map("[a-z]{1,8}", ".{1,12}", 0..5), runs in prop::collection::vec(0u8..9, 0..4), version in prop::option::of(("[a-zA-Z0-9][a-zA-Z0-9._-]{0,9}", any::<u32>()))) {
            let ids: Vec<RunId> = runs.into_iter().map(fixture::id).collect();
            let spot = match &ids[..] {
                [] if let Some((dataset, number)) = version => {
                    Spot::Version(VersionId { dataset, number })
                }
                [] => Spot::Groups,
                [id] => Spot::Run(*id),
                _ => Spot::Compare(ids),
            };
            let place = Place { spot, settings: Settings(words) };
            prop_assert_eq!(place.to_string().parse::<Place>().unwrap(), place);
        }
    }
}
