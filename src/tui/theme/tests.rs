use proptest::prelude::*;
use ratatui::style::Modifier;

use super::{audit::APART, *};

fn name(theme: Theme) -> &'static str {
    theme.name().unwrap()
}

/// The text of a theme with its colours at all depths.
fn at_all_depths(theme: Theme) -> [Theme; 3] {
    [Depth::Sixteen, Depth::Cube, Depth::True].map(|depth| theme.fitted(depth))
}

#[test]
fn every_shipped_theme_is_read_and_known_by_its_name() {
    for theme in Theme::SHIPPED {
        assert_eq!(Theme::named(name(theme)), Some(theme));
        let read = Theme::read(theme.source().unwrap()).unwrap();
        assert_eq!(read.palette(), theme.palette(), "{}", name(theme));
    }
    assert_eq!(Theme::named("mine"), None);
}

#[test]
fn every_token_is_in_the_theme_that_the_others_extend() {
    let text = Theme::Dark.source().unwrap();
    for token in tokens() {
        assert!(text.contains(&format!("\"{token}\" = ")), "{token}");
    }
}

#[test]
fn the_lines_of_every_palette_stay_apart_for_all_eyes_and_so_do_the_states_of_the_blind_themes() {
    for theme in Theme::SHIPPED {
        for apart in theme.palette().report().apart {
            let is_promised =
                apart.set == "series" || matches!(theme, Theme::BlindDark | Theme::BlindLight);
            assert!(
                apart.is_good || !is_promised,
                "{}: {} of {} are {:.1} apart under {}, {APART} are promised",
                name(theme),
                apart.nearest.join(" and "),
                apart.set,
                apart.difference,
                apart.vision,
            );
        }
    }
    // A theme whose colours are known is really measured.
    let measured = Theme::BlindDark.palette().report().apart;
    for set in ["series", "states"] {
        assert!(measured.iter().any(|apart| apart.set == set), "{set}");
    }
}

#[test]
fn what_must_be_read_can_be_read_on_every_usual_background() {
    for theme in Theme::SHIPPED {
        let report = theme.palette().report();
        let faint: Vec<_> = report
            .tokens
            .iter()
            .filter(|token| !token.is_good)
            .collect();
        assert!(faint.is_empty(), "{}: {faint:#?}", name(theme));
        let measured = report
            .tokens
            .iter()
            .filter(|token| !token.contrast.is_empty());
        let is_known = theme.palette().background != Background::Any;
        assert_eq!(20 < measured.count(), is_known, "{}", name(theme));
    }
}

#[test]
fn a_warmer_cell_of_a_heat_map_is_always_further_from_the_background() {
    for theme in Theme::SHIPPED {
        let known = theme
            .palette()
            .heat
            .iter()
            .filter_map(|style| measure::rgb(style.fg?));
        let mut light: Vec<f64> = known.map(measure::luminance).collect();
        if theme.palette().background == Background::Light {
            light.reverse();
        }
        assert!(
            light.is_sorted_by(|a, b| a < b),
            "{} {light:?}",
            name(theme)
        );
    }
}

#[test]
fn mono_names_no_colour() {
    for (token, style) in Theme::Mono.palette().styles() {
        let colours = [style.fg, style.bg].into_iter().flatten();
        assert!(
            colours.into_iter().all(|colour| colour == Color::Reset),
            "{token}"
        );
    }
    assert!((0..9).all(|slot| Theme::Mono.raw(slot) == Style::new()));
}

#[test]
fn without_colour_what_differs_in_weight_still_does() {
    for theme in [Theme::Sixteen, Theme::Mono] {
        let has = |role, modifier| theme.style(role).add_modifier.contains(modifier);
        assert!(has(Role::Selected, Modifier::REVERSED));
        assert!(has(Role::SelectedElsewhere, Modifier::UNDERLINED));
        assert!(has(Role::SeverityCritical, Modifier::REVERSED));
        assert!(has(Role::Production, Modifier::REVERSED));
        assert!(has(Role::Banner, Modifier::REVERSED));
        assert!(has(Role::Error, Modifier::BOLD));
    }
}

#[test]
fn the_background_is_the_terminal_s_except_where_a_row_is_selected() {
    let selected = ["sel", "sel.inactive"];
    for theme in Theme::SHIPPED {
        for (token, style) in theme.palette().styles() {
            let is_ground = theme == Theme::HighContrast && token == "fg";
            let may = is_ground || selected.contains(&token.as_str());
            assert!(style.bg.is_none() || may, "{} {token}", name(theme));
        }
    }
}

#[test]
fn a_theme_names_no_more_colours_than_the_terminal_has() {
    let own = Theme::read("accent = '#5fafff'\nsel = { bg = '#123456' }\nmark = 'cyan'").unwrap();
    for theme in Theme::SHIPPED.into_iter().chain([own]) {
        let [few, cube, all] = at_all_depths(theme);
        assert_eq!(all, theme);
        for (token, style) in few.palette().styles() {
            for colour in [style.fg, style.bg].into_iter().flatten() {
                assert!(
                    !matches!(colour, Color::Rgb(..) | Color::Indexed(16..)),
                    "{token}"
                );
            }
        }
        for (token, style) in cube.palette().styles() {
            for colour in [style.fg, style.bg].into_iter().flatten() {
                assert!(!matches!(colour, Color::Rgb(..)), "{token}");
            }
        }
    }
    let [few, cube, all] = at_all_depths(own);
    assert_eq!(
        all.style(Role::Accent).fg,
        Some(Color::Rgb(0x5f, 0xaf, 0xff))
    );
    assert_eq!(cube.style(Role::Accent).fg, Some(Color::Indexed(75)));
    assert_eq!(few.style(Role::Accent), Theme::Sixteen.style(Role::Accent));
    assert_eq!(
        few.style(Role::Selected),
        Theme::Sixteen.style(Role::Selected)
    );
    assert_eq!(few.style(Role::Mark).fg, Some(Color::Cyan));
    for theme in [Theme::Dark, Theme::Light, Theme::Mono] {
        assert_eq!(
            theme.fitted(Depth::Cube),
            theme,
            "nothing is made that is not needed"
        );
    }
    let few = Theme::Dark.fitted(Depth::Sixteen);
    assert_eq!(few.palette().roles, Theme::Sixteen.palette().roles);
}

#[test]
fn a_terminal_tells_how_many_colours_it_has() {
    for (term, colorterm, depth) in [
        ("xterm-256color", "", Depth::Cube),
        ("screen.xterm-256color", "", Depth::Cube),
        ("tmux-256color", "yes", Depth::Cube),
        ("xterm-kitty", "", Depth::Cube),
        ("alacritty", "truecolor", Depth::True),
        ("alacritty", "", Depth::Cube),
        ("xterm-direct", "", Depth::True),
        ("xterm", "", Depth::Sixteen),
        ("xterm", "24bit", Depth::True),
        ("screen", "", Depth::Sixteen),
        ("screen.linux", "", Depth::Sixteen),
        ("tmux", "", Depth::Sixteen),
        ("linux", "", Depth::Sixteen),
        ("vt100", "", Depth::Sixteen),
        ("xterm-16color", "", Depth::Sixteen),
        ("vte-256color", "", Depth::Cube),
    ] {
        assert_eq!(Depth::detect(term, colorterm), depth, "{term} {colorterm}");
    }
}

#[test]
fn a_theme_of_one_s_own_says_only_what_differs() {
    let theme = Theme::read("extends = 'light'\naccent = 90\n[state]\nok = 'blue'\n").unwrap();
    assert_eq!(theme.style(Role::Accent).fg, Some(Color::Indexed(90)));
    // What names the accent follows it.
    assert_eq!(theme.style(Role::Title).fg, Some(Color::Indexed(90)));
    assert_eq!(theme.style(Role::ToastInfo).fg, Some(Color::Blue));
    assert_eq!(theme.style(Role::Error), Theme::Light.style(Role::Error));
    assert_eq!(theme.palette().background, Background::Light);
    let theme = Theme::read("").unwrap();
    assert_eq!(theme.palette(), Theme::Dark.palette());
}

#[test]
fn a_mistake_in_a_theme_names_its_line_and_what_was_meant() {
    let cases = [
        (
            "accent = 75\nacent = 3",
            "2:1: there is no token \"acent\"",
            "did you mean \"accent\"?",
        ),
        (
            "[state]\nokk = 3",
            "2:1: there is no token \"state.okk\"",
            "did you mean \"state.ok\"?",
        ),
        ("[tests]\nok = 3", "1:2: there is no token \"tests\"", ""),
        (
            "accent = 256",
            "1:10: 256 is no index of a colour: 0 to 255",
            "",
        ),
        (
            "accent = -1",
            "1:10: -1 is no index of a colour: 0 to 255",
            "",
        ),
        (
            "accent = '#12345'",
            "1:10: \"#12345\" is no colour",
            "write six digits, as in \"#5fafff\"",
        ),
        (
            "accent = '#+12345'",
            "1:10: \"#+12345\" is no colour",
            "write six digits, as in \"#5fafff\"",
        ),
        (
            "\nmark = 'cian'",
            "2:8: \"cian\" is neither a colour nor a token",
            "did you mean \"cyan\"?",
        ),
        ("mark = true", "1:8: a text is expected, not boolean", ""),
        (
            "sel = { bg = 3, blod = true }",
            "1:17: unknown key \"blod\"",
            "did you mean \"bold\"?",
        ),
        ("sel = { bold = 1 }", "1:16: bold is true or false", ""),
        (
            "series = [1, 2]",
            "1:10: series must be a list of 8 colours",
            "",
        ),
        ("heat = 3", "1:8: heat must be a list of 5 colours", ""),
        (
            "extends = 'drak'",
            "1:11: no theme \"drak\" is shipped",
            "did you mean \"dark\"?",
        ),
        (
            "background = 'drak'",
            "1:14: background cannot be \"drak\"",
            "one of dark, light, own, any",
        ),
        (
            "x = 1\n\naccent = 'mark'\nmark = 'accent'",
            "1:1: there is no token \"x\"",
            "",
        ),
        (
            "\naccent = 'mark'\nmark = 'accent'",
            "2:10: tokens that name each other have no colour: accent -> mark -> accent",
            "give one of them a colour",
        ),
        (
            "accent = 'title'",
            "1:10: tokens that name each other have no colour: accent -> title -> accent",
            "give one of them a colour",
        ),
        ("accent = [75", "1:13: ", ""),
    ];
    for (text, message, hint) in cases {
        let wrong = Theme::read(text).unwrap_err();
        let said = wrong.to_string();
        assert!(said.starts_with(message), "{text:?}: {said}");
        let told = wrong.hint.unwrap_or_default();
        assert!(hint.is_empty() || told == hint, "{text:?}: {told}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "(accent|fg|sel|series|=|\\[|\\]|\\{|\\}|'|#|[0-9]|,|bg|state\\.|\n| ){0,24}") {
        let _ = read::palette(&text);
    }
}

#[test]
fn a_selected_row_has_one_look_where_it_is_inverse() {
    for theme in [Theme::HighContrast, Theme::Sixteen, Theme::Mono] {
        let mut cell = ratatui::buffer::Cell::default();
        cell.set_style(theme.style(Role::Ok));
        cell.set_style(theme.style(Role::Selected));
        let mut other = ratatui::buffer::Cell::default();
        other.set_style(theme.style(Role::Selected));
        assert_eq!(cell, other, "{}", name(theme));
    }
}

#[test]
fn a_theme_with_a_ground_covers_the_whole_screen_with_it() {
    let area = ratatui::layout::Rect::new(0, 0, 3, 1);
    let mut buffer = Buffer::empty(area);
    buffer[(1, 0)].set_fg(Color::Indexed(46));
    Theme::HighContrast.ground(&mut buffer);
    let look = |x: u16| (buffer[(x, 0)].fg, buffer[(x, 0)].bg);
    let (white, black) = (Color::Indexed(231), Color::Indexed(16));
    assert_eq!(
        [look(0), look(1)],
        [(white, black), (Color::Indexed(46), black)]
    );
    let mut other = Buffer::empty(area);
    Theme::Dark.ground(&mut other);
    assert_eq!(other, Buffer::empty(area));
}

#[test]
fn the_cursors_row_can_be_read_on_a_terminal_of_the_other_brightness() {
    let area = ratatui::layout::Rect::new(0, 0, 3, 1);
    for (theme, ink) in [(Theme::Dark, 255), (Theme::BlindLight, 16)] {
        let mut buffer = Buffer::empty(area);
        buffer[(1, 0)].set_style(theme.style(Role::Selected));
        buffer[(2, 0)]
            .set_style(theme.style(Role::Ok))
            .set_style(theme.style(Role::Selected));
        theme.ground(&mut buffer);
        assert_eq!(
            buffer[(0, 0)].fg,
            Color::Reset,
            "elsewhere the terminal's own"
        );
        assert_eq!(buffer[(1, 0)].fg, Color::Indexed(ink));
        assert_eq!(Some(buffer[(2, 0)].fg), theme.style(Role::Ok).fg);
    }
}
