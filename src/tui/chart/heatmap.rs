//! Many like series at once: a row each, warmer where the value is higher.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    axis::Axis,
    column,
    plot::Line,
    ticks::{Kind, Scale},
};
use crate::{
    domain::series::Bucket,
    tui::{look::Look, text, theme::HEAT, theme::Role},
};

/// Series as rows of a heat map. Each cell is the mean of its points, or the last one before it; a level has a shade of
/// its own, so that the map reads the same without colour.
pub struct Heatmap<'a> {
    pub look: &'a Look,
    pub axis: Axis,
    pub lines: &'a [Line<'a>],
    /// How values become levels.
    pub kind: Kind,
    /// The place under the crosshair.
    pub crosshair: Option<i64>,
}

/// What a cell shows.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cell {
    /// Before the first point, or after the last.
    Empty,
    Value(f64),
    /// Nothing in it is finite.
    Flaw,
}

/// Columns that names of series take at most.
const MOST_NAME: usize = 18;
/// A map of fewer columns has no names.
const LEAST: u16 = 24;

impl Heatmap<'_> {
    pub fn draw(&self, buffer: &mut Buffer, area: Rect) {
        let area = area.intersection(buffer.area);
        let names = self.names(area.width);
        let wide = area.width - names;
        let rows = area.height - u16::from(1 < area.height);
        if wide == 0 || rows == 0 {
            return;
        }
        let Some(scale) = self.scale() else {
            self.draw_nothing(buffer, area);
            return;
        };
        let shown = match self.lines.len() <= usize::from(rows) {
            true => self.lines.len(),
            false => usize::from(rows).saturating_sub(1),
        };
        let plot = Rect {
            x: area.x + names,
            width: wide,
            ..area
        };
        let labels = self.labels(usize::from(names.saturating_sub(1)));
        for ((line, label), y) in self.lines[..shown].iter().zip(labels).zip(area.y..) {
            let style = self.look.style(Role::Axis);
            buffer.set_stringn(area.x, y, label, usize::from(names), style);
            self.draw_row(
                buffer,
                plot,
                y,
                &self.cells(line, usize::from(wide)),
                &scale,
            );
        }
        if shown < self.lines.len() {
            let more = format!("{} more series: enlarge the pane", self.lines.len() - shown);
            let y = area.y + shown as u16;
            let more = self.look.clip(&more, usize::from(area.width));
            buffer.set_string(area.x, y, more, self.look.style(Role::Dim));
        }
        if 1 < area.height {
            self.draw_places(buffer, plot);
        }
    }

    /// What the shades mean: `0.01 ░▒▓█ 2.3`.
    pub fn key(&self) -> Option<String> {
        let scale = self.scale()?;
        let shades = self.look.charset.shades();
        let shades = shades[1..].concat();
        let (low, high) = (text::short(scale.low), text::short(scale.high));
        Some(format!("{low} {shades} {high}"))
    }

    fn names(&self, width: u16) -> u16 {
        if width < LEAST {
            return 0;
        }
        let widest = self.lines.iter().map(|line| text::width(line.label)).max();
        let most = MOST_NAME.min(usize::from(width) / 3);
        (widest.unwrap_or(0) + 1).min(most) as u16
    }

    /// Names in so many columns; where they are too long, only what tells them apart.
    fn labels(&self, columns: usize) -> Vec<String> {
        let names = || self.lines.iter().map(|line| line.label);
        let fits = names().all(|name| text::width(name) <= columns);
        let (before, behind) = if fits { (0, 0) } else { shared(names()) };
        let part = |name: &str| {
            let part = name.get(before..name.len() - behind).unwrap_or(name);
            text::squeeze(part, columns, self.look.charset.ellipsis())
        };
        names().map(part).collect()
    }

    /// `None` without a finite value.
    fn scale(&self) -> Option<Scale> {
        let buckets = self.lines.iter().flat_map(|line| line.data.buckets());
        let means = buckets.filter_map(Bucket::mean);
        let means = means.filter(|mean| self.kind != Kind::Log || 0.0 < *mean);
        let (low, high, least) = means.fold(
            (f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY),
            |(low, high, least), mean| {
                let size = if mean == 0.0 { least } else { mean.abs() };
                (low.min(mean), high.max(mean), least.min(size))
            },
        );
        (low <= high).then(|| Scale::around(self.kind, low, high, least))
    }

    fn cells(&self, line: &Line<'_>, wide: usize) -> Vec<Cell> {
        let mut sums = vec![Bucket::EMPTY; wide];
        for bucket in line.data.buckets().filter(|bucket| !bucket.is_empty()) {
            let place = line.track.place(bucket);
            if let Some(at) = column(self.axis.from, self.axis.to, wide, place) {
                sums[at].merge(bucket);
            }
        }
        let last = sums.iter().rposition(|sum| !sum.is_empty());
        let mut held = Cell::Empty;
        let mut cells: Vec<Cell> = (sums.iter())
            .map(|sum| {
                held = match sum.mean() {
                    Some(mean) => Cell::Value(mean),
                    None if sum.is_empty() => held,
                    None => Cell::Flaw,
                };
                held
            })
            .collect();
        let seen = last.map_or(0, |last| last + 1);
        cells[seen..].fill(Cell::Empty);
        cells
    }

    fn draw_row(&self, buffer: &mut Buffer, plot: Rect, y: u16, cells: &[Cell], scale: &Scale) {
        let crossed = self
            .crosshair
            .and_then(|place| column(self.axis.from, self.axis.to, cells.len(), place));
        for (at, cell) in cells.iter().enumerate() {
            let (symbol, style) = match cell {
                Cell::Empty => (self.look.charset.dot(), self.look.style(Role::Guide)),
                Cell::Flaw => ("!", self.look.style(Role::Error)),
                Cell::Value(value) => {
                    // What a log axis has no place for is at its bottom.
                    let down = scale.row(*value, HEAT).unwrap_or(HEAT - 1);
                    let level = HEAT - 1 - down;
                    (
                        self.look.charset.shades()[level],
                        self.look.theme.heat(level),
                    )
                }
            };
            let style = match crossed == Some(at) {
                true => style.add_modifier(ratatui::style::Modifier::REVERSED),
                false => style,
            };
            buffer.set_string(plot.x + at as u16, y, symbol, style);
        }
    }

    fn draw_places(&self, buffer: &mut Buffer, plot: Rect) {
        let wide = usize::from(plot.width);
        for (at, label) in self.axis.labels(wide) {
            let (x, y) = (plot.x + at as u16, plot.bottom() - 1);
            buffer.set_stringn(x, y, label, wide - at, self.look.style(Role::Axis));
        }
    }

    fn draw_nothing(&self, buffer: &mut Buffer, area: Rect) {
        let points: u64 = (self.lines.iter())
            .flat_map(|line| line.data.buckets())
            .map(Bucket::points)
            .sum();
        let (text, role) = match points {
            0 => ("no points here".to_owned(), Role::Dim),
            points => (
                format!("none of {points} values is on this axis"),
                Role::Error,
            ),
        };
        let text = self.look.clip(&text, usize::from(area.width));
        let x = area.x + (area.width - text::width(&text) as u16) / 2;
        buffer.set_string(x, area.y + area.height / 2, text, self.look.style(role));
    }
}

/// Bytes that all names begin with, and that they end with behind those.
fn shared<'a>(mut names: impl Iterator<Item = &'a str>) -> (usize, usize) {
    let Some(first) = names.next() else {
        return (0, 0);
    };
    names.fold((first.len(), first.len()), |(before, behind), name| {
        let alike = |pairs: &mut dyn Iterator<Item = (u8, u8)>| -> usize {
            pairs.take_while(|(a, b)| a == b).count()
        };
        let before = before.min(alike(&mut first.bytes().zip(name.bytes())));
        let behind = behind.min(alike(&mut first.bytes().rev().zip(name.bytes().rev())));
        let most = first.len().min(name.len()) - before;
        (before, behind.min(most))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::series::{Point, Segment},
        tui::{
            chart::{ChartData, axis::Track},
            fixture,
            glyphs::Charset,
            theme::Theme,
        },
    };

    fn data(values: &[(i64, f64)], columns: usize, to: i64) -> ChartData {
        let mut buckets = vec![Bucket::EMPTY; columns];
        for (step, value) in values {
            let at = column(0, to, columns, *step).unwrap();
            buckets[at].add(Point {
                step: *step,
                time: 0,
                value: *value,
            });
        }
        ChartData {
            to,
            raw: vec![Segment {
                number: 0,
                columns: buckets,
            }],
            ..ChartData::default()
        }
    }

    fn picture(charset: Charset, series: &[ChartData], width: u16, height: u16) -> String {
        let look = Look {
            theme: Theme::Mono,
            charset,
            ..Look::default()
        };
        let names: Vec<String> = (0..series.len())
            .map(|n| format!("layer.{n}/grad"))
            .collect();
        let lines: Vec<Line<'_>> = (series.iter().zip(&names))
            .map(|(data, label)| Line {
                label,
                slot: 0,
                badge: None,
                track: Track::default(),
                data,
            })
            .collect();
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        let map = Heatmap {
            look: &look,
            axis: Axis {
                to: 99,
                ..Axis::default()
            },
            lines: &lines,
            kind: Kind::Linear,
            crosshair: None,
        };
        map.draw(&mut buffer, area);
        fixture::edged(&buffer)
    }

    fn layers() -> Vec<ChartData> {
        let wave = |layer: i64| {
            let values: Vec<(i64, f64)> = (0..80)
                .map(|step| (step, layer as f64 + step as f64 / 10.0))
                .collect();
            data(&values, 60, 99)
        };
        let mut layers: Vec<ChartData> = (0..8).map(wave).collect();
        layers[3] = data(&[(0, 1.0), (50, f64::NAN), (70, 9.0)], 60, 99);
        layers
    }

    #[test]
    fn a_row_for_each_series_is_darker_where_it_is_higher() {
        insta::assert_snapshot!("heat_wide", picture(Charset::Braille, &layers(), 60, 9));
        insta::assert_snapshot!(
            "heat_narrow_ascii",
            picture(Charset::Ascii, &layers(), 30, 6)
        );
    }

    #[test]
    fn names_that_are_too_long_are_told_by_where_they_differ() {
        let names = |names: &[&str]| -> Vec<String> {
            let (before, behind) = shared(names.iter().copied());
            let part = |name: &&str| name[before..name.len() - behind].to_owned();
            names.iter().map(part).collect()
        };
        assert_eq!(names(&["layer.9/grad", "layer.10/grad"]), ["9", "10"]);
        assert_eq!(names(&["aa", "aaa"]), ["", "a"]);
        assert_eq!(names(&["same", "same"]), ["", ""]);
    }

    #[test]
    fn nothing_one_point_and_nan_are_told() {
        let told = |series: &[ChartData]| picture(Charset::Ascii, series, 44, 4);
        assert!(told(&[]).contains("no points here"));
        assert!(
            told(&[data(&[(3, f64::NAN)], 60, 99)]).contains("none of 1 values is on this axis")
        );
        let one = told(&[data(&[(0, 3.0)], 60, 99)]);
        assert!(one.starts_with("layer.0/grad"), "{one}");
    }

    #[test]
    fn no_size_panics() {
        for (width, height) in [(1, 1), (3, 2), (23, 1), (24, 2), (200, 60)] {
            picture(Charset::Block, &layers(), width, height);
        }
    }
}
