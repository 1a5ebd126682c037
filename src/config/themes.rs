//! Where a person's own themes stand: `themes/NAME.toml` beside their config. What such a file says is the screen's to read.

use std::path::{Path, PathBuf};

use super::{Error, Places, Result, files::read};

/// The themes that come with Sconce; `auto` chooses one of them.
pub const SHIPPED: [&str; 7] = ["dark", "light", "hc", "cb-dark", "cb-light", "16", "mono"];

/// A theme's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub path: PathBuf,
    pub text: String,
}

/// The names of a person's own themes with their files, in order. One that is called like a shipped theme does not count.
pub fn own(places: &Places) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(folder(places)).into_iter().flatten();
    let name = |path: &Path| {
        let is_toml = path.extension().is_some_and(|ending| ending == "toml");
        let name = path.file_stem()?.to_str()?.to_owned();
        (is_toml && name != "auto" && !SHIPPED.contains(&name.as_str())).then_some(name)
    };
    let mut own: Vec<(String, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| Some((name(&entry.path())?, entry.path())))
        .collect();
    own.sort();
    own
}

/// The folder of a person's own themes.
pub fn folder(places: &Places) -> PathBuf {
    places.config.join("themes")
}

/// The file of a theme of one's own; `None` where there is none of this name.
///
/// # Errors
/// It cannot be read, or is no small text file.
pub fn source(places: &Places, name: &str) -> Result<Option<Source>> {
    let found = own(places).into_iter().find(|(known, _)| known == name);
    found.map(|(_, path)| at(&path)).transpose()
}

/// The theme's file at a path.
///
/// # Errors
/// There is none, it cannot be read, or is no small text file.
pub fn at(path: &Path) -> Result<Source> {
    let text = read(path)?.ok_or_else(|| Error::Missing(path.to_owned()))?;
    Ok(Source {
        path: path.to_owned(),
        text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_themes_are_found_by_the_names_of_their_files() {
        let root = tempfile::tempdir().unwrap();
        let places = Places {
            config: root.path().join("config"),
            data: PathBuf::new(),
            state: PathBuf::new(),
            cache: PathBuf::new(),
        };
        assert_eq!(own(&places), []);
        let folder = folder(&places);
        std::fs::create_dir_all(&folder).unwrap();
        for name in ["mine.toml", "dark.toml", "auto.toml", "b.toml", "notes.txt"] {
            std::fs::write(folder.join(name), "accent = 75\n").unwrap();
        }
        let names: Vec<String> = own(&places).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["b", "mine"]);
        let source = |name| super::source(&places, name).unwrap();
        assert_eq!(source("mine").unwrap().text, "accent = 75\n");
        for name in ["dark", "../config/themes/mine", "other"] {
            assert_eq!(source(name), None, "{name}");
        }
        assert!(matches!(
            at(&folder.join("no.toml")),
            Err(Error::Missing(_))
        ));
    }
}
