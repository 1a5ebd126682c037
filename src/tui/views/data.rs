//! Data versions: every version of every data set, what is known of the selected one, and what changed in it.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};

use super::{Root, View};
use crate::{
    domain::{
        datasets::{Version, VersionId},
        text::counted,
    },
    ops::datasets::{Comparison, Detail, FileChange},
    tui::{
        action::Action,
        effect::{Answer, Effect},
        event::{Ticket, Tickets},
        look::{Look, Pane, fit, split_across, split_down},
        place::Place,
        remote::Remote,
        shared::{Reaction, Shared, Target},
        table::{self, Cell, Column, Sheet, Table, Window},
        text,
        theme::Role,
    },
};

#[derive(Default)]
pub struct Data {
    rows: Remote<(), Vec<Version>>,
    table: Table<VersionId>,
    detail: Remote<VersionId, Box<Detail>>,
    changes: Remote<(VersionId, VersionId), Box<Comparison>>,
    is_zoomed: bool,
}

/// Columns from which the detail stands beside the list.
const ROOM_BESIDE: u16 = 100;

impl table::Row for Version {
    type Id = VersionId;

    fn id(&self) -> VersionId {
        Version::id(self)
    }

    fn name(&self) -> &str {
        &self.dataset
    }
}

impl Data {
    fn rows(&self) -> &[Version] {
        self.rows.value.as_deref().unwrap_or_default()
    }

    fn row(&self) -> Option<&Version> {
        self.table.row(Window::whole(self.rows()))
    }

    /// The two versions that are compared: those that are marked, else the selected one and the one before it.
    fn pair(&self) -> Option<(VersionId, VersionId)> {
        if let [a, b] = &self.table.marks.ids()[..] {
            let in_order = (a.number, &a.dataset) <= (b.number, &b.dataset);
            return Some(match in_order {
                true => (a.clone(), b.clone()),
                false => (b.clone(), a.clone()),
            });
        }
        let row = self.row()?;
        let before = VersionId {
            dataset: row.dataset.clone(),
            number: row.parent?,
        };
        // One that is gone cannot be compared with.
        let is_there = self.rows().iter().any(|version| version.id() == before);
        is_there.then(|| (before, row.id()))
    }

    pub fn go(&mut self, action: Action) -> Reaction {
        let rows = self.rows.value.as_deref().unwrap_or_default();
        self.table.act(action, Window::whole(rows))
    }

    /// The list without what stands beside it.
    pub fn draw_alone(
        &mut self,
        buffer: &mut Buffer,
        area: Rect,
        shared: &Shared,
        is_focused: bool,
    ) {
        self.rows.want(());
        self.draw_list(buffer, area, shared, is_focused);
    }

    fn draw_list(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared, is_focused: bool) {
        let look = &shared.look;
        let marked = self.table.marks.len();
        let mut note = vec![look.span(counted(self.rows().len() as u64, "version"), Role::Dim)];
        if 0 < marked {
            note = vec![look.span(format!("{marked} marked: Esc clears"), Role::Accent)];
        }
        if let (Some(error), true) = (&self.rows.error, self.rows.value.is_some()) {
            note = vec![look.span(error.to_string(), Role::Error)];
        }
        let inner = look.pane(
            buffer,
            area,
            &Pane::new("data").note(note).focused(is_focused),
        );
        let sheet = Sheet {
            columns: columns(shared),
            rows: self.rows.value.as_deref().map(Window::whole),
            error: self.rows.error.as_ref(),
            empty: vec![
                Line::from(" no data is kept here yet"),
                Line::from(vec![
                    look.span(" sconce data add NAME PATH", Role::Key),
                    Span::raw("  keeps a first version"),
                ]),
            ],
        };
        self.table.draw(buffer, inner, shared, &sheet, is_focused);
    }

    fn draw_detail(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let look = &shared.look;
        let Some(version) = self.row() else {
            look.pane(buffer, area, &Pane::new("detail"));
            return;
        };
        let (id, title) = (version.id(), look.clip(&version.name(), 40));
        let known = self.detail.value.as_ref();
        let known = known.filter(|detail| detail.version.id() == id);
        let mut lines = facts(version, shared);
        match (known, &self.detail.error) {
            (_, Some(error)) => lines.push(("", error.to_string(), Role::Error)),
            (Some(detail), None) => lines.extend(used_by(detail)),
            (None, None) => {}
        }
        let inner = look.pane(buffer, area, &Pane::new(title));
        let width = usize::from(inner.width);
        let lines = lines.into_iter().flat_map(|(name, value, role)| {
            let room = width.saturating_sub(LABEL + 2).max(8);
            let parts = text::wrap(&value, room).into_iter().enumerate();
            parts.map(move |(at, part)| {
                let name = if at == 0 { name } else { "" };
                Line::from(vec![
                    look.span(format!(" {} ", look.cell(name, LABEL)), Role::Dim),
                    look.span(part, role),
                ])
            })
        });
        look.lines(buffer, inner, lines);
        self.detail.want(id);
    }

    fn draw_changes(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let look = &shared.look;
        let Some((old, new)) = self.pair() else {
            let inner = look.pane(buffer, area, &Pane::new("changes"));
            if let Some(row) = self.row() {
                let text = match row.parent {
                    None => " the first version: mark two to compare them",
                    Some(_) => " the version before it is gone: mark two to compare them",
                };
                let text = look.clip(text, usize::from(inner.width));
                look.line(buffer, inner, look.span(text, Role::Dim).into());
            }
            return;
        };
        let title = format!("{old} to {new}");
        let pane = Pane::new(look.clip(&title, usize::from(area.width.saturating_sub(4))));
        let inner = look.pane(buffer, area, &pane);
        let width = usize::from(inner.width);
        let known = self.changes.value.as_ref();
        let known = known.filter(|found| found.old.id() == old && found.new.id() == new);
        let lines = match (known, &self.changes.error) {
            (_, Some(error)) => {
                let wrapped = text::wrap(&error.with_hint(), width.saturating_sub(2));
                let line = |part: String| Line::from(look.span(format!(" {part}"), Role::Error));
                wrapped.into_iter().map(line).collect()
            }
            (None, None) => vec![Line::from(look.span(" …", Role::Dim))],
            (Some(found), None) => changed(found, look, width, usize::from(inner.height)),
        };
        look.lines(buffer, inner, lines);
        self.changes.want((old, new));
    }
}

/// Columns of the names of facts.
const LABEL: usize = 8;

/// A name, what is to be said, and how.
type Fact = (&'static str, String, Role);

fn facts(version: &Version, shared: &Shared) -> Vec<Fact> {
    let mut facts = vec![
        ("hash", version.hash.to_string(), Role::Text),
        (
            "content",
            format!(
                "{}, {}",
                counted(version.files, "file"),
                text::bytes(version.bytes as f64)
            ),
            Role::Text,
        ),
    ];
    let mut fact = |name, value: String, role| facts.push((name, value, role));
    match version.is_reference {
        true => fact(
            "kept",
            "by name: the content stays where it is".to_owned(),
            Role::Warn,
        ),
        false => fact("new", text::bytes(version.stored as f64), Role::Text),
    }
    fact(
        "made",
        format!("by {}, {} ago", version.actor, shared.age(version.created)),
        Role::Text,
    );
    if !version.message.is_empty() {
        fact("message", version.message.clone(), Role::Text);
    }
    if !version.tags.is_empty() {
        fact("tags", version.tags.join(" "), Role::Accent);
    }
    if let Some(parent) = version.parent {
        fact("after", format!("v{parent}"), Role::Text);
    }
    if let Some(commit) = &version.commit {
        fact("commit", commit.clone(), Role::Text);
    }
    for place in &version.sources {
        fact("from", place.at.clone(), Role::Text);
    }
    facts
}

/// The runs that were made of a version.
fn used_by(detail: &Detail) -> Vec<Fact> {
    const FEW: usize = 6;
    let runs = &detail.runs;
    let Some(first) = runs.first() else {
        return vec![("used by", "no run yet".to_owned(), Role::Dim)];
    };
    let mut facts = vec![("used by", first.name.clone(), Role::Text)];
    let others = runs[1..].iter().take(FEW - 1);
    facts.extend(others.map(|run| ("", run.name.clone(), Role::Text)));
    if FEW < runs.len() {
        facts.push(("", format!("and {} more runs", runs.len() - FEW), Role::Dim));
    }
    facts
}

/// What changed: how much of it, then the files as far as there is room.
fn changed<'a>(found: &Comparison, look: &Look, width: usize, height: usize) -> Vec<Line<'a>> {
    let all = found.added + found.removed + found.changed;
    if all == 0 {
        return vec![Line::from(look.span(" the same content", Role::Dim))];
    }
    let (old, new) = (found.old.bytes as f64, found.new.bytes as f64);
    let sum = format!(
        " {} added  {} removed  {} changed   {} to {}",
        text::count(found.added as i64),
        text::count(found.removed as i64),
        text::count(found.changed as i64),
        text::bytes(old),
        text::bytes(new),
    );
    let mut lines = vec![Line::from(Span::raw(look.clip(&sum, width)))];
    let is_all = all <= (height.saturating_sub(1)) as u64;
    let room = height.saturating_sub(if is_all { 1 } else { 2 });
    let shown = found.files.iter().take(room);
    lines.extend(shown.map(|file| line(file, look, width)));
    let more = all.saturating_sub(found.files.len().min(room) as u64);
    if 0 < more {
        let text = format!(" and {} more", text::count(more as i64));
        lines.push(Line::from(look.span(text, Role::Dim)));
    }
    lines
}

fn line<'a>(file: &FileChange, look: &Look, width: usize) -> Line<'a> {
    let size = |bytes: u64| text::bytes(bytes as f64);
    let (sign, role, sizes) = match (file.old, file.new) {
        (None, new) => ("+", Role::Ok, size(new.unwrap_or_default())),
        (Some(old), None) => ("-", Role::Error, size(old)),
        (Some(old), Some(new)) if old == new => ("~", Role::Warn, size(new)),
        (Some(old), Some(new)) => ("~", Role::Warn, format!("{} to {}", size(old), size(new))),
    };
    let room = width.saturating_sub(text::width(&sizes) + 6);
    let path = look.cell(
        &text::squeeze(&file.path, room, look.charset.ellipsis()),
        room,
    );
    let spans = vec![
        look.span(format!(" {sign} "), role),
        Span::raw(path),
        look.span(format!("  {sizes}"), Role::Dim),
    ];
    fit(spans, width, look.charset.ellipsis())
}

fn columns(shared: &Shared) -> Vec<Column<'_, Version>> {
    let look = &shared.look;
    let text = |title, role: Role, of: fn(&Version) -> String| {
        Column::new(title, move |row: &Version| Cell::of(of(row), look, role))
    };
    let age = move |row: &Version| Cell::of(shared.age(row.created), look, Role::Dim);
    vec![
        text("DATA", Role::Text, |row| row.dataset.clone()).least(10),
        text("VER", Role::Text, |row| format!("v{}", row.number)).right(),
        text("FILES", Role::Dim, |row| text::count(row.files as i64))
            .right()
            .gives_way(3),
        text("SIZE", Role::Text, |row| text::bytes(row.bytes as f64))
            .right()
            .gives_way(1),
        text("NEW", Role::Dim, |row| text::bytes(row.stored as f64))
            .right()
            .gives_way(5),
        Column::new("AGE", age).right().gives_way(2),
        text("TAGS", Role::Accent, |row| row.tags.join(" "))
            .most(20)
            .gives_way(4),
        text("BY", Role::Dim, |row| row.actor.name.clone())
            .most(12)
            .gives_way(6),
        text("MESSAGE", Role::Dim, |row| row.message.clone())
            .least(8)
            .gives_way(7)
            .fills(),
    ]
}

impl View for Data {
    fn contexts(&self) -> &'static [&'static str] {
        &["data", "table", "list"]
    }

    fn act(&mut self, action: Action, _: &Shared) -> Reaction {
        match action {
            Action::Zoom => self.is_zoomed = !self.is_zoomed,
            Action::Escape if self.is_zoomed => self.is_zoomed = false,
            Action::Mark => {
                let Some(id) = self.row().map(Version::id) else {
                    return Reaction::Refuse("no version is selected".into());
                };
                self.table.marks.toggle(id);
                self.go(Action::Down);
            }
            Action::Escape if !self.table.marks.is_empty() => self.table.marks.clear(),
            action => return self.go(action),
        }
        Reaction::Done
    }

    fn draw(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        self.rows.want(());
        if self.is_zoomed || self.rows().is_empty() {
            return self.draw_list(buffer, area, shared, true);
        }
        let (list, rest) = match area.width {
            ROOM_BESIDE.. => split_across(area, area.width / 2),
            _ => split_down(area, area.height / 2),
        };
        let (detail, changes) = match area.width {
            ROOM_BESIDE.. => split_down(rest, rest.height / 2),
            _ => split_across(rest, rest.width / 2),
        };
        self.draw_list(buffer, list, shared, true);
        self.draw_detail(buffer, detail, shared);
        self.draw_changes(buffer, changes, shared);
    }

    fn ask(&mut self, tickets: &mut Tickets) -> Vec<Effect> {
        let rows = self.rows.ask(tickets);
        let rows = rows.map(|(ticket, ())| Effect::Versions(ticket));
        let detail = self.detail.ask(tickets);
        let detail = detail.map(|(ticket, id)| Effect::Version(ticket, id));
        let changes = self.changes.ask(tickets);
        let changes = changes.map(|(ticket, (old, new))| Effect::Changes(ticket, old, new));
        [rows, detail, changes].into_iter().flatten().collect()
    }

    fn expire(&mut self) {
        self.rows.expire();
        // A version never changes, but who used it does.
        self.detail.expire();
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        match answer {
            Answer::Versions(result) if self.rows.awaits(ticket) => {
                let known = self.row().map(Version::name);
                self.rows.answer(result);
                let rows = self.rows.value.as_deref().unwrap_or_default();
                self.table.settle(Window::whole(rows), known, true);
            }
            Answer::Version(result) if self.detail.awaits(ticket) => self.detail.answer(result),
            Answer::Changes(result) if self.changes.awaits(ticket) => self.changes.answer(result),
            other => return Some(other),
        }
        None
    }

    fn handles(&self) -> Vec<Position> {
        self.table.handles(self.rows().len() as u64)
    }

    fn point(&mut self, at: Position) {
        let rows = self.rows.value.as_deref().unwrap_or_default();
        self.table.point(at, Window::whole(rows));
    }

    /// No run: the verbs of runs do nothing here.
    fn target(&self) -> Option<Target> {
        None
    }

    fn name(&self) -> String {
        "data".to_owned()
    }

    fn place(&self) -> Place {
        Place::of_root(Root::Data)
    }

    fn crumb(&self) -> String {
        "data".to_owned()
    }

    fn hints(&self) -> &'static [Action] {
        &[Action::Mark, Action::Zoom]
    }

    fn offers(&self, action: Action) -> bool {
        !matches!(action, Action::Open | Action::MarkRange | Action::MarkAll)
    }

    fn label(&self, action: Action) -> Option<&'static str> {
        match action {
            Action::Mark => Some("mark: two are compared"),
            _ => None,
        }
    }

    fn remark(&mut self) -> Option<String> {
        let name = self.table.take_gone()?;
        Some(format!("{name} is not there any more"))
    }

    fn awaits(&self, _: Action) -> bool {
        self.rows.is_blank()
    }
}

#[cfg(test)]
mod tests;
