//! What changes runs: the question before it, and what cannot be done.

use super::*;
use crate::domain::runs::RunKind;

#[test]
fn a_foreign_program_that_has_ended_is_not_offered_to_go_on() {
    let mut run = fixture::failed(1, "calm-heron-2");
    let footer = |run: &Run| {
        let screen = Stage::new(vec![run.clone()]).keys("1").screen();
        screen.lines().last().unwrap_or_default().to_owned()
    };
    assert!(footer(&run).contains("R go on"), "{}", footer(&run));
    run.kind = RunKind::Command;
    assert!(!footer(&run).contains("R go on"), "{}", footer(&run));
    let mut stage = Stage::new(vec![run]);
    let refused = stage.keys("1 R").screen();
    assert!(refused.contains("is a foreign program"), "{refused}");
}

#[test]
fn a_stop_is_asked_about_and_enter_keeps_the_run() {
    let mut stage = stage();
    stage.keys("1 X enter");
    assert!(stage.verbs.is_empty());
    stage.keys("X y");
    assert!(matches!(stage.verbs[..], [Verb::Stop(id, Stop::Gently)] if id == fixture::id(1)));
}

#[test]
fn n_keeps_a_run_and_stopping_at_once_has_a_key_of_its_own() {
    let mut stage = stage();
    stage.keys("1 X n");
    assert!(stage.verbs.is_empty() && stage.app.overlays.is_empty());
    stage.keys("X !");
    assert!(matches!(stage.verbs[..], [Verb::Stop(id, Stop::Now)] if id == fixture::id(1)));
    stage.keys("X tab");
    assert_eq!(stage.verbs.len(), 1, "choosing is not doing");
    stage.keys("enter");
    assert!(matches!(stage.verbs[1], Verb::Stop(_, Stop::Gently)));
}

#[test]
fn a_queued_run_is_asked_about_before_it_loses_its_turn() {
    let mut stage = stage();
    stage.keys("1 j j X");
    assert!(
        stage.screen().contains("[ Keep queued ]"),
        "{}",
        stage.screen()
    );
    stage.keys("enter");
    assert!(stage.verbs.is_empty());
    stage.keys("X y");
    assert!(matches!(stage.verbs[..], [Verb::Stop(id, Stop::Now)] if id == fixture::id(3)));
}

#[test]
fn keys_typed_ahead_of_a_question_do_not_answer_it() {
    let mut stage = stage();
    stage
        .keys("1")
        .quickly("X y y y y y y y y y y y y y y y y y y y y y y y y y y y y y y y y y y y y");
    assert!(stage.verbs.is_empty());
    stage.keys("y");
    assert_eq!(stage.verbs.len(), 1);
}

#[test]
fn a_question_about_a_run_that_changed_meanwhile_is_asked_anew() {
    let mut stage = stage();
    stage.keys("1 X");
    if let RunState::Running { activity, .. } = &mut stage.runs[0].state {
        *activity = Activity::Paused;
    }
    stage.send(Event::StoreChanged);
    stage.rest();
    stage.keys("y");
    assert!(stage.verbs.is_empty());
    assert!(
        stage.screen().contains("it is paused now"),
        "{}",
        stage.screen()
    );
    stage.keys("y");
    assert_eq!(stage.verbs.len(), 1);
}

#[test]
fn a_verb_that_makes_no_sense_says_why() {
    for (keys, why) in [
        ("1 G k X", "sour-mole-1 is failed"),
        ("1 R", "brave-otter-7 is running"),
        ("1 j j K", "keen-ibis-3 is queued"),
        ("7 t", "open the run first"),
        ("1 b", "b: not bound here"),
    ] {
        let mut stage = stage();
        let screen = stage.keys(keys).screen();
        assert!(screen.contains(why), "{keys}: {screen}");
        assert!(stage.verbs.is_empty());
    }
}

#[test]
fn a_read_only_screen_changes_nothing() {
    let options = Options {
        is_read_only: true,
        ..Options::default()
    };
    let mut stage = Stage::with(fixture::runs(), &options, (80, 24));
    stage.keys("1 X y R W K C 7 + -");
    assert!(stage.verbs.is_empty());
    assert!(stage.screen().contains("READ-ONLY"));
}

#[test]
fn a_training_is_started_from_a_preset_with_overrides() {
    let mut stage = stage();
    // What is typed into a field that was just come to replaces what stands there; after a cursor key it does not.
    stage
        .keys("C right down down")
        .text("70")
        .keys("down up end backspace backspace")
        .text("600")
        .keys("enter");
    let [
        Verb::Train {
            preset, overrides, ..
        },
    ] = &stage.verbs[..]
    else {
        panic!("{:?}", stage.verbs)
    };
    assert_eq!(
        (preset.as_str(), overrides.as_slice()),
        ("diagnosis", ["train.epochs=600".to_owned()].as_slice())
    );
    assert!(
        stage.screen().contains("bench > brave-otter-7"),
        "{}",
        stage.screen()
    );
}

#[test]
fn a_wrong_value_is_shown_in_its_field_in_words() {
    let mut stage = stage();
    stage.keys("C down down").text("abc").keys("enter");
    let screen = stage.screen();
    assert!(
        screen.contains("✗ epochs: a whole number from 0 on is expected"),
        "{screen}"
    );
    assert!(stage.verbs.is_empty());
    stage.keys("ctrl-u").text("60").keys("enter");
    assert_eq!(stage.verbs.len(), 1);
}

#[test]
fn the_newest_change_is_taken_back_first() {
    let mut stage = stage();
    stage.keys("1 /").text("lynx").keys("enter esc");
    stage.keys("/").text("quiet").keys("enter D y u");
    assert!(
        matches!(&stage.verbs[..], [Verb::Trash(put, _), Verb::Restore(back)] if put == back),
        "{:?}",
        stage.verbs
    );
    assert!(stage.screen().contains("/quiet"), "{}", stage.screen());
    // What is older is still there to be taken back.
    stage.keys("u");
    assert!(stage.screen().contains("/lynx"), "{}", stage.screen());
    assert_eq!(stage.verbs.len(), 2);
}

#[test]
fn a_filter_that_was_cleared_after_a_change_comes_back_before_it() {
    let mut stage = stage();
    stage.keys("1 /").text("quiet").keys("enter D y esc u");
    assert!(stage.screen().contains("/quiet"), "{}", stage.screen());
    assert!(matches!(stage.verbs[..], [Verb::Trash(..)]));
    stage.keys("u");
    assert!(matches!(
        stage.verbs[..],
        [Verb::Trash(..), Verb::Restore(_)]
    ));
}

fn trashed(run: Run) -> Run {
    let trashed = crate::domain::runs::Trashed {
        at: fixture::ago(5),
        by: "ana".to_owned(),
    };
    Run {
        trashed: Some(trashed),
        ..run
    }
}

#[test]
fn in_the_trash_going_on_is_restoring() {
    let runs = vec![trashed(fixture::failed(1, "calm-heron-2"))];
    let mut stage = Stage::with(runs, &Options::default(), (120, 40));
    stage.keys("1 /").text("in:trash").keys("enter");
    let screen = stage.screen();
    let footer = screen.lines().last().unwrap();
    assert!(footer.contains("R restore"), "{footer}");
    assert!(!screen.contains("go on"), "{screen}");
    let menu = stage.keys("a").screen();
    assert!(menu.contains("R restore"), "{menu}");
    let palette = stage.keys("esc ctrl-p").text("restore").screen();
    assert!(
        palette.lines().any(|line| line.contains(" R  restore")),
        "{palette}"
    );
    assert!(matches!(stage.keys("esc R").verbs[..], [Verb::Restore(_)]));
    stage.runs[0].trashed = None;
    stage.send(Event::StoreChanged);
    let screen = stage.rest().screen();
    assert!(!screen.contains("no longer matches"), "{screen}");
}

#[test]
fn the_palette_leads_to_the_trash() {
    let mut stage = stage();
    let palette = stage.keys("1 ctrl-p").text("restore").screen();
    assert!(palette.contains("trash"), "{palette}");
    stage
        .keys("esc ctrl-p")
        .text("trash  the runs")
        .keys("enter");
    assert!(stage.screen().contains("/in:trash"), "{}", stage.screen());
}

#[test]
fn a_run_put_into_the_trash_is_not_said_to_match_no_longer() {
    let mut stage = stage();
    stage.keys("1 j j j D y");
    stage.runs[3] = trashed(stage.runs[3].clone());
    stage.send(Event::StoreChanged);
    let screen = stage.rest().screen();
    assert!(!screen.contains("quiet-lynx-4"), "{screen}");
    assert!(screen.contains("u takes it back"), "{screen}");
    // One that leaves by itself is.
    stage.runs.remove(4);
    stage.send(Event::StoreChanged);
    let screen = stage.rest().screen();
    assert!(screen.contains("sour-mole-1 no longer matches"), "{screen}");
}

#[test]
fn before_a_stop_and_after_it_it_is_said_how_the_run_goes_on() {
    let mut stage = stage();
    let asked = stage.keys("1 X").screen();
    assert!(
        asked.contains("R goes on from its last checkpoint"),
        "{asked}"
    );
    let said = stage.keys("y u").screen();
    assert!(
        said.contains("a stop is not taken back: R goes on from its last checkpoint"),
        "{said}"
    );
    let foreign = Run {
        kind: RunKind::Command,
        ..fixture::running(1, "calm-heron-2")
    };
    let mut stage = Stage::new(vec![foreign]);
    let asked = stage.keys("1 X").screen();
    assert!(asked.contains("a foreign program cannot go on"), "{asked}");
    let said = stage.keys("y u").screen();
    assert!(said.contains("`sconce run -- …` starts it again"), "{said}");
}
