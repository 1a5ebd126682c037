use proptest::prelude::*;

use super::{row::Part, *};

const HEIGHT: u16 = 6;
const WIDTH: u16 = 20;

/// What programs write to be followed.
fn piece() -> impl Strategy<Value = String> {
    let moves = (
        0u16..7,
        prop::sample::select(vec!['A', 'B', 'C', 'D', 'E', 'F', 'G']),
    )
        .prop_map(|(count, c)| match count {
            0 => format!("\u{1b}[{c}"),
            count => format!("\u{1b}[{count}{c}"),
        });
    let colours = prop::sample::select(vec![
        "0", "", "1", "2", "22", "31", "37", "90", "97", "39", "38;5;9", "1;32", "48;5;200", "4;33",
    ])
    .prop_map(|numbers| format!("\u{1b}[{numbers}m"));
    let dropped = prop::sample::select(vec![
        "\u{1b}[?25l",
        "\u{1b}[?7l",
        "\u{1b}(B",
        "\u{1b}]0;title\u{7}",
        "\u{1b}]8;;http://x\u{1b}\\",
        "\u{1b}=",
        "\u{7}",
        "\u{1b}[6n",
        "\u{1b}Pq\u{1b}\\",
    ]);
    prop_oneof![
        6 => "[a-z ]{0,9}",
        2 => prop::sample::select(vec!["漢", "字字", "e\u{301}", "🦀", "漢\u{301}", "█▏"]).prop_map(str::to_owned),
        3 => prop::sample::select(vec!["\r", "\n", "\u{8}", "\t", "\r\n"]).prop_map(str::to_owned),
        3 => moves,
        2 => prop::sample::select(vec!["\u{1b}[K", "\u{1b}[0K", "\u{1b}[1K", "\u{1b}[2K", "\u{1b}[J"]).prop_map(str::to_owned),
        2 => colours,
        1 => dropped.prop_map(str::to_owned),
    ]
}

/// The cells of a screen: their text and colour, blanks without.
type Shown = Vec<Vec<(String, Option<u8>, bool)>>;

fn nonzero(size: u16) -> std::num::NonZeroU16 {
    std::num::NonZeroU16::new(size).unwrap()
}

fn shown_by_a_terminal(text: &str) -> Shown {
    let mut terminal = vt100::Parser::new(nonzero(HEIGHT), nonzero(WIDTH), 10_000);
    // What is captured has not passed a terminal's driver.
    terminal.process(text.replace('\n', "\r\n").as_bytes());
    let rows = (0..HEIGHT).map(|row| {
        let cell = |column| {
            let cell = terminal.screen().cell(row, column).unwrap();
            let colour = match cell.fgcolor() {
                vt100::Color::Idx(colour) => Some(colour),
                _ => None,
            };
            (cell.contents().to_owned(), colour, cell.bold())
        };
        (0..WIDTH).map(cell).map(normal).collect()
    });
    rows.collect()
}

fn shown_here(teletype: &Teletype) -> Shown {
    let rows = (0..usize::from(HEIGHT)).map(|row| {
        let cells = teletype.screen.get(row).map_or(&[][..], |row| &row.cells);
        let cell = |column: usize| match cells.get(column) {
            Some(cell) if cell.part != Part::Right => {
                let text = format!("{}{}", cell.c, cell.marks);
                (text, cell.pen.colour, cell.pen.is_bold)
            }
            _ => (String::new(), None, false),
        };
        (0..usize::from(WIDTH)).map(cell).map(normal).collect()
    });
    rows.collect()
}

fn normal(cell: (String, Option<u8>, bool)) -> (String, Option<u8>, bool) {
    match cell.0.trim() {
        "" => (String::new(), None, false),
        _ => cell,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn it_shows_what_a_terminal_shows(pieces in prop::collection::vec(piece(), 0..60)) {
        let text = pieces.concat();
        let mut teletype = Teletype::sized(HEIGHT.into(), WIDTH.into(), 0);
        teletype.write(&text);
        prop_assert_eq!(shown_here(&teletype), shown_by_a_terminal(&text), "{:?}", text);
    }

    #[test]
    fn it_does_not_matter_how_the_output_is_cut(pieces in prop::collection::vec(piece(), 0..40), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8)) {
        let text = pieces.concat();
        let mut whole = Teletype::sized(HEIGHT.into(), WIDTH.into(), 0);
        whole.write(&text);
        let chars: Vec<char> = text.chars().collect();
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(chars.len() + 1)).collect();
        ends.sort_unstable();
        ends.push(chars.len());
        let (mut parts, mut from) = (Teletype::sized(HEIGHT.into(), WIDTH.into(), 0), 0);
        for end in ends {
            parts.write(&chars[from..end].iter().collect::<String>());
            from = end;
        }
        prop_assert_eq!(parts.take_paper(), whole.take_paper());
        prop_assert_eq!(parts.screen(), whole.screen());
    }

    #[test]
    fn lines_begin_in_order_and_nothing_moves_the_cursor(text in "([a-z漢]|\r|\n|\u{8}|\u{1b}|\\[|\\]|;|[0-9]|[A-K]|m|\u{7}|\u{9b}){0,80}") {
        let mut teletype = Teletype::sized(4, 10, 100);
        teletype.write(&text);
        let lines: Vec<Line> = teletype.take_paper().into_iter().chain(teletype.screen()).collect();
        prop_assert!(lines.is_sorted_by_key(|line| line.start));
        for line in &lines {
            prop_assert!(!line.text.chars().any(char::is_control), "{:?}", line);
            prop_assert!(line.pens.iter().map(|(end, _)| *end).max().unwrap_or(0) == line.text.len());
        }
    }
}

#[test]
fn bars_of_several_lines_come_to_their_last_state() {
    let two_bars = "start\n\rA:  0%\n\rB:  0%\u{1b}[A\rA: 50%\n\rB: 50%\u{1b}[A\rA:100%\n\rB:100%\u{1b}[K\nend\n";
    assert_eq!(lines(two_bars), ["start", "A:100%", "B:100%", "end"]);
}

#[test]
fn a_line_is_what_a_terminal_would_leave_of_it() {
    for (line, want) in [
        ("plain", "plain"),
        (" 10%|#   |\r 50%|##  |\r100%|####|", "100%|####|"),
        ("  3%|#|\r", "  3%|#|"),
        ("long line\rshort", "shortline"),
        ("\u{1b}[31mERROR\u{1b}[0m: x\u{1b}[K", "ERROR: x"),
        ("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{7}", "link"),
        ("\u{1b}(B\u{9b}1mbold", "bold"),
        ("-\u{8}\\\u{8}|\u{8}/", "/"),
        ("a\tb", "a       b"),
        ("cut \u{1b}]0;title", "cut"),
    ] {
        assert_eq!(lines(line), [want]);
    }
    assert_eq!(lines("title \u{1b}]0;x\nnext"), ["title", "next"]);
    assert_eq!(lines("a\n\n  b\n\n"), ["a", "", "  b"]);
}

#[test]
fn a_jump_to_the_bottom_of_the_screen_leaves_no_gap() {
    for jump in ["\u{1b}[999B\r", "\u{1b}[999E", "\u{1b}[9999;9999H"] {
        assert_eq!(lines(&format!("a\nb\n{jump}c\n")), ["a", "b", "c"]);
    }
    assert_eq!(lines("a\u{1b}[A\u{1b}[2Bb"), ["a", "", " b"]);
}

#[test]
fn lines_keep_their_colours_and_the_byte_they_began_at() {
    let mut teletype = Teletype::at(7);
    teletype.write("ok\n\u{1b}[1;31mbad\u{1b}[0m end\n");
    let lines = teletype.screen();
    let red = Pen {
        colour: Some(1),
        is_bold: true,
    };
    assert_eq!((lines[0].start, lines[1].start), (7, 10));
    assert_eq!(lines[1].pens, [(3, red), (7, Pen::default())]);
}

#[test]
fn colours_of_many_come_to_one_of_sixteen() {
    let cases = [
        (9, 9),
        (196, 9),
        (22, 2),
        (27, 12),
        (240, 8),
        (255, 15),
        (88, 1),
        (51, 14),
    ];
    for (index, colour) in cases {
        assert_eq!(of_palette(index), Some(colour), "{index}");
    }
    assert_eq!(of_palette(256), None);
}

#[test]
fn what_it_keeps_is_bounded() {
    let mut teletype = Teletype::at(0);
    for _ in 0..100 {
        teletype.write(&"\u{1b}[B\u{301}x".repeat(5_000));
        teletype.write(&"\r 50%".repeat(5_000));
        teletype.take_paper();
    }
    assert!(teletype.screen.len() <= SIZE.0);
    assert!(teletype.screen.iter().all(|row| row.cells.len() <= SIZE.1));
}
