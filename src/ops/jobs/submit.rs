//! Jobs submitted: what can be known is checked, then folder, request and rows are made, and the agent is woken.

use std::{
    collections::BTreeMap,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{title, wake};
use crate::{
    data,
    domain::{
        datasets::{FileOf, Version},
        events::{Event, What},
        ids::{self, JobId, RunId},
        jobs::{Care, Command, Job, JobState, Needs, PRIORITY, Request, Slot, Training, Work},
        presets::{Device, Preset},
        runs::{Progress, Run, RunKind, RunState, StateWord, Tag},
    },
    jobs::{capture, files, request, slots},
    ops::{Error, Kind, Result, datasets, presets, runs},
    store::{self, Connection, events, jobs as rows, runs as run_rows},
    train,
    vault::Vault,
    workspace::Workspace,
};

/// How a job is queued, and what is written on its run.
#[derive(Clone, Debug)]
pub struct Queueing {
    /// Larger goes first.
    pub priority: i32,
    /// Runs that must be done first.
    pub after: Vec<RunId>,
    pub tags: Vec<Tag>,
    pub note: String,
}

impl Default for Queueing {
    fn default() -> Self {
        Self {
            priority: PRIORITY,
            after: vec![],
            tags: vec![],
            note: String::new(),
        }
    }
}

/// A training to be queued.
#[derive(Clone, Debug)]
pub struct Train {
    /// The preset's name, for the run's page.
    pub name: String,
    /// The preset, overrides applied.
    pub preset: Preset,
    pub queueing: Queueing,
}

/// A foreign program to be queued. It gets the caller's environment and working folder.
#[derive(Clone, Debug)]
pub struct Program {
    pub argv: Vec<String>,
    pub experiment: Option<String>,
    pub needs: Needs,
    pub queueing: Queueing,
}

/// What was queued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Submitted {
    pub run: RunId,
    pub job: JobId,
    pub name: String,
    /// What was noticed: columns left out, likely leaks, variables that are not kept.
    pub warnings: Vec<String>,
}

/// Checks what can be known before training starts (data file, target, columns, split, device), queues the job and wakes
/// the agent.
///
/// # Errors
///
/// What is wrong with preset or data, a folder that cannot be written; [`Kind::Environment`] when no agent could be
/// started, though the job is queued then.
pub fn train(ws: &Workspace, request: Train) -> Result<Submitted> {
    let Train {
        name,
        mut preset,
        queueing,
    } = request;
    ws.store.must_be_writable()?;
    train::check(&preset)?;
    train::check_memory(&preset, slots::memory() << 20)?;
    train::device_available(preset.device)?;
    let version = match FileOf::parse(&preset.data) {
        Some(file) => Some(datasets::pinned(ws, &file)?),
        None => None,
    };
    let (file, table) = match &version {
        Some((_, version, path)) => {
            // The run says which version it was, whatever the preset's word means tomorrow.
            let is_only = FileOf::parse(&preset.data).is_none_or(|file| file.path.is_none());
            preset.data = match is_only {
                true => version.name.clone(),
                false => format!("{}/{}", version.name, path.display()),
            };
            let vault = Vault::of(&ws.root);
            let content = vault.file(&version.hash, path, version.outside.as_deref())?;
            (path.clone(), data::read_content(path, &content)?)
        }
        None => {
            let file = data_file(ws, &preset)?;
            let table = data::read(&file).map_err(|error| unread(ws, &file, error))?;
            (file, table)
        }
    };
    let plan = data::inspect(&table, &preset)?;
    data::split(&table, &plan, &preset, preset.seed)?;
    let warnings = plan.warnings.clone();
    let needs = needs(&preset);
    let draft = Draft {
        kind: RunKind::Train,
        experiment: preset.experiment.clone().unwrap_or_else(|| name.clone()),
        preset: Some(name),
        params: presets::parameters(&preset),
        captured: captured(ws, &ws.surroundings.argv),
        environment: None,
        needs,
        queueing,
        work: Work::Train(Box::new(Training {
            data: file,
            version: version.as_ref().map(|(_, pinned, _)| pinned.clone()),
            data_hash: table.hash().to_owned(),
            seed: preset.seed,
            resume: None,
            preset,
        })),
        made_of: version.map(|(version, ..)| version),
    };
    Ok(Submitted {
        warnings,
        ..submit(ws, draft)?
    })
}

/// Queues a foreign program and wakes the agent.
pub fn program(ws: &Workspace, request: Program) -> Result<Submitted> {
    let Program {
        argv,
        experiment,
        needs,
        queueing,
    } = request;
    ws.store.must_be_writable()?;
    let Some(experiment) = experiment.or_else(|| title::of(&argv)) else {
        return Err(Error::new(Kind::Invalid, "there is no command to run")
            .hint("write it after `--`: sconce run -- python train.py"));
    };
    let draft = Draft {
        kind: RunKind::Command,
        experiment,
        preset: None,
        params: Default::default(),
        captured: captured(ws, &argv),
        environment: Some(&ws.surroundings.env),
        needs,
        queueing,
        work: Work::Command(Command {
            argv,
            cwd: ws.surroundings.cwd.clone(),
        }),
        made_of: None,
    };
    let here = &ws.surroundings;
    let refused = capture::refused_env(&here.env, &ws.config.capture);
    let warnings = refused.into_iter().map(|name| {
        format!(
            "{name} is not kept, although capture.env names it: what looks like a secret never is"
        )
    });
    Ok(Submitted {
        warnings: warnings.collect(),
        ..submit(ws, draft)?
    })
}

/// What the cores and GPUs of a preset come to.
pub(super) fn needs(preset: &Preset) -> Needs {
    let hidden = train::memory_of(preset).unwrap_or(u128::MAX) >> 20;
    Needs {
        cpus: preset.train.threads.max(1),
        gpus: u32::from(preset.device == Device::Cuda),
        memory: Needs::default()
            .memory
            .saturating_add(u64::try_from(hidden).unwrap_or(u64::MAX)),
    }
}

/// Refuses what would wait for ever: more than this machine has at all, or gives under its settings.
pub(super) fn refuse_impossible(ws: &Workspace, needs: &Needs) -> Result<()> {
    match slots::impossible(&ws.config.agent, needs) {
        Some(why) => Err(Error::new(Kind::Environment, format!("it could never start: {why}"))
            .hint("ask for less; `cpus`, `memory` and `gpus` of `[agent]` in the config limit what is given")),
        None => Ok(()),
    }
}

/// What a new run needs to exist.
struct Draft<'a> {
    kind: RunKind,
    experiment: String,
    preset: Option<String>,
    params: BTreeMap<String, serde_json::Value>,
    captured: serde_json::Value,
    /// Handed to the worker in a private file that it removes as it starts.
    environment: Option<&'a [(String, String)]>,
    needs: Needs,
    queueing: Queueing,
    work: Work,
    /// The data version that it reads.
    made_of: Option<Version>,
}

/// Makes the run's folder, its request and its rows, in this order, and wakes the agent: a row is never there before
/// what it speaks of.
fn submit(ws: &Workspace, draft: Draft) -> Result<Submitted> {
    refuse_impossible(ws, &draft.needs)?;
    let id = RunId(ws.random_id());
    let mut run = Run {
        id,
        name: ids::name(ws.random_word()),
        experiment: draft.experiment,
        kind: draft.kind,
        preset: draft.preset,
        state: RunState::Queued,
        actor: ws.actor().clone(),
        created: ws.now(),
        attempt: 1,
        progress: Progress::default(),
        tags: draft.queueing.tags.into_iter().collect(),
        params: draft.params,
        note: draft.queueing.note,
        trashed: None,
    };
    // Names are unique: the request holds one, so it is settled before the request is written.
    while ws
        .store
        .read(|tx| Ok::<_, Error>(run_rows::by_name(tx, &run.name)?.is_some()))?
    {
        run.name = ids::name(ws.random_word());
    }
    let runs = ws
        .store
        .read(|tx| Ok::<_, Error>(run_rows::count_all(tx)?))?;
    if 0 < runs && !ws.root.join("runs").is_dir() {
        let error = Error::new(
            Kind::Environment,
            "the folder of all runs is gone: runs/ in the store",
        );
        return Err(error.hint("`sconce doctor` says what is lost; bring it back from a backup"));
    }
    make_run_folder(&ws.run_dir(&id))?;
    if let Some(environment) = draft.environment {
        request::write_environment(&ws.run_dir(&id), environment)
            .map_err(|error| unwritable(&ws.run_dir(&id), error))?;
    }
    let job = JobId(ws.random_id());
    let asked = Request {
        job,
        run: id,
        name: run.name.clone(),
        attempt: 1,
        actor: run.actor.clone(),
        work: draft.work,
        slot: Slot::default(),
        care: Care::default(),
    };
    enqueue(
        ws,
        &asked,
        draft.needs,
        draft.queueing.priority,
        &draft.queueing.after,
        |tx| {
            if !run_rows::insert(tx, &run, &draft.captured)? {
                return Err(Error::new(
                    Kind::Conflict,
                    format!("the name {} was taken a moment ago", run.name),
                )
                .hint("try again"));
            }
            let event = Event {
                time: run.created,
                step: None,
                what: What::Submitted {
                    by: run.actor.to_string(),
                },
            };
            events::insert(tx, &id, &event)?;
            if let Some(version) = &draft.made_of {
                datasets::used(tx, &id, version)?;
            }
            line(ws, tx, &run, "jobs.submit", None)
        },
    )?;
    wake(ws)?;
    Ok(Submitted {
        run: id,
        job,
        name: run.name,
        warnings: vec![],
    })
}

/// Writes the request, then the job's row with the request's hash, in the transaction of the run's own rows.
pub(super) fn enqueue(
    ws: &Workspace,
    asked: &Request,
    needs: Needs,
    priority: i32,
    after: &[RunId],
    rows_of_run: impl FnOnce(&Connection) -> Result<()>,
) -> Result<()> {
    let actor = ws.actor();
    let hash =
        request::submit(&ws.root, actor.uid, asked).map_err(|error| unwritable(&ws.root, error))?;
    let job = Job {
        id: asked.job,
        run: asked.run,
        attempt: asked.attempt,
        actor: actor.clone(),
        created: ws.now(),
        priority,
        after: after.to_vec(),
        needs,
        state: JobState::Queued,
        request: hash,
    };
    let stored = ws.store.write(|tx| {
        rows_of_run(tx)?;
        Ok(rows::insert(tx, &job)?)
    });
    stored.inspect_err(|_| drop(withdraw(ws, &job)))
}

/// Removes what was submitted for a job that nobody will start: it may hold secrets.
pub(in crate::ops) fn withdraw(ws: &Workspace, job: &Job) -> Result<()> {
    let dir = ws.run_dir(&job.run);
    request::withdraw(&ws.root, job.actor.uid, &job.id, &dir)
        .map_err(|error| unwritable(&dir, error))
}

pub(super) fn line(
    ws: &Workspace,
    tx: &Connection,
    run: &Run,
    action: &str,
    before: Option<StateWord>,
) -> Result<()> {
    let before = before.map(|word| word.to_string());
    runs::audited(
        ws,
        tx,
        run,
        action,
        before,
        Some(StateWord::Queued.to_string()),
    )
}

fn captured(ws: &Workspace, argv: &[String]) -> serde_json::Value {
    let here = &ws.surroundings;
    capture::capture(&capture::Surroundings {
        argv,
        cwd: &here.cwd,
        env: &here.env,
        settings: &ws.config.capture,
    })
}

/// Others of the group may look into a run's folder; nobody but its owner writes there.
fn make_run_folder(dir: &Path) -> Result<()> {
    let make = || {
        if let Some(runs) = dir.parent().filter(|runs| !runs.exists()) {
            store::make_private_folder(runs)?;
        }
        std::fs::create_dir(dir)?;
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o2750))?;
        dir.parent().into_iter().for_each(files::sync_folder);
        std::io::Result::Ok(())
    };
    make().map_err(|error| unwritable(dir, error))
}

fn unwritable(path: &Path, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(
        Kind::Environment,
        format!("cannot write {}", path.display()),
    )
    .hint("check the folder's owner and mode, and the free space: `sconce doctor`")
    .because(error)
}

/// The file that a preset trains on. A shipped data set is laid down in the store first.
/// A file that is not there may have been meant as a data set.
fn unread(ws: &Workspace, file: &Path, error: data::Error) -> Error {
    let name = file.file_name().and_then(|name| name.to_str());
    let meant = name.and_then(|name| datasets::find(ws, name).ok());
    match (meant, &error) {
        (Some(version), data::Error::Absent { .. }) => {
            let hint = format!(
                "of the data set, `{}@latest` is the newest version",
                version.dataset
            );
            Error::new(Kind::NotFound, error.to_string()).hint(hint)
        }
        _ => error.into(),
    }
}

fn data_file(ws: &Workspace, preset: &Preset) -> Result<PathBuf> {
    let Some(name) = preset.data.strip_prefix("demo:") else {
        let file = PathBuf::from(&preset.data);
        return Ok(if file.is_absolute() {
            file
        } else {
            ws.surroundings.cwd.join(file)
        });
    };
    let Some(bytes) = data::demo(name) else {
        let hint = format!(
            "there are {}",
            data::demo_names().collect::<Vec<_>>().join(", ")
        );
        return Err(
            Error::new(Kind::NotFound, format!("no data set {name:?} is shipped")).hint(hint),
        );
    };
    let folder = ws.root.join("shipped").join(ws.actor().uid.to_string());
    let file = folder.join(format!("{name}.csv"));
    let lay_down = || {
        if std::fs::read(&file).is_ok_and(|found| found == bytes) {
            return Ok(());
        }
        store::make_private_folder(&folder)?;
        let beside = folder.join(format!("{name}.csv.{}", ws.random_id()));
        std::fs::write(&beside, bytes)?;
        std::fs::rename(&beside, &file)
    };
    lay_down().map_err(|error| unwritable(&file, error))?;
    Ok(file)
}
