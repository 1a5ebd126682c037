//! All runs: the list, beside or below it a preview of the selected one, and where there is much room, the experiments.

mod tree;

use std::collections::BTreeSet;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use self::tree::Tree;
use super::{
    Root, View,
    groups::{self, Groups},
    selection::Selection,
};
use crate::{
    domain::{ids::RunId, metrics::Direction, time::Timestamp},
    ops::runs::{MetricColumn, MetricValue, Sort, SortKey},
    tui::{
        action::Action,
        board::{charts, facts, progress},
        effect::{Answer, Effect},
        event::{Ticket, Tickets},
        list::{
            RunList,
            field::{self, Field},
        },
        look::{Pane, indented, split_across, split_down},
        overlay::{
            Overlay,
            menu::Menu,
            picker::{Pick, Picker},
            prompt::{Prompt, Purpose},
            recall,
        },
        panes::beside,
        place::{Place, Settings, Spot},
        rows::Rows,
        scroll,
        shared::{Reaction, Reply, Shared, Target},
        theme::Role,
    },
};

#[derive(Default)]
pub struct Runs {
    selection: Selection,
    preview: Preview,
    tree: Tree,
    focus: Part,
    /// The parts of the last frame, in reading order.
    shown: Vec<Part>,
    /// Where those that were drawn stood.
    places: Vec<(Part, Rect)>,
    is_zoomed: bool,
    /// The facts of the preview.
    facts: Rows,
    /// The filter before `f` narrowed it.
    before_matter: Option<String>,
    /// The filter that was cleared last, and when.
    cleared: Option<(Timestamp, String)>,
    /// Filters that were in force, the newest last.
    history: Vec<String>,
}

/// What the keys act on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    Tree,
    #[default]
    List,
    /// Its facts scroll.
    Preview,
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
/// Columns from which the experiments stand before it, and how many they take.
const ROOM_FOR_TREE: u16 = 160;
const TREE: u16 = 28;
/// Rows from which a preview has two charts.
const TALL: u16 = 40;

impl View for Runs {
    fn contexts(&self) -> &'static [&'static str] {
        &["runs", "table", "list"]
    }

    fn act(&mut self, action: Action, shared: &Shared) -> Reaction {
        if let Some(reaction) = beside::step(&self.places, &mut self.focus, action) {
            return reaction;
        }
        match action {
            Action::Filter => {
                self.remember();
                let prompt = Prompt::new(Purpose::Filter, &self.selection.list.filter.text);
                let prompt = prompt.recalling(self.history.clone());
                return Reaction::Overlay(Box::new(Overlay::Prompt(prompt)));
            }
            Action::Sort => {
                let sorts = self.sorts(shared);
                let losses = self.losses(&sorts);
                let menu = Menu::sort(sorts, losses, self.selection.list.sort());
                return Reaction::Overlay(Box::new(Overlay::Menu(menu)));
            }
            Action::Matter => {
                let text = match self.before_matter.take() {
                    Some(text) => text,
                    None => {
                        self.before_matter = Some(self.selection.list.filter.text.clone());
                        MATTERS.to_owned()
                    }
                };
                self.selection.list.set_filter(&text);
            }
            Action::Preview => {
                self.preview = match self.preview {
                    Preview::Auto if self.selection.board.is_none() => Preview::On,
                    Preview::Auto | Preview::On => Preview::Off,
                    Preview::Off => Preview::On,
                };
            }
            Action::NextPane if 1 < self.shown.len() => self.turn(1),
            Action::PreviousPane if 1 < self.shown.len() => self.turn(self.shown.len() - 1),
            Action::Zoom if self.is_zoomed || 1 < self.shown.len() => {
                self.is_zoomed = !self.is_zoomed;
            }
            Action::Escape if self.is_zoomed => self.is_zoomed = false,
            Action::Open | Action::Mark if self.focus == Part::Tree => {
                let text = self.selection.list.filter.text.clone();
                let text = self.tree.narrowed(&text);
                self.selection.list.set_filter(&text);
            }
            action if self.focus == Part::Tree && is_move(action) => return self.tree.act(action),
            action if self.focus == Part::Preview && self.facts.act(action) => {}
            Action::Compare => return self.selection.compare(),
            Action::Groups => return groups::pick(Pick::Parameter, None),
            Action::Columns => {
                let chosen = self.selection.list.fields(shared);
                let chosen = chosen.iter().map(Field::to_string).collect();
                let picker = Picker::of_store(Pick::Columns, chosen);
                return Reaction::Overlay(Box::new(Overlay::Picker(picker)));
            }
            action => {
                let reaction = self.selection.list.act(action);
                if !matches!(reaction, Reaction::None) {
                    return reaction;
                }
                return self.change_filter(action, shared.now);
            }
        }
        Reaction::Done
    }

    fn draw(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let mut places = self.layout(area);
        self.shown = places.iter().map(|(part, _)| *part).collect();
        if !self.shown.contains(&self.focus) {
            self.focus = Part::List;
        }
        if !self.shown.contains(&Part::Preview) {
            self.selection.board = None;
        }
        if self.shown.len() < 2 {
            self.is_zoomed = false;
        }
        if self.is_zoomed {
            places = vec![(self.focus, area)];
        }
        if !places.iter().any(|(part, _)| *part == Part::List) {
            self.selection.list.want(shared, u64::from(area.height), 0);
        }
        self.places.clone_from(&places);
        for (part, area) in places {
            let is_focused = part == self.focus;
            match part {
                Part::Tree => self.tree.draw(buffer, area, shared, is_focused),
                Part::List => self.draw_list(buffer, area, shared),
                Part::Preview => self.draw_preview(buffer, area, shared),
            }
        }
    }

    fn ask(&mut self, tickets: &mut Tickets) -> Vec<Effect> {
        let mut effects = self.selection.ask(tickets);
        effects.extend(self.tree.ask(tickets));
        effects
    }

    fn expire(&mut self) {
        self.selection.expire();
        self.tree.expire();
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        let answer = self.selection.loaded(ticket, answer)?;
        self.tree.loaded(ticket, answer)
    }

    fn target(&self) -> Option<Target> {
        self.selection.target()
    }

    fn targets(&self) -> Vec<Target> {
        self.selection.list.targets()
    }

    fn forget(&mut self, runs: &[RunId]) {
        self.selection.list.forget(runs);
    }

    fn list(&self) -> Option<&RunList> {
        Some(&self.selection.list)
    }

    fn handles(&self) -> Vec<Position> {
        self.selection.list.handles()
    }

    fn point(&mut self, at: Position) {
        self.selection.list.point(at);
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
            Reply::Filter(text) => self.selection.list.set_filter(&text),
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
            Reply::Picked(Pick::Metric, _) | Reply::Search { .. } => return Reaction::None,
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

    fn undoable(&self) -> Option<Timestamp> {
        let (at, _) = self.cleared.as_ref()?;
        self.selection.list.told_marks().is_none().then_some(*at)
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            Action::NextPane | Action::PreviousPane | Action::Zoom => 1 < self.shown.len(),
            Action::FocusLeft | Action::FocusDown | Action::FocusUp | Action::FocusRight => {
                1 < self.places.len()
            }
            _ => true,
        }
    }

    fn label(&self, action: Action) -> Option<&'static str> {
        match action {
            Action::Down if self.focus == Part::Preview => Some("scroll down"),
            Action::Up if self.focus == Part::Preview => Some("scroll up"),
            Action::Open if self.focus == Part::Tree => Some("the runs of the experiment"),
            Action::Matter => Some("only what matters: what waits or works"),
            _ => None,
        }
    }

    fn hints(&self) -> &'static [Action] {
        &[
            Action::Open,
            Action::Mark,
            Action::Compare,
            Action::Filter,
            Action::Sort,
            Action::Stop,
            Action::Resume,
            Action::Train,
            Action::Columns,
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

    /// Keeps the filter in force for the next prompt.
    fn remember(&mut self) {
        let text = &self.selection.list.filter.text;
        if text.is_empty() {
            return;
        }
        self.history.retain(|known| known != text);
        self.history.push(text.clone());
        let over = self.history.len().saturating_sub(recall::MOST);
        self.history.drain(..over);
    }

    /// Escape clears the filter, undo puts it back.
    fn change_filter(&mut self, action: Action, now: Timestamp) -> Reaction {
        match action {
            Action::Escape if !self.selection.list.filter.text.is_empty() => {
                self.before_matter = None;
                self.remember();
                self.cleared = Some((now, self.selection.list.filter.text.clone()));
                self.selection.list.set_filter("");
            }
            Action::Undo if let Some((_, text)) = self.cleared.take() => {
                self.selection.list.set_filter(&text);
            }
            _ => return Reaction::None,
        }
        Reaction::Done
    }

    fn turn(&mut self, by: usize) {
        let at = self.shown.iter().position(|part| *part == self.focus);
        let next = (at.unwrap_or(0) + by) % self.shown.len();
        self.focus = self.shown[next];
    }

    /// The parts that have room, in reading order.
    fn layout(&self, area: Rect) -> Vec<(Part, Rect)> {
        let (tree, area) = match area.width {
            ROOM_FOR_TREE.. => split_across(area, TREE),
            _ => (Rect::ZERO, area),
        };
        let beside = ROOM_BESIDE <= area.width;
        let (list, preview) = match self.preview {
            Preview::Off => (area, Rect::ZERO),
            Preview::Auto if !beside => (area, Rect::ZERO),
            _ if beside => split_across(area, area.width * 3 / 5),
            _ if area.height < 10 => (area, Rect::ZERO),
            _ => split_down(area, area.height * 3 / 5),
        };
        let parts = [
            (Part::Tree, tree),
            (Part::List, list),
            (Part::Preview, preview),
        ];
        parts
            .into_iter()
            .filter(|(_, area)| !area.is_empty())
            .collect()
    }

    fn draw_list(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let is_focused = self.focus == Part::List;
        let look = &shared.look;
        let note = self.selection.list.note(look);
        let inner = if 1 < self.shown.len() || look.has_borders {
            let pane = Pane::new("runs").note(note).focused(is_focused);
            look.pane(buffer, area, &pane)
        } else {
            area
        };
        self.selection.list.draw(buffer, inner, shared, is_focused);
    }

    fn draw_preview(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let is_focused = self.focus == Part::Preview;
        let Some((board, run)) = self.selection.show() else {
            let pane = Pane::new("preview").focused(is_focused);
            shared.look.pane(buffer, area, &pane);
            return;
        };
        let (facts_area, chart_area) = match area.height {
            0..=15 => split_down(area, 0),
            height => split_down(area, height / if TALL <= height { 3 } else { 2 }),
        };
        let title = shared.look.clip(&run.name, 40);
        if !facts_area.is_empty() {
            let pane = Pane::new(title).focused(is_focused);
            let inner = shared.look.pane(buffer, facts_area, &pane);
            let width = usize::from(inner.width);
            let headline = progress::headline(board, shared, width.saturating_sub(1));
            let mut lines = vec![indented(headline)];
            if let Some(detail) = &board.detail.value {
                lines.extend(facts::lines(detail, shared, width));
            }
            self.facts.fit(lines.len(), usize::from(inner.height));
            let lines = lines.into_iter().skip(self.facts.index);
            shared.look.lines(buffer, inner, lines);
        }
        let groups = board.groups();
        // Two charts where both have room.
        let count = if TALL <= area.height { 2 } else { 1 }.min(groups.len());
        for (group, area) in groups.iter().zip(charts::stacked(chart_area, count)) {
            charts::draw_one(board, group, buffer, area, shared, (false, None));
        }
        if groups.is_empty() {
            let inner = shared.look.pane(buffer, chart_area, &Pane::new("charts"));
            let text = match board.run() {
                Some(run) if run.state.has_ended() => " no points: this run wrote no metric",
                _ => " no points yet",
            };
            let look = &shared.look;
            look.line(buffer, inner, look.span(text, Role::Dim).into());
        }
    }

    /// The orders that make sense for what is in the list.
    fn sorts(&self, shared: &Shared) -> Vec<(String, Sort)> {
        let sort = |key: SortKey, descending: bool| Sort { key, descending };
        let mut sorts = vec![
            ("newest".to_owned(), sort(SortKey::Created, true)),
            ("oldest".to_owned(), sort(SortKey::Created, false)),
            ("name".to_owned(), sort(SortKey::Name, false)),
            ("state".to_owned(), sort(SortKey::State, false)),
            ("most steps".to_owned(), sort(SortKey::Step, true)),
        ];
        sorts.extend(self.selection.list.metrics().into_iter().map(by_metric));
        // What else is in sight.
        for field in self.selection.list.fields(shared) {
            if let Some(sort) = field.sort()
                && sorts.iter().all(|(_, known)| *known != sort)
            {
                sorts.push((field.to_string(), sort));
            }
        }
        // The order in force is among them, whoever chose it.
        let now = self.selection.list.sort();
        if sorts.iter().all(|(_, known)| known != now) {
            sorts.push((said(now), now.clone()));
        }
        sorts
    }

    /// The orders by the loss over the rows that the metrics in sight are of, beside those that there are.
    fn losses(&self, sorts: &[(String, Sort)]) -> Vec<(String, Sort)> {
        let metrics = self.selection.list.metrics();
        let splits = metrics.iter().map(|metric| match metric.rsplit_once('/') {
            Some((split, _)) => format!("{split}/loss"),
            None => "loss".to_owned(),
        });
        let losses: BTreeSet<String> = splits.chain(["val/loss".to_owned()]).collect();
        let is_new = |(_, sort): &(String, Sort)| sorts.iter().all(|(_, known)| known != sort);
        losses.into_iter().map(by_metric).filter(is_new).collect()
    }
}

/// The order by a metric that shows the best first, or the highest where nobody knows which way is better.
fn by_metric(metric: String) -> (String, Sort) {
    let (word, value, descending) = match Direction::of(&metric) {
        Some(way) => ("best", MetricValue::Best, way == Direction::Higher),
        None => ("highest", MetricValue::Last, true),
    };
    let title = format!("{word} {metric}");
    let key = SortKey::Metric(MetricColumn { metric, value });
    (title, Sort { key, descending })
}

/// Do these keys move a cursor, or columns?
fn is_move(action: Action) -> bool {
    scroll::moved(action, 0, 1, 1).is_some()
}

/// An order in words.
fn said(sort: &Sort) -> String {
    let is_down = sort.descending;
    match &sort.key {
        SortKey::Created => if is_down {
            "newest first"
        } else {
            "oldest first"
        }
        .to_owned(),
        SortKey::Name => if is_down {
            "by name, backwards"
        } else {
            "by name"
        }
        .to_owned(),
        SortKey::State => if is_down {
            "by state, backwards"
        } else {
            "by state"
        }
        .to_owned(),
        SortKey::Step => if is_down {
            "most steps first"
        } else {
            "fewest steps first"
        }
        .to_owned(),
        SortKey::Dur => if is_down {
            "longest first"
        } else {
            "shortest first"
        }
        .to_owned(),
        SortKey::Metric(MetricColumn {
            metric,
            value: MetricValue::Best,
        }) => {
            let is_best = is_down == (Direction::of(metric) == Some(Direction::Higher));
            format!("{} {metric} first", if is_best { "best" } else { "worst" })
        }
        SortKey::Metric(column) => {
            let way = if is_down { "highest" } else { "lowest" };
            format!("{way} {}@{} first", column.metric, column.value)
        }
    }
}

#[cfg(test)]
mod tests;
