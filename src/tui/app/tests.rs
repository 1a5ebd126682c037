mod commands;
mod fuzz;

use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;
use ratatui::style::Color;

use super::*;
use crate::{
    domain::{
        runs::{Activity, RunState},
        text,
    },
    ops::runs::Stop,
    tui::{
        action::Action,
        fixture,
        glyphs::Charset,
        stage::Stage,
        terminal::parser::{Parser, tests::REPLIES},
        theme::Theme,
    },
};

fn stage() -> Stage {
    Stage::new(fixture::runs())
}

fn sized(width: u16, height: u16) -> Stage {
    Stage::with(fixture::runs(), &Options::default(), (width, height))
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
fn the_cursor_stays_on_its_run_when_others_come() {
    let mut stage = stage();
    stage.keys("1 j j j");
    let selected = |stage: &Stage| stage.app.stacks.front_ref().target().unwrap().name;
    assert_eq!(selected(&stage), "quiet-lynx-4");
    stage.runs.insert(0, fixture::running(9, "new-wren-9"));
    stage.send(Event::StoreChanged);
    stage.rest();
    assert_eq!(selected(&stage), "quiet-lynx-4");
    stage.runs.retain(|run| run.name != "quiet-lynx-4");
    stage.send(Event::StoreChanged);
    stage.rest();
    assert_eq!(selected(&stage), "sour-mole-1");
    assert!(stage.screen().contains("quiet-lynx-4 no longer matches"));
}

fn many(count: u32) -> Vec<crate::domain::runs::Run> {
    let run = |number: u32| {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        let mut run = fixture::run(1, &format!("run-{:04}", count - number));
        run.id = crate::domain::ids::RunId(crate::domain::ids::Id::from_bytes(bytes));
        run
    };
    (0..count).map(run).collect()
}

fn selected(stage: &Stage) -> Option<String> {
    Some(stage.app.stacks.front_ref().target()?.name)
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
    let mut runs = many(5_100);
    runs.truncate(100);
    stage.runs.splice(
        0..0,
        runs.into_iter().map(|mut run| {
            run.id.0 = crate::domain::ids::Id::from_bytes([
                200,
                run.id.0.to_string().as_bytes()[6],
                run.id.0.to_string().as_bytes()[7],
                1,
                1,
                1,
                1,
                1,
                1,
                1,
                1,
                1,
                1,
                1,
                1,
                1,
            ]);
            run
        }),
    );
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
fn runs_at_work_are_walked_round_and_round() {
    let (two, one) = (fixture::running(2, "two"), fixture::running(1, "one"));
    let mut stage = Stage::new(vec![two, one.clone()]);
    let here = |stage: &mut Stage| {
        let screen = stage.screen();
        let crumb = screen.lines().nth(1).unwrap_or_default();
        ["one", "two"].map(|name| crumb.contains(&format!("> {name}")))
    };
    stage.keys("2");
    let first = here(&mut stage);
    assert_ne!(first, here(stage.keys("]")));
    assert_eq!(first, here(stage.keys("]")));
    assert_ne!(first, here(stage.keys("[")));
    assert!(!stage.screen().contains("no other run"));

    let mut alone = Stage::new(vec![one]);
    assert!(alone.keys("2 ]").screen().contains("no other run"));
    assert!(!alone.keys("0").screen().contains("no other run"));
}

#[test]
fn a_foreign_program_that_has_ended_is_not_offered_to_go_on() {
    let mut run = fixture::failed(1, "calm-heron-2");
    let footer = |run: &crate::domain::runs::Run| {
        let screen = Stage::new(vec![run.clone()]).keys("1").screen();
        screen.lines().last().unwrap_or_default().to_owned()
    };
    assert!(footer(&run).contains("R go on"), "{}", footer(&run));
    run.kind = crate::domain::runs::RunKind::Command;
    assert!(!footer(&run).contains("R go on"), "{}", footer(&run));
    let mut stage = Stage::new(vec![run]);
    let refused = stage.keys("1 R").screen();
    assert!(refused.contains("is a foreign program"), "{refused}");
}

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

#[test]
fn the_hints_are_those_of_what_has_the_keys() {
    for (keys, hint, not) in [
        ("1 X", "n keep running", "filter"),
        ("1 /", "Enter keep", "train"),
        ("1 t", "Enter tag", "open"),
        ("1 e", "Enter keep the note", "open"),
        ("C", "Enter train", "zoom"),
        ("?", "Esc close", "zoom"),
        ("1 enter", "X stop", "half a page"),
        ("1 enter tab", "Enter chart", "crosshair"),
        ("1 enter tab tab", "/ search", "next row"),
        ("2", "] next run", "next metric"),
        ("1", "q leave", "back"),
    ] {
        let mut stage = sized(120, 40);
        let screen = stage.keys(keys).screen();
        let footer = screen.lines().last().unwrap();
        assert!(
            footer.contains(hint) && !footer.contains(not),
            "{keys}: {footer}"
        );
    }
}

#[test]
fn the_next_run_at_work_is_a_key_away_and_one_that_ended_stays_in_sight() {
    let mut stage = sized(120, 40);
    stage.keys("2 ]");
    assert_eq!(selected(&stage).as_deref(), Some("calm-heron-2"));
    stage.runs[1] = fixture::run(2, "calm-heron-2");
    stage.send(Event::StoreChanged);
    stage.rest();
    let screen = stage.screen();
    assert!(screen.contains("✓ calm-heron-2  done  3m ago"), "{screen}");
    stage.keys("]");
    assert_eq!(selected(&stage).as_deref(), Some("brave-otter-7"));
}

#[test]
fn with_nothing_at_work_live_shows_what_ended_last() {
    let mut stage = Stage::new(vec![
        fixture::queued(3, "waits"),
        fixture::failed(4, "long-ago"),
        fixture::run(5, "just-now"),
    ]);
    stage.keys("2");
    let screen = stage.screen();
    assert!(screen.contains("live > just-now"), "{screen}");
    assert_eq!(screen.matches("✓").count(), 1, "said once: {screen}");
    stage.runs[0] = fixture::running(3, "waits");
    stage.send(Event::StoreChanged);
    stage.rest();
    assert_eq!(selected(&stage).as_deref(), Some("waits"));
}

#[test]
fn help_lists_what_works_here_and_says_where_the_rest_is() {
    let help = |keys: &str, search: &str| {
        let mut stage = sized(120, 60);
        stage.keys(keys).text(search).screen()
    };
    let screen = sized(80, 60).keys("1 ?").screen();
    assert!(
        !screen.contains("zoom the pane"),
        "there is one pane: {screen}"
    );
    assert!(help("1 ?", "").contains("zoom the pane"));
    assert!(help("1 ?", "raise").contains("raise the priority, in Jobs"));
    assert!(help("1 ?", "crosshair").contains("in a run's page"));
    assert!(help("1 G k ?", "").contains("stop: sour-mole-1 is failed"));
    let screen = help("1 ?", "");
    for text in ["PgDn", "S-Tab", "Home", " move", " charts"] {
        assert_eq!(screen.contains(text), text != " charts", "{text}: {screen}");
    }
    assert!(sized(80, 24).keys("1 ?").screen().contains("▼ "));
}

#[test]
fn zoom_and_tab_work_where_runs_has_two_panes() {
    let mut stage = sized(120, 40);
    stage.keys("1 tab z");
    assert!(!stage.screen().contains("STATE"), "{}", stage.screen());
    stage.keys("z");
    assert!(stage.screen().contains("STATE"));
    stage.keys("tab j");
    assert_eq!(selected(&stage).as_deref(), Some("calm-heron-2"));
    let mut narrow = sized(80, 24);
    assert!(
        narrow
            .keys("1 tab")
            .screen()
            .contains("there is no other pane here")
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
fn a_paste_that_is_cut_or_refused_says_so() {
    let mut stage = stage();
    stage.keys("1 /");
    stage.send(Event::Input(Input::Paste("name:lynx\rrm -rf\r".into())));
    assert!(
        stage
            .screen()
            .contains("the first of 2 pasted lines was taken")
    );
    stage.send(Event::Input(Input::Paste("x".repeat(5_000))));
    assert!(stage.screen().contains("of 4,096 bytes): nothing taken"));
}

#[test]
fn the_welcome_keeps_its_keys_where_there_is_little_room() {
    let mut stage = Stage::with(vec![], &Options::default(), (40, 10));
    let screen = stage.screen();
    for text in [" d ", " C ", " ? ", " q ", "store: /home/ana", "q leave"] {
        assert!(screen.contains(text), "{text}: {screen}");
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
fn a_stop_is_asked_about_and_enter_keeps_the_run() {
    let mut stage = stage();
    stage.keys("1 X enter");
    assert!(stage.verbs.is_empty());
    stage.keys("X y");
    assert!(matches!(stage.verbs[..], [Verb::Stop(id, Stop::Gently)] if id == fixture::id(1)));
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
fn each_view_keeps_its_page_and_back_leads_out() {
    let mut stage = stage();
    stage.keys("1 j enter");
    assert!(stage.screen().contains("runs > calm-heron-2"));
    stage.keys("7 1");
    assert!(stage.screen().contains("runs > calm-heron-2"));
    stage.keys("q");
    assert_eq!(
        (stage.how(), stage.screen().contains("runs >")),
        (None, false)
    );
    stage.keys("q");
    assert_eq!(stage.how(), Some(How::Quit));
    assert_eq!(stage.app.ended().map(|ended| ended.still_running), Some(2));
}

#[test]
fn escape_undoes_one_step_at_a_time() {
    let mut stage = stage();
    stage.keys("1 enter l");
    assert!(stage.screen().contains("step 1,8"), "{}", stage.screen());
    stage.keys("ctrl-g");
    assert!(stage.screen().contains("runs > brave-otter-7"));
    stage.keys("ctrl-g");
    assert!(!stage.screen().contains("runs >"));
    stage.keys("ctrl-g ctrl-g");
    assert_eq!(stage.how(), None);
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
fn the_welcome_leads_to_the_demo() {
    let mut stage = Stage::new(vec![]);
    stage.keys("d");
    assert_eq!(stage.how(), Some(How::Demo));
}

#[test]
fn a_window_too_small_says_so_and_can_be_left() {
    let mut stage = sized(32, 8);
    assert!(stage.screen().starts_with("32x8: 40x10 needed, q leaves"));
    assert!(sized(20, 5).screen().starts_with("20x5: 40x10 needed"));
    assert!(sized(10, 5).screen().starts_with("10x5"));
    stage.keys("X y C");
    assert!(stage.verbs.is_empty());
    stage.keys("q");
    assert_eq!(stage.how(), Some(How::Quit));
}

#[test]
fn a_paste_is_never_run_as_keys() {
    let mut stage = stage();
    stage.keys("1");
    stage.send(Event::Input(Input::Paste("XyXyq".into())));
    assert!(stage.verbs.is_empty() && stage.how().is_none());
    stage.keys("/");
    stage.send(Event::Input(Input::Paste("name:nothing\nq".into())));
    stage.rest();
    assert!(
        stage.screen().contains("no runs match name:nothing"),
        "{}",
        stage.screen()
    );
}

#[test]
fn an_interrupt_leaves_only_when_repeated() {
    let mut stage = stage();
    stage.keys("1 X ctrl-c ctrl-c");
    assert_eq!(stage.how(), None);
    stage.quickly("ctrl-c");
    assert_eq!(stage.how(), Some(How::Quit));
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

#[test]
fn what_a_terminal_answers_does_nothing_in_any_view_and_in_any_input() {
    let places = [
        "0",
        "1",
        "1 enter",
        "1 enter l",
        "2",
        "7",
        "1 g",
        "?",
        "1 /",
        "1 t",
        "1 e",
        "1 s",
        "1 X",
        "C",
    ];
    for place in places {
        let mut stage = stage();
        stage.keys(place);
        let before = stage.picture();
        stage.asked.clear();
        for reply in REPLIES.into_iter().chain(["\x1b[I", "\x1b[O"]) {
            for at in 0..reply.len() {
                let mut parser = Parser::default();
                for part in [&reply.as_bytes()[..at], &reply.as_bytes()[at..]] {
                    for input in parser.feed(part) {
                        stage.send(Event::Input(input));
                    }
                }
            }
            stage.rest();
            assert!(
                stage.picture() == before,
                "{place}: {reply:?}\n{}",
                stage.screen()
            );
        }
        assert!(stage.asked.is_empty() && stage.verbs.is_empty(), "{place}");
    }
}

fn any_event() -> impl Strategy<Value = Event> {
    let key = prop_oneof![
        6 => proptest::char::range(' ', '~').prop_map(KeyCode::Char),
        2 => proptest::sample::select(vec![KeyCode::Enter, KeyCode::Esc, KeyCode::Tab, KeyCode::BackTab, KeyCode::Up, KeyCode::Down, KeyCode::Left, KeyCode::Right, KeyCode::Home, KeyCode::End, KeyCode::PageUp, KeyCode::PageDown, KeyCode::Backspace, KeyCode::Delete, KeyCode::F(3)]),
    ];
    let key = (key, any::<bool>()).prop_map(|(code, ctrl)| {
        let modifiers = if ctrl {
            KeyModifiers::CONTROL
        } else {
            KeyModifiers::NONE
        };
        Event::Input(Input::Key(KeyEvent::new(code, modifiers)))
    });
    prop_oneof![
        20 => key,
        1 => ".{0,20}".prop_map(|text| Event::Input(Input::Paste(text))),
        4 => (0..4u8).prop_map(|which| match which {
            0 => Event::StoreChanged,
            1 => Event::Woken,
            2 => Event::Resumed,
            _ => Event::Input(Input::FocusLost),
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn no_event_at_any_size_panics(steps in proptest::collection::vec((any_event(), 1u16..220, 1u16..70, any::<bool>()), 1..40)) {
        let mut stage = stage();
        for (event, width, height, resizes) in steps {
            if resizes {
                stage.size = (width, height);
                stage.send(Event::Input(Input::Resize(width, height)));
            }
            stage.now.0 += 137;
            stage.send(event);
            stage.rest();
        }
    }

    #[test]
    fn lower_case_keys_change_nothing_but_labels(keys in proptest::collection::vec(proptest::sample::select("abcdefghijklmnopqrstuvwxyz0127/?[](){}=^$`".chars().collect::<Vec<_>>()), 1..40)) {
        let mut stage = stage();
        for key in keys {
            stage.keys(&key.to_string());
        }
        prop_assert!(stage.verbs.iter().all(|verb| matches!(verb, Verb::Tag(..) | Verb::Note(..))));
    }
}
