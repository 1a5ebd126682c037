//! Training throughput: rows a second of a small net (30-256-256-2, batches of 256, AdamW, dropout), with the fused
//! kernels and with candle's own operations, on one thread and two.
//!
//! `cargo bench --bench train`. Each measurement is a process of its own, because candle asks the environment once for
//! its number of threads; the four take turns, so that a busy machine slows all of them alike.

#![expect(clippy::print_stdout, reason = "a measurement prints its result")]

use std::{
    env,
    process::Command,
    time::{Duration, Instant},
};

use sconce::{
    data::{Encoded, Target},
    domain::{jobs::Training, presets::Preset},
    train::{
        CANDLE_THREADS, checkpoints::Position, fit::Task, math::Math, nets::Ends, predict::Goal,
        random, trainer::Trainer,
    },
};

const COLUMNS: usize = 30;
const ROWS: usize = 16_384;
const WARM_UP: Duration = Duration::from_millis(300);
const MEASURED: Duration = Duration::from_millis(1500);
const TURNS: usize = 5;
/// Which arithmetic, on how many threads.
const CASES: [(&str, usize); 4] = [("candle", 1), ("fused", 1), ("candle", 2), ("fused", 2)];

fn main() {
    let mut arguments = env::args().skip_while(|a| a != "--one").skip(1);
    if let (Some(way), Some(threads)) = (arguments.next(), arguments.next()) {
        let threads = threads.parse().expect("a number of threads");
        println!("{}", rows_per_second(&way, threads));
        return;
    }
    let mut found = CASES.map(|_| vec![]);
    for _ in 0..TURNS {
        for ((way, threads), found) in CASES.iter().zip(&mut found) {
            found.push(in_a_process(way, *threads));
        }
    }
    let medians = found.map(|mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    });
    for ((way, threads), median) in CASES.iter().zip(medians) {
        println!("{way:<8} {threads} thread(s) {median:>10.0} rows/s");
    }
    for pair in [0, 2] {
        let (threads, ratio) = (CASES[pair].1, medians[pair + 1] / medians[pair]);
        println!("fused is {ratio:.2} times candle's own on {threads} thread(s)");
    }
}

fn in_a_process(way: &str, threads: usize) -> f64 {
    let of_candle = if way == "fused" { 1 } else { threads };
    let out = Command::new(env::current_exe().expect("a program has a path"))
        .args(["--one", way, &threads.to_string()])
        .env("RAYON_NUM_THREADS", threads.to_string())
        .env(CANDLE_THREADS, of_candle.to_string())
        .output()
        .expect("this program starts");
    let text = String::from_utf8(out.stdout).expect("a number is text");
    text.trim().parse().expect("a number of rows a second")
}

fn rows_per_second(way: &str, threads: usize) -> f64 {
    let training = Training {
        preset: preset(),
        data: "made-up.csv".into(),
        data_hash: String::new(),
        seed: 1,
        resume: None,
        version: None,
    };
    let rows = rows();
    let task = Task {
        ends: Ends {
            numbers: COLUMNS,
            cardinalities: vec![],
            outputs: 2,
        },
        goal: Goal::Classes(2),
        train: &rows,
        validation: &rows,
        test: &rows,
    };
    let math = match way {
        "fused" => Math::fused(threads),
        _ => Math::plain(),
    };
    let device = candle_core::Device::Cpu;
    let mut trainer = Trainer::new(&training, &task, math, device).expect("a net");
    let mut position = Position::default();
    let mut train_for = |time: Duration| {
        let (started, mut rows) = (Instant::now(), 0);
        while started.elapsed() < time {
            rows += trainer.step(&position).expect("a step").rows;
            position.step += 1;
            position.batch = (position.batch + 1) % trainer.batches.in_epoch;
        }
        rows as f64 / started.elapsed().as_secs_f64()
    };
    if threads < 2 {
        train_for(WARM_UP);
        return train_for(MEASURED);
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .expect("threads");
    pool.install(|| {
        train_for(WARM_UP);
        train_for(MEASURED)
    })
}

fn preset() -> Preset {
    toml::from_str(
        r#"
        task = "classification"
        data = "made-up.csv"
        target = "class"
        net = { hidden = [256, 256], dropout = 0.1 }
        train = { epochs = 1000, batch = 256 }
        "#,
    )
    .expect("a preset")
}

fn rows() -> Encoded {
    let mut rng = random::stream(1, "bench", &[]);
    let numbers = random::uniform(&mut rng, ROWS * COLUMNS, 1.7);
    let classes = numbers
        .chunks_exact(COLUMNS)
        .map(|row| u32::from(row[0] * row[1] < row[2]))
        .collect();
    Encoded {
        rows: ROWS,
        numbers,
        categories: vec![],
        target: Some(Target::Classes(classes)),
    }
}
