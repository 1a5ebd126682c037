use crate::tui::{Options, fixture, stage::Stage};

fn shown(size: (u16, u16)) -> Stage {
    let mut stage = Stage::with(fixture::runs(), &Options::default(), size);
    stage.keys("3");
    stage
}

#[test]
fn versions_have_their_look() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let screen = shown((width, height)).keys("j").screen();
        insta::assert_snapshot!(format!("data-{width}x{height}"), screen);
    }
    let mut none = Stage::with(vec![], &Options::default(), (80, 24));
    insta::assert_snapshot!("data-none", none.keys("3").screen());
}

#[test]
fn a_version_is_compared_with_the_one_before_it_or_two_that_are_marked() {
    let mut stage = shown((120, 40));
    let title = |stage: &mut Stage, text: &str| {
        let screen = stage.screen();
        assert!(screen.contains(text), "{text}\n{screen}");
    };
    title(&mut stage, "the first version: mark two to compare them");
    stage.keys("j");
    title(&mut stage, "penguins@v2 to penguins@v3");
    stage.keys("space k g g G space");
    title(&mut stage, "penguins@v1 to penguins@v3");
    title(&mut stage, "2 marked: Esc clears");
    stage.keys("esc");
    title(&mut stage, "the first version");
}

#[test]
fn the_list_alone_and_every_size_stay_within_the_screen() {
    for width in [1, 10, 40, 79, 99, 100, 160] {
        for height in [1, 5, 10, 24] {
            let mut stage = shown((width, height));
            stage.keys("j z z G space");
            stage.screen();
        }
    }
    let mut stage = shown((120, 40));
    stage.keys("z");
    assert!(!stage.screen().contains("detail") && stage.screen().contains("MESSAGE"));
}
