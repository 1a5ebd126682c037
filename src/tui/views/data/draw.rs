//! The list of versions and the parts beside it, each in its frame.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{Data, Kept, Part, stats};
use crate::{
    domain::{
        datasets::{Version, VersionId},
        text::counted,
    },
    tui::{
        look::{Look, Pane},
        shared::Shared,
        table::{Cell, Column, Sheet, Window},
        text,
        theme::Role,
        trouble,
    },
};

impl Data {
    /// The list without what stands beside it.
    pub fn draw_alone(
        &mut self,
        buffer: &mut Buffer,
        area: Rect,
        shared: &Shared,
        is_focused: bool,
    ) {
        self.rows.want(self.which);
        self.draw_list(buffer, area, shared, is_focused);
    }

    pub(super) fn draw_list(
        &mut self,
        buffer: &mut Buffer,
        area: Rect,
        shared: &Shared,
        is_focused: bool,
    ) {
        let look = &shared.look;
        let marked = self.table.marks.len();
        let mut note = vec![look.span(counted(self.rows().len() as u64, "version"), Role::Dim)];
        if 0 < marked {
            note = vec![look.span(format!("{marked} marked: Esc clears"), Role::Accent)];
        }
        if let (Some(error), true) = (&self.rows.error, self.rows.value.is_some()) {
            note = vec![look.span(error.to_string(), Role::Error)];
        }
        let title = match self.which {
            Kept::Outside => "data",
            Kept::InTrash => "data in the trash",
        };
        let inner = look.pane(
            buffer,
            area,
            &Pane::new(title).note(note).focused(is_focused),
        );
        let sheet = Sheet {
            columns: columns(shared),
            rows: self.rows.value.as_deref().map(Window::whole),
            error: self.rows.error.as_ref(),
            empty: match self.which {
                Kept::Outside => vec![
                    Line::from(" no data is kept here yet"),
                    stats::keys(look, &[("C", "keeps a first version of some files")]),
                    Line::from(vec![
                        look.span(" sconce data add NAME PATH", Role::Key),
                        Span::raw("  does the same"),
                    ]),
                ],
                Kept::InTrash => vec![Line::from(" no version is in the trash")],
            },
        };
        self.table.draw(buffer, inner, shared, &sheet, is_focused);
    }

    /// A part beside the list, in its frame.
    pub(super) fn draw_part(
        &mut self,
        buffer: &mut Buffer,
        area: Rect,
        shared: &Shared,
        (part, is_focused): (Part, bool),
    ) {
        let look = &shared.look;
        let shares_frame = self.takes_turns;
        let note = match part {
            Part::Statistics => self.statistics.note(),
            Part::Changes => self.changes.note(),
            Part::List | Part::Facts => None,
        };
        let name = self.row().map(|row| look.clip(&row.name(), 40));
        let titled = |pair: Option<(VersionId, VersionId)>| match (part, pair) {
            (Part::Changes, Some((old, new))) if old.dataset == new.dataset => {
                format!("changes v{} to v{}", old.number, new.number)
            }
            (Part::Changes, Some((old, new))) => format!("changes {old} to {new}"),
            (Part::Facts, _) => name.clone().unwrap_or_else(|| part.name().to_owned()),
            _ => part.name().to_owned(),
        };
        let mut pane = Pane::new(look.clip(&titled(self.pair()), 60)).focused(is_focused);
        if shares_frame {
            pane.title = self.tabs(look, part);
        }
        let note = note.or_else(|| shares_frame.then_some(name.clone()).flatten());
        let pane = pane.note(vec![look.span(note.unwrap_or_default(), Role::Dim)]);
        let inner = look.pane(buffer, area, &pane);
        let Some(version) = self.row().cloned() else {
            return;
        };
        match part {
            Part::List => {}
            Part::Facts => self.facts.draw(buffer, inner, shared, &version, is_focused),
            Part::Statistics => {
                let id = version.id();
                let detail = self.facts.known(&id);
                let splits = detail.map_or(vec![], |detail| detail.splits.clone());
                self.facts.detail.want(id.clone());
                let of = (&id, &splits[..]);
                self.statistics.draw(buffer, inner, shared, of, is_focused);
            }
            Part::Changes => match self.pair() {
                Some(pair) => self.changes.draw(buffer, inner, shared, pair, is_focused),
                None => {
                    let text = match version.parent {
                        None => " the first version: mark two to compare them",
                        Some(_) => " the version before it is gone: mark two to compare them",
                    };
                    let text = look.clip(text, usize::from(inner.width));
                    look.line(buffer, inner, look.span(text, Role::Dim).into());
                }
            },
        }
    }

    /// Says that the version which this view is of is not there, or why nothing is known of it.
    pub(super) fn draw_absence(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        self.shown.clear();
        let look = &shared.look;
        let name = self.table.cursor.id().map(ToString::to_string);
        let name = name.unwrap_or_default();
        let inner = look.pane(buffer, area, &Pane::new(look.clip(&name, 60)));
        if let Some(error) = &self.rows.error {
            return trouble::draw(buffer, inner, look, error);
        }
        let line: Line<'_> = match self.rows.value {
            None => look.span(" …", Role::Dim).into(),
            Some(_) => {
                let text = format!(" there is no {name}: `:data trash` lists what is in the trash");
                Line::from(look.clip(&text, usize::from(inner.width)))
            }
        };
        look.line(buffer, inner, line);
    }

    /// The names of the parts that take turns in a frame.
    fn tabs(&self, look: &Look, front: Part) -> Vec<Span<'static>> {
        let names = Part::BESIDE.iter().flat_map(|part| {
            let role = match *part == front {
                true => Role::Banner,
                false => Role::Dim,
            };
            [
                look.span(format!(" {} ", part.name()), role),
                Span::raw(" "),
            ]
        });
        names.collect()
    }
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
