//! The views: what a digit key opens.

pub mod bench;
pub mod card;
pub mod compare;
pub mod data;
pub mod groups;
pub mod jobs;
pub mod live;
pub mod page;
pub mod runs;
pub mod selection;
pub mod stacks;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use self::{
    bench::Bench, compare::Compare, data::Data, groups::Groups, jobs::Jobs, live::Live, page::Page,
    runs::Runs,
};
use super::{
    action::Action,
    effect::{Answer, Effect},
    event::{Ticket, Tickets},
    list::RunList,
    place::{Place, Spot},
    shared::{Reaction, Reply, Shared, Target},
};
pub use crate::config::screens::Root;
use crate::domain::{datasets::VersionId, ids::RunId, time::Timestamp};

/// One screenful with its own state.
///
/// Drawing notes what the frame shows; `ask` then fetches what of it is not here. So only what is visible is read.
pub trait View {
    /// Sections of the keymap, the nearer first; `global` follows them.
    fn contexts(&self) -> &'static [&'static str];

    fn act(&mut self, action: Action, shared: &Shared) -> Reaction;

    fn draw(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared);

    fn ask(&mut self, tickets: &mut Tickets) -> Vec<Effect>;

    /// The store has changed.
    fn expire(&mut self);

    /// Takes the answer, or gives it back for another view.
    fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer>;

    /// What the cursor stands on.
    fn target(&self) -> Option<Target>;

    /// What verbs act on: what is marked, or else what the cursor stands on.
    fn targets(&self) -> Vec<Target> {
        self.target().into_iter().collect()
    }

    /// Is this a verb that it does itself, on what is no run?
    fn does(&self, _: Action) -> bool {
        false
    }

    /// Why a verb of its own cannot be done now.
    fn refuses(&self, _: Action) -> Option<String> {
        None
    }

    /// What its own verbs are on, by name.
    fn subject(&self) -> Option<String> {
        None
    }

    /// What is copied by an action where it is of no run: what that is, and the text.
    fn yanks(&self, _: Action) -> Option<(String, String)> {
        None
    }

    /// The list of runs that it shows.
    fn list(&self) -> Option<&RunList> {
        None
    }

    /// Where what can be pointed at stood in the last frame: rows, panes.
    fn handles(&self) -> Vec<Position> {
        vec![]
    }

    /// Goes to what stood at a position in the last frame, if something did.
    fn point(&mut self, _: Position) {}

    /// These runs have left the lists by a person's will: no mark of theirs stays.
    fn forget(&mut self, _: &[RunId]) {}

    /// These data versions leave the list by a person's will.
    fn forget_versions(&mut self, _: &[VersionId]) {}

    /// A data version was made: where it is listed, the cursor goes to it.
    fn made(&mut self, _: &VersionId) {}

    /// Where one is, for the line below the tabs: its name, and how it is set.
    fn crumb(&self) -> String;

    /// What it is called in the crumbs of what was opened from it.
    fn name(&self) -> String;

    /// Where this is, so that a link or the next session can open it so again.
    fn place(&self) -> Place;

    /// What a prompt or a menu that this view opened came to.
    fn reply(&mut self, _: Reply) -> Reaction {
        Reaction::None
    }

    /// Actions worth a hint, the weightier first.
    fn hints(&self) -> &'static [Action];

    /// Does an action do something here, as things stand? Help and hints leave out what does not.
    fn offers(&self, _: Action) -> bool {
        true
    }

    /// What an action does here, where that is not what it does everywhere.
    fn label(&self, _: Action) -> Option<&'static str> {
        None
    }

    /// When the change was made that `u` takes back here; `None` where it takes back nothing, or something that goes before
    /// all else, as marks do.
    fn undoable(&self) -> Option<Timestamp> {
        None
    }

    /// What an action acts on is on its way: keys typed ahead wait for it.
    fn awaits(&self, _: Action) -> bool {
        false
    }

    /// Something on the screen grows without the store saying so: a followed log.
    fn is_following(&self) -> bool {
        false
    }

    /// Long work is under way that it shows the progress of.
    fn is_at_work(&self) -> bool {
        false
    }

    /// Something to say once, below the view.
    fn remark(&mut self) -> Option<String> {
        None
    }
}

impl Root {
    /// The root that an action leads to.
    pub fn of(action: Action) -> Option<Self> {
        Some(match action {
            Action::Bench => Self::Bench,
            Action::Runs => Self::Runs,
            Action::Live => Self::Live,
            Action::Data => Self::Data,
            Action::Jobs => Self::Jobs,
            _ => return None,
        })
    }

    pub fn view(self) -> Box<dyn View> {
        Place::of_root(self).view()
    }

    pub fn key(self) -> char {
        match self {
            Self::Bench => '0',
            Self::Runs => '1',
            Self::Live => '2',
            Self::Data => '3',
            Self::Jobs => '7',
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Bench => "Bench",
            Self::Runs => "Runs",
            Self::Live => "Live",
            Self::Data => "Data",
            Self::Jobs => "Jobs",
        }
    }
}

impl Place {
    /// The view, set so.
    pub fn view(&self) -> Box<dyn View> {
        let settings = &self.settings;
        match self.spot {
            Spot::Root(Root::Bench) => Box::new(Bench::at(settings)),
            Spot::Root(Root::Runs) => Box::new(Runs::at(settings)),
            Spot::Root(Root::Live) => Box::new(Live::at(settings)),
            Spot::Root(Root::Data) => Box::new(Data::at(settings)),
            Spot::Root(Root::Jobs) => Box::new(Jobs::default()),
            Spot::Run(id) => Box::new(Page::at(id, settings)),
            Spot::Compare(ref ids) => Box::new(Compare::at(ids, settings)),
            Spot::Groups => Box::new(Groups::at(settings)),
            Spot::Version(ref id) => Box::new(Data::of(id, settings)),
        }
    }
}
