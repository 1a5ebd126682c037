//! The command line, the palette, the menu of verbs, messages, yanks, jumps, the mouse and calls, as a person meets them.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::{sized, stage};
use crate::{
    domain::{
        filter::Filter,
        runs::{RunState, Tag},
        time::Timestamp,
    },
    ops::runs::Stop,
    tui::{How, Notify, Options, effect::Verb, event::Event, fixture, stage::Stage, theme::Theme},
};

/// Types a command line and enters it.
fn command(stage: &mut Stage, line: &str) -> String {
    stage.keys(":").text(line).keys("enter").screen()
}

fn crumb(stage: &mut Stage) -> String {
    let screen = stage.screen();
    screen.lines().nth(1).unwrap_or_default().to_owned()
}

#[test]
fn what_lies_over_the_view_has_its_look() {
    let mut stage = sized(100, 24);
    stage.keys("1 :").text("runs s");
    insta::assert_snapshot!("line-offers", stage.screen());
    stage.keys("ctrl-u").text("set rate fast").keys("enter");
    insta::assert_snapshot!("line-wrong", stage.screen());
    for (name, keys) in [
        ("palette", "1 ctrl-p"),
        ("palette-runs", "1 ctrl-p @"),
        ("palette-help", "1 ctrl-p ? c r o s s"),
        ("menu", "1 j a"),
        ("jump", "1 enter ;"),
        ("messages", "1 b X ! g m"),
    ] {
        insta::assert_snapshot!(name, sized(100, 24).keys(keys).screen());
    }
}

#[test]
fn a_filter_on_the_line_is_completed_with_what_the_store_has() {
    let mut stage = sized(100, 24);
    for (begun, whole) in [("@n", "@night"), ("train/l", "train/loss")] {
        stage
            .keys("1 :")
            .text(&format!("runs /{begun}"))
            .keys("tab");
        let screen = stage.screen();
        assert!(screen.contains(&format!("runs /{whole}")), "{screen}");
        stage.keys("esc");
    }
}

#[test]
fn help_is_searched_by_key_and_names_the_commands() {
    let help = |search: &str| sized(100, 40).keys("1 ?").text(search).screen();
    let screen = help("k:g");
    assert!(
        screen.contains("all runs") && screen.contains("first row"),
        "{screen}"
    );
    assert!(!screen.contains("next row"), "{screen}");
    let screen = help("k:PgDn");
    assert!(
        screen.contains("a page down") && !screen.contains("half a page"),
        "{screen}"
    );
    assert!(help("k:+").contains("raise the priority, in Jobs"));
    let screen = help(":theme");
    assert!(screen.contains(":theme NAME  other colours"), "{screen}");
}

#[test]
fn commands_go_where_keys_go() {
    let mut stage = stage();
    command(&mut stage, "runs /name:lynx");
    assert!(crumb(&mut stage).contains("runs  /name:lynx  1 of 6"));
    command(&mut stage, "jobs");
    assert!(crumb(&mut stage).contains("jobs"));
    command(&mut stage, "open calm-heron-2");
    assert!(crumb(&mut stage).contains("calm-heron-2"));
    command(&mut stage, &format!("open sconce://run/{}", fixture::id(1)));
    assert!(crumb(&mut stage).contains("brave-otter-7"));
    command(&mut stage, "runs");
    command(&mut stage, "runs /");
    assert!(!crumb(&mut stage).contains('/'));
    command(&mut stage, "sort -name");
    assert!(crumb(&mut stage).contains("by name"));
    command(&mut stage, "quit");
    assert_eq!(stage.how(), Some(How::Quit));
}

#[test]
fn a_wrong_command_stays_to_be_mended() {
    for (line, said) in [
        ("rnus", "did you mean runs?"),
        ("open nobody", r#"there is no run "nobody""#),
        ("runs stop quiet-lynx-4", "quiet-lynx-4 is done"),
        ("theme purple", "there is no theme"),
        ("read-only off now", "one word too many"),
        ("sort host", "runs cannot be sorted by host"),
    ] {
        let mut stage = sized(120, 30);
        let screen = command(stage.keys("1"), line);
        assert!(screen.contains(said), "{line}: {screen}");
        assert!(screen.contains(&format!(":{line}")), "{line}: {screen}");
        assert!(stage.verbs.is_empty());
        // Typed on, it is asked anew.
        assert!(!stage.keys("x").screen().contains(said), "{line}");
    }
}

#[test]
fn a_verb_by_name_goes_through_its_question() {
    let mut stage = stage();
    let screen = command(stage.keys("1"), "runs stop calm-heron-2");
    assert!(screen.contains("Stop calm-heron-2?"), "{screen}");
    assert!(stage.verbs.is_empty());
    stage.keys("y");
    assert_eq!(stage.verbs, [Verb::Stop(fixture::id(2), Stop::Gently)]);
    let screen = command(
        &mut stage,
        "runs stop brave-otter-7 calm-heron-2 quiet-lynx-4",
    );
    assert!(screen.contains("Stop 2 runs?"), "{screen}");
    assert!(screen.contains("1 have ended and stay"), "{screen}");
    stage.keys("y");
    let stop = |number| Verb::Stop(fixture::id(number), Stop::Gently);
    assert_eq!(stage.verbs[1], Verb::Each(vec![stop(1), stop(2)]));
}

#[test]
fn a_read_only_screen_refuses_commands_too_and_opens_only_where_it_was_asked_to_close() {
    let mut stage = sized(120, 30);
    command(stage.keys("1"), "read-only");
    assert!(stage.screen().contains("READ-ONLY"));
    for line in [
        "runs stop brave-otter-7",
        "runs tag brave-otter-7 x",
        "runs pause",
    ] {
        let screen = command(&mut stage, line);
        assert!(
            screen.contains("this screen is read only"),
            "{line}: {screen}"
        );
        stage.keys("esc");
    }
    assert!(stage.verbs.is_empty());
    command(&mut stage, "read-only off");
    assert!(!stage.screen().contains("READ-ONLY"));
    let options = Options {
        is_read_only: true,
        ..Options::default()
    };
    let mut stage = Stage::with(fixture::runs(), &options, (120, 30));
    let screen = command(&mut stage, "read-only off");
    assert!(screen.contains("the configuration says") && screen.contains("READ-ONLY"));
}

#[test]
fn the_filter_in_front_is_saved_under_a_name() {
    let mut stage = sized(120, 30);
    let screen = command(stage.keys("1"), "save @mine");
    assert!(screen.contains("there is no filter in force"), "{screen}");
    stage.keys("esc / l y n x enter");
    command(&mut stage, "save @mine");
    let filter = Filter::parse("lynx").unwrap();
    assert_eq!(stage.verbs, [Verb::Save("mine".to_owned(), filter)]);
    let screen = command(stage.keys("7"), "save @mine");
    assert!(screen.contains("no list here"), "{screen}");
}

#[test]
fn colours_change_at_once() {
    let themes = ["dark", "mono"].map(|name| (name.to_owned(), Theme::named(name).unwrap()));
    let options = Options {
        themes: themes.into(),
        ..Options::default()
    };
    let mut stage = Stage::with(fixture::runs(), &options, (100, 30));
    let is_coloured = |stage: &mut Stage| {
        let picture = stage.picture();
        let mut cells = picture.content.iter();
        cells.any(|cell| cell.fg != ratatui::style::Color::Reset)
    };
    assert!(is_coloured(&mut stage));
    command(&mut stage, "theme mono");
    assert!(!is_coloured(&mut stage));
}

#[test]
fn the_palette_finds_actions_commands_runs_and_tags() {
    // An action, by its words.
    let mut stage = sized(100, 30);
    stage.keys("1 ctrl-p").text("read again").keys("enter");
    assert!(stage.app.overlays.is_empty());
    // A run, by a part of its name.
    stage.keys("ctrl-p").text("@heron").keys("enter");
    assert!(crumb(&mut stage).contains("calm-heron-2"));
    // A tag: its runs.
    stage.keys("ctrl-p #").keys("enter");
    assert!(
        crumb(&mut stage).contains("/tag:baseline"),
        "{}",
        stage.screen()
    );
    // A command that needs words goes on in its line.
    let screen = stage.keys("ctrl-p").text(">theme").keys("enter").screen();
    assert!(screen.contains("\n:theme"), "{screen}");
}

#[test]
fn what_was_picked_last_stands_first_and_what_cannot_be_done_stays() {
    let mut stage = sized(100, 30);
    stage
        .keys("1 ctrl-p")
        .text("stop and start")
        .keys("enter ctrl-p");
    let screen = stage.screen();
    let first = screen
        .lines()
        .position(|line| line.contains("stop and start the updates"));
    assert_eq!(
        first.map(|at| screen
            .lines()
            .nth(at - 1)
            .unwrap()
            .contains("a few letters")),
        Some(true),
        "{screen}"
    );
    stage
        .keys("esc F 1 G k ctrl-p")
        .text(">stop; a queued")
        .keys("enter");
    let screen = stage.screen();
    assert!(screen.contains("sour-mole-1 is failed"), "{screen}");
    assert!(!stage.app.overlays.is_empty());
}

#[test]
fn a_paste_goes_into_the_palette_and_the_line() {
    use crossterm::event::Event as Input;
    let mut stage = sized(100, 30);
    stage.keys("ctrl-p");
    stage.send(Event::Input(Input::Paste("@otter\n".into())));
    stage.rest();
    stage.keys("enter");
    assert!(crumb(&mut stage).contains("brave-otter-7"));
    stage.keys(":");
    stage.send(Event::Input(Input::Paste("jobs\n".into())));
    stage.keys("enter");
    assert!(crumb(&mut stage).contains("jobs"));
}

#[test]
fn the_menu_lists_all_verbs_with_their_keys_and_reasons() {
    let mut stage = sized(100, 40);
    let screen = stage.keys("1 G k a").screen();
    assert!(screen.contains("sour-mole-1"), "{screen}");
    assert!(screen.contains("X stop: sour-mole-1 is failed"), "{screen}");
    assert!(screen.contains("t tag"), "{screen}");
    let screen = stage.keys("X").screen();
    assert!(stage.verbs.is_empty() && screen.contains("sour-mole-1 is failed"));
    stage.keys("g g a X");
    assert!(stage.screen().contains("Stop brave-otter-7?"));
}

#[test]
fn a_tag_and_a_note_can_be_taken_back_for_a_while() {
    let mut stage = stage();
    let tag = |text: &str| vec![Tag::try_from(text.to_owned()).unwrap()];
    stage.keys("1 t").text("baseline good").keys("enter");
    assert!(
        stage.screen().contains("u takes it back"),
        "{}",
        stage.screen()
    );
    stage.keys("u");
    // Baseline was there before.
    assert_eq!(
        stage.verbs[1],
        Verb::Tag(fixture::id(1), vec![], tag("good"))
    );
    stage.keys("u");
    assert_eq!(stage.verbs.len(), 2, "once is enough");
    stage.keys("e").text("flat").keys("enter");
    stage.now.0 += 11_000;
    stage.keys("u");
    assert_eq!(stage.verbs.len(), 3, "too late");
    command(&mut stage, "runs note calm-heron-2 odd");
    stage.keys("u");
    assert_eq!(stage.verbs[4], Verb::Note(fixture::id(2), String::new()));
}

#[test]
fn messages_are_stacked_where_there_is_room_and_cover_no_focus() {
    let say = |stage: &mut Stage| {
        for text in ["one thing", "another thing", "a third", "a third"] {
            stage.app.refuse(stage.now, text);
        }
        stage.screen()
    };
    let screen = say(sized(120, 30).keys("1"));
    for text in ["one thing", "another thing", "a third ×2", "ana@gpu01"] {
        assert!(screen.contains(text), "{text}: {screen}");
    }
    assert!(screen.contains("╭───"), "the frame has no hole: {screen}");
    insta::assert_snapshot!("toasts", screen);
    let narrow = say(sized(80, 24).keys("1"));
    assert!(
        narrow.contains("a third ×2") && !narrow.contains("one thing"),
        "{narrow}"
    );
    // The cursor is on the last row of a full list: the messages give way to it.
    let mut full = Stage::with(super::many(200), &Options::default(), (120, 30));
    full.keys("1 G");
    let screen = say(&mut full);
    let line = |text: &str| screen.lines().position(|line| line.contains(text)).unwrap();
    assert!(line("one thing") < line("▌✓ done run-0001"), "{screen}");
    insta::assert_snapshot!("toasts-above", screen);
}

#[test]
fn a_message_is_copied_from_the_list_of_them() {
    let mut stage = stage();
    stage.keys("1 b");
    command(&mut stage, "messages");
    stage.keys("y");
    assert_eq!(stage.copied, ["b: not bound here, ? for keys"]);
    assert!(stage.keys("q").app.overlays.is_empty());
}

#[test]
fn what_is_yanked_is_what_the_cursor_stands_on() {
    let mut stage = sized(120, 30);
    stage.keys("1 / l y n x enter y i y n y c y u y r y j y p");
    let id = fixture::id(4).to_string();
    let link = format!("sconce://runs?filter=lynx&run={id}");
    let wanted = [
        id.as_str(),
        "quiet-lynx-4",
        "sconce runs lynx",
        link.as_str(),
        "Row of 1",
        "Json of 1",
        "Path of 1",
    ];
    assert_eq!(stage.copied, wanted);
    let screen = stage.screen();
    assert!(
        screen.contains("yanked the folder of quiet-lynx-4 via the stage"),
        "{screen}"
    );
    let nothing = Stage::new(vec![]).keys("y i").screen();
    assert!(nothing.contains("no run is selected"), "{nothing}");
}

#[test]
fn letters_jump_to_rows_crumbs_and_views() {
    let mut stage = sized(100, 24);
    stage.keys("1 ; d");
    assert_eq!(super::selected(&stage).as_deref(), Some("keen-ibis-3"));
    stage.keys("enter ; a");
    assert_eq!(
        crumb(&mut stage).trim_start().split("  ").next(),
        Some("runs")
    );
    // A key that is no letter of any leaves.
    assert!(stage.keys("; tab").app.overlays.is_empty());
    assert!(stage.keys("; !").app.overlays.is_empty());
}

fn mouse(stage: &mut Stage, kind: MouseEventKind, at: Position) {
    let event = MouseEvent {
        kind,
        column: at.x,
        row: at.y,
        modifiers: KeyModifiers::NONE,
    };
    stage.send(Event::Input(crossterm::event::Event::Mouse(event)));
    stage.rest();
}

#[test]
fn the_mouse_points_and_its_wheel_moves() {
    let mut stage = sized(100, 24);
    let screen = command(stage.keys("1"), "set mouse on");
    assert!(
        stage.has_mouse && screen.contains("shift-drag selects text"),
        "{screen}"
    );
    let place = |stage: &mut Stage, text: &str| {
        let screen = stage.screen();
        let row = screen.lines().position(|line| line.contains(text)).unwrap();
        Position::new(5, row as u16)
    };
    let click = MouseEventKind::Down(MouseButton::Left);
    let at = place(&mut stage, "quiet-lynx-4");
    mouse(&mut stage, click, at);
    assert_eq!(super::selected(&stage).as_deref(), Some("quiet-lynx-4"));
    mouse(&mut stage, MouseEventKind::ScrollUp, at);
    assert_eq!(super::selected(&stage).as_deref(), Some("brave-otter-7"));
    mouse(&mut stage, MouseEventKind::ScrollDown, at);
    assert_eq!(super::selected(&stage).as_deref(), Some("quiet-lynx-4"));
    // A tab.
    let tabs = stage.screen().lines().next().unwrap().to_owned();
    let jobs = tabs.split("Jobs").next().unwrap().chars().count() as u16;
    mouse(&mut stage, click, Position::new(jobs, 0));
    assert!(crumb(&mut stage).contains("jobs"));
    let at = place(&mut stage, "keen-ibis-3");
    mouse(&mut stage, click, at);
    assert_eq!(super::selected(&stage).as_deref(), Some("keen-ibis-3"));
    // A question is not answered by pointing beside it.
    stage.keys("1 g g X");
    mouse(&mut stage, click, at);
    assert!(stage.screen().contains("Stop brave-otter-7?"));
    command(stage.keys("n"), "set mouse off");
    assert!(!stage.has_mouse);
}

fn failed_now(stage: &Stage, number: u8, name: &str) -> crate::domain::runs::Run {
    let mut run = fixture::failed(number, name);
    if let RunState::Ended { at, .. } = &mut run.state {
        *at = Timestamp(stage.now.0 + 1);
    }
    run
}

fn fail(stage: &mut Stage, number: u8) {
    stage.now.0 += 1_000;
    let run = failed_now(stage, number, "sour-mole-1");
    stage.news.push(run);
    stage.send(Event::StoreChanged);
    stage.rest();
}

#[test]
fn a_person_who_looks_elsewhere_is_called_once_when_a_run_of_theirs_fails() {
    use crossterm::event::Event as Input;
    let mut stage = stage();
    fail(&mut stage, 7);
    assert_eq!(stage.calls.len(), 1, "nobody knows where they look");
    assert!(stage.calls[0].starts_with("sour-mole-1 failed: loss is NaN"));
    assert!(
        stage.screen().contains("sour-mole-1 failed"),
        "{}",
        stage.screen()
    );
    fail(&mut stage, 8);
    assert_eq!(stage.calls.len(), 1, "not again so soon");
    stage.now.0 += 30_000;
    fail(&mut stage, 8);
    assert_eq!(stage.calls.len(), 1, "that was told already");
    stage.send(Event::Input(Input::FocusGained));
    fail(&mut stage, 9);
    assert_eq!(stage.calls.len(), 1, "they look");
    stage.send(Event::Input(Input::FocusLost));
    fail(&mut stage, 10);
    assert_eq!(stage.calls.len(), 2);
    // What failed before the screen opened is no news.
    let mut stage = self::stage();
    stage.news.push(fixture::failed(5, "sour-mole-1"));
    stage.send(Event::StoreChanged);
    stage.rest();
    assert!(stage.calls.is_empty());
    let options = Options {
        notify: Notify::None,
        ..Options::default()
    };
    let mut silent = Stage::with(fixture::runs(), &options, (80, 24));
    fail(&mut silent, 7);
    assert!(silent.calls.is_empty());
}

#[test]
fn an_action_whose_words_are_typed_stands_first() {
    let mut stage = sized(100, 30);
    stage.keys("1 ctrl-p").text("sort").keys("enter");
    assert!(stage.screen().contains("sort by"), "{}", stage.screen());
}

#[test]
fn messages_hide_no_text_where_there_is_room_without() {
    let mut stage = sized(120, 40);
    stage.keys("1");
    let before = stage.screen();
    stage.app.refuse(stage.now, "one thing");
    let after = stage.screen();
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
    let said = letters("one thing");
    assert_eq!(letters(&after), letters(&before) + said, "{after}");
}

#[test]
fn a_bench_without_its_list_shows_the_last_run_and_says_so() {
    let mut stage = Stage::with(
        vec![fixture::run(4, "quiet-lynx-4")],
        &Options::default(),
        (120, 40),
    );
    let screen = command(&mut stage, "screen train");
    assert!(
        crumb(&mut stage).contains("the run that ended last"),
        "{screen}"
    );
    assert!(screen.contains("facts  quiet-lynx-4"), "{screen}");
    let mut stage = Stage::with(
        vec![fixture::running(1, "calm-heron-2")],
        &Options::default(),
        (120, 40),
    );
    let screen = command(&mut stage, "screen train");
    assert!(
        !screen.contains("ended last") && screen.contains("facts  calm-heron-2"),
        "{screen}"
    );
}

#[test]
fn a_screen_is_as_it_says_and_the_next_one_as_usual_where_it_says_nothing() {
    let night = toml::from_str(
        "theme = 'light'\nread_only = true\nrate = 'slow'\nmetric = 'loss'\ncolumns = ['name', 'step']",
    );
    let mut screens = crate::config::screens::shipped();
    screens.insert("night".to_owned(), night.unwrap());
    let options = |screen: &str| Options {
        screens: screens.clone(),
        screen: screen.to_owned(),
        themes: vec![("light".to_owned(), Theme::Light)],
        ..Options::default()
    };
    let look = |stage: &Stage| {
        let shared = &stage.app.shared;
        let (theme, metric) = (shared.look.theme, shared.metric.clone());
        let rate = stage.app.rate;
        (
            theme,
            metric,
            shared.columns.len(),
            shared.is_read_only,
            rate,
        )
    };
    let as_it_says = (
        Theme::Light,
        "loss".to_owned(),
        2,
        true,
        crate::tui::Rate::Slow,
    );
    let usual = (
        Theme::Dark,
        String::new(),
        0,
        false,
        crate::tui::Rate::Local,
    );
    let mut stage = Stage::with(fixture::runs(), &options("night"), (80, 24));
    assert_eq!(look(&stage), as_it_says, "at the start");
    for (name, expected) in [
        ("default", &usual),
        ("night", &as_it_says),
        ("sweep", &usual),
    ] {
        stage
            .keys(":")
            .text(&format!("screen {name}"))
            .keys("enter");
        assert_eq!(look(&stage), *expected, "{name}");
    }
}

#[test]
fn the_palette_finds_the_theme() {
    let mut stage = stage();
    let screen = stage.keys("1 ctrl-p").text("theme").screen();
    let first = screen
        .lines()
        .skip_while(|line| !line.contains("theme"))
        .nth(1);
    assert!(
        first.is_some_and(|line| line.contains("theme  ")),
        "{screen}"
    );
}
