//! A question before work is lost. Keeping is the focused answer; only the printed keys do anything else. Where much is
//! lost, what it is about must be typed.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};

use super::{
    Key, Outcome, framed,
    input::{Input, Pasted},
};
use crate::{
    domain::{ids::RunId, runs::StateWord, time::Timestamp},
    tui::{
        action::Action,
        effect::Verb,
        look::Look,
        shared::{Shared, Target},
        text,
        theme::Role,
    },
};

/// What is asked: which verb on what, and what is lost by it.
#[derive(Debug)]
pub struct Question {
    /// The action that asks. Were a target to change meanwhile, it would be asked anew.
    pub action: Action,
    pub title: String,
    /// What is lost, in numbers, and the command that does the same.
    pub lines: Vec<String>,
    /// The button that leaves all as it is: a verb.
    pub keep: &'static str,
    /// The buttons that do something, the mildest first.
    pub answers: Vec<Answer>,
    pub tier: Tier,
}

/// A button that does something.
#[derive(Clone, Debug)]
pub struct Answer {
    pub key: char,
    pub button: &'static str,
    pub means: &'static str,
    pub verb: Verb,
}

/// How sure one has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tier {
    /// A key says it.
    Key,
    /// This must be typed: a name, or how many there are.
    Typed(String),
}

/// More than so many at a time are asked about by their number.
pub const MOST_BY_KEY: usize = 20;
/// So many targets are named.
const NAMED: usize = 5;

impl Tier {
    /// For what can be had back, or is one loss among several: a key; for many at a time, their number.
    pub fn of(targets: &[Target]) -> Self {
        match targets.len() {
            ..=MOST_BY_KEY => Self::Key,
            many => Self::Typed(many.to_string()),
        }
    }
}

#[derive(Debug)]
pub struct Confirm {
    question: Question,
    /// The targets as they were when it was asked.
    asked_of: Vec<(RunId, StateWord)>,
    /// What has changed since.
    news: Option<String>,
    /// The button that Enter presses; 0 keeps.
    focus: usize,
    input: Input,
    /// Why, where that must be said: `None` until the number is typed and taken.
    reason: Option<Input>,
    /// What was typed is not what must be.
    is_wrong: bool,
    /// The last key, or the opening: answers count only a while after it.
    quiet_since: Timestamp,
}

/// Keys typed ahead, or repeated by a finger that stayed down, are no answer.
const ARMED_AFTER_MS: i64 = 300;

impl Confirm {
    /// Asks about these targets; the first few of several are named.
    pub fn new(mut question: Question, targets: &[Target], now: Timestamp) -> Self {
        if let [_, _, ..] = targets {
            question.lines.splice(0..0, named(targets));
        }
        let state = |target: &Target| (target.id, target.state.word());
        Self {
            question,
            asked_of: targets.iter().map(state).collect(),
            news: None,
            focus: 0,
            input: Input::default(),
            reason: None,
            is_wrong: false,
            quiet_since: now,
        }
    }

    pub fn action(&self) -> Action {
        self.question.action
    }

    pub fn asked_of(&self) -> impl Iterator<Item = RunId> {
        self.asked_of.iter().map(|(id, _)| *id)
    }

    /// What has changed of the targets since they were asked about, in words; `None` when nothing has.
    pub fn change(&self, targets: &[Target]) -> Option<String> {
        let changed = targets.iter().filter_map(|target| {
            let (_, was) = self.asked_of.iter().find(|(id, _)| *id == target.id)?;
            let now = target.state.word();
            (*was != now).then_some((target, *was, now))
        });
        let changed: Vec<_> = changed.collect();
        match changed[..] {
            [] => None,
            [(_, was, now)] if self.asked_of.len() == 1 => {
                Some(format!("it was {was} when you were asked, it is {now} now"))
            }
            [(target, was, now)] => {
                let name = crate::domain::text::shown(&target.name);
                Some(format!(
                    "{name} was {was} when you were asked, it is {now} now"
                ))
            }
            _ => Some(format!("{} of them have changed since", changed.len())),
        }
    }

    /// The dialog says that what it asks about has changed.
    pub fn changed(mut self, news: String) -> Self {
        self.news = Some(news);
        self
    }

    pub fn key(&mut self, key: Key) -> Outcome {
        let is_armed = ARMED_AFTER_MS <= key.at.since(self.quiet_since);
        match &self.question.tier {
            Tier::Key => self.key_of_answer(key, is_armed),
            Tier::Typed(_) => self.key_of_text(key, is_armed),
        }
    }

    fn key_of_answer(&mut self, key: Key, is_armed: bool) -> Outcome {
        let mut answers = self.question.answers.iter();
        let answer = (key.chord.typed()).and_then(|c| answers.find(|answer| answer.key == c));
        if let Some(answer) = answer {
            self.quiet_since = key.at;
            return if is_armed {
                Outcome::Do(answer.verb.clone())
            } else {
                Outcome::Stay
            };
        }
        if key.chord.typed() == Some('n') {
            return Outcome::Close;
        }
        match key.action {
            Some(Action::Open) => match self.focus.checked_sub(1) {
                None => return Outcome::Close,
                Some(at) if is_armed => {
                    return Outcome::Do(self.question.answers[at].verb.clone());
                }
                Some(_) => self.quiet_since = key.at,
            },
            Some(Action::Down | Action::NextPane) => self.choose(self.focus + 1, key.at),
            Some(Action::Up | Action::PreviousPane) => {
                self.choose(self.focus.saturating_sub(1), key.at);
            }
            Some(Action::Back | Action::Escape | Action::Interrupt) => return Outcome::Close,
            _ => {}
        }
        Outcome::Stay
    }

    fn choose(&mut self, at: usize, now: Timestamp) {
        self.focus = at.min(self.question.answers.len());
        self.quiet_since = now;
    }

    /// Here every key is text, and Enter confirms what was typed: never an empty line.
    fn key_of_text(&mut self, key: Key, is_armed: bool) -> Outcome {
        let input = self.reason.as_mut().unwrap_or(&mut self.input);
        if input.key(key.chord) {
            self.is_wrong = false;
            self.quiet_since = key.at;
            return Outcome::Stay;
        }
        match key.action {
            Some(Action::Open) if self.input.text.is_empty() => return Outcome::Close,
            Some(Action::Open) if !self.is_typed() => self.is_wrong = true,
            Some(Action::Open) if is_armed => {
                let at = self.focus.saturating_sub(1);
                let verb = self.question.answers[at].verb.clone();
                match &self.reason {
                    _ if !verb.wants_reason() => return Outcome::Do(verb),
                    Some(reason) if !reason.text.trim().is_empty() => {
                        return Outcome::Do(verb.because(&reason.text));
                    }
                    Some(_) => {}
                    None => self.reason = Some(Input::default()),
                }
                self.quiet_since = key.at;
            }
            Some(Action::Open) => self.quiet_since = key.at,
            Some(Action::Down | Action::NextPane) => self.choose(self.focus + 1, key.at),
            Some(Action::Up | Action::PreviousPane) => {
                self.choose(self.focus.saturating_sub(1), key.at);
            }
            Some(Action::Escape | Action::Interrupt) => return Outcome::Close,
            _ => {}
        }
        Outcome::Stay
    }

    fn is_typed(&self) -> bool {
        matches!(&self.question.tier, Tier::Typed(wanted) if *wanted == self.input.text.trim())
    }

    /// A name may be pasted where one must be typed; nothing is confirmed by it.
    pub fn paste(&mut self, text: &str) -> Option<Pasted> {
        matches!(self.question.tier, Tier::Typed(_)).then(|| {
            self.is_wrong = false;
            (self.reason.as_mut().unwrap_or(&mut self.input)).paste(text)
        })
    }

    pub fn hints(&self) -> Vec<(String, String)> {
        let hint = |key: &str, label: &str| (key.to_owned(), label.to_lowercase());
        if let Tier::Typed(wanted) = &self.question.tier {
            let what = match self.reason {
                Some(_) => "once a reason is given".to_owned(),
                None => format!("once {} is typed", crate::domain::text::shown(wanted)),
            };
            return vec![
                hint("Esc", self.question.keep),
                ("Enter".to_owned(), what),
                hint("Tab", "choose"),
            ];
        }
        let fixed = [
            hint("n", self.question.keep),
            hint("Tab", "choose"),
            hint("Enter", "do it"),
        ];
        let answers = self.question.answers.iter();
        let answers = answers.map(|answer| hint(&answer.key.to_string(), answer.button));
        fixed.into_iter().chain(answers).collect()
    }

    /// Draws itself; gives back where the cursor stands in its input.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) -> Option<Position> {
        let (question, look) = (&self.question, &shared.look);
        let wide = (question.answers.iter())
            .map(|answer| answer.button)
            .fold(text::width(question.keep), |wide, button| {
                wide.max(text::width(button))
            });
        let told = self.news.iter().chain(&question.lines);
        let meant = question.answers.iter();
        let meant = meant.map(|answer| wide + 11 + text::width(answer.means));
        let widest = told
            .clone()
            .map(|line| text::width(line))
            .chain(meant)
            .max();
        let width = (widest.unwrap_or(0) as u16).clamp(46, 70) + 2;
        let inside = usize::from(width.min(area.width.saturating_sub(2))).saturating_sub(2);
        let mut lines: Vec<Line<'_>> = vec![];
        for text in told {
            let wrapped = text::wrap(text, inside.max(1)).into_iter();
            lines.extend(wrapped.map(|line| Line::from(format!(" {line}"))));
        }
        lines.push(Line::default());
        let focus = lines.len() + self.focus;
        lines.extend(self.buttons(look, wide));
        let height = lines.len() as u16 + if question.tier == Tier::Key { 0 } else { 2 };
        let inner = framed(buffer, area, look, &question.title, (width, height));
        let used = lines.len() as u16;
        look.lines(buffer, inner, lines);
        shared.focus_on(inner.rows().nth(focus).unwrap_or_default());
        let below = Rect {
            y: inner.y + (used + 1).min(inner.height.saturating_sub(1)),
            height: 1.min(inner.height),
            ..inner
        };
        self.draw_input(buffer, below, look)
    }

    fn buttons<'a>(&'a self, look: &'a Look, wide: usize) -> impl Iterator<Item = Line<'a>> {
        let has_keys = self.question.tier == Tier::Key;
        // What is typed is for the mildest answer, unless another is chosen.
        let focus = if has_keys {
            self.focus
        } else {
            self.focus.max(1)
        };
        let keep = (self.question.keep, 'n', "");
        let others = self.question.answers.iter();
        let others = others.map(|answer| (answer.button, answer.key, answer.means));
        let all = [keep].into_iter().chain(others).enumerate();
        all.map(move |(at, (button, key, means))| {
            let is_focused = at == focus && (has_keys || self.is_typed());
            let role = if is_focused { Role::Banner } else { Role::Text };
            let key = match (has_keys, at) {
                (true, _) => key.to_string(),
                (false, 0) => "Esc".to_owned(),
                (false, _) => String::new(),
            };
            Line::from(vec![
                Span::raw(" "),
                look.span(format!("[ {button} ]"), role),
                Span::raw(" ".repeat(wide.saturating_sub(text::width(button)) + 2)),
                look.span(key, Role::Key),
                look.span(format!("  {means}"), Role::Dim),
            ])
        })
    }

    fn draw_input(&self, buffer: &mut Buffer, area: Rect, look: &Look) -> Option<Position> {
        let Tier::Typed(wanted) = &self.question.tier else {
            return None;
        };
        let (lead, input) = match &self.reason {
            Some(reason) => (" why: ".to_owned(), reason),
            None => (format!(" type {}: ", look.clip(wanted, 40)), &self.input),
        };
        let columns = (text::width(&lead) as u16).min(area.width);
        look.line(buffer, area, Line::from(look.span(lead, Role::Key)));
        let field = Rect {
            x: area.x + columns,
            width: area.width - columns,
            ..area
        };
        let (mut line, column) = input.draw(look, usize::from(field.width));
        if self.is_wrong {
            line.push_span(look.span("  is something else", Role::Error));
        }
        look.line(buffer, field, line);
        (!field.is_empty()).then(|| Position::new(field.x + column.min(field.width - 1), field.y))
    }
}

/// The first few by name, and how many more there are.
fn named(targets: &[Target]) -> impl Iterator<Item = String> {
    let line = |target: &Target| {
        let name = crate::domain::text::shown(&target.name);
        format!("{name}  {}", target.state.word())
    };
    let lines: Vec<String> = targets.iter().take(NAMED).map(line).collect();
    let more = targets.len().saturating_sub(NAMED);
    let more = (0 < more).then(|| format!("and {more} more"));
    lines.into_iter().chain(more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ops::runs::Stop,
        tui::{fixture, overlay::Overlay},
    };

    fn targets(count: u8) -> Vec<Target> {
        let run = |number: u8| fixture::running(number, &format!("run-{number}"));
        (1..=count)
            .map(|number| Target::from(&run(number)))
            .collect()
    }

    fn asked(tier: Tier, count: u8) -> Confirm {
        let question = Question {
            action: Action::Stop,
            title: "Stop?".to_owned(),
            lines: vec![],
            keep: "Keep running",
            answers: [('y', "Stop", Stop::Gently), ('!', "Stop now", Stop::Now)]
                .map(|(key, button, how)| Answer {
                    key,
                    button,
                    means: "",
                    verb: Verb::Stop(fixture::id(1), how),
                })
                .into(),
            tier,
        };
        Confirm::new(question, &targets(count), fixture::NOW)
    }

    /// Keys half a second apart, as a person types them; says how the stop is done, if it is, or `close`.
    fn typed(confirm: &mut Confirm, keys: &str) -> Option<String> {
        let keymap = crate::tui::keymap::Keymap::shipped();
        let mut at = fixture::NOW;
        for key in keys.split(' ') {
            at.0 += 500;
            let chord = key.parse().unwrap();
            let action = match keymap.lookup(&["overlay"], &[chord]) {
                crate::tui::keymap::Lookup::Action(action) => Some(action),
                _ => None,
            };
            match confirm.key(Key { chord, action, at }) {
                Outcome::Stay => {}
                Outcome::Do(Verb::Stop(_, how)) => return Some(format!("{how:?}")),
                Outcome::Close => return Some("close".to_owned()),
                other => panic!("{other:?}"),
            }
        }
        None
    }

    #[test]
    fn what_must_be_typed_is_confirmed_by_it_and_by_nothing_else() {
        let cases = [
            ("enter", Some("close")),
            ("y", None),
            ("y enter", None),
            ("2 enter", None),
            ("2 3 enter", Some("Gently")),
            ("2 3 tab tab enter", Some("Now")),
            ("tab enter", Some("close")),
            ("tab tab enter", Some("close")),
            ("2 3 esc", Some("close")),
            ("2 4 backspace 3 enter", Some("Gently")),
        ];
        for (keys, expected) in cases {
            let mut confirm = asked(Tier::Typed("23".to_owned()), 23);
            assert_eq!(typed(&mut confirm, keys).as_deref(), expected, "{keys}");
        }
    }

    #[test]
    fn many_go_into_the_trash_only_for_a_reason() {
        let ask = || {
            let mut confirm = asked(Tier::Typed("23".to_owned()), 23);
            for answer in &mut confirm.question.answers {
                answer.verb = Verb::Trash(vec![fixture::id(1)], String::new());
            }
            confirm
        };
        let enter = |confirm: &mut Confirm, after_ms: i64| {
            let mut at = fixture::NOW;
            at.0 += after_ms;
            let (chord, action) = ("enter".parse().unwrap(), Some(Action::Open));
            confirm.key(Key { chord, action, at })
        };
        let mut confirm = ask();
        assert_eq!(typed(&mut confirm, "2 3 enter"), None);
        for after_ms in [1_600, 5_000] {
            let outcome = enter(&mut confirm, after_ms);
            assert!(matches!(outcome, Outcome::Stay), "without a reason");
        }
        assert_eq!(typed(&mut confirm, "o l d"), None);
        match enter(&mut confirm, 5_000) {
            Outcome::Do(Verb::Trash(ids, reason)) => {
                assert_eq!((ids, reason.as_str()), (vec![fixture::id(1)], "old"));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(
            typed(&mut ask(), "2 3 enter x esc").as_deref(),
            Some("close")
        );
    }

    #[test]
    fn what_is_pasted_confirms_nothing_by_itself() {
        let mut confirm = asked(Tier::Typed("23".to_owned()), 23);
        assert!(confirm.paste("23\n").is_some());
        assert_eq!(typed(&mut confirm, "enter").as_deref(), Some("Gently"));
        assert!(asked(Tier::Key, 1).paste("y").is_none());
    }

    #[test]
    fn of_many_the_first_are_named_and_more_than_twenty_are_counted() {
        assert_eq!(Tier::of(&targets(20)), Tier::Key);
        assert_eq!(Tier::of(&targets(21)), Tier::Typed("21".to_owned()));
        let lines = asked(Tier::Key, 7).question.lines;
        assert_eq!(lines[0], "run-1  running");
        assert_eq!(lines[4..], ["run-5  running", "and 2 more"]);
        assert!(asked(Tier::Key, 1).question.lines.is_empty());
    }

    #[test]
    fn a_target_that_changed_is_said() {
        let confirm = asked(Tier::Key, 3);
        let mut targets = targets(3);
        assert_eq!(confirm.change(&targets), None);
        targets[1] = Target::from(&fixture::run(2, "run-2"));
        assert_eq!(
            confirm.change(&targets).as_deref(),
            Some("run-2 was running when you were asked, it is done now")
        );
        targets[0] = Target::from(&fixture::run(1, "run-1"));
        assert_eq!(
            confirm.change(&targets).as_deref(),
            Some("2 of them have changed since")
        );
    }

    #[test]
    fn a_question_with_a_text_has_its_look() {
        let shared = fixture::shared();
        let mut buffer = Buffer::empty(Rect::new(0, 0, 60, 18));
        let mut confirm = asked(Tier::Typed("23".to_owned()), 23);
        assert_eq!(typed(&mut confirm, "2 4 enter"), None);
        let area = buffer.area;
        let cursor = Overlay::Confirm(confirm).draw(&mut buffer, area, &shared);
        assert!(cursor.is_some());
        insta::assert_snapshot!(fixture::text(&buffer));
    }
}
