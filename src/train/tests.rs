//! The promises of a whole training, on small made-up rows: same bits again, after any stop, on any number of threads.

mod rows;

use std::path::{Path, PathBuf};

use self::rows::{Rows, encoded};
use super::{
    Error, Observer, Order,
    checkpoints::{BEST, LAST},
    device_available, files,
    fit::{self, End, Fitted},
    predict::Goal,
};
use crate::{
    data::Target,
    domain::{
        events::What,
        jobs::Training,
        presets::{ClassWeights, Device, NetKind, OptimiserKind, Preset},
        records::Record,
    },
};

pub fn preset() -> Preset {
    toml::from_str(
        r#"
        task = "classification"
        data = "rows.csv"
        target = "class"
        net = { hidden = [16, 8], dropout = 0.2 }
        train = { epochs = 6, batch = 16, accumulate = 2 }
        "#,
    )
    .unwrap()
}

pub fn training() -> Training {
    Training {
        preset: preset(),
        data: PathBuf::from("rows.csv"),
        data_hash: "00".to_owned(),
        seed: 7,
        resume: None,
        version: None,
    }
}

/// Keeps what it is told, and orders what `at` says.
struct Script<F> {
    records: Vec<Record>,
    at: F,
}

impl<F: FnMut(i64) -> Order> Observer for Script<F> {
    fn record(&mut self, record: Record) {
        self.records.push(record);
    }

    fn order(&mut self, step: i64) -> Order {
        (self.at)(step)
    }
}

fn run(
    training: &Training,
    rows: &Rows,
    dir: &Path,
    at: impl FnMut(i64) -> Order,
) -> (Result<End, Error>, Vec<Record>) {
    let mut script = Script {
        records: vec![],
        at,
    };
    let end = fit::fit(training, &rows.task(), dir, &mut script);
    (end, script.records)
}

fn whole(training: &Training, rows: &Rows) -> (Fitted, Vec<Record>) {
    let folder = tempfile::tempdir().unwrap();
    let (end, records) = run(training, rows, folder.path(), |_| Order::Go);
    (fitted(end), records)
}

fn fitted(end: Result<End, Error>) -> Fitted {
    match end.unwrap() {
        End::Fitted(fitted) => fitted,
        End::Stopped { by } => panic!("stopped by {by}"),
    }
}

fn values(records: &[Record], name: &str) -> Vec<f64> {
    let all = records.iter().flat_map(|record| &record.metrics);
    all.filter(|(found, _)| found == name)
        .map(|(_, value)| *value)
        .collect()
}

fn events(records: Vec<Record>) -> Vec<What> {
    records.into_iter().filter_map(|r| r.event).collect()
}

fn by_ana() -> String {
    "ana@gpu01".to_owned()
}

/// Presets that touch every kind of state there is.
fn variants() -> Vec<(Training, Rows)> {
    let mut sgd = training();
    sgd.preset.optimiser.kind = OptimiserKind::Sgd;
    sgd.preset.optimiser.lr = 0.05;
    sgd.preset.net.kind = NetKind::Residual;
    sgd.preset.train.class_weights = ClassWeights::Balanced;
    sgd.preset.train.accumulate = 1;
    let mut regression = training();
    regression.preset.task = crate::domain::presets::Task::Regression;
    regression.preset.train.patience = 2;
    regression.preset.train.epochs = 30;
    regression.preset.optimiser.lr = 0.05;
    vec![
        (training(), Rows::classes()),
        (sgd, Rows::classes()),
        (regression, Rows::numbers()),
    ]
}

#[test]
fn the_same_preset_and_seed_give_the_same_bits_and_another_seed_does_not() {
    for (training, rows) in variants() {
        let first = whole(&training, &rows).0;
        let second = whole(&training, &rows).0;
        assert_eq!(first, second);
        let other = Training {
            seed: 8,
            ..training
        };
        assert_ne!(whole(&other, &rows).0.weights, first.weights);
    }
}

#[test]
fn one_thread_and_two_give_the_same_bits() {
    // Large enough that matrix products are shared out between threads.
    let mut one = training();
    one.preset.net.hidden = vec![256, 256];
    one.preset.train.batch = 512;
    one.preset.train.epochs = 3;
    let mut two = one.clone();
    two.preset.train.threads = 2;
    let mut rows = Rows::classes();
    rows.train = encoded(rows.goal, "train", 1_500);
    assert_eq!(whole(&one, &rows).0, whole(&two, &rows).0);
}

#[test]
fn a_run_killed_anywhere_and_resumed_ends_as_if_it_had_never_been() {
    for (training, rows) in variants() {
        let mut training = training;
        training.preset.train.epochs = 4;
        training.preset.train.checkpoint_every = 3;
        let undisturbed = whole(&training, &rows).0;
        for first in [1, 4, 5, 13, undisturbed.steps as i64] {
            let folder = tempfile::tempdir().unwrap();
            // Killed at a step, then again some steps later, until it comes to its end.
            let mut kill = first;
            let mut attempt = training.clone();
            let end = loop {
                let order = |step| match step {
                    step if step == kill => Order::StopNow { by: by_ana() },
                    _ => Order::Go,
                };
                match run(&attempt, &rows, folder.path(), order).0.unwrap() {
                    End::Fitted(fitted) => break fitted,
                    End::Stopped { .. } => kill += 7,
                }
                let last = folder.path().join(LAST);
                attempt.resume = last.exists().then(|| LAST.into());
            };
            assert_eq!(end, undisturbed, "first killed at step {first}");
        }
    }
}

#[test]
fn every_checkpoint_is_one_to_go_on_from() {
    for (training, rows) in variants() {
        let mut training = training;
        training.preset.train.epochs = 4;
        let undisturbed = whole(&training, &rows).0;
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        let mut copies = vec![];
        let order = |step| {
            if step % 5 != 0 {
                return Order::Go;
            }
            // The checkpoints as they were after the step before.
            for file in [LAST, BEST] {
                if dir.join(file).exists() {
                    let copy = format!("checkpoints/{}-{step}.safetensors", copies.len());
                    std::fs::copy(dir.join(file), dir.join(&copy)).unwrap();
                    copies.push(copy);
                }
            }
            Order::Checkpoint
        };
        assert_eq!(fitted(run(&training, &rows, dir, order).0), undisturbed);
        assert!(4 <= copies.len());
        for copy in copies {
            let mut resumed = training.clone();
            resumed.resume = Some(copy.clone().into());
            let (end, records) = run(&resumed, &rows, dir, |_| Order::Go);
            assert_eq!(fitted(end), undisturbed, "{copy}");
            assert!(matches!(events(records)[0], What::Resumed { .. }));
        }
    }
}

#[test]
fn a_stop_after_the_step_writes_a_checkpoint_and_a_stop_now_does_not() {
    let stops: [(fn() -> Order, bool); 2] = [
        (|| Order::StopAfterStep { by: by_ana() }, true),
        (|| Order::StopNow { by: by_ana() }, false),
    ];
    for (stop, writes) in stops {
        let folder = tempfile::tempdir().unwrap();
        let (end, records) = run(&training(), &Rows::classes(), folder.path(), |_| stop());
        let End::Stopped { by } = end.unwrap() else {
            panic!("it went on");
        };
        assert_eq!(by, by_ana());
        assert_eq!(values(&records, "train/loss").len(), 1);
        assert_eq!(folder.path().join(LAST).exists(), writes);
        let told = events(records);
        assert_eq!(told.len(), usize::from(writes), "{told:?}");
    }
}

#[test]
fn batches_that_are_added_up_make_the_step_of_one_large_batch() {
    let mut large = training();
    large.preset.net.dropout = 0.0;
    large.preset.train.class_weights = ClassWeights::Balanced;
    (large.preset.train.batch, large.preset.train.accumulate) = (64, 1);
    let mut small = large.clone();
    (small.preset.train.batch, small.preset.train.accumulate) = (16, 4);
    let rows = Rows::classes();
    let (large, small) = (whole(&large, &rows).0, whole(&small, &rows).0);
    assert_eq!(large.steps, small.steps);
    for (a, b) in large.weights.iter().zip(&small.weights) {
        for (a, b) in a.values.iter().zip(&b.values) {
            assert!((a - b).abs() < 2e-3, "{a} {b}");
        }
    }
}

#[test]
fn it_learns_and_says_how_well_in_every_split() {
    for (training, rows) in variants() {
        let mut training = training;
        training.preset.train.epochs = 60;
        training.preset.train.patience = 0;
        training.preset.optimiser.lr = 0.02;
        let (fitted, records) = whole(&training, &rows);
        let (good, wanted) = match rows.goal {
            Goal::Classes(_) => ("accuracy", 0.75),
            Goal::Numbers { .. } => ("r2", 0.85),
        };
        for split in ["train", "val"] {
            let found = values(&records, &format!("{split}/{good}"));
            assert_eq!(found.len(), 60, "{split}: one an epoch");
        }
        let test = values(&records, &format!("test/{good}"));
        assert!(test.len() == 1 && wanted < test[0], "{good}: {test:?}");
        for name in ["train/loss", "train/lr", "train/grad_norm"] {
            assert_eq!(values(&records, name).len() as u64, fitted.steps, "{name}");
        }
        let best = values(&records, "val/loss")
            .into_iter()
            .fold(f64::MAX, f64::min);
        assert!(fitted.metrics.contains(&("val/loss".to_owned(), best)));
    }
}

#[test]
fn an_epoch_is_counted_before_its_metrics_are_told() {
    let (fitted, records) = whole(&training(), &Rows::classes());
    let mut epoch = None;
    let mut told = vec![];
    for record in &records {
        epoch = record.progress.map_or(epoch, |progress| progress.epoch);
        if record.metrics.iter().any(|(name, _)| name == "val/loss") {
            told.push(epoch);
        }
    }
    let want: Vec<_> = (1..=fitted.epochs).map(f64::from).map(Some).collect();
    assert_eq!(told, want);
}

#[test]
fn training_ends_when_it_has_waited_long_enough_for_something_better() {
    let mut training = training();
    training.preset.train.patience = 3;
    training.preset.train.epochs = 500;
    training.preset.optimiser.lr = 0.05;
    let rows = Rows::classes();
    let (fitted, records) = whole(&training, &rows);
    let losses = values(&records, "val/loss");
    assert!(losses.len() < 500);
    let best = losses.iter().copied().fold(f64::MAX, f64::min);
    let at = losses.iter().position(|loss| *loss == best).unwrap();
    assert_eq!(losses.len(), at + 1 + 3);
    assert_eq!(
        fitted.best_step,
        fitted.steps / losses.len() as u64 * (at as u64 + 1)
    );
    let said: Vec<&str> = records.iter().filter_map(|r| r.log.as_deref()).collect();
    let best = at + 1;
    assert_eq!(
        said,
        [format!(
            "stopped early: no better val/loss for 3 epochs; best at epoch {best}"
        )]
    );
}

#[test]
fn a_metric_that_the_validation_rows_do_not_define_cannot_choose() {
    let mut training = training();
    training.preset.train.best = "val/auc".to_owned();
    let mut rows = Rows::classes();
    rows.validation.target = Some(Target::Classes(vec![1; rows.validation.rows]));
    let folder = tempfile::tempdir().unwrap();
    let (end, records) = run(&training, &rows, folder.path(), |_| Order::Go);
    let error = end.unwrap_err().to_string();
    assert!(
        error.contains("the 60 validation rows do not define"),
        "{error}"
    );
    assert_eq!(records, []);
}

#[test]
fn a_device_that_this_build_does_not_have_is_an_error_that_says_so() {
    assert!(device_available(Device::Cpu).is_ok());
    for (device, is_built, flag) in [
        (Device::Cuda, cfg!(feature = "cuda"), "--features cuda"),
        (Device::Metal, cfg!(feature = "metal"), "--features metal"),
    ] {
        let found = device_available(device).map_err(|error| error.to_string());
        match found {
            Err(error) if !is_built => assert!(error.contains(flag), "{error}"),
            found => assert!(is_built, "{device}: {found:?}"),
        }
    }
}

#[test]
fn a_loss_that_is_not_finite_ends_the_run_and_says_where() {
    let mut training = training();
    training.preset.train.accumulate = 1;
    let mut rows = Rows::classes();
    rows.train.numbers[0] = f32::INFINITY;
    let folder = tempfile::tempdir().unwrap();
    let (end, records) = run(&training, &rows, folder.path(), |_| Order::Go);
    let error = end.unwrap_err();
    let Error::NotFinite {
        step,
        epoch,
        batch,
        lr,
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!((step, epoch), (batch, 1));
    assert_eq!(values(&records, "train/loss").len() as u64, step - 1);
    assert!(0.0 < lr && error.to_string().contains("optimiser.lr"));
}

/// What is no number used to be judged as a very bad one.
#[test]
fn outputs_that_are_not_finite_make_no_metrics() {
    let mut rows = Rows::classes();
    rows.test.numbers[0] = f32::INFINITY;
    let folder = tempfile::tempdir().unwrap();
    let (end, records) = run(&training(), &rows, folder.path(), |_| Order::Go);
    let error = end.unwrap_err();
    assert!(
        matches!(error, Error::NotFinite { epoch: 6, .. }),
        "{error}"
    );
    assert_eq!(values(&records, "test/loss").len(), 0);
}

#[test]
fn a_checkpoint_that_cannot_be_written_is_told_and_training_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    // A file where the folder of checkpoints should be.
    std::fs::write(folder.path().join("checkpoints"), "").unwrap();
    let rows = Rows::classes();
    let (end, records) = run(&training(), &rows, folder.path(), |_| Order::Go);
    assert_eq!(fitted(end), whole(&training(), &rows).0);
    let told = events(records);
    assert!(!told.is_empty());
    for event in told {
        assert!(matches!(event, What::CheckpointFailed { .. }), "{event:?}");
    }
}

#[test]
fn a_checkpoint_of_another_training_or_place_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let rows = Rows::classes();
    let stop = |_| Order::StopAfterStep { by: by_ana() };
    run(&training(), &rows, folder.path(), stop).0.unwrap();
    let resumed = |edit: fn(&mut Training)| {
        let mut training = training();
        training.resume = Some(LAST.into());
        edit(&mut training);
        let (end, _) = run(&training, &rows, folder.path(), |_| Order::Go);
        end.map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(resumed(|_| {}), Ok(()));
    type Edit = fn(&mut Training);
    let cases: [(Edit, &str); 3] = [
        (|t| t.preset.optimiser.lr = 0.1, "another preset"),
        (
            |t| t.resume = Some("../last.safetensors".into()),
            "within its run's folder",
        ),
        (
            |t| t.resume = Some("checkpoints/none.safetensors".into()),
            "none.safetensors",
        ),
    ];
    for (edit, why) in cases {
        let error = resumed(edit).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn equal_states_are_equal_files() {
    let write = || {
        let folder = tempfile::tempdir().unwrap();
        let stop = |step| match step {
            3 => Order::StopAfterStep { by: by_ana() },
            _ => Order::Go,
        };
        run(&training(), &Rows::classes(), folder.path(), stop)
            .0
            .unwrap();
        std::fs::read(folder.path().join(LAST)).unwrap()
    };
    let first = write();
    assert!(files::decode::<serde_json::Value>(&first).is_ok());
    assert_eq!(first, write());
}
