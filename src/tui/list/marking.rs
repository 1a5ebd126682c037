//! The runs that a person has marked: what is known of each, whatever the list shows by now.

use std::collections::BTreeMap;

use crate::{
    domain::{ids::RunId, runs::Run, text::counted},
    ops,
    tui::{
        action::Action,
        effect::{Effect, Matching, RunRow},
        event::{Ticket, Tickets},
        remote::Remote,
        shared::{Reaction, Target},
        table::{Table, Window},
        text,
    },
};

/// More at once than a person can mean; and verbs look at each.
pub const MOST: u64 = 2_000;

#[derive(Default)]
pub struct Marking {
    known: BTreeMap<RunId, Target>,
    /// Runs that are to be marked and are not all at hand.
    asked: Remote<Matching, Vec<Run>>,
    /// What to say once.
    said: Option<String>,
}

impl Marking {
    /// What keys do to marks. [`Reaction::None`] for those that do nothing to them.
    pub fn act(
        &mut self,
        action: Action,
        table: &mut Table<RunId>,
        rows: Window<'_, RunRow>,
        all: Matching,
    ) -> Reaction {
        let here = table.row(rows).map(|row| row.run.id);
        match (action, here) {
            (Action::Mark | Action::MarkRange, _) if table.marks.from().is_some() => {
                return self.mark_range(table, rows, all);
            }
            (Action::Mark, Some(id)) => {
                table.marks.toggle(id);
                table.cursor.act(Action::Down, rows);
            }
            (Action::MarkRange, Some(id)) => table.marks.begin(id, table.cursor.index()),
            (Action::Mark | Action::MarkRange, None) => {
                return Reaction::Refuse("no run is selected".into());
            }
            (Action::MarkAll, _) if MOST < rows.len => {
                let count = text::count(rows.len as i64);
                return Reaction::Refuse(format!(
                    "{count} runs are more than {} to mark: narrow the filter",
                    text::count(MOST as i64)
                ));
            }
            (Action::MarkAll, _) => self.want(all),
            (Action::Escape | Action::Undo, _) if table.marks.give_up() => {}
            (Action::Escape | Action::Undo, _) if !table.marks.is_empty() => table.marks.clear(),
            _ => return Reaction::None,
        }
        self.learn(table, rows);
        Reaction::Done
    }

    fn mark_range(
        &mut self,
        table: &mut Table<RunId>,
        rows: Window<'_, RunRow>,
        all: Matching,
    ) -> Reaction {
        let Some(range) = table.marks.range(table.cursor.index()) else {
            return Reaction::None;
        };
        let (from, count) = (*range.start(), range.end() - range.start() + 1);
        if MOST < count {
            return Reaction::Refuse(format!(
                "{} runs are more than {} to mark",
                text::count(count as i64),
                text::count(MOST as i64)
            ));
        }
        table.marks.give_up();
        let found: Option<Vec<RunId>> = range
            .map(|index| rows.get(index).map(|row| row.run.id))
            .collect();
        match found {
            Some(ids) => {
                table.marks.add(ids);
                self.learn(table, rows);
            }
            None => self.want(Matching {
                part: Some((from, count)),
                ..all
            }),
        }
        Reaction::Done
    }

    fn want(&mut self, question: Matching) {
        self.asked = Remote::default();
        self.asked.want(question);
    }

    pub fn ask(&mut self, tickets: &mut Tickets) -> Option<Effect> {
        let (ticket, question) = self.asked.ask(tickets)?;
        Some(Effect::Matching(ticket, question))
    }

    pub fn awaits(&self, ticket: Ticket) -> bool {
        self.asked.awaits(ticket)
    }

    /// Marks the runs that were asked for.
    pub fn found(&mut self, result: ops::Result<Vec<Run>>, table: &mut Table<RunId>) {
        let is_all = self.asked.asked().is_some_and(|asked| asked.part.is_none());
        match result {
            Ok(runs) => {
                table.marks.add(runs.iter().map(|run| run.id));
                if is_all {
                    let count = table.marks.len() as u64;
                    self.said = Some(format!("{} marked", counted(count, "run")));
                }
                self.know(runs.iter(), table);
            }
            Err(error) => self.said = Some(error.to_string()),
        }
    }

    /// Takes in what the rows at hand say of marked runs.
    pub fn learn(&mut self, table: &Table<RunId>, rows: Window<'_, RunRow>) {
        if table.marks.is_empty() {
            self.known.clear();
            return;
        }
        self.know(rows.rows.iter().map(|row| &row.run), table);
    }

    fn know<'a>(&mut self, runs: impl Iterator<Item = &'a Run>, table: &Table<RunId>) {
        let marked = runs.filter(|run| table.marks.contains(&run.id));
        self.known
            .extend(marked.map(|run| (run.id, Target::from(run))));
        self.known.retain(|id, _| table.marks.contains(id));
    }

    /// The marked runs, the first marked first.
    pub fn targets(&self, table: &Table<RunId>) -> Vec<Target> {
        let ids = table.marks.ids().into_iter();
        ids.filter_map(|id| self.known.get(&id).cloned()).collect()
    }

    /// Says something once.
    pub fn say(&mut self, text: String) {
        self.said = Some(text);
    }

    pub fn take_said(&mut self) -> Option<String> {
        self.said.take()
    }
}
