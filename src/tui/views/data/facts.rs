//! What is known of a version besides its content: how it was made, what it is divided into, where it came from and went.

mod leaks;

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use self::leaks::LeakCheck;
use crate::{
    domain::{
        datasets::{Version, VersionId},
        text::counted,
    },
    ops::datasets::Detail,
    tui::{
        action::Action,
        effect::{Answer, Effect},
        event::{Ticket, Tickets},
        look::Look,
        place::{Place, Settings, Spot},
        remote::Remote,
        rows::Rows,
        shared::{Reaction, Shared},
        text,
        theme::Role,
        views::Root,
    },
};

pub struct Facts {
    pub detail: Remote<VersionId, Box<Detail>>,
    leaks: LeakCheck,
    rows: Rows,
    /// What Enter does on each line of the last frame.
    leads: Vec<Option<Lead>>,
    of: Option<VersionId>,
}

/// What Enter does on a line.
#[derive(Clone, Debug, PartialEq)]
enum Lead {
    To(Place),
    /// It looks for what the splits have in common.
    Leaks,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            detail: Remote::default(),
            leaks: LeakCheck::default(),
            rows: Rows::with_cursor(),
            leads: vec![],
            of: None,
        }
    }
}

/// Columns of the names of facts.
const LABEL: usize = 8;
/// Runs that are named.
const FEW: usize = 5;

/// A name, what is to be said, how, and where it leads.
struct Fact {
    name: &'static str,
    value: String,
    role: Role,
    lead: Option<Lead>,
    /// It is cut rather than broken.
    is_cut: bool,
}

/// The runs that were made of a version, in the list of runs.
pub fn runs_of(id: &VersionId) -> Place {
    let settings = Settings::default().with("filter", format!("data:{id}"));
    Place {
        spot: Spot::Root(Root::Runs),
        settings,
    }
}

impl Facts {
    pub fn act(&mut self, action: Action) -> Reaction {
        match action {
            Action::Open => self.open(),
            Action::Escape | Action::Interrupt if self.leaks.stop() => Reaction::Done,
            action if self.rows.act(action) => Reaction::Done,
            _ => Reaction::None,
        }
    }

    fn open(&mut self) -> Reaction {
        let lead = self.leads.get(self.rows.index).cloned().flatten();
        match (lead, &self.of) {
            (Some(Lead::To(place)), _) => Reaction::Open(place),
            (Some(Lead::Leaks), Some(of)) => self.leaks.look(of.clone()),
            _ => Reaction::Refuse("this line leads nowhere: those with a sign do".to_owned()),
        }
    }

    pub fn is_at_work(&self) -> bool {
        self.leaks.is_at_work()
    }

    /// What is known of a version, once it is.
    pub fn known(&self, id: &VersionId) -> Option<&Detail> {
        let known = self.detail.value.as_deref();
        known.filter(|detail| detail.version.id() == *id)
    }

    pub fn draw(
        &mut self,
        buffer: &mut Buffer,
        area: Rect,
        shared: &Shared,
        version: &Version,
        is_focused: bool,
    ) {
        let look = &shared.look;
        let id = version.id();
        if self.of.as_ref() != Some(&id) {
            self.rows = Rows::with_cursor();
            self.of = Some(id.clone());
        }
        let known = self.known(&id);
        let leaks = match known.is_some_and(|detail| 1 < detail.splits.len()) {
            true => self.leaks.facts(&id),
            false => vec![],
        };
        let mut facts = of_version(version, known, leaks, shared);
        match (&self.detail.error, known) {
            (Some(error), _) => facts.push(Fact::new("", error.to_string(), Role::Error)),
            (None, Some(detail)) => facts.extend(used_by(detail)),
            (None, None) => {}
        }
        let width = usize::from(area.width);
        let (mut lines, mut leads) = (vec![], vec![]);
        for fact in facts {
            let told = fact.lines(look, width);
            leads.extend(vec![fact.lead; told.len()]);
            lines.extend(told);
        }
        self.leads = leads;
        self.rows.fit(lines.len(), usize::from(area.height));
        let shown = self.rows.shown();
        let shown = lines.into_iter().skip(shown.start).take(shown.len());
        look.lines(buffer, area, shown);
        if is_focused {
            self.rows.mark(buffer, area, shared);
        }
        self.detail.want(id);
    }

    pub fn ask(&mut self, tickets: &mut Tickets) -> Vec<Effect> {
        let detail = self.detail.ask(tickets);
        let detail = detail.map(|(ticket, id)| Effect::Version(ticket, id));
        detail.into_iter().chain(self.leaks.ask(tickets)).collect()
    }

    /// A version never changes, but who used it does.
    pub fn expire(&mut self) {
        self.detail.expire();
    }

    pub fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        match answer {
            Answer::Version(result) if self.detail.awaits(ticket) => self.detail.answer(result),
            other => return self.leaks.loaded(ticket, other),
        }
        None
    }
}

impl Fact {
    fn new(name: &'static str, value: impl Into<String>, role: Role) -> Self {
        Self {
            name,
            value: value.into(),
            role,
            lead: None,
            is_cut: false,
        }
    }

    fn in_a_line(self) -> Self {
        let is_cut = true;
        Self { is_cut, ..self }
    }

    fn leading(self, lead: Lead) -> Self {
        let lead = Some(lead);
        Self { lead, ..self }
    }

    fn lines(&self, look: &Look, width: usize) -> Vec<Line<'static>> {
        let room = width.saturating_sub(LABEL + 4).max(8);
        let parts = match self.is_cut {
            true => vec![look.clip(&self.value, room)],
            false => text::wrap(&self.value, room),
        };
        let parts = parts.into_iter().enumerate();
        let line = |(at, part): (usize, String)| {
            let name = if at == 0 { self.name } else { "" };
            let sign = match self.lead {
                Some(_) if at == 0 => "›",
                _ => " ",
            };
            Line::from(vec![
                look.span(format!(" {} ", look.cell(name, LABEL)), Role::Dim),
                look.span(format!("{sign} "), Role::Key),
                look.span(part, self.role),
            ])
        };
        parts.map(line).collect()
    }
}

fn of_version(
    version: &Version,
    detail: Option<&Detail>,
    leaks: Vec<Fact>,
    shared: &Shared,
) -> Vec<Fact> {
    let size = text::bytes(version.bytes as f64);
    let mut content = format!("{}, {size}", counted(version.files, "file"));
    if !version.is_reference {
        content += &format!(", {} of it new", text::bytes(version.stored as f64));
    }
    let hash = Fact::new("hash", version.hash.to_string(), Role::Text);
    let mut facts = vec![hash.in_a_line()];
    let mut fact = |name, value: String, role| facts.push(Fact::new(name, value, role));
    fact("content", content, Role::Text);
    if version.is_reference {
        let text = "by name: the content stays where it is".to_owned();
        fact("kept", text, Role::Warn);
    }
    fact(
        "made",
        format!("by {}, {} ago", version.actor, shared.age(version.created)),
        Role::Text,
    );
    if !version.message.is_empty() {
        fact("message", version.message.clone(), Role::Text);
    }
    if !version.tags.is_empty() {
        fact("tags", version.tags.join(" "), Role::Accent);
    }
    if let Some(trashed) = &version.trashed {
        let since = shared.age(trashed.at);
        let text = format!("for {since}, by {}: R takes it out", trashed.by);
        fact("trash", text, Role::Warn);
    }
    if let Some(splits) = detail.and_then(splits) {
        fact("splits", splits, Role::Text);
    }
    facts.extend(leaks);
    let mut fact = |name, value: String, role| facts.push(Fact::new(name, value, role));
    if let Some(commit) = &version.commit {
        fact("commit", commit.clone(), Role::Text);
    }
    for place in &version.sources {
        fact("from", place.at.clone(), Role::Text);
    }
    if let Some(number) = version.parent {
        let dataset = version.dataset.clone();
        let parent = VersionId { dataset, number };
        let fact = Fact::new("after", parent.to_string(), Role::Text);
        facts.push(fact.leading(Lead::To(Place::of(Spot::Version(parent)))));
    }
    facts
}

/// The parts that it is divided into; nothing where it is not.
fn splits(detail: &Detail) -> Option<String> {
    let splits = detail.splits.iter();
    let told = splits.map(|split| match &split.paths[..] {
        [path] => format!("{}: {path}", split.name),
        paths => format!("{}: {}", split.name, counted(paths.len() as u64, "file")),
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| told.join("  "))
}

/// The runs that were made of a version.
fn used_by(detail: &Detail) -> Vec<Fact> {
    let runs = &detail.runs;
    if runs.is_empty() {
        return vec![Fact::new("used by", "no run yet", Role::Dim)];
    }
    let count = counted(runs.len() as u64, "run");
    let all = Fact::new("used by", count, Role::Text);
    let mut facts = vec![all.leading(Lead::To(runs_of(&detail.version.id())))];
    facts.extend(runs.iter().take(FEW).map(|run| {
        let fact = Fact::new("", run.name.clone(), Role::Text);
        fact.leading(Lead::To(Place::of(Spot::Run(run.id))))
    }));
    if FEW < runs.len() {
        let more = format!("and {} more", runs.len() - FEW);
        facts.push(Fact::new("", more, Role::Dim));
    }
    facts
}
