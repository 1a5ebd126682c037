//! What the screen asks of terminals with few colours, many, or none, as the bytes that reach them.

use crate::{
    screen::Screen,
    space::{Answer, Space, eventually},
};

/// A store with two runs, and the screen on its list of them.
struct Shown {
    terminal: Screen,
    newest: String,
    oldest: String,
    _space: Space,
}

fn runs(variables: &[&str], args: &[&str], config: &str) -> Shown {
    let space = Space::new();
    for _ in 0..2 {
        space.ok(&["run", "--", "true"]);
    }
    let rows = space.json(&["runs"])["rows"].clone();
    let name = |at: usize| rows[at]["name"].as_str().unwrap().to_owned();
    std::fs::create_dir_all(space.path("home/config/sconce/themes")).unwrap();
    space.write("home/config/sconce/config.toml", config);
    space.write(
        "home/config/sconce/themes/mine.toml",
        "accent = '#5fafff'\n",
    );
    let program = [env!("CARGO_BIN_EXE_sconce"), "--fresh"];
    let argv = [&["/usr/bin/env"], variables, &program, args].concat();
    let mut terminal = Screen::of(&space, &argv);
    terminal.until(&name(0));
    terminal.press("1");
    terminal.until("s sort");
    eventually("the list is there", || {
        row_of(seen(&terminal).screen(), &name(1)).is_some()
    });
    Shown {
        terminal,
        newest: name(0),
        oldest: name(1),
        _space: space,
    }
}

/// What a terminal makes of the bytes so far.
fn seen(terminal: &Screen) -> vt100::Parser {
    let (rows, columns) = (40.try_into().unwrap(), 120.try_into().unwrap());
    let mut parser = vt100::Parser::new(rows, columns, 0);
    parser.process(&terminal.bytes());
    parser
}

/// The row on which a text stands below the line that says where one is.
fn row_of(screen: &vt100::Screen, text: &str) -> Option<u16> {
    let rows: Vec<String> = screen.rows(0, 120).collect();
    (3..40).find(|row| rows[usize::from(*row)].contains(text))
}

/// The parameters of every sequence that changes the look of what follows.
fn looks(bytes: &[u8]) -> Vec<Vec<u16>> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let sequences = text.split("\u{1b}[").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';')?;
        let numbers = rest[..end]
            .split(';')
            .map(|number| number.parse().unwrap_or(0));
        rest[end..].starts_with('m').then(|| numbers.collect())
    });
    let looks: Vec<Vec<u16>> = sequences.collect();
    assert!(10 < looks.len(), "the screen was not drawn");
    looks
}

/// Every colour of a ground (38 or 48) that is asked for by its index.
fn indices(bytes: &[u8], ground: u16) -> Vec<u16> {
    let looks = looks(bytes);
    let windows = looks.iter().flat_map(|look| look.windows(3));
    let named = windows.filter(|part| part[0] == ground && part[1] == 5);
    named.map(|part| part[2]).collect()
}

fn has_rgb(bytes: &[u8]) -> bool {
    let looks = looks(bytes);
    let mut windows = looks.iter().flat_map(|look| look.windows(2));
    windows.any(|part| matches!(part, [38 | 48, 2]))
}

#[test]
fn with_no_color_nothing_is_coloured_and_the_selected_row_is_inverse() {
    let Shown {
        terminal,
        newest,
        oldest,
        _space,
    } = runs(&["NO_COLOR=1"], &[], "");
    for look in looks(&terminal.bytes()) {
        // 39 and 49 are the terminal's own.
        let coloured = look
            .iter()
            .find(|part| matches!(part, 30..=38 | 40..=48 | 90..=97 | 100..=107));
        assert_eq!(coloured, None, "{look:?}");
    }
    let parser = seen(&terminal);
    let screen = parser.screen();
    let row = row_of(screen, &newest).unwrap();
    let is_inverse = |row, column| screen.cell(row, column).unwrap().inverse();
    assert!(
        (2..70).all(|column| is_inverse(row, column)),
        "{}",
        screen.contents()
    );
    assert!((2..70).all(|column| !is_inverse(row_of(screen, &oldest).unwrap(), column)));
}

#[test]
fn a_terminal_with_sixteen_colours_is_asked_for_no_others_whatever_the_theme() {
    for args in [
        &[] as &[&str],
        &["--theme", "dark"],
        &["--theme", "hc"],
        &["--theme", "mine"],
    ] {
        let shown = runs(&["TERM=xterm"], args, "");
        let bytes = shown.terminal.bytes();
        let most = indices(&bytes, 38)
            .into_iter()
            .chain(indices(&bytes, 48))
            .max();
        assert!(most.is_some_and(|index| index <= 15), "{args:?}: {most:?}");
        assert!(!has_rgb(&bytes), "{args:?}");
    }
}

#[test]
fn only_a_theme_of_one_s_own_asks_for_red_green_and_blue_and_only_where_they_are() {
    let shown = runs(&["COLORTERM=truecolor"], &[], "");
    assert!(!has_rgb(&shown.terminal.bytes()));
    let shown = runs(&[], &[], "ui.theme = 'mine'\n");
    assert!(!has_rgb(&shown.terminal.bytes()));
    assert!(indices(&shown.terminal.bytes(), 38).contains(&75));
    let shown = runs(&["COLORTERM=truecolor"], &[], "ui.theme = 'mine'\n");
    assert!(has_rgb(&shown.terminal.bytes()));
}

#[test]
fn the_background_is_the_terminal_s_but_for_the_selected_row_and_high_contrast() {
    let shown = runs(&[], &[], "");
    let grounds = indices(&shown.terminal.bytes(), 48);
    assert!(grounds.contains(&238));
    assert!(
        grounds.iter().all(|index| [236, 238].contains(index)),
        "{grounds:?}"
    );
    let shown = runs(&["SCONCE_THEME=hc"], &[], "");
    assert!(indices(&shown.terminal.bytes(), 48).contains(&16));
}

#[test]
fn the_flag_comes_before_the_config_and_the_config_before_the_environment() {
    let accent = |variables: &[&str], args: &[&str], config: &str| {
        let shown = runs(variables, args, config);
        let indices = indices(&shown.terminal.bytes(), 38);
        let accents = [("dark", 75), ("light", 25), ("hc", 51), ("cb-dark", 81)];
        accents
            .into_iter()
            .find(|(_, index)| indices.contains(index))
            .map(|(name, _)| name)
    };
    let config = "ui.theme = 'hc'\n";
    let variables = ["SCONCE_THEME=cb-dark", "NO_COLOR=1", "COLORFGBG=0;15"];
    assert_eq!(
        accent(&variables, &["--theme", "dark"], config),
        Some("dark")
    );
    assert_eq!(accent(&variables, &[], config), Some("hc"));
    assert_eq!(accent(&variables, &[], ""), Some("cb-dark"));
    assert_eq!(accent(&variables[1..], &[], ""), None);
    assert_eq!(accent(&variables[2..], &[], ""), Some("light"));
    assert_eq!(accent(&[], &[], ""), Some("dark"));
    // A screen's own theme comes before that of `[ui]`, and after the flag.
    let own = "ui.theme = 'hc'\nscreen.default.theme = 'cb-dark'\n";
    assert_eq!(accent(&[], &[], own), Some("cb-dark"));
    assert_eq!(accent(&[], &["--theme", "light"], own), Some("light"));
    let auto = "ui.theme = 'hc'\nscreen.default.theme = 'auto'\n";
    assert_eq!(accent(&variables[2..], &[], auto), Some("light"));
}

#[test]
fn a_screen_whose_theme_cannot_be_read_says_so_and_does_not_open() {
    let space = Space::new();
    std::fs::create_dir_all(space.path("home/config/sconce/themes")).unwrap();
    space.write("home/config/sconce/themes/torn.toml", "accent = [");
    space.write(
        "home/config/sconce/config.toml",
        "screen.default.theme = 'torn'\n",
    );
    let mut terminal = Screen::start(&space, &[]);
    assert_eq!(terminal.end(), 2);
    assert!(terminal.last_words().contains("torn.toml"));
}

#[test]
fn the_terminal_s_cursor_follows_the_focus_where_that_is_asked_for() {
    let shown = runs(&[], &[], "");
    assert!(seen(&shown.terminal).screen().hide_cursor());
    let config = "[a11y]\ncursor_follows_focus = true\nannounce = true\n";
    let Shown {
        mut terminal,
        newest,
        oldest,
        _space,
    } = runs(&[], &[], config);
    let is_on = |terminal: &Screen, text: &str| {
        let parser = seen(terminal);
        let screen = parser.screen();
        !screen.hide_cursor() && Some(screen.cursor_position().0) == row_of(screen, text)
    };
    eventually("the cursor is on the first run", || {
        is_on(&terminal, &newest)
    });
    terminal.press("j");
    eventually("the cursor is on the next run", || {
        is_on(&terminal, &oldest)
    });
    eventually("the status says what it is on", || {
        let parser = seen(&terminal);
        let mut rows = parser.screen().rows(0, 120);
        rows.any(|row| row.contains(" runs: done") && row.contains(&oldest))
    });
}

#[test]
fn a_terminal_that_cannot_move_its_cursor_is_told_what_to_do_instead() {
    let space = Space::new();
    let argv = ["/usr/bin/env", "TERM=dumb", env!("CARGO_BIN_EXE_sconce")];
    let terminal = Screen::of(&space, &argv);
    terminal.until("TERM is dumb");
    terminal.until("sconce view bench");
}

#[test]
fn themes_are_listed_shown_and_measured() {
    let space = Space::new();
    std::fs::create_dir_all(space.path("home/config/sconce/themes")).unwrap();
    let mine = "home/config/sconce/themes/mine.toml";
    space.write(mine, "# My own.\nextends = 'light'\n\"fg.dim\" = 250\n");
    let list = space.json(&["theme", "list"]);
    let names: Vec<&str> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "dark", "light", "hc", "cb-dark", "cb-light", "16", "mono", "mine"
        ]
    );
    assert_eq!(list[7]["about"], "My own.");
    let shown = space.ok(&["theme", "show", "cb-dark"]);
    assert!(shown.contains("extends = \"dark\""));
    // What is shown is what can be started from.
    space.write("work/copy.toml", &shown);
    space.ok(&["theme", "check", "copy.toml"]);
    for name in &names[..7] {
        space.ok(&["theme", "check", name]);
    }
    let faint = space.run(&["theme", "check", "mine"]);
    assert_eq!(faint.code, Some(1));
    let line = faint
        .out
        .lines()
        .find(|line| line.contains("fg.dim"))
        .unwrap();
    assert!(line.starts_with("faint") && line.contains("1.8"), "{line}");
    let report = space.json(&["theme", "check", "cb-light"]);
    assert_eq!(report["apart"].as_array().unwrap().len(), 8);

    space.write(mine, "accent = 75\n\n[state]\nokk = 3\n");
    let wrong = space.run(&["theme", "check", "mine"]);
    assert_eq!(wrong.code, Some(2));
    let place = format!(
        "{}:4:1: there is no token \"state.okk\"",
        space.path(mine).display()
    );
    assert!(wrong.err.contains(&place), "{}", wrong.err);
    assert!(
        wrong.err.contains("did you mean \"state.ok\"?"),
        "{}",
        wrong.err
    );
    let unknown = space.run(&["theme", "show", "mien"]);
    assert!(
        unknown.err.contains("did you mean mine?"),
        "{}",
        unknown.err
    );
}

#[test]
fn a_key_that_cannot_be_bound_is_named_with_its_line() {
    let space = Space::new();
    std::fs::create_dir_all(space.path("home/config/sconce")).unwrap();
    let config = "home/config/sconce/config.toml";
    for (text, at, message) in [
        (
            "runs.sort = ['X']",
            "2:13",
            "\"X\" is bound to \"global.stop\" already",
        ),
        (
            "\n\"runs.srot\" = ['o']",
            "3:15",
            "no such action; \"runs.sort\" is one",
        ),
        (
            "runs.sort = ['ctrl-s']",
            "2:13",
            "\"ctrl-s\" cannot be bound",
        ),
    ] {
        space.write(config, &format!("[keys]\n{text}\n"));
        let Answer { code, err, .. } = space.run(&["keys", "--check"]);
        let place = format!("{}:{at}: keys.", space.path(config).display());
        assert!(
            code == Some(2) && err.contains(&place) && err.contains(message),
            "{err}"
        );
    }
    space.write(config, "[keys]\nruns.sort = ['ctrl-o']\n");
    assert!(space.ok(&["keys", "--check"]).contains("all well"));
    let keys = space.json(&["keys"]);
    let sort = keys
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["name"] == "runs.sort")
        .unwrap();
    assert_eq!(sort["keys"], serde_json::json!(["ctrl-o"]));
    assert!(
        space
            .ok(&["keys", "--print", "md"])
            .contains("| `ctrl-o` | sort |")
    );
}
