use super::*;

const CONTEXTS: [&str; 14] = [
    "global", "card", "list", "table", "bench", "runs", "live", "page", "picker", "data", "jobs",
    "overlay", "compare", "groups",
];

fn chords(text: &str) -> Vec<Chord> {
    text.parse::<Keys>().unwrap().0
}

fn remap(name: &str, keys: &[&str]) -> Result<Keymap, Wrong> {
    let keys = keys.iter().map(|keys| (*keys).to_owned()).collect();
    Keymap::shipped().remap(&BTreeMap::from([(name.to_owned(), keys)]))
}

#[test]
fn a_prefix_waits_and_the_nearer_context_wins() {
    let keymap = Keymap::shipped();
    let contexts = ["runs", "list", "global"];
    assert_eq!(keymap.lookup(&contexts, &chords("g")), Lookup::More);
    assert_eq!(
        keymap.lookup(&contexts, &chords("g g")),
        Lookup::Action(Action::First)
    );
    assert_eq!(
        keymap.lookup(&contexts, &chords("g r")),
        Lookup::Action(Action::Runs)
    );
    assert_eq!(
        keymap.lookup(&["live", "list", "global"], &chords("l")),
        Lookup::Action(Action::Right)
    );
    assert_eq!(keymap.lookup(&contexts, &chords("b")), Lookup::Nothing);
}

#[test]
fn every_key_follows_the_rules() {
    let keymap = Keymap::shipped();
    assert_eq!(keymap.faults(), Vec::<String>::new());
    for context in keymap.0.keys() {
        assert!(CONTEXTS.contains(&context.as_str()), "{context}");
    }
    let text = include_str!("../../../assets/keymap.toml");
    let tables: HashMap<String, toml::Table> = toml::from_str(text).unwrap();
    for (context, table) in tables {
        // Two spellings of one key would be one key here.
        assert_eq!(table.len(), keymap.0[&context].len(), "{context}");
    }
}

#[test]
fn a_table_that_breaks_the_rules_is_found_out() {
    let broken = [
        ("runs", "x", Action::Stop),
        ("live", "ctrl-S", Action::Sort),
        ("live", "ctrl-c", Action::Sort),
        ("global", "g", Action::Filter),
    ];
    let mut keymap = Keymap::shipped();
    for (context, keys, action) in broken {
        let table = keymap.0.get_mut(context).unwrap();
        table.insert(keys.parse().unwrap(), action);
    }
    let faults = keymap.faults().join("\n");
    for part in [
        r#"keys."runs.stop": "x" would change things"#,
        r#"keys."live.sort": "ctrl-S" cannot be bound"#,
        r#"keys."live.sort": "ctrl-c" cannot be bound: it keeps its usual meaning"#,
        r#"keys."global.filter": g keeps g r from being typed"#,
        "stop: a verb has one key in all views, not X and x",
    ] {
        assert!(faults.contains(part), "{part}\n{faults}");
    }
}

#[test]
fn the_keys_that_terminals_and_multiplexers_take_are_forbidden() {
    let forbidden = |text: &str| text.parse::<Chord>().unwrap().forbidden().is_some();
    let taken = [
        "ctrl-a",
        "ctrl-b",
        "ctrl-i",
        "ctrl-m",
        "ctrl-h",
        "ctrl-j",
        "ctrl-q",
        "ctrl-s",
        "ctrl-space",
        "ctrl-[",
        "ctrl-\\",
        "ctrl-]",
        "alt-x",
        "ctrl-alt-x",
        "ctrl-X",
        "f1",
        "f12",
    ];
    assert_eq!(
        taken.map(|text| (text, forbidden(text))),
        taken.map(|text| (text, true))
    );
    let free = [
        "ctrl-c", "ctrl-d", "ctrl-g", "ctrl-p", "ctrl-z", "a", "S", "esc", "space", "[",
    ];
    assert_eq!(
        free.map(|text| (text, forbidden(text))),
        free.map(|text| (text, false))
    );
}

#[test]
fn every_action_has_a_plain_key() {
    let keymap = Keymap::shipped();
    let plain = |keys: &Keys| keys.0.iter().all(|chord| !chord.ctrl);
    // What the terminal's own keys have always meant.
    let usual = [
        Action::Interrupt,
        Action::Suspend,
        Action::Repaint,
        Action::HalfDown,
        Action::HalfUp,
        // Tab goes to every pane.
        Action::FocusLeft,
        Action::FocusDown,
        Action::FocusUp,
        Action::FocusRight,
    ];
    for action in Action::iter().filter(|action| !usual.contains(action)) {
        let keys = keymap.keys_of(&CONTEXTS, action);
        let any = keymap
            .0
            .values()
            .flatten()
            .any(|(keys, bound)| *bound == action && plain(keys));
        assert!(any, "{action:?} has only {keys:?}");
    }
}

#[test]
fn esc_is_never_the_only_way() {
    let keymap = Keymap::shipped();
    for (context, table) in &keymap.0 {
        for (_, action) in table
            .iter()
            .filter(|(keys, _)| **keys == Keys(chords("esc")))
        {
            let others = table
                .iter()
                .filter(|(keys, bound)| *bound == action && **keys != Keys(chords("esc")));
            assert!(0 < others.count(), "{context}");
        }
    }
}

#[test]
fn a_remap_takes_the_old_keys_away() {
    let keymap = remap("runs.sort", &["b"]).unwrap();
    assert_eq!(
        keymap.lookup(&["runs"], &chords("b")),
        Lookup::Action(Action::Sort)
    );
    assert_eq!(keymap.lookup(&["runs"], &chords("s")), Lookup::Nothing);
    assert_eq!(
        remap("runs.sort", &[])
            .unwrap()
            .lookup(&["runs"], &chords("s")),
        Lookup::Nothing
    );
}

#[test]
fn two_actions_may_change_places() {
    let swapped = [("runs.sort", "f"), ("runs.matter", "s")]
        .map(|(name, key)| (name.to_owned(), vec![key.to_owned()]));
    let keymap = Keymap::shipped().remap(&swapped.into()).unwrap();
    for (key, action) in [("f", Action::Sort), ("s", Action::Matter)] {
        let typed: Keys = key.parse().unwrap();
        assert_eq!(keymap.lookup(&["runs"], &typed.0), Lookup::Action(action));
    }
}

#[test]
fn a_wrong_remap_says_what_to_write() {
    let cases = [
        (
            "runs.srt",
            "o",
            r#"keys."runs.srt": no such action; "runs.sort" is one"#,
        ),
        (
            "runs.sort",
            "ctrl-s",
            r#"keys."runs.sort": "ctrl-s" cannot be bound: a terminal or multiplexer takes it, or sends it for another key"#,
        ),
        (
            "runs.sort",
            "alt-x",
            r#"keys."runs.sort": "alt-x" cannot be bound: terminals send alt as escape and a key"#,
        ),
        (
            "runs.sort",
            "/",
            r#"keys."runs.sort": "/" is bound to "runs.filter" already"#,
        ),
        (
            "runs.sort",
            "X",
            r#"keys."runs.sort": "X" is bound to "global.stop" already"#,
        ),
        (
            "runs.sort",
            "ctrl-c",
            r#"keys."runs.sort": "ctrl-c" cannot be bound: it keeps its usual meaning"#,
        ),
        (
            "runs.stop",
            "X",
            r#"keys."runs.stop": no such action; "global.stop" is one"#,
        ),
        (
            "runs.sort",
            "s s s",
            r#"keys."runs.sort": "s s s" is more than two keys in a row"#,
        ),
        (
            "runs.sort",
            "t t",
            r#"keys."runs.sort": "t t" and "t", which is bound to "global.tag", begin alike: one is never reached"#,
        ),
        (
            "runs.sort",
            "entr",
            r#"keys."runs.sort": "entr" is not a key; "enter" is"#,
        ),
        (
            "global.stop",
            "x",
            r#"keys."global.stop": "x" would change things: verbs are upper case, or '+' and '-'"#,
        ),
    ];
    for (name, keys, message) in cases {
        assert_eq!(remap(name, &[keys]).unwrap_err().to_string(), message);
    }
}
