mod example;
mod mistakes;
mod store;

use std::{collections::BTreeMap, fs};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

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
