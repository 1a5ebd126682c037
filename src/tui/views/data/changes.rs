//! What changed from one version to another: the files, and when it is asked for, what is inside the tables.

mod contents;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use self::contents::Tables;
use super::stats::keys;
use crate::{
    domain::datasets::VersionId,
    ops::datasets::{Comparison, Contents, FileChange},
    tui::{
        action::Action,
        effect::{Answer, Effect},
        event::{Ticket, Tickets},
        look::{Look, fit, split_down},
        remote::Remote,
        rows::Rows,
        shared::{Reaction, Shared},
        text,
        theme::Role,
        trouble,
        work::{OnDemand, Work},
    },
};

/// An older version, and a newer.
pub type Pair = (VersionId, VersionId);

#[derive(Default)]
pub struct Changes {
    files: Remote<Pair, Box<Comparison>>,
    contents: OnDemand<Pair, Box<Contents>>,
    /// The versions of the last frame.
    of: Option<Pair>,
    /// The files are shown where what is inside is known too.
    is_of_files: bool,
    list: Rows,
    tables: Tables,
}

impl Changes {
    /// Scrolls, and asks for what is inside the tables.
    pub fn act(&mut self, action: Action) -> Reaction {
        match action {
            Action::Open | Action::Contents => return self.look_inside(action),
            Action::Escape | Action::Interrupt if self.contents.stop() => {}
            action if self.inside().is_some() => {
                // What is known is not changed by moving in it.
                let mut tables = std::mem::take(&mut self.tables);
                let reaction = match self.inside() {
                    Some(found) => tables.act(action, found),
                    None => Reaction::None,
                };
                self.tables = tables;
                return reaction;
            }
            action if self.list.act(action) => {}
            _ => return Reaction::None,
        }
        Reaction::Done
    }

    /// From now on it is about these versions.
    pub fn stand(&mut self, of: Option<Pair>) {
        if self.of != of {
            (self.list, self.tables) = (Rows::default(), Tables::default());
            self.of = of;
        }
    }

    /// Is there something to be asked for?
    pub fn can_look_inside(&self) -> bool {
        let is_known = |of: &Pair| self.contents.known(of).is_some_and(Result::is_ok);
        self.of.as_ref().is_some_and(|of| !is_known(of))
    }

    /// Asks for what is inside the tables; where that is known, turns from it to the files and back.
    fn look_inside(&mut self, action: Action) -> Reaction {
        let Some(of) = self.of.clone() else {
            return Reaction::Refuse("there are no two versions to compare".to_owned());
        };
        if let Some(Ok(_)) = self.contents.known(&of) {
            if action == Action::Contents {
                self.is_of_files = !self.is_of_files;
                return Reaction::Done;
            }
            return Reaction::None;
        }
        self.is_of_files = false;
        match self.contents.want(of) {
            Ok(()) => Reaction::Done,
            Err((old, new)) => {
                let text = format!("{old} and {new} are being compared: Esc stops it");
                Reaction::Refuse(text)
            }
        }
    }

    pub fn is_at_work(&self) -> bool {
        self.contents.at_work().is_some()
    }

    /// What is inside the tables, where that is known and shown.
    fn inside(&self) -> Option<&Contents> {
        let of = self.of.as_ref().filter(|_| !self.is_of_files)?;
        let known = self.contents.known(of)?;
        known.as_ref().ok().map(Box::as_ref)
    }

    /// What is under way.
    pub fn note(&self) -> Option<String> {
        let ((old, new), _) = self.contents.at_work()?;
        let is_here = self.of.as_ref() == Some(&(old.clone(), new.clone()));
        match is_here {
            // It is told of below.
            true => None,
            false if old.dataset == new.dataset => {
                Some(format!("comparing v{} with v{}", old.number, new.number))
            }
            false => Some(format!("comparing {old} with {new}")),
        }
    }

    /// Draws what changed from one version to the other.
    pub fn draw(
        &mut self,
        buffer: &mut Buffer,
        area: Rect,
        shared: &Shared,
        of: Pair,
        is_focused: bool,
    ) {
        self.stand(Some(of.clone()));
        let look = &shared.look;
        let width = usize::from(area.width);
        let head = match (self.known_files(), &self.files.error) {
            (_, Some(error)) => {
                let lines = trouble::lines(look, error, width);
                self.files.want(of);
                return look.lines(buffer, area, lines);
            }
            (None, None) => vec![look.span(" …", Role::Dim).into()],
            (Some(found), None) => vec![sum(found, look, width)],
        };
        let (above, rest) = split_down(area, head.len() as u16);
        look.lines(buffer, above, head);
        self.draw_rest(buffer, rest, shared, is_focused);
        self.files.want(of);
    }

    fn draw_rest(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared, is_focused: bool) {
        let look = &shared.look;
        let width = usize::from(area.width);
        if self.inside().is_some() {
            let mut tables = std::mem::take(&mut self.tables);
            if let Some(found) = self.inside() {
                let of = self.of.as_ref();
                let sides = of.map_or((0, 0), |(old, new)| (old.number, new.number));
                tables.draw(buffer, area, shared, (found, sides), is_focused);
            }
            self.tables = tables;
            return;
        }
        let foot = self.foot(look, width);
        let (list, below) = split_down(area, area.height.saturating_sub(foot.len() as u16));
        look.lines(buffer, below, foot);
        let lines = match self.known_files() {
            Some(found) => files(found, look, width),
            None => vec![],
        };
        self.list.fit(lines.len(), usize::from(list.height));
        let shown = self.list.shown();
        let shown = lines.into_iter().skip(shown.start).take(shown.len());
        look.lines(buffer, list, shown);
    }

    /// How to come to what is inside the tables, how far that is, or why it cannot be had.
    fn foot(&self, look: &Look, width: usize) -> Vec<Line<'static>> {
        let Some(of) = &self.of else {
            return vec![];
        };
        if let Some((_, work)) = self.contents.at_work().filter(|(at, _)| *at == of) {
            return vec![at_work(work, look, width)];
        }
        match self.contents.known(of) {
            Some(Err(error)) => {
                let mut lines = trouble::lines(look, error, width);
                lines.pop();
                lines.push(keys(look, &[("d", "tries again")]));
                lines
            }
            Some(Ok(_)) => vec![keys(look, &[("d", "what changed inside the tables")])],
            None if self.has_changes() => {
                vec![keys(look, &[("d", "compares what is inside the tables")])]
            }
            None => vec![],
        }
    }

    fn known_files(&self) -> Option<&Comparison> {
        let (old, new) = self.of.as_ref()?;
        let known = self.files.value.as_deref();
        known.filter(|found| found.old.id() == *old && found.new.id() == *new)
    }

    fn has_changes(&self) -> bool {
        let known = self.known_files();
        known.is_some_and(|found| 0 < found.added + found.removed + found.changed)
    }

    pub fn ask(&mut self, tickets: &mut Tickets) -> Vec<Effect> {
        let files = self.files.ask(tickets);
        let files = files.map(|(ticket, (old, new))| Effect::Changes(ticket, old, new));
        let contents = self.contents.ask(tickets);
        let contents =
            contents.map(|(ticket, (old, new), work)| Effect::Contents(ticket, old, new, work));
        files.into_iter().chain(contents).collect()
    }

    pub fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        match answer {
            Answer::Changes(result) if self.files.awaits(ticket) => self.files.answer(result),
            Answer::Contents(result) if self.contents.awaits(ticket) => {
                self.contents.answer(result);
            }
            other => return Some(other),
        }
        None
    }
}

fn at_work(work: &Work, look: &Look, width: usize) -> Line<'static> {
    let told = format!(" comparing what is inside … {} ", work.told());
    let spans = vec![
        Span::raw(told),
        look.span(" Esc", Role::Key),
        look.span(" stops it", Role::Dim),
    ];
    fit(spans, width, look.charset.ellipsis())
}

/// How many files are not as they were, and how much all are.
fn sum(found: &Comparison, look: &Look, width: usize) -> Line<'static> {
    if found.added + found.removed + found.changed == 0 {
        return look.span(" the same content", Role::Dim).into();
    }
    let part = |count: u64, sign: &'static str, word: &'static str, role| {
        let told = format!(" {sign}{} {word} ", text::count(count as i64));
        look.span(told, if 0 < count { role } else { Role::Dim })
    };
    let (old, new) = (found.old.bytes as f64, found.new.bytes as f64);
    let sizes = format!("  {} to {}", text::bytes(old), text::bytes(new));
    let spans = vec![
        part(found.added, "+", "added", Role::Added),
        part(found.removed, "-", "removed", Role::Removed),
        part(found.changed, "~", "changed", Role::Changed),
        look.span(sizes, Role::Dim),
    ];
    fit(spans, width, look.charset.ellipsis())
}

/// The files that are not as they were, and how many more there are.
fn files(found: &Comparison, look: &Look, width: usize) -> Vec<Line<'static>> {
    let lines = found.files.iter();
    let mut lines: Vec<Line<'static>> = lines.map(|change| file(change, look, width)).collect();
    let all = found.added + found.removed + found.changed;
    let more = all.saturating_sub(found.files.len() as u64);
    if 0 < more {
        let text = format!(" and {} more", text::count(more as i64));
        lines.push(look.span(text, Role::Dim).into());
    }
    lines
}

fn file(change: &FileChange, look: &Look, width: usize) -> Line<'static> {
    let size = |bytes: u64| text::bytes(bytes as f64);
    let (sign, role, sizes) = match (change.old, change.new) {
        (None, new) => ("+", Role::Added, size(new.unwrap_or_default())),
        (Some(old), None) => ("-", Role::Removed, size(old)),
        (Some(old), Some(new)) if old == new => ("~", Role::Changed, size(new)),
        (Some(old), Some(new)) => (
            "~",
            Role::Changed,
            format!("{} to {}", size(old), size(new)),
        ),
    };
    let room = width.saturating_sub(text::width(&sizes) + 6);
    let path = text::squeeze(&change.path, room, look.charset.ellipsis());
    let spans = vec![
        look.span(format!(" {sign} "), role),
        Span::raw(look.cell(&path, room)),
        look.span(format!("  {sizes}"), Role::Dim),
    ];
    fit(spans, width, look.charset.ellipsis())
}
