use super::said;
use crate::{
    ops::runs::Sort,
    tui::{Options, fixture, stage::Stage},
};

fn wide() -> Stage {
    let mut runs = fixture::runs();
    runs[1].experiment = "demand".into();
    Stage::with(runs, &Options::default(), (200, 60))
}

fn crumb(stage: &mut Stage) -> String {
    stage.screen().lines().nth(1).unwrap().to_owned()
}

#[test]
fn an_experiment_narrows_the_list_and_all_widens_it() {
    let mut stage = wide();
    let screen = stage.keys("1").screen();
    assert!(screen.contains("experiments") && screen.contains("demand"));
    stage.keys("backtab j enter");
    let there = crumb(&mut stage);
    assert!(there.contains(r#"/experiment="demand"  1 of 6"#), "{there}");
    stage.keys("k enter");
    assert!(!crumb(&mut stage).contains("experiment="));
    // The keys of the list are its own again.
    stage.keys("tab g g enter");
    assert!(crumb(&mut stage).contains("runs > brave-otter-7"));
}

#[test]
fn experiments_stand_beside_the_list_where_there_is_much_room_only() {
    let mut stage = Stage::with(fixture::runs(), &Options::default(), (159, 40));
    assert!(!stage.keys("1").screen().contains("experiments"));
    assert!(!stage.asked.contains(&"experiments"));
}

#[test]
fn a_filter_is_completed_with_names_of_the_store_and_earlier_ones_come_back() {
    let mut stage = Stage::new(fixture::runs());
    stage
        .keys("1 /")
        .text("lynx")
        .keys("enter /")
        .keys("ctrl-u");
    stage.text("@n").keys("tab");
    assert!(stage.screen().contains("/ @night"), "{}", stage.screen());
    stage.keys("ctrl-u up enter");
    assert!(
        crumb(&mut stage).contains("/lynx  1 of 6"),
        "{}",
        stage.screen()
    );
}

#[test]
fn what_is_in_sight_can_be_sorted_by() {
    let mut stage = wide();
    stage.keys("1 o").text("dur").keys("space enter s");
    let screen = stage.screen();
    assert!(
        screen.contains("best val/auc") && screen.contains(" dur"),
        "{screen}"
    );
}

#[test]
fn the_order_in_force_is_marked_with_its_direction() {
    let mut stage = wide();
    let screen = stage.keys("1 s").screen();
    assert!(screen.contains("1 newest  ▲ now"), "{screen}");
    let screen = stage.keys("3 s").screen();
    assert!(
        screen.contains("3 name  ▲ now") && !screen.contains("newest  ▲"),
        "{screen}"
    );
    // One that no choice names has a line of its own.
    let screen = stage
        .keys("esc :")
        .text("sort -name")
        .keys("enter s")
        .screen();
    assert!(screen.contains("▼ now"), "{screen}");
}

#[test]
fn runs_are_grouped_by_what_every_run_has() {
    let mut stage = wide();
    stage.keys("1 :").text("group experiment").keys("enter");
    assert!(crumb(&mut stage).contains("groups by experiment"));
    let screen = stage.keys("w").screen();
    assert!(screen.contains("who made it"), "{screen}");
    stage.text("preset").keys("enter");
    assert!(crumb(&mut stage).contains("groups by preset"));
}

#[test]
fn an_order_is_told_as_it_is_and_not_as_it_usually_is() {
    let cases = [
        ("created", "newest first", "oldest first"),
        ("name", "by name", "by name, backwards"),
        ("state", "by state", "by state, backwards"),
        ("step", "most steps first", "fewest steps first"),
        ("dur", "longest first", "shortest first"),
        ("val/auc@best", "best val/auc first", "worst val/auc first"),
        ("loss@best", "best loss first", "worst loss first"),
        ("lr@last", "highest lr@last first", "lowest lr@last first"),
    ];
    for (word, usual, reverse) in cases {
        let told = |is_reverse| said(&Sort::parse(word, is_reverse).unwrap());
        assert_eq!(
            (told(false).as_str(), told(true).as_str()),
            (usual, reverse)
        );
    }
}
