//! The same done to several runs: each is done or refused by itself, and all in one transaction.

use std::collections::BTreeSet;

use serde::{Serialize, Serializer, ser::SerializeMap as _};

use super::{Edited, Stop, Unknown, audited, gone, relabel, renote, stop};
use crate::{
    domain::{
        filter::{Facts, Filter},
        ids::RunId,
        runs::{Run, Tag},
    },
    ops::{
        Error, Kind, Result, filters,
        selection::{self, Wanted},
    },
    store::{self, runs as rows},
    workspace::Workspace,
};

/// What became of one of several runs.
#[derive(Debug)]
pub struct Outcome {
    pub id: RunId,
    /// Its id, where there is no such run.
    pub name: String,
    /// The run as it is now, or why nothing was done to it.
    pub result: Result<Run>,
}

/// What became of several runs, in the order in which they were named.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Report(pub Vec<Outcome>);

impl Report {
    pub fn done(&self) -> impl Iterator<Item = &Run> {
        self.0
            .iter()
            .filter_map(|outcome| outcome.result.as_ref().ok())
    }

    pub fn refused(&self) -> impl Iterator<Item = (&str, &Error)> {
        self.0.iter().filter_map(|outcome| {
            let error = outcome.result.as_ref().err()?;
            Some((outcome.name.as_str(), error))
        })
    }
}

/// A run as it is now with `error: null`, or its id and name with the error.
impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Done<'a> {
            #[serde(flatten)]
            run: &'a Run,
            error: (),
        }
        match &self.result {
            Ok(run) => Done { run, error: () }.serialize(serializer),
            Err(error) => {
                let mut map = serializer.serialize_map(Some(3))?;
                map.serialize_entry("id", &self.id)?;
                map.serialize_entry("name", &self.name)?;
                map.serialize_entry("error", error)?;
                map.end()
            }
        }
    }
}

/// The runs that a filter lets through, newest first.
pub fn matching(ws: &Workspace, filter: &Filter) -> Result<Vec<Run>> {
    ws.store.read(|tx| {
        let filter = filters::resolved(tx, filter)?;
        // With a `-` before it, a misspelt name would let everything through.
        if let Some((name, nearest)) = filter.unknown_name(&rows::known_names(tx)?) {
            let unknown = Unknown { name, nearest };
            return Err(Error::new(Kind::NotFound, unknown.to_string())
                .hint("what changes runs takes only names that some run has"));
        }
        let mut found = vec![];
        selection::each(ws, tx, &filter, &Wanted::default(), |run| {
            found.push(run.id());
        })?;
        let runs = found.iter().map(|id| Ok(rows::get(tx, id)?));
        runs.filter_map(Result::transpose).collect()
    })
}

/// Stops each of these runs wherever it stands.
pub fn stop_all(ws: &Workspace, ids: &[RunId], how: Stop) -> Result<Report> {
    // Each of them is steered through its own folder: what one of them answered stands.
    let outcomes = once_each(ids).map(|id| {
        let result = stop(ws, id, how);
        let name = match &result {
            Ok(run) => run.name.clone(),
            Err(_) => super::get(ws, id).map_or_else(|_| id.to_string(), |run| run.name),
        };
        Ok(Outcome {
            id: *id,
            name,
            result: settled(result)?,
        })
    });
    Ok(Report(outcomes.collect::<Result<_>>()?))
}

/// Adds tags to each of these runs, then takes others away.
pub fn tag_all(ws: &Workspace, ids: &[RunId], add: &[Tag], remove: &[Tag]) -> Result<Report> {
    change_all(ws, ids, "runs.tag", |tx, run| relabel(tx, run, add, remove))
}

/// Sets the note of each of these runs; an empty one takes it away.
pub fn note_all(ws: &Workspace, ids: &[RunId], text: &str) -> Result<Report> {
    change_all(ws, ids, "runs.note", |tx, run| renote(tx, run, text))
}

/// Changes runs in one transaction with an audit line each. `edit` refuses before it writes, and gives what stood before
/// and what stands after.
pub(super) fn change_all(
    ws: &Workspace,
    ids: &[RunId],
    action: &str,
    edit: impl Fn(&store::Connection, &Run) -> Result<Edited>,
) -> Result<Report> {
    ws.store.write(|tx| {
        let outcomes = once_each(ids).map(|id| {
            let Some(run) = rows::get(tx, id)? else {
                return Ok(Outcome {
                    id: *id,
                    name: id.to_string(),
                    result: Err(gone(id)),
                });
            };
            let edited = edit(tx, &run).and_then(|(before, after)| {
                audited(ws, tx, &run, action, before, after)?;
                rows::get(tx, id)?.ok_or_else(|| gone(id))
            });
            Ok(Outcome {
                id: *id,
                name: run.name,
                result: settled(edited)?,
            })
        });
        Ok(Report(outcomes.collect::<Result<_>>()?))
    })
}

fn once_each(ids: &[RunId]) -> impl Iterator<Item = &RunId> {
    let mut seen = BTreeSet::new();
    ids.iter().filter(move |id| seen.insert(**id))
}

/// A refusal is an answer; trouble of the store ends the whole.
fn settled(result: Result<Run>) -> Result<Result<Run>> {
    match result {
        Err(error) if matches!(error.kind, Kind::Environment | Kind::Bug) => Err(error),
        settled => Ok(settled),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::fixture::{Shop, filter};

    #[test]
    fn each_run_is_done_once_or_refused_by_itself() {
        let shop = Shop::open();
        let (one, two) = (shop.done("one", &[]), shop.done("two", &[]));
        let nobody = RunId(shop.random_id());
        let tag = Tag::try_from("t".to_owned()).unwrap();
        let report = tag_all(&shop, &[one, nobody, two, one], &[tag], &[]).unwrap();
        let names: Vec<&str> = report.done().map(|run| run.name.as_str()).collect();
        assert_eq!(names, ["one", "two"]);
        let refused: Vec<Kind> = report.refused().map(|(_, error)| error.kind).collect();
        assert_eq!(refused, [Kind::NotFound]);
        let found = matching(&shop, &filter("tag:t")).unwrap();
        assert_eq!(found.len(), 2);
        let json = serde_json::to_value(&report).unwrap();
        assert!(json[0]["error"].is_null() && json[0]["state"] == "done");
        assert_eq!(json[1]["error"]["kind"], "not-found");
    }

    #[test]
    fn runs_that_have_ended_are_refused_to_stop_and_the_others_stop() {
        let shop = Shop::open();
        let (ended, live) = (shop.done("ended", &[]), shop.done("live", &[]));
        shop.start(&live);
        let report = stop_all(&shop, &[ended, live], Stop::Gently).unwrap();
        assert_eq!(report.done().map(|run| run.id).collect::<Vec<_>>(), [live]);
        let (name, error) = report.refused().next().unwrap();
        assert_eq!((name, error.kind), ("ended", Kind::Conflict));
    }
}
