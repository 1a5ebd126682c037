//! A list of runs, and the board of the one that is selected.

use crate::{
    domain::runs::Run,
    ops::runs::MOST,
    tui::{
        board::Board,
        effect::{Answer, Effect, RunRow},
        event::{Ticket, Tickets},
        list::RunList,
        place::{Place, Spot},
        shared::{Reaction, Shared, Target},
    },
};

/// A list of runs, and the board of the selected one for as long as it is shown.
#[derive(Default)]
pub struct Selection {
    pub list: RunList,
    pub board: Option<Board>,
    /// Runs that have ended, where the list is empty and out of sight: the newest is there for want of another.
    ended: Option<RunList>,
}

const ENDED: &str = "-state:queued|running|paused|stalled|orphaned";

impl Selection {
    /// Notes whether a frame shows the list itself. Where it does not, and the list is empty, the newest run that has ended
    /// stands in: a screen without anything would look broken.
    pub fn stand_in(&mut self, shared: &Shared, has_list: bool) {
        let is_empty = self.list.total().is_some() && self.list.matched() == 0;
        if has_list || !is_empty {
            self.ended = None;
            return;
        }
        let ended = self.ended.get_or_insert_with(|| RunList::filtered(ENDED));
        ended.want(shared, 1, 0);
    }

    /// The run on show is there for want of one that the list would hold.
    pub fn is_stopgap(&self) -> bool {
        let ended = self.ended.as_ref();
        ended.is_some_and(|ended| !ended.rows().is_empty())
    }

    /// What a pane says while there is no run to show.
    pub fn nothing(&self) -> &'static str {
        let is_known = |list: &RunList| list.total().is_some();
        match is_known(&self.list) && self.ended.as_ref().is_none_or(is_known) {
            true => " no run to show: C trains one",
            false => " …",
        }
    }

    fn row(&self) -> Option<&RunRow> {
        let ended = self.ended.as_ref();
        let instead = || ended?.rows().first();
        self.list.selected().or_else(instead)
    }

    /// The selected run and its board, of which this frame shows something; `None` when no run is selected.
    pub fn show(&mut self) -> Option<(&mut Board, &Run)> {
        let instead = self.ended.as_ref().and_then(|ended| ended.rows().first());
        let Some(row) = self.list.selected().or(instead) else {
            self.board = None;
            return None;
        };
        let id = row.run.id;
        if self.board.as_ref().is_none_or(|board| board.id != id) {
            self.board = Some(Board::of(id));
        }
        let board = self.board.as_mut()?;
        board.detail.want(id);
        Some((board, &row.run))
    }

    /// The runs that are marked, beside each other; of a single one and the run under the cursor, both.
    pub fn compare(&self) -> Reaction {
        let mut ids = self.list.marked();
        if let ([only], Some(here)) = (&ids[..], self.target())
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

    pub fn ask(&mut self, tickets: &mut Tickets) -> Vec<Effect> {
        let mut effects = self.list.ask(tickets);
        let ended = self.ended.iter_mut();
        effects.extend(ended.flat_map(|ended| ended.ask(tickets)));
        let board = self.board.iter_mut().flat_map(|board| board.ask(tickets));
        effects.extend(board);
        effects
    }

    pub fn expire(&mut self) {
        self.list.expire();
        self.ended.iter_mut().for_each(RunList::expire);
        self.board.iter_mut().for_each(Board::expire);
    }

    pub fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        let mut answer = self.list.loaded(ticket, answer)?;
        if let Some(ended) = &mut self.ended {
            answer = ended.loaded(ticket, answer)?;
        }
        match &mut self.board {
            Some(board) => board.loaded(ticket, answer),
            None => Some(answer),
        }
    }

    /// What to say once of the list.
    pub fn remark(&mut self) -> Option<String> {
        if let Some(said) = self.list.take_said() {
            return Some(said);
        }
        let name = self.list.take_gone()?;
        Some(format!("{name} no longer matches"))
    }

    pub fn target(&self) -> Option<Target> {
        Some(Target::from(&self.row()?.run))
    }
}
