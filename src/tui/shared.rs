//! What every pane may know, and how panes answer: the two things that pass between `App` and its views.

use std::collections::BTreeSet;

use super::{effect::Verb, event::Opened, look::Look, overlay::Overlay};
use crate::domain::{
    ids::RunId,
    runs::{Progress, Run, RunKind, RunState, Tag},
    time::Timestamp,
};

/// Facts of the whole screen.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The time of the event that is being handled, or drawn.
    pub now: Timestamp,
    pub look: Look,
    pub store: Opened,
    /// The metric shown first; empty means each run's own.
    pub metric: String,
    pub is_read_only: bool,
}

/// What came of an action in a view.
#[derive(Debug)]
pub enum Reaction {
    /// It means nothing here; perhaps it does to the screen as a whole.
    None,
    Done,
    Open(RunId),
    Overlay(Box<Overlay>),
    Do(Verb),
    /// Why it cannot be done now.
    Refuse(String),
}

/// The run that verbs act on, as far as the view knows it.
#[derive(Clone, Debug)]
pub struct Target {
    pub id: RunId,
    pub name: String,
    pub state: RunState,
    pub kind: Option<RunKind>,
    pub progress: Progress,
    /// Tags and note, where the view has them.
    pub labels: Option<(BTreeSet<Tag>, String)>,
}

impl From<&Run> for Target {
    fn from(run: &Run) -> Self {
        Self {
            id: run.id,
            name: run.name.clone(),
            state: run.state.clone(),
            kind: Some(run.kind),
            progress: run.progress,
            labels: Some((run.tags.clone(), run.note.clone())),
        }
    }
}
