//! The parameters of a run as a tree: searched, folded, and beside each what the preset has instead.

use std::collections::{BTreeMap, BTreeSet};

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};
use serde_json::Value;

use crate::{
    ops::{
        presets::{Offer, parameters},
        runs::Detail,
    },
    tui::{
        action::Action,
        effect::{Answer, Effect},
        event::{Ticket, Tickets},
        look::{Look, Pane, fit},
        remote::Remote,
        rows::Rows,
        shared::Shared,
        text,
        theme::Role,
    },
};

pub struct Params {
    pub filter: String,
    folded: BTreeSet<String>,
    /// The path of the row under the cursor, where it can be folded.
    branch: Option<String>,
    rows: Rows,
    offers: Remote<(), Vec<Offer>>,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            filter: String::new(),
            folded: BTreeSet::new(),
            branch: None,
            rows: Rows::with_cursor(),
            offers: Remote::default(),
        }
    }
}

/// A row of the tree.
#[derive(Debug, PartialEq)]
struct Row {
    depth: usize,
    path: String,
    /// Nothing for a branch.
    value: Option<String>,
    /// What the preset has instead.
    preset: Option<String>,
}

impl Params {
    pub fn act(&mut self, action: Action) -> bool {
        match action {
            Action::Open => {
                if let Some(branch) = self.branch.clone()
                    && !self.folded.remove(&branch)
                {
                    self.folded.insert(branch);
                }
                true
            }
            Action::Escape if !self.filter.is_empty() => {
                self.filter.clear();
                true
            }
            action => self.rows.act(action),
        }
    }

    pub fn ask(&mut self, tickets: &mut Tickets) -> Option<Effect> {
        let (ticket, ()) = self.offers.ask(tickets)?;
        Some(Effect::Offers(ticket))
    }

    pub fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        match answer {
            Answer::Offers(result) if self.offers.awaits(ticket) => {
                self.offers.answer(result);
                None
            }
            other => Some(other),
        }
    }

    pub fn draw(&mut self, detail: &Detail, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let look = &shared.look;
        let preset = self.preset(detail);
        let leaves = leaves(&detail.run.params, preset.as_ref());
        let changed = leaves.iter().filter(|row| row.preset.is_some()).count();
        let rows = tree(&leaves, &self.filter, &self.folded);
        let note = match (&detail.run.preset, preset.is_some()) {
            (Some(name), true) if changed == 0 => format!("as the preset {name}"),
            (Some(name), true) => format!("{changed} not as the preset {name} is now"),
            _ => String::new(),
        };
        let title = match self.filter.is_empty() {
            true => "params".to_owned(),
            false => format!("params  /{}", crate::domain::text::shown(&self.filter)),
        };
        let pane = Pane::new(title)
            .note(vec![look.span(note, Role::Dim)])
            .focused(true);
        let inner = look.pane(buffer, area, &pane);
        self.rows.fit(rows.len(), usize::from(inner.height));
        let here = rows.get(self.rows.index);
        self.branch = here.and_then(|row| row.value.is_none().then(|| row.path.clone()));
        if rows.is_empty() {
            let why = match leaves.is_empty() {
                true => " this run told no parameters",
                false => " no parameter has this in its name or value",
            };
            look.line(buffer, inner, look.span(why, Role::Dim).into());
            return;
        }
        let width = usize::from(inner.width);
        let names = rows
            .iter()
            .map(|row| 2 * row.depth + text::width(row.name()) + 2);
        let wide = names.max().unwrap_or(0).clamp(12, (width / 2).max(12));
        let shown = &rows[self.rows.shown()];
        let lines = shown.iter().map(|row| self.line(row, look, wide, width));
        look.lines(buffer, inner, lines);
        self.rows.mark(buffer, inner, shared);
    }

    /// The parameters of the run's preset as it is now.
    fn preset(&mut self, detail: &Detail) -> Option<BTreeMap<String, Value>> {
        let name = detail.run.preset.as_ref()?;
        self.offers.want(());
        let offers = self.offers.value.as_ref()?;
        let offer = offers.iter().find(|offer| offer.name == *name)?;
        Some(parameters(&offer.preset))
    }

    fn line(&self, row: &Row, look: &Look, wide: usize, width: usize) -> Line<'static> {
        let (open, folded) = look.charset.fold();
        let mark = match &row.value {
            Some(_) => " ",
            None if self.folded.contains(&row.path) => folded,
            None => open,
        };
        let name = format!("{}{mark} {}", "  ".repeat(row.depth), row.name());
        let name = look.cell(&name, wide);
        let Some(value) = &row.value else {
            return Line::from(look.span(format!(" {name}"), Role::Title));
        };
        let mut spans = vec![
            look.span(format!(" {name} "), Role::Dim),
            Span::raw(crate::domain::text::shown(value)),
        ];
        if let Some(preset) = &row.preset {
            let preset = crate::domain::text::shown(preset);
            spans.push(look.span(format!("  ~ preset {preset}"), Role::Warn));
        }
        fit(spans, width, look.charset.ellipsis())
    }
}

impl Row {
    fn name(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or(&self.path)
    }
}

/// Every parameter with its whole path, objects taken apart, beside it what the preset has instead.
fn leaves(params: &BTreeMap<String, Value>, preset: Option<&BTreeMap<String, Value>>) -> Vec<Row> {
    fn walk(path: &str, value: &Value, found: &mut Vec<(String, Value)>) {
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                for (name, value) in fields {
                    walk(&format!("{path}.{name}"), value, found);
                }
            }
            value => found.push((path.to_owned(), value.clone())),
        }
    }
    let mut found = vec![];
    for (name, value) in params {
        walk(name, value, &mut found);
    }
    // Names that begin alike stand together, whatever sign follows.
    found.sort_by(|(a, _), (b, _)| a.split('.').cmp(b.split('.')));
    let leaf = |(path, value): (String, Value)| Row {
        depth: 0,
        preset: preset
            .and_then(|preset| of_preset(preset, &path))
            .filter(|preset| !is_same(preset, &value))
            .map(text::plain),
        value: Some(text::plain(&value)),
        path,
    };
    found.into_iter().map(leaf).collect()
}

/// The preset's value of a parameter, which a run names as short as it is unique.
fn of_preset<'a>(preset: &'a BTreeMap<String, Value>, name: &str) -> Option<&'a Value> {
    let ends_so = |path: &str| {
        path.strip_suffix(name)
            .is_some_and(|rest| rest.ends_with('.'))
    };
    preset.get(name).or_else(|| {
        let mut ending = preset.iter().filter(|(path, _)| ends_so(path));
        let (_, value) = ending.next()?;
        ending.next().is_none().then_some(value)
    })
}

fn is_same(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

/// The leaves that have a text in their path or value, below their branches; what is folded is left out.
fn tree(leaves: &[Row], filter: &str, folded: &BTreeSet<String>) -> Vec<Row> {
    let sought = filter.to_lowercase();
    let has = |row: &&Row| {
        let value = row.value.as_deref().unwrap_or_default();
        row.path.to_lowercase().contains(&sought) || value.to_lowercase().contains(&sought)
    };
    let mut rows: Vec<Row> = vec![];
    let mut above: Vec<&str> = vec![];
    for leaf in leaves.iter().filter(has) {
        let parts: Vec<&str> = leaf.path.split('.').collect();
        let branches = &parts[..parts.len() - 1];
        let shared = above
            .iter()
            .zip(branches)
            .take_while(|(a, b)| a == b)
            .count();
        for depth in shared..branches.len() {
            let path = branches[..=depth].join(".");
            if !is_hidden(&path, folded) {
                rows.push(Row {
                    depth,
                    path,
                    value: None,
                    preset: None,
                });
            }
        }
        above = branches.to_vec();
        if !is_hidden(&leaf.path, folded) {
            rows.push(Row {
                depth: branches.len(),
                path: leaf.path.clone(),
                value: leaf.value.clone(),
                preset: leaf.preset.clone(),
            });
        }
    }
    rows
}

/// Is a branch above this path folded?
fn is_hidden(path: &str, folded: &BTreeSet<String>) -> bool {
    let mut above = path;
    while let Some((branch, _)) = above.rsplit_once('.') {
        if folded.contains(branch) {
            return true;
        }
        above = branch;
    }
    false
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> BTreeMap<String, Value> {
        serde_json::from_value(value).unwrap()
    }

    fn written(filter: &str, folded: &[&str]) -> Vec<String> {
        let params =
            map(json!({"lr": 0.1, "net.kind": "mlp", "net.hidden": {"a": 1, "b": 2}, "seed": 3}));
        let preset = map(json!({"optimiser.lr": 0.3, "net.kind": "mlp", "seed": 3.0}));
        let folded = folded.iter().map(|path| (*path).to_owned()).collect();
        tree(&leaves(&params, Some(&preset)), filter, &folded)
            .iter()
            .map(|row| {
                let value = row
                    .value
                    .as_deref()
                    .map_or(String::new(), |value| format!("={value}"));
                let preset = row
                    .preset
                    .as_deref()
                    .map_or(String::new(), |value| format!(" ({value})"));
                format!("{}{}{value}{preset}", " ".repeat(row.depth), row.name())
            })
            .collect()
    }

    #[test]
    fn parameters_are_a_tree_that_says_what_the_preset_has_instead() {
        assert_eq!(
            written("", &[]),
            [
                "lr=0.1 (0.3)",
                "net",
                " hidden",
                "  a=1",
                "  b=2",
                " kind=mlp",
                "seed=3"
            ]
        );
    }

    #[test]
    fn a_branch_folds_and_a_text_is_found_in_names_and_values() {
        assert_eq!(
            written("", &["net.hidden"]),
            ["lr=0.1 (0.3)", "net", " hidden", " kind=mlp", "seed=3"]
        );
        assert_eq!(written("", &["net"]), ["lr=0.1 (0.3)", "net", "seed=3"]);
        assert_eq!(written("MLP", &[]), ["net", " kind=mlp"]);
        assert_eq!(written("hidden.b", &[]), ["net", " hidden", "  b=2"]);
        assert!(written("nothing", &[]).is_empty());
    }
}
