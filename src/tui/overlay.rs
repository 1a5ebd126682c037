//! What lies over a view and gets the keys first: help, dialogs, menus, inputs, forms.

pub mod confirm;
pub mod form;
pub mod help;
pub mod input;
pub mod jump;
pub mod line;
pub mod menu;
pub mod messages;
pub mod palette;
pub mod picker;
pub mod prompt;
pub mod recall;
pub mod version;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    widgets::{Clear, Widget as _},
};

use self::{
    confirm::Confirm,
    form::Form,
    help::Help,
    input::{Input, Pasted},
    jump::Jump,
    line::CommandLine,
    menu::Menu,
    messages::Messages,
    palette::{Does, Palette},
    picker::Picker,
    prompt::{Prompt, Purpose},
    version::VersionForm,
};
use super::{
    action::Action,
    chord::Chord,
    effect::{NewVersion, Verb},
    look::{Look, Pane},
    scroll,
    shared::{Reply, Shared},
    text,
    theme::Role,
};
use crate::{domain::time::Timestamp, ops::runs::Sort};

#[derive(Debug)]
pub enum Overlay {
    Help(Help),
    Confirm(Confirm),
    Menu(Menu),
    Picker(Picker),
    Prompt(Prompt),
    Form(Form),
    Version(VersionForm),
    Line(CommandLine),
    Palette(Palette),
    Messages(Messages),
    Jump(Jump),
}

/// A key as an overlay sees it.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    pub chord: Chord,
    /// What it means in an overlay.
    pub action: Option<Action>,
    pub at: Timestamp,
}

impl Key {
    /// Where it moves a cursor among rows, see [`scroll::moved`]; Tab walks them too.
    fn moved(self, at: usize, page: usize, last: usize) -> Option<usize> {
        let action = match self.action? {
            Action::NextPane => Action::Down,
            Action::PreviousPane => Action::Up,
            action => action,
        };
        scroll::moved(action, at, page, last)
    }
}

/// What came of a key.
#[derive(Debug)]
pub enum Outcome {
    Stay,
    Close,
    /// Close, then do this in the view.
    Act(Action),
    /// Close, then do this.
    Do(Verb),
    /// Do this and stay until it is done.
    Try(Verb),
    /// Close, and make this version while the screen goes on.
    Add(NewVersion),
    Sort(Sort),
    /// Tell the view; close when it is over.
    Reply {
        reply: Reply,
        is_over: bool,
    },
    /// The text so far.
    Typed(Purpose, String),
    /// Close; the text holds.
    Entered(Purpose, String),
    /// Close; the text as it was before.
    Abandoned(Purpose, String),
    /// Carry out a command line, and stay until it is known to be one.
    Command(String),
    /// Close, then do what was picked; remember it by this name.
    Pick(String, Does),
    /// Put a text where it can be pasted from, and stay.
    Copy(&'static str, String),
    /// Close, then do as if somebody pointed there.
    Point(Position),
}

impl Overlay {
    pub fn key(&mut self, key: Key) -> Outcome {
        match self {
            Self::Help(help) => help.key(key),
            Self::Confirm(confirm) => confirm.key(key),
            Self::Menu(menu) => menu.key(key),
            Self::Picker(picker) => picker.key(key),
            Self::Prompt(prompt) => prompt.key(key),
            Self::Form(form) => form.key(key),
            Self::Version(form) => form.key(key),
            Self::Line(line) => line.key(key),
            Self::Palette(palette) => palette.key(key),
            Self::Messages(messages) => messages.key(key),
            Self::Jump(jump) => jump.key(key),
        }
    }

    /// Text from the clipboard goes into inputs and nowhere else. Says whether it went.
    pub fn paste(&mut self, text: &str) -> Option<(Outcome, Pasted)> {
        match self {
            Self::Help(help) => Some((Outcome::Stay, help.input.paste(text))),
            Self::Picker(picker) => Some((Outcome::Stay, picker.input.paste(text))),
            Self::Prompt(prompt) => {
                let pasted = prompt.input.paste(text);
                Some((prompt.typed(), pasted))
            }
            Self::Form(form) => Some((Outcome::Stay, form.paste(text)?)),
            Self::Version(form) => Some((Outcome::Stay, form.paste(text))),
            Self::Confirm(confirm) => Some((Outcome::Stay, confirm.paste(text)?)),
            Self::Line(line) => {
                line.edited();
                Some((Outcome::Stay, line.input.paste(text)))
            }
            Self::Palette(palette) => Some((Outcome::Stay, palette.paste(text))),
            Self::Menu(_) | Self::Messages(_) | Self::Jump(_) => None,
        }
    }

    /// Its own keys for the line of hints; the first never gives way.
    pub fn hints(&self) -> Vec<(String, String)> {
        let hints = match self {
            Self::Help(_) => vec![
                ("Esc", "close"),
                ("↑ ↓", "choose"),
                ("Enter", "do it"),
                ("a-z", "search"),
            ],
            Self::Confirm(confirm) => return confirm.hints(),
            Self::Menu(menu) if menu.is_of_verbs => vec![
                ("Esc", "close"),
                ("Enter", "do it"),
                ("↓ ↑", "choose"),
                ("A-Z", "do it by its key"),
            ],
            Self::Line(_) => vec![
                ("Esc", "close"),
                ("Enter", "do it"),
                ("Tab", "complete"),
                ("↑ ↓", "earlier lines"),
            ],
            Self::Palette(_) => vec![
                ("Esc", "close"),
                ("Enter", "do it"),
                ("Tab", "complete"),
                ("↑ ↓", "choose"),
            ],
            Self::Messages(_) => vec![("Esc", "close"), ("j k", "choose"), ("y", "yank it")],
            Self::Jump(_) => vec![("Esc", "close"), ("a-z", "go there")],
            Self::Menu(_) => vec![
                ("Esc", "close"),
                ("j k", "choose"),
                ("1-9", "take"),
                ("Enter", "take"),
            ],
            Self::Prompt(prompt) => prompt.hints(),
            Self::Picker(picker) => picker.hints(),
            Self::Version(_) => vec![
                ("Esc", "cancel"),
                ("Enter", "add"),
                ("↑ ↓", "field"),
                ("Tab", "complete"),
                ("^u", "clear the field"),
            ],
            Self::Form(_) => vec![
                ("Esc", "cancel"),
                ("Enter", "train"),
                ("↑ ↓", "field"),
                ("← →", "preset"),
                ("^u", "clear the field"),
            ],
        };
        let owned = |(keys, label): (&str, &str)| (keys.to_owned(), label.to_owned());
        hints.into_iter().map(owned).collect()
    }

    /// Draws itself over `area`; gives back where the cursor stands in an input.
    pub fn draw(&mut self, buffer: &mut Buffer, area: Rect, shared: &Shared) -> Option<Position> {
        match self {
            Self::Help(help) => help.draw(buffer, area, &shared.look),
            Self::Confirm(confirm) => confirm.draw(buffer, area, shared),
            Self::Menu(menu) => {
                shared.focus_on(menu.draw(buffer, area, &shared.look));
                None
            }
            Self::Picker(picker) => picker.draw(buffer, area, shared),
            Self::Prompt(prompt) => prompt.draw(buffer, area, &shared.look),
            Self::Form(form) => form.draw(buffer, area, &shared.look),
            Self::Version(form) => form.draw(buffer, area, &shared.look),
            Self::Line(line) => line.draw(buffer, area, &shared.look),
            Self::Palette(palette) => palette.draw(buffer, area, shared),
            Self::Messages(messages) => {
                messages.draw(buffer, area, shared);
                None
            }
            Self::Jump(jump) => {
                jump.draw(buffer, &shared.look);
                None
            }
        }
    }
}

/// Draws what is searched for in the first row of a box of two rows at least; gives back the rows below it, and where the
/// cursor stands.
fn draw_search(
    buffer: &mut Buffer,
    inner: Rect,
    look: &Look,
    input: &Input,
) -> (Rect, Option<Position>) {
    let lead = " search: ";
    look.line(buffer, inner, look.span(lead, Role::Dim).into());
    let indent = (text::width(lead) as u16).min(inner.width);
    let field = Rect {
        x: inner.x + indent,
        width: inner.width - indent,
        height: 1,
        ..inner
    };
    let (line, column) = input.draw(look, usize::from(field.width));
    look.line(buffer, field, line);
    let list = Rect {
        y: inner.y + 1,
        height: inner.height - 1,
        ..inner
    };
    let cursor =
        (!field.is_empty()).then(|| Position::new(field.x + column.min(field.width - 1), field.y));
    (list, cursor)
}

/// A box in the middle of an area, cleared and framed; gives back its inside.
pub fn framed(
    buffer: &mut Buffer,
    area: Rect,
    look: &Look,
    title: &str,
    (width, height): (u16, u16),
) -> Rect {
    let width = width.saturating_add(2).min(area.width);
    let height = height.saturating_add(2).min(area.height);
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    Clear.render(place, buffer);
    let look = Look {
        has_borders: true,
        ..*look
    };
    look.pane(buffer, place, &Pane::new(title.to_owned()).focused(true))
}
