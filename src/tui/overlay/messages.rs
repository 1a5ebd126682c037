//! What was said so far: when, how weighty, and the words.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{Key, Outcome, framed};
use crate::tui::{action::Action, shared::Shared, theme::Role, toast::Toast};

#[derive(Debug)]
pub struct Messages {
    /// The newest first.
    list: Vec<Toast>,
    index: usize,
    top: usize,
    height: usize,
}

impl Messages {
    pub fn new(list: Vec<Toast>) -> Self {
        Self {
            list,
            index: 0,
            top: 0,
            height: 1,
        }
    }

    pub fn key(&mut self, key: Key) -> Outcome {
        if key.chord.typed() == Some('y') {
            return match self.list.get(self.index) {
                Some(toast) => Outcome::Copy("the message", toast.text.clone()),
                None => Outcome::Stay,
            };
        }
        let last = self.list.len().saturating_sub(1);
        match key.action {
            Some(Action::Back | Action::Escape | Action::Interrupt) => return Outcome::Close,
            _ => {
                let moved = key.moved(self.index, self.height, last);
                self.index = moved.unwrap_or(self.index);
            }
        }
        Outcome::Stay
    }

    pub fn draw(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let look = &shared.look;
        let rows = (self.list.len() as u16).max(1);
        let inner = framed(buffer, area, look, "messages", (100, rows));
        self.height = usize::from(inner.height).max(1);
        self.top = self.top.min(self.index);
        self.top = self.top.max((self.index + 1).saturating_sub(self.height));
        if self.list.is_empty() {
            let text = " nothing was said yet";
            look.line(buffer, inner, Line::from(look.span(text, Role::Dim)));
        }
        let shown = self.list.iter().enumerate().skip(self.top);
        for (place, (at, toast)) in inner.rows().zip(shown) {
            let age = shared.age(toast.at);
            let line = vec![
                look.span(format!(" {age:>4} ago  "), Role::Dim),
                look.span(format!("{:<5} ", toast.level), toast.level.role()),
                Span::raw(toast.told()),
            ];
            let columns = usize::from(inner.width);
            let line = crate::tui::look::fit(line, columns, look.charset.ellipsis());
            look.line(buffer, place, line);
            if at == self.index {
                buffer.set_style(place, look.style(Role::Selected));
                shared.focus_on(place);
            }
        }
    }
}
