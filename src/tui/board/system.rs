//! What a run takes of its machine: each figure with a bar where it is a share, and its course. What is not measured is
//! not shown.

use ratatui::text::{Line, Span};
use serde_json::Value;

use super::{Board, trends::Trends};
use crate::{
    domain::metrics::Summary,
    tui::{
        look::{Look, fit},
        shared::Shared,
        text,
        theme::Role,
    },
};

#[derive(Debug, Default)]
pub struct System {
    /// The courses of its figures.
    pub trends: Trends,
}

/// A figure: its name, the metric whose course it has, the share of a whole, in words.
struct Figure {
    name: String,
    metric: String,
    share: Option<f64>,
    text: String,
    /// Further figures, where there is room, or, of one that is weighty, below it.
    more: String,
    is_weighty: bool,
}

/// Columns of a name and of a course; more figures than this are on no machine's page.
const NAME: usize = 8;
const COURSE: usize = 16;
const LEAST_COURSE: usize = 6;
const MOST: usize = 12;

impl System {
    /// A line for each figure of a run at work.
    pub fn lines(&mut self, board: &Board, shared: &Shared, columns: usize) -> Vec<Line<'static>> {
        let look = &shared.look;
        let figures = figures(board);
        self.want(board, &figures);
        let bar = (columns / 5).clamp(4, 12);
        let words = figures
            .iter()
            .map(|figure| figure.text.len())
            .max()
            .unwrap_or(0);
        let room = columns.saturating_sub(NAME + bar + words + 3);
        let mut lines = vec![];
        for figure in &figures {
            let mut spans = vec![look.span(format!(" {:<NAME$}", figure.name), Role::Dim)];
            spans.extend(match figure.share {
                Some(share) => look.bar(share, bar),
                None => vec![Span::raw(" ".repeat(bar))],
            });
            spans.push(Span::raw(format!(" {:<words$}", figure.text)));
            let fits = text::width(&figure.more) + LEAST_COURSE + 2 <= room;
            let beside = if fits { figure.more.as_str() } else { "" };
            spans.extend(self.beside(figure, beside, look, room));
            lines.push(fit(spans, columns, look.charset.ellipsis()));
            // What a GPU tells besides is worth a line of its own.
            if !fits && figure.is_weighty {
                let indent = " ".repeat(NAME + 1);
                let line = vec![Span::raw(indent + &figure.more)];
                lines.push(fit(line, columns, look.charset.ellipsis()));
            }
        }
        lines
    }

    /// Words, and at the right of them the course of a figure.
    fn beside(&self, figure: &Figure, words: &str, look: &Look, room: usize) -> [Span<'static>; 3] {
        let columns = room.saturating_sub(text::width(words) + 2).min(COURSE);
        let course = self.course(&figure.metric, look, columns);
        let taken = text::width(words) + text::width(&course) + 1;
        let gap = " ".repeat(room.saturating_sub(taken));
        [
            Span::raw(format!(" {words}")),
            Span::raw(gap),
            look.span(course, Role::Dim),
        ]
    }

    /// All figures in one line; nothing of a run that is not at work.
    pub fn line(
        &mut self,
        board: &Board,
        shared: &Shared,
        columns: usize,
    ) -> Option<Line<'static>> {
        let look = &shared.look;
        let figures = figures(board);
        let written = |has_bars: bool| {
            let mut spans = vec![];
            for figure in &figures {
                let gap = if spans.is_empty() { " " } else { "   " };
                spans.push(look.span(format!("{gap}{} ", figure.name), Role::Dim));
                if let Some(share) = figure.share.filter(|_| has_bars) {
                    spans.extend(look.bar(share, 5));
                    spans.push(Span::raw(" "));
                }
                let more = if figure.more.is_empty() { "" } else { " " };
                spans.push(Span::raw(format!("{}{more}{}", figure.text, figure.more)));
            }
            spans
        };
        // Of several GPUs the figures are worth more than their bars.
        let whole = written(true);
        let fits = whole.iter().map(Span::width).sum::<usize>() <= columns;
        let spans = if fits { whole } else { written(false) };
        (!spans.is_empty()).then(|| fit(spans, columns, look.charset.ellipsis()))
    }

    fn want(&mut self, board: &Board, figures: &[Figure]) {
        if figures.is_empty() {
            return;
        }
        let metrics = board.detail.value.iter().flat_map(|detail| &detail.metrics);
        let is_shown =
            |summary: &&Summary| figures.iter().any(|figure| figure.metric == summary.metric);
        self.trends.want(board.id, metrics.filter(is_shown), COURSE);
    }

    fn course(&self, metric: &str, look: &Look, columns: usize) -> String {
        let values = self.trends.of(metric);
        look.sparkline(&values[values.len().saturating_sub(columns)..])
    }
}

/// The figures of a run at work: its GPUs, its share of the processors, its memory and that of all.
fn figures(board: &Board) -> Vec<Figure> {
    let Some(detail) = board
        .detail
        .value
        .as_ref()
        .filter(|detail| detail.run.state.is_live())
    else {
        return vec![];
    };
    let of = |name: &str| {
        let metric = format!("system/{name}");
        let found = detail
            .metrics
            .iter()
            .find(|summary| summary.metric == metric);
        found.filter(|summary| summary.last.is_finite())
    };
    let captured = |name: &str| detail.captured.get(name).and_then(Value::as_f64);
    let mut figures = gpus(&detail.metrics);
    if let Some(cpu) = of("cpu") {
        let cores = captured("cpus").filter(|cores| 1.0 <= *cores);
        figures.push(Figure {
            name: "cpu".to_owned(),
            metric: cpu.metric.clone(),
            share: cores.map(|cores| cpu.last / 100.0 / cores),
            text: match cores {
                Some(cores) => format!("{:.0}%", cpu.last / cores),
                None => format!("{:.0}%", cpu.last),
            },
            more: cores.map_or(String::new(), |cores| format!("of {cores:.0} cores")),
            is_weighty: false,
        });
    }
    // What a machine has is told in MiB.
    let whole = captured("memory").map(|mebibytes| mebibytes * 1_048_576.0);
    for (name, metric) in [("memory", "memory"), ("machine", "machine_memory")] {
        let Some(memory) = of(metric) else { continue };
        figures.push(Figure {
            name: name.to_owned(),
            metric: memory.metric.clone(),
            share: whole
                .filter(|whole| 0.0 < *whole)
                .map(|whole| memory.last / whole),
            text: text::bytes(memory.last),
            more: whole.map_or(String::new(), |whole| format!("of {}", text::bytes(whole))),
            is_weighty: false,
        });
    }
    figures.truncate(MOST);
    figures
}

/// A figure for each GPU that was measured: how busy it is, and its memory, heat and power.
fn gpus(metrics: &[Summary]) -> Vec<Figure> {
    let part = |summary: &'_ Summary| {
        let (gpu, part) = summary.metric.strip_prefix("system/gpu")?.split_once('/')?;
        Some((gpu.parse::<u32>().ok()?, part.to_owned(), summary.last))
    };
    let mut parts: Vec<(u32, String, f64)> = metrics.iter().filter_map(part).collect();
    parts.retain(|(.., value)| value.is_finite());
    parts.sort_by_key(|(gpu, ..)| *gpu);
    parts
        .chunk_by(|(a, ..), (b, ..)| a == b)
        .map(|parts| {
            let gpu = parts[0].0;
            let of = |name: &str| {
                parts
                    .iter()
                    .find(|(_, part, _)| part == name)
                    .map(|part| part.2)
            };
            let more = [
                of("memory").map(text::bytes),
                of("temperature").map(|degrees| format!("{degrees:.0}°C")),
                of("power").map(|watts| format!("{watts:.0}W")),
            ];
            let more: Vec<String> = more.into_iter().flatten().collect();
            Figure {
                name: format!("gpu{gpu}"),
                metric: format!("system/gpu{gpu}/util"),
                share: of("util").map(|percent| percent / 100.0),
                text: of("util").map_or(String::new(), |percent| format!("{percent:.0}%")),
                more: more.join("  "),
                is_weighty: true,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tui::fixture;

    fn board(metrics: &[(&str, f64)]) -> Board {
        let mut detail = fixture::detail(fixture::running(1, "calm-heron-2"));
        detail.captured = json!({"cpus": 4, "memory": 8_192});
        detail.metrics = metrics
            .iter()
            .map(|(metric, last)| Summary {
                last: *last,
                ..fixture::summary(metric)
            })
            .collect();
        let mut board = Board::of(detail.run.id);
        board.know(Ok(Box::new(detail)));
        board
    }

    fn texts(metrics: &[(&str, f64)]) -> Vec<String> {
        let lines = System::default().lines(&board(metrics), &fixture::shared(), 60);
        lines
            .iter()
            .map(|line| line.to_string().trim_end().to_owned())
            .collect()
    }

    #[test]
    fn only_what_was_measured_is_shown() {
        assert!(texts(&[("train/loss", 1.0), ("system/rows_per_second", 9.0)]).is_empty());
        assert_eq!(
            texts(&[("system/cpu", 180.0), ("system/memory", 2_147_483_648.0)]),
            [
                " cpu     ━━━━━─────── 45%  of 4 cores",
                " memory  ━━━───────── 2.0G of 8.0G",
            ]
        );
    }

    #[test]
    fn a_gpu_has_one_line_with_what_it_told() {
        let told = [
            ("system/gpu0/memory", 1_073_741_824.0),
            ("system/gpu0/power", 120.5),
            ("system/gpu0/temperature", 55.0),
            ("system/gpu0/util", 37.0),
            ("system/gpu1/memory", f64::NAN),
            ("system/gpu10/util", 100.0),
            ("system/gpu2/util", 0.0),
        ];
        assert_eq!(
            texts(&told),
            [
                " gpu0    ━━━━──────── 37%  1.0G  55°C  120W",
                " gpu2    ──────────── 0%",
                " gpu10   ━━━━━━━━━━━━ 100%",
            ]
        );
    }

    #[test]
    fn a_narrow_screen_has_them_in_one_line_and_an_ended_run_none() {
        let mut board = board(&[("system/cpu", 180.0)]);
        let line = System::default().line(&board, &fixture::shared(), 60);
        assert_eq!(line.unwrap().to_string(), " cpu ━━─── 45% of 4 cores");
        let mut detail = board.detail.value.clone().unwrap();
        detail.run.state = fixture::run(1, "x").state;
        board.know(Ok(detail));
        assert!(
            System::default()
                .line(&board, &fixture::shared(), 60)
                .is_none()
        );
    }
}
