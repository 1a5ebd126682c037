//! Jobs: submit, list, order.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{Error, Kind, Result, presets, runs};
use crate::{
    data,
    domain::{
        events::{Event, What},
        ids::{self, JobId, RunId},
        jobs::{Care, Command, Job, JobState, Needs, Request, Slot, Training, Work},
        presets::{Device, Preset},
        runs::{Progress, Run, RunKind, RunState, StateWord, Tag},
    },
    jobs::{capture, lock, request, slots, spawn},
    store::{self, Connection, events, jobs as rows, runs as run_rows},
    train,
    workspace::Workspace,
};

/// A training to be queued.
#[derive(Clone, Debug)]
pub struct Train {
    /// The preset's name, for the run's page.
    pub name: String,
    /// The preset, overrides applied.
    pub preset: Preset,
    pub priority: i32,
    pub after: Vec<RunId>,
    pub tags: Vec<Tag>,
    pub note: String,
}

/// A foreign program to be queued. It gets the caller's environment and working folder.
#[derive(Clone, Debug)]
pub struct Program {
    pub argv: Vec<String>,
    pub experiment: Option<String>,
    pub needs: Needs,
    pub priority: i32,
    pub after: Vec<RunId>,
    pub tags: Vec<Tag>,
    pub note: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Submitted {
    pub run: RunId,
    pub job: JobId,
    pub name: String,
    /// What was noticed in the data: columns left out, likely leaks.
    pub warnings: Vec<String>,
}

/// Checks what can be known before training starts (data file, target, columns, split, device), queues the job and wakes
/// the agent.
pub fn train(ws: &Workspace, request: Train) -> Result<Submitted> {
    let Train {
        name,
        preset,
        priority,
        after,
        tags,
        note,
    } = request;
    train::check(&preset)?;
    train::device_available(preset.device)?;
    let file = data_file(ws, &preset)?;
    let table = data::read(&file)?;
    let plan = data::inspect(&table, &preset)?;
    data::split(&table, &plan, &preset, preset.seed)?;
    let warnings = plan.warnings.clone();
    let needs = Needs {
        cpus: preset.train.threads.max(1),
        gpus: u32::from(preset.device == Device::Cuda),
        ..Needs::default()
    };
    let draft = Draft {
        kind: RunKind::Train,
        experiment: preset.experiment.clone().unwrap_or_else(|| name.clone()),
        preset: Some(name),
        params: presets::short_parameters(&preset),
        captured: captured(ws, &ws.surroundings.argv),
        environment: None,
        needs,
        priority,
        after,
        tags,
        note,
        work: Work::Train(Box::new(Training {
            data: file,
            data_hash: table.hash().to_owned(),
            seed: preset.seed,
            resume: None,
            preset,
        })),
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
        priority,
        after,
        tags,
        note,
    } = request;
    let Some(first) = argv.first() else {
        return Err(Error::new(Kind::Invalid, "there is no command to run")
            .hint("write it after `--`: sconce run -- python train.py"));
    };
    let file = Path::new(first)
        .file_name()
        .map_or_else(|| first.clone(), |name| name.to_string_lossy().into_owned());
    let draft = Draft {
        kind: RunKind::Command,
        experiment: experiment.unwrap_or(file),
        preset: None,
        params: Default::default(),
        captured: captured(ws, &argv),
        environment: Some(&ws.surroundings.env),
        needs,
        priority,
        after,
        tags,
        note,
        work: Work::Command(Command {
            argv,
            cwd: ws.surroundings.cwd.clone(),
        }),
    };
    submit(ws, draft)
}

/// Queues another attempt of an ended training, from its last checkpoint when there is one.
pub(super) fn resume(ws: &Workspace, run: &Run) -> Result<Run> {
    let dir = ws.run_dir(&run.id);
    let frozen = request::frozen(&dir).map_err(|error| {
        Error::new(
            Kind::Environment,
            format!("cannot read what {} was asked to do", run.name),
        )
        .hint("its folder is not whole: train it anew")
        .because(error)
    })?;
    let Work::Train(mut training) = frozen.work else {
        return Err(
            Error::new(Kind::Invalid, format!("{} is a foreign program", run.name))
                .hint("start it again with `sconce run -- …`"),
        );
    };
    let last = PathBuf::from("checkpoints/last.safetensors");
    training.resume = dir.join(&last).exists().then_some(last);
    let attempt = run.attempt + 1;
    let needs = Needs {
        cpus: training.preset.train.threads.max(1),
        gpus: u32::from(training.preset.device == Device::Cuda),
        ..Needs::default()
    };
    let asked = Request {
        job: JobId(ws.random_id()),
        run: run.id,
        name: run.name.clone(),
        attempt,
        actor: ws.actor().clone(),
        work: Work::Train(training),
        slot: Slot::default(),
        care: Care::default(),
    };
    enqueue(
        ws,
        &asked,
        needs,
        crate::domain::jobs::PRIORITY,
        &[],
        |tx| {
            let found = run_rows::get(tx, &run.id)?;
            if !found.is_some_and(|found| found.state.has_ended() && found.attempt == run.attempt) {
                return Err(Error::new(
                    Kind::Conflict,
                    format!("{} was resumed a moment ago", run.name),
                )
                .hint("`sconce runs` shows how it stands"));
            }
            run_rows::set_attempt(tx, &run.id, attempt)?;
            run_rows::set_state(tx, &run.id, &RunState::Queued)?;
            line(ws, tx, run, "runs.resume", Some(run.state.word()))
        },
    )?;
    wake(ws)?;
    runs::get(ws, &run.id)
}

/// Starts an agent for this store unless one lives; the second of two ends at once.
pub fn wake(ws: &Workspace) -> Result<()> {
    // One that lives looks at the queue once more after it let go of its lock: it sees what was queued before this look.
    if lock::is_held(&spawn::agent_lock(&ws.root)).unwrap_or(false) {
        return Ok(());
    }
    spawn::agent(&ws.surroundings.program, &ws.root).map_err(|error| {
        Error::new(Kind::Environment, "no agent could be started")
            .hint("what is queued stays so; `sconce agent start` tries again")
            .because(error)
    })
}

/// A row of the queue as people read it.
#[derive(Clone, Debug, Serialize)]
pub struct JobRow {
    #[serde(flatten)]
    pub job: Job,
    pub name: String,
    pub experiment: String,
    pub run_state: RunState,
    pub progress: Progress,
    /// Why a queued job waits, in words: `after calm-heron-2`, `no GPU is free`.
    pub waits: Option<String>,
}

/// Live and queued jobs first, then the newest ended ones, at most `limit` of those.
pub fn list(ws: &Workspace, limit: u64) -> Result<Vec<JobRow>> {
    let capacity = slots::machine(&ws.config.agent);
    ws.store.read(|tx| {
        let open = rows::open(tx)?;
        let used: Vec<Slot> = open
            .iter()
            .filter_map(|job| held(job, &ws.actor().host))
            .collect();
        let closed = rows::closed(tx, limit)?;
        open.into_iter()
            .chain(closed)
            .map(|job| row(ws, tx, job, &capacity, &used))
            .collect()
    })
}

/// The slot that a job holds on a host.
pub(super) fn held(job: &Job, host: &str) -> Option<Slot> {
    match &job.state {
        JobState::Leased { slot, .. } if job.actor.host == host => Some(slot.clone()),
        _ => None,
    }
}

fn row(
    ws: &Workspace,
    tx: &Connection,
    job: Job,
    capacity: &Slot,
    used: &[Slot],
) -> Result<JobRow> {
    let missing = || Error::new(Kind::Bug, format!("job {} has no run", job.id));
    let run = run_rows::get(tx, &job.run)?.ok_or_else(missing)?;
    let waits = match job.state {
        JobState::Queued => Some(reason(ws, tx, &job, capacity, used)?),
        _ => None,
    };
    Ok(JobRow {
        name: run.name,
        experiment: run.experiment,
        run_state: run.state,
        progress: run.progress,
        job,
        waits,
    })
}

fn reason(
    ws: &Workspace,
    tx: &Connection,
    job: &Job,
    capacity: &Slot,
    used: &[Slot],
) -> Result<String> {
    for before in &job.after {
        if let Some(run) =
            run_rows::get(tx, before)?.filter(|run| run.state.word() != StateWord::Done)
        {
            return Ok(format!("after {}", run.name));
        }
    }
    if job.actor.host != ws.actor().host {
        return Ok(format!("for {}", job.actor.host));
    }
    Ok(slots::shortage(capacity, used, &job.needs).unwrap_or_else(|| "starts soon".to_owned()))
}

/// Gives a queued job another priority; larger goes first.
pub fn set_priority(ws: &Workspace, run: &RunId, priority: i32) -> Result<()> {
    runs::own(ws, &runs::get(ws, run)?)?;
    ws.store.write(|tx| {
        let found = run_rows::get(tx, run)?.zip(rows::of_run(tx, run)?);
        let Some((run, job)) = found else {
            return Err(Error::new(Kind::NotFound, format!("run {run} has no job"))
                .hint("`sconce jobs` lists them"));
        };
        if !rows::set_priority(tx, &job.id, priority)? {
            return Err(Error::new(
                Kind::Conflict,
                format!("{} does not wait any more", run.name),
            )
            .hint("only a queued job has a priority"));
        }
        let (before, after) = (job.priority.to_string(), priority.to_string());
        runs::audited(ws, tx, &run, "jobs.priority", Some(before), Some(after))
    })
}

/// What a new run needs to exist.
struct Draft<'a> {
    kind: RunKind,
    experiment: String,
    preset: Option<String>,
    params: std::collections::BTreeMap<String, serde_json::Value>,
    captured: serde_json::Value,
    /// Handed to the worker in a private file that it removes as it starts.
    environment: Option<&'a [(String, String)]>,
    needs: Needs,
    priority: i32,
    after: Vec<RunId>,
    tags: Vec<Tag>,
    note: String,
    work: Work,
}

/// Makes the run's folder, its request and its rows, in this order, and wakes the agent: a row is never there before
/// what it speaks of.
fn submit(ws: &Workspace, draft: Draft) -> Result<Submitted> {
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
        tags: draft.tags.into_iter().collect(),
        params: draft.params,
        note: draft.note,
    };
    // Names are unique: the request holds one, so it is settled before the request is written.
    while ws
        .store
        .read(|tx| Ok::<_, Error>(run_rows::by_name(tx, &run.name)?.is_some()))?
    {
        run.name = ids::name(ws.random_word());
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
        draft.priority,
        &draft.after,
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
fn enqueue(
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
pub(super) fn withdraw(ws: &Workspace, job: &Job) -> Result<()> {
    let dir = ws.run_dir(&job.run);
    request::withdraw(&ws.root, job.actor.uid, &job.id, &dir)
        .map_err(|error| unwritable(&dir, error))
}

fn line(
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
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o2750))
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
