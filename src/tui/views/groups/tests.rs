use super::*;
use crate::tui::{Options, fixture, stage::Stage};

fn grouped(size: (u16, u16)) -> Stage {
    let mut stage = Stage::with(fixture::runs(), &Options::default(), size);
    stage.keys("1 w").text("lr").keys("enter");
    stage
}

#[test]
fn groups_have_their_look() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let screen = grouped((width, height)).screen();
        insta::assert_snapshot!(format!("groups-{width}x{height}"), screen);
    }
    let mut stage = Stage::new(fixture::runs());
    insta::assert_snapshot!("group-by", stage.keys("1 w").screen());
}

#[test]
fn a_group_leads_to_its_runs_and_back() {
    let mut stage = grouped((120, 40));
    stage.keys("j enter");
    let crumb = |stage: &mut Stage| stage.screen().lines().nth(1).unwrap().to_owned();
    let there = crumb(&mut stage);
    assert!(there.contains(r#"/p.optimiser.lr="warm up""#), "{there}");
    stage.keys("q");
    assert!(crumb(&mut stage).contains("groups by optimiser.lr"));
}

#[test]
fn the_filter_of_a_group_is_that_of_the_list_and_its_value() {
    let row = |value: Option<serde_json::Value>| {
        let question = GroupsQuestion {
            filter: Filter::default(),
            by: "lr".into(),
            metric: None,
            dots: 0,
        };
        let mut group = fixture::grouping(&question).groups.remove(0);
        group.value = value;
        named((0, &group))
    };
    let cases = [
        ("", Some(1e-3.into()), "p.lr=0.001"),
        (
            "state:done | x",
            Some(64.into()),
            "(state:done | x) p.lr=64",
        ),
        ("", Some("a \"b\"".into()), r#"p.lr="a \"b\"""#),
        ("", Some(true.into()), "p.lr=true"),
        ("", None, "-has:p.lr"),
    ];
    for (filter, value, wanted) in cases {
        let text = narrowed(filter, "lr", &row(value));
        assert_eq!(text, wanted);
        assert!(Filter::parse(&text).is_ok(), "{text}");
    }
}

#[test]
fn the_metric_and_the_parameter_are_chosen_by_name_and_kept_in_the_place() {
    let mut stage = grouped((120, 40));
    stage.keys("m").text("loss").keys("enter");
    let screen = stage.screen();
    assert!(screen.contains("train/loss by optimiser.lr"), "{screen}");
    stage.keys("w").text("batch").keys("enter");
    let screen = stage.screen();
    assert!(screen.contains("train/loss by train.batch"), "{screen}");
    let stacks = stage.app.session().stacks;
    let mut places = stacks.into_iter().flatten();
    let place = places.find(|place| place.spot == Spot::Groups).unwrap();
    assert_eq!(place.settings.get("by"), Some("train.batch"));
    assert_eq!(place.settings.get("metric"), Some("train/loss"));
}

#[test]
fn a_place_without_a_parameter_says_how_to_choose_one() {
    let mut groups = Groups::at(&Settings::default());
    let area = Rect::new(0, 0, 60, 8);
    let mut buffer = Buffer::empty(area);
    groups.draw(&mut buffer, area, &fixture::shared());
    assert!(fixture::text(&buffer).contains("w chooses one"));
    assert!(!groups.awaits(Action::Groups));
}

/// Bands were drawn over a part of the axis as if they were of that part.
#[test]
fn bands_are_of_all_steps_and_no_part_of_them_is_looked_at() {
    let mut stage = grouped((120, 40));
    let before = stage.keys("m").text("loss").keys("enter tab").screen();
    // A message lies over the end of the line.
    let axis = |screen: &str| -> String {
        let line = screen.lines().rev().nth(3).unwrap_or_default();
        line.chars().take(70).collect()
    };
    assert!(axis(&before).contains("500          1,000"), "{before}");
    for key in ["+", "-", "=", "{", "}", "f"] {
        let screen = stage.keys(key).screen();
        assert!(
            screen.contains("the chart is of all steps"),
            "{key}: {screen}"
        );
        assert_eq!(axis(&screen), axis(&before), "{key}");
    }
}
