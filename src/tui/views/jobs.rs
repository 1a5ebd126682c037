//! The queue: what waits and why, what runs where, and the log of the selected job.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};

use super::{Root, View};
use crate::{
    domain::{
        ids::JobId,
        jobs::JobState,
        runs::{RunState, StateWord},
    },
    ops::jobs::JobRow,
    tui::{
        action::Action,
        board::log::LogView,
        effect::{Answer, Effect, Verb},
        event::{Ticket, Tickets},
        look::{Look, Pane, fit, split_across, split_down},
        panes::beside,
        place::{Place, Spot},
        remote::Remote,
        shared::{Reaction, Shared, Target},
        table::{self, Cell, Column, Sheet, Table, Window},
        text,
        theme::Role,
    },
};

#[derive(Default)]
pub struct Jobs {
    rows: Remote<(), Vec<JobRow>>,
    table: Table<JobId>,
    log: LogView,
    is_log_focused: bool,
    is_zoomed: bool,
    /// Where the queue and the log stood in the last frame, and which of them is the log.
    places: [(bool, Rect); 2],
}

/// A step of the priority.
const STEP: i32 = 10;

impl table::Row for JobRow {
    type Id = JobId;

    fn id(&self) -> JobId {
        self.job.id
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl Jobs {
    fn rows(&self) -> &[JobRow] {
        self.rows.value.as_deref().unwrap_or_default()
    }

    fn row(&self) -> Option<&JobRow> {
        self.table.row(Window::whole(self.rows()))
    }

    pub fn go(&mut self, action: Action) -> Reaction {
        match action {
            Action::Open => match self.row() {
                Some(row) => Reaction::Open(Place::of(Spot::Run(row.job.run))),
                None => Reaction::Refuse("no job is selected".into()),
            },
            Action::Raise | Action::Lower => self.reorder(action),
            action => {
                let rows = self.rows.value.as_deref().unwrap_or_default();
                self.table.act(action, Window::whole(rows))
            }
        }
    }

    fn reorder(&self, action: Action) -> Reaction {
        let Some(row) = self.row() else {
            return Reaction::Refuse("no job is selected".into());
        };
        if row.job.state != JobState::Queued {
            return Reaction::Refuse(format!("{} does not wait in the queue", row.name));
        }
        let by = if action == Action::Raise { STEP } else { -STEP };
        Reaction::Do(Verb::Priority(
            row.job.run,
            row.job.priority.saturating_add(by),
        ))
    }

    fn draw_queue(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let look = &shared.look;
        let count = |state: fn(&JobState) -> bool| {
            self.rows()
                .iter()
                .filter(|row| state(&row.job.state))
                .count()
        };
        let (queued, leased) = (
            count(|state| *state == JobState::Queued),
            count(|state| matches!(state, JobState::Leased { .. })),
        );
        let mut note = vec![look.span(format!("{leased} run  {queued} wait"), Role::Dim)];
        if let (Some(error), true) = (&self.rows.error, self.rows.value.is_some()) {
            note = vec![look.span(error.to_string(), Role::Error)];
        }
        let pane = Pane::new("queue").note(note).focused(!self.is_log_focused);
        let inner = look.pane(buffer, area, &pane);
        let has_attempts = self.rows().iter().any(|row| row.job.attempt != 1);
        let sheet = Sheet {
            columns: columns(inner.width, shared, has_attempts),
            rows: self.rows.value.as_deref().map(Window::whole),
            error: self.rows.error.as_ref(),
            empty: vec![
                Line::from(" no job waits or runs"),
                Line::from(vec![
                    look.span(" C", Role::Key),
                    Span::raw(" train from a preset"),
                ]),
            ],
        };
        let is_focused = !self.is_log_focused;
        self.table.draw(buffer, inner, shared, &sheet, is_focused);
    }

    /// The queue without what else this view has.
    pub fn draw_alone(
        &mut self,
        buffer: &mut Buffer,
        area: Rect,
        shared: &Shared,
        is_focused: bool,
    ) {
        self.rows.want(());
        self.is_log_focused = !is_focused;
        self.draw_queue(buffer, area, shared);
    }

    /// What the jobs at work hold.
    fn draw_slots(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let look = &shared.look;
        let inner = look.pane(buffer, area, &Pane::new("slots"));
        let width = usize::from(inner.width);
        let mut lines = vec![];
        for row in self.rows() {
            let JobState::Leased { slot, .. } = &row.job.state else {
                continue;
            };
            let mut parts = vec![
                format!("{} cpu", slot.cpus.len()),
                text::bytes(slot.memory as f64 * 1024.0 * 1024.0),
            ];
            if !slot.gpus.is_empty() {
                let gpus: Vec<String> = slot.gpus.iter().map(|gpu| format!("gpu{gpu}")).collect();
                parts.push(gpus.join(" "));
            }
            let name = look.cell(&row.name, (width / 2).clamp(8, 24));
            lines.push(fit(
                vec![
                    Span::raw(format!(" {name} ")),
                    look.span(parts.join("  "), Role::Dim),
                ],
                width,
                look.charset.ellipsis(),
            ));
        }
        if lines.is_empty() {
            lines.push(Line::from(look.span(" all slots are free", Role::Dim)));
        }
        look.lines(buffer, inner, lines);
    }
}

/// The columns of the queue; the attempt where a run has had more than one.
fn columns(width: u16, shared: &Shared, has_attempts: bool) -> Vec<Column<'_, JobRow>> {
    let look = &shared.look;
    let room = usize::from(width);
    let text = |title, role: Role, of: fn(&JobRow) -> String| {
        Column::new(title, move |row: &JobRow| Cell::of(of(row), look, role))
    };
    let age = move |row: &JobRow| Cell::of(shared.age(row.job.created), look, Role::Dim);
    let attempt = text("TRY", Role::Text, |row| row.job.attempt.to_string()).right();
    let mut columns = vec![
        Column::new("STATE", move |row: &JobRow| {
            look.state(row.run_state.word()).into()
        }),
        text("RUN", Role::Text, |row| row.name.clone()).least(18),
        text("PRI", Role::Text, |row| row.job.priority.to_string())
            .right()
            .gives_way(2),
        Column::new("AGE", age).right().gives_way(3),
        text("BY", Role::Dim, |row| row.job.actor.name.clone())
            .most(12)
            .gives_way(4),
        Column::new("PROGRESS", move |row: &JobRow| {
            Cell(progress(row, look, room))
        })
        .most(room)
        .least(12)
        .gives_way(1)
        .fills(),
    ];
    if has_attempts {
        columns.insert(2, attempt);
    }
    columns
}

fn progress(row: &JobRow, look: &Look, columns: usize) -> Vec<Span<'static>> {
    if let JobState::Dropped { why, .. } = &row.job.state {
        return vec![look.span(look.clip(why, columns), Role::Dim)];
    }
    if let Some(waits) = &row.waits {
        return vec![look.span(look.clip(waits, columns), Role::Warn)];
    }
    match (row.progress.steps, &row.run_state) {
        (_, RunState::Ended { how, .. }) => {
            let text = crate::tui::board::progress::ending(how).unwrap_or_default();
            vec![look.span(look.clip(&text, columns), Role::Dim)]
        }
        (Some(steps), _) => {
            let Some(percent) = row.progress.percent() else {
                return vec![];
            };
            let share = row.progress.step as f64 / steps as f64;
            let mut spans = look.bar(share, columns.saturating_sub(6).min(24));
            spans.push(Span::raw(format!(" {percent}")));
            spans
        }
        _ => vec![],
    }
}

impl View for Jobs {
    fn contexts(&self) -> &'static [&'static str] {
        &["jobs", "table", "list"]
    }

    fn act(&mut self, action: Action, _: &Shared) -> Reaction {
        if let Some(reaction) = beside::step(&self.places, &mut self.is_log_focused, action) {
            return reaction;
        }
        match action {
            Action::NextPane | Action::PreviousPane => self.is_log_focused = !self.is_log_focused,
            Action::Zoom => self.is_zoomed = !self.is_zoomed,
            Action::Escape if self.is_zoomed => self.is_zoomed = false,
            Action::Matter => drop(self.log.act(Action::Matter)),
            action if self.is_log_focused && self.log.act(action) => {}
            action => return self.go(action),
        }
        Reaction::Done
    }

    fn draw(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        self.rows.want(());
        let (queue, below) = match (self.is_zoomed, self.is_log_focused) {
            (true, false) => (area, Rect::ZERO),
            (true, true) => (Rect::ZERO, area),
            (false, _) => split_down(area, area.height / 2),
        };
        if queue.is_empty() {
            self.table.hide();
        } else {
            self.draw_queue(buffer, queue, shared);
        }
        let (log, slots) = match below.width {
            100.. if !self.is_zoomed => split_across(below, below.width * 2 / 3),
            _ => (below, Rect::ZERO),
        };
        self.places = [(false, queue), (true, log)];
        if !log.is_empty() {
            match self.target() {
                Some(run) => {
                    let grows = !run.state.has_ended();
                    self.log.want(run.id);
                    self.log
                        .draw(buffer, log, shared, self.is_log_focused, grows);
                }
                None => {
                    shared.look.pane(buffer, log, &Pane::new("log"));
                }
            }
        }
        if !slots.is_empty() {
            self.draw_slots(buffer, slots, shared);
        }
    }

    fn ask(&mut self, tickets: &mut Tickets) -> Vec<Effect> {
        let rows = self
            .rows
            .ask(tickets)
            .map(|(ticket, ())| Effect::Jobs(ticket));
        rows.into_iter().chain(self.log.ask(tickets)).collect()
    }

    fn expire(&mut self) {
        self.rows.expire();
        self.log.expire();
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        match answer {
            Answer::Jobs(result) if self.rows.awaits(ticket) => {
                let known = self.row().map(|row| row.name.clone());
                self.rows.answer(result);
                let rows = self.rows.value.as_deref().unwrap_or_default();
                self.table.settle(Window::whole(rows), known, true);
                None
            }
            other => self.log.loaded(ticket, other),
        }
    }

    fn handles(&self) -> Vec<Position> {
        let [_, (_, log)] = self.places;
        let log = (!log.is_empty()).then(|| log.as_position());
        let mut handles = self.table.handles(self.rows().len() as u64);
        handles.extend(log);
        handles
    }

    fn point(&mut self, at: Position) {
        let rows = self.rows.value.as_deref().unwrap_or_default();
        let [_, (_, log)] = self.places;
        if log.contains(at) {
            self.is_log_focused = true;
        } else if self.table.point(at, Window::whole(rows)) {
            self.is_log_focused = false;
        }
    }

    fn target(&self) -> Option<Target> {
        // Whichever attempt is looked at: verbs are on the run, as its newest one has left it.
        let run = self.row()?.job.run;
        let attempts = self.rows().iter().filter(|row| row.job.run == run);
        let row = attempts.max_by_key(|row| row.job.attempt)?;
        Some(Target {
            id: row.job.run,
            name: row.name.clone(),
            state: row.run_state.clone(),
            kind: Some(row.kind),
            progress: row.progress,
            labels: None,
            is_trashed: false,
        })
    }

    fn name(&self) -> String {
        "jobs".to_owned()
    }

    fn place(&self) -> Place {
        Place::of_root(Root::Jobs)
    }

    fn crumb(&self) -> String {
        "jobs".to_owned()
    }

    fn hints(&self) -> &'static [Action] {
        &[
            Action::Open,
            Action::Stop,
            Action::Resume,
            Action::Raise,
            Action::Lower,
            Action::NextPane,
            Action::Train,
        ]
    }

    fn remark(&mut self) -> Option<String> {
        let name = self.table.take_gone()?;
        Some(format!("{name} is not in the queue any more"))
    }

    fn awaits(&self, _: Action) -> bool {
        self.rows.is_blank()
    }

    fn label(&self, action: Action) -> Option<&'static str> {
        match action {
            Action::Down if self.is_log_focused => Some("scroll down"),
            Action::Up if self.is_log_focused => Some("scroll up"),
            Action::Matter => Some("follow the log's end"),
            _ => None,
        }
    }

    fn is_following(&self) -> bool {
        let is_live = |row: &JobRow| {
            !matches!(row.run_state.word(), StateWord::Queued) && !row.run_state.has_ended()
        };
        self.log.is_following() && self.row().is_some_and(is_live)
    }
}
