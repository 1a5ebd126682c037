use proptest::prelude::*;
use ratatui::style::Modifier;
use strum::IntoEnumIterator as _;

use super::*;
use crate::{
    domain::series::{Key, Point, Segment, Window},
    tui::{
        chart::{axis::Along, smoothed},
        fixture::text,
        glyphs::Charset,
        theme::Theme,
    },
};

fn point(step: i64, value: f64) -> Point {
    Point {
        step,
        time: step * 1_000,
        value,
    }
}

/// The columns of points over the steps `from..=to`.
fn window(points: &[Point], from: i64, to: i64, dots: usize) -> ChartData {
    let mut columns = vec![Bucket::EMPTY; dots];
    let mut flaws = vec![];
    for point in points {
        if let Some(at) = column(from, to, dots, point.step) {
            columns[at].add(*point);
            flaws.extend((!point.value.is_finite()).then_some(*point));
        }
    }
    ChartData {
        from,
        to,
        raw: vec![Segment { number: 0, columns }],
        flaws,
        ..ChartData::default()
    }
}

fn data(values: &[f64], dots: usize) -> ChartData {
    let points: Vec<Point> = (0..)
        .zip(values)
        .map(|(at, value)| point(at, *value))
        .collect();
    window(&points, 0, values.len() as i64 - 1, dots)
}

fn line(slot: usize, data: &ChartData) -> Line<'_> {
    Line {
        label: "loss",
        slot,
        badge: None,
        track: Track::default(),
        data,
    }
}

fn lines(series: &[ChartData]) -> Vec<Line<'_>> {
    let series = series.iter().enumerate();
    series.map(|(slot, data)| line(slot, data)).collect()
}

fn axis(data: &ChartData) -> Axis {
    Axis {
        along: Along::Step,
        from: data.from,
        to: data.to,
    }
}

fn drawn(plot: &Plot<'_>, width: u16, height: u16) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    plot.draw(&mut buffer, area);
    buffer
}

fn picture(data: &ChartData, look: &Look, width: u16, height: u16, kind: Kind) -> Buffer {
    let lines = [line(0, data)];
    let plot = Plot {
        kind,
        ..Plot::new(look, axis(data), &lines)
    };
    drawn(&plot, width, height)
}

fn look(charset: Charset) -> Look {
    Look {
        theme: Theme::Mono,
        charset,
        ..Look::default()
    }
}

fn set(plot: &Plot<'_>, area: Rect) -> (Dots, Scale) {
    let mut dots = Dots::new(plot.look.charset, Parts::of(plot, area).plot);
    let scale = plot.scale();
    plot.set_dots(&mut dots, &scale);
    (dots, scale)
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Linear), Just(Kind::Log), Just(Kind::Symlog)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn a_spike_lights_its_column_at_its_own_row(length in 300usize..3_000, at in 0.0..1.0f64, zoom in (0.0..1.0f64, 0.0..1.0f64), width in 30u16..120, height in 6u16..30, up in any::<bool>(), is_clipped in any::<bool>()) {
        let at = (at * length as f64) as i64;
        let mut points: Vec<Point> = (0..length as i64).map(|i| point(i, 1.0 + (i as f64 / 50.0).sin() * 0.1)).collect();
        points[at as usize].value = if up { 9.0 } else { -9.0 };
        let from = (at as f64 * zoom.0) as i64;
        let to = (at + 1 + ((length as i64 - at) as f64 * zoom.1) as i64).min(length as i64 - 1).max(from + 1);
        let look = look(Charset::Braille);
        let area = Rect::new(0, 0, width, height);
        let data = window(&points, from, to, columns(&look, area));
        let lines = [line(0, &data)];
        let plot = Plot { is_clipped, ..Plot::new(&look, axis(&data), &lines) };
        let (dots, scale) = set(&plot, area);
        let spot = column(from, to, dots.columns(), at).unwrap();
        let row = scale.row(points[at as usize].value, dots.rows()).unwrap();
        let near = row.saturating_sub(1)..=row + 1;
        prop_assert!(near.clone().any(|row| dots.is_set(spot, row)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn nothing_is_drawn_outside_the_finite_values(values in proptest::collection::vec(prop_oneof![4 => 0.0..10.0f64, 1 => Just(f64::NAN), 1 => Just(f64::INFINITY), 1 => Just(f64::NEG_INFINITY)], 2..200), count in 1usize..12) {
        let look = look(Charset::Braille);
        let area = Rect::new(0, 0, 60, 12);
        let data = data(&values, columns(&look, area));
        let lines: Vec<Line<'_>> = (0..count).map(|slot| line(slot, &data)).collect();
        let plot = Plot::new(&look, axis(&data), &lines);
        let (dots, scale) = set(&plot, area);
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
    fn each_value_that_is_not_finite_has_its_mark(flaws in proptest::collection::btree_map(0i64..500, 0usize..3, 1..20)) {
        let values = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        let points: Vec<Point> = (0..500).map(|step| point(step, flaws.get(&step).map_or(1.0, |kind| values[*kind]))).collect();
        let look = look(Charset::Braille);
        // A cell for each step.
        let area = Rect::new(0, 0, 508, 10);
        let data = window(&points, 0, 499, columns(&look, area));
        let buffer = picture(&data, &look, area.width, area.height, Kind::Linear);
        let marks: Vec<(i64, &str)> = (8..508).map(|x| (i64::from(x) - 8, buffer[(x, 0)].symbol())).filter(|(_, symbol)| *symbol != " ").collect();
        let want: Vec<(i64, &str)> = flaws.iter().map(|(step, kind)| (*step, ["!", "^", "v"][*kind])).collect();
        prop_assert_eq!(marks, want);
    }

    #[test]
    fn no_size_and_no_value_panics(width in 1u16..200, height in 1u16..60, values in proptest::collection::vec(prop_oneof![any::<f64>(), -1e300..1e300f64, 1e-300..1e-290f64, Just(0.0)], 1..50), kind in kind(), is_clipped in any::<bool>(), count in 1usize..12) {
        for charset in Charset::iter() {
            let look = look(charset);
            let data = data(&values, columns(&look, Rect::new(0, 0, width, height)));
            let lines: Vec<Line<'_>> = (0..count).map(|slot| line(slot, &data)).collect();
            let events = [Tick { place: 0, letter: 'C', role: Role::Dim }];
            let limits = [Limit::Warn(values[0]), Limit::Alert(-1.0)];
            let plot = Plot { kind, is_clipped, events: &events, limits: &limits, crosshair: Some(3), ..Plot::new(&look, axis(&data), &lines) };
            drawn(&plot, width, height);
        }
    }
}

#[test]
fn a_chart_with_a_hole_of_nan_says_so_and_joins_nothing_over_it() {
    let mut values: Vec<f64> = (0..40).map(|i| f64::from(40 - i) / 10.0).collect();
    values[20..24].fill(f64::NAN);
    let look = look(Charset::Ascii);
    let buffer = picture(&data(&values, 32), &look, 40, 10, Kind::Linear);
    insta::assert_snapshot!(text(&buffer));
}

#[test]
fn a_log_chart_has_decades() {
    let values: Vec<f64> = (0..60).map(|i| 10f64.powf(-f64::from(i) / 20.0)).collect();
    let look = look(Charset::Braille);
    let buffer = picture(&data(&values, 64), &look, 40, 10, Kind::Log);
    insta::assert_snapshot!(text(&buffer));
}

#[test]
fn a_log_chart_has_a_strip_for_what_is_not_positive() {
    let mut values: Vec<f64> = (0..40).map(|i| 10f64.powf(-f64::from(i) / 20.0)).collect();
    values[20..32].fill(0.0);
    let braille = look(Charset::Braille);
    let one_each = picture(&data(&values, 64), &braille, 40, 10, Kind::Log);
    insta::assert_snapshot!(text(&one_each));
    let strip = |charset, values: &[f64]| {
        let look = look(charset);
        let buffer = picture(&data(values, 20), &look, 40, 10, Kind::Log);
        let picture = text(&buffer);
        let row = picture.lines().nth(8).unwrap();
        row.chars().take(7).collect::<String>().trim().to_owned()
    };
    values[3] = -1.0;
    assert_eq!(
        strip(Charset::Ascii, &values),
        "<=0×13+",
        "one shares its column"
    );
    assert_eq!(strip(Charset::Braille, &[-1.0; 1_200]), "≤0×1.2k");
    assert_eq!(strip(Charset::Ascii, &[-1.0; 1_200]), "<=0");
}

#[test]
fn a_symlog_chart_shows_both_sides_of_zero() {
    let values: Vec<f64> = (-30..30_i32)
        .map(|i| f64::from(i).signum() * 10f64.powf(f64::from(i.abs()) / 10.0 - 1.0))
        .collect();
    let look = look(Charset::Braille);
    let buffer = picture(&data(&values, 64), &look, 40, 12, Kind::Symlog);
    insta::assert_snapshot!(text(&buffer));
}

#[test]
fn outliers_are_left_out_and_told() {
    let mut values: Vec<f64> = (0..200).map(|i| f64::from(i % 20) / 10.0).collect();
    (values[50], values[120]) = (900.0, -400.0);
    let look = look(Charset::Braille);
    let data = data(&values, columns(&look, Rect::new(0, 0, 48, 10)));
    let lines = [line(0, &data)];
    let plot = Plot {
        is_clipped: true,
        ..Plot::new(&look, axis(&data), &lines)
    };
    assert_eq!(plot.clipped(), 2);
    insta::assert_snapshot!(text(&drawn(&plot, 48, 10)));
    let whole = Plot::new(&look, axis(&data), &lines);
    assert_eq!((whole.clipped(), whole.scale().high), (0, 1_000.0));
}

#[test]
fn a_resume_leaves_a_seam_and_the_newer_branch_on_top() {
    let window = Window {
        from: 0,
        to: 99,
        columns: 64,
        slack: 0.25,
    };
    let points: Vec<(u32, Point)> = (0..60)
        .map(|step| (0, point(step, 2.0)))
        .chain((40..100).map(|step| (1, point(step, 1.0))))
        .collect();
    let data = ChartData {
        from: 0,
        to: 99,
        raw: smoothed(&points, 0.0, &window, Key::Step),
        ..ChartData::default()
    };
    let look = look(Charset::Braille);
    let buffer = picture(&data, &look, 40, 8, Kind::Linear);
    insta::assert_snapshot!(text(&buffer));
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
        .map(|step| (0, point(step, values[step as usize])))
        .collect();
    let window = Window {
        from: 0,
        to: 399,
        columns: dots,
        slack: 0.25,
    };
    data.smooth = smoothed(&points, 0.9, &window, Key::Step);
    let buffer = picture(&data, &look, area.width, area.height, Kind::Linear);
    let bright = look.theme.series(0).fg;
    for x in 8..60 {
        assert!(
            (0..11).any(|y| Some(buffer[(x, y)].fg) == bright),
            "column {x}"
        );
    }
}

#[test]
fn the_hairline_shows_also_where_a_line_fills_its_column() {
    let values: Vec<f64> = (0..4_000).map(|i| f64::from(i % 2)).collect();
    let look = look(Charset::Braille);
    let data = data(&values, columns(&look, Rect::new(0, 0, 60, 12)));
    let lines = [line(0, &data)];
    let plot = Plot {
        crosshair: Some(2_000),
        ..Plot::new(&look, axis(&data), &lines)
    };
    let buffer = drawn(&plot, 60, 12);
    let reversed = |x: u16| (0..11).all(|y| buffer[(x, y)].modifier.contains(Modifier::REVERSED));
    let crossed: Vec<u16> = (8..60).filter(|x| reversed(*x)).collect();
    assert_eq!(crossed, [8 + 52 / 2]);
}

#[test]
fn what_is_not_finite_or_alone_is_told_in_words() {
    let look = look(Charset::Ascii);
    for (values, want) in [
        (vec![f64::NAN; 128], "all 128 values NaN"),
        (vec![f64::NAN], "the only value is NaN"),
        (vec![f64::INFINITY; 3], "all 3 values infinite"),
        (vec![f64::NAN, 0.4127, f64::NAN], "0.4127"),
    ] {
        let data = data(&values, 52);
        let picture = text(&picture(&data, &look, 60, 10, Kind::Linear));
        assert!(picture.contains(want), "{want}:\n{picture}");
    }
    let empty = ChartData::default();
    let lines = [line(0, &empty)];
    let axis = Axis {
        to: 100,
        ..Axis::default()
    };
    let mut plot = Plot::new(&look, axis, &lines);
    assert!(text(&drawn(&plot, 60, 10)).contains("no points here"));
    plot.awaits = Some("first log expected at step 10");
    assert!(text(&drawn(&plot, 60, 10)).contains("no points yet — first log expected at step 10"));
}

/// Series that run apart, each by itself.
fn fan(count: usize, dots: usize) -> Vec<ChartData> {
    (0..count)
        .map(|number| {
            let values: Vec<f64> = (0..200)
                .map(|i| number as f64 + f64::from(i) * 0.02 * number as f64)
                .collect();
            data(&values, dots)
        })
        .collect()
}

#[test]
fn lines_are_told_apart_without_colour() {
    let look = look(Charset::Braille);
    let series = fan(4, columns(&look, Rect::new(0, 0, 60, 16)));
    let lines = lines(&series);
    let plot = Plot::new(&look, axis(&series[0]), &lines);
    insta::assert_snapshot!(text(&drawn(&plot, 60, 16)));
    let (dots, _) = set(&plot, Rect::new(0, 0, 60, 16));
    // The rhythm of a flat line at the bottom, and that no two lines have the same.
    assert!((0..dots.columns()).all(|at| dots.is_set(at, dots.rows() - 1)));
    let rhythms: std::collections::BTreeSet<String> = (0..SLOTS)
        .map(|slot| {
            let flat = data(&[1.0; 104], 104);
            let lines = [line(slot, &flat), line(slot, &flat)];
            let (dots, scale) = set(
                &Plot::new(&look, axis(&flat), &lines),
                Rect::new(0, 0, 60, 8),
            );
            let row = scale.row(1.0, dots.rows()).unwrap();
            (0..dots.columns())
                .map(|at| if dots.is_set(at, row) { '-' } else { ' ' })
                .collect()
        })
        .collect();
    assert_eq!(rhythms.len(), SLOTS);
}

#[test]
fn more_lines_than_can_be_told_apart_are_a_band_with_its_median() {
    let look = look(Charset::Braille);
    let series = fan(13, columns(&look, Rect::new(0, 0, 60, 16)));
    let lines = lines(&series);
    let plot = Plot::new(&look, axis(&series[0]), &lines);
    assert_eq!((plot.named().len(), plot.others().len()), (8, 5));
    insta::assert_snapshot!(text(&drawn(&plot, 60, 16)));
}

#[test]
fn limits_differ_by_their_lines_and_one_out_of_sight_says_where_it_is() {
    let series = |look: &Look| {
        let values: Vec<f64> = (0..200).map(|i| f64::from(i) / 1_000.0).collect();
        data(&values, columns(look, Rect::new(0, 0, 44, 12)))
    };
    let limits = [Limit::Warn(0.1), Limit::Alert(0.2)];
    let far = [Limit::Alert(90.0)];
    for charset in [Charset::Braille, Charset::Ascii] {
        let look = look(charset);
        let data = series(&look);
        let lines = [line(0, &data)];
        let events = [Tick {
            place: 120,
            letter: 'C',
            role: Role::Dim,
        }];
        let plot = Plot {
            limits: &limits,
            events: &events,
            ..Plot::new(&look, axis(&data), &lines)
        };
        insta::assert_snapshot!(format!("limits_{charset}"), text(&drawn(&plot, 44, 12)));
        let plot = Plot {
            limits: &far,
            ..plot
        };
        let picture = text(&drawn(&plot, 44, 12));
        assert!(picture.contains("alert 90.0"), "{picture}");
    }
}

#[test]
fn groups_are_bands_around_their_means() {
    let look = look(Charset::Braille);
    let dots = columns(&look, Rect::new(0, 0, 60, 12));
    let series = fan(6, dots);
    let lines: Vec<Line<'_>> = series.iter().map(|data| line(0, data)).collect();
    let axis = axis(&series[0]);
    let bands: Vec<Band> = [&lines[..3], &lines[3..]]
        .into_iter()
        .enumerate()
        .map(|(slot, lines)| Band {
            slot: Some(slot),
            ..Band::deviation_of("lr", lines, &axis, dots).unwrap()
        })
        .collect();
    let plot = Plot {
        bands: &bands,
        ..Plot::new(&look, axis, &[])
    };
    insta::assert_snapshot!(text(&drawn(&plot, 60, 12)));
}

#[test]
fn along_time_a_long_pause_is_not_joined() {
    let look = look(Charset::Braille);
    let area = Rect::new(0, 0, 60, 8);
    let dots = columns(&look, area);
    let mut columns = vec![Bucket::EMPTY; dots];
    for at in (0..40).chain(80..100) {
        columns[at].add(Point {
            step: at as i64,
            time: at as i64 * 10,
            value: 1.0,
        });
    }
    let to = dots as i64 * 10 - 10;
    let data = ChartData {
        key: Key::Time,
        to,
        raw: vec![Segment { number: 0, columns }],
        ..ChartData::default()
    };
    let gap = |along| {
        let mut line = line(0, &data);
        line.track.key = Key::Time;
        let lines = [line];
        let axis = Axis { along, from: 0, to };
        let (dots, scale) = set(&Plot::new(&look, axis, &lines), area);
        let row = scale.row(1.0, dots.rows()).unwrap();
        (40..80).filter(|at| dots.is_set(*at, row)).count()
    };
    assert_eq!((gap(Along::Wall), gap(Along::Step)), (0, 40));
}

#[test]
fn all_tiers_have_the_same_rows() {
    let values: Vec<f64> = (0..300).map(|i| (f64::from(i) / 30.0).sin()).collect();
    for charset in Charset::iter() {
        let look = look(charset);
        let data = data(&values, columns(&look, Rect::new(0, 0, 40, 10)));
        let picture = text(&picture(&data, &look, 40, 10, Kind::Linear));
        insta::assert_snapshot!(format!("tier_{charset}"), picture);
    }
}

#[test]
fn what_is_not_finite_is_counted_over_all_segments() {
    let look = look(Charset::Braille);
    let dots = columns(&look, Rect::new(0, 0, 60, 12));
    let points: Vec<Point> = (0..30).map(|step| point(step, f64::INFINITY)).collect();
    let mut data = window(&points, 0, 29, dots);
    let first = data.raw[0].clone();
    data.raw.extend((1..3).map(|number| Segment {
        number,
        ..first.clone()
    }));
    let picture = text(&picture(&data, &look, 60, 12, Kind::Linear));
    assert!(picture.contains("all 90 values infinite"), "{picture}");
}
