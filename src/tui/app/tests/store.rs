//! What the store does meanwhile, and the clock.

use super::*;

#[test]
fn a_store_that_went_away_is_said_and_nothing_is_done_to_it() {
    let mut stage = stage();
    stage.keys("1");
    stage.send(Event::StoreGone(ops::Error::new(
        ops::Kind::Conflict,
        "the store was removed",
    )));
    let said = "the store was removed: r opens what is there now";
    assert!(stage.screen().contains(said), "{}", stage.screen());
    stage.keys("t X y C");
    assert!(stage.verbs.is_empty() && stage.app.overlays.is_empty());
    stage.runs = vec![fixture::run(9, "another")];
    stage.keys("r");
    let screen = stage.screen();
    assert!(
        screen.contains("another") && !screen.contains(said),
        "{screen}"
    );
    assert!(!screen.contains("brave-otter-7"), "{screen}");
}

#[test]
fn a_busy_store_is_told_by_the_second_until_it_answers() {
    let mut stage = stage();
    stage.send(Event::StoreBusy(true));
    assert!(
        stage.screen().contains("STORE BUSY 1s"),
        "{}",
        stage.screen()
    );
    let next = stage.app.wake_at().unwrap();
    assert_eq!(next.0 - stage.now.0, 1_000);
    stage.now = next;
    stage.send(Event::Woken);
    assert!(
        stage.screen().contains("STORE BUSY 2s"),
        "{}",
        stage.screen()
    );
    stage.send(Event::StoreBusy(false));
    assert!(!stage.screen().contains("STORE BUSY"));
}

#[test]
fn a_failed_store_is_tried_again() {
    let failure: fn() -> ops::Error =
        || ops::Error::new(ops::Kind::Environment, "the store is locked");
    let mut stage = Stage::opening(fixture::runs(), &Options::default(), (80, 24), Err(failure));
    stage.asked.clear();
    stage.keys("1 j X C");
    assert!(stage.asked.is_empty() && stage.verbs.is_empty());
    stage.keys("r");
    assert_eq!(stage.asked, ["open"]);
}

#[test]
fn a_frozen_screen_counts_what_it_does_not_show() {
    let mut stage = stage();
    stage.keys("1 F");
    stage.runs[0].name = "renamed".into();
    stage.send(Event::StoreChanged);
    stage.rest();
    assert!(stage.screen().contains("1 newer") && !stage.screen().contains("renamed"));
    stage.keys("F");
    assert!(stage.screen().contains("renamed"));
}

#[test]
fn an_idle_screen_is_drawn_as_often_as_its_youngest_age_changes() {
    let made = |seconds: i64| {
        let mut run = fixture::run(4, "quiet-lynx-4");
        run.created.0 = fixture::NOW.0 - seconds * 1_000;
        run
    };
    for (seconds, wakes_after) in [(2, 1_000), (180, 60_000), (9_000, 3_600_000)] {
        let mut stage = Stage::new(vec![made(seconds)]);
        stage.keys("1");
        let drawn = stage.now;
        assert!(!stage.app.is_dirty);
        let wake = stage.app.wake_at().unwrap();
        assert_eq!(wake.0 - drawn.0, wakes_after, "{seconds}");
        // Nothing is read for it, and what is drawn is the age alone.
        stage.asked.clear();
        let before = stage.picture();
        stage.now = wake;
        stage.send(Event::Woken);
        stage.rest();
        let after = stage.picture();
        assert!(before.diff(&after).len() <= 3, "{seconds}");
        assert_ne!(before, after, "{seconds}");
        assert!(stage.asked.is_empty());
    }
    // Without an age in sight it sleeps.
    let mut stage = Stage::new(vec![]);
    stage.rest();
    assert_eq!(stage.app.wake_at(), None);
    let mut live = self::stage();
    live.keys("2");
    assert!(
        live.app.wake_at().is_some(),
        "a followed log is looked at again"
    );
}
