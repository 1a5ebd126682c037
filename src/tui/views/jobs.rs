//! The queue: what waits and why, what runs where, and the log of the selected job.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};

use super::{Root, View, split_across, split_down};
use crate::{
    domain::{
        ids::{JobId, RunId},
        jobs::JobState,
        runs::{RunState, StateWord},
    },
    ops::{jobs::JobRow, logs::Chunk},
    tui::{
        action::Action,
        board::log::LogView,
        effect::{Answer, Effect, Verb},
        event::{Ticket, Tickets},
        look::{Look, Pane, fit},
        place::{Place, Spot},
        remote::Remote,
        scroll,
        shared::{Reaction, Shared, Target},
        text,
        theme::{Role, state_role},
        trouble,
    },
};

#[derive(Default)]
pub struct Jobs {
    rows: Remote<(), Vec<JobRow>>,
    selected: Option<JobId>,
    index: usize,
    top: usize,
    height: usize,
    log: Remote<RunId, Chunk>,
    log_view: LogView,
    is_log_focused: bool,
    is_zoomed: bool,
    /// Where the rows of the queue and the log stood in the last frame.
    places: (Rect, Rect),
}

/// A step of the priority.
const STEP: i32 = 10;

impl Jobs {
    fn rows(&self) -> &[JobRow] {
        self.rows.value.as_deref().unwrap_or_default()
    }

    fn row(&self) -> Option<&JobRow> {
        self.rows().get(self.index)
    }

    pub fn go(&mut self, action: Action) -> Reaction {
        match action {
            Action::Open => match self.row() {
                Some(row) => Reaction::Open(Place::of(Spot::Run(row.job.run))),
                None => Reaction::Refuse("no job is selected".into()),
            },
            Action::Raise | Action::Lower => self.reorder(action),
            action => {
                let last = self.rows().len().saturating_sub(1);
                let Some(index) = scroll::moved(action, self.index, self.height, last) else {
                    return Reaction::None;
                };
                self.index = index;
                self.selected = self.row().map(|row| row.job.id);
                Reaction::Done
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
        if self.rows().is_empty() {
            match (&self.rows.error, &self.rows.value) {
                (Some(error), _) => trouble::draw(buffer, inner, look, error),
                (None, None) => look.line(buffer, inner, look.span(" …", Role::Dim).into()),
                (None, Some(_)) => look.lines(
                    buffer,
                    inner,
                    [
                        Line::from(" no job waits or runs"),
                        Line::from(vec![
                            look.span(" C", Role::Key),
                            Span::raw(" train from a preset"),
                        ]),
                    ],
                ),
            }
            return;
        }
        self.height = usize::from(inner.height.saturating_sub(1));
        self.top = self.top.min(self.index);
        if self.top + self.height <= self.index {
            self.top = self.index + 1 - self.height.max(1);
        }
        self.places.0 = Rect {
            y: inner.y + inner.height.min(1),
            height: inner.height.saturating_sub(1),
            ..inner
        };
        let columns = Columns::of(usize::from(inner.width));
        look.line(buffer, inner, columns.head(look));
        for (at, line) in inner.rows().skip(1).enumerate() {
            let index = self.top + at;
            let Some(row) = self.rows().get(index) else {
                break;
            };
            look.line(buffer, line, columns.row(row, index == self.index, shared));
            if index == self.index {
                let role = if self.is_log_focused {
                    Role::SelectedElsewhere
                } else {
                    shared.focus_on(line.intersection(buffer.area));
                    Role::Selected
                };
                buffer.set_style(line.intersection(buffer.area), look.style(role));
            }
        }
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

/// The columns of the queue.
struct Columns {
    name: usize,
    width: usize,
    has_owner: bool,
    has_priority: bool,
}

impl Columns {
    fn of(width: usize) -> Self {
        Self {
            name: (width / 4).clamp(10, 30),
            width,
            has_owner: 90 <= width,
            has_priority: 50 <= width,
        }
    }

    fn head(&self, look: &Look) -> Line<'static> {
        let mut text = format!(
            " {} {} ",
            look.cell("STATE", 11),
            look.cell("RUN", self.name)
        );
        if self.has_priority {
            text += &format!("{:>4} {:>6} ", "PRI", "AGE");
        }
        if self.has_owner {
            text += &look.cell("BY", 13);
        }
        text += "PROGRESS";
        fit(
            vec![look.span(text, Role::Dim)],
            self.width,
            look.charset.ellipsis(),
        )
    }

    fn row(&self, row: &JobRow, is_selected: bool, shared: &Shared) -> Line<'static> {
        let look = &shared.look;
        let state = row.run_state.word();
        let gutter = if is_selected {
            look.charset.gutter()
        } else {
            " "
        };
        let glyph = look.charset.state(row.run_state.word());
        let mut spans = vec![
            look.span(gutter, Role::Accent),
            look.span(
                look.cell(&format!("{glyph} {state}"), 11),
                state_role(state),
            ),
            Span::raw(format!(" {} ", look.cell(&row.name, self.name))),
        ];
        if self.has_priority {
            let age = shared.age(row.job.created);
            spans.push(Span::raw(format!("{:>4} ", row.job.priority)));
            spans.push(look.span(format!("{age:>6} "), Role::Dim));
        }
        if self.has_owner {
            spans.push(look.span(look.cell(&row.job.actor.name, 12) + " ", Role::Dim));
        }
        let used: usize = spans.iter().map(Span::width).sum();
        spans.extend(progress(row, look, self.width.saturating_sub(used)));
        fit(spans, self.width, look.charset.ellipsis())
    }
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
        (Some(steps), _) if 0 < steps => {
            let share = row.progress.step as f64 / steps as f64;
            let mut spans = look.bar(share, columns.saturating_sub(6).min(24));
            spans.push(Span::raw(format!(" {:.0}%", (share * 100.0).floor())));
            spans
        }
        _ => vec![],
    }
}

impl View for Jobs {
    fn contexts(&self) -> &'static [&'static str] {
        &["jobs", "list"]
    }

    fn act(&mut self, action: Action, _: &Shared) -> Reaction {
        match action {
            Action::NextPane | Action::PreviousPane => self.is_log_focused = !self.is_log_focused,
            Action::Zoom => self.is_zoomed = !self.is_zoomed,
            Action::Escape if self.is_zoomed => self.is_zoomed = false,
            Action::Matter => drop(self.log_view.act(Action::Matter)),
            action if self.is_log_focused && self.log_view.act(action) => {}
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
        self.places = (Rect::ZERO, Rect::ZERO);
        if !queue.is_empty() {
            self.draw_queue(buffer, queue, shared);
        }
        let (log, slots) = match below.width {
            100.. if !self.is_zoomed => split_across(below, below.width * 2 / 3),
            _ => (below, Rect::ZERO),
        };
        self.places.1 = log;
        if !log.is_empty() {
            match self.row().map(|row| row.job.run) {
                Some(run) => {
                    if self.log.asked() != Some(&run) {
                        (self.log, self.log_view) = (Remote::default(), LogView::default());
                    }
                    self.log.want(run);
                    self.log_view
                        .draw(&self.log, buffer, log, shared, self.is_log_focused);
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

    fn handles(&self) -> Vec<Position> {
        let (queue, log) = self.places;
        let left = self.rows().len().saturating_sub(self.top);
        let rows = queue.rows().take(left).map(Rect::as_position);
        let log = (!log.is_empty()).then(|| log.as_position());
        rows.chain(log).collect()
    }

    fn point(&mut self, at: Position) {
        let (queue, log) = self.places;
        let index = self.top + usize::from(at.y.saturating_sub(queue.y));
        if log.contains(at) {
            self.is_log_focused = true;
        } else if queue.contains(at) && index < self.rows().len() {
            self.is_log_focused = false;
            self.index = index;
            self.selected = self.row().map(|row| row.job.id);
        }
    }

    fn ask(&mut self, tickets: &mut Tickets) -> Vec<Effect> {
        let rows = self
            .rows
            .ask(tickets)
            .map(|(ticket, ())| Effect::Jobs(ticket));
        let log = self
            .log
            .ask(tickets)
            .map(|(ticket, run)| Effect::Log(ticket, run));
        rows.into_iter().chain(log).collect()
    }

    fn expire(&mut self) {
        self.rows.expire();
        self.log.expire();
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        match answer {
            Answer::Jobs(result) if self.rows.awaits(ticket) => {
                self.rows.answer(result);
                let at = |id: &JobId| self.rows().iter().position(|row| row.job.id == *id);
                let index = self.selected.as_ref().and_then(at).unwrap_or(self.index);
                self.index = index.min(self.rows().len().saturating_sub(1));
                self.selected = self.row().map(|row| row.job.id);
                None
            }
            Answer::Log(result) if self.log.awaits(ticket) => {
                self.log.answer(result);
                None
            }
            other => Some(other),
        }
    }

    fn target(&self) -> Option<Target> {
        let row = self.row()?;
        Some(Target {
            id: row.job.run,
            name: row.name.clone(),
            state: row.run_state.clone(),
            kind: None,
            progress: row.progress,
            labels: None,
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
        self.log_view.is_following() && self.row().is_some_and(is_live)
    }
}
