use crate::{
    domain::runs::Run,
    tui::{Options, fixture, session::Session, stage::Stage, text},
};

fn sized(width: u16, height: u16) -> Stage {
    Stage::with(fixture::runs(), &Options::default(), (width, height))
}

fn page() -> Stage {
    let mut stage = sized(120, 40);
    stage.keys("1 enter");
    stage
}

/// A picture of each tab beside the overview, at three sizes and a small one.
#[test]
fn every_tab_has_its_look() {
    for (width, height) in [(80, 24), (120, 40), (200, 60), (40, 10)] {
        let mut stage = sized(width, height);
        stage.keys("1 enter");
        for tab in [
            "metrics",
            "logs",
            "params",
            "artifacts",
            "lineage",
            "history",
        ] {
            let screen = stage.keys("tab").screen();
            insta::assert_snapshot!(format!("{tab}-{width}x{height}"), screen);
        }
    }
}

#[test]
fn tabs_go_round_and_the_crumb_and_the_session_know_which_is_in_front() {
    let mut stage = page();
    assert!(
        stage
            .keys("tab tab")
            .screen()
            .contains("runs > brave-otter-7 > logs")
    );
    let session = stage.app.session();
    let options = Options {
        session: session.clone(),
        ..Options::default()
    };
    let mut again = Stage::with(fixture::runs(), &options, (120, 40));
    assert!(again.screen().contains("runs > brave-otter-7 > logs"));
    assert_eq!(again.app.session(), session);
    assert!(!stage.keys("backtab backtab").screen().contains(" > logs"));
    assert!(stage.keys("backtab").screen().contains(" > history"));
}

#[test]
fn a_metric_s_chart_opens_alone_and_closes_to_the_table() {
    let mut stage = page();
    let table = stage.keys("tab j j").screen();
    let chart = stage.keys("enter").screen();
    assert!(
        chart.contains("step 1,840") && !chart.contains("METRIC "),
        "{chart}"
    );
    // The crosshair is left first.
    stage.keys("h esc esc");
    assert_eq!(rows(&stage.screen(), 5..37), rows(&table, 5..37));
}

fn rows(screen: &str, rows: std::ops::Range<usize>) -> Vec<&str> {
    screen.lines().skip(rows.start).take(rows.len()).collect()
}

#[test]
fn metrics_are_ordered_and_filtered() {
    let mut stage = page();
    assert!(stage.keys("tab s").screen().contains("by last"));
    let screen = stage.keys("/").text("val").keys("enter").screen();
    assert!(
        screen.contains("2 of 7  by last") && !screen.contains("train/loss"),
        "{screen}"
    );
    assert!(stage.keys("esc").screen().contains("train/loss"));
}

#[test]
fn of_twelve_thousand_metrics_only_those_in_sight_are_asked_for() {
    let mut stage = page();
    stage.metrics = (0..11_993)
        .map(|number| format!("layer{number:05}"))
        .collect();
    stage.send(crate::tui::event::Event::StoreChanged);
    stage.rest();
    stage.asked.clear();
    let screen = stage.keys("tab G").screen();
    assert!(
        screen.contains("metrics 12,000") && screen.contains("layer11992"),
        "{screen}"
    );
    assert!(stage.asked.len() <= 4, "{:?}", stage.asked);
    assert_eq!(stage.trended, 30);
}

#[test]
fn a_log_is_searched_for_the_whole_text_and_then_walked() {
    let mut stage = page();
    let screen = stage
        .keys("tab tab /")
        .text("loss 0.99")
        .keys("enter")
        .screen();
    assert!(screen.contains("/loss 0.99"), "{screen}");
    stage.keys("n w");
    assert!(stage.screen().contains("wrapped"));
}

#[test]
fn parameters_differ_from_those_of_the_preset() {
    let mut runs = fixture::runs();
    runs[0].params.insert("optimiser.lr".into(), 0.1.into());
    let mut stage = Stage::with(runs, &Options::default(), (120, 40));
    let screen = stage.keys("1 enter tab tab tab").screen();
    assert!(
        screen.contains("1 not as the preset diagnosis is now"),
        "{screen}"
    );
    assert!(
        stage
            .keys("/")
            .text("batch")
            .keys("enter")
            .screen()
            .contains("batch")
    );
    assert!(!stage.screen().contains("optimiser"), "{}", stage.screen());
}

#[test]
fn charts_are_hidden_and_moved_for_all_runs_of_the_experiment() {
    let mut stage = page();
    insta::assert_snapshot!("picker", stage.keys("m").screen());
    // The second chart first, and the third not at all.
    let first = |screen: &str| {
        let row = screen.lines().nth(5).unwrap();
        row.split_whitespace().nth(1).unwrap_or_default().to_owned()
    };
    let screen = stage.keys("j h j j space q").screen();
    assert!(!screen.contains("╭ lr "), "{screen}");
    assert!(
        screen.lines().nth(5).unwrap().contains("val/auc"),
        "{screen}"
    );
    let other = stage.keys("q j enter").screen();
    assert_eq!(first(&other), first(&screen));
    assert!(!other.contains("╭ lr "), "{other}");
    let options = Options {
        session: Session {
            stacks: vec![],
            ..stage.app.session()
        },
        ..Options::default()
    };
    let mut again = Stage::with(fixture::runs(), &options, (120, 40));
    assert_eq!(first(&again.keys("1 enter").screen()), first(&screen));
}

#[test]
fn no_tab_leaves_the_screen_at_any_size() {
    for width in (40..210).step_by(23) {
        for height in (10..62).step_by(9) {
            let mut stage = sized(width, height);
            stage.keys("1 enter");
            for _ in 0..7 {
                let screen = stage.quickly("tab").screen();
                let widest = screen.lines().map(text::width).max();
                assert!(widest.unwrap_or(0) <= usize::from(width));
            }
        }
    }
}

/// What keys do to a run that is at work must not be reached from a tab by a lower-case key.
#[test]
fn a_stop_is_asked_about_from_every_tab() {
    for tabs in 0..7 {
        let mut stage = page();
        for _ in 0..tabs {
            stage.keys("tab");
        }
        assert!(stage.keys("X").screen().contains("Stop"), "{tabs}");
    }
}

#[test]
fn a_run_without_any_of_it_says_so_in_every_tab() {
    let bare = Run {
        params: Default::default(),
        preset: None,
        ..fixture::queued(1, "bare-run-1")
    };
    let mut stage = Stage::with(vec![bare], &Options::default(), (80, 24));
    stage.keys("1 enter");
    let says = [
        "METRIC",
        "following",
        "told no parameters",
        "plots/roc.png",
        "commit",
        "submitted",
    ];
    for text in says {
        let screen = stage.keys("tab").screen();
        assert!(screen.contains(text), "{text}\n{screen}");
    }
}

#[test]
fn of_many_metrics_one_is_found_by_its_name_from_the_charts_too() {
    let mut stage = page();
    assert!(!stage.screen().contains("find a metric"));
    stage.metrics = (0..11_993)
        .map(|number| format!("{number:05}-norm"))
        .collect();
    stage.send(crate::tui::event::Event::StoreChanged);
    stage.rest();
    let screen = stage.screen();
    assert!(screen.contains("brave-otter-7  12,000 metrics"), "{screen}");
    assert!(screen.contains("/ find a metric"), "{screen}");
    let screen = stage.keys("/").text("04711").keys("enter").screen();
    assert!(
        screen.contains("1 of 12,000") && screen.contains("04711-norm"),
        "{screen}"
    );
    let screen = stage.keys("enter").screen();
    assert!(screen.contains("▌04711-norm  "), "{screen}");
}
