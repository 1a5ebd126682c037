//! The picture of the whole screen, and what it needs to be drawn.

use ratatui::{
    Frame,
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::{App, Rate, StoreState, WHICH_KEY_MS};
use crate::tui::{
    access::sentence, action::Action, chord::Keys, chrome, effect::Effect, overlay::Overlay,
    theme::Role, toast::Level, trouble, views::card,
};

/// Columns from which messages are stacked in a corner.
const ROOM_FOR_STACK: u16 = 100;

impl App {
    /// Draws the whole screen from its state.
    pub fn view_frame(&mut self, frame: &mut Frame<'_>) {
        let area = frame.area();
        self.size = area;
        self.cursor = None;
        self.drawn = self.shared.now;
        self.shared.forget_ages();
        self.shared.take_focus();
        self.shared.look.has_borders = 100 <= area.width;
        let buffer = frame.buffer_mut();
        if self.fits() {
            self.draw(buffer, area);
        } else if !area.is_empty() {
            chrome::too_small(buffer, area, &self.shared.look);
        }
        self.shared.finish(frame.buffer_mut());
        self.is_dirty = false;
        if let Some(cursor) = self.cursor {
            frame.set_cursor_position(cursor);
        }
    }

    /// Where the cursor of an input stands in the last frame.
    pub fn cursor(&self) -> Option<Position> {
        self.cursor
    }

    /// What the last frame showed and lacks.
    pub fn ask(&mut self) -> Vec<Effect> {
        if !self.is_open() {
            return vec![];
        }
        self.counts.want(());
        let mut effects: Vec<Effect> = self
            .counts
            .ask(&mut self.tickets)
            .map(|(ticket, ())| Effect::Counts(ticket))
            .into_iter()
            .collect();
        effects.extend(
            self.offers
                .ask(&mut self.tickets)
                .map(|(ticket, ())| Effect::Offers(ticket)),
        );
        let names = self.names.ask(&mut self.tickets);
        effects.extend(names.map(|(ticket, ())| Effect::Names(ticket)));
        if let Some(Overlay::Palette(palette)) = self.overlays.last()
            && let Some(question) = palette.question()
        {
            self.candidates.want(question);
            effects.extend(
                self.candidates
                    .ask(&mut self.tickets)
                    .map(|(ticket, question)| Effect::Candidates(ticket, question)),
            );
        }
        if let Some(Overlay::Version(form)) = self.overlays.last()
            && let Some(text) = form.question()
        {
            self.paths.want(text);
            let paths = self.paths.ask(&mut self.tickets);
            effects.extend(paths.map(|(ticket, text)| Effect::Paths(ticket, text)));
        }
        effects.extend(self.calls.ask(&mut self.tickets));
        effects.extend(self.stacks.front().ask(&mut self.tickets));
        effects
    }

    fn draw(&mut self, buffer: &mut Buffer, area: Rect) {
        let rows = chrome::rows(area);
        let shared = self.shared.clone();
        let look = &shared.look;
        if !rows.tabs.is_empty() {
            chrome::tabs(buffer, rows.tabs, look, self.stacks.root());
        }
        match &self.store {
            StoreState::Open if self.is_card_shown() => {
                card::draw(buffer, rows.body, &shared, true);
            }
            StoreState::Open => self.stacks.front().draw(buffer, rows.body, &shared),
            StoreState::Opening => {}
            StoreState::Failed(_) if self.is_card_shown() => {
                card::draw(buffer, rows.body, &shared, false);
            }
            StoreState::Failed(error) => trouble::draw(buffer, rows.body, look, error),
        }
        if let Some(remark) = self.stacks.front().remark() {
            self.say(Level::Info, remark.clone());
            self.remark = Some(remark);
        }
        let counts = chrome::counts(look, self.counts.value.unwrap_or_default());
        chrome::crumb(buffer, rows.crumb, look, &self.stacks.crumb(), counts);
        chrome::hints(buffer, rows.hints, look, &self.hints());
        if rows.status.is_empty()
            && let Some(toast) = self.toasts.shown()
        {
            // Where there is no status line, news borrow that of the hints.
            buffer.set_style(rows.hints, ratatui::style::Style::reset());
            for cell in rows.hints.positions() {
                buffer[cell].set_symbol(" ");
            }
            chrome::status(buffer, rows.hints, look, &[], "", Some(toast));
        }
        // What lies over the view leaves the messages and the keys in sight.
        let above_status = Rect {
            height: area.height - rows.hints.height - rows.status.height,
            ..area
        };
        let is_wide = ROOM_FOR_STACK <= area.width && !rows.status.is_empty();
        if is_wide {
            // What lies over the view covers the messages, never the other way round.
            let focus = shared.take_focus();
            chrome::toasts(buffer, rows.body, look, &self.toasts.stack(), focus);
            if let Some(at) = focus {
                shared.focus_on(Rect::new(at.x, at.y, 1, 1));
            }
        }
        if let Some(overlay) = self.overlays.last_mut() {
            shared.take_focus();
            self.cursor = overlay.draw(buffer, above_status, &shared);
        } else if !self.typed.is_empty() && WHICH_KEY_MS <= shared.now.since(self.typed_at) {
            let choices = self.keymap.continuations(&self.contexts(), &self.typed);
            let typed = Keys(self.typed.clone()).short();
            chrome::which_key(buffer, above_status, look, &typed, &choices);
        }
        let focus = self.cursor.or(shared.take_focus());
        if self.access.cursor_follows_focus {
            self.cursor = focus;
        }
        if !rows.status.is_empty() {
            let announced = focus.filter(|_| self.access.announces);
            let announced = announced.map(|at| sentence(buffer, at, look, &self.stacks.crumb()));
            let facts = announced.unwrap_or_else(|| self.facts());
            let toast = self.toasts.shown().filter(|_| !is_wide);
            let banners = self.banners();
            chrome::status(buffer, rows.status, look, &banners, &facts, toast);
        }
    }

    fn hints(&self) -> Vec<(String, String)> {
        if let Some(overlay) = self.overlays.last() {
            return overlay.hints();
        }
        let contexts = self.contexts();
        let wanted: &[Action] = if self.is_card_shown() {
            &[Action::Demo, Action::Train, Action::Back]
        } else if self.is_open() {
            self.stacks.front_ref().hints()
        } else {
            &[Action::Refresh, Action::Back]
        };
        // The way to the help is named first: it never gives way.
        let actions = [Action::Help].iter().chain(wanted).chain(&[Action::Back]);
        let mut hints: Vec<(String, String)> = vec![];
        let mut named = vec![];
        let targets = self.stacks.front_ref().targets();
        let is_useful = |action: Action| {
            self.is_offered(action) && self.refusal_here(action, &targets).is_none()
        };
        for action in actions.filter(|action| is_useful(**action)) {
            let key = self.keymap.keys_of(&contexts, *action).into_iter().next();
            if let Some(keys) = key.filter(|_| !named.contains(action)) {
                let label = match action {
                    Action::Help => "help",
                    action => self.label(*action),
                };
                let label = label.split([':', ';', ',']).next().unwrap_or_default();
                hints.push((keys.short(), label.to_owned()));
                named.push(*action);
            }
        }
        hints
    }

    fn banners(&self) -> Vec<(Role, String)> {
        let mut banners = vec![];
        if let Some(error) = &self.gone {
            banners.push((Role::Stale, format!("{error}: r opens what is there now")));
        }
        if let Some((since, missed)) = self.frozen {
            let ago = self.shared.age(since);
            banners.push((Role::Frozen, format!("FROZEN {ago} · {missed} newer")));
        }
        if let Some(since) = self.busy {
            let waits = crate::domain::time::Span(self.shared.now.since(since));
            banners.push((Role::Stale, format!("STORE BUSY {waits}")));
        }
        if let Some(told) = self.told_of_adding() {
            banners.push((Role::Banner, told));
        }
        if self.shared.is_read_only {
            banners.push((Role::ReadOnly, "READ-ONLY".into()));
        }
        if self.demo {
            banners.push((Role::Demo, "DEMO".into()));
        }
        banners
    }

    fn facts(&self) -> String {
        let store = match &self.store {
            StoreState::Opening => "opening the store …".to_owned(),
            StoreState::Open => format!("{}@{}", self.shared.store.actor, self.shared.store.host),
            StoreState::Failed(_) => "no store".to_owned(),
        };
        match self.rate() {
            Rate::Local => store,
            rate => format!("{store}  {rate} {}s", rate.pace().as_secs()),
        }
    }
}
