//! How good the shipped presets are: each is trained with five seeds, and the metrics of the validation and the test
//! split are shown with their mean and standard deviation. README's table comes from here.
//!
//! `cargo bench --bench presets [-- NAME]`.

#![expect(clippy::print_stdout, reason = "a measurement prints its result")]

use std::{collections::BTreeMap, env, fs, time::Instant};

use sconce::{
    data,
    domain::{
        jobs::Training,
        presets::{Preset, Presets},
        records::Record,
    },
    train::{Observer, Order, Package, packages, train},
};

const SEEDS: u64 = 5;
const PRESETS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/presets.toml");

#[derive(serde::Deserialize)]
struct Shipped {
    presets: Presets,
}

/// Lets a training run; what it found stands in its package.
struct Undisturbed;

impl Observer for Undisturbed {
    fn record(&mut self, _record: Record) {}

    fn order(&mut self, _step: i64) -> Order {
        Order::Go
    }
}

fn main() {
    let wanted: Vec<String> = env::args()
        .skip(1)
        .filter(|a| !a.starts_with('-'))
        .collect();
    let text = fs::read_to_string(PRESETS).expect("the shipped presets");
    let shipped: Shipped = toml::from_str(&text).expect("the shipped presets");
    for (name, preset) in &shipped.presets {
        if wanted.is_empty() || wanted.contains(name) {
            measure(name, preset);
        }
    }
}

fn measure(name: &str, preset: &Preset) {
    let folder = tempfile::tempdir().expect("a folder");
    let set = preset
        .data
        .strip_prefix("demo:")
        .expect("a shipped data set");
    let path = folder.path().join("rows.csv");
    fs::write(&path, data::demo(set).expect("a shipped data set")).expect("written");
    let hash = data::hash_file(&path).expect("readable");
    let mut found: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let started = Instant::now();
    for seed in 0..SEEDS {
        let training = Training {
            preset: preset.clone(),
            data: path.clone(),
            data_hash: hash.clone(),
            seed,
            resume: None,
            version: None,
        };
        let dir = folder.path().join(seed.to_string());
        train(&training, name, &dir, &mut Undisturbed).expect("a training");
        let package = Package::load(&packages::place(&dir)).expect("a package");
        for (metric, value) in package.model.metrics {
            found.entry(metric).or_default().push(value);
        }
    }
    let seconds = started.elapsed().as_secs_f64() / SEEDS as f64;
    println!("{name}: {SEEDS} seeds, {seconds:.1} s each");
    for (metric, values) in found {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        // Of a sample: the seeds stand for all that there are.
        let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        let spread = (squares / (values.len() as f64 - 1.0)).sqrt();
        println!("  {metric:<24} {mean:>9.4} ± {spread:.4}");
    }
}
