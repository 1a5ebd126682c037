//! Runs, details and queues as tests need them: fixed, so that pictures of the screen are too.

mod data;

use std::collections::{BTreeMap, BTreeSet};

use ratatui::buffer::{Buffer, Cell};

pub use self::data::{
    data_changes, data_contents, data_detail, data_leaks, data_profiles, versions,
};
use super::{
    chart::ChartData,
    effect::{GroupsQuestion, Own, RunRow, Table, TableQuestion, Trend, TrendsQuestion},
    shared::Shared,
};
use crate::{
    domain::{
        actors::Actor,
        events::{Event, Process, What},
        filter::Filter,
        ids::{Id, JobId, RunId},
        jobs::{Exit, Job, JobState, Needs, Slot},
        metrics::{Direction, Extreme, Summary},
        runs::{Activity, Ending, Progress, Run, RunKind, RunState, StateWord, Tag},
        series::{Bucket, Extent, Point, Segment},
        time::Timestamp,
    },
    ops::{
        files::FileRow,
        jobs::JobRow,
        lineage::Lineage,
        logs::{Chunk, Part},
        runs::{
            Best, ComparedMetric, Comparison, Detail, Group, Grouping, Names, Numbers, Sort,
            Stretch,
        },
        series::Rates,
    },
};

pub const NOW: Timestamp = Timestamp(1_790_000_000_000);

pub fn id(number: u8) -> RunId {
    RunId(Id::from_bytes([number; 16]))
}

pub fn actor() -> Actor {
    Actor {
        uid: 1000,
        name: "ana".into(),
        host: "gpu01".into(),
    }
}

pub fn ago(seconds: i64) -> Timestamp {
    Timestamp(NOW.0 - seconds * 1_000)
}

pub fn run(number: u8, name: &str) -> Run {
    Run {
        id: id(number),
        name: name.into(),
        experiment: "diagnosis".into(),
        kind: RunKind::Train,
        preset: Some("diagnosis".into()),
        state: RunState::Ended {
            started: Some(ago(400)),
            at: ago(180),
            how: Ending::Done,
        },
        actor: actor(),
        created: ago(410),
        attempt: 1,
        progress: Progress {
            step: 4_000,
            steps: Some(4_000),
            epoch: Some(100.0),
            epochs: Some(100),
        },
        tags: BTreeSet::from([Tag::try_from("baseline".to_owned()).unwrap()]),
        params: BTreeMap::from([
            ("optimiser.lr".to_owned(), serde_json::json!(1e-3)),
            ("train.batch".to_owned(), serde_json::json!(64)),
        ]),
        note: String::new(),
        trashed: None,
    }
}

pub fn running(number: u8, name: &str) -> Run {
    Run {
        state: RunState::Running {
            since: ago(50),
            activity: Activity::Working,
        },
        created: ago(60),
        progress: Progress {
            step: 1_840,
            steps: Some(4_000),
            epoch: Some(46.0),
            epochs: Some(100),
        },
        ..run(number, name)
    }
}

pub fn failed(number: u8, name: &str) -> Run {
    Run {
        state: RunState::Ended {
            started: Some(ago(900)),
            at: ago(720),
            how: Ending::Failed {
                exit: Exit::Code(3),
                message: "loss is NaN at step 211, batch 3, learning rate 0.1".into(),
            },
        },
        ..run(number, name)
    }
}

pub fn queued(number: u8, name: &str) -> Run {
    Run {
        state: RunState::Queued,
        progress: Progress::default(),
        ..run(number, name)
    }
}

pub fn summary(metric: &str) -> Summary {
    Summary {
        metric: metric.into(),
        points: 1_840,
        nan: 0,
        infinite: 0,
        last: 0.4127,
        last_step: 1_840,
        min: Some(Extreme {
            value: 0.3981,
            step: 1_511,
        }),
        max: Some(Extreme {
            value: 0.9941,
            step: 1_602,
        }),
        mean: Some(0.5),
    }
}

/// What a picture shows, with a bar where each line ends.
pub fn edged(picture: &Buffer) -> String {
    let rows = picture.content.chunks(usize::from(picture.area.width));
    rows.map(|row| row.iter().map(Cell::symbol).collect::<String>() + "|\n")
        .collect()
}

/// What a picture shows, line by line.
pub fn text(picture: &Buffer) -> String {
    let rows = picture.content.chunks(usize::from(picture.area.width));
    rows.map(|row| {
        let mut text = String::new();
        let mut skip = 0;
        for cell in row {
            if 0 < skip {
                skip -= 1;
                continue;
            }
            text.push_str(cell.symbol());
            skip = super::text::width(cell.symbol()).saturating_sub(1);
        }
        text.trim_end().to_owned() + "\n"
    })
    .collect()
}

pub fn table_question() -> TableQuestion {
    TableQuestion {
        filter: Filter::default(),
        sort: Sort::default(),
        columns: vec![],
        offset: 0,
        limit: 64,
        trend: 8,
        metric: String::new(),
        around: None,
    }
}

/// What panes know of a screen of Unicode.
pub fn shared() -> Shared {
    Shared::new(NOW, &super::Options::default())
}

pub fn table(runs: Vec<Run>) -> Table {
    let trend = [1.0, 0.8, 0.5, 0.4, 0.2, 0.15, 0.12, 0.1]
        .map(Some)
        .to_vec();
    let own = |run: &Run| match run.state {
        RunState::Queued => Own::default(),
        _ => Own {
            summary: Some(summary("val/auc")),
            trend: trend.clone(),
        },
    };
    let row = |run: Run| RunRow {
        own: own(&run),
        run,
        prefix: 4,
        values: vec![],
    };
    Table {
        total: runs.len() as u64,
        matched: runs.len() as u64,
        unknown: vec![],
        offset: 0,
        rows: runs.into_iter().map(row).collect(),
    }
}

/// Runs in every state, and one with a hostile name.
pub fn runs() -> Vec<Run> {
    vec![
        running(1, "brave-otter-7"),
        running(2, "calm-heron-2"),
        queued(3, "keen-ibis-3"),
        run(4, "quiet-lynx-4"),
        failed(5, "sour-mole-1"),
        run(
            6,
            "evil\u{1b}]52;c;aGk=\u{7}-\u{202e}name-that-goes-on-and-on-and-on-漢字漢字",
        ),
    ]
}

pub const METRICS: [&str; 7] = [
    "lr",
    "system/cpu",
    "system/memory",
    "train/loss",
    "train/rows_per_second",
    "val/auc",
    "val/loss",
];

/// Figures of a machine that is at work.
fn told(metric: &str) -> Summary {
    let last = match metric {
        "system/cpu" => 180.0,
        "system/memory" => 1_616_000_000.0,
        "train/rows_per_second" => 2_356.0,
        _ => return summary(metric),
    };
    Summary {
        last,
        mean: Some(last * 0.9),
        ..summary(metric)
    }
}

pub fn detail(run: Run) -> Detail {
    let process = Process {
        pid: 4242,
        start: 1,
        boot: "b".into(),
        host: "gpu01".into(),
    };
    let event = |seconds: i64, step: Option<i64>, what: What| Event {
        time: ago(seconds),
        step,
        what,
    };
    Detail {
        prefix: 4,
        job: None,
        waits: None,
        metrics: METRICS.map(told).to_vec(),
        events: vec![
            event(
                60,
                None,
                What::Submitted {
                    by: "ana@gpu01".into(),
                },
            ),
            event(
                51,
                None,
                What::Started {
                    attempt: 1,
                    process,
                    slot: Slot::default(),
                },
            ),
            event(
                12,
                Some(1_600),
                What::Checkpoint {
                    path: "checkpoints/best".into(),
                    best: true,
                    metric: Some(0.9941),
                },
            ),
        ],
        artifacts: vec![],
        missing: vec![],
        captured: serde_json::json!({"cpus": 4, "memory": 24_105, "git": {"commit": "4c1e02f", "dirty": false}}),
        kept: Some(ago(3)),
        dir: "/store/runs/01".into(),
        run,
    }
}

pub fn names() -> Names {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Names {
        params: owned(&["net.kind", "optimiser.lr", "train.batch"]),
        metrics: owned(&["train/loss", "val/auc", "val/loss"]),
        filters: owned(&["night"]),
        values: BTreeMap::from([
            ("experiment", owned(&["demand", "diagnosis"])),
            ("tag", owned(&["baseline"])),
            ("user", owned(&["ana"])),
        ]),
    }
}

/// Runs that differ in their learning rates, and in little else.
pub fn comparison(runs: Vec<Run>) -> Comparison {
    let count = runs.len();
    let each = |of: &dyn Fn(usize) -> Option<f64>| -> Vec<Option<f64>> {
        // By the run, whichever stands first.
        runs.iter()
            .map(|run| of(usize::from(run.id.0.bytes()[0])))
            .collect()
    };
    let metric = |metric: &str, best: Option<usize>, values: Vec<Option<f64>>| ComparedMetric {
        metric: metric.to_owned(),
        direction: Direction::of(metric),
        last: values.clone(),
        best,
        deltas: values
            .iter()
            .enumerate()
            .map(|(at, value)| Some((*value)? - values[0]?).filter(|_| 0 < at))
            .collect(),
        values,
    };
    let most = |values: &[Option<f64>]| {
        let numbered = values.iter().enumerate();
        numbered
            .max_by(|a, b| a.1.unwrap().total_cmp(&b.1.unwrap()))
            .map(|(at, _)| at)
    };
    let auc = each(&|run| Some(0.9 + run as f64 / 100.0));
    let loss = each(&|run| (run != 2).then_some(0.4 + run as f64 / 10.0));
    let rates = each(&|run| Some(1e-4 * run as f64));
    Comparison {
        params: vec![
            (
                "optimiser.lr".to_owned(),
                rates.iter().map(|rate| rate.map(Into::into)).collect(),
            ),
            (
                "schedule.kind".to_owned(),
                (0..count)
                    .map(|at| (at != 1).then(|| "cosine".into()))
                    .collect(),
            ),
        ],
        same_params: vec![("train.batch".to_owned(), 64.into())],
        metrics: vec![
            metric("lr", None, rates.clone()),
            metric("system/cpu", None, rates),
            metric("val/auc", most(&auc), auc),
            metric("val/loss", Some(0), loss),
        ],
        code: vec![None; count],
        code_changes: (0..count)
            .map(|at| (at == 1).then(|| "@@ -1 +1 @@\n-lr = 1e-4\n+lr = 2e-4\n".to_owned()))
            .collect(),
        surroundings: vec![("host.name".to_owned(), vec![Some("gpu01".into()); count])],
        data: vec![Some("9f31c0e2aa".to_owned()); count],
        runs,
    }
}

/// Two learning rates, and runs that have none.
pub fn grouping(question: &GroupsQuestion) -> Grouping {
    let stretch = |at: usize, level: f64| Stretch {
        step: Some(at as i64 * 10),
        numbers: Numbers {
            count: 3,
            mean: level * (-(at as f64) / 40.0).exp() + level / 4.0,
            std: Some(level / 10.0),
            min: level / 5.0,
            max: level,
        },
    };
    let group = |value: Option<serde_json::Value>, runs: u64, level: f64| Group {
        value,
        runs,
        states: [(StateWord::Done, runs), (StateWord::Failed, 1)].into(),
        numbers: question.metric.as_ref().map(|_| stretch(0, level).numbers),
        not_finite: u64::from(level < 1.0),
        best: question.metric.as_ref().map(|_| Best {
            id: id(1),
            name: "brave-otter-7".to_owned(),
            value: level,
        }),
        band: (0..question.dots)
            .map(|at| Some(stretch(at, level)))
            .collect(),
        drawn: 3,
    };
    Grouping {
        by: question.by.clone(),
        metric: question.metric.clone(),
        matched: 12,
        unknown: vec![],
        groups: vec![
            group(Some(1e-3.into()), 7, 1.0),
            group(Some("warm up".into()), 3, 1.5),
            group(None, 2, 0.5),
        ],
        steps: Some((0, 4_000)),
    }
}

/// A falling curve over a window, with noise that is always the same.
pub fn chart(from: i64, to: i64, dots: usize, until: i64) -> ChartData {
    let mut columns = vec![Bucket::EMPTY; dots];
    for step in from..=until.min(to) {
        let noise = ((step * 7_919) % 101) as f64 / 101.0 - 0.5;
        let value = 2.0 * (-(step as f64) / 600.0).exp() + 0.1 + noise * 0.1;
        if let Some(column) = super::chart::column(from, to, dots, step) {
            columns[column].add(Point {
                step,
                time: 0,
                value,
            });
        }
    }
    ChartData {
        from,
        to,
        raw: vec![Segment { number: 0, columns }],
        extent: Some(Extent {
            points: until as u64 + 1,
            first_step: 0,
            last_step: until,
            first_time: 0,
            last_time: 0,
        }),
        ..ChartData::default()
    }
}

/// A part of a log of forty lines.
pub fn log(part: Part) -> Chunk {
    let text: String = (0..40)
        .map(|line| format!("step {} loss 0.{:04}\n", line * 10, 9_999 - line))
        .collect();
    let size = text.len();
    let (from, to) = match part {
        Part::Tail => (0, size),
        Part::From(from) => (from as usize, size),
        Part::Before(to) => (0, to as usize),
    };
    Chunk {
        from: from as u64,
        to: to as u64,
        size: size as u64,
        text: text[from.min(size)..to.min(size)].to_owned(),
    }
}

pub const RATES: Rates = Rates {
    now: 38.5,
    spread: 0.16,
    last: NOW,
};

/// A course that falls, for each series.
pub fn trends(question: &TrendsQuestion) -> Vec<Trend> {
    let value = |at: usize| Some(1.0 / (1.0 + at as f64));
    let trend = |(metric, _): &(String, i64)| Trend {
        metric: metric.clone(),
        values: (0..question.columns).map(value).collect(),
    };
    question.metrics.iter().map(trend).collect()
}

pub fn files() -> Vec<FileRow> {
    let file = |path: &str, kind: Option<&str>, size| FileRow {
        path: path.into(),
        kind: kind.map(str::to_owned),
        size,
        is_named: kind.is_some(),
    };
    vec![
        file("package/model.safetensors", Some("model"), Some(48_312)),
        file("plots/roc.png", Some("plot"), None),
        file("checkpoints/last.safetensors", None, Some(144_902)),
        file("output.log", None, Some(960)),
    ]
}

pub fn lineage() -> Lineage {
    Lineage {
        data: Some("demo:diagnosis".into()),
        data_hash: Some("dc911cacdd35efe7".repeat(4)),
        version: None,
        weights: Some("1f39c88e7d7b0432".repeat(4)),
    }
}

pub fn jobs() -> Vec<JobRow> {
    let row = |run: Run, state: JobState, waits: Option<&str>| JobRow {
        job: Job {
            id: JobId(run.id.0),
            run: run.id,
            attempt: run.attempt,
            actor: run.actor.clone(),
            created: run.created,
            priority: 50,
            after: vec![],
            needs: Needs::default(),
            state,
            request: String::new(),
        },
        name: run.name.clone(),
        experiment: run.experiment.clone(),
        kind: run.kind,
        run_state: run.state.clone(),
        progress: run.progress,
        waits: waits.map(str::to_owned),
    };
    let leased = JobState::Leased {
        slot: Slot {
            cpus: vec![0, 1],
            memory: 512,
            gpus: vec![0],
        },
        since: ago(50),
    };
    vec![
        row(running(1, "brave-otter-7"), leased, None),
        row(
            queued(3, "keen-ibis-3"),
            JobState::Queued,
            Some("no GPU free"),
        ),
        row(
            run(4, "quiet-lynx-4"),
            JobState::Ended { at: ago(180) },
            None,
        ),
    ]
}
