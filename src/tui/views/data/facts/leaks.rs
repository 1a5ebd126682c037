//! What the splits of a version have in common that they should not, once somebody asks for it.

use super::{Fact, Lead};
use crate::{
    data::overlap::Overlap,
    domain::{datasets::VersionId, text::counted},
    ops::datasets::Leaks,
    tui::{
        effect::{Answer, Effect},
        event::{Ticket, Tickets},
        shared::Reaction,
        text,
        theme::Role,
        work::OnDemand,
    },
};

#[derive(Default)]
pub struct LeakCheck(OnDemand<VersionId, Box<Leaks>>);

impl LeakCheck {
    /// Begins to look; what failed is tried again.
    pub fn look(&mut self, of: VersionId) -> Reaction {
        match self.0.want(of) {
            Ok(()) => Reaction::Done,
            Err(other) => {
                let text = format!("the splits of {other} are being looked at: Esc stops it");
                Reaction::Refuse(text)
            }
        }
    }

    /// Says whether there was something to stop.
    pub fn stop(&mut self) -> bool {
        self.0.stop()
    }

    pub fn is_at_work(&self) -> bool {
        self.0.at_work().is_some()
    }

    /// What is known, or how it comes to be.
    pub fn facts(&self, of: &VersionId) -> Vec<Fact> {
        let fact = |value: String, role| Fact::new("leaks", value, role);
        if let Some((_, work)) = self.0.at_work().filter(|(at, _)| *at == of) {
            let text = format!("looking {}: Esc stops it", work.told());
            return vec![fact(text, Role::Running)];
        }
        match self.0.known(of) {
            None => {
                let text = "not looked for: Enter does".to_owned();
                vec![fact(text, Role::Dim).leading(Lead::Leaks)]
            }
            Some(Err(error)) => {
                let tried = fact(error.to_string(), Role::Error).leading(Lead::Leaks);
                let hint = error.hint.clone();
                let hint = hint.map(|hint| Fact::new("", hint, Role::Dim));
                [tried].into_iter().chain(hint).collect()
            }
            Some(Ok(found)) => {
                let mut facts: Vec<Fact> = found.overlaps.iter().flat_map(told).collect();
                if let Some(first) = facts.first_mut() {
                    first.name = "leaks";
                }
                facts
            }
        }
    }

    pub fn ask(&mut self, tickets: &mut Tickets) -> Option<Effect> {
        let (ticket, id, work) = self.0.ask(tickets)?;
        Some(Effect::Leaks(ticket, id, work))
    }

    pub fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        match answer {
            Answer::Leaks(result) if self.0.awaits(ticket) => self.0.answer(result),
            other => return Some(other),
        }
        None
    }
}

/// What two splits have in common, with the first rows that are in both.
fn told(overlap: &Overlap) -> Vec<Fact> {
    let Overlap { earlier, later, .. } = overlap;
    let count = overlap.rows.count;
    if count == 0 {
        let text = format!("{earlier} and {later} have no row in common");
        return vec![Fact::new("", text, Role::Ok)];
    }
    let all = text::count(overlap.counts[1] as i64);
    let rows = counted(count, "row");
    let text = format!("{rows} of the {all} of {later} are in {earlier}");
    let examples = overlap.rows.examples.iter();
    let examples = examples.map(|example| Fact::new("", example.clone(), Role::Dim).in_a_line());
    let found = Fact::new("", text, Role::Warn);
    [found].into_iter().chain(examples).collect()
}
