//! A store as large as a team's after years, made by a seed, and what it costs to look into it.
//!
//! `cargo bench --bench store -- DIR [RUNS] [POINTS]` seeds DIR once (100,000 runs and 100 million points when it is not
//! said otherwise) and measures it each time. Other work may use the same folder as its store.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::{
    env,
    path::{Path, PathBuf},
    time::Instant,
};

use sconce::{
    config::Config,
    domain::{
        actors::Actor,
        filter::Filter,
        ids::{self, Id, RunId},
        metrics::MetricValue,
        runs::{Ending, Progress, Run, RunKind, RunState, Tag},
        series::Window,
        time::Timestamp,
    },
    ops::{
        self,
        candidates::{Of, Question},
        runs::{BandRequest, GroupRequest, ListRequest, MetricColumn, Sight, Sort, SortKey},
    },
    store::{self, Store, runs, series},
    workspace::{Clock, Surroundings, Workspace},
};

const START: i64 = 1_767_225_600_000;

fn main() {
    let args: Vec<String> = env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with("--"))
        .collect();
    let Some(dir) = args.first().map(PathBuf::from) else {
        println!("say where: cargo bench --bench store -- DIR [RUNS] [POINTS]");
        return;
    };
    let number = |i: usize, otherwise: u64| {
        args.get(i)
            .and_then(|text| text.parse().ok())
            .unwrap_or(otherwise)
    };
    let (wanted_runs, wanted_points) = (number(1, 100_000), number(2, 100_000_000));
    if !dir.join("store.db").exists() {
        seed(&dir, wanted_runs, wanted_points);
    }
    look(&dir);
}

/// Half the points stand in nine long runs, one of which has a single series of a tenth of all; the rest is spread evenly.
fn seed(dir: &Path, wanted_runs: u64, wanted_points: u64) {
    let store = Store::open(dir).expect("the folder can hold a store");
    std::fs::create_dir_all(dir.join("runs")).expect("the folder can hold runs");
    let (begun, mut points) = (Instant::now(), 0);
    let small_steps = (wanted_points / 2 / wanted_runs / METRICS.len() as u64).max(1);
    let mut next = 0;
    while next < wanted_runs {
        let until = (next + 1_000).min(wanted_runs);
        store
            .record(|tx| {
                for number in next..until {
                    let (steps, metrics) = match number {
                        0 => (wanted_points / 10, &METRICS[..1]),
                        1..=8 => (
                            wanted_points * 4 / 10 / 8 / METRICS.len() as u64,
                            &METRICS[..],
                        ),
                        _ => (small_steps, &METRICS[..]),
                    };
                    points += add_run(tx, number, steps, metrics)?;
                }
                Ok::<_, store::Error>(())
            })
            .expect("a seed can be stored");
        next = until;
    }
    let seconds = begun.elapsed().as_secs_f64();
    // The log of the last commits is left out: it is moved into the database and used again.
    let bytes: i64 = store
        .read(|tx| {
            let sql = "select page_count * page_size from pragma_page_count(), pragma_page_size()";
            tx.query_row(sql, [], |row| row.get(0))
                .map_err(store::Error::from)
        })
        .expect("the store says how large it is");
    println!(
        "seeded {wanted_runs} runs, {points} points in {seconds:.0} s: {:.2} µs a point, {:.2} bytes a point",
        seconds * 1e6 / points as f64,
        bytes as f64 / points as f64
    );
}

const METRICS: [&str; 5] = ["train/loss", "val/loss", "val/auc", "system/cpu", "lr"];

fn add_run(
    tx: &store::Connection,
    number: u64,
    steps: u64,
    metrics: &[&str],
) -> store::Result<u64> {
    let hash = blake3::hash(&number.to_le_bytes());
    let bytes: [u8; 16] = hash.as_bytes()[..16]
        .try_into()
        .expect("a hash is long enough");
    let id = RunId(Id::from_bytes(bytes));
    let created = Timestamp(START + number as i64 * 60_000);
    let how = if number % 17 == 3 {
        Ending::Lost
    } else {
        Ending::Done
    };
    let run = Run {
        id,
        name: format!(
            "{}-{number}",
            ids::name([bytes[0], bytes[1], 0, 0]).trim_end_matches("-0")
        ),
        experiment: ["diagnosis", "fraud", "demand"][(number % 3) as usize].to_owned(),
        kind: RunKind::Train,
        preset: Some("fraud".to_owned()),
        state: RunState::Ended {
            started: Some(created),
            at: Timestamp(created.0 + 50_000),
            how,
        },
        actor: Actor {
            uid: 1_000,
            name: "ana".to_owned(),
            host: "gpu01".to_owned(),
        },
        created,
        attempt: 1,
        progress: Progress {
            step: steps as i64,
            steps: Some(steps as i64),
            epoch: None,
            epochs: None,
        },
        tags: number
            .is_multiple_of(10)
            .then(|| Tag::try_from("baseline".to_owned()).expect("it is one word"))
            .into_iter()
            .collect(),
        params: [(
            "lr".to_owned(),
            serde_json::json!(1e-4 * (1 + number % 30) as f64),
        )]
        .into(),
        note: String::new(),
        trashed: None,
    };
    runs::insert(tx, &run, &serde_json::json!({}))?;
    runs::set_progress(tx, &id, &run.progress)?;
    let mut open = series::Open::load(tx, &id)?;
    let mut noise = u64::from_le_bytes(
        hash.as_bytes()[16..24]
            .try_into()
            .expect("a hash is long enough"),
    ) | 1;
    let mut line: Vec<(String, f64)> = metrics
        .iter()
        .map(|name| ((*name).to_owned(), 0.0))
        .collect();
    for step in 0..steps {
        for (i, (_, value)) in line.iter_mut().enumerate() {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            let jitter = (noise >> 40) as f32 / (1 << 24) as f32;
            *value = f64::from(match noise % 1_000_003 {
                0 => f32::NAN,
                _ => (1.0 + i as f32) / (1.0 + step as f32 / 1_000.0) + 0.1 * jitter,
            });
        }
        open.add(
            Some(step as i64),
            Timestamp(created.0 + step as i64 * 10),
            &line,
        );
        if step % 65_536 == 65_535 {
            open.save(tx)?;
        }
    }
    while !open.settle(tx)? {}
    Ok(steps * metrics.len() as u64)
}

fn look(dir: &Path) {
    let begun = Instant::now();
    let surroundings = Surroundings {
        actor: Actor {
            uid: 1_000,
            name: "ana".to_owned(),
            host: "gpu01".to_owned(),
        },
        clock: Clock::System,
        program: PathBuf::new(),
        argv: vec![],
        cwd: PathBuf::new(),
        env: vec![],
    };
    let ws = Workspace::open(Config::default(), dir, surroundings).expect("the seeded store opens");
    let page = ListRequest {
        limit: 50,
        ..ListRequest::default()
    };
    let first = ops::runs::list(&ws, &page).expect("a page can be listed");
    println!(
        "opened, first page of {} runs: {:.1} ms",
        first.total,
        ms(begun)
    );
    let column = MetricColumn {
        metric: "val/auc".to_owned(),
        value: MetricValue::Best,
    };
    for limit in [64, 128] {
        screen_page(&ws, first.rows[0].run.id, limit);
    }
    in_memory(&ws, first.total);
    let lists = [
        (
            "page with a metric's column",
            ListRequest {
                columns: vec![column.clone()],
                limit: 50,
                ..ListRequest::default()
            },
        ),
        (
            "by name",
            ListRequest {
                sort: Sort {
                    key: SortKey::Name,
                    descending: false,
                },
                limit: 50,
                ..ListRequest::default()
            },
        ),
        (
            "by val/auc@best",
            ListRequest {
                sort: Sort {
                    key: SortKey::Metric(column),
                    descending: true,
                },
                limit: 50,
                ..ListRequest::default()
            },
        ),
        (
            "state:lost",
            ListRequest {
                filter: filter("state:lost"),
                limit: 50,
                ..ListRequest::default()
            },
        ),
        (
            "tag:baseline lr>1e-3",
            ListRequest {
                filter: filter("tag:baseline lr>1e-3"),
                limit: 50,
                ..ListRequest::default()
            },
        ),
        (
            "val/auc@best>1.5",
            ListRequest {
                filter: filter("val/auc@best>1.5"),
                limit: 50,
                ..ListRequest::default()
            },
        ),
        (
            "otter state:lost",
            ListRequest {
                filter: filter("otter state:lost"),
                limit: 50,
                ..ListRequest::default()
            },
        ),
        (
            "/otter-\\d*7$/",
            ListRequest {
                filter: filter("/otter-\\d*7$/"),
                limit: 50,
                ..ListRequest::default()
            },
        ),
        (
            "~brot7",
            ListRequest {
                filter: filter("~brot7"),
                limit: 50,
                ..ListRequest::default()
            },
        ),
        (
            "tag:baseline val/auc@step=10>3",
            ListRequest {
                filter: filter("tag:baseline val/auc@step=10>3"),
                limit: 50,
                ..ListRequest::default()
            },
        ),
    ];
    for text in ["o", "ot", "brave otter", "zzz"] {
        let question = Question {
            text: text.to_owned(),
            of: Of::Runs,
            limit: 50,
        };
        let (best, found) = best_of(9, || {
            ops::candidates::find(&ws, &question).expect("runs can be looked for")
        });
        println!("candidates {text:?}: {best:.1} ms, {} of them", found.len());
    }
    for (name, request) in lists {
        let (best, matched) = best_of(9, || {
            ops::runs::list(&ws, &request)
                .expect("it can be listed")
                .matched
        });
        println!("list {name}: {best:.1} ms, {matched} runs");
    }
    let by_lr = GroupRequest {
        by: "lr".to_owned(),
        metric: Some(MetricColumn {
            metric: "val/auc".to_owned(),
            value: MetricValue::Best,
        }),
        ..GroupRequest::default()
    };
    let (plain, _) = best_of(9, || {
        ops::runs::groups(&ws, &by_lr).expect("runs can be grouped")
    });
    let with_bands = GroupRequest {
        band: Some(BandRequest {
            columns: 240,
            runs: 20,
        }),
        ..by_lr
    };
    let (bands, found) = best_of(9, || {
        ops::runs::groups(&ws, &with_bands).expect("runs can be grouped")
    });
    println!(
        "groups by lr, {} of them: {plain:.1} ms, with bands {bands:.1} ms",
        found.groups.len()
    );
    let oldest = ListRequest {
        sort: Sort {
            key: SortKey::Created,
            descending: false,
        },
        limit: 9,
        ..ListRequest::default()
    };
    let long = ops::runs::list(&ws, &oldest)
        .expect("a page can be listed")
        .rows[0]
        .run
        .clone();
    let end = long.progress.step;
    for zoom in [1.0, 0.3, 0.1, 0.01, 0.001] {
        let width = (end as f64 * zoom) as i64;
        let window = Window {
            from: end / 3,
            to: (end / 3 + width).min(end),
            columns: 240,
            slack: 0.25,
        };
        let cold = Instant::now();
        ops::series::chart(&ws, &long.id, "train/loss", &window).expect("it can be charted");
        let cold = ms(cold);
        let (warm, _) = best_of(9, || {
            ops::series::chart(&ws, &long.id, "train/loss", &window).expect("it can be charted")
        });
        println!("chart of {end} points, zoom {zoom}: first {cold:.2} ms, then {warm:.2} ms");
    }
}

/// A page as the screen asks for it: around its cursor, each run with what is known of it and the course of a metric.
fn screen_page(ws: &Workspace, around: RunId, limit: u64) {
    let request = ListRequest {
        limit,
        around: Some(Sight {
            run: around,
            before: 20,
            after: 20,
        }),
        ..ListRequest::default()
    };
    let window = Window {
        from: 0,
        to: 100,
        columns: 16,
        slack: 0.25,
    };
    let (list, listing) = best_of(9, || {
        ops::runs::list(ws, &request).expect("a page can be listed")
    });
    let ids = || listing.rows.iter().map(|row| row.run.id);
    let (told, _) = best_of(9, || {
        ids().for_each(|id| {
            ops::series::summaries(ws, &id).expect("what is known can be read");
        });
    });
    let (courses, _) = best_of(9, || {
        ids().for_each(|id| {
            ops::series::chart(ws, &id, "val/auc", &window).expect("it can be charted");
        });
    });
    println!("page of {limit}: list {list:.1} ms, summaries {told:.1} ms, courses {courses:.1} ms");
}

/// What it takes to have all runs in memory.
fn in_memory(ws: &Workspace, runs: u64) {
    let by_step = ListRequest {
        sort: Sort {
            key: SortKey::Step,
            descending: true,
        },
        limit: 50,
        ..ListRequest::default()
    };
    // This looks at every row: what the store keeps of its pages is not counted.
    ops::runs::list(ws, &by_step).expect("a page can be listed");
    let (before, begun) = (resident(), Instant::now());
    ops::runs::warm(ws).expect("runs can be read");
    let span = ms(begun);
    let bytes = resident().saturating_sub(before) / runs.max(1);
    println!("all runs in memory: {span:.1} ms, {bytes} bytes a run");
}

/// Resident bytes of this process.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1_024
}

fn filter(text: &str) -> Filter {
    Filter::parse(text).expect("it is a filter")
}

fn best_of<T>(times: usize, mut work: impl FnMut() -> T) -> (f64, T) {
    let mut timed = || {
        let begun = Instant::now();
        let answer = work();
        (ms(begun), answer)
    };
    let first = timed();
    (1..times).map(|_| timed()).fold(
        first,
        |best, next| if next.0 < best.0 { next } else { best },
    )
}

fn ms(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1e3
}
