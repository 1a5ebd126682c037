//! The screen for all eyes and all names: without colour, without wide characters, without motion, with hostile texts.

use proptest::{prelude::*, test_runner::RngSeed};
use ratatui::{
    backend::{Backend as _, CrosstermBackend},
    buffer::{Buffer, Cell},
    style::Color,
};
use unicode_width::UnicodeWidthStr as _;

use super::*;
use crate::{
    domain::runs::{Run, Tag},
    tui::{
        access::{Access, Motion},
        fixture,
        glyphs::Charset,
        stage::Stage,
        text,
        theme::{Role, Theme},
    },
};

/// Every view and what can lie over one, by the keys that lead there.
const PLACES: [&str; 10] = [
    "0", "1", "1 p", "1 enter", "2", "7", "1 X", "1 s", "1 t", "?",
];
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn picture(runs: Vec<Run>, options: &Options, size: (u16, u16), keys: &str) -> Buffer {
    Stage::with(runs, options, size).keys(keys).picture()
}

fn symbols(buffer: &Buffer) -> Vec<&str> {
    buffer.content.iter().map(Cell::symbol).collect()
}

#[test]
fn without_its_colours_every_theme_says_the_same() {
    for keys in PLACES {
        let of = |theme| {
            let options = Options {
                theme,
                ..Options::default()
            };
            picture(fixture::runs(), &options, (120, 40), keys)
        };
        let mono = of(Theme::Mono);
        for cell in &mono.content {
            assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{keys}");
        }
        for theme in Theme::SHIPPED {
            assert_eq!(symbols(&of(theme)), symbols(&mono), "{theme:?} {keys}");
        }
    }
}

#[test]
fn the_background_is_the_terminal_s_but_for_selected_rows() {
    for theme in Theme::SHIPPED {
        let rows = [Role::Selected, Role::SelectedElsewhere].map(|role| theme.style(role).bg);
        let options = Options {
            theme,
            ..Options::default()
        };
        for keys in PLACES {
            for cell in &picture(fixture::runs(), &options, (120, 40), keys).content {
                let may = match theme {
                    Theme::HighContrast => cell.bg != Color::Reset && cell.fg != Color::Reset,
                    _ => cell.bg == Color::Reset || rows.contains(&Some(cell.bg)),
                };
                assert!(may, "{theme:?} {keys}: {cell:?}");
            }
        }
    }
}

#[test]
fn where_ambiguous_characters_are_wide_none_is_drawn() {
    for charset in [Charset::Braille, Charset::Ascii] {
        let options = Options {
            charset,
            is_ambiguous_wide: true,
            ..Options::default()
        };
        for keys in PLACES {
            for symbol in symbols(&picture(fixture::runs(), &options, (120, 40), keys)) {
                assert_eq!(symbol.width_cjk(), symbol.width(), "{keys}: {symbol}");
            }
        }
    }
}

/// Texts that try to steer the terminal, to turn the line round, or to be wider or narrower than they look.
fn hostile() -> Vec<String> {
    let long = "x".repeat(10_000);
    [
        "\u{1b}[2J\u{1b}[31mred",
        "\u{1b}]52;c;aGk=\u{7}clip",
        "\u{9b}31m\u{90}q\u{9c}",
        "\u{202e}desrever\u{2066}",
        "a\0b\r\nc\td",
        "👨\u{200d}👩\u{200d}👧\u{200d}👦 family",
        "❤\u{fe0f}☎\u{fe0f}1\u{fe0f}\u{20e3}",
        "👍🏽🇩🇪🏴\u{e0067}\u{e0062}\u{e007f}",
        "漢字漢字漢字漢字漢字漢字漢字漢字",
        "e\u{301}\u{301}\u{301}\u{301}\u{301}",
        "\u{200b}\u{200c}\u{feff}",
        &long,
    ]
    .map(str::to_owned)
    .into()
}

fn named(text: &str) -> Vec<Run> {
    let mut runs = fixture::runs();
    for run in &mut runs {
        run.name = text.to_owned();
        run.experiment = text.to_owned();
        run.note = text.to_owned();
        run.preset = Some(text.to_owned());
        run.tags = Tag::try_from(text.to_owned()).into_iter().collect();
        run.params.insert(text.to_owned(), text.into());
    }
    runs
}

/// What a terminal makes of a picture, cell by cell.
fn on_a_terminal(buffer: &Buffer) -> Vec<String> {
    // This terminal leaves it out.
    let mut buffer = buffer.clone();
    for cell in buffer
        .content
        .iter_mut()
        .filter(|cell| cell.symbol().contains('\u{fffd}'))
    {
        let told = cell.symbol().replace('\u{fffd}', "?");
        cell.set_symbol(&told);
    }
    let mut bytes = vec![];
    let blank = Buffer::empty(buffer.area);
    let changes = blank.diff(&buffer);
    CrosstermBackend::new(&mut bytes)
        .draw(changes.into_iter())
        .unwrap();
    let columns = buffer.area.width.try_into().unwrap();
    let mut parser = vt100::Parser::new(buffer.area.height.try_into().unwrap(), columns, 0);
    parser.process(&bytes);
    let places = (0..buffer.area.height).flat_map(|y| (0..buffer.area.width).map(move |x| (y, x)));
    let cells = places.map(|(y, x)| {
        parser
            .screen()
            .cell(y, x)
            .unwrap()
            .contents()
            .trim()
            .to_owned()
    });
    cells.collect()
}

/// Every cell holds what fills its columns and nothing that a terminal would obey; frames stand where they stand otherwise.
fn check(buffer: &Buffer, usual: Option<&Buffer>, told: &str) {
    for (at, cell) in buffer.content.iter().enumerate() {
        let (x, y) = buffer.pos_of(at);
        let symbol = cell.symbol();
        assert!(
            !symbol.chars().any(char::is_control),
            "{told} {x},{y}: {symbol:?}"
        );
        assert!(
            (1..=2).contains(&text::width(symbol)),
            "{told} {x},{y}: {symbol:?}"
        );
        let border = Charset::Braille.border();
        let is_frame =
            |symbol: &&str| *symbol == border.vertical || border.corners.contains(symbol);
        let frame = usual
            .map(|usual| usual.content[at].symbol())
            .filter(is_frame);
        let is_whole = frame.is_none_or(|frame| frame == symbol);
        assert!(
            is_whole,
            "{told}: the frame at {x},{y} is broken by {symbol:?}"
        );
    }
    let shown = on_a_terminal(buffer);
    let mut at = 0;
    while at < shown.len() {
        // A terminal may part what one cell of ours holds, as long as it takes the same columns.
        let next = (at + text::width(buffer.content[at].symbol())).min(shown.len());
        let symbol = buffer.content[at].symbol().trim();
        let symbol = symbol.replace('\u{fffd}', "?");
        let place = buffer.pos_of(at);
        assert_eq!(symbol, shown[at..next].concat(), "{told} {place:?}");
        at = next;
    }
}

#[test]
fn no_name_steers_the_terminal_or_shifts_a_column() {
    let metrics = hostile();
    let harmless: Vec<String> = ('a'..)
        .take(metrics.len())
        .map(|c| format!("m{c}"))
        .collect();
    // A dialog is as wide as what it says.
    let places = ["0", "1", "1 p", "1 enter", "7", "1 X", "1 t"];
    let has_frames = |keys: &str| keys != "1 X";
    for size in SIZES {
        for keys in places {
            let of = |text: &str, metrics: &[String]| {
                let mut stage = Stage::with(named(text), &Options::default(), size);
                stage.metrics = metrics.to_vec();
                stage.keys(keys).picture()
            };
            let usual = has_frames(keys).then(|| of("harmless", &harmless));
            for text in hostile() {
                let told = format!("{size:?} {keys} {:?}", text::clip(&text, 12, ""));
                check(&of(&text, &metrics), usual.as_ref(), &told);
            }
        }
    }
}

proptest! {
    // The same texts each time: this terminal's table of widths is older than ours, and a new text may find that out.
    #![proptest_config(ProptestConfig {
        cases: 256,
        rng_seed: RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_text_at_all_shifts_a_column(text in any::<String>()) {
        let options = Options::default();
        let usual = picture(named("harmless"), &options, (120, 40), "1 p");
        let picture = picture(named(&text), &options, (120, 40), "1 p");
        check(&picture, Some(&usual), &text);
    }
}

fn hearing() -> Options {
    Options {
        access: Access {
            cursor_follows_focus: true,
            announces: true,
            motion: Motion::Full,
        },
        ..Options::default()
    }
}

#[test]
fn the_cursor_stands_where_the_focus_is_and_the_status_says_on_what() {
    let mut stage = Stage::with(fixture::runs(), &hearing(), (120, 40));
    for (keys, focused, told) in [
        ("1", "brave-otter-7", "runs: running brave-otter-7"),
        ("j j j", "quiet-lynx-4", "runs: done, quiet-lynx-4"),
        ("s", "1", ": 1 "),
        ("j", "2", ": 2 "),
        ("esc k k X", "[ Keep", ": [ Keep"),
        ("esc 7", "brave-otter-7", "jobs: "),
    ] {
        let screen = stage.keys(keys).screen();
        let at = stage.app.cursor().unwrap();
        let line = screen.lines().nth(usize::from(at.y)).unwrap();
        assert!(line.contains(focused), "{keys}: the cursor is on {line}");
        let status = screen.lines().rev().nth(1).unwrap();
        assert!(status.contains(told), "{keys}: {status}");
    }
    let silent = Stage::with(fixture::runs(), &Options::default(), (120, 40))
        .keys("1")
        .app
        .cursor();
    assert_eq!(silent, None);
}

#[test]
fn where_nothing_may_move_updates_wait_for_a_key() {
    let of = |motion| Options {
        access: Access {
            motion,
            ..Access::default()
        },
        ..Options::default()
    };
    let mut still = Stage::with(fixture::runs(), &of(Motion::None), (120, 40));
    assert!(
        still.keys("1").screen().contains("brave-otter-7"),
        "what is there is shown"
    );
    still.runs.insert(0, fixture::running(9, "new-wren-9"));
    still.send(Event::StoreChanged);
    assert!(!still.rest().screen().contains("new-wren-9"));
    assert!(still.keys("F").screen().contains("new-wren-9"));
    let pace = |motion| Stage::with(vec![], &of(motion), (80, 24)).app.pace();
    assert_eq!(pace(Motion::Reduced), Rate::Slow.pace());
    assert_eq!(pace(Motion::Full), Rate::Local.pace());
}
