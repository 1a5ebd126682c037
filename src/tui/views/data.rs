//! Data versions: every version of every data set, what is known of the selected one, what is in it, and what changed.

mod changes;
mod draw;
mod facts;
mod layout;
mod stats;
mod verbs;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use self::{changes::Changes, facts::Facts, stats::Statistics};
use super::{Root, View};
use crate::{
    domain::datasets::{Version, VersionId},
    tui::{
        action::Action,
        effect::{Answer, Effect, Kept},
        event::{Ticket, Tickets},
        panes::beside,
        place::{Place, Settings, Spot},
        remote::Remote,
        shared::{Reaction, Shared, Target},
        table::{self, Table, Window},
    },
};

/// The list of all versions with what is known of the selected one; or that of one version alone.
#[derive(Default)]
pub struct Data {
    rows: Remote<Which, Vec<Version>>,
    table: Table<VersionId>,
    facts: Facts,
    statistics: Statistics,
    changes: Changes,
    /// The part that the keys act on.
    focus: Part,
    /// The part that is shown below the list where there is room for one.
    lower: Part,
    /// The parts of the last frame, in reading order.
    shown: Vec<Part>,
    /// Where those that were drawn stood.
    places: Vec<(Part, Rect)>,
    /// Parts take turns in one frame.
    takes_turns: bool,
    is_zoomed: bool,
    which: Which,
    /// Versions that leave the list by a person's will.
    forgotten: Vec<VersionId>,
    /// One version has the whole view.
    is_alone: bool,
}

/// Which versions are listed.
type Which = Kept;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    List,
    Facts,
    Statistics,
    Changes,
}

impl Part {
    /// What stands beside the list.
    const BESIDE: [Self; 3] = [Self::Statistics, Self::Facts, Self::Changes];

    fn name(self) -> &'static str {
        match self {
            Self::List => "data",
            Self::Facts => "facts",
            Self::Statistics => "statistics",
            Self::Changes => "changes",
        }
    }
}

impl table::Row for Version {
    type Id = VersionId;

    fn id(&self) -> VersionId {
        Version::id(self)
    }

    fn name(&self) -> &str {
        &self.dataset
    }
}

impl Data {
    pub fn at(settings: &Settings) -> Self {
        let mut data = Self::default();
        if settings.get("trash").is_some() {
            data.which = Kept::InTrash;
        }
        data
    }

    /// One version, with all the room.
    pub fn of(id: &VersionId, settings: &Settings) -> Self {
        let mut data = Self::at(settings);
        data.is_alone = true;
        data.focus = Part::Statistics;
        data.table.cursor.aim(id.clone());
        data
    }

    /// The versions in the trash.
    pub fn trash() -> Place {
        Place {
            spot: Spot::Root(Root::Data),
            settings: Settings::default().with("trash", "yes"),
        }
    }

    fn rows(&self) -> &[Version] {
        self.rows.value.as_deref().unwrap_or_default()
    }

    fn row(&self) -> Option<&Version> {
        self.table.row(Window::whole(self.rows()))
    }

    /// The versions that verbs are on: those that are marked, else the selected one.
    fn chosen(&self) -> Vec<&Version> {
        let is_marked = |version: &&Version| self.table.marks.contains(&version.id());
        let marked: Vec<&Version> = self.rows().iter().filter(is_marked).collect();
        match marked.is_empty() {
            true => self.row().into_iter().collect(),
            false => marked,
        }
    }

    /// The two versions that are compared: those that are marked, else the selected one and the one before it.
    fn pair(&self) -> Option<(VersionId, VersionId)> {
        if let [a, b] = &self.table.marks.ids()[..] {
            let in_order = (a.number, &a.dataset) <= (b.number, &b.dataset);
            return Some(match in_order {
                true => (a.clone(), b.clone()),
                false => (b.clone(), a.clone()),
            });
        }
        let row = self.row()?;
        let before = VersionId {
            dataset: row.dataset.clone(),
            number: row.parent?,
        };
        // One that is gone cannot be compared with.
        let is_there = self.rows().iter().any(|version| version.id() == before);
        is_there.then(|| (before, row.id()))
    }

    pub fn go(&mut self, action: Action) -> Reaction {
        let rows = self.rows.value.as_deref().unwrap_or_default();
        self.table.act(action, Window::whole(rows))
    }

    /// Opens the selected version.
    pub fn open(&self) -> Reaction {
        match self.row() {
            Some(row) => Reaction::Open(Place {
                spot: Spot::Version(row.id()),
                settings: self.settings(),
            }),
            None => Reaction::Refuse("no version is selected".to_owned()),
        }
    }

    fn settings(&self) -> Settings {
        match self.which {
            Kept::Outside => Settings::default(),
            Kept::InTrash => Settings::default().with("trash", "yes"),
        }
    }

    fn mark(&mut self) -> Reaction {
        let Some(id) = self.row().map(Version::id) else {
            return Reaction::Refuse("no version is selected".into());
        };
        self.table.marks.toggle(id);
        self.go(Action::Down)
    }

    /// To the version before or after this one of its data set.
    fn step(&mut self, action: Action) -> Reaction {
        let Some(row) = self.row() else {
            return Reaction::None;
        };
        let is_next = action == Action::NextSibling;
        let of_it = self.rows().iter();
        let of_it = of_it.filter(|version| version.dataset == row.dataset);
        let number = |version: &&Version| version.number;
        let found = match is_next {
            true => of_it.filter(|v| row.number < v.number).min_by_key(number),
            false => of_it.filter(|v| v.number < row.number).max_by_key(number),
        };
        let Some(id) = found.map(Version::id) else {
            return Reaction::Refuse("there is no other version on this side".to_owned());
        };
        self.table.cursor.aim(id);
        let rows = self.rows.value.as_deref().unwrap_or_default();
        self.table.settle(Window::whole(rows), None, true);
        Reaction::Done
    }

    fn turn(&mut self, by: usize) {
        let at = self.shown.iter().position(|part| *part == self.focus);
        let next = (at.unwrap_or(0) + by) % self.shown.len().max(1);
        self.focus = self.shown.get(next).copied().unwrap_or_default();
    }
}

impl View for Data {
    fn contexts(&self) -> &'static [&'static str] {
        &["data", "table", "list"]
    }

    fn act(&mut self, action: Action, shared: &Shared) -> Reaction {
        if let Some(reaction) = beside::step(&self.places, &mut self.focus, action) {
            return reaction;
        }
        match action {
            Action::Zoom if self.is_zoomed || 1 < self.shown.len() => {
                self.is_zoomed = !self.is_zoomed;
            }
            Action::NextPane if 1 < self.shown.len() => self.turn(1),
            Action::PreviousPane if 1 < self.shown.len() => self.turn(self.shown.len() - 1),
            Action::Tag | Action::Trash | Action::Resume | Action::Add => {
                return self.verb(action, shared);
            }
            Action::UsedBy => {
                return match self.row() {
                    Some(row) => Reaction::Open(facts::runs_of(&row.id())),
                    None => Reaction::Refuse("no version is selected".to_owned()),
                };
            }
            Action::Contents => {
                if !self.shown.contains(&Part::Changes) || self.takes_turns {
                    self.focus = Part::Changes;
                }
                // It may not have been drawn yet.
                self.changes.stand(self.pair());
                return self.changes.act(action);
            }
            action => return self.act_in_part(action),
        }
        Reaction::Done
    }

    fn draw(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        self.rows.want(self.which);
        let is_nothing = self.rows().is_empty() && !self.is_alone;
        let mut places = match is_nothing {
            true => vec![(Part::List, area)],
            false => self.layout(area),
        };
        let beside = places.iter().filter(|(part, _)| *part != Part::List);
        self.takes_turns = !is_nothing && beside.count() < Part::BESIDE.len();
        self.shown = match self.takes_turns {
            true => self.parts(),
            false => places.iter().map(|(part, _)| *part).collect(),
        };
        if !self.shown.contains(&self.focus) {
            self.focus = self.shown.first().copied().unwrap_or_default();
        }
        if self.focus != Part::List {
            self.lower = self.focus;
        }
        if self.is_zoomed {
            places = vec![(self.focus, area)];
        }
        if !places.iter().any(|(part, _)| *part == Part::List) {
            self.table.hide();
        }
        if self.is_alone && self.row().is_none() {
            return self.draw_absence(buffer, area, shared);
        }
        self.places.clone_from(&places);
        for (part, place) in places {
            let is_focused = part == self.focus;
            match part {
                Part::List => self.draw_list(buffer, place, shared, is_focused),
                part => self.draw_part(buffer, place, shared, (part, is_focused)),
            }
        }
    }

    fn ask(&mut self, tickets: &mut Tickets) -> Vec<Effect> {
        let rows = self.rows.ask(tickets);
        let rows = rows.map(|(ticket, which)| Effect::Versions(ticket, which));
        let mut effects: Vec<Effect> = rows.into_iter().collect();
        effects.extend(self.facts.ask(tickets));
        effects.extend(self.statistics.ask(tickets));
        effects.extend(self.changes.ask(tickets));
        effects
    }

    fn expire(&mut self) {
        self.rows.expire();
        self.facts.expire();
        self.statistics.expire();
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        if let Answer::Versions(result) = answer {
            if !self.rows.awaits(ticket) {
                return Some(Answer::Versions(result));
            }
            let id = self.row().map(Version::id);
            let is_expected = id.as_ref().is_some_and(|id| self.forgotten.contains(id));
            let known = id.filter(|_| !is_expected).map(|id| id.to_string());
            self.rows.answer(result);
            let rows = self.rows.value.as_deref().unwrap_or_default();
            // The one that has the view stays in it, there or not.
            if !self.is_alone
                || rows
                    .iter()
                    .any(|row| Some(&row.id()) == self.table.cursor.id())
            {
                self.table.settle(Window::whole(rows), known, true);
            }
            let ids: Vec<VersionId> = rows.iter().map(Version::id).collect();
            self.table.marks.retain(|id| ids.contains(id));
            // One that came back may leave again.
            self.forgotten.retain(|id| !ids.contains(id));
            return None;
        }
        let answer = self.facts.loaded(ticket, answer)?;
        let answer = self.statistics.loaded(ticket, answer)?;
        self.changes.loaded(ticket, answer)
    }

    fn forget_versions(&mut self, ids: &[VersionId]) {
        self.forgotten.extend_from_slice(ids);
    }

    fn made(&mut self, id: &VersionId) {
        if !self.is_alone && self.which == Kept::Outside {
            self.table.cursor.aim(id.clone());
        }
    }

    fn handles(&self) -> Vec<Position> {
        self.table.handles(self.rows().len() as u64)
    }

    fn point(&mut self, at: Position) {
        let rows = self.rows.value.as_deref().unwrap_or_default();
        if self.table.point(at, Window::whole(rows)) {
            self.focus = Part::List;
        }
    }

    /// No run: the verbs of runs do nothing here.
    fn target(&self) -> Option<Target> {
        None
    }

    fn does(&self, action: Action) -> bool {
        matches!(
            action,
            Action::Tag | Action::Trash | Action::Resume | Action::Add
        )
    }

    fn refuses(&self, action: Action) -> Option<String> {
        self.refusal(action)
    }

    fn subject(&self) -> Option<String> {
        match &self.chosen()[..] {
            [] => Some("data".to_owned()),
            [version] => Some(version.name()),
            many => Some(format!("{} versions", many.len())),
        }
    }

    fn yanks(&self, action: Action) -> Option<(String, String)> {
        self.yanked(action)
    }

    fn name(&self) -> String {
        match self.table.cursor.id().filter(|_| self.is_alone) {
            Some(id) => id.to_string(),
            None => "data".to_owned(),
        }
    }

    fn place(&self) -> Place {
        let spot = match self.table.cursor.id().filter(|_| self.is_alone) {
            Some(id) => Spot::Version(id.clone()),
            None => Spot::Root(Root::Data),
        };
        let settings = self.settings();
        Place { spot, settings }
    }

    fn crumb(&self) -> String {
        let name = self.name();
        match (self.which, self.is_alone) {
            (Kept::InTrash, false) => format!("{name} in the trash"),
            _ => name,
        }
    }

    fn hints(&self) -> &'static [Action] {
        &[
            Action::Open,
            Action::Mark,
            Action::Contents,
            Action::Add,
            Action::Tag,
            Action::NextPane,
            Action::UsedBy,
            Action::Trash,
            Action::Resume,
            Action::Zoom,
        ]
    }

    fn offers(&self, action: Action) -> bool {
        let is_list = self.focus == Part::List;
        match action {
            Action::MarkRange | Action::MarkAll => false,
            Action::Open => match self.focus {
                Part::List | Part::Facts => !self.rows().is_empty(),
                Part::Statistics => self.statistics.is_pending(),
                Part::Changes => self.changes.can_look_inside(),
            },
            Action::Mark => is_list && !self.rows().is_empty(),
            Action::NextPane | Action::PreviousPane | Action::Zoom => 1 < self.shown.len(),
            Action::FocusLeft | Action::FocusDown | Action::FocusUp | Action::FocusRight => {
                1 < self.places.len()
            }
            Action::Resume => self.which == Kept::InTrash,
            Action::Trash | Action::Contents | Action::UsedBy | Action::Tag => {
                !self.rows().is_empty() && self.which == Kept::Outside
            }
            Action::Train => false,
            _ => true,
        }
    }

    fn label(&self, action: Action) -> Option<&'static str> {
        Some(match action {
            Action::Mark => "mark: two are compared",
            Action::Resume => "restore: out of the trash",
            Action::Trash => "into the trash, for some days",
            Action::Open if self.focus == Part::Statistics => "look: into tables that were not yet",
            Action::Open if self.focus == Part::Changes => "compare: what is inside the tables",
            Action::NextSibling => "next table, or version",
            Action::PreviousSibling => "previous table, or version",
            _ => return None,
        })
    }

    fn remark(&mut self) -> Option<String> {
        let name = self.table.take_gone()?;
        Some(format!("{name} is not there any more"))
    }

    fn awaits(&self, _: Action) -> bool {
        self.rows.is_blank()
    }

    fn is_at_work(&self) -> bool {
        self.statistics.is_at_work() || self.changes.is_at_work() || self.facts.is_at_work()
    }
}

#[cfg(test)]
mod tests;
