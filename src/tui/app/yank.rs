//! What is copied, and what is taken back.

use super::App;
use crate::{
    domain::{ids::RunId, text::shown, time::Timestamp},
    ops,
    tui::{
        action::Action,
        effect::{Effect, Said, Verb, Yank},
        place::{Place, Spot},
        shared::Target,
        toast::Level,
        verbs,
        views::Root,
    },
};

/// A change that can be taken back.
#[derive(Debug)]
pub(super) struct Undo {
    of: Verb,
    pub(super) opposite: Verb,
    /// When it was asked for.
    asked: Timestamp,
    /// From when it was done; `None` while it is not.
    until: Option<Timestamp>,
    /// What was said of it.
    said: String,
}

/// How long a change can be taken back.
const UNDO_MS: i64 = 10_000;

impl App {
    /// Carries out a change that perhaps can be taken back.
    pub(super) fn change(&mut self, verb: Verb, targets: &[Target]) -> Vec<Effect> {
        self.undo = verbs::opposite(&verb, targets).map(|opposite| Undo {
            of: verb.clone(),
            opposite,
            asked: self.shared.now,
            until: None,
            said: String::new(),
        });
        let instead = verbs::instead(&verb, targets);
        self.instead = instead.map(|text| (self.shared.now, text));
        vec![Effect::Do(verb)]
    }

    /// A verb was done: says so, and how to take it back.
    pub(super) fn say_done(&mut self, verb: &Verb, said: Said) {
        let (now, text) = (self.shared.now, said.text);
        let is_taken_back = self.taken_back.take_if(|known| known == verb).is_some();
        if let Some(opposite) = said.back.filter(|_| !is_taken_back) {
            self.instead = None;
            self.undo = Some(Undo {
                of: verb.clone(),
                opposite,
                asked: now,
                until: None,
                said: String::new(),
            });
        }
        match self.undo.as_mut().filter(|undo| undo.of == *verb) {
            Some(undo) => {
                undo.until = Some(Timestamp(now.0 + UNDO_MS));
                let text = format!("{text}; u takes it back");
                undo.said.clone_from(&text);
                self.toasts.say_for(UNDO_MS, Level::Info, text, now);
                self.is_dirty = true;
            }
            None => self.say(Level::Info, text),
        }
    }

    /// Is there a change to take back that is newer than what the view in front would take back?
    pub(super) fn goes_first(&self, in_view: Option<Timestamp>) -> bool {
        let is_over = |undo: &&Undo| undo.until.is_some_and(|until| until <= self.shared.now);
        let undo = self.undo.as_ref().filter(|undo| !is_over(undo));
        let changes = [
            undo.map(|undo| undo.asked),
            self.instead.as_ref().map(|(at, _)| *at),
        ];
        in_view.is_some_and(|at| changes.into_iter().flatten().any(|made| at < made))
    }

    pub(super) fn take_back(&mut self) -> Vec<Effect> {
        let now = self.shared.now;
        let undo = self.undo.take_if(|undo| undo.until.is_some());
        match undo.filter(|undo| undo.until.is_some_and(|until| now < until)) {
            Some(undo) => {
                self.toasts.take_back(&undo.said);
                self.taken_back = Some(undo.opposite.clone());
                vec![Effect::Do(undo.opposite)]
            }
            None => {
                let instead = self.instead.take().map(|(_, text)| text);
                let nothing = || "there is nothing to take back".to_owned();
                self.say(Level::Info, instead.unwrap_or_else(nothing));
                vec![]
            }
        }
    }

    pub(super) fn yank(&mut self, action: Action) -> Vec<Effect> {
        let front = self.stacks.front_ref();
        let (targets, place) = (front.targets(), front.place());
        match action {
            Action::YankLink => return copy("the link", place.to_string()),
            Action::YankCommand => {
                let name = front.target().map(|target| target.name);
                return copy("the command", command(&place, name.as_deref()));
            }
            _ => {}
        }
        if let Some((what, text)) = front.yanks(action) {
            return copy(what, text);
        }
        let of = match &targets[..] {
            [] => {
                self.say(Level::Warn, "no run is selected");
                return vec![];
            }
            [target] => shown(&target.name),
            many => format!("{} runs", many.len()),
        };
        let lines = |line: fn(&Target) -> String| {
            let lines: Vec<String> = targets.iter().map(line).collect();
            lines.join("\n")
        };
        let (what, from_store) = match action {
            Action::YankId => {
                return copy(
                    format!("the id of {of}"),
                    lines(|target| target.id.to_string()),
                );
            }
            Action::YankName => {
                let what = match targets.len() {
                    1 => format!("the name {of}"),
                    many => format!("{many} names"),
                };
                return copy(what, lines(|target| target.name.clone()));
            }
            Action::YankPath => (format!("the folder of {of}"), Yank::Path),
            Action::YankRow => (format!("the row of {of}"), Yank::Row),
            _ => (format!("all of {of} as JSON"), Yank::Json),
        };
        let ids: Vec<RunId> = targets.iter().map(|target| target.id).collect();
        let ticket = self.tickets.draw();
        self.yanks.push((ticket, what));
        vec![Effect::Yank(ticket, from_store, ids)]
    }

    pub(super) fn yanked(&mut self, what: String, text: ops::Result<String>) -> Vec<Effect> {
        match text {
            Ok(text) => copy(what, text),
            Err(error) => {
                self.complain(&error);
                vec![]
            }
        }
    }

    /// A text was copied that way, or was not, for this reason.
    pub(super) fn copied(&mut self, what: &str, how: Result<String, String>) {
        match how {
            Ok(how) => self.say(Level::Info, format!("yanked {what} {how}")),
            Err(why) => self.say(Level::Error, format!("{what} was not yanked: {why}")),
        }
    }
}

fn copy(what: impl Into<String>, text: String) -> Vec<Effect> {
    vec![Effect::Copy(what.into(), text)]
}

/// The command that shows the same in a shell.
fn command(place: &Place, name: Option<&str>) -> String {
    let filter = place.settings.get("filter").unwrap_or_default();
    match (&place.spot, name) {
        (Spot::Root(Root::Runs), _) => {
            let mut command = "sconce runs".to_owned();
            if let Some(sort) = place.settings.get("sort") {
                let (word, is_reverse) = match sort.strip_prefix('-') {
                    Some(word) => (word, true),
                    None => (sort, false),
                };
                command += &format!(" --sort {}", quoted(word));
                command += if is_reverse { " --reverse" } else { "" };
            }
            match filter {
                "" => command,
                filter if filter.starts_with('-') => format!("{command} -- {}", quoted(filter)),
                filter => format!("{command} {}", quoted(filter)),
            }
        }
        (Spot::Root(Root::Bench), _) if filter.is_empty() => "sconce view bench".to_owned(),
        (Spot::Root(Root::Bench), _) => format!("sconce view bench --filter {}", quoted(filter)),
        (Spot::Root(Root::Jobs), _) => "sconce jobs".to_owned(),
        (Spot::Root(Root::Data), _) if place.settings.get("trash").is_some() => {
            "sconce data trash".to_owned()
        }
        (Spot::Root(Root::Data), _) => "sconce view data".to_owned(),
        (Spot::Version(id), _) => format!("sconce view data {id}"),
        (Spot::Root(Root::Live), _) => "sconce view live".to_owned(),
        (Spot::Run(_), Some(name)) => format!("sconce runs show {}", quoted(name)),
        (Spot::Compare(ids), _) => {
            let ids: Vec<String> = ids.iter().map(RunId::to_string).collect();
            format!("sconce runs compare {}", ids.join(" "))
        }
        (Spot::Groups, _) => {
            let by = place.settings.get("by").unwrap_or_default();
            let mut command = format!("sconce runs --group-by {}", quoted(by));
            if let Some(metric) = place.settings.get("metric") {
                command += &format!(" --metric {}", quoted(metric));
            }
            match filter {
                "" => command,
                filter => format!("{command} -- {}", quoted(filter)),
            }
        }
        (Spot::Run(id), None) => format!("sconce runs show {id}"),
    }
}

/// A word as a shell takes it for one.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::{fixture, place::Settings};

    #[test]
    fn a_screen_has_a_command_that_shows_the_same() {
        let runs = |filter: &str, sort: &str| Place {
            spot: Spot::Root(Root::Runs),
            settings: Settings::default()
                .with("filter", filter)
                .with("sort", sort),
        };
        let cases = [
            (runs("", ""), "sconce runs"),
            (
                runs("state:failed", "val/auc@best"),
                "sconce runs --sort val/auc@best state:failed",
            ),
            (
                runs("-tag:junk age<2d", "-name"),
                "sconce runs --sort name --reverse -- '-tag:junk age<2d'",
            ),
            (runs("note:it's", ""), r"sconce runs 'note:it'\''s'"),
            (Place::of_root(Root::Jobs), "sconce jobs"),
            (
                Place::of(Spot::Run(fixture::id(1))),
                "sconce runs show brave-otter-7",
            ),
        ];
        for (place, text) in cases {
            assert_eq!(command(&place, Some("brave-otter-7")), text);
        }
    }
}
