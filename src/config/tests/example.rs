//! The example says what is, and is sound.

use super::*;
use crate::domain::presets::{Preset, Task};

#[test]
fn the_example_says_every_default() {
    let example = include_str!("../../../config.example.toml");
    let strip = |prefix: &str| -> String {
        let lines = example.lines();
        lines
            .filter_map(|line| line.strip_prefix(prefix))
            .map(|line| format!("{line}\n"))
            .collect()
    };
    let settings: String = example
        .lines()
        .filter_map(|line| match line.strip_prefix('#') {
            Some(setting) if setting.starts_with([' ', '#']) || setting.is_empty() => None,
            Some(setting) => Some(format!("{setting}\n")),
            None => Some(format!("{line}\n")),
        })
        .collect();
    let parsed: Config = toml::from_str(&settings).unwrap();
    assert_eq!(parsed, Config::default());
    let keys = |text: &str| text.lines().filter(|line| line.contains('=')).count();
    let defaults = layers::flat(&Config::default());
    assert_eq!(keys(&settings), defaults.len(), "{defaults:?}");

    let shown = strip("#     ");
    let (head, preset) = shown.split_at(shown.find("[presets").unwrap());
    let parsed: toml::Table = toml::from_str(&format!(
        "[store]\n{}",
        head.replace("runs.sort", "[keys]\nruns.sort")
    ))
    .unwrap();
    let said = layers_of(&parsed.to_string()).unwrap();
    assert_eq!(said.keys["runs.sort"], ["ctrl-o"]);
    let parsed: Config = toml::from_str(preset).unwrap();
    let minimal = "task = 'classification'\ndata = 'churn.csv'\ntarget = 'churned'\n";
    let minimal: Preset = toml::from_str(minimal).unwrap();
    assert_eq!(minimal.task, Task::Classification);
    assert_eq!(parsed.presets["churn"], minimal);
    let wanted = toml::Table::try_from(&minimal).unwrap();
    let said: toml::Table = toml::from_str(preset).unwrap();
    let said = said["presets"]["churn"].as_table().unwrap();
    for (key, value) in wanted {
        let said = said
            .get(&key)
            .unwrap_or_else(|| panic!("{key} is not in the example"));
        if let Some(table) = value.as_table() {
            assert!(
                table.keys().all(|key| said.get(key).is_some()),
                "{key}: {said}"
            );
        }
    }
}

#[test]
fn the_example_passes_its_own_check() {
    let space = Space::new();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config.example.toml");
    assert_eq!(check(&space.environment, &path).unwrap(), 0);
    let file = space.project("agent.cpus = 1\nui.theme = 'dark'\n");
    assert_eq!(check(&space.environment, &file).unwrap(), 2);
    assert!(matches!(
        check(&space.environment, Path::new("/none")),
        Err(Error::Missing(_))
    ));
}

/// What a text says as the user's file.
fn layers_of(text: &str) -> Result<Config> {
    let space = Space::new();
    space.user(text);
    Ok(space.load(&[])?.config)
}
