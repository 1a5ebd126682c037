//! What of some runs only the store knows.

use crate::{
    domain::{
        ids::RunId,
        runs::{Run, Tag},
    },
    ops::{self, runs::Detail},
    workspace::Workspace,
};

/// What of a run only the store knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Yank {
    /// Its folder.
    Path,
    /// One line, tabs between its cells.
    Row,
    Json,
}

impl Yank {
    pub fn of(self, ws: &Workspace, ids: &[RunId]) -> ops::Result<String> {
        let details = ids.iter().map(|id| ops::runs::show(ws, id));
        match self {
            Self::Path => {
                let paths = ids.iter().map(|id| ws.run_dir(id).display().to_string());
                Ok(paths.collect::<Vec<_>>().join("\n"))
            }
            Self::Row => {
                let rows = details.map(|detail| Ok(row(&detail?)));
                Ok(rows.collect::<ops::Result<Vec<_>>>()?.join("\n"))
            }
            Self::Json => {
                let mut details = details.collect::<ops::Result<Vec<_>>>()?;
                let json = match details.len() {
                    1 => serde_json::to_string_pretty(&details.remove(0)),
                    _ => serde_json::to_string_pretty(&details),
                };
                json.map_err(|error| {
                    let message = "what is known of the run cannot be written as JSON";
                    ops::Error::new(ops::Kind::Bug, message).because(error)
                })
            }
        }
    }
}

/// Name, id, state, experiment, when it was made, step, tags, note, and the last value of each metric with its name.
fn row(detail: &Detail) -> String {
    let run = &detail.run;
    let tags: Vec<&str> = run.tags.iter().map(Tag::as_str).collect();
    let cells = [
        run.name.clone(),
        run.id.to_string(),
        run.state.word().to_string(),
        run.experiment.clone(),
        run.created.rfc3339(),
        run.progress.step.to_string(),
        tags.join(" "),
        run.note.clone(),
    ];
    let metrics = detail.metrics.iter();
    let metrics = metrics.map(|summary| format!("{}={}", summary.metric, summary.last));
    // A cell that held a tab would be two.
    let cells = cells.into_iter().chain(metrics);
    let cells: Vec<String> = cells
        .map(|cell| cell.replace(char::is_control, " "))
        .collect();
    cells.join("\t")
}

/// Which runs are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Names, or beginnings of ids.
    Named(Vec<String>),
    These(Vec<RunId>),
}

pub fn runs(ws: &Workspace, wanted: &Wanted) -> ops::Result<Vec<Run>> {
    let ids = match wanted {
        Wanted::These(ids) => ids.clone(),
        Wanted::Named(names) => names
            .iter()
            .map(|name| ops::runs::find(ws, name))
            .collect::<ops::Result<_>>()?,
    };
    ids.iter().map(|id| ops::runs::get(ws, id)).collect()
}
