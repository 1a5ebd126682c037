//! A chart in its frame: what it shows in the title, the plot, what stands under the crosshair at the foot.

use ratatui::{buffer::Buffer, layout::Rect, text::Span};

use super::{
    legend,
    plot::{self, Plot},
    readout::{readout, width},
};
use crate::tui::{
    look::{Look, Pane, fit},
    theme::Role,
};

/// A chart with its frame. Its lines may be of one run or of several.
pub struct Framed<'a> {
    /// What its lines have in common: a metric.
    pub name: &'a str,
    pub plot: Plot<'a>,
    /// The weight of the smoothing; 0 for none.
    pub weight: f64,
    /// More that is worth saying of it, each a word or two.
    pub notes: Vec<String>,
    /// Where it stands among others: `[1/2]`.
    pub place: Option<String>,
    /// The place that is read out.
    pub at: Option<i64>,
    /// What is read out there, where that is not plain.
    pub read: &'static str,
    pub is_focused: bool,
}

/// Where panes have no lower border, a chart of this height has a line for what stands under the crosshair.
const ROOM_FOR_FOOT: u16 = 7;

/// Dot columns of a chart in a frame of this size, with so many lines.
pub fn dots(look: &Look, area: Rect, lines: usize) -> usize {
    let inner = inside(look, area);
    let beside = legend::width(inner, lines);
    plot::columns(
        look,
        Rect {
            width: inner.width - beside,
            ..inner
        },
    )
}

/// As wide as what is inside of a frame.
fn inside(look: &Look, area: Rect) -> Rect {
    let borders = if look.has_borders { 2 } else { 0 };
    Rect {
        width: area.width.saturating_sub(borders),
        ..area
    }
}

impl Framed<'_> {
    pub fn draw(&self, buffer: &mut Buffer, area: Rect) {
        let Some(inner) = self.frame(buffer, area) else {
            return;
        };
        let beside = legend::width(inner, self.plot.lines.len());
        let body = Rect {
            width: inner.width - beside,
            ..inner
        };
        self.plot.draw(buffer, body);
        if 0 < beside {
            let column = Rect {
                x: body.right(),
                width: beside,
                ..inner
            };
            legend::in_column(&self.plot, buffer, column);
        }
    }

    /// The frame alone; what is inside of it, unless that is nothing.
    pub fn frame(&self, buffer: &mut Buffer, area: Rect) -> Option<Rect> {
        let look = self.plot.look;
        let room = usize::from(area.width).saturating_sub(4);
        let beside = legend::width(inside(look, area), self.plot.lines.len());
        let (title, note) = self.title(room, beside);
        let foot = self.at.map_or(vec![], |at| {
            let named = self.plot.named();
            let room = room.saturating_sub(usize::from(look.has_borders) * 2 + self.read.len());
            let mut foot = readout(look, &self.plot.axis, named, at, room);
            if !self.read.is_empty() && !foot.is_empty() {
                foot.insert(0, look.span(self.read, Role::Dim));
            }
            foot
        });
        let pane = Pane {
            title,
            note,
            foot,
            is_focused: self.is_focused,
        };
        let mut inner = look.pane(buffer, area, &pane);
        if !look.has_borders && ROOM_FOR_FOOT <= inner.height {
            inner.height -= 1;
            let row = Rect {
                y: inner.bottom(),
                height: 1,
                ..inner
            };
            let mut foot = pane.foot;
            foot.insert(0, Span::raw(" "));
            let ellipsis = look.charset.ellipsis();
            look.line(buffer, row, fit(foot, usize::from(row.width), ellipsis));
        }
        (!inner.is_empty()).then_some(inner)
    }

    /// The names, and behind them how they are drawn: that stays when names are cut, in fewer words where room is scarce.
    /// The note at the right gives way first.
    fn title(&self, room: usize, beside: u16) -> (Vec<Span<'static>>, Vec<Span<'static>>) {
        let look = self.plot.look;
        let mut notes = self.notes.clone();
        notes.extend(self.place.clone());
        let note = look.span(notes.join("  "), Role::Dim);
        let names = |is_short| match beside {
            0 => legend::in_title(&self.plot, self.name, is_short),
            _ => vec![Span::raw(crate::domain::text::shown(self.name))],
        };
        let kept = self.place.as_ref().map_or(0, |place| place.len() + 3);
        let forms = [(false, false), (true, false), (true, true)];
        let fitting = forms.into_iter().find_map(|(is_short, is_brief)| {
            let settings = self.settings(is_brief);
            let names = names(is_short);
            let used = width(&names) + settings.len() + kept;
            (used <= room).then_some((names, settings))
        });
        let (mut title, settings) = fitting.unwrap_or_else(|| {
            let settings = self.settings(true);
            let left = room.saturating_sub(settings.len());
            (
                fit(names(true), left, look.charset.ellipsis()).spans,
                settings,
            )
        });
        title.push(look.span(settings, Role::Dim));
        (title, vec![note])
    }

    /// How it is drawn: `  ema .90  x:step  y:lin`, or `  .90 step lin`.
    fn settings(&self, is_brief: bool) -> String {
        let plot = &self.plot;
        let ema = (0.0 < self.weight).then(|| {
            let weight = format!("{}", self.weight);
            format!("{:0<3}", weight.trim_start_matches('0'))
        });
        let clipped = plot.is_clipped.then(|| format!("clip {}", plot.clipped()));
        let (along, kind) = (plot.axis.along, plot.kind);
        let words = match is_brief {
            false => [
                ema.map(|weight| format!("ema {weight}")),
                Some(format!("x:{along}")),
                Some(format!("y:{kind}")),
                clipped,
            ],
            true => [
                ema,
                Some(along.to_string()),
                Some(kind.to_string()),
                clipped,
            ],
        };
        let words: Vec<String> = words.into_iter().flatten().collect();
        let gap = if is_brief { " " } else { "  " };
        format!("  {}", words.join(gap))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::chart::{
        ChartData,
        axis::{Axis, Track},
        plot::Line,
        ticks::Kind,
    };

    #[test]
    fn a_title_says_how_its_lines_are_drawn_however_narrow() {
        let (look, data) = (Look::default(), ChartData::default());
        let line = |label, slot, badge| Line {
            label,
            slot,
            badge,
            track: Track::default(),
            data: &data,
        };
        let lines = [
            line("train/loss", 0, None),
            line("val/loss", 1, Some("NaN×4")),
        ];
        let titled = |room, place: Option<&str>, kind| -> String {
            let framed = Framed {
                name: "loss",
                plot: Plot {
                    kind,
                    ..Plot::new(&look, Axis::default(), &lines)
                },
                weight: 0.9,
                notes: vec![],
                place: place.map(str::to_owned),
                at: None,
                read: "",
                is_focused: false,
            };
            let (spans, _) = framed.title(room, 0);
            spans.iter().map(|span| span.content.as_ref()).collect()
        };
        let cases = [
            (
                60,
                None,
                "a train/loss  b val/loss NaN×4  ema .90  x:step  y:lin",
            ),
            (
                50,
                None,
                "loss  a train  b val NaN×4  ema .90  x:step  y:lin",
            ),
            (
                46,
                Some("[1/2]"),
                "loss  a train  b val NaN×4  .90 step lin",
            ),
            (30, None, "loss  a train  …  .90 step lin"),
        ];
        for (room, place, want) in cases {
            assert_eq!(titled(room, place, Kind::Linear), want);
        }
        assert!(titled(60, None, Kind::Symlog).ends_with("x:step  y:symlog"));
    }
}
