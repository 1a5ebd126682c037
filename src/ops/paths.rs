//! Paths as a person types them where no shell reads them first.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::workspace::Workspace;

/// The path that a text means: `~` is the person's own folder, and what is not absolute begins where they started.
pub fn meant(ws: &Workspace, text: &str) -> PathBuf {
    let surroundings = &ws.surroundings;
    let mut homes = surroundings.env.iter().filter(|(name, _)| name == "HOME");
    let own = text
        .strip_prefix('~')
        .filter(|rest| rest.is_empty() || rest.starts_with('/'));
    match (own, homes.next()) {
        (Some(rest), Some((_, home))) => Path::new(home).join(rest.trim_start_matches('/')),
        _ => surroundings.cwd.join(text),
    }
}

/// What a text may go on to, as it would be typed, in the order of names; a folder ends in `/`. At most so many. Hidden names
/// are found where the dot is typed. What cannot be looked into holds nothing.
pub fn beginning(ws: &Workspace, text: &str, most: usize) -> Vec<String> {
    let typed = text.rfind('/').map_or("", |at| &text[..=at]);
    let begun = &text[typed.len()..];
    if text == "~" {
        return vec!["~/".to_owned()];
    }
    let Ok(entries) = fs::read_dir(meant(ws, typed)) else {
        return vec![];
    };
    let mut found: Vec<String> = entries
        .flatten()
        .filter_map(|entry| {
            // A name that is no text cannot be typed.
            let name = entry.file_name().into_string().ok()?;
            let is_sought = begun.starts_with('.') || !name.starts_with('.');
            (name.starts_with(begun) && is_sought).then(|| {
                let is_folder = entry.path().is_dir();
                format!("{typed}{name}{}", if is_folder { "/" } else { "" })
            })
        })
        .collect();
    found.sort_unstable();
    found.truncate(most);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::fixture::Shop;

    #[test]
    fn a_path_goes_on_as_it_is_typed() {
        let mut shop = Shop::open();
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("images")).unwrap();
        for name in ["images/1.png", "iris.csv", ".hidden", "penguins.csv"] {
            fs::write(at(name), "x").unwrap();
        }
        shop.ws.surroundings.cwd = folder.path().to_owned();
        shop.ws.surroundings.env = vec![("HOME".to_owned(), at("").display().to_string())];
        let cases: [(&str, &[&str]); 8] = [
            ("", &["images/", "iris.csv", "penguins.csv"]),
            ("i", &["images/", "iris.csv"]),
            ("images/", &["images/1.png"]),
            ("~/ir", &["~/iris.csv"]),
            ("~", &["~/"]),
            (".h", &[".hidden"]),
            ("none/", &[]),
            ("iris.csv/", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(beginning(&shop.ws, text, 10), expected, "{text}");
        }
        assert_eq!(beginning(&shop.ws, "", 1), ["images/"]);
        assert_eq!(meant(&shop.ws, "~/iris.csv"), at("iris.csv"));
        assert_eq!(meant(&shop.ws, "~ana/x"), at("~ana/x"));
        assert_eq!(meant(&shop.ws, "/etc"), Path::new("/etc"));
    }
}
