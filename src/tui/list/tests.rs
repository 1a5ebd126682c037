use crate::tui::{Options, effect::Verb, fixture, stage::Stage};

fn stage() -> Stage {
    Stage::with(fixture::runs(), &Options::default(), (100, 30))
}

fn crumb(stage: &mut Stage) -> String {
    stage.screen().lines().nth(1).unwrap().to_owned()
}

fn marked(stage: &mut Stage) -> usize {
    let screen = stage.screen();
    screen.lines().filter(|line| line.contains('#')).count()
}

#[test]
fn marks_stay_whatever_the_filter_shows() {
    let mut stage = stage();
    stage.keys("1 space j space");
    assert!(crumb(&mut stage).contains("2 marked: Esc clears"));
    assert_eq!(marked(&mut stage), 2);
    stage.keys("/").text("otter").keys("enter");
    assert!(crumb(&mut stage).contains("2 marked"));
    assert_eq!(marked(&mut stage), 1);
    // First the marks go, then the filter, and that comes back.
    stage.keys("esc");
    assert!(!crumb(&mut stage).contains("marked") && crumb(&mut stage).contains("/otter"));
    stage.keys("esc");
    assert!(!crumb(&mut stage).contains("/otter"));
    stage.keys("u");
    assert!(crumb(&mut stage).contains("/otter"));
}

#[test]
fn a_range_and_all_in_the_filter_are_marked_at_once() {
    let mut stage = stage();
    stage.keys("1 v j j");
    assert!(crumb(&mut stage).contains("range of 3"));
    assert_eq!(marked(&mut stage), 3);
    stage.keys("v");
    assert!(crumb(&mut stage).contains("3 marked"));
    stage.keys("u V");
    assert!(
        stage.screen().contains("6 runs marked"),
        "{}",
        stage.screen()
    );
    stage.keys("u /").text("state:running").keys("enter V");
    assert!(crumb(&mut stage).contains("2 marked"));
    // A range that is given up marks nothing.
    stage.keys("u esc g g v j esc");
    assert!(!crumb(&mut stage).contains("marked"));
}

#[test]
fn a_range_reaches_over_rows_that_are_not_at_hand() {
    let runs = (0..200).map(|number| {
        let mut run = fixture::run(number, &format!("run-{number:03}"));
        run.created.0 -= i64::from(number);
        run
    });
    let mut stage = Stage::with(runs.collect(), &Options::default(), (80, 24));
    stage.keys("1 v G v");
    assert!(
        crumb(&mut stage).contains("200 marked"),
        "{}",
        stage.screen()
    );
}

#[test]
fn verbs_act_on_what_is_marked_and_leave_out_what_they_cannot() {
    let mut stage = stage();
    stage.keys("1 space j j space D");
    let screen = stage.screen();
    assert!(screen.contains("1 have not ended and stay"), "{screen}");
    stage.keys("y");
    assert!(matches!(&stage.verbs[..], [Verb::Trash(ids, _)] if *ids == [fixture::id(4)]));
    // What the trash took is given back by undo, once there are no marks to clear.
    stage.keys("u u");
    assert!(matches!(&stage.verbs[1..], [Verb::Restore(ids)] if *ids == [fixture::id(4)]));
    stage.keys("V X");
    assert!(
        stage.screen().contains("Stop 3 runs?"),
        "{}",
        stage.screen()
    );
}

#[test]
fn a_run_in_the_trash_is_taken_out_and_nothing_else() {
    let mut runs = fixture::runs();
    runs[3].trashed = Some(crate::domain::runs::Trashed {
        at: fixture::NOW,
        by: "ana@gpu01".into(),
    });
    let mut stage = Stage::new(runs);
    stage.keys("1 /").text("in:trash").keys("enter D");
    assert!(
        stage.screen().contains("is in the trash"),
        "{}",
        stage.screen()
    );
    stage.keys("R");
    assert!(matches!(&stage.verbs[..], [Verb::Restore(ids)] if *ids == [fixture::id(4)]));
}

#[test]
fn columns_are_chosen_moved_kept_and_given_up() {
    let mut stage = Stage::with(fixture::runs(), &Options::default(), (150, 40));
    stage.keys("1 p o");
    insta::assert_snapshot!("columns", stage.screen());
    let head = |stage: &mut Stage| {
        let screen = stage.screen();
        let line = screen.lines().find(|line| line.contains("NAME")).unwrap();
        line.split('│').nth(1).unwrap_or(line).to_owned()
    };
    stage.text("p.opt").keys("space enter");
    assert!(head(&mut stage).contains(" LR"), "{}", head(&mut stage));
    stage.keys("o").text("trend").keys("space esc");
    assert!(head(&mut stage).contains("TREND"), "as it was");
    stage.keys("o").text("val/loss@last").keys("space enter");
    assert_eq!(stage.asked.last(), Some(&"table"));
    let session = stage.app.session();
    let columns: Vec<String> = session
        .stacks
        .iter()
        .flatten()
        .filter_map(|place| place.settings.get("columns").map(str::to_owned))
        .collect();
    assert!(
        columns
            .iter()
            .any(|words| words.ends_with("p.optimiser.lr,val/loss@last")),
        "{columns:?}"
    );
}

#[test]
fn the_last_row_is_marked_in_its_place() {
    let mut stage = stage();
    stage.keys("1 G space");
    assert_eq!(marked(&mut stage), 1, "{}", stage.screen());
    assert!(crumb(&mut stage).contains("1 marked"));
    stage.keys("space");
    assert_eq!(marked(&mut stage), 0);
}

#[test]
fn a_new_order_says_where_the_run_under_the_cursor_stands_now() {
    let runs = (0..200).map(|number| {
        let mut run = fixture::run(number, &format!("run-{number:03}"));
        run.created.0 -= i64::from(number);
        run
    });
    let mut stage = Stage::with(runs.collect(), &Options::default(), (120, 24));
    stage.keys("1 :").text("sort -name").keys("enter");
    let screen = stage.screen();
    assert!(screen.contains("run-000 is row 200 of 200 now"), "{screen}");
    assert!(screen.contains("▌✓ done run-000"), "{screen}");
    // Where it is in sight from the first row on there is nothing to say.
    let screen = stage.keys("s 3").screen();
    assert!(
        screen.contains("▌✓ done run-000") && !screen.contains("row 1 of"),
        "{screen}"
    );
}

#[test]
fn what_ends_in_the_word_typed_is_offered_first_and_a_parameter_before_metrics() {
    let mut stage = stage();
    let screen = stage.keys("1 o").text("lr").screen();
    let line = |text: &str| screen.lines().position(|line| line.contains(text));
    let (param, metric) = (
        line("p.optimiser.lr"),
        line("train/lr@last").or(line("lr@last")),
    );
    assert!(
        param.is_some() && metric.is_none_or(|metric| param < Some(metric)),
        "{screen}"
    );
}
