use proptest::prelude::*;
use strum::IntoEnumIterator as _;

use super::*;
use crate::{
    domain::series::{Point, Window},
    tui::{chart::smoothed, glyphs::Charset, theme::Theme},
};

fn data(values: &[f64], dots: usize) -> ChartData {
    let to = values.len() as i64 - 1;
    let mut columns = vec![Bucket::EMPTY; dots];
    for (step, value) in values.iter().enumerate() {
        if let Some(at) = column(0, to, dots, step as i64) {
            columns[at].add(Point {
                step: step as i64,
                time: 0,
                value: *value,
            });
        }
    }
    ChartData {
        from: 0,
        to,
        raw: vec![Segment { number: 0, columns }],
        ..ChartData::default()
    }
}

fn picture(data: &ChartData, look: &Look, width: u16, height: u16, kind: Kind) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    let lines = [Line {
        label: "loss",
        slot: 0,
        data,
    }];
    Plot {
        look,
        lines: &lines,
        from: data.from,
        to: data.to,
        kind,
        crosshair: None,
    }
    .draw(&mut buffer, area);
    buffer
}

fn look(charset: Charset) -> Look {
    Look {
        theme: Theme::Mono,
        charset,
        ..Look::default()
    }
}

fn text(buffer: &Buffer) -> String {
    let rows = buffer.content.chunks(usize::from(buffer.area.width));
    rows.map(|row| {
        row.iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect::<String>()
            .trim_end()
            .to_owned()
            + "\n"
    })
    .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_spike_lights_its_column_at_its_own_row(length in 300usize..3_000, at in 0usize..3_000, width in 30u16..120, height in 6u16..30, up in any::<bool>()) {
        let at = at % length;
        let mut values: Vec<f64> = (0..length).map(|i| 1.0 + (i as f64 / 50.0).sin() * 0.1).collect();
        values[at] = if up { 9.0 } else { -9.0 };
        let look = look(Charset::Braille);
        let area = Rect::new(0, 0, width, height);
        let plot_area = parts(area, false).plot;
        let mut dots = Dots::new(look.charset, plot_area);
        let data = data(&values, dots.columns());
        let lines = [Line { label: "loss", slot: 0, data: &data }];
        let plot = Plot { look: &look, lines: &lines, from: data.from, to: data.to, kind: Kind::Linear, crosshair: None };
        let scale = plot.scale();
        plot.set_dots(&mut dots, &scale);
        let spot = column(data.from, data.to, dots.columns(), at as i64).unwrap();
        let row = scale.row(values[at], dots.rows()).unwrap();
        let near = row.saturating_sub(1)..=row + 1;
        prop_assert!(near.clone().any(|row| dots.is_set(spot, row)));
    }

    #[test]
    fn nothing_is_drawn_outside_the_finite_values(values in proptest::collection::vec(prop_oneof![4 => 0.0..10.0f64, 1 => Just(f64::NAN), 1 => Just(f64::INFINITY), 1 => Just(f64::NEG_INFINITY)], 2..200)) {
        let look = look(Charset::Braille);
        let area = Rect::new(0, 0, 60, 12);
        let mut dots = Dots::new(look.charset, parts(area, true).plot);
        let data = data(&values, dots.columns());
        let lines = [Line { label: "loss", slot: 0, data: &data }];
        let plot = Plot { look: &look, lines: &lines, from: data.from, to: data.to, kind: Kind::Linear, crosshair: None };
        let scale = plot.scale();
        plot.set_dots(&mut dots, &scale);
        let finite: Vec<(usize, usize)> = values.iter().enumerate().filter(|(_, v)| v.is_finite()).map(|(step, v)| {
            (column(data.from, data.to, dots.columns(), step as i64).unwrap(), scale.row(*v, dots.rows()).unwrap())
        }).collect();
        let span = |of: fn(&(usize, usize)) -> usize| (finite.iter().map(of).min().unwrap_or(usize::MAX), finite.iter().map(of).max().unwrap_or(0));
        let ((left, right), (top, bottom)) = (span(|dot| dot.0), span(|dot| dot.1));
        for column in 0..dots.columns() {
            for row in (0..dots.rows()).filter(|row| dots.is_set(column, *row)) {
                prop_assert!(left <= column && column <= right && top <= row && row <= bottom);
            }
        }
    }

    #[test]
    fn no_size_and_no_value_panics(width in 1u16..200, height in 1u16..60, values in proptest::collection::vec(prop_oneof![any::<f64>(), -1e300..1e300f64, 1e-300..1e-290f64], 1..50), log in any::<bool>()) {
        let kind = if log { Kind::Log } else { Kind::Linear };
        for charset in Charset::iter() {
            let look = look(charset);
            let dots = columns(&look, Rect::new(0, 0, width, height));
            picture(&data(&values, dots), &look, width, height, kind);
        }
    }
}

#[test]
fn a_chart_with_a_hole_of_nan_says_so_and_joins_nothing_over_it() {
    let mut values: Vec<f64> = (0..40).map(|i| f64::from(40 - i) / 10.0).collect();
    values[20..24].fill(f64::NAN);
    insta::assert_snapshot!(text(&picture(
        &data(&values, 32),
        &look(Charset::Ascii),
        40,
        10,
        Kind::Linear
    )));
}

#[test]
fn a_log_chart_has_decades() {
    let values: Vec<f64> = (0..60).map(|i| 10f64.powf(-f64::from(i) / 20.0)).collect();
    insta::assert_snapshot!(text(&picture(
        &data(&values, 64),
        &look(Charset::Braille),
        40,
        10,
        Kind::Log
    )));
}

#[test]
fn a_resume_leaves_a_seam_and_the_newer_branch_on_top() {
    let window = Window {
        from: 0,
        to: 99,
        columns: 64,
        slack: 0.25,
    };
    let point = |step: i64, value: f64| Point {
        step,
        time: 0,
        value,
    };
    let points: Vec<(u32, Point)> = (0..60)
        .map(|step| (0, point(step, 2.0)))
        .chain((40..100).map(|step| (1, point(step, 1.0))))
        .collect();
    let data = ChartData {
        from: 0,
        to: 99,
        raw: smoothed(&points, 0.0, &window),
        ..ChartData::default()
    };
    insta::assert_snapshot!(text(&picture(
        &data,
        &look(Charset::Braille),
        40,
        8,
        Kind::Linear
    )));
}

#[test]
fn a_smoothed_line_is_never_hidden_by_raw_points() {
    let values: Vec<f64> = (0..400).map(|i| f64::from(i % 7) * 0.1).collect();
    let look = Look {
        theme: Theme::Dark,
        charset: Charset::Braille,
        ..Look::default()
    };
    let area = Rect::new(0, 0, 60, 12);
    let dots = columns(&look, area);
    let mut data = data(&values, dots);
    let points: Vec<(u32, Point)> = (0..400)
        .map(|step| {
            let value = values[step as usize];
            let time = 0;
            (0, Point { step, time, value })
        })
        .collect();
    let window = Window {
        from: 0,
        to: 399,
        columns: dots,
        slack: 0.25,
    };
    data.smooth = smoothed(&points, 0.9, &window);
    let buffer = picture(&data, &look, area.width, area.height, Kind::Linear);
    let plot = parts(area, false).plot;
    let bright = look.theme.series(0).fg;
    for x in plot.left()..plot.right() {
        assert!(
            (plot.top()..plot.bottom()).any(|y| Some(buffer[(x, y)].fg) == bright),
            "column {x}"
        );
    }
}

#[test]
fn the_hairline_shows_also_where_a_line_fills_its_column() {
    let values: Vec<f64> = (0..4_000).map(|i| f64::from(i % 2)).collect();
    let look = look(Charset::Braille);
    let area = Rect::new(0, 0, 60, 12);
    let data = data(&values, columns(&look, area));
    let lines = [Line {
        label: "loss",
        slot: 0,
        data: &data,
    }];
    let mut buffer = Buffer::empty(area);
    Plot {
        look: &look,
        lines: &lines,
        from: data.from,
        to: data.to,
        kind: Kind::Linear,
        crosshair: Some(2_000),
    }
    .draw(&mut buffer, area);
    let plot = parts(area, false).plot;
    let reversed = |x: u16| {
        (plot.top()..plot.bottom()).all(|y| buffer[(x, y)].modifier.contains(Modifier::REVERSED))
    };
    let crossed: Vec<u16> = (plot.left()..plot.right())
        .filter(|x| reversed(*x))
        .collect();
    assert_eq!(crossed, [plot.x + plot.width / 2]);
}

#[test]
fn what_is_not_finite_or_alone_is_told_in_words() {
    let look = look(Charset::Ascii);
    for (values, want) in [
        (vec![f64::NAN; 99], "all 99 values are NaN"),
        (vec![f64::NAN], "the only value is NaN"),
        (vec![f64::INFINITY; 3], "all 3 values are infinite"),
        (vec![f64::NAN, 0.4127, f64::NAN], "0.4127"),
    ] {
        let data = data(&values, 52);
        let picture = text(&picture(&data, &look, 60, 10, Kind::Linear));
        assert!(picture.contains(want), "{want}:\n{picture}");
    }
}
