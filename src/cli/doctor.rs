mod store;
mod tmux;

use std::path::Path;

use serde::Serialize;

use super::{
    Answer, DONE, NO, disks, format,
    open::{self, Context},
    screen,
    table::{Cell, Look, Table},
};
use crate::{config, jobs::slots};

/// A disk with less than this is nearly full.
const LITTLE: u64 = 1 << 30;

/// Say how things stand: versions, files, store, agent, GPUs, terminal
///
/// Each line is ok, warn or fail, with what to do. The exit code is 1 when one fails.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  sconce doctor\n  sconce doctor --json")]
pub struct Doctor {}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
struct Finding {
    verdict: Verdict,
    what: &'static str,
    found: String,
    /// What to do about it.
    advice: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, strum::Display)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
enum Verdict {
    Ok,
    Warn,
    Fail,
}

impl Doctor {
    pub fn run(self, context: &Context) -> Answer {
        let findings = look(context);
        let out = &context.out;
        let worst = findings.iter().map(|finding| finding.verdict).max();
        let code = if worst == Some(Verdict::Fail) {
            NO
        } else {
            DONE
        };
        if out.is_json() {
            out.json(&findings)?;
            return Ok(code);
        }
        let mut table = Table::default().word("").word("").text("").text("");
        for finding in &findings {
            let look = match finding.verdict {
                Verdict::Ok => Look::Good,
                Verdict::Warn => Look::Warning,
                Verdict::Fail => Look::Bad,
            };
            table.row(vec![
                Cell::from(finding.verdict.to_string()).look(look),
                finding.what.into(),
                finding.found.as_str().into(),
                finding.advice.as_deref().unwrap_or_default().into(),
            ]);
        }
        out.table(&table)?;
        Ok(code)
    }
}

fn look(context: &Context) -> Vec<Finding> {
    let mut findings = vec![version()];
    let faulty = |error: &config::Error| {
        let advice = error.hint().unwrap_or_default();
        fail("config", error.to_string(), advice)
    };
    let loaded = match config::load_sound(&context.environment, &context.globals.settings) {
        Ok((loaded, faults)) => {
            findings.extend(faults.iter().map(faulty));
            loaded
        }
        Err(error) => {
            findings.push(faulty(&error));
            return findings;
        }
    };
    findings.extend(files(&loaded));
    match context.store(&loaded) {
        Err(error) => findings.push(fail(
            "store",
            error.to_string(),
            error.hint().unwrap_or_default(),
        )),
        Ok(found) => {
            findings.push(ok(
                "store",
                format!("{} by {}", found.path.display(), found.why),
            ));
            findings.extend(disk(&found.path));
            findings.extend(store::look(&loaded, &found));
        }
    }
    findings.extend(lingering(context));
    findings.push(gpus(&loaded));
    findings.extend(terminal(context));
    findings
}

fn version() -> Finding {
    let (version, system) = (env!("CARGO_PKG_VERSION"), std::env::consts::OS);
    ok(
        "version",
        format!("sconce {version} on {system} {}", std::env::consts::ARCH),
    )
}

fn files(loaded: &config::Loaded) -> Vec<Finding> {
    let found = loaded.files.iter().filter(|file| file.found);
    let mut findings: Vec<Finding> = found
        .map(|file| {
            let path = file.path.display().to_string();
            let inert = loaded
                .inert
                .iter()
                .filter(|setting| setting.place.file.as_ref() == Some(&file.path));
            let inert: Vec<&str> = inert.map(|setting| setting.key.as_str()).collect();
            match inert.as_slice() {
                [] => ok("config", path),
                keys => {
                    let advice = format!("{} does not count until `sconce trust`", keys.join(", "));
                    warn("config", path, advice)
                }
            }
        })
        .collect();
    if findings.is_empty() {
        findings.push(ok("config", "no files: the defaults count".to_owned()));
    }
    findings
}

fn disk(root: &Path) -> Vec<Finding> {
    let Some(disk) = disks::under(root) else {
        let advice = "choose another folder: `sconce init DIR`".to_owned();
        return vec![fail(
            "disk",
            format!("{} is on no disk that answers", root.display()),
            advice,
        )];
    };
    let kind = &disk.kind;
    let kind = if disk.is_network {
        let advice =
            "SQLite's write-ahead log needs a local disk: `sconce init` offers folders".to_owned();
        fail("disk", format!("{kind}, a network disk"), advice)
    } else {
        ok("disk", kind.clone())
    };
    let free = format!("{} free", format::bytes(disk.free));
    let free = match disk.free {
        0 => fail(
            "space",
            free,
            "free some: `sconce usage` shows what is kept, `sconce prune` frees".to_owned(),
        ),
        bytes if bytes < LITTLE => warn(
            "space",
            free,
            "nearly full: `sconce usage` shows what is kept".to_owned(),
        ),
        _ => ok("space", free),
    };
    let mut findings = vec![kind, free];
    if !disk.is_writable {
        let advice =
            "check its owner and mode, and that the disk is not mounted read-only".to_owned();
        findings.push(fail(
            "rights",
            format!("{} cannot be written", disk.folder.display()),
            advice,
        ));
    }
    findings
}

/// Does systemd keep this user's processes when the last session ends? Asked only where systemd runs.
fn lingering(context: &Context) -> Option<Finding> {
    if !Path::new("/run/systemd/system").exists() {
        return None;
    }
    let user = &context.environment.user;
    Some(
        if Path::new("/var/lib/systemd/linger").join(user).exists() {
            ok(
                "lingering",
                "on: workers outlive the last session".to_owned(),
            )
        } else {
            let advice = format!(
                "where logind kills user processes, `loginctl enable-linger {user}` keeps workers"
            );
            warn("lingering", "off".to_owned(), advice)
        },
    )
}

fn gpus(loaded: &config::Loaded) -> Finding {
    let machine = slots::machine(&loaded.config.agent);
    let (cpus, memory) = (machine.cpus.len(), format::bytes(machine.memory << 20));
    let gpus = match machine.gpus.len() {
        0 => "no GPU".to_owned(),
        1 => "1 GPU".to_owned(),
        several => format!("{several} GPUs"),
    };
    let found = format!("{cpus} cores, {memory}, {gpus} to lease");
    match slots::beyond(&loaded.config.agent) {
        beyond if beyond.is_empty() => ok("machine", found),
        beyond => warn("machine", found, beyond.join("; ")),
    }
}

fn terminal(context: &Context) -> Vec<Finding> {
    let environment = &context.environment;
    let term = environment.var("TERM").unwrap_or("not set");
    let locale = screen::locale(environment);
    let link = match screen::is_far(environment) {
        true => ", over SSH",
        false => "",
    };
    let inside = if environment.var("TMUX").is_some() {
        ", in tmux"
    } else {
        ""
    };
    let mut findings = vec![ok("terminal", format!("TERM {term}{link}{inside}"))];
    if !inside.is_empty() {
        findings.extend(tmux::look());
    }
    if !screen::is_utf8(locale) {
        let advice =
            "charts are drawn in ASCII; a UTF-8 locale such as C.UTF-8 gives braille".to_owned();
        let found = match locale {
            "" => "not set",
            locale => locale,
        };
        findings.push(warn("locale", found.to_owned(), advice));
    }
    findings
}

fn ok(what: &'static str, found: String) -> Finding {
    finding(Verdict::Ok, what, found, None)
}

fn warn(what: &'static str, found: String, advice: String) -> Finding {
    finding(Verdict::Warn, what, found, Some(advice))
}

fn fail(what: &'static str, found: String, advice: String) -> Finding {
    finding(Verdict::Fail, what, found, Some(advice))
}

fn finding(verdict: Verdict, what: &'static str, found: String, advice: Option<String>) -> Finding {
    Finding {
        verdict,
        what,
        found,
        advice,
    }
}
