//! From view to view and back, and what each says of its keys.

use super::*;

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
fn help_lists_what_works_here_and_says_where_the_rest_is() {
    let help = |keys: &str, search: &str| {
        let mut stage = sized(120, 80);
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
    assert!(help("1 G k ?", "stop").contains("stop: sour-mole-1 is failed"));
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
fn ctrl_w_and_a_direction_give_the_keys_to_the_pane_on_that_side() {
    let mut stage = sized(120, 40);
    stage.keys("1 ctrl-w l z");
    assert!(!stage.screen().contains("STATE"), "{}", stage.screen());
    stage.keys("z ctrl-w left z");
    assert!(stage.screen().contains("STATE"), "{}", stage.screen());
    stage.keys("z ctrl-w h");
    assert!(stage.screen().contains("there is no pane to the left"));
    stage.keys("3 ctrl-w l ctrl-w j ctrl-w h");
    let focused = |stage: &mut Stage| {
        let screen = stage.screen();
        let at = screen.split("╭▌").nth(1).map(str::to_owned);
        at.and_then(|text| text.split(' ').next().map(str::to_owned))
    };
    assert_eq!(focused(&mut stage).as_deref(), Some("changes"));
    stage.keys("ctrl-w up");
    assert_eq!(focused(&mut stage).as_deref(), Some("data"));
    let mut page = self::stage();
    page.keys("1 enter ctrl-w l");
    assert!(page.screen().contains("there is no other pane here"));
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
fn an_interrupt_leaves_only_when_repeated() {
    let mut stage = stage();
    stage.keys("1 X ctrl-c ctrl-c");
    assert_eq!(stage.how(), None);
    stage.quickly("ctrl-c");
    assert_eq!(stage.how(), Some(How::Quit));
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
fn marks_on_the_bench_are_told_and_can_be_compared() {
    let mut stage = sized(120, 40);
    let crumb = |stage: &mut Stage| stage.screen().lines().nth(1).unwrap().to_owned();
    stage.keys("0 space");
    assert!(crumb(&mut stage).contains("bench  1 marked: Esc clears"));
    stage.keys("space");
    assert!(crumb(&mut stage).contains("2 marked: Esc clears"));
    stage.keys("c");
    assert!(
        crumb(&mut stage).contains("bench > compare"),
        "{}",
        stage.screen()
    );
    stage.keys("q esc");
    assert!(!crumb(&mut stage).contains("marked"));
    // Each view has its own marks.
    stage.keys("space 1");
    assert!(!crumb(&mut stage).contains("marked"));
    stage.keys("0");
    assert!(crumb(&mut stage).contains("1 marked"));
}

#[test]
fn the_queue_tells_the_attempts_of_a_run_apart_and_its_verbs_are_the_run_s() {
    let mut stage = sized(120, 40);
    assert!(!stage.keys("7").screen().contains(" TRY "));
    let mut first = stage.jobs[0].clone();
    first.job.id = crate::domain::ids::JobId(fixture::id(77).0);
    first.job.state = crate::domain::jobs::JobState::Ended {
        at: fixture::ago(70),
    };
    first.run_state = RunState::Ended {
        started: Some(fixture::ago(90)),
        at: fixture::ago(70),
        how: crate::domain::runs::Ending::Stopped {
            by: "ana@gpu01".to_owned(),
        },
    };
    stage.jobs[0].job.attempt = 2;
    stage.jobs.push(first);
    stage.send(Event::StoreChanged);
    let screen = stage.rest().screen();
    assert!(screen.contains("RUN           TRY"), "{screen}");
    assert!(screen.contains("● running brave-otter-7   2"), "{screen}");
    assert!(screen.contains("■ stopped brave-otter-7   1"), "{screen}");
    let asked = stage.keys("G X").screen();
    assert!(asked.contains("Stop brave-otter-7?"), "{asked}");
}

#[test]
fn the_log_of_a_run_that_has_ended_is_not_followed() {
    let note = |run: Run| {
        let screen = Stage::new(vec![run]).keys("1 enter tab tab").screen();
        screen.contains(" following ")
    };
    assert!(note(fixture::running(1, "calm-heron-2")));
    assert!(!note(fixture::failed(1, "calm-heron-2")));
}

#[test]
fn the_help_names_its_view_has_its_own_actions_first_and_can_be_gone_through_to_its_end() {
    let mut stage = sized(80, 24);
    let screen = stage.keys("1 ?").screen();
    assert!(screen.contains("▌keys: runs "), "{screen}");
    let line = |at: usize| screen.lines().nth(at).unwrap_or_default();
    assert!(line(3).contains(" /  filter"), "{screen}");
    assert!(!screen.contains(" next row"), "{screen}");
    let screen = stage.keys("end").screen();
    assert!(screen.contains("a page up"), "{screen}");
    assert!(!screen.contains(" more "), "{screen}");
    let screen = stage.keys("home").screen();
    assert!(screen.contains("▼"), "{screen}");
}

#[test]
fn a_list_that_goes_on_below_says_by_how_many_rows() {
    let mut stage = Stage::new(many(10));
    let head = |stage: &mut Stage| stage.screen().lines().nth(2).unwrap().to_owned();
    stage.keys("0");
    assert!(
        head(&mut stage).contains("10  ▼ 4 more "),
        "{}",
        stage.screen()
    );
    stage.keys("G");
    assert!(!head(&mut stage).contains('▼'), "{}", stage.screen());
}
