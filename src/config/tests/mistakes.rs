//! What is wrong in a file, a variable or a flag, and what still counts then.

use super::*;

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
