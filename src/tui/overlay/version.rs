//! Make a version of a data set: its name, the files, why, and a tag.

use crossterm::event::KeyCode;
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::Line,
};
use strum::{EnumCount as _, IntoEnumIterator as _};

use super::{
    Key, Outcome, framed,
    input::{Input, Pasted},
};
use crate::{
    domain::{
        datasets::{is_name, is_tag},
        runs::StateWord,
    },
    ops,
    tui::{
        action::Action,
        effect::NewVersion,
        look::{Look, split_down},
        text,
        theme::Role,
        trouble,
    },
};

#[derive(Debug)]
pub struct VersionForm {
    inputs: [Input; Part::COUNT],
    part: Part,
    /// The part was just come to: what is typed replaces what stands there.
    is_fresh: bool,
    /// The data sets that there are.
    datasets: Vec<String>,
    /// What the path may go on to, as far as it was looked for.
    paths: Vec<String>,
    error: Option<ops::Error>,
    /// The part that cannot be taken, and why.
    wrong: Option<(Part, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumCount, strum::EnumIter, strum::Display)]
#[strum(serialize_all = "lowercase")]
enum Part {
    Name,
    Path,
    Message,
    Tag,
}

impl Part {
    fn about(self) -> &'static str {
        match self {
            Self::Name => "of a data set: one that there is goes on",
            Self::Path => "a file or a folder; Tab completes",
            Self::Message => "what is new in it",
            Self::Tag => "a word that means this version; it leaves the one that has it",
        }
    }
}

/// Columns of the box, and of the names in it.
const WIDTH: u16 = 78;
const LABEL: usize = 9;
/// Completions that are shown.
const SHOWN: usize = 4;

impl VersionForm {
    /// Of one of these data sets.
    pub fn new(dataset: &str, datasets: Vec<String>) -> Self {
        let mut form = Self {
            inputs: Default::default(),
            part: Part::Name,
            is_fresh: true,
            datasets,
            paths: vec![],
            error: None,
            wrong: None,
        };
        form.inputs[Part::Name as usize] = Input::of(dataset);
        if !dataset.is_empty() {
            form.part = Part::Path;
        }
        form
    }

    /// The same, with why the version could not be made.
    pub fn refused(self, error: ops::Error) -> Self {
        let error = Some(error);
        Self { error, ..self }
    }

    /// The name of the data set, as far as it is typed.
    pub fn dataset(&self) -> String {
        self.text(Part::Name).trim().to_owned()
    }

    /// The path that may go on.
    pub fn question(&self) -> Option<String> {
        (self.part == Part::Path).then(|| self.text(Part::Path).to_owned())
    }

    /// What the path may go on to.
    pub fn found(&mut self, paths: Vec<String>) {
        self.paths = paths;
    }

    pub fn paste(&mut self, text: &str) -> Pasted {
        self.touched();
        self.inputs[self.part as usize].paste(text)
    }

    pub fn key(&mut self, key: Key) -> Outcome {
        let replaces = self.is_fresh && key.chord.typed().is_some();
        if replaces {
            self.inputs[self.part as usize] = Input::default();
        }
        if self.inputs[self.part as usize].key(key.chord) {
            self.touched();
            return Outcome::Stay;
        }
        if key.chord.code == KeyCode::Tab && self.complete() {
            return Outcome::Stay;
        }
        match key.action {
            Some(Action::Down | Action::NextPane) => self.go(1),
            Some(Action::Up | Action::PreviousPane) => self.go(-1),
            Some(Action::Open) => return self.submit(),
            Some(Action::Escape | Action::Interrupt) => return Outcome::Close,
            _ => {}
        }
        Outcome::Stay
    }

    fn touched(&mut self) {
        (self.error, self.wrong, self.is_fresh) = (None, None, false);
    }

    fn text(&self, part: Part) -> &str {
        &self.inputs[part as usize].text
    }

    fn go(&mut self, by: isize) {
        let at = (self.part as usize).saturating_add_signed(by);
        let to = Part::iter().nth(at.min(Part::COUNT - 1));
        self.is_fresh |= to != Some(self.part);
        self.part = to.unwrap_or(self.part);
    }

    /// What the text of this part may go on to.
    fn ways_on(&self) -> Vec<&str> {
        let begun = self.text(self.part);
        let known = match self.part {
            Part::Name => &self.datasets,
            Part::Path => &self.paths,
            Part::Message | Part::Tag => return vec![],
        };
        let ways = known.iter().map(String::as_str);
        ways.filter(|way| way.starts_with(begun)).collect()
    }

    /// Writes what all ways on have in common. Says whether the text is still to go on: one that is whole is left.
    fn complete(&mut self) -> bool {
        let (begun, ways) = (self.text(self.part), self.ways_on());
        let Some(common) = common(&ways) else {
            return false;
        };
        let is_whole = ways.contains(&begun);
        if common != begun {
            self.inputs[self.part as usize] = Input::of(common);
            self.touched();
            return true;
        }
        !is_whole
    }

    fn submit(&mut self) -> Outcome {
        self.error = None;
        self.wrong = self.problem();
        if let Some((part, _)) = &self.wrong {
            (self.part, self.is_fresh) = (*part, false);
            return Outcome::Stay;
        }
        Outcome::Add(NewVersion {
            dataset: self.dataset(),
            path: self.text(Part::Path).trim_end().to_owned(),
            message: self.text(Part::Message).trim().to_owned(),
            tags: self.text(Part::Tag).trim().to_owned(),
        })
    }

    /// What can be known to be wrong without a look at the disk.
    fn problem(&self) -> Option<(Part, String)> {
        let rule = "1 to 64 letters, digits, `-`, `_` and `.`, the first a letter or digit";
        let tags = self.text(Part::Tag).split_whitespace();
        let problem = match self.dataset().as_str() {
            "" => (Part::Name, "a name is missing".to_owned()),
            name if !is_name(name) => (Part::Name, format!("a name is {rule}")),
            _ if self.text(Part::Path).trim().is_empty() => {
                (Part::Path, "a path is missing".to_owned())
            }
            _ => {
                let wrong = tags.clone().find(|tag| !is_tag(tag))?;
                let why = format!("{wrong:?} cannot be a tag: {rule}, and no `latest` or `v3`");
                (Part::Tag, why)
            }
        };
        Some(problem)
    }

    /// Draws itself; gives back where the cursor stands.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look) -> Option<Position> {
        let width = WIDTH.min(area.width.saturating_sub(2));
        let foot = self.foot(look, usize::from(width));
        let height = (Part::COUNT + SHOWN + foot.len()) as u16;
        let title = "A new version of a data set";
        let inner = framed(buffer, area, look, title, (width, height));
        let (parts, rest) = split_down(inner, Part::COUNT as u16);
        let (ways, below) = split_down(rest, SHOWN as u16);
        let mut cursor = None;
        for (place, part) in parts.rows().zip(Part::iter()) {
            let column = self.draw_part(buffer, place, part, look);
            if part == self.part {
                buffer.set_style(place, look.style(Role::Selected));
                let column = column.min(place.right().saturating_sub(1));
                cursor = Some(Position::new(column, place.y));
            }
        }
        look.lines(buffer, ways, self.told_ways(look, usize::from(width)));
        look.lines(buffer, below, foot);
        cursor
    }

    /// Draws a part; gives back the column of its cursor.
    fn draw_part(&self, buffer: &mut Buffer, place: Rect, part: Part, look: &Look) -> u16 {
        let lead = (LABEL as u16).min(place.width / 2);
        let is_wrong = matches!(&self.wrong, Some((wrong, _)) if *wrong == part);
        let role = if is_wrong { Role::Error } else { Role::Dim };
        let label = look.cell(&format!(" {part}"), usize::from(lead));
        look.line(buffer, place, look.span(label, role).into());
        let field = Rect {
            x: place.x + lead,
            width: place.width - lead,
            ..place
        };
        let width = usize::from(field.width);
        let input = &self.inputs[part as usize];
        let (line, column) = input.draw(look, width);
        let line = match input.text.is_empty() {
            true => look.span(look.clip(part.about(), width), Role::Dim).into(),
            false => line,
        };
        look.line(buffer, field, line);
        field.x + column
    }

    /// The first ways on, and how many more there are.
    fn told_ways(&self, look: &Look, width: usize) -> Vec<Line<'static>> {
        let begun = self.text(self.part);
        let ways = self.ways_on();
        let ways: Vec<&str> = ways.into_iter().filter(|way| *way != begun).collect();
        let shown = match ways.len() <= SHOWN {
            true => ways.len(),
            false => SHOWN - 1,
        };
        let lead = " ".repeat(LABEL.min(width));
        let line = |text: &str| {
            let room = width.saturating_sub(LABEL);
            let text = text::squeeze(text, room, look.charset.ellipsis());
            Line::from(look.span(format!("{lead}{text}"), Role::Dim))
        };
        let mut lines: Vec<Line<'static>> = ways[..shown].iter().map(|way| line(way)).collect();
        if shown < ways.len() {
            lines.push(line(&format!("and {} more", ways.len() - shown)));
        }
        lines
    }

    /// What is wrong, or the command that does the same.
    fn foot(&self, look: &Look, width: usize) -> Vec<Line<'static>> {
        let mut lines = vec![Line::default()];
        if let Some((_, problem)) = &self.wrong {
            let glyph = look.charset.state(StateWord::Failed);
            let told = format!("{glyph} {problem}");
            let wrapped = text::wrap(&told, width.saturating_sub(2)).into_iter();
            lines.extend(wrapped.map(|line| look.span(format!(" {line}"), Role::Error).into()));
        } else if let Some(error) = &self.error {
            let mut told = trouble::lines(look, error, width);
            // What tries again here is Enter.
            told.pop();
            lines.extend(told.into_iter().take(4));
        } else {
            let named = |part: Part, word: &'static str| match self.text(part).trim() {
                "" => word.to_owned(),
                text => text.to_owned(),
            };
            let (name, path) = (named(Part::Name, "NAME"), named(Part::Path, "PATH"));
            let command = format!(" sconce data add {name} {path}");
            lines.push(look.span(look.clip(&command, width), Role::Dim).into());
        }
        lines
    }
}

/// What all of some texts begin with; `None` where there are none.
fn common<'a>(texts: &[&'a str]) -> Option<&'a str> {
    let first = *texts.first()?;
    let shared = |text: &&str| {
        let pairs = first.chars().zip(text.chars());
        let same = pairs.take_while(|(a, b)| a == b);
        same.map(|(c, _)| c.len_utf8()).sum::<usize>()
    };
    Some(&first[..texts.iter().map(shared).min()?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::{
        fixture,
        keymap::{Keymap, Lookup},
    };

    fn typed(form: &mut VersionForm, keys: &str) -> Outcome {
        let keymap = Keymap::shipped();
        let mut last = Outcome::Stay;
        for key in keys.split(' ') {
            let chord = key.parse().unwrap();
            let action = match keymap.lookup(&["overlay"], &[chord]) {
                Lookup::Action(action) => Some(action),
                _ => None,
            };
            let at = fixture::NOW;
            last = form.key(Key { chord, action, at });
        }
        last
    }

    fn of_penguins() -> VersionForm {
        let datasets = ["lake", "penguins", "penguins-raw"].map(str::to_owned);
        VersionForm::new("penguins", datasets.to_vec())
    }

    #[test]
    fn what_is_filled_in_is_what_is_added() {
        let mut form = of_penguins();
        typed(&mut form, "/ d / a down b y space h a n d down c l e a n");
        let Outcome::Add(new) = typed(&mut form, "enter") else {
            panic!("{form:?}");
        };
        let expected = NewVersion {
            dataset: "penguins".to_owned(),
            path: "/d/a".to_owned(),
            message: "by hand".to_owned(),
            tags: "clean".to_owned(),
        };
        assert_eq!(new, expected);
        assert!(matches!(typed(&mut form, "esc"), Outcome::Close));
    }

    #[test]
    fn what_is_wrong_is_said_where_it_was_written() {
        let told = |form: &mut VersionForm, keys: &str| {
            assert!(matches!(typed(form, keys), Outcome::Stay), "{keys}");
            let (part, problem) = form.wrong.clone().unwrap();
            format!("{part}: {problem}")
        };
        assert_eq!(told(&mut of_penguins(), "enter"), "path: a path is missing");
        let mut nameless = VersionForm::new("", vec![]);
        assert_eq!(told(&mut nameless, "enter"), "name: a name is missing");
        assert!(told(&mut nameless, "a / b enter").starts_with("name: a name is 1 to 64"));
        let mut form = of_penguins();
        let wrong = told(&mut form, "x down down v 3 enter");
        assert!(wrong.starts_with("tag: \"v3\" cannot be a tag"), "{wrong}");
        assert!(matches!(typed(&mut form, "ctrl-u enter"), Outcome::Add(_)));
    }

    #[test]
    fn tab_completes_names_and_paths_as_far_as_all_of_them_go() {
        let mut form = VersionForm::new("penguins", vec![]);
        typed(&mut form, "i");
        form.found(vec!["images/".to_owned(), "iris.csv".to_owned()]);
        typed(&mut form, "tab");
        assert_eq!(form.part, Part::Path, "which is meant is still to be typed");
        typed(&mut form, "x tab");
        assert_eq!(form.part, Part::Message, "nothing begins so");
        let mut form = VersionForm::new("", of_penguins().datasets);
        typed(&mut form, "p tab");
        assert_eq!(form.text(Part::Name), "penguins");
        typed(&mut form, "- tab");
        assert_eq!(form.text(Part::Name), "penguins-raw");
        typed(&mut form, "tab");
        assert_eq!(form.part, Part::Path, "with nothing to complete it goes on");
        typed(&mut form, "i");
        assert_eq!(form.question().as_deref(), Some("i"));
        form.found(vec!["images/".to_owned(), "iris.csv".to_owned()]);
        typed(&mut form, "m tab");
        assert_eq!(form.text(Part::Path), "images/");
        assert_eq!(common(&["日本", "日記"]), Some("日"));
        assert_eq!(common(&[]), None);
    }

    #[test]
    fn a_form_has_its_look_at_every_size() {
        let look = Look::default();
        let mut form = of_penguins();
        let paths = ["a.csv", "b/", "c\u{1b}[31m.csv", "d", "e"].map(str::to_owned);
        form.found(paths.to_vec());
        let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 14));
        let area = buffer.area;
        assert!(form.draw(&mut buffer, area, &look).is_some());
        insta::assert_snapshot!("version-form", fixture::text(&buffer));
        let missing = ops::Error::new(ops::Kind::NotFound, "/d/a is not there");
        let form = form.refused(missing);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 60, 14));
        let area = buffer.area;
        form.draw(&mut buffer, area, &look);
        insta::assert_snapshot!("version-form-refused", fixture::text(&buffer));
        for width in 1..30 {
            for height in 1..12 {
                let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
                let area = buffer.area;
                form.draw(&mut buffer, area, &look);
            }
        }
    }
}
