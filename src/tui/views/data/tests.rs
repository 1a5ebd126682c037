use crate::{
    domain::datasets::VersionId,
    ops,
    tui::{
        How, Options,
        effect::{DataVerb, Verb},
        fixture,
        glyphs::Charset,
        stage::Stage,
        theme::Theme,
    },
};

fn shown(size: (u16, u16)) -> Stage {
    let mut stage = Stage::with(fixture::runs(), &Options::default(), size);
    stage.keys("3");
    stage
}

fn id(dataset: &str, number: u32) -> VersionId {
    VersionId {
        dataset: dataset.to_owned(),
        number,
    }
}

/// The screen says all of this.
fn says(stage: &mut Stage, texts: &[&str]) {
    let screen = stage.screen();
    for text in texts {
        assert!(screen.contains(text), "{text}\n{screen}");
    }
}

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

#[test]
fn versions_have_their_look() {
    for (width, height) in SIZES {
        let screen = shown((width, height)).keys("j").screen();
        insta::assert_snapshot!(format!("data-{width}x{height}"), screen);
        let screen = shown((width, height)).keys("j enter").screen();
        insta::assert_snapshot!(format!("version-{width}x{height}"), screen);
        let screen = shown((width, height)).keys("j d").screen();
        insta::assert_snapshot!(format!("contents-{width}x{height}"), screen);
    }
    let mut none = Stage::with(vec![], &Options::default(), (80, 24));
    insta::assert_snapshot!("data-none", none.keys("3").screen());
}

#[test]
fn a_part_that_has_the_keys_may_have_all_the_room() {
    let mut stage = shown((80, 24));
    insta::assert_snapshot!("statistics-zoomed", stage.keys("j tab z G").screen());
    insta::assert_snapshot!("facts-zoomed", stage.keys("tab").screen());
    insta::assert_snapshot!("changes-zoomed", stage.keys("d").screen());
}

#[test]
fn characters_and_colours_may_be_few() {
    let options = Options {
        theme: Theme::Mono,
        charset: Charset::Ascii,
        ..Options::default()
    };
    let mut stage = Stage::with(fixture::runs(), &options, (120, 40));
    let screen = stage.keys("3 j d").screen();
    assert!(screen.is_ascii(), "{screen}");
    insta::assert_snapshot!("contents-ascii", screen);
    insta::assert_snapshot!("version-ascii", stage.keys("enter esc esc enter").screen());
}

#[test]
fn what_is_not_there_yet_and_what_went_wrong_are_told() {
    let failure = || ops::Error::new(ops::Kind::Environment, "the vault is damaged").hint("verify");
    let mut stage = Stage::with(fixture::runs(), &Options::default(), (80, 24));
    stage.failure = Some(failure);
    insta::assert_snapshot!("data-failed", stage.keys("3").screen());
    stage.failure = None;
    stage.keys("r");
    says(&mut stage, &["penguins", "statistics"]);
    // The list is there, and nothing else comes.
    stage.failure = Some(failure);
    stage.keys("j");
    says(&mut stage, &["the vault is damaged", "verify"]);
}

#[test]
fn a_version_is_compared_with_the_one_before_it_or_two_that_are_marked() {
    let mut stage = shown((120, 40));
    says(&mut stage, &["the first version: mark two to compare them"]);
    stage.keys("j");
    says(&mut stage, &["changes v2 to v3"]);
    stage.keys("space k g g G space");
    says(&mut stage, &["changes v1 to v3", "2 marked: Esc clears"]);
    stage.keys("esc");
    says(&mut stage, &["the first version"]);
}

#[test]
fn what_the_splits_have_in_common_is_looked_for_when_it_is_asked_for() {
    let mut stage = shown((120, 40));
    // The version with splits, its facts, the line of its leaks.
    stage.keys("j j tab tab");
    says(
        &mut stage,
        &[
            "train: train.csv  test: test.csv",
            "leaks    › not looked for: Enter does",
        ],
    );
    assert!(!stage.asked.contains(&"leaks"));
    stage.keys("j j j j j enter");
    assert!(stage.asked.contains(&"leaks"), "{}", stage.screen());
    says(&mut stage, &["12 rows of the 359 of test are in train"]);
    insta::assert_snapshot!("version-leaks", stage.screen());
}

#[test]
fn what_is_inside_the_tables_is_compared_once_and_when_it_is_asked_for() {
    let asked = |stage: &Stage| {
        stage
            .asked
            .iter()
            .filter(|kind| **kind == "contents")
            .count()
    };
    let mut stage = shown((120, 40));
    stage.keys("j");
    says(&mut stage, &["d compares what is inside the tables"]);
    assert_eq!(asked(&stage), 0);
    stage.keys("d");
    says(&mut stage, &["344 to 341 rows", "body_mass", "much"]);
    assert_eq!(asked(&stage), 1);
    // Back to the files, to the other version, and here again.
    stage.keys("d");
    says(
        &mut stage,
        &["labels.csv", "d what changed inside the tables"],
    );
    stage.keys("j j k k d");
    says(&mut stage, &["344 to 341 rows"]);
    assert_eq!(asked(&stage), 1);
}

#[test]
fn a_comparison_goes_on_beside_all_else_until_it_is_stopped() {
    let mut stage = shown((120, 40));
    stage.held = Some(vec![]);
    stage.keys("j d");
    says(&mut stage, &["comparing what is inside …", "Esc stops it"]);
    // Another version, another view: it goes on.
    stage.keys("j 1 3");
    says(&mut stage, &["comparing v2 with v3"]);
    stage.keys("d");
    says(
        &mut stage,
        &["penguins@v2 and penguins@v3 are being compared"],
    );
    stage.keys("k");
    stage.let_go();
    says(&mut stage, &["344 to 341 rows"]);
    // One that is stopped is as if it had not been asked for, and its answer is nobody's.
    stage.held = Some(vec![]);
    stage.keys("j d esc");
    says(&mut stage, &["d compares what is inside the tables"]);
    stage.let_go();
    says(&mut stage, &["d compares what is inside the tables"]);
}

#[test]
fn tables_that_were_not_looked_into_are_when_it_is_asked_for() {
    let mut stage = shown((120, 40));
    says(
        &mut stage,
        &["its tables were not looked into yet", "Enter does it now"],
    );
    stage.held = Some(vec![]);
    stage.keys("tab tab tab enter");
    says(&mut stage, &["looking into the tables …"]);
    stage.keys("esc");
    says(&mut stage, &["its tables were not looked into yet"]);
}

#[test]
fn of_several_tables_the_largest_comes_first_and_each_is_reached() {
    let mut stage = shown((120, 40));
    stage.keys("j j tab tab tab");
    says(
        &mut stage,
        &[
            "train.csv",
            "table 1 of 3",
            "splits  train 344 rows  test 3 rows",
        ],
    );
    stage.keys("]");
    says(&mut stage, &["test.csv", "1 repeated (33.3%)"]);
    stage.keys("]");
    says(&mut stage, &["broken.csv was not read"]);
    stage.keys("]");
    says(&mut stage, &["there is no other table on this side"]);
}

#[test]
fn a_tag_is_put_and_taken_in_a_line() {
    let mut stage = shown((80, 24));
    stage.keys("j t").text("clean -raw").keys("enter");
    let (version, tag) = (id("penguins", 3), |tag: &str| tag.to_owned());
    let clean = DataVerb::Tag {
        version: version.clone(),
        tag: tag("clean"),
    };
    let raw = DataVerb::Untag {
        version,
        tag: tag("raw"),
    };
    let both = Verb::Each(vec![Verb::Data(clean), Verb::Data(raw)]);
    assert_eq!(stage.verbs, [both]);
    stage.keys("t").text("v3").keys("enter");
    says(&mut stage, &["cannot be a tag"]);
    assert_eq!(stage.verbs.len(), 1);
}

#[test]
fn a_version_goes_into_the_trash_after_a_question_and_comes_back() {
    let mut stage = shown((80, 24));
    stage.keys("j D");
    says(
        &mut stage,
        &[
            "Put penguins@v3 into the trash?",
            "sconce data rm penguins@v3",
        ],
    );
    stage.keys("n D y");
    let gone = Verb::Data(DataVerb::Trash(vec![id("penguins", 3)], String::new()));
    assert_eq!(stage.verbs, [gone]);
    says(&mut stage, &["u takes it back"]);
    stage.keys("u");
    let back = Verb::Data(DataVerb::Restore(vec![id("penguins", 3)]));
    assert_eq!(stage.verbs.last(), Some(&back));
    stage.keys("u");
    says(&mut stage, &["there is nothing to take back"]);
    // What has a tag stays, and so does what is not in the trash.
    stage.keys("G D");
    says(&mut stage, &["penguins@v1 has the tag raw"]);
    stage.keys("R");
    says(&mut stage, &["penguins@v1 is not in the trash"]);
    assert_eq!(stage.verbs.len(), 2);
}

#[test]
fn the_trash_is_a_list_of_its_own() {
    let mut stage = shown((80, 24));
    stage.keys(":").text("data trash").keys("enter");
    insta::assert_snapshot!("data-trash", stage.screen());
    stage.keys("R");
    let back = Verb::Data(DataVerb::Restore(vec![id("penguins", 4)]));
    assert_eq!(stage.verbs, [back]);
    stage.keys("t");
    says(&mut stage, &["penguins@v4 is in the trash: R takes it out"]);
    stage.keys("q");
    says(&mut stage, &["islands as categories"]);
}

#[test]
fn a_version_is_made_from_a_form_while_the_screen_goes_on() {
    let mut stage = shown((80, 24));
    stage.held = Some(vec![]);
    stage
        .keys("j C")
        .text("pen")
        .keys("tab down")
        .text("by hand")
        .keys("enter");
    says(&mut stage, &["adding penguins …"]);
    stage.keys("C");
    says(&mut stage, &["a version is being made: one at a time"]);
    stage.keys("q");
    says(&mut stage, &["once more leaves, and nothing is added"]);
    assert_eq!(stage.how(), None);
    stage.let_go();
    let [Verb::Data(DataVerb::Add(new, work))] = &stage.verbs[..] else {
        panic!("{:?}", stage.verbs);
    };
    assert_eq!(
        (&new.path[..], &new.message[..]),
        ("penguins.csv", "by hand")
    );
    assert!(!work.is_stopped());
    // The cursor is on what was made.
    stage.keys("y n");
    assert_eq!(stage.copied.last().map(String::as_str), Some("penguins@v2"));
}

#[test]
fn a_version_that_is_being_made_is_stopped() {
    let mut stage = shown((80, 24));
    stage.held = Some(vec![]);
    stage.keys("j C").text("x").keys("enter ctrl-c");
    says(&mut stage, &["penguins: stopping …"]);
    stage.failure = Some(|| ops::Error::new(ops::Kind::Conflict, "it was interrupted"));
    stage.let_go();
    says(&mut stage, &["stopped: nothing was added"]);
    assert!(!stage.screen().contains("A new version"));
}

#[test]
fn a_form_that_could_not_be_carried_out_is_there_again_with_what_is_wrong() {
    let mut stage = shown((80, 24));
    stage.held = Some(vec![]);
    stage.keys("j C").text("nowhere").keys("enter");
    stage.failure = Some(|| ops::Error::new(ops::Kind::NotFound, "nowhere is not there"));
    stage.let_go();
    insta::assert_snapshot!("form-refused", stage.screen());
    // Where something else lies over the view, it waits for the next time.
    stage.failure = None;
    stage.held = Some(vec![]);
    stage.keys("enter ?");
    stage.failure = Some(|| ops::Error::new(ops::Kind::NotFound, "nowhere is not there"));
    stage.let_go();
    stage.failure = None;
    stage.keys("esc C");
    says(&mut stage, &["nowhere is not there", "A new version"]);
}

#[test]
fn nothing_is_changed_on_a_screen_that_is_read_only() {
    let options = Options {
        is_read_only: true,
        ..Options::default()
    };
    let mut stage = Stage::with(fixture::runs(), &options, (80, 24));
    stage.keys("3 j");
    for key in ["t", "D", "R", "C"] {
        stage.keys(key);
        says(&mut stage, &["this screen is read only"]);
    }
    stage.keys("d");
    says(&mut stage, &["344 to 341 rows"]);
    assert!(stage.verbs.is_empty());
}

#[test]
fn from_a_version_one_comes_to_its_runs_and_from_a_run_to_its_version() {
    let mut stage = shown((120, 40));
    stage.keys("j j w");
    says(&mut stage, &["data > runs  /data:penguins@v2"]);
    stage.keys("q");
    says(&mut stage, &["penguins@v2", "2 runs", "brave-otter-7"]);
    // On the page of the version, by the lines of its facts.
    stage.keys("enter tab G enter");
    says(&mut stage, &["data > penguins@v2 > quiet-lynx-4"]);
    stage.made_of = Some(id("penguins", 3));
    stage.keys("1 enter backtab backtab");
    says(&mut stage, &["penguins@v3  (Enter opens it)"]);
    stage.keys("enter");
    says(&mut stage, &["> penguins@v3", "statistics", "no run yet"]);
    stage.keys("[ y u");
    assert_eq!(
        stage.copied.last().map(String::as_str),
        Some("sconce://data/penguins@v2")
    );
    stage
        .keys(":")
        .text("open sconce://data/penguins@v1")
        .keys("enter");
    says(&mut stage, &["> penguins@v1"]);
    stage
        .keys(":")
        .text("open sconce://data/penguins@v9")
        .keys("enter");
    says(&mut stage, &["there is no penguins@v9"]);
}

#[test]
fn what_can_be_done_is_in_the_help_the_menu_and_the_palette() {
    let mut stage = shown((120, 40));
    stage.keys("j a");
    says(
        &mut stage,
        &["penguins@v3", "new version", "into the trash"],
    );
    stage.keys("esc ctrl-p").text("new version");
    says(&mut stage, &["new version of a data set"]);
    stage.keys("enter");
    says(&mut stage, &["A new version of a data set"]);
    stage.keys("esc ?");
    says(&mut stage, &["what changed", "where it is used"]);
    stage.keys("esc y c");
    assert_eq!(
        stage.copied.last().map(String::as_str),
        Some("sconce view data")
    );
    assert_eq!(stage.how(), None::<How>);
}

#[test]
fn the_list_alone_and_every_size_stay_within_the_screen() {
    for width in [1, 10, 40, 79, 99, 100, 160] {
        for height in [1, 5, 10, 24] {
            let mut stage = shown((width, height));
            stage.keys("j z z G space tab d tab tab z tab j enter");
            stage.screen();
        }
    }
    let mut stage = shown((120, 40));
    stage.keys("z");
    assert!(!stage.screen().contains("statistics") && stage.screen().contains("MESSAGE"));
}
