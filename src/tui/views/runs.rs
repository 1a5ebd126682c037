//! All runs: the list, and beside or below it a preview of the selected one.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Root, View,
    groups::{self, Groups},
    selection::Selection,
    split_across, split_down,
};
use crate::{
    domain::metrics::Direction,
    ops::runs::{MOST, MetricColumn, MetricValue, Sort, SortKey},
    tui::{
        action::Action,
        board::{charts, facts, progress},
        effect::{Answer, Effect},
        event::{Ticket, Tickets},
        list::field::{self, Field},
        look::Pane,
        overlay::{
            Overlay,
            menu::Menu,
            picker::{Pick, Picker},
            prompt::{Prompt, Purpose},
        },
        place::{Place, Settings, Spot},
        scroll,
        shared::{Reaction, Reply, Shared, Target},
        theme::Role,
    },
};

#[derive(Default)]
pub struct Runs {
    selection: Selection,
    preview: Preview,
    /// Where the preview is, its facts have the keys.
    is_preview_focused: bool,
    is_zoomed: bool,
    facts: Scrolled,
    /// The filter before `f` narrowed it.
    before_matter: Option<String>,
    /// The filter that was cleared last.
    cleared: Option<String>,
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

/// How far the facts of the preview are scrolled.
#[derive(Clone, Copy, Debug, Default)]
struct Scrolled {
    top: usize,
    lines: usize,
    height: usize,
}

impl Scrolled {
    fn act(&mut self, action: Action) -> bool {
        let most = self.lines.saturating_sub(self.height.max(1));
        let top = scroll::moved(action, self.top, self.height, most);
        self.top = top.unwrap_or(self.top);
        top.is_some()
    }

    /// What is in sight of so many lines.
    fn show(&mut self, lines: usize, height: usize) -> usize {
        (self.lines, self.height) = (lines, height);
        self.top = self.top.min(lines.saturating_sub(height));
        self.top
    }
}

const MATTERS: &str = "state:queued|running|paused|stalled|orphaned";
/// Columns from which a preview stands beside the list.
const ROOM_BESIDE: u16 = 110;

impl View for Runs {
    fn contexts(&self) -> &'static [&'static str] {
        &["runs", "table", "list"]
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
                    self.selection.list.sort(),
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
            Action::NextPane | Action::PreviousPane if self.selection.board.is_some() => {
                self.is_preview_focused = !self.is_preview_focused;
            }
            Action::Zoom if self.selection.board.is_some() => self.is_zoomed = !self.is_zoomed,
            Action::Escape if self.is_zoomed => self.is_zoomed = false,
            action if self.is_preview_focused && self.facts.act(action) => {}
            Action::Compare => return self.compare(),
            Action::Groups => return groups::pick(Pick::Parameter, None),
            Action::Columns => {
                let chosen = self.selection.list.fields();
                let chosen = chosen.iter().map(Field::to_string).collect();
                let picker = Picker::of_store(Pick::Columns, chosen);
                return Reaction::Overlay(Box::new(Overlay::Picker(picker)));
            }
            action => {
                let reaction = self.selection.list.act(action);
                if !matches!(reaction, Reaction::None) {
                    return reaction;
                }
                return self.change_filter(action);
            }
        }
        Reaction::Done
    }

    fn draw(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let (list, preview) = self.layout(area);
        if preview.is_none() {
            self.selection.board = None;
            (self.is_preview_focused, self.is_zoomed) = (false, false);
        }
        let (list, preview) = match (preview, self.is_zoomed) {
            (Some(_), true) if self.is_preview_focused => (Rect::ZERO, Some(area)),
            (Some(_), true) => (area, None),
            (preview, _) => (list, preview),
        };
        let look = &shared.look;
        if list.is_empty() {
            self.selection.list.want(shared, u64::from(area.height), 0);
        } else {
            let is_focused = !self.is_preview_focused;
            let note = self.selection.list.note(look);
            let inner = if preview.is_some() || look.has_borders {
                let pane = Pane::new("runs").note(note).focused(is_focused);
                look.pane(buffer, list, &pane)
            } else {
                list
            };
            self.selection.list.draw(buffer, inner, shared, is_focused);
        }
        if let Some(area) = preview {
            self.draw_preview(buffer, area, shared);
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

    fn targets(&self) -> Vec<Target> {
        self.selection.list.targets()
    }

    fn name(&self) -> String {
        "runs".to_owned()
    }

    fn place(&self) -> Place {
        Place {
            spot: Spot::Root(Root::Runs),
            settings: self.selection.list.settings(),
        }
    }

    fn reply(&mut self, reply: Reply) -> Reaction {
        match reply {
            Reply::Filter(text) => self.set_filter(&text),
            Reply::Sort(sort) => self.selection.list.set_sort(sort),
            Reply::Picked(Pick::Columns, words) => {
                self.selection.list.choose(field::fields(&words.join(",")));
            }
            Reply::Picked(Pick::Parameter, words) => {
                let by = words.first().map_or("", String::as_str);
                let metric = self.selection.list.metrics().into_iter().next();
                let filter = &self.selection.list.filter.text;
                return Reaction::Open(Place {
                    spot: Spot::Groups,
                    settings: Groups::settings(by, metric.as_deref(), filter),
                });
            }
            Reply::Picked(Pick::Metric, _) => return Reaction::None,
        }
        Reaction::Done
    }

    fn crumb(&self) -> String {
        let list = &self.selection.list;
        let mut crumb = "runs".to_owned();
        if !list.filter.text.is_empty() {
            let counted = list.counted().unwrap_or_default();
            crumb += &format!("  /{}  {counted}", list.filter.text);
        }
        if let Some(marks) = list.told_marks() {
            crumb += &format!("  {marks}");
        }
        if list.filter.error.is_some() {
            crumb += "  filter unfinished";
        }
        if *list.sort() != Sort::default() {
            crumb += &format!("  {}", said(list.sort()));
        }
        crumb
    }

    fn awaits(&self, action: Action) -> bool {
        self.selection.list.awaits(action)
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            Action::NextPane | Action::PreviousPane | Action::Zoom => {
                self.selection.board.is_some()
            }
            _ => true,
        }
    }

    fn label(&self, action: Action) -> Option<&'static str> {
        match action {
            Action::Down if self.is_preview_focused => Some("scroll down"),
            Action::Up if self.is_preview_focused => Some("scroll up"),
            Action::Matter => Some("only what matters: what waits or works"),
            _ => None,
        }
    }

    fn hints(&self) -> &'static [Action] {
        &[
            Action::Open,
            Action::Filter,
            Action::Sort,
            Action::Stop,
            Action::Resume,
            Action::Train,
            Action::Matter,
            Action::Preview,
            Action::Tag,
        ]
    }

    fn remark(&mut self) -> Option<String> {
        self.selection.remark()
    }
}

impl Runs {
    pub fn at(settings: &Settings) -> Self {
        let mut runs = Self::default();
        runs.selection.list.restore(settings);
        runs
    }

    /// The runs that are marked beside each other; of a single one and the run under the cursor, both.
    fn compare(&self) -> Reaction {
        let mut ids = self.selection.list.marked();
        if let ([only], Some(here)) = (&ids[..], self.selection.target())
            && *only != here.id
        {
            ids.push(here.id);
        }
        match ids.len() {
            0 | 1 => Reaction::Refuse("Space marks the runs to compare: 2 at least".into()),
            2..=MOST => Reaction::Open(Place::of(Spot::Compare(ids))),
            count => Reaction::Refuse(format!(
                "{count} are marked: {MOST} at most stand beside each other"
            )),
        }
    }

    /// Escape clears the filter, undo puts it back.
    fn change_filter(&mut self, action: Action) -> Reaction {
        match action {
            Action::Escape if !self.selection.list.filter.text.is_empty() => {
                self.before_matter = None;
                self.cleared = Some(self.selection.list.filter.text.clone());
                self.set_filter("");
            }
            Action::Undo if let Some(text) = self.cleared.take() => self.set_filter(&text),
            _ => return Reaction::None,
        }
        Reaction::Done
    }

    fn set_filter(&mut self, text: &str) {
        self.selection.list.set_filter(text);
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
        let is_focused = self.is_preview_focused;
        let Some((board, run)) = self.selection.show() else {
            let pane = Pane::new("preview").focused(is_focused);
            shared.look.pane(buffer, area, &pane);
            return;
        };
        let (facts_area, chart_area) = match area.height {
            0..=15 => split_down(area, 0),
            height => split_down(area, height / 2),
        };
        let title = shared.look.clip(&run.name, 40);
        if !facts_area.is_empty() {
            let pane = Pane::new(title).focused(is_focused);
            let inner = shared.look.pane(buffer, facts_area, &pane);
            let width = usize::from(inner.width);
            let mut lines = vec![progress::headline(board, shared, width.saturating_sub(1))];
            lines[0].spans.insert(0, " ".into());
            if let Some(detail) = &board.detail.value {
                lines.extend(facts::lines(detail, shared, width));
            }
            let top = self.facts.show(lines.len(), usize::from(inner.height));
            let look = &shared.look;
            look.lines(buffer, inner, lines.into_iter().skip(top));
        }
        match board.groups().first() {
            Some(group) => {
                charts::draw_one(board, group, buffer, chart_area, shared, (false, None));
            }
            None => {
                let inner = shared.look.pane(buffer, chart_area, &Pane::new("charts"));
                let text = match board.run() {
                    Some(run) if run.state.has_ended() => " no points: this run wrote no metric",
                    _ => " no points yet",
                };
                let look = &shared.look;
                look.line(buffer, inner, look.span(text, Role::Dim).into());
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

/// An order in words.
fn said(sort: &Sort) -> String {
    match (&sort.key, sort.descending) {
        (SortKey::Created, true) => "newest first".to_owned(),
        (SortKey::Created, false) => "oldest first".to_owned(),
        (SortKey::Name, _) => "by name".to_owned(),
        (SortKey::State, _) => "by state".to_owned(),
        (SortKey::Step, _) => "most steps first".to_owned(),
        (SortKey::Dur, _) => "longest first".to_owned(),
        (SortKey::Metric(column), _) => format!("best {} first", column.metric),
    }
}
