//! What is in a list, and the cursor on it.

use super::*;

#[test]
fn the_cursor_stays_on_its_run_when_others_come() {
    let mut stage = stage();
    stage.keys("1 j j j");
    assert_eq!(selected(&stage).as_deref(), Some("quiet-lynx-4"));
    stage.runs.insert(0, fixture::running(9, "new-wren-9"));
    stage.send(Event::StoreChanged);
    stage.rest();
    assert_eq!(selected(&stage).as_deref(), Some("quiet-lynx-4"));
    stage.runs.retain(|run| run.name != "quiet-lynx-4");
    stage.send(Event::StoreChanged);
    stage.rest();
    assert_eq!(selected(&stage).as_deref(), Some("sour-mole-1"));
    assert!(stage.screen().contains("quiet-lynx-4 no longer matches"));
}

#[test]
fn the_cursor_stays_on_its_run_however_far_that_goes() {
    let mut stage = Stage::new(many(5_000));
    let down = vec!["j"; 61].join(" ");
    stage.keys(&format!("1 {down}"));
    let name = selected(&stage).unwrap();
    assert_eq!(name, "run-4939");
    let row = |stage: &mut Stage| {
        stage
            .screen()
            .lines()
            .position(|line| line.contains("run-4939"))
    };
    let before = row(&mut stage);
    // More come than a window holds.
    let newer =
        (0..100).map(|number| numbered(u32::MAX - number, &format!("run-{}", 5_100 - number)));
    stage.runs.splice(0..0, newer);
    stage.send(Event::StoreChanged);
    stage.rest();
    assert_eq!(selected(&stage).as_deref(), Some("run-4939"));
    assert_eq!(row(&mut stage), before, "it stays where it is seen");
    stage.keys("s 3");
    assert_eq!(selected(&stage).as_deref(), Some("run-4939"));
    assert!(stage.screen().contains("▌✓ done"), "{}", stage.screen());
    assert!(row(&mut stage).is_some());
}

#[test]
fn no_verb_has_a_target_while_the_run_under_the_cursor_is_not_known() {
    let mut stage = Stage::new(many(500));
    stage.keys("1");
    stage.app.act(Action::Last);
    assert_eq!(selected(&stage), None);
    stage.rest();
    assert_eq!(selected(&stage).as_deref(), Some("run-0001"));
}

#[test]
fn what_is_typed_ahead_of_a_list_is_done_when_it_is_there() {
    let mut stage = stage();
    stage.quickly("1 j enter");
    assert!(
        stage.screen().contains("runs > calm-heron-2"),
        "{}",
        stage.screen()
    );
    let mut stage = self::stage();
    stage.quickly("1 enter X y");
    assert!(
        stage.screen().contains("Stop brave-otter-7?"),
        "{}",
        stage.screen()
    );
    assert!(stage.verbs.is_empty(), "the question was not seen");
    let mut stage = Stage::new(many(500));
    stage.keys("1").quickly("G enter");
    assert!(
        stage.screen().contains("runs > run-0001"),
        "{}",
        stage.screen()
    );
    let mut stage = self::stage();
    stage.quickly("1 j q");
    assert_eq!(stage.how(), Some(How::Quit), "leaving waits for nothing");
}

#[test]
fn on_opening_the_cursor_stands_where_there_is_something_to_see() {
    let at = |runs: Vec<_>| selected(&Stage::new(runs)).unwrap();
    let (queued, running) = (fixture::queued(3, "q"), fixture::running(4, "r"));
    let done = fixture::run(5, "d");
    assert_eq!(at(vec![queued.clone(), done.clone(), running.clone()]), "r");
    assert_eq!(at(vec![queued.clone(), done.clone()]), "d");
    assert_eq!(at(vec![queued.clone()]), "q");
    // While nobody has touched it, it goes to the first that begins; then it stays.
    let mut stage = Stage::new(vec![queued.clone(), fixture::queued(4, "r")]);
    stage.runs[1] = running;
    stage.send(Event::StoreChanged);
    stage.rest();
    assert_eq!(selected(&stage).as_deref(), Some("r"));
    stage.keys("k");
    stage.send(Event::StoreChanged);
    stage.rest();
    assert_eq!(selected(&stage).as_deref(), Some("q"));
}

#[test]
fn a_run_that_leaves_is_remarked_once_and_only_where_it_left() {
    let mut stage = stage();
    stage.keys("1 j");
    let remark = "no longer matches";
    stage.keys("/").text("name:lynx");
    assert!(
        !stage.screen().contains(remark),
        "the person filtered it away"
    );
    stage.keys("enter esc");
    stage.runs.retain(|run| run.name != "quiet-lynx-4");
    stage.send(Event::StoreChanged);
    stage.rest();
    assert!(stage.screen().contains(remark), "{}", stage.screen());
    stage.keys("7");
    assert!(!stage.screen().contains(remark), "{}", stage.screen());
}

#[test]
fn a_filter_applies_while_it_is_typed_and_a_wrong_one_keeps_the_rows() {
    let mut stage = stage();
    stage.keys("1 /").text("name:nothing");
    assert!(
        stage.screen().contains("no runs match"),
        "{}",
        stage.screen()
    );
    stage.keys("esc /").text("a:(");
    assert!(stage.screen().contains("brave-otter-7"));
    assert!(stage.screen().contains('^'), "{}", stage.screen());
    stage.keys("esc");
    assert!(!stage.screen().contains("a:("));
}

#[test]
fn a_wrong_filter_is_not_taken() {
    for text in ["state:", "val/auc>"] {
        let mut stage = stage();
        stage
            .keys("1 /")
            .text("lynx")
            .keys("enter /")
            .keys("ctrl-u");
        stage.text(text).keys("enter");
        assert!(!stage.app.overlays.is_empty(), "{text}: the prompt stays");
        let screen = stage.screen();
        assert!(
            screen.contains("filter unfinished") && !screen.contains("no runs match"),
            "{screen}"
        );
        stage.keys("esc");
        let screen = stage.screen();
        assert!(
            screen.contains("/lynx  1 of 6") && screen.contains("quiet-lynx-4"),
            "{screen}"
        );
    }
}

/// What a list asks for depends on its columns, and its columns on what it was told: a screen that never agrees with itself
/// would ask, draw and send for ever. `rest` fails where it does not come to an end.
#[test]
fn every_view_comes_to_rest_at_every_width() {
    for width in 20..=220 {
        for height in [10, 40] {
            let mut stage = sized(width, height);
            for keys in ["0", "z", "1", "s n", "2", "7", "1 enter", "tab", "tab"] {
                stage.keys(keys);
            }
        }
    }
}

#[test]
fn a_list_is_asked_once_for_a_filter_that_moves_the_run_under_its_cursor() {
    let mut stage = Stage::with(many(300), &Options::default(), (80, 24));
    stage.keys("1").keys(&["j"; 150].join(" ")).keys("/");
    assert_eq!(selected(&stage).as_deref(), Some("run-0150"));
    for letter in ["0", "1", "5"] {
        stage.asked.clear();
        stage.keys(letter);
        let tables = stage.asked.iter().filter(|name| **name == "table");
        assert_eq!(tables.count(), 1, "{letter}");
        assert_eq!(selected(&stage).as_deref(), Some("run-0150"));
    }
}

#[test]
fn only_what_is_on_the_screen_is_fetched_and_only_once() {
    let mut stage = stage();
    stage.keys("1");
    stage.asked.clear();
    stage.keys("j j k");
    assert_eq!(stage.asked, Vec::<&str>::new());
    stage.send(Event::StoreChanged);
    stage.rest();
    stage.asked.sort_unstable();
    assert_eq!(stage.asked, ["counts", "news", "table"]);
}

#[test]
fn a_filter_begins_with_examples_and_its_values_are_completed() {
    let mut stage = stage();
    let foot = |stage: &mut Stage| stage.screen().lines().nth(21).unwrap().to_owned();
    stage.keys("1 /");
    let examples = "failed  experiment:fraud  val/loss<0.2  tag:baseline";
    assert!(foot(&mut stage).contains(examples), "{}", stage.screen());
    stage.text("s");
    assert!(!stage.screen().contains(examples));
    for (text, completed) in [
        ("state:fa", "state:failed"),
        ("experiment:di", "experiment:diagnosis"),
        ("tag:", "tag:baseline"),
        ("in:", "in:trash"),
    ] {
        stage.keys("ctrl-u").text(text).keys("tab");
        assert!(stage.screen().contains(completed), "{}", stage.screen());
    }
}

#[test]
fn the_loss_of_the_metric_in_sight_can_be_sorted_by() {
    let mut stage = stage();
    let screen = stage.keys("1 s").screen();
    assert!(screen.contains("6 best val/auc"), "{screen}");
    assert!(screen.contains("7 best val/loss"), "{screen}");
    stage.keys("7");
    assert!(stage.screen().contains("val/loss"), "{}", stage.screen());
}
