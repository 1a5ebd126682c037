//! Where a run came from, and what it left: data, code, command, the attempts, the package.

use ratatui::text::Line;
use serde_json::Value;

use crate::{
    domain::{datasets::VersionId, events::What, ids::RunId},
    ops::{lineage::Lineage, runs::Detail},
    tui::{
        board::facts::{head, pairs},
        effect::{Answer, Effect},
        event::{Ticket, Tickets},
        remote::Remote,
        shared::Shared,
        text,
    },
};

#[derive(Default)]
pub struct Origin(Remote<RunId, Lineage>);

impl Origin {
    pub fn ask(&mut self, tickets: &mut Tickets) -> Option<Effect> {
        let (ticket, run) = self.0.ask(tickets)?;
        Some(Effect::Lineage(ticket, run))
    }

    pub fn expire(&mut self) {
        self.0.expire();
    }

    pub fn loaded(&mut self, ticket: Ticket, answer: Answer) -> Option<Answer> {
        match answer {
            Answer::Lineage(result) if self.0.awaits(ticket) => {
                self.0.answer(result);
                None
            }
            other => Some(other),
        }
    }

    /// The data version that the run was made of.
    pub fn version(&self) -> Option<&VersionId> {
        self.0.value.as_ref()?.version.as_ref()
    }

    /// What is known, by what it is about; what is not known is left out.
    pub fn lines(&mut self, detail: &Detail, shared: &Shared, width: usize) -> Vec<Line<'static>> {
        self.0.want(detail.run.id);
        let known = self.0.value.clone().unwrap_or_default();
        let mut lines = vec![];
        let mut part = |title: &'static str, facts: Vec<(&str, Option<String>)>| {
            let facts: Vec<(&str, String)> = facts
                .into_iter()
                .filter_map(|(name, fact)| Some((name, fact?)))
                .collect();
            if !facts.is_empty() {
                head(&mut lines, &shared.look, title);
                lines.extend(pairs(&shared.look, &facts, width));
            }
        };
        let captured = |path: &str| said(&detail.captured, path);
        let data = || detail.run.params.get("data").map(text::plain);
        part(
            "DATA",
            vec![
                ("data", known.data.clone().or_else(data)),
                (
                    "version",
                    known
                        .version
                        .as_ref()
                        .map(|id| format!("{id}  (Enter opens it)")),
                ),
                ("blake3", known.data_hash.clone()),
            ],
        );
        let left_out = detail.captured.pointer("/git/left_out");
        let left_out = left_out.and_then(Value::as_array).map(Vec::len);
        let is_dirty = detail.captured.pointer("/git/dirty") == Some(&Value::Bool(true));
        part(
            "CODE",
            vec![
                ("commit", captured("/git/commit")),
                ("branch", captured("/git/branch")),
                (
                    "changed",
                    is_dirty.then(|| "with changes of its own".to_owned()),
                ),
                (
                    "not kept",
                    left_out
                        .filter(|count| 0 < *count)
                        .map(|count| format!("{count} files of these changes")),
                ),
                ("sconce", captured("/sconce")),
            ],
        );
        let preset = detail.run.preset.clone();
        part(
            "COMMAND",
            vec![
                ("preset", preset),
                ("command", command(&detail.captured)),
                ("folder", captured("/cwd")),
                ("host", captured("/host")),
                ("system", captured("/os")),
            ],
        );
        let attempts = attempts(detail);
        let named: Vec<(&str, Option<String>)> = attempts
            .iter()
            .map(|(name, how)| (name.as_str(), Some(how.clone())))
            .collect();
        part("ATTEMPTS", named);
        let package: Vec<String> = (detail.artifacts.iter())
            .filter(|file| file.kind.as_deref() == Some("model"))
            .map(|file| file.path.clone())
            .collect();
        let package = (!package.is_empty()).then(|| package.join("  "));
        part(
            "MADE OF IT",
            vec![("package", package), ("weights", known.weights)],
        );
        match lines.is_empty() {
            true => vec![Line::from(" nothing is known of where this run came from")],
            // No blank line above the first heading.
            false => lines.split_off(1),
        }
    }
}

fn said(captured: &Value, path: &str) -> Option<String> {
    let value = captured.pointer(path)?;
    (!value.is_null()).then(|| text::plain(value))
}

fn command(captured: &Value) -> Option<String> {
    let words = captured.pointer("/argv")?.as_array()?;
    let words: Vec<String> = words.iter().map(text::plain).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Each attempt, and the step of the one before it that it went on from.
fn attempts(detail: &Detail) -> Vec<(String, String)> {
    let mut attempts: Vec<(String, String)> = vec![];
    for event in &detail.events {
        match &event.what {
            What::Started {
                attempt, process, ..
            } => {
                let how = format!("process {} on {}", process.pid, process.host);
                attempts.push((format!("attempt {attempt}"), how));
            }
            What::Resumed { from } => {
                if let Some((_, how)) = attempts.last_mut() {
                    *how += &format!(", from step {} of the one before", text::count(*from));
                }
            }
            _ => {}
        }
    }
    attempts
}
