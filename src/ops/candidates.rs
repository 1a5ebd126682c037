//! What a person may mean by a few letters: runs and tags, the likeliest first.

use std::{cmp::Reverse, sync::PoisonError};

use rayon::prelude::*;

use super::{Error, Result};
use crate::{
    domain::{
        filter::Facts,
        fuzzy::Fuzzy,
        ids::RunId,
        runs::{StateWord, Tag},
    },
    store::index::Runs,
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

fn runs(runs: &Runs, text: &str, limit: usize) -> Vec<Candidate> {
    let mut fuzzy = Fuzzy::new(text);
    let all = 0..runs.len();
    let fits: Vec<usize> = if fuzzy.is_empty() {
        let kept = all.rev().filter(|at| !runs.get(*at).is_in_trash());
        kept.take(limit).collect()
    } else {
        // All threads of the machine: a key press waits for it.
        let fits = all.into_par_iter().with_min_len(AT_A_TIME).map_init(
            || Fuzzy::new(text),
            |fuzzy, at| Some((fit(fuzzy, &runs.get(at))?.0, at)),
        );
        let fits = likeliest(fits.flatten_iter().collect(), limit);
        fits.into_iter().map(|(_, at)| at).collect()
    };
    let candidate = |at: usize| {
        let run = &runs.get(at);
        let by = fit(&mut fuzzy, run).and_then(|(_, by)| by);
        Candidate::Run {
            id: run.id(),
            name: run.name().to_owned(),
            experiment: run.experiment().to_owned(),
            state: run.state(),
            by: by.map(str::to_owned),
        }
    };
    fits.into_iter().map(candidate).collect()
}

/// How well a run fits, and by what where that is not its name.
fn fit<'a>(fuzzy: &mut Fuzzy, run: &'a impl Facts) -> Option<(u32, Option<&'a str>)> {
    if run.is_in_trash() {
        return None;
    }
    if let Some(score) = fuzzy.score(run.name()) {
        return Some((score, None));
    }
    let note = Some(run.note()).filter(|note| !note.is_empty());
    let mut others = run.tags().chain(note);
    let (score, by) = others.find_map(|text| Some((fuzzy.score(text)?, text)))?;
    // What is found elsewhere than in the name was less likely meant.
    Some((score / 2, Some(by)))
}

/// The first few by their scores, then by their places, the greater first.
fn likeliest(mut fits: Vec<(u32, usize)>, limit: usize) -> Vec<(u32, usize)> {
    if limit < fits.len() {
        // Nobody sees the others: they need no order.
        fits.select_nth_unstable_by_key(limit, |fit| Reverse(*fit));
        fits.truncate(limit);
    }
    fits.sort_unstable_by_key(|fit| Reverse(*fit));
    fits
}

fn tags(runs: &Runs, text: &str, limit: usize) -> Vec<Candidate> {
    let mut fuzzy = Fuzzy::new(text);
    let found = runs.tags().into_iter();
    let mut fits: Vec<(u32, u64, &str)> = found
        .filter_map(|(tag, runs)| Some((fuzzy.score(tag)?, runs, tag)))
        .collect();
    fits.sort_by(|a, b| (b.0, b.1, a.2).cmp(&(a.0, a.1, b.2)));
    fits.truncate(limit);
    let candidate = |(_, runs, tag): (u32, u64, &str)| {
        let tag = Tag::try_from(tag.to_owned()).ok()?;
        Some(Candidate::Tag { tag, runs })
    };
    fits.into_iter().filter_map(candidate).collect()
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
