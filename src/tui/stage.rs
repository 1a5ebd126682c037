//! The screen under test: keys in, effects answered from fixtures, pictures out. No thread, no terminal, no clock.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    How, Options,
    app::App,
    chart::ChartQuestion,
    compose,
    effect::{Answer, DataVerb, Done, Effect, Kept, Said, Table, TableQuestion, Verb, Wanted},
    event::{Event, Opened},
    fixture,
    keymap::Keymap,
};
use crate::{
    config::screens,
    domain::{
        datasets::VersionId, filter::Seen, ids::RunId, presets::Preset, runs::Run, time::Timestamp,
    },
    ops::{
        self,
        candidates::{Candidate, Of, Question},
        jobs::JobRow,
        lineage::Lineage,
        logs::Found,
        presets::Offer,
        runs::{Counts, News, Sight},
    },
};

/// A store in memory, and the screen over it.
pub struct Stage {
    pub app: App,
    pub now: Timestamp,
    pub size: (u16, u16),
    pub runs: Vec<Run>,
    /// The queue, where there are runs.
    pub jobs: Vec<JobRow>,
    /// What verbs were carried out.
    pub verbs: Vec<Verb>,
    /// For so many metrics a course was last asked for.
    pub trended: usize,
    /// How many questions of each kind were asked.
    pub asked: Vec<&'static str>,
    pub failure: Option<fn() -> ops::Error>,
    /// Metrics that runs have besides the usual.
    pub metrics: Vec<String>,
    /// Runs that ended badly and were not told of yet.
    pub news: Vec<Run>,
    /// Texts that were copied, and calls that were made.
    pub copied: Vec<String>,
    pub calls: Vec<String>,
    pub has_mouse: bool,
    /// Long work that waits until it is let go on; where this is `None` it is done at once.
    pub held: Option<Vec<Effect>>,
    /// The data version that runs were made of.
    pub made_of: Option<VersionId>,
    open: Result<(), fn() -> ops::Error>,
}

impl Stage {
    pub fn new(runs: Vec<Run>) -> Self {
        Self::with(runs, &Options::default(), (80, 24))
    }

    pub fn with(runs: Vec<Run>, options: &Options, size: (u16, u16)) -> Self {
        Self::opening(runs, options, size, Ok(()))
    }

    pub fn opening(
        runs: Vec<Run>,
        options: &Options,
        size: (u16, u16),
        open: Result<(), fn() -> ops::Error>,
    ) -> Self {
        let mut options = options.clone();
        if options.screens.is_empty() {
            (options.screens, options.screen) = (screens::shipped(), screens::DEFAULT.to_owned());
        }
        let app = App::new(&options, Keymap::shipped(), size, fixture::NOW);
        let mut stage = Self {
            app,
            now: fixture::NOW,
            size,
            runs,
            jobs: fixture::jobs(),
            verbs: vec![],
            trended: 0,
            asked: vec![],
            failure: None,
            metrics: vec![],
            news: vec![],
            copied: vec![],
            calls: vec![],
            has_mouse: false,
            held: None,
            made_of: None,
            open,
        };
        let first = stage.app.start();
        stage.perform(first);
        stage.rest();
        stage
    }

    /// Presses keys, a second apart, and lets the screen come to rest after each.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        for key in keys.split(' ') {
            self.now.0 += 1_000;
            self.press(key);
            self.rest();
        }
        self
    }

    pub fn quickly(&mut self, keys: &str) -> &mut Self {
        for key in keys.split(' ') {
            self.now.0 += 10;
            self.press(key);
        }
        self.rest();
        self
    }

    pub fn text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            let key = if c == ' ' {
                "space".to_owned()
            } else {
                c.to_string()
            };
            self.quickly(&key);
        }
        self
    }

    fn press(&mut self, key: &str) {
        use crossterm::event::{Event as Input, KeyEvent, KeyModifiers};
        let chord: super::chord::Chord = key.parse().unwrap();
        let modifiers = if chord.ctrl {
            KeyModifiers::CONTROL
        } else {
            KeyModifiers::NONE
        };
        self.send(Event::Input(Input::Key(KeyEvent::new(
            chord.code, modifiers,
        ))));
    }

    pub fn send(&mut self, event: Event) {
        let effects = self.app.handle(self.now, event);
        self.perform(effects);
    }

    /// Draws and answers until the picture stands.
    ///
    /// # Panics
    ///
    /// The screen asks for ever.
    pub fn rest(&mut self) -> &mut Self {
        const MOST: usize = 8;
        for _ in 0..MOST {
            self.picture();
            let effects = self.app.ask();
            if effects.is_empty() {
                return self;
            }
            self.perform(effects);
        }
        let last = self.asked.iter().rev().take(MOST);
        panic!(
            "{:?} does not come to rest; asked last: {:?}",
            self.size,
            last.collect::<Vec<_>>()
        );
    }

    /// Lets long work that waits be done.
    pub fn let_go(&mut self) -> &mut Self {
        let held = self.held.take().unwrap_or_default();
        self.perform(held);
        self.rest()
    }

    pub fn picture(&mut self) -> Buffer {
        compose(&mut self.app, Rect::new(0, 0, self.size.0, self.size.1))
    }

    pub fn screen(&mut self) -> String {
        fixture::text(&self.picture())
    }

    pub fn how(&self) -> Option<How> {
        self.app.how
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            if let Some(event) = self.answer(effect) {
                self.send(event);
            }
        }
    }

    /// What the store says to a question.
    pub fn answer(&mut self, effect: Effect) -> Option<Event> {
        if let (true, Some(held)) = (effect.is_long(), &mut self.held) {
            held.push(effect);
            return None;
        }
        self.asked.push(name(&effect));
        if let (Some(failure), false) = (self.failure, matches!(effect, Effect::Open)) {
            return effect.perform(Err(failure()));
        }
        let (ticket, answer) = match effect {
            Effect::Open => {
                let opened = Opened {
                    actor: "ana".into(),
                    host: "gpu01".into(),
                    root: "/home/ana/.local/share/sconce".into(),
                };
                return Some(Event::Opened(
                    self.open.map(|()| opened).map_err(|error| error()),
                ));
            }
            Effect::Table(ticket, question) => (ticket, Answer::Table(Ok(self.table(&question)))),
            Effect::Detail(ticket, id) => {
                let detail = self.run(id).map(fixture::detail).map(|mut detail| {
                    let more = self.metrics.iter().map(|name| fixture::summary(name));
                    detail.metrics.extend(more);
                    Box::new(detail)
                });
                (ticket, Answer::Detail(detail))
            }
            Effect::Chart(ticket, question) => (ticket, Answer::Chart(Ok(chart(&question)))),
            Effect::Matching(ticket, question) => {
                let all = TableQuestion {
                    filter: question.filter,
                    sort: question.sort,
                    offset: question.part.map_or(0, |(offset, _)| offset),
                    limit: question.part.map_or(u64::MAX >> 1, |(_, limit)| limit),
                    ..fixture::table_question()
                };
                let rows = self.table(&all).rows.into_iter();
                let runs = rows.map(|row| row.run).collect();
                (ticket, Answer::Matching(Ok(runs)))
            }
            Effect::Compare(ticket, ids) => {
                let runs: ops::Result<Vec<Run>> = ids.iter().map(|id| self.run(*id)).collect();
                let found = runs.map(fixture::comparison).map(Box::new);
                (ticket, Answer::Compare(found))
            }
            Effect::Groups(ticket, question) => {
                let found = Box::new(fixture::grouping(&question));
                (ticket, Answer::Groups(Ok(found)))
            }
            Effect::Experiments(ticket) => {
                let mut counted = std::collections::BTreeMap::<String, u64>::new();
                for run in &self.runs {
                    *counted.entry(run.experiment.clone()).or_default() += 1;
                }
                (
                    ticket,
                    Answer::Experiments(Ok(counted.into_iter().collect())),
                )
            }
            Effect::Names(ticket) => (ticket, Answer::Names(Ok(fixture::names()))),
            Effect::Log(ticket, question) => (ticket, Answer::Log(Ok(fixture::log(question.part)))),
            Effect::Find(ticket, _) => (ticket, Answer::Find(Ok(Found::default()))),
            Effect::Rates(ticket, _) => (ticket, Answer::Rates(Ok(Some(fixture::RATES)))),
            Effect::Trends(ticket, question) => {
                self.trended = question.metrics.len();
                (ticket, Answer::Trends(Ok(fixture::trends(&question))))
            }
            Effect::Files(ticket, _) => (ticket, Answer::Files(Ok(fixture::files()))),
            Effect::Lineage(ticket, _) => {
                let version = self.made_of.clone();
                let lineage = Lineage {
                    version,
                    ..fixture::lineage()
                };
                (ticket, Answer::Lineage(Ok(lineage)))
            }
            Effect::Jobs(ticket) => (
                ticket,
                Answer::Jobs(Ok(if self.runs.is_empty() {
                    vec![]
                } else {
                    self.jobs.clone()
                })),
            ),
            Effect::Versions(ticket, kept) => {
                let mut versions = fixture::versions();
                versions.retain(|version| version.trashed.is_some() == (kept == Kept::InTrash));
                if self.runs.is_empty() {
                    versions.clear();
                }
                (ticket, Answer::Versions(Ok(versions)))
            }
            Effect::Version(ticket, id) => {
                let detail = fixture::data_detail(&id);
                (ticket, Answer::Version(Ok(Box::new(detail))))
            }
            Effect::Changes(ticket, old, new) => {
                let found = fixture::data_changes(&old, &new);
                (ticket, Answer::Changes(Ok(Box::new(found))))
            }
            Effect::Profiles(ticket, id) | Effect::Profile(ticket, id, _) => {
                let found = fixture::data_profiles(&id);
                (ticket, Answer::Profiles(Ok(Box::new(found))))
            }
            Effect::Contents(ticket, old, new, _) => {
                let found = fixture::data_contents(&old, &new);
                (ticket, Answer::Contents(Ok(Box::new(found))))
            }
            Effect::Leaks(ticket, id, _) => {
                let found = fixture::data_leaks(&id);
                (ticket, Answer::Leaks(Ok(Box::new(found))))
            }
            Effect::Paths(ticket, text) => {
                let all = ["images/", "iris.csv", "penguins.csv"].map(str::to_owned);
                let found = all.into_iter().filter(|path| path.starts_with(&text));
                (ticket, Answer::Paths(Ok(found.collect())))
            }
            Effect::Offers(ticket) => (ticket, Answer::Offers(Ok(offers()))),
            Effect::Counts(ticket) => {
                let count = |test: fn(&Run) -> bool| {
                    self.runs.iter().filter(|run| test(run)).count() as u64
                };
                let counts = Counts {
                    runs: self.runs.len() as u64,
                    live: count(|run| run.state.is_live()),
                    orphaned: count(|run| {
                        run.state.word() == crate::domain::runs::StateWord::Orphaned
                    }),
                    queued: count(|run| run.state == crate::domain::runs::RunState::Queued),
                };
                (ticket, Answer::Counts(Ok(counts)))
            }
            Effect::Do(verb) => {
                self.verbs.push(verb.clone());
                let said = Said {
                    run: matches!(verb, Verb::Train { .. }).then(|| fixture::id(1)),
                    version: match &verb {
                        Verb::Data(DataVerb::Add(..)) => Some(fixture::versions()[2].id()),
                        _ => None,
                    },
                    back: match &verb {
                        Verb::Data(DataVerb::Trash(ids, _)) => {
                            Some(Verb::Data(DataVerb::Restore(ids.clone())))
                        }
                        _ => None,
                    },
                    ..Said::of("done".to_owned())
                };
                return Some(Event::Done(Done {
                    verb,
                    result: Ok(said),
                }));
            }
            Effect::Runs(ticket, wanted) => {
                let found: Vec<ops::Result<Run>> = match wanted {
                    Wanted::These(ids) => ids.into_iter().map(|id| self.run(id)).collect(),
                    Wanted::Named(names) => names.iter().map(|name| self.named(name)).collect(),
                };
                (ticket, Answer::Runs(found.into_iter().collect()))
            }
            Effect::Candidates(ticket, question) => {
                (ticket, Answer::Candidates(Ok(self.candidates(&question))))
            }
            Effect::Yank(ticket, what, ids) => (
                ticket,
                Answer::Yank(Ok(format!("{what:?} of {}", ids.len()))),
            ),
            Effect::News(ticket, _) => {
                let news = News {
                    change: 1,
                    ended_badly: std::mem::take(&mut self.news),
                };
                (ticket, Answer::News(Ok(news)))
            }
            Effect::Copy(what, text) => {
                self.copied.push(text);
                return Some(Event::Copied(what, Ok("via the stage".to_owned())));
            }
            Effect::Mouse(is_on) => {
                self.has_mouse = is_on;
                return None;
            }
            Effect::Call(text) => {
                self.calls.push(text);
                return None;
            }
            Effect::Warm | Effect::Pace(_) | Effect::Suspend | Effect::Repaint => return None,
        };
        Some(Event::Loaded(ticket, answer))
    }

    fn run(&self, id: RunId) -> ops::Result<Run> {
        let found = self.runs.iter().find(|run| run.id == id).cloned();
        found.ok_or_else(|| ops::Error::new(ops::Kind::NotFound, format!("no run {id}")))
    }

    fn named(&self, name: &str) -> ops::Result<Run> {
        let found = self.runs.iter().find(|run| run.name == name).cloned();
        found.ok_or_else(|| {
            ops::Error::new(ops::Kind::NotFound, format!("there is no run {name:?}"))
        })
    }

    fn candidates(&self, question: &Question) -> Vec<Candidate> {
        let found = self
            .runs
            .iter()
            .filter(|run| run.name.contains(&question.text));
        let candidate = |run: &Run| match question.of {
            Of::Runs => Candidate::Run {
                id: run.id,
                name: run.name.clone(),
                experiment: run.experiment.clone(),
                state: run.state.word(),
                by: None,
            },
            Of::Tags => Candidate::Tag {
                tag: "baseline".to_owned().try_into().unwrap(),
                runs: 2,
            },
        };
        found.map(candidate).take(question.limit).collect()
    }

    fn table(&self, question: &TableQuestion) -> Table {
        let is_asked = |run: &Run| run.trashed.is_none() || question.filter.is_about_trash();
        let lets = |run: &&Run| {
            is_asked(run)
                && question.filter.matches(&Seen {
                    run: *run,
                    metric: &|_, _| None,
                    metric_at: &|_, _| None,
                    now: self.now,
                })
        };
        let mut matched: Vec<Run> = self.runs.iter().filter(lets).cloned().collect();
        if question.sort.key == ops::runs::SortKey::Name {
            matched.sort_by_key(|run| run.name.clone());
            if question.sort.descending {
                matched.reverse();
            }
        }
        let (offset, limit) = (question.offset, question.limit);
        let place = |sight: &Sight| matched.iter().position(|run| run.id == sight.run);
        let around = question
            .around
            .and_then(|sight| Some((sight, place(&sight)?)));
        let offset = around.map_or(offset, |(sight, place)| {
            sight.start(place as u64, matched.len() as u64, offset, limit)
        });
        let part = matched.iter().skip(offset as usize);
        let rows = part.take(limit as usize).cloned().collect();
        let mut table = fixture::table(rows);
        for row in &mut table.rows {
            row.own.trend.truncate(question.trend);
            row.values = vec![row.own.summary.as_ref().map(|own| own.last); question.columns.len()];
        }
        table.offset = offset;
        table.total = self.runs.len() as u64;
        table.matched = matched.len() as u64;
        table
    }
}

fn name(effect: &Effect) -> &'static str {
    match effect {
        Effect::Open => "open",
        Effect::Table(..) => "table",
        Effect::Detail(..) => "detail",
        Effect::Chart(..) => "chart",
        Effect::Matching(..) => "matching",
        Effect::Compare(..) => "compare",
        Effect::Groups(..) => "groups",
        Effect::Names(_) => "names",
        Effect::Experiments(_) => "experiments",
        Effect::Log(..) => "log",
        Effect::Find(..) => "find",
        Effect::Rates(..) => "rates",
        Effect::Trends(..) => "trends",
        Effect::Files(..) => "files",
        Effect::Lineage(..) => "lineage",
        Effect::Jobs(_) => "jobs",
        Effect::Versions(..) => "versions",
        Effect::Version(..) => "version",
        Effect::Changes(..) => "changes",
        Effect::Profiles(..) => "profiles",
        Effect::Profile(..) => "profile",
        Effect::Contents(..) => "contents",
        Effect::Leaks(..) => "leaks",
        Effect::Paths(..) => "paths",
        Effect::Offers(_) => "offers",
        Effect::Counts(_) => "counts",
        Effect::Runs(..) => "runs",
        Effect::Candidates(..) => "candidates",
        Effect::Yank(..) => "yank",
        Effect::News(..) => "news",
        Effect::Copy(..) => "copy",
        Effect::Mouse(_) => "mouse",
        Effect::Call(_) => "call",
        Effect::Do(_) => "do",
        Effect::Warm => "warm",
        Effect::Pace(_) => "pace",
        Effect::Suspend => "suspend",
        Effect::Repaint => "repaint",
    }
}

fn chart(question: &ChartQuestion) -> super::chart::ChartData {
    fixture::chart(question.from, question.to, question.dots, 1_840)
}

pub fn offers() -> Vec<Offer> {
    let preset = |target: &str| -> Preset {
        toml::from_str(&format!("task = 'classification'\ndata = 'demo:{target}'\ntarget = '{target}'\nabout = 'Is it so?'")).unwrap()
    };
    ["demand", "diagnosis", "fraud"]
        .map(|name| Offer {
            name: name.into(),
            preset: preset(name),
        })
        .into()
}
