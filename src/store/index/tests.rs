use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    domain::{
        actors::Actor,
        ids::Id,
        metrics::MetricValue,
        runs::{Activity, Ending, Progress, Run, RunKind, RunState, Tag, Trashed},
        time::Timestamp,
    },
    store::{Error, Store},
};

#[derive(Clone, Debug)]
enum Change {
    Make { created: i64 },
    Begin,
    End,
    Step(u8),
    Tag(u8),
    Untag(u8),
    Param(Which, u8),
    Unparam(Which),
    Point(u8),
    Note,
    Trash(bool),
    Delete,
}

/// A parameter that `lr` may mean.
#[derive(Clone, Copy, Debug)]
struct Which(&'static str);

fn which() -> impl Strategy<Value = Which> {
    prop::sample::select(vec!["lr", "optimiser.lr", "head.lr", "lr.warmup"]).prop_map(Which)
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (0i64..20).prop_map(|created| Change::Make { created }),
        1 => Just(Change::Begin),
        1 => Just(Change::End),
        1 => any::<u8>().prop_map(Change::Step),
        2 => (0..4u8).prop_map(Change::Tag),
        1 => (0..4u8).prop_map(Change::Untag),
        2 => (which(), any::<u8>()).prop_map(|(which, value)| Change::Param(which, value)),
        1 => which().prop_map(Change::Unparam),
        1 => any::<u8>().prop_map(Change::Point),
        1 => Just(Change::Note),
        1 => any::<bool>().prop_map(Change::Trash),
        1 => Just(Change::Delete),
    ]
}

fn id(number: usize) -> RunId {
    RunId(Id::from_bytes([number as u8; 16]))
}

fn made(number: usize, created: i64) -> Run {
    Run {
        id: id(number),
        // Names that differ in case alone stand side by side.
        name: format!("{}-{}", ["run", "Run"][number % 2], number / 2),
        experiment: ["", "fraud", "demand"][number % 3].to_owned(),
        kind: [RunKind::Train, RunKind::Command][number % 2],
        preset: [None, Some("fraud".to_owned())][number % 2].clone(),
        state: RunState::Queued,
        actor: Actor {
            uid: 1,
            name: "ana".to_owned(),
            host: ["gpu01", "gpu02"][number % 2].to_owned(),
        },
        created: Timestamp(created),
        attempt: 1,
        progress: Progress::default(),
        tags: [].into(),
        params: [].into(),
        note: String::new(),
        trashed: None,
    }
}

fn apply(tx: &Connection, change: &Change, number: usize) -> Result<()> {
    let id = id(number);
    let tag = |number: u8| Tag::try_from(format!("t{number}")).expect("it is one word");
    match change {
        Change::Make { .. } => {}
        Change::Begin => {
            let state = RunState::Running {
                since: Timestamp(6),
                activity: Activity::Working,
            };
            rows::set_state(tx, &id, &state)?;
        }
        Change::Step(step) => {
            let progress = Progress {
                step: i64::from(*step),
                epoch: Some(f64::from(*step) / 2.0),
                ..Progress::default()
            };
            rows::set_progress(tx, &id, &progress)?;
        }
        Change::End => {
            let state = RunState::Ended {
                started: Some(Timestamp(5)),
                at: Timestamp(9),
                how: Ending::Done,
            };
            rows::set_state(tx, &id, &state)?;
        }
        Change::Tag(number) => rows::add_tag(tx, &id, &tag(*number))?,
        Change::Untag(number) => rows::remove_tag(tx, &id, &tag(*number))?,
        Change::Param(Which(name), value) => rows::set_param(tx, &id, name, &json!(value))?,
        Change::Unparam(Which(name)) => {
            rows::remove_param(tx, &id, name)?;
        }
        Change::Point(value) => {
            let mut open = series::Open::load(tx, &id)?;
            let metrics = [("loss".to_owned(), f64::from(*value))];
            open.add(Some(1), Timestamp(1), &metrics);
            open.save(tx)?;
            rows::touch(tx, &id)?;
        }
        Change::Note => rows::set_note(tx, &id, "new")?,
        Change::Trash(is_put) => {
            let trashed = Trashed {
                at: Timestamp(3),
                by: "ana".to_owned(),
            };
            rows::set_trashed(tx, &id, Some(&trashed).filter(|_| *is_put))?;
        }
        Change::Delete => {
            tx.execute("delete from runs where id = ?1", [id.to_string()])?;
        }
    }
    Ok(())
}

const NOW: Timestamp = Timestamp(99);
/// The first is what a part of a name means.
const PARAMS: [&str; 3] = ["lr", "optimiser.lr", "none"];

/// All that filters read of a run itself.
fn facts(run: &impl Facts) -> String {
    let texts = [run.name(), run.note(), run.experiment()];
    let actor = (run.preset(), run.user(), run.host());
    let state = (run.kind(), run.state(), run.duration(NOW), run.created());
    let progress = (run.step(), run.epoch(), run.is_in_trash());
    let tags: Vec<&str> = run.tags().collect();
    let params = PARAMS.map(|name| run.param(name));
    let id = run.id();
    format!("{id} {texts:?} {actor:?} {state:?} {progress:?} {tags:?} {params:?}")
}

/// The same with metrics.
fn seen(index: &Index, tx: &Connection) -> Vec<String> {
    let runs = index.runs();
    let told = |at| {
        let run = runs.get(at);
        let values = [MetricValue::Last, MetricValue::Best, MetricValue::Mean]
            .map(|which| run.metric("loss", which));
        let at_step = index.metric_at(tx, "loss", 1, at).unwrap();
        format!("{} {values:?} {at_step:?}", facts(&run))
    };
    (0..runs.len()).map(told).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn an_index_kept_up_to_date_is_one_that_is_made_anew(
        changes in prop::collection::vec((change(), any::<prop::sample::Index>(), any::<bool>()), 1..40),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let want = |index: &mut Index| {
            store.read(|tx| {
                index.refresh(tx)?;
                for name in PARAMS {
                    index.want_param(tx, name)?;
                }
                index.want_metric(tx, "loss")
            })
            .unwrap();
        };
        let (mut kept, mut runs) = (Index::default(), 0);
        for (change, which, looks) in changes {
            store.record(|tx| {
                if let Change::Make { created } = change {
                    rows::insert(tx, &made(runs, created), &json!({}))?;
                    runs += 1;
                } else if 0 < runs && rows::get(tx, &id(which.index(runs)))?.is_some() {
                    apply(tx, &change, which.index(runs))?;
                }
                Ok::<_, Error>(())
            })
            .unwrap();
            if looks {
                want(&mut kept);
                store.read(|tx| Ok::<_, Error>(seen(&kept, tx))).unwrap();
            }
        }
        want(&mut kept);
        let mut anew = Index::default();
        want(&mut anew);
        let checked = store.read(|tx| {
            prop_assert_eq!(seen(&kept, tx), seen(&anew, tx));
            let names = || PARAMS.into_iter().chain(["loss"]);
            for name in names() {
                prop_assert_eq!(kept.has_unseen([name].iter()), anew.has_unseen([name].iter()));
            }
            let mut order: Vec<(Timestamp, Reverse<RunId>)> = vec![];
            for at in 0..kept.runs().len() {
                let run = kept.runs().get(at);
                prop_assert_eq!(kept.runs().place(&run.id()), Some(at));
                let stored = rows::get(tx, &run.id()).unwrap().unwrap();
                prop_assert_eq!(facts(&run), facts(&stored));
                order.push((run.created(), Reverse(run.id())));
            }
            prop_assert!(order.is_sorted());
            Ok(Ok::<_, Error>(()))
        });
        // Two kinds of failure in one: what was found, within what the store said.
        checked.unwrap().unwrap();
        prop_assert_eq!(kept.ranks(), anew.ranks());
    }
}

#[test]
fn names_that_differ_in_case_alone_share_a_rank() {
    let mut runs = Runs::default();
    for (number, name) in ["b", "A", "a", "B", "c"].into_iter().enumerate() {
        let name = name.to_owned();
        runs.put(Run {
            name,
            ..made(number, number as i64)
        });
    }
    assert_eq!(runs.ranks(), [1, 0, 0, 1, 2]);
}

#[test]
fn only_what_changed_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let number = 50;
    store
        .record(|tx| {
            for run in 0..number {
                rows::insert(tx, &made(run, run as i64), &json!({}))?;
            }
            Ok::<_, Error>(())
        })
        .unwrap();
    let newest = || store.read(rows::newest_change).unwrap();
    let before = newest();
    assert_eq!(before, number as i64);
    store.record(|tx| apply(tx, &Change::Point(1), 7)).unwrap();
    let changed = store.read(|tx| rows::changed_since(tx, before)).unwrap();
    assert_eq!(
        changed.iter().map(|run| run.id).collect::<Vec<_>>(),
        [id(7)]
    );
}
