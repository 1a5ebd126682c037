use super::*;
use crate::{
    domain::{metrics::Summary, runs::RunKind},
    tui::fixture,
};

fn board(step: i64, steps: Option<i64>) -> Board {
    let mut run = fixture::running(1, "calm-heron-2");
    (run.progress.step, run.progress.steps) = (step, steps);
    let mut board = Board::of(run.id);
    board.know(Ok(Box::new(fixture::detail(run))));
    board
}

#[test]
fn the_axis_is_that_of_the_charts_and_its_end_their_last_point() {
    let mut detail = fixture::detail(fixture::run(1, "calm-heron-2"));
    detail.run.progress.step = 5_000;
    let last = |metric: &str, last_step| Summary {
        last_step,
        ..fixture::summary(metric)
    };
    detail.metrics = vec![
        last("lr", 100),
        last("system/cpu", 3_600),
        last("train/loss", 100),
        last("val/loss", 90),
        last("z", 40),
    ];
    let mut board = Board::of(detail.run.id);
    board.know(Ok(Box::new(detail)));
    assert_eq!((board.axis().from, board.axis().to), (0, 100));
    board.act(Action::LineEnd);
    assert_eq!(board.view.crosshair, Some(100));
    for _ in 0..9 {
        board.act(Action::NextSibling);
    }
    board.act(Action::LineEnd);
    assert_eq!(board.view.crosshair, Some(40));
}

#[test]
fn time_left_is_told_only_after_twenty_steps() {
    let now = Timestamp(fixture::NOW.0 + 1_000);
    let at = |step| {
        let board = board(step, Some(100));
        board.remaining(now).is_some()
    };
    assert_eq!((at(19), at(20)), (false, true));
    let board = board(50, Some(100));
    let since = board.run().unwrap().state.started().unwrap();
    assert_eq!(
        board.remaining(Timestamp(since.0 + 10_000)),
        Some((10_000, None))
    );
    assert_eq!(self::board(50, None).remaining(now), None);
}

#[test]
fn a_run_is_counted_by_what_it_tells() {
    let mut board = board(400, Some(4_000));
    assert_eq!(
        board.origin().alongs(),
        [Along::Step, Along::Epoch, Along::Samples]
    );
    board.view.along = Along::Epoch;
    assert_eq!(
        board.axis(),
        Axis {
            along: Along::Epoch,
            from: 0,
            to: 50_000
        }
    );
    let detail = board.detail.value.as_mut().unwrap();
    (detail.run.progress.epochs, detail.run.kind) = (None, RunKind::Command);
    assert_eq!(board.origin().alongs(), [Along::Step]);
    assert_eq!(board.axis().along, Along::Step, "what was chosen is gone");
}
