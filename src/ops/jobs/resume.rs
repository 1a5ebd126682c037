//! Another attempt of a training that ended before it was done.

use std::path::PathBuf;

use super::{
    submit::{enqueue, line, needs, refuse_impossible},
    wake,
};
use crate::{
    domain::{
        events::{Event, What},
        ids::JobId,
        jobs::{Care, PRIORITY, Request, Slot, Work},
        runs::{Run, RunState},
    },
    jobs::request,
    ops::{
        Error, Kind, Result,
        runs::{self, Resumed},
    },
    store::{events, runs as run_rows},
    workspace::Workspace,
};

/// Said of an attempt that finds nothing to go on from.
const FROM_THE_START: &str = "no checkpoint: starts from step 0";

/// Queues another attempt of an ended training, from its last checkpoint when there is one.
pub(in crate::ops) fn resume(ws: &Workspace, run: &Run) -> Result<Resumed> {
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
    let (has_checkpoint, attempt) = (training.resume.is_some(), run.attempt + 1);
    let needs = needs(&training.preset);
    refuse_impossible(ws, &needs)?;
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
    enqueue(ws, &asked, needs, PRIORITY, &[], |tx| {
        let found = run_rows::get(tx, &run.id)?;
        let is_as_before = |found: &Run| {
            found.state.has_ended() && found.attempt == run.attempt && found.trashed.is_none()
        };
        if !found.is_some_and(|found| is_as_before(&found)) {
            return Err(Error::new(
                Kind::Conflict,
                format!(
                    "{} was resumed, or put into the trash, a moment ago",
                    run.name
                ),
            )
            .hint("`sconce runs` shows how it stands"));
        }
        run_rows::set_attempt(tx, &run.id, attempt)?;
        run_rows::set_state(tx, &run.id, &RunState::Queued)?;
        if !has_checkpoint {
            let event = Event {
                time: ws.now(),
                step: None,
                what: What::Noticed {
                    what: FROM_THE_START.to_owned(),
                },
            };
            events::insert(tx, &run.id, &event)?;
        }
        line(ws, tx, run, "runs.resume", Some(run.state.word()))
    })?;
    wake(ws)?;
    Ok(Resumed {
        run: runs::get(ws, &run.id)?,
        has_checkpoint,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::Config,
        domain::{actors::Actor, jobs::JobState, runs::Ending},
        ops::jobs::{Queueing, Submitted, Train, list, train},
        store::jobs as rows,
        workspace::{Clock, Surroundings},
    };

    fn workspace() -> (tempfile::TempDir, Workspace) {
        let dir = tempfile::tempdir().unwrap();
        let surroundings = Surroundings {
            actor: Actor {
                uid: rustix::process::getuid().as_raw(),
                name: "ana".to_owned(),
                host: "box".to_owned(),
            },
            clock: Clock::System,
            program: "/bin/true".into(),
            argv: vec![],
            cwd: dir.path().to_owned(),
            env: vec![],
        };
        let ws =
            Workspace::open(Config::default(), &dir.path().join("store"), surroundings).unwrap();
        (dir, ws)
    }

    /// A run that was submitted, its request in its folder as its worker leaves it.
    fn submitted(dir: &tempfile::TempDir, ws: &Workspace) -> Submitted {
        let data = dir.path().join("data.csv");
        std::fs::write(&data, "a,y\n".to_owned() + &"1,0\n2,1\n".repeat(50)).unwrap();
        let preset = serde_json::json!({
            "task": "classification", "data": data, "target": "y",
            "features": {"numbers": ["a"]},
        });
        let asked = Train {
            name: "tiny".to_owned(),
            preset: serde_json::from_value(preset).unwrap(),
            queueing: Queueing::default(),
        };
        let submitted = train(ws, asked).unwrap();
        let (id, job) = (submitted.run, submitted.job);
        let row = ws.store.read(|tx| rows::get(tx, &job)).unwrap().unwrap();
        let asked = request::submitted(&ws.root, ws.actor().uid, &job, &row.request).unwrap();
        request::freeze(&ws.run_dir(&id), &asked).unwrap();
        submitted
    }

    #[test]
    fn of_two_that_resume_a_run_at_once_one_is_refused() {
        let (dir, ws) = workspace();
        let id = submitted(&dir, &ws).run;
        let uid = ws.actor().uid;
        let ended = RunState::Ended {
            started: None,
            at: ws.now(),
            how: Ending::Lost,
        };
        ws.store
            .write(|tx| run_rows::set_state(tx, &id, &ended))
            .unwrap();
        let seen_by_both = runs::get(&ws, &id).unwrap();
        let resumed = resume(&ws, &seen_by_both).unwrap();
        assert_eq!((resumed.run.attempt, resumed.has_checkpoint), (2, false));
        let refused = resume(&ws, &seen_by_both).unwrap_err();
        assert_eq!(refused.kind, Kind::Conflict);
        let requests = ws.root.join("requests").join(uid.to_string());
        assert_eq!(
            requests.read_dir().unwrap().count(),
            2,
            "the refused one leaves no request"
        );
    }

    #[test]
    fn the_queue_says_of_each_attempt_how_that_one_stands() {
        let (dir, ws) = workspace();
        let Submitted { run: id, job, .. } = submitted(&dir, &ws);
        let ended = JobState::Ended { at: ws.now() };
        let how = Ending::Stopped {
            by: "ana@box".to_owned(),
        };
        ws.store
            .write(|tx| {
                runs::end(tx, &id, None, ws.now(), how.clone())?;
                rows::set_state(tx, &job, "queued", &ended)?;
                Ok::<_, Error>(())
            })
            .unwrap();
        resume(&ws, &runs::get(&ws, &id).unwrap()).unwrap();
        let listed = list(&ws, 20).unwrap();
        let told: Vec<(u32, String)> = listed
            .iter()
            .map(|row| (row.job.attempt, row.run_state.word().to_string()))
            .collect();
        let told: Vec<(u32, &str)> = told.iter().map(|(n, word)| (*n, word.as_str())).collect();
        assert_eq!(told, [(2, "queued"), (1, "stopped")]);
    }
}
