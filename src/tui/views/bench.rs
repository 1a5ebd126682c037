//! The bench: panes together, in the layout of the screen that is in force.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::{Root, View, selection::Selection};
use crate::{
    config::screens::{self, Layout, Layouts},
    domain::ids::RunId,
    tui::{
        action::Action,
        effect::{Answer, Effect},
        event::{Ticket, Tickets},
        list::RunList,
        panes::{self, Pane, beside, tiling},
        place::{Place, Settings, Spot},
        shared::{Reaction, Reply, Shared, Target},
    },
};

pub struct Bench {
    selection: Selection,
    /// The panes of the layout in reading order, each with its kind.
    panes: Vec<(screens::Pane, Box<dyn Pane>)>,
    /// Those that the last frame had room for, by their numbers.
    shown: Vec<usize>,
    hidden: Vec<screens::Pane>,
    /// Where the panes of the last frame stood.
    places: Vec<(usize, Rect)>,
    /// The pane that has the keys.
    focus: usize,
    is_zoomed: bool,
    /// The name of the screen whose filter was taken.
    screen: Option<String>,
}

/// Rows that are fetched where no list is in sight: enough to find the run that says most.
const UNSEEN_ROWS: u64 = 32;

impl Bench {
    pub fn at(settings: &Settings) -> Self {
        let mut bench = Self {
            selection: Selection::default(),
            panes: vec![],
            shown: vec![],
            hidden: vec![],
            places: vec![],
            focus: 0,
            is_zoomed: false,
            screen: settings.get("screen").map(str::to_owned),
        };
        bench.selection.list.restore(settings);
        bench
    }

    /// Takes up a layout. Panes that are in it already stay as they are.
    fn take_up(&mut self, layout: &Layout) {
        let kinds = layout.panes();
        if kinds.iter().eq(self.panes.iter().map(|(kind, _)| kind)) {
            return;
        }
        let mut old = std::mem::take(&mut self.panes);
        let mut take = |kind| {
            let at = old.iter().position(|(known, _)| *known == kind);
            at.map_or_else(|| panes::of(kind), |at| old.remove(at).1)
        };
        self.panes = kinds.into_iter().map(|kind| (kind, take(kind))).collect();
        self.focus = self.focus.min(self.panes.len() - 1);
    }

    /// The filter of a screen holds from when it is chosen until a person writes another.
    fn take_filter(&mut self, shared: &Shared) {
        let (name, screen) = &*shared.screen;
        if self.screen.as_ref() == Some(name) {
            return;
        }
        let is_first = self.screen.replace(name.clone()).is_none();
        let filter = screen.filter.as_deref();
        if let Some(filter) = filter.or_else(|| (!is_first).then_some("")) {
            self.selection.list.set_filter(filter);
        }
    }

    fn turn(&mut self, by: usize) {
        let at = self.shown.iter().position(|number| *number == self.focus);
        let next = at.map_or(0, |at| (at + by) % self.shown.len());
        self.focus = self.shown.get(next).copied().unwrap_or(0);
    }

    fn focused(&self) -> Option<&dyn Pane> {
        self.panes.get(self.focus).map(|(_, pane)| pane.as_ref())
    }
}

/// The layout for so many columns; where the screen says nothing of so few, the list alone.
fn fitting(layouts: &Layouts, width: u16) -> Layout {
    let fitting = layouts.fitting(width).cloned();
    fitting.unwrap_or_else(|| screens::Pane::Runs.into())
}

impl View for Bench {
    fn contexts(&self) -> &'static [&'static str] {
        self.focused().map_or(&["list"], Pane::contexts)
    }

    fn act(&mut self, action: Action, shared: &Shared) -> Reaction {
        if let Some(reaction) = beside::step(&self.places, &mut self.focus, action) {
            return reaction;
        }
        match action {
            Action::NextPane if 1 < self.shown.len() => self.turn(1),
            Action::PreviousPane if 1 < self.shown.len() => self.turn(self.shown.len() - 1),
            Action::Zoom if self.is_zoomed || 1 < self.shown.len() => {
                self.is_zoomed = !self.is_zoomed;
            }
            action => {
                let Some((_, pane)) = self.panes.get_mut(self.focus) else {
                    return Reaction::None;
                };
                let reaction = pane.act(action, &mut self.selection, shared);
                let is_left = matches!(reaction, Reaction::None);
                if action == Action::Escape && is_left && self.is_zoomed {
                    self.is_zoomed = false;
                    return Reaction::Done;
                }
                return reaction;
            }
        }
        Reaction::Done
    }

    fn reply(&mut self, reply: Reply) -> Reaction {
        match reply {
            Reply::Filter(text) => self.selection.list.set_filter(&text),
            Reply::Sort(sort) => self.selection.list.set_sort(sort),
            Reply::Picked(..) | Reply::Search { .. } => return Reaction::None,
        }
        Reaction::Done
    }

    fn draw(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let layout = fitting(&shared.screen.1.layout, area.width);
        self.take_up(&layout);
        self.take_filter(shared);
        let tiling = tiling::tile(&layout, area);
        self.shown = tiling.places.iter().map(|(number, _)| *number).collect();
        self.hidden = tiling.hidden;
        if !self.shown.contains(&self.focus) {
            self.focus = self.shown[0];
        }
        let places = match self.is_zoomed {
            true => vec![(self.focus, area)],
            false => tiling.places,
        };
        let is_list_seen =
            |(number, _): &(usize, Rect)| self.panes[*number].0 == screens::Pane::Runs;
        if !places.iter().any(is_list_seen) {
            self.selection.list.want(shared, UNSEEN_ROWS, 0);
        }
        let has_list = layout.panes().contains(&screens::Pane::Runs);
        self.selection.stand_in(shared, has_list);
        self.places.clone_from(&places);
        for (number, place) in places {
            let is_focused = number == self.focus;
            let (_, pane) = &mut self.panes[number];
            pane.draw(buffer, place, &mut self.selection, shared, is_focused);
        }
    }

    fn ask(&mut self, tickets: &mut Tickets) -> Vec<Effect> {
        let mut effects = self.selection.ask(tickets);
        for (_, pane) in &mut self.panes {
            effects.extend(pane.ask(tickets));
        }
        effects
    }

    fn expire(&mut self) {
        self.selection.expire();
        self.panes.iter_mut().for_each(|(_, pane)| pane.expire());
    }

    fn awaits(&self, action: Action) -> bool {
        self.selection.list.awaits(action)
    }

    fn remark(&mut self) -> Option<String> {
        self.selection.remark()
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        let mut left = self.selection.loaded(ticket, answer)?;
        for (_, pane) in &mut self.panes {
            left = pane.loaded(ticket, left)?;
        }
        Some(left)
    }

    fn target(&self) -> Option<Target> {
        self.focused()?.target(&self.selection)
    }

    fn targets(&self) -> Vec<Target> {
        let pane = self.focused();
        pane.map_or(vec![], |pane| pane.targets(&self.selection))
    }

    fn forget(&mut self, runs: &[RunId]) {
        self.selection.list.forget(runs);
    }

    fn list(&self) -> Option<&RunList> {
        Some(&self.selection.list)
    }

    fn handles(&self) -> Vec<Position> {
        let panes = self.places.iter().map(|(_, place)| place.as_position());
        panes.chain(self.selection.list.handles()).collect()
    }

    fn point(&mut self, at: Position) {
        let mut places = self.places.iter();
        if let Some((number, _)) = places.find(|(_, place)| place.contains(at)) {
            self.focus = *number;
            self.selection.list.point(at);
        }
    }

    fn is_following(&self) -> bool {
        self.panes.iter().any(|(_, pane)| pane.is_following())
    }

    fn name(&self) -> String {
        "bench".to_owned()
    }

    fn place(&self) -> Place {
        let settings = self.selection.list.settings();
        Place {
            spot: Spot::Root(Root::Bench),
            settings: settings.with("screen", self.screen.clone().unwrap_or_default()),
        }
    }

    fn crumb(&self) -> String {
        let mut crumb = "bench".to_owned();
        if let Some(screen) = self
            .screen
            .as_deref()
            .filter(|name| *name != screens::DEFAULT)
        {
            crumb += &format!(" {screen}");
        }
        if self.selection.is_stopgap() {
            crumb += ": the run that ended last, for want of others";
        }
        let list = &self.selection.list;
        if !list.filter.text.is_empty() {
            let counted = list.counted().unwrap_or_default();
            crumb += &format!("  /{}  {counted}", list.filter.text);
        }
        if let Some(marks) = list.told_marks() {
            crumb += &format!("  {marks}");
        }
        if !self.hidden.is_empty() {
            let names: Vec<String> = self.hidden.iter().map(ToString::to_string).collect();
            crumb += &format!("  no room for {}", names.join(", "));
        }
        crumb
    }

    fn hints(&self) -> &'static [Action] {
        &[
            Action::Open,
            Action::Stop,
            Action::Resume,
            Action::Train,
            Action::NextPane,
            Action::Zoom,
            Action::Tag,
        ]
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            Action::NextPane | Action::PreviousPane | Action::Zoom => {
                self.is_zoomed || 1 < self.shown.len()
            }
            Action::FocusLeft | Action::FocusDown | Action::FocusUp | Action::FocusRight => {
                1 < self.places.len()
            }
            _ => true,
        }
    }
}
