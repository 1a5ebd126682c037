use proptest::prelude::*;
use ratatui::{buffer::Buffer, layout::Rect, style::Color};
use unicode_width::UnicodeWidthChar as _;

use super::*;
use crate::{
    ops,
    tui::{fixture, shared::Shared},
};

/// A log and a view of it, answered as the store answers.
struct Bench {
    log: Vec<u8>,
    view: LogView,
    tickets: Tickets,
    asked: Vec<Part>,
    shared: Shared,
}

const AREA: Rect = Rect::new(0, 0, 40, 6);

impl Bench {
    fn new(text: &str) -> Self {
        let mut shared = fixture::shared();
        shared.look.has_borders = true;
        Self {
            log: text.as_bytes().to_vec(),
            view: LogView::default(),
            tickets: Tickets::default(),
            asked: vec![],
            shared,
        }
    }

    fn rows(&mut self) -> Vec<String> {
        let buffer = self.picture();
        let rows = buffer.content.chunks(usize::from(AREA.width));
        rows.map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect())
            .collect()
    }

    /// The lines in the frame.
    fn lines(&mut self) -> Vec<String> {
        let inside = |row: &String| row.trim_matches('│').trim().to_owned();
        let rows = self.rows();
        rows[1..5].iter().map(inside).collect()
    }

    fn shows(&mut self, line: &str) -> bool {
        self.lines().iter().any(|shown| shown == line)
    }

    fn picture(&mut self) -> Buffer {
        loop {
            let mut buffer = Buffer::empty(AREA);
            self.view.draw(&mut buffer, AREA, &self.shared, false, true);
            self.view.want(fixture::id(1));
            let effects = self.view.ask(&mut self.tickets);
            if effects.is_empty() {
                return buffer;
            }
            effects.into_iter().for_each(|effect| self.answer(effect));
        }
    }

    fn answer(&mut self, effect: Effect) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &self.log).unwrap();
        let (ticket, answer) = match effect {
            Effect::Log(ticket, question) => {
                self.asked.push(question.part);
                let chunk = ops::logs::read_part(file.path(), question.part, 1 << 10);
                (ticket, Answer::Log(Ok(chunk.unwrap())))
            }
            Effect::Find(ticket, question) => {
                let sought = Sought::new(&question.text);
                let budget = 1 << 12;
                let found = match question.is_forward {
                    true => ops::logs::find_after(file.path(), &sought, question.from, budget),
                    false => ops::logs::find_before(file.path(), &sought, question.from, budget),
                };
                (ticket, Answer::Find(Ok(found.unwrap())))
            }
            other => panic!("{other:?}"),
        };
        assert!(self.view.loaded(ticket, answer).is_none());
    }

    fn act(&mut self, actions: &[Action]) -> &mut Self {
        for action in actions {
            assert!(self.view.act(*action), "{action:?}");
            self.picture();
        }
        self
    }

    fn grow(&mut self, text: &str) {
        self.log.extend_from_slice(text.as_bytes());
        self.view.expire();
    }
}

fn numbered(lines: std::ops::Range<u32>) -> String {
    lines.map(|line| format!("{line:>7}\n")).collect()
}

#[test]
fn only_the_end_of_a_log_is_read_and_then_what_it_grows_by() {
    let mut bench = Bench::new(&numbered(0..100_000));
    assert_eq!(bench.lines(), ["99996", "99997", "99998", "99999"]);
    bench.grow(" 50%|#");
    bench.grow("\r100%|##\n");
    assert_eq!(bench.lines()[3], "100%|##");
    assert_eq!(bench.asked.len(), 2, "{:?}", bench.asked);
    assert_eq!(bench.asked[0], Part::Tail);
}

#[test]
fn a_bar_that_is_redrawn_between_two_looks_stays_one_line() {
    let mut bench = Bench::new("start\n");
    for percent in 0..50 {
        bench.grow(&format!("\r{percent:3}%|\u{1b}[32m#\u{1b}[0m|"));
        assert_eq!(
            bench.lines(),
            [
                "start".to_owned(),
                format!("{percent}%|#|"),
                String::new(),
                String::new()
            ]
        );
    }
}

#[test]
fn a_held_log_stays_at_its_line_when_the_end_moves_on() {
    let mut bench = Bench::new(&numbered(0..200));
    bench.lines();
    bench.act(&[Action::Up; 10]);
    let held = bench.lines();
    assert_eq!(held, ["186", "187", "188", "189"]);
    bench.grow(&numbered(200..5_000));
    assert_eq!(bench.lines(), held);
    assert!(!bench.view.is_following());
    bench.act(&[Action::Matter]);
    assert_eq!(bench.lines()[3], "4999");
}

#[test]
fn older_lines_are_read_when_one_scrolls_to_them_and_the_first_at_once() {
    let mut bench = Bench::new(&numbered(0..2_000));
    bench.lines();
    bench.act(&[Action::PageUp; 100]);
    assert_eq!(bench.lines()[0], "1596");
    bench.act(&[Action::First]);
    assert_eq!(bench.lines()[0], "0");
    bench.act(&[Action::PageDown; 100]);
    assert_eq!(bench.lines()[0], "400");
    bench.act(&[Action::Last]);
    assert_eq!(bench.lines()[3], "1999");
    assert!(bench.view.is_following());
}

#[test]
fn a_text_is_found_far_above_and_below() {
    let text = format!(
        "Needle one\n{}needle two\n{}",
        numbered(0..3_000),
        numbered(0..3_000)
    );
    let mut bench = Bench::new(&text);
    bench.lines();
    bench.view.search("needle");
    assert!(bench.shows("needle two"));
    bench.act(&[Action::PreviousMatch]);
    assert!(bench.shows("Needle one"));
    bench.act(&[Action::PreviousMatch]);
    assert!(bench.rows()[0].contains("no earlier match"));
    bench.act(&[Action::NextMatch]);
    assert!(bench.shows("needle two"));
    bench.act(&[Action::NextMatch]);
    assert!(bench.rows()[0].contains("no later match"));
    let row = bench.lines().iter().position(|line| line == "needle two");
    let cell = (2, row.unwrap() as u16 + 1);
    assert_ne!(
        bench.picture()[cell].bg,
        Color::Reset,
        "the match is marked"
    );
}

#[test]
fn a_log_that_was_cut_is_read_anew() {
    let mut bench = Bench::new(&numbered(0..100));
    bench.lines();
    bench.log.clear();
    bench.grow("anew\n");
    assert_eq!(bench.lines()[0], "anew");
}

#[test]
fn a_long_line_is_cut_or_wrapped() {
    let mut bench = Bench::new(&format!("one\n{}\n", "x".repeat(60)));
    assert!(bench.lines()[1].ends_with('…'));
    bench.act(&[Action::Wrap]);
    assert_eq!(
        bench.lines(),
        [
            "one".to_owned(),
            "x".repeat(37),
            "x".repeat(23),
            String::new()
        ]
    );
}

#[test]
fn what_is_at_hand_is_bounded() {
    let line = format!("{}\n", "x".repeat(999));
    let mut view = LogView::default();
    let chunk = |from: u64, to: u64| Chunk {
        from,
        to,
        size: 20_000_000,
        text: line.repeat(((to - from) / 1_000) as usize),
    };
    view.take(&chunk(19_900_000, 20_000_000), Part::Tail);
    view.held = Some(19_900_000);
    for at in (0..199).rev().map(|at| at * 100_000) {
        view.take(&chunk(at, at + 100_000), Part::Before(at + 100_000));
        assert_eq!(view.from, at);
        view.held = Some(at);
    }
    assert!(view.to - view.from <= MOST + 100_000);
    assert!(view.teletype.is_none());
    assert_eq!(view.lines.back().unwrap().start + 1_000, view.to);
}

proptest! {
    #[test]
    fn the_border_stands_beside_any_line(line in "([a-z]|👨\u{200d}👩|🇩🇪|❤\u{fe0f}|\u{200b}|👍🏽|漢|\u{301}|\u{202e}|لا|\u{1b}){0,40}", wraps in any::<bool>()) {
        let mut bench = Bench::new(&(line + "\n"));
        bench.view.wraps = wraps;
        for row in &bench.rows()[1..5] {
            prop_assert!(row.ends_with('│'), "{row:?}");
            // A wide character's second cell is a blank in the buffer.
            let wide = row.chars().filter(|c| c.width() == Some(2)).count();
            let width: usize = row.chars().filter_map(char::width).sum();
            prop_assert_eq!(width - wide, 40, "{:?}", row);
        }
    }
}

#[test]
fn a_log_whose_end_shows_nothing_shows_what_came_before() {
    let escapes = "\u{1b}[0m\u{1b}[K".repeat(1_000);
    for end in [
        escapes.clone(),
        "\n".repeat(3_000),
        format!("\n\n{escapes}\n"),
    ] {
        let mut bench = Bench::new(&format!("{}{end}", numbered(0..100)));
        assert_eq!(bench.lines(), ["96", "97", "98", "99"], "{end:.20?}");
        bench.grow("more\n");
        assert_eq!(bench.lines()[3], "more");
    }
}

#[test]
fn a_log_without_anything_to_see_is_told_from_one_without_output() {
    let said = |text: &str| Bench::new(text).lines()[0].clone();
    assert_eq!(said(""), "no output yet");
    assert_eq!(said("\u{1b}[2J\n\n"), "6B of output, nothing in it to see");
    let far = said(&"\n".repeat(2 << 20));
    assert!(far.ends_with("nothing in it to see"), "{far}");
}
