//! The files of a run: what it named, and what else lies in its folder.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    domain::ids::RunId,
    ops::{files::FileRow, runs::Detail},
    tui::{
        action::Action,
        effect::{Answer, Effect},
        event::{Ticket, Tickets},
        look::{Look, Pane},
        remote::Remote,
        rows::Rows,
        shared::Shared,
        text,
        theme::Role,
        trouble,
    },
};

#[derive(Default)]
pub struct Files {
    files: Remote<RunId, Vec<FileRow>>,
    rows: Rows,
}

/// Columns of a kind and of a size.
const KIND: usize = 10;
const SIZE: usize = 8;

impl Files {
    pub fn act(&mut self, action: Action) -> bool {
        self.rows.act(action)
    }

    pub fn ask(&mut self, tickets: &mut Tickets) -> Option<Effect> {
        let (ticket, run) = self.files.ask(tickets)?;
        Some(Effect::Files(ticket, run))
    }

    pub fn expire(&mut self) {
        self.files.expire();
    }

    pub fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        match answer {
            Answer::Files(result) if self.files.awaits(ticket) => {
                self.files.answer(result);
                None
            }
            other => Some(other),
        }
    }

    pub fn draw(&mut self, detail: &Detail, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        self.files.want(detail.run.id);
        let look = &shared.look;
        let Some(files) = &self.files.value else {
            let inner = look.pane(buffer, area, &Pane::new("artifacts").focused(true));
            match &self.files.error {
                Some(error) => trouble::draw(buffer, inner, look, error),
                None => look.line(buffer, inner, look.span(" …", Role::Dim).into()),
            }
            return;
        };
        let width = usize::from(area.width).saturating_sub(2);
        let named = files.iter().filter(|file| file.is_named).count();
        let mut lines = vec![];
        if named == 0 {
            lines.push(Line::from(
                look.span(" the run named no file as its own", Role::Dim),
            ));
        }
        lines.extend(files[..named].iter().map(|file| line(file, look, width)));
        if named < files.len() {
            lines.push(Line::default());
            lines.push(Line::from(
                look.span(" BESIDE THEM IN ITS FOLDER", Role::Title),
            ));
            lines.extend(files[named..].iter().map(|file| line(file, look, width)));
        }
        lines.push(Line::default());
        let dir = look.clip(&detail.dir.display().to_string(), width.saturating_sub(2));
        lines.push(Line::from(look.span(format!(" {dir}"), Role::Dim)));
        self.rows
            .draw_lines("artifacts", lines, buffer, area, shared);
    }
}

fn line(file: &FileRow, look: &Look, width: usize) -> Line<'static> {
    let room = width.saturating_sub(KIND + SIZE + 5);
    let path = text::squeeze(&file.path, room, look.charset.ellipsis());
    let kind = look.cell(file.kind.as_deref().unwrap_or(""), KIND);
    let size = match file.size {
        Some(size) => Span::raw(look.cell_right(&text::bytes(size as f64), SIZE)),
        None => look.span(look.cell_right("missing", SIZE), Role::Error),
    };
    Line::from(vec![
        look.span(format!(" {kind} "), Role::Dim),
        size,
        Span::raw(format!("  {path}")),
    ])
}
