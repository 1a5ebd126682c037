//! Pointing: by letters over what can be gone to, or with the mouse.

use crossterm::event::{KeyCode, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::App;
use crate::tui::{
    chord::Chord,
    chrome,
    effect::Effect,
    overlay::{Overlay, jump::Jump},
    toast::Level,
};

/// Rows that a notch of the wheel moves.
const NOTCH: usize = 3;

impl App {
    pub(super) fn open_jump(&mut self) {
        let rows = chrome::rows(self.size);
        let front = self.stacks.front_ref().handles().into_iter();
        let crumbs = chrome::crumbs(rows.crumb, &self.stacks.names());
        let below = crumbs.len().saturating_sub(1);
        let crumbs = crumbs.into_iter().take(below);
        let tabs = chrome::tab_places(rows.tabs, self.stacks.root()).into_iter();
        let around = crumbs.chain(tabs.map(|(_, place)| place));
        let places = front.chain(around.map(Rect::as_position));
        let jump = Jump::over(places.collect());
        self.overlays.push(Overlay::Jump(jump));
    }

    /// Goes to what stands at a position of the last frame.
    pub(super) fn point(&mut self, at: Position) {
        let rows = chrome::rows(self.size);
        let mut tabs = chrome::tab_places(rows.tabs, self.stacks.root()).into_iter();
        if let Some((root, _)) = tabs.find(|(_, place)| place.contains(at)) {
            if self.stacks.go(root) {
                self.take_remark_back();
            }
            return;
        }
        let crumbs = chrome::crumbs(rows.crumb, &self.stacks.names());
        if let Some(depth) = crumbs.iter().position(|place| place.contains(at)) {
            for _ in depth + 1..crumbs.len() {
                self.stacks.close();
            }
            return self.take_remark_back();
        }
        if rows.body.contains(at) && self.is_open() && !self.is_card_shown() {
            self.stacks.front().point(at);
        }
    }

    pub(super) fn mouse(&mut self, event: MouseEvent) -> Vec<Effect> {
        self.is_dirty = true;
        let key = match event.kind {
            // What lies over the view hides what is below it.
            MouseEventKind::Down(MouseButton::Left) if self.overlays.is_empty() => {
                self.point(Position::new(event.column, event.row));
                return vec![];
            }
            MouseEventKind::ScrollDown => KeyCode::Down,
            MouseEventKind::ScrollUp => KeyCode::Up,
            _ => return vec![],
        };
        (0..NOTCH)
            .flat_map(|_| self.key(Chord::plain(key)))
            .collect()
    }

    pub(super) fn set_mouse(&mut self, is_on: bool) -> Vec<Effect> {
        if is_on {
            self.say(Level::Info, "the mouse is on: shift-drag selects text");
        }
        vec![Effect::Mouse(is_on)]
    }
}
