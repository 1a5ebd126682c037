//! A run's output as a terminal would show it: followed, or held where a person scrolled to. A long log is read from its
//! end; what is older is read when one scrolls there.

mod draw;

use std::collections::VecDeque;

use crate::{
    domain::{
        ids::RunId,
        teletype::{Line, Teletype},
    },
    ops::logs::{Chunk, Found, Part, Sought},
    tui::{
        action::Action,
        effect::{Answer, Effect, FindQuestion, LogQuestion},
        event::{Ticket, Tickets},
        place::Settings,
        remote::Remote,
        scroll,
    },
};

/// Where in the log a person looks, and the lines around it.
#[derive(Debug, Default)]
pub struct LogView {
    run: Option<RunId>,
    chunk: Remote<LogQuestion, Chunk>,
    found: Remote<FindQuestion, Found>,
    /// Lines that are final, and the part of the file that they and `teletype` are of.
    lines: VecDeque<Line>,
    from: u64,
    to: u64,
    size: u64,
    /// Something of the log has been read, and where what is at hand shall begin when it is not its end.
    is_known: bool,
    start: Option<u64>,
    /// It may have grown since it was last looked at.
    is_stale: bool,
    /// Takes in what the log grows by; nothing while newer lines than those at hand were let go.
    teletype: Option<Teletype>,
    /// The lines of the teletype that can still change.
    newest: Vec<Line>,
    /// Where the first line shown begins in the file; `None` follows the end.
    held: Option<u64>,
    pub wraps: bool,
    search: Option<Search>,
    /// Rows of the screen, and the last line that can stand first.
    height: usize,
    most: usize,
}

#[derive(Debug)]
struct Search {
    text: String,
    sought: Sought,
    /// The line that was found last.
    at: Option<u64>,
    /// Looks on from a byte.
    next: Option<(u64, bool)>,
    said: &'static str,
}

/// Bytes of a log that are at hand at most; what is further away is read again.
const MOST: u64 = 4 << 20;
/// Bytes that are looked through for the last line that shows something, where the end of the log shows nothing.
const FARTHEST: u64 = 1 << 20;

impl LogView {
    /// Notes that this frame shows the log of a run.
    pub fn want(&mut self, run: RunId) {
        if self.run != Some(run) {
            let wraps = self.wraps;
            *self = Self {
                run: Some(run),
                wraps,
                ..Self::default()
            };
        }
        if let Some(part) = self.wanted() {
            self.chunk.want(LogQuestion { run, part });
        }
        if let Some(search) = &self.search
            && let Some((from, is_forward)) = search.next
        {
            self.found.want(FindQuestion {
                run,
                text: search.text.clone(),
                from,
                is_forward,
            });
        }
    }

    /// The part that the frame lacks: what is older when one looks at the oldest lines at hand, else what has come since.
    fn wanted(&self) -> Option<Part> {
        if !self.is_known {
            return Some(self.start.map_or(Part::Tail, Part::From));
        }
        let near = self.height.max(1);
        let may_have_more = self.to < self.size || self.is_stale;
        let is_at_top = self.held.is_some() && self.top() < near;
        if 0 < self.from && (is_at_top || self.looks_back()) {
            return Some(Part::Before(self.from));
        }
        let is_at_end = self.most <= self.top() + near;
        let has_room = self.teletype.is_some() && self.to - self.from < MOST;
        let is_wanted = self.held.is_none() || is_at_end || has_room;
        (may_have_more && is_wanted).then_some(Part::From(self.to))
    }

    pub fn ask(&mut self, tickets: &mut Tickets) -> Vec<Effect> {
        let chunk = self.chunk.ask(tickets);
        let chunk = chunk.map(|(ticket, question)| Effect::Log(ticket, question));
        let found = self.found.ask(tickets);
        let found = found.map(|(ticket, question)| Effect::Find(ticket, question));
        chunk.into_iter().chain(found).collect()
    }

    pub fn expire(&mut self) {
        self.is_stale = true;
        self.chunk.expire();
    }

    pub fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        match answer {
            Answer::Log(result) if self.chunk.awaits(ticket) => {
                let asked = self.chunk.asked().map(|question| question.part);
                if let (Ok(chunk), Some(part)) = (&result, asked) {
                    self.take(chunk, part);
                }
                // The text is in the lines.
                let result = result.map(|chunk| Chunk {
                    text: String::new(),
                    ..chunk
                });
                self.chunk.answer(result);
            }
            Answer::Find(result) if self.found.awaits(ticket) => {
                if let Ok(found) = &result {
                    self.take_found(found);
                }
                self.found.answer(result);
            }
            other => return Some(other),
        }
        None
    }

    fn take(&mut self, chunk: &Chunk, part: Part) {
        if chunk.size < self.to {
            // It was cut: what is at hand is of a log that is no more.
            (self.held, self.size) = (None, chunk.size);
            return self.forget(None);
        }
        self.is_stale &= part == Part::Before(chunk.to);
        (self.size, self.is_known) = (chunk.size, true);
        match part {
            Part::Before(to) if to == self.from && chunk.to == to => self.prepend(chunk),
            Part::From(from) if from == self.to && chunk.from == from => self.append(chunk),
            Part::Before(_) | Part::From(_) if chunk.text.is_empty() => {}
            _ => self.begin(chunk),
        }
    }

    /// The lines at hand are those of this part and no others.
    fn begin(&mut self, chunk: &Chunk) {
        self.lines.clear();
        (self.from, self.to, self.size) = (chunk.from, chunk.from, chunk.size);
        self.is_known = true;
        self.teletype = Some(Teletype::at(chunk.from));
        self.append(chunk);
    }

    fn append(&mut self, chunk: &Chunk) {
        let teletype = (self.teletype).get_or_insert_with(|| Teletype::at(chunk.from));
        teletype.write(&chunk.text);
        self.lines.extend(teletype.take_paper());
        self.newest = teletype.screen();
        self.to = chunk.to;
        // Of a log that has run ahead the newest is shown, not all between.
        if self.held.is_none() && self.to < self.size {
            return self.forget(None);
        }
        let is_above = |line: &Line| self.held.is_none_or(|held| line.start <= held);
        while MOST < self.to - self.from && self.lines.get(1).is_some_and(is_above) {
            self.lines.pop_front();
            self.from = self.lines[0].start;
        }
    }

    fn prepend(&mut self, chunk: &Chunk) {
        let mut teletype = Teletype::at(chunk.from);
        teletype.write(&chunk.text);
        let mut older = teletype.take_paper();
        older.extend(teletype.screen());
        for line in older.into_iter().rev() {
            self.lines.push_front(line);
        }
        self.from = chunk.from;
        while MOST < self.to - self.from && 1 < self.lines.len() {
            (self.teletype, self.newest) = (None, vec![]);
            if let Some(line) = self.lines.pop_back() {
                self.to = line.start;
            }
        }
    }

    fn len(&self) -> usize {
        self.lines.len() + self.newest.len()
    }

    fn line(&self, index: usize) -> Option<&Line> {
        let count = self.lines.len();
        match index.checked_sub(count) {
            None => self.lines.get(index),
            Some(at) => self.newest.get(at),
        }
    }

    /// How many lines there are up to the last that shows something.
    fn written(&self) -> usize {
        let is_written =
            |index: &usize| self.line(*index).is_some_and(|line| !line.text.is_empty());
        let last = (0..self.len()).rev().find(is_written);
        last.map_or(0, |last| last + 1)
    }

    /// What is at hand shows nothing, and there is more before it.
    fn looks_back(&self) -> bool {
        let is_near = self.to - self.from < FARTHEST;
        0 < self.from && is_near && self.written() == 0
    }

    pub fn is_following(&self) -> bool {
        self.held.is_none()
    }

    /// The first line shown.
    fn top(&self) -> usize {
        match self.held {
            Some(held) => self.index_of(held).min(self.most),
            None => self.most,
        }
    }

    /// The line that begins at a byte, or the next.
    fn index_of(&self, start: u64) -> usize {
        let before = self.lines.partition_point(|line| line.start < start);
        let newest = || self.newest.partition_point(|line| line.start < start);
        match before < self.lines.len() {
            true => before,
            false => before + newest(),
        }
    }

    /// Does what an action means in a text. Says whether it meant something.
    pub fn act(&mut self, action: Action) -> bool {
        match action {
            Action::Matter => self.follow(),
            Action::Last => self.follow(),
            Action::First if 0 < self.from => self.go_to_start(),
            Action::Wrap => self.wraps = !self.wraps,
            Action::Escape if self.search.is_some() => self.search = None,
            Action::NextMatch if self.search.is_some() => self.seek(true),
            Action::PreviousMatch if self.search.is_some() => self.seek(false),
            action => {
                let Some(top) = scroll::moved(action, self.top(), self.height, self.most) else {
                    return false;
                };
                let is_end = self.most <= top && self.teletype.is_some();
                self.held = self.line(top).map(|line| line.start);
                self.held = self.held.filter(|_| !is_end);
            }
        }
        true
    }

    fn follow(&mut self) {
        self.held = None;
        if self.teletype.is_none() || self.to < self.size {
            self.forget(None);
        }
    }

    /// The first line of the file, however far it is.
    fn go_to_start(&mut self) {
        self.forget(Some(0));
        self.held = Some(0);
    }

    /// Reads anew: from a byte on, or the end.
    fn forget(&mut self, start: Option<u64>) {
        (self.is_known, self.start) = (false, start);
        (self.teletype, self.newest) = (None, vec![]);
        self.lines.clear();
        (self.from, self.to) = (start.unwrap_or(0), start.unwrap_or(0));
        self.chunk.expire();
    }

    /// Looks for a text from where one is, upwards: what one looks for in a log has mostly just passed.
    pub fn search(&mut self, text: &str) {
        if text.is_empty() {
            self.search = None;
            return;
        }
        self.search = Some(Search {
            text: text.to_owned(),
            sought: Sought::new(text),
            at: None,
            next: None,
            said: "",
        });
        self.seek(false);
    }

    pub fn searched(&self) -> &str {
        self.search.as_ref().map_or("", |search| &search.text)
    }

    fn seek(&mut self, is_forward: bool) {
        let top = self.line(self.top()).map_or(self.to, |line| line.start);
        // From the end of what is in sight, so that a match there is the first.
        let below = self.top() + self.height;
        let end = self.line(below).map_or(u64::MAX, |line| line.start);
        self.found.expire();
        let Some(search) = &mut self.search else {
            return;
        };
        let here = match (search.at, is_forward) {
            (Some(at), _) => at,
            (None, true) => top,
            (None, false) => end,
        };
        search.said = "";
        let has_match = |line: &&Line| !search.sought.places(&line.text).is_empty();
        let lines = || self.lines.iter().chain(&self.newest);
        let at_hand = match is_forward {
            true => lines()
                .filter(|line| here < line.start || (search.at.is_none() && here == line.start))
                .find(has_match),
            false => lines()
                .rev()
                .filter(|line| line.start < here)
                .find(has_match),
        };
        match at_hand.map(|line| line.start) {
            Some(at) => self.show(at),
            None if is_forward && self.to < self.size => {
                search.next = Some((self.to, true));
                search.said = "searching";
            }
            None if !is_forward && 0 < self.from => {
                search.next = Some((self.from, false));
                search.said = "searching";
            }
            None => {
                search.said = if is_forward {
                    "no later match"
                } else {
                    "no earlier match"
                }
            }
        }
    }

    /// Holds the log so that a line that was found stands a third down.
    fn show(&mut self, at: u64) {
        if let Some(search) = &mut self.search {
            (search.at, search.next, search.said) = (Some(at), None, "");
        }
        let index = self.index_of(at).saturating_sub(self.height / 3);
        self.held = self.line(index).map(|line| line.start).or(Some(at));
    }

    fn take_found(&mut self, found: &Found) {
        let (from, size) = (self.from, self.size);
        let Some(search) = &mut self.search else {
            return;
        };
        let Some((_, is_forward)) = search.next else {
            return;
        };
        match found.at {
            Some(at) => {
                search.next = None;
                if !is_forward && from <= at {
                    return self.show(at);
                }
                self.forget(Some(at));
                self.show(at);
            }
            None if found.to == 0 || size <= found.to => {
                search.next = None;
                search.said = if is_forward {
                    "no later match"
                } else {
                    "no earlier match"
                };
            }
            None => search.next = Some((found.to, is_forward)),
        }
    }

    pub fn settings(&self, settings: Settings) -> Settings {
        settings.with("wrap", if self.wraps { "yes" } else { "" })
    }

    pub fn restore(&mut self, settings: &Settings) {
        self.wraps = settings.get("wrap").is_some();
    }
}

#[cfg(test)]
mod tests;
