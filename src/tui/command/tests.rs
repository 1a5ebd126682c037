use proptest::prelude::*;

use super::*;
use crate::tui::{fixture, place::Spot};

fn live() -> Live {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    Live {
        runs: owned(&["brave-otter-7", "brave-owl-1", "calm-heron-2"]),
        metrics: owned(&["val/auc", "val/loss"]),
        themes: owned(&["dark", "light"]),
        screens: owned(&["default", "oncall"]),
        filters: owned(&["@night"]),
    }
}

#[test]
fn commands_are_read() {
    let link = Place::of(Spot::Run(fixture::id(1)));
    let text = |text: &str| text.to_owned();
    let tags = |word: &str| vec![Tag::try_from(word.to_owned()).unwrap()];
    let cases = [
        ("bench", Step::Go(Root::Bench, None)),
        ("  runs ", Step::Go(Root::Runs, None)),
        (
            "runs /state:failed age<2d",
            Step::Go(Root::Runs, Some(text("state:failed age<2d"))),
        ),
        ("runs /", Step::Go(Root::Runs, Some(String::new()))),
        ("open brave-otter-7", Step::Find(text("brave-otter-7"))),
        (&format!("open {link}"), Step::Open(link.clone())),
        (
            "runs stop a b",
            Step::Verb(Action::Stop, vec![text("a"), text("b")]),
        ),
        ("runs pause", Step::Verb(Action::Pause, vec![])),
        (
            "runs tag a keep -junk",
            Step::Tag(text("a"), tags("keep"), tags("junk")),
        ),
        (
            "runs note a went  flat",
            Step::Note(text("a"), text("went  flat")),
        ),
        ("runs note a", Step::Note(text("a"), String::new())),
        ("sort -name", Step::Sort(Sort::parse("name", true).unwrap())),
        ("set rate ssh", Step::Rate(Rate::Ssh)),
        ("set mouse off", Step::Mouse(false)),
        ("set metric", Step::Metric(String::new())),
        ("read-only", Step::ReadOnly(true)),
        ("read-only off", Step::ReadOnly(false)),
        ("theme light", Step::Theme(text("light"))),
        ("save @night-runs", Step::Save(text("night-runs"))),
        ("quit", Step::Quit),
    ];
    for (line, step) in cases {
        assert_eq!(read(line), Ok(step), "{line}");
    }
}

#[test]
fn a_wrong_command_says_what_is_wrong_and_where() {
    let cases = [
        ("", 0, "write a command; Tab shows which there are"),
        (
            "rnus",
            0,
            r#"there is no command "rnus": did you mean runs?"#,
        ),
        ("set", 3, "set what? One of rate, charset, metric, mouse"),
        (
            "set moose on",
            3,
            "set what? One of rate, charset, metric, mouse",
        ),
        ("set rate fast", 9, r#""fast" is none of local, ssh, slow"#),
        ("set mouse", 9, "on, off is missing"),
        ("jobs now", 5, r#""now" is one word too many"#),
        ("theme light dark", 12, r#""dark" is one word too many"#),
        ("open", 4, "a run's name, or a link is missing"),
        (
            "open sconce://rnus",
            5,
            r#"there is no view "rnus"; there are runs, jobs, bench, live, data"#,
        ),
        (
            "runs failed",
            5,
            "write a filter with / before it, or a verb: stop, tag",
        ),
        ("runs tag a", 10, "a tag is missing"),
        ("save", 4, "@ and a name is missing"),
        (
            "save night",
            5,
            r#""night" is no @ and a name of letters, digits, `-`, `_` and `.`"#,
        ),
    ];
    for (line, at, message) in cases {
        assert_eq!(read(line), Err(Wrong::new(at, message)), "{line}");
    }
    // A filter is wrong where the filter is.
    assert_eq!(read("runs /a state:").unwrap_err().at, 8);
    assert!(
        read("sort user")
            .unwrap_err()
            .message
            .contains("one of created")
    );
}

#[test]
fn words_are_completed_from_what_is_there() {
    let cases: [(&str, usize, &[&str]); 15] = [
        ("be", 0, &["bench"]),
        ("runs s", 0, &["runs stop"]),
        (
            "set ",
            0,
            &["set rate", "set charset", "set metric", "set mouse"],
        ),
        ("live", 0, &["live"]),
        ("open brave", 5, &["brave-otter-7", "brave-owl-1"]),
        ("runs stop calm-heron-2 brave-ow", 23, &["brave-owl-1"]),
        ("runs tag brave-owl-1 x", 21, &[]),
        ("set mouse ", 10, &["on", "off"]),
        ("set rate s", 9, &["ssh", "slow"]),
        ("sort val", 5, &["val/auc", "val/loss"]),
        ("theme l", 6, &["light"]),
        ("runs /sta", 6, &["state:"]),
        ("runs /state:failed na", 19, &["name:"]),
        ("runs /state:failed @", 19, &["@night"]),
        ("runs /val/a", 6, &["val/auc"]),
    ];
    for (line, start, words) in cases {
        let (range, found) = completions(line, &live());
        assert_eq!(
            (range, &found[..]),
            (
                start..line.len(),
                &words
                    .iter()
                    .map(|word| (*word).to_owned())
                    .collect::<Vec<_>>()[..]
            ),
            "{line}"
        );
    }
}

#[test]
fn the_table_names_each_command_once_and_says_what_it_does() {
    let mut names: Vec<&str> = COMMANDS.iter().map(|command| command.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), COMMANDS.len());
    for command in &COMMANDS {
        assert!(!command.help.is_empty(), "{}", command.name);
        assert!(command.name.split(' ').count() <= 2, "{}", command.name);
    }
}

proptest! {
    #[test]
    fn no_line_breaks_it(line in ".{0,30}", pick in 0usize..26, tail in " ?[/a-zé -]{0,20}") {
        let known = format!("{}{tail}", COMMANDS[pick].name);
        for line in [line, known] {
            if let Err(wrong) = read(&line) {
                prop_assert!(line.is_char_boundary(wrong.at.min(line.len())));
            }
            let (range, _) = completions(&line, &live());
            prop_assert!(line.get(range).is_some());
        }
    }
}
