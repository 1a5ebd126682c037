//! What is done with data versions: the keys of each part, and the verbs.

use super::{Data, Kept, Part};
use crate::{
    domain::{
        datasets::{Version, VersionId},
        text::counted,
    },
    tui::{
        action::Action,
        effect::{DataVerb, Verb},
        overlay::{
            Overlay,
            confirm::{Answer, Confirm, MOST_BY_KEY, Question, Tier},
            prompt::{Prompt, Purpose},
            version::VersionForm,
        },
        shared::{Reaction, Shared},
        text,
    },
};

/// Versions that are named in a question.
const NAMED: usize = 5;

impl Data {
    /// What keys do in the part that has them, and what of it goes one step back.
    pub(super) fn act_in_part(&mut self, action: Action) -> Reaction {
        let in_part = match self.focus {
            Part::List if action == Action::Mark => self.mark(),
            Part::List if action == Action::Open => self.open(),
            Part::List => self.go(action),
            Part::Facts => self.facts.act(action),
            Part::Statistics => self.statistics.act(action),
            Part::Changes => self.changes.act(action),
        };
        if !matches!(in_part, Reaction::None) {
            return in_part;
        }
        match action {
            // What is under way in another part.
            Action::Escape | Action::Interrupt if self.stop() => {}
            Action::Escape if self.is_zoomed => self.is_zoomed = false,
            Action::Escape if !self.table.marks.is_empty() => self.table.marks.clear(),
            Action::Undo if !self.table.marks.is_empty() => self.table.marks.clear(),
            Action::Escape if self.focus != Part::List && !self.is_alone => {
                self.focus = Part::List;
            }
            Action::NextSibling | Action::PreviousSibling => return self.step(action),
            _ => return Reaction::None,
        }
        Reaction::Done
    }

    fn stop(&mut self) -> bool {
        let is_stopped = |reaction: Reaction| matches!(reaction, Reaction::Done);
        self.statistics.is_at_work() && is_stopped(self.statistics.act(Action::Escape))
            || self.changes.is_at_work() && is_stopped(self.changes.act(Action::Escape))
            || self.facts.is_at_work() && is_stopped(self.facts.act(Action::Escape))
    }

    /// Why a verb cannot be done now.
    pub(super) fn refusal(&self, action: Action) -> Option<String> {
        if action == Action::Add {
            return None;
        }
        let chosen = self.chosen();
        let Some(first) = chosen.first() else {
            return Some("no version is selected".to_owned());
        };
        let is_in_trash = self.which == Kept::InTrash;
        match action {
            Action::Resume if !is_in_trash => Some(format!("{} is not in the trash", first.name())),
            Action::Trash | Action::Tag if is_in_trash => {
                Some(format!("{} is in the trash: R takes it out", first.name()))
            }
            Action::Tag if 1 < chosen.len() => Some("a tag is of one version".to_owned()),
            Action::Trash => {
                let tagged = chosen.iter().find(|version| !version.tags.is_empty())?;
                let (name, tag) = (tagged.name(), &tagged.tags[0]);
                Some(format!(
                    "{name} has the tag {tag}: `t` with -{tag} takes it away"
                ))
            }
            _ => None,
        }
    }

    /// What a verb that is not refused becomes.
    pub(super) fn verb(&mut self, action: Action, shared: &Shared) -> Reaction {
        let ids: Vec<VersionId> = self.chosen().into_iter().map(Version::id).collect();
        let overlay = match (action, &ids[..]) {
            (Action::Tag, [id]) => Overlay::Prompt(Prompt::new(Purpose::DataTags(id.clone()), "")),
            (Action::Trash, [_, ..]) => {
                let question = question(&self.chosen());
                Overlay::Confirm(Confirm::new(question, &[], shared.now))
            }
            (Action::Resume, [_, ..]) => {
                return Reaction::Do(Verb::Data(DataVerb::Restore(ids)));
            }
            (Action::Add, _) => {
                let mut names: Vec<String> =
                    self.rows().iter().map(|row| row.dataset.clone()).collect();
                names.dedup();
                let here = self.row().map_or("", |row| &row.dataset);
                Overlay::Version(VersionForm::new(here, names))
            }
            _ => return Reaction::Refuse("no version is selected".to_owned()),
        };
        Reaction::Overlay(Box::new(overlay))
    }

    /// What is copied of the selected version.
    pub(super) fn yanked(&self, action: Action) -> Option<(String, String)> {
        let version = self.row()?;
        let name = version.name();
        let cells = [
            name.clone(),
            version.hash.to_string(),
            version.files.to_string(),
            version.bytes.to_string(),
            version.created.rfc3339(),
            version.tags.join(" "),
            version.message.clone(),
        ];
        Some(match action {
            Action::YankId => (format!("the hash of {name}"), version.hash.to_string()),
            Action::YankName => (format!("the name {name}"), name),
            Action::YankRow => {
                // A cell that held a tab would be two.
                let cells = cells.map(|cell| cell.replace(char::is_control, " "));
                (format!("the row of {name}"), cells.join("\t"))
            }
            Action::YankJson => {
                let json = serde_json::to_string_pretty(version).ok()?;
                (format!("all of {name} as JSON"), json)
            }
            Action::YankPath => {
                let place = version.sources.first()?;
                (format!("where {name} came from"), place.at.clone())
            }
            _ => return None,
        })
    }
}

/// The question before versions go into the trash.
fn question(versions: &[&Version]) -> Question {
    let ids: Vec<VersionId> = versions.iter().map(|version| version.id()).collect();
    let bytes: u64 = versions.iter().map(|version| version.bytes).sum();
    let (title, mut lines, them) = match versions {
        [version] => {
            let name = version.name();
            let lines = vec![format!("sconce data rm {name}")];
            (format!("Put {name} into the trash?"), lines, "it")
        }
        many => {
            let mut lines: Vec<String> = many
                .iter()
                .take(NAMED)
                .map(|version| version.name())
                .collect();
            if NAMED < many.len() {
                lines.push(format!("and {} more", many.len() - NAMED));
            }
            if MOST_BY_KEY < many.len() {
                lines.push("sconce data rm … --reason …".to_owned());
            }
            let count = counted(many.len() as u64, "version");
            (format!("Put {count} into the trash?"), lines, "them")
        }
    };
    let size = text::bytes(bytes as f64);
    let lost = format!("{size} of content; u takes {them} back, :data trash lists {them}");
    lines.insert(0, lost);
    Question {
        action: Action::Trash,
        title,
        lines,
        keep: "Keep",
        answers: vec![Answer {
            key: 'y',
            button: "To the trash",
            means: "what runs were made of stays",
            verb: Verb::Data(DataVerb::Trash(ids, String::new())),
        }],
        tier: match versions.len() {
            ..=MOST_BY_KEY => Tier::Key,
            many => Tier::Typed(many.to_string()),
        },
    }
}
