//! What a person had open, kept over the end of the screen.

use serde::{Deserialize, Serialize};

use super::{place::Place, views::Root};

/// The root in front, and each stack from its root up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Session {
    pub root: Root,
    pub stacks: Vec<Vec<Place>>,
    /// The charts that are wanted of an experiment's runs, by its name.
    pub charts: std::collections::BTreeMap<String, String>,
}

impl Session {
    /// What it was, with this in front: a root with nothing above it, or a place opened from the runs.
    pub fn at(mut self, place: Place) -> Self {
        let root = place.root();
        self.root = root;
        self.stacks.retain(|stack| {
            let first = stack.first().map(Place::root);
            first.is_some_and(|first| first != root)
        });
        let stack = match place.is_root() {
            true => vec![place],
            false => vec![Place::of_root(root), place],
        };
        self.stacks.push(stack);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::{fixture, place::Spot};

    #[test]
    fn a_link_replaces_its_own_stack_and_no_other() {
        let session = Session {
            root: Root::Jobs,
            stacks: vec![
                vec![
                    Place::of_root(Root::Runs),
                    Place::of(Spot::Run(fixture::id(1))),
                ],
                vec![Place::of_root(Root::Jobs)],
            ],
            ..Session::default()
        };
        let run = Place::of(Spot::Run(fixture::id(2)));
        let opened = session.at(run.clone());
        assert_eq!(opened.root, Root::Runs);
        assert_eq!(
            opened.stacks,
            [
                vec![Place::of_root(Root::Jobs)],
                vec![Place::of_root(Root::Runs), run]
            ]
        );
    }

    #[test]
    fn a_session_is_read_as_it_is_written() {
        let session = Session::default().at(Place::of(Spot::Run(fixture::id(2))));
        let text = serde_json::to_string(&session).unwrap();
        assert_eq!(serde_json::from_str::<Session>(&text).unwrap(), session);
    }
}
