//! Measures the series store: taking in, size, live commits and charts, beside a table with a row for every point.
//!
//! `cargo bench --bench series [-- POINTS]`, 2,000,000 points if nothing is said. Figures are of this run alone: the
//! machine's other work shows in them, so compare within one run.
#![expect(clippy::print_stdout, reason = "a bench says its figures")]
#![expect(clippy::unwrap_used, reason = "a bench that fails should stop")]

use std::{path::Path, time::Instant};

use ratatui::{buffer::Buffer, layout::Rect};
use rusqlite::Connection;
use sconce::{
    domain::{
        ids::{Id, RunId},
        series::{Key, Window},
        time::Timestamp,
    },
    store::series::{self, Open},
    tui::{
        chart::{
            ChartData,
            axis::{Along, Axis, Track},
            plot::{self, Line, Plot},
        },
        look::Look,
    },
};
use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System};

const RUN: RunId = RunId(Id::from_bytes([7; 16]));
const COLUMNS: usize = 240;
const START: i64 = 1_790_000_000_000;

fn main() {
    let points = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(2_000_000);
    let dir = tempfile::tempdir().unwrap();
    ten_metrics(dir.path(), points);
    live(dir.path(), 1_000, 1);
    live(dir.path(), 1_000, 10);
    one_series(dir.path(), points);
    rows(dir.path(), points.min(1_000_000));
}

/// Ten metrics a line, as a training writes them, 3,000 lines a commit: points a second, CPU and bytes a point.
fn ten_metrics(dir: &Path, points: u64) {
    let path = dir.join("ten.db");
    let mut conn = store(&path);
    let lines = points / 10;
    let mut noise = Noise(42);
    let mut average = 2.0;
    let mut open = Open::load(&conn, &RUN).unwrap();
    let batch = 3_000;
    let (mut wall, mut cpu) = (0.0, 0.0);
    for from in (0..lines).step_by(batch) {
        let batch: Vec<_> = (from..lines.min(from + batch as u64))
            .map(|i| (i as i64, metrics(i, &mut noise, &mut average)))
            .collect();
        let (spent, took) = measured(|| {
            let tx = conn.transaction().unwrap();
            for (step, metrics) in &batch {
                let time = START + step * 104 + step % 3;
                open.add(Some(*step), Timestamp(time), metrics);
            }
            open.save(&tx).unwrap();
            tx.commit().unwrap();
        });
        cpu += spent;
        wall += took;
    }
    println!(
        "bulk, 10 metrics a line: {points} points, {:.2} M points/s, {:.3} µs CPU/point, {:.2} bytes/point",
        points as f64 / wall / 1e6,
        cpu * 1e6 / points as f64,
        size(&conn, &path) as f64 / points as f64
    );
}

/// Many series with a few new points each in every commit: what a tick of the agent costs. The log goes into the store
/// between ticks, as it can where nobody waits for it, and is timed by itself.
fn live(dir: &Path, count: usize, points: usize) {
    let path = dir.join(format!("live{points}.db"));
    let mut conn = store(&path);
    conn.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    let mut open = Open::load(&conn, &RUN).unwrap();
    let mut noise = Noise(3);
    let mut metrics: Vec<(String, f64)> = (0..count).map(|i| (format!("layer/{i}"), 0.0)).collect();
    let ticks = 5_000 / points;
    let (mut commits, mut checkpoints, mut logged) = (vec![], vec![], vec![]);
    let mut used = 0.0;
    for tick in 0..ticks {
        let lines: Vec<_> = (0..points)
            .map(|i| {
                metrics
                    .iter_mut()
                    .for_each(|(_, value)| *value = noise.narrow());
                ((tick * points + i) as i64, metrics.clone())
            })
            .collect();
        let before = log_size(&path);
        let (cpu, took) = measured(|| {
            let tx = conn.transaction().unwrap();
            for (step, metrics) in &lines {
                open.add(Some(*step), Timestamp(START + step * 250), metrics);
            }
            open.save(&tx).unwrap();
            tx.commit().unwrap();
        });
        used += cpu;
        commits.push(took * 1e3);
        logged.push((log_size(&path) - before) as f64 / 1e3);
        if (16 << 20) < log_size(&path) {
            let (_, took) = measured(|| checkpoint(&conn));
            checkpoints.push(took * 1e3);
        }
    }
    println!(
        "live, {count} series × {points} a tick, {ticks} ticks: commit p50 {:.2} ms, p99 {:.2} ms, worst {:.1} ms; \
         {:.2} µs CPU/point; log a tick p50 {:.0} kB, worst {:.0} kB; {} checkpoints, p50 {:.1} ms, worst {:.1} ms",
        part(&mut commits, 0.5),
        part(&mut commits, 0.99),
        part(&mut commits, 1.0),
        used * 1e6 / (ticks * count * points) as f64,
        part(&mut logged, 0.5),
        part(&mut logged, 1.0),
        checkpoints.len(),
        part(&mut checkpoints, 0.5),
        part(&mut checkpoints, 1.0),
    );
    let (_, loading) = measured(|| drop(Open::load(&conn, &RUN).unwrap()));
    let window = Window {
        from: 0,
        to: (ticks * points) as i64,
        columns: COLUMNS,
        slack: 0.25,
    };
    let mut charts: Vec<f64> = (0..50)
        .map(|_| {
            measured(|| drop(series::chart(&conn, &RUN, "layer/500", &window).unwrap())).1 * 1e3
        })
        .collect();
    println!(
        "live, {count} series × {points} a tick: loaded anew in {:.0} ms, chart of one of them {:.2} ms",
        loading * 1e3,
        part(&mut charts, 0.5)
    );
}

/// One long series: charts at several zooms.
fn one_series(dir: &Path, points: u64) {
    let path = dir.join("one.db");
    let mut conn = store(&path);
    let mut open = Open::load(&conn, &RUN).unwrap();
    let mut noise = Noise(9);
    let mut line = [("loss".to_owned(), 0.0)];
    for from in (0..points).step_by(262_144) {
        let tx = conn.transaction().unwrap();
        for step in from..points.min(from + 262_144) {
            let step = step as i64;
            line[0].1 =
                f64::from((0.3 + 2.0 / (1.0 + step as f64 / 2e4) + 0.1 * noise.unit()) as f32);
            open.add(Some(step), Timestamp(START + step * 100 + step % 7), &line);
        }
        open.save(&tx).unwrap();
        tx.commit().unwrap();
    }
    println!(
        "one series: {points} points, {:.2} bytes/point",
        size(&conn, &path) as f64 / points as f64
    );
    drop(conn);
    for zoom in [1.0, 0.3, 0.1, 0.01] {
        for slack in [0.25, 0.0] {
            let (mut cold, mut warm) = (vec![], vec![]);
            for _ in 0..9 {
                let wide = (points as f64 * zoom) as i64;
                let from = (noise.unit() * (points as i64 - wide) as f64) as i64;
                let window = Window {
                    from,
                    to: from + wide - 1,
                    columns: COLUMNS,
                    slack,
                };
                // Where allowed, the system's own cache is dropped too.
                let _ = std::fs::write("/proc/sys/vm/drop_caches", "3");
                let conn = Connection::open(&path).unwrap();
                for times in [&mut cold, &mut warm] {
                    let start = Instant::now();
                    let chart = series::chart(&conn, &RUN, "loss", &window).unwrap();
                    times.push(start.elapsed().as_secs_f64() * 1e3);
                    let seen: u64 = chart[0]
                        .columns
                        .iter()
                        .map(sconce::domain::series::Bucket::points)
                        .sum();
                    assert!(wide as u64 <= seen);
                }
            }
            println!(
                "chart of {points} points, zoom {zoom}, slack {slack}: new connection {:.2} ms, warm {:.3} ms (worst {:.3})",
                part(&mut cold, 0.5),
                part(&mut warm, 0.5),
                part(&mut warm, 1.0)
            );
        }
    }
    let conn = Connection::open(&path).unwrap();
    let window = Window {
        from: START,
        to: START + points as i64 * 100,
        columns: COLUMNS,
        slack: 0.25,
    };
    let along_time = || series::chart_along(&conn, &RUN, "loss", &window, Key::Time).unwrap();
    let raw = along_time();
    let mut times: Vec<f64> = (0..50)
        .map(|_| measured(|| drop(along_time())).1 * 1e3)
        .collect();
    println!(
        "chart of {points} points along time, warm {:.3} ms",
        part(&mut times, 0.5)
    );
    let flaws = || series::flaws(&conn, &RUN, "loss", Key::Step, 0..=i64::MAX, 500).unwrap();
    let extent = || series::extent(&conn, &RUN, "loss").unwrap();
    let mut times: Vec<f64> = (0..50)
        .map(|_| measured(|| drop((flaws(), extent()))).1 * 1e3)
        .collect();
    println!(
        "what is not finite and how far it reaches, {:.3} ms",
        part(&mut times, 0.5)
    );
    drawing(raw, (window.from, window.to));
}

/// Eight lines at 200x60, as a chart alone on a large screen.
fn drawing(raw: Vec<sconce::domain::series::Segment>, (from, to): (i64, i64)) {
    let look = Look::default();
    let area = Rect::new(0, 0, 200, 60);
    let data = ChartData {
        key: Key::Time,
        from,
        to,
        raw,
        ..ChartData::default()
    };
    let track = Track {
        key: Key::Time,
        ..Track::default()
    };
    let lines: Vec<Line<'_>> = (0..12)
        .map(|slot| Line {
            label: "loss",
            slot,
            badge: None,
            track,
            data: &data,
        })
        .collect();
    let axis = Axis {
        along: Along::Wall,
        from,
        to,
    };
    for count in [1, 8, 12] {
        let plot = Plot::new(&look, axis, &lines[..count]);
        let mut times: Vec<f64> = (0..200)
            .map(|_| measured(|| plot.draw(&mut Buffer::empty(area), area)).1 * 1e3)
            .collect();
        println!(
            "{count} lines drawn at 200x60, {} columns of dots: p50 {:.2} ms, p99 {:.2} ms",
            plot::columns(&look, area),
            part(&mut times, 0.5),
            part(&mut times, 0.99)
        );
    }
}

/// The plain way, to compare with: a row for every point.
fn rows(dir: &Path, points: u64) {
    let path = dir.join("rows.db");
    let mut conn = store(&path);
    conn.execute_batch(
        "create table rows (series integer, step integer, value real, primary key (series, step)) without rowid, strict",
    )
    .unwrap();
    let mut noise = Noise(9);
    let values: Vec<f64> = (0..points).map(|_| noise.narrow()).collect();
    let (cpu, wall) = measured(|| {
        for (batch, values) in values.chunks(30_000).enumerate() {
            let tx = conn.transaction().unwrap();
            for (i, value) in values.iter().enumerate() {
                let at = (batch * 30_000 + i) as i64;
                tx.prepare_cached("insert into rows values (?, ?, ?)")
                    .unwrap()
                    .execute((at % 10, at / 10, value))
                    .unwrap();
            }
            tx.commit().unwrap();
        }
    });
    println!(
        "a row a point: {points} points, {:.2} M points/s, {:.3} µs CPU/point, {:.2} bytes/point without time",
        points as f64 / wall / 1e6,
        cpu * 1e6 / points as f64,
        size(&conn, &path) as f64 / points as f64
    );
    let start = Instant::now();
    let columns: i64 = conn
        .query_row(
            "select count(*) from (select step * 240 / ?1 as c, min(value), max(value), sum(value), count(*) from rows
             where series = 0 group by c)",
            [points as i64 / 10],
            |row| row.get(0),
        )
        .unwrap();
    let took = start.elapsed().as_secs_f64() * 1e3;
    println!(
        "a row a point: chart of {} points in {columns} columns: {took:.1} ms",
        points / 10
    );
}

fn store(path: &Path) -> Connection {
    let conn = Connection::open(path).unwrap();
    conn.execute_batch(
        "pragma journal_mode = wal; pragma synchronous = normal; pragma wal_autocheckpoint = 4000;
         pragma journal_size_limit = 67108864; pragma cache_size = -16000; pragma foreign_keys = on;
         create table runs (id text primary key) strict;",
    )
    .unwrap();
    conn.set_prepared_statement_cache_capacity(64);
    conn.execute_batch(series::SCHEMA).unwrap();
    conn.execute("insert into runs values (?)", [RUN.to_string()])
        .unwrap();
    conn
}

fn checkpoint(conn: &Connection) {
    conn.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))
        .unwrap();
}

fn size(conn: &Connection, path: &Path) -> u64 {
    checkpoint(conn);
    std::fs::metadata(path).unwrap().len()
}

/// Bytes of the write-ahead log beside a store.
fn log_size(store: &Path) -> u64 {
    std::fs::metadata(store.with_extension("db-wal")).map_or(0, |log| log.len())
}

/// CPU seconds and seconds that something takes.
fn measured(work: impl FnOnce()) -> (f64, f64) {
    let (cpu, start) = (cpu(), Instant::now());
    work();
    let took = start.elapsed().as_secs_f64();
    (self::cpu() - cpu, took)
}

/// CPU seconds of this process.
fn cpu() -> f64 {
    let me = sysinfo::get_current_pid().unwrap();
    let mut system = System::new();
    system.refresh_processes_specifics(
        ProcessesToUpdate::Some(&[me]),
        true,
        ProcessRefreshKind::nothing().with_cpu(),
    );
    system.process(me).unwrap().accumulated_cpu_time() as f64 / 1e3
}

/// The time that this part of all stays below; sorts them.
fn part(times: &mut [f64], part: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    times
        .get(((times.len().max(1) - 1) as f64 * part) as usize)
        .copied()
        .unwrap_or(0.0)
}

/// Losses and rates that are 32-bit floats, a rate and an average that are not, gauges, a schedule and a counter.
fn metrics(i: u64, noise: &mut Noise, average: &mut f64) -> Vec<(String, f64)> {
    let x = i as f64;
    let narrow = |value: f64| f64::from(value as f32);
    let loss = match noise.next() % 100_000 {
        0 => f64::NAN,
        1 => 1e6,
        _ => narrow(0.3 + 2.0 / (1.0 + x / 2e4) + 0.05 * noise.bell()),
    };
    if loss.is_finite() {
        *average = 0.99 * *average + 0.01 * loss;
    }
    [
        ("train/loss", loss),
        (
            "train/accuracy",
            narrow(0.9 - 0.5 / (1.0 + x / 3e4) + 0.02 * noise.bell()),
        ),
        ("train/grad_norm", narrow((1.0 + 0.3 * noise.bell()).abs())),
        ("train/lr", 3e-4 * 0.5 * (1.0 + (x * 3.14e-6).cos())),
        ("train/rows_per_second", 412_000.0 + 9_000.0 * noise.bell()),
        ("val/auc", narrow(0.8 + 0.01 * noise.bell())),
        ("gpu/power", (3_000.0 + 90.0 * noise.bell()).round() / 10.0),
        ("gpu/use", (90.0 + 5.0 * noise.bell()).round()),
        ("epoch", x / 4_096.0),
        ("train/loss_average", *average),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

/// Xorshift: fast, and the same in every run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// 0 to 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// About normal.
    fn bell(&mut self) -> f64 {
        (0..4).map(|_| self.unit()).sum::<f64>() * 1.73 - 3.46
    }

    fn narrow(&mut self) -> f64 {
        f64::from(self.bell() as f32)
    }
}
