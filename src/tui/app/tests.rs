mod commands;
mod fuzz;
mod input;
mod list;
mod store;
mod verbs;
mod views;

use ratatui::style::Color;

use super::*;
use crate::{
    domain::{
        ids::{Id, RunId},
        runs::{Activity, Run, RunState},
        text,
    },
    ops::runs::Stop,
    tui::{action::Action, fixture, glyphs::Charset, stage::Stage, theme::Theme},
};

fn stage() -> Stage {
    Stage::new(fixture::runs())
}

fn sized(width: u16, height: u16) -> Stage {
    Stage::with(fixture::runs(), &Options::default(), (width, height))
}

/// Runs with ids of their own, however many.
fn many(count: u32) -> Vec<Run> {
    let run = |number: u32| numbered(number, &format!("run-{:04}", count - number));
    (0..count).map(run).collect()
}

fn numbered(number: u32, name: &str) -> Run {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    Run {
        id: RunId(Id::from_bytes(bytes)),
        ..fixture::run(1, name)
    }
}

fn selected(stage: &Stage) -> Option<String> {
    Some(stage.app.stacks.front_ref().target()?.name)
}

/// A picture of each view at three sizes, and of the small ones that must still work.
#[test]
fn every_view_has_its_look() {
    for (width, height) in [(80, 24), (120, 40), (200, 60), (40, 10)] {
        for (name, keys) in [
            ("bench", "0"),
            ("runs", "1"),
            ("live", "2"),
            ("jobs", "7"),
            ("page", "1 enter"),
        ] {
            let screen = sized(width, height).keys(keys).screen();
            insta::assert_snapshot!(format!("{name}-{width}x{height}"), screen);
        }
    }
}

#[test]
fn every_overlay_has_its_look() {
    for (name, keys) in [
        ("help", "?"),
        ("stop", "1 X"),
        ("sort", "1 s"),
        ("train", "C"),
        ("tags", "1 t"),
    ] {
        insta::assert_snapshot!(name, sized(80, 24).keys(keys).screen());
    }
    let mut stage = stage();
    stage.keys("g");
    stage.now.0 += 300;
    stage.send(Event::Woken);
    insta::assert_snapshot!("which-key", stage.screen());
}

#[test]
fn every_state_of_the_store_has_its_look() {
    let open = |error: fn() -> ops::Error| {
        Stage::opening(vec![], &Options::default(), (80, 24), Err(error)).screen()
    };
    insta::assert_snapshot!("first-run", Stage::new(vec![]).screen());
    insta::assert_snapshot!(
        "no-store",
        open(|| ops::Error::new(ops::Kind::NotFound, "there is no store in /data/.sconce"))
    );
    insta::assert_snapshot!(
        "newer-store",
        open(|| ops::Error::new(
            ops::Kind::Environment,
            "the store was written by a newer sconce: format 7, this one knows 3"
        )
        .because("schema 7".to_owned())
        .hint("install the newer sconce, or open another store with --store"))
    );
    let mut failing = stage();
    failing.failure = Some(|| {
        ops::Error::new(ops::Kind::Environment, "the store is locked").hint("it is tried again")
    });
    insta::assert_snapshot!("runs-failing", failing.keys("1").screen());
}

#[test]
fn without_colour_and_without_unicode_the_words_remain() {
    let options = Options {
        theme: Theme::Mono,
        charset: Charset::Ascii,
        ..Options::default()
    };
    let mut stage = Stage::with(fixture::runs(), &options, (100, 30));
    insta::assert_snapshot!("ascii-bench", stage.keys("0").screen());
    for keys in ["0", "1", "2", "7", "?"] {
        let picture = stage.keys(keys).picture();
        assert!(
            picture.content.iter().all(|cell| cell.symbol().is_ascii()),
            "{keys}"
        );
        assert!(
            picture
                .content
                .iter()
                .all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset),
            "{keys}"
        );
    }
}

#[test]
fn hue_is_never_alone() {
    for keys in ["0", "1", "2", "7"] {
        let screen = |theme| {
            let options = Options {
                theme,
                ..Options::default()
            };
            Stage::with(fixture::runs(), &options, (120, 40))
                .keys(keys)
                .screen()
        };
        for theme in Theme::SHIPPED {
            assert_eq!(screen(theme), screen(Theme::Mono), "{theme:?} {keys}");
        }
    }
}

#[test]
fn nothing_of_a_hostile_name_reaches_the_terminal() {
    for keys in ["0", "1", "1 G enter", "7"] {
        for size in [(80, 24), (120, 40)] {
            let picture = sized(size.0, size.1).keys(keys).picture();
            for cell in &picture.content {
                assert_eq!(cell.symbol(), text::shown(cell.symbol()));
            }
        }
    }
}
