//! What changes something, and what to say of it.

use std::collections::BTreeSet;

use super::DataVerb;
use crate::{
    domain::{
        datasets::VersionId,
        filter::Filter,
        ids::RunId,
        runs::{Run, RunState, Tag},
        text::counted,
    },
    ops::{
        self,
        runs::{self, Stop},
    },
    tui::text,
    workspace::Workspace,
};

/// What changes something.
#[derive(Clone, Debug, PartialEq)]
pub enum Verb {
    Stop(RunId, Stop),
    Pause(RunId),
    Resume(RunId),
    Adopt(RunId),
    Checkpoint(RunId),
    Tag(RunId, Vec<Tag>, Vec<Tag>),
    Note(RunId, String),
    Priority(RunId, i32),
    /// Keeps a filter under a name.
    Save(String, Filter),
    /// One after the other, as far as each is possible.
    Each(Vec<Verb>),
    /// Into the trash, together, and why, which may be empty.
    Trash(Vec<RunId>, String),
    /// Out of it.
    Restore(Vec<RunId>),
    Train {
        preset: String,
        overrides: Vec<String>,
        note: String,
    },
    Data(DataVerb),
}

#[derive(Debug, Default, PartialEq)]
pub struct Said {
    pub text: String,
    /// A run to open, when one was made.
    pub run: Option<RunId>,
    /// A data version that was made.
    pub version: Option<VersionId>,
    /// What takes it back, where only who did it knows.
    pub back: Option<Verb>,
}

impl Said {
    pub fn of(text: String) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }

    pub fn taken_back_by(self, verb: DataVerb) -> Self {
        let back = Some(Verb::Data(verb));
        Self { back, ..self }
    }
}

impl Verb {
    /// One verb on several runs; on one it is that verb.
    pub fn each(verbs: impl IntoIterator<Item = Self>) -> Self {
        let mut verbs: Vec<Self> = verbs.into_iter().collect();
        match verbs.len() {
            1 => verbs.remove(0),
            _ => Self::Each(verbs),
        }
    }

    /// Does it want a reason, where much goes at once?
    pub fn wants_reason(&self) -> bool {
        matches!(self, Self::Trash(..) | Self::Data(DataVerb::Trash(..)))
    }

    /// The same, for this reason.
    pub fn because(mut self, why: &str) -> Self {
        if let Self::Trash(_, reason) | Self::Data(DataVerb::Trash(_, reason)) = &mut self {
            why.trim().clone_into(reason);
        }
        self
    }

    /// The run it is about; `None` for one that is about several, or makes one.
    pub fn run(&self) -> Option<RunId> {
        match self {
            Self::Stop(id, _)
            | Self::Pause(id)
            | Self::Resume(id)
            | Self::Adopt(id)
            | Self::Checkpoint(id)
            | Self::Tag(id, ..)
            | Self::Note(id, _)
            | Self::Priority(id, _) => Some(*id),
            Self::Each(_)
            | Self::Save(..)
            | Self::Trash(..)
            | Self::Restore(_)
            | Self::Train { .. }
            | Self::Data(_) => None,
        }
    }

    pub fn perform(&self, ws: &Workspace) -> ops::Result<Said> {
        let of = |text: &str, run: Run| Said::of(format!("{}: {text}", run.name));
        Ok(match self {
            Self::Each(verbs) => return each(verbs, ws),
            Self::Data(verb) => return verb.perform(ws),
            Self::Save(name, filter) => {
                let saved = ops::filters::save(ws, name, filter)?;
                Said::of(format!("@{} stands for {}", saved.name, saved.text))
            }
            Self::Trash(ids, reason) => return trash(ws, ids, reason),
            Self::Restore(ids) => {
                let report = runs::restore(ws, ids)?;
                return told(&report, "back from the trash");
            }
            Self::Stop(id, how) => {
                let run = runs::stop(ws, id, *how)?;
                let text = match (&run.state, how) {
                    (RunState::Ended { .. }, _) => "stopped before it began",
                    (RunState::Orphaned { .. }, _) => "killed",
                    (_, Stop::Gently) => "asked to stop after this step",
                    (_, Stop::Now) => "asked to stop now",
                };
                of(text, run)
            }
            Self::Pause(id) => of("asked to pause", runs::pause(ws, id)?),
            Self::Resume(id) => {
                let resumed = runs::resume(ws, id)?;
                of(resumed.sentence(), resumed.run)
            }
            Self::Adopt(id) => of("watched again", runs::adopt(ws, id)?),
            Self::Checkpoint(id) => of("asked for a checkpoint", runs::checkpoint(ws, id)?),
            Self::Tag(id, add, remove) => of("tags kept", runs::tag(ws, id, add, remove)?),
            Self::Note(id, text) => of("note kept", runs::note(ws, id, text)?),
            Self::Priority(id, priority) => {
                ops::jobs::set_priority(ws, id, *priority)?;
                Said::of(format!("priority {priority}"))
            }
            Self::Train {
                preset,
                overrides,
                note,
            } => {
                let submitted = ops::jobs::train(
                    ws,
                    ops::jobs::Train {
                        name: preset.clone(),
                        preset: ops::presets::resolve(ws, preset, overrides)?,
                        queueing: ops::jobs::Queueing {
                            note: note.clone(),
                            ..Default::default()
                        },
                    },
                )?;
                Said {
                    run: Some(submitted.run),
                    ..Said::of(format!("{} queued", submitted.name))
                }
            }
        })
    }
}

/// Says what goes free, and how the runs come back.
fn trash(ws: &Workspace, ids: &[RunId], reason: &str) -> ops::Result<Said> {
    let report = runs::trash(ws, ids, reason)?;
    let mut said = told(&report, "in the trash")?;
    let done: BTreeSet<RunId> = report.done().map(|run| run.id).collect();
    let found = runs::in_trash(ws)?.into_iter();
    let bytes: u64 = found
        .filter(|found| done.contains(&found.run.id))
        .map(|found| found.bytes)
        .sum();
    let days = u64::from(ws.config.store.trash_days);
    let in_days = counted(days, "day");
    let bytes = text::bytes(bytes as f64);
    said.text += &format!(": {bytes} go free in {in_days}");
    Ok(said)
}

/// What became of several runs, in a sentence; an error where nothing was done.
fn told(report: &runs::Report, done: &str) -> ops::Result<Said> {
    let names: Vec<&str> = report.done().map(|run| run.name.as_str()).collect();
    let refused = report.refused().next();
    let text = match (&names[..], refused) {
        ([], Some((_, error))) => {
            let refusal = ops::Error::new(error.kind, error.message.clone());
            return Err(match &error.hint {
                Some(hint) => refusal.hint(hint.clone()),
                None => refusal,
            });
        }
        ([name], None) => format!("{name} is {done}"),
        (names, None) => format!("{} runs are {done}", names.len()),
        (names, Some((_, error))) => {
            let count = names.len() + report.refused().count();
            format!("{} of {count} runs are {done}; {error}", names.len())
        }
    };
    Ok(Said::of(text))
}

/// Tells of the first, and how many others there were. One that is refused keeps none of the others.
fn each(verbs: &[Verb], ws: &Workspace) -> ops::Result<Said> {
    let (mut done, mut back, mut refused) = (vec![], vec![], vec![]);
    for verb in verbs {
        match verb.perform(ws) {
            Ok(said) => {
                done.push(said.text);
                // What was done last is taken back first.
                back.splice(0..0, said.back);
            }
            Err(error) => refused.push(error),
        }
    }
    let count = verbs.len();
    let first = done.first().cloned().unwrap_or_default();
    match (refused.into_iter().next(), done.len()) {
        (Some(error), 0) => Err(error),
        (Some(mut error), so_many) => {
            error.message = format!("{so_many} of {count} done: {}", error.message);
            Err(error)
        }
        (None, so_many) => Ok(Said {
            back: (!back.is_empty()).then(|| Verb::each(back)),
            ..Said::of(match so_many {
                1 => first,
                so_many => format!("{first}, and {} more", so_many - 1),
            })
        }),
    }
}
