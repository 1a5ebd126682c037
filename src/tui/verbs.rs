//! The verbs on a run: whether one makes sense now, and what it becomes.

use super::{
    action::Action,
    effect::Verb,
    overlay::{
        Overlay,
        confirm::{Answer, Confirm, MOST_BY_KEY, Question, Tier},
        prompt::{Prompt, Purpose},
    },
    shared::{Reaction, Shared, Target},
    text,
};
use crate::{
    domain::{
        ids::RunId,
        runs::{RunKind, StateWord, Tag},
        time::Span,
    },
    ops::runs::Stop,
};

/// Why an action is not possible on these runs now; `None` when it is on one of them, or when it needs no run.
pub fn refusal(action: Action, targets: &[Target], shared: &Shared) -> Option<String> {
    if is_locked(action, shared) {
        return Some(LOCKED.into());
    }
    if !is_of_runs(action) {
        return None;
    }
    let mut refusals = targets.iter().map(|target| refusal_of_one(action, target));
    let Some(first) = refusals.next() else {
        return Some("no run is selected".into());
    };
    if action == Action::Note && 1 < targets.len() {
        return Some("a note is of one run".into());
    }
    let why = first?;
    if refusals.any(|refusal| refusal.is_none()) {
        return None;
    }
    Some(match targets.len() {
        1 => why,
        count => format!("none of the {count} can: {why}"),
    })
}

/// Why nothing can be changed on a screen that is only looked at.
pub const LOCKED: &str = "this screen is read only";

/// Would this change something on a screen that is read only?
pub fn is_locked(action: Action, shared: &Shared) -> bool {
    shared.is_read_only && (action.changes_state() || matches!(action, Action::Tag | Action::Note))
}

fn is_of_runs(action: Action) -> bool {
    use Action::{Checkpoint, Lower, Note, Pause, Raise, Resume, Stop, Tag, Trash};
    matches!(
        action,
        Stop | Pause | Resume | Checkpoint | Raise | Lower | Tag | Note | Trash
    )
}

fn refusal_of_one(action: Action, target: &Target) -> Option<String> {
    let word = target.state.word();
    if target.is_trashed {
        // What is there is looked at, or taken out.
        let is_possible = matches!(action, Action::Resume | Action::Tag | Action::Note);
        return (!is_possible).then(|| format!("{} is in the trash: R takes it out", target.name));
    }
    let is_possible = match action {
        Action::Trash => target.state.has_ended(),
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

/// What a verb that is possible does, on those of the runs on which it is: at once where nothing is lost, through a
/// question where work or a turn is.
pub fn reaction(action: Action, targets: &[Target], shared: &Shared) -> Reaction {
    if !is_of_runs(action) {
        return Reaction::None;
    }
    let able = targets.iter();
    let able: Vec<Target> = able
        .filter(|target| refusal_of_one(action, target).is_none())
        .cloned()
        .collect();
    let each = |verb: fn(&Target) -> Verb| Reaction::Do(Verb::each(able.iter().map(verb)));
    match action {
        Action::Stop => {
            let confirm = Confirm::new(stop(&able, targets.len(), shared), &able, shared.now);
            Reaction::Overlay(Box::new(Overlay::Confirm(confirm)))
        }
        Action::Pause => each(|target| Verb::Pause(target.id)),
        Action::Checkpoint => each(|target| Verb::Checkpoint(target.id)),
        Action::Trash => {
            let confirm = Confirm::new(trash(&able, targets.len()), &able, shared.now);
            Reaction::Overlay(Box::new(Overlay::Confirm(confirm)))
        }
        Action::Resume if able.iter().any(|target| target.is_trashed) => {
            let trashed = able.iter().filter(|target| target.is_trashed);
            Reaction::Do(Verb::Restore(trashed.map(|target| target.id).collect()))
        }
        Action::Resume => each(|target| match target.state.word() {
            StateWord::Orphaned => Verb::Adopt(target.id),
            _ => Verb::Resume(target.id),
        }),
        Action::Tag => prompt(
            Purpose::Tags(able.iter().map(|target| target.id).collect()),
            "",
        ),
        Action::Note => match &able[..] {
            [target] => {
                let note = target.labels.as_ref().map_or("", |(_, note)| note);
                prompt(Purpose::Note(target.id), note)
            }
            _ => Reaction::None,
        },
        _ => Reaction::None,
    }
}

fn prompt(purpose: Purpose, text: &str) -> Reaction {
    Reaction::Overlay(Box::new(Overlay::Prompt(Prompt::new(purpose, text))))
}

/// The question before runs that have ended go into the trash, of so many that were chosen.
fn trash(able: &[Target], chosen: usize) -> Question {
    let (title, mut lines) = match able {
        [target] => {
            let name = crate::domain::text::shown(&target.name);
            let command = format!("sconce runs rm {name}");
            (format!("Put {name} into the trash?"), vec![command])
        }
        _ => {
            let command = "sconce runs rm --filter … --yes --reason …".to_owned();
            let title = format!("Put {} runs into the trash?", able.len());
            let is_many = MOST_BY_KEY < able.len();
            (title, is_many.then_some(command).into_iter().collect())
        }
    };
    let them = if able.len() == 1 { "it" } else { "them" };
    lines.insert(
        0,
        format!("u takes {them} back; after some days there, gone for good"),
    );
    if able.len() < chosen {
        lines.push(format!("{} have not ended and stay", chosen - able.len()));
    }
    Question {
        action: Action::Trash,
        title,
        lines,
        keep: "Keep",
        answers: vec![Answer {
            key: 'y',
            button: "To the trash",
            means: "no list shows it",
            verb: Verb::Trash(able.iter().map(|target| target.id).collect(), String::new()),
        }],
        tier: Tier::of(able),
    }
}

/// The question before a stop of the runs that can be stopped, of so many that were chosen.
fn stop(able: &[Target], chosen: usize, shared: &Shared) -> Question {
    let verb = |how: Stop| Verb::each(able.iter().map(move |target| Verb::Stop(target.id, how)));
    let answer = |key: char, button: &'static str, means: &'static str, how: Stop| Answer {
        key,
        button,
        means,
        verb: verb(how),
    };
    let all_are =
        |word: StateWord| !able.is_empty() && able.iter().all(|run| run.state.word() == word);
    let all_foreign = able.iter().all(|run| run.kind == Some(RunKind::Command));
    let is_queued = all_are(StateWord::Queued);
    let answers = if is_queued {
        let means = if able.len() == 1 {
            "it leaves the queue"
        } else {
            "they leave the queue"
        };
        vec![answer('y', "Stop", means, Stop::Now)]
    } else if all_are(StateWord::Orphaned) {
        vec![answer('y', "Kill", "at once", Stop::Now)]
    } else if all_foreign {
        let means = if able.len() == 1 {
            "it may end in order"
        } else {
            "they may end in order"
        };
        vec![
            answer('y', "Stop", means, Stop::Gently),
            answer('!', "Stop now", "without time to end", Stop::Now),
        ]
    } else {
        let means = "after this step, with a checkpoint";
        vec![
            answer('y', "Stop", means, Stop::Gently),
            answer('!', "Stop now", "without a checkpoint", Stop::Now),
        ]
    };
    let (title, mut lines) = match able {
        [target] => {
            let name = crate::domain::text::shown(&target.name);
            let command = format!("sconce runs stop {name}");
            (
                format!("Stop {name}?"),
                vec![stake(target, shared), command],
            )
        }
        _ => (format!("Stop {} runs?", able.len()), stakes(able, shared)),
    };
    if let Some(way) = going_on(able) {
        let way = match all_foreign {
            true => format!("a foreign program cannot go on: {way}"),
            false => way,
        };
        lines.insert(1.min(lines.len()), way);
    }
    if able.len() < chosen {
        lines.push(format!("{} have ended and stay", chosen - able.len()));
    }
    Question {
        action: Action::Stop,
        title,
        lines,
        keep: if is_queued {
            "Keep queued"
        } else {
            "Keep running"
        },
        answers,
        tier: Tier::of(able),
    }
}

/// How runs that are stopped at work are taken up again; nothing of those that did not begin.
fn going_on(targets: &[Target]) -> Option<String> {
    let has_begun = |target: &&Target| target.state.word() != StateWord::Queued;
    let begun: Vec<&Target> = targets.iter().filter(has_begun).collect();
    let is_foreign = |target: &&&Target| target.kind == Some(RunKind::Command);
    Some(
        match (begun.len(), begun.iter().filter(is_foreign).count()) {
            (0, _) => return None,
            (1, 0) => "R goes on from its last checkpoint".to_owned(),
            (_, 0) => "R goes on from their last checkpoints".to_owned(),
            (1, 1) => "`sconce run -- …` starts it again".to_owned(),
            (all, foreign) if all == foreign => "`sconce run -- …` starts them again".to_owned(),
            (_, foreign) => format!("R goes on from checkpoints, but not with {foreign} foreign"),
        },
    )
}

/// What to say to a person who wants to take a change back that has no opposite.
pub fn instead(verb: &Verb, targets: &[Target]) -> Option<String> {
    let is_stop = match verb {
        Verb::Each(verbs) => verbs.iter().all(|verb| matches!(verb, Verb::Stop(..))),
        verb => matches!(verb, Verb::Stop(..)),
    };
    if !is_stop {
        return None;
    }
    let way = going_on(targets).unwrap_or_else(|| "C trains anew".to_owned());
    Some(format!("a stop is not taken back: {way}"))
}

/// What is at stake with a run, in numbers.
fn stake(target: &Target, shared: &Shared) -> String {
    if target.state.word() == StateWord::Queued {
        return "it has not begun; it loses its turn".to_owned();
    }
    let (step, steps) = (target.progress.step, target.progress.steps);
    let mut stake = match steps.filter(|steps| step <= *steps) {
        Some(steps) => format!("step {} of {}", text::count(step), text::count(steps)),
        None => format!("step {}", text::count(step)),
    };
    if let Some(worked) = worked(target, shared) {
        stake += &format!(", {} of work", Span(worked));
    }
    if target.state.word() == StateWord::Orphaned {
        stake += "; its watcher is gone, the program still runs";
    }
    stake
}

/// What is at stake with several.
fn stakes(targets: &[Target], shared: &Shared) -> Vec<String> {
    let worked: i64 = targets.iter().filter_map(|run| worked(run, shared)).sum();
    let queued = targets
        .iter()
        .filter(|run| run.state.word() == StateWord::Queued)
        .count();
    let mut lines = vec![];
    if 0 < worked {
        lines.push(format!("{} of work together", Span(worked)));
    }
    match queued {
        0 => {}
        1 => lines.push("1 has not begun; it loses its turn".to_owned()),
        many => lines.push(format!("{many} have not begun; they lose their turns")),
    }
    lines
}

/// Milliseconds since a run was started.
fn worked(target: &Target, shared: &Shared) -> Option<i64> {
    Some(shared.now.since(target.state.started()?))
}

/// The verb that takes another back; `None` for one that has no opposite, or changes nothing.
pub fn opposite(verb: &Verb, targets: &[Target]) -> Option<Verb> {
    let labels = |id: &RunId| {
        let target = targets.iter().find(|target| target.id == *id)?;
        target.labels.as_ref()
    };
    match verb {
        Verb::Each(verbs) => {
            let opposites = verbs.iter().filter_map(|verb| opposite(verb, targets));
            let opposites: Vec<Verb> = opposites.collect();
            (!opposites.is_empty()).then(|| Verb::each(opposites))
        }
        Verb::Trash(ids, _) => Some(Verb::Restore(ids.clone())),
        Verb::Note(id, text) => {
            let (_, before) = labels(id)?;
            (before != text).then(|| Verb::Note(*id, before.clone()))
        }
        Verb::Tag(id, add, remove) => {
            let (before, _) = labels(id)?;
            // Only what was not so before is taken back.
            let added = add.iter().filter(|tag| !before.contains(tag));
            let removed = remove.iter().filter(|tag| before.contains(tag));
            let (added, removed): (Vec<Tag>, Vec<Tag>) =
                (added.cloned().collect(), removed.cloned().collect());
            let is_nothing = added.is_empty() && removed.is_empty();
            (!is_nothing).then(|| Verb::Tag(*id, removed, added))
        }
        _ => None,
    }
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
