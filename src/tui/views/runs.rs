//! All runs: the list, and beside or below it a preview of the selected one.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{View, selection::Selection, split_across, split_down};
use crate::{
    domain::metrics::Direction,
    ops::runs::{MetricColumn, MetricValue, Sort, SortKey},
    tui::{
        action::Action,
        board::{charts, facts, progress},
        effect::{Answer, Effect},
        event::{Ticket, Tickets},
        look::Pane,
        overlay::{
            Overlay,
            menu::Menu,
            prompt::{Prompt, Purpose},
        },
        shared::{Reaction, Shared, Target},
        theme::Role,
    },
};

#[derive(Default)]
pub struct Runs {
    selection: Selection,
    preview: Preview,
    /// The filter before `f` narrowed it.
    before_matter: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Preview {
    /// Where there is room beside the list.
    #[default]
    Auto,
    Off,
    /// Below the list on a narrow screen.
    On,
}

const MATTERS: &str = "state:queued|running|paused|stalled|orphaned";
/// Columns from which a preview stands beside the list.
const ROOM_BESIDE: u16 = 110;

impl View for Runs {
    fn contexts(&self) -> &'static [&'static str] {
        &["runs", "list"]
    }

    fn act(&mut self, action: Action, _: &Shared) -> Reaction {
        match action {
            Action::Filter => {
                let prompt = Prompt::new(Purpose::Filter, &self.selection.list.filter.text);
                return Reaction::Overlay(Box::new(Overlay::Prompt(prompt)));
            }
            Action::Sort => {
                return Reaction::Overlay(Box::new(Overlay::Menu(Menu::sort(
                    self.sorts(),
                    &self.selection.list.sort,
                ))));
            }
            Action::Matter => {
                let text = match self.before_matter.take() {
                    Some(text) => text,
                    None => {
                        self.before_matter = Some(self.selection.list.filter.text.clone());
                        MATTERS.to_owned()
                    }
                };
                self.set_filter(&text);
            }
            Action::Preview => {
                self.preview = match self.preview {
                    Preview::Auto if self.selection.board.is_none() => Preview::On,
                    Preview::Auto | Preview::On => Preview::Off,
                    Preview::Off => Preview::On,
                };
            }
            Action::Escape if !self.selection.list.filter.text.is_empty() => {
                self.before_matter = None;
                self.set_filter("");
            }
            action => return self.selection.list.act(action),
        }
        Reaction::Done
    }

    fn draw(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let (list, preview) = self.layout(area);
        let look = &shared.look;
        let note = self.selection.list.note(look);
        let inner = if preview.is_some() || look.has_borders {
            look.pane(buffer, list, &Pane::new("runs").note(note).focused(true))
        } else {
            list
        };
        self.selection.list.draw(buffer, inner, shared, true);
        match preview {
            Some(area) => self.draw_preview(buffer, area, shared),
            None => self.selection.board = None,
        }
    }

    fn ask(&mut self, tickets: &mut Tickets) -> Vec<Effect> {
        self.selection.ask(tickets)
    }

    fn expire(&mut self) {
        self.selection.expire();
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        self.selection.loaded(ticket, answer)
    }

    fn target(&self) -> Option<Target> {
        self.selection.target()
    }

    fn crumb(&self) -> String {
        match self.selection.list.filter.text.as_str() {
            "" => "runs".to_owned(),
            text => format!("runs  /{text}"),
        }
    }

    fn hints(&self) -> &'static [Action] {
        &[
            Action::Open,
            Action::Filter,
            Action::Sort,
            Action::Matter,
            Action::Preview,
            Action::Train,
            Action::Stop,
            Action::Tag,
        ]
    }

    fn remark(&mut self) -> Option<String> {
        let name = self.selection.list.gone.take()?;
        Some(format!("{name} is not in this list any more"))
    }
}

impl Runs {
    pub fn set_filter(&mut self, text: &str) {
        self.selection.list.filter.set(text);
    }

    pub fn set_sort(&mut self, sort: Sort) {
        self.selection.list.sort = sort;
    }

    fn layout(&self, area: Rect) -> (Rect, Option<Rect>) {
        let beside = ROOM_BESIDE <= area.width;
        match self.preview {
            Preview::Off => (area, None),
            Preview::Auto if !beside => (area, None),
            _ if beside => {
                let (list, preview) = split_across(area, area.width * 3 / 5);
                (list, Some(preview))
            }
            _ if area.height < 10 => (area, None),
            _ => {
                let (list, preview) = split_down(area, area.height * 3 / 5);
                (list, Some(preview))
            }
        }
    }

    fn draw_preview(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let Some((board, run)) = self.selection.show() else {
            shared.look.pane(buffer, area, &Pane::new("preview"));
            return;
        };
        let (facts_area, chart_area) = match area.height {
            0..=15 => split_down(area, 0),
            height => split_down(area, height / 2),
        };
        let title = shared.look.clip(&run.name, 40);
        if !facts_area.is_empty() {
            let inner = shared.look.pane(buffer, facts_area, &Pane::new(title));
            let width = usize::from(inner.width);
            let mut lines = vec![progress::headline(board, shared, width.saturating_sub(1))];
            lines[0].spans.insert(0, " ".into());
            if let Some(detail) = &board.detail.value {
                lines.extend(facts::lines(detail, shared, width));
            }
            shared.look.lines(buffer, inner, lines);
        }
        match board.groups().first() {
            Some(group) => {
                charts::draw_one(board, group, buffer, chart_area, shared, (false, None));
            }
            None => {
                let inner = shared.look.pane(buffer, chart_area, &Pane::new("charts"));
                shared.look.line(
                    buffer,
                    inner,
                    shared.look.span(" no points yet", Role::Dim).into(),
                );
            }
        }
    }

    /// The orders that make sense for what is in the list.
    fn sorts(&self) -> Vec<(String, Sort)> {
        let sort = |key: SortKey, descending: bool| Sort { key, descending };
        let mut sorts = vec![
            ("newest".to_owned(), sort(SortKey::Created, true)),
            ("oldest".to_owned(), sort(SortKey::Created, false)),
            ("name".to_owned(), sort(SortKey::Name, false)),
            ("state".to_owned(), sort(SortKey::State, false)),
            ("most steps".to_owned(), sort(SortKey::Step, true)),
        ];
        for metric in self.selection.list.metrics() {
            let (word, value, descending) = match Direction::of(&metric) {
                Some(way) => ("best", MetricValue::Best, way == Direction::Higher),
                None => ("highest", MetricValue::Last, true),
            };
            let title = format!("{word} {metric}");
            let key = SortKey::Metric(MetricColumn { metric, value });
            sorts.push((title, sort(key, descending)));
        }
        sorts
    }
}
