//! How far a run is, and how it goes: two lines.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    domain::{
        events::{OUT_OF_MEMORY, STOPPED_EARLY, What},
        metrics::Summary,
        runs::{Activity, Ending, Run, RunState, StateWord, why},
        text::shown,
        time::Span as TimeSpan,
    },
    ops::runs::Detail,
    tui::{
        board::Board,
        look::{fit, indented, split_down},
        shared::Shared,
        text,
        theme::Role,
    },
};

/// The lines on the run at the top of an area, one where it is low; gives back what is left below them.
pub fn draw(board: &Board, buffer: &mut Buffer, area: Rect, shared: &Shared) -> Rect {
    let columns = usize::from(area.width).saturating_sub(2);
    let lines = match area.height {
        0..LEAST_FOR_LINES => vec![headline(board, shared, columns)],
        height => match reason(board, shared, columns, usize::from(height) / 3) {
            Some(lines) => lines,
            None => lines(board, shared, columns).to_vec(),
        },
    };
    let (head, body) = split_down(area, lines.len() as u16);
    let lines = lines.into_iter().map(indented);
    shared.look.lines(buffer, head, lines);
    body
}

/// Rows of an area in which more than one says how the run is.
const LEAST_FOR_LINES: u16 = 8;

/// What is said of a run that failed, in so many rows at most and below them what else is known; `None` where one row is
/// enough to say why.
fn reason(
    board: &Board,
    shared: &Shared,
    columns: usize,
    most: usize,
) -> Option<Vec<Line<'static>>> {
    let has_failed = |run: &Run| run.state.word() == StateWord::Failed;
    board.run().filter(|run| has_failed(run))?;
    let mut words = headwords(board, shared).into_iter();
    let state = words.next()?.span;
    let told: String = words.map(|word| word.span.content.into_owned()).collect();
    let indent = state.width() + 2;
    let told = told.trim_start();
    if indent + text::width(told) <= columns {
        return None;
    }
    let ellipsis = shared.look.charset.ellipsis();
    let room = columns.saturating_sub(indent);
    let beside = Span::raw(" ".repeat(state.width()));
    let leads = std::iter::once(state).chain(std::iter::repeat(beside));
    let rows = leads.zip(text::wrapped(told, room, most, ellipsis));
    let rows = rows.map(|(lead, row)| Line::from(vec![lead, Span::raw(format!("  {row}"))]));
    let notes = notes(board, shared);
    let below = (!notes.is_empty()).then(|| fit(notes, columns, ellipsis));
    Some(rows.chain(below).collect())
}

/// Two lines on the run: of what does not fit into the first, some goes into the second.
pub fn lines(board: &Board, shared: &Shared, columns: usize) -> [Line<'static>; 2] {
    let ellipsis = shared.look.charset.ellipsis();
    let words = headwords(board, shared);
    if board.run().is_none_or(|run| !run.state.has_ended()) {
        let (first, left) = weightiest(words, columns);
        let left = left.into_iter().filter(|word| MOVES <= word.weight);
        let left: Vec<String> = left
            .map(|word| word.span.content.trim().to_owned())
            .collect();
        let second = bar_beside(board, shared, columns, &left);
        return [fit(first, columns, ellipsis), second];
    }
    let mut room = columns;
    let (first, second): (Vec<Word>, Vec<Word>) = words.into_iter().partition(|word| {
        let fits = word.span.width() <= room;
        room -= if fits { word.span.width() } else { 0 };
        fits
    });
    let spans = |words: Vec<Word>| words.into_iter().map(|word| word.span).collect::<Vec<_>>();
    let (first, mut second) = (spans(first), spans(second));
    if let Some(word) = second.first_mut() {
        word.content = word.content.trim_start().to_owned().into();
    }
    let notes = notes(board, shared);
    if !second.is_empty() && !notes.is_empty() {
        second.push(Span::raw("  "));
    }
    second.extend(notes);
    [first, second].map(|spans| fit(spans, columns, ellipsis))
}

/// The state and the figures of the run, as many as fit, the weightier first.
pub fn headline(board: &Board, shared: &Shared, columns: usize) -> Line<'static> {
    let (words, _) = weightiest(headwords(board, shared), columns);
    fit(words, columns, shared.look.charset.ellipsis())
}

/// A part of the first line. Where room is short, the lightest goes first.
struct Word {
    span: Span<'static>,
    weight: u8,
}

/// From this weight on, what does not fit into the first line is worth a place in the second.
const MOVES: u8 = 2;
/// The weight of what stays as long as anything does.
const STAYS: u8 = 9;

/// The words that fit in their order, and those that had to go.
fn weightiest(mut words: Vec<Word>, columns: usize) -> (Vec<Span<'static>>, Vec<Word>) {
    let mut left = vec![];
    while columns < words.iter().map(|word| word.span.width()).sum() {
        let lightest = words.iter().map(|word| word.weight).min();
        let place = words.iter().rposition(|word| Some(word.weight) == lightest);
        match place.filter(|place| words[*place].weight < STAYS) {
            Some(place) => left.insert(0, words.remove(place)),
            None => break,
        }
    }
    (words.into_iter().map(|word| word.span).collect(), left)
}

fn headwords(board: &Board, shared: &Shared) -> Vec<Word> {
    let look = &shared.look;
    let stays = |span| Word {
        span,
        weight: STAYS,
    };
    let Some(detail) = &board.detail.value else {
        return vec![stays(look.span("…", Role::Dim))];
    };
    let run = &detail.run;
    let mut words = vec![stays(look.state(run.state.word()))];
    let mut push = |(text, weight): (String, u8)| {
        words.push(Word {
            span: Span::raw(format!("  {text}")),
            weight,
        });
    };
    match &run.state {
        RunState::Ended { how, .. } => {
            if let (Some(started), Some(ended)) = (run.state.started(), run.state.ended()) {
                push((format!("in {}", lasted(ended.since(started))), 7));
            }
            if let Some(early) = stopped_early(detail) {
                push((early.to_owned(), 6));
            }
            if let Some(text) = ending(how) {
                // Why a run failed is rather cut than left out.
                let has_failed = matches!(how, Ending::Failed { .. });
                push((text, if has_failed { STAYS } else { 8 }));
            }
            if is_starved(detail) {
                push((STARVED.to_owned(), 8));
            }
            if 0 < run.progress.step {
                steps(run).into_iter().for_each(push);
            }
        }
        RunState::Running {
            activity: Activity::Stalled { last },
            ..
        } => {
            push((format!("no step for {}", shared.age(*last)), 8));
            steps(run).into_iter().for_each(push);
        }
        RunState::Queued => {
            let why = match &detail.waits {
                Some(why) => format!("waits: {why}"),
                None => "waits for its turn".to_owned(),
            };
            push((why, 8));
        }
        _ => {
            steps(run).into_iter().for_each(&mut push);
            figures(board, shared).into_iter().for_each(push);
        }
    }
    words
}

/// A duration; of seconds with their tenths, so that a short run does not take `0s`.
fn lasted(ms: i64) -> String {
    match ms {
        0..10_000 => format!("{:.1}s", ms as f64 / 1_000.0),
        _ => TimeSpan(ms).to_string(),
    }
}

/// Said of a program that was killed while the kernel had no memory for one.
const STARVED: &str = "perhaps out of memory";

/// What this attempt was seen to do, the newest first.
fn newest_first(detail: &Detail) -> impl Iterator<Item = &What> {
    let newest_first = detail.events.iter().rev().map(|event| &event.what);
    newest_first.take_while(|what| !matches!(what, What::Started { .. }))
}

fn is_starved(detail: &Detail) -> bool {
    newest_first(detail).any(|what| matches!(what, What::Noticed { what } if what == OUT_OF_MEMORY))
}

/// What this attempt said of ending before its last epoch: otherwise 128 of 8,000 epochs look cut short.
fn stopped_early(detail: &Detail) -> Option<&str> {
    newest_first(detail).find_map(|what| match what {
        What::Said { text } if text.starts_with(STOPPED_EARLY) => Some(text.as_str()),
        _ => None,
    })
}

fn steps(run: &Run) -> Vec<(String, u8)> {
    let progress = &run.progress;
    let mut words = vec![];
    if let (Some(epoch), Some(epochs)) = (progress.epoch, progress.epochs) {
        // The one at work, counted from 1.
        words.push((format!("epoch {:.0}/{epochs}", epoch.ceil().max(1.0)), 4));
    }
    let step = text::count(progress.step);
    let told = match (progress.steps, progress.outrun()) {
        (_, Some(plan)) => format!("step {step}, more than the {} planned", text::count(plan)),
        (Some(steps), None) => format!("step {step}/{}", text::count(steps)),
        (None, None) => format!("step {step}"),
    };
    words.push((told, 8));
    words
}

fn figures(board: &Board, shared: &Shared) -> Vec<(String, u8)> {
    let mut figures = vec![];
    // Before there are enough steps to tell, a rate is a guess.
    if let Some(average) = board.pace(shared.now) {
        let rows = find(board, "rows_per_second").filter(|rows| rows.last.is_finite());
        let rates = board.rates.value.flatten();
        let (now, average, unit) = match (rows, rates) {
            (Some(rows), _) => (rows.last, rows.mean.unwrap_or(rows.last), "rows/s"),
            (None, Some(rates)) => (rates.now, average, "steps/s"),
            (None, None) => (average, average, "steps/s"),
        };
        let (now, average) = (text::scaled(now), text::scaled(average));
        figures.push((format!("{now} {unit}"), 6));
        if now != average {
            figures.push((format!("(avg {average})"), 1));
        }
    }
    if let Some((left, off)) = board.remaining(shared.now) {
        let mut text = format!("ETA {}", TimeSpan(left));
        if let Some(off) = off {
            text += &format!(" ±{}", text::span(off));
        }
        figures.push((text, 7));
    }
    let last = |name: &str| find(board, name).map(|summary| summary.last);
    if let Some(lr) = last("lr") {
        figures.push((format!("lr {}", small(lr)), 3));
    }
    if let Some(norm) = last("grad_norm") {
        figures.push((format!("grad {}", text::rough(norm)), 3));
    }
    if let Some(share) = last("data_wait").filter(|share| (0.0..=1.0).contains(share)) {
        figures.push((format!("data wait {:.0}%", share * 100.0), 2));
    }
    figures
}

/// A small number in two digits: `2.7e-4`.
fn small(number: f64) -> String {
    if number == 0.0 || !number.is_finite() || 0.01 <= number.abs() {
        return text::rough(number);
    }
    format!("{number:.1e}").replace(".0e", "e")
}

/// The metric of this name, whatever split or group it stands in.
fn find<'a>(board: &'a Board, name: &str) -> Option<&'a Summary> {
    let mut metrics = board.detail.value.iter().flat_map(|detail| &detail.metrics);
    metrics.find(|summary| summary.metric.rsplit('/').next() == Some(name))
}

pub fn ending(how: &Ending) -> Option<String> {
    match how {
        Ending::Done => None,
        Ending::Failed { exit, message } => Some(shown(&why(*exit, message))),
        Ending::Stopped { by } if by.is_empty() => None,
        Ending::Stopped { by } => Some(format!("by {by}")),
        Ending::Lost => Some("its process is gone and did not say why".to_owned()),
        Ending::Unseen => Some("its end was not seen".to_owned()),
    }
}

/// A bar over the planned steps, and what is known besides.
pub fn bar(board: &Board, shared: &Shared, columns: usize) -> Line<'static> {
    bar_beside(board, shared, columns, &[])
}

/// The bar, and beside it these words before what else is known.
fn bar_beside(board: &Board, shared: &Shared, columns: usize, words: &[String]) -> Line<'static> {
    let look = &shared.look;
    let Some(run) = board.run() else {
        return Line::default();
    };
    let mut notes = notes(board, shared);
    for word in words.iter().rev() {
        if !notes.is_empty() {
            notes.insert(0, Span::raw("  "));
        }
        notes.insert(0, Span::raw(word.clone()));
    }
    // What has ended early is as done as it will be: a bar would say otherwise.
    let plan = run.progress.steps.filter(|_| !run.state.has_ended());
    let (Some(plan), Some(percent)) = (plan, run.progress.percent()) else {
        return fit(notes, columns, look.charset.ellipsis());
    };
    let share = run.progress.step as f64 / plan as f64;
    let percent = format!(" {percent}");
    let beside: usize = notes.iter().map(Span::width).sum::<usize>() + percent.len() + 2;
    let wide = columns.saturating_sub(beside).clamp(8.min(columns), 60);
    let mut spans = look.bar(share, wide);
    spans.push(Span::raw(percent));
    if !notes.is_empty() {
        spans.push(Span::raw("  "));
    }
    spans.extend(notes);
    fit(spans, columns, look.charset.ellipsis())
}

fn notes(board: &Board, shared: &Shared) -> Vec<Span<'static>> {
    let look = &shared.look;
    let Some(detail) = &board.detail.value else {
        return vec![];
    };
    let mut notes = vec![];
    if let Some(time) = detail.kept.filter(|_| detail.run.state != RunState::Queued) {
        let ago = shared.age(time);
        notes.push(look.span(format!("checkpoint {ago} ago"), Role::Dim));
    }
    let mut bad = (detail.metrics.iter())
        .filter_map(|summary| Some(format!("{} {}", summary.metric, not_finite(summary)?)));
    let named: Vec<String> = bad.by_ref().take(MOST_NAMED).collect();
    if !named.is_empty() {
        let more = match bad.count() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let text = crate::domain::text::shown(&named.join(", "));
        notes.push(look.span(format!("{text}{more}"), Role::Error));
    }
    if let Some(refused) = refused_lines(board) {
        notes.push(look.span(refused, Role::Warn));
    }
    for at in (1..notes.len()).rev() {
        notes.insert(at, Span::raw("  "));
    }
    notes
}

/// Metrics that are named as not finite; of the others, how many.
const MOST_NAMED: usize = 2;

/// `NaN×40 inf×3`, where a series has such values.
pub fn not_finite(summary: &Summary) -> Option<String> {
    let parts = [("NaN", summary.nan), ("inf", summary.infinite)];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(_, count)| 0 < *count)
        .map(|(name, count)| format!("{name}×{count}"))
        .collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// How much of the journal was refused: without it, a run that wrote nothing readable looks like one that wrote nothing.
pub fn refused_lines(board: &Board) -> Option<String> {
    let events = &board.detail.value.as_ref()?.events;
    let refused: u64 = events
        .iter()
        .map(|event| match event.what {
            What::BadLines { count, .. } => count,
            _ => 0,
        })
        .sum();
    match refused {
        0 => None,
        1 => Some("a line of the journal is no record: see history".to_owned()),
        _ => Some(format!(
            "{} lines of the journal are no records: see history",
            text::count(refused as i64)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{events::Event, jobs::Exit},
        ops::series::Rates,
        tui::fixture,
    };

    fn board(run: Run, events: Vec<What>) -> Board {
        let mut detail = fixture::detail(run);
        detail.kept = None;
        detail.events.extend(events.into_iter().map(|what| Event {
            time: fixture::NOW,
            step: None,
            what,
        }));
        for (metric, nan, infinite) in [("lr", 40, 0), ("train/loss", 40, 3), ("val/loss", 0, 1)] {
            let mut metrics = detail.metrics.iter_mut();
            let summary = metrics.find(|known| known.metric == metric);
            let summary = summary.expect("the fixture has it");
            (summary.nan, summary.infinite) = (nan, infinite);
        }
        let mut board = Board::of(detail.run.id);
        board.know(Ok(Box::new(detail)));
        board
    }

    #[test]
    fn a_run_that_ended_before_its_last_epoch_says_why() {
        let text = "stopped early: no better val/loss for 12 epochs; best at epoch 116";
        let said = What::Said {
            text: text.to_owned(),
        };
        let board = board(fixture::run(1, "calm-heron-2"), vec![said]);
        let line = headline(&board, &fixture::shared(), 200).to_string();
        assert!(line.contains(text), "{line}");
        assert_eq!(
            [lasted(400), lasted(9_940), lasted(61_000)],
            ["0.4s", "9.9s", "1m01s"]
        );
    }

    #[test]
    fn what_does_not_fit_beside_how_a_run_ended_goes_below() {
        let text = "stopped early: no better val/loss for 12 epochs; best at epoch 116";
        let said = What::Said {
            text: text.to_owned(),
        };
        let board = board(fixture::run(1, "calm-heron-2"), vec![said]);
        let [first, second] = lines(&board, &fixture::shared(), 70);
        assert_eq!(
            first.to_string(),
            "✓ done  in 3m40s  epoch 100/100  step 4,000/4,000"
        );
        assert!(second.to_string().starts_with(text), "{second}");
        let [first, second] = lines(&board, &fixture::shared(), 200);
        assert!(first.to_string().contains(text), "{first}");
        assert!(second.to_string().starts_with("lr NaN×40"), "{second}");
    }

    #[test]
    fn where_room_is_short_the_lightest_goes_first_and_some_of_it_below() {
        let mut board = board(fixture::running(1, "calm-heron-2"), vec![]);
        board.rates.answer(Ok(Some(Rates {
            now: 40.0,
            spread: 0.25,
            last: fixture::NOW,
        })));
        let mut detail = board.detail.value.clone().unwrap();
        detail.metrics = [
            ("train/lr", 3e-4),
            ("train/grad_norm", 0.91),
            ("data_wait", 0.02),
        ]
        .map(|(metric, last)| Summary {
            last,
            ..fixture::summary(metric)
        })
        .to_vec();
        board.know(Ok(detail));
        let at = |columns| lines(&board, &fixture::shared(), columns).map(|line| line.to_string());
        assert!(at(140)[0].contains("40 steps/s  (avg 36.8)  ETA"));
        let [first, second] = at(110);
        assert_eq!(
            first,
            "● running  epoch 46/100  step 1,840/4,000  40 steps/s  ETA 54s ±13s  lr 3e-4  grad 0.910  data wait 2%"
        );
        assert!(second.ends_with("46%"), "{second}");
        let [first, second] = at(72);
        assert_eq!(
            first,
            "● running  epoch 46/100  step 1,840/4,000  40 steps/s  ETA 54s ±13s"
        );
        assert!(
            second.ends_with("46%  lr 3e-4  grad 0.910  data wait 2%"),
            "{second}"
        );
        assert_eq!(at(44)[0], "● running  step 1,840/4,000  ETA 54s ±13s");
    }

    #[test]
    fn a_plan_that_was_outrun_is_said_to_be() {
        let mut run = fixture::running(1, "calm-heron-2");
        (run.progress.step, run.progress.steps) = (4_200, Some(4_000));
        let board = board(run, vec![]);
        let [first, second] = lines(&board, &fixture::shared(), 120).map(|line| line.to_string());
        assert!(
            first.contains("step 4,200, more than the 4,000 planned"),
            "{first}"
        );
        assert!(!first.contains("ETA"), "{first}");
        assert!(second.contains(" >100%  "), "{second}");
        let (full, empty) = fixture::shared().look.charset.bar();
        assert!(
            second.starts_with(full) && !second.contains(empty),
            "{second}"
        );
    }

    #[test]
    fn a_steady_pace_has_no_spread_and_a_young_one_no_end() {
        let eta = |step, spread| {
            let mut run = fixture::running(1, "calm-heron-2");
            run.progress.step = step;
            let mut board = board(run, vec![]);
            board.rates.answer(Ok(Some(Rates {
                now: 40.0,
                spread,
                last: fixture::NOW,
            })));
            headline(&board, &fixture::shared(), 200).to_string()
        };
        assert!(
            eta(1_840, 0.1).contains("ETA 54s  lr"),
            "{}",
            eta(1_840, 0.1)
        );
        assert!(eta(1_840, 0.2).contains("ETA 54s ±10s"));
        assert!(!eta(19, 0.2).contains("ETA") && !eta(19, 0.2).contains("/s"));
    }

    #[test]
    fn the_epoch_at_work_is_counted_from_one() {
        let at = |epoch| {
            let mut run = fixture::running(1, "calm-heron-2");
            run.progress.epoch = Some(epoch);
            let line = headline(&board(run, vec![]), &fixture::shared(), 200).to_string();
            line.split_whitespace().nth(3).map(str::to_owned)
        };
        let found = [0.0, 0.4, 1.0, 1.01, 99.9, 100.0].map(|epoch| at(epoch).unwrap());
        assert_eq!(
            found,
            ["1/100", "1/100", "1/100", "2/100", "100/100", "100/100"]
        );
    }

    #[test]
    fn what_is_not_finite_is_named_and_refused_lines_are_counted() {
        let bad = |count| What::BadLines {
            count,
            first: "not JSON".to_owned(),
        };
        let board = board(fixture::run(1, "calm-heron-2"), vec![bad(20), bad(9)]);
        assert_eq!(
            bar(&board, &fixture::shared(), 200).to_string(),
            "lr NaN×40, train/loss NaN×40 inf×3 and 1 more  29 lines of the journal are no records: see history"
        );
    }

    fn failed(exit: Exit, message: &str) -> Board {
        let mut run = fixture::failed(1, "calm-heron-2");
        let RunState::Ended { how, .. } = &mut run.state else {
            panic!("it has ended");
        };
        *how = Ending::Failed {
            exit,
            message: message.to_owned(),
        };
        let mut board = Board::of(run.id);
        board.know(Ok(Box::new(fixture::detail(run))));
        board
    }

    fn drawn(board: &Board, width: u16, height: u16) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        let area = buffer.area;
        draw(board, &mut buffer, area, &fixture::shared());
        fixture::text(&buffer)
    }

    #[test]
    fn a_reason_too_long_for_its_line_goes_on_below_where_there_is_room() {
        let long = "RuntimeError: mat1 and mat2 shapes cannot be multiplied (64x30 and 32x2), and this is said at some length";
        let board = failed(Exit::Code(1), &format!("Traceback\n{long}\n"));
        let high = drawn(&board, 60, 20);
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let told = format!("✗ failed in 3m exit code 1: {long}");
        assert!(words(&high).starts_with(&told), "{high}");
        let low = drawn(&board, 60, 6);
        assert_eq!(low.trim_end().lines().count(), 1, "{low}");
        assert!(low.contains('…'), "{low}");
    }

    #[test]
    fn what_a_killed_program_said_last_is_not_told_as_its_reason() {
        let board = failed(Exit::Signal(9), "step 41\nstep 42\n");
        let line = drawn(&board, 120, 20);
        assert!(
            line.contains("killed by SIGKILL (9); last output: step 42"),
            "{line}"
        );
        assert!(!line.contains("out of memory"), "{line}");
        let mut starved = board;
        let mut detail = starved.detail.value.clone().unwrap();
        detail.events.push(Event {
            time: fixture::NOW,
            step: None,
            what: What::Noticed {
                what: OUT_OF_MEMORY.to_owned(),
            },
        });
        starved.know(Ok(detail));
        let line = drawn(&starved, 120, 20);
        assert!(line.contains("perhaps out of memory"), "{line}");
    }
}
