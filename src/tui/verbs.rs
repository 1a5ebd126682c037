//! The verbs on a run: whether one makes sense now, and what it becomes.

use super::{
    action::Action,
    effect::Verb,
    overlay::{
        Overlay,
        confirm::Confirm,
        prompt::{Prompt, Purpose},
    },
    shared::{Reaction, Shared, Target},
    text,
};
use crate::domain::{
    runs::{RunKind, StateWord, Tag},
    time::Span,
};

/// Why an action is not possible on this run now; `None` when it is, or when it needs no run.
pub fn refusal(action: Action, target: Option<&Target>, shared: &Shared) -> Option<String> {
    if shared.is_read_only
        && (action.changes_state() || matches!(action, Action::Tag | Action::Note))
    {
        return Some("this screen is read only".into());
    }
    if !matches!(
        action,
        Action::Stop
            | Action::Pause
            | Action::Resume
            | Action::Checkpoint
            | Action::Raise
            | Action::Lower
            | Action::Tag
            | Action::Note
    ) {
        return None;
    }
    let Some(target) = target else {
        return Some("no run is selected".into());
    };
    let word = target.state.word();
    let is_possible = match action {
        Action::Stop => !target.state.has_ended(),
        Action::Pause | Action::Checkpoint => {
            matches!(word, StateWord::Running | StateWord::Stalled)
        }
        Action::Raise | Action::Lower => word == StateWord::Queued,
        Action::Resume => !matches!(
            word,
            StateWord::Queued | StateWord::Running | StateWord::Stalled | StateWord::Done
        ),
        _ => true,
    };
    if !is_possible {
        return Some(format!("{} is {word}", target.name));
    }
    if action == Action::Resume && target.kind == Some(RunKind::Command) && target.state.has_ended()
    {
        return Some(format!(
            "{} is a foreign program: `sconce run -- …` starts it again",
            target.name
        ));
    }
    let needs_labels = matches!(action, Action::Tag | Action::Note) && target.labels.is_none();
    needs_labels.then(|| "open the run first: Enter".to_owned())
}

/// What a verb that is possible does: at once where nothing is lost, through a question where work or a turn is.
pub fn reaction(action: Action, target: &Target, shared: &Shared) -> Reaction {
    let id = target.id;
    match (action, target.state.word()) {
        (Action::Stop, _) => Reaction::Overlay(Box::new(Overlay::Confirm(stop(target, shared)))),
        (Action::Pause, _) => Reaction::Do(Verb::Pause(id)),
        (Action::Checkpoint, _) => Reaction::Do(Verb::Checkpoint(id)),
        (Action::Resume, StateWord::Orphaned) => Reaction::Do(Verb::Adopt(id)),
        (Action::Resume, _) => Reaction::Do(Verb::Resume(id)),
        (Action::Tag, _) => prompt(Purpose::Tags(id), ""),
        (Action::Note, _) => prompt(
            Purpose::Note(id),
            target.labels.as_ref().map_or("", |(_, note)| note),
        ),
        _ => Reaction::None,
    }
}

fn prompt(purpose: Purpose, text: &str) -> Reaction {
    Reaction::Overlay(Box::new(Overlay::Prompt(Prompt::new(purpose, text))))
}

/// The question before a stop, with what is at stake in numbers.
pub fn stop(target: &Target, shared: &Shared) -> Confirm {
    let worked = target
        .state
        .started()
        .map(|since| Span(shared.now.since(since)));
    if target.state.word() == StateWord::Queued {
        return Confirm::stop(target, "it has not begun; it loses its turn", shared);
    }
    let mut stake = match target.progress.steps {
        Some(steps) => format!(
            "step {} of {}",
            text::count(target.progress.step),
            text::count(steps)
        ),
        None => format!("step {}", text::count(target.progress.step)),
    };
    if let Some(worked) = worked {
        stake += &format!(", {worked} of work");
    }
    if target.state.word() == StateWord::Orphaned {
        stake += "; its watcher is gone, the program still runs";
    }
    Confirm::stop(target, &stake, shared)
}

/// Tags to add and to take away, as a person writes them: `baseline -junk`.
pub fn tags(text: &str) -> Result<(Vec<Tag>, Vec<Tag>), String> {
    let (mut add, mut remove) = (vec![], vec![]);
    for word in text.split_whitespace() {
        let (list, word) = match word.strip_prefix('-') {
            Some(word) => (&mut remove, word),
            None => (&mut add, word),
        };
        list.push(Tag::try_from(word.to_owned()).map_err(|error| error.to_string())?);
    }
    Ok((add, remove))
}
