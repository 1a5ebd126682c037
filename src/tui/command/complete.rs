//! What may stand at the end of a line that is typed.

use std::ops::Range;

use strum::IntoEnumIterator as _;

use super::{COMMANDS, Takes, find, of};
use crate::{
    domain::filter,
    ops::runs::{FIELDS, Sort, SortKey},
    tui::{Rate, glyphs::Charset},
};

/// What completes words: as things are now.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// Names of the runs in the list in front.
    pub runs: Vec<String>,
    pub metrics: Vec<String>,
    pub themes: Vec<String>,
    pub screens: Vec<String>,
    /// Saved filters, as a filter names them: `@night`.
    pub filters: Vec<String>,
}

/// What may stand at the end of a line instead of its last word: the bytes that are replaced, and by what.
pub fn completions(line: &str, live: &Live) -> (Range<usize>, Vec<String>) {
    let names = COMMANDS.iter().map(|command| command.name);
    let typed = line.trim_start();
    let lead = line.len() - typed.len();
    let mut found: Vec<String> = names
        .filter(|name| name.starts_with(typed))
        .map(str::to_owned)
        .collect();
    if !found.is_empty() {
        // A name that is typed out goes on with its arguments.
        found
            .retain(|name| name != typed || find(name).is_some_and(|known| known.takes.is_empty()));
        return (lead..line.len(), found);
    }
    let Some((command, end)) = of(line).filter(|(_, end)| *end < line.len()) else {
        return (line.len()..line.len(), vec![]);
    };
    let start = line.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let before = line[end..start].split_whitespace().count();
    let last = command.takes.len().saturating_sub(1);
    let word = &line[start..];
    match command.takes.get(before.min(last)) {
        Some(Takes::Filter) => filters(line, end, start, live),
        Some(takes) => {
            let known = takes.words(live).into_iter();
            let known = known.filter(|known| known.starts_with(word) && known != word);
            (start..line.len(), known.collect())
        }
        None => (start..line.len(), vec![]),
    }
}

/// Fields, saved filters and metrics that the last word of the filter begins.
fn filters(line: &str, end: usize, start: usize, live: &Live) -> (Range<usize>, Vec<String>) {
    let first = line[end..].find('/').map(|at| end + at + 1);
    let start = first.map_or(start, |first| start.max(first));
    let word = &line[start..];
    if first.is_none() {
        let offer = if word.is_empty() {
            vec!["/".to_owned()]
        } else {
            vec![]
        };
        return (start..line.len(), offer);
    }
    let fields = filter::FIELDS.iter().map(|(name, _)| format!("{name}:"));
    let saved = live.filters.iter().cloned();
    let names = fields.chain(saved).chain(live.metrics.iter().cloned());
    let begun = names.filter(|name| name.starts_with(word) && name != word);
    (start..line.len(), begun.collect())
}

impl Takes {
    fn words(self, live: &Live) -> Vec<String> {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        match self {
            Self::Run => live.runs.clone(),
            Self::Metric => live.metrics.clone(),
            Self::Theme => live.themes.clone(),
            Self::Screen => live.screens.clone(),
            Self::Order => {
                let fields = [
                    SortKey::Created,
                    SortKey::Name,
                    SortKey::State,
                    SortKey::Step,
                    SortKey::Dur,
                ];
                let word = |key: SortKey| {
                    let descending = false;
                    Sort { key, descending }.word().0
                };
                let fields = fields.map(word).into_iter();
                fields.chain(live.metrics.clone()).collect()
            }
            Self::Group => FIELDS.iter().map(|(name, _)| (*name).to_owned()).collect(),
            Self::Rate => Rate::iter().map(|rate| rate.to_string()).collect(),
            Self::Charset => Charset::iter().map(|charset| charset.to_string()).collect(),
            Self::OnOff => owned(&["on", "off"]),
            Self::Filter | Self::Text => vec![],
        }
    }
}
