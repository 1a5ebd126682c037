use std::{collections::BTreeMap, fs};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::domain::presets::{Preset, Task};

fn environment(at: impl Fn(&str) -> PathBuf) -> Environment {
    Environment {
        vars: BTreeMap::new(),
        cwd: at("work/deep/er"),
        home: at("home"),
        places: Places {
            config: at("home/config"),
            data: at("home/data"),
            state: at("home/state"),
            cache: at("home/cache"),
        },
        system: at("etc/config.toml"),
        uid: 1000,
        user: "ana".to_owned(),
        host: "gpu01".to_owned(),
    }
}

/// A home, a machine's file and a project, all in one temporary folder.
struct Space {
    root: TempDir,
    environment: Environment,
}

impl Space {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().canonicalize().unwrap().join(name);
        let environment = environment(at);
        for folder in [&environment.cwd, &environment.places.config, &at("etc")] {
            fs::create_dir_all(folder).unwrap();
        }
        Self { root, environment }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().canonicalize().unwrap().join(name)
    }

    fn system(&self, text: &str) {
        fs::write(&self.environment.system, text).unwrap();
    }

    fn user(&self, text: &str) {
        fs::write(self.path("home/config/config.toml"), text).unwrap();
    }

    fn project(&self, text: &str) -> PathBuf {
        let path = self.path("work/sconce.toml");
        fs::write(&path, text).unwrap();
        path
    }

    fn var(&mut self, name: &str, value: &str) {
        self.environment
            .vars
            .insert(name.to_owned(), value.to_owned());
    }

    fn load(&self, flags: &[&str]) -> Result<Loaded> {
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        load(&self.environment, &flags)
    }
}

#[test]
fn each_layer_counts_over_the_one_before() {
    let mut space = Space::new();
    let theme = |space: &Space, flags: &[&str]| space.load(flags).unwrap().config.ui.theme;
    assert_eq!(theme(&space, &[]), "auto");
    space.system("[ui]\ntheme = 'dark'\nrate = 'ssh'\n[agent]\ncpus = 3\n");
    assert_eq!(theme(&space, &[]), "dark");
    space.user("ui.theme = 'light'\n");
    assert_eq!(theme(&space, &[]), "light");
    space.project("[ui]\ntheme = 'mono'\n");
    assert_eq!(theme(&space, &[]), "mono");
    space.var("SCONCE_UI_THEME", "16");
    assert_eq!(theme(&space, &[]), "16");
    assert_eq!(theme(&space, &["ui.theme=dark", "ui.theme=auto"]), "auto");
    let config = space.load(&[]).unwrap().config;
    assert_eq!((config.ui.rate.as_str(), config.agent.cpus), ("ssh", 3));
    assert_eq!(config.agent.memory, Config::default().agent.memory);
}

#[test]
fn every_value_can_tell_its_place() {
    let mut space = Space::new();
    space.user("\n[ui]\n  theme = 'light'\n");
    let project = space.project("[agent]\ncpus = 2\nmemory = 9\n");
    space.var("SCONCE_AGENT_MEMORY", "64");
    let loaded = space.load(&["ui.read_only=true"]).unwrap();
    let place = |key: &str| loaded.place(key).map(ToString::to_string);
    let user = space.path("home/config/config.toml");
    assert_eq!(place("ui.theme"), Some(format!("{}:3:11", user.display())));
    assert_eq!(
        place("agent.cpus"),
        Some(format!("{}:2:8", project.display()))
    );
    assert_eq!(
        place("agent.memory").as_deref(),
        Some("SCONCE_AGENT_MEMORY")
    );
    assert_eq!(
        place("ui.read_only").as_deref(),
        Some("--config ui.read_only=true")
    );
    assert_eq!(place("ui.rate"), None);
    let settings = loaded.settings();
    let find = |key: &str| settings.iter().find(|(known, ..)| known == key).unwrap();
    assert_eq!(find("agent.memory").1, "64");
    assert_eq!(find("ui.rate").1, "\"auto\"");
    assert!(find("ui.rate").2.is_none());
}

#[test]
fn a_mistake_names_file_line_and_what_was_meant() {
    let preset = "[presets.p]\ntask = 'regression'\ndata = 'd.csv'\ntarget = 't'\n";
    let cases = [
        (
            "[agent]\nidle_second = 3\n",
            "2:1",
            "unknown key \"idle_second\"",
            "did you mean idle_seconds?",
        ),
        (
            "\n\n[agnet]\ncpus = 3\n",
            "3:2",
            "unknown key \"agnet\"",
            "did you mean agent?",
        ),
        (
            "[ui]\nzzz = 1\n",
            "2:1",
            "unknown key \"zzz\"",
            "known here: theme, charset, rate, read_only, mouse, metric, columns",
        ),
        (
            "[agent]\ncpus = 'two'\n",
            "2:8",
            "a whole number from 0 on is expected, not the text \"two\"",
            "",
        ),
        (
            "[agent]\ncpus = -1\n",
            "2:8",
            "a whole number from 0 on is expected, not -1",
            "",
        ),
        (
            "[ui]\ntheme = 'drak'\n",
            "2:9",
            "ui.theme cannot be \"drak\"",
            "did you mean \"dark\"?",
        ),
        (
            "[ui]\nrate = 'x'\n",
            "2:8",
            "ui.rate cannot be \"x\"",
            "one of auto, local, ssh, slow",
        ),
        (
            "[a11y]\nmotion = 'some'\n",
            "2:10",
            "a11y.motion cannot be \"some\"",
            "one of full, reduced, none",
        ),
        (
            "[term]\nambiguous = 3\n",
            "2:13",
            "term.ambiguous cannot be 3",
            "1, or 2 where the terminal draws such characters wide",
        ),
        (
            "[keys]\nruns.sort = 'o'\n",
            "2:13",
            "a list is expected, not the text \"o\"",
            "",
        ),
        ("ui = 3\n", "1:6", "a table is expected, not 3", ""),
        ("[ui\n", "1:4", "unclosed table", ""),
        (
            "[ui]\ntheme = 'dark'\ntheme = 'light'\n",
            "3:1",
            "duplicate key",
            "",
        ),
        (
            "[presets.p]\ntask = 'regression'\ndata = 'x'\n",
            "1:1",
            "the key \"target\" is missing",
            "add target = …",
        ),
        (
            &format!("{preset}[presets.p.optimizer]\nlr = 1\n"),
            "5:12",
            "unknown key \"optimizer\"",
            "did you mean optimiser?",
        ),
        (
            &format!("{preset}[presets.p.optimiser]\nkind = 'adam'\n"),
            "6:8",
            "unknown word \"adam\"",
            "did you mean adamw?",
        ),
        (
            &format!("{preset}[presets.p.net]\nhidden = [1, 'a']\n"),
            "6:14",
            "a whole number from 0 on is expected, not the text \"a\"",
            "",
        ),
    ];
    for (text, at, message, hint) in cases {
        let space = Space::new();
        space.system("[agent]\ncpus = 1\n");
        let file = space.project(text);
        let error = space.load(&[]).expect_err(text);
        let Error::Mistake {
            place,
            message: found,
            ..
        } = &error
        else {
            panic!("{text}: {error:?}");
        };
        assert_eq!(
            place.to_string(),
            format!("{}:{at}", file.display()),
            "{text}: {error}"
        );
        assert!(found.starts_with(message), "{text}: {error}");
        assert_eq!(error.hint().unwrap_or_default(), hint, "{text}: {error}");
    }
}

#[test]
fn a_mistake_outside_a_file_names_the_variable_or_the_flag() {
    let mut space = Space::new();
    let error = space.load(&["agent.cpus=many"]).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("--config agent.cpus=many: a whole number from 0 on is expected"),
        "{error}"
    );
    assert_eq!(
        space.load(&["theme"]).unwrap_err().to_string(),
        "--config \"theme\" is no KEY=VALUE"
    );
    space.var("SCONCE_UI_THEM", "dark");
    space.var("SCONCE_JOURNAL", "/tmp/journal");
    let error = space.load(&[]).unwrap_err();
    assert_eq!(error.to_string(), "SCONCE_UI_THEM: unknown key \"them\"");
    assert_eq!(error.hint().as_deref(), Some("did you mean theme?"));
}

#[test]
fn what_is_no_finite_number_is_named_by_key_and_place() {
    let space = Space::new();
    for word in ["nan", "inf", "-inf", "1e999"] {
        let file = space.project(&format!("[presets.fraud.optimiser]\nlr = {word}\n"));
        let error = space.load(&[]).unwrap_err().to_string();
        let wanted = format!(
            "{}:2:6: presets.fraud.optimiser.lr must be a finite number",
            file.display()
        );
        assert_eq!(error, wanted);
    }
}

#[test]
fn a_variable_is_read_as_its_key_asks() {
    let mut space = Space::new();
    space.var("SCONCE_CAPTURE_ENV", "HF_*, WANDB_*");
    space.var("SCONCE_AGENT_GPUS", "[0, 2]");
    space.var("SCONCE_CAPTURE_GIT", "false");
    space.var("SCONCE_UI_METRIC", "a \"b\"\nc\u{7f}");
    let config = space.load(&[]).unwrap().config;
    assert_eq!(config.capture.env, ["HF_*", "WANDB_*"]);
    assert_eq!(config.agent.gpus, [0, 2]);
    assert!(!config.capture.git);
    assert_eq!(config.ui.metric, "a \"b\"\nc\u{7f}");
}

#[test]
fn a_higher_layer_changes_one_number_of_a_preset() {
    let space = Space::new();
    space.user("[presets.churn]\ntask = 'classification'\ndata = 'churn.csv'\ntarget = 'y'\n");
    space.project("[presets.churn.train]\nepochs = 3\n");
    let loaded = space.load(&[]).unwrap();
    let preset = &loaded.config.presets["churn"];
    assert_eq!((preset.train.epochs, preset.train.batch), (3, 64));
    // The data file stands beside the file that names it, whoever changed the preset since.
    assert_eq!(
        preset.data,
        space.path("home/config/churn.csv").to_string_lossy()
    );
    let place = loaded.place("presets.churn").unwrap();
    assert_eq!(place.file, Some(space.path("work/sconce.toml")));
}

#[test]
fn paths_are_relative_to_the_file_that_says_them() {
    let space = Space::new();
    let preset = |data: &str| format!("task = 'regression'\ntarget = 't'\ndata = '{data}'\n");
    space.project(&format!(
        "[presets.a]\n{}[presets.\"b c\"]\n{}[presets.d]\n{}",
        preset("demo:fraud"),
        preset("../x.csv"),
        preset("~/y.csv")
    ));
    let presets = space.load(&[]).unwrap().config.presets;
    let data = |name: &str| presets[name].data.clone();
    assert_eq!(data("a"), "demo:fraud");
    assert_eq!(data("b c"), space.path("work/../x.csv").to_string_lossy());
    assert_eq!(data("d"), space.path("home/y.csv").to_string_lossy());
}

#[test]
fn a_project_file_is_inert_where_it_could_give_something_away_until_it_is_trusted() {
    let space = Space::new();
    space.user("capture.env = ['MINE_*']\n");
    let file = space.project("[capture]\nenv = ['*']\ngit = false\n[store]\npath = 'elsewhere'\n");
    let loaded = space.load(&[]).unwrap();
    assert_eq!(loaded.config.capture.env, ["MINE_*"]);
    assert_eq!(loaded.config.store.path, None);
    assert!(
        !loaded.config.capture.git,
        "what does no harm counts at once"
    );
    let inert: Vec<String> = loaded
        .inert
        .iter()
        .map(|setting| setting.key.clone())
        .collect();
    assert_eq!(inert, ["capture.env", "store.path"]);
    assert_eq!(loaded.inert[1].value, "'elsewhere'");
    assert_eq!(loaded.inert[1].place.line, 5);
    assert_eq!(loaded.files.last().unwrap().trusted, Some(false));

    trust::add(&space.environment.places, &file).unwrap();
    let loaded = space.load(&[]).unwrap();
    assert_eq!(loaded.config.capture.env, ["*"]);
    assert_eq!(loaded.config.store.path, Some(space.path("work/elsewhere")));
    assert!(loaded.inert.is_empty());
    assert_eq!(trust::list(&space.environment.places).unwrap().len(), 1);

    space.project("[capture]\nenv = ['*', 'AWS_*']\n");
    assert_eq!(
        space.load(&[]).unwrap().config.capture.env,
        ["MINE_*"],
        "a changed file"
    );

    trust::add(&space.environment.places, &file).unwrap();
    assert_eq!(trust::list(&space.environment.places).unwrap().len(), 1);
    trust::revoke(&space.environment.places, &file).unwrap();
    assert_eq!(space.load(&[]).unwrap().config.capture.env, ["MINE_*"]);
    assert!(trust::revoke(&space.environment.places, &file).is_err());
}

#[test]
fn the_store_is_found_from_the_nearest_word_on_it() {
    let mut space = Space::new();
    let find = |space: &Space, flag: Option<&str>| {
        let loaded = space.load(&[]).unwrap();
        places::find_store(&loaded, flag.map(Path::new)).unwrap()
    };
    assert_eq!(find(&space, None).path, space.path("home/data/store"));
    space.user("store.path = 'stores/{host}-{user}'\n");
    let found = find(&space, None);
    assert_eq!(found.path, space.path("home/config/stores/gpu01-ana"));
    assert!(
        found.why.to_string().contains("config.toml:1:14"),
        "{}",
        found.why
    );
    fs::write(space.path("work/.sconce"), "~/{user}/pointed\n").unwrap();
    let found = find(&space, None);
    assert_eq!(found.path, space.path("home/ana/pointed"));
    assert_eq!(found.why, places::Why::Pointer(space.path("work/.sconce")));
    fs::create_dir(space.path("work/deep/.sconce")).unwrap();
    assert_eq!(find(&space, None).path, space.path("work/deep/.sconce"));
    space.var("SCONCE_STORE", "here");
    assert_eq!(find(&space, None).path, space.path("work/deep/er/here"));
    assert_eq!(
        find(&space, Some("there")).path,
        space.path("work/deep/er/there")
    );
}

#[test]
fn a_pointer_that_points_nowhere_is_refused() {
    let space = Space::new();
    for text in ["", " \n", "one\ntwo\n"] {
        fs::write(space.path("work/.sconce"), text).unwrap();
        let loaded = space.load(&[]).unwrap();
        let error = places::find_store(&loaded, None).unwrap_err();
        assert!(matches!(error, Error::Pointer { .. }), "{text:?}: {error}");
    }
}

/// Such a link used to be passed over, and another store counted in silence.
#[test]
fn a_link_that_leads_nowhere_or_back_to_itself_is_refused() {
    for target in ["work/.sconce", "gone"] {
        let space = Space::new();
        let link = space.path("work/.sconce");
        std::os::unix::fs::symlink(space.path(target), &link).unwrap();
        let loaded = space.load(&[]).unwrap();
        let error = places::find_store(&loaded, None).unwrap_err();
        assert!(error.to_string().contains(".sconce"), "{target}: {error}");
        assert!(error.hint().is_some(), "{target}");
    }
}

#[test]
fn the_example_says_every_default() {
    let example = include_str!("../../config.example.toml");
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

proptest! {
    #[test]
    fn the_highest_layer_that_speaks_of_a_key_is_the_one_that_counts(
        said in proptest::collection::vec((0usize..4, 0usize..3, 1u32..99), 0..9),
    ) {
        const KEYS: [&str; 3] = ["cpus", "idle_seconds", "grace_seconds"];
        let mut layers = [const { BTreeMap::new() }; 4];
        for (layer, key, value) in said {
            layers[layer].insert(KEYS[key], value);
        }
        let text = |layer: usize| -> String {
            let lines = layers[layer].iter().map(|(key, value)| format!("agent.{key} = {value}\n"));
            lines.collect()
        };
        let parsed = Layers::new((0..4).map(|layer| Layer::new(Origin::Shipped, text(layer))).collect());
        let merged = parsed.merge().unwrap();
        for setting in merged.said() {
            let key = setting.key.strip_prefix("agent.").unwrap();
            let wanted = layers.iter().rev().find_map(|layer| layer.get(key)).unwrap();
            prop_assert_eq!(setting.value, wanted.to_string());
        }
        let agent = merged.read(&environment(|name| Path::new("/").join(name))).unwrap().agent;
        let wanted = |key: &str| layers.iter().rev().find_map(|layer| layer.get(key)).copied();
        prop_assert_eq!(agent.cpus, wanted("cpus").unwrap_or(0));
        prop_assert_eq!(agent.idle_seconds, u64::from(wanted("idle_seconds").unwrap_or(5)));
    }
}

#[test]
fn what_is_not_sound_is_left_out_and_the_rest_counts() {
    let space = Space::new();
    space.user("[agent]\ncpus = 3\n");
    let cases = [
        "[presets.new]\nabout = 'x'\n[ui]\ntheme = 'light'\n",
        "[presets.diagnosis]\nmystery = 1\n[ui]\ntheme = 'light'\n",
        "mystery = 1\n[ui]\ntheme = 'light'\n",
        "[agent]\ncpus = 'many'\n[ui]\ntheme = 'light'\n",
        "[capture]\nsystem_ms = inf\n[ui]\ntheme = 'light'\n[agent]\ncpu = 1\n",
    ];
    for text in cases {
        space.project(text);
        assert!(load(&space.environment, &[]).is_err(), "{text}");
        let (loaded, faults) = load_sound(&space.environment, &[]).unwrap();
        assert!(!faults.is_empty());
        let config = loaded.config;
        assert_eq!(
            (config.agent.cpus, config.ui.theme.as_str()),
            (3, "light"),
            "{text}"
        );
        assert_eq!(
            config.presets,
            shipped(&space.environment).unwrap(),
            "{text}"
        );
    }
    // No TOML at all: the file does not count, those below it do.
    space.project("[ui\ntheme");
    let (loaded, faults) = load_sound(&space.environment, &[]).unwrap();
    assert_eq!((loaded.config.agent.cpus, faults.len()), (3, 1));
    assert!(load_sound(&space.environment, &["ui.them=x".to_owned()]).is_err());
    // What is sound is the same either way.
    space.project("");
    let (loaded, faults) = load_sound(&space.environment, &[]).unwrap();
    assert!(faults.is_empty());
    assert_eq!(loaded.config, load(&space.environment, &[]).unwrap().config);
}

/// What a text says as the user's file.
fn layers_of(text: &str) -> Result<Config> {
    let space = Space::new();
    space.user(text);
    Ok(space.load(&[])?.config)
}

#[test]
fn the_name_of_an_action_may_be_quoted_or_not_and_knows_its_place() {
    let space = Space::new();
    space.system("[keys]\n\"runs.sort\" = ['x']\n");
    space.user("[keys]\nruns.sort = ['o']\nlist.down = ['n']\n[keys.jobs]\nraise = []\n");
    let loaded = space.load(&[]).unwrap();
    let keys = &loaded.config.keys;
    assert_eq!(keys["runs.sort"], ["o"]);
    assert_eq!(keys["list.down"], ["n"]);
    assert_eq!(keys["jobs.raise"], Vec::<String>::new());
    assert_eq!(keys.len(), 3);
    let at = |action: &str| loaded.place_of_keys(action).map(|place| place.line);
    assert_eq!(
        [at("runs.sort"), at("jobs.raise"), at("runs.filter")],
        [Some(2), Some(5), None]
    );
}

#[test]
fn a_theme_of_one_s_own_can_be_named_when_it_is_there() {
    let space = Space::new();
    space.user("ui.theme = 'mine'\n");
    let error = space.load(&[]).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with(":1:12: ui.theme cannot be \"mine\""),
        "{error}"
    );
    let folder = themes::folder(&space.environment.places);
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("mine.toml"), "").unwrap();
    assert_eq!(space.load(&[]).unwrap().config.ui.theme, "mine");
}
