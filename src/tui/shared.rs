//! What every pane may know, and how panes answer: the two things that pass between `App` and its views.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::{
    Options,
    board::arrangement::Arrangement,
    effect::Verb,
    event::Opened,
    list::field::Field,
    look::Look,
    overlay::{Overlay, picker::Pick},
    place::Place,
    text,
    theme::Theme,
};
use crate::{
    config::screens::Screen,
    domain::{
        ids::RunId,
        runs::{Progress, Run, RunKind, RunState, Tag},
        time::Timestamp,
    },
    ops::runs::Sort,
};

/// Facts of the whole screen.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The time of the event that is being handled, or drawn.
    pub now: Timestamp,
    pub look: Look,
    pub store: Opened,
    /// The metric shown first; empty means each run's own.
    pub metric: String,
    /// Columns of lists of runs; none for the usual ones.
    pub columns: Rc<Vec<Field>>,
    pub is_read_only: bool,
    /// The screen in force, by its name.
    pub screen: Rc<(String, Screen)>,
    /// What counts where the screen in force says nothing.
    usual: Rc<Usual>,
    /// The charts that are wanted of an experiment's runs, by its name.
    charts: Rc<RefCell<BTreeMap<String, String>>>,
    is_ambiguous_wide: bool,
    /// Where the focus was drawn last.
    focus: Rc<Cell<Option<Position>>>,
    /// The youngest age that was drawn, in milliseconds.
    youngest: Rc<Cell<Option<i64>>>,
}

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// How every screen is that does not say otherwise.
#[derive(Debug)]
struct Usual {
    theme: Theme,
    metric: String,
    columns: Rc<Vec<Field>>,
    is_read_only: bool,
}

impl Shared {
    pub fn new(now: Timestamp, options: &Options) -> Self {
        let columns = Rc::new(options.columns.clone());
        let mut shared = Self {
            now,
            look: Look {
                theme: options.theme,
                charset: options.charset,
                has_borders: false,
            },
            store: Opened::default(),
            metric: options.metric.clone(),
            columns: Rc::clone(&columns),
            is_read_only: options.is_read_only,
            screen: Rc::default(),
            usual: Rc::new(Usual {
                theme: options.theme,
                metric: options.metric.clone(),
                columns,
                is_read_only: options.is_read_only,
            }),
            charts: Rc::new(RefCell::new(options.session.charts.clone())),
            is_ambiguous_wide: options.is_ambiguous_wide,
            focus: Rc::default(),
            youngest: Rc::default(),
        };
        let screen = options.screens.get(&options.screen).cloned();
        shared.show(&options.screen, screen.unwrap_or_default(), &options.themes);
        shared
    }

    /// From now on this screen is shown: as it says, and where it says nothing, as usual.
    pub fn show(&mut self, name: &str, screen: Screen, themes: &[(String, Theme)]) {
        let usual = Rc::clone(&self.usual);
        let is_it = |(known, _): &&(String, Theme)| screen.theme.as_ref() == Some(known);
        self.look.theme = themes
            .iter()
            .find(is_it)
            .map_or(usual.theme, |(_, theme)| *theme);
        self.metric = screen
            .metric
            .clone()
            .unwrap_or_else(|| usual.metric.clone());
        self.columns = match &screen.columns {
            Some(words) => Rc::new(words.iter().flat_map(|word| Field::parse(word)).collect()),
            None => Rc::clone(&usual.columns),
        };
        self.is_read_only = screen.read_only.unwrap_or(usual.is_read_only);
        self.screen = Rc::new((name.to_owned(), screen));
    }

    /// The charts that are wanted of an experiment's runs.
    pub fn arrangement(&self, experiment: &str) -> Arrangement {
        let charts = self.charts.borrow();
        let known = charts.get(experiment).map(String::as_str);
        Arrangement::from(known.unwrap_or_default())
    }

    /// From now on these charts are wanted of an experiment's runs.
    pub fn arrange(&self, experiment: &str, arrangement: &Arrangement) {
        let mut charts = self.charts.borrow_mut();
        charts.insert(experiment.to_owned(), arrangement.to_string());
    }

    /// What is wanted of every experiment, for the session.
    pub fn charts(&self) -> BTreeMap<String, String> {
        self.charts.borrow().clone()
    }

    /// Notes what the keys act on: the cursor's row, the button that Enter presses. The last to say so is right.
    pub fn focus_on(&self, place: Rect) {
        self.focus
            .set((!place.is_empty()).then(|| place.as_position()));
    }

    /// The focus of the last frame, forgotten with that.
    pub fn take_focus(&self) -> Option<Position> {
        self.focus.take()
    }

    /// Makes a frame one that the terminal can show: the theme's ground under it, no character that it has not.
    pub fn finish(&self, buffer: &mut Buffer) {
        self.look.charset.spell(buffer, self.is_ambiguous_wide);
        self.look.theme.ground(buffer);
    }

    /// How long ago something was, in its largest unit: `3h`. The screen keeps it true: see [`Shared::next_age`].
    pub fn age(&self, since: Timestamp) -> String {
        let age = self.now.since(since);
        let youngest = self.youngest.get().map_or(age, |known| known.min(age));
        self.youngest.set(Some(youngest));
        text::span(age)
    }

    /// Forgets the ages of the last frame.
    pub fn forget_ages(&self) {
        self.youngest.set(None);
    }

    /// After how many milliseconds the ages of the last frame are drawn anew: when the youngest has changed, and the
    /// others with it. So an hour's work is drawn once a minute, however many runs are in sight.
    pub fn next_age(&self) -> Option<i64> {
        let age = self.youngest.get()?.max(0);
        Some(match age {
            ..MINUTE => SECOND,
            MINUTE..HOUR => MINUTE,
            _ => HOUR,
        })
    }
}

/// What came of an action in a view.
#[derive(Debug)]
pub enum Reaction {
    /// It means nothing here; perhaps it does to the screen as a whole.
    None,
    Done,
    /// Open this above the view in front.
    Open(Place),
    Overlay(Box<Overlay>),
    Do(Verb),
    /// Why it cannot be done now.
    Refuse(String),
}

/// What a prompt or a menu came to, for the view that opened it.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The filter as far as it is typed.
    Filter(String),
    /// What shall be found, as far as it is typed, and whether it is typed to its end.
    Search {
        text: String,
        is_whole: bool,
    },
    Sort(Sort),
    /// Names that were picked.
    Picked(Pick, Vec<String>),
}

/// The run that verbs act on, as far as the view knows it.
#[derive(Clone, Debug)]
pub struct Target {
    pub id: RunId,
    pub name: String,
    pub state: RunState,
    pub kind: Option<RunKind>,
    pub progress: Progress,
    /// Tags and note, where the view has them.
    pub labels: Option<(BTreeSet<Tag>, String)>,
    pub is_trashed: bool,
}

impl From<&Run> for Target {
    fn from(run: &Run) -> Self {
        Self {
            id: run.id,
            name: run.name.clone(),
            state: run.state.clone(),
            kind: Some(run.kind),
            progress: run.progress,
            labels: Some((run.tags.clone(), run.note.clone())),
            is_trashed: run.trashed.is_some(),
        }
    }
}
