//! The courses of some of a run's metrics, fetched for those that are in sight.

use crate::{
    domain::{ids::RunId, metrics::Summary},
    tui::{
        effect::{Answer, Effect, Trend, TrendsQuestion},
        event::{Ticket, Tickets},
        remote::Remote,
    },
};

#[derive(Debug, Default)]
pub struct Trends(Remote<TrendsQuestion, Vec<Trend>>);

impl Trends {
    /// Notes that this frame shows the courses of these, each in so many columns.
    pub fn want<'a>(
        &mut self,
        run: RunId,
        metrics: impl Iterator<Item = &'a Summary>,
        columns: usize,
    ) {
        let metrics = metrics.map(|summary| (summary.metric.clone(), summary.last_step));
        self.0.want(TrendsQuestion {
            run,
            metrics: metrics.collect(),
            columns,
        });
    }

    pub fn ask(&mut self, tickets: &mut Tickets) -> Option<Effect> {
        let (ticket, question) = self.0.ask(tickets)?;
        Some(Effect::Trends(ticket, question))
    }

    pub fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        match answer {
            Answer::Trends(result) if self.0.awaits(ticket) => {
                self.0.answer(result);
                None
            }
            other => Some(other),
        }
    }

    /// The course of a metric; empty while it is not known.
    pub fn of(&self, metric: &str) -> &[Option<f64>] {
        let mut known = self.0.value.iter().flatten();
        let trend = known.find(|trend| trend.metric == metric);
        trend.map_or(&[], |trend| &trend.values)
    }
}
