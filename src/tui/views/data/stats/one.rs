//! One column of a table close up: how its numbers lie, or how common its texts are.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{Row, figure};
use crate::{
    data::profile::{self, Numbers},
    domain::text::{counted, share},
    tui::{
        chart::histogram::Histogram,
        look::{Look, split_across, split_down},
        text,
        theme::Role,
    },
};

/// One column in all the room that is left.
pub fn draw(buffer: &mut Buffer, area: Rect, look: &Look, row: &Row<'_>) {
    let column = row.column;
    let width = usize::from(area.width);
    let (rule, area) = split_down(area, 1);
    let line = look.charset.border().horizontal.repeat(2);
    let lead = format!(
        "{line} {} ",
        look.clip(&column.name, width.saturating_sub(8))
    );
    let rest = look.charset.border().horizontal;
    let rest = rest.repeat(width.saturating_sub(text::width(&lead)));
    look.line(buffer, rule, look.span(lead + &rest, Role::Border).into());
    match &column.numbers {
        Some(numbers) => draw_numbers(buffer, area, look, row, numbers),
        None => look.lines(buffer, area, categories(row, look, area)),
    }
}

fn draw_numbers(buffer: &mut Buffer, area: Rect, look: &Look, row: &Row<'_>, numbers: &Numbers) {
    let kind = row.column.kind;
    let (picture, below) = split_down(area, area.height.saturating_sub(1));
    if let Some(found) = &numbers.histogram {
        let ends = [found.edges.first(), found.edges.last()];
        let ends = match ends {
            [Some(first), Some(last)] => {
                let ends = [*first, *last].map(|end| profile::date(end, kind));
                let [first, last] = ends;
                first.zip(last).map(|(first, last)| [first, last])
            }
            _ => None,
        };
        let picture = split_across(picture, 1).1;
        let bins = u16::try_from(found.counts.len().max(1)).unwrap_or(u16::MAX);
        // Bars are equally wide: what is left over stands at the right of the last end.
        let width = match picture.width / bins {
            0 => picture.width,
            each => each * bins,
        };
        let picture = Rect {
            width,
            height: picture.height.min(10),
            ..picture
        };
        let histogram = Histogram {
            look,
            edges: &found.edges,
            counts: &found.counts,
            nan: numbers.nans,
            infinite: numbers.infinities,
            ends,
        };
        histogram.draw(buffer, picture);
    } else {
        let only = format!(" all are {}", figure(numbers.min, kind));
        look.line(buffer, picture, Line::from(only));
    }
    let mut told = String::new();
    for quantile in &numbers.quantiles {
        let part = 100.0 * quantile.level;
        told += &format!(" p{part:.0} {} ", figure(quantile.value, kind));
    }
    if let Some(deviation) = numbers.deviation {
        told += &format!(" sd {} ", text::value(deviation));
    }
    let width = usize::from(below.width);
    look.line(
        buffer,
        below,
        look.span(look.clip(&told, width), Role::Dim).into(),
    );
}

/// A bar for each of the commonest texts, and how many rows hold another.
fn categories(row: &Row<'_>, look: &Look, area: Rect) -> Vec<Line<'static>> {
    let column = row.column;
    let width = usize::from(area.width);
    let most = column.top.first().map_or(1, |category| category.count);
    let names = column
        .top
        .iter()
        .map(|category| text::width(&category.name));
    let label = names.max().unwrap_or(0).min(24).min(width / 3);
    let room = width.saturating_sub(label + 12);
    let mut lines: Vec<Line<'static>> = column
        .top
        .iter()
        .map(|category| {
            let name = look.cell(&category.name, label);
            let mut spans = vec![Span::raw(format!(" {name} "))];
            spans.extend(look.bar(category.count as f64 / most as f64, room));
            let part = share(category.count, row.rows);
            spans.push(look.span(format!(" {part:>6}"), Role::Dim));
            Line::from(spans)
        })
        .collect();
    let height = usize::from(area.height);
    let has_more = 0 < column.rest || height < lines.len();
    if has_more {
        let shown = lines.len().min(height.saturating_sub(1));
        lines.truncate(shown);
        let named: u64 = column.top[..shown]
            .iter()
            .map(|category| category.count)
            .sum();
        let others = row.rows.saturating_sub(named + column.nulls);
        let text = format!(" {} hold another", counted(others, "row"));
        lines.push(look.span(text, Role::Dim).into());
    }
    if lines.is_empty() {
        let text = match column.is_id {
            true => " another text in every row",
            false => " nothing that can be counted",
        };
        lines.push(look.span(text, Role::Dim).into());
    }
    lines
}
