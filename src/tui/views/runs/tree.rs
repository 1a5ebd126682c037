//! The experiments of the store, each with its runs counted; the one under the cursor narrows the list.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use crate::tui::{
    action::Action,
    effect::{Answer, Effect},
    event::{Ticket, Tickets},
    look::Pane,
    remote::Remote,
    shared::{Reaction, Shared},
    table::{Cell, Column, Row, Sheet, Table, Window},
    text,
    theme::Role,
};

#[derive(Default)]
pub struct Tree {
    answer: Remote<(), Vec<(String, u64)>>,
    /// All runs, then experiment by experiment.
    rows: Vec<Branch>,
    table: Table<Option<String>>,
    /// What the tree has put before the filter of the list, and whether that stands in brackets behind it.
    narrows: String,
    has_brackets: bool,
}

struct Branch {
    /// `None` for all runs.
    experiment: Option<String>,
    name: String,
    runs: u64,
}

impl Row for Branch {
    type Id = Option<String>;

    fn id(&self) -> Option<String> {
        self.experiment.clone()
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl Tree {
    pub fn act(&mut self, action: Action) -> Reaction {
        self.table.act(action, Window::whole(&self.rows))
    }

    /// The filter of the list once the experiment under the cursor narrows it.
    pub fn narrowed(&mut self, filter: &str) -> String {
        let rest = match filter.strip_prefix(&self.narrows).map(str::trim) {
            Some(rest) if self.has_brackets => {
                let inner = rest
                    .strip_prefix('(')
                    .and_then(|rest| rest.strip_suffix(')'));
                inner.unwrap_or(rest)
            }
            rest => rest.unwrap_or(filter),
        };
        let rest = rest.to_owned();
        let row = self.table.row(Window::whole(&self.rows));
        let experiment = row.and_then(|row| row.experiment.as_ref());
        self.narrows = experiment.map_or_else(String::new, |name| {
            let name = name.replace('\\', "\\\\").replace('"', "\\\"");
            format!("experiment=\"{name}\"")
        });
        // What was typed may be an alternative.
        self.has_brackets = !self.narrows.is_empty() && rest.contains(['|', '(']);
        match (self.narrows.as_str(), rest.as_str()) {
            (narrows, "") => narrows.to_owned(),
            ("", rest) => rest.to_owned(),
            (narrows, rest) if self.has_brackets => format!("{narrows} ({rest})"),
            (narrows, rest) => format!("{narrows} {rest}"),
        }
    }

    pub fn draw(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared, is_focused: bool) {
        self.answer.want(());
        let look = &shared.look;
        let pane = Pane::new("experiments").focused(is_focused);
        let inner = look.pane(buffer, area, &pane);
        let name = Column::new("EXPERIMENT", |row: &Branch| {
            let role = match row.experiment {
                Some(_) => Role::Text,
                None => Role::Title,
            };
            Cell::of(&row.name, look, role)
        });
        let runs = Column::new("RUNS", |row: &Branch| {
            Cell::of(text::count(row.runs as i64), look, Role::Dim)
        });
        let sheet = Sheet {
            columns: vec![name.least(8).fills(), runs.right()],
            rows: (self.answer.value.as_ref()).map(|_| Window::whole(&self.rows)),
            error: self.answer.error.as_ref(),
            empty: vec![Line::from(" no runs yet")],
        };
        self.table.draw(buffer, inner, shared, &sheet, is_focused);
    }

    pub fn ask(&mut self, tickets: &mut Tickets) -> Option<Effect> {
        let (ticket, ()) = self.answer.ask(tickets)?;
        Some(Effect::Experiments(ticket))
    }

    pub fn expire(&mut self) {
        self.answer.expire();
    }

    pub fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        match answer {
            Answer::Experiments(result) if self.answer.awaits(ticket) => {
                self.answer.answer(result);
                self.grow();
                None
            }
            other => Some(other),
        }
    }

    fn grow(&mut self) {
        let known = self.answer.value.as_deref().unwrap_or_default();
        let all = Branch {
            experiment: None,
            name: "all".to_owned(),
            runs: known.iter().map(|(_, runs)| runs).sum(),
        };
        let branch = |(name, runs): &(String, u64)| Branch {
            experiment: Some(name.clone()),
            name: name.clone(),
            runs: *runs,
        };
        self.rows = [all].into_iter().chain(known.iter().map(branch)).collect();
        self.table.settle(Window::whole(&self.rows), None, true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::filter::Filter;

    #[test]
    fn an_experiment_stands_before_the_filter_and_takes_the_place_of_the_last() {
        let mut tree = Tree::default();
        let known = vec![("vision \"a\"".to_owned(), 3), ("text".to_owned(), 1)];
        tree.answer.answer(Ok(known));
        tree.grow();
        let mut filter = "state:done | x".to_owned();
        for (action, wanted) in [
            (
                Action::Down,
                r#"experiment="vision \"a\"" (state:done | x)"#,
            ),
            (Action::Down, r#"experiment="text" (state:done | x)"#),
        ] {
            tree.act(action);
            filter = tree.narrowed(&filter);
            assert_eq!(filter, wanted);
            assert!(Filter::parse(&filter).is_ok(), "{filter}");
        }
        tree.act(Action::First);
        assert_eq!(tree.narrowed(&filter), "state:done | x");
        tree.act(Action::Last);
        assert_eq!(tree.narrowed(""), r#"experiment="text""#);
        assert_eq!(
            tree.narrowed(r#"experiment="text" lynx"#),
            r#"experiment="text" lynx"#
        );
    }
}
