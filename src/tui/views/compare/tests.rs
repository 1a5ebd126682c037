use super::*;
use crate::tui::{Options, effect::Effect, event::Ticket, fixture, stage::Stage};

fn compared(size: (u16, u16), keys: &str) -> Stage {
    let mut stage = Stage::with(fixture::runs(), &Options::default(), size);
    stage.keys("1 space j space c");
    if !keys.is_empty() {
        stage.keys(keys);
    }
    stage
}

#[test]
fn the_comparison_has_its_look() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let screen = compared((width, height), "").screen();
        insta::assert_snapshot!(format!("compare-{width}x{height}"), screen);
    }
    for (name, keys) in [
        ("metrics", "tab tab"),
        ("code", "tab tab tab"),
        ("all", "tab d"),
    ] {
        let screen = compared((80, 24), keys).screen();
        insta::assert_snapshot!(format!("compare-{name}"), screen);
    }
}

#[test]
fn runs_keep_their_letters_in_the_order_of_marking_whatever_the_baseline() {
    let mut stage = Stage::new(fixture::runs());
    stage.keys("1 j j j space g g space c");
    let crumb = |stage: &mut Stage| stage.screen().lines().nth(1).unwrap().to_owned();
    assert!(crumb(&mut stage).contains("compare a quiet-lynx-4*base  b brave-otter-7"));
    stage.keys("j b");
    assert!(crumb(&mut stage).contains("compare a quiet-lynx-4  b brave-otter-7*base"));
    stage.keys("enter");
    assert!(crumb(&mut stage).contains("> brave-otter-7"));
}

#[test]
fn fewer_than_two_and_more_than_eight_say_why_not() {
    let mut stage = Stage::new(fixture::runs());
    let screen = stage.keys("1 c").screen();
    assert!(
        screen.contains("Space marks the runs to compare"),
        "{screen}"
    );
    let runs = (1..=9).map(|number| fixture::run(number, &format!("run-{number}")));
    let mut many = Stage::new(runs.collect());
    let screen = many.keys("1 V c").screen();
    assert!(screen.contains("9 are marked: 8 at most"), "{screen}");
    // One that is marked is set against the one under the cursor.
    stage.keys("space c");
    assert!(
        stage
            .screen()
            .contains("a brave-otter-7*base  b calm-heron-2")
    );
}

#[test]
fn the_chart_shows_the_metric_that_says_most_and_walks_with_the_table_of_metrics() {
    let mut stage = compared((120, 40), "");
    let charted = |stage: &mut Stage| {
        let screen = stage.screen();
        let line = screen.lines().nth(2).unwrap().to_owned();
        let words: Vec<&str> = line.split([' ', '─', '┌', '▌']).collect();
        let found = words
            .into_iter()
            .find(|word| word.contains('/') || *word == "lr");
        found.unwrap_or_default().to_owned()
    };
    assert_eq!(charted(&mut stage), "val/auc");
    stage.keys("]");
    assert_eq!(charted(&mut stage), "val/loss");
    stage.keys("tab tab g g");
    assert_eq!(charted(&mut stage), "lr");
    stage.keys("m").text("auc").keys("enter");
    assert_eq!(charted(&mut stage), "val/auc");
}

#[test]
fn all_runs_are_fetched_for_the_metric_in_sight_and_for_no_other() {
    let mut stage = compared((120, 40), "");
    assert_eq!(
        stage
            .asked
            .iter()
            .filter(|asked| **asked == "compare")
            .count(),
        1
    );
    stage.asked.clear();
    stage.keys("j b tab h");
    assert_eq!(
        stage.asked,
        ["compare"],
        "another baseline is another question"
    );
    stage.asked.clear();
    stage.keys("]");
    assert!(2 <= stage.asked.len() && stage.asked.iter().all(|asked| *asked == "chart"));
}

#[test]
fn a_place_of_runs_beside_each_other_opens_again() {
    let ids = [fixture::id(4), fixture::id(2)];
    let settings = Settings::default().with("baseline", "1");
    let compare = Compare::at(&ids, &settings);
    assert_eq!(compare.order(), [ids[1], ids[0]]);
    assert_eq!(compare.place().settings.get("baseline"), Some("1"));
    let far = Settings::default().with("baseline", "9");
    assert_eq!(Compare::at(&ids, &far).order(), [ids[1], ids[0]]);
}

#[test]
fn an_answer_that_fails_says_so_in_the_view() {
    let mut compare = Compare::at(&[fixture::id(1), fixture::id(2)], &Settings::default());
    let area = Rect::new(0, 0, 60, 12);
    let shared = fixture::shared();
    let mut buffer = Buffer::empty(area);
    compare.draw(&mut buffer, area, &shared);
    let mut tickets = Tickets::default();
    let effects = compare.ask(&mut tickets);
    let [Effect::Compare(ticket, _)] = effects[..] else {
        panic!("{effects:?}")
    };
    let error = crate::ops::Error::new(crate::ops::Kind::NotFound, "there is no run 0202");
    assert!(
        compare
            .loaded(Ticket(9_999), Answer::Compare(Err(error)))
            .is_some()
    );
    let error = crate::ops::Error::new(crate::ops::Kind::NotFound, "there is no run 0202");
    assert!(
        compare
            .loaded(ticket, Answer::Compare(Err(error)))
            .is_none()
    );
    compare.draw(&mut buffer, area, &shared);
    assert!(fixture::text(&buffer).contains("there is no run 0202"));
}

#[test]
fn a_run_that_a_link_names_twice_stands_once() {
    let (a, b) = (fixture::id(1), fixture::id(4));
    let view = Compare::at(&[a, b, a], &Settings::default());
    assert_eq!(view.order(), [a, b]);
}
