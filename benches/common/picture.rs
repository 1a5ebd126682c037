//! A terminal's screen as SVG: one picture, or several that follow one another. What fonts draw unevenly (dots of charts,
//! bars, borders) is drawn as shapes, so that the picture is the same wherever it is looked at.

use std::{fmt::Write as _, num::NonZero};

use vt100::{Cell, Color, Screen};

/// One cell, in pixels of the picture: its dots, two across and four down, stand four apart.
const WIDTH: u32 = 8;
const HEIGHT: u32 = 16;
const MARGIN: u32 = 12;
/// Where letters stand in their cell, from the top.
const BASELINE: u32 = 12;
const GROUND: &str = "#16181d";
const INK: &str = "#d4d7dd";

/// One picture of a screen.
pub fn still(screen: &Screen) -> String {
    document(screen.size(), "", &cells(screen))
}

/// Pictures that follow one another for ever, each with the seconds that it stays. Who asks for less motion sees the first.
pub fn moving(frames: &[(String, f64)], size: (NonZero<u16>, NonZero<u16>)) -> String {
    let whole: f64 = frames.iter().map(|(_, seconds)| seconds).sum();
    let (mut style, mut body, mut begins) = (String::new(), String::new(), 0.0);
    style.push_str(".f{visibility:hidden}");
    for (number, (frame, seconds)) in frames.iter().enumerate() {
        let share = 100.0 * seconds / whole;
        let from = 100.0 * begins / whole;
        begins += seconds;
        let _ = write!(
            style,
            "@keyframes k{number}{{0%{{visibility:{}}}{from:.3}%{{visibility:visible}}{:.3}%{{visibility:hidden}}}}\
             #f{number}{{animation:k{number} {whole}s step-end infinite}}",
            if number == 0 { "visible" } else { "hidden" },
            from + share,
        );
        let _ = write!(body, "<g class=\"f\" id=\"f{number}\">{frame}</g>");
    }
    style.push_str(
        "@media(prefers-reduced-motion:reduce){.f{animation:none!important}#f0{visibility:visible}}",
    );
    document(size, &style, &body)
}

fn document((rows, columns): (NonZero<u16>, NonZero<u16>), style: &str, body: &str) -> String {
    let width = u32::from(columns.get()) * WIDTH + 2 * MARGIN;
    let height = u32::from(rows.get()) * HEIGHT + 2 * MARGIN;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace\" font-size=\"13\">\
         <style>text{{white-space:pre}}.d{{stroke-width:2;stroke-linecap:round;fill:none}}{style}</style>\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{GROUND}\"/>\
         <g transform=\"translate({MARGIN} {MARGIN})\">{body}</g></svg>\n"
    )
}

/// What is to be seen of a screen, as elements of a picture.
pub fn cells(screen: &Screen) -> String {
    let (rows, columns) = screen.size();
    let mut out = String::new();
    for row in 0..rows.get() {
        let cells: Vec<(u16, &Cell)> = (0..columns.get())
            .filter_map(|column| Some((column, screen.cell(row, column)?)))
            .filter(|(_, cell)| !cell.is_wide_continuation())
            .collect();
        let top = u32::from(row) * HEIGHT;
        for part in cells.chunk_by(|(_, a), (_, b)| ground(a) == ground(b)) {
            if let Some(ground) = ground(part[0].1) {
                let (x, width) = span(part);
                let _ = write!(
                    out,
                    "<path fill=\"{ground}\" d=\"M{x} {top}h{width}v{HEIGHT}h-{width}z\"/>"
                );
            }
        }
        for part in cells.chunk_by(|(_, a), (_, b)| style(a) == style(b)) {
            draw(part, top, &mut out);
        }
    }
    out
}

/// Cells of one style: shapes together, letters in words.
fn draw(part: &[(u16, &Cell)], top: u32, out: &mut String) {
    let (ink, is_bold) = style(part[0].1);
    let mut shapes = Shapes::default();
    for (column, cell) in part {
        shapes.add(first(cell), u32::from(*column) * WIDTH, top);
    }
    let Shapes { dots, lines, areas } = shapes;
    for (path, look) in [
        (dots, format!("class=\"d\" stroke=\"{ink}\"")),
        (lines, format!("stroke=\"{ink}\" fill=\"none\"")),
        (areas, format!("fill=\"{ink}\"")),
    ] {
        if !path.is_empty() {
            let _ = write!(out, "<path {look} d=\"{path}\"/>");
        }
    }
    let is_letter = |(_, cell): &(u16, &Cell)| {
        let c = first(cell);
        c != ' ' && !Shapes::default().add(c, 0, 0)
    };
    let bold = if is_bold { " font-weight=\"bold\"" } else { "" };
    for word in part.chunk_by(|a, b| is_letter(a) == is_letter(b)) {
        if !is_letter(&word[0]) {
            continue;
        }
        let (x, width) = span(word);
        let text: String = word.iter().map(|(_, cell)| cell.contents()).collect();
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        let y = top + BASELINE;
        let _ = write!(
            out,
            "<text x=\"{x}\" y=\"{y}\" textLength=\"{width}\" fill=\"{ink}\"{bold}>{text}</text>"
        );
    }
}

fn first(cell: &Cell) -> char {
    cell.contents().chars().next().unwrap_or(' ')
}

/// Where cells that follow one another begin, and how wide they are.
fn span(cells: &[(u16, &Cell)]) -> (u32, u32) {
    let wide = cells.iter().filter(|(_, cell)| cell.is_wide()).count();
    let x = u32::from(cells[0].0) * WIDTH;
    (x, (cells.len() + wide) as u32 * WIDTH)
}

/// What is no letter, as paths: dots of charts, lines of borders, areas of bars.
#[derive(Default)]
struct Shapes {
    dots: String,
    lines: String,
    areas: String,
}

/// Across and down, in dots, by the bits of a braille character: 0 to 2 are the left column from above, 3 to 5 the right
/// one, 6 and 7 the row below both.
const DOTS: [(u32, u32); 8] = [
    (0, 0),
    (0, 1),
    (0, 2),
    (1, 0),
    (1, 1),
    (1, 2),
    (0, 3),
    (1, 3),
];

impl Shapes {
    /// Adds a character; says whether it is one of these shapes.
    fn add(&mut self, c: char, x: u32, top: u32) -> bool {
        match c {
            '\u{2801}'..='\u{28ff}' => {
                let bits = c as u32 - 0x2800;
                for (bit, (across, down)) in DOTS.iter().enumerate() {
                    if bits & (1 << bit) != 0 {
                        let (x, y) = (x + 2 + 4 * across, top + 2 + 4 * down);
                        let _ = write!(self.dots, "M{x} {y}h.1");
                    }
                }
            }
            '▁'..='█' => {
                let height = HEIGHT / 8 * (c as u32 - 0x2580);
                self.area(x, top + HEIGHT - height, WIDTH, height);
            }
            '▉'..='▏' => self.area(x, top, WIDTH / 8 * (0x2590 - c as u32), HEIGHT),
            _ => {
                let Some((up, right, down, left)) = arms(c) else {
                    return false;
                };
                let (middle, half) = (x + WIDTH / 2, top + HEIGHT / 2);
                for (is_there, x, y) in [
                    (up, middle, top),
                    (right, x + WIDTH, half),
                    (down, middle, top + HEIGHT),
                    (left, x, half),
                ] {
                    if is_there {
                        let _ = write!(self.lines, "M{middle} {half}L{x} {y}");
                    }
                }
            }
        }
        true
    }

    fn area(&mut self, x: u32, y: u32, width: u32, height: u32) {
        let _ = write!(self.areas, "M{x} {y}h{width}v{height}h-{width}z");
    }
}

/// Which ways the lines of a border go from the middle of its cell: up, right, down, left.
fn arms(c: char) -> Option<(bool, bool, bool, bool)> {
    let ways = match c {
        '─' | '━' => "rl",
        '│' | '┃' => "ud",
        '┌' | '╭' => "rd",
        '┐' | '╮' => "dl",
        '└' | '╰' => "ur",
        '┘' | '╯' => "ul",
        '├' => "urd",
        '┤' => "udl",
        '┬' => "rdl",
        '┴' => "url",
        '┼' => "urdl",
        _ => return None,
    };
    let goes = |way| ways.contains(way);
    Some((goes('u'), goes('r'), goes('d'), goes('l')))
}

fn style(cell: &Cell) -> (String, bool) {
    let ink = if cell.inverse() {
        colour(cell.bgcolor()).unwrap_or_else(|| GROUND.to_owned())
    } else {
        colour(cell.fgcolor()).unwrap_or_else(|| INK.to_owned())
    };
    (ink, cell.bold())
}

fn ground(cell: &Cell) -> Option<String> {
    if cell.inverse() {
        return Some(colour(cell.fgcolor()).unwrap_or_else(|| INK.to_owned()));
    }
    colour(cell.bgcolor())
}

/// The colour that a program asked for; `None` for the terminal's own. The lowest sixteen are the terminal's too, so a
/// program whose picture is taken must name its colours otherwise.
fn colour(colour: Color) -> Option<String> {
    match colour {
        Color::Default | Color::Idx(0..16) => None,
        Color::Rgb(red, green, blue) => Some(format!("#{red:02x}{green:02x}{blue:02x}")),
        Color::Idx(number @ 232..) => {
            let level = 8 + 10 * (number - 232);
            Some(format!("#{level:02x}{level:02x}{level:02x}"))
        }
        Color::Idx(number) => {
            let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
            let number = number - 16;
            let (red, green, blue) = (number / 36, number / 6 % 6, number % 6);
            let (red, green, blue) = (level(red), level(green), level(blue));
            Some(format!("#{red:02x}{green:02x}{blue:02x}"))
        }
    }
}
