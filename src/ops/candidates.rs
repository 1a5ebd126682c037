//! What a person may mean by a few letters: runs and tags, the likeliest first.

use std::{cmp::Reverse, collections::HashMap, sync::PoisonError};

use rayon::prelude::*;

use super::{Error, Result};
use crate::{
    domain::{
        fuzzy::Fuzzy,
        ids::RunId,
        runs::{Run, StateWord, Tag},
    },
    workspace::Workspace,
};

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub text: String,
    pub of: Of,
    pub limit: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// By name, by a tag, by their note.
    Runs,
    Tags,
}

/// Something that may be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Candidate {
    Run {
        id: RunId,
        name: String,
        experiment: String,
        state: StateWord,
        /// The tag or the note that fits, where the name does not.
        by: Option<String>,
    },
    Tag {
        tag: Tag,
        /// How many runs have it.
        runs: u64,
    },
}

/// Runs that a thread takes at once.
const AT_A_TIME: usize = 4_096;

/// The likeliest few; among equals the newer run, the tag that more runs have.
pub fn find(ws: &Workspace, question: &Question) -> Result<Vec<Candidate>> {
    let mut index = ws.index.lock().unwrap_or_else(PoisonError::into_inner);
    ws.store.read(|tx| Ok::<_, Error>(index.refresh(tx)?))?;
    let text = question.text.trim();
    Ok(match question.of {
        Of::Runs => runs(index.runs(), text, question.limit),
        Of::Tags => tags(index.runs(), text, question.limit),
    })
}

/// `runs` stand oldest first.
fn runs(runs: &[Run], text: &str, limit: usize) -> Vec<Candidate> {
    if Fuzzy::new(text).is_empty() {
        let newest = runs.iter().rev().filter(|run| run.trashed.is_none());
        return newest.take(limit).map(|run| candidate(run, None)).collect();
    }
    // All threads of the machine: a key press waits for it.
    let newest = runs.par_iter().rev().with_min_len(AT_A_TIME);
    let mut fits: Vec<(u32, &Run, Option<&str>)> = newest
        .map_init(|| Fuzzy::new(text), fit)
        .flatten_iter()
        .collect();
    fits.sort_by_key(|(score, ..)| Reverse(*score));
    fits.truncate(limit);
    let named = fits.into_iter();
    named.map(|(_, run, by)| candidate(run, by)).collect()
}

/// How well a run fits, and by what where that is not its name.
fn fit<'a>(fuzzy: &mut Fuzzy, run: &'a Run) -> Option<(u32, &'a Run, Option<&'a str>)> {
    if run.trashed.is_some() {
        return None;
    }
    if let Some(score) = fuzzy.score(&run.name) {
        return Some((score, run, None));
    }
    let note = (!run.note.is_empty()).then_some(run.note.as_str());
    let mut others = run.tags.iter().map(Tag::as_str).chain(note);
    let (score, by) = others.find_map(|text| Some((fuzzy.score(text)?, text)))?;
    // What is found elsewhere than in the name was less likely meant.
    Some((score / 2, run, Some(by)))
}

fn candidate(run: &Run, by: Option<&str>) -> Candidate {
    Candidate::Run {
        id: run.id,
        name: run.name.clone(),
        experiment: run.experiment.clone(),
        state: run.state.word(),
        by: by.map(str::to_owned),
    }
}

fn tags(runs: &[Run], text: &str, limit: usize) -> Vec<Candidate> {
    let mut fuzzy = Fuzzy::new(text);
    let mut counts: HashMap<&Tag, u64> = HashMap::new();
    let kept = runs.iter().filter(|run| run.trashed.is_none());
    for tag in kept.flat_map(|run| &run.tags) {
        *counts.entry(tag).or_default() += 1;
    }
    let mut fits: Vec<(u32, u64, &Tag)> = counts
        .into_iter()
        .filter_map(|(tag, runs)| Some((fuzzy.score(tag.as_str())?, runs, tag)))
        .collect();
    fits.sort_by(|a, b| (b.0, b.1, a.2).cmp(&(a.0, a.1, b.2)));
    fits.truncate(limit);
    let candidate = |(_, runs, tag): (u32, u64, &Tag)| Candidate::Tag {
        tag: tag.clone(),
        runs,
    };
    fits.into_iter().map(candidate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::fixture::Shop;

    fn names(shop: &Shop, text: &str, of: Of) -> Vec<String> {
        let question = Question {
            text: text.to_owned(),
            of,
            limit: 3,
        };
        let name = |candidate| match candidate {
            Candidate::Run { name, by, .. } => by.map_or(name.clone(), |by| format!("{name} {by}")),
            Candidate::Tag { tag, runs } => format!("{} {runs}", tag.as_str()),
        };
        let found = find(shop, &question).unwrap();
        found.into_iter().map(name).collect()
    }

    #[test]
    fn runs_are_found_by_name_first_then_by_a_tag_or_their_note() {
        let shop = Shop::open();
        let [a, b, _] =
            ["brave-otter-7", "calm-heron-2", "sour-mole-1"].map(|name| shop.done(name, &[]));
        let tag = |text: &str| vec![Tag::try_from(text.to_owned()).unwrap()];
        super::super::runs::tag(&shop, &a, &tag("heron"), &[]).unwrap();
        super::super::runs::tag(&shop, &b, &tag("heron"), &[]).unwrap();
        super::super::runs::note(&shop, &a, "went flat").unwrap();
        assert_eq!(
            names(&shop, "heron", Of::Runs),
            ["calm-heron-2", "brave-otter-7 heron"]
        );
        assert_eq!(names(&shop, "wflat", Of::Runs), ["brave-otter-7 went flat"]);
        assert_eq!(names(&shop, "zzz", Of::Runs), Vec::<String>::new());
        assert_eq!(names(&shop, "", Of::Runs).len(), 3);
        assert_eq!(names(&shop, "her", Of::Tags), ["heron 2"]);
        // What changes meanwhile is found as it is then.
        super::super::runs::note(&shop, &a, "").unwrap();
        assert_eq!(names(&shop, "wflat", Of::Runs), Vec::<String>::new());
    }
}
