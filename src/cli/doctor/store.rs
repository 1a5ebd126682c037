//! What the doctor says of a store and its agent.

use std::{
    io::{Read as _, Seek as _, SeekFrom},
    path::Path,
    time::Duration,
};

use super::{Finding, fail, ok, open, warn};
use crate::{
    agent,
    cli::agent::said,
    config,
    domain::text::shown,
    jobs::spawn,
    ops::{self, health},
    workspace::Workspace,
};

/// What an agent wrote into its log within this time is still news.
const NEWS: Duration = Duration::from_secs(60 * 60);

/// Opens the store where there is one; a visit of the doctor makes none.
pub fn look(loaded: &config::Loaded, found: &config::places::Found) -> Vec<Finding> {
    let root = &found.path;
    if !ops::upkeep::is_store(root) {
        return vec![match found.why.may_be_made() {
            true => ok(
                "runs",
                "no store yet: it is made at the first write".to_owned(),
            ),
            false => fail(
                "runs",
                format!("there is no store at {}", root.display()),
                format!("`sconce --store {} init` makes one", root.display()),
            ),
        }];
    }
    match open::open(loaded, root) {
        Err(error) => vec![of_error("runs", error)],
        Ok(ws) => {
            let mut findings = vec![runs(&ws)];
            findings.extend(writing(&ws));
            findings.extend(damage(&ws));
            findings.push(audit(&ws));
            findings.push(agent_of(&ws));
            findings.extend(log(&spawn::agent_log(&ws.root)));
            findings
        }
    }
}

fn of_error(what: &'static str, error: ops::Error) -> Finding {
    let causes = error.causes().join(": ");
    let found = match causes.is_empty() {
        true => error.to_string(),
        false => format!("{error}: {causes}"),
    };
    fail(what, found, error.hint.unwrap_or_default())
}

fn runs(ws: &Workspace) -> Finding {
    let counted =
        ops::runs::counts(ws).and_then(|counts| Ok((counts, health::runs_without_folders(ws)?)));
    match counted {
        Err(error) => of_error("runs", error),
        Ok((counts, 0)) => {
            let found = format!(
                "{} runs, {} at work, {} queued",
                counts.runs, counts.live, counts.queued
            );
            ok("runs", found)
        }
        Ok((counts, lost)) => {
            let advice = "it held journals, checkpoints and models: bring it back from a backup";
            let found = format!(
                "{lost} of {} runs have lost their folder below {}",
                counts.runs,
                ws.root.join("runs").display()
            );
            fail("runs", found, advice.to_owned())
        }
    }
}

fn writing(ws: &Workspace) -> Option<Finding> {
    let error = health::can_be_written(ws).err()?;
    if error.kind != ops::Kind::Conflict {
        return Some(of_error("rights", error));
    }
    let found = "another process keeps the store locked".to_owned();
    let advice = "`fuser -v` on its store.db lists who has it open; end the one that keeps it";
    Some(fail("lock", found, advice.to_owned()))
}

fn damage(ws: &Workspace) -> Option<Finding> {
    let advice = "copy the folder away, then restore a backup: `sconce backup` made them";
    match health::first_damage(ws) {
        Ok(None) => None,
        Ok(Some(found)) => Some(fail(
            "database",
            format!("damaged: {}", shown(&found)),
            advice.to_owned(),
        )),
        Err(error) => Some(of_error("database", error)),
    }
}

fn audit(ws: &Workspace) -> Finding {
    match health::first_changed_line(ws) {
        Ok((None, lines)) => ok("audit", format!("{lines} lines, unbroken")),
        Ok((Some(line), _)) => fail(
            "audit",
            format!("the chain is broken at line {line}"),
            "somebody changed what was done after it was done: compare with a backup".to_owned(),
        ),
        Err(error) => of_error("audit", error),
    }
}

fn agent_of(ws: &Workspace) -> Finding {
    let status = match agent::status(&ws.root) {
        Ok(status) => status,
        Err(error) => return of_error("agent", error),
    };
    match status.pid {
        Some(pid) if status.is_running && is_stopped(pid) => fail(
            "agent",
            format!("process {pid} is stopped: nothing starts and nothing is taken in"),
            format!("`kill -CONT {pid}` lets it go on"),
        ),
        _ => ok("agent", said(&status)),
    }
}

/// Was a process stopped by a signal? Where the system does not say: no.
fn is_stopped(pid: u32) -> bool {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name, in brackets, may hold brackets and blanks itself.
    let state = text.rsplit_once(") ").map(|(_, rest)| rest);
    state.is_some_and(|state| state.starts_with(['T', 't']))
}

/// The last line of an agent's log, where it is news: it writes there what it could not do.
fn log(path: &Path) -> Option<Finding> {
    let mut file = std::fs::File::open(path).ok()?;
    let meta = file.metadata().ok()?;
    if NEWS < meta.modified().ok()?.elapsed().unwrap_or_default() {
        return None;
    }
    const TAIL: u64 = 4096;
    file.seek(SeekFrom::Start(meta.len().saturating_sub(TAIL)))
        .ok()?;
    let mut bytes = vec![];
    file.take(TAIL).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let line = text.lines().rfind(|line| !line.trim().is_empty())?;
    let advice = format!("its last words; the whole log is {}", path.display());
    Some(warn("agent", shown(line), advice))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_was_stopped_is_told_from_one_that_waits() {
        let mut child = std::process::Command::new("sleep")
            .arg("600")
            .spawn()
            .unwrap();
        let pid = rustix::process::Pid::from_child(&child);
        assert!(!is_stopped(child.id()));
        rustix::process::kill_process(pid, rustix::process::Signal::STOP).unwrap();
        let stopped = rustix::process::WaitOptions::UNTRACED;
        rustix::process::waitpid(Some(pid), stopped).unwrap();
        assert!(is_stopped(child.id()));
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn the_last_words_of_a_log_are_news_for_an_hour() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        assert!(log(&path).is_none());
        std::fs::write(&path, "first\nlast \u{1b}\n\n").unwrap();
        let found = log(&path).unwrap().found;
        assert!(
            found.starts_with("last") && !found.contains('\u{1b}'),
            "{found:?}"
        );
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(std::time::SystemTime::now() - 2 * NEWS)
            .unwrap();
        assert!(log(&path).is_none());
    }
}
